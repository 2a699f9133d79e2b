// SPDX-License-Identifier: GPL-2.0
/* What cannot be inline in kernel.h. */
#include "kernel.h"

#undef memcpy

bool shim_copies = true;
unsigned long jiffies = 1000;

noinline void *shim_memcpy(void *to, const void *from, size_t len)
{
#ifdef SHIM_FUZZ
	size_t half = len / 2;

	/* It is not done at once. */
	shim_before_load(from, half);
	memcpy(to, from, half);
	shim_before_load((const char *)from + half, len - half);
	memcpy((char *)to + half, (const char *)from + half, len - half);
	return to;
#else
	return shim_copies ? memcpy(to, from, len) : to;
#endif
}

/* A program that cares has its own. */
__attribute__((weak)) bool shim_no_memory(void)
{
	return false;
}

__attribute__((weak)) bool shim_meanwhile(void)
{
	return false;
}

#ifdef SHIM_FUZZ
__attribute__((weak)) void shim_before_load(const volatile void *p, size_t len)
{
}
#endif

/* Works, in order: those that are queued, and those that are delayed. */
struct works {
	struct work_struct *first;
	struct work_struct **last;
};

static struct works queued = { .last = &queued.first };
static struct works delayed = { .last = &delayed.first };

static bool add_work(struct works *works, struct work_struct *work)
{
	if (work->pending)
		return false;
	work->pending = true;
	work->next = NULL;
	*works->last = work;
	works->last = &work->next;
	return true;
}

static void remove_work(struct works *works, struct work_struct **at)
{
	struct work_struct *work = *at;

	*at = work->next;
	if (works->last == &work->next)
		works->last = at;
	work->pending = false;
}

static bool cancel_work(struct works *works, struct work_struct *work)
{
	struct work_struct **at = &works->first;

	while (*at && *at != work)
		at = &(*at)->next;
	if (!*at)
		return false;
	remove_work(works, at);
	return true;
}

static bool run_work(struct works *works)
{
	struct work_struct *work = works->first;

	if (!work)
		return false;
	remove_work(works, &works->first);
	work->func(work);
	return true;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return add_work(&queued, work);
}

#ifdef SHIM_FUZZ
bool queue_delayed_work(struct workqueue_struct *wq,
			struct delayed_work *dwork, unsigned long delay)
{
	return add_work(delay ? &delayed : &queued, &dwork->work);
}
#endif

bool cancel_work_sync(struct work_struct *work)
{
	return cancel_work(&queued, work) || cancel_work(&delayed, work);
}

bool shim_run_works(void)
{
	return run_work(&queued);
}

bool shim_run_delayed(void)
{
	return run_work(&delayed);
}
