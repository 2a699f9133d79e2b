// SPDX-License-Identifier: GPL-2.0
/*
 * Sends that fail, and sends that find no room, one after the other: of all that
 * are made while a bus comes and goes, and a device is claimed, probed, used and
 * released. Whatever is lost by that, the next device works.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/virtio_config.h>
#include <kselftest.h>

#include "vmsg_raw.h"

#define BUS	"send"
#define DEV	1
/* For how long a device waits for what was lost. */
#define TIMEOUT	2000
/* More sends than there are in one life. */
#define MOST	200

static int fd;
static struct vmsg_raw raw;

static void arm(const char *fault, int skip)
{
	vmsg_lab_set(BUS, fault, "count", 0);
	vmsg_lab_set(BUS, fault, "skip", skip);
	vmsg_lab_set(BUS, fault, "times", 1);
	vmsg_lab_set(BUS, fault, "rate", 1000);
}

static bool disarm(const char *fault)
{
	vmsg_lab_set(BUS, fault, "rate", 0);
	return vmsg_lab_count(BUS, fault) > 0;
}

static bool settled(long failed)
{
	return raw.requests || raw.status & VIRTIO_CONFIG_S_FAILED ||
	       vmsg_counter(BUS, "device_failed") > failed;
}

static bool is_gone(int ms)
{
	return vmsg_until(vmsg_counter(BUS, "device_added") ==
			  vmsg_counter(BUS, "device_removed") &&
			  !vmsg_counter(BUS, "windows") &&
			  !vmsg_counter(BUS, "quarantined"), ms);
}

/* One life. A device that nobody hears of is given up after some time. */
static void live(const char *fault, bool harmless)
{
	long failed = vmsg_counter(BUS, "device_failed");
	uint64_t end = vmsg_now_ms() + VMSG_SOON;
	uint64_t struck = 0;

	vmsg_bus_timeout(BUS, harmless ? VMSG_SOON : TIMEOUT);
	vmsg_raw_init(&raw, fd);
	if (vmsg_raw_claim(&raw, DEV) != DEV)
		return;
	while (!settled(failed) && vmsg_now_ms() < end) {
		vmsg_raw_poll(&raw, 1, 5);
		if (!struck && vmsg_lab_count(BUS, fault) > 0)
			struck = vmsg_now_ms();
		if (struck && vmsg_now_ms() >
		    struck + (harmless ? VMSG_SOON : 2 * TIMEOUT))
			break;
	}
}

static void leave(void)
{
	vmsg_release(fd, DEV);
	vmsg_raw_unmap(&raw);
}

/* If nobody heard that it left, that is said once more by the next one. */
static bool next_works(void)
{
	bool works;

	vmsg_bus_timeout(BUS, VMSG_SOON);
	if (!is_gone(TIMEOUT)) {
		vmsg_claim(fd, DEV, 1);
		vmsg_release(fd, DEV);
		if (!is_gone(VMSG_SOON))
			return false;
	}
	vmsg_raw_init(&raw, fd);
	works = vmsg_raw_claim(&raw, DEV) == DEV &&
		vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON);
	leave();
	return works && is_gone(VMSG_SOON);
}

/* @harmless: it is only later, so that every device is used. */
static void each_send(const char *fault, bool harmless)
{
	int n, bad = 0, unused = 0;
	bool hit = true;

	for (n = 0; hit && n < MOST; n++) {
		arm(fault, n);
		live(fault, harmless);
		unused += !raw.requests;
		leave();
		hit = disarm(fault);
		if (!next_works()) {
			ksft_print_msg("%s: not after send %d\n", fault, n);
			bad++;
		}
	}
	ksft_test_result(n < MOST && n > 10,
			 "%s: each of %d sends of a device's life\n", fault,
			 n - 1);
	ksft_test_result(!bad, "%s: the next device works\n", fault);
	ksft_test_result(harmless ? !unused : unused > 0,
			 "%s: %d of them were not used\n", fault, unused);
}

static int make_bus(void)
{
	int err = vmsg_modules();

	if (!err)
		err = mkdir(VMSG_CONFIGFS "/" BUS, 0755) ? -1 : 0;
	if (!err)
		err = vmsg_file_write(VMSG_CONFIGFS "/" BUS "/dialect", "d26");
	return err;
}

static int set_live(void)
{
	return vmsg_file_write(VMSG_CONFIGFS "/" BUS "/live", "1");
}

/* What is sent by a bus that comes: GET_DEVICES and its answer. */
static void each_send_of_a_bus(const char *fault)
{
	int n, bad = 0;
	bool hit = true;

	for (n = 0; hit && n < MOST; n++) {
		vmsg_bus_destroy(BUS);
		if (make_bus())
			ksft_exit_fail_msg("no bus\n");
		arm(fault, n);
		bad += !!set_live();
		fd = vmsg_bus_open(BUS, O_NONBLOCK);
		hit = vmsg_until(vmsg_lab_count(BUS, fault) > 0,
				 n < 2 ? VMSG_SOON : TIMEOUT);
		disarm(fault);
		bad += !next_works();
		close(fd);
	}
	ksft_test_result(n == 3, "%s: each of %d sends of a bus\n", fault,
			 n - 1);
	ksft_test_result(!bad, "%s: the bus works\n", fault);
	vmsg_bus_destroy(BUS);
}

int main(void)
{
	ksft_print_header();
	if (!vmsg_has_lab())
		ksft_exit_skip("the loopback bus has no laboratory\n");
	vmsg_bus_destroy(BUS);
	ksft_set_plan(11);
	each_send_of_a_bus("send_fail");
	each_send_of_a_bus("send_full");
	if (vmsg_bus_create(BUS, NULL))
		ksft_exit_fail_msg("no bus\n");
	fd = vmsg_bus_open(BUS, O_NONBLOCK);
	each_send("send_full", true);
	each_send("send_fail", false);
	close(fd);
	ksft_test_result(vmsg_no_windows(BUS) && !vmsg_bus_destroy(BUS),
			 "nothing is left\n");
	ksft_finished();
}
