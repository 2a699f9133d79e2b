// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail, one after the other: whatever was asked for then
 * fails or succeeds as a whole, and succeeds once memory is back.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS		"fault"
#define DEV		1
#define DEBUGFS		"/sys/kernel/debug/"
#define FAILSLAB	DEBUGFS "failslab/"
/* More allocations than any call makes. */
#define MOST		1000
/* After the first ones most are for files of sysfs, and alike: some of them. */
#define EACH		100
#define STRIDE		3

/* A task that has set fail-nth needs no probability, nor should it be logged. */
static void be_quiet(void)
{
	static const char * const files[] = {
		"failslab/", "fail_page_alloc/", "fail_usercopy/",
		"fail_futex/", "fail_make_request/", "fail_io_timeout/",
	};
	char path[PATH_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%sverbose", files[i]);
		vmsg_file_write(path, "0");
		snprintf(path, sizeof(path), DEBUGFS "%signore-gfp-wait",
			 files[i]);
		vmsg_file_write(path, "N");
		snprintf(path, sizeof(path), DEBUGFS "%smin-order", files[i]);
		vmsg_file_write(path, "0");
	}
}

FIXTURE(fault) {
	int fail_nth;
};

FIXTURE_SETUP(fault)
{
	char path[64];

	if (access(FAILSLAB, F_OK))
		SKIP(return, "this kernel has no fault injection");
	be_quiet();
	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth",
		 gettid());
	self->fail_nth = open(path, O_RDWR);
	ASSERT_LE(0, self->fail_nth);
	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
}

FIXTURE_TEARDOWN(fault)
{
	if (access(FAILSLAB, F_OK))
		return;
	EXPECT_TRUE(vmsg_no_windows(BUS));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* What user space says here may fail as well, but only once. */
static void fail_at(int fail_nth, int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	while (pwrite(fail_nth, text, strlen(text), 0) < 0)
		if (errno != EFAULT)
			abort();
}

/* True if the failure that was asked for has happened; none is due then. */
static bool failed(int fail_nth)
{
	char text[16] = "";
	ssize_t n;

	n = pread(fail_nth, text, sizeof(text) - 1, 0);
	if (n < 0 && errno != EFAULT)
		abort();
	fail_at(fail_nth, 0);
	return n > 0 && atoi(text) == 0;
}

/*
 * Run @call, whose result is an int, with its first, second ... allocation
 * failing, until none is left to fail. It either succeeds or says why not;
 * @undo follows a success.
 */
#define sweep(call, undo)						\
({									\
	int _n, _result, _failures = 0;					\
	bool _hit = true;						\
									\
	for (_n = 1; _hit && _n < MOST; _n += _n < EACH ? 1 : STRIDE) {	\
		fail_at(self->fail_nth, _n);				\
		_result = (call);					\
		_hit = failed(self->fail_nth);				\
		if (_result >= 0) {					\
			undo;						\
		} else {						\
			_failures++;					\
			EXPECT_TRUE(_hit)				\
				TH_LOG("%d: %d", _n, _result);		\
		}							\
	}								\
	EXPECT_GT(MOST, _n);						\
	TH_LOG("about %d places, %d failures", _n, _failures);		\
})

TEST_F_TIMEOUT(fault, open_close, 100)
{
	int fd;

	sweep(fd = vmsg_bus_open(BUS, 0), close(fd));
}

static int create_and_go_live(void)
{
	int err = 0;

	if (mkdir(VMSG_CONFIGFS "/fault2", 0755))
		return -errno;
	err = vmsg_file_write(VMSG_CONFIGFS "/fault2/live", "1");
	if (err)
		rmdir(VMSG_CONFIGFS "/fault2");
	return err;
}

TEST_F_TIMEOUT(fault, bus, 200)
{
	sweep(create_and_go_live(), vmsg_bus_destroy("fault2"));
	ASSERT_EQ(0, create_and_go_live());
	ASSERT_EQ(0, vmsg_bus_destroy("fault2"));
}

TEST_F_TIMEOUT(fault, claim, 200)
{
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);

	ASSERT_LE(0, fd);
	sweep(vmsg_claim(fd, DEV, 4), vmsg_release(fd, DEV));
	sweep(vmsg_claim(fd, VIRTIO_MSG_DEV_ANY, 1024), (void)0);
	close(fd);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
}

TEST_F_TIMEOUT(fault, eventfd, 200)
{
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);
	int event = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, fd);
	ASSERT_EQ(DEV, vmsg_claim(fd, DEV, 1));
	sweep(vmsg_eventfd(fd, DEV, 0, event, event), (void)0);
	close(fd);
	close(event);
}

/* Until the driver is done with the device, for better or worse. */
static bool settled(struct vmsg_raw *raw, long failures)
{
	return raw->requests ||
	       raw->status & 0x80 ||
	       vmsg_counter(BUS, "device_failed") > failures;
}

