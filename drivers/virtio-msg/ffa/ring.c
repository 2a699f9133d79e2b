// SPDX-License-Identifier: GPL-2.0
/*
 * A FIFO of events. The region that is shared for it has two, of which the one
 * to the partition stays empty: it is called instead, and can answer.
 *
 * The layout is that of the other FIFOs but for indices of 16 bits. The two
 * bytes behind each are 0: what a partition writes there is an index that
 * cannot be.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "area.h"
#include "call.h"
#include "ring.h"

/* Offsets in the header. */
#define FIFO_MAGIC		0x00
#define FIFO_VERSION		0x08
#define FIFO_MESSAGE_SIZE	0x10
#define FIFO_DEPTH		0x12
#define FIFO_NEXT		0x18
#define FIFO_READ_INDEX		0x40
#define FIFO_WRITE_INDEX	0x80
#define FIFO_HEADER		0xc0

#define FIFO_SLOTS							\
	((FFA_PAGE_SIZE - FIFO_HEADER) / VIRTIO_MSG_FFA_MSG_SIZE)
/* The FIFO to the partition, then ours; each has a page of 4 KiB. */
#define FIFO_REGION		PAGE_ALIGN(2 * FFA_PAGE_SIZE)

static_assert(!(VIRTIO_MSG_FFA_MSG_SIZE % 8));
static_assert(FIFO_SLOTS >= VIRTIO_MSG_FIFO_MIN_SLOTS);

static void write_header(u8 *fifo, u32 next)
{
	memcpy(fifo + FIFO_MAGIC, "VFFAFIFO", 8);
	*(__le16 *)(fifo + FIFO_VERSION) = 0;
	*(__le16 *)(fifo + FIFO_MESSAGE_SIZE) =
		cpu_to_le16(VIRTIO_MSG_FFA_MSG_SIZE);
	*(__le16 *)(fifo + FIFO_DEPTH) = cpu_to_le16(FIFO_SLOTS);
	*(__le32 *)(fifo + FIFO_NEXT) = cpu_to_le32(next);
}

static int attach(struct virtio_msg_ffa *ffa)
{
	u8 *fifo = ffa->fifo_mem->kaddr + FFA_PAGE_SIZE;
	const struct virtio_msg_fifo_area area = {
		.head = (__le32 *)(fifo + FIFO_WRITE_INDEX),
		.tail = (__le32 *)(fifo + FIFO_READ_INDEX),
		.slots = fifo + FIFO_HEADER,
		.slot_size = VIRTIO_MSG_FFA_MSG_SIZE,
		.num_slots = FIFO_SLOTS,
		.msg_size = VIRTIO_MSG_FFA_MSG_SIZE,
	};

	ffa->fifo_bad_index = 0;
	return virtio_msg_fifo_attach_consumer(&ffa->fifo, &area);
}

static int ask(struct virtio_msg_ffa *ffa)
{
	const struct virtio_msg_ffa_fifo_configure payload = {
		.mem_handle = cpu_to_le64(ffa->fifo_mem->handle),
		.page_count = cpu_to_le16(FIFO_REGION / FFA_PAGE_SIZE),
		.notify_id = cpu_to_le16(ffa->notify_id),
	};
	struct virtio_msg_ffa_fifo_configure_resp resp;
	int size;

	size = virtio_msg_ffa_request(ffa, VIRTIO_MSG_FFA_FIFO_CONFIGURE,
				      &payload, sizeof(payload), &resp,
				      sizeof(resp));
	if (size < 0)
		return size;
	if (size != sizeof(resp) ||
	    (!resp.result && le16_to_cpu(resp.notify_id) >=
			     VIRTIO_MSG_FFA_NOTIFICATIONS)) {
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
		return -EBADMSG;
	}
	if (resp.result)
		return -EPERM;
	ffa->fifo_notify_id = le16_to_cpu(resp.notify_id);
	return 0;
}

/**
 * virtio_msg_ffa_ring_configure() - share a FIFO with the partition
 * @ffa: open, with a notification
 *
 * Context: Sleeps.
 * Return: 0; -EPERM if the partition refuses; or as
 * virtio_msg_ffa_memory_alloc() and virtio_msg_ffa_request().
 */
int virtio_msg_ffa_ring_configure(struct virtio_msg_ffa *ffa)
{
	int err;

	err = virtio_msg_ffa_memory_create(ffa, FIFO_REGION, &ffa->fifo_mem);
	if (err)
		return err;
	write_header(ffa->fifo_mem->kaddr, FFA_PAGE_SIZE);
	write_header(ffa->fifo_mem->kaddr + FFA_PAGE_SIZE, 0);
	err = virtio_msg_ffa_memory_share(ffa, ffa->fifo_mem);
	if (!err)
		err = attach(ffa);
	if (!err)
		err = ask(ffa);
	if (err)
		virtio_msg_ffa_ring_free(ffa);
	return err;
}

/*
 * It waits for room since it found none: what it found was in the FIFO then, and
 * is taken in this batch or the next.
 */
static void notify(struct virtio_msg_ffa *ffa)
{
	const struct ffa_notifier_ops *ops = ffa->fdev->ops->notifier_ops;

	if (ops->notify_send)
		ops->notify_send(ffa->fdev, ffa->fifo_notify_id, false, 0);
}

static void note_bad(struct virtio_msg_ffa *ffa, int size)
{
	unsigned long bad = ffa->fifo.bad_index;

	if (size < 0 || bad != ffa->fifo_bad_index)
		virtio_msg_ffa_count(ffa, VIRTIO_MSG_FFA_CNT_BAD);
	ffa->fifo_bad_index = bad;
}

/**
 * virtio_msg_ffa_ring_drain() - take the events that are in the FIFO
 * @ffa: open
 *
 * From the worker only.
 *
 * Context: Sleeps.
 * Return: how many there were; VIRTIO_MSG_FFA_BATCH: there may be more.
 */
unsigned int virtio_msg_ffa_ring_drain(struct virtio_msg_ffa *ffa)
{
	u8 msg[VIRTIO_MSG_FFA_ROOM] __aligned(8);
	unsigned int n;
	int size;

	if (READ_ONCE(ffa->gone) ||
	    READ_ONCE(ffa->events) != VIRTIO_MSG_FFA_EVENTS_FIFO)
		return 0;
	for (n = 0; n < VIRTIO_MSG_FFA_BATCH; n++) {
		size = virtio_msg_fifo_get(&ffa->fifo, msg);
		note_bad(ffa, size);
		if (!size)
			break;
		if (size > 0)
			virtio_msg_ffa_take(ffa, msg, size);
	}
	if (n >= FIFO_SLOTS / 2)
		notify(ffa);
	return n;
}

/**
 * virtio_msg_ffa_ring_free() - share no FIFO any more
 * @ffa: nothing drains it
 *
 * Context: Sleeps.
 */
void virtio_msg_ffa_ring_free(struct virtio_msg_ffa *ffa)
{
	if (ffa->fifo_mem)
		virtio_msg_ffa_area_free(ffa, ffa->fifo_mem);
	ffa->fifo_mem = NULL;
}
