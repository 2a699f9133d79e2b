// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that do not do what they should. What is common to all tests: the
 * kernel stays as it is, others are not affected, and all can be removed in
 * time.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <linux/virtio_config.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"hostile"
#define DEV	6
#define TIMEOUT	3000

FIXTURE(hostile) {
	int fd;
	struct vmsg_raw raw;
	pid_t reader;
};

FIXTURE_SETUP(hostile)
{
	struct vmsg_bus bus = { .timeout_ms = TIMEOUT };

	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	/* What a new bus asks, and its answer: a device is found but once. */
	ASSERT_EQ(0, vmsg_counter_least(BUS, "received", 2));
	vmsg_raw_init(&self->raw, self->fd);
}

/* However the device behaved, the bus goes, and soon. */
FIXTURE_TEARDOWN(hostile)
{
	uint64_t began = vmsg_now_ms();

	vmsg_raw_unmap(&self->raw);
	close(self->fd);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
	EXPECT_TRUE(vmsg_until(vmsg_counter(BUS, "device_added") ==
			       vmsg_counter(BUS, "device_removed"), VMSG_SOON));
	EXPECT_TRUE(vmsg_no_windows(BUS));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
	EXPECT_GT(VMSG_SOON, vmsg_now_ms() - began);
	if (self->reader) {
		kill(self->reader, SIGKILL);
		waitpid(self->reader, NULL, 0);
	}
}

static unsigned int timeout_ms(void)
{
	return vmsg_file_number(VMSG_CLASS "/" BUS "/timeout_ms");
}

/* A device of the same file that does as it should is not affected. */
static bool good_device_works(int fd, struct vmsg_raw *bad)
{
	long added = vmsg_counter(BUS, "device_added");
	struct vmsg_raw raws[2];
	bool works;

	raws[0] = *bad;
	vmsg_raw_init(&raws[1], fd);
	if (vmsg_raw_claim(&raws[1], bad->dev_num + 1) < 0)
		return false;
	works = vmsg_raw_until(raws, 2, raws[1].requests &&
			       vmsg_counter(BUS, "device_added") > added,
			       VMSG_SOON);
	vmsg_release(fd, bad->dev_num + 1);
	vmsg_raw_unmap(&raws[1]);
	*bad = raws[0];
	return works;
}

static bool answer_nothing(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	return true;
}

TEST_F(hostile, silent)
{
	uint64_t began = vmsg_now_ms();

	self->raw.answer = answer_nothing;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	EXPECT_TRUE(good_device_works(self->fd, &self->raw));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   vmsg_counter(BUS, "timeout") == 1,
				   VMSG_SOON));
	EXPECT_LE(timeout_ms(), vmsg_now_ms() - began);
	EXPECT_EQ(1, self->raw.num_log);
	/* It is asked again once it is announced again. */
	ASSERT_EQ(0, vmsg_release(self->fd, DEV));
	self->raw.answer = NULL;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1, self->raw.requests,
				   VMSG_SOON));
}

/* An answer once the time is over: counted, and dropped. */
TEST_F(hostile, late)
{
	struct vmsg_msg msg;

	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	ASSERT_EQ(0, vmsg_receive(self->fd, &msg, VMSG_SOON));
	ASSERT_EQ(0, vmsg_counter_wait(BUS, "timeout", 1));
	vmsg_raw_answer(&self->raw, &msg);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "late", 1));
	/* A second one belongs to nothing. */
	vmsg_raw_answer(&self->raw, &msg);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "unsolicited", 1));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_added"));
}

/* Wrong answers do not use up the request: the right one still counts. */
TEST_F(hostile, wrong_answers)
{
	struct vmsg_msg msg, wrong;

	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	ASSERT_EQ(DEV + 1, vmsg_claim(self->fd, DEV + 1, 1));
	do {
		ASSERT_EQ(0, vmsg_receive(self->fd, &msg, VMSG_SOON));
	} while (le16toh(msg.hdr.dev_num) != DEV);

	wrong = msg;
	wrong.hdr.token = htole16(le16toh(msg.hdr.token) + 7777);
	vmsg_raw_answer(&self->raw, &wrong);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "unsolicited", 1));
	wrong.hdr.token = 0;
	vmsg_raw_answer(&self->raw, &wrong);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "unsolicited", 2));
	wrong = msg;
	wrong.hdr.dev_num = htole16(DEV + 1);
	vmsg_raw_answer(&self->raw, &wrong);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "mismatched", 1));
	wrong = msg;
	wrong.hdr.msg_id = VIRTIO_MSG_GET_DEVICE_STATUS;
	vmsg_raw_answer(&self->raw, &wrong);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "mismatched", 2));

	vmsg_raw_answer(&self->raw, &msg);
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1, self->raw.requests,
				   VMSG_SOON));
}

