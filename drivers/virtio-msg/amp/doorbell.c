// SPDX-License-Identifier: GPL-2.0
/*
 * A doorbell made of mailbox channels. A message says nothing, so one that is
 * still to be delivered does for all rings before; but it must be delivered.
 */
#include <linux/dev_printk.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mailbox_controller.h>
#include <linux/of.h>
#include <linux/rcupdate.h>

#include "doorbell.h"

/* So the queue of a channel is never full, of which the core would complain. */
static_assert(VIRTIO_MSG_AMP_MAX_RINGS < MBOX_TX_QUEUE_LEN);

static struct virtio_msg_doorbell *to_doorbell(struct mbox_client *client)
{
	return container_of(client, struct virtio_msg_doorbell, client);
}

static void look_later(struct virtio_msg_doorbell *doorbell)
{
	unsigned long delay = msecs_to_jiffies(READ_ONCE(doorbell->retry_ms));

	if (!timer_pending(&doorbell->retry_timer))
		mod_timer(&doorbell->retry_timer, jiffies + delay);
}

static void repeat_later(struct virtio_msg_doorbell *doorbell)
{
	atomic_set(&doorbell->again, 1);
	look_later(doorbell);
}

/* Without a callback the message waits in the channel's queue. */
static void doorbell_tx_done(struct mbox_client *client, void *message, int err)
{
	struct virtio_msg_doorbell *doorbell = to_doorbell(client);

	atomic_dec(&doorbell->sent);
	if (err < 0)
		repeat_later(doorbell);
	else
		atomic_inc(&doorbell->done);
}

static void doorbell_rx_callback(struct mbox_client *client, void *message)
{
	struct virtio_msg_doorbell *doorbell = to_doorbell(client);

	if (READ_ONCE(doorbell->listening))
		doorbell->rung(doorbell);
}

static void send(struct virtio_msg_doorbell *doorbell)
{
	/*
	 * What the peer is rung for is stored before it is decided that
	 * messages which wait do for it, too. Pairs with the channel's lock,
	 * under which they leave the queue.
	 */
	smp_mb();
	if (!atomic_add_unless(&doorbell->sent, 1, VIRTIO_MSG_AMP_MAX_RINGS))
		return;
	if (mbox_send_message(doorbell->tx, doorbell->message) < 0) {
		atomic_dec(&doorbell->sent);
		repeat_later(doorbell);
	} else if (doorbell->acks) {
		mbox_client_txdone(doorbell->tx, 0);
	}
}

/*
 * Have the channel try once more to give its messages to the controller, which
 * it only does when told that one is done: so also if there was none.
 */
static void submit(struct virtio_msg_doorbell *doorbell)
{
	int n;

	if (!doorbell->acks) {
		/* One that the controller has, it will be done with. */
		if (READ_ONCE(doorbell->tx->active_req) != doorbell->message)
			mbox_chan_txdone(doorbell->tx, 0);
		return;
	}
	for (n = atomic_read(&doorbell->sent); n > 0; n--)
		mbox_client_txdone(doorbell->tx, 0);
}

static void retry_expired(struct timer_list *timer)
{
	struct virtio_msg_doorbell *doorbell =
		container_of(timer, struct virtio_msg_doorbell, retry_timer);
	int done = atomic_read(&doorbell->done);
	u32 ms = VIRTIO_MSG_AMP_RETRY_MIN_MS;

	if (done == doorbell->seen)
		ms = min(doorbell->retry_ms * 2, VIRTIO_MSG_AMP_RETRY_MAX_MS);
	WRITE_ONCE(doorbell->retry_ms, ms);
	if (atomic_xchg(&doorbell->again, 0))
		send(doorbell);
	if (atomic_read(&doorbell->sent))
		submit(doorbell);
	doorbell->seen = done;
	if (atomic_read(&doorbell->sent))
		look_later(doorbell);
	else if (!atomic_read(&doorbell->again))
		WRITE_ONCE(doorbell->retry_ms, VIRTIO_MSG_AMP_RETRY_MIN_MS);
}

