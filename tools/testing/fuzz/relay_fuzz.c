// SPDX-License-Identifier: GPL-2.0
/*
 * drivers/virtio-msg/relay.c between a driver that keeps the rules and a device
 * that does not: before each load from the window the device may change it.
 *
 * Input: from the front what the queue is like and what both do, from the back
 * what the device writes in the middle of the relay's work. Copies stop after
 * few bytes here, so that small windows have unfinished ones.
 */
#include <string.h>

#include "input.h"
#include "limits.h"

#undef VIRTIO_MSG_RELAY_BYTES
#define VIRTIO_MSG_RELAY_BYTES	512
#undef VIRTIO_MSG_RELAY_REQUESTS
#define VIRTIO_MSG_RELAY_REQUESTS	6

#include "relay.c"

#undef memcpy

#define MAX_NUM		8
#define SEGMENTS	4
#define STEPS		64
#define BUS_ADDR	0x4321876500001000ULL

/* What the driver has in its memory, to be seen where it must not be. */
#define SENT		0x11
#define SECRET		0xee

/* A request that the driver waits for; segments: 0 for none. */
struct buffers {
	u32 segments;
	u32 in_segments;
	u32 descs;
	u32 out;
	u32 in;
	u32 len[SEGMENTS];
	u8 *memory[SEGMENTS];
	struct vring_desc *table;
};

/* All that is said of the state is in the thing itself: one at a time. */
static struct bed {
	struct input in;
	struct virtio_msg_queue_policy policy;
	struct virtio_msg_layout layout;
	struct virtio_msg_relay *relay;
	struct vring ring;
	void *ring_memory;
	u8 *window;		/* NULL on hold */
	u8 *shadow;		/* what the device wrote of its half */
	struct buffers sent[MAX_NUM];
	u16 free[MAX_NUM];
	u32 num_free;
	u16 avail;
	u16 kicked;
	u16 used;
	u16 wire_seen;
	u16 wire_used;
	u16 to_answer[MAX_NUM];
	u32 num_to_answer;
	u32 depth;
	bool lied;		/* the device has broken a rule */
	bool broken;
} bed;

/* The device: writes to its half, and only there */

static void device_write(u32 offset, const void *from, u32 len)
{
	u32 used = bed.layout.used;

	memcpy(bed.window + used + offset, from, len);
	memcpy(bed.shadow + offset, from, len);
}

/* Indices and ids near those that mean something, or anything. */
static void device_scribble(u8 what, u16 value)
{
	u32 num = bed.layout.num;
	u32 half = bed.layout.total - bed.layout.used;
	u16 idx = (u16)(bed.wire_used + (value & 7));
	u16 slot = bed.wire_used & (num - 1);
	u32 id = value % (num + 2);
	u32 len = value;

	bed.lied = true;
	switch (what % 8) {
	case 0:
		device_write(0, &value, 2);
		break;
	case 1:
		device_write(2, &idx, 2);
		break;
	case 2:
		device_write(2, &value, 2);
		break;
	case 3:
		device_write(4 + 8 * slot, &id, 4);
		break;
	case 4:
		device_write(8 + 8 * slot, &len, 4);
		break;
	case 5:
		len = ~len;
		device_write(4 + 8 * (value % num) + (what & 8 ? 4 : 0), &len, 4);
		break;
	case 6:
		device_write(4 + 8 * num, &value, 2);
		break;
	default:
		device_write(value % (half - 1), &value, 2);
	}
}

static bool in_window(const u8 *p)
{
	return p >= bed.window && p < bed.window + bed.layout.total;
}

void shim_before_load(const volatile void *at, size_t len)
{
	const u8 *p = (const u8 *)at;
	u8 what;

	if (!bed.window || !in_window(p))
		return;
	/* Its own half tells the relay nothing. */
	must(p >= bed.window + bed.layout.used);
	must(p + len <= bed.window + bed.layout.total);
	if (!bed.in.left)
		return;
	what = take8_last(&bed.in);
	if (what >= 0xc0)
		device_scribble(what, take16_last(&bed.in));
}

