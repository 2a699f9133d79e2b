/* SPDX-License-Identifier: BSD-3-Clause */
/* Little-endian words at any address, by bytes: right on every machine. */
#ifndef _SHIM_LINUX_UNALIGNED_H
#define _SHIM_LINUX_UNALIGNED_H

#include <linux/types.h>

static inline __u16 get_unaligned_le16(const void *p)
{
	const __u8 *b = p;

	return (__u16)(b[0] | b[1] << 8);
}

static inline __u32 get_unaligned_le32(const void *p)
{
	const __u8 *b = p;

	return get_unaligned_le16(b) | (__u32)get_unaligned_le16(b + 2) << 16;
}

static inline __u64 get_unaligned_le64(const void *p)
{
	const __u8 *b = p;

	return get_unaligned_le32(b) | (__u64)get_unaligned_le32(b + 4) << 32;
}

static inline void put_unaligned_le16(__u16 value, void *p)
{
	__u8 *b = p;

	b[0] = (__u8)value;
	b[1] = (__u8)(value >> 8);
}

static inline void put_unaligned_le32(__u32 value, void *p)
{
	__u8 *b = p;

	put_unaligned_le16((__u16)value, b);
	put_unaligned_le16((__u16)(value >> 16), b + 2);
}

static inline void put_unaligned_le64(__u64 value, void *p)
{
	__u8 *b = p;

	put_unaligned_le32((__u32)value, b);
	put_unaligned_le32((__u32)(value >> 32), b + 4);
}

#endif /* _SHIM_LINUX_UNALIGNED_H */
