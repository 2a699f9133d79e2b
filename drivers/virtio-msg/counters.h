/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of what is counted, per bus, shown in sysfs under counters/. A message
 * that is dropped is counted once, under the reason.
 */
#ifndef _VIRTIO_MSG_COUNTERS_H
#define _VIRTIO_MSG_COUNTERS_H

#include <linux/atomic.h>
#include <linux/types.h>

#define VIRTIO_MSG_COUNTERS(x)						\
	/* traffic */							\
	x(sent)								\
	x(received)							\
	x(notified)							\
	/* sending */							\
	x(send_again)							\
	x(send_failed)							\
	x(outbox_full)							\
	x(send_timeout)							\
	/* dropped as they arrived */					\
	x(malformed)							\
	x(unknown)							\
	x(wrong_role)							\
	x(no_device)							\
	x(bad_queue)							\
	x(bad_index)							\
	x(bad_size)							\
	/* answers */							\
	x(timeout)							\
	x(late)								\
	x(unsolicited)							\
	x(mismatched)							\
	x(bad_answer)							\
	x(no_token)							\
	/* devices, driver side */					\
	x(enumeration_failed)						\
	x(device_added)							\
	x(device_removed)						\
	x(device_duplicate)						\
	x(device_unknown)						\
	x(device_refused)						\
	x(device_limit)							\
	x(device_failed)						\
	x(config_events)						\
	x(config_bad)							\
	x(config_rejected)						\
	x(config_unstable)						\
	x(needs_reset)							\
	x(held)								\
	x(resumed)							\
	x(resume_refused)						\
	x(resume_expired)						\
	/* windows */							\
	x(windows)							\
	x(window_bytes)							\
	x(quarantined)							\
	x(quarantined_bytes)						\
	/* relay */							\
	x(relay_bad_index)						\
	x(relay_bad_id)							\
	x(relay_clamped)						\
	x(relay_oversize)						\
	x(relay_dropped)						\
	x(relay_failed)							\
	x(relay_replayed)						\
	/* liveness */							\
	x(ping_received)						\
	x(ping_missed)							\
	/* device side */						\
	x(claims)							\
	x(inbox_full)							\
	x(write_refused)

enum virtio_msg_counter {
#define VIRTIO_MSG_COUNTER_ENUM(name) VMSG_CNT_##name,
	VIRTIO_MSG_COUNTERS(VIRTIO_MSG_COUNTER_ENUM)
	VIRTIO_MSG_NUM_COUNTERS,
};

struct virtio_msg_counters {
	atomic_long_t value[VIRTIO_MSG_NUM_COUNTERS];
};

#endif /* _VIRTIO_MSG_COUNTERS_H */
