// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what another domain may take: entries of the table of mapped grants,
 * and memory that it does not let go of.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "mapping.h"
#include "memory.h"
#include "xen_rig.h"

#define DEVICE		3
/* What the first page of a directory names, so that no more has to be made. */
#define WINDOW_PAGES	VIRTIO_MSG_XEN_DIRECTORY_REFS
/* Memory that is given up while one page of it is mapped. */
#define KEPT_BYTES	SZ_4M

/**
 * struct greedy_rig - a front end that names the same window in many entries
 * @fake: the machine
 * @win: the window
 * @maps: what the back end has mapped
 * @n: entries of @maps
 */
struct greedy_rig {
	struct fake_xen *fake;
	struct virtio_msg_window win;
	struct virtio_msg_mapping maps[64];
	unsigned int n;
};

static struct greedy_rig *begin_greedy(struct kunit *test)
{
	struct greedy_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct virtio_msg_bus *front;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->fake = test->priv;
	xen_rig_start(rig->fake);
	xen_rig_expect_link(rig->fake);
	front = xen_rig_bus(rig->fake, FAKE_FRONT);
	rig->win.size = WINDOW_PAGES * VIRTIO_MSG_XEN_PAGE_SIZE;
	rig->win.dev_num = DEVICE;
	KUNIT_ASSERT_EQ(test, 0, front->ops->window_alloc(front, &rig->win));
	return rig;
}

static void end_greedy(struct greedy_rig *rig)
{
	struct virtio_msg_bus *front = xen_rig_bus(rig->fake, FAKE_FRONT);

	front->ops->window_free(front, &rig->win);
}

/* Another window, of the same pages. */
static int take_one(struct greedy_rig *rig)
{
	struct virtio_msg_bus *back = xen_rig_bus(rig->fake, FAKE_BACK);
	struct virtio_msg_xen_window *table =
		rig->fake->ends[FAKE_FRONT].xen.table;
	u32 first = rig->win.bus_addr >> VIRTIO_MSG_XEN_WINDOW_SHIFT;
	u32 id = first + 1 + rig->n;
	int err;

	table[id] = table[first];
	err = back->ops->window_map(back, DEVICE,
				    (u64)id << VIRTIO_MSG_XEN_WINDOW_SHIFT,
				    &rig->maps[rig->n]);
	if (!err)
		rig->n++;
	return err;
}

static void drop_one(struct greedy_rig *rig)
{
	struct virtio_msg_bus *back = xen_rig_bus(rig->fake, FAKE_BACK);

	back->ops->window_unmap(back, &rig->maps[--rig->n]);
}

static void take_all(struct greedy_rig *rig, unsigned int expected)
{
	struct kunit *test = rig->fake->test;
	unsigned int refused = virtio_msg_xen_mappings_refused();
	int err;

	do {
		err = take_one(rig);
	} while (!err && rig->n < ARRAY_SIZE(rig->maps));
	KUNIT_EXPECT_EQ(test, -ENOSPC, err);
	KUNIT_EXPECT_EQ(test, expected, rig->n);
	KUNIT_EXPECT_EQ(test, refused + 1, virtio_msg_xen_mappings_refused());
	/* What was given back can be had again. */
	drop_one(rig);
	KUNIT_EXPECT_EQ(test, 0, take_one(rig));
	KUNIT_EXPECT_EQ(test, -ENOSPC, take_one(rig));
}

static void drop_all(struct greedy_rig *rig)
{
	while (rig->n)
		drop_one(rig);
}

static void one_page_is_named_again_and_again(struct kunit *test)
{
	struct greedy_rig *rig = begin_greedy(test);

	take_all(rig, VIRTIO_MSG_XEN_MAX_HANDLES / WINDOW_PAGES);
	drop_all(rig);
	end_greedy(rig);
}

static void a_page_takes_several_entries(struct kunit *test)
{
	struct greedy_rig *rig = begin_greedy(test);

	rig->fake->handles = 1 + VIRTIO_MSG_XEN_MAX_VIEWS;
	take_all(rig, VIRTIO_MSG_XEN_MAX_HANDLES / (3 * WINDOW_PAGES));
	drop_all(rig);
	end_greedy(rig);
}

/* Whose pages are pinned takes them along when it begins again. */
static void what_is_pinned_counts_for_all(struct kunit *test)
{
	struct greedy_rig *rig = begin_greedy(test);
	unsigned int part = VIRTIO_MSG_XEN_MAX_HANDLES / WINDOW_PAGES;
	unsigned int left = VIRTIO_MSG_XEN_MAX_ALL_HANDLES / WINDOW_PAGES, n;
	struct page *page = vmalloc_to_page(rig->win.kaddr);

	get_page(page);
	for (; left; left -= n) {
		n = min(left, part);
		while (rig->n < n)
			KUNIT_ASSERT_EQ(test, 0, take_one(rig));
		drop_all(rig);
	}
	KUNIT_EXPECT_GT(test, virtio_msg_xen_mappings_busy(), part);
	KUNIT_EXPECT_EQ(test, -ENOSPC, take_one(rig));
	put_page(page);
	KUNIT_EXPECT_TRUE(test, fake_until(!virtio_msg_xen_mappings_busy()));
	KUNIT_EXPECT_EQ(test, 0, take_one(rig));
	drop_all(rig);
	end_greedy(rig);
}

/* Quarantine */

