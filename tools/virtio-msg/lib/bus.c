// SPDX-License-Identifier: BSD-3-Clause
/*
 * An open /dev/virtio-msg/<bus>: messages in, messages out, windows.
 *
 * No answer is ever lost: a request is only taken from the inbox while the
 * outbox has room for an answer, and events leave that room free. When there is
 * none, reading waits, and with it the driver.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>
#include <linux/virtio_msg.h>

#include "bus.h"
#include "guard.h"
#include "io.h"
#include "protocol.h"
#include "util.h"

#define DEV_DIR		"/dev/virtio-msg/"
#define INBOX_MESSAGES	16	/* of the largest size, read at once */
#define READS_MAX	8	/* before others get their turn */
#define MAPS_MAX	16	/* attempts, of which a signal ends one each */

static void lose(struct vmsg_bus *bus, int err)
{
	if (bus->lost)
		return;
	bus->lost = true;
	vmsg_loop_unwatch(bus->loop, &bus->watch);
	vmsg_loop_stop(bus->loop, err);
}

static void update_events(struct vmsg_bus *bus)
{
	__u32 events = (bus->stalled ? 0 : EPOLLIN) |
		       (bus->blocked ? EPOLLOUT : 0);

	if (!bus->lost && events != bus->watch.events)
		vmsg_loop_watch(bus->loop, &bus->watch, events);
}

/* One write; false if there is no point in another one now. */
static bool write_some(struct vmsg_bus *bus)
{
	struct vmsg_outbox *box = &bus->outbox;
	ssize_t n = bus->io->write(bus->watch.fd, box->data + box->start,
				   box->end - box->start);
	__u32 sent;

	switch (n) {
	case -EINTR:
		return true;
	case 0:
	case -EAGAIN:
		bus->blocked = true;
		return false;
	case -ENODEV:
	case -EIO:
	case -EPIPE:
		lose(bus, -ENODEV);
		return false;
	}
	sent = n > 0 ? vmsg_outbox_written(box, (__u32)n) : 0;
	bus->counters.sent += sent;
	if (!sent) {
		/* The kernel does not want this one, now or ever. */
		vmsg_outbox_drop(box);
		bus->counters.refused++;
	}
	return true;
}

static void flush(struct vmsg_bus *bus)
{
	struct vmsg_device *dev;

	if (bus->lost)
		return;
	bus->blocked = false;
	while (!vmsg_outbox_empty(&bus->outbox) && write_some(bus))
		;
	if (bus->retry && vmsg_outbox_room(&bus->outbox) > 1) {
		bus->retry = false;
		bus->retried = true;
		for (dev = bus->devices; dev; dev = dev->next)
			vmsg_device_retry(dev);
	}
	update_events(bus);
}

static void flush_task(struct vmsg_task *task)
{
	flush(container_of(task, struct vmsg_bus, flush));
}

/* Events leave room for one answer. */
static bool link_send(struct vmsg_link *link, const void *msg, __u32 len)
{
	struct vmsg_bus *bus = vmsg_bus_of(link);
	__u32 need = virtio_msg_is_response(msg) ? 1 : 2;

	if (vmsg_outbox_room(&bus->outbox) < need ||
	    !vmsg_outbox_put(&bus->outbox, msg, len)) {
		bus->retry = true;
		return false;
	}
	if (!bus->blocked)
		vmsg_loop_defer(bus->loop, &bus->flush);
	return true;
}

static void link_flush(struct vmsg_link *link)
{
	flush(vmsg_bus_of(link));
}

/* In a PV domain of Xen, the first mapping of a process fails if it has a signal. */
static void *map_window(struct vmsg_bus *bus,
			const struct virtio_msg_user_window *arg)
{
	void *base;
	int tries = 0;

	do {
		errno = 0;
		base = bus->io->mmap(bus->watch.fd, (size_t)arg->size,
				     arg->offset);
	} while (!base && errno == EINTR && ++tries < MAPS_MAX);
	return base;
}

