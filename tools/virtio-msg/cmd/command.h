/* SPDX-License-Identifier: BSD-3-Clause */
/* Subcommands of virtio-msg: they get argv from their own name on. */
#ifndef _CMD_COMMAND_H
#define _CMD_COMMAND_H

#include <stdbool.h>

/* Exit codes besides 0. */
#define EXIT_FAILED	1
#define EXIT_USAGE	2

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

extern const struct command command_loopback;
extern const struct command command_ls;
extern const struct command command_monitor;
extern const struct command command_ping;
extern const struct command command_serve;
extern const struct command command_vhost_user;

#endif /* _CMD_COMMAND_H */
