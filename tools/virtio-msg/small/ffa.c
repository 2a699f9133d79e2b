// SPDX-License-Identifier: BSD-3-Clause
/*
 * The bus of an FF-A partition that has no thread of its own.
 *
 * A request has its response as answer; an event, and EVENT_POLL, have the next
 * event of ours, or an empty EVENT_POLL response: nothing to say. So a driver
 * that tells of a buffer learns with the same call that it is used. Events that
 * found no place there are fetched with EVENT_POLL, of which the driver is
 * notified if it wants to be.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_ffa.h>
#include <linux/virtio_msg_user.h>

#include "answer.h"
#include "ffa.h"
#include "protocol.h"
#include "util.h"

#define HEADER		8
#define OFFSET_MASK	((1ULL << VIRTIO_MSG_FFA_AREA_SHIFT) - 1)
#define ATTRS_TYPE	0x3	/* 0: shared, neither lent nor given away */
#define NOTIFICATIONS	64

/* The two forms of VERSION. */
#define VERSION_REQ	8
#define VERSION_REQ_LONG 12

static struct vmsg_ffa *ffa_of(struct vmsg_link *link)
{
	return container_of(link, struct vmsg_ffa, link);
}

/* One event is kept here, further ones in the state of their devices. */
static bool ffa_send(struct vmsg_link *link, const void *msg, __u32 len)
{
	struct vmsg_ffa *ffa = ffa_of(link);

	if (!virtio_msg_is_event(msg)) {
		memcpy(ffa->answer, msg, len);
		ffa->answer_len = len;
		return true;
	}
	if (ffa->event_len)
		return false;
	memcpy(ffa->event, msg, len);
	ffa->event_len = len;
	return true;
}

static struct vmsg_ffa_area *find_area(struct vmsg_ffa *ffa, __u64 number)
{
	if (number >= VMSG_FFA_AREAS || !ffa->areas[number].base)
		return NULL;
	return &ffa->areas[number];
}

static __u64 area_bytes(const struct vmsg_ffa_area *area)
{
	return (__u64)area->pages << VIRTIO_MSG_FFA_PAGE_SHIFT;
}

static int ffa_map(struct vmsg_link *link, struct vmsg_device *dev, __u64 addr,
		   struct vmsg_window *window)
{
	__u64 number = addr >> VIRTIO_MSG_FFA_AREA_SHIFT;
	struct vmsg_ffa_area *area = find_area(ffa_of(link), number);

	(void)dev;
	if (!area || (addr & OFFSET_MASK) >= area_bytes(area))
		return -EFAULT;
	window->start = number << VIRTIO_MSG_FFA_AREA_SHIFT;
	window->size = area_bytes(area);
	window->base = area->base;
	area->users++;
	return 0;
}

static void ffa_unmap(struct vmsg_link *link, struct vmsg_device *dev,
		      struct vmsg_window *window)
{
	(void)dev;
	ffa_of(link)->areas[window->start >> VIRTIO_MSG_FFA_AREA_SHIFT].users--;
}

static void ffa_again(struct vmsg_link *link, struct vmsg_queue *queue)
{
	(void)queue;
	ffa_of(link)->again = true;
}

static const struct vmsg_link_ops ffa_ops = {
	.send = ffa_send,
	.map = ffa_map,
	.unmap = ffa_unmap,
	.again = ffa_again,
};

/**
 * vmsg_ffa_init() - be ready for messages
 * @ffa: with what its owner sets, else zero
 */
void vmsg_ffa_init(struct vmsg_ffa *ffa)
{
	ffa->link.ops = &ffa_ops;
	ffa->link.dialect = ffa->dialect;
	ffa->link.max_msg = VMSG_FFA_MSG;
	ffa->link.out = ffa->out;
	/* When an answer is made, what was asked is decoded. */
	ffa->link.scratch = ffa->in;
}

/**
 * vmsg_ffa_add() - serve a device
 * @ffa: the bus
 * @dev: the device, filled in; until the end of all days
 *
 * To be called before the driver asks for the devices.
 *
 * Return: its number; -ENOSPC if there are VMSG_FFA_DEVICES, or -EINVAL as
 * vmsg_device_init() says.
 */
