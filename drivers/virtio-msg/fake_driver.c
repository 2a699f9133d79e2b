// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio driver for tests, see fake_peer.h.
 */
#include <linux/scatterlist.h>

#include "fake_peer.h"

static struct fake_driver *to_driver(struct virtio_device *vdev)
{
	return container_of(vdev->dev.driver, struct fake_driver, drv.driver);
}

static void driver_answers(struct virtqueue *vq)
{
	struct fake_driver *driver = to_driver(vq->vdev);
	unsigned int len;

	if (driver->answered) {
		driver->answered(driver);
		return;
	}
	while (virtqueue_get_buf(vq, &len)) {
		driver->lengths += len;
		atomic_inc(&driver->answers);
	}
}

/* The driver knows the queues of the device that it got last. */
static void detach(struct fake_driver *driver, struct virtio_device *vdev)
{
	unsigned int i;

	if (driver->vdev != vdev)
		return;
	for (i = 0; i < driver->nvqs; i++)
		while (driver->vqs[i] &&
		       virtqueue_detach_unused_buf(driver->vqs[i]))
			driver->detached++;
}

static int find_vqs(struct fake_driver *driver, struct virtio_device *vdev)
{
	struct virtqueue_info info[FAKE_QUEUES] = {};
	unsigned int i;

	for (i = 0; i < driver->nvqs; i++) {
		info[i].name = driver->names[i];
		info[i].callback = driver_answers;
	}
	memset(driver->vqs, 0, sizeof(driver->vqs));
	if (driver->nvqs)
		driver->find_err = virtio_find_vqs(vdev, driver->nvqs,
						   driver->vqs, info, NULL);
	return driver->find_err;
}

static int driver_probe(struct virtio_device *vdev)
{
	struct fake_driver *driver = to_driver(vdev);
	int err;

	if (driver->probe_waits) {
		complete(&driver->probe_entered);
		wait_for_completion_timeout(&driver->probe_go, 20 * HZ);
	}
	driver->vdev = vdev;
	err = find_vqs(driver, vdev);
	if (err) {
		driver->vdev = NULL;
		return err;
	}
	virtio_device_ready(vdev);
	err = driver->probe ? driver->probe(driver) : 0;
	if (err) {
		virtio_reset_device(vdev);
		vdev->config->del_vqs(vdev);
		driver->vdev = NULL;
		return err;
	}
	driver->probed++;
	return 0;
}

static void driver_remove(struct virtio_device *vdev)
{
	struct fake_driver *driver = to_driver(vdev);

	virtio_reset_device(vdev);
	detach(driver, vdev);
	vdev->config->del_vqs(vdev);
	if (driver->vdev == vdev)
		driver->vdev = NULL;
	driver->removed++;
}

static int driver_freeze(struct virtio_device *vdev)
{
	struct fake_driver *driver = to_driver(vdev);

	if (driver->freeze)
		driver->freeze(driver);
	if (driver->freeze_err)
		return driver->freeze_err;
	virtio_reset_device(vdev);
	detach(driver, vdev);
	vdev->config->del_vqs(vdev);
	driver->frozen++;
	return 0;
}

static int driver_restore(struct virtio_device *vdev)
{
	to_driver(vdev)->vdev = vdev;
	return find_vqs(to_driver(vdev), vdev);
}

static void driver_config_changed(struct virtio_device *vdev)
{
	atomic_inc(&to_driver(vdev)->changes);
}

/**
 * fake_driver_create() - prepare a driver
 * @test: the test
 * @device_id: its type
 * @nvqs: number of its queues
 *
 * Return: the driver, which may be changed until it is registered.
 */
struct fake_driver *fake_driver_create(struct kunit *test, u32 device_id,
				       unsigned int nvqs)
{
	static const char * const names[FAKE_QUEUES] = { "a", "b", "c", "d" };
	struct fake_driver *driver = kunit_kzalloc(test, sizeof(*driver),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, driver);
	driver->buffers = kunit_kzalloc(test, FAKE_BUFFERS * FAKE_BUFFER,
					GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, driver->buffers);
	driver->drv.driver.name = "virtio-msg-fake";
	driver->drv.id_table = driver->ids;
	driver->drv.feature_table = driver->table;
	driver->drv.probe = driver_probe;
	driver->drv.remove = driver_remove;
	driver->drv.config_changed = driver_config_changed;
	driver->drv.freeze = driver_freeze;
	driver->drv.restore = driver_restore;
	driver->ids[0].device = device_id;
	driver->ids[0].vendor = VIRTIO_DEV_ANY_ID;
	driver->nvqs = nvqs;
	memcpy(driver->names, names, sizeof(names));
	init_completion(&driver->probe_entered);
	init_completion(&driver->probe_go);
	return driver;
}

static void unregister_driver(void *driver)
{
	unregister_virtio_driver(&((struct fake_driver *)driver)->drv);
}

/**
 * fake_driver_register() - register a driver, until the test ends
 * @test: the test
 * @driver: the driver
 */
void fake_driver_register(struct kunit *test, struct fake_driver *driver)
{
	KUNIT_ASSERT_EQ(test, register_virtio_driver(&driver->drv), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unregister_driver,
							driver), 0);
}

/**
 * fake_driver_unbind() - take the device from its driver
 * @driver: the driver
 */
void fake_driver_unbind(struct fake_driver *driver)
{
	if (driver->vdev)
		device_release_driver(&driver->vdev->dev);
}

/**
 * fake_driver_request() - make a request
 * @driver: a driver that has a device
 * @vq: the queue
 * @buffer: number of the memory used
 * @out: bytes that the device reads
 * @in: bytes that it writes
 *
 * Return: 0 or an error.
 */
int fake_driver_request(struct fake_driver *driver, unsigned int vq,
			unsigned int buffer, u32 out, u32 in)
{
	u8 *memory = driver->buffers + buffer * FAKE_BUFFER;
	struct scatterlist from, to, *sgs[2];
	unsigned int n = 0;
	int err;

	sg_init_one(&from, memory, out);
	sg_init_one(&to, memory + out, in);
	if (out)
		sgs[n++] = &from;
	if (in)
		sgs[n++] = &to;
	err = virtqueue_add_sgs(driver->vqs[vq], sgs, !!out, !!in, memory,
				GFP_KERNEL);
	if (!err)
		virtqueue_kick(driver->vqs[vq]);
	return err;
}
