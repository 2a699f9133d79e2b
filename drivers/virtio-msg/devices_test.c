// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of enumeration and hotplug.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>

#include "fake_peer.h"

static void start_enumerating(struct fake_peer *peer)
{
	peer->bus.flags &= ~VIRTIO_MSG_BUS_NO_ENUMERATION;
	fake_peer_start(peer);
}

/* All that the peer has said was looked at. */
static void settle(struct fake_peer *peer)
{
	struct virtio_msg_devices *devices = &peer->core->devices;

	flush_work(&devices->enumerate);
	flush_work(&devices->work);
}

static void rescan(struct fake_peer *peer)
{
	virtio_msg_devices_rescan(peer->core);
	settle(peer);
}

static bool added(struct fake_peer *peer, long n)
{
	return fake_until(fake_count(peer, device_added) == n);
}

static bool gone(struct fake_peer *peer)
{
	settle(peer);
	return fake_until(!atomic_read(&peer->core->devices.live));
}

struct enum_param {
	u32 dialect;
	u32 max;
};

static const struct enum_param enum_params[] = {
	{ VIRTIO_MSG_DIALECT_D26, 52 }, { VIRTIO_MSG_DIALECT_D26, 264 },
	{ VIRTIO_MSG_DIALECT_PR28, 48 }, { VIRTIO_MSG_DIALECT_PR28, 52 },
	{ VIRTIO_MSG_DIALECT_PR28, 264 }, { 0, 52 }, { 0, 264 },
};

static void enum_describe(const struct enum_param *param, char *desc)
{
	sprintf(desc, "dialect %u in %u bytes", param->dialect, param->max);
}

KUNIT_ARRAY_PARAM(enumerations, enum_params, enum_describe);

static void choose_dialect(struct fake_peer *peer,
			   const struct enum_param *param)
{
	peer->bus.max_msg_size = param->max;
	peer->bus.dialect = param->dialect;
	if (param->dialect == VIRTIO_MSG_DIALECT_PR28)
		peer->dialect = &virtio_msg_pr28;
}

/* RBUS-6, RBUS-8, T19, T20: the whole number space, in any size of message. */
static void devices_enumerated(struct kunit *test)
{
	static const u16 numbers[] = { 0, 311, 40007, 65535 };
	const struct enum_param *param = test->param_value;
	struct fake_peer *peer = test->priv;
	unsigned int i;

	choose_dialect(peer, param);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		fake_peer_add(peer, numbers[i], FAKE_ID);
	start_enumerating(peer);
	KUNIT_EXPECT_TRUE(test, added(peer, ARRAY_SIZE(numbers)));
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		KUNIT_EXPECT_NOT_NULL(test, fake_peer_vmdev(peer, numbers[i]));
	KUNIT_EXPECT_LE(test, peer->count[VMSG_GET_DEVICES_REQ],
			DIV_ROUND_UP(65536, (param->max - 14) * 8));
	KUNIT_EXPECT_EQ(test, fake_count(peer, enumeration_failed), 0L);

	/* What is known already is not probed again. */
	rescan(peer);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_INFO_REQ], ARRAY_SIZE(numbers));
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_added), 4L);
}

/* RBUS-5: device numbers behind which there is nothing, T23. */
static void devices_empty_numbers(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 5, 0);
	fake_peer_add(peer, 6, FAKE_ID);
	start_enumerating(peer);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
	KUNIT_EXPECT_TRUE(test, fake_until(!fake_peer_vmdev(peer, 5)));
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_failed), 0L);
}

/* Many numbers, and none of them a device. */
static void devices_many_numbers(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	bitmap_set(peer->bitmap, 61000, 4096);
	start_enumerating(peer);
	settle(peer);
	KUNIT_EXPECT_TRUE(test, gone(peer));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_INFO_REQ], 4096);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_added), 0L);
}

static void next_for_ever(struct fake_peer *peer,
			  const struct virtio_msg_fields *request,
			  struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_DEVICES_RESP)
		answer->devices.next_offset =
			answer->devices.offset + answer->devices.count;
}

static void next_goes_back(struct fake_peer *peer,
			   const struct virtio_msg_fields *request,
			   struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_DEVICES_RESP)
		answer->devices.next_offset = request->devices.offset / 2 & ~7;
}

static void next_stays(struct fake_peer *peer,
		       const struct virtio_msg_fields *request,
		       struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_DEVICES_RESP)
		answer->devices.next_offset = request->devices.offset;
}

static void expect_end(struct kunit *test, unsigned int most)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	start_enumerating(peer);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
	settle(peer);
	KUNIT_EXPECT_LE(test, peer->count[VMSG_GET_DEVICES_REQ], most);
}

