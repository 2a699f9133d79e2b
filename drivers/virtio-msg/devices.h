/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_DEVICES_H
#define _VIRTIO_MSG_DEVICES_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct virtio_msg_core;
struct virtio_msg_device;
struct virtio_msg_fields;

/**
 * struct virtio_msg_devices - the remote devices of a bus: the driver side
 * @map: device number to &struct virtio_msg_device; read under RCU
 * @lock: protects the bitmaps
 * @changed: device numbers of which @added or @removed is news
 * @added: device numbers that the peer says are there
 * @removed: device numbers that were taken away since the last look
 * @work: makes @map follow the bitmaps
 * @enumerate: asks the peer for its device numbers
 * @live: number of entries of @map
 * @max_live: most of them
 * @idle: woken when @live becomes 0
 * @stopped: nothing is added any more
 */
struct virtio_msg_devices {
	struct xarray map;
	spinlock_t lock;
	unsigned long *changed;
	unsigned long *added;
	unsigned long *removed;
	struct work_struct work;
	struct work_struct enumerate;
	atomic_t live;
	int max_live;
	wait_queue_head_t idle;
	bool stopped;
};

int virtio_msg_devices_init(struct virtio_msg_core *core);
void virtio_msg_devices_start(struct virtio_msg_core *core);
void virtio_msg_devices_stop(struct virtio_msg_core *core);
void virtio_msg_devices_destroy(struct virtio_msg_core *core);

void virtio_msg_devices_rescan(struct virtio_msg_core *core);
void virtio_msg_devices_event(struct virtio_msg_core *core, u16 dev_num,
			      u16 state);
void virtio_msg_devices_receive(struct virtio_msg_core *core,
				const struct virtio_msg_fields *fields);
struct virtio_msg_device *virtio_msg_devices_get(struct virtio_msg_core *core,
						 u16 dev_num);
void virtio_msg_devices_used(struct virtio_msg_core *core, u16 dev_num,
			     u32 index);
void virtio_msg_devices_flush(struct virtio_msg_core *core);
void virtio_msg_devices_settle(struct virtio_msg_device *vmdev);
void virtio_msg_devices_unlink(struct virtio_msg_device *vmdev);
int virtio_msg_devices_freeze(struct virtio_msg_core *core);
int virtio_msg_devices_restore(struct virtio_msg_core *core);
void virtio_msg_devices_shutdown(struct virtio_msg_core *core);

#endif /* _VIRTIO_MSG_DEVICES_H */
