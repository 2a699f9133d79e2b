// SPDX-License-Identifier: GPL-2.0
/* The calls of FF-A: what there is, what each does, how often it was made. */
#include "manager.h"
#include "string.h"

#define WIDE	1	/* there is a 64-bit form */
#define NARROW	2	/* there is a 32-bit form */
#define BOTH	(WIDE | NARROW)

/* Features that are no calls. */
#define FEATURE_NOTIFICATION	1
#define FEATURE_SRI		2

static void version(struct regs *r);
static void features(struct regs *r);

static void id_get(struct regs *r)
{
	ffa_success(r);
	r->x[2] = KERNEL_ID;
}

static void manager_id_get(struct regs *r)
{
	ffa_success(r);
	r->x[2] = MANAGER_ID;
}

struct call {
	__u8 number;
	__u8 forms;
	void (*handle)(struct regs *r);
};

static const struct call calls[] = {
	{ FFA_VERSION, NARROW, version },
	{ FFA_FEATURES, NARROW, features },
	{ FFA_ID_GET, NARROW, id_get },
	{ FFA_SPM_ID_GET, NARROW, manager_id_get },
	{ FFA_RXTX_MAP, BOTH, buffers_map },
	{ FFA_RXTX_UNMAP, NARROW, buffers_unmap },
	{ FFA_RX_RELEASE, NARROW, buffers_release },
	{ FFA_PARTITION_INFO_GET, NARROW, partition_info },
	{ FFA_PARTITION_INFO_REGS, WIDE, partition_info_regs },
	{ FFA_DIRECT_REQ, BOTH, message_direct },
	{ FFA_DIRECT_REQ2, WIDE, message_direct2 },
	{ FFA_RUN, NARROW, message_run },
	{ FFA_MSG_SEND2, NARROW, message_indirect },
	{ FFA_MEM_SHARE, BOTH, memory_share },
	{ FFA_MEM_FRAG_TX, NARROW, memory_fragment },
	{ FFA_MEM_RECLAIM, NARROW, memory_reclaim },
	{ FFA_NOTIFICATION_CREATE, NARROW, notification_create },
	{ FFA_NOTIFICATION_DESTROY, NARROW, notification_destroy },
	{ FFA_NOTIFICATION_BIND, NARROW, notification_bind },
	{ FFA_NOTIFICATION_UNBIND, NARROW, notification_unbind },
	{ FFA_NOTIFICATION_SET, NARROW, notification_set },
	{ FFA_NOTIFICATION_GET, NARROW, notification_get },
	{ FFA_NOTIFICATION_INFO, BOTH, notification_info },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

static struct counter counters[CALLS + 2] = {
	{ "call VERSION", 0 },
	{ "call FEATURES", 0 },
	{ "call ID_GET", 0 },
	{ "call SPM_ID_GET", 0 },
	{ "call RXTX_MAP", 0 },
	{ "call RXTX_UNMAP", 0 },
	{ "call RX_RELEASE", 0 },
	{ "call PARTITION_INFO_GET", 0 },
	{ "call PARTITION_INFO_GET_REGS", 0 },
	{ "call DIRECT_REQ", 0 },
	{ "call DIRECT_REQ2", 0 },
	{ "call RUN", 0 },
	{ "call SEND2", 0 },
	{ "call MEM_SHARE", 0 },
	{ "call MEM_FRAG_TX", 0 },
	{ "call MEM_RECLAIM", 0 },
	{ "call NOTIFICATION_CREATE", 0 },
	{ "call NOTIFICATION_DESTROY", 0 },
	{ "call NOTIFICATION_BIND", 0 },
	{ "call NOTIFICATION_UNBIND", 0 },
	{ "call NOTIFICATION_SET", 0 },
	{ "call NOTIFICATION_GET", 0 },
	{ "call NOTIFICATION_INFO_GET", 0 },
	{ "call unknown", 0 },
	{ "call failed on purpose", 0 },
};

#define UNKNOWN	CALLS
#define FAILED	(CALLS + 1)

/*
 * The call that is to fail: the next one after so many others, of those with this
 * number if it is not 0.
 */
static struct {
	__u32 after;
	__s32 error;
	__u8 number;
} failure;

void calls_fail(__u32 after, __s32 error, __u8 number)
{
	failure.after = after;
	failure.error = error;
	failure.number = number;
}

/* Has that call come? */
bool calls_failed(void)
{
	return !failure.error;
}

const struct counter *calls_counter(__u32 i)
{
	return i < CALLS + 2 ? &counters[i] : NULL;
}

void calls_reset(void)
{
	__u32 i;

	for (i = 0; i < CALLS + 2; i++)
		counters[i].value = 0;
}

void ffa_success(struct regs *r)
{
	memset(r, 0, sizeof(*r));
	r->x[0] = SMC32(FFA_SUCCESS);
}

void ffa_error(struct regs *r, __s32 code)
{
	memset(r, 0, sizeof(*r));
	r->x[0] = SMC32(FFA_ERROR);
	r->x[2] = (__u32)code;
}

static __s32 find(__u32 function)
{
	__u32 form = function >> 30 & 1 ? WIDE : NARROW;
	__u32 i;

	for (i = 0; i < CALLS; i++)
		if (calls[i].number == (function & 0xff) &&
		    (calls[i].forms & form))
			return (__s32)i;
	return -1;
}

static void version(struct regs *r)
{
	__u32 wanted = (__u32)r->x[1];

	memset(r, 0, sizeof(*r));
	if (wanted >> 16 == 1)
		r->x[0] = FFA_VERSION_1_2;
	else
		r->x[0] = (__u32)FFA_NOT_SUPPORTED;
}

static void features(struct regs *r)
{
	__u32 what = (__u32)r->x[1];

	if (what == FEATURE_SRI) {
		ffa_success(r);
		r->x[2] = SRI;
	} else if ((what & SMC32(0)) == SMC32(0) && find(what) >= 0) {
		ffa_success(r);
	} else {
		ffa_error(r, FFA_NOT_SUPPORTED);
	}
}

/* What is asked of the one who counts is not counted, and always works. */
static bool for_control(const struct regs *r)
{
	__u8 number = (__u8)r->x[0];

	return (number == FFA_DIRECT_REQ || number == FFA_DIRECT_REQ2) &&
	       (r->x[1] & 0xffff) == CONTROL_ID;
}

static bool fails(struct regs *r)
{
	if (!failure.error ||
	    (failure.number && failure.number != (r->x[0] & 0xff)))
		return false;
	if (failure.after) {
		failure.after--;
		return false;
	}
	ffa_error(r, failure.error);
	failure.error = 0;
	counters[FAILED].value++;
	return true;
}

void calls_handle(struct regs *r)
{
	__s32 i = find((__u32)r->x[0]);

	if (i < 0) {
		counters[UNKNOWN].value++;
		ffa_error(r, FFA_NOT_SUPPORTED);
		return;
	}
	if (!for_control(r)) {
		counters[i].value++;
		if (fails(r))
			return;
	}
	calls[i].handle(r);
}
