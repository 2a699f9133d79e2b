/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The small device as an FF-A partition: its driver sends it messages, each of
 * which has an answer, and shares memory with it in areas. Allocates nothing,
 * waits for nothing; has no thread: all work is done while a message is handled.
 *
 *	vmsg_ffa_init(...); vmsg_ffa_add(...);
 *	for each message:
 *		vmsg_ffa_receive(...); send the answer;
 */
#ifndef _VMSG_FFA_H
#define _VMSG_FFA_H

#include "core.h"

/* Bounds. A build may change them. */
#ifndef VMSG_FFA_DEVICES
#define VMSG_FFA_DEVICES	4
#endif
#ifndef VMSG_FFA_AREAS
#define VMSG_FFA_AREAS		16
#endif
#ifndef VMSG_FFA_PAGES
#define VMSG_FFA_PAGES		16384	/* of 4 KiB, in an area */
#endif
#define VMSG_FFA_MSG		104	/* bytes of a message; 8 * n */
#define VMSG_FFA_ROUNDS		8	/* times that a queue runs for a message */

struct vmsg_ffa;

/**
 * struct vmsg_ffa_area - memory that the driver has shared
 * @handle: name of the memory in FF-A
 * @tag: what the driver said when it shared it
 * @pages: of 4 KiB
 * @users: devices that use it
 * @base: where it is mapped, in one piece; NULL: the area does not exist
 */
struct vmsg_ffa_area {
	__u64 handle;
	__u64 tag;
	__u32 pages;
	__u32 users;
	__u8 *base;
};

/**
 * struct vmsg_ffa_ops - what the partition needs of its surroundings
 * @retrieve: take the memory that @area names and map it; return 0 and set
 *	@base, -EAGAIN: not now, or another error
 * @relinquish: give it back; it must not be accessed from now on
 * @notify: optional: set notification @id for the driver
 */
struct vmsg_ffa_ops {
	int (*retrieve)(struct vmsg_ffa *ffa, struct vmsg_ffa_area *area);
	void (*relinquish)(struct vmsg_ffa *ffa, struct vmsg_ffa_area *area);
	void (*notify)(struct vmsg_ffa *ffa, __u16 id);
};

/**
 * struct vmsg_ffa - the bus of such a partition
 * @ops: set by the owner, as all up to @version
 * @dialect: layout of the messages
 * @version: of FF-A, as FFA_VERSION has it
 * @link: the bus for the core; this and what follows is not the owner's
 * @devices: device number to device
 * @num_devices: number of them
 * @areas: by number
 * @dropped: messages that make no sense
 * @refused: areas that could not be shared, or given back
 * @notified: notifications
 * @notify_id: what to notify of events, if @notify
 * @greeted: the driver has asked for the version
 * @again: queues have more to do
 * @event_len: bytes of the event in @event, 0: there is none
 * @answer_len: bytes of the answer in @answer, so far
 */
struct vmsg_ffa {
	const struct vmsg_ffa_ops *ops;
	const struct virtio_msg_dialect *dialect;
	__u32 version;

	struct vmsg_link link;
	struct vmsg_device *devices[VMSG_FFA_DEVICES];
	__u32 num_devices;
	struct vmsg_ffa_area areas[VMSG_FFA_AREAS];
	__u32 dropped;
	__u32 refused;
	__u32 notified;
	__u16 notify_id;
	bool notify;
	bool greeted;
	bool again;
	__u32 event_len;
	__u32 answer_len;
	__u64 event[VMSG_FFA_MSG / 8];
	__u64 answer[VMSG_FFA_MSG / 8];
	__u64 in[VMSG_FFA_MSG / 8];
	__u64 out[VMSG_FFA_MSG / 8];
};

void vmsg_ffa_init(struct vmsg_ffa *ffa);
int vmsg_ffa_add(struct vmsg_ffa *ffa, struct vmsg_device *dev);
__u32 vmsg_ffa_receive(struct vmsg_ffa *ffa, const void *msg, __u32 len,
		       void *answer);
void vmsg_ffa_lost(struct vmsg_ffa *ffa);

#endif /* _VMSG_FFA_H */
