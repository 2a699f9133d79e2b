// SPDX-License-Identifier: BSD-3-Clause
/* virtio-msg: look at, test and serve virtio-msg buses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "report.h"
#include "util.h"

static const struct command *const commands[] = {
	&command_ls, &command_ping, &command_monitor, &command_serve,
	&command_vhost_user, &command_loopback,
};

#define NUM_COMMANDS	ARRAY_SIZE(commands)

static void usage(FILE *f)
{
	size_t i;

	fputs("Usage: virtio-msg COMMAND [ARGUMENT]...\n\n", f);
	for (i = 0; i < NUM_COMMANDS; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name,
			commands[i]->summary);
	fputs("\n'virtio-msg COMMAND --help' tells more.\n", f);
}

static int run(const struct command *command, int argc, char **argv)
{
	int code = command->run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		report("standard output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return code;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		usage(stdout);
		return 0;
	}
	for (i = 0; i < NUM_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i]->name))
			return run(commands[i], argc - 1, argv + 1);
	report("there is no command '%s'", argv[1]);
	usage(stderr);
	return EXIT_USAGE;
}
