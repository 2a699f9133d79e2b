/* SPDX-License-Identifier: BSD-3-Clause */
/* Outside of the kernel there are no modules. */
#ifndef _SHIM_LINUX_MODULE_H
#define _SHIM_LINUX_MODULE_H

#include <linux/build_bug.h>

#define EXPORT_SYMBOL_GPL(symbol)	_Static_assert(1, #symbol)
#define MODULE_DESCRIPTION(text)	_Static_assert(1, text)
#define MODULE_LICENSE(text)		_Static_assert(1, text)

#endif /* _SHIM_LINUX_MODULE_H */
