// SPDX-License-Identifier: GPL-2.0
/*
 * Sending: what a full bus does not take now waits in a bounded ring (from
 * atomic context) or in its sender (from process context), never in a loop.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bus.h"
#include "devices.h"
#include "limits.h"
#include "sender.h"
#include "trace.h"

static void *slot(struct virtio_msg_core *core, unsigned int i)
{
	return core->sender.slots +
	       (i % VIRTIO_MSG_LIMIT_OUTBOX) * core->max_msg_size;
}

/**
 * virtio_msg_deadline() - when a peer that was asked now must have answered
 * @core: the bus
 *
 * Context: Any.
 * Return: in jiffies.
 */
unsigned long virtio_msg_deadline(struct virtio_msg_core *core)
{
	return jiffies + msecs_to_jiffies(READ_ONCE(core->timeout_ms));
}

static bool expired(struct virtio_msg_core *core, unsigned long since)
{
	return time_after(jiffies, since +
			  msecs_to_jiffies(READ_ONCE(core->timeout_ms)));
}

static void note_room(struct virtio_msg_sender *sender, int err)
{
	unsigned long last = READ_ONCE(sender->full_last);

	if (err != -EAGAIN) {
		if (READ_ONCE(sender->full))
			WRITE_ONCE(sender->full, false);
		return;
	}
	if (!READ_ONCE(sender->full) ||
	    time_after(jiffies,
		       last + msecs_to_jiffies(VIRTIO_MSG_RETRY_GAP_MS)))
		WRITE_ONCE(sender->full_since, jiffies);
	WRITE_ONCE(sender->full_last, jiffies);
	/* Pairs with the acquire in bus_stuck(). */
	smp_store_release(&sender->full, true);
}

/* A bus that takes nothing from anybody for so long has a peer that is gone. */
static bool bus_stuck(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;

	/* Pairs with the release in note_room(). */
	return smp_load_acquire(&sender->full) &&
	       expired(core, READ_ONCE(sender->full_since));
}

/**
 * virtio_msg_send() - hand a message to the bus
 * @core: the bus
 * @msg: the message
 *
 * Who is turned away for lack of room, and waits, calls virtio_msg_sender_retry().
 *
 * Context: Any.
 * Return: 0, -EAGAIN if the bus is full, -ENODEV if it is gone, or an error
 * of the bus.
 */
int virtio_msg_send(struct virtio_msg_core *core, const struct virtio_msg *msg)
{
	struct virtio_msg_bus *bus;
	int err = -ENODEV;

	rcu_read_lock();
	bus = rcu_dereference(core->bus);
	if (bus) {
		trace_virtio_msg_send(core, msg, virtio_msg_size(msg));
		err = bus->ops->send(bus, msg);
	}
	rcu_read_unlock();

	note_room(&core->sender, err);
	if (!err)
		virtio_msg_count(core, VMSG_CNT_sent);
	else if (err == -EAGAIN)
		virtio_msg_count(core, VMSG_CNT_send_again);
	else
		virtio_msg_count(core, VMSG_CNT_send_failed);
	return err;
}

/**
 * virtio_msg_send_wait() - hand a message to the bus once it has room
 * @core: the bus
 * @msg: the message
 * @deadline: when to give up, in jiffies
 * @stop: set to give up at once, or NULL
 *
 * Context: Sleeps.
 * Return: 0, -ETIMEDOUT, -ENODEV if it was stopped, or as virtio_msg_send().
 */
int virtio_msg_send_wait(struct virtio_msg_core *core,
			 const struct virtio_msg *msg, unsigned long deadline,
			 const bool *stop)
{
	struct virtio_msg_sender *sender = &core->sender;
	DEFINE_WAIT(wait);
	int err;

	might_sleep();
	for (;;) {
		prepare_to_wait(&sender->writable, &wait, TASK_UNINTERRUPTIBLE);
		err = virtio_msg_send(core, msg);
		if (err != -EAGAIN)
			break;
		virtio_msg_sender_retry(core);
		if (time_after(jiffies, deadline)) {
			virtio_msg_count(core, VMSG_CNT_send_timeout);
			err = -ETIMEDOUT;
			break;
		}
		schedule_timeout(msecs_to_jiffies(VIRTIO_MSG_RETRY_MS) + 1);
		/* Not once more: its token may be somebody else's by now. */
		if (stop && READ_ONCE(*stop)) {
			err = -ENODEV;
			break;
		}
	}
	finish_wait(&sender->writable, &wait);
	return err;
}

