// SPDX-License-Identifier: GPL-2.0
/*
 * The devices behind the model of a card, see fake_card.h.
 */
#include <linux/io.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "../fake_words.h"
#include "fake_card.h"

#define MSG	VIRTIO_MSG_CARD_MSG_SIZE
#define VENDOR	0x554d4551

/* Answers and events */

static void answer(struct fake_card_port *port, const u8 *request, u8 *msg,
		   u32 payload)
{
	msg[TYPE] = request[TYPE] | 1;
	msg[ID] = request[ID];
	memcpy(msg + DEV_NUM, request + DEV_NUM, 4);
	put_unaligned_le16(PAYLOAD + payload, msg + SIZE);
	fake_card_send(port, msg);
}

static void event(struct fake_card_port *port,
		  struct fake_card_device *device, u8 id, u8 *msg, u32 payload)
{
	msg[TYPE] = 0;
	msg[ID] = id;
	put_unaligned_le16(device->dev_num, msg + DEV_NUM);
	put_unaligned_le16(0, msg + TOKEN);
	put_unaligned_le16(PAYLOAD + payload, msg + SIZE);
	fake_card_send(port, msg);
}

static void event_used(struct fake_card_port *port,
		       struct fake_card_device *device)
{
	u8 msg[MSG] = {};

	event(port, device, VIRTIO_MSG_EVENT_USED, msg, 4);
}

/* Says that something changed, and never what. */
static void event_config(struct fake_card_port *port,
			 struct fake_card_device *device)
{
	u8 msg[MSG] = {};

	put_word(msg, 0, device->status);
	put_word(msg, 1, device->generation);
	event(port, device, VIRTIO_MSG_EVENT_CONFIG, msg, 16);
}

/* Virtqueues: addresses are physical */

u8 fake_card_pattern(const struct fake_card_device *device, u32 i)
{
	return i * 7 + device->dev_num + 1;
}

/* The last byte that a disk writes says that all went well. */
static u32 fill(const struct fake_card_device *device, struct vring *ring,
		u32 i)
{
	u32 total = 0, left, n;
	u8 *to = NULL;

	for (left = ring->num; left && i < ring->num; left--) {
		struct vring_desc *desc = &ring->desc[i];
		u16 flags = le16_to_cpu((__force __le16)desc->flags);

		to = phys_to_virt(le64_to_cpu((__force __le64)desc->addr));
		if (flags & VRING_DESC_F_WRITE)
			for (n = le32_to_cpu((__force __le32)desc->len); n--; )
				*to++ = fake_card_pattern(device, total++);
		if (!(flags & VRING_DESC_F_NEXT))
			break;
		i = le16_to_cpu((__force __le16)desc->next);
	}
	if (device->id == VIRTIO_ID_BLOCK && total)
		to[-1] = 0;
	return total;
}

static bool serve_one(struct fake_card_device *device)
{
	struct fake_card_queue *queue = &device->queue;
	struct vring ring = {
		.num = queue->num,
		.desc = phys_to_virt(queue->desc),
		.avail = phys_to_virt(queue->avail),
		.used = phys_to_virt(queue->used),
	};
	u16 idx = le16_to_cpu((__force __le16)READ_ONCE(ring.avail->idx));
	struct vring_used_elem *elem;
	u16 head;

	if (idx == queue->seen)
		return false;
	/* The index before what it covers; as below, with the driver's ring. */
	virt_rmb();
	head = le16_to_cpu((__force __le16)
			   ring.avail->ring[queue->seen % queue->num]);
	elem = &ring.used->ring[queue->seen % queue->num];
	elem->id = (__force __virtio32)cpu_to_le32(head);
	elem->len = (__force __virtio32)cpu_to_le32(fill(device, &ring, head));
	queue->seen++;
	/* The element before the index. */
	virt_wmb();
	WRITE_ONCE(ring.used->idx,
		   (__force __virtio16)cpu_to_le16(queue->seen));
	device->served++;
	return true;
}

