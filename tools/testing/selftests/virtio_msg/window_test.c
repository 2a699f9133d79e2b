// SPDX-License-Identifier: GPL-2.0
/* Windows and notifications of claimed devices. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/virtio_config.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"window"
#define PAGE	4096UL

/* A device that runs: it has a window, and the driver waits for it. */
FIXTURE(window) {
	int fd;
	struct vmsg_raw raw;
	struct virtio_msg_user_window win;
	pid_t reader;
};

FIXTURE_VARIANT(window) {
	bool no_doorbell;
};

FIXTURE_VARIANT_ADD(window, doorbell) {
};

FIXTURE_VARIANT_ADD(window, messages) {
	.no_doorbell = true,
};

/* Requests are left in the queue. */
static void use_nothing(struct vmsg_raw *raw)
{
	raw->requests++;
}

FIXTURE_SETUP(window)
{
	struct vmsg_bus bus = { .no_doorbell = variant->no_doorbell };

	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	vmsg_raw_init(&self->raw, self->fd);
	self->raw.use = use_nothing;
	ASSERT_EQ(3, vmsg_raw_claim(&self->raw, 3));
	/* To the end of the driver's probe, which asks for the status again. */
	ASSERT_TRUE(vmsg_raw_until(&self->raw, 1, self->raw.requests &&
				   vmsg_counter(BUS, "device_added") == 1,
				   VMSG_SOON));
	ASSERT_EQ(0, vmsg_window(self->fd, 3,
				 le64toh(self->raw.vq.desc_addr), &self->win));
}

FIXTURE_TEARDOWN(window)
{
	if (self->reader) {
		kill(self->reader, SIGKILL);
		waitpid(self->reader, NULL, 0);
	}
	vmsg_raw_unmap(&self->raw);
	close(self->fd);
	EXPECT_TRUE(vmsg_no_windows(BUS));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

static void *map_at(int fd, size_t size, int prot, int flags, __u64 offset)
{
	return (void *)syscall(SYS_mmap, NULL, size, prot, flags, fd, offset);
}

#define EXPECT_NO_MAP(err, size, flags, offset)				\
do {									\
	EXPECT_EQ(MAP_FAILED, map_at(self->fd, size,			\
				     PROT_READ | PROT_WRITE,		\
				     flags, offset));			\
	EXPECT_EQ(err, errno);						\
} while (0)

TEST_F(window, found)
{
	__u64 addr = le64toh(self->raw.vq.device_addr);
	struct virtio_msg_user_window win;

	EXPECT_EQ(0, self->win.start % PAGE);
	EXPECT_EQ(0, self->win.size % PAGE);
	EXPECT_LT(0, self->win.size);
	EXPECT_EQ(1, vmsg_counter(BUS, "windows"));
	EXPECT_EQ(self->win.size, vmsg_counter(BUS, "window_bytes"));
	EXPECT_EQ(0, vmsg_window(self->fd, 3, addr, &win));
	EXPECT_EQ(self->win.start, win.start);
	EXPECT_EQ(self->win.size, win.size);
	EXPECT_EQ(self->win.offset, win.offset);

	addr = self->win.start;
	EXPECT_EQ(0, vmsg_window(self->fd, 3, addr, &win));
	EXPECT_EQ(0, vmsg_window(self->fd, 3, addr + win.size - 1, &win));
	EXPECT_EQ(-EFAULT, vmsg_window(self->fd, 3, addr - 1, &win));
	EXPECT_EQ(-EFAULT, vmsg_window(self->fd, 3, addr + self->win.size,
				       &win));
	EXPECT_EQ(-EFAULT, vmsg_window(self->fd, 3, 0, &win));
	EXPECT_EQ(-EFAULT, vmsg_window(self->fd, 3, 1ULL << 63, &win));
	EXPECT_EQ(-EFAULT, vmsg_window(self->fd, 3, ~0ULL, &win));
	EXPECT_EQ(-ENXIO, vmsg_window(self->fd, 4, addr, &win));
	EXPECT_EQ(-ENXIO, vmsg_window(self->fd, 65536 + 3, addr, &win));
	win = (struct virtio_msg_user_window){
		.dev_num = 3, .flags = 1, .addr = addr
	};
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_WINDOW, &win));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_WINDOW, NULL));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(window, mapped)
{
	__u64 offset = self->win.offset;
	size_t size = self->win.size;
	struct virtio_msg_fvq_header *header;
	void *map;

	header = map_at(self->fd, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			offset);
	ASSERT_NE(MAP_FAILED, header);
	EXPECT_EQ(VIRTIO_MSG_FVQ_MAGIC, le32toh(header->magic));
	EXPECT_EQ(size, le32toh(header->total_len));
	/* Two mappings are the same memory, and reading is enough for one. */
	map = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED, offset);
	ASSERT_NE(MAP_FAILED, map);
	__atomic_store_n((__u32 *)header + 15, 0x1234567, __ATOMIC_RELAXED);
	EXPECT_EQ(0x1234567, __atomic_load_n((__u32 *)map + 15,
					     __ATOMIC_RELAXED));
	munmap(map, PAGE);
	map = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED,
		     offset + size - PAGE);
	EXPECT_NE(MAP_FAILED, map);
	/* It cannot grow to where nothing was checked. */
	EXPECT_EQ(MAP_FAILED, mremap(map, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);

	EXPECT_NO_MAP(ENXIO, 2 * PAGE, MAP_SHARED, offset + size - PAGE);
	EXPECT_NO_MAP(ENXIO, size + PAGE, MAP_SHARED, offset);
	EXPECT_NO_MAP(ENXIO, PAGE, MAP_SHARED, offset + size);
	EXPECT_NO_MAP(ENXIO, PAGE, MAP_SHARED, offset - PAGE);
	EXPECT_NO_MAP(ENXIO, size, MAP_SHARED, offset - PAGE);
	EXPECT_NO_MAP(ENXIO, PAGE, MAP_SHARED, 0);
	EXPECT_NO_MAP(ENXIO, PAGE, MAP_SHARED, 1ULL << 62);
	EXPECT_NO_MAP(EINVAL, PAGE, MAP_SHARED, offset + 1);
	EXPECT_NO_MAP(EINVAL, PAGE, MAP_PRIVATE, offset);
	EXPECT_EQ(MAP_FAILED, map_at(self->fd, PAGE, PROT_READ, MAP_SHARED,
				     1ULL << 63));
	EXPECT_EQ(MAP_FAILED, map_at(self->fd, 2 * PAGE, PROT_READ, MAP_SHARED,
				     -PAGE));
	EXPECT_EQ(MAP_FAILED, map_at(self->fd, PAGE, PROT_READ, MAP_SHARED,
				     -PAGE));
	EXPECT_EQ(MAP_FAILED, map_at(self->fd, 1UL << 46, PROT_READ,
				     MAP_SHARED, offset));
	munmap(header, size);
	munmap(map, PAGE);
}

