// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suite of shmem.c: one side of a link in memory whose other side is the
 * test, which writes what it likes.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "../fake_peer.h"
#include "limits.h"
#include "shmem.h"

#define MEMORY		SZ_64K
#define OUR_DOORBELL	3
#define THEIR_DOORBELL	5
/* For how long a peer may look dead that is to do so. */
#define SOON_DEAD_MS	300
/* For how long both sides do not run, which is longer than a peer may look dead. */
#define HALTED_MS	1000

struct link_rig {
	struct kunit *test;
	struct virtio_msg_shmem shmem;
	struct device *dev;
	void *memory;
	struct virtio_msg_amp_layout layout;
	struct virtio_msg_amp_control *ours;
	struct virtio_msg_amp_control *theirs;
	atomic_t rings;
	u32 rung_address;
	bool started;
};

static void rig_ring(struct virtio_msg_shmem *shmem, u32 address)
{
	struct link_rig *rig = container_of(shmem, struct link_rig, shmem);

	WRITE_ONCE(rig->rung_address, address);
	atomic_inc(&rig->rings);
}

static const struct virtio_msg_shmem_ops rig_ops = {
	.ring = rig_ring,
};

static u32 get(const __le32 *word)
{
	/* Pairs with what the side under test stores, and with set(). */
	return le32_to_cpu(smp_load_acquire(word));
}

static void set(__le32 *word, u32 value)
{
	/* Pairs with what the side under test loads, and with get(). */
	smp_store_release(word, cpu_to_le32(value));
}

/* The rig */

static int rig_init(struct kunit *test)
{
	struct link_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	if (!rig)
		return -ENOMEM;
	rig->test = test;
	rig->memory = alloc_pages_exact(MEMORY, GFP_KERNEL | __GFP_ZERO);
	if (!rig->memory)
		return -ENOMEM;
	rig->dev = root_device_register("virtio-msg-link-test");
	if (IS_ERR(rig->dev)) {
		free_pages_exact(rig->memory, MEMORY);
		return PTR_ERR(rig->dev);
	}
	test->priv = rig;
	return 0;
}

static void rig_stop(struct link_rig *rig)
{
	if (!rig->started)
		return;
	rig->started = false;
	virtio_msg_shmem_stop(&rig->shmem);
	virtio_msg_shmem_destroy(&rig->shmem);
}

static void rig_exit(struct kunit *test)
{
	struct link_rig *rig = test->priv;

	if (!rig)
		return;
	rig_stop(rig);
	root_device_unregister(rig->dev);
	free_pages_exact(rig->memory, MEMORY);
}

/* Choose what is where; side 1 finds it in the memory. */
static void rig_lay_out(struct link_rig *rig, unsigned int side, u32 slot_size)
{
	KUNIT_ASSERT_EQ(rig->test, 0,
			virtio_msg_amp_layout_make(&rig->layout, MEMORY,
						   slot_size, 8));
	if (side)
		virtio_msg_amp_layout_write(&rig->layout, rig->memory);
	rig->ours = rig->memory + rig->layout.part[side].control;
	rig->theirs = rig->memory + rig->layout.part[!side].control;
}

/* @shmem is as zeroed as its owner has to leave it. */
static struct virtio_msg_shmem *rig_start(struct link_rig *rig,
					  unsigned int side, u32 peer_ms)
{
	struct virtio_msg_shmem *shmem = &rig->shmem;

	memset(shmem, 0, sizeof(*shmem));
	strscpy(shmem->name, "link", sizeof(shmem->name));
	shmem->dev = rig->dev;
	shmem->ops = &rig_ops;
	shmem->base = rig->memory;
	shmem->phys = virt_to_phys(rig->memory);
	shmem->size = MEMORY;
	shmem->side = side;
	shmem->doorbell = OUR_DOORBELL;
	shmem->role = VIRTIO_MSG_ROLE_DRIVER | VIRTIO_MSG_ROLE_DEVICE;
	shmem->slot_size = 64;
	shmem->num_slots = 8;
	shmem->peer_ms = peer_ms;
	KUNIT_ASSERT_EQ(rig->test, 0, virtio_msg_shmem_init(shmem));
	virtio_msg_shmem_start(shmem);
	rig->started = true;
	return shmem;
}

