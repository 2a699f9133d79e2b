/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_POLICY_H
#define _VIRTIO_MSG_POLICY_H

#include <linux/types.h>

/**
 * struct virtio_msg_queue_policy - how a queue is relayed
 * @num: largest ring
 * @min_num: with fewer entries, its driver's requests would not fit
 * @out_size: bytes of a slot that the device reads; 0: it reads nothing
 * @in_size: bytes of a slot that the device writes; 0: it writes nothing
 * @posted: a request without a part for the device to write is complete for
 *	the driver as soon as it has been copied
 * @drop: such a request is dropped rather than kept waiting for a slot: the
 *	driver waits for it with interrupts off
 * @deadline: the driver waits for the answer in a loop: a device that does not
 *	answer within the timeout of the bus has failed
 * @bounded: the driver waits without end, and nobody can interrupt it: a device
 *	that does not answer within the bus's time for requests has failed
 * @unawaited: no driver waits for an answer without end: events, buffers that
 *	are there to receive something, requests with a timeout of their own
 * @once: a request that the device may have seen is not given to it again, if it
 *	died before it answered: it has an error, or is posted
 * @together: the driver frees all of its requests as soon as one has failed: they
 *	are taken when it kicks, and answered when the device has none of them any
 *	more, the first one last. What follows one that fails here does, too. With
 *	@tail or @error, for drivers that add and kick under one lock
 * @whole: the driver reads all of its buffer, or gives it to others to read,
 *	whatever length the device returns
 * @tail: the same, and the last byte that the device writes is a status
 * @error_tail: the value of that byte which means failure
 * @error: what to write at the start of a reply that means failure, or NULL
 * @error_len: bytes at @error, up to VIRTIO_MSG_LIMIT_ERROR
 * @echo: offset of the 8 bytes of @error that repeat those of the request; 0:
 *	there are none
 */
struct virtio_msg_queue_policy {
	u16 num;
	u16 min_num;
	u32 out_size;
	u32 in_size;
	bool posted;
	bool drop;
	bool deadline;
	bool bounded;
	bool unawaited;
	bool once;
	bool together;
	bool whole;
	bool tail;
	u8 error_tail;
	const u8 *error;
	u8 error_len;
	u8 echo;
};

/**
 * struct virtio_msg_caps - the largest request of the queue that matters
 * @out: bytes that the device reads
 * @in: bytes that the device writes
 */
struct virtio_msg_caps {
	u32 out;
	u32 in;
};

/**
 * struct virtio_msg_policy - how a type of device is relayed
 * @device_id: virtio device type
 * @main_queue: the queue whose size bounds requests
 * @strip: feature bits 0 to 23 that the driver is not shown
 * @strip_high: feature bits 64 to 127 that the driver is not shown
 * @force: feature bits 0 to 23 that the driver is always shown; the device
 *	only gets those back that it offered
 * @remove: its driver can only be told of a failure by removing the device
 * @resumable: a device whose process died may go on with another one: but for
 *	requests, it has no state that this kernel does not know
 * @queue: how queue @index of a device with @max_vqs queues is relayed
 * @features: optional, what the driver is shown of @offered
 * @config: optional, makes the configuration fit the windows: @size bytes at
 *	@data. A spinlock is held.
 */
struct virtio_msg_policy {
	u32 device_id;
	u32 main_queue;
	u32 strip;
	u64 strip_high;
	u32 force;
	bool remove;
	bool resumable;
	const struct virtio_msg_queue_policy *(*queue)(u32 index, u32 max_vqs);
	u64 (*features)(u64 offered, const struct virtio_msg_caps *caps);
	void (*config)(u8 *data, u32 size, u32 offered,
		       const struct virtio_msg_caps *caps);
};

const struct virtio_msg_policy *virtio_msg_policy_find(u32 device_id);
u32 virtio_msg_policy_num(const struct virtio_msg_queue_policy *queue,
			  u32 max_size);
struct virtio_msg_caps
virtio_msg_policy_caps(const struct virtio_msg_queue_policy *queue, u32 num);
u64 virtio_msg_policy_features(const struct virtio_msg_policy *policy,
			       u64 offered, const struct virtio_msg_caps *caps);

#endif /* _VIRTIO_MSG_POLICY_H */
