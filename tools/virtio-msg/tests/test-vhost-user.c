// SPDX-License-Identifier: BSD-3-Clause
/*
 * The vhost-user front end, against a back end that does what a script says: at
 * each message of a session everything that a message can have wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "protocol.h"
#include "tap.h"
#include "util.h"
#include "vhost-user/bridge.h"

#define BIT(n)		(1ULL << (n))
#define WINDOW		0x5000000ULL
#define WINSIZE		0x10000
#define QUEUE_SIZE	16
#define USED		0x1000
#define TIMEOUT_MS	60	/* where a fault is to be found */
#define SOON_MS		5000
#define CONFIG		60
#define QUEUES_MAX	12	/* each in a window, all the same memory */

/* The kernel: one device, whose requests are answered one at a time. */

static struct {
	int ready;
	int window;
	__u8 *memory;
	__u8 in[512];
	size_t in_len;
	__u8 out[512];
	size_t out_len;
	int claims;
	int releases;
	int events;
} kernel;

static __u32 bus_timeout_ms;

static int k_open(const char *path)
{
	(void)path;
	kernel.ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return kernel.ready;
}

static void k_close(int fd)
{
	close(fd);
}

static ssize_t k_read(int fd, void *data, size_t len)
{
	eventfd_t count;
	size_t n = kernel.in_len;

	eventfd_read(fd, &count);
	if (!n || n > len)
		return -EAGAIN;
	memcpy(data, kernel.in, n);
	kernel.in_len = 0;
	return (ssize_t)n;
}

/* Events are counted, answers kept; one message at a time. */
static ssize_t k_write(int fd, const void *data, size_t len)
{
	size_t n = (virtio_msg_size(data) + 7UL) & ~7UL;

	(void)fd;
	if (n > len)
		n = len;
	if (virtio_msg_is_response(data)) {
		memcpy(kernel.out, data, n);
		kernel.out_len = n;
	} else {
		kernel.events++;
	}
	return (ssize_t)n;
}

static int k_export(struct virtio_msg_user_export *arg)
{
	arg->start = arg->addr & ~(WINSIZE - 1ULL);
	arg->size = WINSIZE;
	arg->fd = dup(kernel.window);
	return 0;
}

static int k_ioctl(int fd, unsigned long request, void *arg)
{
	struct virtio_msg_user_window *window = arg;
	struct virtio_msg_user_info info = {
		.abi = VIRTIO_MSG_USER_ABI,
		.revision = VIRTIO_MSG_REVISION_1,
		.dialect = VIRTIO_MSG_DIALECT_D26,
		.max_msg_size = 264,
		.timeout_ms = bus_timeout_ms,
		.max_queues = 1024,
		.name = "test",
	};

	(void)fd;
	switch (request) {
	case VIRTIO_MSG_IOC_INFO:
		memcpy(arg, &info, sizeof(info));
		return 0;
	case VIRTIO_MSG_IOC_CLAIM:
		((struct virtio_msg_user_claim *)arg)->dev_num = 3;
		kernel.claims++;
		return 0;
	case VIRTIO_MSG_IOC_RELEASE:
		kernel.releases++;
		return 0;
	case VIRTIO_MSG_IOC_EVENTFD:
		return 0;
	case VIRTIO_MSG_IOC_WINDOW:
		window->start = window->addr & ~(WINSIZE - 1ULL);
		window->size = WINSIZE;
		return window->addr < WINDOW ||
		       window->addr >= WINDOW + QUEUES_MAX * WINSIZE ?
		       -EFAULT : 0;
	case VIRTIO_MSG_IOC_EXPORT:
		return k_export(arg);
	}
	return -ENOTTY;
}

static void *k_mmap(int fd, size_t size, __u64 offset)
{
	(void)fd;
	(void)offset;
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    kernel.window, 0);
}

static void k_munmap(void *addr, size_t size)
{
	munmap(addr, size);
}

static const struct vmsg_io io = {
	.open = k_open,
	.close = k_close,
	.read = k_read,
	.write = k_write,
	.ioctl = k_ioctl,
	.mmap = k_mmap,
	.munmap = k_munmap,
};

/* The back end: a thread */

enum fault {
	NONE, CLOSE, SILENT, SHORT, LONG, HUGE, OTHER_REQUEST, OTHER_VERSION,
	NO_REPLY_FLAG, EXTRA_FD, MANY_FDS, GARBAGE, PARTIAL, REFUSE, FAULTS
};

