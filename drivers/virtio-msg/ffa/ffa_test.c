// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the FF-A bus against a model of a partition: what is said, and how
 * events come. Only the FF-A driver is not part of it.
 */
#include <linux/string.h>

#include "area.h"
#include "rig.h"

static void ffa_probe(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 3);
	unsigned int i;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 3));
	KUNIT_EXPECT_EQ(test, rig->fake->resets, 1);
	KUNIT_EXPECT_EQ(test, rig->fake->type, VIRTIO_MSG_FFA_EVENTS_NOTIFY);
	/* One for each queue, and no more later. */
	KUNIT_EXPECT_EQ(test, rig->fake->shares, 3);
	for (i = 0; i < 3; i++)
		ffa_rig_transfer(rig, i);
	KUNIT_EXPECT_EQ(test, rig->fake->shares, 3);
	KUNIT_EXPECT_EQ(test, ffa_rig_count(rig, malformed), 0L);
	KUNIT_EXPECT_EQ(test, ffa_rig_count(rig, timeout), 0L);
	KUNIT_EXPECT_EQ(test, ffa_rig_count(rig, unsolicited), 0L);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, BAD), 0L);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, UNEXPECTED), 0L);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, LOSSES), 0L);
	ffa_rig_expect_clean(rig);
	KUNIT_EXPECT_EQ(test, rig->fake->unshares, 3);
	KUNIT_EXPECT_EQ(test, rig->fake->resets, 2);
}

/* A request is one call: what became of it is in the answer. */
static void ffa_one_call(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	unsigned int calls, polls, i;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	ffa_rig_transfer(rig, 0);
	flush_delayed_work(&rig->fake->ffa.poll_work);
	calls = rig->fake->calls;
	polls = rig->fake->polls;
	for (i = 0; i < 100; i++)
		ffa_rig_transfer(rig, 0);
	/* But for a look now and then, and those after the notifications. */
	KUNIT_EXPECT_EQ(test, rig->fake->calls - calls -
			      (rig->fake->polls - polls), 100);
	KUNIT_EXPECT_EQ(test, rig->fake->served, 101);
	ffa_rig_expect_clean(rig);
}

struct events {
	const char *name;
	u32 features;
	u8 type;
	bool elsewhere;
	bool indirect;
};

static const struct events event_kinds[] = {
	{ "poll", 0, VIRTIO_MSG_FFA_EVENTS_POLL, false },
	{ "poll, not in answers", 0, VIRTIO_MSG_FFA_EVENTS_POLL, true },
	{ "notification", VIRTIO_MSG_FFA_F_NOTIFY_TX,
	  VIRTIO_MSG_FFA_EVENTS_NOTIFY, false },
	{ "notification, not in answers", VIRTIO_MSG_FFA_F_NOTIFY_TX,
	  VIRTIO_MSG_FFA_EVENTS_NOTIFY, true },
	{ "indirect", VIRTIO_MSG_FFA_F_INDIRECT_TX,
	  VIRTIO_MSG_FFA_EVENTS_INDIRECT, true },
	{ "FIFO", VIRTIO_MSG_FFA_F_NOTIFY_TX | VIRTIO_MSG_FFA_F_FIFO,
	  VIRTIO_MSG_FFA_EVENTS_FIFO, true },
	{ "indirect, as are messages", VIRTIO_MSG_FFA_F_INDIRECT_TX,
	  VIRTIO_MSG_FFA_EVENTS_INDIRECT, true, true },
};

static void events_describe(const struct events *events, char *desc)
{
	strscpy(desc, events->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(events, event_kinds, events_describe);

static void ffa_events(struct kunit *test)
{
	const struct events *events = test->param_value;
	struct ffa_rig *rig = ffa_rig_create(test, 2);
	unsigned int i;

	rig->fake->features = VIRTIO_MSG_FFA_F_DIRECT_RX | events->features;
	rig->fake->no_events_in_answers = events->elsewhere;
	rig->fake->ffa.indirect = events->indirect;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 2));
	KUNIT_EXPECT_EQ(test, rig->fake->type, events->type);
	KUNIT_EXPECT_EQ(test, rig->fake->ffa.events, events->type);
	for (i = 0; i < 100; i++)
		ffa_rig_transfer(rig, i % 2);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, BAD), 0L);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, LOSSES), 0L);
	ffa_rig_expect_clean(rig);
}

