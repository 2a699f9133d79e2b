// SPDX-License-Identifier: BSD-3-Clause
/*
 * The small device as an FF-A partition, and a driver that sends it messages: what
 * is right, what is wrong, and how events come.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/unaligned.h>
#include <linux/virtio_msg_ffa.h>

#include "fake.h"
#include "ffa.h"
#include "protocol.h"
#include "small.h"
#include "tap.h"

#define RNG		0
#define DISK		1
#define EEPROM		2
#define HANDLE		0x1122334455667788ULL
#define AREA		3
#define PAGES		16
#define BYTES		(PAGES * 4096)
#define SHARED		(VIRTIO_MSG_FFA_AREA_WRITEABLE | VIRTIO_MSG_FFA_AREA_NORMAL)
#define QUEUE_SIZE	8
#define NOTIFICATION	7
#define SECTORS		64

/* Of the memory of a device in the area: half of it, each. */
#define HALF		0x8000
#define DESC		0x000
#define AVAIL		0x100
#define USED		0x200
#define DATA		0x1000
#define NEXT		1
#define WRITE		2

static struct vmsg_ffa bus;
static struct vmsg_small_rng rng;
static struct vmsg_small_disk disk;
static struct vmsg_small_eeprom eeprom;
static __u8 content[256], sectors[SECTORS * 512];
static __u8 *memory;
static int retrieve_result, retrieved, notified;
static __u8 answer[VMSG_FFA_MSG];
static __u32 answer_len;
static __u16 avail_idx[3], used_idx[3];

/* Exactly so many bytes, so that the sanitizer sees what goes beyond. */
static int retrieve(struct vmsg_ffa *ffa, struct vmsg_ffa_area *area)
{
	(void)ffa;
	if (retrieve_result || area->handle != HANDLE)
		return retrieve_result ? retrieve_result : -EFAULT;
	memory = calloc(area->pages, 4096);
	area->base = memory;
	retrieved++;
	return 0;
}

static void relinquish(struct vmsg_ffa *ffa, struct vmsg_ffa_area *area)
{
	(void)ffa;
	free(area->base);
	retrieved--;
}

static void notify(struct vmsg_ffa *ffa, __u16 id)
{
	(void)ffa;
	notified += id == NOTIFICATION;
}

static const struct vmsg_ffa_ops ops = {
	.retrieve = retrieve,
	.relinquish = relinquish,
	.notify = notify,
};

static void random_bytes(void *to, __u32 len)
{
	memset(to, 0x5a, len);
}

static void start(void)
{
	bus.ops = &ops;
	bus.dialect = &virtio_msg_d26;
	bus.version = 0x10002;
	vmsg_ffa_init(&bus);
	rng.random = random_bytes;
	vmsg_small_rng_init(&rng);
	disk.mem = sectors;
	disk.size = sizeof(sectors);
	vmsg_small_disk_init(&disk);
	eeprom.mem = content;
	eeprom.size = sizeof(content);
	eeprom.addr = 0x50;
	vmsg_small_eeprom_init(&eeprom);
	is(vmsg_ffa_add(&bus, &rng.dev), RNG, "entropy");
	is(vmsg_ffa_add(&bus, &disk.dev), DISK, "a disk");
	is(vmsg_ffa_add(&bus, &eeprom.dev), EEPROM, "an EEPROM");
}

static void send(const void *msg, __u32 len)
{
	memset(answer, 0xdd, sizeof(answer));
	answer_len = vmsg_ffa_receive(&bus, msg, len, answer);
}

/* A bus message of exactly so many bytes of payload. */
static void bus_request(__u8 msg_id, const void *payload, __u32 len)
{
	__u8 msg[VMSG_FFA_MSG] = { VIRTIO_MSG_TYPE_BUS, msg_id, 0, 0, 0x34,
				   0x12, (__u8)(8 + len) };

	memcpy(msg + 8, payload, len);
	send(msg, sizeof(msg));
}

/* The payload of the answer, if it is that of this message. */
static const __u8 *response(__u8 msg_id, __u32 len)
{
	static const __u8 none[64] = { 0 };

	if (answer_len != 8 + len || answer[0] != 3 || answer[1] != msg_id ||
	    get_unaligned_le16(answer + 4) != 0x1234 ||
	    get_unaligned_le16(answer + 6) != 8 + len)
		return none + 32;
	return answer + 8;
}