static int link_map(struct vmsg_link *link, struct vmsg_device *dev, __u64 addr,
		    struct vmsg_window *window)
{
	struct vmsg_bus *bus = vmsg_bus_of(link);
	struct virtio_msg_user_window arg = {
		.dev_num = dev->dev_num,
		.addr = addr,
	};
	int err = bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_WINDOW, &arg);

	if (err)
		return err;
	if (!arg.size || arg.size > SIZE_MAX / 2 ||
	    arg.start > addr || addr - arg.start >= arg.size)
		return -EFAULT;
	window->base = map_window(bus, &arg);
	if (!window->base)
		return -EFAULT;
	vmsg_guard_add(window->base, (size_t)arg.size);
	window->start = arg.start;
	window->size = arg.size;
	return 0;
}

static void link_unmap(struct vmsg_link *link, struct vmsg_device *dev,
		       struct vmsg_window *window)
{
	(void)dev;
	vmsg_guard_remove(window->base);
	vmsg_bus_of(link)->io->munmap(window->base, (size_t)window->size);
}

static const struct vmsg_link_ops link_ops = {
	.send = link_send,
	.map = link_map,
	.unmap = link_unmap,
	.call = vmsg_notify_call,
	.again = vmsg_notify_again,
	.relax = vmsg_notify_relax,
	.flush = link_flush,
};

static struct vmsg_device *find_device(struct vmsg_bus *bus, __u16 dev_num)
{
	struct vmsg_device *dev;

	for (dev = bus->devices; dev; dev = dev->next)
		if (dev->dev_num == dev_num)
			return dev;
	return NULL;
}

/*
 * Who goes on with the driver of another process is told FAILED if it is another
 * device, and can send nothing from then on.
 */
static void look_at_resumed(struct vmsg_bus *bus, struct vmsg_device *dev)
{
	if (dev->status & VMSG_S_DRIVER_OK)
		dev->resumed = false;
	/* A driver that fails writes what it had set before as well. */
	else if (dev->written == VMSG_S_FAILED)
		lose(bus, -ESTALE);
}

/* Take the first message of the inbox; where it ends is checked first. */
static void deliver(struct vmsg_bus *bus)
{
	const __u8 *msg = bus->inbox + bus->inbox_start;
	__u32 left = bus->inbox_end - bus->inbox_start;
	int size = virtio_msg_check_header(msg, left, bus->link.max_msg);
	struct vmsg_device *dev;
	__u32 step;

	if (size < 0) {
		bus->counters.malformed++;
		bus->inbox_start = bus->inbox_end;
		return;
	}
	step = ((__u32)size + VIRTIO_MSG_USER_ALIGN - 1) &
	       ~(VIRTIO_MSG_USER_ALIGN - 1);
	bus->inbox_start += step < left ? step : left;
	bus->counters.received++;

	dev = find_device(bus, virtio_msg_dev_num(msg));
	if (!dev || virtio_msg_is_bus(msg)) {
		bus->counters.unrouted++;
		return;
	}
	vmsg_device_receive(dev, msg, (__u32)size);
	if (dev->resumed)
		look_at_resumed(bus, dev);
}

/*
 * Room for the answer to the next message? Events that wait for room take turns
 * with answers, or a driver that asks and asks would never hear of them.
 */
static bool may_deliver(struct vmsg_bus *bus)
{
	__u32 need = bus->retry && !bus->retried ? 2 : 1;

	return vmsg_outbox_room(&bus->outbox) >= need;
}

/* False: there is no room for the answer to the next message. */
static bool deliver_all(struct vmsg_bus *bus)
{
	while (bus->inbox_start < bus->inbox_end) {
		if (!may_deliver(bus))
			flush(bus);
		if (!may_deliver(bus))
			return false;
		deliver(bus);
		bus->retried = false;
	}
	return true;
}

static bool fill_inbox(struct vmsg_bus *bus)
{
	ssize_t n = bus->io->read(bus->watch.fd, bus->inbox, bus->inbox_size);

	if (n > 0) {
		bus->inbox_start = 0;
		bus->inbox_end = (__u32)n;
		return true;
	}
	if (n != -EAGAIN && n != -EINTR)
		lose(bus, n ? (int)n : -ENODEV);
	return false;
}

