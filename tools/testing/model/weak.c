// SPDX-License-Identifier: GPL-2.0
/*
 * weak: explore drivers/virtio-msg/amp/fifo.c, the code itself, on weak memory:
 * all that two processors can do that order their accesses only as the code says.
 *
 * Indices and events are locations that keep all values ever stored. A load
 * may see any of them but those older than what its thread has seen, directly or
 * through an acquired release or a full barrier; so does the memory of C11, for
 * locations that one thread stores to. The bytes of slots must never be accessed
 * by both ends without such an order between the two accesses: then neither what
 * a processor nor what a compiler may reorder can tear a message.
 *
 * Every choice (who runs, what a load sees, whether to notify now or later) is
 * tried: an execution is repeated up to its last choice that has alternatives left,
 * and given up where it comes to a state seen before.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <linux/types.h>

enum order { RELAXED, ORDERED };

/* What fifo.c calls the barriers of the kernel. */
static __u64 weak_load(const void *p, enum order order);
static void weak_store(void *p, __u64 value, enum order order);
static void weak_barrier(void);

#define READ_ONCE(x)		((__typeof__(x))weak_load(&(x), RELAXED))
#define WRITE_ONCE(x, value)	weak_store(&(x), (__u64)(value), RELAXED)
#define virt_load_acquire(p)	((__typeof__(*(p)))weak_load(p, ORDERED))
#define virt_store_release(p, value) weak_store(p, (__u64)(value), ORDERED)
#define virt_mb()		weak_barrier()

/* The file, or a mutation of it. */
#include FIFO_C

#ifndef SLOTS
#define SLOTS		3
#endif
#ifndef MESSAGES
#define MESSAGES	4
#endif

#define THREADS		2
#define PRODUCER	0
#define CONSUMER	1
#define STACK		65536
#define MSG_SIZE	16
#define STORES		64	/* to one location, in one execution */
#define CHOICES		4096	/* in one execution */
#define SEEN_BITS	22

/* What is ordered: words, writes of each slot, reads of each slot. */
#define WORDS		4
#define WRITES(slot)	(WORDS + (slot))
#define READS(slot)	(WORDS + SLOTS + (slot))
#define LOCATIONS	(WORDS + 2 * SLOTS)

/* For each location the newest access that has been seen. */
struct view {
	__u8 at[LOCATIONS];
};

struct store {
	__u64 value;
	struct view view;	/* what an acquiring load sees */
};

struct thread {
	jmp_buf place;
	struct view view;
	struct view released;	/* at the last full barrier */
	struct view loaded;	/* becomes seen at the next full barrier */
	__u64 history;		/* of what it did since it was settled */
	const bool *bell;	/* what it sleeps for */
	bool done;
	char stack[STACK];
};

struct choice {
	__u16 chosen;
	__u16 options;
};

/* The shared memory: an index or event every 8 bytes, then the slots. */
static __u64 memory[WORDS + SLOTS * MSG_SIZE / 8];

/* One execution. */
static struct store stores[WORDS][STORES];
static __u8 newest[LOCATIONS];
static struct view barriers;
static struct thread threads[THREADS];
static struct thread *current;
static jmp_buf scheduler;
static bool data_bell, room_bell;
static unsigned int sent, got;
static const char *failure;

/* All of them. */
static struct choice trail[CHOICES];
static unsigned int trail_at, trail_end;
static __u64 *seen;
static unsigned long num_seen, executions;
static bool pruned;

static void fail(const char *what)
{
	if (!failure)
		failure = what;
}

static void see(struct view *view, const struct view *other)
{
	int i;

	for (i = 0; i < LOCATIONS; i++)
		if (view->at[i] < other->at[i])
			view->at[i] = other->at[i];
}

static __u64 mix(__u64 hash, const void *p, size_t len)
{
	const __u8 *byte = p;

	while (len--)
		hash = (hash ^ *byte++) * 0x100000001b3ULL;
	return hash ^ hash >> 29;
}

static void remember(__u64 what)
{
	current->history = mix(current->history, &what, sizeof(what));
}

/* Nothing but @fifo says what the thread will do from here. */
static void settle(struct virtio_msg_fifo *fifo)
{
	fifo->full = 0;
	current->history = mix(1, &fifo->index, sizeof(fifo->index));
	remember(fifo->peer);
	remember(fifo->untold);
}

/* A number below @options: as last time, or the first one. */
static unsigned int choose(unsigned int options)
{
	struct choice *choice = &trail[trail_at];

	if (options < 2)
		return 0;
	if (trail_at == trail_end) {
		if (trail_end == CHOICES) {
			fail("more choices than expected");
			return 0;
		}
		trail_end++;
		*choice = (struct choice){ .options = (__u16)options };
	}
	trail_at++;
	return choice->chosen;
}

