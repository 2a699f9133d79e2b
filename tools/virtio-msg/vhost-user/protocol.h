/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of vhost-user, as both ends of a Unix socket exchange them. All
 * numbers are in the byte order of the machine.
 */
#ifndef _VHOST_USER_PROTOCOL_H
#define _VHOST_USER_PROTOCOL_H

#include <stdbool.h>
#include <linux/types.h>

/* Requests of the front end. */
enum vhu_request {
	VHU_GET_FEATURES = 1,
	VHU_SET_FEATURES = 2,
	VHU_SET_OWNER = 3,
	VHU_SET_MEM_TABLE = 5,
	VHU_SET_VRING_NUM = 8,
	VHU_SET_VRING_ADDR = 9,
	VHU_SET_VRING_BASE = 10,
	VHU_GET_VRING_BASE = 11,
	VHU_SET_VRING_KICK = 12,
	VHU_SET_VRING_CALL = 13,
	VHU_SET_VRING_ERR = 14,
	VHU_GET_PROTOCOL_FEATURES = 15,
	VHU_SET_PROTOCOL_FEATURES = 16,
	VHU_GET_QUEUE_NUM = 17,
	VHU_SET_VRING_ENABLE = 18,
	VHU_SET_BACKEND_REQ_FD = 21,
	VHU_GET_CONFIG = 24,
	VHU_SET_CONFIG = 25,
	VHU_GET_INFLIGHT_FD = 31,
	VHU_SET_INFLIGHT_FD = 32,
	VHU_RESET_DEVICE = 34,
	VHU_GET_MAX_MEM_SLOTS = 36,
	VHU_ADD_MEM_REG = 37,
	VHU_REM_MEM_REG = 38,
	VHU_SET_STATUS = 39,
	VHU_GET_STATUS = 40,
};

/* Requests of the back end, on a socket of their own. */
#define VHU_BACKEND_CONFIG_CHANGE	2

/* Feature bit that says that there are protocol features. */
#define VHU_F_PROTOCOL_FEATURES		30

/* Protocol features, by number. */
#define VHU_PROTOCOL_MQ			0
#define VHU_PROTOCOL_REPLY_ACK		3
#define VHU_PROTOCOL_BACKEND_REQ	5
#define VHU_PROTOCOL_CONFIG		9
#define VHU_PROTOCOL_INFLIGHT_SHMFD	12
#define VHU_PROTOCOL_RESET_DEVICE	13
#define VHU_PROTOCOL_MEM_SLOTS		15
#define VHU_PROTOCOL_STATUS		16

#define VHU_VERSION		1
#define VHU_FLAG_VERSION_MASK	0x03
#define VHU_FLAG_REPLY		0x04
#define VHU_FLAG_NEED_REPLY	0x08

/* Bounds */
#define VHU_PAYLOAD_MAX		512	/* bytes after the header */
#define VHU_FDS_MAX		8	/* descriptors with a message */
#define VHU_TABLE_MAX		8	/* regions in SET_MEM_TABLE */
#define VHU_CONFIG_MAX		256	/* bytes of configuration */
#define VHU_QUEUES_MAX		256	/* an index has 8 bits with a descriptor */

/* In the u64 of SET_VRING_KICK and its like, beside the index. */
#define VHU_VRING_NO_FD		0x100

struct vhu_vring_state {
	__u32 index;
	__u32 num;
};

struct vhu_vring_addr {
	__u32 index;
	__u32 flags;
	__u64 desc;
	__u64 used;
	__u64 avail;
	__u64 log;
};

struct vhu_region {
	__u64 guest_addr;
	__u64 size;
	__u64 user_addr;
	__u64 mmap_offset;
};

struct vhu_mem_table {
	__u32 num;
	__u32 padding;
	struct vhu_region region[VHU_TABLE_MAX];
};

struct vhu_mem_reg {
	__u64 padding;
	struct vhu_region region;
};

struct vhu_config {
	__u32 offset;
	__u32 size;
	__u32 flags;
	__u8 data[VHU_CONFIG_MAX];
};

#define VHU_CONFIG_HEADER	12	/* bytes before the data */

struct vhu_inflight {
	__u64 mmap_size;
	__u64 mmap_offset;
	__u16 num_queues;
	__u16 queue_size;
};

#define VHU_INFLIGHT_MIN	20	/* bytes without padding */

/**
 * struct vhu_msg - a message
 * @request: what it is about
 * @flags: VHU_FLAG_* and the version
 * @size: bytes of the payload
 * @payload: what follows
 * @fds: descriptors that come with it; a received message owns them
 * @num_fds: number of them
 */
struct vhu_msg {
	__u32 request;
	__u32 flags;
	__u32 size;
	union {
		__u64 u64;
		struct vhu_vring_state state;
		struct vhu_vring_addr addr;
		struct vhu_mem_table table;
		struct vhu_mem_reg reg;
		struct vhu_config config;
		struct vhu_inflight inflight;
		__u8 bytes[VHU_PAYLOAD_MAX];
	} payload;
	int fds[VHU_FDS_MAX];
	__u32 num_fds;
};

#define VHU_HEADER_SIZE		12

const char *vhu_request_name(__u32 request);

/* Milliseconds of a clock that only goes on. */
__u64 vhu_now(void);

/*
 * Send or receive a whole message until the deadline, a time of vhu_now(). The
 * socket does not block. 0 or a negative error: -ECONNRESET the peer has closed
 * the socket, -ETIMEDOUT, -EPROTO a header that makes no sense, -EMSGSIZE more
 * than a message can have, or that of a system call.
 */
int vhu_msg_send(int socket, const struct vhu_msg *msg, __u64 deadline);
int vhu_msg_receive(int socket, struct vhu_msg *msg, __u64 deadline);

/* Close the descriptors of a received message. */
void vhu_msg_close(struct vhu_msg *msg);

#endif /* _VHOST_USER_PROTOCOL_H */
