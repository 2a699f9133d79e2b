// SPDX-License-Identifier: GPL-2.0
/*
 * Messages to a partition, and what it says. It is called, with one message at
 * a time, from one worker: calls may sleep and take long, and a partition that
 * has one thread is never found busy by this kernel's other processors.
 *
 * An answer is in registers, so that it is read once by nature. It may be the
 * response, an event that the partition had to tell, or nothing: a response
 * comes with a later answer then, or when events are asked for.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "area.h"
#include "call.h"
#include "event.h"
#include "ring.h"

#define HDR_SIZE	sizeof(struct virtio_msg_hdr)

static_assert(VIRTIO_MSG_FFA_REGISTERS * sizeof(u64) == VIRTIO_MSG_FFA_ROOM);
static_assert(sizeof(struct ffa_send_direct_data2) >=
	      VIRTIO_MSG_FFA_REGISTERS * sizeof(unsigned long));
static_assert(VIRTIO_MSG_FFA_MSG_SIZE <= VIRTIO_MSG_FFA_ROOM);
static_assert(VIRTIO_MSG_FFA_MSG_SIZE_SHORT >= VIRTIO_MSG_MIN_SIZE);

/* What an answer was. */
enum taken {
	TOOK_NOTHING,
	TOOK_BAD,
	TOOK_RESPONSE,
	TOOK_EVENT,
};

/* What is in flight */

/* True if there is a request that this may be the answer to. */
static bool answer(struct virtio_msg_ffa *ffa, const struct virtio_msg_hdr *hdr,
		   u8 id, int status, unsigned int size)
{
	struct virtio_msg_ffa_request *request = &ffa->request;
	unsigned long flags;
	bool matches;

	spin_lock_irqsave(&ffa->lock, flags);
	matches = request->waiting && request->id == id &&
		  request->token == get_unaligned_le16(&hdr->token);
	if (matches) {
		request->size = size - HDR_SIZE;
		memcpy(request->answer, hdr + 1, request->size);
		virtio_msg_ffa_request_finish(request, status);
	}
	spin_unlock_irqrestore(&ffa->lock, flags);
	return matches;
}

/* What comes */

/*
 * The partition did not understand a message. One that knew EVENT_POLL, and
 * does not any more, has forgotten VERSION: it is another one.
 */
static void take_error(struct virtio_msg_ffa *ffa,
		       const struct virtio_msg_hdr *hdr, unsigned int size)
{
	unsigned int id;

	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_ERRORS);
	if (size != HDR_SIZE + sizeof(struct virtio_msg_ffa_error)) {
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
		return;
	}
	id = get_unaligned_le16(hdr + 1);
	if (id == VIRTIO_MSG_FFA_EVENT_POLL) {
		if (ffa->polled)
			virtio_msg_ffa_lose(ffa);
		ffa->polls = false;
	} else if (id > U8_MAX || !answer(ffa, hdr, id, -EOPNOTSUPP, size)) {
		virtio_msg_ffa_poll_soon(ffa);
	}
}

static enum taken take_response(struct virtio_msg_ffa *ffa,
				const struct virtio_msg_hdr *hdr,
				unsigned int size)
{
	if (hdr->msg_id == VIRTIO_MSG_FFA_EVENT_POLL) {
		ffa->polled = true;
		return TOOK_NOTHING;
	}
	if (hdr->msg_id == VIRTIO_MSG_FFA_ERROR) {
		take_error(ffa, hdr, size);
		return TOOK_BAD;
	}
	if (!answer(ffa, hdr, hdr->msg_id, 0, size))
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_UNEXPECTED);
	return TOOK_RESPONSE;
}

static void take_event(struct virtio_msg_ffa *ffa,
		       const struct virtio_msg_hdr *hdr, unsigned int size)
{
	if (hdr->msg_id != VIRTIO_MSG_FFA_AREA_RELEASE)
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_UNEXPECTED);
	else if (size != HDR_SIZE + sizeof(struct virtio_msg_ffa_area))
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
	else
		virtio_msg_ffa_area_released(ffa, get_unaligned_le16(hdr + 1));
}

