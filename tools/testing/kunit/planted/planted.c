// SPDX-License-Identifier: GPL-2.0
/*
 * Suites with planted mistakes, by which the runner shows that it finds them.
 * Each is run alone: one report of KASAN, say, turns off the lock checks.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static DEFINE_MUTEX(planted_first);
static DEFINE_MUTEX(planted_second);

static void planted_pass_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1 + 1, 2);
}

static void planted_fail_test(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1 + 1, 3);
}

static void planted_skip_test(struct kunit *test)
{
	kunit_skip(test, "planted");
}

static void planted_overflow_test(struct kunit *test)
{
	char *buf = kmalloc(13, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	OPTIMIZER_HIDE_VAR(buf);
	buf[13] = 0;
	kfree(buf);
}

static void planted_inversion_test(struct kunit *test)
{
	mutex_lock(&planted_first);
	mutex_lock(&planted_second);
	mutex_unlock(&planted_second);
	mutex_unlock(&planted_first);

	mutex_lock(&planted_second);
	mutex_lock(&planted_first);
	mutex_unlock(&planted_first);
	mutex_unlock(&planted_second);
}

static void planted_hang_test(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(never);

	wait_for_completion(&never);
}

static void planted_crash_test(struct kunit *test)
{
	panic("planted");
}

#define PLANTED_SUITE(what)						\
static struct kunit_case planted_##what##_cases[] = {			\
	KUNIT_CASE(planted_##what##_test),				\
	{}								\
};									\
									\
static struct kunit_suite planted_##what = {				\
	.name = "planted_" #what,					\
	.test_cases = planted_##what##_cases,				\
}

PLANTED_SUITE(pass);
PLANTED_SUITE(fail);
PLANTED_SUITE(skip);
PLANTED_SUITE(overflow);
PLANTED_SUITE(inversion);
PLANTED_SUITE(hang);
PLANTED_SUITE(crash);

kunit_test_suites(&planted_pass, &planted_fail, &planted_skip,
		  &planted_overflow, &planted_inversion, &planted_hang,
		  &planted_crash);

MODULE_DESCRIPTION("Planted mistakes for the test beds");
MODULE_LICENSE("GPL");