/* What an honest device finds in the window. */

static u32 check_desc(u16 i, u32 *flags, u16 *next)
{
	const struct virtio_msg_layout *layout = &bed.layout;
	const struct vring_desc *table = (void *)(bed.window + layout->desc);
	u64 offset = table[i].addr - BUS_ADDR;
	u32 len = table[i].len;

	*flags = table[i].flags;
	*next = table[i].next;
	must(len);
	if (*flags & VRING_DESC_F_WRITE) {
		must(offset == layout->in + i * layout->in_size);
		must(len <= layout->in_size);
	} else {
		must(offset == layout->out + i * layout->out_size);
		must(len <= layout->out_size);
	}
	return len;
}

static void check_chain(u16 head)
{
	u32 flags = VRING_DESC_F_NEXT, left = bed.layout.num, out = 0, in = 0;
	u16 i = head;
	u32 len;

	while (flags & VRING_DESC_F_NEXT) {
		must(left--);
		must(i < bed.layout.num);
		len = check_desc(i, &flags, &i);
		if (flags & VRING_DESC_F_WRITE)
			in += len;
		else
			out += len;
		must(in == 0 || flags & VRING_DESC_F_WRITE);
	}
	must(in == bed.relay->requests[head].in);
	must(out || in);
}

static void device_look(void)
{
	struct vring_avail *avail = (void *)(bed.window + bed.layout.avail);
	u16 head;

	/* Who answers what it never looked at has more to look at. */
	must(bed.lied || (u16)(avail->idx - bed.wire_seen) <= bed.layout.num);
	while (bed.wire_seen != avail->idx) {
		head = avail->ring[bed.wire_seen++ & (bed.layout.num - 1)];
		must(head < bed.layout.num);
		if (!bed.lied)
			check_chain(head);
		if (bed.num_to_answer < MAX_NUM)
			bed.to_answer[bed.num_to_answer++] = head;
	}
}

/* One of those that wait, in any order, with any length. */
static void device_answer(void)
{
	u32 slot = 4 + 8 * (bed.wire_used & (bed.layout.num - 1));
	u32 choice, id, len;

	device_look();
	if (!bed.num_to_answer)
		return;
	choice = take_below(&bed.in, bed.num_to_answer);
	id = bed.to_answer[choice];
	len = take16(&bed.in);
	bed.to_answer[choice] = bed.to_answer[--bed.num_to_answer];
	device_write(slot, &id, 4);
	device_write(slot + 4, &len, 4);
	bed.wire_used++;
	device_write(2, &bed.wire_used, 2);
}

/* The driver */

static u32 segment_len(struct input *in)
{
	u8 choice = take8(in);

	return choice & 0x80 ? (choice & 0x7f) * 8 : choice & 0x7f;
}

static void fill_segment(struct buffers *buffers, struct vring_desc *desc,
			 u32 i, bool write)
{
	u32 len = segment_len(&bed.in);

	buffers->len[i] = len;
	buffers->memory[i] = must_alloc(len);
	memset(buffers->memory[i], write ? SECRET : SENT, len);
	*(write ? &buffers->in : &buffers->out) += len;
	desc->addr = (unsigned long)buffers->memory[i];
	desc->len = len;
	desc->flags = write ? VRING_DESC_F_WRITE : 0;
}

static void put_direct(struct buffers *buffers, const struct vring_desc *descs)
{
	u16 *free = &bed.free[bed.num_free];
	u32 i;

	for (i = 0; i < buffers->segments; i++) {
		struct vring_desc *to = &bed.ring.desc[free[-1 - (int)i]];

		*to = descs[i];
		if (i + 1 < buffers->segments) {
			to->flags |= VRING_DESC_F_NEXT;
			to->next = free[-2 - (int)i];
		}
	}
	buffers->descs = buffers->segments;
}

