// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the FIFO in shared memory: its layout, its order, what it does to a
 * peer that lies, and who notifies whom. What needs two processors is shown in
 * tools/testing/model.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>

#include "fifo.h"

#define BYTES	4096
#define SLOTS	62
#define GUARD	64
#define PATTERN	0xa5

struct fixture {
	u8 *memory;		/* GUARD bytes, the FIFO, GUARD bytes */
	struct virtio_msg_fifo_area area;
	struct virtio_msg_fifo out;
	struct virtio_msg_fifo in;
	__le32 head_event;
	__le32 tail_event;
	u32 bytes;
	u8 buf[VIRTIO_MSG_FIFO_MAX_SLOT] __aligned(8);
	u8 behind[GUARD];
};

static struct fixture *create(struct kunit *test, u32 bytes, u32 slot_size)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->bytes = bytes;
	f->memory = kunit_kzalloc(test, bytes + 2 * GUARD, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->memory);
	memset(f->memory, PATTERN, GUARD);
	memset(f->memory + GUARD + bytes, PATTERN, GUARD);
	memset(f->behind, PATTERN, GUARD);
	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_fifo_area_init(&f->area, f->memory + GUARD,
						  bytes, slot_size));
	return f;
}

static void attach(struct kunit *test, struct fixture *f)
{
	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_fifo_attach_producer(&f->out, &f->area));
	KUNIT_ASSERT_EQ(test, 0,
			virtio_msg_fifo_attach_consumer(&f->in, &f->area));
}

static struct fixture *deployed(struct kunit *test)
{
	struct fixture *f = create(test, BYTES, VIRTIO_MSG_FIFO_SLOT);

	attach(test, f);
	return f;
}

static struct fixture *with_events(struct kunit *test)
{
	struct fixture *f = create(test, BYTES, VIRTIO_MSG_FIFO_SLOT);

	f->area.head_event = &f->head_event;
	f->area.tail_event = &f->tail_event;
	attach(test, f);
	return f;
}

/* A message of @len bytes that says who it is in each of them. */
static void make(u8 *msg, u32 len, u8 value)
{
	struct virtio_msg_hdr *hdr = (void *)msg;

	memset(msg, value, len);
	hdr->msg_size = cpu_to_le16(len);
}

static int put(struct fixture *f, u32 len, u8 value)
{
	u8 msg[512];

	make(msg, len, value);
	return virtio_msg_fifo_put(&f->out, msg, len);
}

static bool get(struct fixture *f, u32 len, u8 value)
{
	u8 msg[512];

	make(msg, len, value);
	return virtio_msg_fifo_get(&f->in, f->buf) == len &&
	       !memcmp(f->buf, msg, len);
}

static void expect_guards(struct kunit *test, struct fixture *f)
{
	KUNIT_EXPECT_TRUE(test, !memchr_inv(f->memory, PATTERN, GUARD));
	KUNIT_EXPECT_TRUE(test, !memchr_inv(f->memory + GUARD + f->bytes,
					    PATTERN, GUARD));
	KUNIT_EXPECT_TRUE(test, !memchr_inv(f->behind, PATTERN, GUARD));
}

static void set_word(__le32 *word, u32 value)
{
	WRITE_ONCE(*word, cpu_to_le32(value));
}

/* Where deployed peers look for things. */
static void fifo_layout(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u8 *base = f->memory + GUARD;

	KUNIT_EXPECT_EQ(test, f->area.num_slots, SLOTS);
	KUNIT_EXPECT_EQ(test, put(f, 64, 0x11), 0);
	KUNIT_EXPECT_EQ(test, put(f, 48, 0x22), 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(base), 2);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(base + 0x40), 0);
	KUNIT_EXPECT_EQ(test, base[0x80], 0x11);
	KUNIT_EXPECT_EQ(test, base[0x80 + 63], 0x11);
	KUNIT_EXPECT_EQ(test, base[0xc0 + 47], 0x22);
	KUNIT_EXPECT_EQ(test, base[0xc0 + 48], 0);
	KUNIT_EXPECT_TRUE(test, get(f, 64, 0x11));
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(base + 0x40), 1);

	virtio_msg_fifo_area_init(&f->area, base, 1024, VIRTIO_MSG_FIFO_SLOT);
	KUNIT_EXPECT_EQ(test, f->area.num_slots, 14);
}

