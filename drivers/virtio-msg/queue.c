// SPDX-License-Identifier: GPL-2.0
/*
 * Queues of a device: a virtqueue for the driver, and what the device sees of
 * it: a relay with its window or, in direct mode, the virtqueue itself.
 */
#include <linux/bottom_half.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "bus.h"
#include "limits.h"
#include "policy.h"
#include "queue.h"
#include "transport.h"

static bool direct(struct virtio_msg_device *vmdev)
{
	return !vmdev->policy;
}

static const struct virtio_msg_queue_policy *
policy_of(struct virtio_msg_queue *queue)
{
	struct virtio_msg_device *vmdev = queue->vmdev;

	return vmdev->policy->queue(queue->index, vmdev->max_vqs);
}

/* Notifications */

/* RBUS-10: a doorbell could not carry the data. */
static int send_with_data(struct virtio_msg_queue *queue, u32 next_offset)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_EVENT_AVAIL,
		.dev_num = queue->vmdev->dev_num,
		.notify.index = queue->index,
		.notify.next_offset = next_offset,
	};

	return virtio_msg_post(queue->vmdev->core, &fields);
}

static void notify_device(struct virtio_msg_queue *queue, u32 next_offset)
{
	struct virtio_msg_device *vmdev = queue->vmdev;
	int err;

	if (READ_ONCE(vmdev->dead))
		return;
	atomic_long_inc(&vmdev->avail_events);
	if (virtio_has_feature(&vmdev->vdev, VIRTIO_F_NOTIFICATION_DATA))
		err = send_with_data(queue, next_offset);
	else
		err = virtio_msg_notify(vmdev->core, vmdev->dev_num,
					queue->index, true);
	switch (err) {
	case 0:
	case -ENODEV:
		break;
	case -EAGAIN:
	case -ENOSPC:
		/* Sent when those that wait have been, or some time later. */
		WRITE_ONCE(queue->next_offset, next_offset);
		/* Pairs with the acquire in virtio_msg_queue_flush(). */
		smp_store_release(&queue->notify_pending, true);
		virtio_msg_notify_later(vmdev->core);
		break;
	default:
		virtio_msg_device_fail(vmdev);
	}
}

static void relay_notify(void *ctx)
{
	notify_device(ctx, 0);
}

/*
 * Drivers expect to be called as from an interrupt, of which a queue has one at
 * a time. On PREEMPT_RT that is a thread, in which their locks may sleep.
 */
static void interrupt_driver(struct virtio_msg_queue *queue)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->interrupt_lock, flags);
	vring_interrupt(0, queue->vq);
	spin_unlock_irqrestore(&queue->interrupt_lock, flags);
}

static void relay_interrupt(void *ctx)
{
	local_bh_disable();
	interrupt_driver(ctx);
	local_bh_enable();
}

/*
 * The relay's lock is held. A console may be behind it, or behind the lock of
 * the driver that kicked: what there is to say is said by fault_work.
 */
static void relay_broken(void *ctx, const char *why)
{
	struct virtio_msg_queue *queue = ctx;
	struct virtio_msg_device *vmdev = queue->vmdev;

	WRITE_ONCE(vmdev->failed_queue, queue->index);
	WRITE_ONCE(vmdev->why, why);
	virtio_msg_device_fail(vmdev);
}

static void relay_count(void *ctx, enum virtio_msg_counter counter)
{
	struct virtio_msg_queue *queue = ctx;

	virtio_msg_count(queue->vmdev->core, counter);
}

static const struct virtio_msg_relay_ops relay_ops = {
	.notify = relay_notify,
	.interrupt = relay_interrupt,
	.broken = relay_broken,
	.count = relay_count,
};

static bool kick(struct virtqueue *vq)
{
	struct virtio_msg_queue *queue = vq->priv;

	if (queue->relay)
		virtio_msg_relay_kick(queue->relay);
	else
		notify_device(queue, 0);
	return true;
}

/*
 * The offset in bits 30:0 and the wrap counter in bit 31 (DRV-62). On a split
 * ring the offset is the whole index, and the counter is 0.
 */
