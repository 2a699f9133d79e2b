// SPDX-License-Identifier: GPL-2.0
/*
 * A relay between two ends made for tests. Neither end trusts the relay: the
 * driver looks at each byte that it gets back and around it, the device at each
 * descriptor.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/math64.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "relay_rig.h"
#include "ring.h"

static u8 *out_arena;
static u8 *in_arena;
static u64 random_state = 0x9e3779b97f4a7c15;

/* The same numbers each time. */
u32 rig_random(u32 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % below;
}

int rig_suite_init(struct kunit_suite *suite)
{
	u32 i;

	out_arena = alloc_pages_exact(RIG_ARENA, GFP_KERNEL);
	in_arena = alloc_pages_exact(RIG_ARENA, GFP_KERNEL);
	if (!out_arena || !in_arena) {
		rig_suite_exit(suite);
		return -ENOMEM;
	}
	random_state = 0x9e3779b97f4a7c15;
	for (i = 0; i < RIG_ARENA; i += 4)
		*(u32 *)(out_arena + i) = rig_random(U32_MAX);
	for (i = 0; i < RIG_ARENA; i += SZ_64K)
		memset(in_arena + i, RIG_FILL, SZ_64K);
	return 0;
}

void rig_suite_exit(struct kunit_suite *suite)
{
	if (out_arena)
		free_pages_exact(out_arena, RIG_ARENA);
	if (in_arena)
		free_pages_exact(in_arena, RIG_ARENA);
	out_arena = NULL;
	in_arena = NULL;
}

/* What the relay calls */

static void rig_notify(void *ctx)
{
	struct rig *rig = ctx;

	rig->notified++;
}

static void rig_interrupt(void *ctx)
{
	struct rig *rig = ctx;

	KUNIT_EXPECT_TRUE(rig->test, in_task());
	KUNIT_EXPECT_FALSE(rig->test, irqs_disabled());
	rig->interrupted++;
}

static void rig_broken(void *ctx, const char *why)
{
	struct rig *rig = ctx;

	rig->broken++;
	rig->why = why;
}

static void rig_count(void *ctx, enum virtio_msg_counter counter)
{
	struct rig *rig = ctx;

	rig->counted[counter]++;
}

static const struct virtio_msg_relay_ops rig_ops = {
	.notify = rig_notify,
	.interrupt = rig_interrupt,
	.broken = rig_broken,
	.count = rig_count,
};

