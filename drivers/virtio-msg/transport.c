// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio transport: one virtio device for each remote device.
 *
 * A device that stops answering, or lies, is broken: requests of its driver
 * fail until it has been reset. One that the peer took away is dead: nothing
 * is sent any more, and it is removed.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <xen/xen.h>
#include <compat/virtio_msg_compat_map.h>

#include "bus.h"
#include "debugfs.h"
#include "policy.h"
#include "queue.h"
#include "transport.h"

/* Handled between the relay and the device, or not offered over a relay. */
#define RELAY_HIDDEN							\
	(BIT_ULL(VIRTIO_F_NOTIFY_ON_EMPTY) | BIT_ULL(VIRTIO_F_ANY_LAYOUT) | \
	 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) | BIT_ULL(VIRTIO_F_RING_PACKED) | \
	 BIT_ULL(VIRTIO_F_IN_ORDER) | BIT_ULL(VIRTIO_F_ORDER_PLATFORM) |  \
	 BIT_ULL(VIRTIO_F_SR_IOV) | BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) | \
	 BIT_ULL(VIRTIO_F_RING_RESET) | BIT_ULL(VIRTIO_F_ADMIN_VQ))
/* The relay's own, whatever the device offers. */
#define RELAY_LOCAL							\
	(BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | BIT_ULL(VIRTIO_RING_F_EVENT_IDX))
/* What the device is told if it offered it. */
#define RELAY_WIRE							\
	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_EVENT_IDX) |  \
	 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |				\
	 BIT_ULL(VIRTIO_F_ORDER_PLATFORM))
/* Status bits that mean something even if the driver did not set them. */
#define DEVICE_DECIDES							\
	(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_NEEDS_RESET)
/* VIRTIO_F_NOTIF_CONFIG_DATA is never negotiated (DRV-29). */
#define NEVER	BIT_ULL(39)
#define TRANSPORT_MASK							\
	GENMASK_ULL(VIRTIO_TRANSPORT_F_END - 1, VIRTIO_TRANSPORT_F_START)

/* References */

static void device_release(struct kref *ref)
{
	struct virtio_msg_device *vmdev =
		container_of(ref, struct virtio_msg_device, ref);

	virtio_msg_config_destroy(vmdev);
	virtio_msg_channel_destroy(&vmdev->channel);
	put_device(&vmdev->core->dev);
	kfree(vmdev);
}

/**
 * virtio_msg_device_put() - drop a reference
 * @vmdev: the device
 *
 * Context: Sleeps.
 */
void virtio_msg_device_put(struct virtio_msg_device *vmdev)
{
	kref_put(&vmdev->ref, device_release);
}

/* The queued work has a reference. */
static void kick_work(struct virtio_msg_device *vmdev,
		      struct workqueue_struct *wq, struct work_struct *work)
{
	kref_get(&vmdev->ref);
	if (!queue_work(wq, work))
		kref_put(&vmdev->ref, device_release);
}

/* Failure */

/**
 * virtio_msg_device_fail() - the device broke the rules, or stopped answering
 * @vmdev: the device, held by a reference or by RCU
 *
 * Context: Any.
 */
void virtio_msg_device_fail(struct virtio_msg_device *vmdev)
{
	if (xchg(&vmdev->broken, true))
		return;
	wake_up_all(&vmdev->hold.wait);
	virtio_msg_count(vmdev->core, VMSG_CNT_device_failed);
	kick_work(vmdev, vmdev->core->wq, &vmdev->fault_work);
}

/**
 * virtio_msg_device_kill() - the peer has no such device any more
 * @vmdev: the device, held by a reference or by RCU
 *
 * Context: Any.
 */
void virtio_msg_device_kill(struct virtio_msg_device *vmdev)
{
	if (xchg(&vmdev->dead, true))
		return;
	WRITE_ONCE(vmdev->broken, true);
	virtio_msg_channel_kill(&vmdev->channel);
	wake_up_all(&vmdev->hold.wait);
	kick_work(vmdev, vmdev->core->wq, &vmdev->fault_work);
}

