// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of a remote device, kept as a copy.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_config.h>

#include "bus.h"
#include "config.h"
#include "policy.h"
#include "transport.h"

/* With the lock of the cache. */
static void publish(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_config_cache *config = &vmdev->config;

	memcpy(config->data, config->raw, config->size);
	if (vmdev->policy && vmdev->policy->config) {
		struct virtio_msg_caps caps = virtio_msg_device_caps(vmdev);

		vmdev->policy->config(config->data, config->size,
				      vmdev->features[0], &caps);
	}
	config->generation++;
}

static int read_chunk(struct virtio_msg_device *vmdev, u32 offset, u32 length,
		      u32 *generation)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_GET_CONFIG_REQ,
		.config.offset = offset,
		.config.length = length,
	};
	int err;

	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	if (!err && (fields.config.offset != offset ||
		     fields.config.length != length)) {
		virtio_msg_count(vmdev->core, VMSG_CNT_bad_answer);
		err = -EBADMSG;
	}
	if (!err) {
		memcpy(vmdev->config.scratch + offset, fields.config.data,
		       length);
		*generation = fields.config.generation;
	}
	mutex_unlock(&vmdev->channel.lock);
	return err;
}

/* 0, -EAGAIN if it changed in between, or an error. */
static int read_once(struct virtio_msg_device *vmdev, u32 *generation)
{
	u32 chunk = virtio_msg_config_capacity(vmdev->core->max_msg_size);
	u32 size = vmdev->config.size;
	u32 offset, now;
	int err;

	for (offset = 0; offset < size; offset += chunk) {
		err = read_chunk(vmdev, offset, min(chunk, size - offset),
				 &now);
		if (err)
			return err;
		if (offset && now != *generation)
			return -EAGAIN;
		*generation = now;
	}
	return 0;
}

static int refresh_once(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_config_cache *config = &vmdev->config;
	u32 events = READ_ONCE(config->events);
	u32 generation = 0;
	int err;

	err = read_once(vmdev, &generation);
	if (err)
		return err;

	spin_lock_irq(&config->lock);
	if (config->events != events) {
		err = -EAGAIN;
	} else {
		config->wire_generation = generation;
		/* The first time, an empty one is news as well. */
		if (!config->generation ||
		    memcmp(config->raw, config->scratch, config->size)) {
			memcpy(config->raw, config->scratch, config->size);
			publish(vmdev);
		}
	}
	spin_unlock_irq(&config->lock);
	return err;
}

/**
 * virtio_msg_config_refresh() - read the configuration space
 * @vmdev: the device
 *
 * Reads until one generation covers all of it (DRV-7).
 *
 * Context: Sleeps.
 * Return: 0; -EAGAIN if it never held still; or as virtio_msg_device_call().
 */
int virtio_msg_config_refresh(struct virtio_msg_device *vmdev)
{
	unsigned int i;
	int err = 0;

	mutex_lock(&vmdev->config.refresh);
	for (i = 0; i < VIRTIO_MSG_CONFIG_RETRIES; i++) {
		err = refresh_once(vmdev);
		if (err != -EAGAIN)
			break;
	}
	mutex_unlock(&vmdev->config.refresh);
	if (err == -EAGAIN)
		virtio_msg_count(vmdev->core, VMSG_CNT_config_unstable);
	return err;
}

static void config_work(struct work_struct *work)
{
	struct virtio_msg_device *vmdev =
		container_of(work, struct virtio_msg_device, config.work);

	if (!virtio_msg_config_refresh(vmdev))
		virtio_config_changed(&vmdev->vdev);
}

/* False if the event says nothing that can be used as it is. */
static bool apply(struct virtio_msg_device *vmdev,
		  const struct virtio_msg_fields *event)
{
	struct virtio_msg_config_cache *config = &vmdev->config;
	unsigned long flags;

	if (!event->config.data_len)
		return false;
	if (event->config.offset > config->size ||
	    event->config.length > config->size - event->config.offset) {
		virtio_msg_count(vmdev->core, VMSG_CNT_config_bad);
		return false;
	}

	spin_lock_irqsave(&config->lock, flags);
	memcpy(config->raw + event->config.offset, event->config.data,
	       event->config.length);
	config->wire_generation = event->config.generation;
	config->events++;
	publish(vmdev);
	spin_unlock_irqrestore(&config->lock, flags);
	return true;
}

/**
 * virtio_msg_config_event() - take the configuration part of an EVENT_CONFIG
 * @vmdev: a registered device
 * @event: the event
 *
 * Context: Any.
 */
void virtio_msg_config_event(struct virtio_msg_device *vmdev,
			     const struct virtio_msg_fields *event)
{
	if (apply(vmdev, event))
		virtio_config_changed(&vmdev->vdev);
	else
		queue_work(vmdev->core->device_wq, &vmdev->config.work);
}

/**
 * virtio_msg_config_get() - read the copy
 * @vmdev: the device
 * @offset: first byte
 * @buf: result; zeros where there is no configuration space
 * @len: bytes
 *
 * Context: Any.
 */
