// SPDX-License-Identifier: GPL-2.0
/*
 * drivers/virtio-msg/request.c, sender.c and bus.c: requests of a bus and of devices
 * that come and go, and a peer that answers whatever it likes, whenever.
 *
 * Who waits for an answer, or for room, lets the rest of the input happen meanwhile:
 * answers, other requests, removal. There are few tokens, so that they run out.
 */
#include <string.h>

#include "made_up.h"

#undef memcpy

#define DEVICES		3
#define CHANNELS	(DEVICES + 1)
#define TOKENS		6
#define SENT		64
#define STEPS		100
#define MSG_SIZE	64
#define FORGED		0xf0000000

/* A request that the peer has seen, and what the core may expect of it. */
struct sent {
	enum virtio_msg_kind kind;
	u16 token;
	u16 dev_num;
	bool answered;
	bool forgotten;
};

static struct bed {
	struct input in;
	struct virtio_msg_bus bus;
	struct virtio_msg_core *core;
	struct virtio_msg_channel devices[DEVICES];
	bool busy[CHANNELS];
	bool killed[CHANNELS];
	u8 read[CHANNELS][MSG_SIZE];	/* the answer as it was returned */
	bool has_read[CHANNELS];
	struct sent sent[SENT];
	u32 num_sent;
	u32 full_before;
	bool full;
	bool unreachable;
	bool untagged;
	bool early;		/* it answers what it has not seen yet */
} bed;

static struct virtio_msg_channel *channel_of(u32 i)
{
	return i ? &bed.devices[i - 1] : &bed.core->channel;
}

/* What the peer says in an answer, to be found again. */
static void put_tag(struct virtio_msg_fields *f, u32 tag)
{
	switch (f->kind) {
	case VMSG_INFO_RESP:
		f->info.vendor_id = tag;
		break;
	case VMSG_GET_CONFIG_RESP:
		f->config.generation = tag;
		break;
	case VMSG_GET_VQUEUE_RESP:
		f->vq.desc = tag;
		break;
	case VMSG_PING_RESP:
		f->ping.data = tag;
		break;
	default:
		f->status.status = tag;
	}
}

static u32 get_tag(const struct virtio_msg_fields *f)
{
	switch (f->kind) {
	case VMSG_INFO_RESP:
		return f->info.vendor_id;
	case VMSG_GET_CONFIG_RESP:
		return f->config.generation;
	case VMSG_GET_VQUEUE_RESP:
		return f->vq.desc;
	case VMSG_PING_RESP:
		return f->ping.data;
	default:
		return f->status.status;
	}
}

static bool is_bus(enum virtio_msg_kind kind)
{
	return kind == VMSG_PING_REQ;
}

/* The bus */

/* A token comes again only if there has been no other. */
static void check_token(u16 token, bool bus)
{
	u32 i, waiting = 0;
	bool again = false;

	must(token && token <= TOKENS);
	for (i = 0; i < CHANNELS; i++)
		waiting += channel_of(i)->waiting &&
			   channel_of(i)->token == token;
	for (i = 0; i < bed.num_sent; i++) {
		struct sent *sent = &bed.sent[i];

		sent->forgotten |= shim_xa_full != bed.full_before;
		again |= sent->forgotten && sent->token == token;
		/* Answers without a token are not noted. */
		must(sent->answered || sent->forgotten || bed.untagged ||
		     bed.early || sent->token != token);
	}
	/*
	 * The answer to a forgotten one may have come while this had no room, as may
	 * one without a token.
	 */
	must(waiting == 1 || bed.early || again || (bed.untagged && bus));
	bed.full_before = shim_xa_full;
}

static int bus_send(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	struct virtio_msg_fields f;

	must(!bed.core->requests.tokens.lock.locked);
	if (bed.unreachable)
		return -EIO;
	if (bed.full)
		return -EAGAIN;
	must(!virtio_msg_decode(bed.core->dialect, msg, virtio_msg_size(msg),
				MSG_SIZE, &f));
	if (virtio_msg_is_response(msg))
		return 0;
	must(bed.num_sent < SENT);
	check_token(f.token, is_bus(f.kind));
	bed.sent[bed.num_sent++] = (struct sent){
		.kind = f.kind,
		.token = f.token,
		.dev_num = f.dev_num,
	};
	return 0;
}

/* No driver is there that has windows, and no process. */

void virtio_msg_windows_init(struct virtio_msg_windows *windows)
{
}

void virtio_msg_windows_stop(struct virtio_msg_core *core)
{
}

