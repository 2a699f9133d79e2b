/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_RIG_H
#define _VIRTIO_MSG_XEN_RIG_H

#include "fake_xen.h"

struct virtio_msg_bus *xen_rig_bus(struct fake_xen *fake, unsigned int end);
void xen_rig_start(struct fake_xen *fake);
void xen_rig_stop(struct fake_xen *fake);
void xen_rig_reload(struct fake_xen *fake);
void xen_rig_expect_link(struct fake_xen *fake);
int xen_rig_ping(struct fake_xen *fake, unsigned int end);
bool xen_rig_wait_up(struct fake_xen *fake);

#endif /* _VIRTIO_MSG_XEN_RIG_H */