static const char *const fault_names[] = {
	"none", "closes", "silent", "short", "long", "huge", "other request",
	"other version", "no reply flag", "descriptor too many",
	"many descriptors", "garbage", "half a message", "refuses",
};

/*
 * struct back_end - what it does and what it saw
 * @at: the message at which it does what @fault says; -1: never
 * @log: requests in order, of all connections
 * @answered: which of them had an answer
 * @base: of the last SET_VRING_BASE
 * @inflight: inode of the file that came with SET_INFLIGHT_FD
 */
struct back_end {
	char path[64];
	int listener;
	pthread_t thread;
	int at;
	enum fault fault;
	__u64 protocol;
	__u32 log[256];
	bool answered[256];
	int num;
	__u32 queues;
	__u32 base;
	ino_t made;
	ino_t inflight;
	int inflight_fd;
	int requests;
	int socket;
	int kick;
	__u8 capacity;
	bool acks;
};

static struct back_end back;

static void serve_config(struct vhu_msg *msg)
{
	memset(msg->payload.config.data, 0, CONFIG);
	msg->payload.config.data[0] = back.capacity;
}

static void serve_inflight(struct vhu_msg *msg)
{
	struct stat st;
	int fd = memfd_create("inflight", MFD_CLOEXEC);

	fstat(fd, &st);
	back.made = st.st_ino;
	msg->payload.inflight.mmap_size = 4096;
	msg->fds[0] = fd;
	msg->num_fds = 1;
}

static void keep(int *where, struct vhu_msg *msg)
{
	if (*where >= 0)
		close(*where);
	*where = msg->num_fds ? dup(msg->fds[0]) : -1;
}

static void note(struct vhu_msg *msg)
{
	struct stat st;

	switch (msg->request) {
	case VHU_SET_PROTOCOL_FEATURES:
		back.acks = msg->payload.u64 & BIT(VHU_PROTOCOL_REPLY_ACK);
		break;
	case VHU_SET_VRING_BASE:
		back.base = msg->payload.state.num;
		break;
	case VHU_SET_INFLIGHT_FD:
		if (msg->num_fds == 1 && !fstat(msg->fds[0], &st))
			back.inflight = st.st_ino;
		break;
	case VHU_SET_BACKEND_REQ_FD:
		keep(&back.requests, msg);
		break;
	case VHU_SET_VRING_KICK:
		keep(&back.kick, msg);
		break;
	}
}

/* Make @msg its answer; false: it has none. */
static bool answer(struct vhu_msg *msg)
{
	bool ack = msg->flags & VHU_FLAG_NEED_REPLY;

	note(msg);
	vhu_msg_close(msg);
	msg->flags = VHU_VERSION | VHU_FLAG_REPLY;
	switch (msg->request) {
	case VHU_GET_FEATURES:
		msg->payload.u64 = BIT(VMSG_F_VERSION_1) | BIT(9) |
				   BIT(VHU_F_PROTOCOL_FEATURES);
		break;
	case VHU_GET_PROTOCOL_FEATURES:
		msg->payload.u64 = back.protocol;
		break;
	case VHU_GET_QUEUE_NUM:
		msg->payload.u64 = back.queues;
		break;
	case VHU_GET_MAX_MEM_SLOTS:
		msg->payload.u64 = 32;
		break;
	case VHU_GET_STATUS:
		msg->payload.u64 = VMSG_S_FEATURES_OK;
		break;
	case VHU_GET_CONFIG:
		serve_config(msg);
		return true;
	case VHU_GET_INFLIGHT_FD:
		serve_inflight(msg);
		return true;
	case VHU_GET_VRING_BASE:
		return true;
	default:
		msg->payload.u64 = 0;
		msg->size = 8;
		return ack;
	}
	msg->size = 8;
	return true;
}

static void send_raw(int socket, const void *bytes, size_t size)
{
	if (send(socket, bytes, size, MSG_NOSIGNAL) < 0)
		return;
}

