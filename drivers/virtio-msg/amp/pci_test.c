// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of QEMU's card against a model of it: what is set up and what is said.
 * Only the PCI core is not part of it.
 */
#include <linux/string.h>

#include "pci_rig.h"

static void card_probe(struct kunit *test)
{
	struct card_rig *rig = card_rig_create(test, 1, CARD_DISK_ID);
	struct fake_card_port *port = &rig->fake->ports[0];
	unsigned int i;

	fake_card_add(rig->fake, 0, 0, CARD_DISK_ID);
	fake_card_add(rig->fake, 0, 31, CARD_DISK_ID);
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 2));

	/* It says for ever that there is more. */
	KUNIT_EXPECT_EQ(test, 1,
			port->count[FAKE_CARD_BUS(VIRTIO_MSG_BUS_GET_DEVICES)]);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, enumeration_failed), 0L);
	/* Its answer had token 0. */
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, unsolicited), 0L);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, malformed), 0L);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, timeout), 0L);
	/* Numbers without a device are left alone. */
	KUNIT_EXPECT_EQ(test, port->count[VIRTIO_MSG_GET_DEVICE_INFO], 2);

	for (i = 0; i < 2; i++) {
		u8 first = port->devices[i].config[0];

		KUNIT_EXPECT_MEMEQ(test, rig->disks[first % CARD_DISKS].config,
				   port->devices[i].config, FAKE_CARD_CONFIG);
		KUNIT_EXPECT_FALSE(test, port->devices[i].broken);
	}
}

/* 60 bytes in pieces of 28, also when they change and when they are written. */
static void card_config(struct kunit *test)
{
	struct card_rig *rig = card_rig_start_one(test);
	struct fake_card_port *port = &rig->fake->ports[0];
	struct fake_card_device *device = &port->devices[0];
	struct card_disk *disk = &rig->disks[5];
	u8 bytes[40];

	KUNIT_EXPECT_EQ(test, port->largest, 28);
	fake_card_change(port, device);
	KUNIT_ASSERT_TRUE(test,
			  fake_until(atomic_read(&disk->changes) == 1));
	KUNIT_EXPECT_MEMEQ(test, disk->config, device->config,
			   FAKE_CARD_CONFIG);

	memset(bytes, 0xa5, sizeof(bytes));
	disk->vdev->config->set(disk->vdev, 10, bytes, sizeof(bytes));
	KUNIT_EXPECT_MEMEQ(test, device->config + 10, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, port->count[VIRTIO_MSG_SET_CONFIG], 2);
	KUNIT_EXPECT_EQ(test, port->largest, 28);
}

/* The ring that the card sees is that of the driver. */
static void card_direct(struct kunit *test)
{
	struct card_rig *rig = card_rig_start_one(test);
	struct fake_card_device *device = &rig->fake->ports[0].devices[0];
	struct card_disk *disk = &rig->disks[5];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, device->queue.desc,
			virtqueue_get_desc_addr(disk->vq));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, windows), 0L);
	for (i = 0; i < CARD_REQUESTS; i++) {
		KUNIT_ASSERT_EQ(test, card_rig_request(disk, i), 0);
		KUNIT_ASSERT_TRUE(test, card_rig_answered(disk, i + 1));
		card_rig_expect_data(rig, disk, i, device);
	}
	KUNIT_EXPECT_EQ(test, device->served, CARD_REQUESTS);
	/* The queues have gone round more than once. */
	KUNIT_EXPECT_GT(test, card_rig_count(rig, sent), (long)FAKE_CARD_SLOTS);
}

/* If the module is told so, the card sees windows only. */
static void card_relay(struct kunit *test)
{
	struct card_rig *rig = card_rig_create(test, 1, CARD_RELAYED_ID);
	struct fake_card_device *device = fake_card_add(rig->fake, 0, 5,
							CARD_RELAYED_ID);
	struct card_disk *disk = &rig->disks[5];

	rig->fake->card.relay = true;
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, windows), 1L);
	KUNIT_EXPECT_NE(test, device->queue.desc,
			virtqueue_get_desc_addr(disk->vq));
	KUNIT_ASSERT_EQ(test, card_rig_request(disk, 0), 0);
	KUNIT_ASSERT_TRUE(test, card_rig_answered(disk, 1));
	card_rig_expect_data(rig, disk, 0, device);
	device_release_driver(&disk->vdev->dev);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, windows), 0L);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, quarantined), 0L);
}

