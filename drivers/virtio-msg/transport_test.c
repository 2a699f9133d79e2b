// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the transport: status, features, reset, removal.
 */
#include <kunit/test.h>
#include <linux/virtio_ring.h>

#include "fake_peer.h"

#define ACKNOWLEDGE	VIRTIO_CONFIG_S_ACKNOWLEDGE
#define DRIVER		(ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER)
#define FEATURES_OK	(DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define DRIVER_OK	(FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

#define DEV		3

/* A peer with one device, and a driver of two queues for it. */
static struct fake_driver *prepare(struct kunit *test, u32 device_id)
{
	struct fake_driver *driver = fake_driver_create(test, device_id, 2);

	fake_peer_add(test->priv, DEV, device_id);
	fake_driver_register(test, driver);
	return driver;
}

static struct fake_driver *start(struct kunit *test, u32 device_id)
{
	struct fake_driver *driver = prepare(test, device_id);

	fake_peer_start(test->priv);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(test->priv, DEV));
	KUNIT_ASSERT_EQ(test, driver->probed, 1);
	return driver;
}

/* Position of the n-th message of a kind, or a number beyond all. */
static unsigned int position(struct fake_peer *peer, enum virtio_msg_kind kind,
			     unsigned int n)
{
	struct fake_sent *sent = fake_peer_find(peer, kind, n);

	return sent ? sent - peer->sent : FAKE_LOG;
}

static unsigned int position_of_status(struct fake_peer *peer, u32 status)
{
	unsigned int i;

	for (i = 0; i < peer->num_sent; i++)
		if (peer->sent[i].fields.kind == VMSG_SET_STATUS_REQ &&
		    peer->sent[i].fields.status.status == status)
			return i;
	return FAKE_LOG;
}

/* DRV-22, DRV-23, DRV-24, DRV-25, DRV-26, DRV-31; RBUS-7: no GET_DEVICES before */
static void transport_order(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	start(test, FAKE_ID);
	KUNIT_EXPECT_EQ(test, position(peer, VMSG_INFO_REQ, 0), 0);
	KUNIT_EXPECT_LT(test, position_of_status(peer, 0),
			position_of_status(peer, ACKNOWLEDGE));
	KUNIT_EXPECT_LT(test, position_of_status(peer, ACKNOWLEDGE),
			position_of_status(peer, DRIVER));
	KUNIT_EXPECT_LT(test, position_of_status(peer, DRIVER),
			position(peer, VMSG_SET_FEATURES_REQ, 0));
	KUNIT_EXPECT_LT(test, position(peer, VMSG_SET_FEATURES_REQ, 0),
			position_of_status(peer, FEATURES_OK));
	KUNIT_EXPECT_LT(test, position_of_status(peer, FEATURES_OK),
			position(peer, VMSG_SET_VQUEUE_REQ, 0));
	KUNIT_EXPECT_LT(test, position(peer, VMSG_SET_VQUEUE_REQ, 1),
			position_of_status(peer, DRIVER_OK));
	KUNIT_EXPECT_LT(test, position_of_status(peer, DRIVER_OK), FAKE_LOG);
	/* Each is confirmed by the GET_VQUEUE that follows. */
	KUNIT_EXPECT_EQ(test,
			peer->sent[position(peer, VMSG_SET_VQUEUE_REQ, 1) + 1]
				.fields.kind,
			VMSG_GET_VQUEUE_REQ);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_EVENT_AVAIL], 0);
	KUNIT_EXPECT_EQ(test, peer->devices[0].status, DRIVER_OK);
}

