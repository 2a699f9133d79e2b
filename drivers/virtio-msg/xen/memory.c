// SPDX-License-Identifier: GPL-2.0
/*
 * Memory granted to another domain. It is freed when Xen says that the domain
 * has none of it mapped, whatever the domain says; until then it is kept in
 * quarantine, counted, and tried again.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "link.h"
#include "memory.h"

static_assert(sizeof(struct virtio_msg_xen_directory) ==
	      VIRTIO_MSG_XEN_PAGE_SIZE);
static_assert(!(PAGE_SIZE % VIRTIO_MSG_XEN_PAGE_SIZE));

/* Of a page that is no longer granted. */
#define NO_REF	U32_MAX

static void retry_work(struct work_struct *work);

/* Of all links, of which the one that granted it may be gone. */
static LIST_HEAD(quarantine);
static DEFINE_MUTEX(quarantine_lock);
static DECLARE_DELAYED_WORK(quarantine_work, retry_work);

/* Bytes of all memory that there is, in quarantine as well. */
static atomic_long_t all_bytes;

static unsigned int num_parts(const struct virtio_msg_xen_memory *mem)
{
	return mem->size >> VIRTIO_MSG_XEN_PAGE_SHIFT;
}

static void release(struct virtio_msg_xen_memory *mem)
{
	atomic_long_sub(mem->size, &all_bytes);
	vfree(mem->kaddr);
	kvfree(mem->refs);
	kfree(mem);
}

/* All of it, and what @domid has of that. */
static size_t quarantined_locked(u16 domid, size_t *part)
{
	struct virtio_msg_xen_memory *mem;
	size_t bytes = 0;

	lockdep_assert_held(&quarantine_lock);
	*part = 0;
	list_for_each_entry(mem, &quarantine, node) {
		bytes += mem->size;
		if (mem->domid == domid)
			*part += mem->size;
	}
	return bytes;
}

/* Who never lets go does not get more and more. */
static bool may_grant(u16 domid)
{
	size_t all, part;

	mutex_lock(&quarantine_lock);
	all = quarantined_locked(domid, &part);
	mutex_unlock(&quarantine_lock);
	return part < VIRTIO_MSG_XEN_MAX_QUARANTINE &&
	       all < VIRTIO_MSG_XEN_ALL_QUARANTINE;
}

/* Nor does who asks for more and more to be shared with it. */
static bool take_room(size_t bytes)
{
	long old = atomic_long_read(&all_bytes);

	do {
		if (bytes > VIRTIO_MSG_XEN_MAX_GRANTED - old)
			return false;
	} while (!atomic_long_try_cmpxchg(&all_bytes, &old, old + bytes));
	return true;
}

/**
 * virtio_msg_xen_memory_quarantined() - memory that another domain still uses
 *
 * Context: Sleeps.
 * Return: bytes of it.
 */
size_t virtio_msg_xen_memory_quarantined(void)
{
	size_t bytes, part;

	mutex_lock(&quarantine_lock);
	bytes = quarantined_locked(0, &part);
	mutex_unlock(&quarantine_lock);
	return bytes;
}

/**
 * virtio_msg_xen_memory_alloc() - allocate memory that is to be granted
 * @ops: Xen
 * @domid: the domain that it will be granted to
 * @size: bytes; rounded up to pages
 * @mem: result: zeroed memory
 *
 * Context: Sleeps.
 * Return: 0; -ENOSPC if too much is in quarantine, or granted in all; -ENOMEM.
 */
int virtio_msg_xen_memory_alloc(const struct virtio_msg_xen_ops *ops, u16 domid,
				size_t size, struct virtio_msg_xen_memory **mem)
{
	struct virtio_msg_xen_memory *new;

	size = PAGE_ALIGN(size);
	if (!may_grant(domid) || !take_room(size))
		return -ENOSPC;
	new = kzalloc_obj(*new);
	if (!new) {
		atomic_long_sub(size, &all_bytes);
		return -ENOMEM;
	}
	new->ops = ops;
	new->domid = domid;
	new->size = size;
	INIT_LIST_HEAD(&new->node);
	new->refs = kvcalloc(num_parts(new), sizeof(*new->refs), GFP_KERNEL);
	new->kaddr = __vmalloc(new->size, GFP_KERNEL_ACCOUNT | __GFP_ZERO |
			       __GFP_NOWARN);
	if (!new->refs || !new->kaddr) {
		release(new);
		return -ENOMEM;
	}
	*mem = new;
	return 0;
}

/* The page of this kernel that part @i is in. */
static struct page *page_of(const struct virtio_msg_xen_memory *mem,
			    unsigned int i)
{
	size_t offset = (size_t)i << VIRTIO_MSG_XEN_PAGE_SHIFT;

	return vmalloc_to_page(mem->kaddr + offset);
}

static int grant_part(struct virtio_msg_xen_memory *mem, unsigned int i,
		      bool readonly)
{
	int ref;

	ref = mem->ops->grant(mem->domid, page_of(mem, i),
			      i % VIRTIO_MSG_XEN_PER_PAGE, readonly);
	if (ref < 0)
		return ref;
	mem->refs[i] = ref;
	return 0;
}

/**
 * virtio_msg_xen_memory_grant() - let the other domain reach memory
 * @mem: the memory; freed by virtio_msg_xen_memory_free() in any case
 * @readonly: but not write to it
 *
 * Context: Sleeps.
 * Return: 0, -ENOSPC if Xen has no reference left, or another of its errors.
 */
