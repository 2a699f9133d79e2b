// SPDX-License-Identifier: BSD-3-Clause
/*
 * The core of libvirtio-msg: a device, its queues and a driver that sends and
 * writes whatever it likes, before each load, too.
 *
 * Input: from the front what the driver and the device do, from the back what the
 * driver writes in the middle of the device's work. A window is memory of its own
 * for as long as it is mapped, of exactly its size.
 */
#include <string.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "core.h"
#include "input.h"
#include "protocol.h"

#define QUEUES		2
#define MAX_SIZE	8
#define HELD		12
#define WINDOWS		3
#define RINGS		0x400
#define STEPS		64
#define MAX_MSG		128
#define DEV_NUM		7

#define DESC		0x000
#define AVAIL		0x100
#define USED		0x180
#define QUEUE_BYTES	0x200

struct window {
	__u64 start;
	__u32 size;
	__u8 *mapped;
	__u8 bytes[RINGS];
};

struct held {
	struct vmsg_queue *queue;
	struct vmsg_chain chain;
};

static struct bed {
	struct input in;
	struct vmsg_link link;
	struct vmsg_device dev;
	struct vmsg_queue queues[QUEUES];
	__u8 config[16];
	__u8 out[MAX_MSG];
	__u8 scratch[MAX_MSG];
	struct window windows[WINDOWS];
	struct held held[HELD];
	struct vmsg_queue *again;
	__u32 popped;
	__u16 avail[QUEUES];
	bool refuse;
	bool slow;
	/* The request that is being answered. */
	bool asked;
	__u16 token;
	__u32 responses;
} bed;

/* Windows */

static __u8 *window_bytes(struct window *window)
{
	return window->mapped ? window->mapped : window->bytes;
}

static struct window *find_window(__u64 addr)
{
	int i;

	for (i = 0; i < WINDOWS; i++)
		if (addr >= bed.windows[i].start &&
		    addr - bed.windows[i].start < bed.windows[i].size)
			return &bed.windows[i];
	return NULL;
}

static struct window *window_of(const __u8 *p)
{
	int i;

	for (i = 0; i < WINDOWS; i++)
		if (bed.windows[i].mapped && p >= bed.windows[i].mapped &&
		    p < bed.windows[i].mapped + bed.windows[i].size)
			return &bed.windows[i];
	return NULL;
}

static bool link_send(struct vmsg_link *link, const void *msg, __u32 len)
{
	struct virtio_msg_fields f;

	if (virtio_msg_is_event(msg) && bed.refuse)
		return false;
	must(len <= link->max_msg && len == virtio_msg_size(msg));
	must(!virtio_msg_decode(link->dialect, msg, len, link->max_msg, &f));
	must(f.dev_num == DEV_NUM);
	if (virtio_msg_is_response(msg)) {
		must(bed.asked && f.token == bed.token && !bed.responses++);
		return true;
	}
	must(!f.token);
	must(f.kind == VMSG_EVENT_USED || f.kind == VMSG_EVENT_CONFIG);
	return true;
}

static int link_map(struct vmsg_link *link, struct vmsg_device *dev, __u64 addr,
		    struct vmsg_window *window)
{
	struct window *from = find_window(addr);

	if (!from)
		return -1;
	must(!from->mapped);
	from->mapped = must_alloc(from->size);
	memcpy(from->mapped, from->bytes, from->size);
	window->start = from->start;
	window->size = from->size;
	window->base = from->mapped;
	return 0;
}

static void link_unmap(struct vmsg_link *link, struct vmsg_device *dev,
		       struct vmsg_window *window)
{
	struct window *from = window_of(window->base);

	must(from);
	memcpy(from->bytes, from->mapped, from->size);
	free(from->mapped);
	from->mapped = NULL;
}

static void link_again(struct vmsg_link *link, struct vmsg_queue *queue)
{
	bed.again = queue;
}