/* With the sender's lock. */
static int append(struct virtio_msg_core *core, const void *msg)
{
	struct virtio_msg_sender *sender = &core->sender;

	if (sender->stopped)
		return -ENODEV;
	if (sender->count == VIRTIO_MSG_LIMIT_OUTBOX) {
		virtio_msg_count(core, VMSG_CNT_outbox_full);
		return -ENOSPC;
	}
	memcpy(slot(core, sender->head + sender->count), msg,
	       virtio_msg_size(msg));
	sender->count++;
	queue_delayed_work(core->wq, &sender->work,
			   msecs_to_jiffies(VIRTIO_MSG_RETRY_MS));
	return 0;
}

/* Keeps the order of posted messages: none overtakes those that wait. */
static int send_or_append(struct virtio_msg_core *core,
			  const struct virtio_msg *msg)
{
	struct virtio_msg_sender *sender = &core->sender;
	unsigned long flags;
	int err;

	if (!READ_ONCE(sender->count)) {
		err = virtio_msg_send(core, msg);
		if (err != -EAGAIN)
			return err;
	}
	spin_lock_irqsave(&sender->lock, flags);
	err = append(core, msg);
	spin_unlock_irqrestore(&sender->lock, flags);
	return err;
}

/**
 * virtio_msg_post() - send an event, or the core's own answer
 * @core: the bus
 * @fields: the message; at most VIRTIO_MSG_RECOMMENDED_SIZE bytes
 *
 * Context: Any.
 * Return: 0 if it was sent or will be; -ENOSPC if too many messages wait; or
 * as virtio_msg_send().
 */
int virtio_msg_post(struct virtio_msg_core *core,
		    const struct virtio_msg_fields *fields)
{
	u8 buf[VIRTIO_MSG_RECOMMENDED_SIZE] __aligned(8);
	int size;

	size = virtio_msg_encode(READ_ONCE(core->dialect), fields, buf,
				 min_t(u32, sizeof(buf), core->max_msg_size));
	if (size < 0)
		return size;
	return send_or_append(core, (const struct virtio_msg *)buf);
}

/*
 * A doorbell that is busy for ever is a peer that is gone. On this side only,
 * as only the driver side has work that looks at it.
 */
static void note_doorbell(struct virtio_msg_core *core, int err)
{
	struct virtio_msg_sender *sender = &core->sender;

	if (err != -EAGAIN) {
		if (READ_ONCE(sender->busy))
			WRITE_ONCE(sender->busy, false);
	} else if (!READ_ONCE(sender->busy)) {
		WRITE_ONCE(sender->busy_since, jiffies);
		/* Pairs with the acquire in doorbell_stuck(). */
		smp_store_release(&sender->busy, true);
	}
}

/**
 * virtio_msg_ring() - use the doorbell of the bus
 * @core: the bus
 * @dev_num: device
 * @index: queue
 * @avail: buffers are available to the device; else used by it
 *
 * Context: Any.
 * Return: 0, -EOPNOTSUPP if the bus has none, -ENODEV if it is gone, or an
 * error of the bus.
 */
int virtio_msg_ring(struct virtio_msg_core *core, u16 dev_num, u32 index,
		    bool avail)
{
	struct virtio_msg_bus *bus;
	int err = -ENODEV;

	rcu_read_lock();
	bus = rcu_dereference(core->bus);
	if (bus) {
		err = -EOPNOTSUPP;
		if (bus->ops->notify)
			err = bus->ops->notify(bus, dev_num, index, avail);
	}
	rcu_read_unlock();
	return err;
}

/**
 * virtio_msg_notify() - tell the peer to look at a queue
 * @core: the bus
 * @dev_num: device
 * @index: queue
 * @avail: buffers are available to the device; else used by it
 *
 * Context: Any.
 * Return: as virtio_msg_post().
 */
int virtio_msg_notify(struct virtio_msg_core *core, u16 dev_num, u32 index,
		      bool avail)
{
	struct virtio_msg_fields fields = {
		.kind = avail ? VMSG_EVENT_AVAIL : VMSG_EVENT_USED,
		.dev_num = dev_num,
		.notify.index = index,
	};
	int err = virtio_msg_ring(core, dev_num, index, avail);

	if (avail)
		note_doorbell(core, err);
	return err == -EOPNOTSUPP ? virtio_msg_post(core, &fields) : err;
}

/* 0: sent or dropped, go on. */
static int send_head(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;
	unsigned long flags;
	int err;

	/* Only this work removes from the ring: the head stays in place. */
	err = virtio_msg_send(core, slot(core, sender->head));
	if (err == -EAGAIN)
		return err;
	spin_lock_irqsave(&sender->lock, flags);
	sender->head = (sender->head + 1) % VIRTIO_MSG_LIMIT_OUTBOX;
	sender->count--;
	spin_unlock_irqrestore(&sender->lock, flags);
	return 0;
}