static void put_indirect(struct buffers *buffers, u16 head,
			 const struct vring_desc *descs)
{
	size_t size = buffers->segments * sizeof(*descs);
	u32 i;

	buffers->table = must_alloc(size);
	memcpy(buffers->table, descs, size);
	for (i = 0; i + 1 < buffers->segments; i++) {
		buffers->table[i].flags |= VRING_DESC_F_NEXT;
		buffers->table[i].next = i + 1;
	}
	bed.ring.desc[head].addr = (unsigned long)buffers->table;
	bed.ring.desc[head].len = size;
	bed.ring.desc[head].flags = VRING_DESC_F_INDIRECT;
	buffers->descs = 1;
}

static void driver_add(void)
{
	u8 shape = take8(&bed.in);
	u32 outs = shape & 3, ins = shape >> 2 & 3, i;
	struct vring_desc descs[SEGMENTS] = {};
	struct buffers *buffers;
	u16 head;

	if (outs + ins > SEGMENTS)
		ins = SEGMENTS - outs;
	if (!bed.num_free || outs + ins == 0 ||
	    (!(shape & 16) && outs + ins > bed.num_free))
		return;
	head = bed.free[bed.num_free - 1];
	buffers = &bed.sent[head];
	memset(buffers, 0, sizeof(*buffers));
	buffers->segments = outs + ins;
	buffers->in_segments = ins;
	for (i = 0; i < outs + ins; i++)
		fill_segment(buffers, &descs[i], i, i >= outs);
	if (shape & 16)
		put_indirect(buffers, head, descs);
	else
		put_direct(buffers, descs);
	bed.num_free -= buffers->descs;
	bed.ring.avail->ring[bed.avail & (bed.ring.num - 1)] = head;
	bed.ring.avail->idx = ++bed.avail;
}

static void free_buffers(struct buffers *buffers)
{
	u32 i;

	for (i = 0; i < buffers->segments; i++)
		free(buffers->memory[i]);
	free(buffers->table);
	buffers->segments = 0;
}

/*
 * Beyond what is said to be written, nothing was, unless it is told to, or the
 * error came in the middle of an answer.
 */
static void check_untouched(const struct buffers *buffers, u32 written)
{
	u32 at = 0, s, i;

	if (bed.policy.whole || bed.policy.tail || bed.relay->dead)
		return;
	for (s = buffers->segments - buffers->in_segments;
	     s < buffers->segments; s++)
		for (i = 0; i < buffers->len[s]; i++)
			must(at++ < written || buffers->memory[s][i] == SECRET);
}

static void put_back(u16 head, const struct buffers *buffers)
{
	u32 n = buffers->descs;
	u16 desc = head;

	while (n--) {
		bed.free[bed.num_free++] = desc;
		desc = bed.ring.desc[desc].next;
	}
}

static void driver_kick(void)
{
	bed.kicked = bed.avail;
	virtio_msg_relay_kick(bed.relay);
}

static bool driver_get(void)
{
	struct vring_used *used = bed.ring.used;
	struct vring_used_elem *elem;
	struct buffers *buffers;

	if (bed.used == used->idx)
		return false;
	must((u16)(used->idx - bed.used) <= bed.ring.num);
	elem = &used->ring[bed.used++ & (bed.ring.num - 1)];
	must(elem->id < bed.ring.num);
	buffers = &bed.sent[elem->id];
	must(buffers->segments);
	must(elem->len <= buffers->in);
	check_untouched(buffers, elem->len);
	put_back(elem->id, buffers);
	free_buffers(buffers);
	return true;
}

static void driver_mood(void)
{
	u8 mood = take8(&bed.in);

	bed.ring.avail->flags = mood & 1;
	vring_used_event(&bed.ring) = bed.used + (mood >> 1 & 7);
}

/* What the relay says */

static void notify(void *ctx)
{
}

/* The driver may go on from here. */
static void interrupt(void *ctx)
{
	u8 what;

	must(!bed.relay->lock.locked);
	if (bed.depth++ < 2) {
		what = take8(&bed.in);
		while (what & 1 && driver_get())
			;
		if (what & 2)
			driver_add();
		if (what & 4)
			driver_kick();
	}
	bed.depth--;
}