int vmsg_ffa_add(struct vmsg_ffa *ffa, struct vmsg_device *dev)
{
	__u32 num = ffa->num_devices;

	if (num == VMSG_FFA_DEVICES)
		return -ENOSPC;
	if (vmsg_device_init(dev, &ffa->link, (__u16)num))
		return -EINVAL;
	ffa->devices[ffa->num_devices++] = dev;
	return (int)num;
}

/* A bus message as answer; returns its payload, zeroed. */
static __u8 *reply(struct vmsg_ffa *ffa, __u8 msg_id, __u32 payload)
{
	__u8 *out = (__u8 *)ffa->answer;

	memset(out, 0, HEADER + payload);
	out[0] = VIRTIO_MSG_TYPE_RESPONSE | VIRTIO_MSG_TYPE_BUS;
	out[1] = msg_id;
	put_unaligned_le16(virtio_msg_token(ffa->in), out + 4);
	put_unaligned_le16((__u16)(HEADER + payload), out + 6);
	ffa->answer_len = HEADER + payload;
	return out + HEADER;
}

static void reply_error(struct vmsg_ffa *ffa)
{
	const __u8 *msg = (const __u8 *)ffa->in;

	put_unaligned_le16(msg[1], reply(ffa, VIRTIO_MSG_FFA_ERROR, 2));
	ffa->dropped++;
}

static __u32 features(const struct vmsg_ffa *ffa)
{
	return VIRTIO_MSG_FFA_F_DIRECT_RX |
	       (ffa->ops->notify ? VIRTIO_MSG_FFA_F_NOTIFY_TX : 0);
}

/* The longer form of the question has the longer form of the answer. */
static void version(struct vmsg_ffa *ffa, const __u8 *in, __u32 len)
{
	__u32 extra = len == VERSION_REQ_LONG ? 4 : 0;
	__u8 *out;

	if (len != VERSION_REQ && len != VERSION_REQ_LONG) {
		reply_error(ffa);
		return;
	}
	out = reply(ffa, VIRTIO_MSG_FFA_VERSION, 18 + extra);
	if (get_unaligned_le32(in) < VIRTIO_MSG_FFA_VERSION_1_0 ||
	    get_unaligned_le32(in + 4) != VIRTIO_MSG_REVISION_1)
		return;
	ffa->greeted = true;
	put_unaligned_le32(VIRTIO_MSG_FFA_VERSION_1_0, out);
	put_unaligned_le32(VIRTIO_MSG_REVISION_1, out + 4);
	if (extra)
		put_unaligned_le32(ffa->version, out + 8);
	put_unaligned_le32(ffa->link.features, out + 8 + extra);
	put_unaligned_le32(features(ffa), out + 12 + extra);
	put_unaligned_le16(VMSG_FFA_AREAS - 1, out + 16 + extra);
}

static __u16 share(struct vmsg_ffa *ffa, const __u8 *in, __u32 number)
{
	__u32 attrs = get_unaligned_le32(in + 22);
	struct vmsg_ffa_area *area;
	int err;

	if (number >= VMSG_FFA_AREAS || find_area(ffa, number))
		return VIRTIO_MSG_FFA_FAILED;
	area = &ffa->areas[number];
	area->handle = get_unaligned_le64(in + 2);
	area->tag = get_unaligned_le64(in + 10);
	area->pages = get_unaligned_le32(in + 18);
	if (!area->pages || area->pages > VMSG_FFA_PAGES ||
	    (attrs & ATTRS_TYPE) || !(attrs & VIRTIO_MSG_FFA_AREA_WRITEABLE))
		return VIRTIO_MSG_FFA_FAILED;
	err = ffa->ops->retrieve(ffa, area);
	if (!err)
		return VIRTIO_MSG_FFA_OK;
	area->base = NULL;
	return err == -EAGAIN ? VIRTIO_MSG_FFA_BUSY : VIRTIO_MSG_FFA_FAILED;
}

/* What a queue lies in stays: the driver must reset it first. */
static __u16 unshare(struct vmsg_ffa *ffa, __u32 number)
{
	struct vmsg_ffa_area *area = find_area(ffa, number);

	if (!area)
		return VIRTIO_MSG_FFA_FAILED;
	if (area->users)
		return VIRTIO_MSG_FFA_BUSY;
	ffa->ops->relinquish(ffa, area);
	area->base = NULL;
	return VIRTIO_MSG_FFA_OK;
}

