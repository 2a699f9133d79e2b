/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_QUEUE_H
#define _VIRTIO_MSG_QUEUE_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/virtio.h>

#include "relay.h"

struct irq_affinity;
struct virtio_msg_device;
struct virtio_msg_window;

/**
 * struct virtio_msg_queue - a queue that a driver has
 * @vmdev: the device
 * @vq: what the driver sees
 * @index: queue
 * @interrupt_lock: held while the driver is called
 * @layout: of @window
 * @window: memory of a relayed queue; NULL on hold
 * @epoch: how many windows there have been
 * @relay: the relay; NULL in direct mode
 * @enabled: SET_VQUEUE was sent: the device may use the memory
 * @notify_pending: a notification found no room and is yet to be sent
 * @next_offset: what it says
 */
struct virtio_msg_queue {
	struct virtio_msg_device *vmdev;
	struct virtqueue *vq;
	u32 index;
	spinlock_t interrupt_lock;
	struct virtio_msg_layout layout;
	struct virtio_msg_window *window;
	u32 epoch;
	struct virtio_msg_relay *relay;
	bool enabled;
	bool notify_pending;
	u32 next_offset;
};

int virtio_msg_queues_find(struct virtio_device *vdev, unsigned int nvqs,
			   struct virtqueue *vqs[],
			   struct virtqueue_info vqs_info[],
			   struct irq_affinity *desc);
void virtio_msg_queues_del(struct virtio_device *vdev);
void virtio_msg_queues_stop(struct virtio_msg_device *vmdev);
void virtio_msg_queues_fail(struct virtio_msg_device *vmdev);
void virtio_msg_queues_hold(struct virtio_msg_device *vmdev);
int virtio_msg_queues_renew(struct virtio_msg_device *vmdev);
void virtio_msg_queues_resume(struct virtio_msg_device *vmdev);
bool virtio_msg_queues_stuck(struct virtio_msg_device *vmdev, u64 *answers);
int virtio_msg_queue_max(struct virtio_msg_device *vmdev, u32 index);
int virtio_msg_queue_disable(struct virtqueue *vq);
int virtio_msg_queue_enable(struct virtqueue *vq);
void virtio_msg_queue_used(struct virtio_msg_queue *queue);
void virtio_msg_queue_flush(struct virtio_msg_queue *queue);

#endif /* _VIRTIO_MSG_QUEUE_H */
