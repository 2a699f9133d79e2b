// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Wire format of virtio over messages: the only code that reads or writes the
 * bytes of a message. Section numbers are those of the draft's message list.
 *
 * Nothing here keeps state, allocates or sleeps, and every function may be
 * given whatever a peer sent: lengths are checked in 64 bits before use.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "protocol.h"

#define HDR_SIZE	((__u32)sizeof(struct virtio_msg_hdr))

static_assert(sizeof(struct virtio_msg_hdr) == 8, "header");
static_assert(sizeof(struct virtio_msg_get_device_info_resp) == 44, "info");
static_assert(sizeof(struct virtio_msg_get_device_info_resp_pr28) == 24,
	      "info, PR28");
static_assert(sizeof(struct virtio_msg_features) == 8, "features");
static_assert(sizeof(struct virtio_msg_get_config) == 8, "get config");
static_assert(sizeof(struct virtio_msg_config) == 12, "config");
static_assert(sizeof(struct virtio_msg_get_vqueue_resp) == 40, "get vqueue");
static_assert(sizeof(struct virtio_msg_set_vqueue) == 40, "set vqueue");
static_assert(sizeof(struct virtio_msg_get_shm_resp) == 24, "shm");
static_assert(sizeof(struct virtio_msg_get_shm_resp_pr28) == 12, "shm, PR28");
static_assert(sizeof(struct virtio_msg_event_config) == 16, "event config");
static_assert(sizeof(struct virtio_msg_event_avail) == 8, "event avail");
static_assert(offsetof(struct virtio_msg_get_devices_resp, bitmap) == 6,
	      "devices");
static_assert(sizeof(struct virtio_msg_event_device) == 4, "event device");
static_assert(sizeof(struct virtio_msg_fvq_header) == 64, "fat queue");
static_assert(HDR_SIZE + sizeof(struct virtio_msg_get_device_info_resp) ==
	      VIRTIO_MSG_MIN_SIZE, "smallest bus");
static_assert(HDR_SIZE + sizeof(struct virtio_msg_set_vqueue) ==
	      VIRTIO_MSG_MIN_SIZE_PR28, "smallest bus, PR28");

const struct virtio_msg_dialect virtio_msg_d26 = {
	.name = "d26",
	.id = VIRTIO_MSG_DIALECT_D26,
	.min_size = VIRTIO_MSG_MIN_SIZE,
	.wide_info = true,
	.wide_shm = true,
	.vq_flags = true,
	.next_before_count = true,
};

const struct virtio_msg_dialect virtio_msg_pr28 = {
	.name = "pr28",
	.id = VIRTIO_MSG_DIALECT_PR28,
	.min_size = VIRTIO_MSG_MIN_SIZE_PR28,
	.octet_bitmap = true,
	.strict_generation = true,
};

/* A message of a table row: what it is called, and how it is laid out. */
struct layout {
	const char *name;
	__u8 type;
	__u8 id;
	/* Decode @len bytes of payload @p; -EBADMSG if they are malformed. */
	int (*decode)(const struct virtio_msg_dialect *dialect, const void *p,
		      __u32 len, struct virtio_msg_fields *f);
	/* Bytes of payload that @f takes. */
	__u64 (*size)(const struct virtio_msg_dialect *dialect,
		      const struct virtio_msg_fields *f);
	void (*encode)(const struct virtio_msg_dialect *dialect, void *p,
		       const struct virtio_msg_fields *f);
};

/* Messages without payload. */

static int decode_empty(const struct virtio_msg_dialect *dialect, const void *p,
			__u32 len, struct virtio_msg_fields *f)
{
	return len ? -EBADMSG : 0;
}

static __u64 size_empty(const struct virtio_msg_dialect *dialect,
			const struct virtio_msg_fields *f)
{
	return 0;
}

static void encode_empty(const struct virtio_msg_dialect *dialect, void *p,
			 const struct virtio_msg_fields *f)
{
}

/* 0x02 GET_DEVICE_INFO */

static int decode_info(const struct virtio_msg_dialect *dialect, const void *p,
		       __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_device_info_resp_pr28 *old = p;
	const struct virtio_msg_get_device_info_resp *w = p;

	if (!dialect->wide_info) {
		if (len != sizeof(*old))
			return -EBADMSG;
		f->info.device_id = get_unaligned_le32(&old->device_id);
		f->info.vendor_id = get_unaligned_le32(&old->vendor_id);
		memset(f->info.uuid, 0, sizeof(f->info.uuid));
		f->info.feature_blocks =
			(get_unaligned_le32(&old->num_feature_bits) + 31ULL) / 32;
		f->info.config_size = get_unaligned_le32(&old->config_size);
		f->info.max_vqs = get_unaligned_le32(&old->max_virtqueues);
		f->info.admin_vq_start = get_unaligned_le16(&old->admin_vq_start);
		f->info.admin_vq_count = get_unaligned_le16(&old->admin_vq_count);
		return 0;
	}

	if (len != sizeof(*w))
		return -EBADMSG;
	f->info.device_id = get_unaligned_le32(&w->device_id);
	f->info.vendor_id = get_unaligned_le32(&w->vendor_id);
	memcpy(f->info.uuid, w->device_uuid, sizeof(f->info.uuid));
	f->info.feature_blocks = get_unaligned_le32(&w->num_feature_blocks);
	f->info.config_size = get_unaligned_le32(&w->config_size);
	f->info.max_vqs = get_unaligned_le32(&w->max_virtqueues);
	f->info.admin_vq_start = get_unaligned_le32(&w->admin_vq_start);
	f->info.admin_vq_count = get_unaligned_le32(&w->admin_vq_count);
	return 0;
}

static __u64 size_info(const struct virtio_msg_dialect *dialect,
		       const struct virtio_msg_fields *f)
{
	return dialect->wide_info ?
		sizeof(struct virtio_msg_get_device_info_resp) :
		sizeof(struct virtio_msg_get_device_info_resp_pr28);
}

