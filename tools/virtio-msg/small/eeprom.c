// SPDX-License-Identifier: BSD-3-Clause
/*
 * An I2C adapter with one 24C02 in memory: the first byte written is the
 * position, writes wrap at the end of a page of 8 bytes, reads at that of the
 * memory. Other addresses do not answer.
 */
#include <linux/types.h>
#include <linux/unaligned.h>

#include "small.h"
#include "util.h"

#define ID_I2C		34
#define F_ZERO_LENGTH	0
#define FLAG_FAIL_NEXT	1
#define FLAG_READ	2
#define STATUS_OK	0
#define STATUS_ERR	1
#define HEADER		8
#define PAGE		8

static void eeprom_read(struct vmsg_small_eeprom *eeprom, __u32 len)
{
	for (; len; len--) {
		vmsg_chain_write(&eeprom->chain, &eeprom->mem[eeprom->pos], 1);
		eeprom->pos = (eeprom->pos + 1) & (eeprom->size - 1);
	}
}

static void eeprom_write(struct vmsg_small_eeprom *eeprom)
{
	__u32 base;
	__u8 byte;

	if (!vmsg_chain_read(&eeprom->chain, &byte, 1))
		return;
	eeprom->pos = byte & (eeprom->size - 1);
	base = eeprom->pos & ~(PAGE - 1U);
	if (!eeprom->chain.out.left)
		return;
	while (vmsg_chain_read(&eeprom->chain, &byte, 1)) {
		eeprom->mem[eeprom->pos] = byte;
		eeprom->pos = base + ((eeprom->pos + 1) & (PAGE - 1));
	}
	if (eeprom->store)
		eeprom->store(eeprom, base, PAGE);
}

/* FAIL_NEXT joins messages: after one that failed the rest of them fails. */
static __u8 request(struct vmsg_small_eeprom *eeprom)
{
	struct vmsg_chain *chain = &eeprom->chain;
	__u32 in = chain->in_len - 1;
	__u8 hdr[HEADER];
	bool ok, read;

	if (vmsg_chain_read(chain, hdr, HEADER) != HEADER) {
		eeprom->failing = false;
		return STATUS_ERR;
	}
	read = hdr[4] & FLAG_READ;
	ok = !eeprom->failing &&
	     get_unaligned_le16(hdr) == eeprom->addr << 1 &&
	     !(read ? chain->out.left : in);
	eeprom->failing = !ok && (hdr[4] & FLAG_FAIL_NEXT);
	if (!ok)
		return STATUS_ERR;
	if (read)
		eeprom_read(eeprom, in);
	else
		eeprom_write(eeprom);
	return STATUS_OK;
}

static void eeprom_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct vmsg_small_eeprom *eeprom =
		container_of(dev, struct vmsg_small_eeprom, dev);
	struct vmsg_chain *chain = &eeprom->chain;
	__u8 status;

	while (vmsg_queue_pop(queue, chain)) {
		if (!chain->in_len) {
			vmsg_device_fail(dev, VMSG_WHY("no status byte"));
			return;
		}
		status = request(eeprom);
		vmsg_chain_zero(chain, chain->in.left - 1);
		vmsg_chain_write(chain, &status, 1);
		vmsg_queue_push(queue, chain, chain->in_len);
	}
}

/* The specification has no device without this feature. */
static bool eeprom_negotiate(struct vmsg_device *dev)
{
	return vmsg_feature_test(dev->driver_features, F_ZERO_LENGTH);
}

static bool eeprom_reset(struct vmsg_device *dev)
{
	container_of(dev, struct vmsg_small_eeprom, dev)->failing = false;
	return true;
}

static const struct vmsg_device_ops eeprom_ops = {
	.negotiate = eeprom_negotiate,
	.queue = eeprom_queue,
	.reset = eeprom_reset,
};

/**
 * vmsg_small_eeprom_init() - make an I2C adapter with an EEPROM
 * @eeprom: with what its owner sets, else zero
 */
void vmsg_small_eeprom_init(struct vmsg_small_eeprom *eeprom)
{
	eeprom->queue.max_size = VMSG_QUEUE_MAX;
	eeprom->dev.ops = &eeprom_ops;
	eeprom->dev.device_id = ID_I2C;
	eeprom->dev.queues = &eeprom->queue;
	eeprom->dev.num_queues = 1;
	vmsg_feature_set(eeprom->dev.features, F_ZERO_LENGTH);
}
