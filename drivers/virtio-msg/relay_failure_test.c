// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what the relay does when a request cannot go the usual way: it is
 * too large, has no slot, is not answered, or comes when all is over.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_until.h"
#include "limits.h"
#include "relay_rig.h"
#include "ring.h"

static const u8 error_bytes[] = { 0xe1, 0xe2, 0xe3, 0xe4 };

static struct rig_setup setup_of(u32 num)
{
	return (struct rig_setup) {
		.num = num,
		.policy = { .num = num, .out_size = 64, .in_size = 64 },
		.event_idx = true,
		.wire_event_idx = true,
	};
}

static void kick(struct rig *rig)
{
	rig_kick(rig);
	rig_settle(rig);
}

static void say_used(struct rig *rig)
{
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
}

/* Requests that are too large */

static void failure_oversize_tail_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig_shape shape = { 129, 100, 0, 3, true };
	struct rig *rig;
	u32 len = 0;

	setup.policy.tail = true;
	setup.policy.error_tail = 0xe1;
	rig = rig_create(test, &setup);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	kick(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, len, 100);
	KUNIT_EXPECT_EQ(test, 0xe1, rig->in[99 + 2 * RIG_GAP]);
	KUNIT_EXPECT_EQ(test, RIG_FILL, rig->in[98 + 2 * RIG_GAP]);
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_relay_oversize]);
	KUNIT_EXPECT_EQ(test, 0, rig->broken);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
}

static void failure_oversize_error_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig *rig;
	u32 in, i, len;

	setup.policy.error = error_bytes;
	setup.policy.error_len = sizeof(error_bytes);
	rig = rig_create(test, &setup);
	for (in = 1; in < 10; in++) {
		struct rig_shape shape = { 129, in, 0, 1, true };

		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		kick(rig);
		KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
		KUNIT_EXPECT_EQ(test, len, min(in, 4u));
		for (i = 0; i < 16; i++)
			KUNIT_EXPECT_EQ(test, rig->in[i],
					i < len ? error_bytes[i] : RIG_FILL);
	}
	KUNIT_EXPECT_EQ(test, 0, rig->broken);
}

/* An error that says to which request it belongs. */
static void failure_echo_test(struct kunit *test)
{
	static const u8 error[16] = { 16, 0, 0, 0, 0xfb, 0xff, 0xff, 0xff };
	struct rig_setup setup = setup_of(4);
	struct rig *rig;
	u32 out, len;

	setup.policy.error = error;
	setup.policy.error_len = sizeof(error);
	setup.policy.echo = 8;
	rig = rig_create(test, &setup);
	virtio_msg_relay_fail(rig->relay);
	for (out = 1; out < 40; out++) {
		struct rig_shape shape = { out, 20, 0, 1, true };

		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		kick(rig);
		KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
		KUNIT_EXPECT_EQ(test, len, 16);
		KUNIT_EXPECT_MEMEQ(test, rig->in, error, 8);
		/* One that is too short to have a number has none. */
		KUNIT_EXPECT_MEMEQ(test, rig->in + 8,
				   out < 16 ? error + 8 : rig->out + 8, 8);
	}
}

/* Nothing to say it with: rather no answer than one that reads as success. */
static void failure_oversize_broken_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape small = { 10, 10, 512, 1, true };
	struct rig_shape shape = { 129, 1, 0, 1, true };
	u32 len;

	KUNIT_ASSERT_GE(test, rig_add(rig, &small), 0);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	KUNIT_ASSERT_GE(test, rig_add(rig, &small), 0);
	kick(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	KUNIT_EXPECT_EQ(test, 1, rig->broken);
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_relay_oversize]);
	KUNIT_EXPECT_FALSE(test, virtio_msg_relay_can_fail(rig->relay));
	kick(rig);
	say_used(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	KUNIT_EXPECT_EQ(test, 1, rig->broken);
}

