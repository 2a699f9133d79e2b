// SPDX-License-Identifier: BSD-3-Clause
/*
 * virtio-msg ls: what there is. From sysfs, and from debugfs where that can be
 * read; what a kernel does not show is left out.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "report.h"
#include "util.h"

#define CLASS_DIR	"/sys/class/virtio-msg"
#define DEBUG_DIR	"/sys/kernel/debug/virtio-msg"

struct ls {
	const char *class_dir;
	const char *debug_dir;
	bool verbose;
};

static const char *const device_types[] = {
	[1] = "net", [2] = "blk", [3] = "console", [4] = "rng",
	[5] = "balloon", [8] = "scsi", [9] = "9p", [16] = "gpu",
	[17] = "clock", [18] = "input", [19] = "vsock", [20] = "crypto",
	[23] = "iommu", [24] = "mem", [25] = "sound", [26] = "fs",
	[27] = "pmem", [28] = "rpmb", [30] = "video encoder",
	[31] = "video decoder", [32] = "scmi", [34] = "i2c", [35] = "watchdog",
	[36] = "can", [40] = "bluetooth", [41] = "gpio", [45] = "spi",
	[48] = "media",
};

static const char *type_name(const char *text)
{
	unsigned long type = strtoul(text, NULL, 0);

	if (type < ARRAY_SIZE(device_types) &&
	    device_types[type])
		return device_types[type];
	return "device";
}

/* ", LABEL VALUE UNIT", if the attribute exists. */
static void print_attr(const char *dir, const char *name, const char *label,
		       const char *unit, const char **comma)
{
	char text[128];

	if (!file_read(dir, name, text, sizeof(text)) || !*text)
		return;
	printf("%s%s %s%s", *comma, label, text, unit);
	*comma = ", ";
}

/* Counters on one line; those that are 0 only on request. */
static void print_counters(const struct ls *ls, const char *dir,
			   const char *indent)
{
	const char *space = " ";
	char path[512], text[64];
	char **names;
	int i, n;

	if (!file_path(path, sizeof(path), dir, "counters"))
		return;
	n = file_list(path, &names);
	for (i = 0; i < n; i++) {
		if (!file_read(path, names[i], text, sizeof(text)) ||
		    (!ls->verbose && !strcmp(text, "0")))
			continue;
		if (*space)
			printf("%scounters:", indent);
		printf(" %s=%s", names[i], text);
		space = "";
	}
	if (!*space)
		putchar('\n');
	file_list_free(names, n);
}

/* The lines of a file, each behind an indent. */
static void print_file(const char *dir, const char *name, const char *indent)
{
	char text[8192];
	char *rest = text;
	char *line;

	if (!file_read(dir, name, text, sizeof(text)) || !*text)
		return;
	while ((line = strsep(&rest, "\n")))
		printf("%s%s\n", indent, line);
}

static void print_link(const char *dir, const char *name, const char *label)
{
	char path[512], target[512];
	const char *base;
	ssize_t n;

	if (!file_path(path, sizeof(path), dir, name))
		return;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0) {
		printf(", no %s", label);
		return;
	}
	target[n] = '\0';
	base = strrchr(target, '/');
	printf(", %s %s", label, base ? base + 1 : target);
}

/*
 * What debugfs has about one device. The link between both is the first line of
 * "info", "name virtioN".
 */
static void print_debug_device(const struct ls *ls, const char *dir)
{
	if (ls->verbose) {
		print_file(dir, "info", "    ");
		print_file(dir, "counters", "    ");
	}
	print_file(dir, "queues", "    queue ");
}

/* The directory in debugfs of the device @name, whose last part is a number. */
static bool find_debug(const struct ls *ls, const char *bus, const char *name,
		       char *dir, size_t size)
{
	char bus_dir[512], info[256], want[64];
	bool found = false;
	char **numbers;
	int i, n;

	if (!file_path(bus_dir, sizeof(bus_dir), ls->debug_dir, bus))
		return false;
	snprintf(want, sizeof(want), "name %s\n", name);
	n = file_list(bus_dir, &numbers);
	for (i = 0; i < n && !found; i++)
		found = file_path(dir, size, bus_dir, numbers[i]) &&
			file_start(dir, "info", info, sizeof(info)) &&
			!strncmp(info, want, strlen(want));
	file_list_free(numbers, n);
	return found;
}

