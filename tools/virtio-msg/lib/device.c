// SPDX-License-Identifier: BSD-3-Clause
/* A device: its life, its windows, and the events that it sends. */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "internal.h"
#include "protocol.h"

/* Status bits that a driver sets; the others are the device's. */
#define S_DRIVER_BITS	(VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER | \
			 VMSG_S_DRIVER_OK | VMSG_S_FEATURES_OK | VMSG_S_FAILED)

/*
 * Features that this library does not do: packed rings, indirect tables, data
 * in notifications, and what this transport has no message for.
 */
static const __u8 impossible[] = {
	24,	/* NOTIFY_ON_EMPTY */
	VMSG_F_INDIRECT_DESC,
	34,	/* RING_PACKED */
	35,	/* IN_ORDER */
	37,	/* SR_IOV */
	38,	/* NOTIFICATION_DATA */
	39,	/* NOTIF_CONFIG_DATA (DEV-33) */
	41,	/* ADMIN_VQ */
	42,	/* SUSPEND */
};

static void settle_features(struct vmsg_device *dev)
{
	unsigned int i;

	vmsg_feature_set(dev->features, VMSG_F_VERSION_1);
	vmsg_feature_set(dev->features, VMSG_F_ACCESS_PLATFORM);
	if (!dev->foreign)
		vmsg_feature_set(dev->features, VMSG_F_EVENT_IDX);
	for (i = 0; i < sizeof(impossible); i++)
		dev->features[impossible[i] / 32] &=
			~(1U << (impossible[i] % 32));
	if (!dev->ops->queue_reset)
		dev->features[VMSG_F_RING_RESET / 32] &=
			~(1U << (VMSG_F_RING_RESET % 32));
}

static bool valid_size(__u32 size)
{
	return size <= VMSG_QUEUE_MAX && !(size & (size - 1));
}

/**
 * vmsg_device_init() - make a device ready to receive messages
 * @dev: the device; its owner has filled in the first part of it
 * @link: bus
 * @dev_num: device number
 *
 * Return: 0, or -EINVAL if the size of a queue, or the number of queues is
 * impossible.
 */
int vmsg_device_init(struct vmsg_device *dev, struct vmsg_link *link,
		     __u16 dev_num)
{
	__u32 i;

	if (!dev->ops || dev->num_queues > 65536 ||
	    (dev->config_size && !dev->config))
		return -EINVAL;
	for (i = 0; i < dev->num_queues; i++)
		if (!valid_size(dev->queues[i].max_size))
			return -EINVAL;

	settle_features(dev);
	dev->link = link;
	dev->dev_num = dev_num;
	dev->status = 0;
	dev->num_windows = 0;
	dev->foreign_blocks = 0;
	dev->resetting = false;
	dev->config_pending = false;
	dev->start_pending = false;
	memset(dev->driver_features, 0, sizeof(dev->driver_features));
	memset(&dev->counters, 0, sizeof(dev->counters));
	for (i = 0; i < dev->num_queues; i++) {
		dev->queues[i].dev = dev;
		dev->queues[i].index = i;
		dev->queues[i].running = false;
		vmsg_queue_disable(&dev->queues[i]);
	}
	return 0;
}

/**
 * vmsg_device_exit() - stop a device and unmap its windows
 * @dev: the device
 *
 * Its &vmsg_device_ops.reset is called if a driver was using it.
 */
void vmsg_device_exit(struct vmsg_device *dev)
{
	__u32 i;

	if (dev->status && !dev->resetting && dev->ops->reset)
		dev->ops->reset(dev);
	dev->status = 0;
	dev->resetting = false;
	for (i = 0; i < dev->num_queues; i++)
		vmsg_queue_disable(&dev->queues[i]);
	vmsg_device_drop_windows(dev);
}

/**
 * vmsg_device_negotiated() - did the driver accept a feature?
 * @dev: the device
 * @bit: number of the feature bit
 *
 * Return: true once it did, and said FEATURES_OK.
 */
bool vmsg_device_negotiated(const struct vmsg_device *dev, unsigned int bit)
{
	return (dev->status & VMSG_S_FEATURES_OK) &&
	       vmsg_feature_test(dev->driver_features, bit);
}

/**
 * vmsg_device_running() - may queues be used?
 * @dev: the device
 *
 * Return: true after DRIVER_OK, until a reset or a failure (DEV-35).
 */
