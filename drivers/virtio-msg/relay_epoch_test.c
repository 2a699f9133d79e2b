// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of a relay on hold: the device has died, and the next one has a new
 * window. What was not answered comes again, in order, and nothing else does.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "limits.h"
#include "relay_rig.h"
#include "ring.h"

#define NUM	16

static struct rig_setup setup_of(u32 num)
{
	return (struct rig_setup) {
		.num = num,
		.policy = { .num = num, .out_size = 64, .in_size = 64,
			    .tail = true, .error_tail = 0xe1 },
		.event_idx = true,
		.wire_event_idx = true,
	};
}

static struct rig_shape shape_of(u32 i)
{
	return (struct rig_shape) { 20 + i % 100, 30, i * 256, 2, true };
}

static void add(struct rig *rig, u32 i)
{
	struct rig_shape shape = shape_of(i);

	KUNIT_ASSERT_GE(rig->test, rig_add(rig, &shape), 0);
}

/* Requests @first to @last, which the relay is told of. */
static void add_some(struct rig *rig, u32 first, u32 last)
{
	for (; first <= last; first++)
		add(rig, first);
	rig_kick(rig);
	rig_settle(rig);
}

/* The next request that the device gets is @i. Its id. */
static int take(struct rig *rig, u32 i)
{
	int id = rig_take(rig);

	KUNIT_ASSERT_GE(rig->test, id, 0);
	KUNIT_ASSERT_EQ(rig->test, rig->shapes[id].at, i * 256);
	rig_check_out(rig, id);
	return id;
}

static void answer(struct rig *rig, int id)
{
	rig_fill_in(rig, id, rig->shapes[id].in);
	rig_put(rig, id, rig->shapes[id].in);
}

static void settle_used(struct rig *rig)
{
	virtio_msg_relay_used(rig->relay);
	rig_settle(rig);
}

/* The driver gets the answer to @i. */
static void get(struct rig *rig, u32 i)
{
	struct rig_shape shape;
	u32 len;
	int head = rig_get(rig, &len);

	KUNIT_ASSERT_GE(rig->test, head, 0);
	shape = rig->slots[head].shape;
	KUNIT_EXPECT_EQ(rig->test, shape.at, i * 256);
	KUNIT_EXPECT_EQ(rig->test, len, shape.in);
	rig_check_in(rig, &shape, len);
}

/* The driver gets an error for @i. */
static void get_error(struct rig *rig, u32 i)
{
	u32 len;
	int head = rig_get(rig, &len);

	KUNIT_ASSERT_GE(rig->test, head, 0);
	KUNIT_EXPECT_EQ(rig->test, rig->slots[head].shape.at, i * 256);
	KUNIT_EXPECT_EQ(rig->test, 0xe1, rig->in[i * 256 + 29 + RIG_GAP]);
}

static void get_nothing(struct rig *rig)
{
	u32 len;

	KUNIT_EXPECT_EQ(rig->test, -EAGAIN, rig_get(rig, &len));
}

static void hold(struct rig *rig)
{
	virtio_msg_relay_hold(rig->relay);
	rig_settle(rig);
}

/* What the dead device writes from now on is garbage. */
static void scribble(struct rig *rig, u8 *window)
{
	memset(window, 0xff, rig->layout.total);
	*(__le16 *)(window + rig->layout.used + 2) = cpu_to_le16(1);
}

/* A new window, in which @n requests are expected again. Returns the old one. */
static u8 *renew(struct rig *rig, const u32 *again, u32 n)
{
	u8 *old = rig->window;
	u32 i;

	rig->window = vzalloc(rig->layout.total);
	KUNIT_ASSERT_NOT_NULL(rig->test, rig->window);
	rig->desc = (void *)rig->window + rig->layout.desc;
	rig->wire_avail = (void *)rig->window + rig->layout.avail;
	rig->wire_used = (void *)rig->window + rig->layout.used;
	rig->taken = 0;
	rig->put = 0;
	rig->told = 0;
	bitmap_zero(rig->busy, 3 * rig->layout.num);
	/* Those that were not seen yet follow. */
	for (i = 0; i < n; i++)
		rig->sent[i] = shape_of(again[i]);
	rig->num_sent = n;
	rig->num_taken = 0;
	virtio_msg_relay_renew(rig->relay, rig->window, RIG_BUS_ADDR);
	/* Nothing is shown before the device has accepted all. */
	KUNIT_EXPECT_EQ(rig->test, 0, ring_get16(&rig->wire_avail->idx));
	return old;
}

