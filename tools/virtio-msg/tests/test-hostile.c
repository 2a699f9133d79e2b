// SPDX-License-Identifier: BSD-3-Clause
/*
 * A driver that keeps to no rule: each message with each wrong length and with its
 * fields at their extremes, rings and payload that change while they are read. A
 * case says what is answered and counted, and that nothing else is; afterwards
 * the device works, at once or after a reset.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/unaligned.h>

#include "fake.h"
#include "tap.h"
#include "util.h"

#define NUM	8
#define BASE	0x40000000ULL
#define LAST	0xffffffffU

static struct vmsg_queue queues[2];
static struct vmsg_device dev;
static struct fake fake;
static struct ring ring;
static __u8 config[8];
static int popped;
static void (*meanwhile)(struct vmsg_chain *chain);
static unsigned int cases;

/* Reverses: writes what it read, as far as there is room. */
static void on_queue(struct vmsg_device *d, struct vmsg_queue *queue)
{
	static struct vmsg_chain chain;
	__u8 data[64];
	__u32 len;

	(void)d;
	while (vmsg_queue_pop(queue, &chain)) {
		popped++;
		if (meanwhile)
			meanwhile(&chain);
		len = vmsg_chain_read(&chain, data, sizeof(data));
		vmsg_chain_write(&chain, data, len);
		vmsg_queue_push(queue, &chain, vmsg_chain_written(&chain));
	}
}

static void on_queue_reset(struct vmsg_device *d, struct vmsg_queue *queue)
{
	(void)d;
	(void)queue;
}

static int on_config_write(struct vmsg_device *d, __u32 offset, __u32 len,
			   const void *data)
{
	(void)d;
	(void)offset;
	(void)len;
	(void)data;
	return 0;
}

static const struct vmsg_device_ops ops = {
	.queue = on_queue,
	.queue_reset = on_queue_reset,
	.config_write = on_config_write,
};

static void connect_driver(void)
{
	if (!fake_negotiate(&fake, 0) ||
	    !ring_init(&ring, &fake, 0, NUM, BASE) || !fake_driver_ok(&fake))
		abort();
}

static void set_up(void)
{
	memset(queues, 0, sizeof(queues));
	memset(&dev, 0, sizeof(dev));
	memset(config, 0, sizeof(config));
	queues[0].max_size = NUM;
	queues[1].max_size = NUM;
	dev.ops = &ops;
	dev.device_id = 4;
	dev.config = config;
	dev.config_size = sizeof(config);
	dev.queues = queues;
	dev.num_queues = ARRAY_SIZE(queues);
	vmsg_feature_set(dev.features, VMSG_F_RING_RESET);
	popped = 0;
	meanwhile = NULL;
	fake_init(&fake, &virtio_msg_d26, 264);
	fake_attach(&fake, &dev);
	connect_driver();
	memset(&dev.counters, 0, sizeof(dev.counters));
}

/* A request comes through, and nothing is left when the device goes. */
static bool works(void)
{
	char in[4];
	bool good;

	meanwhile = NULL;
	good = ring_request(&ring, "ab", 2, in, 4, 1) == 2 &&
	       !memcmp(in, "ab", 2);
	fake_exit(&fake);
	return good && !fake.mapped && !fake.wrong;
}

static bool works_after_reset(void)
{
	if (fake_status(&fake, 0))
		return false;
	while (fake.windows)
		free(fake.window[--fake.windows].mem);
	connect_driver();
	return works();
}

/* Of what counts mistakes. */
static vmsg_count mistakes(void)
{
	return dev.counters.malformed + dev.counters.unsupported +
	       dev.counters.ignored + dev.counters.refused +
	       dev.counters.failures;
}

enum counter { NONE, MALFORMED, UNSUPPORTED, IGNORED, REFUSED, FAILURES };

