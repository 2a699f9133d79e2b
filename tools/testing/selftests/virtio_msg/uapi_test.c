// SPDX-License-Identifier: GPL-2.0
/* The character device of a bus: claims, reading, writing, polling, ioctls. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <linux/virtio_config.h>
#include <kselftest_harness.h>

#include "vmsg_raw.h"

#define BUS	"uapi"

FIXTURE(uapi) {
	int fd;
};

FIXTURE_SETUP(uapi)
{
	vmsg_bus_destroy(BUS);
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
	self->fd = vmsg_bus_open(BUS, O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(uapi)
{
	close(self->fd);
	EXPECT_TRUE(vmsg_no_windows(BUS));
	EXPECT_EQ(0, vmsg_bus_destroy(BUS));
}

static int claim_with(int fd, __u32 dev_num, __u32 queues, __u32 flags,
		      __u32 reserved)
{
	struct virtio_msg_user_claim claim = {
		dev_num, queues, flags, reserved
	};

	return ioctl(fd, VIRTIO_MSG_IOC_CLAIM, &claim) ? -errno :
		(int)claim.dev_num;
}

TEST_F(uapi, info)
{
	struct virtio_msg_user_info info;
	unsigned int i;

	memset(&info, 0xff, sizeof(info));
	ASSERT_EQ(0, ioctl(self->fd, VIRTIO_MSG_IOC_INFO, &info));
	for (i = 0; i < ARRAY_SIZE(info.reserved); i++)
		EXPECT_EQ(0, info.reserved[i]);
	EXPECT_EQ(VIRTIO_MSG_USER_ABI, info.abi);
	EXPECT_EQ(VIRTIO_MSG_ROLE_DRIVER | VIRTIO_MSG_ROLE_DEVICE, info.role);
	EXPECT_EQ(VIRTIO_MSG_REVISION_1, info.revision);
	EXPECT_EQ(VIRTIO_MSG_DIALECT_D26, info.dialect);
	EXPECT_EQ(264, info.max_msg_size);
	EXPECT_EQ(0, info.features);
	EXPECT_EQ(VMSG_TIMEOUT_MS, info.timeout_ms);
	EXPECT_EQ(1024, info.max_queues);
	EXPECT_STREQ(BUS, (char *)info.name);
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_INFO, NULL));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(uapi, unknown_ioctl)
{
	EXPECT_EQ(-1, ioctl(self->fd, _IO(VIRTIO_MSG_IOC_TYPE, 0x7f), 0));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, _IO(VIRTIO_MSG_IOC_TYPE, 0), 0));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, 0, 0));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(uapi, claim)
{
	int other = vmsg_bus_open(BUS, 0);

	ASSERT_LE(0, other);
	EXPECT_EQ(7, vmsg_claim(self->fd, 7, 1));
	EXPECT_EQ(-EBUSY, vmsg_claim(self->fd, 7, 1));
	EXPECT_EQ(-EBUSY, vmsg_claim(other, 7, 1));
	EXPECT_EQ(-ENXIO, vmsg_release(other, 7));
	EXPECT_EQ(-ENXIO, vmsg_release(self->fd, 8));
	EXPECT_EQ(-ENXIO, vmsg_release(self->fd, VIRTIO_MSG_DEV_ANY));
	EXPECT_EQ(0, vmsg_release(self->fd, 7));
	EXPECT_EQ(-ENXIO, vmsg_release(self->fd, 7));
	EXPECT_EQ(7, vmsg_claim(other, 7, 1));
	close(other);
	EXPECT_EQ(7, vmsg_claim(self->fd, 7, 1));
	EXPECT_EQ(1, vmsg_counter(BUS, "claims"));
}

TEST_F(uapi, claim_any)
{
	int a, b;

	EXPECT_EQ(0, vmsg_claim(self->fd, 0, 1));
	a = vmsg_claim(self->fd, VIRTIO_MSG_DEV_ANY, 1);
	b = vmsg_claim(self->fd, VIRTIO_MSG_DEV_ANY, 1);
	EXPECT_LT(0, a);
	EXPECT_LT(0, b);
	EXPECT_NE(a, b);
	EXPECT_EQ(3, vmsg_counter(BUS, "claims"));
}

TEST_F(uapi, claim_range)
{
	EXPECT_EQ(65535, vmsg_claim(self->fd, 65535, 0));
	EXPECT_EQ(-EINVAL, vmsg_claim(self->fd, 65536, 1));
	EXPECT_EQ(-EINVAL, vmsg_claim(self->fd, 0x7fffffff, 1));
	EXPECT_EQ(-EINVAL, vmsg_claim(self->fd, 0xfffffffe, 1));
	EXPECT_EQ(1, vmsg_claim(self->fd, 1, 1024));
	EXPECT_EQ(-EINVAL, vmsg_claim(self->fd, 2, 1025));
	EXPECT_EQ(-EINVAL, vmsg_claim(self->fd, 2, ~0U));
	EXPECT_EQ(-EINVAL, claim_with(self->fd, 2, 1, 2, 0));
	EXPECT_EQ(-EINVAL, claim_with(self->fd, 2, 1, 3, 0));
	EXPECT_EQ(-EINVAL, claim_with(self->fd, 2, 1, 1, 600001));
	EXPECT_EQ(-EINVAL, claim_with(self->fd, 2, 1, 1, ~0U));
	EXPECT_EQ(-EINVAL, claim_with(self->fd, 2, 1, 0x80000000, 0));
	EXPECT_EQ(-EINVAL, claim_with(self->fd, 2, 1, 0, 1));
	EXPECT_EQ(2, vmsg_counter(BUS, "claims"));
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_CLAIM, NULL));
	EXPECT_EQ(EFAULT, errno);
}

/* The number cannot be returned: nothing is claimed, and nothing seen. */
TEST_F(uapi, claim_fault)
{
	struct virtio_msg_user_claim *claim;
	size_t page = getpagesize();

	claim = mmap(NULL, page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, claim);
	claim->dev_num = 9;
	claim->num_queues = 1;
	ASSERT_EQ(0, mprotect(claim, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_CLAIM, claim));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, vmsg_counter(BUS, "claims"));
	EXPECT_EQ(0, vmsg_counter(BUS, "device_added"));
	EXPECT_EQ(9, vmsg_claim(self->fd, 9, 1));
}

