// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the bus between domains: links, windows, and their ends.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "mapping.h"
#include "memory.h"
#include "store.h"
#include "xen_rig.h"

#define DEVICE	3

/* Links */

static void ends_meet(struct kunit *test)
{
	struct fake_xen *fake = test->priv;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(fake->ends[FAKE_FRONT].state) ==
					   VIRTIO_MSG_XEN_CONNECTED));
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_MSG_XEN_MSG,
			xen_rig_bus(fake, FAKE_BACK)->max_msg_size);
	KUNIT_EXPECT_EQ(test, 0U, fake->ends[FAKE_FRONT].failures);
	KUNIT_EXPECT_EQ(test, 0U, fake->ends[FAKE_BACK].failures);
}

static void back_end_may_be_first(struct kunit *test)
{
	struct fake_xen *fake = test->priv;

	KUNIT_ASSERT_EQ(test, 0, fake_xen_start(fake, FAKE_BACK));
	KUNIT_ASSERT_EQ(test, 0, fake_xen_start(fake, FAKE_FRONT));
	xen_rig_expect_link(fake);
}

static void sizes_are_what_both_have(struct kunit *test)
{
	struct fake_xen *fake = test->priv;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	/* A back end that has less, seen once. */
	fake_xen_set(fake, FAKE_BACK, "max-msg-size", 71);
	fake_xen_say(fake, FAKE_BACK, VIRTIO_MSG_XEN_INIT_WAIT);
	flush_workqueue(fake->watches);
	xen_rig_expect_link(fake);
	KUNIT_EXPECT_EQ(test, 64U, xen_rig_bus(fake, FAKE_FRONT)->max_msg_size);
	fake_xen_say(fake, FAKE_BACK, VIRTIO_MSG_XEN_CONNECTED);
	flush_workqueue(fake->watches);
	fake_xen_set(fake, FAKE_BACK, "max-msg-size", 4096);
	fake_xen_say(fake, FAKE_BACK, VIRTIO_MSG_XEN_INIT_WAIT);
	flush_workqueue(fake->watches);
	xen_rig_expect_link(fake);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_MSG_XEN_MSG,
			xen_rig_bus(fake, FAKE_FRONT)->max_msg_size);
}

static void either_end_is_reloaded(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	unsigned int i;

	xen_rig_start(fake);
	for (i = 0; i < 6; i++) {
		xen_rig_expect_link(fake);
		fake_xen_stop(fake, i % 2);
		KUNIT_EXPECT_TRUE(test, fake_until(!fake_xen_is_up(fake, !(i % 2))));
		KUNIT_ASSERT_EQ(test, 0, fake_xen_start(fake, i % 2));
	}
	xen_rig_expect_link(fake);
}

/* So fast that the other end sees only the last state. */
static void either_end_is_replaced(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	unsigned int i;

	xen_rig_start(fake);
	for (i = 0; i < 6; i++) {
		xen_rig_expect_link(fake);
		fake_xen_vanish(fake, i % 2);
		KUNIT_ASSERT_EQ(test, 0, fake_xen_start(fake, i % 2));
	}
	xen_rig_expect_link(fake);
}

/* What it grants is then for the domain that has its devices now. */
static void domain_is_restored(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_xen *front = &fake->ends[FAKE_FRONT].xen;
	u16 domid = front->domid + 7;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	virtio_msg_xen_restored(front, domid);
	fake_xen_say(fake, FAKE_FRONT, VIRTIO_MSG_XEN_INITIALISING);
	KUNIT_EXPECT_TRUE(test, fake_until(!READ_ONCE(front->restored)));
	xen_rig_expect_link(fake);
	KUNIT_EXPECT_EQ(test, domid, front->domid);
	KUNIT_EXPECT_EQ(test, domid, front->ring->domid);
}

/* The kernel says so, too, if it was not saved after all: nobody else has noticed. */
static void domain_is_not_saved(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_xen *front = &fake->ends[FAKE_FRONT].xen;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	virtio_msg_xen_restored(front, front->domid);
	fake_xen_say(fake, FAKE_BACK, VIRTIO_MSG_XEN_CONNECTED);
	KUNIT_EXPECT_TRUE(test, fake_until(!READ_ONCE(front->restored)));
	xen_rig_expect_link(fake);
}

