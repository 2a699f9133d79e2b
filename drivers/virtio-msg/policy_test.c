// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of how types of devices fit fat queues: whatever a device offers, the
 * largest request that its driver may then make fits the window.
 */
#include <kunit/test.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/unaligned.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_scsi.h>
#include <uapi/linux/fuse.h>
#include <uapi/linux/virtio_console.h>

#include "limits.h"
#include "policy.h"
#include "relay.h"

static const struct virtio_msg_policy *find(struct kunit *test, u32 id)
{
	const struct virtio_msg_policy *policy = virtio_msg_policy_find(id);

	KUNIT_ASSERT_NOT_NULL(test, policy);
	return policy;
}

static struct virtio_msg_caps caps_of(const struct virtio_msg_policy *policy,
				      u32 num)
{
	const struct virtio_msg_queue_policy *queue =
		policy->queue(policy->main_queue, 4);

	return virtio_msg_policy_caps(queue, virtio_msg_policy_num(queue, num));
}

/* The fewest entries of a ring with which a queue is accepted. */
static u32 least_of(const struct virtio_msg_policy *policy, u32 index)
{
	return roundup_pow_of_two(max(policy->queue(index, 4)->min_num, 2));
}

static u32 least(struct kunit *test, u32 id)
{
	const struct virtio_msg_policy *policy = find(test, id);

	return least_of(policy, policy->main_queue);
}

/* Types whose messages may carry addresses are not in the list. */
static void policy_types_test(struct kunit *test)
{
	static const u32 relayed[] = {
		1, 2, 3, 4, 8, 9, 17, 18, 19, 20, 25, 26, 32, 34, 36, 40, 41,
	};
	u32 id, i = 0;

	for (id = 0; id < 0x2000; id++) {
		const struct virtio_msg_policy *p = virtio_msg_policy_find(id);

		if (i < ARRAY_SIZE(relayed) && id == relayed[i]) {
			KUNIT_ASSERT_NOT_NULL_MSG(test, p, "type %u", id);
			KUNIT_EXPECT_EQ(test, p->device_id, id);
			i++;
		} else {
			KUNIT_EXPECT_NULL_MSG(test, p, "type %u", id);
		}
	}
	KUNIT_EXPECT_NULL(test, virtio_msg_policy_find(~0u));
	KUNIT_EXPECT_EQ(test, i, ARRAY_SIZE(relayed));
}

static void check_queue(struct kunit *test, u32 id,
			const struct virtio_msg_queue_policy *q)
{
	struct virtio_msg_layout layout;
	u32 num;

	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_EXPECT_TRUE_MSG(test, is_power_of_2(q->num), "type %u", id);
	KUNIT_EXPECT_LE_MSG(test, q->min_num, q->num, "type %u", id);
	for (num = 2; num <= q->num; num *= 2) {
		KUNIT_EXPECT_EQ(test, 0,
				virtio_msg_layout_init(&layout, num, q->out_size,
						       q->in_size));
		KUNIT_EXPECT_LE(test, layout.total, VIRTIO_MSG_LIMIT_WINDOW);
	}
	/* One way to fail, and one that fits the answer. */
	KUNIT_EXPECT_FALSE(test, q->tail && q->error);
	KUNIT_EXPECT_LE(test, q->error_len, q->in_size);
	KUNIT_EXPECT_LE(test, q->error_len, VIRTIO_MSG_LIMIT_ERROR);
	KUNIT_EXPECT_TRUE(test, !q->echo || q->echo + 8 <= q->error_len);
	if (q->drop)
		KUNIT_EXPECT_TRUE(test, q->posted);
	if (q->posted)
		KUNIT_EXPECT_NE(test, q->out_size, 0);
}

static void policy_queues_test(struct kunit *test)
{
	const struct virtio_msg_policy *p;
	u32 id, max, index;

	for (id = 0; id < 64; id++) {
		p = virtio_msg_policy_find(id);
		if (!p)
			continue;
		for (max = 1; max < 12; max++)
			for (index = 0; index < max; index++)
				check_queue(test, id, p->queue(index, max));
		/* Bits beyond 23 are the transport's. */
		KUNIT_EXPECT_EQ(test, 0, (p->strip | p->force) & ~0xffffff);
		KUNIT_EXPECT_EQ(test, 0, p->strip & p->force);
	}
}