/* Closing the file that claimed the last one gives all of them back. */
TEST_F_TIMEOUT(uapi, claim_limit, 200)
{
	int other = vmsg_bus_open(BUS, 0);
	uint64_t began;
	int i;

	ASSERT_LE(0, other);
	for (i = 0; i < 4096; i++)
		ASSERT_LE(0, vmsg_claim(other, VIRTIO_MSG_DEV_ANY, 0));
	EXPECT_EQ(-ENOSPC, vmsg_claim(other, VIRTIO_MSG_DEV_ANY, 0));
	EXPECT_EQ(-ENOSPC, vmsg_claim(other, 60000, 0));
	EXPECT_EQ(60000, vmsg_claim(self->fd, 60000, 0));
	began = vmsg_now_ms();
	close(other);
	TH_LOG("4096 claims released in %llu ms",
	       (unsigned long long)(vmsg_now_ms() - began));
	EXPECT_EQ(1, vmsg_counter(BUS, "claims"));
	EXPECT_GE(3 * VMSG_SOON, vmsg_now_ms() - began);
}

TEST_F(uapi, read_several)
{
	struct virtio_msg_user_ping ping = {};
	uint64_t words[512];
	uint8_t *buf = (void *)words;
	struct vmsg_msg *msg;
	unsigned int seen = 0;
	ssize_t n, done;
	int i;

	EXPECT_EQ(-1, read(self->fd, buf, sizeof(words)));
	EXPECT_EQ(EAGAIN, errno);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(i, vmsg_claim(self->fd, i, 1));
	/* GET_DEVICES and its answer; ADDED and GET_DEVICE_INFO of each. */
	ASSERT_EQ(0, vmsg_counter_least(BUS, "received", 10));
	/* Its answer follows whatever was received before. */
	ASSERT_EQ(0, ioctl(self->fd, VIRTIO_MSG_IOC_PING, &ping));
	n = read(self->fd, buf, sizeof(words));
	ASSERT_LT(0, n);
	for (done = 0; done < n; done += vmsg_padded(vmsg_msg_size(msg))) {
		msg = (struct vmsg_msg *)(buf + done);
		EXPECT_EQ(0, msg->hdr.type);
		EXPECT_EQ(VIRTIO_MSG_GET_DEVICE_INFO, msg->hdr.msg_id);
		EXPECT_EQ(8, vmsg_msg_size(msg));
		EXPECT_NE(0, msg->hdr.token);
		seen |= 1 << le16toh(msg->hdr.dev_num);
	}
	EXPECT_EQ(n, done);
	EXPECT_EQ(0xf, seen);
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(words)));
	EXPECT_EQ(EAGAIN, errno);
}

