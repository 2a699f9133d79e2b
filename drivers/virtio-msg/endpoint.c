// SPDX-License-Identifier: GPL-2.0
/*
 * The device side of a bus: who serves which device number.
 */
#include <linux/bitmap.h>
#include <linux/string.h>

#include "bus.h"
#include "endpoint.h"
#include "hold.h"
#include "limits.h"

#define ANY_LIMIT	XA_LIMIT(0, VIRTIO_MSG_LIMIT_DEVICES - 1)

/**
 * virtio_msg_endpoints_init() - no device number is claimed
 * @endpoints: to be initialised
 *
 * Context: Any.
 */
void virtio_msg_endpoints_init(struct virtio_msg_endpoints *endpoints)
{
	xa_init_flags(&endpoints->map, XA_FLAGS_ALLOC);
	endpoints->next = 0;
}

/**
 * virtio_msg_endpoints_destroy() - free what is left
 * @endpoints: without claims
 *
 * Context: Any.
 */
void virtio_msg_endpoints_destroy(struct virtio_msg_endpoints *endpoints)
{
	xa_destroy(&endpoints->map);
}

/**
 * virtio_msg_endpoints_receive() - take a message for a device
 * @core: the bus
 * @msg: a request, an EVENT_AVAIL or something implementation-defined
 * @size: its size
 *
 * Requests are not looked at further than their device number: whoever serves
 * the device knows what it understands (BUS-13).
 *
 * Context: Any, under RCU.
 */
void virtio_msg_endpoints_receive(struct virtio_msg_core *core, const void *msg,
				  u32 size)
{
	struct virtio_msg_fields fields;
	struct virtio_msg_claim *claim;

	if (((const struct virtio_msg *)msg)->hdr.msg_id ==
	    VIRTIO_MSG_EVENT_AVAIL) {
		if (virtio_msg_core_decode(core, msg, size, &fields))
			virtio_msg_count(core, VMSG_CNT_malformed);
		else
			virtio_msg_endpoints_avail(core, fields.dev_num,
						   fields.notify.index,
						   fields.notify.next_offset);
		return;
	}
	claim = xa_load(&core->endpoints.map, virtio_msg_dev_num(msg));
	if (claim)
		claim->ops->receive(claim, msg, size);
	else
		virtio_msg_count(core, VMSG_CNT_no_device);
}

/**
 * virtio_msg_endpoints_avail() - the driver made buffers available
 * @core: the bus
 * @dev_num: device
 * @index: queue, any value
 * @next_offset: as in EVENT_AVAIL
 *
 * Context: Any, under RCU.
 */
void virtio_msg_endpoints_avail(struct virtio_msg_core *core, u16 dev_num,
				u32 index, u32 next_offset)
{
	struct virtio_msg_claim *claim = xa_load(&core->endpoints.map, dev_num);

	if (!claim)
		virtio_msg_count(core, VMSG_CNT_no_device);
	else if (index >= claim->num_queues)
		virtio_msg_count(core, VMSG_CNT_bad_queue);
	else
		claim->ops->avail(claim, index, next_offset);
}

/* The first claimed number from @from on, or -1. */
static int next_claim(struct virtio_msg_core *core, u32 from)
{
	unsigned long dev_num = from;

	if (from >= VIRTIO_MSG_LIMIT_DEVICES ||
	    !xa_find(&core->endpoints.map, &dev_num,
		     VIRTIO_MSG_LIMIT_DEVICES - 1, XA_PRESENT))
		return -1;
	return dev_num;
}

/**
 * virtio_msg_endpoints_list() - answer GET_DEVICES
 * @core: the bus
 * @request: the request
 *
 * Context: Any.
 */
