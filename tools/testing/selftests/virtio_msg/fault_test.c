// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail, one after the other: whatever was asked for then
 * fails or succeeds as a whole, and succeeds once memory is back.
 *
 * Counted is all that a task allocates, be it in functions of the kernel that
 * ours call. What works do is not done by a task of ours: there, each worker of
 * the kernel counts. To try each of some hundred places takes minutes, so that a
 * run tries one in PART and the next one others; with VMSG_FAULT=all in the
 * environment, as the kernel's command line can have it, each of them.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS		"fault"
#define DEV		1
#define DEBUGFS		"/sys/kernel/debug/"
#define FAILSLAB	DEBUGFS "failslab/"
/* More allocations than any call makes. */
#define MOST		4000
/* Each of the first ones, and then one in so many. */
#define EACH		32
#define PART		8
/* Workers that the kernel may have: a thousand devices at once leave hundreds. */
#define WORKERS		2048
/* A worker that has just come does not count: ask so often. */
#define PATIENCE	4
/* But look so far in any case. */
#define FEWEST		200

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

/* How far it is from one place to the next, after the first ones. */
static int step_of_run(void)
{
	const char *which = getenv("VMSG_FAULT");

	return which && !strcmp(which, "all") ? 1 : PART;
}

/* Where the steps begin changes from run to run. */
static int next_place(int n, int step)
{
	if (n < EACH)
		return n + 1;
	return n == EACH ? EACH + 1 + time(NULL) % step : n + step;
}

/* The last place of all lies between the last one that was tried and @n. */
static int all_places(int n, int tried, int step)
{
	return n > EACH ? n - step : tried;
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

/*
 * What user space says here may fail as well, but only once. A worker may have
 * gone.
 */
static void fail_at(int fail_nth, int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	while (pwrite(fail_nth, text, strlen(text), 0) < 0 && errno != ESRCH)
		if (errno != EFAULT)
			abort();
}

/* True if the failure that was asked for has happened; none is due then. */
static bool failed(int fail_nth)
{
	char text[16] = "";
	ssize_t n;

	n = pread(fail_nth, text, sizeof(text) - 1, 0);
	if (n < 0 && errno != EFAULT && errno != ESRCH)
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
	int _n, _step = step_of_run(), _result, _failures = 0, _tried = 0; \
	bool _hit = true;						\
									\
	for (_n = 1; _hit && _n < MOST; _n = next_place(_n, _step)) {	\
		fail_at(self->fail_nth, _n);				\
		_result = (call);					\
		_hit = failed(self->fail_nth);				\
		_tried += _hit;						\
		if (_result >= 0) {					\
			undo;						\
		} else {						\
			_failures++;					\
			EXPECT_TRUE(_hit)				\
				TH_LOG("%d: %d", _n, _result);		\
		}							\
	}								\
	EXPECT_GT(MOST, _n);						\
	TH_LOG("%d of about %d places, %d failures", _tried,		\
	       all_places(_n, _tried, _step), _failures);		\
})

TEST_F_TIMEOUT(fault, open_close, 1800)
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

TEST_F_TIMEOUT(fault, bus, 1800)
{
	sweep(create_and_go_live(), vmsg_bus_destroy("fault2"));
	ASSERT_EQ(0, create_and_go_live());
	ASSERT_EQ(0, vmsg_bus_destroy("fault2"));
}

/* A bus that goes needs memory, perhaps, but goes without. */
TEST_F_TIMEOUT(fault, bus_goes, 1800)
{
	int n, step = step_of_run(), tried = 0;
	bool hit = true;

	for (n = 1; hit && n < MOST; n = next_place(n, step)) {
		ASSERT_EQ(0, create_and_go_live());
		fail_at(self->fail_nth, n);
		rmdir(VMSG_CONFIGFS "/fault2");
		hit = failed(self->fail_nth);
		tried += hit;
		if (!access(VMSG_CONFIGFS "/fault2", F_OK))
			ASSERT_EQ(0, vmsg_bus_destroy("fault2"));
	}
	TH_LOG("%d of about %d places, %d failures", tried,
	       all_places(n, tried, step), 0);
}

/* A release always succeeds. */
static int claimed_released(int fd)
{
	return vmsg_claim(fd, DEV, 4) < 0 ? 0 : vmsg_release(fd, DEV);
}

TEST_F_TIMEOUT(fault, claim, 1800)
{
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);

	ASSERT_LE(0, fd);
	sweep(vmsg_claim(fd, DEV, 4), vmsg_release(fd, DEV));
	sweep(vmsg_claim(fd, VIRTIO_MSG_DEV_ANY, 1024), (void)0);
	sweep(claimed_released(fd), (void)0);
	close(fd);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
}

TEST_F_TIMEOUT(fault, eventfd, 1800)
{
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);
	int event = eventfd(0, EFD_NONBLOCK);

	ASSERT_LE(0, fd);
	ASSERT_EQ(DEV, vmsg_claim(fd, DEV, 1));
	sweep(vmsg_eventfd(fd, DEV, 0, event, event), (void)0);
	close(fd);
	close(event);
}