/* BUS-18: bytes between messages are 0, and one that does not fit is not lost. */
TEST_F(uapi, read_size)
{
	struct virtio_msg_get_device_info_resp info = {
		.device_id = htole32(VMSG_RAW_ID),
		.num_feature_blocks = htole32(2),
		.max_virtqueues = htole32(1),
	};
	uint64_t words[8];
	uint8_t *buf = (void *)words;
	void *nowhere = mmap(NULL, 4096, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vmsg_raw raw;
	struct vmsg_msg msg;

	vmsg_raw_init(&raw, self->fd);
	ASSERT_EQ(3, vmsg_raw_claim(&raw, 3));
	ASSERT_EQ(0, vmsg_wait_readable(self->fd, VMSG_SOON));
	EXPECT_EQ(-1, read(self->fd, buf, 0));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->fd, buf, 7));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->fd, nowhere, sizeof(words)));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, vmsg_receive(self->fd, &msg, VMSG_SOON));
	ASSERT_EQ(VIRTIO_MSG_GET_DEVICE_INFO, msg.hdr.msg_id);
	ASSERT_EQ(0, vmsg_raw_respond(&raw, &msg, &info, sizeof(info)));

	/* GET_VQUEUE: 12 bytes, which make 16. */
	ASSERT_EQ(0, vmsg_wait_readable(self->fd, VMSG_SOON));
	EXPECT_EQ(-1, read(self->fd, buf, 12));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, read(self->fd, buf, 15));
	EXPECT_EQ(EMSGSIZE, errno);
	memset(buf, 0xff, sizeof(words));
	EXPECT_EQ(16, read(self->fd, buf, sizeof(words)));
	EXPECT_EQ(VIRTIO_MSG_GET_VQUEUE, ((struct vmsg_msg *)buf)->hdr.msg_id);
	EXPECT_EQ(12, vmsg_msg_size((struct vmsg_msg *)buf));
	EXPECT_EQ(0, *(uint32_t *)(buf + 12));
	EXPECT_EQ(0xff, buf[16]);
}

struct reader {
	int fd;
	ssize_t result;
	int error;
};

static void *reader(void *arg)
{
	struct reader *r = arg;
	char buf[512];

	r->result = read(r->fd, buf, sizeof(buf));
	r->error = errno;
	return NULL;
}

TEST_F(uapi, read_blocks)
{
	struct reader r = { .fd = vmsg_bus_open(BUS, 0) };
	pthread_t thread;

	ASSERT_LE(0, r.fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, reader, &r));
	ASSERT_EQ(5, vmsg_claim(r.fd, 5, 1));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(8, r.result);

	/* The end of the bus wakes it as well. */
	ASSERT_EQ(0, pthread_create(&thread, NULL, reader, &r));
	ASSERT_EQ(0, vmsg_bus_destroy(BUS));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-1, r.result);
	EXPECT_EQ(ENODEV, r.error);
	close(r.fd);
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
}

static void nothing(int signal)
{
}