static void fifo_area_checks(struct kunit *test)
{
	struct fixture *f = create(test, BYTES, VIRTIO_MSG_FIFO_SLOT);
	struct virtio_msg_fifo_area area;
	u8 *base = f->memory + GUARD;

#define EXPECT_BAD(change) ({						\
	area = f->area;							\
	change;								\
	KUNIT_EXPECT_EQ(test, -EINVAL,					\
			virtio_msg_fifo_attach_producer(&f->out, &area)); \
	KUNIT_EXPECT_EQ(test, -EINVAL,					\
			virtio_msg_fifo_attach_consumer(&f->in, &area)); })

	EXPECT_BAD(area.head = NULL);
	EXPECT_BAD(area.tail = NULL);
	EXPECT_BAD(area.slots = NULL);
	EXPECT_BAD(area.head = (void *)(base + 2));
	EXPECT_BAD(area.tail = (void *)(base + 1));
	EXPECT_BAD(area.head_event = (void *)(base + 2));
	EXPECT_BAD(area.tail_event = (void *)(base + 3));
	EXPECT_BAD(area.slots = base + 4);
	EXPECT_BAD(area.slot_size = 60);
	EXPECT_BAD(area.slot_size = 8192);
	EXPECT_BAD(area.num_slots = 0);
	EXPECT_BAD(area.num_slots = 1);
	EXPECT_BAD(area.num_slots = 65537);
	EXPECT_BAD(area.num_slots = U32_MAX);
	EXPECT_BAD(area.msg_size = 7);
	EXPECT_BAD(area.msg_size = 65);
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_fifo_area_init(&area, base, 127, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_fifo_area_init(&area, base, 255, 64));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			virtio_msg_fifo_area_init(&area, base, 4096, 0));
	KUNIT_EXPECT_EQ(test, 0,
			virtio_msg_fifo_area_init(&area, base, 256, 64));
}

/* Every slot size, number of slots, fill level and size of message. */
static void fifo_geometries(struct kunit *test)
{
	static const u32 slot_sizes[] = { 8, 16, 64, 264, 512 };
	u32 i, slots, fill, round, len;
	u8 in = 0, out = 0;
	struct fixture *f;

	for (i = 0; i < ARRAY_SIZE(slot_sizes); i++) {
		for (slots = 2; slots < 9; slots++) {
			f = create(test, 0x80 + slots * slot_sizes[i],
				   slot_sizes[i]);
			attach(test, f);
			KUNIT_EXPECT_EQ(test, f->area.num_slots, slots);
			len = 7;
			for (round = 0; round < 3 * slots; round++) {
				len = len < slot_sizes[i] ? len + 1 : 8;
				for (fill = 0; fill < slots - 1; fill++)
					KUNIT_ASSERT_EQ(test, 0,
							put(f, len, in++));
				KUNIT_ASSERT_EQ(test, -EAGAIN, put(f, len, 0));
				while (fill--)
					KUNIT_ASSERT_TRUE(test,
							  get(f, len, out++));
				KUNIT_ASSERT_FALSE(test, get(f, len, out));
			}
			expect_guards(test, f);
		}
	}
}

