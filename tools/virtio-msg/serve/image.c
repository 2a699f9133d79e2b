// SPDX-License-Identifier: BSD-3-Clause
/*
 * A file or block device that holds the content of a disk. Functions return 0
 * or a negative error; ranges have been checked by the caller.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/fs.h>

#include "image.h"
#include "report.h"

#define ZERO_CHUNK	65536

static int measure(struct image *image)
{
	struct stat st;

	if (fstat(image->fd, &st))
		return -errno;
	image->block = S_ISBLK(st.st_mode);
	if (image->block)
		return ioctl(image->fd, BLKGETSIZE64, &image->size) ? -errno : 0;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	image->size = (__u64)st.st_size;
	return 0;
}

/* Two writers of one image destroy it. */
static int lock(struct image *image)
{
	int how = image->read_only ? LOCK_SH : LOCK_EX;

	return flock(image->fd, how | LOCK_NB) ? -errno : 0;
}

int image_open(struct image *image, const char *path, bool read_only)
{
	int err;

	image->read_only = read_only;
	image->fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (image->fd < 0) {
		err = -errno;
		report("%s: %s%s", path, strerror(errno),
		       !read_only && (err == -EROFS || err == -EACCES) ?
		       "; try ',ro'" : "");
		return err;
	}
	err = measure(image);
	if (err)
		report("%s: neither a file nor a block device", path);
	if (!err && image->size < 512) {
		report("%s: too small for a disk; try 'truncate -s 64M %s'",
		       path, path);
		err = -EINVAL;
	}
	if (!err) {
		err = lock(image);
		if (err)
			report("%s: in use by another process", path);
	}
	if (err)
		image_close(image);
	return err;
}

void image_close(struct image *image)
{
	close(image->fd);
	image->fd = -1;
}

/* Pass @done bytes of @iov; returns how many entries are used up. */
static int advance(struct iovec *iov, int n, size_t done)
{
	int i = 0;

	while (i < n && done >= iov[i].iov_len)
		done -= iov[i++].iov_len;
	if (i < n) {
		iov[i].iov_base = (char *)iov[i].iov_base + done;
		iov[i].iov_len -= done;
	}
	return i;
}

static int transfer(struct image *image, struct iovec *iov, int n, __u64 offset,
		    ssize_t (*op)(int fd, const struct iovec *iov, int n,
				  off_t offset))
{
	ssize_t done;
	int used;

	while (n) {
		done = op(image->fd, iov, n, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		if (!done)
			return -EIO;	/* the file has become shorter */
		offset += (__u64)done;
		used = advance(iov, n, (size_t)done);
		iov += used;
		n -= used;
	}
	return 0;
}

int image_read(struct image *image, struct iovec *iov, int n, __u64 offset)
{
	return transfer(image, iov, n, offset, preadv);
}

int image_write(struct image *image, struct iovec *iov, int n, __u64 offset)
{
	return transfer(image, iov, n, offset, pwritev);
}

int image_flush(struct image *image)
{
	return fdatasync(image->fd) ? -errno : 0;
}

static int block_range(struct image *image, unsigned long request, __u64 offset,
		       __u64 len)
{
	__u64 range[2] = { offset, len };

	return ioctl(image->fd, request, range) ? -errno : 0;
}

static int punch(struct image *image, int mode, __u64 offset, __u64 len)
{
	return fallocate(image->fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)offset,
			 (off_t)len) ? -errno : 0;
}

int image_discard(struct image *image, __u64 offset, __u64 len)
{
	if (image->block)
		return block_range(image, BLKDISCARD, offset, len);
	return punch(image, FALLOC_FL_PUNCH_HOLE, offset, len);
}

static int write_zeroes(struct image *image, __u64 offset, __u64 len)
{
	static const char zeroes[ZERO_CHUNK];
	struct iovec iov;
	__u64 n;
	int err;

	for (; len; offset += n, len -= n) {
		n = len < sizeof(zeroes) ? len : sizeof(zeroes);
		iov.iov_base = (void *)zeroes;
		iov.iov_len = n;
		err = image_write(image, &iov, 1, offset);
		if (err)
			return err;
	}
	return 0;
}

/* Not every file system can do it at once. */
int image_zero(struct image *image, __u64 offset, __u64 len, bool unmap)
{
	int err;

	if (image->block)
		err = block_range(image, BLKZEROOUT, offset, len);
	else
		err = punch(image, unmap ? FALLOC_FL_PUNCH_HOLE :
					   FALLOC_FL_ZERO_RANGE, offset, len);
	if (err == -EOPNOTSUPP || err == -ENOTTY)
		err = write_zeroes(image, offset, len);
	return err;
}