static bool link_relax(struct vmsg_link *link, struct vmsg_queue *queue,
		       bool first)
{
	return take8(&bed.in) & 1;
}

static const struct vmsg_link_ops link_ops = {
	.send = link_send,
	.map = link_map,
	.unmap = link_unmap,
	.again = link_again,
	.relax = link_relax,
};

/* The device */

static void check_chain(const struct vmsg_queue *queue,
			const struct vmsg_chain *chain)
{
	__u32 i, out = 0, in = 0;

	must(chain->num_out + chain->num_in <= (int)queue->size);
	must(chain->num_out + chain->num_in > 0);
	for (i = 0; i < (__u32)chain->num_out + chain->num_in; i++) {
		const struct vmsg_seg *seg = &chain->seg[i];
		const struct window *window = window_of(seg->base);

		must(window && seg->len);
		must(seg->len <= window->size -
				 (__u32)(seg->base - window->mapped));
		*(i < chain->num_out ? &out : &in) += seg->len;
	}
	must(out == chain->out_len && in == chain->in_len);
	must(queue->inflight && queue->inflight <= queue->size);
}

static void serve(struct vmsg_queue *queue, struct vmsg_chain *chain)
{
	static __u8 bytes[2 * RINGS];
	__u32 n = take8(&bed.in) * 8u;

	n = vmsg_chain_read(chain, n & 8 ? bytes : NULL, n);
	must(n <= chain->out_len);
	n = n & 16 ? vmsg_chain_zero(chain, take16(&bed.in)) :
		     vmsg_chain_write(chain, bytes, take8(&bed.in) * 8u);
	must(n <= chain->in_len && vmsg_chain_written(chain) == n);
	vmsg_queue_push(queue, chain, take_bool(&bed.in) ? n : ~0u);
}

static struct held *free_held(void)
{
	int i;

	for (i = 0; i < HELD; i++)
		if (!bed.held[i].queue)
			return &bed.held[i];
	return NULL;
}

static void on_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct vmsg_chain chain;
	struct held *held;

	while (vmsg_queue_pop(queue, &chain)) {
		must(bed.popped++ < queue->size);
		check_chain(queue, &chain);
		held = take8(&bed.in) & 3 ? NULL : free_held();
		if (held) {
			held->queue = queue;
			held->chain = chain;
		} else {
			serve(queue, &chain);
		}
	}
}

static bool on_reset(struct vmsg_device *dev)
{
	return !bed.slow;
}

static void on_queue_reset(struct vmsg_device *dev, struct vmsg_queue *queue)
{
}

static bool on_negotiate(struct vmsg_device *dev)
{
	return true;
}

static int on_config_write(struct vmsg_device *dev, __u32 offset, __u32 len,
			   const void *data)
{
	must(offset <= sizeof(bed.config) && len <= sizeof(bed.config) - offset);
	must(data);
	return 0;
}

static bool on_shm(struct vmsg_device *dev, __u32 id, __u64 *addr, __u64 *len)
{
	*addr = 1ULL << (id & 63);
	*len = *addr;
	return id & 64;
}

static void on_failed(struct vmsg_device *dev, const char *why)
{
	must(why && dev->status & VMSG_S_NEEDS_RESET);
}

static const struct vmsg_device_ops device_ops = {
	.negotiate = on_negotiate,
	.queue = on_queue,
	.reset = on_reset,
	.queue_reset = on_queue_reset,
	.config_write = on_config_write,
	.shm = on_shm,
	.failed = on_failed,
};

/* The driver writes to memory */

static void write16(__u32 window, __u32 offset, __u16 value)
{
	struct window *to = &bed.windows[window % WINDOWS];

	memcpy(window_bytes(to) + offset % (to->size - 1), &value, 2);
}

