// SPDX-License-Identifier: GPL-2.0
/*
 * A link in shared memory: it begins when each side has accepted the epoch of
 * the other, and ends when one of them begins another epoch, leaves or stops
 * beating. Documentation/amp-shared-memory.rst has the rules.
 *
 * The peer may write any word at any time. Its words are loaded once, and what
 * they can bring about is the end of the link.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <asm/barrier.h>

#include "limits.h"
#include "shmem.h"

static u32 load(const __le32 *word)
{
	return le32_to_cpu(READ_ONCE(*word));
}

static void store(__le32 *word, u32 value)
{
	WRITE_ONCE(*word, cpu_to_le32(value));
}

static bool has_doorbell(const struct virtio_msg_shmem *shmem)
{
	return shmem->doorbell != VIRTIO_MSG_AMP_NO_DOORBELL;
}

static void ring(struct virtio_msg_shmem *shmem, u32 address)
{
	if (shmem->ops->ring && address != VIRTIO_MSG_AMP_NO_DOORBELL)
		shmem->ops->ring(shmem, address);
}

/* For what changes in the control block, before there is a link. */
static void ring_for_control(struct virtio_msg_shmem *shmem)
{
	ring(shmem, load(&shmem->theirs->doorbell));
}

static struct virtio_msg_shmem *to_shmem(struct virtio_msg_bus *bus)
{
	return bus->priv;
}

/* The peer */

/* Does it keep to the link, as far as its words tell? */
static bool peer_keeps(const struct virtio_msg_shmem *shmem)
{
	const struct virtio_msg_amp_control *theirs = shmem->theirs;

	return load(&theirs->state) == VIRTIO_MSG_AMP_READY &&
	       load(&theirs->epoch) == shmem->peer_epoch &&
	       load(&theirs->peer_epoch) == shmem->epoch;
}

/* It says so only after it has stopped using windows of the link. */
static bool peer_has_left(const struct virtio_msg_shmem *shmem)
{
	/* Before anything is written to them; pairs with leave(). */
	u32 state = le32_to_cpu(virt_load_acquire(&shmem->theirs->state));

	return state != VIRTIO_MSG_AMP_READY ||
	       load(&shmem->theirs->epoch) != shmem->peer_epoch;
}

/*
 * Once per beat of this side. Not time but beats are counted: while this side did
 * not run, as where whoever runs both was halted, the peer may not have run either.
 */
static bool peer_beats(struct virtio_msg_shmem *shmem)
{
	u32 beat = load(&shmem->theirs->beat);

	if (beat != shmem->peer_beat)
		shmem->missed = 0;
	else
		shmem->missed++;
	shmem->peer_beat = beat;
	return shmem->missed * VIRTIO_MSG_AMP_BEAT_MS < shmem->peer_ms;
}

static void lose(struct virtio_msg_shmem *shmem)
{
	unsigned long flags;
	bool was_up;

	spin_lock_irqsave(&shmem->lock, flags);
	was_up = shmem->up;
	WRITE_ONCE(shmem->up, false);
	if (was_up)
		WRITE_ONCE(shmem->lost, true);
	spin_unlock_irqrestore(&shmem->lock, flags);
	if (!was_up)
		return;
	virtio_msg_bus_lost(&shmem->bus);
	queue_work(shmem->link_wq, &shmem->link_work);
}

/* Messages */

static int put(struct virtio_msg_shmem *shmem, const struct virtio_msg *msg)
{
	u16 size = get_unaligned_le16(&msg->hdr.msg_size);
	int err;

	lockdep_assert_held(&shmem->lock);
	if (!shmem->up)
		return -ENODEV;
	err = virtio_msg_fifo_put(&shmem->tx, msg, size);
	/* Between the two there may have come room. */
	if (err == -EAGAIN && !virtio_msg_fifo_wait_room(&shmem->tx))
		err = virtio_msg_fifo_put(&shmem->tx, msg, size);
	if (err == -EAGAIN)
		shmem->full = true;
	return err;
}

static ktime_t poll_period(u32 us)
{
	return ns_to_ktime((u64)us * NSEC_PER_USEC);
}

