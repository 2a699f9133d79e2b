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

static void *slot(struct virtio_msg_inbox *inbox, u32 i)
{
	return inbox->slots + (i % VIRTIO_MSG_LIMIT_INBOX) * inbox->slot_size;
}

/**
 * virtio_msg_inbox_init() - make an empty inbox
 * @inbox: to be initialised
 * @slot_size: largest message, a multiple of 8 or padded to one
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_inbox_init(struct virtio_msg_inbox *inbox, u32 slot_size)
{
	spin_lock_init(&inbox->lock);
	INIT_LIST_HEAD(&inbox->avail);
	init_waitqueue_head(&inbox->wait);
	inbox->slot_size = ALIGN(slot_size, 8);
	inbox->head = 0;
	inbox->count = 0;
	inbox->reading = NULL;
	inbox->slots = kvcalloc(VIRTIO_MSG_LIMIT_INBOX, inbox->slot_size,
				GFP_KERNEL_ACCOUNT);
	return inbox->slots ? 0 : -ENOMEM;
}

/**
 * virtio_msg_inbox_destroy() - free an inbox
 * @inbox: nothing is added any more
 *
 * Context: May sleep.
 */
void virtio_msg_inbox_destroy(struct virtio_msg_inbox *inbox)
{
	kvfree(inbox->slots);
}

/**
 * virtio_msg_inbox_add() - leave a message
 * @inbox: the inbox
 * @msg: the message
 * @size: its size, no more than a slot
 *
 * Context: Any.
 * Return: false if there is no room.
 */
bool virtio_msg_inbox_add(struct virtio_msg_inbox *inbox, const void *msg,
			  u32 size)
{
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&inbox->lock, flags);
	room = inbox->count < VIRTIO_MSG_LIMIT_INBOX;
	if (room)
		memcpy(slot(inbox, inbox->head + inbox->count++), msg, size);
	spin_unlock_irqrestore(&inbox->lock, flags);
	if (room)
		wake_up(&inbox->wait);
	return room;
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
	unsigned long flags;
	bool ready;

	spin_lock_irqsave(&inbox->lock, flags);
	ready = inbox->count || !list_empty(&inbox->avail);
	spin_unlock_irqrestore(&inbox->lock, flags);
	return ready;
}

static void drop_head(struct virtio_msg_inbox *inbox)
{
	inbox->head = (inbox->head + 1) % VIRTIO_MSG_LIMIT_INBOX;
	inbox->count--;
}

/* With the lock. */
static const void *peek_event(struct virtio_msg_inbox *inbox, u32 *size)
{
	struct virtio_msg_fields fields = { .kind = VMSG_EVENT_AVAIL };
	struct virtio_msg_avail *avail;

	avail = list_first_entry_or_null(&inbox->avail, struct virtio_msg_avail,
					 node);
	if (!avail)
		return NULL;
	inbox->reading = avail;
	inbox->index = find_first_bit(avail->pending, avail->num_queues);
	fields.dev_num = avail->dev_num;
	fields.notify.index = inbox->index;
	fields.notify.next_offset = avail->next_offset[inbox->index];
	*size = virtio_msg_encode(&virtio_msg_d26, &fields, inbox->event,
				  sizeof(inbox->event));
	return inbox->event;
}

/**
 * virtio_msg_inbox_peek() - what is to be read next
 * @inbox: the inbox; there is one reader at a time
 * @size: result: its size
 *
 * Messages come before notifications: a queue is set up before it is used.
 *
 * Context: Process.
 * Return: the message, which stays in place until it is popped; NULL without.
 */
const void *virtio_msg_inbox_peek(struct virtio_msg_inbox *inbox, u32 *size)
{
	const void *msg = NULL;

	spin_lock_irq(&inbox->lock);
	inbox->reading = NULL;
	while (inbox->count && !msg) {
		msg = slot(inbox, inbox->head);
		*size = virtio_msg_size(msg);
		if (!*size) {
			drop_head(inbox);
			msg = NULL;
		}
	}
	if (!msg)
		msg = peek_event(inbox, size);
	spin_unlock_irq(&inbox->lock);
	return msg;
}

