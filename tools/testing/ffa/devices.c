// SPDX-License-Identifier: GPL-2.0
/* The partition with virtio devices: entropy, a disk, and an EEPROM on I2C. */
#include <linux/errno.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_ffa.h>

#include "ffa.h"
#include "manager.h"
#include "protocol.h"
#include "small.h"
#include "string.h"

#define EEPROM_ADDRESS	0x50
/* Of an area that does not exist. */
#define NO_AREA		0xfff0

static struct vmsg_ffa bus;
static struct vmsg_small_rng rng;
static struct vmsg_small_disk disk;
static struct vmsg_small_eeprom eeprom;
static __u8 eeprom_content[EEPROM_SIZE];
static __u8 ramdisk[RAMDISK_SIZE] __attribute__((aligned(PAGE)));

/* What is being done with the message at hand. */
static enum mischief current;
/* The same, of the last direct message. */
static enum mischief last;

enum { MESSAGES, EVENTS_IN, DROPPED, REFUSED, NOTIFIED, KICKS, CALLS, FAILURES };

static struct counter counters[] = {
	[MESSAGES] = { "device messages", 0 },
	[EVENTS_IN] = { "device messages EVENT_AVAIL", 0 },
	[DROPPED] = { "device messages dropped", 0 },
	[REFUSED] = { "device areas refused", 0 },
	[NOTIFIED] = { "device notifications", 0 },
	[KICKS] = { "device kicks", 0 },
	[CALLS] = { "device calls", 0 },
	[FAILURES] = { "device failures", 0 },
};

/* Numbers that nobody can guess who does not try: for tests. */
static __u64 next_random(void)
{
	static __u64 state;
	__u64 now;

	__asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(now));
	state = (state ^ now) * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 24;
}

static void random_bytes(void *to, __u32 len)
{
	__u8 *byte = to;

	while (len--)
		*byte++ = (__u8)next_random();
}

static int retrieve(struct vmsg_ffa *ffa, struct vmsg_ffa_area *area)
{
	(void)ffa;
	if (current == MISCHIEF_REFUSE)
		return -EAGAIN;
	area->base = memory_retrieve(area->handle, DEVICES_ID, area->pages);
	return area->base ? 0 : -EFAULT;
}

static void relinquish(struct vmsg_ffa *ffa, struct vmsg_ffa_area *area)
{
	(void)ffa;
	if (current != MISCHIEF_KEEP)
		memory_relinquish(area->handle, DEVICES_ID);
}

static void notify(struct vmsg_ffa *ffa, __u16 id)
{
	(void)ffa;
	notification_raise(DEVICES_ID, id);
}

static const struct vmsg_ffa_ops ops = {
	.retrieve = retrieve,
	.relinquish = relinquish,
	.notify = notify,
};

/* Without an image the disk is empty, and small. */
void devices_init(__u8 *image, __u64 size)
{
	bus.ops = &ops;
	bus.dialect = &virtio_msg_d26;
	bus.version = FFA_VERSION_1_2;
	vmsg_ffa_init(&bus);

	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	disk.mem = image ? image : ramdisk;
	disk.size = image ? size : RAMDISK_SIZE;
	vmsg_small_disk_init(&disk);
	memset(eeprom_content, 0xff, sizeof(eeprom_content));
	eeprom.mem = eeprom_content;
	eeprom.size = EEPROM_SIZE;
	eeprom.addr = EEPROM_ADDRESS;
	vmsg_small_eeprom_init(&eeprom);
	vmsg_ffa_add(&bus, &rng.dev);
	vmsg_ffa_add(&bus, &disk.dev);
	vmsg_ffa_add(&bus, &eeprom.dev);
}

/* As after the end of the partition, and its next beginning. */
void devices_restart(void)
{
	vmsg_ffa_lost(&bus);
	events_reset();
	bus.greeted = false;
}

static void scribble(__u8 *to, __u64 bytes, __u64 *seed)
{
	__u64 k;

	for (k = 0; k < bytes / 8; k++, *seed += 0x9e3779b97f4a7c15ULL)
		((__u64 *)to)[k] = *seed * *seed;
}