static void encode_info(const struct virtio_msg_dialect *dialect, void *p,
			const struct virtio_msg_fields *f)
{
	struct virtio_msg_get_device_info_resp_pr28 *old = p;
	struct virtio_msg_get_device_info_resp *w = p;

	if (!dialect->wide_info) {
		put_unaligned_le32(f->info.device_id, &old->device_id);
		put_unaligned_le32(f->info.vendor_id, &old->vendor_id);
		put_unaligned_le32(f->info.feature_blocks * 32,
				   &old->num_feature_bits);
		put_unaligned_le32(f->info.config_size, &old->config_size);
		put_unaligned_le32(f->info.max_vqs, &old->max_virtqueues);
		put_unaligned_le16(f->info.admin_vq_start, &old->admin_vq_start);
		put_unaligned_le16(f->info.admin_vq_count, &old->admin_vq_count);
		return;
	}

	put_unaligned_le32(f->info.device_id, &w->device_id);
	put_unaligned_le32(f->info.vendor_id, &w->vendor_id);
	memcpy(w->device_uuid, f->info.uuid, sizeof(w->device_uuid));
	put_unaligned_le32(f->info.feature_blocks, &w->num_feature_blocks);
	put_unaligned_le32(f->info.config_size, &w->config_size);
	put_unaligned_le32(f->info.max_vqs, &w->max_virtqueues);
	put_unaligned_le32(f->info.admin_vq_start, &w->admin_vq_start);
	put_unaligned_le32(f->info.admin_vq_count, &w->admin_vq_count);
}

/* 0x03 GET_DEVICE_FEATURES, 0x04 SET_DRIVER_FEATURES */

static int decode_features_head(const void *p, __u32 len,
				struct virtio_msg_fields *f)
{
	const struct virtio_msg_features *w = p;

	if (len < sizeof(*w))
		return -EBADMSG;
	f->features.index = get_unaligned_le32(&w->block_index);
	f->features.count = get_unaligned_le32(&w->num_blocks);
	f->features.data = NULL;
	if (!f->features.count ||
	    f->features.index > 0xffffffffU - f->features.count)
		return -EBADMSG;
	return 0;
}

static int decode_features_req(const struct virtio_msg_dialect *dialect,
			       const void *p, __u32 len,
			       struct virtio_msg_fields *f)
{
	if (len != sizeof(struct virtio_msg_features))
		return -EBADMSG;
	return decode_features_head(p, len, f);
}

static int decode_features(const struct virtio_msg_dialect *dialect,
			   const void *p, __u32 len,
			   struct virtio_msg_fields *f)
{
	const struct virtio_msg_features *w = p;
	int err = decode_features_head(p, len, f);

	if (err)
		return err;
	if (len != sizeof(*w) + 4ULL * f->features.count)
		return -EBADMSG;
	f->features.data = (const __u8 *)w->blocks;
	return 0;
}

static __u64 size_features_req(const struct virtio_msg_dialect *dialect,
			       const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_features);
}

static __u64 size_features(const struct virtio_msg_dialect *dialect,
			   const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_features) + 4ULL * f->features.count;
}

static void encode_features_req(const struct virtio_msg_dialect *dialect,
				void *p, const struct virtio_msg_fields *f)
{
	struct virtio_msg_features *w = p;

	put_unaligned_le32(f->features.index, &w->block_index);
	put_unaligned_le32(f->features.count, &w->num_blocks);
}

static void encode_features(const struct virtio_msg_dialect *dialect, void *p,
			    const struct virtio_msg_fields *f)
{
	struct virtio_msg_features *w = p;

	encode_features_req(dialect, p, f);
	if (f->features.data)
		memcpy(w->blocks, f->features.data, 4ULL * f->features.count);
	else
		memset(w->blocks, 0, 4ULL * f->features.count);
}

/* 0x05 GET_CONFIG, 0x06 SET_CONFIG */

static int check_config_range(const struct virtio_msg_fields *f)
{
	if (f->config.offset > 0xffffffffU - f->config.length)
		return -EBADMSG;
	return 0;
}

static int decode_get_config_req(const struct virtio_msg_dialect *dialect,
				 const void *p, __u32 len,
				 struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_config *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->config.offset = get_unaligned_le32(&w->offset);
	f->config.length = get_unaligned_le32(&w->length);
	return check_config_range(f);
}

static __u64 size_get_config_req(const struct virtio_msg_dialect *dialect,
				 const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_get_config);
}

static void encode_get_config_req(const struct virtio_msg_dialect *dialect,
				  void *p, const struct virtio_msg_fields *f)
{
	struct virtio_msg_get_config *w = p;

	put_unaligned_le32(f->config.offset, &w->offset);
	put_unaligned_le32(f->config.length, &w->length);
}

static int decode_config_head(const void *p, __u32 len,
			      struct virtio_msg_fields *f)
{
	const struct virtio_msg_config *w = p;

	if (len < sizeof(*w))
		return -EBADMSG;
	f->config.generation = get_unaligned_le32(&w->generation);
	f->config.offset = get_unaligned_le32(&w->offset);
	f->config.length = get_unaligned_le32(&w->length);
	f->config.data_len = len - sizeof(*w);
	f->config.data = f->config.data_len ? w->data : NULL;
	return check_config_range(f);
}

static int decode_config(const struct virtio_msg_dialect *dialect,
			 const void *p, __u32 len, struct virtio_msg_fields *f)
{
	int err = decode_config_head(p, len, f);

	if (!err && f->config.data_len != f->config.length)
		err = -EBADMSG;
	return err;
}

/* The data of an applied write may be echoed or not. */
static int decode_set_config_resp(const struct virtio_msg_dialect *dialect,
				  const void *p, __u32 len,
				  struct virtio_msg_fields *f)
{
	int err = decode_config_head(p, len, f);

	if (!err && f->config.data_len && f->config.data_len != f->config.length)
		err = -EBADMSG;
	return err;
}

static __u64 size_config(const struct virtio_msg_dialect *dialect,
			 const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_config) + (__u64)f->config.data_len;
}

static void encode_config(const struct virtio_msg_dialect *dialect, void *p,
			  const struct virtio_msg_fields *f)
{
	struct virtio_msg_config *w = p;

	put_unaligned_le32(f->config.generation, &w->generation);
	put_unaligned_le32(f->config.offset, &w->offset);
	put_unaligned_le32(f->config.length, &w->length);
	if (f->config.data_len)
		memcpy(w->data, f->config.data, f->config.data_len);
}

