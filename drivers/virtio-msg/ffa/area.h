/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_FFA_AREA_H
#define _VIRTIO_MSG_FFA_AREA_H

#include "link.h"

/**
 * struct virtio_msg_ffa_area_mem - memory shared with a partition
 * @kaddr: where this kernel sees it
 * @size: bytes
 * @handle: of FFA_MEM_SHARE
 * @id: number of the area, or 0
 * @shared: the partition may reach it
 * @given_up: the partition said that it does not use it any more
 * @mem_ops: calls that share and reclaim
 * @vm_id: the partition
 * @node: in the list of memory that could not be reclaimed
 */
struct virtio_msg_ffa_area_mem {
	void *kaddr;
	size_t size;
	u64 handle;
	u32 id;
	bool shared;
	bool given_up;
	const struct ffa_mem_ops *mem_ops;
	int vm_id;
	struct list_head node;
};

int virtio_msg_ffa_memory_create(struct virtio_msg_ffa *ffa, size_t size,
				 struct virtio_msg_ffa_area_mem **mem);
int virtio_msg_ffa_memory_share(struct virtio_msg_ffa *ffa,
				struct virtio_msg_ffa_area_mem *mem);
int virtio_msg_ffa_area_alloc(struct virtio_msg_ffa *ffa, size_t size,
			      struct virtio_msg_ffa_area_mem **mem);
int virtio_msg_ffa_area_revoke(struct virtio_msg_ffa *ffa,
			       struct virtio_msg_ffa_area_mem *mem);
void virtio_msg_ffa_area_free(struct virtio_msg_ffa *ffa,
			      struct virtio_msg_ffa_area_mem *mem);
void virtio_msg_ffa_area_released(struct virtio_msg_ffa *ffa, u16 id);
void virtio_msg_ffa_areas_forget(struct virtio_msg_ffa *ffa);
size_t virtio_msg_ffa_reclaim_retained(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_leave_retained(void);
size_t virtio_msg_ffa_retained(struct virtio_msg_ffa *ffa);

#endif /* _VIRTIO_MSG_FFA_AREA_H */
