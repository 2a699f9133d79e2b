// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the driver for device trees: two of its devices are the two sides of
 * the same memory.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "fake_board.h"

static long count(struct virtio_msg_amp_platform *amp,
		  enum virtio_msg_counter counter)
{
	struct virtio_msg_core *core;
	long value = 0;

	rcu_read_lock();
	core = rcu_dereference(amp->shmem.bus.core);
	if (core)
		value = atomic_long_read(&core->counters.value[counter]);
	rcu_read_unlock();
	return value;
}

static long pings(struct virtio_msg_amp_platform *amp)
{
	return count(amp, VMSG_CNT_ping_received);
}

static long messages(struct virtio_msg_amp_platform *amp)
{
	return count(amp, VMSG_CNT_received);
}

static bool is_open(struct virtio_msg_amp_platform *amp)
{
	return READ_ONCE(amp->shmem.up) && READ_ONCE(amp->shmem.open);
}

static bool comes_up(struct fake_board *board, unsigned int side)
{
	return fake_until(is_open(fake_board_side(board, side)));
}

static bool is_bound(struct fake_board *board, unsigned int side)
{
	return fake_until(device_is_bound(&board->sides[side]->dev));
}

static int ping(struct virtio_msg_amp_platform *amp)
{
	struct {
		struct virtio_msg_hdr hdr;
		struct virtio_msg_ping ping;
	} message = {
		.hdr.type = VIRTIO_MSG_TYPE_BUS,
		.hdr.msg_id = VIRTIO_MSG_BUS_PING,
		.hdr.msg_size = cpu_to_le16(sizeof(message)),
	};

	return amp->shmem.bus.ops->send(&amp->shmem.bus, (void *)&message);
}

static void add_sides(struct kunit *test)
{
	struct fake_board *board = test->priv;

	KUNIT_ASSERT_TRUE(test, fake_board_add_side(board, 0));
	KUNIT_ASSERT_TRUE(test, fake_board_add_side(board, 1));
}

static void expect_link(struct kunit *test)
{
	struct fake_board *board = test->priv;
	unsigned int i;

	for (i = 0; i < FAKE_BOARD_SIDES; i++)
		KUNIT_ASSERT_TRUE(test, comes_up(board, i));
	for (i = 0; i < FAKE_BOARD_SIDES; i++) {
		struct virtio_msg_amp_platform *amp = fake_board_side(board, i);
		struct virtio_msg_amp_platform *other =
			fake_board_side(board, !i);
		long before = pings(other);

		KUNIT_EXPECT_EQ(test, 0, ping(amp));
		KUNIT_ASSERT_TRUE(test,
				  fake_until(pings(other) > before));
		/* The other's question for devices, and the answer to ours. */
		KUNIT_EXPECT_TRUE(test,
				  fake_until(messages(amp) >= 2));
		KUNIT_EXPECT_EQ(test, 0L,
				count(amp, VMSG_CNT_enumeration_failed));
	}
}

/* Links */

static void sides_without_mailbox_meet(struct kunit *test)
{
	struct fake_board *board = test->priv;

	add_sides(test);
	expect_link(test);
	KUNIT_EXPECT_EQ(test, VIRTIO_MSG_AMP_NO_DOORBELL,
			fake_board_side(board, 0)->shmem.doorbell);
	KUNIT_EXPECT_EQ(test, 264U,
			fake_board_side(board, 1)->shmem.layout.slot_size);
	KUNIT_EXPECT_EQ(test, 64U,
			fake_board_side(board, 1)->shmem.layout.num_slots);
}

static void sides_with_a_channel_meet(struct kunit *test)
{
	struct fake_board *board = test->priv;

	fake_board_add_mailbox(board, FAKE_DONE_NEVER);
	fake_board_set_channel(board, board->nodes[0], 0);
	fake_board_set_channel(board, board->nodes[1], 1);
	add_sides(test);
	expect_link(test);
	KUNIT_EXPECT_GT(test, board->mailbox.delivered, 0);
}

