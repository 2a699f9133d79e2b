// SPDX-License-Identifier: GPL-2.0
/* many BUS N: serve N devices for entropy on one bus, until a signal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/virtio_ids.h>

#include "libvirtio-msg.h"

#define QUEUE_SIZE	16

struct many {
	struct vmsg_device dev;
	struct vmsg_queue queue;
};

/* What is in the memory is as good as anything else here. */
static void give(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	static struct vmsg_chain chain;

	(void)dev;
	while (vmsg_queue_pop(queue, &chain))
		vmsg_queue_push(queue, &chain, chain.in_len);
}

static const struct vmsg_device_ops ops = {
	.queue = give,
};

static int add(struct vmsg_bus *bus, struct many *many, unsigned int i)
{
	many->queue.max_size = QUEUE_SIZE;
	many->dev.ops = &ops;
	many->dev.device_id = VIRTIO_ID_RNG;
	many->dev.queues = &many->queue;
	many->dev.num_queues = 1;
	memcpy(many->dev.uuid, &i, sizeof(i));
	return vmsg_bus_add(bus, &many->dev, VMSG_DEV_ANY, 0);
}

int main(int argc, char **argv)
{
	struct vmsg_loop *loop = vmsg_loop_new();
	struct vmsg_bus *bus = NULL;
	unsigned int n, i;
	struct many *many;
	int err;

	if (argc != 3 || !loop)
		return 2;
	n = (unsigned int)strtoul(argv[2], NULL, 0);
	many = calloc(n, sizeof(*many));
	if (!many)
		return 1;
	err = vmsg_bus_open(loop, argv[1], &bus);
	if (!err)
		err = vmsg_loop_signals(loop);
	for (i = 0; i < n && !err; i++)
		err = add(bus, &many[i], i);
	if (!err)
		err = vmsg_loop_run(loop);
	if (err)
		fprintf(stderr, "many: %s: %s\n", argv[1], strerror(-err));
	vmsg_bus_close(bus);
	vmsg_loop_free(loop);
	return err ? 1 : 0;
}