/* After something was sent an answer may be near. */
static void poll_soon(struct virtio_msg_shmem *shmem)
{
	if (has_doorbell(shmem) ||
	    READ_ONCE(shmem->poll_us) == VIRTIO_MSG_AMP_POLL_MIN_US)
		return;
	WRITE_ONCE(shmem->poll_us, VIRTIO_MSG_AMP_POLL_MIN_US);
	hrtimer_start(&shmem->poll_timer,
		      poll_period(VIRTIO_MSG_AMP_POLL_MIN_US), HRTIMER_MODE_REL);
}

/**
 * virtio_msg_shmem_send() - send operation of a bus in shared memory
 * @bus: the bus
 * @msg: the message
 *
 * Context: Any.
 * Return: 0; -EAGAIN if there is no room; -ENODEV without a link; -EMSGSIZE.
 */
int virtio_msg_shmem_send(struct virtio_msg_bus *bus,
			  const struct virtio_msg *msg)
{
	struct virtio_msg_shmem *shmem = to_shmem(bus);
	bool notify = false;
	unsigned long flags;
	int err;

	spin_lock_irqsave(&shmem->lock, flags);
	err = put(shmem, msg);
	if (!err) {
		notify = virtio_msg_fifo_notify_data(&shmem->tx);
		poll_soon(shmem);
	}
	spin_unlock_irqrestore(&shmem->lock, flags);
	if (notify)
		ring(shmem, shmem->peer_doorbell);
	return err;
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_send);

static bool take_full(struct virtio_msg_shmem *shmem)
{
	bool full = false;

	if (!READ_ONCE(shmem->full))
		return false;
	spin_lock_irq(&shmem->lock);
	if (shmem->full && shmem->up && virtio_msg_fifo_room(&shmem->tx)) {
		shmem->full = false;
		full = true;
	}
	spin_unlock_irq(&shmem->lock);
	return full;
}

/*
 * How many messages there are of this link. Of one that has ended there may be
 * more, but an index that is that of the next epoch would not count them: the
 * state is loaded after the index. Pairs with begin_epoch() of the peer.
 */
static unsigned int pending(struct virtio_msg_shmem *shmem)
{
	unsigned int n = virtio_msg_fifo_pending(&shmem->rx);

	return peer_keeps(shmem) ? n : 0;
}

static void take_message(struct virtio_msg_shmem *shmem)
{
	int size = virtio_msg_fifo_get(&shmem->rx, shmem->message);

	if (size > 0)
		virtio_msg_bus_receive(&shmem->bus, shmem->message, size);
}

static unsigned int take_messages(struct virtio_msg_shmem *shmem)
{
	unsigned int taken = 0, n;

	while (taken < VIRTIO_MSG_AMP_BATCH && (n = pending(shmem))) {
		n = min(n, VIRTIO_MSG_AMP_BATCH - taken);
		taken += n;
		while (n--)
			take_message(shmem);
	}
	if (virtio_msg_fifo_notify_room(&shmem->rx))
		ring(shmem, shmem->peer_doorbell);
	return taken;
}

/* Counters of the bus are to say what those of its FIFOs do. */
static void count_bad(struct virtio_msg_shmem *shmem)
{
	unsigned long indices = READ_ONCE(shmem->tx.bad_index) +
				shmem->rx.bad_index;
	unsigned long sizes = shmem->rx.bad_size;

	if (indices == shmem->bad_index && sizes == shmem->bad_size)
		return;
	virtio_msg_bus_bad(&shmem->bus, indices - shmem->bad_index,
			   sizes - shmem->bad_size);
	shmem->bad_index = indices;
	shmem->bad_size = sizes;
}

/* Nothing was there, or @taken messages, fewer than could have been taken. */
static void wait_for_more(struct virtio_msg_shmem *shmem, unsigned int taken)
{
	u32 us = READ_ONCE(shmem->poll_us);

	if (has_doorbell(shmem)) {
		if (!virtio_msg_fifo_wait_data(&shmem->rx))
			queue_work(shmem->wq, &shmem->drain_work);
		return;
	}
	us = taken ? VIRTIO_MSG_AMP_POLL_MIN_US :
		     min(us * 2, VIRTIO_MSG_AMP_POLL_MAX_US);
	WRITE_ONCE(shmem->poll_us, us);
	hrtimer_start(&shmem->poll_timer, poll_period(us), HRTIMER_MODE_REL);
}

static void looked(struct virtio_msg_shmem *shmem, bool any)
{
	if (shmem->ops->looked)
		shmem->ops->looked(shmem, any);
}

