// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what waits for a process: order, fairness between devices, and what
 * happens between a look at a message and its removal.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "inbox.h"
#include "limits.h"
#include "protocol.h"

#define SLOT	52
#define QUEUES	70

struct fixture {
	struct virtio_msg_inbox inbox;
	struct virtio_msg_box boxes[3];
	u8 buf[56];
};

static void destroy_box(void *box)
{
	virtio_msg_box_destroy(box);
}

static struct fixture *create(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	virtio_msg_inbox_init(&f->inbox, SLOT);
	for (i = 0; i < ARRAY_SIZE(f->boxes); i++) {
		f->boxes[i].dev_num = 100 + i;
		KUNIT_ASSERT_EQ(test, 0, virtio_msg_box_init(&f->boxes[i],
							     &f->inbox, QUEUES));
		KUNIT_ASSERT_EQ(test, 0,
				kunit_add_action_or_reset(test, destroy_box,
							  &f->boxes[i]));
	}
	return f;
}

/* A message of @size bytes from device @box that says @token. */
static bool add(struct fixture *f, u32 box, u16 token, u32 size)
{
	u8 msg[SLOT] = { 0 };

	msg[1] = 0x07;
	msg[2] = 100 + box;
	msg[4] = token;
	msg[5] = token >> 8;
	msg[6] = size;
	memset(msg + 8, token, size - 8);
	return virtio_msg_box_add(&f->inbox, &f->boxes[box], msg, size);
}

static void notify(struct fixture *f, u32 box, u32 index, u32 offset)
{
	spin_lock_irq(&f->inbox.lock);
	virtio_msg_box_notify(&f->inbox, &f->boxes[box], index, offset);
	spin_unlock_irq(&f->inbox.lock);
}

static void expect_message(struct kunit *test, struct fixture *f, u32 box,
			   u16 token, u32 size)
{
	memset(f->buf, 0xa5, sizeof(f->buf));
	KUNIT_EXPECT_TRUE(test, virtio_msg_inbox_ready(&f->inbox));
	KUNIT_ASSERT_EQ(test, size, virtio_msg_inbox_peek(&f->inbox, f->buf));
	KUNIT_EXPECT_EQ(test, 100 + box, virtio_msg_dev_num(f->buf));
	KUNIT_EXPECT_EQ(test, token, virtio_msg_token(f->buf));
	KUNIT_EXPECT_EQ(test, size, virtio_msg_size(f->buf));
	KUNIT_EXPECT_NULL(test, memchr_inv(f->buf + 8, token, size - 8));
	KUNIT_EXPECT_NULL(test, memchr_inv(f->buf + size, 0xa5,
					   sizeof(f->buf) - size));
}

static void expect_event(struct kunit *test, struct fixture *f, u32 box,
			 u32 index, u32 offset)
{
	struct virtio_msg_fields fields;

	KUNIT_EXPECT_TRUE(test, virtio_msg_inbox_ready(&f->inbox));
	KUNIT_ASSERT_EQ(test, 16, virtio_msg_inbox_peek(&f->inbox, f->buf));
	KUNIT_ASSERT_EQ(test, 0, virtio_msg_decode(&virtio_msg_d26, f->buf, 16,
						   SLOT, &fields));
	KUNIT_EXPECT_EQ(test, fields.kind, VMSG_EVENT_AVAIL);
	KUNIT_EXPECT_EQ(test, fields.dev_num, 100 + box);
	KUNIT_EXPECT_EQ(test, fields.token, 0);
	KUNIT_EXPECT_EQ(test, fields.notify.index, index);
	KUNIT_EXPECT_EQ(test, fields.notify.next_offset, offset);
}

static void expect_nothing(struct kunit *test, struct fixture *f)
{
	KUNIT_EXPECT_FALSE(test, virtio_msg_inbox_ready(&f->inbox));
	KUNIT_EXPECT_EQ(test, 0, virtio_msg_inbox_peek(&f->inbox, f->buf));
	virtio_msg_inbox_pop(&f->inbox);
	KUNIT_EXPECT_FALSE(test, virtio_msg_inbox_ready(&f->inbox));
}

