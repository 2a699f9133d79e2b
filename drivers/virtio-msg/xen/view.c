// SPDX-License-Identifier: GPL-2.0
/*
 * What processes of a PV domain see of another domain's pages. Xen lets such a
 * domain write no page table entry for them: it writes each itself, if it is
 * told where the entry is, and takes it away again. So each entry is a mapping
 * of the grant, made when the process first looks, and ended before the kernel
 * touches the entry, of which it says so to this notifier.
 *
 * This kernel has the grant mapped, too, for writing, so that the other domain
 * cannot take it back. It can have a mapping here fail all the same, if it names
 * one reference so often that Xen counts no more of its mappings.
 */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "link.h"
#include "mapping.h"
#include "view.h"

/**
 * struct xen_view - what one process sees
 * @notifier: of its page tables
 * @node: of the pages
 * @pages: what it is a view of
 * @ops: who writes the entries
 * @lock: protects @entries; taken by @notifier, so nothing is allocated with it
 * @entries: struct xen_entry at each virtual page number
 */
struct xen_view {
	struct mmu_interval_notifier notifier;
	struct list_head node;
	struct virtio_msg_xen_pages *pages;
	const struct virtio_msg_xen_view_ops *ops;
	struct mutex lock; /* see above */
	struct xarray entries;
};

/**
 * struct xen_entry - a page table entry that Xen wrote
 * @address: machine address of it
 * @handle: of the mapping
 */
struct xen_entry {
	u64 address;
	u32 handle;
};

/* Protects the views of all pages. */
static DEFINE_MUTEX(views_lock);

/* Entries */

/* Each is an entry of Xen's table, too, of which a window has so many. */
static int map_entry(struct xen_view *view, unsigned int i, bool readonly,
		     struct xen_entry *entry)
{
	struct virtio_msg_xen_pages *pages = view->pages;
	int err;

	if (atomic_inc_return(&pages->shown) >
	    pages->n * VIRTIO_MSG_XEN_MAX_VIEWS) {
		atomic_dec(&pages->shown);
		virtio_msg_xen_mappings_refuse();
		return -ENOSPC;
	}
	err = view->ops->map(entry->address, pages->domid, pages->refs[i],
			     readonly, &entry->handle);
	if (err)
		atomic_dec(&pages->shown);
	return err;
}

static void unmap_entry(struct xen_view *view, const struct xen_entry *entry)
{
	if (!view->ops->unmap(entry->address, entry->handle))
		pr_warn_ratelimited("virtio-msg-xen: a grant stays mapped\n");
	atomic_dec(&view->pages->shown);
}

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct xen_view *view =
		container_of(notifier, struct xen_view, notifier);
	struct xen_entry *entry;
	unsigned long i;

	if (mmu_notifier_range_blockable(range))
		mutex_lock(&view->lock);
	else if (!mutex_trylock(&view->lock))
		return false;
	mmu_interval_set_seq(notifier, seq);
	xa_for_each_range(&view->entries, i, entry, range->start >> PAGE_SHIFT,
			  (range->end - 1) >> PAGE_SHIFT) {
		xa_erase(&view->entries, i);
		unmap_entry(view, entry);
		kfree(entry);
	}
	mutex_unlock(&view->lock);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* Views */

static struct xen_view *find(const struct virtio_msg_xen_pages *pages,
			     const struct mm_struct *mm)
{
	struct xen_view *view;

	lockdep_assert_held(&views_lock);
	list_for_each_entry(view, &pages->views, node)
		if (view->notifier.mm == mm)
			return view;
	return NULL;
}

static void close(struct xen_view *view)
{
	list_del(&view->node);
	mmu_interval_notifier_remove(&view->notifier);
	WARN_ON_ONCE(!xa_empty(&view->entries));
	xa_destroy(&view->entries);
	mutex_destroy(&view->lock);
	kfree(view);
}

/* Processes that have ended need none. */
static void prune(struct virtio_msg_xen_pages *pages)
{
	struct xen_view *view, *next;

	list_for_each_entry_safe(view, next, &pages->views, node)
		if (!atomic_read(&view->notifier.mm->mm_users) &&
		    xa_empty(&view->entries))
			close(view);
}

static int open(struct virtio_msg_xen_pages *pages,
		const struct virtio_msg_xen_view_ops *ops, struct mm_struct *mm)
{
	struct xen_view *view = kzalloc_obj(*view, GFP_KERNEL_ACCOUNT);
	int err;

	if (!view)
		return -ENOMEM;
	view->pages = pages;
	view->ops = ops;
	mutex_init(&view->lock);
	xa_init(&view->entries);
	err = mmu_interval_notifier_insert_locked(&view->notifier, mm, 0,
						  ULONG_MAX, &notifier_ops);
	if (err) {
		mutex_destroy(&view->lock);
		kfree(view);
		return err;
	}
	list_add(&view->node, &pages->views);
	return 0;
}