void fuzz_before_load(const void *p, size_t len)
{
	struct window *window = window_of(p);
	__u8 what;

	must(window);
	must((size_t)((const __u8 *)p - window->mapped) <= window->size - len);
	if (!bed.in.left)
		return;
	what = take8_last(&bed.in);
	if (what >= 0xe0)
		write16((__u32)(window - bed.windows),
			(__u32)((const __u8 *)p - window->mapped),
			take16_last(&bed.in));
	else if (what >= 0xc0)
		write16(what, take16_last(&bed.in), take8_last(&bed.in));
}

/* Addresses at which something is, more or less. */
static __u64 some_address(void)
{
	__u8 choice = take8(&bed.in);
	const struct window *window = &bed.windows[choice % WINDOWS];
	__u32 offset = take8(&bed.in) * 16u;

	return window->start + (choice & 0x80 ? offset : offset % window->size) +
	       (choice & 0x40 ? 1 : 0);
}

static void put_desc(__u32 queue, __u32 i)
{
	__u8 *to = window_bytes(&bed.windows[0]) + queue * QUEUE_BYTES + DESC +
		   16 * i;
	__u64 addr = some_address();
	__u32 len = take8(&bed.in);
	__u16 flags = take8(&bed.in) & 7;
	__u16 next = take_below(&bed.in, MAX_SIZE + 1);

	if (len & 0x80)
		len = 1U << (len & 31);
	/* Seldom what nobody negotiates. */
	if (flags & 4 && take8(&bed.in) < 200)
		flags &= 3;
	memcpy(to, &addr, 8);
	memcpy(to + 8, &len, 4);
	memcpy(to + 12, &flags, 2);
	memcpy(to + 14, &next, 2);
}

/* A chain of as many as its kind says, from its head on. */
static void put_chain(__u32 queue)
{
	__u8 shape = take8(&bed.in);
	__u8 *rings = window_bytes(&bed.windows[0]) + queue * QUEUE_BYTES;
	__u16 head = shape & 7, flags, next, len, i, n = 1 + (shape >> 3 & 3);
	__u64 addr;

	for (i = 0; i < n; i++) {
		__u8 *to = rings + DESC + 16 * ((head + i) % MAX_SIZE);

		memset(to, 0, 16);
		addr = bed.windows[1].start + 32 * i;
		flags = (i + 1 < n ? 1 : 0) | (i >= (shape >> 5 & 3) ? 2 : 0);
		next = (head + i + 1) % MAX_SIZE;
		len = 32;
		memcpy(to, &addr, 8);
		memcpy(to + 8, &len, 2);
		memcpy(to + 12, &flags, 2);
		memcpy(to + 14, &next, 2);
	}
	memcpy(rings + AVAIL + 4 + 2 * (bed.avail[queue] % MAX_SIZE), &head, 2);
	bed.avail[queue]++;
	memcpy(rings + AVAIL + 2, &bed.avail[queue], 2);
}

/* The driver sends */

static void receive(const void *msg, __u32 len)
{
	__u8 *copy = must_alloc(len);

	memcpy(copy, msg, len);
	bed.asked = len >= 8 && !virtio_msg_is_event(copy);
	bed.token = len >= 8 ? virtio_msg_token(copy) : 0;
	bed.responses = 0;
	bed.popped = 0;
	vmsg_device_receive(&bed.dev, copy, len);
	bed.asked = false;
	free(copy);
}

static void request(struct virtio_msg_fields *f)
{
	__u8 msg[MAX_MSG];
	int len;

	f->dev_num = DEV_NUM;
	f->token = take8(&bed.in);
	len = virtio_msg_encode(bed.link.dialect, f, msg, sizeof(msg));
	must(len > 0);
	receive(msg, (__u32)len);
}

static void set_status(__u32 status)
{
	struct virtio_msg_fields f = { .kind = VMSG_SET_STATUS_REQ };

	f.status.status = status;
	request(&f);
}

static void set_features(__u32 index, __u32 word)
{
	struct virtio_msg_fields f = { .kind = VMSG_SET_FEATURES_REQ };
	__u8 data[4];

	virtio_msg_features_put(data, 0, word);
	f.features.index = index;
	f.features.count = 1;
	f.features.data = data;
	request(&f);
}