static void fifo_full(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i;

	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_room(&f->out), SLOTS - 1);
	for (i = 0; i < SLOTS - 1; i++)
		KUNIT_EXPECT_EQ(test, put(f, 40, i), 0);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_room(&f->out), 0);
	KUNIT_EXPECT_EQ(test, put(f, 40, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, put(f, 40, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, f->out.full, 2);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_pending(&f->in), SLOTS - 1);
	KUNIT_EXPECT_TRUE(test, get(f, 40, 0));
	KUNIT_EXPECT_EQ(test, put(f, 40, 99), 0);
	KUNIT_EXPECT_EQ(test, put(f, 40, 0), -EAGAIN);
	for (i = 1; i < SLOTS - 1; i++)
		KUNIT_EXPECT_TRUE(test, get(f, 40, i));
	KUNIT_EXPECT_TRUE(test, get(f, 40, 99));
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_get(&f->in, f->buf), 0);
}

static void fifo_sizes_put(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u8 msg[80] = { 0 };

	f->out.area.msg_size = 48;
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_put(&f->out, msg, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_put(&f->out, msg, 7), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_put(&f->out, msg, 49), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_put(&f->out, msg, U32_MAX),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_pending(&f->in), 0);
	/* Any alignment. */
	make(msg + 3, 29, 7);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_put(&f->out, msg + 3, 29), 0);
	KUNIT_EXPECT_TRUE(test, get(f, 29, 7));
}

/* Either end goes away and comes back; the other one notices nothing. */
static void fifo_restart(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i;

	for (i = 0; i < 200; i++) {
		KUNIT_ASSERT_EQ(test, put(f, 24, i), 0);
		KUNIT_ASSERT_EQ(test, put(f, 24, i + 1), 0);
		KUNIT_ASSERT_EQ(test, put(f, 24, i + 2), 0);
		KUNIT_ASSERT_TRUE(test, get(f, 24, i));
		if (i % 3)
			virtio_msg_fifo_attach_producer(&f->out, &f->area);
		if (i % 2)
			virtio_msg_fifo_attach_consumer(&f->in, &f->area);
		KUNIT_ASSERT_EQ(test, virtio_msg_fifo_pending(&f->in), 2);
		KUNIT_ASSERT_TRUE(test, get(f, 24, i + 1));
		KUNIT_ASSERT_TRUE(test, get(f, 24, i + 2));
	}
	KUNIT_EXPECT_EQ(test, f->in.bad_index + f->out.bad_index, 0);
	KUNIT_EXPECT_EQ(test, f->in.bad_size, 0);
}

/* What an earlier life left behind is dropped, not what comes after. */
static void fifo_discard(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i;

	set_word(f->area.head, 60);
	set_word(f->area.tail, 57);
	attach(test, f);
	KUNIT_EXPECT_EQ(test, put(f, 16, 1), 0);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_discard(&f->in), 4);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_discard(&f->in), 0);
	for (i = 0; i < SLOTS - 1; i++)
		KUNIT_EXPECT_EQ(test, put(f, 16, i), 0);
	KUNIT_EXPECT_TRUE(test, get(f, 16, 0));
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_discard(&f->in), SLOTS - 2);
	KUNIT_EXPECT_EQ(test, virtio_msg_fifo_room(&f->out), SLOTS - 1);
}

static const u32 lies[] = {
	SLOTS, SLOTS + 1, 2 * SLOTS, 255, 65535, 0x7fffffff, 0x80000000,
	0xfffffffe, 0xffffffff,
};

/* What cannot be an index is reduced, and told to the peer. */
static void fifo_bad_index_attach(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		set_word(f->area.head, lies[i]);
		set_word(f->area.tail, lies[i]);
		attach(test, f);
		KUNIT_EXPECT_EQ(test, f->out.index, lies[i] % SLOTS);
		KUNIT_EXPECT_EQ(test, f->in.index, lies[i] % SLOTS);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(*f->area.head),
				lies[i] % SLOTS);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(*f->area.tail),
				lies[i] % SLOTS);
		KUNIT_EXPECT_GT(test, f->out.bad_index, 0);
		KUNIT_EXPECT_GT(test, f->in.bad_index, 0);
		KUNIT_EXPECT_EQ(test, virtio_msg_fifo_pending(&f->in), 0);
	}
}

