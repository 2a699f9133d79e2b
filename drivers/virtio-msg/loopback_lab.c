// SPDX-License-Identifier: GPL-2.0
/*
 * Fault laboratory of the loopback bus: as files of debugfs say, messages are
 * late, lost, doubled, out of order, cut or spoiled, and sends and windows
 * fail. A file takes messages as if a peer had sent them.
 *
 *   /sys/kernel/debug/virtio-msg-loopback/<bus>/<fault>/<file>
 *
 * The kernel's own fault injection decides by chance and call stack, and stock
 * kernels lack it. Here it matters what the message is, so the knobs are ours.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <linux/workqueue.h>

#include "loopback_lab.h"

/* Rates are out of so many. */
#define RATE_ALL	1000
/* Messages that are held back; what comes when all are, is not. */
#define HELD		32
/* For how long at the most, and by default, in ms. */
#define HOLD_LIMIT	10000
#define HOLD_DEFAULT	20
/* What is written to "inject" at a time. */
#define INJECT_LIMIT	8192

enum fault {
	DELAY,
	DROP,
	DUPLICATE,
	REORDER,
	TRUNCATE,
	CORRUPT,
	SEND_FULL,
	SEND_FAIL,
	/* From here on, what has nothing to do with messages. */
	WINDOW_ALLOC,
	WINDOW_MAP,
	NUM_FAULTS
};

static const char *const names[NUM_FAULTS] = {
	[DELAY] = "delay",
	[DROP] = "drop",
	[DUPLICATE] = "duplicate",
	[REORDER] = "reorder",
	[TRUNCATE] = "truncate",
	[CORRUPT] = "corrupt",
	[SEND_FULL] = "send_full",
	[SEND_FAIL] = "send_fail",
	[WINDOW_ALLOC] = "window_alloc",
	[WINDOW_MAP] = "window_map",
};

enum direction {
	ANY_DIRECTION,
	TO_DEVICE,
	TO_DRIVER,
};

/*
 * struct knob - when a fault happens; any value may be written at any time
 * @rate: how often, out of RATE_ALL; 0: never
 * @skip: first let so many pass
 * @times: then happen so often; -1: for ever
 * @msg_id: of this message only; -1: of any
 * @type: of this VIRTIO_MSG_TYPE_* only; -1: of any
 * @device: of this device only; -1: of any
 * @direction: enum direction
 * @count: how often it happened
 */
struct knob {
	u32 rate;
	atomic_t skip;
	atomic_t times;
	atomic_t msg_id;
	atomic_t type;
	atomic_t device;
	u32 direction;
	atomic_t count;
};

/*
 * struct held - a message that is held back
 * @due: when it is delivered, in jiffies
 * @overtake: it is delivered after the next one, if that comes first
 */
struct held {
	struct list_head node;
	unsigned long due;
	bool overtake;
	u16 size;
	struct virtio_msg *msg;
};

/*
 * struct loopback_lab - what can go wrong on a bus
 * @lock: protects the lists
 * @held: what waits
 * @idle: what of @slots does not
 * @messages: memory of the slots, while the bus is live
 * @hold_ms: for how long a message is held back
 */
struct loopback_lab {
	struct virtio_msg_bus *bus;
	struct workqueue_struct *wq;
	struct dentry *debugfs;
	struct knob knobs[NUM_FAULTS];
	u32 hold_ms;
	spinlock_t lock;
	struct list_head held;
	struct list_head idle;
	struct held slots[HELD];
	u8 *messages;
	struct delayed_work work;
};

static struct dentry *root;

/* Chance */

static enum direction direction_of(const struct virtio_msg *msg)
{
	if (msg->hdr.type & VIRTIO_MSG_TYPE_RESPONSE)
		return TO_DRIVER;
	if (msg->hdr.type & VIRTIO_MSG_TYPE_BUS)
		return msg->hdr.msg_id == VIRTIO_MSG_BUS_EVENT_DEVICE ?
			TO_DRIVER : TO_DEVICE;
	return msg->hdr.msg_id == VIRTIO_MSG_EVENT_CONFIG ||
	       msg->hdr.msg_id == VIRTIO_MSG_EVENT_USED ? TO_DRIVER : TO_DEVICE;
}

