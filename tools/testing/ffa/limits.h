/* SPDX-License-Identifier: GPL-2.0 */
/* Bounds of the manager, and where things are on QEMU's machine "virt". */
#ifndef _FFA_LIMITS_H
#define _FFA_LIMITS_H

#define CPUS		8
#define STACK_SIZE	0x4000

#define PAGE		4096
#define RAM_BASE	0x40000000
#define RAM_GIGABYTES	4
#define RAM_PAGES	(RAM_GIGABYTES << 18)

#define UART		0x09000000
#define GIC_CPU(n)	(0x080a0000UL + (n) * 0x20000UL)

/* At EL2: where QEMU's options put the kernel, and below that is ours. */
#define KERNEL_START	0x48000000
#define KERNEL_ENTRY	0x50000000

/* Of the secure partition manager: memory that TF-A gives it. */
#define SECURE_START	0x0e000000
#define SECURE_END	0x0f000000
#define SPMC_START	0x0e100000

/* The interrupt that says that there are notifications. */
#define SRI		8

#define SHARES		256
#define RANGES		32768	/* of all shares */
#define DESCRIPTOR_SIZE	(RANGES * 16 + 128)

/* Where shared memory is mapped: so much room for each share. */
#define WINDOWS_BASE	0x4000000000
#define WINDOW_SPAN	0x8000000
#define WINDOW_PAGES	(WINDOW_SPAN / PAGE)
#define WINDOW_TABLES	256	/* of 512 pages each */

#define RAMDISK_SIZE	(8 << 20)
#define EEPROM_SIZE	256

/* Events that wait, and those of a flood; which notification tells of room. */
#define EVENTS		256
#define EVENTS_FLOOD	50
#define EVENTS_ROOM	0

/* How often a partition that does not come to an end has to be run. */
#define RUNS		2000

#endif /* _FFA_LIMITS_H */
