// SPDX-License-Identifier: GPL-2.0
/*
 * What a domain of Xen does for a link: grants, event channels and xenstore, as
 * the kernel's own drivers have them. Nothing here decides anything.
 */
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>
#include <xen/xenbus.h>
#include <xen/interface/event_channel.h>
#include <asm/xen/hypercall.h>

#include "domain.h"
#include "view.h"

static_assert(XEN_PAGE_SIZE == VIRTIO_MSG_XEN_PAGE_SIZE);
static_assert(sizeof(grant_ref_t) == sizeof(u32));
static_assert(sizeof(grant_handle_t) == sizeof(u32));
static_assert((int)XenbusStateInitialising == (int)VIRTIO_MSG_XEN_INITIALISING);
static_assert((int)XenbusStateInitWait == (int)VIRTIO_MSG_XEN_INIT_WAIT);
static_assert((int)XenbusStateInitialised == (int)VIRTIO_MSG_XEN_INITIALISED);
static_assert((int)XenbusStateConnected == (int)VIRTIO_MSG_XEN_CONNECTED);
static_assert((int)XenbusStateClosing == (int)VIRTIO_MSG_XEN_CLOSING);
static_assert((int)XenbusStateClosed == (int)VIRTIO_MSG_XEN_CLOSED);

/* Grants that one call maps or unmaps: what describes them is on the stack. */
#define BATCH	8

/* As Kbuild has it. */
#define HAS_VIEWS	(IS_ENABLED(CONFIG_XEN_PV) && \
			 IS_ENABLED(CONFIG_MMU_NOTIFIER))

static struct virtio_msg_xen_end *to_end(struct virtio_msg_xen *xen)
{
	return container_of(xen, struct virtio_msg_xen_end, xen);
}

/**
 * virtio_msg_xen_here() - is this a domain of Xen?
 *
 * Context: Any.
 * Return: true if it is.
 */
bool virtio_msg_xen_here(void)
{
	return xen_domain();
}

/* Grants of this domain */

static int domain_grant(u16 domid, struct page *page, unsigned int part,
			bool readonly)
{
	return gnttab_grant_foreign_access(domid, xen_page_to_gfn(page) + part,
					   readonly);
}

static bool domain_end_access(u32 ref)
{
	return gnttab_try_end_foreign_access(ref);
}

/*
 * It would find the page itself, but not one that is larger than Xen's (7.3). It
 * drops the reference when that is not needed any more.
 */
static void domain_abandon(u32 ref, struct page *page)
{
	get_page(page);
	gnttab_end_foreign_access(ref, page);
}

/* Grants of the other domain */

static unsigned int num_pages(const struct virtio_msg_xen_pages *pages)
{
	return DIV_ROUND_UP(pages->n, VIRTIO_MSG_XEN_PER_PAGE);
}

static struct page *page_of(const struct virtio_msg_xen_pages *pages,
			    unsigned int i)
{
	return pages->pages[i / VIRTIO_MSG_XEN_PER_PAGE];
}

static unsigned long address_of(const struct virtio_msg_xen_pages *pages,
				unsigned int i)
{
	return (unsigned long)page_to_virt(page_of(pages, i)) +
	       i % VIRTIO_MSG_XEN_PER_PAGE * XEN_PAGE_SIZE;
}

static int map_batch(u16 domid, const u32 *refs, unsigned int first,
		     unsigned int n, u32 flags,
		     struct virtio_msg_xen_pages *pages)
{
	struct gnttab_map_grant_ref ops[BATCH];
	struct page *page[BATCH];
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		page[i] = page_of(pages, first + i);
		gnttab_set_map_op(&ops[i], address_of(pages, first + i), flags,
				  refs[first + i], domid);
	}
	err = gnttab_map_refs(ops, NULL, page, n);
	for (i = 0; i < n; i++) {
		if (ops[i].status == GNTST_okay)
			pages->handles[first + i] = ops[i].handle;
		else
			err = err ?: -EFAULT;
	}
	return err;
}

/* False if one stays mapped: the call itself says nothing of that. */
static bool unmap_batch(struct virtio_msg_xen_pages *pages, unsigned int first,
			unsigned int n)
{
	struct gnttab_unmap_grant_ref ops[BATCH];
	struct page *page[BATCH];
	unsigned int i, mapped = 0;
	bool ok;

	for (i = first; i < first + n; i++) {
		if (pages->handles[i] == INVALID_GRANT_HANDLE)
			continue;
		page[mapped] = page_of(pages, i);
		gnttab_set_unmap_op(&ops[mapped++], address_of(pages, i),
				    GNTMAP_host_map, pages->handles[i]);
	}
	ok = !mapped || !gnttab_unmap_refs(ops, NULL, page, mapped);
	for (i = 0; i < mapped; i++)
		ok &= ops[i].status == GNTST_okay;
	return ok;
}

static void free_pages_of(struct virtio_msg_xen_pages *pages)
{
	kvfree(pages->pages);
	kvfree(pages->handles);
	kvfree(pages->refs);
}

