// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the codec. The bytes below are written by hand from the offsets in
 * the drafts, so that encoding and decoding cannot be wrong together.
 * Identifiers such as DEV-25 or T6 are rows of the list of requirements.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "protocol.h"

#define D26	BIT(0)
#define PR28	BIT(1)
#define BOTH	(D26 | PR28)

/* Largest message of the table, and room to send too much. */
#define WIRE_MAX	64
#define WIRE_PAD	8

struct wire_case {
	const char *name;
	unsigned long dialects;
	struct virtio_msg_fields fields;
	/* Bytes of payload of another legal form of this message, or 0. */
	u32 other;
	u32 len;
	u8 bytes[WIRE_MAX];
};

#define DEV	.dev_num = 0xd0d1, .token = 0x7071
#define BUS	.dev_num = 0, .token = 0x7071

/* The 8 bytes of a header: type, number, device, token 0x7071, size. */
#define LE16(x)	((x) & 0xff), ((x) >> 8)
#define HDR(type, id, dev, size) \
	type, id, LE16(dev), 0x71, 0x70, LE16(size)

#define UUID \
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, \
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f

static const u8 two_blocks[] = {
	0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a,
};

static const u8 five_bytes[] = { 0xc1, 0xc2, 0xc3, 0xc4, 0xc5 };
static const u8 bits_10[] = { 0x25, 0x02 };
static const u8 bits_16[] = { 0x25, 0x00 };

#define INFO_HEAD	.device_id = 0x01020304, .vendor_id = 0x05060708
#define INFO_TAIL	.config_size = 0x2a2b2c2d, .max_vqs = 0x3a3b3c3d
#define QUEUE_ADDRESSES \
	.desc = 0x0102030405060708, .driver = 0x1112131415161718, \
	.device = 0x2122232425262728
#define QUEUE_ADDRESS_BYTES \
	0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, \
	0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, \
	0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21

