// SPDX-License-Identifier: BSD-3-Clause
/*
 * The life of a device whose back end comes and goes.
 *
 * There is a device on the bus while there is a back end. When that goes, so
 * does the device, and its driver sees errors; unless the back end has noted
 * what it was working on: then the device stays for a while, its driver waits,
 * and a back end that comes back goes on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <linux/virtio_msg_user.h>

#include "report.h"
#include "vhost-user/bridge.h"

/* Times between attempts to connect: a back end that misbehaves gets more. */
#define RETRY_MIN_MS	100
#define RETRY_MAX_MS	5000

static struct vhu_bridge *to_bridge(struct vhu_device *device)
{
	return container_of(device, struct vhu_bridge, device);
}

static const char *path_of(const struct vhu_bridge *bridge)
{
	return bridge->device.options->path;
}

/* Once for each reason in a row. */
static void complain(struct vhu_bridge *bridge)
{
	const char *why = bridge->device.backend.why;

	if (!strcmp(why, bridge->why))
		return;
	report("back end at %s: %s", path_of(bridge), why);
	snprintf(bridge->why, sizeof(bridge->why), "%s", why);
}

/* Watches */

static void unwatch(struct vhu_bridge *bridge, struct vmsg_watch *watch)
{
	if (watch->fd >= 0)
		vmsg_loop_unwatch(bridge->loop, watch);
	watch->fd = -1;
}

static int watch(struct vhu_bridge *bridge, struct vmsg_watch *watch, int fd)
{
	if (fd < 0)
		return 0;
	watch->fd = fd;
	return vmsg_loop_watch(bridge->loop, watch, EPOLLIN);
}

static void set_timer(struct vhu_bridge *bridge)
{
	struct itimerspec when = {
		.it_value.tv_sec = bridge->retry_ms / 1000,
		.it_value.tv_nsec = bridge->retry_ms % 1000 * 1000000L,
	};

	timerfd_settime(bridge->timer.fd, 0, &when, NULL);
}

/* The device on the bus */

static int add(struct vhu_bridge *bridge)
{
	struct vhu_device *device = &bridge->device;
	const char *bus = (const char *)vmsg_bus_info(device->bus)->name;
	int err;

	err = vmsg_device_choose_uuid(&device->dev);
	if (!err)
		err = vmsg_bus_add(device->bus, &device->dev, bridge->dev_num,
				   0);
	if (err) {
		report("cannot serve device %d on bus %s: %s",
		       (int)bridge->dev_num, bus,
		       err == -EBUSY ? "it is served by another process" :
				       strerror(-err));
		return err;
	}
	bridge->added = true;
	bridge->dev_num = device->dev.dev_num;
	printf("serving %s as device %u on %s, back end at %s\n",
	       device->options->type->name, bridge->dev_num, bus,
	       path_of(bridge));
	fflush(stdout);
	if (bridge->ready)
		bridge->ready();
	bridge->ready = NULL;
	return 0;
}

static void drop(struct vhu_bridge *bridge)
{
	if (!bridge->added)
		return;
	bridge->added = false;
	bridge->resume_until = 0;
	vmsg_bus_remove(bridge->device.bus, &bridge->device.dev);
	report("device %u is removed", bridge->dev_num);
}

/* The back end */

static void disconnect(struct vhu_bridge *bridge)
{
	unwatch(bridge, &bridge->connection);
	unwatch(bridge, &bridge->requests);
	vhu_backend_close(&bridge->device.backend);
	/* It may signal no more. */
	bridge->device.memory.num = 0;
}

/* A session that has worked is worth a quick attempt. */
static void choose_retry(struct vhu_bridge *bridge)
{
	if (bridge->device.started)
		bridge->retry_ms = RETRY_MIN_MS;
	else if (bridge->retry_ms < RETRY_MAX_MS / 2)
		bridge->retry_ms *= 2;
	else
		bridge->retry_ms = RETRY_MAX_MS;
}

