// SPDX-License-Identifier: GPL-2.0
/*
 * A link to a partition: it begins when the partition has answered VERSION, and
 * ends when a call fails, or shows that the partition is another one. Then it is
 * greeted again.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "../limits.h"
#include "area.h"
#include "call.h"
#include "event.h"
#include "link.h"

static struct virtio_msg_ffa *to_ffa(struct virtio_msg_bus *bus)
{
	return bus->priv;
}

/**
 * virtio_msg_ffa_lose() - the partition is gone, or of no use
 * @ffa: open
 *
 * Context: Any.
 */
void virtio_msg_ffa_lose(struct virtio_msg_ffa *ffa)
{
	if (xchg(&ffa->gone, true))
		return;
	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_LOSSES);
	virtio_msg_ffa_call_fail(ffa);
	virtio_msg_bus_lost(&ffa->bus);
	mod_delayed_work(ffa->link_wq, &ffa->link_work, 0);
}

/* The bus */

static int ffa_send(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	return virtio_msg_ffa_send(to_ffa(bus), msg,
				   get_unaligned_le16(&msg->hdr.msg_size));
}

static u64 bus_addr(const struct virtio_msg_ffa *ffa, u32 id)
{
	return (u64)id << (ffa->bus_version == VIRTIO_MSG_FFA_VERSION_0_1 ?
			   VIRTIO_MSG_FFA_AREA_SHIFT_0_1 :
			   VIRTIO_MSG_FFA_AREA_SHIFT);
}

static int ffa_window_alloc(struct virtio_msg_bus *bus,
			    struct virtio_msg_window *win)
{
	struct virtio_msg_ffa *ffa = to_ffa(bus);
	struct virtio_msg_ffa_area_mem *mem;
	int err;

	err = virtio_msg_ffa_area_alloc(ffa, win->size, &mem);
	if (err)
		return err;
	win->kaddr = mem->kaddr;
	win->bus_addr = bus_addr(ffa, mem->id);
	win->priv = mem;
	return 0;
}

static void ffa_window_free(struct virtio_msg_bus *bus,
			    struct virtio_msg_window *win)
{
	virtio_msg_ffa_area_free(to_ffa(bus), win->priv);
}

static int ffa_window_revoke(struct virtio_msg_bus *bus,
			     struct virtio_msg_window *win)
{
	return virtio_msg_ffa_area_revoke(to_ffa(bus), win->priv);
}

/* Also a partition that answers calls may be of no use. */
static void ffa_lost(struct virtio_msg_bus *bus)
{
	virtio_msg_ffa_lose(to_ffa(bus));
}

static const struct virtio_msg_bus_ops ffa_bus_ops = {
	.send = ffa_send,
	.window_alloc = ffa_window_alloc,
	.window_free = ffa_window_free,
	.window_revoke = ffa_window_revoke,
	.lost = ffa_lost,
};

/* Greeting */

static int check_version(struct virtio_msg_ffa *ffa)
{
	bool old = ffa->bus_version == VIRTIO_MSG_FFA_VERSION_0_1;

	if (!old && ffa->bus_version != VIRTIO_MSG_FFA_VERSION_1_0)
		return -EPROTONOSUPPORT;
	if (!ffa->max_areas)
		return -EPROTO;
	if (old)
		ffa->max_areas = min(ffa->max_areas,
				     VIRTIO_MSG_FFA_MAX_AREAS_0_1);
	return 0;
}

static int read_short(struct virtio_msg_ffa *ffa,
		      const struct virtio_msg_ffa_version_resp *resp)
{
	if (le32_to_cpu(resp->transport_revision) != VIRTIO_MSG_REVISION_1)
		return -EPROTONOSUPPORT;
	ffa->long_version = false;
	ffa->bus_version = le32_to_cpu(resp->bus_version);
	ffa->transport_features = le32_to_cpu(resp->transport_features);
	ffa->bus_features = le32_to_cpu(resp->bus_features);
	ffa->max_areas = le16_to_cpu(resp->max_areas);
	return check_version(ffa);
}

static int read_long(struct virtio_msg_ffa *ffa,
		     const struct virtio_msg_ffa_version_resp_long *resp)
{
	if (le32_to_cpu(resp->transport_revision) != VIRTIO_MSG_REVISION_1)
		return -EPROTONOSUPPORT;
	ffa->long_version = true;
	ffa->bus_version = le32_to_cpu(resp->bus_version);
	ffa->transport_features = le32_to_cpu(resp->transport_features);
	ffa->bus_features = le32_to_cpu(resp->bus_features);
	ffa->max_areas = le16_to_cpu(resp->max_areas);
	return check_version(ffa);
}

