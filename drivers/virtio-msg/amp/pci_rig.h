/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model of a card, and a virtio driver for the devices behind it.
 */
#ifndef _VIRTIO_MSG_AMP_PCI_RIG_H
#define _VIRTIO_MSG_AMP_PCI_RIG_H

#include <kunit/test.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

#include "../bus.h"
#include "fake_card.h"

/* A type of which only tests have a driver; and one that can be relayed. */
#define CARD_DISK_ID		4001
#define CARD_RELAYED_ID		VIRTIO_ID_SCMI

#define CARD_DISKS		16
#define CARD_HEADER		16
#define CARD_DATA		64
#define CARD_REQUESTS		100
#define CARD_SHORT_MS		50

/**
 * struct card_disk - a device that the driver has
 * @vdev: the device
 * @vq: its queue
 * @config: its configuration, as last read
 * @answers: requests that came back
 * @changes: calls of the config_changed function
 * @buffers: memory of requests
 */
struct card_disk {
	struct virtio_device *vdev;
	struct virtqueue *vq;
	u8 config[FAKE_CARD_CONFIG];
	atomic_t answers;
	atomic_t changes;
	u8 *buffers;
};

/**
 * struct card_rig - a card, and the driver of its devices
 * @test: the test
 * @fake: the card
 * @drv: the driver
 * @ids: its only type
 * @disks: devices that it has
 * @probed: successful probes
 * @failed: others
 * @removed: devices that it let go of
 * @detached: requests that it took back then
 * @started: the card is
 * @with_drops: the card may have dropped messages
 */
struct card_rig {
	struct kunit *test;
	struct fake_card *fake;
	struct virtio_driver drv;
	struct virtio_device_id ids[2];
	struct card_disk disks[CARD_DISKS];
	unsigned int probed;
	unsigned int failed;
	unsigned int removed;
	unsigned int detached;
	bool started;
	bool with_drops;
};

struct card_rig *card_rig_create(struct kunit *test, unsigned int num_fifos,
				 u32 id);
struct card_rig *card_rig_create_one(struct kunit *test);
void card_rig_start(struct card_rig *rig);
struct card_rig *card_rig_start_one(struct kunit *test);
void card_rig_stop(struct card_rig *rig);

bool card_rig_probed(struct card_rig *rig, unsigned int n);
int card_rig_request(struct card_disk *disk, unsigned int i);
bool card_rig_answered(struct card_disk *disk, int n);
void card_rig_expect_data(struct card_rig *rig, struct card_disk *disk,
			  unsigned int i,
			  const struct fake_card_device *device);
long card_rig_counter(struct card_rig *rig, unsigned int fifo,
		      enum virtio_msg_counter which);

#define card_rig_count(rig, name)	card_rig_counter(rig, 0, VMSG_CNT_##name)

#endif /* _VIRTIO_MSG_AMP_PCI_RIG_H */
