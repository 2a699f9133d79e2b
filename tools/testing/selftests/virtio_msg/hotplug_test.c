// SPDX-License-Identifier: GPL-2.0
/* Many devices, and many buses. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"hotplug"
#define DEVICES	1000
#define FEWER	100
#define BUSES	20

static struct vmsg_raw raws[DEVICES];

FIXTURE(hotplug) {
	int fd;
};

FIXTURE_SETUP(hotplug)
{
	struct vmsg_bus bus = { .timeout_ms = 60000 };

	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(hotplug)
{
	close(self->fd);
	EXPECT_TRUE(vmsg_no_windows(BUS));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* Claim @num numbers, the last one being the last there is, and serve them. */
static int plug(int fd, unsigned int num)
{
	long added = vmsg_counter(BUS, "device_added");
	unsigned int i;

	for (i = 0; i < num; i++) {
		vmsg_raw_init(&raws[i], fd);
		raws[i].dev_num = 65536 - num + i;
	}
	for (i = 0; i < num; i++) {
		if (vmsg_raw_claim(&raws[i], raws[i].dev_num) < 0)
			return -1;
		/* Requests must not fill the inbox while nobody reads. */
		vmsg_raw_poll(raws, i + 1, 0);
	}
	return vmsg_raw_until(raws, num, vmsg_counter(BUS, "device_added") ==
			      added + num, 3 * VMSG_SOON) ? 0 : -1;
}

static void unmap(unsigned int num)
{
	while (num--)
		vmsg_raw_unmap(&raws[num]);
}

/* Devices of the bus, of so many, that have a driver. */
static unsigned int bound(unsigned int num)
{
	char path[PATH_MAX], name[32];
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < num; i++) {
		if (vmsg_info(BUS, raws[i].dev_num, "name", name, sizeof(name)))
			continue;
		snprintf(path, sizeof(path),
			 "/sys/bus/virtio/devices/%s/driver", name);
		n += !access(path, F_OK);
	}
	return n;
}

TEST_F_TIMEOUT(hotplug, thousand, 220)
{
	unsigned int num = vmsg_in_full() ? DEVICES : FEWER;
	uint64_t began = vmsg_now_ms();

	ASSERT_EQ(0, plug(self->fd, num)) {
		TH_LOG("%ld added, %ld timeouts, inbox full %ld times",
		       vmsg_counter(BUS, "device_added"),
		       vmsg_counter(BUS, "timeout"),
		       vmsg_counter(BUS, "inbox_full"));
	}
	TH_LOG("%u devices added in %llu ms", num,
	       (unsigned long long)(vmsg_now_ms() - began));
	EXPECT_EQ(num, vmsg_counter(BUS, "windows"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_failed"));
	EXPECT_EQ(num, bound(num));

	/* All at once: their mappings hold the file. */
	unmap(num);
	began = vmsg_now_ms();
	close(self->fd);
	TH_LOG("closed in %llu ms",
	       (unsigned long long)(vmsg_now_ms() - began));
	EXPECT_TRUE(vmsg_until(vmsg_counter(BUS, "device_removed") == num,
			       3 * VMSG_SOON));
	TH_LOG("%u devices removed in %llu ms", num,
	       (unsigned long long)(vmsg_now_ms() - began));
	EXPECT_TRUE(vmsg_no_windows(BUS));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	EXPECT_EQ(0, plug(self->fd, 10));
	unmap(10);
}

/* DRV-43: a device without a UUID. */
TEST_F(hotplug, no_uuid)
{
	char uuid[64] = "";

	ASSERT_EQ(0, plug(self->fd, 1));
	EXPECT_EQ(0, vmsg_info(BUS, raws[0].dev_num, "uuid", uuid,
			       sizeof(uuid)));
	EXPECT_STREQ("none", uuid);
	unmap(1);
}

/* No peer can take more memory than it is given. */
TEST_F_TIMEOUT(hotplug, limit, 100)
{
	const char *max = VMSG_CLASS "/" BUS "/max_devices";

	EXPECT_EQ(4096, vmsg_file_number(max));
	EXPECT_EQ(-EINVAL, vmsg_file_write(max, "65537"));
	ASSERT_EQ(0, vmsg_file_write(max, "10"));
	ASSERT_EQ(0, plug(self->fd, 10));
	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	EXPECT_EQ(0, vmsg_counter_least(BUS, "device_limit", 1));
	EXPECT_EQ(10, vmsg_counter(BUS, "device_added"));
	/* Once there is room, it is found. */
	ASSERT_EQ(0, vmsg_release(self->fd, 1));
	ASSERT_EQ(0, vmsg_file_write(max, "11"));
	vmsg_raw_init(&raws[10], self->fd);
	ASSERT_EQ(1, vmsg_raw_claim(&raws[10], 1));
	EXPECT_TRUE(vmsg_raw_until(raws, 11,
				   vmsg_counter(BUS, "device_added") == 11,
				   VMSG_SOON));
	unmap(11);
}

/* Numbers that are released and claimed again without a pause. */
TEST_F_TIMEOUT(hotplug, churn, 100)
{
	int i;

	ASSERT_EQ(0, plug(self->fd, 8));
	for (i = 0; i < 200; i++) {
		struct vmsg_raw *raw = &raws[i % 8];

		vmsg_raw_reset(raw);
		ASSERT_EQ(0, vmsg_release(self->fd, raw->dev_num));
		ASSERT_LE(0, vmsg_raw_claim(raw, raw->dev_num));
		vmsg_raw_poll(raws, 8, 0);
	}
	/* The last word of each was that it is there. */
	EXPECT_TRUE(vmsg_raw_until(raws, 8,
				   vmsg_counter(BUS, "windows") == 8 &&
				   vmsg_counter(BUS, "device_added") -
				   vmsg_counter(BUS, "device_removed") == 8,
				   VMSG_SOON));
	unmap(8);
}

/* A bus goes while its devices are at work. */
TEST_F_TIMEOUT(hotplug, bus_removed, 100)
{
	struct vmsg_bus bus = { .timeout_ms = 60000 };
	uint64_t began;
	int status;
	pid_t pid;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, plug(self->fd, 16));
		began = vmsg_now_ms();
		pid = fork();
		if (!pid)
			_exit(-vmsg_bus_destroy(BUS));
		/* The server goes on until it is told. */
		while (waitpid(pid, &status, WNOHANG) != pid)
			if (vmsg_raw_poll(raws, 16, 5) == -ENODEV)
				vmsg_nap();
		ASSERT_EQ(0, status);
		EXPECT_GT(VMSG_SOON, vmsg_now_ms() - began);
		unmap(16);
		close(self->fd);
		ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
		self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
		ASSERT_LE(0, self->fd);
	}
}

