// SPDX-License-Identifier: BSD-3-Clause
/*
 * Every request of a driver, on buses of every size and both dialects. Names of
 * tests begin with the row of the specification that they are about.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "tap.h"
#include "util.h"

#define CONFIG_SIZE	300

static __u8 config[CONFIG_SIZE];
static int config_error;
static int starts, resets, queue_resets;
static bool slow_reset, accept = true;

static int on_config_write(struct vmsg_device *dev, __u32 offset, __u32 len,
			   const void *data)
{
	(void)dev;
	(void)offset;
	(void)len;
	(void)data;
	return config_error;
}

static bool on_negotiate(struct vmsg_device *dev)
{
	(void)dev;
	return accept;
}

static void on_start(struct vmsg_device *dev)
{
	(void)dev;
	starts++;
}

static bool on_reset(struct vmsg_device *dev)
{
	(void)dev;
	resets++;
	return !slow_reset;
}

static void on_queue_reset(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	(void)dev;
	(void)queue;
	queue_resets++;
}

static bool on_shm(struct vmsg_device *dev, __u32 id, __u64 *addr, __u64 *len)
{
	(void)dev;
	*addr = id == 1 ? 0x10000 : 0x123456789000ULL;
	*len = 0x2000;
	return id == 1 || id == 2;
}

static const struct vmsg_device_ops ops = {
	.negotiate = on_negotiate,
	.start = on_start,
	.reset = on_reset,
	.queue_reset = on_queue_reset,
	.config_write = on_config_write,
	.shm = on_shm,
};

static struct vmsg_queue queues[3];
static struct vmsg_device dev;
static struct fake fake;
static char label[32];

static void set_up(const struct virtio_msg_dialect *dialect, __u32 max)
{
	size_t i;

	memset(queues, 0, sizeof(queues));
	memset(&dev, 0, sizeof(dev));
	queues[0].max_size = 256;
	queues[2].max_size = 16;
	for (i = 0; i < sizeof(config); i++)
		config[i] = (__u8)i;
	dev.ops = &ops;
	dev.device_id = 42;
	dev.vendor_id = 0x1af4;
	memset(dev.uuid, 0x5a, sizeof(dev.uuid));
	dev.features[0] = 0x15;
	vmsg_feature_set(dev.features, VMSG_F_RING_RESET);
	dev.config = config;
	dev.config_size = sizeof(config);
	dev.queues = queues;
	dev.num_queues = 3;
	config_error = 0;
	slow_reset = false;
	accept = true;
	snprintf(label, sizeof(label), "%s %u", dialect->name, max);
	fake_init(&fake, dialect, max);
	fake_attach(&fake, &dev);
}

static void tear_down(void)
{
	is(fake.wrong, 0, "DEV-23..26 %s: every message sent is well-formed",
	   label);
	fake_exit(&fake);
	is(fake.mapped, 0, "%s: no window stays mapped", label);
}

static void test_info(void)
{
	struct virtio_msg_fields q = { .kind = VMSG_INFO_REQ }, a;

	ok(fake_request(&fake, &q, &a), "DEV-40 %s: info while inactive",
	   label);
	is(a.info.device_id, 42, "%s: device id", label);
	is(a.info.vendor_id, 0x1af4, "%s: vendor id", label);
	is(a.info.feature_blocks, VMSG_FEATURE_BLOCKS,
	   "DEV-41 %s: feature blocks", label);
	is(a.info.config_size, CONFIG_SIZE, "%s: config size", label);
	is(a.info.max_vqs, 3, "DEV-42 %s: queues", label);
	is(a.info.admin_vq_start | a.info.admin_vq_count, 0,
	   "DEV-44 %s: no administration queue", label);
	if (fake.link.dialect->wide_info)
		is(a.info.uuid[3], 0x5a, "DEV-46 %s: uuid", label);
}

static void test_get_features(void)
{
	__u32 max = virtio_msg_features_capacity(fake.link.max_msg);
	struct virtio_msg_fields q = { .kind = VMSG_GET_FEATURES_REQ }, a;
	__u32 i, beyond = 0;

	q.features.count = max;
	ok(fake_request(&fake, &q, &a), "%s: %u blocks of features", label,
	   max);
	is(virtio_msg_features_word(&a, 0) & 0xff, 0x15,
	   "%s: bits of the device", label);
	is(virtio_msg_features_word(&a, 1) & 3, 3,
	   "%s: VERSION_1, ACCESS_PLATFORM", label);
	ok(virtio_msg_features_word(&a, 0) & (1U << VMSG_F_EVENT_IDX),
	   "%s: EVENT_IDX", label);
	ok(!(virtio_msg_features_word(&a, 1) & (1U << (39 - 32))),
	   "DEV-33 %s: no NOTIF_CONFIG_DATA", label);
	for (i = VMSG_FEATURE_BLOCKS; i < max; i++)
		beyond |= virtio_msg_features_word(&a, i);
	is(beyond, 0, "DEV-18 %s: zero beyond", label);

	q.features.index = 0xfffffff0;
	q.features.count = 4;
	ok(fake_request(&fake, &q, &a) && !virtio_msg_features_word(&a, 3),
	   "DEV-18 %s: zero far beyond", label);
	q.features.index = 0;
	q.features.count = max + 1;
	ok(!fake_request(&fake, &q, &a), "T9 %s: more than fits is dropped",
	   label);
	q.features.count = 0xffffffff;
	ok(!fake_request(&fake, &q, &a), "T9 %s: far more, too", label);
	q.features.count = 0;
	ok(!fake_request(&fake, &q, &a), "T9 %s: none, too", label);
}

static void test_set_features(void)
{
	struct virtio_msg_fields q = { .kind = VMSG_GET_FEATURES_REQ }, a;

	fake_status(&fake, 3);
	fake_features(&fake, 0, 0x11);
	fake_features(&fake, 1, 1);
	is(dev.driver_features[0], 0x11, "DEV-19 %s: block 0 stays", label);
	q.features.count = 1;
	fake_request(&fake, &q, &a);
	is(virtio_msg_features_word(&a, 0) & 0xff, 0x15,
	   "DEV-20 %s: the offer stays", label);
	is(fake_status(&fake, 0xb), 0xb, "%s: subset accepted", label);
	fake_features(&fake, 0, 0);
	is(dev.driver_features[0], 0x11, "%s: fixed after FEATURES_OK", label);

	fake_status(&fake, 0);
	is(dev.driver_features[0], 0, "%s: reset forgets features", label);
	fake_status(&fake, 3);
	fake_features(&fake, 0, 0x11 | 2);
	fake_features(&fake, 1, 1);
	is(fake_status(&fake, 0xb), 3, "DEV-34 %s: bit not offered", label);
	fake_features(&fake, 0, 0x11);
	fake_features(&fake, 1, 0);
	is(fake_status(&fake, 0xb), 3, "DEV-34 %s: VERSION_1 missing", label);
	fake_features(&fake, 1, 1);
	fake_features(&fake, 9, 1);
	is(fake_status(&fake, 0xb), 3, "DEV-34 %s: block not offered", label);
	fake_features(&fake, 9, 0);
	accept = false;
	is(fake_status(&fake, 0xb), 3, "DEV-52 %s: device refuses", label);
	accept = true;
	is(fake_status(&fake, 0xb), 0xb, "%s: corrected", label);
	fake_status(&fake, 0);
	fake_status(&fake, 3);
	fake_features(&fake, 0xfffffffe, 1);
	fake_features(&fake, 1, 1);
	is(fake_status(&fake, 0xb), 3, "DEV-34 %s: block far beyond", label);
	fake_status(&fake, 0);
}

static void test_get_config(void)
{
	__u32 max = virtio_msg_config_capacity(fake.link.max_msg);
	struct virtio_msg_fields q = { .kind = VMSG_GET_CONFIG_REQ }, a;

	q.config.offset = CONFIG_SIZE - max;
	q.config.length = max;
	ok(fake_request(&fake, &q, &a), "%s: %u bytes of config", label, max);
	ok(!memcmp(a.config.data, config + CONFIG_SIZE - max, max),
	   "%s: right bytes", label);
	is(a.config.generation, dev.generation, "DEV-6 %s: generation", label);
	q.config.offset++;
	ok(!fake_request(&fake, &q, &a), "T9 %s: beyond the end is dropped",
	   label);
	q.config.offset = 0;
	q.config.length = max + 1;
	ok(!fake_request(&fake, &q, &a), "T9 %s: more than fits is dropped",
	   label);
	q.config.offset = 0xfffffff0;
	q.config.length = 0x20;
	ok(!fake_request(&fake, &q, &a), "T9 %s: overflow is dropped", label);
	q.config.offset = CONFIG_SIZE;
	q.config.length = 0;
	ok(fake_request(&fake, &q, &a), "%s: nothing at the end", label);
}

/* DEV-5, DEV-16: the bus says whether a stale generation is refused. */
static void test_set_config(bool strict)
{
	struct virtio_msg_fields q = { .kind = VMSG_SET_CONFIG_REQ }, a;
	__u32 before = dev.generation;

	q.config.offset = 8;
	q.config.length = 4;
	q.config.data_len = 4;
	q.config.data = (const __u8 *)"abcd";
	q.config.generation = before;
	ok(fake_request(&fake, &q, &a) && a.config.length == 4,
	   "DEV-48 %s: write", label);
	ok(!memcmp(config + 8, "abcd", 4), "%s: has effect", label);
	is(a.config.generation, dev.generation, "DEV-6 %s: generation", label);
	ok(dev.generation != before, "DEV-7 %s: it changed", label);

	config_error = -EINVAL;
	q.config.generation = dev.generation;
	q.config.data = (const __u8 *)"efgh";
	ok(fake_request(&fake, &q, &a) && !a.config.length &&
	   !a.config.data_len, "DEV-48,49 %s: refused", label);
	ok(!memcmp(config + 8, "abcd", 4), "DEV-48 %s: nothing of it", label);
	config_error = 0;

	q.config.generation = dev.generation + 1;
	ok(fake_request(&fake, &q, &a), "%s: other generation", label);
	is(a.config.length, strict ? 0 : 4, "DEV-%d %s: %s",
	   strict ? 16 : 8, label, strict ? "refused" : "not looked at");
	is(fake.config, 0, "DEV-9 %s: no event for it", label);

	q.config.generation = dev.generation;
	q.config.offset = CONFIG_SIZE - 2;
	ok(fake_request(&fake, &q, &a) && !a.config.length,
	   "DEV-48 %s: beyond the end is refused", label);
	before = dev.generation;
	q.config.length = 0;
	q.config.data_len = 0;
	q.config.data = NULL;
	ok(fake_request(&fake, &q, &a) && !a.config.length &&
	   dev.generation == before, "DEV-47 %s: no bytes", label);
}

