// SPDX-License-Identifier: GPL-2.0
/*
 * The partition that tests talk to: it says what the manager has counted, has the
 * other partition misbehave, and answers to each kind of call itself, so that the
 * bed can be tested without a bus driver.
 *
 * A message is a command and its arguments, the answer a zero and results, or
 * what follows.
 */
#include "control.h"
#include "manager.h"
#include "string.h"

/* What it holds of what was shared with it: one area. */
static struct {
	__u64 handle;
	__u8 *base;
	__u64 bytes;
} held;

static __u32 indirect_len;
static __u8 indirect[32];

static const struct counter *(*const sources[])(__u32) = {
	calls_counter, memory_counter, notification_counter, devices_counter,
	events_counter, mischief_counter,
};

#define SOURCES	(sizeof(sources) / sizeof(sources[0]))

static bool hello(__u64 *w)
{
	w[1] = CONTROL_HELLO_ANSWER;
	return true;
}

static bool count(__u64 *w)
{
	const struct counter *c = NULL;
	__u32 i, k, index = (__u32)w[1];
	size_t len;

	for (i = 0; i < SOURCES; i++) {
		for (k = 0; (c = sources[i](k)) && index; k++)
			index--;
		if (c)
			break;
	}
	if (!c)
		return false;
	len = strlen(c->name);
	w[1] = c->value;
	memset(&w[2], 0, CONTROL_NAME);
	memcpy(&w[2], c->name, len < CONTROL_NAME ? len : CONTROL_NAME - 1);
	return true;
}

static bool retrieve(__u64 *w)
{
	if (held.base || w[2] > WINDOW_PAGES)
		return false;
	held.base = memory_retrieve(w[1], CONTROL_ID, (__u32)w[2]);
	held.handle = w[1];
	held.bytes = w[2] * PAGE;
	return held.base;
}

static bool relinquish(__u64 *w)
{
	(void)w;
	held.base = NULL;
	return memory_relinquish(held.handle, CONTROL_ID);
}

static bool add_up(__u64 *w)
{
	__u64 i, sum = 0;

	if (!held.base || w[1] > held.bytes)
		return false;
	for (i = 0; i < w[1]; i++)
		sum += held.base[i];
	w[1] = sum;
	return true;
}

static bool fill(__u64 *w)
{
	__u64 i;

	if (!held.base || w[1] > held.bytes)
		return false;
	for (i = 0; i < w[1]; i++)
		held.base[i] = (__u8)(w[2] + i);
	return true;
}

static bool notify(__u64 *w)
{
	return notification_raise(CONTROL_ID, (__u32)w[1]);
}

static bool send(__u64 *w)
{
	return message_send(CONTROL_ID, &w[1], CONTROL_SENT);
}

/* The last indirect message that came. */
static bool received(__u64 *w)
{
	w[1] = indirect_len;
	memcpy(&w[2], indirect, sizeof(indirect));
	indirect_len = 0;
	return true;
}

static bool reset_counters(__u64 *w)
{
	(void)w;
	calls_reset();
	return true;
}

static bool fail(__u64 *w)
{
	calls_fail((__u32)w[1], (__s32)w[2], (__u8)w[3]);
	return true;
}

static bool failed(__u64 *w)
{
	w[1] = calls_failed();
	return true;
}

static bool misbehave(__u64 *w)
{
	if (w[1] >= MISCHIEF_KINDS)
		return false;
	mischief_plan((enum mischief)w[1], (__u32)w[2], (__u32)w[3]);
	return true;
}

static bool refuse_fragment(__u64 *w)
{
	memory_refuse_fragment((__u32)w[1]);
	return true;
}

static bool poison(__u64 *w)
{
	w[1] = memory_poison(w[1]);
	return true;
}

static bool changed(__u64 *w)
{
	w[1] = memory_changed(w[1]);
	return true;
}

static bool restart(__u64 *w)
{
	(void)w;
	mischief_plan(MISCHIEF_NONE, 0, 0);
	devices_restart();
	notification_forget(DEVICES_ID);
	message_forget();
	return true;
}

static bool apart(__u64 *w)
{
	events_apart(w[1]);
	return true;
}

static bool uncallable(__u64 *w)
{
	partitions_uncallable(w[1]);
	return true;
}

static bool (*const commands[])(__u64 *) = {
	[CONTROL_HELLO] = hello,
	[CONTROL_COUNT] = count,
	[CONTROL_RETRIEVE] = retrieve,
	[CONTROL_RELINQUISH] = relinquish,
	[CONTROL_ADD_UP] = add_up,
	[CONTROL_FILL] = fill,
	[CONTROL_NOTIFY] = notify,
	[CONTROL_SEND] = send,
	[CONTROL_RECEIVED] = received,
	[CONTROL_RESET] = reset_counters,
	[CONTROL_FAIL] = fail,
	[CONTROL_FAILED] = failed,
	[CONTROL_MISBEHAVE] = misbehave,
	[CONTROL_REFUSE_FRAGMENT] = refuse_fragment,
	[CONTROL_POISON] = poison,
	[CONTROL_CHANGED] = changed,
	[CONTROL_RESTART] = restart,
	[CONTROL_APART] = apart,
	[CONTROL_UNCALLABLE] = uncallable,
};

#define COMMANDS	(sizeof(commands) / sizeof(commands[0]))

/* Commands that have longer answers need the longer message. */
bool control_direct(__u64 *words, __u32 n)
{
	__u64 w[WORDS2] = { 0 };

	memcpy(w, words, n * sizeof(*w));
	if (w[0] < COMMANDS && commands[w[0]] && commands[w[0]](w))
		w[0] = 0;
	else
		w[0] = CONTROL_REFUSED;
	memcpy(words, w, n * sizeof(*w));
	return true;
}

void control_indirect(const void *msg, __u32 len)
{
	indirect_len = len;
	memset(indirect, 0, sizeof(indirect));
	memcpy(indirect, msg, len < sizeof(indirect) ? len : sizeof(indirect));
}
