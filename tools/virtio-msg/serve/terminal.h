/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the bytes of a console come from and go to. */
#ifndef _SERVE_TERMINAL_H
#define _SERVE_TERMINAL_H

#include "libvirtio-msg.h"

/**
 * struct terminal - the outer end of a console
 * @in: readable, or fd -1
 * @out: writable, or fd -1: what is written is lost
 * @listen: a socket that waits for its one user, or fd -1
 * @path: of the socket, to be removed in the end
 * @keep: other end of a pseudo terminal, so that it lives without a user
 * @echo: there is no outer end: what is written comes back
 */
struct terminal {
	struct vmsg_loop *loop;
	struct vmsg_watch in;
	struct vmsg_watch out;
	struct vmsg_watch listen;
	char *path;
	int keep;
	bool echo;
	bool watching;
};

int terminal_open(struct terminal *terminal, struct vmsg_loop *loop,
		  const char *arg);
void terminal_close(struct terminal *terminal);
ssize_t terminal_read(struct terminal *terminal, void *data, size_t len);
ssize_t terminal_write(struct terminal *terminal, const void *data, size_t len);
void terminal_watch_in(struct terminal *terminal, bool on);
void terminal_watch_out(struct terminal *terminal, bool on);

#endif /* _SERVE_TERMINAL_H */
