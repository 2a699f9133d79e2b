// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the relay with a device that breaks the rules: it may spoil its own
 * payload, and nothing else.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "limits.h"
#include "relay_rig.h"
#include "ring.h"

#define NUM	8

static const struct rig_setup setup = {
	.num = NUM,
	.policy = { .num = NUM, .out_size = 64, .in_size = 64,
		    .tail = true, .error_tail = 0xe1 },
	.event_idx = true,
	.wire_event_idx = true,
};

/* @n requests of a slot in each direction; the device has taken them. */
static void submit(struct rig *rig, u32 n, int *ids)
{
	u32 i;

	for (i = 0; i < n; i++) {
		struct rig_shape shape = { 40, 50, i * 256, 2, true };

		KUNIT_ASSERT_GE(rig->test, rig_add(rig, &shape), 0);
	}
	rig_kick(rig);
	rig_settle(rig);
	for (i = 0; i < n; i++) {
		ids[i] = rig_take(rig);
		KUNIT_ASSERT_GE(rig->test, ids[i], 0);
	}
}

static void say_used(struct rig *rig)
{
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
}

/* The queue is broken, and each of @n requests has failed exactly once. */
static void expect_broken(struct rig *rig, u32 n, enum virtio_msg_counter why)
{
	u32 len, seen = 0;
	int head;

	KUNIT_EXPECT_EQ(rig->test, rig->broken, 1);
	KUNIT_EXPECT_EQ(rig->test, rig->counted[why], 1);
	KUNIT_EXPECT_EQ(rig->test, rig->counted[VMSG_CNT_relay_failed], n);
	while ((head = rig_get(rig, &len)) >= 0) {
		const struct rig_shape *shape = &rig->slots[head].shape;

		KUNIT_EXPECT_EQ(rig->test, len, shape->in);
		KUNIT_EXPECT_EQ(rig->test, 0xe1,
				rig->in[shape->at + shape->in - 1 + RIG_GAP]);
		seen++;
	}
	KUNIT_EXPECT_EQ(rig->test, seen, n);
}

/* Index and elements */

/* The used index runs ahead of what the device was given. */
static void hostile_index_test(struct kunit *test)
{
	struct rig *rig = rig_create(test, &setup);
	u32 pending, delta;
	int ids[NUM];

	for (pending = 0; pending <= 4; pending += 2)
		for (delta = pending + 1; delta <= 0xffff;
		     delta += delta < 70 || delta > 0xfff0 ? 1 : 97) {
			submit(rig, pending, ids);
			ring_put16(&rig->wire_used->idx, delta);
			say_used(rig);
			expect_broken(rig, pending, VMSG_CNT_relay_bad_index);
			rig_recreate(rig);
		}
}

/* Also after many honest answers, when the indices have wrapped. */
static void hostile_index_later_test(struct kunit *test)
{
	struct rig *rig = rig_create(test, &setup);
	u32 i, k, len;
	int ids[NUM];

	for (i = 0; i < 0x10008; i += NUM / 2) {
		submit(rig, NUM / 2, ids);
		for (k = 0; k < NUM / 2; k++)
			rig_put(rig, ids[k], 50);
		say_used(rig);
		for (k = 0; k < NUM / 2; k++)
			KUNIT_ASSERT_GE(test, rig_get(rig, &len), 0);
	}
	submit(rig, 2, ids);
	ring_put16(&rig->wire_used->idx, rig->put - 1);
	say_used(rig);
	expect_broken(rig, 2, VMSG_CNT_relay_bad_index);
}

