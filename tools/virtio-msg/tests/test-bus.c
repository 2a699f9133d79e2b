// SPDX-License-Identifier: BSD-3-Clause
/*
 * An open bus, on system calls that fail as real ones do: messages in batches,
 * a kernel that is full, a bus that goes away.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"
#include "libvirtio-msg.h"
#include "tap.h"
#include "util.h"

#define INBOX	65536
#define WINDOW	0x5000000ULL
#define WINSIZE	0x20000

/* The kernel. */
static struct virtio_msg_user_info info;
static int ready_fd = -1;	/* what is polled: always readable */
static __u8 inbox[INBOX];
static size_t inbox_len;
static __u8 outbox[INBOX];
static size_t outbox_len;
static size_t write_budget;	/* bytes until EAGAIN */
static bool flicker;		/* every other write() finds no room */
static bool raw;			/* read() does not look at messages */
static bool no_padding;		/* write() does not count the last padding */
static int read_error, write_error, claim_error, eventfd_error;
static int writes, claims, releases, eventfds, closes, maps;
static int signals;		/* mmap() calls that one ends */
static __u32 next_dev = 3;
static __u8 *window;
static int window_fd = -1;	/* a file behind the window */
static struct virtio_msg_user_window odd_window;
static int kick_fds[4], call_fds[4];

static int k_open(const char *path)
{
	if (strcmp(path, "/dev/virtio-msg/test"))
		return -ENOENT;
	ready_fd = eventfd(1, EFD_NONBLOCK);
	return ready_fd;
}

static void k_close(int fd)
{
	close(fd);
	closes++;
}

static size_t aligned(const __u8 *msg)
{
	return (virtio_msg_size(msg) + 7UL) & ~7UL;
}

static ssize_t k_read(int fd, void *data, size_t len)
{
	size_t n = 0;

	(void)fd;
	if (read_error)
		return read_error;
	if (raw)
		n = inbox_len;
	while (n < inbox_len && n + aligned(inbox + n) <= len)
		n += aligned(inbox + n);
	if (!inbox_len)
		return -EAGAIN;
	if (!n)
		return -EMSGSIZE;
	memcpy(data, inbox, n);
	memmove(inbox, inbox + n, inbox_len - n);
	inbox_len -= n;
	return (ssize_t)n;
}

static ssize_t k_write(int fd, const void *data, size_t len)
{
	size_t size, n = 0;

	(void)fd;
	if (write_error)
		return write_error;
	if (flicker && (writes++ & 1) == 0)
		return -EAGAIN;
	while (n < len) {
		size = aligned((const __u8 *)data + n);
		if (size > write_budget || outbox_len + size > INBOX)
			break;
		memcpy(outbox + outbox_len, (const __u8 *)data + n, size);
		outbox_len += size;
		write_budget -= size;
		n += size;
	}
	if (!n)
		return -EAGAIN;
	if (no_padding)
		n -= size - virtio_msg_size((const __u8 *)data + n - size);
	return (ssize_t)n;
}

static int k_claim(struct virtio_msg_user_claim *arg)
{
	if (claim_error)
		return claim_error;
	if (arg->dev_num == VIRTIO_MSG_DEV_ANY)
		arg->dev_num = next_dev;
	claims++;
	return 0;
}

static int k_eventfd(const struct virtio_msg_user_eventfd *arg)
{
	if (eventfd_error)
		return eventfd_error;
	kick_fds[arg->index] = arg->kick_fd;
	call_fds[arg->index] = arg->call_fd;
	eventfds++;
	return 0;
}

static int k_window(struct virtio_msg_user_window *arg)
{
	if (odd_window.size) {
		arg->start = odd_window.start;
		arg->size = odd_window.size;
		arg->offset = odd_window.offset;
		return 0;
	}
	if (arg->addr < WINDOW || arg->addr >= WINDOW + WINSIZE)
		return -EFAULT;
	arg->start = WINDOW;
	arg->size = WINSIZE;
	arg->offset = 0x7000;
	return 0;
}

