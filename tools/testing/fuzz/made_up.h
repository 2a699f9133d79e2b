/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core of drivers/virtio-msg on a bus that a fuzzer makes up. What is above
 * requests on a driver's side is not there: no device is probed.
 */
#ifndef _FUZZ_MADE_UP_H
#define _FUZZ_MADE_UP_H

#include "bus.h"
#include "input.h"

/* How many steps may be begun in the middle of each other. */
#define CORE_DEPTH	3

/*
 * struct core_run - an execution: steps of a fuzzer, one after the other and, where
 *	the core waits, in the middle of each other
 * @in: what it is made of; NULL: it has not begun, or is at its end
 * @step: the next one
 * @left: how many may follow
 * @depth: how many of them wait
 */
struct core_run {
	struct input *in;
	void (*step)(void);
	u32 left;
	u32 depth;
};

extern struct core_run core_run;

void core_run_steps(void);

static inline long core_counter(struct virtio_msg_core *core,
				enum virtio_msg_counter counter)
{
	return core->counters.value[counter].counter;
}

#endif /* _FUZZ_MADE_UP_H */
