// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what becomes of a card that is not known, is silent, is full, lies,
 * was used before or goes.
 */
#include <linux/string.h>

#include "pci_rig.h"

/* Cards that are not known */

static void expect_refused(struct kunit *test, struct fake_card *fake, int err)
{
	KUNIT_EXPECT_EQ(test, virtio_msg_card_init(&fake->card), err);
	KUNIT_EXPECT_EQ(test, fake->ports[0].rings, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(fake->memory + SZ_8K, 0,
					   fake->size - SZ_8K));
}

static void card_refused(struct kunit *test)
{
	struct fake_card *fake = fake_card_create(test, 1);

	fake->version = 2;
	expect_refused(test, fake, -ENODEV);
	fake->version = ~0;
	expect_refused(test, fake, -ENODEV);
	fake->version = VIRTIO_MSG_CARD_VERSION_0_1;
	fake->card.num_fifos = 2;
	expect_refused(test, fake, -EINVAL);
	fake->card.num_fifos = 9;
	expect_refused(test, fake, -EINVAL);
	fake->card.num_fifos = 0;
	expect_refused(test, fake, -EINVAL);
	fake->card.num_fifos = 1;
	/* The header of the layout that describes itself. */
	*fake_card_index(fake, 0, VIRTIO_MSG_CARD_TO_DEVICE) =
		cpu_to_le32(64 << 16 | VIRTIO_MSG_CARD_OTHER_MAGIC);
	expect_refused(test, fake, -ENODEV);
}

/* Silence */

/* Each message once: an end, an error, and a device that is not used. */
static void card_silent(struct kunit *test)
{
	static const u8 messages[] = {
		VIRTIO_MSG_GET_DEVICE_INFO, VIRTIO_MSG_GET_DEVICE_FEATURES,
		VIRTIO_MSG_SET_DRIVER_FEATURES, VIRTIO_MSG_GET_CONFIG,
		VIRTIO_MSG_SET_DEVICE_STATUS, VIRTIO_MSG_GET_VQUEUE,
		VIRTIO_MSG_SET_VQUEUE,
	};
	struct card_rig *rig = card_rig_create_one(test);
	struct fake_card_port *port = &rig->fake->ports[0];
	unsigned long begin = jiffies;
	unsigned int i;

	rig->fake->card.timeout_ms = CARD_SHORT_MS;
	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		port->silent = messages[i];
		card_rig_start(rig);
		KUNIT_EXPECT_TRUE(test,
				  fake_until(card_rig_count(rig, timeout) > 0));
		card_rig_stop(rig);
		KUNIT_EXPECT_EQ(test, rig->probed, 0);
	}
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 10 * HZ));

	port->silent = 0;
	card_rig_start(rig);
	KUNIT_EXPECT_TRUE(test, card_rig_probed(rig, 1));
}

/* One that does not tell what devices it has. */
static void card_silent_bus(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	struct fake_card_port *port = &rig->fake->ports[0];

	rig->fake->card.timeout_ms = CARD_SHORT_MS;
	port->silent = FAKE_CARD_BUS(VIRTIO_MSG_BUS_GET_DEVICES);
	card_rig_start(rig);
	KUNIT_EXPECT_TRUE(test,
			  fake_until(card_rig_count(rig, enumeration_failed) == 1));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, device_added), 0L);
}

/* Queues that are full */

/*
 * More messages than there is room for, while the card does nothing: they are
 * tried again every now and then, and none is lost.
 */
static void card_full(struct kunit *test)
{
	struct card_rig *rig = card_rig_start_one(test);
	struct fake_card_port *port = &rig->fake->ports[0];
	struct card_disk *disk = &rig->disks[5];
	unsigned int i, before;
	unsigned long begin;
	long most;

	WRITE_ONCE(port->stalled, true);
	before = port->count[VIRTIO_MSG_EVENT_AVAIL];
	begin = jiffies;
	for (i = 0; i < CARD_REQUESTS; i++)
		KUNIT_ASSERT_EQ(test, card_rig_request(disk, i), 0);
	KUNIT_EXPECT_TRUE(test, fake_until(card_rig_count(rig, send_again) > 1));
	schedule_timeout_uninterruptible(HZ / 20);
	/* At the most once for each time that the core looks. */
	most = jiffies_to_msecs(jiffies - begin) / VIRTIO_MSG_RETRY_MS + 2;
	KUNIT_EXPECT_LE(test, card_rig_count(rig, send_again), most);
	KUNIT_EXPECT_EQ(test, port->count[VIRTIO_MSG_EVENT_AVAIL], before);

	WRITE_ONCE(port->stalled, false);
	KUNIT_EXPECT_TRUE(test, card_rig_answered(disk, CARD_REQUESTS));
	KUNIT_EXPECT_TRUE(test,
			  fake_until(port->count[VIRTIO_MSG_EVENT_AVAIL] ==
					  before + CARD_REQUESTS));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, outbox_full), 0L);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, send_timeout), 0L);
}

