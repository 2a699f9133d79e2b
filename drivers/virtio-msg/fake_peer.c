// SPDX-License-Identifier: GPL-2.0
/*
 * A bus for tests, see fake_peer.h.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>
#include <uapi/linux/virtio_ring.h>

#include "fake_peer.h"
#include "ring.h"

struct mail {
	struct list_head node;
	u32 size;
	u8 bytes[] __aligned(8);
};

struct fake_window {
	struct list_head node;
	void *kaddr;
	u64 bus_addr;
	size_t size;
};

static struct fake_peer *to_peer(struct virtio_msg_bus *bus)
{
	return container_of(bus, struct fake_peer, bus);
}

/* Answers on their way */

static struct mail *make_mail(struct fake_peer *peer,
			      const struct virtio_msg_fields *fields)
{
	struct mail *mail = kzalloc(sizeof(*mail) + VIRTIO_MSG_LIMIT_MSG_SIZE,
				    GFP_ATOMIC);
	int size;

	if (!mail)
		return NULL;
	size = virtio_msg_encode(peer->dialect, fields, mail->bytes,
				 VIRTIO_MSG_LIMIT_MSG_SIZE);
	mail->size = max(size, 0);
	return mail;
}

static void post(struct fake_peer *peer, const struct virtio_msg_fields *fields,
		 struct list_head *list)
{
	struct mail *mail = make_mail(peer, fields);

	if (mail)
		list_add_tail(&mail->node, list);
}

static void post_cut(struct fake_peer *peer,
		     const struct virtio_msg_fields *fields,
		     struct list_head *list)
{
	struct mail *mail = make_mail(peer, fields);

	if (!mail)
		return;
	mail->size = mail->size > 8 ? mail->size - 1 : mail->size + 4;
	put_unaligned_le16(mail->size, mail->bytes + 6);
	list_add_tail(&mail->node, list);
}

static void post_wrong(struct fake_peer *peer, enum fake_how how,
		       const struct virtio_msg_fields *answer,
		       struct list_head *list)
{
	struct virtio_msg_fields wrong = *answer;

	switch (how) {
	case FAKE_TWICE:
		break;
	case FAKE_TOKEN:
		wrong.token ^= 0x4000;
		break;
	case FAKE_DEVICE:
		wrong.dev_num ^= 1;
		break;
	case FAKE_KIND:
		wrong.kind = answer->kind == VMSG_GET_STATUS_RESP ?
			VMSG_SET_STATUS_RESP : VMSG_GET_STATUS_RESP;
		wrong.status.status = 0;
		break;
	case FAKE_LENGTH:
		post_cut(peer, answer, list);
		return;
	default:
		return;
	}
	post(peer, &wrong, list);
}

static void deliver(struct fake_peer *peer, struct list_head *list)
{
	struct mail *mail, *next;

	list_for_each_entry_safe(mail, next, list, node) {
		list_del(&mail->node);
		virtio_msg_bus_receive(&peer->bus, mail->bytes, mail->size);
		kfree(mail);
	}
}

static void deliver_mail(struct fake_peer *peer)
{
	unsigned long flags;
	LIST_HEAD(list);

	spin_lock_irqsave(&peer->lock, flags);
	list_splice_init(&peer->mail, &list);
	spin_unlock_irqrestore(&peer->lock, flags);
	deliver(peer, &list);
}

static void peer_work(struct work_struct *work)
{
	deliver_mail(container_of(work, struct fake_peer, work));
}

static void peer_timer(struct timer_list *timer)
{
	deliver_mail(container_of(timer, struct fake_peer, timer));
}

/* The bus */

static enum fake_how how(struct fake_peer *peer, enum virtio_msg_kind kind)
{
	struct fake_rule *rule;

	for (rule = peer->rules; rule < peer->rules + peer->num_rules; rule++) {
		if (rule->kind != kind || !rule->times)
			continue;
		if (rule->skip) {
			rule->skip--;
			return FAKE_ANSWER;
		}
		rule->times--;
		return rule->how;
	}
	return FAKE_ANSWER;
}