static void fault_work(struct work_struct *work)
{
	struct virtio_msg_device *vmdev =
		container_of(work, struct virtio_msg_device, fault_work);
	const char *why = xchg(&vmdev->why, NULL);

	virtio_msg_queues_fail(vmdev);
	if (why)
		dev_warn_ratelimited(&vmdev->vdev.dev, "queue %u: %s\n",
				     READ_ONCE(vmdev->failed_queue), why);
	if (vmdev->policy && vmdev->policy->remove)
		virtio_msg_device_stop(vmdev);
	virtio_msg_device_put(vmdev);
}

/* Requests */

static bool is_recovery(enum virtio_msg_kind kind)
{
	return kind == VMSG_SET_STATUS_REQ || kind == VMSG_GET_STATUS_REQ;
}

static int channel_call(struct virtio_msg_device *vmdev,
			struct virtio_msg_fields *fields)
{
	/* The device may be the disk that memory would be written to. */
	unsigned int noio = memalloc_noio_save();
	int err = virtio_msg_channel_call(&vmdev->channel, fields);

	memalloc_noio_restore(noio);
	if (err != -ERESTART)
		return err;
	/* Who interrupted it waits for the lock. */
	mutex_unlock(&vmdev->channel.lock);
	mutex_lock(&vmdev->channel.lock);
	return err;
}

/**
 * virtio_msg_device_call() - ask the device
 * @vmdev: the device; its channel's lock is held
 * @fields: the request, and on success the answer
 *
 * While nobody serves the device this waits, without the lock.
 *
 * Context: Sleeps, at the most for the timeout of the bus, or for as long as the
 * device may be on hold.
 * Return: 0; -EIO if the device is broken, unless the request is part of a
 * reset; or as virtio_msg_channel_call().
 */
int virtio_msg_device_call(struct virtio_msg_device *vmdev,
			   struct virtio_msg_fields *fields)
{
	int err;

	do {
		if (READ_ONCE(vmdev->broken) && !is_recovery(fields->kind))
			return -EIO;
		err = virtio_msg_hold_enter(vmdev, fields);
		if (err > 0)
			return 0;
		if (!err)
			err = channel_call(vmdev, fields);
	} while (err == -ERESTART);
	/* Who does not answer on being told all is refused, and nothing else. */
	if (err == -ETIMEDOUT && !virtio_msg_hold_works(vmdev))
		virtio_msg_device_fail(vmdev);
	return err;
}

/**
 * virtio_msg_device_status() - ask for the status, or set it
 * @vmdev: the device
 * @kind: VMSG_GET_STATUS_REQ or VMSG_SET_STATUS_REQ
 * @status: what to set, and the answer: 32 bits, of which any may mean something
 *
 * Context: Sleeps.
 * Return: 0, or as virtio_msg_device_call().
 */
int virtio_msg_device_status(struct virtio_msg_device *vmdev,
			     enum virtio_msg_kind kind, u32 *status)
{
	struct virtio_msg_fields fields = {
		.kind = kind,
		.status.status = *status,
	};
	int err;

	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	mutex_unlock(&vmdev->channel.lock);
	if (!err)
		*status = fields.status.status;
	return err;
}

static u8 get_status(struct virtio_device *vdev)
{
	struct virtio_msg_device *vmdev = to_virtio_msg_device(vdev);
	u8 own = vmdev->status;
	u32 status = 0;

	/*
	 * The core warns if its own bits are not as it set them, which a peer
	 * must not be able to cause: of the device, only its decisions count.
	 */
	if (!own)
		return 0;
	if (virtio_msg_device_status(vmdev, VMSG_GET_STATUS_REQ, &status))
		return (own & ~DEVICE_DECIDES) | VIRTIO_CONFIG_S_FAILED;
	if (!(own & VIRTIO_CONFIG_S_FEATURES_OK))
		status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	return (own & ~DEVICE_DECIDES) | (status & DEVICE_DECIDES);
}

