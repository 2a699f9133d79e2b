// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the limits of the codec: what is refused, what just fits, what a
 * message says of itself, and any input at all.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "protocol.h"

#define D26	BIT(0)
#define PR28	BIT(1)
#define BOTH	(D26 | PR28)

static const struct virtio_msg_dialect *const dialects[] = {
	&virtio_msg_d26, &virtio_msg_pr28,
};

/* The 8 bytes of a header: type, number, device, token 0x7071, size. */
#define LE16(x)	((x) & 0xff), ((x) >> 8)
#define HDR(type, id, dev, size) \
	type, id, LE16(dev), 0x71, 0x70, LE16(size)

static void set_size(u8 *msg, u32 size)
{
	msg[6] = size;
	msg[7] = size >> 8;
}

/* DEV-21 DRV-13 BUS-12 SH-2: numbers that mean nothing, events as responses */
static void limits_unknown_id_test(struct kunit *test)
{
	struct virtio_msg_fields fields;
	u8 msg[8] = { 0, 0, 0x34, 0x12, 0x78, 0x56, 8, 0 };
	u32 i, type, id;
	bool known;
	int err;

	for (i = 0; i < ARRAY_SIZE(dialects); i++)
		for (type = 0; type <= 3; type++)
			for (id = 0; id <= 0xff; id++) {
				if (type & 2)
					known = id == 2 || id == 3 ||
						(type == 2 && id == 0x40);
				else
					known = (id >= 2 && id <= 0xc) ||
						(type == 0 && id >= 0x40 &&
						 id <= 0x42);
				msg[0] = type;
				msg[1] = id;
				err = virtio_msg_decode(dialects[i], msg, 8, 8,
							&fields);
				if (known)
					KUNIT_EXPECT_NE(test, -ENOMSG, err);
				else
					KUNIT_EXPECT_EQ_MSG(test, -ENOMSG, err,
							    "%#x %#x", type, id);
			}
}

static void limits_header_test(struct kunit *test)
{
	u8 msg[16] = { 0x01, 0x45, 0x34, 0x12, 0x78, 0x56, 16, 0 };

	KUNIT_EXPECT_EQ(test, 16, virtio_msg_check_header(msg, 16, 16));
	KUNIT_EXPECT_EQ(test, -EBADMSG, virtio_msg_check_header(msg, 15, 16));
	KUNIT_EXPECT_EQ(test, -EBADMSG, virtio_msg_check_header(msg, 16, 15));
	KUNIT_EXPECT_EQ(test, -EBADMSG, virtio_msg_check_header(msg, 7, 16));
	set_size(msg, 7);
	KUNIT_EXPECT_EQ(test, -EBADMSG, virtio_msg_check_header(msg, 16, 16));
	set_size(msg, 8);
	KUNIT_EXPECT_EQ(test, 8, virtio_msg_check_header(msg, 16, 16));

	KUNIT_EXPECT_EQ(test, 0x1234, virtio_msg_dev_num(msg));
	KUNIT_EXPECT_EQ(test, 0x5678, virtio_msg_token(msg));
	KUNIT_EXPECT_TRUE(test, virtio_msg_is_response(msg));
	KUNIT_EXPECT_FALSE(test, virtio_msg_is_bus(msg));
	KUNIT_EXPECT_TRUE(test, virtio_msg_is_event(msg));
	msg[0] = 0xfe;
	msg[1] = 0xbf;
	KUNIT_EXPECT_FALSE(test, virtio_msg_is_response(msg));
	KUNIT_EXPECT_TRUE(test, virtio_msg_is_bus(msg));
	KUNIT_EXPECT_FALSE(test, virtio_msg_is_event(msg));
}

/* What a message says of its own size: T9 T30 */

