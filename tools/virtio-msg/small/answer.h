/* SPDX-License-Identifier: BSD-3-Clause */
/* The messages of a bus that are the same on each of them. */
#ifndef _VMSG_ANSWER_H
#define _VMSG_ANSWER_H

#include "core.h"

int vmsg_small_answer(struct vmsg_link *link, __u32 num_devices,
		      const void *msg, __u32 len);

#endif /* _VMSG_ANSWER_H */
