// SPDX-License-Identifier: GPL-2.0
/*
 * Windows of the front end, mapped by the back end: once, as long as anybody
 * uses them. The table, the directories and the pages are the other domain's:
 * each word is loaded once and bounded, and what it can bring about is that
 * nothing is mapped, or another page of its own.
 */
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/barrier.h>

#include "link.h"
#include "mapping.h"

/**
 * struct xen_mapping - a window of the other domain
 * @ops: Xen
 * @node: of the link, or of those that are busy
 * @id: number of the window
 * @word: of its entry in the table
 * @users: references
 * @handles: entries of Xen's table that it may take
 * @pages: its pages
 */
struct xen_mapping {
	const struct virtio_msg_xen_ops *ops;
	struct list_head node;
	u32 id;
	u32 word;
	unsigned int users;
	u32 handles;
	struct virtio_msg_xen_pages pages;
};

static void retry_work(struct work_struct *work);

/* Mappings that nobody uses, but whose pages somebody has pinned. */
static LIST_HEAD(busy);
static DEFINE_MUTEX(busy_lock);
static DECLARE_DELAYED_WORK(busy_work, retry_work);

/* Entries of Xen's table that all of them may take, those of @busy too. */
static atomic_t all_handles = ATOMIC_INIT(0);
/* What was not mapped because there would have been too many. */
static atomic_t refused = ATOMIC_INIT(0);

static struct virtio_msg_xen *to_xen(struct virtio_msg_bus *bus)
{
	struct virtio_msg_shmem *shmem = bus->priv;

	return container_of(shmem, struct virtio_msg_xen, shmem);
}

/* Entries of Xen's table */

/**
 * virtio_msg_xen_mappings_refuse() - count what is not mapped
 *
 * Context: Any.
 */
void virtio_msg_xen_mappings_refuse(void)
{
	atomic_inc(&refused);
}

/**
 * virtio_msg_xen_mappings_refused() - how often too much was to be mapped
 *
 * Context: Any.
 * Return: the number, which only grows.
 */
unsigned int virtio_msg_xen_mappings_refused(void)
{
	return atomic_read(&refused);
}

/* Room for @n pages; none if others have it, or this link too much. */
static int take_handles(struct virtio_msg_xen *xen, u32 n, u32 *taken)
{
	u32 handles = xen->ops->handles ? n * xen->ops->handles() : n;

	lockdep_assert_held(&xen->windows_lock);
	if (handles > VIRTIO_MSG_XEN_MAX_HANDLES - xen->handles)
		goto refuse;
	if (atomic_add_return(handles, &all_handles) >
	    VIRTIO_MSG_XEN_MAX_ALL_HANDLES) {
		atomic_sub(handles, &all_handles);
		goto refuse;
	}
	xen->handles += handles;
	*taken = handles;
	return 0;

refuse:
	virtio_msg_xen_mappings_refuse();
	return -ENOSPC;
}

/* Unmapping */

static bool is_pinned(const struct xen_mapping *mapping)
{
	unsigned int i;

	for (i = 0; i < mapping->pages.n; i += VIRTIO_MSG_XEN_PER_PAGE)
		if (page_count(mapping->pages.pages[i / VIRTIO_MSG_XEN_PER_PAGE]) > 1)
			return true;
	return false;
}

static bool try_unmap(struct xen_mapping *mapping)
{
	if (is_pinned(mapping))
		return false;
	mapping->ops->unmap(&mapping->pages);
	atomic_sub(mapping->handles, &all_handles);
	kfree(mapping);
	return true;
}

static unsigned int retry(void)
{
	struct xen_mapping *mapping, *next;
	unsigned int left = 0;

	mutex_lock(&busy_lock);
	list_for_each_entry_safe(mapping, next, &busy, node) {
		struct list_head *node = &mapping->node;

		list_del(node);
		if (try_unmap(mapping))
			continue;
		list_add(node, &busy);
		left++;
	}
	mutex_unlock(&busy_lock);
	return left;
}

static void retry_work(struct work_struct *work)
{
	if (retry())
		queue_delayed_work(system_long_wq, &busy_work,
				   msecs_to_jiffies(VIRTIO_MSG_XEN_RETRY_MS));
}

static void unmap(struct xen_mapping *mapping)
{
	if (try_unmap(mapping))
		return;
	mutex_lock(&busy_lock);
	list_add_tail(&mapping->node, &busy);
	mutex_unlock(&busy_lock);
	queue_delayed_work(system_long_wq, &busy_work,
			   msecs_to_jiffies(VIRTIO_MSG_XEN_RETRY_MS));
}

