/* SPDX-License-Identifier: BSD-3-Clause */
/* A file or block device that holds the content of a disk. */
#ifndef _SERVE_IMAGE_H
#define _SERVE_IMAGE_H

#include <stdbool.h>
#include <sys/uio.h>
#include <linux/types.h>

struct image {
	int fd;
	bool block;		/* a block device */
	bool read_only;
	__u64 size;
};

int image_open(struct image *image, const char *path, bool read_only);
void image_close(struct image *image);
int image_read(struct image *image, struct iovec *iov, int n, __u64 offset);
int image_write(struct image *image, struct iovec *iov, int n, __u64 offset);
int image_flush(struct image *image);
int image_discard(struct image *image, __u64 offset, __u64 len);
int image_zero(struct image *image, __u64 offset, __u64 len, bool unmap);

#endif /* _SERVE_IMAGE_H */
