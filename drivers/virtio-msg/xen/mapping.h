/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_XEN_MAPPING_H
#define _VIRTIO_MSG_XEN_MAPPING_H

#include <linux/virtio_msg.h>

struct virtio_msg_xen;

int virtio_msg_xen_mappings_init(struct virtio_msg_xen *xen, unsigned int n);
void virtio_msg_xen_mappings_end(struct virtio_msg_xen *xen);
void virtio_msg_xen_mappings_destroy(struct virtio_msg_xen *xen);

int virtio_msg_xen_window_map(struct virtio_msg_bus *bus, u16 dev_num, u64 addr,
			      struct virtio_msg_mapping *map);
void virtio_msg_xen_window_unmap(struct virtio_msg_bus *bus,
				 struct virtio_msg_mapping *map);
unsigned long virtio_msg_xen_window_page(struct virtio_msg_bus *bus,
					 const struct virtio_msg_mapping *map,
					 size_t offset);
int virtio_msg_xen_window_mmap(struct virtio_msg_bus *bus,
			       const struct virtio_msg_mapping *map,
			       struct vm_area_struct *vma);
vm_fault_t virtio_msg_xen_window_fault(struct virtio_msg_bus *bus,
				       const struct virtio_msg_mapping *map,
				       struct vm_fault *vmf, size_t offset);
void virtio_msg_xen_device_released(struct virtio_msg_bus *bus, u16 dev_num);

int virtio_msg_xen_read_ring(struct virtio_msg_xen *xen, u32 ref, u32 *refs,
			     unsigned int *n);
unsigned int virtio_msg_xen_mappings_busy(void);
void virtio_msg_xen_mappings_refuse(void);
unsigned int virtio_msg_xen_mappings_refused(void);
void virtio_msg_xen_mappings_exit(void);

#endif /* _VIRTIO_MSG_XEN_MAPPING_H */
