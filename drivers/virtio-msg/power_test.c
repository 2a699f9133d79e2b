// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of sleep: the calls that the power management makes to a bus.
 */
#include <kunit/test.h>
#include <kunit/test-bug.h>
#include <linux/pm.h>
#include <linux/virtio_ring.h>

#include "fake_peer.h"

#define DRIVER_OK	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

/* A peer with one device at work for each driver. */
static struct fake_driver *start(struct kunit *test)
{
	struct fake_driver *driver = fake_driver_create(test, FAKE_ID, 2);
	struct fake_peer *peer = test->priv;

	if (!IS_ENABLED(CONFIG_PM_SLEEP))
		kunit_skip(test, "no CONFIG_PM_SLEEP");
	fake_peer_add(peer, 0, FAKE_ID);
	fake_peer_add(peer, 1, FAKE_ID);
	fake_driver_register(test, driver);
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, 0));
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, 1));
	KUNIT_ASSERT_EQ(test, driver->probed, 2);
	return driver;
}

static int suspend(struct fake_peer *peer)
{
	struct device *dev = &peer->core->dev;

	return dev->class->pm->suspend(dev);
}

static int resume(struct fake_peer *peer)
{
	struct device *dev = &peer->core->dev;

	return dev->class->pm->resume(dev);
}

/* What the peer knew of its devices is gone. */
static void forget(struct fake_peer *peer)
{
	struct fake_device *dev;
	unsigned int i;

	for (dev = peer->devices; dev < peer->devices + peer->num_devices;
	     dev++) {
		dev->status = 0;
		memset(dev->accepted, 0, sizeof(dev->accepted));
		for (i = 0; i < FAKE_QUEUES; i++)
			dev->queues[i] = (struct fake_queue){
				.max = dev->queues[i].max,
			};
	}
}

/* The devices are reset, hold no memory, and work again afterwards. */
static void power_sleep(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, suspend(peer), 0);
		KUNIT_EXPECT_EQ(test, driver->frozen, 2 * i);
		KUNIT_EXPECT_EQ(test, peer->devices[0].status, 0);
		KUNIT_EXPECT_EQ(test, peer->devices[1].status, 0);
		KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
		forget(peer);

		KUNIT_EXPECT_EQ(test, resume(peer), 0);
		KUNIT_EXPECT_EQ(test, peer->devices[0].status, DRIVER_OK);
		KUNIT_EXPECT_EQ(test, peer->devices[1].status, DRIVER_OK);
		KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 4L);
		KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8),
				0);
		KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, &peer->devices[1],
						      0), 1);
		KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->answers)
						   == i));
	}
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 0L);
}

/* The configuration may be another one after sleep. */
static void power_config_is_read_again(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;
	u8 value;

	virtio_cread_bytes(driver->vdev, 0, &value, 1);
	KUNIT_ASSERT_EQ(test, value, peer->devices[1].config[0]);
	KUNIT_ASSERT_EQ(test, suspend(peer), 0);
	peer->devices[1].config[0] ^= 0xff;
	KUNIT_ASSERT_EQ(test, resume(peer), 0);
	virtio_cread_bytes(driver->vdev, 0, &value, 1);
	KUNIT_EXPECT_EQ(test, value, peer->devices[1].config[0]);
}

/* A driver that cannot sleep: the machine stays awake, all devices at work. */
static void power_sleep_refused(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;

	driver->freeze_err = -EBUSY;
	KUNIT_EXPECT_EQ(test, suspend(peer), -EBUSY);
	KUNIT_EXPECT_EQ(test, peer->devices[0].status, DRIVER_OK);
	KUNIT_EXPECT_EQ(test, peer->devices[1].status, DRIVER_OK);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, &peer->devices[1], 0), 1);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->answers) == 1));
}

/* A peer that does not answer while devices wake: an error, and no end. */
static void power_silent_peer(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;
	unsigned long begin = jiffies;

	KUNIT_ASSERT_EQ(test, suspend(peer), 0);
	fake_peer_set_timeout(peer, 20);
	fake_peer_on(peer, VMSG_SET_FEATURES_REQ, FAKE_SILENT, 0, 1000);
	fake_peer_on(peer, VMSG_SET_VQUEUE_REQ, FAKE_SILENT, 0, 1000);
	KUNIT_EXPECT_LT(test, resume(peer), 0);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 10 * HZ));
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
	fake_peer_forget_rules(peer);
	driver->vdev = NULL;
}

