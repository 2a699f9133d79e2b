// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the kernel shares with partitions. Each page is shared once at a
 * time; it returns to the kernel only when the partition has given it up. What
 * the kernel does wrong is refused and counted.
 */
#include "manager.h"
#include "string.h"

/* The descriptor: offsets of what is used of it. */
#define DESC_SENDER	0
#define DESC_TAG	16
#define DESC_ACCESS_SIZE 24
#define DESC_ACCESS_COUNT 28
#define DESC_ACCESS_OFFSET 32
#define DESC_HEADER	48
#define ACCESS_RECEIVER	0
#define ACCESS_LIST	4
#define ACCESS_MIN	16
#define LIST_PAGES	0
#define LIST_RANGES	4
#define LIST_HEADER	16

struct range {
	__u64 address;
	__u32 pages;
	__u32 reserved;
};

/**
 * struct share - memory shared with a partition
 * @handle: 0: this entry is free
 * @receiver: the partition
 * @first: of its ranges in the pool
 * @ranges: number of them
 * @pages: of all of them
 * @held: the partition has it mapped
 */
struct share {
	__u64 handle;
	__u16 receiver;
	__u32 first;
	__u32 ranges;
	__u32 pages;
	bool held;
};

static struct {
	__u64 start, end;	/* of the kernel's memory */
	__u64 next_handle;
	struct share shares[SHARES];
	struct range pool[RANGES];
	__u32 used;		/* ranges of the pool */
	__u64 shared[RAM_PAGES / 64];
	__u32 refuse;		/* the fragment with this number, if not 0 */
} memory;

/* A descriptor that comes in fragments. */
static struct {
	__u64 handle;
	__u32 total;
	__u32 got;
	__u32 fragments;
	__u64 buffer[DESCRIPTOR_SIZE / 8];
} incoming;

enum {
	SHARED, RECLAIMED, LIVE, LIVE_PAGES, HELD, HELD_PAGES, FRAGMENTS,
	MALFORMED, TWICE, OUTSIDE, TOO_EARLY, UNKNOWN, NOT_RETRIEVED,
};

static struct counter counters[] = {
	[SHARED] = { "memory shared", 0 },
	[RECLAIMED] = { "memory reclaimed", 0 },
	[LIVE] = { "memory shares", 0 },
	[LIVE_PAGES] = { "memory pages", 0 },
	[HELD] = { "memory held", 0 },
	[HELD_PAGES] = { "memory pages held", 0 },
	[FRAGMENTS] = { "memory fragments", 0 },
	[MALFORMED] = { "memory wrong descriptor", 0 },
	[TWICE] = { "memory wrong shared twice", 0 },
	[OUTSIDE] = { "memory wrong not the kernel's", 0 },
	[TOO_EARLY] = { "memory wrong reclaimed held", 0 },
	[UNKNOWN] = { "memory wrong handle", 0 },
	[NOT_RETRIEVED] = { "memory retrieve refused", 0 },
};

void memory_init(__u64 start, __u64 end)
{
	memory.start = start;
	memory.end = end;
	memory.next_handle = 1;
}

const struct counter *memory_counter(__u32 i)
{
	return i < sizeof(counters) / sizeof(counters[0]) ? &counters[i] : NULL;
}

static struct share *find(__u64 handle)
{
	__u32 i;

	for (i = 0; handle && i < SHARES; i++)
		if (memory.shares[i].handle == handle)
			return &memory.shares[i];
	return NULL;
}

static __u64 window_of(const struct share *share)
{
	return WINDOWS_BASE + (__u64)(share - memory.shares) * WINDOW_SPAN;
}

static bool page_shared(__u64 page)
{
	return memory.shared[page / 64] >> page % 64 & 1;
}

/* Whether @range may be shared at all. */
static __s32 check_range(const struct range *range)
{
	__u64 page = (range->address - RAM_BASE) / PAGE;
	__u32 i;

	if (range->address % PAGE || range->address < memory.start ||
	    range->address >= memory.end ||
	    range->pages > (memory.end - range->address) / PAGE) {
		counters[OUTSIDE].value++;
		return FFA_INVALID;
	}
	for (i = 0; i < range->pages; i++) {
		if (page_shared(page + i)) {
			counters[TWICE].value++;
			return FFA_DENIED;
		}
	}
	return 0;
}

static void mark_range(const struct range *range, bool shared)
{
	__u64 page = (range->address - RAM_BASE) / PAGE;
	__u32 i;

	for (i = 0; i < range->pages; i++, page++) {
		if (shared)
			memory.shared[page / 64] |= 1ULL << page % 64;
		else
			memory.shared[page / 64] &= ~(1ULL << page % 64);
	}
}

static void unmark(__u32 first, __u32 count)
{
	while (count--)
		mark_range(&memory.pool[first + count], false);
}

