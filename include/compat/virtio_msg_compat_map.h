/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rings whose addresses are physical ones where virtio maps whatever a driver
 * adds, as it does in each domain of Xen: each address is mapped to itself.
 * That is a matter of the device since 6.18, and of the DMA operations of its
 * parent before.
 */
#ifndef _COMPAT_VIRTIO_MSG_COMPAT_MAP_H
#define _COMPAT_VIRTIO_MSG_COMPAT_MAP_H

#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/version.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <xen/xen.h>

static inline void *virtio_msg_compat_alloc(size_t size, dma_addr_t *address,
					    gfp_t gfp)
{
	void *memory = alloc_pages_exact(PAGE_ALIGN(size), gfp | __GFP_ZERO);

	if (memory)
		*address = virt_to_phys(memory);
	return memory;
}

static inline void virtio_msg_compat_free(size_t size, void *memory)
{
	free_pages_exact(memory, PAGE_ALIGN(size));
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)

static inline dma_addr_t
identity_map_page(union virtio_map map, struct page *page, unsigned long offset,
		  size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	return page_to_phys(page) + offset;
}

static inline void identity_unmap_page(union virtio_map map, dma_addr_t address,
				       size_t size, enum dma_data_direction dir,
				       unsigned long attrs)
{
}

static inline void identity_sync(union virtio_map map, dma_addr_t address,
				 size_t size, enum dma_data_direction dir)
{
}

static inline void *identity_alloc(union virtio_map map, size_t size,
				   dma_addr_t *address, gfp_t gfp)
{
	return virtio_msg_compat_alloc(size, address, gfp);
}

static inline void identity_free(union virtio_map map, size_t size,
				 void *memory, dma_addr_t address,
				 unsigned long attrs)
{
	virtio_msg_compat_free(size, memory);
}

static inline bool identity_need_sync(union virtio_map map, dma_addr_t address)
{
	return false;
}

static inline int identity_mapping_error(union virtio_map map,
					 dma_addr_t address)
{
	return 0;
}

static inline size_t identity_max_mapping_size(union virtio_map map)
{
	return SIZE_MAX;
}

static const struct virtio_map_ops virtio_msg_compat_map_ops = {
	.map_page = identity_map_page,
	.unmap_page = identity_unmap_page,
	.sync_single_for_cpu = identity_sync,
	.sync_single_for_device = identity_sync,
	.alloc = identity_alloc,
	.free = identity_free,
	.need_sync = identity_need_sync,
	.mapping_error = identity_mapping_error,
	.max_mapping_size = identity_max_mapping_size,
};

static inline bool virtio_msg_compat_can_map(void)
{
	return true;
}

static inline void virtio_msg_compat_map(struct virtio_device *vdev)
{
	vdev->map = &virtio_msg_compat_map_ops;
}

#else

static inline void *identity_alloc(struct device *dev, size_t size,
				   dma_addr_t *address, gfp_t gfp,
				   unsigned long attrs)
{
	return virtio_msg_compat_alloc(size, address, gfp);
}

static inline void identity_free(struct device *dev, size_t size, void *memory,
				 dma_addr_t address, unsigned long attrs)
{
	virtio_msg_compat_free(size, memory);
}

static inline dma_addr_t
identity_map_page(struct device *dev, struct page *page, unsigned long offset,
		  size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	return page_to_phys(page) + offset;
}

static inline void identity_unmap_page(struct device *dev, dma_addr_t address,
				       size_t size, enum dma_data_direction dir,
				       unsigned long attrs)
{
}

static const struct dma_map_ops virtio_msg_compat_map_ops = {
	.alloc = identity_alloc,
	.free = identity_free,
	.map_page = identity_map_page,
	.unmap_page = identity_unmap_page,
};

/* With CONFIG_XEN_VIRTIO the parent may get other operations at any time. */
static inline bool virtio_msg_compat_can_map(void)
{
	return IS_ENABLED(CONFIG_ARCH_HAS_DMA_OPS) &&
	       !IS_ENABLED(CONFIG_XEN_VIRTIO_FORCE_GRANT) &&
	       !(IS_ENABLED(CONFIG_XEN_VIRTIO) && xen_pv_domain());
}

static inline void virtio_msg_compat_map(struct virtio_device *vdev)
{
	struct device *dev = vdev->dev.parent;

	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &dev->coherent_dma_mask;
	set_dma_ops(dev, &virtio_msg_compat_map_ops);
}

#endif

#endif /* _COMPAT_VIRTIO_MSG_COMPAT_MAP_H */