/* Who knows one form of VERSION may refuse the other, or not understand it. */
static void ffa_version_long(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	rig->fake->long_form = true;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	KUNIT_EXPECT_EQ(test, rig->fake->forms, 3);
	KUNIT_EXPECT_EQ(test, rig->fake->ffa.bus.max_msg_size,
			VIRTIO_MSG_FFA_MSG_SIZE);
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

static void ffa_version_short(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	KUNIT_EXPECT_EQ(test, rig->fake->forms, 1);
	KUNIT_EXPECT_EQ(test, rig->fake->ffa.bus.max_msg_size,
			VIRTIO_MSG_FFA_MSG_SIZE_SHORT);
	ffa_rig_expect_clean(rig);
}

/* Nothing is shared with a partition of another version; it is asked again. */
static void ffa_version_refused(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	rig->fake->refuses = true;
	ffa_rig_start(rig);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->fake->forms) == 3));
	KUNIT_EXPECT_EQ(test, rig->fake->shares, 0);
	WRITE_ONCE(rig->fake->refuses, false);
	KUNIT_EXPECT_TRUE(test, ffa_rig_probed(rig, 1));
	ffa_rig_expect_clean(rig);
}

/* Hundreds of devices, each with an area. */
static void ffa_many_devices(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 300);
	unsigned int i;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 300));
	for (i = 0; i < 300; i++)
		ffa_rig_transfer(rig, i);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 300);
	ffa_rig_expect_clean(rig);
}

/* All numbers of areas, and what happens when there are no more. */
static void ffa_areas_exhausted(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 0);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	struct virtio_msg_ffa_area_mem *mem;
	unsigned int id;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_linked(rig));
	KUNIT_EXPECT_EQ(test, ffa->max_areas, 65535);
	for (id = 2; id <= 65535; id++)
		KUNIT_ASSERT_EQ(test, xa_err(xa_store_irq(&ffa->areas, id,
							  xa_mk_value(1),
							  GFP_KERNEL)), 0);
	KUNIT_ASSERT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem), 0);
	KUNIT_EXPECT_EQ(test, mem->id, 1);
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem),
			-ENOSPC);
	xa_erase_irq(&ffa->areas, 65535);
	KUNIT_ASSERT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem), 0);
	KUNIT_EXPECT_EQ(test, mem->id, 65535);
	KUNIT_EXPECT_PTR_EQ(test, xa_load(&ffa->areas, 65535), (void *)mem);
	virtio_msg_ffa_area_free(ffa, mem);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 1);
}

/* Large windows are not contiguous; their pages are counted by 4 KiB. */
static void ffa_large_window(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 0);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	struct virtio_msg_ffa_area_mem *mem;
	unsigned int i, wrong = 0;
	u8 *map;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_linked(rig));
	KUNIT_ASSERT_EQ(test, virtio_msg_ffa_area_alloc(ffa, SZ_16M, &mem), 0);
	KUNIT_EXPECT_EQ(test, rig->fake->last_pages, SZ_16M / SZ_4K);
	map = fake_ffa_map(rig->fake, (u64)mem->id << 48, SZ_16M);
	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_NULL(test, memchr_inv(map, 0, SZ_16M));
	for (i = 0; i < SZ_16M / PAGE_SIZE; i++)
		*(u32 *)(mem->kaddr + i * PAGE_SIZE) = i + 1;
	for (i = 0; i < SZ_16M / PAGE_SIZE; i++)
		wrong += *(u32 *)(map + i * PAGE_SIZE) != i + 1;
	KUNIT_EXPECT_EQ(test, wrong, 0);
	virtio_msg_ffa_area_free(ffa, mem);
	ffa_rig_expect_clean(rig);
}

static struct kunit_case ffa_cases[] = {
	KUNIT_CASE(ffa_probe),
	KUNIT_CASE(ffa_one_call),
	KUNIT_CASE_PARAM(ffa_events, events_gen_params),
	KUNIT_CASE(ffa_version_long),
	KUNIT_CASE(ffa_version_short),
	KUNIT_CASE(ffa_version_refused),
	KUNIT_CASE_SLOW(ffa_many_devices),
	KUNIT_CASE_SLOW(ffa_areas_exhausted),
	KUNIT_CASE(ffa_large_window),
	{}
};

static struct kunit_suite ffa_suite = {
	.name = "virtio_msg_ffa",
	.test_cases = ffa_cases,
};

kunit_test_suite(ffa_suite);
