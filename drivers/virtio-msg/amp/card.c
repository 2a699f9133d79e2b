// SPDX-License-Identifier: GPL-2.0
/*
 * A card of QEMU whose devices are reached by messages. Each of its FIFOs has
 * devices, and numbers for them, of its own: it is a bus of its own.
 *
 * What the card does not understand it drops without a word, as it does with
 * more than it has room for: the timeouts of the core are what ends a wait.
 * Documentation/buses/amp-pci.rst has all that is to be known about it.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/unaligned.h>

#include "card.h"

/* More than a queue holds: who fills it that fast interrupts once more. */
static_assert(VIRTIO_MSG_AMP_BATCH >=
	      (VIRTIO_MSG_CARD_QUEUE - VIRTIO_MSG_FIFO_SLOTS) /
	      VIRTIO_MSG_FIFO_SLOT);
static_assert(VIRTIO_MSG_CARD_MSG_SIZE >= VIRTIO_MSG_MIN_SIZE_PR28);
static_assert(!(VIRTIO_MSG_CARD_MSG_SIZE % 8));
static_assert(VIRTIO_MSG_CARD_NOTIFY(VIRTIO_MSG_CARD_FIFOS) <=
	      VIRTIO_MSG_CARD_REGISTERS);

static struct virtio_msg_card_fifo *to_fifo(struct virtio_msg_bus *bus)
{
	return bus->priv;
}

static u8 *window_of(const struct virtio_msg_card_fifo *fifo)
{
	return (u8 *)fifo->card->memory +
	       (size_t)fifo->number * VIRTIO_MSG_CARD_WINDOW;
}

/* The card itself */

static bool answers(struct virtio_msg_card *card)
{
	return card->ops->read(card, VIRTIO_MSG_CARD_VERSION) !=
	       VIRTIO_MSG_CARD_GONE;
}

static void lose(struct virtio_msg_card *card)
{
	unsigned int i;

	if (xchg(&card->gone, true))
		return;
	dev_err(card->dev, "the card is gone\n");
	for (i = 0; i < card->num_fifos; i++)
		virtio_msg_bus_lost(&card->fifos[i].bus);
}

/* Not while the machine sleeps: a card that does answers with ones, too. */
static void watch(struct virtio_msg_card *card)
{
	queue_delayed_work(system_freezable_wq, &card->watch,
			   msecs_to_jiffies(VIRTIO_MSG_CARD_WATCH_MS));
}

/*
 * What was read cannot be: of a card that is gone all bits are ones. A console
 * may be behind the card, and send: what there is to say is said later.
 */
static void suspect(struct virtio_msg_card_fifo *fifo)
{
	WRITE_ONCE(fifo->suspect, true);
	mod_delayed_work(system_freezable_wq, &fifo->card->watch, 0);
}

static void warn(struct virtio_msg_card_fifo *fifo)
{
	if (!READ_ONCE(fifo->suspect) || fifo->warned)
		return;
	fifo->warned = true;
	dev_warn(fifo->card->dev,
		 "FIFO %u has an index or a message that cannot be\n",
		 fifo->number);
}

static void watch_work(struct work_struct *work)
{
	struct virtio_msg_card *card =
		container_of(to_delayed_work(work), struct virtio_msg_card,
			     watch);
	unsigned int i;

	if (!answers(card)) {
		lose(card);
		return;
	}
	for (i = 0; i < card->num_fifos; i++)
		warn(&card->fifos[i]);
	watch(card);
}

static void ring(struct virtio_msg_card_fifo *fifo)
{
	fifo->card->ops->write(fifo->card,
			       VIRTIO_MSG_CARD_NOTIFY(fifo->number), 1);
}

/* Messages */

static int put(struct virtio_msg_card_fifo *fifo, const struct virtio_msg *msg,
	       bool *bad)
{
	u16 size = get_unaligned_le16(&msg->hdr.msg_size);
	unsigned long bad_index;
	int err;

	lockdep_assert_held(&fifo->tx_lock);
	bad_index = fifo->tx.bad_index;
	err = virtio_msg_fifo_put(&fifo->tx, msg, size);
	if (err == -EAGAIN)
		WRITE_ONCE(fifo->full, true);
	*bad = fifo->tx.bad_index != bad_index;
	return err;
}

/* The card empties its queue in the ring. If it did not, it is rung again. */
static int card_send(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	struct virtio_msg_card_fifo *fifo = to_fifo(bus);
	unsigned long flags;
	bool bad;
	int err;

	if (READ_ONCE(fifo->card->gone))
		return -ENODEV;
	spin_lock_irqsave(&fifo->tx_lock, flags);
	err = put(fifo, msg, &bad);
	spin_unlock_irqrestore(&fifo->tx_lock, flags);
	if (!err || err == -EAGAIN)
		ring(fifo);
	if (bad) {
		virtio_msg_bus_bad(bus, 1, 0);
		suspect(fifo);
	}
	return err;
}

