// SPDX-License-Identifier: GPL-2.0
/*
 * Well-formed answers with each field at its extremes, answers that never come or
 * come late, and used rings that lie. A case says whether the device is used all
 * the same, which counter of errors grows, by how much, and that no other does.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/virtio_config.h>
#include <kselftest.h>

#include "vmsg_raw.h"

#define BUS	"field"
#define DEV	5
/* How long it is looked whether nothing happens, and for an answer that is late. */
#define NOTHING	500
#define TIMEOUT	3000
#define ALL	0xffffffffffffffffULL

static const char * const errors[] = {
	"malformed", "unknown", "wrong_role", "no_device", "bad_queue",
	"timeout", "late", "unsolicited", "mismatched", "bad_answer",
	"device_duplicate", "device_refused", "device_failed", "config_bad",
	"config_unstable", "needs_reset", "relay_bad_index", "relay_bad_id",
	"send_failed", "write_refused",
};

static int fd;
static struct vmsg_raw raw;
static unsigned int cases;

static long all_errors(void)
{
	return vmsg_counters(BUS, errors, ARRAY_SIZE(errors));
}

/* Nothing is left of the last case. */
static bool gone(void)
{
	vmsg_release(fd, DEV);
	vmsg_raw_unmap(&raw);
	return vmsg_until(vmsg_counter(BUS, "device_added") ==
			  vmsg_counter(BUS, "device_removed"), VMSG_SOON) &&
	       vmsg_no_windows(BUS);
}

/* A device that does as it should, in place of the one that did not. */
static bool good_one_works(void)
{
	bool works;

	vmsg_raw_init(&raw, fd);
	works = vmsg_raw_claim(&raw, DEV) == DEV &&
		vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON);
	return gone() && works;
}

static void result(bool good, const char *what)
{
	ksft_test_result(good, "%s\n", what);
	cases++;
}

/* Fields */

enum outcome {
	USED,
	REFUSED,	/* by its driver, or before it has one */
	ABSENT,		/* no device at all, without a word */
};

/*
 * struct field - an answer that is not as it should be
 * @id: of this message
 * @skip: the first so many are as they should be
 * @times: and those after so many; 0: none
 * @offset: of the payload; @size bytes are those of @value
 * @outcome: what becomes of the device
 * @counter: of errors, that grows by one, or NULL
 */
