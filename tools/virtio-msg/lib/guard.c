// SPDX-License-Identifier: BSD-3-Clause
/*
 * Windows that go away while they are in use.
 *
 * A driver side that dies, or gives a device up, takes its memory back, whether
 * the device has finished or not; what touches the window then gets SIGBUS. The
 * handler here puts private zeroes in its place: the device goes on with those
 * until it is told to reset, and nobody sees what it writes.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard.h"
#include "libvirtio-msg.h"

#define GUARDED_MAX	4096

static struct {
	uintptr_t base;		/* 0: free */
	size_t size;
} guarded[GUARDED_MAX];

static struct sigaction previous;

/* One that finds no place is not guarded, and otherwise works. */
void vmsg_guard_add(void *base, size_t size)
{
	int i;

	for (i = 0; i < GUARDED_MAX; i++) {
		if (guarded[i].base)
			continue;
		guarded[i].size = size;
		/* A signal handler of this thread is all that looks at it. */
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		guarded[i].base = (uintptr_t)base;
		return;
	}
}

void vmsg_guard_remove(void *base)
{
	int i;

	for (i = 0; i < GUARDED_MAX; i++)
		if (guarded[i].base == (uintptr_t)base)
			guarded[i].base = 0;
}

static bool replace(uintptr_t addr)
{
	int i;

	for (i = 0; i < GUARDED_MAX; i++)
		if (guarded[i].base && addr >= guarded[i].base &&
		    addr - guarded[i].base < guarded[i].size)
			return mmap((void *)guarded[i].base, guarded[i].size,
				    PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				    -1, 0) != MAP_FAILED;
	return false;
}

static void on_sigbus(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)number;
	(void)context;
	/* Not ours: back to what was there, and the fault comes again. */
	if (!replace((uintptr_t)info->si_addr))
		sigaction(SIGBUS, &previous, NULL);
	errno = saved;
}

/**
 * vmsg_guard() - survive windows that go away
 *
 * Installs a handler of SIGBUS for the whole process, which is why the library
 * does not do it by itself. Faults anywhere but in windows go to the handler
 * that was there before.
 *
 * Return: 0 or a negative error.
 */
int vmsg_guard(void)
{
	struct sigaction action = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO,
	};

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, &previous) ? -errno : 0;
}