/* True if the connection is of no use any more. */
static bool misbehave(int socket, struct vhu_msg *msg, enum fault fault)
{
	__u8 noise[64];
	__u32 i;

	switch (fault) {
	case CLOSE:
		return true;
	case SILENT:
		return false;
	case SHORT:
		msg->size -= 5;
		break;
	case LONG:
		msg->size += 8;
		break;
	case OTHER_REQUEST:
		msg->request++;
		break;
	case OTHER_VERSION:
		msg->flags ^= 3;
		break;
	case NO_REPLY_FLAG:
		msg->flags &= ~VHU_FLAG_REPLY;
		break;
	case EXTRA_FD:
	case MANY_FDS:
		for (i = msg->num_fds; i < VHU_FDS_MAX; i++) {
			msg->fds[msg->num_fds++] = dup(socket);
			if (fault == EXTRA_FD)
				break;
		}
		break;
	case REFUSE:
		msg->payload.u64 = 1;
		break;
	case HUGE:
		msg->size = 0xfffffff0;
		send_raw(socket, msg, VHU_HEADER_SIZE);
		return false;
	case GARBAGE:
		for (i = 0; i < sizeof(noise); i++)
			noise[i] = (__u8)(i * 37 + 11);
		send_raw(socket, noise, sizeof(noise));
		return false;
	case PARTIAL:
		send_raw(socket, msg, VHU_HEADER_SIZE + 1);
		return true;
	default:
		break;
	}
	vhu_msg_send(socket, msg, vhu_now() + SOON_MS);
	vhu_msg_close(msg);
	return false;
}

static void serve(int socket)
{
	struct vhu_msg msg;
	bool reply;
	int i;

	back.acks = false;
	while (!vhu_msg_receive(socket, &msg, vhu_now() + SOON_MS)) {
		i = back.num++ % 256;
		back.log[i] = msg.request;
		reply = answer(&msg);
		back.answered[i] = reply;
		if (i == back.at) {
			bool over = misbehave(socket, &msg, back.fault);

			vhu_msg_close(&msg);
			if (over)
				break;
		} else if (reply) {
			vhu_msg_send(socket, &msg, vhu_now() + SOON_MS);
			vhu_msg_close(&msg);
		}
	}
}

static void *back_end_thread(void *arg)
{
	int socket;

	(void)arg;
	while ((socket = accept4(back.listener, NULL, NULL,
				 SOCK_CLOEXEC)) >= 0) {
		__atomic_store_n(&back.socket, socket, __ATOMIC_SEQ_CST);
		serve(socket);
		__atomic_store_n(&back.socket, -1, __ATOMIC_SEQ_CST);
		close(socket);
	}
	return NULL;
}

static void back_end_start(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	unlink(back.path);
	memcpy(addr.sun_path, back.path, sizeof(back.path));
	back.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(back.listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(back.listener, 4) ||
	    pthread_create(&back.thread, NULL, back_end_thread, NULL))
		abort();
}

static void back_end_stop(void)
{
	int none = -1;
	int socket = __atomic_load_n(&back.socket, __ATOMIC_SEQ_CST);

	shutdown(back.listener, SHUT_RDWR);
	if (socket >= 0)
		shutdown(socket, SHUT_RDWR);
	pthread_join(back.thread, NULL);
	close(back.listener);
	if (back.requests >= 0)
		close(back.requests);
	if (back.kick >= 0)
		close(back.kick);
	back.requests = none;
	back.kick = none;
	unlink(back.path);
}

/* The session */

static struct vmsg_loop *loop;
static struct vmsg_bus *bus;
static struct vhu_bridge bridge;
static struct vhu_options options;
static __u16 token;
static __u32 queues = 1;

#define until(condition)						\
({									\
	__u64 _end = vhu_now() + SOON_MS;				\
	bool _is;							\
									\
	while (!(_is = (condition)) && vhu_now() < _end)		\
		vmsg_loop_once(loop, 2);				\
	_is;								\
})

/* Ask the device; false if there is none. */
static bool ask(struct virtio_msg_fields *request,
		struct virtio_msg_fields *response)
{
	int len;

	request->dev_num = 3;
	request->token = ++token;
	len = virtio_msg_encode(&virtio_msg_d26, request, kernel.in, 264);
	if (len < 0)
		abort();
	kernel.in_len = ((size_t)len + 7) & ~7UL;
	kernel.out_len = 0;
	eventfd_write(kernel.ready, 1);
	if (!until(kernel.out_len || !bridge.added))
		return false;
	memset(response, 0, sizeof(*response));
	return kernel.out_len &&
	       !virtio_msg_decode(&virtio_msg_d26, kernel.out,
				  virtio_msg_size(kernel.out), 264, response);
}

