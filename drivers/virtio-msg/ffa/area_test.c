// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of areas against partitions and firmware that refuse memory, or to give it
 * back. The rig looks for pages that were freed while they were shared.
 */
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../limits.h"
#include "area.h"
#include "rig.h"

/* Offsets in a message. */
#define TYPE		0
#define ID		1
#define SIZE		6
#define PAYLOAD		8

static void expect_share_error(struct kunit *test, int error, bool half)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	rig->fake->share_error = error;
	rig->fake->share_half = half;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, fake_until(atomic_read(&rig->failed) == 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 0);
	KUNIT_EXPECT_EQ(test, rig->fake->reclaims, half ? 1 : 0);
	ffa_rig_expect_clean(rig);
}

static void ffa_share_refused(struct kunit *test)
{
	expect_share_error(test, -ENOMEM, false);
}

/* Some fragments were taken, and can be had back. */
static void ffa_share_refused_half_way(struct kunit *test)
{
	expect_share_error(test, -ENXIO, true);
}

/* And cannot: they are kept until they can. */
static void ffa_share_refused_half_way_kept(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	struct virtio_msg_ffa_area_mem *mem;

	rig->fake->share_error = -ENXIO;
	rig->fake->share_half = true;
	rig->fake->reclaim_error = -EACCES;
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_area_alloc(ffa, 4 * PAGE_SIZE, &mem),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_retained(ffa), 4 * PAGE_SIZE);
	fake_ffa_check(rig->fake);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->freed), 0);
	rig->fake->reclaim_error = 0;
	/* Nobody asks for it. */
	KUNIT_EXPECT_TRUE(test, fake_until(!virtio_msg_ffa_retained(ffa)));
	ffa_rig_expect_clean(rig);
}

static void ffa_share_busy(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	rig->fake->share_error = -EBUSY;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	KUNIT_EXPECT_EQ(test, rig->fake->shares, 2);
	ffa_rig_expect_clean(rig);
}

static unsigned int times;
static u8 answer_id;
static u16 answer_result;

/* Says so, without having done anything. */
static int refuse(struct fake_ffa *fake, u8 *msg)
{
	return times && msg[ID] == answer_id && msg[TYPE] == 2 ? 1 : 0;
}

static void refuse_answer(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (!times || msg[ID] != answer_id || msg[TYPE] != 2)
		return;
	times--;
	memcpy(answer, msg, PAYLOAD + 2);
	answer[TYPE] = 3;
	put_unaligned_le16(answer_result, answer + PAYLOAD + 2);
	put_unaligned_le16(PAYLOAD + 4, answer + SIZE);
}

static void set_refusal(struct fake_ffa *fake, u8 id, u16 result,
			unsigned int n)
{
	mutex_lock(&fake->lock);
	answer_id = id;
	answer_result = result;
	times = n;
	fake->before = refuse;
	fake->after = refuse_answer;
	mutex_unlock(&fake->lock);
}

static void ffa_area_share_refused(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);
	struct virtio_msg_ffa_area_mem *mem;

	set_refusal(rig->fake, VIRTIO_MSG_FFA_AREA_SHARE, VIRTIO_MSG_FFA_FAILED,
		    1);
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_area_alloc(&rig->fake->ffa,
							PAGE_SIZE, &mem),
			-EPERM);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 0);
	ffa_rig_expect_clean(rig);
}

static void ffa_area_share_busy(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	struct virtio_msg_ffa_area_mem *mem;

	set_refusal(rig->fake, VIRTIO_MSG_FFA_AREA_SHARE, VIRTIO_MSG_FFA_BUSY, 2);
	KUNIT_ASSERT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem), 0);
	KUNIT_EXPECT_EQ(test, rig->fake->shares, 1);
	set_refusal(rig->fake, VIRTIO_MSG_FFA_AREA_UNSHARE, VIRTIO_MSG_FFA_BUSY,
		    2);
	virtio_msg_ffa_area_free(ffa, mem);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 0);
	/* For ever. */
	set_refusal(rig->fake, VIRTIO_MSG_FFA_AREA_SHARE, VIRTIO_MSG_FFA_BUSY,
		    UINT_MAX);
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 0);
	set_refusal(rig->fake, 0, 0, 0);
	ffa_rig_expect_clean(rig);
}

/* A partition that keeps an area: so does this side, and its number. */
static void ffa_unshare_refused(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	struct virtio_msg_ffa_area_mem *mem;
	u8 event[FAKE_FFA_MSG] = { 2, VIRTIO_MSG_FFA_AREA_RELEASE };
	u32 id;

	KUNIT_ASSERT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem), 0);
	id = mem->id;
	set_refusal(rig->fake, VIRTIO_MSG_FFA_AREA_UNSHARE,
		    VIRTIO_MSG_FFA_FAILED, UINT_MAX);
	virtio_msg_ffa_area_free(ffa, mem);
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_retained(ffa), PAGE_SIZE);
	/* It counts as if it were in use. */
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			virtio_msg_ffa_area_alloc(ffa, VIRTIO_MSG_LIMIT_WINDOWS,
						  &mem));
	KUNIT_EXPECT_TRUE(test, xa_is_value(xa_load(&ffa->areas, id)));
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 1);

	/* It lets go of it later. */
	set_refusal(rig->fake, 0, 0, 0);
	mutex_lock(&rig->fake->lock);
	fake_ffa_drop(rig->fake, id);
	event[SIZE] = PAYLOAD + 2;
	put_unaligned_le16(id, event + PAYLOAD);
	fake_ffa_event(rig->fake, event);
	fake_ffa_tell(rig->fake);
	mutex_unlock(&rig->fake->lock);
	KUNIT_EXPECT_TRUE(test, fake_until(!virtio_msg_ffa_retained(ffa)));
	KUNIT_EXPECT_NULL(test, xa_load(&ffa->areas, id));
	ffa_rig_expect_clean(rig);
}

static void ffa_reclaim_fails(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	rig->fake->reclaim_error = -EACCES;
	device_release_driver(&rig->disks[0].vdev->dev);
	KUNIT_EXPECT_NE(test, virtio_msg_ffa_retained(&rig->fake->ffa), 0);
	fake_ffa_check(rig->fake);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->freed), 0);
	rig->fake->reclaim_error = 0;
	ffa_rig_expect_clean(rig);
}

static struct kunit_case area_cases[] = {
	KUNIT_CASE(ffa_share_refused),
	KUNIT_CASE(ffa_share_refused_half_way),
	KUNIT_CASE(ffa_share_refused_half_way_kept),
	KUNIT_CASE(ffa_share_busy),
	KUNIT_CASE(ffa_area_share_refused),
	KUNIT_CASE(ffa_area_share_busy),
	KUNIT_CASE(ffa_unshare_refused),
	KUNIT_CASE(ffa_reclaim_fails),
	{}
};

static struct kunit_suite area_suite = {
	.name = "virtio_msg_ffa_area",
	.test_cases = area_cases,
};

kunit_test_suite(area_suite);
