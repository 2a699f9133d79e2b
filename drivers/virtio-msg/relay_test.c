// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the relay between a driver and a device that both keep the rules.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <uapi/linux/virtio_msg.h>

#include "limits.h"
#include "relay_rig.h"
#include "ring.h"

/* The layout of the window */

static const struct layout_case {
	const char *name;
	struct virtio_msg_layout layout;
} layout_cases[] = {
	/* num, sizes, slots, desc, avail, out, used, in, total */
	{ "256 entries of a page", { 256, 4224, 4224, 256, 256,
		0x40, 0x1040, 0x2000, 0x10a000, 0x10b000, 0x213000 } },
	{ "128 entries of a page", { 128, 4224, 4224, 128, 128,
		0x40, 0x840, 0x1000, 0x85000, 0x86000, 0x10a000 } },
	{ "64 entries of a page", { 64, 4224, 4224, 64, 64,
		0x40, 0x440, 0x1000, 0x43000, 0x44000, 0x86000 } },
	{ "16 small entries", { 16, 320, 320, 16, 16,
		0x40, 0x140, 0x1000, 0x3000, 0x4000, 0x6000 } },
	{ "frames in", { 256, 0, 1664, 0, 256,
		0x40, 0x1040, 0x2000, 0x2000, 0x3000, 0x6b000 } },
	{ "frames out", { 256, 1664, 0, 256, 0,
		0x40, 0x1040, 0x2000, 0x6a000, 0x6b000, 0x6b000 } },
};

KUNIT_ARRAY_PARAM_DESC(layout, layout_cases, name);

static void relay_layout_test(struct kunit *test)
{
	const struct layout_case *c = test->param_value;
	struct virtio_msg_layout layout = { 0 };

	if (PAGE_SIZE != SZ_4K)
		kunit_skip(test, "the examples are for pages of 4 KiB");
	KUNIT_EXPECT_EQ(test, 0,
			virtio_msg_layout_init(&layout, c->layout.num,
					       c->layout.out_size,
					       c->layout.in_size));
	KUNIT_EXPECT_MEMEQ(test, &layout, &c->layout, sizeof(layout));
}

/* DRV-56: areas do not overlap, are aligned, the device's own begin at a page. */
static void relay_layout_sane_test(struct kunit *test)
{
	static const u32 sizes[] = { 0, 64, 320, 1664, 4224, 8448, 65536 };
	struct virtio_msg_layout l;
	u32 num, i, j;

	for (num = 2; num <= VIRTIO_MSG_LIMIT_RING; num *= 2)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			for (j = !i; j < ARRAY_SIZE(sizes); j++) {
				KUNIT_ASSERT_EQ(test, 0,
						virtio_msg_layout_init(&l, num,
								       sizes[i],
								       sizes[j]));
				KUNIT_EXPECT_EQ(test, l.desc, 64);
				KUNIT_EXPECT_GE(test, l.avail,
						l.desc + 16 * num);
				KUNIT_EXPECT_GE(test, l.out,
						l.avail + 6 + 2 * num);
				KUNIT_EXPECT_GE(test, l.used,
						l.out + num * sizes[i]);
				KUNIT_EXPECT_GE(test, l.in,
						l.used + 6 + 8 * num);
				KUNIT_EXPECT_GE(test, l.total,
						l.in + num * sizes[j]);
				KUNIT_EXPECT_EQ(test, 0, l.avail % 2);
				KUNIT_EXPECT_EQ(test, 0, l.used % PAGE_SIZE);
				KUNIT_EXPECT_EQ(test, 0, l.total % PAGE_SIZE);
			}
}

static void relay_layout_refused_test(struct kunit *test)
{
	static const u32 bad[][3] = {
		{ 0, 64, 64 }, { 1, 64, 64 }, { 3, 64, 64 }, { 2048, 64, 64 },
		{ 0x80000000, 64, 64 }, { ~0u, 64, 64 }, { 16, 0, 0 },
		{ 16, 63, 64 }, { 16, 64, 65 }, { 16, 65600, 64 },
		{ 16, 64, 65600 }, { 16, 0xffffffc0, 64 }, { 16, 64, 0xffffffc0 },
	};
	struct virtio_msg_layout layout;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    virtio_msg_layout_init(&layout, bad[i][0],
							   bad[i][1], bad[i][2]),
				    "case %u", i);
}