/* A head that lies yields fewer messages than there are slots. */
static void fifo_bad_head(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		set_word(f->area.head, lies[i]);
		for (n = 0; virtio_msg_fifo_get(&f->in, f->buf); n++)
			KUNIT_ASSERT_LT(test, n, SLOTS);
		KUNIT_EXPECT_EQ(test, f->in.index, lies[i] % SLOTS);
	}
	KUNIT_EXPECT_GE(test, f->in.bad_index, ARRAY_SIZE(lies));
	expect_guards(test, f);
}

/* A tail that lies has the producer overwrite slots, and nothing else. */
static void fifo_bad_tail(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		set_word(f->area.tail, lies[i]);
		for (n = 0; !put(f, 64, n); n++)
			KUNIT_ASSERT_LT(test, n, SLOTS);
		KUNIT_EXPECT_LT(test, virtio_msg_fifo_room(&f->out), SLOTS);
		KUNIT_EXPECT_LT(test, f->out.index, SLOTS);
	}
	KUNIT_EXPECT_GE(test, f->out.bad_index, ARRAY_SIZE(lies));
	expect_guards(test, f);
}

/* Our word in shared memory is for the peer: we do not believe it. */
static void fifo_own_index_rewritten(struct kunit *test)
{
	struct fixture *f = deployed(test);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		KUNIT_EXPECT_EQ(test, put(f, 64, i), 0);
		set_word(f->area.tail, lies[i]);
		KUNIT_EXPECT_TRUE(test, get(f, 64, i));
		KUNIT_EXPECT_EQ(test, le32_to_cpu(*f->area.tail), i + 1);
		set_word(f->area.head, lies[i]);
		KUNIT_EXPECT_EQ(test, put(f, 64, i), 0);
		KUNIT_EXPECT_EQ(test, f->out.index, i + 2);
		set_word(f->area.head, i + 1);
		f->out.index = i + 1;
	}
	KUNIT_EXPECT_EQ(test, f->in.bad_index, 0);
}

/* A size that cannot be costs one message, which is counted. */
static void fifo_bad_size(struct kunit *test)
{
	static const u16 sizes[] = { 0, 1, 7, 49, 64, 65, 0x8000, 0xffff };
	struct fixture *f = deployed(test);
	struct virtio_msg_hdr *hdr;
	u32 i;

	f->in.area.msg_size = 48;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		hdr = f->area.slots + f->out.index * VIRTIO_MSG_FIFO_SLOT;
		KUNIT_EXPECT_EQ(test, put(f, 48, i), 0);
		KUNIT_EXPECT_EQ(test, put(f, 48, i + 100), 0);
		hdr->msg_size = cpu_to_le16(sizes[i]);
		memset(f->buf, 0, sizeof(f->buf));
		KUNIT_EXPECT_EQ(test, virtio_msg_fifo_get(&f->in, f->buf),
				-EBADMSG);
		KUNIT_EXPECT_TRUE(test, !memchr_inv(f->buf + 8, 0,
						    sizeof(f->buf) - 8));
		KUNIT_EXPECT_EQ(test, f->in.bad_size, i + 1);
		KUNIT_EXPECT_TRUE(test, get(f, 48, i + 100));
	}
}

static void scribble(struct fixture *f, struct rnd_state *rnd)
{
	u8 *at = f->memory + GUARD + prandom_u32_state(rnd) % (f->bytes / 4) * 4;

	switch (prandom_u32_state(rnd) % 4) {
	case 0:
		set_word(f->area.head, prandom_u32_state(rnd));
		break;
	case 1:
		set_word(f->area.tail, prandom_u32_state(rnd) % (2 * SLOTS));
		break;
	default:
		prandom_bytes_state(rnd, at, 4);
	}
}

