// SPDX-License-Identifier: GPL-2.0
/*
 * Walking and copying the requests of a driver's private ring.
 *
 * The ring is made without the DMA API, so that its addresses are physical
 * ones; each names memory with a struct page.
 */
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "chain.h"
#include "limits.h"
#include "ring.h"

static void load(struct virtio_msg_chain *chain, const struct vring_desc *desc)
{
	u16 flags = ring_get16(&desc->flags);

	chain->addr = ring_get64(&desc->addr);
	chain->len = ring_get32(&desc->len);
	chain->write = flags & VRING_DESC_F_WRITE;
	chain->more = flags & VRING_DESC_F_NEXT;
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
void virtio_msg_chain_start(struct virtio_msg_chain *chain,
			    const struct vring *ring, u16 head)
{
	const struct vring_desc *desc = &ring->desc[head];

	chain->table = ring->desc;
	chain->entries = ring->num;
	if (ring_get16(&desc->flags) & VRING_DESC_F_INDIRECT) {
		chain->table = phys_to_virt(ring_get64(&desc->addr));
		chain->entries = ring_get32(&desc->len) / sizeof(*desc);
		desc = chain->table;
	}
	chain->left = VIRTIO_MSG_LIMIT_CHAIN;
	load(chain, desc);
}

/**
 * virtio_msg_chain_next() - go to the next descriptor
 * @chain: position
 *
 * Context: Any.
 * Return: false at the end.
 */
bool virtio_msg_chain_next(struct virtio_msg_chain *chain)
{
	chain->len = 0;
	if (!chain->more || chain->next >= chain->entries || !--chain->left)
		return false;
	load(chain, &chain->table[chain->next]);
	return true;
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
int virtio_msg_chain_measure(const struct vring *ring, u16 head, u32 *out,
			     u32 *in)
{
	struct virtio_msg_chain chain;
	u64 sum[2] = { 0, 0 };

	virtio_msg_chain_start(&chain, ring, head);
	do {
		sum[chain.write] += chain.len;
	} while (virtio_msg_chain_next(&chain));

	if (sum[0] > U32_MAX || sum[1] > U32_MAX)
		return -E2BIG;
	*out = sum[0];
	*in = sum[1];
	return 0;
}

/* Bytes from the position on that are in one page, at most @len; 0: the end. */
static u32 contiguous(struct virtio_msg_chain *chain, bool write, u32 len)
{
	while (!chain->len || chain->write != write)
		if (!virtio_msg_chain_next(chain))
			return 0;
	return min3(len, chain->len,
		    (u32)(PAGE_SIZE - offset_in_page(chain->addr)));
}

static void *map(struct virtio_msg_chain *chain)
{
	struct page *page = pfn_to_page(PHYS_PFN(chain->addr));

	return kmap_local_page(page) + offset_in_page(chain->addr);
}

static void advance(struct virtio_msg_chain *chain, u32 n)
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
u32 virtio_msg_chain_read(struct virtio_msg_chain *chain, void *to, u32 len)
{
	u32 done, n;
	void *from;

	for (done = 0; done < len; done += n) {
		n = contiguous(chain, false, len - done);
		if (!n)
			break;
		from = map(chain);
		memcpy(to + done, from, n);
		kunmap_local(from);
		advance(chain, n);
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
u32 virtio_msg_chain_write(struct virtio_msg_chain *chain, const void *from,
			   u32 len)
{
	u32 done, n;
	void *to;

	for (done = 0; done < len; done += n) {
		n = contiguous(chain, true, len - done);
		if (!n)
			break;
		to = map(chain);
		memcpy(to, from + done, n);
		kunmap_local(to);
		advance(chain, n);
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
u32 virtio_msg_chain_skip(struct virtio_msg_chain *chain, u32 len)
{
	u32 done, n;

	for (done = 0; done < len; done += n) {
		n = contiguous(chain, true, len - done);
		if (!n)
			break;
		advance(chain, n);
	}
	return done;
}
