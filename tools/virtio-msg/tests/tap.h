/* SPDX-License-Identifier: BSD-3-Clause */
/* Results in the Test Anything Protocol. */
#ifndef _TESTS_TAP_H
#define _TESTS_TAP_H

#include "util.h"

#include <stdbool.h>

/* A result; on failure it also says where. Returns @good. */
bool tap_result(bool good, const char *file, int line, const char *format, ...)
	__printf(4, 5);

/* The plan. Returns the exit code of the program. */
int tap_done(void);

#define ok(good, ...) tap_result(good, __FILE__, __LINE__, __VA_ARGS__)
#define is(a, b, ...) tap_is((long long)(a), (long long)(b), __FILE__, \
			     __LINE__, __VA_ARGS__)

bool tap_is(long long a, long long b, const char *file, int line,
	    const char *format, ...) __printf(5, 6);

#endif /* _TESTS_TAP_H */