/* All that follows from what was written has happened, but for pauses. */
static void rig_ring_us(struct link_rig *rig)
{
	virtio_msg_shmem_rung(&rig->shmem);
	flush_work(&rig->shmem.drain_work);
	flush_work(&rig->shmem.link_work);
}

static bool is_up(struct link_rig *rig)
{
	return READ_ONCE(rig->shmem.up) && READ_ONCE(rig->shmem.open);
}

static bool is_ready(struct link_rig *rig)
{
	return get(&rig->ours->state) == VIRTIO_MSG_AMP_READY;
}

static long count(struct link_rig *rig, enum virtio_msg_counter counter)
{
	struct virtio_msg_core *core;
	long value = 0;

	rcu_read_lock();
	core = rcu_dereference(rig->shmem.bus.core);
	if (core)
		value = atomic_long_read(&core->counters.value[counter]);
	rcu_read_unlock();
	return value;
}

/* The peer */

static void peer_begin(struct link_rig *rig, u32 epoch)
{
	struct virtio_msg_amp_control *theirs = rig->theirs;

	set(&theirs->state, VIRTIO_MSG_AMP_DOWN);
	set(&theirs->peer_epoch, 0);
	set(&theirs->head, 0);
	set(&theirs->tail, 0);
	set(&theirs->head_event, VIRTIO_MSG_AMP_NEVER);
	set(&theirs->tail_event, VIRTIO_MSG_AMP_NEVER);
	set(&theirs->doorbell, THEIR_DOORBELL);
	set(&theirs->epoch, epoch);
	set(&theirs->state, VIRTIO_MSG_AMP_READY);
	rig_ring_us(rig);
}

static void peer_accept(struct link_rig *rig)
{
	set(&rig->theirs->peer_epoch, get(&rig->ours->epoch));
	rig_ring_us(rig);
}

/* Both have begun; the peer accepts whatever epoch comes. */
static bool comes_up(struct link_rig *rig)
{
	if (is_ready(rig) && !is_up(rig))
		peer_accept(rig);
	return is_up(rig);
}

static void make_link(struct link_rig *rig, u32 epoch)
{
	KUNIT_ASSERT_TRUE(rig->test, fake_until(is_ready(rig)));
	peer_begin(rig, epoch);
	KUNIT_ASSERT_TRUE(rig->test, fake_until(comes_up(rig)));
}

static struct link_rig *linked(struct kunit *test, unsigned int side)
{
	struct link_rig *rig = test->priv;

	rig_lay_out(rig, side, 64);
	rig_start(rig, side, VIRTIO_MSG_AMP_MAX_PEER_MS);
	make_link(rig, 41);
	return rig;
}

/* A message of the bus, of @size bytes, in the peer's slot @i. */
static void *put_header(struct link_rig *rig, unsigned int i, u8 id, u16 size)
{
	struct virtio_msg_hdr *hdr;

	hdr = rig->memory + rig->layout.part[!rig->shmem.side].slots +
	      i * rig->layout.slot_size;
	memset(hdr, 0, rig->layout.slot_size);
	hdr->type = VIRTIO_MSG_TYPE_BUS;
	hdr->msg_id = id;
	hdr->msg_size = cpu_to_le16(size);
	return hdr;
}

/* The peer's slot @i has a PING that says to have @size bytes. */
static void put_ping(struct link_rig *rig, unsigned int i, u16 size)
{
	put_header(rig, i, VIRTIO_MSG_BUS_PING,
		   size ?: sizeof(struct virtio_msg_hdr) +
			   sizeof(struct virtio_msg_ping));
}

