// SPDX-License-Identifier: BSD-3-Clause
/* The disk, against a file. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/virtio_blk.h>

#include "device.h"
#include "tap.h"

#define SECTORS		64
#define OK		VIRTIO_BLK_S_OK
#define IOERR		VIRTIO_BLK_S_IOERR
#define UNSUPP		VIRTIO_BLK_S_UNSUPP

static struct rig rig;
static char path[64];
static __u8 in[32768];
static __u32 piece = 4096;

static void put_header(__u8 *p, __u32 type, __u64 sector)
{
	struct virtio_blk_outhdr hdr = {
		.type = htole32(type),
		.sector = htole64(sector),
	};

	memcpy(p, &hdr, sizeof(hdr));
}

/* The status, or -1 if there was no answer, or -2 if it has another length. */
static int request(__u32 type, __u64 sector, const void *data, __u32 out_len,
		   __u32 in_len)
{
	static __u8 out[32768];
	long len;

	put_header(out, type, sector);
	if (out_len)
		memcpy(out + 16, data, out_len);
	memset(in, 0xdd, sizeof(in));
	len = ring_request(&rig.ring[0], out, 16 + out_len, in, in_len + 1,
			   piece);
	if (len < 0)
		return -1;
	return len == in_len + 1 ? in[in_len] : -2;
}

static int do_read(__u64 sector, __u32 len)
{
	return request(VIRTIO_BLK_T_IN, sector, NULL, 0, len);
}

static int do_write(__u64 sector, char c, __u32 len)
{
	static __u8 data[32768];

	memset(data, c, len);
	return request(VIRTIO_BLK_T_OUT, sector, data, len, 0);
}

static int do_range(__u32 type, __u64 sector, __u32 num, __u32 flags)
{
	struct virtio_blk_discard_write_zeroes seg = {
		.sector = htole64(sector),
		.num_sectors = htole32(num),
		.flags = htole32(flags),
	};

	return request(type, sector, &seg, sizeof(seg), 0);
}

static bool all(const __u8 *p, int c, size_t len)
{
	while (len--)
		if (*p++ != c)
			return false;
	return true;
}

static void up(const char *options, __u32 without)
{
	char arg[128];

	make_file(path, "A", SECTORS * 512);
	snprintf(arg, sizeof(arg), "%s%s", path, options);
	if (!rig_up(&rig, &backend_blk, arg, without))
		abort();
}

static void test_io(void)
{
	up("", 0);
	for (piece = 1; piece <= 4096; piece = piece == 1 ? 600 : piece * 6) {
		if (piece == 1) {
			is(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, 20), OK,
			   "id, byte by byte");
			continue;
		}
		is(do_write(3, 'w', 1024), OK, "write in pieces of %u", piece);
		is(file_byte(path, 3 * 512 - 1), 'A', "not before");
		is(file_byte(path, 3 * 512), 'w', "first byte");
		is(file_byte(path, 5 * 512 - 1), 'w', "last byte");
		is(file_byte(path, 5 * 512), 'A', "not behind");
		is(do_read(2, 2048), OK, "read");
		ok(all(in, 'A', 512) && all(in + 512, 'w', 1024) &&
		   all(in + 1536, 'A', 512), "right bytes");
		is(do_write(3, 'A', 1024), OK, "write back");
	}
	piece = 4096;
	is(do_read(SECTORS - 1, 512), OK, "last sector");
	is(do_read(0, SECTORS * 512 - 512), OK, "large read");
	is(request(VIRTIO_BLK_T_FLUSH, 0, NULL, 0, 0), OK, "flush");
	is(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, 20), OK, "id");
	ok(!memcmp(in, "virtio-msg\0\0\0\0\0\0\0\0\0", 20), "right id");
	is(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, 4), OK, "short id");
	ok(!memcmp(in, "virt", 4), "what fits of it");
	is(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, 30), OK, "long id");
	ok(all(in + 20, 0, 10), "zero behind it");
	rig_down(&rig);
}