static void set_status(struct virtio_device *vdev, u8 status)
{
	struct virtio_msg_device *vmdev = to_virtio_msg_device(vdev);
	u32 now = status;
	int err;

	if (WARN_ON_ONCE(!status))
		return;
	WRITE_ONCE(vmdev->status, status);
	err = virtio_msg_device_status(vmdev, VMSG_SET_STATUS_REQ, &now);
	/* Some fields depend on the features. */
	if (!err && now & VIRTIO_CONFIG_S_FEATURES_OK &&
	    !(now & VIRTIO_CONFIG_S_DRIVER_OK))
		virtio_msg_config_refresh(vmdev);
	/*
	 * DRV-32: no input or output before the device says so. The driver is
	 * about to begin, so the queues have failed before this returns.
	 */
	if (status & VIRTIO_CONFIG_S_DRIVER_OK &&
	    (err || !(now & VIRTIO_CONFIG_S_DRIVER_OK))) {
		virtio_msg_device_fail(vmdev);
		virtio_msg_queues_fail(vmdev);
	}
}

/**
 * virtio_msg_device_reset_wait() - reset a device
 * @vmdev: the device
 *
 * DRV-50: it may take its time, which its status tells.
 *
 * Context: Sleeps, at the most for twice the timeout of the bus.
 * Return: 0; -ETIMEDOUT; or as virtio_msg_device_call().
 */
int virtio_msg_device_reset_wait(struct virtio_msg_device *vmdev)
{
	unsigned long deadline = virtio_msg_deadline(vmdev->core);
	u32 status = 0;
	int err;

	err = virtio_msg_device_status(vmdev, VMSG_SET_STATUS_REQ, &status);
	while (!err && status) {
		if (time_after(jiffies, deadline)) {
			virtio_msg_count(vmdev->core, VMSG_CNT_timeout);
			return -ETIMEDOUT;
		}
		msleep(VIRTIO_MSG_RESET_POLL_MS);
		err = virtio_msg_device_status(vmdev, VMSG_GET_STATUS_REQ, &status);
	}
	return err;
}

/**
 * virtio_msg_device_reset() - have the device let go of everything
 * @vmdev: a device whose queues are stopped
 *
 * Context: Sleeps, at the most for twice the timeout of the bus.
 */
void virtio_msg_device_reset(struct virtio_msg_device *vmdev)
{
	if (READ_ONCE(vmdev->dead))
		return;
	if (virtio_msg_device_reset_wait(vmdev)) {
		virtio_msg_device_fail(vmdev);
		return;
	}
	vmdev->reset_done = true;
	virtio_msg_config_forget(vmdev);
	/* Pairs with xchg() in virtio_msg_device_kill(), which sets it again. */
	smp_store_mb(vmdev->broken, false);
	if (READ_ONCE(vmdev->dead))
		WRITE_ONCE(vmdev->broken, true);
}

static void reset(struct virtio_device *vdev)
{
	struct virtio_msg_device *vmdev = to_virtio_msg_device(vdev);

	virtio_msg_queues_stop(vmdev);
	WRITE_ONCE(vmdev->status, 0);
	virtio_msg_device_reset(vmdev);
}

/* Features */

/**
 * virtio_msg_device_caps() - the largest request of the device's main queue
 * @vmdev: a relayed device
 *
 * Context: Any.
 * Return: bytes in each direction.
 */
struct virtio_msg_caps virtio_msg_device_caps(struct virtio_msg_device *vmdev)
{
	const struct virtio_msg_queue_policy *queue =
		vmdev->policy->queue(vmdev->policy->main_queue,
				     vmdev->max_vqs);

	return virtio_msg_policy_caps(queue, vmdev->main_num);
}

static u64 offered(struct virtio_msg_device *vmdev, unsigned int i)
{
	return vmdev->features[2 * i] | (u64)vmdev->features[2 * i + 1] << 32;
}

/*
 * The addresses that the device gets are physical ones: there is no DMA API to
 * use, though the device may be told of VIRTIO_F_ACCESS_PLATFORM.
 */
static bool physical(struct virtio_msg_device *vmdev)
{
	return !vmdev->policy && !vmdev->core->dma_dev;
}

/*
 * In a domain of Xen virtio maps what drivers add to a ring, even to one that
 * never leaves the kernel. A relay has each address mapped to itself.
 */
static bool maps_itself(struct virtio_msg_device *vmdev)
{
	return vmdev->policy && xen_domain();
}

