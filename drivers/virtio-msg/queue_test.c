// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of queues: how they are set up and verified, in both modes, and how
 * the device is notified.
 */
#include <kunit/test.h>
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/virtio_ring.h>

#include "fake_peer.h"
#include "queue.h"

#define DEV	5

static u32 type_of(struct fake_peer *peer)
{
	return peer->bus.flags & VIRTIO_MSG_BUS_DIRECT ? FAKE_ID_DIRECT :
							 FAKE_ID;
}

/* A peer with one device, and a driver of two queues for it. */
static struct fake_driver *prepare(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver = fake_driver_create(test, type_of(peer), 2);

	fake_peer_add(peer, DEV, type_of(peer));
	fake_driver_register(test, driver);
	return driver;
}

static struct fake_driver *start(struct kunit *test)
{
	struct fake_driver *driver = prepare(test);

	fake_peer_start(test->priv);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(test->priv, DEV));
	KUNIT_ASSERT_EQ(test, driver->probed, 1);
	return driver;
}

static struct fake_driver *start_direct(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	return start(test);
}

static void expect_no_probe(struct kunit *test, int err)
{
	struct fake_driver *driver = prepare(test);
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 0);
	KUNIT_EXPECT_EQ(test, driver->find_err, err);
	KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, window_bytes), 0L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, quarantined), 0L);
	KUNIT_EXPECT_EQ(test, peer->core->windows.bytes, 0);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
}

/* What GET_VQUEUE says of the second queue, once it was set. */
static struct virtio_msg_fields *second(const struct virtio_msg_fields *request,
					struct virtio_msg_fields *answer)
{
	return request->kind == VMSG_GET_VQUEUE_REQ && request->vq.index == 1 &&
	       answer->vq.size ? answer : NULL;
}

static void other_size(struct fake_peer *peer,
		       const struct virtio_msg_fields *request,
		       struct virtio_msg_fields *answer)
{
	if (second(request, answer))
		answer->vq.size /= 2;
}

static void other_desc(struct fake_peer *peer,
		       const struct virtio_msg_fields *request,
		       struct virtio_msg_fields *answer)
{
	if (second(request, answer))
		answer->vq.desc ^= 4096;
}

static void other_device_area(struct fake_peer *peer,
			      const struct virtio_msg_fields *request,
			      struct virtio_msg_fields *answer)
{
	if (second(request, answer))
		answer->vq.device |= BIT_ULL(63);
}

static void not_enabled(struct fake_peer *peer,
			const struct virtio_msg_fields *request,
			struct virtio_msg_fields *answer)
{
	if (second(request, answer))
		answer->vq.flags = 0;
}

/* DRV-25, DRV-59, T3: SET_VQUEUE has no error, but an effect. */
static void queue_verify_size(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->edit = other_size;
	expect_no_probe(test, -EIO);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_answer), 1L);
}

static void queue_verify_desc(struct kunit *test)
{
	((struct fake_peer *)test->priv)->edit = other_desc;
	expect_no_probe(test, -EIO);
}

static void queue_verify_device_area(struct kunit *test)
{
	((struct fake_peer *)test->priv)->edit = other_device_area;
	expect_no_probe(test, -EIO);
}

static void queue_verify_enabled(struct kunit *test)
{
	((struct fake_peer *)test->priv)->edit = not_enabled;
	expect_no_probe(test, -EIO);
}

static void queue_verify_direct(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	peer->edit = not_enabled;
	expect_no_probe(test, -EIO);
}

static void other_index(struct fake_peer *peer,
			const struct virtio_msg_fields *request,
			struct virtio_msg_fields *answer)
{
	if (second(request, answer))
		answer->vq.index = 0;
}

/* SH-3 */
static void queue_bad_echo(struct kunit *test)
{
	((struct fake_peer *)test->priv)->edit = other_index;
	expect_no_probe(test, -EBADMSG);
}

static void no_second(struct fake_peer *peer,
		      const struct virtio_msg_fields *request,
		      struct virtio_msg_fields *answer)
{
	if (request->kind == VMSG_GET_VQUEUE_REQ && request->vq.index == 1)
		answer->vq.max_size = 0;
}

/* DRV-51, DRV-54 */
static void queue_max_size_0(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	peer->edit = no_second;
	expect_no_probe(test, -ENOENT);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_VQUEUE_REQ], 1);
}