static unsigned int drain(struct virtio_msg_shmem *shmem)
{
	unsigned int taken;

	if (!READ_ONCE(shmem->open) || !READ_ONCE(shmem->up))
		return 0;
	taken = take_messages(shmem);
	count_bad(shmem);
	if (take_full(shmem))
		virtio_msg_bus_writable(&shmem->bus);
	if (taken == VIRTIO_MSG_AMP_BATCH)
		queue_work(shmem->wq, &shmem->drain_work);
	else if (peer_keeps(shmem))
		wait_for_more(shmem, taken);
	else
		lose(shmem);
	return taken;
}

static void drain_work(struct work_struct *work)
{
	struct virtio_msg_shmem *shmem =
		container_of(work, struct virtio_msg_shmem, drain_work);

	looked(shmem, drain(shmem));
}

static enum hrtimer_restart poll_expired(struct hrtimer *timer)
{
	struct virtio_msg_shmem *shmem =
		container_of(timer, struct virtio_msg_shmem, poll_timer);

	queue_work(shmem->wq, &shmem->drain_work);
	return HRTIMER_NORESTART;
}

/**
 * virtio_msg_shmem_rung() - the peer rang
 * @shmem: started, or being so
 *
 * Context: Any.
 */
void virtio_msg_shmem_rung(struct virtio_msg_shmem *shmem)
{
	if (READ_ONCE(shmem->up))
		queue_work(shmem->wq, &shmem->drain_work);
	else
		queue_work(shmem->link_wq, &shmem->link_work);
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_rung);

/* Windows: a bus address is an offset in the shared memory */

static struct virtio_msg_amp_part *part(struct virtio_msg_shmem *shmem,
					bool ours)
{
	return &shmem->layout.part[ours ? shmem->side : !shmem->side];
}

static int shmem_window_alloc(struct virtio_msg_bus *bus,
			      struct virtio_msg_window *win)
{
	struct virtio_msg_shmem *shmem = to_shmem(bus);
	u32 offset;
	int err;

	err = virtio_msg_amp_area_alloc(&shmem->areas[0], win->dev_num,
					win->size, &offset);
	if (err)
		return err;
	win->bus_addr = part(shmem, true)->windows + offset;
	win->kaddr = shmem->base + win->bus_addr;
	return 0;
}

static void shmem_window_free(struct virtio_msg_bus *bus,
			      struct virtio_msg_window *win)
{
	struct virtio_msg_shmem *shmem = to_shmem(bus);

	virtio_msg_amp_area_free(&shmem->areas[0],
				 win->bus_addr - part(shmem, true)->windows,
				 win->size);
}

static int shmem_window_revoke(struct virtio_msg_bus *bus,
			       struct virtio_msg_window *win)
{
	return peer_has_left(to_shmem(bus)) ? 0 : -EBUSY;
}

static int shmem_window_map(struct virtio_msg_bus *bus, u16 dev_num, u64 addr,
			    struct virtio_msg_mapping *map)
{
	struct virtio_msg_shmem *shmem = to_shmem(bus);
	u64 windows = part(shmem, false)->windows;
	u32 start;
	int err;

	if (addr < windows)
		return -EFAULT;
	err = virtio_msg_amp_area_find(&shmem->areas[1], dev_num,
				       addr - windows, &start, &map->size);
	if (!err)
		map->bus_addr = windows + start;
	return err;
}

/* A mapping is nothing but two numbers. */
static void shmem_window_unmap(struct virtio_msg_bus *bus,
			       struct virtio_msg_mapping *map)
{
}

static void shmem_device_released(struct virtio_msg_bus *bus, u16 dev_num)
{
	virtio_msg_amp_area_retire(&to_shmem(bus)->areas[1], dev_num);
}

static unsigned long shmem_window_page(struct virtio_msg_bus *bus,
				       const struct virtio_msg_mapping *map,
				       size_t offset)
{
	return PHYS_PFN(to_shmem(bus)->phys + map->bus_addr + offset);
}

/**
 * virtio_msg_shmem_lost() - lost operation of a bus in shared memory
 * @bus: the bus
 *
 * Also a peer that beats may be of no use.
 *
 * Context: Any.
 */