static void use_two_channels(struct fake_board *board,
			     enum fake_mailbox_done done)
{
	fake_board_add_mailbox(board, done);
	fake_board_set_channels(board, board->nodes[0], 2, 5);
	fake_board_set_channels(board, board->nodes[1], 4, 3);
}

static void sides_with_two_channels_meet(struct kunit *test)
{
	use_two_channels(test->priv, FAKE_DONE_IRQ);
	add_sides(test);
	expect_link(test);
}

/* What comes without a ring is noticed by the beat. */
static void a_ring_is_enough(struct kunit *test)
{
	struct fake_board *board = test->priv;
	unsigned int i;

	use_two_channels(board, FAKE_DONE_IRQ);
	add_sides(test);
	expect_link(test);
	for (i = 0; i < FAKE_BOARD_SIDES; i++)
		timer_delete_sync(&fake_board_side(board, i)->shmem.beat_timer);
	for (i = 0; i < 20; i++)
		expect_link(test);
}

static void sides_that_poll_meet_sides_that_do_not(struct kunit *test)
{
	struct fake_board *board = test->priv;

	fake_board_add_mailbox(board, FAKE_DONE_IRQ);
	fake_board_set_channel(board, board->nodes[0], 0);
	add_sides(test);
	expect_link(test);
}

static void sizes_are_those_of_side_0(struct kunit *test)
{
	struct fake_board *board = test->priv;
	unsigned int i;

	fake_board_set_u32(board, board->nodes[0], "virtio,msg-size", 64);
	fake_board_set_u32(board, board->nodes[0], "virtio,slots", 8);
	add_sides(test);
	expect_link(test);
	for (i = 0; i < FAKE_BOARD_SIDES; i++) {
		struct virtio_msg_shmem *shmem =
			&fake_board_side(board, i)->shmem;

		KUNIT_EXPECT_EQ(test, 64U, shmem->layout.slot_size);
		KUNIT_EXPECT_EQ(test, 8U, shmem->layout.num_slots);
	}
}

static void a_busy_mailbox_is_no_harm(struct kunit *test)
{
	struct fake_board *board = test->priv;
	unsigned int i;

	use_two_channels(board, FAKE_DONE_IRQ);
	board->mailbox.refuse = 20;
	add_sides(test);
	expect_link(test);
	for (i = 0; i < 10; i++) {
		board->mailbox.refuse = i;
		expect_link(test);
	}
}

/* Probing */

static void waits_for_the_mailbox(struct kunit *test)
{
	struct fake_board *board = test->priv;

	fake_board_set_channel(board, board->nodes[0], 0);
	fake_board_set_channel(board, board->nodes[1], 1);
	KUNIT_EXPECT_FALSE(test, fake_board_add_side(board, 0));
	KUNIT_EXPECT_FALSE(test, fake_board_add_side(board, 1));
	fake_board_add_mailbox(board, FAKE_DONE_POLL);
	KUNIT_ASSERT_TRUE(test, is_bound(board, 0));
	KUNIT_ASSERT_TRUE(test, is_bound(board, 1));
	expect_link(test);
}

static void expect_refused(struct kunit *test)
{
	struct fake_board *board = test->priv;

	KUNIT_EXPECT_FALSE(test, fake_board_add_side(board, 0));
	fake_board_remove_side(board, 0);
}

