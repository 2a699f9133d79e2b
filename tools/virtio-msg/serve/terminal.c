// SPDX-License-Identifier: BSD-3-Clause
/*
 * Where the bytes of a console come from and go to: standard input and output,
 * a pseudo terminal, a UNIX socket with one user at a time, a terminal or file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "report.h"
#include "terminal.h"
#include "util.h"

/* Files cannot be waited for: EPERM. They are always ready to be written. */
static void watch(struct terminal *terminal, struct vmsg_watch *watch,
		  __u32 events)
{
	if (watch->fd < 0 || watch->events == events)
		return;
	if (events)
		vmsg_loop_watch(terminal->loop, watch, events);
	else
		vmsg_loop_unwatch(terminal->loop, watch);
	watch->events = events;
}

static void drop(struct terminal *terminal, struct vmsg_watch *w)
{
	watch(terminal, w, 0);
	if (w->fd > STDERR_FILENO)
		close(w->fd);
	w->fd = -1;
}

void terminal_watch_in(struct terminal *terminal, bool on)
{
	terminal->watching = on;
	watch(terminal, &terminal->in, on ? EPOLLIN : 0);
}

void terminal_watch_out(struct terminal *terminal, bool on)
{
	watch(terminal, &terminal->out, on ? EPOLLOUT : 0);
}

/* The user has gone; a socket waits for the next one. */
static void hang_up(struct terminal *terminal)
{
	drop(terminal, &terminal->in);
	if (terminal->listen.fd >= 0) {
		drop(terminal, &terminal->out);
		watch(terminal, &terminal->listen, EPOLLIN);
	}
}

/* Bytes, 0 if there are none now. */
ssize_t terminal_read(struct terminal *terminal, void *data, size_t len)
{
	ssize_t n;

	if (terminal->in.fd < 0)
		return 0;
	n = read(terminal->in.fd, data, len);
	if (n > 0)
		return n;
	if (!n || (errno != EAGAIN && errno != EINTR))
		hang_up(terminal);
	return 0;
}

/* Bytes taken, 0 if terminal_watch_out() will tell when to go on. */
ssize_t terminal_write(struct terminal *terminal, const void *data, size_t len)
{
	ssize_t n;

	if (terminal->out.fd < 0)
		return (ssize_t)len;
	n = send(terminal->out.fd, data, len, MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(terminal->out.fd, data, len);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	if (terminal->listen.fd >= 0)
		hang_up(terminal);
	return (ssize_t)len;
}

static void accept_user(struct vmsg_watch *w, __u32 events)
{
	struct terminal *terminal = container_of(w, struct terminal, listen);
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	/* One descriptor for each direction, since each is waited for. */
	terminal->in.fd = fd;
	terminal->out.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	watch(terminal, w, 0);
	if (terminal->watching)
		watch(terminal, &terminal->in, EPOLLIN);
}

static int open_socket(struct terminal *terminal, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	terminal->listen.fd = fd;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	terminal->path = strdup(path);
	if (listen(fd, 1))
		return -errno;
	watch(terminal, &terminal->listen, EPOLLIN);
	return 0;
}

static int open_pty(struct terminal *terminal)
{
	struct termios raw;
	const char *name;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	terminal->in.fd = fd;
	if (grantpt(fd) || unlockpt(fd))
		return -errno;
	name = ptsname(fd);
	terminal->keep = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (terminal->keep < 0 || tcgetattr(terminal->keep, &raw))
		return -errno;
	cfmakeraw(&raw);
	tcsetattr(terminal->keep, TCSANOW, &raw);
	terminal->out.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	printf("console at %s\n", name);
	return 0;
}

static int open_stdio(struct terminal *terminal)
{
	terminal->in.fd = STDIN_FILENO;
	terminal->out.fd = STDOUT_FILENO;
	return 0;
}

/* A terminal is read and written; a file is a log. */
static int open_file(struct terminal *terminal, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOCTTY |
			    O_NONBLOCK | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	terminal->out.fd = fd;
	if (isatty(fd))
		terminal->in.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static int open_arg(struct terminal *terminal, const char *arg)
{
	if (!arg || !strcmp(arg, "stdio"))
		return open_stdio(terminal);
	if (!strcmp(arg, "echo")) {
		terminal->echo = true;
		return 0;
	}
	if (!strcmp(arg, "pty"))
		return open_pty(terminal);
	if (!strncmp(arg, "unix:", 5))
		return open_socket(terminal, arg + 5);
	return open_file(terminal, arg);
}

/* The owner sets the functions of @in and @out. */
int terminal_open(struct terminal *terminal, struct vmsg_loop *loop,
		  const char *arg)
{
	int err;

	terminal->loop = loop;
	terminal->in.fd = -1;
	terminal->out.fd = -1;
	terminal->listen.fd = -1;
	terminal->listen.ready = accept_user;
	terminal->keep = -1;
	err = open_arg(terminal, arg);
	if (err) {
		report("console: %s: %s%s", arg ? arg : "stdio", strerror(-err),
		       err == -EADDRINUSE ?
		       "; remove the file if nobody uses it" : "");
		terminal_close(terminal);
	}
	return err;
}

void terminal_close(struct terminal *terminal)
{
	drop(terminal, &terminal->in);
	drop(terminal, &terminal->out);
	drop(terminal, &terminal->listen);
	if (terminal->keep >= 0)
		close(terminal->keep);
	if (terminal->path)
		unlink(terminal->path);
	free(terminal->path);
}