static void queue_window_fails_first(struct kunit *test)
{
	((struct fake_peer *)test->priv)->fail_allocation = 1;
	expect_no_probe(test, -ENOMEM);
}

static void queue_window_fails_second(struct kunit *test)
{
	((struct fake_peer *)test->priv)->fail_allocation = 2;
	expect_no_probe(test, -ENOMEM);
}

/* DRV-52: never more than the device has; a split ring's power of 2. */
static void queue_sizes(struct kunit *test)
{
	static const u32 sizes[] = { 2, 3, 17, 63, 64, 1000, 32768, 65535,
				     U32_MAX };
	struct fake_driver *driver = prepare(test);
	struct fake_peer *peer = test->priv;
	struct fake_device *dev = &peer->devices[0];
	unsigned int i;

	fake_peer_start(peer);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		dev->queues[0].max = sizes[i];
		dev->queues[1].max = sizes[i];
		KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
		KUNIT_EXPECT_EQ(test, driver->probed, i + 1);
		KUNIT_EXPECT_LE(test, dev->queues[1].size, sizes[i]);
		KUNIT_EXPECT_TRUE(test, is_power_of_2(dev->queues[1].size));
		fake_driver_unbind(driver);
		fake_peer_unplug(peer, DEV);
		KUNIT_EXPECT_EQ(test, fake_count(peer, windows), 0L);
	}
}

static void second_of_one(struct fake_peer *peer,
			  const struct virtio_msg_fields *request,
			  struct virtio_msg_fields *answer)
{
	if (request->kind == VMSG_GET_VQUEUE_REQ && request->vq.index == 1)
		answer->vq.max_size = 1;
}

/* No request with an answer fits a ring of one descriptor. */
static void queue_of_one(struct kunit *test)
{
	((struct fake_peer *)test->priv)->edit = second_of_one;
	expect_no_probe(test, -EINVAL);
}

/* Nor do large packets fit the receive queue of a card, if that is small. */
static void queue_too_small(struct kunit *test)
{
	struct fake_driver *driver = fake_driver_create(test, VIRTIO_ID_NET, 2);
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, DEV, VIRTIO_ID_NET)->queues[0].max = 8;
	fake_driver_register(test, driver);
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 0);
	KUNIT_EXPECT_EQ(test, driver->find_err, -ENOSPC);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
}

/* Queues without a name have no number. */
static void queue_left_out(struct kunit *test)
{
	struct fake_driver *driver = prepare(test);
	struct fake_peer *peer = test->priv;

	driver->nvqs = 4;
	driver->names[0] = NULL;
	driver->names[2] = NULL;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->probed, 1);
	KUNIT_EXPECT_PTR_EQ(test, driver->vqs[0], NULL);
	KUNIT_EXPECT_EQ(test, driver->vqs[1]->index, 0);
	KUNIT_EXPECT_PTR_EQ(test, driver->vqs[2], NULL);
	KUNIT_EXPECT_EQ(test, driver->vqs[3]->index, 1);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_VQUEUE_REQ], 2);
	fake_driver_unbind(driver);
}

/* DRV-41: more queues than the device says that it has are not asked for. */
static void queue_too_many(struct kunit *test)
{
	struct fake_driver *driver = prepare(test);
	struct fake_peer *peer = test->priv;

	driver->nvqs = 3;
	fake_peer_start(peer);
	KUNIT_EXPECT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, driver->find_err, -ENOENT);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_SET_VQUEUE_REQ], 2);
	KUNIT_EXPECT_EQ(test, peer->num_windows, 0);
}

/* DRV-38, BUS-4, DBUS-14: any index, at any time, for whoever and for nothing. */
static void queue_used_events(struct kunit *test)
{
	struct fake_driver *driver = prepare(test);
	struct fake_peer *peer = test->priv;

	fake_peer_start(peer);
	fake_peer_used(peer, DEV, 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_device), 1L);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	fake_peer_used(peer, DEV, 2);
	fake_peer_used(peer, DEV, U32_MAX);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_queue), 2L);
	fake_peer_used(peer, DEV, 1);
	virtio_msg_bus_notified(&peer->bus, DEV, 0, false);
	virtio_msg_bus_notified(&peer->bus, DEV, 9, false);
	virtio_msg_bus_notified(&peer->bus, DEV + 1, 0, false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, notified), 3L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_queue), 3L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_device), 2L);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 0);
	fake_driver_unbind(driver);
	fake_peer_used(peer, DEV, 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, bad_queue), 4L);
}

