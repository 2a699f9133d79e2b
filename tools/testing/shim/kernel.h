/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as parts of drivers/virtio-msg need to run as a program,
 * to count their instructions or to feed them rubbish. One thread, no interrupts:
 * a lock is a flag that must not be set twice, a work runs when it is told to.
 *
 * Every header of the kernel that those parts include is this one (shim.mk).
 */
#ifndef _SHIM_KERNEL_H
#define _SHIM_KERNEL_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>
#include <linux/virtio_types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define U16_MAX			UINT16_MAX
#define U32_MAX			UINT32_MAX
#define S32_MAX			INT32_MAX
#define U64_MAX			UINT64_MAX

#define __rcu
#define __aligned(n)		__attribute__((aligned(n)))
#define noinline		__attribute__((noinline))
#ifndef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#endif
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#ifdef SHIM_FUZZ
/* Somebody may change what is loaded, until the very moment. */
void shim_before_load(const volatile void *p, size_t len);
#define READ_ONCE(x) \
	(*({ const volatile __typeof__(x) *_p = &(x); \
	     shim_before_load(_p, sizeof(*_p)); _p; }))
#else
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#endif
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))
#define BUILD_BUG_ON(x)		_Static_assert(!(x), #x)
#define static_assert_1(x, ...)	_Static_assert(x, #x)
#undef static_assert
#define static_assert(x, ...)	static_assert_1(x)
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define IS_ENABLED(option)	0
#define might_sleep()		do { } while (0)
#define cond_resched()		do { } while (0)

/* Numbers */

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK_ULL(high, low)	((~0ULL >> (63 - (high))) & (~0ULL << (low)))
#define SZ_1K			0x400
#define SZ_2K			0x800
#define SZ_4K			0x1000
#define SZ_8K			0x2000
#define SZ_16K			0x4000
#define SZ_32K			0x8000
#define SZ_64K			0x10000
#define SZ_128K			0x20000
#define SZ_256K			0x40000
#define SZ_512K			0x80000
#define SZ_1M			0x100000
#define SZ_64M			0x4000000
#define SZ_512M			0x20000000
#define SECTOR_SIZE		512

#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
		     _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
		     _a > _b ? _a : _b; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define min3(a, b, c)		min(min(a, b), c)
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))
#define ilog2(n)		(63 - __builtin_clzll(n))
#define rounddown_pow_of_two(n)	(1UL << ilog2(n))

#define SHIM_UNALIGNED(bits) \
static inline u##bits get_unaligned_le##bits(const void *p) \
{ \
	u##bits value; \
 \
	__builtin_memcpy(&value, p, sizeof(value)); \
	return value; \
} \
 \
static inline void put_unaligned_le##bits(u##bits value, void *p) \
{ \
	__builtin_memcpy(p, &value, sizeof(value)); \
}

SHIM_UNALIGNED(16)
SHIM_UNALIGNED(32)
SHIM_UNALIGNED(64)

/* Programs that need another byte order have to say so. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little endian");
#define le16_to_cpu(x)			((u16)(x))
#define cpu_to_le16(x)			((__le16)(x))
#define cpu_to_le32(x)			((__le32)(x))
#define __virtio16_to_cpu(little, x)	((u16)(x))
#define __virtio32_to_cpu(little, x)	((u32)(x))
#define __virtio64_to_cpu(little, x)	((u64)(x))
#define __cpu_to_virtio16(little, x)	((__virtio16)(x))
#define __cpu_to_virtio32(little, x)	((__virtio32)(x))
#define __cpu_to_virtio64(little, x)	((__virtio64)(x))

/* Errors in pointers */

#define IS_ERR(ptr)		((unsigned long)(ptr) >= -4095UL)
#define ERR_PTR(err)		((void *)(long)(err))
#define PTR_ERR(ptr)		((long)(ptr))

/* Memory: physical addresses are those of the program, all of it has pages. */

#define GFP_KERNEL		0
#define ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE	0
#define flush_dcache_page(page)	((void)(page))
#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_ALIGN(x)		ALIGN(x, (u32)PAGE_SIZE)
#define PHYS_PFN(addr)		((unsigned long)((addr) >> PAGE_SHIFT))
#define offset_in_page(addr)	((unsigned long)(addr) & (PAGE_SIZE - 1))

struct page;

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(pfn << PAGE_SHIFT);
}

