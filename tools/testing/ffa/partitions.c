// SPDX-License-Identifier: GPL-2.0
/* Who lives here, and how the kernel finds out. */
#include "manager.h"
#include "string.h"

/* Direct messages of both versions, and indirect ones, both ways; AArch64. */
#define PROPERTIES	0x70f
/* Of these, direct messages that it takes. */
#define DIRECT		0x201U

/* What PARTITION_INFO_GET tells of each. */
struct info {
	__u16 id;
	__u16 contexts;
	__u32 properties;
	__u8 uuid[16];
};

#define INFO_SIZE	sizeof(struct info)
#define INFO_PER_CALL	5

static const struct partition partitions[] = {
	{
		.id = DEVICES_ID,
		.properties = PROPERTIES,
		.uuid = { 0xc6, 0x60, 0x28, 0xb5, 0x24, 0x98, 0x4a, 0xa1,
			  0x9d, 0xe7, 0x77, 0xda, 0x61, 0x22, 0xab, 0xf0 },
		.direct = devices_direct,
		.indirect = devices_indirect,
	},
	{
		.id = CONTROL_ID,
		.properties = PROPERTIES,
		.uuid = { 0x3e, 0x0c, 0x4f, 0x59, 0x6d, 0x27, 0x4b, 0x7e,
			  0x8a, 0x11, 0x52, 0xc0, 0x9f, 0x1b, 0xd4, 0x76 },
		.direct = control_direct,
		.indirect = control_indirect,
	},
};

#define PARTITIONS	(sizeof(partitions) / sizeof(partitions[0]))

/* The partition with the devices takes indirect messages only. */
static bool devices_uncallable;

void partitions_uncallable(bool uncallable)
{
	devices_uncallable = uncallable;
}

static __u32 properties(const struct partition *p)
{
	return p->properties &
	       (devices_uncallable && p->id == DEVICES_ID ? ~DIRECT : ~0U);
}

const struct partition *partition_find(__u16 id)
{
	__u32 i;

	for (i = 0; i < PARTITIONS; i++)
		if (partitions[i].id == id)
			return &partitions[i];
	return NULL;
}

/* Those that answer to a UUID, all of them to the one of zeroes. */
static __u32 collect(const __u8 *uuid, struct info *info)
{
	static const __u8 any[16];
	__u32 i, n = 0;

	for (i = 0; i < PARTITIONS; i++) {
		const struct partition *p = &partitions[i];

		if (memcmp(uuid, any, 16) && memcmp(uuid, p->uuid, 16))
			continue;
		info[n].id = p->id;
		info[n].contexts = 1;
		info[n].properties = properties(p);
		memcpy(info[n++].uuid, p->uuid, 16);
	}
	return n;
}

void partition_info(struct regs *r)
{
	bool count_only = r->x[5] & 1;
	struct info info[PARTITIONS];
	__u32 uuid[4], size, i, n;
	void *rx;

	for (i = 0; i < 4; i++)
		uuid[i] = (__u32)r->x[1 + i];
	n = collect((__u8 *)uuid, info);
	if (!n) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	if (!count_only) {
		rx = buffers_take_rx(&size);
		if (!rx) {
			ffa_error(r, FFA_BUSY);
			return;
		}
		memcpy(rx, info, n * INFO_SIZE);
	}
	ffa_success(r);
	r->x[2] = n;
	r->x[3] = count_only ? 0 : INFO_SIZE;
}

void partition_info_regs(struct regs *r)
{
	struct info info[PARTITIONS];
	__u32 first = r->x[3] & 0xffff;
	__u32 n = collect((__u8 *)&r->x[1], info);
	__u32 last;

	if (first >= n) {
		ffa_error(r, FFA_INVALID);
		return;
	}
	last = n - first > INFO_PER_CALL ? first + INFO_PER_CALL - 1 : n - 1;
	ffa_success(r);
	r->x[0] = SMC64(FFA_SUCCESS);
	r->x[2] = (__u64)INFO_SIZE << 48 | (__u64)last << 16 | (n - 1);
	memcpy(&r->x[3], &info[first], (last - first + 1) * INFO_SIZE);
}