/* Slot @i says that there is device 7, so that it is asked what that is. */
static void put_device_added(struct link_rig *rig, unsigned int i)
{
	struct {
		struct virtio_msg_hdr hdr;
		struct virtio_msg_event_device event;
	} *message;

	message = put_header(rig, i, VIRTIO_MSG_BUS_EVENT_DEVICE,
			     sizeof(*message));
	message->event.dev_num = cpu_to_le16(7);
	message->event.state = cpu_to_le16(VIRTIO_MSG_DEVICE_ADDED);
}

/* How a link begins */

static void a_link_takes_both_epochs(struct kunit *test)
{
	struct link_rig *rig = test->priv;

	rig_lay_out(rig, 0, 64);
	rig_start(rig, 0, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	KUNIT_EXPECT_EQ(test, 1U, get(&rig->ours->epoch));
	KUNIT_EXPECT_EQ(test, (u32)OUR_DOORBELL, get(&rig->ours->doorbell));

	/* It is down, then has no epoch. */
	set(&rig->theirs->epoch, 7);
	rig_ring_us(rig);
	KUNIT_EXPECT_EQ(test, 0U, get(&rig->ours->peer_epoch));
	peer_begin(rig, 0);
	KUNIT_EXPECT_EQ(test, 0U, get(&rig->ours->peer_epoch));

	peer_begin(rig, 7);
	KUNIT_EXPECT_EQ(test, 7U, get(&rig->ours->peer_epoch));
	KUNIT_EXPECT_FALSE(test, is_up(rig));
	set(&rig->theirs->peer_epoch, 9);
	rig_ring_us(rig);
	KUNIT_EXPECT_FALSE(test, is_up(rig));
	peer_accept(rig);
	KUNIT_EXPECT_TRUE(test, is_up(rig));
	KUNIT_EXPECT_GT(test, atomic_read(&rig->rings), 0);
	KUNIT_EXPECT_EQ(test, (u32)THEIR_DOORBELL, rig->rung_address);
}

static void an_epoch_follows_that_of_the_last_life(struct kunit *test)
{
	struct link_rig *rig = test->priv;

	rig_lay_out(rig, 1, 64);
	set(&rig->ours->epoch, 0xffffffff);
	set(&rig->ours->state, VIRTIO_MSG_AMP_READY);
	rig_start(rig, 1, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_EXPECT_TRUE(test, fake_until(get(&rig->ours->epoch) == 1));
	rig_stop(rig);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_MSG_AMP_DOWN, get(&rig->ours->state));
	rig_start(rig, 1, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_EXPECT_TRUE(test, fake_until(get(&rig->ours->epoch) == 2));
}

static void who_cannot_be_rung_is_not(struct kunit *test)
{
	struct link_rig *rig = test->priv;

	rig_lay_out(rig, 0, 64);
	set(&rig->theirs->doorbell, VIRTIO_MSG_AMP_NO_DOORBELL);
	rig_start(rig, 0, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	peer_begin(rig, 3);
	rig_stop(rig);
	KUNIT_EXPECT_NE(test, VIRTIO_MSG_AMP_NO_DOORBELL, rig->rung_address);
}

/* How it ends */

static void expect_new_epoch(struct link_rig *rig, u32 before)
{
	KUNIT_EXPECT_FALSE(rig->test, is_up(rig));
	KUNIT_ASSERT_TRUE(rig->test,
			  fake_until(get(&rig->ours->epoch) == before + 1));
	KUNIT_EXPECT_NULL(rig->test, rcu_access_pointer(rig->shmem.bus.core));
}

static void another_epoch_ends_the_link(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);
	u32 epoch = get(&rig->ours->epoch);

	peer_begin(rig, 42);
	expect_new_epoch(rig, epoch);
	/* In the next one only. */
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
	KUNIT_EXPECT_EQ(test, 42U, get(&rig->ours->peer_epoch));
}

static void a_side_that_leaves_ends_the_link(struct kunit *test)
{
	struct link_rig *rig = linked(test, 1);
	u32 epoch = get(&rig->ours->epoch);

	set(&rig->theirs->state, VIRTIO_MSG_AMP_DOWN);
	rig_ring_us(rig);
	expect_new_epoch(rig, epoch);
	peer_begin(rig, 42);
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

static void who_accepts_another_epoch_ends_the_link(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);
	u32 epoch = get(&rig->ours->epoch);

	set(&rig->theirs->peer_epoch, epoch + 2);
	rig_ring_us(rig);
	expect_new_epoch(rig, epoch);
}

static void links_that_do_not_last_come_slower(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);
	u32 pause = VIRTIO_MSG_AMP_PAUSE_MIN_MS;
	u32 epoch;

	for (epoch = 42; epoch < 45; epoch++) {
		peer_begin(rig, epoch);
		pause *= 2;
		KUNIT_EXPECT_TRUE(test,
				  fake_until(rig->shmem.pause_ms == pause));
		KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
	}
}

/* Only who says so has stopped using windows. */
static void a_dead_peer_keeps_its_windows(struct kunit *test)
{
	struct link_rig *rig = test->priv;
	struct virtio_msg_window win = { .dev_num = 1, .size = PAGE_SIZE };
	struct virtio_msg_bus *bus = &rig->shmem.bus;

	rig_lay_out(rig, 0, 64);
	rig_start(rig, 0, SOON_DEAD_MS);
	make_link(rig, 41);
	KUNIT_ASSERT_EQ(test, 0, bus->ops->window_alloc(bus, &win));
	KUNIT_EXPECT_EQ(test, -EBUSY, bus->ops->window_revoke(bus, &win));
	KUNIT_EXPECT_TRUE(test, fake_until(!READ_ONCE(rig->shmem.up)));
	KUNIT_EXPECT_EQ(test, 41U, get(&rig->theirs->epoch));
	/* It only was slow: the next link is another one. */
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

static void look_at_beat(struct link_rig *rig)
{
	struct timer_list *timer = &rig->shmem.beat_timer;

	timer->function(timer);
	timer_delete_sync(timer);
}

static void who_did_not_run_does_not_say_dead(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);

	timer_delete_sync(&rig->shmem.beat_timer);
	set(&rig->theirs->beat, 1);
	look_at_beat(rig);
	/* As if whoever runs both sides was halted. */
	rig->shmem.peer_ms = HALTED_MS;
	msleep(HALTED_MS);
	look_at_beat(rig);
	KUNIT_EXPECT_TRUE(test, is_up(rig));
	/* But this side runs now. */
	rig->shmem.beat_timer.function(&rig->shmem.beat_timer);
	KUNIT_EXPECT_TRUE(test, fake_until(!READ_ONCE(rig->shmem.up)));
}

static void who_has_left_uses_no_windows(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);
	struct virtio_msg_window win = { .dev_num = 1, .size = PAGE_SIZE };
	struct virtio_msg_bus *bus = &rig->shmem.bus;

	KUNIT_ASSERT_EQ(test, 0, bus->ops->window_alloc(bus, &win));
	KUNIT_EXPECT_EQ(test, -EBUSY, bus->ops->window_revoke(bus, &win));
	/* No drain sees it meanwhile: nobody rings, and the beat is slower. */
	timer_delete_sync(&rig->shmem.beat_timer);
	set(&rig->theirs->state, VIRTIO_MSG_AMP_DOWN);
	KUNIT_EXPECT_EQ(test, 0, bus->ops->window_revoke(bus, &win));
	bus->ops->window_free(bus, &win);
}

