// SPDX-License-Identifier: GPL-2.0
/*
 * Windows of the front end: memory that is granted once, when a queue is set up.
 * The table in shared memory says of each where its directory is, and that names
 * its pages. Entries are written by this side, and never read.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <asm/barrier.h>

#include "link.h"
#include "memory.h"
#include "window.h"

static_assert(sizeof(struct virtio_msg_xen_window) == 16);

/**
 * struct xen_window - a window of this side
 * @id: its number
 * @mem: its memory
 * @directory: that of the references of @mem
 */
struct xen_window {
	u32 id;
	struct virtio_msg_xen_memory *mem;
	struct virtio_msg_xen_memory *directory;
};

static struct virtio_msg_xen *to_xen(struct virtio_msg_bus *bus)
{
	struct virtio_msg_shmem *shmem = bus->priv;

	return container_of(shmem, struct virtio_msg_xen, shmem);
}

/**
 * virtio_msg_xen_table_init() - there are no windows
 * @xen: front end, whose link is initialised
 *
 * Context: Sleeps.
 * Return: 0; -EINVAL if the memory has no room for a table; -ENOMEM.
 */
int virtio_msg_xen_table_init(struct virtio_msg_xen *xen)
{
	struct virtio_msg_amp_part *part = &xen->shmem.layout.part[0];

	xen->table = xen->shmem.base + part->windows;
	xen->entries = part->windows_size / sizeof(*xen->table);
	if (!xen->entries)
		return -EINVAL;
	xen->used = bitmap_zalloc(xen->entries, GFP_KERNEL);
	xen->serials = kvcalloc(xen->entries, sizeof(*xen->serials),
				GFP_KERNEL);
	if (xen->used && xen->serials) {
		/* No window is at address 0. */
		__set_bit(0, xen->used);
		return 0;
	}
	virtio_msg_xen_table_destroy(xen);
	return -ENOMEM;
}

/**
 * virtio_msg_xen_table_destroy() - free what describes the table
 * @xen: front end, without windows
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_table_destroy(struct virtio_msg_xen *xen)
{
	bitmap_free(xen->used);
	kvfree(xen->serials);
	xen->used = NULL;
	xen->serials = NULL;
}

static int take_id(struct virtio_msg_xen *xen, u32 *id)
{
	int err = -ENOSPC;

	mutex_lock(&xen->windows_lock);
	*id = find_first_zero_bit(xen->used, xen->entries);
	if (*id < xen->entries) {
		__set_bit(*id, xen->used);
		err = 0;
	}
	mutex_unlock(&xen->windows_lock);
	return err;
}

static void drop_id(struct virtio_msg_xen *xen, u32 id)
{
	mutex_lock(&xen->windows_lock);
	WRITE_ONCE(xen->table[id].word, 0);
	__clear_bit(id, xen->used);
	mutex_unlock(&xen->windows_lock);
}

static void write_entry(struct virtio_msg_xen *xen, u32 id, u16 dev_num,
			const struct xen_window *window)
{
	struct virtio_msg_xen_window *entry = &xen->table[id];
	u32 pages = window->mem->size >> VIRTIO_MSG_XEN_PAGE_SHIFT;
	u32 serial = ++xen->serials[id] << VIRTIO_MSG_XEN_SERIAL_SHIFT;

	WRITE_ONCE(entry->pages, cpu_to_le32(pages));
	WRITE_ONCE(entry->directory, cpu_to_le32(window->directory->refs[0]));
	WRITE_ONCE(entry->reserved, 0);
	/* The rest before the word; pairs with load_word() of the back end. */
	virt_store_release(&entry->word,
			   cpu_to_le32(serial | VIRTIO_MSG_XEN_WINDOW_USED |
				       dev_num));
}

static int grant(struct virtio_msg_xen *xen, size_t size,
		 struct xen_window *window)
{
	int err;

	/* The number may be another domain's. */
	if (READ_ONCE(xen->restored))
		return -ENODEV;
	err = virtio_msg_xen_memory_alloc(xen->ops, xen->domid, size,
					  &window->mem);
	if (err)
		return err;
	err = virtio_msg_xen_memory_grant(window->mem, false);
	if (!err)
		err = virtio_msg_xen_memory_name(window->mem,
						 &window->directory);
	if (err)
		virtio_msg_xen_memory_free(window->mem);
	return err;
}

/**
 * virtio_msg_xen_window_alloc() - window_alloc operation of the front end
 * @bus: the bus
 * @win: the window
 *
 * Context: Sleeps.
 * Return: 0; -ENOSPC if there are no more numbers or grants; -ENODEV if the link
 * is of an earlier life; -ENOMEM.
 */
int virtio_msg_xen_window_alloc(struct virtio_msg_bus *bus,
				struct virtio_msg_window *win)
{
	struct virtio_msg_xen *xen = to_xen(bus);
	struct xen_window *window = kzalloc_obj(*window);
	int err;

	if (!window)
		return -ENOMEM;
	err = take_id(xen, &window->id);
	if (err)
		goto free_window;
	err = grant(xen, win->size, window);
	if (err)
		goto drop_id;
	write_entry(xen, window->id, win->dev_num, window);
	win->kaddr = window->mem->kaddr;
	win->bus_addr = (u64)window->id << VIRTIO_MSG_XEN_WINDOW_SHIFT;
	win->priv = window;
	return 0;

drop_id:
	drop_id(xen, window->id);
free_window:
	kfree(window);
	return err;
}

/**
 * virtio_msg_xen_window_free() - window_free operation of the front end
 * @bus: the bus
 * @win: a window
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_window_free(struct virtio_msg_bus *bus,
				struct virtio_msg_window *win)
{
	struct virtio_msg_xen *xen = to_xen(bus);
	struct xen_window *window = win->priv;

	drop_id(xen, window->id);
	virtio_msg_xen_memory_free(window->directory);
	virtio_msg_xen_memory_free(window->mem);
	kfree(window);
}

/**
 * virtio_msg_xen_window_revoke() - window_revoke operation of the front end
 * @bus: the bus
 * @win: a window
 *
 * A window can be freed at any time: virtio_msg_xen_memory_free() keeps what the
 * other domain has mapped.
 *
 * Context: Sleeps.
 * Return: 0.
 */
int virtio_msg_xen_window_revoke(struct virtio_msg_bus *bus,
				 struct virtio_msg_window *win)
{
	return 0;
}