int virtio_msg_window_mmap(struct virtio_msg_bus *bus,
			   const struct virtio_msg_mapping *map,
			   struct vm_area_struct *vma)
{
	return 0;
}

vm_fault_t virtio_msg_window_fault(struct virtio_msg_bus *bus,
				   const struct virtio_msg_mapping *map,
				   struct vm_fault *vmf, size_t offset)
{
	return VM_FAULT_SIGBUS;
}

static int window_alloc(struct virtio_msg_bus *bus,
			struct virtio_msg_window *win)
{
	return -ENOMEM;
}

static void window_free(struct virtio_msg_bus *bus,
			struct virtio_msg_window *win)
{
}

static const struct virtio_msg_bus_ops bus_ops = {
	.send = bus_send,
	.window_alloc = window_alloc,
	.window_free = window_free,
};

/* The peer */

static void deliver(const u8 *msg, u32 len)
{
	u8 *copy = must_alloc(len);

	memcpy(copy, msg, len);
	virtio_msg_bus_receive(&bed.bus, copy, len);
	free(copy);
}

/*
 * This is an answer to whichever request has this token: to one that has not been
 * seen yet, if the one before was forgotten.
 */
static void note_answer(const struct virtio_msg_fields *f)
{
	bool forgets = shim_xa_full != bed.full_before;
	bool early = true;
	struct sent *sent;
	u32 i;

	for (i = 0; i < bed.num_sent; i++) {
		sent = &bed.sent[i];
		if (sent->token != f->token || sent->answered ||
		    f->kind != virtio_msg_response_kind(sent->kind) ||
		    (!is_bus(sent->kind) && sent->dev_num != f->dev_num))
			continue;
		sent->answered = true;
		early &= sent->forgotten || forgets;
	}
	bed.early |= early;
}

static void peer_answers(u8 how)
{
	u32 which = bed.num_sent ? take8(&bed.in) % bed.num_sent : 0;
	const struct sent *sent = &bed.sent[which];
	struct virtio_msg_fields f = {};
	u8 msg[MSG_SIZE + 8] = {};
	u32 tag = which;
	int len;

	if (!bed.num_sent)
		return;
	f.kind = virtio_msg_response_kind(sent->kind);
	f.dev_num = sent->dev_num;
	f.token = sent->token;
	if (how & 3)
		tag |= FORGED;
	if (how & 1)
		f.token = how >> 5;
	if (how & 2)
		f.dev_num = how >> 5;
	if ((how & 0x1c) == 4) {
		f.kind = VMSG_GET_STATUS_RESP;
		tag |= FORGED;
	}
	put_tag(&f, tag);
	len = virtio_msg_encode(bed.core->dialect, &f, msg, MSG_SIZE);
	must(len > 0);
	if ((how & 0x1c) == 8)
		len -= 1 + (how >> 5);
	else
		note_answer(&f);
	deliver(msg, len);
}

static void peer_sends(u8 len)
{
	u8 msg[MSG_SIZE + 8];
	u32 i;

	len %= sizeof(msg);
	for (i = 0; i < len; i++)
		msg[i] = take8(&bed.in);
	/* An answer is only made above, where it is noted. */
	if (len && msg[0] & VIRTIO_MSG_TYPE_RESPONSE && !bed.untagged)
		msg[0] &= ~VIRTIO_MSG_TYPE_RESPONSE;
	if (len > 7 && msg[7] < 0xc0) {
		msg[6] = len;
		msg[7] = 0;
	}
	deliver(msg, len);
}

/* Requests */

/* It is the answer to this request, or to one that it cannot be told from. */
static void check_answer(const struct virtio_msg_channel *channel,
			 enum virtio_msg_kind kind,
			 const struct virtio_msg_fields *f)
{
	const struct sent *sent;
	u32 tag = get_tag(f);

	must(f->kind == virtio_msg_response_kind(kind));
	must(is_bus(kind) || f->dev_num == channel->dev_num);
	if (bed.untagged || tag >= FORGED)
		return;
	must(tag < bed.num_sent);
	sent = &bed.sent[tag];
	must(sent->token == f->token && sent->kind == kind);
	must(is_bus(kind) || sent->dev_num == channel->dev_num);
}

static enum virtio_msg_kind some_kind(u32 i)
{
	static const enum virtio_msg_kind kinds[] = {
		VMSG_INFO_REQ, VMSG_GET_STATUS_REQ, VMSG_SET_STATUS_REQ,
		VMSG_GET_CONFIG_REQ, VMSG_GET_VQUEUE_REQ, VMSG_GET_STATUS_REQ,
	};

