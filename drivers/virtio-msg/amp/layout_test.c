// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of layout.c and area.c.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "area.h"
#include "layout.h"
#include "limits.h"

#define AREA_SIZE	SZ_1M

/* Headers */

static void layouts_of_all_sizes_can_be_read(struct kunit *test)
{
	static const u64 sizes[] = { 496, 576, SZ_4K, SZ_64K, SZ_1M, SZ_64M,
				     SZ_4G };
	struct virtio_msg_amp_header *header =
		kunit_kzalloc(test, sizeof(*header), GFP_KERNEL);
	struct virtio_msg_amp_layout made, read;
	u32 slot, i;

	KUNIT_ASSERT_NOT_NULL(test, header);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (slot = 48; slot <= 264; slot += 8) {
			memset(&made, 0, sizeof(made));
			memset(&read, 0, sizeof(read));
			if (virtio_msg_amp_layout_make(&made, sizes[i], slot,
						       64)) {
				KUNIT_EXPECT_LT(test, sizes[i],
						144 + 4ULL * slot);
				continue;
			}
			virtio_msg_amp_layout_write(&made, header);
			KUNIT_ASSERT_EQ(test, 0,
					virtio_msg_amp_layout_read(&read, sizes[i],
								   header));
			KUNIT_EXPECT_MEMEQ(test, &made, &read, sizeof(made));
		}
	}
}

/* Three slots each, for messages of 52 bytes. */
static void a_layout_fits_in_496_bytes(struct kunit *test)
{
	struct virtio_msg_amp_layout layout;

	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_amp_layout_make(&layout, 496, 56, 64));
	KUNIT_EXPECT_EQ(test, 3, layout.num_slots);
	KUNIT_EXPECT_EQ(test, 104, layout.part[1].control);
	KUNIT_EXPECT_EQ(test, 0, layout.part[0].windows_size);
}

static void refuses_what_cannot_be_made(struct kunit *test)
{
	struct virtio_msg_amp_layout layout;

	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_make(&layout, 0, 64, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_make(&layout, 300, 64, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_make(&layout, SZ_1M, 0, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_make(&layout, SZ_1M, 65, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_make(&layout, SZ_1M, 4104, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_make(&layout, SZ_1M, 64, 1));
}

static struct virtio_msg_amp_header *good_header(struct kunit *test)
{
	struct virtio_msg_amp_layout layout;
	struct virtio_msg_amp_header *header =
		kunit_kzalloc(test, sizeof(*header), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, header);
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_amp_layout_make(&layout, SZ_1M, 64,
							    64));
	virtio_msg_amp_layout_write(&layout, header);
	return header;
}

static void waits_for_the_magic(struct kunit *test)
{
	struct virtio_msg_amp_header *header = good_header(test);
	struct virtio_msg_amp_layout layout;

	header->magic = 0;
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			virtio_msg_amp_layout_read(&layout, SZ_1M, header));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_amp_layout_read(&layout, 63, header));
}

static void refuses_versions_and_features(struct kunit *test)
{
	struct virtio_msg_amp_header *header = good_header(test);
	struct virtio_msg_amp_layout layout;

	header->version = cpu_to_le16(2);
	KUNIT_EXPECT_EQ(test, -EPROTO,
			virtio_msg_amp_layout_read(&layout, SZ_1M, header));
	header = good_header(test);
	header->features = cpu_to_le32(1);
	KUNIT_EXPECT_EQ(test, -EPROTO,
			virtio_msg_amp_layout_read(&layout, SZ_1M, header));
}

static bool inside(u64 start, u64 size)
{
	return start <= SZ_1M && size <= SZ_1M - start;
}

/* What is accepted lies in the memory, whatever the words are. */
static void accepts_nothing_outside(struct kunit *test)
{
	struct virtio_msg_amp_header *header = good_header(test);
	struct virtio_msg_amp_header good = *header;
	__le32 *words = (__le32 *)header;
	struct virtio_msg_amp_layout layout;
	struct rnd_state rnd;
	u32 accepted = 0;
	u32 i, n, side;

	prandom_seed_state(&rnd, 1);
	for (n = 0; n < 100000; n++) {
		*header = good;
		for (i = 0; i <= prandom_u32_state(&rnd) % 3; i++)
			words[3 + prandom_u32_state(&rnd) % 13] =
				cpu_to_le32(prandom_u32_state(&rnd) >>
					    prandom_u32_state(&rnd) % 32 &
					    (n & 1 ? ~0U : ~0xfffU));
		if (virtio_msg_amp_layout_read(&layout, SZ_1M, header))
			continue;
		accepted++;
		for (side = 0; side < 2; side++) {
			struct virtio_msg_amp_part *part = &layout.part[side];

			KUNIT_ASSERT_TRUE(test, inside(part->control, 40));
			KUNIT_ASSERT_TRUE(test,
					  inside(part->slots, (u64)layout.num_slots *
						 layout.slot_size));
			KUNIT_ASSERT_TRUE(test, inside(part->windows,
						       part->windows_size));
		}
	}
	KUNIT_EXPECT_GT(test, accepted, 100);
}

/* Window areas */

struct areas {
	void *memory;
	struct virtio_msg_amp_area ours;
	struct virtio_msg_amp_area theirs;
};

static int areas_init(struct kunit *test)
{
	struct areas *areas = kunit_kzalloc(test, sizeof(*areas), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, areas);
	test->priv = areas;
	areas->memory = vzalloc(AREA_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, areas->memory);
	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_amp_area_init(&areas->ours, areas->memory,
						 AREA_SIZE, true));
	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_amp_area_init(&areas->theirs, areas->memory,
						 AREA_SIZE, false));
	return 0;
}

