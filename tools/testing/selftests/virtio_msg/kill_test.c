// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that serve a device and are killed, at any moment: the device
 * vanishes, whoever waits for it gets an error, its number is free again, and
 * nothing of it is left.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"kill"
#define DEV	1
#define ROUNDS	50
#define FEWER	20

FIXTURE(killed) {
	pid_t reader;
};

FIXTURE_VARIANT(killed) {
	bool no_doorbell;
	bool reader;
	unsigned int most_us;
};

FIXTURE_VARIANT_ADD(killed, probe) {
	.most_us = 50000,
};

FIXTURE_VARIANT_ADD(killed, probe_messages) {
	.most_us = 20000,
	.no_doorbell = true,
};

FIXTURE_VARIANT_ADD(killed, reading) {
	.most_us = 50000,
	.reader = true,
};

FIXTURE_SETUP(killed)
{
	struct vmsg_bus bus = { .no_doorbell = variant->no_doorbell };

	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	if (variant->reader)
		self->reader = vmsg_start_reader(-1);
}

FIXTURE_TEARDOWN(killed)
{
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
	if (self->reader) {
		kill(self->reader, SIGKILL);
		waitpid(self->reader, NULL, 0);
	}
}

static pid_t start_server(void)
{
	pid_t pid = fork();
	struct vmsg_raw raw;

	if (pid)
		return pid;
	vmsg_raw_init(&raw, vmsg_bus_open(BUS, O_NONBLOCK));
	if (raw.fd < 0 || vmsg_raw_claim(&raw, DEV) != DEV)
		_exit(1);
	for (;;)
		vmsg_raw_poll(&raw, 1, 1000);
}

/* The first task that waits and cannot be woken; none: "". */
static const char *stuck_task(void)
{
	static char found[256];
	char path[64], stat[256];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char *state;

	found[0] = '\0';
	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/stat",
			 entry->d_name);
		if (vmsg_file_read(path, stat, sizeof(stat)) <= 0)
			continue;
		state = strrchr(stat, ')');
		if (state && state[1] && state[2] == 'D')
			snprintf(found, sizeof(found), "%s", stat);
	}
	if (proc)
		closedir(proc);
	return found;
}

static bool nothing_stuck(void)
{
	return !*stuck_task();
}

static bool all_removed(void)
{
	return !vmsg_counter(BUS, "claims") && vmsg_no_windows(BUS) &&
	       vmsg_counter(BUS, "device_added") ==
	       vmsg_counter(BUS, "device_removed");
}

TEST_F_TIMEOUT(killed, at_any_moment, 200)
{
	struct timespec delay = {};
	uint64_t began, took, worst = 0;
	int i, rounds, status, fd;
	pid_t pid;

	srand(time(NULL));
	rounds = vmsg_in_full() ? ROUNDS : FEWER;
	for (i = 0; i < rounds; i++) {
		pid = start_server();
		ASSERT_LT(0, pid);
		delay.tv_nsec = rand() % variant->most_us * 1000L;
		nanosleep(&delay, NULL);
		began = vmsg_now_ms();
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
		ASSERT_TRUE(vmsg_until(all_removed(), VMSG_SOON)) {
			TH_LOG("round %d, after %ld us", i,
			       delay.tv_nsec / 1000);
			TH_LOG("claims %ld added %ld removed %ld",
			       vmsg_counter(BUS, "claims"),
			       vmsg_counter(BUS, "device_added"),
			       vmsg_counter(BUS, "device_removed"));
			TH_LOG("windows %ld quarantined %ld",
			       vmsg_counter(BUS, "windows"),
			       vmsg_counter(BUS, "quarantined"));
		}
		took = vmsg_now_ms() - began;
		if (took > worst)
			worst = took;
	}
	TH_LOG("%ld devices came and went, the slowest in %llu ms",
	       vmsg_counter(BUS, "device_added"), (unsigned long long)worst);
	/* Gone at once, and not after the time that an answer may take. */
	EXPECT_GT(VMSG_TIMEOUT_MS * (vmsg_is_debug() ? 2 : 1), worst);
	EXPECT_EQ(0, vmsg_counter(BUS, "timeout"));
	EXPECT_TRUE(vmsg_until(nothing_stuck(), VMSG_SOON))
		TH_LOG("stuck: %s", stuck_task());
	fd = vmsg_bus_open(BUS, 0);
	EXPECT_EQ(DEV, vmsg_claim(fd, DEV, 1));
	close(fd);
}

TEST_HARNESS_MAIN
