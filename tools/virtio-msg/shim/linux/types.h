/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the codec expects of the kernel's <linux/types.h>. Where the system has
 * that header it is used, so that both may meet in one file.
 */
#ifndef _SHIM_LINUX_TYPES_H
#define _SHIM_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__linux__)
#include_next <linux/types.h>
#else
typedef uint8_t __u8;
typedef int8_t __s8;
typedef uint16_t __u16;
typedef int16_t __s16;
typedef uint32_t __u32;
typedef int32_t __s32;
typedef uint64_t __u64;
typedef int64_t __s64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
#endif

#endif /* _SHIM_LINUX_TYPES_H */