bool vmsg_device_running(const struct vmsg_device *dev)
{
	return (dev->status & VMSG_S_DRIVER_OK) && !dev->resetting &&
	       !(dev->status & VMSG_S_NEEDS_RESET);
}

static void *resolve(const struct vmsg_window *window, __u64 addr, __u64 len)
{
	if (addr < window->start || addr - window->start >= window->size ||
	    len > window->size - (addr - window->start))
		return NULL;
	return window->base + (addr - window->start);
}

static struct vmsg_window *map_window(struct vmsg_queue *queue, __u64 addr)
{
	struct vmsg_device *dev = queue->dev;
	struct vmsg_window *window;

	if (dev->num_windows == VMSG_WINDOWS_MAX)
		return NULL;
	window = &dev->windows[dev->num_windows];
	if (dev->link->ops->map(dev->link, dev, addr, window))
		return NULL;
	window->owner = queue->index;
	window->shared = false;
	dev->num_windows++;
	return window;
}

static struct vmsg_window *find_window(struct vmsg_queue *queue, __u64 addr)
{
	struct vmsg_device *dev = queue->dev;
	struct vmsg_window *window;
	__u32 i;

	for (i = 0; i < dev->num_windows; i++) {
		window = &dev->windows[i];
		if (!resolve(window, addr, 1))
			continue;
		if (window->owner != queue->index)
			window->shared = true;
		return window;
	}
	return map_window(queue, addr);
}

/* The window of the last success is tried first: a queue has but one. */
void *vmsg_device_translate(struct vmsg_queue *queue, __u64 addr, __u64 len)
{
	const struct vmsg_window *window = queue->hint;

	if (!window || !resolve(window, addr, 1))
		window = find_window(queue, addr);
	if (!window)
		return NULL;
	queue->hint = window;
	return resolve(window, addr, len);
}

void vmsg_device_drop_windows(struct vmsg_device *dev)
{
	struct vmsg_link *link = dev->link;

	while (dev->num_windows)
		link->ops->unmap(link, dev, &dev->windows[--dev->num_windows]);
}

/*
 * After the reset of one queue: the driver may free the window of that queue and
 * use its address for another one. A window that a second queue has named may
 * hold buffers in use, and stays.
 */
void vmsg_device_drop_windows_of(struct vmsg_queue *queue)
{
	struct vmsg_device *dev = queue->dev;
	struct vmsg_window *window;
	__u32 i = 0;

	while (i < dev->num_windows) {
		window = &dev->windows[i];
		if (window->owner != queue->index || window->shared) {
			i++;
			continue;
		}
		dev->link->ops->unmap(dev->link, dev, window);
		*window = dev->windows[--dev->num_windows];
	}
	for (i = 0; i < dev->num_queues; i++)
		dev->queues[i].hint = NULL;
}

bool vmsg_device_send(struct vmsg_device *dev, __u32 len)
{
	return dev->link->ops->send(dev->link, dev->link->out, len);
}

static bool send_config(struct vmsg_device *dev, __u32 offset, __u32 len)
{
	struct vmsg_link *link = dev->link;
	struct virtio_msg_fields event = {
		.kind = VMSG_EVENT_CONFIG,
		.dev_num = dev->dev_num,
		.config = {
			.status = dev->status,
			.generation = dev->generation,
			.offset = offset,
			.length = len,
			.data_len = len,
			.data = len ? (__u8 *)dev->config + offset : NULL,
		},
	};
	int size = virtio_msg_encode(link->dialect, &event, link->out,
				     link->max_msg);

	if (size > 0 && !vmsg_device_send(dev, size))
		return false;
	dev->counters.config_events++;
	return true;
}

/*
 * Which range changed is either said with its data or not at all (T6): peers
 * differ in what they make of a range without data.
 */
static void config_event(struct vmsg_device *dev, __u32 offset, __u32 len)
{
	if (!(dev->status & VMSG_S_DRIVER) || dev->resetting)
		return;
	if (len > virtio_msg_event_config_capacity(dev->link->max_msg))
		len = 0;
	if (dev->config_pending || !send_config(dev, len ? offset : 0, len))
		dev->config_pending = true;
}

/**
 * vmsg_device_config_changed() - the device has changed its configuration
 * @dev: the device
 * @offset: first byte that changed in @dev->config
 * @len: bytes; 0: not known
 */
