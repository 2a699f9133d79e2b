/* SPDX-License-Identifier: BSD-3-Clause */
/* Included before all else in the library: who is told of loads. */
#ifndef _FUZZ_LOAD_HOOK_H
#define _FUZZ_LOAD_HOOK_H

#include <stddef.h>

void fuzz_before_load(const void *p, size_t len);
#define vmsg_before_load(p) fuzz_before_load(p, sizeof(*(p)))

/* As a build for a small system may have them. */
#define VMSG_QUEUE_MAX		16
#define VMSG_WINDOWS_MAX	4

#endif /* _FUZZ_LOAD_HOOK_H */
