// SPDX-License-Identifier: GPL-2.0
/*
 * How each type of device fits a fat queue: sizes of slots, what is hidden
 * from the driver, how a request fails. A type that is not listed is refused:
 * its messages may carry addresses, or need memory of the device.
 *
 * A request that does not fit the window cannot be refused once the driver
 * has queued it, so the driver is kept from making one: by the configuration
 * (blk, scsi) or by hiding features (net).
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/unaligned.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_scsi.h>
#include <uapi/linux/fuse.h>
#include <uapi/linux/virtio_console.h>
#include <uapi/linux/virtio_gpio.h>
#include <uapi/linux/virtio_i2c.h>

#include "limits.h"
#include "policy.h"

/* 4 KiB of data, and the header or status that goes with it. */
#define SLOT_PAGE	4224
/* Half of a ring of these holds a page for each of its entries. */
#define SLOT_TWO_PAGES(page)	(2 * (page) + 256)
/* A frame of 1514 bytes and its header. */
#define SLOT_FRAME	1664
#define SLOT_SMALL	320
#define SLOT_TINY	64

static_assert(!((SLOT_PAGE | SLOT_FRAME | SLOT_SMALL | SLOT_TINY) % 64));
static_assert(SLOT_TWO_PAGES(PAGE_SIZE) <= VIRTIO_MSG_LIMIT_SLOT);
static_assert(VIRTIO_MSG_LIMIT_RING >= 256);

/* Half of a ring of @num slots of @slot bytes holds a request of @bytes. */
#define HOLDS(num, slot, bytes)	((u64)(num) / 2 * (slot) >= (bytes))
/* The fewest entries with which it does; rounded up, they are a power of 2. */
#define NUM_FOR(slot, bytes)	(2 * DIV_ROUND_UP(bytes, slot))
/* What depends on the size of a page is proven for all sizes there are. */
#define FOR_PAGES(check) \
	static_assert(check(SZ_4K) && check(SZ_16K) && check(SZ_64K))

/**
 * virtio_msg_policy_num() - entries of the ring of a queue
 * @queue: how it is relayed
 * @max_size: what the device allows, any value but 0
 *
 * Context: Any.
 * Return: a power of 2.
 */
u32 virtio_msg_policy_num(const struct virtio_msg_queue_policy *queue,
			  u32 max_size)
{
	return rounddown_pow_of_two(min_t(u32, queue->num, max_size));
}

/**
 * virtio_msg_policy_caps() - the largest request of a queue
 * @queue: how it is relayed
 * @num: entries of its ring
 *
 * Half of the slots, so that one request never takes all of them.
 *
 * Context: Any.
 * Return: bytes in each direction.
 */
struct virtio_msg_caps
virtio_msg_policy_caps(const struct virtio_msg_queue_policy *queue, u32 num)
{
	u32 slots = max_t(u32, num / 2, 1);
	struct virtio_msg_caps caps = {
		.out = slots * queue->out_size,
		.in = slots * queue->in_size,
	};

	return caps;
}

/* Makes a limit hold that @valid says is there. */
static void limit_le32(u8 *data, u32 size, u32 offset, bool valid, u32 limit)
{
	u32 value;

	if (offset + 4 > size)
		return;
	value = get_unaligned_le32(data + offset);
	if (!valid || !value || value > limit)
		put_unaligned_le32(limit, data + offset);
}

/* Network card */

/* Where they can be merged, its driver makes them of what is left of a page. */
#define NET_BUFFER(page)	(2 * (page))
#define NET_FITS(page)		HOLDS(256, SLOT_FRAME, NET_BUFFER(page))
FOR_PAGES(NET_FITS);

