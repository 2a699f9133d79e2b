/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_DEBUGFS_H
#define _VIRTIO_MSG_DEBUGFS_H

struct virtio_msg_core;
struct virtio_msg_device;

void virtio_msg_debugfs_init(void);
void virtio_msg_debugfs_exit(void);
void virtio_msg_debugfs_add_bus(struct virtio_msg_core *core);
void virtio_msg_debugfs_del_bus(struct virtio_msg_core *core);
void virtio_msg_debugfs_add_device(struct virtio_msg_device *vmdev);
void virtio_msg_debugfs_del_device(struct virtio_msg_device *vmdev);

#endif /* _VIRTIO_MSG_DEBUGFS_H */
