// SPDX-License-Identifier: BSD-3-Clause
/* The system calls of a bus. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io.h"

static int io_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void io_close(int fd)
{
	close(fd);
}

static ssize_t io_read(int fd, void *data, size_t len)
{
	ssize_t n = read(fd, data, len);

	return n < 0 ? -errno : n;
}

static ssize_t io_write(int fd, const void *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	return n < 0 ? -errno : n;
}

static int io_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

static void *io_mmap(int fd, size_t size, __u64 offset)
{
	/* A bus address may use all 64 bits: the kernel sees it unsigned. */
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       (off_t)offset);

	return p == MAP_FAILED ? NULL : p;
}

static void io_munmap(void *addr, size_t size)
{
	munmap(addr, size);
}

const struct vmsg_io vmsg_io_system = {
	.open = io_open,
	.close = io_close,
	.read = io_read,
	.write = io_write,
	.ioctl = io_ioctl,
	.mmap = io_mmap,
	.munmap = io_munmap,
};