static int alloc_pages_of(struct virtio_msg_xen_pages *pages, u16 domid,
			  const u32 *refs, unsigned int n)
{
	int err = -ENOMEM;

	pages->n = n;
	pages->domid = domid;
	INIT_LIST_HEAD(&pages->views);
	atomic_set(&pages->shown, 0);
	pages->refs = kvmemdup(refs, n * sizeof(*refs), GFP_KERNEL);
	pages->pages = kvcalloc(num_pages(pages), sizeof(*pages->pages),
				GFP_KERNEL);
	pages->handles = kvmalloc_array(n, sizeof(*pages->handles), GFP_KERNEL);
	if (pages->pages && pages->handles && pages->refs)
		err = gnttab_alloc_pages(num_pages(pages), pages->pages);
	if (err)
		free_pages_of(pages);
	return err;
}

/* Pages of which some stay mapped are never used for anything else. */
static void domain_unmap(struct virtio_msg_xen_pages *pages)
{
	bool ok = true;
	unsigned int i;

	if (HAS_VIEWS)
		virtio_msg_xen_views_close(pages);
	for (i = 0; i < pages->n; i += BATCH)
		ok &= unmap_batch(pages, i, min(pages->n - i, BATCH));
	if (ok)
		gnttab_free_pages(num_pages(pages), pages->pages);
	else
		pr_warn_ratelimited("virtio-msg-xen: grants stay mapped\n");
	free_pages_of(pages);
}

static int domain_map(u16 domid, const u32 *refs, unsigned int n, bool readonly,
		      struct virtio_msg_xen_pages *pages)
{
	u32 flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0);
	unsigned int i;
	int err;

	err = alloc_pages_of(pages, domid, refs, n);
	if (err)
		return err;
	for (i = 0; i < n; i++)
		pages->handles[i] = INVALID_GRANT_HANDLE;
	for (i = 0; i < n && !err; i += BATCH)
		err = map_batch(domid, refs, i, min(n - i, BATCH), flags,
				pages);
	if (err)
		domain_unmap(pages);
	return err;
}

/* A PV domain maps a grant to one page table entry, each other is another. */

static unsigned int domain_handles(void)
{
	return xen_pv_domain() ? 1 + VIRTIO_MSG_XEN_MAX_VIEWS : 1;
}

static int domain_view_open(struct virtio_msg_xen_pages *pages,
			    struct vm_area_struct *vma)
{
	if (!xen_pv_domain())
		return 0;
	if (!HAS_VIEWS)
		return -EOPNOTSUPP;
	return virtio_msg_xen_view_open(pages, &virtio_msg_xen_entry_ops, vma);
}

static vm_fault_t domain_view_fault(struct virtio_msg_xen_pages *pages,
				    struct vm_fault *vmf, unsigned int i)
{
	if (!xen_pv_domain() || !HAS_VIEWS)
		return 0;
	return virtio_msg_xen_view_fault(pages, vmf, i);
}

/* The memory */

/*
 * In a PV domain, nobody but xenbus maps pages one behind the other. If one of
 * them cannot be, it forgets those behind that one, which then stay mapped for
 * good. So they are all mapped before, and cannot be revoked meanwhile. One that
 * is mapped so often that Xen counts no further fails all the same: what is lost
 * by that is lost once, as the device is not connected any more.
 */
static int map_ring_pv(struct virtio_msg_xen_end *end, const u32 *refs,
		       unsigned int n, void **base)
{
	grant_ref_t copy[VIRTIO_MSG_XEN_MAX_RING];
	int err;

	if (!end->has_store)
		return -EOPNOTSUPP;
	if (end->leaked)
		return -EPERM;
	err = domain_map(end->xen.domid, refs, n, false, &end->ring);
	if (err)
		return err;
	memcpy(copy, refs, n * sizeof(*copy));
	err = xenbus_map_ring_valloc(end->xdev, copy, n, base);
	/* It had not begun if it lacked memory. */
	end->leaked = err && err != -ENOMEM;
	domain_unmap(&end->ring);
	return err;
}

static int map_ring_pages(struct virtio_msg_xen_end *end, const u32 *refs,
			  unsigned int n, void **base)
{
	int err;

	err = domain_map(end->xen.domid, refs, n, false, &end->ring);
	if (err)
		return err;
	*base = vmap(end->ring.pages, num_pages(&end->ring), VM_MAP,
		     PAGE_KERNEL);
	if (*base)
		return 0;
	domain_unmap(&end->ring);
	return -ENOMEM;
}

static int domain_map_ring(struct virtio_msg_xen *xen, const u32 *refs,
			   unsigned int n, void **base)
{
	if (xen_pv_domain())
		return map_ring_pv(to_end(xen), refs, n, base);
	return map_ring_pages(to_end(xen), refs, n, base);
}

static void domain_unmap_ring(struct virtio_msg_xen *xen, void *base)
{
	struct virtio_msg_xen_end *end = to_end(xen);

	if (xen_pv_domain()) {
		xenbus_unmap_ring_vfree(end->xdev, base);
		return;
	}
	vunmap(base);
	domain_unmap(&end->ring);
}