/* The back end has failed, for the reason that it holds. */
static void lose(struct vhu_bridge *bridge)
{
	struct vhu_device *device = &bridge->device;
	int err = device->backend.error;
	bool keep = err == -ECONNRESET && bridge->added &&
		    device->options->reconnect && vhu_device_resumable(device);

	complain(bridge);
	disconnect(bridge);
	choose_retry(bridge);
	if (keep && !bridge->resume_until) {
		bridge->resume_until = vhu_now() + device->options->resume_ms;
		report("device %u waits for it to come back", bridge->dev_num);
	}
	if (!keep)
		drop(bridge);
	if (device->options->reconnect)
		set_timer(bridge);
	else
		vmsg_loop_stop(bridge->loop, err);
}

static int watch_backend(struct vhu_bridge *bridge)
{
	struct vhu_backend *backend = &bridge->device.backend;
	int err;

	err = watch(bridge, &bridge->connection, backend->socket);
	return err ? err : watch(bridge, &bridge->requests, backend->requests);
}

static int resume(struct vhu_bridge *bridge)
{
	struct vhu_device *device = &bridge->device;
	int err;

	err = vhu_device_compare(device);
	if (!err && vmsg_device_running(&device->dev))
		err = vhu_device_start(device);
	if (err)
		return err;
	bridge->resume_until = 0;
	printf("back end at %s is back: device %u goes on\n", path_of(bridge),
	       bridge->dev_num);
	fflush(stdout);
	return 0;
}

/* Whatever is connected is either made use of, or found to have failed. */
static void greet(struct vhu_bridge *bridge)
{
	struct vhu_device *device = &bridge->device;
	int err;

	err = bridge->added ? resume(bridge) : vhu_device_describe(device);
	if (err) {
		lose(bridge);
		return;
	}
	bridge->waiting = false;
	err = watch_backend(bridge);
	if (!err && !bridge->added)
		err = add(bridge);
	/* Not the back end's fault: it does not help to try again. */
	if (err)
		vmsg_loop_stop(bridge->loop, err);
}

static void give_up_waiting(struct vhu_bridge *bridge)
{
	if (!bridge->resume_until || vhu_now() < bridge->resume_until)
		return;
	report("back end at %s did not come back in time", path_of(bridge));
	drop(bridge);
}

static bool nobody_there(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -EAGAIN;
}

static void attempt(struct vhu_bridge *bridge)
{
	struct vhu_device *device = &bridge->device;
	int err;

	give_up_waiting(bridge);
	vhu_device_begin(device);
	err = vhu_backend_connect(&device->backend, path_of(bridge));
	if (!err) {
		greet(bridge);
		return;
	}
	if (!nobody_there(err) || !device->options->reconnect) {
		report("cannot connect to %s: %s", path_of(bridge),
		       strerror(-err));
		vmsg_loop_stop(bridge->loop, err);
		return;
	}
	if (!bridge->waiting)
		report("no back end at %s yet: waiting for it",
		       path_of(bridge));
	bridge->waiting = true;
	bridge->retry_ms = RETRY_MIN_MS;
	set_timer(bridge);
}

/* Events */

static void on_timer(struct vmsg_watch *timer, __u32 events)
{
	struct vhu_bridge *bridge =
		container_of(timer, struct vhu_bridge, timer);
	__u64 count;

	(void)events;
	if (read(timer->fd, &count, sizeof(count)) == sizeof(count) &&
	    bridge->device.backend.socket < 0)
		attempt(bridge);
}

static void look_after(struct vhu_bridge *bridge)
{
	struct vhu_device *device = &bridge->device;

	if (device->backend.socket < 0) {
		/* The driver has reset the device: there is nothing to resume. */
		if (bridge->added && !device->started)
			drop(bridge);
		return;
	}
	if (!device->backend.error && device->backend.config_changed)
		vhu_device_read_config(device);
	if (device->backend.error)
		lose(bridge);
}

static void on_trouble(struct vmsg_task *task)
{
	struct vhu_bridge *bridge =
		container_of(task, struct vhu_bridge, trouble);

	vhu_device_begin(&bridge->device);
	look_after(bridge);
}

static void device_trouble(struct vhu_device *device)
{
	struct vhu_bridge *bridge = to_bridge(device);

	vmsg_loop_defer(bridge->loop, &bridge->trouble);
}

