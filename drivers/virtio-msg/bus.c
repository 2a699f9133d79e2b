// SPDX-License-Identifier: GPL-2.0
/*
 * Bus instances: registration, routing of what arrives, liveness.
 *
 * The sysfs attributes are in sysfs.c, the device node is in user.c.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "bus.h"
#include "debugfs.h"
#include "trace.h"
#include "user.h"

/**
 * virtio_msg_core_bus() - the bus, for a call that may sleep
 * @core: the core's side; its bus_sem is held
 *
 * Context: Any.
 * Return: the bus, or NULL once it has unregistered.
 */
struct virtio_msg_bus *virtio_msg_core_bus(struct virtio_msg_core *core)
{
	return rcu_dereference_protected(core->bus,
					 lockdep_is_held(&core->bus_sem));
}

/**
 * virtio_msg_core_decode() - decode what the peer sent
 * @core: the bus
 * @msg: the message, in private memory
 * @size: its size
 * @fields: result
 *
 * Context: Any.
 * Return: as virtio_msg_decode().
 */
int virtio_msg_core_decode(struct virtio_msg_core *core, const void *msg,
			   u32 size, struct virtio_msg_fields *fields)
{
	return virtio_msg_decode(READ_ONCE(core->dialect), msg, size,
				 core->max_msg_size, fields);
}

static bool tells_dialect(enum virtio_msg_kind kind)
{
	return kind == VMSG_INFO_RESP || kind == VMSG_GET_DEVICES_RESP;
}

/**
 * virtio_msg_core_decode_answer() - decode an answer in whatever dialect it is
 * @core: the bus
 * @msg: the message, in private memory
 * @size: its size
 * @fields: result
 * @dialect: result: what it was read as, for virtio_msg_core_learn()
 *
 * On a bus whose dialect is neither forced nor known, some answers tell it,
 * as they only make sense in one (T1).
 *
 * Context: Any.
 * Return: as virtio_msg_decode().
 */
int virtio_msg_core_decode_answer(struct virtio_msg_core *core, const void *msg,
				  u32 size, struct virtio_msg_fields *fields,
				  const struct virtio_msg_dialect **dialect)
{
	const struct virtio_msg_dialect *now = READ_ONCE(core->dialect);
	const struct virtio_msg_dialect *other;
	int err;

	*dialect = now;
	err = virtio_msg_decode(now, msg, size, core->max_msg_size, fields);
	if (err != -EBADMSG || !READ_ONCE(core->dialect_auto))
		return err;

	other = now == &virtio_msg_d26 ? &virtio_msg_pr28 : &virtio_msg_d26;
	if (virtio_msg_decode(other, msg, size, core->max_msg_size, fields) ||
	    !tells_dialect(fields->kind) || core->max_msg_size < other->min_size)
		return err;
	*dialect = other;
	return 0;
}

/**
 * virtio_msg_core_learn() - an answer shows which dialect the peer speaks
 * @core: the bus; its tokens are locked
 * @dialect: what the answer was read as
 * @kind: what it is: one to a request that was in flight
 *
 * A description of a device is the one sure mark, after which nothing changes.
 *
 * Context: Any.
 */
void virtio_msg_core_learn(struct virtio_msg_core *core,
			   const struct virtio_msg_dialect *dialect,
			   enum virtio_msg_kind kind)
{
	if (!core->dialect_auto)
		return;
	if (dialect != core->dialect)
		WRITE_ONCE(core->dialect, dialect);
	if (kind == VMSG_INFO_RESP)
		WRITE_ONCE(core->dialect_auto, false);
}