/* A console whose lines go through a queue, as those of hvc do. */
static struct {
	struct task_struct *peer;
	struct fake_driver *driver;
	unsigned int said;
	unsigned int said_by_peer;
} line;

static void line_write(struct console *console, const char *text,
		       unsigned int len)
{
	if (!strnstr(text, "used index out of range", len))
		return;
	line.said++;
	line.said_by_peer += current == line.peer;
	/* hvc would: with the relay's lock held, this never returns. */
	if (current != line.peer)
		virtqueue_kick(line.driver->vqs[0]);
}

static struct console line_console = {
	.name = "vmsgtest",
	.write = line_write,
	.flags = CON_ENABLED,
	.index = -1,
};

/* The message about a bad queue does not come from where locks are held. */
static void queue_broken_under_console(struct kunit *test)
{
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;

	line.peer = current;
	line.driver = driver;
	line.said = 0;
	line.said_by_peer = 0;
	register_console(&line_console);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	fake_peer_spoil(peer, &peer->devices[0], 0);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(line.said)));
	unregister_console(&line_console);
	KUNIT_EXPECT_EQ(test, line.said, 1);
	KUNIT_EXPECT_EQ(test, line.said_by_peer, 0);
	KUNIT_EXPECT_TRUE(test, fake_peer_vmdev(peer, DEV)->broken);
	fake_driver_unbind(driver);
}

/* Direct mode: the device gets the driver's own rings. */
static void queue_direct(struct kunit *test)
{
	struct fake_driver *driver = start_direct(test);
	struct fake_peer *peer = test->priv;
	struct fake_device *dev = &peer->devices[0];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct virtqueue *vq = driver->vqs[i];

		KUNIT_EXPECT_EQ(test, dev->queues[i].desc,
				virtqueue_get_desc_addr(vq));
		KUNIT_EXPECT_EQ(test, dev->queues[i].driver,
				virtqueue_get_avail_addr(vq));
		KUNIT_EXPECT_EQ(test, dev->queues[i].device,
				virtqueue_get_used_addr(vq));
	}
	KUNIT_EXPECT_EQ(test, peer->allocations, 0);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 1, 0, 8, 24), 0);
	/* DRV-61, DRV-62, SH-2: at once, with token 0. */
	KUNIT_ASSERT_NOT_NULL(test, fake_peer_find(peer, VMSG_EVENT_AVAIL, 0));
	KUNIT_EXPECT_EQ(test, fake_peer_find(peer, VMSG_EVENT_AVAIL, 0)
				->fields.notify.index, 1);
	KUNIT_EXPECT_EQ(test, fake_peer_find(peer, VMSG_EVENT_AVAIL, 0)
				->fields.notify.next_offset, 0);
	KUNIT_EXPECT_EQ(test, fake_peer_find(peer, VMSG_EVENT_AVAIL, 0)
				->fields.token, 0);
	memset(driver->buffers, 0, FAKE_BUFFER);
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, dev, 1), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 1);
	KUNIT_EXPECT_EQ(test, driver->lengths, 24);
	/* Written by the device into the driver's own memory. */
	KUNIT_EXPECT_EQ(test, driver->buffers[7], 0);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(driver->buffers + 8, 0x5a, 24),
			    NULL);
	KUNIT_EXPECT_EQ(test, driver->buffers[8 + 24], 0);
}

static struct fake_peer *ringing;

static void ring_irq(struct irq_work *work)
{
	virtio_msg_bus_notified(&ringing->bus, DEV, 0, false);
}

/* RBUS-12: a bus may tell of it from its interrupt: here, one of the timer. */
static void queue_direct_in_interrupt(struct kunit *test)
{
	struct fake_driver *driver = start_direct(test);
	struct irq_work work = IRQ_WORK_INIT(ring_irq);
	struct fake_peer *peer = test->priv;
	unsigned long flags;

	ringing = peer;
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	peer->silent = true;
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, peer->devices, 0), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 0);
	irq_work_queue(&work);
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&driver->answers) == 1));
	irq_work_sync(&work);

	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, peer->devices, 0), 1);
	local_irq_save(flags);
	virtio_msg_bus_notified(&peer->bus, DEV, 0, false);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 2);
}

