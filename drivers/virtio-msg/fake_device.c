// SPDX-License-Identifier: GPL-2.0
/*
 * Models of devices for tests, see fake_peer.h.
 */
#include <linux/bitmap.h>
#include <linux/string.h>

#include "fake_peer.h"

static struct fake_device *find_device(struct fake_peer *peer, u16 dev_num)
{
	unsigned int i;

	for (i = 0; i < peer->num_devices; i++)
		if (peer->devices[i].dev_num == dev_num)
			return &peer->devices[i];
	return NULL;
}

static void reset_device(struct fake_device *dev)
{
	u32 i;

	for (i = 0; i < FAKE_QUEUES; i++)
		dev->queues[i] = (struct fake_queue){
			.max = dev->queues[i].max
		};
	memset(dev->accepted, 0, sizeof(dev->accepted));
	dev->status = 0;
}

static void set_status(struct fake_device *dev, u32 status)
{
	if (!status) {
		dev->resetting = dev->reset_polls;
		if (!dev->resetting)
			reset_device(dev);
		return;
	}
	dev->status = status & ~dev->status_refused;
}

static u32 get_status(struct fake_device *dev)
{
	if (dev->resetting && !--dev->resetting)
		reset_device(dev);
	return dev->status | dev->status_extra;
}

static void get_features(struct fake_peer *peer, const struct fake_device *dev,
			 struct virtio_msg_fields *answer)
{
	u32 block, i;

	for (i = 0; i < answer->features.count; i++) {
		block = answer->features.index + i;
		virtio_msg_features_put(peer->scratch, i, block < FAKE_BLOCKS ?
					dev->features[block] : 0);
	}
	answer->features.data = peer->scratch;
}

static void set_features(struct fake_device *dev,
			 const struct virtio_msg_fields *request)
{
	u32 block, i;

	for (i = 0; i < request->features.count; i++) {
		block = request->features.index + i;
		if (block < FAKE_BLOCKS)
			dev->accepted[block] =
				virtio_msg_features_word(request, i);
	}
}

static bool config_ok(const struct fake_device *dev,
		      const struct virtio_msg_fields *request)
{
	return request->config.offset <= dev->config_size &&
	       request->config.length <=
	       dev->config_size - request->config.offset;
}

static void set_config(struct fake_peer *peer, struct fake_device *dev,
		       struct virtio_msg_fields *answer)
{
	if (peer->strict && answer->config.generation != dev->generation) {
		answer->config.length = 0;
		answer->config.data_len = 0;
	} else {
		memcpy(dev->config + answer->config.offset, answer->config.data,
		       answer->config.length);
		dev->generation++;
	}
	answer->config.generation = dev->generation;
}

static void get_vqueue(const struct fake_device *dev,
		       struct virtio_msg_fields *answer)
{
	u32 index = answer->vq.index;

	memset(&answer->vq, 0, sizeof(answer->vq));
	answer->vq.index = index;
	if (index >= FAKE_QUEUES || index >= dev->max_vqs)
		return;
	answer->vq.max_size = dev->queues[index].max;
	answer->vq.size = dev->queues[index].size;
	answer->vq.flags = dev->queues[index].flags;
	answer->vq.desc = dev->queues[index].desc;
	answer->vq.driver = dev->queues[index].driver;
	answer->vq.device = dev->queues[index].device;
}

static void set_vqueue(struct fake_device *dev,
		       const struct virtio_msg_fields *request)
{
	struct fake_queue *queue;

	if (request->vq.index >= FAKE_QUEUES)
		return;
	queue = &dev->queues[request->vq.index];
	if (queue->flags & VIRTIO_MSG_VQ_ENABLED ||
	    request->vq.size > queue->max)
		return;
	queue->size = request->vq.size;
	queue->desc = request->vq.desc;
	queue->driver = request->vq.driver;
	queue->device = request->vq.device;
	queue->flags = VIRTIO_MSG_VQ_ENABLED;
}

static void reset_vqueue(struct fake_device *dev, u32 index)
{
	if (index < FAKE_QUEUES)
		dev->queues[index] = (struct fake_queue){
			.max = dev->queues[index].max
		};
}