/**
 * virtio_msg_xen_mappings_busy() - mappings whose pages somebody has pinned
 *
 * Context: Sleeps.
 * Return: how many there are.
 */
unsigned int virtio_msg_xen_mappings_busy(void)
{
	struct xen_mapping *mapping;
	unsigned int n = 0;

	mutex_lock(&busy_lock);
	list_for_each_entry(mapping, &busy, node)
		n++;
	mutex_unlock(&busy_lock);
	return n;
}

/**
 * virtio_msg_xen_mappings_exit() - the module goes
 *
 * What is still pinned stays mapped for good.
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_mappings_exit(void)
{
	unsigned int left;

	cancel_delayed_work_sync(&busy_work);
	left = retry();
	if (left)
		pr_warn("virtio-msg-xen: %u windows stay mapped\n", left);
}

/* The table */

static u32 num_entries(const struct virtio_msg_xen *xen)
{
	u64 n = xen->shmem.layout.part[0].windows_size /
		sizeof(struct virtio_msg_xen_window);

	return min_t(u64, n, xen->entries);
}

static const struct virtio_msg_xen_window *entry(const struct virtio_msg_xen *xen,
						 u32 id)
{
	const struct virtio_msg_xen_window *table =
		xen->shmem.base + xen->shmem.layout.part[0].windows;

	return &table[id];
}

static u32 load_word(const struct virtio_msg_xen *xen, u32 id)
{
	/* Pairs with write_entry() of the front end. */
	return le32_to_cpu(virt_load_acquire(&entry(xen, id)->word));
}

static bool belongs(u32 word, u16 dev_num)
{
	return word & VIRTIO_MSG_XEN_WINDOW_USED &&
	       (word & VIRTIO_MSG_XEN_WINDOW_DEVICE) == dev_num;
}

/* Of the pages named, those that make whole pages of this kernel. */
static int load_pages(const struct virtio_msg_xen *xen, u32 id, u32 *n)
{
	u32 pages = le32_to_cpu(READ_ONCE(entry(xen, id)->pages));

	if (pages > VIRTIO_MSG_XEN_MAX_WINDOW >> VIRTIO_MSG_XEN_PAGE_SHIFT)
		return -EFAULT;
	*n = ALIGN_DOWN(pages, VIRTIO_MSG_XEN_PER_PAGE);
	return *n ? 0 : -EFAULT;
}

/* Directories */

/* Takes up to @n references from the page @ref, and says which is next. */
static int read_page(const struct virtio_msg_xen *xen, u32 *ref, u32 *refs,
		     u32 n, u32 *count)
{
	const struct virtio_msg_xen_directory *directory;
	struct virtio_msg_xen_pages pages;
	u32 i;
	int err;

	err = xen->ops->map(xen->domid, ref, 1, true, &pages);
	if (err)
		return err;
	directory = page_to_virt(pages.pages[0]);
	for (i = 0; i < n; i++)
		refs[i] = le32_to_cpu(READ_ONCE(directory->refs[i]));
	*ref = le32_to_cpu(READ_ONCE(directory->next));
	*count = le32_to_cpu(READ_ONCE(directory->count));
	xen->ops->unmap(&pages);
	return 0;
}

static int read_directory(const struct virtio_msg_xen *xen, u32 ref, u32 *refs,
			  u32 n)
{
	u32 part, count;
	int err;

	for (; n; refs += part, n -= part) {
		part = min_t(u32, n, VIRTIO_MSG_XEN_DIRECTORY_REFS);
		err = read_page(xen, &ref, refs, part, &count);
		if (err)
			return err;
	}
	return 0;
}

/**
 * virtio_msg_xen_read_ring() - which pages the memory of a link has
 * @xen: back end, without xenstore
 * @ref: reference of their directory
 * @refs: result: VIRTIO_MSG_XEN_MAX_RING of them
 * @n: result: how many are valid
 *
 * Context: Sleeps.
 * Return: 0; -EFAULT if Xen does not map the directory; -EPROTO if it has too
 * many references, or too few.
 */
int virtio_msg_xen_read_ring(struct virtio_msg_xen *xen, u32 ref, u32 *refs,
			     unsigned int *n)
{
	u32 count;
	int err;

	err = read_page(xen, &ref, refs, VIRTIO_MSG_XEN_MAX_RING, &count);
	if (err)
		return err;
	if (count < VIRTIO_MSG_XEN_MIN_RING || count > VIRTIO_MSG_XEN_MAX_RING)
		return -EPROTO;
	*n = count;
	return 0;
}

