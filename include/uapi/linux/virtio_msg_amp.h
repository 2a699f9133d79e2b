/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Layout of memory that two systems share to exchange messages of virtio: see
 * Documentation/amp-shared-memory.rst.
 *
 * All words are little-endian, and each is written by one side only.
 */
#ifndef _UAPI_LINUX_VIRTIO_MSG_AMP_H
#define _UAPI_LINUX_VIRTIO_MSG_AMP_H

#include <linux/types.h>

/* "VMSG" */
#define VIRTIO_MSG_AMP_MAGIC		0x47534d56
#define VIRTIO_MSG_AMP_VERSION		1

/* Bytes of a page of a window area, whatever the sides' own pages are. */
#define VIRTIO_MSG_AMP_PAGE_SHIFT	12
#define VIRTIO_MSG_AMP_PAGE_SIZE	(1 << VIRTIO_MSG_AMP_PAGE_SHIFT)

/**
 * struct virtio_msg_amp_header - what is where; written by side 0
 * @magic: VIRTIO_MSG_AMP_MAGIC, written last; 0 while the rest is not valid
 * @version: VIRTIO_MSG_AMP_VERSION
 * @size: bytes of this header; what is beyond those known is ignored
 * @features: none are defined; a side does not use a layout that has others
 * @slot_size: bytes of a slot, a multiple of 8: the largest message
 * @num_slots: slots of each of the two FIFOs, at least 2
 * @control: of each side: offset of its struct virtio_msg_amp_control, a
 *	multiple of 8
 * @slots: of each side: offset of the slots that it fills, a multiple of 8
 * @windows: of each side: offset of its window area, a multiple of 4096
 * @windows_size: of each side: bytes of its window area, a multiple of 4096;
 *	may be 0
 *
 * Offsets count from the first byte of this header, which is that of the
 * shared memory.
 */
struct virtio_msg_amp_header {
	__le32 magic;
	__le16 version;
	__le16 size;
	__le32 features;
	__le16 slot_size;
	__le16 num_slots;
	__le32 control[2];
	__le32 slots[2];
	__le64 windows[2];
	__le64 windows_size[2];
};

/* Values of &virtio_msg_amp_control.state. */
#define VIRTIO_MSG_AMP_DOWN		0
#define VIRTIO_MSG_AMP_READY		1

/* In place of the number of a slot: do not notify. */
#define VIRTIO_MSG_AMP_NEVER		0xffffffff
/* In place of an address: there is no doorbell to ring. */
#define VIRTIO_MSG_AMP_NO_DOORBELL	0xffffffff

/**
 * struct virtio_msg_amp_control - what one side says of itself
 * @state: VIRTIO_MSG_AMP_READY while the other words are valid
 * @epoch: another one each time that this side begins anew; not 0
 * @peer_epoch: the epoch of the other side that this one has accepted, or 0
 * @beat: changes at least every 250 ms while this side is alive
 * @doorbell: how to ring this side; the meaning is that of the doorbell
 * @head: the slot that this side fills next
 * @tail: the slot of the other side that this side empties next
 * @head_event: the slot of the other side of whose filling this one wants to
 *	be notified, or VIRTIO_MSG_AMP_NEVER
 * @tail_event: the slot of its own of whose emptying it wants to be notified
 * @reserved: 0
 */
struct virtio_msg_amp_control {
	__le32 state;
	__le32 epoch;
	__le32 peer_epoch;
	__le32 beat;
	__le32 doorbell;
	__le32 head;
	__le32 tail;
	__le32 head_event;
	__le32 tail_event;
	__le32 reserved;
};

/*
 * A window area begins with one word for each of its pages, those that hold
 * these words included.
 */
#define VIRTIO_MSG_AMP_PAGE_DEVICE	0x0000ffff /* device that it is for */
#define VIRTIO_MSG_AMP_PAGE_USED	0x00010000 /* part of a window */
#define VIRTIO_MSG_AMP_PAGE_FIRST	0x00020000 /* the first one */
#define VIRTIO_MSG_AMP_PAGE_SERIAL	0xfffc0000 /* other than the last time */
#define VIRTIO_MSG_AMP_SERIAL_SHIFT	18

#endif /* _UAPI_LINUX_VIRTIO_MSG_AMP_H */