static const struct field {
	const char *what;
	unsigned int id, skip, times, offset, size;
	uint64_t value;
	enum outcome outcome;
	const char *counter;
} fields[] = {
	{ "info: type 0", 0x02, 0, 0, 0, 4, 0, ABSENT, NULL },
	{ "info: type 32767", 0x02, 0, 0, 0, 4, 32767, REFUSED, "device_refused" },
	{ "info: type 0x80000004", 0x02, 0, 0, 0, 4, 0x80000004, REFUSED, "device_refused" },
	{ "info: last type", 0x02, 0, 0, 0, 4, ALL, REFUSED, "device_refused" },
	{ "info: last vendor", 0x02, 0, 0, 4, 4, ALL, USED, NULL },
	{ "info: uuid", 0x02, 0, 0, 8, 8, ALL, USED, NULL },
	{ "info: no features", 0x02, 0, 0, 24, 4, 0, REFUSED, NULL },
	{ "info: 32 features", 0x02, 0, 0, 24, 4, 1, REFUSED, NULL },
	{ "info: 512 features", 0x02, 0, 0, 24, 4, 16, USED, NULL },
	{ "info: 544 features", 0x02, 0, 0, 24, 4, 17, USED, NULL },
	{ "info: features wrap", 0x02, 0, 0, 24, 4, 0x08000000, USED, NULL },
	{ "info: most features", 0x02, 0, 0, 24, 4, ALL, USED, NULL },
	{ "info: 1 byte of configuration", 0x02, 0, 0, 28, 4, 1, USED, NULL },
	{ "info: 4096 bytes of configuration", 0x02, 0, 0, 28, 4, 4096, USED, NULL },
	{ "info: 4097 bytes of configuration", 0x02, 0, 0, 28, 4, 4097, USED, NULL },
	{ "info: 2 GiB of configuration", 0x02, 0, 0, 28, 4, 1u << 31, USED, NULL },
	{ "info: most configuration", 0x02, 0, 0, 28, 4, ALL, USED, NULL },
	{ "info: no queue", 0x02, 0, 0, 32, 4, 0, REFUSED, NULL },
	{ "info: 65537 queues", 0x02, 0, 0, 32, 4, 65537, USED, NULL },
	{ "info: most queues", 0x02, 0, 0, 32, 4, ALL, USED, NULL },
	{ "info: last administration queue", 0x02, 0, 0, 36, 4, ALL, USED, NULL },
	{ "info: most administration queues", 0x02, 0, 0, 40, 4, ALL, USED, NULL },

	{ "features: of block 1", 0x03, 0, 0, 0, 4, 1, REFUSED, "bad_answer" },
	{ "features: of block 0x7fffffff", 0x03, 0, 0, 0, 4, 0x7fffffff, REFUSED, "bad_answer" },
	{ "features: of the last blocks", 0x03, 0, 0, 0, 4, 0xfffffffd, REFUSED, "bad_answer" },
	{ "features: of blocks that wrap", 0x03, 0, 0, 0, 4, ALL, USED, "write_refused" },
	{ "features: of no block", 0x03, 0, 0, 4, 4, 0, USED, "write_refused" },
	{ "features: of more blocks", 0x03, 0, 0, 4, 4, 3, USED, "write_refused" },
	{ "features: of most blocks", 0x03, 0, 0, 4, 4, ALL, USED, "write_refused" },
	{ "features: all of block 0", 0x03, 0, 0, 8, 4, ALL, USED, NULL },
	{ "features: all of block 1", 0x03, 0, 0, 12, 4, ALL, USED, NULL },
	{ "features: all", 0x03, 0, 0, 8, 8, ALL, USED, NULL },
	{ "features: none", 0x03, 0, 0, 8, 8, 0, REFUSED, NULL },

	{ "configuration: last generation", 0x05, 0, 0, 0, 4, ALL, USED, NULL },
	{ "configuration: offset 1", 0x05, 0, 0, 4, 4, 1, REFUSED, "bad_answer" },
	{ "configuration: last offset", 0x05, 0, 0, 4, 4, 0xfffffff7, REFUSED, "bad_answer" },
	{ "configuration: offset wraps", 0x05, 0, 1, 4, 4, ALL, USED, "write_refused" },
	{ "configuration: no length", 0x05, 0, 1, 8, 4, 0, USED, "write_refused" },
	{ "configuration: more length", 0x05, 0, 1, 8, 4, 9, USED, "write_refused" },
	{ "configuration: most length", 0x05, 0, 1, 8, 4, ALL, USED, "write_refused" },
	{ "configuration: all ones", 0x05, 0, 0, 12, 8, ALL, USED, NULL },

	{ "status: 0", 0x07, 0, 0, 0, 4, 0, REFUSED, NULL },
	{ "status: failed", 0x07, 0, 0, 0, 4, 0x80, REFUSED, NULL },
	{ "status: bits that are none", 0x07, 0, 0, 0, 4, 0xffffff00, REFUSED, NULL },
	{ "reset: not at once", 0x08, 0, 1, 0, 4, 15, USED, NULL },
	{ "reset: not at once, bits that are none", 0x08, 0, 1, 0, 4, 0xffffff00, USED, NULL },
	{ "DRIVER_OK: no", 0x08, 4, 1, 0, 4, 11, REFUSED, "device_failed" },
	{ "DRIVER_OK: status 0", 0x08, 4, 1, 0, 4, 0, REFUSED, "device_failed" },
	{ "DRIVER_OK: bits that are none", 0x08, 4, 1, 0, 4, 0xffffff00, REFUSED, "device_failed" },
	{ "DRIVER_OK: all bits", 0x08, 4, 1, 0, 4, ALL, USED, NULL },

	{ "queue: index 1", 0x09, 0, 0, 0, 4, 1, REFUSED, "bad_answer" },
	{ "queue: last index", 0x09, 0, 0, 0, 4, ALL, REFUSED, "bad_answer" },
	{ "queue: no entry", 0x09, 0, 0, 4, 4, 0, ABSENT, NULL },
	{ "queue: 3 entries", 0x09, 0, 0, 4, 4, 3, USED, NULL },
	{ "queue: 32769 entries", 0x09, 0, 0, 4, 4, 32769, USED, NULL },
	{ "queue: 65536 entries", 0x09, 0, 0, 4, 4, 65536, USED, NULL },
	{ "queue: most entries", 0x09, 0, 0, 4, 4, ALL, USED, NULL },
	{ "queue: none when it is made", 0x09, 1, 0, 4, 4, 0, REFUSED, NULL },
	{ "queue: other when it is made", 0x09, 1, 0, 0, 4, 1, REFUSED, "bad_answer" },
	{ "queue: as set, but another", 0x09, 2, 0, 0, 4, 1, REFUSED, "bad_answer" },
	{ "queue: as set, but no entry", 0x09, 2, 0, 8, 4, 0, REFUSED, "bad_answer" },
	{ "queue: as set, but 15 entries", 0x09, 2, 0, 8, 4, 15, REFUSED, "bad_answer" },
	{ "queue: as set, but most entries", 0x09, 2, 0, 8, 4, ALL, REFUSED, "bad_answer" },
	{ "queue: as set, but disabled", 0x09, 2, 0, 12, 4, 0, REFUSED, "bad_answer" },
	{ "queue: as set, flags that are none", 0x09, 2, 0, 12, 4, ALL, USED, NULL },
	{ "queue: as set, descriptors at 0", 0x09, 2, 0, 16, 8, 0, REFUSED, "bad_answer" },
	{ "queue: as set, descriptors at the end", 0x09, 2, 0, 16, 8, ALL, REFUSED, "bad_answer" },
	{ "queue: as set, driver's at 0", 0x09, 2, 0, 24, 8, 0, REFUSED, "bad_answer" },
	{ "queue: as set, driver's at the end", 0x09, 2, 0, 24, 8, ALL, REFUSED, "bad_answer" },
	{ "queue: as set, device's at 0", 0x09, 2, 0, 32, 8, 0, REFUSED, "bad_answer" },
	{ "queue: as set, device's at the end", 0x09, 2, 0, 32, 8, ALL, REFUSED, "bad_answer" },
};

