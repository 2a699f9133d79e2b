// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for devices behind a card, see pci_rig.h.
 */
#include <linux/scatterlist.h>

#include "pci_rig.h"

/* The driver */

static struct card_rig *to_rig(struct virtio_device *vdev)
{
	return container_of(vdev->dev.driver, struct card_rig, drv.driver);
}

static void disk_answers(struct virtqueue *vq)
{
	struct card_disk *disk = vq->vdev->priv;
	unsigned int len;

	while (virtqueue_get_buf(vq, &len))
		atomic_inc(&disk->answers);
}

/* In any context, which virtio_cread_bytes() is not for. */
static void read_config(struct card_disk *disk)
{
	disk->vdev->config->get(disk->vdev, 0, disk->config, FAKE_CARD_CONFIG);
}

/* Devices of one bus may be probed at the same time, but have other numbers. */
static int disk_probe(struct virtio_device *vdev)
{
	struct virtqueue_info info = { .name = "disk", .callback = disk_answers };
	struct card_rig *rig = to_rig(vdev);
	struct card_disk *disk;
	u8 number;
	int err;

	virtio_cread_bytes(vdev, 0, &number, 1);
	disk = &rig->disks[number % CARD_DISKS];
	disk->vdev = vdev;
	vdev->priv = disk;
	err = virtio_find_vqs(vdev, 1, &disk->vq, &info, NULL);
	if (err) {
		rig->failed++;
		return err;
	}
	virtio_device_ready(vdev);
	read_config(disk);
	/* Pairs with the acquire in card_rig_probed(). */
	smp_store_release(&rig->probed, rig->probed + 1);
	return 0;
}

static void disk_remove(struct virtio_device *vdev)
{
	struct card_disk *disk = vdev->priv;
	struct card_rig *rig = to_rig(vdev);

	virtio_reset_device(vdev);
	while (virtqueue_detach_unused_buf(disk->vq))
		rig->detached++;
	vdev->config->del_vqs(vdev);
	WRITE_ONCE(rig->removed, rig->removed + 1);
}

static void disk_changed(struct virtio_device *vdev)
{
	struct card_disk *disk = vdev->priv;

	read_config(disk);
	atomic_inc(&disk->changes);
}

/**
 * card_rig_request() - make a request of the disk
 * @disk: the disk
 * @i: number of the memory used
 *
 * Return: 0 or an error.
 */
int card_rig_request(struct card_disk *disk, unsigned int i)
{
	u8 *buffer = disk->buffers + i * (CARD_HEADER + CARD_DATA);
	struct scatterlist out, in, *sgs[] = { &out, &in };
	int err;

	memset(buffer, 0, CARD_HEADER + CARD_DATA);
	sg_init_one(&out, buffer, CARD_HEADER);
	sg_init_one(&in, buffer + CARD_HEADER, CARD_DATA);
	err = virtqueue_add_sgs(disk->vq, sgs, 1, 1, buffer, GFP_KERNEL);
	if (!err)
		virtqueue_kick(disk->vq);
	return err;
}

/* The rig */

/**
 * card_rig_stop() - stop the card, if it is started
 * @rig: the rig
 */
void card_rig_stop(struct card_rig *rig)
{
	unsigned int i;

	if (rig->started)
		virtio_msg_card_stop(&rig->fake->card);
	rig->started = false;
	WRITE_ONCE(rig->fake->masked, true);
	for (i = 0; i < VIRTIO_MSG_CARD_FIFOS; i++)
		flush_work(&rig->fake->ports[i].irq);
}

static void destroy(void *data)
{
	struct card_rig *rig = data;
	unsigned int i;

	card_rig_stop(rig);
	unregister_virtio_driver(&rig->drv);
	for (i = 0; i < VIRTIO_MSG_CARD_FIFOS; i++) {
		KUNIT_EXPECT_EQ(rig->test, rig->fake->ports[i].aborts, 0);
		if (!rig->with_drops)
			KUNIT_EXPECT_EQ(rig->test, rig->fake->ports[i].dropped,
					0);
	}
}