static void receive(struct vmsg_bus *bus)
{
	int reads = 0;

	do {
		bus->stalled = !deliver_all(bus);
		if (bus->stalled) {
			/* The kernel may take more by now: then go on. */
			bus->counters.stalls++;
			flush(bus);
		}
	} while (!bus->lost && (bus->stalled ? !bus->blocked :
				reads++ < READS_MAX && fill_inbox(bus)));
	if (!bus->stalled)
		flush(bus);
}

static void bus_ready(struct vmsg_watch *watch, __u32 events)
{
	struct vmsg_bus *bus = container_of(watch, struct vmsg_bus, watch);

	if (events & EPOLLOUT)
		flush(bus);
	if ((events & EPOLLIN) || bus->stalled)
		receive(bus);
	if (events & (EPOLLHUP | EPOLLERR))
		lose(bus, -ENODEV);
}

static const struct virtio_msg_dialect *dialect_of(__u32 id)
{
	if (id == VIRTIO_MSG_DIALECT_D26)
		return &virtio_msg_d26;
	if (id == VIRTIO_MSG_DIALECT_PR28)
		return &virtio_msg_pr28;
	return NULL;
}

static int read_info(struct vmsg_bus *bus)
{
	int err = bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_INFO, &bus->info);

	if (err)
		return err;
	bus->info.name[sizeof(bus->info.name) - 1] = '\0';
	if (bus->info.abi != VIRTIO_MSG_USER_ABI ||
	    bus->info.revision < VIRTIO_MSG_REVISION_1)
		return -EPROTONOSUPPORT;
	bus->link.dialect = dialect_of(bus->info.dialect);
	if (!bus->link.dialect ||
	    bus->info.max_msg_size < bus->link.dialect->min_size ||
	    bus->info.max_msg_size > 0xffff)
		return -EPROTONOSUPPORT;
	bus->link.max_msg = bus->info.max_msg_size;
	bus->link.features = bus->info.features;
	bus->link.ops = &link_ops;
	return 0;
}

static int allocate(struct vmsg_bus *bus)
{
	int err = vmsg_outbox_init(&bus->outbox, bus->link.max_msg);

	if (err)
		return err;
	bus->inbox_size = INBOX_MESSAGES * bus->outbox.slot;
	bus->inbox = malloc(bus->inbox_size);
	bus->link.out = malloc(bus->outbox.slot);
	bus->link.scratch = malloc(bus->outbox.slot);
	return bus->inbox && bus->link.out && bus->link.scratch ? 0 : -ENOMEM;
}

