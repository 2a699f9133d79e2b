/* SPDX-License-Identifier: BSD-3-Clause */
/* Words that the kernel has and C has not. */
#ifndef _VMSG_UTIL_H
#define _VMSG_UTIL_H

#include <stddef.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))

#ifndef fallthrough
#define fallthrough	__attribute__((fallthrough))
#endif

#ifndef __printf
#define __printf(text, first)	__attribute__((__format__(printf, text, first)))
#endif

#endif /* _VMSG_UTIL_H */
