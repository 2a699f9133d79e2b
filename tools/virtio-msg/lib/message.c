// SPDX-License-Identifier: BSD-3-Clause
/*
 * The requests of a driver, one function each. Rows of the specification's
 * conformance list are quoted where they decide something.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "internal.h"
#include "protocol.h"

/* Words of features beyond ours that are told apart; bit 63 is the rest. */
#define FOREIGN_REST	63

static bool get_info(struct vmsg_device *dev,
		     const struct virtio_msg_fields *in,
		     struct virtio_msg_fields *out)
{
	out->info.device_id = dev->device_id;
	out->info.vendor_id = dev->vendor_id;
	memcpy(out->info.uuid, dev->uuid, sizeof(out->info.uuid));
	out->info.feature_blocks = VMSG_FEATURE_BLOCKS;
	out->info.config_size = dev->config_size;
	out->info.max_vqs = dev->num_queues;
	return true;
}

/* DEV-18, DEV-20: what is offered, and zero beyond. */
static bool get_features(struct vmsg_device *dev,
			 const struct virtio_msg_fields *in,
			 struct virtio_msg_fields *out)
{
	struct vmsg_link *link = dev->link;
	__u32 i, block;

	if (in->features.count > virtio_msg_features_capacity(link->max_msg))
		return false;
	for (i = 0; i < in->features.count; i++) {
		block = in->features.index + i;
		virtio_msg_features_put(link->scratch, i,
					block < VMSG_FEATURE_BLOCKS ?
					dev->features[block] : 0);
	}
	out->features.index = in->features.index;
	out->features.count = in->features.count;
	out->features.data = link->scratch;
	return true;
}

/* A word that we do not have is remembered only for being zero or not. */
static void set_foreign(struct vmsg_device *dev, __u32 block, __u32 word)
{
	__u32 bit = block - VMSG_FEATURE_BLOCKS;

	if (bit >= FOREIGN_REST) {
		if (word)
			dev->foreign_blocks |= 1ULL << FOREIGN_REST;
		return;
	}
	dev->foreign_blocks &= ~(1ULL << bit);
	if (word)
		dev->foreign_blocks |= 1ULL << bit;
}

/* DEV-19: only the words that are addressed. */
static bool set_features(struct vmsg_device *dev,
			 const struct virtio_msg_fields *in,
			 struct virtio_msg_fields *out)
{
	__u32 i, block, word;

	if (dev->resetting || (dev->status & VMSG_S_FEATURES_OK)) {
		dev->counters.refused++;
		return true;
	}
	for (i = 0; i < in->features.count; i++) {
		block = in->features.index + i;
		word = virtio_msg_features_word(in, i);
		if (block < VMSG_FEATURE_BLOCKS)
			dev->driver_features[block] = word;
		else
			set_foreign(dev, block, word);
	}
	return true;
}

static bool in_config(const struct vmsg_device *dev,
		      const struct virtio_msg_fields *in)
{
	return in->config.offset <= dev->config_size &&
	       in->config.length <= dev->config_size - in->config.offset;
}

/* A driver must not ask for what is not there; no answer can say so (T9). */
static bool get_config(struct vmsg_device *dev,
		       const struct virtio_msg_fields *in,
		       struct virtio_msg_fields *out)
{
	if (!in_config(dev, in))
		return false;
	out->config.generation = dev->generation;
	out->config.offset = in->config.offset;
	out->config.length = in->config.length;
	out->config.data_len = in->config.length;
	if (in->config.length)
		out->config.data = (__u8 *)dev->config + in->config.offset;
	return true;
}

static bool strict(const struct vmsg_link *link)
{
	return link->dialect->strict_generation ||
	       (link->features & (1U << VIRTIO_MSG_F_STRICT_CONFIG_GENERATION));
}

static bool write_config(struct vmsg_device *dev,
			 const struct virtio_msg_fields *in)
{
	if (strict(dev->link) && in->config.generation != dev->generation)
		return false;
	if (!in_config(dev, in) || dev->resetting || !dev->ops->config_write)
		return false;
	if (dev->ops->config_write(dev, in->config.offset, in->config.length,
				   in->config.data))
		return false;
	memcpy((__u8 *)dev->config + in->config.offset, in->config.data,
	       in->config.length);
	dev->generation++;
	return true;
}

