// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the partition with the devices, apart from its answers: as if it had
 * threads of its own, they come by whatever the driver has configured. Tests ask for
 * that; otherwise an event is the answer to a message, or waits to be asked for.
 */
#include <linux/unaligned.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_ffa.h>

#include "ffa.h"
#include "manager.h"
#include "string.h"

#define HEADER		8
/* Offsets of messages. */
#define TYPE		0
#define ID		1
#define TOKEN		4
#define SIZE		6
/* Of VERSION in both forms: bytes of the response, and where it has the features. */
#define VERSION_BRIEF	(HEADER + 18)
#define FEATURES_BRIEF	(HEADER + 12)
#define FEATURES_LONG	(HEADER + 16)

/* The second FIFO of a region, and what is used of its header. */
#define FIFO_PAGES	2
#define FIFO_DEPTH	0x12
#define FIFO_READ	0x40
#define FIFO_WRITE	0x80
#define FIFO_SLOTS	0xc0

/* Of an area that does not exist. */
#define NO_AREA		0xfff0

static struct {
	bool apart;
	__u8 type;		/* VIRTIO_MSG_FFA_EVENTS_* */
	__u16 notify_id;
	__u8 *fifo;		/* as retrieved; NULL: there is none */
	__u64 fifo_handle;
	bool indirect;		/* messages come indirectly, and so do answers */
	__u32 first, num;	/* of those that wait */
	__u64 waiting[EVENTS][VMSG_FFA_MSG / 8];
} state;

enum { APART, ASKED, SENT, WRITTEN, FULL, ROOM, LOST };

static struct counter counters[] = {
	[APART] = { "event apart from answers", 0 },
	[ASKED] = { "event asked for", 0 },
	[SENT] = { "event sent", 0 },
	[WRITTEN] = { "event written to FIFO", 0 },
	[FULL] = { "event found no room", 0 },
	[ROOM] = { "event room was notified", 0 },
	[LOST] = { "event lost", 0 },
};

/* For the next driver, too. */
void events_apart(bool apart)
{
	state.apart = apart;
}

void events_reset(void)
{
	if (state.fifo)
		memory_relinquish(state.fifo_handle, DEVICES_ID);
	state.fifo = NULL;
	state.type = VIRTIO_MSG_FFA_EVENTS_POLL;
	state.indirect = false;
	state.num = 0;
}

/* What the driver has to read. */
void *events_fifo(__u32 *bytes)
{
	*bytes = FIFO_PAGES * PAGE;
	return state.fifo;
}

static void append(const void *msg)
{
	__u64 *to = state.waiting[(state.first + state.num) % EVENTS];

	if (state.num == EVENTS) {
		counters[LOST].value++;
		return;
	}
	state.num++;
	memcpy(to, msg, VMSG_FFA_MSG);
	devices_spoil((__u8 *)to, VMSG_FFA_MSG);
	counters[APART].value++;
}

static void *take(void)
{
	void *msg = state.waiting[state.first];

	state.first = (state.first + 1) % EVENTS;
	state.num--;
	return msg;
}

/* The driver may have written anything there. */
static bool write(const void *msg)
{
	__u8 *fifo = state.fifo + PAGE;
	__u32 depth = (PAGE - FIFO_SLOTS) / VMSG_FFA_MSG;
	__u16 at = get_unaligned_le16(fifo + FIFO_WRITE);
	__u16 next = (__u16)((at + 1) % depth);

	if (get_unaligned_le16(fifo + FIFO_DEPTH) != depth || at >= depth)
		return true;
	if (next == __atomic_load_n((__u16 *)(fifo + FIFO_READ),
				    __ATOMIC_ACQUIRE))
		return false;
	memcpy(fifo + FIFO_SLOTS + at * VMSG_FFA_MSG, msg, VMSG_FFA_MSG);
	__atomic_store_n((__u16 *)(fifo + FIFO_WRITE), next, __ATOMIC_RELEASE);
	counters[WRITTEN].value++;
	return true;
}

static bool send(const void *msg)
{
	if (!message_send(DEVICES_ID, msg, VMSG_FFA_MSG))
		return false;
	counters[SENT].value++;
	return true;
}

static void flush_by(bool (*deliver)(const void *msg))
{
	while (state.num && deliver(state.waiting[state.first]))
		take();
	counters[FULL].value += !!state.num;
}

/* What waits is delivered as far as there is room. */
void events_flush(void)
{
	if (!state.num)
		return;
	if (state.indirect || state.type == VIRTIO_MSG_FFA_EVENTS_INDIRECT) {
		flush_by(send);
		return;
	}
	if (state.type == VIRTIO_MSG_FFA_EVENTS_FIFO)
		flush_by(write);
	if (state.type != VIRTIO_MSG_FFA_EVENTS_POLL)
		notification_raise(DEVICES_ID, state.notify_id);
}

/* The driver says that there is room in the FIFO. */
bool events_notified(__u64 bits)
{
	if (bits != 1 << EVENTS_ROOM)
		return false;
	counters[ROOM].value++;
	events_flush();
	return true;
}

static bool is_bus(const void *msg, __u8 id)
{
	const __u8 *byte = msg;

	return byte[TYPE] == VIRTIO_MSG_TYPE_BUS && byte[ID] == id;
}

static void *reply(const __u8 *msg, __u8 id, __u8 *answer, __u16 payload)
{
	memset(answer, 0, VMSG_FFA_MSG);
	answer[TYPE] = VIRTIO_MSG_TYPE_BUS | VIRTIO_MSG_TYPE_RESPONSE;
	answer[ID] = id;
	memcpy(answer + TOKEN, msg + TOKEN, 2);
	put_unaligned_le16(HEADER + payload, answer + SIZE);
	return answer + HEADER;
}