/* A new relay, and both ends as at the beginning. */
void rig_recreate(struct rig *rig)
{
	struct virtio_msg_layout *layout = &rig->layout;
	u32 num = layout->num;
	u32 i;

	if (rig->relay) {
		virtio_msg_relay_stop(rig->relay);
		virtio_msg_relay_destroy(rig->relay);
	}
	rig->relay = virtio_msg_relay_create(&rig->config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(rig->test, rig->relay);
	memset(rig->window, 0, layout->out);
	memset(rig->window + layout->used, 0, layout->in - layout->used);
	memset(rig->ring.desc, 0, vring_size(num, VRING_USED_ALIGN_SIZE));
	for (i = 0; i < num; i++) {
		rig->free[i] = num - 1 - i;
		kfree(rig->slots[i].table);
	}
	memset(rig->slots, 0, num * sizeof(*rig->slots));
	rig->num_free = num;
	rig->avail = 0;
	rig->kicked = 0;
	rig->used = 0;
	rig->outstanding = 0;
	rig->taken = 0;
	rig->put = 0;
	rig->told = 0;
	rig->num_sent = 0;
	rig->num_taken = 0;
	bitmap_zero(rig->busy, 3 * num);
	rig->notified = 0;
	rig->interrupted = 0;
	rig->broken = 0;
	rig->why = NULL;
	memset(rig->counted, 0, sizeof(rig->counted));
	virtio_msg_relay_start(rig->relay);
}

static void rig_blocker(struct work_struct *work)
{
	struct rig *rig = container_of(work, struct rig, blocker);

	wait_for_completion(&rig->unblock);
}

static void *rig_array(struct kunit *test, size_t n, size_t size)
{
	void *p = kunit_kcalloc(test, n, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static void rig_cleanup(void *data)
{
	struct rig *rig = data;
	u32 i;

	if (rig->wq)
		rig_unblock(rig);
	if (!IS_ERR_OR_NULL(rig->relay)) {
		virtio_msg_relay_stop(rig->relay);
		virtio_msg_relay_destroy(rig->relay);
	}
	rig->relay = NULL;
	if (rig->wq)
		destroy_workqueue(rig->wq);
	for (i = 0; i < rig->layout.num; i++)
		kfree(rig->slots[i].table);
	vfree(rig->window);
}

struct rig *rig_create(struct kunit *test, const struct rig_setup *setup)
{
	struct rig *rig = rig_array(test, 1, sizeof(*rig));
	u32 num = setup->num;

	rig->test = test;
	rig->out = out_arena;
	rig->in = in_arena;
	rig->policy = setup->policy;
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_layout_init(&rig->layout, num,
							setup->policy.out_size,
							setup->policy.in_size));
	rig->slots = rig_array(test, num, sizeof(*rig->slots));
	rig->sent = rig_array(test, 2 * num, sizeof(*rig->sent));
	rig->shapes = rig_array(test, num, sizeof(*rig->shapes));
	rig->free = rig_array(test, num, sizeof(*rig->free));
	rig->busy = rig_array(test, BITS_TO_LONGS(3 * num), sizeof(long));
	/* Where it is not at a multiple of more, more would lie behind its end. */
	vring_init(&rig->ring, num,
		   rig_array(test, 1, vring_size(num, VRING_USED_ALIGN_SIZE)),
		   VRING_USED_ALIGN_SIZE);
	init_completion(&rig->unblock);
	INIT_WORK(&rig->blocker, rig_blocker);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, rig_cleanup, rig));
	/* Exactly: behind it, nothing is mapped. */
	rig->window = vzalloc(rig->layout.total);
	KUNIT_ASSERT_NOT_NULL(test, rig->window);
	/* One work at a time, so that a test can hold up those of the relay. */
	rig->wq = alloc_ordered_workqueue("virtio_msg_rig", 0);
	KUNIT_ASSERT_NOT_NULL(test, rig->wq);

	rig->desc = (void *)rig->window + rig->layout.desc;
	rig->wire_avail = (void *)rig->window + rig->layout.avail;
	rig->wire_used = (void *)rig->window + rig->layout.used;
	rig->config = (struct virtio_msg_relay_config) {
		.layout = &rig->layout,
		.policy = &rig->policy,
		.ring = &rig->ring,
		.event_idx = setup->event_idx,
		.window = rig->window,
		.bus_addr = RIG_BUS_ADDR,
		.wire_event_idx = setup->wire_event_idx,
		.coherent = !setup->ordered_memory,
		.timeout_ms = setup->policy.deadline ? 50 : 0,
		.wq = rig->wq,
		.ops = &rig_ops,
		.ctx = rig,
	};
	rig_recreate(rig);
	return rig;
}

void rig_destroy(struct rig *rig)
{
	kunit_release_action(rig->test, rig_cleanup, rig);
}

/* Until the relay has nothing to do by itself. */
void rig_settle(struct rig *rig)
{
	drain_workqueue(rig->wq);
}

/* From now on the relay only moves in its callers. */
void rig_block(struct rig *rig)
{
	reinit_completion(&rig->unblock);
	queue_work(rig->wq, &rig->blocker);
}

void rig_unblock(struct rig *rig)
{
	complete_all(&rig->unblock);
	flush_work(&rig->blocker);
}

/* The driver */

/* Where part @i of @len bytes begins. */
static u32 part(u32 len, u32 segs, u32 i)
{
	return div_u64((u64)len * i, segs);
}

static u32 parts(u32 len, u32 segs)
{
	return min(len, segs);
}

