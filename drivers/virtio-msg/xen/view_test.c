// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what processes of PV domains see, with page tables, notifiers of them
 * and entries that are made of software.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "fake_notifier.h"
#include "link.h"
#include "mapping.h"
#include "view.h"

#define DOMID		5
#define PAGES		8
#define PROCESSES	2
#define SLOTS		(PAGES * (VIRTIO_MSG_XEN_MAX_VIEWS + 1))
#define FIRST_REF	100
#define BASE		0x400000UL

/**
 * struct fake_slot - an entry that was written
 * @entry: which
 * @ref: what for
 * @readonly: not for writing
 * @used: there is one
 */
struct fake_slot {
	u64 entry;
	u32 ref;
	bool readonly;
	bool used;
};

/**
 * struct view_rig - a window, and processes that look at it
 * @test: the test
 * @pages: the window
 * @refs: its references
 * @mms: the processes
 * @vmas: where they see it
 * @slots: entries; the index is the handle
 * @mapped: those in use
 * @calls: of Xen, until now
 * @fail_call: the one that fails, counted from 1
 * @keep: entries cannot be cleared
 * @restless: page tables change whenever an entry is looked for
 */
struct view_rig {
	struct kunit *test;
	struct virtio_msg_xen_pages pages;
	u32 refs[PAGES];
	struct mm_struct *mms[PROCESSES];
	struct vm_area_struct *vmas[PROCESSES];
	struct fake_slot slots[SLOTS];
	unsigned int mapped;
	unsigned int calls;
	unsigned int fail_call;
	bool keep;
	bool restless;
};

static struct view_rig *rig;

static bool fails(void)
{
	return ++rig->calls == rig->fail_call;
}

static unsigned long page_address_of(unsigned int i)
{
	return BASE + i * PAGE_SIZE;
}

static int slot_find(struct mm_struct *mm, unsigned long address, u64 *entry)
{
	KUNIT_EXPECT_EQ(rig->test, 0UL, address & ~PAGE_MASK);
	if (fails())
		return -ENOMEM;
	if (rig->restless)
		fake_notifier_invalidate(mm, address, address + PAGE_SIZE);
	*entry = address | (mm == rig->mms[1]);
	return 0;
}

static int slot_map(u64 entry, u16 domid, u32 ref, bool readonly, u32 *handle)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(rig->test, DOMID, domid);
	if (fails())
		return -EFAULT;
	for (i = 0; i < SLOTS && rig->slots[i].used; i++)
		KUNIT_EXPECT_NE(rig->test, entry, rig->slots[i].entry);
	KUNIT_ASSERT_LT(rig->test, i, (unsigned int)SLOTS);
	rig->slots[i] = (struct fake_slot){
		.entry = entry, .ref = ref, .readonly = readonly, .used = true,
	};
	rig->mapped++;
	*handle = i;
	return 0;
}

static bool slot_unmap(u64 entry, u32 handle)
{
	struct fake_slot *slot = &rig->slots[handle];

	KUNIT_EXPECT_TRUE(rig->test, slot->used);
	KUNIT_EXPECT_EQ(rig->test, entry, slot->entry);
	slot->used = false;
	slot->entry = 0;
	rig->mapped--;
	return !rig->keep;
}

static const struct virtio_msg_xen_view_ops slot_ops = {
	.find = slot_find,
	.map = slot_map,
	.unmap = slot_unmap,
};

static int look(unsigned int process)
{
	struct vm_area_struct *vma = rig->vmas[process];
	int err;

	mmap_write_lock(vma->vm_mm);
	err = virtio_msg_xen_view_open(&rig->pages, &slot_ops, vma);
	mmap_write_unlock(vma->vm_mm);
	return err;
}

static vm_fault_t fault_at(unsigned int process, unsigned int i,
			   unsigned int page)
{
	struct vm_fault vmf = {
		.vma = rig->vmas[process],
		.address = page_address_of(i) + 8,
	};

	return virtio_msg_xen_view_fault(&rig->pages, &vmf, page);
}

static vm_fault_t fault(unsigned int process, unsigned int i)
{
	return fault_at(process, i, i % PAGES);
}