/* DRV-16 to DRV-18, DRV-19, DRV-20, DRV-53, DRV-55, DRV-57: what is sent. */
static void transport_requests_are_clean(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned int i, n;

	start(test, FAKE_ID);
	for (i = 0; i < peer->num_sent; i++) {
		KUNIT_EXPECT_EQ(test, peer->sent[i].fields.dev_num, DEV);
		KUNIT_EXPECT_EQ(test, peer->sent[i].bytes[0], 0);
		KUNIT_EXPECT_NE(test, peer->sent[i].fields.token, 0);
	}
	/* Each queue is enabled once, and that is all. */
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_VQUEUE_REQ], 2);
	for (n = 0; n < 2; n++) {
		i = position(peer, VMSG_SET_VQUEUE_REQ, n);
		KUNIT_ASSERT_LT(test, i, FAKE_LOG);
		KUNIT_EXPECT_EQ(test, peer->sent[i].fields.vq.index, n);
		KUNIT_EXPECT_EQ(test, peer->sent[i].fields.vq.flags,
				VIRTIO_MSG_VQ_OP_ENABLE);
		KUNIT_EXPECT_PTR_EQ(test, NULL,
				    memchr_inv(peer->sent[i].bytes + 20, 0, 4));
	}
}

/* A request and its answer, in both dialects and in the smallest messages. */
static void expect_io(struct kunit *test, u32 max, u32 dialect)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;

	peer->bus.max_msg_size = max;
	peer->bus.dialect = dialect;
	if (dialect == VIRTIO_MSG_DIALECT_PR28) {
		peer->dialect = &virtio_msg_pr28;
		peer->strict = true;
	}
	driver = start(test, FAKE_ID);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 16, 16), 0);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 1, 0, 32), 0);
	KUNIT_EXPECT_TRUE(test, fake_until(peer->count[VMSG_EVENT_AVAIL]));
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, &peer->devices[0], 0), 2);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->answers) == 2));
	KUNIT_EXPECT_EQ(test, driver->lengths, 48);
	KUNIT_EXPECT_EQ(test, driver->buffers[FAKE_BUFFER], 0x5a);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 2L);

	fake_driver_unbind(driver);
	KUNIT_EXPECT_EQ(test, driver->removed, 1);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 0L);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
}

static void transport_io(struct kunit *test)
{
	expect_io(test, 264, VIRTIO_MSG_DIALECT_D26);
}

static void transport_io_in_52_bytes(struct kunit *test)
{
	expect_io(test, 52, VIRTIO_MSG_DIALECT_D26);
}

static void transport_io_pr28(struct kunit *test)
{
	expect_io(test, 264, VIRTIO_MSG_DIALECT_PR28);
}

static void transport_io_pr28_in_48_bytes(struct kunit *test)
{
	expect_io(test, 48, VIRTIO_MSG_DIALECT_PR28);
}

/* DRV-30: the device does not take what the driver chose. */
static void transport_features_refused(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, FAKE_ID);

	peer->devices[0].status_refused = VIRTIO_CONFIG_S_FEATURES_OK;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 0);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_VQUEUE_REQ], 0);
	KUNIT_EXPECT_TRUE(test, peer->devices[0].status &
			  VIRTIO_CONFIG_S_FAILED);
}

static void transport_no_version_1(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, FAKE_ID);

	peer->devices[0].features[1] = 0;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 0);
	KUNIT_EXPECT_EQ(test, position_of_status(peer, FEATURES_OK), FAKE_LOG);
}

struct blocks_param {
	u32 blocks;
	u32 max;
};

static const struct blocks_param blocks_params[] = {
	{ 1, 264 }, { 1, 48 }, { 2, 264 }, { 2, 48 }, { 3, 264 }, { 3, 48 },
	{ 4, 264 }, { 4, 48 }, { 16, 264 }, { 16, 52 }, { 16, 48 },
	{ 40, 264 }, { 40, 52 }, { 40, 48 },
};

static void blocks_describe(const struct blocks_param *param, char *desc)
{
	sprintf(desc, "%u blocks in %u bytes", param->blocks, param->max);
}

KUNIT_ARRAY_PARAM(blocks, blocks_params, blocks_describe);

