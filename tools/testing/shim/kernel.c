// SPDX-License-Identifier: GPL-2.0
/* What cannot be inline in kernel.h. */
#include "kernel.h"

#undef memcpy

bool shim_copies = true;

noinline void *shim_memcpy(void *to, const void *from, size_t len)
{
	return shim_copies ? memcpy(to, from, len) : to;
}

/* Works that are queued, in order. */
static struct work_struct *first;
static struct work_struct **last = &first;

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	if (work->pending)
		return false;
	work->pending = true;
	work->next = NULL;
	*last = work;
	last = &work->next;
	return true;
}

static void remove_work(struct work_struct **at)
{
	struct work_struct *work = *at;

	*at = work->next;
	if (last == &work->next)
		last = at;
	work->pending = false;
}

bool cancel_work_sync(struct work_struct *work)
{
	struct work_struct **at = &first;

	while (*at && *at != work)
		at = &(*at)->next;
	if (!*at)
		return false;
	remove_work(at);
	return true;
}

bool shim_run_works(void)
{
	struct work_struct *work = first;

	if (!work)
		return false;
	remove_work(&first);
	work->func(work);
	return true;
}