TEST_F(uapi, read_interrupted)
{
	struct sigaction action = { .sa_handler = nothing };
	int fd = vmsg_bus_open(BUS, 0);
	char buf[64];

	ASSERT_LE(0, fd);
	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	EXPECT_EQ(-1, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(EINTR, errno);
	close(fd);
}

#define EXPECT_REFUSED(err, size, type, id, dev, payload, bytes)	\
do {									\
	long _refused = vmsg_counter(BUS, "write_refused");		\
	size_t _size = (size);						\
	struct vmsg_msg _msg;						\
									\
	vmsg_msg_start(&_msg, type, id, dev, 1, payload);		\
	if (_size)							\
		_msg.hdr.msg_size = htole16(_size);			\
	EXPECT_EQ(-1, write(self->fd, &_msg, bytes));			\
	EXPECT_EQ(err, errno);						\
	EXPECT_EQ(_refused + 1, vmsg_counter(BUS, "write_refused"));	\
} while (0)

#define RESPONSE	VIRTIO_MSG_TYPE_RESPONSE
#define BUS_TYPE	VIRTIO_MSG_TYPE_BUS

TEST_F(uapi, write_refused)
{
	long sent;

	/* What a new bus asks, and its answer. */
	ASSERT_EQ(0, vmsg_counter_least(BUS, "received", 2));
	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	/* The request that comes of it has been sent, and counted. */
	ASSERT_EQ(0, vmsg_wait_readable(self->fd, VMSG_SOON));
	ASSERT_TRUE(vmsg_until(vmsg_counter(BUS, "sent") ==
			       vmsg_counter(BUS, "received"), VMSG_SOON));
	sent = vmsg_counter(BUS, "sent");

	/* sizes */
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x08, 1, 4, 1);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x08, 1, 4, 7);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x08, 1, 4, 8);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x08, 1, 4, 11);
	EXPECT_REFUSED(EINVAL, 7, RESPONSE, 0x08, 1, 4, 12);
	EXPECT_REFUSED(EINVAL, 65535, RESPONSE, 0x08, 1, 4, 12);
	EXPECT_REFUSED(EINVAL, 265, RESPONSE, 0x08, 1, 4, 512);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x08, 1, 0, 8);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x02, 1, 20, 28);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x09, 1, 36, 44);
	/* what a driver sends */
	EXPECT_REFUSED(EINVAL, 0, 0, 0x02, 1, 0, 8);
	EXPECT_REFUSED(EINVAL, 0, 0, 0x08, 1, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, 0, VIRTIO_MSG_EVENT_AVAIL, 1, 8, 16);
	/* what is of the bus */
	EXPECT_REFUSED(EINVAL, 0, BUS_TYPE, 0x03, 0, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, BUS_TYPE | RESPONSE, 0x03, 0, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, BUS_TYPE, 0x40, 0, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, BUS_TYPE | RESPONSE, 0x02, 1, 6, 14);
	/* unknown ones, and unknown bits */
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, 0x3f, 1, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE | 0x80, 0x08, 1, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, RESPONSE, VIRTIO_MSG_EVENT_USED, 1, 4, 12);
	EXPECT_REFUSED(EINVAL, 0, 0, 0x80, 1, 4, 12);
	/* devices of others */
	EXPECT_REFUSED(ENXIO, 0, RESPONSE, 0x08, 2, 4, 12);
	EXPECT_REFUSED(ENXIO, 0, 0, VIRTIO_MSG_EVENT_USED, 0, 4, 12);
	EXPECT_REFUSED(ENXIO, 0, 0, VIRTIO_MSG_EVENT_CONFIG, 65535, 16, 24);
	EXPECT_EQ(sent, vmsg_counter(BUS, "sent"));
}

TEST_F(uapi, write_released)
{
	struct vmsg_msg msg;

	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_USED, 1, 0, 4);
	EXPECT_EQ(0, vmsg_send(self->fd, &msg));
	EXPECT_EQ(0, vmsg_release(self->fd, 1));
	EXPECT_EQ(-ENXIO, vmsg_send(self->fd, &msg));
}

/* Those before the bad one are sent, and that one is the next call's error. */
TEST_F(uapi, write_several)
{
	struct vmsg_msg msg;
	uint8_t buf[80];
	/* What a bus with a doorbell makes of EVENT_USED. */
	long sent;
	int i;

	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	ASSERT_EQ(0, vmsg_wait_readable(self->fd, VMSG_SOON));
	sent = vmsg_counter(BUS, "notified");
	vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_USED, 1, 0, 4);
	memset(buf, 0, sizeof(buf));
	for (i = 0; i < 5; i++)
		memcpy(buf + 16 * i, &msg, 12);
	EXPECT_EQ(80, write(self->fd, buf, 80));
	EXPECT_EQ(sent + 5, vmsg_counter(BUS, "notified"));
	/* The last one needs no padding. */
	EXPECT_EQ(76, write(self->fd, buf, 76));
	EXPECT_EQ(sent + 10, vmsg_counter(BUS, "notified"));
	buf[32] = VIRTIO_MSG_TYPE_BUS;
	EXPECT_EQ(32, write(self->fd, buf, 80));
	EXPECT_EQ(-1, write(self->fd, buf + 32, 48));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(32, write(self->fd, buf + 48, 32));
	EXPECT_EQ(sent + 14, vmsg_counter(BUS, "notified"));
	EXPECT_EQ(0, write(self->fd, buf, 0));
}