/* A window belongs to whoever serves its device, and to nobody else. */
TEST_F(window, of_others)
{
	int other = vmsg_bus_open(BUS, O_NONBLOCK);
	struct virtio_msg_user_window win;

	ASSERT_LE(0, other);
	EXPECT_EQ(-ENXIO, vmsg_window(other, 3, self->win.start, &win));
	EXPECT_EQ(MAP_FAILED, map_at(other, PAGE, PROT_READ, MAP_SHARED,
				     self->win.offset));
	EXPECT_EQ(ENXIO, errno);
	/* Not even with a device of its own, nor in the same file. */
	ASSERT_EQ(4, vmsg_claim(other, 4, 1));
	EXPECT_EQ(-EFAULT, vmsg_window(other, 4, self->win.start, &win));
	ASSERT_EQ(5, vmsg_claim(self->fd, 5, 1));
	EXPECT_EQ(-EFAULT, vmsg_window(self->fd, 5, self->win.start, &win));
	close(other);
}

static sigjmp_buf fault;

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

/* The signal that reading there causes, or 0. */
static int probe(const char *where)
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

TEST_F(window, released)
{
	char *touched, *untouched;

	touched = map_at(self->fd, self->win.size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, self->win.offset);
	untouched = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED,
			   self->win.offset);
	ASSERT_NE(MAP_FAILED, touched);
	ASSERT_NE(MAP_FAILED, untouched);
	EXPECT_EQ(0, probe(touched));
	EXPECT_EQ(0, probe(touched + self->win.size - 1));
	ASSERT_EQ(0, vmsg_release(self->fd, 3));
	EXPECT_EQ(SIGBUS, probe(touched));
	EXPECT_EQ(SIGBUS, probe(touched + self->win.size - 1));
	EXPECT_EQ(SIGBUS, probe(untouched));
	EXPECT_NO_MAP(ENXIO, PAGE, MAP_SHARED, self->win.offset);
	munmap(touched, self->win.size);
	munmap(untouched, PAGE);
}

#define DRIVER	"/sys/bus/virtio/drivers/virtio_rng/"

/* What the driver has taken back is gone as soon as the reset is answered. */
TEST_F(window, reset)
{
	char name[32], *map;
	int status = 0;
	pid_t pid;

	map = map_at(self->fd, self->win.size, PROT_READ | PROT_WRITE,
		     MAP_SHARED, self->win.offset);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, probe(map));
	ASSERT_EQ(0, vmsg_info(BUS, 3, "name", name, sizeof(name)));
	pid = fork();
	if (!pid)
		_exit(vmsg_file_write(DRIVER "unbind", name) ? 1 : 0);
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   waitpid(pid, &status, WNOHANG) == pid,
				   VMSG_SOON));
	EXPECT_EQ(0, status);
	EXPECT_EQ(SIGBUS, probe(map));
	EXPECT_EQ(SIGBUS, probe(map + self->win.size - 1));
	munmap(map, self->win.size);
}

