// SPDX-License-Identifier: BSD-3-Clause
/*
 * Types of devices: what the protocol leaves to the front end.
 *
 * Most back ends only know queues. A network card's address or the name of a
 * file system is made here, of the command line.
 */
#include <string.h>
#include <linux/unaligned.h>

#include "util.h"
#include "vhost-user/protocol.h"
#include "vhost-user/type.h"

#define BIT(n)	(1ULL << (n))

/* Network card */

#define NET_F_MTU		3
#define NET_F_MAC		5
#define NET_F_STATUS		16
#define NET_S_LINK_UP		1

/* All that needs the control queue, which a back end does not have. */
#define NET_HIDE	(BIT(2) | BIT(17) | BIT(18) | BIT(19) | BIT(20) | \
			 BIT(21) | BIT(22) | BIT(23) | BIT(51) | BIT(52) | \
			 BIT(53) | BIT(57) | BIT(60) | BIT(61) | BIT(62) | \
			 BIT(63) | \
			 BIT(NET_F_MTU) | BIT(NET_F_MAC) | BIT(NET_F_STATUS))

static __u64 net_offer(const struct vhu_options *options)
{
	return BIT(NET_F_STATUS) | (options->has_mac ? BIT(NET_F_MAC) : 0) |
	       (options->mtu ? BIT(NET_F_MTU) : 0);
}

/* Address, status, number of pairs, MTU. */
static __u32 net_config(const struct vhu_options *options, __u32 queues,
			__u8 *config, __u32 size)
{
	(void)queues;
	(void)size;
	memcpy(config, options->mac, sizeof(options->mac));
	put_unaligned_le16(NET_S_LINK_UP, config + 6);
	put_unaligned_le16(1, config + 8);
	put_unaligned_le16(options->mtu, config + 10);
	return 12;
}

/* Disk: everything is the back end's, but for the queues that we have. */

#define BLK_CONFIG	60
#define BLK_NUM_QUEUES	34

static __u32 blk_config(const struct vhu_options *options, __u32 queues,
			__u8 *config, __u32 size)
{
	(void)options;
	put_unaligned_le16((__u16)queues, config + BLK_NUM_QUEUES);
	return size;
}

/* File system */

#define FS_TAG		36

static __u32 fs_config(const struct vhu_options *options, __u32 queues,
		       __u8 *config, __u32 size)
{
	(void)size;
	memset(config, 0, FS_TAG);
	memcpy(config, options->tag, strlen(options->tag));
	put_unaligned_le32(queues - 1, config + FS_TAG);
	return FS_TAG + 4;
}

static const char *fs_needs(const struct vhu_options *options)
{
	if (!options->tag || !*options->tag)
		return "a file system needs --tag NAME, by which it is mounted";
	if (strlen(options->tag) > FS_TAG)
		return "the --tag has more than 36 bytes";
	return NULL;
}

static const struct vhu_type types[] = {
	{
		.name = "blk", .device_id = 2, .queues_min = 1,
		.backend_config = BLK_CONFIG, .config = blk_config,
	}, {
		.name = "fs", .device_id = 26, .queues = 2, .queues_min = 2,
		.config = fs_config, .needs = fs_needs,
	}, {
		.name = "net", .device_id = 1, .queues = 2, .queues_min = 2,
		.pairs = true, .in_order = true, .hide = NET_HIDE, .offer = net_offer,
		.config = net_config,
	},
	{ .name = "rng", .device_id = 4, .queues = 1, .queues_min = 1 },
	{ .name = "i2c", .device_id = 34, .queues = 1, .queues_min = 1 },
	{
		.name = "gpio", .device_id = 41, .queues = 2, .queues_min = 1,
		.backend_config = 8,
	}, {
		.name = "input", .device_id = 18, .queues = 2, .queues_min = 2,
		.backend_config = 136,
	}, {
		/* Of events, there are none. */
		.name = "vsock", .device_id = 19, .queues = 3, .queues_min = 3,
		.shared = 2, .backend_config = 8,
	}, {
		.name = "sound", .device_id = 25, .queues = 4, .queues_min = 4,
		.backend_config = 12,
	},
	{ .name = "scmi", .device_id = 32, .queues = 2, .queues_min = 1 },
	{
		.name = "can", .device_id = 36, .queues = 3, .queues_min = 3,
		.backend_config = 2,
	},
};

const struct vhu_type *vhu_type_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}

void vhu_type_list(FILE *f)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		fprintf(f, " %s", types[i].name);
}
