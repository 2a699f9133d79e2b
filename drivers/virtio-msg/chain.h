/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_CHAIN_H
#define _VIRTIO_MSG_CHAIN_H

#include <linux/types.h>
#include <uapi/linux/virtio_ring.h>

/**
 * struct virtio_msg_chain - a position in a request of the private ring
 * @table: descriptors, in the ring or indirect
 * @entries: number of descriptors at @table
 * @next: descriptor that follows, if @flags say so
 * @left: descriptors that may follow, so that no loop is endless
 * @addr: physical address of what is left of the current descriptor
 * @len: bytes left of it
 * @flags: VRING_DESC_F_* of it
 *
 * The ring is this kernel's own: it is trusted to be well formed.
 */
struct virtio_msg_chain {
	const struct vring_desc *table;
	u64 addr;
	u32 len;
	u32 entries;
	u32 left;
	u16 flags;
	u16 next;
};

void virtio_msg_chain_start(struct virtio_msg_chain *chain,
			    const struct vring *ring, u16 head);
bool virtio_msg_chain_next(struct virtio_msg_chain *chain);
int virtio_msg_chain_open(const struct vring *ring, u16 head,
			  struct virtio_msg_chain *read, u32 *out,
			  struct virtio_msg_chain *write, u32 *in);
int virtio_msg_chain_measure(const struct vring *ring, u16 head, u32 *out,
			     u32 *in);
u32 virtio_msg_chain_read(struct virtio_msg_chain *chain, void *to, u32 len);
u32 virtio_msg_chain_write(struct virtio_msg_chain *chain, const void *from,
			   u32 len);
u32 virtio_msg_chain_skip(struct virtio_msg_chain *chain, u32 len);

#endif /* _VIRTIO_MSG_CHAIN_H */
