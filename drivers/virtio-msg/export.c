// SPDX-License-Identifier: GPL-2.0
/*
 * A window as a dma-buf: a file of its own that can be given to another process,
 * which maps it from offset 0 and sees its size.
 *
 * That process knows nothing of the life of a window. So when the window is
 * taken back, its mappings do not become holes: they show a page of zeroes that
 * belongs to this dma-buf alone.
 */
#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "bus.h"
#include "export.h"

/*
 * struct virtio_msg_export - a window outside
 * @dmabuf: has this as its private data, and frees it
 * @core: the bus; valid until the window is taken back
 * @lock: protects @map; taken in page faults
 * @map: the window; NULL once it was taken back
 * @dummy: what is seen from then on, at each offset
 */
struct virtio_msg_export {
	struct dma_buf *dmabuf;
	struct virtio_msg_core *core;
	struct mutex lock;
	const struct virtio_msg_mapping *map;
	struct page *dummy;
};

/* With the lock, so that nothing is mapped after the window was taken back. */
static vm_fault_t show_window(struct virtio_msg_export *export,
			      struct vm_fault *vmf, size_t offset)
{
	struct virtio_msg_core *core = export->core;
	struct virtio_msg_bus *bus;
	vm_fault_t result = 0;

	lockdep_assert_held(&export->lock);
	if (!export->map || offset >= export->map->size)
		return 0;
	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	if (bus)
		result = virtio_msg_window_fault(bus, export->map, vmf, offset);
	up_read(&core->bus_sem);
	return result;
}

static vm_fault_t export_fault(struct vm_fault *vmf)
{
	struct virtio_msg_export *export = vmf->vma->vm_private_data;
	vm_fault_t result;

	mutex_lock(&export->lock);
	result = show_window(export, vmf, (size_t)vmf->pgoff << PAGE_SHIFT);
	/* Nor is who has the file to die of what the peer does. */
	if (!result || result & VM_FAULT_SIGBUS)
		result = vmf_insert_page(vmf->vma, vmf->address, export->dummy);
	mutex_unlock(&export->lock);
	return result;
}

static const struct vm_operations_struct export_vm_ops = {
	.fault = export_fault,
};

static int prepare_window(struct virtio_msg_export *export,
			  struct vm_area_struct *vma)
{
	struct virtio_msg_core *core = export->core;
	struct virtio_msg_bus *bus;
	int err = 0;

	lockdep_assert_held(&export->lock);
	if (!export->map)
		return 0;
	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	if (bus)
		err = virtio_msg_window_mmap(bus, export->map, vma);
	up_read(&core->bus_sem);
	return err;
}

static int export_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct virtio_msg_export *export = dmabuf->priv;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	mutex_lock(&export->lock);
	err = prepare_window(export, vma);
	mutex_unlock(&export->lock);
	if (err)
		return err;
	/* Pages of memory now, frames of a device then, or one for all. */
	vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = export;
	vma->vm_ops = &export_vm_ops;
	return 0;
}

/* Devices would go on to use memory that was taken back. */
static int export_attach(struct dma_buf *dmabuf,
			 struct dma_buf_attachment *attachment)
{
	return -EOPNOTSUPP;
}

static struct sg_table *export_map_dma(struct dma_buf_attachment *attachment,
				       enum dma_data_direction direction)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static void export_unmap_dma(struct dma_buf_attachment *attachment,
			     struct sg_table *table,
			     enum dma_data_direction direction)
{
}

static void free_export(struct virtio_msg_export *export)
{
	if (export->dummy)
		put_page(export->dummy);
	mutex_destroy(&export->lock);
	kfree(export);
}

static void export_release(struct dma_buf *dmabuf)
{
	free_export(dmabuf->priv);
}

static const struct dma_buf_ops export_ops = {
	.attach = export_attach,
	.map_dma_buf = export_map_dma,
	.unmap_dma_buf = export_unmap_dma,
	.release = export_release,
	.mmap = export_mmap,
};

/**
 * virtio_msg_export_create() - make a file of a window
 * @core: the bus; stays until virtio_msg_export_revoke()
 * @map: the window; likewise
 *
 * Context: Sleeps.
 * Return: the export, to be ended by virtio_msg_export_revoke(); or an error.
 */
struct virtio_msg_export *
virtio_msg_export_create(struct virtio_msg_core *core,
			 const struct virtio_msg_mapping *map)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct virtio_msg_export *export;
	struct dma_buf *dmabuf;

	export = kzalloc_obj(*export, GFP_KERNEL_ACCOUNT);
	if (!export)
		return ERR_PTR(-ENOMEM);
	mutex_init(&export->lock);
	export->core = core;
	export->map = map;
	export->dummy = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!export->dummy) {
		free_export(export);
		return ERR_PTR(-ENOMEM);
	}

	info.ops = &export_ops;
	info.size = map->size;
	info.flags = O_RDWR;
	info.priv = export;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		free_export(export);
		return ERR_CAST(dmabuf);
	}
	export->dmabuf = dmabuf;
	return export;
}

/**
 * virtio_msg_export_file() - the file of a window
 * @export: the export, not yet revoked
 *
 * Context: Any.
 * Return: the file, with a reference.
 */
struct file *virtio_msg_export_file(struct virtio_msg_export *export)
{
	get_dma_buf(export->dmabuf);
	return export->dmabuf->file;
}

/**
 * virtio_msg_export_revoke() - take a window back
 * @export: the export, or NULL; of no use to the caller any more
 *
 * When this returns, nothing of the window is mapped through its file. Who has
 * the file keeps it, and sees zeroes, or what it writes itself.
 *
 * Context: Sleeps.
 */
void virtio_msg_export_revoke(struct virtio_msg_export *export)
{
	struct dma_buf *dmabuf;

	if (!export)
		return;
	dmabuf = export->dmabuf;
	mutex_lock(&export->lock);
	export->map = NULL;
	export->core = NULL;
	mutex_unlock(&export->lock);
	unmap_mapping_range(dmabuf->file->f_mapping, 0, 0, 1);
	dma_buf_put(dmabuf);
}

VIRTIO_MSG_COMPAT_IMPORT_NS(DMA_BUF);
