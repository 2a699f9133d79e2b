// SPDX-License-Identifier: GPL-2.0
/*
 * Areas: memory shared with a partition, one for each window. What the
 * partition says decides nothing: memory is free when firmware has reclaimed
 * it. What it could not is kept, counted, and tried again.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../limits.h"
#include "area.h"
#include "call.h"

#define AREA_ATTRS							\
	(VIRTIO_MSG_FFA_AREA_WRITEABLE | VIRTIO_MSG_FFA_AREA_INNER |	\
	 VIRTIO_MSG_FFA_AREA_WRITE_BACK | VIRTIO_MSG_FFA_AREA_NORMAL |	\
	 VIRTIO_MSG_FFA_AREA_NON_SECURE)

static_assert(VIRTIO_MSG_FFA_PAGE_SIZE == FFA_PAGE_SIZE);
static_assert(!(PAGE_SIZE % FFA_PAGE_SIZE));

/* In the place of an area that was not given up: its number is taken. */
#define TAKEN	xa_mk_value(1)

/* Memory that could not be reclaimed, of all partitions. */
static LIST_HEAD(retained);
static DEFINE_MUTEX(retained_lock);

/* Sharing */

static int make_table(const struct virtio_msg_ffa_area_mem *mem,
		      struct sg_table *table)
{
	unsigned int i, n = mem->size >> PAGE_SHIFT;
	struct page **pages;
	int err;

	pages = kvmalloc_array(n, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		pages[i] = vmalloc_to_page(mem->kaddr + i * PAGE_SIZE);
	err = sg_alloc_table_from_pages(table, pages, n, 0, mem->size,
					GFP_KERNEL);
	kvfree(pages);
	return err;
}

static bool is_busy(int err)
{
	return err == -EBUSY || err == -EAGAIN || err == -EINTR;
}

/* False: it has been busy for too long. */
static bool wait_busy(unsigned long deadline, u32 *ms)
{
	if (time_after(jiffies, deadline))
		return false;
	msleep(*ms);
	*ms = min(2 * *ms, VIRTIO_MSG_FFA_BUSY_MAX_MS);
	return true;
}

static int reclaim(struct virtio_msg_ffa *ffa,
		   struct virtio_msg_ffa_area_mem *mem, unsigned long deadline)
{
	u32 ms = VIRTIO_MSG_FFA_BUSY_MIN_MS;
	int err;

	do {
		err = mem->mem_ops->memory_reclaim(mem->handle, 0);
	} while (is_busy(err) && wait_busy(deadline, &ms));
	if (!err)
		mem->shared = false;
	return err;
}

/*
 * An error may come in the middle, when firmware has some of the pages. If it
 * knows the handle no more, it has none.
 */
static int share(struct virtio_msg_ffa *ffa,
		 struct virtio_msg_ffa_area_mem *mem, struct sg_table *table)
{
	struct ffa_mem_region_attributes attrs = {
		.receiver = ffa->fdev->vm_id,
		.attrs = FFA_MEM_RW,
	};
	struct ffa_mem_ops_args args = {
		.use_txbuf = true,
		.tag = mem->id,
		.nattrs = 1,
		.attrs = &attrs,
		/* Moved on by the call. */
		.sg = table->sgl,
	};
	int err;

	err = mem->mem_ops->memory_share(&args);
	mem->handle = args.g_handle;
	mem->shared = !err || args.g_handle;
	if (err && mem->shared && reclaim(ffa, mem, jiffies) == -EINVAL)
		mem->shared = false;
	return err;
}

/**
 * virtio_msg_ffa_memory_share() - have firmware share memory
 * @ffa: the link
 * @mem: what was created; freed by virtio_msg_ffa_area_free() in any case
 *
 * Context: Sleeps.
 * Return: 0, -ENOMEM, or an error of the FF-A driver.
 */
int virtio_msg_ffa_memory_share(struct virtio_msg_ffa *ffa,
				struct virtio_msg_ffa_area_mem *mem)
{
	unsigned long deadline = virtio_msg_ffa_deadline(ffa);
	u32 ms = VIRTIO_MSG_FFA_BUSY_MIN_MS;
	struct sg_table table;
	int err;

