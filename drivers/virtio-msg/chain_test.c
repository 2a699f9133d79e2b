// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of walking and copying the requests of a driver's ring.
 */
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "chain.h"
#include "limits.h"
#include "ring.h"

#define NUM	8
#define SIZE	(4 * PAGE_SIZE)

struct fixture {
	struct vring ring;
	u8 *mem;
	struct vring_desc *table;
};

static void *memory(struct kunit *test, size_t size)
{
	void *p = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static struct fixture *create(struct kunit *test)
{
	struct fixture *f = memory(test, sizeof(*f));
	u32 i;

	vring_init(&f->ring, NUM,
		   memory(test, vring_size(NUM, VRING_USED_ALIGN_SIZE)),
		   VRING_USED_ALIGN_SIZE);
	f->mem = memory(test, SIZE);
	f->table = memory(test, 4096 * sizeof(*f->table));
	for (i = 0; i < SIZE; i++)
		f->mem[i] = i ^ i >> 8;
	return f;
}

static void put(struct vring_desc *desc, const void *p, u32 len, u16 flags,
		u16 next)
{
	ring_put64(&desc->addr, virt_to_phys((void *)p));
	ring_put32(&desc->len, len);
	ring_put16(&desc->flags, flags);
	ring_put16(&desc->next, next);
}

#define NEXT	VRING_DESC_F_NEXT
#define DEVICE	VRING_DESC_F_WRITE

static void chain_measure_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 out, in;

	put(&f->ring.desc[3], f->mem, 5, NEXT, 1);
	put(&f->ring.desc[1], f->mem, 0, NEXT, 7);
	put(&f->ring.desc[7], f->mem, 11, NEXT | DEVICE, 0);
	put(&f->ring.desc[0], f->mem, 100, DEVICE, 3);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 3, &out, &in));
	KUNIT_EXPECT_EQ(test, out, 5);
	KUNIT_EXPECT_EQ(test, in, 111);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 0, &out, &in));
	KUNIT_EXPECT_EQ(test, out, 0);
	KUNIT_EXPECT_EQ(test, in, 100);
}

static void chain_measure_indirect_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 out, in;

	put(&f->ring.desc[2], f->table, 3 * 16, VRING_DESC_F_INDIRECT, 0);
	put(&f->table[0], f->mem, 5, NEXT, 2);
	put(&f->table[2], f->mem, 7, NEXT, 1);
	put(&f->table[1], f->mem, 9, DEVICE, 0);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 2, &out, &in));
	KUNIT_EXPECT_EQ(test, out, 12);
	KUNIT_EXPECT_EQ(test, in, 9);
	/* What follows the table is not part of it. */
	put(&f->table[1], f->mem, 9, DEVICE | NEXT, 3);
	put(&f->table[3], f->mem, 1000, DEVICE, 0);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 2, &out, &in));
	KUNIT_EXPECT_EQ(test, in, 9);
}

static void chain_measure_overflow_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 out, in;

	put(&f->ring.desc[0], f->mem, 0xffffffff, NEXT, 1);
	put(&f->ring.desc[1], f->mem, 0xffffffff, DEVICE, 0);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 0, &out, &in));
	KUNIT_EXPECT_EQ(test, out, 0xffffffff);
	KUNIT_EXPECT_EQ(test, in, 0xffffffff);
	put(&f->ring.desc[1], f->mem, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, -E2BIG,
			virtio_msg_chain_measure(&f->ring, 0, &out, &in));
	put(&f->ring.desc[0], f->mem, 0xffffffff, NEXT | DEVICE, 1);
	put(&f->ring.desc[1], f->mem, 1, DEVICE, 0);
	KUNIT_EXPECT_EQ(test, -E2BIG,
			virtio_msg_chain_measure(&f->ring, 0, &out, &in));
}

/* No loop is endless, and no index leaves the ring. */
static void chain_bounded_test(struct kunit *test)
{
	struct fixture *f = create(test);
	struct virtio_msg_chain chain;
	u32 out, in, i;

	put(&f->ring.desc[0], f->mem, 1, NEXT, 0);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 0, &out, &in));
	KUNIT_EXPECT_EQ(test, out, VIRTIO_MSG_LIMIT_CHAIN);
	virtio_msg_chain_start(&chain, &f->ring, 0);
	KUNIT_EXPECT_EQ(test, VIRTIO_MSG_LIMIT_CHAIN,
			virtio_msg_chain_read(&chain, f->table, 4096));
	put(&f->ring.desc[0], f->mem, 0, NEXT, 0);
	virtio_msg_chain_start(&chain, &f->ring, 0);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_read(&chain, f->table, 4096));
	for (i = NUM; i <= 0xffff; i = 2 * i + 1) {
		put(&f->ring.desc[0], f->mem, 3, NEXT, i);
		KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 0,
								  &out, &in));
		KUNIT_EXPECT_EQ(test, out, 3);
	}
	/* The longest one that is read in full. */
	for (i = 0; i < VIRTIO_MSG_LIMIT_CHAIN; i++)
		put(&f->table[i], f->mem, 1,
		    i + 1 < VIRTIO_MSG_LIMIT_CHAIN ? NEXT : 0, i + 1);
	put(&f->ring.desc[0], f->table, VIRTIO_MSG_LIMIT_CHAIN * 16,
	    VRING_DESC_F_INDIRECT, 0);
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_measure(&f->ring, 0, &out, &in));
	KUNIT_EXPECT_EQ(test, out, VIRTIO_MSG_LIMIT_CHAIN);
}

