// SPDX-License-Identifier: GPL-2.0
/*
 * relay-cost SHAPE: give a relay requests as a disk has them, so that callgrind
 * can count the instructions of it. A driver and a device that cost as little
 * as they can stand at both ends. Prints how many requests there were.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <linux/virtio_ids.h>

#include "limits.h"
#include "policy.h"
#include "relay.h"

#define ROUNDS		1000
#define HEADER		16
#define SEGMENTS	34
#define PAGES		SEGMENTS

struct shape {
	const char *name;
	u32 depth;
	u32 data;
	bool write;
};

static const struct shape shapes[] = {
	{ "read-4k", 1, 4096, false },
	{ "write-4k", 1, 4096, true },
	{ "read-4k-32", 32, 4096, false },
	{ "write-4k-32", 32, 4096, true },
	{ "read-128k", 1, 128 * 1024, false },
	{ "write-128k", 1, 128 * 1024, true },
};

/* The ends of a queue: the driver's ring, and the window as a device sees it. */
struct ends {
	const struct shape *shape;
	struct virtio_msg_layout layout;
	struct virtio_msg_relay *relay;
	struct vring ring;
	struct vring_desc (*tables)[SEGMENTS];
	u8 *memory;
	u8 *window;
	u16 used;
	u16 wire_seen;
	u16 wire_used;
	bool broken;
	bool notified;
	bool interrupted;
};

static void notify(void *ctx)
{
	((struct ends *)ctx)->notified = true;
}

static void interrupt(void *ctx)
{
	((struct ends *)ctx)->interrupted = true;
}

static void broken(void *ctx, const char *why)
{
	((struct ends *)ctx)->broken = true;
}

static void count(void *ctx, enum virtio_msg_counter counter)
{
}

static const struct virtio_msg_relay_ops ops = {
	.notify = notify,
	.interrupt = interrupt,
	.broken = broken,
	.count = count,
};

static void *pages(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	return p;
}

static u32 put_segment(struct ends *ends, struct vring_desc *table, u32 i,
		       u32 page, u32 len, bool write)
{
	table[i].addr = (unsigned long)ends->memory + page * PAGE_SIZE;
	table[i].len = len;
	table[i].flags = VRING_DESC_F_NEXT | (write ? VRING_DESC_F_WRITE : 0);
	table[i].next = i + 1;
	return i + 1;
}

/* Header, pages of data, status: an indirect table, as the driver makes it. */
static void prepare(struct ends *ends, u16 head)
{
	struct vring_desc *table = ends->tables[head];
	const struct shape *shape = ends->shape;
	u32 done, i;

	i = put_segment(ends, table, 0, 0, HEADER, false);
	for (done = 0; done < shape->data; done += PAGE_SIZE)
		i = put_segment(ends, table, i, i, PAGE_SIZE, !shape->write);
	i = put_segment(ends, table, i, 0, 1, true);
	table[i - 1].flags = VRING_DESC_F_WRITE;
	ends->ring.desc[head].addr = (unsigned long)table;
	ends->ring.desc[head].len = i * sizeof(*table);
	ends->ring.desc[head].flags = VRING_DESC_F_INDIRECT;
}

static void create(struct ends *ends)
{
	const struct virtio_msg_queue_policy *policy =
		virtio_msg_policy_find(VIRTIO_ID_BLOCK)->queue(0, 1);
	struct virtio_msg_relay_config config = {
		.layout = &ends->layout,
		.policy = policy,
		.ring = &ends->ring,
		.event_idx = true,
		.wire_event_idx = true,
		.coherent = true,
		.timeout_ms = VIRTIO_MSG_IO_TIMEOUT_MS,
		.ops = &ops,
		.ctx = ends,
	};
	u32 num = policy->num;
	u16 head;

	if (virtio_msg_layout_init(&ends->layout, num, policy->out_size,
				   policy->in_size))
		exit(1);
	ends->window = pages(ends->layout.total);
	ends->memory = pages(PAGES * PAGE_SIZE);
	ends->tables = pages(num * sizeof(*ends->tables));
	vring_init(&ends->ring, num, pages(vring_size(num, PAGE_SIZE)),
		   PAGE_SIZE);
	for (head = 0; head < num; head++)
		prepare(ends, head);
	config.window = ends->window;
	ends->relay = virtio_msg_relay_create(&config);
	if (IS_ERR(ends->relay))
		exit(1);
	virtio_msg_relay_start(ends->relay);
}

/* The driver makes buffers available and tells the relay, as it wants it. */
static void submit(struct ends *ends)
{
	struct vring *ring = &ends->ring;
	u16 old = ring->avail->idx;
	u16 i;

	for (i = 0; i < ends->shape->depth; i++)
		ring->avail->ring[(old + i) % ring->num] = i;
	WRITE_ONCE(ring->avail->idx, old + i);
	if (vring_need_event(vring_avail_event(ring), old + i, old))
		virtio_msg_relay_kick(ends->relay);
}

/* The device has used all that it finds. */
static void serve(struct ends *ends)
{
	struct vring_avail *avail = (void *)(ends->window + ends->layout.avail);
	struct vring_used *used = (void *)(ends->window + ends->layout.used);
	u32 num = ends->layout.num;
	u16 old = ends->wire_used;
	u16 end = READ_ONCE(avail->idx);

	while (ends->wire_seen != end) {
		u16 head = avail->ring[ends->wire_seen++ % num];
		struct vring_used_elem *elem =
			&used->ring[ends->wire_used++ % num];

		elem->id = head;
		elem->len = ends->shape->write ? 1 : ends->shape->data + 1;
	}
	*(u16 *)&used->ring[num] = end;
	WRITE_ONCE(used->idx, ends->wire_used);
	if (vring_need_event(avail->ring[num], ends->wire_used, old))
		virtio_msg_relay_used(ends->relay);
}

/* The driver takes back what was used, and wants to know of the next. */
static void collect(struct ends *ends)
{
	struct vring *ring = &ends->ring;

	ends->used = READ_ONCE(ring->used->idx);
	vring_used_event(ring) = ends->used;
}

static void run_works(void)
{
	while (shim_run_works())
		;
}

static const struct shape *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		if (!strcmp(shapes[i].name, name))
			return &shapes[i];
	return NULL;
}

static void list(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		puts(shapes[i].name);
}

int main(int argc, char **argv)
{
	static struct ends ends;
	u32 i;

	if (argc != 2) {
		list();
		return 0;
	}
	ends.shape = find(argv[1]);
	if (!ends.shape)
		return 2;
	shim_copies = false;
	create(&ends);
	for (i = 0; i < ROUNDS; i++) {
		submit(&ends);
		run_works();
		serve(&ends);
		run_works();
		collect(&ends);
	}
	virtio_msg_relay_stop(ends.relay);
	/* All were answered, each with news for both ends. */
	if (ends.broken || !ends.notified || !ends.interrupted ||
	    ends.used != (u16)(ROUNDS * ends.shape->depth))
		return 1;
	printf("%u\n", ROUNDS * ends.shape->depth);
	return 0;
}