static void serve(struct fake_card_port *port, struct fake_card_device *device)
{
	bool any = false;

	while (serve_one(device))
		any = true;
	if (any)
		event_used(port, device);
}

/* Requests */

static void get_info(struct fake_card_port *port,
		     struct fake_card_device *device, const u8 *request)
{
	u8 msg[MSG] = {};

	put_word(msg, 0, device ? device->id : 0);
	put_word(msg, 1, VENDOR);
	put_word(msg, 2, 64);
	put_word(msg, 3, device ? FAKE_CARD_CONFIG : 0);
	put_word(msg, 4, 1024);
	answer(port, request, msg, 24);
}

static void get_features(struct fake_card_port *port,
			 struct fake_card_device *device, const u8 *request)
{
	u32 index = word(request, 0), num = word(request, 1);
	u8 msg[MSG] = {};
	u32 i;

	put_word(msg, 0, index);
	put_word(msg, 1, num);
	for (i = 0; i < min(num, 8); i++)
		if (index + i < 2)
			put_word(msg, 2 + i,
				 device->features >> (index + i) * 32);
	answer(port, request, msg, 8 + 4 * min(num, 8));
}

static void set_features(struct fake_card_port *port,
			 struct fake_card_device *device, const u8 *request)
{
	u32 index = word(request, 0), num = word(request, 1);
	u8 msg[MSG] = {};
	u32 i;

	for (i = 0; i < num && index + i < 2; i++) {
		device->told &= ~(0xffffffffULL << (index + i) * 32);
		device->told |= (u64)word(request, 2 + i) << (index + i) * 32;
	}
	answer(port, request, msg, 0);
}

static void get_config(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request)
{
	u32 offset = word(request, 0), size = word(request, 1);
	u8 msg[MSG] = {};
	u32 i;

	put_word(msg, 0, device->generation);
	put_word(msg, 1, offset);
	put_word(msg, 2, size);
	for (i = 0; i < size; i++)
		msg[PAYLOAD + 12 + i] = offset + i < FAKE_CARD_CONFIG ?
			device->config[offset + i] : 0xff;
	port->largest = max(port->largest, size);
	answer(port, request, msg, 12 + size);
}

static void set_config(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request)
{
	u32 offset = word(request, 1), size = word(request, 2);
	u8 msg[MSG] = {};
	u32 i;

	for (i = 0; i < size && offset + i < FAKE_CARD_CONFIG; i++)
		device->config[offset + i] = request[PAYLOAD + 12 + i];
	memcpy(msg + PAYLOAD, request + PAYLOAD, 12 + size);
	put_word(msg, 0, device->generation);
	port->largest = max(port->largest, size);
	answer(port, request, msg, 12 + size);
}

static void reset_queue(struct fake_card_device *device)
{
	device->queue = (struct fake_card_queue){ .num = FAKE_CARD_QUEUE_NUM };
}

static bool features_valid(const struct fake_card_device *device)
{
	u64 platform = BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);

	return !(device->features & platform) || device->told & platform;
}

static void set_status(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request)
{
	u32 status = word(request, 0);
	u8 msg[MSG] = {};

	if (status & VIRTIO_CONFIG_S_FEATURES_OK && !features_valid(device))
		port->aborts++;
	device->status = status;
	if (!status) {
		device->told = 0;
		device->broken = false;
		reset_queue(device);
	}
	put_word(msg, 0, device->status);
	answer(port, request, msg, 4);
}

static void get_status(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request)
{
	u8 msg[MSG] = {};

	put_word(msg, 0, device->status);
	answer(port, request, msg, 4);
}

/* It has 1024 queues; those that are not implemented have no size. */
static void get_vqueue(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request)
{
	struct fake_card_queue *queue = &device->queue;
	u8 msg[MSG] = {};

	put_word(msg, 0, word(request, 0));
	if (!word(request, 0)) {
		put_word(msg, 1, 1024);
		put_word(msg, 2, queue->num);
		put_unaligned_le64(queue->desc, msg + PAYLOAD + 16);
		put_unaligned_le64(queue->avail, msg + PAYLOAD + 24);
		put_unaligned_le64(queue->used, msg + PAYLOAD + 32);
	}
	answer(port, request, msg, 40);
}

