// SPDX-License-Identifier: GPL-2.0
/*
 * storm DOMAIN: a front end that is none. Grants four pages to DOMAIN, makes an
 * event channel for it, says "= REFERENCE... PORT", and then rings without a
 * pause until it is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/types.h>

typedef uint16_t domid_t;

#include <xen/evtchn.h>
#include <xen/gntalloc.h>

#define PAGES	4

static void die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		die(path);
	return fd;
}

/* They stay granted as long as the file is open. */
static void grant_pages(uint16_t domid)
{
	struct ioctl_gntalloc_alloc_gref *arg;
	int i, fd = open_file("/dev/xen/gntalloc");

	arg = calloc(1, sizeof(*arg) + PAGES * sizeof(arg->gref_ids[0]));
	if (!arg)
		die("calloc");
	arg->domid = domid;
	arg->flags = GNTALLOC_FLAG_WRITABLE;
	arg->count = PAGES;
	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, arg))
		die("grant");
	printf("=");
	for (i = 0; i < PAGES; i++)
		printf(" %u", arg->gref_ids[i]);
	free(arg);
}

int main(int argc, char **argv)
{
	struct ioctl_evtchn_bind_unbound_port bind = { 0 };
	struct ioctl_evtchn_notify notify;
	int fd, port;

	if (argc != 2)
		return 2;
	bind.remote_domain = atoi(argv[1]);
	grant_pages(bind.remote_domain);
	fd = open_file("/dev/xen/evtchn");
	port = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
	if (port < 0)
		die("event channel");
	printf(" %d\n", port);
	fflush(stdout);
	notify.port = port;
	/* Before it is bound, and after it was closed, nobody hears it. */
	for (;;)
		ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify);
}