/* A range that comes twice in one list is found, too: marked one by one. */
static __s32 take_ranges(const __u8 *list, __u32 count, __u32 *pages)
{
	struct range *range;
	__s32 err;
	__u32 i;

	if (count > RANGES - memory.used)
		return FFA_NO_MEMORY;
	*pages = 0;
	for (i = 0; i < count; i++) {
		range = &memory.pool[memory.used + i];
		memcpy(range, list + i * sizeof(*range), sizeof(*range));
		err = check_range(range);
		if (err) {
			unmark(memory.used, i);
			return err;
		}
		mark_range(range, true);
		*pages += range->pages;
	}
	return 0;
}

static __u32 word(const __u8 *p)
{
	__u32 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* The list of ranges, or NULL: the descriptor is wrong. */
static const __u8 *find_list(const __u8 *desc, __u32 len, __u16 *receiver)
{
	const __u8 *access;
	__u32 at, list;
	__u16 sender;

	if (len < DESC_HEADER)
		return NULL;
	at = word(desc + DESC_ACCESS_OFFSET);
	memcpy(&sender, desc + DESC_SENDER, 2);
	if (sender != KERNEL_ID || word(desc + DESC_ACCESS_COUNT) != 1 ||
	    word(desc + DESC_ACCESS_SIZE) < ACCESS_MIN ||
	    at < DESC_HEADER || at > len || len - at < ACCESS_MIN)
		return NULL;
	access = desc + at;
	memcpy(receiver, access + ACCESS_RECEIVER, 2);
	list = word(access + ACCESS_LIST);
	if (!partition_find(*receiver) || list % 8 || list > len ||
	    len - list < LIST_HEADER ||
	    word(desc + list + LIST_RANGES) >
	    (len - list - LIST_HEADER) / sizeof(struct range))
		return NULL;
	return desc + list;
}

static struct share *find_free(void)
{
	__u32 i;

	for (i = 0; i < SHARES; i++)
		if (!memory.shares[i].handle)
			return &memory.shares[i];
	return NULL;
}

static __s32 take(const __u8 *desc, __u32 len, __u64 handle)
{
	struct share *share = find_free();
	__u32 ranges, pages;
	const __u8 *list;
	__u16 receiver;
	__s32 err;

	list = find_list(desc, len, &receiver);
	if (!list) {
		counters[MALFORMED].value++;
		return FFA_INVALID;
	}
	if (!share)
		return FFA_NO_MEMORY;
	ranges = word(list + LIST_RANGES);
	err = take_ranges(list + LIST_HEADER, ranges, &pages);
	if (err)
		return err;
	if (!pages || pages != word(list + LIST_PAGES)) {
		unmark(memory.used, ranges);
		counters[MALFORMED].value++;
		return FFA_INVALID;
	}
	*share = (struct share){
		.handle = handle,
		.receiver = receiver,
		.first = memory.used,
		.ranges = ranges,
		.pages = pages,
	};
	memory.used += ranges;
	counters[SHARED].value++;
	counters[LIVE].value++;
	counters[LIVE_PAGES].value += pages;
	return 0;
}

static void ask_for_more(struct regs *r)
{
	memset(r, 0, sizeof(*r));
	r->x[0] = SMC32(FFA_MEM_FRAG_RX);
	r->x[1] = (__u32)incoming.handle;
	r->x[2] = incoming.handle >> 32;
	r->x[3] = incoming.got;
}

/* More of a descriptor is there: maybe all of it. */
static void arrived(struct regs *r)
{
	__u64 handle = incoming.handle;
	__s32 err;

	incoming.fragments++;
	counters[FRAGMENTS].value++;
	if (memory.refuse && incoming.fragments == memory.refuse) {
		memory.refuse = 0;
		incoming.total = 0;
		ffa_error(r, FFA_ABORTED);
		return;
	}
	if (incoming.got < incoming.total) {
		ask_for_more(r);
		return;
	}
	err = take((__u8 *)incoming.buffer, incoming.total, handle);
	incoming.total = 0;
	if (err) {
		ffa_error(r, err);
		return;
	}
	ffa_success(r);
	r->x[2] = (__u32)handle;
	r->x[3] = handle >> 32;
}

/* A descriptor that was begun and not ended is forgotten. */
void memory_share(struct regs *r)
{
	__u32 total = (__u32)r->x[1], len = (__u32)r->x[2], size;
	const __u8 *from = buffers_tx(&size);

	if (r->x[3]) {
		from = (const __u8 *)r->x[3];
		size = (__u32)r->x[4] * PAGE;
	}
	if (!from || !len || len > total || len > size ||
	    total > sizeof(incoming.buffer)) {
		counters[MALFORMED].value++;
		ffa_error(r, FFA_INVALID);
		return;
	}
	incoming.handle = memory.next_handle++;
	incoming.total = total;
	incoming.got = len;
	incoming.fragments = 0;
	memcpy(incoming.buffer, from, len);
	arrived(r);
}

void memory_fragment(struct regs *r)
{
	__u64 handle = (__u32)r->x[1] | r->x[2] << 32;
	__u32 len = (__u32)r->x[3], size;
	const __u8 *from = buffers_tx(&size);

	if (!from || !incoming.total || handle != incoming.handle || !len ||
	    len > size || len > incoming.total - incoming.got) {
		counters[MALFORMED].value++;
		ffa_error(r, FFA_INVALID);
		return;
	}
	memcpy((__u8 *)incoming.buffer + incoming.got, from, len);
	incoming.got += len;
	arrived(r);
}

/* The ranges of the others move up. */
static void drop(struct share *share)
{
	__u32 i, last = share->first + share->ranges;

	unmark(share->first, share->ranges);
	memmove(&memory.pool[share->first], &memory.pool[last],
		(memory.used - last) * sizeof(struct range));
	memory.used -= share->ranges;
	for (i = 0; i < SHARES; i++)
		if (memory.shares[i].first >= last)
			memory.shares[i].first -= share->ranges;
	counters[LIVE].value--;
	counters[LIVE_PAGES].value -= share->pages;
	memset(share, 0, sizeof(*share));
}

void memory_reclaim(struct regs *r)
{
	struct share *share = find((__u32)r->x[1] | r->x[2] << 32);

	if (!share) {
		counters[UNKNOWN].value++;
		ffa_error(r, FFA_INVALID);
		return;
	}
	if (share->held) {
		counters[TOO_EARLY].value++;
		ffa_error(r, FFA_DENIED);
		return;
	}
	drop(share);
	counters[RECLAIMED].value++;
	ffa_success(r);
}

static bool map_range(const struct range *range, __u64 *at)
{
	__u32 i;

	for (i = 0; i < range->pages; i++, *at += PAGE)
		if (!pagetable_map(*at, range->address + (__u64)i * PAGE))
			return false;
	return true;
}

static bool map(const struct share *share)
{
	__u64 at = window_of(share);
	__u32 i;

	for (i = 0; i < share->ranges; i++) {
		if (!map_range(&memory.pool[share->first + i], &at)) {
			pagetable_unmap(window_of(share), share->pages);
			return false;
		}
	}
	return true;
}

/* The partition takes what was shared with it: mapped in one piece, or NULL. */
__u8 *memory_retrieve(__u64 handle, __u16 receiver, __u32 pages)
{
	struct share *share = find(handle);

	if (!share || share->receiver != receiver || share->held ||
	    share->pages != pages || pages > WINDOW_PAGES || !map(share)) {
		counters[NOT_RETRIEVED].value++;
		return NULL;
	}
	share->held = true;
	counters[HELD].value++;
	counters[HELD_PAGES].value += share->pages;
	return (__u8 *)window_of(share);
}

bool memory_relinquish(__u64 handle, __u16 receiver)
{
	struct share *share = find(handle);

	if (!share || share->receiver != receiver || !share->held)
		return false;
	pagetable_unmap(window_of(share), share->pages);
	share->held = false;
	counters[HELD].value--;
	counters[HELD_PAGES].value -= share->pages;
	return true;
}

/* Of the descriptor that comes next: 1 is what MEM_SHARE brings. */
void memory_refuse_fragment(__u32 number)
{
	memory.refuse = number;
}

/* A number that a page has for itself, so that one for another is no match. */
static __u64 mark_of(const struct share *share, __u32 page, __u64 pattern)
{
	return pattern ^ (share->handle << 32 | page);
}

/*
 * Fill all that partitions hold; and later: how many pages are not as they were?
 * Of memory that nobody drives any more, each of them was given away too early.
 */
__u32 memory_poison(__u64 pattern)
{
	__u32 i, page, k, n = 0;
	__u64 *at;

	for (i = 0; i < SHARES; i++) {
		const struct share *share = &memory.shares[i];

		at = (__u64 *)window_of(share);
		for (page = 0; share->held && page < share->pages; page++, n++)
			for (k = 0; k < PAGE / 8; k++)
				*at++ = mark_of(share, page, pattern);
	}
	return n;
}

__u32 memory_changed(__u64 pattern)
{
	__u32 i, page, k, same, n = 0;
	const __u64 *at;

	for (i = 0; i < SHARES; i++) {
		const struct share *share = &memory.shares[i];

		at = (const __u64 *)window_of(share);
		for (page = 0; share->held && page < share->pages; page++) {
			same = 0;
			for (k = 0; k < PAGE / 8; k++)
				same += *at++ == mark_of(share, page, pattern);
			n += same != PAGE / 8;
		}
	}
	return n;
}
