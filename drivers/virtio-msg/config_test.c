// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the configuration space: reading, writing, and its events.
 */
#include <kunit/test.h>

#include "fake_peer.h"

#define DEV	8

/* A peer with one device that has @size bytes, and a driver for it. */
static struct fake_driver *prepare(struct kunit *test, u32 size)
{
	struct fake_driver *driver = fake_driver_create(test, FAKE_ID, 0);

	fake_peer_add(test->priv, DEV, FAKE_ID)->config_size = size;
	fake_driver_register(test, driver);
	return driver;
}

static struct fake_driver *start(struct kunit *test, u32 size)
{
	struct fake_driver *driver = prepare(test, size);

	fake_peer_start(test->priv);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(test->priv, DEV));
	KUNIT_ASSERT_EQ(test, driver->probed, 1);
	return driver;
}

static void read_config(struct fake_driver *driver, u32 offset, void *buf,
			u32 len)
{
	driver->vdev->config->get(driver->vdev, offset, buf, len);
}

static bool same_config(struct kunit *test, struct fake_driver *driver)
{
	struct fake_peer *peer = test->priv;
	u32 size = min(peer->devices[0].config_size, VIRTIO_MSG_LIMIT_CONFIG);
	u8 *buf = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	read_config(driver, 0, buf, size);
	return !memcmp(buf, peer->devices[0].config, size);
}

static unsigned int reads(struct kunit *test)
{
	return READ_ONCE(((struct fake_peer *)test->priv)
			 ->count[VMSG_GET_CONFIG_REQ]);
}

/* DRV-27, T5: as many requests as it takes, and none beyond the end. */
static void config_larger_than_message(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;
	struct fake_sent *sent;
	unsigned int i;

	peer->bus.max_msg_size = 52;
	driver = start(test, 100);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	for (i = 0; (sent = fake_peer_find(peer, VMSG_GET_CONFIG_REQ, i)); i++) {
		KUNIT_EXPECT_EQ(test, sent->fields.config.offset, i % 4 * 32);
		KUNIT_EXPECT_EQ(test, sent->fields.config.length,
				i % 4 == 3 ? 4 : 32);
	}
	/* Once to begin with, once after FEATURES_OK. */
	KUNIT_EXPECT_EQ(test, i, 8);
}

/* DRV-41: what the device information says, and no more, is asked for. */
static void config_empty(struct kunit *test)
{
	struct fake_driver *driver = start(test, 0);
	u32 value = U32_MAX;

	KUNIT_EXPECT_EQ(test, reads(test), 0);
	read_config(driver, 0, &value, 4);
	KUNIT_EXPECT_EQ(test, value, 0);
	driver->vdev->config->set(driver->vdev, 0, &value, 4);
	KUNIT_EXPECT_EQ(test, fake_count((struct fake_peer *)test->priv,
					 config_bad), 1L);
}

/* T25: a size from the peer. What is not kept reads as zeros. */
static void config_huge(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = start(test, FAKE_CONFIG);
	u64 value = U64_MAX;

	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	read_config(driver, VIRTIO_MSG_LIMIT_CONFIG - 4, &value, 8);
	KUNIT_EXPECT_EQ(test, value >> 32, 0);
	KUNIT_EXPECT_NE(test, (u32)value, 0);
	read_config(driver, U32_MAX - 3, &value, 8);
	KUNIT_EXPECT_EQ(test, value, 0);
	KUNIT_EXPECT_LE(test, reads(test), 2 * DIV_ROUND_UP(4096, 244));
	fake_peer_config_event(peer, &peer->devices[0], 4000, 200, true);
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_bad), 1L);
}

static unsigned int unstable;

static void change_between(struct fake_peer *peer,
			   const struct virtio_msg_fields *request,
			   struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_CONFIG_RESP && unstable) {
		unstable--;
		peer->devices[0].generation--;
		peer->devices[0].config[0]++;
	}
}

