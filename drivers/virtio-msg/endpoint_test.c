// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the device side: claims, their announcement, and what reaches them.
 */
#include <kunit/test.h>

#include "fake_peer.h"

struct fake_claim {
	struct virtio_msg_claim claim;
	unsigned int received;
	unsigned int rung;
	u32 index;
	u32 next_offset;
	u8 last[FAKE_MESSAGE];
};

static void claim_receive(struct virtio_msg_claim *claim, const void *msg,
			  u32 size)
{
	struct fake_claim *c = container_of(claim, struct fake_claim, claim);

	memcpy(c->last, msg, size);
	c->received++;
}

static void claim_avail(struct virtio_msg_claim *claim, u32 index,
			u32 next_offset)
{
	struct fake_claim *c = container_of(claim, struct fake_claim, claim);

	c->index = index;
	c->next_offset = next_offset;
	c->rung++;
}

static const struct virtio_msg_claim_ops claim_ops = {
	.receive = claim_receive,
	.avail = claim_avail,
};

static int add(struct kunit *test, struct fake_claim *c, u32 dev_num)
{
	struct fake_peer *peer = test->priv;

	*c = (struct fake_claim){
		.claim.core = peer->core,
		.claim.num_queues = 2,
		.claim.ops = &claim_ops,
	};
	return virtio_msg_claim_add(&c->claim, dev_num);
}

static void del(struct kunit *test, struct fake_claim *c)
{
	struct fake_peer *peer = test->priv;

	virtio_msg_claim_del(&c->claim, virtio_msg_deadline(peer->core));
	synchronize_rcu();
}

static void start(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.role = VIRTIO_MSG_ROLE_DEVICE;
	fake_peer_start(peer);
}

/* DBUS-3, DBUS-4 */
static void endpoint_claims(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_claim a, b, c;

	start(test);
	KUNIT_EXPECT_EQ(test, add(test, &a, 5), 0);
	KUNIT_EXPECT_EQ(test, add(test, &b, 5), -EBUSY);
	KUNIT_EXPECT_EQ(test, add(test, &b, 65536), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_count(peer, claims), 1L);
	KUNIT_EXPECT_EQ(test, add(test, &b, VIRTIO_MSG_DEV_ANY), 0);
	KUNIT_EXPECT_EQ(test, b.claim.dev_num, 0);
	del(test, &b);
	/* Not the number that has just become free. */
	KUNIT_EXPECT_EQ(test, add(test, &b, VIRTIO_MSG_DEV_ANY), 0);
	KUNIT_EXPECT_EQ(test, b.claim.dev_num, 1);
	peer->core->endpoints.next = 5;
	KUNIT_EXPECT_EQ(test, add(test, &c, VIRTIO_MSG_DEV_ANY), 0);
	KUNIT_EXPECT_EQ(test, c.claim.dev_num, 6);
	del(test, &c);
	peer->core->endpoints.next = 65536;
	KUNIT_EXPECT_EQ(test, add(test, &c, VIRTIO_MSG_DEV_ANY), 0);
	KUNIT_EXPECT_EQ(test, c.claim.dev_num, 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, claims), 3L);
	del(test, &a);
	del(test, &b);
	del(test, &c);
	KUNIT_EXPECT_EQ(test, add(test, &a, 5), 0);
	del(test, &a);
}

/* Where the driver is another kernel, or nothing is relayed: no device waits. */
static void endpoint_resumable(struct kunit *test)
{
	static const struct {
		u32 role;
		u32 flags;
		int result;
	} buses[] = {
		{ VIRTIO_MSG_ROLE_DEVICE, 0, -EOPNOTSUPP },
		{ VIRTIO_MSG_ROLE_DEVICE, VIRTIO_MSG_BUS_LOCAL, -EOPNOTSUPP },
		{ VIRTIO_MSG_ROLE_DEVICE | VIRTIO_MSG_ROLE_DRIVER, 0,
		  -EOPNOTSUPP },
		{ VIRTIO_MSG_ROLE_DEVICE | VIRTIO_MSG_ROLE_DRIVER,
		  VIRTIO_MSG_BUS_LOCAL | VIRTIO_MSG_BUS_DIRECT, -EOPNOTSUPP },
		{ VIRTIO_MSG_ROLE_DEVICE | VIRTIO_MSG_ROLE_DRIVER,
		  VIRTIO_MSG_BUS_LOCAL, 0 },
	};
	struct fake_peer *peer = test->priv;
	u32 flags, i;
	struct fake_claim a;

	start(test);
	flags = peer->core->flags;
	for (i = 0; i < ARRAY_SIZE(buses); i++) {
		peer->core->role = buses[i].role;
		peer->core->flags = buses[i].flags;
		a = (struct fake_claim){
			.claim.core = peer->core,
			.claim.resumable = true,
			.claim.ops = &claim_ops,
		};
		KUNIT_EXPECT_EQ(test, virtio_msg_claim_add(&a.claim, 3),
				buses[i].result);
		if (!buses[i].result)
			del(test, &a);
	}
	peer->core->role = VIRTIO_MSG_ROLE_DEVICE;
	peer->core->flags = flags;
}

