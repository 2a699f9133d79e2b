// SPDX-License-Identifier: BSD-3-Clause
/*
 * Making a link, and noticing its end. The other side is taken for hostile: of
 * what it writes each word is read once.
 */
#include <asm/barrier.h>
#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/virtio_msg_user.h>

#include "link.h"
#include "util.h"

#define PEER	0	/* side */
#define OWN	1
#define HEADER	sizeof(struct virtio_msg_amp_header)
#define CONTROL	sizeof(struct virtio_msg_amp_control)

static __u32 get(const __le32 *word)
{
	/* Pairs with put() of the other side, whose steps are seen in order. */
	return __le32_to_cpu(virt_load_acquire(word));
}

static void put(__le32 *word, __u32 value)
{
	/* Pairs with get() of the other side. */
	virt_store_release(word, __cpu_to_le32(value));
}

/* Words of the header, by their offset. */
static __u32 header_word(const struct vmsg_small_link *link, __u32 offset)
{
	return get((const __le32 *)(link->memory + offset));
}

struct part {
	__u32 start;
	__u32 bytes;
	__u32 align;
};

#define PARTS	6	/* the header, two control blocks, slots, a window area */

static bool overlap(const struct part *a, const struct part *b)
{
	return a->start < b->start + b->bytes && b->start < a->start + a->bytes;
}

/* Each part lies in the memory, and in none of the others. */
static bool fit(const struct vmsg_small_link *link, const struct part *parts)
{
	const struct part *part, *other;

	for (part = parts; part < parts + PARTS; part++) {
		if (part->bytes > link->size ||
		    part->start > link->size - part->bytes ||
		    part->start % part->align)
			return false;
		for (other = parts; other < part; other++)
			if (overlap(part, other))
				return false;
	}
	return true;
}

static void use(struct vmsg_small_link *link, const struct part *parts)
{
	link->theirs = (void *)(link->memory + parts[1].start);
	link->ours = (void *)(link->memory + parts[2].start);
	link->slots[PEER] = link->memory + parts[3].start;
	link->slots[OWN] = link->memory + parts[4].start;
	link->small.window.start = parts[5].start;
	link->small.window.size = parts[5].bytes;
	link->small.window.base = link->memory + parts[5].start;
}

/* False: there is no header, or none that we can use. */
static bool read_header(struct vmsg_small_link *link)
{
	struct part parts[PARTS] = { { 0, HEADER, 8 } };
	__u32 sizes, i;

	if (link->size < HEADER ||
	    header_word(link, 0) != VIRTIO_MSG_AMP_MAGIC ||
	    (header_word(link, 4) & 0xffff) != VIRTIO_MSG_AMP_VERSION ||
	    header_word(link, 8))
		return false;
	sizes = header_word(link, 12);
	link->slot_size = sizes & 0xffff;
	link->num_slots = sizes >> 16;
	for (i = 0; i < 2; i++) {
		parts[1 + i] = (struct part){
			header_word(link, 16 + 4 * i), CONTROL, 8 };
		parts[3 + i] = (struct part){
			header_word(link, 24 + 4 * i),
			link->slot_size * link->num_slots, 8 };
	}
	parts[5] = (struct part){ header_word(link, 32), header_word(link, 48),
				  VIRTIO_MSG_AMP_PAGE_SIZE };
	/* Beyond 4 GiB nothing is ours. */
	if (header_word(link, 36) || header_word(link, 52) || !fit(link, parts))
		return false;
	use(link, parts);
	return true;
}

/* A new epoch: whatever the other side was told before is void. */
static void begin(struct vmsg_small_link *link)
{
	struct virtio_msg_amp_control *ours = link->ours;
	__u32 epoch = get(&ours->epoch) + 1;

	put(&ours->state, VIRTIO_MSG_AMP_DOWN);
	/* DOWN is seen before any word changes: the link's words are void. */
	virt_mb();
	put(&ours->peer_epoch, 0);
	put(&ours->head, 0);
	put(&ours->tail, 0);
	put(&ours->head_event, VIRTIO_MSG_AMP_NEVER);
	put(&ours->tail_event, VIRTIO_MSG_AMP_NEVER);
	put(&ours->doorbell, link->doorbell);
	put(&ours->epoch, epoch ? epoch : 1);
	put(&ours->state, VIRTIO_MSG_AMP_READY);
	link->peer_epoch = 0;
	link->small.ring(&link->small);
}

static void describe(const struct vmsg_small_link *link,
		     struct virtio_msg_amp_control *producer,
		     struct virtio_msg_amp_control *consumer, int side,
		     struct virtio_msg_fifo_area *area)
{
	area->head = &producer->head;
	area->tail = &consumer->tail;
	area->head_event = &consumer->head_event;
	area->tail_event = &producer->tail_event;
	area->slots = link->slots[side];
	area->slot_size = link->slot_size;
	area->num_slots = link->num_slots;
	area->msg_size = link->slot_size;
}

