// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of answers that are given together: the driver frees all of a transfer
 * as soon as it sees that one of its requests has failed.
 */
#include <kunit/test.h>
#include <linux/bits.h>

#include "limits.h"
#include "relay_rig.h"

#define TRANSFER	3
#define IN		30

/* What the driver adds at once, as both sides name it. */
struct transfer {
	int heads[TRANSFER];
	int ids[TRANSFER];
};

static struct rig *create(struct kunit *test, u32 num)
{
	const struct rig_setup setup = {
		.num = num,
		.policy = { .num = num, .out_size = 64, .in_size = 64,
			    .tail = true, .error_tail = 0xe1, .once = true,
			    .together = true },
		.event_idx = true,
		.wire_event_idx = true,
	};

	return rig_create(test, &setup);
}

static int add(struct rig *rig, u32 i, u32 out)
{
	const struct rig_shape shape = { out, IN, i * 1024, 1, true };
	int head = rig_add(rig, &shape);

	KUNIT_ASSERT_GE(rig->test, head, 0);
	return head;
}

static void kick(struct rig *rig)
{
	rig_kick(rig);
	rig_settle(rig);
}

static int take(struct rig *rig)
{
	int id = rig_take(rig);

	KUNIT_ASSERT_GE(rig->test, id, 0);
	return id;
}

static void add_all(struct rig *rig, struct transfer *transfer, u32 out)
{
	u32 i;

	for (i = 0; i < TRANSFER; i++)
		transfer->heads[i] = add(rig, i, out);
	kick(rig);
}

static void begin(struct rig *rig, struct transfer *transfer)
{
	u32 i;

	add_all(rig, transfer, 20);
	for (i = 0; i < TRANSFER; i++)
		transfer->ids[i] = take(rig);
}

static void answer(struct rig *rig, int id)
{
	rig_fill_in(rig, id, IN);
	rig_put(rig, id, IN);
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
}

static void get_nothing(struct rig *rig)
{
	u32 len;

	KUNIT_EXPECT_EQ(rig->test, -EAGAIN, rig_get(rig, &len));
}

/* All of it, at once, and the last of it first. @failed: a bit for each that has. */
static void get_all(struct rig *rig, struct transfer *transfer, u32 failed)
{
	u32 errors = 0;
	u32 len;
	int i;

	for (i = TRANSFER - 1; i >= 0; i--) {
		KUNIT_ASSERT_EQ(rig->test, transfer->heads[i],
				rig_get(rig, &len));
		if (rig->in[i * 1024 + IN - 1] == 0xe1)
			errors |= BIT(i);
	}
	KUNIT_EXPECT_EQ(rig->test, errors, failed);
	get_nothing(rig);
}

/* Whatever the order in which the device answers. */
static void together_order_test(struct kunit *test)
{
	static const u8 orders[][TRANSFER] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct rig *rig = create(test, 16);
	struct transfer transfer;
	u32 i, n, interrupted;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		begin(rig, &transfer);
		interrupted = rig->interrupted;
		for (n = 0; n < TRANSFER - 1; n++) {
			answer(rig, transfer.ids[orders[i][n]]);
			get_nothing(rig);
		}
		KUNIT_EXPECT_EQ(test, rig->interrupted, interrupted);
		answer(rig, transfer.ids[orders[i][n]]);
		KUNIT_EXPECT_EQ(test, rig->interrupted, interrupted + 1);
		get_all(rig, &transfer, 0);
		rig_listen(rig);
	}
}

/* What the driver has added, but the device has not got yet, counts as well. */
static void together_stalled_test(struct kunit *test)
{
	struct rig *rig = create(test, 4);
	struct transfer transfer;
	u32 i;

	/* There is room for one of them at a time. */
	add_all(rig, &transfer, 100);
	for (i = 0; i < TRANSFER; i++) {
		get_nothing(rig);
		transfer.ids[i] = take(rig);
		KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
		answer(rig, transfer.ids[i]);
	}
	get_all(rig, &transfer, 0);
}

/* The driver adds one after the other: a device that is quick gets none early. */
static void together_unfinished_test(struct kunit *test)
{
	struct rig *rig = create(test, 16);
	struct transfer transfer;
	u32 round, i;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < TRANSFER; i++) {
			transfer.heads[i] = add(rig, i, 20);
			virtio_msg_relay_used(rig->relay);
			rig_settle(rig);
			KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
		}
		KUNIT_EXPECT_TRUE(test, rig_wants_kick(rig));
		kick(rig);
		for (i = 0; i < TRANSFER; i++)
			answer(rig, take(rig));
		get_all(rig, &transfer, 0);
		rig_listen(rig);
	}
}

