// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the doorbell: with mailbox controllers that are busy, fail, or never
 * say that they are done, no ring gets lost and nothing piles up.
 */
#include <kunit/test.h>

#include "fake_board.h"

struct listener {
	struct virtio_msg_doorbell doorbell;
	unsigned int rung;
};

static void count_ring(struct virtio_msg_doorbell *doorbell)
{
	container_of(doorbell, struct listener, doorbell)->rung++;
}

struct rig {
	struct fake_board *board;
	struct fake_mailbox *mailbox;
	struct platform_device *dev;
	struct listener ends[2];
};

static void request(struct kunit *test, struct rig *rig, unsigned int i)
{
	struct listener *end = &rig->ends[i];

	end->doorbell.rung = count_ring;
	fake_board_set_channel(rig->board, rig->board->plain, i);
	KUNIT_ASSERT_EQ(test, 1,
			virtio_msg_doorbell_request(&end->doorbell,
						    &rig->dev->dev));
	virtio_msg_doorbell_listen(&end->doorbell);
}

/* Two ends of a channel, of one device. */
static struct rig *create(struct kunit *test, enum fake_mailbox_done done)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->board = test->priv;
	rig->mailbox = &rig->board->mailbox;
	fake_board_add_mailbox(rig->board, done);
	rig->dev = fake_board_add(rig->board, "virtio-msg-plain",
				  rig->board->plain);
	request(test, rig, 0);
	request(test, rig, 1);
	return rig;
}

static void destroy(struct rig *rig)
{
	virtio_msg_doorbell_free(&rig->ends[0].doorbell);
	virtio_msg_doorbell_free(&rig->ends[1].doorbell);
	platform_device_unregister(rig->dev);
}

static void ring(struct rig *rig, unsigned int times)
{
	unsigned long flags;

	local_irq_save(flags);
	while (times--)
		virtio_msg_doorbell_ring(&rig->ends[0].doorbell);
	local_irq_restore(flags);
}

static bool is_idle(struct rig *rig)
{
	struct virtio_msg_doorbell *doorbell = &rig->ends[0].doorbell;

	return !atomic_read(&doorbell->sent) &&
	       !atomic_read(&doorbell->again) &&
	       !timer_pending(&doorbell->retry_timer);
}

static const enum fake_mailbox_done kinds[] = {
	FAKE_DONE_IRQ, FAKE_DONE_POLL, FAKE_DONE_NEVER,
};

