/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows of a device, as memory of a back end. */
#ifndef _VHOST_USER_MEMORY_H
#define _VHOST_USER_MEMORY_H

#include "libvirtio-msg.h"
#include "vhost-user/backend.h"

/**
 * struct vhu_memory - regions that a back end has been given
 * @num: number of them
 * @region: what they are; the guest address is the bus address
 */
struct vhu_memory {
	__u32 num;
	struct vhu_region region[VMSG_WINDOWS_MAX];
};

/* What a back end calls the byte at a bus address. */
__u64 vhu_memory_user_addr(const struct vhu_memory *memory, __u64 addr);

/* Give the back end all windows of the device. */
int vhu_memory_share(struct vhu_memory *memory, struct vhu_backend *backend,
		     struct vmsg_bus *bus, const struct vmsg_device *dev);

/* Take them back, as far as the protocol can; the kernel does the rest. */
int vhu_memory_unshare(struct vhu_memory *memory, struct vhu_backend *backend);

#endif /* _VHOST_USER_MEMORY_H */
