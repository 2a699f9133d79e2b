// SPDX-License-Identifier: BSD-3-Clause
/*
 * A whole program for a processor without an operating system. Where the shared
 * memory and the doorbells are is said to the linker (tests/test-small-size.sh).
 * SMALL_RNG and SMALL_EEPROM choose the devices.
 */
#include <linux/types.h>

#ifndef SMALL_FFA
#include "protocol.h"
#include "small.h"

/* Of the board: memory shared with the driver, and its registers. */
extern __u8 shared_in[], shared_out[], shared_window[];
extern volatile __u32 board_doorbell, board_random;

#define FIFO_BYTES	4096
#define WINDOW_BYTES	32768

static struct vmsg_small small;

static void ring(struct vmsg_small *bus)
{
	(void)bus;
	board_doorbell = 1;
}

#ifdef SMALL_RNG
static struct vmsg_small_rng rng;

static void random_bytes(void *to, __u32 len)
{
	__u8 *byte = to;

	while (len--)
		*byte++ = (__u8)board_random;
}

static void add_rng(void)
{
	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	vmsg_small_add(&small, &rng.dev);
}
#else
static void add_rng(void)
{
}
#endif

#ifdef SMALL_EEPROM
static __u8 content[256];
static struct vmsg_small_eeprom eeprom;

static void add_eeprom(void)
{
	eeprom.mem = content;
	eeprom.size = sizeof(content);
	eeprom.addr = 0x50;
	vmsg_small_eeprom_init(&eeprom);
	vmsg_small_add(&small, &eeprom.dev);
}
#else
static void add_eeprom(void)
{
}
#endif

/* Ends with any interrupt: as this layout has no events, a timer's as well. */
static void wait_for_doorbell(void)
{
#ifdef __arm__
	__asm__ __volatile__("wfi");
#else
	__asm__ __volatile__("hlt");
#endif
}

void _start(void);

void _start(void)
{
	struct virtio_msg_fifo_area in, out;

	small.ring = ring;
	small.dialect = &virtio_msg_d26;
	small.window.start = (unsigned long)shared_window;
	small.window.base = shared_window;
	small.window.size = WINDOW_BYTES;
	virtio_msg_fifo_area_init(&in, shared_in, FIFO_BYTES,
				  VIRTIO_MSG_FIFO_SLOT);
	virtio_msg_fifo_area_init(&out, shared_out, FIFO_BYTES,
				  VIRTIO_MSG_FIFO_SLOT);
	vmsg_small_init(&small, &in, &out);
	add_rng();
	add_eeprom();
	for (;;)
		if (!vmsg_small_poll(&small))
			wait_for_doorbell();
}

#endif /* SMALL_FFA */

__attribute__((used)) void *memcpy(void *to, const void *from, __SIZE_TYPE__ len)
{
	const __u8 *source = from;
	__u8 *byte = to;

	while (len--)
		*byte++ = *source++;
	return to;
}

__attribute__((used)) void *memset(void *to, int value, __SIZE_TYPE__ len)
{
	__u8 *byte = to;

	while (len--)
		*byte++ = (__u8)value;
	return to;
}