static const struct virtio_msg_queue_policy net_rx = {
	.num = 256,
	.min_num = NUM_FOR(SLOT_FRAME, NET_BUFFER(PAGE_SIZE)),
	.in_size = SLOT_FRAME,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy net_tx = {
	.num = 256,
	.out_size = SLOT_FRAME,
	.posted = true,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy net_control = {
	.num = 64,
	.out_size = SLOT_FRAME,
	.in_size = SLOT_SMALL,
	.deadline = true,
	.tail = true,
	.error_tail = VIRTIO_NET_ERR,
	.once = true,
};

static const struct virtio_msg_queue_policy *net_queue(u32 index, u32 max_vqs)
{
	/* Pairs, and at the end the control queue if there is one. */
	if (max_vqs % 2 && index == max_vqs - 1)
		return &net_control;
	return index % 2 ? &net_tx : &net_rx;
}

#define NET_LARGE_RX	(BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_UFO) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_USO6))
#define NET_LARGE_TX	(BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | \
			 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | \
			 BIT_ULL(VIRTIO_NET_F_HOST_ECN) | \
			 BIT_ULL(VIRTIO_NET_F_HOST_UFO) | \
			 BIT_ULL(VIRTIO_NET_F_HOST_USO))
/* The largest packet that segmentation offload makes, and its header. */
#define NET_LARGE	(65550 + (u32)sizeof(struct virtio_net_hdr_v1_hash))

static u64 net_features(u64 offered, const struct virtio_msg_caps *caps)
{
	/* Without it, each buffer would be as large as the largest packet. */
	if (!(offered & BIT_ULL(VIRTIO_NET_F_MRG_RXBUF)))
		offered &= ~NET_LARGE_RX;
	if (caps->out < NET_LARGE)
		offered &= ~NET_LARGE_TX;
	return offered;
}

/* Disk */

#define BLK_SEGMENT(page)	(page)
/* A header of 16 bytes and a status. */
#define BLK_OVERHEAD		17
#define BLK_FITS(page) \
	HOLDS(256, SLOT_PAGE, BLK_SEGMENT(page) + BLK_OVERHEAD)
FOR_PAGES(BLK_FITS);

static const struct virtio_msg_queue_policy blk_requests = {
	.num = 256,
	.min_num = NUM_FOR(SLOT_PAGE, BLK_SEGMENT(PAGE_SIZE) + BLK_OVERHEAD),
	.out_size = SLOT_PAGE,
	.in_size = SLOT_PAGE,
	.tail = true,
	.error_tail = VIRTIO_BLK_S_IOERR,
	.bounded = true,
};

static const struct virtio_msg_queue_policy *blk_queue(u32 index, u32 max_vqs)
{
	return &blk_requests;
}

static void blk_config(u8 *data, u32 size, u32 offered,
		       const struct virtio_msg_caps *caps)
{
	u32 room = min(caps->out, caps->in) - BLK_OVERHEAD;

	limit_le32(data, size, offsetof(struct virtio_blk_config, size_max),
		   offered & BIT(VIRTIO_BLK_F_SIZE_MAX), BLK_SEGMENT(PAGE_SIZE));
	limit_le32(data, size, offsetof(struct virtio_blk_config, seg_max),
		   offered & BIT(VIRTIO_BLK_F_SEG_MAX),
		   room / (u32)BLK_SEGMENT(PAGE_SIZE));
}

/* Console: a line that never waits for the other end. */

/* Its driver receives, and sends, up to a page at a time. */
#define CONSOLE_RX_NUM(page)	((page) > SZ_32K ? 32 : 16)
#define CONSOLE_TX_SLOT(page)	((page) > SZ_8K ? (page) / 32 : SLOT_SMALL)
#define CONSOLE_FITS(page) \
	(HOLDS(CONSOLE_RX_NUM(page), SLOT_PAGE, page) && \
	 HOLDS(128, CONSOLE_TX_SLOT(page), page))
FOR_PAGES(CONSOLE_FITS);

static const struct virtio_msg_queue_policy console_rx = {
	.num = CONSOLE_RX_NUM(PAGE_SIZE),
	.min_num = NUM_FOR(SLOT_PAGE, PAGE_SIZE),
	.in_size = SLOT_PAGE,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy console_tx = {
	.num = 128,
	.out_size = CONSOLE_TX_SLOT(PAGE_SIZE),
	.posted = true,
	.drop = true,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy *console_queue(u32 index,
							   u32 max_vqs)
{
	return index % 2 ? &console_tx : &console_rx;
}

/* Entropy */

/* Its driver waits for bytes, for its removal, or until it is killed. */
static const struct virtio_msg_queue_policy rng_requests = {
	.num = 16,
	.in_size = SLOT_SMALL,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy *rng_queue(u32 index, u32 max_vqs)
{
	return &rng_requests;
}

/* SCSI */

static const u8 scsi_task_error[] = { VIRTIO_SCSI_S_FUNCTION_REJECTED };
/* Sense length, residual, status qualifier and status come first. */
static const u8 scsi_error[] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, VIRTIO_SCSI_S_FAILURE
};

static const struct virtio_msg_queue_policy scsi_control = {
	.num = 64,
	.out_size = SLOT_SMALL,
	.in_size = SLOT_SMALL,
	.whole = true,
	.error = scsi_task_error,
	.error_len = sizeof(scsi_task_error),
	.once = true,
};

static const struct virtio_msg_queue_policy scsi_events = {
	.num = 64,
	.in_size = SLOT_SMALL,
	.whole = true,
	.unawaited = true,
};

/* Command, response and sense data, generously. */
#define SCSI_OVERHEAD		1024
/* The block layer does not accept less than a page. */
#define SCSI_FITS(page)		HOLDS(256, SLOT_PAGE, (page) + SCSI_OVERHEAD)
FOR_PAGES(SCSI_FITS);

static const struct virtio_msg_queue_policy scsi_requests = {
	.num = 256,
	.min_num = NUM_FOR(SLOT_PAGE, PAGE_SIZE + SCSI_OVERHEAD),
	.out_size = SLOT_PAGE,
	.in_size = SLOT_PAGE,
	.whole = true,
	.error = scsi_error,
	.error_len = sizeof(scsi_error),
};

static const struct virtio_msg_queue_policy *scsi_queue(u32 index, u32 max_vqs)
{
	return index == 0 ? &scsi_control :
	       index == 1 ? &scsi_events : &scsi_requests;
}

static void scsi_config(u8 *data, u32 size, u32 offered,
			const struct virtio_msg_caps *caps)
{
	u32 room = min(caps->out, caps->in) - SCSI_OVERHEAD;

	limit_le32(data, size, offsetof(struct virtio_scsi_config, max_sectors),
		   true, room / SECTOR_SIZE);
}

/* Socket */

static const struct virtio_msg_queue_policy vsock_rx = {
	.num = 128,
	.in_size = SLOT_PAGE,
	.unawaited = true,
};

/* The largest packet. */
#define VSOCK_PACKET	(SZ_64K + 44)

static const struct virtio_msg_queue_policy vsock_tx = {
	.num = 128,
	.min_num = NUM_FOR(SLOT_PAGE, VSOCK_PACKET),
	.out_size = SLOT_PAGE,
	.posted = true,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy vsock_events = {
	.num = 16,
	.in_size = SLOT_TINY,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy *vsock_queue(u32 index, u32 max_vqs)
{
	return index == 0 ? &vsock_rx : index == 1 ? &vsock_tx : &vsock_events;
}

/* Input */

static const struct virtio_msg_queue_policy input_events = {
	.num = 64,
	.in_size = SLOT_TINY,
	.whole = true,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy input_status = {
	.num = 64,
	.out_size = SLOT_TINY,
	.posted = true,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy *input_queue(u32 index, u32 max_vqs)
{
	return index ? &input_status : &input_events;
}

/* I2C: a transfer that is too long for the slots fails as one without answer */

static const struct virtio_msg_queue_policy i2c_requests = {
	.num = 64,
	.out_size = SLOT_SMALL,
	.in_size = SLOT_SMALL,
	.tail = true,
	.error_tail = VIRTIO_I2C_MSG_ERR,
	.bounded = true,
	.once = true,
	.together = true,
};

static const struct virtio_msg_queue_policy *i2c_queue(u32 index, u32 max_vqs)
{
	return &i2c_requests;
}

/* GPIO */

static const u8 gpio_error[] = { VIRTIO_GPIO_STATUS_ERR, 0 };

static const struct virtio_msg_queue_policy gpio_requests = {
	.num = 64,
	.out_size = SLOT_SMALL,
	.in_size = SLOT_SMALL,
	.error = gpio_error,
	.error_len = sizeof(gpio_error),
	.bounded = true,
	.once = true,
};

static const struct virtio_msg_queue_policy gpio_events = {
	.num = 256,
	.out_size = SLOT_TINY,
	.in_size = SLOT_TINY,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy *gpio_queue(u32 index, u32 max_vqs)
{
	return index ? &gpio_events : &gpio_requests;
}

/* File system, without the window of the device */

/* In the order of bytes of this machine, as the driver has it. */
static const struct fuse_out_header fs_error = {
	.len = sizeof(struct fuse_out_header),
	.error = -EIO,
};

static_assert(sizeof(fs_error) <= VIRTIO_MSG_LIMIT_ERROR);
/* The number of the request, which its driver looks for in the answer. */
static_assert(offsetof(struct fuse_in_header, unique) ==
	      offsetof(struct fuse_out_header, unique));

/*
 * Its driver makes requests of as many pages as its ring has entries, but for
 * four, and warns of a ring that has no more.
 */
#define FS_NUM(page)	(256 * SZ_4K / (page))
#define FS_FITS(page) \
	HOLDS(FS_NUM(page), SLOT_TWO_PAGES(page), FS_NUM(page) * (page) + SZ_1K)
FOR_PAGES(FS_FITS);

static const struct virtio_msg_queue_policy fs_requests = {
	.num = FS_NUM(PAGE_SIZE),
	.min_num = 8,
	.out_size = SLOT_TWO_PAGES(PAGE_SIZE),
	.in_size = SLOT_TWO_PAGES(PAGE_SIZE),
	.whole = true,
	.error = (const u8 *)&fs_error,
	.error_len = sizeof(fs_error),
	.echo = offsetof(struct fuse_out_header, unique),
};

static const struct virtio_msg_queue_policy *fs_queue(u32 index, u32 max_vqs)
{
	return &fs_requests;
}

/* Plan 9's file system */

/* Messages of up to 125 pages, if the mount options say so. */
#define P9_NUM(page)	((page) > SZ_4K ? 128 : 256)
#define P9_FITS(page)	HOLDS(128, SLOT_TWO_PAGES(page), 125 * (page))
FOR_PAGES(P9_FITS);

static const struct virtio_msg_queue_policy p9_requests = {
	.num = P9_NUM(PAGE_SIZE),
	.min_num = 128,
	.out_size = SLOT_TWO_PAGES(PAGE_SIZE),
	.in_size = SLOT_TWO_PAGES(PAGE_SIZE),
	.whole = true,
};

static const struct virtio_msg_queue_policy *p9_queue(u32 index, u32 max_vqs)
{
	return &p9_requests;
}

/* SCMI: messages of 128 bytes, whose sender has a timeout */

static const struct virtio_msg_queue_policy scmi_messages = {
	.num = 64,
	.out_size = SLOT_SMALL,
	.in_size = SLOT_SMALL,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy *scmi_queue(u32 index, u32 max_vqs)
{
	return &scmi_messages;
}

/* All others that carry all of their data in their queues */

static const struct virtio_msg_queue_policy general_requests = {
	.num = 256,
	.out_size = SLOT_PAGE,
	.in_size = SLOT_PAGE,
	.whole = true,
};

static const struct virtio_msg_queue_policy *general_queue(u32 index,
							   u32 max_vqs)
{
	return &general_requests;
}

static const struct virtio_msg_policy policies[] = {
	{
		/* Tunnels would need more than a packet does. */
		.device_id = VIRTIO_ID_NET,
		.resumable = true,
		.main_queue = 1,
		.strip_high = GENMASK_ULL(68 - 64, 65 - 64),
		.queue = net_queue,
		.features = net_features,
	}, {
		.device_id = VIRTIO_ID_BLOCK,
		.resumable = true,
		.strip = BIT(VIRTIO_BLK_F_ZONED),
		.force = BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX),
		.queue = blk_queue,
		.config = blk_config,
	}, {
		/* Ports would lose data where the console may. */
		.device_id = VIRTIO_ID_CONSOLE,
		.resumable = true,
		.strip = BIT(VIRTIO_CONSOLE_F_MULTIPORT) |
			 BIT(VIRTIO_CONSOLE_F_EMERG_WRITE),
		.queue = console_queue,
	}, {
		.device_id = VIRTIO_ID_RNG,
		.resumable = true,
		.remove = true,
		.queue = rng_queue,
	}, {
		/* Protection would come on top of the largest transfer. */
		.device_id = VIRTIO_ID_SCSI,
		.resumable = true,
		.main_queue = 2,
		.strip = BIT(VIRTIO_SCSI_F_T10_PI),
		.queue = scsi_queue,
		.config = scsi_config,
	}, {
		.device_id = VIRTIO_ID_VSOCK,
		.main_queue = 1,
		.queue = vsock_queue,
	}, {
		.device_id = VIRTIO_ID_INPUT,
		.resumable = true,
		.queue = input_queue,
	}, {
		.device_id = VIRTIO_ID_I2C_ADAPTER,
		.resumable = true,
		.queue = i2c_queue,
	}, {
		.device_id = VIRTIO_ID_GPIO,
		.resumable = true,
		.queue = gpio_queue,
	}, {
		.device_id = VIRTIO_ID_FS,
		.main_queue = 1,
		.queue = fs_queue,
	}, {
		.device_id = VIRTIO_ID_SCMI,
		.queue = scmi_queue,
	},
	{ .device_id = VIRTIO_ID_9P, .queue = p9_queue },
	{ .device_id = VIRTIO_ID_CLOCK, .queue = general_queue },
	{ .device_id = VIRTIO_ID_CRYPTO, .queue = general_queue },
	{ .device_id = VIRTIO_ID_SOUND, .queue = general_queue },
	{ .device_id = VIRTIO_ID_CAN, .queue = general_queue },
	{ .device_id = VIRTIO_ID_BT, .queue = general_queue },
};

/**
 * virtio_msg_policy_find() - how to relay a type of device
 * @device_id: virtio device type
 *
 * Context: Any.
 * Return: the policy; NULL for a type that cannot be relayed.
 */
const struct virtio_msg_policy *virtio_msg_policy_find(u32 device_id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(policies); i++)
		if (policies[i].device_id == device_id)
			return &policies[i];
	return NULL;
}

/**
 * virtio_msg_policy_features() - what the driver is shown of the device's bits
 * @policy: how the type is relayed
 * @offered: feature bits 0 to 63 that the device offers
 * @caps: the largest request
 *
 * Context: Any.
 * Return: feature bits 0 to 63.
 */
u64 virtio_msg_policy_features(const struct virtio_msg_policy *policy,
			       u64 offered, const struct virtio_msg_caps *caps)
{
	offered &= ~(u64)policy->strip;
	if (policy->features)
		offered = policy->features(offered, caps);
	return offered | policy->force;
}