/* Some peers always say that there is more. */
static void devices_next_for_ever(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->edit = next_for_ever;
	expect_end(test, DIV_ROUND_UP(65536, 2000));
}

/* Nor is one asked for more than it can have. */
static void devices_bounded(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_sent *sent;

	peer->bus.num_devices = 32;
	__set_bit(60000, peer->bitmap);
	peer->edit = next_for_ever;
	expect_end(test, 1);
	sent = fake_peer_find(peer, VMSG_GET_DEVICES_REQ, 0);
	KUNIT_ASSERT_NOT_NULL(test, sent);
	KUNIT_EXPECT_EQ(test, sent->fields.devices.count, 32);
}

static void devices_next_goes_back(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	__set_bit(60000, peer->bitmap);
	peer->edit = next_goes_back;
	expect_end(test, 1);
}

static void devices_next_stays(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->edit = next_stays;
	expect_end(test, 1);
}

/* DBUS-9, DBUS-10: answers that say little, in steps of any size. */
static void three_at_a_time(struct fake_peer *peer,
			    const struct virtio_msg_fields *request,
			    struct virtio_msg_fields *answer)
{
	u32 offset = request->devices.offset;

	if (answer->kind != VMSG_GET_DEVICES_RESP)
		return;
	answer->devices.count = min(answer->devices.count, 3);
	peer->scratch[0] &= BIT(answer->devices.count) - 1;
	answer->devices.next_offset = offset < 30 ? offset + 3 : 0;
}

static void devices_small_steps(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	fake_peer_add(peer, 10, FAKE_ID);
	fake_peer_add(peer, 29, FAKE_ID);
	peer->edit = three_at_a_time;
	start_enumerating(peer);
	settle(peer);
	KUNIT_EXPECT_TRUE(test, added(peer, 3));
	KUNIT_EXPECT_LE(test, peer->count[VMSG_GET_DEVICES_REQ], 40);
}

static void other_offset(struct fake_peer *peer,
			 const struct virtio_msg_fields *request,
			 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_DEVICES_RESP)
		answer->devices.offset += 8;
}

static void larger_count(struct fake_peer *peer,
			 const struct virtio_msg_fields *request,
			 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_DEVICES_RESP)
		answer->devices.count += 8;
}

static void expect_failure(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	start_enumerating(peer);
	settle(peer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, enumeration_failed), 1L);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_GET_DEVICES_REQ], 1);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_INFO_REQ], 0);

	/* Devices can still be announced. */
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
}

static void devices_wrong_offset(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->edit = other_offset;
	expect_failure(test);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer), 1L);
}

/* DBUS-7 */
static void devices_count_too_large(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	/* In a message that would hold more than was asked for. */
	peer->bus.max_msg_size = 264;
	peer->edit = larger_count;
	peer->bus.timeout_ms = 30;
	expect_failure(test);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer) +
			fake_count(peer, malformed), 1L);
}

static void devices_no_answer(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.timeout_ms = 30;
	fake_peer_on(peer, VMSG_GET_DEVICES_REQ, FAKE_SILENT, 0, 1);
	expect_failure(test);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 1L);
}

/* T1: a peer of the other dialect is recognised by its answers. */
static void expect_detection(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->dialect = &virtio_msg_pr28;
	fake_peer_add(peer, 4, FAKE_ID);
	fake_peer_add(peer, 9, FAKE_ID);
}

static void devices_detect_by_get_devices(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	expect_detection(test);
	start_enumerating(peer);
	KUNIT_EXPECT_TRUE(test, added(peer, 2));
	KUNIT_EXPECT_PTR_EQ(test, peer->core->dialect, &virtio_msg_pr28);
	KUNIT_EXPECT_EQ(test, fake_count(peer, enumeration_failed), 0L);
}

static void devices_detect_by_info(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	expect_detection(test);
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 4));
	KUNIT_EXPECT_PTR_EQ(test, peer->core->dialect, &virtio_msg_pr28);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 9));
}

/* Not where it was forced. */
static void devices_forced_dialect(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.dialect = VIRTIO_MSG_DIALECT_D26;
	peer->bus.timeout_ms = 30;
	expect_detection(test);
	fake_peer_start(peer);
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, 4));
	KUNIT_EXPECT_PTR_EQ(test, peer->core->dialect, &virtio_msg_d26);
	KUNIT_EXPECT_EQ(test, fake_count(peer, malformed), 1L);
}