	err = make_table(mem, &table);
	if (err)
		return err;
	do {
		err = share(ffa, mem, &table);
	} while (is_busy(err) && !mem->shared && wait_busy(deadline, &ms));
	sg_free_table(&table);
	return err;
}

/* What the partition is told */

/* AREA_SHARE and AREA_UNSHARE are answered alike. */
static int request(struct virtio_msg_ffa *ffa, u8 id, const void *payload,
		   unsigned int size, u32 area)
{
	struct virtio_msg_ffa_area_resp resp;
	int err;

	err = virtio_msg_ffa_request(ffa, id, payload, size, &resp,
				     sizeof(resp));
	if (err < 0)
		return err;
	if (err != sizeof(resp) || le16_to_cpu(resp.area_id) != area) {
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
		return -EBADMSG;
	}
	return virtio_msg_ffa_result_error(resp.result);
}

static int request_wait(struct virtio_msg_ffa *ffa, u8 id, const void *payload,
			unsigned int size, u32 area)
{
	unsigned long deadline = virtio_msg_ffa_deadline(ffa);
	u32 ms = VIRTIO_MSG_FFA_BUSY_MIN_MS;
	int err;

	do {
		err = request(ffa, id, payload, size, area);
	} while (err == -EBUSY && wait_busy(deadline, &ms));
	return err;
}

static int announce(struct virtio_msg_ffa *ffa,
		    const struct virtio_msg_ffa_area_mem *mem)
{
	const struct virtio_msg_ffa_area_share payload = {
		.area_id = cpu_to_le16(mem->id),
		.mem_handle = cpu_to_le64(mem->handle),
		.tag = cpu_to_le64(mem->id),
		.page_count = cpu_to_le32(mem->size / FFA_PAGE_SIZE),
		.attrs = cpu_to_le32(AREA_ATTRS),
	};

	return request_wait(ffa, VIRTIO_MSG_FFA_AREA_SHARE, &payload,
			    sizeof(payload), mem->id);
}

static int unshare(struct virtio_msg_ffa *ffa,
		   struct virtio_msg_ffa_area_mem *mem)
{
	const struct virtio_msg_ffa_area payload = {
		.area_id = cpu_to_le16(mem->id),
	};
	int err;

