// SPDX-License-Identifier: GPL-2.0
/*
 * The bed without a bus driver: the kernel's own FF-A against the manager. Every
 * kind of call, and what must be refused.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "bed.h"

#define PAGES		600	/* more than one fragment has, all apart */
#define FEW		4
#define NOTIFICATION	5
#define PATIENCE	(10 * HZ)
#define TAG		0x1234
#define TEXT		"an indirect message"

static_assert(sizeof(TEXT) < CONTROL_SENT);

/**
 * struct selftest - one run
 * @bed: whose
 * @file: gets the results
 * @num: results so far
 * @table: pages, each a piece of its own
 * @handle: of the memory when it is shared
 * @notified: the notification came
 * @told: the indirect message came
 * @text: the latter
 */
struct selftest {
	struct bed *bed;
	struct seq_file *file;
	int num;
	struct sg_table table;
	u64 handle;
	struct completion notified;
	struct completion told;
	char text[CONTROL_SENT];
};

static void result(struct selftest *t, bool good, const char *what)
{
	seq_printf(t->file, "%s %d %s\n", good ? "ok" : "not ok", ++t->num,
		   what);
}

static int command(struct selftest *t, u64 number, u64 a, u64 b, u64 *answer)
{
	struct ffa_send_direct_data2 data = { .data = { number, a, b } };
	int err = bed_command(t->bed, &data);

	if (answer)
		*answer = data.data[1];
	return err;
}

static void test_messages(struct selftest *t)
{
	struct ffa_send_direct_data data = { .data0 = CONTROL_HELLO };
	struct ffa_device *fdev = t->bed->fdev;
	u64 answer = 0;
	int err;

	err = fdev->ops->msg_ops->sync_send_receive(fdev, &data);
	result(t, !err && data.data1 == CONTROL_HELLO_ANSWER, "DIRECT_REQ");
	err = command(t, CONTROL_HELLO, 0, 0, &answer);
	result(t, !err && answer == CONTROL_HELLO_ANSWER, "DIRECT_REQ2");
}

static void free_pages_of(struct sg_table *table)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(table->sgl, sg, table->nents, i)
		if (sg_page(sg))
			__free_page(sg_page(sg));
	sg_free_table(table);
}

static int alloc_pages_of(struct sg_table *table, int pages)
{
	struct scatterlist *sg;
	struct page *page;
	int i;

	if (sg_alloc_table(table, pages, GFP_KERNEL))
		return -ENOMEM;
	for_each_sg(table->sgl, sg, pages, i) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page) {
			free_pages_of(table);
			return -ENOMEM;
		}
		memset(page_address(page), i, PAGE_SIZE);
		sg_set_page(sg, page, PAGE_SIZE, 0);
	}
	return 0;
}

static int share(struct selftest *t)
{
	struct ffa_mem_region_attributes attributes = {
		.receiver = t->bed->fdev->vm_id,
		.attrs = FFA_MEM_RW,
	};
	struct ffa_mem_ops_args args = {
		.use_txbuf = true,
		.attrs = &attributes,
		.nattrs = 1,
		.tag = TAG,
		.sg = t->table.sgl,
	};
	int err = t->bed->fdev->ops->mem_ops->memory_share(&args);

	if (!err)
		t->handle = args.g_handle;
	return err;
}

static int reclaim(struct selftest *t)
{
	return t->bed->fdev->ops->mem_ops->memory_reclaim(t->handle, 0);
}

static u64 sum_of(struct sg_table *table)
{
	struct scatterlist *sg;
	u64 sum = 0;
	int i;

	for_each_sg(table->sgl, sg, table->nents, i)
		sum += *(u8 *)sg_virt(sg) * (u64)PAGE_SIZE;
	return sum;
}

/* The last page has what the partition wrote. */
static bool was_filled(struct sg_table *table, int pages)
{
	struct scatterlist *sg;
	u8 *byte = NULL;
	int i;

	for_each_sg(table->sgl, sg, pages, i)
		byte = sg_virt(sg);
	return byte[0] == 7 && byte[5] == 12 && byte[PAGE_SIZE - 1] == 6;
}

