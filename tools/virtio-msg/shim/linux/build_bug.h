/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _SHIM_LINUX_BUILD_BUG_H
#define _SHIM_LINUX_BUILD_BUG_H

#define static_assert _Static_assert

#endif /* _SHIM_LINUX_BUILD_BUG_H */
