// SPDX-License-Identifier: BSD-3-Clause
/* Error messages: what went wrong, and what to do about it. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

#define CLASS_DIR	"/sys/class/virtio-msg"
#define DEV_DIR		"/dev/virtio-msg"

void report(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("virtio-msg: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void report_existing(void)
{
	DIR *dir = opendir(CLASS_DIR);
	struct dirent *entry;
	char names[512] = "";
	size_t len = 0;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    len + strlen(entry->d_name) + 2 > sizeof(names))
			continue;
		len += (size_t)sprintf(names + len, " %s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (len) {
		report("there are these buses:%s", names);
		return;
	}
	report("there is no bus; load the module of one, or create one with");
	report("'virtio-msg loopback create NAME'");
}

static void report_missing(const char *name)
{
	if (access(CLASS_DIR, F_OK)) {
		report("the module virtio_msg is not loaded; try 'modprobe virtio-msg'");
		return;
	}
	if (!strchr(name, '/') && access(DEV_DIR, F_OK) == 0) {
		report("there is no bus '%s', or this end of it has no devices",
		       name);
		report_existing();
		return;
	}
	report("no device file for '%s' in %s; is devtmpfs mounted on /dev?",
	       name, DEV_DIR);
	report_existing();
}

void report_bus(const char *name, int err)
{
	switch (-err) {
	case ENOENT:
		report_missing(name);
		break;
	case EACCES:
	case EPERM:
		report("no permission to open bus '%s'; become root,", name);
		report("or change the mode of its file in %s", DEV_DIR);
		break;
	case ENOTTY:
	case EPROTONOSUPPORT:
		report("bus '%s' has another version of the interface;", name);
		report("use the tool of the same release as the module");
		break;
	case ENXIO:
	case ENODEV:
		report("bus '%s' is gone", name);
		break;
	default:
		report("cannot open bus '%s': %s", name, strerror(-err));
	}
}