static void areas_exit(struct kunit *test)
{
	struct areas *areas = test->priv;

	virtio_msg_amp_area_destroy(&areas->ours);
	virtio_msg_amp_area_destroy(&areas->theirs);
	vfree(areas->memory);
}

static void the_other_side_finds_a_window(struct kunit *test)
{
	struct areas *areas = test->priv;
	u32 offset, other, start;
	size_t size;

	KUNIT_ASSERT_EQ(test, 0, virtio_msg_amp_area_alloc(&areas->ours, 7,
							   3 * PAGE_SIZE, &offset));
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_amp_area_alloc(&areas->ours, 7,
							   PAGE_SIZE, &other));
	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_amp_area_find(&areas->theirs, 7,
						 offset + 3 * PAGE_SIZE - 1,
						 &start, &size));
	KUNIT_EXPECT_EQ(test, offset, start);
	KUNIT_EXPECT_EQ(test, 3 * PAGE_SIZE, size);
	/* Not for another device, nor what is no window. */
	KUNIT_EXPECT_EQ(test, -EFAULT,
			virtio_msg_amp_area_find(&areas->theirs, 8, offset,
						 &start, &size));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			virtio_msg_amp_area_find(&areas->theirs, 7, 0, &start,
						 &size));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			virtio_msg_amp_area_find(&areas->theirs, 7, U64_MAX,
						 &start, &size));
	virtio_msg_amp_area_free(&areas->ours, offset, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			virtio_msg_amp_area_find(&areas->theirs, 7, offset,
						 &start, &size));
}

static void a_retired_window_is_found_only_anew(struct kunit *test)
{
	struct areas *areas = test->priv;
	u32 offset, again, start;
	size_t size;

	KUNIT_ASSERT_EQ(test, 0, virtio_msg_amp_area_alloc(&areas->ours, 7,
							   PAGE_SIZE, &offset));
	virtio_msg_amp_area_retire(&areas->theirs, 8);
	KUNIT_EXPECT_EQ(test, 0,
			virtio_msg_amp_area_find(&areas->theirs, 7, offset,
						 &start, &size));
	virtio_msg_amp_area_retire(&areas->theirs, 7);
	KUNIT_EXPECT_EQ(test, -EFAULT,
			virtio_msg_amp_area_find(&areas->theirs, 7, offset,
						 &start, &size));
	virtio_msg_amp_area_free(&areas->ours, offset, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_amp_area_alloc(&areas->ours, 7,
							   PAGE_SIZE, &again));
	KUNIT_ASSERT_EQ(test, offset, again);
	KUNIT_EXPECT_EQ(test, 0,
			virtio_msg_amp_area_find(&areas->theirs, 7, offset,
						 &start, &size));
}