/* Nor by what nobody asked for, nor any more once it is known. */
static void devices_dialect_is_kept(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct virtio_msg_fields answer = {
		.kind = VMSG_INFO_RESP,
		.dev_num = 4,
		.token = 77,
	};

	peer->bus.timeout_ms = 30;
	expect_detection(test);
	fake_peer_start(peer);
	fake_peer_send(peer, &answer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 1L);
	KUNIT_EXPECT_PTR_EQ(test, peer->core->dialect, &virtio_msg_d26);

	peer->dialect = &virtio_msg_d26;
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 4));
	peer->dialect = &virtio_msg_pr28;
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, 9));
	KUNIT_EXPECT_EQ(test, fake_count(peer, malformed), 1L);
	KUNIT_EXPECT_PTR_EQ(test, peer->core->dialect, &virtio_msg_d26);
}

/* RBUS-9, T22: repeated, unknown and meaningless events. */
static void devices_events(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	fake_peer_start(peer);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_unknown), 1L);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 1));
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	settle(peer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_duplicate), 2L);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
	fake_peer_event(peer, 1, 0);
	fake_peer_event(peer, 1, 3);
	fake_peer_event(peer, 1, 0x8000);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unknown), 3L);
	fake_peer_unplug(peer, 1);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_unknown), 2L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_removed), 1L);
}

/* One removed and announced again at once is another one. */
static void devices_replaced(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	fake_peer_add(peer, 1, FAKE_ID);
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 1));
	for (i = 0; i < 10; i++) {
		fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
		fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
		KUNIT_EXPECT_TRUE(test, added(peer, i + 2));
	}
	KUNIT_EXPECT_TRUE(test,
			  fake_until(fake_count(peer, device_removed) == 10));
	fake_peer_unplug(peer, 1);
}

/* One that was not there when it was asked, and then is announced. */
static void devices_announced_while_asked(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_device *dev = fake_peer_add(peer, 1, 0);

	fake_peer_on(peer, VMSG_INFO_REQ, FAKE_HOLD, 0, 1);
	fake_peer_start(peer);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_ASSERT_TRUE(test, fake_until(peer->count[VMSG_INFO_REQ] == 1));
	dev->device_id = FAKE_ID;
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	settle(peer);
	fake_peer_release(peer, false);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
}

/* Announced twice while it is asked, it is one device all the same. */
static void devices_announced_twice(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	fake_peer_on(peer, VMSG_INFO_REQ, FAKE_HOLD, 0, 1);
	fake_peer_start(peer);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_ASSERT_TRUE(test, fake_until(peer->count[VMSG_INFO_REQ] == 1));
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	settle(peer);
	fake_peer_release(peer, false);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
	/* What was said of it does not outlive it. */
	virtio_msg_device_stop(fake_peer_vmdev(peer, 1));
	KUNIT_EXPECT_TRUE(test, gone(peer));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_INFO_REQ], 1);
}

/* Any number of events, in atomic context, and the last one holds. */
static void devices_storm(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i;

	for (i = 0; i < FAKE_DEVICES; i++)
		fake_peer_add(peer, i, FAKE_ID);
	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 20);
	local_bh_disable();
	for (i = 0; i < 10000; i++)
		fake_peer_event(peer, i % 7, i % 3 ? VIRTIO_MSG_DEVICE_ADDED :
						     VIRTIO_MSG_DEVICE_REMOVED);
	for (i = 0; i < 7; i++)
		fake_peer_event(peer, i, i % 2 ? VIRTIO_MSG_DEVICE_ADDED :
						 VIRTIO_MSG_DEVICE_REMOVED);
	local_bh_enable();
	settle(peer);
	KUNIT_EXPECT_TRUE(test, fake_until(!fake_peer_vmdev(peer, 0) &&
					   fake_peer_vmdev(peer, 1) &&
					   !fake_peer_vmdev(peer, 2) &&
					   fake_peer_vmdev(peer, 3) &&
					   !fake_peer_vmdev(peer, 5)));
	KUNIT_EXPECT_EQ(test, atomic_read(&peer->core->devices.live), 2);
}

static struct fake_driver *start_slow_probe(struct kunit *test)
{
	struct fake_driver *driver = fake_driver_create(test, FAKE_ID, 2);
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	driver->probe_waits = true;
	fake_driver_register(test, driver);
	fake_peer_start(peer);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_ASSERT_TRUE(test,
			  wait_for_completion_timeout(&driver->probe_entered,
						      20 * HZ));
	return driver;
}

/* A device that goes while its driver looks at it. */
static void devices_removed_during_probe(struct kunit *test)
{
	struct fake_driver *driver = start_slow_probe(test);
	struct fake_peer *peer = test->priv;
	unsigned int sent = fake_peer_total(peer);

	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
	settle(peer);
	complete(&driver->probe_go);
	KUNIT_EXPECT_TRUE(test, gone(peer));
	KUNIT_EXPECT_EQ(test, driver->probed, 0);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), sent);
}