/* Without a part to write, it is lost as a packet may be. */
static void failure_oversize_out_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shape = { 129, 0, 0, 1, true };
	u32 len = 1;

	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	kick(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, 0, len);
	KUNIT_EXPECT_EQ(test, 0, rig->broken);
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_relay_oversize]);
}

/* A queue of one direction is given the other: no slots, no division. */
static void failure_direction_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig_shape in = { 0, 1, 0, 1, true };
	struct rig_shape out = { 1, 0, 0, 1, true };
	struct rig *rig;
	u32 len;

	setup.policy.in_size = 0;
	rig = rig_create(test, &setup);
	rig_round_trip(rig, &out, 0);
	KUNIT_ASSERT_GE(test, rig_add(rig, &in), 0);
	kick(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	KUNIT_EXPECT_EQ(test, 1, rig->broken);

	setup.policy.in_size = 64;
	setup.policy.out_size = 0;
	rig = rig_create(test, &setup);
	rig_round_trip(rig, &in, 1);
	KUNIT_ASSERT_GE(test, rig_add(rig, &out), 0);
	kick(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_relay_oversize]);
}

/* The lengths add up to over 4 GiB. */
static void failure_huge_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig_shape shape = { 3, 3, 0, 3, true };
	struct rig *rig;
	u32 i, len;
	int head;

	setup.policy.tail = true;
	rig = rig_create(test, &setup);
	head = rig_add(rig, &shape);
	KUNIT_ASSERT_GE(test, head, 0);
	for (i = 0; i < 3; i++)
		ring_put32(&rig->slots[head].table[i].len, 0xffffffff);
	kick(rig);
	KUNIT_EXPECT_EQ(test, 1, rig->broken);
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_relay_oversize]);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
}

/* The status at the end, which the driver reads whatever the length is */

static void failure_tail_test(struct kunit *test)
{
	static const u32 ins[] = { 1, 2, 63, 64, 65, 128, 129, 200, 256 };
	struct rig_setup setup = setup_of(8);
	struct rig *rig;
	u32 i, used, len;
	int id;

	setup.policy.tail = true;
	rig = rig_create(test, &setup);
	for (i = 0; i < ARRAY_SIZE(ins); i++)
		for (used = 0; used <= ins[i]; used++) {
			struct rig_shape shape = { 70, ins[i], 0, 1, true };

			KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
			kick(rig);
			id = rig_take(rig);
			KUNIT_ASSERT_GE(test, id, 0);
			rig_fill_in(rig, id, ins[i]);
			rig_put(rig, id, used);
			say_used(rig);
			KUNIT_ASSERT_GE(test, rig_get(rig, &len), 0);
			KUNIT_ASSERT_EQ(test, len, used);
			rig_check_in(rig, &shape, ins[i]);
		}
}

/* An answer that is too short shows nothing of what the buffer held. */
static void failure_short_answer_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(8);
	struct rig_shape shape = { 70, 200, 0, 1, true };
	struct rig *rig;
	u32 len, round;

	for (round = 0; round < 3; round++) {
		setup.policy.tail = round == 1;
		setup.policy.whole = round == 2;
		rig = rig_create(test, &setup);
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		kick(rig);
		rig_put(rig, rig_take(rig), 10);
		say_used(rig);
		KUNIT_ASSERT_GE(test, rig_get(rig, &len), 0);
		KUNIT_EXPECT_EQ(test, len, 10);
		KUNIT_EXPECT_NULL(test, memchr_inv(rig->in, 0, 10));
		/* Others look at the length, and are spared the copy. */
		KUNIT_EXPECT_NULL(test, memchr_inv(rig->in + 10,
						   round ? 0 : RIG_FILL, 190));
	}
}

/* No slot is free */

