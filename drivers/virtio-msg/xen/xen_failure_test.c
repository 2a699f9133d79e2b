// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the bus between domains with errors of Xen, and with another domain
 * that writes what it likes.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "memory.h"
#include "store.h"
#include "xen_rig.h"

#define DEVICE	3

static void begin(struct fake_xen *fake)
{
	xen_rig_start(fake);
	xen_rig_expect_link(fake);
}

static bool has_failed(struct fake_xen *fake)
{
	return READ_ONCE(fake->ends[FAKE_FRONT].failures) +
	       READ_ONCE(fake->ends[FAKE_BACK].failures);
}

static void start_failing(struct fake_xen *fake, unsigned int call)
{
	unsigned int end;

	fake->calls = 0;
	fake->fail_call = call;
	for (end = 0; end < FAKE_ENDS; end++)
		fake_xen_start(fake, end);
	drain_workqueue(fake->watches);
}

/* The sum of it: neither end is harmed, and both work when loaded anew. */
static void each_call_may_fail(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	unsigned int calls, i;

	start_failing(fake, 0);
	KUNIT_ASSERT_TRUE(test, xen_rig_wait_up(fake));
	calls = fake->calls;
	KUNIT_EXPECT_GT(test, calls, 20U);
	for (i = 1; i <= calls; i++) {
		xen_rig_stop(fake);
		start_failing(fake, i);
	}
	xen_rig_reload(fake);
	KUNIT_EXPECT_TRUE(test, has_failed(fake));
}

/* Of each window either all is granted, or nothing. */
static void window_calls_may_fail(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_bus *front = xen_rig_bus(fake, FAKE_FRONT);
	struct virtio_msg_bus *back = xen_rig_bus(fake, FAKE_BACK);
	struct virtio_msg_window win = { .dev_num = DEVICE };
	struct virtio_msg_mapping map;
	unsigned int used, mapped, i;
	int err = -EAGAIN;

	begin(fake);
	used = fake->used;
	mapped = fake->mapped;
	for (i = 1; err; i++) {
		win.size = 4 * PAGE_SIZE;
		fake->calls = 0;
		fake->fail_call = i;
		err = front->ops->window_alloc(front, &win);
		if (err) {
			KUNIT_EXPECT_EQ(test, used, fake->used);
			continue;
		}
		err = back->ops->window_map(back, DEVICE, win.bus_addr, &map);
		KUNIT_EXPECT_EQ(test, !err, fake->mapped > mapped);
		if (!err)
			back->ops->window_unmap(back, &map);
		front->ops->window_free(front, &win);
	}
	/* 4 pages, a directory; that is mapped, and the pages. */
	KUNIT_EXPECT_EQ(test, 9U, i);
	KUNIT_EXPECT_EQ(test, used, fake->used);
	KUNIT_EXPECT_EQ(test, mapped, fake->mapped);
}

static void grants_may_run_out(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_FRONT);
	struct virtio_msg_window win = { .size = FAKE_GRANTS * PAGE_SIZE };
	unsigned int used;

	begin(fake);
	used = fake->used;
	KUNIT_EXPECT_EQ(test, -ENOSPC, bus->ops->window_alloc(bus, &win));
	KUNIT_EXPECT_EQ(test, used, fake->used);
}

/* What the front end says of itself is the back end's to check. */
static void back_end_refuses_what_cannot_be(struct kunit *test)
{
	static const struct {
		const char *key;
		u32 value;
	} bad[] = {
		{ "version", 0 }, { "version", 2 },
		{ "num-ring-pages", 0 }, { "num-ring-pages", 3 },
		{ "num-ring-pages", 17 }, { "num-ring-pages", ~0U },
		{ "num-ring-pages", 5 },
		{ "event-channel", 0 }, { "event-channel", ~0U },
		{ "ring-ref0", 1 }, { "ring-ref3", ~0U },
	};
	struct fake_xen *fake = test->priv;
	struct fake_end *back = &fake->ends[FAKE_BACK];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		begin(fake);
		drain_workqueue(fake->watches);
		virtio_msg_xen_forget(&back->xen, false);
		back->failures = 0;
		fake_xen_set(fake, FAKE_FRONT, bad[i].key, bad[i].value);
		virtio_msg_xen_back_changed(&back->xen,
					    VIRTIO_MSG_XEN_INITIALISED);
		KUNIT_EXPECT_EQ(test, 1U, back->failures);
		KUNIT_EXPECT_FALSE(test, back->xen.linked);
		xen_rig_stop(fake);
	}
}

static void front_end_refuses_what_cannot_be(struct kunit *test)
{
	static const struct {
		const char *key;
		u32 value;
		u32 good;
	} bad[] = {
		{ "version", 0, 1 },
		{ "max-msg-size", 0, 4096 }, { "max-msg-size", 63, 4096 },
		{ "max-ring-pages", 0, 16 }, { "max-ring-pages", 3, 16 },
	};
	struct fake_xen *fake = test->priv;
	struct fake_end *front = &fake->ends[FAKE_FRONT];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, fake_xen_start(fake, FAKE_FRONT));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		front->failures = 0;
		fake_xen_set(fake, FAKE_BACK, bad[i].key, bad[i].value);
		virtio_msg_xen_front_changed(&front->xen,
					     VIRTIO_MSG_XEN_INIT_WAIT);
		KUNIT_EXPECT_EQ(test, 1U, front->failures);
		KUNIT_EXPECT_EQ(test, 0U, fake->used);
		fake_xen_set(fake, FAKE_BACK, bad[i].key, bad[i].good);
	}
	fake_xen_stop(fake, FAKE_FRONT);
	begin(fake);
}