void virtio_msg_endpoints_list(struct virtio_msg_core *core,
			       const struct virtio_msg_fields *request)
{
	u8 bitmap[DIV_ROUND_UP(VIRTIO_MSG_RECOMMENDED_SIZE, 8) * 8] = {};
	struct virtio_msg_fields answer = *request;
	u32 offset = request->devices.offset;
	u32 count = request->devices.count;
	/* PR28 knows multiples of 8 only. */
	u32 step = READ_ONCE(core->dialect) == &virtio_msg_pr28 ? 8 : 1;
	u32 size, end, next;
	int dev_num;

	size = min_t(u32, core->max_msg_size, VIRTIO_MSG_RECOMMENDED_SIZE);
	count = min(count, virtio_msg_devices_capacity(size));
	count = min(count, VIRTIO_MSG_LIMIT_DEVICES - offset);
	end = offset + count;

	for (dev_num = next_claim(core, offset);
	     dev_num >= 0 && dev_num < (int)end;
	     dev_num = next_claim(core, dev_num + 1))
		bitmap[(dev_num - offset) / 8] |= 1 << (dev_num - offset) % 8;

	answer.kind = VMSG_GET_DEVICES_RESP;
	answer.devices.count = count;
	/* Where the next one is, but never back: 0 says that there is none. */
	dev_num = next_claim(core, end);
	next = max_t(u32, round_down(dev_num, 8),
		     count ? end : round_up(offset + 1, step));
	answer.devices.next_offset = dev_num < 0 || next > U16_MAX ? 0 : next;
	answer.devices.bitmap = bitmap;
	virtio_msg_post(core, &answer);
}

/**
 * virtio_msg_claim_add() - claim a device number
 * @claim: with &virtio_msg_claim.core, num_queues and ops set
 * @dev_num: the number, or VIRTIO_MSG_DEV_ANY
 *
 * Messages may come before this returns.
 *
 * Context: Sleeps.
 * Return: 0; -EBUSY if it is claimed; -ENOSPC if all are; -EOPNOTSUPP on the
 * driver's end of a bus, or if @claim is to be resumable and cannot be; -EEXIST
 * if a device waits that had another number of queues; -EINVAL; -ENOMEM;
 * -ENODEV if the bus is gone.
 */
int virtio_msg_claim_add(struct virtio_msg_claim *claim, u32 dev_num)
{
	struct virtio_msg_core *core = claim->core;
	u32 got;
	int err;

	if (!(core->role & VIRTIO_MSG_ROLE_DEVICE))
		return -EOPNOTSUPP;
	if (claim->resumable && !virtio_msg_hold_possible(core))
		return -EOPNOTSUPP;
	if (virtio_msg_core_gone(core))
		return -ENODEV;
	if (dev_num == VIRTIO_MSG_DEV_ANY) {
		/*
		 * Found by a first search, so that @claim says its number
		 * before anybody can see it.
		 */
		err = xa_alloc_cyclic(&core->endpoints.map, &got, NULL,
				      ANY_LIMIT, &core->endpoints.next,
				      GFP_KERNEL);
		if (err < 0)
			return err == -EBUSY ? -ENOSPC : err;
		claim->dev_num = got;
		err = xa_err(xa_store(&core->endpoints.map, got, claim,
				      GFP_KERNEL));
	} else {
		if (dev_num >= VIRTIO_MSG_LIMIT_DEVICES)
			return -EINVAL;
		claim->dev_num = dev_num;
		err = xa_insert(&core->endpoints.map, dev_num, claim,
				GFP_KERNEL);
		if (err == -EBUSY && claim->resumable)
			err = virtio_msg_hold_take(claim);
	}
	if (!err)
		virtio_msg_count(core, VMSG_CNT_claims);
	return err;
}

static void announce(struct virtio_msg_claim *claim, u16 state,
		     unsigned long deadline)
{
	struct virtio_msg_core *core = claim->core;
	struct virtio_msg_fields fields = {
		.kind = VMSG_EVENT_DEVICE,
		.event.dev_num = claim->dev_num,
		.event.state = state,
	};
	u8 buf[VIRTIO_MSG_MIN_SIZE_PR28] __aligned(8);
	int size;

	size = virtio_msg_encode(READ_ONCE(core->dialect), &fields, buf,
				 sizeof(buf));
	if (size > 0)
		virtio_msg_send_wait(core, (struct virtio_msg *)buf, deadline,
				     &core->lost);
}

/**
 * virtio_msg_claim_announce() - tell the driver side of a device
 * @claim: a claim whose device can answer
 *
 * Context: Sleeps, at the most for the timeout of the bus.
 */
void virtio_msg_claim_announce(struct virtio_msg_claim *claim)
{
	if (!claim->resumed || !virtio_msg_hold_resume(claim))
		announce(claim, VIRTIO_MSG_DEVICE_ADDED,
			 virtio_msg_deadline(claim->core));
}

