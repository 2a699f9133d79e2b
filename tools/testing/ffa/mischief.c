// SPDX-License-Identifier: GPL-2.0
/* How the partition with the devices misbehaves, when, and how often. */
#include "manager.h"

static struct {
	enum mischief kind;
	__u32 skip;
	__u32 count;
} plan;

static struct counter counter = { "mischief done", 0 };

/* After @skip messages, for @count of them. */
void mischief_plan(enum mischief kind, __u32 skip, __u32 count)
{
	plan.kind = kind;
	plan.skip = skip;
	plan.count = count;
}

/* What to do with the message that has come. */
enum mischief mischief_now(void)
{
	if (!plan.count)
		return MISCHIEF_NONE;
	if (plan.skip) {
		plan.skip--;
		return MISCHIEF_NONE;
	}
	plan.count--;
	counter.value++;
	return plan.kind;
}

/* Whether it is about to. */
bool mischief_is(enum mischief kind)
{
	return plan.kind == kind && plan.count && !plan.skip;
}

const struct counter *mischief_counter(__u32 i)
{
	return i ? NULL : &counter;
}
