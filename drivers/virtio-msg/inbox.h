/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_INBOX_H
#define _VIRTIO_MSG_INBOX_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct virtio_msg_box - what was not read yet of one device
 * @node: in the list of the inbox, if there is anything
 * @dev_num: device
 * @slots: VIRTIO_MSG_LIMIT_BOX messages
 * @head: next slot to read
 * @count: slots in use
 * @num_queues: bits of @pending
 * @pending: queues with a notification; it takes no slot, so none is lost
 * @next_offset: of the last notification of each queue
 */
struct virtio_msg_box {
	struct list_head node;
	u16 dev_num;
	u8 *slots;
	u32 head;
	u32 count;
	u32 num_queues;
	unsigned long *pending;
	u32 *next_offset;
};

/**
 * struct virtio_msg_inbox - what waits for a process to read it
 * @lock: protects the members that follow, and those of &virtio_msg_box
 * @slot_size: largest message of the bus
 * @boxes: devices with something to read, taken in turn
 * @reading: whose message is being read
 * @index: if it is a notification: of which queue
 * @is_event: it is one
 * @again: and there is a newer one of the queue
 * @wait: woken when there is something to read
 *
 * A driver side has one request for each device in flight, so that a few
 * slots of its own are enough for every device, whatever the others do.
 */
struct virtio_msg_inbox {
	spinlock_t lock;
	u32 slot_size;
	struct list_head boxes;
	struct virtio_msg_box *reading;
	u32 index;
	bool is_event;
	bool again;
	wait_queue_head_t wait;
};

void virtio_msg_inbox_init(struct virtio_msg_inbox *inbox, u32 slot_size);
bool virtio_msg_inbox_ready(struct virtio_msg_inbox *inbox);
u32 virtio_msg_inbox_peek(struct virtio_msg_inbox *inbox, void *buf);
void virtio_msg_inbox_pop(struct virtio_msg_inbox *inbox);

int virtio_msg_box_init(struct virtio_msg_box *box,
			struct virtio_msg_inbox *inbox, u32 num_queues);
void virtio_msg_box_destroy(struct virtio_msg_box *box);
bool virtio_msg_box_add(struct virtio_msg_inbox *inbox,
			struct virtio_msg_box *box, const void *msg, u32 size);
void virtio_msg_box_notify(struct virtio_msg_inbox *inbox,
			   struct virtio_msg_box *box, u32 index,
			   u32 next_offset);
bool virtio_msg_box_unnotify(struct virtio_msg_inbox *inbox,
			     struct virtio_msg_box *box, u32 index);
void virtio_msg_box_remove(struct virtio_msg_inbox *inbox,
			   struct virtio_msg_box *box);

#endif /* _VIRTIO_MSG_INBOX_H */
