/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_FFA_CALL_H
#define _VIRTIO_MSG_FFA_CALL_H

#include "link.h"

int virtio_msg_ffa_call_init(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_call_open(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_call_close(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_call_destroy(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_call_fail(struct virtio_msg_ffa *ffa);

int virtio_msg_ffa_send(struct virtio_msg_ffa *ffa, const void *msg,
			unsigned int size);
void virtio_msg_ffa_request_finish(struct virtio_msg_ffa_request *request,
				   int status);
int virtio_msg_ffa_request(struct virtio_msg_ffa *ffa, u8 id,
			   const void *payload, unsigned int size, void *answer,
			   unsigned int room);
int virtio_msg_ffa_result_error(__le16 result);
int virtio_msg_ffa_request_result(struct virtio_msg_ffa *ffa, u8 id,
				  const void *payload, unsigned int size);
void virtio_msg_ffa_poll_soon(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_take(struct virtio_msg_ffa *ffa, const void *msg,
			 unsigned int room);
void virtio_msg_ffa_notified(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_arrived(struct virtio_msg_ffa *ffa, const void *msg,
			    unsigned int size);

#endif /* _VIRTIO_MSG_FFA_CALL_H */