	return i ? kinds[take8(&bed.in) % ARRAY_SIZE(kinds)] : VMSG_PING_REQ;
}

static void call(u32 i)
{
	struct virtio_msg_channel *channel = channel_of(i);
	struct virtio_msg_fields f = {};
	enum virtio_msg_kind kind;
	bool dead = bed.killed[i];
	int err;

	if (bed.busy[i] || core_run.depth > CORE_DEPTH ||
	    bed.num_sent > SENT - CORE_DEPTH)
		return;
	kind = some_kind(i);
	f.kind = kind;
	bed.busy[i] = true;
	bed.has_read[i] = false;
	mutex_lock(&channel->lock);
	err = virtio_msg_channel_call(channel, &f);
	must(!channel->waiting);
	must(!dead || err);
	if (!err) {
		check_answer(channel, kind, &f);
		memcpy(bed.read[i], channel->rx, MSG_SIZE);
		bed.has_read[i] = true;
	}
	mutex_unlock(&channel->lock);
	bed.busy[i] = false;
}

/* The device is gone, and another one has its number. */
static void replace(u32 i)
{
	struct virtio_msg_channel *channel = channel_of(i);

	virtio_msg_channel_kill(channel);
	bed.killed[i] = true;
	if (bed.busy[i] || !i)
		return;
	virtio_msg_channel_destroy(channel);
	bed.has_read[i] = false;
	/* Twice, if there is no memory for it at first. */
	if (virtio_msg_channel_init(channel, bed.core, i) &&
	    virtio_msg_channel_init(channel, bed.core, i))
		channel->dead = true;
	bed.killed[i] = channel->dead;
}

/* Nobody writes to what was returned. */
static void check(void)
{
	u32 i;

	must(!shim_rcu);
	must(!bed.core->requests.tokens.lock.locked);
	for (i = 0; i < CHANNELS; i++)
		if (bed.has_read[i])
			must(!memcmp(bed.read[i], channel_of(i)->rx, MSG_SIZE));
}

static void one_step(void)
{
	u8 what = take8(&bed.in);

	switch (what % 9) {
	case 0: case 1:
		call(what / 9 % CHANNELS);
		break;
	case 2:
		peer_answers(0);
		break;
	case 3:
		peer_answers(take8(&bed.in));
		break;
	case 4:
		peer_sends(take8(&bed.in));
		break;
	case 5:
		replace(what / 9 % CHANNELS);
		break;
	case 6:
		bed.full = what / 9 & 1;
		bed.unreachable = (what / 9 & 14) == 14;
		if (!bed.full)
			virtio_msg_bus_writable(&bed.bus);
		break;
	case 7:
		shim_run_works();
		break;
	default:
		shim_run_delayed();
	}
	check();
}

static bool begin(u8 how)
{
	u32 i;

	shim_xa_max = TOKENS;
	bed.full_before = shim_xa_full;
	bed.untagged = how & 1;
	strcpy(bed.bus.name, "fuzz");
	bed.bus.ops = &bus_ops;
	bed.bus.role = VIRTIO_MSG_ROLE_DRIVER;
	bed.bus.flags = bed.untagged ? VIRTIO_MSG_BUS_UNTAGGED : 0;
	bed.bus.max_msg_size = MSG_SIZE;
	bed.bus.dialect = how >> 1 & 1 ? VIRTIO_MSG_DIALECT_PR28 :
					 VIRTIO_MSG_DIALECT_D26;
	bed.bus.timeout_ms = 40;
	if (virtio_msg_bus_register(&bed.bus))
		return false;
	bed.core = bed.bus.core;
	for (i = 1; i < CHANNELS; i++)
		if (virtio_msg_channel_init(channel_of(i), bed.core, i))
			bed.killed[i] = channel_of(i)->dead = true;
	return true;
}

static void end(void)
{
	u32 i;

	for (i = 1; i < CHANNELS; i++) {
		virtio_msg_channel_kill(channel_of(i));
		virtio_msg_channel_destroy(channel_of(i));
	}
	get_device(&bed.core->dev);
	virtio_msg_bus_unregister(&bed.bus);
	must(bed.core->dev.refs == 1);
	must(!shim_run_works() && !shim_run_delayed());
	put_device(&bed.core->dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(&bed, 0, sizeof(bed));
	bed.in = (struct input){ data, size };
	core_run = (struct core_run){ &bed.in, one_step, STEPS, 0 };
	if (begin(take8(&bed.in))) {
		core_run_steps();
		end();
	}
	core_run.in = NULL;
	return 0;
}