/* 0x07 GET_DEVICE_STATUS, 0x08 SET_DEVICE_STATUS */

static int decode_status(const struct virtio_msg_dialect *dialect,
			 const void *p, __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_status *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->status.status = get_unaligned_le32(&w->status);
	return 0;
}

static __u64 size_status(const struct virtio_msg_dialect *dialect,
			 const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_status);
}

static void encode_status(const struct virtio_msg_dialect *dialect, void *p,
			  const struct virtio_msg_fields *f)
{
	struct virtio_msg_status *w = p;

	put_unaligned_le32(f->status.status, &w->status);
}

/* 0x09 GET_VQUEUE, 0x0a SET_VQUEUE, 0x0b RESET_VQUEUE */

static int decode_vq_index(const struct virtio_msg_dialect *dialect,
			   const void *p, __u32 len,
			   struct virtio_msg_fields *f)
{
	const struct virtio_msg_vqueue_index *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->vq.index = get_unaligned_le32(&w->index);
	return 0;
}

static __u64 size_vq_index(const struct virtio_msg_dialect *dialect,
			   const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_vqueue_index);
}

static void encode_vq_index(const struct virtio_msg_dialect *dialect, void *p,
			    const struct virtio_msg_fields *f)
{
	struct virtio_msg_vqueue_index *w = p;

	put_unaligned_le32(f->vq.index, &w->index);
}

static int decode_get_vq(const struct virtio_msg_dialect *dialect,
			 const void *p, __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_vqueue_resp *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->vq.index = get_unaligned_le32(&w->index);
	f->vq.max_size = get_unaligned_le32(&w->max_size);
	f->vq.size = get_unaligned_le32(&w->cur_size);
	f->vq.flags = get_unaligned_le32(&w->flags);
	f->vq.desc = get_unaligned_le64(&w->desc_addr);
	f->vq.driver = get_unaligned_le64(&w->driver_addr);
	f->vq.device = get_unaligned_le64(&w->device_addr);
	/*
	 * Without the flag, a queue that has a size and an address is enabled:
	 * one that was reset may have its default size again.
	 */
	if (!dialect->vq_flags)
		f->vq.flags = f->vq.size && (f->vq.desc || f->vq.driver ||
					     f->vq.device) ?
			VIRTIO_MSG_VQ_ENABLED : 0;
	return 0;
}

static int decode_set_vq(const struct virtio_msg_dialect *dialect,
			 const void *p, __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_set_vqueue *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->vq.index = get_unaligned_le32(&w->index);
	f->vq.max_size = 0;
	f->vq.flags = get_unaligned_le32(&w->flags);
	f->vq.size = get_unaligned_le32(&w->size);
	f->vq.desc = get_unaligned_le64(&w->desc_addr);
	f->vq.driver = get_unaligned_le64(&w->driver_addr);
	f->vq.device = get_unaligned_le64(&w->device_addr);
	if (!dialect->vq_flags)
		f->vq.flags = VIRTIO_MSG_VQ_OP_ENABLE;
	/* DEV-60: answered, but without effect; an invalid flag says so. */
	else if (get_unaligned_le32(&w->reserved))
		f->vq.flags |= ~VIRTIO_MSG_VQ_FLAGS_MASK;
	return 0;
}

static __u64 size_vq(const struct virtio_msg_dialect *dialect,
		     const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_set_vqueue);
}

static void encode_get_vq(const struct virtio_msg_dialect *dialect, void *p,
			  const struct virtio_msg_fields *f)
{
	struct virtio_msg_get_vqueue_resp *w = p;

	put_unaligned_le32(f->vq.index, &w->index);
	put_unaligned_le32(f->vq.max_size, &w->max_size);
	put_unaligned_le32(f->vq.size, &w->cur_size);
	put_unaligned_le32(dialect->vq_flags ? f->vq.flags : 0, &w->flags);
	put_unaligned_le64(f->vq.desc, &w->desc_addr);
	put_unaligned_le64(f->vq.driver, &w->driver_addr);
	put_unaligned_le64(f->vq.device, &w->device_addr);
}

static void encode_set_vq(const struct virtio_msg_dialect *dialect, void *p,
			  const struct virtio_msg_fields *f)
{
	struct virtio_msg_set_vqueue *w = p;

	put_unaligned_le32(f->vq.index, &w->index);
	put_unaligned_le32(dialect->vq_flags ? f->vq.flags : 0, &w->flags);
	put_unaligned_le32(f->vq.size, &w->size);
	put_unaligned_le32(0, &w->reserved);
	put_unaligned_le64(f->vq.desc, &w->desc_addr);
	put_unaligned_le64(f->vq.driver, &w->driver_addr);
	put_unaligned_le64(f->vq.device, &w->device_addr);
}

/* 0x0c GET_SHM */

static int decode_shm_req(const struct virtio_msg_dialect *dialect,
			  const void *p, __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_shm *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->shm.id = get_unaligned_le32(&w->shmid);
	return 0;
}

static __u64 size_shm_req(const struct virtio_msg_dialect *dialect,
			  const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_get_shm);
}

static void encode_shm_req(const struct virtio_msg_dialect *dialect, void *p,
			   const struct virtio_msg_fields *f)
{
	struct virtio_msg_get_shm *w = p;

	put_unaligned_le32(f->shm.id, &w->shmid);
}

static int decode_shm(const struct virtio_msg_dialect *dialect, const void *p,
		      __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_shm_resp_pr28 *old = p;
	const struct virtio_msg_get_shm_resp *w = p;

	if (!dialect->wide_shm) {
		if (len != sizeof(*old))
			return -EBADMSG;
		f->shm.id = get_unaligned_le32(&old->shmid);
		f->shm.length = get_unaligned_le32(&old->length);
		f->shm.addr = get_unaligned_le32(&old->address);
		return 0;
	}

	if (len != sizeof(*w))
		return -EBADMSG;
	f->shm.id = get_unaligned_le32(&w->shmid);
	f->shm.length = get_unaligned_le64(&w->length);
	f->shm.addr = get_unaligned_le64(&w->address);
	return 0;
}

