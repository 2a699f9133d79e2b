// SPDX-License-Identifier: BSD-3-Clause
/*
 * small-device plain|events|late: a small device as a process. Memory and doorbells
 * are open already; it goes on until it is killed. One that is late does not run
 * for a while whenever it is about to wait.
 */
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol.h"
#include "small-memory.h"
#include "small.h"

#define LATE_US	10000

static struct vmsg_small small;
static struct vmsg_small_rng rng;
static struct vmsg_small_eeprom eeprom;
static __u8 content[256];

static void ring(struct vmsg_small *bus)
{
	__u64 one = 1;

	(void)bus;
	if (write(SMALL_FD_CALL, &one, sizeof(one)) != sizeof(one))
		_exit(3);
}

/* Numbers that a test can tell from zeroes, and from each other. */
static void random_bytes(void *to, __u32 len)
{
	static __u8 next;
	__u8 *byte = to;

	while (len--)
		*byte++ = ++next ? next : ++next;
}

/* Where nothing notifies of room there is a timer. */
static void wait_for_doorbell(bool events)
{
	bool timer = !events && small.full;
	struct pollfd fd = { .fd = SMALL_FD_KICK, .events = POLLIN };
	__u64 count;

	if (poll(&fd, 1, timer ? 2 : -1) < 0)
		_exit(4);
	if (fd.revents && read(SMALL_FD_KICK, &count, sizeof(count)) < 0)
		_exit(5);
}

static int start(__u8 *memory, bool events)
{
	struct virtio_msg_fifo_area in, out;

	small.ring = ring;
	small.dialect = &virtio_msg_d26;
	small.window.start = SMALL_ADDRESS;
	small.window.base = memory + SMALL_WINDOW;
	small.window.size = SMALL_BYTES - SMALL_WINDOW;
	small_area(&in, memory + SMALL_TO_DEVICE, events);
	small_area(&out, memory + SMALL_TO_DRIVER, events);
	if (vmsg_small_init(&small, &in, &out))
		return -1;

	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	memset(content, 0xff, sizeof(content));
	eeprom.mem = content;
	eeprom.size = sizeof(content);
	eeprom.addr = 0x50;
	vmsg_small_eeprom_init(&eeprom);
	return vmsg_small_add(&small, &rng.dev) != 0 ||
	       vmsg_small_add(&small, &eeprom.dev) != 1;
}

int main(int argc, char **argv)
{
	bool events = argc > 1 && !strcmp(argv[1], "events");
	bool late = argc > 1 && !strcmp(argv[1], "late");
	__u8 *memory = mmap(NULL, SMALL_BYTES, PROT_READ | PROT_WRITE,
			    MAP_SHARED, SMALL_FD_MEMORY, 0);

	if (memory == MAP_FAILED || start(memory, events))
		return 2;
	for (;;)
		if (!vmsg_small_poll(&small)) {
			if (late)
				usleep(LATE_US);
			wait_for_doorbell(events);
		}
}