/* DRV-7, DRV-12: one generation for all of it; it may also go back. */
static void config_changes_while_read(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;

	peer->bus.max_msg_size = 52;
	peer->edit = change_between;
	unstable = 3;
	driver = start(test, 64);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	/* Two attempts that failed, two that did not. */
	KUNIT_EXPECT_GE(test, reads(test), 8);
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_unstable), 0L);
}

static void config_never_stable(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.max_msg_size = 52;
	peer->edit = change_between;
	unstable = UINT_MAX;
	prepare(test, 64);
	fake_peer_start(peer);
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_unstable), 1L);
	KUNIT_EXPECT_EQ(test, reads(test), 2 * VIRTIO_MSG_CONFIG_RETRIES);
}

static void other_offset(struct fake_peer *peer,
			 const struct virtio_msg_fields *request,
			 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_CONFIG_RESP)
		answer->config.offset++;
}

static void less(struct fake_peer *peer,
		 const struct virtio_msg_fields *request,
		 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_CONFIG_RESP) {
		answer->config.length -= 2;
		answer->config.data_len -= 2;
	}
}

/* SH-3 */
static void config_bad_echo(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->edit = other_offset;
	prepare(test, 64);
	fake_peer_start(peer);
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer), 1L);
	peer->edit = less;
	KUNIT_EXPECT_FALSE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer), 2L);
}

/* T24: some drivers read with interrupts off. */
static void config_read_in_atomic_context(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;
	unsigned int total = fake_peer_total(peer);
	unsigned long flags;
	u32 value, generation;

	local_irq_save(flags);
	read_config(driver, 4, &value, 4);
	generation = driver->vdev->config->generation(driver->vdev);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, value, 0x07060504);
	KUNIT_EXPECT_NE(test, generation, 0);
	KUNIT_EXPECT_EQ(test, fake_peer_total(peer), total);
}

/* DRV-36, RBUS-12, T6: an event that says what changed is all that it takes. */
static void config_event_with_data(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;
	unsigned int before = reads(test);
	unsigned long flags;
	u32 generation;

	generation = driver->vdev->config->generation(driver->vdev);
	memset(peer->devices[0].config + 8, 0xee, 4);
	peer->devices[0].generation++;
	local_irq_save(flags);
	fake_peer_config_event(peer, &peer->devices[0], 8, 4, true);
	local_irq_restore(flags);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->changes), 1);
	KUNIT_EXPECT_EQ(test, reads(test), before);
	KUNIT_EXPECT_NE(test, driver->vdev->config->generation(driver->vdev),
			generation);
}

/* DRV-9, DRV-36, DRV-37: others make it be read again. */
static void config_event_without_data(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	peer->devices[0].config[3] = 0x99;
	fake_peer_config_event(peer, &peer->devices[0], 3, 1, false);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->changes) == 1));
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	peer->devices[0].config[4] = 0x98;
	fake_peer_config_event(peer, &peer->devices[0], 0, 0, false);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->changes) == 2));
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_events), 2L);
}

/* What is out of range is not used, but is a hint. */
static void config_event_out_of_range(struct kunit *test)
{
	static const u32 offsets[] = { 21, 24, 25, 4096 };
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		peer->devices[0].config[i]++;
		fake_peer_config_event(peer, &peer->devices[0], offsets[i], 4,
				       true);
		KUNIT_EXPECT_TRUE(test, fake_until(same_config(test, driver)));
	}
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_bad), 4L);
	/* A range that wraps is not even a hint. */
	fake_peer_config_event(peer, &peer->devices[0], U32_MAX - 2, 4, true);
	KUNIT_EXPECT_EQ(test, fake_count(peer, malformed), 1L);
}

static void event_while_read(struct fake_peer *peer,
			     const struct virtio_msg_fields *request,
			     struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_CONFIG_RESP && unstable) {
		unstable--;
		peer->scratch[0] = 0xab;
		answer->config.data = peer->scratch;
	}
}