/* A device that was announced while the machine slept. */
static void power_plugged_asleep(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;

	KUNIT_ASSERT_EQ(test, suspend(peer), 0);
	fake_peer_add(peer, 2, FAKE_ID);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 2));
	KUNIT_EXPECT_EQ(test, resume(peer), 0);
	KUNIT_EXPECT_EQ(test, driver->probed, 3);
	KUNIT_EXPECT_EQ(test, peer->devices[0].status, DRIVER_OK);
	KUNIT_EXPECT_EQ(test, peer->devices[2].status, DRIVER_OK);
}

/* All devices go while one of them is told to sleep; that one lasts. */
static void unplug_all(struct fake_driver *driver)
{
	struct fake_peer *peer = kunit_get_current_test()->priv;

	driver->freeze = NULL;
	fake_peer_event(peer, 0, VIRTIO_MSG_DEVICE_REMOVED);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
	flush_work(&peer->core->devices.work);
	fake_until(READ_ONCE(driver->removed) == 1);
	schedule_timeout_uninterruptible(HZ / 20);
	driver->removed_early = READ_ONCE(driver->removed);
}

static void power_unplugged_asleep(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;

	peer->leaked = 4;
	driver->freeze = unplug_all;
	suspend(peer);
	KUNIT_EXPECT_EQ(test, driver->removed_early, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(driver->removed) == 2));
	resume(peer);
	KUNIT_EXPECT_EQ(test, driver->frozen, 1);
}

/* A peer in the same kernel sleeps along: it is left alone. */
static void power_local(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;
	unsigned int total;

	peer->bus.flags |= VIRTIO_MSG_BUS_LOCAL;
	driver = start(test);
	total = fake_peer_total(peer);
	KUNIT_EXPECT_EQ(test, suspend(peer), 0);
	KUNIT_EXPECT_EQ(test, resume(peer), 0);
	KUNIT_EXPECT_EQ(test, driver->frozen, 0);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), total);
}

/* So is one that would be lost if it did not keep what it knows. */
static void power_awake(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;
	struct device *dev;
	unsigned int total;

	peer->bus.flags |= VIRTIO_MSG_BUS_AWAKE;
	driver = start(test);
	dev = &peer->core->dev;
	total = fake_peer_total(peer);
	KUNIT_EXPECT_EQ(test, suspend(peer), 0);
	KUNIT_EXPECT_EQ(test, resume(peer), 0);
	KUNIT_EXPECT_EQ(test, driver->frozen, 0);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), total);
	KUNIT_EXPECT_EQ(test, dev->class->shutdown_pre(dev), 0);
	KUNIT_EXPECT_EQ(test, peer->devices[0].status, 0);
}

/* Before a reboot no device writes to memory any more. */
static void power_off(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;
	struct device *dev = &peer->core->dev;

	KUNIT_EXPECT_EQ(test, dev->class->shutdown_pre(dev), 0);
	KUNIT_EXPECT_EQ(test, peer->devices[0].status, 0);
	KUNIT_EXPECT_EQ(test, peer->devices[1].status, 0);
	KUNIT_EXPECT_NE(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
}

/* That is done once: with a peer that is silent, it takes its time. */
static void power_off_once(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct device *dev;
	unsigned int total;

	start(test);
	dev = &peer->core->dev;
	KUNIT_EXPECT_EQ(test, dev->class->shutdown_pre(dev), 0);
	total = fake_peer_total(peer);
	KUNIT_EXPECT_EQ(test, dev->class->shutdown_pre(dev), 0);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), total);
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE(power_sleep),
	KUNIT_CASE(power_config_is_read_again),
	KUNIT_CASE(power_sleep_refused),
	KUNIT_CASE(power_awake),
	KUNIT_CASE(power_silent_peer),
	KUNIT_CASE(power_plugged_asleep),
	KUNIT_CASE(power_unplugged_asleep),
	KUNIT_CASE(power_local),
	KUNIT_CASE(power_off),
	KUNIT_CASE(power_off_once),
	{}
};

static struct kunit_suite power_suite = {
	.name = "virtio_msg_power",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = power_cases,
};

kunit_test_suite(power_suite);
