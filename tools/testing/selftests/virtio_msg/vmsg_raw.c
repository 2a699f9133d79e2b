// SPDX-License-Identifier: GPL-2.0
/* Entropy devices made of nothing but messages. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vmsg_raw.h"

void vmsg_raw_init(struct vmsg_raw *raw, int fd)
{
	memset(raw, 0, sizeof(*raw));
	raw->fd = fd;
	raw->features = 1ULL << VIRTIO_F_VERSION_1;
}

int vmsg_raw_claim(struct vmsg_raw *raw, unsigned int dev_num)
{
	int n = vmsg_claim(raw->fd, dev_num, 1);

	if (n >= 0)
		raw->dev_num = n;
	return n;
}

/* A mapping keeps the file open. */
void vmsg_raw_unmap(struct vmsg_raw *raw)
{
	if (raw->window)
		munmap(raw->window, raw->window_size);
	raw->window = NULL;
}

void vmsg_raw_reset(struct vmsg_raw *raw)
{
	vmsg_raw_unmap(raw);
	memset(&raw->vq, 0, sizeof(raw->vq));
	raw->status = 0;
	raw->seen = 0;
	raw->used = 0;
	raw->driver_features = 0;
}

/* Messages */

void *vmsg_raw_reply(const struct vmsg_msg *request, struct vmsg_msg *reply,
		     size_t payload)
{
	return vmsg_msg_start(reply, VIRTIO_MSG_TYPE_RESPONSE,
			      request->hdr.msg_id,
			      le16toh(request->hdr.dev_num),
			      le16toh(request->hdr.token), payload);
}

static int send_answer(struct vmsg_raw *raw, const struct vmsg_msg *reply)
{
	return raw->send ? raw->send(raw, reply) : vmsg_send(raw->fd, reply);
}

int vmsg_raw_respond(struct vmsg_raw *raw, const struct vmsg_msg *request,
		     const void *payload, size_t size)
{
	struct vmsg_msg reply;

	memcpy(vmsg_raw_reply(request, &reply, size), payload, size);
	return send_answer(raw, &reply);
}

void vmsg_raw_event_used(struct vmsg_raw *raw, unsigned int index)
{
	struct virtio_msg_event_used *event;
	struct vmsg_msg msg;

	event = vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_USED, raw->dev_num, 0,
			       sizeof(*event));
	event->index = htole32(index);
	vmsg_send(raw->fd, &msg);
}

int vmsg_raw_event_config(struct vmsg_raw *raw, unsigned int status,
			  unsigned int offset, unsigned int length,
			  unsigned int data)
{
	struct virtio_msg_event_config *event;
	struct vmsg_msg msg;

	event = vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_CONFIG, raw->dev_num,
			       0, sizeof(*event) + data);
	event->status = htole32(status);
	event->offset = htole32(offset);
	event->length = htole32(length);
	return vmsg_send(raw->fd, &msg);
}

static void respond_features(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	const struct virtio_msg_features *request = vmsg_payload(msg);
	unsigned int index = le32toh(request->block_index);
	unsigned int count = le32toh(request->num_blocks);
	struct virtio_msg_features *answer;
	struct vmsg_msg reply;
	unsigned int i;

	if (count > 16)
		count = 16;
	answer = vmsg_raw_reply(msg, &reply, sizeof(*answer) + 4 * count);
	answer->block_index = htole32(index);
	answer->num_blocks = htole32(count);
	for (i = 0; i < count && index + i < 2; i++)
		answer->blocks[i] = htole32(raw->features >> (32 * (index + i)));
	send_answer(raw, &reply);
}

/* All zeroes, in as many bytes as were asked for. */
static void respond_config(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	const struct virtio_msg_get_config *request = vmsg_payload(msg);
	size_t length = le32toh(request->length);
	struct virtio_msg_config *answer;
	struct vmsg_msg reply;

	answer = vmsg_raw_reply(msg, &reply, sizeof(*answer) + length);
	answer->offset = request->offset;
	answer->length = request->length;
	send_answer(raw, &reply);
}

