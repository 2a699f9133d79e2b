/* SPDX-License-Identifier: GPL-2.0 */
/* KUnit: wait for what the code under test does in its own time. */
#ifndef _VIRTIO_MSG_FAKE_UNTIL_H
#define _VIRTIO_MSG_FAKE_UNTIL_H

#include <linux/jiffies.h>
#include <linux/sched.h>

/* True once @cond is; false if that takes longer than a busy machine explains. */
#define fake_until(cond)						\
({									\
	unsigned long __end = jiffies + 60 * HZ;			\
	bool __is;							\
									\
	for (;;) {							\
		__is = (cond);						\
		if (__is || time_after(jiffies, __end))			\
			break;						\
		schedule_timeout_uninterruptible(1);			\
	}								\
	__is;								\
})

#endif /* _VIRTIO_MSG_FAKE_UNTIL_H */
