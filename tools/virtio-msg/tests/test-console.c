// SPDX-License-Identifier: BSD-3-Clause
/* The console, with each kind of outer end. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "device.h"
#include "tap.h"

#define RX	0
#define TX	1

static struct rig rig;
static __u8 in[8192];

static long send_text(const char *text)
{
	return ring_request(&rig.ring[TX], text, (__u32)strlen(text), in, 0,
			    3);
}

static void offer(__u16 head, __u32 len)
{
	ring_put(&rig.ring[RX], head, head * 256U, "", 0, len, 256);
	fake_kick(&rig.fake, RX);
}

/* A pseudo terminal takes its time: it hands bytes on from a work queue. */
static void await(__u32 index, __u16 used)
{
	int i;

	for (i = 0; i < 100 && ring_used_idx(&rig.ring[index]) != used; i++)
		vmsg_loop_once(rig.loop, 50);
}

static bool arrives(int fd, const char *text)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t len = (ssize_t)strlen(text);

	return poll(&poll_fd, 1, 5000) == 1 &&
	       read(fd, in, sizeof(in)) == len &&
	       !memcmp(in, text, (size_t)len);
}

static void settle(void)
{
	int i;

	for (i = 0; i < 4; i++)
		vmsg_loop_once(rig.loop, 0);
}

static bool received(__u16 head, const char *text)
{
	long len = ring_get(&rig.ring[RX], head * 256U, in, 256);

	return len == (long)strlen(text) && !memcmp(in, text, (size_t)len);
}

static void test_echo(void)
{
	static char text[6001];

	if (!rig_up(&rig, &backend_console, "echo", 0))
		abort();
	is(send_text("early"), -1, "no buffer for an echo: wait");
	offer(0, 4);
	ok(received(0, "earl"), "first part");
	is(ring_used_idx(&rig.ring[TX]), 0, "not all of it");
	offer(1, 4);
	ok(received(1, "y"), "second part");
	is(ring_used_idx(&rig.ring[TX]), 1, "all of it");
	rig.ring[TX].used_seen = 1;
	is(send_text("again"), -1, "wait");
	rig_restart(&rig, 0);
	offer(0, 8);
	is(ring_used_idx(&rig.ring[RX]), 0, "a reset forgets what waited");
	is(send_text("new"), 0, "sent");
	ok(received(0, "new"), "echo");

	memset(text, 'x', 6000);
	ring_put(&rig.ring[TX], 0, 0, text, 6000, 0, 500);
	ring_put(&rig.ring[RX], 0, 0, "", 0, 8000, 4000);
	fake_kick(&rig.fake, TX);
	is(ring_get(&rig.ring[RX], 0, in, 8000), 4096, "more than a buffer");
	ring_put(&rig.ring[RX], 0, 0, "", 0, 8000, 4000);
	fake_kick(&rig.fake, RX);
	is(ring_get(&rig.ring[RX], 0, in, 8000), 1904, "the rest");
	is(ring_used_idx(&rig.ring[TX]), 2, "all of it");
	rig_down(&rig);
}

static void test_log(void)
{
	char path[] = "/tmp/test-console-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || !rig_up(&rig, &backend_console, path, 0))
		abort();
	is(send_text("one line\n"), 0, "sent");
	offer(0, 8);
	settle();
	is(ring_used_idx(&rig.ring[RX]), 0, "a log says nothing");
	is(read(fd, in, sizeof(in)), 9, "is in the file");
	ok(!memcmp(in, "one line\n", 9), "right text");
	rig_down(&rig);
	close(fd);
	unlink(path);
}

static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void test_socket(void)
{
	char path[64], arg[80];
	static char much[4096];
	int fd, i;

	snprintf(path, sizeof(path), "/tmp/test-console.%d", getpid());
	snprintf(arg, sizeof(arg), "unix:%s", path);
	if (!rig_up(&rig, &backend_console, arg, 0))
		abort();
	is(send_text("nobody"), 0, "lost without a user");
	offer(0, 64);
	fd = dial(path);
	ok(fd >= 0, "connect");
	settle();
	is(send_text("hello"), 0, "sent");
	ok(arrives(fd, "hello"), "arrives");
	is(write(fd, "back", 4), 4, "answer");
	settle();
	ok(received(0, "back"), "arrives");
	is(write(fd, "later", 5), 5, "without a buffer");
	settle();
	offer(1, 64);
	settle();
	ok(received(1, "later"), "arrives with one");

	memset(much, 'x', sizeof(much));
	for (i = 0; i < 1000; i++) {
		ring_put(&rig.ring[TX], 0, 0, much, sizeof(much), 0, 4096);
		fake_kick(&rig.fake, TX);
		if (ring_get(&rig.ring[TX], 0, in, 0) < 0)
			break;
	}
	ok(i > 0 && i < 1000, "a user that does not read is waited for");
	while (read(fd, in, sizeof(in)) > 0)
		settle();
	is(ring_get(&rig.ring[TX], 0, in, 0), 0, "until it does");

	offer(2, 64);
	close(fd);
	settle();
	is(send_text("gone"), 0, "lost when the user has gone");
	fd = dial(path);
	settle();
	is(write(fd, "next", 4), 4, "the next user");
	settle();
	ok(received(2, "next"), "is heard");
	close(fd);
	rig_down(&rig);
	is(access(path, F_OK), -1, "the socket is removed");
}

static void test_pty(void)
{
	char line[128] = "";
	char name[64] = "";
	FILE *out = tmpfile();
	int saved = dup(STDOUT_FILENO);
	bool up;
	int fd;

	fflush(stdout);
	dup2(fileno(out), STDOUT_FILENO);
	up = rig_up(&rig, &backend_console, "pty", 0);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(out);
	if (!up || !fgets(line, sizeof(line), out) ||
	    sscanf(line, "console at %63s", name) != 1) {
		ok(false, "pseudo terminal: '%s'", line);
		return;
	}
	fclose(out);
	fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
	ok(fd >= 0, "open %s", "the terminal");
	is(send_text("to you"), 0, "sent");
	ok(arrives(fd, "to you"), "arrives");
	offer(0, 64);
	is(write(fd, "to me", 5), 5, "answer");
	await(RX, 1);
	ok(received(0, "to me"), "arrives");
	close(fd);
	settle();
	is(send_text("still there"), 0, "lives without a user");
	rig_down(&rig);
}

int main(void)
{
	struct vmsg_device *dev;
	char bad[] = "/no/such/directory/file";

	test_echo();
	test_log();
	test_socket();
	test_pty();
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	ok(backend_console.create(NULL, bad, &dev), "a file that cannot be");
	return tap_done();
}