/* DRV-28, DRV-44, DRV-45, T25: any number of blocks, in whatever fits. */
static void transport_feature_blocks(struct kunit *test)
{
	const struct blocks_param *param = test->param_value;
	struct fake_driver *driver = prepare(test, FAKE_ID);
	u32 n = min(param->blocks, VIRTIO_MSG_LIMIT_FEATURE_BLOCKS);
	struct fake_peer *peer = test->priv;
	struct fake_device *dev = &peer->devices[0];
	struct virtio_msg_device *vmdev;
	u32 i;

	driver->table[0] = 5;
	driver->table[1] = 9;
	driver->drv.feature_table_size = 2;
	if (VIRTIO_MSG_COMPAT_FEATURE_WORDS > 1) {
		driver->table[2] = 70;
		driver->table[3] = 127;
		driver->drv.feature_table_size = 4;
	}
	dev->blocks = param->blocks;
	for (i = 2; i < FAKE_BLOCKS; i++)
		dev->features[i] = 0x80000040 + i * 0x100;
	dev->features[0] = 0x00a00020;
	peer->bus.max_msg_size = param->max;
	if (param->max < 52)
		peer->dialect = &virtio_msg_pr28;
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, param->blocks > 1);

	vmdev = fake_peer_vmdev(peer, DEV);
	KUNIT_EXPECT_EQ(test, vmdev->feature_blocks, n);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, vmdev->features[i], dev->features[i]);
	for (; i < VIRTIO_MSG_LIMIT_FEATURE_BLOCKS; i++)
		KUNIT_EXPECT_EQ(test, vmdev->features[i], 0);
	if (param->blocks == 1)
		return;
	/* Bit 9 was not offered, bits 21 and 23 not chosen. */
	KUNIT_EXPECT_EQ(test, dev->accepted[0], BIT(5));
	KUNIT_EXPECT_EQ(test, dev->accepted[1], BIT(0));
	if (VIRTIO_MSG_COMPAT_FEATURE_WORDS > 1) {
		KUNIT_EXPECT_EQ(test, dev->accepted[2], n > 2 ? BIT(6) : 0);
		KUNIT_EXPECT_EQ(test, dev->accepted[3], n > 3 ? BIT(31) : 0);
	}
	for (i = 4; i < FAKE_BLOCKS; i++)
		KUNIT_EXPECT_EQ(test, dev->accepted[i], 0);
	fake_driver_unbind(driver);
}

static void edit_features(struct fake_peer *peer,
			  const struct virtio_msg_fields *request,
			  struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_FEATURES_RESP)
		answer->features.index++;
}

/* SH-3: what is echoed is checked. */
static void transport_features_bad_echo(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	prepare(test, FAKE_ID);
	peer->edit = edit_features;
	fake_peer_start(peer);
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer), 1L);
}

/* DRV-29, in both modes; and the relay hides what it cannot carry. */
static void expect_never(struct kunit *test, u32 device_id)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, device_id);
	struct fake_device *dev = &peer->devices[0];

	dev->features[0] = U32_MAX;
	dev->features[1] = U32_MAX & ~BIT(VIRTIO_F_RING_PACKED - 32);
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 1);
	KUNIT_EXPECT_FALSE(test, dev->accepted[1] & BIT(39 - 32));
	KUNIT_EXPECT_TRUE(test, dev->accepted[1] & BIT(0));
	if (peer->bus.flags & VIRTIO_MSG_BUS_DIRECT)
		return;
	KUNIT_EXPECT_FALSE(test, dev->accepted[1] &
			   BIT(VIRTIO_F_NOTIFICATION_DATA - 32));
	KUNIT_EXPECT_FALSE(test, dev->accepted[1] &
			   BIT(VIRTIO_F_RING_RESET - 32));
	KUNIT_EXPECT_FALSE(test, dev->accepted[1] & BIT(VIRTIO_F_IN_ORDER - 32));
	KUNIT_EXPECT_FALSE(test, dev->accepted[0] &
			   BIT(VIRTIO_RING_F_INDIRECT_DESC));
	fake_driver_unbind(driver);
}