/* One that never goes on is given up, and all that waits for it ends. */
static void card_full_for_ever(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	unsigned int i;

	rig->fake->card.timeout_ms = CARD_SHORT_MS;
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	WRITE_ONCE(rig->fake->ports[0].stalled, true);
	for (i = 0; i < CARD_REQUESTS; i++)
		card_rig_request(&rig->disks[5], i);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->removed) == 1));
	KUNIT_EXPECT_EQ(test, rig->detached, CARD_REQUESTS);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, send_timeout), 1L);
}

/* Cards that lie */

/* What an index says is taken as QEMU takes it, and the log is not flooded. */
static void card_bad_index(struct kunit *test)
{
	static const u32 values[] = { 62, 63, 0x80000000, 0xfffffffe };
	struct card_rig *rig = card_rig_start_one(test);
	struct virtio_msg_card_fifo *fifo = &rig->fake->card.fifos[0];
	struct fake_card_port *port = &rig->fake->ports[0];
	__le32 *head = fake_card_index(rig->fake, 0, VIRTIO_MSG_CARD_TO_DRIVER +
				       VIRTIO_MSG_FIFO_HEAD);
	__le32 *tail = fake_card_index(rig->fake, 0, VIRTIO_MSG_CARD_TO_DRIVER +
				       VIRTIO_MSG_FIFO_TAIL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		WRITE_ONCE(*head, cpu_to_le32(values[i]));
		virtio_msg_card_interrupt(&rig->fake->card, 0);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(*tail)),
				values[i] % FAKE_CARD_SLOTS);
	}
	KUNIT_EXPECT_GT(test, fifo->rx.bad_index, 0UL);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, bad_index),
			(long)fifo->rx.bad_index);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(fifo->warned)));
	KUNIT_EXPECT_FALSE(test, rig->fake->card.gone);

	/* Whatever was read was dropped, and the device still works. */
	WRITE_ONCE(*head, *tail);
	port->to_driver_tail = le32_to_cpu(*tail);
	KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], 0), 0);
	KUNIT_EXPECT_TRUE(test, card_rig_answered(&rig->disks[5], 1));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, device_failed), 0L);
}

/* The card's index of the other queue: full or not is all that it can say. */
static void card_bad_tail(struct kunit *test)
{
	struct card_rig *rig = card_rig_start_one(test);
	struct fake_card_port *port = &rig->fake->ports[0];
	struct card_disk *disk = &rig->disks[5];
	__le32 *tail = fake_card_index(rig->fake, 0, VIRTIO_MSG_CARD_TO_DEVICE +
				       VIRTIO_MSG_FIFO_TAIL);
	__le32 before = *tail;
	unsigned int i;

	WRITE_ONCE(port->stalled, true);
	WRITE_ONCE(*tail, cpu_to_le32(le32_to_cpu(before) + 62));
	for (i = 0; i < CARD_REQUESTS; i++)
		KUNIT_ASSERT_EQ(test, card_rig_request(disk, i), 0);
	KUNIT_EXPECT_GT(test, rig->fake->card.fifos[0].tx.bad_index, 0UL);
	WRITE_ONCE(*tail, before);
	WRITE_ONCE(port->stalled, false);
	KUNIT_EXPECT_TRUE(test, card_rig_answered(disk, CARD_REQUESTS));
}

/* Messages of sizes that cannot be, and answers to nothing. */
static void card_bad_messages(struct kunit *test)
{
	static const u16 sizes[] = { 0, 7, 49, 64, 0xffff };
	struct card_rig *rig = card_rig_start_one(test);
	__le32 *head = fake_card_index(rig->fake, 0, VIRTIO_MSG_CARD_TO_DRIVER +
				       VIRTIO_MSG_FIFO_HEAD);
	struct virtio_msg_hdr *hdr;
	unsigned int i;
	u32 at;

	flush_work(&rig->fake->ports[0].irq);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		at = le32_to_cpu(*head);
		hdr = (void *)fake_card_index(rig->fake, 0,
					      VIRTIO_MSG_CARD_TO_DRIVER +
					      VIRTIO_MSG_FIFO_SLOTS +
					      VIRTIO_MSG_FIFO_SLOT * at);
		memset(hdr, 0xff, VIRTIO_MSG_FIFO_SLOT);
		hdr->msg_size = cpu_to_le16(sizes[i]);
		WRITE_ONCE(*head, cpu_to_le32((at + 1) % FAKE_CARD_SLOTS));
		virtio_msg_card_interrupt(&rig->fake->card, 0);
	}
	KUNIT_EXPECT_EQ(test, rig->fake->card.fifos[0].rx.bad_size,
			(unsigned long)ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, bad_size),
			(long)ARRAY_SIZE(sizes));
	KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], 0), 0);
	KUNIT_EXPECT_TRUE(test, card_rig_answered(&rig->disks[5], 1));
}