static __u64 size_shm(const struct virtio_msg_dialect *dialect,
		      const struct virtio_msg_fields *f)
{
	return dialect->wide_shm ? sizeof(struct virtio_msg_get_shm_resp) :
				   sizeof(struct virtio_msg_get_shm_resp_pr28);
}

/* A region that 32 bits cannot describe does not exist in that dialect. */
static void encode_shm(const struct virtio_msg_dialect *dialect, void *p,
		       const struct virtio_msg_fields *f)
{
	bool narrow = f->shm.length <= 0xffffffffU && f->shm.addr <= 0xffffffffU;
	struct virtio_msg_get_shm_resp_pr28 *old = p;
	struct virtio_msg_get_shm_resp *w = p;

	if (!dialect->wide_shm) {
		put_unaligned_le32(f->shm.id, &old->shmid);
		put_unaligned_le32(narrow ? f->shm.length : 0, &old->length);
		put_unaligned_le32(narrow ? f->shm.addr : 0, &old->address);
		return;
	}

	put_unaligned_le32(f->shm.id, &w->shmid);
	put_unaligned_le32(0, &w->reserved);
	put_unaligned_le64(f->shm.length, &w->length);
	put_unaligned_le64(f->shm.addr, &w->address);
}

/* 0x40 EVENT_CONFIG */

static int decode_event_config(const struct virtio_msg_dialect *dialect,
			       const void *p, __u32 len,
			       struct virtio_msg_fields *f)
{
	const struct virtio_msg_event_config *w = p;

	if (len < sizeof(*w))
		return -EBADMSG;
	f->config.status = get_unaligned_le32(&w->status);
	f->config.generation = get_unaligned_le32(&w->generation);
	f->config.offset = get_unaligned_le32(&w->offset);
	f->config.length = get_unaligned_le32(&w->length);
	f->config.data_len = len - sizeof(*w);
	f->config.data = f->config.data_len ? w->data : NULL;
	if (f->config.data_len && f->config.data_len != f->config.length)
		return -EBADMSG;
	return check_config_range(f);
}

static __u64 size_event_config(const struct virtio_msg_dialect *dialect,
			       const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_event_config) +
	       (__u64)f->config.data_len;
}

static void encode_event_config(const struct virtio_msg_dialect *dialect,
				void *p, const struct virtio_msg_fields *f)
{
	struct virtio_msg_event_config *w = p;

	put_unaligned_le32(f->config.status, &w->status);
	put_unaligned_le32(f->config.generation, &w->generation);
	put_unaligned_le32(f->config.offset, &w->offset);
	put_unaligned_le32(f->config.length, &w->length);
	if (f->config.data_len)
		memcpy(w->data, f->config.data, f->config.data_len);
}

/* 0x41 EVENT_AVAIL, 0x42 EVENT_USED */

static int decode_event_avail(const struct virtio_msg_dialect *dialect,
			      const void *p, __u32 len,
			      struct virtio_msg_fields *f)
{
	const struct virtio_msg_event_avail *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->notify.index = get_unaligned_le32(&w->index);
	f->notify.next_offset = get_unaligned_le32(&w->next_offset);
	return 0;
}

static __u64 size_event_avail(const struct virtio_msg_dialect *dialect,
			      const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_event_avail);
}

static void encode_event_avail(const struct virtio_msg_dialect *dialect,
			       void *p, const struct virtio_msg_fields *f)
{
	struct virtio_msg_event_avail *w = p;

	put_unaligned_le32(f->notify.index, &w->index);
	put_unaligned_le32(f->notify.next_offset, &w->next_offset);
}

static int decode_event_used(const struct virtio_msg_dialect *dialect,
			     const void *p, __u32 len,
			     struct virtio_msg_fields *f)
{
	const struct virtio_msg_event_used *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->notify.index = get_unaligned_le32(&w->index);
	f->notify.next_offset = 0;
	return 0;
}

static __u64 size_event_used(const struct virtio_msg_dialect *dialect,
			     const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_event_used);
}

static void encode_event_used(const struct virtio_msg_dialect *dialect, void *p,
			      const struct virtio_msg_fields *f)
{
	struct virtio_msg_event_used *w = p;

	put_unaligned_le32(f->notify.index, &w->index);
}

/* Bus 0x02 GET_DEVICES */

static __u32 bitmap_bytes(__u32 count)
{
	return (count + 7) / 8;
}

static int check_devices(const struct virtio_msg_dialect *dialect,
			 const struct virtio_msg_fields *f)
{
	if ((__u32)f->devices.offset + f->devices.count > 0x10000)
		return -EBADMSG;
	if (dialect->octet_bitmap &&
	    (f->devices.offset % 8 || f->devices.count % 8))
		return -EBADMSG;
	return 0;
}

/* A request may name more than there is: the answer is what must fit. */
static int decode_devices_req(const struct virtio_msg_dialect *dialect,
			      const void *p, __u32 len,
			      struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_devices *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->devices.offset = get_unaligned_le16(&w->offset);
	f->devices.count = get_unaligned_le16(&w->count);
	f->devices.next_offset = 0;
	f->devices.bitmap = NULL;
	if (dialect->octet_bitmap &&
	    (f->devices.offset % 8 || f->devices.count % 8))
		return -EBADMSG;
	return 0;
}

static __u64 size_devices_req(const struct virtio_msg_dialect *dialect,
			      const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_get_devices);
}

static void encode_devices_req(const struct virtio_msg_dialect *dialect,
			       void *p, const struct virtio_msg_fields *f)
{
	struct virtio_msg_get_devices *w = p;

	put_unaligned_le16(f->devices.offset, &w->offset);
	put_unaligned_le16(f->devices.count, &w->count);
}

static int decode_devices(const struct virtio_msg_dialect *dialect,
			  const void *p, __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_get_devices_resp_pr28 *old = p;
	const struct virtio_msg_get_devices_resp *w = p;
	__u32 head = offsetof(struct virtio_msg_get_devices_resp, bitmap);

	if (len < head)
		return -EBADMSG;
	f->devices.offset = get_unaligned_le16(&w->offset);
	if (dialect->next_before_count) {
		f->devices.next_offset = get_unaligned_le16(&w->next_offset);
		f->devices.count = get_unaligned_le16(&w->count);
	} else {
		f->devices.count = get_unaligned_le16(&old->count);
		f->devices.next_offset = get_unaligned_le16(&old->next_offset);
	}
	f->devices.bitmap = w->bitmap;
	if (len != head + bitmap_bytes(f->devices.count))
		return -EBADMSG;
	return check_devices(dialect, f);
}