/* All of the memory that the driver has shared. */
void devices_scribble(__u64 seed)
{
	__u32 i, bytes;
	__u8 *fifo = events_fifo(&bytes);

	for (i = 0; i < VMSG_FFA_AREAS; i++)
		if (bus.areas[i].base)
			scribble(bus.areas[i].base,
				 (__u64)bus.areas[i].pages * PAGE, &seed);
	if (fifo)
		scribble(fifo, bytes, &seed);
}

/* AREA_RELEASE of what there is not, in place of the answer to an event. */
static __u32 make_release(__u8 *answer)
{
	memset(answer, 0, 10);
	answer[0] = VIRTIO_MSG_TYPE_BUS;
	answer[1] = VIRTIO_MSG_FFA_AREA_RELEASE;
	put_unaligned_le16(10, answer + 6);
	put_unaligned_le16(NO_AREA, answer + 8);
	return 10;
}

/* Spoil an answer, or an event, that is right so far. */
void devices_spoil(__u8 *answer, __u32 room)
{
	switch (current) {
	case MISCHIEF_SHORT:
		put_unaligned_le16(9, answer + 6);
		break;
	case MISCHIEF_LONG:
		put_unaligned_le16(0x1000, answer + 6);
		break;
	case MISCHIEF_TOKEN:
		answer[4] ^= 0x55;
		break;
	case MISCHIEF_KIND:
		answer[1] ^= 0x01;
		break;
	case MISCHIEF_GARBAGE:
		random_bytes(answer, room);
		break;
	case MISCHIEF_RELEASE:
		make_release(answer);
		break;
	default:
		break;
	}
}

static bool is_event(const void *words)
{
	const __u8 *msg = words;

	return !(msg[0] & VIRTIO_MSG_TYPE_BUS) &&
	       msg[1] == VIRTIO_MSG_EVENT_AVAIL;
}

/* Bytes of the answer; 0: there is none, and nobody. */
static __u32 handle(const void *msg, __u32 room, __u64 *answer)
{
	__u32 len = room;

	counters[MESSAGES].value++;
	counters[EVENTS_IN].value += is_event(msg);
	if (current == MISCHIEF_GONE)
		return 0;
	if (current == MISCHIEF_RESTART)
		devices_restart();
	if (current == MISCHIEF_SCRIBBLE)
		devices_scribble(next_random());
	if (current == MISCHIEF_FLOOD)
		events_flood();
	if (current != MISCHIEF_BUSY) {
		len = events_receive(&bus, msg, room, answer);
		devices_spoil((__u8 *)answer, room);
	}
	return len;
}

bool devices_direct(__u64 *words, __u32 count)
{
	__u64 answer[WORDS2] = { 0 };
	__u32 len, room = count * 8;

	current = mischief_now();
	len = handle(words, room, answer);
	last = current;
	current = MISCHIEF_NONE;
	if (!len || len > room)
		return false;
	memcpy(words, answer, room);
	return true;
}

/* In place of the answer, at first: the call that says why there is none. */
__u32 devices_suspended(void)
{
	switch (last) {
	case MISCHIEF_YIELD:
		return FFA_YIELD;
	case MISCHIEF_INTERRUPT:
		return FFA_INTERRUPT;
	default:
		return 0;
	}
}

void devices_indirect(const void *msg, __u32 len)
{
	__u64 answer[WORDS2] = { 0 };
	__u64 words[WORDS2] = { 0 };

	if (len > sizeof(words))
		return;
	memcpy(words, msg, len);
	current = mischief_now();
	if (handle(words, sizeof(words), answer) && current != MISCHIEF_BUSY)
		events_reply(words, answer);
	current = MISCHIEF_NONE;
}

static __u64 sum(size_t offset)
{
	__u64 n = 0;
	__u32 i;

	for (i = 0; i < bus.num_devices; i++)
		n += *(const vmsg_count *)((const __u8 *)
			&bus.devices[i]->counters + offset);
	return n;
}

const struct counter *devices_counter(__u32 i)
{
	counters[DROPPED].value = bus.dropped;
	counters[REFUSED].value = bus.refused;
	counters[NOTIFIED].value = bus.notified;
	counters[KICKS].value = sum(offsetof(struct vmsg_counters, kicks));
	counters[CALLS].value = sum(offsetof(struct vmsg_counters, calls));
	counters[FAILURES].value = sum(offsetof(struct vmsg_counters, failures));
	return i < sizeof(counters) / sizeof(counters[0]) ? &counters[i] : NULL;
}