static const struct overflow_case {
	const char *name;
	unsigned long dialects;
	int result;
	u32 len;
	u8 bytes[48];
} overflow_cases[] = {
	{ "features: no blocks", BOTH, -EBADMSG, 16,
	  { HDR(0, 3, 0, 16), 1, 0, 0, 0, 0, 0, 0, 0 } },
	{ "features: the last blocks", BOTH, 0, 16,
	  { HDR(0, 3, 0, 16), 0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 0 } },
	{ "features: one block too many", BOTH, -EBADMSG, 16,
	  { HDR(0, 3, 0, 16), 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0 } },
	{ "features: index and count wrap", BOTH, -EBADMSG, 16,
	  { HDR(0, 3, 0, 16), 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff } },
	{ "features: most blocks of a request", BOTH, 0, 16,
	  { HDR(0, 3, 0, 16), 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff } },
	{ "features: 4 * count wraps to nothing", BOTH, -EBADMSG, 16,
	  { HDR(1, 3, 0, 16), 0, 0, 0, 0, 0, 0, 0, 0x40 } },
	{ "features: 4 * count wraps to a block", BOTH, -EBADMSG, 20,
	  { HDR(0, 4, 0, 20), 0, 0, 0, 0, 1, 0, 0, 0x40, 1, 2, 3, 4 } },
	{ "features: no block in a response", BOTH, -EBADMSG, 16,
	  { HDR(1, 3, 0, 16) } },
	{ "config: empty range at the end", BOTH, 0, 16,
	  { HDR(0, 5, 0, 16), 0xff, 0xff, 0xff, 0xff } },
	{ "config: offset and length wrap", BOTH, -EBADMSG, 16,
	  { HDR(0, 5, 0, 16), 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0 } },
	{ "config: length and offset wrap", BOTH, -EBADMSG, 16,
	  { HDR(0, 5, 0, 16), 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff } },
	{ "config: a range that wraps in a response", BOTH, -EBADMSG, 21,
	  { HDR(1, 5, 0, 21), 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1 } },
	{ "config: a range that wraps in a write", BOTH, -EBADMSG, 21,
	  { HDR(0, 6, 0, 21), 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1 } },
	{ "config: length says more than there is", BOTH, -EBADMSG, 21,
	  { HDR(0, 6, 0, 21), 0, 0, 0, 0, 0, 0, 0, 0, 2 } },
	{ "config: a rejection with data (DEV-49)", BOTH, -EBADMSG, 21,
	  { HDR(1, 6, 0, 21) } },
	{ "event: a range that wraps", BOTH, -EBADMSG, 24,
	  { HDR(0, 0x40, 0, 24), [16] = 0xff, 0xff, 0xff, 0xff, 1 } },
	{ "event: data of no range (T6)", BOTH, -EBADMSG, 25,
	  { HDR(0, 0x40, 0, 25) } },
	{ "devices: the last ones", BOTH, 0, 15,
	  { HDR(3, 2, 0, 15), [8] = 0xf8, 0xff, 8, 0, 8, 0 } },
	{ "devices: one too many, D26", D26, -EBADMSG, 15,
	  { HDR(3, 2, 0, 15), [8] = 0xf9, 0xff, 0, 0, 8, 0 } },
	{ "devices: eight too many, PR28", PR28, -EBADMSG, 16,
	  { HDR(3, 2, 0, 16), [8] = 0xf8, 0xff, 16, 0, 0, 0 } },
	{ "devices: any offset in D26", D26, 0, 12,
	  { HDR(2, 2, 0, 12), 1, 0, 3, 0 } },
	{ "devices: offsets are octets in PR28", PR28, -EBADMSG, 12,
	  { HDR(2, 2, 0, 12), 1, 0, 8, 0 } },
	{ "devices: counts are octets in PR28", PR28, -EBADMSG, 12,
	  { HDR(2, 2, 0, 12), 8, 0, 7, 0 } },
	{ "devices: octets in a response of PR28, offset", PR28, -EBADMSG, 15,
	  { HDR(3, 2, 0, 15), 1, 0, 8, 0, 0, 0 } },
	{ "devices: octets in a response of PR28, count", PR28, -EBADMSG, 15,
	  { HDR(3, 2, 0, 15), 0, 0, 7, 0, 0, 0 } },
	{ "devices: a request of none (DBUS-6)", BOTH, 0, 12,
	  { HDR(2, 2, 0, 12) } },
	{ "devices: a request beyond the last", BOTH, 0, 12,
	  { HDR(2, 2, 0, 12), 0xf8, 0xff, 0xf8, 0xff } },
	{ "devices: most of them", BOTH, -EBADMSG, 14,
	  { HDR(3, 2, 0, 14), [8] = 0, 0, 0xff, 0xff, 0xff, 0xff } },
};

KUNIT_ARRAY_PARAM_DESC(overflow, overflow_cases, name);