static void hostile_id_test(struct kunit *test)
{
	static const u32 beyond[] = {
		NUM, NUM + 1, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x10007,
		0x7fffffff, 0x80000000, 0x80000007, 0xffffffff,
	};
	struct rig *rig = rig_create(test, &setup);
	u32 i, id;
	int ids[NUM];

	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		submit(rig, 2, ids);
		rig_put_raw(rig, beyond[i], 50);
		say_used(rig);
		expect_broken(rig, 2, VMSG_CNT_relay_bad_id);
		rig_recreate(rig);
	}
	/* Descriptors that are free, or not the first of a request. */
	for (id = 0; id < NUM; id++) {
		submit(rig, 2, ids);
		if (id != ids[0] && id != ids[1]) {
			rig_put_raw(rig, id, 50);
			say_used(rig);
			expect_broken(rig, 2, VMSG_CNT_relay_bad_id);
		}
		rig_recreate(rig);
	}
}

static void hostile_id_twice_test(struct kunit *test)
{
	struct rig *rig = rig_create(test, &setup);
	u32 len;
	int ids[NUM];

	submit(rig, 3, ids);
	rig_put_raw(rig, ids[1], 50);
	say_used(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	rig_put_raw(rig, ids[1], 50);
	say_used(rig);
	expect_broken(rig, 2, VMSG_CNT_relay_bad_id);

	/* In one go */
	rig_recreate(rig);
	submit(rig, 3, ids);
	rig_put_raw(rig, ids[1], 50);
	rig_put_raw(rig, ids[1], 50);
	say_used(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	expect_broken(rig, 2, VMSG_CNT_relay_bad_id);
}

/* A request whose bytes are still being copied: the device guesses its id. */
static void hostile_id_early_test(struct kunit *test)
{
	struct rig_setup large = setup;
	struct rig_shape shapes[] = {
		{ 40, 50, 0, 2, true },
		{ 3 * VIRTIO_MSG_RELAY_BYTES, 50, 256, 2, true },
	};
	struct rig *rig;
	u32 id;

	large.policy.out_size = SZ_64K;
	rig = rig_create(test, &large);
	for (id = 0; id < NUM; id++) {
		int first;

		rig_block(rig);
		KUNIT_ASSERT_GE(test, rig_add(rig, &shapes[0]), 0);
		KUNIT_ASSERT_GE(test, rig_add(rig, &shapes[1]), 0);
		rig_kick(rig);
		first = rig_take(rig);
		KUNIT_ASSERT_GE(test, first, 0);
		KUNIT_ASSERT_EQ(test, -EAGAIN, rig_take(rig));
		if (id != first) {
			rig_put_raw(rig, id, 50);
			/* The copy goes on only after a look at the answers. */
			rig_unblock(rig);
			say_used(rig);
			expect_broken(rig, 2, VMSG_CNT_relay_bad_id);
		}
		rig_unblock(rig);
		rig_recreate(rig);
	}
}

/* A length that exceeds the request is cut, and counted. */
static void hostile_length_test(struct kunit *test)
{
	static const u32 lens[] = {
		51, 64, 65, 128, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shape = { 40, 50, 256, 2, true };
	struct rig_shape posted = { 40, 0, 256, 2, true };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		rig_round_trip(rig, &shape, lens[i]);
		KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_clamped],
				2 * i + 1);
		rig_round_trip(rig, &posted, lens[i]);
		KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_clamped],
				2 * i + 2);
	}
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
	KUNIT_EXPECT_EQ(test, rig->num_free, NUM);
}

/* The driver's half */

/* What the device writes there after it was published has no effect. */
static void hostile_driver_half_test(struct kunit *test)
{
	struct rig *rig = rig_create(test, &setup);
	struct virtio_msg_layout *layout = &rig->layout;
	u8 *copy = kunit_kmalloc(test, layout->used, GFP_KERNEL);
	u32 i, k, len;
	int ids[NUM];

	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (k = 0; k < 100; k++) {
		submit(rig, 3, ids);
		for (i = 0; i < 3; i++) {
			rig_check_out(rig, ids[i]);
			rig_fill_in(rig, ids[i], 50);
		}
		memcpy(copy, rig->window, layout->used);
		for (i = 0; i < layout->used; i++)
			rig->window[i] = k < 2 ? -k : rig_random(256);
		for (i = 0; i < 3; i++)
			rig_put_raw(rig, ids[i], 50);
		say_used(rig);
		for (i = 0; i < 3; i++) {
			int head = rig_get(rig, &len);

			KUNIT_ASSERT_GE(test, head, 0);
			KUNIT_EXPECT_EQ(test, len, 50);
			rig_check_in(rig, &rig->slots[head].shape, 50);
		}
		/* For the checks that this device makes. */
		memcpy(rig->window, copy, layout->used);
		bitmap_zero(rig->busy, 3 * NUM);
	}
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
	KUNIT_EXPECT_EQ(test, rig->num_free, NUM);
}