static void policy_num_test(struct kunit *test)
{
	struct virtio_msg_queue_policy q = { .num = 64, .out_size = 64,
					     .in_size = 320 };
	struct virtio_msg_caps caps;
	u32 i;

	KUNIT_EXPECT_EQ(test, 1, virtio_msg_policy_num(&q, 1));
	KUNIT_EXPECT_EQ(test, 2, virtio_msg_policy_num(&q, 3));
	KUNIT_EXPECT_EQ(test, 32, virtio_msg_policy_num(&q, 63));
	for (i = 64; i; i *= 2)
		KUNIT_EXPECT_EQ(test, 64, virtio_msg_policy_num(&q, i));
	KUNIT_EXPECT_EQ(test, 64, virtio_msg_policy_num(&q, ~0u));
	caps = virtio_msg_policy_caps(&q, 64);
	KUNIT_EXPECT_EQ(test, caps.out, 32 * 64);
	KUNIT_EXPECT_EQ(test, caps.in, 32 * 320);
	caps = virtio_msg_policy_caps(&q, 1);
	KUNIT_EXPECT_EQ(test, caps.out, 64);
}

/* What a device might say of its limits */
static const u32 values[] = {
	0, 1, 2, 126, 127, 128, 254, 511, 512, 4095, 4096, 4097, 65535, 65536,
	0x00800000, 0x7fffffff, 0x80000000, 0xffffffff,
};

static void check_blk(struct kunit *test, u32 num, u32 size_max, u32 seg_max,
		      u32 offered)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_BLOCK);
	struct virtio_msg_caps caps = caps_of(p, num);
	u32 features = virtio_msg_policy_features(p, offered, &caps);
	struct virtio_blk_config config = { 0 };
	u64 largest;
	u32 segs, size;

	put_unaligned_le32(size_max, &config.size_max);
	put_unaligned_le32(seg_max, &config.seg_max);
	p->config((u8 *)&config, sizeof(config), offered, &caps);
	size = get_unaligned_le32(&config.size_max);
	segs = get_unaligned_le32(&config.seg_max);

	KUNIT_ASSERT_TRUE(test, features & BIT(VIRTIO_BLK_F_SIZE_MAX));
	KUNIT_ASSERT_TRUE(test, features & BIT(VIRTIO_BLK_F_SEG_MAX));
	KUNIT_ASSERT_FALSE(test, features & BIT(VIRTIO_BLK_F_ZONED));
	KUNIT_ASSERT_GE(test, segs, 1);
	KUNIT_ASSERT_GE(test, size, 1);
	largest = (u64)segs * size + 17;
	KUNIT_ASSERT_LE(test, largest, min(caps.out, caps.in));
	/* What the device says is never exceeded. */
	if ((offered & BIT(VIRTIO_BLK_F_SEG_MAX)) && seg_max)
		KUNIT_ASSERT_LE(test, segs, seg_max);
	if ((offered & BIT(VIRTIO_BLK_F_SIZE_MAX)) && size_max)
		KUNIT_ASSERT_LE(test, size, size_max);
}

static void policy_blk_test(struct kunit *test)
{
	u32 num, i, j, k;

	for (num = least(test, VIRTIO_ID_BLOCK); num <= 512; num++)
		for (i = 0; i < ARRAY_SIZE(values); i++)
			for (j = 0; j < ARRAY_SIZE(values); j++)
				for (k = 0; k < 4; k++)
					check_blk(test, num, values[i],
						  values[j],
						  (k & 1 ? BIT(VIRTIO_BLK_F_SIZE_MAX) : 0) |
						  (k & 2 ? BIT(VIRTIO_BLK_F_SEG_MAX) : 0) |
						  BIT(VIRTIO_BLK_F_ZONED));
}

/* A space that ends in the middle of a field is not exceeded. */
static void policy_short_config_test(struct kunit *test)
{
	static const u32 ids[] = { VIRTIO_ID_BLOCK, VIRTIO_ID_SCSI };
	u32 i, size;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		for (size = 0; size < 64; size++) {
			const struct virtio_msg_policy *p = find(test, ids[i]);
			struct virtio_msg_caps caps = caps_of(p, 64);
			u8 *data = kunit_kzalloc(test, max(size, 1u),
						 GFP_KERNEL);

			KUNIT_ASSERT_NOT_NULL(test, data);
			p->config(data, size, ~0u, &caps);
			kunit_kfree(test, data);
		}
}