/* And comes back before it has gone. */
static void devices_back_during_removal(struct kunit *test)
{
	struct fake_driver *driver = start_slow_probe(test);
	struct fake_peer *peer = test->priv;

	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
	settle(peer);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	settle(peer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_duplicate), 0L);
	KUNIT_EXPECT_EQ(test, atomic_read(&peer->core->devices.live), 1);
	driver->probe_waits = false;
	complete(&driver->probe_go);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(driver->probed) == 1));
	KUNIT_EXPECT_TRUE(test, fake_until(fake_count(peer, device_added) == 2));
	fake_driver_unbind(driver);
}

/* One that stalls does not hold up the others. */
static void devices_are_independent(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	fake_peer_add(peer, 2, FAKE_ID);
	fake_peer_on(peer, VMSG_INFO_REQ, FAKE_HOLD, 0, 1);
	fake_peer_start(peer);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_EXPECT_TRUE(test, fake_until(peer->count[VMSG_INFO_REQ] == 1));
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 2));
	fake_peer_release(peer, false);
	KUNIT_EXPECT_TRUE(test, added(peer, 2));
}

/* Unregister with a device that is asked, one at work, and one that fails. */
static void devices_unregister_in_any_state(struct kunit *test)
{
	struct fake_driver *driver = fake_driver_create(test, FAKE_ID, 2);
	struct fake_peer *peer = test->priv;
	unsigned long begin;
	unsigned int i;

	for (i = 0; i < FAKE_DEVICES; i++)
		fake_peer_add(peer, i, FAKE_ID);
	peer->devices[3].device_id = FAKE_ID_ERROR;
	fake_driver_register(test, driver);
	peer->bus.timeout_ms = 500;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 1));
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, 3));
	virtio_msg_device_fail(fake_peer_vmdev(peer, 3));
	fake_peer_on(peer, VMSG_INFO_REQ, FAKE_HOLD, 0, 2);
	fake_peer_event(peer, 0, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_EXPECT_TRUE(test, fake_until(peer->count[VMSG_INFO_REQ] == 3));
	fake_peer_event(peer, 2, VIRTIO_MSG_DEVICE_ADDED);
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_REMOVED);
	peer->leaked = 2;
	begin = jiffies;
	fake_peer_stop(peer);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 10 * HZ));
}

/* Events after the bus is lost, and a rescan. */
static void devices_nothing_after_loss(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 1, FAKE_ID);
	start_enumerating(peer);
	KUNIT_EXPECT_TRUE(test, added(peer, 1));
	virtio_msg_bus_lost(&peer->bus);
	KUNIT_EXPECT_TRUE(test, gone(peer));
	fake_peer_event(peer, 1, VIRTIO_MSG_DEVICE_ADDED);
	rescan(peer);
	KUNIT_EXPECT_PTR_EQ(test, fake_peer_vmdev(peer, 1), NULL);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_INFO_REQ], 1);
}

static struct kunit_case devices_cases[] = {
	KUNIT_CASE_PARAM(devices_enumerated, enumerations_gen_params),
	KUNIT_CASE(devices_empty_numbers),
	KUNIT_CASE(devices_many_numbers),
	KUNIT_CASE(devices_next_for_ever),
	KUNIT_CASE(devices_bounded),
	KUNIT_CASE(devices_next_goes_back),
	KUNIT_CASE(devices_next_stays),
	KUNIT_CASE(devices_small_steps),
	KUNIT_CASE(devices_wrong_offset),
	KUNIT_CASE(devices_count_too_large),
	KUNIT_CASE(devices_no_answer),
	KUNIT_CASE(devices_detect_by_get_devices),
	KUNIT_CASE(devices_detect_by_info),
	KUNIT_CASE(devices_forced_dialect),
	KUNIT_CASE(devices_dialect_is_kept),
	KUNIT_CASE(devices_events),
	KUNIT_CASE(devices_replaced),
	KUNIT_CASE(devices_announced_while_asked),
	KUNIT_CASE(devices_announced_twice),
	KUNIT_CASE(devices_storm),
	KUNIT_CASE(devices_removed_during_probe),
	KUNIT_CASE(devices_back_during_removal),
	KUNIT_CASE(devices_are_independent),
	KUNIT_CASE(devices_unregister_in_any_state),
	KUNIT_CASE(devices_nothing_after_loss),
	{}
};

static struct kunit_suite devices_suite = {
	.name = "virtio_msg_devices",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = devices_cases,
};

kunit_test_suite(devices_suite);