static vmsg_count counted(enum counter counter)
{
	switch (counter) {
	case MALFORMED:
		return dev.counters.malformed;
	case UNSUPPORTED:
		return dev.counters.unsupported;
	case IGNORED:
		return dev.counters.ignored;
	case REFUSED:
		return dev.counters.refused;
	case FAILURES:
		return dev.counters.failures;
	default:
		return 1;
	}
}

static bool only(enum counter counter)
{
	return counted(counter) == 1 && mistakes() == (counter != NONE);
}

static void result(bool good, const char *what, const char *how)
{
	ok(good, "%s%s", what, how);
	cases++;
}

/* Messages */

#define WORDS	10

struct message {
	const char *what;
	__u8 type;
	__u8 id;
	__u32 size;		/* of the payload */
	__u32 words[WORDS];	/* the payload */
	enum counter counter;
	bool answered;
};

/* Returns the bytes of the message, which has room for more. */
static __u32 make(const struct message *m, __u8 *msg)
{
	int i;

	memset(msg, 0, 64);
	msg[0] = m->type;
	msg[1] = m->id;
	put_unaligned_le16(dev.dev_num, msg + 2);
	put_unaligned_le16(0x77, msg + 4);
	put_unaligned_le16((__u16)(8 + m->size), msg + 6);
	for (i = 0; i < WORDS; i++)
		put_unaligned_le32(m->words[i], msg + 8 + 4 * i);
	return 8 + m->size;
}

static const struct message good[] = {
	{ "GET_DEVICE_INFO", 0, 0x02, 0, { 0 }, NONE, true },
	{ "GET_DEVICE_FEATURES", 0, 0x03, 8, { 0, 1 }, NONE, true },
	{ "SET_DRIVER_FEATURES", 0, 0x04, 12, { 0, 1 }, REFUSED, true },
	{ "GET_CONFIG", 0, 0x05, 8, { 0, 4 }, NONE, true },
	{ "SET_CONFIG", 0, 0x06, 16, { 0, 0, 4 }, NONE, true },
	{ "GET_DEVICE_STATUS", 0, 0x07, 0, { 0 }, NONE, true },
	{ "SET_DEVICE_STATUS", 0, 0x08, 4, { 15 }, NONE, true },
	{ "GET_VQUEUE", 0, 0x09, 4, { 0 }, NONE, true },
	{ "SET_VQUEUE", 0, 0x0a, 40, { 1 }, NONE, true },
	{ "RESET_VQUEUE", 0, 0x0b, 4, { 1 }, NONE, true },
	{ "GET_SHM", 0, 0x0c, 4, { 0 }, NONE, true },
	{ "EVENT_AVAIL", 0, 0x41, 8, { 0 }, NONE, false },
};

/* Changes the message @msg of @len bytes; returns how many are sent. */
static __u32 as_it_is(__u8 *msg, __u32 len)
{
	(void)msg;
	return len;
}

static __u32 one_short(__u8 *msg, __u32 len)
{
	put_unaligned_le16((__u16)(len - 1), msg + 6);
	return len - 1;
}

static __u32 one_long(__u8 *msg, __u32 len)
{
	put_unaligned_le16((__u16)(len + 1), msg + 6);
	return len + 1;
}

static __u32 beyond_the_end(__u8 *msg, __u32 len)
{
	put_unaligned_le16((__u16)(len + 1), msg + 6);
	return len;
}

static __u32 largest(__u8 *msg, __u32 len)
{
	put_unaligned_le16(0xffff, msg + 6);
	return len;
}

static __u32 without_a_size(__u8 *msg, __u32 len)
{
	put_unaligned_le16(0, msg + 6);
	return len;
}

static __u32 nothing(__u8 *msg, __u32 len)
{
	(void)msg;
	(void)len;
	return 0;
}

static const struct {
	const char *how;
	__u32 (*change)(__u8 *msg, __u32 len);
} lengths[] = {
	{ ": as it is", as_it_is },
	{ ": one byte short", one_short },
	{ ": one byte long", one_long },
	{ ": says one byte more than came", beyond_the_end },
	{ ": says that it has 65535 bytes", largest },
	{ ": says that it has none", without_a_size },
	{ ": no byte at all", nothing },
};

