/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A link between two domains. The front end, where the drivers are, grants the
 * memory; the back end, where the devices are, maps it.
 */
#ifndef _VIRTIO_MSG_XEN_LINK_H
#define _VIRTIO_MSG_XEN_LINK_H

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <uapi/linux/virtio_msg_xen.h>

#include "../amp/shmem.h"
#include "limits.h"

/* Parts of a page of this kernel that are granted one by one. */
#define VIRTIO_MSG_XEN_PER_PAGE	(PAGE_SIZE >> VIRTIO_MSG_XEN_PAGE_SHIFT)

struct virtio_msg_xen;
struct virtio_msg_xen_memory;

/* The states of xenbus, under the numbers that they have in xenstore. */
enum virtio_msg_xen_state {
	VIRTIO_MSG_XEN_UNKNOWN,
	VIRTIO_MSG_XEN_INITIALISING,
	VIRTIO_MSG_XEN_INIT_WAIT,
	VIRTIO_MSG_XEN_INITIALISED,
	VIRTIO_MSG_XEN_CONNECTED,
	VIRTIO_MSG_XEN_CLOSING,
	VIRTIO_MSG_XEN_CLOSED,
};

/**
 * struct virtio_msg_xen_pages - pages of another domain
 * @n: grants that are mapped
 * @pages: of this kernel, PAGE_ALIGN(@n * 4096) / PAGE_SIZE of them
 * @handles: of each grant
 * @domid: the other domain
 * @refs: grant reference of each
 * @views: what processes see of them, where that is for Xen to do
 * @shown: entries of @views
 */
struct virtio_msg_xen_pages {
	unsigned int n;
	struct page **pages;
	u32 *handles;
	u16 domid;
	u32 *refs;
	struct list_head views;
	atomic_t shown;
};

/**
 * struct virtio_msg_xen_ops - what Xen and xenstore do
 * @grant: Let domain @domid reach part @part of a page. A grant reference, or
 *	an error.
 * @end_access: False if the other domain still has it mapped.
 * @abandon: As @end_access, but later if it cannot be now; @page, which has the
 *	memory, is not used for anything else before, even if it is freed.
 * @map: Map @n pages that domain @domid granted, of them all or none.
 * @unmap: Undo it. Nobody but the caller uses the pages.
 * @handles: Optional: entries of Xen's table that each page of a window may
 *	take, if that is not one.
 * @view_open: Optional: as &virtio_msg_bus_ops.window_mmap.
 * @view_fault: Optional, with @view_open: as &virtio_msg_bus_ops.window_fault,
 *	for page @i of this kernel.
 * @map_ring: Map pages one behind the other, result @base.
 * @unmap_ring: Undo it.
 * @bell_offer: Make an event channel that the other domain can bind, in
 *	xen->port, of which each event calls virtio_msg_xen_rung().
 * @bell_bind: Bind the other domain's event channel @port, likewise.
 * @bell_free: Undo either of them; no event comes afterwards.
 * @bell_ring: Make an event. Any context.
 * @bell_looked: The events that came have been looked at; @any: for a reason.
 * @read: Read a number from xenstore, the other end's if @theirs. -ENOENT if
 *	there is none, or another error.
 * @write: Write a number to this end's nodes.
 * @switch_state: Write this end's state.
 * @fail: Write an error, and be VIRTIO_MSG_XEN_CLOSING.
 * @gone: The other end is closed, or never was: remove the device unless it is
 *	to stay. The caller no longer uses the link.
 *
 * All may sleep but where another context is named.
 */