static void take_features(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	const struct virtio_msg_features *request = vmsg_payload(msg);
	unsigned int index = le32toh(request->block_index);
	unsigned int i;

	for (i = 0; i < le32toh(request->num_blocks) && index + i < 2; i++)
		raw->driver_features |= (uint64_t)le32toh(request->blocks[i]) <<
					(32 * (index + i));
	vmsg_raw_respond(raw, msg, NULL, 0);
}

static void take_queue(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	const struct virtio_msg_set_vqueue *request = vmsg_payload(msg);

	raw->vq.cur_size = request->size;
	raw->vq.desc_addr = request->desc_addr;
	raw->vq.driver_addr = request->driver_addr;
	raw->vq.device_addr = request->device_addr;
	raw->vq.flags = htole32(VIRTIO_MSG_VQ_ENABLED);
	vmsg_raw_respond(raw, msg, NULL, 0);
}

void vmsg_raw_answer(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	struct virtio_msg_get_device_info_resp info = {
		.device_id = htole32(VMSG_RAW_ID),
		.num_feature_blocks = htole32(2),
		.config_size = htole32(raw->config_size),
		.max_virtqueues = htole32(1),
	};
	const struct virtio_msg_status *request = vmsg_payload(msg);
	struct virtio_msg_status status;

	switch (msg->hdr.msg_id) {
	case VIRTIO_MSG_GET_DEVICE_INFO:
		vmsg_raw_respond(raw, msg, &info, sizeof(info));
		break;
	case VIRTIO_MSG_GET_DEVICE_FEATURES:
		respond_features(raw, msg);
		break;
	case VIRTIO_MSG_SET_DRIVER_FEATURES:
		take_features(raw, msg);
		break;
	case VIRTIO_MSG_GET_CONFIG:
		respond_config(raw, msg);
		break;
	case VIRTIO_MSG_SET_DEVICE_STATUS:
		raw->status = le32toh(request->status);
		if (!raw->status)
			vmsg_raw_reset(raw);
		fallthrough;
	case VIRTIO_MSG_GET_DEVICE_STATUS:
		status.status = htole32(raw->status);
		vmsg_raw_respond(raw, msg, &status, sizeof(status));
		break;
	case VIRTIO_MSG_GET_VQUEUE:
		raw->vq.index = *(__le32 *)vmsg_payload(msg);
		raw->vq.max_size = htole32(le32toh(raw->vq.index) ? 0 :
					   VMSG_RAW_QUEUE_SIZE);
		vmsg_raw_respond(raw, msg, &raw->vq, sizeof(raw->vq));
		break;
	case VIRTIO_MSG_SET_VQUEUE:
		take_queue(raw, msg);
		break;
	case VIRTIO_MSG_EVENT_AVAIL:
		if (raw->use)
			raw->use(raw);
		else
			vmsg_raw_use(raw);
		break;
	}
}

/* The queue */

int vmsg_raw_map(struct vmsg_raw *raw)
{
	struct virtio_msg_user_window window;
	void *map;
	int err;

	if (raw->window)
		return 0;
	err = vmsg_window(raw->fd, raw->dev_num, le64toh(raw->vq.desc_addr),
			  &window);
	if (err)
		return err;
	map = mmap(NULL, window.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   raw->fd, window.offset);
	if (map == MAP_FAILED)
		return -errno;
	raw->window = map;
	raw->window_size = window.size;
	raw->window_start = window.start;
	return 0;
}

static void *at(struct vmsg_raw *raw, uint64_t addr, size_t size)
{
	uint64_t offset = addr - raw->window_start;

	if (offset > raw->window_size || size > raw->window_size - offset)
		return NULL;
	return raw->window + offset;
}