static bool is_wanted(const atomic_t *wanted, int value)
{
	int want = atomic_read(wanted);

	return want < 0 || want == value;
}

static bool matches(const struct knob *knob, const struct virtio_msg *msg)
{
	u32 direction = READ_ONCE(knob->direction);

	return is_wanted(&knob->msg_id, msg->hdr.msg_id) &&
	       is_wanted(&knob->type, msg->hdr.type) &&
	       is_wanted(&knob->device, get_unaligned_le16(&msg->hdr.dev_num)) &&
	       (!direction || direction == direction_of(msg));
}

static bool strikes(struct knob *knob)
{
	u32 rate = READ_ONCE(knob->rate);

	if (!rate || (rate < RATE_ALL && get_random_u32_below(RATE_ALL) >= rate))
		return false;
	if (atomic_dec_if_positive(&knob->skip) >= 0)
		return false;
	if (atomic_read(&knob->times) >= 0 &&
	    atomic_dec_if_positive(&knob->times) < 0)
		return false;
	atomic_inc(&knob->count);
	return true;
}

static bool happens(struct loopback_lab *lab, enum fault fault,
		    const struct virtio_msg *msg)
{
	return matches(&lab->knobs[fault], msg) && strikes(&lab->knobs[fault]);
}

/* Delivery */

/* Either the header says how long it is now, or it still says how long it was. */
static u16 cut(struct virtio_msg *msg, u16 size)
{
	size = get_random_u32_below(size);
	if (size >= sizeof(msg->hdr) && get_random_u32_below(2))
		put_unaligned_le16(size, &msg->hdr.msg_size);
	return size;
}

static void spoil(struct virtio_msg *msg, u16 size)
{
	((u8 *)msg)[get_random_u32_below(size)] ^= get_random_u32_inclusive(1, 255);
}

static void deliver(struct loopback_lab *lab, struct virtio_msg *msg, u16 size)
{
	bool twice = happens(lab, DUPLICATE, msg);

	/* Of the message as it was sent, which the other two change. */
	if (happens(lab, TRUNCATE, msg))
		size = cut(msg, size);
	else if (happens(lab, CORRUPT, msg))
		spoil(msg, size);
	virtio_msg_bus_receive(lab->bus, msg, size);
	if (twice)
		virtio_msg_bus_receive(lab->bus, msg, size);
}

/* False if as many are held back as can be. */
static bool hold(struct loopback_lab *lab, const struct virtio_msg *msg,
		 u16 size, bool overtake)
{
	unsigned long delay = msecs_to_jiffies(min_t(u32, lab->hold_ms,
						     HOLD_LIMIT));
	struct held *held;

	spin_lock_irq(&lab->lock);
	held = list_first_entry_or_null(&lab->idle, struct held, node);
	if (held) {
		held->due = jiffies + delay;
		held->overtake = overtake;
		held->size = size;
		memcpy(held->msg, msg, size);
		list_move_tail(&held->node, &lab->held);
	}
	spin_unlock_irq(&lab->lock);
	if (held)
		queue_delayed_work(lab->wq, &lab->work, delay);
	return held;
}

/* A message whose time has come, or that has been overtaken; or NULL. */
static struct held *take(struct loopback_lab *lab, bool overtaken)
{
	struct held *held, *found = NULL;

	spin_lock_irq(&lab->lock);
	list_for_each_entry(held, &lab->held, node)
		if (overtaken ? held->overtake :
				time_after_eq(jiffies, held->due)) {
			list_del_init(&held->node);
			found = held;
			break;
		}
	spin_unlock_irq(&lab->lock);
	return found;
}

static void deliver_held(struct loopback_lab *lab, bool overtaken)
{
	struct held *held;

	while ((held = take(lab, overtaken))) {
		deliver(lab, held->msg, held->size);
		spin_lock_irq(&lab->lock);
		list_add(&held->node, &lab->idle);
		spin_unlock_irq(&lab->lock);
		cond_resched();
	}
}