static void refuses_bad_properties(struct kunit *test)
{
	static const struct {
		const char *name;
		u32 bad;
		u32 good;
	} props[] = {
		{ "virtio,side", 2, 0 },
		{ "virtio,side", ~0U, 0 },
		{ "virtio,msg-size", 40, 264 },
		{ "virtio,msg-size", 52, 264 },
		{ "virtio,msg-size", 4104, 264 },
		{ "virtio,slots", 1, 64 },
		{ "virtio,slots", 32769, 64 },
		{ "memory-region", 0, 0 },
	};
	struct fake_board *board = test->priv;
	struct device_node *np = board->nodes[0];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(props); i++) {
		fake_board_set_u32(board, np, props[i].name, props[i].bad);
		expect_refused(test);
		fake_board_set_u32(board, np, props[i].name, props[i].good);
	}
	fake_board_set_u32(board, np, "memory-region",
			   board->reserved->phandle);
	KUNIT_EXPECT_TRUE(test, fake_board_add_side(board, 0));
}

static void refuses_what_is_missing(struct kunit *test)
{
	struct fake_board *board = test->priv;
	struct device_node *np = board->nodes[0];
	struct property **link, *prop;

	for (link = &np->properties; *link; link = &prop->next) {
		prop = *link;
		if (!strcmp(prop->name, "compatible"))
			continue;
		*link = prop->next;
		expect_refused(test);
		*link = prop;
	}
	KUNIT_EXPECT_TRUE(test, fake_board_add_side(board, 0));
}

static void refuses_bad_memory(struct kunit *test)
{
	struct fake_board *board = test->priv;
	u64 start = virt_to_phys(board->memory);

	fake_board_set_memory(board, start, 0);
	expect_refused(test);
	fake_board_set_memory(board, start, VIRTIO_MSG_AMP_MIN_MEMORY - 8);
	expect_refused(test);
	/* Too small for messages of 264 bytes. */
	fake_board_set_memory(board, start, VIRTIO_MSG_AMP_MIN_MEMORY);
	expect_refused(test);
	fake_board_set_memory(board, start + 64, SZ_64K);
	expect_refused(test);
	fake_board_set(board, board->reserved, "reg", "", 0);
	expect_refused(test);
	fake_board_set_memory(board, start, SZ_64K);
	fake_board_set(board, board->reserved, "status", "disabled",
		       sizeof("disabled"));
	expect_refused(test);
	fake_board_set(board, board->reserved, "status", "okay",
		       sizeof("okay"));
	KUNIT_EXPECT_TRUE(test, fake_board_add_side(board, 0));
}

static void refuses_memory_of_another(struct kunit *test)
{
	struct fake_board *board = test->priv;
	u64 start = virt_to_phys(board->memory);

	KUNIT_ASSERT_TRUE(test, fake_board_add_side(board, 0));
	/* The same side twice. */
	fake_board_set_u32(board, board->nodes[1], "virtio,side", 0);
	KUNIT_EXPECT_FALSE(test, fake_board_add_side(board, 1));
	fake_board_remove_side(board, 1);
	fake_board_set_u32(board, board->nodes[1], "virtio,side", 1);
	/* A part of it. */
	fake_board_set_memory(board, start + SZ_64K, SZ_64K);
	KUNIT_EXPECT_FALSE(test, fake_board_add_side(board, 1));
	fake_board_remove_side(board, 1);
	fake_board_set_memory(board, start, FAKE_BOARD_MEMORY);
	KUNIT_EXPECT_TRUE(test, fake_board_add_side(board, 1));
	expect_link(test);
}

static void refuses_bad_channels(struct kunit *test)
{
	struct fake_board *board = test->priv;
	struct device_node *np = board->nodes[0];
	const u32 controller = board->controller->phandle;
	const u32 three[] = { controller, 0, controller, 2, controller, 4 };

	fake_board_add_mailbox(board, FAKE_DONE_NEVER);
	fake_board_set_channel(board, np, FAKE_MAILBOX_CHANNELS);
	expect_refused(test);
	/* The second of two is not there: the first is given back. */
	fake_board_set_channels(board, np, 0, FAKE_MAILBOX_CHANNELS);
	expect_refused(test);
	KUNIT_EXPECT_NULL(test, board->mailbox.chans[0].cl);
	fake_board_set(board, np, "mbox-names", "a\0b", sizeof("a\0b"));
	expect_refused(test);
	fake_board_set_cells(board, np, "mboxes", three, ARRAY_SIZE(three));
	expect_refused(test);
	fake_board_set_channel(board, np, 0);
	KUNIT_EXPECT_TRUE(test, fake_board_add_side(board, 0));
}