/* Give up memory of which the domain has page @i mapped. */
static void keep_some(struct fake_xen *fake, u16 domid, unsigned int i,
		      struct virtio_msg_xen_pages *pages)
{
	const struct virtio_msg_xen_ops *ops = fake->ends[FAKE_FRONT].xen.ops;
	struct virtio_msg_xen_memory *mem;

	KUNIT_ASSERT_EQ(fake->test, 0,
			virtio_msg_xen_memory_alloc(ops, domid, KEPT_BYTES, &mem));
	KUNIT_ASSERT_EQ(fake->test, 0, virtio_msg_xen_memory_grant(mem, false));
	KUNIT_ASSERT_EQ(fake->test, 0,
			ops->map(0, &mem->refs[i], 1, false, pages));
	virtio_msg_xen_memory_free(mem);
}

/* What is still mapped when the module goes is for Xen to wait for, page by page. */
static void who_keeps_memory_outlives_the_module(struct kunit *test)
{
	struct fake_xen *fake = test->priv;
	const struct virtio_msg_xen_ops *ops = fake->ends[FAKE_FRONT].xen.ops;
	struct virtio_msg_xen_pages pages[2];

	keep_some(fake, 7, 0, &pages[0]);
	keep_some(fake, 7, 1, &pages[1]);
	KUNIT_EXPECT_EQ(test, 2 * KEPT_BYTES, virtio_msg_xen_memory_quarantined());
	virtio_msg_xen_memory_exit();
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_xen_memory_quarantined());
	KUNIT_EXPECT_FALSE(test, fake_xen_is_clean(fake));
	ops->unmap(&pages[0]);
	ops->unmap(&pages[1]);
	KUNIT_EXPECT_TRUE(test, fake_xen_is_clean(fake));
}

static bool may_have_more(struct fake_xen *fake, u16 domid)
{
	const struct virtio_msg_xen_ops *ops = fake->ends[FAKE_FRONT].xen.ops;
	struct virtio_msg_xen_memory *mem;
	int err;

	err = virtio_msg_xen_memory_alloc(ops, domid, PAGE_SIZE, &mem);
	if (!err)
		virtio_msg_xen_memory_free(mem);
	else
		KUNIT_EXPECT_EQ(fake->test, -ENOSPC, err);
	return !err;
}

/* What is in use counts as well: a device is quickly offered. */
static void who_wants_much_gets_no_more(struct kunit *test)
{
	unsigned int most = VIRTIO_MSG_XEN_MAX_GRANTED / KEPT_BYTES, n;
	struct fake_xen *fake = test->priv;
	const struct virtio_msg_xen_ops *ops = fake->ends[FAKE_FRONT].xen.ops;
	struct virtio_msg_xen_memory **mems;

	mems = kunit_kcalloc(test, most + 1, sizeof(*mems), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mems);
	for (n = 0; n <= most; n++)
		if (virtio_msg_xen_memory_alloc(ops, 7 + n, KEPT_BYTES, &mems[n]))
			break;
	/* The links of the rig may have some. */
	KUNIT_EXPECT_GT(test, n, most / 2);
	KUNIT_EXPECT_LT(test, n, most + 1);
	while (n)
		virtio_msg_xen_memory_free(mems[--n]);
	KUNIT_EXPECT_TRUE(test, may_have_more(fake, 7));
}

static void who_keeps_memory_gets_no_more(struct kunit *test)
{
	unsigned int each = VIRTIO_MSG_XEN_MAX_QUARANTINE / KEPT_BYTES;
	unsigned int all = VIRTIO_MSG_XEN_ALL_QUARANTINE / KEPT_BYTES, i;
	struct fake_xen *fake = test->priv;
	const struct virtio_msg_xen_ops *ops = fake->ends[FAKE_FRONT].xen.ops;
	struct virtio_msg_xen_pages *pages;

	pages = kunit_kcalloc(test, all, sizeof(*pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	for (i = 0; i < all; i++) {
		u16 domid = 7 + i / each;

		KUNIT_EXPECT_TRUE(test, may_have_more(fake, domid));
		keep_some(fake, domid, 0, &pages[i]);
		KUNIT_EXPECT_EQ(test, (i + 1) % each > 0, may_have_more(fake, domid));
	}
	/* One who has nothing of it does not get anything either. */
	KUNIT_EXPECT_FALSE(test, may_have_more(fake, 6));
	ops->unmap(&pages[0]);
	KUNIT_EXPECT_TRUE(test, fake_until(may_have_more(fake, 7)));
	KUNIT_EXPECT_TRUE(test, may_have_more(fake, 6));
	KUNIT_EXPECT_FALSE(test, may_have_more(fake, 8));
	for (i = 1; i < all; i++)
		ops->unmap(&pages[i]);
}

static struct kunit_case limits_cases[] = {
	KUNIT_CASE_SLOW(one_page_is_named_again_and_again),
	KUNIT_CASE_SLOW(a_page_takes_several_entries),
	KUNIT_CASE_SLOW(what_is_pinned_counts_for_all),
	KUNIT_CASE_SLOW(who_wants_much_gets_no_more),
	KUNIT_CASE_SLOW(who_keeps_memory_gets_no_more),
	KUNIT_CASE(who_keeps_memory_outlives_the_module),
	{ }
};

static struct kunit_suite limits_suite = {
	.name = "virtio-msg-xen-limits",
	.init = fake_xen_init,
	.exit = fake_xen_exit,
	.test_cases = limits_cases,
};

kunit_test_suite(limits_suite);
