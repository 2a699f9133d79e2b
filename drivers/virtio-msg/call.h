/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_CALL_H
#define _VIRTIO_MSG_CALL_H

#include <linux/types.h>

struct virtio_msg_call;
struct virtio_msg_claim;

struct virtio_msg_call *virtio_msg_call_create(struct virtio_msg_claim *claim,
					       u32 index, int fd);
void virtio_msg_call_destroy(struct virtio_msg_call *call);

#endif /* _VIRTIO_MSG_CALL_H */
