/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small device in memory that says of itself what is where: side 1 of
 * Documentation/amp-shared-memory.rst.
 */
#ifndef _VMSG_SMALL_LINK_H
#define _VMSG_SMALL_LINK_H

#include <linux/virtio_msg_amp.h>

#include "small.h"

#define VMSG_SMALL_BEAT_MS	100	/* time between two ticks */
#define VMSG_SMALL_PEER_TICKS	50	/* so many without a beat are death */

/**
 * struct vmsg_small_link - the link, and the bus for as long as it is there
 * @small: with its dialect and devices; its window and FIFOs are found
 * @memory: the shared memory
 * @size: bytes of it
 * @doorbell: what the other side rings, or VIRTIO_MSG_AMP_NO_DOORBELL; set by
 *	the owner, as all above
 * @ours: our control block; this and what follows is not the owner's
 * @theirs: that of the other side
 * @slots: of each side
 * @slot_size: bytes of one
 * @num_slots: of each side
 * @peer_epoch: accepted
 * @peer_beat: when last looked at
 * @missed: ticks since it changed
 * @up: there is a link
 * @links: how often there was
 */
struct vmsg_small_link {
	struct vmsg_small small;
	__u8 *memory;
	__u32 size;
	__u32 doorbell;

	struct virtio_msg_amp_control *ours;
	struct virtio_msg_amp_control *theirs;
	__u8 *slots[2];
	__u32 slot_size;
	__u32 num_slots;
	__u32 peer_epoch;
	__u32 peer_beat;
	__u32 missed;
	bool up;
	__u32 links;
};

bool vmsg_small_link_poll(struct vmsg_small_link *link);
void vmsg_small_link_tick(struct vmsg_small_link *link);
__u32 vmsg_small_link_doorbell(const struct vmsg_small_link *link);

#endif /* _VMSG_SMALL_LINK_H */
