/* SPDX-License-Identifier: BSD-3-Clause */
/* What bus.c and notify.c share. */
#ifndef _VMSG_BUS_H
#define _VMSG_BUS_H

#include <linux/virtio_msg_user.h>

#include "libvirtio-msg.h"
#include "outbox.h"
#include "util.h"

struct vmsg_bus {
	struct vmsg_link link;
	struct vmsg_loop *loop;
	const struct vmsg_io *io;
	struct virtio_msg_user_info info;
	struct vmsg_watch watch;
	struct vmsg_task flush;
	struct vmsg_device *devices;
	struct vmsg_outbox outbox;
	__u8 *inbox;
	__u32 inbox_size;
	__u32 inbox_start;
	__u32 inbox_end;
	bool stalled;		/* no room to answer: reading waits */
	bool blocked;		/* the kernel takes no message now */
	bool retry;		/* an event found no room */
	bool retried;		/* events had their turn, now answers */
	bool lost;		/* the bus is gone */
	bool leaving;		/* the kernel says what becomes of devices */
	__u32 resume_ms;
	struct vmsg_bus_counters counters;
};

static inline struct vmsg_bus *vmsg_bus_of(struct vmsg_link *link)
{
	return container_of(link, struct vmsg_bus, link);
}

/* notify.c */
int vmsg_notify_attach(struct vmsg_bus *bus, struct vmsg_device *dev,
		       bool messages);
void vmsg_notify_detach(struct vmsg_bus *bus, struct vmsg_device *dev);
int vmsg_notify_connect(struct vmsg_bus *bus, struct vmsg_device *dev);
bool vmsg_notify_call(struct vmsg_link *link, struct vmsg_queue *queue);
bool vmsg_notify_relax(struct vmsg_link *link, struct vmsg_queue *queue,
		       bool first);
void vmsg_notify_again(struct vmsg_link *link, struct vmsg_queue *queue);

#endif /* _VMSG_BUS_H */
