// SPDX-License-Identifier: BSD-3-Clause
/* Notifications of queues: eventfds, and turns that a queue has still to get. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"
#include "util.h"

/* For how long a queue waits for its driver before it sleeps. */
#define PATIENCE_NS	20000

/* What a queue has in &vmsg_queue.link_data. */
struct notify {
	struct vmsg_queue *queue;
	struct vmsg_watch kick;
	int call;		/* of a foreign device; else -1: EVENT_USED */
	struct vmsg_task again;
	__u64 patience;		/* until then, by the monotonic clock */
};

static void kicked(struct vmsg_watch *watch, __u32 events)
{
	struct notify *notify = container_of(watch, struct notify, kick);
	eventfd_t count;

	(void)events;
	if (!eventfd_read(watch->fd, &count))
		vmsg_queue_kick(notify->queue);
}

static void run_again(struct vmsg_task *task)
{
	struct notify *notify = container_of(task, struct notify, again);

	if (notify->queue->enabled)
		vmsg_queue_run(notify->queue);
}

static int open_eventfds(struct vmsg_bus *bus, struct notify *notify)
{
	notify->kick.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (notify->kick.fd < 0)
		return -errno;
	/*
	 * What is written calls the driver from here, where a call eventfd has
	 * to wake a worker of the kernel for that.
	 */
	if (!notify->queue->dev->foreign)
		return vmsg_loop_watch(bus->loop, &notify->kick, EPOLLIN);
	/* Whoever uses the queue waits for its kicks, and calls. */
	notify->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return notify->call < 0 ? -errno : 0;
}

static void close_eventfds(struct vmsg_bus *bus, struct notify *notify)
{
	if (notify->kick.fd >= 0) {
		vmsg_loop_unwatch(bus->loop, &notify->kick);
		close(notify->kick.fd);
	}
	if (notify->call >= 0)
		close(notify->call);
	notify->kick.fd = -1;
	notify->call = -1;
}

/* Prepare the queues of a device. */
int vmsg_notify_attach(struct vmsg_bus *bus, struct vmsg_device *dev,
		       bool messages)
{
	struct notify *notify;
	__u32 i;
	int err;

	notify = calloc(dev->num_queues + 1, sizeof(*notify));
	if (!notify)
		return -ENOMEM;
	dev->link_data = notify;

	for (i = 0; i < dev->num_queues; i++) {
		notify[i].queue = &dev->queues[i];
		notify[i].kick.fd = -1;
		notify[i].kick.ready = kicked;
		notify[i].call = -1;
		notify[i].again.run = run_again;
		dev->queues[i].link_data = &notify[i];
	}
	for (i = 0; i < dev->num_queues && !messages; i++) {
		err = open_eventfds(bus, &notify[i]);
		if (err) {
			vmsg_notify_detach(bus, dev);
			return err;
		}
	}
	return 0;
}

void vmsg_notify_detach(struct vmsg_bus *bus, struct vmsg_device *dev)
{
	struct notify *notify = dev->link_data;
	__u32 i;

	for (i = 0; i < dev->num_queues; i++) {
		close_eventfds(bus, &notify[i]);
		vmsg_loop_cancel(bus->loop, &notify[i].again);
		dev->queues[i].link_data = NULL;
	}
	free(notify);
	dev->link_data = NULL;
}

static int connect_queue(struct vmsg_bus *bus, struct vmsg_device *dev, __u32 i)
{
	struct notify *notify = dev->queues[i].link_data;
	struct virtio_msg_user_eventfd arg = {
		.dev_num = dev->dev_num,
		.index = i,
		.kick_fd = notify->kick.fd,
		.call_fd = notify->call,
	};

	if (notify->kick.fd < 0)
		return 0;
	return bus->io->ioctl(bus->watch.fd, VIRTIO_MSG_IOC_EVENTFD, &arg);
}

/*
 * Hand the eventfds of a claimed device to the kernel. One that has no use for
 * them gets messages.
 */
int vmsg_notify_connect(struct vmsg_bus *bus, struct vmsg_device *dev)
{
	__u32 i;
	int err;

	for (i = 0; i < dev->num_queues; i++) {
		err = connect_queue(bus, dev, i);
		if (err == -ENOTTY || err == -EOPNOTSUPP)
			close_eventfds(bus, dev->queues[i].link_data);
		else if (err)
			return err;
	}
	return 0;
}

/**
 * vmsg_queue_eventfds() - what the kernel uses in place of messages
 * @queue: a queue of a device that is on a bus
 * @kick: result: signalled when there are buffers
 * @call: result: to be signalled when buffers were used
 *
 * They belong to the library. Of a device that is not foreign, @kick is taken.
 *
 * Return: 0, or -EOPNOTSUPP if messages are used.
 */
int vmsg_queue_eventfds(struct vmsg_queue *queue, int *kick, int *call)
{
	struct notify *notify = queue->link_data;

	if (!notify || notify->call < 0)
		return -EOPNOTSUPP;
	*kick = notify->kick.fd;
	*call = notify->call;
	return 0;
}

bool vmsg_notify_call(struct vmsg_link *link, struct vmsg_queue *queue)
{
	struct notify *notify = queue->link_data;

	(void)link;
	return notify->call >= 0 && !eventfd_write(notify->call, 1);
}

void vmsg_notify_again(struct vmsg_link *link, struct vmsg_queue *queue)
{
	struct notify *notify = queue->link_data;

	vmsg_loop_defer(vmsg_bus_of(link)->loop, &notify->again);
}

/*
 * Yields, so that a driver on the same processor goes on. If others have the
 * processor, the time is over after one of their turns.
 */
bool vmsg_notify_relax(struct vmsg_link *link, struct vmsg_queue *queue,
		       bool first)
{
	struct notify *notify = queue->link_data;
	struct timespec ts;
	__u64 now;

	(void)link;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (__u64)ts.tv_sec * 1000000000 + (__u64)ts.tv_nsec;
	if (first)
		notify->patience = now + PATIENCE_NS;
	else if (now >= notify->patience)
		return false;
	sched_yield();
	return true;
}
