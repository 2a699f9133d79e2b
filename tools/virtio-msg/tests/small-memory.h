/* SPDX-License-Identifier: BSD-3-Clause */
/* What test-small and the device that it starts share, and under which numbers. */
#ifndef _TESTS_SMALL_MEMORY_H
#define _TESTS_SMALL_MEMORY_H

#include "amp/fifo.h"

#define SMALL_FD_MEMORY	10
#define SMALL_FD_KICK	11	/* eventfd: the driver rings */
#define SMALL_FD_CALL	12	/* eventfd: the device rings */

#define SMALL_TO_DEVICE	0x1000
#define SMALL_TO_DRIVER	0x2000
#define SMALL_FIFO	0x1000	/* bytes */
#define SMALL_WINDOW	0x4000
#define SMALL_BYTES	0x10000
#define SMALL_ADDRESS	0x180000000ULL	/* of the window */

/* The deployed layout; each event lies behind the index of who writes it. */
static inline void small_area(struct virtio_msg_fifo_area *area, __u8 *base,
			      bool events)
{
	virtio_msg_fifo_area_init(area, base, SMALL_FIFO, VIRTIO_MSG_FIFO_SLOT);
	if (!events)
		return;
	area->head_event = area->tail + 1;
	area->tail_event = area->head + 1;
}

#endif /* _TESTS_SMALL_MEMORY_H */