/* Event channels */

static irqreturn_t event(int irq, void *data)
{
	struct virtio_msg_xen_end *end = data;

	/* The first comes before the number is known otherwise. */
	WRITE_ONCE(end->irq, irq);
	/* No more until this one has been looked at. */
	atomic_set(&end->due, 1);
	virtio_msg_xen_rung(&end->xen);
	return IRQ_HANDLED;
}

static void close_port(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_close, &op);
}

static int domain_bell_offer(struct virtio_msg_xen *xen)
{
	struct virtio_msg_xen_end *end = to_end(xen);
	struct evtchn_alloc_unbound op = {
		.dom = DOMID_SELF,
		.remote_dom = xen->domid,
	};
	int err;

	err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &op);
	if (err)
		return err;
	atomic_set(&end->due, 0);
	err = bind_evtchn_to_irqhandler_lateeoi(op.port, event, 0, xen->name,
						end);
	if (err < 0) {
		close_port(op.port);
		return err;
	}
	WRITE_ONCE(end->irq, err);
	xen->port = op.port;
	return 0;
}

static int domain_bell_bind(struct virtio_msg_xen *xen, u32 port)
{
	struct virtio_msg_xen_end *end = to_end(xen);
	int irq;

	atomic_set(&end->due, 0);
	irq = bind_interdomain_evtchn_to_irqhandler_lateeoi(end->xdev, port,
							    event, 0, xen->name,
							    end);
	if (irq < 0)
		return irq;
	WRITE_ONCE(end->irq, irq);
	return 0;
}

static void domain_bell_free(struct virtio_msg_xen *xen)
{
	struct virtio_msg_xen_end *end = to_end(xen);

	unbind_from_irqhandler(end->irq, end);
	/* Nothing is acknowledged or rung any more: the number may be reused. */
	atomic_set(&end->due, 0);
	WRITE_ONCE(end->irq, 0);
}

static void domain_bell_ring(struct virtio_msg_xen *xen)
{
	int irq = READ_ONCE(to_end(xen)->irq);

	if (irq > 0)
		notify_remote_via_irq(irq);
}

static void domain_bell_looked(struct virtio_msg_xen *xen, bool any)
{
	struct virtio_msg_xen_end *end = to_end(xen);
	int irq = READ_ONCE(end->irq);

	if (atomic_xchg(&end->due, 0) && irq > 0)
		xen_irq_lateeoi(irq, any ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

/* Xenstore */

static int domain_read(struct virtio_msg_xen *xen, bool theirs, const char *key,
		       u32 *value)
{
	struct xenbus_device *xdev = to_end(xen)->xdev;
	int err;

	err = xenbus_scanf(XBT_NIL, theirs ? xdev->otherend : xdev->nodename,
			   key, "%u", value);
	return err < 0 ? err : 0;
}

static int domain_write(struct virtio_msg_xen *xen, const char *key, u32 value)
{
	return xenbus_printf(XBT_NIL, to_end(xen)->xdev->nodename, key, "%u",
			     value);
}

static int domain_switch_state(struct virtio_msg_xen *xen,
			       enum virtio_msg_xen_state state)
{
	struct xenbus_device *xdev = to_end(xen)->xdev;

	if (xen->front && state == VIRTIO_MSG_XEN_CLOSED)
		return xenbus_frontend_closed(xdev);
	return xenbus_switch_state(xdev, (enum xenbus_state)state);
}

/* It prints, and the other end can have it called as often as it likes. */
static void domain_fail(struct virtio_msg_xen *xen, int err, const char *what)
{
	struct virtio_msg_xen_end *end = to_end(xen);

	if (end->complained)
		xenbus_switch_state(end->xdev, XenbusStateClosing);
	else
		xenbus_dev_fatal(end->xdev, err, "%s", what);
	end->complained = true;
}

static void domain_gone(struct virtio_msg_xen *xen)
{
	struct xenbus_device *xdev = to_end(xen)->xdev;

	if (!xenbus_dev_is_online(xdev))
		device_unregister(&xdev->dev);
}

const struct virtio_msg_xen_ops virtio_msg_xen_domain_ops = {
	.grant = domain_grant,
	.end_access = domain_end_access,
	.abandon = domain_abandon,
	.map = domain_map,
	.unmap = domain_unmap,
	.handles = domain_handles,
	.view_open = domain_view_open,
	.view_fault = domain_view_fault,
	.map_ring = domain_map_ring,
	.unmap_ring = domain_unmap_ring,
	.bell_offer = domain_bell_offer,
	.bell_bind = domain_bell_bind,
	.bell_free = domain_bell_free,
	.bell_ring = domain_bell_ring,
	.bell_looked = domain_bell_looked,
	.read = domain_read,
	.write = domain_write,
	.switch_state = domain_switch_state,
	.fail = domain_fail,
	.gone = domain_gone,
};