/* A peer that writes anything anywhere between any two of our steps. */
static void fifo_scribbler(struct kunit *test)
{
	struct fixture *f = with_events(test);
	struct rnd_state rnd;
	u32 i;
	int n;

	prandom_seed_state(&rnd, 0x5eed);
	for (i = 0; i < 100000; i++) {
		scribble(f, &rnd);
		set_word(&f->head_event, prandom_u32_state(&rnd) % 80);
		set_word(&f->tail_event, prandom_u32_state(&rnd) % 80);
		n = put(f, 8 + prandom_u32_state(&rnd) % 57, i);
		KUNIT_ASSERT_TRUE(test, !n || n == -EAGAIN);
		scribble(f, &rnd);
		n = virtio_msg_fifo_get(&f->in, f->buf);
		KUNIT_ASSERT_TRUE(test, n == -EBADMSG || !n ||
				  (n >= 8 && n <= 64 &&
				   n == get_unaligned_le16(f->buf + 6)));
		scribble(f, &rnd);
		KUNIT_ASSERT_LT(test, f->in.index, SLOTS);
		KUNIT_ASSERT_LT(test, f->out.index, SLOTS);
		KUNIT_ASSERT_LT(test, virtio_msg_fifo_pending(&f->in), SLOTS);
		KUNIT_ASSERT_LT(test, virtio_msg_fifo_room(&f->out), SLOTS);
		virtio_msg_fifo_notify_data(&f->out);
		virtio_msg_fifo_notify_room(&f->in);
		virtio_msg_fifo_wait_data(&f->in);
		virtio_msg_fifo_wait_room(&f->out);
	}
	KUNIT_EXPECT_GT(test, f->in.bad_index, 0);
	KUNIT_EXPECT_GT(test, f->out.bad_index, 0);
	KUNIT_EXPECT_GT(test, f->in.bad_size, 0);
	expect_guards(test, f);
}

/* A deployed peer expects to be notified, once for all that is there. */
static void fifo_notify_deployed(struct kunit *test)
{
	struct fixture *f = deployed(test);

	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_notify_data(&f->out));
	put(f, 8, 1);
	put(f, 8, 2);
	KUNIT_EXPECT_TRUE(test, virtio_msg_fifo_notify_data(&f->out));
	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_notify_data(&f->out));
	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_wait_data(&f->in));
	KUNIT_EXPECT_TRUE(test, get(f, 8, 1));
	KUNIT_EXPECT_TRUE(test, get(f, 8, 2));
	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_notify_room(&f->in));
	KUNIT_EXPECT_TRUE(test, virtio_msg_fifo_wait_data(&f->in));
	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_wait_room(&f->out));
}

/* One notification for each time that the consumer waits. */
static void fifo_notify_data(struct kunit *test)
{
	struct fixture *f = with_events(test);
	u32 i;

	for (i = 0; i < 5 * SLOTS; i++) {
		/* Never asked for: it polls. */
		put(f, 8, i);
		if (i < SLOTS - 2)
			KUNIT_ASSERT_FALSE(test,
					   virtio_msg_fifo_notify_data(&f->out));
		get(f, 8, i);
		if (i < SLOTS - 2)
			continue;
		/* Asked for. */
		KUNIT_ASSERT_TRUE(test, virtio_msg_fifo_wait_data(&f->in));
		virtio_msg_fifo_notify_data(&f->out);
		put(f, 8, 1);
		KUNIT_ASSERT_TRUE(test, virtio_msg_fifo_notify_data(&f->out));
		put(f, 8, 2);
		KUNIT_ASSERT_FALSE(test, virtio_msg_fifo_notify_data(&f->out));
		KUNIT_ASSERT_FALSE(test, virtio_msg_fifo_wait_data(&f->in));
		KUNIT_ASSERT_TRUE(test, get(f, 8, 1));
		KUNIT_ASSERT_TRUE(test, get(f, 8, 2));
	}
}

