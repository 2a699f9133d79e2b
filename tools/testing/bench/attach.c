// SPDX-License-Identifier: GPL-2.0
/*
 * attach -s SUBSYSTEM -a ACTION -n COUNT -- COMMAND...: start a command, and wait
 * until the kernel has said COUNT times that ACTION happened to a device of
 * SUBSYSTEM. Prints the microseconds that it took, the process, and the node of
 * the last device. The command goes on.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/netlink.h>

/* Events of many devices wait while another program runs. */
#define BUFFER		(32 * 1024 * 1024)
#define PATIENCE_MS	120000

struct wanted {
	const char *subsystem;
	const char *action;
	long count;
	char node[256];
};

static int listen_to_kernel(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int size = BUFFER;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		err(1, "uevents");
	return fd;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

static pid_t start(char **command)
{
	pid_t pid = fork();
	int null;

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	null = open("/dev/null", O_WRONLY);
	dup2(null, 1);
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

static const char *value(const char *line, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(line, name, len) && line[len] == '=' ?
		line + len + 1 : NULL;
}

/* An event is lines that end with 0. Parts of disks are no disks. */
static bool is_wanted(struct wanted *wanted, const char *event, size_t len)
{
	const char *line, *v;
	bool action = false, subsystem = false, part = false;

	for (line = event; line < event + len; line += strlen(line) + 1) {
		v = value(line, "ACTION");
		action |= v && !strcmp(v, wanted->action);
		v = value(line, "SUBSYSTEM");
		subsystem |= v && !strcmp(v, wanted->subsystem);
		v = value(line, "DEVTYPE");
		part |= v && !strcmp(v, "partition");
		v = value(line, "DEVNAME");
		if (v && strlen(v) < sizeof(wanted->node))
			strcpy(wanted->node, v);
	}
	return action && subsystem && !part;
}

static void wait_for(struct wanted *wanted, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char event[8192];
	ssize_t n;

	while (wanted->count > 0) {
		if (poll(&poll_fd, 1, PATIENCE_MS) != 1)
			errx(1, "%ld events are missing", wanted->count);
		n = recv(fd, event, sizeof(event) - 1, 0);
		if (n < 0)
			err(1, "uevents");
		event[n] = '\0';
		if (is_wanted(wanted, event, (size_t)n))
			wanted->count--;
	}
}

int main(int argc, char **argv)
{
	struct wanted wanted = { "block", "add", 1, "" };
	double began;
	pid_t pid;
	int opt, fd;

	while ((opt = getopt(argc, argv, "+s:a:n:")) != -1) {
		if (opt == 's')
			wanted.subsystem = optarg;
		else if (opt == 'a')
			wanted.action = optarg;
		else if (opt == 'n')
			wanted.count = atol(optarg);
		else
			return 2;
	}
	if (optind == argc)
		errx(2, "no command");
	fd = listen_to_kernel();
	began = now();
	pid = start(argv + optind);
	wait_for(&wanted, fd);
	printf("%.1f %d %s\n", now() - began, pid, wanted.node);
	return 0;
}
