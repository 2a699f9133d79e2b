// SPDX-License-Identifier: GPL-2.0
/* Buses for tests, and messages by hand. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vmsg_util.h"

/* Files */

int vmsg_file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int vmsg_file_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return n;
	}
	close(fd);
	text[n] = '\0';
	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	return n;
}

/* A value of a file, or LONG_MIN if there is none. */
long vmsg_file_number(const char *path)
{
	char text[64];

	if (vmsg_file_read(path, text, sizeof(text)) <= 0)
		return LONG_MIN;
	return strtol(text, NULL, 0);
}

/* Buses */

int vmsg_modules(void)
{
	if (!access(VMSG_CONFIGFS, F_OK))
		return 0;
	if (system("modprobe -q virtio-rng; modprobe -q virtio-msg-loopback"))
		return -ENOENT;
	return access(VMSG_CONFIGFS, F_OK) ? -errno : 0;
}

static int set(const char *name, const char *attribute, const char *value)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), VMSG_CONFIGFS "/%s/%s", name, attribute);
	return vmsg_file_write(path, value);
}

static int set_number(const char *name, const char *attribute,
		      unsigned int value)
{
	char text[16];

	if (!value)
		return 0;
	snprintf(text, sizeof(text), "%u", value);
	return set(name, attribute, text);
}

int vmsg_bus_create(const char *name, const struct vmsg_bus *bus)
{
	static const struct vmsg_bus plain;
	char path[PATH_MAX];
	int err;

	if (!bus)
		bus = &plain;
	err = vmsg_modules();
	if (err)
		return err;
	snprintf(path, sizeof(path), VMSG_CONFIGFS "/%s", name);
	if (mkdir(path, 0755))
		return -errno;
	err = set(name, "dialect", bus->dialect ?: "d26");
	if (!err)
		err = set_number(name, "max_msg_size", bus->max_msg_size);
	if (!err)
		err = set_number(name, "timeout_ms",
				 bus->timeout_ms ?: VMSG_TIMEOUT_MS);
	if (!err)
		err = set(name, "doorbell", bus->no_doorbell ? "0" : "1");
	if (!err)
		err = set(name, "live", "1");
	if (err)
		rmdir(path);
	return err;
}

int vmsg_bus_destroy(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), VMSG_CONFIGFS "/%s", name);
	return rmdir(path) ? -errno : 0;
}

int vmsg_bus_open(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/dev/virtio-msg/%s", name);
	fd = open(path, O_RDWR | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

/* Of what is sent from now on. */
int vmsg_bus_timeout(const char *name, unsigned int timeout_ms)
{
	char path[PATH_MAX], text[16];

	snprintf(path, sizeof(path), VMSG_CLASS "/%s/timeout_ms", name);
	snprintf(text, sizeof(text), "%u", timeout_ms);
	return vmsg_file_write(path, text);
}

long vmsg_counter(const char *bus, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), VMSG_CLASS "/%s/counters/%s", bus, name);
	return vmsg_file_number(path);
}

/* The sum of several. */
long vmsg_counters(const char *bus, const char * const *names, unsigned int n)
{
	long sum = 0;

	while (n--)
		sum += vmsg_counter(bus, names[n]);
	return sum;
}

int vmsg_counter_wait(const char *bus, const char *name, long value)
{
	return vmsg_until(vmsg_counter(bus, name) == value, VMSG_SOON) ?
		0 : -ETIMEDOUT;
}

int vmsg_counter_least(const char *bus, const char *name, long value)
{
	return vmsg_until(vmsg_counter(bus, name) >= value, VMSG_SOON) ?
		0 : -ETIMEDOUT;
}

/* Nothing is left of devices that have gone. */
bool vmsg_no_windows(const char *bus)
{
	return vmsg_until(!vmsg_counter(bus, "windows") &&
			  !vmsg_counter(bus, "window_bytes") &&
			  !vmsg_counter(bus, "quarantined") &&
			  !vmsg_counter(bus, "quarantined_bytes"), VMSG_SOON);
}

/* What debugfs says of a device. */
int vmsg_info(const char *bus, unsigned int dev_num, const char *key,
	      char *value, size_t size)
{
	size_t len = strlen(key);
	char path[PATH_MAX];
	char text[1024];
	char *line;
	int err;

	snprintf(path, sizeof(path), VMSG_DEBUGFS "/%s/%u/info", bus, dev_num);
	err = vmsg_file_read(path, text, sizeof(text));
	if (err < 0)
		return err;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, key, len) && line[len] == ' ') {
			snprintf(value, size, "%s", line + len + 1);
			return 0;
		}
	return -ENOENT;
}

/* The fault laboratory */

bool vmsg_has_lab(void)
{
	return !vmsg_modules() && !access(VMSG_LAB, F_OK);
}

int vmsg_lab_set(const char *bus, const char *fault, const char *file,
		 int value)
{
	char path[PATH_MAX], text[16];

	snprintf(path, sizeof(path), VMSG_LAB "/%s/%s/%s", bus, fault, file);
	snprintf(text, sizeof(text), "%d", value);
	return vmsg_file_write(path, text);
}

long vmsg_lab_count(const char *bus, const char *fault)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), VMSG_LAB "/%s/%s/count", bus, fault);
	return vmsg_file_number(path);
}