static void limits_overflow_test(struct kunit *test)
{
	const struct overflow_case *c = test->param_value;
	struct virtio_msg_fields fields;
	u8 *msg = kunit_kmalloc(test, c->len, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	memcpy(msg, c->bytes, c->len);
	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects))
		KUNIT_EXPECT_EQ(test, c->result,
				virtio_msg_decode(dialects[i], msg, c->len,
						  0xffff, &fields));
}

/* Fields are nothing but their bytes: all ones, all zeros, only signs. */

static const struct extreme_case {
	const char *name;
	unsigned long dialects;
	u8 type, id;
	u32 len;
} extreme_cases[] = {
	{ "GET_DEVICE_INFO response, D26", D26, 1, 0x02, 52 },
	{ "GET_DEVICE_STATUS response", BOTH, 1, 0x07, 12 },
	{ "SET_DEVICE_STATUS request", BOTH, 0, 0x08, 12 },
	{ "SET_DEVICE_STATUS response", BOTH, 1, 0x08, 12 },
	{ "GET_VQUEUE request", BOTH, 0, 0x09, 12 },
	{ "GET_VQUEUE response, D26", D26, 1, 0x09, 48 },
	{ "RESET_VQUEUE request", BOTH, 0, 0x0b, 12 },
	{ "GET_SHM request", BOTH, 0, 0x0c, 12 },
	{ "GET_SHM response, PR28", PR28, 1, 0x0c, 20 },
	{ "EVENT_AVAIL", BOTH, 0, 0x41, 16 },
	{ "EVENT_USED", BOTH, 0, 0x42, 12 },
	{ "GET_DEVICES request, D26", D26, 2, 0x02, 12 },
	{ "PING request", BOTH, 2, 0x03, 12 },
	{ "PING response", BOTH, 3, 0x03, 12 },
	{ "EVENT_DEVICE", BOTH, 2, 0x40, 12 },
};

KUNIT_ARRAY_PARAM_DESC(extreme, extreme_cases, name);

static void limits_extreme_test(struct kunit *test)
{
	static const u8 values[] = { 0x00, 0xff, 0x80, 0x7f, 0x01 };
	const struct extreme_case *c = test->param_value;
	struct virtio_msg_fields fields;
	u8 msg[52], again[52];
	u32 i, v;

	for_each_set_bit(i, &c->dialects, ARRAY_SIZE(dialects))
		for (v = 0; v < ARRAY_SIZE(values); v++) {
			memset(msg, values[v], sizeof(msg));
			msg[0] = c->type;
			msg[1] = c->id;
			if (c->type & 2)
				memset(msg + 2, 0, 2);
			set_size(msg, c->len);
			KUNIT_EXPECT_EQ(test, 0,
					virtio_msg_decode(dialects[i], msg,
							  c->len, c->len,
							  &fields));
			KUNIT_EXPECT_EQ(test, c->len,
					virtio_msg_encode(dialects[i], &fields,
							  again, c->len));
			KUNIT_EXPECT_MEMEQ(test, msg, again, c->len);
		}
}

/* DEV-60 T17: reserved bits there undo the request, in D26 */
static void limits_set_vqueue_reserved_test(struct kunit *test)
{
	struct virtio_msg_fields fields;
	u8 msg[48] = { HDR(0, 0x0a, 0, 48) };
	u32 bit;

	for (bit = 0; bit < 32; bit++) {
		msg[12] = 1;
		msg[20 + bit / 8] = BIT(bit % 8);
		KUNIT_EXPECT_EQ(test, 0, virtio_msg_decode(&virtio_msg_d26, msg,
							   48, 48, &fields));
		KUNIT_EXPECT_NE(test, 0,
				fields.vq.flags & ~VIRTIO_MSG_VQ_FLAGS_MASK);
		KUNIT_EXPECT_EQ(test, 0, virtio_msg_decode(&virtio_msg_pr28, msg,
							   48, 48, &fields));
		KUNIT_EXPECT_EQ(test, VIRTIO_MSG_VQ_OP_ENABLE, fields.vq.flags);
		memset(msg + 12, 0, 12);

		msg[12 + bit / 8] = BIT(bit % 8);
		KUNIT_EXPECT_EQ(test, 0, virtio_msg_decode(&virtio_msg_d26, msg,
							   48, 48, &fields));
		KUNIT_EXPECT_EQ(test, BIT(bit), fields.vq.flags);
		KUNIT_EXPECT_EQ(test, 0, virtio_msg_decode(&virtio_msg_pr28, msg,
							   48, 48, &fields));
		KUNIT_EXPECT_EQ(test, VIRTIO_MSG_VQ_OP_ENABLE, fields.vq.flags);
		memset(msg + 12, 0, 12);
	}
}