static bool kick_with_data(struct virtqueue *vq)
{
	u32 data = vring_notification_data(vq) >> 16;
	u32 next = data;

	if (virtio_has_feature(vq->vdev, VIRTIO_F_RING_PACKED))
		next = (data & 0x7fff) | (data >> 15) << 31;
	notify_device(vq->priv, next);
	return true;
}

/**
 * virtio_msg_queue_used() - the device used buffers
 * @queue: the queue
 *
 * Context: Any, under RCU.
 */
void virtio_msg_queue_used(struct virtio_msg_queue *queue)
{
	if (queue->relay)
		virtio_msg_relay_used(queue->relay);
	else if (!READ_ONCE(queue->enabled))
		return; /* it may be about to be freed */
	else if (in_task() && !irqs_disabled())
		relay_interrupt(queue);
	else
		interrupt_driver(queue);
}

/**
 * virtio_msg_queue_flush() - send the notification that found no room
 * @queue: the queue
 *
 * Context: Any, under RCU.
 */
void virtio_msg_queue_flush(struct virtio_msg_queue *queue)
{
	/* Pairs with the release in notify_device(). */
	if (smp_load_acquire(&queue->notify_pending)) {
		WRITE_ONCE(queue->notify_pending, false);
		if (READ_ONCE(queue->enabled))
			notify_device(queue, READ_ONCE(queue->next_offset));
	}
}

/* Set-up */

static int get_vqueue(struct virtio_msg_device *vmdev, u32 index,
		      struct virtio_msg_fields *fields)
{
	int err;

	fields->kind = VMSG_GET_VQUEUE_REQ;
	fields->vq.index = index;
	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, fields);
	mutex_unlock(&vmdev->channel.lock);
	if (!err && fields->vq.index != index) {
		virtio_msg_count(vmdev->core, VMSG_CNT_bad_answer);
		err = -EBADMSG;
	}
	return err;
}

/**
 * virtio_msg_queue_max() - the largest size of a queue
 * @vmdev: the device
 * @index: the queue
 *
 * Context: Sleeps.
 * Return: entries; 0 if there is no such queue; or an error.
 */
int virtio_msg_queue_max(struct virtio_msg_device *vmdev, u32 index)
{
	struct virtio_msg_fields fields;
	int err;

	err = get_vqueue(vmdev, index, &fields);
	return err ?: min_t(u32, fields.vq.max_size, 32768);
}

static void fill_addresses(struct virtio_msg_queue *queue,
			   struct virtio_msg_fields *fields)
{
	const struct virtio_msg_layout *layout = &queue->layout;

	fields->vq.index = queue->index;
	fields->vq.size = virtqueue_get_vring_size(queue->vq);
	if (queue->window) {
		fields->vq.desc = queue->window->bus_addr + layout->desc;
		fields->vq.driver = queue->window->bus_addr + layout->avail;
		fields->vq.device = queue->window->bus_addr + layout->used;
	} else {
		fields->vq.desc = virtqueue_get_desc_addr(queue->vq);
		fields->vq.driver = virtqueue_get_avail_addr(queue->vq);
		fields->vq.device = virtqueue_get_used_addr(queue->vq);
	}
}

static bool same_queue(const struct virtio_msg_fields *set,
		       const struct virtio_msg_fields *got)
{
	return got->vq.flags & VIRTIO_MSG_VQ_ENABLED &&
	       got->vq.size == set->vq.size && got->vq.desc == set->vq.desc &&
	       got->vq.driver == set->vq.driver &&
	       got->vq.device == set->vq.device;
}

/* SET_VQUEUE has no error: only GET_VQUEUE tells whether it had an effect. */
static int enable(struct virtio_msg_queue *queue)
{
	struct virtio_msg_device *vmdev = queue->vmdev;
	struct virtio_msg_fields set = {
		.kind = VMSG_SET_VQUEUE_REQ,
		.vq.flags = VIRTIO_MSG_VQ_OP_ENABLE,
	};
	struct virtio_msg_fields fields;
	int err;

	fill_addresses(queue, &set);
	fields = set;
	mutex_lock(&vmdev->channel.lock);
	/* From here on, whatever comes back, the device may use the memory. */
	WRITE_ONCE(queue->enabled, true);
	vmdev->reset_done = false;
	err = virtio_msg_device_call(vmdev, &fields);
	mutex_unlock(&vmdev->channel.lock);
	if (err)
		return err;
	err = get_vqueue(vmdev, queue->index, &fields);
	if (err)
		return err;
	if (!same_queue(&set, &fields)) {
		virtio_msg_count(vmdev->core, VMSG_CNT_bad_answer);
		return -EIO;
	}
	return 0;
}

