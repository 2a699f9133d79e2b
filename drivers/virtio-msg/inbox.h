/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_INBOX_H
#define _VIRTIO_MSG_INBOX_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct virtio_msg_dialect;

/**
 * struct virtio_msg_avail - notifications of a device that were not read yet
 * @node: in the list of the inbox, if there are any
 * @dev_num: device
 * @num_queues: bits of @pending
 * @pending: queues
 * @next_offset: of the last notification of each queue
 */
struct virtio_msg_avail {
	struct list_head node;
	u16 dev_num;
	u32 num_queues;
	unsigned long *pending;
	u32 *next_offset;
};

/**
 * struct virtio_msg_inbox - what waits for a process to read it
 * @lock: protects the members that follow, and those of &virtio_msg_avail
 * @slots: VIRTIO_MSG_LIMIT_INBOX messages of @slot_size bytes
 * @slot_size: largest message of the bus
 * @head: next slot to read
 * @count: slots in use
 * @avail: devices with notifications; they take no slot, so none is lost
 * @event: the notification that is being read
 * @reading: whose it is; NULL if a message of @slots is being read
 * @index: of which queue
 * @wait: woken when there is something to read
 */
struct virtio_msg_inbox {
	spinlock_t lock;
	u8 *slots;
	u32 slot_size;
	u32 head;
	u32 count;
	struct list_head avail;
	u8 event[16] __aligned(8);
	struct virtio_msg_avail *reading;
	u32 index;
	wait_queue_head_t wait;
};

int virtio_msg_inbox_init(struct virtio_msg_inbox *inbox, u32 slot_size);
void virtio_msg_inbox_destroy(struct virtio_msg_inbox *inbox);
bool virtio_msg_inbox_add(struct virtio_msg_inbox *inbox, const void *msg,
			  u32 size);
bool virtio_msg_inbox_ready(struct virtio_msg_inbox *inbox);
const void *virtio_msg_inbox_peek(struct virtio_msg_inbox *inbox, u32 *size);
void virtio_msg_inbox_pop(struct virtio_msg_inbox *inbox);
void virtio_msg_inbox_purge(struct virtio_msg_inbox *inbox, u16 dev_num);

int virtio_msg_avail_init(struct virtio_msg_avail *avail, u32 num_queues);
void virtio_msg_avail_destroy(struct virtio_msg_avail *avail);
void virtio_msg_avail_set(struct virtio_msg_inbox *inbox,
			  struct virtio_msg_avail *avail, u32 index,
			  u32 next_offset);
bool virtio_msg_avail_clear(struct virtio_msg_inbox *inbox,
			    struct virtio_msg_avail *avail, u32 index);
void virtio_msg_avail_remove(struct virtio_msg_inbox *inbox,
			     struct virtio_msg_avail *avail);

#endif /* _VIRTIO_MSG_INBOX_H */