/* Those that are of this bus, and that the core does not know. */
static bool is_ours(const struct virtio_msg_hdr *hdr)
{
	return hdr->type & VIRTIO_MSG_TYPE_BUS &&
	       hdr->msg_id & VIRTIO_MSG_ID_IMPL;
}

/* Some partitions answer an event with itself. */
static bool is_echo(const struct virtio_msg_hdr *hdr)
{
	return (hdr->type & VIRTIO_MSG_TYPE_MASK) == VIRTIO_MSG_TYPE_RESPONSE &&
	       hdr->msg_id == VIRTIO_MSG_EVENT_AVAIL;
}

static enum taken take(struct virtio_msg_ffa *ffa, const void *msg,
		       unsigned int room)
{
	const struct virtio_msg_hdr *hdr = msg;
	unsigned int size = le16_to_cpu(hdr->msg_size);
	bool response = hdr->type & VIRTIO_MSG_TYPE_RESPONSE;

	if (size < HDR_SIZE || size > room) {
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
		return TOOK_BAD;
	}
	if (is_echo(hdr))
		return TOOK_NOTHING;
	if (is_ours(hdr) && response)
		return take_response(ffa, hdr, size);
	if (is_ours(hdr))
		take_event(ffa, hdr, size);
	else
		virtio_msg_bus_receive(&ffa->bus, msg, size);
	if (response)
		return TOOK_RESPONSE;
	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_EVENTS);
	return TOOK_EVENT;
}

/**
 * virtio_msg_ffa_take() - take a message of the partition
 * @ffa: open
 * @msg: the message, in private memory, at a multiple of 8 bytes
 * @room: bytes at @msg
 *
 * From the worker only.
 *
 * Context: Any.
 */
void virtio_msg_ffa_take(struct virtio_msg_ffa *ffa, const void *msg,
			 unsigned int room)
{
	take(ffa, msg, room);
}

/* Boxes */

/* With the lock. */
static int append(struct virtio_msg_ffa_box *box, const void *msg,
		  unsigned int size)
{
	u8 *slot;

	if (box->count == VIRTIO_MSG_FFA_BOX) {
		box->full = true;
		return -EAGAIN;
	}
	slot = box->slots[(box->head + box->count++) % VIRTIO_MSG_FFA_BOX];
	memcpy(slot, msg, size);
	memset(slot + size, 0, VIRTIO_MSG_FFA_ROOM - size);
	return 0;
}

static bool first(struct virtio_msg_ffa *ffa, struct virtio_msg_ffa_box *box,
		  u8 *msg)
{
	bool any;

	spin_lock_irq(&ffa->lock);
	any = box->count;
	if (any)
		memcpy(msg, box->slots[box->head], VIRTIO_MSG_FFA_ROOM);
	spin_unlock_irq(&ffa->lock);
	return any;
}

/* Only the worker removes. True if one found no room. */
static bool remove_first(struct virtio_msg_ffa *ffa,
			 struct virtio_msg_ffa_box *box)
{
	bool full;

	spin_lock_irq(&ffa->lock);
	box->head = (box->head + 1) % VIRTIO_MSG_FFA_BOX;
	box->count--;
	full = box->full;
	box->full = false;
	spin_unlock_irq(&ffa->lock);
	return full;
}

static void empty(struct virtio_msg_ffa_box *box)
{
	box->head = 0;
	box->count = 0;
	box->full = false;
}

/* Calls */

static void note_busy(struct virtio_msg_ffa *ffa)
{
	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BUSIES);
	if (ffa->busy) {
		ffa->busy_ms = min(2 * ffa->busy_ms, VIRTIO_MSG_FFA_BUSY_MAX_MS);
		return;
	}
	ffa->busy = true;
	ffa->busy_since = jiffies;
	ffa->busy_ms = VIRTIO_MSG_FFA_BUSY_MIN_MS;
}