static void change(unsigned int process, unsigned int first, unsigned int n)
{
	fake_notifier_invalidate(rig->mms[process], page_address_of(first),
				 page_address_of(first + n));
}

static int init_process(struct kunit *test, unsigned int i)
{
	rig->mms[i] = kunit_kzalloc(test, sizeof(*rig->mms[i]), GFP_KERNEL);
	rig->vmas[i] = kunit_kzalloc(test, sizeof(*rig->vmas[i]), GFP_KERNEL);
	if (!rig->mms[i] || !rig->vmas[i])
		return -ENOMEM;
	init_rwsem(&rig->mms[i]->mmap_lock);
	atomic_set(&rig->mms[i]->mm_users, 1);
	rig->vmas[i]->vm_mm = rig->mms[i];
	vm_flags_init(rig->vmas[i], VM_READ | VM_WRITE | VM_SHARED);
	return 0;
}

static int view_init(struct kunit *test)
{
	unsigned int i;
	int err = 0;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	if (!rig)
		return -ENOMEM;
	rig->test = test;
	rig->pages.n = PAGES;
	rig->pages.domid = DOMID;
	rig->pages.refs = rig->refs;
	INIT_LIST_HEAD(&rig->pages.views);
	for (i = 0; i < PAGES; i++)
		rig->refs[i] = FIRST_REF + i;
	for (i = 0; i < PROCESSES && !err; i++)
		err = init_process(test, i);
	return err;
}

/* As the core does it: nobody sees the window when it is unmapped. */
static void view_exit(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < PROCESSES; i++)
		fake_notifier_invalidate(rig->mms[i], 0, ULONG_MAX);
	virtio_msg_xen_views_close(&rig->pages);
	KUNIT_EXPECT_EQ(test, 0U, rig->mapped);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig->pages.shown));
	KUNIT_EXPECT_EQ(test, 0U, fake_notifier_count());
}

static void page_is_shown(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, look(0));
	KUNIT_EXPECT_TRUE(test, fault(0, 3) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, 1U, rig->mapped);
	KUNIT_EXPECT_EQ(test, FIRST_REF + 3U, rig->slots[0].ref);
	KUNIT_EXPECT_FALSE(test, rig->slots[0].readonly);
	/* Two threads look at the same time. */
	KUNIT_EXPECT_TRUE(test, fault(0, 3) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, 1U, rig->mapped);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&rig->pages.shown));
}

static void reader_cannot_write(struct kunit *test)
{
	vm_flags_init(rig->vmas[0], VM_READ | VM_SHARED);
	KUNIT_ASSERT_EQ(test, 0, look(0));
	KUNIT_EXPECT_TRUE(test, fault(0, 0) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_TRUE(test, rig->slots[0].readonly);
}

static void child_has_nothing(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, look(0));
	KUNIT_EXPECT_TRUE(test, rig->vmas[0]->vm_flags & VM_DONTCOPY);
	/* Nor can madvise() undo that, on 6.12 either. */
	KUNIT_EXPECT_TRUE(test, rig->vmas[0]->vm_flags & VM_IO);
}

static void entries_end_before_they_are_touched(struct kunit *test)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, look(0));
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_TRUE(test, fault(0, i) == VM_FAULT_NOPAGE);
	change(0, 2, 3);
	KUNIT_EXPECT_EQ(test, PAGES - 3U, rig->mapped);
	change(0, PAGES, 100);
	change(1, 0, PAGES);
	KUNIT_EXPECT_EQ(test, PAGES - 3U, rig->mapped);
	/* The process looks again. */
	KUNIT_EXPECT_TRUE(test, fault(0, 4) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, PAGES - 2U, rig->mapped);
}

static void page_tables_change_meanwhile(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, look(0));
	rig->restless = true;
	KUNIT_EXPECT_TRUE(test, fault(0, 1) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, 0U, rig->mapped);
	rig->restless = false;
	KUNIT_EXPECT_TRUE(test, fault(0, 1) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, 1U, rig->mapped);
}

