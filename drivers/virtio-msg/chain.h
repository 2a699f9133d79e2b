/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walking and copying the requests of a driver's private ring. Every request
 * goes through this, so it is inline.
 *
 * The ring is made without the DMA API, so that its addresses are physical
 * ones; each names memory with a struct page.
 */
#ifndef _VIRTIO_MSG_CHAIN_H
#define _VIRTIO_MSG_CHAIN_H

#include <linux/cacheflush.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <uapi/linux/virtio_ring.h>

#include "limits.h"
#include "ring.h"

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

static inline void virtio_msg_chain_load(struct virtio_msg_chain *chain,
					 const struct vring_desc *desc)
{
	chain->addr = ring_get64(&desc->addr);
	chain->len = ring_get32(&desc->len);
	chain->flags = ring_get16(&desc->flags);
	chain->next = ring_get16(&desc->next);
}

/**
 * virtio_msg_chain_start() - go to the start of a request
 * @chain: position
 * @ring: private ring
 * @head: index of the first descriptor, less than the size of the ring
 *
 * Context: Any.
 */
static inline void
virtio_msg_chain_start(struct virtio_msg_chain *chain, const struct vring *ring,
		       u16 head)
{
	chain->table = ring->desc;
	chain->entries = ring->num;
	chain->left = VIRTIO_MSG_LIMIT_CHAIN;
	virtio_msg_chain_load(chain, &ring->desc[head]);
	if (chain->flags & VRING_DESC_F_INDIRECT) {
		chain->table = phys_to_virt(chain->addr);
		chain->entries = chain->len / sizeof(*chain->table);
		virtio_msg_chain_load(chain, chain->table);
	}
}

/**
 * virtio_msg_chain_next() - go to the next descriptor
 * @chain: position
 *
 * Context: Any.
 * Return: false at the end.
 */
static inline bool virtio_msg_chain_next(struct virtio_msg_chain *chain)
{
	if (!(chain->flags & VRING_DESC_F_NEXT) ||
	    chain->next >= chain->entries || !--chain->left) {
		chain->len = 0;
		chain->flags = 0;
		return false;
	}
	virtio_msg_chain_load(chain, &chain->table[chain->next]);
	return true;
}

/**
 * virtio_msg_chain_open() - go to the start of both parts of a request
 * @ring: private ring
 * @head: index of the first descriptor
 * @read: result: the first descriptor
 * @out: result: bytes that the device reads
 * @write: result: the first descriptor that the device writes, or the end
 * @in: result: bytes that the device writes
 *
 * Context: Any.
 * Return: 0, or -E2BIG if a sum does not fit 32 bits.
 */
static inline int
virtio_msg_chain_open(const struct vring *ring, u16 head,
		      struct virtio_msg_chain *read, u32 *out,
		      struct virtio_msg_chain *write, u32 *in)
{
	struct virtio_msg_chain chain;
	bool more = true;
	u64 sum_out = 0;
	u64 sum_in = 0;

	virtio_msg_chain_start(&chain, ring, head);
	*read = chain;
	while (more && !(chain.flags & VRING_DESC_F_WRITE)) {
		sum_out += chain.len;
		more = virtio_msg_chain_next(&chain);
	}
	*write = chain;
	for (; more; more = virtio_msg_chain_next(&chain)) {
		if (chain.flags & VRING_DESC_F_WRITE)
			sum_in += chain.len;
		else
			sum_out += chain.len;
	}
	*out = sum_out;
	*in = sum_in;
	return sum_out > U32_MAX || sum_in > U32_MAX ? -E2BIG : 0;
}

/**
 * virtio_msg_chain_measure() - bytes of a request
 * @ring: private ring
 * @head: index of the first descriptor
 * @out: result: bytes that the device reads
 * @in: result: bytes that the device writes
 *
 * Context: Any.
 * Return: 0, or -E2BIG if a sum does not fit 32 bits.
 */
