/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Messages of the FF-A bus of virtio over messages: see
 * Documentation/buses/ffa.rst.
 *
 * Every field is little-endian. Most of them are not aligned.
 */
#ifndef _UAPI_LINUX_VIRTIO_MSG_FFA_H
#define _UAPI_LINUX_VIRTIO_MSG_FFA_H

#include <linux/types.h>

/* UUIDs of partitions, in the order of bytes of RFC 4122. */
#define VIRTIO_MSG_FFA_DEVICE_UUID	"c66028b5-2498-4aa1-9de7-77da6122abf0"
#define VIRTIO_MSG_FFA_DRIVER_UUID	"bd7fd089-6795-472b-b47f-db0c5d9a719d"

/* Bus messages (VIRTIO_MSG_TYPE_BUS, device number 0). */
#define VIRTIO_MSG_FFA_VERSION		0x80
#define VIRTIO_MSG_FFA_AREA_SHARE	0x81
#define VIRTIO_MSG_FFA_AREA_UNSHARE	0x82
#define VIRTIO_MSG_FFA_RESET		0x83
#define VIRTIO_MSG_FFA_EVENT_POLL	0x84
#define VIRTIO_MSG_FFA_EVENT_CONFIGURE	0x85
#define VIRTIO_MSG_FFA_FIFO_CONFIGURE	0x86
#define VIRTIO_MSG_FFA_ERROR		0x87
#define VIRTIO_MSG_FFA_AREA_RELEASE	0xc0

/* &virtio_msg_ffa_version.bus_version: 1.0, and that of 2025. */
#define VIRTIO_MSG_FFA_VERSION_1_0	0x00010000
#define VIRTIO_MSG_FFA_VERSION_0_1	0x00000001

/* Bits of bus_features: what the partition can do. */
#define VIRTIO_MSG_FFA_F_DIRECT_RX	0x01
#define VIRTIO_MSG_FFA_F_DIRECT_TX	0x02
#define VIRTIO_MSG_FFA_F_INDIRECT_RX	0x04
#define VIRTIO_MSG_FFA_F_INDIRECT_TX	0x08
#define VIRTIO_MSG_FFA_F_NOTIFY_RX	0x10
#define VIRTIO_MSG_FFA_F_NOTIFY_TX	0x20
#define VIRTIO_MSG_FFA_F_FIFO		0x40

/* Values of result. */
#define VIRTIO_MSG_FFA_OK		0
#define VIRTIO_MSG_FFA_FAILED		1
#define VIRTIO_MSG_FFA_BUSY		2

/* &virtio_msg_ffa_event_configure.type */
#define VIRTIO_MSG_FFA_EVENTS_POLL	0
#define VIRTIO_MSG_FFA_EVENTS_NOTIFY	1
#define VIRTIO_MSG_FFA_EVENTS_INDIRECT	2
#define VIRTIO_MSG_FFA_EVENTS_FIFO	3

/* &virtio_msg_ffa_area_share.attrs of memory as others is. */
#define VIRTIO_MSG_FFA_AREA_WRITEABLE	0x0004
#define VIRTIO_MSG_FFA_AREA_INNER	0x0030
#define VIRTIO_MSG_FFA_AREA_WRITE_BACK	0x00c0
#define VIRTIO_MSG_FFA_AREA_NORMAL	0x0200
#define VIRTIO_MSG_FFA_AREA_NON_SECURE	0x0400

/* A bus address: the number of an area, and an offset in it. */
#define VIRTIO_MSG_FFA_AREA_SHIFT	48
#define VIRTIO_MSG_FFA_AREA_SHIFT_0_1	56

/* Bytes of a page, whatever those of the two sides are. */
#define VIRTIO_MSG_FFA_PAGE_SHIFT	12
#define VIRTIO_MSG_FFA_PAGE_SIZE	(1 << VIRTIO_MSG_FFA_PAGE_SHIFT)

