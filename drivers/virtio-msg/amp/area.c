// SPDX-License-Identifier: GPL-2.0
/*
 * Window areas: each side allocates windows for its drivers in its own, and
 * writes down which page belongs to which, so that the other side can give each
 * process that serves a device the windows of that device and no others.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/virtio_msg_amp.h>

#include "area.h"
#include "limits.h"

#define AMP_PAGE	VIRTIO_MSG_AMP_PAGE_SIZE
#define AMP_SHIFT	VIRTIO_MSG_AMP_PAGE_SHIFT
/* Pages of the area that make a page of this kernel. */
#define AMP_PER_PAGE	(PAGE_SIZE / AMP_PAGE)

static u32 load_word(struct virtio_msg_amp_area *area, u32 page)
{
	return le32_to_cpu(READ_ONCE(area->words[page]));
}

static void store_word(struct virtio_msg_amp_area *area, u32 page, u32 word)
{
	WRITE_ONCE(area->words[page], cpu_to_le32(word));
}

/**
 * virtio_msg_amp_area_init() - nothing is allocated, nothing is retired
 * @area: to be initialised
 * @base: where the area is, aligned to pages of this kernel; our own is zeroed
 *	as far as its words go
 * @size: its bytes, up to VIRTIO_MSG_AMP_MAX_WINDOWS
 * @ours: this side allocates; else it looks up
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_amp_area_init(struct virtio_msg_amp_area *area, void *base,
			     u64 size, bool ours)
{
	u32 bytes;

	mutex_init(&area->lock);
	area->base = base;
	area->words = base;
	area->num_pages = size >> AMP_SHIFT;
	bytes = area->num_pages * sizeof(*area->words);
	area->first = PAGE_ALIGN(bytes) >> AMP_SHIFT;
	area->used = NULL;
	area->stale = NULL;
	if (area->first >= area->num_pages) {
		area->num_pages = 0;
		return 0;
	}
	if (!ours) {
		area->stale = kvcalloc(area->num_pages, sizeof(*area->stale),
				       GFP_KERNEL);
		return area->stale ? 0 : -ENOMEM;
	}
	area->used = kvcalloc(BITS_TO_LONGS(area->num_pages),
			      sizeof(*area->used), GFP_KERNEL);
	if (!area->used)
		return -ENOMEM;
	bitmap_set(area->used, 0, area->first);
	memset(area->words, 0, bytes);
	return 0;
}

/**
 * virtio_msg_amp_area_destroy() - free what describes an area
 * @area: that nobody uses
 *
 * Context: May sleep.
 */
void virtio_msg_amp_area_destroy(struct virtio_msg_amp_area *area)
{
	kvfree(area->used);
	kvfree(area->stale);
	area->used = NULL;
	area->stale = NULL;
	area->num_pages = 0;
}

/* Allocation, in our own area */

/* The serial of a page grows each time that a window begins there. */
static u32 next_serial(struct virtio_msg_amp_area *area, u32 page)
{
	return (load_word(area, page) & VIRTIO_MSG_AMP_PAGE_SERIAL) +
	       (1U << VIRTIO_MSG_AMP_SERIAL_SHIFT);
}

static void write_words(struct virtio_msg_amp_area *area, u32 page, u32 count,
			u16 dev_num)
{
	u32 word = dev_num | VIRTIO_MSG_AMP_PAGE_USED;
	u32 i;

	for (i = 1; i < count; i++)
		store_word(area, page + i, word | (load_word(area, page + i) &
						   VIRTIO_MSG_AMP_PAGE_SERIAL));
	store_word(area, page, word | VIRTIO_MSG_AMP_PAGE_FIRST |
			       next_serial(area, page));
}

/**
 * virtio_msg_amp_area_alloc() - allocate a window
 * @area: our own
 * @dev_num: the device that it is for
 * @size: bytes, a multiple of PAGE_SIZE
 * @offset: result: where in the area
 *
 * Context: Sleeps.
 * Return: 0, or -ENOSPC. The window is zeroed.
 */
int virtio_msg_amp_area_alloc(struct virtio_msg_amp_area *area, u16 dev_num,
			      size_t size, u32 *offset)
{
	u32 count = size >> AMP_SHIFT;
	unsigned long page;

	mutex_lock(&area->lock);
	page = area->num_pages;
	if (area->used)
		page = bitmap_find_next_zero_area(area->used, area->num_pages,
						  area->first, count,
						  AMP_PER_PAGE - 1);
	if (page >= area->num_pages) {
		mutex_unlock(&area->lock);
		return -ENOSPC;
	}
	bitmap_set(area->used, page, count);
	mutex_unlock(&area->lock);

	*offset = page << AMP_SHIFT;
	memset(area->base + *offset, 0, size);
	mutex_lock(&area->lock);
	write_words(area, page, count, dev_num);
	mutex_unlock(&area->lock);
	return 0;
}

