// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of bus instances: registration, PING, and messages that make no sense.
 */
#include <kunit/test.h>
#include <linux/unaligned.h>

#include "fake_peer.h"

static void expect_refused(struct kunit *test,
			   void (*spoil)(struct virtio_msg_bus *bus), int err)
{
	struct fake_peer *peer = test->priv;
	struct virtio_msg_bus bus = peer->bus;

	RCU_INIT_POINTER(bus.core, NULL);
	spoil(&bus);
	KUNIT_EXPECT_EQ(test, virtio_msg_bus_register(&bus), err);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(bus.core), NULL);
}

static void no_name(struct virtio_msg_bus *bus)
{
	bus->name[0] = 0;
}

static void long_name(struct virtio_msg_bus *bus)
{
	memset(bus->name, 'a', sizeof(bus->name));
}

static void path_name(struct virtio_msg_bus *bus)
{
	bus->name[1] = '/';
}

static void no_role(struct virtio_msg_bus *bus)
{
	bus->role = 0;
}

static void other_role(struct virtio_msg_bus *bus)
{
	bus->role |= 4;
}

static void other_revision(struct virtio_msg_bus *bus)
{
	bus->revision = 2;
}

static void other_dialect(struct virtio_msg_bus *bus)
{
	bus->dialect = 3;
}

static void small_messages(struct virtio_msg_bus *bus)
{
	bus->max_msg_size = 47;
}

static void small_messages_d26(struct virtio_msg_bus *bus)
{
	bus->max_msg_size = 51;
	bus->dialect = VIRTIO_MSG_DIALECT_D26;
}

static void large_messages(struct virtio_msg_bus *bus)
{
	bus->max_msg_size = VIRTIO_MSG_LIMIT_MSG_SIZE + 1;
}

static void long_timeout(struct virtio_msg_bus *bus)
{
	bus->timeout_ms = VIRTIO_MSG_LIMIT_TIMEOUT_MS + 1;
}

static const struct virtio_msg_bus_ops no_ops;

static void no_send(struct virtio_msg_bus *bus)
{
	bus->ops = &no_ops;
}

static int send_nothing(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	return 0;
}

static const struct virtio_msg_bus_ops only_send = { .send = send_nothing };

static void no_windows(struct virtio_msg_bus *bus)
{
	bus->ops = &only_send;
}

static void no_operations(struct virtio_msg_bus *bus)
{
	bus->ops = NULL;
}

static void other_flags(struct virtio_msg_bus *bus)
{
	bus->flags |= BIT(31);
}

static int map_nothing(struct virtio_msg_bus *bus, u16 dev_num, u64 addr,
		       struct virtio_msg_mapping *map)
{
	return -EFAULT;
}

/* It could be mapped, but neither looked at nor given back. */
static const struct virtio_msg_bus_ops only_map = {
	.send = send_nothing,
	.window_map = map_nothing,
};

static void half_windows(struct virtio_msg_bus *bus)
{
	bus->role = VIRTIO_MSG_ROLE_DEVICE;
	bus->ops = &only_map;
}

static void same_name(struct virtio_msg_bus *bus)
{
}

/* BUS-5, BUS-9, DRV-2, T4 */
static void bus_refused(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	expect_refused(test, no_name, -EINVAL);
	expect_refused(test, long_name, -EINVAL);
	expect_refused(test, path_name, -EINVAL);
	expect_refused(test, no_role, -EINVAL);
	expect_refused(test, other_role, -EINVAL);
	expect_refused(test, other_revision, -EINVAL);
	expect_refused(test, other_dialect, -EINVAL);
	expect_refused(test, small_messages, -EINVAL);
	expect_refused(test, small_messages_d26, -EINVAL);
	expect_refused(test, large_messages, -EINVAL);
	expect_refused(test, long_timeout, -EINVAL);
	expect_refused(test, no_send, -EINVAL);
	expect_refused(test, no_windows, -EINVAL);
	expect_refused(test, no_operations, -EINVAL);
	expect_refused(test, other_flags, -EINVAL);
	expect_refused(test, half_windows, -EINVAL);

	fake_peer_start(peer);
	expect_refused(test, same_name, -EEXIST);
	fake_peer_stop(peer);
	/* The name is free again. */
	fake_peer_start(peer);
}

/* Who needs no window need not have any. */
static void bus_without_windows(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct virtio_msg_bus bus = peer->bus;

	bus.ops = &only_send;
	bus.role = VIRTIO_MSG_ROLE_DEVICE;
	KUNIT_ASSERT_EQ(test, virtio_msg_bus_register(&bus), 0);
	virtio_msg_bus_unregister(&bus);
	bus.role = VIRTIO_MSG_ROLE_DRIVER;
	bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	KUNIT_ASSERT_EQ(test, virtio_msg_bus_register(&bus), 0);
	virtio_msg_bus_unregister(&bus);
}