void virtio_msg_shmem_lost(struct virtio_msg_bus *bus)
{
	lose(to_shmem(bus));
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_lost);

static const struct virtio_msg_bus_ops shmem_ops = {
	.send = virtio_msg_shmem_send,
	.lost = virtio_msg_shmem_lost,
	.window_alloc = shmem_window_alloc,
	.window_free = shmem_window_free,
	.window_revoke = shmem_window_revoke,
	.window_map = shmem_window_map,
	.window_unmap = shmem_window_unmap,
	.device_released = shmem_device_released,
	.window_page = shmem_window_page,
};

/* The link */

static int init_areas(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_amp_part *ours = part(shmem, true);
	struct virtio_msg_amp_part *theirs = part(shmem, false);
	int err;

	if (shmem->ops->bus)
		return 0;
	/* Where pages of this kernel do not begin, none can be mapped. */
	if ((ours->windows | theirs->windows) & ~PAGE_MASK)
		return -EINVAL;
	err = virtio_msg_amp_area_init(&shmem->areas[0],
				       shmem->base + ours->windows,
				       ours->windows_size, true);
	return err ?: virtio_msg_amp_area_init(&shmem->areas[1],
					       shmem->base + theirs->windows,
					       theirs->windows_size, false);
}

static void destroy_areas(struct virtio_msg_shmem *shmem)
{
	virtio_msg_amp_area_destroy(&shmem->areas[0]);
	virtio_msg_amp_area_destroy(&shmem->areas[1]);
}

static int attach_fifos(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_amp_control *ours = shmem->ours;
	struct virtio_msg_amp_control *theirs = shmem->theirs;
	const struct virtio_msg_fifo_area tx = {
		.head = &ours->head,
		.tail = &theirs->tail,
		.head_event = &theirs->head_event,
		.tail_event = &ours->tail_event,
		.slots = shmem->base + part(shmem, true)->slots,
		.slot_size = shmem->layout.slot_size,
		.num_slots = shmem->layout.num_slots,
		.msg_size = shmem->layout.slot_size,
	};
	const struct virtio_msg_fifo_area rx = {
		.head = &theirs->head,
		.tail = &ours->tail,
		.head_event = &ours->head_event,
		.tail_event = &theirs->tail_event,
		.slots = shmem->base + part(shmem, false)->slots,
		.slot_size = shmem->layout.slot_size,
		.num_slots = shmem->layout.num_slots,
		.msg_size = shmem->layout.slot_size,
	};
	int err;

	err = virtio_msg_fifo_attach_producer(&shmem->tx, &tx);
	return err ?: virtio_msg_fifo_attach_consumer(&shmem->rx, &rx);
}

static void fill_bus(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_bus *bus = &shmem->bus;

	strscpy(bus->name, shmem->name, sizeof(bus->name));
	bus->ops = shmem->ops->bus ?: &shmem_ops;
	bus->parent = shmem->dev;
	bus->priv = shmem;
	bus->role = shmem->role;
	bus->flags = shmem->flags;
	bus->max_msg_size = shmem->layout.slot_size;
}

/* The next link has to wait, the longer the less the last one lasted. */
static void set_pause(struct virtio_msg_shmem *shmem)
{
	if (time_after(jiffies, shmem->since +
		       msecs_to_jiffies(VIRTIO_MSG_AMP_STEADY_MS)))
		shmem->pause_ms = VIRTIO_MSG_AMP_PAUSE_MIN_MS;
	else
		shmem->pause_ms = min(shmem->pause_ms * 2,
				      VIRTIO_MSG_AMP_PAUSE_MAX_MS);
	shmem->resume = jiffies + msecs_to_jiffies(shmem->pause_ms);
}

/* Nothing of the link is used any more, and the peer may know. */
static void leave(struct virtio_msg_shmem *shmem)
{
	/* Whatever was done in windows is done; pairs with peer_has_left(). */
	virt_store_release(&shmem->ours->state,
			   cpu_to_le32(VIRTIO_MSG_AMP_DOWN));
	ring_for_control(shmem);
	shmem->peer_epoch = 0;
	shmem->ours = NULL;
	set_pause(shmem);
}