static void broken(void *ctx, const char *why)
{
	must(bed.relay->lock.locked);
	must(why);
	bed.broken = true;
}

static void count(void *ctx, enum virtio_msg_counter counter)
{
	must(counter < VIRTIO_MSG_NUM_COUNTERS);
}

/* Nobody serves the device, and then somebody does who knows nothing */

static void make_window(void)
{
	bed.window = calloc(1, bed.layout.total);
	bed.shadow = calloc(1, bed.layout.total - bed.layout.used);
	must(bed.window && bed.shadow);
}

static void free_window(void)
{
	free(bed.window);
	free(bed.shadow);
	bed.window = NULL;
	bed.shadow = NULL;
}

static void hold(void)
{
	virtio_msg_relay_hold(bed.relay);
	free_window();
}

static void resume(void)
{
	make_window();
	bed.wire_seen = 0;
	bed.wire_used = 0;
	bed.num_to_answer = 0;
	bed.lied = false;
	virtio_msg_relay_renew(bed.relay, bed.window, BUS_ADDR);
	/* The new one may die before it begins. */
	if (take8(&bed.in) & 1)
		hold();
	else
		virtio_msg_relay_resume(bed.relay);
}

static const struct virtio_msg_relay_ops ops = {
	.notify = notify,
	.interrupt = interrupt,
	.broken = broken,
	.count = count,
};

/* All that can be said of a relay at rest */

/*
 * Nothing is taken before the driver has said that it is there, and nothing is
 * kept from it once it has all that it asked for.
 */
static void check_together(const struct virtio_msg_relay *relay, u32 unanswered)
{
	must(relay->kicked == bed.kicked);
	/* So that it says so. */
	must(!relay->event_idx || vring_avail_event(&bed.ring) == bed.kicked);
	must((u16)(bed.kicked - relay->avail) <= relay->layout.num);
	must(unanswered <= relay->num_together);
	must(relay->num_together <= relay->layout.num);
	must(!relay->num_together || unanswered || relay->avail != bed.kicked ||
	     relay->work.pending);
}

static void check_requests(const struct virtio_msg_relay *relay)
{
	u32 i, live = 0, descs = relay->num_free;
	u16 desc = relay->free;

	for (i = 0; i < relay->layout.num; i++) {
		if (!relay->requests[i].live)
			continue;
		live++;
		descs += relay->requests[i].descs;
	}
	must(live == relay->pending);
	must(descs == relay->layout.num);
	must(live + relay->num_kept <= relay->layout.num);
	must(bed.window || !live);
	if (relay->policy->together)
		check_together(relay, live + relay->num_kept);
	for (i = 0; i < relay->num_free; i++) {
		must(desc < relay->layout.num);
		must(!relay->requests[desc].live);
		desc = relay->next[desc];
	}
}

static void check_window(void)
{
	u32 out = bed.layout.out_slots * bed.layout.out_size;
	u32 i;

	if (!bed.window)
		return;
	must(!memcmp(bed.window + bed.layout.used, bed.shadow,
		     bed.layout.total - bed.layout.used));
	for (i = 0; i < out; i++)
		must(!bed.window[bed.layout.out + i] ||
		     bed.window[bed.layout.out + i] == SENT);
}

static void check_all(void)
{
	if (!bed.relay->dead)
		check_requests(bed.relay);
	must(!bed.relay->lock.locked);
}

/* A queue of its kind, and its end */

static const u8 error[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
			    16 };

static void choose_policy(struct input *in, u32 *num)
{
	u8 flags = take8(in), sizes = take8(in), end = take8(in);

	*num = 2U << (flags & 3) > MAX_NUM ? MAX_NUM : 2U << (flags & 3);
	bed.policy = (struct virtio_msg_queue_policy){
		.num = *num,
		.out_size = 64 * (sizes & 3),
		.in_size = 64 * (sizes >> 2 & 3),
		.posted = flags & 4,
		.drop = flags & 8,
		.whole = flags & 16,
		.once = flags & 32,
		.deadline = flags & 64,
		.tail = (end & 3) == 1,
		.error_tail = 7,
		/* Where the rest can fail, and nothing is answered twice. */
		.together = end & 128 && !(flags & 4) && (end & 1) != (end >> 1 & 1),
		.error = (end & 3) == 2 ? error : NULL,
		.error_len = (end & 3) == 2 ? 1 + (end >> 2 & 15) : 0,
	};
	if (end & 64 && bed.policy.error_len == 16)
		bed.policy.echo = 8;
}