TEST_F(uapi, write_fault)
{
	size_t page = getpagesize();
	struct vmsg_msg msg;
	uint8_t *map;

	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_USED, 1, 0, 4);
	memcpy(map + page - 8, &msg, 8);
	EXPECT_EQ(-1, write(self->fd, map + page - 8, 12));
	EXPECT_EQ(EFAULT, errno);
	memcpy(map + page - 24, &msg, 12);
	EXPECT_EQ(16, write(self->fd, map + page - 24, 32));
	EXPECT_EQ(-1, write(self->fd, map + page - 4, 12));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(uapi, poll)
{
	struct pollfd pollfd = { .fd = self->fd, .events = POLLIN | POLLOUT };
	char buf[512];

	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_EQ(POLLOUT, pollfd.revents);
	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	pollfd.events = POLLIN;
	EXPECT_EQ(1, poll(&pollfd, 1, VMSG_SOON));
	EXPECT_EQ(POLLIN, pollfd.revents);
	EXPECT_EQ(8, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, poll(&pollfd, 1, 0));

	ASSERT_EQ(0, vmsg_bus_destroy(BUS));
	pollfd.events = POLLIN | POLLOUT;
	EXPECT_EQ(1, poll(&pollfd, 1, 0));
	EXPECT_EQ(POLLHUP | POLLERR, pollfd.revents);
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, write(self->fd, buf, 16));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-ENODEV, vmsg_claim(self->fd, 1, 1));
	EXPECT_EQ(-ENODEV, vmsg_release(self->fd, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd,
				   0));
	EXPECT_EQ(ENODEV, errno);
	/* The name is free again, and the old file is not of the new bus. */
	ASSERT_EQ(0, vmsg_bus_create(BUS, NULL));
	EXPECT_EQ(-ENODEV, vmsg_claim(self->fd, 1, 1));
}

/* A bus that is full stops a writer, which then goes on. */
TEST_F(uapi, write_full)
{
	static uint8_t buf[16 * 4096];
	struct pollfd pollfd = { .fd = self->fd, .events = POLLOUT };
	struct vmsg_msg msg;
	size_t done = 0;
	ssize_t n;
	int i;

	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 1));
	vmsg_msg_start(&msg, 0, VIRTIO_MSG_EVENT_USED, 1, 0, 4);
	for (i = 0; i < 4096; i++)
		memcpy(buf + 16 * i, &msg, 12);
	while (done < sizeof(buf)) {
		n = write(self->fd, buf + done, sizeof(buf) - done);
		if (n < 0) {
			ASSERT_EQ(EAGAIN, errno);
			ASSERT_EQ(1, poll(&pollfd, 1, VMSG_SOON));
		} else {
			ASSERT_EQ(0, n % 16);
			done += n;
		}
	}
	fcntl(self->fd, F_SETFL, 0);
	EXPECT_EQ(sizeof(buf), write(self->fd, buf, sizeof(buf)));
}

TEST_F(uapi, ping)
{
	struct virtio_msg_user_ping ping = { .data = 0x12345678 };

	EXPECT_EQ(0, ioctl(self->fd, VIRTIO_MSG_IOC_PING, &ping));
	EXPECT_EQ(0x12345678, ping.data);
	EXPECT_LT(0, ping.rtt_ns);
	ping.flags = 1;
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_PING, &ping));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_PING, NULL));
	EXPECT_EQ(EFAULT, errno);
}

