/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _SHIM_LINUX_KERNEL_H
#define _SHIM_LINUX_KERNEL_H

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#include <stdio.h>
#else
int snprintf(char *text, __SIZE_TYPE__ size, const char *format, ...);
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#endif /* _SHIM_LINUX_KERNEL_H */
