/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_REQUEST_H
#define _VIRTIO_MSG_REQUEST_H

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "protocol.h"

struct virtio_msg_core;

/**
 * struct virtio_msg_requests - requests of a bus that wait for their answer
 * @tokens: token to channel; a value entry is a token whose request was given
 *	up: its answer may still come, so it is not used again until then, or
 *	until there is no other. It says the kind and the device.
 * @next: where the search for a free token goes on
 */
struct virtio_msg_requests {
	struct xarray tokens;
	u32 next;
};

/**
 * struct virtio_msg_channel - one conversation with the peer, one request at a
 *	time: a device has one, and the bus has one
 * @core: the bus
 * @lock: held by the sender of a request until it has read the answer
 * @dev_num: device number
 * @tx: the request, max_msg_size bytes
 * @rx: the answer, max_msg_size bytes
 * @done: completed when the answer is there or never will be
 * @expect: kind of the answer
 * @token: token of the request
 * @status: result, once @waiting is false
 * @len: bytes at @rx
 * @waiting: a request is in flight
 * @dead: no request is made any more
 * @interrupted: nor for now
 *
 * The members from @expect on are protected by the lock of @tokens.
 */
struct virtio_msg_channel {
	struct virtio_msg_core *core;
	struct mutex lock;
	u16 dev_num;
	void *tx;
	void *rx;
	struct completion done;
	enum virtio_msg_kind expect;
	u16 token;
	int status;
	u32 len;
	bool waiting;
	bool dead;
	bool interrupted;
};

void virtio_msg_requests_init(struct virtio_msg_requests *requests);
void virtio_msg_requests_destroy(struct virtio_msg_requests *requests);
void virtio_msg_requests_receive(struct virtio_msg_core *core, const void *msg,
				 u32 size);

int virtio_msg_channel_init(struct virtio_msg_channel *channel,
			    struct virtio_msg_core *core, u16 dev_num);
void virtio_msg_channel_destroy(struct virtio_msg_channel *channel);
void virtio_msg_channel_kill(struct virtio_msg_channel *channel);
void virtio_msg_channel_interrupt(struct virtio_msg_channel *channel);
int virtio_msg_channel_call(struct virtio_msg_channel *channel,
			    struct virtio_msg_fields *fields);

#endif /* _VIRTIO_MSG_REQUEST_H */
