/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A relay between two ends made for tests: a driver with a split ring of its
 * own, and a device that sees the window as any split ring.
 */
#ifndef _VIRTIO_MSG_RELAY_RIG_H
#define _VIRTIO_MSG_RELAY_RIG_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/workqueue.h>

#include "relay.h"

/* Buffers of the driver: what it sends, which never changes, and the rest. */
#define RIG_ARENA	(2 * SZ_1M + SZ_128K)
/* Bytes between the parts of a request, and what they are filled with. */
#define RIG_GAP		7
#define RIG_FILL	0xdd
#define RIG_BUS_ADDR	0x4321876500001000ULL

/**
 * struct rig_shape - a request
 * @out: bytes that the device reads
 * @in: bytes that the device writes
 * @at: where the buffers are, in both arenas
 * @segs: parts of each
 * @indirect: they are described in a table of their own
 */
struct rig_shape {
	u32 out;
	u32 in;
	u32 at;
	u32 segs;
	bool indirect;
};

/**
 * struct rig_slot - a request that the driver waits for
 * @shape: what it is; @shape.segs 0: there is none
 * @table: its indirect descriptors
 * @descs: number of descriptors in the ring
 */
struct rig_slot {
	struct rig_shape shape;
	struct vring_desc *table;
	u32 descs;
};

struct rig_setup {
	u32 num;
	struct virtio_msg_queue_policy policy;
	bool event_idx;
	bool wire_event_idx;
	bool ordered_memory;
};

struct rig {
	struct kunit *test;
	struct virtio_msg_layout layout;
	struct virtio_msg_queue_policy policy;
	struct virtio_msg_relay_config config;
	struct virtio_msg_relay *relay;
	struct workqueue_struct *wq;
	struct work_struct blocker;
	struct completion unblock;
	u8 *window;
	u8 *out;
	u8 *in;
	/* The driver. */
	struct vring ring;
	u16 avail;
	u16 kicked;
	u16 used;
	u32 outstanding;
	u16 *free;
	u32 num_free;
	struct rig_slot *slots;
	/* The device. */
	struct vring_desc *desc;
	struct vring_avail *wire_avail;
	struct vring_used *wire_used;
	u16 taken;
	u16 put;
	u16 told;
	unsigned long *busy;
	struct rig_shape *sent;
	u32 num_sent;
	u32 num_taken;
	struct rig_shape *shapes;
	/* What the relay said. */
	u32 notified;
	u32 interrupted;
	u32 broken;
	const char *why;
	u32 counted[VIRTIO_MSG_NUM_COUNTERS];
};

int rig_suite_init(struct kunit_suite *suite);
void rig_suite_exit(struct kunit_suite *suite);
struct rig *rig_create(struct kunit *test, const struct rig_setup *setup);
void rig_recreate(struct rig *rig);
void rig_destroy(struct rig *rig);
void rig_settle(struct rig *rig);
void rig_block(struct rig *rig);
void rig_unblock(struct rig *rig);

/* The driver */
int rig_add(struct rig *rig, const struct rig_shape *shape);
void rig_kick(struct rig *rig);
bool rig_wants_kick(struct rig *rig);
int rig_get(struct rig *rig, u32 *len);
bool rig_listen(struct rig *rig);
void rig_check_in(struct rig *rig, const struct rig_shape *shape, u32 len);
void rig_check_untouched(struct rig *rig, const struct rig_shape *shape,
			 u32 from);

/* The device */
int rig_take(struct rig *rig);
void rig_check_out(struct rig *rig, u32 id);
void rig_fill_in(struct rig *rig, u32 id, u32 len);
void rig_put(struct rig *rig, u32 id, u32 len);
void rig_put_raw(struct rig *rig, u32 id, u32 len);
bool rig_wants_used(struct rig *rig);
bool rig_arm(struct rig *rig);

u32 rig_random(u32 below);
void rig_round_trip(struct rig *rig, const struct rig_shape *shape, u32 len);

#endif /* _VIRTIO_MSG_RELAY_RIG_H */
