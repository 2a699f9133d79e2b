// SPDX-License-Identifier: BSD-3-Clause
/* Access to the bytes of a buffer, whatever pieces it came in. */
#include <linux/string.h>

#include "internal.h"

/* The next contiguous piece, at most @max bytes; 0 at the end. */
static __u32 take(struct vmsg_chain *chain, struct vmsg_cursor *cursor,
		  __u8 **piece, __u32 max)
{
	const struct vmsg_seg *seg;
	__u32 len;

	if (!cursor->left || !max)
		return 0;

	seg = &chain->seg[cursor->seg];
	*piece = seg->base + cursor->offset;
	len = seg->len - cursor->offset;
	if (len > max) {
		len = max;
		cursor->offset += len;
	} else {
		cursor->seg++;
		cursor->offset = 0;
	}
	cursor->left -= len;
	return len;
}

/**
 * vmsg_chain_take_out() - get at what the device reads, without a copy
 * @chain: the buffer
 * @piece: result: the next bytes; the driver may change them at any time
 * @max: do not go further than so many bytes
 *
 * Return: bytes at @piece, which now count as read; 0 at the end.
 */
__u32 vmsg_chain_take_out(struct vmsg_chain *chain, const void **piece,
			  __u32 max)
{
	__u8 *p = NULL;
	__u32 n = take(chain, &chain->out, &p, max);

	*piece = p;
	return n;
}

/**
 * vmsg_chain_take_in() - get at what the device writes, without a copy
 * @chain: the buffer
 * @piece: result: where the next bytes go
 * @max: do not go further than so many bytes
 *
 * Return: bytes at @piece, which now count as written; 0 at the end.
 */
__u32 vmsg_chain_take_in(struct vmsg_chain *chain, void **piece, __u32 max)
{
	__u8 *p = NULL;
	__u32 n = take(chain, &chain->in, &p, max);

	*piece = p;
	return n;
}

/**
 * vmsg_chain_read() - copy the next bytes that the device reads
 * @chain: the buffer
 * @to: where to; NULL skips them
 * @len: how many
 *
 * Return: bytes copied, less than @len at the end.
 */
__u32 vmsg_chain_read(struct vmsg_chain *chain, void *to, __u32 len)
{
	const void *piece;
	__u32 done = 0;
	__u32 n;

	while ((n = vmsg_chain_take_out(chain, &piece, len - done))) {
		if (to)
			memcpy((__u8 *)to + done, piece, n);
		done += n;
	}
	return done;
}

/**
 * vmsg_chain_write() - copy the next bytes that the device writes
 * @chain: the buffer
 * @from: the bytes
 * @len: how many
 *
 * Return: bytes copied, less than @len at the end.
 */
__u32 vmsg_chain_write(struct vmsg_chain *chain, const void *from, __u32 len)
{
	__u32 done = 0;
	void *piece;
	__u32 n;

	while ((n = vmsg_chain_take_in(chain, &piece, len - done))) {
		memcpy(piece, (const __u8 *)from + done, n);
		done += n;
	}
	return done;
}

/**
 * vmsg_chain_zero() - fill the next bytes that the device writes with 0
 * @chain: the buffer
 * @len: how many
 *
 * Return: bytes filled, less than @len at the end.
 */
__u32 vmsg_chain_zero(struct vmsg_chain *chain, __u32 len)
{
	__u32 done = 0;
	void *piece;
	__u32 n;

	while ((n = vmsg_chain_take_in(chain, &piece, len - done))) {
		memset(piece, 0, n);
		done += n;
	}
	return done;
}

/**
 * vmsg_chain_rewind() - go back to the first byte of both directions
 * @chain: the buffer
 */
void vmsg_chain_rewind(struct vmsg_chain *chain)
{
	chain->out = (struct vmsg_cursor){ .left = chain->out_len };
	chain->in = (struct vmsg_cursor){
		.seg = chain->num_out,
		.left = chain->in_len,
	};
}