void virtio_msg_config_get(struct virtio_msg_device *vmdev, unsigned int offset,
			   void *buf, unsigned int len)
{
	struct virtio_msg_config_cache *config = &vmdev->config;
	unsigned long flags;
	u32 n = 0;

	if (offset < config->size)
		n = min(len, config->size - offset);
	spin_lock_irqsave(&config->lock, flags);
	memcpy(buf, config->data + offset, n);
	spin_unlock_irqrestore(&config->lock, flags);
	memset(buf + n, 0, len - n);
}

/* 0, -EAGAIN if the device refused the generation, or an error. */
static int write_chunk(struct virtio_msg_device *vmdev, u32 offset,
		       const void *buf, u32 length)
{
	struct virtio_msg_core *core = vmdev->core;
	struct virtio_msg_fields fields = {
		.kind = VMSG_SET_CONFIG_REQ,
		.config.offset = offset,
		.config.length = length,
		.config.data_len = length,
		.config.data = buf,
	};
	int err;

	/* DRV-8, DRV-10: the baseline profile has no generation in requests. */
	if (READ_ONCE(core->dialect)->strict_generation ||
	    core->features & BIT(VIRTIO_MSG_F_STRICT_CONFIG_GENERATION))
		fields.config.generation =
			READ_ONCE(vmdev->config.wire_generation);

	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	if (!err && fields.config.length != length) {
		virtio_msg_count(core, VMSG_CNT_config_rejected);
		err = fields.config.length ? -EBADMSG : -EAGAIN;
	} else if (!err && fields.config.offset != offset) {
		virtio_msg_count(core, VMSG_CNT_bad_answer);
		err = -EBADMSG;
	}
	mutex_unlock(&vmdev->channel.lock);
	return err;
}

/* DRV-11: look at the configuration before another attempt. */
static int write_until_applied(struct virtio_msg_device *vmdev, u32 offset,
			       const void *buf, u32 length)
{
	unsigned int i;
	int err = -EAGAIN;

	for (i = 0; err == -EAGAIN && i < VIRTIO_MSG_CONFIG_RETRIES; i++) {
		if (i && virtio_msg_config_refresh(vmdev))
			return -EIO;
		err = write_chunk(vmdev, offset, buf, length);
	}
	return err;
}

/**
 * virtio_msg_config_set() - write to the configuration space
 * @vmdev: the device
 * @offset: first byte
 * @buf: what to write
 * @len: bytes; what lies outside the configuration space is not written
 *
 * A write may change what the rest says, so all of it is read again.
 *
 * Context: Sleeps.
 */
void virtio_msg_config_set(struct virtio_msg_device *vmdev, unsigned int offset,
			   const void *buf, unsigned int len)
{
	u32 chunk = virtio_msg_config_capacity(vmdev->core->max_msg_size);
	u32 size = vmdev->config.size;
	u32 done, n;

	might_sleep();
	if (offset >= size || len > size - offset) {
		virtio_msg_count(vmdev->core, VMSG_CNT_config_bad);
		return;
	}
	for (done = 0; done < len; done += n) {
		n = min(chunk, len - done);
		if (write_until_applied(vmdev, offset + done, buf + done, n))
			break;
	}
	virtio_msg_config_refresh(vmdev);
}

/**
 * virtio_msg_config_generation() - the generation of the copy
 * @vmdev: the device
 *
 * Context: Any.
 * Return: a number that differs if the copy changed.
 */
u32 virtio_msg_config_generation(struct virtio_msg_device *vmdev)
{
	return READ_ONCE(vmdev->config.generation);
}

/**
 * virtio_msg_config_init() - prepare the copy
 * @vmdev: the device
 * @size: bytes that the device has; more than VIRTIO_MSG_LIMIT_CONFIG is cut
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_config_init(struct virtio_msg_device *vmdev, u32 size)
{
	struct virtio_msg_config_cache *config = &vmdev->config;

	config->size = min(size, VIRTIO_MSG_LIMIT_CONFIG);
	config->raw = kvzalloc(config->size + 1, GFP_KERNEL);
	config->data = kvzalloc(config->size + 1, GFP_KERNEL);
	config->scratch = kvzalloc(config->size + 1, GFP_KERNEL);
	if (!config->raw || !config->data || !config->scratch)
		return -ENOMEM;
	return 0;
}

/**
 * virtio_msg_config_destroy() - free the copy
 * @vmdev: the device
 *
 * Context: May sleep.
 */
void virtio_msg_config_destroy(struct virtio_msg_device *vmdev)
{
	kvfree(vmdev->config.raw);
	kvfree(vmdev->config.data);
	kvfree(vmdev->config.scratch);
}

/**
 * virtio_msg_config_setup() - before any other use of the copy
 * @vmdev: the device
 *
 * Context: Any.
 */
void virtio_msg_config_setup(struct virtio_msg_device *vmdev)
{
	spin_lock_init(&vmdev->config.lock);
	mutex_init(&vmdev->config.refresh);
	INIT_WORK(&vmdev->config.work, config_work);
}
