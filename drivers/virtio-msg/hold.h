/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_HOLD_H
#define _VIRTIO_MSG_HOLD_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "endpoint.h"

struct task_struct;
struct virtio_msg_device;
struct virtio_msg_fields;

enum virtio_msg_hold_state {
	VIRTIO_MSG_SERVED,
	VIRTIO_MSG_WAITING,
	VIRTIO_MSG_RESUMING,
};

/**
 * struct virtio_msg_hold - a device whose process died, and that waits for the
 *	next one
 * @lock: protects what follows; the state is also looked at without it
 * @state: served, by whoever may; waiting; or resuming: who claimed the device
 *	is told what the driver told the one before
 * @ended: the device goes
 * @place: has the number of the device while it waits
 * @claim: who has claimed it since, or NULL
 * @announced: who has claimed it can be asked
 * @gone: who has claimed it died, or gave it back, before it was told all
 * @worker: who tells it; its requests do not wait
 * @wait: woken when others need not wait any more
 * @work: tells who claimed the device
 * @expiry: gives the device up
 * @left: how long to wait the next time, in jiffies
 * @answers: requests that were answered when the device was put on hold
 */
struct virtio_msg_hold {
	struct mutex lock;
	enum virtio_msg_hold_state state;
	bool ended;
	struct virtio_msg_claim place;
	struct virtio_msg_claim *claim;
	bool announced;
	bool gone;
	struct task_struct *worker;
	wait_queue_head_t wait;
	struct delayed_work work;
	struct delayed_work expiry;
	unsigned long left;
	u64 answers;
};

/* The device side */
bool virtio_msg_hold_possible(struct virtio_msg_core *core);
bool virtio_msg_hold_begin(struct virtio_msg_claim *claim);
int virtio_msg_hold_take(struct virtio_msg_claim *claim);
bool virtio_msg_hold_resume(struct virtio_msg_claim *claim);
void virtio_msg_hold_forget(struct virtio_msg_claim *claim);

/* The driver side */
void virtio_msg_hold_init(struct virtio_msg_device *vmdev);
bool virtio_msg_hold_is(struct virtio_msg_device *vmdev);
bool virtio_msg_hold_works(struct virtio_msg_device *vmdev);
int virtio_msg_hold_enter(struct virtio_msg_device *vmdev,
			  struct virtio_msg_fields *fields);
void virtio_msg_hold_end(struct virtio_msg_device *vmdev);

/* resume.c */
int virtio_msg_resume(struct virtio_msg_device *vmdev, u8 status);

#endif /* _VIRTIO_MSG_HOLD_H */