static int open_path(struct vmsg_bus *bus, const char *name)
{
	char path[256];
	int n = snprintf(path, sizeof(path), "%s%s",
			 strchr(name, '/') ? "" : DEV_DIR, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	return bus->io->open(path);
}

static void free_bus(struct vmsg_bus *bus)
{
	if (bus->watch.fd >= 0) {
		vmsg_loop_unwatch(bus->loop, &bus->watch);
		bus->io->close(bus->watch.fd);
	}
	vmsg_outbox_exit(&bus->outbox);
	free(bus->inbox);
	free(bus->link.out);
	free(bus->link.scratch);
	free(bus);
}

/**
 * vmsg_bus_open_io() - open a bus through other system calls
 * @loop: loop that the bus shall hang on
 * @name: name of the bus, or a path with a slash in it
 * @io: the system calls
 * @result: the bus
 *
 * Return: 0 or a negative error: -EPROTONOSUPPORT if the kernel speaks another
 * version of the interface, else that of the system call that failed.
 */
int vmsg_bus_open_io(struct vmsg_loop *loop, const char *name,
		     const struct vmsg_io *io, struct vmsg_bus **result)
{
	struct vmsg_bus *bus = calloc(1, sizeof(*bus));
	int err;

	if (!bus)
		return -ENOMEM;
	bus->loop = loop;
	bus->io = io;
	bus->flush.run = flush_task;
	bus->watch.ready = bus_ready;
	bus->watch.fd = open_path(bus, name);
	err = bus->watch.fd < 0 ? bus->watch.fd : read_info(bus);
	if (!err)
		err = allocate(bus);
	if (!err)
		err = vmsg_loop_watch(loop, &bus->watch, EPOLLIN);
	if (err) {
		free_bus(bus);
		return err;
	}
	*result = bus;
	return 0;
}

/**
 * vmsg_bus_open() - open a bus
 * @loop: loop that the bus shall hang on
 * @name: name of the bus, or a path with a slash in it
 * @bus: result
 *
 * If the bus goes away later, vmsg_loop_run() returns -ENODEV. It returns -ESTALE
 * if a device that was added with VMSG_BUS_RESUMABLE was to go on with a driver, and
 * is not the device that the driver had.
 *
 * Return: 0 or a negative error, see vmsg_bus_open_io().
 */
int vmsg_bus_open(struct vmsg_loop *loop, const char *name,
		  struct vmsg_bus **bus)
{
	return vmsg_bus_open_io(loop, name, &vmsg_io_system, bus);
}

/**
 * vmsg_bus_close() - remove all devices and close a bus
 * @bus: the bus, or NULL
 */
void vmsg_bus_close(struct vmsg_bus *bus)
{
	if (!bus)
		return;
	while (bus->devices)
		vmsg_bus_remove(bus, bus->devices);
	vmsg_loop_cancel(bus->loop, &bus->flush);
	free_bus(bus);
}

/**
 * vmsg_bus_leave() - close a bus, whose devices may go on with another process
 * @bus: the bus, or NULL
 *
 * As vmsg_bus_close(), but for devices that were added with VMSG_BUS_RESUMABLE: they
 * wait for who adds them next, and are not removed.
 */
void vmsg_bus_leave(struct vmsg_bus *bus)
{
	if (!bus)
		return;
	/* As if it had been lost: there is nobody to tell. */
	bus->leaving = true;
	vmsg_bus_close(bus);
}

/**
 * vmsg_bus_set_resume_time() - how long devices wait for the next process
 * @bus: the bus
 * @ms: milliseconds; 0: what the kernel thinks right
 *
 * For devices that are added from now on with VMSG_BUS_RESUMABLE.
 */
void vmsg_bus_set_resume_time(struct vmsg_bus *bus, __u32 ms)
{
	bus->resume_ms = ms;
}

/**
 * vmsg_bus_info() - what the kernel says about a bus
 * @bus: the bus
 *
 * Return: the answer to VIRTIO_MSG_IOC_INFO.
 */
const struct virtio_msg_user_info *vmsg_bus_info(const struct vmsg_bus *bus)
{
	return &bus->info;
}

/**
 * vmsg_bus_counters() - what happened on a bus
 * @bus: the bus
 *
 * Return: the counters; they go on counting.
 */
const struct vmsg_bus_counters *
vmsg_bus_counters(const struct vmsg_bus *bus)
{
	return &bus->counters;
}

/* The device appears on the driver side here: everything else is ready. */
static int claim(struct vmsg_bus *bus, struct vmsg_device *dev, __u32 dev_num,
		 bool resumable)
{
	struct virtio_msg_user_claim arg = {
		.dev_num = dev_num,
		.num_queues = dev->num_queues,
		.flags = resumable ? VIRTIO_MSG_CLAIM_RESUMABLE : 0,
		.resume_ms = resumable ? bus->resume_ms : 0,
	};
	int err = bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_CLAIM, &arg);

	if (err)
		return err;
	dev->dev_num = (__u16)arg.dev_num;
	dev->resumed = arg.flags & VIRTIO_MSG_CLAIM_RESUMED;
	return 0;
}

static void release(struct vmsg_bus *bus, struct vmsg_device *dev)
{
	struct virtio_msg_user_claim arg = { .dev_num = dev->dev_num };

	if (!bus->leaving)
		bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_RELEASE, &arg);
}

/**
 * vmsg_device_choose_uuid() - give a device a random UUID
 * @dev: the device
 *
 * By it a driver side tells a device that has come back from another one.
 *
 * Return: 0 or -EIO.
 */
