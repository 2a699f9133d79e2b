/* SPDX-License-Identifier: GPL-2.0 */
/* What the two ways to be called have in common. */
#ifndef _FFA_MAIN_H
#define _FFA_MAIN_H

#include "manager.h"

void manager_init(void *fdt, __u64 kernel_start);
void manager_call(struct regs *r);
void manager_lock(void);
void manager_unlock(void);

#endif /* _FFA_MAIN_H */
