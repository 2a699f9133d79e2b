/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _VMSG_IO_H
#define _VMSG_IO_H

#include "libvirtio-msg.h"

extern const struct vmsg_io vmsg_io_system;

#endif /* _VMSG_IO_H */