static int status(__u32 value)
{
	struct virtio_msg_fields request = {
		.kind = VMSG_SET_STATUS_REQ,
		.status.status = value,
	};
	struct virtio_msg_fields response;

	return ask(&request, &response) ? (int)response.status.status : -1;
}

static bool set_features(void)
{
	struct virtio_msg_fields request = {
		.kind = VMSG_SET_FEATURES_REQ,
		.features = { .index = 0, .count = 2 },
	};
	struct virtio_msg_fields response;
	__u8 data[8];

	virtio_msg_features_put(data, 0, BIT(9));
	virtio_msg_features_put(data, 1, 3);
	request.features.data = data;
	return ask(&request, &response);
}

static bool set_queue(__u32 i)
{
	__u64 window = WINDOW + (__u64)i * WINSIZE;
	struct virtio_msg_fields request = {
		.kind = VMSG_SET_VQUEUE_REQ,
		.vq = {
			.index = i,
			.flags = VIRTIO_MSG_VQ_OP_ENABLE,
			.size = QUEUE_SIZE,
			.desc = window + 64,
			.driver = window + 0x800,
			.device = window + USED,
		},
	};
	struct virtio_msg_fields response;

	return ask(&request, &response);
}

/* As far as it goes: true if the rings run. */
static bool drive(void)
{
	__u32 i;

	if (!until(bridge.added || bridge.device.backend.error))
		return false;
	if (!bridge.added || status(0) || status(1) != 1 || status(3) != 3 ||
	    !set_features() || status(11) != 11)
		return false;
	for (i = 0; i < back.queues; i++)
		if (!set_queue(i))
			return false;
	if (status(15) != 15)
		return false;
	return until(bridge.device.started || bridge.device.backend.error) &&
	       bridge.device.started;
}

static void session_start(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.window = memfd_create("window", MFD_CLOEXEC);
	if (ftruncate(kernel.window, WINSIZE))
		abort();
	kernel.memory = mmap(NULL, WINSIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			     kernel.window, 0);
	loop = vmsg_loop_new();
	if (vmsg_bus_open_io(loop, "test", &io, &bus) ||
	    vhu_bridge_open(&bridge, loop, bus, &options, 3, NULL))
		abort();
}

static void session_end(void)
{
	vhu_bridge_close(&bridge);
	vmsg_bus_close(bus);
	vmsg_loop_free(loop);
	munmap(kernel.memory, WINSIZE);
	close(kernel.window);
}

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void prepare(__u64 protocol, int at, enum fault fault)
{
	char path[sizeof(back.path)];

	snprintf(path, sizeof(path), "/tmp/test-vhost-user.%d", (int)getpid());
	memset(&back, 0, sizeof(back));
	memcpy(back.path, path, sizeof(path));
	back.at = at;
	back.fault = fault;
	back.protocol = protocol;
	back.queues = queues;
	back.requests = -1;
	back.kick = -1;
	back.socket = -1;
	bus_timeout_ms = fault == NONE ? SOON_MS : TIMEOUT_MS;
	options.path = back.path;
	options.type = vhu_type_find("blk");
	options.queue_size = QUEUE_SIZE;
	options.inflight = true;
	options.reconnect = false;
	options.resume_ms = SOON_MS;
}

#define ALL_PROTOCOL	(BIT(VHU_PROTOCOL_MQ) | BIT(VHU_PROTOCOL_REPLY_ACK) | \
			 BIT(VHU_PROTOCOL_BACKEND_REQ) | \
			 BIT(VHU_PROTOCOL_CONFIG) | \
			 BIT(VHU_PROTOCOL_INFLIGHT_SHMFD) | \
			 BIT(VHU_PROTOCOL_RESET_DEVICE) | \
			 BIT(VHU_PROTOCOL_MEM_SLOTS) | BIT(VHU_PROTOCOL_STATUS))
#define FEW_PROTOCOL	BIT(VHU_PROTOCOL_CONFIG)

