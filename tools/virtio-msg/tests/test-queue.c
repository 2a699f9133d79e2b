// SPDX-License-Identifier: BSD-3-Clause
/*
 * Split rings of honest and of hostile drivers. Windows have exactly the size
 * that they claim, so that the address sanitizer sees any step beyond them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "tap.h"
#include "util.h"

#define NUM	8
#define BASE	0x40000000ULL

static struct vmsg_queue queues[2];
static struct vmsg_device dev;
static struct fake fake;
static struct ring ring;
static struct vmsg_chain chain;
static int popped, failed;
static const char *reason;
static bool hold;		/* do not give buffers back */
static __u8 seen[RING_DATA];
static __u32 seen_len;

/* Reverses: writes what it read, as far as there is room. */
static void on_queue(struct vmsg_device *d, struct vmsg_queue *queue)
{
	(void)d;
	while (vmsg_queue_pop(queue, &chain)) {
		popped++;
		if (hold)
			continue;
		seen_len = vmsg_chain_read(&chain, seen, sizeof(seen));
		vmsg_chain_write(&chain, seen, seen_len);
		vmsg_queue_push(queue, &chain, vmsg_chain_written(&chain));
	}
}

static void on_failed(struct vmsg_device *d, const char *why)
{
	(void)d;
	reason = why;
	failed++;
}

static void on_queue_reset(struct vmsg_device *d, struct vmsg_queue *queue)
{
	(void)d;
	(void)queue;
}

static const struct vmsg_device_ops ops = {
	.queue = on_queue,
	.failed = on_failed,
	.queue_reset = on_queue_reset,
};

static void set_up(__u32 without)
{
	memset(queues, 0, sizeof(queues));
	memset(&dev, 0, sizeof(dev));
	queues[0].max_size = VMSG_QUEUE_MAX;
	queues[1].max_size = NUM;
	dev.ops = &ops;
	dev.device_id = 1;
	dev.queues = queues;
	dev.num_queues = 2;
	vmsg_feature_set(dev.features, VMSG_F_RING_RESET);
	popped = 0;
	failed = 0;
	reason = NULL;
	hold = false;
	fake_init(&fake, &virtio_msg_d26, 264);
	fake_attach(&fake, &dev);
	if (!fake_negotiate(&fake, without))
		abort();
}

static void start(__u32 without)
{
	set_up(without);
	if (!ring_init(&ring, &fake, 0, NUM, BASE) || !fake_driver_ok(&fake))
		abort();
}

static void tear_down(void)
{
	fake_exit(&fake);
	if (fake.mapped || fake.wrong)
		ok(false, "windows %d, wrong messages %d", fake.mapped,
		   fake.wrong);
}

#define NO_EVENT_IDX	(1U << VMSG_F_EVENT_IDX)

static void test_shapes(void)
{
	static const __u32 pieces[] = { 1, 3, 64, 4096 };
	__u8 in[64], out[] = "0123456789abcdefghijklmnopqrst";
	__u32 i, o, n, bad = 0, runs = 0;
	long len;

	set_up(0);
	ring_init(&ring, &fake, 0, 64, BASE);
	fake_driver_ok(&fake);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (o = 0; o < 24; o++) {
			for (n = o ? 0 : 1; n < 24; n++, runs++) {
				len = ring_request(&ring, out, o, in, n,
						   pieces[i]);
				if (len != (o < n ? o : n) || seen_len != o ||
				    memcmp(in, out, (size_t)len))
					bad++;
			}
		}
	}
	is(bad, 0, "%u shapes of requests", runs);
	is(failed, 0, "none of them wrong");
	tear_down();
}

