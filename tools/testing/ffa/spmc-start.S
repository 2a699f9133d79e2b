/* SPDX-License-Identifier: GPL-2.0 */
/* Below TF-A, at S-EL2: the beginning of each processor, and the call of all calls. */
#include "manager.h"

	.section .head, "ax"
	.global	_start
_start:
	mrs	x0, mpidr_el1
	and	x20, x0, #0xff
	ldr	x1, =stacks + STACK_SIZE
	mov	x2, #STACK_SIZE
	madd	x1, x20, x2, x1
	mov	sp, x1
	ldr	x1, =vectors
	msr	vbar_el2, x1
	isb
	cbnz	x20, 2f
	ldr	x1, =_bss_start
	ldr	x2, =_bss_end
1:	stp	xzr, xzr, [x1], #16
	cmp	x1, x2
	b.lo	1b
	bl	spmc_main
2:	mov	x0, x20
	b	spmc_loop

	/* x0: registers of the call, and then of what comes back */
	.global	spmc_smc
spmc_smc:
	stp	x29, x30, [sp, #-32]!
	stp	x18, x0, [sp, #16]
	mov	x18, x0
	ldp	x16, x17, [x18, #0x80]
	ldp	x14, x15, [x18, #0x70]
	ldp	x12, x13, [x18, #0x60]
	ldp	x10, x11, [x18, #0x50]
	ldp	x8, x9, [x18, #0x40]
	ldp	x6, x7, [x18, #0x30]
	ldp	x4, x5, [x18, #0x20]
	ldp	x2, x3, [x18, #0x10]
	ldp	x0, x1, [x18]
	smc	#0
	ldr	x18, [sp, #24]
	stp	x0, x1, [x18]
	stp	x2, x3, [x18, #0x10]
	stp	x4, x5, [x18, #0x20]
	stp	x6, x7, [x18, #0x30]
	stp	x8, x9, [x18, #0x40]
	stp	x10, x11, [x18, #0x50]
	stp	x12, x13, [x18, #0x60]
	stp	x14, x15, [x18, #0x70]
	stp	x16, x17, [x18, #0x80]
	ldr	x18, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret

	.balign	0x800
vectors:
	.rept	16
	.balign	0x80
	mrs	x0, esr_el2
	mrs	x1, elr_el2
	mrs	x2, far_el2
	b	console_panic
	.endr
