// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is lost, by which the test bed shows that it looks for leaks.
 * Copies of some pointers may linger on stacks: lose enough.
 */

#include <linux/module.h>
#include <linux/slab.h>

#define PLANTED_LEAKS	512

static int __init planted_leak_init(void)
{
	void *buf;
	int i;

	for (i = 0; i < PLANTED_LEAKS; i++) {
		buf = kmalloc(128, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(buf);
	}
	return 0;
}
module_init(planted_leak_init);

static void __exit planted_leak_exit(void)
{
}
module_exit(planted_leak_exit);

MODULE_DESCRIPTION("Planted leak for the test beds");
MODULE_LICENSE("GPL");