static void record(struct fake_peer *peer, const void *msg,
		   const struct virtio_msg_fields *fields)
{
	struct fake_sent *sent = &peer->sent[peer->num_sent];
	u32 size = virtio_msg_size(msg);

	peer->count[fields->kind]++;
	if (peer->num_sent == FAKE_LOG || size > FAKE_MESSAGE)
		return;
	memcpy(sent->bytes, msg, size);
	virtio_msg_decode(peer->dialect, sent->bytes, size,
			  VIRTIO_MSG_LIMIT_MSG_SIZE, &sent->fields);
	sent->atomic = !preemptible();
	peer->num_sent++;
}

/* With the lock. */
static int take_message(struct fake_peer *peer, const struct virtio_msg *msg,
			struct list_head *now)
{
	struct virtio_msg_fields request, answer;
	enum fake_how what;

	if (virtio_msg_decode(peer->dialect, msg, virtio_msg_size(msg),
			      peer->bus.max_msg_size, &request)) {
		peer->garbage++;
		return 0;
	}
	what = how(peer, request.kind);
	if (what == FAKE_AGAIN) {
		peer->again++;
		return -EAGAIN;
	}
	if (what == FAKE_ERROR)
		return -EIO;
	record(peer, msg, &request);
	if (peer->on_send)
		peer->on_send(peer, &request);
	if (virtio_msg_is_event(msg) || virtio_msg_is_response(msg) ||
	    what == FAKE_SILENT || !fake_peer_answer(peer, &request, &answer))
		return 0;

	post_wrong(peer, what, &answer, now);
	post(peer, &answer, what == FAKE_HOLD ? &peer->held : now);
	return 0;
}

static int peer_send(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	struct fake_peer *peer = to_peer(bus);
	unsigned long flags;
	LIST_HEAD(now);
	int err;

	spin_lock_irqsave(&peer->lock, flags);
	if (!peer->core)
		peer->after_stop++;
	err = take_message(peer, msg, &now);
	if (peer->via != FAKE_SYNC)
		list_splice_tail_init(&now, &peer->mail);
	spin_unlock_irqrestore(&peer->lock, flags);

	wake_up_all(&peer->wait);
	if (peer->via == FAKE_SYNC)
		deliver(peer, &now);
	else if (peer->via == FAKE_WORK)
		queue_work(system_unbound_wq, &peer->work);
	else
		mod_timer(&peer->timer, jiffies + peer->delay);
	return err;
}

static int peer_notify(struct virtio_msg_bus *bus, u16 dev_num, u32 index,
		       bool avail)
{
	struct fake_peer *peer = to_peer(bus);

	if (!READ_ONCE(peer->doorbell))
		peer->rings++;
	return READ_ONCE(peer->doorbell);
}

static int peer_window_alloc(struct virtio_msg_bus *bus,
			     struct virtio_msg_window *win)
{
	struct fake_peer *peer = to_peer(bus);
	struct fake_window *window;

	might_sleep();
	if (++peer->allocations == peer->fail_allocation)
		return -ENOMEM;
	window = kzalloc_obj(*window);
	if (!window)
		return -ENOMEM;
	window->size = win->size;
	window->kaddr = vzalloc(win->size);
	if (!window->kaddr) {
		kfree(window);
		return -ENOMEM;
	}
	window->bus_addr = (u64)peer->allocations << 32;
	win->kaddr = window->kaddr;
	win->bus_addr = window->bus_addr;
	win->priv = window;

	spin_lock_irq(&peer->lock);
	list_add_tail(&window->node, &peer->windows);
	peer->num_windows++;
	spin_unlock_irq(&peer->lock);
	return 0;
}

static void free_window(struct fake_peer *peer, struct fake_window *window)
{
	spin_lock_irq(&peer->lock);
	list_del(&window->node);
	peer->num_windows--;
	spin_unlock_irq(&peer->lock);
	vfree(window->kaddr);
	kfree(window);
}

static void peer_window_free(struct virtio_msg_bus *bus,
			     struct virtio_msg_window *win)
{
	struct fake_peer *peer = to_peer(bus);

	might_sleep();
	if (!peer->core)
		peer->after_stop++;
	free_window(peer, win->priv);
}

