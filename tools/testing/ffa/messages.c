// SPDX-License-Identifier: GPL-2.0
/* Messages from the kernel to a partition, and back. */
#include "manager.h"
#include "string.h"

/* Of an indirect message, in a buffer. */
struct indirect {
	__u32 flags;
	__u32 reserved;
	__u32 offset;
	__u32 ids;	/* sender << 16 | receiver */
	__u32 size;
	__u32 reserved2;
	__u8 uuid[16];
};

/* What the partition with the devices has answered, and not told. */
static struct {
	__u32 runs;
	__u32 reason;
	struct regs answer;
} suspended;

static __u64 swapped(__u64 ids)
{
	return (ids & 0xffff) << 16 | (ids >> 16 & 0xffff);
}

static const struct partition *addressee(const struct regs *r)
{
	if ((r->x[1] >> 16 & 0xffff) != KERNEL_ID)
		return NULL;
	return partition_find((__u16)r->x[1]);
}

void message_direct(struct regs *r)
{
	const struct partition *p = addressee(r);
	bool wide = r->x[0] >> 30 & 1;
	__u64 ids = r->x[1];
	__u64 words[WORDS];

	memcpy(words, &r->x[3], sizeof(words));
	if (!p || !p->direct(words, WORDS)) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	memset(r, 0, sizeof(*r));
	r->x[0] = wide ? SMC64(FFA_DIRECT_RESP) : SMC32(FFA_DIRECT_RESP);
	r->x[1] = swapped(ids);
	memcpy(&r->x[3], words, sizeof(words));
}

static void suspend(struct regs *r)
{
	memset(r, 0, sizeof(*r));
	r->x[0] = SMC32(suspended.reason);
	r->x[1] = (__u64)DEVICES_ID << 16;
}

void message_direct2(struct regs *r)
{
	const struct partition *p = addressee(r);

	if (p && p->id == DEVICES_ID && suspended.runs) {
		ffa_error(r, FFA_BUSY);
		return;
	}
	if (!p || memcmp(&r->x[2], p->uuid, 16) ||
	    !p->direct(&r->x[4], WORDS2)) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	r->x[0] = SMC64(FFA_DIRECT_RESP2);
	r->x[1] = swapped(r->x[1]);
	r->x[2] = 0;
	r->x[3] = 0;
	suspended.reason = p->id == DEVICES_ID ? devices_suspended() : 0;
	if (!suspended.reason)
		return;
	suspended.answer = *r;
	suspended.runs = RUNS;
	suspend(r);
}

/* It is another one now. */
void message_forget(void)
{
	suspended.runs = 0;
}

/* Of a partition that has yielded, or was interrupted. */
void message_run(struct regs *r)
{
	if (r->x[1] >> 16 != DEVICES_ID || !suspended.runs)
		ffa_error(r, FFA_INVALID);
	else if (--suspended.runs)
		suspend(r);
	else
		*r = suspended.answer;
}

void message_indirect(struct regs *r)
{
	const struct partition *p;
	struct indirect hdr;
	__u32 size;
	__u8 *tx = buffers_tx(&size);

	if (!tx) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	memcpy(&hdr, tx, sizeof(hdr));
	p = partition_find((__u16)hdr.ids);
	if (!p || hdr.ids >> 16 != KERNEL_ID || hdr.offset < 20 ||
	    hdr.offset > size || hdr.size > size - hdr.offset) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	p->indirect(tx + hdr.offset, hdr.size);
	ffa_success(r);
}

/* To the kernel; false if its buffer is not free. */
bool message_send(__u16 sender, const void *msg, __u32 len)
{
	struct indirect hdr = {
		.offset = sizeof(hdr),
		.ids = (__u32)sender << 16 | KERNEL_ID,
		.size = len,
	};
	__u32 size;
	__u8 *rx = buffers_take_rx(&size);

	if (!rx)
		return false;
	memcpy(hdr.uuid, partition_find(sender)->uuid, 16);
	memcpy(rx, &hdr, sizeof(hdr));
	memcpy(rx + sizeof(hdr), msg, len);
	notification_rx_full();
	return true;
}