static void set_up(struct virtio_msg_shmem *shmem)
{
	shmem->peer_doorbell = load(&shmem->theirs->doorbell);
	shmem->peer_beat = load(&shmem->theirs->beat);
	shmem->missed = 0;
	shmem->since = jiffies;
	shmem->full = false;
	shmem->bad_index = 0;
	shmem->bad_size = 0;
	shmem->poll_us = VIRTIO_MSG_AMP_POLL_MIN_US;
	spin_lock_irq(&shmem->lock);
	WRITE_ONCE(shmem->up, true);
	spin_unlock_irq(&shmem->lock);
}

static void set_down(struct virtio_msg_shmem *shmem)
{
	spin_lock_irq(&shmem->lock);
	WRITE_ONCE(shmem->open, false);
	WRITE_ONCE(shmem->up, false);
	WRITE_ONCE(shmem->lost, false);
	spin_unlock_irq(&shmem->lock);
}

/*
 * What side 0 said before this epoch may be of an earlier life of its. Now it is
 * in the epoch that was accepted, and its header does not change in that.
 */
static int confirm_layout(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_amp_layout now;
	int i, err;

	if (!shmem->side)
		return 0;
	err = virtio_msg_amp_layout_read(&now, shmem->size, shmem->base);
	if (err)
		return err;
	for (i = 0; i < 2; i++)
		if (now.part[i].control != shmem->layout.part[i].control)
			return -EPROTO;
	shmem->layout = now;
	return 0;
}

static int bring_up(struct virtio_msg_shmem *shmem)
{
	int err;

	err = confirm_layout(shmem);
	if (err)
		return err;
	err = init_areas(shmem);
	if (!err)
		err = attach_fifos(shmem);
	if (err)
		goto destroy;
	fill_bus(shmem);
	/* The core sends while it registers. */
	set_up(shmem);
	err = virtio_msg_bus_register(&shmem->bus);
	if (err)
		goto down;
	dev_info_ratelimited(shmem->dev, "side %u, messages of up to %u bytes\n",
			     shmem->side, shmem->layout.slot_size);
	/* Not before: the core would have dropped what came. */
	WRITE_ONCE(shmem->open, true);
	queue_work(shmem->wq, &shmem->drain_work);
	return 0;

down:
	set_down(shmem);
	cancel_work_sync(&shmem->drain_work);
destroy:
	destroy_areas(shmem);
	return err;
}

/* With a bus, whether or not the peer is still there. */
static void take_down(struct virtio_msg_shmem *shmem)
{
	virtio_msg_bus_unregister(&shmem->bus);
	set_down(shmem);
	hrtimer_cancel(&shmem->poll_timer);
	cancel_work_sync(&shmem->drain_work);
	hrtimer_cancel(&shmem->poll_timer);
	destroy_areas(shmem);
	if (shmem->ops->down)
		shmem->ops->down(shmem);
	leave(shmem);
}

/* Is it as this side has written it, or read it? */
static bool header_stands(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_amp_layout layout;

	return !virtio_msg_amp_layout_read(&layout, shmem->size, shmem->base) &&
	       !memcmp(&layout, &shmem->layout, sizeof(layout));
}

static int find_layout(struct virtio_msg_shmem *shmem)
{
	if (shmem->side)
		return virtio_msg_amp_layout_read(&shmem->layout, shmem->size,
						  shmem->base);
	if (!header_stands(shmem))
		virtio_msg_amp_layout_write(&shmem->layout, shmem->base);
	return 0;
}

/*
 * Does what this side says of itself still stand there? Else the peer would never
 * accept it, and nobody write it again; it may be that only this side has a link,
 * or that the peer has one with another layout.
 */
static bool words_stand(struct virtio_msg_shmem *shmem)
{
	const struct virtio_msg_amp_control *ours = shmem->ours;

	return load(&ours->state) == VIRTIO_MSG_AMP_READY &&
	       load(&ours->epoch) == shmem->epoch &&
	       load(&ours->peer_epoch) == shmem->peer_epoch &&
	       load(&ours->doorbell) == shmem->doorbell &&
	       (shmem->side || header_stands(shmem));
}

/*
 * As long as there is no link, more does. Side 1 has read the header while it may
 * have been another one, and would look for the peer in the wrong place.
 */
static bool all_stands(struct virtio_msg_shmem *shmem)
{
	const struct virtio_msg_amp_control *ours = shmem->ours;

	return words_stand(shmem) && header_stands(shmem) &&
	       !load(&ours->head) && !load(&ours->tail);
}

