// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of sending on a bus that has no room.
 */
#include <kunit/test.h>
#include <linux/delay.h>

#include "fake_peer.h"

static void ping(struct fake_peer *peer, u32 data)
{
	fake_peer_send(peer, &(struct virtio_msg_fields){
		.kind = VMSG_PING_REQ, .ping.data = data });
}

static void block(struct fake_peer *peer, unsigned int times)
{
	fake_peer_on(peer, VMSG_PING_RESP, FAKE_AGAIN, 0, times);
}

static void unblock(struct fake_peer *peer)
{
	fake_peer_forget_rules(peer);
	virtio_msg_bus_writable(&peer->bus);
}

/* BUS-20: what waits is sent in its order, and nothing before it. */
static void sender_order(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	fake_peer_start(peer);
	block(peer, 20);
	for (i = 0; i < 10; i++)
		ping(peer, i);
	KUNIT_EXPECT_EQ(test, virtio_msg_notify(peer->core, 1, 2, true), 0);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) == 11));
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, peer->sent[i].fields.ping.data, i);
	KUNIT_EXPECT_EQ(test, peer->sent[10].fields.kind, VMSG_EVENT_AVAIL);
	KUNIT_EXPECT_EQ(test, peer->sent[10].fields.notify.index, 2);
	KUNIT_EXPECT_EQ(test, peer->again, 20);
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_again), 20L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, sent), 11L);
}

/* A message that found room waits for nothing, in any context. */
static void sender_atomic(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned long flags;

	fake_peer_start(peer);
	local_irq_save(flags);
	ping(peer, 1);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 1);
	KUNIT_EXPECT_TRUE(test, peer->sent[0].atomic);
	block(peer, 1);
	local_irq_save(flags);
	ping(peer, 2);
	local_irq_restore(flags);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) == 2));
}

static void sender_full(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	fake_peer_start(peer);
	block(peer, UINT_MAX);
	for (i = 0; i < VIRTIO_MSG_LIMIT_OUTBOX; i++)
		ping(peer, i);
	KUNIT_EXPECT_EQ(test, fake_count(peer, outbox_full), 0L);
	KUNIT_EXPECT_EQ(test, virtio_msg_notify(peer->core, 1, 2, true),
			-ENOSPC);
	ping(peer, 1000);
	KUNIT_EXPECT_EQ(test, fake_count(peer, outbox_full), 2L);
	unblock(peer);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) ==
					   VIRTIO_MSG_LIMIT_OUTBOX));
	KUNIT_EXPECT_EQ(test, peer->sent[63].fields.ping.data, 63);
	ping(peer, 64);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) == 65));
}

/* A bus that says nothing is asked now and then, not all the time. */
static void sender_does_not_spin(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned long begin = jiffies;

	fake_peer_start(peer);
	block(peer, 8);
	ping(peer, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) == 1));
	/* All but the attempt of the sender itself slept first. */
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, begin + 7));
}

/* RBUS-1, BUS-25: a bus that stays full is lost. */
static void sender_stalled(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 30);
	block(peer, UINT_MAX);
	ping(peer, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->core->lost)));
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&peer->lost) == 1));
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_timeout), 1L);
	KUNIT_EXPECT_EQ(test, peer->core->sender.count, 0);
}

/* As somebody who waits for room with a message that is not posted. */
static void be_refused(struct kunit *test)
{
	struct virtio_msg_fields fields = { .kind = VMSG_PING_RESP };
	struct fake_peer *peer = test->priv;
	u8 message[64] __aligned(8);

	KUNIT_ASSERT_GT(test, virtio_msg_encode(peer->core->dialect, &fields,
						message, sizeof(message)), 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN,
			virtio_msg_send(peer->core,
					(struct virtio_msg *)message));
	virtio_msg_sender_retry(peer->core);
}

/* Also if nothing is posted, and who waits asks now and then. */
static void sender_refused(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 100);
	block(peer, UINT_MAX);
	for (i = 0; i < 1000 && !READ_ONCE(peer->core->lost); i++) {
		be_refused(test);
		schedule_timeout_uninterruptible(1);
	}
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&peer->lost) == 1));
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_timeout), 0L);
}

