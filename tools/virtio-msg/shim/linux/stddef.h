/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _SHIM_LINUX_STDDEF_H
#define _SHIM_LINUX_STDDEF_H

#include <stddef.h>

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__linux__)
#include_next <linux/stddef.h>
#endif

#endif /* _SHIM_LINUX_STDDEF_H */