/* In how many jiffies the next one is due; negative if nothing is held back. */
static long until_due(struct loopback_lab *lab)
{
	struct held *held;
	long left = -1;

	spin_lock_irq(&lab->lock);
	list_for_each_entry(held, &lab->held, node) {
		long wait = max_t(long, held->due - jiffies, 0);

		if (left < 0 || wait < left)
			left = wait;
	}
	spin_unlock_irq(&lab->lock);
	return left;
}

static void held_work(struct work_struct *work)
{
	struct loopback_lab *lab = container_of(to_delayed_work(work),
						struct loopback_lab, work);
	long left;

	deliver_held(lab, false);
	left = until_due(lab);
	if (left >= 0)
		queue_delayed_work(lab->wq, &lab->work, left);
}

/**
 * loopback_lab_receive() - deliver a message, or not, or not quite
 * @lab: the laboratory of a bus that is live
 * @bus: the bus
 * @msg: the message, which may be changed
 * @size: its size
 *
 * Context: Sleeps; one at a time.
 */
void loopback_lab_receive(struct loopback_lab *lab, struct virtio_msg_bus *bus,
			  struct virtio_msg *msg, u16 size)
{
	if (happens(lab, DROP, msg))
		return;
	if (happens(lab, DELAY, msg) && hold(lab, msg, size, false))
		return;
	if (happens(lab, REORDER, msg) && hold(lab, msg, size, true))
		return;
	deliver(lab, msg, size);
	deliver_held(lab, true);
}

/* Failures */

/**
 * loopback_lab_send() - may this message be sent?
 * @lab: the laboratory
 * @msg: the message
 *
 * Context: Any.
 * Return: 0, -EAGAIN or -EIO.
 */
int loopback_lab_send(struct loopback_lab *lab, const struct virtio_msg *msg)
{
	if (happens(lab, SEND_FULL, msg))
		return -EAGAIN;
	return happens(lab, SEND_FAIL, msg) ? -EIO : 0;
}

/**
 * loopback_lab_doorbell() - may the doorbell be used?
 * @lab: the laboratory
 *
 * Context: Any.
 * Return: false if something can happen to messages: then notifications are
 * messages, too.
 */
bool loopback_lab_doorbell(struct loopback_lab *lab)
{
	int i;

	for (i = 0; i < WINDOW_ALLOC; i++)
		if (READ_ONCE(lab->knobs[i].rate))
			return false;
	return true;
}

static bool window_fails(struct loopback_lab *lab, enum fault fault,
			 u16 dev_num)
{
	return is_wanted(&lab->knobs[fault].device, dev_num) &&
	       strikes(&lab->knobs[fault]);
}

/**
 * loopback_lab_window_alloc() - may a window be allocated?
 * @lab: the laboratory
 * @dev_num: for this device
 *
 * Context: Any.
 * Return: 0 or -ENOMEM.
 */
int loopback_lab_window_alloc(struct loopback_lab *lab, u16 dev_num)
{
	return window_fails(lab, WINDOW_ALLOC, dev_num) ? -ENOMEM : 0;
}

/**
 * loopback_lab_window_map() - may the device side have a window?
 * @lab: the laboratory
 * @dev_num: of this device
 *
 * Context: Any.
 * Return: 0 or -EFAULT.
 */
int loopback_lab_window_map(struct loopback_lab *lab, u16 dev_num)
{
	return window_fails(lab, WINDOW_MAP, dev_num) ? -EFAULT : 0;
}

/* A message from a peer that keeps to no rule, in as many bytes as it has. */
static ssize_t inject_write(struct file *file, const char __user *buf,
			    size_t count, loff_t *pos)
{
	struct loopback_lab *lab = file->private_data;
	void *msg;

	if (count > INJECT_LIMIT)
		return -EMSGSIZE;
	msg = memdup_user(buf, count);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	virtio_msg_bus_receive(lab->bus, msg, count);
	kfree(msg);
	return count;
}

static const struct file_operations inject_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = inject_write,
	.llseek = noop_llseek,
};