/* Who claims the number next does not see what it was used for. */
TEST_F(window, of_the_past)
{
	int other = vmsg_bus_open(BUS, O_NONBLOCK);
	struct virtio_msg_user_window win;

	ASSERT_LE(0, other);
	vmsg_raw_unmap(&self->raw);
	ASSERT_EQ(0, vmsg_release(self->fd, 3));
	ASSERT_EQ(3, vmsg_claim(other, 3, 1));
	EXPECT_EQ(-EFAULT, vmsg_window(other, 3, self->win.start, &win));
	close(other);
}

/* The bus goes first; and a mapping outlives the descriptor of its file. */
TEST_F(window, bus_removed)
{
	struct vmsg_bus bus = { .no_doorbell = variant->no_doorbell };
	char *map, *kept;
	int other = dup(self->fd);

	map = map_at(self->fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     self->win.offset);
	kept = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED, self->win.offset);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, probe(map));
	vmsg_raw_unmap(&self->raw);
	close(self->fd);
	close(other);
	EXPECT_EQ(0, probe(map));
	EXPECT_EQ(0, probe(kept));
	ASSERT_EQ(0, vmsg_bus_destroy(BUS));
	EXPECT_EQ(SIGBUS, probe(map));
	EXPECT_EQ(SIGBUS, probe(kept));
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	self->fd = vmsg_bus_open(BUS, 0);
}

/* A mapping is not inherited: the child of a server has none of it. */
TEST_F(window, forked)
{
	int status;
	pid_t pid;
	char *map;

	map = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED, self->win.offset);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, probe(map));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(probe(map));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGSEGV, WEXITSTATUS(status));
	munmap(map, PAGE);
}

static bool signalled(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

static void ring(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		abort();
}

/* Give the waiting request back, so that the driver makes the next one. */
static void answer_one(struct vmsg_raw *raw)
{
	int head = vmsg_raw_head(raw);

	if (head >= 0)
		vmsg_raw_push(raw, head, 8);
}

TEST_F(window, kick)
{
	int one = eventfd(0, EFD_NONBLOCK);
	int two = eventfd(0, EFD_NONBLOCK);
	int fd = self->fd;

	self->reader = vmsg_start_reader(fd);
	ASSERT_LT(0, self->reader);
	ASSERT_EQ(0, vmsg_eventfd(fd, 3, 0, one, -1));
	EXPECT_FALSE(signalled(one));
	answer_one(&self->raw);
	vmsg_raw_event_used(&self->raw, 0);
	EXPECT_TRUE(vmsg_until(signalled(one), VMSG_SOON));
	EXPECT_EQ(-ETIMEDOUT, vmsg_wait_readable(fd, 0));

	ASSERT_EQ(0, vmsg_eventfd(fd, 3, 0, two, -1));
	answer_one(&self->raw);
	vmsg_raw_event_used(&self->raw, 0);
	EXPECT_TRUE(vmsg_until(signalled(two), VMSG_SOON));
	EXPECT_FALSE(signalled(one));

	/* Without one it is a message again, which a new one takes over. */
	ASSERT_EQ(0, vmsg_eventfd(fd, 3, 0, -1, -1));
	answer_one(&self->raw);
	vmsg_raw_event_used(&self->raw, 0);
	EXPECT_EQ(0, vmsg_wait_readable(fd, VMSG_SOON));
	ASSERT_EQ(0, vmsg_eventfd(fd, 3, 0, one, -1));
	EXPECT_TRUE(signalled(one));
	EXPECT_EQ(-ETIMEDOUT, vmsg_wait_readable(fd, 0));
	EXPECT_FALSE(signalled(two));
	close(one);
	close(two);
}

TEST_F(window, call)
{
	int kick = eventfd(0, EFD_NONBLOCK);
	int call = eventfd(0, EFD_NONBLOCK);
	int again = eventfd(0, EFD_NONBLOCK);
	int fd = self->fd;

	self->reader = vmsg_start_reader(fd);
	ASSERT_LT(0, self->reader);
	ASSERT_EQ(0, vmsg_eventfd(fd, 3, 0, kick, call));
	answer_one(&self->raw);
	ring(call);
	EXPECT_TRUE(vmsg_until(signalled(kick), VMSG_SOON));
	/* Consumed by the kernel. */
	EXPECT_FALSE(signalled(call));

	/* Signalled before it was set: that counts as well. */
	answer_one(&self->raw);
	ring(again);
	ASSERT_EQ(0, vmsg_eventfd(fd, 3, 0, kick, again));
	EXPECT_TRUE(vmsg_until(signalled(kick), VMSG_SOON));

	/* The old one means nothing any more. */
	answer_one(&self->raw);
	ring(call);
	EXPECT_TRUE(signalled(call));
	ring(again);
	EXPECT_TRUE(vmsg_until(signalled(kick), VMSG_SOON));

	/* Nor does a new one after the device has gone. */
	ASSERT_EQ(0, vmsg_release(fd, 3));
	ring(again);
	EXPECT_TRUE(signalled(again));
	close(kick);
	close(call);
	close(again);
}

TEST_HARNESS_MAIN