static int k_ioctl(int fd, unsigned long request, void *arg)
{
	(void)fd;
	switch (request) {
	case VIRTIO_MSG_IOC_INFO:
		memcpy(arg, &info, sizeof(info));
		return 0;
	case VIRTIO_MSG_IOC_CLAIM:
		return k_claim(arg);
	case VIRTIO_MSG_IOC_RELEASE:
		releases++;
		return 0;
	case VIRTIO_MSG_IOC_EVENTFD:
		return k_eventfd(arg);
	case VIRTIO_MSG_IOC_WINDOW:
		return k_window(arg);
	case VIRTIO_MSG_IOC_PING:
		((struct virtio_msg_user_ping *)arg)->rtt_ns = 1234;
		return 0;
	default:
		return -ENOTTY;
	}
}

static void *k_mmap(int fd, size_t size, __u64 offset)
{
	(void)fd;
	if (signals) {
		signals--;
		errno = EINTR;
		return NULL;
	}
	errno = EINVAL;
	if (offset != 0x7000)
		return NULL;
	maps++;
	window = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED |
		      (window_fd < 0 ? MAP_ANONYMOUS : 0), window_fd, 0);
	return window;
}

static void k_munmap(void *addr, size_t size)
{
	maps--;
	munmap(addr, size);
	window = NULL;
}

static const struct vmsg_io kernel = {
	k_open, k_close, k_read, k_write, k_ioctl, k_mmap, k_munmap,
};

/* The process. */
static struct vmsg_loop *loop;
static struct vmsg_bus *bus;
static struct vmsg_queue queues[2];
static struct vmsg_device dev, other;
static int runs;
static __u8 config[8];

static void on_queue(struct vmsg_device *d, struct vmsg_queue *queue)
{
	static struct vmsg_chain chain;

	(void)d;
	runs++;
	while (vmsg_queue_pop(queue, &chain))
		vmsg_queue_push(queue, &chain, vmsg_chain_zero(&chain, ~0U));
}

static const struct vmsg_device_ops ops = { .queue = on_queue };

static void set_up(__u32 dialect, __u32 max)
{
	memset(&info, 0, sizeof(info));
	info.abi = VIRTIO_MSG_USER_ABI;
	info.role = VIRTIO_MSG_ROLE_DEVICE;
	info.revision = 1;
	info.dialect = dialect;
	info.max_msg_size = max;
	info.max_queues = 64;
	memcpy(info.name, "test", 5);
	inbox_len = 0;
	outbox_len = 0;
	write_budget = INBOX;
	no_padding = false;
	read_error = 0;
	write_error = 0;
	claim_error = 0;
	eventfd_error = 0;
	claims = 0;
	releases = 0;
	eventfds = 0;
	runs = 0;
	memset(&odd_window, 0, sizeof(odd_window));
	memset(queues, 0, sizeof(queues));
	memset(&dev, 0, sizeof(dev));
	memset(&other, 0, sizeof(other));
	queues[0].max_size = 16;
	queues[1].max_size = 16;
	dev.ops = &ops;
	dev.device_id = 4;
	dev.queues = queues;
	dev.num_queues = 2;
	dev.config = config;
	dev.config_size = sizeof(config);
	other.ops = &ops;
	other.device_id = 99;
	loop = vmsg_loop_new();
}

static int open_bus(void)
{
	bus = NULL;
	return vmsg_bus_open_io(loop, "test", &kernel, &bus);
}

static void tear_down(void)
{
	vmsg_bus_close(bus);
	vmsg_loop_free(loop);
	if (maps || claims != releases)
		ok(false, "windows %d, claims %d, releases %d", maps, claims,
		   releases);
}

static const struct virtio_msg_dialect *dialect(void)
{
	return info.dialect == VIRTIO_MSG_DIALECT_D26 ? &virtio_msg_d26 :
							&virtio_msg_pr28;
}