static void pop(struct fixture *f)
{
	virtio_msg_inbox_pop(&f->inbox);
}

/* DBUS-2 */
static void inbox_order_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 i, k;

	expect_nothing(test, f);
	for (k = 0; k < 10; k++) {
		for (i = 0; i < VIRTIO_MSG_LIMIT_BOX; i++)
			KUNIT_EXPECT_TRUE(test, add(f, 0, 256 * k + i,
						    8 + 11 * i));
		KUNIT_EXPECT_FALSE(test, add(f, 0, 99, 8));
		for (i = 0; i < VIRTIO_MSG_LIMIT_BOX; i++) {
			expect_message(test, f, 0, 256 * k + i, 8 + 11 * i);
			/* It stays until it is popped. */
			expect_message(test, f, 0, 256 * k + i, 8 + 11 * i);
			pop(f);
			/* One more, so that the slots wrap. */
			if (i == 1 && k % 2) {
				KUNIT_EXPECT_TRUE(test, add(f, 1, 7, SLOT));
				expect_message(test, f, 0, 256 * k + 2, 30);
				virtio_msg_box_remove(&f->inbox, &f->boxes[1]);
				f->boxes[1].count = 0;
			}
		}
		expect_nothing(test, f);
	}
}

/* A device that fills its slots takes none from others. */
static void inbox_fair_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 i;

	for (i = 0; i < VIRTIO_MSG_LIMIT_BOX; i++)
		KUNIT_EXPECT_TRUE(test, add(f, 0, i, 8));
	KUNIT_EXPECT_FALSE(test, add(f, 0, i, 8));
	KUNIT_EXPECT_TRUE(test, add(f, 1, 50, 12));
	notify(f, 2, 3, 0);
	expect_message(test, f, 0, 0, 8);
	pop(f);
	expect_message(test, f, 1, 50, 12);
	pop(f);
	expect_event(test, f, 2, 3, 0);
	pop(f);
	for (i = 1; i < VIRTIO_MSG_LIMIT_BOX; i++) {
		expect_message(test, f, 0, i, 8);
		pop(f);
	}
	expect_nothing(test, f);
}

/* BUS-15: notifications of a queue are one, with the last offset; none is lost. */
static void inbox_notify_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 i;

	for (i = 0; i < QUEUES; i++) {
		notify(f, 0, i, i);
		notify(f, 0, i, 1000 + i);
	}
	/* A queue is set up before it is used. */
	KUNIT_EXPECT_TRUE(test, add(f, 0, 5, 8));
	expect_message(test, f, 0, 5, 8);
	pop(f);
	for (i = 0; i < QUEUES; i++) {
		expect_event(test, f, 0, i, 1000 + i);
		pop(f);
	}
	expect_nothing(test, f);
}

/* While one is being read, the driver makes more available. */
static void inbox_notify_while_reading_test(struct kunit *test)
{
	struct fixture *f = create(test);

	notify(f, 0, 3, 10);
	expect_event(test, f, 0, 3, 10);
	notify(f, 0, 3, 20);
	notify(f, 0, 1, 30);
	pop(f);
	expect_event(test, f, 0, 1, 30);
	pop(f);
	expect_event(test, f, 0, 3, 20);
	pop(f);
	expect_nothing(test, f);

	/* A message that comes meanwhile is not what is popped. */
	notify(f, 0, 3, 10);
	expect_event(test, f, 0, 3, 10);
	KUNIT_EXPECT_TRUE(test, add(f, 0, 9, 8));
	pop(f);
	expect_message(test, f, 0, 9, 8);
	pop(f);
	expect_nothing(test, f);
}

