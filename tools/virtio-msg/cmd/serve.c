// SPDX-License-Identifier: BSD-3-Clause
/* virtio-msg serve: be the devices of a bus, until a signal says stop. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/virtio_msg_user.h>

#include "backend.h"
#include "command.h"
#include "report.h"
#include "util.h"

#define DEVICES_MAX	64

static const struct backend *const backends[] = {
	&backend_blk, &backend_net, &backend_rng, &backend_console,
	&backend_i2c,
};

#define NUM_BACKENDS	ARRAY_SIZE(backends)

struct served {
	const struct backend *backend;
	struct vmsg_device *dev;
};

struct serve {
	const char *bus_name;
	__u64 dev_num;
	bool dev_any;
	unsigned int flags;
	__u64 resume_ms;
	int ready_fd;
	struct vmsg_loop *loop;
	struct vmsg_bus *bus;
	struct served served[DEVICES_MAX];
	int num_served;
};

static void usage(FILE *f)
{
	size_t i;

	fputs("Usage: virtio-msg serve --bus BUS [OPTION]... DEVICE...\n"
	      "Serve DEVICEs on BUS from this process until SIGINT or SIGTERM.\n\n"
	      "  -b, --bus BUS      name of the bus, or path of its file\n"
	      "  -d, --dev N        number of the first device; the next ones follow.\n"
	      "                     Without it the kernel chooses.\n"
	      "  -m, --messages     notify by messages, not by eventfds\n"
	      "  -R, --resumable[=MS]\n"
	      "                     when this process ends, devices that are in use wait\n"
	      "                     up to MS ms (30000) for one that is started with the\n"
	      "                     same arguments. Needs --dev.\n"
	      "  -r, --ready-fd N   write a line to descriptor N when all is served\n"
	      "  -h, --help         this text\n\n"
	      "DEVICE is one of:\n", f);
	for (i = 0; i < NUM_BACKENDS; i++)
		fprintf(f, "  %s\n        %s\n", backends[i]->synopsis,
			backends[i]->help);
}

static const struct backend *find_backend(const char *name)
{
	size_t i;

	for (i = 0; i < NUM_BACKENDS; i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	report("there is no device '%s'; see 'virtio-msg serve --help'", name);
	return NULL;
}

/* "name" or "name=argument" */
static int create(struct serve *serve, char *word)
{
	struct served *served = &serve->served[serve->num_served];
	const struct backend *backend;
	char *arg = strchr(word, '=');
	int err;

	if (serve->num_served == DEVICES_MAX) {
		report("more than %d devices", DEVICES_MAX);
		return -ENOSPC;
	}
	if (arg)
		*arg++ = '\0';
	backend = find_backend(word);
	if (!backend)
		return -EINVAL;
	if (backend->needs_arg && (!arg || !*arg)) {
		report("%s: write %s", word, backend->synopsis);
		return -EINVAL;
	}
	err = backend->create(serve->loop, arg, &served->dev);
	if (err)
		return err;
	served->backend = backend;
	serve->num_served++;
	return vmsg_device_choose_uuid(served->dev);
}

static void report_add(struct serve *serve, struct served *served,
		       __u32 dev_num, int err)
{
	const struct virtio_msg_user_info *info = vmsg_bus_info(serve->bus);

	switch (-err) {
	case EBUSY:
		report("device %u of bus %s is served by another process",
		       dev_num, serve->bus_name);
		break;
	case ENOSPC:
		report("bus %s has no free device number", serve->bus_name);
		break;
	case EEXIST:
		report("device %u of bus %s waits for one with another number of queues",
		       dev_num, serve->bus_name);
		break;
	case EOPNOTSUPP:
		report(serve->flags & VMSG_BUS_RESUMABLE ?
		       "bus %s has no devices here, or none that are resumable" :
		       "this end of bus %s has no devices", serve->bus_name);
		break;
	case EINVAL:
		if (served->dev->num_queues > info->max_queues) {
			report("%s needs %u queues, bus %s allows %u",
			       served->backend->name, served->dev->num_queues,
			       serve->bus_name, info->max_queues);
			break;
		}
		fallthrough;
	default:
		report("cannot serve %s on bus %s: %s", served->backend->name,
		       serve->bus_name, strerror(-err));
	}
}