/* Which form an answer has is said by its size only. */
static int ask_version(struct virtio_msg_ffa *ffa, bool long_form)
{
	const struct virtio_msg_ffa_version payload = {
		.bus_version = cpu_to_le32(VIRTIO_MSG_FFA_VERSION_1_0),
		.transport_revision = cpu_to_le32(VIRTIO_MSG_REVISION_1),
		.ffa_version = cpu_to_le32(ffa->fdev->ops->info_ops->api_version_get()),
	};
	union {
		struct virtio_msg_ffa_version_resp brief;
		struct virtio_msg_ffa_version_resp_long full;
	} resp;
	int size;

	size = virtio_msg_ffa_request(ffa, VIRTIO_MSG_FFA_VERSION, &payload,
				      long_form ? sizeof(payload) :
				      offsetof(struct virtio_msg_ffa_version,
					       ffa_version),
				      &resp, sizeof(resp));
	if (size < 0)
		return size;
	if (size == sizeof(resp.brief))
		return read_short(ffa, &resp.brief);
	if (size == sizeof(resp.full))
		return read_long(ffa, &resp.full);
	virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
	return -EBADMSG;
}

/* A partition knows one form of the request, and may refuse the other. */
static int negotiate(struct virtio_msg_ffa *ffa)
{
	int err = ask_version(ffa, false);

	if (err == -EPROTONOSUPPORT || err == -EOPNOTSUPP || err == -EBADMSG)
		err = ask_version(ffa, true);
	return err;
}

/* Not all partitions know it, and it is of use to those that do only. */
static int reset_partition(struct virtio_msg_ffa *ffa)
{
	int err = virtio_msg_ffa_request_result(ffa, VIRTIO_MSG_FFA_RESET,
						NULL, 0);

	if (err != -EPERM && err != -EOPNOTSUPP && err != -EBUSY)
		return err;
	dev_dbg(&ffa->fdev->dev, "the partition does not reset\n");
	return 0;
}

static int greet(struct virtio_msg_ffa *ffa)
{
	int err;

	err = negotiate(ffa);
	if (err)
		return err;
	err = reset_partition(ffa);
	if (err)
		return err;
	return virtio_msg_ffa_events_configure(ffa);
}

/* The link */

static void fill_bus(struct virtio_msg_ffa *ffa)
{
	struct virtio_msg_bus *bus = &ffa->bus;

	snprintf(bus->name, sizeof(bus->name), "ffa-%04x-%u",
		 ffa->fdev->vm_id, ffa->fdev->id);
	bus->ops = &ffa_bus_ops;
	bus->parent = &ffa->fdev->dev;
	bus->priv = ffa;
	bus->role = VIRTIO_MSG_ROLE_DRIVER;
	bus->features = 0;
	bus->max_msg_size = ffa->long_version ? VIRTIO_MSG_FFA_MSG_SIZE :
						VIRTIO_MSG_FFA_MSG_SIZE_SHORT;
	bus->timeout_ms = ffa->timeout_ms;
}

static int bring_up(struct virtio_msg_ffa *ffa)
{
	int err;

	err = virtio_msg_ffa_events_begin(ffa);
	if (err)
		return err;
	virtio_msg_ffa_call_open(ffa);
	err = greet(ffa);
	if (err)
		goto close;
	if (virtio_msg_ffa_reclaim_retained(ffa))
		queue_delayed_work(ffa->link_wq, &ffa->reclaim_work,
				   msecs_to_jiffies(VIRTIO_MSG_FFA_RECLAIM_MS));
	fill_bus(ffa);
	err = virtio_msg_bus_register(&ffa->bus);
	if (err)
		goto close;
	ffa->registered = true;
	ffa->since = jiffies;
	/* What came before the core would have dropped. */
	virtio_msg_ffa_notified(ffa);
	virtio_msg_ffa_poll_soon(ffa);
	return 0;

close:
	virtio_msg_ffa_call_close(ffa);
	virtio_msg_ffa_events_end(ffa);
	virtio_msg_ffa_areas_forget(ffa);
	return err;
}

static void take_down(struct virtio_msg_ffa *ffa)
{
	virtio_msg_bus_unregister(&ffa->bus);
	ffa->registered = false;
	if (!READ_ONCE(ffa->gone))
		reset_partition(ffa);
	virtio_msg_ffa_call_close(ffa);
	virtio_msg_ffa_events_end(ffa);
	virtio_msg_ffa_areas_forget(ffa);
	virtio_msg_ffa_reclaim_retained(ffa);
}