/* What a peer lies about */

static void side_1_stays_away_from_headers_that_lie(struct kunit *test)
{
	struct link_rig *rig = test->priv;
	struct virtio_msg_amp_header *header = rig->memory;
	struct virtio_msg_amp_header good;

	rig_lay_out(rig, 1, 64);
	good = *header;
	header->magic = 0;
	rig_start(rig, 1, VIRTIO_MSG_AMP_MAX_PEER_MS);
	peer_begin(rig, 41);
	KUNIT_EXPECT_FALSE(test, is_ready(rig));

#define LIE(change) do {						\
	*header = good;							\
	change;								\
	rig_ring_us(rig);						\
	KUNIT_EXPECT_FALSE(test, is_ready(rig));			\
} while (0)

	LIE(header->version = cpu_to_le16(2));
	LIE(header->features = cpu_to_le32(1));
	LIE(header->slot_size = cpu_to_le16(60));
	LIE(header->num_slots = cpu_to_le16(0xffff));
	LIE(header->control[1] = cpu_to_le32(MEMORY));
	LIE(header->control[1] = cpu_to_le32(0xfffffff8));
	LIE(header->control[1] = header->control[0]);
	LIE(header->slots[0] = header->slots[1]);
	LIE(header->windows[0] = cpu_to_le64(0));
	LIE(header->windows_size[1] = cpu_to_le64(0xfffffffffffff000));

	*header = good;
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

