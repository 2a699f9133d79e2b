/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM virtio_msg

#if !defined(_VIRTIO_MSG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VIRTIO_MSG_TRACE_H

#include <linux/tracepoint.h>

#include "bus.h"

/* Enough for the longest line of virtio_msg_describe(). */
#define VIRTIO_MSG_TRACE_TEXT	192

DECLARE_EVENT_CLASS(virtio_msg_message,
	TP_PROTO(struct virtio_msg_core *core, const void *msg, u32 size),
	TP_ARGS(core, msg, size),
	TP_STRUCT__entry(
		__string(bus, core->name)
		__field(u16, dev)
		__field(u16, size)
		__array(char, text, VIRTIO_MSG_TRACE_TEXT)
	),
	TP_fast_assign(
		__assign_str(bus);
		__entry->dev = virtio_msg_dev_num(msg);
		__entry->size = size;
		virtio_msg_describe(core->dialect, msg, size, __entry->text,
				    VIRTIO_MSG_TRACE_TEXT);
	),
	TP_printk("%s: %s", __get_str(bus), __entry->text)
);

DEFINE_EVENT(virtio_msg_message, virtio_msg_send,
	TP_PROTO(struct virtio_msg_core *core, const void *msg, u32 size),
	TP_ARGS(core, msg, size)
);

DEFINE_EVENT(virtio_msg_message, virtio_msg_receive,
	TP_PROTO(struct virtio_msg_core *core, const void *msg, u32 size),
	TP_ARGS(core, msg, size)
);

#endif /* _VIRTIO_MSG_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