static void test_access(void)
{
	static const char text[] = "abcdefghij";
	const void *piece;
	void *room;
	__u8 b[16];

	start(0);
	hold = true;
	ring_put(&ring, 0, 0, text, 10, 10, 4);
	fake_kick(&fake, 0);
	is(popped, 1, "one buffer");
	ok(chain.out_len == 10 && chain.in_len == 10 && chain.num_out == 3 &&
	   chain.num_in == 3, "lengths");
	ok(vmsg_chain_read(&chain, b, 3) == 3 && !memcmp(b, "abc", 3), "read");
	ok(vmsg_chain_take_out(&chain, &piece, 100) == 1 &&
	   !memcmp(piece, "d", 1), "rest of a piece");
	ok(vmsg_chain_take_out(&chain, &piece, 2) == 2 &&
	   !memcmp(piece, "ef", 2), "part of a piece");
	is(vmsg_chain_read(&chain, NULL, 2), 2, "skip");
	ok(vmsg_chain_read(&chain, b, 16) == 2 && !memcmp(b, "ij", 2), "end");
	is(vmsg_chain_take_out(&chain, &piece, 1), 0, "no more");
	is(vmsg_chain_read(&chain, b, 1), 0, "nor that way");
	is(vmsg_chain_write(&chain, "xyz", 3), 3, "write");
	is(vmsg_chain_take_in(&chain, &room, 9), 1, "room in a piece");
	is(vmsg_chain_written(&chain), 4, "written");
	is(vmsg_chain_zero(&chain, 100), 6, "zero");
	is(vmsg_chain_write(&chain, "x", 1), 0, "full");
	vmsg_chain_rewind(&chain);
	ok(vmsg_chain_read(&chain, b, 16) == 10 && !memcmp(b, text, 10),
	   "rewind");
	vmsg_queue_push(&queues[0], &chain, 1000);
	is(ring_get(&ring, 10, b, 10), 10, "no more written than room");
	tear_down();
}

/* DEV-37 */
static void test_event_idx(void)
{
	__u8 b[8];
	int i;

	start(0);
	ring_set_used_event(&ring, 2);
	for (i = 0; i < 5; i++)
		ring_request(&ring, "a", 1, b, 1, 8);
	is(fake.used[0], 1, "EVENT_USED once the index is passed");
	is(ring_avail_event(&ring), 5, "kick asked for the next buffer");
	ring_set_used_event(&ring, 5);
	ring_request(&ring, "a", 1, b, 1, 8);
	is(fake.used[0], 2, "and again");
	/* All the way round, with one event per round of 65536. */
	for (i = 0; i < 65536; i++)
		ring_request(&ring, "a", 1, b, 1, 8);
	is(fake.used[0], 3, "indices wrap");
	is(failed, 0, "without a failure");
	tear_down();

	start(NO_EVENT_IDX);
	ring_request(&ring, "a", 1, b, 1, 8);
	is(fake.used[0], 1, "EVENT_USED without EVENT_IDX");
	ring.mem[ring.avail] = 1;
	ring_request(&ring, "a", 1, b, 1, 8);
	is(fake.used[0], 1, "suppressed by the flag");
	tear_down();
}

/* What the driver does meanwhile: so many buffers, without a kick. */
static int to_come, relaxed, event_seen;

static bool come_back(void)
{
	relaxed++;
	event_seen = ring_avail_event(&ring);
	if (!to_come)
		return relaxed % 8;
	to_come--;
	ring_put(&ring, 0, 0, "a", 1, 0, 8);
	return true;
}