/* DEV-55: slow or not, a reset has ended when the status says so. */
static void test_status(void)
{
	struct virtio_msg_fields q = { .kind = VMSG_GET_STATUS_REQ }, a;

	starts = 0;
	resets = 0;
	is(fake_status(&fake, 1), 1, "%s: ACKNOWLEDGE", label);
	is(fake_status(&fake, 2), 3, "%s: bits do not go", label);
	is(fake_status(&fake, 7), 3, "%s: DRIVER_OK needs FEATURES_OK", label);
	is(starts, 0, "DEV-35 %s: not started", label);
	ok(fake_negotiate(&fake, 0), "%s: FEATURES_OK", label);
	is(fake_status(&fake, 0xffffff00 | 0x4b), 0xb,
	   "%s: only the driver's bits", label);
	is(fake.config, 0, "DEV-13 %s: no event for the driver's writes",
	   label);
	ok(fake_driver_ok(&fake) && starts == 1, "DEV-36 %s: DRIVER_OK", label);
	ok(fake_request(&fake, &q, &a) && a.status.status == 0xf,
	   "DEV-50 %s: status", label);

	vmsg_device_fail(&dev, "test");
	is(fake.config, 1, "DEV-51 %s: failure is told", label);
	is(fake.last_config.config.status, 0x4f, "DEV-12 %s: status", label);
	is(fake.last_config.config.length | fake.last_config.config.offset, 0,
	   "DEV-14 %s: no range", label);
	vmsg_device_fail(&dev, "test");
	is(fake.config, 1, "%s: once", label);

	slow_reset = true;
	resets = 0;
	is(fake_status(&fake, 0), 0x4f, "DEV-54,55 %s: slow reset", label);
	is(fake_status(&fake, 0), 0x4f, "%s: asked again", label);
	is(resets, 1, "%s: reset once", label);
	is(fake_status(&fake, 1), 0x4f, "%s: nothing else goes", label);
	vmsg_device_reset_done(&dev);
	ok(fake_request(&fake, &q, &a) && !a.status.status,
	   "DEV-53 %s: reset done", label);
	slow_reset = false;
}