static const struct wire_case wire_cases[] = {
	{
		.name = "GET_DEVICE_INFO request",
		.dialects = BOTH,
		.fields = { VMSG_INFO_REQ, DEV },
		.len = 8,
		.bytes = { HDR(0x00, 0x02, 0xd0d1, 8) },
	}, {
		.name = "GET_DEVICE_INFO response, D26 (DEV-40 DEV-41)",
		.dialects = D26,
		.fields = { VMSG_INFO_RESP, DEV, .info = {
			INFO_HEAD, { UUID }, 0x1a1b1c1d, INFO_TAIL,
			.admin_vq_start = 0x4a4b4c4d,
			.admin_vq_count = 0x5a5b5c5d } },
		.len = 52,
		.bytes = { HDR(0x01, 0x02, 0xd0d1, 52),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
			UUID,
			0x1d, 0x1c, 0x1b, 0x1a, 0x2d, 0x2c, 0x2b, 0x2a,
			0x3d, 0x3c, 0x3b, 0x3a, 0x4d, 0x4c, 0x4b, 0x4a,
			0x5d, 0x5c, 0x5b, 0x5a },
	}, {
		.name = "GET_DEVICE_INFO response, PR28 counts bits",
		.dialects = PR28,
		.fields = { VMSG_INFO_RESP, DEV, .info = {
			INFO_HEAD, { 0 }, 3, INFO_TAIL,
			.admin_vq_start = 0x4c4d,
			.admin_vq_count = 0x5c5d } },
		.len = 32,
		.bytes = { HDR(0x01, 0x02, 0xd0d1, 32),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
			96, 0, 0, 0, 0x2d, 0x2c, 0x2b, 0x2a,
			0x3d, 0x3c, 0x3b, 0x3a, 0x4d, 0x4c, 0x5d, 0x5c },
	}, {
		.name = "GET_DEVICE_FEATURES request (DRV-28)",
		.dialects = BOTH,
		.fields = { VMSG_GET_FEATURES_REQ, DEV,
			.features = { 0x01020304, 0x05060708 } },
		.len = 16,
		.bytes = { HDR(0x00, 0x03, 0xd0d1, 16),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05 },
	}, {
		.name = "GET_DEVICE_FEATURES response (DRV-44)",
		.dialects = BOTH,
		.fields = { VMSG_GET_FEATURES_RESP, DEV,
			.features = { 0x01020304, 2, two_blocks } },
		.len = 24,
		.bytes = { HDR(0x01, 0x03, 0xd0d1, 24),
			0x04, 0x03, 0x02, 0x01, 2, 0, 0, 0,
			0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a },
	}, {
		.name = "SET_DRIVER_FEATURES request (DRV-45)",
		.dialects = BOTH,
		.fields = { VMSG_SET_FEATURES_REQ, DEV,
			.features = { 0x01020304, 2, two_blocks } },
		.len = 24,
		.bytes = { HDR(0x00, 0x04, 0xd0d1, 24),
			0x04, 0x03, 0x02, 0x01, 2, 0, 0, 0,
			0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a },
	}, {
		.name = "SET_DRIVER_FEATURES response",
		.dialects = BOTH,
		.fields = { VMSG_SET_FEATURES_RESP, DEV },
		.len = 8,
		.bytes = { HDR(0x01, 0x04, 0xd0d1, 8) },
	}, {
		.name = "GET_CONFIG request",
		.dialects = BOTH,
		.fields = { VMSG_GET_CONFIG_REQ, DEV, .config = {
			.offset = 0x01020304, .length = 0x05060708 } },
		.len = 16,
		.bytes = { HDR(0x00, 0x05, 0xd0d1, 16),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05 },
	}, {
		.name = "GET_CONFIG response (DEV-6)",
		.dialects = BOTH,
		.fields = { VMSG_GET_CONFIG_RESP, DEV, .config = {
			.generation = 0x01020304, .offset = 0x05060708,
			.length = 5, .data_len = 5, .data = five_bytes } },
		.len = 25,
		.bytes = { HDR(0x01, 0x05, 0xd0d1, 25),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
			5, 0, 0, 0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5 },
	}, {
		.name = "SET_CONFIG request",
		.dialects = BOTH,
		.fields = { VMSG_SET_CONFIG_REQ, DEV, .config = {
			.generation = 0x01020304, .offset = 0x05060708,
			.length = 5, .data_len = 5, .data = five_bytes } },
		.len = 25,
		.bytes = { HDR(0x00, 0x06, 0xd0d1, 25),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
			5, 0, 0, 0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5 },
	}, {
		.name = "SET_CONFIG request of nothing (DEV-47 DRV-46)",
		.dialects = BOTH,
		.fields = { VMSG_SET_CONFIG_REQ, DEV, .config = {
			.generation = 0x01020304, .offset = 0x05060708 } },
		.len = 20,
		.bytes = { HDR(0x00, 0x06, 0xd0d1, 20),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05 },
	}, {
		.name = "SET_CONFIG response with data (T8)",
		.dialects = BOTH,
		.fields = { VMSG_SET_CONFIG_RESP, DEV, .config = {
			.generation = 0x01020304, .offset = 0x05060708,
			.length = 5, .data_len = 5, .data = five_bytes } },
		.other = 12,
		.len = 25,
		.bytes = { HDR(0x01, 0x06, 0xd0d1, 25),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
			5, 0, 0, 0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5 },
	}, {
		.name = "SET_CONFIG response without data (T8)",
		.dialects = BOTH,
		.fields = { VMSG_SET_CONFIG_RESP, DEV, .config = {
			.generation = 0x01020304, .offset = 0x05060708,
			.length = 5 } },
		.other = 17,
		.len = 20,
		.bytes = { HDR(0x01, 0x06, 0xd0d1, 20),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05,
			5, 0, 0, 0 },
	}, {
		.name = "SET_CONFIG response that rejects (DEV-48 DEV-49)",
		.dialects = BOTH,
		.fields = { VMSG_SET_CONFIG_RESP, DEV, .config = {
			.generation = 0x01020304, .offset = 0x05060708 } },
		.len = 20,
		.bytes = { HDR(0x01, 0x06, 0xd0d1, 20),
			0x04, 0x03, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05 },
	}, {
		.name = "GET_DEVICE_STATUS request",
		.dialects = BOTH,
		.fields = { VMSG_GET_STATUS_REQ, DEV },
		.len = 8,
		.bytes = { HDR(0x00, 0x07, 0xd0d1, 8) },
	}, {
		.name = "GET_DEVICE_STATUS response (DEV-50)",
		.dialects = BOTH,
		.fields = { VMSG_GET_STATUS_RESP, DEV,
			.status = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x01, 0x07, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "SET_DEVICE_STATUS request (DRV-26)",
		.dialects = BOTH,
		.fields = { VMSG_SET_STATUS_REQ, DEV,
			.status = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x00, 0x08, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "SET_DEVICE_STATUS response (DEV-52)",
		.dialects = BOTH,
		.fields = { VMSG_SET_STATUS_RESP, DEV,
			.status = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x01, 0x08, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "GET_VQUEUE request (DRV-51)",
		.dialects = BOTH,
		.fields = { VMSG_GET_VQUEUE_REQ, DEV, .vq = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x00, 0x09, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "GET_VQUEUE response, D26 (DEV-56 DEV-58)",
		.dialects = D26,
		.fields = { VMSG_GET_VQUEUE_RESP, DEV, .vq = {
			0x31323334, 0x41424344, 0x51525354, 0x01,
			QUEUE_ADDRESSES } },
		.len = 48,
		.bytes = { HDR(0x01, 0x09, 0xd0d1, 48),
			0x34, 0x33, 0x32, 0x31, 0x44, 0x43, 0x42, 0x41,
			0x54, 0x53, 0x52, 0x51, 0x01, 0x00, 0x00, 0x00,
			QUEUE_ADDRESS_BYTES },
	}, {
		.name = "GET_VQUEUE response, PR28 says by its size (T2)",
		.dialects = PR28,
		.fields = { VMSG_GET_VQUEUE_RESP, DEV, .vq = {
			0x31323334, 0x41424344, 0x51525354, 0x01,
			QUEUE_ADDRESSES } },
		.len = 48,
		.bytes = { HDR(0x01, 0x09, 0xd0d1, 48),
			0x34, 0x33, 0x32, 0x31, 0x44, 0x43, 0x42, 0x41,
			0x54, 0x53, 0x52, 0x51, 0x00, 0x00, 0x00, 0x00,
			QUEUE_ADDRESS_BYTES },
	}, {
		.name = "GET_VQUEUE response, no such queue (DEV-57)",
		.dialects = BOTH,
		.fields = { VMSG_GET_VQUEUE_RESP, DEV, .vq = { 0x31323334 } },
		.len = 48,
		.bytes = { HDR(0x01, 0x09, 0xd0d1, 48),
			0x34, 0x33, 0x32, 0x31 },
	}, {
		.name = "SET_VQUEUE request, D26 (DRV-53 DEV-63)",
		.dialects = D26,
		.fields = { VMSG_SET_VQUEUE_REQ, DEV, .vq = {
			0x31323334, 0, 0x51525354, 0x3e, QUEUE_ADDRESSES } },
		.len = 48,
		.bytes = { HDR(0x00, 0x0a, 0xd0d1, 48),
			0x34, 0x33, 0x32, 0x31, 0x3e, 0x00, 0x00, 0x00,
			0x54, 0x53, 0x52, 0x51, 0x00, 0x00, 0x00, 0x00,
			QUEUE_ADDRESS_BYTES },
	}, {
		.name = "SET_VQUEUE request, PR28 always enables (T2)",
		.dialects = PR28,
		.fields = { VMSG_SET_VQUEUE_REQ, DEV, .vq = {
			0x31323334, 0, 0x51525354, 0x01, QUEUE_ADDRESSES } },
		.len = 48,
		.bytes = { HDR(0x00, 0x0a, 0xd0d1, 48),
			0x34, 0x33, 0x32, 0x31, 0x00, 0x00, 0x00, 0x00,
			0x54, 0x53, 0x52, 0x51, 0x00, 0x00, 0x00, 0x00,
			QUEUE_ADDRESS_BYTES },
	}, {
		.name = "SET_VQUEUE response",
		.dialects = BOTH,
		.fields = { VMSG_SET_VQUEUE_RESP, DEV },
		.len = 8,
		.bytes = { HDR(0x01, 0x0a, 0xd0d1, 8) },
	}, {
		.name = "RESET_VQUEUE request (DRV-60)",
		.dialects = BOTH,
		.fields = { VMSG_RESET_VQUEUE_REQ, DEV, .vq = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x00, 0x0b, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "RESET_VQUEUE response",
		.dialects = BOTH,
		.fields = { VMSG_RESET_VQUEUE_RESP, DEV },
		.len = 8,
		.bytes = { HDR(0x01, 0x0b, 0xd0d1, 8) },
	}, {
		.name = "GET_SHM request",
		.dialects = BOTH,
		.fields = { VMSG_GET_SHM_REQ, DEV, .shm = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x00, 0x0c, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "GET_SHM response, D26 (DEV-69 DEV-70)",
		.dialects = D26,
		.fields = { VMSG_GET_SHM_RESP, DEV, .shm = {
			0x31323334, 0x0102030405060708, 0x1112131415161718 } },
		.len = 32,
		.bytes = { HDR(0x01, 0x0c, 0xd0d1, 32),
			0x34, 0x33, 0x32, 0x31, 0x00, 0x00, 0x00, 0x00,
			0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
			0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11 },
	}, {
		.name = "GET_SHM response, PR28 (DEV-69)",
		.dialects = PR28,
		.fields = { VMSG_GET_SHM_RESP, DEV, .shm = {
			0x31323334, 0x05060708, 0x15161718 } },
		.len = 20,
		.bytes = { HDR(0x01, 0x0c, 0xd0d1, 20),
			0x34, 0x33, 0x32, 0x31, 0x08, 0x07, 0x06, 0x05,
			0x18, 0x17, 0x16, 0x15 },
	}, {
		.name = "EVENT_CONFIG with data (T6)",
		.dialects = BOTH,
		.fields = { VMSG_EVENT_CONFIG, DEV, .config = {
			0x01020304, 0x11121314, 0x21222324, 5, 5,
			five_bytes } },
		.other = 16,
		.len = 29,
		.bytes = { HDR(0x00, 0x40, 0xd0d1, 29),
			0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11,
			0x24, 0x23, 0x22, 0x21, 5, 0, 0, 0,
			0xc1, 0xc2, 0xc3, 0xc4, 0xc5 },
	}, {
		.name = "EVENT_CONFIG of a range without data (T6)",
		.dialects = BOTH,
		.fields = { VMSG_EVENT_CONFIG, DEV, .config = {
			0x01020304, 0x11121314, 0x21222324, 5 } },
		.other = 21,
		.len = 24,
		.bytes = { HDR(0x00, 0x40, 0xd0d1, 24),
			0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11,
			0x24, 0x23, 0x22, 0x21, 5, 0, 0, 0 },
	}, {
		.name = "EVENT_CONFIG of the status (DEV-10 DEV-14 T27)",
		.dialects = BOTH,
		.fields = { VMSG_EVENT_CONFIG, DEV, .config = {
			0x01020304, 0x11121314 } },
		.len = 24,
		.bytes = { HDR(0x00, 0x40, 0xd0d1, 24),
			0x04, 0x03, 0x02, 0x01, 0x14, 0x13, 0x12, 0x11 },
	}, {
		.name = "EVENT_AVAIL (DRV-61 DRV-62)",
		.dialects = BOTH,
		.fields = { VMSG_EVENT_AVAIL, DEV,
			.notify = { 0x01020304, 0x85868788 } },
		.len = 16,
		.bytes = { HDR(0x00, 0x41, 0xd0d1, 16),
			0x04, 0x03, 0x02, 0x01, 0x88, 0x87, 0x86, 0x85 },
	}, {
		.name = "EVENT_USED (DRV-38)",
		.dialects = BOTH,
		.fields = { VMSG_EVENT_USED, DEV, .notify = { 0x01020304 } },
		.len = 12,
		.bytes = { HDR(0x00, 0x42, 0xd0d1, 12),
			0x04, 0x03, 0x02, 0x01 },
	}, {
		.name = "GET_DEVICES request (BUS-16)",
		.dialects = BOTH,
		.fields = { VMSG_GET_DEVICES_REQ, BUS,
			.devices = { 0x0108, 0x0210 } },
		.len = 12,
		.bytes = { HDR(0x02, 0x02, 0, 12), 0x08, 0x01, 0x10, 0x02 },
	}, {
		.name = "GET_DEVICES response, D26: next first (DBUS-5 DBUS-8)",
		.dialects = D26,
		.fields = { VMSG_GET_DEVICES_RESP, BUS,
			.devices = { 0x0103, 10, 0x0405, bits_10 } },
		.len = 16,
		.bytes = { HDR(0x03, 0x02, 0, 16),
			0x03, 0x01, 0x05, 0x04, 10, 0, 0x25, 0x02 },
	}, {
		.name = "GET_DEVICES response, PR28: count first (DBUS-5)",
		.dialects = PR28,
		.fields = { VMSG_GET_DEVICES_RESP, BUS,
			.devices = { 0x0108, 16, 0x0410, bits_16 } },
		.len = 16,
		.bytes = { HDR(0x03, 0x02, 0, 16),
			0x08, 0x01, 16, 0, 0x10, 0x04, 0x25, 0x00 },
	}, {
		.name = "GET_DEVICES response, D26, of none (DBUS-6 DBUS-11)",
		.dialects = D26,
		.fields = { VMSG_GET_DEVICES_RESP, BUS,
			.devices = { 0x0103, 0, 0 } },
		.len = 14,
		.bytes = { HDR(0x03, 0x02, 0, 14), 0x03, 0x01 },
	}, {
		.name = "PING request (T21)",
		.dialects = BOTH,
		.fields = { VMSG_PING_REQ, BUS, .ping = { 0x81828384 } },
		.len = 12,
		.bytes = { HDR(0x02, 0x03, 0, 12), 0x84, 0x83, 0x82, 0x81 },
	}, {
		.name = "PING response (BUS-26)",
		.dialects = BOTH,
		.fields = { VMSG_PING_RESP, BUS, .ping = { 0x81828384 } },
		.len = 12,
		.bytes = { HDR(0x03, 0x03, 0, 12), 0x84, 0x83, 0x82, 0x81 },
	}, {
		.name = "EVENT_DEVICE (DBUS-12 T20)",
		.dialects = BOTH,
		.fields = { VMSG_EVENT_DEVICE, BUS,
			.event = { 0x0102, 0x8304 } },
		.len = 12,
		.bytes = { HDR(0x02, 0x40, 0, 12), 0x02, 0x01, 0x04, 0x83 },
	},
};

KUNIT_ARRAY_PARAM_DESC(wire, wire_cases, name);

static const struct virtio_msg_dialect *const dialects[] = {
	&virtio_msg_d26, &virtio_msg_pr28,
};

/* Equality of what two messages mean. */

static bool same_data(const u8 *a, const u8 *b, u64 len)
{
	return !len || (a && b && !memcmp(a, b, len));
}

static bool same_payload(const struct virtio_msg_fields *a,
			 const struct virtio_msg_fields *b)
{
	switch (a->kind) {
	case VMSG_INFO_RESP:
		return !memcmp(&a->info, &b->info, sizeof(a->info));
	case VMSG_GET_FEATURES_REQ:
		return a->features.index == b->features.index &&
		       a->features.count == b->features.count;
	case VMSG_GET_FEATURES_RESP:
	case VMSG_SET_FEATURES_REQ:
		return a->features.index == b->features.index &&
		       a->features.count == b->features.count &&
		       same_data(a->features.data, b->features.data,
				 4ULL * a->features.count);
	case VMSG_GET_CONFIG_REQ:
		return a->config.offset == b->config.offset &&
		       a->config.length == b->config.length;
	case VMSG_EVENT_CONFIG:
		if (a->config.status != b->config.status)
			return false;
		fallthrough;
	case VMSG_GET_CONFIG_RESP:
	case VMSG_SET_CONFIG_REQ:
	case VMSG_SET_CONFIG_RESP:
		return a->config.generation == b->config.generation &&
		       a->config.offset == b->config.offset &&
		       a->config.length == b->config.length &&
		       a->config.data_len == b->config.data_len &&
		       same_data(a->config.data, b->config.data,
				 a->config.data_len);
	case VMSG_GET_STATUS_RESP:
	case VMSG_SET_STATUS_REQ:
	case VMSG_SET_STATUS_RESP:
		return a->status.status == b->status.status;
	case VMSG_GET_VQUEUE_REQ:
	case VMSG_RESET_VQUEUE_REQ:
		return a->vq.index == b->vq.index;
	case VMSG_GET_VQUEUE_RESP:
	case VMSG_SET_VQUEUE_REQ:
		return a->vq.index == b->vq.index &&
		       a->vq.max_size == b->vq.max_size &&
		       a->vq.size == b->vq.size &&
		       a->vq.flags == b->vq.flags &&
		       a->vq.desc == b->vq.desc &&
		       a->vq.driver == b->vq.driver &&
		       a->vq.device == b->vq.device;
	case VMSG_GET_SHM_REQ:
		return a->shm.id == b->shm.id;
	case VMSG_GET_SHM_RESP:
		return a->shm.id == b->shm.id && a->shm.addr == b->shm.addr &&
		       a->shm.length == b->shm.length;
	case VMSG_EVENT_AVAIL:
	case VMSG_EVENT_USED:
		return a->notify.index == b->notify.index &&
		       a->notify.next_offset == b->notify.next_offset;
	case VMSG_GET_DEVICES_REQ:
	case VMSG_GET_DEVICES_RESP:
		return a->devices.offset == b->devices.offset &&
		       a->devices.count == b->devices.count &&
		       a->devices.next_offset == b->devices.next_offset &&
		       (a->kind == VMSG_GET_DEVICES_REQ ||
			same_data(a->devices.bitmap, b->devices.bitmap,
				  DIV_ROUND_UP(a->devices.count, 8)));
	case VMSG_PING_REQ:
	case VMSG_PING_RESP:
		return a->ping.data == b->ping.data;
	case VMSG_EVENT_DEVICE:
		return a->event.dev_num == b->event.dev_num &&
		       a->event.state == b->event.state;
	default:
		return true;
	}
}

static bool same(const struct virtio_msg_fields *a,
		 const struct virtio_msg_fields *b)
{
	return a->kind == b->kind && a->dev_num == b->dev_num &&
	       a->token == b->token && same_payload(a, b);
}

static void set_size(u8 *msg, u32 size)
{
	msg[6] = size;
	msg[7] = size >> 8;
}

/*
 * A copy of @len bytes behind which a sanitizer sees every access. Of a message
 * that is longer, only the beginning is there; after a shorter one there is
 * something else.
 */
static u8 *exact_copy(struct kunit *test, const struct wire_case *c, u32 len)
{
	u8 *msg = kunit_kmalloc(test, max(len, 1u), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	memset(msg, 0xee, max(len, 1u));
	memcpy(msg, c->bytes, min(len, c->len));
	return msg;
}

/* Exact bytes: DEV-23 DRV-16 little-endian, DEV-25 DRV-18 size, DEV-29 token */
static void protocol_encode_test(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	u8 msg[WIRE_MAX + WIRE_PAD];
	u32 i, max;

	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects)) {
		memset(msg, 0xa5, sizeof(msg));
		KUNIT_EXPECT_EQ(test, c->len,
				virtio_msg_encode(dialects[i], &c->fields, msg,
						  sizeof(msg)));
		KUNIT_EXPECT_MEMEQ(test, msg, c->bytes, c->len);
		KUNIT_EXPECT_TRUE(test, !memchr_inv(msg + c->len, 0xa5,
						    sizeof(msg) - c->len));
		/* DEV-1 DRV-1: nothing is written that is too large. */
		memset(msg, 0xa5, sizeof(msg));
		for (max = 0; max < c->len; max++)
			KUNIT_EXPECT_EQ(test, -EMSGSIZE,
					virtio_msg_encode(dialects[i], &c->fields,
							  msg, max));
		KUNIT_EXPECT_TRUE(test, !memchr_inv(msg, 0xa5, sizeof(msg)));
		KUNIT_EXPECT_EQ(test, c->len,
				virtio_msg_encode(dialects[i], &c->fields, msg,
						  c->len));
	}
}

static void protocol_decode_test(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	struct virtio_msg_fields fields;
	u8 *msg = exact_copy(test, c, c->len);
	u32 i;

	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects)) {
		memset(&fields, 0x5a, sizeof(fields));
		KUNIT_EXPECT_EQ(test, 0,
				virtio_msg_decode(dialects[i], msg, c->len, c->len,
						  &fields));
		KUNIT_EXPECT_TRUE(test, same(&fields, &c->fields));
		KUNIT_EXPECT_EQ(test, -EBADMSG,
				virtio_msg_decode(dialects[i], msg, c->len,
						  c->len - 1, &fields));
	}
	KUNIT_EXPECT_EQ(test, c->fields.dev_num, virtio_msg_dev_num(msg));
	KUNIT_EXPECT_EQ(test, c->fields.token, virtio_msg_token(msg));
	KUNIT_EXPECT_EQ(test, c->len, virtio_msg_size(msg));
}

/* DEV-24 DRV-17 BUS-17 T18 SH-1: bits 2 to 7 of the type are ignored */
static void protocol_reserved_type_test(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	struct virtio_msg_fields fields;
	u8 *msg = exact_copy(test, c, c->len);
	u32 i, type;

	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects))
		for (type = c->bytes[0]; type <= 0xff; type += 4) {
			msg[0] = type;
			KUNIT_EXPECT_EQ(test, 0,
					virtio_msg_decode(dialects[i], msg, c->len,
							  c->len, &fields));
			KUNIT_EXPECT_TRUE(test, same(&fields, &c->fields));
		}
}

/* DEV-25 DRV-18 T30: less than the message was received, or padding: DEV-27 */
static void protocol_received_test(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	struct virtio_msg_fields fields;
	u32 i, len;
	int err;

	for (len = 0; len <= c->len + WIRE_PAD; len++) {
		u8 *msg = exact_copy(test, c, len);

		for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects)) {
			err = virtio_msg_decode(dialects[i], msg, len, 0xffff,
						&fields);
			KUNIT_EXPECT_EQ(test, err, len < c->len ? -EBADMSG : 0);
			if (!err)
				KUNIT_EXPECT_TRUE(test,
						  same(&fields, &c->fields));
		}
		kunit_kfree(test, msg);
	}
}

