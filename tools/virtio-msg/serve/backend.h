/* SPDX-License-Identifier: BSD-3-Clause */
/* A kind of device that `virtio-msg serve` can serve. */
#ifndef _SERVE_BACKEND_H
#define _SERVE_BACKEND_H

#include "libvirtio-msg.h"

/**
 * struct backend - a kind of device
 * @name: word of the command line
 * @synopsis: how it is written
 * @help: what it is, and its options
 * @needs_arg: there is no default for what follows the '='
 * @create: make a device of @arg, which may be modified, or NULL; prints what is
 *	wrong and returns a negative error
 * @destroy: free it, after it was removed from its bus
 */
struct backend {
	const char *name;
	const char *synopsis;
	const char *help;
	bool needs_arg;
	int (*create)(struct vmsg_loop *loop, char *arg,
		      struct vmsg_device **dev);
	void (*destroy)(struct vmsg_device *dev);
};

extern const struct backend backend_blk;
extern const struct backend backend_console;
extern const struct backend backend_i2c;
extern const struct backend backend_net;
extern const struct backend backend_rng;

/* options.c: "name,name=value,..." */
char *option_next(char **list, char **value);
int option_number(const char *text, __u64 min, __u64 max, __u64 *number);

#endif /* _SERVE_BACKEND_H */