static const struct field *field;
static unsigned int seen;

static int send_changed(struct vmsg_raw *r, const struct vmsg_msg *right)
{
	uint64_t value = htole64(field->value);
	struct vmsg_msg msg = *right;
	int err;

	if (right->hdr.msg_id != field->id || seen++ < field->skip ||
	    (field->times && seen > field->skip + field->times))
		return vmsg_send(r->fd, right);
	memcpy((uint8_t *)vmsg_payload(&msg) + field->offset, &value,
	       field->size);
	err = vmsg_send(r->fd, &msg);
	/* What cannot be written is answered as it should be. */
	return err ? vmsg_send(r->fd, right) : 0;
}

/* Its driver has said that it cannot use it, or something is counted. */
static bool given_up(long count)
{
	return raw.status & VIRTIO_CONFIG_S_FAILED ||
	       (field->counter && vmsg_counter(BUS, field->counter) > count);
}

static void try_field(void)
{
	long count = field->counter ? vmsg_counter(BUS, field->counter) : 0;
	long all = all_errors();
	bool good;

	seen = 0;
	vmsg_raw_init(&raw, fd);
	raw.config_size = 8;
	raw.send = send_changed;
	good = vmsg_raw_claim(&raw, DEV) == DEV;
	if (field->outcome == USED)
		good &= vmsg_raw_until(&raw, 1, raw.requests, VMSG_SOON);
	else if (field->outcome == REFUSED)
		good &= vmsg_raw_until(&raw, 1, given_up(count), VMSG_SOON);
	else
		good &= !vmsg_raw_until(&raw, 1, raw.status, NOTHING);
	good &= !!raw.requests == (field->outcome == USED);
	if (field->counter)
		good &= vmsg_counter(BUS, field->counter) == count + 1;
	good &= all_errors() == all + !!field->counter;
	if (!good)
		ksft_print_msg("%u requests, status %#x, %ld + %ld errors\n",
			       raw.requests, raw.status, all,
			       all_errors() - all);
	raw.send = NULL;
	good &= gone();
	result(good, field->what);
}

static void all_fields(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		field = &fields[i];
		try_field();
	}
	ksft_test_result(good_one_works(), "afterwards\n");
}