/* A region that 32 bits cannot describe is none: PR28 of DEV-69 */
static void limits_wide_shm_test(struct kunit *test)
{
	struct virtio_msg_fields fields = {
		VMSG_GET_SHM_RESP, .shm = { 7, 0x100000000, 0x1000 },
	};
	u8 msg[20];

	KUNIT_EXPECT_EQ(test, 20, virtio_msg_encode(&virtio_msg_pr28, &fields,
						    msg, sizeof(msg)));
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_decode(&virtio_msg_pr28, msg, 20,
						   20, &fields));
	KUNIT_EXPECT_EQ(test, 7, fields.shm.id);
	KUNIT_EXPECT_EQ(test, 0, fields.shm.length);
	KUNIT_EXPECT_EQ(test, 0, fields.shm.addr);
	fields.shm.length = 0x1000;
	fields.shm.addr = 0xffffffff00000000;
	virtio_msg_encode(&virtio_msg_pr28, &fields, msg, sizeof(msg));
	virtio_msg_decode(&virtio_msg_pr28, msg, 20, 20, &fields);
	KUNIT_EXPECT_EQ(test, 0, fields.shm.length);
}

/* How much fits: T4 T5, and it does fit */

static const struct capacity_case {
	u32 max, config, event, features, devices;
} capacity_cases[] = {
	{ 52, 32, 28, 9, 304 },
	{ 48, 28, 24, 8, 272 },
	{ 64, 44, 40, 12, 400 },
	{ 104, 84, 80, 22, 720 },
	{ 264, 244, 240, 62, 2000 },
	{ 4096, 4076, 4072, 1020, 32656 },
	{ 65535, 65515, 65511, 16379, 65528 },
};

static void capacity_desc(const struct capacity_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes (T5)", c->max);
}

KUNIT_ARRAY_PARAM(capacity, capacity_cases, capacity_desc);

static void limits_capacity_test(struct kunit *test)
{
	const struct capacity_case *c = test->param_value;
	struct virtio_msg_fields fields = { 0 };
	u8 *msg = kunit_kzalloc(test, c->max, GFP_KERNEL);
	u8 *data = kunit_kzalloc(test, c->max, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_ASSERT_NOT_NULL(test, data);
	KUNIT_EXPECT_EQ(test, c->config, virtio_msg_config_capacity(c->max));
	KUNIT_EXPECT_EQ(test, c->event,
			virtio_msg_event_config_capacity(c->max));
	KUNIT_EXPECT_EQ(test, c->features, virtio_msg_features_capacity(c->max));
	KUNIT_EXPECT_EQ(test, c->devices, virtio_msg_devices_capacity(c->max));

	for (i = 0; i < ARRAY_SIZE(dialects); i++) {
		const struct virtio_msg_dialect *dialect = dialects[i];
		u32 bitmap = 14 + c->devices / 8;

		fields.kind = VMSG_GET_CONFIG_RESP;
		fields.config.data = data;
		fields.config.data_len = c->config;
		KUNIT_EXPECT_EQ(test, c->max, virtio_msg_encode(dialect, &fields,
								msg, c->max));
		fields.config.data_len++;
		KUNIT_EXPECT_EQ(test, -EMSGSIZE,
				virtio_msg_encode(dialect, &fields, msg, c->max));

		fields.kind = VMSG_EVENT_CONFIG;
		fields.config.data_len = c->event;
		KUNIT_EXPECT_EQ(test, c->max, virtio_msg_encode(dialect, &fields,
								msg, c->max));
		fields.config.data_len++;
		KUNIT_EXPECT_EQ(test, -EMSGSIZE,
				virtio_msg_encode(dialect, &fields, msg, c->max));

		fields.kind = VMSG_SET_FEATURES_REQ;
		fields.features.data = NULL;
		fields.features.count = c->features;
		KUNIT_EXPECT_EQ(test, 16 + 4 * c->features,
				virtio_msg_encode(dialect, &fields, msg, c->max));
		fields.features.count++;
		KUNIT_EXPECT_EQ(test, -EMSGSIZE,
				virtio_msg_encode(dialect, &fields, msg, c->max));

		fields.kind = VMSG_GET_DEVICES_RESP;
		fields.devices.offset = 0;
		fields.devices.bitmap = NULL;
		fields.devices.count = c->devices;
		KUNIT_EXPECT_EQ(test, bitmap,
				virtio_msg_encode(dialect, &fields, msg, c->max));
		KUNIT_EXPECT_EQ(test, 0,
				virtio_msg_decode(dialect, msg, bitmap, c->max,
						  &fields));
	}
}

/* No field is larger than the size field can say. */
static void limits_too_large_test(struct kunit *test)
{
	struct virtio_msg_fields fields = { VMSG_SET_FEATURES_REQ };
	u8 msg[16];

	fields.features.count = 0x40000000;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, virtio_msg_encode(&virtio_msg_d26,
							   &fields, msg, ~0u));
	fields.features.count = 16380;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, virtio_msg_encode(&virtio_msg_d26,
							   &fields, msg, ~0u));
	fields.kind = VMSG_EVENT_CONFIG;
	fields.config.data_len = ~0u;
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, virtio_msg_encode(&virtio_msg_d26,
							   &fields, msg, ~0u));
}

