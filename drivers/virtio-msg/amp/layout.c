// SPDX-License-Identifier: GPL-2.0
/*
 * The header of shared memory: made by side 0, read and checked by side 1.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "layout.h"
#include "limits.h"

static_assert(sizeof(struct virtio_msg_amp_header) == 64);
static_assert(offsetof(struct virtio_msg_amp_header, control) == 16);
static_assert(offsetof(struct virtio_msg_amp_header, windows) == 32);
static_assert(sizeof(struct virtio_msg_amp_control) == 40);
static_assert(VIRTIO_MSG_AMP_MIN_MEMORY ==
	      sizeof(struct virtio_msg_amp_header) +
	      2 * sizeof(struct virtio_msg_amp_control) +
	      2 * VIRTIO_MSG_AMP_MIN_SLOTS * VIRTIO_MSG_AMP_MIN_SLOT);

#define CONTROL_SIZE	((u32)sizeof(struct virtio_msg_amp_control))
/* Where there is room, sides do not share cache lines or large pages. */
#define CONTROL_STRIDE	64
#define ROOMY		SZ_4K
#define WINDOWS_ALIGN	SZ_64K
#define LARGE		SZ_1M

/**
 * virtio_msg_amp_layout_make() - choose what is where
 * @layout: result
 * @size: bytes of the shared memory
 * @slot_size: bytes of a slot, a multiple of 8
 * @num_slots: slots of each FIFO; fewer if there is no room for them
 *
 * What FIFOs do not need becomes the window areas, of the same size. Where the
 * control blocks are depends on nothing but @size.
 *
 * Context: Any.
 * Return: 0, or -EINVAL if that does not fit, or cannot be.
 */
int virtio_msg_amp_layout_make(struct virtio_msg_amp_layout *layout, u64 size,
			       u32 slot_size, u32 num_slots)
{
	u32 stride = size < ROOMY ? CONTROL_SIZE : CONTROL_STRIDE;
	u32 align = size < LARGE ? VIRTIO_MSG_AMP_PAGE_SIZE : WINDOWS_ALIGN;
	u32 control = sizeof(struct virtio_msg_amp_header);
	u32 slots = control + 2 * stride;
	u64 windows;
	int i;

	if (size < slots || slot_size < VIRTIO_MSG_AMP_MIN_SLOT ||
	    slot_size > VIRTIO_MSG_AMP_MAX_SLOT || slot_size % 8)
		return -EINVAL;
	num_slots = min_t(u64, num_slots, (size - slots) / (2 * slot_size));
	num_slots = min(num_slots, VIRTIO_MSG_AMP_MAX_SLOTS);
	if (num_slots < VIRTIO_MSG_AMP_MIN_SLOTS)
		return -EINVAL;

	layout->slot_size = slot_size;
	layout->num_slots = num_slots;
	windows = ALIGN((u64)slots + 2 * num_slots * slot_size, align);
	size = windows < size ? ALIGN_DOWN((size - windows) / 2, align) : 0;
	size = min_t(u64, size, VIRTIO_MSG_AMP_MAX_WINDOWS);
	for (i = 0; i < 2; i++) {
		layout->part[i].control = control + i * stride;
		layout->part[i].slots = slots + i * num_slots * slot_size;
		layout->part[i].windows = size ? windows + i * size : 0;
		layout->part[i].windows_size = size;
	}
	return 0;
}

/**
 * virtio_msg_amp_layout_write() - tell the other side
 * @layout: from virtio_msg_amp_layout_make()
 * @header: in shared memory
 *
 * Context: Any.
 */
void virtio_msg_amp_layout_write(const struct virtio_msg_amp_layout *layout,
				 struct virtio_msg_amp_header *header)
{
	struct virtio_msg_amp_header new = {
		.version = cpu_to_le16(VIRTIO_MSG_AMP_VERSION),
		.size = cpu_to_le16(sizeof(new)),
		.slot_size = cpu_to_le16(layout->slot_size),
		.num_slots = cpu_to_le16(layout->num_slots),
	};
	int i;

	for (i = 0; i < 2; i++) {
		const struct virtio_msg_amp_part *part = &layout->part[i];

		new.control[i] = cpu_to_le32(part->control);
		new.slots[i] = cpu_to_le32(part->slots);
		new.windows[i] = cpu_to_le64(part->windows);
		new.windows_size[i] = cpu_to_le64(part->windows_size);
	}
	WRITE_ONCE(header->magic, 0);
	/* No magic while the rest changes. */
	virt_wmb();
	memcpy(header, &new, sizeof(new));
	/* The rest before the magic; pairs with that of the reader. */
	virt_store_release(&header->magic, cpu_to_le32(VIRTIO_MSG_AMP_MAGIC));
}