static __u64 size_devices(const struct virtio_msg_dialect *dialect,
			  const struct virtio_msg_fields *f)
{
	return offsetof(struct virtio_msg_get_devices_resp, bitmap) +
	       bitmap_bytes(f->devices.count);
}

static void encode_devices(const struct virtio_msg_dialect *dialect, void *p,
			   const struct virtio_msg_fields *f)
{
	struct virtio_msg_get_devices_resp_pr28 *old = p;
	struct virtio_msg_get_devices_resp *w = p;

	put_unaligned_le16(f->devices.offset, &w->offset);
	if (dialect->next_before_count) {
		put_unaligned_le16(f->devices.next_offset, &w->next_offset);
		put_unaligned_le16(f->devices.count, &w->count);
	} else {
		put_unaligned_le16(f->devices.count, &old->count);
		put_unaligned_le16(f->devices.next_offset, &old->next_offset);
	}
	if (f->devices.bitmap)
		memcpy(w->bitmap, f->devices.bitmap,
		       bitmap_bytes(f->devices.count));
	else
		memset(w->bitmap, 0, bitmap_bytes(f->devices.count));
}

/* Bus 0x03 PING */

static int decode_ping(const struct virtio_msg_dialect *dialect, const void *p,
		       __u32 len, struct virtio_msg_fields *f)
{
	const struct virtio_msg_ping *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->ping.data = get_unaligned_le32(&w->data);
	return 0;
}

static __u64 size_ping(const struct virtio_msg_dialect *dialect,
		       const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_ping);
}

static void encode_ping(const struct virtio_msg_dialect *dialect, void *p,
			const struct virtio_msg_fields *f)
{
	struct virtio_msg_ping *w = p;

	put_unaligned_le32(f->ping.data, &w->data);
}

/* Bus 0x40 EVENT_DEVICE */

static int decode_event_device(const struct virtio_msg_dialect *dialect,
			       const void *p, __u32 len,
			       struct virtio_msg_fields *f)
{
	const struct virtio_msg_event_device *w = p;

	if (len != sizeof(*w))
		return -EBADMSG;
	f->event.dev_num = get_unaligned_le16(&w->dev_num);
	f->event.state = get_unaligned_le16(&w->state);
	return 0;
}

static __u64 size_event_device(const struct virtio_msg_dialect *dialect,
			       const struct virtio_msg_fields *f)
{
	return sizeof(struct virtio_msg_event_device);
}

static void encode_event_device(const struct virtio_msg_dialect *dialect,
				void *p, const struct virtio_msg_fields *f)
{
	struct virtio_msg_event_device *w = p;

	put_unaligned_le16(f->event.dev_num, &w->dev_num);
	put_unaligned_le16(f->event.state, &w->state);
}

#define RESP	VIRTIO_MSG_TYPE_RESPONSE
#define BUS	VIRTIO_MSG_TYPE_BUS

/*
 * A small device has no code for what only the other side does: it decodes no
 * answer, encodes no request, and knows no names.
 */
#ifdef VIRTIO_MSG_SMALL_DEVICE
#define SMALL	true
#else
#define SMALL	false
#endif

