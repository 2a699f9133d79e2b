// SPDX-License-Identifier: GPL-2.0
/*
 * The remote devices of a bus: enumeration, hotplug, routing of their events.
 *
 * What the peer says is kept in bitmaps, so that any number of events takes
 * no memory; a work makes the devices follow them. Each device is probed and
 * removed by a work of its own: one that stalls does not hold up the others.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "bus.h"
#include "devices.h"
#include "limits.h"
#include "transport.h"

static struct virtio_msg_device *find(struct virtio_msg_core *core, u32 dev_num)
{
	return xa_load(&core->devices.map, dev_num);
}

/**
 * virtio_msg_devices_get() - a device by its number
 * @core: the bus
 * @dev_num: the number
 *
 * Context: Any.
 * Return: the device, with a reference, or NULL.
 */
struct virtio_msg_device *virtio_msg_devices_get(struct virtio_msg_core *core,
						 u16 dev_num)
{
	struct virtio_msg_device *vmdev;

	rcu_read_lock();
	vmdev = find(core, dev_num);
	/* The map's own is dropped after readers. */
	if (vmdev)
		kref_get(&vmdev->ref);
	rcu_read_unlock();
	return vmdev;
}

static void count_event(struct virtio_msg_core *core, u32 dev_num, bool added)
{
	struct virtio_msg_device *vmdev;

	rcu_read_lock();
	vmdev = find(core, dev_num);
	if (added && vmdev && !virtio_msg_device_going(vmdev))
		virtio_msg_count(core, VMSG_CNT_device_duplicate);
	else if (!added && !vmdev)
		virtio_msg_count(core, VMSG_CNT_device_unknown);
	/* Whoever waits for the device need not wait for the work below. */
	if (!added && vmdev)
		virtio_msg_device_kill(vmdev);
	rcu_read_unlock();
}

static void mark(struct virtio_msg_core *core, u32 dev_num, bool added)
{
	struct virtio_msg_devices *devices = &core->devices;
	unsigned long flags;

	spin_lock_irqsave(&devices->lock, flags);
	if (!devices->stopped) {
		__set_bit(dev_num, devices->changed);
		__assign_bit(dev_num, devices->added, added);
		if (!added)
			__set_bit(dev_num, devices->removed);
		queue_work(core->device_wq, &devices->work);
	}
	spin_unlock_irqrestore(&devices->lock, flags);
}

/**
 * virtio_msg_devices_event() - take an EVENT_DEVICE
 * @core: the bus
 * @dev_num: the device
 * @state: VIRTIO_MSG_DEVICE_*; others are counted and dropped
 *
 * Events may be duplicated and out of order: the last one of a device holds.
 *
 * Context: Any.
 */
void virtio_msg_devices_event(struct virtio_msg_core *core, u16 dev_num,
			      u16 state)
{
	if (state != VIRTIO_MSG_DEVICE_ADDED &&
	    state != VIRTIO_MSG_DEVICE_REMOVED) {
		virtio_msg_count(core, VMSG_CNT_unknown);
		return;
	}
	count_event(core, dev_num, state == VIRTIO_MSG_DEVICE_ADDED);
	mark(core, dev_num, state == VIRTIO_MSG_DEVICE_ADDED);
}

static void unlive(struct virtio_msg_core *core)
{
	if (atomic_dec_and_test(&core->devices.live))
		wake_up_all(&core->devices.idle);
}

static void create(struct virtio_msg_core *core, u32 dev_num)
{
	struct virtio_msg_device *vmdev;

	if (atomic_read(&core->devices.live) >=
	    READ_ONCE(core->devices.max_live)) {
		virtio_msg_count(core, VMSG_CNT_device_limit);
		return;
	}
	vmdev = virtio_msg_device_create(core, dev_num);
	if (IS_ERR(vmdev)) {
		virtio_msg_count(core, VMSG_CNT_device_failed);
		return;
	}
	atomic_inc(&core->devices.live);
	if (xa_insert(&core->devices.map, dev_num, vmdev, GFP_KERNEL)) {
		virtio_msg_count(core, VMSG_CNT_device_failed);
		virtio_msg_device_put(vmdev);
		unlive(core);
		return;
	}
	virtio_msg_device_start(vmdev);
}

