/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_DOMAIN_H
#define _VIRTIO_MSG_XEN_DOMAIN_H

#include "link.h"

struct xenbus_device;

/**
 * struct virtio_msg_xen_end - an end of a link in a domain of Xen
 * @xen: the end
 * @xdev: its device, or one that only knows the other domain
 * @has_store: @xdev is in xenstore
 * @irq: of the event channel
 * @due: an event has not been looked at yet
 * @complained: an error was printed
 * @leaked: the memory could not be mapped, and some of it may stay mapped
 * @ring: the memory, but in a PV domain
 */
struct virtio_msg_xen_end {
	struct virtio_msg_xen xen;
	struct xenbus_device *xdev;
	bool has_store;
	int irq;
	atomic_t due;
	bool complained;
	bool leaked;
	struct virtio_msg_xen_pages ring;
};

extern const struct virtio_msg_xen_ops virtio_msg_xen_domain_ops;

bool virtio_msg_xen_here(void);
int virtio_msg_xenbus_register(void);
void virtio_msg_xenbus_unregister(void);
void virtio_msg_xen_set_sizes(struct virtio_msg_xen *xen);

int virtio_msg_xen_static_start(void);
void virtio_msg_xen_static_stop(void);

#endif /* _VIRTIO_MSG_XEN_DOMAIN_H */