static int direct(struct virtio_msg_ffa *ffa, const u8 *msg, u8 *answer)
{
	struct ffa_send_direct_data2 data;
	unsigned int i;
	int err;

	for (i = 0; i < VIRTIO_MSG_FFA_REGISTERS; i++)
		data.data[i] = get_unaligned_le64(msg + i * sizeof(u64));
	err = virtio_msg_compat_ffa_direct(ffa->fdev, &data);
	if (err)
		return err;
	for (i = 0; i < VIRTIO_MSG_FFA_REGISTERS; i++)
		put_unaligned_le64(data.data[i], answer + i * sizeof(u64));
	return memchr_inv(answer, 0, VIRTIO_MSG_FFA_ROOM) ? 0 : -EBUSY;
}

/* What is answered comes as an indirect message, too. */
static int indirect(struct virtio_msg_ffa *ffa, const u8 *msg, u8 *answer)
{
	u8 copy[VIRTIO_MSG_FFA_ROOM];
	struct virtio_msg_hdr *hdr = (void *)answer;
	unsigned int size = get_unaligned_le16(msg + offsetof(struct virtio_msg_hdr,
							      msg_size));

	/* Now: that nothing is pending. */
	memset(answer, 0, VIRTIO_MSG_FFA_ROOM);
	hdr->type = VIRTIO_MSG_TYPE_RESPONSE;
	hdr->msg_id = VIRTIO_MSG_EVENT_AVAIL;
	hdr->msg_size = cpu_to_le16(HDR_SIZE);
	memcpy(copy, msg, size);
	return ffa->fdev->ops->msg_ops->indirect_send(ffa->fdev, copy, size);
}

/*
 * One message and what is answered; both have VIRTIO_MSG_FFA_ROOM bytes. -EBUSY:
 * it was not taken, try again in busy_ms. Other errors: there is no partition.
 */
static int call(struct virtio_msg_ffa *ffa, const u8 *msg, u8 *answer)
{
	int err = ffa->indirect ? indirect(ffa, msg, answer) :
				  direct(ffa, msg, answer);

	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_CALLS);
	if (!err) {
		ffa->busy = false;
		return 0;
	}
	if (err != -EBUSY && err != -EAGAIN && err != -EINTR)
		return err;
	note_busy(ffa);
	if (time_after(jiffies, ffa->busy_since +
		       msecs_to_jiffies(ffa->timeout_ms)))
		return -ETIMEDOUT;
	return -EBUSY;
}

static void later(struct virtio_msg_ffa *ffa, struct delayed_work *work, u32 ms)
{
	if (!READ_ONCE(ffa->gone))
		queue_delayed_work(ffa->wq, work, msecs_to_jiffies(ms));
}

/* Events */

static bool is_polled(const struct virtio_msg_ffa *ffa)
{
	return READ_ONCE(ffa->events) == VIRTIO_MSG_FFA_EVENTS_POLL;
}

/* True if there may be more of them. */
static bool poll(struct virtio_msg_ffa *ffa, int *err)
{
	u8 msg[VIRTIO_MSG_FFA_ROOM] __aligned(8) = {
		VIRTIO_MSG_TYPE_BUS, VIRTIO_MSG_FFA_EVENT_POLL,
	};
	u8 answer[VIRTIO_MSG_FFA_ROOM] __aligned(8);
	struct virtio_msg_hdr *hdr = (void *)msg;
	enum taken taken;
	bool more;

	hdr->token = cpu_to_le16(1);
	hdr->msg_size = cpu_to_le16(HDR_SIZE);
	*err = call(ffa, msg, answer);
	if (*err)
		return false;
	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_POLLS);
	taken = take(ffa, answer, sizeof(answer));
	/* The first time: it does not know what that is. */
	if (taken == TOOK_BAD && !ffa->polled)
		ffa->polls = false;
	more = taken == TOOK_RESPONSE || taken == TOOK_EVENT;
	if (more)
		ffa->polled = true;
	return more;
}