static void begin(u32 num, u8 how)
{
	struct virtio_msg_relay_config config = {
		.layout = &bed.layout,
		.policy = &bed.policy,
		.ring = &bed.ring,
		.event_idx = how & 1,
		.bus_addr = BUS_ADDR,
		.wire_event_idx = how & 2,
		.coherent = how & 4,
		.timeout_ms = how & 8 ? 1000 : 0,
		.ops = &ops,
	};
	u32 i;

	make_window();
	bed.ring_memory = calloc(1, vring_size(num, 4));
	must(bed.ring_memory);
	vring_init(&bed.ring, num, bed.ring_memory, 4);
	for (i = 0; i < num; i++)
		bed.free[bed.num_free++] = i;
	config.window = bed.window;
	bed.relay = virtio_msg_relay_create(&config);
	must(!IS_ERR(bed.relay));
	virtio_msg_relay_start(bed.relay);
}

static void run_works(void)
{
	u32 n = 1000;

	while (n && shim_run_works())
		n--;
	must(n);
}

static void seldom_step(u8 what)
{
	switch (what) {
	case 1:
		virtio_msg_relay_fail(bed.relay);
		break;
	case 2: case 3: case 4:
		if (bed.window)
			hold();
		else
			resume();
		break;
	default:
		shim_run_delayed();
	}
}

static bool needs_device(u8 what)
{
	return what % 12 == 6 || what % 12 == 7 || what % 12 == 9;
}

static void one_step(u8 what)
{
	if (!bed.window && needs_device(what))
		return;
	switch (what % 12) {
	case 0: case 1:
		driver_add();
		break;
	case 2:
		driver_add();
		driver_kick();
		break;
	case 3:
		driver_kick();
		break;
	case 4:
		driver_get();
		break;
	case 5:
		driver_mood();
		break;
	case 6:
		device_answer();
		break;
	case 7:
		device_answer();
		virtio_msg_relay_used(bed.relay);
		break;
	case 8:
		virtio_msg_relay_used(bed.relay);
		break;
	case 9:
		device_scribble(what / 12, take16(&bed.in));
		break;
	case 10:
		run_works();
		break;
	default:
		seldom_step(what / 12);
	}
}

/* A dead queue keeps nothing of what can be answered with an error. */
static void check_end(void)
{
	u32 i;

	bed.depth = 2;	/* the driver adds nothing any more */
	virtio_msg_relay_fail(bed.relay);
	driver_kick();
	run_works();
	while (driver_get())
		;
	for (i = 0; i < bed.ring.num; i++)
		must(!bed.sent[i].segments ||
		     !virtio_msg_relay_can_fail(bed.relay));
}

static void end(void)
{
	u32 i;

	virtio_msg_relay_stop(bed.relay);
	must(!shim_run_works());
	virtio_msg_relay_destroy(bed.relay);
	for (i = 0; i < MAX_NUM; i++)
		if (bed.sent[i].segments)
			free_buffers(&bed.sent[i]);
	free_window();
	free(bed.ring_memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 num, steps = STEPS;

	memset(&bed, 0, sizeof(bed));
	bed.in = (struct input){ data, size };
	choose_policy(&bed.in, &num);
	if (virtio_msg_layout_init(&bed.layout, num, bed.policy.out_size,
				   bed.policy.in_size))
		return 0;
	begin(num, take8(&bed.in));
	while (bed.in.left && steps--) {
		one_step(take8(&bed.in));
		check_all();
	}
	check_window();
	check_end();
	check_window();
	end();
	return 0;
}