/* Silence, and what is said after it */

static const struct {
	const char *what;
	const char *late;
	unsigned int id;
} silent[] = {
	{ "silent: info", "late: info", 0x02 },
	{ "silent: features", "late: features", 0x03 },
	{ "silent: driver's features", "late: driver's features", 0x04 },
	{ "silent: configuration", "late: configuration", 0x05 },
	{ "silent: queue", "late: queue", 0x09 },
	{ "silent: queue is set", "late: queue is set", 0x0a },
};

static struct vmsg_msg kept;
static unsigned int keep_id;

static int keep(struct vmsg_raw *r, const struct vmsg_msg *right)
{
	if (right->hdr.msg_id != keep_id)
		return vmsg_send(r->fd, right);
	kept = *right;
	return 0;
}

/* One request is not answered: one timeout. Its answer comes later: one late. */
static void all_silent(void)
{
	long timeouts, late;
	unsigned int i;
	bool good;

	vmsg_bus_timeout(BUS, TIMEOUT);
	for (i = 0; i < ARRAY_SIZE(silent); i++) {
		timeouts = vmsg_counter(BUS, "timeout");
		late = vmsg_counter(BUS, "late");
		keep_id = silent[i].id;
		kept.hdr.msg_size = 0;
		vmsg_raw_init(&raw, fd);
		raw.config_size = 8;
		raw.send = keep;
		good = vmsg_raw_claim(&raw, DEV) == DEV &&
		       vmsg_raw_until(&raw, 1, vmsg_counter(BUS, "timeout") ==
				      timeouts + 1, VMSG_SOON) &&
		       !raw.requests && kept.hdr.msg_size;
		result(good, silent[i].what);
		raw.send = NULL;
		good = !vmsg_send(fd, &kept) &&
		       vmsg_raw_until(&raw, 1, vmsg_counter(BUS, "late") ==
				      late + 1, VMSG_SOON);
		result(good && gone(), silent[i].late);
	}
	vmsg_bus_timeout(BUS, VMSG_SOON);
	ksft_test_result(good_one_works(), "afterwards\n");
}

/* Used rings */

static unsigned int value;

static void use_jump(struct vmsg_raw *r)
{
	if (vmsg_raw_head(r) >= 0)
		vmsg_raw_set_used(r, r->used + value);
	r->requests++;
	vmsg_raw_event_used(r, 0);
}

static void use_id(struct vmsg_raw *r)
{
	if (vmsg_raw_head(r) >= 0)
		vmsg_raw_push(r, value, 8);
	r->requests++;
	vmsg_raw_event_used(r, 0);
}

static void use_idle(struct vmsg_raw *r)
{
	int head = vmsg_raw_head(r);

	if (head >= 0)
		vmsg_raw_push(r, (head + value) % VMSG_RAW_QUEUE_SIZE, 8);
	r->requests++;
	vmsg_raw_event_used(r, 0);
}

static void use_twice(struct vmsg_raw *r)
{
	int head = vmsg_raw_head(r);

	if (head >= 0) {
		vmsg_raw_push(r, head, 8);
		vmsg_raw_push(r, head, 8);
	}
	r->requests++;
	vmsg_raw_event_used(r, 0);
}

static void use_len(struct vmsg_raw *r)
{
	int head;

	while ((head = vmsg_raw_head(r)) >= 0) {
		vmsg_raw_push(r, head, value);
		r->requests++;
		vmsg_raw_event_used(r, 0);
	}
}

/* All that the driver wrote into the window is gone by the time it looks again. */
static void use_and_spoil(struct vmsg_raw *r)
{
	size_t part;
	int head;

	while ((head = vmsg_raw_head(r)) >= 0) {
		part = le64toh(r->vq.device_addr) - r->window_start;
		vmsg_raw_push(r, head, 8);
		memset(r->window, value, part);
		/* But for what this device itself goes by. */
		memcpy(r->window + (le64toh(r->vq.driver_addr) -
				    r->window_start) + 2, &r->seen, 2);
		r->requests++;
		vmsg_raw_event_used(r, 0);
	}
}

