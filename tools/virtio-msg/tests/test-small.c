// SPDX-License-Identifier: BSD-3-Clause
/*
 * The small device, a process of its own, and a driver that follows a script,
 * over the FIFO that the kernel uses.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/unaligned.h>

#include "core.h"
#include "protocol.h"
#include "small-memory.h"
#include "tap.h"

#define DEADLINE_MS	10000
#define SLOTS		((SMALL_FIFO - 0x80) / 64)
#define RNG		0
#define EEPROM		1
#define QUEUE_SIZE	8
#define F_ZERO_LENGTH	0

/* Of the memory of a device in the window. */
#define AREA		0x1000
#define DESC		0x000
#define AVAIL		0x100
#define USED		0x200
#define DATA		0x400

struct driver {
	const char *label;
	bool events;
	__u8 *memory;
	int fd, kick, call;
	pid_t pid;
	struct virtio_msg_fifo out, in;
	__u64 buf[8];
	__u16 token;
	__u16 avail[2], used[2];
	unsigned int added, kicked;
	bool dead;
};

static const char *program;

static void ring(struct driver *d)
{
	__u64 one = 1;

	if (write(d->kick, &one, sizeof(one)) != sizeof(one))
		abort();
}

/* A device that says nothing for so long is dead: nothing waits again. */
static bool wait_ring(struct driver *d)
{
	struct pollfd fd = { .fd = d->call, .events = POLLIN };
	__u64 count;

	if (d->dead || poll(&fd, 1, DEADLINE_MS) != 1) {
		d->dead = true;
		return false;
	}
	return read(d->call, &count, sizeof(count)) == sizeof(count);
}

static void start_device(struct driver *d)
{
	d->pid = fork();
	if (d->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(d->fd, SMALL_FD_MEMORY);
	dup2(d->kick, SMALL_FD_KICK);
	dup2(d->call, SMALL_FD_CALL);
	execl(program, program, d->label, NULL);
	_exit(127);
}

static void attach(struct driver *d)
{
	struct virtio_msg_fifo_area area;

	small_area(&area, d->memory + SMALL_TO_DEVICE, d->events);
	if (virtio_msg_fifo_attach_producer(&d->out, &area))
		abort();
	small_area(&area, d->memory + SMALL_TO_DRIVER, d->events);
	if (virtio_msg_fifo_attach_consumer(&d->in, &area))
		abort();
}

/* @label: how the device is to behave. */
static void driver_init(struct driver *d, const char *label)
{
	memset(d, 0, sizeof(*d));
	d->events = !strcmp(label, "events");
	d->label = label;
	d->fd = memfd_create("small", MFD_CLOEXEC);
	d->kick = eventfd(0, EFD_CLOEXEC);
	d->call = eventfd(0, EFD_CLOEXEC);
	if (d->fd < 0 || d->kick < 0 || d->call < 0 ||
	    ftruncate(d->fd, SMALL_BYTES))
		abort();
	d->memory = mmap(NULL, SMALL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			 d->fd, 0);
	if (d->memory == MAP_FAILED)
		abort();
	attach(d);
	start_device(d);
}

static int stop_device(struct driver *d)
{
	int status = 0;

	kill(d->pid, SIGKILL);
	waitpid(d->pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void driver_exit(struct driver *d)
{
	is(stop_device(d), SIGKILL, "%s: the device was alive", d->label);
	munmap(d->memory, SMALL_BYTES);
	close(d->fd);
	close(d->kick);
	close(d->call);
}

/* The next message, or an empty one after the deadline. */
static bool receive(struct driver *d, struct virtio_msg_fields *f)
{
	int len;

	for (;;) {
		len = virtio_msg_fifo_get(&d->in, d->buf);
		if (len) {
			if (virtio_msg_fifo_notify_room(&d->in))
				ring(d);
			return len > 0 && !virtio_msg_decode(&virtio_msg_d26,
							     d->buf, len, 64, f);
		}
		if (virtio_msg_fifo_wait_data(&d->in) && !wait_ring(d)) {
			memset(f, 0, sizeof(*f));
			return false;
		}
	}
}

static bool try_send(struct driver *d, const struct virtio_msg_fields *f)
{
	__u8 msg[64];
	int len = virtio_msg_encode(&virtio_msg_d26, f, msg, sizeof(msg));

	if (len < 0 || virtio_msg_fifo_put(&d->out, msg, len))
		return false;
	if (virtio_msg_fifo_notify_data(&d->out)) {
		ring(d);
		d->kicked++;
	}
	return true;
}

static void note_event(struct driver *d, const struct virtio_msg_fields *f)
{
	if (f->kind == VMSG_EVENT_DEVICE &&
	    f->event.state == VIRTIO_MSG_DEVICE_ADDED)
		d->added++;
}

/* Ask, and wait for the answer; what else comes is noted. */
static bool request(struct driver *d, struct virtio_msg_fields *q,
		    struct virtio_msg_fields *a)
{
	struct virtio_msg_fields unused;

	if (!a)
		a = &unused;
	q->token = ++d->token;
	while (!try_send(d, q)) {
		if (!receive(d, a) && d->dead)
			return false;
		note_event(d, a);
	}
	for (;;) {
		if (receive(d, a)) {
			if (a->token == q->token && a->kind == q->kind + 1)
				return true;
			note_event(d, a);
		} else if (d->dead) {
			return false;
		}
	}
}

static __u32 status(struct driver *d, __u16 dev, __u32 value)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_SET_STATUS_REQ,
		.dev_num = dev,
		.status.status = value,
	};

	return request(d, &q, &a) ? a.status.status : ~0U;
}

static bool ping(struct driver *d, __u32 data)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_PING_REQ, .ping.data = data };

	return request(d, &q, &a) && a.ping.data == data;
}

