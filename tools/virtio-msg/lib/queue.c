// SPDX-License-Identifier: BSD-3-Clause
/*
 * Split virtqueues, device side, of a driver that may be hostile.
 *
 * What the driver writes is loaded once into a local, checked against private
 * state and then used. Private state (indices, numbers of entries) is never
 * read back from shared memory.
 */
#include <linux/build_bug.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "internal.h"
#include "protocol.h"
#include "shared.h"

#define DESC_F_NEXT	1
#define DESC_F_WRITE	2
#define DESC_F_INDIRECT	4
#define AVAIL_F_NO_INTERRUPT 1

struct ring_desc {
	__u32 addr_lo;
	__u32 addr_hi;
	__u32 len;
	__u16 flags;
	__u16 next;
};

struct ring_avail {
	__u16 flags;
	__u16 idx;
	__u16 ring[];		/* then used_event */
};

struct ring_elem {
	__u32 id;
	__u32 len;
};

struct ring_used {
	__u16 flags;
	__u16 idx;
	struct ring_elem ring[];	/* then avail_event */
};

static_assert(sizeof(struct ring_desc) == 16, "descriptor");
static_assert(sizeof(struct ring_elem) == 8, "used element");
static_assert((VMSG_QUEUE_MAX & (VMSG_QUEUE_MAX - 1)) == 0 &&
	      VMSG_QUEUE_MAX <= 32768, "a split ring");

/* A descriptor, in private memory. */
struct desc {
	__u64 addr;
	__u32 len;
	__u16 flags;
	__u16 next;
};

static void load_desc(const struct vmsg_queue *queue, __u16 i, struct desc *d)
{
	const struct ring_desc *r = (const struct ring_desc *)queue->desc + i;

	d->addr = vmsg_load32(&r->addr_lo) |
		  (__u64)vmsg_load32(&r->addr_hi) << 32;
	d->len = vmsg_load32(&r->len);
	d->flags = vmsg_load16(&r->flags);
	d->next = vmsg_load16(&r->next);
}

static __u16 load_used_event(const struct vmsg_queue *queue)
{
	const struct ring_avail *avail = queue->avail;

	return vmsg_load16(&avail->ring[queue->size]);
}

static void store_avail_event(struct vmsg_queue *queue, __u16 value)
{
	struct ring_used *used = queue->used;

	vmsg_store16((__u16 *)&used->ring[queue->size], value);
}

static bool fail(struct vmsg_queue *queue, const char *why)
{
	vmsg_device_fail(queue->dev, why);
	return false;
}

/*
 * Look at the driver's index. With EVENT_IDX an empty queue asks for a kick and
 * looks again, since the driver may have missed the question.
 */
static bool look(struct vmsg_queue *queue)
{
	const struct ring_avail *avail = queue->avail;
	int tries = queue->event_idx && !queue->polling ? 2 : 1;

	while (tries--) {
		queue->avail_seen = vmsg_load16(&avail->idx);
		if (queue->avail_seen != queue->avail_next)
			break;
		if (!tries)
			return false;
		store_avail_event(queue, queue->avail_next);
		/* Pairs with the barrier of the driver before avail_event. */
		vmsg_mb();
	}

	if ((__u16)(queue->avail_seen - queue->avail_next) > queue->size)
		return fail(queue, VMSG_WHY("available index too far ahead"));
	/* Pairs with the driver's barrier before its index. */
	vmsg_rmb();
	return true;
}

static bool add_seg(struct vmsg_queue *queue, struct vmsg_chain *chain,
		    const struct desc *d)
{
	__u32 n = chain->num_out + chain->num_in;
	bool in = d->flags & DESC_F_WRITE;
	__u32 *total = in ? &chain->in_len : &chain->out_len;
	__u8 *base;

	if (d->flags & DESC_F_INDIRECT)
		return fail(queue, VMSG_WHY("indirect descriptor, not negotiated"));
	if (!in && chain->num_in)
		return fail(queue, VMSG_WHY("readable descriptor after a writable one"));
	if (!d->len)
		return fail(queue, VMSG_WHY("descriptor without a byte"));
	if (d->len > 0xffffffffU - *total)
		return fail(queue, VMSG_WHY("buffer of more than 4 GiB"));
	base = vmsg_device_translate(queue, d->addr, d->len);
	if (!base)
		return fail(queue, VMSG_WHY("descriptor outside of the windows"));

	chain->seg[n].base = base;
	chain->seg[n].len = d->len;
	*total += d->len;
	if (in)
		chain->num_in++;
	else
		chain->num_out++;
	return true;
}