static void transport_never_notif_config_data(struct kunit *test)
{
	expect_never(test, FAKE_ID);
}

static void transport_never_notif_config_data_direct(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	expect_never(test, FAKE_ID_DIRECT);
}

static void claim_all(struct fake_peer *peer,
		      const struct virtio_msg_fields *request,
		      struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_STATUS_RESP ||
	    (answer->kind == VMSG_SET_STATUS_RESP && request->status.status))
		answer->status.status = U32_MAX;
}

static void claim_nothing(struct fake_peer *peer,
			  const struct virtio_msg_fields *request,
			  struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_STATUS_RESP ||
	    answer->kind == VMSG_SET_STATUS_RESP)
		answer->status.status = 0;
}

/* A device that claims what the driver did not set causes no warning. */
static void transport_status_too_much(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, FAKE_ID);

	peer->edit = claim_all;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 1);
	fake_driver_unbind(driver);
	KUNIT_EXPECT_EQ(test, driver->removed, 1);
}

static void transport_status_too_little(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, FAKE_ID);

	peer->edit = claim_nothing;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 0);
}

static atomic_t denials;

/* Every other answer to GET_DEVICE_STATUS denies what the driver set. */
static void deny_in_turn(struct fake_peer *peer,
			 const struct virtio_msg_fields *request,
			 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_STATUS_RESP &&
	    answer->status.status & VIRTIO_CONFIG_S_DRIVER_OK &&
	    atomic_inc_return(&denials) % 2)
		answer->status.status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
}

/*
 * The core sets DRIVER_OK again if it reads that it is not set, and warns if
 * it then reads that it is.
 */
static void transport_status_in_turn(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, FAKE_ID);

	atomic_set(&denials, 0);
	peer->edit = deny_in_turn;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 1);
	KUNIT_EXPECT_GT(test, atomic_read(&denials), 0);
	fake_driver_unbind(driver);
}

/* DRV-32: no input or output unless the device says DRIVER_OK. */
static void transport_driver_ok_refused(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	prepare(test, FAKE_ID);
	peer->devices[0].status_refused = VIRTIO_CONFIG_S_DRIVER_OK;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_TRUE(test, fake_peer_vmdev(peer, DEV)->broken);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_failed), 1L);
	peer->leaked = 2;
	fake_peer_unplug(peer, DEV);
}

/* DRV-48: without a driver, with one, and without it again. */
static void transport_status_at_any_time(struct kunit *test)
{
	struct fake_driver *driver = start(test, FAKE_ID);
	struct virtio_device *vdev = driver->vdev;
	struct fake_peer *peer = test->priv;

	KUNIT_EXPECT_EQ(test, vdev->config->get_status(vdev), DRIVER_OK);
	peer->devices[0].status_extra = VIRTIO_CONFIG_S_NEEDS_RESET;
	KUNIT_EXPECT_EQ(test, vdev->config->get_status(vdev),
			DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET);
	peer->devices[0].status_extra = 0;
	fake_driver_unbind(driver);
	KUNIT_EXPECT_EQ(test, vdev->config->get_status(vdev) &
			VIRTIO_CONFIG_S_DRIVER_OK, 0);
}

/* DRV-50: done when the status is 0, not before. */
static void transport_reset_takes_time(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);

	peer->devices[0].reset_polls = 3;
	peer->count[VMSG_GET_STATUS_REQ] = 0;
	peer->num_sent = 0;
	fake_driver_unbind(driver);
	KUNIT_EXPECT_GE(test, peer->count[VMSG_GET_STATUS_REQ], 3);
	KUNIT_EXPECT_LT(test, position(peer, VMSG_GET_STATUS_REQ, 2),
			position_of_status(peer, ACKNOWLEDGE));
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 0L);
}

