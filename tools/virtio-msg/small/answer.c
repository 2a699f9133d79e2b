// SPDX-License-Identifier: BSD-3-Clause
/* The messages of a bus that are the same on each of them. */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "answer.h"
#include "protocol.h"

/* Devices are numbered from 0: all bits below are set. */
static void list_devices(struct vmsg_link *link, __u32 num_devices,
			 struct virtio_msg_fields *fields)
{
	__u32 max = virtio_msg_devices_capacity(link->max_msg) & ~7U;
	__u32 i, num, offset = fields->devices.offset;
	__u8 *bitmap = link->scratch;

	num = fields->devices.count < max ? fields->devices.count : max;
	memset(bitmap, 0, link->max_msg);
	for (i = offset; i < num_devices && i - offset < num; i++)
		bitmap[(i - offset) / 8] |= 1U << (i - offset) % 8;
	fields->devices.count = (__u16)num;
	fields->devices.bitmap = bitmap;
	fields->devices.next_offset =
		offset + num < num_devices ? (__u16)(offset + num) : 0;
}

/**
 * vmsg_small_answer() - answer GET_DEVICES and PING
 * @link: the bus, whose @out gets the answer
 * @num_devices: devices 0 to so many exist
 * @msg: a bus message, in private memory; it may be @scratch of @link
 * @len: bytes of it
 *
 * Return: bytes of the answer, or -EINVAL: it is another message, or is none.
 */
int vmsg_small_answer(struct vmsg_link *link, __u32 num_devices,
		      const void *msg, __u32 len)
{
	struct virtio_msg_fields fields;

	if (virtio_msg_decode(link->dialect, msg, len, link->max_msg,
			      &fields) ||
	    (fields.kind != VMSG_GET_DEVICES_REQ &&
	     fields.kind != VMSG_PING_REQ))
		return -EINVAL;
	if (fields.kind == VMSG_GET_DEVICES_REQ)
		list_devices(link, num_devices, &fields);
	fields.kind = virtio_msg_response_kind(fields.kind);
	return virtio_msg_encode(link->dialect, &fields, link->out,
				 link->max_msg);
}
