// SPDX-License-Identifier: GPL-2.0
/*
 * The link between two domains: that of ../amp/shmem.c, whose side 0 is the
 * front end, in memory that the front end grants, with an event channel as
 * doorbell and grants as windows.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../limits.h"
#include "link.h"
#include "mapping.h"
#include "memory.h"
#include "window.h"

static_assert(VIRTIO_MSG_XEN_MAX_MSG == VIRTIO_MSG_LIMIT_MSG_SIZE);
static_assert(VIRTIO_MSG_XEN_MAX_WINDOW == VIRTIO_MSG_LIMIT_WINDOW);

/* An event channel has no address, but there is one. */
#define BELL	0

static struct virtio_msg_xen *to_xen(struct virtio_msg_shmem *shmem)
{
	return container_of(shmem, struct virtio_msg_xen, shmem);
}

static void ring(struct virtio_msg_shmem *shmem, u32 address)
{
	struct virtio_msg_xen *xen = to_xen(shmem);

	xen->ops->bell_ring(xen);
}

static void looked(struct virtio_msg_shmem *shmem, bool any)
{
	struct virtio_msg_xen *xen = to_xen(shmem);

	xen->ops->bell_looked(xen, any);
}

static void back_down(struct virtio_msg_shmem *shmem)
{
	virtio_msg_xen_mappings_end(to_xen(shmem));
}

static const struct virtio_msg_bus_ops front_bus_ops = {
	.send = virtio_msg_shmem_send,
	.lost = virtio_msg_shmem_lost,
	.window_alloc = virtio_msg_xen_window_alloc,
	.window_free = virtio_msg_xen_window_free,
	.window_revoke = virtio_msg_xen_window_revoke,
};

/* A back end has no windows of its own, but the core wants these two. */
static int no_window_alloc(struct virtio_msg_bus *bus,
			   struct virtio_msg_window *win)
{
	return -EOPNOTSUPP;
}

static void no_window_free(struct virtio_msg_bus *bus,
			   struct virtio_msg_window *win)
{
}

static const struct virtio_msg_bus_ops back_bus_ops = {
	.send = virtio_msg_shmem_send,
	.lost = virtio_msg_shmem_lost,
	.window_alloc = no_window_alloc,
	.window_free = no_window_free,
	.window_map = virtio_msg_xen_window_map,
	.window_unmap = virtio_msg_xen_window_unmap,
	.window_page = virtio_msg_xen_window_page,
	.window_mmap = virtio_msg_xen_window_mmap,
	.window_fault = virtio_msg_xen_window_fault,
	.device_released = virtio_msg_xen_device_released,
};

static const struct virtio_msg_shmem_ops front_ops = {
	.ring = ring,
	.looked = looked,
	.bus = &front_bus_ops,
};

static const struct virtio_msg_shmem_ops back_ops = {
	.ring = ring,
	.looked = looked,
	.down = back_down,
	.bus = &back_bus_ops,
};

/* Half of the memory is for FIFOs, the rest for the tables of both sides. */
static u32 num_slots(const struct virtio_msg_xen *xen)
{
	u32 room = xen->ring_pages * VIRTIO_MSG_XEN_PAGE_SIZE / 2 -
		   sizeof(struct virtio_msg_amp_header) - 2 * SZ_64;

	return room / (2 * xen->msg_size);
}

static int init_shmem(struct virtio_msg_xen *xen, void *base, unsigned int n)
{
	struct virtio_msg_shmem *shmem = &xen->shmem;

	memset(shmem, 0, sizeof(*shmem));
	strscpy(shmem->name, xen->name, sizeof(shmem->name));
	shmem->dev = xen->dev;
	shmem->ops = xen->front ? &front_ops : &back_ops;
	shmem->base = base;
	shmem->size = (u64)n * VIRTIO_MSG_XEN_PAGE_SIZE;
	shmem->side = !xen->front;
	shmem->doorbell = BELL;
	shmem->role = xen->front ? VIRTIO_MSG_ROLE_DRIVER :
				   VIRTIO_MSG_ROLE_DEVICE;
	/* A domain that is restored has lost the link. */
	shmem->flags = VIRTIO_MSG_BUS_AWAKE;
	shmem->peer_ms = xen->peer_ms;
	/* Who floods a back end is not served before all others there. */
	shmem->fair = !xen->front;
	if (xen->front) {
		shmem->slot_size = xen->msg_size;
		shmem->num_slots = num_slots(xen);
	}
	return virtio_msg_shmem_init(shmem);
}

/**
 * virtio_msg_xen_rung() - an event came
 * @xen: whose event channel was made, or is just being made
 *
 * Context: Any.
 */
void virtio_msg_xen_rung(struct virtio_msg_xen *xen)
{
	virtio_msg_shmem_rung(&xen->shmem);
}

/**
 * virtio_msg_xen_init() - prepare an end of a link
 * @xen: zeroed, but for the members that are not private
 *
 * Context: Any.
 */