/* While it resets, the device shows a bit beyond the first eight. */
static void high_while_resetting(struct fake_peer *peer,
				 const struct virtio_msg_fields *request,
				 struct virtio_msg_fields *answer)
{
	struct fake_device *dev = &peer->devices[0];

	if (!dev->resetting)
		return;
	if (answer->kind == VMSG_GET_STATUS_RESP ||
	    answer->kind == VMSG_SET_STATUS_RESP)
		answer->status.status = BIT(16);
}

static void transport_reset_all_bits(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);

	peer->devices[0].reset_polls = 3;
	peer->edit = high_while_resetting;
	peer->count[VMSG_GET_STATUS_REQ] = 0;
	virtio_reset_device(driver->vdev);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_GET_STATUS_REQ], 3);
	KUNIT_EXPECT_EQ(test, peer->devices[0].resetting, 0);
	fake_driver_unbind(driver);
}

static void reset_without_end(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);
	unsigned long begin;

	peer->devices[0].reset_polls = UINT_MAX;
	fake_peer_set_timeout(peer, 30);
	begin = jiffies;
	fake_driver_unbind(driver);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 10 * HZ));
	KUNIT_EXPECT_EQ(test, driver->removed, 1);
	KUNIT_EXPECT_GE(test, fake_count(peer, timeout), 1L);
}

/* DRV-14, DRV-15: bounded, and what the device may still write to is kept. */
static void transport_reset_never_ends(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	reset_without_end(test);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 2L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 2L);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 2);
	peer->leaked = 2;
}

static void transport_reset_never_ends_revocable(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->revocable = true;
	reset_without_end(test);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 0L);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
}

/* DRV-15: after a reset, a device that had failed works again. */
static void transport_recovers(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);

	fake_peer_set_timeout(peer, 20);
	fake_peer_on(peer, VMSG_SET_CONFIG_REQ, FAKE_SILENT, 0, 1);
	virtio_cwrite8(driver->vdev, 0, 1);
	KUNIT_EXPECT_TRUE(test, fake_peer_vmdev(peer, DEV)->broken);
	fake_peer_set_timeout(peer, 5000);

	fake_driver_unbind(driver);
	KUNIT_EXPECT_FALSE(test, fake_peer_vmdev(peer, DEV)->broken);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
	KUNIT_EXPECT_EQ(test, device_attach(&fake_peer_vmdev(peer, DEV)->vdev.dev),
			1);
	KUNIT_EXPECT_EQ(test, driver->probed, 2);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 1, 0, 8, 8), 0);
	KUNIT_EXPECT_TRUE(test, fake_until(peer->count[VMSG_EVENT_AVAIL]));
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, &peer->devices[0], 1), 1);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->answers) == 1));
	fake_driver_unbind(driver);
}

/* DRV-49, DEV-51, T27 */
static void transport_needs_reset(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);
	unsigned int reads = peer->count[VMSG_GET_CONFIG_REQ];

	peer->devices[0].status_extra = VIRTIO_CONFIG_S_NEEDS_RESET;
	fake_peer_config_event(peer, &peer->devices[0], 0, 0, false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, needs_reset), 1L);
	KUNIT_EXPECT_TRUE(test, fake_peer_vmdev(peer, DEV)->broken);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->changes), 1);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_GET_CONFIG_REQ], reads);
	KUNIT_EXPECT_TRUE(test, driver->vdev->config->get_status(driver->vdev) &
			  VIRTIO_CONFIG_S_NEEDS_RESET);
	peer->devices[0].status_extra = 0;
	fake_driver_unbind(driver);
}

static struct fake_peer *probing;

static int ask_for_reset(struct fake_driver *driver)
{
	struct fake_device *dev = &probing->devices[0];

	dev->status_extra = VIRTIO_CONFIG_S_NEEDS_RESET;
	fake_peer_config_event(probing, dev, 0, 0, false);
	dev->status_extra = 0;
	return 0;
}