static void relay_header_test(struct kunit *test)
{
	static const u8 expected[64] = {
		'F', 'V', 'Q', '1', 1, 0, 64, 0,
		16, 0, 0x34, 0x12, 0, 0, 0, 0,
		0x40, 0x01, 0, 0, 0x80, 0x06, 0, 0,
		16, 0, 0, 0, 16, 0, 0, 0,
		0x40, 0, 0, 0, 0x40, 0x01, 0, 0,
		0x00, 0x10, 0, 0, 0x00, 0x30, 0, 0,
		0x00, 0x40, 0, 0, 0x00, 0xb0, 0, 0,
		0x44, 0x33, 0x22, 0x11, 0, 0, 0, 0,
	};
	struct virtio_msg_layout layout;
	u8 window[72];

	if (PAGE_SIZE != SZ_4K)
		kunit_skip(test, "the example is for pages of 4 KiB");
	memset(window, 0xa5, sizeof(window));
	virtio_msg_layout_init(&layout, 16, 320, 1664);
	virtio_msg_layout_describe(&layout, 0x1234, 0x11223344, window);
	KUNIT_EXPECT_MEMEQ(test, window, expected, 64);
	KUNIT_EXPECT_NULL(test, memchr_inv(window + 64, 0xa5, 8));
}

/* All sizes of rings and slots, with all shapes of requests */

static const u32 slot_sizes[] = { 64, 320, 1664, 4224, 8448, 65536 };
static const u32 ring_sizes[] = { 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 };

static void ring_desc(const u32 *num, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u entries", *num);
}

KUNIT_ARRAY_PARAM(ring, ring_sizes, ring_desc);

static void sweep_one(struct rig *rig, u32 out, u32 in, u32 segs, u32 at,
		      bool indirect)
{
	struct rig_shape shape = { out, in, at, segs, indirect };

	if (!out && !in)
		return;
	rig_round_trip(rig, &shape, in);
}

static void sweep(struct kunit *test, u32 num, u32 size)
{
	struct rig_setup setup = {
		.num = num,
		.policy = { .num = num, .out_size = size, .in_size = size,
			    .tail = true },
		.event_idx = size & 128,
		.ordered_memory = num & 4,
	};
	struct rig *rig = rig_create(test, &setup);
	u32 cap = max(num / 2, 1u) * size;
	u32 lens[] = { 0, 1, size - 1, size, size + 1, cap - 1, cap };
	u32 i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(lens); i++)
		for (j = 0; j < ARRAY_SIZE(lens); j++) {
			u32 out = lens[i], in = lens[j];
			u32 segs = 1 + n % (num / 2);

			n++;
			if (out > cap || in > cap ||
			    max(out, in) > RIG_ARENA - SZ_64K)
				continue;
			/* One large copy says as much as three. */
			if (min(out, in) > SZ_256K)
				continue;
			sweep_one(rig, out, in, 1, n % 64, n & 1);
			sweep_one(rig, out, in, min(segs, 200u), 4000 + n, true);
			if (max(out, in) <= SZ_64K)
				sweep_one(rig, out, in, min(segs, 100u),
					  PAGE_SIZE - n % 32, false);
		}
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
	KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_clamped], 0);
	KUNIT_EXPECT_EQ(test, rig->num_free, num);
	rig_destroy(rig);
}

static bool window_fits(u32 num, u32 size)
{
	return 2 * num * size <= SZ_16M + SZ_8M;
}

static void relay_sweep_test(struct kunit *test)
{
	const u32 *num = test->param_value;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(slot_sizes); i++)
		if (window_fits(*num, slot_sizes[i]))
			sweep(test, *num, slot_sizes[i]);
}

/* Too large by a byte, in either direction: an error, and never success. */
static void exceed(struct kunit *test, u32 num, u32 size)
{
	struct rig_setup setup = {
		.num = num,
		.policy = { .num = num, .out_size = size, .in_size = size,
			    .tail = true, .error_tail = 0xe1 },
	};
	u32 cap = max(num / 2, 1u) * size;
	struct rig_shape shapes[] = {
		{ cap + 1, 1, 0, 1 }, { 1, cap + 1, 0, 1, true },
		{ cap + 1, cap + 1, 64, 2, true },
	};
	struct rig *rig;
	u32 i, len = 0;
	int head;

	if (cap > RIG_ARENA - SZ_4K)
		return;
	rig = rig_create(test, &setup);
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		u32 last = shapes[i].at + shapes[i].in - 1 +
			   (min(shapes[i].in, shapes[i].segs) - 1) * RIG_GAP;

		head = rig_add(rig, &shapes[i]);
		if (head == -ENOSPC)
			continue;
		rig_kick(rig);
		rig_settle(rig);
		KUNIT_ASSERT_EQ(test, head, rig_get(rig, &len));
		KUNIT_EXPECT_EQ(test, len, shapes[i].in);
		KUNIT_EXPECT_EQ(test, rig->in[last], 0xe1);
		rig->in[last] = RIG_FILL;
		rig_check_untouched(rig, &shapes[i], 0);
		KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	}
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
	KUNIT_EXPECT_GE(test, rig->counted[VMSG_CNT_relay_oversize], 1);
	KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_oversize],
			rig->counted[VMSG_CNT_relay_failed]);
	rig_destroy(rig);
}