/* DBUS-12, DBUS-13: ADDED when it is there, REMOVED before it is not. */
static void endpoint_events(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_claim a;

	start(test);
	KUNIT_EXPECT_EQ(test, add(test, &a, 7), 0);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
	virtio_msg_claim_announce(&a.claim);
	del(test, &a);
	KUNIT_ASSERT_EQ(test, peer->num_sent, 2);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.event.dev_num, 7);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.event.state,
			VIRTIO_MSG_DEVICE_ADDED);
	KUNIT_EXPECT_EQ(test, peer->sent[1].fields.event.dev_num, 7);
	KUNIT_EXPECT_EQ(test, peer->sent[1].fields.event.state,
			VIRTIO_MSG_DEVICE_REMOVED);
	/* BUS-16 */
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.dev_num, 0);
}

/* A bus that stays full does not keep a claim for ever, and is lost. */
static void endpoint_full_bus(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	unsigned long begin = jiffies;
	struct fake_claim a;

	start(test);
	fake_peer_set_timeout(peer, 30);
	fake_peer_on(peer, VMSG_EVENT_DEVICE, FAKE_AGAIN, 0, UINT_MAX);
	KUNIT_EXPECT_EQ(test, add(test, &a, 7), 0);
	virtio_msg_claim_announce(&a.claim);
	del(test, &a);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&peer->lost) == 1));
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 10 * HZ));
}

/* DBUS-1, BUS-2, BUS-3, BUS-13: by number and as it is, whatever it may be. */
static void endpoint_routing(struct kunit *test)
{
	struct virtio_msg_fields fields = { .kind = VMSG_GET_STATUS_REQ };
	u8 unknown[12] __aligned(8) = { 0, 0x3f, 0, 0, 9, 0, 12, 0, 1, 2, 3 };
	struct fake_peer *peer = test->priv;
	struct fake_claim a, b;

	start(test);
	KUNIT_ASSERT_EQ(test, add(test, &a, 0), 0);
	KUNIT_ASSERT_EQ(test, add(test, &b, 65535), 0);
	fake_peer_send(peer, &fields);
	fields.dev_num = 65535;
	fake_peer_send(peer, &fields);
	fields.dev_num = 3;
	fake_peer_send(peer, &fields);
	virtio_msg_bus_receive(&peer->bus, unknown, sizeof(unknown));
	KUNIT_EXPECT_EQ(test, memcmp(a.last, unknown, sizeof(unknown)), 0);
	unknown[1] = 0xc5;
	virtio_msg_bus_receive(&peer->bus, unknown, sizeof(unknown));
	KUNIT_EXPECT_EQ(test, a.received, 3);
	KUNIT_EXPECT_EQ(test, b.received, 1);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_device), 1L);
	del(test, &a);
	fake_peer_send(peer, &(struct virtio_msg_fields){
		.kind = VMSG_GET_STATUS_REQ });
	KUNIT_EXPECT_EQ(test, a.received, 3);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_device), 2L);
	/* BUS-14, DEV-32: nobody was answered. */
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_GET_STATUS_RESP], 0);
	del(test, &b);
}

/* BUS-22, BUS-23: one event or one ring of the bell is one notification. */
static void endpoint_avail(struct kunit *test)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_EVENT_AVAIL,
		.dev_num = 4,
		.notify.index = 1,
		.notify.next_offset = 0x80000012,
	};
	struct fake_peer *peer = test->priv;
	struct fake_claim a;

	start(test);
	KUNIT_ASSERT_EQ(test, add(test, &a, 4), 0);
	fake_peer_send(peer, &fields);
	KUNIT_EXPECT_EQ(test, a.rung, 1);
	KUNIT_EXPECT_EQ(test, a.index, 1);
	KUNIT_EXPECT_EQ(test, a.next_offset, 0x80000012);
	virtio_msg_bus_notified(&peer->bus, 4, 0, true);
	KUNIT_EXPECT_EQ(test, a.rung, 2);
	KUNIT_EXPECT_EQ(test, a.next_offset, 0);
	fields.notify.index = 2;
	fake_peer_send(peer, &fields);
	virtio_msg_bus_notified(&peer->bus, 4, U32_MAX, true);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_queue), 2L);
	virtio_msg_bus_notified(&peer->bus, 5, 0, true);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_device), 1L);
	/* The other role's. */
	virtio_msg_bus_notified(&peer->bus, 4, 0, false);
	fake_peer_used(peer, 4, 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, wrong_role), 2L);
	KUNIT_EXPECT_EQ(test, a.rung, 2);
	KUNIT_EXPECT_EQ(test, a.received, 0);
	del(test, &a);
}

static struct virtio_msg_fields *list(struct kunit *test, u16 offset, u16 count)
{
	struct fake_peer *peer = test->priv;