static void test_poll(void)
{
	start(0);
	queues[0].poll = true;
	fake.relax = come_back;
	to_come = 3;
	relaxed = 0;
	ring_put(&ring, 0, 0, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	is(popped, 4, "buffers that come without a kick");
	is(event_seen, 0, "no kick is asked for meanwhile");
	is(ring_avail_event(&ring), 4, "but at the end");
	is(relaxed, 8, "when the link has no more patience");
	/* One that never ends: others get their turn. */
	to_come = 10 * NUM;
	ring_put(&ring, 0, 0, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	is(popped, 4 + NUM, "no more than the ring has entries");
	is(fake.again, 1, "and another turn");
	fake.relax = NULL;
	tear_down();

	start(NO_EVENT_IDX);
	queues[0].poll = true;
	fake.relax = come_back;
	relaxed = 0;
	ring_put(&ring, 0, 0, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	is(relaxed, 0, "no driver that kicks anyway is waited for");
	fake.relax = NULL;
	tear_down();
}

static void test_events(void)
{
	__u8 b[8];

	start(NO_EVENT_IDX);
	fake.refuse_events = true;
	ring_request(&ring, "a", 1, b, 1, 8);
	ring_request(&ring, "a", 1, b, 1, 8);
	is(fake.used[0], 0, "no room for EVENT_USED");
	fake.refuse_events = false;
	vmsg_device_retry(&dev);
	is(fake.used[0], 1, "one for both when there is room");
	vmsg_device_retry(&dev);
	is(fake.used[0], 1, "and no more");
	fake_kick(&fake, 0);
	is(fake.used[0], 1, "no event for nothing");
	tear_down();
}

static void test_not_running(void)
{
	set_up(0);
	ring_init(&ring, &fake, 0, NUM, BASE);
	ring_put(&ring, 0, 0, "a", 1, 1, 8);
	fake_kick(&fake, 0);
	is(popped, 0, "DEV-35 nothing before DRIVER_OK");
	is(dev.counters.ignored, 1, "counted");
	fake_driver_ok(&fake);
	is(popped, 1, "DEV-36 buffers from before it");
	fake_kick(&fake, 1);
	is(dev.counters.ignored, 2, "kick of a queue that is not enabled");
	fake_kick(&fake, 99);
	is(dev.counters.ignored, 3, "kick of no queue");
	fake_status(&fake, 0);
	ring_put(&ring, 0, 0, "a", 1, 1, 8);
	fake_kick(&fake, 0);
	is(popped, 1, "nothing after a reset");
	is(fake.mapped, 0, "and nothing mapped");
	vmsg_queue_push(&queues[0], &chain, 1);
	is(ring_used_idx(&ring), 1, "late buffer goes nowhere");
	tear_down();
}

static void test_budget(void)
{
	int i;

	start(0);
	hold = false;
	for (i = 0; i < NUM; i++)
		ring_put(&ring, i, i, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	is(popped, NUM, "a full ring in one go");
	is(fake.again, 0, "and that was all");
	tear_down();
}

/* A driver that adds a buffer each time that it gets one back. */
static void on_endless(struct vmsg_device *d, struct vmsg_queue *queue)
{
	(void)d;
	while (vmsg_queue_pop(queue, &chain)) {
		popped++;
		vmsg_queue_push(queue, &chain, 0);
		ring_put(&ring, 0, 0, "a", 1, 0, 8);
	}
}

static void test_endless(void)
{
	static const struct vmsg_device_ops endless = { .queue = on_endless };

	start(0);
	dev.ops = &endless;
	ring_put(&ring, 0, 0, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	is(popped, NUM, "a queue gets no more than its share");
	ok(fake.again == 1 && fake.again_queue == &queues[0],
	   "and another turn");
	vmsg_queue_run(fake.again_queue);
	is(popped, 2 * NUM, "which it uses");
	fake_status(&fake, 0);
	vmsg_queue_run(fake.again_queue);
	is(popped, 2 * NUM, "but not after a reset");
	tear_down();
}

/* Hostile drivers: what one of them puts on the ring. */

static void out_of_range_head(void)
{
	ring_avail(&ring, NUM);
}

static void far_head(void)
{
	ring_avail(&ring, 0xffff);
}

static void out_of_range_next(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT, NUM);
	ring_avail(&ring, 0);
}

static void far_next(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT, 0xffff);
	ring_avail(&ring, 0);
}

static void self_loop(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT, 0);
	ring_avail(&ring, 0);
}

static void long_loop(void)
{
	int i;

	for (i = 0; i < NUM; i++)
		ring_desc(&ring, i, BASE, 4, RING_NEXT, (i + 1) % NUM);
	ring_avail(&ring, 3);
}

static void tail_loop(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT, 1);
	ring_desc(&ring, 1, BASE, 4, RING_NEXT | RING_WRITE, 2);
	ring_desc(&ring, 2, BASE, 4, RING_NEXT | RING_WRITE, 1);
	ring_avail(&ring, 0);
}

static void one_segment(__u64 addr, __u32 len, __u16 flags)
{
	ring_desc(&ring, 0, addr, len, flags, 0);
	ring_avail(&ring, 0);
}

static void outside(void)
{
	one_segment(0x1000, 4, 0);
}

static void just_before(void)
{
	one_segment(BASE - 1, 4, 0);
}

static void just_behind(void)
{
	one_segment(BASE + ring.size, 1, RING_WRITE);
}

static void over_the_edge(void)
{
	one_segment(BASE + ring.size - 4, 5, RING_WRITE);
}

static void length_overflow(void)
{
	one_segment(BASE, 0xffffffff, 0);
}

static void address_overflow(void)
{
	one_segment(-4ULL, 8, RING_WRITE);
}

static void highest_address(void)
{
	one_segment(~0ULL, 1, 0);
}

static void total_overflow(void)
{
	int i;

	for (i = 0; i < NUM; i++)
		ring_desc(&ring, i, BASE, ring.size, RING_NEXT, i + 1);
	ring_desc(&ring, 1, BASE, 0xffffffff, 0, 0);
	ring_avail(&ring, 0);
}

static void zero_length(void)
{
	one_segment(BASE, 0, 0);
}

static void zero_length_behind(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT, 1);
	ring_desc(&ring, 1, BASE, 0, RING_WRITE, 0);
	ring_avail(&ring, 0);
}