/* More calls at a time than the bus has room for: each of them arrives. */
TEST(calls_on_full_bus)
{
	struct vmsg_bus bus = { .no_doorbell = true };
	int event = eventfd(0, EFD_NONBLOCK);
	int i, fd;

	vmsg_bus_destroy("full");
	ASSERT_EQ(0, vmsg_bus_create("full", &bus));
	fd = vmsg_bus_open("full", O_NONBLOCK);
	ASSERT_EQ(1, vmsg_claim(fd, 1, 1024));
	for (i = 0; i < 1024; i++)
		ASSERT_EQ(0, vmsg_eventfd(fd, 1, i, -1, event));
	ASSERT_EQ(8, write(event, &(uint64_t){ 1 }, 8));
	/* The driver side has no such queues. */
	EXPECT_TRUE(vmsg_until(vmsg_counter("full", "bad_queue") +
			       vmsg_counter("full", "no_device") == 1024,
			       VMSG_SOON));
	EXPECT_LT(0, vmsg_counter("full", "outbox_full"));
	close(event);
	close(fd);
	EXPECT_EQ(0, vmsg_bus_destroy("full"));
}

TEST_F(uapi, eventfd_arguments)
{
	struct virtio_msg_user_eventfd eventfd_arg = {
		.dev_num = 1, .kick_fd = -1, .call_fd = -1, .flags = 1,
	};
	int fd = eventfd(0, EFD_NONBLOCK);
	int pipes[2];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-ENXIO, vmsg_eventfd(self->fd, 1, 0, fd, fd));
	ASSERT_EQ(1, vmsg_claim(self->fd, 1, 2));
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_EVENTFD, &eventfd_arg));
	EXPECT_EQ(EINVAL, errno);
	eventfd_arg.flags = 0;
	eventfd_arg.reserved = 1;
	EXPECT_EQ(-1, ioctl(self->fd, VIRTIO_MSG_IOC_EVENTFD, &eventfd_arg));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, 2, fd, -1));
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, ~0U, fd, -1));
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, 0, -2, -1));
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, 0, -1, -2));
	EXPECT_EQ(-EBADF, vmsg_eventfd(self->fd, 1, 0, 1000, -1));
	EXPECT_EQ(-EBADF, vmsg_eventfd(self->fd, 1, 0, fd, 1000));
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, 0, pipes[0], -1));
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, 0, -1, pipes[0]));
	EXPECT_EQ(-EINVAL, vmsg_eventfd(self->fd, 1, 0, self->fd, -1));

	/* One for all, set, replaced, removed. */
	EXPECT_EQ(0, vmsg_eventfd(self->fd, 1, 0, fd, fd));
	EXPECT_EQ(0, vmsg_eventfd(self->fd, 1, 1, fd, fd));
	EXPECT_EQ(0, vmsg_eventfd(self->fd, 1, 0, fd, fd));
	EXPECT_EQ(0, vmsg_eventfd(self->fd, 1, 0, -1, -1));
	EXPECT_EQ(0, vmsg_eventfd(self->fd, 1, 0, -1, -1));
	/* Gone before the file that knows of it. */
	close(fd);
	EXPECT_EQ(0, vmsg_release(self->fd, 1));
}

TEST_F(uapi, unprivileged)
{
	struct stat st;
	int status;
	pid_t pid;

	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(0, st.st_uid);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		_exit(vmsg_bus_open(BUS, 0) == -EACCES ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* An open file is shared across fork(): the last one to close it releases. */
TEST_F(uapi, fork)
{
	int fd = vmsg_bus_open(BUS, 0);
	int pipes[2];
	int status;
	pid_t pid;
	char c;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(4, vmsg_claim(fd, 4, 1));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(pipes[1]);
		_exit(read(pipes[0], &c, 1));
	}
	close(fd);
	EXPECT_EQ(-EBUSY, vmsg_claim(self->fd, 4, 1));
	close(pipes[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(4, vmsg_claim(self->fd, 4, 1));
}

TEST_F(uapi, killed)
{
	int status;
	pid_t pid;
	int fd;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		fd = vmsg_bus_open(BUS, 0);
		if (fd < 0 || vmsg_claim(fd, 4, 1) != 4)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(0, vmsg_counter_wait(BUS, "claims", 0));
	EXPECT_EQ(4, vmsg_claim(self->fd, 4, 1));
}

TEST_HARNESS_MAIN
