/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_AMP_AREA_H
#define _VIRTIO_MSG_AMP_AREA_H

#include <linux/mutex.h>
#include <linux/types.h>

/**
 * struct virtio_msg_amp_area - the window area of one side
 * @lock: protects the members below and, of our own area, the words
 * @base: where this kernel sees it
 * @words: one for each page, at the beginning of the area
 * @num_pages: pages of VIRTIO_MSG_AMP_PAGE_SIZE
 * @first: the first page that a window may have
 * @used: of our own area: pages of windows
 * @stale: of the peer's area: the word of a first page whose window is not to
 *	be found any more, or 0
 */
struct virtio_msg_amp_area {
	struct mutex lock;
	void *base;
	__le32 *words;
	u32 num_pages;
	u32 first;
	unsigned long *used;
	u32 *stale;
};

int virtio_msg_amp_area_init(struct virtio_msg_amp_area *area, void *base,
			     u64 size, bool ours);
void virtio_msg_amp_area_destroy(struct virtio_msg_amp_area *area);

int virtio_msg_amp_area_alloc(struct virtio_msg_amp_area *area, u16 dev_num,
			      size_t size, u32 *offset);
void virtio_msg_amp_area_free(struct virtio_msg_amp_area *area, u32 offset,
			      size_t size);

int virtio_msg_amp_area_find(struct virtio_msg_amp_area *area, u16 dev_num,
			     u64 offset, u32 *start, size_t *size);
void virtio_msg_amp_area_retire(struct virtio_msg_amp_area *area, u16 dev_num);

#endif /* _VIRTIO_MSG_AMP_AREA_H */