/* However much was put before the consumer waited, it is notified. */
static void fifo_notify_after_wrap(struct kunit *test)
{
	struct fixture *f = with_events(test);
	u32 n, i;

	for (n = 0; n <= 3 * SLOTS; n++) {
		for (i = 0; i < n; i++) {
			KUNIT_ASSERT_EQ(test, put(f, 8, i), 0);
			KUNIT_ASSERT_TRUE(test, get(f, 8, i));
		}
		KUNIT_ASSERT_TRUE(test, virtio_msg_fifo_wait_data(&f->in));
		for (i = 0; i <= n % (SLOTS - 1); i++)
			KUNIT_ASSERT_EQ(test, put(f, 8, i), 0);
		KUNIT_ASSERT_TRUE(test, virtio_msg_fifo_notify_data(&f->out));
		virtio_msg_fifo_discard(&f->in);
	}
}

static void fifo_notify_room(struct kunit *test)
{
	struct fixture *f = with_events(test);
	u32 round, i;

	for (round = 0; round < 2 * SLOTS; round++) {
		while (!put(f, 8, 0))
			;
		KUNIT_ASSERT_TRUE(test, get(f, 8, 0));
		KUNIT_ASSERT_FALSE(test, virtio_msg_fifo_wait_room(&f->out));
		KUNIT_ASSERT_EQ(test, put(f, 8, 0), 0);
		virtio_msg_fifo_notify_room(&f->in);
		KUNIT_ASSERT_TRUE(test, virtio_msg_fifo_wait_room(&f->out));
		for (i = 0; i <= round % (SLOTS - 1); i++)
			KUNIT_ASSERT_TRUE(test, get(f, 8, 0));
		KUNIT_ASSERT_TRUE(test, virtio_msg_fifo_notify_room(&f->in));
		KUNIT_ASSERT_FALSE(test, virtio_msg_fifo_notify_room(&f->in));
	}
}

/* Who comes anew asks for nothing that an earlier life asked for. */
static void fifo_restart_forgets_events(struct kunit *test)
{
	struct fixture *f = with_events(test);

	KUNIT_EXPECT_TRUE(test, virtio_msg_fifo_wait_data(&f->in));
	virtio_msg_fifo_attach_consumer(&f->in, &f->area);
	put(f, 8, 1);
	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_notify_data(&f->out));
	KUNIT_EXPECT_FALSE(test, virtio_msg_fifo_wait_data(&f->in));
	/* A producer that comes anew sees what is asked for. */
	KUNIT_EXPECT_TRUE(test, get(f, 8, 1));
	KUNIT_EXPECT_TRUE(test, virtio_msg_fifo_wait_data(&f->in));
	virtio_msg_fifo_attach_producer(&f->out, &f->area);
	put(f, 8, 2);
	KUNIT_EXPECT_TRUE(test, virtio_msg_fifo_notify_data(&f->out));
}

static struct kunit_case fifo_cases[] = {
	KUNIT_CASE(fifo_layout),
	KUNIT_CASE(fifo_area_checks),
	KUNIT_CASE(fifo_geometries),
	KUNIT_CASE(fifo_full),
	KUNIT_CASE(fifo_sizes_put),
	KUNIT_CASE(fifo_restart),
	KUNIT_CASE(fifo_discard),
	KUNIT_CASE(fifo_bad_index_attach),
	KUNIT_CASE(fifo_bad_head),
	KUNIT_CASE(fifo_bad_tail),
	KUNIT_CASE(fifo_own_index_rewritten),
	KUNIT_CASE(fifo_bad_size),
	KUNIT_CASE(fifo_scribbler),
	KUNIT_CASE(fifo_notify_deployed),
	KUNIT_CASE(fifo_notify_data),
	KUNIT_CASE(fifo_notify_after_wrap),
	KUNIT_CASE(fifo_notify_room),
	KUNIT_CASE(fifo_restart_forgets_events),
	{}
};

static struct kunit_suite fifo_suite = {
	.name = "virtio_msg_fifo",
	.test_cases = fifo_cases,
};

kunit_test_suite(fifo_suite);