TEST_F_TIMEOUT(fault, window, 200)
{
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);
	struct virtio_msg_user_window win;
	struct vmsg_raw raw;
	void *map;

	ASSERT_LE(0, fd);
	vmsg_raw_init(&raw, fd);
	ASSERT_EQ(DEV, vmsg_raw_claim(&raw, DEV));
	ASSERT_TRUE(vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON));
	vmsg_raw_unmap(&raw);
	sweep(vmsg_window(fd, DEV, le64toh(raw.vq.desc_addr), &win), (void)0);
	ASSERT_EQ(0, vmsg_window(fd, DEV, le64toh(raw.vq.desc_addr), &win));
	sweep((map = mmap(NULL, win.size, PROT_READ, MAP_SHARED, fd,
			  win.offset)) == MAP_FAILED ? -errno : 0,
	      munmap(map, win.size));
	close(fd);
}

/*
 * The driver's probe, by a bind from this task, while a child serves. Binding
 * takes locks of others whose allocations fail as well, so that its result is
 * not looked at.
 */
TEST_F_TIMEOUT(fault, bind, 230)
{
	const char *driver = "/sys/bus/virtio/drivers/virtio_rng";
	char bind[128], unbind[128], name[32];
	struct vmsg_raw raw;
	int n, failures = 0;
	bool hit = true;
	pid_t pid;

	if (access(driver, F_OK))
		SKIP(return, "no virtio_rng");
	pid = fork();
	if (!pid) {
		vmsg_raw_init(&raw, vmsg_bus_open(BUS, O_NONBLOCK));
		if (vmsg_raw_claim(&raw, DEV) != DEV)
			_exit(1);
		for (;;)
			vmsg_raw_poll(&raw, 1, 1000);
	}
	ASSERT_LT(0, pid);
	ASSERT_TRUE(vmsg_until(!vmsg_info(BUS, DEV, "name", name,
					  sizeof(name)), VMSG_SOON));
	snprintf(bind, sizeof(bind), "%s/bind", driver);
	snprintf(unbind, sizeof(unbind), "%s/unbind", driver);
	ASSERT_EQ(0, vmsg_file_write(unbind, name));
	for (n = 1; hit && n < MOST; n++) {
		fail_at(self->fail_nth, n);
		if (vmsg_file_write(bind, name))
			failures++;
		hit = failed(self->fail_nth);
		vmsg_file_write(unbind, name);
		ASSERT_EQ(0, vmsg_counter_wait(BUS, "windows", 0));
	}
	TH_LOG("%d places, %d failures", n - 2, failures);
	EXPECT_GT(MOST, n);
	EXPECT_LT(0, failures);
	EXPECT_EQ(0, vmsg_file_write(bind, name));
	EXPECT_EQ(1, vmsg_counter(BUS, "windows"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
}

/*
 * Have allocations fail in the kernel's workers only: elsewhere, a failure would
 * be that of somebody who complains, such as who makes a stack.
 */
static void fail_workers(void)
{
	char path[64], comm[32];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	ssize_t n;
	int fd;

	while (proc && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		n = read(fd, comm, sizeof(comm));
		close(fd);
		if (n < 8 || memcmp(comm, "kworker/", 8))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/make-it-fail",
			 entry->d_name);
		vmsg_file_write(path, "1");
	}
	if (proc)
		closedir(proc);
}

/* In the works that probe devices: there, failures come at random. */
TEST_F_TIMEOUT(fault, probe, 230)
{
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);
	struct vmsg_raw raw;
	int i, good = 0;
	long failures;

	ASSERT_LE(0, fd);
	fail_workers();
	vmsg_file_write(FAILSLAB "task-filter", "1");
	for (i = 0; i < 40; i++) {
		vmsg_raw_init(&raw, fd);
		failures = vmsg_counter(BUS, "device_failed");
		vmsg_file_write(FAILSLAB "probability", i % 2 ? "3" : "10");
		vmsg_file_write(FAILSLAB "times", "20");
		if (vmsg_raw_claim(&raw, DEV) == DEV)
			good += vmsg_raw_until(&raw, 1,
					       settled(&raw, failures), 300) &&
				raw.requests;
		vmsg_file_write(FAILSLAB "probability", "0");
		vmsg_file_write(FAILSLAB "times", "1");
		vmsg_raw_unmap(&raw);
		vmsg_release(fd, DEV);
	}
	TH_LOG("%d of %d probes succeeded", good, i);
	vmsg_raw_init(&raw, fd);
	ASSERT_EQ(DEV, vmsg_raw_claim(&raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON));
	vmsg_raw_unmap(&raw);
	close(fd);
}

TEST_HARNESS_MAIN
