// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the kernel, for the leak test, as two files of vmsg-memory in debugfs:
 *
 * fill: what is written there fills, again and again, three quarters of the free
 *	pages, which are then free again.  Those of user space would not do, for the
 *	kernel takes its own from other blocks.
 * bounced: what devices see of memory that is bounced, the pool of swiotlb.
 */
#include <linux/debugfs.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/swiotlb.h>
#include <linux/uaccess.h>

static struct platform_device *device;
static struct debugfs_blob_wrapper blob;
static struct dentry *dir;

static bool fill_page(struct list_head *pages, const u8 *pattern, size_t size)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_NORETRY |
				       __GFP_NOWARN);
	u8 *to;
	size_t i;

	if (!page)
		return false;
	to = page_address(page);
	for (i = 0; i < PAGE_SIZE; i += size)
		memcpy(to + i, pattern, size);
	list_add(&page->lru, pages);
	return true;
}

static ssize_t fill_write(struct file *file, const char __user *buf,
			  size_t size, loff_t *pos)
{
	unsigned long left = global_zone_page_state(NR_FREE_PAGES) / 4 * 3;
	struct page *page, *next;
	LIST_HEAD(pages);
	u8 pattern[64];

	if (size < 8 || size > sizeof(pattern) || PAGE_SIZE % size)
		return -EINVAL;
	if (copy_from_user(pattern, buf, size))
		return -EFAULT;
	while (left-- && fill_page(&pages, pattern, size))
		cond_resched();
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
	return size;
}

static const struct file_operations fill_fops = {
	.owner = THIS_MODULE,
	.write = fill_write,
};

static int __init memory_init(void)
{
	struct io_tlb_mem *mem;

	/* Every device is given the pool of all. */
	device = platform_device_register_simple("vmsg-memory", -1, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	mem = device->dev.dma_io_tlb_mem;
	if (!mem || !mem->defpool.start) {
		platform_device_unregister(device);
		return -ENODEV;
	}
	blob.data = phys_to_virt(mem->defpool.start);
	blob.size = mem->defpool.end - mem->defpool.start;
	dir = debugfs_create_dir("vmsg-memory", NULL);
	debugfs_create_blob("bounced", 0400, dir, &blob);
	debugfs_create_file("fill", 0200, dir, NULL, &fill_fops);
	return 0;
}
module_init(memory_init);

static void __exit memory_exit(void)
{
	debugfs_remove_recursive(dir);
	platform_device_unregister(device);
}
module_exit(memory_exit);

MODULE_DESCRIPTION("Memory of the kernel, for the leak test");
MODULE_LICENSE("GPL");