/* What the driver sees of bits 64 * @i and following. */
static u64 shown(struct virtio_msg_device *vmdev, unsigned int i)
{
	u64 bits = offered(vmdev, i);
	struct virtio_msg_caps caps;

	if (i == 1 && vmdev->policy)
		bits &= ~vmdev->policy->strip_high;
	if (i)
		return bits;
	bits &= ~NEVER;
	if (vmdev->core->flags & VIRTIO_MSG_BUS_NO_NOTIFICATION_DATA)
		bits &= ~BIT_ULL(VIRTIO_F_NOTIFICATION_DATA);
	if (physical(vmdev))
		bits &= ~BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	if (!vmdev->policy)
		return bits;
	caps = virtio_msg_device_caps(vmdev);
	bits = virtio_msg_policy_features(vmdev->policy, bits, &caps);
	bits = (bits & ~RELAY_HIDDEN) | RELAY_LOCAL;
	/* Kernels with CONFIG_XEN_VIRTIO may want it from all devices. */
	if (maps_itself(vmdev))
		bits |= BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	return bits;
}

static u64 get_features(struct virtio_device *vdev)
{
	return shown(to_virtio_msg_device(vdev), 0);
}

static void __maybe_unused get_extended_features(struct virtio_device *vdev,
						 u64 *features)
{
	unsigned int i;

	for (i = 0; i < VIRTIO_MSG_COMPAT_FEATURE_WORDS; i++)
		features[i] = shown(to_virtio_msg_device(vdev), i);
}

/* What the device is told of what the driver chose. */
static u64 chosen(struct virtio_msg_device *vmdev, unsigned int i)
{
	u64 bits = virtio_msg_compat_features(&vmdev->vdev, i);

	if (!i && vmdev->policy) {
		bits &= ~TRANSPORT_MASK;
		bits |= RELAY_WIRE;
	}
	if (!i && physical(vmdev))
		bits |= BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	return bits & offered(vmdev, i);
}

static int write_features(struct virtio_msg_device *vmdev, u32 index, u32 count)
{
	u8 data[VIRTIO_MSG_LIMIT_FEATURE_BLOCKS * 4];
	struct virtio_msg_fields fields = {
		.kind = VMSG_SET_FEATURES_REQ,
		.features.index = index,
		.features.count = count,
		.features.data = data,
	};
	u32 i;
	int err;

	for (i = 0; i < count; i++) {
		u32 block = index + i;
		u64 word = block / 2 < VIRTIO_MSG_COMPAT_FEATURE_WORDS ?
			chosen(vmdev, block / 2) : 0;

		virtio_msg_features_put(data, i, word >> (block % 2 * 32));
	}
	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	mutex_unlock(&vmdev->channel.lock);
	return err;
}

/**
 * virtio_msg_device_write_features() - tell the device what the driver chose
 * @vmdev: the device
 *
 * Context: Sleeps.
 * Return: 0, or as virtio_msg_device_call().
 */
int virtio_msg_device_write_features(struct virtio_msg_device *vmdev)
{
	u32 capacity = virtio_msg_features_capacity(vmdev->core->max_msg_size);
	u32 i, n;
	int err;

	for (i = 0; i < vmdev->feature_blocks; i += n) {
		n = min(capacity, vmdev->feature_blocks - i);
		err = write_features(vmdev, i, n);
		if (err)
			return err;
	}
	return 0;
}

static int finalize_features(struct virtio_device *vdev)
{
	vring_transport_features(vdev);
	if (!virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		dev_warn_ratelimited(&vdev->dev,
				     "device has no VIRTIO_F_VERSION_1\n");
		return -EINVAL;
	}
	return virtio_msg_device_write_features(to_virtio_msg_device(vdev));
}

static int read_features(struct virtio_msg_device *vmdev, u32 index, u32 count,
			 u32 *features)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_GET_FEATURES_REQ,
		.features.index = index,
		.features.count = count,
	};
	u32 i;
	int err;

	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	if (!err && (fields.features.index != index ||
		     fields.features.count != count)) {
		virtio_msg_count(vmdev->core, VMSG_CNT_bad_answer);
		err = -EBADMSG;
	}
	for (i = 0; !err && i < count; i++)
		features[index + i] = virtio_msg_features_word(&fields, i);
	mutex_unlock(&vmdev->channel.lock);
	return err;
}