static void inbox_unnotify_test(struct kunit *test)
{
	struct fixture *f = create(test);

	KUNIT_EXPECT_FALSE(test, virtio_msg_box_unnotify(&f->inbox,
							 &f->boxes[0], 3));
	notify(f, 0, 3, 10);
	notify(f, 0, 4, 11);
	KUNIT_EXPECT_TRUE(test, virtio_msg_box_unnotify(&f->inbox,
							&f->boxes[0], 3));
	KUNIT_EXPECT_FALSE(test, virtio_msg_box_unnotify(&f->inbox,
							 &f->boxes[0], 3));
	expect_event(test, f, 0, 4, 11);
	KUNIT_EXPECT_TRUE(test, virtio_msg_box_unnotify(&f->inbox,
							&f->boxes[0], 4));
	/* Another device's is not popped in its place. */
	notify(f, 1, 5, 12);
	pop(f);
	expect_event(test, f, 1, 5, 12);
	pop(f);
	expect_nothing(test, f);
	/* A message stays. */
	KUNIT_EXPECT_TRUE(test, add(f, 0, 9, 8));
	notify(f, 0, 3, 10);
	KUNIT_EXPECT_TRUE(test, virtio_msg_box_unnotify(&f->inbox,
							&f->boxes[0], 3));
	expect_message(test, f, 0, 9, 8);
	pop(f);
	expect_nothing(test, f);
}

/* A device goes while its message, or its notification, is being read. */
static void inbox_remove_while_reading_test(struct kunit *test)
{
	struct fixture *f = create(test);

	KUNIT_EXPECT_TRUE(test, add(f, 0, 9, 20));
	KUNIT_EXPECT_TRUE(test, add(f, 0, 10, 8));
	expect_message(test, f, 0, 9, 20);
	virtio_msg_box_remove(&f->inbox, &f->boxes[0]);
	KUNIT_EXPECT_TRUE(test, add(f, 1, 11, 8));
	/* What was read is a copy. */
	KUNIT_EXPECT_EQ(test, 20, virtio_msg_size(f->buf));
	pop(f);
	expect_message(test, f, 1, 11, 8);
	pop(f);
	expect_nothing(test, f);

	notify(f, 1, 5, 12);
	expect_event(test, f, 1, 5, 12);
	virtio_msg_box_remove(&f->inbox, &f->boxes[1]);
	notify(f, 2, 6, 13);
	pop(f);
	expect_event(test, f, 2, 6, 13);
	pop(f);
	expect_nothing(test, f);
}

/* A device without queues, and none of its slots is used by chance. */
static void inbox_no_queues_test(struct kunit *test)
{
	struct fixture *f = create(test);
	struct virtio_msg_box box = { .dev_num = 100 };

	KUNIT_ASSERT_EQ(test, 0, virtio_msg_box_init(&box, &f->inbox, 0));
	virtio_msg_box_remove(&f->inbox, &box);
	virtio_msg_box_destroy(&box);
	expect_nothing(test, f);
}

/* A device that notifies all the time, and most of all while it is read. */
static void inbox_restless_test(struct kunit *test)
{
	struct fixture *f = create(test);
	u32 i;

	notify(f, 0, 3, 0);
	notify(f, 1, 5, 0);
	for (i = 1; i < 5; i++) {
		expect_event(test, f, 0, 3, i - 1);
		notify(f, 0, 3, i);
		pop(f);
		/* It is the other's turn, and nothing is lost. */
		expect_event(test, f, 1, 5, i - 1);
		notify(f, 1, 5, i);
		pop(f);
	}
	expect_event(test, f, 0, 3, 4);
	pop(f);
	expect_event(test, f, 1, 5, 4);
	pop(f);
	expect_nothing(test, f);
}

static struct kunit_case inbox_cases[] = {
	KUNIT_CASE(inbox_restless_test),
	KUNIT_CASE(inbox_order_test),
	KUNIT_CASE(inbox_fair_test),
	KUNIT_CASE(inbox_notify_test),
	KUNIT_CASE(inbox_notify_while_reading_test),
	KUNIT_CASE(inbox_unnotify_test),
	KUNIT_CASE(inbox_remove_while_reading_test),
	KUNIT_CASE(inbox_no_queues_test),
	{}
};

static struct kunit_suite inbox_suite = {
	.name = "virtio_msg_inbox",
	.test_cases = inbox_cases,
};

kunit_test_suite(inbox_suite);