/* DEV-8, DEV-16, DEV-47 .. DEV-49: all of it, or nothing and a length of 0. */
static bool set_config(struct vmsg_device *dev,
		       const struct virtio_msg_fields *in,
		       struct virtio_msg_fields *out)
{
	out->config.offset = in->config.offset;
	if (in->config.length && write_config(dev, in)) {
		out->config.length = in->config.length;
		out->config.data_len = in->config.length;
		out->config.data = in->config.data;
	} else if (in->config.length) {
		dev->counters.refused++;
	}
	out->config.generation = dev->generation;
	return true;
}

static bool get_status(struct vmsg_device *dev,
		       const struct virtio_msg_fields *in,
		       struct virtio_msg_fields *out)
{
	out->status.status = dev->status;
	return true;
}

static bool set_status(struct vmsg_device *dev,
		       const struct virtio_msg_fields *in,
		       struct virtio_msg_fields *out)
{
	vmsg_device_set_status(dev, in->status.status);
	out->status.status = dev->status;
	return true;
}

static struct vmsg_queue *find_queue(struct vmsg_device *dev, __u32 index)
{
	if (index >= dev->num_queues || !dev->queues[index].max_size)
		return NULL;
	return &dev->queues[index];
}

/* DEV-56 .. DEV-58 */
static bool get_vqueue(struct vmsg_device *dev,
		       const struct virtio_msg_fields *in,
		       struct virtio_msg_fields *out)
{
	const struct vmsg_queue *queue = find_queue(dev, in->vq.index);

	out->vq.index = in->vq.index;
	if (!queue)
		return true;
	out->vq.max_size = queue->max_size;
	out->vq.size = queue->size;
	out->vq.flags = queue->enabled ? VIRTIO_MSG_VQ_ENABLED : 0;
	out->vq.desc = queue->desc_addr;
	out->vq.driver = queue->driver_addr;
	out->vq.device = queue->device_addr;
	return true;
}

/* DEV-63: what the queue would be like with the fields applied. */
static void propose(const struct vmsg_queue *queue,
		    const struct virtio_msg_fields *in,
		    struct vmsg_queue_setup *setup)
{
	__u32 flags = in->vq.flags;

	setup->size = flags & VIRTIO_MSG_VQ_SIZE_IGNORE ?
		queue->size : in->vq.size;
	setup->desc = flags & VIRTIO_MSG_VQ_DESC_IGNORE ?
		queue->desc_addr : in->vq.desc;
	setup->driver = flags & VIRTIO_MSG_VQ_DRIVER_IGNORE ?
		queue->driver_addr : in->vq.driver;
	setup->device = flags & VIRTIO_MSG_VQ_DEVICE_IGNORE ?
		queue->device_addr : in->vq.device;
}

static bool acceptable(const struct vmsg_queue *queue,
		       const struct vmsg_queue_setup *setup)
{
	return setup->size <= queue->max_size &&
	       !(setup->size & (setup->size - 1)) &&
	       !(setup->desc % 16) && !(setup->driver % 2) &&
	       !(setup->device % 4);
}

/* DEV-61, DEV-64: of an enabled queue nothing can be changed. */
static bool unchanged(const struct vmsg_queue *queue,
		      const struct vmsg_queue_setup *setup,
		      __u32 op)
{
	return op != VIRTIO_MSG_VQ_OP_LEAVE_DISABLED &&
	       setup->size == queue->size && setup->desc == queue->desc_addr &&
	       setup->driver == queue->driver_addr &&
	       setup->device == queue->device_addr;
}

/* DEV-59 .. DEV-65: all or nothing; false: nothing. */
static bool setup_queue(struct vmsg_device *dev,
			const struct virtio_msg_fields *in)
{
	struct vmsg_queue *queue = find_queue(dev, in->vq.index);
	__u32 op = in->vq.flags & VIRTIO_MSG_VQ_OP_MASK;
	struct vmsg_queue_setup setup;

	if (!queue || dev->resetting ||
	    (in->vq.flags & ~VIRTIO_MSG_VQ_FLAGS_MASK) ||
	    op > VIRTIO_MSG_VQ_OP_KEEP)
		return false;
	propose(queue, in, &setup);
	if (queue->enabled)
		return unchanged(queue, &setup, op);
	if (!acceptable(queue, &setup))
		return false;
	if (op == VIRTIO_MSG_VQ_OP_ENABLE &&
	    (!setup.size || !(dev->status & VMSG_S_FEATURES_OK) ||
	     !vmsg_queue_enable(queue, &setup)))
		return false;

	queue->size = setup.size;
	queue->desc_addr = setup.desc;
	queue->driver_addr = setup.driver;
	queue->device_addr = setup.device;
	return true;
}

