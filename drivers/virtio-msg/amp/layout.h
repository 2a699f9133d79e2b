/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_AMP_LAYOUT_H
#define _VIRTIO_MSG_AMP_LAYOUT_H

#include <linux/types.h>
#include <uapi/linux/virtio_msg_amp.h>

/**
 * struct virtio_msg_amp_part - what belongs to one side
 * @control: offset of its control block
 * @slots: offset of the slots that it fills
 * @windows: offset of its window area
 * @windows_size: bytes of that
 */
struct virtio_msg_amp_part {
	u32 control;
	u32 slots;
	u64 windows;
	u64 windows_size;
};

/**
 * struct virtio_msg_amp_layout - a header, in private memory and checked
 * @slot_size: bytes of a slot
 * @num_slots: slots of each FIFO
 * @part: of each side
 */
struct virtio_msg_amp_layout {
	u32 slot_size;
	u32 num_slots;
	struct virtio_msg_amp_part part[2];
};

int virtio_msg_amp_layout_make(struct virtio_msg_amp_layout *layout, u64 size,
			       u32 slot_size, u32 num_slots);
void virtio_msg_amp_layout_write(const struct virtio_msg_amp_layout *layout,
				 struct virtio_msg_amp_header *header);
int virtio_msg_amp_layout_read(struct virtio_msg_amp_layout *layout, u64 size,
			       const struct virtio_msg_amp_header *header);

#endif /* _VIRTIO_MSG_AMP_LAYOUT_H */
