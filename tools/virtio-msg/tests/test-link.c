// SPDX-License-Identifier: BSD-3-Clause
/*
 * How a small device makes a link, and notices its end: the other side is this
 * program, and lies about everything.
 */
#include <string.h>
#include <asm/byteorder.h>

#include "link.h"
#include "protocol.h"
#include "tap.h"

#define BYTES	16384

static __u8 memory[BYTES] __attribute__((aligned(4096)));
static struct virtio_msg_amp_header *const header = (void *)memory;
static struct virtio_msg_amp_control *const theirs = (void *)(memory + 64);
static struct virtio_msg_amp_control *const ours = (void *)(memory + 128);
static struct vmsg_small_link small_link;
static struct vmsg_small_rng rng;
static unsigned int rings;

static void ring(struct vmsg_small *small)
{
	(void)small;
	rings++;
}

static void random_bytes(void *to, __u32 len)
{
	memset(to, 1, len);
}

static void write_header(void)
{
	memset(memory, 0, sizeof(memory));
	header->version = VIRTIO_MSG_AMP_VERSION;
	header->size = sizeof(*header);
	header->slot_size = 64;
	header->num_slots = 8;
	header->control[0] = 64;
	header->control[1] = 128;
	header->slots[0] = 192;
	header->slots[1] = 192 + 512;
	header->windows[0] = 4096;
	header->windows_size[0] = 8192;
	header->magic = VIRTIO_MSG_AMP_MAGIC;
}

static void restart(void)
{
	memset(&small_link, 0, sizeof(small_link));
	memset(&rng, 0, sizeof(rng));
	small_link.small.ring = ring;
	small_link.small.dialect = &virtio_msg_d26;
	small_link.memory = memory;
	small_link.size = BYTES;
	small_link.doorbell = 7;
	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	vmsg_small_add(&small_link.small, &rng.dev);
	write_header();
}

static void poll(void)
{
	int i;

	for (i = 0; i < 100 && vmsg_small_link_poll(&small_link); i++)
		;
}

static void come_up(__u32 epoch)
{
	theirs->epoch = epoch;
	theirs->head = 0;
	theirs->tail = 0;
	theirs->head_event = VIRTIO_MSG_AMP_NEVER;
	theirs->peer_epoch = 0;
	theirs->state = VIRTIO_MSG_AMP_READY;
	poll();
	theirs->peer_epoch = ours->epoch;
	poll();
}

/* None of these is a layout: the device stays away, and writes nothing. */
static void test_headers(void)
{
	static __u8 before[BYTES];

#define BAD(change, what) do {						\
	restart();							\
	change;								\
	memcpy(before, memory, BYTES);					\
	poll();								\
	ok(!small_link.up && !memcmp(before, memory, BYTES), what);	\
} while (0)

	BAD(header->magic = 0, "no magic");
	BAD(header->version = 2, "another version");
	BAD(header->features = 1, "an unknown feature");
	BAD(header->control[0] = 0, "a control block in the header");
	BAD(header->control[1] = 64, "two control blocks in one place");
	BAD(header->control[1] = BYTES - 32, "a control block beyond the end");
	BAD(header->control[1] = 0xfffffff8, "and far beyond");
	BAD(header->control[1] = 132, "a control block at no multiple of 8");
	BAD(header->slots[0] = 128, "slots in a control block");
	BAD(header->slots[1] = 0xffffff00, "slots beyond the end");
	BAD(header->num_slots = 0xffff, "more slots than memory");
	BAD(header->windows[0] = 4100, "windows at no page");
	BAD(header->windows[0] = 1ULL << 32, "windows beyond 4 GiB");
	BAD(header->windows_size[0] = 1ULL << 32, "windows of 4 GiB");
	BAD(header->windows_size[0] = 16384, "windows beyond the end");
	BAD(header->windows[0] = 0, "windows in the header");
	BAD(small_link.size = 32, "no memory");
}

static void test_begin(void)
{
	restart();
	ours->epoch = 0xffffffff;
	poll();
	is(ours->state, VIRTIO_MSG_AMP_READY, "the device is there");
	is(ours->epoch, 1, "its epoch is never 0");
	is(ours->doorbell, 7, "its doorbell");
	ok(!small_link.up && rings, "no link yet, but a ring");
	theirs->state = VIRTIO_MSG_AMP_READY;
	poll();
	ok(!small_link.up, "epoch 0 is none");
	theirs->epoch = 5;
	poll();
	is(ours->peer_epoch, 5, "accepts");
	ok(!small_link.up, "is not accepted");
	theirs->peer_epoch = 2;
	poll();
	ok(!small_link.up, "an epoch of old");
	theirs->peer_epoch = 1;
	poll();
	ok(small_link.up, "link");
	is(ours->head, 1, "the device announces itself");
}

/* The other side begins with another header after the device has begun. */
static void test_header_later(void)
{
	restart();
	poll();
	header->slot_size = 56;
	header->num_slots = 4;
	come_up(5);
	ok(small_link.up && small_link.slot_size == 56,
	   "the header is that of the link");
	restart();
	theirs->epoch = 5;
	theirs->state = VIRTIO_MSG_AMP_READY;
	poll();
	ours->state = 77;
	vmsg_small_link_tick(&small_link);
	poll();
	is(ours->state, VIRTIO_MSG_AMP_READY, "looks after its words: state");
	ours->peer_epoch = 77;
	vmsg_small_link_tick(&small_link);
	poll();
	is(ours->peer_epoch, 5, "looks after its words: what it accepted");
	theirs->peer_epoch = ours->epoch;
	header->control[1] = 8192 + 4096;
	poll();
	ok(!small_link.up, "control blocks that move: no link");
	poll();
	is(((struct virtio_msg_amp_control *)(memory + 8192 + 4096))->state,
	   VIRTIO_MSG_AMP_READY, "it begins there");
}

static void test_end(void)
{
	int i;

	come_up(5);
	rng.dev.status = VMSG_S_DRIVER;
	theirs->epoch = 6;
	poll();
	ok(!small_link.up && !rng.dev.status, "another epoch: reset");
	come_up(6);
	ok(small_link.up && ours->head == 1, "a link again, from the beginning");
	theirs->state = VIRTIO_MSG_AMP_DOWN;
	poll();
	ok(!small_link.up, "DOWN");
	come_up(7);
	for (i = 0; i < VMSG_SMALL_PEER_TICKS * 3; i++) {
		theirs->beat++;
		vmsg_small_link_tick(&small_link);
	}
	ok(small_link.up, "as long as it beats it lives");
	is(ours->beat, VMSG_SMALL_PEER_TICKS * 3, "so do we");
	for (i = 0; i < VMSG_SMALL_PEER_TICKS; i++)
		vmsg_small_link_tick(&small_link);
	ok(!small_link.up, "no beat: the end");
	poll();
	theirs->peer_epoch = ours->epoch;
	poll();
	ok(small_link.up, "it was only slow: a new epoch");
	is(small_link.links, 5, "links");
}

int main(void)
{
	test_headers();
	test_begin();
	test_end();
	test_header_later();
	return tap_done();
}