static atomic_t callbacks;
static atomic_t overlaps;

static void slow_answer(struct fake_driver *driver)
{
	if (atomic_inc_return(&callbacks) > 1)
		atomic_inc(&overlaps);
	udelay(5);
	atomic_dec(&callbacks);
}

static int ring_often(void *bus)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		virtio_msg_bus_notified(bus, DEV, 0, false);
	return 0;
}

/* Drivers without a lock rely on it: two callbacks would take the same buffer. */
static void queue_one_callback(struct kunit *test)
{
	struct fake_driver *driver = start_direct(test);
	struct fake_peer *peer = test->priv;
	struct task_struct *thread;

	atomic_set(&callbacks, 0);
	atomic_set(&overlaps, 0);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	peer->silent = true;
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, peer->devices, 0), 1);
	driver->answered = slow_answer;
	thread = kthread_create(ring_often, &peer->bus, "virtio-msg-ring");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);
	/* It may have ended before it is waited for. */
	get_task_struct(thread);
	wake_up_process(thread);
	ring_often(&peer->bus);
	kthread_stop_put(thread);
	KUNIT_EXPECT_EQ(test, atomic_read(&overlaps), 0);
	driver->answered = NULL;
	virtio_msg_bus_notified(&peer->bus, DEV, 0, false);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 1);
}

static void offer(struct fake_peer *peer, unsigned int bit)
{
	peer->devices[0].features[bit / 32] |= BIT(bit % 32);
}

static struct fake_driver *start_offering(struct kunit *test, unsigned int bit)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	driver = prepare(test);
	offer(peer, bit);
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	return driver;
}

static u32 next_offset(struct kunit *test, unsigned int n)
{
	struct fake_sent *sent = fake_peer_find(test->priv, VMSG_EVENT_AVAIL,
						n);

	KUNIT_ASSERT_NOT_NULL(test, sent);
	return sent->fields.notify.next_offset;
}

/* DRV-62, T10: on a split ring the whole index, and no wrap counter. */
static void queue_notification_data_split(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	unsigned int i;

	driver = start_offering(test, VIRTIO_F_NOTIFICATION_DATA);
	for (i = 0; i < 40; i++) {
		KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8),
				0);
		KUNIT_EXPECT_EQ(test, next_offset(test, i), i + 1);
		fake_peer_serve(peer, &peer->devices[0], 0);
	}
}

/* On a packed ring the offset in bits 30:0, the wrap counter in bit 31. */
static void queue_notification_data_packed(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	unsigned int i;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	driver = prepare(test);
	offer(peer, VIRTIO_F_NOTIFICATION_DATA);
	offer(peer, VIRTIO_F_RING_PACKED);
	peer->devices[0].queues[0].max = 3;
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, peer->devices[0].queues[0].size, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, i, 8, 0),
				0);
	KUNIT_EXPECT_EQ(test, next_offset(test, 0), BIT(31) | 1);
	KUNIT_EXPECT_EQ(test, next_offset(test, 1), BIT(31) | 2);
	/* It has gone round. */
	KUNIT_EXPECT_EQ(test, next_offset(test, 2), 0);
}

/* A bus whose notifications cannot carry it: not negotiated. */
static void queue_no_notification_data(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT |
			   VIRTIO_MSG_BUS_NO_NOTIFICATION_DATA;
	driver = prepare(test);
	offer(peer, VIRTIO_F_NOTIFICATION_DATA);
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_FALSE(test, virtio_has_feature(driver->vdev,
						    VIRTIO_F_NOTIFICATION_DATA));
	KUNIT_EXPECT_FALSE(test, peer->devices[0].accepted[1] &
			   BIT(VIRTIO_F_NOTIFICATION_DATA - 32));
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, next_offset(test, 0), 0);
}

/* RBUS-10: a doorbell could not carry it. */
static void queue_notification_data_past_doorbell(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;

	driver = start_offering(test, VIRTIO_F_NOTIFICATION_DATA);
	peer->doorbell = 0;
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, peer->rings, 0);
	KUNIT_EXPECT_EQ(test, next_offset(test, 0), 1);
	peer->doorbell = -EOPNOTSUPP;
}

