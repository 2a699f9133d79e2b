// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that outlive the process which served them: who may go on, who may
 * not, and what becomes of those for whom nobody comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <linux/virtio_config.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"resume"
#define DEV	5
#define DRIVER	"/sys/bus/virtio/drivers/virtio_rng"
/* Longer than any test. */
#define LONG_MS	600000

static int claim_with(int fd, unsigned int flags, unsigned int queues,
		      unsigned int ms, unsigned int *got)
{
	struct virtio_msg_user_claim claim = { DEV, queues, flags, ms };

	if (ioctl(fd, VIRTIO_MSG_IOC_CLAIM, &claim))
		return -errno;
	*got = claim.flags;
	return 0;
}

/* A process that serves the device; or an error. */
static int start(struct vmsg_raw *raw, unsigned int ms, unsigned int *flags)
{
	int err;

	vmsg_raw_init(raw, vmsg_bus_open(BUS, O_NONBLOCK));
	if (raw->fd < 0)
		return raw->fd;
	raw->dev_num = DEV;
	err = claim_with(raw->fd, VIRTIO_MSG_CLAIM_RESUMABLE, 1, ms, flags);
	if (err)
		close(raw->fd);
	return err;
}

/* Its end. */
static void end(struct vmsg_raw *raw)
{
	vmsg_raw_unmap(raw);
	close(raw->fd);
}

/* Take requests, and never answer. */
static void only_take(struct vmsg_raw *raw)
{
	while (vmsg_raw_head(raw) >= 0)
		raw->requests++;
}

static bool held(void)
{
	return vmsg_counter(BUS, "held") == 1;
}

/* True once the driver is where it wants to be, and the device has a request. */
static bool serves(struct vmsg_raw *raw)
{
	return vmsg_raw_until(raw, 1, raw->requests, VMSG_SOON);
}

static bool clean(void)
{
	return vmsg_until(!vmsg_counter(BUS, "claims") &&
			  !vmsg_counter(BUS, "held"), VMSG_SOON) &&
	       vmsg_no_windows(BUS);
}

FIXTURE(resume) {
	struct vmsg_raw raw;
};

FIXTURE_SETUP(resume)
{
	unsigned int flags;

	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
	ASSERT_EQ(0, start(&self->raw, LONG_MS, &flags));
	EXPECT_EQ(0, flags & VIRTIO_MSG_CLAIM_RESUMED);
	self->raw.use = only_take;
	ASSERT_TRUE(serves(&self->raw));
	ASSERT_TRUE(vmsg_raw_until(&self->raw, 1,
				   vmsg_counter(BUS, "device_added") == 1,
				   VMSG_SOON));
}

