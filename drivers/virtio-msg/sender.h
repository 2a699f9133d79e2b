/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_SENDER_H
#define _VIRTIO_MSG_SENDER_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct virtio_msg;
struct virtio_msg_core;
struct virtio_msg_fields;

/**
 * struct virtio_msg_sender - messages on their way to a bus that may be full
 * @lock: protects the ring
 * @slots: VIRTIO_MSG_LIMIT_OUTBOX messages of max_msg_size bytes
 * @head: next slot to send
 * @count: slots in use
 * @full: the last attempt to send found no room
 * @full_since: when the first such attempt in a row was
 * @full_last: when the last one was
 * @busy: the last attempt to ring the doorbell for available buffers failed
 * @busy_since: when the first such attempt in a row was
 * @retried: a notification is yet to be sent
 * @stopped: nothing is added any more
 * @work: sends what is in the ring
 * @room: changes each time that the bus may have room again
 * @writable: woken when the bus has room again
 */
struct virtio_msg_sender {
	spinlock_t lock;
	u8 *slots;
	unsigned int head;
	unsigned int count;
	bool full;
	unsigned long full_since;
	unsigned long full_last;
	bool busy;
	unsigned long busy_since;
	bool retried;
	bool stopped;
	struct delayed_work work;
	atomic_t room;
	wait_queue_head_t writable;
};

int virtio_msg_sender_init(struct virtio_msg_core *core);
void virtio_msg_sender_retry(struct virtio_msg_core *core);
void virtio_msg_sender_stop(struct virtio_msg_core *core);
void virtio_msg_sender_destroy(struct virtio_msg_core *core);

unsigned long virtio_msg_deadline(struct virtio_msg_core *core);
int virtio_msg_send(struct virtio_msg_core *core, const struct virtio_msg *msg);
int virtio_msg_send_wait(struct virtio_msg_core *core,
			 const struct virtio_msg *msg, unsigned long deadline,
			 const bool *stop);
int virtio_msg_post(struct virtio_msg_core *core,
		    const struct virtio_msg_fields *fields);
int virtio_msg_ring(struct virtio_msg_core *core, u16 dev_num, u32 index,
		    bool avail);
int virtio_msg_notify(struct virtio_msg_core *core, u16 dev_num, u32 index,
		      bool avail);
void virtio_msg_notify_later(struct virtio_msg_core *core);

#endif /* _VIRTIO_MSG_SENDER_H */