static void get_info(const struct fake_device *dev,
		     struct virtio_msg_fields *answer)
{
	memset(&answer->info, 0, sizeof(answer->info));
	answer->info.device_id = dev->device_id;
	answer->info.vendor_id = 0x1234;
	memset(answer->info.uuid, 0x42, sizeof(answer->info.uuid));
	answer->info.feature_blocks = dev->blocks;
	answer->info.config_size = dev->config_size;
	answer->info.max_vqs = dev->max_vqs;
}

/* False: no answer. */
static bool answer_device(struct fake_peer *peer, struct fake_device *dev,
			  const struct virtio_msg_fields *request,
			  struct virtio_msg_fields *answer)
{
	switch (request->kind) {
	case VMSG_INFO_REQ:
		get_info(dev, answer);
		return true;
	case VMSG_GET_FEATURES_REQ:
		get_features(peer, dev, answer);
		return true;
	case VMSG_SET_FEATURES_REQ:
		set_features(dev, request);
		return true;
	case VMSG_GET_CONFIG_REQ:
		if (!config_ok(dev, request))
			return false;
		answer->config.generation = dev->generation;
		answer->config.data = dev->config + request->config.offset;
		answer->config.data_len = request->config.length;
		return true;
	case VMSG_SET_CONFIG_REQ:
		if (!config_ok(dev, request))
			return false;
		set_config(peer, dev, answer);
		return true;
	case VMSG_GET_STATUS_REQ:
		answer->status.status = get_status(dev);
		return true;
	case VMSG_SET_STATUS_REQ:
		set_status(dev, request->status.status);
		answer->status.status = dev->status | dev->status_extra;
		return true;
	case VMSG_GET_VQUEUE_REQ:
		get_vqueue(dev, answer);
		return true;
	case VMSG_SET_VQUEUE_REQ:
		set_vqueue(dev, request);
		return true;
	case VMSG_RESET_VQUEUE_REQ:
		reset_vqueue(dev, request->vq.index);
		return true;
	case VMSG_GET_SHM_REQ:
		answer->shm.addr = dev->shm_addr;
		answer->shm.length = dev->shm_length;
		return true;
	default:
		return false;
	}
}

/* The rest of the number space is shown with as many answers as it takes. */
static void answer_devices(struct fake_peer *peer,
			   struct virtio_msg_fields *answer)
{
	u32 offset = answer->devices.offset;
	u32 end = offset + answer->devices.count;
	u32 next = find_next_bit(peer->bitmap, VIRTIO_MSG_LIMIT_DEVICES, end);
	u32 i;

	memset(peer->scratch, 0, DIV_ROUND_UP(answer->devices.count, 8));
	for (i = offset; i < min(end, VIRTIO_MSG_LIMIT_DEVICES); i++)
		if (test_bit(i, peer->bitmap))
			peer->scratch[(i - offset) / 8] |= 1 << (i - offset) % 8;
	answer->devices.bitmap = peer->scratch;
	answer->devices.next_offset =
		next < VIRTIO_MSG_LIMIT_DEVICES ? round_down(next, 8) : 0;
}

/**
 * fake_peer_answer() - make the right answer to a request
 * @peer: the peer, locked
 * @request: the request
 * @answer: result; its pointers are valid until the next one is made
 *
 * Return: true; false if there is none.
 */
bool fake_peer_answer(struct fake_peer *peer,
		      const struct virtio_msg_fields *request,
		      struct virtio_msg_fields *answer)
{
	struct fake_device *dev = find_device(peer, request->dev_num);

	*answer = *request;
	if (request->kind == VMSG_GET_DEVICES_REQ)
		answer_devices(peer, answer);
	else if (request->kind == VMSG_INFO_REQ && !dev &&
		 test_bit(request->dev_num, peer->bitmap))
		memset(&answer->info, 0, sizeof(answer->info));
	else if (request->kind != VMSG_PING_REQ &&
		 (!dev || !answer_device(peer, dev, request, answer)))
		return false;
	answer->kind = virtio_msg_response_kind(request->kind);
	if (peer->edit)
		peer->edit(peer, request, answer);
	return true;
}
