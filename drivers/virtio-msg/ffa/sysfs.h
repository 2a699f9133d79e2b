/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_FFA_SYSFS_H
#define _VIRTIO_MSG_FFA_SYSFS_H

#include <linux/sysfs.h>

extern const struct attribute_group *virtio_msg_ffa_groups[];

#endif /* _VIRTIO_MSG_FFA_SYSFS_H */