static struct vring_desc *put_parts(struct vring_desc *desc, u8 *arena, u32 at,
				    u32 len, u32 segs, u16 flags)
{
	u32 n = parts(len, segs);
	u32 i;

	for (i = 0; i < n; i++, desc++) {
		u32 from = part(len, n, i);

		ring_put64(&desc->addr,
			   virt_to_phys(arena + at + from + i * RIG_GAP));
		ring_put32(&desc->len, part(len, n, i + 1) - from);
		ring_put16(&desc->flags, flags);
	}
	return desc;
}

/* Parts as descriptors that are linked one by one; at least one. */
static u32 put_request(struct vring_desc *table, const struct rig_shape *shape,
		       struct rig *rig)
{
	struct vring_desc *end, *desc;

	end = put_parts(table, rig->out, shape->at, shape->out, shape->segs, 0);
	end = put_parts(end, rig->in, shape->at, shape->in, shape->segs,
			VRING_DESC_F_WRITE);
	if (end == table) {
		ring_put64(&end->addr, virt_to_phys(rig->out + shape->at));
		ring_put32(&end->len, 0);
		ring_put16(&end->flags, 0);
		end++;
	}
	for (desc = table; desc < end; desc++) {
		u16 flags = ring_get16(&desc->flags);

		ring_put16(&desc->next, desc - table + 1);
		if (desc + 1 < end)
			ring_put16(&desc->flags, flags | VRING_DESC_F_NEXT);
	}
	return end - table;
}

static void link_in_ring(struct rig *rig, const struct vring_desc *table, u32 n)
{
	u16 desc = rig->free[rig->num_free - 1];
	u32 i;

	for (i = 0; i < n; i++) {
		u16 next = i + 1 < n ? rig->free[rig->num_free - 2] : 0;

		rig->ring.desc[desc] = table[i];
		ring_put16(&rig->ring.desc[desc].next, next);
		rig->num_free--;
		desc = next;
	}
}

static bool goes_over_wire(struct rig *rig, const struct rig_shape *shape)
{
	struct virtio_msg_caps caps =
		virtio_msg_policy_caps(&rig->policy, rig->layout.num);

	return (shape->out || shape->in) && shape->out <= caps.out &&
	       shape->in <= caps.in;
}

