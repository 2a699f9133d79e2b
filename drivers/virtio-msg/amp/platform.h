/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_AMP_PLATFORM_H
#define _VIRTIO_MSG_AMP_PLATFORM_H

#include <linux/list.h>

#include "doorbell.h"
#include "shmem.h"

#define VIRTIO_MSG_AMP_COMPATIBLE	"virtio,msg-amp"

/**
 * struct virtio_msg_amp_platform - a link that a device tree describes
 * @shmem: the link
 * @doorbell: the mailbox channels, if there are any
 * @node: among all that have memory
 */
struct virtio_msg_amp_platform {
	struct virtio_msg_shmem shmem;
	struct virtio_msg_doorbell doorbell;
	struct list_head node;
};

#endif /* _VIRTIO_MSG_AMP_PLATFORM_H */
