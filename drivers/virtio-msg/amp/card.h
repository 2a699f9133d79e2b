/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's virtio-msg-amp-pci: what its registers and its memory mean, apart from
 * how they are reached.
 */
#ifndef _VIRTIO_MSG_AMP_CARD_H
#define _VIRTIO_MSG_AMP_CARD_H

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/virtio_msg.h>
#include <linux/workqueue.h>

#include "fifo.h"
#include "limits.h"

/* Registers, of 32 bits. */
#define VIRTIO_MSG_CARD_VERSION		0x00
#define VIRTIO_MSG_CARD_FEATURES	0x04
#define VIRTIO_MSG_CARD_NOTIFY(n)	(0x20 + 4 * (n))
#define VIRTIO_MSG_CARD_REGISTERS	SZ_16K

/* What VERSION is, and what is read where there is no card any more. */
#define VIRTIO_MSG_CARD_VERSION_0_1	0x00000001
#define VIRTIO_MSG_CARD_GONE		0xffffffff

/* Memory: a part of it for each FIFO, in that part two queues. */
#define VIRTIO_MSG_CARD_WINDOW		SZ_16K
#define VIRTIO_MSG_CARD_TO_DEVICE	SZ_4K
#define VIRTIO_MSG_CARD_TO_DRIVER	SZ_8K
#define VIRTIO_MSG_CARD_QUEUE		SZ_4K

/* Of each slot this much is used. */
#define VIRTIO_MSG_CARD_MSG_SIZE	48

/* Begins a layout that describes itself, of which this driver knows nothing. */
#define VIRTIO_MSG_CARD_OTHER_MAGIC	0x4c4f

struct virtio_msg_card;

/**
 * struct virtio_msg_card_ops - how a card is reached
 * @read: read a register
 * @write: write a register, behind what was written to memory before
 *
 * Called in any context.
 */
struct virtio_msg_card_ops {
	u32 (*read)(struct virtio_msg_card *card, u32 offset);
	void (*write)(struct virtio_msg_card *card, u32 offset, u32 value);
};

/**
 * struct virtio_msg_card_fifo - two queues, and the bus over them
 * @card: the card
 * @number: of the FIFO
 * @bus: its bus
 * @registered: the bus is, or was until it was unregistered
 * @tx_lock: protects @tx and @full
 * @tx: to the devices
 * @full: a message found no room
 * @rx_lock: protects @rx; only held while a message is copied
 * @rx: from the devices
 * @suspect: something was read that cannot be
 * @warned: the log has been told so
 */
struct virtio_msg_card_fifo {
	struct virtio_msg_card *card;
	unsigned int number;
	struct virtio_msg_bus bus;
	bool registered;
	spinlock_t tx_lock;
	struct virtio_msg_fifo tx;
	bool full;
	spinlock_t rx_lock;
	struct virtio_msg_fifo rx;
	bool suspect;
	bool warned;
};

/**
 * struct virtio_msg_card - a card
 * @name: beginning of the names of its buses
 * @dev: parent of its buses
 * @ops: how it is reached
 * @memory: its memory, where this kernel sees it: as other memory, coherent
 * @memory_size: its bytes
 * @num_fifos: FIFOs that are used
 * @relay: windows are shared with it, in place of all memory
 * @timeout_ms: time in which its devices answer; 0: the default
 *
 * The members below are private:
 *
 * @gone: it is not there any more
 * @watch: looks whether it is
 * @fifos: the first @num_fifos are used
 */
struct virtio_msg_card {
	const char *name;
	struct device *dev;
	const struct virtio_msg_card_ops *ops;
	void *memory;
	u64 memory_size;
	unsigned int num_fifos;
	bool relay;
	u32 timeout_ms;

	bool gone;
	struct delayed_work watch;
	struct virtio_msg_card_fifo fifos[VIRTIO_MSG_CARD_FIFOS];
};

int virtio_msg_card_init(struct virtio_msg_card *card);
int virtio_msg_card_start(struct virtio_msg_card *card);
void virtio_msg_card_stop(struct virtio_msg_card *card);
void virtio_msg_card_interrupt(struct virtio_msg_card *card, unsigned int n);
int virtio_msg_card_resume(struct virtio_msg_card *card);

#endif /* _VIRTIO_MSG_AMP_CARD_H */
