/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other process: a connection to it, what was agreed on, and questions.
 *
 * Every call waits until &vhu_backend.deadline at the most. The first one that
 * fails says why in &vhu_backend.why; from then on all fail at once.
 */
#ifndef _VHOST_USER_BACKEND_H
#define _VHOST_USER_BACKEND_H

#include "util.h"
#include "vhost-user/protocol.h"

/**
 * struct vhu_backend - a back end
 * @socket: connection, or -1
 * @requests: socket on which it asks us, or -1
 * @deadline: time of vhu_now() until which calls may wait
 * @features: virtio feature bits that it offers, and VHU_F_PROTOCOL_FEATURES
 * @protocol: protocol features that both have
 * @max_queues: queues that it can have, 0 if it does not say
 * @max_slots: regions that it can map
 * @error: 0, or what made it unusable, a negative error
 * @config_changed: it said that its configuration did; cleared by the owner
 * @why: the error in words
 */
struct vhu_backend {
	int socket;
	int requests;
	__u64 deadline;
	__u64 features;
	__u64 protocol;
	__u64 max_queues;
	__u64 max_slots;
	int error;
	bool config_changed;
	char why[160];
};

static inline bool vhu_backend_has(const struct vhu_backend *backend,
				   unsigned int protocol_feature)
{
	return backend->protocol >> protocol_feature & 1;
}

void vhu_backend_init(struct vhu_backend *backend);
/* 0; -ENOENT, -ECONNREFUSED or -EAGAIN: nobody is there; or another error. */
int vhu_backend_connect(struct vhu_backend *backend, const char *path);
/* Agree on protocol features out of @wanted. */
int vhu_backend_negotiate(struct vhu_backend *backend, __u64 wanted);
void vhu_backend_close(struct vhu_backend *backend);

/* It broke the rules, or is gone; returns @err. */
int vhu_backend_fail(struct vhu_backend *backend, int err, const char *format,
		     ...) __printf(3, 4);

/*
 * Requests. Without an answer of their own, success is confirmed if the back end
 * can do that, and else it is taken for granted.
 */
int vhu_backend_tell(struct vhu_backend *backend, struct vhu_msg *msg);
int vhu_backend_tell_u64(struct vhu_backend *backend, __u32 request,
			 __u64 value);
int vhu_backend_tell_state(struct vhu_backend *backend, __u32 request,
			   __u32 index, __u32 num);
int vhu_backend_tell_fd(struct vhu_backend *backend, __u32 request,
			__u64 value, int fd);
/* @msg becomes the answer, whose descriptors the caller closes. */
int vhu_backend_ask(struct vhu_backend *backend, struct vhu_msg *msg);
int vhu_backend_ask_u64(struct vhu_backend *backend, __u32 request,
			__u64 *value);

/* Answer what the back end has asked. */
int vhu_backend_serve(struct vhu_backend *backend);

/* Something came on the connection, though nothing was asked. */
int vhu_backend_unasked(struct vhu_backend *backend);

#endif /* _VHOST_USER_BACKEND_H */