static void put(struct virtio_msg_fields *f, __u16 dev_num, __u16 token)
{
	int len;

	f->dev_num = dev_num;
	f->token = token;
	memset(inbox + inbox_len, 0, info.max_msg_size + 8);
	len = virtio_msg_encode(dialect(), f, inbox + inbox_len,
				info.max_msg_size);
	if (len < 0)
		abort();
	inbox_len += ((size_t)len + 7) & ~7UL;
}

static void put_kind(enum virtio_msg_kind kind, __u16 dev_num, __u16 token)
{
	struct virtio_msg_fields f = { .kind = kind };

	put(&f, dev_num, token);
}

static bool take(struct virtio_msg_fields *f)
{
	static __u8 msg[512];
	size_t size;

	if (!outbox_len)
		return false;
	size = aligned(outbox);
	memcpy(msg, outbox, size);
	memmove(outbox, outbox + size, outbox_len - size);
	outbox_len -= size;
	return !virtio_msg_decode(dialect(), msg, (__u32)size,
				  info.max_msg_size, f);
}

static void spin(int n)
{
	while (n--)
		vmsg_loop_once(loop, 0);
}

static void test_open(void)
{
	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	is(vmsg_bus_open_io(loop, "none", &kernel, &bus), -ENOENT, "no bus");
	info.abi = 77;
	is(open_bus(), -EPROTONOSUPPORT, "other interface");
	info.abi = VIRTIO_MSG_USER_ABI;
	info.max_msg_size = 48;
	is(open_bus(), -EPROTONOSUPPORT, "messages too small");
	info.max_msg_size = 65536;
	is(open_bus(), -EPROTONOSUPPORT, "messages too large");
	info.max_msg_size = 48;
	info.dialect = VIRTIO_MSG_DIALECT_PR28;
	is(open_bus(), 0, "48 bytes are enough for PR28");
	vmsg_bus_close(bus);
	info.dialect = 9;
	is(open_bus(), -EPROTONOSUPPORT, "unknown dialect");
	info.dialect = VIRTIO_MSG_DIALECT_D26;
	info.max_msg_size = 65535;
	is(open_bus(), 0, "largest messages");
	ok(!strcmp((const char *)vmsg_bus_info(bus)->name, "test"), "name");
	tear_down();
}

static void test_add(void)
{
	__u64 rtt;

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	claim_error = -EBUSY;
	is(vmsg_bus_add(bus, &dev, 5, 0), -EBUSY, "number in use");
	claim_error = 0;
	eventfd_error = -ENXIO;
	is(vmsg_bus_add(bus, &dev, 5, 0), -ENXIO, "no eventfd");
	is(releases, 1, "claim undone");
	eventfd_error = 0;
	is(vmsg_bus_add(bus, &dev, VMSG_DEV_ANY, 0), 0, "any number");
	is(dev.dev_num, 3, "the kernel's choice");
	is(eventfds, 2, "an eventfd for each queue");
	is(vmsg_bus_add(bus, &other, 9, VMSG_BUS_MESSAGES), 0, "second");
	is(vmsg_bus_ping(bus, 5, &rtt), 0, "ping");
	is(rtt, 1234, "time");
	vmsg_bus_remove(bus, &dev);
	vmsg_bus_remove(bus, &dev);
	is(releases, 2, "remove");
	tear_down();

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	eventfd_error = -ENOTTY;
	is(vmsg_bus_add(bus, &dev, 5, 0), 0, "kernel without eventfds");
	tear_down();
}

static void test_batch(__u32 id, __u32 max)
{
	struct virtio_msg_fields f;
	int i, good = 0;

	set_up(id, max);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, 0);
	vmsg_bus_add(bus, &other, 9, 0);
	for (i = 0; i < 600; i++)
		put_kind(i & 1 ? VMSG_INFO_REQ : VMSG_GET_STATUS_REQ,
			 i % 3 ? 3 : 9, (__u16)(i + 1));
	no_padding = max == 264;
	spin(40);
	for (i = 0; i < 600; i++)
		if (take(&f) && f.token == i + 1 &&
		    f.dev_num == (i % 3 ? 3 : 9) &&
		    f.kind == (i & 1 ? VMSG_INFO_RESP : VMSG_GET_STATUS_RESP) &&
		    (!(i & 1) || f.info.device_id == (i % 3 ? 4U : 99U)))
			good++;
	is(good, 600, "DEV-30 %u bytes: answers in order", max);
	is(vmsg_bus_counters(bus)->received, 600, "%u bytes: received", max);
	is(vmsg_bus_counters(bus)->sent, 600, "%u bytes: sent", max);
	tear_down();
}

