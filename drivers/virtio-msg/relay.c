// SPDX-License-Identifier: GPL-2.0
/*
 * Fat queue: copies requests between a driver's private split ring and a
 * window that holds the split ring of the device and all of its payload.
 *
 * The driver's ring is this kernel's own memory. Of the window, the relay only
 * writes the driver's half and only reads the device's half; each word is read
 * once and means nothing until it was checked against private state. What a
 * descriptor in the window says is never read back.
 *
 * One lock, taken for a bounded number of bytes. A copy that is longer stops
 * in the middle, and whoever takes the lock next goes on with it.
 *
 * A relay on hold has no window. What the device had not answered then is
 * given to the next one, in a new window: a new epoch of its ring.
 */
#include <linux/atomic.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>
#include <asm/barrier.h>

#include "chain.h"
#include "limits.h"
#include "protocol.h"
#include "relay.h"
#include "ring.h"

/* Batches in a row, before the work lets other works run. */
#define BATCHES		16

/*
 * struct request - what the device has; index: first descriptor in the window
 * @descs: how many descriptors of the window it takes
 * @first_in: the first of them that the device writes
 * @last: the last of them
 * @serial: how many requests were given to the device before
 * @to: where in the driver's memory the answer goes
 */
struct request {
	u16 head;
	u16 descs;
	u16 first_in;
	u16 last;
	u32 in;
	u32 in_used;
	bool live;
	bool posted;
	u64 serial;
	struct virtio_msg_chain to;
};

/* What the driver is to get back, once it is answered. */
struct taken {
	u16 head;
	bool answered;
	u32 len;
};

/* A copy that may be unfinished. */
struct copy {
	bool active;
	u16 wire;
	u16 desc;
	u32 offset;
	u32 left;
};

/*
 * struct virtio_msg_relay - a fat queue
 * The lock protects all that follows it.
 */
struct virtio_msg_relay {
	struct virtio_msg_layout layout;
	const struct virtio_msg_queue_policy *policy;
	struct vring ring;
	bool event_idx;
	void *window;
	struct vring_desc *wire_desc;
	struct vring_avail *wire_ring;
	struct vring_used *wire_used_ring;
	/* Up to where the driver's requests may be taken. */
	const __virtio16 *avail_idx;
	bool arms;
	/* The words at the ends of both rings. */
	__virtio16 *avail_event;
	__virtio16 *used_event;
	__virtio16 *wire_avail_event;
	__virtio16 *wire_used_event;
	u64 bus_addr;
	struct virtio_msg_caps caps;
	bool wire_event_idx;
	bool coherent;
	unsigned long timeout;
	const struct virtio_msg_relay_ops *ops;
	void *ctx;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct delayed_work watchdog;

	spinlock_t lock;
	bool started;
	bool held;		/* not started: nobody serves the device */
	bool shown;		/* the device may have seen requests */
	bool dead;		/* the window is not touched any more */
	bool stalled;		/* for want of slots */
	bool interrupt;		/* the driver is to be told */
	bool watching;		/* the watchdog is on its way */
	struct copy submit;
	struct virtio_msg_chain from;	/* of @submit: the driver's memory */
	struct copy answer;
	/* The driver's ring. */
	u16 avail;		/* taken up to here */
	u16 used;		/* given back up to here */
	u16 told;		/* the driver knows up to here */
	/* The window's ring. */
	u16 wire_avail;		/* written up to here */
	u16 wire_published;	/* the device may see up to here */
	u16 wire_used;		/* taken up to here */
	u32 pending;		/* requests in the window */
	/*
	 * Descriptors, each with the slots of its number. Those that are free,
	 * and those of a request, are linked by @next; at the end of the free
	 * ones is one too many, which is never used.
	 */
	u16 *next;
	u16 free;
	u16 num_free;
	struct request *requests;
	u64 watched;
	unsigned long watch_left;	/* of the watchdog's time, on hold */
	/* The driver's heads of requests to be given again, the last one first. */
	u16 *kept;
	u32 num_kept;
	/*
	 * If the policy is to answer together: what was taken from the driver. It
	 * adds one after the other, so that all is what was there at a kick.
	 */
	struct taken *together;
	u32 num_together;
	bool failing;		/* one of them has failed here: so does the rest */
	__virtio16 kicked;
	struct virtio_msg_relay_stats stats;
};

/* Layout of the window */

static void check_limits(void)
{
	/* Slots are counted, and descriptors indexed, with 16 bits. */
	BUILD_BUG_ON(VIRTIO_MSG_LIMIT_RING > 32768);
	/* A window of the largest queue can be described with 32 bits. */
	BUILD_BUG_ON(2ULL * VIRTIO_MSG_LIMIT_RING * VIRTIO_MSG_LIMIT_SLOT +
		     SZ_1M > S32_MAX);
}

/**
 * virtio_msg_layout_init() - lay out a window
 * @layout: result
 * @num: entries of the ring, a power of 2, 2 to VIRTIO_MSG_LIMIT_RING
 * @out_size: bytes of a slot that the device reads: 0, or a multiple of 64 up
 *	to VIRTIO_MSG_LIMIT_SLOT
 * @in_size: the same for slots that the device writes
 *
 * There is a slot of each kind for each entry. The part that the device writes
 * begins at a page.
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int virtio_msg_layout_init(struct virtio_msg_layout *layout, u32 num,
			   u32 out_size, u32 in_size)
{
	check_limits();
	if (num < 2 || num > VIRTIO_MSG_LIMIT_RING || !is_power_of_2(num) ||
	    out_size % 64 || out_size > VIRTIO_MSG_LIMIT_SLOT ||
	    in_size % 64 || in_size > VIRTIO_MSG_LIMIT_SLOT ||
	    !(out_size || in_size))
		return -EINVAL;

	layout->num = num;
	layout->out_size = out_size;
	layout->in_size = in_size;
	layout->out_slots = out_size ? num : 0;
	layout->in_slots = in_size ? num : 0;
	layout->desc = sizeof(struct virtio_msg_fvq_header);
	layout->avail = ALIGN(layout->desc + 16 * num, 64);
	layout->out = ALIGN(layout->avail + 6 + 2 * num, SZ_4K);
	layout->used = PAGE_ALIGN(layout->out + layout->out_slots * out_size);
	layout->in = ALIGN(layout->used + 6 + 8 * num, SZ_4K);
	layout->total = PAGE_ALIGN(layout->in + layout->in_slots * in_size);
	return 0;
}

/**
 * virtio_msg_layout_describe() - write the header of a window
 * @layout: what to write
 * @index: queue
 * @epoch: how often the queue has been enabled
 * @window: where to
 *
 * Context: Any.
 */