static __u16 retrieve_fifo(const __u8 *in)
{
	__u16 pages = get_unaligned_le16(in + 8);

	if (state.fifo || pages != FIFO_PAGES)
		return VIRTIO_MSG_FFA_FAILED;
	state.fifo_handle = get_unaligned_le64(in);
	state.fifo = memory_retrieve(state.fifo_handle, DEVICES_ID, pages);
	return state.fifo ? VIRTIO_MSG_FFA_OK : VIRTIO_MSG_FFA_FAILED;
}

static void configure_fifo(const __u8 *msg, __u8 *answer)
{
	__u8 *out = reply(msg, VIRTIO_MSG_FFA_FIFO_CONFIGURE, answer, 4);

	put_unaligned_le16(retrieve_fifo(msg + HEADER), out);
	put_unaligned_le16(EVENTS_ROOM, out + 2);
}

static void configure(const __u8 *msg, __u8 *answer)
{
	__u8 *out = reply(msg, VIRTIO_MSG_FFA_EVENT_CONFIGURE, answer, 2);
	__u8 type = msg[HEADER];

	if (type > VIRTIO_MSG_FFA_EVENTS_FIFO ||
	    (type == VIRTIO_MSG_FFA_EVENTS_FIFO && !state.fifo)) {
		put_unaligned_le16(VIRTIO_MSG_FFA_FAILED, out);
		return;
	}
	state.type = type;
	state.notify_id = get_unaligned_le16(msg + HEADER + 2);
}

static void offer(__u8 *answer)
{
	__u8 *features = answer + (get_unaligned_le16(answer + SIZE) ==
				   VERSION_BRIEF ? FEATURES_BRIEF : FEATURES_LONG);

	put_unaligned_le32(get_unaligned_le32(features) |
			   VIRTIO_MSG_FFA_F_INDIRECT_TX |
			   VIRTIO_MSG_FFA_F_NOTIFY_TX | VIRTIO_MSG_FFA_F_FIFO,
			   features);
}

/* True: the message was for the bus, and not for the devices. */
static bool bus_message(const void *msg, void *answer)
{
	if (is_bus(msg, VIRTIO_MSG_FFA_FIFO_CONFIGURE))
		configure_fifo(msg, answer);
	else if (is_bus(msg, VIRTIO_MSG_FFA_EVENT_CONFIGURE))
		configure(msg, answer);
	else
		return false;
	return true;
}

static bool is_event(const void *answer)
{
	return !(((const __u8 *)answer)[TYPE] & VIRTIO_MSG_TYPE_RESPONSE);
}

/* All that the devices have to tell; then there is nothing in the answer. */
static void collect(struct vmsg_ffa *bus, const void *msg, void *answer)
{
	static const __u64 poll = VIRTIO_MSG_TYPE_BUS |
		VIRTIO_MSG_FFA_EVENT_POLL << 8 | (__u64)HEADER << 48;

	if (!is_event(answer))
		return;
	while (is_event(answer)) {
		append(answer);
		vmsg_ffa_receive(bus, &poll, HEADER, answer);
	}
	reply(msg, VIRTIO_MSG_FFA_EVENT_POLL, answer, 0);
}

static void answer_poll(void *answer)
{
	if (!state.num)
		return;
	memcpy(answer, take(), VMSG_FFA_MSG);
	counters[ASKED].value++;
}

static void look_at(struct vmsg_ffa *bus, const void *msg, void *answer)
{
	collect(bus, msg, answer);
	if (is_bus(msg, VIRTIO_MSG_FFA_VERSION))
		offer(answer);
	else if (is_bus(msg, VIRTIO_MSG_FFA_RESET))
		events_reset();
	else if (is_bus(msg, VIRTIO_MSG_FFA_EVENT_POLL))
		answer_poll(answer);
}

/* As vmsg_ffa_receive(): have the devices handle a message. */
__u32 events_receive(struct vmsg_ffa *bus, const void *msg, __u32 len,
		     void *answer)
{
	if (!state.apart)
		return vmsg_ffa_receive(bus, msg, len, answer);
	if (!bus->greeted || !bus_message(msg, answer)) {
		vmsg_ffa_receive(bus, msg, len, answer);
		look_at(bus, msg, answer);
	}
	events_flush();
	return get_unaligned_le16((__u8 *)answer + SIZE);
}

/* Of a message that came indirectly: nothing, if it says nothing. */
void events_reply(const void *msg, const void *answer)
{
	const __u8 *byte = answer;

	state.indirect = true;
	if (byte[ID] != VIRTIO_MSG_FFA_EVENT_POLL || is_bus(msg, byte[ID]))
		append(answer);
	events_flush();
}

/* Many at once, of no use to anybody, but for the counter of the driver. */
void events_flood(void)
{
	__u64 msg[VMSG_FFA_MSG / 8] = { 0 };
	__u8 *byte = (__u8 *)msg;
	__u32 i;

	byte[TYPE] = VIRTIO_MSG_TYPE_BUS;
	byte[ID] = VIRTIO_MSG_FFA_AREA_RELEASE;
	put_unaligned_le16(HEADER + 2, byte + SIZE);
	put_unaligned_le16(NO_AREA, byte + HEADER);
	for (i = 0; i < EVENTS_FLOOD; i++)
		append(msg);
	events_flush();
}

const struct counter *events_counter(__u32 i)
{
	return i < sizeof(counters) / sizeof(counters[0]) ? &counters[i] : NULL;
}
