// SPDX-License-Identifier: BSD-3-Clause
/* The other process: a connection to it, what was agreed on, and questions. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vhost-user/backend.h"

/* Requests that the back end may have waiting before it gets its answer. */
#define SERVE_MAX	16

void vhu_backend_init(struct vhu_backend *backend)
{
	memset(backend, 0, sizeof(*backend));
	backend->socket = -1;
	backend->requests = -1;
	backend->error = -ENOTCONN;
}

int vhu_backend_fail(struct vhu_backend *backend, int err, const char *format,
		     ...)
{
	va_list args;

	if (backend->error)
		return backend->error;
	va_start(args, format);
	vsnprintf(backend->why, sizeof(backend->why), format, args);
	va_end(args);
	backend->error = err;
	return err;
}

static const char *words(int err)
{
	switch (err) {
	case -ECONNRESET:
		return "it closed the connection";
	case -ETIMEDOUT:
		return "it does not answer in time";
	case -EPROTO:
		return "its message is of another version of the protocol";
	case -EMSGSIZE:
		return "its message is too large";
	default:
		return strerror(-err);
	}
}

static int fail_at(struct vhu_backend *backend, __u32 request, int err)
{
	return vhu_backend_fail(backend, err, "%s: %s",
				vhu_request_name(request), words(err));
}

/* Connection */

int vhu_backend_connect(struct vhu_backend *backend, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		err = -errno;
		close(fd);
		return err;
	}
	backend->socket = fd;
	backend->error = 0;
	backend->why[0] = '\0';
	backend->config_changed = false;
	return 0;
}

void vhu_backend_close(struct vhu_backend *backend)
{
	if (backend->socket >= 0)
		close(backend->socket);
	if (backend->requests >= 0)
		close(backend->requests);
	backend->socket = -1;
	backend->requests = -1;
	backend->protocol = 0;
	if (!backend->error)
		backend->error = -ENOTCONN;
}

/* The channel of the back end */

/* There is nothing to do but to remember; all else is refused. */
static __u64 obey(struct vhu_backend *backend, const struct vhu_msg *msg)
{
	if (msg->request != VHU_BACKEND_CONFIG_CHANGE || msg->size ||
	    !vhu_backend_has(backend, VHU_PROTOCOL_CONFIG))
		return 1;
	backend->config_changed = true;
	return 0;
}

static int serve_one(struct vhu_backend *backend)
{
	struct vhu_msg msg;
	__u64 result;
	int err;

	err = vhu_msg_receive(backend->requests, &msg, backend->deadline);
	if (err)
		return err;
	result = obey(backend, &msg);
	vhu_msg_close(&msg);
	if (!(msg.flags & VHU_FLAG_NEED_REPLY))
		return 0;
	msg.flags = VHU_VERSION | VHU_FLAG_REPLY;
	msg.size = sizeof(msg.payload.u64);
	msg.payload.u64 = result;
	return vhu_msg_send(backend->requests, &msg, backend->deadline);
}

static bool readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&pollfd, 1, 0) > 0;
}

int vhu_backend_serve(struct vhu_backend *backend)
{
	int i, err;

	for (i = 0; i < SERVE_MAX && readable(backend->requests); i++) {
		err = serve_one(backend);
		if (err == -ECONNRESET) {
			/* It needs this channel no more; the other one tells. */
			close(backend->requests);
			backend->requests = -1;
		} else if (err) {
			return vhu_backend_fail(backend, err,
						"request of the back end: %s",
						words(err));
		}
	}
	return 0;
}

int vhu_backend_unasked(struct vhu_backend *backend)
{
	struct vhu_msg msg;
	char byte;

	if (backend->error)
		return backend->error;
	if (recv(backend->socket, &byte, 1, MSG_PEEK) <= 0)
		return vhu_backend_fail(backend, -ECONNRESET, "%s",
					words(-ECONNRESET));
	/* So that descriptors that came with it are closed. */
	if (!vhu_msg_receive(backend->socket, &msg, vhu_now()))
		vhu_msg_close(&msg);
	return vhu_backend_fail(backend, -EPROTO,
				"it sent a message that nobody asked for");
}

/* Requests */

/*
 * Wait for an answer, and answer meanwhile: a back end may need its own answer
 * before it gives ours.
 */
static int wait_reply(struct vhu_backend *backend)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	__u64 now;
	int err;

	while (!(fds[0].revents & (POLLIN | POLLHUP | POLLERR))) {
		now = vhu_now();
		if (now >= backend->deadline)
			return -ETIMEDOUT;
		fds[0].fd = backend->socket;
		fds[1].fd = backend->requests;
		if (poll(fds, 2, (int)(backend->deadline - now)) < 0) {
			if (errno != EINTR)
				return -errno;
			fds[0].revents = 0;
			continue;
		}
		if (fds[1].revents) {
			err = vhu_backend_serve(backend);
			if (err)
				return err;
		}
	}
	return 0;
}

/* An answer to @request; what it says is the caller's to check. */
static int receive_reply(struct vhu_backend *backend, __u32 request,
			 struct vhu_msg *msg)
{
	int err;

	err = wait_reply(backend);
	if (!err)
		err = vhu_msg_receive(backend->socket, msg, backend->deadline);
	if (err)
		return fail_at(backend, request, err);
	if (msg->request == request && (msg->flags & VHU_FLAG_REPLY))
		return 0;
	vhu_msg_close(msg);
	return vhu_backend_fail(backend, -EPROTO,
				"%s: it answered something else (%u)",
				vhu_request_name(request), msg->request);
}

