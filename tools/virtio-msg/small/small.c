// SPDX-License-Identifier: BSD-3-Clause
/*
 * The bus of a small device: a FIFO each way, a window, a doorbell.
 *
 * A request is taken only when there is room for its answer, so that a driver
 * that does not read keeps nobody busy but itself.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "answer.h"
#include "protocol.h"
#include "small.h"
#include "util.h"

static struct vmsg_small *small_of(struct vmsg_link *link)
{
	return container_of(link, struct vmsg_small, link);
}

static bool small_send(struct vmsg_link *link, const void *msg, __u32 len)
{
	struct vmsg_small *small = small_of(link);
	int err = virtio_msg_fifo_put(&small->out, msg, len);

	if (err == -EAGAIN)
		small->retry = true;
	/* What never fits is no use keeping. */
	return err != -EAGAIN;
}

static int small_map(struct vmsg_link *link, struct vmsg_device *dev,
		     __u64 addr, struct vmsg_window *window)
{
	const struct vmsg_window *own = &small_of(link)->window;

	(void)dev;
	if (addr < own->start || addr - own->start >= own->size)
		return -EFAULT;
	*window = *own;
	return 0;
}

static void small_unmap(struct vmsg_link *link, struct vmsg_device *dev,
			struct vmsg_window *window)
{
	(void)link;
	(void)dev;
	(void)window;
}

static void small_again(struct vmsg_link *link, struct vmsg_queue *queue)
{
	(void)queue;
	small_of(link)->again = true;
}

static const struct vmsg_link_ops small_ops = {
	.send = small_send,
	.map = small_map,
	.unmap = small_unmap,
	.again = small_again,
};

/**
 * vmsg_small_init() - connect to the driver
 * @small: with what its owner sets, else zero
 * @in: where the messages of the driver come
 * @out: where those to the driver go
 *
 * The FIFOs may hold messages already: they are answered.
 *
 * Return: 0, or -EINVAL if a FIFO is none, or has no room for the messages of
 * the dialect.
 */
int vmsg_small_init(struct vmsg_small *small,
		    const struct virtio_msg_fifo_area *in,
		    const struct virtio_msg_fifo_area *out)
{
	struct vmsg_link *link = &small->link;

	if (virtio_msg_fifo_attach_consumer(&small->in, in) ||
	    virtio_msg_fifo_attach_producer(&small->out, out))
		return -EINVAL;
	if (in->slot_size > VMSG_SMALL_MSG || out->msg_size > VMSG_SMALL_MSG ||
	    out->msg_size < small->dialect->min_size)
		return -EINVAL;
	link->ops = &small_ops;
	link->dialect = small->dialect;
	link->max_msg = out->msg_size;
	link->out = small->out_buf;
	/* When an answer is made, what was asked is decoded. */
	link->scratch = small->in_buf;
	return 0;
}

/**
 * vmsg_small_add() - serve a device
 * @small: the bus
 * @dev: the device, filled in; until the end of all days
 *
 * Return: its number; -ENOSPC if there are VMSG_SMALL_DEVICES, or -EINVAL as
 * vmsg_device_init() says.
 */
int vmsg_small_add(struct vmsg_small *small, struct vmsg_device *dev)
{
	__u32 num = small->num_devices;

	if (num == VMSG_SMALL_DEVICES)
		return -ENOSPC;
	if (vmsg_device_init(dev, &small->link, (__u16)num))
		return -EINVAL;
	small->devices[small->num_devices++] = dev;
	return (int)num;
}

static bool post(struct vmsg_small *small,
		 const struct virtio_msg_fields *fields)
{
	int len = virtio_msg_encode(small->dialect, fields, small->out_buf,
				    small->link.max_msg);

	return len < 0 || small_send(&small->link, small->out_buf, (__u32)len);
}

static void bus_message(struct vmsg_small *small, __u32 len)
{
	int answer = vmsg_small_answer(&small->link, small->num_devices,
				       small->in_buf, len);

	if (answer > 0)
		small_send(&small->link, small->out_buf, (__u32)answer);
	else
		small->dropped++;
}

static void receive(struct vmsg_small *small, __u32 len)
{
	__u16 num = virtio_msg_dev_num(small->in_buf);

	if (virtio_msg_is_bus(small->in_buf))
		bus_message(small, len);
	else if (num < small->num_devices)
		vmsg_device_receive(small->devices[num], small->in_buf, len);
	else
		small->dropped++;
}

/* The driver may have been there before us, and not have found anything. */
static void announce(struct vmsg_small *small)
{
	struct virtio_msg_fields event = {
		.kind = VMSG_EVENT_DEVICE,
		.event.state = VIRTIO_MSG_DEVICE_ADDED,
	};

	while (small->announced < small->num_devices) {
		event.event.dev_num = (__u16)small->announced;
		if (!post(small, &event))
			return;
		small->announced++;
	}
}

static void run_queues(struct vmsg_device *dev)
{
	__u32 i;

	for (i = 0; i < dev->num_queues; i++)
		if (dev->queues[i].again)
			vmsg_queue_run(&dev->queues[i]);
}

/* What was left over last time. */
static void catch_up(struct vmsg_small *small)
{
	__u32 i;

	small->again = false;
	small->retry = false;
	announce(small);
	for (i = 0; i < small->num_devices; i++) {
		vmsg_device_retry(small->devices[i]);
		run_queues(small->devices[i]);
	}
}

static void notify(struct vmsg_small *small)
{
	bool data = virtio_msg_fifo_notify_data(&small->out);
	bool room = virtio_msg_fifo_notify_room(&small->in);

	if (data || room)
		small->ring(small);
}

/**
 * vmsg_small_poll() - do what there is to do
 * @small: the bus
 *
 * Returns after a bounded time, whatever the driver does.
 *
 * Return: true if there is more: call it again. False: wait for the doorbell;
 * where the layout does not notify of room, for some time at most, if
 * @small->full. To look for room anew would not do: what the driver has taken
 * since, it has not rung for.
 */
bool vmsg_small_poll(struct vmsg_small *small)
{
	unsigned int budget = VMSG_SMALL_BUDGET;
	int len = 1;

	catch_up(small);
	while (len && budget-- && virtio_msg_fifo_room(&small->out)) {
		len = virtio_msg_fifo_get(&small->in, small->in_buf);
		if (len > 0)
			receive(small, (__u32)len);
	}
	notify(small);
	small->full = !virtio_msg_fifo_room(&small->out);
	if (small->full)
		return !virtio_msg_fifo_wait_room(&small->out);
	return small->again || small->retry ||
	       !virtio_msg_fifo_wait_data(&small->in);
}
