/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Words of split rings. VIRTIO_F_VERSION_1 is required, so all of them are
 * little-endian.
 */
#ifndef _VIRTIO_MSG_RING_H
#define _VIRTIO_MSG_RING_H

#include <linux/compiler.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_ring.h>

static inline u16 ring_get16(const __virtio16 *word)
{
	return __virtio16_to_cpu(true, READ_ONCE(*word));
}

static inline u32 ring_get32(const __virtio32 *word)
{
	return __virtio32_to_cpu(true, READ_ONCE(*word));
}

static inline u64 ring_get64(const __virtio64 *word)
{
	return __virtio64_to_cpu(true, READ_ONCE(*word));
}

static inline void ring_put16(__virtio16 *word, u16 value)
{
	WRITE_ONCE(*word, __cpu_to_virtio16(true, value));
}

static inline void ring_put32(__virtio32 *word, u32 value)
{
	WRITE_ONCE(*word, __cpu_to_virtio32(true, value));
}

static inline void ring_put64(__virtio64 *word, u64 value)
{
	WRITE_ONCE(*word, __cpu_to_virtio64(true, value));
}

#endif /* _VIRTIO_MSG_RING_H */
