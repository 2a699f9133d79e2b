// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of a remote device, kept as a copy.
 */
#include <linux/bitmap.h>
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

/* @to: where to, or NULL if nothing but the generation is wanted */
static int read_chunk(struct virtio_msg_device *vmdev, u32 offset, u32 length,
		      void *to, u32 *generation)
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
	if (!err && to)
		memcpy(to, fields.config.data, length);
	if (!err)
		*generation = fields.config.generation;
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
				 vmdev->config.scratch + offset, &now);
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
	struct virtio_msg_config_cache *config = &vmdev->config;
	bool told;

	/* It is looked at when the device is served again. */
	if (virtio_msg_hold_is(vmdev))
		return;
	told = xchg(&config->told, false);
	if (virtio_msg_config_refresh(vmdev))
		return;
	if (told || virtio_msg_config_generation(vmdev) !=
		    READ_ONCE(config->held_generation))
		virtio_config_changed(&vmdev->vdev);
}

/**
 * virtio_msg_config_check() - read it again, and tell the driver if it is another
 *	than when the device was put on hold
 * @vmdev: a registered device
 *
 * Context: Any.
 */
void virtio_msg_config_check(struct virtio_msg_device *vmdev)
{
	queue_work(vmdev->core->device_wq, &vmdev->config.work);
}

/**
 * virtio_msg_config_changed() - the device says that something changed
 * @vmdev: a registered device
 *
 * Context: Any.
 */
void virtio_msg_config_changed(struct virtio_msg_device *vmdev)
{
	WRITE_ONCE(vmdev->config.told, true);
	virtio_msg_config_check(vmdev);
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
		virtio_msg_config_changed(vmdev);
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

/* A write that begins in the middle of an older one, or ends there, cuts it. */
static void note_written(struct virtio_msg_config_cache *config, u32 offset,
			 const void *buf, u32 length)
{
	u32 end = offset + length;

	spin_lock_irq(&config->lock);
	bitmap_clear(config->begins, offset, length);
	__set_bit(offset, config->begins);
	if (end < config->size && test_bit(end, config->written))
		__set_bit(end, config->begins);
	bitmap_set(config->written, offset, length);
	/* What is written again comes from there. */
	memmove(config->image + offset, buf, length);
	spin_unlock_irq(&config->lock);
}

/*
 * 0, -EAGAIN if the device refused the generation, or an error. What the device
 * has taken is noted before anybody can tell all to the next process.
 */
static int write_chunk(struct virtio_msg_device *vmdev, u32 offset,
		       const void *buf, u32 length, u32 generation)
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
		fields.config.generation = generation;

	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	if (!err && fields.config.length != length) {
		virtio_msg_count(core, VMSG_CNT_config_rejected);
		err = fields.config.length ? -EBADMSG : -EAGAIN;
	} else if (!err && fields.config.offset != offset) {
		virtio_msg_count(core, VMSG_CNT_bad_answer);
		err = -EBADMSG;
	}
	if (!err)
		note_written(&vmdev->config, offset, buf, length);
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
		err = write_chunk(vmdev, offset, buf, length,
				  READ_ONCE(vmdev->config.wire_generation));
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

/* With the generation that there is. */
static int replay_once(struct virtio_msg_device *vmdev, u32 offset, u32 length)
{
	u32 generation = 0;
	int err;

	err = read_chunk(vmdev, offset, length, NULL, &generation);
	return err ?: write_chunk(vmdev, offset, vmdev->config.image + offset,
				  length, generation);
}

static int replay(struct virtio_msg_device *vmdev, u32 offset, u32 length)
{
	unsigned int i;
	int err = -EAGAIN;

	for (i = 0; err == -EAGAIN && i < VIRTIO_MSG_CONFIG_RETRIES; i++)
		err = replay_once(vmdev, offset, length);
	return err;
}

/* Where a write ended that began at @offset. */
static u32 end_of_write(struct virtio_msg_config_cache *config, u32 offset)
{
	u32 begin = find_next_bit(config->begins, config->size, offset + 1);
	u32 zero = find_next_zero_bit(config->written, config->size, offset);

	return min(begin, zero);
}

/**
 * virtio_msg_config_replay() - write again what the driver has written
 * @vmdev: a device that does not know of it
 *
 * Each write by itself, for each may have an effect of its own; of writes to the
 * same bytes only the last one.
 *
 * Context: Sleeps.
 * Return: 0, or an error if the device does not accept it.
 */
int virtio_msg_config_replay(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_config_cache *config = &vmdev->config;
	u32 offset, end;
	int err = 0;

	for (offset = find_first_bit(config->written, config->size);
	     !err && offset < config->size;
	     offset = find_next_bit(config->written, config->size, end)) {
		end = end_of_write(config, offset);
		err = replay(vmdev, offset, end - offset);
	}
	return err;
}

/**
 * virtio_msg_config_forget() - what the driver has written is no more
 * @vmdev: a device that was reset
 *
 * Context: May sleep.
 */
void virtio_msg_config_forget(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_config_cache *config = &vmdev->config;

	spin_lock_irq(&config->lock);
	if (config->written) {
		bitmap_zero(config->written, config->size);
		bitmap_zero(config->begins, config->size);
	}
	spin_unlock_irq(&config->lock);
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
	config->image = kvzalloc(config->size + 1, GFP_KERNEL);
	config->written = bitmap_zalloc(config->size + 1, GFP_KERNEL);
	config->begins = bitmap_zalloc(config->size + 1, GFP_KERNEL);
	if (!config->raw || !config->data || !config->scratch ||
	    !config->image || !config->written || !config->begins)
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
	kvfree(vmdev->config.image);
	bitmap_free(vmdev->config.written);
	bitmap_free(vmdev->config.begins);
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