/* A whole session; true if nothing was found wrong. */
static bool session(__u64 protocol, int at, enum fault fault)
{
	bool good;

	prepare(protocol, at, fault);
	back_end_start();
	session_start();
	good = drive() && !status(0) && !bridge.device.backend.error;
	/* What comes late is found, too. */
	if (good && at >= 0)
		vmsg_loop_once(loop, 20);
	if (bridge.device.backend.error)
		until(!bridge.added);
	good = good && !bridge.device.backend.error;
	back.at = -1;
	if (!good && (bridge.added || kernel.claims != kernel.releases))
		ok(false, "the number is released");
	if (!good && !bridge.device.backend.why[0])
		ok(false, "it says why");
	session_end();
	back_end_stop();
	return good;
}

/* Is this fault one, where this request has an answer, or none? */
static bool applies(enum fault fault, __u32 request, bool answered)
{
	bool asks = request == VHU_GET_FEATURES ||
		    request == VHU_GET_PROTOCOL_FEATURES ||
		    request == VHU_GET_QUEUE_NUM ||
		    request == VHU_GET_MAX_MEM_SLOTS ||
		    request == VHU_GET_STATUS || request == VHU_GET_CONFIG ||
		    request == VHU_GET_INFLIGHT_FD ||
		    request == VHU_GET_VRING_BASE;

	if (fault == REFUSE)
		return answered && !asks;
	return answered || (fault != SILENT && fault != NONE);
}

static void test_faults(const char *what, __u64 protocol)
{
	struct back_end good;
	int files = open_files();
	int fault, i, done = 0, wrong = 0;
	__u64 begin, longest = 0;

	if (!ok(session(protocol, -1, NONE), "%s: a good session", what)) {
		printf("# %s\n", bridge.device.backend.why);
		return;
	}
	good = back;
	for (i = 0; i < good.num; i++) {
		for (fault = CLOSE; fault < FAULTS; fault++) {
			if (!applies(fault, good.log[i], good.answered[i]))
				continue;
			begin = vhu_now();
			if (session(protocol, i, fault)) {
				printf("# %s: message %d: %s: not found\n",
				       vhu_request_name(good.log[i]), i,
				       fault_names[fault]);
				wrong++;
			}
			if (vhu_now() - begin > longest)
				longest = vhu_now() - begin;
			done++;
		}
	}
	ok(done > 100, "%s: %d faults at %d messages", what, done, good.num);
	is(wrong, 0, "%s: all are found", what);
	ok(longest < 2 * SOON_MS, "%s: in time (%d ms)", what,
	   (int)longest);
	is(open_files(), files, "%s: no descriptor is left", what);
}

static int count(__u32 request)
{
	int i, n = 0;

	for (i = 0; i < back.num; i++)
		n += back.log[i] == request;
	return n;
}

/* More windows than one message has room for. */
static void test_slots(void)
{
	int fault, i, num, wrong = 0;
	struct back_end good;

	queues = QUEUES_MAX;
	ok(session(ALL_PROTOCOL, -1, NONE), "slots: a good session");
	is(count(VHU_SET_MEM_TABLE), 0, "slots: no table");
	is(count(VHU_ADD_MEM_REG), QUEUES_MAX, "slots: windows are added");
	is(count(VHU_REM_MEM_REG), QUEUES_MAX, "slots: and taken back");
	is(count(VHU_GET_VRING_BASE), QUEUES_MAX, "slots: rings are stopped");
	good = back;
	num = good.num;
	for (i = 0; i < num; i++) {
		if (good.log[i] != VHU_ADD_MEM_REG &&
		    good.log[i] != VHU_REM_MEM_REG)
			continue;
		for (fault = CLOSE; fault < FAULTS; fault += 3)
			wrong += session(ALL_PROTOCOL, i, fault);
	}
	is(wrong, 0, "slots: all faults are found");
	/* Without the feature, there can be no more than fit. */
	ok(session(ALL_PROTOCOL & ~BIT(VHU_PROTOCOL_MEM_SLOTS), -1, NONE),
	   "slots: a session without them");
	is(bridge.device.dev.num_queues, VHU_TABLE_MAX,
	   "slots: has no more queues than one message has windows");
	queues = 1;
}