static void resume(struct rig *rig)
{
	u32 notified = rig->notified;

	virtio_msg_relay_resume(rig->relay);
	rig_settle(rig);
	KUNIT_EXPECT_GT(rig->test, rig->notified, notified);
}

static void next_epoch(struct rig *rig, const u32 *again, u32 n)
{
	u8 *old;

	hold(rig);
	scribble(rig, rig->window);
	old = renew(rig, again, n);
	scribble(rig, old);
	resume(rig);
	/* Whoever looks at it from here on finds that nothing is there. */
	vfree(old);
}

static void epoch_order_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig = rig_create(test, &setup);
	static const u32 again[] = { 0, 2, 3, 4 };
	int ids[5], i;

	add_some(rig, 0, 3);
	for (i = 0; i < 3; i++)
		ids[i] = take(rig, i);
	/* Answered, but nobody was told before the end. */
	answer(rig, ids[1]);
	hold(rig);
	get(rig, 1);
	get_nothing(rig);
	scribble(rig, rig->window);
	add_some(rig, 4, 4);
	get_nothing(rig);
	KUNIT_EXPECT_EQ(test, rig->broken, 0);

	vfree(renew(rig, again, 4));
	resume(rig);
	KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_replayed], 3);
	for (i = 0; i < 4; i++)
		answer(rig, take(rig, again[i]));
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	settle_used(rig);
	for (i = 0; i < 4; i++)
		get(rig, again[i]);
	get_nothing(rig);
	KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_failed], 0);
}

/* It dies again: before it was told all, and after some answers. */
static void epoch_again_test(struct kunit *test)
{
	static const u32 all[] = { 0, 1, 2, 3 }, later[] = { 1, 3, 4, 5 };
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig = rig_create(test, &setup);
	int ids[4], i;

	add_some(rig, 0, 3);
	hold(rig);
	for (i = 0; i < 3; i++) {
		vfree(renew(rig, all, 4));
		hold(rig);
	}
	vfree(renew(rig, all, 4));
	resume(rig);
	for (i = 0; i < 4; i++)
		ids[i] = take(rig, i);
	answer(rig, ids[2]);
	answer(rig, ids[0]);
	settle_used(rig);
	get(rig, 2);
	get(rig, 0);
	add_some(rig, 4, 5);
	next_epoch(rig, later, 4);
	for (i = 0; i < 4; i++)
		answer(rig, take(rig, later[i]));
	settle_used(rig);
	for (i = 0; i < 4; i++)
		get(rig, later[i]);
	get_nothing(rig);
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
}

/* The dead device goes on writing: answers that it makes up are none. */
static void epoch_late_writes_test(struct kunit *test)
{
	static const u32 again[] = { 0, 1 };
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig = rig_create(test, &setup);
	u8 *old;
	int id;

	add_some(rig, 0, 1);
	id = take(rig, 0);
	hold(rig);
	answer(rig, id);
	settle_used(rig);
	get_nothing(rig);
	old = renew(rig, again, 2);
	resume(rig);
	scribble(rig, old);
	settle_used(rig);
	get_nothing(rig);
	answer(rig, take(rig, 0));
	scribble(rig, old);
	settle_used(rig);
	get(rig, 0);
	answer(rig, take(rig, 1));
	settle_used(rig);
	get(rig, 1);
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
	vfree(old);
}