FIXTURE_TEARDOWN(resume)
{
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* Somebody who does all right: the request that waits is answered. */
static void expect_resumed(struct __test_metadata *_metadata)
{
	struct vmsg_raw next;
	unsigned int flags;

	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_EQ(VIRTIO_MSG_CLAIM_RESUMABLE | VIRTIO_MSG_CLAIM_RESUMED, flags);
	EXPECT_TRUE(serves(&next));
	EXPECT_TRUE(vmsg_raw_until(&next, 1, vmsg_counter(BUS, "resumed") == 1,
				   VMSG_SOON));
	EXPECT_EQ(0, vmsg_counter(BUS, "held"));
	EXPECT_LE(1, vmsg_counter(BUS, "relay_replayed"));
	EXPECT_EQ(1, vmsg_counter(BUS, "device_added"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_removed"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_failed"));
	EXPECT_EQ(0, vmsg_release(next.fd, DEV));
	EXPECT_TRUE(clean());
	end(&next);
}

TEST_F(resume, goes_on)
{
	char state[8];

	end(&self->raw);
	EXPECT_EQ(1, vmsg_counter(BUS, "held"));
	EXPECT_EQ(0, vmsg_counter(BUS, "claims"));
	EXPECT_EQ(0, vmsg_counter(BUS, "windows"));
	EXPECT_TRUE(vmsg_until(!vmsg_info(BUS, DEV, "served", state,
					  sizeof(state)), VMSG_SOON));
	EXPECT_STREQ("no", state);
	expect_resumed(_metadata);
}

TEST_F(resume, killed)
{
	unsigned int flags;
	struct vmsg_raw raw;
	int status;
	pid_t pid;

	/* One that has read some of what it was asked, or all. */
	end(&self->raw);
	pid = fork();
	if (!pid) {
		if (start(&raw, LONG_MS, &flags))
			_exit(1);
		raw.use = only_take;
		for (;;)
			vmsg_raw_poll(&raw, 1, 1000);
	}
	ASSERT_EQ(0, vmsg_counter_wait(BUS, "resumed", 1));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_TRUE(held());
	EXPECT_EQ(0, start(&raw, LONG_MS, &flags));
	EXPECT_TRUE(serves(&raw));
	EXPECT_TRUE(vmsg_raw_until(&raw, 1, vmsg_counter(BUS, "resumed") == 2,
				   VMSG_SOON));
	EXPECT_EQ(0, vmsg_release(raw.fd, DEV));
	end(&raw);
	EXPECT_TRUE(clean());
}

TEST_F(resume, claim_without_flag)
{
	int fd = vmsg_bus_open(BUS, 0);
	unsigned int flags;

	EXPECT_EQ(-EBUSY, claim_with(fd, VIRTIO_MSG_CLAIM_RESUMABLE, 1, 0,
				     &flags));
	end(&self->raw);
	EXPECT_EQ(-EBUSY, vmsg_claim(fd, DEV, 1));
	EXPECT_NE(DEV, vmsg_claim(fd, VIRTIO_MSG_DEV_ANY, 1));
	close(fd);
	expect_resumed(_metadata);
}

TEST_F(resume, claim_other_queues)
{
	int fd = vmsg_bus_open(BUS, 0);
	unsigned int flags;

	end(&self->raw);
	EXPECT_EQ(-EEXIST, claim_with(fd, VIRTIO_MSG_CLAIM_RESUMABLE, 2, 0,
				      &flags));
	EXPECT_EQ(-EEXIST, claim_with(fd, VIRTIO_MSG_CLAIM_RESUMABLE, 0, 0,
				      &flags));
	close(fd);
	expect_resumed(_metadata);
}

TEST_F(resume, only_one_goes_on)
{
	int fd = vmsg_bus_open(BUS, 0);
	struct vmsg_raw next;
	unsigned int flags;

	end(&self->raw);
	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_EQ(-EBUSY, claim_with(fd, VIRTIO_MSG_CLAIM_RESUMABLE, 1, 0,
				     &flags));
	close(fd);
	EXPECT_TRUE(serves(&next));
	EXPECT_TRUE(vmsg_raw_until(&next, 1, vmsg_counter(BUS, "resumed") == 1,
				   VMSG_SOON));
	end(&next);
	EXPECT_TRUE(held());
}

/* Given back for good, when it is served and when it is about to be. */
TEST_F(resume, released)
{
	EXPECT_EQ(0, vmsg_release(self->raw.fd, DEV));
	EXPECT_TRUE(clean());
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "device_removed", 1));
	end(&self->raw);
}

TEST_F(resume, released_too_early)
{
	struct vmsg_raw next;
	unsigned int flags;

	end(&self->raw);
	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_EQ(0, vmsg_release(next.fd, DEV));
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "device_removed", 1));
	EXPECT_TRUE(clean());
	end(&next);
}