struct virtio_msg_xen_ops {
	int (*grant)(u16 domid, struct page *page, unsigned int part,
		     bool readonly);
	bool (*end_access)(u32 ref);
	void (*abandon)(u32 ref, struct page *page);
	int (*map)(u16 domid, const u32 *refs, unsigned int n, bool readonly,
		   struct virtio_msg_xen_pages *pages);
	void (*unmap)(struct virtio_msg_xen_pages *pages);
	unsigned int (*handles)(void);
	int (*view_open)(struct virtio_msg_xen_pages *pages,
			 struct vm_area_struct *vma);
	vm_fault_t (*view_fault)(struct virtio_msg_xen_pages *pages,
				 struct vm_fault *vmf, unsigned int i);
	int (*map_ring)(struct virtio_msg_xen *xen, const u32 *refs,
			unsigned int n, void **base);
	void (*unmap_ring)(struct virtio_msg_xen *xen, void *base);
	int (*bell_offer)(struct virtio_msg_xen *xen);
	int (*bell_bind)(struct virtio_msg_xen *xen, u32 port);
	void (*bell_free)(struct virtio_msg_xen *xen);
	void (*bell_ring)(struct virtio_msg_xen *xen);
	void (*bell_looked)(struct virtio_msg_xen *xen, bool any);
	int (*read)(struct virtio_msg_xen *xen, bool theirs, const char *key,
		    u32 *value);
	int (*write)(struct virtio_msg_xen *xen, const char *key, u32 value);
	int (*switch_state)(struct virtio_msg_xen *xen,
			    enum virtio_msg_xen_state state);
	void (*fail)(struct virtio_msg_xen *xen, int err, const char *what);
	void (*gone)(struct virtio_msg_xen *xen);
};

/**
 * struct virtio_msg_xen - one end of a link
 * @ops: Xen
 * @dev: parent of the bus
 * @priv: for @ops
 * @domid: the other domain
 * @front: this is the front end
 * @name: of the bus
 * @peer_ms: for how long the other domain may look dead
 * @want_ring_pages: front end: pages of the memory, if the other end takes them
 * @want_msg_size: front end: bytes of the largest message, likewise
 *
 * The members below are private:
 *
 * @lock: protects @state and @linked
 * @state: this end's, as last written
 * @linked: there is memory and an event channel
 * @restored: nothing of that is there any more, nor is the other end that knew it
 * @next_domid: the other domain, as soon as that has been forgotten
 * @ring_pages: front end: pages of the memory
 * @msg_size: front end: bytes of the largest message
 * @shmem: the link
 * @ring: front end: the memory
 * @base: back end: the memory
 * @port: front end: event channel; back end: that of the front end
 * @ring_ref: back end: first reference of the memory
 * @windows_lock: protects what follows
 * @table: table of windows
 * @entries: of @table
 * @used: front end: entries that are taken
 * @serials: front end: of the window that was last there
 * @stale: back end: words of entries that are to be found no more
 * @mappings: back end: windows that are mapped
 * @num_mappings: entries of @mappings
 * @handles: back end: entries of Xen's table that these may take
 */
struct virtio_msg_xen {
	const struct virtio_msg_xen_ops *ops;
	struct device *dev;
	void *priv;
	u16 domid;
	bool front;
	char name[VIRTIO_MSG_NAME_SIZE];
	u32 peer_ms;
	u32 want_ring_pages;
	u32 want_msg_size;

	struct mutex lock;
	enum virtio_msg_xen_state state;
	bool linked;
	bool restored;
	u16 next_domid;
	u32 ring_pages;
	u32 msg_size;
	struct virtio_msg_shmem shmem;
	struct virtio_msg_xen_memory *ring;
	void *base;
	u32 port;
	u32 ring_ref;
	struct mutex windows_lock;
	struct virtio_msg_xen_window *table;
	u32 entries;
	unsigned long *used;
	u16 *serials;
	u32 *stale;
	struct list_head mappings;
	unsigned int num_mappings;
	u32 handles;
};

void virtio_msg_xen_init(struct virtio_msg_xen *xen);
int virtio_msg_xen_offer(struct virtio_msg_xen *xen);
int virtio_msg_xen_accept(struct virtio_msg_xen *xen, const u32 *refs,
			  unsigned int n, u32 port);
void virtio_msg_xen_unlink(struct virtio_msg_xen *xen, bool gone);
void virtio_msg_xen_rung(struct virtio_msg_xen *xen);

#endif /* _VIRTIO_MSG_XEN_LINK_H */