/*
 * DEV-22: whatever the driver was told before, a reset is a new beginning, and
 * DEV-15: the generation goes on.
 */
static void test_recovery(void)
{
	__u32 generation;

	ok(fake_negotiate(&fake, 0) && fake_driver_ok(&fake), "%s: works",
	   label);
	vmsg_device_config_changed(&dev, 0, 4);
	generation = dev.generation;
	vmsg_device_fail(&dev, "test");
	is(fake_status(&fake, 0xf), 0x4f, "%s: failed", label);
	is(fake_status(&fake, 0), 0, "DEV-22 %s: reset", label);
	is(dev.generation, generation, "DEV-15 %s: generation goes on", label);
	fake_status(&fake, 3);
	fake_features(&fake, 0, ~0U);
	is(fake_status(&fake, 0xb), 3, "%s: features refused", label);
	ok(fake_negotiate(&fake, 0) && fake_driver_ok(&fake),
	   "DEV-22 %s: works again", label);
	fake_status(&fake, 0);
}

/* DEV-26, DEV-28: the device's number; any token comes back, and means nothing. */
static void test_tokens(void)
{
	static const __u16 tokens[] = { 0, 1, 0x7fff, 0x8000, 0xffff };
	struct virtio_msg_fields q = { .kind = VMSG_GET_STATUS_REQ }, a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tokens); i++) {
		fake.token = tokens[i] - 1;
		ok(fake_request(&fake, &q, &a) && a.token == tokens[i] &&
		   a.dev_num == dev.dev_num,
		   "DEV-28 %s: token %#x", label, tokens[i]);
		/* The same once more is another request. */
		fake.token = tokens[i] - 1;
		ok(fake_request(&fake, &q, &a), "DEV-28 %s: %#x again", label,
		   tokens[i]);
	}
}