static void failure_drop_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig_shape shape = { 100, 0, 0, 1, true };
	struct rig *rig;
	u32 i, len, sent;
	int ids[2];

	setup.policy.posted = true;
	setup.policy.drop = true;
	rig = rig_create(test, &setup);
	for (i = 0; i < 100; i++) {
		u32 dropped = rig->counted[VMSG_CNT_relay_dropped];

		/* Two fit; the driver gets all of them back at once. */
		sent = rig->num_sent;
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		rig->num_sent = sent + 2;
		kick(rig);
		KUNIT_EXPECT_EQ(test, dropped + 2,
				rig->counted[VMSG_CNT_relay_dropped]);
		while (rig_get(rig, &len) >= 0)
			KUNIT_EXPECT_EQ(test, len, 0);
		KUNIT_EXPECT_EQ(test, rig->outstanding, 0);
		ids[0] = rig_take(rig);
		ids[1] = rig_take(rig);
		KUNIT_ASSERT_GE(test, ids[0], 0);
		KUNIT_ASSERT_GE(test, ids[1], 0);
		rig_check_out(rig, ids[0]);
		rig_check_out(rig, ids[1]);
		rig_put(rig, ids[1], 0);
		rig_put(rig, ids[0], 0);
		say_used(rig);
		KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	}
}

/*
 * A driver that spins with interrupts off has its buffer back when the kick
 * returns, however much the device has given back before, and however much of
 * it a worker would have to go on with.
 */
static void failure_awaited_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(128);
	struct rig_shape shape = { 60, 0, 0, 1, true };
	struct rig *rig;
	u32 i, len;

	setup.policy.posted = true;
	setup.policy.drop = true;
	rig = rig_create(test, &setup);
	rig_block(rig);
	for (i = 0; i < 3 * VIRTIO_MSG_RELAY_REQUESTS; i++) {
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		KUNIT_ASSERT_TRUE(test, rig_wants_kick(rig));
		virtio_msg_relay_kick(rig->relay);
		KUNIT_ASSERT_GE(test, rig_get(rig, &len), 0);
	}
	for (i = 0; i < 3 * VIRTIO_MSG_RELAY_REQUESTS; i++)
		rig_put(rig, rig_take(rig), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		KUNIT_EXPECT_TRUE(test, rig_wants_kick(rig));
		virtio_msg_relay_kick(rig->relay);
		KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	}
	rig_unblock(rig);
	rig_settle(rig);
	KUNIT_EXPECT_EQ(test, 0, rig->counted[VMSG_CNT_relay_dropped]);
}

/* The driver is told of a posted request at once, and only once. */
static void failure_posted_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(4);
	struct rig_shape shape = { 60, 0, 0, 1, true };
	struct rig_shape answered = { 60, 10, 512, 1, true };
	struct rig *rig;
	u32 len;
	int ids[2];

	setup.policy.posted = true;
	rig = rig_create(test, &setup);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	KUNIT_ASSERT_GE(test, rig_add(rig, &answered), 0);
	kick(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	ids[0] = rig_take(rig);
	ids[1] = rig_take(rig);
	KUNIT_ASSERT_GE(test, ids[0], 0);
	KUNIT_ASSERT_GE(test, ids[1], 0);
	rig_fill_in(rig, ids[1], 10);
	rig_put(rig, ids[0], 0);
	rig_put(rig, ids[1], 10);
	say_used(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, len, 10);
	rig_check_in(rig, &answered, 10);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
}

/* The end */

/*
 * Requests in every state: answered and not yet looked at, answered in part,
 * with the device, at the device but not taken, copied in part, and waiting.
 */