static bool refuse_features(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	struct virtio_msg_status *status = vmsg_payload(msg);

	if (msg->hdr.msg_id == VIRTIO_MSG_SET_DEVICE_STATUS)
		status->status &= ~htole32(VIRTIO_CONFIG_S_FEATURES_OK);
	return false;
}

TEST_F(hostile, features_refused)
{
	self->raw.answer = refuse_features;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   self->raw.status &
				   VIRTIO_CONFIG_S_FAILED, VMSG_SOON));
	EXPECT_EQ(0, self->raw.requests);
	EXPECT_TRUE(good_device_works(self->fd, &self->raw));
}

static bool no_version_1(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	raw->features = 0;
	return false;
}

TEST_F(hostile, legacy)
{
	self->raw.answer = no_version_1;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   self->raw.status &
				   VIRTIO_CONFIG_S_FAILED, VMSG_SOON));
	EXPECT_EQ(0, self->raw.requests);
}

static bool ignore_queue(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	if (msg->hdr.msg_id != VIRTIO_MSG_SET_VQUEUE)
		return false;
	vmsg_raw_respond(raw, msg, NULL, 0);
	return true;
}

TEST_F(hostile, queue_ignored)
{
	self->raw.answer = ignore_queue;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   vmsg_counter(BUS, "bad_answer") >= 1,
				   VMSG_SOON));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   vmsg_counter(BUS, "device_added") == 1,
				   VMSG_SOON));
	EXPECT_EQ(0, self->raw.requests);
	EXPECT_TRUE(vmsg_no_windows(BUS));
}

static bool huge_queue(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	struct virtio_msg_get_vqueue_resp vq = raw->vq;

	if (msg->hdr.msg_id != VIRTIO_MSG_GET_VQUEUE)
		return false;
	vq.max_size = htole32(0xffffffff);
	vmsg_raw_respond(raw, msg, &vq, sizeof(vq));
	return true;
}

/* The driver decides what is too much. */
TEST_F(hostile, huge_queue)
{
	self->raw.answer = huge_queue;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1, self->raw.requests,
				   VMSG_SOON));
	EXPECT_GE(1024, le32toh(self->raw.vq.cur_size));
}

static bool stop_at_status(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	struct virtio_msg_status *status = vmsg_payload(msg);

	if (msg->hdr.msg_id == VIRTIO_MSG_SET_DEVICE_STATUS &&
	    le32toh(status->status) & raw->state)
		raw->answer = answer_nothing;
	return raw->answer == answer_nothing;
}

/* Silence from some step of the probe on. */
TEST_F(hostile, stops_answering)
{
	static const unsigned int steps[] = {
		VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_DRIVER,
		VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_CONFIG_S_DRIVER_OK,
	};
	struct vmsg_raw *raw = &self->raw;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		vmsg_raw_reset(raw);
		raw->state = steps[i];
		raw->answer = stop_at_status;
		ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
		ASSERT_TRUE(vmsg_raw_until(raw, 1,
					   raw->answer == answer_nothing,
					   VMSG_SOON));
		/* Once while it waits, once after it has given up. */
		if (i % 2)
			ASSERT_TRUE(vmsg_raw_until(raw, 1,
						   vmsg_counter(BUS, "timeout") > 0,
						   VMSG_SOON));
		ASSERT_EQ(0, vmsg_release(self->fd, DEV));
	}
	raw->answer = NULL;
	raw->requests = 0;
	vmsg_raw_reset(raw);
	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	EXPECT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
}

/* Lies in the used ring. */

static void use_jump(struct vmsg_raw *raw)
{
	raw->requests++;
	if (vmsg_raw_head(raw) >= 0)
		vmsg_raw_set_used(raw, 1000);
	vmsg_raw_event_used(raw, 0);
}

static void use_bad_id(struct vmsg_raw *raw)
{
	raw->requests++;
	if (vmsg_raw_head(raw) >= 0)
		vmsg_raw_push(raw, 0x80000001, 8);
	vmsg_raw_event_used(raw, 0);
}

static void use_idle_id(struct vmsg_raw *raw)
{
	int head = vmsg_raw_head(raw);

	raw->requests++;
	if (head >= 0)
		vmsg_raw_push(raw, (head + 1) % VMSG_RAW_QUEUE_SIZE, 8);
	vmsg_raw_event_used(raw, 0);
}

/* A device whose requests cannot fail is taken from its driver. */
static bool is_broken(void)
{
	return vmsg_counter(BUS, "device_failed") == 1 &&
	       vmsg_counter(BUS, "device_removed") ==
	       vmsg_counter(BUS, "device_added");
}