/* @events: so many came since the last time. */
static void poll_later(struct virtio_msg_ffa *ffa, unsigned int events)
{
	if (!ffa->polls && READ_ONCE(ffa->events) != VIRTIO_MSG_FFA_EVENTS_FIFO)
		return;
	if (!is_polled(ffa))
		ffa->poll_ms = VIRTIO_MSG_FFA_WATCH_MS;
	else if (events)
		ffa->poll_ms = VIRTIO_MSG_FFA_POLL_MIN_MS;
	else
		ffa->poll_ms = min(2 * ffa->poll_ms, VIRTIO_MSG_FFA_POLL_MAX_MS);
	later(ffa, &ffa->poll_work, ffa->poll_ms);
}

static void poll_work(struct work_struct *work)
{
	struct virtio_msg_ffa *ffa =
		container_of(to_delayed_work(work), struct virtio_msg_ffa,
			     poll_work);
	unsigned int n = 0;
	int err = 0;

	if (READ_ONCE(ffa->gone))
		return;
	/* A notification may have been missed. */
	virtio_msg_ffa_ring_drain(ffa);
	while (ffa->polls && n < VIRTIO_MSG_FFA_BATCH && poll(ffa, &err))
		n++;
	if (err == -EBUSY)
		later(ffa, &ffa->poll_work, ffa->busy_ms);
	else if (err)
		virtio_msg_ffa_lose(ffa);
	else if (n == VIRTIO_MSG_FFA_BATCH)
		later(ffa, &ffa->poll_work, 0);
	else
		poll_later(ffa, n);
}

/**
 * virtio_msg_ffa_poll_soon() - ask for events now
 * @ffa: open
 *
 * Context: Any.
 */
void virtio_msg_ffa_poll_soon(struct virtio_msg_ffa *ffa)
{
	if (!READ_ONCE(ffa->gone))
		mod_delayed_work(ffa->wq, &ffa->poll_work, 0);
}

/* Messages */

/*
 * A message that came indirectly may be shorter than it says, and what follows it
 * in memory is not for the partition.
 */
static bool wants_echo(const u8 *msg)
{
	const struct virtio_msg_hdr *hdr = (const void *)msg;

	return (hdr->type & VIRTIO_MSG_TYPE_MASK) == VIRTIO_MSG_TYPE_BUS &&
	       hdr->msg_id == VIRTIO_MSG_BUS_PING;
}

static void receive_work(struct work_struct *work)
{
	struct virtio_msg_ffa *ffa =
		container_of(work, struct virtio_msg_ffa, receive_work);
	u8 msg[VIRTIO_MSG_FFA_ROOM] __aligned(8);
	unsigned int n;

	for (n = 0; n < VIRTIO_MSG_FFA_BOX; n++) {
		if (READ_ONCE(ffa->gone) || !first(ffa, &ffa->inbox, msg))
			break;
		remove_first(ffa, &ffa->inbox);
		if (wants_echo(msg))
			virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
		else
			take(ffa, msg, sizeof(msg));
	}
	if (virtio_msg_ffa_ring_drain(ffa) == VIRTIO_MSG_FFA_BATCH &&
	    !READ_ONCE(ffa->gone))
		queue_work(ffa->wq, &ffa->receive_work);
}

/**
 * virtio_msg_ffa_notified() - the partition has events
 * @ffa: the link
 *
 * Context: Any.
 */
void virtio_msg_ffa_notified(struct virtio_msg_ffa *ffa)
{
	if (READ_ONCE(ffa->gone))
		return;
	if (READ_ONCE(ffa->events) == VIRTIO_MSG_FFA_EVENTS_FIFO)
		queue_work(ffa->wq, &ffa->receive_work);
	else
		mod_delayed_work(ffa->wq, &ffa->poll_work, 0);
}

/**
 * virtio_msg_ffa_arrived() - a message came that was no answer
 * @ffa: the link
 * @msg: the message; copied
 * @size: its bytes, at the most VIRTIO_MSG_FFA_ROOM; 0: it cannot be
 *
 * Context: Any.
 */
