// SPDX-License-Identifier: GPL-2.0
/*
 * The devices of the model of a partition, see fake_partition.h: each has a
 * queue, and fills what it is given to write to.
 */
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../fake_words.h"
#include "fake_partition.h"

static void respond(const u8 *msg, u8 *answer, u32 payload)
{
	answer[TYPE] = msg[TYPE] | 1;
	memcpy(answer + 1, msg + 1, 5);
	put_unaligned_le16(PAYLOAD + payload, answer + SIZE);
}

/* The queue */

u8 fake_ffa_pattern(unsigned int dev_num, u32 i)
{
	return i * 5 + dev_num + 3;
}

static u32 fill(struct fake_ffa *fake, unsigned int dev_num,
		struct vring *ring, u32 i)
{
	u32 left, n, len, total = 0;
	u8 *to;

	for (left = ring->num; left && i < ring->num; left--) {
		struct vring_desc *desc = &ring->desc[i];
		u16 flags = le16_to_cpu((__force __le16)desc->flags);

		len = le32_to_cpu((__force __le32)desc->len);
		to = fake_ffa_map(fake, le64_to_cpu((__force __le64)desc->addr),
				  len);
		if (to && flags & VRING_DESC_F_WRITE)
			for (n = 0; n < len; n++)
				to[n] = fake_ffa_pattern(dev_num, total++);
		if (!(flags & VRING_DESC_F_NEXT))
			break;
		i = le16_to_cpu((__force __le16)desc->next);
	}
	return total;
}

static bool map_ring(struct fake_ffa *fake, struct fake_ffa_device *device,
		     struct vring *ring)
{
	u32 num = device->size;

	ring->num = num;
	ring->desc = fake_ffa_map(fake, device->desc, 16 * num);
	ring->avail = fake_ffa_map(fake, device->avail, 6 + 2 * num);
	ring->used = fake_ffa_map(fake, device->used, 6 + 8 * num);
	return ring->desc && ring->avail && ring->used;
}

static bool serve_one(struct fake_ffa *fake, unsigned int dev_num,
		      struct fake_ffa_device *device, struct vring *ring)
{
	u16 idx = le16_to_cpu((__force __le16)READ_ONCE(ring->avail->idx));
	struct vring_used_elem *elem;
	u16 head;

	if (idx == device->seen)
		return false;
	/* The index before what it covers; as below, with the driver's ring. */
	virt_rmb();
	head = le16_to_cpu((__force __le16)
			   ring->avail->ring[device->seen % ring->num]);
	elem = &ring->used->ring[device->seen % ring->num];
	elem->id = (__force __virtio32)cpu_to_le32(head);
	elem->len = (__force __virtio32)cpu_to_le32(fill(fake, dev_num, ring,
							 head));
	device->seen++;
	/* The element before the index. */
	virt_wmb();
	WRITE_ONCE(ring->used->idx,
		   (__force __virtio16)cpu_to_le16(device->seen));
	fake->served++;
	return true;
}

static void event_avail(struct fake_ffa *fake, unsigned int dev_num,
			struct fake_ffa_device *device)
{
	u8 event[FAKE_FFA_MSG] = {};
	struct vring ring;
	bool any = false;

	if (!device->enabled || !map_ring(fake, device, &ring))
		return;
	while (serve_one(fake, dev_num, device, &ring))
		any = true;
	if (!any)
		return;
	event[ID] = VIRTIO_MSG_EVENT_USED;
	put_unaligned_le16(dev_num, event + DEV_NUM);
	event[SIZE] = PAYLOAD + 4;
	fake_ffa_event(fake, event);
}

/* Requests */

static void get_info(struct fake_ffa *fake, const u8 *msg, u8 *answer,
		     bool there)
{
	if (there) {
		put_word(answer, 0, fake->id);
		put_word(answer, 6, 2);
		put_word(answer, 7, FAKE_FFA_CONFIG);
		put_word(answer, 8, 1);
	}
	respond(msg, answer, 44);
}

static void get_features(const u8 *msg, u8 *answer)
{
	u32 index = word(msg, 0), num = min(word(msg, 1), 8);
	u64 features = BIT_ULL(VIRTIO_F_VERSION_1);
	u32 i;

	put_word(answer, 0, index);
	put_word(answer, 1, num);
	for (i = 0; i < num; i++)
		if (index + i < 2)
			put_word(answer, 2 + i, features >> (index + i) * 32);
	respond(msg, answer, 8 + 4 * num);
}