static void indirect(void)
{
	one_segment(BASE, 64, RING_INDIRECT);
}

static void indirect_behind(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT, 1);
	ring_desc(&ring, 1, BASE, 64, RING_INDIRECT, 0);
	ring_avail(&ring, 0);
}

static void out_after_in(void)
{
	ring_desc(&ring, 0, BASE, 4, RING_NEXT | RING_WRITE, 1);
	ring_desc(&ring, 1, BASE, 4, 0, 0);
	ring_avail(&ring, 0);
}

static void index_jump(void)
{
	ring_set_avail_idx(&ring, NUM + 1);
}

static void index_back(void)
{
	ring_set_avail_idx(&ring, 0xffff);
}

static void index_far(void)
{
	ring_set_avail_idx(&ring, 0x8000);
}

static const struct {
	const char *name;
	void (*put)(void);
	const char *why;
} hostile[] = {
#define HOSTILE(f, why) { #f, f, why }
	HOSTILE(out_of_range_head, "out of range"),
	HOSTILE(far_head, "out of range"),
	HOSTILE(out_of_range_next, "out of range"),
	HOSTILE(far_next, "out of range"),
	HOSTILE(self_loop, "loop"),
	HOSTILE(long_loop, "loop"),
	HOSTILE(tail_loop, "loop"),
	HOSTILE(outside, "outside"),
	HOSTILE(just_before, "outside"),
	HOSTILE(just_behind, "outside"),
	HOSTILE(over_the_edge, "outside"),
	HOSTILE(length_overflow, "outside"),
	HOSTILE(address_overflow, "outside"),
	HOSTILE(highest_address, "outside"),
	HOSTILE(total_overflow, "4 GiB"),
	HOSTILE(zero_length, "without a byte"),
	HOSTILE(zero_length_behind, "without a byte"),
	HOSTILE(indirect, "indirect"),
	HOSTILE(indirect_behind, "indirect"),
	HOSTILE(out_after_in, "after a writable"),
	HOSTILE(index_jump, "too far ahead"),
	HOSTILE(index_back, "too far ahead"),
	HOSTILE(index_far, "too far ahead"),
};

static void test_hostile(void)
{
	__u8 b[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hostile); i++) {
		start(0);
		hostile[i].put();
		fake_kick(&fake, 0);
		ok(!popped && failed == 1 && fake.config == 1 &&
		   fake.last_config.config.status == 0x4f &&
		   !ring_used_idx(&ring), "%s: DEVICE_NEEDS_RESET",
		   hostile[i].name);
		ok(reason && strstr(reason, hostile[i].why), "%s: %s",
		   hostile[i].name, hostile[i].why);
		ok(chain.num_out + chain.num_in <= NUM, "%s: bounded",
		   hostile[i].name);
		fake_kick(&fake, 0);
		is(failed, 1, "%s: once", hostile[i].name);

		free(fake.window[--fake.windows].mem);
		fake_negotiate(&fake, 0);
		ring_init(&ring, &fake, 0, NUM, BASE);
		fake_driver_ok(&fake);
		is(ring_request(&ring, "ab", 2, b, 4, 1), 2,
		   "%s: works after a reset", hostile[i].name);
		tear_down();
	}
}