/* The kernel takes a few bytes from time to time. No answer may get lost. */
static void test_full(void)
{
	struct virtio_msg_fields f;
	int i, answers = 0, events = 0;
	bool ordered = true;

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, VMSG_BUS_MESSAGES);
	dev.status = VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER;
	write_budget = 0;
	for (i = 0; i < 3000; i++)
		put_kind(VMSG_GET_STATUS_REQ, 3, (__u16)(i + 1));
	spin(50);
	is(outbox_len, 0, "a kernel that is full");
	ok(inbox_len > 0, "is not read empty");
	ok(vmsg_bus_counters(bus)->stalls, "but left alone");
	for (i = 0; i < 100; i++)
		vmsg_device_config_changed(&dev, 0, 4);
	for (i = 0; i < 10000 && (inbox_len || answers < 3000); i++) {
		write_budget = 64;
		spin(1);
		while (take(&f)) {
			if (f.kind == VMSG_EVENT_CONFIG) {
				events++;
				continue;
			}
			ordered = ordered && f.token == answers + 1;
			answers++;
		}
	}
	is(answers, 3000, "DEV-31 every request is answered");
	ok(ordered, "DEV-30 in order");
	ok(events >= 1 && events < 100, "events join, and get their turn");
	write_budget = INBOX;
	spin(3);
	while (take(&f))
		events += f.kind == VMSG_EVENT_CONFIG;
	is(dev.counters.config_events, events, "none of them is lost");
	dev.status = 0;
	tear_down();
}

/* There is room again by the time that we have decided to wait for it. */
static void test_flicker(void)
{
	struct virtio_msg_fields f;
	int i, answers = 0;

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, VMSG_BUS_MESSAGES);
	for (i = 0; i < 3000; i++)
		put_kind(VMSG_GET_STATUS_REQ, 3, (__u16)(i + 1));
	flicker = true;
	spin(60);
	flicker = false;
	while (take(&f))
		answers++;
	is(answers, 3000, "every request is answered");
	tear_down();
}

static void test_garbage(void)
{
	struct virtio_msg_fields f;

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, 0);
	put_kind(VMSG_GET_STATUS_REQ, 4, 1);
	put_kind(VMSG_PING_REQ, 0, 2);
	put_kind(VMSG_GET_STATUS_REQ, 3, 3);
	spin(2);
	ok(take(&f) && f.token == 3 && !take(&f), "DBUS-1 only our messages");
	is(vmsg_bus_counters(bus)->unrouted, 2, "others are counted");

	put_kind(VMSG_GET_STATUS_REQ, 3, 4);
	memcpy(inbox + 8, inbox, 8);
	inbox[6] = 4;
	inbox_len = 16;
	raw = true;
	spin(2);
	ok(!take(&f), "a size below that of a header");
	is(vmsg_bus_counters(bus)->malformed, 1, "is counted");
	raw = false;
	put_kind(VMSG_GET_STATUS_REQ, 3, 5);
	spin(2);
	ok(take(&f) && f.token == 5, "and the next read is fine");
	write_error = -ENXIO;
	put_kind(VMSG_GET_STATUS_REQ, 3, 6);
	spin(2);
	is(vmsg_bus_counters(bus)->refused, 1, "answer that nobody wants");
	write_error = 0;
	put_kind(VMSG_GET_STATUS_REQ, 3, 7);
	spin(2);
	ok(take(&f) && f.token == 7, "does not stop the next");
	tear_down();
}

