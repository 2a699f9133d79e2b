/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounds of FF-A buses.
 */
#ifndef _VIRTIO_MSG_FFA_LIMITS_H
#define _VIRTIO_MSG_FFA_LIMITS_H

/* Registers of a direct message, and bytes in them. */
#define VIRTIO_MSG_FFA_REGISTERS	14
#define VIRTIO_MSG_FFA_ROOM		112
/* Largest message: that of partitions with the short VERSION, and others. */
#define VIRTIO_MSG_FFA_MSG_SIZE_SHORT	96
#define VIRTIO_MSG_FFA_MSG_SIZE		104

/* Messages that wait for the partition, and of it. */
#define VIRTIO_MSG_FFA_BOX		64
/* Messages that are sent, or events that are taken, before others run. */
#define VIRTIO_MSG_FFA_BATCH		64
/* A partition that is busy is asked again after a pause, which doubles. */
#define VIRTIO_MSG_FFA_BUSY_MIN_MS	1
#define VIRTIO_MSG_FFA_BUSY_MAX_MS	32
/* Time in which it answers, by default. */
#define VIRTIO_MSG_FFA_TIMEOUT_MS	5000
/* Without notifications: time between two polls, when busy and when idle. */
#define VIRTIO_MSG_FFA_POLL_MIN_MS	1
#define VIRTIO_MSG_FFA_POLL_MAX_MS	64
/* With them: how often a partition is looked at, whether it is still there. */
#define VIRTIO_MSG_FFA_WATCH_MS		2000
/*
 * A partition that was lost is greeted again after a pause, which doubles each
 * time that the link lasted less than the time below.
 */
#define VIRTIO_MSG_FFA_PAUSE_MIN_MS	100
#define VIRTIO_MSG_FFA_PAUSE_MAX_MS	5000
#define VIRTIO_MSG_FFA_STEADY_MS	5000
/* How often memory that could not be reclaimed is tried again. */
#define VIRTIO_MSG_FFA_RECLAIM_MS	1000

/* How events may come, but for being asked for. */
#define VIRTIO_MSG_FFA_EVENT_TYPES	0xe
/* Notifications that there are, and that are tried before others give up. */
#define VIRTIO_MSG_FFA_NOTIFICATIONS	64
#define VIRTIO_MSG_FFA_NOTIFY_TRIES	8
/* Those that one partition may keep from being used again. */
#define VIRTIO_MSG_FFA_MAX_STUCK	4
/* Partitions of the secure world have this bit in their number. */
#define VIRTIO_MSG_FFA_SECURE		0x8000

/* Number of an area: 0 is none. */
#define VIRTIO_MSG_FFA_MAX_AREAS	65535
/* The same, for partitions of 2025. */
#define VIRTIO_MSG_FFA_MAX_AREAS_0_1	255

#endif /* _VIRTIO_MSG_FFA_LIMITS_H */
