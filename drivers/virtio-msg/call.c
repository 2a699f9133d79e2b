// SPDX-License-Identifier: GPL-2.0
/*
 * An eventfd in place of EVENT_USED.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "bus.h"
#include "call.h"
#include "endpoint.h"
#include "limits.h"
#include "sender.h"

/*
 * struct virtio_msg_call - a call eventfd of a queue
 * @work: tells the driver side; the wake-up runs with the lock of the eventfd
 *	held, so that all it does is to queue this
 * @since: when the bus turned it away for the first time, in jiffies
 * @again: the bus has done so
 */
struct virtio_msg_call {
	struct virtio_msg_core *core;
	struct virtio_msg_claim *claim;
	u32 index;
	struct eventfd_ctx *eventfd;
	wait_queue_entry_t wait;
	poll_table table;
	struct delayed_work work;
	unsigned long since;
	bool again;
};

/* A bus that is full: later, unless it has been so for too long. */
static void try_again(struct virtio_msg_call *call)
{
	struct virtio_msg_core *core = call->core;

	if (!call->again) {
		call->again = true;
		call->since = jiffies;
	}
	if (time_after(jiffies, call->since +
		       msecs_to_jiffies(READ_ONCE(core->timeout_ms)))) {
		virtio_msg_count(core, VMSG_CNT_send_timeout);
		virtio_msg_core_lost(core);
		return;
	}
	queue_delayed_work(core->wq, &call->work,
			   msecs_to_jiffies(VIRTIO_MSG_RETRY_MS));
}

/* 0 as well if the number is another's now, who is not to hear of it. */
static int notify_current(struct virtio_msg_call *call)
{
	struct virtio_msg_claim *claim = call->claim;
	int err = 0;

	rcu_read_lock();
	if (virtio_msg_claim_current(claim))
		err = virtio_msg_notify(call->core, claim->dev_num,
					call->index, false);
	rcu_read_unlock();
	return err;
}

static void call_work(struct work_struct *work)
{
	struct virtio_msg_call *call =
		container_of(to_delayed_work(work), struct virtio_msg_call,
			     work);
	int err;

	err = notify_current(call);
	if (err == -EAGAIN || err == -ENOSPC)
		try_again(call);
	else
		call->again = false;
}

static int call_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync,
		       void *key)
{
	struct virtio_msg_call *call =
		container_of(wait, struct virtio_msg_call, wait);
	u64 count;

	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(call->eventfd, &count);
		queue_delayed_work(call->core->wq, &call->work, 0);
	}
	return 0;
}

static void call_queue(struct file *file, wait_queue_head_t *head,
		       poll_table *table)
{
	struct virtio_msg_call *call =
		container_of(table, struct virtio_msg_call, table);

	add_wait_queue(head, &call->wait);
}

/**
 * virtio_msg_call_create() - listen to an eventfd
 * @claim: the device, claimed; outlives the result
 * @index: queue
 * @fd: the eventfd
 *
 * Context: Sleeps.
 * Return: a call, or ERR_PTR(-EBADF), -EINVAL if @fd is no eventfd, -ENOMEM.
 */
struct virtio_msg_call *virtio_msg_call_create(struct virtio_msg_claim *claim,
					       u32 index, int fd)
{
	struct virtio_msg_core *core = claim->core;
	struct virtio_msg_call *call;
	struct file *file;

	file = eventfd_fget(fd);
	if (IS_ERR(file))
		return ERR_CAST(file);
	call = kzalloc_obj(*call, GFP_KERNEL_ACCOUNT);
	if (!call) {
		fput(file);
		return ERR_PTR(-ENOMEM);
	}
	call->core = core;
	call->claim = claim;
	call->index = index;
	call->eventfd = eventfd_ctx_fileget(file);
	INIT_DELAYED_WORK(&call->work, call_work);
	init_waitqueue_func_entry(&call->wait, call_wakeup);
	init_poll_funcptr(&call->table, call_queue);

	/* It may have been signalled before anybody listened. */
	if (vfs_poll(file, &call->table) & EPOLLIN)
		queue_delayed_work(core->wq, &call->work, 0);
	fput(file);
	return call;
}

/**
 * virtio_msg_call_destroy() - listen no more
 * @call: a call or NULL
 *
 * Context: Sleeps.
 */
void virtio_msg_call_destroy(struct virtio_msg_call *call)
{
	u64 count;

	if (!call)
		return;
	eventfd_ctx_remove_wait_queue(call->eventfd, &call->wait, &count);
	cancel_delayed_work_sync(&call->work);
	eventfd_ctx_put(call->eventfd);
	kfree(call);
}