static inline int virtio_msg_chain_measure(const struct vring *ring, u16 head,
					   u32 *out, u32 *in)
{
	struct virtio_msg_chain read, write;

	return virtio_msg_chain_open(ring, head, &read, out, &write, in);
}

/*
 * Bytes from the position on that can be reached at once, at most @len; 0: the
 * end. @kind: VRING_DESC_F_WRITE for what the device writes, or 0.
 */
static inline u32 virtio_msg_chain_contiguous(struct virtio_msg_chain *chain,
					      u16 kind, u32 len)
{
	while (!chain->len || (chain->flags & VRING_DESC_F_WRITE) != kind)
		if (!virtio_msg_chain_next(chain))
			return 0;
	if (IS_ENABLED(CONFIG_HIGHMEM))
		len = min_t(u32, len, PAGE_SIZE - offset_in_page(chain->addr));
	return min(len, chain->len);
}

static inline void *virtio_msg_chain_map(struct virtio_msg_chain *chain)
{
	struct page *page = pfn_to_page(PHYS_PFN(chain->addr));

	return kmap_local_page(page) + offset_in_page(chain->addr);
}

/*
 * Processes may have the pages mapped, at addresses that other cache lines are
 * for: before they are read, and after they were written. Nothing on most CPUs.
 */
static inline void virtio_msg_chain_flush(struct virtio_msg_chain *chain, u32 n)
{
	unsigned long pfn;

	if (!ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE)
		return;
	for (pfn = PHYS_PFN(chain->addr);
	     pfn <= PHYS_PFN(chain->addr + n - 1); pfn++)
		flush_dcache_page(pfn_to_page(pfn));
}

static inline void virtio_msg_chain_advance(struct virtio_msg_chain *chain,
					    u32 n)
{
	chain->addr += n;
	chain->len -= n;
}

/**
 * virtio_msg_chain_read() - copy from the part that the device reads
 * @chain: position, moved
 * @to: where to
 * @len: bytes
 *
 * Context: Any.
 * Return: bytes copied, less than @len at the end.
 */
static inline u32 virtio_msg_chain_read(struct virtio_msg_chain *chain, void *to,
					u32 len)
{
	u32 done, n;
	void *from;

	for (done = 0; done < len; done += n) {
		n = virtio_msg_chain_contiguous(chain, 0, len - done);
		if (!n)
			break;
		virtio_msg_chain_flush(chain, n);
		from = virtio_msg_chain_map(chain);
		memcpy(to + done, from, n);
		kunmap_local(from);
		virtio_msg_chain_advance(chain, n);
	}
	return done;
}

/**
 * virtio_msg_chain_write() - copy to the part that the device writes
 * @chain: position, moved
 * @from: where from, possibly memory that the peer is changing
 * @len: bytes
 *
 * Context: Any.
 * Return: bytes copied, less than @len at the end.
 */
static inline u32 virtio_msg_chain_write(struct virtio_msg_chain *chain,
					 const void *from, u32 len)
{
	u32 done, n;
	void *to;

	for (done = 0; done < len; done += n) {
		n = virtio_msg_chain_contiguous(chain, VRING_DESC_F_WRITE,
						len - done);
		if (!n)
			break;
		to = virtio_msg_chain_map(chain);
		memcpy(to, from + done, n);
		virtio_msg_chain_flush(chain, n);
		kunmap_local(to);
		virtio_msg_chain_advance(chain, n);
	}
	return done;
}

/**
 * virtio_msg_chain_skip() - move within the part that the device writes
 * @chain: position, moved
 * @len: bytes
 *
 * Context: Any.
 * Return: bytes moved, less than @len at the end.
 */
static inline u32 virtio_msg_chain_skip(struct virtio_msg_chain *chain, u32 len)
{
	u32 done, n;

	for (done = 0; done < len; done += n) {
		n = virtio_msg_chain_contiguous(chain, VRING_DESC_F_WRITE,
						len - done);
		if (!n)
			break;
		virtio_msg_chain_advance(chain, n);
	}
	return done;
}

#endif /* _VIRTIO_MSG_CHAIN_H */