/* Bounded: every round adds a segment, and there are at most @size of them. */
static bool walk(struct vmsg_queue *queue, struct vmsg_chain *chain)
{
	__u16 i = chain->head;
	struct desc d;

	do {
		if (i >= queue->size)
			return fail(queue, VMSG_WHY("descriptor number out of range"));
		if ((__u32)chain->num_out + chain->num_in == queue->size)
			return fail(queue, VMSG_WHY("loop of descriptors"));
		load_desc(queue, i, &d);
		if (!add_seg(queue, chain, &d))
			return false;
		i = d.next;
	} while (d.flags & DESC_F_NEXT);
	return true;
}

/**
 * vmsg_queue_pop() - take the next buffer of the driver
 * @queue: the queue
 * @chain: result
 *
 * In a call of &vmsg_device_ops.queue it also returns false after as many
 * buffers as the queue has entries, so that no driver can keep a device to
 * itself; the call is then repeated.
 *
 * Return: false if there is none, or the queue does not run.
 */
bool vmsg_queue_pop(struct vmsg_queue *queue, struct vmsg_chain *chain)
{
	const struct ring_avail *avail;

	if (!queue->enabled || !vmsg_device_running(queue->dev))
		return false;
	if (queue->avail_seen == queue->avail_next && !look(queue))
		return false;
	if (queue->running && !queue->budget) {
		queue->again = true;
		return false;
	}
	if (queue->inflight >= queue->size)
		return fail(queue, VMSG_WHY("more buffers than entries"));

	avail = queue->avail;
	chain->head = vmsg_load16(&avail->ring[queue->avail_next &
					       (queue->size - 1)]);
	chain->num_out = 0;
	chain->num_in = 0;
	chain->out_len = 0;
	chain->in_len = 0;
	chain->epoch = queue->epoch;
	if (!walk(queue, chain))
		return false;

	vmsg_chain_rewind(chain);
	queue->avail_next++;
	queue->inflight++;
	if (queue->running)
		queue->budget--;
	return true;
}

/**
 * vmsg_queue_push() - give a buffer back to the driver
 * @queue: the queue it came from
 * @chain: the buffer
 * @written: bytes written to it, from its first writable one
 *
 * The driver is told by vmsg_queue_notify(), which is called by itself at the
 * end of &vmsg_device_ops.queue. Does nothing if the queue was reset meanwhile.
 */
void vmsg_queue_push(struct vmsg_queue *queue, const struct vmsg_chain *chain,
		     __u32 written)
{
	struct ring_used *used = queue->used;
	struct ring_elem *elem;

	if (!queue->enabled || chain->epoch != queue->epoch || !queue->inflight)
		return;

	elem = &used->ring[queue->used_next & (queue->size - 1)];
	vmsg_store32(&elem->id, chain->head);
	vmsg_store32(&elem->len,
		     written < chain->in_len ? written : chain->in_len);
	queue->used_next++;
	queue->inflight--;
	/* Pairs with the driver's barrier after it has read the index. */
	vmsg_wmb();
	vmsg_store16(&used->idx, queue->used_next);
}

static bool wants_call(struct vmsg_queue *queue)
{
	const struct ring_avail *avail = queue->avail;
	__u16 last = queue->used_called;
	__u16 event;

	queue->used_called = queue->used_next;
	if (!queue->event_idx)
		return !(vmsg_load16(&avail->flags) & AVAIL_F_NO_INTERRUPT);

	event = load_used_event(queue);
	return (__u16)(queue->used_next - event - 1) <
	       (__u16)(queue->used_next - last);
}

static bool send_used(struct vmsg_queue *queue)
{
	struct vmsg_device *dev = queue->dev;
	struct vmsg_link *link = dev->link;
	struct virtio_msg_fields event = {
		.kind = VMSG_EVENT_USED,
		.dev_num = dev->dev_num,
		.notify.index = queue->index,
	};
	int len;

	if (link->ops->call && link->ops->call(link, queue))
		return true;
	len = virtio_msg_encode(link->dialect, &event, link->out,
				link->max_msg);
	return len < 0 || vmsg_device_send(dev, len);
}

/* An event that finds no room is sent later; it may then speak for several. */
void vmsg_queue_retry(struct vmsg_queue *queue)
{
	if (!queue->call_pending || !send_used(queue))
		return;
	queue->call_pending = false;
	queue->dev->counters.calls++;
}

/**
 * vmsg_queue_notify() - tell the driver of the buffers given back
 * @queue: the queue
 *
 * Only if there are any, and if the driver wants to be told.
 */
