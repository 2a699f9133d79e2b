// SPDX-License-Identifier: BSD-3-Clause
/* Messages that wait to be written, each at a multiple of 8 bytes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "outbox.h"
#include "protocol.h"

#define OUTBOX_MESSAGES	64	/* of the largest size */

static __u32 aligned(__u32 len)
{
	return (len + VIRTIO_MSG_USER_ALIGN - 1) & ~(VIRTIO_MSG_USER_ALIGN - 1);
}

int vmsg_outbox_init(struct vmsg_outbox *box, __u32 max_msg)
{
	box->slot = aligned(max_msg);
	box->capacity = OUTBOX_MESSAGES * box->slot;
	box->start = 0;
	box->end = 0;
	box->data = malloc(box->capacity);
	return box->data ? 0 : -ENOMEM;
}

void vmsg_outbox_exit(struct vmsg_outbox *box)
{
	free(box->data);
	box->data = NULL;
}

/* Number of messages of the largest size that fit. */
__u32 vmsg_outbox_room(struct vmsg_outbox *box)
{
	return (box->capacity - (box->end - box->start)) / box->slot;
}

bool vmsg_outbox_put(struct vmsg_outbox *box, const void *msg, __u32 len)
{
	__u32 size = aligned(len);

	if (size > box->capacity - (box->end - box->start))
		return false;
	if (size > box->capacity - box->end) {
		memmove(box->data, box->data + box->start,
			box->end - box->start);
		box->end -= box->start;
		box->start = 0;
	}
	memcpy(box->data + box->end, msg, len);
	memset(box->data + box->end + len, 0, size - len);
	box->end += size;
	return true;
}

/* Remove the first message; returns its aligned size. */
__u32 vmsg_outbox_drop(struct vmsg_outbox *box)
{
	__u32 size = aligned(virtio_msg_size(box->data + box->start));

	box->start += size;
	if (box->start == box->end) {
		box->start = 0;
		box->end = 0;
	}
	return size;
}

/*
 * Remove the messages that @bytes covers, with or without the padding of the
 * last one; returns their number.
 */
__u32 vmsg_outbox_written(struct vmsg_outbox *box, __u32 bytes)
{
	__u32 done = 0;
	__u32 n = 0;

	while (!vmsg_outbox_empty(box) &&
	       done + virtio_msg_size(box->data + box->start) <= bytes) {
		done += vmsg_outbox_drop(box);
		n++;
	}
	return n;
}