static void each_process_has_its_own(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, look(0));
	KUNIT_ASSERT_EQ(test, 0, look(1));
	KUNIT_ASSERT_EQ(test, 0, look(1));
	KUNIT_EXPECT_EQ(test, 2U, fake_notifier_count());
	KUNIT_EXPECT_TRUE(test, fault(0, 1) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_TRUE(test, fault(1, 1) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_EQ(test, 2U, rig->mapped);
	change(0, 0, PAGES);
	KUNIT_EXPECT_EQ(test, 1U, rig->mapped);
}

static void process_that_ended_has_none(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, look(0));
	KUNIT_EXPECT_TRUE(test, fault(0, 1) == VM_FAULT_NOPAGE);
	fake_notifier_invalidate(rig->mms[0], 0, ULONG_MAX);
	atomic_set(&rig->mms[0]->mm_users, 0);
	KUNIT_ASSERT_EQ(test, 0, look(1));
	KUNIT_EXPECT_EQ(test, 1U, fake_notifier_count());
}

/* Whoever did not map the window, or could not. */
static void stranger_sees_nothing(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, fault(0, 0) == VM_FAULT_SIGBUS);
	fake_notifier_fail(-EINTR);
	KUNIT_EXPECT_EQ(test, -EINTR, look(0));
	KUNIT_EXPECT_TRUE(test, fault(0, 0) == VM_FAULT_SIGBUS);
	KUNIT_EXPECT_EQ(test, 0U, fake_notifier_count());
	KUNIT_ASSERT_EQ(test, 0, look(0));
	KUNIT_EXPECT_TRUE(test, fault(0, 0) == VM_FAULT_NOPAGE);
}

static void each_call_may_fail(struct kunit *test)
{
	static const vm_fault_t results[] = {
		VM_FAULT_OOM, VM_FAULT_SIGBUS, VM_FAULT_NOPAGE,
	};
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, look(0));
	for (i = 0; i < ARRAY_SIZE(results); i++) {
		rig->calls = 0;
		rig->fail_call = i + 1;
		KUNIT_EXPECT_TRUE(test, fault(0, 1) == results[i]);
		KUNIT_EXPECT_EQ(test, results[i] == VM_FAULT_NOPAGE,
				rig->mapped);
		KUNIT_EXPECT_EQ(test, (int)rig->mapped,
				atomic_read(&rig->pages.shown));
	}
	/* An entry that stays is not asked for twice. */
	rig->keep = true;
	change(0, 0, PAGES);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&rig->pages.shown));
}

static void page_is_not_shown_again_and_again(struct kunit *test)
{
	unsigned int n = PAGES * VIRTIO_MSG_XEN_MAX_VIEWS, i;
	unsigned int refused = virtio_msg_xen_mappings_refused();

	KUNIT_ASSERT_EQ(test, 0, look(0));
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE(test, fault_at(0, i, 0) == VM_FAULT_NOPAGE);
	KUNIT_EXPECT_TRUE(test, fault_at(0, n, 0) == VM_FAULT_SIGBUS);
	KUNIT_EXPECT_EQ(test, n, rig->mapped);
	KUNIT_EXPECT_EQ(test, refused + 1, virtio_msg_xen_mappings_refused());
	change(0, 0, 1);
	KUNIT_EXPECT_TRUE(test, fault_at(0, n, 0) == VM_FAULT_NOPAGE);
}

static struct kunit_case view_cases[] = {
	KUNIT_CASE(page_is_shown),
	KUNIT_CASE(reader_cannot_write),
	KUNIT_CASE(child_has_nothing),
	KUNIT_CASE(entries_end_before_they_are_touched),
	KUNIT_CASE(page_tables_change_meanwhile),
	KUNIT_CASE(each_process_has_its_own),
	KUNIT_CASE(process_that_ended_has_none),
	KUNIT_CASE(stranger_sees_nothing),
	KUNIT_CASE(each_call_may_fail),
	KUNIT_CASE(page_is_not_shown_again_and_again),
	{ }
};

static struct kunit_suite view_suite = {
	.name = "virtio-msg-xen-view",
	.init = view_init,
	.exit = view_exit,
	.test_cases = view_cases,
};

kunit_test_suite(view_suite);