/* Also if it says so while its driver is not done with it yet. */
static void transport_needs_reset_during_probe(struct kunit *test)
{
	struct fake_driver *driver = prepare(test, FAKE_ID);
	struct fake_peer *peer = test->priv;

	probing = peer;
	driver->probe = ask_for_reset;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 1);
	KUNIT_EXPECT_EQ(test, fake_count(peer, needs_reset), 1L);
	KUNIT_EXPECT_TRUE(test, fake_peer_vmdev(peer, DEV)->broken);
	fake_driver_unbind(driver);
}

struct reset_job {
	struct work_struct work;
	struct virtio_device *vdev;
};

static void reset_work(struct work_struct *work)
{
	virtio_reset_device(container_of(work, struct reset_job, work)->vdev);
}

/* It goes right after it has answered to a reset. */
static void transport_killed_after_reset(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);
	struct virtio_msg_device *vmdev = fake_peer_vmdev(peer, DEV);
	struct reset_job job = { .vdev = driver->vdev };
	unsigned int before = peer->count[VMSG_SET_STATUS_REQ];

	/* Its queues may go before or after the reset is through. */
	peer->revocable = true;
	kref_get(&vmdev->ref);
	INIT_WORK_ONSTACK(&job.work, reset_work);
	fake_peer_on(peer, VMSG_SET_STATUS_REQ, FAKE_HOLD, 0, 1);
	queue_work(system_unbound_wq, &job.work);
	KUNIT_ASSERT_TRUE(test, fake_until(peer->count[VMSG_SET_STATUS_REQ] >
					   before));
	/* Nothing runs between the two. */
	preempt_disable();
	fake_peer_release(peer, false);
	fake_peer_event(peer, DEV, VIRTIO_MSG_DEVICE_REMOVED);
	preempt_enable();
	flush_work(&job.work);
	destroy_work_on_stack(&job.work);
	KUNIT_EXPECT_TRUE(test, fake_until(!fake_peer_vmdev(peer, DEV)));
	KUNIT_EXPECT_TRUE(test, vmdev->dead);
	KUNIT_EXPECT_TRUE(test, vmdev->broken);
	virtio_msg_device_put(vmdev);
}

/* RBUS-9, T22: a device that is gone is sent nothing. */
static void surprise(struct kunit *test, u32 device_id)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, device_id);
	unsigned int total, i;

	peer->leaked = 2;
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, i, 8, 8),
				0);
	total = fake_peer_total(peer);
	fake_peer_unplug(peer, DEV);
	KUNIT_EXPECT_EQ(test, driver->removed, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers) + driver->detached,
			5);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), total);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 2L);

	/* And what it still says is dropped. */
	fake_peer_used(peer, DEV, 0);
	fake_peer_config_event(peer, &peer->devices[0], 0, 24, true);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_device), 2L);
}

static void transport_surprise_removal(struct kunit *test)
{
	surprise(test, FAKE_ID);
}

static void transport_surprise_removal_error(struct kunit *test)
{
	surprise(test, FAKE_ID_ERROR);
}

/* A device that is gone, while its driver waits for it. */
static void transport_removed_while_asked(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	prepare(test, FAKE_ID);
	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 60000);
	fake_peer_on(peer, VMSG_SET_VQUEUE_REQ, FAKE_SILENT, 0, 1);
	fake_peer_event(peer, DEV, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_ASSERT_TRUE(test,
			  fake_until(peer->count[VMSG_SET_VQUEUE_REQ] == 1));
	fake_peer_unplug(peer, DEV);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 0L);
	peer->leaked = 1;
}

struct step {
	enum virtio_msg_kind kind;
	unsigned int number;
};

/* One message that is not answered, of each kind that a probe sends. */
static const struct step steps[] = {
	{ VMSG_INFO_REQ, 1 }, { VMSG_GET_FEATURES_REQ, 1 },
	{ VMSG_GET_CONFIG_REQ, 2 }, { VMSG_SET_STATUS_REQ, 5 },
	{ VMSG_GET_STATUS_REQ, 4 }, { VMSG_SET_FEATURES_REQ, 1 },
	{ VMSG_GET_VQUEUE_REQ, 5 }, { VMSG_SET_VQUEUE_REQ, 2 },
};

