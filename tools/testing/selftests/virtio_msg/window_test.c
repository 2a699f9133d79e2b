// SPDX-License-Identifier: GPL-2.0
/* Windows and notifications of claimed devices. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

TEST_F(window, released)
{
	char *touched, *untouched;

	touched = map_at(self->fd, self->win.size, PROT_READ | PROT_WRITE,
			 MAP_SHARED, self->win.offset);
	untouched = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED,
			   self->win.offset);
	ASSERT_NE(MAP_FAILED, touched);
	ASSERT_NE(MAP_FAILED, untouched);
	EXPECT_EQ(0, vmsg_probe(touched));
	EXPECT_EQ(0, vmsg_probe(touched + self->win.size - 1));
	ASSERT_EQ(0, vmsg_release(self->fd, 3));
	EXPECT_EQ(SIGBUS, vmsg_probe(touched));
	EXPECT_EQ(SIGBUS, vmsg_probe(touched + self->win.size - 1));
	EXPECT_EQ(SIGBUS, vmsg_probe(untouched));
	EXPECT_NO_MAP(ENXIO, PAGE, MAP_SHARED, self->win.offset);
	munmap(touched, self->win.size);
	munmap(untouched, PAGE);
}

#define DRIVER	"/sys/bus/virtio/drivers/virtio_rng/"

/* The driver lets go of the device, which answers meanwhile. */
static bool unbind(struct vmsg_raw *raw)
{
	char name[32];
	int status = 0;
	pid_t pid;

	if (vmsg_info(BUS, 3, "name", name, sizeof(name)))
		return false;
	pid = fork();
	if (!pid)
		_exit(vmsg_file_write(DRIVER "unbind", name) ? 1 : 0);
	return vmsg_raw_until(raw, 1, waitpid(pid, &status, WNOHANG) == pid,
			      VMSG_SOON) && !status;
}

/* What the driver has taken back is gone as soon as the reset is answered. */
TEST_F(window, reset)
{
	char *map;

	map = map_at(self->fd, self->win.size, PROT_READ | PROT_WRITE,
		     MAP_SHARED, self->win.offset);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, vmsg_probe(map));
	EXPECT_TRUE(unbind(&self->raw));
	EXPECT_EQ(SIGBUS, vmsg_probe(map));
	EXPECT_EQ(SIGBUS, vmsg_probe(map + self->win.size - 1));
	munmap(map, self->win.size);
}

static bool ask_when_reset(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	const struct virtio_msg_status *request = vmsg_payload(msg);
	__u64 addr = le64toh(raw->vq.device_addr);
	struct virtio_msg_user_window win;

	if (msg->hdr.msg_id == VIRTIO_MSG_SET_DEVICE_STATUS && !request->status)
		raw->state = -vmsg_window(raw->fd, raw->dev_num, addr, &win);
	return false;
}

/* Nor is it there again for whoever asks before the reset is answered. */
TEST_F(window, asked_for_in_a_reset)
{
	char *map;

	map = map_at(self->fd, self->win.size, PROT_READ | PROT_WRITE,
		     MAP_SHARED, self->win.offset);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, vmsg_probe(map));
	self->raw.answer = ask_when_reset;
	EXPECT_TRUE(unbind(&self->raw));
	EXPECT_EQ(EFAULT, self->raw.state);
	EXPECT_EQ(SIGBUS, vmsg_probe(map));
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
	EXPECT_EQ(0, vmsg_probe(map));
	vmsg_raw_unmap(&self->raw);
	close(self->fd);
	close(other);
	EXPECT_EQ(0, vmsg_probe(map));
	EXPECT_EQ(0, vmsg_probe(kept));
	ASSERT_EQ(0, vmsg_bus_destroy(BUS));
	EXPECT_EQ(SIGBUS, vmsg_probe(map));
	EXPECT_EQ(SIGBUS, vmsg_probe(kept));
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
	EXPECT_EQ(0, vmsg_probe(map));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(vmsg_probe(map));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGSEGV, WEXITSTATUS(status));
	munmap(map, PAGE);
}