static void an_area_that_is_full_says_so(struct kunit *test)
{
	struct areas *areas = test->priv;
	u32 offset, n = 0;

	while (!virtio_msg_amp_area_alloc(&areas->ours, 1, PAGE_SIZE, &offset))
		n++;
	KUNIT_EXPECT_EQ(test, AREA_SIZE / PAGE_SIZE - 1, n);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtio_msg_amp_area_alloc(&areas->ours, 1, PAGE_SIZE,
						  &offset));
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtio_msg_amp_area_alloc(&areas->ours, 1,
						  2 * AREA_SIZE, &offset));
	virtio_msg_amp_area_free(&areas->ours, offset, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, 0,
			virtio_msg_amp_area_alloc(&areas->ours, 1, PAGE_SIZE,
						  &offset));
}

/* Whatever the words are, what is found lies in the area, behind the words. */
static void finds_nothing_outside(struct kunit *test)
{
	struct areas *areas = test->priv;
	struct rnd_state rnd;
	u32 start, i, n, found = 0;
	size_t size;

	prandom_seed_state(&rnd, 1);
	for (n = 0; n < 1000; n++) {
		for (i = 0; i < areas->theirs.num_pages; i++)
			areas->theirs.words[i] =
				cpu_to_le32(prandom_u32_state(&rnd) & 0x30001);
		for (i = 0; i < 100; i++) {
			u32 offset = prandom_u32_state(&rnd) % AREA_SIZE;

			if (virtio_msg_amp_area_find(&areas->theirs, 1, offset,
						     &start, &size))
				continue;
			found++;
			KUNIT_ASSERT_GE(test, start, PAGE_SIZE);
			KUNIT_ASSERT_LE(test, start, offset);
			KUNIT_ASSERT_LE(test, start + size, AREA_SIZE);
			KUNIT_ASSERT_GT(test, start + size, offset);
		}
	}
	KUNIT_EXPECT_GT(test, found, 100);
}

/* Nothing but words fits, or not even they do. */
static void a_tiny_area_has_no_windows(struct kunit *test)
{
	struct areas *areas = test->priv;
	struct virtio_msg_amp_area tiny[2];
	u32 i, offset, start;
	size_t size;

	for (i = 0; i <= PAGE_SIZE; i += PAGE_SIZE) {
		KUNIT_ASSERT_EQ(test, 0,
				virtio_msg_amp_area_init(&tiny[0],
							 areas->memory, i, true));
		KUNIT_ASSERT_EQ(test, 0,
				virtio_msg_amp_area_init(&tiny[1],
							 areas->memory, i, false));
		KUNIT_EXPECT_EQ(test, -ENOSPC,
				virtio_msg_amp_area_alloc(&tiny[0], 1, PAGE_SIZE,
							  &offset));
		KUNIT_EXPECT_EQ(test, -EFAULT,
				virtio_msg_amp_area_find(&tiny[1], 1, 0, &start,
							 &size));
		virtio_msg_amp_area_retire(&tiny[1], 1);
		virtio_msg_amp_area_destroy(&tiny[0]);
		virtio_msg_amp_area_destroy(&tiny[1]);
	}
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE(layouts_of_all_sizes_can_be_read),
	KUNIT_CASE(a_layout_fits_in_496_bytes),
	KUNIT_CASE(refuses_what_cannot_be_made),
	KUNIT_CASE(waits_for_the_magic),
	KUNIT_CASE(refuses_versions_and_features),
	KUNIT_CASE(accepts_nothing_outside),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "virtio-msg-amp-layout",
	.test_cases = layout_cases,
};

static struct kunit_case area_cases[] = {
	KUNIT_CASE(the_other_side_finds_a_window),
	KUNIT_CASE(a_retired_window_is_found_only_anew),
	KUNIT_CASE(an_area_that_is_full_says_so),
	KUNIT_CASE(finds_nothing_outside),
	KUNIT_CASE(a_tiny_area_has_no_windows),
	{}
};

static struct kunit_suite area_suite = {
	.name = "virtio-msg-amp-area",
	.init = areas_init,
	.exit = areas_exit,
	.test_cases = area_cases,
};

kunit_test_suites(&layout_suite, &area_suite);
