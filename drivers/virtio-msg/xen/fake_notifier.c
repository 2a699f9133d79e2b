// SPDX-License-Identifier: GPL-2.0
/*
 * Notifiers of page tables for tests, see fake_notifier.h. Tests of one thread
 * use them.
 */
#include <linux/list.h>
#include <linux/mm.h>

#include "fake_notifier.h"

static HLIST_HEAD(notifiers);
static unsigned long last_seq;
static int next_error;

/**
 * fake_notifier_fail() - have the next insertion fail
 * @err: the error; 0: have it not fail
 */
void fake_notifier_fail(int err)
{
	next_error = err;
}

int mmu_interval_notifier_insert_locked(struct mmu_interval_notifier *notifier,
					struct mm_struct *mm,
					unsigned long start,
					unsigned long length,
					const struct mmu_interval_notifier_ops *ops)
{
	int err = next_error;

	next_error = 0;
	if (err)
		return err;
	notifier->mm = mm;
	notifier->ops = ops;
	notifier->invalidate_seq = ++last_seq;
	hlist_add_head(&notifier->deferred_item, &notifiers);
	return 0;
}

/* The kernel's own calls nothing here either, while the process lives. */
void mmu_interval_notifier_remove(struct mmu_interval_notifier *notifier)
{
	hlist_del(&notifier->deferred_item);
}

unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *notifier)
{
	return notifier->invalidate_seq;
}

bool mmu_interval_read_retry(struct mmu_interval_notifier *notifier,
			     unsigned long seq)
{
	return notifier->invalidate_seq != seq;
}

void mmu_interval_set_seq(struct mmu_interval_notifier *notifier,
			  unsigned long seq)
{
	notifier->invalidate_seq = seq;
}

/**
 * fake_notifier_invalidate() - the kernel is about to change page tables
 * @mm: of which process
 * @start: first address
 * @end: behind the last
 */
void fake_notifier_invalidate(struct mm_struct *mm, unsigned long start,
			      unsigned long end)
{
	struct mmu_notifier_range range = { .start = start, .end = end };
	struct mmu_interval_notifier *notifier;

	last_seq++;
	hlist_for_each_entry(notifier, &notifiers, deferred_item)
		if (notifier->mm == mm)
			notifier->ops->invalidate(notifier, &range, last_seq);
}

/**
 * fake_notifier_count() - how many there are
 *
 * Return: of all processes.
 */
unsigned int fake_notifier_count(void)
{
	struct mmu_interval_notifier *notifier;
	unsigned int n = 0;

	hlist_for_each_entry(notifier, &notifiers, deferred_item)
		n++;
	return n;
}