void virtio_msg_ffa_arrived(struct virtio_msg_ffa *ffa, const void *msg,
			    unsigned int size)
{
	unsigned long flags;
	int err = -EBADMSG;

	if (READ_ONCE(ffa->gone))
		return;
	spin_lock_irqsave(&ffa->lock, flags);
	if (size)
		err = append(&ffa->inbox, msg, size);
	spin_unlock_irqrestore(&ffa->lock, flags);
	if (err)
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
	else
		queue_work(ffa->wq, &ffa->receive_work);
	/* An event is lost, and its sender does not know. */
	if (err == -EAGAIN)
		virtio_msg_ffa_lose(ffa);
}

/*
 * A partition that has no way to tell of events has done what it was told to
 * when the call returns; one whose answer cannot be that of an event may have
 * tried to say so. If it has not, nothing is found in the queue.
 */
static void assume_used(struct virtio_msg_ffa *ffa, const u8 *msg)
{
	const struct virtio_msg_hdr *hdr = (const void *)msg;

	if (!(hdr->type & VIRTIO_MSG_TYPE_MASK) &&
	    hdr->msg_id == VIRTIO_MSG_EVENT_AVAIL)
		virtio_msg_bus_notified(&ffa->bus, le16_to_cpu(hdr->dev_num),
					get_unaligned_le32(hdr + 1), false);
}

/* Without notifications an answer that has no event yet may be followed by one. */
static void expect_event(struct virtio_msg_ffa *ffa, const u8 *msg,
			 enum taken taken)
{
	bool lone = taken == TOOK_NOTHING && is_polled(ffa);

	if (taken == TOOK_BAD || taken == TOOK_RESPONSE ||
	    (lone && !ffa->polls))
		assume_used(ffa, msg);
	if (!lone || !ffa->polls)
		return;
	if (ffa->poll_ms == VIRTIO_MSG_FFA_POLL_MIN_MS || READ_ONCE(ffa->gone))
		return;
	ffa->poll_ms = VIRTIO_MSG_FFA_POLL_MIN_MS;
	mod_delayed_work(ffa->wq, &ffa->poll_work,
			 msecs_to_jiffies(VIRTIO_MSG_FFA_POLL_MIN_MS));
}

/* 0: sent, there may be more. */
static int send_first(struct virtio_msg_ffa *ffa)
{
	u8 msg[VIRTIO_MSG_FFA_ROOM] __aligned(8);
	u8 answer[VIRTIO_MSG_FFA_ROOM] __aligned(8);
	int err;

	if (!first(ffa, &ffa->outbox, msg))
		return -ENODATA;
	err = call(ffa, msg, answer);
	if (err)
		return err;
	if (remove_first(ffa, &ffa->outbox)) {
		wake_up_all(&ffa->room);
		virtio_msg_bus_writable(&ffa->bus);
	}
	expect_event(ffa, msg, take(ffa, answer, sizeof(answer)));
	return 0;
}

static void send_work(struct work_struct *work)
{
	struct virtio_msg_ffa *ffa =
		container_of(to_delayed_work(work), struct virtio_msg_ffa,
			     send_work);
	unsigned int n;
	int err = 0;

	for (n = 0; n < VIRTIO_MSG_FFA_BATCH && !err; n++) {
		if (READ_ONCE(ffa->gone))
			return;
		err = send_first(ffa);
	}
	if (!err)
		later(ffa, &ffa->send_work, 0);
	else if (err == -EBUSY)
		later(ffa, &ffa->send_work, ffa->busy_ms);
	else if (err != -ENODATA)
		virtio_msg_ffa_lose(ffa);
}

/**
 * virtio_msg_ffa_send() - have the partition called with a message
 * @ffa: the link
 * @msg: the message; any alignment
 * @size: its bytes
 *
 * Context: Any.
 * Return: 0; -EAGAIN if too many wait; -EMSGSIZE; -ENODEV if the partition is
 * gone.
 */