/* DRV-62: also if the bus had no room for the notification at first. */
static void queue_notification_data_late(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	struct virtio_msg_fields ping = { .kind = VMSG_PING_REQ };
	unsigned int i;

	driver = start_offering(test, VIRTIO_F_NOTIFICATION_DATA);
	fake_peer_on(peer, VMSG_PING_RESP, FAKE_AGAIN, 0, UINT_MAX);
	for (i = 0; i < VIRTIO_MSG_LIMIT_OUTBOX; i++)
		fake_peer_send(peer, &ping);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 1, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_EVENT_AVAIL], 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, outbox_full), 2L);
	fake_peer_forget_rules(peer);
	virtio_msg_bus_writable(&peer->bus);
	KUNIT_EXPECT_TRUE(test, fake_until(peer->count[VMSG_EVENT_AVAIL] == 1));
	KUNIT_EXPECT_EQ(test, next_offset(test, 0), 2);
}

/* DRV-35, RBUS-11: a doorbell that is busy is rung again. */
static void queue_doorbell(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;

	driver = start_direct(test);
	peer->doorbell = 0;
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 0, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, peer->rings, 1);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_EVENT_AVAIL], 0);

	peer->doorbell = -EAGAIN;
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 1, 8, 8), 0);
	KUNIT_EXPECT_EQ(test, peer->rings, 1);
	WRITE_ONCE(peer->doorbell, 0);
	KUNIT_EXPECT_TRUE(test, fake_until(READ_ONCE(peer->rings) == 2));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_EVENT_AVAIL], 0);

	/* One that fails has lost its device. */
	peer->doorbell = -EIO;
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 0, 2, 8, 8), 0);
	KUNIT_EXPECT_TRUE(test, fake_peer_vmdev(peer, DEV)->broken);
	peer->doorbell = -EOPNOTSUPP;
}

/* DRV-33, DRV-58, DRV-60: a queue that is resized is reset first. */
static void queue_ring_reset(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	struct fake_device *dev = peer->devices;

	driver = start_offering(test, VIRTIO_F_RING_RESET);
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_disable(driver->vqs[1]), 0);
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_RESET_VQUEUE_REQ], 1);
	KUNIT_EXPECT_EQ(test, dev->queues[1].flags, 0);
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_enable(driver->vqs[1]), 0);
	KUNIT_EXPECT_EQ(test, dev->queues[1].flags, VIRTIO_MSG_VQ_ENABLED);
}

/* DRV-40: a driver that uses all that there is has sent all requests. */
static void queue_all_requests(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	struct virtio_device *vdev;
	enum virtio_msg_kind kind;

	driver = start_offering(test, VIRTIO_F_RING_RESET);
	vdev = driver->vdev;
	virtio_cwrite8(vdev, 0, 1);
	vdev->config->get_status(vdev);
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_disable(driver->vqs[1]), 0);
	for (kind = VMSG_INFO_REQ; kind <= VMSG_RESET_VQUEUE_REQ; kind += 2)
		KUNIT_EXPECT_GT_MSG(test, peer->count[kind], 0, "kind %d", kind);
}

/* T2: in PR28 a queue that was reset may have its default size. */
static void default_size(struct fake_peer *peer,
			 const struct virtio_msg_fields *request,
			 struct virtio_msg_fields *answer)
{
	if (answer->kind == VMSG_GET_VQUEUE_RESP && !answer->vq.size)
		answer->vq.size = 16;
}

static void queue_ring_reset_pr28(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;

	peer->bus.flags |= VIRTIO_MSG_BUS_DIRECT;
	peer->bus.dialect = VIRTIO_MSG_DIALECT_PR28;
	peer->dialect = &virtio_msg_pr28;
	peer->edit = default_size;
	driver = prepare(test);
	offer(peer, VIRTIO_F_RING_RESET);
	fake_peer_start(peer);
	KUNIT_ASSERT_TRUE(test, fake_peer_plug(peer, DEV));
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_disable(driver->vqs[1]), 0);
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_enable(driver->vqs[1]), 0);
}

