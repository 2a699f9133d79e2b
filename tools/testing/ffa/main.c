// SPDX-License-Identifier: GPL-2.0
/* How the manager begins, and who calls it. */
#include "main.h"
#include "manager.h"

__u8 stacks[CPUS][STACK_SIZE] __attribute__((aligned(16)));

static __u32 lock_word;

/* One at a time: what is done with it held is short. */
void manager_lock(void)
{
	while (__atomic_exchange_n(&lock_word, 1, __ATOMIC_ACQUIRE))
		;
}

void manager_unlock(void)
{
	__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
}

/* Of one call, on any processor. */
void manager_call(struct regs *r)
{
	manager_lock();
	calls_handle(r);
	manager_unlock();
}

/*
 * What of the memory is the kernel's: not what is below its start, if the manager
 * is there, and nothing from the disk on.
 */
void manager_init(void *fdt, __u64 kernel_start)
{
	__u64 start, end, disk = 0, size = 0;

	console_init();
	pagetable_init();
	pagetable_enable();
	if (!fdt_memory(fdt, &start, &end))
		console_panic(0, 0, (__u64)fdt);
	if (fdt_arguments(fdt, "ffa_disk", &disk, &size) && disk < end)
		end = disk;
	if (kernel_start)
		start = kernel_start;
	fdt_limit_memory(fdt, start, end);
	memory_init(start, end);
	devices_init((__u8 *)disk, size);
	console_say("kernel has memory", start, end);
}
