// SPDX-License-Identifier: BSD-3-Clause
/*
 * A disk. Requests are carried out one after the other: a disk that is slow
 * makes the other devices of the process wait.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>

#include "backend.h"
#include "image.h"
#include "report.h"
#include "util.h"

#define BLK_QUEUE_SIZE		256
#define SECTOR			512ULL
#define DISCARD_SEGS		16
#define DISCARD_SECTORS		0x400000	/* 2 GiB */
#define ZEROES_SECTORS		0x10000	/* 32 MiB: may be slow */

struct blk {
	struct vmsg_device dev;
	struct vmsg_queue queue;
	struct vmsg_chain chain;
	struct iovec iov[VMSG_QUEUE_MAX];
	struct virtio_blk_config config;
	char serial[VIRTIO_BLK_ID_BYTES];
	struct image image;
	__u64 sectors;
};

static bool negotiated(struct blk *blk, unsigned int bit)
{
	return vmsg_device_negotiated(&blk->dev, bit);
}

/* Without a volatile cache every write is on the disk when it is answered. */
static bool write_back(struct blk *blk)
{
	if (negotiated(blk, VIRTIO_BLK_F_CONFIG_WCE))
		return blk->config.wce;
	return negotiated(blk, VIRTIO_BLK_F_FLUSH);
}

static __u8 status_of(int err)
{
	switch (err) {
	case 0:
		return VIRTIO_BLK_S_OK;
	case -EOPNOTSUPP:
	case -ENOTTY:
		return VIRTIO_BLK_S_UNSUPP;
	default:
		return VIRTIO_BLK_S_IOERR;
	}
}

static bool in_range(struct blk *blk, __u64 sector, __u64 count)
{
	return sector <= blk->sectors && count <= blk->sectors - sector;
}

/* The next @len bytes in one direction, as an array of pieces. */
static int gather_in(struct blk *blk, __u32 len)
{
	void *piece;
	int n = 0;
	__u32 got;

	while ((got = vmsg_chain_take_in(&blk->chain, &piece, len))) {
		blk->iov[n].iov_base = piece;
		blk->iov[n++].iov_len = got;
		len -= got;
	}
	return n;
}

static int gather_out(struct blk *blk, __u32 len)
{
	const void *piece;
	int n = 0;
	__u32 got;

	while ((got = vmsg_chain_take_out(&blk->chain, &piece, len))) {
		blk->iov[n].iov_base = (void *)piece;
		blk->iov[n++].iov_len = got;
		len -= got;
	}
	return n;
}

static __u8 do_read(struct blk *blk, __u64 sector)
{
	__u32 len = blk->chain.in.left - 1;

	if (len % SECTOR || !in_range(blk, sector, len / SECTOR))
		return VIRTIO_BLK_S_IOERR;
	return status_of(image_read(&blk->image, blk->iov, gather_in(blk, len),
				    sector * SECTOR));
}

static __u8 do_write(struct blk *blk, __u64 sector)
{
	__u32 len = blk->chain.out.left;
	int err;

	if (len % SECTOR || !in_range(blk, sector, len / SECTOR) ||
	    blk->image.read_only)
		return VIRTIO_BLK_S_IOERR;
	err = image_write(&blk->image, blk->iov, gather_out(blk, len),
			  sector * SECTOR);
	if (!err && !write_back(blk))
		err = image_flush(&blk->image);
	return status_of(err);
}

static __u8 do_get_id(struct blk *blk)
{
	__u32 len = blk->chain.in.left - 1;

	vmsg_chain_write(&blk->chain, blk->serial, len < sizeof(blk->serial) ?
			 len : sizeof(blk->serial));
	return VIRTIO_BLK_S_OK;
}

/* One segment of a discard or of a request to write zeroes. */
static __u8 do_range(struct blk *blk, bool zeroes,
		     const struct virtio_blk_discard_write_zeroes *seg)
{
	__u32 unmap = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	__u64 sector = le64toh(seg->sector);
	__u32 count = le32toh(seg->num_sectors);
	__u32 flags = le32toh(seg->flags);
	int err;

	if (flags & ~(zeroes ? unmap : 0))
		return VIRTIO_BLK_S_UNSUPP;
	if (!in_range(blk, sector, count) ||
	    count > (zeroes ? ZEROES_SECTORS : DISCARD_SECTORS))
		return VIRTIO_BLK_S_IOERR;
	if (!count)
		return VIRTIO_BLK_S_OK;
	if (zeroes)
		err = image_zero(&blk->image, sector * SECTOR, count * SECTOR,
				 flags & unmap);
	else
		err = image_discard(&blk->image, sector * SECTOR,
				    count * SECTOR);
	return status_of(err);
}

