/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_WINDOW_H
#define _VIRTIO_MSG_WINDOW_H

#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct virtio_msg_bus;
struct virtio_msg_core;
struct virtio_msg_mapping;
struct virtio_msg_window;
struct vm_area_struct;
struct vm_fault;

/**
 * struct virtio_msg_windows - memory that the driver side shares with the peer
 * @lock: protects all members
 * @quarantine: windows that the peer never said it stopped using
 * @bytes: bytes of all windows, those in quarantine included
 * @limit: bound of @bytes
 */
struct virtio_msg_windows {
	struct mutex lock;
	struct list_head quarantine;
	size_t bytes;
	size_t limit;
};

void virtio_msg_windows_init(struct virtio_msg_windows *windows);
void virtio_msg_windows_stop(struct virtio_msg_core *core);
struct virtio_msg_window *virtio_msg_window_alloc(struct virtio_msg_core *core,
						  u16 dev_num, size_t size);
void virtio_msg_window_free(struct virtio_msg_core *core,
			    struct virtio_msg_window *win, bool returned);
int virtio_msg_window_mmap(struct virtio_msg_bus *bus,
			   const struct virtio_msg_mapping *map,
			   struct vm_area_struct *vma);
vm_fault_t virtio_msg_window_fault(struct virtio_msg_bus *bus,
				   const struct virtio_msg_mapping *map,
				   struct vm_fault *vmf, size_t offset);

#endif /* _VIRTIO_MSG_WINDOW_H */