/* Go on with the last choice that has alternatives; false: there is none. */
static bool next_trail(void)
{
	while (trail_end) {
		struct choice *choice = &trail[trail_end - 1];

		if (++choice->chosen < choice->options)
			return true;
		trail_end--;
	}
	return false;
}

/* Unlike swapcontext(), these leave the signal mask alone: no system calls. */
static void step(void)
{
	if (!_setjmp(current->place))
		_longjmp(scheduler, 1);
}

static void run_current(void)
{
	if (!_setjmp(scheduler))
		_longjmp(current->place, 1);
}

static int word_of(const void *p)
{
	const __u64 *at = p;

	return at >= memory && at < memory + WORDS ? (int)(at - memory) : -1;
}

static int slot_of(const void *p)
{
	const __u64 *at = p;

	if (at < memory + WORDS || at >= memory + sizeof(memory) / 8)
		return -1;
	return (int)((at - memory - WORDS) * 8 / MSG_SIZE);
}

static __u64 load_slot(const __u64 *p, int slot)
{
	if (current->view.at[WRITES(slot)] != newest[WRITES(slot)])
		fail("a message is read while it may be written");
	current->view.at[READS(slot)] = ++newest[READS(slot)];
	return *p;
}

static void store_slot(__u64 *p, int slot, __u64 value)
{
	if (current->view.at[READS(slot)] != newest[READS(slot)])
		fail("a message is overwritten while it may be read");
	current->view.at[WRITES(slot)] = ++newest[WRITES(slot)];
	*p = value;
}

static __u64 weak_load(const void *p, enum order order)
{
	int word = word_of(p), slot = slot_of(p);
	const struct store *store;
	unsigned int i;

	if (slot >= 0)
		return load_slot(p, slot);
	if (word < 0) {
		fail("a load from elsewhere");
		return 0;
	}
	step();
	i = newest[word];
	i -= choose(i - current->view.at[word] + 1);
	current->view.at[word] = (__u8)i;
	store = &stores[word][i];
	see(order == ORDERED ? &current->view : &current->loaded, &store->view);
	remember((__u64)word << 32 | i << 8 | order);
	return store->value;
}

static void weak_store(void *p, __u64 value, enum order order)
{
	int word = word_of(p), slot = slot_of(p);
	struct store *store;

	if (slot >= 0) {
		store_slot(p, slot, value);
		return;
	}
	if (word < 0) {
		fail("a store to elsewhere");
		return;
	}
	if (newest[word] + 1 == STORES) {
		fail("an end does not come to rest");
		return;
	}
	step();
	current->view.at[word] = ++newest[word];
	store = &stores[word][newest[word]];
	store->value = value;
	store->view = order == ORDERED ? current->view : current->released;
	remember(value << 8 | order);
}

static void weak_barrier(void)
{
	step();
	see(&current->view, &current->loaded);
	see(&current->view, &barriers);
	barriers = current->view;
	current->released = current->view;
	remember(2);
}

static void ring(bool *bell)
{
	*bell = true;
	remember(3);
}

static void answer(bool *bell)
{
	current->bell = bell;
	step();
	current->bell = NULL;
	*bell = false;
	remember(4);
}

static void describe(struct virtio_msg_fifo_area *area)
{
	memset(area, 0, sizeof(*area));
	area->head = (void *)&memory[0];
	area->tail = (void *)&memory[1];
	area->head_event = (void *)&memory[2];
	area->tail_event = (void *)&memory[3];
	area->slots = memory + WORDS;
	area->slot_size = MSG_SIZE;
	area->num_slots = SLOTS;
	area->msg_size = MSG_SIZE;
}

static void put_one(struct virtio_msg_fifo *fifo, unsigned int number)
{
	struct virtio_msg_hdr msg[2] = {
		{ .msg_size = MSG_SIZE, .dev_num = (__le16)number },
		{ .dev_num = (__le16)number },
	};

	settle(fifo);
	while (virtio_msg_fifo_put(fifo, msg, sizeof(msg)) && !failure) {
		if (virtio_msg_fifo_notify_data(fifo))
			ring(&data_bell);
		if (virtio_msg_fifo_wait_room(fifo))
			answer(&room_bell);
		settle(fifo);
	}
}

static void produce(void)
{
	struct virtio_msg_fifo_area area;
	struct virtio_msg_fifo fifo;

	describe(&area);
	virtio_msg_fifo_attach_producer(&fifo, &area);
	while (sent < MESSAGES && !failure) {
		put_one(&fifo, sent + 1);
		sent++;
		if (sent < MESSAGES && choose(2))
			continue;
		if (virtio_msg_fifo_notify_data(&fifo))
			ring(&data_bell);
	}
}