/* Mappings */

static int map_pages(const struct virtio_msg_xen *xen, u32 id, u32 n,
		     struct virtio_msg_xen_pages *pages)
{
	u32 ref, *refs;
	int err;

	ref = le32_to_cpu(READ_ONCE(entry(xen, id)->directory));
	refs = kvmalloc_array(n, sizeof(*refs), GFP_KERNEL);
	if (!refs)
		return -ENOMEM;
	err = read_directory(xen, ref, refs, n);
	if (!err)
		err = xen->ops->map(xen->domid, refs, n, false, pages);
	kvfree(refs);
	return err;
}

static struct xen_mapping *find(struct virtio_msg_xen *xen, u32 id, u32 word)
{
	struct xen_mapping *mapping;

	list_for_each_entry(mapping, &xen->mappings, node)
		if (mapping->id == id && mapping->word == word)
			return mapping;
	return NULL;
}

static int add(struct virtio_msg_xen *xen, u32 id, u32 word,
	       struct xen_mapping **mapping)
{
	struct xen_mapping *new;
	u32 n;
	int err;

	if (xen->num_mappings >= VIRTIO_MSG_XEN_MAX_MAPPINGS) {
		virtio_msg_xen_mappings_refuse();
		return -ENOSPC;
	}
	err = load_pages(xen, id, &n);
	if (err)
		return err;
	new = kzalloc_obj(*new);
	if (!new)
		return -ENOMEM;
	new->ops = xen->ops;
	new->id = id;
	new->word = word;
	err = take_handles(xen, n, &new->handles);
	if (err)
		goto free_new;
	err = map_pages(xen, id, n, &new->pages);
	if (err)
		goto drop_handles;
	list_add(&new->node, &xen->mappings);
	xen->num_mappings++;
	*mapping = new;
	return 0;

drop_handles:
	xen->handles -= new->handles;
	atomic_sub(new->handles, &all_handles);
free_new:
	kfree(new);
	return err;
}

static size_t bytes(const struct xen_mapping *mapping)
{
	return (size_t)mapping->pages.n << VIRTIO_MSG_XEN_PAGE_SHIFT;
}

static int map_locked(struct virtio_msg_xen *xen, u16 dev_num, u64 addr,
		      struct virtio_msg_mapping *map)
{
	u32 id = addr >> VIRTIO_MSG_XEN_WINDOW_SHIFT, word;
	u64 start = (u64)id << VIRTIO_MSG_XEN_WINDOW_SHIFT;
	struct xen_mapping *mapping;
	int err;

	if (!id || id >= num_entries(xen))
		return -EFAULT;
	word = load_word(xen, id);
	if (!belongs(word, dev_num) || xen->stale[id] == word)
		return -EFAULT;
	mapping = find(xen, id, word);
	err = mapping ? 0 : add(xen, id, word, &mapping);
	if (err)
		return err;
	mapping->users++;
	map->bus_addr = start;
	map->size = bytes(mapping);
	map->priv = mapping;
	return 0;
}

static void put_locked(struct virtio_msg_xen *xen, struct xen_mapping *mapping)
{
	if (--mapping->users)
		return;
	list_del(&mapping->node);
	xen->num_mappings--;
	xen->handles -= mapping->handles;
	unmap(mapping);
}

/**
 * virtio_msg_xen_window_map() - window_map operation of the back end
 * @bus: the bus
 * @dev_num: the device that the window must be for
 * @addr: an address; any value
 * @map: result
 *
 * Context: Sleeps.
 * Return: 0; -EFAULT if there is no such window, or Xen does not map what the
 * other domain says that it is; -ENOMEM; -ENOSPC if too many are mapped.
 */
int virtio_msg_xen_window_map(struct virtio_msg_bus *bus, u16 dev_num, u64 addr,
			      struct virtio_msg_mapping *map)
{
	struct virtio_msg_xen *xen = to_xen(bus);
	int err;

	mutex_lock(&xen->windows_lock);
	err = map_locked(xen, dev_num, addr, map);
	if (!err && addr - map->bus_addr >= map->size) {
		put_locked(xen, map->priv);
		err = -EFAULT;
	}
	mutex_unlock(&xen->windows_lock);
	return err;
}

