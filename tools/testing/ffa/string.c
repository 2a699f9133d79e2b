// SPDX-License-Identifier: GPL-2.0
/* What the compiler and the core expect to be there. */
#include <stddef.h>
#include <linux/types.h>
#include "string.h"

static int aligned(const void *a, const void *b)
{
	return !(((unsigned long)a | (unsigned long)b) & 7);
}

void *memcpy(void *to, const void *from, size_t len)
{
	const __u8 *source = from;
	__u8 *byte = to;

	for (; len >= 8 && aligned(byte, source); len -= 8) {
		*(__u64 *)byte = *(const __u64 *)source;
		byte += 8;
		source += 8;
	}
	while (len--)
		*byte++ = *source++;
	return to;
}

/* Also where the two overlap. */
void *memmove(void *to, const void *from, size_t len)
{
	const __u8 *source = from;
	__u8 *byte = to;

	if (to <= from)
		return memcpy(to, from, len);
	while (len--)
		byte[len] = source[len];
	return to;
}

void *memset(void *to, int value, size_t len)
{
	__u8 *byte = to;

	while (len--)
		*byte++ = (__u8)value;
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const __u8 *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	return len;
}