static void test_errors(void)
{
	up("", 0);
	is(do_read(SECTORS, 512), IOERR, "read beyond the end");
	ok(all(in, 0, 512), "nothing old in the buffer");
	is(do_read(SECTORS - 1, 1024), IOERR, "read over the end");
	is(do_read(~0ULL, 512), IOERR, "last sector that there could be");
	is(do_read(~0ULL / 512, 512), IOERR, "sector that overflows");
	is(do_read(0x7fffffffffffffULL, 512), IOERR, "and that");
	is(do_read(0, 100), IOERR, "part of a sector");
	is(do_write(SECTORS, 'w', 512), IOERR, "write beyond the end");
	is(do_write(0, 'w', 513), IOERR, "write part of a sector");
	is(file_byte(path, 0), 'A', "has no effect");
	is(do_read(0, 0), OK, "read nothing");
	is(do_write(0, 'w', 0), OK, "write nothing");
	is(request(77, 0, NULL, 0, 0), UNSUPP, "unknown request");
	is(request(VIRTIO_BLK_T_SCSI_CMD, 0, NULL, 0, 0), UNSUPP, "SCSI");
	is(ring_request(&rig.ring[0], "abc", 3, in, 1, 64), 1,
	   "short header is answered");
	is(in[0], IOERR, "with an error");
	if (truncate(path, 512))
		abort();
	is(do_read(4, 512), IOERR, "file that has become shorter");
	ok(all(in, 0, 512), "nothing old in the buffer");
	is(rig.fake.config, 0, "none of it stops the device");

	is(ring_request(&rig.ring[0], in, 16, in, 0, 64), -1,
	   "no room for a status");
	is(rig.fake.last_config.config.status, 0x4f, "DEVICE_NEEDS_RESET");
	rig_restart(&rig, 0);
	is(do_read(0, 512), OK, "works after a reset");
	rig_down(&rig);
}

static void test_ranges(void)
{
	__u32 unmap = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	struct virtio_blk_discard_write_zeroes seg[17];
	int i;

	up("", 0);
	is(do_range(VIRTIO_BLK_T_WRITE_ZEROES, 1, 2, 0), OK, "write zeroes");
	is(file_byte(path, 511), 'A', "not before");
	is(file_byte(path, 512), 0, "first byte");
	is(file_byte(path, 1535), 0, "last byte");
	is(file_byte(path, 1536), 'A', "not behind");
	is(do_range(VIRTIO_BLK_T_WRITE_ZEROES, 8, 8, unmap), OK, "with unmap");
	is(file_byte(path, 8 * 512), 0, "zero");
	is(do_range(VIRTIO_BLK_T_DISCARD, 16, 8, 0), OK, "discard");
	is(do_range(VIRTIO_BLK_T_DISCARD, 16, 8, unmap), UNSUPP,
	   "discard with unmap");
	is(do_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 1, 2), UNSUPP,
	   "unknown flag");
	is(do_range(VIRTIO_BLK_T_DISCARD, SECTORS, 1, 0), IOERR,
	   "discard beyond the end");
	is(do_range(VIRTIO_BLK_T_WRITE_ZEROES, 1, ~0U, 0), IOERR, "too long");
	is(do_range(VIRTIO_BLK_T_WRITE_ZEROES, ~0ULL, 2, 0), IOERR, "overflow");
	is(do_range(VIRTIO_BLK_T_DISCARD, 3, 0, 0), OK, "nothing");
	is(request(VIRTIO_BLK_T_DISCARD, 0, "abc", 3, 0), IOERR,
	   "part of a segment");
	is(request(VIRTIO_BLK_T_DISCARD, 0, NULL, 0, 0), IOERR, "no segment");

	memset(seg, 0, sizeof(seg));
	for (i = 0; i < 17; i++) {
		seg[i].sector = htole64(32 + i);
		seg[i].num_sectors = htole32(1);
	}
	is(request(VIRTIO_BLK_T_WRITE_ZEROES, 0, seg, 16 * sizeof(seg[0]), 0),
	   OK, "16 segments");
	is(file_byte(path, 47 * 512), 0, "the last of them");
	is(request(VIRTIO_BLK_T_WRITE_ZEROES, 0, seg, sizeof(seg), 0), IOERR,
	   "17 segments");
	is(file_byte(path, 48 * 512), 'A', "has no effect");

	rig_restart(&rig, 1U << VIRTIO_BLK_F_DISCARD |
			  1U << VIRTIO_BLK_F_WRITE_ZEROES);
	is(do_range(VIRTIO_BLK_T_DISCARD, 0, 1, 0), UNSUPP,
	   "discard not negotiated");
	is(do_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 1, 0), UNSUPP,
	   "write zeroes not negotiated");
	is(file_byte(path, 0), 'A', "have no effect");
	rig_down(&rig);
}

