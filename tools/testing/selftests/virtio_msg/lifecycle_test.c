// SPDX-License-Identifier: GPL-2.0
/* What a driver says to a device from the first message to the last. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <linux/virtio_config.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"life"
#define DEV	2

#define ACK		VIRTIO_CONFIG_S_ACKNOWLEDGE
#define DRIVER		(ACK | VIRTIO_CONFIG_S_DRIVER)
#define FEATURES_OK	(DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define DRIVER_OK	(FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)
#define SET_STATUS(x)	(VIRTIO_MSG_SET_DEVICE_STATUS | (x) << 8)

FIXTURE(life) {
	int fd;
	struct vmsg_raw raw;
};

FIXTURE_SETUP(life)
{
	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	vmsg_raw_init(&self->raw, self->fd);
}

FIXTURE_TEARDOWN(life)
{
	vmsg_raw_unmap(&self->raw);
	close(self->fd);
	EXPECT_TRUE(vmsg_no_windows(BUS));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* Where @entry is in the log, at @from or later; -1 if it is not. */
static int logged(struct vmsg_raw *raw, unsigned int entry, int from)
{
	unsigned int i;

	for (i = from; i < raw->num_log; i++)
		if (raw->log[i] == entry)
			return i;
	return -1;
}

static void dump(struct vmsg_raw *raw)
{
	unsigned int i;

	for (i = 0; i < raw->num_log; i++)
		printf("# log %u: %#x\n", i, raw->log[i]);
}

/* A read of the device's data by a child, so that this process can serve. */
static pid_t read_hwrng(int result)
{
	char buf[16];
	pid_t pid = fork();
	ssize_t n;
	int fd;

	if (pid)
		return pid;
	fd = open("/dev/hwrng", O_RDONLY);
	n = read(fd, buf, sizeof(buf));
	if (write(result, buf, n > 0 ? n : 0) < 0)
		_exit(1);
	_exit(n > 0 ? 0 : 1);
}

static bool exited(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

TEST_F(life, sequence)
{
	static const unsigned int order[] = {
		VIRTIO_MSG_GET_DEVICE_INFO,
		VIRTIO_MSG_GET_DEVICE_FEATURES,
		SET_STATUS(0),
		SET_STATUS(ACK),
		SET_STATUS(DRIVER),
		VIRTIO_MSG_SET_DRIVER_FEATURES,
		SET_STATUS(FEATURES_OK),
		VIRTIO_MSG_GET_VQUEUE,
		VIRTIO_MSG_SET_VQUEUE,
		VIRTIO_MSG_GET_VQUEUE,
		SET_STATUS(DRIVER_OK),
		VIRTIO_MSG_EVENT_AVAIL,
	};
	struct vmsg_raw *raw = &self->raw;
	unsigned int i;
	int at = -1;

	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
	EXPECT_EQ(VIRTIO_MSG_GET_DEVICE_INFO, raw->log[0]);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		at = logged(raw, order[i], at + 1);
		ASSERT_LE(0, at) {
			TH_LOG("%#x is not where it should be", order[i]);
			dump(raw);
		}
	}
	EXPECT_EQ(DRIVER_OK, raw->status);
	EXPECT_EQ(1ULL << VIRTIO_F_VERSION_1, raw->driver_features);
	EXPECT_EQ(VMSG_RAW_QUEUE_SIZE, le32toh(raw->vq.cur_size));
	EXPECT_TRUE(vmsg_raw_until(raw, 1, vmsg_counter(BUS, "device_added"),
				   VMSG_SOON));
}

/* What the device gives is what user space reads. */
TEST_F(life, reading)
{
	struct vmsg_raw *raw = &self->raw;
	char name[32], current[64];
	unsigned char buf[16];
	int pipes[2];
	int status;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
	ASSERT_TRUE(vmsg_raw_until(raw, 1,
				   !vmsg_info(BUS, DEV, "name", name,
					      sizeof(name)), VMSG_SOON));
	vmsg_file_read("/sys/class/misc/hw_random/rng_current", current,
		       sizeof(current));
	if (strncmp(current, "virtio_rng", 10))
		SKIP(return, "another source is in use: %s", current);
	pid = read_hwrng(pipes[1]);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(vmsg_raw_until(raw, 1, exited(pid, &status), VMSG_SOON));
	EXPECT_EQ(0, status);
	ASSERT_LT(0, read(pipes[0], buf, sizeof(buf)));
	EXPECT_GE(buf[0], 0xa5);
	EXPECT_EQ(buf[0], buf[7]);
	EXPECT_EQ(0, vmsg_info(BUS, DEV, "state", name, sizeof(name)));
	EXPECT_STREQ("alive", name);
}

/* The driver lets go of the device, and takes it again. */
TEST_F(life, rebind)
{
	const char *driver = "/sys/bus/virtio/drivers/virtio_rng";
	struct vmsg_raw *raw = &self->raw;
	char path[128], name[32];
	int i, status;
	pid_t pid;

	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
	ASSERT_TRUE(vmsg_raw_until(raw, 1,
				   !vmsg_info(BUS, DEV, "name", name,
					      sizeof(name)), VMSG_SOON));
	for (i = 0; i < 10; i++) {
		raw->num_log = 0;
		raw->requests = 0;
		pid = fork();
		if (!pid) {
			snprintf(path, sizeof(path), "%s/unbind", driver);
			status = vmsg_file_write(path, name);
			snprintf(path, sizeof(path), "%s/bind", driver);
			_exit(status || vmsg_file_write(path, name));
		}
		ASSERT_TRUE(vmsg_raw_until(raw, 1, exited(pid, &status),
					   VMSG_SOON));
		ASSERT_EQ(0, status);
		ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
		ASSERT_LE(0, logged(raw, SET_STATUS(0), 0));
		ASSERT_LE(0, logged(raw, SET_STATUS(DRIVER_OK), 0));
		ASSERT_EQ(1, vmsg_counter(BUS, "windows"));
	}
}

/* After a release in good order, the last word is a reset or nothing. */
TEST_F(life, release)
{
	struct vmsg_raw *raw = &self->raw;
	int i;

	for (i = 0; i < 10; i++) {
		raw->requests = 0;
		vmsg_raw_reset(raw);
		ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
		ASSERT_TRUE(vmsg_raw_until(raw, 1,
					   vmsg_counter(BUS, "device_added") > i,
					   VMSG_SOON));
		ASSERT_EQ(0, vmsg_release(self->fd, DEV));
	}
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "device_removed", 10));
	EXPECT_EQ(10, vmsg_counter(BUS, "device_added"));
	EXPECT_EQ(0, vmsg_counter(BUS, "claims"));
}

/* A bus that goes resets the devices that still answer. */
TEST_F(life, bus_removed)
{
	struct vmsg_raw *raw = &self->raw;
	uint64_t began = vmsg_now_ms();

	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
	ASSERT_EQ(0, vmsg_bus_destroy(BUS));
	EXPECT_GT(VMSG_SOON, vmsg_now_ms() - began);
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
}

TEST_HARNESS_MAIN
