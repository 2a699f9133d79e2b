// SPDX-License-Identifier: GPL-2.0
/*
 * Brings a process to where the driver of a device on hold is: it is asked and
 * told what the driver asked and told the one before.
 */
#include <linux/string.h>
#include <linux/virtio_config.h>

#include "bus.h"
#include "config.h"
#include "hold.h"
#include "queue.h"
#include "transport.h"

/* What the driver has seen must be as it was. */
static int compare_info(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_fields answer;
	int err;

	err = virtio_msg_device_info(vmdev, &answer);
	if (err)
		return err;
	if (answer.info.device_id != vmdev->vdev.id.device ||
	    answer.info.vendor_id != vmdev->vdev.id.vendor ||
	    answer.info.config_size != vmdev->config.size ||
	    answer.info.max_vqs != vmdev->max_vqs ||
	    answer.info.feature_blocks != vmdev->feature_blocks)
		return -EPROTO;
	/* Another one for each process. */
	memcpy(vmdev->uuid, answer.info.uuid, sizeof(vmdev->uuid));
	return 0;
}

static int compare_features(struct virtio_msg_device *vmdev)
{
	u32 features[VIRTIO_MSG_LIMIT_FEATURE_BLOCKS] = {};
	int err = virtio_msg_device_read_features(vmdev, features);

	if (err)
		return err;
	return memcmp(features, vmdev->features, sizeof(features)) ? -EPROTO :
								     0;
}

/* @status, which must be what the device says then. */
static int set_status(struct virtio_msg_device *vmdev, u32 status)
{
	u32 now = status;
	int err = virtio_msg_device_status(vmdev, VMSG_SET_STATUS_REQ, &now);

	if (err)
		return err;
	return (now & status) == status &&
	       !(now & VIRTIO_CONFIG_S_NEEDS_RESET) ? 0 : -EPROTO;
}

static int negotiate(struct virtio_msg_device *vmdev)
{
	const u32 driver = VIRTIO_CONFIG_S_ACKNOWLEDGE |
			   VIRTIO_CONFIG_S_DRIVER;
	int err;

	err = set_status(vmdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	if (!err)
		err = set_status(vmdev, driver);
	if (!err)
		err = virtio_msg_device_write_features(vmdev);
	return err ?: set_status(vmdev, driver | VIRTIO_CONFIG_S_FEATURES_OK);
}

static int set_up(struct virtio_msg_device *vmdev, u8 status)
{
	int err;

	err = negotiate(vmdev);
	if (!err)
		err = virtio_msg_config_replay(vmdev);
	if (!err)
		err = virtio_msg_queues_renew(vmdev);
	return err ?: set_status(vmdev, status & ~VIRTIO_CONFIG_S_NEEDS_RESET);
}

/**
 * virtio_msg_resume() - tell who serves a device now all that its driver said
 * @vmdev: a device on hold, locked, whose requests this task may send
 * @status: status that its driver has set
 *
 * Context: Sleeps; each request at the most for the timeout of the bus.
 * Return: 0; -EPROTO if it is not as the device was, or does not accept what
 * that one had accepted; -ECANCELED if it has gone; or as
 * virtio_msg_device_call().
 */
int virtio_msg_resume(struct virtio_msg_device *vmdev, u8 status)
{
	int err;

	err = compare_info(vmdev);
	if (!err)
		err = compare_features(vmdev);
	if (!err)
		err = virtio_msg_device_reset_wait(vmdev);
	if (err)
		return err;
	if (status & VIRTIO_CONFIG_S_DRIVER_OK)
		return set_up(vmdev, status);
	/* The driver has begun anew, and has not come far. */
	return status ? set_status(vmdev, status) : 0;
}