/* What may have been seen fails; what cannot have been seen comes. */
static void epoch_once_test(struct kunit *test)
{
	static const u32 again[] = { 2, 3 };
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig;

	setup.policy.once = true;
	rig = rig_create(test, &setup);
	add_some(rig, 0, 1);
	hold(rig);
	get_error(rig, 0);
	get_error(rig, 1);
	add_some(rig, 2, 3);
	get_nothing(rig);
	vfree(renew(rig, again, 2));
	resume(rig);
	answer(rig, take(rig, 2));
	settle_used(rig);
	get(rig, 2);
	hold(rig);
	get_error(rig, 3);
	get_nothing(rig);
}

/* Driver's requests that were posted, or cannot wait. */
static void epoch_posted_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(NUM);
	struct rig_shape shape = { 40, 0, 0, 1, true };
	struct rig *rig;
	u32 len, i;

	setup.policy.posted = true;
	setup.policy.in_size = 0;
	rig = rig_create(test, &setup);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	rig_kick(rig);
	rig_settle(rig);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	hold(rig);
	get_nothing(rig);
	KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_failed], 3);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	rig_kick(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_failed], 4);
	vfree(renew(rig, NULL, 0));
	resume(rig);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
}

static void epoch_deadline_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig;

	setup.policy.deadline = true;
	setup.policy.once = true;
	rig = rig_create(test, &setup);
	/* However slow this machine is. */
	rig->config.timeout_ms = 0;
	rig_recreate(rig);
	add_some(rig, 0, 0);
	hold(rig);
	get_error(rig, 0);
	add_some(rig, 1, 1);
	get_error(rig, 1);
	KUNIT_EXPECT_EQ(test, rig->broken, 0);
}

/* Nobody comes: each request fails once, whatever had become of it. */
static void epoch_given_up_test(struct kunit *test)
{
	static const u32 again[] = { 0, 1, 2 };
	struct rig_setup setup = setup_of(NUM);
	int renewed, i;

	for (renewed = 0; renewed < 2; renewed++) {
		struct rig *rig = rig_create(test, &setup);

		add_some(rig, 0, 2);
		hold(rig);
		if (renewed)
			vfree(renew(rig, again, 3));
		add_some(rig, 3, 3);
		virtio_msg_relay_fail(rig->relay);
		rig_settle(rig);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_GE(test, rig_get(rig, &(u32){ 0 }), 0);
		get_nothing(rig);
		add_some(rig, 4, 4);
		get_error(rig, 4);
		KUNIT_EXPECT_EQ(test, rig->counted[VMSG_CNT_relay_failed], 5);
		rig_destroy(rig);
	}
}

/* Its last words make no sense. */
static void epoch_bad_ring_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig = rig_create(test, &setup);

	add_some(rig, 0, 1);
	ring_put16(&rig->wire_used->idx, 3);
	hold(rig);
	KUNIT_EXPECT_EQ(test, rig->broken, 1);
	get_error(rig, 0);
	get_error(rig, 1);
	get_nothing(rig);
}

/* One that was being copied when the end came, in slots without number. */
static void epoch_unfinished_test(struct kunit *test)
{
	struct rig_shape shape = { 3 * VIRTIO_MSG_RELAY_BYTES + 5, 30, 0, 9,
				   true };
	struct rig_setup setup = setup_of(64);
	struct rig *rig;
	u32 len;
	u8 *old;
	int id;

	setup.policy.out_size = SZ_16K;
	setup.policy.once = true;
	rig = rig_create(test, &setup);
	KUNIT_ASSERT_GE(test, rig_add(rig, &shape), 0);
	rig_block(rig);
	rig_kick(rig);
	virtio_msg_relay_hold(rig->relay);
	rig_unblock(rig);
	rig_settle(rig);
	/* Never published, so that it is given to the next one even here. */
	get_nothing(rig);
	old = renew(rig, NULL, 0);
	rig->sent[0] = shape;
	rig->num_sent = 1;
	resume(rig);
	vfree(old);
	id = rig_take(rig);
	KUNIT_ASSERT_GE(test, id, 0);
	rig_check_out(rig, id);
	answer(rig, id);
	settle_used(rig);
	KUNIT_EXPECT_GE(test, rig_get(rig, &len), 0);
	rig_check_in(rig, &shape, len);
}

