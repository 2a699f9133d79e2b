/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _SHIM_LINUX_ERRNO_H
#define _SHIM_LINUX_ERRNO_H

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__ && defined(__linux__)
#include_next <linux/errno.h>
#elif defined(__STDC_HOSTED__) && __STDC_HOSTED__
#include <errno.h>
#endif

/* The few that the codec and the core return, for a freestanding build. */
#ifndef EAGAIN
#define EAGAIN		11
#endif
#ifndef EFAULT
#define EFAULT		14
#endif
#ifndef EINVAL
#define EINVAL		22
#endif
#ifndef ENOSPC
#define ENOSPC		28
#endif
#ifndef ENOMSG
#define ENOMSG		42
#endif
#ifndef EBADMSG
#define EBADMSG		74
#endif
#ifndef EMSGSIZE
#define EMSGSIZE	90
#endif

#endif /* _SHIM_LINUX_ERRNO_H */