static int peer_window_revoke(struct virtio_msg_bus *bus,
			      struct virtio_msg_window *win)
{
	might_sleep();
	return to_peer(bus)->revocable ? 0 : -EBUSY;
}

static void peer_lost(struct virtio_msg_bus *bus)
{
	struct fake_peer *peer = container_of(bus, struct fake_peer, bus);

	atomic_inc(&peer->lost);
}

static const struct virtio_msg_bus_ops peer_ops = {
	.send = peer_send,
	.notify = peer_notify,
	.window_alloc = peer_window_alloc,
	.window_free = peer_window_free,
	.window_revoke = peer_window_revoke,
	.lost = peer_lost,
};

/* Life */

/**
 * fake_peer_init() - make a peer, the priv of the test
 * @test: the test
 *
 * The bus is a driver's, relays, speaks D26 in messages of 264 bytes and does
 * not enumerate. All that may be changed before fake_peer_start().
 *
 * Return: 0 or an error.
 */
int fake_peer_init(struct kunit *test)
{
	struct fake_peer *peer = kunit_kzalloc(test, sizeof(*peer), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, peer);
	peer->test = test;
	peer->bus.ops = &peer_ops;
	peer->bus.role = VIRTIO_MSG_ROLE_DRIVER;
	peer->bus.flags = VIRTIO_MSG_BUS_NO_ENUMERATION;
	peer->bus.max_msg_size = VIRTIO_MSG_RECOMMENDED_SIZE;
	peer->bus.timeout_ms = 5000;
	strscpy(peer->bus.name, "fake");
	peer->dialect = &virtio_msg_d26;
	peer->doorbell = -EOPNOTSUPP;
	spin_lock_init(&peer->lock);
	init_waitqueue_head(&peer->wait);
	INIT_LIST_HEAD(&peer->mail);
	INIT_LIST_HEAD(&peer->held);
	INIT_LIST_HEAD(&peer->windows);
	INIT_WORK(&peer->work, peer_work);
	timer_setup(&peer->timer, peer_timer, 0);
	test->priv = peer;
	peer->sent = vzalloc(array_size(FAKE_LOG, sizeof(*peer->sent)));
	peer->devices = vzalloc(array_size(FAKE_DEVICES,
					   sizeof(*peer->devices)));
	peer->bitmap = kunit_kzalloc(test, VIRTIO_MSG_LIMIT_DEVICES / 8,
				     GFP_KERNEL);
	return peer->sent && peer->devices && peer->bitmap ? 0 : -ENOMEM;
}

static void drop_mail(struct list_head *list)
{
	struct mail *mail, *next;

	list_for_each_entry_safe(mail, next, list, node)
		kfree(mail);
	INIT_LIST_HEAD(list);
}

/**
 * fake_peer_start() - register the bus
 * @peer: the peer
 */
void fake_peer_start(struct fake_peer *peer)
{
	peer->core = ERR_PTR(-EINPROGRESS);
	if (virtio_msg_bus_register(&peer->bus)) {
		peer->core = NULL;
		KUNIT_FAIL_AND_ABORT(peer->test, "the bus is refused");
	}
	peer->core = rcu_dereference_protected(peer->bus.core, true);
	get_device(&peer->core->dev);
}

/**
 * fake_peer_stop() - unregister the bus, and look for what is left
 * @peer: the peer
 */
void fake_peer_stop(struct fake_peer *peer)
{
	struct virtio_msg_core *core = peer->core;
	struct kunit *test = peer->test;

	timer_delete_sync(&peer->timer);
	cancel_work_sync(&peer->work);
	virtio_msg_bus_unregister(&peer->bus);
	spin_lock_irq(&peer->lock);
	peer->core = NULL;
	spin_unlock_irq(&peer->lock);
	timer_delete_sync(&peer->timer);
	cancel_work_sync(&peer->work);

	/* Devices and works hold references. */
	KUNIT_EXPECT_TRUE(test, fake_until(kref_read(&core->dev.kobj.kref) == 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&core->devices.live), 0);
	KUNIT_EXPECT_TRUE(test, xa_empty(&core->devices.map));
	KUNIT_EXPECT_EQ(test,
			atomic_long_read(&core->counters.value[VMSG_CNT_windows]),
			(long)peer->leaked);
	if (!peer->leaked)
		KUNIT_EXPECT_EQ(test,
				atomic_long_read(&core->counters.value[VMSG_CNT_window_bytes]),
				0L);
	KUNIT_EXPECT_EQ(test,
			atomic_long_read(&core->counters.value[VMSG_CNT_claims]),
			0L);
	KUNIT_EXPECT_EQ(test, peer->num_windows, peer->leaked);
	KUNIT_EXPECT_EQ(test, peer->garbage, 0);
	KUNIT_EXPECT_EQ(test, peer->after_stop, 0);
	put_device(&core->dev);
}