/* True if there is to be a device that is not there. */
static bool take(struct virtio_msg_core *core, u32 dev_num)
{
	struct virtio_msg_devices *devices = &core->devices;
	struct virtio_msg_device *vmdev;
	bool added, removed;

	rcu_read_lock();
	spin_lock_irq(&devices->lock);
	vmdev = find(core, dev_num);
	removed = __test_and_clear_bit(dev_num, devices->removed);
	added = test_bit(dev_num, devices->added);
	__clear_bit(dev_num, devices->changed);
	if (vmdev && removed)
		virtio_msg_device_stop(vmdev);
	/* One that goes, or may yet fail, leaves the bit for when it has gone. */
	if (added && !(vmdev && (virtio_msg_device_going(vmdev) ||
				 !READ_ONCE(vmdev->registered))))
		__clear_bit(dev_num, devices->added);
	spin_unlock_irq(&devices->lock);
	rcu_read_unlock();
	return added && !vmdev;
}

static void devices_work(struct work_struct *work)
{
	struct virtio_msg_core *core =
		container_of(work, struct virtio_msg_core, devices.work);
	struct virtio_msg_devices *devices = &core->devices;
	unsigned int dev_num = 0;

	for (;;) {
		spin_lock_irq(&devices->lock);
		dev_num = find_next_bit(devices->changed,
					VIRTIO_MSG_LIMIT_DEVICES, dev_num);
		spin_unlock_irq(&devices->lock);
		if (dev_num >= VIRTIO_MSG_LIMIT_DEVICES)
			return;
		if (take(core, dev_num))
			create(core, dev_num);
		dev_num++;
		cond_resched();
	}
}

/**
 * virtio_msg_devices_settle() - a device is there
 * @vmdev: a registered device
 *
 * What the peer announced until now was this one, unless it also took it away.
 *
 * Context: Sleeps.
 */
void virtio_msg_devices_settle(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_devices *devices = &vmdev->core->devices;

	spin_lock_irq(&devices->lock);
	if (!virtio_msg_device_going(vmdev) &&
	    !test_bit(vmdev->dev_num, devices->removed))
		__clear_bit(vmdev->dev_num, devices->added);
	spin_unlock_irq(&devices->lock);
}

/**
 * virtio_msg_devices_unlink() - a device has gone
 * @vmdev: a device that takes no more messages
 *
 * If the peer has announced one of the same number again, it is probed now.
 *
 * Context: Sleeps.
 */
void virtio_msg_devices_unlink(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_core *core = vmdev->core;
	struct virtio_msg_devices *devices = &core->devices;

	xa_erase(&devices->map, vmdev->dev_num);
	spin_lock_irq(&devices->lock);
	if (!devices->stopped && test_bit(vmdev->dev_num, devices->added)) {
		__set_bit(vmdev->dev_num, devices->changed);
		queue_work(core->device_wq, &devices->work);
	}
	spin_unlock_irq(&devices->lock);
	unlive(core);
}

static void mark_present(struct virtio_msg_core *core,
			 const struct virtio_msg_fields *answer)
{
	u32 i;

	for (i = 0; i < answer->devices.count; i++)
		if (virtio_msg_devices_test(answer, i) &&
		    !find(core, answer->devices.offset + i))
			mark(core, answer->devices.offset + i, true);
}

/*
 * One GET_DEVICES. Where to go on, 0 at the end, or an error. A peer whose
 * next_offset does not advance has said all that it will say.
 */
static int enumerate_from(struct virtio_msg_core *core, u32 offset)
{
	u32 want = min_t(u32, virtio_msg_devices_capacity(core->max_msg_size),
			 core->num_devices - offset);
	struct virtio_msg_fields fields = {
		.kind = VMSG_GET_DEVICES_REQ,
		.devices.offset = offset,
		.devices.count = want,
	};
	int next;

	mutex_lock(&core->channel.lock);
	next = virtio_msg_channel_call(&core->channel, &fields);
	if (!next) {
		if (fields.devices.offset != offset ||
		    fields.devices.count > want) {
			virtio_msg_count(core, VMSG_CNT_bad_answer);
			next = -EBADMSG;
		} else {
			mark_present(core, &fields);
			next = fields.devices.next_offset;
			if (next <= (int)offset || next >= (int)core->num_devices ||
			    (!fields.devices.count && next > (int)offset + (int)want))
				next = 0;
		}
	}
	mutex_unlock(&core->channel.lock);
	return next;
}