/* It dies again after any number of messages; the last one does all right. */
TEST_F_TIMEOUT(resume, dies_again, 200)
{
	struct vmsg_raw next;
	unsigned int flags;
	struct vmsg_msg msg;
	int i, n;

	end(&self->raw);
	for (n = 0; n < 14; n++) {
		ASSERT_EQ(0, start(&next, LONG_MS, &flags));
		/* Or the driver might have nothing to ask for at the end. */
		next.use = only_take;
		for (i = 0; i < n && vmsg_counter(BUS, "held"); i++)
			if (!vmsg_receive(next.fd, &msg, VMSG_SOON))
				vmsg_raw_answer(&next, &msg);
		end(&next);
		ASSERT_TRUE(held());
	}
	EXPECT_EQ(0, vmsg_counter(BUS, "resume_refused"));
	EXPECT_EQ(0, vmsg_counter(BUS, "timeout"));
	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_TRUE(serves(&next)) {
		TH_LOG("status %#x, %u messages, %ld refused, %ld timeouts, %ld held, %ld resumed",
		       next.status, next.num_log,
		       vmsg_counter(BUS, "resume_refused"),
		       vmsg_counter(BUS, "timeout"), vmsg_counter(BUS, "held"),
		       vmsg_counter(BUS, "resumed"));
	}
	EXPECT_EQ(0, vmsg_release(next.fd, DEV));
	end(&next);
	EXPECT_TRUE(clean());
}

