// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * A FIFO of messages in memory shared with a peer, one producer, one consumer.
 *
 * The peer may write any byte at any time. Our own index is private and only
 * stored to shared memory; the peer's is loaded once and reduced to the number
 * of a slot before use; of a message each word is loaded once, into private
 * memory, where its size is checked. So the worst that a peer gets is messages
 * of its own making, and no more of them at a time than there are slots.
 *
 * Who is not notified has said so: it stores an event, the slot that it waits
 * for, then looks once more; the other passes that slot, then looks at the
 * event. With a full barrier between the two steps on either side one of them
 * sees what the other did. tools/testing/model shows that each barrier here is
 * needed, and that they suffice.
 */
#include <asm/barrier.h>
#include <asm/byteorder.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>

#include "fifo.h"

#define HDR_SIZE	((__u32)sizeof(struct virtio_msg_hdr))
#define SIZE_OFFSET	offsetof(struct virtio_msg_hdr, msg_size)
#define WORD_SIZE	((__u32)sizeof(unsigned long))

static_assert(!(sizeof(struct virtio_msg_hdr) % sizeof(unsigned long)));

static void *slot(const struct virtio_msg_fifo *fifo, __u32 i)
{
	return (__u8 *)fifo->area.slots + (size_t)i * fifo->area.slot_size;
}

static __u32 following(const struct virtio_msg_fifo *fifo, __u32 i)
{
	return i + 1 < fifo->area.num_slots ? i + 1 : 0;
}

/* Slots from @from up to, but without, @to. */
static __u32 distance(const struct virtio_msg_fifo *fifo, __u32 from, __u32 to)
{
	return to >= from ? to - from : to + fifo->area.num_slots - from;
}

/* Whatever the word holds, the result is the number of a slot. */
static __u32 load_index(struct virtio_msg_fifo *fifo, const __le32 *word)
{
	/* Pairs with store_index() of the peer. */
	__u32 index = __le32_to_cpu(virt_load_acquire(word));

	if (index < fifo->area.num_slots)
		return index;
	fifo->bad_index++;
	return index % fifo->area.num_slots;
}

/* All that was done with the slots before is done when the peer sees this. */
static void store_index(struct virtio_msg_fifo *fifo, __le32 *word)
{
	/* Pairs with load_index() of the peer. */
	virt_store_release(word, __cpu_to_le32(fifo->index));
}

static void store_event(__le32 *word, __u32 event)
{
	if (word)
		WRITE_ONCE(*word, __cpu_to_le32(event));
}

/* Loads each word once; @len is rounded up to words. */
static void copy_from_slot(void *to, const void *from, __u32 len)
{
	const unsigned long *word = from;
	unsigned long *private = to;
	__u32 done;

	for (done = 0; done < len; done += WORD_SIZE)
		*private++ = READ_ONCE(*word++);
}

/* Stores each word once; @from may have any alignment. */
static void copy_to_slot(void *to, const void *from, __u32 len)
{
	unsigned long *word = to, private;
	const __u8 *bytes = from;

	for (; len >= WORD_SIZE; len -= WORD_SIZE, bytes += WORD_SIZE) {
		memcpy(&private, bytes, WORD_SIZE);
		WRITE_ONCE(*word++, private);
	}
	if (len) {
		private = 0;
		memcpy(&private, bytes, len);
		WRITE_ONCE(*word, private);
	}
}

/**
 * virtio_msg_fifo_area_init() - describe a FIFO in the deployed layout
 * @area: result
 * @base: where the FIFO begins, at a multiple of 8 bytes
 * @bytes: bytes that it has
 * @slot_size: bytes of a slot, VIRTIO_MSG_FIFO_SLOT for deployed peers
 *
 * A layout that has events, or smaller messages, sets them afterwards.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if that cannot be a FIFO.
 */
int virtio_msg_fifo_area_init(struct virtio_msg_fifo_area *area, void *base,
			      __u32 bytes, __u32 slot_size)
{
	__u8 *start = base;

	if (!slot_size || bytes < VIRTIO_MSG_FIFO_SLOTS)
		return -EINVAL;
	area->head = (void *)(start + VIRTIO_MSG_FIFO_HEAD);
	area->tail = (void *)(start + VIRTIO_MSG_FIFO_TAIL);
	area->head_event = NULL;
	area->tail_event = NULL;
	area->slots = start + VIRTIO_MSG_FIFO_SLOTS;
	area->slot_size = slot_size;
	area->num_slots = (bytes - VIRTIO_MSG_FIFO_SLOTS) / slot_size;
	area->msg_size = slot_size;
	return area->num_slots < VIRTIO_MSG_FIFO_MIN_SLOTS ? -EINVAL : 0;
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_area_init);

static bool aligned(const void *p, unsigned long n)
{
	return !((unsigned long)p % n);
}

