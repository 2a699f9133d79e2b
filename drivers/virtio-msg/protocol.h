/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Typed view of the messages. protocol.c is the only code that knows offsets;
 * it is built into the kernel modules and, unchanged, into libvirtio-msg.
 */
#ifndef _VIRTIO_MSG_PROTOCOL_H
#define _VIRTIO_MSG_PROTOCOL_H

#include <linux/types.h>
#include <linux/virtio_msg.h>

/**
 * struct virtio_msg_dialect - what differs between the deployed layouts
 * @name: for people
 * @id: VIRTIO_MSG_DIALECT_*
 * @min_size: smallest usable maximum message size
 * @wide_info: GET_DEVICE_INFO has a UUID and counts blocks of features
 * @wide_shm: GET_SHM has 64-bit fields
 * @vq_flags: SET_VQUEUE and GET_VQUEUE have a flags word
 * @next_before_count: order of two fields of the GET_DEVICES response
 * @octet_bitmap: GET_DEVICES offsets and counts are multiples of 8
 * @strict_generation: a stale generation in SET_CONFIG is always rejected
 */
struct virtio_msg_dialect {
	const char *name;
	__u32 id;
	__u32 min_size;
	bool wide_info;
	bool wide_shm;
	bool vq_flags;
	bool next_before_count;
	bool octet_bitmap;
	bool strict_generation;
};

extern const struct virtio_msg_dialect virtio_msg_d26;
extern const struct virtio_msg_dialect virtio_msg_pr28;

/*
 * One value for each layout on the wire, named as in the specification; a
 * request and its response are two kinds.
 */
enum virtio_msg_kind {
	VMSG_INFO_REQ,
	VMSG_INFO_RESP,
	VMSG_GET_FEATURES_REQ,
	VMSG_GET_FEATURES_RESP,
	VMSG_SET_FEATURES_REQ,
	VMSG_SET_FEATURES_RESP,
	VMSG_GET_CONFIG_REQ,
	VMSG_GET_CONFIG_RESP,
	VMSG_SET_CONFIG_REQ,
	VMSG_SET_CONFIG_RESP,
	VMSG_GET_STATUS_REQ,
	VMSG_GET_STATUS_RESP,
	VMSG_SET_STATUS_REQ,
	VMSG_SET_STATUS_RESP,
	VMSG_GET_VQUEUE_REQ,
	VMSG_GET_VQUEUE_RESP,
	VMSG_SET_VQUEUE_REQ,
	VMSG_SET_VQUEUE_RESP,
	VMSG_RESET_VQUEUE_REQ,
	VMSG_RESET_VQUEUE_RESP,
	VMSG_GET_SHM_REQ,
	VMSG_GET_SHM_RESP,
	VMSG_EVENT_CONFIG,
	VMSG_EVENT_AVAIL,
	VMSG_EVENT_USED,
	VMSG_GET_DEVICES_REQ,
	VMSG_GET_DEVICES_RESP,
	VMSG_PING_REQ,
	VMSG_PING_RESP,
	VMSG_EVENT_DEVICE,
	VIRTIO_MSG_KINDS,
};

/**
 * struct virtio_msg_fields - a message, decoded
 * @kind: which member of the union holds
 * @dev_num: device number
 * @token: token
 * @info: GET_DEVICE_INFO response
 * @features: GET_DEVICE_FEATURES and SET_DRIVER_FEATURES; @features.data holds
 *	@features.count little-endian words, or is NULL
 * @config: GET_CONFIG, SET_CONFIG and EVENT_CONFIG; @config.data holds
 *	@config.data_len bytes (0 or @config.length), or is NULL
 * @status: GET_DEVICE_STATUS and SET_DEVICE_STATUS
 * @vq: GET_VQUEUE, SET_VQUEUE, RESET_VQUEUE
 * @shm: GET_SHM
 * @notify: EVENT_AVAIL and EVENT_USED
 * @devices: GET_DEVICES; @devices.bitmap holds (@devices.count + 7) / 8 bytes
 * @ping: PING
 * @event: EVENT_DEVICE
 *
 * Pointers point into the decoded message: they live as long as it does.
 */
struct virtio_msg_fields {
	enum virtio_msg_kind kind;
	__u16 dev_num;
	__u16 token;
	union {
		struct {
			__u32 device_id;
			__u32 vendor_id;
			__u8 uuid[16];
			__u32 feature_blocks;
			__u32 config_size;
			__u32 max_vqs;
			__u32 admin_vq_start;
			__u32 admin_vq_count;
		} info;
		struct {
			__u32 index;
			__u32 count;
			const __u8 *data;
		} features;
		struct {
			__u32 status;
			__u32 generation;
			__u32 offset;
			__u32 length;
			__u32 data_len;
			const __u8 *data;
		} config;
		struct {
			__u32 status;
		} status;
		struct {
			__u32 index;
			__u32 max_size;
			__u32 size;
			__u32 flags;
			__u64 desc;
			__u64 driver;
			__u64 device;
		} vq;
		struct {
			__u32 id;
			__u64 length;
			__u64 addr;
		} shm;
		struct {
			__u32 index;
			__u32 next_offset;
		} notify;
		struct {
			__u16 offset;
			__u16 count;
			__u16 next_offset;
			const __u8 *bitmap;
		} devices;
		struct {
			__u32 data;
		} ping;
		struct {
			__u16 dev_num;
			__u16 state;
		} event;
	};
};

int virtio_msg_check_header(const void *msg, __u32 len, __u32 max);
int virtio_msg_decode(const struct virtio_msg_dialect *dialect, const void *msg,
		      __u32 len, __u32 max, struct virtio_msg_fields *fields);
int virtio_msg_encode(const struct virtio_msg_dialect *dialect,
		      const struct virtio_msg_fields *fields, void *msg,
		      __u32 max);

const char *virtio_msg_kind_name(enum virtio_msg_kind kind);
int virtio_msg_describe(const struct virtio_msg_dialect *dialect,
			const void *msg, __u32 len, char *text, __u32 size);

bool virtio_msg_kind_is_response(enum virtio_msg_kind kind);
bool virtio_msg_kind_to_device(enum virtio_msg_kind kind);
enum virtio_msg_kind virtio_msg_response_kind(enum virtio_msg_kind request);

__u32 virtio_msg_features_word(const struct virtio_msg_fields *fields, __u32 i);
void virtio_msg_features_put(__u8 *data, __u32 i, __u32 word);
bool virtio_msg_devices_test(const struct virtio_msg_fields *fields, __u32 i);

__u32 virtio_msg_config_capacity(__u32 max);
__u32 virtio_msg_event_config_capacity(__u32 max);
__u32 virtio_msg_features_capacity(__u32 max);
__u32 virtio_msg_devices_capacity(__u32 max);

/* The fixed parts of a header, for routing without decoding. */
__u16 virtio_msg_dev_num(const void *msg);
__u16 virtio_msg_token(const void *msg);
__u16 virtio_msg_size(const void *msg);
bool virtio_msg_is_bus(const void *msg);
bool virtio_msg_is_response(const void *msg);
bool virtio_msg_is_event(const void *msg);

#endif /* _VIRTIO_MSG_PROTOCOL_H */
