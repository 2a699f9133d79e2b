/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Wire format of virtio over messages, transport revision 1.
 *
 * Two layouts are deployed under the same revision number. The structures
 * without a suffix are those of the current draft (2026, "D26"); the ones
 * with a _pr28 suffix are those of the end of 2025 where they differ.
 *
 * Every field is little-endian and every structure is naturally packed: the
 * offsets are the offsets on the wire.
 */
#ifndef _UAPI_LINUX_VIRTIO_MSG_H
#define _UAPI_LINUX_VIRTIO_MSG_H

#include <linux/types.h>

#define VIRTIO_MSG_REVISION_1		1

/* Bits of &virtio_msg_hdr.type; the others are sent as 0 and ignored. */
#define VIRTIO_MSG_TYPE_RESPONSE	0x01	/* else a request or an event */
#define VIRTIO_MSG_TYPE_BUS		0x02	/* else a transport message */
#define VIRTIO_MSG_TYPE_MASK		0x03

/* Bits of &virtio_msg_hdr.msg_id. */
#define VIRTIO_MSG_ID_EVENT		0x40	/* else request/response */
#define VIRTIO_MSG_ID_IMPL		0x80	/* implementation-defined */

/* Transport messages, driver to device, each answered once. */
#define VIRTIO_MSG_GET_DEVICE_INFO	0x02
#define VIRTIO_MSG_GET_DEVICE_FEATURES	0x03
#define VIRTIO_MSG_SET_DRIVER_FEATURES	0x04
#define VIRTIO_MSG_GET_CONFIG		0x05
#define VIRTIO_MSG_SET_CONFIG		0x06
#define VIRTIO_MSG_GET_DEVICE_STATUS	0x07
#define VIRTIO_MSG_SET_DEVICE_STATUS	0x08
#define VIRTIO_MSG_GET_VQUEUE		0x09
#define VIRTIO_MSG_SET_VQUEUE		0x0a
#define VIRTIO_MSG_RESET_VQUEUE		0x0b
#define VIRTIO_MSG_GET_SHM		0x0c

/* Transport events. */
#define VIRTIO_MSG_EVENT_CONFIG		0x40	/* device to driver */
#define VIRTIO_MSG_EVENT_AVAIL		0x41	/* driver to device */
#define VIRTIO_MSG_EVENT_USED		0x42	/* device to driver */

/* Bus messages (VIRTIO_MSG_TYPE_BUS, device number 0). */
#define VIRTIO_MSG_BUS_GET_DEVICES	0x02
#define VIRTIO_MSG_BUS_PING		0x03
#define VIRTIO_MSG_BUS_EVENT_DEVICE	0x40

/* Transport feature bits of a bus instance (not device features). */
#define VIRTIO_MSG_F_STRICT_CONFIG_GENERATION	0

/* &virtio_msg_event_device.state */
#define VIRTIO_MSG_DEVICE_ADDED		0x0001
#define VIRTIO_MSG_DEVICE_REMOVED	0x0002

/* &virtio_msg_set_vqueue.flags: what to do with the queue ... */
#define VIRTIO_MSG_VQ_OP_MASK		0x03
#define VIRTIO_MSG_VQ_OP_LEAVE_DISABLED	0x00
#define VIRTIO_MSG_VQ_OP_ENABLE		0x01
#define VIRTIO_MSG_VQ_OP_KEEP		0x02
/* ... and which fields keep their old value. */
#define VIRTIO_MSG_VQ_SIZE_IGNORE	0x04
#define VIRTIO_MSG_VQ_DESC_IGNORE	0x08
#define VIRTIO_MSG_VQ_DRIVER_IGNORE	0x10
#define VIRTIO_MSG_VQ_DEVICE_IGNORE	0x20
#define VIRTIO_MSG_VQ_FLAGS_MASK	0x3f

/* &virtio_msg_get_vqueue_resp.flags */
#define VIRTIO_MSG_VQ_ENABLED		0x01

/* Smallest maximum message size that can carry every fixed message. */
#define VIRTIO_MSG_MIN_SIZE		52
#define VIRTIO_MSG_MIN_SIZE_PR28	48
/* A bus should not exceed this one. */
#define VIRTIO_MSG_RECOMMENDED_SIZE	264

/**
 * struct virtio_msg_hdr - first 8 bytes of every message (2.1)
 * @type: VIRTIO_MSG_TYPE_* bits
 * @msg_id: VIRTIO_MSG_* number, in one of two name spaces chosen by @type
 * @dev_num: device number on the bus instance; 0 in bus messages
 * @token: matches a response to its request; owned by the bus
 * @msg_size: bytes of the message, this header included
 */
struct virtio_msg_hdr {
	__u8	type;
	__u8	msg_id;
	__le16	dev_num;
	__le16	token;
	__le16	msg_size;
};

/**
 * struct virtio_msg - a whole message
 * @hdr: the header
 * @payload: &virtio_msg_hdr.msg_size - 8 bytes
 */
