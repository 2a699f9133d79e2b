/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounds of the bus between Xen domains.
 */
#ifndef _VIRTIO_MSG_XEN_LIMITS_H
#define _VIRTIO_MSG_XEN_LIMITS_H

#include <linux/sizes.h>

/* Pages of 4 KiB of the memory with the FIFOs: half of them, then the tables. */
#define VIRTIO_MSG_XEN_MIN_RING		4
#define VIRTIO_MSG_XEN_MAX_RING		16
/* Bytes of a message; the larger is VIRTIO_MSG_LIMIT_MSG_SIZE. */
#define VIRTIO_MSG_XEN_MIN_MSG		64
#define VIRTIO_MSG_XEN_MAX_MSG		4096
#define VIRTIO_MSG_XEN_MSG		264
/* Bytes of a window that is mapped: VIRTIO_MSG_LIMIT_WINDOW. */
#define VIRTIO_MSG_XEN_MAX_WINDOW	SZ_64M
/*
 * Bytes that are granted, in use or not: the table of grants, which all drivers
 * of this domain share, has references for 128 MiB unless Xen is told otherwise.
 */
#define VIRTIO_MSG_XEN_MAX_GRANTED	(96 * SZ_1M)
/*
 * Of those, bytes that wait for a domain to let go, before nothing is granted to
 * it any more, and for all of them.
 */
#define VIRTIO_MSG_XEN_MAX_QUARANTINE	SZ_32M
#define VIRTIO_MSG_XEN_ALL_QUARANTINE	SZ_64M
/* Windows that the device side has mapped at a time. */
#define VIRTIO_MSG_XEN_MAX_MAPPINGS	1024
/*
 * Entries of Xen's table of mapped grants (maptrack), of which a domain has
 * 262144 (1024 frames) for all that it maps: what a link may take, 128 MiB of
 * pages, and all links. A front end that names one page again and again shares
 * nothing, and takes an entry each time.
 */
#define VIRTIO_MSG_XEN_MAX_HANDLES	32768
#define VIRTIO_MSG_XEN_MAX_ALL_HANDLES	131072
/* In a PV domain a page is another entry for each process that sees it. */
#define VIRTIO_MSG_XEN_MAX_VIEWS	2
/* For how long a domain may look dead, unless told: it may be paused. */
#define VIRTIO_MSG_XEN_PEER_MS		30000
/* Pause between two attempts to end what the other domain still uses. */
#define VIRTIO_MSG_XEN_RETRY_MS		100
/* Links that the command line describes. */
#define VIRTIO_MSG_XEN_MAX_STATIC	8

#endif /* _VIRTIO_MSG_XEN_LIMITS_H */