/* DEV-25 DRV-18 DEV-32 T30: a size that is not that of the layout */
static void protocol_size_lies_test(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	struct virtio_msg_fields fields;
	u32 received = c->len + WIRE_PAD;
	u8 *msg = exact_copy(test, c, received);
	u32 i, size;
	int err;

	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects))
		for (size = 0; size <= 0xffff; size += size > 256 ? 255 : 1) {
			set_size(msg, size);
			err = virtio_msg_decode(dialects[i], msg, received, 0xffff,
						&fields);
			if (size == c->len || (c->other && size == 8 + c->other))
				KUNIT_EXPECT_EQ(test, 0, err);
			else
				KUNIT_EXPECT_EQ(test, -EBADMSG, err);
		}
}

/* Every layout is in the table, so that nothing above is vacuous. */
static void protocol_complete_test(struct kunit *test)
{
	u32 seen[VIRTIO_MSG_KINDS] = { 0 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wire_cases); i++)
		seen[wire_cases[i].fields.kind] |= wire_cases[i].dialects;
	for (i = 0; i < VIRTIO_MSG_KINDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, seen[i], BOTH, "%s",
				    virtio_msg_kind_name(i));
	KUNIT_EXPECT_STREQ(test, virtio_msg_kind_name(VIRTIO_MSG_KINDS),
			   "unknown");
}

