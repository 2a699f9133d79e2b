// SPDX-License-Identifier: GPL-2.0
/*
 * Messages and notifications that wait for a process.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "inbox.h"
#include "limits.h"
#include "protocol.h"

static void *slot(struct virtio_msg_inbox *inbox, struct virtio_msg_box *box,
		  u32 i)
{
	return box->slots + (i % VIRTIO_MSG_LIMIT_BOX) * inbox->slot_size;
}

/**
 * virtio_msg_inbox_init() - make an empty inbox
 * @inbox: to be initialised
 * @slot_size: largest message
 *
 * Context: Any.
 */
void virtio_msg_inbox_init(struct virtio_msg_inbox *inbox, u32 slot_size)
{
	spin_lock_init(&inbox->lock);
	INIT_LIST_HEAD(&inbox->boxes);
	init_waitqueue_head(&inbox->wait);
	inbox->slot_size = ALIGN(slot_size, 8);
	inbox->reading = NULL;
}

/**
 * virtio_msg_inbox_ready() - is there something to read?
 * @inbox: the inbox
 *
 * Context: Any.
 * Return: true if so.
 */
bool virtio_msg_inbox_ready(struct virtio_msg_inbox *inbox)
{
	return !list_empty_careful(&inbox->boxes);
}

static bool has_events(struct virtio_msg_box *box)
{
	return !bitmap_empty(box->pending, box->num_queues);
}

/* With the lock. */
static u32 make_event(struct virtio_msg_inbox *inbox,
		      struct virtio_msg_box *box, void *buf)
{
	struct virtio_msg_fields fields = { .kind = VMSG_EVENT_AVAIL };

	inbox->index = find_first_bit(box->pending, box->num_queues);
	fields.dev_num = box->dev_num;
	fields.notify.index = inbox->index;
	fields.notify.next_offset = box->next_offset[inbox->index];
	return virtio_msg_encode(&virtio_msg_d26, &fields, buf,
				 inbox->slot_size);
}

/**
 * virtio_msg_inbox_peek() - what is to be read next
 * @inbox: the inbox; there is one reader at a time
 * @buf: result: a copy of the message, as large as the largest one
 *
 * Of a device, messages come before notifications: a queue is set up before
 * it is used.
 *
 * Context: Process.
 * Return: the size of the message; 0 without.
 */
u32 virtio_msg_inbox_peek(struct virtio_msg_inbox *inbox, void *buf)
{
	struct virtio_msg_box *box;
	u32 size = 0;

	spin_lock_irq(&inbox->lock);
	box = list_first_entry_or_null(&inbox->boxes, struct virtio_msg_box,
				       node);
	inbox->reading = box;
	inbox->again = false;
	inbox->is_event = box && !box->count;
	if (inbox->is_event) {
		size = make_event(inbox, box, buf);
	} else if (box) {
		size = virtio_msg_size(slot(inbox, box, box->head));
		memcpy(buf, slot(inbox, box, box->head), size);
	}
	spin_unlock_irq(&inbox->lock);
	return size;
}

/**
 * virtio_msg_inbox_pop() - what was peeked at has been read
 * @inbox: the inbox
 *
 * Context: Process.
 */
void virtio_msg_inbox_pop(struct virtio_msg_inbox *inbox)
{
	struct virtio_msg_box *box;

	spin_lock_irq(&inbox->lock);
	box = inbox->reading;
	inbox->reading = NULL;
	if (box && inbox->is_event) {
		if (!inbox->again)
			__clear_bit(inbox->index, box->pending);
	} else if (box) {
		box->head = (box->head + 1) % VIRTIO_MSG_LIMIT_BOX;
		box->count--;
	}
	if (box && (box->count || has_events(box)))
		list_move_tail(&box->node, &inbox->boxes);
	else if (box)
		list_del_init(&box->node);
	spin_unlock_irq(&inbox->lock);
}