static __u8 *area_of(struct driver *d, __u16 dev)
{
	return d->memory + SMALL_WINDOW + dev * AREA;
}

static void accept_features(struct driver *d, __u16 dev)
{
	struct virtio_msg_fields q = {
		.kind = VMSG_SET_FEATURES_REQ,
		.dev_num = dev,
		.features.count = 2,
	};
	__u8 data[8];

	virtio_msg_features_put(data, 0, dev == EEPROM ? 1U << F_ZERO_LENGTH : 0);
	virtio_msg_features_put(data, 1, 1U << (VMSG_F_VERSION_1 - 32));
	q.features.data = data;
	request(d, &q, NULL);
}

static bool bring_up(struct driver *d, __u16 dev)
{
	__u64 base = SMALL_ADDRESS + dev * AREA;
	struct virtio_msg_fields q = {
		.kind = VMSG_SET_VQUEUE_REQ,
		.dev_num = dev,
		.vq = {
			.flags = VIRTIO_MSG_VQ_OP_ENABLE,
			.size = QUEUE_SIZE,
			.desc = base + DESC,
			.driver = base + AVAIL,
			.device = base + USED,
		},
	};

	if (status(d, dev, 0))
		return false;
	memset(area_of(d, dev), 0, AREA);
	d->avail[dev] = 0;
	d->used[dev] = 0;
	status(d, dev, VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER);
	accept_features(d, dev);
	if (!(status(d, dev, 0x0b) & VMSG_S_FEATURES_OK))
		return false;
	return request(d, &q, NULL) &&
	       (status(d, dev, 0x0f) & VMSG_S_DRIVER_OK);
}

static void put_desc(struct driver *d, __u16 dev, __u32 i, __u32 offset,
		     __u32 len, __u16 flags)
{
	__u8 *p = area_of(d, dev) + DESC + 16 * i;

	put_unaligned_le64(SMALL_ADDRESS + dev * AREA + offset, p);
	put_unaligned_le32(len, p + 8);
	put_unaligned_le16(flags, p + 12);
	put_unaligned_le16(i + 1, p + 14);
}

