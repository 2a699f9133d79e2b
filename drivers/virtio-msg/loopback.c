// SPDX-License-Identifier: GPL-2.0
/*
 * Loopback bus: what one end sends, the same end receives, so that drivers and
 * devices of one kernel meet. Instances are made in configfs:
 *
 *   mkdir /sys/kernel/config/virtio-msg-loopback/<name>
 *   echo 1 > /sys/kernel/config/virtio-msg-loopback/<name>/live
 */
#include <linux/configfs.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>
#include <linux/virtio_msg.h>
#include <linux/workqueue.h>

#include "loopback_lab.h"

/* Messages on their way. */
#define LINK_SLOTS	64
/* Bus addresses begin here, so that no small number is one by accident. */
#define FIRST_ADDRESS	0x100000000ULL

static struct workqueue_struct *loopback_wq;

/*
 * struct loopback - a bus instance
 * @lock: protects the ring of messages
 * @slots: LINK_SLOTS messages
 * @full: a sender was turned away
 * @work: delivers; it has @message
 * @windows_lock: protects @windows and @next_address
 * @live_lock: protects @live, and the attributes while it is false
 * @lab: what is to go wrong, if that is built in
 */
struct loopback {
	struct config_item item;
	struct virtio_msg_bus bus;
	spinlock_t lock;
	u8 *slots;
	unsigned int head;
	unsigned int count;
	bool full;
	struct work_struct work;
	void *message;
	struct mutex windows_lock;
	struct list_head windows;
	u64 next_address;
	struct mutex live_lock;
	bool live;
	bool doorbell;
	struct loopback_lab *lab;
};

/*
 * A window; pages that a process has mapped outlive it. It is not mapped any
 * more once the process that it was meant for has released the device.
 */
struct window {
	struct kref ref;
	struct list_head node;
	u64 bus_addr;
	size_t size;
	u16 dev_num;
	bool released;
	struct page **pages;
};

static struct loopback *to_loopback(struct virtio_msg_bus *bus)
{
	return bus->priv;
}

/* Messages */

static void *slot(struct loopback *loopback, unsigned int i)
{
	return loopback->slots + (i % LINK_SLOTS) * loopback->bus.max_msg_size;
}

static int loopback_send(struct virtio_msg_bus *bus,
			 const struct virtio_msg *msg)
{
	struct loopback *loopback = to_loopback(bus);
	unsigned long flags;
	int err;

	err = loopback_lab_send(loopback->lab, msg);
	if (err)
		return err;
	spin_lock_irqsave(&loopback->lock, flags);
	if (loopback->count == LINK_SLOTS) {
		loopback->full = true;
		err = -EAGAIN;
	} else {
		memcpy(slot(loopback, loopback->head + loopback->count), msg,
		       get_unaligned_le16(&msg->hdr.msg_size));
		loopback->count++;
	}
	spin_unlock_irqrestore(&loopback->lock, flags);
	if (!err)
		queue_work(loopback_wq, &loopback->work);
	return err;
}

/* The message's size, or 0 if there is none. */
static u16 take_message(struct loopback *loopback, bool *room)
{
	struct virtio_msg *msg;
	u16 size = 0;

	spin_lock_irq(&loopback->lock);
	*room = loopback->full;
	loopback->full = false;
	if (loopback->count) {
		msg = slot(loopback, loopback->head);
		size = get_unaligned_le16(&msg->hdr.msg_size);
		memcpy(loopback->message, msg, size);
		loopback->head = (loopback->head + 1) % LINK_SLOTS;
		loopback->count--;
	}
	spin_unlock_irq(&loopback->lock);
	return size;
}

static void loopback_work(struct work_struct *work)
{
	struct loopback *loopback =
		container_of(work, struct loopback, work);
	bool room;
	u16 size;

	while ((size = take_message(loopback, &room))) {
		if (room)
			virtio_msg_bus_writable(&loopback->bus);
		loopback_lab_receive(loopback->lab, &loopback->bus,
				     loopback->message, size);
		cond_resched();
	}
}

static int loopback_notify(struct virtio_msg_bus *bus, u16 dev_num, u32 index,
			   bool avail)
{
	struct loopback *loopback = to_loopback(bus);

	if (!loopback->doorbell || !loopback_lab_doorbell(loopback->lab))
		return -EOPNOTSUPP;
	virtio_msg_bus_notified(bus, dev_num, index, avail);
	return 0;
}

/* Windows */

