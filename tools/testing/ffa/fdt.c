// SPDX-License-Identifier: GPL-2.0
/* The few things that are wanted of the machine's device tree. */
#include "manager.h"
#include "string.h"

#define FDT_STRUCT	8
#define FDT_STRINGS	12
#define FDT_BEGIN_NODE	1
#define FDT_END_NODE	2
#define FDT_PROP	3
#define FDT_NOP		4

static __u32 be32(const void *p)
{
	const __u8 *b = p;

	return (__u32)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

static __u64 be64(const void *p)
{
	return (__u64)be32(p) << 32 | be32((const __u8 *)p + 4);
}

static void put_be64(__u64 value, void *p)
{
	__u8 *b = p;
	int i;

	for (i = 0; i < 8; i++)
		b[i] = (__u8)(value >> (56 - 8 * i));
}

static __u32 padded(__u32 len)
{
	return (len + 3) & ~3U;
}

/* Property @name of the first node whose name begins with @node. */
static __u8 *find(const void *fdt, const char *node, const char *name,
		  __u32 *len)
{
	const __u8 *p = (const __u8 *)fdt + be32((const __u8 *)fdt + FDT_STRUCT);
	const char *strings = (const char *)fdt +
			      be32((const __u8 *)fdt + FDT_STRINGS);
	bool inside = false;
	__u32 token;

	for (;;) {
		token = be32(p);
		p += 4;
		if (token == FDT_BEGIN_NODE) {
			inside = !memcmp(p, node, strlen(node));
			p += padded(strlen((const char *)p) + 1);
		} else if (token == FDT_PROP) {
			*len = be32(p);
			if (inside && !memcmp(strings + be32(p + 4), name,
					      strlen(name) + 1))
				return (__u8 *)p + 8;
			p += 8 + padded(*len);
		} else if (token == FDT_END_NODE) {
			inside = false;
		} else if (token != FDT_NOP) {
			return NULL;
		}
	}
}

static const char *number(const char *text, __u64 *value)
{
	for (*value = 0; *text >= '0' && *text <= '9'; text++)
		*value = *value * 10 + (__u64)(*text - '0');
	return text;
}

/* NAME=A,B of the kernel's command line. */
bool fdt_arguments(const void *fdt, const char *name, __u64 *a, __u64 *b)
{
	__u32 len, i, n = (__u32)strlen(name);
	const char *text = (const char *)find(fdt, "chosen", "bootargs", &len);

	for (i = 0; text && i + n < len; i++) {
		if (memcmp(text + i, name, n) || text[i + n] != '=')
			continue;
		text = number(text + i + n + 1, a);
		if (*text != ',')
			return false;
		number(text + 1, b);
		return true;
	}
	return false;
}

bool fdt_memory(void *fdt, __u64 *start, __u64 *end)
{
	__u32 len;
	const __u8 *reg = find(fdt, "memory", "reg", &len);

	if (!reg || len != 16)
		return false;
	*start = be64(reg);
	*end = *start + be64(reg + 8);
	return true;
}

/* The kernel is to know of no more than this. */
void fdt_limit_memory(void *fdt, __u64 start, __u64 end)
{
	__u32 len;
	__u8 *reg = find(fdt, "memory", "reg", &len);

	put_be64(start, reg);
	put_be64(end - start, reg + 8);
}
