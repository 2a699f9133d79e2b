/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's barriers between a processor and a peer that shares coherent
 * memory with it. A system whose peer is farther away defines its own.
 */
#ifndef _SHIM_ASM_BARRIER_H
#define _SHIM_ASM_BARRIER_H

#ifndef virt_mb
#define virt_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define virt_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define virt_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#endif

#endif /* _SHIM_ASM_BARRIER_H */