static void window_release(struct kref *ref)
{
	struct window *window = container_of(ref, struct window, ref);
	size_t i;

	for (i = 0; i < window->size >> PAGE_SHIFT; i++)
		if (window->pages[i])
			put_page(window->pages[i]);
	kvfree(window->pages);
	kfree(window);
}

static struct window *window_create(size_t size)
{
	struct window *window;
	size_t i;

	window = kzalloc_obj(*window);
	if (!window)
		return NULL;
	kref_init(&window->ref);
	window->pages = kvcalloc(size >> PAGE_SHIFT, sizeof(*window->pages),
				 GFP_KERNEL);
	if (!window->pages)
		goto put;
	window->size = size;
	for (i = 0; i < size >> PAGE_SHIFT; i++) {
		window->pages[i] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!window->pages[i])
			goto put;
	}
	return window;

put:
	kref_put(&window->ref, window_release);
	return NULL;
}

static int loopback_window_alloc(struct virtio_msg_bus *bus,
				 struct virtio_msg_window *win)
{
	struct loopback *loopback = to_loopback(bus);
	struct window *window;
	int err;

	err = loopback_lab_window_alloc(loopback->lab, win->dev_num);
	if (err)
		return err;
	window = window_create(win->size);
	if (!window)
		return -ENOMEM;
	win->kaddr = vmap(window->pages, win->size >> PAGE_SHIFT, VM_MAP,
			  PAGE_KERNEL);
	if (!win->kaddr) {
		kref_put(&window->ref, window_release);
		return -ENOMEM;
	}
	window->dev_num = win->dev_num;

	/* No address is used twice: an old one cannot name a new window. */
	mutex_lock(&loopback->windows_lock);
	window->bus_addr = loopback->next_address;
	loopback->next_address += win->size + PAGE_SIZE;
	list_add_tail(&window->node, &loopback->windows);
	mutex_unlock(&loopback->windows_lock);
	win->bus_addr = window->bus_addr;
	win->priv = window;
	return 0;
}

static void loopback_window_free(struct virtio_msg_bus *bus,
				 struct virtio_msg_window *win)
{
	struct loopback *loopback = to_loopback(bus);
	struct window *window = win->priv;

	vunmap(win->kaddr);
	mutex_lock(&loopback->windows_lock);
	list_del(&window->node);
	mutex_unlock(&loopback->windows_lock);
	kref_put(&window->ref, window_release);
}

/* Pages that somebody still has mapped are freed when they are unmapped. */
static int loopback_window_revoke(struct virtio_msg_bus *bus,
				  struct virtio_msg_window *win)
{
	return 0;
}

static int loopback_window_map(struct virtio_msg_bus *bus, u16 dev_num,
			       u64 addr, struct virtio_msg_mapping *map)
{
	struct loopback *loopback = to_loopback(bus);
	struct window *window;
	int err;

	err = loopback_lab_window_map(loopback->lab, dev_num);
	if (err)
		return err;
	err = -EFAULT;
	mutex_lock(&loopback->windows_lock);
	list_for_each_entry(window, &loopback->windows, node) {
		if (window->dev_num != dev_num || window->released ||
		    addr < window->bus_addr ||
		    addr - window->bus_addr >= window->size)
			continue;
		kref_get(&window->ref);
		map->bus_addr = window->bus_addr;
		map->size = window->size;
		map->priv = window;
		err = 0;
		break;
	}
	mutex_unlock(&loopback->windows_lock);
	return err;
}

static void loopback_device_released(struct virtio_msg_bus *bus, u16 dev_num)
{
	struct loopback *loopback = to_loopback(bus);
	struct window *window;

	mutex_lock(&loopback->windows_lock);
	list_for_each_entry(window, &loopback->windows, node)
		if (window->dev_num == dev_num)
			window->released = true;
	mutex_unlock(&loopback->windows_lock);
}

static void loopback_window_unmap(struct virtio_msg_bus *bus,
				  struct virtio_msg_mapping *map)
{
	struct window *window = map->priv;

	kref_put(&window->ref, window_release);
}

static unsigned long loopback_window_page(struct virtio_msg_bus *bus,
					  const struct virtio_msg_mapping *map,
					  size_t offset)
{
	struct window *window = map->priv;

	return page_to_pfn(window->pages[offset >> PAGE_SHIFT]);
}