static void failure_every_state_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(64);
	struct rig_shape shape = { 100, 100, 0, 1, true };
	struct rig_shape large = { 100, 3 * VIRTIO_MSG_RELAY_BYTES, SZ_64K, 1, true };
	u32 i, len, errors = 0;
	struct rig *rig;
	int ids[8], head;
	u8 *window;

	setup.policy.out_size = SZ_16K;
	setup.policy.in_size = SZ_16K;
	setup.policy.error = error_bytes;
	setup.policy.error_len = sizeof(error_bytes);
	rig = rig_create(test, &setup);
	rig_block(rig);

	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	KUNIT_ASSERT_GE(test, rig_add(rig, &large), 0);
	for (i = 0; i < 4; i++) {
		shape.at += 512;
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	}
	rig_kick(rig);
	for (i = 0; i < 4; i++)
		ids[i] = rig_take(rig);
	rig_put(rig, ids[0], 100);
	virtio_msg_relay_used(rig->relay);
	rig_put(rig, ids[1], large.in);
	virtio_msg_relay_used(rig->relay);
	/* Now a copy is in the middle, and another begins. */
	large = (struct rig_shape){ 4 * VIRTIO_MSG_RELAY_BYTES, 100, SZ_512K, 1, true };
	KUNIT_ASSERT_GE(test, rig_add(rig, &large), 0);
	for (i = 0; i < 3; i++)
		rig_kick(rig);
	for (i = 0; i < 4; i++) {
		shape.at += 512;
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	}
	virtio_msg_relay_fail(rig->relay);
	window = kunit_kmalloc(test, rig->layout.total, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, window);
	memcpy(window, rig->window, rig->layout.total);
	rig_unblock(rig);
	rig_settle(rig);

	while ((head = rig_get(rig, &len)) >= 0) {
		const u8 *in = rig->in + rig->slots[head].shape.at;

		if (len == sizeof(error_bytes) && !memcmp(in, error_bytes, 4))
			errors++;
	}
	/* One, or with the large one two, were answered before. */
	KUNIT_EXPECT_GE(test, errors, 9);
	KUNIT_EXPECT_EQ(test, rig->outstanding, 0);
	KUNIT_EXPECT_EQ(test, rig->num_free, 64);
	KUNIT_EXPECT_EQ(test, errors, rig->counted[VMSG_CNT_relay_failed]);

	/* And from now on at once, each one. */
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
		KUNIT_EXPECT_TRUE(test, rig_wants_kick(rig));
		kick(rig);
		KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
		KUNIT_EXPECT_EQ(test, len, sizeof(error_bytes));
	}
	KUNIT_EXPECT_MEMEQ(test, window, rig->window, rig->layout.total);
	KUNIT_EXPECT_EQ(test, 0, rig->broken);
}

/* A request that is answered in part is answered once. */
static void failure_half_answered_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(16);
	struct rig_shape shape = { 100, 3 * VIRTIO_MSG_RELAY_BYTES, 0, 1, true };
	struct rig *rig;
	u32 len;
	int id;

	setup.policy.in_size = SZ_64K;
	setup.policy.tail = true;
	setup.policy.error_tail = 0xe1;
	rig = rig_create(test, &setup);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	kick(rig);
	rig_block(rig);
	id = rig_take(rig);
	KUNIT_ASSERT_GE(test, id, 0);
	rig_fill_in(rig, id, shape.in);
	rig_put(rig, id, shape.in);
	virtio_msg_relay_used(rig->relay);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	virtio_msg_relay_fail(rig->relay);
	rig_unblock(rig);
	rig_settle(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, len, shape.in);
	KUNIT_EXPECT_EQ(test, 0xe1, rig->in[shape.in - 1]);
	KUNIT_EXPECT_EQ(test, 1, rig->interrupted);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
}