/* DEV-39: of all requests none goes without an answer. */
static void test_all_requests(void)
{
	static const __u8 no_features[4];
	struct virtio_msg_fields q;
	int kind;

	for (kind = VMSG_INFO_REQ; kind < VMSG_EVENT_CONFIG; kind += 2) {
		memset(&q, 0, sizeof(q));
		q.kind = (enum virtio_msg_kind)kind;
		if (kind == VMSG_GET_FEATURES_REQ ||
		    kind == VMSG_SET_FEATURES_REQ) {
			q.features.count = 1;
			q.features.data = no_features;
		}
		ok(fake_request(&fake, &q, NULL), "DEV-39 %s: %s", label,
		   virtio_msg_kind_name(q.kind));
	}
}

static bool get_queue(__u32 index, struct virtio_msg_fields *a)
{
	struct virtio_msg_fields q = { .kind = VMSG_GET_VQUEUE_REQ };

	q.vq.index = index;
	return fake_request(&fake, &q, a);
}

static void test_get_vqueue(void)
{
	struct virtio_msg_fields a;

	ok(get_queue(0, &a) && a.vq.max_size == 256 && !a.vq.size,
	   "DEV-56 %s: not configured", label);
	is(a.vq.flags, 0, "DEV-58 %s: not enabled", label);
	ok(get_queue(1, &a) && a.vq.index == 1 && !a.vq.max_size && !a.vq.desc,
	   "DEV-57 %s: no such queue", label);
	ok(get_queue(0xffffffff, &a) && a.vq.index == 0xffffffff &&
	   !a.vq.max_size, "DEV-57 %s: nor that", label);
}

/* What a SET_VQUEUE leaves behind. */
static bool set_queue(struct virtio_msg_fields *q, struct virtio_msg_fields *a)
{
	q->kind = VMSG_SET_VQUEUE_REQ;
	return fake_request(&fake, q, NULL) && get_queue(q->vq.index, a);
}