/**
 * virtio_msg_amp_area_free() - the peer does not use a window any more
 * @area: our own
 * @offset: from virtio_msg_amp_area_alloc()
 * @size: its bytes
 *
 * Context: Sleeps.
 */
void virtio_msg_amp_area_free(struct virtio_msg_amp_area *area, u32 offset,
			      size_t size)
{
	u32 page = offset >> AMP_SHIFT;
	u32 count = size >> AMP_SHIFT;
	u32 i;

	mutex_lock(&area->lock);
	for (i = 0; i < count; i++)
		store_word(area, page + i, load_word(area, page + i) &
					   VIRTIO_MSG_AMP_PAGE_SERIAL);
	bitmap_clear(area->used, page, count);
	mutex_unlock(&area->lock);
}

/* Search, in the peer's area: its words may be anything */

static bool belongs(u32 word, u16 dev_num)
{
	return word & VIRTIO_MSG_AMP_PAGE_USED &&
	       (word & VIRTIO_MSG_AMP_PAGE_DEVICE) == dev_num;
}

/* The first page of the window that has @page, and its word; or 0. */
static u32 find_first(struct virtio_msg_amp_area *area, u16 dev_num, u32 page,
		      u32 *word)
{
	u32 steps = VIRTIO_MSG_AMP_MAX_WINDOW >> AMP_SHIFT;

	for (; page >= area->first && steps; page--, steps--) {
		*word = load_word(area, page);
		if (!belongs(*word, dev_num))
			return 0;
		if (*word & VIRTIO_MSG_AMP_PAGE_FIRST)
			return page;
	}
	return 0;
}

static u32 count_pages(struct virtio_msg_amp_area *area, u16 dev_num, u32 first)
{
	u32 max = min_t(u32, area->num_pages - first,
			VIRTIO_MSG_AMP_MAX_WINDOW >> AMP_SHIFT);
	u32 count, word;

	for (count = 1; count < max; count++) {
		word = load_word(area, first + count);
		if (!belongs(word, dev_num) || word & VIRTIO_MSG_AMP_PAGE_FIRST)
			break;
	}
	return count;
}

/**
 * virtio_msg_amp_area_find() - find the window that an address lies in
 * @area: the peer's
 * @dev_num: the device that it must be for
 * @offset: the address, from the beginning of the area; any value
 * @start: result: where the window begins
 * @size: result: its bytes, in whole pages of this kernel
 *
 * Context: Sleeps.
 * Return: 0, or -EFAULT if there is none.
 */
int virtio_msg_amp_area_find(struct virtio_msg_amp_area *area, u16 dev_num,
			     u64 offset, u32 *start, size_t *size)
{
	u64 page = offset >> AMP_SHIFT;
	int err = -EFAULT;
	u32 first, word;

	if (page >= area->num_pages)
		return -EFAULT;
	mutex_lock(&area->lock);
	first = find_first(area, dev_num, page, &word);
	if (!first || first % AMP_PER_PAGE || area->stale[first] == word)
		goto unlock;
	*start = first << AMP_SHIFT;
	*size = ALIGN_DOWN((size_t)count_pages(area, dev_num, first) << AMP_SHIFT,
			   PAGE_SIZE);
	if (offset - *start >= *size)
		goto unlock;
	area->stale[first] = 0;
	err = 0;
unlock:
	mutex_unlock(&area->lock);
	return err;
}

/**
 * virtio_msg_amp_area_retire() - who served a device does so no longer
 * @area: the peer's
 * @dev_num: the device
 *
 * The windows that it has now are found no more, nor are others in their place
 * until the peer has changed the serial.
 *
 * Context: Sleeps.
 */
void virtio_msg_amp_area_retire(struct virtio_msg_amp_area *area, u16 dev_num)
{
	u32 page, word;

	mutex_lock(&area->lock);
	for (page = area->first; page < area->num_pages; page++) {
		word = load_word(area, page);
		if (belongs(word, dev_num) && word & VIRTIO_MSG_AMP_PAGE_FIRST)
			area->stale[page] = word;
	}
	mutex_unlock(&area->lock);
}
