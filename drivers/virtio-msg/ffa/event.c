// SPDX-License-Identifier: GPL-2.0
/*
 * How a partition tells of events: by a notification after which they are asked
 * for, or are in a FIFO; by indirect messages; or not at all, then they are
 * asked for from time to time.
 *
 * The FF-A driver may call back even after it was told not to. So callbacks know
 * a link by a number only, and find none under that number when it has ended.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "call.h"
#include "event.h"
#include "ring.h"

static DEFINE_XARRAY_FLAGS(links, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
static u32 next_key;

/* Notifications that links have: of the secure world, and of others. */
static DECLARE_BITMAP(taken[2], VIRTIO_MSG_FFA_NOTIFICATIONS);
static DEFINE_MUTEX(taken_lock);

/* Callbacks */

static void ffa_notified(int notify_id, void *data)
{
	struct virtio_msg_ffa *ffa;
	unsigned long flags;

	xa_lock_irqsave(&links, flags);
	ffa = xa_load(&links, (unsigned long)data);
	if (ffa) {
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_NOTIFICATIONS);
		virtio_msg_ffa_notified(ffa);
	}
	xa_unlock_irqrestore(&links, flags);
}

/*
 * The length of the message is not said, but the memory it is in has no less than
 * eight bytes, and a size. What is beyond the message is of no use to anybody, and
 * nothing of it is sent back: see wants_echo().
 */
static unsigned int indirect_size(const void *buf)
{
	const struct virtio_msg_hdr *hdr = buf;
	unsigned int size = get_unaligned_le16(&hdr->msg_size);

	return size <= VIRTIO_MSG_FFA_ROOM && size <= ksize(buf) ? size : 0;
}

static void ffa_indirect(int notify_id, void *data, void *buf)
{
	unsigned int size = indirect_size(buf);
	struct virtio_msg_ffa *ffa;
	unsigned long flags;

	xa_lock_irqsave(&links, flags);
	ffa = xa_load(&links, (unsigned long)data);
	if (ffa)
		virtio_msg_ffa_arrived(ffa, buf, size);
	xa_unlock_irqrestore(&links, flags);
}

/* Notifications */

static unsigned int world(const struct virtio_msg_ffa *ffa)
{
	return !!(ffa->fdev->vm_id & VIRTIO_MSG_FFA_SECURE);
}

static void *key(const struct virtio_msg_ffa *ffa)
{
	return (void *)(unsigned long)ffa->key;
}

/*
 * Another driver may have it: then the FF-A driver says so, also in the log.
 * With the lock.
 */
static int try_notification(struct virtio_msg_ffa *ffa, unsigned int id)
{
	const struct ffa_notifier_ops *ops = ffa->fdev->ops->notifier_ops;
	int err;

	err = ops->notify_request(ffa->fdev, false, ffa_notified, key(ffa), id);
	if (err)
		return err;
	__set_bit(id, taken[world(ffa)]);
	ffa->notify_id = id;
	return 0;
}

static int request_notification(struct virtio_msg_ffa *ffa)
{
	unsigned int id, tries = 0;
	int err = -ENOSPC;

	if (!ffa->fdev->ops->notifier_ops)
		return -EOPNOTSUPP;
	/* They are for all partitions: no one wears them out. */
	if (ffa->stuck >= VIRTIO_MSG_FFA_MAX_STUCK)
		return -ENOSPC;
	mutex_lock(&taken_lock);
	for_each_clear_bit(id, taken[world(ffa)], VIRTIO_MSG_FFA_NOTIFICATIONS) {
		if (tries++ == VIRTIO_MSG_FFA_NOTIFY_TRIES)
			break;
		err = try_notification(ffa, id);
		if (!err || err == -EOPNOTSUPP || err == -ENOMEM)
			break;
	}
	mutex_unlock(&taken_lock);
	return err;
}

/*
 * The FF-A driver forgets the callback in any case. What firmware does not unbind
 * nobody can have any more; if there are no notifications left to unbind, anybody.
 */
static void relinquish_notification(struct virtio_msg_ffa *ffa)
{
	const struct ffa_notifier_ops *ops = ffa->fdev->ops->notifier_ops;
	int err;

	if (ffa->notify_id < 0)
		return;
	mutex_lock(&taken_lock);
	err = ops->notify_relinquish(ffa->fdev, ffa->notify_id);
	if (!err || err == -EOPNOTSUPP)
		__clear_bit(ffa->notify_id, taken[world(ffa)]);
	else
		ffa->stuck++;
	mutex_unlock(&taken_lock);
	if (err && err != -EOPNOTSUPP)
		dev_warn(&ffa->fdev->dev, "notification %d stays bound: %d\n",
			 ffa->notify_id, err);
	ffa->notify_id = -1;
}

/* Indirect messages */

static int request_indirect(struct virtio_msg_ffa *ffa)
{
	int err;

	err = virtio_msg_compat_ffa_request_indirect(ffa->fdev, ffa_indirect,
						     key(ffa));
	ffa->indirect_bound = !err;
	return err;
}

