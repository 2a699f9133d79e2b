/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * What domains of Xen share beside the memory of virtio_msg_amp.h: see
 * Documentation/buses/xen.rst. All words are little-endian.
 */
#ifndef _UAPI_LINUX_VIRTIO_MSG_XEN_H
#define _UAPI_LINUX_VIRTIO_MSG_XEN_H

#include <linux/types.h>

/* The device in xenstore, and the version of what its nodes say. */
#define VIRTIO_MSG_XEN_TYPE		"vmsg"
#define VIRTIO_MSG_XEN_VERSION		1

/* Bytes that a grant reference stands for, whatever the domains' pages are. */
#define VIRTIO_MSG_XEN_PAGE_SHIFT	12
#define VIRTIO_MSG_XEN_PAGE_SIZE	(1 << VIRTIO_MSG_XEN_PAGE_SHIFT)

/* A bus address: the number of a window above, an offset in it below. */
#define VIRTIO_MSG_XEN_WINDOW_SHIFT	48

/* References that fit in one page of a directory. */
#define VIRTIO_MSG_XEN_DIRECTORY_REFS	1022

/**
 * struct virtio_msg_xen_directory - a page that names pages
 * @next: grant reference of the next page of the directory, or 0
 * @count: pages that the whole directory names; the same in each of its pages
 * @refs: their grant references, in order
 *
 * It is granted for reading, and does not change while it is.
 */
struct virtio_msg_xen_directory {
	__le32 next;
	__le32 count;
	__le32 refs[VIRTIO_MSG_XEN_DIRECTORY_REFS];
};

#define VIRTIO_MSG_XEN_WINDOW_DEVICE	0x0000ffff /* device that it is for */
#define VIRTIO_MSG_XEN_WINDOW_USED	0x00010000 /* there is one */
#define VIRTIO_MSG_XEN_WINDOW_SERIAL	0xfffe0000 /* other than the last time */
#define VIRTIO_MSG_XEN_SERIAL_SHIFT	17

/**
 * struct virtio_msg_xen_window - an entry of the table of windows
 * @word: VIRTIO_MSG_XEN_WINDOW_*; written last
 * @pages: pages of VIRTIO_MSG_XEN_PAGE_SIZE that it has
 * @directory: grant reference of the first page of its directory
 * @reserved: 0
 *
 * The table is the window area of the front end in the shared memory; the
 * number of a window is that of its entry, of which the first is not used.
 */
struct virtio_msg_xen_window {
	__le32 word;
	__le32 pages;
	__le32 directory;
	__le32 reserved;
};

#endif /* _UAPI_LINUX_VIRTIO_MSG_XEN_H */