#define expect_broken(_use, counter)					\
do {									\
	self->raw.use = _use;						\
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));		\
	self->reader = vmsg_start_reader(self->fd);				\
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,			\
				   vmsg_counter(BUS, counter) == 1,	\
				   VMSG_SOON));				\
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1, is_broken(),		\
				   VMSG_SOON));				\
	EXPECT_TRUE(good_device_works(self->fd, &self->raw));		\
} while (0)

TEST_F(hostile, used_jump)
{
	expect_broken(use_jump, "relay_bad_index");
}

TEST_F(hostile, used_bad_id)
{
	expect_broken(use_bad_id, "relay_bad_id");
}

TEST_F(hostile, used_idle_id)
{
	expect_broken(use_idle_id, "relay_bad_id");
}

static void use_too_long(struct vmsg_raw *raw)
{
	int head = vmsg_raw_head(raw);

	raw->requests++;
	if (head >= 0)
		vmsg_raw_push(raw, head, 0xffffffff);
	vmsg_raw_event_used(raw, 0);
}

/* Shortened to what was asked for. */
TEST_F(hostile, used_too_long)
{
	self->raw.use = use_too_long;
	ASSERT_EQ(DEV, vmsg_raw_claim(&self->raw, DEV));
	self->reader = vmsg_start_reader(self->fd);
	EXPECT_TRUE(vmsg_raw_until(&self->raw, 1,
				   vmsg_counter(BUS, "relay_clamped") >= 3,
				   VMSG_SOON));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_failed"));
}

/* All of the window but for the slots, again and again. */
static void use_scribble(struct vmsg_raw *raw)
{
	if (!vmsg_raw_map(raw))
		memset(raw->window, 0xff - raw->requests, raw->window_size);
	raw->requests++;
	vmsg_raw_event_used(raw, 0);
}

TEST_F(hostile, scribbles)
{
	struct vmsg_raw *raw = &self->raw;
	int i;

	raw->use = use_scribble;
	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	self->reader = vmsg_start_reader(self->fd);
	EXPECT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
	for (i = 0; i < 100; i++) {
		use_scribble(raw);
		vmsg_raw_poll(raw, 1, 0);
	}
	EXPECT_TRUE(good_device_works(self->fd, raw));
}

TEST_F(hostile, events)
{
	struct vmsg_raw *raw = &self->raw;
	unsigned int i;
	long events;

	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	/* Before the device is known, and while it is probed. */
	for (i = 0; i < 20; i++) {
		vmsg_raw_event_used(raw, i);
		EXPECT_EQ(0, vmsg_raw_event_config(raw, i, 0, 0, 0));
		vmsg_raw_poll(raw, 1, 0);
	}
	ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests &&
				   vmsg_counter(BUS, "device_added") == 1,
				   VMSG_SOON));
	vmsg_raw_event_used(raw, 1);
	vmsg_raw_event_used(raw, ~0U);
	EXPECT_EQ(0, vmsg_counter_least(BUS, "bad_queue", 2));
	events = vmsg_counter(BUS, "config_events");
	/* Ranges that do not exist, with and without data. */
	EXPECT_EQ(0, vmsg_raw_event_config(raw, raw->status, 0, 0, 0));
	EXPECT_EQ(0, vmsg_raw_event_config(raw, raw->status, 0, 8, 8));
	EXPECT_EQ(0, vmsg_raw_event_config(raw, raw->status, 0x7ffffffc, 16,
					   16));
	/* One that wraps is not even sent. */
	EXPECT_EQ(-EINVAL, vmsg_raw_event_config(raw, raw->status, 0xffffffff,
						 0xffffffff, 0));
	EXPECT_TRUE(vmsg_raw_until(raw, 1,
				   vmsg_counter(BUS, "config_events") ==
				   events + 3, VMSG_SOON));
	raw->requests = 0;
	self->reader = vmsg_start_reader(self->fd);
	EXPECT_TRUE(vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON));
}

TEST_F(hostile, needs_reset)
{
	struct vmsg_raw *raw = &self->raw;

	ASSERT_EQ(DEV, vmsg_raw_claim(raw, DEV));
	ASSERT_TRUE(vmsg_raw_until(raw, 1, raw->requests &&
				   vmsg_counter(BUS, "device_added") == 1,
				   VMSG_SOON));
	raw->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	EXPECT_EQ(0, vmsg_raw_event_config(raw, raw->status, 0, 0, 0));
	EXPECT_TRUE(vmsg_raw_until(raw, 1, is_broken(), VMSG_SOON));
	EXPECT_EQ(1, vmsg_counter(BUS, "needs_reset"));
	EXPECT_TRUE(good_device_works(self->fd, raw));
}

TEST_HARNESS_MAIN