static void kind_name(const enum fake_mailbox_done *kind, char *name)
{
	static const char * const names[] = { "irq", "poll", "never" };

	strscpy(name, names[*kind], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_name);

static enum fake_mailbox_done param(struct kunit *test)
{
	return *(const enum fake_mailbox_done *)test->param_value;
}

static void a_ring_arrives(struct kunit *test)
{
	struct rig *rig = create(test, param(test));
	unsigned int n;

	for (n = 1; n <= 20; n++) {
		ring(rig, 1);
		KUNIT_EXPECT_TRUE(test,
				  fake_until(rig->ends[1].rung >= n));
		KUNIT_EXPECT_TRUE(test, fake_until(is_idle(rig)));
	}
	KUNIT_EXPECT_EQ(test, 20, rig->ends[1].rung);
	KUNIT_EXPECT_EQ(test, 0, rig->ends[0].rung);
	destroy(rig);
}

static void a_refused_ring_is_repeated(struct kunit *test)
{
	struct rig *rig = create(test, param(test));

	rig->mailbox->refuse = 5;
	ring(rig, 1);
	KUNIT_EXPECT_EQ(test, 0, rig->ends[1].rung);
	KUNIT_EXPECT_TRUE(test, fake_until(rig->ends[1].rung));
	KUNIT_EXPECT_TRUE(test, fake_until(is_idle(rig)));
	KUNIT_EXPECT_EQ(test, 0, rig->mailbox->refuse);
	destroy(rig);
}

/* Of a controller that is busy for long, only a bounded number waits. */
static void many_rings_are_one(struct kunit *test)
{
	struct rig *rig = create(test, param(test));
	struct mbox_chan *chan = &rig->mailbox->chans[0];

	rig->mailbox->refuse = INT_MAX;
	ring(rig, 1000);
	KUNIT_EXPECT_LE(test, chan->msg_count, VIRTIO_MSG_AMP_MAX_RINGS);
	KUNIT_EXPECT_EQ(test, 0, rig->ends[1].rung);
	rig->mailbox->refuse = 0;
	KUNIT_EXPECT_TRUE(test, fake_until(rig->ends[1].rung));
	KUNIT_EXPECT_TRUE(test, fake_until(is_idle(rig)));
	KUNIT_EXPECT_LE(test, rig->ends[1].rung, VIRTIO_MSG_AMP_MAX_RINGS);
	destroy(rig);
}

/* Rings while one is under way: another follows, for what came after it. */
static void a_ring_follows_one_that_is_not_done(struct kunit *test)
{
	struct rig *rig = create(test, FAKE_DONE_IRQ);
	unsigned int before;

	rig->mailbox->hold = true;
	ring(rig, 1);
	KUNIT_EXPECT_EQ(test, 1, rig->ends[1].rung);
	ring(rig, 1000);
	before = rig->ends[1].rung;
	WRITE_ONCE(rig->mailbox->hold, false);
	KUNIT_EXPECT_TRUE(test, fake_until(rig->ends[1].rung > before));
	KUNIT_EXPECT_TRUE(test, fake_until(is_idle(rig)));
	KUNIT_EXPECT_LE(test, rig->ends[1].rung, VIRTIO_MSG_AMP_MAX_RINGS);
	destroy(rig);
}

static void a_failed_ring_is_repeated(struct kunit *test)
{
	struct rig *rig = create(test, FAKE_DONE_IRQ);

	rig->mailbox->fail = 3;
	ring(rig, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(rig->ends[1].rung));
	KUNIT_EXPECT_TRUE(test, fake_until(is_idle(rig)));
	KUNIT_EXPECT_EQ(test, 0, rig->mailbox->fail);
	destroy(rig);
}

/* As if another had filled the queue of the channel. */
static void a_full_queue_loses_no_ring(struct kunit *test)
{
	struct rig *rig = create(test, FAKE_DONE_NEVER);
	struct mbox_chan *chan = &rig->mailbox->chans[0];
	unsigned long flags;

	spin_lock_irqsave(&chan->lock, flags);
	chan->msg_count = MBOX_TX_QUEUE_LEN;
	spin_unlock_irqrestore(&chan->lock, flags);
	ring(rig, 1);
	KUNIT_EXPECT_EQ(test, 0, rig->ends[1].rung);
	spin_lock_irqsave(&chan->lock, flags);
	chan->msg_count = 0;
	spin_unlock_irqrestore(&chan->lock, flags);
	KUNIT_EXPECT_TRUE(test, fake_until(rig->ends[1].rung));
	KUNIT_EXPECT_TRUE(test, fake_until(is_idle(rig)));
	destroy(rig);
}

static void nothing_is_rung_after_the_end(struct kunit *test)
{
	struct rig *rig = create(test, param(test));
	unsigned int attempts;

	/* One that nobody takes any more. */
	rig->mailbox->refuse = INT_MAX;
	ring(rig, 3);
	virtio_msg_doorbell_free(&rig->ends[0].doorbell);
	KUNIT_EXPECT_FALSE(test,
			   timer_pending(&rig->ends[0].doorbell.retry_timer));
	attempts = rig->mailbox->attempts;
	rig->mailbox->refuse = 0;
	/* Whoever rings one that is gone rings nobody. */
	virtio_msg_doorbell_ring(&rig->ends[1].doorbell);
	KUNIT_EXPECT_EQ(test, attempts + 1, rig->mailbox->attempts);
	KUNIT_EXPECT_EQ(test, 0, rig->ends[0].rung);
	virtio_msg_doorbell_free(&rig->ends[1].doorbell);
	platform_device_unregister(rig->dev);
}

static struct kunit_case doorbell_cases[] = {
	KUNIT_CASE_PARAM(a_ring_arrives, kind_gen_params),
	KUNIT_CASE_PARAM(a_refused_ring_is_repeated, kind_gen_params),
	KUNIT_CASE_PARAM(many_rings_are_one, kind_gen_params),
	KUNIT_CASE(a_ring_follows_one_that_is_not_done),
	KUNIT_CASE(a_failed_ring_is_repeated),
	KUNIT_CASE(a_full_queue_loses_no_ring),
	KUNIT_CASE_PARAM(nothing_is_rung_after_the_end, kind_gen_params),
	{ }
};

static struct kunit_suite doorbell_suite = {
	.name = "virtio-msg-doorbell",
	.init = fake_board_init,
	.exit = fake_board_exit,
	.test_cases = doorbell_cases,
};

kunit_test_suite(doorbell_suite);