int virtio_msg_ffa_send(struct virtio_msg_ffa *ffa, const void *msg,
			unsigned int size)
{
	unsigned long flags;
	int err;

	if (size < HDR_SIZE || size > VIRTIO_MSG_FFA_ROOM)
		return -EMSGSIZE;
	spin_lock_irqsave(&ffa->lock, flags);
	err = -ENODEV;
	if (!READ_ONCE(ffa->gone))
		err = append(&ffa->outbox, msg, size);
	spin_unlock_irqrestore(&ffa->lock, flags);
	if (!err)
		queue_delayed_work(ffa->wq, &ffa->send_work, 0);
	return err;
}

/* Life */

/**
 * virtio_msg_ffa_call_init() - prepare to call
 * @ffa: the link
 *
 * Context: Sleeps.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_ffa_call_init(struct virtio_msg_ffa *ffa)
{
	spin_lock_init(&ffa->lock);
	init_waitqueue_head(&ffa->room);
	mutex_init(&ffa->request.lock);
	init_completion(&ffa->request.done);
	INIT_DELAYED_WORK(&ffa->send_work, send_work);
	INIT_DELAYED_WORK(&ffa->poll_work, poll_work);
	INIT_WORK(&ffa->receive_work, receive_work);
	ffa->gone = true;
	/* Disks are written to when memory is short. */
	ffa->wq = alloc_ordered_workqueue("%.20s", WQ_HIGHPRI | WQ_MEM_RECLAIM,
					  dev_name(&ffa->fdev->dev));
	return ffa->wq ? 0 : -ENOMEM;
}

/**
 * virtio_msg_ffa_call_open() - begin to call
 * @ffa: closed
 *
 * Context: Any.
 */
void virtio_msg_ffa_call_open(struct virtio_msg_ffa *ffa)
{
	ffa->events = VIRTIO_MSG_FFA_EVENTS_POLL;
	ffa->polls = true;
	ffa->polled = false;
	ffa->poll_ms = VIRTIO_MSG_FFA_POLL_MIN_MS;
	ffa->busy = false;
	spin_lock_irq(&ffa->lock);
	empty(&ffa->outbox);
	empty(&ffa->inbox);
	WRITE_ONCE(ffa->gone, false);
	spin_unlock_irq(&ffa->lock);
}

/**
 * virtio_msg_ffa_call_fail() - the partition is gone: nobody waits for it
 * @ffa: just lost
 *
 * Context: Any.
 */
void virtio_msg_ffa_call_fail(struct virtio_msg_ffa *ffa)
{
	unsigned long flags;

	spin_lock_irqsave(&ffa->lock, flags);
	if (ffa->request.waiting)
		virtio_msg_ffa_request_finish(&ffa->request, -ENODEV);
	spin_unlock_irqrestore(&ffa->lock, flags);
	wake_up_all(&ffa->room);
}

/**
 * virtio_msg_ffa_call_close() - the partition is not called any more
 * @ffa: open, or lost
 *
 * Context: Sleeps, until the call that is made has returned.
 */
void virtio_msg_ffa_call_close(struct virtio_msg_ffa *ffa)
{
	WRITE_ONCE(ffa->gone, true);
	virtio_msg_ffa_call_fail(ffa);
	/* Who has not seen it has queued what it wanted to. */
	virtio_msg_ffa_events_fence();
	cancel_work_sync(&ffa->receive_work);
	cancel_delayed_work_sync(&ffa->send_work);
	/* Those before may have queued it, for later. */
	cancel_delayed_work_sync(&ffa->poll_work);
	/* And it the others, at once: they do nothing. */
	drain_workqueue(ffa->wq);
}

/**
 * virtio_msg_ffa_call_destroy() - free what virtio_msg_ffa_call_init() made
 * @ffa: closed
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_call_destroy(struct virtio_msg_ffa *ffa)
{
	destroy_workqueue(ffa->wq);
}