/* Each end hears any state, at any time, of an end that does not keep to it. */
static void states_come_in_any_order(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 1);
	begin(fake);
	for (i = 0; i < 300; i++) {
		u32 r = prandom_u32_state(&rnd);

		fake_xen_say(fake, r & 1, (r >> 1) % 10);
		if (r & 0x1000)
			flush_workqueue(fake->watches);
	}
	xen_rig_reload(fake);
}

/* At each state that the other end has reached, it goes without a word. */
static void other_end_dies_at_each_state(struct kunit *test)
{
	static const enum virtio_msg_xen_state states[] = {
		VIRTIO_MSG_XEN_INITIALISING, VIRTIO_MSG_XEN_INIT_WAIT,
		VIRTIO_MSG_XEN_INITIALISED, VIRTIO_MSG_XEN_CONNECTED,
		VIRTIO_MSG_XEN_CLOSING, VIRTIO_MSG_XEN_CLOSED,
		VIRTIO_MSG_XEN_UNKNOWN,
	};
	struct fake_xen *fake = test->priv;
	unsigned int i, end;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		for (end = 0; end < FAKE_ENDS; end++) {
			begin(fake);
			fake_xen_vanish(fake, end);
			fake_xen_say(fake, end, states[i]);
			flush_workqueue(fake->watches);
			xen_rig_stop(fake);
		}
	}
	begin(fake);
}

/* Shared memory */

static void scribble(struct rnd_state *rnd, u8 *memory, size_t size)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		WRITE_ONCE(memory[prandom_u32_state(rnd) % size],
			   prandom_u32_state(rnd));
}

static void memory_is_rewritten(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct rnd_state rnd;
	unsigned int round, i;

	prandom_seed_state(&rnd, 2);
	for (round = 0; round < 8; round++) {
		struct virtio_msg_xen *front = &fake->ends[FAKE_FRONT].xen;

		begin(fake);
		for (i = 0; i < 200; i++) {
			scribble(&rnd, front->ring->kaddr, front->ring->size);
			/* There may be no link any more. */
			xen_rig_ping(fake, i % 2);
			if (i % 16 == 0)
				schedule_timeout_uninterruptible(1);
		}
		xen_rig_stop(fake);
	}
}

static void map_anything(struct fake_xen *fake, u64 addr)
{
	struct virtio_msg_bus *back = xen_rig_bus(fake, FAKE_BACK);
	struct virtio_msg_mapping map;

	if (back->ops->window_map(back, DEVICE, addr, &map))
		return;
	KUNIT_EXPECT_LE(fake->test, map.size, (size_t)VIRTIO_MSG_XEN_MAX_WINDOW);
	back->ops->window_unmap(back, &map);
}

/* An entry that says anything, and a directory that does. */
static void windows_are_rewritten(struct kunit *test)
{
	static const u32 words[] = { 0, 1, 2, 1022, 16384, 16385, 0x10003,
				     0x30003, ~0U };
	struct fake_xen *fake = test->priv;
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_FRONT);
	struct virtio_msg_window win = {
		.size = 4 * PAGE_SIZE, .dev_num = DEVICE,
	};
	struct rnd_state rnd;
	unsigned int i, mapped;
	__le32 *entry;

	prandom_seed_state(&rnd, 3);
	begin(fake);
	mapped = fake->mapped;
	KUNIT_ASSERT_EQ(test, 0, bus->ops->window_alloc(bus, &win));
	entry = (void *)&fake->ends[FAKE_FRONT].xen.table[win.bus_addr >>
		VIRTIO_MSG_XEN_WINDOW_SHIFT];
	for (i = 0; i < 2000; i++) {
		u32 r = prandom_u32_state(&rnd);

		WRITE_ONCE(entry[0], cpu_to_le32(0x10000 | DEVICE));
		WRITE_ONCE(entry[r % 3],
			   cpu_to_le32(r & 8 ? words[(r >> 4) % ARRAY_SIZE(words)] :
				       (r >> 4) % 64));
		map_anything(fake, win.bus_addr + (r >> 16));
	}
	KUNIT_EXPECT_EQ(test, mapped, fake->mapped);
	bus->ops->window_free(bus, &win);
}

static struct kunit_case xen_failure_cases[] = {
	KUNIT_CASE(each_call_may_fail),
	KUNIT_CASE(window_calls_may_fail),
	KUNIT_CASE(grants_may_run_out),
	KUNIT_CASE(back_end_refuses_what_cannot_be),
	KUNIT_CASE(front_end_refuses_what_cannot_be),
	KUNIT_CASE_SLOW(states_come_in_any_order),
	KUNIT_CASE_SLOW(other_end_dies_at_each_state),
	KUNIT_CASE_SLOW(memory_is_rewritten),
	KUNIT_CASE(windows_are_rewritten),
	{ }
};

static struct kunit_suite xen_failure_suite = {
	.name = "virtio-msg-xen-failure",
	.init = fake_xen_init,
	.exit = fake_xen_exit,
	.test_cases = xen_failure_cases,
};

kunit_test_suite(xen_failure_suite);
