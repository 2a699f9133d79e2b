/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _SHIM_LINUX_STRING_H
#define _SHIM_LINUX_STRING_H

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#include <string.h>
#else
void *memcpy(void *to, const void *from, __SIZE_TYPE__ len);
void *memset(void *to, int value, __SIZE_TYPE__ len);
#endif

#endif /* _SHIM_LINUX_STRING_H */