/* Nor does one that has failed answer the first before the others are there. */
static void together_unfinished_dead_test(struct kunit *test)
{
	struct rig *rig = create(test, 16);
	struct transfer transfer;
	u32 i;

	virtio_msg_relay_fail(rig->relay);
	rig_settle(rig);
	for (i = 0; i < TRANSFER; i++) {
		transfer.heads[i] = add(rig, i, 20);
		virtio_msg_relay_used(rig->relay);
		rig_settle(rig);
		get_nothing(rig);
	}
	KUNIT_EXPECT_TRUE(test, rig_wants_kick(rig));
	kick(rig);
	get_all(rig, &transfer, BIT(0) | BIT(1) | BIT(2));
}

/* What is added while the relay has no room has a kick as well. */
static void together_no_room_test(struct kunit *test)
{
	struct rig *rig = create(test, 4);
	struct transfer transfer;
	u32 i;

	transfer.heads[0] = add(rig, 0, 100);
	transfer.heads[1] = add(rig, 1, 100);
	kick(rig);
	transfer.heads[2] = add(rig, 2, 100);
	KUNIT_EXPECT_TRUE(test, rig_wants_kick(rig));
	kick(rig);
	for (i = 0; i < TRANSFER; i++) {
		get_nothing(rig);
		answer(rig, take(rig));
	}
	get_all(rig, &transfer, 0);
}

/* One that is too large fails here, with what follows, and not before the others. */
static void together_oversize_test(struct kunit *test)
{
	struct rig *rig = create(test, 4);
	struct transfer transfer;

	transfer.heads[0] = add(rig, 0, 20);
	transfer.heads[1] = add(rig, 1, 600);
	transfer.heads[2] = add(rig, 2, 20);
	kick(rig);
	transfer.ids[0] = take(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	get_nothing(rig);
	answer(rig, transfer.ids[0]);
	get_all(rig, &transfer, BIT(1) | BIT(2));
	/* Not so the next transfer. */
	rig_listen(rig);
	add(rig, 0, 20);
	kick(rig);
	take(rig);
}

/* The device fails, having answered the first. */
static void together_fail_test(struct kunit *test)
{
	struct rig *rig = create(test, 16);
	struct transfer transfer;
	u32 len;

	begin(rig, &transfer);
	answer(rig, transfer.ids[0]);
	virtio_msg_relay_fail(rig->relay);
	rig_settle(rig);
	get_all(rig, &transfer, BIT(1) | BIT(2));
	/* From now on at once. */
	add(rig, 0, 20);
	kick(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	get_nothing(rig);
}

/* The device dies, having answered the first and not seen the last. */
static void together_hold_test(struct kunit *test)
{
	struct rig *rig = create(test, 4);
	struct transfer transfer;

	transfer.heads[0] = add(rig, 0, 20);
	transfer.heads[1] = add(rig, 1, 20);
	transfer.heads[2] = add(rig, 2, 100);
	kick(rig);
	transfer.ids[0] = take(rig);
	take(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	answer(rig, transfer.ids[0]);
	get_nothing(rig);
	virtio_msg_relay_hold(rig->relay);
	rig_settle(rig);
	get_all(rig, &transfer, BIT(1) | BIT(2));
}

/* The device dies, having answered the first, of which nobody has heard. */
static void together_hold_begun_test(struct kunit *test)
{
	struct rig *rig = create(test, 4);
	struct transfer transfer;

	add_all(rig, &transfer, 100);
	transfer.ids[0] = take(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	rig_fill_in(rig, transfer.ids[0], IN);
	rig_put(rig, transfer.ids[0], IN);
	virtio_msg_relay_hold(rig->relay);
	rig_settle(rig);
	get_all(rig, &transfer, BIT(1) | BIT(2));
}

static struct kunit_case together_cases[] = {
	KUNIT_CASE(together_order_test),
	KUNIT_CASE(together_stalled_test),
	KUNIT_CASE(together_unfinished_test),
	KUNIT_CASE(together_unfinished_dead_test),
	KUNIT_CASE(together_no_room_test),
	KUNIT_CASE(together_oversize_test),
	KUNIT_CASE(together_fail_test),
	KUNIT_CASE(together_hold_test),
	KUNIT_CASE(together_hold_begun_test),
	{}
};

static struct kunit_suite together_suite = {
	.name = "virtio_msg_relay_together",
	.suite_init = rig_suite_init,
	.suite_exit = rig_suite_exit,
	.test_cases = together_cases,
};

kunit_test_suite(together_suite);
