/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_TRANSPORT_H
#define _VIRTIO_MSG_TRANSPORT_H

#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/virtio.h>
#include <linux/workqueue.h>

#include "config.h"
#include "hold.h"
#include "limits.h"
#include "policy.h"
#include "request.h"

struct dentry;
struct virtio_msg_core;
struct virtio_msg_queue;

/**
 * struct virtio_msg_device - a remote device and its virtio device
 * @vdev: what the driver sees
 * @core: the bus
 * @channel: requests to the device; its lock serialises them
 * @dev_num: device number
 * @ref: of the map, of a queued work, of @vdev
 * @max_vqs: number of queues that the device has
 * @uuid: UUID, or zeros
 * @feature_blocks: blocks of @features
 * @features: features that the device offers
 * @policy: how its type is relayed, NULL in direct mode
 * @config: configuration space
 * @lock: held to remove queues, and to look at them outside of RCU
 * @queues: queues by index, read under RCU
 * @num_queues: entries of @queues
 * @hold: while nobody serves it
 * @work: probes and removes
 * @fault_work: fails what the driver waits for
 * @going: is to be removed
 * @registered: @vdev is registered
 * @unlinked: @work has done all
 * @dead: the peer no longer knows the device: it is sent nothing
 * @broken: failed until the next reset
 * @why: what is yet to be said of the failure, or NULL
 * @failed_queue: the queue that @why is about
 * @reset_done: the peer has confirmed that it uses no window
 * @config_missed: the configuration changed before @vdev was registered
 * @frozen: asleep
 * @status: status bits that were set; the device's own are not among them
 * @main_num: entries of the queue that bounds requests
 * @used_events: notifications that came
 * @avail_events: notifications that were sent
 * @debugfs: directory of the device
 */
struct virtio_msg_device {
	struct virtio_device vdev;
	struct virtio_msg_core *core;
	struct virtio_msg_channel channel;
	u16 dev_num;
	struct kref ref;
	u32 max_vqs;
	u8 uuid[16];
	u32 feature_blocks;
	u32 features[VIRTIO_MSG_LIMIT_FEATURE_BLOCKS];
	const struct virtio_msg_policy *policy;
	struct virtio_msg_config_cache config;
	struct mutex lock;
	struct virtio_msg_queue __rcu **queues;
	u32 num_queues;
	struct virtio_msg_hold hold;
	struct work_struct work;
	struct work_struct fault_work;
	bool going;
	bool registered;
	bool unlinked;
	bool dead;
	bool broken;
	bool reset_done;
	bool config_missed;
	bool frozen;
	const char *why;
	u32 failed_queue;
	u8 status;
	u32 main_num;
	atomic_long_t used_events;
	atomic_long_t avail_events;
	struct dentry *debugfs;
};

static inline struct virtio_msg_device *to_virtio_msg_device(struct virtio_device *vdev)
{
	return container_of(vdev, struct virtio_msg_device, vdev);
}

static inline bool virtio_msg_device_going(struct virtio_msg_device *vmdev)
{
	return READ_ONCE(vmdev->going);
}

struct virtio_msg_device *virtio_msg_device_create(struct virtio_msg_core *core,
						   u16 dev_num);
void virtio_msg_device_put(struct virtio_msg_device *vmdev);
void virtio_msg_device_start(struct virtio_msg_device *vmdev);
void virtio_msg_device_stop(struct virtio_msg_device *vmdev);
void virtio_msg_device_kill(struct virtio_msg_device *vmdev);
void virtio_msg_device_fail(struct virtio_msg_device *vmdev);
void virtio_msg_device_used(struct virtio_msg_device *vmdev, u32 index);
void virtio_msg_device_config_event(struct virtio_msg_device *vmdev,
				    const struct virtio_msg_fields *event);
void virtio_msg_device_config_lost(struct virtio_msg_device *vmdev);
void virtio_msg_device_flush(struct virtio_msg_device *vmdev);
int virtio_msg_device_freeze(struct virtio_msg_device *vmdev);
int virtio_msg_device_restore(struct virtio_msg_device *vmdev);
int virtio_msg_device_shutdown(struct virtio_msg_device *vmdev);

int virtio_msg_device_info(struct virtio_msg_device *vmdev,
			   struct virtio_msg_fields *answer);
struct virtio_msg_caps virtio_msg_device_caps(struct virtio_msg_device *vmdev);
void virtio_msg_device_reset(struct virtio_msg_device *vmdev);
int virtio_msg_device_reset_wait(struct virtio_msg_device *vmdev);
int virtio_msg_device_status(struct virtio_msg_device *vmdev,
			     enum virtio_msg_kind kind, u32 *status);
int virtio_msg_device_read_features(struct virtio_msg_device *vmdev,
				    u32 *features);
int virtio_msg_device_write_features(struct virtio_msg_device *vmdev);
int virtio_msg_device_call(struct virtio_msg_device *vmdev,
			   struct virtio_msg_fields *fields);

#endif /* _VIRTIO_MSG_TRANSPORT_H */