static void announce_room(struct virtio_msg_core *core)
{
	atomic_inc(&core->sender.room);
	wake_up_all(&core->sender.writable);
}

static void drop_all(struct virtio_msg_sender *sender)
{
	spin_lock_irq(&sender->lock);
	sender->head = 0;
	sender->count = 0;
	spin_unlock_irq(&sender->lock);
}

/* Notifications that found no room. True if there is never any. */
static bool doorbell_stuck(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;

	WRITE_ONCE(sender->retried, false);
	virtio_msg_devices_flush(core);
	if (!READ_ONCE(sender->retried)) {
		/* Those that waited have been sent, or their queues are gone. */
		WRITE_ONCE(sender->busy, false);
		return false;
	}
	/* Pairs with the release in note_doorbell(). */
	return smp_load_acquire(&sender->busy) &&
	       expired(core, READ_ONCE(sender->busy_since));
}

/* @counted: by whoever waits with a message of its own. */
static void peer_stuck(struct virtio_msg_core *core, bool counted)
{
	if (!counted)
		virtio_msg_count(core, VMSG_CNT_send_timeout);
	drop_all(&core->sender);
	virtio_msg_core_lost(core);
}

static void sender_work(struct work_struct *work)
{
	struct virtio_msg_core *core =
		container_of(to_delayed_work(work), struct virtio_msg_core,
			     sender.work);
	struct virtio_msg_sender *sender = &core->sender;
	int err = 0;

	while (!err && READ_ONCE(sender->count))
		err = send_head(core);
	if (!err)
		announce_room(core);
	if (bus_stuck(core))
		peer_stuck(core, !err);
	else if (err)
		queue_delayed_work(core->wq, &sender->work,
				   msecs_to_jiffies(VIRTIO_MSG_RETRY_MS));
	else if (doorbell_stuck(core))
		peer_stuck(core, false);
}

/**
 * virtio_msg_sender_retry() - wake whoever waits for room, some time later
 * @core: a bus that is full, and need not say when it no longer is
 *
 * If it never has room for anybody, the peer is lost.
 *
 * Context: Any.
 */
void virtio_msg_sender_retry(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;
	unsigned long flags;

	spin_lock_irqsave(&sender->lock, flags);
	if (!sender->stopped)
		queue_delayed_work(core->wq, &sender->work,
				   msecs_to_jiffies(VIRTIO_MSG_RETRY_MS));
	spin_unlock_irqrestore(&sender->lock, flags);
}

/**
 * virtio_msg_notify_later() - flush the queues of devices, some time later
 * @core: a bus that did not take a notification
 *
 * Context: Any.
 */
void virtio_msg_notify_later(struct virtio_msg_core *core)
{
	WRITE_ONCE(core->sender.retried, true);
	virtio_msg_sender_retry(core);
}

/**
 * virtio_msg_sender_init() - prepare to send
 * @core: the bus
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_sender_init(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;

	spin_lock_init(&sender->lock);
	init_waitqueue_head(&sender->writable);
	INIT_DELAYED_WORK(&sender->work, sender_work);
	sender->slots = kvcalloc(VIRTIO_MSG_LIMIT_OUTBOX, core->max_msg_size,
				 GFP_KERNEL);
	return sender->slots ? 0 : -ENOMEM;
}

/**
 * virtio_msg_sender_stop() - nothing is sent any more
 * @core: a bus that is gone
 *
 * Context: Sleeps.
 */
void virtio_msg_sender_stop(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;

	spin_lock_irq(&sender->lock);
	sender->stopped = true;
	spin_unlock_irq(&sender->lock);
	cancel_delayed_work_sync(&sender->work);
	wake_up_all(&sender->writable);
}

/**
 * virtio_msg_sender_destroy() - free what the sender holds
 * @core: the bus
 *
 * Context: Any.
 */
void virtio_msg_sender_destroy(struct virtio_msg_core *core)
{
	kvfree(core->sender.slots);
}

static void go_on(struct virtio_msg_core *core)
{
	struct virtio_msg_sender *sender = &core->sender;
	unsigned long flags;

	announce_room(core);
	spin_lock_irqsave(&sender->lock, flags);
	if (sender->count && !sender->stopped)
		mod_delayed_work(core->wq, &sender->work, 0);
	spin_unlock_irqrestore(&sender->lock, flags);
}

/**
 * virtio_msg_bus_writable() - the bus has room again
 * @bus: the bus
 *
 * For buses whose send returned -EAGAIN.
 *
 * Context: Any.
 */
void virtio_msg_bus_writable(struct virtio_msg_bus *bus)
{
	struct virtio_msg_core *core;

	rcu_read_lock();
	core = rcu_dereference(bus->core);
	if (core)
		go_on(core);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_writable);