/* T7: an answer that was on its way when the event came is not the truth. */
static void config_event_while_read(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	peer->edit = event_while_read;
	unstable = 1;
	fake_peer_on(peer, VMSG_GET_CONFIG_REQ, FAKE_HOLD, 0, 1);
	peer->num_sent = 0;
	fake_peer_config_event(peer, &peer->devices[0], 0, 0, false);
	KUNIT_ASSERT_TRUE(test, fake_until(peer->num_sent == 1));
	peer->devices[0].config[0] = 0x77;
	fake_peer_config_event(peer, &peer->devices[0], 0, 24, true);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	fake_peer_release(peer, false);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->changes) == 2));
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	KUNIT_EXPECT_EQ(test, peer->num_sent, 2);
}

/* One that comes while the driver does not know the device yet. */
static void config_event_during_probe(struct kunit *test)
{
	struct fake_driver *driver = prepare(test, 24);
	struct fake_peer *peer = test->priv;

	driver->probe_waits = true;
	fake_peer_start(peer);
	fake_peer_event(peer, DEV, VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_ASSERT_TRUE(test,
			  wait_for_completion_timeout(&driver->probe_entered,
						      20 * HZ));
	peer->devices[0].config[0] = 0x77;
	fake_peer_config_event(peer, &peer->devices[0], 0, 24, true);
	complete(&driver->probe_go);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(driver->probed) == 1));
	KUNIT_EXPECT_TRUE(test, fake_until(same_config(test, driver)));
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->changes)));
}

static u32 written_generation(struct kunit *test, unsigned int n)
{
	struct fake_sent *sent = fake_peer_find(test->priv, VMSG_SET_CONFIG_REQ,
						n);

	KUNIT_ASSERT_NOT_NULL(test, sent);
	return sent->fields.config.generation;
}

/* DRV-8, DEV-8: the baseline profile has no generation in requests. */
static void config_write_baseline(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	virtio_cwrite8(driver->vdev, 5, 0xaa);
	KUNIT_EXPECT_EQ(test, peer->devices[0].config[5], 0xaa);
	KUNIT_EXPECT_EQ(test, written_generation(test, 0), 0);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
}

/* DRV-5, DRV-10, DRV-11, DRV-47: look again, then write again. */
static void expect_strict(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;

	peer->strict = true;
	driver = start(test, 24);
	virtio_cwrite8(driver->vdev, 5, 0xaa);
	KUNIT_EXPECT_EQ(test, peer->devices[0].config[5], 0xaa);
	KUNIT_EXPECT_EQ(test, written_generation(test, 0), 7);
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_rejected), 0L);

	peer->devices[0].generation = 3;
	peer->devices[0].config[0] = 0x55;
	virtio_cwrite8(driver->vdev, 6, 0xbb);
	KUNIT_EXPECT_EQ(test, peer->devices[0].config[6], 0xbb);
	KUNIT_EXPECT_EQ(test, written_generation(test, 1), 8);
	KUNIT_EXPECT_EQ(test, written_generation(test, 2), 3);
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_rejected), 1L);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
}

/* DRV-6, BUS-6: the bus says so, whatever features the device has. */
static void config_write_any_features(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;

	peer->devices[0].features[0] = U32_MAX;
	driver = start(test, 24);
	virtio_cwrite8(driver->vdev, 5, 0xaa);
	KUNIT_EXPECT_EQ(test, peer->devices[0].config[5], 0xaa);
	KUNIT_EXPECT_EQ(test, written_generation(test, 0), 0);
}

static void config_write_strict(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.features = BIT(VIRTIO_MSG_F_STRICT_CONFIG_GENERATION);
	expect_strict(test);
}

static void config_write_pr28(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.dialect = VIRTIO_MSG_DIALECT_PR28;
	peer->dialect = &virtio_msg_pr28;
	expect_strict(test);
}