/* Command and sense take up to 1 KiB; protection would take 8 bytes a sector. */
static void policy_scsi_test(struct kunit *test)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_SCSI);
	struct virtio_scsi_config config = { 0 };
	u32 num, i, sectors;

	for (num = least(test, VIRTIO_ID_SCSI); num <= 512; num++)
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			struct virtio_msg_caps caps = caps_of(p, num);

			put_unaligned_le32(values[i], &config.max_sectors);
			p->config((u8 *)&config, sizeof(config), 0, &caps);
			sectors = get_unaligned_le32(&config.max_sectors);
			KUNIT_ASSERT_GE(test, sectors, 1);
			KUNIT_ASSERT_LE(test, sectors * 512ULL + 1024,
					min(caps.out, caps.in));
			if (values[i])
				KUNIT_ASSERT_LE(test, sectors, values[i]);
			else
				KUNIT_ASSERT_GE(test, sectors, PAGE_SIZE / 512);
			KUNIT_ASSERT_FALSE(test,
					   virtio_msg_policy_features(p, ~0u, &caps) &
					   BIT(VIRTIO_SCSI_F_T10_PI));
		}
}

static void policy_net_test(struct kunit *test)
{
	const u64 large_rx = BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) |
			     BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) |
			     BIT_ULL(VIRTIO_NET_F_GUEST_ECN) |
			     BIT_ULL(VIRTIO_NET_F_GUEST_UFO) |
			     BIT_ULL(VIRTIO_NET_F_GUEST_USO4) |
			     BIT_ULL(VIRTIO_NET_F_GUEST_USO6);
	const u64 large_tx = BIT_ULL(VIRTIO_NET_F_HOST_TSO4) |
			     BIT_ULL(VIRTIO_NET_F_HOST_TSO6) |
			     BIT_ULL(VIRTIO_NET_F_HOST_ECN) |
			     BIT_ULL(VIRTIO_NET_F_HOST_UFO) |
			     BIT_ULL(VIRTIO_NET_F_HOST_USO);
	const u64 mergeable = BIT_ULL(VIRTIO_NET_F_MRG_RXBUF);
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_NET);
	u32 num;

	for (num = 2; num <= 1024; num++) {
		struct virtio_msg_caps caps = caps_of(p, num);
		u64 all = virtio_msg_policy_features(p, ~0ULL, &caps);
		u64 split = virtio_msg_policy_features(p, ~mergeable, &caps);

		KUNIT_ASSERT_EQ(test, all & large_rx, large_rx);
		KUNIT_ASSERT_EQ(test, split & large_rx, 0);
		/* A packet of 64 KiB, its headers and that of virtio. */
		KUNIT_ASSERT_EQ(test, all & large_tx,
				caps.out >= 65550 + 20 ? large_tx : 0);
		KUNIT_ASSERT_EQ(test, all & mergeable, mergeable);
		/* One frame always fits. */
		KUNIT_ASSERT_GE(test, caps.out, 1514 + 12);
	}
}

/* The last of an odd number of queues is for control, others are pairs. */
static void policy_net_queues_test(struct kunit *test)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_NET);
	u32 max, i;

	for (max = 2; max < 12; max++)
		for (i = 0; i < max; i++) {
			const struct virtio_msg_queue_policy *q = p->queue(i, max);

			if (i == max - 1 && max % 2) {
				KUNIT_EXPECT_TRUE(test, q->deadline);
			} else if (i % 2) {
				KUNIT_EXPECT_TRUE(test, q->posted);
				KUNIT_EXPECT_EQ(test, 0, q->in_size);
			} else {
				KUNIT_EXPECT_EQ(test, 0, q->out_size);
			}
		}
}

static void policy_console_test(struct kunit *test)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_CONSOLE);
	struct virtio_msg_caps caps = caps_of(p, 16);
	u64 shown = virtio_msg_policy_features(p, ~0u, &caps);

	KUNIT_EXPECT_FALSE(test, shown & BIT(VIRTIO_CONSOLE_F_MULTIPORT));
	KUNIT_EXPECT_FALSE(test, shown & BIT(VIRTIO_CONSOLE_F_EMERG_WRITE));
	KUNIT_EXPECT_TRUE(test, shown & BIT(VIRTIO_CONSOLE_F_SIZE));
	KUNIT_EXPECT_TRUE(test, p->queue(1, 2)->drop);
}