static void on_connection(struct vmsg_watch *watch, __u32 events)
{
	struct vhu_bridge *bridge =
		container_of(watch, struct vhu_bridge, connection);

	(void)events;
	vhu_backend_unasked(&bridge->device.backend);
	lose(bridge);
}

static void on_request(struct vmsg_watch *watch, __u32 events)
{
	struct vhu_bridge *bridge =
		container_of(watch, struct vhu_bridge, requests);
	struct vhu_backend *backend = &bridge->device.backend;

	(void)events;
	vhu_device_begin(&bridge->device);
	vhu_backend_serve(backend);
	/* Closing took it out of the loop. */
	if (backend->requests < 0)
		watch->fd = -1;
	look_after(bridge);
}

static void on_ring_error(struct vmsg_watch *watch, __u32 events)
{
	struct vhu_bridge *bridge =
		container_of(watch, struct vhu_bridge, errors);
	eventfd_t count;

	(void)events;
	if (eventfd_read(watch->fd, &count) || !bridge->added)
		return;
	report("back end at %s: it says that a ring makes no sense",
	       path_of(bridge));
	vmsg_device_fail(&bridge->device.dev, "the back end found an error");
}

/* Of the time in which the driver must be answered, most. */
static __u32 budget(const struct vmsg_bus *bus)
{
	return vmsg_bus_info(bus)->timeout_ms / 4 * 3 + 1;
}

/**
 * vhu_bridge_open() - have a back end's device on a bus, from now on
 * @bridge: to be initialised
 * @loop: what happens, happens in it
 * @bus: the bus
 * @options: what the user wants; stays
 * @dev_num: device number, or VMSG_DEV_ANY
 * @ready: called once, when there is a device for the first time; or NULL
 *
 * Return: 0 or a negative error.
 */
int vhu_bridge_open(struct vhu_bridge *bridge, struct vmsg_loop *loop,
		    struct vmsg_bus *bus, const struct vhu_options *options,
		    __u32 dev_num, void (*ready)(void))
{
	struct vhu_device *device = &bridge->device;
	int err;

	memset(bridge, 0, sizeof(*bridge));
	vhu_device_init(device, options, bus);
	device->budget_ms = budget(bus);
	device->trouble = device_trouble;
	bridge->loop = loop;
	bridge->dev_num = dev_num;
	bridge->retry_ms = RETRY_MIN_MS;
	bridge->ready = ready;
	bridge->trouble.run = on_trouble;
	bridge->connection = (struct vmsg_watch){ -1, on_connection, 0 };
	bridge->requests = (struct vmsg_watch){ -1, on_request, 0 };
	bridge->timer = (struct vmsg_watch){ -1, on_timer, 0 };
	bridge->errors = (struct vmsg_watch){ -1, on_ring_error, 0 };

	device->error_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	bridge->timer.fd = timerfd_create(CLOCK_MONOTONIC,
					  TFD_CLOEXEC | TFD_NONBLOCK);
	if (device->error_fd < 0 || bridge->timer.fd < 0)
		return -errno;
	err = vmsg_loop_watch(loop, &bridge->timer, EPOLLIN);
	if (!err)
		err = watch(bridge, &bridge->errors, device->error_fd);
	if (!err)
		attempt(bridge);
	return err;
}

/**
 * vhu_bridge_close() - end it
 * @bridge: opened, or all zero
 */
void vhu_bridge_close(struct vhu_bridge *bridge)
{
	if (!bridge->loop)
		return;
	if (bridge->added)
		vmsg_bus_remove(bridge->device.bus, &bridge->device.dev);
	vmsg_loop_cancel(bridge->loop, &bridge->trouble);
	disconnect(bridge);
	vhu_inflight_drop(&bridge->device.inflight);
	unwatch(bridge, &bridge->errors);
	if (bridge->device.error_fd >= 0)
		close(bridge->device.error_fd);
	if (bridge->timer.fd >= 0) {
		vmsg_loop_unwatch(bridge->loop, &bridge->timer);
		close(bridge->timer.fd);
	}
}