static bool is_error(__u8 msg_id)
{
	return get_unaligned_le16(response(VIRTIO_MSG_FFA_ERROR, 2)) == msg_id &&
	       answer[1] == VIRTIO_MSG_FFA_ERROR;
}

static bool is_empty(void)
{
	return answer_len == 8 && answer[0] == 3 &&
	       answer[1] == VIRTIO_MSG_FFA_EVENT_POLL;
}

static void test_version(void)
{
	__u8 q[16] = { 0, 0, 1, 0, 1 };
	const __u8 *a;

	bus_request(VIRTIO_MSG_FFA_EVENT_POLL, q, 0);
	ok(is_error(VIRTIO_MSG_FFA_EVENT_POLL), "first of all comes VERSION");
	bus_request(VIRTIO_MSG_FFA_VERSION, q, 8);
	a = response(VIRTIO_MSG_FFA_VERSION, 18);
	is(get_unaligned_le32(a), 0x10000, "VERSION 1.0");
	is(get_unaligned_le32(a + 12), 0x21, "direct messages, notifications");
	is(get_unaligned_le16(a + 16), VMSG_FFA_AREAS - 1, "areas");
	bus_request(VIRTIO_MSG_FFA_VERSION, q, 12);
	a = response(VIRTIO_MSG_FFA_VERSION, 22);
	is(get_unaligned_le32(a + 8), 0x10002, "the longer form has FF-A's");
	is(get_unaligned_le16(a + 20), VMSG_FFA_AREAS - 1, "areas there");
	bus_request(VIRTIO_MSG_FFA_VERSION, q, 11);
	ok(is_error(VIRTIO_MSG_FFA_VERSION), "neither form");
	q[2] = 0;
	bus_request(VIRTIO_MSG_FFA_VERSION, q, 8);
	is(get_unaligned_le32(response(VIRTIO_MSG_FFA_VERSION, 18)), 0,
	   "a version that is not spoken");
}

static __u16 share(__u16 id, __u64 handle, __u32 pages, __u32 attrs)
{
	__u8 q[26];
	const __u8 *a;

	put_unaligned_le16(id, q);
	put_unaligned_le64(handle, q + 2);
	put_unaligned_le64(0, q + 10);
	put_unaligned_le32(pages, q + 18);
	put_unaligned_le32(attrs, q + 22);
	bus_request(VIRTIO_MSG_FFA_AREA_SHARE, q, sizeof(q));
	a = response(VIRTIO_MSG_FFA_AREA_SHARE, 4);
	return get_unaligned_le16(a) == id ? get_unaligned_le16(a + 2) : 0xffff;
}

static __u16 unshare(__u16 id)
{
	__u8 q[2];
	const __u8 *a;

	put_unaligned_le16(id, q);
	bus_request(VIRTIO_MSG_FFA_AREA_UNSHARE, q, sizeof(q));
	a = response(VIRTIO_MSG_FFA_AREA_UNSHARE, 4);
	return get_unaligned_le16(a) == id ? get_unaligned_le16(a + 2) : 0xffff;
}

static void test_areas(void)
{
	is(share(VMSG_FFA_AREAS, HANDLE, 1, SHARED), 1, "number too large");
	is(share(0xffff, HANDLE, 1, SHARED), 1, "largest number");
	is(share(AREA, HANDLE, 0, SHARED), 1, "no page");
	is(share(AREA, HANDLE, VMSG_FFA_PAGES + 1, SHARED), 1, "too many");
	is(share(AREA, HANDLE, 1, SHARED | 1), 1, "lent, not shared");
	is(share(AREA, HANDLE, 1, 0x200), 1, "read only");
	is(share(AREA, HANDLE + 1, 1, SHARED), 1, "wrong handle");
	retrieve_result = -EAGAIN;
	is(share(AREA, HANDLE, 1, SHARED), 2, "not now");
	retrieve_result = 0;
	is(unshare(AREA), 1, "an area that is not there");
	is(share(AREA, HANDLE, 1, SHARED), 0, "shared");
	is(share(AREA, HANDLE, 1, SHARED), 1, "twice");
	is(unshare(AREA), 0, "given back");
	is(unshare(AREA), 1, "once");
	is(unshare(0xffff), 1, "one that there never was");
	is(retrieved, 0, "nothing is left");
}