static void limits_words_test(struct kunit *test)
{
	struct virtio_msg_fields fields = { VMSG_GET_FEATURES_RESP };
	u8 data[12] = { 0 };

	virtio_msg_features_put(data, 1, 0x81828384);
	KUNIT_EXPECT_EQ(test, 0x84, data[4]);
	KUNIT_EXPECT_EQ(test, 0x81, data[7]);
	fields.features.count = 2;
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_features_word(&fields, 1));
	fields.features.data = data;
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_features_word(&fields, 0));
	KUNIT_EXPECT_EQ(test, 0x81828384, virtio_msg_features_word(&fields, 1));
	virtio_msg_features_put(data, 2, ~0u);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_features_word(&fields, 2));
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_features_word(&fields, ~0u));

	/* The example of both drafts: devices 0, 2 and 5. */
	fields.kind = VMSG_GET_DEVICES_RESP;
	fields.devices.count = 10;
	fields.devices.bitmap = (const u8[]){ 0x25, 0x02 };
	KUNIT_EXPECT_TRUE(test, virtio_msg_devices_test(&fields, 0));
	KUNIT_EXPECT_FALSE(test, virtio_msg_devices_test(&fields, 1));
	KUNIT_EXPECT_TRUE(test, virtio_msg_devices_test(&fields, 2));
	KUNIT_EXPECT_TRUE(test, virtio_msg_devices_test(&fields, 5));
	KUNIT_EXPECT_FALSE(test, virtio_msg_devices_test(&fields, 8));
	KUNIT_EXPECT_TRUE(test, virtio_msg_devices_test(&fields, 9));
	KUNIT_EXPECT_FALSE(test, virtio_msg_devices_test(&fields, 10));
	KUNIT_EXPECT_FALSE(test, virtio_msg_devices_test(&fields, ~0u));
}

/* Random input */

static u64 random_state;

static u32 random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}

/* Zeros, ones, and the bytes or words that follow a count of 4 bytes. */
static u8 random_byte(u32 left)
{
	switch (random() % 8) {
	case 0:
		return random();
	case 1:
		return 0xff;
	case 2:
		return left - 4;
	case 3:
		return left / 4 - 1;
	default:
		return 0;
	}
}

/* Mostly what gets past the first checks. */
static void random_message(u8 *msg, u32 len)
{
	static const u8 types[] = { 0, 0, 1, 1, 2, 3 };
	u32 i;

	for (i = 0; i < len; i++)
		msg[i] = random_byte(len - ALIGN(i, 4));
	if (len < 8 || random() % 16 == 0)
		return;
	/* Little-endian counts that are small. */
	for (i = 8; i < min(len, 24u); i += 4)
		if (random() % 2)
			memset(msg + i + 1, 0, min(len - i - 1, 3u));
	msg[0] = types[random() % ARRAY_SIZE(types)];
	msg[1] = random() % 4 ? 2 + random() % 11 : 0x40 + random() % 4;
	set_size(msg, random() % 8 ? len : random() % (len + 4));
}