static void test_read_only(void)
{
	__u32 bits;

	up(",ro,serial=0123456789abcdefghijklmnop", 0);
	bits = rig.dev->features[0];
	ok(bits & (1U << VIRTIO_BLK_F_RO), "offers RO");
	ok(!(bits & (1U << VIRTIO_BLK_F_DISCARD)), "but not DISCARD");
	is(do_read(0, 512), OK, "read");
	is(do_write(0, 'w', 512), IOERR, "write");
	is(file_byte(path, 0), 'A', "has no effect");
	is(request(VIRTIO_BLK_T_FLUSH, 0, NULL, 0, 0), OK, "flush");
	is(request(VIRTIO_BLK_T_GET_ID, 0, NULL, 0, 20), OK, "id");
	ok(!memcmp(in, "0123456789abcdefghij", 20), "of 20 characters");
	rig_down(&rig);
}

static __u32 set_wce(__u32 offset, __u32 len, const char *data)
{
	struct virtio_msg_fields q = { .kind = VMSG_SET_CONFIG_REQ }, a;

	q.config.offset = offset;
	q.config.length = len;
	q.config.data_len = len;
	q.config.data = (const __u8 *)data;
	if (!fake_request(&rig.fake, &q, &a))
		abort();
	return a.config.length;
}

static void test_config(void)
{
	__u32 wce = offsetof(struct virtio_blk_config, wce);
	struct virtio_blk_config *config;

	up(",bs=4096", 0);
	config = rig.dev->config;
	is(le64toh(config->capacity), SECTORS, "capacity");
	is(le32toh(config->blk_size), 4096, "block size");
	is(config->wce, 1, "write back");
	is(set_wce(wce, 1, "\0"), 1, "write through");
	is(config->wce, 0, "is in the configuration");
	is(do_write(0, 'w', 512), OK, "write");
	is(set_wce(wce, 1, "\2"), 0, "neither");
	is(set_wce(0, 1, "\1"), 0, "capacity cannot be written");
	is(set_wce(wce, 2, "\1\1"), 0, "nor can two fields");
	rig_restart(&rig, 1U << VIRTIO_BLK_F_CONFIG_WCE);
	is(config->wce, 1, "reset turns it on again");
	is(set_wce(wce, 1, "\0"), 0, "not without CONFIG_WCE");
	rig_restart(&rig, 1U << VIRTIO_BLK_F_CONFIG_WCE |
			  1U << VIRTIO_BLK_F_FLUSH);
	is(do_write(0, 'w', 512), OK, "write without FLUSH");
	rig_down(&rig);
}

static bool can_create(const char *options)
{
	struct vmsg_device *dev;
	char arg[128];
	int err;

	snprintf(arg, sizeof(arg), "%s%s", path, options);
	err = backend_blk.create(NULL, arg, &dev);
	if (!err)
		backend_blk.destroy(dev);
	return !err;
}

static void test_create(void)
{
	make_file(path, "A", 1000);
	ok(can_create(""), "a file with an odd end");
	ok(!can_create(",bs=100"), "block size too small");
	ok(!can_create(",bs=1000"), "block size no power of two");
	ok(!can_create(",bs=1G"), "block size too large");
	ok(!can_create(",rw"), "unknown option");
	ok(!can_create(".missing"), "missing file");
	make_file(path, "A", 511);
	ok(!can_create(""), "file too small");
	up("", 0);
	ok(!can_create(""), "file in use");
	ok(!can_create(",ro"), "even to be read");
	rig_down(&rig);
	ok(can_create(""), "file no longer in use");
}

int main(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/test-blk-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || !freopen("/dev/null", "w", stderr))
		return 1;
	close(fd);
	test_io();
	test_errors();
	test_ranges();
	test_read_only();
	test_config();
	test_create();
	unlink(path);
	return tap_done();
}