static bool set_vqueue(struct vmsg_device *dev,
		       const struct virtio_msg_fields *in,
		       struct virtio_msg_fields *out)
{
	if (!setup_queue(dev, in))
		dev->counters.refused++;
	return true;
}

/* DEV-66 .. DEV-68 */
static bool reset_vqueue(struct vmsg_device *dev,
			 const struct virtio_msg_fields *in,
			 struct virtio_msg_fields *out)
{
	struct vmsg_queue *queue = find_queue(dev, in->vq.index);

	if (!queue || dev->resetting ||
	    !vmsg_device_negotiated(dev, VMSG_F_RING_RESET)) {
		dev->counters.refused++;
		return true;
	}
	if (queue->enabled)
		dev->ops->queue_reset(dev, queue);
	vmsg_queue_disable(queue);
	vmsg_device_drop_windows_of(queue);
	return true;
}

/* DEV-69, DEV-70 */
static bool get_shm(struct vmsg_device *dev,
		    const struct virtio_msg_fields *in,
		    struct virtio_msg_fields *out)
{
	__u64 addr, len;

	out->shm.id = in->shm.id;
	if (dev->ops->shm && dev->ops->shm(dev, in->shm.id, &addr, &len)) {
		out->shm.addr = addr;
		out->shm.length = len;
	}
	return true;
}

/* Fill in @out and return true, or return false: drop the request. */
static bool (*const handlers[VIRTIO_MSG_KINDS])(struct vmsg_device *,
						const struct virtio_msg_fields *,
						struct virtio_msg_fields *) = {
	[VMSG_INFO_REQ] = get_info,
	[VMSG_GET_FEATURES_REQ] = get_features,
	[VMSG_SET_FEATURES_REQ] = set_features,
	[VMSG_GET_CONFIG_REQ] = get_config,
	[VMSG_SET_CONFIG_REQ] = set_config,
	[VMSG_GET_STATUS_REQ] = get_status,
	[VMSG_SET_STATUS_REQ] = set_status,
	[VMSG_GET_VQUEUE_REQ] = get_vqueue,
	[VMSG_SET_VQUEUE_REQ] = set_vqueue,
	[VMSG_RESET_VQUEUE_REQ] = reset_vqueue,
	[VMSG_GET_SHM_REQ] = get_shm,
};

static void event_avail(struct vmsg_device *dev,
			const struct virtio_msg_fields *in)
{
	struct vmsg_queue *queue = find_queue(dev, in->notify.index);

	if (queue)
		vmsg_queue_kick(queue);
	else
		dev->counters.ignored++;
}

/* DEV-29, DEV-31: one answer, with the token of the request. */
static void answer(struct vmsg_device *dev, const struct virtio_msg_fields *in)
{
	struct vmsg_link *link = dev->link;
	struct virtio_msg_fields out;
	int len;

	memset(&out, 0, sizeof(out));
	out.kind = virtio_msg_response_kind(in->kind);
	out.dev_num = dev->dev_num;
	out.token = in->token;
	if (!handlers[in->kind](dev, in, &out)) {
		dev->counters.malformed++;
		return;
	}
	len = virtio_msg_encode(link->dialect, &out, link->out, link->max_msg);
	if (len < 0) {
		dev->counters.malformed++;
		return;
	}
	vmsg_device_send(dev, len);
	dev->counters.requests++;
}

/**
 * vmsg_device_receive() - a message of the driver has arrived
 * @dev: the device that it is for
 * @msg: the message, in private memory
 * @len: bytes
 *
 * Whatever makes no sense is counted and dropped without a word (DEV-21,
 * DEV-32).
 */
void vmsg_device_receive(struct vmsg_device *dev, const void *msg, __u32 len)
{
	struct vmsg_link *link = dev->link;
	struct virtio_msg_fields in;
	int err;

	err = virtio_msg_decode(link->dialect, msg, len, link->max_msg, &in);
	if (!err && in.kind == VMSG_EVENT_AVAIL) {
		event_avail(dev, &in);
	} else if (!err && handlers[in.kind]) {
		answer(dev, &in);
		if (dev->start_pending)
			vmsg_device_started(dev);
	} else if (!err || err == -ENOMSG) {
		dev->counters.unsupported++;
	} else {
		dev->counters.malformed++;
	}
}