	if (READ_ONCE(mem->given_up))
		return 0;
	err = request_wait(ffa, VIRTIO_MSG_FFA_AREA_UNSHARE, &payload,
			   sizeof(payload), mem->id);
	if (!err)
		WRITE_ONCE(mem->given_up, true);
	/* No other window is to wait as long. */
	if (err == -ETIMEDOUT)
		virtio_msg_ffa_lose(ffa);
	return err;
}

/* Memory that stays shared */

static void release_memory(struct virtio_msg_ffa_area_mem *mem)
{
	vfree(mem->kaddr);
	kfree(mem);
}

static void retain(struct virtio_msg_ffa *ffa,
		   struct virtio_msg_ffa_area_mem *mem)
{
	dev_warn_ratelimited(&ffa->fdev->dev,
			     "%zu bytes cannot be reclaimed now\n", mem->size);
	mutex_lock(&retained_lock);
	list_add_tail(&mem->node, &retained);
	mutex_unlock(&retained_lock);
	queue_delayed_work(ffa->link_wq, &ffa->reclaim_work,
			   msecs_to_jiffies(VIRTIO_MSG_FFA_RECLAIM_MS));
}

/* Of this partition, if the driver that shared it is the one that is there. */
static bool was_shared_here(const struct virtio_msg_ffa *ffa,
			    const struct virtio_msg_ffa_area_mem *mem)
{
	return mem->mem_ops == ffa->fdev->ops->mem_ops &&
	       mem->vm_id == ffa->fdev->vm_id;
}

/**
 * virtio_msg_ffa_reclaim_retained() - try again to reclaim what could not be
 * @ffa: the link
 *
 * Context: Sleeps.
 * Return: bytes that cannot be reclaimed now, either.
 */
size_t virtio_msg_ffa_reclaim_retained(struct virtio_msg_ffa *ffa)
{
	struct virtio_msg_ffa_area_mem *mem, *next;
	size_t left = 0;

	mutex_lock(&retained_lock);
	list_for_each_entry_safe(mem, next, &retained, node) {
		if (!was_shared_here(ffa, mem))
			continue;
		if (reclaim(ffa, mem, jiffies)) {
			left += mem->size;
			continue;
		}
		list_del(&mem->node);
		release_memory(mem);
	}
	mutex_unlock(&retained_lock);
	return left;
}

/**
 * virtio_msg_ffa_leave_retained() - the module goes, and firmware still shares
 *
 * What could not be reclaimed is never freed: a leak on purpose.
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_leave_retained(void)
{
	struct virtio_msg_ffa_area_mem *mem;
	size_t size = 0;

	mutex_lock(&retained_lock);
	list_for_each_entry(mem, &retained, node) {
		size += mem->size;
		kmemleak_not_leak(mem->kaddr);
		kmemleak_not_leak(mem);
	}
	mutex_unlock(&retained_lock);
	if (size)
		pr_warn("virtio-msg-ffa: %zu bytes stay shared for ever\n", size);
}

/**
 * virtio_msg_ffa_retained() - memory that could not be reclaimed
 * @ffa: the link
 *
 * Context: Sleeps.
 * Return: bytes of it.
 */
size_t virtio_msg_ffa_retained(struct virtio_msg_ffa *ffa)
{
	struct virtio_msg_ffa_area_mem *mem;
	size_t bytes = 0;

	mutex_lock(&retained_lock);
	list_for_each_entry(mem, &retained, node)
		if (was_shared_here(ffa, mem))
			bytes += mem->size;
	mutex_unlock(&retained_lock);
	return bytes;
}

/* Areas */

static void drop_id(struct virtio_msg_ffa *ffa,
		    struct virtio_msg_ffa_area_mem *mem)
{
	if (!mem->id)
		return;
	/* The partition may still know an area that it did not give up. */
	if (mem->given_up)
		xa_erase_irq(&ffa->areas, mem->id);
	else
		xa_store_irq(&ffa->areas, mem->id, TAKEN, GFP_KERNEL);
	mem->id = 0;
}

static int take_id(struct virtio_msg_ffa *ffa,
		   struct virtio_msg_ffa_area_mem *mem)
{
	int err;

	err = xa_alloc_cyclic_irq(&ffa->areas, &mem->id, mem,
				  XA_LIMIT(1, ffa->max_areas), &ffa->next_area,
				  GFP_KERNEL);
	if (err >= 0)
		return 0;
	mem->id = 0;
	return err == -EBUSY ? -ENOSPC : err;
}

/**
 * virtio_msg_ffa_memory_create() - allocate memory that is to be shared
 * @ffa: the link
 * @size: bytes, a multiple of PAGE_SIZE
 * @mem: result: zeroed memory
 *
 * Context: Sleeps.
 * Return: 0, or -ENOMEM.
 */
int virtio_msg_ffa_memory_create(struct virtio_msg_ffa *ffa, size_t size,
				 struct virtio_msg_ffa_area_mem **mem)
{
	struct virtio_msg_ffa_area_mem *new = kzalloc_obj(*new);

	if (!new)
		return -ENOMEM;
	new->kaddr = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO |
			       __GFP_NOWARN);
	if (!new->kaddr) {
		kfree(new);
		return -ENOMEM;
	}
	new->size = size;
	new->mem_ops = ffa->fdev->ops->mem_ops;
	new->vm_id = ffa->fdev->vm_id;
	/* As long as the partition has not been told of it. */
	new->given_up = true;
	*mem = new;
	return 0;
}

/**
 * virtio_msg_ffa_area_alloc() - share memory with the partition
 * @ffa: open
 * @size: bytes, a multiple of PAGE_SIZE
 * @mem: result: zeroed memory
 *
 * Context: Sleeps.
 * Return: 0; -ENOSPC if all numbers are taken, or too much memory cannot be
 * reclaimed; -ENOMEM; -EPERM or -EBUSY if the
 * partition refuses; an error of the FF-A driver; or as
 * virtio_msg_ffa_request().
 */
