/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every bound of the core that a peer or a process could otherwise choose.
 */
#ifndef _VIRTIO_MSG_LIMITS_H
#define _VIRTIO_MSG_LIMITS_H

#include <linux/sizes.h>
#include <asm/page.h>

/* Largest message size of a bus; the specification advises 264. */
#define VIRTIO_MSG_LIMIT_MSG_SIZE	4096
/* Device numbers are 16 bits. */
#define VIRTIO_MSG_LIMIT_DEVICES	65536
/* Devices that a bus has at a time, by default. */
#define VIRTIO_MSG_LIMIT_LIVE		4096
/* Configuration space that is kept of a device. */
#define VIRTIO_MSG_LIMIT_CONFIG		4096
/* Blocks of 32 feature bits that are read of a device; more are ignored. */
#define VIRTIO_MSG_LIMIT_FEATURE_BLOCKS	16
/* Queues of a device. */
#define VIRTIO_MSG_LIMIT_QUEUES		1024
/* Entries of a queue that is relayed; a split ring's own limit is 32768. */
#define VIRTIO_MSG_LIMIT_RING		1024
/* Bytes of a slot of a fat queue: more with pages of 64 KiB. */
#define VIRTIO_MSG_LIMIT_SLOT \
	(PAGE_SIZE > SZ_16K ? 2 * PAGE_SIZE + 256 : SZ_64K)
/* Bytes of one window, and by default of all windows of a bus. */
#define VIRTIO_MSG_LIMIT_WINDOW		SZ_64M
#define VIRTIO_MSG_LIMIT_WINDOWS	SZ_512M
/* Bytes of an answer that the relay makes up. */
#define VIRTIO_MSG_LIMIT_ERROR		16
/* Entries of a descriptor chain of a driver, indirect ones included. */
#define VIRTIO_MSG_LIMIT_CHAIN		2048

/* Messages that wait until the bus has room. */
#define VIRTIO_MSG_LIMIT_OUTBOX		64
/* Milliseconds between attempts to send on a full bus, if it says nothing. */
#define VIRTIO_MSG_RETRY_MS		2
/* If nobody tried for longer, it is not known to have been full meanwhile. */
#define VIRTIO_MSG_RETRY_GAP_MS		1000
/* Default time in which a peer answers. */
#define VIRTIO_MSG_TIMEOUT_MS		5000
/* Default time in which a device answers some request of a disk. */
#define VIRTIO_MSG_IO_TIMEOUT_MS	30000
/* Default time in which a process claims a device again whose process died. */
#define VIRTIO_MSG_RESUME_MS		30000
/* Pause before a device is resumed again for which this kernel lacked something. */
#define VIRTIO_MSG_RESUME_RETRY_MS	100
/* The longest time that can be set. */
#define VIRTIO_MSG_LIMIT_TIMEOUT_MS	600000
/* Tokens of answers that never came that are taken back if none is left. */
#define VIRTIO_MSG_FORGET_TOKENS	1024
/* Pause between two looks at the status of a device that resets. */
#define VIRTIO_MSG_RESET_POLL_MS	2
/* Attempts to read a configuration whose generation keeps changing. */
#define VIRTIO_MSG_CONFIG_RETRIES	16
/* GET_DEVICES windows in one enumeration. */
#define VIRTIO_MSG_LIMIT_ENUM_STEPS	8192
/* Unanswered PINGs after which a peer counts as lost. */
#define VIRTIO_MSG_PING_MISSES		3

/* Bytes and requests that the relay moves before it lets others run. */
#define VIRTIO_MSG_RELAY_BYTES		SZ_64K
#define VIRTIO_MSG_RELAY_REQUESTS	32

/* Messages of a device that wait for a process to read them. */
#define VIRTIO_MSG_LIMIT_BOX		4
/* Device numbers that one open file may claim. */
#define VIRTIO_MSG_LIMIT_CLAIMS		4096

#endif /* _VIRTIO_MSG_LIMITS_H */