TEST_F_TIMEOUT(hotplug, buses, 300)
{
	uint64_t began = vmsg_now_ms();
	int fds[BUSES];
	char name[16];
	int i, round;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < BUSES; i++) {
			snprintf(name, sizeof(name), "many%d", i);
			ASSERT_EQ(0, vmsg_bus_create(name, NULL));
			EXPECT_EQ(-EEXIST, vmsg_bus_create(name, NULL));
			fds[i] = vmsg_bus_open(name, O_NONBLOCK);
			ASSERT_LE(0, fds[i]);
			/* The same number on each of them. */
			ASSERT_EQ(1, vmsg_claim(fds[i], 1, 1));
		}
		for (i = 0; i < BUSES; i++) {
			snprintf(name, sizeof(name), "many%d", i);
			if (i % 2)
				close(fds[i]);
			ASSERT_EQ(0, vmsg_bus_destroy(name));
			if (!(i % 2))
				close(fds[i]);
		}
	}
	TH_LOG("%d buses came and went in %llu ms", 3 * BUSES,
	       (unsigned long long)(vmsg_now_ms() - began));
}

/* What cannot be a bus. */
TEST_F(hotplug, bad_buses)
{
	struct vmsg_bus bus = { .max_msg_size = 51 };

	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	bus.max_msg_size = 4097;
	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	bus.max_msg_size = 0xffffffff;
	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	bus.max_msg_size = 0;
	bus.timeout_ms = 600001;
	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	bus.timeout_ms = 0xffffffff;
	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	bus.timeout_ms = 0;
	bus.max_msg_size = 47;
	bus.dialect = "pr28";
	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	bus.max_msg_size = 48;
	EXPECT_EQ(0, vmsg_bus_create("good", &bus));
	EXPECT_EQ(0, vmsg_bus_destroy("good"));
	bus.max_msg_size = 4096;
	EXPECT_EQ(0, vmsg_bus_create("good", &bus));
	/* What is live cannot be changed, and a name exists once. */
	EXPECT_EQ(-EBUSY, vmsg_file_write(VMSG_CONFIGFS "/good/max_msg_size",
					  "100"));
	EXPECT_EQ(-EBUSY, vmsg_file_write(VMSG_CONFIGFS "/good/dialect",
					  "d26"));
	EXPECT_EQ(-EBUSY, vmsg_file_write(VMSG_CONFIGFS "/good/doorbell", "0"));
	EXPECT_EQ(0, vmsg_file_write(VMSG_CONFIGFS "/good/live", "0"));
	EXPECT_EQ(0, vmsg_file_write(VMSG_CONFIGFS "/good/live", "0"));
	EXPECT_EQ(0, vmsg_file_write(VMSG_CONFIGFS "/good/live", "1"));
	EXPECT_EQ(0, vmsg_file_write(VMSG_CONFIGFS "/good/live", "1"));
	EXPECT_EQ(0, vmsg_bus_destroy("good"));
	bus.dialect = "klingon";
	EXPECT_EQ(-EINVAL, vmsg_bus_create("bad", &bus));
	EXPECT_EQ(-1, mkdir(VMSG_CONFIGFS "/0123456789012345678901234567890123",
			    0755));
	EXPECT_EQ(ENAMETOOLONG, errno);
}

TEST_HARNESS_MAIN