static int create_vq(struct virtio_msg_queue *queue, u32 num,
		     const struct virtqueue_info *info)
{
	struct virtio_device *vdev = &queue->vmdev->vdev;
	bool with_data = virtio_has_feature(vdev, VIRTIO_F_NOTIFICATION_DATA);
	bool strong = direct(queue->vmdev) &&
		virtio_has_feature(vdev, VIRTIO_F_ORDER_PLATFORM);

	queue->vq = vring_create_virtqueue(queue->index, num, PAGE_SIZE, vdev,
					   !strong, direct(queue->vmdev),
					   info->ctx,
					   with_data ? kick_with_data : kick,
					   info->callback, info->name);
	if (!queue->vq)
		return -ENOMEM;
	queue->vq->priv = queue;
	queue->vq->num_max = num;
	return 0;
}

/* How long the device may be silent while it has requests; 0: for ever. */
static u32 request_timeout(struct virtio_msg_core *core,
			   const struct virtio_msg_queue_policy *policy)
{
	if (policy->deadline)
		return READ_ONCE(core->timeout_ms);
	return policy->bounded ? READ_ONCE(core->io_timeout_ms) : 0;
}

static struct virtio_msg_window *create_window(struct virtio_msg_queue *queue)
{
	struct virtio_msg_device *vmdev = queue->vmdev;
	struct virtio_msg_window *win;

	win = virtio_msg_window_alloc(vmdev->core, vmdev->dev_num,
				      queue->layout.total);
	if (!IS_ERR(win))
		virtio_msg_layout_describe(&queue->layout, queue->index,
					   ++queue->epoch, win->kaddr);
	return win;
}

static int create_relay(struct virtio_msg_queue *queue,
			const struct virtio_msg_queue_policy *policy)
{
	struct virtio_msg_device *vmdev = queue->vmdev;
	struct virtio_msg_core *core = vmdev->core;
	struct virtio_msg_relay_config config = {
		.layout = &queue->layout,
		.policy = policy,
		.ring = virtqueue_get_vring(queue->vq),
		.event_idx = virtio_has_feature(&vmdev->vdev,
						VIRTIO_RING_F_EVENT_IDX),
		.wire_event_idx = vmdev->features[0] &
				  BIT(VIRTIO_RING_F_EVENT_IDX),
		.coherent = !(core->flags & VIRTIO_MSG_BUS_INCOHERENT),
		.timeout_ms = request_timeout(core, policy),
		.wq = core->wq,
		.ops = &relay_ops,
		.ctx = queue,
	};
	struct virtio_msg_relay *relay;
	struct virtio_msg_window *win;

	win = create_window(queue);
	if (IS_ERR(win))
		return PTR_ERR(win);
	queue->window = win;

	config.window = win->kaddr;
	config.bus_addr = win->bus_addr;
	relay = virtio_msg_relay_create(&config);
	if (IS_ERR(relay))
		return PTR_ERR(relay);
	queue->relay = relay;
	return 0;
}

static int create_relayed(struct virtio_msg_queue *queue, u32 max,
			  const struct virtqueue_info *info)
{
	const struct virtio_msg_queue_policy *policy = policy_of(queue);
	u32 num = virtio_msg_policy_num(policy, max);
	int err;

	if (num < policy->min_num)
		return -ENOSPC;
	err = virtio_msg_layout_init(&queue->layout, num, policy->out_size,
				     policy->in_size);
	if (err)
		return err;
	err = create_vq(queue, queue->layout.num, info);
	if (err)
		return err;
	err = create_relay(queue, policy);
	if (err)
		return err;
	err = enable(queue);
	if (!err)
		virtio_msg_relay_start(queue->relay);
	return err;
}