static inline void *kmap_local_page(struct page *page)
{
	return page;
}

static inline void kunmap_local(const void *addr)
{
}

static inline void *phys_to_virt(u64 addr)
{
	return (void *)(unsigned long)addr;
}

#define kzalloc_obj(obj, ...)	((__typeof__(obj) *)kzalloc(sizeof(obj), 0))
#define kvcalloc(n, size, gfp)	kzalloc((size_t)(n) * (size), gfp)
#define kvfree(ptr)		free(ptr)
#define kfree(ptr)		free(ptr)

/* What copies payload can be told not to: then its cost is that of the call. */
extern bool shim_copies;
void *shim_memcpy(void *to, const void *from, size_t len);
#define memcpy(to, from, len) \
	(__builtin_constant_p(len) ? __builtin_memcpy(to, from, len) : \
				     shim_memcpy(to, from, len))

/* Barriers: one thread, and a processor as strict as x86. */

#define barrier()		__asm__ __volatile__("" : : : "memory")
#define virt_wmb()		barrier()
#define virt_rmb()		barrier()
#define virt_mb()		__sync_synchronize()
#define dma_wmb()		barrier()
#define dma_rmb()		barrier()
#define mb()			__sync_synchronize()

typedef struct {
	long counter;
} atomic_long_t;

/* Contexts and locks */

#define in_task()		(true)
#define irqs_disabled()		(false)

typedef struct {
	bool locked;
} spinlock_t;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->locked = false;
}

static inline void spin_lock_irq(spinlock_t *lock)
{
	assert(!lock->locked);
	lock->locked = true;
}

static inline void spin_unlock_irq(spinlock_t *lock)
{
	assert(lock->locked);
	lock->locked = false;
}

#define spin_lock_irqsave(lock, flags)	((flags) = 0, spin_lock_irq(lock))
#define spin_unlock_irqrestore(lock, flags) \
	((void)(flags), spin_unlock_irq(lock))

/* Works */

struct list_head {
	struct list_head *next, *prev;
};

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	work_func_t func;
	bool pending;
	struct work_struct *next;
};

struct delayed_work {
	struct work_struct work;
	struct {
		unsigned long expires;
	} timer;
};

struct workqueue_struct;

static inline void INIT_WORK(struct work_struct *work, work_func_t func)
{
	work->func = func;
	work->pending = false;
}

#define INIT_DELAYED_WORK(dwork, func)	INIT_WORK(&(dwork)->work, func)

/* Runs in shim_run_works(). */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);

/* Runs in shim_run_delayed(), unless at once: no time passes by itself. */
#ifdef SHIM_FUZZ
bool queue_delayed_work(struct workqueue_struct *wq,
			struct delayed_work *dwork, unsigned long delay);
#else
/* It costs what it costs in the kernel, which is none of the caller's. */
static inline bool queue_delayed_work(struct workqueue_struct *wq,
				      struct delayed_work *dwork,
				      unsigned long delay)
{
	bool idle = !dwork->work.pending;

	dwork->work.pending = true;
	return idle;
}
#endif

static inline bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	return cancel_work_sync(&dwork->work);
}

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

/* In place of the workers: true if a work was queued, or was delayed. */
bool shim_run_works(void);
bool shim_run_delayed(void);

/* Of a few small elements. */
static inline void sort_r(void *base, size_t num, size_t size,
			  int (*compare)(const void *a, const void *b,
					 const void *priv),
			  void *swap, const void *priv)
{
	u8 *at, *end = (u8 *)base + num * size;
	size_t i;
	u8 byte;

	for (; end > (u8 *)base + size; end -= size)
		for (at = base; at + size < end; at += size)
			for (i = compare(at, at + size, priv) > 0 ? size : 0;
			     i--;) {
				byte = at[i];
				at[i] = at[i + size];
				at[i + size] = byte;
			}
}

static inline unsigned long msecs_to_jiffies(u32 ms)
{
	return ms / 4;
}

/* Numbers that the headers of Debian 12 do not have yet. */
#define VIRTIO_NET_F_GUEST_USO4	54
#define VIRTIO_NET_F_GUEST_USO6	55
#define VIRTIO_NET_F_HOST_USO	56
#define VIRTIO_BLK_F_ZONED	17

#include "process.h"
#include "file.h"

#endif /* _SHIM_KERNEL_H */
