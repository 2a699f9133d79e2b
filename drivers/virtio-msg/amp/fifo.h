/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#ifndef _VIRTIO_MSG_FIFO_H
#define _VIRTIO_MSG_FIFO_H

#include <linux/types.h>

/* The deployed layout: each index has a cache line, slots begin on a third. */
#define VIRTIO_MSG_FIFO_HEAD	0x00
#define VIRTIO_MSG_FIFO_TAIL	0x40
#define VIRTIO_MSG_FIFO_SLOTS	0x80
#define VIRTIO_MSG_FIFO_SLOT	64

/* One slot is kept empty, so that full and empty differ. */
#define VIRTIO_MSG_FIFO_MIN_SLOTS	2
#define VIRTIO_MSG_FIFO_MAX_SLOTS	65536
#define VIRTIO_MSG_FIFO_MAX_SLOT	4096

/* An event that no index passes: do not notify. */
#define VIRTIO_MSG_FIFO_NEVER	0xffffffff

/**
 * struct virtio_msg_fifo_area - where a FIFO lies in shared memory
 * @head: slot that is filled next; written by the producer only
 * @tail: slot that is emptied next; written by the consumer only
 * @head_event: written by the consumer: the slot of whose filling it wants to
 *	be notified. NULL: notify of all
 * @tail_event: written by the producer: the slot of whose emptying it wants to
 *	be notified. NULL: notify of none
 * @slots: the first slot, at a multiple of 8 bytes
 * @slot_size: bytes from one slot to the next, a multiple of 8
 * @num_slots: number of slots
 * @msg_size: bytes of the largest message, up to @slot_size
 *
 * The memory must be coherent, or not be cached.
 */
struct virtio_msg_fifo_area {
	__le32 *head;
	__le32 *tail;
	__le32 *head_event;
	__le32 *tail_event;
	void *slots;
	__u32 slot_size;
	__u32 num_slots;
	__u32 msg_size;
};

/**
 * struct virtio_msg_fifo - one end of a FIFO
 * @area: where it lies
 * @index: our index, which nobody else changes
 * @peer: the other index when last read, in range
 * @untold: slots passed since the peer was last notified, or did not want to be
 * @full: times that there was no room
 * @bad_index: times that the peer's index was out of range
 * @bad_size: messages dropped since their size cannot be
 *
 * Who uses an end makes sure that nobody else does at the same time.
 */
struct virtio_msg_fifo {
	struct virtio_msg_fifo_area area;
	__u32 index;
	__u32 peer;
	__u32 untold;
	unsigned long full;
	unsigned long bad_index;
	unsigned long bad_size;
};

int virtio_msg_fifo_area_init(struct virtio_msg_fifo_area *area, void *base,
			      __u32 bytes, __u32 slot_size);

int virtio_msg_fifo_attach_producer(struct virtio_msg_fifo *fifo,
				    const struct virtio_msg_fifo_area *area);
__u32 virtio_msg_fifo_room(struct virtio_msg_fifo *fifo);
int virtio_msg_fifo_put(struct virtio_msg_fifo *fifo, const void *msg,
			__u32 len);
bool virtio_msg_fifo_notify_data(struct virtio_msg_fifo *fifo);
bool virtio_msg_fifo_wait_room(struct virtio_msg_fifo *fifo);

int virtio_msg_fifo_attach_consumer(struct virtio_msg_fifo *fifo,
				    const struct virtio_msg_fifo_area *area);
__u32 virtio_msg_fifo_pending(struct virtio_msg_fifo *fifo);
int virtio_msg_fifo_get(struct virtio_msg_fifo *fifo, void *buf);
__u32 virtio_msg_fifo_discard(struct virtio_msg_fifo *fifo);
bool virtio_msg_fifo_notify_room(struct virtio_msg_fifo *fifo);
bool virtio_msg_fifo_wait_data(struct virtio_msg_fifo *fifo);

#endif /* _VIRTIO_MSG_FIFO_H */
