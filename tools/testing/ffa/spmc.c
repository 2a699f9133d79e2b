// SPDX-License-Identifier: GPL-2.0
/* In the secure world: calls come as results of the call that waits for them. */
#include "main.h"
#include "manager.h"
#include "string.h"

/* Of a redistributor: group of interrupts, on the page of SGIs and PPIs. */
#define GIC_GROUP	0x10080
#define GIC_MODIFIER	0x10d00

/* Messages of the SPMD, told from those of partitions by a flag. */
#define FRAMEWORK	0x80000000U
#define FRAMEWORK_MASK	0xff
#define POWER_ANSWER	(FRAMEWORK | 2)
#define VERSION_QUESTION 8
#define VERSION_ANSWER	(FRAMEWORK | 9)

void spmc_smc(struct regs *r);
void spmc_main(void);
void spmc_loop(__u64 cpu) __attribute__((noreturn));

/* TF-A keeps this interrupt to itself; it is the kernel's. */
static void give_away_interrupt(__u64 cpu)
{
	__u64 gic = GIC_CPU(cpu);

	write32(gic + GIC_GROUP, read32(gic + GIC_GROUP) | 1U << SRI);
	write32(gic + GIC_MODIFIER, read32(gic + GIC_MODIFIER) & ~(1U << SRI));
}

static bool from_spmd(const struct regs *r)
{
	return r->x[0] == SMC32(FFA_DIRECT_REQ) && ((__u32)r->x[2] & FRAMEWORK);
}

static void answer_spmd(struct regs *r)
{
	__u64 ids = r->x[1];
	__u32 message = (__u32)r->x[2] & FRAMEWORK_MASK;

	memset(r, 0, sizeof(*r));
	r->x[0] = SMC32(FFA_DIRECT_RESP);
	r->x[1] = (ids & 0xffff) << 16 | (ids >> 16 & 0xffff);
	r->x[2] = message == VERSION_QUESTION ? VERSION_ANSWER : POWER_ANSWER;
	r->x[3] = message == VERSION_QUESTION ? FFA_VERSION_1_2 : 0;
}

void spmc_main(void)
{
	manager_init((void *)RAM_BASE, 0);
}

void spmc_loop(__u64 cpu)
{
	struct regs r = { { SMC32(FFA_MSG_WAIT) } };

	pagetable_enable();
	give_away_interrupt(cpu);
	for (;;) {
		spmc_smc(&r);
		if (from_spmd(&r))
			answer_spmd(&r);
		else
			manager_call(&r);
	}
}
