/* SPDX-License-Identifier: BSD-3-Clause */
/* A served device on the fake bus, up and running. */
#ifndef _TESTS_DEVICE_H
#define _TESTS_DEVICE_H

#include "backend.h"
#include "fake.h"

struct rig {
	const struct backend *backend;
	struct vmsg_loop *loop;
	struct vmsg_device *dev;
	struct fake fake;
	struct ring ring[2];
};

/* Create a device of @arg and start a driver; false if it cannot be made. */
bool rig_up(struct rig *rig, const struct backend *backend, const char *arg,
	    __u32 without_block0);
void rig_restart(struct rig *rig, __u32 without_block0);
void rig_down(struct rig *rig);

/* Write a file of @size bytes that repeats @text. */
void make_file(const char *path, const char *text, size_t size);
/* One byte of a file. */
int file_byte(const char *path, long offset);

#endif /* _TESTS_DEVICE_H */
