// SPDX-License-Identifier: BSD-3-Clause
/* virtio-msg loopback: create and remove loopback buses, through configfs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "report.h"
#include "util.h"

#define CONFIG_DIR	"/sys/kernel/config"
#define LOOPBACK_DIR	CONFIG_DIR "/virtio-msg-loopback"

static const char *const attributes[] = {
	"max_msg_size", "dialect", "timeout_ms", "features", "doorbell",
};

static void usage(FILE *f)
{
	fputs("Usage: virtio-msg loopback create NAME [ATTRIBUTE=VALUE]...\n"
	      "       virtio-msg loopback remove NAME\n"
	      "Create or remove a bus both of whose ends are in this kernel.\n\n"
	      "  max_msg_size=BYTES   largest message, 52..4096; from 48 with pr28\n"
	      "  dialect=d26|pr28|auto layout of the messages\n"
	      "  timeout_ms=MS        time in which a request must be answered\n"
	      "  features=BITS        transport feature bits\n"
	      "  doorbell=0|1         notify by a doorbell, not by messages\n", f);
}

static bool known(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attributes); i++)
		if (strlen(attributes[i]) == len &&
		    !strncmp(attributes[i], name, len))
			return true;
	return false;
}

static int check_loaded(void)
{
	if (!access(LOOPBACK_DIR, F_OK))
		return 0;
	if (access("/sys/module/virtio_msg_loopback", F_OK))
		report("no loopback bus; try 'modprobe virtio-msg-loopback'");
	else
		report("no configfs; try 'mount -t configfs none %s'",
		       CONFIG_DIR);
	return -ENOENT;
}

static int set(const char *dir, const char *word)
{
	const char *equals = strchr(word, '=');
	char name[32];
	int err;

	if (!equals || !known(word, (size_t)(equals - word))) {
		report("'%s': there is no such attribute", word);
		usage(stderr);
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
	err = file_write(dir, name, equals + 1);
	if (err)
		report("%s: %s", word, strerror(-err));
	return err;
}

static int make_bus(const char *name, int num, char **words)
{
	char dir[512];
	int i, err;

	if (!file_path(dir, sizeof(dir), LOOPBACK_DIR, name))
		return -ENAMETOOLONG;
	if (mkdir(dir, 0755)) {
		err = -errno;
		report("cannot create '%s': %s%s", name, strerror(errno),
		       err == -EPERM || err == -EACCES ?
		       "; become root" : "");
		return err;
	}
	for (i = 0, err = 0; i < num && !err; i++)
		err = set(dir, words[i]);
	if (!err) {
		err = file_write(dir, "live", "1");
		if (err)
			report("the bus '%s' cannot go live: %s", name,
			       strerror(-err));
	}
	if (err)
		rmdir(dir);
	return err;
}

static int remove_bus(const char *name)
{
	char dir[512];
	int err;

	if (!file_path(dir, sizeof(dir), LOOPBACK_DIR, name))
		return -ENAMETOOLONG;
	err = file_write(dir, "live", "0");
	if (!err && rmdir(dir))
		err = -errno;
	if (err == -ENOENT)
		report("there is no loopback bus '%s'", name);
	else if (err)
		report("cannot remove '%s': %s", name, strerror(-err));
	return err;
}

static int loopback_main(int argc, char **argv)
{
	int err;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return 0;
	}
	if (argc < 3 || strchr(argv[2], '/') ||
	    (strcmp(argv[1], "create") &&
	     (strcmp(argv[1], "remove") || argc > 3))) {
		usage(stderr);
		return EXIT_USAGE;
	}
	err = check_loaded();
	if (!err)
		err = strcmp(argv[1], "create") ?
		      remove_bus(argv[2]) :
		      make_bus(argv[2], argc - 3, argv + 3);
	return err ? EXIT_FAILED : 0;
}

const struct command command_loopback = {
	.name = "loopback",
	.summary = "create and remove loopback buses",
	.run = loopback_main,
};