void vmsg_device_config_changed(struct vmsg_device *dev, __u32 offset,
				__u32 len)
{
	dev->generation++;
	if (offset > dev->config_size || len > dev->config_size - offset)
		len = 0;
	config_event(dev, offset, len);
}

/**
 * vmsg_device_fail() - ask the driver for a reset
 * @dev: the device
 * @why: for people
 *
 * No queue runs until then (DEV-51).
 */
void vmsg_device_fail(struct vmsg_device *dev, const char *why)
{
	if (!dev->status || (dev->status & VMSG_S_NEEDS_RESET))
		return;
	dev->status |= VMSG_S_NEEDS_RESET;
	dev->counters.failures++;
	if (dev->status & VMSG_S_DRIVER_OK)
		config_event(dev, 0, 0);
	if (dev->ops->failed)
		dev->ops->failed(dev, why);
}

/**
 * vmsg_device_retry() - there is room for messages again
 * @dev: the device
 */
void vmsg_device_retry(struct vmsg_device *dev)
{
	__u32 i;

	if (dev->config_pending && send_config(dev, 0, 0))
		dev->config_pending = false;
	for (i = 0; i < dev->num_queues; i++)
		vmsg_queue_retry(&dev->queues[i]);
}

/**
 * vmsg_device_reset_done() - the reset that took longer has ended
 * @dev: the device
 *
 * From now on the status is 0 (DEV-55) and no memory of the driver is mapped.
 */
void vmsg_device_reset_done(struct vmsg_device *dev)
{
	__u32 i;

	for (i = 0; i < dev->num_queues; i++)
		vmsg_queue_disable(&dev->queues[i]);
	vmsg_device_drop_windows(dev);
	memset(dev->driver_features, 0, sizeof(dev->driver_features));
	dev->foreign_blocks = 0;
	dev->config_pending = false;
	dev->start_pending = false;
	dev->resetting = false;
	dev->status = 0;
	dev->counters.resets++;
}

static void reset(struct vmsg_device *dev)
{
	if (dev->resetting)
		return;
	dev->resetting = true;
	if (!dev->ops->reset || dev->ops->reset(dev))
		vmsg_device_reset_done(dev);
}

static bool features_acceptable(struct vmsg_device *dev)
{
	unsigned int i;

	if (dev->foreign_blocks)
		return false;
	for (i = 0; i < VMSG_FEATURE_BLOCKS; i++)
		if (dev->driver_features[i] & ~dev->features[i])
			return false;
	if (!vmsg_feature_test(dev->driver_features, VMSG_F_VERSION_1))
		return false;
	return !dev->ops->negotiate || dev->ops->negotiate(dev);
}

/*
 * The driver writes the status (DEV-34, DEV-52 .. DEV-55). Bits only ever come;
 * one that cannot be accepted stays clear, which the answer says.
 */
void vmsg_device_set_status(struct vmsg_device *dev, __u32 status)
{
	__u8 fresh = status & S_DRIVER_BITS & ~dev->status;

	dev->written = status;
	if (!status) {
		reset(dev);
		return;
	}
	if (dev->resetting) {
		dev->counters.refused++;
		return;
	}

	if ((fresh & VMSG_S_FEATURES_OK) && !features_acceptable(dev)) {
		fresh &= ~VMSG_S_FEATURES_OK;
		dev->counters.refused++;
	}
	if ((fresh & VMSG_S_DRIVER_OK) &&
	    !((dev->status | fresh) & VMSG_S_FEATURES_OK)) {
		fresh &= ~VMSG_S_DRIVER_OK;
		dev->counters.refused++;
	}
	dev->status |= fresh;
	if (fresh & VMSG_S_DRIVER_OK)
		dev->start_pending = true;
}

/*
 * DEV-36, once the driver has been told that it may: buffers that were made
 * available before may not have been announced.
 */
void vmsg_device_started(struct vmsg_device *dev)
{
	__u32 i;

	dev->start_pending = false;
	if (!vmsg_device_running(dev))
		return;
	if (dev->link->ops->flush)
		dev->link->ops->flush(dev->link);
	if (dev->ops->start)
		dev->ops->start(dev);
	for (i = 0; i < dev->num_queues; i++)
		if (dev->queues[i].enabled)
			vmsg_queue_run(&dev->queues[i]);
}
