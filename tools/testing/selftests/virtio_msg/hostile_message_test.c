// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that no device sends, one after the other: each is counted once, under
 * the reason, and nothing else happens. Most would be refused if a process wrote
 * them, so that they come from the fault laboratory.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <kselftest.h>

#include "vmsg_raw.h"

#define BUS	"message"
#define DEV	3
#define NOBODY	99
/* A request waits while each wrong answer to it is tried. */
#define ALL_MS	(10 * VMSG_SOON)

/* Every counter of something that is wrong. */
static const char * const errors[] = {
	"malformed", "unknown", "wrong_role", "no_device", "bad_queue",
	"timeout", "late", "unsolicited", "mismatched", "bad_answer",
	"device_duplicate", "device_unknown", "device_refused",
	"device_failed", "config_bad", "needs_reset", "relay_bad_index",
	"relay_bad_id", "send_failed", "outbox_full",
};

static struct vmsg_raw raw;
static unsigned int cases;

static long all_errors(void)
{
	return vmsg_counters(BUS, errors, ARRAY_SIZE(errors));
}

/* One message; of all that counts errors only @counter grows, by one. */
static void expect(const void *msg, size_t len, const char *counter,
		   const char *when, const char *what)
{
	long all = all_errors();
	long before = vmsg_counter(BUS, counter);
	int err = vmsg_inject(BUS, msg, len);

	vmsg_until(vmsg_counter(BUS, counter) > before, VMSG_SOON);
	ksft_test_result(!err && vmsg_counter(BUS, counter) == before + 1 &&
			 all_errors() == all + 1, "%s%s: %s\n", when, what,
			 counter);
	cases++;
}

/* Wrong answers, made of the right one. The result is the number of bytes. */

static size_t resized(struct vmsg_msg *msg, int by)
{
	size_t size = vmsg_msg_size(msg) + by;

	msg->hdr.msg_size = htole16(size);
	return size;
}

static size_t one_short(struct vmsg_msg *msg)
{
	return resized(msg, -1);
}

static size_t one_long(struct vmsg_msg *msg)
{
	return resized(msg, 1);
}

static size_t a_hundred_long(struct vmsg_msg *msg)
{
	return resized(msg, 100);
}

static size_t beyond_the_end(struct vmsg_msg *msg)
{
	return resized(msg, 1) - 1;
}

static size_t claimed(struct vmsg_msg *msg, unsigned int size)
{
	size_t len = vmsg_msg_size(msg);

	msg->hdr.msg_size = htole16(size);
	return len;
}

static size_t size_0(struct vmsg_msg *msg)
{
	return claimed(msg, 0);
}

static size_t size_7(struct vmsg_msg *msg)
{
	return claimed(msg, 7);
}

static size_t size_ffff(struct vmsg_msg *msg)
{
	return claimed(msg, 0xffff);
}

static size_t no_byte(struct vmsg_msg *msg)
{
	return 0;
}

static size_t part_of_a_header(struct vmsg_msg *msg)
{
	return 7;
}

static size_t other_token(struct vmsg_msg *msg)
{
	msg->hdr.token = htole16(le16toh(msg->hdr.token) + 7777);
	return vmsg_msg_size(msg);
}

static size_t no_token(struct vmsg_msg *msg)
{
	msg->hdr.token = 0;
	return vmsg_msg_size(msg);
}

static size_t other_device(struct vmsg_msg *msg)
{
	msg->hdr.dev_num = htole16(DEV + 1);
	return vmsg_msg_size(msg);
}

static size_t renumbered(struct vmsg_msg *msg, unsigned int type,
			 unsigned int id)
{
	msg->hdr.type = type;
	msg->hdr.msg_id = id;
	return vmsg_msg_size(msg);
}

static size_t other_answer(struct vmsg_msg *msg)
{
	bool set = msg->hdr.msg_id == VIRTIO_MSG_SET_DEVICE_STATUS;

	msg->hdr.msg_size = htole16(sizeof(msg->hdr) + 4);
	return renumbered(msg, VIRTIO_MSG_TYPE_RESPONSE, set ?
			  VIRTIO_MSG_GET_DEVICE_STATUS :
			  VIRTIO_MSG_SET_DEVICE_STATUS);
}

static size_t ping_answer(struct vmsg_msg *msg)
{
	msg->hdr.msg_size = htole16(sizeof(msg->hdr) + 4);
	return renumbered(msg, VIRTIO_MSG_TYPE_RESPONSE | VIRTIO_MSG_TYPE_BUS,
			  VIRTIO_MSG_BUS_PING);
}