/**
 * virtio_msg_xen_window_unmap() - window_unmap operation of the back end
 * @bus: the bus
 * @map: a mapping
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_window_unmap(struct virtio_msg_bus *bus,
				 struct virtio_msg_mapping *map)
{
	struct virtio_msg_xen *xen = to_xen(bus);

	mutex_lock(&xen->windows_lock);
	put_locked(xen, map->priv);
	mutex_unlock(&xen->windows_lock);
}

/**
 * virtio_msg_xen_window_page() - window_page operation of the back end
 * @bus: the bus
 * @map: a mapping
 * @offset: of a byte in it
 *
 * Context: Any.
 * Return: the page frame.
 */
unsigned long virtio_msg_xen_window_page(struct virtio_msg_bus *bus,
					 const struct virtio_msg_mapping *map,
					 size_t offset)
{
	const struct xen_mapping *mapping = map->priv;

	return page_to_pfn(mapping->pages.pages[offset >> PAGE_SHIFT]);
}

/**
 * virtio_msg_xen_window_mmap() - window_mmap operation of the back end
 * @bus: the bus
 * @map: a mapping
 * @vma: where
 *
 * Context: Sleeps; with the process's mmap_lock, for writing.
 * Return: 0, or -ENOMEM; -EOPNOTSUPP in a PV domain whose kernel has no
 * notifiers of page tables.
 */
int virtio_msg_xen_window_mmap(struct virtio_msg_bus *bus,
			       const struct virtio_msg_mapping *map,
			       struct vm_area_struct *vma)
{
	struct virtio_msg_xen *xen = to_xen(bus);
	struct xen_mapping *mapping = map->priv;

	if (!xen->ops->view_open)
		return 0;
	return xen->ops->view_open(&mapping->pages, vma);
}

/**
 * virtio_msg_xen_window_fault() - window_fault operation of the back end
 * @bus: the bus
 * @map: a mapping
 * @vmf: the page fault
 * @offset: of a byte in the mapping
 *
 * Context: Sleeps.
 * Return: what a page fault returns; 0 where this kernel's page will do.
 */
vm_fault_t virtio_msg_xen_window_fault(struct virtio_msg_bus *bus,
				       const struct virtio_msg_mapping *map,
				       struct vm_fault *vmf, size_t offset)
{
	struct virtio_msg_xen *xen = to_xen(bus);
	struct xen_mapping *mapping = map->priv;

	if (!xen->ops->view_fault)
		return 0;
	return xen->ops->view_fault(&mapping->pages, vmf, offset >> PAGE_SHIFT);
}

/**
 * virtio_msg_xen_device_released() - device_released operation of the back end
 * @bus: the bus
 * @dev_num: the device
 *
 * The windows that it has now are found no more, nor are others in their place
 * until the other domain has changed the serial.
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_device_released(struct virtio_msg_bus *bus, u16 dev_num)
{
	struct virtio_msg_xen *xen = to_xen(bus);
	u32 id, word;

	mutex_lock(&xen->windows_lock);
	for (id = 1; id < num_entries(xen); id++) {
		word = load_word(xen, id);
		if (belongs(word, dev_num))
			xen->stale[id] = word;
	}
	mutex_unlock(&xen->windows_lock);
}

/**
 * virtio_msg_xen_mappings_init() - nothing is mapped
 * @xen: back end
 * @n: pages of the memory, of which some is the table
 *
 * Context: Sleeps.
 * Return: 0, or -ENOMEM.
 */
int virtio_msg_xen_mappings_init(struct virtio_msg_xen *xen, unsigned int n)
{
	xen->entries = n * (VIRTIO_MSG_XEN_PAGE_SIZE /
			    sizeof(struct virtio_msg_xen_window));
	xen->stale = kvcalloc(xen->entries, sizeof(*xen->stale), GFP_KERNEL);
	return xen->stale ? 0 : -ENOMEM;
}

/**
 * virtio_msg_xen_mappings_end() - the bus has gone
 * @xen: back end
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_mappings_end(struct virtio_msg_xen *xen)
{
	struct xen_mapping *mapping, *next;

	mutex_lock(&xen->windows_lock);
	list_for_each_entry_safe(mapping, next, &xen->mappings, node) {
		mapping->users = 1;
		put_locked(xen, mapping);
	}
	memset(xen->stale, 0, xen->entries * sizeof(*xen->stale));
	mutex_unlock(&xen->windows_lock);
}

/**
 * virtio_msg_xen_mappings_destroy() - free what describes them
 * @xen: back end, with nothing mapped
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_mappings_destroy(struct virtio_msg_xen *xen)
{
	kvfree(xen->stale);
	xen->stale = NULL;
}
