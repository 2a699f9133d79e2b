// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for devices of a partition, see rig.h.
 */
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "area.h"
#include "rig.h"

/* The driver */

static struct ffa_rig *to_rig(struct virtio_device *vdev)
{
	return container_of(vdev->dev.driver, struct ffa_rig, drv.driver);
}

static void disk_answers(struct virtqueue *vq)
{
	struct ffa_disk *disk = vq->vdev->priv;
	unsigned int len;

	while (virtqueue_get_buf(vq, &len))
		atomic_inc(&disk->answers);
}

static int disk_probe(struct virtio_device *vdev)
{
	struct virtqueue_info info = { .name = "disk", .callback = disk_answers };
	struct ffa_rig *rig = to_rig(vdev);
	struct ffa_disk *disk;
	u8 number[2];
	int err;

	virtio_cread_bytes(vdev, 0, number, sizeof(number));
	disk = &rig->disks[(number[0] | number[1] << 8) % FAKE_FFA_DEVICES];
	vdev->priv = disk;
	err = virtio_find_vqs(vdev, 1, &disk->vq, &info, NULL);
	if (err) {
		atomic_inc(&rig->failed);
		return err;
	}
	disk->vdev = vdev;
	virtio_device_ready(vdev);
	atomic_inc(&rig->probed);
	return 0;
}

static void disk_remove(struct virtio_device *vdev)
{
	struct ffa_disk *disk = vdev->priv;
	struct ffa_rig *rig = to_rig(vdev);

	virtio_reset_device(vdev);
	while (virtqueue_detach_unused_buf(disk->vq))
		;
	vdev->config->del_vqs(vdev);
	disk->vdev = NULL;
	atomic_inc(&rig->removed);
}

/**
 * ffa_rig_request() - make a request of a disk
 * @disk: the disk; makes no other one
 *
 * Return: 0 or an error.
 */
int ffa_rig_request(struct ffa_disk *disk)
{
	struct scatterlist out, in, *sgs[] = { &out, &in };
	int err;

	memset(disk->buffer, 0, sizeof(disk->buffer));
	sg_init_one(&out, disk->buffer, FFA_RIG_HEADER);
	sg_init_one(&in, disk->buffer + FFA_RIG_HEADER, FFA_RIG_DATA);
	err = virtqueue_add_sgs(disk->vq, sgs, 1, 1, disk->buffer, GFP_KERNEL);
	if (!err)
		virtqueue_kick(disk->vq);
	return err;
}

/* The rig */

/**
 * ffa_rig_stop() - stop the link, if it is started
 * @rig: the rig
 */
void ffa_rig_stop(struct ffa_rig *rig)
{
	if (!rig->started)
		return;
	rig->started = false;
	virtio_msg_ffa_stop(&rig->fake->ffa);
	virtio_msg_ffa_destroy(&rig->fake->ffa);
}

/**
 * ffa_rig_destroy() - undo ffa_rig_create()
 * @data: the rig
 *
 * Called at the end of the test, if it was not before.
 */
void ffa_rig_destroy(void *data)
{
	struct ffa_rig *rig = data;

	ffa_rig_stop(rig);
	unregister_virtio_driver(&rig->drv);
	fake_ffa_check(rig->fake);
	KUNIT_EXPECT_EQ(rig->test, atomic_read(&rig->fake->freed), 0);
	kfree(rig->disks);
	fake_ffa_destroy(rig->fake);
}

/**
 * ffa_rig_create() - make a partition and a driver
 * @test: the test
 * @devices: devices that the partition has
 *
 * Return: a rig whose link is not started.
 */
struct ffa_rig *ffa_rig_create(struct kunit *test, unsigned int devices)
{
	struct ffa_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->fake = fake_ffa_create(test);
	rig->fake->id = FFA_RIG_ID;
	rig->fake->num_devices = devices;
	/* Its memory is given to devices. */
	rig->disks = kcalloc(FAKE_FFA_DEVICES, sizeof(*rig->disks), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig->disks);
	rig->ids[0].device = FFA_RIG_ID;
	rig->ids[0].vendor = VIRTIO_DEV_ANY_ID;
	rig->drv.driver.name = "virtio-msg-ffa-test";
	rig->drv.id_table = rig->ids;
	rig->drv.probe = disk_probe;
	rig->drv.remove = disk_remove;
	KUNIT_ASSERT_EQ(test, register_virtio_driver(&rig->drv), 0);
	err = kunit_add_action_or_reset(test, ffa_rig_destroy, rig);
	KUNIT_ASSERT_EQ(test, err, 0);
	return rig;
}

/**
 * ffa_rig_start() - start the link
 * @rig: the rig
 */