/* Ends */

struct flood {
	struct delayed_work work;
	struct virtio_msg_amp_platform *amp;
	bool stop;
};

static void flood_work(struct work_struct *work)
{
	struct flood *flood = container_of(work, struct flood, work.work);
	unsigned int i;

	for (i = 0; i < 32 && is_open(flood->amp); i++)
		if (ping(flood->amp))
			break;
	if (!READ_ONCE(flood->stop))
		schedule_delayed_work(&flood->work, 1);
}

static void unbinds_while_messages_fly(struct kunit *test)
{
	struct fake_board *board = test->priv;
	struct flood flood = { };
	unsigned int i;

	use_two_channels(board, FAKE_DONE_IRQ);
	add_sides(test);
	flood.amp = fake_board_side(board, 0);
	INIT_DELAYED_WORK_ONSTACK(&flood.work, flood_work);
	schedule_delayed_work(&flood.work, 0);
	for (i = 0; i < 4; i++) {
		struct device *dev = &board->sides[1]->dev;

		KUNIT_EXPECT_TRUE(test, comes_up(board, 1));
		KUNIT_EXPECT_TRUE(test, fake_until(pings(fake_board_side(board, 1)) > 100));
		device_release_driver(dev);
		KUNIT_EXPECT_NULL(test, board->mailbox.chans[3].cl);
		KUNIT_EXPECT_NULL(test, board->mailbox.chans[4].cl);
		KUNIT_ASSERT_EQ(test, 1, device_attach(dev));
	}
	WRITE_ONCE(flood.stop, true);
	cancel_delayed_work_sync(&flood.work);
	destroy_delayed_work_on_stack(&flood.work);
	expect_link(test);
}

static void ends_in_any_order(struct kunit *test)
{
	struct fake_board *board = test->priv;

	use_two_channels(board, FAKE_DONE_POLL);
	add_sides(test);
	expect_link(test);
	fake_board_remove_side(board, 0);
	KUNIT_EXPECT_TRUE(test,
			  fake_until(!is_open(fake_board_side(board, 1))));
	KUNIT_ASSERT_TRUE(test, fake_board_add_side(board, 0));
	expect_link(test);
	fake_board_remove_side(board, 1);
	fake_board_remove_side(board, 0);
	/* While none has found the other. */
	KUNIT_ASSERT_TRUE(test, fake_board_add_side(board, 1));
	fake_board_remove_side(board, 1);
}

static struct kunit_case platform_cases[] = {
	KUNIT_CASE(sides_without_mailbox_meet),
	KUNIT_CASE(sides_with_a_channel_meet),
	KUNIT_CASE(sides_with_two_channels_meet),
	KUNIT_CASE(a_ring_is_enough),
	KUNIT_CASE(sides_that_poll_meet_sides_that_do_not),
	KUNIT_CASE(sizes_are_those_of_side_0),
	KUNIT_CASE(a_busy_mailbox_is_no_harm),
	KUNIT_CASE(waits_for_the_mailbox),
	KUNIT_CASE(refuses_bad_properties),
	KUNIT_CASE(refuses_what_is_missing),
	KUNIT_CASE(refuses_bad_memory),
	KUNIT_CASE(refuses_memory_of_another),
	KUNIT_CASE(refuses_bad_channels),
	KUNIT_CASE(unbinds_while_messages_fly),
	KUNIT_CASE(ends_in_any_order),
	{ }
};

static struct kunit_suite platform_suite = {
	.name = "virtio-msg-amp-platform",
	.init = fake_board_init,
	.exit = fake_board_exit,
	.test_cases = platform_cases,
};

kunit_test_suite(platform_suite);