static void receive_bus(struct virtio_msg_core *core, const void *msg, u32 size)
{
	struct virtio_msg_fields fields;
	int err;

	if (virtio_msg_is_response(msg)) {
		virtio_msg_requests_receive(core, msg, size);
		return;
	}

	err = virtio_msg_core_decode(core, msg, size, &fields);
	if (err) {
		virtio_msg_count(core, err == -ENOMSG ? VMSG_CNT_unknown :
							VMSG_CNT_malformed);
		return;
	}

	switch (fields.kind) {
	case VMSG_PING_REQ:
		virtio_msg_count(core, VMSG_CNT_ping_received);
		fields.kind = VMSG_PING_RESP;
		virtio_msg_post(core, &fields);
		return;
	case VMSG_GET_DEVICES_REQ:
		if (!(core->role & VIRTIO_MSG_ROLE_DEVICE))
			break;
		virtio_msg_endpoints_list(core, &fields);
		return;
	case VMSG_EVENT_DEVICE:
		if (!(core->role & VIRTIO_MSG_ROLE_DRIVER))
			break;
		virtio_msg_devices_event(core, fields.event.dev_num,
					 fields.event.state);
		return;
	default:
		break;
	}
	virtio_msg_count(core, VMSG_CNT_wrong_role);
}

static bool for_driver(const struct virtio_msg *msg)
{
	return virtio_msg_is_response(msg) ||
	       msg->hdr.msg_id == VIRTIO_MSG_EVENT_CONFIG ||
	       msg->hdr.msg_id == VIRTIO_MSG_EVENT_USED;
}

static void receive_driver(struct virtio_msg_core *core, const void *msg,
			   u32 size)
{
	struct virtio_msg_fields fields;

	if (!(core->role & VIRTIO_MSG_ROLE_DRIVER)) {
		virtio_msg_count(core, VMSG_CNT_wrong_role);
		return;
	}
	if (virtio_msg_is_response(msg)) {
		virtio_msg_requests_receive(core, msg, size);
		return;
	}
	if (virtio_msg_core_decode(core, msg, size, &fields)) {
		virtio_msg_count(core, VMSG_CNT_malformed);
		return;
	}
	virtio_msg_devices_receive(core, &fields);
}

static void receive(struct virtio_msg_core *core, const void *msg, u32 len)
{
	int size = virtio_msg_check_header(msg, len, core->max_msg_size);

	if (size < 0) {
		virtio_msg_count(core, VMSG_CNT_malformed);
		return;
	}
	virtio_msg_count(core, VMSG_CNT_received);
	trace_virtio_msg_receive(core, msg, size);

	if (virtio_msg_is_bus(msg))
		receive_bus(core, msg, size);
	else if (for_driver(msg))
		receive_driver(core, msg, size);
	else if (core->role & VIRTIO_MSG_ROLE_DEVICE)
		virtio_msg_endpoints_receive(core, msg, size);
	else
		virtio_msg_count(core, VMSG_CNT_wrong_role);
}

/**
 * virtio_msg_bus_receive() - a message came
 * @bus: the bus; before and after it is registered, the message is dropped
 * @msg: the message, in private memory: each shared word was read once
 * @len: bytes at @msg, padding of the bus included
 *
 * Drivers may be called from here, and may send: hold no lock that sending
 * takes.
 *
 * Context: Any, but on PREEMPT_RT no hard interrupt.
 */
void virtio_msg_bus_receive(struct virtio_msg_bus *bus, const void *msg,
			    size_t len)
{
	struct virtio_msg_core *core;

	rcu_read_lock();
	core = rcu_dereference(bus->core);
	if (core && !virtio_msg_core_gone(core))
		receive(core, msg, min_t(size_t, len, U16_MAX));
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_receive);

/**
 * virtio_msg_bus_bad() - words of a FIFO were not as they can be
 * @bus: the bus; before and after it is registered, nothing is counted
 * @indices: indices that were out of range
 * @sizes: messages that were dropped since they cannot have their size
 *
 * For buses that have messages in shared memory; what is given to
 * virtio_msg_bus_receive() the core checks and counts itself.
 *
 * Context: Any.
 */