struct span {
	u64 start;
	u64 size;
	u32 align;
};

static bool span_fits(const struct span *span, u64 size)
{
	return span->size <= size && span->start <= size - span->size &&
	       !(span->start % span->align);
}

static bool spans_overlap(const struct span *a, const struct span *b)
{
	return a->size && b->size && a->start < b->start + b->size &&
	       b->start < a->start + a->size;
}

/* Everything lies in the memory, where it should, and nothing in two places. */
static bool parts_fit(const struct virtio_msg_amp_layout *layout, u64 size)
{
	const struct virtio_msg_amp_part *part = layout->part;
	u32 slots = layout->num_slots * layout->slot_size;
	struct span spans[] = {
		{ 0, sizeof(struct virtio_msg_amp_header), 8 },
		{ part[0].control, CONTROL_SIZE, 8 },
		{ part[1].control, CONTROL_SIZE, 8 },
		{ part[0].slots, slots, 8 },
		{ part[1].slots, slots, 8 },
		{ part[0].windows, part[0].windows_size,
		  VIRTIO_MSG_AMP_PAGE_SIZE },
		{ part[1].windows, part[1].windows_size,
		  VIRTIO_MSG_AMP_PAGE_SIZE },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(spans); i++) {
		if (!span_fits(&spans[i], size))
			return false;
		for (j = 0; j < i; j++)
			if (spans_overlap(&spans[i], &spans[j]))
				return false;
	}
	return true;
}

static bool check_layout(const struct virtio_msg_amp_layout *layout, u64 size)
{
	int i;

	if (layout->slot_size < VIRTIO_MSG_AMP_MIN_SLOT ||
	    layout->slot_size > VIRTIO_MSG_AMP_MAX_SLOT ||
	    layout->slot_size % 8 ||
	    layout->num_slots < VIRTIO_MSG_AMP_MIN_SLOTS ||
	    layout->num_slots > VIRTIO_MSG_AMP_MAX_SLOTS)
		return false;
	for (i = 0; i < 2; i++)
		if (layout->part[i].windows_size > VIRTIO_MSG_AMP_MAX_WINDOWS ||
		    layout->part[i].windows_size % VIRTIO_MSG_AMP_PAGE_SIZE)
			return false;
	return parts_fit(layout, size);
}

/**
 * virtio_msg_amp_layout_read() - learn what is where
 * @layout: result
 * @size: bytes of the shared memory
 * @header: in shared memory; may change at any time
 *
 * Context: Any.
 * Return: 0; -EAGAIN if there is no header yet; -EPROTO if it has a version or
 * features that are not known; -EINVAL if it cannot be.
 */
int virtio_msg_amp_layout_read(struct virtio_msg_amp_layout *layout, u64 size,
			       const struct virtio_msg_amp_header *header)
{
	struct virtio_msg_amp_header now;
	__le32 magic;
	int i;

	if (size < sizeof(now))
		return -EINVAL;
	/* The magic before the rest; pairs with that of the writer. */
	magic = virt_load_acquire(&header->magic);
	if (magic != cpu_to_le32(VIRTIO_MSG_AMP_MAGIC))
		return -EAGAIN;
	memcpy(&now, header, sizeof(now));
	/* What was copied is looked at, not what may have become of it. */
	barrier();
	if (now.version != cpu_to_le16(VIRTIO_MSG_AMP_VERSION) || now.features)
		return -EPROTO;
	if (le16_to_cpu(now.size) < sizeof(now))
		return -EINVAL;

	layout->slot_size = le16_to_cpu(now.slot_size);
	layout->num_slots = le16_to_cpu(now.num_slots);
	for (i = 0; i < 2; i++) {
		struct virtio_msg_amp_part *part = &layout->part[i];

		part->control = le32_to_cpu(now.control[i]);
		part->slots = le32_to_cpu(now.slots[i]);
		part->windows = le64_to_cpu(now.windows[i]);
		part->windows_size = le64_to_cpu(now.windows_size[i]);
	}
	return check_layout(layout, size) ? 0 : -EINVAL;
}
