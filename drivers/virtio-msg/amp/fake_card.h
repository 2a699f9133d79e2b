/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of QEMU's virtio-msg-amp-pci for tests: registers, memory, interrupts
 * and the devices behind them, with all that is odd about it. It shares no code
 * with the codec of the core.
 */
#ifndef _VIRTIO_MSG_AMP_FAKE_CARD_H
#define _VIRTIO_MSG_AMP_FAKE_CARD_H

#include <kunit/test.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../fake_until.h"
#include "card.h"

#define FAKE_CARD_SLOTS		62
#define FAKE_CARD_QUEUE_NUM	128
#define FAKE_CARD_DEVICES	2
#define FAKE_CARD_CONFIG	60
#define FAKE_CARD_IDS		256
#define FAKE_CARD_BUS(id)	(FAKE_CARD_IDS + (id))

/**
 * struct fake_card_queue - a queue of a device
 * @num: its entries, which are the default ones after each reset
 * @desc: address of its descriptors
 * @avail: address of the driver's part
 * @used: address of the device's part
 * @enabled: SET_VQUEUE came
 * @seen: requests that were taken
 */
struct fake_card_queue {
	u32 num;
	u64 desc;
	u64 avail;
	u64 used;
	bool enabled;
	u16 seen;
};

/**
 * struct fake_card_device - a device
 * @dev_num: its number
 * @id: its type
 * @features: what it offers
 * @told: what SET_DRIVER_FEATURES says
 * @status: its status
 * @broken: it was notified too early
 * @config: its configuration
 * @generation: of that
 * @queue: its only queue
 * @idle: it leaves requests in the queue
 * @served: requests that were answered
 */
struct fake_card_device {
	u16 dev_num;
	u32 id;
	u64 features;
	u64 told;
	u8 status;
	bool broken;
	u8 config[FAKE_CARD_CONFIG];
	u32 generation;
	struct fake_card_queue queue;
	bool idle;
	unsigned int served;
};

/**
 * struct fake_card_port - what is behind a FIFO
 * @card: the model
 * @number: of the FIFO
 * @lock: protects all that follows, but for @irq
 * @to_device_head: the driver's index, as last seen
 * @to_driver_tail: the same, of the other queue
 * @devices: the first @num_devices are there
 * @num_devices: see there
 * @stalled: rings are not heard
 * @silent: message that is not answered, by number as below, or 0
 * @rings: how often it was rung
 * @count: messages that came, by number, those of the bus behind the others
 * @largest: bytes of configuration in the largest request
 * @dropped: messages that were dropped without a word
 * @lost: messages for which the driver had no room
 * @aborts: what would have ended the emulator
 * @irq: interrupts the driver
 */
struct fake_card_port {
	struct fake_card *card;
	unsigned int number;
	spinlock_t lock;
	u32 to_device_head;
	u32 to_driver_tail;
	struct fake_card_device devices[FAKE_CARD_DEVICES];
	unsigned int num_devices;
	bool stalled;
	unsigned int silent;
	unsigned int rings;
	unsigned int count[2 * FAKE_CARD_IDS];
	u32 largest;
	unsigned int dropped;
	unsigned int lost;
	unsigned int aborts;
	struct work_struct irq;
};

/**
 * struct fake_card - the model
 * @card: what is tested
 * @memory: of the card
 * @size: its bytes
 * @version: what the register says
 * @masked: interrupts reach nobody, and are forgotten
 * @unplugged: all registers read as ones
 * @looks: registers that were read before
 * @ports: one for each FIFO
 */
struct fake_card {
	struct virtio_msg_card card;
	u8 *memory;
	u32 size;
	u32 version;
	bool masked;
	bool unplugged;
	unsigned int looks;
	struct fake_card_port ports[VIRTIO_MSG_CARD_FIFOS];
};

struct fake_card *fake_card_create(struct kunit *test, unsigned int num_fifos);
struct fake_card_device *fake_card_add(struct fake_card *fake, unsigned int port,
				       u16 dev_num, u32 id);
void fake_card_send(struct fake_card_port *port, const u8 *msg);
void fake_card_handle(struct fake_card_port *port, const u8 *msg);
void fake_card_process(struct fake_card_port *port);
void fake_card_serve(struct fake_card_port *port,
		     struct fake_card_device *device);
void fake_card_change(struct fake_card_port *port,
		      struct fake_card_device *device);
void fake_card_unplug(struct fake_card *fake);
void fake_card_power_cycle(struct fake_card *fake);
__le32 *fake_card_index(struct fake_card *fake, unsigned int port, u32 offset);
u8 fake_card_pattern(const struct fake_card_device *device, u32 i);

#endif /* _VIRTIO_MSG_AMP_FAKE_CARD_H */
