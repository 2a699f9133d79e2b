/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KUnit: messages as the models of peers write and read them, which know nothing of
 * the codec under test.
 */
#ifndef _VIRTIO_MSG_FAKE_WORDS_H
#define _VIRTIO_MSG_FAKE_WORDS_H

#include <linux/types.h>
#include <linux/unaligned.h>

/* Offsets in a message. */
#define TYPE		0
#define ID		1
#define DEV_NUM		2
#define TOKEN		4
#define SIZE		6
#define PAYLOAD		8

static inline u32 word(const u8 *msg, unsigned int i)
{
	return get_unaligned_le32(msg + PAYLOAD + 4 * i);
}

static inline void put_word(u8 *msg, unsigned int i, u32 value)
{
	put_unaligned_le32(value, msg + PAYLOAD + 4 * i);
}

#endif /* _VIRTIO_MSG_FAKE_WORDS_H */