static void print_device(const struct ls *ls, const char *bus,
			 const char *bus_dir, const char *name)
{
	char dir[512], debug[512], type[64], status[64];
	bool found = find_debug(ls, bus, name, debug, sizeof(debug));

	if (!file_path(dir, sizeof(dir), bus_dir, name))
		return;
	file_read(dir, "device", type, sizeof(type));
	printf("  %s: %s", name, type_name(type));
	if (found)
		printf(", device %s", strrchr(debug, '/') + 1);
	print_link(dir, "driver", "driver");
	if (file_read(dir, "status", status, sizeof(status)))
		printf(", status %s", status);
	putchar('\n');
	if (found)
		print_debug_device(ls, debug);
}

/* The driver side's devices are children of the bus. */
static void print_devices(const struct ls *ls, const char *bus,
			  const char *bus_dir)
{
	char **names;
	int n = file_list(bus_dir, &names);
	int i;

	for (i = 0; i < n; i++)
		if (!strncmp(names[i], "virtio", 6) && names[i][6] >= '0' &&
		    names[i][6] <= '9')
			print_device(ls, bus, bus_dir, names[i]);
	file_list_free(names, n);
}

static void print_bus(const struct ls *ls, const char *bus)
{
	const char *comma = "";
	char dir[512];

	if (!file_path(dir, sizeof(dir), ls->class_dir, bus))
		return;
	printf("%s: ", bus);
	print_attr(dir, "role", "role", "", &comma);
	print_attr(dir, "dialect", "dialect", "", &comma);
	print_attr(dir, "revision", "revision", "", &comma);
	print_attr(dir, "max_msg_size", "messages of", " bytes", &comma);
	print_attr(dir, "timeout_ms", "timeout", " ms", &comma);
	print_attr(dir, "state", "state", "", &comma);
	putchar('\n');
	print_counters(ls, dir, "  ");
	print_devices(ls, bus, dir);
}

static int print_all(const struct ls *ls)
{
	char **names;
	int n = file_list(ls->class_dir, &names);
	int i;

	if (n < 0) {
		report("the module virtio_msg is not loaded; try 'modprobe virtio-msg'");
		return EXIT_FAILED;
	}
	for (i = 0; i < n; i++)
		print_bus(ls, names[i]);
	if (!n)
		fputs("no bus\n", stderr);
	file_list_free(names, n);
	return 0;
}

static int print_named(const struct ls *ls, const char *bus)
{
	char dir[512];

	if (!file_path(dir, sizeof(dir), ls->class_dir, bus) ||
	    access(dir, F_OK)) {
		report("there is no bus '%s'; 'virtio-msg ls' shows all", bus);
		return EXIT_FAILED;
	}
	print_bus(ls, bus);
	return 0;
}

static void usage(FILE *f)
{
	fputs("Usage: virtio-msg ls [OPTION]... [BUS]...\n"
	      "List buses, their devices, drivers, queues and counters.\n\n"
	      "  -v, --verbose        also counters that are 0, and all about devices\n"
	      "      --sysfs DIR      look there in place of " CLASS_DIR "\n"
	      "      --debugfs DIR    look there in place of\n"
	      "                       " DEBUG_DIR "\n"
	      "  -h, --help           this text\n\n"
	      "Queues are shown if debugfs can be read, that is, to root.\n",
	      f);
}

static const struct option options[] = {
	{ "verbose", no_argument, NULL, 'v' },
	{ "sysfs", required_argument, NULL, 's' },
	{ "debugfs", required_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static int ls_main(int argc, char **argv)
{
	struct ls ls = { .class_dir = CLASS_DIR, .debug_dir = DEBUG_DIR };
	int err = 0;
	int c;

	while ((c = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
		switch (c) {
		case 'v':
			ls.verbose = true;
			break;
		case 's':
			ls.class_dir = optarg;
			break;
		case 'd':
			ls.debug_dir = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return print_all(&ls);
	while (optind < argc)
		err |= print_named(&ls, argv[optind++]);
	return err;
}

const struct command command_ls = {
	.name = "ls",
	.summary = "list buses, devices, drivers, queues and counters",
	.run = ls_main,
};