static int send_request(struct vhu_backend *backend, struct vhu_msg *msg)
{
	int err;

	if (backend->error)
		return backend->error;
	msg->flags |= VHU_VERSION;
	err = vhu_msg_send(backend->socket, msg, backend->deadline);
	return err ? fail_at(backend, msg->request, err) : 0;
}

static int check_answer(struct vhu_backend *backend, struct vhu_msg *msg,
			__u32 size, __u32 num_fds)
{
	if (msg->size == size && msg->num_fds == num_fds)
		return 0;
	vhu_backend_fail(backend, -EPROTO,
			 "%s: answer of %u bytes and %u descriptors, not %u and %u",
			 vhu_request_name(msg->request), msg->size,
			 msg->num_fds, size, num_fds);
	vhu_msg_close(msg);
	return -EPROTO;
}

int vhu_backend_tell(struct vhu_backend *backend, struct vhu_msg *msg)
{
	__u32 request = msg->request;
	int err;

	if (vhu_backend_has(backend, VHU_PROTOCOL_REPLY_ACK))
		msg->flags |= VHU_FLAG_NEED_REPLY;
	err = send_request(backend, msg);
	if (err || !(msg->flags & VHU_FLAG_NEED_REPLY))
		return err;
	err = receive_reply(backend, request, msg);
	if (!err)
		err = check_answer(backend, msg, sizeof(__u64), 0);
	if (!err && msg->payload.u64)
		err = vhu_backend_fail(backend, -EIO, "%s: it refused",
				       vhu_request_name(request));
	return err;
}

int vhu_backend_tell_u64(struct vhu_backend *backend, __u32 request,
			 __u64 value)
{
	struct vhu_msg msg = {
		.request = request,
		.size = sizeof(value),
		.payload.u64 = value,
	};

	return vhu_backend_tell(backend, &msg);
}

int vhu_backend_tell_state(struct vhu_backend *backend, __u32 request,
			   __u32 index, __u32 num)
{
	struct vhu_msg msg = {
		.request = request,
		.size = sizeof(msg.payload.state),
		.payload.state = { .index = index, .num = num },
	};

	return vhu_backend_tell(backend, &msg);
}

int vhu_backend_tell_fd(struct vhu_backend *backend, __u32 request,
			__u64 value, int fd)
{
	struct vhu_msg msg = {
		.request = request,
		.size = sizeof(value),
		.payload.u64 = value,
		.fds = { fd },
		.num_fds = 1,
	};

	return vhu_backend_tell(backend, &msg);
}

int vhu_backend_ask(struct vhu_backend *backend, struct vhu_msg *msg)
{
	__u32 request = msg->request;
	int err;

	err = send_request(backend, msg);
	return err ? err : receive_reply(backend, request, msg);
}

int vhu_backend_ask_u64(struct vhu_backend *backend, __u32 request,
			__u64 *value)
{
	struct vhu_msg msg = { .request = request };
	int err;

	err = vhu_backend_ask(backend, &msg);
	if (!err)
		err = check_answer(backend, &msg, sizeof(*value), 0);
	if (!err)
		*value = msg.payload.u64;
	return err;
}

/* Negotiation */

static int open_requests(struct vhu_backend *backend)
{
	struct vhu_msg msg = { .request = VHU_SET_BACKEND_REQ_FD };
	int fds[2];
	int err;

	if (!vhu_backend_has(backend, VHU_PROTOCOL_BACKEND_REQ))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       fds))
		return vhu_backend_fail(backend, -errno, "socketpair: %s",
					strerror(errno));
	/* Back ends expect a socket that blocks. */
	fcntl(fds[1], F_SETFL, 0);
	backend->requests = fds[0];
	msg.fds[0] = fds[1];
	msg.num_fds = 1;
	err = vhu_backend_tell(backend, &msg);
	close(fds[1]);
	return err;
}

static int negotiate_protocol(struct vhu_backend *backend, __u64 wanted)
{
	__u64 offered;
	int err;

	if (!(backend->features >> VHU_F_PROTOCOL_FEATURES & 1))
		return 0;
	err = vhu_backend_ask_u64(backend, VHU_GET_PROTOCOL_FEATURES,
				  &offered);
	if (err)
		return err;
	offered &= wanted;
	err = vhu_backend_tell_u64(backend, VHU_SET_PROTOCOL_FEATURES,
				   offered);
	if (!err)
		backend->protocol = offered;
	return err;
}

static int read_limits(struct vhu_backend *backend)
{
	int err = 0;

	backend->max_queues = 0;
	backend->max_slots = VHU_TABLE_MAX;
	if (vhu_backend_has(backend, VHU_PROTOCOL_MQ))
		err = vhu_backend_ask_u64(backend, VHU_GET_QUEUE_NUM,
					  &backend->max_queues);
	if (!err && vhu_backend_has(backend, VHU_PROTOCOL_MEM_SLOTS))
		err = vhu_backend_ask_u64(backend, VHU_GET_MAX_MEM_SLOTS,
					  &backend->max_slots);
	if (!err && !backend->max_slots)
		err = vhu_backend_fail(backend, -EPROTO,
				       "it can map no memory");
	return err;
}

int vhu_backend_negotiate(struct vhu_backend *backend, __u64 wanted)
{
	struct vhu_msg owner = { .request = VHU_SET_OWNER };
	int err;

	backend->protocol = 0;
	err = vhu_backend_ask_u64(backend, VHU_GET_FEATURES,
				  &backend->features);
	if (!err)
		err = negotiate_protocol(backend, wanted);
	if (!err)
		err = vhu_backend_tell(backend, &owner);
	if (!err)
		err = read_limits(backend);
	return err ? err : open_requests(backend);
}