/* What is in the store as an end begins is of the other end's earlier life. */
static void begin_with_stale_state(struct fake_xen *fake, unsigned int end)
{
	struct fake_end *whose = &fake->ends[end];

	fake_xen_stop(fake, end);
	KUNIT_EXPECT_TRUE(fake->test, fake_until(READ_ONCE(fake->ends[!end].state) ==
						 VIRTIO_MSG_XEN_CLOSED));
	fake_xen_prepare(fake, end);
	if (end == FAKE_FRONT) {
		virtio_msg_xen_front_start(&whose->xen);
		virtio_msg_xen_front_changed(&whose->xen, VIRTIO_MSG_XEN_CLOSED);
	} else {
		virtio_msg_xen_back_start(&whose->xen);
		virtio_msg_xen_back_changed(&whose->xen, VIRTIO_MSG_XEN_CLOSED);
	}
	WRITE_ONCE(whose->started, true);
	queue_work(fake->watches, &whose->watch);
}

static void stale_states_close_nothing(struct kunit *test)
{
	struct fake_xen *fake = test->priv;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	begin_with_stale_state(fake, FAKE_BACK);
	xen_rig_expect_link(fake);
	begin_with_stale_state(fake, FAKE_FRONT);
	xen_rig_expect_link(fake);
}

static void closes_when_told(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct fake_end *front = &fake->ends[FAKE_FRONT];

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	/* As the toolstack does it. */
	fake_xen_say(fake, FAKE_BACK, VIRTIO_MSG_XEN_CLOSING);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(front->state) ==
					   VIRTIO_MSG_XEN_CLOSED));
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(fake->ends[FAKE_BACK].gone)));
	KUNIT_EXPECT_FALSE(test, front->xen.linked);
	KUNIT_EXPECT_FALSE(test, fake->ends[FAKE_BACK].xen.linked);
}

/* Without a store: the same but for how the back end learns of the memory. */
static void ends_meet_without_store(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_xen *front = &fake->ends[FAKE_FRONT].xen;
	struct virtio_msg_xen *back = &fake->ends[FAKE_BACK].xen;
	struct virtio_msg_xen_memory *directory;
	u32 refs[VIRTIO_MSG_XEN_MAX_RING];
	unsigned int n;

	mutex_lock(&front->lock);
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_xen_offer(front));
	mutex_unlock(&front->lock);
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_xen_memory_name(front->ring, &directory));
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_xen_read_ring(back, directory->refs[0],
							  refs, &n));
	KUNIT_EXPECT_EQ(test, (unsigned int)VIRTIO_MSG_XEN_MIN_RING, n);
	KUNIT_EXPECT_NE(test, 0, virtio_msg_xen_read_ring(back, 1, refs, &n));
	mutex_lock(&back->lock);
	KUNIT_EXPECT_EQ(test, -EINVAL, virtio_msg_xen_accept(back, refs, 3, front->port));
	KUNIT_EXPECT_EQ(test, -EINVAL, virtio_msg_xen_accept(back, refs, n, 99));
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_xen_accept(back, refs, n, front->port));
	mutex_unlock(&back->lock);
	xen_rig_expect_link(fake);
	virtio_msg_xen_forget(front, false);
	virtio_msg_xen_forget(back, false);
	virtio_msg_xen_memory_free(directory);
}

/* Windows */

static struct virtio_msg_window *alloc_window(struct fake_xen *fake,
					      size_t pages)
{
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_FRONT);
	struct virtio_msg_window *win;

	win = kunit_kzalloc(fake->test, sizeof(*win), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(fake->test, win);
	win->size = pages << PAGE_SHIFT;
	win->dev_num = DEVICE;
	KUNIT_ASSERT_EQ(fake->test, 0, bus->ops->window_alloc(bus, win));
	return win;
}

static void free_window(struct fake_xen *fake, struct virtio_msg_window *win)
{
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_FRONT);

	bus->ops->window_free(bus, win);
}

static int map_window(struct fake_xen *fake, u16 dev_num, u64 addr,
		      struct virtio_msg_mapping *map)
{
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_BACK);

	return bus->ops->window_map(bus, dev_num, addr, map);
}