static const struct {
	const char *what;
	void (*use)(struct vmsg_raw *r);
	unsigned int value;
	const char *counter;
	bool broken;
} rings[] = {
	{ "used index: one too far", use_jump, 2, "relay_bad_index", true },
	{ "used index: more than entries", use_jump, 17, "relay_bad_index", true },
	{ "used index: 256 too far", use_jump, 257, "relay_bad_index", true },
	{ "used index: half of all", use_jump, 0x8000, "relay_bad_index", true },
	{ "used index: back", use_jump, 0xffff, "relay_bad_index", true },
	{ "used id: behind the last", use_id, 16, "relay_bad_id", true },
	{ "used id: 1024", use_id, 1024, "relay_bad_id", true },
	{ "used id: 16 bits", use_id, 0xffff, "relay_bad_id", true },
	{ "used id: first of 17 bits", use_id, 0x10000, "relay_bad_id", true },
	{ "used id: 31 bits", use_id, 0x7fffffff, "relay_bad_id", true },
	{ "used id: negative", use_id, 0x80000000, "relay_bad_id", true },
	{ "used id: last", use_id, 0xffffffff, "relay_bad_id", true },
	{ "used id: never posted", use_idle, 1, "relay_bad_id", true },
	{ "used id: never posted, before", use_idle, 15, "relay_bad_id", true },
	{ "used id: twice", use_twice, 0, "relay_bad_i", true },
	{ "used length: 64 KiB", use_len, 0x10000, "relay_clamped", false },
	{ "used length: 2 GiB", use_len, 0x80000000, "relay_clamped", false },
	{ "used length: most", use_len, 0xffffffff, "relay_clamped", false },
	{ "driver's part spoiled: zeroes", use_and_spoil, 0, NULL, false },
	{ "driver's part spoiled: ones", use_and_spoil, 0xff, NULL, false },
	{ "driver's part spoiled: mixed", use_and_spoil, 0xa5, NULL, false },
};

/* One used element too many is either an index too far or an id not in use. */
static long relay_errors(const char *counter)
{
	if (!counter)
		return 0;
	if (!strcmp(counter, "relay_bad_i"))
		return vmsg_counter(BUS, "relay_bad_index") +
		       vmsg_counter(BUS, "relay_bad_id");
	return vmsg_counter(BUS, counter);
}

static bool ring_ends(unsigned int i, long count, long failed, long removed)
{
	if (rings[i].broken)
		return relay_errors(rings[i].counter) == count + 1 &&
		       vmsg_counter(BUS, "device_failed") == failed + 1 &&
		       vmsg_counter(BUS, "device_removed") == removed + 1;
	return raw.requests >= 3 && (!rings[i].counter ||
	       relay_errors(rings[i].counter) >= count + 1) &&
	       vmsg_counter(BUS, "device_failed") == failed;
}

static void all_rings(void)
{
	long count, failed, removed;
	unsigned int i;
	pid_t reader;
	bool good;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		count = relay_errors(rings[i].counter);
		failed = vmsg_counter(BUS, "device_failed");
		removed = vmsg_counter(BUS, "device_removed");
		value = rings[i].value;
		vmsg_raw_init(&raw, fd);
		raw.use = rings[i].use;
		good = vmsg_raw_claim(&raw, DEV) == DEV;
		reader = vmsg_start_reader(fd);
		good &= vmsg_raw_until(&raw, 1, ring_ends(i, count, failed,
							  removed), VMSG_SOON);
		kill(reader, SIGKILL);
		waitpid(reader, NULL, 0);
		good &= gone();
		result(good, rings[i].what);
	}
	ksft_test_result(good_one_works(), "afterwards\n");
}

int main(void)
{
	struct vmsg_bus bus = { .timeout_ms = VMSG_SOON };

	ksft_print_header();
	vmsg_bus_destroy(BUS);
	if (vmsg_bus_create(BUS, &bus))
		ksft_exit_fail_msg("no bus\n");
	fd = vmsg_bus_open(BUS, O_NONBLOCK);
	all_fields();
	all_silent();
	all_rings();
	close(fd);
	ksft_test_result(vmsg_no_windows(BUS) && !vmsg_bus_destroy(BUS),
			 "nothing is left\n");
	ksft_print_msg("%u cases\n", cases);
	ksft_set_plan(ksft_test_num());
	ksft_finished();
}
