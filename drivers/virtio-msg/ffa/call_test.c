// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the FF-A bus against partitions that fail, are busy, die and come
 * again. Whatever they do, the rig looks for pages that were freed while they
 * were shared.
 */
#include "../fake_words.h"
#include "area.h"
#include "call.h"
#include "rig.h"

static unsigned int step;

static bool removed(struct ffa_rig *rig)
{
	return fake_until(atomic_read(&rig->removed) == 1);
}

static bool retained(struct ffa_rig *rig)
{
	return fake_until(virtio_msg_ffa_retained(&rig->fake->ffa));
}

static bool none_retained(struct ffa_rig *rig)
{
	return fake_until(!virtio_msg_ffa_retained(&rig->fake->ffa));
}

/* Calls that fail */

static int fail_step(struct fake_ffa *fake, u8 *msg)
{
	return fake->calls == step ? -ECANCELED : 0;
}

static long failed(struct ffa_rig *rig)
{
	return READ_ONCE(rig->fake->calls) >= step;
}

static bool recovered(struct ffa_rig *rig)
{
	return fake_until(ffa_rig_works(rig) &&
			  ffa_rig_link(rig, LOSSES) == failed(rig));
}

/* At whatever call the partition is lost, it is found again. */
static void ffa_call_fails(struct kunit *test)
{
	for (step = 1; step <= FFA_RIG_CALLS; step++) {
		struct ffa_rig *rig = ffa_rig_create(test, 1);

		rig->fake->before = fail_step;
		ffa_rig_start(rig);
		KUNIT_ASSERT_TRUE(test, recovered(rig));
		mutex_lock(&rig->fake->lock);
		rig->fake->before = NULL;
		mutex_unlock(&rig->fake->lock);
		KUNIT_ASSERT_TRUE(test, recovered(rig));
		ffa_rig_transfer(rig, 0);
		ffa_rig_expect_clean(rig);
		kunit_release_action(test, ffa_rig_destroy, rig);
	}
}

/* Busy */

static int busy_error(struct fake_ffa *fake, u8 *msg)
{
	return fake->calls % 3 ? -EBUSY : 0;
}

/* Registers that are all zero. */
static int busy_zero(struct fake_ffa *fake, u8 *msg)
{
	return fake->calls % 3 ? 1 : 0;
}

static int busy_always(struct fake_ffa *fake, u8 *msg)
{
	return 1;
}

static void expect_busy(struct kunit *test,
			int (*before)(struct fake_ffa *fake, u8 *msg))
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	unsigned int i;

	rig->fake->before = before;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	for (i = 0; i < 20; i++)
		ffa_rig_transfer(rig, 0);
	KUNIT_EXPECT_GT(test, ffa_rig_link(rig, BUSIES), 20L);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, LOSSES), 0L);
	ffa_rig_expect_clean(rig);
}

static void ffa_busy(struct kunit *test)
{
	expect_busy(test, busy_error);
}

static void ffa_busy_zero(struct kunit *test)
{
	expect_busy(test, busy_zero);
}

/* It is asked a bounded number of times, then it is lost. */
static void ffa_busy_always(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create_short(test, 1);
	unsigned int calls;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	mutex_lock(&rig->fake->lock);
	rig->fake->before = busy_always;
	calls = rig->fake->calls;
	mutex_unlock(&rig->fake->lock);
	KUNIT_ASSERT_EQ(test, ffa_rig_request(&rig->disks[0]), 0);
	KUNIT_ASSERT_TRUE(test, fake_until(ffa_rig_link(rig, LOSSES) == 1));
	KUNIT_EXPECT_LT(test, rig->fake->calls - calls, 20);
	KUNIT_EXPECT_TRUE(test, removed(rig));
	/* The partition has the memory, and firmware does not take it away. */
	KUNIT_EXPECT_TRUE(test, retained(rig));
	mutex_lock(&rig->fake->lock);
	rig->fake->before = NULL;
	mutex_unlock(&rig->fake->lock);
	KUNIT_ASSERT_TRUE(test, fake_until(ffa_rig_works(rig)));
	ffa_rig_transfer(rig, 0);
	KUNIT_EXPECT_EQ(test, virtio_msg_ffa_retained(&rig->fake->ffa), 0);
	ffa_rig_expect_clean(rig);
}

/*
 * While a call takes long, as much waits as there is room for; the rest is
 * refused, and what was not comes.
 */
static void ffa_backlog(struct kunit *test)
{
	const u8 kick[PAYLOAD + 8] = {
		[ID] = VIRTIO_MSG_EVENT_AVAIL, [SIZE] = sizeof(kick)
	};
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	unsigned int i, calls;

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	mutex_lock(&rig->fake->lock);
	calls = rig->fake->calls;
	for (i = 0; i <= VIRTIO_MSG_FFA_BOX; i++)
		if (virtio_msg_ffa_send(ffa, kick, sizeof(kick)))
			break;
	mutex_unlock(&rig->fake->lock);
	KUNIT_EXPECT_EQ(test, i, VIRTIO_MSG_FFA_BOX);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->fake->calls) - calls >=
					   VIRTIO_MSG_FFA_BOX));
	ffa_rig_transfer(rig, 0);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, LOSSES), 0L);
	ffa_rig_expect_clean(rig);
}

/* Gone */

static int dead(struct fake_ffa *fake, u8 *msg)
{
	return -ECANCELED;
}

static void ffa_dies(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	ffa_rig_transfer(rig, 0);
	mutex_lock(&rig->fake->lock);
	rig->fake->before = dead;
	mutex_unlock(&rig->fake->lock);
	KUNIT_ASSERT_EQ(test, ffa_rig_request(&rig->disks[0]), 0);
	KUNIT_ASSERT_TRUE(test, removed(rig));
	KUNIT_EXPECT_TRUE(test, retained(rig));
	fake_ffa_check(rig->fake);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->freed), 0);

	fake_ffa_restart(rig->fake);
	mutex_lock(&rig->fake->lock);
	rig->fake->before = NULL;
	mutex_unlock(&rig->fake->lock);
	KUNIT_ASSERT_TRUE(test, fake_until(ffa_rig_works(rig)));
	KUNIT_EXPECT_TRUE(test, none_retained(rig));
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

/* It never comes again: its memory is never freed. */
static void ffa_dies_for_good(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	mutex_lock(&rig->fake->lock);
	rig->fake->before = dead;
	mutex_unlock(&rig->fake->lock);
	ffa_rig_stop(rig);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->fake->shared), 1);
	KUNIT_EXPECT_NE(test, virtio_msg_ffa_retained(&rig->fake->ffa), 0);
}

/* Between two calls it has become another one, and says so when it is asked. */
static void ffa_restarts(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	KUNIT_ASSERT_TRUE(test, fake_until(READ_ONCE(rig->fake->polls)));
	fake_ffa_restart(rig->fake);
	KUNIT_ASSERT_TRUE(test, fake_until(ffa_rig_link(rig, LOSSES) == 1));
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 2));
	KUNIT_ASSERT_TRUE(test, fake_until(ffa_rig_works(rig)));
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE_SLOW(ffa_call_fails),
	KUNIT_CASE(ffa_busy),
	KUNIT_CASE(ffa_busy_zero),
	KUNIT_CASE(ffa_busy_always),
	KUNIT_CASE(ffa_backlog),
	KUNIT_CASE(ffa_dies),
	KUNIT_CASE(ffa_dies_for_good),
	KUNIT_CASE(ffa_restarts),
	{}
};

static struct kunit_suite call_suite = {
	.name = "virtio_msg_ffa_call",
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);