/* One that is not accepted ends the emulator; one is read differently. */
static void card_features(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	struct fake_card_device *device = &rig->fake->ports[0].devices[0];

	device->features |= BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
			    BIT_ULL(VIRTIO_F_NOTIFICATION_DATA);
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	KUNIT_EXPECT_TRUE(test, device->told &
			  BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	KUNIT_EXPECT_FALSE(test, device->told &
			   BIT_ULL(VIRTIO_F_NOTIFICATION_DATA));
	/* Addresses are physical all the same. */
	KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[5], 0), 0);
	KUNIT_ASSERT_TRUE(test, card_rig_answered(&rig->disks[5], 1));
	card_rig_expect_data(rig, &rig->disks[5], 0, device);
}

/* There is no GET_SHM, and no device is lost over it. */
static void card_no_shm(struct kunit *test)
{
	struct virtio_shm_region region;
	struct card_rig *rig = card_rig_start_one(test);

	KUNIT_EXPECT_FALSE(test, virtio_get_shm_region(rig->disks[5].vdev,
						       &region, 0));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, timeout), 0L);
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, device_failed), 0L);
}

/* A queue that was reset has its default size, and is not enabled. */
static void card_queue_reset(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);
	struct fake_card_device *device = &rig->fake->ports[0].devices[0];
	struct virtqueue *vq;

	device->features |= BIT_ULL(VIRTIO_F_RING_RESET);
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	vq = rig->disks[5].vq;
	KUNIT_EXPECT_EQ(test, vq->vdev->config->disable_vq_and_reset(vq), 0);
	KUNIT_EXPECT_FALSE(test, device->queue.enabled);
	KUNIT_EXPECT_EQ(test, vq->vdev->config->enable_vq_after_reset(vq), 0);
	KUNIT_EXPECT_TRUE(test, device->queue.enabled);
}

/* Drivers of the kernel */

static void expect_served(struct kunit *test, u32 id)
{
	struct card_rig *rig = card_rig_create(test, 1, CARD_DISK_ID);
	struct fake_card_device *device = fake_card_add(rig->fake, 0, 1, id);

	memset(device->config, 0, sizeof(device->config));
	/* Of a disk: its sectors. */
	device->config[0] = 64;
	card_rig_start(rig);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(device->served)));
	/* Its driver may use it before all of it is there. */
	KUNIT_EXPECT_TRUE(test, fake_until(card_rig_count(rig, device_added) == 1));
	KUNIT_EXPECT_EQ(test, card_rig_count(rig, device_failed), 0L);
	card_rig_stop(rig);
	KUNIT_EXPECT_EQ(test, device->status, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	KUNIT_EXPECT_FALSE(test, device->queue.enabled);
}

/* It is asked for entropy as soon as it is there. */
static void card_entropy(struct kunit *test)
{
	if (!IS_BUILTIN(CONFIG_HW_RANDOM_VIRTIO))
		kunit_skip(test, "no CONFIG_HW_RANDOM_VIRTIO");
	expect_served(test, VIRTIO_ID_RNG);
}

/* The kernel looks for partitions, and goes away while nothing is read. */
static void card_blk(struct kunit *test)
{
	if (!IS_BUILTIN(CONFIG_VIRTIO_BLK))
		kunit_skip(test, "no CONFIG_VIRTIO_BLK");
	expect_served(test, VIRTIO_ID_BLOCK);
}

/* FIFOs */

static void fifos_describe(const unsigned int *num, char *desc)
{
	sprintf(desc, "%u", *num);
}

