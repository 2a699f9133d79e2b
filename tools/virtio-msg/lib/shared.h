/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only way to the words of memory shared with the driver: each function
 * loads or stores exactly once, and converts from or to little-endian.
 */
#ifndef _VMSG_SHARED_H
#define _VMSG_SHARED_H

#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define VMSG_LE16(v) __builtin_bswap16(v)
#define VMSG_LE32(v) __builtin_bswap32(v)
#else
#define VMSG_LE16(v) (v)
#define VMSG_LE32(v) (v)
#endif

/*
 * Orders all accesses before it and after it. On a system whose peer is not in
 * the same coherence domain this must be a stronger barrier.
 */
#ifndef vmsg_mb
#define vmsg_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif
#ifndef vmsg_rmb
#define vmsg_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#endif
#ifndef vmsg_wmb
#define vmsg_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#endif

/* For those who want to change a word before it is loaded. */
#ifndef vmsg_before_load
#define vmsg_before_load(p) ((void)(p))
#endif

static inline __u16 vmsg_load16(const __u16 *p)
{
	__u16 v;

	vmsg_before_load(p);
	v = __atomic_load_n(p, __ATOMIC_RELAXED);
	return VMSG_LE16(v);
}

static inline __u32 vmsg_load32(const __u32 *p)
{
	__u32 v;

	vmsg_before_load(p);
	v = __atomic_load_n(p, __ATOMIC_RELAXED);
	return VMSG_LE32(v);
}

static inline void vmsg_store16(__u16 *p, __u16 v)
{
	__atomic_store_n(p, VMSG_LE16(v), __ATOMIC_RELAXED);
}

static inline void vmsg_store32(__u32 *p, __u32 v)
{
	__atomic_store_n(p, VMSG_LE32(v), __ATOMIC_RELAXED);
}

#endif /* _VMSG_SHARED_H */