static void enumerate_work(struct work_struct *work)
{
	struct virtio_msg_core *core =
		container_of(work, struct virtio_msg_core, devices.enumerate);
	const struct virtio_msg_dialect *dialect = READ_ONCE(core->dialect);
	unsigned int step;
	int offset = 0;
	int next = 0;

	for (step = 0; step < VIRTIO_MSG_LIMIT_ENUM_STEPS; step++) {
		next = enumerate_from(core, offset);
		/* Every answer until now was read with the wrong layout. */
		if (READ_ONCE(core->dialect) != dialect) {
			dialect = READ_ONCE(core->dialect);
			offset = 0;
			continue;
		}
		if (next <= 0)
			break;
		/*
		 * PR28 wants multiples of 8; what is seen twice does no harm.
		 * Others may go on in smaller steps.
		 */
		offset = round_down(next, 8) > offset ? round_down(next, 8) :
							next;
	}
	/* Not every peer enumerates: EVENT_DEVICE serves as well. */
	if (next < 0)
		virtio_msg_count(core, VMSG_CNT_enumeration_failed);
}

/**
 * virtio_msg_devices_rescan() - ask the peer for its devices
 * @core: the bus
 *
 * Context: Any.
 */
void virtio_msg_devices_rescan(struct virtio_msg_core *core)
{
	struct virtio_msg_devices *devices = &core->devices;
	unsigned long flags;

	spin_lock_irqsave(&devices->lock, flags);
	if (!devices->stopped)
		queue_work(core->device_wq, &devices->enumerate);
	spin_unlock_irqrestore(&devices->lock, flags);
}

/**
 * virtio_msg_devices_used() - the device used buffers of a queue
 * @core: the bus
 * @dev_num: device
 * @index: queue
 *
 * Context: Any, under RCU.
 */
void virtio_msg_devices_used(struct virtio_msg_core *core, u16 dev_num,
			     u32 index)
{
	struct virtio_msg_device *vmdev = find(core, dev_num);

	if (!vmdev)
		virtio_msg_count(core, VMSG_CNT_no_device);
	else
		virtio_msg_device_used(vmdev, index);
}

/**
 * virtio_msg_devices_receive() - take an event for the driver side
 * @core: the bus
 * @fields: EVENT_CONFIG or EVENT_USED
 *
 * Context: Any, under RCU.
 */
void virtio_msg_devices_receive(struct virtio_msg_core *core,
				const struct virtio_msg_fields *fields)
{
	struct virtio_msg_device *vmdev = find(core, fields->dev_num);

	if (!vmdev)
		virtio_msg_count(core, VMSG_CNT_no_device);
	else if (fields->kind == VMSG_EVENT_USED)
		virtio_msg_device_used(vmdev, fields->notify.index);
	else
		virtio_msg_device_config_event(vmdev, fields);
}

/**
 * virtio_msg_devices_flush() - send the notifications that found no room
 * @core: the bus
 *
 * Context: May sleep.
 */
void virtio_msg_devices_flush(struct virtio_msg_core *core)
{
	struct virtio_msg_device *vmdev;
	unsigned long dev_num;

	rcu_read_lock();
	xa_for_each(&core->devices.map, dev_num, vmdev)
		virtio_msg_device_flush(vmdev);
	rcu_read_unlock();
}

/**
 * virtio_msg_devices_init() - prepare the driver side
 * @core: the bus
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_msg_devices_init(struct virtio_msg_core *core)
{
	struct virtio_msg_devices *devices = &core->devices;

	xa_init(&devices->map);
	devices->max_live = VIRTIO_MSG_LIMIT_LIVE;
	spin_lock_init(&devices->lock);
	init_waitqueue_head(&devices->idle);
	INIT_WORK(&devices->work, devices_work);
	INIT_WORK(&devices->enumerate, enumerate_work);
	if (!(core->role & VIRTIO_MSG_ROLE_DRIVER)) {
		devices->stopped = true;
		return 0;
	}
	devices->changed = bitmap_zalloc(VIRTIO_MSG_LIMIT_DEVICES, GFP_KERNEL);
	devices->added = bitmap_zalloc(VIRTIO_MSG_LIMIT_DEVICES, GFP_KERNEL);
	devices->removed = bitmap_zalloc(VIRTIO_MSG_LIMIT_DEVICES, GFP_KERNEL);
	if (!devices->changed || !devices->added || !devices->removed)
		return -ENOMEM;
	return 0;
}

/**
 * virtio_msg_devices_destroy() - free what virtio_msg_devices_init() made
 * @core: the bus, without devices
 *
 * Context: Any.
 */