static void test_wrong(void)
{
	__u8 msg[112] = { 0 }, q[26] = { 0 };
	unsigned int len, good = 0;

	for (len = 0; len < 8; len++) {
		send(msg, len);
		good += answer_len == 10 && answer[1] == VIRTIO_MSG_FFA_ERROR;
	}
	is(good, 8, "messages shorter than a header");
	put_unaligned_le16(4, msg + 6);
	send(msg, sizeof(msg));
	is(answer[1], VIRTIO_MSG_FFA_ERROR, "a size smaller than that");
	put_unaligned_le16(100, msg + 6);
	send(msg, 99);
	is(answer[1], VIRTIO_MSG_FFA_ERROR, "larger than what came");
	put_unaligned_le16(VMSG_FFA_MSG + 1, msg + 6);
	send(msg, sizeof(msg));
	is(answer[1], VIRTIO_MSG_FFA_ERROR, "larger than any");
	bus_request(VIRTIO_MSG_FFA_FIFO_CONFIGURE, q, 12);
	ok(is_error(VIRTIO_MSG_FFA_FIFO_CONFIGURE), "no FIFO");
	bus_request(0x99, q, 0);
	ok(is_error(0x99), "an unknown message");
	bus_request(VIRTIO_MSG_FFA_AREA_SHARE, q, 25);
	ok(is_error(VIRTIO_MSG_FFA_AREA_SHARE), "AREA_SHARE too short");
	bus_request(VIRTIO_MSG_FFA_AREA_UNSHARE, q, 3);
	ok(is_error(VIRTIO_MSG_FFA_AREA_UNSHARE), "AREA_UNSHARE too long");
	bus_request(VIRTIO_MSG_BUS_PING, q, 3);
	ok(is_error(VIRTIO_MSG_BUS_PING), "PING too short");
	q[0] = 3;
	bus_request(VIRTIO_MSG_FFA_EVENT_CONFIGURE, q, 4);
	is(get_unaligned_le16(response(VIRTIO_MSG_FFA_EVENT_CONFIGURE, 2)), 1,
	   "events in a FIFO");
	q[0] = 1;
	q[2] = 64;
	bus_request(VIRTIO_MSG_FFA_EVENT_CONFIGURE, q, 4);
	is(get_unaligned_le16(response(VIRTIO_MSG_FFA_EVENT_CONFIGURE, 2)), 1,
	   "a notification that does not exist");
}

static bool request(struct virtio_msg_fields *q, struct virtio_msg_fields *a)
{
	__u8 msg[VMSG_FFA_MSG];
	int len = virtio_msg_encode(&virtio_msg_d26, q, msg, sizeof(msg));

	if (len < 0)
		abort();
	send(msg, (__u32)len);
	return !virtio_msg_decode(&virtio_msg_d26, answer, answer_len,
				  VMSG_FFA_MSG, a);
}

static __u32 status(__u16 dev, __u32 value)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_SET_STATUS_REQ, .dev_num = dev,
		.status.status = value };

	return request(&q, &a) ? a.status.status : ~0U;
}

static void test_bus(void)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_GET_DEVICES_REQ, .devices.count = 64 };
	struct virtio_msg_fields ping = {
		.kind = VMSG_PING_REQ, .ping.data = 0xabcd };
	struct virtio_msg_fields info = {
		.kind = VMSG_INFO_REQ, .dev_num = DISK };

	ok(request(&q, &a) && a.devices.bitmap[0] == 7, "three devices");
	ok(request(&ping, &a) && a.ping.data == 0xabcd, "PING");
	ok(request(&info, &a) && a.info.device_id == 2, "one is a disk");
	info.dev_num = 3;
	request(&info, &a);
	is(answer[1], VIRTIO_MSG_FFA_ERROR, "there is no fourth");
}

static __u64 address(__u16 dev, __u32 offset)
{
	return (__u64)AREA << 48 | (dev == DISK ? HALF : 0) | offset;
}

static __u8 *at(__u16 dev, __u32 offset)
{
	return memory + (dev == DISK ? HALF : 0) + offset;
}