/* Side 0 has begun anew, with another header, since side 1 has begun. */
static void the_header_is_that_of_the_link(struct kunit *test)
{
	struct link_rig *rig = test->priv;

	rig_lay_out(rig, 1, 48);
	rig_start(rig, 1, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	rig_lay_out(rig, 1, 104);
	peer_begin(rig, 41);
	KUNIT_ASSERT_TRUE(test, fake_until(comes_up(rig)));
	KUNIT_EXPECT_EQ(test, 104U, rig->shmem.layout.slot_size);
	KUNIT_EXPECT_EQ(test, 104U, rig->shmem.bus.max_msg_size);
}

/* The header was another one, that can be, when side 1 read it. */
static void side_1_reads_the_header_again(struct kunit *test)
{
	struct link_rig *rig = test->priv;
	struct virtio_msg_amp_header *header = rig->memory;
	struct virtio_msg_amp_header good;

	rig_lay_out(rig, 1, 64);
	good = *header;
	/* Where there is room, and no peer. */
	header->control[0] = cpu_to_le32(le32_to_cpu(header->control[0]) + 8);
	rig_start(rig, 1, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	*header = good;
	peer_begin(rig, 41);
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

static void control_blocks_do_not_move_in_a_link(struct kunit *test)
{
	struct link_rig *rig = test->priv;
	struct virtio_msg_amp_header *header = rig->memory;
	u32 epoch;

	rig_lay_out(rig, 1, 64);
	rig_start(rig, 1, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	epoch = get(&rig->ours->epoch);
	peer_begin(rig, 41);
	/* Where there is room. */
	header->control[1] = cpu_to_le32(le32_to_cpu(header->control[1]) + 8);
	peer_accept(rig);
	KUNIT_EXPECT_FALSE(test, is_up(rig));
	rig->ours = (void *)rig->ours + 8;
	KUNIT_EXPECT_TRUE(test, fake_until(is_ready(rig)));
	KUNIT_EXPECT_EQ(test, epoch + 1, get(&rig->ours->epoch));
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

/* The slots have what earlier links have left, and the head begins anew. */
static void messages_of_an_ended_link_are_not_taken(struct kunit *test)
{
	struct link_rig *rig = linked(test, 1);
	unsigned int i;

	for (i = 0; i < 8; i++)
		put_ping(rig, i, 0);
	set(&rig->theirs->head, 2);
	rig_ring_us(rig);
	KUNIT_EXPECT_EQ(test, 2L, count(rig, VMSG_CNT_ping_received));
	KUNIT_EXPECT_EQ(test, 2U, get(&rig->ours->tail));

	set(&rig->theirs->state, VIRTIO_MSG_AMP_DOWN);
	set(&rig->theirs->head, 0);
	virtio_msg_shmem_rung(&rig->shmem);
	flush_work(&rig->shmem.drain_work);
	KUNIT_EXPECT_EQ(test, 2U, get(&rig->ours->tail));
}

static void what_cannot_be_is_counted(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);

	put_ping(rig, 0, 7);
	put_ping(rig, 1, 65);
	put_ping(rig, 2, 0);
	set(&rig->theirs->head, 3);
	rig_ring_us(rig);
	KUNIT_EXPECT_EQ(test, 2L, count(rig, VMSG_CNT_bad_size));
	KUNIT_EXPECT_EQ(test, 1L, count(rig, VMSG_CNT_ping_received));
	KUNIT_EXPECT_EQ(test, 0L, count(rig, VMSG_CNT_bad_index));

	put_ping(rig, 3, 0);
	set(&rig->theirs->head, 0x80000004);
	rig_ring_us(rig);
	KUNIT_EXPECT_GT(test, count(rig, VMSG_CNT_bad_index), 0L);
	KUNIT_EXPECT_EQ(test, 2L, count(rig, VMSG_CNT_ping_received));
	KUNIT_EXPECT_TRUE(test, is_up(rig));
	set(&rig->theirs->head, 4);
}

/* While it waits for the peer. */
static void a_side_looks_after_its_words(struct kunit *test)
{
	struct link_rig *rig = test->priv;
	struct virtio_msg_amp_header *header = rig->memory;
	u32 epoch;

	rig_lay_out(rig, 0, 64);
	rig_start(rig, 0, VIRTIO_MSG_AMP_MAX_PEER_MS);
	KUNIT_ASSERT_TRUE(test, fake_until(is_ready(rig)));
	epoch = get(&rig->ours->epoch);

#define SPOIL(change) do {						\
	change;								\
	epoch++;							\
	KUNIT_EXPECT_TRUE(test,						\
			  fake_until(get(&rig->ours->epoch) == epoch &&	\
				     is_ready(rig)));			\
} while (0)

	SPOIL(set(&rig->ours->state, 77));
	SPOIL(set(&rig->ours->epoch, 77));
	SPOIL(set(&rig->ours->peer_epoch, 77));
	SPOIL(set(&rig->ours->doorbell, 77));
	SPOIL(set(&rig->ours->head, 77));
	SPOIL(set(&rig->ours->tail, 77));
	SPOIL(set(&header->magic, 77));
	SPOIL(header->slots[1] = cpu_to_le32(77));
	make_link(rig, 41);
}

/* Only this side may have a link then, and the other one wait for it for ever. */
static void a_side_with_a_link_looks_after_its_words(struct kunit *test)
{
	struct link_rig *rig = linked(test, 1);
	__le32 *words[] = {
		&rig->ours->state, &rig->ours->epoch, &rig->ours->peer_epoch,
		&rig->ours->doorbell,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		u32 epoch = get(&rig->ours->epoch);

		set(words[i], 77);
		KUNIT_EXPECT_TRUE(test,
				  fake_until(get(&rig->ours->epoch) == epoch + 1));
		KUNIT_ASSERT_TRUE(test, fake_until(comes_up(rig)));
	}
}

/* The peer may have looked at it while it was another one. */
static void a_side_with_a_link_looks_after_its_header(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);
	struct virtio_msg_amp_header *header = rig->memory;
	u32 epoch = get(&rig->ours->epoch);
	u32 slots = le32_to_cpu(header->slots[1]);

	header->slots[1] = cpu_to_le32(77);
	KUNIT_EXPECT_TRUE(test,
			  fake_until(get(&rig->ours->epoch) == epoch + 1));
	KUNIT_EXPECT_EQ(test, slots, le32_to_cpu(READ_ONCE(header->slots[1])));
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

/*
 * The peer need not be dead: an index that was another one for a while leaves a
 * FIFO that is full for who fills it, and empty for who empties it. What waits for
 * room is a request, of which nobody else knows.
 */
static void a_fifo_that_stays_full_ends_the_link(struct kunit *test)
{
	struct link_rig *rig = test->priv;
	struct virtio_msg_core *core;
	unsigned int i;
	u32 epoch;

	rig_lay_out(rig, 0, 64);
	rig_start(rig, 0, VIRTIO_MSG_AMP_MAX_PEER_MS);
	rig->shmem.flags = VIRTIO_MSG_BUS_NO_ENUMERATION;
	make_link(rig, 41);
	epoch = get(&rig->ours->epoch);
	core = rcu_dereference_protected(rig->shmem.bus.core, true);
	WRITE_ONCE(core->timeout_ms, 100);
	for (i = 0; i < 7; i++) {
		put_ping(rig, i, 0);
		set(&rig->theirs->head, i + 1);
		rig_ring_us(rig);
	}
	KUNIT_EXPECT_EQ(test, get(&rig->ours->head), 7);
	put_device_added(rig, 7);
	set(&rig->theirs->head, 0);
	rig_ring_us(rig);
	KUNIT_EXPECT_TRUE(test,
			  fake_until(get(&rig->ours->epoch) == epoch + 1));
	peer_begin(rig, 42);
	KUNIT_EXPECT_TRUE(test, fake_until(comes_up(rig)));
}

/* Also its own words may become anything. */
static void a_link_comes_back_after_anything(struct kunit *test)
{
	struct link_rig *rig = linked(test, 0);
	struct rnd_state random;
	__le32 *words = rig->memory;
	u32 i, epoch;

	prandom_seed_state(&random, 4711);
	for (i = 0; i < 20000; i++) {
		u32 value = prandom_u32_state(&random);

		set(&words[prandom_u32_state(&random) % 64],
		    i & 1 ? value : value % 8);
		if (!(i % 64))
			rig_ring_us(rig);
	}
	/* Whoever sees that a side has begun anew reads the header again. */
	for (epoch = 100; epoch < 120 && !is_up(rig); epoch++) {
		peer_begin(rig, epoch);
		fake_until(comes_up(rig));
	}
	KUNIT_EXPECT_TRUE(test, is_up(rig));
	put_ping(rig, 0, 0);
	set(&rig->theirs->head, 1);
	rig_ring_us(rig);
	KUNIT_EXPECT_GT(test, count(rig, VMSG_CNT_ping_received), 0L);
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(a_link_takes_both_epochs),
	KUNIT_CASE(an_epoch_follows_that_of_the_last_life),
	KUNIT_CASE(who_cannot_be_rung_is_not),
	KUNIT_CASE(another_epoch_ends_the_link),
	KUNIT_CASE(a_side_that_leaves_ends_the_link),
	KUNIT_CASE(who_accepts_another_epoch_ends_the_link),
	KUNIT_CASE(links_that_do_not_last_come_slower),
	KUNIT_CASE(a_dead_peer_keeps_its_windows),
	KUNIT_CASE(who_did_not_run_does_not_say_dead),
	KUNIT_CASE(who_has_left_uses_no_windows),
	KUNIT_CASE(side_1_stays_away_from_headers_that_lie),
	KUNIT_CASE(the_header_is_that_of_the_link),
	KUNIT_CASE(side_1_reads_the_header_again),
	KUNIT_CASE(control_blocks_do_not_move_in_a_link),
	KUNIT_CASE(messages_of_an_ended_link_are_not_taken),
	KUNIT_CASE(what_cannot_be_is_counted),
	KUNIT_CASE(a_side_looks_after_its_words),
	KUNIT_CASE(a_side_with_a_link_looks_after_its_words),
	KUNIT_CASE(a_side_with_a_link_looks_after_its_header),
	KUNIT_CASE(a_fifo_that_stays_full_ends_the_link),
	KUNIT_CASE(a_link_comes_back_after_anything),
	{}
};

static struct kunit_suite link_suite = {
	.name = "virtio-msg-amp-link",
	.init = rig_init,
	.exit = rig_exit,
	.test_cases = link_cases,
};

kunit_test_suite(link_suite);