int virtio_msg_xen_memory_grant(struct virtio_msg_xen_memory *mem,
				bool readonly)
{
	int err;

	while (mem->granted < num_parts(mem)) {
		err = grant_part(mem, mem->granted, readonly);
		if (err)
			return err;
		mem->granted++;
	}
	return 0;
}

/* Of the last page first: each names the next. */
static void write_directory(struct virtio_msg_xen_memory *directory,
			    const struct virtio_msg_xen_memory *mem)
{
	struct virtio_msg_xen_directory *page = directory->kaddr;
	unsigned int n = num_parts(mem), i;

	for (i = 0; i < n; i++)
		page[i / VIRTIO_MSG_XEN_DIRECTORY_REFS]
			.refs[i % VIRTIO_MSG_XEN_DIRECTORY_REFS] =
			cpu_to_le32(mem->refs[i]);
	n = DIV_ROUND_UP(n, VIRTIO_MSG_XEN_DIRECTORY_REFS);
	for (i = 0; i < n; i++) {
		page[i].count = cpu_to_le32(num_parts(mem));
		page[i].next = i + 1 < n ? cpu_to_le32(directory->refs[i + 1]) :
					   0;
	}
}

/**
 * virtio_msg_xen_memory_name() - make a directory of memory
 * @mem: granted
 * @directory: result: granted, for reading
 *
 * Context: Sleeps.
 * Return: 0, or as virtio_msg_xen_memory_alloc() and _grant().
 */
int virtio_msg_xen_memory_name(const struct virtio_msg_xen_memory *mem,
			       struct virtio_msg_xen_memory **directory)
{
	size_t n = DIV_ROUND_UP(num_parts(mem), VIRTIO_MSG_XEN_DIRECTORY_REFS);
	struct virtio_msg_xen_memory *new;
	int err;

	err = virtio_msg_xen_memory_alloc(mem->ops, mem->domid,
					  n << VIRTIO_MSG_XEN_PAGE_SHIFT, &new);
	if (err)
		return err;
	err = virtio_msg_xen_memory_grant(new, true);
	if (err) {
		virtio_msg_xen_memory_free(new);
		return err;
	}
	write_directory(new, mem);
	*directory = new;
	return 0;
}

/**
 * virtio_msg_xen_memory_revoke() - take memory from the other domain
 * @mem: the memory; stays allocated
 *
 * Context: Sleeps.
 * Return: false if the other domain still has some of it mapped.
 */
bool virtio_msg_xen_memory_revoke(struct virtio_msg_xen_memory *mem)
{
	unsigned int i, left = 0;

	for (i = 0; i < mem->granted; i++) {
		if (mem->refs[i] == NO_REF)
			continue;
		if (mem->ops->end_access(mem->refs[i]))
			mem->refs[i] = NO_REF;
		else
			left++;
	}
	return !left;
}

static void keep(struct virtio_msg_xen_memory *mem)
{
	mutex_lock(&quarantine_lock);
	list_add_tail(&mem->node, &quarantine);
	mutex_unlock(&quarantine_lock);
	queue_delayed_work(system_long_wq, &quarantine_work,
			   msecs_to_jiffies(VIRTIO_MSG_XEN_RETRY_MS));
}

/**
 * virtio_msg_xen_memory_free() - grant memory no more
 * @mem: memory that this side no longer uses
 *
 * What the other domain still has mapped is kept until it lets go.
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_memory_free(struct virtio_msg_xen_memory *mem)
{
	if (virtio_msg_xen_memory_revoke(mem))
		release(mem);
	else
		keep(mem);
}

/**
 * virtio_msg_xen_memory_retry() - free what can be freed by now
 *
 * Context: Sleeps.
 * Return: bytes that stay in quarantine.
 */
size_t virtio_msg_xen_memory_retry(void)
{
	struct virtio_msg_xen_memory *mem, *next;
	size_t left = 0;

	mutex_lock(&quarantine_lock);
	list_for_each_entry_safe(mem, next, &quarantine, node) {
		if (!virtio_msg_xen_memory_revoke(mem)) {
			left += mem->size;
			continue;
		}
		list_del(&mem->node);
		release(mem);
	}
	mutex_unlock(&quarantine_lock);
	return left;
}

static void retry_work(struct work_struct *work)
{
	if (virtio_msg_xen_memory_retry())
		queue_delayed_work(system_long_wq, &quarantine_work,
				   msecs_to_jiffies(VIRTIO_MSG_XEN_RETRY_MS));
}

static void abandon(const struct virtio_msg_xen_memory *mem)
{
	unsigned int i;

	for (i = 0; i < mem->granted; i++)
		if (mem->refs[i] != NO_REF)
			mem->ops->abandon(mem->refs[i], page_of(mem, i));
}

/**
 * virtio_msg_xen_memory_exit() - the module goes
 *
 * What is in quarantine then is Xen's driver's to wait for: it holds each page
 * until the other domain has let go of it.
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_memory_exit(void)
{
	struct virtio_msg_xen_memory *mem, *next;

	cancel_delayed_work_sync(&quarantine_work);
	mutex_lock(&quarantine_lock);
	list_for_each_entry_safe(mem, next, &quarantine, node) {
		list_del(&mem->node);
		abandon(mem);
		release(mem);
	}
	mutex_unlock(&quarantine_lock);
}
