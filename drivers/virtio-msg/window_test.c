// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of windows: limits, quarantine, counters.
 */
#include <kunit/test.h>

#include "fake_peer.h"

static struct virtio_msg_window *get(struct kunit *test, size_t size)
{
	struct fake_peer *peer = test->priv;
	struct virtio_msg_window *win;

	win = virtio_msg_window_alloc(peer->core, 1, size);
	KUNIT_ASSERT_FALSE(test, IS_ERR(win));
	return win;
}

static void put(struct kunit *test, struct virtio_msg_window *win,
		bool returned)
{
	struct fake_peer *peer = test->priv;

	virtio_msg_window_free(peer->core, win, returned);
}

static void window_counted(struct kunit *test)
{
	struct virtio_msg_window *a, *b;
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	a = get(test, 1);
	b = get(test, PAGE_SIZE + 1);
	KUNIT_EXPECT_EQ(test, a->size, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, b->size, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, a->dev_num, 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(b->kaddr, 0, b->size), NULL);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 2L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, window_bytes),
			3L * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, peer->core->windows.bytes, 3 * PAGE_SIZE);
	put(test, a, true);
	KUNIT_EXPECT_EQ(test, fake_count(peer, window_bytes), 2L * PAGE_SIZE);
	put(test, b, true);
	KUNIT_EXPECT_EQ(test, peer->core->windows.bytes, 0);
}

static void expect_error(struct kunit *test, size_t size, int err)
{
	struct fake_peer *peer = test->priv;

	KUNIT_EXPECT_EQ(test,
			PTR_ERR(virtio_msg_window_alloc(peer->core, 1, size)),
			err);
}

static void window_limits(struct kunit *test)
{
	struct virtio_msg_window *win;
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	expect_error(test, VIRTIO_MSG_LIMIT_WINDOW + 1, -ENOSPC);
	expect_error(test, SIZE_MAX, -ENOSPC);
	peer->core->windows.limit = 4 * PAGE_SIZE;
	expect_error(test, 4 * PAGE_SIZE + 1, -ENOSPC);
	win = get(test, 3 * PAGE_SIZE);
	expect_error(test, PAGE_SIZE + 1, -ENOSPC);
	/* A limit that is lowered later, too. */
	peer->core->windows.limit = PAGE_SIZE;
	expect_error(test, PAGE_SIZE, -ENOSPC);
	put(test, win, true);
	put(test, get(test, PAGE_SIZE), true);
	KUNIT_EXPECT_EQ(test, peer->allocations, 2);
}

static void window_bus_fails(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->fail_allocation = 1;
	fake_peer_start(peer);
	expect_error(test, PAGE_SIZE, -ENOMEM);
	KUNIT_EXPECT_EQ(test, peer->core->windows.bytes, 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
}

/* What the peer may still write to is not used for anything else. */
static void window_quarantine(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	put(test, get(test, 2 * PAGE_SIZE), false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 1L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined_bytes),
			2L * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 1L);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 1);
	/* Nor does it make room for more. */
	peer->core->windows.limit = 2 * PAGE_SIZE;
	expect_error(test, PAGE_SIZE, -ENOSPC);
	peer->leaked = 1;
}

static void window_revoked(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->revocable = true;
	fake_peer_start(peer);
	put(test, get(test, PAGE_SIZE), false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 0L);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
	KUNIT_EXPECT_EQ(test, peer->core->windows.bytes, 0);
}

/* A bus that could not revoke, but can as it goes. */
static void window_revoked_late(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	put(test, get(test, PAGE_SIZE), false);
	put(test, get(test, PAGE_SIZE), false);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 2);
	peer->revocable = true;
	fake_peer_stop(peer);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(window_counted),
	KUNIT_CASE(window_limits),
	KUNIT_CASE(window_bus_fails),
	KUNIT_CASE(window_quarantine),
	KUNIT_CASE(window_revoked),
	KUNIT_CASE(window_revoked_late),
	{}
};

static struct kunit_suite window_suite = {
	.name = "virtio_msg_window",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