/**
 * fake_peer_exit() - stop the peer and free it
 * @test: the test
 */
void fake_peer_exit(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct fake_window *window, *next;

	if (!peer)
		return;
	if (peer->core)
		fake_peer_stop(peer);
	/* What the core leaks on purpose. */
	list_for_each_entry_safe(window, next, &peer->windows, node)
		free_window(peer, window);
	drop_mail(&peer->mail);
	drop_mail(&peer->held);
	vfree(peer->devices);
	vfree(peer->sent);
}

/**
 * fake_peer_set_timeout() - change the time in which the peer answers
 * @peer: a peer whose bus is registered
 * @ms: milliseconds
 */
void fake_peer_set_timeout(struct fake_peer *peer, u32 ms)
{
	WRITE_ONCE(peer->core->timeout_ms, ms);
}

/* Scripts */

/**
 * fake_peer_add() - make the model of a device
 * @peer: the peer
 * @dev_num: device number
 * @device_id: type
 *
 * It offers VIRTIO_F_VERSION_1, and has two queues of 16 entries and a
 * configuration space of 24 bytes, 0, 1, 2 ...
 *
 * Return: the device.
 */
struct fake_device *fake_peer_add(struct fake_peer *peer, u16 dev_num,
				  u32 device_id)
{
	struct fake_device *dev = &peer->devices[peer->num_devices];
	unsigned int i;

	KUNIT_ASSERT_LT(peer->test, peer->num_devices, FAKE_DEVICES);
	dev->dev_num = dev_num;
	dev->device_id = device_id;
	dev->blocks = 2;
	dev->features[1] = BIT(VIRTIO_F_VERSION_1 - 32);
	dev->max_vqs = 2;
	for (i = 0; i < FAKE_QUEUES; i++)
		dev->queues[i].max = 16;
	dev->config_size = 24;
	for (i = 0; i < FAKE_CONFIG; i++)
		dev->config[i] = i;
	dev->generation = 7;
	__set_bit(dev_num, peer->bitmap);
	peer->num_devices++;
	return dev;
}

/**
 * fake_peer_on() - say what becomes of messages
 * @peer: the peer
 * @kind: of the messages
 * @how: what becomes of them
 * @skip: so many are as always
 * @times: and so many of those that follow are not
 */
void fake_peer_on(struct fake_peer *peer, enum virtio_msg_kind kind,
		  enum fake_how how, unsigned int skip, unsigned int times)
{
	spin_lock_irq(&peer->lock);
	if (peer->num_rules < FAKE_RULES)
		peer->rules[peer->num_rules++] = (struct fake_rule){
			.kind = kind,
			.how = how,
			.skip = skip,
			.times = times,
		};
	spin_unlock_irq(&peer->lock);
}

/**
 * fake_peer_forget_rules() - all is as always from here on
 * @peer: the peer
 */
void fake_peer_forget_rules(struct fake_peer *peer)
{
	spin_lock_irq(&peer->lock);
	peer->num_rules = 0;
	spin_unlock_irq(&peer->lock);
}

/**
 * fake_peer_release() - deliver the answers that were held
 * @peer: the peer
 * @backwards: the last one first
 */
