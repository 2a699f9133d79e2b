// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: memory shared with the peer. One is freed only when the peer is
 * known to have stopped using it; until then it is kept in quarantine.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bus.h"
#include "limits.h"
#include "window.h"

/**
 * virtio_msg_windows_init() - no window is shared
 * @windows: to be initialised
 *
 * Context: Any.
 */
void virtio_msg_windows_init(struct virtio_msg_windows *windows)
{
	mutex_init(&windows->lock);
	INIT_LIST_HEAD(&windows->quarantine);
	windows->bytes = 0;
	windows->limit = VIRTIO_MSG_LIMIT_WINDOWS;
}

static int reserve(struct virtio_msg_core *core, size_t size)
{
	struct virtio_msg_windows *windows = &core->windows;
	size_t limit;
	int err = 0;

	mutex_lock(&windows->lock);
	/* It can be changed at any time. */
	limit = READ_ONCE(windows->limit);
	if (size > limit || windows->bytes > limit - size)
		err = -ENOSPC;
	else
		windows->bytes += size;
	mutex_unlock(&windows->lock);
	return err;
}

static void unreserve(struct virtio_msg_core *core, size_t size)
{
	mutex_lock(&core->windows.lock);
	core->windows.bytes -= size;
	mutex_unlock(&core->windows.lock);
}

/**
 * virtio_msg_window_alloc() - share memory with the peer
 * @core: the bus
 * @dev_num: the device that it is for
 * @size: bytes; rounded up to pages
 *
 * Context: Sleeps.
 * Return: a zeroed window; ERR_PTR(-ENOSPC) beyond the limit of the bus,
 * -ENODEV without a bus, or an error of the bus.
 */
struct virtio_msg_window *virtio_msg_window_alloc(struct virtio_msg_core *core,
						  u16 dev_num, size_t size)
{
	struct virtio_msg_window *win;
	struct virtio_msg_bus *bus;
	int err;

	if (size > VIRTIO_MSG_LIMIT_WINDOW)
		return ERR_PTR(-ENOSPC);
	size = PAGE_ALIGN(size);
	win = kzalloc_obj(*win);
	if (!win)
		return ERR_PTR(-ENOMEM);
	win->size = size;
	win->dev_num = dev_num;

	err = reserve(core, size);
	if (err)
		goto free_win;

	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	err = bus ? bus->ops->window_alloc(bus, win) : -ENODEV;
	up_read(&core->bus_sem);
	if (err)
		goto unreserve_win;

	virtio_msg_count(core, VMSG_CNT_windows);
	virtio_msg_count_add(core, VMSG_CNT_window_bytes, size);
	return win;

unreserve_win:
	unreserve(core, size);
free_win:
	kfree(win);
	return ERR_PTR(err);
}

static void release(struct virtio_msg_core *core, struct virtio_msg_bus *bus,
		    struct virtio_msg_window *win)
{
	virtio_msg_count_add(core, VMSG_CNT_windows, -1);
	virtio_msg_count_add(core, VMSG_CNT_window_bytes, -(long)win->size);
	bus->ops->window_free(bus, win);
	kfree(win);
}

static bool revoke(struct virtio_msg_bus *bus, struct virtio_msg_window *win)
{
	return bus->ops->window_revoke && !bus->ops->window_revoke(bus, win);
}

/**
 * virtio_msg_window_free() - stop sharing memory with the peer
 * @core: the bus, still registered
 * @win: a window that this side no longer uses
 * @returned: the peer said that it no longer uses it, by finishing a reset
 *
 * Context: Sleeps.
 */
void virtio_msg_window_free(struct virtio_msg_core *core,
			    struct virtio_msg_window *win, bool returned)
{
	struct virtio_msg_windows *windows = &core->windows;
	size_t size = win->size;
	struct virtio_msg_bus *bus;

	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	if (bus && (returned || revoke(bus, win))) {
		release(core, bus, win);
		up_read(&core->bus_sem);
		unreserve(core, size);
		return;
	}
	up_read(&core->bus_sem);

	virtio_msg_count(core, VMSG_CNT_quarantined);
	virtio_msg_count_add(core, VMSG_CNT_quarantined_bytes, size);
	mutex_lock(&windows->lock);
	list_add_tail(&win->node, &windows->quarantine);
	mutex_unlock(&windows->lock);
}

/**
 * virtio_msg_windows_stop() - the bus goes: give back what is possible
 * @core: a bus that has no devices any more, still registered
 *
 * What the bus cannot revoke is leaked on purpose: the peer may write to it.
 *
 * Context: Sleeps.
 */
void virtio_msg_windows_stop(struct virtio_msg_core *core)
{
	struct virtio_msg_windows *windows = &core->windows;
	struct virtio_msg_window *win, *next;
	struct virtio_msg_bus *bus;
	size_t leaked = 0;

	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	mutex_lock(&windows->lock);
	list_for_each_entry_safe(win, next, &windows->quarantine, node) {
		list_del(&win->node);
		if (revoke(bus, win)) {
			release(core, bus, win);
			continue;
		}
		leaked += win->size;
		kfree(win);
	}
	mutex_unlock(&windows->lock);
	up_read(&core->bus_sem);

	if (leaked)
		dev_warn(&core->dev, "%zu bytes stay shared with the peer\n",
			 leaked);
}

/**
 * virtio_msg_window_mmap() - a process is about to map some of a window
 * @bus: the bus
 * @map: window of the peer
 * @vma: where
 *
 * Context: Sleeps; with the process's mmap_lock, for writing.
 * Return: 0, or an error of the bus.
 */
int virtio_msg_window_mmap(struct virtio_msg_bus *bus,
			   const struct virtio_msg_mapping *map,
			   struct vm_area_struct *vma)
{
	if (!bus->ops->window_mmap)
		return 0;
	return bus->ops->window_mmap(bus, map, vma);
}

/**
 * virtio_msg_window_fault() - let a process see a page of a window
 * @bus: the bus
 * @map: window of the peer
 * @vmf: the page fault
 * @offset: of the page in the window
 *
 * Context: Sleeps.
 * Return: what a page fault returns.
 */
vm_fault_t virtio_msg_window_fault(struct virtio_msg_bus *bus,
				   const struct virtio_msg_mapping *map,
				   struct vm_fault *vmf, size_t offset)
{
	vm_fault_t result = 0;
	unsigned long pfn;

	if (bus->ops->window_fault)
		result = bus->ops->window_fault(bus, map, vmf, offset);
	if (result)
		return result;
	pfn = bus->ops->window_page(bus, map, offset);
	if (vmf->vma->vm_flags & VM_PFNMAP || !pfn_valid(pfn))
		return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
	return vmf_insert_page(vmf->vma, vmf->address, pfn_to_page(pfn));
}