/* Life */

/**
 * loopback_lab_start() - the bus goes live
 * @lab: the laboratory
 *
 * Context: Sleeps.
 * Return: 0 or -ENOMEM.
 */
int loopback_lab_start(struct loopback_lab *lab)
{
	u32 size = lab->bus->max_msg_size;
	int i;

	lab->messages = kvcalloc(HELD, size, GFP_KERNEL);
	if (!lab->messages)
		return -ENOMEM;
	INIT_LIST_HEAD(&lab->held);
	INIT_LIST_HEAD(&lab->idle);
	for (i = 0; i < HELD; i++) {
		lab->slots[i].msg = (void *)(lab->messages + i * size);
		list_add(&lab->slots[i].node, &lab->idle);
	}
	return 0;
}

/**
 * loopback_lab_stop() - the bus has gone
 * @lab: a laboratory to which no message comes any more
 *
 * What is held back is lost.
 *
 * Context: Sleeps.
 */
void loopback_lab_stop(struct loopback_lab *lab)
{
	cancel_delayed_work_sync(&lab->work);
	kvfree(lab->messages);
	lab->messages = NULL;
}

static void show_knob(struct knob *knob, const char *name, bool window,
		      struct dentry *parent)
{
	struct dentry *dir = debugfs_create_dir(name, parent);

	atomic_set(&knob->times, -1);
	atomic_set(&knob->msg_id, -1);
	atomic_set(&knob->type, -1);
	atomic_set(&knob->device, -1);
	debugfs_create_u32("rate", 0600, dir, &knob->rate);
	debugfs_create_atomic_t("skip", 0600, dir, &knob->skip);
	debugfs_create_atomic_t("times", 0600, dir, &knob->times);
	debugfs_create_atomic_t("device", 0600, dir, &knob->device);
	debugfs_create_atomic_t("count", 0600, dir, &knob->count);
	if (window)
		return;
	debugfs_create_atomic_t("msg_id", 0600, dir, &knob->msg_id);
	debugfs_create_atomic_t("type", 0600, dir, &knob->type);
	debugfs_create_u32("direction", 0600, dir, &knob->direction);
}

/**
 * loopback_lab_create() - make the laboratory of a bus
 * @bus: the bus, which outlives it
 * @wq: where to deliver messages that are late
 *
 * Context: Sleeps.
 * Return: the laboratory, with nothing wrong yet, or ERR_PTR(-ENOMEM).
 */
struct loopback_lab *loopback_lab_create(struct virtio_msg_bus *bus,
					 struct workqueue_struct *wq)
{
	struct loopback_lab *lab;
	int i;

	lab = kzalloc_obj(*lab);
	if (!lab)
		return ERR_PTR(-ENOMEM);
	lab->bus = bus;
	lab->wq = wq;
	lab->hold_ms = HOLD_DEFAULT;
	spin_lock_init(&lab->lock);
	INIT_DELAYED_WORK(&lab->work, held_work);
	lab->debugfs = debugfs_create_dir(bus->name, root);
	for (i = 0; i < NUM_FAULTS; i++)
		show_knob(&lab->knobs[i], names[i], i >= WINDOW_ALLOC,
			  lab->debugfs);
	debugfs_create_u32("hold_ms", 0600, lab->debugfs, &lab->hold_ms);
	debugfs_create_file("inject", 0200, lab->debugfs, lab, &inject_fops);
	return lab;
}

/**
 * loopback_lab_destroy() - free a laboratory
 * @lab: that of a bus that is not live
 *
 * Context: Sleeps.
 */
void loopback_lab_destroy(struct loopback_lab *lab)
{
	debugfs_remove(lab->debugfs);
	kfree(lab);
}

/**
 * loopback_lab_init() - make the directory
 *
 * Context: Sleeps.
 */
void loopback_lab_init(void)
{
	root = debugfs_create_dir("virtio-msg-loopback", NULL);
}

/**
 * loopback_lab_exit() - remove the directory
 *
 * Context: Sleeps.
 */
void loopback_lab_exit(void)
{
	debugfs_remove(root);
}
