// SPDX-License-Identifier: BSD-3-Clause
/* Results in the Test Anything Protocol. */
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

static int tests;
static int failures;

static void print(bool good, const char *format, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, args);
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, text);
	if (!good)
		failures++;
}

bool tap_result(bool good, const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(good, format, args);
	va_end(args);
	if (!good)
		printf("# %s:%d\n", file, line);
	return good;
}

bool tap_is(long long a, long long b, const char *file, int line,
	    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(a == b, format, args);
	va_end(args);
	if (a != b)
		printf("# %s:%d: got %lld (%#llx), wanted %lld (%#llx)\n", file,
		       line, a, a, b, b);
	return a == b;
}

int tap_done(void)
{
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