void fake_peer_release(struct fake_peer *peer, bool backwards)
{
	struct mail *mail, *next;
	LIST_HEAD(list);

	spin_lock_irq(&peer->lock);
	list_for_each_entry_safe(mail, next, &peer->held, node) {
		if (backwards)
			list_move(&mail->node, &list);
		else
			list_move_tail(&mail->node, &list);
	}
	spin_unlock_irq(&peer->lock);
	deliver(peer, &list);
}

/**
 * fake_peer_send() - send a message to the core
 * @peer: the peer
 * @fields: the message
 */
void fake_peer_send(struct fake_peer *peer, struct virtio_msg_fields *fields)
{
	LIST_HEAD(list);

	post(peer, fields, &list);
	deliver(peer, &list);
}

/**
 * fake_peer_event() - send an EVENT_DEVICE
 * @peer: the peer
 * @dev_num: device number
 * @state: VIRTIO_MSG_DEVICE_*
 */
void fake_peer_event(struct fake_peer *peer, u16 dev_num, u16 state)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_EVENT_DEVICE,
		.event.dev_num = dev_num,
		.event.state = state,
	};

	fake_peer_send(peer, &fields);
}

/* True if the device is registered. False without one, or not yet. */
static bool is_registered(struct fake_peer *peer, u16 dev_num)
{
	struct virtio_msg_device *vmdev;
	bool registered;

	rcu_read_lock();
	vmdev = fake_peer_vmdev(peer, dev_num);
	/* Pairs with the release in probe(). */
	registered = vmdev && smp_load_acquire(&vmdev->registered);
	rcu_read_unlock();
	return registered;
}

/**
 * fake_peer_plug() - announce a device and wait until it is there
 * @peer: a peer whose bus is registered
 * @dev_num: device number
 *
 * Return: true if it is registered; false if it was not to be.
 */
bool fake_peer_plug(struct fake_peer *peer, u16 dev_num)
{
	fake_peer_event(peer, dev_num, VIRTIO_MSG_DEVICE_ADDED);
	flush_work(&peer->core->devices.work);
	KUNIT_EXPECT_TRUE(peer->test,
			  fake_until(!fake_peer_vmdev(peer, dev_num) ||
				     is_registered(peer, dev_num)));
	return is_registered(peer, dev_num);
}

/**
 * fake_peer_unplug() - take a device away and wait until it is gone
 * @peer: a peer whose bus is registered
 * @dev_num: device number
 */
void fake_peer_unplug(struct fake_peer *peer, u16 dev_num)
{
	fake_peer_event(peer, dev_num, VIRTIO_MSG_DEVICE_REMOVED);
	KUNIT_EXPECT_TRUE(peer->test,
			  fake_until(!fake_peer_vmdev(peer, dev_num)));
}

/**
 * fake_peer_used() - send an EVENT_USED
 * @peer: the peer
 * @dev_num: device number
 * @index: queue
 */
void fake_peer_used(struct fake_peer *peer, u16 dev_num, u32 index)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_EVENT_USED,
		.dev_num = dev_num,
		.notify.index = index,
	};

	fake_peer_send(peer, &fields);
}

/**
 * fake_peer_config_event() - send an EVENT_CONFIG
 * @peer: the peer
 * @dev: the device
 * @offset: first byte
 * @length: bytes
 * @with_data: say what they are
 */
void fake_peer_config_event(struct fake_peer *peer, struct fake_device *dev,
			    u32 offset, u32 length, bool with_data)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_EVENT_CONFIG,
		.dev_num = dev->dev_num,
		.config.status = dev->status | dev->status_extra,
		.config.generation = dev->generation,
		.config.offset = offset,
		.config.length = length,
		.config.data_len = with_data ? length : 0,
		.config.data = dev->config + offset % FAKE_CONFIG,
	};

	fake_peer_send(peer, &fields);
}

/**
 * fake_peer_counter() - read a counter
 * @peer: a peer whose bus was registered
 * @counter: the counter
 *
 * Return: its value.
 */
long fake_peer_counter(struct fake_peer *peer, enum virtio_msg_counter counter)
{
	return atomic_long_read(&peer->core->counters.value[counter]);
}

/**
 * fake_peer_find() - find a message that was sent
 * @peer: the peer
 * @kind: its kind
 * @n: number of those to skip
 *
 * Return: the message, or NULL.
 */