void virtio_msg_layout_describe(const struct virtio_msg_layout *layout,
				u32 index, u32 epoch, void *window)
{
	const struct virtio_msg_fvq_header header = {
		.magic = cpu_to_le32(VIRTIO_MSG_FVQ_MAGIC),
		.version = cpu_to_le16(VIRTIO_MSG_FVQ_VERSION),
		.hdr_len = cpu_to_le16(sizeof(header)),
		.num = cpu_to_le16(layout->num),
		.queue_index = cpu_to_le16(index),
		.out_slot_size = cpu_to_le32(layout->out_size),
		.in_slot_size = cpu_to_le32(layout->in_size),
		.out_slots = cpu_to_le32(layout->out_slots),
		.in_slots = cpu_to_le32(layout->in_slots),
		.off_desc = cpu_to_le32(layout->desc),
		.off_avail = cpu_to_le32(layout->avail),
		.off_out = cpu_to_le32(layout->out),
		.off_used = cpu_to_le32(layout->used),
		.off_in = cpu_to_le32(layout->in),
		.total_len = cpu_to_le32(layout->total),
		.epoch = cpu_to_le32(epoch),
	};

	memcpy(window, &header, sizeof(header));
}

/* The window: everything that touches shared memory is here */

static void *out_slot(struct virtio_msg_relay *relay, u16 desc)
{
	return relay->window + relay->layout.out +
	       desc * relay->layout.out_size;
}

static void *in_slot(struct virtio_msg_relay *relay, u16 desc)
{
	return relay->window + relay->layout.in + desc * relay->layout.in_size;
}

static u16 mask(struct virtio_msg_relay *relay, u16 idx)
{
	return idx & (relay->layout.num - 1);
}

/* Pairs with the device's read barrier after it has read our index. */
static void wire_wmb(struct virtio_msg_relay *relay)
{
	if (relay->coherent)
		virt_wmb(); /* the same caches */
	else
		dma_wmb(); /* memory as devices see it */
}

/* Pairs with the device's write barrier before it writes its index. */
static void wire_rmb(struct virtio_msg_relay *relay)
{
	if (relay->coherent)
		virt_rmb(); /* the same caches */
	else
		dma_rmb(); /* memory as devices see it */
}

/* Pairs with the device's barrier between its index and our event. */
static void wire_mb(struct virtio_msg_relay *relay)
{
	if (relay->coherent)
		virt_mb(); /* the same caches */
	else
		mb(); /* memory as devices see it */
}

static void wire_put_desc(struct virtio_msg_relay *relay, u16 desc, u32 offset,
			  u32 len, u16 flags, u16 next)
{
	struct vring_desc *to = &relay->wire_desc[desc];

	ring_put64(&to->addr, relay->bus_addr + offset);
	ring_put32(&to->len, len);
	ring_put16(&to->flags, flags);
	ring_put16(&to->next, next);
}

static void wire_put_head(struct virtio_msg_relay *relay, u16 desc)
{
	ring_put16(&relay->wire_ring->ring[mask(relay, relay->wire_avail)],
		   desc);
	relay->wire_avail++;
}

static void wire_publish(struct virtio_msg_relay *relay)
{
	wire_wmb(relay);
	ring_put16(&relay->wire_ring->idx, relay->wire_avail);
}

static u16 wire_get_used(struct virtio_msg_relay *relay)
{
	return ring_get16(&relay->wire_used_ring->idx);
}

static void wire_get_elem(struct virtio_msg_relay *relay, u32 *id, u32 *len)
{
	u16 i = mask(relay, relay->wire_used);
	struct vring_used_elem *elem =
		(struct vring_used_elem *)&relay->wire_used_ring->ring[i];

	*id = ring_get32((__virtio32 *)&elem->id);
	*len = ring_get32((__virtio32 *)&elem->len);
}

static bool wire_wants_notify(struct virtio_msg_relay *relay, u16 old)
{
	if (!relay->wire_event_idx)
		return !(ring_get16(&relay->wire_used_ring->flags) &
			 VRING_USED_F_NO_NOTIFY);
	return vring_need_event(ring_get16(relay->wire_avail_event),
				relay->wire_avail, old);
}

static void wire_arm(struct virtio_msg_relay *relay)
{
	if (relay->wire_event_idx)
		ring_put16(relay->wire_used_event, relay->wire_used);
}

/* The driver's ring, of which this is the device's side */

static void push_used(struct virtio_msg_relay *relay, u16 head, u32 len)
{
	struct vring *ring = &relay->ring;
	u16 i = mask(relay, relay->used);

	ring_put32((__virtio32 *)&ring->used->ring[i].id, head);
	ring_put32((__virtio32 *)&ring->used->ring[i].len, len);
	/* Pairs with the driver's read barrier after it has read the index. */
	virt_wmb();
	ring_put16(&ring->used->idx, ++relay->used);
}

