// SPDX-License-Identifier: GPL-2.0
/*
 * Partitions of Arm's firmware framework (FF-A) that have virtio devices.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "area.h"
#include "event.h"
#include "link.h"
#include "sysfs.h"

static unsigned int timeout_ms;
module_param(timeout_ms, uint, 0444);
MODULE_PARM_DESC(timeout_ms, "time in which a partition answers (5000)");

static unsigned int events = VIRTIO_MSG_FFA_EVENT_TYPES;
module_param(events, uint, 0444);
MODULE_PARM_DESC(events, "how events may come, bits: 2 notification, 4 indirect, 8 FIFO (14); else they are polled for");

static bool can_call(struct ffa_device *fdev)
{
	return fdev->properties & FFA_PARTITION_DIRECT_REQ2_RECV &&
	       !fdev->mode_32bit;
}

/* Answers come as indirect messages, too. */
static bool can_message(struct ffa_device *fdev)
{
	return fdev->properties & FFA_PARTITION_INDIRECT_MSG &&
	       VIRTIO_MSG_COMPAT_FFA_INDIRECT;
}

static int ffa_bus_probe(struct ffa_device *fdev)
{
	struct virtio_msg_ffa *ffa;
	int err;

	if (!can_call(fdev) && !can_message(fdev)) {
		dev_err(&fdev->dev,
			"the partition takes neither direct messages of version 2 nor indirect ones\n");
		return -ENODEV;
	}
	ffa = devm_kzalloc(&fdev->dev, sizeof(*ffa), GFP_KERNEL);
	if (!ffa)
		return -ENOMEM;
	ffa->fdev = fdev;
	ffa->timeout_ms = timeout_ms;
	ffa->event_types = events;
	ffa->indirect = !can_call(fdev);
	err = virtio_msg_ffa_init(ffa);
	if (err)
		return err;
	ffa_dev_set_drvdata(fdev, ffa);
	virtio_msg_ffa_start(ffa);
	return 0;
}

static void ffa_bus_remove(struct ffa_device *fdev)
{
	struct virtio_msg_ffa *ffa = ffa_dev_get_drvdata(fdev);

	virtio_msg_ffa_stop(ffa);
	virtio_msg_ffa_destroy(ffa);
}

/* VIRTIO_MSG_FFA_DEVICE_UUID */
static const struct ffa_device_id ffa_bus_ids[] = {
	{ UUID_INIT(0xc66028b5, 0x2498, 0x4aa1,
		    0x9d, 0xe7, 0x77, 0xda, 0x61, 0x22, 0xab, 0xf0) },
	{ }
};

static struct ffa_driver ffa_bus_driver = {
	.name = "virtio-msg-ffa",
	.probe = ffa_bus_probe,
	.remove = ffa_bus_remove,
	.id_table = ffa_bus_ids,
	.driver.dev_groups = virtio_msg_ffa_groups,
};

/* Where there is no FF-A the module is of use for its tests only. */
static int __init ffa_bus_init(void)
{
	if (!IS_REACHABLE(CONFIG_ARM_FFA_TRANSPORT))
		return 0;
	return ffa_register(&ffa_bus_driver);
}
module_init(ffa_bus_init);

static void __exit ffa_bus_exit(void)
{
	if (IS_REACHABLE(CONFIG_ARM_FFA_TRANSPORT))
		ffa_unregister(&ffa_bus_driver);
	virtio_msg_ffa_events_wait();
	virtio_msg_ffa_leave_retained();
}
module_exit(ffa_bus_exit);

/* Of the FF-A bus there is no table of devices. */
MODULE_ALIAS("arm_ffa:*:" VIRTIO_MSG_FFA_DEVICE_UUID);
MODULE_DESCRIPTION("Virtio over messages to partitions of FF-A");
MODULE_LICENSE("GPL");
