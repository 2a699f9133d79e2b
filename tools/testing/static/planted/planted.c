// SPDX-License-Identifier: GPL-2.0
/*
 * An endian error, by which the static checks show that sparse is at work.
 */

#include <linux/module.h>
#include <linux/types.h>

static __le32 planted_word;

static int __init planted_init(void)
{
	planted_word = 1;
	return 0;
}
module_init(planted_init);

static void __exit planted_exit(void)
{
}
module_exit(planted_exit);

MODULE_DESCRIPTION("Planted endian error for the static checks");
MODULE_LICENSE("GPL");
