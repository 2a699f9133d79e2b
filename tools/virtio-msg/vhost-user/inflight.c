// SPDX-License-Identifier: BSD-3-Clause
/* Memory in which a back end notes the requests that it is working on. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "vhost-user/inflight.h"

/* Some send the structure with its padding, some without. */
static bool good_answer(const struct vhu_msg *msg)
{
	return msg->size >= VHU_INFLIGHT_MIN &&
	       msg->size <= sizeof(msg->payload.inflight) &&
	       msg->num_fds == 1 && msg->payload.inflight.mmap_size;
}

int vhu_inflight_get(struct vhu_inflight_log *log, struct vhu_backend *backend,
		     __u16 num, __u16 size)
{
	struct vhu_msg msg = {
		.request = VHU_GET_INFLIGHT_FD,
		.size = sizeof(msg.payload.inflight),
		.payload.inflight = { .num_queues = num, .queue_size = size },
	};
	int err;

	vhu_inflight_drop(log);
	err = vhu_backend_ask(backend, &msg);
	if (err)
		return err;
	if (!good_answer(&msg)) {
		vhu_msg_close(&msg);
		return vhu_backend_fail(backend, -EPROTO,
					"GET_INFLIGHT_FD: no file with memory came");
	}
	log->fd = msg.fds[0];
	log->desc = msg.payload.inflight;
	log->desc.num_queues = num;
	log->desc.queue_size = size;
	return 0;
}

int vhu_inflight_set(const struct vhu_inflight_log *log,
		     struct vhu_backend *backend)
{
	struct vhu_msg msg = {
		.request = VHU_SET_INFLIGHT_FD,
		.size = sizeof(msg.payload.inflight),
		.payload.inflight = log->desc,
		.fds = { log->fd },
		.num_fds = 1,
	};

	return vhu_backend_tell(backend, &msg);
}

void vhu_inflight_drop(struct vhu_inflight_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	log->fd = -1;
}
