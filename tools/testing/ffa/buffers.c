// SPDX-License-Identifier: GPL-2.0
/* The pair of buffers through which the kernel and the manager exchange more. */
#include "manager.h"

static struct {
	__u8 *tx;	/* the kernel writes */
	__u8 *rx;
	__u32 size;
	bool rx_full;
} buffers;

void buffers_map(struct regs *r)
{
	__u32 pages = r->x[3] & 0x3f;

	if (buffers.rx) {
		ffa_error(r, FFA_DENIED);
		return;
	}
	if (!pages || (r->x[1] | r->x[2]) % PAGE || r->x[1] < RAM_BASE ||
	    r->x[2] < RAM_BASE) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	buffers.tx = (__u8 *)r->x[1];
	buffers.rx = (__u8 *)r->x[2];
	buffers.size = pages * PAGE;
	buffers.rx_full = false;
	ffa_success(r);
}

void buffers_unmap(struct regs *r)
{
	if (!buffers.rx) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	buffers.tx = NULL;
	buffers.rx = NULL;
	ffa_success(r);
}

void buffers_release(struct regs *r)
{
	if (!buffers.rx_full) {
		ffa_error(r, FFA_DENIED);
		return;
	}
	buffers.rx_full = false;
	ffa_success(r);
	events_flush();
}

void *buffers_tx(__u32 *size)
{
	*size = buffers.size;
	return buffers.tx;
}

/* Whoever gets it fills it; the kernel says when it is free again. */
void *buffers_take_rx(__u32 *size)
{
	if (!buffers.rx || buffers.rx_full)
		return NULL;
	buffers.rx_full = true;
	*size = buffers.size;
	return buffers.rx;
}