static const unsigned int fifo_numbers[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

KUNIT_ARRAY_PARAM(fifos, fifo_numbers, fifos_describe);

static void expect_reserved_untouched(struct card_rig *rig, unsigned int fifo)
{
	const u8 *window = rig->fake->memory + fifo * VIRTIO_MSG_CARD_WINDOW;

	KUNIT_EXPECT_NULL(rig->test, memchr_inv(window, 0, SZ_4K));
	KUNIT_EXPECT_NULL(rig->test, memchr_inv(window + 3 * SZ_4K, 0, SZ_4K));
}

/* Each has a bus, with devices of its own, whose numbers may be the same. */
static void card_fifos(struct kunit *test)
{
	unsigned int num = *(const unsigned int *)test->param_value;
	struct card_rig *rig = card_rig_create(test, num, CARD_DISK_ID);
	char name[VIRTIO_MSG_NAME_SIZE];
	unsigned int i;

	for (i = 0; i < num; i++) {
		struct fake_card_device *device =
			fake_card_add(rig->fake, i, 3, CARD_DISK_ID);

		device->config[0] = i;
	}
	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, num));
	for (i = 0; i < num; i++) {
		sprintf(name, "fake-card-%u", i);
		KUNIT_EXPECT_STREQ(test, rig->fake->card.fifos[i].bus.name, name);
		KUNIT_ASSERT_EQ(test, card_rig_request(&rig->disks[i], 0), 0);
		KUNIT_ASSERT_TRUE(test, card_rig_answered(&rig->disks[i], 1));
		KUNIT_EXPECT_EQ(test, rig->fake->ports[i].devices[0].served, 1);
		KUNIT_EXPECT_TRUE(test, fake_until(card_rig_counter(rig, i,
								    VMSG_CNT_device_added) == 1));
		expect_reserved_untouched(rig, i);
	}
	for (; i < VIRTIO_MSG_CARD_FIFOS; i++)
		KUNIT_EXPECT_EQ(test, rig->fake->ports[i].rings, 0);
}

static int send_nothing(struct virtio_msg_bus *bus,
			const struct virtio_msg *msg)
{
	return -ENODEV;
}

/* The second of two buses cannot be registered: the first goes as well. */
static void card_name_taken(struct kunit *test)
{
	static const struct virtio_msg_bus_ops ops = { .send = send_nothing };
	struct virtio_msg_bus taken = {
		.name = "fake-card-1",
		.ops = &ops,
		.role = VIRTIO_MSG_ROLE_DRIVER,
		.flags = VIRTIO_MSG_BUS_DIRECT | VIRTIO_MSG_BUS_NO_ENUMERATION,
		.max_msg_size = VIRTIO_MSG_CARD_MSG_SIZE,
	};
	struct card_rig *rig = card_rig_create(test, 2, CARD_DISK_ID);
	struct virtio_msg_card *card = &rig->fake->card;

	KUNIT_ASSERT_EQ(test, virtio_msg_bus_register(&taken), 0);
	KUNIT_ASSERT_EQ(test, virtio_msg_card_init(card), 0);
	KUNIT_EXPECT_EQ(test, virtio_msg_card_start(card), -EEXIST);
	KUNIT_EXPECT_PTR_EQ(test, rcu_access_pointer(card->fifos[0].bus.core),
			    NULL);
	virtio_msg_bus_unregister(&taken);
	card_rig_start(rig);
}

static struct kunit_case card_cases[] = {
	KUNIT_CASE(card_probe),
	KUNIT_CASE(card_config),
	KUNIT_CASE(card_direct),
	KUNIT_CASE(card_relay),
	KUNIT_CASE(card_features),
	KUNIT_CASE(card_no_shm),
	KUNIT_CASE(card_queue_reset),
	KUNIT_CASE(card_entropy),
	KUNIT_CASE(card_blk),
	KUNIT_CASE_PARAM(card_fifos, fifos_gen_params),
	KUNIT_CASE(card_name_taken),
	{}
};

static struct kunit_suite card_suite = {
	.name = "virtio_msg_amp_pci",
	.test_cases = card_cases,
};

kunit_test_suite(card_suite);