/* The back end dies with requests in flight, and another one goes on. */
static void test_resume(void)
{
	eventfd_t count;
	ino_t made;

	prepare(ALL_PROTOCOL, -1, NONE);
	options.reconnect = true;
	back_end_start();
	session_start();
	ok(drive(), "resume: it runs");
	made = back.made;
	is(back.inflight, made, "resume: the log is the one that was made");
	put_unaligned_le16(7, kernel.memory + USED + 2);
	back_end_stop();
	ok(until(bridge.resume_until), "resume: the device waits");
	ok(bridge.added, "resume: it is there");
	is(status(15), 15, "resume: it answers");
	back_end_start();
	ok(until(!bridge.resume_until), "resume: it goes on");
	is(back.base, 7, "resume: from where the used ring is");
	is(back.inflight, made, "resume: with the log of the first");
	ok(back.kick >= 0 && !eventfd_read(back.kick, &count),
	   "resume: queues are kicked");
	is(kernel.releases, 0, "resume: nothing was released");
	is(status(0), 0, "resume: reset");
	session_end();
	back_end_stop();
}

/* A driver that resets a device without a back end gets rid of it. */
static void test_reset_alone(void)
{
	prepare(ALL_PROTOCOL, -1, NONE);
	options.reconnect = true;
	back_end_start();
	session_start();
	ok(drive(), "alone: it runs");
	back_end_stop();
	ok(until(bridge.resume_until), "alone: the device waits");
	is(status(0), 0, "alone: reset");
	ok(until(!bridge.added), "alone: it is removed");
	back_end_start();
	ok(until(bridge.added), "alone: it comes with the back end");
	ok(drive(), "alone: it runs again");
	session_end();
	back_end_stop();
}

/* One that does not come back in time. */
static void test_given_up(void)
{
	prepare(ALL_PROTOCOL, -1, NONE);
	options.reconnect = true;
	options.resume_ms = 50;
	back_end_start();
	session_start();
	ok(drive(), "given up: it runs");
	back_end_stop();
	ok(until(!bridge.added), "given up: the device is removed");
	is(kernel.claims, kernel.releases, "given up: and its number free");
	session_end();
}

static void tell(__u32 request, __u32 size, __u32 flags)
{
	struct vhu_msg msg = {
		.request = request,
		.flags = VHU_VERSION | flags,
		.size = size,
	};

	vhu_msg_send(back.requests, &msg, vhu_now() + SOON_MS);
}

static void test_config_change(void)
{
	struct vhu_msg msg;
	int events;

	prepare(ALL_PROTOCOL, -1, NONE);
	back_end_start();
	session_start();
	ok(drive(), "config: it runs");
	events = kernel.events;
	back.capacity = 99;
	tell(VHU_BACKEND_CONFIG_CHANGE, 0, VHU_FLAG_NEED_REPLY);
	ok(until(kernel.events > events), "config: the driver is told");
	is(bridge.device.config[0], 99, "config: the value is new");
	is(vhu_msg_receive(back.requests, &msg, vhu_now() + SOON_MS), 0,
	   "config: the back end is answered");
	is(msg.payload.u64, 0, "config: well");

	tell(77, 8, VHU_FLAG_NEED_REPLY);
	until(!vmsg_loop_once(loop, 20));
	is(vhu_msg_receive(back.requests, &msg, vhu_now() + SOON_MS), 0,
	   "config: an unknown request is answered");
	is(msg.payload.u64, 1, "config: refused");
	ok(bridge.added, "config: the device is still there");

	msg = (struct vhu_msg){ .request = 1, .flags = VHU_VERSION,
				.size = 100000 };
	send_raw(back.requests, &msg, VHU_HEADER_SIZE);
	ok(until(!bridge.added), "config: one that is too large ends it");
	session_end();
	back_end_stop();
}

static void test_nobody(void)
{
	prepare(ALL_PROTOCOL, -1, NONE);
	options.reconnect = true;
	session_start();
	vmsg_loop_once(loop, 20);
	ok(!bridge.added, "late: no device without a back end");
	is(kernel.claims, 0, "late: no number is claimed");
	back_end_start();
	ok(until(bridge.added), "late: a device comes with the back end");
	ok(drive(), "late: it runs");
	session_end();
	back_end_stop();
}

int main(void)
{
	/* What the front end says of hundreds of faults is of no use here. */
	if (!getenv("VERBOSE") && !freopen("/dev/null", "w", stderr))
		abort();
	signal(SIGPIPE, SIG_IGN);
	test_faults("all features", ALL_PROTOCOL);
	test_faults("few features", FEW_PROTOCOL);
	test_slots();
	test_resume();
	test_reset_alone();
	test_given_up();
	test_config_change();
	test_nobody();
	return tap_done();
}
