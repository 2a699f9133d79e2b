/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_USER_H
#define _VIRTIO_MSG_USER_H

struct virtio_msg_core;

int virtio_msg_user_init(void);
void virtio_msg_user_exit(void);
int virtio_msg_user_get_minor(struct virtio_msg_core *core);
void virtio_msg_user_put_minor(struct virtio_msg_core *core);
int virtio_msg_user_add(struct virtio_msg_core *core);
void virtio_msg_user_del(struct virtio_msg_core *core);
void virtio_msg_user_hangup(struct virtio_msg_core *core);

#endif /* _VIRTIO_MSG_USER_H */
