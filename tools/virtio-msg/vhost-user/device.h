/* SPDX-License-Identifier: BSD-3-Clause */
/* A virtio-msg device whose queues a back end uses. */
#ifndef _VHOST_USER_DEVICE_H
#define _VHOST_USER_DEVICE_H

#include "libvirtio-msg.h"
#include "vhost-user/backend.h"
#include "vhost-user/inflight.h"
#include "vhost-user/memory.h"
#include "vhost-user/type.h"

/**
 * struct vhu_device - a device
 * @dev: on the bus
 * @queues: of @dev
 * @config: of @dev
 * @options: what the user wants
 * @bus: on which it is or will be
 * @backend: the other process
 * @memory: what it may touch
 * @inflight: what it was working on
 * @shared: number of queues that it has
 * @error_fd: what it signals when a ring makes no sense
 * @started: its rings run, or did when the back end went
 * @budget_ms: how long one request of the driver may take
 * @trouble: called when @backend has failed or has a request, in the middle of
 *	something else
 */
struct vhu_device {
	struct vmsg_device dev;
	struct vmsg_queue queues[VMSG_WINDOWS_MAX];
	__u8 config[VHU_CONFIG_MAX];
	const struct vhu_options *options;
	struct vmsg_bus *bus;
	struct vhu_backend backend;
	struct vhu_memory memory;
	struct vhu_inflight_log inflight;
	__u32 shared;
	int error_fd;
	bool started;
	__u32 budget_ms;
	void (*trouble)(struct vhu_device *device);
};

void vhu_device_init(struct vhu_device *device,
		     const struct vhu_options *options, struct vmsg_bus *bus);

/* Have the calls that follow end in time. */
void vhu_device_begin(struct vhu_device *device);

/* The back end is connected: learn what the device is like. */
int vhu_device_describe(struct vhu_device *device);

/* The back end came back: 0 if it is still the same device. */
int vhu_device_compare(struct vhu_device *device);

/* Hand the queues to the back end, anew or where it left off. */
int vhu_device_start(struct vhu_device *device);

/* Could a back end that comes back go on? */
bool vhu_device_resumable(const struct vhu_device *device);

/* The back end says that its configuration has changed. */
int vhu_device_read_config(struct vhu_device *device);

#endif /* _VHOST_USER_DEVICE_H */