static bool clear_pending(struct virtio_msg_avail *avail, u32 index)
{
	if (!__test_and_clear_bit(index, avail->pending))
		return false;
	if (bitmap_empty(avail->pending, avail->num_queues))
		list_del_init(&avail->node);
	return true;
}

/**
 * virtio_msg_inbox_pop() - what was peeked at has been read
 * @inbox: the inbox
 *
 * Context: Process.
 */
void virtio_msg_inbox_pop(struct virtio_msg_inbox *inbox)
{
	spin_lock_irq(&inbox->lock);
	if (inbox->reading)
		clear_pending(inbox->reading, inbox->index);
	else if (inbox->count)
		drop_head(inbox);
	inbox->reading = NULL;
	spin_unlock_irq(&inbox->lock);
}

/**
 * virtio_msg_inbox_purge() - drop the messages of a device
 * @inbox: the inbox
 * @dev_num: the device
 *
 * Context: Process.
 */
void virtio_msg_inbox_purge(struct virtio_msg_inbox *inbox, u16 dev_num)
{
	u32 i;

	spin_lock_irq(&inbox->lock);
	for (i = 0; i < inbox->count; i++) {
		struct virtio_msg_hdr *hdr = slot(inbox, inbox->head + i);

		if (virtio_msg_dev_num(hdr) == dev_num)
			hdr->msg_size = 0;
	}
	spin_unlock_irq(&inbox->lock);
}

/**
 * virtio_msg_avail_init() - no queue has a notification
 * @avail: to be initialised
 * @num_queues: number of queues
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_avail_init(struct virtio_msg_avail *avail, u32 num_queues)
{
	INIT_LIST_HEAD(&avail->node);
	avail->num_queues = num_queues;
	avail->pending = bitmap_zalloc(num_queues + 1, GFP_KERNEL_ACCOUNT);
	avail->next_offset = kvcalloc(num_queues + 1, sizeof(u32),
				      GFP_KERNEL_ACCOUNT);
	if (avail->pending && avail->next_offset)
		return 0;
	virtio_msg_avail_destroy(avail);
	return -ENOMEM;
}

/**
 * virtio_msg_avail_destroy() - free what virtio_msg_avail_init() made
 * @avail: removed from its inbox
 *
 * Context: May sleep.
 */
void virtio_msg_avail_destroy(struct virtio_msg_avail *avail)
{
	bitmap_free(avail->pending);
	kvfree(avail->next_offset);
}

/**
 * virtio_msg_avail_set() - leave a notification
 * @inbox: the inbox
 * @avail: the device
 * @index: queue
 * @next_offset: as in EVENT_AVAIL
 *
 * Context: Any.
 */
void virtio_msg_avail_set(struct virtio_msg_inbox *inbox,
			  struct virtio_msg_avail *avail, u32 index,
			  u32 next_offset)
{
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	__set_bit(index, avail->pending);
	avail->next_offset[index] = next_offset;
	if (list_empty(&avail->node))
		list_add_tail(&avail->node, &inbox->avail);
	spin_unlock_irqrestore(&inbox->lock, flags);
	wake_up(&inbox->wait);
}

/**
 * virtio_msg_avail_clear() - take a notification back
 * @inbox: the inbox
 * @avail: the device
 * @index: queue
 *
 * Context: Any.
 * Return: true if there was one.
 */
bool virtio_msg_avail_clear(struct virtio_msg_inbox *inbox,
			    struct virtio_msg_avail *avail, u32 index)
{
	unsigned long flags;
	bool was;

	spin_lock_irqsave(&inbox->lock, flags);
	was = clear_pending(avail, index);
	spin_unlock_irqrestore(&inbox->lock, flags);
	return was;
}

/**
 * virtio_msg_avail_remove() - a device goes
 * @inbox: the inbox
 * @avail: the device; no notification is left any more
 *
 * Context: Any.
 */
void virtio_msg_avail_remove(struct virtio_msg_inbox *inbox,
			     struct virtio_msg_avail *avail)
{
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	list_del_init(&avail->node);
	if (inbox->reading == avail)
		inbox->reading = NULL;
	spin_unlock_irqrestore(&inbox->lock, flags);
}
