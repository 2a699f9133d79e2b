// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of how events come from partitions that send what cannot be, too much of
 * it, or too late.
 */
#include <linux/string.h>
#include <linux/unaligned.h>

#include "area.h"
#include "call.h"
#include "event.h"
#include "rig.h"

/* Offsets in a message. */
#define TYPE		0
#define ID		1
#define SIZE		6
#define PAYLOAD		8

static bool bad_reached(struct ffa_rig *rig, long n)
{
	return fake_until(ffa_rig_link(rig, BAD) >= n);
}

static void send_event(struct fake_ffa *fake, u8 type, u8 id, u16 word,
		       u16 payload)
{
	u8 event[FAKE_FFA_MSG] = { type, id };

	put_unaligned_le16(PAYLOAD + payload, event + SIZE);
	put_unaligned_le16(word, event + PAYLOAD);
	mutex_lock(&fake->lock);
	fake_ffa_event(fake, event);
	fake_ffa_tell(fake);
	mutex_unlock(&fake->lock);
}

static void ffa_release_known(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;
	struct virtio_msg_ffa_area_mem *mem;

	KUNIT_ASSERT_EQ(test, virtio_msg_ffa_area_alloc(ffa, PAGE_SIZE, &mem), 0);
	mutex_lock(&rig->fake->lock);
	fake_ffa_drop(rig->fake, mem->id);
	mutex_unlock(&rig->fake->lock);
	send_event(rig->fake, 2, VIRTIO_MSG_FFA_AREA_RELEASE, mem->id, 2);
	KUNIT_ASSERT_TRUE(test, fake_until(READ_ONCE(mem->given_up)));
	virtio_msg_ffa_area_free(ffa, mem);
	KUNIT_EXPECT_EQ(test, rig->fake->unshares, 0);
	ffa_rig_expect_clean(rig);
}

static void ffa_events_unknown(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);

	send_event(rig->fake, 2, VIRTIO_MSG_FFA_AREA_RELEASE, 77, 2);
	send_event(rig->fake, 2, VIRTIO_MSG_FFA_AREA_RELEASE, 0, 2);
	send_event(rig->fake, 2, 0xc1, 77, 2);
	KUNIT_EXPECT_TRUE(test, fake_until(ffa_rig_link(rig, UNEXPECTED) == 3));
	send_event(rig->fake, 2, VIRTIO_MSG_FFA_AREA_RELEASE, 77, 1);
	send_event(rig->fake, 2, VIRTIO_MSG_FFA_AREA_RELEASE, 77, 96);
	KUNIT_EXPECT_TRUE(test, fake_until(ffa_rig_link(rig, BAD) == 2));
	/* Answers to nothing. */
	send_event(rig->fake, 3, VIRTIO_MSG_FFA_AREA_SHARE, 77, 4);
	send_event(rig->fake, 3, VIRTIO_MSG_FFA_VERSION, 77, 18);
	KUNIT_EXPECT_TRUE(test, fake_until(ffa_rig_link(rig, UNEXPECTED) == 5));
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, LOSSES), 0L);
	ffa_rig_expect_clean(rig);
}

/* Events of a device that is not there, for ever: others are served, too. */
static void flood(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (msg[TYPE] != 2 || msg[ID] != VIRTIO_MSG_FFA_EVENT_POLL)
		return;
	memset(answer, 0, FAKE_FFA_MSG);
	answer[ID] = VIRTIO_MSG_EVENT_USED;
	answer[2] = 99;
	answer[SIZE] = PAYLOAD + 4;
}

static void ffa_flood(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	unsigned int i;

	rig->fake->after = flood;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	for (i = 0; i < 10; i++)
		ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

/* Called back late, when the link is gone, and by a number that is not known. */
static void ffa_notified_late(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_start_bare(test);
	long notifications;

	KUNIT_ASSERT_EQ(test, rig->fake->type, VIRTIO_MSG_FFA_EVENTS_NOTIFY);
	rig->fake->cb(rig->fake->bound, rig->fake->cb_data);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, NOTIFICATIONS), 1L);
	ffa_rig_stop(rig);
	notifications = ffa_rig_link(rig, NOTIFICATIONS);
	rig->fake->cb(0, rig->fake->cb_data);
	rig->fake->cb(63, (void *)0x7fffffff);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, NOTIFICATIONS), notifications);
}

/* Without a notification events are asked for. */
static void ffa_bind_fails(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	rig->fake->bind_error = -EACCES;
	rig->fake->no_events_in_answers = true;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	KUNIT_EXPECT_EQ(test, rig->fake->type, VIRTIO_MSG_FFA_EVENTS_POLL);
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

/* Links that end, @n times, with notifications that cannot be given back. */
static struct ffa_rig *lose_links(struct kunit *test, int error, int n)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	int i;

	rig->fake->unbind_error = error;
	rig->fake->no_events_in_answers = true;
	ffa_rig_start(rig);
	for (i = 1; i <= n; i++) {
		KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, i));
		KUNIT_EXPECT_EQ(test, rig->fake->type,
				VIRTIO_MSG_FFA_EVENTS_NOTIFY);
		virtio_msg_ffa_lose(&rig->fake->ffa);
	}
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, i));
	return rig;
}