static void refuse(struct fake_peer *peer,
		   const struct virtio_msg_fields *request,
		   struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_SET_CONFIG_RESP) {
		answer->config.length = 0;
		answer->config.data_len = 0;
	}
}

static void apply_half(struct fake_peer *peer,
		       const struct virtio_msg_fields *request,
		       struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_SET_CONFIG_RESP) {
		answer->config.length /= 2;
		answer->config.data_len = 0;
	}
}

static void applied_elsewhere(struct fake_peer *peer,
			      const struct virtio_msg_fields *request,
			      struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_SET_CONFIG_RESP)
		answer->config.offset++;
}

/* SH-3 */
static void config_write_bad_echo(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	peer->edit = applied_elsewhere;
	virtio_cwrite8(driver->vdev, 4, 1);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer), 1L);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_CONFIG_REQ], 1);
}

/* DRV-47: not for ever, and half of it is no success. */
static void config_write_refused(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	peer->edit = refuse;
	virtio_cwrite32(driver->vdev, 4, 1);
	KUNIT_EXPECT_LE(test, peer->count[VMSG_SET_CONFIG_REQ],
			VIRTIO_MSG_CONFIG_RETRIES);
	KUNIT_EXPECT_GE(test, fake_count(peer, config_rejected), 1L);
	peer->edit = apply_half;
	peer->count[VMSG_SET_CONFIG_REQ] = 0;
	virtio_cwrite32(driver->vdev, 4, 1);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_CONFIG_REQ], 1);
}

/* DRV-27: in chunks, and nothing beyond the end. */
static void config_write_chunks(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;
	u8 data[70];

	peer->bus.max_msg_size = 52;
	driver = start(test, 80);
	memset(data, 0xc3, sizeof(data));
	driver->vdev->config->set(driver->vdev, 10, data, sizeof(data));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_CONFIG_REQ], 3);
	KUNIT_EXPECT_EQ(test, memcmp(peer->devices[0].config + 10, data,
				     sizeof(data)), 0);
	KUNIT_EXPECT_TRUE(test, same_config(test, driver));
	driver->vdev->config->set(driver->vdev, 11, data, sizeof(data));
	driver->vdev->config->set(driver->vdev, 80, data, 1);
	driver->vdev->config->set(driver->vdev, U32_MAX, data, 4);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_CONFIG_REQ], 3);
	KUNIT_EXPECT_EQ(test, fake_count(peer, config_bad), 3L);
}

static struct virtio_msg_device *device_of(struct fake_driver *driver)
{
	return container_of(driver->vdev, struct virtio_msg_device, vdev);
}

/* As it was written: @words are offset, length, first byte. */
static void expect_replayed(struct kunit *test, struct fake_driver *driver,
			    const u32 (*words)[3], u32 num)
{
	struct fake_peer *peer = test->priv;
	unsigned int before = peer->count[VMSG_SET_CONFIG_REQ];
	struct fake_sent *sent;
	u32 i;

	KUNIT_EXPECT_EQ(test, virtio_msg_config_replay(device_of(driver)), 0);
	KUNIT_ASSERT_EQ(test, peer->count[VMSG_SET_CONFIG_REQ], before + num);
	for (i = 0; i < num; i++) {
		sent = fake_peer_find(peer, VMSG_SET_CONFIG_REQ, before + i);
		KUNIT_ASSERT_NOT_NULL(test, sent);
		KUNIT_EXPECT_EQ(test, sent->fields.config.offset, words[i][0]);
		KUNIT_EXPECT_EQ(test, sent->fields.config.length, words[i][1]);
		KUNIT_EXPECT_EQ(test, peer->devices[0].config[words[i][0]],
				words[i][2]);
	}
}