/* Life */

static void *slot(struct card_rig *rig, u32 queue, unsigned int i)
{
	return fake_card_index(rig->fake, 0, queue + VIRTIO_MSG_FIFO_SLOTS +
			       VIRTIO_MSG_FIFO_SLOT * i);
}

static void set_indices(struct card_rig *rig, u32 queue, u32 head, u32 tail)
{
	*fake_card_index(rig->fake, 0, queue + VIRTIO_MSG_FIFO_HEAD) =
		cpu_to_le32(head);
	*fake_card_index(rig->fake, 0, queue + VIRTIO_MSG_FIFO_TAIL) =
		cpu_to_le32(tail);
}

/* Three requests for which the card was not rung. */
static void leave_requests(struct card_rig *rig)
{
	struct virtio_msg_hdr *hdr;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		hdr = slot(rig, VIRTIO_MSG_CARD_TO_DEVICE, 57 + i);
		hdr->msg_id = VIRTIO_MSG_GET_DEVICE_INFO;
		hdr->dev_num = cpu_to_le16(5);
		hdr->token = cpu_to_le16(1 + i);
		hdr->msg_size = cpu_to_le16(sizeof(*hdr));
	}
	set_indices(rig, VIRTIO_MSG_CARD_TO_DEVICE, 60, 57);
	rig->fake->ports[0].to_device_head = 57;
}

/* The answer to a GET_DEVICES, that was not read: there is a device 9. */
static void leave_answer(struct card_rig *rig)
{
	static const u8 answer[] = { 3, VIRTIO_MSG_BUS_GET_DEVICES, 0, 0, 0, 0,
				     18, 0, 0, 0, 32, 0, 32, 0, 0, 2, 0, 0 };

	memcpy(slot(rig, VIRTIO_MSG_CARD_TO_DRIVER, 61), answer,
	       sizeof(answer));
	set_indices(rig, VIRTIO_MSG_CARD_TO_DRIVER, 0, 61);
	rig->fake->ports[0].to_driver_tail = 61;
}

/* Indices and messages of an earlier driver: taken over, drained, dropped. */
static void card_leftovers(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	struct fake_card_port *port = &rig->fake->ports[0];

	leave_requests(rig);
	leave_answer(rig);
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	/* Three of them are of the earlier driver. */
	KUNIT_EXPECT_EQ(test, port->count[VIRTIO_MSG_GET_DEVICE_INFO], 4);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, unsolicited) + card_rig_count(rig, late) +
			card_rig_count(rig, mismatched) + card_rig_count(rig, malformed), 0L);
	KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], 0), 0);
	KUNIT_EXPECT_TRUE(test, card_rig_answered(&rig->disks[5], 1));
}

/* Again and again, on the card as the last time left it. */
static void card_reload(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	unsigned int i;

	for (i = 1; i <= 5; i++) {
		card_rig_start(rig);
		KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, i));
		KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], 0), 0);
		KUNIT_EXPECT_TRUE(test, card_rig_answered(&rig->disks[5], i));
		KUNIT_EXPECT_EQ(test, card_rig_count(rig, unsolicited), 0L);
		card_rig_stop(rig);
		KUNIT_EXPECT_EQ(test, rig->removed, i);
		KUNIT_EXPECT_EQ(test, rig->fake->ports[0].devices[0].status,
				VIRTIO_CONFIG_S_ACKNOWLEDGE);
	}
}

/* With requests that the device has not answered. */
static void card_removed_busy(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	struct fake_card_device *device = &rig->fake->ports[0].devices[0];
	unsigned int i;

	device->idle = true;
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], i), 0);
	card_rig_stop(rig);
	KUNIT_EXPECT_EQ(test, rig->removed, 1);
	KUNIT_EXPECT_EQ(test, rig->detached, 10);
	/* It was reset, and has no driver. */
	KUNIT_EXPECT_EQ(test, device->status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	KUNIT_EXPECT_FALSE(test, device->queue.enabled);
	/* What the device has to say later reaches nobody. */
	fake_card_change(&rig->fake->ports[0], device);
}

/* Pulled out, with requests in flight: no end is waited for. */
static void expect_pulled_out(struct card_rig *rig, unsigned int fifos)
{
	struct kunit *test = rig->test;
	unsigned long begin = jiffies;

	KUNIT_EXPECT_TRUE(test,
			  fake_until(READ_ONCE(rig->removed) == fifos));
	card_rig_stop(rig);
	KUNIT_EXPECT_EQ(test, rig->detached, fifos);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 30 * HZ));
}