/* A type without rules of its own is shown what is offered. */
static void policy_features_test(struct kunit *test)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_CRYPTO);
	struct virtio_msg_caps caps = caps_of(p, 16);

	KUNIT_EXPECT_EQ(test, 0, virtio_msg_policy_features(p, 0, &caps));
	KUNIT_EXPECT_EQ(test, 0x12345678,
			virtio_msg_policy_features(p, 0x12345678, &caps));
}

struct least_param {
	u32 id;
	u32 index;
	u32 out;
	u32 in;
};

/* Bytes that the drivers send and receive at a time. */
static const struct least_param least_params[] = {
	{ VIRTIO_ID_NET, 0, 0, 2 * PAGE_SIZE },
	{ VIRTIO_ID_BLOCK, 0, PAGE_SIZE + 17, PAGE_SIZE + 17 },
	{ VIRTIO_ID_CONSOLE, 0, 0, PAGE_SIZE },
	{ VIRTIO_ID_SCSI, 2, PAGE_SIZE + 1024, PAGE_SIZE + 1024 },
	{ VIRTIO_ID_VSOCK, 1, SZ_64K + 44, 0 },
	{ VIRTIO_ID_FS, 1, 4 * PAGE_SIZE + 80, 4 * PAGE_SIZE + 80 },
	{ VIRTIO_ID_9P, 0, 125 * PAGE_SIZE, 125 * PAGE_SIZE },
};

/* With the fewest entries that are accepted, the largest request still fits. */
static void policy_min_num_test(struct kunit *test)
{
	const struct least_param *least;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(least_params); i++) {
		const struct virtio_msg_policy *p;
		struct virtio_msg_caps caps;

		least = &least_params[i];
		p = find(test, least->id);
		caps = virtio_msg_policy_caps(p->queue(least->index, 4),
					      least_of(p, least->index));
		KUNIT_EXPECT_GE_MSG(test, caps.out, least->out, "type %u",
				    least->id);
		KUNIT_EXPECT_GE_MSG(test, caps.in, least->in, "type %u",
				    least->id);
	}
	/* Packets of a tunnel, bits 65 to 68. */
	KUNIT_EXPECT_EQ(test, find(test, VIRTIO_ID_NET)->strip_high, 0x1eULL);
}

/* What FUSE calls an error, as this machine has it. */
static void policy_fs_error_test(struct kunit *test)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_FS);
	const struct virtio_msg_queue_policy *q = p->queue(1, 2);
	const struct fuse_out_header *header = (const void *)q->error;

	KUNIT_ASSERT_EQ(test, q->error_len, sizeof(*header));
	KUNIT_EXPECT_EQ(test, header->len, sizeof(*header));
	KUNIT_EXPECT_EQ(test, header->error, -EIO);
	KUNIT_EXPECT_EQ(test, q->echo,
			offsetof(struct fuse_out_header, unique));
}

/* The driver of a file system takes the entries of its ring but four. */
static void policy_fs_test(struct kunit *test)
{
	const struct virtio_msg_policy *p = find(test, VIRTIO_ID_FS);
	u32 num;

	for (num = least_of(p, 1); num <= p->queue(1, 4)->num; num *= 2) {
		struct virtio_msg_caps caps = caps_of(p, num);

		KUNIT_EXPECT_GT(test, num, 4);
		KUNIT_EXPECT_GE(test, caps.out, (num - 4) * PAGE_SIZE + 80);
		KUNIT_EXPECT_GE(test, caps.in, (num - 4) * PAGE_SIZE + 80);
	}
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(policy_types_test),
	KUNIT_CASE(policy_queues_test),
	KUNIT_CASE(policy_num_test),
	KUNIT_CASE(policy_blk_test),
	KUNIT_CASE(policy_short_config_test),
	KUNIT_CASE(policy_scsi_test),
	KUNIT_CASE(policy_net_test),
	KUNIT_CASE(policy_net_queues_test),
	KUNIT_CASE(policy_console_test),
	KUNIT_CASE(policy_min_num_test),
	KUNIT_CASE(policy_fs_error_test),
	KUNIT_CASE(policy_fs_test),
	KUNIT_CASE(policy_features_test),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "virtio_msg_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