static void unmap_window(struct fake_xen *fake, struct virtio_msg_mapping *map)
{
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_BACK);

	bus->ops->window_unmap(bus, map);
}

static void *frame(struct virtio_msg_bus *bus,
		   const struct virtio_msg_mapping *map, size_t offset)
{
	return page_to_virt(pfn_to_page(bus->ops->window_page(bus, map, offset)));
}

static void expect_same(struct fake_xen *fake, struct virtio_msg_window *win,
			struct virtio_msg_mapping *map)
{
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_BACK);
	size_t offset;
	u64 *theirs;

	KUNIT_ASSERT_EQ(fake->test, win->size, map->size);
	KUNIT_EXPECT_EQ(fake->test, win->bus_addr, map->bus_addr);
	for (offset = 0; offset < win->size; offset += PAGE_SIZE)
		*(u64 *)(win->kaddr + offset) = win->bus_addr + offset;
	for (offset = 0; offset < win->size; offset += PAGE_SIZE) {
		theirs = frame(bus, map, offset);
		KUNIT_EXPECT_EQ(fake->test, win->bus_addr + offset, *theirs);
	}
}

/* One page, as many as one page of a directory names, one more, and more. */
static void windows_are_seen(struct kunit *test)
{
	static const size_t sizes[] = { 1, 2, 1022, 1023, 2050 };
	struct fake_xen *fake = test->priv;
	unsigned int i, used;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	used = fake->used;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct virtio_msg_window *win = alloc_window(fake, sizes[i]);
		struct virtio_msg_mapping map;

		KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, win->bus_addr +
						    win->size - 1, &map));
		expect_same(fake, win, &map);
		unmap_window(fake, &map);
		free_window(fake, win);
		KUNIT_EXPECT_EQ(test, used, fake->used);
	}
}

static void windows_are_mapped_once(struct kunit *test)
{
	struct virtio_msg_mapping first, second;
	struct fake_xen *fake = test->priv;
	struct virtio_msg_window *win;
	unsigned int maps;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	win = alloc_window(fake, 4);
	KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, win->bus_addr, &first));
	maps = fake->maps;
	KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, win->bus_addr + 9, &second));
	KUNIT_EXPECT_EQ(test, maps, fake->maps);
	unmap_window(fake, &first);
	expect_same(fake, win, &second);
	unmap_window(fake, &second);
	free_window(fake, win);
}

static void what_is_no_window_is_not_found(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_bus *back = xen_rig_bus(fake, FAKE_BACK);
	struct virtio_msg_mapping map;
	struct virtio_msg_window *win;
	u64 addr;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	win = alloc_window(fake, 2);
	addr = win->bus_addr;
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE, 0, &map));
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE + 1, addr, &map));
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE, addr + win->size, &map));
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE, 2 * addr, &map));
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE, U64_MAX, &map));
	/* Who serves the device now did not do so when it was granted. */
	back->ops->device_released(back, DEVICE);
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE, addr, &map));
	free_window(fake, win);
	KUNIT_EXPECT_EQ(test, -EFAULT, map_window(fake, DEVICE, addr, &map));
	win = alloc_window(fake, 2);
	KUNIT_ASSERT_EQ(test, addr, win->bus_addr);
	KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, addr, &map));
	unmap_window(fake, &map);
	free_window(fake, win);
}

static void all_numbers_can_be_taken(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	struct virtio_msg_bus *bus = xen_rig_bus(fake, FAKE_FRONT);
	struct virtio_msg_window *wins, more = { .size = PAGE_SIZE };
	unsigned int i, n;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	n = fake->ends[FAKE_FRONT].xen.entries - 1;
	wins = kunit_kcalloc(test, n, sizeof(*wins), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, wins);
	for (i = 0; i < n; i++) {
		wins[i].size = PAGE_SIZE;
		KUNIT_ASSERT_EQ(test, 0, bus->ops->window_alloc(bus, &wins[i]));
	}
	KUNIT_EXPECT_EQ(test, -ENOSPC, bus->ops->window_alloc(bus, &more));
	free_window(fake, &wins[n / 2]);
	KUNIT_EXPECT_EQ(test, 0, bus->ops->window_alloc(bus, &wins[n / 2]));
	for (i = 0; i < n; i++)
		free_window(fake, &wins[i]);
}