/**
 * virtio_msg_doorbell_ring() - ring the peer, if there is a channel for it
 * @doorbell: requested
 *
 * Does not wait. A ring that the controller refuses is repeated later.
 *
 * Context: Any, but for NMI.
 */
void virtio_msg_doorbell_ring(struct virtio_msg_doorbell *doorbell)
{
	if (!doorbell->tx)
		return;
	send(doorbell);
	if (atomic_read(&doorbell->sent))
		look_later(doorbell);
}

static int request_channels(struct virtio_msg_doorbell *doorbell, int count)
{
	struct mbox_client *client = &doorbell->client;
	struct mbox_chan *tx, *rx;

	if (count == 1) {
		tx = mbox_request_channel(client, 0);
		rx = tx;
	} else {
		tx = mbox_request_channel_byname(client, "tx");
		if (IS_ERR(tx))
			return PTR_ERR(tx);
		rx = mbox_request_channel_byname(client, "rx");
		if (IS_ERR(rx))
			mbox_free_channel(tx);
	}
	if (IS_ERR(rx))
		return PTR_ERR(rx);
	doorbell->rx = rx;
	doorbell->tx = tx;
	doorbell->acks = !tx->mbox->txdone_irq;
	return 0;
}

/**
 * virtio_msg_doorbell_request() - request the channels that a device has
 * @doorbell: zeroed, but for the members that are not private
 * @dev: has ``mboxes``: one channel, or two that are named tx and rx; or none
 *
 * Context: Sleeps.
 * Return: 1, or 0 if @dev has no ``mboxes``; -EPROBE_DEFER if their controller
 * is not there yet; -EINVAL if there are too many; other errors of the
 * controller. It was said what is wrong.
 */
int virtio_msg_doorbell_request(struct virtio_msg_doorbell *doorbell,
				struct device *dev)
{
	int count, err;

	if (!of_property_present(dev->of_node, "mboxes"))
		return 0;
	count = of_count_phandle_with_args(dev->of_node, "mboxes",
					   "#mbox-cells");
	if (count < 1 || count > 2)
		return dev_err_probe(dev, -EINVAL,
				     "mboxes must be one channel or two\n");
	doorbell->client.dev = dev;
	/* Why wait for the peer to have seen it? */
	doorbell->client.knows_txdone = true;
	doorbell->client.tx_done = doorbell_tx_done;
	doorbell->client.rx_callback = doorbell_rx_callback;
	doorbell->message[0] = 1;
	doorbell->retry_ms = VIRTIO_MSG_AMP_RETRY_MIN_MS;
	timer_setup(&doorbell->retry_timer, retry_expired, 0);
	err = request_channels(doorbell, count);
	if (err)
		return dev_err_probe(dev, err, "no mailbox channel\n");
	return 1;
}

/**
 * virtio_msg_doorbell_listen() - begin to call @rung
 * @doorbell: requested
 *
 * Context: Any.
 */
void virtio_msg_doorbell_listen(struct virtio_msg_doorbell *doorbell)
{
	WRITE_ONCE(doorbell->listening, true);
}

/**
 * virtio_msg_doorbell_free() - free the channels, if there are any
 * @doorbell: requested; is not rung any more
 *
 * What was not delivered yet is forgotten. @rung is not called any more after
 * the return.
 *
 * Context: Sleeps.
 */
void virtio_msg_doorbell_free(struct virtio_msg_doorbell *doorbell)
{
	if (!doorbell->tx)
		return;
	WRITE_ONCE(doorbell->listening, false);
	timer_shutdown_sync(&doorbell->retry_timer);
	if (doorbell->rx != doorbell->tx)
		mbox_free_channel(doorbell->rx);
	mbox_free_channel(doorbell->tx);
	/* Controllers that only mask an interrupt may still be handling it. */
	synchronize_rcu();
}