static void relinquish_indirect(struct virtio_msg_ffa *ffa)
{
	if (!ffa->indirect_bound)
		return;
	ffa->indirect_bound = false;
	virtio_msg_compat_ffa_relinquish_indirect(ffa->fdev);
}

/* Which of them it is */

static int configure(struct virtio_msg_ffa *ffa, u8 type)
{
	const struct virtio_msg_ffa_event_configure payload = {
		.type = type,
		.notify_id = cpu_to_le16(max(ffa->notify_id, 0)),
	};
	int err;

	err = virtio_msg_ffa_request_result(ffa, VIRTIO_MSG_FFA_EVENT_CONFIGURE,
					    &payload, sizeof(payload));
	if (!err)
		WRITE_ONCE(ffa->events, type);
	return err;
}

static bool may(const struct virtio_msg_ffa *ffa, u8 type, u32 features)
{
	return ffa->event_types & BIT(type) &&
	       (ffa->bus_features & features) == features;
}

static int use_fifo(struct virtio_msg_ffa *ffa)
{
	int err;

	if (!may(ffa, VIRTIO_MSG_FFA_EVENTS_FIFO,
		 VIRTIO_MSG_FFA_F_FIFO | VIRTIO_MSG_FFA_F_NOTIFY_TX))
		return -EOPNOTSUPP;
	err = ffa->notify_id < 0 ? request_notification(ffa) : 0;
	if (err)
		return err;
	err = virtio_msg_ffa_ring_configure(ffa);
	if (err)
		return err;
	err = configure(ffa, VIRTIO_MSG_FFA_EVENTS_FIFO);
	if (err)
		virtio_msg_ffa_ring_free(ffa);
	return err;
}

static int use_notification(struct virtio_msg_ffa *ffa)
{
	int err;

	if (!may(ffa, VIRTIO_MSG_FFA_EVENTS_NOTIFY, VIRTIO_MSG_FFA_F_NOTIFY_TX))
		return -EOPNOTSUPP;
	err = ffa->notify_id < 0 ? request_notification(ffa) : 0;
	if (err)
		return err;
	return configure(ffa, VIRTIO_MSG_FFA_EVENTS_NOTIFY);
}

static int use_indirect(struct virtio_msg_ffa *ffa)
{
	int err;

	if (!may(ffa, VIRTIO_MSG_FFA_EVENTS_INDIRECT,
		 VIRTIO_MSG_FFA_F_INDIRECT_TX))
		return -EOPNOTSUPP;
	err = ffa->indirect_bound ? 0 : request_indirect(ffa);
	if (err)
		return err;
	return configure(ffa, VIRTIO_MSG_FFA_EVENTS_INDIRECT);
}

/* Of 2025, before it was known, events could be asked for and no more. */
static int use_polls(struct virtio_msg_ffa *ffa)
{
	int err = configure(ffa, VIRTIO_MSG_FFA_EVENTS_POLL);

	return err == -EOPNOTSUPP || err == -EPERM ? 0 : err;
}

/**
 * virtio_msg_ffa_events_configure() - agree on how events come
 * @ffa: open, greeted
 *
 * Context: Sleeps.
 * Return: 0, or an error of the link.
 */
int virtio_msg_ffa_events_configure(struct virtio_msg_ffa *ffa)
{
	if (!use_fifo(ffa) || !use_notification(ffa))
		return 0;
	relinquish_notification(ffa);
	if (!use_indirect(ffa))
		return 0;
	return use_polls(ffa);
}

/**
 * virtio_msg_ffa_events_begin() - prepare to be called back
 * @ffa: closed
 *
 * Context: Sleeps.
 * Return: 0; -ENOMEM; if indirect messages are all that there is, an error of
 * the FF-A driver.
 */
int virtio_msg_ffa_events_begin(struct virtio_msg_ffa *ffa)
{
	int err;

	ffa->notify_id = -1;
	err = xa_alloc_cyclic_irq(&links, &ffa->key, ffa, xa_limit_31b,
				  &next_key, GFP_KERNEL);
	if (err < 0)
		return err;
	err = ffa->indirect ? request_indirect(ffa) : 0;
	if (err)
		xa_erase_irq(&links, ffa->key);
	return err;
}

/**
 * virtio_msg_ffa_events_end() - the partition tells of no more events
 * @ffa: after virtio_msg_ffa_events_begin(); the partition has been reset, if it
 *	is there
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_events_end(struct virtio_msg_ffa *ffa)
{
	relinquish_notification(ffa);
	relinquish_indirect(ffa);
	/* After this nothing is called back. */
	xa_erase_irq(&links, ffa->key);
	virtio_msg_ffa_ring_free(ffa);
}

/**
 * virtio_msg_ffa_events_fence() - wait for callbacks that are under way
 *
 * Afterwards each of them sees what was written before.
 *
 * Context: Any.
 */
void virtio_msg_ffa_events_fence(void)
{
	unsigned long flags;

	xa_lock_irqsave(&links, flags);
	xa_unlock_irqrestore(&links, flags);
}

/**
 * virtio_msg_ffa_events_wait() - wait for callbacks that came late
 *
 * When no link is left: afterwards the module may go. A callback never sleeps.
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_events_wait(void)
{
	synchronize_rcu_tasks();
}