static bool enable(__u16 dev, __u64 base)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_SET_VQUEUE_REQ, .dev_num = dev,
		.vq = { .flags = VIRTIO_MSG_VQ_OP_ENABLE, .size = QUEUE_SIZE,
			.desc = base + DESC, .driver = base + AVAIL,
			.device = base + USED } };
	struct virtio_msg_fields get = {
		.kind = VMSG_GET_VQUEUE_REQ, .dev_num = dev };

	return request(&q, &a) && request(&get, &a) &&
	       (a.vq.flags & VIRTIO_MSG_VQ_ENABLED);
}

static void accept_features(__u16 dev)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_SET_FEATURES_REQ, .dev_num = dev,
		.features.count = 2 };
	__u8 data[8] = { 0 };

	virtio_msg_features_put(data, 1, 1U << (VMSG_F_VERSION_1 - 32));
	q.features.data = data;
	request(&q, &a);
}

static bool bring_up(__u16 dev)
{
	avail_idx[dev] = 0;
	used_idx[dev] = 0;
	status(dev, 0);
	status(dev, VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER);
	accept_features(dev);
	return (status(dev, 0x0b) & VMSG_S_FEATURES_OK) &&
	       enable(dev, address(dev, 0)) &&
	       (status(dev, 0x0f) & VMSG_S_DRIVER_OK);
}

static void put_desc(__u16 dev, __u32 i, __u64 addr, __u32 len, __u16 flags)
{
	__u8 *p = at(dev, DESC + 16 * i);

	put_unaligned_le64(addr, p);
	put_unaligned_le32(len, p + 8);
	put_unaligned_le16(flags, p + 12);
	put_unaligned_le16((__u16)(i + 1), p + 14);
}

static void make_available(__u16 dev, __u16 head)
{
	put_unaligned_le16(head, at(dev, AVAIL + 4 +
				    2 * (avail_idx[dev] % QUEUE_SIZE)));
	put_unaligned_le16(++avail_idx[dev], at(dev, AVAIL + 2));
}

static void kick(__u16 dev)
{
	struct virtio_msg_fields a, q = {
		.kind = VMSG_EVENT_AVAIL, .dev_num = dev };

	request(&q, &a);
}

/* The answer to an event is EVENT_USED of this device. */
static bool is_used(__u16 dev)
{
	struct virtio_msg_fields f;

	return !virtio_msg_decode(&virtio_msg_d26, answer, answer_len,
				  VMSG_FFA_MSG, &f) &&
	       f.kind == VMSG_EVENT_USED && f.dev_num == dev;
}

/* A request to the disk; its status, or -1 if it was not answered at once. */
static int disk_request(__u32 type, __u64 sector, const void *out,
			__u32 out_len, __u32 in_len)
{
	put_unaligned_le32(type, at(DISK, DATA));
	put_unaligned_le32(0, at(DISK, DATA + 4));
	put_unaligned_le64(sector, at(DISK, DATA + 8));
	if (out_len)
		memcpy(at(DISK, DATA + 16), out, out_len);
	memset(at(DISK, DATA + 0x2000), 0xee, in_len + 1);
	put_desc(DISK, 0, address(DISK, DATA), 16 + out_len, NEXT);
	put_desc(DISK, 1, address(DISK, DATA + 0x2000), in_len + 1, WRITE);
	make_available(DISK, 0);
	kick(DISK);
	if (!is_used(DISK) ||
	    get_unaligned_le16(at(DISK, USED + 2)) != ++used_idx[DISK])
		return -1;
	return *at(DISK, DATA + 0x2000 + in_len);
}