static void try_message(const struct message *m, const char *how,
			__u32 (*change)(__u8 *msg, __u32 len), bool is_good)
{
	enum counter counter = is_good ? m->counter : MALFORMED;
	bool answered, as_meant;
	__u8 msg[80];
	__u32 len;

	set_up();
	len = make(m, msg);
	answered = fake_raw(&fake, msg, change(msg, len));
	as_meant = answered == (is_good && m->answered) && only(counter);
	result(as_meant && works(), m->what, how);
}

static void test_lengths(void)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		for (j = 0; j < ARRAY_SIZE(lengths); j++)
			try_message(&good[i], lengths[j].how,
				    lengths[j].change, !j);
}

#define OUT	0x60000000	/* where no window is */

static const struct message odd[] = {
	{ "features: no block", 0, 0x03, 8, { 0, 0 }, MALFORMED, false },
	{ "features: last block", 0, 0x03, 8, { LAST - 1, 1 }, NONE, true },
	{ "features: blocks wrap", 0, 0x03, 8, { LAST, 1 }, MALFORMED, false },
	{ "features: as many as fit", 0, 0x03, 8, { 0, 62 }, NONE, true },
	{ "features: one too many", 0, 0x03, 8, { 0, 63 }, MALFORMED, false },
	{ "features: most", 0, 0x03, 8, { 0, LAST }, MALFORMED, false },
	{ "set features: too late", 0, 0x04, 12, { 0, 1, LAST }, REFUSED, true },
	{ "set features: last block", 0, 0x04, 12, { LAST - 1, 1, LAST }, REFUSED, true },
	{ "set features: blocks wrap", 0, 0x04, 12, { LAST, 1 }, MALFORMED, false },
	{ "set features: more than came", 0, 0x04, 12, { 0, 2 }, MALFORMED, false },
	{ "set features: length wraps", 0, 0x04, 12, { 0, 0x40000001 }, MALFORMED, false },
	{ "get config: the end", 0, 0x05, 8, { 8, 0 }, NONE, true },
	{ "get config: behind the end", 0, 0x05, 8, { 9, 0 }, MALFORMED, false },
	{ "get config: over the end", 0, 0x05, 8, { 4, 5 }, MALFORMED, false },
	{ "get config: most", 0, 0x05, 8, { 0, LAST }, MALFORMED, false },
	{ "get config: last byte of all", 0, 0x05, 8, { LAST - 1, 1 }, MALFORMED, false },
	{ "get config: wraps", 0, 0x05, 8, { LAST, 1 }, MALFORMED, false },
	{ "get config: wraps to the start", 0, 0x05, 8, { 8, LAST - 7 }, MALFORMED, false },
	{ "set config: over the end", 0, 0x06, 16, { 0, 5, 4 }, REFUSED, true },
	{ "set config: behind the end", 0, 0x06, 16, { 0, 8, 4 }, REFUSED, true },
	{ "set config: far away", 0, 0x06, 16, { 0, LAST - 4, 4 }, REFUSED, true },
	{ "set config: wraps", 0, 0x06, 16, { 0, LAST, 4 }, MALFORMED, false },
	{ "set config: more than came", 0, 0x06, 16, { 0, 0, 8 }, MALFORMED, false },
	{ "set config: less than came", 0, 0x06, 16, { 0, 0, 3 }, MALFORMED, false },
	{ "set config: most", 0, 0x06, 16, { 0, 0, LAST }, MALFORMED, false },
	{ "set config: nothing", 0, 0x06, 12, { LAST, LAST, 0 }, NONE, true },
	{ "status: all bits", 0, 0x08, 4, { LAST }, NONE, true },
	{ "status: bits that are none", 0, 0x08, 4, { 0xffffff30 }, NONE, true },
	{ "status: the device's own", 0, 0x08, 4, { 0x40 }, NONE, true },
	{ "status: bits taken back", 0, 0x08, 4, { 1 }, NONE, true },
	{ "queue: none", 0, 0x09, 4, { 2 }, NONE, true },
	{ "queue: 65535", 0, 0x09, 4, { 0xffff }, NONE, true },
	{ "queue: 65536", 0, 0x09, 4, { 0x10000 }, NONE, true },
	{ "queue: last", 0, 0x09, 4, { LAST }, NONE, true },
	{ "set queue: none", 0, 0x0a, 40, { 2, 1, 8 }, REFUSED, true },
	{ "set queue: last", 0, 0x0a, 40, { LAST, 1, 8 }, REFUSED, true },
	{ "set queue: no entry", 0, 0x0a, 40, { 1, 1, 0 }, REFUSED, true },
	{ "set queue: 3 entries", 0, 0x0a, 40, { 1, 1, 3 }, REFUSED, true },
	{ "set queue: too many", 0, 0x0a, 40, { 1, 1, 16 }, REFUSED, true },
	{ "set queue: 2 Gi entries", 0, 0x0a, 40, { 1, 1, 1u << 31 }, REFUSED, true },
	{ "set queue: most entries", 0, 0x0a, 40, { 1, 1, LAST }, REFUSED, true },
	{ "set queue: reserved", 0, 0x0a, 40, { 1, 0, 8, 1 }, REFUSED, true },
	{ "set queue: operation 3", 0, 0x0a, 40, { 1, 3, 8 }, REFUSED, true },
	{ "set queue: flag 0x40", 0, 0x0a, 40, { 1, 0x40, 8 }, REFUSED, true },
	{ "set queue: last flag", 0, 0x0a, 40, { 1, 1u << 31, 8 }, REFUSED, true },
	{ "set queue: all flags", 0, 0x0a, 40, { 1, LAST, 8 }, REFUSED, true },
	{ "set queue: in no window", 0, 0x0a, 40, { 1, 1, 8, 0, OUT, 0, OUT, 0, OUT },
	  REFUSED, true },
	{ "set queue: at 0", 0, 0x0a, 40, { 1, 1, 8 }, REFUSED, true },
	{ "set queue: at the end", 0, 0x0a, 40, { 1, 1, 8, 0, LAST - 15, LAST, LAST - 15, LAST,
	  LAST - 15, LAST }, REFUSED, true },
	{ "set queue: above 4 GiB", 0, 0x0a, 40, { 1, 1, 8, 0, BASE, 1, BASE, 1, BASE, 1 },
	  REFUSED, true },
	{ "set queue: descriptors not aligned", 0, 0x0a, 40, { 1, 1, 8, 0, BASE + 8, 0, BASE, 0,
	  BASE }, REFUSED, true },
	{ "set queue: driver's not aligned", 0, 0x0a, 40, { 1, 1, 8, 0, BASE, 0, BASE + 1, 0,
	  BASE }, REFUSED, true },
	{ "set queue: device's not aligned", 0, 0x0a, 40, { 1, 1, 8, 0, BASE, 0, BASE, 0,
	  BASE + 2 }, REFUSED, true },
	{ "set queue: one that is enabled", 0, 0x0a, 40, { 0, 1, 8, 0, BASE, 0, BASE, 0, BASE },
	  REFUSED, true },
	{ "set queue: disabled by it", 0, 0x0a, 40, { 0, 0, 8 }, REFUSED, true },
	{ "reset queue: none", 0, 0x0b, 4, { 2 }, REFUSED, true },
	{ "reset queue: last", 0, 0x0b, 4, { LAST }, REFUSED, true },
	{ "shared memory: last", 0, 0x0c, 4, { LAST }, NONE, true },
	{ "kick: no queue", 0, 0x41, 8, { 2 }, IGNORED, false },
	{ "kick: 65536", 0, 0x41, 8, { 0x10000 }, IGNORED, false },
	{ "kick: last", 0, 0x41, 8, { LAST, LAST }, IGNORED, false },
	{ "kick: not enabled", 0, 0x41, 8, { 1 }, IGNORED, false },
	{ "kick: data that was not negotiated", 0, 0x41, 8, { 0, LAST }, NONE, false },
	{ "number 0", 0, 0x00, 4, { 0 }, UNSUPPORTED, false },
	{ "number 1", 0, 0x01, 4, { 0 }, UNSUPPORTED, false },
	{ "number 0x0d", 0, 0x0d, 4, { 0 }, UNSUPPORTED, false },
	{ "number 0x3f", 0, 0x3f, 4, { 0 }, UNSUPPORTED, false },
	{ "event 0x43", 0, 0x43, 4, { 0 }, UNSUPPORTED, false },
	{ "event 0x7f", 0, 0x7f, 4, { 0 }, UNSUPPORTED, false },
	{ "number 0x80", 0, 0x80, 4, { 0 }, UNSUPPORTED, false },
	{ "number 0xff", 0, 0xff, 4, { 0 }, UNSUPPORTED, false },
	{ "the device's own event: config", 0, 0x40, 16, { 0 }, UNSUPPORTED, false },
	{ "the device's own event: used", 0, 0x42, 4, { 0 }, UNSUPPORTED, false },
	{ "an answer: status", 1, 0x07, 4, { 0 }, UNSUPPORTED, false },
	{ "an answer: queue", 1, 0x09, 40, { 0 }, UNSUPPORTED, false },
	{ "an answer: a reset", 1, 0x08, 4, { 0 }, UNSUPPORTED, false },
	{ "a bus message: devices", 2, 0x02, 4, { 0 }, UNSUPPORTED, false },
	{ "a bus message: ping", 2, 0x03, 4, { 0 }, UNSUPPORTED, false },
	{ "a bus message: device", 2, 0x40, 4, { 0 }, UNSUPPORTED, false },
	{ "bits of the type that are none", 0xfc, 0x07, 0, { 0 }, NONE, true },
};

