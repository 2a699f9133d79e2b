/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_ENDPOINT_H
#define _VIRTIO_MSG_ENDPOINT_H

#include <linux/types.h>
#include <linux/xarray.h>

struct virtio_msg_claim;
struct virtio_msg_core;
struct virtio_msg_fields;

/**
 * struct virtio_msg_endpoints - claimed device numbers: the device side
 * @map: device number to &struct virtio_msg_claim; read under RCU
 * @next: where the search for a free number goes on, so that a number that
 *	was given back is not used again at once
 */
struct virtio_msg_endpoints {
	struct xarray map;
	u32 next;
};

/**
 * struct virtio_msg_claim_ops - who serves a device
 * @receive: Take a request or an implementation-defined event. The message is
 *	in private memory and was checked for its size only. Any context.
 * @avail: The driver made buffers available. Any context.
 * @lost: The number was taken from it: it is not to see windows of whoever has it
 *	next. Does not sleep.
 */
struct virtio_msg_claim_ops {
	void (*receive)(struct virtio_msg_claim *claim, const void *msg,
			u32 size);
	void (*avail)(struct virtio_msg_claim *claim, u32 index,
		      u32 next_offset);
	void (*lost)(struct virtio_msg_claim *claim);
};

/**
 * struct virtio_msg_claim - a claimed device number
 * @core: the bus
 * @dev_num: the number
 * @num_queues: notifications of other queues are dropped
 * @resumable: when who serves it dies, the device waits for the next one
 * @resume_ms: for how long
 * @resumed: it waited for this one
 * @ops: who serves it
 */
struct virtio_msg_claim {
	struct virtio_msg_core *core;
	u16 dev_num;
	u32 num_queues;
	bool resumable;
	u32 resume_ms;
	bool resumed;
	const struct virtio_msg_claim_ops *ops;
};

void virtio_msg_endpoints_init(struct virtio_msg_endpoints *endpoints);
void virtio_msg_endpoints_destroy(struct virtio_msg_endpoints *endpoints);
void virtio_msg_endpoints_receive(struct virtio_msg_core *core, const void *msg,
				  u32 size);
void virtio_msg_endpoints_avail(struct virtio_msg_core *core, u16 dev_num,
				u32 index, u32 next_offset);
void virtio_msg_endpoints_list(struct virtio_msg_core *core,
			       const struct virtio_msg_fields *request);

int virtio_msg_claim_add(struct virtio_msg_claim *claim, u32 dev_num);
void virtio_msg_claim_announce(struct virtio_msg_claim *claim);
void virtio_msg_claim_del(struct virtio_msg_claim *claim,
			  unsigned long deadline);
bool virtio_msg_claim_keep(struct virtio_msg_claim *claim);
bool virtio_msg_claim_current(struct virtio_msg_claim *claim);
bool virtio_msg_claim_pass(struct virtio_msg_claim *from,
			   struct virtio_msg_claim *to);
void virtio_msg_claim_withdraw(struct virtio_msg_claim *claim);
int virtio_msg_claim_check(struct virtio_msg_core *core, const void *msg,
			   u32 len, struct virtio_msg_fields *fields);

#endif /* _VIRTIO_MSG_ENDPOINT_H */
