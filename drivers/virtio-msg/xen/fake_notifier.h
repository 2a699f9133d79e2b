/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notifiers of page tables for tests, in kernels that have none: what view.c
 * uses of them, included before it by Kbuild, and who sets them off.
 */
#ifndef _VIRTIO_MSG_XEN_FAKE_NOTIFIER_H
#define _VIRTIO_MSG_XEN_FAKE_NOTIFIER_H

#include <linux/mmu_notifier.h>

int mmu_interval_notifier_insert_locked(struct mmu_interval_notifier *notifier,
					struct mm_struct *mm,
					unsigned long start,
					unsigned long length,
					const struct mmu_interval_notifier_ops *ops);
void mmu_interval_notifier_remove(struct mmu_interval_notifier *notifier);
unsigned long mmu_interval_read_begin(struct mmu_interval_notifier *notifier);
bool mmu_interval_read_retry(struct mmu_interval_notifier *notifier,
			     unsigned long seq);
void mmu_interval_set_seq(struct mmu_interval_notifier *notifier,
			  unsigned long seq);

void fake_notifier_fail(int err);
void fake_notifier_invalidate(struct mm_struct *mm, unsigned long start,
			      unsigned long end);
unsigned int fake_notifier_count(void);

#endif /* _VIRTIO_MSG_XEN_FAKE_NOTIFIER_H */
