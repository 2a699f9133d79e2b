// SPDX-License-Identifier: GPL-2.0
/*
 * A model of QEMU's virtio-msg-amp-pci, see fake_card.h: registers, memory,
 * interrupts.
 */
#include <asm/barrier.h>
#include <linux/string.h>

#include "fake_card.h"

/* Queues of messages: own indices are kept in memory, those of others cached */

__le32 *fake_card_index(struct fake_card *fake, unsigned int port, u32 offset)
{
	return (void *)(fake->memory + port * VIRTIO_MSG_CARD_WINDOW + offset);
}

static __le32 *index_of(struct fake_card_port *port, u32 offset)
{
	return fake_card_index(port->card, port->number, offset);
}

static u32 load(struct fake_card_port *port, u32 offset)
{
	/* Pairs with the release of the driver. */
	__le32 index = virt_load_acquire(index_of(port, offset));

	return le32_to_cpu(index) % FAKE_CARD_SLOTS;
}

static void store(struct fake_card_port *port, u32 offset, u32 value)
{
	/* Pairs with the acquire of the driver. */
	virt_store_release(index_of(port, offset),
			   cpu_to_le32(value % FAKE_CARD_SLOTS));
}

static u8 *slot(struct fake_card_port *port, u32 queue, u32 i)
{
	return (u8 *)index_of(port, queue + VIRTIO_MSG_FIFO_SLOTS) +
	       i * VIRTIO_MSG_FIFO_SLOT;
}

static bool receive(struct fake_card_port *port, u8 *msg)
{
	const u32 queue = VIRTIO_MSG_CARD_TO_DEVICE;
	u32 tail = load(port, queue + VIRTIO_MSG_FIFO_TAIL);

	if (tail == port->to_device_head)
		port->to_device_head = load(port, queue + VIRTIO_MSG_FIFO_HEAD);
	if (tail == port->to_device_head)
		return false;
	memcpy(msg, slot(port, queue, tail), VIRTIO_MSG_CARD_MSG_SIZE);
	store(port, queue + VIRTIO_MSG_FIFO_TAIL, tail + 1);
	return true;
}

/**
 * fake_card_send() - send a message to the driver
 * @port: where, locked
 * @msg: the message
 *
 * One interrupt for each, if there is room for it.
 */
void fake_card_send(struct fake_card_port *port, const u8 *msg)
{
	const u32 queue = VIRTIO_MSG_CARD_TO_DRIVER;
	u32 head = load(port, queue + VIRTIO_MSG_FIFO_HEAD);
	u32 next = (head + 1) % FAKE_CARD_SLOTS;

	if (next == port->to_driver_tail)
		port->to_driver_tail = load(port, queue + VIRTIO_MSG_FIFO_TAIL);
	if (next == port->to_driver_tail) {
		port->lost++;
		return;
	}
	memcpy(slot(port, queue, head), msg, VIRTIO_MSG_CARD_MSG_SIZE);
	store(port, queue + VIRTIO_MSG_FIFO_HEAD, next);
	if (!READ_ONCE(port->card->masked))
		schedule_work(&port->irq);
}

static void irq_work(struct work_struct *work)
{
	struct fake_card_port *port =
		container_of(work, struct fake_card_port, irq);
	unsigned long flags;

	local_irq_save(flags);
	virtio_msg_card_interrupt(&port->card->card, port->number);
	local_irq_restore(flags);
}

/**
 * fake_card_process() - take all messages of the driver
 * @port: where
 */
void fake_card_process(struct fake_card_port *port)
{
	unsigned long flags;
	u8 msg[VIRTIO_MSG_CARD_MSG_SIZE];
	unsigned int kind;

	spin_lock_irqsave(&port->lock, flags);
	while (receive(port, msg)) {
		kind = msg[0] & 2 ? FAKE_CARD_BUS(msg[1]) : msg[1];
		port->count[kind]++;
		if (kind != port->silent)
			fake_card_handle(port, msg);
	}
	spin_unlock_irqrestore(&port->lock, flags);
}

/* The card */

static u32 fake_read(struct virtio_msg_card *card, u32 offset)
{
	struct fake_card *fake = container_of(card, struct fake_card, card);

	if (READ_ONCE(fake->unplugged))
		return ~0;
	WRITE_ONCE(fake->looks, fake->looks + 1);
	return offset == VIRTIO_MSG_CARD_VERSION ? fake->version : 0;
}

static void fake_write(struct virtio_msg_card *card, u32 offset, u32 value)
{
	struct fake_card *fake = container_of(card, struct fake_card, card);
	u32 n = (offset - VIRTIO_MSG_CARD_NOTIFY(0)) / 4;

	if (n >= VIRTIO_MSG_CARD_FIFOS)
		return;
	fake->ports[n].rings++;
	if (!READ_ONCE(fake->unplugged) &&
	    !READ_ONCE(fake->ports[n].stalled))
		fake_card_process(&fake->ports[n]);
}

static const struct virtio_msg_card_ops fake_ops = {
	.read = fake_read,
	.write = fake_write,
};

/**
 * fake_card_unplug() - there is no card any more: all bits are ones
 * @fake: the model
 */
void fake_card_unplug(struct fake_card *fake)
{
	WRITE_ONCE(fake->unplugged, true);
	memset(fake->memory, 0xff, fake->size);
}

/**
 * fake_card_power_cycle() - the card has lost what was in its memory
 * @fake: the model
 */
void fake_card_power_cycle(struct fake_card *fake)
{
	unsigned int i;

	memset(fake->memory, 0, fake->size);
	for (i = 0; i < VIRTIO_MSG_CARD_FIFOS; i++) {
		fake->ports[i].to_device_head = 0;
		fake->ports[i].to_driver_tail = 0;
	}
}

/**
 * fake_card_create() - make a card
 * @test: the test
 * @num_fifos: its FIFOs
 *
 * Return: a card that nobody uses yet.
 */
struct fake_card *fake_card_create(struct kunit *test, unsigned int num_fifos)
{
	struct fake_card *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->size = num_fifos * VIRTIO_MSG_CARD_WINDOW;
	fake->memory = kunit_kzalloc(test, fake->size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->memory);
	fake->version = VIRTIO_MSG_CARD_VERSION_0_1;
	fake->masked = true;
	for (i = 0; i < VIRTIO_MSG_CARD_FIFOS; i++) {
		fake->ports[i].card = fake;
		fake->ports[i].number = i;
		spin_lock_init(&fake->ports[i].lock);
		INIT_WORK(&fake->ports[i].irq, irq_work);
	}
	fake->card.name = "fake-card";
	fake->card.ops = &fake_ops;
	fake->card.memory = fake->memory;
	fake->card.memory_size = fake->size;
	fake->card.num_fifos = num_fifos;
	return fake;
}