static int add_all(struct serve *serve)
{
	struct served *served;
	__u32 dev_num;
	int i, err;

	for (i = 0; i < serve->num_served; i++) {
		served = &serve->served[i];
		dev_num = serve->dev_any ? VMSG_DEV_ANY :
					   (__u32)serve->dev_num + (__u32)i;
		err = vmsg_bus_add(serve->bus, served->dev, dev_num,
				   serve->flags);
		if (err) {
			report_add(serve, served, dev_num, err);
			return err;
		}
		printf("serving %s as device %u on %s\n", served->backend->name,
		       served->dev->dev_num,
		       (const char *)vmsg_bus_info(serve->bus)->name);
	}
	printf("ready\n");
	fflush(stdout);
	if (serve->ready_fd >= 0) {
		if (write(serve->ready_fd, "ready\n", 6) != 6)
			report("cannot write to the --ready-fd");
		close(serve->ready_fd);
		serve->ready_fd = -1;
	}
	return 0;
}

static int run(struct serve *serve, int num, char **words)
{
	int i, err;

	serve->loop = vmsg_loop_new();
	if (!serve->loop)
		return -errno;
	err = vmsg_loop_signals(serve->loop);
	if (!err)
		err = vmsg_guard();
	for (i = 0; i < num && !err; i++)
		err = create(serve, words[i]);
	if (err)
		return err;
	err = vmsg_bus_open(serve->loop, serve->bus_name, &serve->bus);
	if (err) {
		report_bus(serve->bus_name, err);
		return err;
	}
	vmsg_bus_set_resume_time(serve->bus, (__u32)serve->resume_ms);
	err = add_all(serve);
	if (err)
		return err;
	err = vmsg_loop_run(serve->loop);
	if (err == -ESTALE)
		report("a device that waits on bus %s is another one than this",
		       serve->bus_name);
	else if (err)
		report("bus %s is gone: %s", serve->bus_name, strerror(-err));
	return err;
}

static void clean_up(struct serve *serve)
{
	struct served *served;

	vmsg_bus_leave(serve->bus);
	while (serve->num_served) {
		served = &serve->served[--serve->num_served];
		served->backend->destroy(served->dev);
	}
	vmsg_loop_free(serve->loop);
}

static const struct option options[] = {
	{ "bus", required_argument, NULL, 'b' },
	{ "dev", required_argument, NULL, 'd' },
	{ "messages", no_argument, NULL, 'm' },
	{ "resumable", optional_argument, NULL, 'R' },
	{ "ready-fd", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

/* 0, or an exit code plus one. */
static int parse(struct serve *serve, int argc, char **argv)
{
	__u64 fd;
	int c;

	while ((c = getopt_long(argc, argv, "b:d:mR::r:h", options, NULL)) != -1) {
		switch (c) {
		case 'b':
			serve->bus_name = optarg;
			break;
		case 'd':
			if (option_number(optarg, 0, 65535, &serve->dev_num))
				return EXIT_USAGE + 1;
			serve->dev_any = false;
			break;
		case 'm':
			serve->flags |= VMSG_BUS_MESSAGES;
			break;
		case 'R':
			if (optarg && option_number(optarg, 1, 600000,
						    &serve->resume_ms))
				return EXIT_USAGE + 1;
			serve->flags |= VMSG_BUS_RESUMABLE;
			break;
		case 'r':
			if (option_number(optarg, 0, 65535, &fd))
				return EXIT_USAGE + 1;
			serve->ready_fd = (int)fd;
			break;
		case 'h':
			usage(stdout);
			return 1;
		default:
			usage(stderr);
			return EXIT_USAGE + 1;
		}
	}
	if (!serve->bus_name || optind == argc) {
		report("%s", serve->bus_name ? "no device given" :
					       "no --bus given");
		usage(stderr);
		return EXIT_USAGE + 1;
	}
	if (serve->dev_any && serve->flags & VMSG_BUS_RESUMABLE) {
		report("--resumable needs --dev");
		return EXIT_USAGE + 1;
	}
	if (!serve->dev_any &&
	    serve->dev_num + (__u64)(argc - optind) > 65536) {
		report("device numbers end at 65535");
		return EXIT_USAGE + 1;
	}
	return 0;
}

static int serve_main(int argc, char **argv)
{
	static struct serve serve = { .dev_any = true, .ready_fd = -1 };
	int err = parse(&serve, argc, argv);

	if (err)
		return err - 1;
	err = run(&serve, argc - optind, argv + optind);
	clean_up(&serve);
	return err ? EXIT_FAILED : 0;
}

const struct command command_serve = {
	.name = "serve",
	.summary = "serve devices (disk, network, entropy, console, i2c)",
	.run = serve_main,
};