static int create_direct(struct virtio_msg_queue *queue, u32 max,
			 const struct virtqueue_info *info)
{
	u32 num = max;
	int err;

	if (!virtio_has_feature(&queue->vmdev->vdev, VIRTIO_F_RING_PACKED))
		num = rounddown_pow_of_two(max);
	err = create_vq(queue, num, info);
	return err ?: enable(queue);
}

/* The queue is out of the map, and stopped. */
static void destroy(struct virtio_msg_queue *queue)
{
	struct virtio_msg_device *vmdev = queue->vmdev;

	if (queue->relay)
		virtio_msg_relay_destroy(queue->relay);
	if (queue->vq)
		vring_del_virtqueue(queue->vq);
	if (queue->window)
		virtio_msg_window_free(vmdev->core, queue->window,
				       !queue->enabled || vmdev->reset_done);
	kfree(queue);
}

static struct virtio_msg_queue *create(struct virtio_msg_device *vmdev,
				       u32 index,
				       const struct virtqueue_info *info)
{
	struct virtio_msg_queue *queue;
	int max, err;

	if (index >= vmdev->max_vqs || index >= VIRTIO_MSG_LIMIT_QUEUES)
		return ERR_PTR(-ENOENT);
	max = virtio_msg_queue_max(vmdev, index);
	if (max <= 0)
		return ERR_PTR(max ?: -ENOENT);

	queue = kzalloc_obj(*queue);
	if (!queue)
		return ERR_PTR(-ENOMEM);
	queue->vmdev = vmdev;
	queue->index = index;
	spin_lock_init(&queue->interrupt_lock);
	err = direct(vmdev) ? create_direct(queue, max, info) :
			      create_relayed(queue, max, info);
	if (err) {
		/* So that the memory of this queue comes back as well. */
		virtio_msg_queues_stop(vmdev);
		if (queue->enabled && !vmdev->reset_done)
			virtio_msg_device_reset(vmdev);
		destroy(queue);
		return ERR_PTR(err);
	}
	return queue;
}

/**
 * virtio_msg_queues_find() - &virtio_config_ops.find_vqs
 * @vdev: the device
 * @nvqs: number of queues wanted
 * @vqs: result
 * @vqs_info: which ones; those without a name are left out, and have no number
 * @desc: ignored
 *
 * Context: Sleeps.
 * Return: 0; -ENOENT if the device has no such queue; -EIO if it did not take
 * one; -ENOSPC if one is too small for its driver's requests, or beyond the
 * memory that the bus may share; or another error.
 */
int virtio_msg_queues_find(struct virtio_device *vdev, unsigned int nvqs,
			   struct virtqueue *vqs[],
			   struct virtqueue_info vqs_info[],
			   struct irq_affinity *desc)
{
	struct virtio_msg_device *vmdev = to_virtio_msg_device(vdev);
	struct virtio_msg_queue __rcu **queues;
	struct virtio_msg_queue *queue;
	unsigned int i;
	u32 n = 0;

	queues = kvcalloc(nvqs, sizeof(*queues), GFP_KERNEL);
	if (!queues)
		return -ENOMEM;
	vmdev->num_queues = 0;
	vmdev->queues = queues;

	for (i = 0; i < nvqs; i++) {
		if (!vqs_info[i].name) {
			vqs[i] = NULL;
			continue;
		}
		queue = create(vmdev, n, &vqs_info[i]);
		if (IS_ERR(queue)) {
			virtio_msg_queues_del(vdev);
			return PTR_ERR(queue);
		}
		vqs[i] = queue->vq;
		rcu_assign_pointer(queues[n], queue);
		n++;
		/* Pairs with the acquire of whoever looks for a queue. */
		smp_store_release(&vmdev->num_queues, n);
	}
	/*
	 * Pairs with virtio_msg_device_fail(): either it sees all queues, or
	 * the failure is seen here.
	 */
	smp_mb();
	if (READ_ONCE(vmdev->broken)) {
		virtio_msg_queues_del(vdev);
		return -EIO;
	}
	return 0;
}

static u32 num_queues(struct virtio_msg_device *vmdev)
{
	/* Pairs with the release in virtio_msg_queues_find(). */
	return smp_load_acquire(&vmdev->num_queues);
}

/*
 * Nobody removes queues: because of the lock, or because the caller is whoever
 * finds and removes them, one after the other, for the driver.
 */