static bool connect(struct vmsg_small_link *link)
{
	struct virtio_msg_fifo_area in, out;
	struct vmsg_small *small = &link->small;
	__u32 i;

	describe(link, link->theirs, link->ours, PEER, &in);
	describe(link, link->ours, link->theirs, OWN, &out);
	if (vmsg_small_init(small, &in, &out))
		return false;
	for (i = 0; i < small->num_devices; i++)
		if (vmsg_device_init(small->devices[i], &small->link, (__u16)i))
			return false;
	small->announced = 0;
	link->peer_beat = get(&link->theirs->beat);
	link->missed = 0;
	link->links++;
	return true;
}

/* Does the other side agree on both epochs, at one time? */
static bool agreed(struct vmsg_small_link *link)
{
	struct virtio_msg_amp_control *theirs = link->theirs;
	__u32 epoch = get(&theirs->epoch);
	bool good = epoch && epoch == link->peer_epoch &&
		    get(&theirs->peer_epoch) == get(&link->ours->epoch) &&
		    get(&theirs->state) == VIRTIO_MSG_AMP_READY;

	return good && get(&theirs->epoch) == epoch;
}

/* Or has somebody else written there, so that nobody would accept it? */
static bool words_stand(struct vmsg_small_link *link)
{
	return get(&link->ours->state) == VIRTIO_MSG_AMP_READY &&
	       get(&link->ours->peer_epoch) == link->peer_epoch;
}

/* Accept the other side's epoch; it has to accept ours. */
static void accept(struct vmsg_small_link *link)
{
	__u32 epoch = get(&link->theirs->epoch);

	if (get(&link->theirs->state) != VIRTIO_MSG_AMP_READY ||
	    epoch == link->peer_epoch)
		return;
	link->peer_epoch = epoch;
	put(&link->ours->peer_epoch, epoch);
	link->small.ring(&link->small);
}

static void end(struct vmsg_small_link *link)
{
	__u32 i;

	for (i = 0; i < link->small.num_devices; i++)
		vmsg_device_exit(link->small.devices[i]);
	link->up = false;
	link->ours = NULL;
}

/*
 * What the header said before this epoch may be of an earlier life of the other
 * side. If the control blocks are elsewhere now, this side begins again.
 */
static bool confirm_header(struct vmsg_small_link *link)
{
	const void *ours = link->ours, *theirs = link->theirs;

	if (read_header(link) && link->ours == ours && link->theirs == theirs)
		return true;
	link->ours = NULL;
	return false;
}

/* Each step takes what is there and waits for nothing. */
static void advance(struct vmsg_small_link *link)
{
	if (!link->ours) {
		if (!read_header(link)) {
			link->ours = NULL;
			return;
		}
		begin(link);
	}
	accept(link);
	link->up = agreed(link) && confirm_header(link) && connect(link);
}

/**
 * vmsg_small_link_poll() - do what there is to do
 * @link: the link
 *
 * Return: true if there is more; false: wait for the doorbell or the next tick.
 */
bool vmsg_small_link_poll(struct vmsg_small_link *link)
{
	/* An index of the next epoch is none of this one: agreed afterwards? */
	if (link->up)
		virtio_msg_fifo_pending(&link->small.in);
	if (link->up && !agreed(link))
		end(link);
	if (!link->up)
		advance(link);
	return link->up && vmsg_small_poll(&link->small);
}

/**
 * vmsg_small_link_tick() - VMSG_SMALL_BEAT_MS have passed
 * @link: the link
 *
 * Then poll it.
 */
void vmsg_small_link_tick(struct vmsg_small_link *link)
{
	__u32 beat;

	if (!link->ours)
		return;
	put(&link->ours->beat, get(&link->ours->beat) + 1);
	beat = get(&link->theirs->beat);
	link->missed = beat == link->peer_beat ? link->missed + 1 : 0;
	link->peer_beat = beat;
	if (link->up && link->missed >= VMSG_SMALL_PEER_TICKS)
		end(link);
	/* The header may be another one when the other side begins again. */
	else if (!link->up &&
		 (get(&link->theirs->state) != VIRTIO_MSG_AMP_READY ||
		  !words_stand(link)))
		link->ours = NULL;
}

/**
 * vmsg_small_link_doorbell() - where to ring the other side
 * @link: the link
 *
 * Return: its address, or VIRTIO_MSG_AMP_NO_DOORBELL.
 */
__u32 vmsg_small_link_doorbell(const struct vmsg_small_link *link)
{
	return link->ours ? get(&link->theirs->doorbell) :
			    VIRTIO_MSG_AMP_NO_DOORBELL;
}
