/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The small device: virtio devices of a system that has no operating system, or
 * one of its own, and shares some memory with who drives them.
 *
 * Needs memory for two FIFOs and a window, and a doorbell each way or a timer.
 * Allocates nothing, waits for nothing; main program:
 *
 *	vmsg_small_init(...); vmsg_small_add(...);
 *	for (;;)
 *		if (!vmsg_small_poll(&small))
 *			wait_for_doorbell();
 */
#ifndef _VMSG_SMALL_H
#define _VMSG_SMALL_H

#include "amp/fifo.h"
#include "core.h"

/* Bounds. A build may change them. */
#ifndef VMSG_SMALL_DEVICES
#define VMSG_SMALL_DEVICES	4
#endif
#ifndef VMSG_SMALL_MSG
#define VMSG_SMALL_MSG		64	/* bytes of a message; 8 * n */
#endif
#define VMSG_SMALL_BUDGET	16	/* messages handled in one go */

/**
 * struct vmsg_small - the bus of a small device
 * @ring: tell the driver to look at the FIFOs; set by the owner, as all up to
 *	@window
 * @dialect: layout of the messages
 * @window: memory in which the driver puts rings and buffers: its bus address,
 *	bytes, and where it is here; the rest of it is not used
 * @link: the bus for the core; this and what follows is not the owner's
 * @in: messages of the driver
 * @out: messages to the driver
 * @devices: device number to device
 * @num_devices: number of them
 * @announced: devices that the driver has been told of
 * @dropped: messages for no device, and unknown ones
 * @retry: events wait for room
 * @again: queues have more to do
 * @full: nothing more was done as there is no room for answers; may be read
 */
struct vmsg_small {
	void (*ring)(struct vmsg_small *small);
	const struct virtio_msg_dialect *dialect;
	struct vmsg_window window;

	struct vmsg_link link;
	struct virtio_msg_fifo in;
	struct virtio_msg_fifo out;
	struct vmsg_device *devices[VMSG_SMALL_DEVICES];
	__u32 num_devices;
	__u32 announced;
	__u32 dropped;
	bool retry;
	bool again;
	bool full;
	__u64 in_buf[VMSG_SMALL_MSG / 8];
	__u64 out_buf[VMSG_SMALL_MSG / 8];
};

int vmsg_small_init(struct vmsg_small *small,
		    const struct virtio_msg_fifo_area *in,
		    const struct virtio_msg_fifo_area *out);
int vmsg_small_add(struct vmsg_small *small, struct vmsg_device *dev);
bool vmsg_small_poll(struct vmsg_small *small);

/**
 * struct vmsg_small_rng - an entropy device
 * @random: fill @len bytes; set by the owner
 * @dev: to be added
 */
struct vmsg_small_rng {
	void (*random)(void *to, __u32 len);
	struct vmsg_device dev;
	struct vmsg_queue queue;
	struct vmsg_chain chain;
};

void vmsg_small_rng_init(struct vmsg_small_rng *rng);

/**
 * struct vmsg_small_eeprom - an I2C adapter with a 24C02 on it
 * @mem: content; set by the owner, as all up to @store
 * @size: bytes of it, a power of two from 8 to 256
 * @addr: I2C address, 7 bits
 * @store: optional: @len bytes at @offset have changed
 * @dev: to be added
 */
struct vmsg_small_eeprom {
	__u8 *mem;
	__u32 size;
	__u8 addr;
	void (*store)(struct vmsg_small_eeprom *eeprom, __u32 offset,
		      __u32 len);
	struct vmsg_device dev;
	struct vmsg_queue queue;
	struct vmsg_chain chain;
	__u32 pos;
	bool failing;
};

void vmsg_small_eeprom_init(struct vmsg_small_eeprom *eeprom);

#define VMSG_SMALL_DISK_CONFIG	16	/* bytes of configuration */

/**
 * struct vmsg_small_disk - a disk
 * @mem: content; set by the owner, as all up to @read_only
 * @size: bytes of it, a multiple of 512
 * @read_only: refuse to write
 * @dev: to be added
 */
struct vmsg_small_disk {
	__u8 *mem;
	__u64 size;
	bool read_only;
	struct vmsg_device dev;
	struct vmsg_queue queue;
	struct vmsg_chain chain;
	__u8 config[VMSG_SMALL_DISK_CONFIG];
};

void vmsg_small_disk_init(struct vmsg_small_disk *disk);

#endif /* _VMSG_SMALL_H */
