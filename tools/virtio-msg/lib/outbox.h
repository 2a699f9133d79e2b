/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages that wait to be written. Bounded: a reader that makes sure of
 * vmsg_outbox_room() before it takes a request never has an answer too many.
 */
#ifndef _VMSG_OUTBOX_H
#define _VMSG_OUTBOX_H

#include "libvirtio-msg.h"

struct vmsg_outbox {
	__u8 *data;
	__u32 capacity;
	__u32 start;
	__u32 end;
	__u32 slot;		/* bytes of the largest message, aligned */
};

int vmsg_outbox_init(struct vmsg_outbox *box, __u32 max_msg);
void vmsg_outbox_exit(struct vmsg_outbox *box);
__u32 vmsg_outbox_room(struct vmsg_outbox *box);
bool vmsg_outbox_put(struct vmsg_outbox *box, const void *msg, __u32 len);
__u32 vmsg_outbox_drop(struct vmsg_outbox *box);
__u32 vmsg_outbox_written(struct vmsg_outbox *box, __u32 bytes);

static inline bool vmsg_outbox_empty(const struct vmsg_outbox *box)
{
	return box->start == box->end;
}

#endif /* _VMSG_OUTBOX_H */
