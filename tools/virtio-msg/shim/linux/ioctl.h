/* SPDX-License-Identifier: BSD-3-Clause */
/* A freestanding build never issues an ioctl: it only needs the name. */
#ifndef _SHIM_LINUX_IOCTL_H
#define _SHIM_LINUX_IOCTL_H

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__linux__)
#include_next <linux/ioctl.h>
#endif

#endif /* _SHIM_LINUX_IOCTL_H */
