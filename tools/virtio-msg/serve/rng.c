// SPDX-License-Identifier: BSD-3-Clause
/* Entropy: random bytes of the kernel, or the bytes of a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <linux/virtio_ids.h>

#include "backend.h"
#include "report.h"
#include "util.h"

#define RNG_QUEUE_SIZE	64

struct rng {
	struct vmsg_device dev;
	struct vmsg_queue queue;
	struct vmsg_chain chain;
	int fd;			/* -1: getrandom() */
};

/* A file begins again at its end. */
static ssize_t fill(struct rng *rng, void *p, size_t len)
{
	ssize_t n;

	if (rng->fd < 0)
		return getrandom(p, len < 256 ? len : 256, 0);
	n = read(rng->fd, p, len);
	if (!n && !lseek(rng->fd, 0, SEEK_SET))
		n = read(rng->fd, p, len);
	return n;
}

static __u32 fill_chain(struct rng *rng, struct vmsg_chain *chain)
{
	__u8 bytes[256];
	__u32 done = 0;
	ssize_t n;

	while (chain->in.left) {
		n = fill(rng, bytes, chain->in.left < sizeof(bytes) ?
				     chain->in.left : sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += vmsg_chain_write(chain, bytes, (__u32)n);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return done;
}

static void rng_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct rng *rng = container_of(dev, struct rng, dev);

	while (vmsg_queue_pop(queue, &rng->chain))
		vmsg_queue_push(queue, &rng->chain,
				fill_chain(rng, &rng->chain));
}

static void rng_failed(struct vmsg_device *dev, const char *why)
{
	report("rng, device %u: %s", dev->dev_num, why);
}

static const struct vmsg_device_ops rng_ops = {
	.queue = rng_queue,
	.failed = rng_failed,
};

static void rng_destroy(struct vmsg_device *dev)
{
	struct rng *rng = container_of(dev, struct rng, dev);

	if (rng->fd >= 0)
		close(rng->fd);
	free(rng);
}

static int rng_create(struct vmsg_loop *loop, char *arg,
		      struct vmsg_device **dev)
{
	struct rng *rng = calloc(1, sizeof(*rng));
	int err;

	(void)loop;
	if (!rng)
		return -ENOMEM;
	rng->fd = -1;
	rng->queue.max_size = RNG_QUEUE_SIZE;
	rng->dev.ops = &rng_ops;
	rng->dev.device_id = VIRTIO_ID_RNG;
	rng->dev.queues = &rng->queue;
	rng->dev.num_queues = 1;
	if (arg) {
		rng->fd = open(arg, O_RDONLY | O_CLOEXEC);
		if (rng->fd < 0) {
			err = -errno;
			report("rng: %s: %s", arg, strerror(errno));
			free(rng);
			return err;
		}
	}
	*dev = &rng->dev;
	return 0;
}

const struct backend backend_rng = {
	.name = "rng",
	.synopsis = "rng[=FILE]",
	.help =	"entropy of this kernel, or the bytes of FILE again and again",
	.create = rng_create,
	.destroy = rng_destroy,
};