/* One buffer, of @out_len bytes out and @in_len in; the bytes that came. */
static int transfer(struct driver *d, __u16 dev, const void *out,
		    __u32 out_len, void *in, __u32 in_len)
{
	struct virtio_msg_fields f = {
		.kind = VMSG_EVENT_AVAIL, .dev_num = dev };
	__u8 *area = area_of(d, dev);
	__u32 first = 0;

	memcpy(area + DATA, out, out_len);
	memset(area + DATA + 512, 0, in_len);
	if (out_len)
		put_desc(d, dev, first++, DATA, out_len, 1);
	put_desc(d, dev, first, DATA + 512, in_len, 2);
	put_unaligned_le16(0, area + AVAIL + 4 + 2 * (d->avail[dev] % QUEUE_SIZE));
	__atomic_store_n((__u16 *)(area + AVAIL + 2), ++d->avail[dev],
			 __ATOMIC_RELEASE);
	if (!try_send(d, &f))
		return -1;
	while (__atomic_load_n((__u16 *)(area + USED + 2), __ATOMIC_ACQUIRE) ==
	       d->used[dev])
		if (!receive(d, &f) && d->dead)
			return -1;
	d->used[dev]++;
	memcpy(in, area + DATA + 512, in_len);
	return (int)get_unaligned_le32(area + USED + 8 +
				       8 * ((d->used[dev] - 1) % QUEUE_SIZE));
}

static bool random_works(struct driver *d)
{
	__u8 bytes[100];

	return transfer(d, RNG, "", 0, bytes, sizeof(bytes)) == 100 &&
	       !memchr(bytes, 0, sizeof(bytes));
}

/* An I2C message: header and data out, data and status in. */
static int i2c(struct driver *d, __u8 addr, const void *out, __u32 out_len,
	       void *in, __u32 in_len)
{
	__u8 request[64] = { addr << 1 }, answer[65];

	request[4] = in ? 2 : 0;
	memcpy(request + 8, out, out_len);
	if (transfer(d, EEPROM, request, 8 + out_len, answer, in_len + 1) !=
	    (int)in_len + 1)
		return -1;
	if (in)
		memcpy(in, answer, in_len);
	return answer[in_len];
}

static void test_enumeration(struct driver *d)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_GET_DEVICES_REQ, .devices.count = 64 };
	struct virtio_msg_fields info = { .kind = VMSG_INFO_REQ };

	ok(ping(d, 0x12345678), "%s: PING", d->label);
	is(d->added, 2, "%s: two devices announce themselves", d->label);
	ok(request(d, &q, &a), "%s: GET_DEVICES", d->label);
	is(a.devices.bitmap[0], 3, "%s: there are two", d->label);
	is(a.devices.next_offset, 0, "%s: and no more", d->label);
	ok(request(d, &info, &a), "%s: GET_DEVICE_INFO", d->label);
	is(a.info.device_id, 4, "%s: entropy", d->label);
	info.dev_num = EEPROM;
	request(d, &info, &a);
	is(a.info.device_id, 34, "%s: i2c", d->label);
}

static void test_entropy(struct driver *d)
{
	int i, good = 0;

	ok(bring_up(d, RNG), "%s: entropy starts", d->label);
	for (i = 0; i < 500; i++)
		good += random_works(d);
	is(good, 500, "%s: 500 buffers of entropy", d->label);
}

static void test_eeprom(struct driver *d)
{
	__u8 page[9] = { 16, 1, 2, 3, 4, 5, 6, 7, 8 }, got[8], at = 16;
	int i, good = 0;

	ok(bring_up(d, EEPROM), "%s: i2c starts", d->label);
	is(i2c(d, 0x50, &at, 1, NULL, 0), 0, "%s: position", d->label);
	is(i2c(d, 0x50, "", 0, got, 8), 0, "%s: read", d->label);
	ok(got[0] == 0xff && got[7] == 0xff, "%s: erased", d->label);
	for (i = 0; i < 100; i++) {
		at = 8 * (i % 32);
		page[0] = at;
		page[1] = i + 1;
		good += !i2c(d, 0x50, page, 9, NULL, 0) &&
			!i2c(d, 0x50, &at, 1, NULL, 0) &&
			!i2c(d, 0x50, "", 0, got, 8) &&
			!memcmp(page + 1, got, 8);
	}
	is(good, 100, "%s: 100 pages written and read", d->label);
	is(i2c(d, 0x51, &at, 1, NULL, 0), 1, "%s: nobody at 0x51", d->label);
}