/**
 * virtio_msg_device_read_features() - ask for the features that a device offers
 * @vmdev: the device
 * @features: result, VIRTIO_MSG_LIMIT_FEATURE_BLOCKS
 *
 * Context: Sleeps.
 * Return: 0; -EBADMSG; or as virtio_msg_device_call().
 */
int virtio_msg_device_read_features(struct virtio_msg_device *vmdev,
				    u32 *features)
{
	u32 capacity = virtio_msg_features_capacity(vmdev->core->max_msg_size);
	u32 i, n;
	int err;

	for (i = 0; i < vmdev->feature_blocks; i += n) {
		n = min(capacity, vmdev->feature_blocks - i);
		err = read_features(vmdev, i, n, features);
		if (err)
			return err;
	}
	return 0;
}

/* The other operations */

static void get(struct virtio_device *vdev, unsigned int offset, void *buf,
		unsigned int len)
{
	virtio_msg_config_get(to_virtio_msg_device(vdev), offset, buf, len);
}

static void set(struct virtio_device *vdev, unsigned int offset,
		const void *buf, unsigned int len)
{
	virtio_msg_config_set(to_virtio_msg_device(vdev), offset, buf, len);
}

static u32 generation(struct virtio_device *vdev)
{
	return virtio_msg_config_generation(to_virtio_msg_device(vdev));
}

static const char *bus_name(struct virtio_device *vdev)
{
	return to_virtio_msg_device(vdev)->core->name;
}

static void synchronize_cbs(struct virtio_device *vdev)
{
	synchronize_rcu();
}

/* Memory of the device is only reached where all memory is shared. */
static bool get_shm_region(struct virtio_device *vdev,
			   struct virtio_shm_region *region, u8 id)
{
	struct virtio_msg_device *vmdev = to_virtio_msg_device(vdev);
	struct virtio_msg_fields fields = {
		.kind = VMSG_GET_SHM_REQ,
		.shm.id = id,
	};
	int err;

	if (vmdev->policy || vmdev->core->flags & VIRTIO_MSG_BUS_NO_SHM)
		return false;
	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, &fields);
	mutex_unlock(&vmdev->channel.lock);
	if (err || fields.shm.id != id || !fields.shm.length ||
	    fields.shm.addr > U64_MAX - fields.shm.length)
		return false;
	region->addr = fields.shm.addr;
	region->len = fields.shm.length;
	return true;
}

static const struct virtio_config_ops config_ops = {
	.get = get,
	.set = set,
	.generation = generation,
	.get_status = get_status,
	.set_status = set_status,
	.reset = reset,
	.find_vqs = virtio_msg_queues_find,
	.del_vqs = virtio_msg_queues_del,
	.synchronize_cbs = synchronize_cbs,
	.get_features = get_features,
	VIRTIO_MSG_COMPAT_GET_EXTENDED_FEATURES(get_extended_features)
	.finalize_features = finalize_features,
	.bus_name = bus_name,
	.get_shm_region = get_shm_region,
	.disable_vq_and_reset = virtio_msg_queue_disable,
	.enable_vq_after_reset = virtio_msg_queue_enable,
};

/* Events */

/**
 * virtio_msg_device_used() - take an EVENT_USED, or what stands for it
 * @vmdev: the device
 * @index: queue, any value
 *
 * Context: Any, under RCU.
 */
void virtio_msg_device_used(struct virtio_msg_device *vmdev, u32 index)
{
	struct virtio_msg_queue *queue;

	/* Pairs with the release in virtio_msg_queues_find(). */
	if (index >= smp_load_acquire(&vmdev->num_queues)) {
		virtio_msg_count(vmdev->core, VMSG_CNT_bad_queue);
		return;
	}
	atomic_long_inc(&vmdev->used_events);
	queue = rcu_dereference(vmdev->queues[index]);
	if (queue)
		virtio_msg_queue_used(queue);
}

