// SPDX-License-Identifier: BSD-3-Clause
/* Messages of vhost-user on a socket: whole ones, in time, or an error. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/build_bug.h>

#include "vhost-user/protocol.h"
#include "util.h"

static_assert(offsetof(struct vhu_msg, payload) >= VHU_HEADER_SIZE, "header");
static_assert(sizeof(struct vhu_vring_addr) == 40, "ring");
static_assert(sizeof(struct vhu_mem_table) == 8 + 32 * VHU_TABLE_MAX, "table");
static_assert(offsetof(struct vhu_config, data) == VHU_CONFIG_HEADER, "config");
static_assert(sizeof(struct vhu_config) <= VHU_PAYLOAD_MAX, "largest");
static_assert(sizeof(struct vhu_inflight) == 24, "in flight");
static_assert(VHU_TABLE_MAX <= VHU_FDS_MAX, "a descriptor for each region");

static const char *const names[] = {
	[VHU_GET_FEATURES] = "GET_FEATURES",
	[VHU_SET_FEATURES] = "SET_FEATURES",
	[VHU_SET_OWNER] = "SET_OWNER",
	[VHU_SET_MEM_TABLE] = "SET_MEM_TABLE",
	[VHU_SET_VRING_NUM] = "SET_VRING_NUM",
	[VHU_SET_VRING_ADDR] = "SET_VRING_ADDR",
	[VHU_SET_VRING_BASE] = "SET_VRING_BASE",
	[VHU_GET_VRING_BASE] = "GET_VRING_BASE",
	[VHU_SET_VRING_KICK] = "SET_VRING_KICK",
	[VHU_SET_VRING_CALL] = "SET_VRING_CALL",
	[VHU_SET_VRING_ERR] = "SET_VRING_ERR",
	[VHU_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
	[VHU_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
	[VHU_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
	[VHU_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
	[VHU_SET_BACKEND_REQ_FD] = "SET_BACKEND_REQ_FD",
	[VHU_GET_CONFIG] = "GET_CONFIG",
	[VHU_SET_CONFIG] = "SET_CONFIG",
	[VHU_GET_INFLIGHT_FD] = "GET_INFLIGHT_FD",
	[VHU_SET_INFLIGHT_FD] = "SET_INFLIGHT_FD",
	[VHU_RESET_DEVICE] = "RESET_DEVICE",
	[VHU_GET_MAX_MEM_SLOTS] = "GET_MAX_MEM_SLOTS",
	[VHU_ADD_MEM_REG] = "ADD_MEM_REG",
	[VHU_REM_MEM_REG] = "REM_MEM_REG",
	[VHU_SET_STATUS] = "SET_STATUS",
	[VHU_GET_STATUS] = "GET_STATUS",
};

const char *vhu_request_name(__u32 request)
{
	if (request >= ARRAY_SIZE(names) || !names[request])
		return "request";
	return names[request];
}

__u64 vhu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000 + (__u64)now.tv_nsec / 1000000;
}

static int wait_for(int socket, short events, __u64 deadline)
{
	struct pollfd pollfd = { .fd = socket, .events = events };
	__u64 now = vhu_now();
	int n;

	if (now >= deadline)
		return -ETIMEDOUT;
	n = poll(&pollfd, 1, (int)(deadline - now));
	if (n < 0 && errno != EINTR)
		return -errno;
	return 0;
}

/* The kernel's words for a peer that is not there any more are many. */
static int socket_error(int err)
{
	return err == EPIPE || err == ENOTCONN ? -ECONNRESET : -err;
}

static void put_fds(struct msghdr *header, void *control,
		    const struct vhu_msg *msg)
{
	size_t bytes = msg->num_fds * sizeof(int);
	struct cmsghdr *cmsg;

	header->msg_control = control;
	header->msg_controllen = CMSG_SPACE(bytes);
	cmsg = CMSG_FIRSTHDR(header);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(cmsg), msg->fds, bytes);
}

int vhu_msg_send(int socket, const struct vhu_msg *msg, __u64 deadline)
{
	char control[CMSG_SPACE(sizeof(msg->fds))] = "";
	__u8 bytes[VHU_HEADER_SIZE + VHU_PAYLOAD_MAX];
	size_t size = VHU_HEADER_SIZE + msg->size;
	size_t done = 0;
	ssize_t n;
	int err;

	memcpy(bytes, msg, VHU_HEADER_SIZE);
	memcpy(bytes + VHU_HEADER_SIZE, &msg->payload, msg->size);
	while (done < size) {
		struct iovec iov = { bytes + done, size - done };
		struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

		/* They go with the first byte. */
		if (msg->num_fds && !done)
			put_fds(&header, control, msg);
		n = sendmsg(socket, &header, MSG_NOSIGNAL);
		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return socket_error(errno);
		err = wait_for(socket, POLLOUT, deadline);
		if (err)
			return err;
	}
	return 0;
}

/* What does not fit is closed: descriptors must not gather here. */
static int take_fds(struct msghdr *header, struct vhu_msg *msg)
{
	struct cmsghdr *cmsg;
	int err = header->msg_flags & MSG_CTRUNC ? -EMSGSIZE : 0;
	size_t i, n;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(header); cmsg;
	     cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int),
			       sizeof(fd));
			if (msg->num_fds < VHU_FDS_MAX) {
				msg->fds[msg->num_fds++] = fd;
				continue;
			}
			close(fd);
			err = -EMSGSIZE;
		}
	}
	return err;
}

static int receive_bytes(int socket, void *to, size_t size,
			 struct vhu_msg *msg, __u64 deadline)
{
	char control[CMSG_SPACE(sizeof(msg->fds))];
	size_t done = 0;
	ssize_t n;
	int err;

	while (done < size) {
		struct iovec iov = { (char *)to + done, size - done };
		struct msghdr header = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		n = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
		if (n > 0) {
			done += (size_t)n;
			err = take_fds(&header, msg);
		} else if (!n) {
			err = -ECONNRESET;
		} else if (errno == EAGAIN || errno == EINTR) {
			err = wait_for(socket, POLLIN, deadline);
		} else {
			err = socket_error(errno);
		}
		if (err)
			return err;
	}
	return 0;
}

static int check_header(const struct vhu_msg *msg)
{
	if ((msg->flags & VHU_FLAG_VERSION_MASK) != VHU_VERSION)
		return -EPROTO;
	return msg->size > VHU_PAYLOAD_MAX ? -EMSGSIZE : 0;
}

int vhu_msg_receive(int socket, struct vhu_msg *msg, __u64 deadline)
{
	int err;

	memset(msg, 0, sizeof(*msg));
	err = receive_bytes(socket, msg, VHU_HEADER_SIZE, msg, deadline);
	if (!err)
		err = check_header(msg);
	if (!err)
		err = receive_bytes(socket, &msg->payload, msg->size, msg,
				    deadline);
	if (err)
		vhu_msg_close(msg);
	return err;
}

void vhu_msg_close(struct vhu_msg *msg)
{
	while (msg->num_fds)
		close(msg->fds[--msg->num_fds]);
}