static void test_disk(void)
{
	__u8 data[1024], *in;

	is(share(AREA, HANDLE, PAGES, SHARED), 0, "an area");
	ok(bring_up(DISK), "the disk starts");
	in = at(DISK, DATA + 0x2000);
	memset(data, 0xa5, sizeof(data));
	is(disk_request(1, 2, data, 1024, 0), 0, "write two sectors");
	ok(sectors[1023] == 0 && sectors[1024] == 0xa5 &&
	   sectors[2047] == 0xa5 && sectors[2048] == 0, "where they belong");
	is(disk_request(0, 1, NULL, 0, 1024), 0, "read two");
	ok(in[511] == 0 && in[512] == 0xa5, "right bytes");
	is(disk_request(4, 0, NULL, 0, 0), 0, "flush");
	is(disk_request(8, 0, NULL, 0, 20), 0, "identifier");
	ok(!strcmp((char *)in, "virtio-msg-small"), "and which");
	is(disk_request(0, SECTORS - 1, NULL, 0, 512), 0, "the last sector");
	is(disk_request(0, SECTORS, NULL, 0, 512), 1, "and one behind it");
	is(in[0], 0, "gives nothing old");
	is(disk_request(0, SECTORS - 1, NULL, 0, 1024), 1, "half behind it");
	is(disk_request(1, ~0ULL, data, 512, 0), 1, "a sector beyond all");
	is(disk_request(0, 0, NULL, 0, 100), 1, "no whole sector");
	is(disk_request(11, 0, data, 16, 0), 2, "a type that it has not");
	disk.read_only = true;
	is(disk_request(1, 0, data, 512, 0), 1, "write to a read-only disk");
	disk.read_only = false;
	is(unshare(AREA), 2, "an area in use stays");
	is(retrieved, 1, "and is not given back");
}

static void poll_events(void)
{
	bus_request(VIRTIO_MSG_FFA_EVENT_POLL, "", 0);
}

/* Two devices have an event for one answer. */
static void test_events(void)
{
	__u8 q[4] = { 1, 0, NOTIFICATION };

	bus_request(VIRTIO_MSG_FFA_EVENT_CONFIGURE, q, 4);
	is(get_unaligned_le16(response(VIRTIO_MSG_FFA_EVENT_CONFIGURE, 2)), 0,
	   "events by notification");
	poll_events();
	ok(is_empty(), "no event");
	ok(bring_up(RNG), "entropy starts");
	is(notified, 0, "no notification without an event");
	put_desc(RNG, 0, address(RNG, DATA), 64, WRITE);
	make_available(RNG, 0);
	kick(RNG);
	ok(is_used(RNG), "its event is the answer");
	is(*at(RNG, DATA + 63), 0x5a, "to what it gave");
	is(notified, 0, "so nobody is notified");
	make_available(RNG, 0);
	vmsg_queue_run(&rng.queue);
	vmsg_device_fail(&disk.dev, NULL);
	poll_events();
	ok(is_used(RNG), "of two events one comes");
	is(notified, 1, "and a notification of the other");
	poll_events();
	is(answer[1], VIRTIO_MSG_EVENT_CONFIG, "then that");
	poll_events();
	ok(is_empty(), "and no more");
	is(notified, 1, "nor a notification");
	kick(9);
	ok(is_empty(), "an event of no device");
}

static void test_hostile(void)
{
	status(DISK, 0);
	ok(bring_up(DISK), "the disk again");
	put_desc(DISK, 0, (__u64)AREA << 48 | (BYTES - 8), 16, NEXT);
	put_desc(DISK, 1, address(DISK, DATA), 1, WRITE);
	make_available(DISK, 0);
	kick(DISK);
	ok(disk.dev.status & VMSG_S_NEEDS_RESET, "a buffer behind the area");
	ok(bring_up(DISK), "and again");
	put_desc(DISK, 0, (__u64)(AREA + 1) << 48, 16, NEXT);
	make_available(DISK, 0);
	kick(DISK);
	ok(disk.dev.status & VMSG_S_NEEDS_RESET, "in an area that is not there");
	status(DISK, 0);
	status(DISK, 3);
	accept_features(DISK);
	status(DISK, 0xb);
	ok(!enable(DISK, ~0ULL << 48), "a queue nowhere");
}

static void test_reset(void)
{
	bus_request(VIRTIO_MSG_FFA_RESET, "", 0);
	is(get_unaligned_le16(response(VIRTIO_MSG_FFA_RESET, 2)), 0, "RESET");
	is(retrieved, 0, "gives all back");
	is(rng.dev.status | disk.dev.status, 0, "and stops all");
	is(share(AREA, HANDLE, PAGES, SHARED), 0, "shared again");
	ok(bring_up(RNG), "and used");
	status(RNG, 0);
	is(unshare(AREA), 0, "a device that was reset lets go of it");
	is(retrieved, 0, "at once");
}

int main(void)
{
	start();
	test_version();
	test_bus();
	test_areas();
	test_wrong();
	test_disk();
	test_events();
	test_hostile();
	test_reset();
	return tap_done();
}