static size_t event_answer(struct vmsg_msg *msg)
{
	return renumbered(msg, VIRTIO_MSG_TYPE_RESPONSE, VIRTIO_MSG_EVENT_USED);
}

static size_t number_0(struct vmsg_msg *msg)
{
	return renumbered(msg, VIRTIO_MSG_TYPE_RESPONSE, 0);
}

static size_t number_3f(struct vmsg_msg *msg)
{
	return renumbered(msg, VIRTIO_MSG_TYPE_RESPONSE, 0x3f);
}

static size_t number_ff(struct vmsg_msg *msg)
{
	return renumbered(msg, VIRTIO_MSG_TYPE_RESPONSE, 0xff);
}

static const struct {
	const char *what;
	const char *counter;
	size_t (*make)(struct vmsg_msg *msg);
} wrongs[] = {
	{ "one byte short", "malformed", one_short },
	{ "one byte long", "malformed", one_long },
	{ "a hundred bytes long", "malformed", a_hundred_long },
	{ "says one byte more than came", "malformed", beyond_the_end },
	{ "says that it has no byte", "malformed", size_0 },
	{ "says that it has no header", "malformed", size_7 },
	{ "says that it has 65535 bytes", "malformed", size_ffff },
	{ "no byte at all", "malformed", no_byte },
	{ "part of a header", "malformed", part_of_a_header },
	{ "token of nobody", "unsolicited", other_token },
	{ "no token", "unsolicited", no_token },
	{ "of another device", "mismatched", other_device },
	{ "to another request", "mismatched", other_answer },
	{ "to a PING", "mismatched", ping_answer },
	{ "an event as an answer", "unknown", event_answer },
	{ "number 0", "unknown", number_0 },
	{ "number 0x3f", "unknown", number_3f },
	{ "number 0xff", "unknown", number_ff },
};

static const char * const names[] = {
	[VIRTIO_MSG_GET_DEVICE_INFO] = "GET_DEVICE_INFO: ",
	[VIRTIO_MSG_GET_DEVICE_FEATURES] = "GET_DEVICE_FEATURES: ",
	[VIRTIO_MSG_SET_DRIVER_FEATURES] = "SET_DRIVER_FEATURES: ",
	[VIRTIO_MSG_GET_CONFIG] = "GET_CONFIG: ",
	[VIRTIO_MSG_GET_DEVICE_STATUS] = "GET_DEVICE_STATUS: ",
	[VIRTIO_MSG_SET_DEVICE_STATUS] = "SET_DEVICE_STATUS: ",
	[VIRTIO_MSG_GET_VQUEUE] = "GET_VQUEUE: ",
	[VIRTIO_MSG_SET_VQUEUE] = "SET_VQUEUE: ",
};

static unsigned int answered;

/*
 * The first answer of each kind comes after all the wrong ones, and once more
 * when it is of no use any longer. The request takes the right one, so that the
 * probe goes on to the next.
 */
static int send_all(struct vmsg_raw *r, const struct vmsg_msg *right)
{
	unsigned int id = right->hdr.msg_id;
	struct vmsg_msg msg;
	unsigned int i;
	size_t len;
	int err;

	if (answered & 1u << id || id >= ARRAY_SIZE(names) || !names[id])
		return vmsg_send(r->fd, right);
	answered |= 1u << id;
	for (i = 0; i < ARRAY_SIZE(wrongs); i++) {
		msg = *right;
		len = wrongs[i].make(&msg);
		expect(&msg, len, wrongs[i].counter, names[id], wrongs[i].what);
	}
	err = vmsg_inject(BUS, right, vmsg_msg_size(right));
	expect(right, vmsg_msg_size(right), "unsolicited", names[id], "twice");
	return err;
}

static bool is_used(unsigned int n)
{
	return vmsg_raw_until(&raw, 1, raw.requests &&
			      vmsg_counter(BUS, "device_added") == n, ALL_MS);
}

static void wrong_answers(int fd)
{
	unsigned int i, kinds = 0;

	vmsg_raw_init(&raw, fd);
	raw.config_size = 8;
	raw.send = send_all;
	vmsg_raw_claim(&raw, DEV);
	ksft_test_result(is_used(1), "the device is used all the same\n");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		kinds += names[i] && answered & 1u << i;
	ksft_test_result(kinds == 8, "8 kinds of answers: %u\n", kinds);
	raw.send = NULL;
}