static bool same(const struct virtio_msg_fields *a,
		 const struct virtio_msg_fields *b)
{
	return a->vq.size == b->vq.size && a->vq.flags == b->vq.flags &&
	       a->vq.desc == b->vq.desc && a->vq.driver == b->vq.driver &&
	       a->vq.device == b->vq.device;
}

static void fill(struct virtio_msg_fields *q, __u64 base)
{
	memset(q, 0, sizeof(*q));
	q->vq.flags = VIRTIO_MSG_VQ_OP_ENABLE;
	q->vq.size = 16;
	q->vq.desc = base;
	q->vq.driver = base + 256;
	q->vq.device = base + 512;
}

/* Everything that must have no effect on a queue in the state that it has. */
static void test_refused(const struct virtio_msg_fields *good, const char *when)
{
	static const struct {
		const char *what;
		__u32 size;
		__u64 desc, driver, device;
	} bad[] = {
		{ "size too large", .size = 512 },
		{ "size no power of two", .size = 24 },
		{ "desc not aligned", .desc = 8 },
		{ "driver not aligned", .driver = 1 },
		{ "device not aligned", .device = 2 },
		{ "desc outside", .desc = 0x10000000 },
		{ "driver outside", .driver = 0x10000000 },
		{ "device outside", .device = 0x10000000 },
		{ "driver over the edge", .driver = 4096 - 256 - 36 },
		{ "device over the edge", .device = 4096 - 512 - 132 },
		{ "desc over the edge", .desc = 4096 - 128 },
		{ "desc wraps", .desc = -0x100000ULL - 16 },
	};
	struct virtio_msg_fields q, a, before;
	size_t i;

	get_queue(0, &before);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		q = *good;
		if (bad[i].size)
			q.vq.size = bad[i].size;
		q.vq.desc += bad[i].desc;
		q.vq.driver += bad[i].driver;
		q.vq.device += bad[i].device;
		ok(set_queue(&q, &a) && same(&a, &before),
		   "DEV-62 %s: %s, %s", label, bad[i].what, when);
	}
}

static void test_refused_flags(const struct virtio_msg_fields *good,
			       const char *when)
{
	struct virtio_msg_fields q, a, before;
	__u8 msg[64];
	__u32 bit;
	int len;

	get_queue(0, &before);
	q = *good;
	q.vq.flags = 3;
	ok(set_queue(&q, &a) && same(&a, &before), "DEV-60 %s: op 3, %s", label,
	   when);
	for (bit = 6; bit < 32; bit++) {
		q.vq.flags = VIRTIO_MSG_VQ_OP_ENABLE | 1U << bit;
		if (!set_queue(&q, &a) || !same(&a, &before))
			break;
	}
	is(bit, 32, "DEV-60 %s: reserved flags, %s", label, when);

	q = *good;
	q.kind = VMSG_SET_VQUEUE_REQ;
	len = virtio_msg_encode(fake.link.dialect, &q, msg, sizeof(msg));
	msg[8 + offsetof(struct virtio_msg_set_vqueue, reserved)] = 1;
	ok(fake_raw(&fake, msg, (__u32)len) && get_queue(0, &a) &&
	   same(&a, &before), "DEV-60 %s: reserved word, %s", label, when);
}