/* Stopped: nothing is touched, whoever calls, and nothing is left to run. */
static void failure_stop_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(8);
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shape = { 60, 50, 0, 1, true };
	u32 notified, len, size = vring_size(8, VRING_USED_ALIGN_SIZE);
	u8 *ring = kunit_kmalloc(test, size, GFP_KERNEL);
	unsigned long flags;
	int id;

	KUNIT_ASSERT_NOT_NULL(test, ring);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	kick(rig);
	id = rig_take(rig);
	KUNIT_ASSERT_GE(test, id, 0);
	notified = rig->notified;
	virtio_msg_relay_stop(rig->relay);

	rig_put(rig, id, 50);
	shape.at = 512;
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	memset(rig->window, 0x77, rig->layout.total);
	memcpy(ring, rig->ring.desc, size);
	kick(rig);
	say_used(rig);
	virtio_msg_relay_fail(rig->relay);
	rig_settle(rig);
	KUNIT_EXPECT_NULL(test, memchr_inv(rig->window, 0x77,
					   rig->layout.total));
	KUNIT_EXPECT_MEMEQ(test, ring, (u8 *)rig->ring.desc, size);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_get(rig, &len));
	KUNIT_EXPECT_EQ(test, notified, rig->notified);
	KUNIT_EXPECT_EQ(test, 0, rig->interrupted);
	KUNIT_EXPECT_EQ(test, 0, rig->broken);

	/*
	 * A late notification, where the driver cannot be called: it must not
	 * leave a work behind that outlives the relay.
	 */
	rig_block(rig);
	local_irq_save(flags);
	virtio_msg_relay_used(rig->relay);
	local_irq_restore(flags);
	virtio_msg_relay_destroy(rig->relay);
	rig->relay = NULL;
	rig_unblock(rig);
	rig_settle(rig);
}

/* A relay that was never started is as good as stopped. */
static void failure_not_started_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(8);
	struct rig *rig = rig_create(test, &setup);
	struct rig_shape shape = { 60, 50, 0, 1, true };

	virtio_msg_relay_stop(rig->relay);
	virtio_msg_relay_destroy(rig->relay);
	rig->relay = virtio_msg_relay_create(&rig->config);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->relay);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	kick(rig);
	say_used(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	virtio_msg_relay_start(rig->relay);
	kick(rig);
	KUNIT_EXPECT_GE(test, rig_take(rig), 0);
}

/* Time */

static void failure_deadline_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(8);
	struct rig_shape shape = { 60, 50, 0, 1, true };
	struct rig *rig;
	u32 i;

	setup.policy.deadline = true;
	setup.policy.tail = true;
	rig = rig_create(test, &setup);
	for (i = 0; i < 4; i++) {
		rig_round_trip(rig, &shape, 50);
		msleep(20);
	}
	/* Nothing is pending: nobody is late. */
	msleep(120);
	KUNIT_EXPECT_EQ(test, 0, rig->broken);

	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	kick(rig);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->broken)));
	KUNIT_EXPECT_EQ(test, 1, rig->broken);
	KUNIT_EXPECT_EQ(test, 1, rig->counted[VMSG_CNT_timeout]);
}

static struct kunit_case failure_cases[] = {
	KUNIT_CASE(failure_oversize_tail_test),
	KUNIT_CASE(failure_oversize_error_test),
	KUNIT_CASE(failure_echo_test),
	KUNIT_CASE(failure_oversize_broken_test),
	KUNIT_CASE(failure_oversize_out_test),
	KUNIT_CASE(failure_direction_test),
	KUNIT_CASE(failure_huge_test),
	KUNIT_CASE(failure_tail_test),
	KUNIT_CASE(failure_short_answer_test),
	KUNIT_CASE(failure_drop_test),
	KUNIT_CASE(failure_awaited_test),
	KUNIT_CASE(failure_posted_test),
	KUNIT_CASE(failure_every_state_test),
	KUNIT_CASE(failure_half_answered_test),
	KUNIT_CASE(failure_not_started_test),
	KUNIT_CASE(failure_deadline_test),
	KUNIT_CASE(failure_stop_test),
	{}
};

static struct kunit_suite failure_suite = {
	.name = "virtio_msg_relay_failure",
	.suite_init = rig_suite_init,
	.suite_exit = rig_suite_exit,
	.test_cases = failure_cases,
};

kunit_test_suite(failure_suite);
