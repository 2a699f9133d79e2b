// SPDX-License-Identifier: BSD-3-Clause
/*
 * A whole FF-A partition without an operating system, with three devices. What is
 * of the board is said to the linker (tests/test-small-size.sh): memory, and how
 * the partition calls its manager.
 */
#ifdef SMALL_FFA
#include <linux/errno.h>
#include <linux/types.h>

#include "ffa.h"
#include "protocol.h"
#include "small.h"

#define DISK_BYTES	(4 << 20)
#define EEPROM_BYTES	256
#define FFA_VERSION	0x10002

/*
 * Of the board: its memory; take what a handle names, and give it back; set a
 * notification; answer, and wait for the next message of at most VMSG_FFA_MSG
 * bytes.
 */
extern __u8 board_disk[];
extern volatile __u32 board_random;
__u8 *board_retrieve(__u64 handle, __u32 pages);
void board_relinquish(__u64 handle);
void board_notify(__u32 id);
__u32 board_wait(__u64 *msg, __u32 answer_len);

void _start(void);

static struct vmsg_ffa ffa;
static struct vmsg_small_rng rng;
static struct vmsg_small_disk disk;
static struct vmsg_small_eeprom eeprom;
static __u8 content[EEPROM_BYTES];
static __u64 msg[VMSG_FFA_MSG / 8];

static int retrieve(struct vmsg_ffa *bus, struct vmsg_ffa_area *area)
{
	(void)bus;
	area->base = board_retrieve(area->handle, area->pages);
	return area->base ? 0 : -EFAULT;
}

static void relinquish(struct vmsg_ffa *bus, struct vmsg_ffa_area *area)
{
	(void)bus;
	board_relinquish(area->handle);
}

static void notify(struct vmsg_ffa *bus, __u16 id)
{
	(void)bus;
	board_notify(id);
}

static const struct vmsg_ffa_ops ops = {
	.retrieve = retrieve,
	.relinquish = relinquish,
	.notify = notify,
};

static void random_bytes(void *to, __u32 len)
{
	__u8 *byte = to;

	while (len--)
		*byte++ = (__u8)board_random;
}

static void add_devices(void)
{
	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	disk.mem = board_disk;
	disk.size = DISK_BYTES;
	vmsg_small_disk_init(&disk);
	eeprom.mem = content;
	eeprom.size = sizeof(content);
	eeprom.addr = 0x50;
	vmsg_small_eeprom_init(&eeprom);
	vmsg_ffa_add(&ffa, &rng.dev);
	vmsg_ffa_add(&ffa, &disk.dev);
	vmsg_ffa_add(&ffa, &eeprom.dev);
}

void _start(void)
{
	__u32 len;

	ffa.ops = &ops;
	ffa.dialect = &virtio_msg_d26;
	ffa.version = FFA_VERSION;
	vmsg_ffa_init(&ffa);
	add_devices();
	for (len = 0;;) {
		len = board_wait(msg, len);
		len = vmsg_ffa_receive(&ffa, msg, len, msg);
	}
}
#endif /* SMALL_FFA */