static void reply_area(struct vmsg_ffa *ffa, __u8 msg_id, const __u8 *in)
{
	__u16 number = get_unaligned_le16(in);
	__u16 result;
	__u8 *out;

	if (msg_id == VIRTIO_MSG_FFA_AREA_SHARE)
		result = share(ffa, in, number);
	else
		result = unshare(ffa, number);
	if (result != VIRTIO_MSG_FFA_OK)
		ffa->refused++;
	out = reply(ffa, msg_id, 4);
	put_unaligned_le16(number, out);
	put_unaligned_le16(result, out + 2);
}

static __u16 configure_events(struct vmsg_ffa *ffa, const __u8 *in)
{
	__u16 id = get_unaligned_le16(in + 2);

	if (in[0] == VIRTIO_MSG_FFA_EVENTS_POLL) {
		ffa->notify = false;
		return VIRTIO_MSG_FFA_OK;
	}
	if (in[0] != VIRTIO_MSG_FFA_EVENTS_NOTIFY || !ffa->ops->notify ||
	    id >= NOTIFICATIONS)
		return VIRTIO_MSG_FFA_FAILED;
	ffa->notify = true;
	ffa->notify_id = id;
	return VIRTIO_MSG_FFA_OK;
}

/**
 * vmsg_ffa_lost() - the driver is gone
 * @ffa: the bus
 *
 * Devices are as if nobody had driven them, and all areas are given back.
 */
void vmsg_ffa_lost(struct vmsg_ffa *ffa)
{
	__u32 i;

	for (i = 0; i < ffa->num_devices; i++) {
		vmsg_device_exit(ffa->devices[i]);
		vmsg_device_init(ffa->devices[i], &ffa->link, (__u16)i);
	}
	for (i = 0; i < VMSG_FFA_AREAS; i++)
		if (ffa->areas[i].base)
			unshare(ffa, i);
	ffa->notify = false;
	ffa->event_len = 0;
	ffa->again = false;
}

static void reply_result(struct vmsg_ffa *ffa, __u8 msg_id, __u16 result)
{
	put_unaligned_le16(result, reply(ffa, msg_id, 2));
}

/* Payloads that have one size only. */
static __u32 payload_of(__u8 msg_id)
{
	switch (msg_id) {
	case VIRTIO_MSG_FFA_AREA_SHARE:
		return 26;
	case VIRTIO_MSG_FFA_AREA_UNSHARE:
		return 2;
	case VIRTIO_MSG_FFA_EVENT_CONFIGURE:
		return 4;
	default:
		return 0;
	}
}

/* A message that only this bus has. */
static void ffa_message(struct vmsg_ffa *ffa, __u8 msg_id, const __u8 *in,
			__u32 len)
{
	if (msg_id == VIRTIO_MSG_FFA_VERSION) {
		version(ffa, in, len);
		return;
	}
	if (len != payload_of(msg_id))
		msg_id = VIRTIO_MSG_FFA_ERROR;
	switch (msg_id) {
	case VIRTIO_MSG_FFA_AREA_SHARE:
	case VIRTIO_MSG_FFA_AREA_UNSHARE:
		reply_area(ffa, msg_id, in);
		break;
	case VIRTIO_MSG_FFA_RESET:
		vmsg_ffa_lost(ffa);
		reply_result(ffa, msg_id, VIRTIO_MSG_FFA_OK);
		break;
	case VIRTIO_MSG_FFA_EVENT_CONFIGURE:
		reply_result(ffa, msg_id, configure_events(ffa, in));
		break;
	case VIRTIO_MSG_FFA_EVENT_POLL:
		break;
	default:
		reply_error(ffa);
	}
}

static void bus_message(struct vmsg_ffa *ffa, __u32 len)
{
	const __u8 *msg = (const __u8 *)ffa->in;
	int answer;

	if (virtio_msg_is_response(msg) || virtio_msg_is_event(msg)) {
		ffa->dropped++;
		return;
	}
	if (msg[1] & VIRTIO_MSG_ID_IMPL) {
		ffa_message(ffa, msg[1], msg + HEADER, len - HEADER);
		return;
	}
	answer = vmsg_small_answer(&ffa->link, ffa->num_devices, msg, len);
	if (answer > 0)
		ffa_send(&ffa->link, ffa->out, (__u32)answer);
	else
		reply_error(ffa);
}