/**
 * virtio_msg_box_init() - nothing waits of a device
 * @box: to be initialised
 * @inbox: where it will be
 * @num_queues: number of queues
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_box_init(struct virtio_msg_box *box,
			struct virtio_msg_inbox *inbox, u32 num_queues)
{
	INIT_LIST_HEAD(&box->node);
	box->head = 0;
	box->count = 0;
	box->num_queues = num_queues;
	box->slots = kvcalloc(VIRTIO_MSG_LIMIT_BOX, inbox->slot_size,
			      GFP_KERNEL_ACCOUNT);
	box->pending = bitmap_zalloc(num_queues + 1, GFP_KERNEL_ACCOUNT);
	box->next_offset = kvcalloc(num_queues + 1, sizeof(u32),
				    GFP_KERNEL_ACCOUNT);
	if (box->slots && box->pending && box->next_offset)
		return 0;
	virtio_msg_box_destroy(box);
	return -ENOMEM;
}

/**
 * virtio_msg_box_destroy() - free what virtio_msg_box_init() made
 * @box: removed from its inbox
 *
 * Context: May sleep.
 */
void virtio_msg_box_destroy(struct virtio_msg_box *box)
{
	kvfree(box->slots);
	bitmap_free(box->pending);
	kvfree(box->next_offset);
}

/* With the lock. */
static void show(struct virtio_msg_inbox *inbox, struct virtio_msg_box *box)
{
	if (list_empty(&box->node))
		list_add_tail(&box->node, &inbox->boxes);
}

/**
 * virtio_msg_box_add() - leave a message
 * @inbox: the inbox
 * @box: the device
 * @msg: the message
 * @size: its size, no more than a slot
 *
 * Context: Any.
 * Return: false if there is no room.
 */
bool virtio_msg_box_add(struct virtio_msg_inbox *inbox,
			struct virtio_msg_box *box, const void *msg, u32 size)
{
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&inbox->lock, flags);
	room = box->count < VIRTIO_MSG_LIMIT_BOX;
	if (room) {
		memcpy(slot(inbox, box, box->head + box->count), msg, size);
		box->count++;
		show(inbox, box);
	}
	spin_unlock_irqrestore(&inbox->lock, flags);
	if (room)
		wake_up(&inbox->wait);
	return room;
}

/**
 * virtio_msg_box_notify() - leave a notification
 * @inbox: the inbox; whoever waits for it is to be woken afterwards
 * @box: the device
 * @index: queue
 * @next_offset: as in EVENT_AVAIL
 *
 * Context: Any, with the lock of the inbox.
 */
void virtio_msg_box_notify(struct virtio_msg_inbox *inbox,
			   struct virtio_msg_box *box, u32 index,
			   u32 next_offset)
{
	lockdep_assert_held(&inbox->lock);
	__set_bit(index, box->pending);
	box->next_offset[index] = next_offset;
	show(inbox, box);
	/* The one that is being read is an older one: this one stays. */
	if (inbox->reading == box && inbox->is_event && inbox->index == index)
		inbox->again = true;
}

/**
 * virtio_msg_box_unnotify() - take a notification back
 * @inbox: the inbox
 * @box: the device
 * @index: queue
 *
 * Context: Any.
 * Return: true if there was one.
 */
bool virtio_msg_box_unnotify(struct virtio_msg_inbox *inbox,
			     struct virtio_msg_box *box, u32 index)
{
	unsigned long flags;
	bool was;

	spin_lock_irqsave(&inbox->lock, flags);
	was = __test_and_clear_bit(index, box->pending);
	if (was && !box->count && !has_events(box)) {
		list_del_init(&box->node);
		/* If it was being read, it is read once too often. */
		if (inbox->reading == box)
			inbox->reading = NULL;
	}
	spin_unlock_irqrestore(&inbox->lock, flags);
	return was;
}

/**
 * virtio_msg_box_remove() - a device goes
 * @inbox: the inbox
 * @box: the device; nothing is left of it any more
 *
 * Context: Any.
 */
void virtio_msg_box_remove(struct virtio_msg_inbox *inbox,
			   struct virtio_msg_box *box)
{
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	list_del_init(&box->node);
	if (inbox->reading == box)
		inbox->reading = NULL;
	spin_unlock_irqrestore(&inbox->lock, flags);
}
