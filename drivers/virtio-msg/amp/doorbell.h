/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_AMP_DOORBELL_H
#define _VIRTIO_MSG_AMP_DOORBELL_H

#include <linux/atomic.h>
#include <linux/mailbox_client.h>
#include <linux/timer.h>

#include "limits.h"

struct virtio_msg_doorbell;

/**
 * struct virtio_msg_doorbell - mailbox channels of which nothing is wanted but
 *	interrupts
 * @rung: the peer rang. Called in any context.
 *
 * The members below are private:
 *
 * @client: of both channels
 * @tx: rings the peer; NULL if there are no channels
 * @rx: rung by the peer; may be @tx
 * @acks: the controller does not tell when it is done with a message
 * @listening: @rung may be called
 * @sent: messages that the controller is not done with
 * @done: those that it is done with, modulo 2^32
 * @seen: @done, when @retry_timer looked
 * @again: a ring got lost, and has to be repeated
 * @retry_timer: looks for messages that the controller did not take
 * @retry_ms: its period
 * @message: for controllers that want one
 */
struct virtio_msg_doorbell {
	void (*rung)(struct virtio_msg_doorbell *doorbell);

	struct mbox_client client;
	struct mbox_chan *tx;
	struct mbox_chan *rx;
	bool acks;
	bool listening;
	atomic_t sent;
	atomic_t done;
	int seen;
	atomic_t again;
	struct timer_list retry_timer;
	u32 retry_ms;
	u32 message[VIRTIO_MSG_AMP_DOORBELL_WORDS];
};

int virtio_msg_doorbell_request(struct virtio_msg_doorbell *doorbell,
				struct device *dev);
void virtio_msg_doorbell_listen(struct virtio_msg_doorbell *doorbell);
void virtio_msg_doorbell_ring(struct virtio_msg_doorbell *doorbell);
void virtio_msg_doorbell_free(struct virtio_msg_doorbell *doorbell);

#endif /* _VIRTIO_MSG_AMP_DOORBELL_H */
