/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files, eventfds and memory of processes. What a process names by an address
 * lies in one buffer, and all else is no memory of it.
 */
#ifndef _SHIM_FILE_H
#define _SHIM_FILE_H

#include "process.h"

/* The buffer; it may change before each copy from it. */
extern u8 *shim_user;
extern size_t shim_user_size;

unsigned long copy_from_user(void *to, const void *from, unsigned long n);
unsigned long copy_to_user(void *to, const void *from, unsigned long n);
unsigned long clear_user(void *to, unsigned long n);

struct poll_table_struct;
struct address_space;
struct file_operations;
struct vm_area_struct;

struct cdev {
	const struct file_operations *ops;
	struct module *owner;
};

struct inode {
	struct cdev *i_cdev;
	struct address_space *i_mapping;
};

struct file {
	void *private_data;
	unsigned int f_flags;
};

typedef struct poll_table_struct {
	void (*qproc)(struct file *file, wait_queue_head_t *head,
		      struct poll_table_struct *table);
} poll_table;

struct file_operations {
	struct module *owner;
	int (*open)(struct inode *inode, struct file *file);
	int (*release)(struct inode *inode, struct file *file);
	ssize_t (*read)(struct file *file, char *buf, size_t n, loff_t *pos);
	ssize_t (*write)(struct file *file, const char *buf, size_t n,
			 loff_t *pos);
	__poll_t (*poll)(struct file *file, poll_table *table);
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd,
			       unsigned long arg);
	long (*compat_ioctl)(struct file *file, unsigned int cmd,
			     unsigned long arg);
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
};

#define compat_ptr_ioctl	NULL
#define nonseekable_open(inode, file)	((void)(inode), 0)
#define cdev_init(cdev, fops)	((void)((cdev)->ops = (fops)))
#define cdev_device_add(cdev, dev)	((void)(dev), 0)
#define cdev_del(cdev)		((void)(cdev))
#define alloc_chrdev_region(devt, first, n, name)	((*(devt) = 0), 0)
#define unregister_chrdev_region(devt, n)	((void)(devt))
#define MAJOR(devt)		((unsigned int)(devt) >> 20)
#define MINOR(devt)		((devt) & 0xfffff)
#define MKDEV(major, minor)	((major) << 20 | (minor))
#define DEFINE_IDA(name)	int name
#define ida_alloc_max(ida, max, gfp)	(*(ida))
#define ida_free(ida, id)	((void)(ida))

#define EPOLLIN			0x001
#define EPOLLOUT		0x004
#define EPOLLERR		0x008
#define EPOLLHUP		0x010
#define EPOLLRDNORM		0x040
#define EPOLLWRNORM		0x100
#define poll_wait(file, head, table)	((void)(file), (void)(head), (void)(table))
#define key_to_poll(key)	((unsigned int)(unsigned long)(key))
#define init_poll_funcptr(table, func)	((void)((table)->qproc = (func)))

/* Descriptors, all of eventfds: file.c */

#define SHIM_EVENTFDS		4

struct eventfd_ctx {
	struct file file;
	wait_queue_head_t wait;
	u64 count;
	int refs;
};

extern struct eventfd_ctx shim_eventfds[SHIM_EVENTFDS];

struct file *eventfd_fget(int fd);
struct eventfd_ctx *eventfd_ctx_fdget(int fd);
struct eventfd_ctx *eventfd_ctx_fileget(struct file *file);
void eventfd_ctx_put(struct eventfd_ctx *ctx);
void eventfd_signal(struct eventfd_ctx *ctx);
void eventfd_ctx_do_read(struct eventfd_ctx *ctx, u64 *count);
int eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx,
				  wait_queue_entry_t *wait, u64 *count);
__poll_t vfs_poll(struct file *file, poll_table *table);
void fput(struct file *file);

#define get_unused_fd_flags(flags)	7
#define put_unused_fd(fd)	((void)(fd))
#define fd_install(fd, file)	fput(file)

/* Mappings: a page is mapped until it is taken back. */

struct vm_fault;

struct vm_operations_struct {
	vm_fault_t (*fault)(struct vm_fault *vmf);
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_pgoff;
	unsigned long vm_flags;
	void *vm_private_data;
	const struct vm_operations_struct *vm_ops;
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long pgoff;
	unsigned long address;
};

#define VM_FAULT_OOM		1
#define VM_FAULT_SIGBUS		2
#define VM_FAULT_NOPAGE		0x100
#define VM_SHARED		0x08
#define VM_PFNMAP		0x400
#define VM_IO			0x4000
#define VM_DONTCOPY		0x20000
#define VM_DONTEXPAND		0x40000
#define VM_DONTDUMP		0x4000000
#define VM_MIXEDMAP		0x10000000
#define vm_flags_set(vma, flags)	((void)((vma)->vm_flags |= (flags)))
#define pfn_valid(pfn)		((pfn) & 1)

/* The program keeps the list of what is mapped. */
vm_fault_t vmf_insert_page(struct vm_area_struct *vma, unsigned long addr,
			   struct page *page);
vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr,
			  unsigned long pfn);
void unmap_mapping_pages(struct address_space *mapping, unsigned long first,
			 unsigned long n, bool even_cows);

#endif /* _SHIM_FILE_H */