static void relay_cap_test(struct kunit *test)
{
	const u32 *num = test->param_value;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(slot_sizes); i++)
		if (window_fits(*num, slot_sizes[i]))
			exceed(test, *num, slot_sizes[i]);
}

/* Endless traffic, in which each side only acts when it is told to */

struct traffic {
	const char *name;
	u32 num;
	u32 requests;
	bool event_idx;
	bool wire_event_idx;
	bool posted;
};

static const struct traffic traffics[] = {
	{ "no event index", 64, 66000, false, false },
	{ "event index of the driver", 16, 10000, true, false },
	{ "event index of the device", 16, 10000, false, true },
	{ "event index of both", 64, 66000, true, true },
	{ "posted", 16, 10000, true, true, true },
	{ "posted without event index", 4, 10000, false, false, true },
	{ "smallest ring", 2, 10000, true, true },
	{ "largest ring", 1024, 5000, true, true },
};

KUNIT_ARRAY_PARAM_DESC(traffic, traffics, name);

struct flow {
	struct rig *rig;
	const struct traffic *traffic;
	u32 added;
	u32 answered;
	u32 notified;
	u32 interrupted;
	bool driver_asleep;
	bool device_asleep;
	int held[1024];
	u32 num_held;
};

/* Requests of one or two slots, in places that no other has. */
static struct rig_shape next_shape(struct flow *flow)
{
	struct rig *rig = flow->rig;
	struct rig_shape shape = {
		.out = 1 + rig_random(128),
		.in = flow->traffic->posted ? 0 : 1 + rig_random(128),
		.at = rig->num_free ? rig->free[rig->num_free - 1] * 256 : 0,
		.segs = 1 + rig_random(3),
		.indirect = flow->traffic->num < 8 || rig_random(2),
	};

	if (flow->traffic->num == 2) {
		shape.out = min(shape.out, 64u);
		shape.in = min(shape.in, 64u);
	}
	return shape;
}

/* Get what was answered, add some, and sleep once there is no room. */
static void driver_step(struct flow *flow)
{
	struct rig *rig = flow->rig;
	u32 len, n = 1 + rig_random(flow->traffic->num);
	int head;

	if (flow->driver_asleep && rig->interrupted == flow->interrupted)
		return;
	flow->driver_asleep = false;
	while ((head = rig_get(rig, &len)) >= 0) {
		rig_check_in(rig, &rig->slots[head].shape, len);
		flow->answered++;
	}
	while (n-- && flow->added < flow->traffic->requests) {
		struct rig_shape shape = next_shape(flow);

		if (rig_add(rig, &shape) < 0)
			break;
		flow->added++;
	}
	if (rig->avail != rig->kicked && rig_wants_kick(rig))
		virtio_msg_relay_kick(rig->relay);
	rig_settle(rig);
	if (rig->outstanding && (!rig->num_free || rig_random(2) ||
				 flow->added == flow->traffic->requests)) {
		flow->interrupted = rig->interrupted;
		flow->driver_asleep = rig_listen(rig);
	}
}

/* Take what there is, answer some in any order, and sleep without work. */
static void device_step(struct flow *flow)
{
	struct rig *rig = flow->rig;
	u32 i, n;
	int id;

	if (flow->device_asleep && rig->notified == flow->notified)
		return;
	flow->device_asleep = false;
	flow->notified = rig->notified;
	while ((id = rig_take(rig)) >= 0) {
		rig_check_out(rig, id);
		flow->held[flow->num_held++] = id;
	}
	for (n = rig_random(flow->num_held + 1); n; n--) {
		i = rig_random(flow->num_held);
		id = flow->held[i];
		flow->held[i] = flow->held[--flow->num_held];
		rig_fill_in(rig, id, rig->shapes[id].in);
		rig_put(rig, id, rig->shapes[id].in);
	}
	if (rig_wants_used(rig))
		virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
	if (!flow->num_held)
		flow->device_asleep = rig_arm(rig);
}

