/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A partition manager for tests: the FF-A of the machine on which a kernel's bus
 * driver is tested, with two partitions inside. One hosts virtio devices; the
 * other one is asked what happened, and says how the first one is to misbehave.
 *
 * Built twice: at EL2 in front of the kernel, which is then virtual machine 1, and
 * as secure partition manager at S-EL2 below TF-A, where the kernel is number 0.
 */
#ifndef _FFA_MANAGER_H
#define _FFA_MANAGER_H

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stddef.h>
#include <linux/build_bug.h>
#include <linux/types.h>
#endif

#include "limits.h"

#ifdef FFA_SPMC
#define KERNEL_ID	0
#define MANAGER_ID	0x8000
#else
#define KERNEL_ID	1
#define MANAGER_ID	0
#endif
#define DEVICES_ID	0x8001
#define CONTROL_ID	0x8002

#define FFA_VERSION_1_2	0x10002

/* Function numbers: with SMC32() or SMC64() a call. */
#define SMC32(n)	(0x84000000U | (n))
#define SMC64(n)	(0xc4000000U | (n))
#define FFA_ERROR		0x60
#define FFA_SUCCESS		0x61
#define FFA_INTERRUPT		0x62
#define FFA_VERSION		0x63
#define FFA_FEATURES		0x64
#define FFA_RX_RELEASE		0x65
#define FFA_RXTX_MAP		0x66
#define FFA_RXTX_UNMAP		0x67
#define FFA_PARTITION_INFO_GET	0x68
#define FFA_ID_GET		0x69
#define FFA_MSG_WAIT		0x6b
#define FFA_YIELD		0x6c
#define FFA_RUN			0x6d
#define FFA_DIRECT_REQ		0x6f
#define FFA_DIRECT_RESP		0x70
#define FFA_MEM_SHARE		0x73
#define FFA_MEM_RECLAIM		0x77
#define FFA_MEM_FRAG_RX		0x7a
#define FFA_MEM_FRAG_TX		0x7b
#define FFA_NOTIFICATION_CREATE	0x7d
#define FFA_NOTIFICATION_DESTROY 0x7e
#define FFA_NOTIFICATION_BIND	0x7f
#define FFA_NOTIFICATION_UNBIND	0x80
#define FFA_NOTIFICATION_SET	0x81
#define FFA_NOTIFICATION_GET	0x82
#define FFA_NOTIFICATION_INFO	0x83
#define FFA_SPM_ID_GET		0x85
#define FFA_MSG_SEND2		0x86
#define FFA_PARTITION_INFO_REGS	0x8b
#define FFA_DIRECT_REQ2		0x8d
#define FFA_DIRECT_RESP2	0x8e

#define FFA_NOT_SUPPORTED	(-1)
#define FFA_INVALID		(-2)
#define FFA_NO_MEMORY		(-3)
#define FFA_BUSY		(-4)
#define FFA_DENIED		(-6)
#define FFA_RETRY		(-7)
#define FFA_ABORTED		(-8)
#define FFA_NO_DATA		(-9)

/* Registers of a call: arguments, then results. */
#define REGS		18
/* Of the message in a direct call, 64 bits each. */
#define WORDS		5
#define WORDS2		14

#ifndef __ASSEMBLER__

struct regs {
	__u64 x[REGS];
};

/**
 * struct partition - one that lives in the manager
 * @id: FF-A identifier
 * @properties: as PARTITION_INFO_GET tells them
 * @uuid: in the order of bytes of RFC 4122
 * @direct: answer a message in place, @count words; false: refuse the call
 * @indirect: an indirect message has come
 */
struct partition {
	__u16 id;
	__u32 properties;
	__u8 uuid[16];
	bool (*direct)(__u64 *words, __u32 count);
	void (*indirect)(const void *msg, __u32 len);
};

/**
 * struct counter - something that happened
 * @name: at most 31 characters
 * @value: how often
 */
struct counter {
	const char *name;
	__u64 value;
};

/* calls.c */
void calls_handle(struct regs *r);
void calls_fail(__u32 after, __s32 error, __u8 number);
bool calls_failed(void);
const struct counter *calls_counter(__u32 i);
void calls_reset(void);
void ffa_success(struct regs *r);
void ffa_error(struct regs *r, __s32 code);

/* buffers.c */
void buffers_map(struct regs *r);
void buffers_unmap(struct regs *r);
void buffers_release(struct regs *r);
void *buffers_tx(__u32 *size);
void *buffers_take_rx(__u32 *size);

/* partitions.c */
const struct partition *partition_find(__u16 id);
void partitions_uncallable(bool uncallable);
void partition_info(struct regs *r);
void partition_info_regs(struct regs *r);

