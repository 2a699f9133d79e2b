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
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/unaligned.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_scsi.h>
#include <uapi/linux/virtio_console.h>
#include <uapi/linux/virtio_gpio.h>
#include <uapi/linux/virtio_i2c.h>

#include "limits.h"
#include "policy.h"

/* 4 KiB of data, and the header or status that goes with it. */
#define SLOT_PAGE	4224
/* Half of 256 of these hold the largest request of a file system, 1 MiB. */
#define SLOT_TWO_PAGES	8448
/* A frame of 1514 bytes and its header. */
#define SLOT_FRAME	1664
#define SLOT_SMALL	320
#define SLOT_TINY	64

static_assert(!((SLOT_PAGE | SLOT_TWO_PAGES | SLOT_FRAME | SLOT_SMALL |
		 SLOT_TINY) % 64));
static_assert(SLOT_TWO_PAGES <= VIRTIO_MSG_LIMIT_SLOT);
static_assert(VIRTIO_MSG_LIMIT_RING >= 256);

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

static const struct virtio_msg_queue_policy net_rx = {
	.num = 256,
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

static const struct virtio_msg_queue_policy blk_requests = {
	.num = 256,
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

#define BLK_SEGMENT	max_t(u32, PAGE_SIZE, SZ_4K)
/* A header of 16 bytes and a status. */
#define BLK_OVERHEAD	17

static void blk_config(u8 *data, u32 size, u32 offered,
		       const struct virtio_msg_caps *caps)
{
	u32 room = min(caps->out, caps->in) - BLK_OVERHEAD;

	limit_le32(data, size, offsetof(struct virtio_blk_config, size_max),
		   offered & BIT(VIRTIO_BLK_F_SIZE_MAX), BLK_SEGMENT);
	limit_le32(data, size, offsetof(struct virtio_blk_config, seg_max),
		   offered & BIT(VIRTIO_BLK_F_SEG_MAX),
		   max(room / BLK_SEGMENT, 1u));
}

/* Console: a line that never waits for the other end. */

static const struct virtio_msg_queue_policy console_rx = {
	.num = 16,
	.in_size = SLOT_PAGE,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy console_tx = {
	.num = 128,
	.out_size = SLOT_SMALL,
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
};

static const struct virtio_msg_queue_policy scsi_events = {
	.num = 64,
	.in_size = SLOT_SMALL,
	.whole = true,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy scsi_requests = {
	.num = 256,
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

/* Command, response and sense data, generously. */
#define SCSI_OVERHEAD	1024

static void scsi_config(u8 *data, u32 size, u32 offered,
			const struct virtio_msg_caps *caps)
{
	u32 cap = min(caps->out, caps->in);
	u32 room = cap > SCSI_OVERHEAD ? cap - SCSI_OVERHEAD : 0;

	limit_le32(data, size, offsetof(struct virtio_scsi_config, max_sectors),
		   true, max(room / SECTOR_SIZE, 1u));
}

/* Socket */

static const struct virtio_msg_queue_policy vsock_rx = {
	.num = 128,
	.in_size = SLOT_PAGE,
	.unawaited = true,
};

static const struct virtio_msg_queue_policy vsock_tx = {
	.num = 128,
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

/* A header of 16 bytes: length, error -EIO, and the request's number. */
static const u8 fs_error[] = {
	16, 0, 0, 0, 0xfb, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0
};

static const struct virtio_msg_queue_policy fs_requests = {
	.num = 256,
	.out_size = SLOT_TWO_PAGES,
	.in_size = SLOT_TWO_PAGES,
	.whole = true,
	.error = fs_error,
	.error_len = sizeof(fs_error),
};

static const struct virtio_msg_queue_policy *fs_queue(u32 index, u32 max_vqs)
{
	return &fs_requests;
}

/* Plan 9's file system */

static const struct virtio_msg_queue_policy p9_requests = {
	.num = 256,
	.out_size = SLOT_TWO_PAGES,
	.in_size = SLOT_TWO_PAGES,
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
		/* Half of 16 receive slots hold a page; tunnels need more. */
		.device_id = VIRTIO_ID_NET,
		.main_queue = 1,
		.min_num = 16,
		.strip_high = GENMASK_ULL(68 - 64, 65 - 64),
		.queue = net_queue,
		.features = net_features,
	}, {
		.device_id = VIRTIO_ID_BLOCK,
		.strip = BIT(VIRTIO_BLK_F_ZONED),
		.force = BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX),
		.queue = blk_queue,
		.config = blk_config,
	}, {
		/* Ports would lose data where the console may. */
		.device_id = VIRTIO_ID_CONSOLE,
		.strip = BIT(VIRTIO_CONSOLE_F_MULTIPORT) |
			 BIT(VIRTIO_CONSOLE_F_EMERG_WRITE),
		.queue = console_queue,
	}, {
		.device_id = VIRTIO_ID_RNG,
		.remove = true,
		.queue = rng_queue,
	}, {
		/* Protection would come on top of the largest transfer. */
		.device_id = VIRTIO_ID_SCSI,
		.main_queue = 2,
		.strip = BIT(VIRTIO_SCSI_F_T10_PI),
		.queue = scsi_queue,
		.config = scsi_config,
	}, {
		/* Half of 32 slots hold the largest packet of 64 KiB. */
		.device_id = VIRTIO_ID_VSOCK,
		.main_queue = 1,
		.min_num = 32,
		.queue = vsock_queue,
	}, {
		.device_id = VIRTIO_ID_INPUT,
		.queue = input_queue,
	}, {
		.device_id = VIRTIO_ID_I2C_ADAPTER,
		.queue = i2c_queue,
	}, {
		.device_id = VIRTIO_ID_GPIO,
		.queue = gpio_queue,
	}, {
		.device_id = VIRTIO_ID_FS,
		.main_queue = 1,
		.queue = fs_queue,
	}, {
		.device_id = VIRTIO_ID_SCMI,
		.queue = scmi_queue,
	},
	/* Messages of up to 512,000 bytes, by default less. */
	{ .device_id = VIRTIO_ID_9P, .min_num = 128, .queue = p9_queue },
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