static void relay_traffic_test(struct kunit *test)
{
	const struct traffic *traffic = test->param_value;
	struct rig_setup setup = {
		.num = traffic->num,
		.policy = { .num = traffic->num, .out_size = 64,
			    .in_size = 64, .posted = traffic->posted },
		.event_idx = traffic->event_idx,
		.wire_event_idx = traffic->wire_event_idx,
	};
	struct flow *flow = kunit_kzalloc(test, sizeof(*flow), GFP_KERNEL);
	struct rig *rig = rig_create(test, &setup);
	struct virtio_msg_relay_stats stats;
	u32 idle = 0;

	KUNIT_ASSERT_NOT_NULL(test, flow);
	flow->rig = rig;
	flow->traffic = traffic;
	while (flow->answered < traffic->requests || flow->num_held) {
		u32 before = flow->added + flow->answered + rig->put;

		driver_step(flow);
		device_step(flow);
		/* Both may pause by chance, but not for long. */
		idle = flow->added + flow->answered + rig->put == before ?
		       idle + 1 : 0;
		KUNIT_ASSERT_LT_MSG(test, idle, 100,
				    "%u added, %u answered, driver %s, device %s",
				    flow->added, flow->answered,
				    flow->driver_asleep ? "asleep" : "awake",
				    flow->device_asleep ? "asleep" : "awake");
	}
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
	virtio_msg_relay_stats(rig->relay, &stats);
	KUNIT_EXPECT_EQ(test, stats.requests, traffic->requests);
	KUNIT_EXPECT_EQ(test, stats.answers, rig->num_taken);
	KUNIT_EXPECT_EQ(test, stats.pending, 0);
	KUNIT_EXPECT_EQ(test, rig->num_free, traffic->num);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(rig->busy, 3 * traffic->num));
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
	rig_destroy(rig);
}

/* Requests wait in the driver's ring, in order, until slots are free. */
static void relay_full_test(struct kunit *test)
{
	struct rig_setup setup = {
		.num = 16,
		.policy = { .num = 16, .out_size = 64, .in_size = 64 },
		.event_idx = true, .wire_event_idx = true,
	};
	struct rig *rig = rig_create(test, &setup);
	struct virtio_msg_relay_stats stats;
	int ids[16], id;
	u32 i, len, taken = 0, round;

	for (round = 0; round < 50; round++) {
		/* 5 slots each: 3 fit 16 slots. */
		for (i = 0; i < 12; i++) {
			struct rig_shape shape = { 300, 0, i * 512, 1, true };

			KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		}
		rig_kick(rig);
		rig_settle(rig);
		for (taken = 0; taken < 12;) {
			for (i = 0; (id = rig_take(rig)) >= 0; i++) {
				rig_check_out(rig, id);
				ids[i] = id;
			}
			KUNIT_ASSERT_EQ(test, i, min(12 - taken, 3u));
			taken += i;
			while (i--)
				rig_put(rig, ids[i], 0);
			virtio_msg_relay_used(rig->relay);
			rig_settle(rig);
		}
		for (i = 0; rig_get(rig, &len) >= 0; i++)
			KUNIT_EXPECT_EQ(test, len, 0);
		KUNIT_EXPECT_EQ(test, i, 12);
	}
	virtio_msg_relay_stats(rig->relay, &stats);
	KUNIT_EXPECT_GE(test, stats.stalls, 50);
	KUNIT_EXPECT_EQ(test, stats.bytes_out, 50 * 12 * 300);
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
}