static void test_lost(void)
{
	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, 0);
	read_error = -ENODEV;
	is(vmsg_loop_run(loop), -ENODEV, "bus that goes while we read");
	read_error = 0;
	tear_down();

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, 0);
	write_error = -ENODEV;
	put_kind(VMSG_GET_STATUS_REQ, 3, 1);
	is(vmsg_loop_run(loop), -ENODEV, "bus that goes while we write");
	tear_down();
}

static void put_vqueue(__u32 index, __u64 base)
{
	struct virtio_msg_fields f = {
		.kind = VMSG_SET_VQUEUE_REQ,
		.vq = {
			.index = index,
			.flags = VIRTIO_MSG_VQ_OP_ENABLE,
			.size = 16,
			.desc = base,
			.driver = base + 0x400,
			.device = base + 0x800,
		},
	};

	put(&f, 3, 1);
}

static void start_driver(void)
{
	struct virtio_msg_fields f = { .kind = VMSG_SET_FEATURES_REQ };
	__u8 data[8] = { 0 };
	int i;

	virtio_msg_features_put(data, 1, 3);
	f.features.count = 2;
	f.features.data = data;
	put(&f, 3, 1);
	f = (struct virtio_msg_fields){ .kind = VMSG_SET_STATUS_REQ,
					.status.status = 0xb };
	put(&f, 3, 1);
	put_vqueue(0, WINDOW);
	f = (struct virtio_msg_fields){ .kind = VMSG_SET_STATUS_REQ,
					.status.status = 0xf };
	put(&f, 3, 1);
	spin(2);
	for (i = 0; i < 4; i++)
		take(&f);
}

/* One buffer that the device writes. */
static void add_buffer(void)
{
	struct ring ring = { .num = 16, .avail = 0x400, .mem = window };

	ring.avail_idx = queues[0].avail_next;
	ring_desc(&ring, 0, WINDOW + 0x1000, 16, RING_WRITE, 0);
	ring_avail(&ring, 0);
}

static void test_eventfds(void)
{
	struct virtio_msg_fields f;

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, 0);
	start_driver();
	is(maps, 1, "window mapped");
	is(dev.status, 0xf, "driver is up");
	runs = 0;
	add_buffer();
	eventfd_write(kick_fds[0], 1);
	spin(2);
	is(runs, 1, "kick");
	is(call_fds[0], -1, "no call eventfd, which would take a worker");
	ok(take(&f) && f.kind == VMSG_EVENT_USED, "but a message");
	add_buffer();
	f = (struct virtio_msg_fields){ .kind = VMSG_EVENT_AVAIL };
	put(&f, 3, 0);
	spin(2);
	ok(take(&f) && f.kind == VMSG_EVENT_USED, "kick by message");
	f = (struct virtio_msg_fields){ .kind = VMSG_SET_STATUS_REQ };
	put(&f, 3, 1);
	spin(2);
	is(maps, 0, "reset unmaps the window");
	ok(take(&f) && !f.status.status, "before it is answered");
	eventfd_write(kick_fds[0], 1);
	spin(2);
	is(dev.counters.ignored, 1, "late kick");
	tear_down();
}

static void test_messages(void)
{
	struct virtio_msg_fields f = { .kind = VMSG_EVENT_AVAIL };

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	open_bus();
	vmsg_bus_add(bus, &dev, 3, VMSG_BUS_MESSAGES);
	is(eventfds, 0, "no eventfds");
	start_driver();
	add_buffer();
	put(&f, 3, 0);
	spin(2);
	ok(take(&f) && f.kind == VMSG_EVENT_USED && f.dev_num == 3 &&
	   f.notify.index == 0 && !take(&f), "EVENT_USED");
	tear_down();
}

