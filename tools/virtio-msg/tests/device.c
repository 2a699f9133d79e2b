// SPDX-License-Identifier: BSD-3-Clause
/* A served device on the fake bus, up and running. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define BASE	0x10000000ULL

static void connect_rings(struct rig *rig, __u32 without_block0)
{
	__u32 i;

	if (!fake_negotiate(&rig->fake, without_block0))
		abort();
	for (i = 0; i < rig->dev->num_queues; i++)
		if (!ring_init(&rig->ring[i], &rig->fake, i, 64,
			       BASE * (i + 1)))
			abort();
	if (!fake_driver_ok(&rig->fake))
		abort();
}

bool rig_up(struct rig *rig, const struct backend *backend, const char *arg,
	    __u32 without_block0)
{
	char *copy = arg ? strdup(arg) : NULL;
	int err;

	rig->backend = backend;
	rig->loop = vmsg_loop_new();
	err = backend->create(rig->loop, copy, &rig->dev);
	free(copy);
	if (err) {
		vmsg_loop_free(rig->loop);
		return false;
	}
	fake_init(&rig->fake, &virtio_msg_d26, 264);
	fake_attach(&rig->fake, rig->dev);
	connect_rings(rig, without_block0);
	return true;
}

void rig_restart(struct rig *rig, __u32 without_block0)
{
	fake_status(&rig->fake, 0);
	while (rig->fake.windows)
		free(rig->fake.window[--rig->fake.windows].mem);
	connect_rings(rig, without_block0);
}

void rig_down(struct rig *rig)
{
	fake_exit(&rig->fake);
	rig->backend->destroy(rig->dev);
	vmsg_loop_free(rig->loop);
}

void make_file(const char *path, const char *text, size_t size)
{
	FILE *f = fopen(path, "w");
	size_t i;

	if (!f)
		abort();
	for (i = 0; i < size; i++)
		putc(text[i % strlen(text)], f);
	fclose(f);
}

int file_byte(const char *path, long offset)
{
	FILE *f = fopen(path, "r");
	int c = f && !fseek(f, offset, SEEK_SET) ? getc(f) : -2;

	if (f)
		fclose(f);
	return c;
}
