// SPDX-License-Identifier: BSD-3-Clause
/*
 * Windows of a device, as memory of a back end.
 *
 * A window is a dma-buf whose first byte is the window's. Its guest address is
 * the bus address, which rings and descriptors use; its user address, which the
 * protocol wants to be unique, is the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vhost-user/memory.h"

static void describe(struct vhu_region *region,
		     const struct vmsg_window *window)
{
	region->guest_addr = window->start;
	region->size = window->size;
	region->user_addr = window->start;
	region->mmap_offset = 0;
}

static int export_window(struct vhu_backend *backend, struct vmsg_bus *bus,
			 const struct vmsg_device *dev,
			 const struct vmsg_window *window)
{
	int fd = vmsg_bus_export(bus, dev, window);

	if (fd == -EOPNOTSUPP || fd == -ENOTTY)
		return vhu_backend_fail(backend, -EOPNOTSUPP,
					"this kernel cannot share windows: it needs CONFIG_DMA_SHARED_BUFFER");
	if (fd < 0)
		return vhu_backend_fail(backend, fd, "window at %#llx: %s",
					(unsigned long long)window->start,
					strerror(-fd));
	return fd;
}

static int tell_region(struct vhu_backend *backend, __u32 request,
		       const struct vhu_region *region, int fd)
{
	struct vhu_msg msg = {
		.request = request,
		.size = sizeof(msg.payload.reg),
		.payload.reg.region = *region,
	};

	if (fd >= 0) {
		msg.fds[0] = fd;
		msg.num_fds = 1;
	}
	return vhu_backend_tell(backend, &msg);
}

static int add_slots(struct vhu_memory *memory, struct vhu_backend *backend,
		     struct vmsg_bus *bus, const struct vmsg_device *dev)
{
	__u32 i;
	int fd, err;

	for (i = 0; i < dev->num_windows; i++) {
		fd = export_window(backend, bus, dev, &dev->windows[i]);
		if (fd < 0)
			return fd;
		describe(&memory->region[i], &dev->windows[i]);
		err = tell_region(backend, VHU_ADD_MEM_REG, &memory->region[i],
				  fd);
		close(fd);
		if (err)
			return err;
		memory->num++;
	}
	return 0;
}

static int set_table(struct vhu_backend *backend, struct vmsg_bus *bus,
		     const struct vmsg_device *dev)
{
	struct vhu_msg msg = { .request = VHU_SET_MEM_TABLE };
	int fds[VHU_FDS_MAX];
	__u32 i, num = 0;
	int err = 0;

	for (i = 0; i < dev->num_windows && !err; i++) {
		fds[i] = export_window(backend, bus, dev, &dev->windows[i]);
		if (fds[i] < 0) {
			err = fds[i];
			break;
		}
		num++;
		describe(&msg.payload.table.region[i], &dev->windows[i]);
		msg.fds[i] = fds[i];
	}
	msg.num_fds = num;
	msg.payload.table.num = num;
	msg.size = (__u32)(8 + num * sizeof(struct vhu_region));
	if (!err)
		err = vhu_backend_tell(backend, &msg);
	for (i = 0; i < num; i++)
		close(fds[i]);
	return err;
}

int vhu_memory_share(struct vhu_memory *memory, struct vhu_backend *backend,
		     struct vmsg_bus *bus, const struct vmsg_device *dev)
{
	memory->num = 0;
	if (dev->num_windows > backend->max_slots)
		return vhu_backend_fail(backend, -ENOSPC,
					"it maps %llu windows, the queues are in %u; use --queues",
					(unsigned long long)backend->max_slots,
					dev->num_windows);
	if (vhu_backend_has(backend, VHU_PROTOCOL_MEM_SLOTS))
		return add_slots(memory, backend, bus, dev);
	return set_table(backend, bus, dev);
}

int vhu_memory_unshare(struct vhu_memory *memory, struct vhu_backend *backend)
{
	int err = 0;

	while (memory->num && !err) {
		memory->num--;
		err = tell_region(backend, VHU_REM_MEM_REG,
				  &memory->region[memory->num], -1);
	}
	memory->num = 0;
	return err;
}