static const struct virtio_msg_bus_ops loopback_ops = {
	.send = loopback_send,
	.notify = loopback_notify,
	.window_alloc = loopback_window_alloc,
	.window_free = loopback_window_free,
	.window_revoke = loopback_window_revoke,
	.window_map = loopback_window_map,
	.window_unmap = loopback_window_unmap,
	.window_page = loopback_window_page,
	.device_released = loopback_device_released,
};

/* Life */

static void free_link(struct loopback *loopback)
{
	kvfree(loopback->slots);
	kfree(loopback->message);
	loopback->slots = NULL;
	loopback->message = NULL;
}

static int go_live(struct loopback *loopback)
{
	struct virtio_msg_bus *bus = &loopback->bus;
	int err = -ENOMEM;

	/* Of what configfs was given; the core knows more limits. */
	if (bus->max_msg_size > U16_MAX)
		return -EINVAL;
	loopback->head = 0;
	loopback->count = 0;
	loopback->slots = kvcalloc(LINK_SLOTS, bus->max_msg_size, GFP_KERNEL);
	loopback->message = kzalloc(bus->max_msg_size, GFP_KERNEL);
	if (!loopback->slots || !loopback->message)
		goto free_link;
	err = loopback_lab_start(loopback->lab);
	if (err)
		goto free_link;
	err = virtio_msg_bus_register(bus);
	if (err)
		goto stop;
	loopback->live = true;
	return 0;

stop:
	cancel_work_sync(&loopback->work);
	loopback_lab_stop(loopback->lab);
free_link:
	free_link(loopback);
	return err;
}

static void go_away(struct loopback *loopback)
{
	virtio_msg_bus_unregister(&loopback->bus);
	cancel_work_sync(&loopback->work);
	loopback_lab_stop(loopback->lab);
	free_link(loopback);
	loopback->live = false;
}

/* configfs */

static struct loopback *item_to_loopback(struct config_item *item)
{
	return container_of(item, struct loopback, item);
}

static ssize_t live_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", item_to_loopback(item)->live);
}

static ssize_t live_store(struct config_item *item, const char *page,
			  size_t count)
{
	struct loopback *loopback = item_to_loopback(item);
	bool live;
	int err = kstrtobool(page, &live);

	if (err)
		return err;
	mutex_lock(&loopback->live_lock);
	if (live && !loopback->live)
		err = go_live(loopback);
	else if (!live && loopback->live)
		go_away(loopback);
	mutex_unlock(&loopback->live_lock);
	return err ?: count;
}
CONFIGFS_ATTR(, live);

/* What describes a bus cannot be changed while it is live. */
static ssize_t set_u32(struct config_item *item, const char *page, size_t count,
		       u32 *value)
{
	struct loopback *loopback = item_to_loopback(item);
	int err = -EBUSY;

	mutex_lock(&loopback->live_lock);
	if (!loopback->live)
		err = kstrtou32(page, 0, value);
	mutex_unlock(&loopback->live_lock);
	return err ?: count;
}

#define U32_ATTRIBUTE(name)						\
static ssize_t name##_show(struct config_item *item, char *page)	\
{									\
	return sysfs_emit(page, "%u\n",					\
			  item_to_loopback(item)->bus.name);		\
}									\
									\
static ssize_t name##_store(struct config_item *item, const char *page,	\
			    size_t count)				\
{									\
	return set_u32(item, page, count,				\
		       &item_to_loopback(item)->bus.name);		\
}									\
CONFIGFS_ATTR(, name)

U32_ATTRIBUTE(max_msg_size);
U32_ATTRIBUTE(timeout_ms);
U32_ATTRIBUTE(features);

static const char *const dialects[] = {
	[0] = "auto",
	[VIRTIO_MSG_DIALECT_D26] = "d26",
	[VIRTIO_MSG_DIALECT_PR28] = "pr28",
};

static ssize_t dialect_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%s\n",
			  dialects[item_to_loopback(item)->bus.dialect]);
}

static ssize_t dialect_store(struct config_item *item, const char *page,
			     size_t count)
{
	struct loopback *loopback = item_to_loopback(item);
	int dialect = sysfs_match_string(dialects, page);
	int err = -EBUSY;

	if (dialect < 0)
		return dialect;
	mutex_lock(&loopback->live_lock);
	if (!loopback->live) {
		loopback->bus.dialect = dialect;
		err = 0;
	}
	mutex_unlock(&loopback->live_lock);
	return err ?: count;
}
CONFIGFS_ATTR(, dialect);

