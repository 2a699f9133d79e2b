/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _SHIM_ASM_BYTEORDER_H
#define _SHIM_ASM_BYTEORDER_H

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__linux__)
#include_next <asm/byteorder.h>
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define __cpu_to_le32(x)	((__le32)__builtin_bswap32(x))
#define __le32_to_cpu(x)	__builtin_bswap32(x)
#else
#define __cpu_to_le32(x)	((__le32)(x))
#define __le32_to_cpu(x)	((__u32)(x))
#endif

#endif /* _SHIM_ASM_BYTEORDER_H */