static void test_inflight(void)
{
	int i;

	start(0);
	hold = true;
	for (i = 0; i < NUM; i++)
		ring_put(&ring, 0, 0, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	is(popped, NUM, "the same buffer several times");
	ring_put(&ring, 0, 0, "a", 1, 0, 8);
	fake_kick(&fake, 0);
	ok(popped == NUM && failed == 1, "more buffers than entries");
	tear_down();
}

/* Any bytes in the part that the driver writes, in a window of its size. */
static void test_noise(void)
{
	unsigned int seed = 7;
	int i, n;
	__u32 k;

	for (i = 0; i < 3000; i++) {
		start(i & 1 ? NO_EVENT_IDX : 0);
		for (n = 0; n < 8 && !failed; n++) {
			for (k = ring.desc; k < ring.used; k++)
				if (rand_r(&seed) & 1)
					ring.mem[k] = (__u8)(rand_r(&seed) &
							     rand_r(&seed) &
							     rand_r(&seed));
			for (k = 0; k < NUM; k++)
				if (rand_r(&seed) & 7)
					ring_desc(&ring, k, BASE + rand_r(&seed) %
						  (ring.size + 8),
						  rand_r(&seed) % 64,
						  rand_r(&seed) & 3,
						  rand_r(&seed) % (NUM + 1));
			ring_set_avail_idx(&ring, queues[0].avail_next +
						  rand_r(&seed) % (NUM + 1));
			fake_kick(&fake, 0);
		}
		tear_down();
	}
	ok(true, "survives %d hostile rings", i);
}

static void test_queue_windows(void)
{
	struct virtio_msg_fields q = { .kind = VMSG_RESET_VQUEUE_REQ };
	struct ring other;
	__u8 b[4];

	start(0);
	ring_init(&other, &fake, 1, NUM, 2 * BASE);
	is(fake.mapped, 2, "a window for each queue");
	is(ring_request(&other, "a", 1, b, 1, 1), 1, "second queue");
	is(ring_request(&ring, "a", 1, b, 1, 1), 1, "first queue");
	fake_request(&fake, &q, NULL);
	is(fake.mapped, 1, "queue reset drops the window of the queue");
	is(ring_request(&other, "a", 1, b, 1, 1), 1, "not that of the other");
	ring_init(&ring, &fake, 0, NUM, 3 * BASE);
	is(ring_request(&ring, "a", 1, b, 1, 1), 1, "first queue, new window");

	/* A buffer of one queue in the window of the other. */
	ring_desc(&other, 0, 3 * BASE + 0x1000, 4, 0, 0);
	ring_avail(&other, 0);
	fake_kick(&fake, 1);
	is(failed, 0, "window of the other queue");
	fake_request(&fake, &q, NULL);
	is(fake.mapped, 2, "a shared window stays");
	fake_status(&fake, 0);
	is(fake.mapped, 0, "until the reset");
	tear_down();
}

static void test_many_windows(void)
{
	int i;

	start(0);
	for (i = 1; i < FAKE_WINDOWS; i++)
		fake_window(&fake, BASE + i * 0x1000000ULL, 16);
	for (i = 1; i < FAKE_WINDOWS; i++) {
		one_segment(BASE + i * 0x1000000ULL + 8, 8, RING_WRITE);
		fake_kick(&fake, 0);
	}
	is(popped, FAKE_WINDOWS - 1, "buffers in several windows");
	one_segment(BASE + 0x1000000ULL + 8, 9, RING_WRITE);
	fake_kick(&fake, 0);
	is(failed, 1, "over the edge of one of them");
	tear_down();
}

/* A window that ends where the addresses end. */
static void test_last_window(void)
{
	__u64 base = -0x1000ULL;

	start(0);
	fake_window(&fake, base, 0x1000);
	one_segment(base + 0xff0, 16, RING_WRITE);
	fake_kick(&fake, 0);
	is(popped, 1, "the last bytes that there are");
	one_segment(base + 0xff0, 17, RING_WRITE);
	fake_kick(&fake, 0);
	ok(popped == 1 && failed == 1, "one byte more");
	tear_down();

	start(0);
	fake_window(&fake, base, 0x1000);
	one_segment(base + 0xff0, 0xffffffff, 0);
	fake_kick(&fake, 0);
	ok(!popped && failed == 1, "sum of address and length that wraps");
	tear_down();
}

static void test_largest(void)
{
	static __u8 in[VMSG_QUEUE_MAX];
	long len;

	set_up(0);
	ok(ring_init(&ring, &fake, 0, VMSG_QUEUE_MAX, BASE), "largest queue");
	fake_driver_ok(&fake);
	len = ring_request(&ring, "a", 1, in, VMSG_QUEUE_MAX - 1, 1);
	ok(len == 1 && !failed, "a buffer of as many segments as entries");
	tear_down();
}

int main(void)
{
	test_shapes();
	test_access();
	test_event_idx();
	test_poll();
	test_events();
	test_not_running();
	test_budget();
	test_endless();
	test_hostile();
	test_inflight();
	test_queue_windows();
	test_many_windows();
	test_last_window();
	test_largest();
	test_noise();
	return tap_done();
}