/* What the dead one shared is written to by others, and means nothing. */
TEST_F(resume, late_writes)
{
	struct virtio_msg_user_export export = {
		.dev_num = DEV,
		.addr = le64toh(self->raw.vq.desc_addr),
	};
	void *map;

	if (ioctl(self->raw.fd, VIRTIO_MSG_IOC_EXPORT, &export)) {
		EXPECT_EQ(EOPNOTSUPP, errno);
		end(&self->raw);
		return;
	}
	map = mmap(NULL, export.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   export.fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	memset(map, 0, 64);
	end(&self->raw);
	EXPECT_TRUE(held());
	memset(map, 0xff, export.size);
	expect_resumed(_metadata);
	memset(map, 0xff, export.size);
	munmap(map, export.size);
	close(export.fd);
}

/* The driver */

static int write_name(const char *file)
{
	char name[64], path[PATH_MAX];
	int err = vmsg_info(BUS, DEV, "name", name, sizeof(name));

	if (err)
		return err;
	snprintf(path, sizeof(path), DRIVER "/%s", file);
	return vmsg_file_write(path, name);
}

/* In which function of the kernel a process sleeps. */
static bool sleeps_in(pid_t pid, const char *function)
{
	char path[64], name[64];

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	return vmsg_file_read(path, name, sizeof(name)) > 0 &&
	       !strcmp(name, function);
}

TEST_F(resume, unbind)
{
	struct vmsg_raw next;
	unsigned int flags;
	int status;
	pid_t pid;

	EXPECT_TRUE(vmsg_until(!access(VMSG_DEBUGFS "/" BUS "/5/info", R_OK),
			       VMSG_SOON));
	end(&self->raw);
	EXPECT_LE(0, write_name("unbind"));
	EXPECT_TRUE(held());
	/* Its driver waits for who serves. */
	pid = fork();
	if (!pid)
		_exit(write_name("bind") < 0);
	EXPECT_TRUE(vmsg_until(sleeps_in(pid, "virtio_msg_hold_enter"),
			       VMSG_SOON));
	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_TRUE(serves(&next));
	/* It asks for more after that. */
	ASSERT_TRUE(vmsg_raw_until(&next, 1,
				   waitpid(pid, &status, WNOHANG) == pid,
				   VMSG_SOON));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, vmsg_counter(BUS, "resumed"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_failed"));
	EXPECT_EQ(0, vmsg_release(next.fd, DEV));
	end(&next);
	EXPECT_TRUE(clean());
}

/* The teardown removes the bus. */
TEST_F(resume, bus_removed)
{
	end(&self->raw);
	EXPECT_TRUE(held());
}

TEST_F(resume, bus_removed_on_the_way)
{
	struct vmsg_raw next;
	unsigned int flags;

	end(&self->raw);
	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
	end(&next);
	EXPECT_EQ(0, vmsg_bus_create(BUS, NULL));
}

/* Before a driver has it, it has nothing to lose. */
TEST(before_driver_ok)
{
	struct vmsg_raw raw;
	unsigned int flags;

	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
	ASSERT_EQ(0, start(&raw, LONG_MS, &flags));
	end(&raw);
	EXPECT_EQ(0, vmsg_counter(BUS, "held"));
	EXPECT_TRUE(clean());
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* The driver is in its probe function here, and waits there. */
TEST(gives_up)
{
	struct vmsg_raw raw;
	unsigned int flags;

	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
	ASSERT_EQ(0, start(&raw, 300, &flags));
	raw.use = only_take;
	ASSERT_TRUE(serves(&raw));
	end(&raw);
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "resume_expired", 1));
	EXPECT_TRUE(clean());
	/* A new one. */
	ASSERT_TRUE(vmsg_until(!start(&raw, 300, &flags), VMSG_SOON));
	EXPECT_EQ(VIRTIO_MSG_CLAIM_RESUMABLE, flags);
	EXPECT_TRUE(serves(&raw));
	EXPECT_EQ(0, vmsg_release(raw.fd, DEV));
	end(&raw);
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

/* Who is another device */

enum other {
	OTHER_ID, OTHER_VENDOR, OTHER_CONFIG, OTHER_QUEUES, OTHER_BLOCKS,
	OTHER_FEATURES, OTHER_QUEUE_SIZE, NO_FEATURES_OK, NO_QUEUE,
	NO_DRIVER_OK, NO_ANSWER,
};

FIXTURE(other) {
	struct vmsg_raw raw;
};

FIXTURE_VARIANT(other) {
	enum other what;
};

FIXTURE_VARIANT_ADD(other, OTHER_ID) { .what = OTHER_ID };
FIXTURE_VARIANT_ADD(other, OTHER_VENDOR) { .what = OTHER_VENDOR };
FIXTURE_VARIANT_ADD(other, OTHER_CONFIG) { .what = OTHER_CONFIG };
FIXTURE_VARIANT_ADD(other, OTHER_QUEUES) { .what = OTHER_QUEUES };
FIXTURE_VARIANT_ADD(other, OTHER_BLOCKS) { .what = OTHER_BLOCKS };
FIXTURE_VARIANT_ADD(other, OTHER_FEATURES) { .what = OTHER_FEATURES };
FIXTURE_VARIANT_ADD(other, OTHER_QUEUE_SIZE) { .what = OTHER_QUEUE_SIZE };
FIXTURE_VARIANT_ADD(other, NO_FEATURES_OK) { .what = NO_FEATURES_OK };
FIXTURE_VARIANT_ADD(other, NO_QUEUE) { .what = NO_QUEUE };
FIXTURE_VARIANT_ADD(other, NO_DRIVER_OK) { .what = NO_DRIVER_OK };
FIXTURE_VARIANT_ADD(other, NO_ANSWER) { .what = NO_ANSWER };

FIXTURE_SETUP(other)
{
	struct vmsg_bus bus = { .timeout_ms = 5000 };
	unsigned int flags;

	/* One is waited for. */
	if (variant->what == NO_ANSWER)
		bus.timeout_ms = 3000;
	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, &bus));
	ASSERT_EQ(0, start(&self->raw, LONG_MS, &flags));
	self->raw.use = only_take;
	ASSERT_TRUE(serves(&self->raw));
	end(&self->raw);
}