static void test_shared(struct selftest *t, int pages)
{
	u64 sum = 0;

	result(t, command(t, CONTROL_RETRIEVE, t->handle, pages - 1, NULL),
	       "a wrong number of pages is refused");
	result(t, !command(t, CONTROL_RETRIEVE, t->handle, pages, NULL),
	       "the partition takes the memory");
	command(t, CONTROL_ADD_UP, pages * PAGE_SIZE, 0, &sum);
	result(t, sum == sum_of(&t->table), "and reads all of it");
	command(t, CONTROL_FILL, pages * PAGE_SIZE, 7, NULL);
	result(t, was_filled(&t->table, pages), "and writes it");
	result(t, reclaim(t), "what it holds cannot be taken back");
	result(t, !command(t, CONTROL_RELINQUISH, 0, 0, NULL), "it gives it up");
	result(t, command(t, CONTROL_ADD_UP, 1, 0, NULL), "and has it no more");
	result(t, !reclaim(t), "then it can");
	result(t, reclaim(t), "once");
	result(t, command(t, CONTROL_RETRIEVE, t->handle, pages, NULL),
	       "what is not shared any more is refused");
}

static void test_memory(struct selftest *t, int pages)
{
	if (alloc_pages_of(&t->table, pages)) {
		result(t, false, "memory");
		return;
	}
	command(t, CONTROL_REFUSE_FRAGMENT, 1, 0, NULL);
	result(t, share(t), "a share fails");
	if (pages > FEW) {
		command(t, CONTROL_REFUSE_FRAGMENT, 2, 0, NULL);
		result(t, share(t), "and one half way through its fragments");
	}
	result(t, !share(t), "memory is shared");
	result(t, share(t), "but not twice");
	test_shared(t, pages);
	free_pages_of(&t->table);
}

static void on_notification(int id, void *data)
{
	struct selftest *t = data;

	complete(&t->notified);
}

static void on_message(int id, void *data, void *message)
{
	struct selftest *t = data;

	memcpy(t->text, message, sizeof(t->text));
	complete(&t->told);
}

static void test_notification(struct selftest *t)
{
	const struct ffa_notifier_ops *ops = t->bed->fdev->ops->notifier_ops;
	struct ffa_device *fdev = t->bed->fdev;
	int err;

	result(t, command(t, CONTROL_NOTIFY, NOTIFICATION, 0, NULL),
	       "a notification that nobody wants is refused");
	err = ops->notify_request(fdev, false, on_notification, t, NOTIFICATION);
	result(t, !err, "a notification is bound");
	err = command(t, CONTROL_NOTIFY, NOTIFICATION, 0, NULL);
	result(t, !err && wait_for_completion_timeout(&t->notified, PATIENCE),
	       "and comes");
	result(t, !ops->notify_relinquish(fdev, NOTIFICATION), "and is unbound");
}

static int ask_for_message(struct selftest *t)
{
	struct ffa_send_direct_data2 data = { .data = { CONTROL_SEND } };

	memcpy(&data.data[1], TEXT, sizeof(TEXT));
	return bed_command(t->bed, &data);
}

static void test_indirect(struct selftest *t)
{
	const struct ffa_notifier_ops *ops = t->bed->fdev->ops->notifier_ops;
	struct ffa_device *fdev = t->bed->fdev;
	struct ffa_send_direct_data2 data = { .data = { CONTROL_RECEIVED } };
	char text[] = TEXT;
	int err;

	err = fdev->ops->msg_ops->indirect_send(fdev, text, sizeof(text));
	result(t, !err && !bed_command(t->bed, &data) &&
	       data.data[1] == sizeof(text) &&
	       !strcmp((char *)&data.data[2], TEXT), "SEND2 arrives");
	err = ops->fwk_notify_request(fdev, on_message, t, 0);
	err = err ?: ask_for_message(t);
	result(t, !err && wait_for_completion_timeout(&t->told, PATIENCE) &&
	       !strcmp(t->text, TEXT), "and comes from there");
	ops->fwk_notify_relinquish(fdev, 0);
}

/* Whatever call comes next. */
static void test_failure(struct selftest *t)
{
	u64 failed = 0;

	command(t, CONTROL_FAIL, 1, (u64)-4, NULL);
	if (alloc_pages_of(&t->table, FEW)) {
		result(t, false, "memory");
		return;
	}
	result(t, !share(t), "a call before the one that is to fail");
	result(t, reclaim(t), "which fails");
	result(t, !reclaim(t), "once");
	command(t, CONTROL_FAILED, 0, 0, &failed);
	result(t, failed, "and the manager knows");
	free_pages_of(&t->table);
}

int bed_selftest(struct seq_file *file, void *unused)
{
	struct selftest *t;

	t = kzalloc_obj(*t);
	if (!t)
		return -ENOMEM;
	t->bed = file->private;
	t->file = file;
	init_completion(&t->notified);
	init_completion(&t->told);
	test_messages(t);
	test_memory(t, FEW);
	test_memory(t, PAGES);
	test_notification(t);
	test_indirect(t);
	test_failure(t);
	seq_printf(file, "1..%d\n", t->num);
	kfree(t);
	return 0;
}