void virtio_msg_xen_init(struct virtio_msg_xen *xen)
{
	mutex_init(&xen->lock);
	mutex_init(&xen->windows_lock);
	INIT_LIST_HEAD(&xen->mappings);
	if (!xen->peer_ms)
		xen->peer_ms = VIRTIO_MSG_XEN_PEER_MS;
	if (!xen->want_ring_pages)
		xen->want_ring_pages = VIRTIO_MSG_XEN_MIN_RING;
	if (!xen->want_msg_size)
		xen->want_msg_size = VIRTIO_MSG_XEN_MSG;
	xen->ring_pages = xen->want_ring_pages;
	xen->msg_size = xen->want_msg_size;
}

static int grant_ring(struct virtio_msg_xen *xen)
{
	int err;

	err = virtio_msg_xen_memory_alloc(xen->ops, xen->domid,
					  xen->ring_pages *
					  VIRTIO_MSG_XEN_PAGE_SIZE, &xen->ring);
	if (err)
		return err;
	err = virtio_msg_xen_memory_grant(xen->ring, false);
	if (err)
		virtio_msg_xen_memory_free(xen->ring);
	return err;
}

/**
 * virtio_msg_xen_offer() - the front end makes memory and an event channel
 * @xen: a front end that is not linked
 *
 * The other domain is to be told of xen->ring and xen->port.
 *
 * Context: Sleeps; with xen->lock.
 * Return: 0; -EINVAL if messages are too large for the memory; -ENOMEM; or an
 * error of Xen.
 */
int virtio_msg_xen_offer(struct virtio_msg_xen *xen)
{
	int err;

	lockdep_assert_held(&xen->lock);
	err = grant_ring(xen);
	if (err)
		return err;
	err = init_shmem(xen, xen->ring->kaddr, xen->ring_pages);
	if (err)
		goto free_ring;
	err = virtio_msg_xen_table_init(xen);
	if (err)
		goto destroy_shmem;
	err = xen->ops->bell_offer(xen);
	if (err)
		goto destroy_table;
	virtio_msg_shmem_start(&xen->shmem);
	xen->linked = true;
	return 0;

destroy_table:
	virtio_msg_xen_table_destroy(xen);
destroy_shmem:
	virtio_msg_shmem_destroy(&xen->shmem);
free_ring:
	virtio_msg_xen_memory_free(xen->ring);
	return err;
}

/**
 * virtio_msg_xen_accept() - the back end takes what the front end made
 * @xen: a back end that is not linked
 * @refs: grant references of the memory
 * @n: how many: VIRTIO_MSG_XEN_MIN_RING to VIRTIO_MSG_XEN_MAX_RING
 * @port: event channel
 *
 * Context: Sleeps; with xen->lock.
 * Return: 0; -EINVAL if @n cannot be; -ENOMEM; or an error of Xen.
 */
int virtio_msg_xen_accept(struct virtio_msg_xen *xen, const u32 *refs,
			  unsigned int n, u32 port)
{
	int err;

	lockdep_assert_held(&xen->lock);
	if (n < VIRTIO_MSG_XEN_MIN_RING || n > VIRTIO_MSG_XEN_MAX_RING)
		return -EINVAL;
	err = xen->ops->map_ring(xen, refs, n, &xen->base);
	if (err)
		return err;
	err = init_shmem(xen, xen->base, n);
	if (err)
		goto unmap_ring;
	err = virtio_msg_xen_mappings_init(xen, n);
	if (err)
		goto destroy_shmem;
	err = xen->ops->bell_bind(xen, port);
	if (err)
		goto destroy_mappings;
	xen->ring_ref = refs[0];
	xen->port = port;
	virtio_msg_shmem_start(&xen->shmem);
	xen->linked = true;
	return 0;

destroy_mappings:
	virtio_msg_xen_mappings_destroy(xen);
destroy_shmem:
	virtio_msg_shmem_destroy(&xen->shmem);
unmap_ring:
	xen->ops->unmap_ring(xen, xen->base);
	return err;
}

/**
 * virtio_msg_xen_unlink() - undo either of them, if it was done
 * @xen: an end of a link
 * @gone: the other end has forgotten the link, so nothing waits for it
 *
 * A back end has nothing to wait for: the loss of the link tells the front end
 * as much as messages would.
 *
 * Context: Sleeps, for as long as drivers take to let go of their devices; with
 * xen->lock.
 */
void virtio_msg_xen_unlink(struct virtio_msg_xen *xen, bool gone)
{
	lockdep_assert_held(&xen->lock);
	if (!xen->linked)
		return;
	xen->linked = false;
	if (gone || !xen->front)
		virtio_msg_shmem_forget(&xen->shmem);
	virtio_msg_shmem_stop(&xen->shmem);
	xen->ops->bell_free(xen);
	virtio_msg_shmem_destroy(&xen->shmem);
	if (xen->front) {
		virtio_msg_xen_table_destroy(xen);
		virtio_msg_xen_memory_free(xen->ring);
	} else {
		virtio_msg_xen_mappings_destroy(xen);
		xen->ops->unmap_ring(xen, xen->base);
	}
}