static void check_message(const struct virtio_msg_hdr *msg)
{
	if (msg[0].dev_num != got + 1)
		fail("a message is lost, or comes twice");
	if (msg[1].dev_num != got + 1)
		fail("a message is torn");
	got++;
}

static void consume(void)
{
	struct virtio_msg_fifo_area area;
	struct virtio_msg_hdr msg[2];
	struct virtio_msg_fifo fifo;

	describe(&area);
	virtio_msg_fifo_attach_consumer(&fifo, &area);
	while (got < MESSAGES && !failure) {
		settle(&fifo);
		if (virtio_msg_fifo_get(&fifo, msg)) {
			check_message(msg);
			if (got < MESSAGES && choose(2))
				continue;
			if (virtio_msg_fifo_notify_room(&fifo))
				ring(&room_bell);
			continue;
		}
		if (virtio_msg_fifo_notify_room(&fifo))
			ring(&room_bell);
		if (virtio_msg_fifo_wait_data(&fifo))
			answer(&data_bell);
	}
}

static void run_thread(int i)
{
	if (i == PRODUCER)
		produce();
	else
		consume();
	threads[i].done = true;
	step();
}

/* Run a thread as far as its first access. */
static void start_thread(int i)
{
	ucontext_t context;

	current = &threads[i];
	getcontext(&context);
	context.uc_stack.ss_sp = current->stack;
	context.uc_stack.ss_size = STACK;
	makecontext(&context, (void (*)(void))run_thread, 1, i);
	if (!_setjmp(scheduler))
		setcontext(&context);
}

static void begin(void)
{
	int i;

	memset(memory, 0, sizeof(memory));
	memset(stores, 0, sizeof(stores));
	memset(newest, 0, sizeof(newest));
	memset(&barriers, 0, sizeof(barriers));
	data_bell = false;
	room_bell = false;
	sent = 0;
	got = 0;
	pruned = false;
	trail_at = 0;
	for (i = 0; i < THREADS; i++) {
		memset(&threads[i], 0, offsetof(struct thread, stack));
		start_thread(i);
	}
}

/* The stores to a word that some load may still see. */
static __u64 mix_word(__u64 hash, int word)
{
	__u8 a = threads[PRODUCER].view.at[word];
	__u8 b = threads[CONSUMER].view.at[word];
	unsigned int i;

	for (i = a < b ? a : b; i <= newest[word]; i++)
		hash = mix(hash, &stores[word][i], sizeof(struct store));
	return hash;
}

/* Has all that can follow been tried? */
static bool seen_before(void)
{
	__u64 hash = 0xcbf29ce484222325ULL;
	unsigned long at;
	int i;

	for (i = 0; i < THREADS; i++) {
		hash = mix(hash, &threads[i].history, sizeof(__u64));
		hash = mix(hash, &threads[i].view, 3 * sizeof(struct view));
		hash = mix(hash, &threads[i].done, sizeof(bool));
	}
	for (i = 0; i < WORDS; i++)
		hash = mix_word(hash, i);
	hash = mix(hash, &sent, sizeof(sent));
	hash = mix(hash, &got, sizeof(got));
	hash = mix(hash, newest, sizeof(newest));
	hash = mix(hash, &barriers, sizeof(barriers));
	hash = mix(hash, &data_bell, 1);
	hash = mix(hash, &room_bell, 1) | 1;
	for (at = hash >> (64 - SEEN_BITS); seen[at]; at = (at + 1) % (1UL << SEEN_BITS))
		if (seen[at] == hash)
			return true;
	if (++num_seen > (3UL << SEEN_BITS) / 4)
		fail("more states than expected");
	seen[at] = hash;
	return false;
}

static int runnable(struct thread **list)
{
	int i, n = 0;

	for (i = 0; i < THREADS; i++)
		if (!threads[i].done &&
		    (!threads[i].bell || *threads[i].bell))
			list[n++] = &threads[i];
	return n;
}

static void execute(void)
{
	struct thread *list[THREADS];
	int n;

	begin();
	while (!failure && !pruned) {
		n = runnable(list);
		if (!n)
			break;
		if (trail_at == trail_end && seen_before()) {
			pruned = true;
			break;
		}
		current = list[choose((unsigned int)n)];
		run_current();
	}
	executions++;
	if (!failure && !pruned && (sent != MESSAGES || got != MESSAGES))
		fail("both sleep, and there are messages or there is room");
}

int main(void)
{
	seen = calloc(1UL << SEEN_BITS, sizeof(*seen));
	if (!seen)
		return 2;
	do
		execute();
	while (!failure && next_trail());
	printf("%d slots, %d messages: %lu executions, %lu states: %s\n", SLOTS,
	       MESSAGES, executions, num_seen, failure ? failure : "good");
	return failure ? 1 : 0;
}