/* H7: the relay never writes the half of the device. */
static void hostile_read_only_half_test(struct kunit *test)
{
	struct rig *rig = rig_create(test, &setup);
	struct virtio_msg_layout *layout = &rig->layout;
	u32 size = layout->total - layout->used;
	u8 *copy = kunit_kmalloc(test, size, GFP_KERNEL);
	int ids[NUM];
	u32 i, len;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (i = 0; i < 100; i++) {
		submit(rig, 3, ids);
		rig_fill_in(rig, ids[1], 50);
		rig_put(rig, ids[1], 50);
		rig_put(rig, ids[0], 1);
		rig_put(rig, ids[2], 0);
		memcpy(copy, rig->window + layout->used, size);
		say_used(rig);
		KUNIT_EXPECT_MEMEQ(test, copy, rig->window + layout->used, size);
		while (rig_get(rig, &len) >= 0)
			;
	}
}

/* Flags and events decide about notifications, and about nothing else. */
static void hostile_flags_test(struct kunit *test)
{
	struct rig_setup other = setup;
	struct rig_shape shape = { 40, 50, 256, 2, true };
	struct rig *rig;
	u32 i, k;

	for (k = 0; k < 2; k++) {
		other.wire_event_idx = k;
		rig = rig_create(test, &other);
		for (i = 0; i < 1000; i++) {
			ring_put16(&rig->wire_used->flags, rig_random(0x10000));
			ring_put16((__virtio16 *)&rig->wire_used->ring[NUM],
				   rig_random(0x10000));
			rig_round_trip(rig, &shape, 50);
		}
		KUNIT_EXPECT_EQ(test, rig->broken, 0);
		rig_destroy(rig);
	}
}

/* Everything at once */

static u64 sum(const void *p, size_t len)
{
	const u32 *word = p;
	u64 a = 1, b = 0;
	size_t i;

	for (i = 0; i < len / 4; i++) {
		a += word[i];
		b += a;
	}
	return a ^ b << 17;
}

static bool in_buffers(struct rig *rig, u32 offset)
{
	u32 i;

	/* In this test, request @i has its buffers at i * 256. */
	i = offset / 256;
	return i < 4 * NUM && offset % 256 < 200 + 2 * RIG_GAP;
}

/* Bytes of the driver that the device was not given stay as they are. */
static void check_driver(struct rig *rig)
{
	u32 i;

	for (i = 0; i < 4 * NUM * 256; i++)
		if (!in_buffers(rig, i) && rig->in[i] != RIG_FILL) {
			KUNIT_FAIL(rig->test, "byte %u changed", i);
			return;
		}
	KUNIT_EXPECT_NULL(rig->test,
			  memchr_inv(rig->in + i, RIG_FILL, SZ_64K));
}

static void spoil(struct rig *rig)
{
	struct virtio_msg_layout *layout = &rig->layout;
	u32 n = 1 + rig_random(16);

	while (n--) {
		u32 offset = rig_random(2) ? rig_random(layout->total) :
			     layout->used + rig_random(6 + 8 * NUM);

		rig->window[offset] = rig_random(3) ? rig_random(NUM + 1) :
						      rig_random(256);
	}
}