/* A window as a file, or a negative error number. */
static int export_at(int fd, unsigned int dev_num, __u64 addr,
		     struct virtio_msg_user_export *export)
{
	memset(export, 0, sizeof(*export));
	export->dev_num = dev_num;
	export->addr = addr;
	return ioctl(fd, VIRTIO_MSG_IOC_EXPORT, export) ? -errno : export->fd;
}

TEST_F(window, exported)
{
	struct virtio_msg_user_export export, again;
	__u64 addr = le64toh(self->raw.vq.device_addr);
	struct stat st, other;
	__u32 *map, *own;
	int fd, twin;

	fd = export_at(self->fd, 3, addr, &export);
	if (fd == -EOPNOTSUPP)
		SKIP(return, "no CONFIG_DMA_SHARED_BUFFER");
	ASSERT_LE(0, fd);
	EXPECT_EQ(self->win.start, export.start);
	EXPECT_EQ(self->win.size, export.size);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(self->win.size, st.st_size);
	EXPECT_EQ(PAGE, st.st_blksize);
	EXPECT_EQ(self->win.size, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	/* The same file, however often it is asked for. */
	twin = export_at(self->fd, 3, self->win.start, &again);
	ASSERT_LE(0, twin);
	ASSERT_EQ(0, fstat(twin, &other));
	EXPECT_EQ(st.st_ino, other.st_ino);

	map = map_at(fd, self->win.size, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	ASSERT_NE(MAP_FAILED, map);
	own = map_at(self->fd, PAGE, PROT_READ, MAP_SHARED, self->win.offset);
	ASSERT_NE(MAP_FAILED, own);
	EXPECT_EQ(VIRTIO_MSG_FVQ_MAGIC, le32toh(*map));
	__atomic_store_n(map + 15, 0x1234567, __ATOMIC_RELAXED);
	EXPECT_EQ(0x1234567, __atomic_load_n(own + 15, __ATOMIC_RELAXED));

	EXPECT_EQ(MAP_FAILED, map_at(fd, self->win.size + PAGE, PROT_READ,
				     MAP_SHARED, 0));
	EXPECT_EQ(MAP_FAILED, map_at(fd, PAGE, PROT_READ, MAP_SHARED,
				     self->win.size));
	EXPECT_EQ(MAP_FAILED, map_at(fd, PAGE, PROT_READ, MAP_PRIVATE, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mremap(own, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	close(twin);
	close(fd);
	/* The mapping keeps it. */
	EXPECT_EQ(0, vmsg_probe((char *)map));
	munmap(map, self->win.size);
	munmap(own, PAGE);
}

TEST_F(window, export_refused)
{
	struct virtio_msg_user_export export;
	struct rlimit limit, few;
	int fd;

	fd = export_at(self->fd, 3, self->win.start, &export);
	if (fd == -EOPNOTSUPP)
		SKIP(return, "no CONFIG_DMA_SHARED_BUFFER");
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_EQ(-ENXIO, export_at(self->fd, 4, self->win.start, &export));
	EXPECT_EQ(-ENXIO, export_at(self->fd, ~0U, self->win.start, &export));
	EXPECT_EQ(-EFAULT, export_at(self->fd, 3, self->win.start - 1, &export));
	EXPECT_EQ(-EFAULT, export_at(self->fd, 3, ~0ULL, &export));
	export = (struct virtio_msg_user_export){
		.dev_num = 3, .flags = 1, .addr = self->win.start
	};
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_EXPORT, &export));
	EXPECT_EQ(EINVAL, errno);
	export.flags = 0;
	export.reserved = 1;
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_EXPORT, &export));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_EXPORT, NULL));
	EXPECT_EQ(EFAULT, errno);

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	few = (struct rlimit){ .rlim_cur = 3, .rlim_max = limit.rlim_max };
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &few));
	EXPECT_EQ(-EMFILE, export_at(self->fd, 3, self->win.start, &export));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
}