struct fake_sent *fake_peer_find(struct fake_peer *peer,
				 enum virtio_msg_kind kind, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < peer->num_sent; i++)
		if (peer->sent[i].fields.kind == kind && !n--)
			return &peer->sent[i];
	return NULL;
}

/**
 * fake_peer_total() - count the messages that were sent
 * @peer: the peer
 *
 * Return: their number.
 */
unsigned int fake_peer_total(struct fake_peer *peer)
{
	unsigned int i, total = 0;

	for (i = 0; i < VIRTIO_MSG_KINDS; i++)
		total += READ_ONCE(peer->count[i]);
	return total;
}

/**
 * fake_peer_vmdev() - what the core has of a device
 * @peer: the peer
 * @dev_num: device number
 *
 * Return: the device, or NULL. The caller knows how long it lives.
 */
struct virtio_msg_device *fake_peer_vmdev(struct fake_peer *peer, u16 dev_num)
{
	return xa_load(&peer->core->devices.map, dev_num);
}

/* The device's end of a split ring */

static void *translate(struct fake_peer *peer, u64 addr, size_t size)
{
	struct fake_window *window;

	if (peer->bus.flags & VIRTIO_MSG_BUS_DIRECT)
		return phys_to_virt(addr);
	list_for_each_entry(window, &peer->windows, node)
		if (addr >= window->bus_addr &&
		    addr + size <= window->bus_addr + window->size)
			return window->kaddr + (addr - window->bus_addr);
	return NULL;
}

/* Fills what may be written. The number of its bytes. */
static u32 serve_chain(struct fake_peer *peer, const struct vring_desc *desc,
		       u16 i)
{
	u32 written = 0;
	void *p;

	for (;;) {
		p = translate(peer, ring_get64(&desc[i].addr),
			      ring_get32(&desc[i].len));
		KUNIT_ASSERT_NOT_NULL(peer->test, p);
		if (ring_get16(&desc[i].flags) & VRING_DESC_F_WRITE) {
			memset(p, 0x5a, ring_get32(&desc[i].len));
			written += ring_get32(&desc[i].len);
		}
		if (!(ring_get16(&desc[i].flags) & VRING_DESC_F_NEXT))
			return written;
		i = ring_get16(&desc[i].next);
	}
}

/**
 * fake_peer_serve() - answer all requests of a queue
 * @peer: the peer
 * @dev: the device
 * @index: the queue, a split ring
 *
 * Return: their number.
 */
u32 fake_peer_serve(struct fake_peer *peer, struct fake_device *dev, u32 index)
{
	struct fake_queue *queue = &dev->queues[index];
	struct vring_desc *desc = translate(peer, queue->desc, 16);
	struct vring_avail *avail = translate(peer, queue->driver, 6);
	struct vring_used *used = translate(peer, queue->device, 6);
	struct vring_used_elem *elem;
	u32 served = 0;
	u16 head;

	KUNIT_ASSERT_NOT_NULL(peer->test, desc);
	while (queue->seen != ring_get16(&avail->idx)) {
		virt_rmb(); /* the entry after the index */
		head = ring_get16(&avail->ring[queue->seen++ % queue->size]);
		elem = &used->ring[queue->used % queue->size];
		ring_put32(&elem->id, head);
		ring_put32(&elem->len, serve_chain(peer, desc, head));
		virt_wmb(); /* the index after the entry */
		ring_put16(&used->idx, ++queue->used);
		served++;
	}
	if (!peer->silent)
		fake_peer_used(peer, dev->dev_num, index);
	return served;
}

/**
 * fake_peer_spoil() - claim more answers than there are requests
 * @peer: the peer
 * @dev: the device
 * @index: the queue, a split ring
 */
void fake_peer_spoil(struct fake_peer *peer, struct fake_device *dev, u32 index)
{
	struct vring_used *used = translate(peer, dev->queues[index].device, 6);

	KUNIT_ASSERT_NOT_NULL(peer->test, used);
	ring_put16(&used->idx, dev->queues[index].used + 0x1000);
	fake_peer_used(peer, dev->dev_num, index);
}
