// SPDX-License-Identifier: GPL-2.0
/*
 * Linked into the unit tests of the library with --wrap=virtio_msg_decode: keeps
 * one of each message that they decode, as an input of decode_fuzz, in the
 * directory that FUZZ_SEEDS names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

#define LONGEST	300

static bool seen[2][VIRTIO_MSG_KINDS];

int __real_virtio_msg_decode(const struct virtio_msg_dialect *dialect,
			     const void *msg, __u32 len, __u32 max,
			     struct virtio_msg_fields *fields);
int __wrap_virtio_msg_decode(const struct virtio_msg_dialect *dialect,
			     const void *msg, __u32 len, __u32 max,
			     struct virtio_msg_fields *fields);

static void keep(bool pr28, const __u8 *msg, __u32 len)
{
	const char *dir = getenv("FUZZ_SEEDS");
	char path[256];
	FILE *file;

	if (!dir)
		return;
	snprintf(path, sizeof(path), "%s/%s-%02x-%02x", dir,
		 pr28 ? "pr28" : "d26", msg[0], msg[1]);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputc(5 << 1 | pr28, file);
	fputc(199, file);
	fwrite(msg, 1, len, file);
	fclose(file);
}

int __wrap_virtio_msg_decode(const struct virtio_msg_dialect *dialect,
			     const void *msg, __u32 len, __u32 max,
			     struct virtio_msg_fields *fields)
{
	bool pr28 = dialect == &virtio_msg_pr28;
	int err = __real_virtio_msg_decode(dialect, msg, len, max, fields);
	const __u8 *m = msg;

	if (!err && len <= LONGEST && !seen[pr28][fields->kind]) {
		seen[pr28][fields->kind] = true;
		keep(pr28, m, len);
	}
	return err;
}
