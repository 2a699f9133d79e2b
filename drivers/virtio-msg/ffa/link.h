/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_FFA_LINK_H
#define _VIRTIO_MSG_FFA_LINK_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/virtio_msg.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <uapi/linux/virtio_msg_ffa.h>

#include <compat/virtio_msg_compat_ffa.h>
#include "../amp/fifo.h"
#include "limits.h"

/**
 * enum virtio_msg_ffa_counter - what happened on a link
 * @VIRTIO_MSG_FFA_CNT_CALLS: messages that the partition was called with
 * @VIRTIO_MSG_FFA_CNT_BUSIES: of these, those for which it was busy
 * @VIRTIO_MSG_FFA_CNT_POLLS: of these, those that asked for events
 * @VIRTIO_MSG_FFA_CNT_EVENTS: events that came
 * @VIRTIO_MSG_FFA_CNT_NOTIFICATIONS: notifications that came
 * @VIRTIO_MSG_FFA_CNT_BAD: messages that cannot be
 * @VIRTIO_MSG_FFA_CNT_UNEXPECTED: answers that nobody waits for, unknown areas
 * @VIRTIO_MSG_FFA_CNT_ERRORS: messages that the partition did not understand
 * @VIRTIO_MSG_FFA_CNT_LOSSES: how often the partition was lost
 * @VIRTIO_MSG_FFA_COUNTERS: number of counters
 */
enum virtio_msg_ffa_counter {
	VIRTIO_MSG_FFA_CNT_CALLS,
	VIRTIO_MSG_FFA_CNT_BUSIES,
	VIRTIO_MSG_FFA_CNT_POLLS,
	VIRTIO_MSG_FFA_CNT_EVENTS,
	VIRTIO_MSG_FFA_CNT_NOTIFICATIONS,
	VIRTIO_MSG_FFA_CNT_BAD,
	VIRTIO_MSG_FFA_CNT_UNEXPECTED,
	VIRTIO_MSG_FFA_CNT_ERRORS,
	VIRTIO_MSG_FFA_CNT_LOSSES,
	VIRTIO_MSG_FFA_COUNTERS,
};

/**
 * struct virtio_msg_ffa_box - messages that wait
 * @slots: a ring of messages
 * @head: the first one
 * @count: how many there are
 * @full: one found no room
 */
struct virtio_msg_ffa_box {
	u8 slots[VIRTIO_MSG_FFA_BOX][VIRTIO_MSG_FFA_ROOM] __aligned(8);
	unsigned int head;
	unsigned int count;
	bool full;
};

/**
 * struct virtio_msg_ffa_request - the request of the bus that is in flight
 * @lock: held by who makes it
 * @done: it was answered, or never will be
 * @waiting: it is in flight
 * @id: its VIRTIO_MSG_FFA_*
 * @token: its token
 * @status: 0, or an error
 * @size: bytes of @answer
 * @answer: the answer
 *
 * All but the first two are protected by the lock of the link.
 */
struct virtio_msg_ffa_request {
	struct mutex lock;
	struct completion done;
	bool waiting;
	u8 id;
	u16 token;
	int status;
	unsigned int size;
	u8 answer[VIRTIO_MSG_FFA_ROOM];
};

struct virtio_msg_ffa_area_mem;

/**
 * struct virtio_msg_ffa - a link to a partition, and the bus over it
 * @fdev: the partition
 * @timeout_ms: time in which it answers
 * @event_types: bits of VIRTIO_MSG_FFA_EVENTS_* that may be used
 * @indirect: it is not called, but sent indirect messages
 *
 * The members below are private:
 *
 * @bus: the bus
 * @registered: there is a bus
 * @stopping: there will be none any more
 * @gone: the partition does not answer as it should: nothing is sent
 * @silent: the log has been told that there is no link
 * @since: when the link began, in jiffies
 * @pause_ms: before the next attempt
 * @link_wq: for what waits for answers
 * @link_work: begins and ends the link
 * @reclaim_work: reclaims memory that could not be
 * @bus_version: that is spoken
 * @bus_features: VIRTIO_MSG_FFA_F_* of the partition
 * @transport_features: transport feature bits of the partition
 * @max_areas: the largest number of an area
 * @long_version: VERSION has the longer form
 * @areas: areas by number; what has a number only was not given up
 * @next_area: where the search for a number begins
 * @wq: calls the partition, one message at a time
 * @send_work: empties the outbox
 * @poll_work: asks for events
 * @receive_work: takes what came otherwise than as an answer
 * @events: VIRTIO_MSG_FFA_EVENTS_* that is used
 * @key: by which callbacks know the link
 * @notify_id: notification of the partition, or -1
 * @indirect_bound: indirect messages are received
 * @fifo_mem: memory of FIFOs, or NULL
 * @fifo: events from the partition
 * @stuck: notifications that firmware did not take back
 * @fifo_notify_id: notification that tells it of room
 * @fifo_bad_index: indices of @fifo that cannot be, so far
 * @polls: the partition knows EVENT_POLL, as far as was seen
 * @polled: it has answered one
 * @poll_ms: pause between polls
 * @busy: it was busy the last time
 * @busy_since: since then, in jiffies
 * @busy_ms: pause until it is tried again
 * @lock: protects what follows
 * @outbox: messages to it
 * @inbox: messages of it that were not answers
 * @room: some of them have gone
 * @request: the request in flight
 * @counters: what happened
 */
struct virtio_msg_ffa {
	struct ffa_device *fdev;
	u32 timeout_ms;
	u32 event_types;
	bool indirect;

	struct virtio_msg_bus bus;
	bool registered;
	bool stopping;
	bool gone;
	bool silent;
	unsigned long since;
	u32 pause_ms;
	struct workqueue_struct *link_wq;
	struct delayed_work link_work;
	struct delayed_work reclaim_work;

	u32 bus_version;
	u32 bus_features;
	u32 transport_features;
	u32 max_areas;
	bool long_version;

	struct xarray areas;
	u32 next_area;

	struct workqueue_struct *wq;
	struct delayed_work send_work;
	struct delayed_work poll_work;
	struct work_struct receive_work;
	u8 events;
	u32 key;
	int notify_id;
	bool indirect_bound;
	struct virtio_msg_ffa_area_mem *fifo_mem;
	struct virtio_msg_fifo fifo;
	unsigned int stuck;
	u16 fifo_notify_id;
	unsigned long fifo_bad_index;
	bool polls;
	bool polled;
	u32 poll_ms;
	bool busy;
	unsigned long busy_since;
	u32 busy_ms;

	spinlock_t lock;
	struct virtio_msg_ffa_box outbox;
	struct virtio_msg_ffa_box inbox;
	wait_queue_head_t room;
	struct virtio_msg_ffa_request request;
	atomic_long_t counters[VIRTIO_MSG_FFA_COUNTERS];
};

static inline void virtio_msg_ffa_count(struct virtio_msg_ffa *ffa,
					enum virtio_msg_ffa_counter counter)
{
	atomic_long_inc(&ffa->counters[counter]);
}

static inline unsigned long virtio_msg_ffa_deadline(struct virtio_msg_ffa *ffa)
{
	return jiffies + msecs_to_jiffies(ffa->timeout_ms);
}

int virtio_msg_ffa_init(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_start(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_stop(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_destroy(struct virtio_msg_ffa *ffa);
void virtio_msg_ffa_lose(struct virtio_msg_ffa *ffa);

#endif /* _VIRTIO_MSG_FFA_LINK_H */
