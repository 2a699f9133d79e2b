// SPDX-License-Identifier: GPL-2.0
/* Notifications for the kernel: a bit for each, and one interrupt for all. */
#include "manager.h"

/* Of a redistributor: interrupts made pending, on the page of SGIs and PPIs. */
#define GIC_SET_PENDING	0x10200

#define GET_PARTITIONS	0x01
#define GET_FRAMEWORK	0x04
#define BIND_PER_VCPU	0x01
#define RX_FULL		0x01

/* INFO_GET: one list, of one identifier. */
#define INFO_ONE_LIST	(1 << 7)

static struct {
	bool created;
	bool announced;
	__u64 bound;
	__u64 pending;
	__u64 framework;
	__u16 sender[64];
} state;

enum { RAISED, UNBOUND, INTERRUPTS };

static struct counter counters[] = {
	[RAISED] = { "notification raised", 0 },
	[UNBOUND] = { "notification not bound", 0 },
	[INTERRUPTS] = { "notification interrupts", 0 },
};

static __u64 bitmap(const struct regs *r, int at)
{
	return (__u32)r->x[at] | r->x[at + 1] << 32;
}

static void announce(void)
{
	state.announced = true;
	counters[INTERRUPTS].value++;
	write32(GIC_CPU(0) + GIC_SET_PENDING, 1U << SRI);
}

void notification_create(struct regs *r)
{
	if (state.created) {
		ffa_error(r, FFA_DENIED);
		return;
	}
	state.created = true;
	state.bound = 0;
	state.pending = 0;
	state.framework = 0;
	ffa_success(r);
}

void notification_destroy(struct regs *r)
{
	if (!state.created || state.bound) {
		ffa_error(r, FFA_DENIED);
		return;
	}
	state.created = false;
	ffa_success(r);
}

/* x1 has the sender above and the receiver below. */
static const struct partition *sender(const struct regs *r)
{
	if ((r->x[1] & 0xffff) != KERNEL_ID || !state.created)
		return NULL;
	return partition_find(r->x[1] >> 16 & 0xffff);
}

void notification_bind(struct regs *r)
{
	const struct partition *p = sender(r);
	__u64 bits = bitmap(r, 3);
	int i;

	if (!p || !bits || (r->x[2] & BIND_PER_VCPU)) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	if (state.bound & bits) {
		ffa_error(r, FFA_DENIED);
		return;
	}
	for (i = 0; i < 64; i++)
		if (bits >> i & 1)
			state.sender[i] = p->id;
	state.bound |= bits;
	ffa_success(r);
}

void notification_unbind(struct regs *r)
{
	const struct partition *p = sender(r);
	__u64 bits = bitmap(r, 3);
	int i;

	if (!p || (bits & ~state.bound)) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	for (i = 0; i < 64; i++) {
		if ((bits >> i & 1) && state.sender[i] != p->id) {
			ffa_error(r, FFA_DENIED);
			return;
		}
	}
	if (bits & state.pending) {
		ffa_error(r, FFA_DENIED);
		return;
	}
	state.bound &= ~bits;
	ffa_success(r);
}

/* The partition with the devices wants one, if it uses a FIFO. */
void notification_set(struct regs *r)
{
	if (r->x[1] != ((__u64)KERNEL_ID << 16 | DEVICES_ID) ||
	    !events_notified(bitmap(r, 3)))
		ffa_error(r, FFA_DENIED);
	else
		ffa_success(r);
}

void notification_get(struct regs *r)
{
	__u32 flags = (__u32)r->x[2];

	ffa_success(r);
	if (flags & GET_PARTITIONS) {
		r->x[2] = (__u32)state.pending;
		r->x[3] = state.pending >> 32;
		state.pending = 0;
	}
	if (flags & GET_FRAMEWORK) {
		r->x[6] = state.framework;
		state.framework = 0;
	}
}

void notification_info(struct regs *r)
{
	bool wide = r->x[0] >> 30 & 1;

	if (!state.announced || !(state.pending | state.framework)) {
		ffa_error(r, FFA_NO_DATA);
		return;
	}
	state.announced = false;
	ffa_success(r);
	if (wide)
		r->x[0] = SMC64(FFA_SUCCESS);
	r->x[2] = INFO_ONE_LIST;
	r->x[3] = KERNEL_ID;
}

bool notification_raise(__u16 from, __u32 id)
{
	if (id >= 64 || !state.created || !(state.bound >> id & 1) ||
	    state.sender[id] != from) {
		counters[UNBOUND].value++;
		return false;
	}
	counters[RAISED].value++;
	state.pending |= 1ULL << id;
	announce();
	return true;
}

/* The sender is another one now: what was bound to it, and could not be unbound, is not. */
void notification_forget(__u16 from)
{
	int i;

	for (i = 0; i < 64; i++) {
		if (state.sender[i] != from)
			continue;
		state.bound &= ~(1ULL << i);
		state.pending &= ~(1ULL << i);
	}
}

void notification_rx_full(void)
{
	state.framework |= RX_FULL;
	announce();
}

const struct counter *notification_counter(__u32 i)
{
	return i < sizeof(counters) / sizeof(counters[0]) ? &counters[i] : NULL;
}
