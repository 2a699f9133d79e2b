/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What buses in shared memory have in common: a link to the peer, and a bus of
 * virtio over messages for as long as there is one.
 */
#ifndef _VIRTIO_MSG_AMP_SHMEM_H
#define _VIRTIO_MSG_AMP_SHMEM_H

#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/virtio_msg.h>
#include <linux/workqueue.h>

#include "area.h"
#include "fifo.h"
#include "layout.h"

struct virtio_msg_shmem;

/**
 * struct virtio_msg_shmem_ops - what differs from one machine to the next
 * @ring: ring the peer's doorbell, whose address is what the peer says that it
 *	is: any value but VIRTIO_MSG_AMP_NO_DOORBELL. Called in any context.
 *	NULL: there is none.
 * @looked: Optional. What this side was rung for has been looked at; @any:
 *	there were messages. Called once or more after each call of
 *	virtio_msg_shmem_rung(), unless the link stops. May sleep.
 * @down: Optional. The bus has unregistered, and the peer is about to be told
 *	that nothing of the link is used any more. May sleep.
 * @bus: Optional. Operations of a bus whose windows are not in this memory:
 *	send and lost are virtio_msg_shmem_send() and virtio_msg_shmem_lost().
 *	The window areas of the layout are then the bus's own.
 */
struct virtio_msg_shmem_ops {
	void (*ring)(struct virtio_msg_shmem *shmem, u32 address);
	void (*looked)(struct virtio_msg_shmem *shmem, bool any);
	void (*down)(struct virtio_msg_shmem *shmem);
	const struct virtio_msg_bus_ops *bus;
};

/**
 * struct virtio_msg_shmem - shared memory with a peer behind it
 * @name: of the bus
 * @dev: parent of the bus
 * @ops: see there
 * @base: the memory, where this kernel sees it
 * @phys: the same as a physical address, at a page of this kernel
 * @size: its bytes
 * @side: 0 or 1
 * @doorbell: where the peer rings this side; VIRTIO_MSG_AMP_NO_DOORBELL if it
 *	cannot, and this side polls
 * @role: VIRTIO_MSG_ROLE_*
 * @flags: VIRTIO_MSG_BUS_*, of the bus
 * @slot_size: side 0: bytes of the largest message
 * @num_slots: side 0: slots of a FIFO
 * @peer_ms: for how long the peer may look dead
 * @fair: messages are taken at the priority of a process, not before all of them
 *
 * The members below are private:
 *
 * @bus: registered while the link is up
 * @layout: what is where in the memory
 * @ours: our control block
 * @theirs: that of the peer
 * @epoch: ours
 * @peer_epoch: that of the peer which this side has accepted, or 0
 * @peer_doorbell: address of the peer's doorbell
 * @up: there is a link and a bus; senders see it under @lock
 * @open: the bus takes messages
 * @lost: there is a bus, but its link is gone
 * @stopping: no link is to be made any more
 * @beat: ours
 * @peer_beat: the peer's when last seen
 * @missed: beats of this side since it last changed
 * @pause_ms: the pause after the last link
 * @resume: when the next link may begin, in jiffies
 * @since: when this one began
 * @lock: protects @tx, @full and changes of @up
 * @tx: where this side writes
 * @rx: where it reads; of @drain_work alone while @up
 * @full: a sender was turned away
 * @bad_index: of both FIFOs, those that the bus has counted
 * @bad_size: likewise; both of @drain_work
 * @message: the message that was read last
 * @areas: window areas of this side and of the peer
 * @wq: runs @drain_work
 * @drain_work: takes messages
 * @link_wq: runs @link_work, which waits for drivers
 * @link_work: makes and ends links
 * @beat_timer: says that this side is alive, and looks at the other
 * @poll_timer: looks for messages if there is no doorbell
 * @poll_us: its period
 */
struct virtio_msg_shmem {
	char name[VIRTIO_MSG_NAME_SIZE];
	struct device *dev;
	const struct virtio_msg_shmem_ops *ops;
	void *base;
	phys_addr_t phys;
	u64 size;
	unsigned int side;
	u32 doorbell;
	u32 role;
	u32 flags;
	u32 slot_size;
	u32 num_slots;
	u32 peer_ms;
	bool fair;

	struct virtio_msg_bus bus;
	struct virtio_msg_amp_layout layout;
	struct virtio_msg_amp_control *ours;
	struct virtio_msg_amp_control *theirs;
	u32 epoch;
	u32 peer_epoch;
	u32 peer_doorbell;
	bool up;
	bool open;
	bool lost;
	bool stopping;
	u32 beat;
	u32 peer_beat;
	u32 missed;
	u32 pause_ms;
	unsigned long resume;
	unsigned long since;
	spinlock_t lock;
	struct virtio_msg_fifo tx;
	struct virtio_msg_fifo rx;
	bool full;
	unsigned long bad_index;
	unsigned long bad_size;
	void *message;
	struct virtio_msg_amp_area areas[2];
	struct workqueue_struct *wq;
	struct work_struct drain_work;
	struct workqueue_struct *link_wq;
	struct work_struct link_work;
	struct timer_list beat_timer;
	struct hrtimer poll_timer;
	u32 poll_us;
};

int virtio_msg_shmem_init(struct virtio_msg_shmem *shmem);
void virtio_msg_shmem_start(struct virtio_msg_shmem *shmem);
void virtio_msg_shmem_forget(struct virtio_msg_shmem *shmem);
void virtio_msg_shmem_stop(struct virtio_msg_shmem *shmem);
void virtio_msg_shmem_destroy(struct virtio_msg_shmem *shmem);
void virtio_msg_shmem_rung(struct virtio_msg_shmem *shmem);
int virtio_msg_shmem_send(struct virtio_msg_bus *bus,
			  const struct virtio_msg *msg);
void virtio_msg_shmem_lost(struct virtio_msg_bus *bus);

#endif /* _VIRTIO_MSG_AMP_SHMEM_H */
