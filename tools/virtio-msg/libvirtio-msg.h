/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libvirtio-msg: devices on a virtio-msg bus, in a Linux process.
 *
 * A device is a struct vmsg_device (core.h) with its queues and a table of
 * functions. A program opens a bus, adds its devices and runs the loop:
 *
 *	struct vmsg_loop *loop = vmsg_loop_new();
 *	struct vmsg_bus *bus;
 *
 *	vmsg_bus_open(loop, "loopback0", &bus);
 *	vmsg_bus_add(bus, &dev, VMSG_DEV_ANY, 0);
 *	vmsg_loop_run(loop);
 *	vmsg_bus_close(bus);
 *
 * examples/entropy.c is a whole device. Functions that return int return 0 or a
 * negative errno value unless it says otherwise. A loop and all that hangs on it
 * belong to one thread.
 */
#ifndef _LIBVIRTIO_MSG_H
#define _LIBVIRTIO_MSG_H

#include <sys/types.h>
#include "core.h"

#define VMSG_DEV_ANY		0xffffffffU

struct vmsg_bus;
struct vmsg_loop;
struct virtio_msg_user_info;

/**
 * struct vmsg_watch - interest in a file descriptor
 * @fd: the descriptor; set before vmsg_loop_watch()
 * @ready: called with the EPOLL* events that are true; set before, too
 * @events: belongs to the loop
 */
struct vmsg_watch {
	int fd;
	void (*ready)(struct vmsg_watch *watch, __u32 events);
	__u32 events;
};

/**
 * struct vmsg_task - something to be done once, soon
 * @run: called from the loop; set before vmsg_loop_defer()
 * @next: belongs to the loop
 * @queued: belongs to the loop
 */
struct vmsg_task {
	void (*run)(struct vmsg_task *task);
	struct vmsg_task *next;
	bool queued;
};

/* loop.c */
struct vmsg_loop *vmsg_loop_new(void);
void vmsg_loop_free(struct vmsg_loop *loop);
int vmsg_loop_watch(struct vmsg_loop *loop, struct vmsg_watch *watch,
		    __u32 events);
void vmsg_loop_unwatch(struct vmsg_loop *loop, struct vmsg_watch *watch);
void vmsg_loop_defer(struct vmsg_loop *loop, struct vmsg_task *task);
void vmsg_loop_cancel(struct vmsg_loop *loop, struct vmsg_task *task);
int vmsg_loop_signals(struct vmsg_loop *loop);
int vmsg_loop_once(struct vmsg_loop *loop, int timeout_ms);
int vmsg_loop_run(struct vmsg_loop *loop);
void vmsg_loop_stop(struct vmsg_loop *loop, int result);

/* guard.c */
int vmsg_guard(void);

/* vmsg_bus_add() flags */
#define VMSG_BUS_MESSAGES	0x01	/* EVENT_* in place of eventfds */
#define VMSG_BUS_RESUMABLE	0x02	/* it waits for the next process */

/**
 * struct vmsg_bus_counters - what happened on an open bus
 * @received: messages read
 * @sent: messages written
 * @malformed: read, but no messages
 * @unrouted: read, but for no device of ours
 * @refused: written, but refused by the kernel
 * @stalls: times that reading waited for room to answer
 */
struct vmsg_bus_counters {
	__u64 received;
	__u64 sent;
	__u64 malformed;
	__u64 unrouted;
	__u64 refused;
	__u64 stalls;
};

/**
 * struct vmsg_io - the system calls of a bus, replaceable for tests
 * @open: as open(2) for reading and writing; a descriptor or a negative error
 * @close: as close(2)
 * @read: as read(2), with a negative error in place of errno
 * @write: as write(2), likewise
 * @ioctl: as ioctl(2), likewise
 * @mmap: map @size bytes at @offset, or NULL and an error in errno
 * @munmap: as munmap(2)
 */
struct vmsg_io {
	int (*open)(const char *path);
	void (*close)(int fd);
	ssize_t (*read)(int fd, void *data, size_t len);
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*ioctl)(int fd, unsigned long request, void *arg);
	void *(*mmap)(int fd, size_t size, __u64 offset);
	void (*munmap)(void *addr, size_t size);
};

/* bus.c */
int vmsg_bus_open(struct vmsg_loop *loop, const char *name,
		  struct vmsg_bus **bus);
int vmsg_bus_open_io(struct vmsg_loop *loop, const char *name,
		     const struct vmsg_io *io, struct vmsg_bus **bus);
void vmsg_bus_close(struct vmsg_bus *bus);
void vmsg_bus_leave(struct vmsg_bus *bus);
void vmsg_bus_set_resume_time(struct vmsg_bus *bus, __u32 ms);
int vmsg_device_choose_uuid(struct vmsg_device *dev);
const struct virtio_msg_user_info *vmsg_bus_info(const struct vmsg_bus *bus);
const struct vmsg_bus_counters *
vmsg_bus_counters(const struct vmsg_bus *bus);
int vmsg_bus_add(struct vmsg_bus *bus, struct vmsg_device *dev, __u32 dev_num,
		 unsigned int flags);
void vmsg_bus_remove(struct vmsg_bus *bus, struct vmsg_device *dev);
int vmsg_bus_export(struct vmsg_bus *bus, const struct vmsg_device *dev,
		    const struct vmsg_window *window);
int vmsg_bus_ping(struct vmsg_bus *bus, __u32 data, __u64 *rtt_ns);

/* notify.c */
int vmsg_queue_eventfds(struct vmsg_queue *queue, int *kick, int *call);

#endif /* _LIBVIRTIO_MSG_H */