	peer->num_sent = 0;
	fake_peer_send(peer, &(struct virtio_msg_fields){
		.kind = VMSG_GET_DEVICES_REQ,
		.token = 77,
		.devices.offset = offset,
		.devices.count = count });
	KUNIT_ASSERT_EQ(test, peer->num_sent, 1);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.kind, VMSG_GET_DEVICES_RESP);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.token, 77);
	return &peer->sent[0].fields;
}

/* DBUS-5 to DBUS-11 for any window that can be asked for. */
static void expect_lists(struct kunit *test, bool octets)
{
	static const u16 numbers[] = { 0, 9, 10, 300, 301, 65535 };
	static const u16 counts[] = { 0, 1, 16, 65535 };
	struct fake_claim *claims;
	u32 offset, count, i, n;

	claims = kunit_kcalloc(test, ARRAY_SIZE(numbers), sizeof(*claims),
			       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, claims);
	start(test);
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		KUNIT_ASSERT_EQ(test, add(test, &claims[i], numbers[i]), 0);
	for (n = 0; n < 4096; n++) {
		struct virtio_msg_fields *got;
		u32 seen = 0;

		offset = n < 2048 ? n / 4 : 65536 - 512 + (n - 2048) / 4;
		count = counts[n % 4];
		if (octets) {
			offset &= ~7;
			count &= ~7;
		}
		got = list(test, offset, count);
		KUNIT_ASSERT_EQ(test, got->devices.offset, offset);
		KUNIT_ASSERT_LE(test, got->devices.count, count);
		KUNIT_ASSERT_LE(test, offset + got->devices.count, 65536);
		KUNIT_ASSERT_TRUE(test, !got->devices.next_offset ||
				  got->devices.next_offset > offset);
		for (i = 0; i < got->devices.count; i++)
			seen += virtio_msg_devices_test(got, i);
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			if (numbers[i] < offset)
				continue;
			if (numbers[i] < offset + got->devices.count) {
				KUNIT_ASSERT_TRUE(test,
						  virtio_msg_devices_test(got,
									  numbers[i] - offset));
				seen--;
			} else if (count || (!octets && numbers[i] > offset)) {
				/* To be found where one is to go on. */
				KUNIT_ASSERT_NE(test, got->devices.next_offset,
						0);
				KUNIT_ASSERT_LE(test, got->devices.next_offset,
						numbers[i]);
			}
		}
		KUNIT_ASSERT_EQ(test, seen, 0);
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		del(test, &claims[i]);
	/* DBUS-9, DBUS-11: nobody is there. */
	KUNIT_EXPECT_EQ(test, list(test, 0, 64)->devices.next_offset, 0);
}

static void endpoint_lists(struct kunit *test)
{
	expect_lists(test, false);
}

static void endpoint_lists_in_52_bytes(struct kunit *test)
{
	((struct fake_peer *)test->priv)->bus.max_msg_size = 52;
	expect_lists(test, false);
}

static void endpoint_lists_pr28(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.max_msg_size = 48;
	peer->bus.dialect = VIRTIO_MSG_DIALECT_PR28;
	peer->dialect = &virtio_msg_pr28;
	expect_lists(test, true);
}

/* A bus that has only drivers here. */
static void endpoint_wrong_role(struct kunit *test)
{
	struct virtio_msg_fields fields = { .kind = VMSG_GET_STATUS_REQ };
	struct fake_peer *peer = test->priv;
	struct fake_claim a;

	fake_peer_start(peer);
	KUNIT_EXPECT_EQ(test, add(test, &a, 1), -EOPNOTSUPP);
	fake_peer_send(peer, &fields);
	fields.kind = VMSG_GET_DEVICES_REQ;
	fields.devices.offset = 0;
	fields.devices.count = 8;
	fake_peer_send(peer, &fields);
	fields = (struct virtio_msg_fields){ .kind = VMSG_EVENT_AVAIL };
	fake_peer_send(peer, &fields);
	KUNIT_EXPECT_EQ(test, fake_count(peer, wrong_role), 3L);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
}

/* After the bus is lost nothing is claimed. */
static void endpoint_lost(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_claim a;

	start(test);
	virtio_msg_bus_lost(&peer->bus);
	KUNIT_EXPECT_EQ(test, add(test, &a, 1), -ENODEV);
}

static struct kunit_case endpoint_cases[] = {
	KUNIT_CASE(endpoint_claims),
	KUNIT_CASE(endpoint_resumable),
	KUNIT_CASE(endpoint_events),
	KUNIT_CASE(endpoint_full_bus),
	KUNIT_CASE(endpoint_routing),
	KUNIT_CASE(endpoint_avail),
	KUNIT_CASE(endpoint_lists),
	KUNIT_CASE(endpoint_lists_in_52_bytes),
	KUNIT_CASE(endpoint_lists_pr28),
	KUNIT_CASE(endpoint_wrong_role),
	KUNIT_CASE(endpoint_lost),
	{}
};

static struct kunit_suite endpoint_suite = {
	.name = "virtio_msg_endpoint",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = endpoint_cases,
};

kunit_test_suite(endpoint_suite);