static void run_again(struct vmsg_device *dev)
{
	__u32 i;

	for (i = 0; i < dev->num_queues; i++)
		if (dev->queues[i].again)
			vmsg_queue_run(&dev->queues[i]);
}

/* Bounded, whatever the driver adds meanwhile; the rest waits for a message. */
static void catch_up(struct vmsg_ffa *ffa)
{
	__u32 i, rounds = VMSG_FFA_ROUNDS;

	while (ffa->again && rounds--) {
		ffa->again = false;
		for (i = 0; i < ffa->num_devices; i++)
			run_again(ffa->devices[i]);
	}
	for (i = 0; i < ffa->num_devices && !ffa->event_len; i++)
		vmsg_device_retry(ffa->devices[i]);
}

static void take_event(struct vmsg_ffa *ffa)
{
	if (!ffa->event_len) {
		reply(ffa, VIRTIO_MSG_FFA_EVENT_POLL, 0);
		return;
	}
	memcpy(ffa->answer, ffa->event, ffa->event_len);
	ffa->answer_len = ffa->event_len;
	ffa->event_len = 0;
}

/*
 * Whoever did not ask for the version takes us for a partition that was here
 * before: an ERROR tells him.
 */
static bool welcome(const struct vmsg_ffa *ffa)
{
	const __u8 *msg = (const __u8 *)ffa->in;

	return ffa->greeted ||
	       (virtio_msg_is_bus(msg) && (msg[1] == VIRTIO_MSG_FFA_VERSION ||
					   msg[1] == VIRTIO_MSG_FFA_RESET));
}

static void receive(struct vmsg_ffa *ffa, __u32 len)
{
	__u16 num = virtio_msg_dev_num(ffa->in);

	if (!welcome(ffa))
		reply_error(ffa);
	else if (virtio_msg_is_bus(ffa->in))
		bus_message(ffa, len);
	else if (num < ffa->num_devices)
		vmsg_device_receive(ffa->devices[num], ffa->in, len);
	else if (virtio_msg_is_event(ffa->in))
		ffa->dropped++;
}

/* What must be answered, and nobody knew how. */
static bool unanswered(const struct vmsg_ffa *ffa)
{
	return !ffa->answer_len && !virtio_msg_is_event(ffa->in) &&
	       !virtio_msg_is_response(ffa->in) &&
	       !(virtio_msg_is_bus(ffa->in) &&
		 ((const __u8 *)ffa->in)[1] == VIRTIO_MSG_FFA_EVENT_POLL);
}

/**
 * vmsg_ffa_receive() - handle a message of the driver
 * @ffa: the bus
 * @msg: the message, in private memory
 * @len: bytes of it, or more: of the registers that it came in
 * @answer: gets the answer, up to VMSG_FFA_MSG bytes
 *
 * Returns after a bounded time, whatever the driver does.
 *
 * Return: bytes of the answer; there always is one.
 */
__u32 vmsg_ffa_receive(struct vmsg_ffa *ffa, const void *msg, __u32 len,
		       void *answer)
{
	__u32 size = len < HEADER ? 0 : virtio_msg_size(msg);

	ffa->answer_len = 0;
	memset(ffa->in, 0, sizeof(ffa->in));
	if (size >= HEADER && size <= len && size <= VMSG_FFA_MSG) {
		memcpy(ffa->in, msg, size);
		receive(ffa, size);
	} else {
		memcpy(ffa->in, msg, len < HEADER ? len : HEADER);
	}
	if (unanswered(ffa))
		reply_error(ffa);
	catch_up(ffa);
	if (!ffa->answer_len) {
		take_event(ffa);
		catch_up(ffa);
	}
	if (ffa->notify && (ffa->event_len || ffa->again)) {
		ffa->ops->notify(ffa, ffa->notify_id);
		ffa->notified++;
	}
	memcpy(answer, ffa->answer, ffa->answer_len);
	return ffa->answer_len;
}
