/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_STORE_H
#define _VIRTIO_MSG_XEN_STORE_H

#include "link.h"

/* The node that has the state of an end. */
#define VIRTIO_MSG_XEN_KEY_STATE	"state"

int virtio_msg_xen_front_start(struct virtio_msg_xen *xen);
void virtio_msg_xen_front_changed(struct virtio_msg_xen *xen,
				  enum virtio_msg_xen_state theirs);
int virtio_msg_xen_back_start(struct virtio_msg_xen *xen);
void virtio_msg_xen_back_changed(struct virtio_msg_xen *xen,
				 enum virtio_msg_xen_state theirs);
void virtio_msg_xen_restored(struct virtio_msg_xen *xen, u16 domid);
void virtio_msg_xen_forget(struct virtio_msg_xen *xen, bool gone);

#endif /* _VIRTIO_MSG_XEN_STORE_H */
