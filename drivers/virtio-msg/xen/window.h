/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_WINDOW_H
#define _VIRTIO_MSG_XEN_WINDOW_H

#include <linux/virtio_msg.h>

struct virtio_msg_xen;

int virtio_msg_xen_table_init(struct virtio_msg_xen *xen);
void virtio_msg_xen_table_destroy(struct virtio_msg_xen *xen);

int virtio_msg_xen_window_alloc(struct virtio_msg_bus *bus,
				struct virtio_msg_window *win);
void virtio_msg_xen_window_free(struct virtio_msg_bus *bus,
				struct virtio_msg_window *win);
int virtio_msg_xen_window_revoke(struct virtio_msg_bus *bus,
				 struct virtio_msg_window *win);

#endif /* _VIRTIO_MSG_XEN_WINDOW_H */
