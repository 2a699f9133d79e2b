// SPDX-License-Identifier: BSD-3-Clause
/*
 * A whole device: an entropy source for the driver side of a bus.
 *
 * usage: entropy BUS
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <linux/virtio_ids.h>

#include "libvirtio-msg.h"

/* The driver may have made buffers available: fill all of them. */
static void entropy_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	static struct vmsg_chain chain;
	unsigned char bytes[256];
	__u32 want, done;
	ssize_t n;

	(void)dev;
	while (vmsg_queue_pop(queue, &chain)) {
		done = 0;
		while ((want = chain.in_len - done)) {
			if (want > sizeof(bytes))
				want = sizeof(bytes);
			n = getrandom(bytes, want, 0);
			if (n < 0)
				break;
			done += vmsg_chain_write(&chain, bytes, (__u32)n);
		}
		vmsg_queue_push(queue, &chain, done);
	}
}

static const struct vmsg_device_ops entropy_ops = {
	.queue = entropy_queue,
};

int main(int argc, char **argv)
{
	static struct vmsg_queue queue = { .max_size = 64 };
	static struct vmsg_device entropy = {
		.ops = &entropy_ops,
		.device_id = VIRTIO_ID_RNG,
		.queues = &queue,
		.num_queues = 1,
	};
	struct vmsg_loop *loop = vmsg_loop_new();
	struct vmsg_bus *bus = NULL;
	int err;

	if (argc != 2 || !loop) {
		fputs("usage: entropy BUS\n", stderr);
		return 2;
	}

	/* Waits for entropy now: later, the driver would wait for us. */
	err = getrandom(&(char){ 0 }, 1, 0) == 1 ? 0 : -EAGAIN;
	if (!err)
		err = vmsg_bus_open(loop, argv[1], &bus);
	if (!err)
		err = vmsg_loop_signals(loop);
	if (!err)
		err = vmsg_bus_add(bus, &entropy, VMSG_DEV_ANY, 0);
	if (!err)
		err = vmsg_loop_run(loop);
	if (err)
		fprintf(stderr, "entropy: %s: %s\n", argv[1], strerror(-err));

	vmsg_bus_close(bus);
	vmsg_loop_free(loop);
	return err ? 1 : 0;
}