/* One that is stopped stays so. */
static void epoch_stopped_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig = rig_create(test, &setup);

	add_some(rig, 0, 0);
	hold(rig);
	virtio_msg_relay_stop(rig->relay);
	vfree(renew(rig, NULL, 0));
	virtio_msg_relay_resume(rig->relay);
	add_some(rig, 1, 1);
	KUNIT_EXPECT_EQ(test, -EAGAIN, rig_take(rig));
	get_nothing(rig);
}

/* Any traffic, any moment: in order, and answered once. */
struct expected {
	u32 order[4 * NUM];
	u32 n;
};

static void forget(struct expected *expected, u32 i)
{
	u32 j;

	for (j = 0; expected->order[j] != i; j++)
		;
	memmove(&expected->order[j], &expected->order[j + 1],
		(--expected->n - j) * sizeof(u32));
}

static void some_traffic(struct rig *rig, struct expected *expected, u32 *seq)
{
	int ids[NUM], n = 0, id;
	u32 i, at;

	for (i = rig_random(4); i && rig->num_free > 0; i--) {
		expected->order[expected->n++] = *seq % 4096;
		add(rig, (*seq)++ % 4096);
	}
	rig_kick(rig);
	rig_settle(rig);
	for (i = 0; (id = rig_take(rig)) >= 0; i++) {
		at = rig->shapes[id].at / 256;
		KUNIT_ASSERT_EQ(rig->test, at, expected->order[i]);
		rig_check_out(rig, id);
		ids[n++] = id;
	}
	while (n && rig_random(3)) {
		i = rig_random(n);
		id = ids[i];
		ids[i] = ids[--n];
		forget(expected, rig->shapes[id].at / 256);
		answer(rig, id);
	}
	if (rig_random(2))
		settle_used(rig);
}

static void collect(struct rig *rig)
{
	struct rig_shape shape;
	u32 len;
	int head;

	while ((head = rig_get(rig, &len)) >= 0) {
		shape = rig->slots[head].shape;
		rig_check_in(rig, &shape, len);
	}
}

static void epoch_random_test(struct kunit *test)
{
	struct rig_setup setup = setup_of(NUM);
	struct rig *rig = rig_create(test, &setup);
	struct expected expected = {};
	u32 i, seq = 0;

	for (i = 0; i < 2000; i++) {
		some_traffic(rig, &expected, &seq);
		next_epoch(rig, expected.order, expected.n);
		collect(rig);
		KUNIT_ASSERT_EQ(test, rig->outstanding, expected.n);
		KUNIT_ASSERT_EQ(test, rig->broken, 0);
	}
	KUNIT_EXPECT_GT(test, seq, 1000);
}

static struct kunit_case epoch_cases[] = {
	KUNIT_CASE(epoch_order_test),
	KUNIT_CASE(epoch_again_test),
	KUNIT_CASE(epoch_late_writes_test),
	KUNIT_CASE(epoch_once_test),
	KUNIT_CASE(epoch_posted_test),
	KUNIT_CASE(epoch_deadline_test),
	KUNIT_CASE(epoch_given_up_test),
	KUNIT_CASE(epoch_bad_ring_test),
	KUNIT_CASE(epoch_unfinished_test),
	KUNIT_CASE(epoch_stopped_test),
	KUNIT_CASE(epoch_random_test),
	{}
};

static struct kunit_suite epoch_suite = {
	.name = "virtio_msg_relay_epoch",
	.suite_init = rig_suite_init,
	.suite_exit = rig_suite_exit,
	.test_cases = epoch_cases,
};

kunit_test_suite(epoch_suite);