static struct virtio_msg_queue *queue_at(struct virtio_msg_device *vmdev, u32 i)
{
	return rcu_dereference_protected(vmdev->queues[i], true);
}

/**
 * virtio_msg_queues_stop() - no queue moves, and no driver is called, any more
 * @vmdev: the device
 *
 * Context: Sleeps.
 */
void virtio_msg_queues_stop(struct virtio_msg_device *vmdev)
{
	u32 n = num_queues(vmdev);
	u32 i;

	/* Every probe begins with a reset, before which there are none. */
	if (!n)
		return;
	for (i = 0; i < n; i++)
		if (queue_at(vmdev, i)->relay)
			virtio_msg_relay_stop(queue_at(vmdev, i)->relay);
	/* Whoever is on the way to call a driver. */
	synchronize_rcu();
}

/**
 * virtio_msg_queues_del() - &virtio_config_ops.del_vqs
 * @vdev: the device
 *
 * Context: Sleeps.
 */
void virtio_msg_queues_del(struct virtio_device *vdev)
{
	struct virtio_msg_device *vmdev = to_virtio_msg_device(vdev);
	struct virtio_msg_queue __rcu **queues;
	u32 n, i;
	u8 status;

	/* fault_work looks at the queues as well. */
	mutex_lock(&vmdev->lock);
	queues = vmdev->queues;
	n = vmdev->num_queues;
	if (!queues)
		goto unlock;
	virtio_msg_queues_stop(vmdev);
	/* After a failed probe, the device may not have been reset. */
	if (n && !vmdev->reset_done) {
		status = vmdev->status;
		WRITE_ONCE(vmdev->status, 0);
		virtio_msg_device_reset(vmdev);
		WRITE_ONCE(vmdev->status, status & ~VIRTIO_CONFIG_S_DRIVER_OK);
	}

	WRITE_ONCE(vmdev->num_queues, 0);
	synchronize_rcu();
	vmdev->queues = NULL;
	for (i = 0; i < n; i++)
		destroy(rcu_dereference_protected(queues[i], true));
	kvfree(queues);
unlock:
	mutex_unlock(&vmdev->lock);
}

/* The queue's driver does not wait without end once the relay has failed. */
static bool fails_by_itself(struct virtio_msg_queue *queue)
{
	if (!queue->relay)
		return false;
	return virtio_msg_relay_can_fail(queue->relay) ||
	       policy_of(queue)->unawaited;
}

/**
 * virtio_msg_queues_fail() - nobody waits for this device in vain
 * @vmdev: a device that is broken or dead
 *
 * A driver whose requests are all answered with an error needs no more. Others
 * look at the broken flag, which would hide those errors.
 *
 * Context: Sleeps.
 */
void virtio_msg_queues_fail(struct virtio_msg_device *vmdev)
{
	bool enough = true;
	u32 n, i;

	mutex_lock(&vmdev->lock);
	/* One that was reset meanwhile may have new queues after this. */
	if (!READ_ONCE(vmdev->broken) && !READ_ONCE(vmdev->dead))
		goto unlock;
	/* virtio_msg_queues_find() adds some without the lock. */
	n = num_queues(vmdev);
	for (i = 0; i < n; i++) {
		struct virtio_msg_queue *queue = queue_at(vmdev, i);

		if (queue->relay)
			virtio_msg_relay_fail(queue->relay);
		enough &= fails_by_itself(queue);
	}
	if (!enough)
		virtio_break_device(&vmdev->vdev);
unlock:
	mutex_unlock(&vmdev->lock);
}

/* Epochs */

static void drop_window(struct virtio_msg_queue *queue)
{
	struct virtio_msg_window *win = queue->window;

	WRITE_ONCE(queue->enabled, false);
	queue->window = NULL;
	if (win)
		virtio_msg_window_free(queue->vmdev->core, win, false);
}

/**
 * virtio_msg_queues_hold() - nobody serves this device any more
 * @vmdev: a relayed device, locked
 *
 * Windows are taken back: nothing that is written to them means anything.
 *
 * Context: Sleeps.
 */