static struct vring_desc *desc(struct vmsg_raw *raw, unsigned int i)
{
	return at(raw, le64toh(raw->vq.desc_addr) + 16 * i, 16);
}

static struct vring_avail *avail(struct vmsg_raw *raw)
{
	return at(raw, le64toh(raw->vq.driver_addr),
		  6 + 2 * VMSG_RAW_QUEUE_SIZE);
}

static struct vring_used *used(struct vmsg_raw *raw)
{
	return at(raw, le64toh(raw->vq.device_addr),
		  6 + 8 * VMSG_RAW_QUEUE_SIZE);
}

/* The next request's head, or -1. */
int vmsg_raw_head(struct vmsg_raw *raw)
{
	unsigned int num = le32toh(raw->vq.cur_size);

	if (!num || vmsg_raw_map(raw) ||
	    __atomic_load_n(&avail(raw)->idx, __ATOMIC_ACQUIRE) == raw->seen)
		return -1;
	return le16toh(avail(raw)->ring[raw->seen++ % num]);
}

void vmsg_raw_set_used(struct vmsg_raw *raw, unsigned int idx)
{
	raw->used = idx;
	__atomic_store_n(&used(raw)->idx, raw->used, __ATOMIC_RELEASE);
}

void vmsg_raw_push(struct vmsg_raw *raw, unsigned int id, unsigned int len)
{
	struct vring_used_elem *elem =
		&used(raw)->ring[raw->used % le32toh(raw->vq.cur_size)];

	elem->id = htole32(id);
	elem->len = htole32(len);
	vmsg_raw_set_used(raw, raw->used + 1);
}

void vmsg_raw_use(struct vmsg_raw *raw)
{
	unsigned int len;
	void *buf;
	int head;

	while ((head = vmsg_raw_head(raw)) >= 0) {
		len = le32toh(desc(raw, head)->len);
		buf = at(raw, le64toh(desc(raw, head)->addr), len);
		if (!buf)
			return;
		memset(buf, 0xa5 + raw->fill++, len);
		vmsg_raw_push(raw, head, len);
		raw->requests++;
		vmsg_raw_event_used(raw, 0);
	}
}

/* Dispatch */

static void dispatch(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	const struct virtio_msg_status *status = vmsg_payload(msg);
	unsigned int entry = msg->hdr.msg_id;

	if (entry == VIRTIO_MSG_SET_DEVICE_STATUS)
		entry |= le32toh(status->status) << 8;
	if (raw->num_log < VMSG_RAW_LOG)
		raw->log[raw->num_log++] = entry;
	if (!raw->answer || !raw->answer(raw, msg))
		vmsg_raw_answer(raw, msg);
}

/* Devices usually have numbers without gaps. */
static struct vmsg_raw *find(struct vmsg_raw *raws, unsigned int num,
			     unsigned int dev_num)
{
	unsigned int guess = dev_num - raws[0].dev_num;
	unsigned int i;

	if (guess < num && raws[guess].dev_num == dev_num)
		return &raws[guess];
	for (i = 0; i < num; i++)
		if (raws[i].dev_num == dev_num)
			return &raws[i];
	return NULL;
}

int vmsg_raw_poll(struct vmsg_raw *raws, unsigned int num, int timeout_ms)
{
	uint64_t words[2048];
	uint8_t *buf = (void *)words;
	struct vmsg_msg *msg;
	struct vmsg_raw *raw;
	ssize_t n, done;
	int err;

	err = vmsg_wait_readable(raws[0].fd, timeout_ms);
	if (err)
		return err;
	n = read(raws[0].fd, buf, sizeof(words) - sizeof(*msg));
	if (n < 0)
		return -errno;
	for (done = 0; done < n; done += vmsg_padded(vmsg_msg_size(msg))) {
		msg = (struct vmsg_msg *)(buf + done);
		raw = find(raws, num, le16toh(msg->hdr.dev_num));
		if (raw)
			dispatch(raw, msg);
	}
	return 0;
}