#define IS_UP(type, kind)						\
	(((type) & RESP) || (VMSG_##kind) == VMSG_EVENT_CONFIG ||	\
	 (VMSG_##kind) == VMSG_EVENT_USED ||				\
	 (VMSG_##kind) == VMSG_EVENT_DEVICE)
#define ONLY_IF(wanted, what)	(!SMALL || (wanted) ? (what) : NULL)

#define LAYOUT(_kind, _name, _type, _id, _decode, _size, _encode)	\
	[VMSG_##_kind] = {						\
		.name = ONLY_IF(false, _name),				\
		.type = _type,						\
		.id = VIRTIO_MSG_##_id,					\
		.decode = ONLY_IF(!IS_UP(_type, _kind), decode_##_decode), \
		.size = ONLY_IF(IS_UP(_type, _kind), size_##_size),	\
		.encode = ONLY_IF(IS_UP(_type, _kind), encode_##_encode), \
	}

static const struct layout layouts[VIRTIO_MSG_KINDS] = {
	LAYOUT(INFO_REQ, "GET_DEVICE_INFO", 0, GET_DEVICE_INFO,
	       empty, empty, empty),
	LAYOUT(INFO_RESP, "GET_DEVICE_INFO", RESP, GET_DEVICE_INFO,
	       info, info, info),
	LAYOUT(GET_FEATURES_REQ, "GET_DEVICE_FEATURES", 0, GET_DEVICE_FEATURES,
	       features_req, features_req, features_req),
	LAYOUT(GET_FEATURES_RESP, "GET_DEVICE_FEATURES", RESP,
	       GET_DEVICE_FEATURES, features, features, features),
	LAYOUT(SET_FEATURES_REQ, "SET_DRIVER_FEATURES", 0, SET_DRIVER_FEATURES,
	       features, features, features),
	LAYOUT(SET_FEATURES_RESP, "SET_DRIVER_FEATURES", RESP,
	       SET_DRIVER_FEATURES, empty, empty, empty),
	LAYOUT(GET_CONFIG_REQ, "GET_CONFIG", 0, GET_CONFIG,
	       get_config_req, get_config_req, get_config_req),
	LAYOUT(GET_CONFIG_RESP, "GET_CONFIG", RESP, GET_CONFIG,
	       config, config, config),
	LAYOUT(SET_CONFIG_REQ, "SET_CONFIG", 0, SET_CONFIG,
	       config, config, config),
	LAYOUT(SET_CONFIG_RESP, "SET_CONFIG", RESP, SET_CONFIG,
	       set_config_resp, config, config),
	LAYOUT(GET_STATUS_REQ, "GET_DEVICE_STATUS", 0, GET_DEVICE_STATUS,
	       empty, empty, empty),
	LAYOUT(GET_STATUS_RESP, "GET_DEVICE_STATUS", RESP, GET_DEVICE_STATUS,
	       status, status, status),
	LAYOUT(SET_STATUS_REQ, "SET_DEVICE_STATUS", 0, SET_DEVICE_STATUS,
	       status, status, status),
	LAYOUT(SET_STATUS_RESP, "SET_DEVICE_STATUS", RESP, SET_DEVICE_STATUS,
	       status, status, status),
	LAYOUT(GET_VQUEUE_REQ, "GET_VQUEUE", 0, GET_VQUEUE,
	       vq_index, vq_index, vq_index),
	LAYOUT(GET_VQUEUE_RESP, "GET_VQUEUE", RESP, GET_VQUEUE,
	       get_vq, vq, get_vq),
	LAYOUT(SET_VQUEUE_REQ, "SET_VQUEUE", 0, SET_VQUEUE,
	       set_vq, vq, set_vq),
	LAYOUT(SET_VQUEUE_RESP, "SET_VQUEUE", RESP, SET_VQUEUE,
	       empty, empty, empty),
	LAYOUT(RESET_VQUEUE_REQ, "RESET_VQUEUE", 0, RESET_VQUEUE,
	       vq_index, vq_index, vq_index),
	LAYOUT(RESET_VQUEUE_RESP, "RESET_VQUEUE", RESP, RESET_VQUEUE,
	       empty, empty, empty),
	LAYOUT(GET_SHM_REQ, "GET_SHM", 0, GET_SHM, shm_req, shm_req, shm_req),
	LAYOUT(GET_SHM_RESP, "GET_SHM", RESP, GET_SHM, shm, shm, shm),
	LAYOUT(EVENT_CONFIG, "EVENT_CONFIG", 0, EVENT_CONFIG,
	       event_config, event_config, event_config),
	LAYOUT(EVENT_AVAIL, "EVENT_AVAIL", 0, EVENT_AVAIL,
	       event_avail, event_avail, event_avail),
	LAYOUT(EVENT_USED, "EVENT_USED", 0, EVENT_USED,
	       event_used, event_used, event_used),
	LAYOUT(GET_DEVICES_REQ, "GET_DEVICES", BUS, BUS_GET_DEVICES,
	       devices_req, devices_req, devices_req),
	LAYOUT(GET_DEVICES_RESP, "GET_DEVICES", BUS | RESP, BUS_GET_DEVICES,
	       devices, devices, devices),
	LAYOUT(PING_REQ, "PING", BUS, BUS_PING, ping, ping, ping),
	LAYOUT(PING_RESP, "PING", BUS | RESP, BUS_PING, ping, ping, ping),
	LAYOUT(EVENT_DEVICE, "EVENT_DEVICE", BUS, BUS_EVENT_DEVICE,
	       event_device, event_device, event_device),
};

/* Unknown and reserved numbers, and events sent as responses, have no kind. */
static int find_kind(__u8 type, __u8 id)
{
	int kind;

	type &= VIRTIO_MSG_TYPE_MASK;
	for (kind = 0; kind < VIRTIO_MSG_KINDS; kind++)
		if (layouts[kind].type == type && layouts[kind].id == id)
			return kind;
	return -ENOMSG;
}

/**
 * virtio_msg_check_header() - check the generic limits of a message
 * @msg: the message, in private memory
 * @len: bytes received, framing and padding included
 * @max: largest message of the bus
 *
 * Context: Any.
 * Return: the size of the message, or -EBADMSG if it is shorter than a header,
 * longer than @len or @max (DEV-25, DRV-18, T30).
 */
int virtio_msg_check_header(const void *msg, __u32 len, __u32 max)
{
	__u32 size;

	if (len < HDR_SIZE)
		return -EBADMSG;
	size = virtio_msg_size(msg);
	if (size < HDR_SIZE || size > len || size > max)
		return -EBADMSG;
	return size;
}

/**
 * virtio_msg_decode() - check a message and decode it
 * @dialect: layout spoken on the bus
 * @msg: the message, in private memory: it must not change
 * @len: bytes received, framing and padding included
 * @max: largest message of the bus
 * @fields: result; its pointers point into @msg
 *
 * Context: Any.
 * Return: 0; -ENOMSG for an unknown, reserved or implementation-defined number
 * (or an event marked as a response, SH-2); -EBADMSG if sizes, or a value that
 * sizes depend on, are wrong.
 */
int virtio_msg_decode(const struct virtio_msg_dialect *dialect, const void *msg,
		      __u32 len, __u32 max, struct virtio_msg_fields *fields)
{
	const struct virtio_msg *m = msg;
	int size = virtio_msg_check_header(msg, len, max);
	int kind;

	if (size < 0)
		return size;
	kind = find_kind(m->hdr.type, m->hdr.msg_id);
	if (kind < 0)
		return kind;
	if (!layouts[kind].decode)
		return -ENOMSG;

	fields->kind = kind;
	fields->dev_num = virtio_msg_dev_num(msg);
	fields->token = virtio_msg_token(msg);
	return layouts[kind].decode(dialect, m->payload, size - HDR_SIZE,
				    fields);
}

/**
 * virtio_msg_encode() - write a message
 * @dialect: layout spoken on the bus
 * @fields: what to write; @fields->token is written as it is
 * @msg: where to
 * @max: bytes at @msg, and largest message of the bus
 *
 * Context: Any.
 * Return: the size of the message, or -EMSGSIZE if it exceeds @max or what the
 * size field can say.
 */
int virtio_msg_encode(const struct virtio_msg_dialect *dialect,
		      const struct virtio_msg_fields *fields, void *msg,
		      __u32 max)
{
	const struct layout *layout = &layouts[fields->kind];
	__u64 size = HDR_SIZE + layout->size(dialect, fields);
	struct virtio_msg *m = msg;

	if (size > max || size > 0xffff)
		return -EMSGSIZE;
	m->hdr.type = layout->type;
	m->hdr.msg_id = layout->id;
	put_unaligned_le16((layout->type & BUS) ? 0 : fields->dev_num,
			   &m->hdr.dev_num);
	put_unaligned_le16(fields->token, &m->hdr.token);
	put_unaligned_le16(size, &m->hdr.msg_size);
	layout->encode(dialect, m->payload, fields);
	return size;
}

/**
 * virtio_msg_kind_name() - name of a message in the specification
 * @kind: the message; a request and its response have the same name
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *virtio_msg_kind_name(enum virtio_msg_kind kind)
{
	return kind < VIRTIO_MSG_KINDS ? layouts[kind].name : "unknown";
}

static int describe_payload(const struct virtio_msg_fields *f, char *text,
			    __u32 size)
{
	switch (f->kind) {
	case VMSG_INFO_RESP:
		return snprintf(text, size,
				" type %u vendor %#x features %u config %u queues %u",
				f->info.device_id, f->info.vendor_id,
				f->info.feature_blocks * 32,
				f->info.config_size, f->info.max_vqs);
	case VMSG_GET_FEATURES_REQ:
		return snprintf(text, size, " blocks %u+%u", f->features.index,
				f->features.count);
	case VMSG_GET_FEATURES_RESP:
	case VMSG_SET_FEATURES_REQ:
		return snprintf(text, size, " blocks %u+%u first %#010x",
				f->features.index, f->features.count,
				virtio_msg_features_word(f, 0));
	case VMSG_GET_CONFIG_REQ:
		return snprintf(text, size, " range %u+%u", f->config.offset,
				f->config.length);
	case VMSG_GET_CONFIG_RESP:
	case VMSG_SET_CONFIG_REQ:
	case VMSG_SET_CONFIG_RESP:
		return snprintf(text, size, " range %u+%u generation %u",
				f->config.offset, f->config.length,
				f->config.generation);
	case VMSG_EVENT_CONFIG:
		return snprintf(text, size,
				" status %#x range %u+%u generation %u data %u",
				f->config.status, f->config.offset,
				f->config.length, f->config.generation,
				f->config.data_len);
	case VMSG_GET_STATUS_RESP:
	case VMSG_SET_STATUS_REQ:
	case VMSG_SET_STATUS_RESP:
		return snprintf(text, size, " status %#x", f->status.status);
	case VMSG_GET_VQUEUE_REQ:
	case VMSG_RESET_VQUEUE_REQ:
		return snprintf(text, size, " queue %u", f->vq.index);
	case VMSG_GET_VQUEUE_RESP:
		return snprintf(text, size,
				" queue %u max %u size %u flags %#x desc %#llx driver %#llx device %#llx",
				f->vq.index, f->vq.max_size, f->vq.size,
				f->vq.flags, (unsigned long long)f->vq.desc,
				(unsigned long long)f->vq.driver,
				(unsigned long long)f->vq.device);
	case VMSG_SET_VQUEUE_REQ:
		return snprintf(text, size,
				" queue %u size %u flags %#x desc %#llx driver %#llx device %#llx",
				f->vq.index, f->vq.size, f->vq.flags,
				(unsigned long long)f->vq.desc,
				(unsigned long long)f->vq.driver,
				(unsigned long long)f->vq.device);
	case VMSG_GET_SHM_REQ:
		return snprintf(text, size, " region %u", f->shm.id);
	case VMSG_GET_SHM_RESP:
		return snprintf(text, size, " region %u address %#llx+%#llx",
				f->shm.id, (unsigned long long)f->shm.addr,
				(unsigned long long)f->shm.length);
	case VMSG_EVENT_AVAIL:
		return snprintf(text, size, " queue %u next %#x",
				f->notify.index, f->notify.next_offset);
	case VMSG_EVENT_USED:
		return snprintf(text, size, " queue %u", f->notify.index);
	case VMSG_GET_DEVICES_REQ:
		return snprintf(text, size, " devices %u+%u",
				f->devices.offset, f->devices.count);
	case VMSG_GET_DEVICES_RESP:
		return snprintf(text, size, " devices %u+%u next %u",
				f->devices.offset, f->devices.count,
				f->devices.next_offset);
	case VMSG_PING_REQ:
	case VMSG_PING_RESP:
		return snprintf(text, size, " data %#x", f->ping.data);
	case VMSG_EVENT_DEVICE:
		return snprintf(text, size, " device %u %s", f->event.dev_num,
				f->event.state == VIRTIO_MSG_DEVICE_ADDED ?
				"added" :
				f->event.state == VIRTIO_MSG_DEVICE_REMOVED ?
				"removed" : "other");
	default:
		if (size)
			text[0] = '\0';
		return 0;
	}
}

/**
 * virtio_msg_describe() - one line of text that says what a message is
 * @dialect: layout spoken on the bus
 * @msg: the message, of any content
 * @len: bytes at @msg
 * @text: result, 0-terminated
 * @size: bytes at @text, at least 1
 *
 * Context: Any.
 * Return: the length of the whole text, as snprintf() does.
 */
int virtio_msg_describe(const struct virtio_msg_dialect *dialect,
			const void *msg, __u32 len, char *text, __u32 size)
{
	struct virtio_msg_fields fields;
	const struct virtio_msg *m = msg;
	int err = virtio_msg_decode(dialect, msg, len, 0xffff, &fields);
	__u32 head;
	int n;

	if (err == -EBADMSG && len < HDR_SIZE)
		return snprintf(text, size, "%u bytes, no header", len);
	if (err)
		return snprintf(text, size,
				"%s type %#x id %#x dev %u token %u size %u of %u",
				err == -ENOMSG ? "unknown" : "malformed",
				m->hdr.type, m->hdr.msg_id,
				virtio_msg_dev_num(msg), virtio_msg_token(msg),
				virtio_msg_size(msg), len);

	n = snprintf(text, size, "%s%s dev %u token %u",
		     virtio_msg_kind_name(fields.kind),
		     virtio_msg_is_event(msg) ? "" :
		     virtio_msg_is_response(msg) ? " response" : " request",
		     fields.dev_num, fields.token);
	if (n < 0)
		return n;
	head = (__u32)n < size ? (__u32)n : size;
	return n + describe_payload(&fields, text + head, size - head);
}

/**
 * virtio_msg_kind_is_response() - is this kind an answer?
 * @kind: the message
 *
 * Context: Any.
 * Return: true for *_RESP.
 */
bool virtio_msg_kind_is_response(enum virtio_msg_kind kind)
{
	return layouts[kind].type & RESP;
}

/**
 * virtio_msg_kind_to_device() - does this kind travel towards the device?
 * @kind: the message
 *
 * PING travels both ways; this says true for its request.
 *
 * Context: Any.
 * Return: true for what a driver side sends.
 */
bool virtio_msg_kind_to_device(enum virtio_msg_kind kind)
{
	switch (kind) {
	case VMSG_EVENT_CONFIG:
	case VMSG_EVENT_USED:
	case VMSG_EVENT_DEVICE:
		return false;
	default:
		return !virtio_msg_kind_is_response(kind);
	}
}

/**
 * virtio_msg_response_kind() - the answer that belongs to a request
 * @request: a *_REQ
 *
 * Context: Any.
 * Return: its *_RESP.
 */
enum virtio_msg_kind virtio_msg_response_kind(enum virtio_msg_kind request)
{
	return request + 1;
}

static_assert(VMSG_INFO_REQ + 1 == (int)VMSG_INFO_RESP &&
	      VMSG_GET_SHM_REQ + 1 == (int)VMSG_GET_SHM_RESP &&
	      VMSG_GET_DEVICES_REQ + 1 == (int)VMSG_GET_DEVICES_RESP &&
	      VMSG_PING_REQ + 1 == (int)VMSG_PING_RESP,
	      "requests come in pairs");

/**
 * virtio_msg_features_word() - read a word of features
 * @fields: a decoded features message with data
 * @i: word, counted from @fields->features.index
 *
 * Context: Any.
 * Return: the word; 0 beyond the data.
 */
__u32 virtio_msg_features_word(const struct virtio_msg_fields *fields, __u32 i)
{
	if (!fields->features.data || i >= fields->features.count)
		return 0;
	return get_unaligned_le32(fields->features.data + 4 * (size_t)i);
}

/**
 * virtio_msg_features_put() - write a word of features to be encoded
 * @data: what &virtio_msg_fields.features.data will point at
 * @i: word
 * @word: its value
 *
 * Context: Any.
 */
void virtio_msg_features_put(__u8 *data, __u32 i, __u32 word)
{
	put_unaligned_le32(word, data + 4 * (size_t)i);
}

/**
 * virtio_msg_devices_test() - is a device in a GET_DEVICES response?
 * @fields: a decoded GET_DEVICES response
 * @i: device number, counted from @fields->devices.offset
 *
 * Context: Any.
 * Return: true if it is present.
 */
bool virtio_msg_devices_test(const struct virtio_msg_fields *fields, __u32 i)
{
	if (i >= fields->devices.count)
		return false;
	return fields->devices.bitmap[i / 8] & (1u << (i % 8));
}

/**
 * virtio_msg_config_capacity() - configuration bytes of GET_CONFIG, SET_CONFIG
 * @max: largest message of the bus
 *
 * Context: Any.
 * Return: bytes that fit one message.
 */
__u32 virtio_msg_config_capacity(__u32 max)
{
	return max - HDR_SIZE - sizeof(struct virtio_msg_config);
}

/**
 * virtio_msg_event_config_capacity() - configuration bytes of EVENT_CONFIG
 * @max: largest message of the bus
 *
 * Context: Any.
 * Return: bytes that fit one message.
 */
__u32 virtio_msg_event_config_capacity(__u32 max)
{
	return max - HDR_SIZE - sizeof(struct virtio_msg_event_config);
}

/**
 * virtio_msg_features_capacity() - blocks of features in a message
 * @max: largest message of the bus
 *
 * Context: Any.
 * Return: blocks of 32 bits that fit one message.
 */
__u32 virtio_msg_features_capacity(__u32 max)
{
	return (max - HDR_SIZE - sizeof(struct virtio_msg_features)) / 4;
}

/**
 * virtio_msg_devices_capacity() - device numbers in a GET_DEVICES response
 * @max: largest message of the bus
 *
 * Context: Any.
 * Return: a multiple of 8, which every dialect accepts (T19).
 */
__u32 virtio_msg_devices_capacity(__u32 max)
{
	__u32 bytes = max - HDR_SIZE -
		offsetof(struct virtio_msg_get_devices_resp, bitmap);

	return bytes >= 0x1fff ? 0xfff8 : bytes * 8;
}

/**
 * virtio_msg_dev_num() - device number of a message
 * @msg: a message whose header was checked
 *
 * Context: Any.
 * Return: the number.
 */
__u16 virtio_msg_dev_num(const void *msg)
{
	const struct virtio_msg *m = msg;

	return get_unaligned_le16(&m->hdr.dev_num);
}

/**
 * virtio_msg_token() - token of a message
 * @msg: a message whose header was checked
 *
 * Context: Any.
 * Return: the token.
 */
__u16 virtio_msg_token(const void *msg)
{
	const struct virtio_msg *m = msg;

	return get_unaligned_le16(&m->hdr.token);
}

/**
 * virtio_msg_size() - size of a message
 * @msg: a message, at least a header long
 *
 * Context: Any.
 * Return: bytes, header included.
 */
__u16 virtio_msg_size(const void *msg)
{
	const struct virtio_msg *m = msg;

	return get_unaligned_le16(&m->hdr.msg_size);
}

/**
 * virtio_msg_is_bus() - is this a bus message?
 * @msg: a message whose header was checked
 *
 * Context: Any.
 * Return: true if so; else it is a transport message.
 */
bool virtio_msg_is_bus(const void *msg)
{
	return ((const struct virtio_msg *)msg)->hdr.type & BUS;
}

/**
 * virtio_msg_is_response() - is this an answer?
 * @msg: a message whose header was checked
 *
 * Context: Any.
 * Return: true if so; else it is a request or an event.
 */
bool virtio_msg_is_response(const void *msg)
{
	return ((const struct virtio_msg *)msg)->hdr.type & RESP;
}

/**
 * virtio_msg_is_event() - is this an event?
 * @msg: a message whose header was checked
 *
 * Context: Any.
 * Return: true if so; nobody answers it.
 */
bool virtio_msg_is_event(const void *msg)
{
	return ((const struct virtio_msg *)msg)->hdr.msg_id & VIRTIO_MSG_ID_EVENT;
}