/* What nobody asked for */

#define REQ	0
#define RESP	VIRTIO_MSG_TYPE_RESPONSE
#define BUSREQ	VIRTIO_MSG_TYPE_BUS
#define BUSRESP	(VIRTIO_MSG_TYPE_BUS | VIRTIO_MSG_TYPE_RESPONSE)
#define ALL	0xffffffff

/* @words: 32 bits each; @size: bytes of them that are sent */
static const struct {
	const char *what;
	unsigned int type, id, dev_num, size;
	uint32_t words[6];
	const char *counter;
} messages[] = {
	{ "EVENT_USED: queue 1", REQ, 0x42, DEV, 4, { 1 }, "bad_queue" },
	{ "EVENT_USED: queue 0xffff", REQ, 0x42, DEV, 4, { 0xffff }, "bad_queue" },
	{ "EVENT_USED: queue 0x10000", REQ, 0x42, DEV, 4, { 0x10000 }, "bad_queue" },
	{ "EVENT_USED: queue 0x80000000", REQ, 0x42, DEV, 4, { 1u << 31 }, "bad_queue" },
	{ "EVENT_USED: last queue", REQ, 0x42, DEV, 4, { ALL }, "bad_queue" },
	{ "EVENT_USED: of nobody", REQ, 0x42, NOBODY, 4, { 0 }, "no_device" },
	{ "EVENT_USED: of the last device", REQ, 0x42, 0xffff, 4, { 0 }, "no_device" },
	{ "EVENT_USED: empty", REQ, 0x42, DEV, 0, {}, "malformed" },
	{ "EVENT_USED: short", REQ, 0x42, DEV, 3, {}, "malformed" },
	{ "EVENT_USED: long", REQ, 0x42, DEV, 8, {}, "malformed" },
	{ "EVENT_CONFIG: of nobody", REQ, 0x40, NOBODY, 16, {}, "no_device" },
	{ "EVENT_CONFIG: empty", REQ, 0x40, DEV, 0, {}, "malformed" },
	{ "EVENT_CONFIG: short", REQ, 0x40, DEV, 15, {}, "malformed" },
	{ "EVENT_CONFIG: offset wraps", REQ, 0x40, DEV, 16, { 15, 0, ALL, 1 }, "malformed" },
	{ "EVENT_CONFIG: length wraps", REQ, 0x40, DEV, 16, { 15, 0, 1, ALL }, "malformed" },
	{ "EVENT_CONFIG: both wrap", REQ, 0x40, DEV, 16, { 15, 0, ALL, ALL }, "malformed" },
	{ "EVENT_CONFIG: less data", REQ, 0x40, DEV, 20, { 15, 0, 0, 8 }, "malformed" },
	{ "EVENT_CONFIG: more data", REQ, 0x40, DEV, 24, { 15, 0, 0, 4 }, "malformed" },
	{ "EVENT_CONFIG: data of no range", REQ, 0x40, DEV, 20, { 15, 0, 0, 0 }, "malformed" },
	{ "EVENT_CONFIG: behind the end", REQ, 0x40, DEV, 20, { 15, 0, 8, 4 }, "config_bad" },
	{ "EVENT_CONFIG: over the end", REQ, 0x40, DEV, 20, { 15, 0, 6, 4 }, "config_bad" },
	{ "EVENT_CONFIG: far away", REQ, 0x40, DEV, 20, { 15, 0, ALL - 4, 4 }, "config_bad" },
	{ "EVENT_AVAIL: queue 1", REQ, 0x41, DEV, 8, { 1 }, "bad_queue" },
	{ "EVENT_AVAIL: last queue", REQ, 0x41, DEV, 8, { ALL, ALL }, "bad_queue" },
	{ "EVENT_AVAIL: of nobody", REQ, 0x41, NOBODY, 8, {}, "no_device" },
	{ "EVENT_AVAIL: short", REQ, 0x41, DEV, 4, {}, "malformed" },
	{ "EVENT_AVAIL: long", REQ, 0x41, DEV, 12, {}, "malformed" },
	{ "GET_DEVICE_INFO of nobody", REQ, 0x02, NOBODY, 0, {}, "no_device" },
	{ "SET_CONFIG of nobody", REQ, 0x06, NOBODY, 12, {}, "no_device" },
	{ "SET_VQUEUE of nobody", REQ, 0x0a, NOBODY, 40, {}, "no_device" },
	{ "unknown request of nobody", REQ, 0x3f, NOBODY, 4, {}, "no_device" },
	{ "implementation's own of nobody", REQ, 0x80, NOBODY, 4, {}, "no_device" },
	{ "answer to nothing: info", RESP, 0x02, DEV, 24, {}, "malformed" },
	{ "answer to nothing: status", RESP, 0x07, DEV, 4, { ALL }, "unsolicited" },
	{ "answer to nothing: SET_VQUEUE", RESP, 0x0a, DEV, 0, {}, "unsolicited" },
	{ "answer to nothing: RESET_VQUEUE", RESP, 0x0b, DEV, 0, {}, "unsolicited" },
	{ "answer to nothing: GET_SHM", RESP, 0x0c, DEV, 24, { ALL }, "unsolicited" },
	{ "answer of nobody", RESP, 0x07, NOBODY, 4, {}, "unsolicited" },
	{ "answer 1", RESP, 0x01, DEV, 0, {}, "unknown" },
	{ "answer 0x0d", RESP, 0x0d, DEV, 4, {}, "unknown" },
	{ "answer 0x7f", RESP, 0x7f, DEV, 4, {}, "unknown" },
	{ "EVENT_DEVICE: state 0", BUSREQ, 0x40, 0, 4, { DEV }, "unknown" },
	{ "EVENT_DEVICE: state 3", BUSREQ, 0x40, 0, 4, { DEV | 3 << 16 }, "unknown" },
	{ "EVENT_DEVICE: state 0x8000", BUSREQ, 0x40, 0, 4, { DEV | 1u << 31 }, "unknown" },
	{ "EVENT_DEVICE: state 0xffff", BUSREQ, 0x40, 0, 4, { ALL }, "unknown" },
	{ "EVENT_DEVICE: added twice", BUSREQ, 0x40, 0, 4, { DEV | 1 << 16 }, "device_duplicate" },
	{ "EVENT_DEVICE: none removed", BUSREQ, 0x40, 0, 4, { NOBODY | 2 << 16 },
	  "device_unknown" },
	{ "EVENT_DEVICE: last removed", BUSREQ, 0x40, 0, 4, { 0xffff | 2 << 16 },
	  "device_unknown" },
	{ "EVENT_DEVICE: empty", BUSREQ, 0x40, 0, 0, {}, "malformed" },
	{ "EVENT_DEVICE: short", BUSREQ, 0x40, 0, 3, {}, "malformed" },
	{ "EVENT_DEVICE: long", BUSREQ, 0x40, 0, 8, {}, "malformed" },
	{ "EVENT_DEVICE as an answer", BUSRESP, 0x40, 0, 4, {}, "unknown" },
	{ "PING: empty", BUSREQ, 0x03, 0, 0, {}, "malformed" },
	{ "PING: long", BUSREQ, 0x03, 0, 8, {}, "malformed" },
	{ "PING: its answer comes back", BUSREQ, 0x03, 0, 4, { ALL }, "unsolicited" },
	{ "PING: answer to nothing", BUSRESP, 0x03, 0, 4, { ALL }, "unsolicited" },
	{ "PING: long answer", BUSRESP, 0x03, 0, 5, {}, "malformed" },
	{ "GET_DEVICES: empty", BUSREQ, 0x02, 0, 0, {}, "malformed" },
	{ "GET_DEVICES: long", BUSREQ, 0x02, 0, 5, {}, "malformed" },
	{ "GET_DEVICES: none", BUSREQ, 0x02, 0, 4, { 0 }, "unsolicited" },
	{ "GET_DEVICES: from the end, all", BUSREQ, 0x02, 0, 4, { ALL }, "unsolicited" },
	{ "GET_DEVICES: answer to nothing", BUSRESP, 0x02, 0, 7, { 0, 8 }, "unsolicited" },
	{ "GET_DEVICES: answer without its bitmap", BUSRESP, 0x02, 0, 6, { 0, 8 }, "malformed" },
	{ "GET_DEVICES: answer, too much bitmap", BUSRESP, 0x02, 0, 8, { 0, 8 }, "malformed" },
	{ "GET_DEVICES: answer beyond the last", BUSRESP, 0x02, 0, 8, { 0xfff8, 9 }, "malformed" },
	{ "GET_DEVICES: answer of 65535", BUSRESP, 0x02, 0, 24, { 0, 0xffff }, "malformed" },
	{ "bus message 0", BUSREQ, 0x00, 0, 4, {}, "unknown" },
	{ "bus message 1", BUSREQ, 0x01, 0, 4, {}, "unknown" },
	{ "bus message 4", BUSREQ, 0x04, 0, 4, {}, "unknown" },
	{ "bus message 0x3f", BUSREQ, 0x3f, 0, 4, {}, "unknown" },
	{ "bus event 0x41", BUSREQ, 0x41, 0, 4, {}, "unknown" },
	{ "bus event 0x7f", BUSREQ, 0x7f, 0, 4, {}, "unknown" },
	{ "bus message 0x80", BUSREQ, 0x80, 0, 4, {}, "unknown" },
	{ "bus message 0xff", BUSREQ, 0xff, 0, 4, {}, "unknown" },
	{ "bus answer 0xff", BUSRESP, 0xff, 0, 4, {}, "unknown" },
};