/* Two that are side by side do not become one, which could mean another thing. */
static void config_replay_boundaries(struct kunit *test)
{
	static const u32 words[][3] = {
		{ 4, 1, 0x11 }, { 5, 1, 0x22 }, { 8, 4, 0x33 }, { 12, 4, 0x44 },
	};
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	virtio_cwrite8(driver->vdev, 4, 0x11);
	virtio_cwrite8(driver->vdev, 5, 0x22);
	virtio_cwrite32(driver->vdev, 12, 0x44);
	virtio_cwrite32(driver->vdev, 8, 0x33);
	memset(peer->devices[0].config, 0, 24);
	expect_replayed(test, driver, words, ARRAY_SIZE(words));
	/* And once more, as it has noted no more than before. */
	expect_replayed(test, driver, words, ARRAY_SIZE(words));
}

/* Of what was written twice, the last. */
static void config_replay_overlap(struct kunit *test)
{
	static const u32 words[][3] = {
		{ 0, 2, 0x01 }, { 2, 4, 0x02 }, { 6, 2, 0x01 },
	};
	struct fake_driver *driver = start(test, 24);

	virtio_cwrite64(driver->vdev, 0, 0x0101010101010101);
	virtio_cwrite32(driver->vdev, 2, 0x02020202);
	expect_replayed(test, driver, words, ARRAY_SIZE(words));
}

/* What the device did not take was not written, and a reset ends all. */
static void config_replay_nothing(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	peer->edit = refuse;
	virtio_cwrite32(driver->vdev, 4, 1);
	peer->edit = NULL;
	expect_replayed(test, driver, NULL, 0);
	virtio_cwrite32(driver->vdev, 4, 1);
	virtio_msg_config_forget(device_of(driver));
	expect_replayed(test, driver, NULL, 0);
}

static void refuse_once(struct fake_peer *peer,
			const struct virtio_msg_fields *request,
			struct virtio_msg_fields *answer)
{
	if (answer->kind != VMSG_SET_CONFIG_RESP)
		return;
	refuse(peer, request, answer);
	peer->edit = NULL;
}

/* Refused, as the generation has moved: again; but not for ever. */
static void config_replay_refused(struct kunit *test)
{
	struct fake_driver *driver = start(test, 24);
	struct fake_peer *peer = test->priv;

	virtio_cwrite32(driver->vdev, 4, 1);
	peer->edit = refuse_once;
	KUNIT_EXPECT_EQ(test, virtio_msg_config_replay(device_of(driver)), 0);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_CONFIG_REQ], 3);
	peer->edit = refuse;
	KUNIT_EXPECT_LT(test, virtio_msg_config_replay(device_of(driver)), 0);
	KUNIT_EXPECT_LE(test, peer->count[VMSG_SET_CONFIG_REQ],
			3 + VIRTIO_MSG_CONFIG_RETRIES);
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE(config_larger_than_message),
	KUNIT_CASE(config_empty),
	KUNIT_CASE(config_huge),
	KUNIT_CASE(config_changes_while_read),
	KUNIT_CASE(config_never_stable),
	KUNIT_CASE(config_bad_echo),
	KUNIT_CASE(config_read_in_atomic_context),
	KUNIT_CASE(config_event_with_data),
	KUNIT_CASE(config_event_without_data),
	KUNIT_CASE(config_event_out_of_range),
	KUNIT_CASE(config_event_while_read),
	KUNIT_CASE(config_event_during_probe),
	KUNIT_CASE(config_write_baseline),
	KUNIT_CASE(config_write_any_features),
	KUNIT_CASE(config_write_strict),
	KUNIT_CASE(config_write_pr28),
	KUNIT_CASE(config_write_bad_echo),
	KUNIT_CASE(config_write_refused),
	KUNIT_CASE(config_write_chunks),
	KUNIT_CASE(config_replay_boundaries),
	KUNIT_CASE(config_replay_overlap),
	KUNIT_CASE(config_replay_nothing),
	KUNIT_CASE(config_replay_refused),
	{}
};

static struct kunit_suite config_suite = {
	.name = "virtio_msg_config",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);