/* Make a request available. Returns its head, or -ENOSPC. */
int rig_add(struct rig *rig, const struct rig_shape *shape)
{
	u32 most = max(parts(shape->out, shape->segs) +
		       parts(shape->in, shape->segs), 1u);
	struct vring_desc *table;
	u32 n, descs;
	u16 head;

	if (rig->num_free < (shape->indirect ? 1 : most))
		return -ENOSPC;
	table = kcalloc(most, sizeof(*table), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(rig->test, table);
	memset(rig->in + shape->at, RIG_FILL,
	       min(shape->in + shape->segs * RIG_GAP, RIG_ARENA - shape->at));
	n = put_request(table, shape, rig);
	head = rig->free[rig->num_free - 1];
	if (shape->indirect) {
		struct vring_desc desc = { 0 };

		ring_put64(&desc.addr, virt_to_phys(table));
		ring_put32(&desc.len, n * sizeof(*table));
		ring_put16(&desc.flags, VRING_DESC_F_INDIRECT);
		link_in_ring(rig, &desc, 1);
		descs = 1;
	} else {
		link_in_ring(rig, table, n);
		descs = n;
	}
	rig->slots[head] = (struct rig_slot) { *shape, table, descs };
	if (goes_over_wire(rig, shape))
		rig->sent[rig->num_sent++ % (2 * rig->layout.num)] = *shape;
	rig->outstanding++;

	ring_put16(&rig->ring.avail->ring[rig->avail % rig->layout.num], head);
	smp_wmb(); /* as a driver does */
	ring_put16(&rig->ring.avail->idx, ++rig->avail);
	return head;
}

bool rig_wants_kick(struct rig *rig)
{
	u16 old = rig->kicked;

	smp_mb(); /* as a driver does */
	rig->kicked = rig->avail;
	if (rig->config.event_idx)
		return vring_need_event(ring_get16((__virtio16 *)
						   &vring_avail_event(&rig->ring)),
					rig->avail, old);
	return !(ring_get16(&rig->ring.used->flags) & VRING_USED_F_NO_NOTIFY);
}

void rig_kick(struct rig *rig)
{
	rig->kicked = rig->avail;
	virtio_msg_relay_kick(rig->relay);
}

/* The head of a request that was answered, or -EAGAIN. */
int rig_get(struct rig *rig, u32 *len)
{
	struct vring_used_elem *elem;
	struct rig_slot *slot;
	u32 head, i;
	u16 desc;

	if (ring_get16(&rig->ring.used->idx) == rig->used)
		return -EAGAIN;
	smp_rmb(); /* as a driver does */
	elem = (void *)&rig->ring.used->ring[rig->used++ % rig->layout.num];
	head = ring_get32((__virtio32 *)&elem->id);
	*len = ring_get32((__virtio32 *)&elem->len);
	KUNIT_ASSERT_LT(rig->test, head, rig->layout.num);
	slot = &rig->slots[head];
	/* Answered exactly once. */
	KUNIT_ASSERT_NE(rig->test, slot->descs, 0);
	KUNIT_EXPECT_LE(rig->test, *len, slot->shape.in);

	desc = head;
	for (i = 0; i < slot->descs; i++) {
		rig->free[rig->num_free++] = desc;
		desc = ring_get16(&rig->ring.desc[desc].next);
	}
	kfree(slot->table);
	slot->table = NULL;
	slot->descs = 0;
	rig->outstanding--;
	return head;
}

/* Ask for an interrupt at the next answer. False if it is there already. */
bool rig_listen(struct rig *rig)
{
	ring_put16((__virtio16 *)&vring_used_event(&rig->ring), rig->used);
	smp_mb(); /* as a driver does */
	return ring_get16(&rig->ring.used->idx) == rig->used;
}

/* What the device says is in byte 0 of the driver's buffer at @at. */
static const u8 *in_pattern(struct rig *rig, u32 at)
{
	return rig->out + RIG_ARENA - SZ_1K - at % 1021;
}

#define PATTERN_LEN	1024

/* Compare @len bytes, of which the first is byte @pos, with the pattern. */
static bool in_matches(struct rig *rig, u32 at, u32 pos, const u8 *p, u32 len)
{
	const u8 *pattern = in_pattern(rig, at);
	u32 n;

	for (; len; len -= n, pos += n, p += n) {
		n = min(len, PATTERN_LEN - pos % PATTERN_LEN);
		if (memcmp(p, pattern + pos % PATTERN_LEN, n))
			return false;
	}
	return true;
}

/* From byte @from on, the request's buffers are as they were. */
void rig_check_untouched(struct rig *rig, const struct rig_shape *shape,
			 u32 from)
{
	u32 n = parts(shape->in, shape->segs);
	u32 i;

	for (i = 0; i < n; i++) {
		u32 begin = part(shape->in, n, i);
		u32 end = part(shape->in, n, i + 1);
		u8 *p = rig->in + shape->at + i * RIG_GAP;

		if (from < end)
			KUNIT_EXPECT_NULL(rig->test,
					  memchr_inv(p + max(begin, from),
						     RIG_FILL,
						     end - max(begin, from)));
		KUNIT_EXPECT_NULL(rig->test,
				  memchr_inv(p + end, RIG_FILL, RIG_GAP));
	}
}

/* The first @len bytes are the device's, and nothing else has changed. */
void rig_check_in(struct rig *rig, const struct rig_shape *shape, u32 len)
{
	u32 n = parts(shape->in, shape->segs);
	u32 i;

	for (i = 0; i < n; i++) {
		u32 begin = part(shape->in, n, i);
		u32 end = min(part(shape->in, n, i + 1), len);

		if (begin < end)
			KUNIT_EXPECT_TRUE(rig->test,
					  in_matches(rig, shape->at, begin,
						     rig->in + shape->at +
						     begin + i * RIG_GAP,
						     end - begin));
	}
	rig_check_untouched(rig, shape, len);
}

/* The device */

struct cursor {
	u32 desc;
	u32 offset;
};

static u8 *wire_bytes(struct rig *rig, u32 desc)
{
	return rig->window + ring_get64(&rig->desc[desc].addr) - RIG_BUS_ADDR;
}

/* The next bytes of the part that is @write; @len: at most, and how many. */
static u8 *wire_next(struct rig *rig, struct cursor *c, bool write, u32 *len)
{
	for (;;) {
		const struct vring_desc *desc = &rig->desc[c->desc];
		u16 flags = ring_get16(&desc->flags);
		u32 left = ring_get32(&desc->len) - c->offset;
		u8 *p = wire_bytes(rig, c->desc) + c->offset;

		if (left && write == !!(flags & VRING_DESC_F_WRITE)) {
			*len = min(*len, left);
			c->offset += *len;
			return p;
		}
		KUNIT_ASSERT_TRUE(rig->test, flags & VRING_DESC_F_NEXT);
		c->desc = ring_get16(&desc->next);
		c->offset = 0;
	}
}

/* A slot of its own, none that is in use. */
static void check_slot(struct rig *rig, u32 desc, u16 flags, bool claim)
{
	struct virtio_msg_layout *layout = &rig->layout;
	bool write = flags & VRING_DESC_F_WRITE;
	u32 size = write ? layout->in_size : layout->out_size;
	u64 offset = ring_get64(&rig->desc[desc].addr) - RIG_BUS_ADDR -
		     (write ? layout->in : layout->out);
	u32 slot;

	KUNIT_ASSERT_NE(rig->test, size, 0);
	KUNIT_ASSERT_LT(rig->test, offset, (u64)layout->num * size);
	KUNIT_EXPECT_EQ(rig->test, (u32)offset % size, 0);
	slot = (1 + write) * layout->num + (u32)offset / size;
	if (claim) {
		KUNIT_EXPECT_FALSE(rig->test,
				   test_and_set_bit(desc, rig->busy));
		KUNIT_EXPECT_FALSE(rig->test,
				   test_and_set_bit(slot, rig->busy));
	} else {
		clear_bit(desc, rig->busy);
		clear_bit(slot, rig->busy);
	}
}

/* All of the chain: reads first, every slot but the last of each kind full. */
static void check_chain(struct rig *rig, u32 desc, const struct rig_shape *shape)
{
	u32 left[2] = { shape->out, shape->in };
	bool write = false;
	u16 flags;
	u32 len, size;

	do {
		KUNIT_ASSERT_LT(rig->test, desc, rig->layout.num);
		flags = ring_get16(&rig->desc[desc].flags);
		len = ring_get32(&rig->desc[desc].len);
		KUNIT_EXPECT_EQ(rig->test, 0, flags & ~(VRING_DESC_F_NEXT |
							VRING_DESC_F_WRITE));
		KUNIT_EXPECT_TRUE(rig->test,
				  !write || (flags & VRING_DESC_F_WRITE));
		write = flags & VRING_DESC_F_WRITE;
		size = write ? rig->layout.in_size : rig->layout.out_size;
		check_slot(rig, desc, flags, true);
		KUNIT_ASSERT_EQ(rig->test, len, min(left[write], size));
		KUNIT_ASSERT_NE(rig->test, len, 0);
		left[write] -= len;
		desc = ring_get16(&rig->desc[desc].next);
	} while (flags & VRING_DESC_F_NEXT);
	KUNIT_ASSERT_EQ(rig->test, left[0], 0);
	KUNIT_ASSERT_EQ(rig->test, left[1], 0);
}

/* Take the next request, which is the next that was sent. Its id or -EAGAIN. */
int rig_take(struct rig *rig)
{
	struct rig_shape *shape;
	u32 id;

	if (ring_get16(&rig->wire_avail->idx) == rig->taken)
		return -EAGAIN;
	smp_rmb(); /* as a device does */
	id = ring_get16(&rig->wire_avail->ring[rig->taken++ % rig->layout.num]);
	KUNIT_ASSERT_LT(rig->test, id, rig->layout.num);
	KUNIT_ASSERT_NE(rig->test, rig->num_taken, rig->num_sent);
	shape = &rig->sent[rig->num_taken++ % (2 * rig->layout.num)];
	check_chain(rig, id, shape);
	rig->shapes[id] = *shape;
	return id;
}

/* The device got what the driver has sent. */
void rig_check_out(struct rig *rig, u32 id)
{
	const struct rig_shape *shape = &rig->shapes[id];
	u32 n = parts(shape->out, shape->segs);
	struct cursor cursor = { id };
	u32 i, pos, len;
	u8 *p;

	for (i = 0; i < n; i++)
		for (pos = part(shape->out, n, i);
		     pos < part(shape->out, n, i + 1); pos += len) {
			len = part(shape->out, n, i + 1) - pos;
			p = wire_next(rig, &cursor, false, &len);
			KUNIT_ASSERT_EQ(rig->test, 0,
					memcmp(p, rig->out + shape->at + pos +
					       i * RIG_GAP, len));
		}
}

/* Write the first @len bytes of the answer. */
void rig_fill_in(struct rig *rig, u32 id, u32 len)
{
	const struct rig_shape *shape = &rig->shapes[id];
	const u8 *pattern = in_pattern(rig, shape->at);
	struct cursor cursor = { id };
	u32 pos, n;
	u8 *p;

	for (pos = 0; pos < len; pos += n) {
		n = min(len - pos, PATTERN_LEN - pos % PATTERN_LEN);
		p = wire_next(rig, &cursor, true, &n);
		memcpy(p, pattern + pos % PATTERN_LEN, n);
	}
}

/* Any element, also one that is wrong. */
void rig_put_raw(struct rig *rig, u32 id, u32 len)
{
	struct vring_used_elem *elem =
		(void *)&rig->wire_used->ring[rig->put % rig->layout.num];

	ring_put32((__virtio32 *)&elem->id, id);
	ring_put32((__virtio32 *)&elem->len, len);
	smp_wmb(); /* as a device does */
	ring_put16(&rig->wire_used->idx, ++rig->put);
}

void rig_put(struct rig *rig, u32 id, u32 len)
{
	u32 desc = id;
	u16 flags;

	do {
		flags = ring_get16(&rig->desc[desc].flags);
		check_slot(rig, desc, flags, false);
		desc = ring_get16(&rig->desc[desc].next);
	} while (flags & VRING_DESC_F_NEXT);
	rig_put_raw(rig, id, len);
}

bool rig_wants_used(struct rig *rig)
{
	u16 old = rig->told;

	if (rig->put == old)
		return false;
	smp_mb(); /* as a device does */
	rig->told = rig->put;
	if (rig->config.wire_event_idx)
		return vring_need_event(ring_get16(&rig->wire_avail->ring[rig->layout.num]),
					rig->put, old);
	return !(ring_get16(&rig->wire_avail->flags) &
		 VRING_AVAIL_F_NO_INTERRUPT);
}

/* Ask to be told of the next request. False if it is there already. */
bool rig_arm(struct rig *rig)
{
	ring_put16((__virtio16 *)&rig->wire_used->ring[rig->layout.num],
		   rig->taken);
	smp_mb(); /* as a device does */
	return ring_get16(&rig->wire_avail->idx) == rig->taken;
}

/* A request, its answer of @len bytes, and a look at all of it. */
void rig_round_trip(struct rig *rig, const struct rig_shape *shape, u32 len)
{
	int head = rig_add(rig, shape);
	u32 got = 0;
	int id;

	KUNIT_ASSERT_GE(rig->test, head, 0);
	rig_kick(rig);
	rig_settle(rig);
	id = rig_take(rig);
	KUNIT_ASSERT_GE(rig->test, id, 0);
	rig_check_out(rig, id);
	rig_fill_in(rig, id, min(len, shape->in));
	rig_put(rig, id, len);
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
	KUNIT_ASSERT_EQ(rig->test, head, rig_get(rig, &got));
	KUNIT_EXPECT_EQ(rig->test, got, min(len, shape->in));
	rig_check_in(rig, shape, got);
}
