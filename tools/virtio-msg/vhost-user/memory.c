// SPDX-License-Identifier: BSD-3-Clause
/*
 * Windows of a device, as memory of a back end.
 *
 * A window is a dma-buf whose first byte is the window's. Its guest address is
 * the bus address, which descriptors use. Its user address, which names rings,
 * only has to be unique, and is that of its place in the table: when a driver
 * comes again, its windows have new addresses, and many back ends look for the
 * rings that they had before in the memory that they are given.
 *
 * For the same reason all windows are given at once, if they fit a message.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vhost-user/memory.h"

/* Larger than any window. */
#define PLACE		(1ULL << 36)

static void describe(struct vhu_region *region, __u32 i,
		     const struct vmsg_window *window)
{
	region->guest_addr = window->start;
	region->size = window->size;
	region->user_addr = (i + 1) * PLACE;
	region->mmap_offset = 0;
}

__u64 vhu_memory_user_addr(const struct vhu_memory *memory, __u64 addr)
{
	const struct vhu_region *region = memory->region;
	__u32 i;

	for (i = 0; i < memory->num; i++, region++)
		if (addr >= region->guest_addr &&
		    addr - region->guest_addr < region->size)
			return region->user_addr + (addr - region->guest_addr);
	return addr;
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
		describe(&memory->region[i], i, &dev->windows[i]);
		err = tell_region(backend, VHU_ADD_MEM_REG, &memory->region[i],
				  fd);
		close(fd);
		if (err)
			return err;
		memory->num++;
	}
	return 0;
}

static int set_table(struct vhu_memory *memory, struct vhu_backend *backend,
		     struct vmsg_bus *bus, const struct vmsg_device *dev)
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
		describe(&memory->region[i], i, &dev->windows[i]);
		msg.payload.table.region[i] = memory->region[i];
		msg.fds[i] = fds[i];
	}
	msg.num_fds = num;
	msg.payload.table.num = num;
	msg.size = (__u32)(8 + num * sizeof(struct vhu_region));
	if (!err)
		err = vhu_backend_tell(backend, &msg);
	for (i = 0; i < num; i++)
		close(fds[i]);
	memory->num = err ? 0 : num;
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
	if (dev->num_windows > VHU_TABLE_MAX)
		return add_slots(memory, backend, bus, dev);
	return set_table(memory, backend, bus, dev);
}

int vhu_memory_unshare(struct vhu_memory *memory, struct vhu_backend *backend)
{
	int err = 0;

	if (!vhu_backend_has(backend, VHU_PROTOCOL_MEM_SLOTS))
		memory->num = 0;
	while (memory->num && !err) {
		memory->num--;
		err = tell_region(backend, VHU_REM_MEM_REG,
				  &memory->region[memory->num], -1);
	}
	memory->num = 0;
	return err;
}