static void test_set_vqueue_flags(void)
{
	struct virtio_msg_fields q, a, before;

	fill(&q, 0x100000);
	q.vq.flags = VIRTIO_MSG_VQ_OP_LEAVE_DISABLED |
		     VIRTIO_MSG_VQ_DESC_IGNORE;
	ok(set_queue(&q, &a) && a.vq.size == 16 && !a.vq.desc &&
	   a.vq.driver == q.vq.driver && !a.vq.flags,
	   "DEV-63 %s: fields applied, desc kept", label);
	q.vq.flags = VIRTIO_MSG_VQ_OP_KEEP | VIRTIO_MSG_VQ_SIZE_IGNORE |
		     VIRTIO_MSG_VQ_DRIVER_IGNORE | VIRTIO_MSG_VQ_DEVICE_IGNORE;
	q.vq.size = 8;
	q.vq.driver = 0;
	q.vq.device = 0;
	ok(set_queue(&q, &a) && a.vq.size == 16 && a.vq.desc == 0x100000 &&
	   a.vq.driver == 0x100100 && !a.vq.flags,
	   "DEV-63 %s: only desc applied, state kept", label);
	q.vq.flags = VIRTIO_MSG_VQ_OP_ENABLE | VIRTIO_MSG_VQ_DESC_IGNORE |
		     VIRTIO_MSG_VQ_SIZE_IGNORE | VIRTIO_MSG_VQ_DRIVER_IGNORE |
		     VIRTIO_MSG_VQ_DEVICE_IGNORE;
	ok(set_queue(&q, &a) && a.vq.size == 16 && a.vq.flags == 1,
	   "DEV-65 %s: enabled with what was set", label);

	before = a;
	fill(&q, 0x100000);
	q.vq.flags = VIRTIO_MSG_VQ_OP_LEAVE_DISABLED;
	ok(set_queue(&q, &a) && same(&a, &before),
	   "DEV-61 %s: op 0 does not disable", label);
	q.vq.flags = VIRTIO_MSG_VQ_OP_KEEP;
	q.vq.size = 8;
	ok(set_queue(&q, &a) && same(&a, &before),
	   "DEV-64 %s: size of an enabled queue", label);
	q.vq.size = 16;
	q.vq.device += 64;
	ok(set_queue(&q, &a) && same(&a, &before),
	   "DEV-64 %s: address of an enabled queue", label);
	fill(&q, 0x100000);
	ok(set_queue(&q, &a) && same(&a, &before), "%s: the same again", label);
	test_refused_flags(&q, "enabled");
}

static void test_set_vqueue(void)
{
	struct virtio_msg_fields q, a;

	fake_window(&fake, 0x100000, 4096);
	fill(&q, 0x100000);
	ok(set_queue(&q, &a) && !a.vq.flags && !a.vq.size,
	   "%s: not before FEATURES_OK", label);
	fake_negotiate(&fake, 0);
	q.vq.index = 1;
	ok(set_queue(&q, &a) && !a.vq.size, "DEV-59 %s: no such queue", label);
	q.vq.index = 77;
	ok(set_queue(&q, &a) && !a.vq.size, "DEV-59 %s: nor that", label);
	q.vq.index = 0;
	q.vq.size = 0;
	ok(set_queue(&q, &a) && !a.vq.flags, "%s: not without a size", label);

	fill(&q, 0x100000);
	test_refused(&q, "disabled");
	if (fake.link.dialect->vq_flags) {
		test_refused_flags(&q, "disabled");
		test_set_vqueue_flags();
	} else {
		ok(set_queue(&q, &a) && a.vq.flags && a.vq.size == 16,
		   "%s: the message enables the queue", label);
	}
	test_refused(&q, "enabled");
	fake_status(&fake, 0);
	ok(get_queue(0, &a) && !a.vq.flags && !a.vq.size && !a.vq.desc,
	   "DEV-53 %s: reset forgets the queue", label);
	is(fake.mapped, 0, "%s: reset drops windows", label);
}

static void test_reset_vqueue(void)
{
	struct virtio_msg_fields q, a;

	fake_negotiate(&fake, 0);
	fill(&q, 0x100000);
	set_queue(&q, &a);
	fake_driver_ok(&fake);
	queue_resets = 0;
	memset(&q, 0, sizeof(q));
	q.kind = VMSG_RESET_VQUEUE_REQ;
	q.vq.index = 9;
	ok(fake_request(&fake, &q, &a) && !queue_resets,
	   "DEV-66 %s: no such queue", label);
	q.vq.index = 0;
	ok(fake_request(&fake, &q, &a) && queue_resets == 1,
	   "DEV-68 %s: queue reset", label);
	ok(get_queue(0, &a) && !a.vq.flags && !a.vq.size,
	   "DEV-68 %s: not configured", label);
	is(fake.mapped, 0, "%s: its window is dropped", label);
	fill(&q, 0x100000);
	ok(set_queue(&q, &a) && a.vq.flags, "DEV-68 %s: set up again", label);

	fake_status(&fake, 0);
	fake_status(&fake, 3);
	fake_features(&fake, 1, 1);
	fake_status(&fake, 0xb);
	set_queue(&q, &a);
	q.kind = VMSG_RESET_VQUEUE_REQ;
	queue_resets = 0;
	ok(fake_request(&fake, &q, &a) && !queue_resets && get_queue(0, &a) &&
	   a.vq.flags, "DEV-67 %s: not without RING_RESET", label);
	fake_status(&fake, 0);
}