static bool is_registered(struct virtio_msg_device *vmdev)
{
	/* Pairs with the release in probe(): all is set up. */
	return smp_load_acquire(&vmdev->registered);
}

/* If it is not registered yet, it will look by itself. */
static bool may_be_told(struct virtio_msg_device *vmdev)
{
	if (is_registered(vmdev))
		return true;
	WRITE_ONCE(vmdev->config_missed, true);
	/* Pairs with that in probe(): one of the two sees the other. */
	smp_mb();
	return is_registered(vmdev);
}

/**
 * virtio_msg_device_config_lost() - an EVENT_CONFIG may have been lost
 * @vmdev: the device
 *
 * Context: Any.
 */
void virtio_msg_device_config_lost(struct virtio_msg_device *vmdev)
{
	rcu_read_lock();
	if (may_be_told(vmdev))
		virtio_msg_config_check(vmdev);
	rcu_read_unlock();
}

/**
 * virtio_msg_device_config_event() - take an EVENT_CONFIG
 * @vmdev: the device
 * @event: the event
 *
 * Context: Any, under RCU.
 */
void virtio_msg_device_config_event(struct virtio_msg_device *vmdev,
				    const struct virtio_msg_fields *event)
{
	bool needs_reset = event->config.status & VIRTIO_CONFIG_S_NEEDS_RESET;

	virtio_msg_count(vmdev->core, VMSG_CNT_config_events);
	/* One that is not set up yet is reset first, in any case. */
	if (needs_reset && READ_ONCE(vmdev->status)) {
		virtio_msg_count(vmdev->core, VMSG_CNT_needs_reset);
		virtio_msg_device_fail(vmdev);
	}
	if (!may_be_told(vmdev))
		return;
	if (needs_reset)
		virtio_config_changed(&vmdev->vdev);
	else
		virtio_msg_config_event(vmdev, event);
}

/**
 * virtio_msg_device_flush() - send the notifications that found no room
 * @vmdev: the device
 *
 * Context: Any, under RCU.
 */
void virtio_msg_device_flush(struct virtio_msg_device *vmdev)
{
	/* Pairs with the release in virtio_msg_queues_find(). */
	u32 n = smp_load_acquire(&vmdev->num_queues);
	struct virtio_msg_queue *queue;
	u32 i;

	for (i = 0; i < n; i++) {
		queue = rcu_dereference(vmdev->queues[i]);
		if (queue)
			virtio_msg_queue_flush(queue);
	}
}

/* Life */

static void vdev_release(struct device *dev)
{
	virtio_msg_device_put(to_virtio_msg_device(dev_to_virtio(dev)));
}

/**
 * virtio_msg_device_info() - ask what a device is
 * @vmdev: the device
 * @answer: result: @answer->info, within our limits
 *
 * Context: Sleeps.
 * Return: 0, or as virtio_msg_device_call().
 */
int virtio_msg_device_info(struct virtio_msg_device *vmdev,
			   struct virtio_msg_fields *answer)
{
	int err;

	*answer = (struct virtio_msg_fields) { .kind = VMSG_INFO_REQ };
	mutex_lock(&vmdev->channel.lock);
	err = virtio_msg_device_call(vmdev, answer);
	mutex_unlock(&vmdev->channel.lock);
	if (err)
		return err;
	answer->info.config_size = min(answer->info.config_size,
				       VIRTIO_MSG_LIMIT_CONFIG);
	answer->info.max_vqs = min(answer->info.max_vqs,
				   VIRTIO_MSG_LIMIT_QUEUES);
	answer->info.feature_blocks = min(answer->info.feature_blocks,
					  VIRTIO_MSG_LIMIT_FEATURE_BLOCKS);
	return 0;
}