struct virtio_msg {
	struct virtio_msg_hdr	hdr;
	__u8			payload[];
};

/**
 * struct virtio_msg_get_device_info_resp - GET_DEVICE_INFO response
 * @device_id: virtio device type; 0: there is no device
 * @vendor_id: vendor of the device
 * @device_uuid: RFC 4122 byte order; all zero: none
 * @num_feature_blocks: feature bits in units of 32
 * @config_size: bytes of the configuration space
 * @max_virtqueues: number of queues, administration queues included
 * @admin_vq_start: index of the first administration queue
 * @admin_vq_count: number of administration queues
 */
struct virtio_msg_get_device_info_resp {
	__le32	device_id;
	__le32	vendor_id;
	__u8	device_uuid[16];
	__le32	num_feature_blocks;
	__le32	config_size;
	__le32	max_virtqueues;
	__le32	admin_vq_start;
	__le32	admin_vq_count;
};

/**
 * struct virtio_msg_get_device_info_resp_pr28 - GET_DEVICE_INFO response, PR28
 * @device_id: virtio device type; 0: there is no device
 * @vendor_id: vendor of the device
 * @num_feature_bits: number of feature bits, a multiple of 32
 * @config_size: bytes of the configuration space
 * @max_virtqueues: number of queues, administration queues included
 * @admin_vq_start: index of the first administration queue
 * @admin_vq_count: number of administration queues
 */
struct virtio_msg_get_device_info_resp_pr28 {
	__le32	device_id;
	__le32	vendor_id;
	__le32	num_feature_bits;
	__le32	config_size;
	__le32	max_virtqueues;
	__le16	admin_vq_start;
	__le16	admin_vq_count;
};

/**
 * struct virtio_msg_features - GET_DEVICE_FEATURES and SET_DRIVER_FEATURES
 * @block_index: first block of 32 feature bits
 * @num_blocks: number of blocks
 * @blocks: @num_blocks words; absent in the GET_DEVICE_FEATURES request
 */
struct virtio_msg_features {
	__le32	block_index;
	__le32	num_blocks;
	__le32	blocks[];
};

/**
 * struct virtio_msg_get_config - GET_CONFIG request
 * @offset: bytes from the start of the configuration space
 * @length: bytes
 */
struct virtio_msg_get_config {
	__le32	offset;
	__le32	length;
};

/**
 * struct virtio_msg_config - GET_CONFIG response, SET_CONFIG request and response
 * @generation: configuration generation
 * @offset: bytes from the start of the configuration space
 * @length: bytes; 0 in a SET_CONFIG response: not applied
 * @data: @length bytes
 */
struct virtio_msg_config {
	__le32	generation;
	__le32	offset;
	__le32	length;
	__u8	data[];
};

/**
 * struct virtio_msg_status - status requests and responses
 * @status: device status
 */
struct virtio_msg_status {
	__le32	status;
};

/**
 * struct virtio_msg_vqueue_index - GET_VQUEUE and RESET_VQUEUE request
 * @index: queue
 */
struct virtio_msg_vqueue_index {
	__le32	index;
};

/**
 * struct virtio_msg_get_vqueue_resp - GET_VQUEUE response
 * @index: queue
 * @max_size: largest size; 0: no such queue
 * @cur_size: size in use; 0: not configured
 * @flags: VIRTIO_MSG_VQ_ENABLED; always 0 in PR28
 * @desc_addr: bus address of the descriptor area
 * @driver_addr: bus address of the driver area
 * @device_addr: bus address of the device area
 */
struct virtio_msg_get_vqueue_resp {
	__le32	index;
	__le32	max_size;
	__le32	cur_size;
	__le32	flags;
	__le64	desc_addr;
	__le64	driver_addr;
	__le64	device_addr;
};

/**
 * struct virtio_msg_set_vqueue - SET_VQUEUE request
 * @index: queue
 * @flags: VIRTIO_MSG_VQ_*; 0 in PR28, where the message enables the queue
 * @size: number of entries
 * @reserved: 0
 * @desc_addr: bus address of the descriptor area
 * @driver_addr: bus address of the driver area
 * @device_addr: bus address of the device area
 */
struct virtio_msg_set_vqueue {
	__le32	index;
	__le32	flags;
	__le32	size;
	__le32	reserved;
	__le64	desc_addr;
	__le64	driver_addr;
	__le64	device_addr;
};

/**
 * struct virtio_msg_get_shm - GET_SHM request
 * @shmid: shared memory region
 */
struct virtio_msg_get_shm {
	__le32	shmid;
};

/**
 * struct virtio_msg_get_shm_resp - GET_SHM response
 * @shmid: shared memory region
 * @reserved: 0
 * @length: bytes; 0: no such region
 * @address: bus address
 */
struct virtio_msg_get_shm_resp {
	__le32	shmid;
	__le32	reserved;
	__le64	length;
	__le64	address;
};