/**
 * card_rig_create() - make a card, and register the driver
 * @test: the test, whose end undoes it
 * @num_fifos: FIFOs of the card
 * @id: type that the driver is for
 *
 * Return: a rig whose card is not started.
 */
struct card_rig *card_rig_create(struct kunit *test, unsigned int num_fifos,
				 u32 id)
{
	struct card_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->fake = fake_card_create(test, num_fifos);
	for (i = 0; i < CARD_DISKS; i++) {
		rig->disks[i].buffers = kunit_kzalloc(test, CARD_REQUESTS *
						      (CARD_HEADER + CARD_DATA),
						      GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, rig->disks[i].buffers);
	}
	rig->drv.driver.name = "virtio-msg-fake-disk";
	rig->drv.id_table = rig->ids;
	rig->drv.probe = disk_probe;
	rig->drv.remove = disk_remove;
	rig->drv.config_changed = disk_changed;
	rig->ids[0].device = id;
	rig->ids[0].vendor = VIRTIO_DEV_ANY_ID;
	KUNIT_ASSERT_EQ(test, register_virtio_driver(&rig->drv), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy, rig), 0);
	return rig;
}

/**
 * card_rig_start() - start the card
 * @rig: the rig
 */
void card_rig_start(struct card_rig *rig)
{
	struct virtio_msg_card *card = &rig->fake->card;

	KUNIT_ASSERT_EQ(rig->test, virtio_msg_card_init(card), 0);
	WRITE_ONCE(rig->fake->masked, false);
	KUNIT_ASSERT_EQ(rig->test, virtio_msg_card_start(card), 0);
	rig->started = true;
}

/**
 * card_rig_probed() - wait for probes
 * @rig: the rig
 * @n: how many there will have been
 *
 * Return: true; false if it takes too long.
 */
bool card_rig_probed(struct card_rig *rig, unsigned int n)
{
	/* Pairs with the release in disk_probe(). */
	return fake_until(smp_load_acquire(&rig->probed) == n);
}

/**
 * card_rig_create_one() - make a card with one disk, number 5
 * @test: the test
 *
 * Return: a rig whose card is not started.
 */
struct card_rig *card_rig_create_one(struct kunit *test)
{
	struct card_rig *rig = card_rig_create(test, 1, CARD_DISK_ID);

	fake_card_add(rig->fake, 0, 5, CARD_DISK_ID);
	return rig;
}

/**
 * card_rig_start_one() - start a card with one disk, number 5
 * @test: the test
 *
 * Return: a rig whose disk is there.
 */
struct card_rig *card_rig_start_one(struct kunit *test)
{
	struct card_rig *rig = card_rig_create_one(test);

	card_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, card_rig_probed(rig, 1));
	return rig;
}

/**
 * card_rig_counter() - read a counter
 * @rig: a rig whose card is started
 * @fifo: number of the FIFO
 * @which: the counter
 *
 * Return: its value.
 */
long card_rig_counter(struct card_rig *rig, unsigned int fifo,
		      enum virtio_msg_counter which)
{
	struct virtio_msg_core *core =
		rcu_access_pointer(rig->fake->card.fifos[fifo].bus.core);

	return atomic_long_read(&core->counters.value[which]);
}

/**
 * card_rig_answered() - wait for answers
 * @disk: the disk
 * @n: how many there will have been
 *
 * Return: true; false if it takes too long.
 */
bool card_rig_answered(struct card_disk *disk, int n)
{
	return fake_until(atomic_read(&disk->answers) == n);
}

/**
 * card_rig_expect_data() - expect what a request read
 * @rig: the rig
 * @disk: the disk
 * @i: number of the memory used
 * @device: the other end
 */
void card_rig_expect_data(struct card_rig *rig, struct card_disk *disk,
			  unsigned int i,
			  const struct fake_card_device *device)
{
	const u8 *data = disk->buffers + i * (CARD_HEADER + CARD_DATA) + CARD_HEADER;
	unsigned int n, wrong = 0;

	for (n = 0; n < CARD_DATA; n++)
		wrong += data[n] != fake_card_pattern(device, n);
	KUNIT_EXPECT_EQ(rig->test, wrong, 0);
}
