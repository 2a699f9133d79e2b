// SPDX-License-Identifier: BSD-3-Clause
/* The I2C adapter and its EEPROMs. */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/virtio_i2c.h>

#include "device.h"
#include "tap.h"

#define M_RD	VIRTIO_I2C_FLAGS_M_RD
#define MORE	VIRTIO_I2C_FLAGS_FAIL_NEXT

static struct rig rig;
static char small[64], large[80];
static __u8 in[512];

/* The status, or -1. */
static int message(__u8 addr, __u32 flags, const void *data, __u32 out_len,
		   __u32 in_len)
{
	struct virtio_i2c_out_hdr hdr = {
		.addr = htole16((__u16)(addr << 1)),
		.flags = htole32(flags),
	};
	__u8 out[600];
	long len;

	memcpy(out, &hdr, sizeof(hdr));
	if (out_len)
		memcpy(out + sizeof(hdr), data, out_len);
	memset(in, 0xdd, sizeof(in));
	len = ring_request(&rig.ring[0], out, sizeof(hdr) + out_len, in,
			   in_len + 1, 20);
	return len == (long)in_len + 1 ? in[in_len] : -1;
}

static void test_small(void)
{
	is(message(0x50, 0, NULL, 0, 0), 0, "0x50 answers");
	is(message(0x50, M_RD, NULL, 0, 0), 0, "to a read of nothing, too");
	is(message(0x51, 0, NULL, 0, 0), 1, "0x51 does not");
	is(message(0x51, M_RD, NULL, 0, 4), 1, "nor to a read");
	ok(!in[0] && !in[3], "which gives nothing old");
	is(message(0x50, 0, "\x10", 1, 0), 0, "position");
	is(message(0x50, M_RD, NULL, 0, 4), 0, "read");
	ok(!memcmp(in, "aaaa", 4), "right bytes");
	is(message(0x50, 0, "\x10wxyz", 5, 0), 0, "write");
	is(file_byte(small, 0x10), 'w', "is in the file");
	is(file_byte(small, 0x13), 'z', "all of it");
	is(file_byte(small, 0x14), 'a', "and no more");
	is(message(0x50, MORE, "\x11", 1, 0), 0, "position, and then");
	is(message(0x50, M_RD, NULL, 0, 4), 0, "read");
	ok(!memcmp(in, "xyza", 4), "right bytes");
	is(message(0x50, 0, "\0361234", 5, 0), 0, "write over a page");
	ok(file_byte(small, 0x1e) == '1' && file_byte(small, 0x1f) == '2' &&
	   file_byte(small, 0x18) == '3' && file_byte(small, 0x20) == 'a',
	   "wraps in the page");
	is(message(0x50, 0, "\xff", 1, 0), 0, "last position");
	is(message(0x50, M_RD, NULL, 0, 2), 0, "read over the end");
	ok(in[0] == 'a' && in[1] == 'a', "wraps");
	is(message(0x50, 0, "\0\1\2\3\4\5\6\7\10\11\12", 11, 0), 0,
	   "more than a page");
	is(file_byte(small, 0), 9, "the last bytes remain");
	is(message(0x50, M_RD, NULL, 0, 300), 0, "read more than there is");
}

static void test_group(void)
{
	is(message(0x51, MORE, "\0", 1, 0), 1, "first of a transfer fails");
	is(message(0x50, MORE, "\x40zz", 3, 0), 1, "so does the second");
	is(message(0x50, 0, "\x40zz", 3, 0), 1, "and the last");
	is(file_byte(small, 0x40), 'a', "without effect");
	is(message(0x50, 0, "\x40zz", 3, 0), 0, "the next transfer does not");
	is(file_byte(small, 0x40), 'z', "it has an effect");
	is(message(0x51, MORE, "\0", 1, 0), 1, "a transfer that is cut off");
	rig_restart(&rig, 0);
	is(message(0x50, 0, "\x40", 1, 0), 0, "is forgotten by a reset");
}

static void test_large(void)
{
	is(message(0x57, 0, "\x01\x20hello", 7, 0), 0, "16-bit position");
	is(file_byte(large, 0x120), 'h', "write");
	is(file_byte(large, 0x124), 'o', "all of it");
	is(message(0x57, 0, "\x01\x21", 2, 0), 0, "position");
	is(message(0x57, M_RD, NULL, 0, 4), 0, "read");
	ok(!memcmp(in, "ello", 4), "right bytes");
	is(message(0x57, 0, "\x01", 1, 0), 0, "half a position");
	is(message(0x57, M_RD, NULL, 0, 1), 0, "read on");
	is(in[0], 'b', "where it was");
}

static void test_wrong(void)
{
	is(message(0x50, M_RD, "abc", 3, 4), 1, "read with data");
	is(message(0x50, 0, "abc", 3, 4), 1, "write with room");
	is(ring_request(&rig.ring[0], "abc", 3, in, 1, 20), 1, "short header");
	is(in[0], 1, "is an error");
	is(rig.fake.config, 0, "none of it stops the device");
	is(ring_request(&rig.ring[0], in, 8, in, 0, 20), -1,
	   "no room for a status");
	is(rig.fake.last_config.config.status, 0x4f, "DEVICE_NEEDS_RESET");
}

static bool can_create(const char *format, const char *path)
{
	struct vmsg_device *dev;
	char arg[128];
	int err;

	snprintf(arg, sizeof(arg), format, path);
	err = backend_i2c.create(NULL, arg, &dev);
	if (!err)
		backend_i2c.destroy(dev);
	return !err;
}

static void test_create(void)
{
	struct stat st;

	fake_status(&rig.fake, 0);
	fake_status(&rig.fake, 3);
	fake_features(&rig.fake, 1, 1);
	is(fake_status(&rig.fake, 0xb), 3, "ZERO_LENGTH_REQUEST is needed");
	rig_down(&rig);

	ok(!can_create("%s@0x78", small), "address too high");
	ok(!can_create("%s@2", small), "address too low");
	ok(!can_create("%s@abc", small), "no address");
	ok(!can_create("%s,/dev/null", small), "same address twice");
	make_file(small, "a", 100);
	ok(!can_create("%s", small), "size no power of two");
	unlink(small);
	ok(can_create("%s", small), "missing file");
	ok(!stat(small, &st) && st.st_size == 256, "is made");
	is(file_byte(small, 7), 0xff, "and empty");
}

int main(void)
{
	char arg[160];
	int fd;

	snprintf(small, sizeof(small), "/tmp/test-i2c-XXXXXX");
	fd = mkstemp(small);
	if (fd < 0 || !freopen("/dev/null", "w", stderr))
		return 1;
	close(fd);
	snprintf(large, sizeof(large), "%s.large", small);
	make_file(small, "a", 256);
	make_file(large, "b", 4096);
	snprintf(arg, sizeof(arg), "%s,%s@0x57", small, large);
	if (!rig_up(&rig, &backend_i2c, arg, 0))
		return 1;
	test_small();
	test_group();
	test_large();
	test_wrong();
	test_create();
	unlink(small);
	unlink(large);
	return tap_done();
}