static void set_vqueue(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request)
{
	struct fake_card_queue *queue = &device->queue;
	u8 msg[MSG] = {};

	if (word(request, 0) >= 1024) {
		port->dropped++;
		return;
	}
	if (!word(request, 0)) {
		queue->num = word(request, 2);
		queue->desc = get_unaligned_le64(request + PAYLOAD + 16);
		queue->avail = get_unaligned_le64(request + PAYLOAD + 24);
		queue->used = get_unaligned_le64(request + PAYLOAD + 32);
		queue->enabled = true;
		queue->seen = 0;
	}
	answer(port, request, msg, 0);
}

static void reset_vqueue(struct fake_card_port *port,
			 struct fake_card_device *device, const u8 *request)
{
	u8 msg[MSG] = {};

	if (word(request, 0) >= 1024)
		port->aborts++;
	else if (!word(request, 0))
		reset_queue(device);
	answer(port, request, msg, 0);
}

static void event_avail(struct fake_card_port *port,
			struct fake_card_device *device, const u8 *request)
{
	if (!(device->status & VIRTIO_CONFIG_S_DRIVER_OK)) {
		device->broken = true;
		device->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		event_config(port, device);
		return;
	}
	if (device->broken || word(request, 0) || !device->queue.enabled)
		return;
	if (!device->idle)
		serve(port, device);
}

/* Whatever the token was, it is 0 now. */
static void answer_bus(struct fake_card_port *port, const u8 *request, u8 *msg,
		       u32 payload)
{
	u8 untagged[MSG] = {};

	untagged[TYPE] = request[TYPE];
	untagged[ID] = request[ID];
	answer(port, untagged, msg, payload);
}

/* Numbers end at 32, and there is always a next one. */
static void get_devices(struct fake_card_port *port, const u8 *request)
{
	u32 offset = get_unaligned_le16(request + PAYLOAD);
	u32 num = get_unaligned_le16(request + PAYLOAD + 2);
	u8 msg[MSG] = {};
	unsigned int i;

	num = offset < 32 ? min(num, 32 - offset) : 0;
	put_unaligned_le16(offset, msg + PAYLOAD);
	put_unaligned_le16(num, msg + PAYLOAD + 2);
	put_unaligned_le16(offset + num, msg + PAYLOAD + 4);
	for (i = 0; i < port->num_devices; i++) {
		u32 n = port->devices[i].dev_num - offset;

		if (n < num)
			msg[PAYLOAD + 6 + n / 8] |= 1 << n % 8;
	}
	answer_bus(port, request, msg, 6 + DIV_ROUND_UP(num, 8));
}

static void ping(struct fake_card_port *port, const u8 *request)
{
	u8 msg[MSG] = {};

	put_word(msg, 0, word(request, 0));
	answer_bus(port, request, msg, 4);
}

struct handler {
	u32 payload;	/* at least */
	bool any;	/* also without a device */
	void (*handle)(struct fake_card_port *port,
		       struct fake_card_device *device, const u8 *request);
};

static const struct handler handlers[] = {
	[VIRTIO_MSG_GET_DEVICE_INFO] = { 0, true, get_info },
	[VIRTIO_MSG_GET_DEVICE_FEATURES] = { 8, false, get_features },
	[VIRTIO_MSG_SET_DRIVER_FEATURES] = { 8, false, set_features },
	[VIRTIO_MSG_GET_CONFIG] = { 8, false, get_config },
	[VIRTIO_MSG_SET_CONFIG] = { 12, false, set_config },
	[VIRTIO_MSG_GET_DEVICE_STATUS] = { 0, false, get_status },
	[VIRTIO_MSG_SET_DEVICE_STATUS] = { 4, false, set_status },
	[VIRTIO_MSG_GET_VQUEUE] = { 4, false, get_vqueue },
	[VIRTIO_MSG_SET_VQUEUE] = { 40, false, set_vqueue },
	[VIRTIO_MSG_RESET_VQUEUE] = { 4, false, reset_vqueue },
	[VIRTIO_MSG_EVENT_AVAIL] = { 8, false, event_avail },
};