void ffa_rig_start(struct ffa_rig *rig)
{
	KUNIT_ASSERT_EQ(rig->test, virtio_msg_ffa_init(&rig->fake->ffa), 0);
	rig->started = true;
	virtio_msg_ffa_start(&rig->fake->ffa);
}

/**
 * ffa_rig_linked() - wait for the link
 * @rig: the rig
 *
 * Return: true; false if it takes too long.
 */
bool ffa_rig_linked(struct ffa_rig *rig)
{
	return fake_until(READ_ONCE(rig->fake->ffa.registered));
}

/**
 * ffa_rig_probed() - wait for probes
 * @rig: the rig
 * @n: how many there will have been
 *
 * Return: true; false if it takes too long.
 */
bool ffa_rig_probed(struct ffa_rig *rig, int n)
{
	return fake_until(atomic_read(&rig->probed) == n);
}

/**
 * ffa_rig_answered() - wait for answers
 * @disk: the disk
 * @n: how many there will have been
 *
 * Return: true; false if it takes too long.
 */
bool ffa_rig_answered(struct ffa_disk *disk, int n)
{
	return fake_until(atomic_read(&disk->answers) == n);
}

/**
 * ffa_rig_transfer() - make a request, and look at what came
 * @rig: the rig
 * @dev_num: device
 */
void ffa_rig_transfer(struct ffa_rig *rig, unsigned int dev_num)
{
	struct ffa_disk *disk = &rig->disks[dev_num];
	int n = atomic_read(&disk->answers);
	unsigned int i, wrong = 0;

	KUNIT_ASSERT_NOT_NULL(rig->test, disk->vdev);
	KUNIT_ASSERT_EQ(rig->test, ffa_rig_request(disk), 0);
	KUNIT_ASSERT_TRUE(rig->test, ffa_rig_answered(disk, n + 1));
	for (i = 0; i < FFA_RIG_DATA; i++)
		wrong += disk->buffer[FFA_RIG_HEADER + i] !=
			 fake_ffa_pattern(dev_num, i);
	KUNIT_EXPECT_EQ(rig->test, wrong, 0);
}

/**
 * ffa_rig_counter() - read a counter of the bus
 * @rig: a rig that has one
 * @which: the counter
 *
 * Return: its value.
 */
long ffa_rig_counter(struct ffa_rig *rig, enum virtio_msg_counter which)
{
	struct virtio_msg_core *core =
		rcu_access_pointer(rig->fake->ffa.bus.core);

	return atomic_long_read(&core->counters.value[which]);
}

/**
 * ffa_rig_link_counter() - read a counter of the link
 * @rig: the rig
 * @which: the counter
 *
 * Return: its value.
 */
long ffa_rig_link_counter(struct ffa_rig *rig, enum virtio_msg_ffa_counter which)
{
	return atomic_long_read(&rig->fake->ffa.counters[which]);
}

/**
 * ffa_rig_expect_clean() - stop, and expect that no memory stays shared
 * @rig: the rig
 */
void ffa_rig_expect_clean(struct ffa_rig *rig)
{
	ffa_rig_stop(rig);
	KUNIT_EXPECT_EQ(rig->test, atomic_read(&rig->fake->shared), 0);
	KUNIT_EXPECT_EQ(rig->test, virtio_msg_ffa_retained(&rig->fake->ffa), 0);
	KUNIT_EXPECT_EQ(rig->test, atomic_read(&rig->fake->freed), 0);
}

/**
 * ffa_rig_create_short() - as ffa_rig_create(), for a partition that is silent
 * @test: the test
 * @devices: of the partition
 *
 * Return: the rig, whose link waits FFA_RIG_SHORT_MS for answers.
 */
struct ffa_rig *ffa_rig_create_short(struct kunit *test, unsigned int devices)
{
	struct ffa_rig *rig = ffa_rig_create(test, devices);

	rig->fake->ffa.timeout_ms = FFA_RIG_SHORT_MS;
	return rig;
}

/**
 * ffa_rig_start_bare() - a link, and no device
 * @test: the test
 *
 * Return: the rig.
 */
struct ffa_rig *ffa_rig_start_bare(struct kunit *test)
{
	struct ffa_rig *rig = ffa_rig_create_short(test, 0);

	ffa_rig_start(rig);
	KUNIT_ASSERT_TRUE(test, ffa_rig_linked(rig));
	return rig;
}

/**
 * ffa_rig_works() - is there a link, and its only device?
 * @rig: started
 *
 * Return: whether.
 */
bool ffa_rig_works(struct ffa_rig *rig)
{
	struct virtio_msg_ffa *ffa = &rig->fake->ffa;

	return READ_ONCE(ffa->registered) && !READ_ONCE(ffa->gone) &&
	       atomic_read(&rig->probed) - atomic_read(&rig->removed) == 1;
}