TEST_F_TIMEOUT(fault, window, 1800)
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
TEST_F_TIMEOUT(fault, bind, 1800)
{
	const char *driver = "/sys/bus/virtio/drivers/virtio_rng";
	char bind[128], unbind[128], name[32];
	struct vmsg_raw raw;
	int n, step = step_of_run(), tried = 0, failures = 0;
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
	for (n = 1; hit && n < MOST; n = next_place(n, step)) {
		fail_at(self->fail_nth, n);
		if (vmsg_file_write(bind, name))
			failures++;
		hit = failed(self->fail_nth);
		fail_at(self->fail_nth, n);
		vmsg_file_write(unbind, name);
		hit |= failed(self->fail_nth);
		tried += hit;
		vmsg_file_write(unbind, name);
		ASSERT_EQ(0, vmsg_counter_wait(BUS, "windows", 0));
	}
	TH_LOG("%d of about %d places, %d failures", tried,
	       all_places(n, tried, step), failures);
	EXPECT_GT(MOST, n);
	EXPECT_LT(0, failures);
	EXPECT_EQ(0, vmsg_file_write(bind, name));
	EXPECT_EQ(1, vmsg_counter(BUS, "windows"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
}

/* Workers of the kernel */

static int workers[WORKERS];
static int num_workers;

/* False if there are more than can be held open. */
static bool find_workers(void)
{
	char path[64], comm[32];
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	num_workers = 0;
	while (proc && num_workers < WORKERS && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		if (vmsg_file_read(path, comm, sizeof(comm)) < 8 ||
		    memcmp(comm, "kworker/", 8) || comm[8] == 'R')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/fail-nth",
			 entry->d_name);
		workers[num_workers] = open(path, O_RDWR | O_CLOEXEC);
		if (workers[num_workers] < 0 && errno == EMFILE)
			break;
		num_workers += workers[num_workers] >= 0;
	}
	if (proc)
		closedir(proc);
	return proc && !entry;
}

/* The @n-th allocation of each of them fails, counted from now on. */
static bool arm_workers(int n)
{
	bool all = find_workers();
	int i;

	for (i = 0; i < num_workers; i++)
		fail_at(workers[i], n);
	return all;
}

/* How many have seen a failure. */
static int hit_workers(void)
{
	char text[16];
	int i, hits = 0;
	ssize_t n;

	for (i = 0; i < num_workers; i++) {
		memset(text, 0, sizeof(text));
		n = pread(workers[i], text, sizeof(text) - 1, 0);
		hits += n > 0 && !atoi(text);
	}
	return hits;
}

static int disarm_workers(void)
{
	int i, hits = 0;

	for (i = 0; i < num_workers; i++) {
		hits += failed(workers[i]);
		close(workers[i]);
	}
	num_workers = 0;
	return hits;
}

static bool is_gone(void)
{
	return vmsg_until(vmsg_counter(BUS, "device_added") ==
			  vmsg_counter(BUS, "device_removed"), VMSG_SOON) &&
	       vmsg_no_windows(BUS);
}

/*
 * A device is created, probed, used and removed by works. Released as soon as
 * something has failed, it goes in whatever state it is; else it is used first.
 */
TEST_F_TIMEOUT(fault, works, 1800)
{
	const struct rlimit files = { 2 * WORKERS, 2 * WORKERS };
	int fd = vmsg_bus_open(BUS, O_NONBLOCK);
	int n, step = step_of_run(), quiet = 0, failures = 0, used = 0;
	int last = 0, tried = 0, most = 0;
	struct vmsg_raw raw;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	/* A worker that has just begun is not armed, so that some see nothing. */
	for (n = 1; (quiet < PATIENCE || n < FEWEST) && n < MOST;
	     n = next_place(n, step)) {
		vmsg_raw_init(&raw, fd);
		ASSERT_TRUE(arm_workers(n));
		most = num_workers > most ? num_workers : most;
		ASSERT_EQ(DEV, vmsg_raw_claim(&raw, DEV));
		EXPECT_TRUE(vmsg_raw_until(&raw, 1, raw.requests ||
					   hit_workers(), VMSG_SOON));
		used += !!raw.requests;
		vmsg_raw_unmap(&raw);
		ASSERT_EQ(0, vmsg_release(fd, DEV));
		EXPECT_TRUE(is_gone());
		quiet = hit_workers() ? 0 : quiet + 1;
		last = quiet ? last : n;
		tried += !quiet;
		failures += disarm_workers();
	}
	TH_LOG("%d of about %d places, %d failures, %d used, %d workers", tried,
	       last, failures, used, most);
	EXPECT_GT(MOST, n);
	EXPECT_LT(EACH, last);
	vmsg_raw_init(&raw, fd);
	ASSERT_EQ(DEV, vmsg_raw_claim(&raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON));
	vmsg_raw_unmap(&raw);
	close(fd);
}

TEST_HARNESS_MAIN