void virtio_msg_bus_bad(struct virtio_msg_bus *bus, unsigned int indices,
			unsigned int sizes)
{
	struct virtio_msg_core *core;

	rcu_read_lock();
	core = rcu_dereference(bus->core);
	if (core) {
		virtio_msg_count_add(core, VMSG_CNT_bad_index, indices);
		virtio_msg_count_add(core, VMSG_CNT_bad_size, sizes);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_bad);

/**
 * virtio_msg_bus_notified() - the peer rang for a queue
 * @bus: the bus, as for virtio_msg_bus_receive()
 * @dev_num: device
 * @index: queue
 * @avail: in place of EVENT_AVAIL; else of EVENT_USED
 *
 * Context: Any, but on PREEMPT_RT no hard interrupt.
 */
void virtio_msg_bus_notified(struct virtio_msg_bus *bus, u16 dev_num, u32 index,
			     bool avail)
{
	struct virtio_msg_core *core;

	rcu_read_lock();
	core = rcu_dereference(bus->core);
	if (!core || virtio_msg_core_gone(core))
		goto unlock;
	virtio_msg_count(core, VMSG_CNT_notified);
	if (!(core->role & (avail ? VIRTIO_MSG_ROLE_DEVICE :
				    VIRTIO_MSG_ROLE_DRIVER)))
		virtio_msg_count(core, VMSG_CNT_wrong_role);
	else if (avail)
		virtio_msg_endpoints_avail(core, dev_num, index, 0);
	else
		virtio_msg_devices_used(core, dev_num, index);
unlock:
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_notified);

/**
 * virtio_msg_core_ping() - ask the peer for an answer
 * @core: the bus
 * @data: sent, and what came back
 * @rtt_ns: time until the answer
 *
 * Context: Sleeps; the wait for earlier requests ends if the task is killed.
 * Return: 0, -EBADMSG if the data differ, -EINTR, or as
 * virtio_msg_channel_call().
 */
int virtio_msg_core_ping(struct virtio_msg_core *core, u32 *data, u64 *rtt_ns)
{
	struct virtio_msg_fields fields = {
		.kind = VMSG_PING_REQ,
		.ping.data = *data,
	};
	u64 start;
	int err;

	if (mutex_lock_killable(&core->channel.lock))
		return -EINTR;
	start = ktime_get_ns();
	err = virtio_msg_channel_call(&core->channel, &fields);
	*rtt_ns = ktime_get_ns() - start;
	mutex_unlock(&core->channel.lock);
	if (err)
		return err;
	if (fields.ping.data != *data) {
		*data = fields.ping.data;
		virtio_msg_count(core, VMSG_CNT_bad_answer);
		return -EBADMSG;
	}
	return 0;
}

static void ping_work(struct work_struct *work)
{
	struct virtio_msg_core *core =
		container_of(to_delayed_work(work), struct virtio_msg_core,
			     ping_work);
	u32 interval = READ_ONCE(core->ping_interval_ms);
	u32 data = get_random_u32();
	u64 rtt_ns;

	if (!interval || virtio_msg_core_gone(core))
		return;
	if (!virtio_msg_core_ping(core, &data, &rtt_ns)) {
		core->ping_misses = 0;
	} else {
		virtio_msg_count(core, VMSG_CNT_ping_missed);
		if (++core->ping_misses >= VIRTIO_MSG_PING_MISSES) {
			virtio_msg_core_lost(core);
			return;
		}
	}
	queue_delayed_work(core->device_wq, &core->ping_work,
			   msecs_to_jiffies(interval));
}

static void lost_work(struct work_struct *work)
{
	struct virtio_msg_core *core =
		container_of(work, struct virtio_msg_core, lost_work);

	dev_warn_ratelimited(&core->dev, "peer lost\n");
	virtio_msg_user_hangup(core);
	virtio_msg_devices_stop(core);
}

/**
 * virtio_msg_core_lost() - the peer is gone
 * @core: the bus
 *
 * Context: Any.
 */
void virtio_msg_core_lost(struct virtio_msg_core *core)
{
	struct virtio_msg_bus *bus;

	if (xchg(&core->lost, true))
		return;
	virtio_msg_channel_kill(&core->channel);
	queue_work(core->device_wq, &core->lost_work);

	rcu_read_lock();
	bus = rcu_dereference(core->bus);
	if (bus && bus->ops->lost)
		bus->ops->lost(bus);
	rcu_read_unlock();
}

/**
 * virtio_msg_bus_lost() - the peer is gone
 * @bus: the bus
 *
 * Its devices are removed and whoever waits for it gets an error. To go on with
 * a new peer the bus unregisters and registers again.
 *
 * Context: Any.
 */
void virtio_msg_bus_lost(struct virtio_msg_bus *bus)
{
	struct virtio_msg_core *core;

	rcu_read_lock();
	core = rcu_dereference(bus->core);
	if (core)
		virtio_msg_core_lost(core);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_lost);

static bool ops_complete(const struct virtio_msg_bus *bus)
{
	const struct virtio_msg_bus_ops *ops = bus->ops;

	if (!ops || !ops->send)
		return false;
	if (bus->role & VIRTIO_MSG_ROLE_DRIVER &&
	    !(bus->flags & VIRTIO_MSG_BUS_DIRECT) &&
	    !(ops->window_alloc && ops->window_free))
		return false;
	return !(bus->role & VIRTIO_MSG_ROLE_DEVICE) || !ops->window_map ||
	       (ops->window_unmap && ops->window_page);
}

static int check_bus(const struct virtio_msg_bus *bus)
{
	const struct virtio_msg_dialect *dialect =
		bus->dialect == VIRTIO_MSG_DIALECT_D26 ? &virtio_msg_d26 :
							 &virtio_msg_pr28;
	const u32 roles = VIRTIO_MSG_ROLE_DRIVER | VIRTIO_MSG_ROLE_DEVICE;
	const u32 flags = VIRTIO_MSG_BUS_DIRECT | VIRTIO_MSG_BUS_INCOHERENT |
			  VIRTIO_MSG_BUS_NO_ENUMERATION |
			  VIRTIO_MSG_BUS_LOCAL | VIRTIO_MSG_BUS_UNTAGGED |
			  VIRTIO_MSG_BUS_NO_SHM |
			  VIRTIO_MSG_BUS_NO_NOTIFICATION_DATA |
			  VIRTIO_MSG_BUS_AWAKE;

	if (strnlen(bus->name, sizeof(bus->name)) == sizeof(bus->name) ||
	    !bus->name[0] || strchr(bus->name, '/'))
		return -EINVAL;
	if (!bus->role || bus->role & ~roles || bus->flags & ~flags ||
	    bus->dialect > VIRTIO_MSG_DIALECT_PR28 ||
	    bus->revision > VIRTIO_MSG_REVISION_1)
		return -EINVAL;
	if (bus->max_msg_size < dialect->min_size ||
	    bus->max_msg_size > VIRTIO_MSG_LIMIT_MSG_SIZE ||
	    bus->timeout_ms > VIRTIO_MSG_LIMIT_TIMEOUT_MS)
		return -EINVAL;
	if (bus->num_devices > VIRTIO_MSG_LIMIT_DEVICES || bus->num_devices % 8)
		return -EINVAL;
	return ops_complete(bus) ? 0 : -EINVAL;
}

static const struct virtio_msg_dialect *
first_dialect(const struct virtio_msg_bus *bus)
{
	if (bus->dialect == VIRTIO_MSG_DIALECT_PR28 ||
	    bus->max_msg_size < virtio_msg_d26.min_size)
		return &virtio_msg_pr28;
	return &virtio_msg_d26;
}

/* With the last reference: bus and devices are gone, files are closed. */
static void core_release(struct device *dev)
{
	struct virtio_msg_core *core =
		container_of(dev, struct virtio_msg_core, dev);

	if (core->hold_wq)
		destroy_workqueue(core->hold_wq);
	if (core->device_wq)
		destroy_workqueue(core->device_wq);
	if (core->wq)
		destroy_workqueue(core->wq);
	virtio_msg_user_put_minor(core);
	virtio_msg_endpoints_destroy(&core->endpoints);
	virtio_msg_devices_destroy(core);
	virtio_msg_channel_destroy(&core->channel);
	virtio_msg_sender_destroy(core);
	virtio_msg_requests_destroy(&core->requests);
	kfree(core);
}

/*
 * A local peer is frozen before its devices could answer, and keeps all that
 * it knows: there is nothing to do.
 */
static bool sleeps_alone(struct virtio_msg_core *core)
{
	return !(core->flags & VIRTIO_MSG_BUS_LOCAL);
}

static bool freezes_drivers(struct virtio_msg_core *core)
{
	return sleeps_alone(core) && !(core->flags & VIRTIO_MSG_BUS_AWAKE);
}

static int core_freeze(struct device *dev)
{
	struct virtio_msg_core *core =
		container_of(dev, struct virtio_msg_core, dev);

	return freezes_drivers(core) ? virtio_msg_devices_freeze(core) : 0;
}

static int core_restore(struct device *dev)
{
	struct virtio_msg_core *core =
		container_of(dev, struct virtio_msg_core, dev);

	return freezes_drivers(core) ? virtio_msg_devices_restore(core) : 0;
}

static int core_shutdown(struct device *dev)
{
	struct virtio_msg_core *core =
		container_of(dev, struct virtio_msg_core, dev);

	if (sleeps_alone(core))
		virtio_msg_devices_shutdown(core);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(bus_pm, core_freeze, core_restore);

static char *bus_devnode(const struct device *dev, umode_t *mode)
{
	return kasprintf(GFP_KERNEL, "virtio-msg/%s", dev_name(dev));
}

static const struct class bus_class = {
	.name = "virtio-msg",
	.dev_groups = virtio_msg_bus_groups,
	.devnode = bus_devnode,
	.shutdown_pre = core_shutdown,
	.pm = pm_sleep_ptr(&bus_pm),
};

static struct virtio_msg_core *core_create(struct virtio_msg_bus *bus)
{
	struct virtio_msg_core *core;
	int err;

	core = kzalloc_obj(*core);
	if (!core)
		return ERR_PTR(-ENOMEM);
	strscpy(core->name, bus->name, sizeof(core->name));
	core->role = bus->role;
	core->flags = bus->flags;
	core->revision = bus->revision ?: VIRTIO_MSG_REVISION_1;
	core->features = bus->features;
	core->max_msg_size = bus->max_msg_size;
	core->num_devices = bus->num_devices ?: VIRTIO_MSG_LIMIT_DEVICES;
	core->timeout_ms = bus->timeout_ms ?: VIRTIO_MSG_TIMEOUT_MS;
	core->io_timeout_ms = VIRTIO_MSG_IO_TIMEOUT_MS;
	core->dialect = first_dialect(bus);
	core->dialect_auto = !bus->dialect;
	core->dma_dev = bus->dma_dev;
	init_rwsem(&core->bus_sem);
	mutex_init(&core->files_lock);
	INIT_LIST_HEAD(&core->files);
	INIT_WORK(&core->lost_work, lost_work);
	INIT_DELAYED_WORK(&core->ping_work, ping_work);
	virtio_msg_requests_init(&core->requests);
	virtio_msg_windows_init(&core->windows);
	virtio_msg_endpoints_init(&core->endpoints);
	RCU_INIT_POINTER(core->bus, bus);

	/* From here on the release function frees. */
	device_initialize(&core->dev);
	core->dev.class = &bus_class;
	core->dev.parent = bus->parent;
	core->dev.release = core_release;
	err = virtio_msg_devices_init(core);
	if (err)
		goto put;
	err = virtio_msg_user_get_minor(core);
	if (err)
		goto put;
	err = dev_set_name(&core->dev, "%s", core->name);
	if (err)
		goto put;
	err = -ENOMEM;
	core->wq = alloc_workqueue("virtio-msg/%.20s",
				   WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0,
				   core->name);
	core->device_wq = alloc_workqueue("virtio-msg-dev/%.16s",
					  WQ_UNBOUND | WQ_FREEZABLE, 0,
					  core->name);
	core->hold_wq = alloc_workqueue("virtio-msg-hold/%.15s",
					WQ_UNBOUND | WQ_FREEZABLE |
					WQ_MEM_RECLAIM, 0, core->name);
	if (!core->wq || !core->device_wq || !core->hold_wq)
		goto put;
	err = virtio_msg_sender_init(core);
	if (err)
		goto put;
	err = virtio_msg_channel_init(&core->channel, core, 0);
	if (err)
		goto put;
	return core;

put:
	put_device(&core->dev);
	return ERR_PTR(err);
}

/* Nothing is going on any more, and nothing begins. */
static void quiesce(struct virtio_msg_core *core)
{
	virtio_msg_user_hangup(core);
	/* So that nothing waits for an answer to GET_DEVICES or PING. */
	virtio_msg_channel_kill(&core->channel);
	virtio_msg_devices_stop(core);
	cancel_work_sync(&core->lost_work);
	virtio_msg_sender_stop(core);
	virtio_msg_windows_stop(core);
}

/* Neither calls the other from here on. */
static void disconnect(struct virtio_msg_bus *bus, struct virtio_msg_core *core)
{
	down_write(&core->bus_sem);
	RCU_INIT_POINTER(core->bus, NULL);
	up_write(&core->bus_sem);
	RCU_INIT_POINTER(bus->core, NULL);
	/* The end of calls that do not sleep. */
	synchronize_rcu();
	/* What is queued holds references, and must not drop the last one. */
	drain_workqueue(core->wq);
	drain_workqueue(core->device_wq);
}

/* So that the driver core need not complain. */
static bool name_taken(const char *name)
{
	struct device *dev = class_find_device_by_name(&bus_class, name);

	put_device(dev);
	return dev;
}

/**
 * virtio_msg_bus_register() - a bus is ready to send and receive
 * @bus: filled in by its driver; stays in place until it is unregistered
 *
 * Messages may come, and are sent, before this returns.
 *
 * Context: Sleeps.
 * Return: 0; -EINVAL for a description that cannot work; -EEXIST if the name is
 * taken; -ENOMEM; -ENOSPC without a free minor.
 */
int virtio_msg_bus_register(struct virtio_msg_bus *bus)
{
	struct virtio_msg_core *core;
	int err;

	err = check_bus(bus);
	if (err)
		return err;
	if (name_taken(bus->name))
		return -EEXIST;
	core = core_create(bus);
	if (IS_ERR(core))
		return PTR_ERR(core);
	rcu_assign_pointer(bus->core, core);

	err = virtio_msg_user_add(core);
	if (err) {
		/* Messages have come, and devices with them. */
		quiesce(core);
		disconnect(bus, core);
		put_device(&core->dev);
		return err;
	}
	virtio_msg_debugfs_add_bus(core);
	if (core->role & VIRTIO_MSG_ROLE_DRIVER)
		virtio_msg_devices_start(core);
	return 0;
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_register);

/**
 * virtio_msg_bus_unregister() - a bus goes
 * @bus: a registered bus
 *
 * Its devices are removed, whoever waits for it gets an error, open device
 * nodes hang up. Afterwards none of its operations is called.
 *
 * Context: Sleeps, for as long as drivers take to let go of their devices.
 */
void virtio_msg_bus_unregister(struct virtio_msg_bus *bus)
{
	struct virtio_msg_core *core = rcu_dereference_protected(bus->core, true);

	virtio_msg_user_del(core);
	quiesce(core);
	virtio_msg_debugfs_del_bus(core);
	/* No attribute is written from here on. */
	device_del(&core->dev);
	WRITE_ONCE(core->ping_interval_ms, 0);
	cancel_delayed_work_sync(&core->ping_work);

	disconnect(bus, core);
	put_device(&core->dev);
}
EXPORT_SYMBOL_GPL(virtio_msg_bus_unregister);

/**
 * virtio_msg_bus_init() - prepare the class of buses
 *
 * Context: Sleeps.
 * Return: 0 or an error.
 */
int virtio_msg_bus_init(void)
{
	return class_register(&bus_class);
}

/**
 * virtio_msg_bus_exit() - undo virtio_msg_bus_init()
 *
 * Context: Sleeps.
 */
void virtio_msg_bus_exit(void)
{
	class_unregister(&bus_class);
}