/**
 * virtio_msg_claim_current() - does this claim have its number?
 * @claim: a claim that was added
 *
 * Context: Any.
 * Return: false if it has been taken from it.
 */
bool virtio_msg_claim_current(struct virtio_msg_claim *claim)
{
	return xa_load(&claim->core->endpoints.map, claim->dev_num) == claim;
}

/**
 * virtio_msg_claim_pass() - another claim takes the place of one
 * @from: the claim; its operations may be called until synchronize_rcu()
 * @to: the other one, of the same bus and number; NULL: nobody has the number
 *
 * Context: May sleep.
 * Return: false if @from does not have the number any more.
 */
bool virtio_msg_claim_pass(struct virtio_msg_claim *from,
			   struct virtio_msg_claim *to)
{
	/* Replaces an entry, which takes no memory. */
	return xa_cmpxchg(&from->core->endpoints.map, from->dev_num, from, to,
			  GFP_KERNEL) == from;
}

/**
 * virtio_msg_claim_withdraw() - take back what the driver shared with a device
 * @claim: the claim
 *
 * Whoever claims the number next must not see it.
 *
 * Context: Sleeps.
 */
void virtio_msg_claim_withdraw(struct virtio_msg_claim *claim)
{
	struct virtio_msg_core *core = claim->core;
	struct virtio_msg_bus *bus;

	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	if (bus && bus->ops->device_released)
		bus->ops->device_released(bus, claim->dev_num);
	up_read(&core->bus_sem);
}

/**
 * virtio_msg_claim_keep() - whoever serves a device goes, the device may stay
 * @claim: the claim; its operations may be called until synchronize_rcu()
 *
 * Context: Sleeps.
 * Return: true if the device waits for the next one, or if the number was taken
 * from @claim before; else the number is to be given back.
 */
bool virtio_msg_claim_keep(struct virtio_msg_claim *claim)
{
	if (!virtio_msg_claim_current(claim))
		virtio_msg_hold_forget(claim);
	else if (!virtio_msg_hold_begin(claim))
		return false;
	virtio_msg_count_add(claim->core, VMSG_CNT_claims, -1);
	return true;
}

/**
 * virtio_msg_claim_del() - give a device number back
 * @claim: the claim; its operations may be called until synchronize_rcu()
 * @deadline: how long to try to tell the driver side, in jiffies
 *
 * Context: Sleeps, at the most until @deadline.
 */
void virtio_msg_claim_del(struct virtio_msg_claim *claim,
			  unsigned long deadline)
{
	virtio_msg_hold_forget(claim);
	if (virtio_msg_claim_current(claim)) {
		/* Before the number is free, or it could follow the next ADDED. */
		announce(claim, VIRTIO_MSG_DEVICE_REMOVED, deadline);
		virtio_msg_claim_withdraw(claim);
		virtio_msg_claim_pass(claim, NULL);
	}
	virtio_msg_count_add(claim->core, VMSG_CNT_claims, -1);
}

/**
 * virtio_msg_claim_check() - may whoever serves a device send this?
 * @core: the bus
 * @msg: a message, in private memory
 * @len: bytes at @msg
 * @fields: scratch
 *
 * Context: Any.
 * Return: the size of the message; -EINVAL if it is malformed, or not one that
 * a device sends.
 */
int virtio_msg_claim_check(struct virtio_msg_core *core, const void *msg,
			   u32 len, struct virtio_msg_fields *fields)
{
	int size = virtio_msg_check_header(msg, len, core->max_msg_size);
	const struct virtio_msg *m = msg;
	int err;

	if (size < 0 || virtio_msg_is_bus(msg) ||
	    m->hdr.type & ~VIRTIO_MSG_TYPE_MASK)
		return -EINVAL;
	if (m->hdr.msg_id & VIRTIO_MSG_ID_IMPL)
		return virtio_msg_is_response(msg) != virtio_msg_is_event(msg) ?
			size : -EINVAL;
	err = virtio_msg_core_decode(core, msg, size, fields);
	if (err || virtio_msg_kind_to_device(fields->kind))
		return -EINVAL;
	return size;
}
