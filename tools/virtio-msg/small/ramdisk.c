// SPDX-License-Identifier: BSD-3-Clause
/* A disk whose sectors are memory: what is written is there, so a flush is nothing. */
#include <linux/build_bug.h>
#include <linux/types.h>
#include <linux/unaligned.h>

#include "small.h"
#include "util.h"

#define ID_BLOCK	2
#define F_SEG_MAX	2
#define F_RO		5
#define F_FLUSH		9

/* Types of a request, its header, its status. */
#define T_IN		0
#define T_OUT		1
#define T_FLUSH		4
#define T_GET_ID	8
#define HEADER		16
#define S_OK		0
#define S_IOERR		1
#define S_UNSUPP	2

#define SECTOR		512
#define ID_BYTES	20

/* Of the configuration: capacity and seg_max. */
#define CONFIG_SEG_MAX	12
static_assert(VMSG_SMALL_DISK_CONFIG >= CONFIG_SEG_MAX + 4, "configuration");
static_assert(VMSG_QUEUE_MAX > 2, "header, data, status");

/* Where @len bytes at @sector are, or NULL if there are not so many. */
static __u8 *find(struct vmsg_small_disk *disk, __u64 sector, __u32 len)
{
	if (len % SECTOR || sector > disk->size / SECTOR ||
	    len > disk->size - sector * SECTOR)
		return NULL;
	return disk->mem + sector * SECTOR;
}

static __u8 disk_read(struct vmsg_small_disk *disk, __u64 sector)
{
	__u32 len = disk->chain.in_len - 1;
	__u8 *from = find(disk, sector, len);

	if (!from)
		return S_IOERR;
	vmsg_chain_write(&disk->chain, from, len);
	return S_OK;
}

static __u8 disk_write(struct vmsg_small_disk *disk, __u64 sector)
{
	__u32 len = disk->chain.out.left;
	__u8 *to = find(disk, sector, len);

	if (!to || disk->read_only)
		return S_IOERR;
	vmsg_chain_read(&disk->chain, to, len);
	return S_OK;
}

static __u8 disk_id(struct vmsg_small_disk *disk)
{
	static const __u8 id[ID_BYTES] = "virtio-msg-small";
	__u32 len = disk->chain.in_len - 1;

	vmsg_chain_write(&disk->chain, id, len < ID_BYTES ? len : ID_BYTES);
	return S_OK;
}

static __u8 request(struct vmsg_small_disk *disk)
{
	__u8 hdr[HEADER];

	if (vmsg_chain_read(&disk->chain, hdr, HEADER) != HEADER)
		return S_IOERR;
	switch (get_unaligned_le32(hdr)) {
	case T_IN:
		return disk_read(disk, get_unaligned_le64(hdr + 8));
	case T_OUT:
		return disk_write(disk, get_unaligned_le64(hdr + 8));
	case T_FLUSH:
		return S_OK;
	case T_GET_ID:
		return disk_id(disk);
	default:
		return S_UNSUPP;
	}
}

/* Status is the last byte; what was not written before it is zero. */
static void disk_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct vmsg_small_disk *disk =
		container_of(dev, struct vmsg_small_disk, dev);
	struct vmsg_chain *chain = &disk->chain;
	__u8 status;

	while (vmsg_queue_pop(queue, chain)) {
		if (!chain->in_len) {
			vmsg_device_fail(dev, VMSG_WHY("no status byte"));
			return;
		}
		status = request(disk);
		vmsg_chain_zero(chain, chain->in.left - 1);
		vmsg_chain_write(chain, &status, 1);
		vmsg_queue_push(queue, chain, chain->in_len);
	}
}

static const struct vmsg_device_ops disk_ops = {
	.queue = disk_queue,
};

/**
 * vmsg_small_disk_init() - make a disk of memory
 * @disk: with what its owner sets, else zero
 */
void vmsg_small_disk_init(struct vmsg_small_disk *disk)
{
	put_unaligned_le64(disk->size / SECTOR, disk->config);
	put_unaligned_le32(VMSG_QUEUE_MAX - 2, disk->config + CONFIG_SEG_MAX);
	disk->queue.max_size = VMSG_QUEUE_MAX;
	disk->dev.ops = &disk_ops;
	disk->dev.device_id = ID_BLOCK;
	disk->dev.config = disk->config;
	disk->dev.config_size = sizeof(disk->config);
	disk->dev.queues = &disk->queue;
	disk->dev.num_queues = 1;
	vmsg_feature_set(disk->dev.features, F_SEG_MAX);
	vmsg_feature_set(disk->dev.features, F_FLUSH);
	if (disk->read_only)
		vmsg_feature_set(disk->dev.features, F_RO);
}
