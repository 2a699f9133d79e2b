/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_MEMORY_H
#define _VIRTIO_MSG_XEN_MEMORY_H

#include <linux/list.h>
#include <linux/types.h>

struct virtio_msg_xen_ops;

/**
 * struct virtio_msg_xen_memory - memory granted to another domain
 * @ops: Xen
 * @domid: the other domain
 * @kaddr: where this kernel sees it
 * @size: bytes, a multiple of PAGE_SIZE
 * @refs: grant references, one for each 4 KiB
 * @granted: those of them that are valid, from the first
 * @node: in quarantine
 */
struct virtio_msg_xen_memory {
	const struct virtio_msg_xen_ops *ops;
	u16 domid;
	void *kaddr;
	size_t size;
	u32 *refs;
	unsigned int granted;
	struct list_head node;
};

int virtio_msg_xen_memory_alloc(const struct virtio_msg_xen_ops *ops, u16 domid,
				size_t size, struct virtio_msg_xen_memory **mem);
int virtio_msg_xen_memory_grant(struct virtio_msg_xen_memory *mem,
				bool readonly);
int virtio_msg_xen_memory_name(const struct virtio_msg_xen_memory *mem,
			       struct virtio_msg_xen_memory **directory);
bool virtio_msg_xen_memory_revoke(struct virtio_msg_xen_memory *mem);
void virtio_msg_xen_memory_free(struct virtio_msg_xen_memory *mem);
size_t virtio_msg_xen_memory_retry(void);
size_t virtio_msg_xen_memory_quarantined(void);
void virtio_msg_xen_memory_exit(void);

#endif /* _VIRTIO_MSG_XEN_MEMORY_H */