static struct card_rig *start_idle(struct kunit *test, unsigned int fifos)
{
	struct card_rig *rig = card_rig_create(test, fifos, CARD_DISK_ID);
	unsigned int i;

	/* No test may end because of it. */
	rig->fake->card.timeout_ms = 60000;
	for (i = 0; i < fifos; i++) {
		struct fake_card_device *device =
			fake_card_add(rig->fake, i, 3, CARD_DISK_ID);

		device->config[0] = i;
		device->idle = true;
	}
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, fifos));
	for (i = 0; i < fifos; i++)
		KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[i], 0), 0);
	return rig;
}

/* An index shows it, of one FIFO for all of them: nothing else looks. */
static void card_unplugged(struct kunit *test)
{
	struct card_rig *rig = start_idle(test, 3);

	cancel_delayed_work_sync(&rig->fake->card.watch);
	fake_card_unplug(rig->fake);
	virtio_msg_card_interrupt(&rig->fake->card, 1);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->fake->card.gone)));
	expect_pulled_out(rig, 3);
}

/* Nothing shows it, but that it is looked at. */
static void card_unplugged_unseen(struct kunit *test)
{
	struct card_rig *rig = start_idle(test, 1);
	unsigned int looks = READ_ONCE(rig->fake->looks);

	KUNIT_ASSERT_TRUE(test, fake_until(READ_ONCE(rig->fake->looks) >=
						looks + 2));
	fake_card_unplug(rig->fake);
	expect_pulled_out(rig, 1);
}

/* The PCI core is first: the driver is unbound. */
static void card_unplugged_removed(struct kunit *test)
{
	struct card_rig *rig = start_idle(test, 2);
	unsigned int rings = rig->fake->ports[1].rings;

	fake_card_unplug(rig->fake);
	card_rig_stop(rig);
	KUNIT_EXPECT_EQ(test, rig->removed, 2);
	KUNIT_EXPECT_EQ(test, rig->detached, 2);
	/* Nothing was asked of it any more, nor waited for. */
	KUNIT_EXPECT_EQ(test, rig->fake->ports[1].rings, rings);
}

/* Windows of a card that is gone come back, and those of others do not. */
static void card_unplugged_relay(struct kunit *test)
{
	struct card_rig *rig = card_rig_create(test, 1, CARD_RELAYED_ID);

	fake_card_add(rig->fake, 0, 5, CARD_RELAYED_ID)->idle = true;
	rig->fake->card.relay = true;
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], 0), 0);
	fake_card_unplug(rig->fake);
	virtio_msg_card_interrupt(&rig->fake->card, 0);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->removed) == 1));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, windows), 0L);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, quarantined), 0L);
}

/* After sleep the memory may begin anew, with indices that do. */
static void card_resume(struct kunit *test)
{
	struct card_rig *rig = card_rig_start_one(test);
	struct card_disk *disk = &rig->disks[5];
	unsigned int i;

	for (i = 0; i < 7; i++)
		KUNIT_ASSERT_EQ(test, card_rig_request(disk, i), 0);
	KUNIT_ASSERT_TRUE(test, card_rig_answered(disk, 7));
	flush_work(&rig->fake->ports[0].irq);
	fake_card_power_cycle(rig->fake);
	KUNIT_ASSERT_EQ(test, virtio_msg_card_resume(&rig->fake->card), 0);
	KUNIT_ASSERT_EQ(test, card_rig_request(disk, 7), 0);
	KUNIT_EXPECT_TRUE(test, card_rig_answered(disk, 8));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, malformed), 0L);

	/* Or it was pulled out meanwhile. */
	fake_card_unplug(rig->fake);
	KUNIT_EXPECT_EQ(test, virtio_msg_card_resume(&rig->fake->card), -ENODEV);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(rig->removed) == 1));
}

static struct kunit_case failure_cases[] = {
	KUNIT_CASE(card_refused),
	KUNIT_CASE(card_silent),
	KUNIT_CASE(card_silent_bus),
	KUNIT_CASE(card_full),
	KUNIT_CASE(card_full_for_ever),
	KUNIT_CASE(card_bad_index),
	KUNIT_CASE(card_bad_tail),
	KUNIT_CASE(card_bad_messages),
	KUNIT_CASE(card_leftovers),
	KUNIT_CASE(card_reload),
	KUNIT_CASE(card_removed_busy),
	KUNIT_CASE(card_unplugged),
	KUNIT_CASE(card_unplugged_unseen),
	KUNIT_CASE(card_unplugged_removed),
	KUNIT_CASE(card_unplugged_relay),
	KUNIT_CASE(card_resume),
	{}
};

static struct kunit_suite failure_suite = {
	.name = "virtio_msg_amp_pci_failure",
	.test_cases = failure_cases,
};

kunit_test_suite(failure_suite);
