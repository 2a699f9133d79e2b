// SPDX-License-Identifier: GPL-2.0
/*
 * Requests and their answers: tokens, deadlines, late answers.
 *
 * An answer is copied into the channel under the lock that also protects the
 * decision to give up, so that a waiter that has gone is never written to.
 */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bus.h"
#include "request.h"
#include "sender.h"

/* Token 0 is for events, and for peers that cannot echo one. */
#define TOKEN_MAX	65535
#define TOKEN_LIMIT	XA_LIMIT(1, TOKEN_MAX)

/* Instead of its channel, the token of a request that was given up has this. */
static void *retired(const struct virtio_msg_channel *channel)
{
	BUILD_BUG_ON(VIRTIO_MSG_KINDS > 0x4000);
	return xa_mk_value(channel->expect << 16 | channel->dev_num);
}

/* Nobody else's answer gives such a token back. */
static bool retired_matches(void *entry, const struct virtio_msg_fields *fields,
			    const void *msg)
{
	unsigned long value = xa_to_value(entry);

	return value >> 16 == fields->kind &&
	       (virtio_msg_is_bus(msg) || (value & 0xffff) == fields->dev_num);
}

/**
 * virtio_msg_requests_init() - no request is in flight
 * @requests: to be initialised
 *
 * Context: Any.
 */
