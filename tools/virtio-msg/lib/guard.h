/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _VMSG_GUARD_H
#define _VMSG_GUARD_H

#include <stddef.h>

/* Windows, for the handler that vmsg_guard() installs. */
void vmsg_guard_add(void *base, size_t size);
void vmsg_guard_remove(void *base);

#endif /* _VMSG_GUARD_H */