static __u8 do_ranges(struct blk *blk, bool zeroes)
{
	struct virtio_blk_discard_write_zeroes seg[DISCARD_SEGS];
	unsigned int bit = zeroes ? VIRTIO_BLK_F_WRITE_ZEROES :
				    VIRTIO_BLK_F_DISCARD;
	__u32 len = blk->chain.out.left;
	__u8 status = VIRTIO_BLK_S_OK;
	size_t i;

	if (!negotiated(blk, bit))
		return VIRTIO_BLK_S_UNSUPP;
	if (!len || len % sizeof(seg[0]) || len > sizeof(seg) ||
	    blk->image.read_only)
		return VIRTIO_BLK_S_IOERR;
	vmsg_chain_read(&blk->chain, seg, len);
	for (i = 0; i < len / sizeof(seg[0]) && !status; i++)
		status = do_range(blk, zeroes, &seg[i]);
	if (!status && zeroes && !write_back(blk))
		status = status_of(image_flush(&blk->image));
	return status;
}

static __u8 do_request(struct blk *blk)
{
	struct virtio_blk_outhdr hdr;

	if (vmsg_chain_read(&blk->chain, &hdr, sizeof(hdr)) != sizeof(hdr))
		return VIRTIO_BLK_S_IOERR;
	switch (le32toh(hdr.type)) {
	case VIRTIO_BLK_T_IN:
		return do_read(blk, le64toh(hdr.sector));
	case VIRTIO_BLK_T_OUT:
		return do_write(blk, le64toh(hdr.sector));
	case VIRTIO_BLK_T_FLUSH:
		return status_of(image_flush(&blk->image));
	case VIRTIO_BLK_T_GET_ID:
		return do_get_id(blk);
	case VIRTIO_BLK_T_DISCARD:
		return do_ranges(blk, false);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return do_ranges(blk, true);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/*
 * The status is the last byte, so all bytes before it count as written: those
 * that were not are set to 0, for nothing old may stay in them.
 */
static void finish(struct blk *blk, __u8 status)
{
	if (status != VIRTIO_BLK_S_OK)
		vmsg_chain_rewind(&blk->chain);
	vmsg_chain_zero(&blk->chain, blk->chain.in.left - 1);
	vmsg_chain_write(&blk->chain, &status, sizeof(status));
	vmsg_queue_push(&blk->queue, &blk->chain, blk->chain.in_len);
}

static void blk_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct blk *blk = container_of(dev, struct blk, dev);

	while (vmsg_queue_pop(queue, &blk->chain)) {
		if (!blk->chain.in_len) {
			vmsg_device_fail(dev, "request without a status byte");
			return;
		}
		finish(blk, do_request(blk));
	}
}

static int blk_config_write(struct vmsg_device *dev, __u32 offset, __u32 len,
			    const void *data)
{
	if (offset != offsetof(struct virtio_blk_config, wce) || len != 1 ||
	    *(const __u8 *)data > 1 ||
	    !vmsg_device_negotiated(dev, VIRTIO_BLK_F_CONFIG_WCE))
		return -EINVAL;
	/* What was written while there was a cache must not stay in it. */
	if (!*(const __u8 *)data)
		return image_flush(&container_of(dev, struct blk, dev)->image);
	return 0;
}

static bool blk_reset(struct vmsg_device *dev)
{
	container_of(dev, struct blk, dev)->config.wce = 1;
	return true;
}

static void blk_failed(struct vmsg_device *dev, const char *why)
{
	report("blk, device %u: %s", dev->dev_num, why);
}

static const struct vmsg_device_ops blk_ops = {
	.queue = blk_queue,
	.config_write = blk_config_write,
	.reset = blk_reset,
	.failed = blk_failed,
};

static void blk_fill_config(struct blk *blk, __u32 block_size)
{
	struct virtio_blk_config *config = &blk->config;
	__u32 align = block_size / SECTOR;

	config->capacity = htole64(blk->sectors);
	config->seg_max = htole32(BLK_QUEUE_SIZE - 2);
	config->blk_size = htole32(block_size);
	config->wce = 1;
	config->max_discard_sectors = htole32(DISCARD_SECTORS);
	config->max_discard_seg = htole32(DISCARD_SEGS);
	config->discard_sector_alignment = htole32(align);
	config->max_write_zeroes_sectors = htole32(ZEROES_SECTORS);
	config->max_write_zeroes_seg = htole32(DISCARD_SEGS);
	config->write_zeroes_may_unmap = 1;
}

static void blk_fill_device(struct blk *blk)
{
	__u32 *features = blk->dev.features;

	vmsg_feature_set(features, VIRTIO_BLK_F_SEG_MAX);
	vmsg_feature_set(features, VIRTIO_BLK_F_BLK_SIZE);
	vmsg_feature_set(features, VIRTIO_BLK_F_FLUSH);
	if (blk->image.read_only) {
		vmsg_feature_set(features, VIRTIO_BLK_F_RO);
	} else {
		vmsg_feature_set(features, VIRTIO_BLK_F_CONFIG_WCE);
		vmsg_feature_set(features, VIRTIO_BLK_F_DISCARD);
		vmsg_feature_set(features, VIRTIO_BLK_F_WRITE_ZEROES);
	}
	blk->queue.max_size = BLK_QUEUE_SIZE;
	blk->queue.poll = true;
	blk->dev.ops = &blk_ops;
	blk->dev.device_id = VIRTIO_ID_BLOCK;
	blk->dev.config = &blk->config;
	blk->dev.config_size = sizeof(blk->config);
	blk->dev.queues = &blk->queue;
	blk->dev.num_queues = 1;
}

struct blk_options {
	bool read_only;
	const char *serial;
	__u64 block_size;
};

static int blk_parse(char *list, struct blk_options *opt)
{
	char *name, *value;

	while ((name = option_next(&list, &value))) {
		if (!strcmp(name, "ro") && !value) {
			opt->read_only = true;
		} else if (!strcmp(name, "serial") && value) {
			opt->serial = value;
		} else if (!strcmp(name, "bs") && value) {
			if (option_number(value, SECTOR, 4096,
					  &opt->block_size))
				return -EINVAL;
		} else {
			report("blk: there is no option '%s'", name);
			return -EINVAL;
		}
	}
	if (opt->block_size & (opt->block_size - 1)) {
		report("blk: bs must be a power of two");
		return -EINVAL;
	}
	return 0;
}

static void blk_destroy(struct vmsg_device *dev)
{
	struct blk *blk = container_of(dev, struct blk, dev);

	if (!blk->image.read_only)
		image_flush(&blk->image);
	image_close(&blk->image);
	free(blk);
}

static int blk_create(struct vmsg_loop *loop, char *arg,
		      struct vmsg_device **dev)
{
	struct blk_options opt = { .serial = "virtio-msg", .block_size = 512 };
	const char *path = strsep(&arg, ",");
	struct blk *blk;
	int err;

	(void)loop;
	err = blk_parse(arg, &opt);
	if (err)
		return err;
	blk = calloc(1, sizeof(*blk));
	if (!blk)
		return -ENOMEM;
	err = image_open(&blk->image, path, opt.read_only);
	if (err) {
		free(blk);
		return err;
	}
	blk->sectors = blk->image.size / opt.block_size * opt.block_size /
		       SECTOR;
	memcpy(blk->serial, opt.serial,
	       strnlen(opt.serial, sizeof(blk->serial)));
	blk_fill_device(blk);
	blk_fill_config(blk, (__u32)opt.block_size);
	*dev = &blk->dev;
	return 0;
}

const struct backend backend_blk = {
	.name = "blk",
	.synopsis = "blk=FILE[,ro][,serial=TEXT][,bs=BYTES]",
	.help =	"a disk whose content is FILE, a file or a block device; ro: read only",
	.needs_arg = true,
	.create = blk_create,
	.destroy = blk_destroy,
};