/* Say that this side is here, and has forgotten what was before. */
static void begin_epoch(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_amp_control *ours = shmem->ours;

	store(&ours->state, VIRTIO_MSG_AMP_DOWN);
	/* Not ready before anything changes. */
	virt_wmb();
	store(&ours->peer_epoch, 0);
	store(&ours->head, 0);
	store(&ours->tail, 0);
	store(&ours->head_event, VIRTIO_MSG_AMP_NEVER);
	store(&ours->tail_event, VIRTIO_MSG_AMP_NEVER);
	store(&ours->doorbell, shmem->doorbell);
	store(&ours->reserved, 0);
	/* What the memory has is that of an earlier life, or 0. */
	if (!shmem->epoch)
		shmem->epoch = load(&ours->epoch);
	shmem->epoch = shmem->epoch + 1 ?: 1;
	/* Nothing accepted before the epoch; pairs with can_begin(). */
	virt_wmb();
	store(&ours->epoch, shmem->epoch);
	/* All of the above; pairs with can_begin() of the peer. */
	virt_store_release(&ours->state, cpu_to_le32(VIRTIO_MSG_AMP_READY));
	ring_for_control(shmem);
}

static int appear(struct virtio_msg_shmem *shmem)
{
	int err = find_layout(shmem);

	if (err)
		return err;
	shmem->theirs = shmem->base + part(shmem, false)->control;
	shmem->ours = shmem->base + part(shmem, true)->control;
	begin_epoch(shmem);
	return 0;
}

/* Accept the peer's epoch. True if it has accepted ours, too. */
static bool can_begin(struct virtio_msg_shmem *shmem)
{
	struct virtio_msg_amp_control *theirs = shmem->theirs;
	u32 epoch = load(&theirs->epoch), accepted;

	/* What was accepted in this epoch; pairs with begin_epoch(). */
	virt_rmb();
	accepted = load(&theirs->peer_epoch);
	/* That is still so if the epoch is the same afterwards. */
	virt_rmb();
	/* Pairs with begin_epoch() of the peer. */
	if (virt_load_acquire(&theirs->state) !=
	    cpu_to_le32(VIRTIO_MSG_AMP_READY) ||
	    !epoch || load(&theirs->epoch) != epoch)
		return false;
	if (epoch != shmem->peer_epoch) {
		shmem->peer_epoch = epoch;
		/* Pairs with the acquire of the peer's look at us. */
		virt_store_release(&shmem->ours->peer_epoch,
				   cpu_to_le32(epoch));
		ring_for_control(shmem);
	}
	return accepted == shmem->epoch;
}

static void make_or_end_link(struct virtio_msg_shmem *shmem)
{
	int err = 0;

	if (READ_ONCE(shmem->stopping))
		return;
	if (READ_ONCE(shmem->lost)) {
		dev_info_ratelimited(shmem->dev, "the link is lost\n");
		virtio_msg_bus_lost(&shmem->bus);
		take_down(shmem);
	}
	if (READ_ONCE(shmem->up))
		return;
	if (shmem->ours && !all_stands(shmem))
		leave(shmem);
	if (time_before(jiffies, shmem->resume))
		return;
	if (!shmem->ours)
		err = appear(shmem);
	if (!err && can_begin(shmem)) {
		err = bring_up(shmem);
		if (err)
			leave(shmem);
	}
	if (err && err != -EAGAIN)
		dev_warn_ratelimited(shmem->dev, "no link: error %d\n", err);
}

static void link_work(struct work_struct *work)
{
	struct virtio_msg_shmem *shmem =
		container_of(work, struct virtio_msg_shmem, link_work);

	make_or_end_link(shmem);
	looked(shmem, READ_ONCE(shmem->up));
}

static void beat_expired(struct timer_list *timer)
{
	struct virtio_msg_shmem *shmem =
		container_of(timer, struct virtio_msg_shmem, beat_timer);
	struct virtio_msg_amp_control *ours = READ_ONCE(shmem->ours);

	if (ours)
		store(&ours->beat, ++shmem->beat);
	if (!READ_ONCE(shmem->up))
		queue_work(shmem->link_wq, &shmem->link_work);
	else if (!words_stand(shmem) || !peer_keeps(shmem) ||
		 !peer_beats(shmem))
		lose(shmem);
	else
		/* One that was not rung for is late, but not lost. */
		queue_work(shmem->wq, &shmem->drain_work);
	mod_timer(timer, jiffies + msecs_to_jiffies(VIRTIO_MSG_AMP_BEAT_MS));
}

