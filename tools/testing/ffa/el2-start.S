/* SPDX-License-Identifier: GPL-2.0 */
/* In front of the kernel, at EL2: the beginning, and exceptions. */
#include "manager.h"

/* SMC is ours, and the kernel is of 64 bits; nothing else is trapped. */
#define HCR		(1 << 31 | 1 << 19)
#define CPTR		0x33ff
#define TIMER_ALLOWED	3
#define SRE		0xf
#define SCTLR_EL1_OFF	0x30d00800
#define EL1H_MASKED	0x3c5

	.section .head, "ax"
	.global	_start
_start:
	b	begin			/* as a kernel's image begins */
	.long	0
	.quad	0x80000			/* from the start of memory */
	.quad	_size
	.quad	0xa			/* little-endian, pages of 4 KiB, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

begin:
	mov	x20, x0			/* device tree */
	ldr	x1, =_bss_start
	ldr	x2, =_bss_end
1:	stp	xzr, xzr, [x1], #16
	cmp	x1, x2
	b.lo	1b
	mov	x0, #0
	bl	set_up_cpu
	mov	x0, x20
	bl	el2_main
	mov	x0, x20
	ldr	x1, =KERNEL_ENTRY
	b	enter_kernel

	/* Where PSCI begins on another processor, whose number is x0. */
	.global	el2_cpu_entry
el2_cpu_entry:
	mov	x21, x0
	bl	set_up_cpu
	bl	pagetable_enable
	ldr	x2, =el2_cpus
	add	x2, x2, x21, lsl #4
	ldp	x1, x0, [x2]
	b	enter_kernel

	/* x0: number of the processor */
set_up_cpu:
	ldr	x1, =stacks + STACK_SIZE
	mov	x2, #STACK_SIZE
	madd	x1, x0, x2, x1
	mov	sp, x1
	ldr	x1, =vectors
	msr	vbar_el2, x1
	ldr	x1, =HCR
	msr	hcr_el2, x1
	mov	x1, #CPTR
	msr	cptr_el2, x1
	msr	hstr_el2, xzr
	msr	mdcr_el2, xzr
	mov	x1, #TIMER_ALLOWED
	msr	cnthctl_el2, x1
	msr	cntvoff_el2, xzr
	mrs	x1, midr_el1
	msr	vpidr_el2, x1
	mrs	x1, mpidr_el1
	msr	vmpidr_el2, x1
	mov	x1, #SRE
	msr	S3_4_C12_C9_5, x1	/* ICC_SRE_EL2 */
	isb
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2 */
	msr	vttbr_el2, xzr
	ldr	x1, =SCTLR_EL1_OFF
	msr	sctlr_el1, x1
	isb
	ret

	/* x0: what the kernel gets, x1: where it begins */
enter_kernel:
	msr	elr_el2, x1
	mov	x1, #EL1H_MASKED
	msr	spsr_el2, x1
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	isb
	eret

	.global	el2_smc
el2_smc:
	smc	#0
	ret

	.macro	vector label
	.balign	0x80
	b	\label
	.endm

	.balign	0x800
vectors:
	.rept	8
	vector	wrong
	.endr
	vector	lower
	.rept	7
	vector	wrong
	.endr

lower:
	sub	sp, sp, #0x110
	stp	x0, x1, [sp, #0x00]
	stp	x2, x3, [sp, #0x10]
	stp	x4, x5, [sp, #0x20]
	stp	x6, x7, [sp, #0x30]
	stp	x8, x9, [sp, #0x40]
	stp	x10, x11, [sp, #0x50]
	stp	x12, x13, [sp, #0x60]
	stp	x14, x15, [sp, #0x70]
	stp	x16, x17, [sp, #0x80]
	stp	x18, x19, [sp, #0x90]
	stp	x20, x21, [sp, #0xa0]
	stp	x22, x23, [sp, #0xb0]
	stp	x24, x25, [sp, #0xc0]
	stp	x26, x27, [sp, #0xd0]
	stp	x28, x29, [sp, #0xe0]
	mrs	x1, elr_el2
	stp	x30, x1, [sp, #0xf0]
	mrs	x1, spsr_el2
	mrs	x2, esr_el2
	stp	x1, x2, [sp, #0x100]
	mov	x0, sp
	bl	el2_exception
	ldp	x30, x1, [sp, #0xf0]
	msr	elr_el2, x1
	ldr	x1, [sp, #0x100]
	msr	spsr_el2, x1
	ldp	x2, x3, [sp, #0x10]
	ldp	x4, x5, [sp, #0x20]
	ldp	x6, x7, [sp, #0x30]
	ldp	x8, x9, [sp, #0x40]
	ldp	x10, x11, [sp, #0x50]
	ldp	x12, x13, [sp, #0x60]
	ldp	x14, x15, [sp, #0x70]
	ldp	x16, x17, [sp, #0x80]
	ldp	x18, x19, [sp, #0x90]
	ldp	x20, x21, [sp, #0xa0]
	ldp	x22, x23, [sp, #0xb0]
	ldp	x24, x25, [sp, #0xc0]
	ldp	x26, x27, [sp, #0xd0]
	ldp	x28, x29, [sp, #0xe0]
	ldp	x0, x1, [sp, #0x00]
	add	sp, sp, #0x110
	eret

wrong:
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	console_panic