void virtio_msg_queues_hold(struct virtio_msg_device *vmdev)
{
	u32 n = num_queues(vmdev);
	u32 i;

	for (i = 0; i < n; i++) {
		virtio_msg_relay_hold(queue_at(vmdev, i)->relay);
		drop_window(queue_at(vmdev, i));
	}
}

static int renew(struct virtio_msg_queue *queue)
{
	struct virtio_msg_window *win;
	int max;

	max = virtio_msg_queue_max(queue->vmdev, queue->index);
	if (max < 0)
		return max;
	if (max < (int)queue->layout.num)
		return -EPROTO;
	win = create_window(queue);
	if (IS_ERR(win))
		return PTR_ERR(win);
	queue->window = win;
	virtio_msg_relay_renew(queue->relay, win->kaddr, win->bus_addr);
	return enable(queue);
}

/**
 * virtio_msg_queues_renew() - tell who serves this device now of its queues
 * @vmdev: a device on hold, locked
 *
 * Each gets a new window, with all requests that are to be given again.
 *
 * Context: Sleeps.
 * Return: 0; -EPROTO if a queue may not have its size; or another error.
 */
int virtio_msg_queues_renew(struct virtio_msg_device *vmdev)
{
	u32 n = num_queues(vmdev);
	int err = 0;
	u32 i;

	for (i = 0; !err && i < n; i++)
		err = renew(queue_at(vmdev, i));
	return err;
}

/**
 * virtio_msg_queues_resume() - requests go on
 * @vmdev: a device that has accepted its queues, locked
 *
 * Context: Sleeps.
 */
void virtio_msg_queues_resume(struct virtio_msg_device *vmdev)
{
	u32 n = num_queues(vmdev);
	u32 i;

	for (i = 0; i < n; i++)
		virtio_msg_relay_resume(queue_at(vmdev, i)->relay);
}

/**
 * virtio_msg_queues_stuck() - has nothing been answered of what waits?
 * @vmdev: a relayed device, locked
 * @answers: how many answers there had been at the last call, and are now
 *
 * Context: Any.
 * Return: true if a driver waits for requests, and the number of answers is the
 * same.
 */
bool virtio_msg_queues_stuck(struct virtio_msg_device *vmdev, u64 *answers)
{
	struct virtio_msg_relay_stats stats;
	u32 n = num_queues(vmdev);
	u32 pending = 0;
	u64 now = 0;
	bool same;
	u32 i;

	for (i = 0; i < n; i++) {
		virtio_msg_relay_stats(queue_at(vmdev, i)->relay, &stats);
		if (!policy_of(queue_at(vmdev, i))->unawaited)
			pending += stats.pending;
		now += stats.answers;
	}
	same = now == *answers;
	*answers = now;
	return same && pending;
}

/**
 * virtio_msg_queue_disable() - &virtio_config_ops.disable_vq_and_reset
 * @vq: a queue in direct mode: to others VIRTIO_F_RING_RESET is not offered
 *
 * Context: Sleeps.
 * Return: 0, -EIO if the queue stays enabled, or another error.
 */
int virtio_msg_queue_disable(struct virtqueue *vq)
{
	struct virtio_msg_queue *queue = vq->priv;
	struct virtio_msg_device *vmdev = queue->vmdev;
	struct virtio_msg_fields fields = {
		.kind = VMSG_RESET_VQUEUE_REQ,
		.vq.index = queue->index,
	};
	int err;

	if (queue->relay)
		return -EOPNOTSUPP;
	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	mutex_unlock(&vmdev->channel.lock);
	if (!err)
		err = get_vqueue(vmdev, queue->index, &fields);
	if (!err && fields.vq.flags & VIRTIO_MSG_VQ_ENABLED)
		err = -EIO;
	if (err)
		return err;
	WRITE_ONCE(queue->enabled, false);
	/* The driver is not called any more, and may free the ring. */
	synchronize_rcu();
	return 0;
}

/**
 * virtio_msg_queue_enable() - &virtio_config_ops.enable_vq_after_reset
 * @vq: a queue in direct mode that was disabled
 *
 * Context: Sleeps.
 * Return: 0 or an error.
 */
int virtio_msg_queue_enable(struct virtqueue *vq)
{
	struct virtio_msg_queue *queue = vq->priv;

	return queue->relay ? -EOPNOTSUPP : enable(queue);
}