/* More bytes than a batch moves, out and in, behind and before others. */
static void relay_batches_test(struct kunit *test)
{
	struct rig_setup setup = {
		.num = 256,
		.policy = { .num = 256, .out_size = 4224, .in_size = 4224 },
	};
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shapes[] = {
		{ 100, 100, SZ_1M + 512, 1, true },
		{ 5 * VIRTIO_MSG_RELAY_BYTES + 1, 77, 0, 9, true },
		{ 100, 100, SZ_1M + 1024, 1, true },
		{ 33, 5 * VIRTIO_MSG_RELAY_BYTES + 3, SZ_512M >> 10, 5, true },
		{ 100, 100, SZ_1M + 2048, 1, true },
	};
	u32 i, len, seen = 0;
	int ids[ARRAY_SIZE(shapes)], head;

	/* By hand: each call of the relay moves one batch, and no more. */
	rig_block(rig);
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		KUNIT_ASSERT_GE(test, rig_add(rig, &shapes[i]), 0);
	for (i = 0; i < 5; i++) {
		rig_kick(rig);
		KUNIT_EXPECT_EQ(test, 1,
				ring_get16(&rig->wire_avail->idx));
	}
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, 5, ring_get16(&rig->wire_avail->idx));
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		ids[i] = rig_take(rig);
		KUNIT_ASSERT_GE(test, ids[i], 0);
		rig_check_out(rig, ids[i]);
		rig_fill_in(rig, ids[i], shapes[i].in);
	}
	rig_put(rig, ids[3], shapes[3].in);
	rig_put(rig, ids[0], shapes[0].in);
	for (i = 0; i < 5; i++) {
		virtio_msg_relay_used(rig->relay);
		KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	}
	rig_put(rig, ids[1], shapes[1].in);
	rig_put(rig, ids[2], shapes[2].in);
	rig_put(rig, ids[4], shapes[4].in);
	rig_unblock(rig);
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
	while ((head = rig_get(rig, &len)) >= 0) {
		KUNIT_EXPECT_EQ(test, len, rig->slots[head].shape.in);
		rig_check_in(rig, &rig->slots[head].shape, len);
		seen++;
	}
	KUNIT_EXPECT_EQ(test, seen, ARRAY_SIZE(shapes));
	KUNIT_EXPECT_EQ(test, rig->num_free, 256);
}

/* A kick may come with the driver's locks held: it never calls the driver. */
static void relay_kick_context_test(struct kunit *test)
{
	struct rig_setup setup = {
		.num = 16,
		.policy = { .num = 16, .out_size = 64, .in_size = 64,
			    .posted = true },
	};
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shape = { 64, 0, 0, 1 };
	unsigned long flags;
	u32 len;

	rig_block(rig);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	local_irq_save(flags);
	rig_kick(rig);
	KUNIT_EXPECT_EQ(test, 0, rig->interrupted);
	virtio_msg_relay_used(rig->relay);
	KUNIT_EXPECT_EQ(test, 0, rig->interrupted);
	local_irq_restore(flags);
	rig_unblock(rig);
	rig_settle(rig);
	KUNIT_EXPECT_EQ(test, 1, rig->interrupted);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
}

/* What was given back when it was posted is not given back by a failure. */
static void relay_posted_fail_test(struct kunit *test)
{
	static const u8 error[] = { 0xe1 };
	struct rig_setup setup = {
		.num = 16,
		.policy = { .num = 16, .out_size = 64, .in_size = 64,
			    .posted = true, .error = error, .error_len = 1 },
	};
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape posted = { 64, 0, 0, 1 };
	struct rig_shape answered = { 64, 64, 512, 1 };
	u32 len = 0;

	KUNIT_ASSERT_GE(test, rig_add(rig, &posted), 0);
	KUNIT_ASSERT_GE(test, rig_add(rig, &answered), 0);
	rig_kick(rig);
	rig_settle(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	virtio_msg_relay_fail(rig->relay);
	rig_settle(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, len, 1);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_relay_failed]);
}

/* A request without a byte is answered without the device. */
static void relay_empty_test(struct kunit *test)
{
	struct rig_setup setup = {
		.num = 4,
		.policy = { .num = 4, .out_size = 64, .in_size = 64 },
	};
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shape = { 0, 0, 0, 1 };
	u32 len = 1;

	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	rig_kick(rig);
	rig_settle(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, len, 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
}

static struct kunit_case relay_cases[] = {
	KUNIT_CASE_PARAM(relay_layout_test, layout_gen_params),
	KUNIT_CASE(relay_layout_sane_test),
	KUNIT_CASE(relay_layout_refused_test),
	KUNIT_CASE(relay_header_test),
	KUNIT_CASE_PARAM_ATTR(relay_sweep_test, ring_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE_PARAM(relay_cap_test, ring_gen_params),
	KUNIT_CASE_PARAM_ATTR(relay_traffic_test, traffic_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE(relay_full_test),
	KUNIT_CASE(relay_batches_test),
	KUNIT_CASE(relay_kick_context_test),
	KUNIT_CASE(relay_posted_fail_test),
	KUNIT_CASE(relay_empty_test),
	{}
};

static struct kunit_suite relay_suite = {
	.name = "virtio_msg_relay",
	.suite_init = rig_suite_init,
	.suite_exit = rig_suite_exit,
	.test_cases = relay_cases,
};

kunit_test_suite(relay_suite);