/* Some make the driver side look at the configuration. */
static void serve(void)
{
	while (!vmsg_raw_poll(&raw, 1, 0))
		;
}

static void uninvited(void)
{
	struct vmsg_msg msg;
	unsigned int i, w;
	uint32_t *words;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		/* A token that is not in use for long. */
		words = vmsg_msg_start(&msg, messages[i].type, messages[i].id,
				       messages[i].dev_num, 0xfff0,
				       messages[i].size);
		for (w = 0; w < ARRAY_SIZE(messages[i].words); w++)
			words[w] = htole32(messages[i].words[w]);
		expect(&msg, vmsg_msg_size(&msg), messages[i].counter, "",
		       messages[i].what);
		serve();
	}
}

/* More than anybody would keep. */
#define FLOOD	20000

/* @word: of the payload; @counter grows by as many as came. */
static void flood(const char *what, unsigned int type, unsigned int id,
		  unsigned int dev_num, size_t size, uint32_t word,
		  const char *counter)
{
	long before = vmsg_counter(BUS, counter);
	unsigned int i, n = vmsg_is_debug() ? FLOOD / 10 : FLOOD;
	struct vmsg_msg msg;
	int err = 0;

	*(uint32_t *)vmsg_msg_start(&msg, type, id, dev_num, 0xfff0, size) =
		htole32(word);
	for (i = 0; !err && i < n; i++) {
		err = vmsg_inject(BUS, &msg, vmsg_msg_size(&msg));
		if (i % 64 == 0)
			serve();
	}
	ksft_test_result(!err && vmsg_counter(BUS, counter) == before + n,
			 "a lot: %s: %s\n", what, counter);
	cases++;
}