int virtio_msg_ffa_area_alloc(struct virtio_msg_ffa *ffa, size_t size,
			      struct virtio_msg_ffa_area_mem **mem)
{
	struct virtio_msg_ffa_area_mem *new;
	int err;

	/* What the core has freed, but firmware has not, counts as well. */
	if (size > VIRTIO_MSG_LIMIT_WINDOWS ||
	    virtio_msg_ffa_retained(ffa) > VIRTIO_MSG_LIMIT_WINDOWS - size)
		return -ENOSPC;
	err = virtio_msg_ffa_memory_create(ffa, size, &new);
	if (err)
		return err;
	err = take_id(ffa, new);
	if (!err)
		err = virtio_msg_ffa_memory_share(ffa, new);
	if (!err) {
		WRITE_ONCE(new->given_up, false);
		err = announce(ffa, new);
	}
	if (err == -EPERM || err == -EBUSY)
		WRITE_ONCE(new->given_up, true);
	if (err)
		virtio_msg_ffa_area_free(ffa, new);
	else
		*mem = new;
	return err;
}

/**
 * virtio_msg_ffa_area_revoke() - take an area from the partition
 * @ffa: the link
 * @mem: an area; stays allocated
 *
 * Context: Sleeps.
 * Return: 0; an error if firmware does not reclaim it.
 */
int virtio_msg_ffa_area_revoke(struct virtio_msg_ffa *ffa,
			       struct virtio_msg_ffa_area_mem *mem)
{
	if (!mem->shared)
		return 0;
	unshare(ffa, mem);
	return reclaim(ffa, mem, virtio_msg_ffa_deadline(ffa));
}

/**
 * virtio_msg_ffa_area_free() - share memory no more
 * @ffa: the link
 * @mem: an area that this side no longer uses
 *
 * If firmware does not reclaim it, it is kept until it does.
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_area_free(struct virtio_msg_ffa *ffa,
			      struct virtio_msg_ffa_area_mem *mem)
{
	int err = virtio_msg_ffa_area_revoke(ffa, mem);

	drop_id(ffa, mem);
	if (err)
		retain(ffa, mem);
	else
		release_memory(mem);
}

/**
 * virtio_msg_ffa_area_released() - the partition has given an area up
 * @ffa: the link
 * @id: number of the area, which may be none
 *
 * Context: Any.
 */
void virtio_msg_ffa_area_released(struct virtio_msg_ffa *ffa, u16 id)
{
	struct virtio_msg_ffa_area_mem *mem;
	unsigned long flags;

	xa_lock_irqsave(&ffa->areas, flags);
	mem = xa_load(&ffa->areas, id);
	if (xa_is_value(mem))
		__xa_erase(&ffa->areas, id);
	else if (mem)
		WRITE_ONCE(mem->given_up, true);
	xa_unlock_irqrestore(&ffa->areas, flags);
	if (!mem)
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_UNEXPECTED);
	else if (xa_is_value(mem))
		mod_delayed_work(ffa->link_wq, &ffa->reclaim_work, 0);
}

/* What the core could not have revoked: it has forgotten it. */
static void retain_rest(struct virtio_msg_ffa *ffa)
{
	struct virtio_msg_ffa_area_mem *mem;
	unsigned long id;

	xa_for_each(&ffa->areas, id, mem) {
		if (xa_is_value(mem))
			continue;
		mem->id = 0;
		xa_store_irq(&ffa->areas, id, TAKEN, GFP_KERNEL);
		retain(ffa, mem);
	}
}

/**
 * virtio_msg_ffa_areas_forget() - the link ends
 * @ffa: a link without a bus; the partition has been reset, if it is there
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_areas_forget(struct virtio_msg_ffa *ffa)
{
	retain_rest(ffa);
	xa_destroy(&ffa->areas);
	ffa->next_area = 0;
}