static void set_queue(__u32 index, __u32 flags)
{
	struct virtio_msg_fields f = { .kind = VMSG_SET_VQUEUE_REQ };
	__u64 rings = bed.windows[0].start + (index % QUEUES) * QUEUE_BYTES;

	f.vq.index = index;
	f.vq.size = flags & 0x100 ? take8(&bed.in) : MAX_SIZE;
	f.vq.flags = flags & 0xff;
	f.vq.desc = flags & 0x200 ? some_address() : rings + DESC;
	f.vq.driver = flags & 0x400 ? some_address() : rings + AVAIL;
	f.vq.device = flags & 0x800 ? some_address() : rings + USED;
	bed.avail[index % QUEUES] = 0;
	request(&f);
}

/* All that a driver does before it uses queues. */
static void start(__u8 features)
{
	__u32 i;

	set_status(0);
	set_status(VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER);
	for (i = 0; i < VMSG_FEATURE_BLOCKS; i++)
		set_features(i, bed.dev.features[i] &
			     (i || features & 1 ? ~0U :
				     ~(1U << VMSG_F_EVENT_IDX)));
	set_status(VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER | VMSG_S_FEATURES_OK);
	memset(window_bytes(&bed.windows[0]), 0, bed.windows[0].size);
	for (i = 0; i < QUEUES; i++)
		set_queue(i, VIRTIO_MSG_VQ_OP_ENABLE);
	set_status(VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER | VMSG_S_FEATURES_OK |
		   VMSG_S_DRIVER_OK);
}

static void kick(__u32 index)
{
	struct virtio_msg_fields f = { .kind = VMSG_EVENT_AVAIL };

	f.notify.index = index;
	request(&f);
}

static void send_config(void)
{
	static const __u8 zeroes[32];
	struct virtio_msg_fields f = { .kind = VMSG_SET_CONFIG_REQ };

	f.config.generation = bed.dev.generation - take_below(&bed.in, 2);
	f.config.offset = take_below(&bed.in, 20);
	f.config.length = take_below(&bed.in, 20);
	f.config.data_len = f.config.length;
	f.config.data = zeroes;
	request(&f);
}

static void reset_queue(void)
{
	struct virtio_msg_fields f = { .kind = VMSG_RESET_VQUEUE_REQ };

	f.vq.index = take_below(&bed.in, QUEUES + 1);
	request(&f);
}

/* Anything at all, but for the size that it says it has, most often. */
static void send_bytes(void)
{
	__u8 msg[MAX_MSG + 8];
	__u32 len = take_below(&bed.in, sizeof(msg) + 1), i;

	for (i = 0; i < len; i++)
		msg[i] = take8(&bed.in);
	if (len >= 8 && msg[7] < 0x80) {
		msg[0] &= 3;
		msg[1] &= 0x4f;
		msg[6] = (__u8)len;
		msg[7] = 0;
	}
	receive(msg, len);
}

static void push_held(void)
{
	struct held *held = &bed.held[take_below(&bed.in, HELD)];

	if (!held->queue)
		return;
	vmsg_queue_push(held->queue, &held->chain, take16(&bed.in));
	vmsg_queue_notify(held->queue);
	held->queue = NULL;
}

static void device_acts(__u8 what)
{
	switch (what) {
	case 0:
		if (bed.dev.resetting)
			vmsg_device_reset_done(&bed.dev);
		break;
	case 1:
		bed.slow = !bed.slow;
		break;
	case 2:
		bed.refuse = !bed.refuse;
		break;
	case 3:
		vmsg_device_retry(&bed.dev);
		break;
	case 4:
		vmsg_device_config_changed(&bed.dev, take8(&bed.in),
					   take8(&bed.in));
		break;
	case 5:
		vmsg_device_fail(&bed.dev, "it fails");
		break;
	default:
		if (bed.again) {
			bed.popped = 0;
			vmsg_queue_run(bed.again);
		}
	}
}