static bool take_full(struct virtio_msg_card_fifo *fifo)
{
	unsigned long flags;
	bool room = false;

	if (!READ_ONCE(fifo->full))
		return false;
	spin_lock_irqsave(&fifo->tx_lock, flags);
	if (fifo->full && virtio_msg_fifo_room(&fifo->tx)) {
		fifo->full = false;
		room = true;
	}
	spin_unlock_irqrestore(&fifo->tx_lock, flags);
	return room;
}

/* The size of a message, 0 if there is none, or -EBADMSG. */
static int get(struct virtio_msg_card_fifo *fifo, void *msg, bool *bad)
{
	unsigned long flags, bad_index;
	int size;

	spin_lock_irqsave(&fifo->rx_lock, flags);
	bad_index = fifo->rx.bad_index;
	size = virtio_msg_fifo_get(&fifo->rx, msg);
	bad_index = fifo->rx.bad_index - bad_index;
	spin_unlock_irqrestore(&fifo->rx_lock, flags);
	if (size < 0 || bad_index) {
		virtio_msg_bus_bad(&fifo->bus, bad_index, size < 0);
		*bad = true;
	}
	return size;
}

/**
 * virtio_msg_card_interrupt() - the card interrupts
 * @card: initialised
 * @n: vector, the number of a FIFO
 *
 * Not called for the same vector while it runs.
 *
 * Context: Any.
 */
void virtio_msg_card_interrupt(struct virtio_msg_card *card, unsigned int n)
{
	struct virtio_msg_card_fifo *fifo = &card->fifos[n];
	u8 msg[VIRTIO_MSG_CARD_MSG_SIZE] __aligned(8);
	bool bad = false;
	unsigned int i;
	int size;

	for (i = 0; i < VIRTIO_MSG_AMP_BATCH; i++) {
		if (READ_ONCE(card->gone))
			return;
		size = get(fifo, msg, &bad);
		if (!size)
			break;
		if (size > 0)
			virtio_msg_bus_receive(&fifo->bus, msg, size);
	}
	if (bad)
		suspect(fifo);
	if (take_full(fifo))
		virtio_msg_bus_writable(&fifo->bus);
}

/* Windows, for a relay: the card names memory as this kernel's processors do */

static int card_window_alloc(struct virtio_msg_bus *bus,
			     struct virtio_msg_window *win)
{
	win->kaddr = alloc_pages_exact(win->size, GFP_KERNEL_ACCOUNT |
				       __GFP_ZERO | __GFP_NOWARN);
	if (!win->kaddr)
		return -ENOMEM;
	win->bus_addr = virt_to_phys(win->kaddr);
	return 0;
}

static void card_window_free(struct virtio_msg_bus *bus,
			     struct virtio_msg_window *win)
{
	free_pages_exact(win->kaddr, win->size);
}

/* Nothing keeps a card from memory but that it is gone. */
static int card_window_revoke(struct virtio_msg_bus *bus,
			      struct virtio_msg_window *win)
{
	return READ_ONCE(to_fifo(bus)->card->gone) ? 0 : -EBUSY;
}

static const struct virtio_msg_bus_ops card_ops = {
	.send = card_send,
	.window_alloc = card_window_alloc,
	.window_free = card_window_free,
	.window_revoke = card_window_revoke,
};

/* Life */

static int find_area(struct virtio_msg_fifo_area *area, u8 *queue)
{
	int err = virtio_msg_fifo_area_init(area, queue, VIRTIO_MSG_CARD_QUEUE,
					    VIRTIO_MSG_FIFO_SLOT);

	area->msg_size = VIRTIO_MSG_CARD_MSG_SIZE;
	return err;
}

/*
 * The card keeps its indices, and what is in the queues, for as long as it
 * lives: go on where an earlier driver ended, have the card take what that one
 * left, and drop what it answers.
 */
static int attach(struct virtio_msg_card_fifo *fifo)
{
	struct virtio_msg_fifo_area tx, rx;
	int err;

	err = find_area(&tx, window_of(fifo) + VIRTIO_MSG_CARD_TO_DEVICE) ?:
	      find_area(&rx, window_of(fifo) + VIRTIO_MSG_CARD_TO_DRIVER);
	if (err)
		return err;
	spin_lock_irq(&fifo->tx_lock);
	err = virtio_msg_fifo_attach_producer(&fifo->tx, &tx);
	fifo->full = false;
	spin_unlock_irq(&fifo->tx_lock);
	if (err)
		return err;
	ring(fifo);
	/* After this read the card has seen the ring. */
	if (!answers(fifo->card))
		return -ENODEV;
	spin_lock_irq(&fifo->rx_lock);
	err = virtio_msg_fifo_attach_consumer(&fifo->rx, &rx);
	if (!err)
		virtio_msg_fifo_discard(&fifo->rx);
	spin_unlock_irq(&fifo->rx_lock);
	return err;
}