void vmsg_queue_notify(struct vmsg_queue *queue)
{
	if (!queue->enabled || queue->used_called == queue->used_next ||
	    !vmsg_device_running(queue->dev))
		return;
	/* The index before the question; pairs with the driver's barrier. */
	vmsg_mb();
	if (!wants_call(queue))
		return;
	queue->call_pending = true;
	vmsg_queue_retry(queue);
}

static void run_once(struct vmsg_queue *queue)
{
	struct vmsg_device *dev = queue->dev;

	if (dev->ops->queue)
		dev->ops->queue(dev, queue);
	vmsg_queue_notify(queue);
}

/*
 * A driver that was answered may have the next buffer sooner than it takes to
 * sleep and to be woken. Bounded by the link's patience; true: it has.
 */
static bool driver_comes_back(struct vmsg_queue *queue)
{
	const struct ring_avail *avail = queue->avail;
	struct vmsg_device *dev = queue->dev;
	struct vmsg_link *link = dev->link;
	bool first = true;

	if (link->ops->flush)
		link->ops->flush(link);
	while (queue->enabled && vmsg_device_running(dev) &&
	       link->ops->relax(link, queue, first)) {
		if (vmsg_load16(&avail->idx) != queue->avail_next)
			return true;
		first = false;
	}
	return false;
}

/* Bounded by the budget of the queue, too. */
static void poll_queue(struct vmsg_queue *queue)
{
	queue->polling = true;
	do
		run_once(queue);
	while (!queue->again && driver_comes_back(queue));
	queue->polling = false;
}

/**
 * vmsg_queue_run() - have the device look at a queue
 * @queue: the queue
 */
void vmsg_queue_run(struct vmsg_queue *queue)
{
	struct vmsg_device *dev = queue->dev;

	if (!queue->enabled || queue->running || dev->foreign ||
	    !vmsg_device_running(dev)) {
		dev->counters.ignored++;
		return;
	}

	queue->running = true;
	queue->again = false;
	queue->budget = queue->size;
	if (queue->poll && queue->event_idx && dev->link->ops->relax)
		poll_queue(queue);
	if (!queue->again)
		run_once(queue);
	queue->running = false;
	if (queue->again)
		dev->link->ops->again(dev->link, queue);
}

/**
 * vmsg_queue_kick() - the driver says that it has made buffers available
 * @queue: the queue
 */
void vmsg_queue_kick(struct vmsg_queue *queue)
{
	queue->dev->counters.kicks++;
	vmsg_queue_run(queue);
}

/**
 * vmsg_queue_used_index() - how far a queue has come
 * @queue: a queue, perhaps of a foreign device
 *
 * Return: the index of the used ring; 0 if the queue is not enabled.
 */
__u16 vmsg_queue_used_index(const struct vmsg_queue *queue)
{
	const struct ring_used *used = queue->used;

	return queue->enabled ? vmsg_load16(&used->idx) : 0;
}

/*
 * Resolve the three areas. Nothing changes unless all of them lie in windows.
 */
bool vmsg_queue_enable(struct vmsg_queue *queue,
		       const struct vmsg_queue_setup *setup)
{
	__u64 n = setup->size;
	void *desc, *avail, *used;

	desc = vmsg_device_translate(queue, setup->desc,
				     n * sizeof(struct ring_desc));
	avail = vmsg_device_translate(queue, setup->driver,
				      sizeof(struct ring_avail) + 2 * n + 2);
	used = vmsg_device_translate(queue, setup->device,
				     sizeof(struct ring_used) +
				     n * sizeof(struct ring_elem) + 2);
	if (!desc || !avail || !used)
		return false;

	queue->desc = desc;
	queue->avail = avail;
	queue->used = used;
	queue->avail_seen = 0;
	queue->avail_next = 0;
	queue->used_next = 0;
	queue->used_called = 0;
	queue->inflight = 0;
	queue->call_pending = false;
	queue->event_idx = vmsg_device_negotiated(queue->dev, VMSG_F_EVENT_IDX);
	queue->enabled = true;
	return true;
}

/* Back to the state before the first SET_VQUEUE; chains of it become void. */
void vmsg_queue_disable(struct vmsg_queue *queue)
{
	queue->enabled = false;
	queue->epoch++;
	queue->size = 0;
	queue->desc_addr = 0;
	queue->driver_addr = 0;
	queue->device_addr = 0;
	queue->desc = NULL;
	queue->avail = NULL;
	queue->used = NULL;
	queue->hint = NULL;
	queue->inflight = 0;
	queue->call_pending = false;
	queue->again = false;
}
