// SPDX-License-Identifier: BSD-3-Clause
/*
 * A small device on the bare metal of a PC, in 32-bit mode, started by multiboot:
 * entropy and an EEPROM in the memory of an ivshmem card that another machine
 * has, too. It sleeps until the timer ticks.
 */
#include <linux/compiler.h>
#include <linux/types.h>

#include "link.h"
#include "protocol.h"

#define TICK_HZ		1000
#define TIMER_HZ	1193182
#define TIMER_VECTOR	0x20
#define IVSHMEM		0x11101af4	/* device and vendor */
#define SERIAL		0x3f8
#define CODE_SEGMENT	0x08

/* What a multiboot loader looks for. */
__attribute__((section(".multiboot"), used))
static const __u32 multiboot[] = { 0x1badb002, 0, -0x1badb002U };

static struct vmsg_small_link pc_link;
static struct vmsg_small_rng rng;
static struct vmsg_small_eeprom eeprom;
static __u8 content[256];
static __u32 ticks;

static void outb(__u16 port, __u8 value)
{
	__asm__ __volatile__("outb %0, %1" : : "a"(value), "Nd"(port));
}

static __u8 inb(__u16 port)
{
	__u8 value;

	__asm__ __volatile__("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void outl(__u16 port, __u32 value)
{
	__asm__ __volatile__("outl %0, %1" : : "a"(value), "Nd"(port));
}

static __u32 inl(__u16 port)
{
	__u32 value;

	__asm__ __volatile__("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void say(const char *text)
{
	for (; *text; text++) {
		while (!(inb(SERIAL + 5) & 0x20))
			;
		outb(SERIAL, (__u8)*text);
	}
}

/* Configuration space of bus 0; the firmware has placed the cards. */

static __u32 pci_read(__u32 slot, __u32 offset)
{
	outl(0xcf8, 0x80000000 | slot << 11 | offset);
	return inl(0xcfc);
}

static void pci_write(__u32 slot, __u32 offset, __u32 value)
{
	outl(0xcf8, 0x80000000 | slot << 11 | offset);
	outl(0xcfc, value);
}

static bool find_memory(void)
{
	__u32 slot, bar, size;

	for (slot = 0; slot < 32; slot++)
		if (pci_read(slot, 0) == IVSHMEM)
			break;
	if (slot == 32)
		return false;
	bar = pci_read(slot, 0x18);
	pci_write(slot, 0x18, 0xffffffff);
	size = -(pci_read(slot, 0x18) & ~15U);
	pci_write(slot, 0x18, bar);
	/* Above 4 GiB it is out of our reach. */
	if (pci_read(slot, 0x1c) || !(bar & ~15U))
		return false;
	pci_write(slot, 4, pci_read(slot, 4) | 2);
	pc_link.memory = (__u8 *)(bar & ~15U);
	pc_link.size = size;
	return true;
}

/* A descriptor table for code and data, one gate, one interrupt line. */

struct table {
	__u16 limit;
	__u32 base;
} __attribute__((packed));

static __u64 segments[] = { 0, 0x00cf9a000000ffff, 0x00cf92000000ffff };
static __u64 gates[TIMER_VECTOR + 1];

void on_tick(void);

void on_tick(void)
{
	WRITE_ONCE(ticks, ticks + 1);
	outb(0x20, 0x20);
}

__asm__(".globl tick_entry\n"
	"tick_entry:\n"
	"	pushal\n"
	"	cld\n"
	"	call on_tick\n"
	"	popal\n"
	"	iret\n");
void tick_entry(void);

static void load_tables(void)
{
	struct table gdt = { sizeof(segments) - 1, (__u32)segments };
	struct table idt = { sizeof(gates) - 1, (__u32)gates };
	__u32 entry = (__u32)tick_entry;

	gates[TIMER_VECTOR] = (entry & 0xffff) | CODE_SEGMENT << 16 |
			      (__u64)(0x8e00 | (entry & 0xffff0000)) << 32;
	__asm__ __volatile__("lgdt %0\n\t"
			     "ljmp %2, $1f\n"
			     "1:	mov %3, %%eax\n\t"
			     "mov %%eax, %%ds\n\tmov %%eax, %%es\n\t"
			     "mov %%eax, %%ss\n\t"
			     "lidt %1"
			     : : "m"(gdt), "m"(idt), "i"(CODE_SEGMENT),
			       "i"(CODE_SEGMENT + 8) : "eax", "memory");
}

static void start_timer(void)
{
	__u32 divisor = TIMER_HZ / TICK_HZ;

	/* Lines begin at TIMER_VECTOR; only that of the timer is open. */
	outb(0x20, 0x11);
	outb(0x21, TIMER_VECTOR);
	outb(0x21, 4);
	outb(0x21, 1);
	outb(0x21, 0xfe);
	outb(0xa1, 0xff);
	outb(0x43, 0x34);
	outb(0x40, (__u8)divisor);
	outb(0x40, (__u8)(divisor >> 8));
}

/* The other side polls, too. */
static void ring(struct vmsg_small *small)
{
	(void)small;
}

/* No source of entropy, but something to see: xorshift. */
static void random_bytes(void *to, __u32 len)
{
	static __u32 state = 2463534242U;
	__u8 *byte = to;

	while (len--) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		*byte++ = (__u8)(state >> 8);
	}
}

static void add_devices(void)
{
	__u32 i;

	pc_link.small.ring = ring;
	pc_link.small.dialect = &virtio_msg_d26;
	pc_link.doorbell = VIRTIO_MSG_AMP_NO_DOORBELL;
	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	vmsg_small_add(&pc_link.small, &rng.dev);
	for (i = 0; i < sizeof(content); i++)
		content[i] = 0xff;
	eeprom.mem = content;
	eeprom.size = sizeof(content);
	eeprom.addr = 0x50;
	vmsg_small_eeprom_init(&eeprom);
	vmsg_small_add(&pc_link.small, &eeprom.dev);
}

static void serve(void)
{
	__u32 now, last = 0, links = 0;

	for (;;) {
		while (vmsg_small_link_poll(&pc_link))
			;
		if (links != pc_link.links)
			say("small: link\n");
		links = pc_link.links;
		__asm__ __volatile__("sti\n\thlt\n\tcli" : : : "memory");
		now = READ_ONCE(ticks);
		if (now - last < TICK_HZ * VMSG_SMALL_BEAT_MS / 1000)
			continue;
		last = now;
		vmsg_small_link_tick(&pc_link);
	}
}

void pc_main(void);

void pc_main(void)
{
	load_tables();
	start_timer();
	if (!find_memory()) {
		say("small: no card\n");
		return;
	}
	add_devices();
	say("small: ready\n");
	serve();
}

static __u8 stack[8192] __attribute__((aligned(16), used));

__asm__(".globl _start\n"
	"_start:\n"
	"	cli\n"
	"	mov $stack + 8192, %esp\n"
	"	call pc_main\n"
	"1:	hlt\n"
	"	jmp 1b\n");

void *memcpy(void *to, const void *from, __SIZE_TYPE__ len)
{
	void *start = to;

	__asm__ __volatile__("rep movsb" : "+D"(to), "+S"(from), "+c"(len)
			     : : "memory");
	return start;
}

void *memset(void *to, int value, __SIZE_TYPE__ len)
{
	void *start = to;

	__asm__ __volatile__("rep stosb" : "+D"(to), "+c"(len) : "a"(value)
			     : "memory");
	return start;
}