static void test_shm(void)
{
	struct virtio_msg_fields q = { .kind = VMSG_GET_SHM_REQ }, a;

	q.shm.id = 1;
	ok(fake_request(&fake, &q, &a) && a.shm.id == 1 &&
	   a.shm.addr == 0x10000 && a.shm.length == 0x2000,
	   "DEV-69 %s: region", label);
	q.shm.id = 2;
	ok(fake_request(&fake, &q, &a) &&
	   a.shm.length == (fake.link.dialect->wide_shm ? 0x2000 : 0),
	   "DEV-69 %s: region beyond 32 bits", label);
	q.shm.id = 9;
	ok(fake_request(&fake, &q, &a) && !a.shm.length && !a.shm.addr,
	   "DEV-69 %s: no such region", label);
}

static void test_config_events(void)
{
	__u32 max = virtio_msg_event_config_capacity(fake.link.max_msg);
	int before = fake.config;
	__u32 generation;

	vmsg_device_config_changed(&dev, 0, 4);
	is(fake.config, before, "%s: no event without a driver", label);
	fake_status(&fake, 3);
	generation = dev.generation;
	vmsg_device_config_changed(&dev, 10, max);
	is(fake.config, before + 1, "DEV-11 %s: event", label);
	ok(fake.last_config.config.offset == 10 &&
	   fake.last_config.config.data_len == max &&
	   !memcmp(fake.last_data, config + 10, max), "%s: with data", label);
	ok(fake.last_config.config.generation == dev.generation &&
	   generation != dev.generation, "DEV-6,7 %s: new generation", label);
	is(fake.last_config.config.status, 3, "%s: status", label);
	vmsg_device_config_changed(&dev, 10, max + 1);
	is(fake.last_config.config.offset | fake.last_config.config.length, 0,
	   "DEV-17 %s: more than fits, without a range", label);

	before = fake.config;
	fake.refuse_events = true;
	vmsg_device_config_changed(&dev, 10, 1);
	vmsg_device_config_changed(&dev, 11, 1);
	fake.refuse_events = false;
	vmsg_device_retry(&dev);
	is(fake.config, before + 1, "%s: events that found no room", label);
	is(fake.last_config.config.length, 0, "%s: are one", label);
	fake_status(&fake, 0);
}

/* DEV-2, DEV-4: every length of every request but the right one, and every number. */
static void test_malformed(void)
{
	struct virtio_msg_fields q;
	int kind, len, wrong = 0;
	__u8 msg[128];
	__u32 size;

	memset(&q, 0, sizeof(q));
	q.features.count = 1;
	for (kind = VMSG_INFO_REQ; kind < VMSG_EVENT_CONFIG; kind += 2) {
		q.kind = (enum virtio_msg_kind)kind;
		q.dev_num = dev.dev_num;
		memset(msg, 0, sizeof(msg));
		len = virtio_msg_encode(fake.link.dialect, &q, msg, 64);
		for (size = 0; size <= 64; size++) {
			msg[6] = (__u8)size;
			if (size != (__u32)len && fake_raw(&fake, msg, 64))
				wrong++;
			if (size < (__u32)len && fake_raw(&fake, msg, size))
				wrong++;
		}
	}
	is(wrong, 0, "DEV-21,32 %s: wrong sizes are dropped", label);
	ok(dev.counters.malformed > 500, "%s: and counted", label);

	memset(msg, 0, sizeof(msg));
	msg[6] = 8;
	for (kind = 0; kind < 256; kind++) {
		msg[1] = (__u8)kind;
		if (kind == VIRTIO_MSG_GET_DEVICE_INFO ||
		    kind == VIRTIO_MSG_GET_DEVICE_STATUS)
			continue;
		wrong += fake_raw(&fake, msg, 8);
		msg[0] = VIRTIO_MSG_TYPE_RESPONSE;
		wrong += fake_raw(&fake, msg, 8);
		msg[0] = VIRTIO_MSG_TYPE_BUS;
		wrong += fake_raw(&fake, msg, 8);
		msg[0] = 0;
	}
	is(wrong, 0, "DEV-21 %s: unknown messages are dropped", label);
	ok(dev.counters.unsupported > 200, "%s: and counted", label);
	msg[0] = 0xfc;
	msg[1] = VIRTIO_MSG_GET_DEVICE_STATUS;
	ok(fake_raw(&fake, msg, 8), "DEV-24 %s: reserved bits are ignored",
	   label);
	msg[0] = 0;
	ok(fake_raw(&fake, msg, 32), "DEV-27 %s: so is padding", label);
}