/* The length of a message there is, or any. */
static u32 random_len(void)
{
	static const u8 lens[] = { 8, 12, 14, 16, 20, 24, 32, 48, 52 };

	return random() % 2 ? lens[random() % ARRAY_SIZE(lens)] : random() % 97;
}

static bool inside(const u8 *msg, u32 len, const u8 *data, u64 size)
{
	return !data || (data >= msg + 8 && data + size <= msg + len);
}

static bool data_inside(const u8 *msg, u32 len,
			const struct virtio_msg_fields *f)
{
	switch (f->kind) {
	case VMSG_GET_FEATURES_RESP:
	case VMSG_SET_FEATURES_REQ:
		return inside(msg, len, f->features.data,
			      4ULL * f->features.count);
	case VMSG_GET_CONFIG_RESP:
	case VMSG_SET_CONFIG_REQ:
	case VMSG_SET_CONFIG_RESP:
	case VMSG_EVENT_CONFIG:
		return inside(msg, len, f->config.data, f->config.data_len);
	case VMSG_GET_DEVICES_RESP:
		return inside(msg, len, f->devices.bitmap,
			      DIV_ROUND_UP(f->devices.count, 8));
	default:
		return true;
	}
}

/* What was decoded and encoded means the same when decoded again. */
static void check_decoded(struct kunit *test,
			  const struct virtio_msg_dialect *dialect,
			  const u8 *msg, u32 len,
			  const struct virtio_msg_fields *fields)
{
	struct virtio_msg_fields again;
	u8 first[96], second[96];
	int size;

	KUNIT_EXPECT_TRUE(test, data_inside(msg, len, fields));
	size = virtio_msg_encode(dialect, fields, first, sizeof(first));
	KUNIT_ASSERT_EQ(test, size, virtio_msg_size(msg));
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_decode(dialect, first, size, size,
						   &again));
	KUNIT_EXPECT_EQ(test, size, virtio_msg_encode(dialect, &again, second,
						      sizeof(second)));
	KUNIT_EXPECT_MEMEQ(test, first, second, size);
}

#define RANDOM_MESSAGES	100000

static void limits_random_test(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, 96, GFP_KERNEL);
	char *text = kunit_kzalloc(test, 200, GFP_KERNEL);
	u32 decoded[VIRTIO_MSG_KINDS] = { 0 };
	struct virtio_msg_fields fields;
	u32 i, len, size;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, text);
	random_state = 0x9e3779b97f4a7c15;
	for (i = 0; i < RANDOM_MESSAGES; i++) {
		const struct virtio_msg_dialect *dialect = dialects[i % 2];
		u8 *msg;
		char *t;

		/* At the end of the buffers, where a sanitizer sees more. */
		len = random_len();
		msg = buf + 96 - len;
		random_message(msg, len);
		memset(&fields, 0xff, sizeof(fields));
		if (!virtio_msg_decode(dialect, msg, len, 4096, &fields)) {
			check_decoded(test, dialect, msg, len, &fields);
			decoded[fields.kind]++;
		}
		size = 1 + random() % 200;
		t = text + 200 - size;
		virtio_msg_describe(dialect, msg, len, t, size);
		if (strnlen(t, size) == size)
			KUNIT_FAIL(test, "message %u: no end of text", i);
	}
	/* The numbers are the same each time, so enough stays enough. */
	for (i = 0; i < VIRTIO_MSG_KINDS; i++)
		KUNIT_EXPECT_GT_MSG(test, decoded[i], 10, "kind %u", i);
}

static struct kunit_case limits_cases[] = {
	KUNIT_CASE(limits_unknown_id_test),
	KUNIT_CASE(limits_header_test),
	KUNIT_CASE_PARAM(limits_overflow_test, overflow_gen_params),
	KUNIT_CASE_PARAM(limits_extreme_test, extreme_gen_params),
	KUNIT_CASE(limits_set_vqueue_reserved_test),
	KUNIT_CASE(limits_wide_shm_test),
	KUNIT_CASE_PARAM(limits_capacity_test, capacity_gen_params),
	KUNIT_CASE(limits_too_large_test),
	KUNIT_CASE(limits_words_test),
	KUNIT_CASE_SLOW(limits_random_test),
	{}
};

static struct kunit_suite limits_suite = {
	.name = "virtio_msg_protocol_limits",
	.test_cases = limits_cases,
};

kunit_test_suite(limits_suite);
