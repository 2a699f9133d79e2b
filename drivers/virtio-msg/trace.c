// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints: every message sent and received, with decoded fields.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
