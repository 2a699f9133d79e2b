/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model of a partition, and a virtio driver for its devices.
 */
#ifndef _VIRTIO_MSG_FFA_RIG_H
#define _VIRTIO_MSG_FFA_RIG_H

#include <kunit/test.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

#include "../bus.h"
#include "fake_partition.h"

/* A type that can be relayed, and of which tests have the only driver. */
#define FFA_RIG_ID		VIRTIO_ID_SCMI
#define FFA_RIG_HEADER		16
#define FFA_RIG_DATA		64
#define FFA_RIG_SHORT_MS	40
/* Calls until a device is there and has answered a request. */
#define FFA_RIG_CALLS		24

/**
 * struct ffa_disk - a device that the driver has
 * @vdev: the device, or NULL
 * @vq: its queue
 * @answers: requests that came back
 * @buffer: memory of a request
 */
struct ffa_disk {
	struct virtio_device *vdev;
	struct virtqueue *vq;
	atomic_t answers;
	u8 buffer[FFA_RIG_HEADER + FFA_RIG_DATA];
};

/**
 * struct ffa_rig - a partition, and the driver of its devices
 * @test: the test
 * @fake: the partition
 * @drv: the driver
 * @ids: its only type
 * @disks: devices that it has
 * @probed: successful probes
 * @failed: others
 * @removed: devices that it let go of
 * @started: the link is
 */
struct ffa_rig {
	struct kunit *test;
	struct fake_ffa *fake;
	struct virtio_driver drv;
	struct virtio_device_id ids[2];
	struct ffa_disk *disks;
	atomic_t probed;
	atomic_t failed;
	atomic_t removed;
	bool started;
};

struct ffa_rig *ffa_rig_create(struct kunit *test, unsigned int devices);
struct ffa_rig *ffa_rig_create_short(struct kunit *test, unsigned int devices);
struct ffa_rig *ffa_rig_start_bare(struct kunit *test);
void ffa_rig_destroy(void *data);
void ffa_rig_start(struct ffa_rig *rig);
void ffa_rig_stop(struct ffa_rig *rig);
bool ffa_rig_linked(struct ffa_rig *rig);
bool ffa_rig_works(struct ffa_rig *rig);
bool ffa_rig_probed(struct ffa_rig *rig, int n);
int ffa_rig_request(struct ffa_disk *disk);
bool ffa_rig_answered(struct ffa_disk *disk, int n);
void ffa_rig_transfer(struct ffa_rig *rig, unsigned int dev_num);
long ffa_rig_counter(struct ffa_rig *rig, enum virtio_msg_counter which);
long ffa_rig_link_counter(struct ffa_rig *rig, enum virtio_msg_ffa_counter which);
void ffa_rig_expect_clean(struct ffa_rig *rig);

#define ffa_rig_count(rig, name)	ffa_rig_counter(rig, VMSG_CNT_##name)
#define ffa_rig_link(rig, name)						\
	ffa_rig_link_counter(rig, VIRTIO_MSG_FFA_CNT_##name)

#endif /* _VIRTIO_MSG_FFA_RIG_H */