/**
 * virtio_msg_xen_view_open() - a process is about to map some of the pages
 * @pages: mapped by this kernel
 * @ops: who writes the entries
 * @vma: where
 *
 * Context: Sleeps; with the process's mmap_lock, for writing.
 * Return: 0; -ENOMEM; -EINTR if the process has a signal, and has not looked at
 * such pages before.
 */
int virtio_msg_xen_view_open(struct virtio_msg_xen_pages *pages,
			     const struct virtio_msg_xen_view_ops *ops,
			     struct vm_area_struct *vma)
{
	int err = 0;

	/*
	 * The entries of a child would be others; before Linux 7.0 only what
	 * counts as I/O keeps madvise() from having them copied all the same.
	 */
	vm_flags_set(vma, VM_DONTCOPY | VM_IO);
	mutex_lock(&views_lock);
	prune(pages);
	if (!find(pages, vma->vm_mm))
		err = open(pages, ops, vma->vm_mm);
	mutex_unlock(&views_lock);
	return err;
}

/* With the lock. -EAGAIN if the kernel has changed the page tables meanwhile. */
static int show(struct xen_view *view, struct vm_fault *vmf, unsigned int i,
		unsigned long seq, struct xen_entry *entry)
{
	unsigned long number = vmf->address >> PAGE_SHIFT;
	int err;

	lockdep_assert_held(&view->lock);
	if (mmu_interval_read_retry(&view->notifier, seq))
		return -EAGAIN;
	if (xa_load(&view->entries, number))
		return -EBUSY;
	err = map_entry(view, i, !(vmf->vma->vm_flags & VM_WRITE), entry);
	if (err)
		return err;
	/* There is room for it, unless it was taken by what has gone since. */
	err = xa_err(xa_store(&view->entries, number, entry, GFP_NOWAIT));
	if (err)
		unmap_entry(view, entry);
	return err;
}

static int try_show(struct xen_view *view, struct vm_fault *vmf, unsigned int i)
{
	unsigned long seq, number = vmf->address >> PAGE_SHIFT;
	struct xen_entry *entry;
	int err;

	entry = kzalloc_obj(*entry, GFP_KERNEL_ACCOUNT);
	if (!entry)
		return -ENOMEM;
	err = xa_reserve(&view->entries, number, GFP_KERNEL);
	if (err)
		goto free_entry;
	seq = mmu_interval_read_begin(&view->notifier);
	/* The page table stays as long as nothing invalidates the address. */
	err = view->ops->find(vmf->vma->vm_mm, vmf->address & PAGE_MASK,
			      &entry->address);
	if (err)
		goto release_number;
	mutex_lock(&view->lock);
	err = show(view, vmf, i, seq, entry);
	mutex_unlock(&view->lock);
	if (!err)
		return 0;

release_number:
	xa_release(&view->entries, number);
free_entry:
	kfree(entry);
	return err;
}

/**
 * virtio_msg_xen_view_fault() - a process wants to see a page
 * @pages: mapped by this kernel
 * @vmf: the page fault
 * @i: which page
 *
 * Context: Sleeps; with the process's mmap_lock.
 * Return: what a page fault returns.
 */
vm_fault_t virtio_msg_xen_view_fault(struct virtio_msg_xen_pages *pages,
				     struct vm_fault *vmf, unsigned int i)
{
	struct xen_view *view;
	int err;

	/* Views of a process that has a page fault are not closed. */
	mutex_lock(&views_lock);
	view = find(pages, vmf->vma->vm_mm);
	mutex_unlock(&views_lock);
	if (!view)
		return VM_FAULT_SIGBUS;
	err = try_show(view, vmf, i);
	switch (err) {
	case 0:
	case -EAGAIN:
	case -EBUSY:
		return VM_FAULT_NOPAGE;
	case -ENOMEM:
		return VM_FAULT_OOM;
	default:
		return VM_FAULT_SIGBUS;
	}
}

/**
 * virtio_msg_xen_views_close() - no process has any of the pages mapped
 * @pages: which
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_views_close(struct virtio_msg_xen_pages *pages)
{
	struct xen_view *view, *next;

	mutex_lock(&views_lock);
	list_for_each_entry_safe(view, next, &pages->views, node)
		close(view);
	mutex_unlock(&views_lock);
}
