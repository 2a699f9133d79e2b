// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the FF-A bus against partitions whose answers cannot be. Whatever they
 * say, the rig looks for pages that were freed while they were shared.
 */
#include <linux/string.h>
#include <linux/unaligned.h>

#include "rig.h"

/* Offsets in a message. */
#define TYPE		0
#define ID		1
#define TOKEN		4
#define SIZE		6
#define PAYLOAD		8

static unsigned int step;

static void wrong_zero_size(u8 *answer)
{
	put_unaligned_le16(0, answer + SIZE);
}

static void wrong_short(u8 *answer)
{
	put_unaligned_le16(7, answer + SIZE);
}

static void wrong_shorter(u8 *answer)
{
	put_unaligned_le16(get_unaligned_le16(answer + SIZE) - 1,
			   answer + SIZE);
}

static void wrong_longer(u8 *answer)
{
	put_unaligned_le16(get_unaligned_le16(answer + SIZE) + 1,
			   answer + SIZE);
}

static void wrong_oversized(u8 *answer)
{
	put_unaligned_le16(0xffff, answer + SIZE);
}

static void wrong_token(u8 *answer)
{
	answer[TOKEN] ^= 0x55;
}

static void wrong_type(u8 *answer)
{
	answer[TYPE] ^= 2;
}

static void wrong_id(u8 *answer)
{
	answer[ID] ^= 1;
}

static void wrong_request(u8 *answer)
{
	answer[TYPE] &= ~1;
}

static void wrong_response(u8 *answer)
{
	answer[TYPE] |= 1;
}

static void wrong_all(u8 *answer)
{
	memset(answer, 0xff, FAKE_FFA_MSG);
}

static void wrong_payload(u8 *answer)
{
	memset(answer + PAYLOAD, 0xff, FAKE_FFA_MSG - PAYLOAD);
}

struct wrong {
	const char *name;
	void (*make)(u8 *answer);
};

static const struct wrong wrongs[] = {
	{ "no size", wrong_zero_size },
	{ "less than a header", wrong_short },
	{ "a byte less", wrong_shorter },
	{ "a byte more", wrong_longer },
	{ "more than registers", wrong_oversized },
	{ "token", wrong_token },
	{ "bus or transport", wrong_type },
	{ "number", wrong_id },
	{ "a request", wrong_request },
	{ "all ones", wrong_all },
	{ "payload of ones", wrong_payload },
};

static void wrong_describe(const struct wrong *wrong, char *desc)
{
	strscpy(desc, wrong->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrongs, wrong_describe);

static const struct wrong *lie;

static void lie_once(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (fake->calls == step)
		lie->make(answer);
}

static void lie_always(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	lie->make(answer);
}

static bool lied(struct ffa_rig *rig)
{
	return READ_ONCE(rig->fake->calls) >= step;
}

/* One lie may cost a device or the link, but never what comes to an end. */
static void ffa_lies_once(struct kunit *test)
{
	lie = test->param_value;
	/* All of the link, and of the device every third. */
	for (step = 1; step <= FFA_RIG_CALLS; step += step < 5 ? 1 : 3) {
		struct ffa_rig *rig = ffa_rig_create_short(test, 1);

		rig->fake->after = lie_once;
		ffa_rig_start(rig);
		KUNIT_ASSERT_TRUE(test, fake_until(lied(rig) ||
						   ffa_rig_works(rig)));
		if (ffa_rig_works(rig))
			ffa_rig_request(&rig->disks[0]);
		ffa_rig_expect_clean(rig);
		kunit_release_action(test, ffa_rig_destroy, rig);
	}
}

static void ffa_lies_always(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create_short(test, 1);

	lie = test->param_value;
	rig->fake->after = lie_always;
	ffa_rig_start(rig);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->fake->calls) > 2));
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->probed), 0);
	ffa_rig_stop(rig);
}

/* From the moment on that there is a device: its answers are of no use. */
static void ffa_lies_later(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create_short(test, 1);

	lie = test->param_value;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	mutex_lock(&rig->fake->lock);
	rig->fake->after = lie_always;
	mutex_unlock(&rig->fake->lock);
	ffa_rig_request(&rig->disks[0]);
	ffa_rig_stop(rig);
}

/* What became of a request was in an answer that cannot be. */
static void lie_about_queue(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (!(msg[TYPE] & 3) && msg[ID] == VIRTIO_MSG_EVENT_AVAIL)
		lie->make(answer);
}

static void ffa_lies_about_queue(struct kunit *test)
{
	static const struct wrong bad = { "oversized", wrong_oversized };
	static const struct wrong response = { "response", wrong_response };
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	unsigned int i;

	lie = &bad;
	rig->fake->after = lie_about_queue;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	for (i = 0; i < 10; i++)
		ffa_rig_transfer(rig, 0);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, BAD), 10L);
	WRITE_ONCE(lie, &response);
	for (i = 0; i < 10; i++)
		ffa_rig_transfer(rig, 0);
	ffa_rig_expect_clean(rig);
}

/* It knows no EVENT_POLL, and has no other way to tell of events. */
static int no_poll(struct fake_ffa *fake, u8 *msg)
{
	return msg[TYPE] == 2 && msg[ID] == VIRTIO_MSG_FFA_EVENT_POLL;
}

static void no_poll_answer(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (!no_poll(fake, (u8 *)msg))
		return;
	memset(answer, 0, FAKE_FFA_MSG);
	answer[TYPE] = 3;
}

static void ffa_no_events(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create(test, 1);
	unsigned int i;

	rig->fake->features = VIRTIO_MSG_FFA_F_DIRECT_RX;
	rig->fake->no_events_in_answers = true;
	rig->fake->before = no_poll;
	rig->fake->after = no_poll_answer;
	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_probed(rig, 1));
	for (i = 0; i < 10; i++)
		ffa_rig_transfer(rig, 0);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, POLLS), 1L);
	KUNIT_EXPECT_EQ(test, ffa_rig_link(rig, LOSSES), 0L);
	ffa_rig_expect_clean(rig);
}

static struct kunit_case answer_cases[] = {
	KUNIT_CASE_PARAM(ffa_lies_once, wrong_gen_params),
	KUNIT_CASE_PARAM(ffa_lies_always, wrong_gen_params),
	KUNIT_CASE_PARAM(ffa_lies_later, wrong_gen_params),
	KUNIT_CASE(ffa_lies_about_queue),
	KUNIT_CASE(ffa_no_events),
	{}
};

static struct kunit_suite answer_suite = {
	.name = "virtio_msg_ffa_answer",
	.test_cases = answer_cases,
};

kunit_test_suite(answer_suite);