static void get_config(const u8 *msg, u8 *answer, u16 dev_num)
{
	u32 offset = word(msg, 0), size = min(word(msg, 1), 64);
	u32 i;

	put_word(answer, 1, offset);
	put_word(answer, 2, size);
	for (i = 0; i < size; i++)
		answer[PAYLOAD + 12 + i] = offset + i < 2 ?
			dev_num >> (offset + i) * 8 : 0;
	respond(msg, answer, 12 + size);
}

static void set_status(const u8 *msg, u8 *answer,
		       struct fake_ffa_device *device)
{
	u32 status = word(msg, 0);

	if (!status)
		memset(device, 0, sizeof(*device));
	device->status = status;
	put_word(answer, 0, status);
	respond(msg, answer, 4);
}

static void get_vqueue(const u8 *msg, u8 *answer,
		       struct fake_ffa_device *device)
{
	put_word(answer, 0, word(msg, 0));
	if (!word(msg, 0)) {
		put_word(answer, 1, FAKE_FFA_QUEUE);
		put_word(answer, 2, device->size);
		put_word(answer, 3, device->enabled);
		put_unaligned_le64(device->desc, answer + PAYLOAD + 16);
		put_unaligned_le64(device->avail, answer + PAYLOAD + 24);
		put_unaligned_le64(device->used, answer + PAYLOAD + 32);
	}
	respond(msg, answer, 40);
}

static void set_vqueue(const u8 *msg, u8 *answer,
		       struct fake_ffa_device *device)
{
	if (!word(msg, 0)) {
		device->size = word(msg, 2);
		device->desc = get_unaligned_le64(msg + PAYLOAD + 16);
		device->avail = get_unaligned_le64(msg + PAYLOAD + 24);
		device->used = get_unaligned_le64(msg + PAYLOAD + 32);
		device->enabled = true;
		device->seen = 0;
	}
	respond(msg, answer, 0);
}

static void get_devices(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	u32 offset = get_unaligned_le16(msg + PAYLOAD);
	u32 num = min(get_unaligned_le16(msg + PAYLOAD + 2), 256);
	u32 i;

	put_unaligned_le16(offset, answer + PAYLOAD);
	put_unaligned_le16(offset + num < FAKE_FFA_DEVICES ? offset + num : 0,
			   answer + PAYLOAD + 2);
	put_unaligned_le16(num, answer + PAYLOAD + 4);
	for (i = 0; i < num; i++)
		if (offset + i < fake->num_devices)
			answer[PAYLOAD + 6 + i / 8] |= 1 << i % 8;
	respond(msg, answer, 6 + DIV_ROUND_UP(num, 8));
}

static void bus(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (msg[ID] == VIRTIO_MSG_BUS_GET_DEVICES) {
		get_devices(fake, msg, answer);
	} else {
		put_word(answer, 0, word(msg, 0));
		respond(msg, answer, 4);
	}
}

/**
 * fake_ffa_transport() - a message that is not of the FF-A bus
 * @fake: the model, locked
 * @msg: the message
 * @answer: result, zeroed before
 */
void fake_ffa_transport(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	u16 dev_num = get_unaligned_le16(msg + DEV_NUM);
	struct fake_ffa_device *device = &fake->devices[dev_num %
							FAKE_FFA_DEVICES];

	if (msg[TYPE] & 2) {
		bus(fake, msg, answer);
		return;
	}
	switch (msg[ID]) {
	case VIRTIO_MSG_GET_DEVICE_INFO:
		get_info(fake, msg, answer, dev_num < fake->num_devices);
		break;
	case VIRTIO_MSG_GET_DEVICE_FEATURES:
		get_features(msg, answer);
		break;
	case VIRTIO_MSG_GET_CONFIG:
		get_config(msg, answer, dev_num);
		break;
	case VIRTIO_MSG_SET_DEVICE_STATUS:
		set_status(msg, answer, device);
		break;
	case VIRTIO_MSG_GET_DEVICE_STATUS:
		put_word(answer, 0, device->status);
		respond(msg, answer, 4);
		break;
	case VIRTIO_MSG_GET_VQUEUE:
		get_vqueue(msg, answer, device);
		break;
	case VIRTIO_MSG_SET_VQUEUE:
		set_vqueue(msg, answer, device);
		break;
	case VIRTIO_MSG_EVENT_AVAIL:
		event_avail(fake, dev_num, device);
		break;
	case VIRTIO_MSG_GET_SHM:
		put_word(answer, 0, word(msg, 0));
		respond(msg, answer, 24);
		break;
	case VIRTIO_MSG_RESET_VQUEUE:
		device->enabled = false;
		fallthrough;
	default:
		respond(msg, answer, 0);
	}
}
