// SPDX-License-Identifier: GPL-2.0
/*
 * drivers/virtio-msg/protocol.c: a message of any content, in both layouts.
 *
 * Input: a byte that chooses the layout and the largest message, a byte for the
 * size of a text, the message. Every buffer has exactly the size that it is said
 * to have.
 */
#include <string.h>

#include "input.h"
#include "protocol.h"

static volatile uint32_t sink;

static uint32_t largest(uint8_t choice)
{
	static const uint32_t sizes[] = { 44, 48, 52, 64, 264, 4096, 0xffff,
					  0xffffffff };

	return sizes[choice % (sizeof(sizes) / sizeof(*sizes))];
}

/* @len bytes at @p lie in the message. */
static void check_part(const uint8_t *msg, uint32_t size, const uint8_t *p,
		       uint64_t len)
{
	uint64_t i;

	if (!p)
		return;
	must(p >= msg && len <= size && (uint64_t)(p - msg) <= size - len);
	for (i = 0; i < len; i++)
		sink += p[i];
}

static void check_devices(const struct virtio_msg_fields *f)
{
	uint32_t i;

	for (i = 0; i < f->devices.count + 9u; i++)
		if (virtio_msg_devices_test(f, i))
			must(i < f->devices.count);
}

static void check_fields(const uint8_t *msg, uint32_t size,
			 const struct virtio_msg_fields *f)
{
	switch (f->kind) {
	case VMSG_GET_FEATURES_RESP:
	case VMSG_SET_FEATURES_REQ:
		check_part(msg, size, f->features.data,
			   4ULL * f->features.count);
		sink += virtio_msg_features_word(f, f->features.count - 1);
		must(!virtio_msg_features_word(f, f->features.count));
		break;
	case VMSG_GET_CONFIG_RESP:
	case VMSG_SET_CONFIG_REQ:
	case VMSG_SET_CONFIG_RESP:
	case VMSG_EVENT_CONFIG:
		must(!f->config.data_len ||
		     f->config.data_len == f->config.length);
		check_part(msg, size, f->config.data, f->config.data_len);
		break;
	case VMSG_GET_DEVICES_RESP:
		check_part(msg, size, f->devices.bitmap,
			   (f->devices.count + 7) / 8);
		check_devices(f);
		break;
	default:
		break;
	}
}

/* What was understood can be said again, and means the same. */
static void check_encode(const struct virtio_msg_dialect *dialect,
			 const struct virtio_msg_fields *f, uint32_t size)
{
	struct virtio_msg_fields again;
	uint8_t *first = must_alloc(size);
	uint8_t *second = must_alloc(size);

	must(virtio_msg_encode(dialect, f, first, size) == (int)size);
	must(virtio_msg_encode(dialect, f, second, size - 1) < 0);
	must(!virtio_msg_decode(dialect, first, size, size, &again));
	must(again.kind == f->kind);
	check_fields(first, size, &again);
	must(virtio_msg_encode(dialect, &again, second, size) == (int)size);
	must(!memcmp(first, second, size));
	free(first);
	free(second);
}

static void check_text(const struct virtio_msg_dialect *dialect,
		       const uint8_t *msg, uint32_t len, uint32_t size)
{
	char *text = must_alloc(size);
	int n = virtio_msg_describe(dialect, msg, len, text, size);

	must(n >= 0 && strlen(text) == ((uint32_t)n < size ? (uint32_t)n : size - 1));
	free(text);
}

static void check_message(const struct virtio_msg_dialect *dialect,
			  const uint8_t *msg, uint32_t len, uint32_t max)
{
	int size = virtio_msg_check_header(msg, len, max);
	struct virtio_msg_fields f;

	if (virtio_msg_decode(dialect, msg, len, max, &f))
		return;
	must(size >= (int)sizeof(struct virtio_msg_hdr));
	must((uint32_t)size <= len && (uint32_t)size <= max);
	check_fields(msg, (uint32_t)size, &f);
	check_encode(dialect, &f, (uint32_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t choice = take8(&in);
	uint8_t text = take8(&in);
	uint32_t len = in.left < 8192 ? (uint32_t)in.left : 8192;
	const struct virtio_msg_dialect *dialect =
		choice & 1 ? &virtio_msg_pr28 : &virtio_msg_d26;
	uint8_t *msg = must_alloc(len);

	if (len)
		memcpy(msg, in.p, len);
	check_message(dialect, msg, len, largest(choice >> 1));
	check_text(dialect, msg, len, 1 + text % 200);
	free(msg);
	return 0;
}