static ssize_t doorbell_show(struct config_item *item, char *page)
{
	return sysfs_emit(page, "%d\n", item_to_loopback(item)->doorbell);
}

static ssize_t doorbell_store(struct config_item *item, const char *page,
			      size_t count)
{
	struct loopback *loopback = item_to_loopback(item);
	int err = -EBUSY;

	mutex_lock(&loopback->live_lock);
	if (!loopback->live)
		err = kstrtobool(page, &loopback->doorbell);
	mutex_unlock(&loopback->live_lock);
	return err ?: count;
}
CONFIGFS_ATTR(, doorbell);

static struct configfs_attribute *loopback_attrs[] = {
	&attr_live,
	&attr_max_msg_size,
	&attr_timeout_ms,
	&attr_features,
	&attr_dialect,
	&attr_doorbell,
	NULL
};

static void loopback_release(struct config_item *item)
{
	struct loopback *loopback = item_to_loopback(item);

	mutex_destroy(&loopback->live_lock);
	mutex_destroy(&loopback->windows_lock);
	kfree(loopback);
}

static struct configfs_item_operations loopback_item_ops = {
	.release = loopback_release,
};

static const struct config_item_type loopback_type = {
	.ct_item_ops = &loopback_item_ops,
	.ct_attrs = loopback_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_item *loopback_make(struct config_group *group,
					 const char *name)
{
	struct loopback *loopback;

	if (strlen(name) >= VIRTIO_MSG_NAME_SIZE)
		return ERR_PTR(-ENAMETOOLONG);
	loopback = kzalloc_obj(*loopback);
	if (!loopback)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&loopback->lock);
	mutex_init(&loopback->windows_lock);
	mutex_init(&loopback->live_lock);
	INIT_LIST_HEAD(&loopback->windows);
	INIT_WORK(&loopback->work, loopback_work);
	loopback->next_address = FIRST_ADDRESS;
	loopback->doorbell = true;

	strscpy(loopback->bus.name, name, sizeof(loopback->bus.name));
	loopback->lab = loopback_lab_create(&loopback->bus, loopback_wq);
	if (IS_ERR(loopback->lab)) {
		int err = PTR_ERR(loopback->lab);

		kfree(loopback);
		return ERR_PTR(err);
	}
	loopback->bus.ops = &loopback_ops;
	loopback->bus.priv = loopback;
	loopback->bus.role = VIRTIO_MSG_ROLE_DRIVER | VIRTIO_MSG_ROLE_DEVICE;
	loopback->bus.flags = VIRTIO_MSG_BUS_LOCAL;
	loopback->bus.max_msg_size = VIRTIO_MSG_RECOMMENDED_SIZE;
	config_item_init_type_name(&loopback->item, name, &loopback_type);
	return &loopback->item;
}

static void loopback_drop(struct config_group *group, struct config_item *item)
{
	struct loopback *loopback = item_to_loopback(item);

	mutex_lock(&loopback->live_lock);
	if (loopback->live)
		go_away(loopback);
	mutex_unlock(&loopback->live_lock);
	loopback_lab_destroy(loopback->lab);
	config_item_put(item);
}

static struct configfs_group_operations loopback_group_ops = {
	.make_item = loopback_make,
	.drop_item = loopback_drop,
};

static const struct config_item_type loopback_group_type = {
	.ct_group_ops = &loopback_group_ops,
	.ct_owner = THIS_MODULE,
};

static struct configfs_subsystem loopback_subsystem = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "virtio-msg-loopback",
			.ci_type = &loopback_group_type,
		},
	},
};

static int __init loopback_init(void)
{
	int err;

	loopback_wq = alloc_workqueue("virtio-msg-loopback",
				      WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM,
				      0);
	if (!loopback_wq)
		return -ENOMEM;
	loopback_lab_init();
	config_group_init(&loopback_subsystem.su_group);
	mutex_init(&loopback_subsystem.su_mutex);
	err = configfs_register_subsystem(&loopback_subsystem);
	if (err)
		goto exit_lab;
	return 0;

exit_lab:
	loopback_lab_exit();
	destroy_workqueue(loopback_wq);
	return err;
}

static void __exit loopback_exit(void)
{
	configfs_unregister_subsystem(&loopback_subsystem);
	loopback_lab_exit();
	destroy_workqueue(loopback_wq);
}

module_init(loopback_init);
module_exit(loopback_exit);

MODULE_DESCRIPTION("Loopback bus of virtio over messages");
MODULE_LICENSE("GPL");
