/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_CONFIG_H
#define _VIRTIO_MSG_CONFIG_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct virtio_msg_device;
struct virtio_msg_fields;

/**
 * struct virtio_msg_config_cache - what is known of the configuration space
 * @lock: protects @raw, @data, @generation, @wire_generation, @events, @written,
 *	@begins and @image
 * @refresh: held while @scratch is filled
 * @size: bytes
 * @raw: as the device gave it
 * @data: as the driver sees it
 * @scratch: where it is read to
 * @wire_generation: generation of @raw
 * @generation: changes each time that @data does
 * @events: EVENT_CONFIG with data applied: a reader in between starts again
 * @written: bytes that the driver wrote since the last reset
 * @begins: where its writes began
 * @image: what it wrote
 * @told: the device has said that something changed
 * @held_generation: @generation when the device was put on hold
 * @work: reads it again after an EVENT_CONFIG without data
 *
 * The driver reads a copy, because it may read in atomic context.
 */
struct virtio_msg_config_cache {
	spinlock_t lock;
	struct mutex refresh;
	u32 size;
	u8 *raw;
	u8 *data;
	u8 *scratch;
	u32 wire_generation;
	u32 generation;
	u32 events;
	unsigned long *written;
	unsigned long *begins;
	u8 *image;
	bool told;
	u32 held_generation;
	struct work_struct work;
};

void virtio_msg_config_setup(struct virtio_msg_device *vmdev);
int virtio_msg_config_init(struct virtio_msg_device *vmdev, u32 size);
void virtio_msg_config_destroy(struct virtio_msg_device *vmdev);
int virtio_msg_config_refresh(struct virtio_msg_device *vmdev);
void virtio_msg_config_event(struct virtio_msg_device *vmdev,
			     const struct virtio_msg_fields *event);
void virtio_msg_config_get(struct virtio_msg_device *vmdev, unsigned int offset,
			   void *buf, unsigned int len);
void virtio_msg_config_set(struct virtio_msg_device *vmdev, unsigned int offset,
			   const void *buf, unsigned int len);
u32 virtio_msg_config_generation(struct virtio_msg_device *vmdev);
void virtio_msg_config_check(struct virtio_msg_device *vmdev);
void virtio_msg_config_changed(struct virtio_msg_device *vmdev);
int virtio_msg_config_replay(struct virtio_msg_device *vmdev);
void virtio_msg_config_forget(struct virtio_msg_device *vmdev);

#endif /* _VIRTIO_MSG_CONFIG_H */
