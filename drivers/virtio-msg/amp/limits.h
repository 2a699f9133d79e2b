/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounds of buses in shared memory.
 */
#ifndef _VIRTIO_MSG_AMP_LIMITS_H
#define _VIRTIO_MSG_AMP_LIMITS_H

#include <linux/sizes.h>

/* Bytes of a slot; the larger is VIRTIO_MSG_LIMIT_MSG_SIZE. */
#define VIRTIO_MSG_AMP_MIN_SLOT		48
#define VIRTIO_MSG_AMP_MAX_SLOT		4096
/* Slots of a FIFO, of which one stays empty. */
#define VIRTIO_MSG_AMP_MIN_SLOTS	2
#define VIRTIO_MSG_AMP_MAX_SLOTS	32768
/* Bytes of the memory: header, control blocks and slots, and no windows. */
#define VIRTIO_MSG_AMP_MIN_MEMORY	336
/* Bytes of a window area and of a window. */
#define VIRTIO_MSG_AMP_MAX_WINDOWS	SZ_512M
#define VIRTIO_MSG_AMP_MAX_WINDOW	SZ_64M

/* How often this side says that it is alive, and looks at the other. */
#define VIRTIO_MSG_AMP_BEAT_MS		100
/* For how long a peer may look dead, by default and at the most. */
#define VIRTIO_MSG_AMP_PEER_MS		5000
#define VIRTIO_MSG_AMP_MAX_PEER_MS	600000
/* Without interrupts: time between two looks, when busy and when idle. */
#define VIRTIO_MSG_AMP_POLL_MIN_US	100
#define VIRTIO_MSG_AMP_POLL_MAX_US	4000
/* Messages that are taken before others run. */
#define VIRTIO_MSG_AMP_BATCH		64
/*
 * A link that was lost is made again after a pause, which doubles each time
 * that it lasted less than the time below.
 */
#define VIRTIO_MSG_AMP_PAUSE_MIN_MS	100
#define VIRTIO_MSG_AMP_PAUSE_MAX_MS	5000
#define VIRTIO_MSG_AMP_STEADY_MS	5000

/* FIFOs of a card, and device numbers behind each. */
#define VIRTIO_MSG_CARD_FIFOS		8
#define VIRTIO_MSG_CARD_DEVICES		32
/* How often a card is looked at, whether it is still there. */
#define VIRTIO_MSG_CARD_WATCH_MS	1000

/* Rings that a mailbox channel has not delivered yet; more would be useless. */
#define VIRTIO_MSG_AMP_MAX_RINGS	8
/* When a mailbox that did not take a ring is tried again. */
#define VIRTIO_MSG_AMP_RETRY_MIN_MS	1U
#define VIRTIO_MSG_AMP_RETRY_MAX_MS	100U
/* Words of a ring, for mailbox controllers that send some. */
#define VIRTIO_MSG_AMP_DOORBELL_WORDS	8

#endif /* _VIRTIO_MSG_AMP_LIMITS_H */
