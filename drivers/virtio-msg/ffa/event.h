/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_FFA_EVENT_H
#define _VIRTIO_MSG_FFA_EVENT_H

#include "link.h"

int virtio_msg_ffa_events_begin(struct virtio_msg_ffa *ffa);
int virtio_msg_ffa_events_configure(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_events_end(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_events_fence(void);
void virtio_msg_ffa_events_wait(void);

#endif /* _VIRTIO_MSG_FFA_EVENT_H */