/* Any bytes, as if the other end of the bus had sent them. */
int vmsg_inject(const char *bus, const void *msg, size_t len)
{
	char path[PATH_MAX];
	int err = 0;
	int fd;

	snprintf(path, sizeof(path), VMSG_LAB "/%s/inject", bus);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, msg, len) != (ssize_t)len)
		err = -errno;
	close(fd);
	return err;
}

/* Time */

uint64_t vmsg_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

void vmsg_nap(void)
{
	usleep(2000);
}

/* With the sanitizers, so that everything takes longer. */
bool vmsg_is_debug(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/* On one kernel of the test beds a test does all there is; on others, some. */
bool vmsg_in_full(void)
{
	const char *kernel = getenv("VIRTIO_MSG_KERNEL");

	return !kernel || !strcmp(kernel, "stock-7");
}

/* Somebody who always wants more of what any entropy device has. */
pid_t vmsg_start_reader(int bus)
{
	pid_t pid = fork();
	char buf[64];
	int fd;

	if (pid)
		return pid;
	if (bus >= 0)
		close(bus);
	for (;;) {
		fd = open("/dev/hwrng", O_RDONLY);
		while (fd >= 0 && read(fd, buf, sizeof(buf)) > 0)
			;
		if (fd >= 0)
			close(fd);
		vmsg_nap();
	}
}

/* Messages */

void *vmsg_msg_start(struct vmsg_msg *msg, unsigned int type, unsigned int id,
		     unsigned int dev_num, unsigned int token, size_t payload)
{
	memset(msg, 0, sizeof(*msg));
	msg->hdr.type = type;
	msg->hdr.msg_id = id;
	msg->hdr.dev_num = htole16(dev_num);
	msg->hdr.token = htole16(token);
	msg->hdr.msg_size = htole16(sizeof(msg->hdr) + payload);
	return vmsg_payload(msg);
}

void *vmsg_payload(const struct vmsg_msg *msg)
{
	return (void *)(msg->bytes + sizeof(msg->hdr));
}

size_t vmsg_msg_size(const struct vmsg_msg *msg)
{
	return le16toh(msg->hdr.msg_size);
}

size_t vmsg_padded(size_t size)
{
	return (size + VIRTIO_MSG_USER_ALIGN - 1) &
	       ~(size_t)(VIRTIO_MSG_USER_ALIGN - 1);
}

/* Waits for room if there is none. */
int vmsg_send(int fd, const struct vmsg_msg *msg)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	for (;;) {
		if (write(fd, msg, vmsg_msg_size(msg)) >= 0)
			return 0;
		if (errno != EAGAIN || poll(&pollfd, 1, VMSG_SOON) <= 0)
			return -errno;
	}
}

int vmsg_wait_readable(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int n = poll(&pollfd, 1, timeout_ms);

	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	return pollfd.revents & POLLIN ? 0 : -ENODEV;
}

/* One message. */
int vmsg_receive(int fd, struct vmsg_msg *msg, int timeout_ms)
{
	uint64_t end = vmsg_now_ms() + timeout_ms;
	size_t size;
	ssize_t n;
	int err;

	/* A buffer that grows takes no more than one. */
	for (size = sizeof(msg->hdr); size <= sizeof(*msg);) {
		err = vmsg_wait_readable(fd, end > vmsg_now_ms() ?
					 end - vmsg_now_ms() : 0);
		if (err)
			return err;
		n = read(fd, msg, size);
		if (n > 0)
			return 0;
		if (errno != EMSGSIZE && errno != EAGAIN)
			return -errno;
		if (errno == EMSGSIZE)
			size += VIRTIO_MSG_USER_ALIGN;
	}
	return -EMSGSIZE;
}

/* ioctls */

int vmsg_claim(int fd, unsigned int dev_num, unsigned int queues)
{
	struct virtio_msg_user_claim claim = {
		.dev_num = dev_num,
		.num_queues = queues,
	};

	if (ioctl(fd, VIRTIO_MSG_IOC_CLAIM, &claim))
		return -errno;
	return claim.dev_num;
}

int vmsg_release(int fd, unsigned int dev_num)
{
	struct virtio_msg_user_claim claim = { .dev_num = dev_num };

	return ioctl(fd, VIRTIO_MSG_IOC_RELEASE, &claim) ? -errno : 0;
}

int vmsg_eventfd(int fd, unsigned int dev_num, unsigned int index, int kick,
		 int call)
{
	struct virtio_msg_user_eventfd eventfd = {
		.dev_num = dev_num,
		.index = index,
		.kick_fd = kick,
		.call_fd = call,
	};

	return ioctl(fd, VIRTIO_MSG_IOC_EVENTFD, &eventfd) ? -errno : 0;
}

int vmsg_window(int fd, unsigned int dev_num, uint64_t addr,
		struct virtio_msg_user_window *window)
{
	memset(window, 0, sizeof(*window));
	window->dev_num = dev_num;
	window->addr = addr;
	return ioctl(fd, VIRTIO_MSG_IOC_WINDOW, window) ? -errno : 0;
}

static sigjmp_buf fault;

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

int vmsg_probe(const char *where)
{
	struct sigaction action = { .sa_handler = on_fault };
	int signal;

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	signal = sigsetjmp(fault, 1);
	if (!signal)
		__atomic_load_n(where, __ATOMIC_SEQ_CST);
	return signal;
}
