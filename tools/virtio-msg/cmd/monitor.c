// SPDX-License-Identifier: BSD-3-Clause
/*
 * virtio-msg monitor: the messages on a bus, as they pass. Uses a trace
 * instance of its own, which nobody else's tracing sees.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "report.h"
#include "util.h"

static const char *const tracefs[] = {
	"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
};

static const char *const events[] = { "virtio_msg_send", "virtio_msg_receive" };

struct monitor {
	const char *bus;
	unsigned long count;	/* 0: until a signal */
	bool raw;
	char dir[128];		/* the trace instance */
	FILE *pipe;
	int signals;
	unsigned long lines;
};

static const char *find_tracefs(void)
{
	char dir[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tracefs); i++) {
		if (!file_path(dir, sizeof(dir), tracefs[i], "instances") ||
		    access(dir, F_OK))
			continue;
		if (file_path(dir, sizeof(dir), tracefs[i],
			      "events/virtio_msg") && access(dir, F_OK)) {
			report("no virtio_msg trace events; try 'modprobe virtio-msg'");
			return NULL;
		}
		return tracefs[i];
	}
	report("no tracefs that can be read; become root, or try");
	report("'mount -t tracefs none %s'", tracefs[0]);
	return NULL;
}

static int enable_event(struct monitor *monitor, const char *event)
{
	char dir[256], filter[128];
	int err = 0;

	snprintf(dir, sizeof(dir), "%s/events/virtio_msg/%s", monitor->dir,
		 event);
	if (monitor->bus) {
		snprintf(filter, sizeof(filter), "bus == \"%s\"",
			 monitor->bus);
		err = file_write(dir, "filter", filter);
	}
	if (!err)
		err = file_write(dir, "enable", "1");
	if (err)
		report("cannot enable the trace event %s: %s", event,
		       strerror(-err));
	return err;
}

static int start(struct monitor *monitor)
{
	const char *dir = find_tracefs();
	char path[256];
	size_t i;
	int err = 0;
	int fd;

	if (!dir)
		return -ENOENT;
	snprintf(monitor->dir, sizeof(monitor->dir),
		 "%s/instances/virtio-msg-%d", dir, getpid());
	if (mkdir(monitor->dir, 0700)) {
		err = -errno;
		report("cannot create a trace instance: %s", strerror(errno));
		monitor->dir[0] = '\0';
		return err;
	}
	for (i = 0; i < ARRAY_SIZE(events) && !err; i++)
		err = enable_event(monitor, events[i]);
	if (err)
		return err;
	file_path(path, sizeof(path), monitor->dir, "trace_pipe");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	monitor->pipe = fd < 0 ? NULL : fdopen(fd, "r");
	return monitor->pipe ? 0 : -errno;
}

/* The instance cannot be removed while somebody reads from it. */
static void stop(struct monitor *monitor)
{
	char path[256];

	if (monitor->pipe)
		fclose(monitor->pipe);
	if (!monitor->dir[0])
		return;
	file_path(path, sizeof(path), monitor->dir, "events");
	file_write(path, "enable", "0");
	if (rmdir(monitor->dir))
		report("cannot remove %s: %s", monitor->dir, strerror(errno));
}

/*
 * "   task-12  [001] d..1.   123.456: virtio_msg_send: TEXT" becomes
 * "123.456 > TEXT"; > is sent and < is received by this end.
 */
static void print_line(struct monitor *monitor, char *line)
{
	char *event = monitor->raw ? NULL : strstr(line, ": virtio_msg_");
	char *text = event ? strstr(event + 2, ": ") : NULL;
	char *time;

	if (text) {
		*event = '\0';
		time = strrchr(line, ' ');
		printf("%s %c %s", time ? time + 1 : line,
		       strncmp(event + 2, events[0], strlen(events[0])) ?
		       '<' : '>', text + 2);
	} else {
		fputs(line, stdout);
	}
	monitor->lines++;
}

static bool enough(const struct monitor *monitor)
{
	return monitor->count && monitor->lines >= monitor->count;
}

static void stream(struct monitor *monitor)
{
	struct pollfd fds[] = {
		{ .fd = monitor->signals, .events = POLLIN },
		{ .fd = fileno(monitor->pipe), .events = POLLIN },
	};
	char line[1024];

	while (!enough(monitor)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents)
			return;
		while (!enough(monitor) &&
		       fgets(line, sizeof(line), monitor->pipe))
			print_line(monitor, line);
		clearerr(monitor->pipe);
		if (fflush(stdout))
			return;
	}
}

static int block_signals(struct monitor *monitor)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	monitor->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return monitor->signals < 0 ? -errno : 0;
}

static void usage(FILE *f)
{
	fputs("Usage: virtio-msg monitor [OPTION]... [BUS]\n"
	      "Print the messages on BUS, or on all buses, as they pass:\n"
	      "time, > if sent and < if received by this end, and what it is.\n\n"
	      "  -n, --count N   stop after N messages\n"
	      "  -r, --raw       lines as the kernel's tracer prints them\n"
	      "  -h, --help      this text\n", f);
}

static const struct option options[] = {
	{ "count", required_argument, NULL, 'n' },
	{ "raw", no_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int monitor_main(int argc, char **argv)
{
	struct monitor monitor = { .signals = -1 };
	int c, err;

	while ((c = getopt_long(argc, argv, "n:rh", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			monitor.count = strtoul(optarg, NULL, 0);
			break;
		case 'r':
			monitor.raw = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (argc - optind > 1) {
		usage(stderr);
		return EXIT_USAGE;
	}
	monitor.bus = argv[optind];
	if (monitor.bus && strpbrk(monitor.bus, "\"/")) {
		report("'%s' is not the name of a bus", monitor.bus);
		return EXIT_USAGE;
	}
	err = block_signals(&monitor);
	if (!err)
		err = start(&monitor);
	if (!err)
		stream(&monitor);
	stop(&monitor);
	return err ? EXIT_FAILED : 0;
}

const struct command command_monitor = {
	.name = "monitor",
	.summary = "print messages as they pass",
	.run = monitor_main,
};
