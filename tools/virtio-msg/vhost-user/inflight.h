/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory in which a back end notes the requests that it is working on. The front
 * end keeps it, and gives it to a back end that has come back.
 */
#ifndef _VHOST_USER_INFLIGHT_H
#define _VHOST_USER_INFLIGHT_H

#include "vhost-user/backend.h"

/**
 * struct vhu_inflight_log - the memory
 * @fd: file that holds it, or -1
 * @desc: what the protocol says of it
 */
struct vhu_inflight_log {
	int fd;
	struct vhu_inflight desc;
};

/* Have new memory made for @num queues of @size entries. */
int vhu_inflight_get(struct vhu_inflight_log *log, struct vhu_backend *backend,
		     __u16 num, __u16 size);
int vhu_inflight_set(const struct vhu_inflight_log *log,
		     struct vhu_backend *backend);
void vhu_inflight_drop(struct vhu_inflight_log *log);

#endif /* _VHOST_USER_INFLIGHT_H */
