// SPDX-License-Identifier: GPL-2.0
/*
 * In front of the kernel: its calls come as exceptions. FF-A is answered here,
 * PSCI passed on to QEMU.
 */
#include "main.h"
#include "manager.h"
#include "string.h"

#define EC_SHIFT	26
#define EC_HVC		0x16
#define EC_SMC		0x17

#define SMCCC_VERSION	0x80000000U
#define SMCCC_FEATURES	0x80000001U
#define SMCCC_1_2	0x10002
#define PSCI_CPU_SUSPEND 0x01
#define PSCI_CPU_OFF	0x02
#define PSCI_CPU_ON	0x03
#define PSCI_FEATURES	0x0a
#define PSCI_LAST	0x1f

/* Registers of the kernel, as start.S saves them. */
struct frame {
	__u64 x[31];
	__u64 elr;
	__u64 spsr;
	__u64 esr;
};

static_assert(sizeof(struct frame) == 0x110, "start.S");

/* Where a processor goes on that was turned on. */
struct { __u64 entry, context; } el2_cpus[CPUS];

__u64 el2_smc(__u64 function, __u64 a, __u64 b, __u64 c);
void el2_cpu_entry(void);
void el2_exception(struct frame *f);
void el2_main(void *fdt);

static __u64 cpu_on(const __u64 *x)
{
	__u64 cpu = x[1] & 0xff;

	if (cpu >= CPUS)
		return (__u64)FFA_INVALID;
	el2_cpus[cpu].entry = x[2];
	el2_cpus[cpu].context = x[3];
	__asm__ __volatile__("dsb sy" ::: "memory");
	return el2_smc(x[0], x[1], (__u64)el2_cpu_entry, cpu);
}

/* A processor that is suspended is not turned off: it just waits. */
static __u64 psci(const __u64 *x)
{
	switch (x[0] & 0x1f) {
	case PSCI_CPU_ON:
		return cpu_on(x);
	case PSCI_CPU_SUSPEND:
		__asm__ __volatile__("wfi");
		return 0;
	case PSCI_FEATURES:
		if ((__u32)x[1] == SMCCC_VERSION)
			return 0;
		return el2_smc(x[0], x[1], x[2], x[3]);
	default:
		return el2_smc(x[0], x[1], x[2], x[3]);
	}
}

static void call(struct frame *f)
{
	__u32 function = (__u32)f->x[0];
	__u32 number = function & 0xbfffffff;

	if (number >= SMC32(FFA_ERROR) && number <= SMC32(0xff))
		manager_call((struct regs *)f->x);
	else if (function == SMCCC_VERSION)
		f->x[0] = SMCCC_1_2;
	else if (number >= SMC32(0) && number <= SMC32(PSCI_LAST))
		f->x[0] = psci(f->x);
	else
		f->x[0] = (__u64)FFA_NOT_SUPPORTED;
}

/* An SMC is trapped before it happens. */
void el2_exception(struct frame *f)
{
	__u32 class = (__u32)(f->esr >> EC_SHIFT);
	__u64 far;

	if (class == EC_SMC) {
		f->elr += 4;
		call(f);
	} else if (class == EC_HVC) {
		call(f);
	} else {
		__asm__("mrs %0, far_el2" : "=r"(far));
		console_panic(f->esr, f->elr, far);
	}
}

void el2_main(void *fdt)
{
	manager_init(fdt, KERNEL_START);
}