static bool signalled(int fd);
static void ring(int fd);

static uint32_t look_at(const uint32_t *word)
{
	return le32toh(__atomic_load_n(word, __ATOMIC_RELAXED));
}

/* Whoever was given the file, all along. */
static void use_export(int fd, size_t size, int ready, int go)
{
	uint32_t *map = map_at(fd, size, PROT_READ | PROT_WRITE,
					MAP_SHARED, 0);
	uint32_t *late;
	uint64_t count;

	if (map == MAP_FAILED || look_at(map) != VIRTIO_MSG_FVQ_MAGIC)
		_exit(1);
	ring(ready);
	while (read(go, &count, sizeof(count)) != sizeof(count))
		;
	/* Zeroes, which are its own, at all offsets; also when mapped late. */
	if (look_at(map) || look_at(map + size / 4 - 1))
		_exit(2);
	__atomic_store_n(map, htole32(42), __ATOMIC_RELAXED);
	late = map_at(fd, size, PROT_READ, MAP_SHARED, 0);
	if (late == MAP_FAILED || look_at(late) != 42)
		_exit(3);
	_exit(0);
}

/* Another process that sees the window. */
struct viewer {
	pid_t pid;
	int fd;
	int ready;
	int go;
};

/* 0, or a negative error number. */
static int viewer_start(struct viewer *viewer, int fd,
			const struct virtio_msg_user_window *win)
{
	struct virtio_msg_user_export export;

	viewer->fd = export_at(fd, 3, win->start, &export);
	if (viewer->fd < 0)
		return viewer->fd;
	viewer->ready = eventfd(0, EFD_NONBLOCK);
	viewer->go = eventfd(0, 0);
	viewer->pid = fork();
	if (!viewer->pid)
		use_export(viewer->fd, win->size, viewer->ready, viewer->go);
	return vmsg_until(signalled(viewer->ready), VMSG_SOON) ? 0 : -ETIMEDOUT;
}

/* Its exit code, or -1 if a signal has killed it. */
static int viewer_end(struct viewer *viewer)
{
	int status = -1;

	ring(viewer->go);
	waitpid(viewer->pid, &status, 0);
	close(viewer->fd);
	close(viewer->ready);
	close(viewer->go);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(window, export_released)
{
	struct viewer viewer;
	int err = viewer_start(&viewer, self->fd, &self->win);

	if (err == -EOPNOTSUPP)
		SKIP(return, "no CONFIG_DMA_SHARED_BUFFER");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vmsg_release(self->fd, 3));
	EXPECT_EQ(0, viewer_end(&viewer));
}

TEST_F(window, export_bus_removed)
{
	struct vmsg_bus bus = { .no_doorbell = variant->no_doorbell };
	struct viewer viewer;
	int err = viewer_start(&viewer, self->fd, &self->win);

	if (err == -EOPNOTSUPP)
		SKIP(return, "no CONFIG_DMA_SHARED_BUFFER");
	ASSERT_EQ(0, err);
	vmsg_raw_unmap(&self->raw);
	ASSERT_EQ(0, vmsg_bus_destroy(BUS));
	EXPECT_EQ(0, viewer_end(&viewer));
	close(self->fd);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	self->fd = vmsg_bus_open(BUS, 0);
}

/* The answer to a reset, and nothing before it. */
TEST_F(window, export_reset)
{
	struct viewer viewer;
	int err;

	err = viewer_start(&viewer, self->fd, &self->win);
	if (err == -EOPNOTSUPP)
		SKIP(return, "no CONFIG_DMA_SHARED_BUFFER");
	ASSERT_EQ(0, err);
	vmsg_raw_unmap(&self->raw);
	EXPECT_TRUE(unbind(&self->raw));
	/* What is set after a reset, and nothing from before. */
	EXPECT_EQ(VIRTIO_CONFIG_S_ACKNOWLEDGE, self->raw.status);
	EXPECT_EQ(0, viewer_end(&viewer));
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
