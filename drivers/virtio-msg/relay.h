/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_RELAY_H
#define _VIRTIO_MSG_RELAY_H

#include <linux/types.h>
#include <uapi/linux/virtio_ring.h>

#include "counters.h"
#include "policy.h"

struct virtio_msg_relay;
struct workqueue_struct;

/**
 * struct virtio_msg_layout - where things are in the window of a fat queue
 * @num: entries of the ring, a power of 2
 * @out_size: bytes of a slot that the device reads
 * @in_size: bytes of a slot that the device writes
 * @out_slots: number of slots that the device reads
 * @in_slots: number of slots that the device writes
 * @desc: offset of the descriptor area
 * @avail: offset of the driver area
 * @out: offset of the first slot that the device reads
 * @used: offset of the device area; from here on only the device writes
 * @in: offset of the first slot that the device writes
 * @total: bytes
 */
struct virtio_msg_layout {
	u32 num;
	u32 out_size;
	u32 in_size;
	u32 out_slots;
	u32 in_slots;
	u32 desc;
	u32 avail;
	u32 out;
	u32 used;
	u32 in;
	u32 total;
};

/**
 * struct virtio_msg_relay_ops - what the relay asks of its queue
 * @notify: Tell the device that buffers are available. Any context.
 * @interrupt: Tell the driver that buffers were used. Process context,
 *	interrupts on.
 * @broken: The device broke the rules, or did not answer: @why, a constant. Any
 *	context, with the relay's lock: nothing is printed here.
 * @count: Count @counter. Any context.
 */
struct virtio_msg_relay_ops {
	void (*notify)(void *ctx);
	void (*interrupt)(void *ctx);
	void (*broken)(void *ctx, const char *why);
	void (*count)(void *ctx, enum virtio_msg_counter counter);
};

/**
 * struct virtio_msg_relay_config - a relay to be
 * @layout: of the window
 * @policy: what to do with requests
 * @ring: the driver's private ring, of @layout->num entries
 * @event_idx: the driver uses VIRTIO_RING_F_EVENT_IDX
 * @window: the window, zeroed
 * @bus_addr: the window for the device
 * @wire_event_idx: the device uses VIRTIO_RING_F_EVENT_IDX
 * @coherent: the device sees this CPU's caches
 * @timeout_ms: time without any answer after which the device has failed; 0:
 *	no end
 * @wq: for what cannot be done at once
 * @ops: the queue
 * @ctx: for @ops
 */
struct virtio_msg_relay_config {
	const struct virtio_msg_layout *layout;
	const struct virtio_msg_queue_policy *policy;
	const struct vring *ring;
	bool event_idx;
	void *window;
	u64 bus_addr;
	bool wire_event_idx;
	bool coherent;
	u32 timeout_ms;
	struct workqueue_struct *wq;
	const struct virtio_msg_relay_ops *ops;
	void *ctx;
};

/**
 * struct virtio_msg_relay_stats - how a queue stands
 * @requests: requests given to the device, those given again included
 * @answers: requests that it answered
 * @pending: requests that it has, or that wait for the next one
 * @bytes_out: bytes copied to the window
 * @bytes_in: bytes copied from the window
 * @stalls: times that the window was full
 */
struct virtio_msg_relay_stats {
	u64 requests;
	u64 answers;
	u32 pending;
	u64 bytes_out;
	u64 bytes_in;
	u64 stalls;
};

int virtio_msg_layout_init(struct virtio_msg_layout *layout, u32 num,
			   u32 out_size, u32 in_size);
void virtio_msg_layout_describe(const struct virtio_msg_layout *layout,
				u32 index, u32 epoch, void *window);

struct virtio_msg_relay *
virtio_msg_relay_create(const struct virtio_msg_relay_config *config);
void virtio_msg_relay_start(struct virtio_msg_relay *relay);
void virtio_msg_relay_kick(struct virtio_msg_relay *relay);
void virtio_msg_relay_used(struct virtio_msg_relay *relay);
void virtio_msg_relay_fail(struct virtio_msg_relay *relay);
void virtio_msg_relay_stop(struct virtio_msg_relay *relay);
void virtio_msg_relay_destroy(struct virtio_msg_relay *relay);
void virtio_msg_relay_hold(struct virtio_msg_relay *relay);
void virtio_msg_relay_renew(struct virtio_msg_relay *relay, void *window,
			    u64 bus_addr);
void virtio_msg_relay_resume(struct virtio_msg_relay *relay);
bool virtio_msg_relay_can_fail(struct virtio_msg_relay *relay);
void virtio_msg_relay_stats(struct virtio_msg_relay *relay,
			    struct virtio_msg_relay_stats *stats);

#endif /* _VIRTIO_MSG_RELAY_H */
