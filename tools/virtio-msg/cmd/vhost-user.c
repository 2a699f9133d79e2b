// SPDX-License-Identifier: BSD-3-Clause
/* virtio-msg vhost-user: hand a device to a vhost-user back end. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "command.h"
#include "report.h"
#include "util.h"
#include "vhost-user/bridge.h"

#define QUEUE_SIZE	256
#define RESUME_S	30

struct front_end {
	const char *bus_name;
	__u32 dev_num;
	struct vhu_options options;
	struct vmsg_loop *loop;
	struct vmsg_bus *bus;
	struct vhu_bridge bridge;
};

static int ready_fd = -1;

static void usage(FILE *f)
{
	fputs("Usage: virtio-msg vhost-user --bus BUS --type TYPE --socket PATH [OPTION]...\n"
	      "Serve a device on BUS by a vhost-user back end that listens at PATH, until\n"
	      "SIGINT or SIGTERM. Requests go from the kernel to the back end and back, not\n"
	      "through this process.\n\n"
	      "  -b, --bus BUS         name of the bus, or path of its file\n"
	      "  -t, --type TYPE       type of the device:", f);
	vhu_type_list(f);
	fputs("\n"
	      "  -s, --socket PATH     socket of the back end, which may come later\n"
	      "  -d, --dev N           device number; without it the kernel chooses\n"
	      "  -q, --queues N        number of queues; else as many as the type or the back\n"
	      "                        end has (fs: one for urgent requests, then the others)\n"
	      "  -z, --queue-size N    entries of each, a power of two (256)\n"
	      "      --tag NAME        fs: by which it is mounted\n"
	      "      --mac ADDRESS     net: of the card\n"
	      "      --mtu N           net: of the network\n"
	      "      --no-reconnect    end with an error when the back end goes, or is not there\n"
	      "      --no-inflight     do not resume, though the back end could\n"
	      "      --resume S        seconds that a device waits for its back end (30)\n"
	      "  -r, --ready-fd N      write a line to descriptor N when the device is there\n"
	      "  -h, --help            this text\n\n"
	      "When the back end goes, the device is removed, and comes again with it. If the\n"
	      "back end tracks requests in flight, the device waits and resumes instead.\n\n"
	      "  qemu-storage-daemon --blockdev file,filename=disk.img,node-name=d \\\n"
	      "    --export vhost-user-blk,id=e,node-name=d,writable=on,addr.type=unix,addr.path=/run/blk &\n"
	      "  virtio-msg vhost-user --bus loopback0 --type blk --socket /run/blk\n"
	      "  virtio-msg vhost-user --bus loopback0 --type fs --socket /run/fs --tag shared\n",
	      f);
}

static void say_ready(void)
{
	printf("ready\n");
	fflush(stdout);
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "ready\n", 6) != 6)
		report("cannot write to the --ready-fd");
	close(ready_fd);
	ready_fd = -1;
}

static int parse_mac(const char *text, __u8 *mac)
{
	char end;

	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0],
		   &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &end) == 6 &&
	    !(mac[0] & 1))
		return 0;
	report("'%s' is not the address of a network card", text);
	return -EINVAL;
}

enum { OPT_TAG = 256, OPT_MAC, OPT_MTU, OPT_ONCE, OPT_NO_INFLIGHT, OPT_RESUME };

static const struct option options[] = {
	{ "bus", required_argument, NULL, 'b' },
	{ "type", required_argument, NULL, 't' },
	{ "socket", required_argument, NULL, 's' },
	{ "dev", required_argument, NULL, 'd' },
	{ "queues", required_argument, NULL, 'q' },
	{ "queue-size", required_argument, NULL, 'z' },
	{ "tag", required_argument, NULL, OPT_TAG },
	{ "mac", required_argument, NULL, OPT_MAC },
	{ "mtu", required_argument, NULL, OPT_MTU },
	{ "no-reconnect", no_argument, NULL, OPT_ONCE },
	{ "no-inflight", no_argument, NULL, OPT_NO_INFLIGHT },
	{ "resume", required_argument, NULL, OPT_RESUME },
	{ "ready-fd", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int parse_type(struct vhu_options *o, const char *name)
{
	o->type = vhu_type_find(name);
	if (o->type)
		return 0;
	report("there is no type '%s'; see 'virtio-msg vhost-user --help'",
	       name);
	return -EINVAL;
}

static int parse_number(__u64 min, __u64 max, __u32 *result)
{
	__u64 number;
	int err = option_number(optarg, min, max, &number);

	if (!err)
		*result = (__u32)number;
	return err;
}

static int parse_special(struct front_end *front, int c)
{
	struct vhu_options *o = &front->options;
	__u32 number = 0;
	int err = 0;

	switch (c) {
	case OPT_TAG:
		o->tag = optarg;
		break;
	case OPT_MAC:
		err = parse_mac(optarg, o->mac);
		o->has_mac = !err;
		break;
	case OPT_MTU:
		err = parse_number(68, 65535, &number);
		o->mtu = (__u16)number;
		break;
	case OPT_ONCE:
		o->reconnect = false;
		break;
	case OPT_NO_INFLIGHT:
		o->inflight = false;
		break;
	case OPT_RESUME:
		err = parse_number(0, 86400, &number);
		o->resume_ms = number * 1000;
		break;
	default:
		usage(stderr);
		err = -EINVAL;
	}
	return err;
}

static int parse_one(struct front_end *front, int c)
{
	struct vhu_options *o = &front->options;
	__u32 fd;
	int err;

	switch (c) {
	case 'b':
		front->bus_name = optarg;
		return 0;
	case 't':
		return parse_type(o, optarg);
	case 's':
		o->path = optarg;
		return 0;
	case 'd':
		return parse_number(0, 65535, &front->dev_num);
	case 'q':
		return parse_number(1, VMSG_WINDOWS_MAX, &o->queues);
	case 'z':
		return parse_number(2, VMSG_QUEUE_MAX, &o->queue_size);
	case 'r':
		err = parse_number(0, 65535, &fd);
		ready_fd = err ? -1 : (int)fd;
		return err;
	default:
		return parse_special(front, c);
	}
}

static const char *missing(const struct front_end *front)
{
	const struct vhu_options *o = &front->options;

	if (!front->bus_name)
		return "no --bus given";
	if (!o->type)
		return "no --type given";
	if (!o->path)
		return "no --socket given";
	if (o->queue_size & (o->queue_size - 1))
		return "the --queue-size is not a power of two";
	if (o->queues && o->queues < o->type->queues_min)
		return "this type of device needs more --queues";
	if ((o->type->pairs || o->type->shared) && o->queues &&
	    o->queues != o->type->queues)
		return "this type of device has a fixed number of queues";
	return o->type->needs ? o->type->needs(o) : NULL;
}

/* 0, or an exit code plus one. */
static int parse(struct front_end *front, int argc, char **argv)
{
	const char *what;
	int c;

	while ((c = getopt_long(argc, argv, "b:t:s:d:q:z:r:h", options,
				NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return 1;
		}
		if (parse_one(front, c))
			return EXIT_USAGE + 1;
	}
	what = optind < argc ? "too many arguments" : missing(front);
	if (!what)
		return 0;
	report("%s; see 'virtio-msg vhost-user --help'", what);
	return EXIT_USAGE + 1;
}

static int run(struct front_end *front)
{
	int err;

	front->loop = vmsg_loop_new();
	if (!front->loop)
		return -errno;
	err = vmsg_loop_signals(front->loop);
	if (!err)
		err = vmsg_guard();
	if (err)
		return err;
	err = vmsg_bus_open(front->loop, front->bus_name, &front->bus);
	if (err) {
		report_bus(front->bus_name, err);
		return err;
	}
	err = vhu_bridge_open(&front->bridge, front->loop, front->bus,
			      &front->options, front->dev_num, say_ready);
	if (err) {
		report("cannot begin: %s", strerror(-err));
		return err;
	}
	err = vmsg_loop_run(front->loop);
	if (err == -ENODEV)
		report("bus %s is gone", front->bus_name);
	return err;
}

static int vhost_user_main(int argc, char **argv)
{
	static struct front_end front = {
		.dev_num = VMSG_DEV_ANY,
		.options = {
			.queue_size = QUEUE_SIZE,
			.inflight = true,
			.reconnect = true,
			.resume_ms = RESUME_S * 1000,
		},
	};
	int err = parse(&front, argc, argv);

	if (err)
		return err - 1;
	err = run(&front);
	vhu_bridge_close(&front.bridge);
	vmsg_bus_close(front.bus);
	vmsg_loop_free(front.loop);
	return err ? EXIT_FAILED : 0;
}

const struct command command_vhost_user = {
	.name = "vhost-user",
	.summary = "hand a device to a vhost-user back end",
	.run = vhost_user_main,
};