/* The next link has to wait, the longer the less the last one lasted. */
static void try_later(struct virtio_msg_ffa *ffa, bool steady)
{
	if (steady)
		ffa->pause_ms = VIRTIO_MSG_FFA_PAUSE_MIN_MS;
	else
		ffa->pause_ms = min(ffa->pause_ms * 2,
				    VIRTIO_MSG_FFA_PAUSE_MAX_MS);
	/* One that was lost while it was greeted has asked for it at once. */
	mod_delayed_work(ffa->link_wq, &ffa->link_work,
			 msecs_to_jiffies(ffa->pause_ms));
}

static void say(struct virtio_msg_ffa *ffa, int err)
{
	if (!err)
		dev_info(&ffa->fdev->dev, "%s: version %#x, %u areas\n",
			 ffa->bus.name, ffa->bus_version, ffa->max_areas);
	else if (!ffa->silent)
		dev_warn(&ffa->fdev->dev, "no link: error %d\n", err);
	ffa->silent = err;
}

static void link_work(struct work_struct *work)
{
	struct virtio_msg_ffa *ffa =
		container_of(to_delayed_work(work), struct virtio_msg_ffa,
			     link_work);
	bool steady;
	int err;

	if (READ_ONCE(ffa->stopping))
		return;
	if (ffa->registered) {
		if (!READ_ONCE(ffa->gone))
			return;
		dev_info(&ffa->fdev->dev, "the link is lost\n");
		steady = time_after(jiffies, ffa->since +
				    msecs_to_jiffies(VIRTIO_MSG_FFA_STEADY_MS));
		take_down(ffa);
		try_later(ffa, steady);
		return;
	}
	err = bring_up(ffa);
	say(ffa, err);
	if (err)
		try_later(ffa, false);
}

static void reclaim_work(struct work_struct *work)
{
	struct virtio_msg_ffa *ffa =
		container_of(to_delayed_work(work), struct virtio_msg_ffa,
			     reclaim_work);

	if (virtio_msg_ffa_reclaim_retained(ffa))
		queue_delayed_work(ffa->link_wq, &ffa->reclaim_work,
				   msecs_to_jiffies(VIRTIO_MSG_FFA_RECLAIM_MS));
}

/**
 * virtio_msg_ffa_init() - prepare a link
 * @ffa: zeroed, but for the members that are not private
 *
 * Context: Sleeps.
 * Return: 0, or -ENOMEM.
 */
int virtio_msg_ffa_init(struct virtio_msg_ffa *ffa)
{
	int err;

	if (!ffa->timeout_ms)
		ffa->timeout_ms = VIRTIO_MSG_FFA_TIMEOUT_MS;
	ffa->timeout_ms = min_t(u32, ffa->timeout_ms,
				VIRTIO_MSG_LIMIT_TIMEOUT_MS);
	ffa->pause_ms = VIRTIO_MSG_FFA_PAUSE_MIN_MS;
	xa_init_flags(&ffa->areas, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
	INIT_DELAYED_WORK(&ffa->link_work, link_work);
	INIT_DELAYED_WORK(&ffa->reclaim_work, reclaim_work);
	ffa->link_wq = alloc_ordered_workqueue("%.16s-link", WQ_FREEZABLE,
					       dev_name(&ffa->fdev->dev));
	if (!ffa->link_wq)
		return -ENOMEM;
	err = virtio_msg_ffa_call_init(ffa);
	if (err)
		destroy_workqueue(ffa->link_wq);
	return err;
}

/**
 * virtio_msg_ffa_start() - greet the partition
 * @ffa: initialised
 *
 * From then on there is a bus whenever there is a link.
 *
 * Context: Any.
 */
void virtio_msg_ffa_start(struct virtio_msg_ffa *ffa)
{
	queue_delayed_work(ffa->link_wq, &ffa->link_work, 0);
}

/**
 * virtio_msg_ffa_stop() - leave
 * @ffa: started
 *
 * Context: Sleeps, for as long as drivers take to let go of their devices.
 */
void virtio_msg_ffa_stop(struct virtio_msg_ffa *ffa)
{
	size_t left;

	WRITE_ONCE(ffa->stopping, true);
	cancel_delayed_work_sync(&ffa->link_work);
	if (ffa->registered)
		take_down(ffa);
	disable_delayed_work_sync(&ffa->reclaim_work);
	left = virtio_msg_ffa_reclaim_retained(ffa);
	if (left)
		dev_warn(&ffa->fdev->dev,
			 "%zu bytes stay shared with the partition\n", left);
}

/**
 * virtio_msg_ffa_destroy() - free what virtio_msg_ffa_init() made
 * @ffa: stopped, or not started
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_destroy(struct virtio_msg_ffa *ffa)
{
	virtio_msg_ffa_call_destroy(ffa);
	destroy_workqueue(ffa->link_wq);
	xa_destroy(&ffa->areas);
}