void virtio_msg_devices_destroy(struct virtio_msg_core *core)
{
	struct virtio_msg_devices *devices = &core->devices;

	bitmap_free(devices->changed);
	bitmap_free(devices->added);
	bitmap_free(devices->removed);
	xa_destroy(&devices->map);
}

/**
 * virtio_msg_devices_start() - look for devices
 * @core: a registered bus
 *
 * Context: Any.
 */
void virtio_msg_devices_start(struct virtio_msg_core *core)
{
	if (!(core->flags & VIRTIO_MSG_BUS_NO_ENUMERATION))
		virtio_msg_devices_rescan(core);
}

/**
 * virtio_msg_devices_stop() - remove all devices
 * @core: the bus
 *
 * Context: Sleeps, for as long as drivers take to let go of their devices.
 */
void virtio_msg_devices_stop(struct virtio_msg_core *core)
{
	struct virtio_msg_devices *devices = &core->devices;
	struct virtio_msg_device *vmdev;
	unsigned long dev_num;

	spin_lock_irq(&devices->lock);
	devices->stopped = true;
	spin_unlock_irq(&devices->lock);
	cancel_work_sync(&devices->enumerate);
	cancel_work_sync(&devices->work);

	rcu_read_lock();
	xa_for_each(&devices->map, dev_num, vmdev) {
		/* One that is being probed is not waited for, nor is who serves. */
		if (READ_ONCE(core->lost) || !READ_ONCE(vmdev->registered) ||
		    virtio_msg_hold_is(vmdev))
			virtio_msg_device_kill(vmdev);
		virtio_msg_device_stop(vmdev);
	}
	rcu_read_unlock();
	wait_event(devices->idle, !atomic_read(&devices->live));
}

/* The first device from @dev_num on, with a reference, or NULL. */
static struct virtio_msg_device *get_next(struct virtio_msg_core *core,
					  unsigned long *dev_num)
{
	struct virtio_msg_device *vmdev;

	rcu_read_lock();
	vmdev = xa_find(&core->devices.map, dev_num,
			VIRTIO_MSG_LIMIT_DEVICES - 1, XA_PRESENT);
	/* The map's own is dropped after readers. */
	if (vmdev)
		kref_get(&vmdev->ref);
	rcu_read_unlock();
	++*dev_num;
	return vmdev;
}

/*
 * Call @call for each device, with a reference: devices may come and go all the
 * while. The first error is returned, and if @all is false, ends it.
 */
static int call_devices(struct virtio_msg_core *core,
			int (*call)(struct virtio_msg_device *vmdev), bool all)
{
	struct virtio_msg_device *vmdev;
	unsigned long dev_num = 0;
	int result = 0;
	int err;

	while ((all || !result) && (vmdev = get_next(core, &dev_num))) {
		err = call(vmdev);
		if (err && !result)
			result = err;
		virtio_msg_device_put(vmdev);
	}
	return result;
}

/**
 * virtio_msg_devices_freeze() - prepare all devices for sleep
 * @core: the bus
 *
 * Context: Sleeps.
 * Return: 0, or the error of a driver; then none is frozen.
 */
int virtio_msg_devices_freeze(struct virtio_msg_core *core)
{
	int err = call_devices(core, virtio_msg_device_freeze, false);

	if (err)
		virtio_msg_devices_restore(core);
	return err;
}

/**
 * virtio_msg_devices_restore() - wake all devices that were frozen
 * @core: the bus
 *
 * Context: Sleeps.
 * Return: 0, or the first error; the others are awake.
 */
int virtio_msg_devices_restore(struct virtio_msg_core *core)
{
	return call_devices(core, virtio_msg_device_restore, true);
}

/**
 * virtio_msg_devices_shutdown() - stop all devices before a reboot
 * @core: the bus
 *
 * Context: Sleeps.
 */
void virtio_msg_devices_shutdown(struct virtio_msg_core *core)
{
	call_devices(core, virtio_msg_device_shutdown, true);
}