static void init_fifo(struct virtio_msg_card *card, unsigned int number)
{
	struct virtio_msg_card_fifo *fifo = &card->fifos[number];
	struct virtio_msg_bus *bus = &fifo->bus;

	fifo->card = card;
	fifo->number = number;
	spin_lock_init(&fifo->tx_lock);
	spin_lock_init(&fifo->rx_lock);
	snprintf(bus->name, sizeof(bus->name), "%.20s-%u", card->name, number);
	bus->ops = &card_ops;
	bus->parent = card->dev;
	bus->priv = fifo;
	bus->role = VIRTIO_MSG_ROLE_DRIVER;
	bus->flags = VIRTIO_MSG_BUS_UNTAGGED | VIRTIO_MSG_BUS_NO_SHM |
		     VIRTIO_MSG_BUS_NO_NOTIFICATION_DATA;
	/* No dma_dev: addresses are physical, also behind an IOMMU. */
	if (!card->relay)
		bus->flags |= VIRTIO_MSG_BUS_DIRECT;
	bus->max_msg_size = VIRTIO_MSG_CARD_MSG_SIZE;
	bus->dialect = VIRTIO_MSG_DIALECT_PR28;
	bus->num_devices = VIRTIO_MSG_CARD_DEVICES;
	bus->timeout_ms = card->timeout_ms;
}

static int check_version(struct virtio_msg_card *card)
{
	u32 version = card->ops->read(card, VIRTIO_MSG_CARD_VERSION);

	if (version == VIRTIO_MSG_CARD_VERSION_0_1)
		return 0;
	dev_err(card->dev, "version %#x of the card is not known\n", version);
	return -ENODEV;
}

/* A later card has the same number and version, and nothing else in common. */
static int check_layout(struct virtio_msg_card_fifo *fifo)
{
	const __le16 *word = (const void *)(window_of(fifo) +
					    VIRTIO_MSG_CARD_TO_DEVICE);

	if (le16_to_cpu(READ_ONCE(*word)) != VIRTIO_MSG_CARD_OTHER_MAGIC)
		return 0;
	dev_err(fifo->card->dev,
		"FIFO %u has the layout that describes itself, which is not known\n",
		fifo->number);
	return -ENODEV;
}

/**
 * virtio_msg_card_init() - begin to use a card
 * @card: zeroed, but for the members that are not private
 *
 * From then on it may interrupt. Nothing needs to be undone.
 *
 * Context: Sleeps.
 * Return: 0; -ENODEV for a card that is not known, or gone; -EINVAL if it has
 * not the memory of that many FIFOs.
 */
int virtio_msg_card_init(struct virtio_msg_card *card)
{
	unsigned int i;
	int err;

	if (!card->num_fifos || card->num_fifos > VIRTIO_MSG_CARD_FIFOS ||
	    card->memory_size / VIRTIO_MSG_CARD_WINDOW < card->num_fifos)
		return -EINVAL;
	err = check_version(card);
	if (err)
		return err;
	INIT_DELAYED_WORK(&card->watch, watch_work);
	disable_delayed_work(&card->watch);
	for (i = 0; i < card->num_fifos; i++) {
		init_fifo(card, i);
		err = check_layout(&card->fifos[i]) ?: attach(&card->fifos[i]);
		if (err)
			return err;
	}
	return 0;
}

/* Nothing looks at the card any more when this is done. */
static void unregister_buses(struct virtio_msg_card *card)
{
	unsigned int i;

	for (i = card->num_fifos; i--; ) {
		if (!card->fifos[i].registered)
			continue;
		virtio_msg_bus_unregister(&card->fifos[i].bus);
		card->fifos[i].registered = false;
	}
	disable_delayed_work_sync(&card->watch);
}

/**
 * virtio_msg_card_start() - register the buses of a card
 * @card: initialised, and able to interrupt
 *
 * Context: Sleeps.
 * Return: 0, or as virtio_msg_bus_register(): then there are none.
 */
int virtio_msg_card_start(struct virtio_msg_card *card)
{
	unsigned int i;
	int err;

	enable_delayed_work(&card->watch);
	watch(card);
	for (i = 0; i < card->num_fifos; i++) {
		err = virtio_msg_bus_register(&card->fifos[i].bus);
		if (err) {
			unregister_buses(card);
			return err;
		}
		card->fifos[i].registered = true;
	}
	return 0;
}

/**
 * virtio_msg_card_stop() - unregister the buses of a card
 * @card: started; it may still interrupt, so that its devices can be reset
 *
 * Context: Sleeps, for as long as drivers take to let go of their devices.
 */
void virtio_msg_card_stop(struct virtio_msg_card *card)
{
	/* One that was pulled out, or will be, is not waited for. */
	if (!answers(card))
		lose(card);
	unregister_buses(card);
}

/**
 * virtio_msg_card_resume() - go on after sleep
 * @card: started; its devices do not wake before
 *
 * The memory of the card may not be what it was.
 *
 * Context: Sleeps.
 * Return: 0, or -ENODEV if it is gone.
 */
int virtio_msg_card_resume(struct virtio_msg_card *card)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < card->num_fifos && !err; i++)
		err = attach(&card->fifos[i]);
	if (err)
		lose(card);
	return err;
}
