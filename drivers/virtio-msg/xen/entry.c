// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of page tables that Xen writes for a PV domain, each a mapping of a
 * grant.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "view.h"

/* The entry is special, so that nobody looks for a page of this domain. */
#define FLAGS	(GNTMAP_host_map | GNTMAP_application_map | \
		 GNTMAP_contains_pte | (1 << _GNTMAP_guest_avail0))

static int note_address(pte_t *pte, unsigned long address, void *data)
{
	u64 *result = data;

	*result = arbitrary_virt_to_machine(pte).maddr;
	return 0;
}

static int entry_find(struct mm_struct *mm, unsigned long address, u64 *entry)
{
	return apply_to_page_range(mm, address, PAGE_SIZE, note_address, entry);
}

static int entry_map(u64 entry, u16 domid, u32 ref, bool readonly, u32 *handle)
{
	struct gnttab_map_grant_ref op;

	gnttab_set_map_op(&op, entry, FLAGS | (readonly ? GNTMAP_readonly : 0),
			  ref, domid);
	gnttab_batch_map(&op, 1);
	*handle = op.handle;
	return op.status == GNTST_okay ? 0 : -EFAULT;
}

static bool entry_unmap(u64 entry, u32 handle)
{
	struct gnttab_unmap_grant_ref op;

	gnttab_set_unmap_op(&op, entry, FLAGS, handle);
	return !HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) &&
	       op.status == GNTST_okay;
}

const struct virtio_msg_xen_view_ops virtio_msg_xen_entry_ops = {
	.find = entry_find,
	.map = entry_map,
	.unmap = entry_unmap,
};