/* Nobody reads the answers until neither FIFO takes any more, and @us longer. */
static void test_stall(struct driver *d, unsigned int us)
{
	struct virtio_msg_fields a, f = { .kind = VMSG_PING_REQ };
	unsigned int sent = 0, good = 0, i;

	/* Takes along what was not waited for. */
	ok(ping(d, 1), "%s: idle", d->label);
	while (sent < 2 * (SLOTS - 1)) {
		f.ping.data = sent;
		if (try_send(d, &f))
			sent++;
		else if (virtio_msg_fifo_wait_room(&d->out) && !wait_ring(d))
			break;
	}
	is(sent, 2 * (SLOTS - 1), "%s: both FIFOs are full", d->label);
	usleep(us);
	for (i = 0; i < sent; i++)
		good += receive(d, &a) && a.kind == VMSG_PING_RESP &&
			a.ping.data == i;
	is(good, sent, "%s: all is answered, in order", d->label);
	is(virtio_msg_fifo_pending(&d->in), 0, "%s: once", d->label);
}

/* The device asks to be notified only if it waits. */
static void test_notifications(struct driver *d)
{
	struct virtio_msg_fields a, f = { .kind = VMSG_PING_REQ };
	unsigned int sent = 0, got = 0;

	d->kicked = 0;
	while (got < 20000 && !d->dead) {
		while (sent < 20000 && try_send(d, &f))
			f.ping.data = ++sent;
		got += receive(d, &a) && a.ping.data == got;
	}
	is(got, 20000, "%s: 20000 messages in flight, in order", d->label);
	printf("# note: %s: %u notifications for 20000 messages\n", d->label, d->kicked);
	if (d->events)
		ok(d->kicked < 20000, "%s: not one for each", d->label);
	else
		is(d->kicked, 20000, "%s: one for each", d->label);
}

static void scribble(struct driver *d, unsigned int *seed)
{
	__u8 *at = d->memory + 0x1000 + rand_r(seed) % 0x2000;
	static const __u32 words[] = { 0x1000, 0x1040, 0x2000, 0x2040 };

	if (rand_r(seed) % 2)
		put_unaligned_le32((__u32)rand_r(seed) % 200,
				   d->memory + words[rand_r(seed) % 4]);
	else
		*at = (__u8)rand_r(seed);
}

/*
 * Whatever the driver writes wherever, the device lives. What that left in memory
 * is where both begin again.
 */
static void test_hostile(struct driver *d)
{
	unsigned int seed = 7, i;

	for (i = 0; i < 200000; i++) {
		scribble(d, &seed);
		if (!(i % 50))
			ring(d);
	}
	is(waitpid(d->pid, NULL, WNOHANG), 0, "%s: alive", d->label);
	stop_device(d);
	attach(d);
	start_device(d);
	ok(ping(d, 0xabcd), "%s: works with what there is", d->label);
	ok(bring_up(d, RNG) && random_works(d), "%s: entropy works", d->label);
	ok(bring_up(d, EEPROM), "%s: i2c works", d->label);
}

/* The device dies in the middle of something, and another one comes. */
static void test_restart(struct driver *d)
{
	struct virtio_msg_fields f = { .kind = VMSG_PING_REQ };
	unsigned int good = 0, seed = 3, i, n;

	for (i = 0; i < 20; i++) {
		for (n = (unsigned int)rand_r(&seed) % 200; n; n--) {
			f.ping.data = n;
			try_send(d, &f);
			if (n % 3)
				virtio_msg_fifo_get(&d->in, d->buf);
		}
		stop_device(d);
		d->added = 0;
		start_device(d);
		good += ping(d, i) && bring_up(d, RNG) && random_works(d) &&
			d->added == 2;
	}
	is(good, 20, "%s: 20 restarts of the device", d->label);
}

/* There is room when the device, that saw none, is about to wait for it. */
static void test_late(void)
{
	struct driver d;
	unsigned int i;

	driver_init(&d, "late");
	for (i = 0; i < 10; i++)
		test_stall(&d, 20000 + 1500 * i);
	driver_exit(&d);
}

static void test_all(const char *label)
{
	struct driver d;

	driver_init(&d, label);
	test_enumeration(&d);
	test_entropy(&d);
	test_eeprom(&d);
	test_stall(&d, 0);
	test_notifications(&d);
	test_hostile(&d);
	test_restart(&d);
	driver_exit(&d);
}

int main(int argc, char **argv)
{
	static char path[4096];

	(void)argc;
	snprintf(path, sizeof(path), "%s", argv[0]);
	*strrchr(path, '/') = '\0';
	strncat(path, "/small-device", sizeof(path) - strlen(path) - 1);
	program = path;
	test_all("plain");
	test_all("events");
	test_late();
	return tap_done();
}