/* Random bytes behind a valid header. */
static void test_noise(void)
{
	unsigned int seed = 1;
	__u8 msg[320];
	int i, j;

	for (i = 0; i < 20000; i++) {
		for (j = 0; j < (int)sizeof(msg); j++)
			msg[j] = (__u8)rand_r(&seed);
		msg[0] = 0;
		msg[1] = (i & 1 ? 0x40 : 2) + rand_r(&seed) % 11;
		msg[6] = 8 + rand_r(&seed) % 64;
		msg[7] = 0;
		if (rand_r(&seed) & 1)
			memset(msg + 8, 0, 3);
		if (rand_r(&seed) & 1)
			memset(msg + 9, 0, 3);
		if (rand_r(&seed) & 1)
			memset(msg + 12, 0, 20);
		fake_raw(&fake, msg, 8 + rand_r(&seed) % 100);
	}
	ok(true, "%s: survives noise", label);
	fake_status(&fake, 0);
}

static void test_bus(const struct virtio_msg_dialect *dialect, __u32 max,
		     bool strict)
{
	set_up(dialect, max);
	if (strict)
		fake.link.features =
			1U << VIRTIO_MSG_F_STRICT_CONFIG_GENERATION;
	test_info();
	test_get_features();
	test_set_features();
	test_get_config();
	test_set_config(strict || dialect->strict_generation);
	test_get_vqueue();
	test_set_vqueue();
	test_reset_vqueue();
	test_shm();
	test_config_events();
	test_malformed();
	tear_down();

	set_up(dialect, max);
	test_status();
	test_recovery();
	test_tokens();
	test_all_requests();
	test_noise();
	tear_down();
}

static void test_init(void)
{
	struct vmsg_device d = { .ops = &ops, .queues = queues,
				 .num_queues = 1 };
	struct vmsg_link link = { 0 };

	queues[0].max_size = 24;
	is(vmsg_device_init(&d, &link, 0), -EINVAL, "queue of 24 entries");
	queues[0].max_size = VMSG_QUEUE_MAX * 2;
	is(vmsg_device_init(&d, &link, 0), -EINVAL, "queue too large");
	queues[0].max_size = VMSG_QUEUE_MAX;
	is(vmsg_device_init(&d, &link, 0), 0, "largest queue");
	d.num_queues = 65537;
	is(vmsg_device_init(&d, &link, 0), -EINVAL, "DEV-42 65537 queues");
	d.num_queues = 1;
	memset(d.features, 0xff, sizeof(d.features));
	vmsg_device_init(&d, &link, 0);
	ok(!vmsg_feature_test(d.features, VMSG_F_INDIRECT_DESC) &&
	   !vmsg_feature_test(d.features, 34) &&
	   !vmsg_feature_test(d.features, 38) &&
	   !vmsg_feature_test(d.features, 39),
	   "DEV-33 features that cannot be offered are not");
}

int main(void)
{
	static const __u32 sizes[] = { 264, 104, 64, 52, 48 };
	size_t i;

	test_init();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (sizes[i] >= virtio_msg_d26.min_size) {
			test_bus(&virtio_msg_d26, sizes[i], false);
			test_bus(&virtio_msg_d26, sizes[i], true);
		}
		test_bus(&virtio_msg_pr28, sizes[i], false);
	}
	return tap_done();
}