/* BUS-26, T21: even while this side waits for an answer itself. */
static void bus_ping_answered(struct kunit *test)
{
	struct virtio_msg_fields ping = {
		.kind = VMSG_PING_REQ,
		.token = 0xbeef,
		.ping.data = 0xdeadbeef,
	};
	struct fake_peer *peer = test->priv;
	struct fake_sent *sent;

	peer->bus.flags = 0;
	fake_peer_on(peer, VMSG_GET_DEVICES_REQ, FAKE_HOLD, 0, 1);
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test,
			  fake_until(READ_ONCE(peer->count[VMSG_GET_DEVICES_REQ])));
	fake_peer_send(peer, &ping);
	sent = fake_peer_find(peer, VMSG_PING_RESP, 0);
	KUNIT_ASSERT_NOT_NULL(test, sent);
	KUNIT_EXPECT_EQ(test, sent->fields.ping.data, 0xdeadbeef);
	KUNIT_EXPECT_EQ(test, sent->fields.token, 0xbeef);
	KUNIT_EXPECT_EQ(test, fake_count(peer, ping_received), 1L);
	fake_peer_release(peer, false);
}

static void other_data(struct fake_peer *peer,
		       const struct virtio_msg_fields *request,
		       struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_PING_RESP)
		answer->ping.data++;
}

static void bus_ping(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	u32 data = 42;
	u64 rtt;

	fake_peer_start(peer);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt), 0);
	peer->edit = other_data;
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt),
			-EBADMSG);
	KUNIT_EXPECT_EQ(test, data, 43);
	fake_peer_set_timeout(peer, 20);
	fake_peer_on(peer, VMSG_PING_REQ, FAKE_SILENT, 0, 1);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt),
			-ETIMEDOUT);
}

/* A peer that forgets the tokens of bus messages. */
static void no_bus_token(struct fake_peer *peer,
			 const struct virtio_msg_fields *request,
			 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_PING_RESP ||
	    answer->kind == VMSG_GET_DEVICES_RESP)
		answer->token = 0;
}

static void bus_untagged(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	u32 data = 42;
	u64 rtt;

	peer->bus.flags = VIRTIO_MSG_BUS_UNTAGGED;
	peer->edit = no_bus_token;
	fake_peer_start(peer);
	flush_work(&peer->core->devices.enumerate);
	KUNIT_EXPECT_EQ(test, fake_count(peer, enumeration_failed), 0L);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt), 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 0L);

	/* Of a device, or if nobody waits, it answers nothing. */
	fake_peer_on(peer, VMSG_PING_REQ, FAKE_KIND, 0, 1);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt), 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 1L);
	fake_peer_forget_rules(peer);
	fake_peer_on(peer, VMSG_PING_REQ, FAKE_TWICE, 0, 1);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt), 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 2L);
}

/* A late one is counted, and its request still has failed. */
static void bus_untagged_late(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	u32 data = 42;
	u64 rtt;

	peer->bus.flags |= VIRTIO_MSG_BUS_UNTAGGED;
	peer->edit = no_bus_token;
	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 20);
	fake_peer_on(peer, VMSG_PING_REQ, FAKE_HOLD, 0, 1);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt),
			-ETIMEDOUT);
	fake_peer_release(peer, false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, late), 1L);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt), 0);
}

/* Without the flag, token 0 answers nothing. */
static void bus_tagged(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	u32 data = 42;
	u64 rtt;

	peer->edit = no_bus_token;
	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 20);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt),
			-ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 1L);
}

/* A peer that does not answer PING is lost after some of them. */
static void bus_liveness(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	fake_peer_set_timeout(peer, 20);
	fake_peer_on(peer, VMSG_PING_REQ, FAKE_SILENT, 1, 2);
	WRITE_ONCE(peer->core->ping_interval_ms, 10);
	queue_delayed_work(peer->core->device_wq, &peer->core->ping_work, 0);
	/* Two in a row that were missed are no loss. */
	KUNIT_EXPECT_TRUE(test, fake_until(peer->count[VMSG_PING_REQ] >= 5));
	KUNIT_EXPECT_FALSE(test, peer->core->lost);
	fake_peer_on(peer, VMSG_PING_REQ, FAKE_SILENT, 0, UINT_MAX);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->core->lost)));
	KUNIT_EXPECT_EQ(test, fake_count(peer, ping_missed),
			2L + VIRTIO_MSG_PING_MISSES);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&peer->lost) == 1));
}

static void receive(struct fake_peer *peer, const u8 *msg, size_t len)
{
	u8 copy[FAKE_MESSAGE] __aligned(8) = {};

	memcpy(copy, msg, min(len, sizeof(copy)));
	virtio_msg_bus_receive(&peer->bus, copy, len);
}

/* BUS-12, DRV-13, DEV-21, T30: counted, not answered, and no harm. */
static void bus_bad_headers(struct kunit *test)
{
	static const u8 bad[][12] = {
		{ 0, 7, 0, 0, 0, 0, 7, 0 },		/* shorter than itself */
		{ 0, 7, 0, 0, 0, 0, 0, 0 },
		{ 0, 7, 0, 0, 0, 0, 13, 0 },		/* than what came */
		{ 0, 7, 0, 0, 0, 0, 0xff, 0xff },
	};
	struct fake_peer *peer = test->priv;
	unsigned int i;

	peer->bus.role |= VIRTIO_MSG_ROLE_DEVICE;
	fake_peer_start(peer);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		receive(peer, bad[i], sizeof(bad[i]));
	for (i = 0; i < 8; i++)
		receive(peer, bad[0], i);
	KUNIT_EXPECT_EQ(test, fake_count(peer, malformed), 12L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, received), 0L);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
}

