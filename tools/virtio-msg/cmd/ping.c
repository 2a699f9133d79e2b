// SPDX-License-Identifier: BSD-3-Clause
/* virtio-msg ping: is the other end of a bus alive, and how far away? */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/virtio_msg_user.h>

#include "command.h"
#include "libvirtio-msg.h"
#include "report.h"

struct ping {
	const char *name;
	unsigned long count;	/* 0: until a signal */
	double interval;
	bool quiet;
	struct vmsg_bus *bus;
	unsigned long sent;
	unsigned long received;
	__u64 min;
	__u64 max;
	double sum;
};

static void usage(FILE *f)
{
	fputs("Usage: virtio-msg ping [OPTION]... BUS\n"
	      "Send PING messages to the other end of BUS.\n\n"
	      "  -c, --count N        stop after N of them\n"
	      "  -i, --interval SEC   wait SEC seconds between them (1)\n"
	      "  -q, --quiet          print only the summary\n"
	      "  -h, --help           this text\n\n"
	      "The exit code is 0 if there was an answer.\n", f);
}

static void ping_one(struct ping *ping)
{
	__u32 data = (__u32)ping->sent;
	__u64 rtt = 0;
	int err;

	err = vmsg_bus_ping(ping->bus, data, &rtt);
	ping->sent++;
	if (err) {
		if (!ping->quiet)
			printf("%s: seq=%u %s\n", ping->name, data,
			       err == -ETIMEDOUT ? "no answer in time" :
						   strerror(-err));
		return;
	}
	if (!ping->received || rtt < ping->min)
		ping->min = rtt;
	if (rtt > ping->max)
		ping->max = rtt;
	ping->sum += (double)rtt;
	ping->received++;
	if (!ping->quiet)
		printf("%s: seq=%u time=%.3f ms\n", ping->name, data,
		       (double)rtt / 1e6);
}

static void print_summary(const struct ping *ping)
{
	printf("--- %s ping statistics ---\n", ping->name);
	printf("%lu sent, %lu received, %lu%% loss\n", ping->sent,
	       ping->received, ping->sent ?
	       100 * (ping->sent - ping->received) / ping->sent : 0);
	if (ping->received)
		printf("rtt min/avg/max = %.3f/%.3f/%.3f ms\n",
		       (double)ping->min / 1e6,
		       ping->sum / (double)ping->received / 1e6,
		       (double)ping->max / 1e6);
}

/* Wait for the next turn; false: a signal says that it is enough. */
static bool wait_turn(const struct ping *ping, const sigset_t *signals)
{
	struct timespec time = {
		.tv_sec = (time_t)ping->interval,
		.tv_nsec = (long)((ping->interval -
				   (double)(time_t)ping->interval) * 1e9),
	};

	fflush(stdout);
	return sigtimedwait(signals, NULL, &time) < 0;
}

static int run(struct ping *ping)
{
	struct vmsg_loop *loop = vmsg_loop_new();
	sigset_t signals;
	int err;

	if (!loop)
		return EXIT_FAILED;
	err = vmsg_bus_open(loop, ping->name, &ping->bus);
	if (err) {
		report_bus(ping->name, err);
		vmsg_loop_free(loop);
		return EXIT_FAILED;
	}

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	do {
		ping_one(ping);
	} while (ping->sent != ping->count && wait_turn(ping, &signals));
	print_summary(ping);

	vmsg_bus_close(ping->bus);
	vmsg_loop_free(loop);
	return ping->received ? 0 : EXIT_FAILED;
}

static const struct option options[] = {
	{ "count", required_argument, NULL, 'c' },
	{ "interval", required_argument, NULL, 'i' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static bool parse_number(const char *text, double min, double max,
			 double *number)
{
	char *end;

	*number = strtod(text, &end);
	if (end != text && !*end && *number >= min && *number <= max)
		return true;
	report("'%s' is not a number from %g to %g", text, min, max);
	return false;
}

static int ping_main(int argc, char **argv)
{
	struct ping ping = { .interval = 1 };
	double count;
	int c;

	while ((c = getopt_long(argc, argv, "c:i:qh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			if (!parse_number(optarg, 1, 1e9, &count))
				return EXIT_USAGE;
			ping.count = (unsigned long)count;
			break;
		case 'i':
			if (!parse_number(optarg, 0, 1e6, &ping.interval))
				return EXIT_USAGE;
			break;
		case 'q':
			ping.quiet = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	ping.name = argv[optind];
	return run(&ping);
}

const struct command command_ping = {
	.name = "ping",
	.summary = "ask the other end of a bus for a sign of life",
	.run = ping_main,
};