static void test_fields(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd); i++)
		try_message(&odd[i], "", as_it_is, true);
}

/* What changes while it is read */

static void rewrite_desc(struct vmsg_chain *chain)
{
	(void)chain;
	memset(ring.mem + ring.desc, 0xff, 16 * NUM);
}

static void rewrite_avail(struct vmsg_chain *chain)
{
	__u16 idx = ring.avail_idx;

	(void)chain;
	memset(ring.mem + ring.avail, 0xff, 6 + 2 * NUM);
	ring_set_avail_idx(&ring, idx);
}

static void rewrite_used(struct vmsg_chain *chain)
{
	(void)chain;
	memset(ring.mem + ring.used, 0xff, 6 + 8 * NUM);
}

static void rewrite_payload(struct vmsg_chain *chain)
{
	(void)chain;
	memcpy(ring.mem + ring.data, "cd", 2);
}

static void turn_off(struct vmsg_chain *chain)
{
	(void)chain;
	fake_status(&fake, 0);
}

static void disable_queue(struct vmsg_chain *chain)
{
	struct virtio_msg_fields q = { .kind = VMSG_RESET_VQUEUE_REQ };

	(void)chain;
	fake_request(&fake, &q, NULL);
}

static void kick_again(struct vmsg_chain *chain)
{
	int i;

	(void)chain;
	for (i = 0; i < 1000; i++)
		fake_kick(&fake, 0);
}