/**
 * struct virtio_msg_ffa_version - VERSION request
 * @bus_version: highest that the sender speaks
 * @transport_revision: VIRTIO_MSG_REVISION_1
 * @ffa_version: absent in the shorter form
 */
struct virtio_msg_ffa_version {
	__le32 bus_version;
	__le32 transport_revision;
	__le32 ffa_version;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_version_resp - VERSION response, shorter form
 * @bus_version: version that is spoken; 0: none
 * @transport_revision: VIRTIO_MSG_REVISION_1
 * @transport_features: transport feature bits
 * @bus_features: VIRTIO_MSG_FFA_F_*
 * @max_areas: largest number of an area
 */
struct virtio_msg_ffa_version_resp {
	__le32 bus_version;
	__le32 transport_revision;
	__le32 transport_features;
	__le32 bus_features;
	__le16 max_areas;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_version_resp_long - VERSION response, longer form
 * @bus_version: version that is spoken; 0: none
 * @transport_revision: VIRTIO_MSG_REVISION_1
 * @ffa_version: version of FF-A that the partition uses
 * @transport_features: transport feature bits
 * @bus_features: VIRTIO_MSG_FFA_F_*
 * @max_areas: largest number of an area
 */
struct virtio_msg_ffa_version_resp_long {
	__le32 bus_version;
	__le32 transport_revision;
	__le32 ffa_version;
	__le32 transport_features;
	__le32 bus_features;
	__le16 max_areas;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_area_share - AREA_SHARE request
 * @area_id: number by which addresses name the area
 * @mem_handle: handle of FFA_MEM_SHARE
 * @tag: tag of FFA_MEM_SHARE
 * @page_count: pages of 4 KiB
 * @attrs: VIRTIO_MSG_FFA_AREA_*
 */
struct virtio_msg_ffa_area_share {
	__le16 area_id;
	__le64 mem_handle;
	__le64 tag;
	__le32 page_count;
	__le32 attrs;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_area - AREA_UNSHARE request, AREA_RELEASE event
 * @area_id: the area
 */
struct virtio_msg_ffa_area {
	__le16 area_id;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_area_resp - AREA_SHARE and AREA_UNSHARE response
 * @area_id: the area
 * @result: VIRTIO_MSG_FFA_OK, _FAILED or _BUSY
 */
struct virtio_msg_ffa_area_resp {
	__le16 area_id;
	__le16 result;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_result - RESET and EVENT_CONFIGURE response
 * @result: VIRTIO_MSG_FFA_OK, _FAILED or _BUSY
 */
struct virtio_msg_ffa_result {
	__le16 result;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_event_configure - EVENT_CONFIGURE request
 * @type: VIRTIO_MSG_FFA_EVENTS_*
 * @reserved: 0
 * @notify_id: notification that the partition sets, where that is the type
 */
struct virtio_msg_ffa_event_configure {
	__u8 type;
	__u8 reserved;
	__le16 notify_id;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_fifo_configure - FIFO_CONFIGURE request
 * @mem_handle: handle of FFA_MEM_SHARE
 * @page_count: pages of 4 KiB
 * @notify_id: notification that the partition sets
 */
struct virtio_msg_ffa_fifo_configure {
	__le64 mem_handle;
	__le16 page_count;
	__le16 notify_id;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_fifo_configure_resp - FIFO_CONFIGURE response
 * @result: VIRTIO_MSG_FFA_OK, _FAILED or _BUSY
 * @notify_id: notification that the sender of the request sets
 */
struct virtio_msg_ffa_fifo_configure_resp {
	__le16 result;
	__le16 notify_id;
} __attribute__((packed));

/**
 * struct virtio_msg_ffa_error - ERROR, in place of a response
 * @msg_id: of the request
 */
struct virtio_msg_ffa_error {
	__le16 msg_id;
} __attribute__((packed));

#endif /* _UAPI_LINUX_VIRTIO_MSG_FFA_H */