/* Bytes of payload that the message must have, or -1 if it cannot be. */
static int least(const struct handler *handler, const u8 *msg)
{
	switch (msg[ID]) {
	case VIRTIO_MSG_GET_CONFIG:
		return word(msg, 1) > 28 ? -1 : handler->payload;
	case VIRTIO_MSG_SET_CONFIG:
		return word(msg, 2) > 28 ? -1 : handler->payload + word(msg, 2);
	case VIRTIO_MSG_SET_DRIVER_FEATURES:
		return !word(msg, 1) || word(msg, 1) > 8 ? -1 :
			handler->payload + 4 * word(msg, 1);
	default:
		return handler->payload;
	}
}

static struct fake_card_device *find(struct fake_card_port *port, u16 dev_num)
{
	unsigned int i;

	for (i = 0; i < port->num_devices; i++)
		if (port->devices[i].dev_num == dev_num)
			return &port->devices[i];
	return NULL;
}

static void handle(struct fake_card_port *port, const u8 *msg)
{
	struct fake_card_device *device =
		find(port, get_unaligned_le16(msg + DEV_NUM));
	u32 size = get_unaligned_le16(msg + SIZE);
	const struct handler *handler;
	int payload;

	if (msg[ID] >= ARRAY_SIZE(handlers) || !handlers[msg[ID]].handle) {
		port->dropped++;
		return;
	}
	handler = &handlers[msg[ID]];
	payload = least(handler, msg);
	if (payload < 0 || size < PAYLOAD + payload || size > MSG ||
	    get_unaligned_le16(msg + DEV_NUM) >= 32)
		port->dropped++;
	else if (!device && !handler->any)
		port->aborts++;
	else
		handler->handle(port, device, msg);
}

static void handle_bus(struct fake_card_port *port, const u8 *msg)
{
	if (msg[ID] == VIRTIO_MSG_BUS_GET_DEVICES)
		get_devices(port, msg);
	else if (msg[ID] == VIRTIO_MSG_BUS_PING)
		ping(port, msg);
	else
		port->dropped++;
}

/**
 * fake_card_handle() - take a message of the driver
 * @port: where, locked
 * @msg: the message
 */
void fake_card_handle(struct fake_card_port *port, const u8 *msg)
{
	if (msg[TYPE] & 2)
		handle_bus(port, msg);
	else
		handle(port, msg);
}

/**
 * fake_card_serve() - answer the requests that an idle device has
 * @port: where it is
 * @device: the device
 */
void fake_card_serve(struct fake_card_port *port,
		     struct fake_card_device *device)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	if (device->queue.enabled)
		serve(port, device);
	spin_unlock_irqrestore(&port->lock, flags);
}

/**
 * fake_card_change() - change the configuration of a device, and tell
 * @port: where it is
 * @device: the device
 */
void fake_card_change(struct fake_card_port *port,
		      struct fake_card_device *device)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&port->lock, flags);
	for (i = 0; i < FAKE_CARD_CONFIG; i++)
		device->config[i]++;
	device->generation++;
	event_config(port, device);
	spin_unlock_irqrestore(&port->lock, flags);
}

/**
 * fake_card_add() - add a device
 * @fake: the model
 * @port: number of a FIFO
 * @dev_num: number of the device
 * @id: its type
 *
 * Return: the device.
 */
struct fake_card_device *fake_card_add(struct fake_card *fake, unsigned int port,
				       u16 dev_num, u32 id)
{
	struct fake_card_port *where = &fake->ports[port];
	struct fake_card_device *device =
		&where->devices[where->num_devices++];
	unsigned int i;

	device->dev_num = dev_num;
	device->id = id;
	device->features = BIT_ULL(VIRTIO_F_VERSION_1);
	for (i = 0; i < FAKE_CARD_CONFIG; i++)
		device->config[i] = i + port * 16 + dev_num;
	reset_queue(device);
	return device;
}