static int create_queues(struct virtio_msg_shmem *shmem)
{
	shmem->message = kmalloc(VIRTIO_MSG_AMP_MAX_SLOT, GFP_KERNEL);
	if (!shmem->message)
		return -ENOMEM;
	shmem->wq = alloc_workqueue("%.16s-rx", WQ_UNBOUND | WQ_MEM_RECLAIM |
				    (shmem->fair ? 0 : WQ_HIGHPRI), 1,
				    shmem->name);
	if (!shmem->wq)
		goto free_message;
	shmem->link_wq = alloc_ordered_workqueue("%.16s-link", 0, shmem->name);
	if (!shmem->link_wq)
		goto destroy_wq;
	return 0;

destroy_wq:
	destroy_workqueue(shmem->wq);
free_message:
	kfree(shmem->message);
	return -ENOMEM;
}

/**
 * virtio_msg_shmem_init() - prepare a link
 * @shmem: zeroed, but for the members that are not private
 *
 * Context: Sleeps.
 * Return: 0; -EINVAL if the memory does not suffice; -ENOMEM.
 */
int virtio_msg_shmem_init(struct virtio_msg_shmem *shmem)
{
	int err;

	if (!shmem->side) {
		err = virtio_msg_amp_layout_make(&shmem->layout, shmem->size,
						 shmem->slot_size,
						 shmem->num_slots);
		if (err)
			return err;
	}
	spin_lock_init(&shmem->lock);
	INIT_WORK(&shmem->drain_work, drain_work);
	INIT_WORK(&shmem->link_work, link_work);
	timer_setup(&shmem->beat_timer, beat_expired, 0);
	hrtimer_setup(&shmem->poll_timer, poll_expired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL);
	shmem->pause_ms = VIRTIO_MSG_AMP_PAUSE_MIN_MS;
	shmem->resume = jiffies;
	return create_queues(shmem);
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_init);

/**
 * virtio_msg_shmem_start() - look for the peer
 * @shmem: initialised, and rung if there is a doorbell
 *
 * From then on there is a bus whenever there is a link.
 *
 * Context: Any.
 */
void virtio_msg_shmem_start(struct virtio_msg_shmem *shmem)
{
	queue_work(shmem->link_wq, &shmem->link_work);
	mod_timer(&shmem->beat_timer, jiffies);
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_start);

/**
 * virtio_msg_shmem_forget() - the peer is gone, whatever its words say
 * @shmem: started
 *
 * Nothing waits for it any more, virtio_msg_shmem_stop() least of all.
 *
 * Context: Any.
 */
void virtio_msg_shmem_forget(struct virtio_msg_shmem *shmem)
{
	lose(shmem);
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_forget);

/**
 * virtio_msg_shmem_stop() - leave
 * @shmem: started; it may still be rung
 *
 * Context: Sleeps, for as long as drivers take to let go of their devices.
 */
void virtio_msg_shmem_stop(struct virtio_msg_shmem *shmem)
{
	WRITE_ONCE(shmem->stopping, true);
	cancel_work_sync(&shmem->link_work);
	/* This side beats until it has left, and takes messages. */
	if (READ_ONCE(shmem->lost))
		virtio_msg_bus_lost(&shmem->bus);
	if (READ_ONCE(shmem->up) || READ_ONCE(shmem->lost))
		take_down(shmem);
	else if (shmem->ours)
		leave(shmem);
	timer_shutdown_sync(&shmem->beat_timer);
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_stop);

/**
 * virtio_msg_shmem_destroy() - free what virtio_msg_shmem_init() made
 * @shmem: stopped, or not started; is not rung any more
 *
 * Context: Sleeps.
 */
void virtio_msg_shmem_destroy(struct virtio_msg_shmem *shmem)
{
	destroy_workqueue(shmem->link_wq);
	destroy_workqueue(shmem->wq);
	kfree(shmem->message);
}
EXPORT_SYMBOL_GPL(virtio_msg_shmem_destroy);

MODULE_DESCRIPTION("Virtio over messages in memory shared with a peer");
MODULE_LICENSE("GPL");