static void one_step(__u8 what)
{
	__u8 more = what / 14;

	switch (what % 14) {
	case 0:
		start(more);
		break;
	case 1: case 2:
		put_chain(more % QUEUES);
		break;
	case 3:
		put_chain(more % QUEUES);
		kick(more % QUEUES);
		break;
	case 4:
		kick(more % (QUEUES + 1));
		break;
	case 5:
		put_desc(more % QUEUES, more / QUEUES % MAX_SIZE);
		break;
	case 6:
		write16(more, take16(&bed.in), take16(&bed.in));
		break;
	case 7:
		set_queue(more % (QUEUES + 1), take16(&bed.in));
		break;
	case 8:
		set_status(take8(&bed.in));
		break;
	case 9:
		send_config();
		break;
	case 10:
		send_bytes();
		break;
	case 11:
		push_held();
		break;
	case 12:
		reset_queue();
		break;
	default:
		device_acts(more % 7);
	}
}

/* Chains that the device has, and that are not void. */
static __u32 num_held(const struct vmsg_queue *queue)
{
	__u32 i, n = 0;

	for (i = 0; i < HELD; i++)
		if (bed.held[i].queue == queue &&
		    bed.held[i].chain.epoch == queue->epoch)
			n++;
	return n;
}

static void check(void)
{
	__u32 i, mapped = 0;

	for (i = 0; i < WINDOWS; i++)
		mapped += !!bed.windows[i].mapped;
	must(mapped == bed.dev.num_windows);
	must(bed.dev.status || bed.dev.resetting || !mapped);
	for (i = 0; i < QUEUES; i++) {
		must(!bed.queues[i].running);
		must(bed.queues[i].inflight <= bed.queues[i].size);
		must(bed.queues[i].inflight == num_held(&bed.queues[i]));
	}
}

static void begin(__u8 how)
{
	__u32 i;

	memset(&bed.windows, 0, sizeof(bed.windows));
	bed.windows[0].start = 0x10000000;
	bed.windows[0].size = RINGS;
	bed.windows[1].start = 0x20000000;
	bed.windows[1].size = 0x200;
	bed.windows[2].start = ~0ULL - 0xff;
	bed.windows[2].size = 0x100;
	bed.link.ops = &link_ops;
	bed.link.dialect = how & 1 ? &virtio_msg_pr28 : &virtio_msg_d26;
	bed.link.max_msg = how & 2 ? 64 : MAX_MSG;
	bed.link.out = bed.out;
	bed.link.scratch = bed.scratch;
	bed.dev.ops = &device_ops;
	bed.dev.device_id = 1;
	bed.dev.config = bed.config;
	bed.dev.config_size = sizeof(bed.config);
	bed.dev.queues = bed.queues;
	bed.dev.num_queues = QUEUES;
	vmsg_feature_set(bed.dev.features, VMSG_F_RING_RESET);
	for (i = 0; i < QUEUES; i++) {
		bed.queues[i].max_size = MAX_SIZE;
		bed.queues[i].poll = how & (4 << i);
	}
	must(!vmsg_device_init(&bed.dev, &bed.link, DEV_NUM));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	__u32 steps = STEPS, i;
	__u8 how;

	memset(&bed, 0, offsetof(struct bed, windows));
	memset(bed.avail, 0, sizeof(bed) - offsetof(struct bed, avail));
	for (i = 0; i < HELD; i++)
		bed.held[i].queue = NULL;
	bed.again = NULL;
	bed.popped = 0;
	bed.in = (struct input){ data, size };
	how = take8(&bed.in);
	begin(how);
	if (how & 0x80)
		start(how >> 4);
	while (bed.in.left && steps--) {
		one_step(take8(&bed.in));
		check();
	}
	vmsg_device_exit(&bed.dev);
	for (i = 0; i < WINDOWS; i++)
		must(!bed.windows[i].mapped);
	return 0;
}