static void transport_timeout_at_each_step(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = prepare(test, FAKE_ID);
	const struct step *step;
	unsigned int i;

	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 20);
	for (step = steps; step < steps + ARRAY_SIZE(steps); step++) {
		for (i = 0; i < step->number; i++) {
			fake_peer_on(peer, step->kind, FAKE_SILENT, i, 1);
			fake_peer_plug(peer, DEV);
			/* A driver that does not know of it resets it. */
			fake_driver_unbind(driver);
			fake_peer_unplug(peer, DEV);
			fake_peer_forget_rules(peer);
			KUNIT_EXPECT_EQ_MSG(test, peer->num_windows, 0,
					    "%s %u",
					    virtio_msg_kind_name(step->kind),
					    i);
		}
	}
	KUNIT_EXPECT_GE(test, fake_count(peer, timeout), 21L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 0L);
}

/* A type that cannot be relayed; in direct mode it can be anything. */
static void transport_refused_type(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, DEV, FAKE_ID_DIRECT);
	fake_peer_start(peer);
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_refused), 1L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_added), 0L);
}

/* Numbers without a device behind them, T23. */
static void transport_no_device_id(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, DEV, 0);
	fake_peer_start(peer);
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_STATUS_REQ], 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, device_added), 0L);
}

/* A peer that goes, with a device at work. */
static void transport_peer_lost(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_ID);
	unsigned int total;

	peer->leaked = 2;
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	total = fake_peer_total(peer);
	virtio_msg_bus_lost(&peer->bus);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(driver->removed) == 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers) + driver->detached,
			1);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), total);
	virtio_msg_bus_lost(&peer->bus);
}

static struct kunit_case transport_cases[] = {
	KUNIT_CASE(transport_order),
	KUNIT_CASE(transport_requests_are_clean),
	KUNIT_CASE(transport_io),
	KUNIT_CASE(transport_io_in_52_bytes),
	KUNIT_CASE(transport_io_pr28),
	KUNIT_CASE(transport_io_pr28_in_48_bytes),
	KUNIT_CASE(transport_features_refused),
	KUNIT_CASE(transport_no_version_1),
	KUNIT_CASE_PARAM(transport_feature_blocks, blocks_gen_params),
	KUNIT_CASE(transport_features_bad_echo),
	KUNIT_CASE(transport_never_notif_config_data),
	KUNIT_CASE(transport_never_notif_config_data_direct),
	KUNIT_CASE(transport_status_too_much),
	KUNIT_CASE(transport_status_too_little),
	KUNIT_CASE(transport_status_in_turn),
	KUNIT_CASE(transport_driver_ok_refused),
	KUNIT_CASE(transport_status_at_any_time),
	KUNIT_CASE(transport_reset_takes_time),
	KUNIT_CASE(transport_reset_all_bits),
	KUNIT_CASE(transport_reset_never_ends),
	KUNIT_CASE(transport_reset_never_ends_revocable),
	KUNIT_CASE(transport_recovers),
	KUNIT_CASE(transport_needs_reset),
	KUNIT_CASE(transport_needs_reset_during_probe),
	KUNIT_CASE(transport_killed_after_reset),
	KUNIT_CASE(transport_surprise_removal),
	KUNIT_CASE(transport_surprise_removal_error),
	KUNIT_CASE(transport_removed_while_asked),
	KUNIT_CASE(transport_timeout_at_each_step),
	KUNIT_CASE(transport_refused_type),
	KUNIT_CASE(transport_no_device_id),
	KUNIT_CASE(transport_peer_lost),
	{}
};

static struct kunit_suite transport_suite = {
	.name = "virtio_msg_transport",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = transport_cases,
};

kunit_test_suite(transport_suite);