/* Direct mode takes any type; a relay must know it. */
static int choose_policy(struct virtio_msg_device *vmdev, u32 device_id)
{
	const struct virtio_msg_queue_policy *queue;
	int max;

	if (vmdev->core->flags & VIRTIO_MSG_BUS_DIRECT)
		return 0;
	vmdev->policy = virtio_msg_policy_find(device_id);
	if (!vmdev->policy ||
	    (maps_itself(vmdev) && !virtio_msg_compat_can_map())) {
		virtio_msg_count(vmdev->core, VMSG_CNT_device_refused);
		return -EOPNOTSUPP;
	}
	max = virtio_msg_queue_max(vmdev, vmdev->policy->main_queue);
	if (max <= 0)
		return max ?: -ENXIO;
	queue = vmdev->policy->queue(vmdev->policy->main_queue, vmdev->max_vqs);
	vmdev->main_num = virtio_msg_policy_num(queue, max);
	return vmdev->main_num < queue->min_num ? -ENOSPC : 0;
}

static int describe(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_fields answer;
	int err;

	err = virtio_msg_device_info(vmdev, &answer);
	if (err)
		return err;
	if (!answer.info.device_id)
		return -ENXIO;
	vmdev->vdev.id.device = answer.info.device_id;
	vmdev->vdev.id.vendor = answer.info.vendor_id;
	memcpy(vmdev->uuid, answer.info.uuid, sizeof(vmdev->uuid));
	vmdev->max_vqs = answer.info.max_vqs;
	vmdev->feature_blocks = answer.info.feature_blocks;
	err = virtio_msg_config_init(vmdev, answer.info.config_size);
	if (err)
		return err;
	err = choose_policy(vmdev, answer.info.device_id);
	if (err)
		return err;
	err = virtio_msg_device_read_features(vmdev, vmdev->features);
	if (err)
		return err;
	return virtio_msg_config_refresh(vmdev);
}

static int probe(struct virtio_msg_device *vmdev)
{
	struct virtio_device *vdev = &vmdev->vdev;
	int err;

	err = describe(vmdev);
	if (err)
		return err;

	vdev->dev.parent = &vmdev->core->dev;
	if (vmdev->core->dma_dev)
		vdev->dev.parent = vmdev->core->dma_dev;
	vdev->dev.release = vdev_release;
	vdev->config = &config_ops;
	if (maps_itself(vmdev))
		virtio_msg_compat_map(vdev);
	kref_get(&vmdev->ref);
	err = register_virtio_device(vdev);
	if (err) {
		put_device(&vdev->dev);
		return err;
	}
	/* Pairs with the acquire in is_registered(). */
	smp_store_release(&vmdev->registered, true);
	/* Pairs with that in virtio_msg_device_config_event(). */
	smp_mb();
	virtio_msg_devices_settle(vmdev);
	virtio_msg_debugfs_add_device(vmdev);
	virtio_msg_count(vmdev->core, VMSG_CNT_device_added);
	/* What came while nobody could be told. */
	if (READ_ONCE(vmdev->config_missed))
		virtio_msg_config_changed(vmdev);
	return 0;
}

static void remove(struct virtio_msg_device *vmdev)
{
	virtio_msg_debugfs_del_device(vmdev);
	WRITE_ONCE(vmdev->registered, false);
	/* Events that are on their way. */
	synchronize_rcu();
	cancel_work_sync(&vmdev->config.work);
	unregister_virtio_device(&vmdev->vdev);
	virtio_msg_count(vmdev->core, VMSG_CNT_device_removed);
}

static void leave(struct virtio_msg_device *vmdev)
{
	vmdev->unlinked = true;
	/* Whoever claims its number from here on, has another one. */
	virtio_msg_hold_end(vmdev);
	virtio_msg_devices_unlink(vmdev);
	/* Whoever found it in the map. */
	synchronize_rcu();
	virtio_msg_device_put(vmdev);
}

static void device_work(struct work_struct *work)
{
	struct virtio_msg_device *vmdev =
		container_of(work, struct virtio_msg_device, work);
	int err = -ENODEV;

	if (vmdev->unlinked)
		goto put;
	if (!vmdev->registered) {
		if (!virtio_msg_device_going(vmdev))
			err = probe(vmdev);
		if (!err)
			goto put;
		/* A number without a device is no failure. */
		if (err != -ENODEV && err != -ENXIO)
			dev_warn_ratelimited(&vmdev->core->dev,
					     "device %u: not used: %pe\n",
					     vmdev->dev_num, ERR_PTR(err));
		leave(vmdev);
	} else if (virtio_msg_device_going(vmdev)) {
		remove(vmdev);
		leave(vmdev);
	}
put:
	virtio_msg_device_put(vmdev);
}