static bool check_area(const struct virtio_msg_fifo_area *area)
{
	return area->head && aligned(area->head, 4) &&
	       area->tail && aligned(area->tail, 4) &&
	       aligned(area->head_event, 4) && aligned(area->tail_event, 4) &&
	       area->slots && aligned(area->slots, 8) &&
	       area->slot_size <= VIRTIO_MSG_FIFO_MAX_SLOT &&
	       !(area->slot_size % 8) &&
	       area->num_slots >= VIRTIO_MSG_FIFO_MIN_SLOTS &&
	       area->num_slots <= VIRTIO_MSG_FIFO_MAX_SLOTS &&
	       area->msg_size >= HDR_SIZE && area->msg_size <= area->slot_size;
}

/*
 * Goes on where the memory says that we were: a peer that has gone on running
 * would take an index that jumps back for messages. Our word is stored again
 * since it may have been out of range.
 */
static int attach(struct virtio_msg_fifo *fifo,
		  const struct virtio_msg_fifo_area *area, __le32 *ours,
		  const __le32 *theirs, __le32 *event)
{
	if (!check_area(area))
		return -EINVAL;
	fifo->area = *area;
	fifo->untold = 0;
	fifo->full = 0;
	fifo->bad_index = 0;
	fifo->bad_size = 0;
	fifo->index = load_index(fifo, ours);
	store_event(event, VIRTIO_MSG_FIFO_NEVER);
	store_index(fifo, ours);
	fifo->peer = load_index(fifo, theirs);
	return 0;
}

/**
 * virtio_msg_fifo_attach_producer() - begin to fill a FIFO
 * @fifo: to be initialised
 * @area: where it lies; copied
 *
 * The index is taken from shared memory, which must have been zeroed by who
 * made the FIFO, and by nobody later.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if @area describes no FIFO.
 */
int virtio_msg_fifo_attach_producer(struct virtio_msg_fifo *fifo,
				    const struct virtio_msg_fifo_area *area)
{
	return attach(fifo, area, area->head, area->tail, area->tail_event);
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_attach_producer);

/**
 * virtio_msg_fifo_attach_consumer() - begin to empty a FIFO
 * @fifo: to be initialised
 * @area: where it lies; copied
 *
 * As virtio_msg_fifo_attach_producer(). Messages may be there already: get them,
 * or virtio_msg_fifo_discard() them. If an earlier consumer ended between taking
 * a message and saying so, that message comes once more.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if @area describes no FIFO.
 */
int virtio_msg_fifo_attach_consumer(struct virtio_msg_fifo *fifo,
				    const struct virtio_msg_fifo_area *area)
{
	return attach(fifo, area, area->tail, area->head, area->head_event);
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_attach_consumer);

/**
 * virtio_msg_fifo_room() - how many messages may be put now
 * @fifo: the producer's end
 *
 * Context: Any.
 * Return: at least so many.
 */
__u32 virtio_msg_fifo_room(struct virtio_msg_fifo *fifo)
{
	fifo->peer = load_index(fifo, fifo->area.tail);
	return distance(fifo, following(fifo, fifo->index), fifo->peer);
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_room);

/* The peer's index is looked at only when the last look no longer does. */
static bool is_full(struct virtio_msg_fifo *fifo)
{
	__u32 next = following(fifo, fifo->index);

	if (next != fifo->peer)
		return false;
	fifo->peer = load_index(fifo, fifo->area.tail);
	return next == fifo->peer;
}

/**
 * virtio_msg_fifo_put() - append a message
 * @fifo: the producer's end
 * @msg: the message; any alignment
 * @len: bytes, as its header says
 *
 * Afterwards, or after several of them, call virtio_msg_fifo_notify_data().
 *
 * Context: Any.
 * Return: 0, -EAGAIN if there is no room, -EMSGSIZE if it never fits.
 */
int virtio_msg_fifo_put(struct virtio_msg_fifo *fifo, const void *msg,
			__u32 len)
{
	if (len < HDR_SIZE || len > fifo->area.msg_size)
		return -EMSGSIZE;
	if (is_full(fifo)) {
		fifo->full++;
		return -EAGAIN;
	}
	copy_to_slot(slot(fifo, fifo->index), msg, len);
	fifo->index = following(fifo, fifo->index);
	fifo->untold++;
	store_index(fifo, fifo->area.head);
	return 0;
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_put);

/*
 * Has one of the slots that we passed since last asked been waited for? An event
 * at our index was passed a whole round ago, if at all: its owner, who waits for
 * nothing else, is awake since.
 */
static bool must_notify(struct virtio_msg_fifo *fifo, const __le32 *word)
{
	__u32 untold = fifo->untold, event;

	fifo->untold = 0;
	if (!untold)
		return false;
	/* Our index before the event; pairs with must_wait() of the peer. */
	virt_mb();
	event = __le32_to_cpu(READ_ONCE(*word));
	return event < fifo->area.num_slots && event != fifo->index &&
	       distance(fifo, event, fifo->index) <= untold;
}

/*
 * Ask to be notified once the peer passes slot @event. True: its index is still
 * @event, and it will notify.
 */
