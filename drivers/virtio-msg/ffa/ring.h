/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_FFA_RING_H
#define _VIRTIO_MSG_FFA_RING_H

#include "link.h"

int virtio_msg_ffa_ring_configure(struct virtio_msg_ffa *ffa);
unsigned int virtio_msg_ffa_ring_drain(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_ring_free(struct virtio_msg_ffa *ffa);

#endif /* _VIRTIO_MSG_FFA_RING_H */
