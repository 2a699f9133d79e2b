// SPDX-License-Identifier: GPL-2.0
/*
 * Where the manager sees what: devices and memory where they are, and memory of
 * the kernel that partitions hold a second time, in one piece for each share.
 * Pages of 4 KiB, addresses of 39 bits.
 */
#include "manager.h"

#define ENTRIES		512
#define BLOCK_2M	(1UL << 21)
#define BLOCK_1G	(1UL << 30)

#define DESC_BLOCK	0x1UL
#define DESC_TABLE	0x3UL
#define DESC_PAGE	0x3UL
#define DESC_NORMAL	0x000UL	/* of MAIR: 0 */
#define DESC_DEVICE	0x004UL	/* and 1 */
#define DESC_NON_SECURE	0x020UL
#define DESC_RES1	0x040UL
#define DESC_INNER	0x300UL
#define DESC_ACCESSED	0x400UL
#define DESC_NO_EXEC	(1UL << 54)
#define DESC_ADDRESS	0x0000fffffffff000UL

/* Normal memory, write-back; devices. */
#define MAIR		0x00ffUL
/* 39 bits, write-back, inner, 40 bits of output; what must be 1. */
#define TCR		(25UL | 1UL << 8 | 1UL << 10 | 3UL << 12 | 2UL << 16 | \
			 1UL << 23 | 1UL << 31)
/* MMU, caches; what must be 1. */
#define SCTLR		(0x30c50830UL | 1UL << 0 | 1UL << 2 | 1UL << 12)

#ifdef FFA_SPMC
#define KERNEL_MEMORY	(DESC_NORMAL | DESC_INNER | DESC_NON_SECURE)
#else
#define KERNEL_MEMORY	(DESC_NORMAL | DESC_INNER)
#endif

#define WINDOW_GIGABYTES ((__u64)SHARES * WINDOW_SPAN / BLOCK_1G)

typedef __u64 table[ENTRIES] __attribute__((aligned(PAGE)));

static table level1, low, windows[WINDOW_GIGABYTES], pages[WINDOW_TABLES];
/* Entries in use of each table of pages; those with none are free. */
static __u32 in_use[WINDOW_TABLES];

static_assert(WINDOWS_BASE / BLOCK_1G + WINDOW_GIGABYTES <= ENTRIES, "39 bits");

static __u64 entry(__u64 address, __u64 kind)
{
	return address | kind | DESC_RES1 | DESC_ACCESSED;
}

static void map_low(void)
{
	__u64 at;

	for (at = 0; at < BLOCK_1G; at += BLOCK_2M)
		low[at / BLOCK_2M] =
			at >= SECURE_START && at < SECURE_END ?
			entry(at, DESC_BLOCK | DESC_NORMAL | DESC_INNER) :
			entry(at, DESC_BLOCK | DESC_DEVICE | DESC_NO_EXEC);
	level1[0] = (__u64)low | DESC_TABLE;
}

void pagetable_init(void)
{
	__u32 i;

	map_low();
	for (i = 1; i <= RAM_GIGABYTES; i++)
		level1[i] = entry(i * BLOCK_1G, DESC_BLOCK | KERNEL_MEMORY);
	for (i = 0; i < WINDOW_GIGABYTES; i++)
		level1[WINDOWS_BASE / BLOCK_1G + i] =
			(__u64)windows[i] | DESC_TABLE;
}

/* On each processor. */
void pagetable_enable(void)
{
	__asm__ __volatile__("msr mair_el2, %0\n"
			     "msr tcr_el2, %1\n"
			     "msr ttbr0_el2, %2\n"
			     "tlbi alle2\n"
			     "dsb sy\n"
			     "isb\n"
			     "msr sctlr_el2, %3\n"
			     "isb"
			     :: "r"(MAIR), "r"(TCR), "r"(level1), "r"(SCTLR)
			     : "memory");
}

static __u64 *slot2(__u64 address)
{
	__u64 at = address - WINDOWS_BASE;

	return &windows[at / BLOCK_1G][at % BLOCK_1G / BLOCK_2M];
}

static __u64 *pages_of(__u64 slot)
{
	return (__u64 *)(slot & DESC_ADDRESS);
}

static __u32 number_of(const __u64 *t)
{
	return (__u32)((t - pages[0]) / ENTRIES);
}

static __u64 *find_table(void)
{
	__u32 i;

	for (i = 0; i < WINDOW_TABLES; i++)
		if (!in_use[i])
			return pages[i];
	return NULL;
}

bool pagetable_map(__u64 address, __u64 physical)
{
	__u64 *slot = slot2(address), *t;

	t = *slot ? pages_of(*slot) : find_table();
	if (!t)
		return false;
	in_use[number_of(t)]++;
	t[address / PAGE % ENTRIES] = entry(physical, DESC_PAGE |
					    KERNEL_MEMORY | DESC_NO_EXEC);
	__asm__ __volatile__("dsb ishst" ::: "memory");
	*slot = (__u64)t | DESC_TABLE;
	__asm__ __volatile__("dsb ishst\n isb" ::: "memory");
	return true;
}

/* Also where nothing is mapped. */
void pagetable_unmap(__u64 address, __u32 count)
{
	__u64 *slot, *t;

	for (; count--; address += PAGE) {
		slot = slot2(address);
		t = pages_of(*slot);
		if (!*slot || !t[address / PAGE % ENTRIES])
			continue;
		t[address / PAGE % ENTRIES] = 0;
		if (!--in_use[number_of(t)])
			*slot = 0;
	}
	__asm__ __volatile__("dsb ishst\n tlbi alle2is\n dsb ish\n isb"
			     ::: "memory");
}