int vmsg_device_choose_uuid(struct vmsg_device *dev)
{
	if (getrandom(dev->uuid, sizeof(dev->uuid), 0) != sizeof(dev->uuid))
		return -EIO;
	dev->uuid[6] = (dev->uuid[6] & 0x0f) | 0x40;
	dev->uuid[8] = (dev->uuid[8] & 0x3f) | 0x80;
	return 0;
}

/**
 * vmsg_bus_add() - add a device to a bus
 * @bus: the bus
 * @dev: the device; its owner has filled in the first part of it
 * @dev_num: device number, or VMSG_DEV_ANY
 * @flags: VMSG_BUS_*
 *
 * The driver side sees it at once, and is answered as soon as the loop runs.
 * With VMSG_BUS_RESUMABLE, a device that waits under this number goes on with this
 * one.
 *
 * Return: 0; -EINVAL if the device is not filled in right, or has more queues
 * than the bus allows; -EOPNOTSUPP if the bus cannot hold devices, and this one is
 * to be resumable; -EEXIST if a device waits that had another number of queues;
 * else an error of VIRTIO_MSG_IOC_CLAIM.
 */
int vmsg_bus_add(struct vmsg_bus *bus, struct vmsg_device *dev, __u32 dev_num,
		 unsigned int flags)
{
	int err = vmsg_device_init(dev, &bus->link, 0);

	if (err)
		return err;
	err = vmsg_notify_attach(bus, dev, flags & VMSG_BUS_MESSAGES);
	if (err)
		return err;
	err = claim(bus, dev, dev_num, flags & VMSG_BUS_RESUMABLE);
	if (err)
		goto err_detach;
	err = vmsg_notify_connect(bus, dev);
	if (err)
		goto err_release;
	dev->next = bus->devices;
	bus->devices = dev;
	return 0;

err_release:
	release(bus, dev);
err_detach:
	vmsg_notify_detach(bus, dev);
	return err;
}

/**
 * vmsg_bus_remove() - remove a device from its bus
 * @bus: the bus
 * @dev: the device
 *
 * The driver side sees it vanish. &vmsg_device_ops.reset is called if a driver
 * was using it.
 */
void vmsg_bus_remove(struct vmsg_bus *bus, struct vmsg_device *dev)
{
	struct vmsg_device **p;

	for (p = &bus->devices; *p; p = &(*p)->next) {
		if (*p != dev)
			continue;
		*p = dev->next;
		release(bus, dev);
		vmsg_device_exit(dev);
		vmsg_notify_detach(bus, dev);
		return;
	}
}

/**
 * vmsg_bus_export() - have a window as a file
 * @bus: the bus
 * @dev: a device on it
 * @window: one of its windows
 *
 * See VIRTIO_MSG_IOC_EXPORT.
 *
 * Return: a descriptor, to be closed; or a negative error: -EOPNOTSUPP or
 * -ENOTTY if the kernel cannot.
 */
int vmsg_bus_export(struct vmsg_bus *bus, const struct vmsg_device *dev,
		    const struct vmsg_window *window)
{
	struct virtio_msg_user_export arg = {
		.dev_num = dev->dev_num,
		.addr = window->start,
	};
	int err = bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_EXPORT, &arg);

	if (err)
		return err;
	if (arg.start == window->start && arg.size == window->size)
		return arg.fd;
	close(arg.fd);
	return -EFAULT;
}

/**
 * vmsg_bus_ping() - ask the other end of a bus for a sign of life
 * @bus: the bus
 * @data: any value
 * @rtt_ns: result: time until the answer
 *
 * Waits for the answer, at most for the time-out of the bus.
 *
 * Return: 0; -ETIMEDOUT; -EBADMSG if the answer carries another value; else
 * another negative error.
 */
int vmsg_bus_ping(struct vmsg_bus *bus, __u32 data, __u64 *rtt_ns)
{
	struct virtio_msg_user_ping arg = { .data = data };
	int err = bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_PING, &arg);

	if (err)
		return err;
	*rtt_ns = arg.rtt_ns;
	return arg.data == data ? 0 : -EBADMSG;
}
