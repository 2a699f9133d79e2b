/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef _CMD_REPORT_H
#define _CMD_REPORT_H

#include "util.h"

/* Print a line about something that went wrong to standard error. */
void report(const char *format, ...) __printf(1, 2);

/* Say why a bus could not be opened, and what can be done about it. */
void report_bus(const char *name, int err);

#endif /* _CMD_REPORT_H */