/* No partition wears out what all have in common: it is polled in the end. */
static void ffa_unbind_fails(struct kunit *test)
{
	struct ffa_rig *rig = lose_links(test, -EACCES,
					 VIRTIO_MSG_FFA_MAX_STUCK);

	KUNIT_EXPECT_EQ(test, rig->fake->type, VIRTIO_MSG_FFA_EVENTS_POLL);
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

/* The FF-A driver has no notifications any more when it goes. */
static void ffa_unbind_nothing(struct kunit *test)
{
	struct ffa_rig *rig = lose_links(test, -EOPNOTSUPP,
					 VIRTIO_MSG_FFA_MAX_STUCK + 1);

	KUNIT_EXPECT_EQ(test, rig->fake->type, VIRTIO_MSG_FFA_EVENTS_NOTIFY);
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

/* A notification for room in the FIFO that cannot be one. */
static void wrong_notify_id(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (msg[TYPE] == 2 && msg[ID] == VIRTIO_MSG_FFA_FIFO_CONFIGURE)
		answer[PAYLOAD + 2] = 200;
}

static void ffa_fifo_wrong_notification(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);

	rig->fake->features |= VIRTIO_MSG_FFA_F_FIFO;
	rig->fake->after = wrong_notify_id;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	KUNIT_EXPECT_EQ(test, rig->fake->type, VIRTIO_MSG_FFA_EVENTS_NOTIFY);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, BAD), 1L);
	ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

static bool echoed;

static int note_echo(struct fake_ffa *fake, u8 *msg)
{
	if (msg[TYPE] == 3 && msg[ID] == VIRTIO_MSG_BUS_PING)
		echoed = true;
	return 0;
}

/* What may be longer than what came is not echoed. */
static void ffa_ping_indirect(struct kunit *test)
{
	static const u8 ping[12] = { 2, VIRTIO_MSG_BUS_PING, 0, 0, 1, 0, 12, 0 };
	struct ffa_rig *rig = ffa_rig_start_bare(test);

	echoed = false;
	mutex_lock(&rig->fake->lock);
	rig->fake->before = note_echo;
	mutex_unlock(&rig->fake->lock);
	virtio_msg_ffa_arrived(&rig->fake->ffa, ping, sizeof(ping));
	KUNIT_EXPECT_TRUE(test, fake_until(ffa_rig_link(rig, BAD) == 1));
	flush_delayed_work(&rig->fake->ffa.send_work);
	KUNIT_EXPECT_FALSE(test, echoed);
	ffa_rig_expect_clean(rig);
}

/* A FIFO whose indices and sizes cannot be. */
static void ffa_fifo_hostile(struct kunit *test)
{
	static const u16 sizes[] = { 0, 7, 105, 0xffff };
	struct ffa_rig *rig = ffa_rig_create_short(test, 0);
	struct fake_ffa *fake = rig->fake;
	unsigned int i;
	u8 *fifo;

	fake->features |= VIRTIO_MSG_FFA_F_FIFO;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_linked(rig));
	KUNIT_ASSERT_EQ(test, fake->type, VIRTIO_MSG_FFA_EVENTS_FIFO);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		long bad = ffa_rig_link(rig, BAD);

		send_event(fake, 2, VIRTIO_MSG_FFA_AREA_RELEASE, 77,
			   sizes[i] - PAYLOAD);
		KUNIT_EXPECT_TRUE(test, bad_reached(rig, bad + 1));
	}
	fifo = fake_ffa_region_map(fake->fifo_handle) + SZ_4K;
	WRITE_ONCE(*(__le32 *)(fifo + 0x80), cpu_to_le32(0xffff0003));
	fake->cb(fake->bound, fake->cb_data);
	KUNIT_EXPECT_TRUE(test, bad_reached(rig, ARRAY_SIZE(sizes) + 1));
	ffa_rig_expect_clean(rig);
}

/* A FIFO that was full: the partition waits for room, and is told of it. */
static void ffa_fifo_full(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 0);
	struct fake_ffa *fake = rig->fake;
	u8 event[FAKE_FFA_MSG] = { 2, VIRTIO_MSG_FFA_AREA_RELEASE };
	unsigned int i;

	fake->features |= VIRTIO_MSG_FFA_F_FIFO;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_linked(rig));
	event[SIZE] = PAYLOAD + 2;
	mutex_lock(&fake->lock);
	for (i = 0; i < FAKE_FFA_EVENTS && !fake->num_events; i++)
		fake_ffa_event(fake, event);
	fake_ffa_tell(fake);
	mutex_unlock(&fake->lock);
	KUNIT_EXPECT_EQ(test, fake->num_events, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(fake->sends) == 1));
	KUNIT_EXPECT_GE(test, ffa_rig_link(rig, UNEXPECTED), (long)i - 1);
	ffa_rig_expect_clean(rig);
}

static struct kunit_case event_cases[] = {
	KUNIT_CASE(ffa_release_known),
	KUNIT_CASE(ffa_events_unknown),
	KUNIT_CASE(ffa_flood),
	KUNIT_CASE(ffa_notified_late),
	KUNIT_CASE(ffa_bind_fails),
	KUNIT_CASE_SLOW(ffa_unbind_fails),
	KUNIT_CASE_SLOW(ffa_unbind_nothing),
	KUNIT_CASE(ffa_fifo_wrong_notification),
	KUNIT_CASE(ffa_ping_indirect),
	KUNIT_CASE(ffa_fifo_hostile),
	KUNIT_CASE(ffa_fifo_full),
	{}
};

static struct kunit_suite event_suite = {
	.name = "virtio_msg_ffa_event",
	.test_cases = event_cases,
};

kunit_test_suite(event_suite);