static void hostile_random_test(struct kunit *test)
{
	struct rig *rig = rig_create(test, &setup);
	u64 out = sum(rig->out, SZ_64K);
	u32 i, k, len, answered = 0, broken = 0;
	u64 ring;

	for (k = 0; k < 3000; k++) {
		struct rig_shape shape = {
			.out = rig_random(200), .in = rig_random(200),
			.at = k % NUM * 256, .segs = 1 + rig_random(2),
			.indirect = true,
		};
		u32 room = rig_random(4);

		while (room-- && rig_add(rig, &shape) >= 0)
			shape.at = shape.at + NUM * 256 < 4 * NUM * 256 ?
				   shape.at + NUM * 256 : shape.at;
		ring = sum(rig->ring.desc, NUM * sizeof(struct vring_desc));
		for (i = 0; i < 3; i++) {
			spoil(rig);
			rig_put_raw(rig, rig_random(NUM), rig_random(300));
			ring_put16(&rig->wire_used->idx,
				   rig->put - 2 + rig_random(4));
			rig_kick(rig);
			say_used(rig);
		}
		KUNIT_EXPECT_EQ(test, ring,
				sum(rig->ring.desc,
				    NUM * sizeof(struct vring_desc)));
		while (rig_get(rig, &len) >= 0)
			answered++;
		KUNIT_EXPECT_LE(test, rig->broken, 1);
		if (rig->broken) {
			/* All of them, and each once: rig_get() sees to it. */
			KUNIT_EXPECT_EQ(test, rig->outstanding, 0);
			broken++;
			check_driver(rig);
			rig_recreate(rig);
		}
	}
	check_driver(rig);
	KUNIT_EXPECT_EQ(test, out, sum(rig->out, SZ_64K));
	KUNIT_EXPECT_GT(test, answered, 1000);
	KUNIT_EXPECT_GT(test, broken, 500);
	memset(rig->in, RIG_FILL, SZ_64K);
}

/* Only what was sent appears in the window: nothing of what is around it. */
static void hostile_secret_test(struct kunit *test)
{
	struct rig_setup other = setup;
	u8 *save = kunit_kmalloc(test, SZ_64K, GFP_KERNEL);
	struct rig *rig;
	u32 i, k, len, secrets = 0;
	int id;

	other.policy.posted = true;
	rig = rig_create(test, &other);
	KUNIT_ASSERT_NOT_NULL(test, save);
	memcpy(save, rig->out, SZ_64K);
	memset(rig->out, 0x53, SZ_64K);
	for (k = 0; k < 500; k++) {
		struct rig_shape shape = {
			.out = rig_random(257), .in = rig_random(257),
			.at = rig_random(4096), .segs = 1,
			.indirect = true,
		};

		memset(rig->out + shape.at, 0, shape.out);
		if (rig_add(rig, &shape) < 0)
			continue;
		rig_kick(rig);
		rig_settle(rig);
		while ((id = rig_take(rig)) >= 0)
			rig_put(rig, id, 0);
		say_used(rig);
		while (rig_get(rig, &len) >= 0)
			;
		memset(rig->out + shape.at, 0x53, shape.out);
	}
	for (i = 0; i < rig->layout.total; i++)
		secrets += rig->window[i] == 0x53;
	KUNIT_EXPECT_EQ(test, secrets, 0);
	memcpy(rig->out, save, SZ_64K);
}

static struct kunit_case hostile_cases[] = {
	KUNIT_CASE(hostile_index_test),
	KUNIT_CASE_SLOW(hostile_index_later_test),
	KUNIT_CASE(hostile_id_test),
	KUNIT_CASE(hostile_id_twice_test),
	KUNIT_CASE(hostile_id_early_test),
	KUNIT_CASE(hostile_length_test),
	KUNIT_CASE(hostile_driver_half_test),
	KUNIT_CASE(hostile_read_only_half_test),
	KUNIT_CASE(hostile_flags_test),
	KUNIT_CASE_SLOW(hostile_random_test),
	KUNIT_CASE(hostile_secret_test),
	{}
};

static struct kunit_suite hostile_suite = {
	.name = "virtio_msg_relay_hostile",
	.suite_init = rig_suite_init,
	.suite_exit = rig_suite_exit,
	.test_cases = hostile_cases,
};

kunit_test_suite(hostile_suite);