/* Served all the while, and afterwards still used. */
static void still_used(int fd, const char *when)
{
	pid_t pid = vmsg_start_reader(fd);

	raw.requests = 0;
	ksft_test_result(vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON) &&
			 !vmsg_counter(BUS, "device_failed"),
			 "%s: the device works\n", when);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	struct vmsg_bus bus = { .timeout_ms = ALL_MS };
	int fd;

	ksft_print_header();
	if (!vmsg_has_lab())
		ksft_exit_skip("the loopback bus has no laboratory\n");
	vmsg_bus_destroy(BUS);
	if (vmsg_bus_create(BUS, &bus))
		ksft_exit_fail_msg("no bus\n");
	fd = vmsg_bus_open(BUS, O_NONBLOCK);
	wrong_answers(fd);
	still_used(fd, "after wrong answers");
	uninvited();
	still_used(fd, "after what nobody asked for");
	flood("EVENT_USED", REQ, 0x42, DEV, 4, 1, "bad_queue");
	flood("EVENT_CONFIG", REQ, 0x40, DEV, 16, 15, "config_events");
	flood("EVENT_DEVICE, added", BUSREQ, 0x40, 0, 4, DEV | 1 << 16,
	      "device_duplicate");
	flood("EVENT_DEVICE, removed", BUSREQ, 0x40, 0, 4, NOBODY | 2 << 16,
	      "device_unknown");
	flood("answers", RESP, 0x07, DEV, 4, 0, "unsolicited");
	still_used(fd, "after a lot of them");
	vmsg_raw_unmap(&raw);
	close(fd);
	ksft_test_result(vmsg_no_windows(BUS) && !vmsg_bus_destroy(BUS),
			 "nothing is left\n");
	ksft_print_msg("%u cases\n", cases);
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