/* @answer: what the driver then finds in the first used element, or -1. */
static const struct {
	const char *what;
	void (*change)(struct vmsg_chain *chain);
	long answer;
	const char *text;
	bool reset;
	vmsg_count ignored;
} races[] = {
	{ "descriptors change after they were read", rewrite_desc, 2, "ab", false, 0 },
	{ "the available ring changes", rewrite_avail, 2, "ab", false, 0 },
	{ "the used ring is written by the driver", rewrite_used, 2, "ab", false, 0 },
	{ "payload changes", rewrite_payload, 2, "cd", false, 0 },
	{ "a reset in the middle", turn_off, -1, "", true, 0 },
	{ "the queue is reset in the middle", disable_queue, -1, "", true, 0 },
	{ "a thousand kicks in the middle", kick_again, 2, "ab", false, 1000 },
};

static void test_races(void)
{
	char in[4];
	bool right;
	long len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(races); i++) {
		set_up();
		meanwhile = races[i].change;
		len = ring_request(&ring, "ab", 2, in, 4, 1);
		right = len == races[i].answer && popped == 1 &&
			!memcmp(in, races[i].text, strlen(races[i].text)) &&
			!dev.counters.failures &&
			dev.counters.ignored == races[i].ignored;
		right &= races[i].reset || races[i].change == rewrite_avail ||
			 races[i].change == rewrite_used ? works_after_reset() :
							   works();
		result(right, races[i].what, "");
	}
}

