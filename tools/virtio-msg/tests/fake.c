// SPDX-License-Identifier: BSD-3-Clause
/* A bus and a driver for tests; the driver does whatever it is told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/unaligned.h>

#include "fake.h"
#include "util.h"

static struct fake *fake_of(struct vmsg_link *link)
{
	return container_of(link, struct fake, link);
}

static void note_config(struct fake *fake, const struct virtio_msg_fields *f)
{
	fake->config++;
	fake->last_config = *f;
	fake->last_config.config.data = NULL;
	if (f->config.data_len)
		memcpy(fake->last_data, f->config.data, f->config.data_len);
}

static bool fake_send(struct vmsg_link *link, const void *msg, __u32 len)
{
	struct fake *fake = fake_of(link);
	struct virtio_msg_fields f;

	if (virtio_msg_is_event(msg) && fake->refuse_events)
		return false;
	if (virtio_msg_decode(link->dialect, msg, len, link->max_msg, &f) ||
	    f.dev_num != fake->dev->dev_num || len != virtio_msg_size(msg)) {
		fake->wrong++;
	} else if (f.kind == VMSG_EVENT_USED && !f.token &&
		   f.notify.index < FAKE_QUEUES) {
		fake->used[f.notify.index]++;
	} else if (f.kind == VMSG_EVENT_CONFIG && !f.token) {
		note_config(fake, &f);
	} else if (virtio_msg_is_response(msg)) {
		fake->responses++;
		fake->response_len = len;
		memcpy(fake->response, msg, len);
	} else {
		fake->wrong++;
	}
	return true;
}

static int fake_map(struct vmsg_link *link, struct vmsg_device *dev, __u64 addr,
		    struct vmsg_window *window)
{
	struct fake *fake = fake_of(link);
	int i;

	(void)dev;
	for (i = 0; i < fake->windows; i++) {
		if (addr < fake->window[i].start ||
		    addr - fake->window[i].start >= fake->window[i].size)
			continue;
		window->start = fake->window[i].start;
		window->size = fake->window[i].size;
		window->base = fake->window[i].mem;
		fake->mapped++;
		return 0;
	}
	return -EFAULT;
}

static void fake_unmap(struct vmsg_link *link, struct vmsg_device *dev,
		       struct vmsg_window *window)
{
	(void)dev;
	(void)window;
	fake_of(link)->mapped--;
}

static void fake_again(struct vmsg_link *link, struct vmsg_queue *queue)
{
	struct fake *fake = fake_of(link);

	fake->again++;
	fake->again_queue = queue;
}

static bool fake_relax(struct vmsg_link *link, struct vmsg_queue *queue,
		       bool first)
{
	struct fake *fake = fake_of(link);

	(void)queue;
	(void)first;
	return fake->relax && fake->relax();
}

static const struct vmsg_link_ops fake_ops = {
	.send = fake_send,
	.map = fake_map,
	.unmap = fake_unmap,
	.again = fake_again,
	.relax = fake_relax,
};

void fake_init(struct fake *fake, const struct virtio_msg_dialect *dialect,
	       __u32 max_msg)
{
	memset(fake, 0, sizeof(*fake));
	fake->link.ops = &fake_ops;
	fake->link.dialect = dialect;
	fake->link.max_msg = max_msg;
	fake->link.out = malloc(max_msg);
	fake->link.scratch = malloc(max_msg);
	fake->response = malloc(max_msg);
	fake->token = 0x1234;
}

void fake_attach(struct fake *fake, struct vmsg_device *dev)
{
	fake->dev = dev;
	if (vmsg_device_init(dev, &fake->link, 7))
		abort();
}

void fake_exit(struct fake *fake)
{
	int i;

	if (fake->dev)
		vmsg_device_exit(fake->dev);
	for (i = 0; i < fake->windows; i++)
		free(fake->window[i].mem);
	free(fake->link.out);
	free(fake->link.scratch);
	free(fake->response);
}

__u8 *fake_window(struct fake *fake, __u64 start, __u64 size)
{
	int i = fake->windows++;

	if (i == FAKE_WINDOWS)
		abort();
	fake->window[i].start = start;
	fake->window[i].size = size;
	fake->window[i].mem = calloc(1, size);
	return fake->window[i].mem;
}

bool fake_raw(struct fake *fake, const void *msg, __u32 len)
{
	void *copy = malloc(len ? len : 1);
	int before = fake->responses;

	memcpy(copy, msg, len);
	vmsg_device_receive(fake->dev, copy, len);
	free(copy);
	return fake->responses != before;
}

bool fake_request(struct fake *fake, struct virtio_msg_fields *request,
		  struct virtio_msg_fields *response)
{
	__u8 *msg = malloc(fake->link.max_msg);
	struct virtio_msg_fields own;
	int before = fake->responses;
	int len;

	request->dev_num = fake->dev->dev_num;
	request->token = ++fake->token;
	len = virtio_msg_encode(fake->link.dialect, request, msg,
				fake->link.max_msg);
	if (len < 0)
		abort();
	vmsg_device_receive(fake->dev, msg, (__u32)len);
	free(msg);

	if (!response)
		response = &own;
	memset(response, 0, sizeof(*response));
	return fake->responses == before + 1 &&
	       !virtio_msg_decode(fake->link.dialect, fake->response,
				  fake->response_len, fake->link.max_msg,
				  response) &&
	       response->kind == virtio_msg_response_kind(request->kind) &&
	       response->token == request->token;
}

__u32 fake_status(struct fake *fake, __u32 status)
{
	struct virtio_msg_fields q = {
		.kind = VMSG_SET_STATUS_REQ,
		.status.status = status,
	};
	struct virtio_msg_fields a;

	return fake_request(fake, &q, &a) ? a.status.status : ~0U;
}

void fake_features(struct fake *fake, __u32 index, __u32 word)
{
	struct virtio_msg_fields q = {
		.kind = VMSG_SET_FEATURES_REQ,
		.features.index = index,
		.features.count = 1,
	};
	__u8 data[4];

	virtio_msg_features_put(data, 0, word);
	q.features.data = data;
	if (!fake_request(fake, &q, NULL))
		abort();
}

bool fake_negotiate(struct fake *fake, __u32 without_block0)
{
	__u32 i;

	if (fake_status(fake, 0))
		return false;
	fake_status(fake, VMSG_S_ACKNOWLEDGE);
	fake_status(fake, VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER);
	for (i = 0; i < VMSG_FEATURE_BLOCKS; i++)
		fake_features(fake, i, fake->dev->features[i] &
				       ~(i ? 0 : without_block0));
	return fake_status(fake, fake->dev->status | VMSG_S_FEATURES_OK) &
	       VMSG_S_FEATURES_OK;
}

bool fake_driver_ok(struct fake *fake)
{
	return fake_status(fake, fake->dev->status | VMSG_S_DRIVER_OK) &
	       VMSG_S_DRIVER_OK;
}

void fake_kick(struct fake *fake, __u32 index)
{
	struct virtio_msg_fields event = {
		.kind = VMSG_EVENT_AVAIL,
		.dev_num = fake->dev->dev_num,
		.notify.index = index,
	};
	__u8 msg[64];
	int len = virtio_msg_encode(fake->link.dialect, &event, msg,
				    sizeof(msg));

	vmsg_device_receive(fake->dev, msg, (__u32)len);
}

bool ring_init(struct ring *ring, struct fake *fake, __u32 index, __u16 num,
	       __u64 base)
{
	struct virtio_msg_fields q = { .kind = VMSG_SET_VQUEUE_REQ };
	struct virtio_msg_fields a;

	memset(ring, 0, sizeof(*ring));
	ring->fake = fake;
	ring->index = index;
	ring->num = num;
	ring->base = base;
	ring->desc = 64;
	ring->avail = ring->desc + 16U * num;
	ring->used = (ring->avail + 6 + 2U * num + 63) & ~63U;
	ring->data = (ring->used + 6 + 8U * num + 63) & ~63U;
	ring->size = ring->data + RING_DATA;
	ring->mem = fake_window(fake, base, ring->size);

	q.vq.index = index;
	q.vq.flags = VIRTIO_MSG_VQ_OP_ENABLE;
	q.vq.size = num;
	q.vq.desc = base + ring->desc;
	q.vq.driver = base + ring->avail;
	q.vq.device = base + ring->used;
	if (!fake_request(fake, &q, &a))
		return false;
	q.kind = VMSG_GET_VQUEUE_REQ;
	return fake_request(fake, &q, &a) &&
	       (a.vq.flags & VIRTIO_MSG_VQ_ENABLED) && a.vq.size == num;
}

void ring_desc(struct ring *ring, __u16 i, __u64 addr, __u32 len, __u16 flags,
	       __u16 next)
{
	__u8 *p = ring->mem + ring->desc + 16U * i;

	put_unaligned_le64(addr, p);
	put_unaligned_le32(len, p + 8);
	put_unaligned_le16(flags, p + 12);
	put_unaligned_le16(next, p + 14);
}

void ring_set_avail_idx(struct ring *ring, __u16 idx)
{
	ring->avail_idx = idx;
	put_unaligned_le16(idx, ring->mem + ring->avail + 2);
}

void ring_avail(struct ring *ring, __u16 head)
{
	put_unaligned_le16(head, ring->mem + ring->avail + 4 +
				 2U * (ring->avail_idx % ring->num));
	ring_set_avail_idx(ring, ring->avail_idx + 1);
}

void ring_set_used_event(struct ring *ring, __u16 value)
{
	put_unaligned_le16(value, ring->mem + ring->avail + 4 + 2U * ring->num);
}

__u16 ring_avail_event(struct ring *ring)
{
	return get_unaligned_le16(ring->mem + ring->used + 4 + 8U * ring->num);
}

__u16 ring_used_idx(struct ring *ring)
{
	return get_unaligned_le16(ring->mem + ring->used + 2);
}

void ring_used_elem(struct ring *ring, __u16 i, __u32 *id, __u32 *len)
{
	__u8 *p = ring->mem + ring->used + 4 + 8U * (i % ring->num);

	*id = get_unaligned_le32(p);
	*len = get_unaligned_le32(p + 4);
}

void ring_put(struct ring *ring, __u16 head, __u32 offset, const void *out,
	      __u32 out_len, __u32 in_len, __u32 piece)
{
	__u64 addr = ring->base + ring->data + offset;
	__u32 left = out_len + in_len;
	__u16 i = head;
	__u32 n;

	memcpy(ring->mem + ring->data + offset, out, out_len);
	while (left) {
		n = left > in_len ? left - in_len : left;
		n = n < piece ? n : piece;
		ring_desc(ring, i, addr, n,
			  (left > in_len ? 0 : RING_WRITE) |
			  (left > n ? RING_NEXT : 0), i + 1);
		addr += n;
		left -= n;
		i++;
	}
	ring_avail(ring, head);
}

long ring_get(struct ring *ring, __u32 offset, void *in, __u32 in_len)
{
	__u32 id, len;

	if (ring_used_idx(ring) == ring->used_seen)
		return -1;
	ring_used_elem(ring, ring->used_seen++, &id, &len);
	memcpy(in, ring->mem + ring->data + offset, in_len);
	return len;
}

long ring_request(struct ring *ring, const void *out, __u32 out_len, void *in,
		  __u32 in_len, __u32 piece)
{
	ring_put(ring, 0, 0, out, out_len, in_len, piece);
	memset(ring->mem + ring->data + out_len, 0xee, in_len);
	fake_kick(ring->fake, ring->index);
	return ring_get(ring, out_len, in, in_len);
}