static bool must_wait(struct virtio_msg_fifo *fifo, __le32 *word, __u32 event,
		      const __le32 *index)
{
	store_event(word, event);
	/* The event before the peer's index; pairs with its must_notify(). */
	virt_mb();
	fifo->peer = load_index(fifo, index);
	return fifo->peer == event;
}

/**
 * virtio_msg_fifo_notify_data() - does the consumer wait for what was put?
 * @fifo: the producer's end
 *
 * Context: Any.
 * Return: true if it must be notified.
 */
bool virtio_msg_fifo_notify_data(struct virtio_msg_fifo *fifo)
{
	bool any = fifo->untold;

	if (fifo->area.head_event)
		return must_notify(fifo, fifo->area.head_event);
	fifo->untold = 0;
	return any;
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_notify_data);

/**
 * virtio_msg_fifo_wait_room() - ask to be notified of room
 * @fifo: the producer's end
 *
 * Context: Any.
 * Return: true if it is full, and, where the layout has that event, a
 * notification will come; false if there is room already.
 */
bool virtio_msg_fifo_wait_room(struct virtio_msg_fifo *fifo)
{
	return must_wait(fifo, fifo->area.tail_event,
			 following(fifo, fifo->index), fifo->area.tail);
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_wait_room);

/**
 * virtio_msg_fifo_pending() - how many messages there are to get
 * @fifo: the consumer's end
 *
 * Context: Any.
 * Return: at least so many, in the peer's words.
 */
__u32 virtio_msg_fifo_pending(struct virtio_msg_fifo *fifo)
{
	fifo->peer = load_index(fifo, fifo->area.head);
	return distance(fifo, fifo->index, fifo->peer);
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_pending);

static bool is_empty(struct virtio_msg_fifo *fifo)
{
	if (fifo->index != fifo->peer)
		return false;
	fifo->peer = load_index(fifo, fifo->area.head);
	return fifo->index == fifo->peer;
}

/* Its size is that of the private copy: the peer cannot change it any more. */
static int copy_message(struct virtio_msg_fifo *fifo, void *buf)
{
	const __u8 *from = slot(fifo, fifo->index);
	__u8 *to = buf;
	__u32 size;

	copy_from_slot(to, from, HDR_SIZE);
	size = get_unaligned_le16(to + SIZE_OFFSET);
	if (size < HDR_SIZE || size > fifo->area.msg_size) {
		fifo->bad_size++;
		return -EBADMSG;
	}
	copy_from_slot(to + HDR_SIZE, from + HDR_SIZE, size - HDR_SIZE);
	return (int)size;
}

/**
 * virtio_msg_fifo_get() - take the first message
 * @fifo: the consumer's end
 * @buf: for the message: msg_size bytes, rounded up to, and at, a multiple of 8
 *
 * A peer can fill the FIFO as fast as it is emptied: bound the number of calls.
 * Afterwards, or after several of them, call virtio_msg_fifo_notify_room().
 *
 * Context: Any.
 * Return: the size of the message; 0 if there is none; -EBADMSG if one was
 * dropped that says that it has a size that cannot be.
 */
int virtio_msg_fifo_get(struct virtio_msg_fifo *fifo, void *buf)
{
	int size;

	if (is_empty(fifo))
		return 0;
	size = copy_message(fifo, buf);
	fifo->index = following(fifo, fifo->index);
	fifo->untold++;
	store_index(fifo, fifo->area.tail);
	return size;
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_get);

/**
 * virtio_msg_fifo_discard() - drop what is there, unread
 * @fifo: the consumer's end
 *
 * Context: Any.
 * Return: the number of messages dropped.
 */
__u32 virtio_msg_fifo_discard(struct virtio_msg_fifo *fifo)
{
	__u32 num = virtio_msg_fifo_pending(fifo);

	fifo->index = fifo->peer;
	fifo->untold += num;
	store_index(fifo, fifo->area.tail);
	return num;
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_discard);

/**
 * virtio_msg_fifo_notify_room() - does the producer wait for room?
 * @fifo: the consumer's end
 *
 * Context: Any.
 * Return: true if it must be notified; never, if the layout has no such event.
 */
bool virtio_msg_fifo_notify_room(struct virtio_msg_fifo *fifo)
{
	if (fifo->area.tail_event)
		return must_notify(fifo, fifo->area.tail_event);
	fifo->untold = 0;
	return false;
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_notify_room);

/**
 * virtio_msg_fifo_wait_data() - ask to be notified of data
 * @fifo: the consumer's end
 *
 * Until it is called first no notification is asked for, where the layout has
 * that event: a consumer that polls never calls it.
 *
 * Context: Any.
 * Return: true if there is no message, and a notification will come; false if
 * there is one already: get it, then ask again.
 */
bool virtio_msg_fifo_wait_data(struct virtio_msg_fifo *fifo)
{
	return must_wait(fifo, fifo->area.head_event, fifo->index,
			 fifo->area.head);
}
EXPORT_SYMBOL_GPL(virtio_msg_fifo_wait_data);

MODULE_DESCRIPTION("FIFO of messages in shared memory");
MODULE_LICENSE("Dual BSD/GPL");