/* Rings that make no sense: one failure, one word of it, and a reset helps */

static void far_index(void)
{
	ring_set_avail_idx(&ring, NUM + 1);
}

static void half_of_all(void)
{
	ring_set_avail_idx(&ring, 0x8000);
}

static void last_index(void)
{
	ring_set_avail_idx(&ring, 0xffff);
}

static void bad_head(void)
{
	ring_avail(&ring, NUM);
}

static void last_head(void)
{
	ring_avail(&ring, 0xffff);
}

static void bad_next(void)
{
	ring_desc(&ring, 0, BASE + ring.data, 1, RING_NEXT, NUM);
	ring_avail(&ring, 0);
}

static void endless(void)
{
	ring_desc(&ring, 0, BASE + ring.data, 1, RING_NEXT, 1);
	ring_desc(&ring, 1, BASE + ring.data, 1, RING_NEXT, 0);
	ring_avail(&ring, 0);
}

static void one(__u64 addr, __u32 len, __u16 flags)
{
	ring_desc(&ring, 0, addr, len, flags, 0);
	ring_avail(&ring, 0);
}

static void nowhere(void)
{
	one(0, 1, 0);
}

static void above_4_gib(void)
{
	one(BASE + (1ULL << 32), 1, 0);
}

static void last_byte(void)
{
	one(~0ULL, 1, RING_WRITE);
}

static void over_the_end(void)
{
	one(BASE + ring.size - 1, 2, RING_WRITE);
}

static void longest(void)
{
	one(BASE, LAST, RING_WRITE);
}

static void empty(void)
{
	one(BASE + ring.data, 0, 0);
}

static void table(void)
{
	one(BASE + ring.data, 16, RING_INDIRECT);
}

static void all_flags(void)
{
	one(BASE + ring.data, 16, 0xffff);
}

static const struct {
	const char *what;
	void (*put)(void);
} rings[] = {
	{ "index too far by one", far_index },
	{ "index half of all", half_of_all },
	{ "last index", last_index },
	{ "head behind the last", bad_head },
	{ "last head", last_head },
	{ "next behind the last", bad_next },
	{ "chain without an end", endless },
	{ "buffer at 0", nowhere },
	{ "buffer above 4 GiB", above_4_gib },
	{ "last byte of all", last_byte },
	{ "buffer over the end", over_the_end },
	{ "buffer of 4 GiB", longest },
	{ "empty buffer", empty },
	{ "table that was not negotiated", table },
	{ "all flags", all_flags },
};

static void test_rings(void)
{
	bool right;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		set_up();
		rings[i].put();
		fake_kick(&fake, 0);
		right = only(FAILURES) && fake.config == 1 && !popped &&
			dev.status & VMSG_S_NEEDS_RESET;
		result(right && works_after_reset(), rings[i].what, "");
	}
}

int main(void)
{
	test_lengths();
	test_fields();
	test_races();
	test_rings();
	printf("# note: %u cases of a hostile driver\n", cases);
	return tap_done();
}