/**
 * struct virtio_msg_get_shm_resp_pr28 - GET_SHM response, PR28
 * @shmid: shared memory region
 * @length: bytes; 0: no such region
 * @address: bus address
 */
struct virtio_msg_get_shm_resp_pr28 {
	__le32	shmid;
	__le32	length;
	__le32	address;
};

/**
 * struct virtio_msg_event_config - EVENT_CONFIG
 * @status: device status
 * @generation: configuration generation
 * @offset: first byte of the affected range
 * @length: bytes of the affected range; 0 with @offset 0: unknown or none
 * @data: @length bytes or nothing
 */
struct virtio_msg_event_config {
	__le32	status;
	__le32	generation;
	__le32	offset;
	__le32	length;
	__u8	data[];
};

/**
 * struct virtio_msg_event_avail - EVENT_AVAIL
 * @index: queue
 * @next_offset: 0 unless VIRTIO_F_NOTIFICATION_DATA; then the offset in bits
 *	30:0 and the wrap counter in bit 31
 */
struct virtio_msg_event_avail {
	__le32	index;
	__le32	next_offset;
};

/**
 * struct virtio_msg_event_used - EVENT_USED
 * @index: queue
 */
struct virtio_msg_event_used {
	__le32	index;
};

/**
 * struct virtio_msg_get_devices - GET_DEVICES request
 * @offset: first device number
 * @count: number of device numbers asked for
 */
struct virtio_msg_get_devices {
	__le16	offset;
	__le16	count;
};

/**
 * struct virtio_msg_get_devices_resp - GET_DEVICES response
 * @offset: first device number
 * @next_offset: where to go on; 0: finished
 * @count: number of device numbers described
 * @bitmap: (@count + 7) / 8 bytes, least significant bit first
 */
struct virtio_msg_get_devices_resp {
	__le16	offset;
	__le16	next_offset;
	__le16	count;
	__u8	bitmap[];
};

/**
 * struct virtio_msg_get_devices_resp_pr28 - GET_DEVICES response, PR28
 * @offset: first device number
 * @count: number of device numbers described
 * @next_offset: where to go on; 0: finished
 * @bitmap: (@count + 7) / 8 bytes, least significant bit first
 */
struct virtio_msg_get_devices_resp_pr28 {
	__le16	offset;
	__le16	count;
	__le16	next_offset;
	__u8	bitmap[];
};

/**
 * struct virtio_msg_ping - PING request and response
 * @data: any value, returned as it was
 */
struct virtio_msg_ping {
	__le32	data;
};

/**
 * struct virtio_msg_event_device - EVENT_DEVICE
 * @dev_num: device number (the header's is 0)
 * @state: VIRTIO_MSG_DEVICE_*; from 0x8000 on defined by the bus
 */
struct virtio_msg_event_device {
	__le16	dev_num;
	__le16	state;
};

/*
 * A fat virtqueue: one window that holds an ordinary split ring and the
 * payload it points at. All addresses in descriptors are addresses of slots.
 */
#define VIRTIO_MSG_FVQ_MAGIC		0x31515646	/* "FVQ1" */
#define VIRTIO_MSG_FVQ_VERSION		1

/**
 * struct virtio_msg_fvq_header - first 64 bytes of a fat virtqueue's window
 * @magic: VIRTIO_MSG_FVQ_MAGIC
 * @version: VIRTIO_MSG_FVQ_VERSION
 * @hdr_len: 64
 * @num: entries of the ring
 * @queue_index: queue
 * @flags: 0
 * @out_slot_size: bytes of a slot that the device reads
 * @in_slot_size: bytes of a slot that the device writes
 * @out_slots: number of slots that the device reads
 * @in_slots: number of slots that the device writes
 * @off_desc: offset of the descriptor area
 * @off_avail: offset of the driver area
 * @off_out: offset of the first slot that the device reads
 * @off_used: offset of the device area; from here on only the device writes
 * @off_in: offset of the first slot that the device writes
 * @total_len: bytes of the window
 * @epoch: incremented each time that the queue is enabled
 * @reserved: 0
 *
 * Written once by the driver side before SET_VQUEUE, for information: a device
 * that treats the queue as any split virtqueue need not look at it, and the
 * driver side never reads it back.
 */
struct virtio_msg_fvq_header {
	__le32	magic;
	__le16	version;
	__le16	hdr_len;
	__le16	num;
	__le16	queue_index;
	__le32	flags;
	__le32	out_slot_size;
	__le32	in_slot_size;
	__le32	out_slots;
	__le32	in_slots;
	__le32	off_desc;
	__le32	off_avail;
	__le32	off_out;
	__le32	off_used;
	__le32	off_in;
	__le32	total_len;
	__le32	epoch;
	__le32	reserved;
};

#endif /* _UAPI_LINUX_VIRTIO_MSG_H */