/* Segments of a request, of which some are empty and some cross pages. */
static const struct segment {
	u32 at, len;
	bool write;
} segments[] = {
	{ 4000, 200, false },
	{ 100, 0, false },
	{ 8190, 3, false },
	{ 12000, 1000, true },
	{ 20, 1, false },
	{ 5000, 0, true },
	{ 8300, 300, true },
	{ 300, 17, false },
};

static void build(struct fixture *f, bool indirect)
{
	struct vring_desc *table = indirect ? f->table : f->ring.desc;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(segments); i++)
		put(&table[i], f->mem + segments[i].at, segments[i].len,
		    (segments[i].write ? DEVICE : 0) |
		    (i + 1 < ARRAY_SIZE(segments) ? NEXT : 0), i + 1);
	if (indirect)
		put(&f->ring.desc[0], f->table, ARRAY_SIZE(segments) * 16,
		    VRING_DESC_F_INDIRECT, 0);
}

/* The bytes of one direction in order, @p each; NULL at the end. */
static u8 *byte_of(struct fixture *f, bool write, u32 n)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		if (segments[i].write != write)
			continue;
		if (n < segments[i].len)
			return f->mem + segments[i].at + n;
		n -= segments[i].len;
	}
	return NULL;
}

static void chain_read_test(struct kunit *test)
{
	struct fixture *f = create(test);
	struct virtio_msg_chain chain;
	u32 step, i, n, indirect;
	u8 *to;

	for (indirect = 0; indirect < 2; indirect++)
		for (step = 1; step < 260; step++) {
			build(f, indirect);
			to = memory(test, 221 + step);
			virtio_msg_chain_start(&chain, &f->ring, 0);
			for (i = 0; i < 221; i += n) {
				n = virtio_msg_chain_read(&chain, to + i, step);
				KUNIT_ASSERT_EQ(test, n, min(step, 221 - i));
			}
			KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_read(&chain,
								       to, 1));
			for (i = 0; i < 221; i++)
				KUNIT_ASSERT_EQ(test, to[i],
						*byte_of(f, false, i));
			kunit_kfree(test, to);
		}
	KUNIT_EXPECT_NULL(test, byte_of(f, false, 221));
}

static void chain_write_test(struct kunit *test)
{
	struct fixture *f = create(test);
	struct virtio_msg_chain chain;
	u8 *before = memory(test, SIZE);
	u8 *from = memory(test, 1300);
	u32 step, skip, i, n;

	for (i = 0; i < 1300; i++)
		from[i] = 31 * i + 7;
	for (step = 1; step < 1400; step += step < 20 ? 1 : 113)
		for (skip = 0; skip <= 1300; skip += 433) {
			for (i = 0; i < SIZE; i++)
				f->mem[i] = i ^ i >> 8;
			memcpy(before, f->mem, SIZE);
			build(f, step & 1);
			virtio_msg_chain_start(&chain, &f->ring, 0);
			KUNIT_EXPECT_EQ(test, min(skip, 1300u),
					virtio_msg_chain_skip(&chain, skip));
			for (i = skip; i < 1300; i += n) {
				n = virtio_msg_chain_write(&chain, from + i,
							   min(step, 1300 - i));
				KUNIT_ASSERT_EQ(test, n, min(step, 1300 - i));
			}
			KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_write(&chain,
									from, 1));
			KUNIT_EXPECT_EQ(test, 0, virtio_msg_chain_skip(&chain, 1));
			for (i = skip; i < 1300; i++)
				*(before + (byte_of(f, true, i) - f->mem)) = from[i];
			KUNIT_EXPECT_EQ(test, 0, memcmp(before, f->mem, SIZE));
		}
	KUNIT_EXPECT_NULL(test, byte_of(f, true, 1300));
}

static struct kunit_case chain_cases[] = {
	KUNIT_CASE(chain_measure_test),
	KUNIT_CASE(chain_measure_indirect_test),
	KUNIT_CASE(chain_measure_overflow_test),
	KUNIT_CASE(chain_bounded_test),
	KUNIT_CASE(chain_read_test),
	KUNIT_CASE(chain_write_test),
	{}
};

static struct kunit_suite chain_suite = {
	.name = "virtio_msg_chain",
	.test_cases = chain_cases,
};

kunit_test_suite(chain_suite);