/* Quarantine */

static void window_waits_for_the_other_end(struct kunit *test)
{
	struct virtio_msg_mapping map;
	struct fake_xen *fake = test->priv;
	struct virtio_msg_window *win;
	struct virtio_msg_bus *back;
	u64 *theirs;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	back = xen_rig_bus(fake, FAKE_BACK);
	win = alloc_window(fake, 4);
	KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, win->bus_addr, &map));
	free_window(fake, win);
	KUNIT_EXPECT_EQ(test, win->size, virtio_msg_xen_memory_quarantined());
	/* It writes to nobody else's memory. */
	theirs = frame(back, &map, 0);
	*theirs = ~0ULL;
	KUNIT_EXPECT_EQ(test, win->size, virtio_msg_xen_memory_retry());
	unmap_window(fake, &map);
	KUNIT_EXPECT_TRUE(test, fake_until(!virtio_msg_xen_memory_quarantined()));
}

static void link_ends_with_windows_mapped(struct kunit *test)
{
	struct virtio_msg_mapping map;
	struct fake_xen *fake = test->priv;
	struct virtio_msg_window *win;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	win = alloc_window(fake, 4);
	KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, win->bus_addr, &map));
	/* The core gives back windows before a link ends. */
	free_window(fake, win);
	fake_xen_vanish(fake, FAKE_FRONT);
	KUNIT_EXPECT_GT(test, virtio_msg_xen_memory_quarantined(), 0UL);
	fake_xen_stop(fake, FAKE_BACK);
	KUNIT_EXPECT_TRUE(test, fake_until(fake_xen_is_clean(fake)));
}

static void pinned_page_stays_mapped(struct kunit *test)
{
	struct virtio_msg_mapping map;
	struct fake_xen *fake = test->priv;
	struct virtio_msg_window *win;
	struct virtio_msg_bus *back;
	struct page *page;

	xen_rig_start(fake);
	xen_rig_expect_link(fake);
	back = xen_rig_bus(fake, FAKE_BACK);
	win = alloc_window(fake, 4);
	KUNIT_ASSERT_EQ(test, 0, map_window(fake, DEVICE, win->bus_addr, &map));
	page = pfn_to_page(back->ops->window_page(back, &map, 2 * PAGE_SIZE));
	get_page(page);
	unmap_window(fake, &map);
	KUNIT_EXPECT_EQ(test, 1U, virtio_msg_xen_mappings_busy());
	free_window(fake, win);
	KUNIT_EXPECT_EQ(test, win->size, virtio_msg_xen_memory_quarantined());
	put_page(page);
	KUNIT_EXPECT_TRUE(test, fake_until(!virtio_msg_xen_mappings_busy()));
	KUNIT_EXPECT_TRUE(test, fake_until(!virtio_msg_xen_memory_quarantined()));
}

static struct kunit_case xen_cases[] = {
	KUNIT_CASE(ends_meet),
	KUNIT_CASE(back_end_may_be_first),
	KUNIT_CASE(sizes_are_what_both_have),
	KUNIT_CASE(either_end_is_reloaded),
	KUNIT_CASE(either_end_is_replaced),
	KUNIT_CASE(domain_is_restored),
	KUNIT_CASE(domain_is_not_saved),
	KUNIT_CASE(stale_states_close_nothing),
	KUNIT_CASE(closes_when_told),
	KUNIT_CASE(ends_meet_without_store),
	KUNIT_CASE(windows_are_seen),
	KUNIT_CASE(windows_are_mapped_once),
	KUNIT_CASE(what_is_no_window_is_not_found),
	KUNIT_CASE(all_numbers_can_be_taken),
	KUNIT_CASE(window_waits_for_the_other_end),
	KUNIT_CASE(link_ends_with_windows_mapped),
	KUNIT_CASE(pinned_page_stays_mapped),
	{ }
};

static struct kunit_suite xen_suite = {
	.name = "virtio-msg-xen",
	.init = fake_xen_init,
	.exit = fake_xen_exit,
	.test_cases = xen_cases,
};

kunit_test_suite(xen_suite);