static void test_windows(void)
{
	static const struct virtio_msg_user_window odd[] = {
		{ .start = WINDOW + 0x1000, .size = 0x1000, .offset = 0x7000 },
		{ .start = WINDOW - 0x1000, .size = 0x1000, .offset = 0x7000 },
		{ .start = WINDOW, .size = ~0ULL, .offset = 0x7000 },
		{ .start = WINDOW, .size = 16, .offset = 0x7000 },
		{ .start = WINDOW, .size = 0x1000, .offset = 0x8000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		set_up(VIRTIO_MSG_DIALECT_D26, 264);
		odd_window = odd[i];
		open_bus();
		vmsg_bus_add(bus, &dev, 3, 0);
		start_driver();
		ok(!queues[0].enabled, "odd window %zu", i);
		vmsg_bus_remove(bus, &dev);
		is(maps, 0, "is not left mapped");
		tear_down();
	}
}

/* A signal does not keep a window from being mapped, nor do many for ever. */
static void test_signals(void)
{
	static const int n[] = { 3, 1000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(n); i++) {
		set_up(VIRTIO_MSG_DIALECT_D26, 264);
		signals = n[i];
		open_bus();
		vmsg_bus_add(bus, &dev, 3, 0);
		start_driver();
		is(queues[0].enabled, !i, "after %d signals", n[i]);
		ok(!i || signals, "attempts are bounded");
		signals = 0;
		vmsg_bus_remove(bus, &dev);
		tear_down();
	}
}

/* The window goes away, and with it all that the device knew of the driver. */
static void test_guard(void)
{
	struct virtio_msg_fields f = { .kind = VMSG_EVENT_AVAIL };

	window_fd = memfd_create("window", 0);
	if (window_fd < 0 || ftruncate(window_fd, WINSIZE))
		abort();
	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	is(vmsg_guard(), 0, "guard");
	open_bus();
	vmsg_bus_add(bus, &dev, 3, VMSG_BUS_MESSAGES);
	start_driver();
	add_buffer();
	put(&f, 3, 0);
	spin(2);
	ok(take(&f) && f.kind == VMSG_EVENT_USED, "a buffer");
	add_buffer();
	if (ftruncate(window_fd, 0))
		abort();
	f = (struct virtio_msg_fields){ .kind = VMSG_EVENT_AVAIL };
	put(&f, 3, 0);
	spin(2);
	ok(true, "survives a window that goes away");
	tear_down();
	close(window_fd);
	window_fd = -1;
	signal(SIGBUS, SIG_DFL);
}

static int order[4], ordered;
static struct vmsg_task tasks[3];

static void on_task(struct vmsg_task *task)
{
	order[ordered++] = (int)(task - tasks);
	if (task == &tasks[0])
		vmsg_loop_defer(loop, &tasks[2]);
}

static void test_loop(void)
{
	int i;

	set_up(VIRTIO_MSG_DIALECT_D26, 264);
	for (i = 0; i < 3; i++)
		tasks[i].run = on_task;
	vmsg_loop_defer(loop, &tasks[0]);
	vmsg_loop_defer(loop, &tasks[1]);
	vmsg_loop_defer(loop, &tasks[0]);
	vmsg_loop_once(loop, 0);
	ok(ordered == 2 && order[0] == 0 && order[1] == 1, "tasks in order");
	vmsg_loop_once(loop, -1);
	ok(ordered == 3 && order[2] == 2, "a task of a task in the next round");
	vmsg_loop_defer(loop, &tasks[1]);
	vmsg_loop_defer(loop, &tasks[2]);
	vmsg_loop_cancel(loop, &tasks[2]);
	vmsg_loop_cancel(loop, &tasks[1]);
	vmsg_loop_cancel(loop, &tasks[1]);
	vmsg_loop_once(loop, 0);
	is(ordered, 3, "cancelled");
	vmsg_loop_stop(loop, 7);
	vmsg_loop_stop(loop, 8);
	is(vmsg_loop_run(loop), 7, "the first stop counts");
	bus = NULL;
	tear_down();
}

int main(void)
{
	test_loop();
	test_open();
	test_add();
	test_batch(VIRTIO_MSG_DIALECT_D26, 264);
	test_batch(VIRTIO_MSG_DIALECT_D26, 52);
	test_batch(VIRTIO_MSG_DIALECT_PR28, 48);
	test_full();
	test_flicker();
	test_garbage();
	test_lost();
	test_eventfds();
	test_messages();
	test_windows();
	test_signals();
	test_guard();
	return tap_done();
}
