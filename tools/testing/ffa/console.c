// SPDX-License-Identifier: GPL-2.0
/* Words on the kernel's serial port: of the beginning, and of the end if it is bad. */
#include "manager.h"

#define UART_FLAGS	0x18
#define UART_CONTROL	0x30
#define FLAGS_FULL	0x20
#define CONTROL_ENABLE	0x301

/* ADP_Stopped_InternalError: QEMU ends with status 1. */
#define SYS_EXIT	0x18
#define STOPPED_ERROR	0x20024

void console_init(void)
{
	write32(UART + UART_CONTROL, CONTROL_ENABLE);
}

static void put(char c)
{
	write32(UART, (__u8)c);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

static void put_number(__u64 value)
{
	int shift = 60;

	put_text(" 0x");
	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15]);
}

void console_say(const char *text, __u64 a, __u64 b)
{
	put_text("ffa-manager: ");
	put_text(text);
	put_number(a);
	put_number(b);
	put_text("\r\n");
}

void console_panic(__u64 esr, __u64 elr, __u64 far)
{
	register __u64 operation __asm__("x0") = SYS_EXIT;
	register const __u64 *block __asm__("x1");
	static const __u64 reason[2] = { STOPPED_ERROR, 1 };

	console_say("BUG: exception, at", esr, elr);
	console_say("address", far, 0);
	block = reason;
	for (;;)
		__asm__ __volatile__("hlt #0xf000" :: "r"(operation), "r"(block)
				     : "memory");
}