/* What the device still says of it does not reach the driver. */
static void queue_ring_reset_is_quiet(struct kunit *test)
{
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	struct fake_device *dev = peer->devices;
	struct fake_queue before;

	driver = start_offering(test, VIRTIO_F_RING_RESET);
	KUNIT_EXPECT_EQ(test, fake_driver_request(driver, 1, 0, 8, 8), 0);
	before = dev->queues[1];
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_disable(driver->vqs[1]), 0);
	dev->queues[1] = before;
	KUNIT_EXPECT_EQ(test, fake_peer_serve(peer, dev, 1), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 0);
	dev->queues[1].flags = 0;
	KUNIT_EXPECT_EQ(test, virtio_msg_queue_enable(driver->vqs[1]), 0);
	fake_peer_used(peer, DEV, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&driver->answers), 1);
}

/* GET_SHM: memory of the device, where all memory is shared. */
static void queue_shm(struct kunit *test)
{
	struct virtio_shm_region region = {};
	struct fake_driver *driver;
	struct fake_peer *peer = test->priv;
	struct fake_device *dev;

	driver = start_direct(test);
	dev = &peer->devices[0];
	KUNIT_EXPECT_FALSE(test, virtio_get_shm_region(driver->vdev, &region,
						       1));
	dev->shm_addr = 0x123456789000;
	dev->shm_length = 0x200000000;
	KUNIT_EXPECT_TRUE(test, virtio_get_shm_region(driver->vdev, &region,
						      1));
	KUNIT_EXPECT_EQ(test, region.addr, 0x123456789000);
	KUNIT_EXPECT_EQ(test, region.len, 0x200000000);
	dev->shm_addr = U64_MAX - 5;
	KUNIT_EXPECT_FALSE(test, virtio_get_shm_region(driver->vdev, &region,
						       1));
}

/* A bus without GET_SHM: nothing is asked, and the device lives on. */
static void queue_shm_not_asked(struct kunit *test)
{
	struct virtio_shm_region region = {};
	struct fake_peer *peer = test->priv;
	struct fake_driver *driver;

	peer->bus.flags |= VIRTIO_MSG_BUS_NO_SHM;
	driver = start_direct(test);
	KUNIT_EXPECT_FALSE(test, virtio_get_shm_region(driver->vdev, &region,
						       1));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_GET_SHM_REQ], 0);
	KUNIT_EXPECT_FALSE(test, fake_peer_vmdev(peer, DEV)->broken);
}

/* Not over a relay: nothing is asked. */
static void queue_no_shm(struct kunit *test)
{
	struct virtio_shm_region region = {};
	struct fake_driver *driver = start(test);
	struct fake_peer *peer = test->priv;

	KUNIT_EXPECT_FALSE(test, virtio_get_shm_region(driver->vdev, &region,
						       1));
	KUNIT_EXPECT_EQ(test, peer->count[VMSG_GET_SHM_REQ], 0);
	fake_driver_unbind(driver);
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(queue_verify_size),
	KUNIT_CASE(queue_verify_desc),
	KUNIT_CASE(queue_verify_device_area),
	KUNIT_CASE(queue_verify_enabled),
	KUNIT_CASE(queue_verify_direct),
	KUNIT_CASE(queue_bad_echo),
	KUNIT_CASE(queue_max_size_0),
	KUNIT_CASE(queue_window_fails_first),
	KUNIT_CASE(queue_window_fails_second),
	KUNIT_CASE(queue_sizes),
	KUNIT_CASE(queue_of_one),
	KUNIT_CASE(queue_too_small),
	KUNIT_CASE(queue_left_out),
	KUNIT_CASE(queue_too_many),
	KUNIT_CASE(queue_used_events),
	KUNIT_CASE(queue_broken_under_console),
	KUNIT_CASE(queue_direct),
	KUNIT_CASE(queue_direct_in_interrupt),
	KUNIT_CASE(queue_one_callback),
	KUNIT_CASE(queue_notification_data_split),
	KUNIT_CASE(queue_notification_data_packed),
	KUNIT_CASE(queue_notification_data_past_doorbell),
	KUNIT_CASE(queue_no_notification_data),
	KUNIT_CASE(queue_notification_data_late),
	KUNIT_CASE(queue_doorbell),
	KUNIT_CASE(queue_ring_reset),
	KUNIT_CASE(queue_all_requests),
	KUNIT_CASE(queue_ring_reset_pr28),
	KUNIT_CASE(queue_ring_reset_is_quiet),
	KUNIT_CASE(queue_shm),
	KUNIT_CASE(queue_shm_not_asked),
	KUNIT_CASE(queue_no_shm),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "virtio_msg_queue",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);
