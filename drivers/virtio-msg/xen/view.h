/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_VIEW_H
#define _VIRTIO_MSG_XEN_VIEW_H

#include <linux/mm.h>
#include <linux/types.h>

struct virtio_msg_xen_pages;

/**
 * struct virtio_msg_xen_view_ops - who writes entries of page tables
 * @find: Where the entry of a page is: for @map, while nothing invalidates the
 *	page. 0, or an error.
 * @map: Have an entry written, for the page that domain @domid granted by @ref.
 *	0, or an error.
 * @unmap: Have it cleared. False if it cannot be.
 */
struct virtio_msg_xen_view_ops {
	int (*find)(struct mm_struct *mm, unsigned long address, u64 *entry);
	int (*map)(u64 entry, u16 domid, u32 ref, bool readonly, u32 *handle);
	bool (*unmap)(u64 entry, u32 handle);
};

extern const struct virtio_msg_xen_view_ops virtio_msg_xen_entry_ops;

int virtio_msg_xen_view_open(struct virtio_msg_xen_pages *pages,
			     const struct virtio_msg_xen_view_ops *ops,
			     struct vm_area_struct *vma);
vm_fault_t virtio_msg_xen_view_fault(struct virtio_msg_xen_pages *pages,
				     struct vm_fault *vmf, unsigned int i);
void virtio_msg_xen_views_close(struct virtio_msg_xen_pages *pages);

#endif /* _VIRTIO_MSG_XEN_VIEW_H */
