/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of a partition for tests, and of the FF-A driver that leads to it:
 * messages, memory, notifications. It shares no code with what is tested, and
 * has one device, that fills what is asked of it.
 */
#ifndef _VIRTIO_MSG_FFA_FAKE_PARTITION_H
#define _VIRTIO_MSG_FFA_FAKE_PARTITION_H

#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "../fake_until.h"
#include "link.h"

#define FAKE_FFA_MSG		VIRTIO_MSG_FFA_ROOM
#define FAKE_FFA_AREAS		256
#define FAKE_FFA_EVENTS		64
#define FAKE_FFA_DEVICES	512
#define FAKE_FFA_CONFIG		16
#define FAKE_FFA_QUEUE		64

struct fake_ffa;

/**
 * struct fake_ffa_region - memory that was shared
 * @fake: with which partition
 * @pages: its pages, of which the model has references
 * @num: how many
 * @map: where the partition sees it, or NULL
 */
struct fake_ffa_region {
	struct fake_ffa *fake;
	struct page **pages;
	unsigned int num;
	void *map;
};

/**
 * struct fake_ffa_device - a device
 * @status: its status
 * @features: what the driver accepted
 * @size: entries of its queue
 * @desc: address of its descriptors
 * @avail: address of the driver's part
 * @used: address of the device's part
 * @enabled: its queue is
 * @seen: requests that were taken
 */
struct fake_ffa_device {
	u32 status;
	u64 features;
	u32 size;
	u64 desc;
	u64 avail;
	u64 used;
	bool enabled;
	u16 seen;
};

/**
 * struct fake_ffa - the model
 * @ffa: what is tested
 * @fdev: the partition, as the FF-A driver knows it
 * @ops: of that driver
 * @info_ops: see there
 * @msg_ops: see there
 * @mem_ops: see there
 * @notifier_ops: see there
 * @lock: protects what follows; held in calls
 * @id: type of the devices
 * @num_devices: how many there are, from number 0
 * @devices: the devices
 * @areas: handles of areas by number, 0: none
 * @features: bus_features
 * @max_areas: largest number of an area
 * @long_form: VERSION has the longer form only
 * @refuses: VERSION is refused
 * @forms: bit 0: it came in the shorter form, bit 1: in the longer one
 * @no_events_in_answers: events wait until they are asked for
 * @greeted: VERSION came
 * @type: VIRTIO_MSG_FFA_EVENTS_*
 * @notify_id: what it sets
 * @fifo_handle: region of FIFOs
 * @fifo_index: where it writes next
 * @events: that wait
 * @first_event: of these
 * @num_events: see there
 * @tells: there is something in the FIFO
 * @told: notifies of events
 * @cb: function of notification 0, with its data below
 * @cb_data: see there
 * @bound: notification that is bound, or -1
 * @fwk_cb: function of indirect messages, with its data below
 * @fwk_data: see there
 * @calls: messages that came
 * @polls: of these, EVENT_POLL
 * @shares: calls to share memory
 * @reclaims: calls to reclaim it
 * @sends: notifications to it
 * @shared: regions that are shared
 * @freed: pages that were freed while shared
 * @served: requests of devices
 * @unshares: AREA_UNSHARE that came
 * @resets: RESET that came
 * @last_pages: page_count of the last AREA_SHARE
 * @before: called with each message; negative: the call fails
 * @after: called with each message and its answer
 * @share_error: of the next call to share memory; then 0
 * @share_half: after some of the pages
 * @reclaim_error: of all calls to reclaim it
 * @bind_error: of all calls to bind a notification
 * @unbind_error: of all calls to unbind it
 */
struct fake_ffa {
	struct virtio_msg_ffa ffa;
	struct ffa_device fdev;
	struct ffa_ops ops;
	struct ffa_info_ops info_ops;
	struct ffa_msg_ops msg_ops;
	struct ffa_mem_ops mem_ops;
	struct ffa_notifier_ops notifier_ops;

	struct mutex lock;
	u32 id;
	unsigned int num_devices;
	struct fake_ffa_device devices[FAKE_FFA_DEVICES];
	u64 *areas;
	u32 features;
	u16 max_areas;
	bool long_form;
	bool refuses;
	unsigned int forms;
	bool no_events_in_answers;
	bool greeted;
	u8 type;
	u16 notify_id;
	u64 fifo_handle;
	u16 fifo_index;
	u8 events[FAKE_FFA_EVENTS][FAKE_FFA_MSG];
	unsigned int first_event;
	unsigned int num_events;
	bool tells;
	struct work_struct told;
	ffa_notifier_cb cb;
	void *cb_data;
	int bound;
	ffa_fwk_notifier_cb fwk_cb;
	void *fwk_data;

	unsigned int calls;
	unsigned int polls;
	unsigned int shares;
	unsigned int reclaims;
	unsigned int sends;
	atomic_t shared;
	atomic_t freed;
	unsigned int served;
	unsigned int unshares;
	unsigned int resets;
	u32 last_pages;

	int (*before)(struct fake_ffa *fake, u8 *msg);
	void (*after)(struct fake_ffa *fake, const u8 *msg, u8 *answer);
	int share_error;
	bool share_half;
	int reclaim_error;
	int bind_error;
	int unbind_error;
};

struct fake_ffa *fake_ffa_create(struct kunit *test);
void fake_ffa_destroy(struct fake_ffa *fake);
void fake_ffa_drop(struct fake_ffa *fake, u16 id);
void fake_ffa_restart(struct fake_ffa *fake);
void fake_ffa_check(struct fake_ffa *fake);
void fake_ffa_event(struct fake_ffa *fake, const u8 *msg);
void fake_ffa_tell(struct fake_ffa *fake);
void *fake_ffa_map(struct fake_ffa *fake, u64 addr, u32 len);
void *fake_ffa_region_map(u64 handle);

/* The devices */
void fake_ffa_transport(struct fake_ffa *fake, const u8 *msg, u8 *answer);
u8 fake_ffa_pattern(unsigned int dev_num, u32 i);

#endif /* _VIRTIO_MSG_FFA_FAKE_PARTITION_H */