FIXTURE_TEARDOWN(other)
{
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

static bool other_info(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	struct virtio_msg_get_device_info_resp info = {
		.device_id = htole32(VMSG_RAW_ID + (raw->state == OTHER_ID)),
		.vendor_id = htole32(raw->state == OTHER_VENDOR),
		.num_feature_blocks = htole32(2 + (raw->state == OTHER_BLOCKS)),
		.config_size = htole32(4 * (raw->state == OTHER_CONFIG)),
		.max_virtqueues = htole32(1 + (raw->state == OTHER_QUEUES)),
	};

	vmsg_raw_respond(raw, msg, &info, sizeof(info));
	return true;
}

/* The status without the bits @lacking. */
static bool other_status(struct vmsg_raw *raw, const struct vmsg_msg *msg,
			 unsigned int lacking)
{
	const struct virtio_msg_status *request = vmsg_payload(msg);
	struct virtio_msg_status status;

	raw->status = le32toh(request->status);
	/* Its only chance to see the queue. */
	if (raw->status & VIRTIO_CONFIG_S_DRIVER_OK)
		vmsg_raw_map(raw);
	status.status = htole32(raw->status & ~lacking);
	vmsg_raw_respond(raw, msg, &status, sizeof(status));
	return true;
}

static bool other_queue(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	struct virtio_msg_get_vqueue_resp vq = raw->vq;

	vq.max_size = htole32(raw->state == OTHER_QUEUE_SIZE ?
			      VMSG_RAW_QUEUE_SIZE / 2 : VMSG_RAW_QUEUE_SIZE);
	if (raw->state == NO_QUEUE)
		vq.flags = 0;
	vmsg_raw_respond(raw, msg, &vq, sizeof(vq));
	return true;
}

static bool other_answer(struct vmsg_raw *raw, const struct vmsg_msg *msg)
{
	switch (msg->hdr.msg_id) {
	case VIRTIO_MSG_GET_DEVICE_INFO:
		return raw->state == NO_ANSWER || other_info(raw, msg);
	case VIRTIO_MSG_SET_DEVICE_STATUS:
		if (raw->state == NO_FEATURES_OK)
			return other_status(raw, msg,
					    VIRTIO_CONFIG_S_FEATURES_OK);
		if (raw->state == NO_DRIVER_OK)
			return other_status(raw, msg,
					    VIRTIO_CONFIG_S_DRIVER_OK);
		return false;
	case VIRTIO_MSG_GET_VQUEUE:
		return other_queue(raw, msg);
	}
	return false;
}

TEST_F(other, refused)
{
	struct vmsg_raw other, next;
	unsigned int flags;
	struct vmsg_msg msg;

	ASSERT_EQ(0, start(&other, LONG_MS, &flags));
	EXPECT_TRUE(flags & VIRTIO_MSG_CLAIM_RESUMED);
	other.state = variant->what;
	other.answer = other_answer;
	if (variant->what == OTHER_FEATURES)
		other.features |= 1ULL << VIRTIO_F_RING_RESET;
	EXPECT_TRUE(vmsg_raw_until(&other, 1,
				   vmsg_counter(BUS, "resume_refused") == 1,
				   VMSG_SOON));
	/* It was told, and can send nothing for the device. */
	EXPECT_EQ(VIRTIO_CONFIG_S_FAILED, other.status);
	vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_USED, DEV, 0,
		       sizeof(struct virtio_msg_event_used));
	EXPECT_EQ(-ENXIO, vmsg_send(other.fd, &msg));
	EXPECT_EQ(-ENXIO, vmsg_eventfd(other.fd, DEV, 0, -1, -1));
	/* Nor is the next one's memory what it sees. */
	EXPECT_TRUE(other.window || variant->what != NO_DRIVER_OK);
	EXPECT_TRUE(!other.window ||
		    vmsg_until(vmsg_probe((char *)other.window) == SIGBUS,
			       VMSG_SOON));
	EXPECT_EQ(1, vmsg_counter(BUS, "held"));
	EXPECT_EQ(0, vmsg_counter(BUS, "windows"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_failed"));

	/* One that is right goes on, while the other is there, and after. */
	ASSERT_EQ(0, start(&next, LONG_MS, &flags));
	EXPECT_TRUE(serves(&next));
	EXPECT_TRUE(vmsg_raw_until(&next, 1, vmsg_counter(BUS, "resumed") == 1,
				   VMSG_SOON));
	end(&other);
	next.requests = 0;
	EXPECT_EQ(1, vmsg_counter(BUS, "claims"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_removed"));
	EXPECT_EQ(0, vmsg_release(next.fd, DEV));
	end(&next);
	EXPECT_TRUE(clean());
}

TEST_HARNESS_MAIN