void virtio_msg_requests_init(struct virtio_msg_requests *requests)
{
	xa_init_flags(&requests->tokens, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
	requests->next = 0;
}

/**
 * virtio_msg_requests_destroy() - forget the tokens that were given up
 * @requests: no channel uses it any more
 *
 * Context: Any.
 */
void virtio_msg_requests_destroy(struct virtio_msg_requests *requests)
{
	xa_destroy(&requests->tokens);
}

/* With the lock. */
static u32 forget_range(struct virtio_msg_requests *requests, u32 first,
			u32 last, u32 most)
{
	unsigned long token;
	void *entry;
	u32 n = 0;

	xa_for_each_range(&requests->tokens, token, entry, first, last) {
		if (n == most)
			break;
		if (!xa_is_value(entry))
			continue;
		__xa_erase(&requests->tokens, token);
		n++;
	}
	return n;
}

/*
 * Some answers never come: of devices that have gone, and of those that chose
 * not to. Tokens are taken in turn, so that the oldest come next.
 */
static void forget_oldest(struct virtio_msg_requests *requests)
{
	u32 next, n;

	xa_lock_irq(&requests->tokens);
	next = requests->next;
	n = forget_range(requests, next, TOKEN_MAX, VIRTIO_MSG_FORGET_TOKENS);
	if (next > 1)
		forget_range(requests, 1, next - 1,
			     VIRTIO_MSG_FORGET_TOKENS - n);
	xa_unlock_irq(&requests->tokens);
}

static int token_get(struct virtio_msg_channel *channel)
{
	struct virtio_msg_requests *requests = &channel->core->requests;
	u32 token;
	int err;

	err = xa_alloc_cyclic_irq(&requests->tokens, &token, channel,
				  TOKEN_LIMIT, &requests->next, GFP_KERNEL);
	if (err == -EBUSY) {
		forget_oldest(requests);
		err = xa_alloc_cyclic_irq(&requests->tokens, &token, channel,
					  TOKEN_LIMIT, &requests->next,
					  GFP_KERNEL);
	}
	if (err < 0) {
		virtio_msg_count(channel->core, VMSG_CNT_no_token);
		return err;
	}
	/* Read by token_of(). */
	WRITE_ONCE(channel->token, token);
	return 0;
}

static void finish(struct virtio_msg_channel *channel, int status)
{
	channel->status = status;
	channel->waiting = false;
	complete(&channel->done);
}

/* With the lock of the tokens. The answer may yet come: keep the token. */
static void give_up(struct virtio_msg_channel *channel, int status)
{
	if (!channel->waiting)
		return;
	/* Replaces an entry, which takes no memory. */
	__xa_store(&channel->core->requests.tokens, channel->token,
		   retired(channel), GFP_ATOMIC);
	finish(channel, status);
}

static bool answer_matches(struct virtio_msg_channel *channel,
			   const struct virtio_msg_fields *fields,
			   const void *msg)
{
	if (!channel->waiting || fields->kind != channel->expect)
		return false;
	return virtio_msg_is_bus(msg) || fields->dev_num == channel->dev_num;
}

/*
 * Of bus messages only one is in flight at a time. What says no token answers
 * it, or the one before, if it is late: who called looks at what it says.
 */
static u16 token_of(struct virtio_msg_core *core, const void *msg, u16 token)
{
	if (token || !virtio_msg_is_bus(msg) ||
	    !(core->flags & VIRTIO_MSG_BUS_UNTAGGED))
		return token;
	return READ_ONCE(core->channel.token);
}

/**
 * virtio_msg_requests_receive() - take an answer
 * @core: the bus
 * @msg: a response, in private memory
 * @size: its size
 *
 * What does not belong to a request in flight is counted and dropped; a wrong
 * answer does not use up the token of the right one.
 *
 * Context: Any.
 */
void virtio_msg_requests_receive(struct virtio_msg_core *core, const void *msg,
				 u32 size)
{
	struct xarray *tokens = &core->requests.tokens;
	const struct virtio_msg_dialect *dialect;
	enum virtio_msg_counter problem;
	struct virtio_msg_channel *channel;
	struct virtio_msg_fields fields;
	unsigned long flags;
	u16 token;
	int err;

	err = virtio_msg_core_decode_answer(core, msg, size, &fields, &dialect);
	if (err) {
		virtio_msg_count(core, err == -ENOMSG ? VMSG_CNT_unknown :
							VMSG_CNT_malformed);
		return;
	}

	xa_lock_irqsave(tokens, flags);
	token = token_of(core, msg, fields.token);
	channel = xa_load(tokens, token);
	if (!channel) {
		problem = VMSG_CNT_unsolicited;
	} else if (xa_is_value(channel)) {
		problem = VMSG_CNT_mismatched;
		if (retired_matches(channel, &fields, msg)) {
			__xa_erase(tokens, token);
			problem = VMSG_CNT_late;
		}
	} else if (!answer_matches(channel, &fields, msg)) {
		problem = VMSG_CNT_mismatched;
	} else {
		__xa_erase(tokens, token);
		virtio_msg_core_learn(core, dialect, fields.kind);
		memcpy(channel->rx, msg, size);
		channel->len = size;
		finish(channel, 0);
		problem = VIRTIO_MSG_NUM_COUNTERS;
	}
	xa_unlock_irqrestore(tokens, flags);
	if (problem != VIRTIO_MSG_NUM_COUNTERS)
		virtio_msg_count(core, problem);
}

/**
 * virtio_msg_channel_init() - prepare a conversation
 * @channel: to be initialised
 * @core: the bus
 * @dev_num: device number, 0 for bus messages
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_channel_init(struct virtio_msg_channel *channel,
			    struct virtio_msg_core *core, u16 dev_num)
{
	channel->core = core;
	channel->dev_num = dev_num;
	mutex_init(&channel->lock);
	init_completion(&channel->done);
	channel->waiting = false;
	channel->dead = false;
	channel->interrupted = false;
	channel->tx = kzalloc(core->max_msg_size, GFP_KERNEL);
	channel->rx = kzalloc(core->max_msg_size, GFP_KERNEL);
	if (channel->tx && channel->rx)
		return 0;
	virtio_msg_channel_destroy(channel);
	return -ENOMEM;
}

/**
 * virtio_msg_channel_destroy() - free a conversation
 * @channel: nobody calls it any more
 *
 * Context: Any.
 */
void virtio_msg_channel_destroy(struct virtio_msg_channel *channel)
{
	kfree(channel->tx);
	kfree(channel->rx);
	channel->tx = NULL;
	channel->rx = NULL;
}

/**
 * virtio_msg_channel_kill() - fail the request in flight and all later ones
 * @channel: the conversation
 *
 * Context: Any.
 */
void virtio_msg_channel_kill(struct virtio_msg_channel *channel)
{
	struct xarray *tokens = &channel->core->requests.tokens;
	unsigned long flags;

	xa_lock_irqsave(tokens, flags);
	WRITE_ONCE(channel->dead, true);
	give_up(channel, -ENODEV);
	xa_unlock_irqrestore(tokens, flags);
}

/**
 * virtio_msg_channel_interrupt() - end the request in flight
 * @channel: the conversation
 *
 * Who wants to make another one is told to begin again, until the one in
 * flight has returned.
 *
 * Context: Sleeps; at the most for the timeout of the bus if it is full.
 */
void virtio_msg_channel_interrupt(struct virtio_msg_channel *channel)
{
	struct xarray *tokens = &channel->core->requests.tokens;

	xa_lock_irq(tokens);
	channel->interrupted = true;
	give_up(channel, -ERESTART);
	xa_unlock_irq(tokens);

	mutex_lock(&channel->lock);
	xa_lock_irq(tokens);
	channel->interrupted = false;
	xa_unlock_irq(tokens);
	mutex_unlock(&channel->lock);
}

static int begin(struct virtio_msg_channel *channel,
		 enum virtio_msg_kind request)
{
	struct xarray *tokens = &channel->core->requests.tokens;
	int err;

	reinit_completion(&channel->done);
	err = token_get(channel);
	if (err)
		return err;

	xa_lock_irq(tokens);
	if (channel->dead || channel->interrupted) {
		__xa_erase(tokens, channel->token);
		err = channel->dead ? -ENODEV : -ERESTART;
	} else {
		channel->expect = virtio_msg_response_kind(request);
		channel->waiting = true;
	}
	xa_unlock_irq(tokens);
	return err;
}

static int end(struct virtio_msg_channel *channel, int status)
{
	struct xarray *tokens = &channel->core->requests.tokens;

	xa_lock_irq(tokens);
	give_up(channel, status);
	status = channel->status;
	xa_unlock_irq(tokens);
	return status;
}

/*
 * The request was never sent: no answer can come, the token is free, even if
 * the channel was killed meanwhile.
 */
static int cancel(struct virtio_msg_channel *channel, int status)
{
	struct xarray *tokens = &channel->core->requests.tokens;
	void *entry;

	xa_lock_irq(tokens);
	entry = xa_load(tokens, channel->token);
	if (entry == channel || entry == retired(channel))
		__xa_erase(tokens, channel->token);
	channel->waiting = false;
	xa_unlock_irq(tokens);
	return status;
}

/**
 * virtio_msg_channel_call() - send a request and wait for its answer
 * @channel: the conversation; its lock is held
 * @fields: the request; on success the answer, whose pointers are valid until
 *	the lock is released
 *
 * Context: Sleeps, at the most for the timeout of the bus.
 * Return: 0; -ETIMEDOUT without an answer in time; -ERESTART if it was
 * interrupted; -ENODEV if the device or the
 * bus is gone; -EMSGSIZE if the request does not fit; -EBUSY if every token is
 * in use; another error of the bus.
 */
int virtio_msg_channel_call(struct virtio_msg_channel *channel,
			    struct virtio_msg_fields *fields)
{
	struct virtio_msg_core *core = channel->core;
	unsigned long deadline = virtio_msg_deadline(core);
	long left;
	int err;

	might_sleep();
	lockdep_assert_held(&channel->lock);

	err = begin(channel, fields->kind);
	if (err)
		return err;

	fields->dev_num = channel->dev_num;
	fields->token = channel->token;
	err = virtio_msg_encode(READ_ONCE(core->dialect), fields, channel->tx,
				core->max_msg_size);
	if (err >= 0)
		err = virtio_msg_send_wait(core, channel->tx, deadline,
					   &channel->dead);
	if (err)
		return cancel(channel, err);

	left = deadline - jiffies;
	wait_for_completion_timeout(&channel->done, left > 0 ? left : 1);
	err = end(channel, -ETIMEDOUT);
	if (err == -ETIMEDOUT)
		virtio_msg_count(core, VMSG_CNT_timeout);
	if (err)
		return err;
	return virtio_msg_core_decode(core, channel->rx, channel->len, fields);
}
