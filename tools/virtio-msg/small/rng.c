// SPDX-License-Identifier: BSD-3-Clause
/* Entropy, of whatever source the system has. */
#include <linux/types.h>

#include "small.h"
#include "util.h"

#define ID_RNG	4

static void rng_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct vmsg_small_rng *rng =
		container_of(dev, struct vmsg_small_rng, dev);
	void *piece;
	__u32 len;

	while (vmsg_queue_pop(queue, &rng->chain)) {
		while ((len = vmsg_chain_take_in(&rng->chain, &piece,
						 rng->chain.in_len)))
			rng->random(piece, len);
		vmsg_queue_push(queue, &rng->chain, rng->chain.in_len);
	}
}

static const struct vmsg_device_ops rng_ops = {
	.queue = rng_queue,
};

/**
 * vmsg_small_rng_init() - make an entropy device
 * @rng: with what its owner sets, else zero
 */
void vmsg_small_rng_init(struct vmsg_small_rng *rng)
{
	rng->queue.max_size = VMSG_QUEUE_MAX;
	rng->dev.ops = &rng_ops;
	rng->dev.device_id = ID_RNG;
	rng->dev.queues = &rng->queue;
	rng->dev.num_queues = 1;
}
