/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the core share with each other, and with nobody else. */
#ifndef _VMSG_INTERNAL_H
#define _VMSG_INTERNAL_H

#include "core.h"

/**
 * struct vmsg_queue_setup - what SET_VQUEUE asks for
 * @size: entries
 * @desc: bus address of the descriptor area
 * @driver: bus address of the driver area
 * @device: bus address of the device area
 */
struct vmsg_queue_setup {
	__u32 size;
	__u64 desc;
	__u64 driver;
	__u64 device;
};

/* device.c */
void *vmsg_device_translate(struct vmsg_queue *queue, __u64 addr, __u64 len);
void vmsg_device_drop_windows(struct vmsg_device *dev);
void vmsg_device_drop_windows_of(struct vmsg_queue *queue);
void vmsg_device_set_status(struct vmsg_device *dev, __u32 status);
void vmsg_device_started(struct vmsg_device *dev);
bool vmsg_device_send(struct vmsg_device *dev, __u32 len);

/* queue.c */
bool vmsg_queue_enable(struct vmsg_queue *queue,
		       const struct vmsg_queue_setup *setup);
void vmsg_queue_disable(struct vmsg_queue *queue);
void vmsg_queue_retry(struct vmsg_queue *queue);

#endif /* _VMSG_INTERNAL_H */
