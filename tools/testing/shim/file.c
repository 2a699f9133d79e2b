// SPDX-License-Identifier: GPL-2.0
/* Eventfds, and memory of processes. */
#include "file.h"

#undef memcpy

u8 *shim_user;
size_t shim_user_size;
struct eventfd_ctx shim_eventfds[SHIM_EVENTFDS];

/* A program that maps windows has its own. */
__attribute__((weak)) vm_fault_t vmf_insert_page(struct vm_area_struct *vma,
						 unsigned long addr,
						 struct page *page)
{
	return VM_FAULT_OOM;
}

__attribute__((weak)) vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma,
						unsigned long addr,
						unsigned long pfn)
{
	return VM_FAULT_OOM;
}

__attribute__((weak)) void unmap_mapping_pages(struct address_space *mapping,
					       unsigned long first,
					       unsigned long n, bool even_cows)
{
}

/* Bytes of @n at @p that there are. */
static size_t there_are(const void *p, size_t n)
{
	size_t at = (const u8 *)p - shim_user;

	if ((const u8 *)p < shim_user || at >= shim_user_size)
		return 0;
	return min(n, shim_user_size - at);
}

unsigned long copy_from_user(void *to, const void *from, unsigned long n)
{
	size_t some = there_are(from, n);

#ifdef SHIM_FUZZ
	shim_before_load(from, some);
#endif
	memcpy(to, from, some);
	memset((char *)to + some, 0, n - some);
	return n - some;
}

unsigned long copy_to_user(void *to, const void *from, unsigned long n)
{
	size_t some = there_are(to, n);

	memcpy(to, from, some);
	return n - some;
}

unsigned long clear_user(void *to, unsigned long n)
{
	size_t some = there_are(to, n);

	memset(to, 0, some);
	return n - some;
}

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	if (fd < 0 || fd > SHIM_EVENTFDS)
		return ERR_PTR(-EBADF);
	/* A file, but no such one. */
	if (fd == SHIM_EVENTFDS)
		return ERR_PTR(-EINVAL);
	shim_eventfds[fd].refs++;
	return &shim_eventfds[fd];
}

struct file *eventfd_fget(int fd)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fdget(fd);

	return IS_ERR(ctx) ? ERR_CAST(ctx) : &ctx->file;
}

struct eventfd_ctx *eventfd_ctx_fileget(struct file *file)
{
	struct eventfd_ctx *ctx = container_of(file, struct eventfd_ctx, file);

	ctx->refs++;
	return ctx;
}

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	assert(ctx->refs > 0);
	ctx->refs--;
}

void fput(struct file *file)
{
	eventfd_ctx_put(container_of(file, struct eventfd_ctx, file));
}

void eventfd_signal(struct eventfd_ctx *ctx)
{
	wait_queue_entry_t *wait, *next;

	assert(ctx->refs > 0);
	ctx->count++;
	for (wait = ctx->wait.first; wait; wait = next) {
		next = wait->next;
		wait->func(wait, 0, 0, (void *)EPOLLIN);
	}
}

void eventfd_ctx_do_read(struct eventfd_ctx *ctx, u64 *count)
{
	*count = ctx->count;
	ctx->count = 0;
}

int eventfd_ctx_remove_wait_queue(struct eventfd_ctx *ctx,
				  wait_queue_entry_t *wait, u64 *count)
{
	wait_queue_entry_t **at = &ctx->wait.first;

	while (*at != wait) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = wait->next;
	eventfd_ctx_do_read(ctx, count);
	return 0;
}

__poll_t vfs_poll(struct file *file, poll_table *table)
{
	struct eventfd_ctx *ctx = container_of(file, struct eventfd_ctx, file);

	table->qproc(file, &ctx->wait, table);
	return ctx->count ? EPOLLIN : 0;
}
