// SPDX-License-Identifier: GPL-2.0
/* What devices that come again and again, and always fail, have the kernel print. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"log"
#define DEV	8
#define TIMES	60

/* The kernel's default: so many of a message in so many ms. */
#define BURST		10
#define INTERVAL	5000

static bool bad_features(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	if (msg->hdr.msg_id != VIRTIO_MSG_GET_DEVICE_FEATURES)
		return false;
	/* Blocks that nobody has asked for. */
	vmsg_raw_respond(raw, msg, (uint32_t[]){ htole32(1), htole32(2), 0, 0 },
			 16);
	return true;
}

static void use_bad_id(struct vmsg_raw *raw)
{
	if (vmsg_raw_head(raw) < 0)
		return;
	vmsg_raw_push(raw, VMSG_RAW_QUEUE_SIZE, 8);
	vmsg_raw_event_used(raw, 0);
}

FIXTURE(log) {
	int fd;
	int kmsg;
	struct vmsg_raw raw;
};

/* What is wrong with the devices, the counter of it, and what is said of it. */
FIXTURE_VARIANT(log) {
	const char *words;
	const char *counter;
	uint64_t features;
	bool (*answer)(struct vmsg_raw *raw, const struct vmsg_msg *msg);
	void (*use)(struct vmsg_raw *raw);
};

FIXTURE_VARIANT_ADD(log, no_version_1) {
	.words = "VERSION_1",
	.counter = "device_added",
};

FIXTURE_VARIANT_ADD(log, bad_answer) {
	.words = "not used",
	.counter = "bad_answer",
	.features = 1ULL << 32,
	.answer = bad_features,
};

FIXTURE_VARIANT_ADD(log, bad_queue) {
	.words = "queue 0:",
	.counter = "relay_bad_id",
	.features = 1ULL << 32,
	.use = use_bad_id,
};

FIXTURE_SETUP(log)
{
	struct vmsg_bus bus = {};

	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	self->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, self->kmsg);
	ASSERT_LE(0, lseek(self->kmsg, 0, SEEK_END));
}

FIXTURE_TEARDOWN(log)
{
	close(self->kmsg);
	close(self->fd);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* How many records there are now that have these words. */
static long count_records(int kmsg, const char *words)
{
	char record[8192];
	long count = 0;
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		record[n > 0 ? n : 0] = 0;
		count += !!strstr(record, words);
	}
	return count;
}

/* One more of them has come, failed, and gone. */
static bool come_and_go(struct vmsg_raw *raw, const char *counter)
{
	long before = vmsg_counter(BUS, counter);
	bool failed;

	failed = vmsg_raw_claim(raw, DEV) == DEV &&
		 vmsg_raw_until(raw, 1, vmsg_counter(BUS, counter) > before,
				VMSG_SOON);
	vmsg_raw_reset(raw);
	return failed && !vmsg_release(raw->fd, DEV) &&
	       !vmsg_counter_wait(BUS, "claims", 0);
}

TEST_F_TIMEOUT(log, is_not_flooded, 120)
{
	uint64_t began = vmsg_now_ms();
	long count;
	int i;

	vmsg_raw_init(&self->raw, self->fd);
	self->raw.features = variant->features;
	self->raw.answer = variant->answer;
	self->raw.use = variant->use;
	for (i = 0; i < TIMES; i++)
		ASSERT_TRUE(come_and_go(&self->raw, variant->counter));
	count = count_records(self->kmsg, variant->words);
	TH_LOG("%ld records of %d devices in %llu ms", count, TIMES,
	       (unsigned long long)(vmsg_now_ms() - began));
	EXPECT_LT(0, count);
	/* One interval may have begun before, and one ends after. */
	EXPECT_GE(BURST * ((vmsg_now_ms() - began) / INTERVAL + 2), count);
}

TEST_HARNESS_MAIN