static bool driver_has_more(struct virtio_msg_relay *relay)
{
	return ring_get16(relay->avail_idx) != relay->avail;
}

/* Of what was taken from the driver, the device has nothing, and gets nothing. */
static bool idle(struct virtio_msg_relay *relay)
{
	return !relay->pending && !relay->num_kept;
}

static void keep_answer(struct virtio_msg_relay *relay, u16 head, u32 len)
{
	u32 i;

	for (i = 0; i < relay->num_together; i++) {
		if (relay->together[i].head != head)
			continue;
		relay->together[i].answered = true;
		relay->together[i].len = len;
	}
}

static inline void give_back(struct virtio_msg_relay *relay, u16 head, u32 len)
{
	if (unlikely(relay->together))
		keep_answer(relay, head, len);
	else
		push_used(relay, head, len);
}

/* The first one last: the driver may free them all as soon as it has that. */
static void give_back_together(struct virtio_msg_relay *relay)
{
	struct taken *taken;

	while (relay->num_together) {
		taken = &relay->together[--relay->num_together];
		if (taken->answered)
			push_used(relay, taken->head, taken->len);
	}
	relay->failing = false;
}

static inline bool wants_interrupt(struct virtio_msg_relay *relay)
{
	struct vring *ring = &relay->ring;
	u16 old = relay->told;

	if (relay->used == old)
		return false;
	/* Pairs with the driver's barrier after it has armed its event. */
	virt_mb();
	relay->told = relay->used;
	if (!relay->event_idx)
		return !(ring_get16(&ring->avail->flags) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	return vring_need_event(ring_get16(relay->used_event), relay->used,
				old);
}

/* With the lock, at the end of what is done with it. */
static inline void tell_driver(struct virtio_msg_relay *relay)
{
	if (unlikely(relay->num_together) && idle(relay) &&
	    !driver_has_more(relay))
		give_back_together(relay);
	if (wants_interrupt(relay))
		relay->interrupt = true;
}

static void driver_arm(struct virtio_msg_relay *relay)
{
	if (relay->arms)
		ring_put16(relay->avail_event, relay->avail);
}

/* Whatever is added from now on has a kick of its own. */
static void note_kick(struct virtio_msg_relay *relay)
{
	u16 idx = ring_get16(&relay->ring.avail->idx);

	ring_put16(&relay->kicked, idx);
	if (relay->event_idx)
		ring_put16(relay->avail_event, idx);
}

/* Failure */

/**
 * virtio_msg_relay_can_fail() - can requests be answered with an error?
 * @relay: the relay
 *
 * Context: Any.
 * Return: true if the driver's requests have a place for an error.
 */
bool virtio_msg_relay_can_fail(struct virtio_msg_relay *relay)
{
	return relay->policy->tail || relay->policy->error;
}

/* Bytes of the policy's error that were written, of @in. */
static u32 write_error(struct virtio_msg_relay *relay, u16 head, u32 in)
{
	const struct virtio_msg_queue_policy *policy = relay->policy;
	u8 request[VIRTIO_MSG_LIMIT_ERROR];
	u8 error[VIRTIO_MSG_LIMIT_ERROR];
	u32 echoed = policy->echo + sizeof(u64);
	struct virtio_msg_chain chain;

	memcpy(error, policy->error, policy->error_len);
	virtio_msg_chain_start(&chain, &relay->ring, head);
	if (policy->echo &&
	    virtio_msg_chain_read(&chain, request, echoed) == echoed)
		memcpy(error + policy->echo, request + policy->echo,
		       sizeof(u64));
	virtio_msg_chain_start(&chain, &relay->ring, head);
	return virtio_msg_chain_write(&chain, error,
				      min_t(u32, in, policy->error_len));
}

/* Answer in place of the device. False if there is no way to. */
static bool fail_request(struct virtio_msg_relay *relay, u16 head, u32 in)
{
	const struct virtio_msg_queue_policy *policy = relay->policy;
	struct virtio_msg_chain chain;
	u32 len = 0;

	virtio_msg_chain_start(&chain, &relay->ring, head);
	if (in && policy->tail) {
		virtio_msg_chain_skip(&chain, in - 1);
		virtio_msg_chain_write(&chain, &policy->error_tail, 1);
		len = in;
	} else if (in && policy->error) {
		len = write_error(relay, head, in);
	} else if (in) {
		return false;
	}
	give_back(relay, head, len);
	relay->failing = relay->together;
	relay->ops->count(relay->ctx, VMSG_CNT_relay_failed);
	return true;
}

static void take_new(struct virtio_msg_relay *relay, u16 head)
{
	relay->avail++;
	if (unlikely(relay->together) &&
	    relay->num_together < relay->layout.num)
		relay->together[relay->num_together++] =
			(struct taken) { .head = head };
}

static void fail_next(struct virtio_msg_relay *relay)
{
	u16 head = ring_get16(&relay->ring.avail->ring[mask(relay, relay->avail)]);
	u32 out, in;

	take_new(relay, head);
	if (!virtio_msg_chain_measure(&relay->ring, head, &out, &in))
		fail_request(relay, head, in);
}

/* Answer all that the driver adds. */
static void fail_new(struct virtio_msg_relay *relay)
{
	do {
		/* Pairs with the driver's barrier before it writes its index. */
		while (driver_has_more(relay)) {
			virt_rmb(); /* see above */
			fail_next(relay);
		}
		driver_arm(relay);
		/* Pairs with the driver's barrier before it reads our event. */
		virt_mb();
	} while (driver_has_more(relay));
}

static void fail_kept(struct virtio_msg_relay *relay)
{
	u32 out, in;
	u16 head;

	while (relay->num_kept) {
		head = relay->kept[--relay->num_kept];
		if (!virtio_msg_chain_measure(&relay->ring, head, &out, &in))
			fail_request(relay, head, in);
	}
}

/* A dead queue answers all that it is given. */
static void fail_all(struct virtio_msg_relay *relay)
{
	u32 i;

	for (i = 0; i < relay->layout.num; i++) {
		struct request *request = &relay->requests[i];

		if (request->live && !request->posted)
			fail_request(relay, request->head, request->in);
		request->live = false;
	}
	relay->pending = 0;
	relay->submit.active = false;
	relay->answer.active = false;
	fail_kept(relay);
	fail_new(relay);
}

static void break_queue(struct virtio_msg_relay *relay, const char *why,
			enum virtio_msg_counter counter)
{
	relay->dead = true;
	relay->ops->count(relay->ctx, counter);
	relay->ops->broken(relay->ctx, why);
}

/* From the driver to the device */

/* Descriptors that @len bytes take. */
static u32 slots(u32 len, u32 size)
{
	return len > size ? DIV_ROUND_UP(len, size) : !!len;
}

/*
 * Describe @len bytes of slots from @desc on. @base: of the slots; @flags: of
 * the last descriptor. Returns that one.
 */
static inline u16 put_slots(struct virtio_msg_relay *relay, u16 desc, u32 base,
			    u32 size, u32 len, u16 flags)
{
	u16 next = relay->next[desc];

	for (; len > size; len -= size) {
		wire_put_desc(relay, desc, base + desc * size, size,
			      flags | VRING_DESC_F_NEXT, next);
		desc = next;
		next = relay->next[desc];
	}
	wire_put_desc(relay, desc, base + desc * size, len, flags,
		      flags & VRING_DESC_F_NEXT ? next : 0);
	return desc;
}

/* Turns the first free descriptors into a request. */
static void build_chain(struct virtio_msg_relay *relay, struct request *request,
			u32 out, u32 in)
{
	const struct virtio_msg_layout *layout = &relay->layout;
	u16 desc = relay->free;

	request->first_in = desc;
	if (out) {
		desc = put_slots(relay, desc, layout->out, layout->out_size,
				 out, in ? VRING_DESC_F_NEXT : 0);
		request->first_in = relay->next[desc];
	}
	if (in)
		desc = put_slots(relay, request->first_in, layout->in,
				 layout->in_size, in, VRING_DESC_F_WRITE);
	request->last = desc;
	relay->free = relay->next[desc];
	relay->num_free -= request->descs;
}

static void free_chain(struct virtio_msg_relay *relay, u16 desc)
{
	struct request *request = &relay->requests[desc];

	relay->next[request->last] = relay->free;
	relay->free = desc;
	relay->num_free += request->descs;
	request->live = false;
	relay->pending--;
}

enum fit { FITS, LATER, NEVER };

static enum fit fits(struct virtio_msg_relay *relay, struct request *request,
		     u32 out, u32 in)
{
	const struct virtio_msg_layout *layout = &relay->layout;

	if (out > relay->caps.out || in > relay->caps.in)
		return NEVER;
	request->descs = slots(out, layout->out_size) +
			 slots(in, layout->in_size);
	return request->descs > relay->num_free ? LATER : FITS;
}

/* Never answered with a length of 0: a driver may take that for success. */
static bool refuse(struct virtio_msg_relay *relay, u16 head, u32 in)
{
	if (!in || virtio_msg_relay_can_fail(relay)) {
		relay->ops->count(relay->ctx, VMSG_CNT_relay_oversize);
		return fail_request(relay, head, in);
	}
	break_queue(relay, "request larger than the window",
		    VMSG_CNT_relay_oversize);
	return false;
}

static void take_head(struct virtio_msg_relay *relay, u16 head)
{
	if (unlikely(relay->num_kept)) {
		relay->num_kept--;
		relay->ops->count(relay->ctx, VMSG_CNT_relay_replayed);
	} else {
		take_new(relay, head);
	}
}

static bool drop(struct virtio_msg_relay *relay, u16 head)
{
	relay->ops->count(relay->ctx, VMSG_CNT_relay_dropped);
	take_head(relay, head);
	give_back(relay, head, 0);
	return true;
}

static void end_submit(struct virtio_msg_relay *relay, u16 desc)
{
	struct request *request = &relay->requests[desc];

	wire_put_head(relay, desc);
	request->serial = relay->stats.requests++;
	if (relay->policy->posted && !request->in) {
		request->posted = true;
		give_back(relay, request->head, 0);
	}
}

/* @request: at the first free descriptor */
static void begin_submit(struct virtio_msg_relay *relay,
			 struct request *request, u16 head, u32 out, u32 in,
			 u32 *budget)
{
	struct copy *copy = &relay->submit;
	u16 desc = relay->free;

	build_chain(relay, request, out, in);
	request->head = head;
	request->in = in;
	request->live = true;
	request->posted = false;
	relay->pending++;
	if (out <= relay->layout.out_size && out <= *budget) {
		virtio_msg_chain_read(&relay->from, out_slot(relay, desc), out);
		relay->stats.bytes_out += out;
		*budget -= out;
		end_submit(relay, desc);
		return;
	}
	copy->active = true;
	copy->wire = desc;
	copy->desc = desc;
	copy->offset = 0;
	copy->left = out;
}

/* False if there is no request. What was kept comes before what is new. */
static bool next_head(struct virtio_msg_relay *relay, u16 *head)
{
	if (unlikely(relay->num_kept)) {
		*head = relay->kept[relay->num_kept - 1];
		return true;
	}
	if (!driver_has_more(relay))
		return false;
	/* Pairs with the driver's barrier before it writes its index. */
	virt_rmb();
	*head = ring_get16(&relay->ring.avail->ring[mask(relay, relay->avail)]);
	return true;
}

/* Take the next request of the driver. False if there is none to take now. */
static bool next_submit(struct virtio_msg_relay *relay, u32 *budget)
{
	struct request *request = &relay->requests[relay->free];
	u32 out, in;
	u16 head;

	if (!next_head(relay, &head))
		return false;

	if (virtio_msg_chain_open(&relay->ring, head, &relay->from, &out,
				  &request->to, &in)) {
		break_queue(relay, "request of over 4 GiB",
			    VMSG_CNT_relay_oversize);
		return false;
	}
	if (unlikely(relay->failing)) {
		take_head(relay, head);
		return fail_request(relay, head, in);
	}
	switch (fits(relay, request, out, in)) {
	case FITS:
		break;
	case LATER:
		if (relay->policy->drop && !in)
			return drop(relay, head);
		relay->stalled = true;
		relay->stats.stalls++;
		return false;
	case NEVER:
		take_head(relay, head);
		return refuse(relay, head, in);
	}
	take_head(relay, head);
	if (out || in)
		begin_submit(relay, request, head, out, in, budget);
	else
		give_back(relay, head, 0);
	return true;
}

/* Bytes that are copied next, of which there are some, all to one slot. */
static u32 next_piece(struct virtio_msg_relay *relay, struct copy *copy,
		      u32 slot_size, u32 *budget)
{
	u32 n;

	if (copy->offset == slot_size) {
		copy->desc = relay->next[copy->desc];
		copy->offset = 0;
	}
	n = min3(copy->left, slot_size - copy->offset, *budget);
	copy->left -= n;
	*budget -= n;
	return n;
}

/* Copy up to @budget bytes to the window. */
static void go_on_submit(struct virtio_msg_relay *relay, u32 *budget)
{
	struct copy *copy = &relay->submit;
	u32 n;

	while (copy->left && *budget) {
		n = next_piece(relay, copy, relay->layout.out_size, budget);
		virtio_msg_chain_read(&relay->from,
				      out_slot(relay, copy->desc) +
				      copy->offset, n);
		copy->offset += n;
		relay->stats.bytes_out += n;
	}
	if (!copy->left) {
		copy->active = false;
		end_submit(relay, copy->wire);
	}
}

static bool submit(struct virtio_msg_relay *relay, u32 *budget)
{
	if (!relay->submit.active)
		return next_submit(relay, budget);
	go_on_submit(relay, budget);
	return true;
}

/* Notice if the device never answers. */
static void watch(struct virtio_msg_relay *relay)
{
	if (!relay->timeout || relay->watching)
		return;
	relay->watching = true;
	queue_delayed_work(relay->wq, &relay->watchdog,
			   relay->watch_left ?: relay->timeout);
	relay->watch_left = 0;
}

/* Tell the device's ring what was submitted. True if the device wants to know. */
static bool publish(struct virtio_msg_relay *relay)
{
	u16 old = relay->wire_published;

	if (relay->wire_avail == old || relay->dead)
		return false;
	wire_publish(relay);
	relay->shown = true;
	relay->wire_published = relay->wire_avail;
	watch(relay);
	wire_mb(relay);
	return wire_wants_notify(relay, old);
}

/* From the device to the driver */

static void end_answer(struct virtio_msg_relay *relay,
		       struct request *request, u16 desc)
{
	give_back(relay, request->head, request->in_used);
	free_chain(relay, desc);
}

/*
 * Where the driver reads on whatever the length, it reads what the window has:
 * its buffer may hold what the device is not to see, in some later request.
 */
static void begin_answer(struct virtio_msg_relay *relay, u16 desc, u32 len,
			 u32 *budget)
{
	const struct virtio_msg_queue_policy *policy = relay->policy;
	struct request *request = &relay->requests[desc];
	struct copy *copy = &relay->answer;

	request->in_used = len;
	if (policy->tail || policy->whole)
		len = request->in;
	if (len <= relay->layout.in_size && len <= *budget) {
		virtio_msg_chain_write(&request->to,
				       in_slot(relay, request->first_in), len);
		relay->stats.bytes_in += len;
		*budget -= len;
		end_answer(relay, request, desc);
		return;
	}
	copy->active = true;
	copy->wire = desc;
	copy->desc = request->first_in;
	copy->offset = 0;
	copy->left = len;
}

/* Look at the device's ring. False if there is nothing, or nothing sane. */
static bool next_answer(struct virtio_msg_relay *relay, u32 *budget)
{
	u16 delta = wire_get_used(relay) - relay->wire_used;
	struct request *request;
	u32 id, len;

	if (!delta)
		return false;
	if (delta > relay->pending) {
		break_queue(relay, "used index out of range",
			    VMSG_CNT_relay_bad_index);
		return false;
	}
	wire_rmb(relay);
	wire_get_elem(relay, &id, &len);
	relay->wire_used++;
	request = id < relay->layout.num ? &relay->requests[id] : NULL;
	if (!request || !request->live ||
	    (relay->submit.active && relay->submit.wire == id)) {
		break_queue(relay, "used id that is not in use",
			    VMSG_CNT_relay_bad_id);
		return false;
	}
	if (len > request->in) {
		relay->ops->count(relay->ctx, VMSG_CNT_relay_clamped);
		len = request->in;
	}
	relay->stats.answers++;
	if (request->posted)
		free_chain(relay, id);
	else
		begin_answer(relay, id, len, budget);
	return true;
}

/* Copy up to @budget bytes from the window. */
static void go_on_answer(struct virtio_msg_relay *relay, u32 *budget)
{
	struct copy *copy = &relay->answer;
	struct request *request = &relay->requests[copy->wire];
	u32 n;

	while (copy->left && *budget) {
		n = next_piece(relay, copy, relay->layout.in_size, budget);
		virtio_msg_chain_write(&request->to, in_slot(relay, copy->desc) +
				       copy->offset, n);
		copy->offset += n;
		relay->stats.bytes_in += n;
	}
	if (!copy->left) {
		copy->active = false;
		end_answer(relay, request, copy->wire);
	}
}

static bool answer(struct virtio_msg_relay *relay, u32 *budget)
{
	if (relay->answer.active)
		go_on_answer(relay, budget);
	else if (!next_answer(relay, budget))
		return false;
	relay->stalled = false;
	return true;
}

/* At a glance, as most often there is nothing: is there something to answer? */
static bool may_answer(struct virtio_msg_relay *relay)
{
	return relay->answer.active || wire_get_used(relay) != relay->wire_used;
}

static bool may_submit(struct virtio_msg_relay *relay)
{
	return relay->submit.active || driver_has_more(relay) ||
	       relay->num_kept;
}

/* Ask both sides to notify from now on. True if one has more already. */
static bool arm(struct virtio_msg_relay *relay)
{
	driver_arm(relay);
	wire_arm(relay);
	/* Pairs with both sides' barrier between their index and our event. */
	wire_mb(relay);
	return wire_get_used(relay) != relay->wire_used ||
	       (!relay->stalled && driver_has_more(relay));
}

/*
 * The driver waits for each of these with interrupts off, on a processor that
 * whoever would go on later may be waiting for: all of them are taken now. The
 * ring bounds them; what the device gave back makes room first.
 */
static void submit_awaited(struct virtio_msg_relay *relay)
{
	u32 budget = U32_MAX;

	do {
		while (relay->num_free < relay->layout.num / 2 &&
		       !relay->dead && answer(relay, &budget))
			;
		while (!relay->dead && submit(relay, &budget))
			;
		driver_arm(relay);
		/* Pairs with the driver's barrier before it reads our event. */
		virt_mb();
	} while (!relay->dead && !relay->stalled && driver_has_more(relay));
}

/* With the lock. True if there is more to do now. */
static bool run_batch(struct virtio_msg_relay *relay)
{
	u32 budget = VIRTIO_MSG_RELAY_BYTES;
	u32 n;

	if (relay->policy->drop && !relay->dead)
		submit_awaited(relay);
	for (n = 0; budget && n < VIRTIO_MSG_RELAY_REQUESTS; n++) {
		if (relay->dead) {
			fail_all(relay);
			return false;
		}
		if (may_answer(relay) && answer(relay, &budget))
			continue;
		if (!relay->dead && may_submit(relay) && submit(relay, &budget))
			continue;
		if (!relay->dead && !arm(relay))
			return false;
	}
	return true;
}

/*
 * With the lock: nobody serves the device. Requests wait, but for those that
 * cannot: what is posted, and what a driver spins for.
 */
static void run_held(struct virtio_msg_relay *relay)
{
	if (relay->dead)
		fail_all(relay);
	else if (relay->policy->posted || relay->policy->deadline ||
		 relay->failing)
		fail_new(relay);
}

/* One batch: for a driver that kicks, or for others, who may interrupt it. */
static bool run(struct virtio_msg_relay *relay, bool kicked)
{
	bool interrupt = false;
	bool notify = false;
	bool more = false;
	unsigned long flags;

	spin_lock_irqsave(&relay->lock, flags);
	if (kicked && unlikely(relay->together))
		note_kick(relay);
	if (relay->started) {
		more = run_batch(relay);
		notify = publish(relay);
		tell_driver(relay);
	} else if (relay->held) {
		run_held(relay);
		tell_driver(relay);
	}
	if (!kicked)
		swap(interrupt, relay->interrupt);
	more |= relay->interrupt;
	spin_unlock_irqrestore(&relay->lock, flags);

	if (notify)
		relay->ops->notify(relay->ctx);
	if (interrupt)
		relay->ops->interrupt(relay->ctx);
	return more;
}

/* With the lock, so that virtio_msg_relay_stop() leaves no work behind. */
static void run_later(struct virtio_msg_relay *relay)
{
	unsigned long flags;

	spin_lock_irqsave(&relay->lock, flags);
	if (relay->started || relay->held)
		queue_work(relay->wq, &relay->work);
	spin_unlock_irqrestore(&relay->lock, flags);
}

static void relay_work(struct work_struct *work)
{
	struct virtio_msg_relay *relay =
		container_of(work, struct virtio_msg_relay, work);
	unsigned int i;

	for (i = 0; i < BATCHES; i++) {
		if (!run(relay, false))
			return;
		cond_resched();
	}
	run_later(relay);
}

static void watchdog(struct work_struct *work)
{
	struct virtio_msg_relay *relay =
		container_of(to_delayed_work(work), struct virtio_msg_relay,
			     watchdog);

	spin_lock_irq(&relay->lock);
	relay->watching = false;
	if (relay->started && relay->pending && !relay->dead) {
		if (relay->watched == relay->stats.answers)
			break_queue(relay, "no answer in time",
				    VMSG_CNT_timeout);
		else
			watch(relay);
	}
	/* On hold, the time is that of the next epoch. */
	if (relay->started)
		relay->watched = relay->stats.answers;
	spin_unlock_irq(&relay->lock);
}

/**
 * virtio_msg_relay_kick() - the driver made buffers available
 * @relay: the relay
 *
 * Context: Any, also with the driver's locks held: it is not interrupted here.
 */
void virtio_msg_relay_kick(struct virtio_msg_relay *relay)
{
	if (run(relay, true))
		run_later(relay);
}

/**
 * virtio_msg_relay_used() - the device used buffers, or says so
 * @relay: the relay
 *
 * Context: Any.
 */
void virtio_msg_relay_used(struct virtio_msg_relay *relay)
{
	/* A driver is interrupted from where it expects it: not in a callback. */
	if (!in_task() || irqs_disabled() || run(relay, false))
		run_later(relay);
}

/**
 * virtio_msg_relay_fail() - the device is no more
 * @relay: the relay
 *
 * The window is not touched again. Requests are answered with an error, those
 * that are yet to come included, if their type has one.
 *
 * Context: Any.
 */
void virtio_msg_relay_fail(struct virtio_msg_relay *relay)
{
	unsigned long flags;

	spin_lock_irqsave(&relay->lock, flags);
	relay->dead = true;
	if (relay->started || relay->held)
		queue_work(relay->wq, &relay->work);
	spin_unlock_irqrestore(&relay->lock, flags);
}

/**
 * virtio_msg_relay_start() - relay from now on
 * @relay: a relay whose queue the device has enabled
 *
 * Context: Any.
 */
void virtio_msg_relay_start(struct virtio_msg_relay *relay)
{
	unsigned long flags;

	spin_lock_irqsave(&relay->lock, flags);
	relay->started = true;
	spin_unlock_irqrestore(&relay->lock, flags);
}

/**
 * virtio_msg_relay_stop() - relay no more
 * @relay: the relay
 *
 * Both rings stay as they are. A caller of virtio_msg_relay_used() may still be
 * on its way to interrupt the driver: wait for those by RCU.
 *
 * Context: Sleeps.
 */
void virtio_msg_relay_stop(struct virtio_msg_relay *relay)
{
	spin_lock_irq(&relay->lock);
	relay->started = false;
	relay->held = false;
	relay->interrupt = false;
	spin_unlock_irq(&relay->lock);
	cancel_work_sync(&relay->work);
	cancel_delayed_work_sync(&relay->watchdog);
}

/* Epochs */

static void set_window(struct virtio_msg_relay *relay, void *window,
		       u64 bus_addr)
{
	u32 num = relay->layout.num;

	relay->window = window;
	relay->bus_addr = bus_addr;
	relay->wire_desc = window + relay->layout.desc;
	relay->wire_ring = window + relay->layout.avail;
	relay->wire_used_ring = window + relay->layout.used;
	relay->wire_avail_event =
		(__virtio16 *)&relay->wire_used_ring->ring[num];
	relay->wire_used_event = &relay->wire_ring->ring[num];
}

/* No request is in the window. */
static void clear_wire(struct virtio_msg_relay *relay)
{
	u32 i;

	for (i = 0; i < relay->layout.num; i++) {
		relay->next[i] = i + 1;
		relay->requests[i].live = false;
	}
	relay->free = 0;
	relay->num_free = relay->layout.num;
	relay->pending = 0;
	relay->wire_avail = 0;
	relay->wire_published = 0;
	relay->wire_used = 0;
	relay->shown = false;
	relay->stalled = false;
	relay->submit.active = false;
	relay->answer.active = false;
}

/* May the device have seen this request? */
static bool was_shown(struct virtio_msg_relay *relay, u32 i)
{
	return relay->shown &&
	       !(relay->submit.active && relay->submit.wire == i);
}

/* The one that was given last comes first. */
static int compare_serials(const void *a, const void *b, const void *priv)
{
	const struct virtio_msg_relay *relay = priv;
	u64 first = relay->requests[*(const u16 *)a].serial;
	u64 second = relay->requests[*(const u16 *)b].serial;

	return first < second ? 1 : first > second ? -1 : 0;
}

/* What is done with a request that the device has not answered. */
static void keep_or_fail(struct virtio_msg_relay *relay, u32 i)
{
	struct request *request = &relay->requests[i];

	if (request->posted)
		relay->ops->count(relay->ctx, VMSG_CNT_relay_failed);
	else if (relay->policy->once && was_shown(relay, i))
		fail_request(relay, request->head, request->in);
	else
		relay->kept[relay->num_kept++] = i;
}

/* What the device had goes before what is still kept from before. */
static void keep_requests(struct virtio_msg_relay *relay)
{
	u32 old = relay->num_kept;
	u32 i;

	if (relay->submit.active)
		relay->requests[relay->submit.wire].serial = U64_MAX;
	for (i = 0; i < relay->layout.num; i++)
		if (relay->requests[i].live)
			keep_or_fail(relay, i);
	sort_r(relay->kept + old, relay->num_kept - old, sizeof(*relay->kept),
	       compare_serials, NULL, relay);
	for (i = old; i < relay->num_kept; i++)
		relay->kept[i] = relay->requests[relay->kept[i]].head;
}

/* The watchdog's time stands still as long as requests wait. */
static void pause_watch(struct virtio_msg_relay *relay)
{
	long left = relay->watchdog.timer.expires - jiffies;

	if (!relay->num_kept)
		relay->watch_left = 0;
	else if (relay->watching)
		relay->watch_left = max(left, 1);
	relay->watching = false;
}

static bool has_answers(struct virtio_msg_relay *relay)
{
	u32 i;

	for (i = 0; i < relay->num_together; i++)
		if (relay->together[i].answered)
			return true;
	return false;
}

/* With the lock. The window is not touched from here on. */
static void let_go(struct virtio_msg_relay *relay)
{
	keep_requests(relay);
	/* The next one would not know what a transfer began with. */
	relay->failing |= has_answers(relay);
	if (relay->failing)
		fail_kept(relay);
	pause_watch(relay);
	clear_wire(relay);
	run_held(relay);
	tell_driver(relay);
	queue_work(relay->wq, &relay->work);
}

/* What the device has answered is answered. True if there is more. */
static bool drain_batch(struct virtio_msg_relay *relay)
{
	u32 budget = VIRTIO_MSG_RELAY_BYTES;
	u32 n;

	for (n = 0; budget && n < VIRTIO_MSG_RELAY_REQUESTS; n++)
		if (relay->dead || !may_answer(relay) ||
		    !answer(relay, &budget))
			return false;
	return true;
}

/**
 * virtio_msg_relay_hold() - nobody serves the device any more
 * @relay: the relay; one that is stopped, or on hold, is left as it is but that
 *	what was given to the device since is kept again
 *
 * What the device has answered is taken. From then on the window is not
 * touched any more. Other requests are kept, or get an error if the device may
 * have seen them and their type does not allow that it sees them twice.
 *
 * Context: Sleeps.
 */
void virtio_msg_relay_hold(struct virtio_msg_relay *relay)
{
	bool more;

	spin_lock_irq(&relay->lock);
	more = relay->started;
	/* So that nothing comes to what is there, and the loop ends. */
	relay->held |= relay->started;
	relay->started = false;
	spin_unlock_irq(&relay->lock);
	do {
		spin_lock_irq(&relay->lock);
		more = more && relay->held && drain_batch(relay);
		if (!more && relay->held)
			let_go(relay);
		spin_unlock_irq(&relay->lock);
		cond_resched();
	} while (more);
	cancel_delayed_work_sync(&relay->watchdog);
}

/* Copy some of what was kept to the window. True if there is more. */
static bool replay_batch(struct virtio_msg_relay *relay)
{
	u32 budget = VIRTIO_MSG_RELAY_BYTES;

	while (budget && !relay->dead &&
	       (relay->num_kept || relay->submit.active))
		if (!submit(relay, &budget))
			return false;
	return !relay->dead && !budget;
}

/**
 * virtio_msg_relay_renew() - begin a new epoch of the ring
 * @relay: the relay; unless it is on hold, it only learns of the window
 * @window: a window that nobody has seen, zeroed
 * @bus_addr: the window for the device
 *
 * Requests that were kept are copied to it, and not published.
 *
 * Context: Sleeps.
 */
void virtio_msg_relay_renew(struct virtio_msg_relay *relay, void *window,
			    u64 bus_addr)
{
	bool more;

	spin_lock_irq(&relay->lock);
	set_window(relay, window, bus_addr);
	spin_unlock_irq(&relay->lock);
	do {
		spin_lock_irq(&relay->lock);
		more = relay->held && replay_batch(relay);
		spin_unlock_irq(&relay->lock);
		cond_resched();
	} while (more);
}

/**
 * virtio_msg_relay_resume() - relay again
 * @relay: a relay with a new window; one that is not on hold stays as it is
 *
 * Context: Sleeps.
 */
void virtio_msg_relay_resume(struct virtio_msg_relay *relay)
{
	bool resumed;

	spin_lock_irq(&relay->lock);
	resumed = relay->held;
	if (resumed) {
		relay->held = false;
		relay->started = true;
		publish(relay);
		queue_work(relay->wq, &relay->work);
	}
	spin_unlock_irq(&relay->lock);
	if (resumed)
		relay->ops->notify(relay->ctx);
}

/**
 * virtio_msg_relay_create() - make a relay
 * @config: what it is to be; copied
 *
 * Context: May sleep.
 * Return: a relay that is not started, or ERR_PTR(-ENOMEM).
 */
struct virtio_msg_relay *
virtio_msg_relay_create(const struct virtio_msg_relay_config *config)
{
	u32 num = config->layout->num;
	struct virtio_msg_relay *relay;

	relay = kzalloc_obj(*relay);
	if (!relay)
		return ERR_PTR(-ENOMEM);
	relay->layout = *config->layout;
	relay->policy = config->policy;
	relay->ring = *config->ring;
	relay->event_idx = config->event_idx;
	relay->arms = config->event_idx && !config->policy->together;
	relay->avail_idx = config->policy->together ? &relay->kicked :
						      &relay->ring.avail->idx;
	set_window(relay, config->window, config->bus_addr);
	relay->avail_event = (__virtio16 *)&vring_avail_event(&relay->ring);
	relay->used_event = &vring_used_event(&relay->ring);
	relay->caps = virtio_msg_policy_caps(config->policy, num);
	relay->wire_event_idx = config->wire_event_idx;
	relay->coherent = config->coherent;
	relay->timeout = msecs_to_jiffies(config->timeout_ms);
	relay->ops = config->ops;
	relay->ctx = config->ctx;
	relay->wq = config->wq;
	spin_lock_init(&relay->lock);
	INIT_WORK(&relay->work, relay_work);
	INIT_DELAYED_WORK(&relay->watchdog, watchdog);

	relay->next = kvcalloc(num, sizeof(*relay->next), GFP_KERNEL);
	relay->requests = kvcalloc(num + 1, sizeof(*relay->requests),
				   GFP_KERNEL);
	relay->kept = kvcalloc(num, sizeof(*relay->kept), GFP_KERNEL);
	if (config->policy->together)
		relay->together = kvcalloc(num, sizeof(*relay->together),
					   GFP_KERNEL);
	if (!relay->next || !relay->requests || !relay->kept ||
	    (config->policy->together && !relay->together)) {
		virtio_msg_relay_destroy(relay);
		return ERR_PTR(-ENOMEM);
	}
	clear_wire(relay);
	return relay;
}

/**
 * virtio_msg_relay_destroy() - free a relay
 * @relay: a relay that is stopped, or was never started
 *
 * Context: May sleep.
 */
void virtio_msg_relay_destroy(struct virtio_msg_relay *relay)
{
	kvfree(relay->next);
	kvfree(relay->requests);
	kvfree(relay->kept);
	kvfree(relay->together);
	kfree(relay);
}

/**
 * virtio_msg_relay_stats() - how a queue stands
 * @relay: the relay
 * @stats: result
 *
 * Context: Any.
 */
void virtio_msg_relay_stats(struct virtio_msg_relay *relay,
			    struct virtio_msg_relay_stats *stats)
{
	unsigned long flags;

	spin_lock_irqsave(&relay->lock, flags);
	*stats = relay->stats;
	stats->pending = relay->pending + relay->num_kept;
	spin_unlock_irqrestore(&relay->lock, flags);
}