/* BUS-7: what is too large to be sent is too large to be received. */
static void bus_same_limits(struct kunit *test)
{
	u8 msg[72] __aligned(8) = { VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_BUS_PING, };
	struct fake_peer *peer = test->priv;

	peer->bus.max_msg_size = 64;
	fake_peer_start(peer);
	put_unaligned_le16(64, msg + 6);
	receive(peer, msg, 64);
	KUNIT_EXPECT_EQ(test, fake_count(peer, received), 1L);
	put_unaligned_le16(65, msg + 6);
	receive(peer, msg, 72);
	KUNIT_EXPECT_EQ(test, fake_count(peer, received), 1L);
	KUNIT_EXPECT_GE(test, fake_count(peer, malformed), 1L);
}

/* BUS-1: any type and number, with a payload of any size: nothing is answered. */
static void bus_any_message(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	u8 msg[64] __aligned(8);
	unsigned int type, id, size;
	long dropped;

	peer->bus.role |= VIRTIO_MSG_ROLE_DEVICE;
	fake_peer_start(peer);
	for (type = 0; type < 4; type++)
		for (id = 0; id < 256; id++)
			for (size = 8; size <= 56; size += 4) {
				if (type == 2 && (id == 2 || id == 3))
					continue;
				if (type == 2 && id == 0x40)
					continue;
				memset(msg, 0xff, sizeof(msg));
				msg[0] = type | 0xfc;
				msg[1] = id;
				msg[6] = size;
				msg[7] = 0;
				receive(peer, msg, size);
			}
	dropped = fake_count(peer, malformed) + fake_count(peer, unknown) +
		  fake_count(peer, wrong_role) + fake_count(peer, no_device) +
		  fake_count(peer, unsolicited) + fake_count(peer, bad_queue);
	KUNIT_EXPECT_EQ(test, dropped, fake_count(peer, received));
	KUNIT_EXPECT_EQ(test, fake_count(peer, received),
			(4L * 256 - 3) * 13);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
}

/* DEV-24, SH-1, T18: reserved bits of the header; DEV-27: padding. */
static void bus_reserved_bits(struct kunit *test)
{
	static const u8 msg[16] = { 0xfe, 3, 0, 0, 1, 0, 12, 0, 1, 2, 3, 4,
				    0xff, 0xff, 0xff, 0xff };
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	receive(peer, msg, sizeof(msg));
	KUNIT_ASSERT_EQ(test, peer->num_sent, 1);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.ping.data, 0x04030201);
	KUNIT_EXPECT_EQ(test, peer->sent[0].bytes[0], 3);
}

/* A bus may be late to notice that it has unregistered. */
static void bus_calls_after_unregister(struct kunit *test)
{
	static const u8 ping[12] = { 2, 3, 0, 0, 1, 0, 12, 0 };
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	fake_peer_stop(peer);
	receive(peer, ping, sizeof(ping));
	virtio_msg_bus_notified(&peer->bus, 0, 0, true);
	virtio_msg_bus_writable(&peer->bus);
	virtio_msg_bus_lost(&peer->bus);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
}

static void bus_lost(struct kunit *test)
{
	static const u8 ping[12] = { 2, 3, 0, 0, 1, 0, 12, 0 };
	struct fake_peer *peer = test->priv;
	u32 data = 1;
	u64 rtt;

	fake_peer_start(peer);
	virtio_msg_bus_lost(&peer->bus);
	virtio_msg_bus_lost(&peer->bus);
	KUNIT_EXPECT_EQ(test, atomic_read(&peer->lost), 1);
	KUNIT_EXPECT_EQ(test, virtio_msg_core_ping(peer->core, &data, &rtt),
			-ENODEV);
	receive(peer, ping, sizeof(ping));
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
}

static struct kunit_case bus_cases[] = {
	KUNIT_CASE(bus_refused),
	KUNIT_CASE(bus_without_windows),
	KUNIT_CASE(bus_ping_answered),
	KUNIT_CASE(bus_ping),
	KUNIT_CASE(bus_untagged),
	KUNIT_CASE(bus_untagged_late),
	KUNIT_CASE(bus_tagged),
	KUNIT_CASE(bus_liveness),
	KUNIT_CASE(bus_bad_headers),
	KUNIT_CASE(bus_same_limits),
	KUNIT_CASE(bus_any_message),
	KUNIT_CASE(bus_reserved_bits),
	KUNIT_CASE(bus_calls_after_unregister),
	KUNIT_CASE(bus_lost),
	{}
};

static struct kunit_suite bus_suite = {
	.name = "virtio_msg_bus",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = bus_cases,
};

kunit_test_suite(bus_suite);