/* messages.c */
void message_direct(struct regs *r);
void message_direct2(struct regs *r);
void message_run(struct regs *r);
void message_forget(void);
void message_indirect(struct regs *r);
bool message_send(__u16 sender, const void *msg, __u32 len);

/* memory.c */
void memory_init(__u64 start, __u64 end);
void memory_share(struct regs *r);
void memory_fragment(struct regs *r);
void memory_reclaim(struct regs *r);
__u8 *memory_retrieve(__u64 handle, __u16 receiver, __u32 pages);
bool memory_relinquish(__u64 handle, __u16 receiver);
void memory_refuse_fragment(__u32 number);
__u32 memory_poison(__u64 pattern);
__u32 memory_changed(__u64 pattern);
const struct counter *memory_counter(__u32 i);

/* notifications.c */
void notification_create(struct regs *r);
void notification_destroy(struct regs *r);
void notification_bind(struct regs *r);
void notification_unbind(struct regs *r);
void notification_set(struct regs *r);
void notification_get(struct regs *r);
void notification_info(struct regs *r);
bool notification_raise(__u16 sender, __u32 id);
void notification_forget(__u16 sender);
void notification_rx_full(void);
const struct counter *notification_counter(__u32 i);

/* devices.c */
void devices_init(__u8 *disk, __u64 disk_size);
bool devices_direct(__u64 *words, __u32 count);
__u32 devices_suspended(void);
void devices_indirect(const void *msg, __u32 len);
void devices_restart(void);
void devices_scribble(__u64 seed);
void devices_spoil(__u8 *answer, __u32 room);
const struct counter *devices_counter(__u32 i);

/* events.c */
struct vmsg_ffa;
void events_apart(bool apart);
void events_reset(void);
void *events_fifo(__u32 *bytes);
void events_flush(void);
bool events_notified(__u64 bits);
__u32 events_receive(struct vmsg_ffa *bus, const void *msg, __u32 len,
		     void *answer);
void events_reply(const void *msg, const void *answer);
void events_flood(void);
const struct counter *events_counter(__u32 i);

/* mischief.c */
enum mischief {
	MISCHIEF_NONE,
	MISCHIEF_BUSY,		/* an answer of zeroes: again, please */
	MISCHIEF_SHORT,		/* shorter than its type allows */
	MISCHIEF_LONG,		/* longer than what can be sent */
	MISCHIEF_TOKEN,		/* the answer to another question */
	MISCHIEF_KIND,		/* the answer to another kind of question */
	MISCHIEF_GARBAGE,	/* bytes that mean nothing */
	MISCHIEF_GONE,		/* the call fails: no such partition */
	MISCHIEF_RESTART,	/* forgets everything, and goes on */
	MISCHIEF_SCRIBBLE,	/* writes all over the memory that it has */
	MISCHIEF_KEEP,		/* says that it gave memory back, and did not */
	MISCHIEF_RELEASE,	/* events about areas that nobody knows */
	MISCHIEF_REFUSE,	/* takes no memory */
	MISCHIEF_FLOOD,		/* many events at once that mean nothing */
	MISCHIEF_YIELD,		/* has the caller run it, again and again */
	MISCHIEF_INTERRUPT,	/* the same, as if it were interrupted */
	MISCHIEF_KINDS,
};

void mischief_plan(enum mischief kind, __u32 skip, __u32 count);
enum mischief mischief_now(void);
bool mischief_is(enum mischief kind);
const struct counter *mischief_counter(__u32 i);

/* control.c */
bool control_direct(__u64 *words, __u32 count);
void control_indirect(const void *msg, __u32 len);

/* pagetable.c */
void pagetable_init(void);
void pagetable_enable(void);
bool pagetable_map(__u64 address, __u64 physical);
void pagetable_unmap(__u64 address, __u32 pages);

/* console.c */
void console_init(void);
void console_say(const char *text, __u64 a, __u64 b);
void console_panic(__u64 esr, __u64 elr, __u64 far) __attribute__((noreturn));

/* fdt.c */
bool fdt_arguments(const void *fdt, const char *name, __u64 *a, __u64 *b);
bool fdt_memory(void *fdt, __u64 *start, __u64 *end);
void fdt_limit_memory(void *fdt, __u64 start, __u64 end);

static inline void write32(__u64 address, __u32 value)
{
	*(volatile __u32 *)address = value;
}

static inline __u32 read32(__u64 address)
{
	return *(volatile __u32 *)address;
}

#endif /* __ASSEMBLER__ */
#endif /* _FFA_MANAGER_H */
