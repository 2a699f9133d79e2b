/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_BUS_H
#define _VIRTIO_MSG_BUS_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/rwsem.h>
#include <linux/virtio_msg.h>
#include <linux/workqueue.h>

#include "counters.h"
#include "devices.h"
#include "endpoint.h"
#include "limits.h"
#include "protocol.h"
#include "request.h"
#include "sender.h"
#include "window.h"

/**
 * struct virtio_msg_core - the core's side of a bus instance
 * @dev: class device; its reference count is that of this structure
 * @cdev: /dev/virtio-msg/<bus>
 * @bus: the bus, or NULL once it has unregistered; for calls that do not sleep
 *	under RCU, for others under @bus_sem
 * @bus_sem: held for reading while the bus is called and may sleep
 * @name: name of the bus
 * @role: VIRTIO_MSG_ROLE_*
 * @flags: VIRTIO_MSG_BUS_*
 * @revision: transport revision
 * @features: transport feature bits
 * @max_msg_size: largest message
 * @num_devices: device numbers that the peer is asked for
 * @timeout_ms: time in which the peer answers
 * @io_timeout_ms: time in which a device answers one of its requests; 0: no end
 * @dialect: layout spoken
 * @dialect_auto: @dialect may still follow what the peer answers
 * @dma_dev: device whose DMA API direct mode uses, or NULL
 * @files_lock: protects @files and @hung_up
 * @files: open files of the device node
 * @hung_up: the device node is of no use any more
 * @lost: the peer is gone
 * @lost_work: removes what depended on the peer
 * @wq: for what moves data and messages: it waits for no peer
 * @device_wq: for what waits for answers, such as to devices that come and go;
 *	stands still while the machine sleeps
 * @hold_wq: for devices on hold, which works of @device_wq may wait for
 * @counters: what happened
 * @requests: tokens
 * @sender: messages that wait for room
 * @channel: requests of the bus itself
 * @devices: driver side
 * @endpoints: device side
 * @windows: memory shared with the peer
 * @ping_work: asks whether the peer is alive
 * @ping_interval_ms: how often; 0: never
 * @ping_misses: answers that did not come, in a row
 * @debugfs: directory of the bus
 */
struct virtio_msg_core {
	struct device dev;
	struct cdev cdev;
	struct virtio_msg_bus __rcu *bus;
	struct rw_semaphore bus_sem;
	char name[VIRTIO_MSG_NAME_SIZE];
	u32 role;
	u32 flags;
	u32 revision;
	u32 features;
	u32 max_msg_size;
	u32 num_devices;
	u32 timeout_ms;
	u32 io_timeout_ms;
	const struct virtio_msg_dialect *dialect;
	bool dialect_auto;
	struct device *dma_dev;
	struct mutex files_lock;
	struct list_head files;
	bool hung_up;
	bool lost;
	struct work_struct lost_work;
	struct workqueue_struct *wq;
	struct workqueue_struct *device_wq;
	struct workqueue_struct *hold_wq;
	struct virtio_msg_counters counters;
	struct virtio_msg_requests requests;
	struct virtio_msg_sender sender;
	struct virtio_msg_channel channel;
	struct virtio_msg_devices devices;
	struct virtio_msg_endpoints endpoints;
	struct virtio_msg_windows windows;
	struct delayed_work ping_work;
	u32 ping_interval_ms;
	u32 ping_misses;
	struct dentry *debugfs;
};

static inline void virtio_msg_count(struct virtio_msg_core *core,
				    enum virtio_msg_counter counter)
{
	atomic_long_inc(&core->counters.value[counter]);
}

static inline void virtio_msg_count_add(struct virtio_msg_core *core,
					enum virtio_msg_counter counter,
					long n)
{
	atomic_long_add(n, &core->counters.value[counter]);
}

static inline bool virtio_msg_core_gone(struct virtio_msg_core *core)
{
	return !rcu_access_pointer(core->bus) || READ_ONCE(core->lost);
}

struct virtio_msg_bus *virtio_msg_core_bus(struct virtio_msg_core *core);
int virtio_msg_core_decode(struct virtio_msg_core *core, const void *msg,
			   u32 size, struct virtio_msg_fields *fields);
int virtio_msg_core_decode_answer(struct virtio_msg_core *core, const void *msg,
				  u32 size, struct virtio_msg_fields *fields,
				  const struct virtio_msg_dialect **dialect);
void virtio_msg_core_learn(struct virtio_msg_core *core,
			   const struct virtio_msg_dialect *dialect,
			   enum virtio_msg_kind kind);
int virtio_msg_core_ping(struct virtio_msg_core *core, u32 *data, u64 *rtt_ns);
void virtio_msg_core_lost(struct virtio_msg_core *core);

extern const struct attribute_group *virtio_msg_bus_groups[];

int virtio_msg_bus_init(void);
void virtio_msg_bus_exit(void);

#endif /* _VIRTIO_MSG_BUS_H */