/**
 * virtio_msg_device_start() - probe a device
 * @vmdev: a device that is in the map
 *
 * Context: Any.
 */
void virtio_msg_device_start(struct virtio_msg_device *vmdev)
{
	kick_work(vmdev, vmdev->core->device_wq, &vmdev->work);
}

/**
 * virtio_msg_device_stop() - remove a device
 * @vmdev: the device, held by a reference or by RCU
 *
 * Context: Any.
 */
void virtio_msg_device_stop(struct virtio_msg_device *vmdev)
{
	WRITE_ONCE(vmdev->going, true);
	kick_work(vmdev, vmdev->core->device_wq, &vmdev->work);
}

/**
 * virtio_msg_device_create() - make a device
 * @core: the bus
 * @dev_num: device number
 *
 * Context: May sleep.
 * Return: a device that the peer has not been asked about yet, or
 * ERR_PTR(-ENOMEM).
 */
struct virtio_msg_device *virtio_msg_device_create(struct virtio_msg_core *core,
						   u16 dev_num)
{
	struct virtio_msg_device *vmdev;
	int err;

	vmdev = kzalloc_obj(*vmdev);
	if (!vmdev)
		return ERR_PTR(-ENOMEM);
	kref_init(&vmdev->ref);
	vmdev->core = core;
	get_device(&core->dev);
	vmdev->dev_num = dev_num;
	mutex_init(&vmdev->lock);
	INIT_WORK(&vmdev->work, device_work);
	INIT_WORK(&vmdev->fault_work, fault_work);
	virtio_msg_config_setup(vmdev);
	virtio_msg_hold_init(vmdev);
	err = virtio_msg_channel_init(&vmdev->channel, core, dev_num);
	if (err) {
		virtio_msg_device_put(vmdev);
		return ERR_PTR(err);
	}
	return vmdev;
}

/* Power */

/* True, with the device locked, if it is registered: its driver stays. */
static bool lock_driver(struct virtio_msg_device *vmdev)
{
	/* Pairs with the release in probe(). */
	if (!smp_load_acquire(&vmdev->registered))
		return false;
	device_lock(&vmdev->vdev.dev);
	if (READ_ONCE(vmdev->registered))
		return true;
	device_unlock(&vmdev->vdev.dev);
	return false;
}

/**
 * virtio_msg_device_freeze() - prepare a device for sleep
 * @vmdev: the device
 *
 * Context: Sleeps.
 * Return: 0 or the error of its driver.
 */
int virtio_msg_device_freeze(struct virtio_msg_device *vmdev)
{
	int err;

	if (!lock_driver(vmdev))
		return 0;
	err = virtio_msg_compat_freeze(&vmdev->vdev);
	vmdev->frozen = !err;
	device_unlock(&vmdev->vdev.dev);
	return err;
}

/**
 * virtio_msg_device_restore() - wake a device
 * @vmdev: the device; one that is not frozen is left alone
 *
 * Context: Sleeps.
 * Return: 0 or the error of its driver.
 */
int virtio_msg_device_restore(struct virtio_msg_device *vmdev)
{
	int err = 0;

	if (!lock_driver(vmdev))
		return 0;
	if (vmdev->frozen) {
		vmdev->frozen = false;
		/* The peer may have lost all that it was told. */
		virtio_msg_config_refresh(vmdev);
		err = virtio_msg_compat_restore(&vmdev->vdev);
	}
	device_unlock(&vmdev->vdev.dev);
	return err;
}

/**
 * virtio_msg_device_shutdown() - stop a device before a reboot
 * @vmdev: the device
 *
 * Context: Sleeps.
 * Return: 0.
 */
int virtio_msg_device_shutdown(struct virtio_msg_device *vmdev)
{
	if (!lock_driver(vmdev))
		return 0;
	/* The virtio bus may have done so, or its driver. */
	if (READ_ONCE(vmdev->status)) {
		virtio_break_device(&vmdev->vdev);
		reset(&vmdev->vdev);
	}
	device_unlock(&vmdev->vdev.dev);
	return 0;
}