static void protocol_kinds_test(struct kunit *test)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(wire_cases); i++) {
		const struct wire_case *c = &wire_cases[i];
		enum virtio_msg_kind kind = c->fields.kind;
		bool response = c->bytes[0] & 1;
		bool event = c->bytes[1] & 0x40;
		bool from_device = response || (event && c->bytes[1] != 0x41);

		KUNIT_EXPECT_EQ(test, response, virtio_msg_kind_is_response(kind));
		KUNIT_EXPECT_EQ(test, !from_device, virtio_msg_kind_to_device(kind));
		if (response || event)
			continue;
		kind = virtio_msg_response_kind(kind);
		KUNIT_EXPECT_TRUE(test, virtio_msg_kind_is_response(kind));
		KUNIT_EXPECT_STREQ(test, virtio_msg_kind_name(kind),
				   virtio_msg_kind_name(c->fields.kind));
	}
}

/* The whole text or its beginning, 0-terminated, and never beyond. */
static void protocol_describe_test(struct kunit *test)
{
	const struct wire_case *c = test->param_value;
	char whole[256];
	u32 i, size;
	int n;

	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects)) {
		n = virtio_msg_describe(dialects[i], c->bytes, c->len, whole,
					sizeof(whole));
		KUNIT_ASSERT_LT(test, n, (int)sizeof(whole));
		KUNIT_EXPECT_EQ(test, n, (int)strlen(whole));
		KUNIT_EXPECT_TRUE(test, strstarts(whole,
						  virtio_msg_kind_name(c->fields.kind)));
		for (size = 1; size <= 200; size++) {
			char *text = kunit_kmalloc(test, size, GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, text);
			KUNIT_EXPECT_EQ(test, n,
					virtio_msg_describe(dialects[i], c->bytes,
							    c->len, text, size));
			KUNIT_EXPECT_EQ(test, strnlen(text, size),
					min_t(size_t, n, size - 1));
			KUNIT_EXPECT_TRUE(test, strstarts(whole, text));
			kunit_kfree(test, text);
		}
	}
}

static struct kunit_case protocol_cases[] = {
	KUNIT_CASE_PARAM(protocol_encode_test, wire_gen_params),
	KUNIT_CASE_PARAM(protocol_decode_test, wire_gen_params),
	KUNIT_CASE_PARAM(protocol_reserved_type_test, wire_gen_params),
	KUNIT_CASE_PARAM(protocol_received_test, wire_gen_params),
	KUNIT_CASE_PARAM(protocol_size_lies_test, wire_gen_params),
	KUNIT_CASE_PARAM(protocol_describe_test, wire_gen_params),
	KUNIT_CASE(protocol_complete_test),
	KUNIT_CASE(protocol_kinds_test),
	{}
};

static struct kunit_suite protocol_suite = {
	.name = "virtio_msg_protocol",
	.test_cases = protocol_cases,
};

kunit_test_suite(protocol_suite);