/* Somebody was refused once, and once more long afterwards: who knows. */
static void sender_refused_seldom(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	fake_peer_start(peer);
	fake_peer_set_timeout(peer, VIRTIO_MSG_RETRY_GAP_MS / 2);
	block(peer, UINT_MAX);
	for (i = 0; i < 3; i++) {
		be_refused(test);
		flush_delayed_work(&peer->core->sender.work);
		msleep(VIRTIO_MSG_RETRY_GAP_MS + 100);
	}
	KUNIT_EXPECT_FALSE(test, READ_ONCE(peer->core->lost));
}

static struct fake_driver *start_device(struct kunit *test)
{
	struct fake_driver *driver = fake_driver_create(test, FAKE_ID, 2);
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	fake_driver_register(test, driver);
	peer->revocable = true;
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, 1));
	return driver;
}

/* The same with a doorbell that is always busy, though messages go through. */
static void sender_doorbell_stalled(struct kunit *test)
{
	struct fake_driver *driver = start_device(test);
	struct fake_peer *peer = test->priv;

	fake_peer_set_timeout(peer, 30);
	WRITE_ONCE(peer->doorbell, -EAGAIN);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	ping(peer, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->core->lost)));
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_timeout), 1L);
}

/* One that is busy now and then is not lost, nor is one nobody rings for. */
static void sender_doorbell_slow(struct kunit *test)
{
	struct fake_driver *driver = start_device(test);
	struct fake_peer *peer = test->priv;
	unsigned int i;

	for (i = 1; i < 4; i++) {
		fake_peer_set_timeout(peer, 5000);
		WRITE_ONCE(peer->doorbell, -EAGAIN);
		KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, i, 8, 8),
				0);
		flush_delayed_work(&peer->core->sender.work);
		WRITE_ONCE(peer->doorbell, 0);
		KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->rings) == i));
		fake_peer_set_timeout(peer, 1);
		schedule_timeout_uninterruptible(5);
	}
	KUNIT_EXPECT_FALSE(test, peer->core->lost);
	fake_peer_set_timeout(peer, 5000);
	fake_driver_unbind(driver);
}

/* One that moves now and then is not. */
static void sender_slow(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 2000);
	for (i = 0; i < 5; i++) {
		block(peer, 3);
		ping(peer, i);
	}
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) == 5));
	KUNIT_EXPECT_FALSE(test, peer->core->lost);
}

/* BUS-11: what cannot be sent at all does not hold up what follows. */
static void sender_error(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	block(peer, 1);
	fake_peer_on(peer, VMSG_PING_RESP, FAKE_ERROR, 0, 1);
	ping(peer, 1);
	ping(peer, 2);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->num_sent) == 1));
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.ping.data, 2);
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_failed), 1L);
}

static void sender_after_stop(struct kunit *test)
{
	struct virtio_msg_fields fields = { .kind = VMSG_PING_RESP };
	struct fake_peer *peer = test->priv;
	struct virtio_msg_core *core;

	fake_peer_start(peer);
	core = peer->core;
	block(peer, UINT_MAX);
	ping(peer, 1);
	virtio_msg_sender_stop(core);
	KUNIT_EXPECT_EQ(test, virtio_msg_post(core, &fields), -ENODEV);
	virtio_msg_sender_retry(core);
	virtio_msg_bus_writable(&peer->bus);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&core->sender.work));

	get_device(&core->dev);
	virtio_msg_bus_unregister(&peer->bus);
	fake_peer_forget_rules(peer);
	KUNIT_EXPECT_EQ(test, virtio_msg_post(core, &fields), -ENODEV);
	KUNIT_EXPECT_EQ(test, virtio_msg_notify(core, 1, 1, true), -ENODEV);
	virtio_msg_bus_writable(&peer->bus);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), 0);
	peer->core = NULL;
	put_device(&core->dev);
	put_device(&core->dev);
}

static struct kunit_case sender_cases[] = {
	KUNIT_CASE(sender_order),
	KUNIT_CASE(sender_atomic),
	KUNIT_CASE(sender_full),
	KUNIT_CASE(sender_does_not_spin),
	KUNIT_CASE(sender_stalled),
	KUNIT_CASE(sender_refused),
	KUNIT_CASE(sender_refused_seldom),
	KUNIT_CASE(sender_doorbell_stalled),
	KUNIT_CASE(sender_doorbell_slow),
	KUNIT_CASE(sender_slow),
	KUNIT_CASE(sender_error),
	KUNIT_CASE(sender_after_stop),
	{}
};

static struct kunit_suite sender_suite = {
	.name = "virtio_msg_sender",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = sender_cases,
};

kunit_test_suite(sender_suite);
