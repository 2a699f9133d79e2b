// SPDX-License-Identifier: GPL-2.0
/*
 * The model of a partition, see fake_partition.h.
 */
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "area.h"
#include "fake_partition.h"

/* Offsets in a message. */
#define TYPE		0
#define ID		1
#define TOKEN		4
#define SIZE		6
#define PAYLOAD		8

/* Handles are those of firmware, and not of one partition. */
static DEFINE_XARRAY_ALLOC1(regions);

static struct fake_ffa *to_fake(struct ffa_device *fdev)
{
	return container_of(fdev, struct fake_ffa, fdev);
}

/* Memory */

/* A page that is still shared has two references. */
static unsigned int count_freed(const struct fake_ffa_region *region)
{
	unsigned int i, freed = 0;

	for (i = 0; i < region->num; i++)
		freed += page_count(region->pages[i]) < 2;
	return freed;
}

static void region_destroy(struct fake_ffa_region *region)
{
	unsigned int i;

	for (i = 0; i < region->num; i++)
		put_page(region->pages[i]);
	kvfree(region->pages);
	kfree(region);
}

static int region_add(struct fake_ffa *fake, struct ffa_mem_ops_args *args,
		      unsigned int most)
{
	struct fake_ffa_region *region = kzalloc_obj(*region);
	struct scatterlist *sg;
	unsigned int i, n = 0;
	u32 handle;

	for (sg = args->sg; sg; sg = sg_next(sg))
		n += sg->length >> PAGE_SHIFT;
	region->fake = fake;
	region->num = min(n, most);
	region->pages = kvcalloc(n, sizeof(*region->pages), GFP_KERNEL);
	n = 0;
	for (sg = args->sg; sg; sg = sg_next(sg))
		for (i = 0; i < sg->length >> PAGE_SHIFT; i++)
			if (n < region->num)
				region->pages[n++] = sg_page(sg) + i;
	for (i = 0; i < region->num; i++)
		get_page(region->pages[i]);
	if (xa_alloc(&regions, &handle, region, xa_limit_31b, GFP_KERNEL)) {
		region_destroy(region);
		return -ENOMEM;
	}
	args->g_handle = handle;
	atomic_inc(&fake->shared);
	return 0;
}

static int fake_reclaim(u64 handle, u32 flags)
{
	struct fake_ffa_region *region = xa_load(&regions, handle);
	struct fake_ffa *fake;

	if (!region)
		return -EINVAL;
	fake = region->fake;
	fake->reclaims++;
	if (fake->reclaim_error)
		return fake->reclaim_error;
	if (region->map)
		return -EACCES;
	atomic_add(count_freed(region), &fake->freed);
	atomic_dec(&fake->shared);
	xa_erase(&regions, handle);
	region_destroy(region);
	return 0;
}

/* The partition retrieves memory. */
static void *region_map(u64 handle)
{
	struct fake_ffa_region *region = xa_load(&regions, handle);

	if (!region)
		return NULL;
	if (!region->map)
		region->map = vmap(region->pages, region->num, VM_MAP,
				   PAGE_KERNEL);
	return region->map;
}

static void region_unmap(u64 handle)
{
	struct fake_ffa_region *region = xa_load(&regions, handle);

	if (!region || !region->map)
		return;
	vunmap(region->map);
	region->map = NULL;
}

void *fake_ffa_region_map(u64 handle)
{
	return region_map(handle);
}

void *fake_ffa_map(struct fake_ffa *fake, u64 addr, u32 len)
{
	u64 offset = addr & GENMASK_ULL(47, 0);
	struct fake_ffa_region *region;

	region = xa_load(&regions, fake->areas[addr >> 48]);
	if (!region || !region->map ||
	    offset + len > (u64)region->num << PAGE_SHIFT)
		return NULL;
	return region->map + offset;
}

/**
 * fake_ffa_check() - look for pages that were freed while shared
 * @fake: the model
 */
void fake_ffa_check(struct fake_ffa *fake)
{
	struct fake_ffa_region *region;
	unsigned long handle;

	xa_for_each(&regions, handle, region)
		if (region->fake == fake)
			atomic_add(count_freed(region), &fake->freed);
}

/**
 * fake_ffa_drop() - the partition gives an area up
 * @fake: the model, locked
 * @id: number of the area
 */
void fake_ffa_drop(struct fake_ffa *fake, u16 id)
{
	region_unmap(fake->areas[id]);
	fake->areas[id] = 0;
}

static void forget_areas(struct fake_ffa *fake)
{
	unsigned int i;

	for (i = 0; i <= U16_MAX; i++) {
		if (fake->areas[i])
			region_unmap(fake->areas[i]);
		fake->areas[i] = 0;
	}
	if (fake->fifo_handle)
		region_unmap(fake->fifo_handle);
	fake->fifo_handle = 0;
}

/* Events */

static bool put_fifo(struct fake_ffa *fake, const u8 *msg)
{
	u8 *base = region_map(fake->fifo_handle);
	u16 depth, read;
	u8 *fifo;

	if (!base)
		return false;
	fifo = base + get_unaligned_le32(base + 0x18);
	depth = get_unaligned_le16(fifo + 0x12);
	read = get_unaligned_le16(fifo + 0x40);
	if ((fake->fifo_index + 1) % depth == read)
		return false;
	memcpy(fifo + 0xc0 + fake->fifo_index *
	       get_unaligned_le16(fifo + 0x10), msg, 104);
	fake->fifo_index = (fake->fifo_index + 1) % depth;
	/* The message before the index. */
	virt_store_release((__le16 *)(fifo + 0x80),
			   cpu_to_le16(fake->fifo_index));
	return true;
}

/**
 * fake_ffa_event() - tell of an event
 * @fake: the model, locked
 * @msg: the event
 */
void fake_ffa_event(struct fake_ffa *fake, const u8 *msg)
{
	if (fake->type == VIRTIO_MSG_FFA_EVENTS_FIFO && put_fifo(fake, msg)) {
		fake->tells = true;
		return;
	}
	if (fake->num_events == FAKE_FFA_EVENTS)
		return;
	memcpy(fake->events[(fake->first_event + fake->num_events++) %
			    FAKE_FFA_EVENTS], msg, FAKE_FFA_MSG);
}

/**
 * fake_ffa_tell() - tell of events that were not in the answer
 * @fake: the model, locked
 */
void fake_ffa_tell(struct fake_ffa *fake)
{
	if (fake->tells || (fake->num_events &&
			    fake->type != VIRTIO_MSG_FFA_EVENTS_POLL))
		schedule_work(&fake->told);
	fake->tells = false;
}

static bool get_event(struct fake_ffa *fake, u8 *msg)
{
	if (!fake->num_events)
		return false;
	memcpy(msg, fake->events[fake->first_event], FAKE_FFA_MSG);
	fake->first_event = (fake->first_event + 1) % FAKE_FFA_EVENTS;
	fake->num_events--;
	return true;
}

static void send_indirect(struct fake_ffa *fake)
{
	u8 msg[FAKE_FFA_MSG];
	bool any;
	void *buf;

	for (;;) {
		mutex_lock(&fake->lock);
		any = get_event(fake, msg);
		mutex_unlock(&fake->lock);
		if (!any)
			return;
		buf = kmemdup(msg, get_unaligned_le16(msg + SIZE), GFP_KERNEL);
		if (fake->fwk_cb && buf)
			fake->fwk_cb(0, fake->fwk_data, buf);
		kfree(buf);
	}
}

static void told_work(struct work_struct *work)
{
	struct fake_ffa *fake = container_of(work, struct fake_ffa, told);

	if (fake->type == VIRTIO_MSG_FFA_EVENTS_INDIRECT)
		send_indirect(fake);
	else if (fake->cb && fake->bound == fake->notify_id)
		fake->cb(fake->bound, fake->cb_data);
}

/* Bus messages */

static void respond(const u8 *msg, u8 *answer, u32 payload)
{
	answer[TYPE] = msg[TYPE] | 1;
	answer[ID] = msg[ID];
	memcpy(answer + 2, msg + 2, 4);
	put_unaligned_le16(PAYLOAD + payload, answer + SIZE);
}

static void error(const u8 *msg, u8 *answer)
{
	respond(msg, answer, 2);
	answer[TYPE] = 3;
	answer[ID] = 0x87;
	put_unaligned_le16(msg[ID], answer + PAYLOAD);
}

static void version(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	bool long_form = get_unaligned_le16(msg + SIZE) == 20;
	u8 *at = answer + PAYLOAD;

	fake->forms |= long_form ? 2 : 1;
	respond(msg, answer, fake->long_form ? 22 : 18);
	if (fake->refuses || long_form != fake->long_form)
		return;
	fake->greeted = true;
	put_unaligned_le32(0x10000, at);
	put_unaligned_le32(1, at + 4);
	at += 8;
	if (long_form) {
		put_unaligned_le32(0x10002, at);
		at += 4;
	}
	put_unaligned_le32(fake->features, at + 4);
	put_unaligned_le16(fake->max_areas, at + 8);
}

static u16 area_share(struct fake_ffa *fake, const u8 *msg)
{
	u16 id = get_unaligned_le16(msg + PAYLOAD);
	u64 handle = get_unaligned_le64(msg + PAYLOAD + 2);

	fake->last_pages = get_unaligned_le32(msg + PAYLOAD + 18);
	if (fake->areas[id] || id > fake->max_areas || !region_map(handle))
		return 1;
	fake->areas[id] = handle;
	return 0;
}

static u16 area_unshare(struct fake_ffa *fake, const u8 *msg)
{
	u16 id = get_unaligned_le16(msg + PAYLOAD);

	fake->unshares++;
	if (!fake->areas[id])
		return 1;
	region_unmap(fake->areas[id]);
	fake->areas[id] = 0;
	return 0;
}

static void fifo_configure(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	u64 handle = get_unaligned_le64(msg + PAYLOAD);
	u8 *base = region_map(handle);

	respond(msg, answer, 4);
	if (!base || memcmp(base, "VFFAFIFO", 8)) {
		answer[PAYLOAD] = 1;
		return;
	}
	fake->fifo_handle = handle;
	fake->fifo_index = 0;
	fake->notify_id = get_unaligned_le16(msg + PAYLOAD + 10);
	put_unaligned_le16(9, answer + PAYLOAD + 2);
}

static void event_configure(struct fake_ffa *fake, const u8 *msg)
{
	fake->type = msg[PAYLOAD];
	if (fake->type == VIRTIO_MSG_FFA_EVENTS_NOTIFY)
		fake->notify_id = get_unaligned_le16(msg + PAYLOAD + 2);
}

static void bus(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	u16 result = 0;

	if (msg[ID] != 0x80 && !fake->greeted) {
		error(msg, answer);
		return;
	}
	switch (msg[ID]) {
	case 0x80:
		version(fake, msg, answer);
		return;
	case 0x81:
	case 0x82:
		result = msg[ID] == 0x81 ? area_share(fake, msg) :
					   area_unshare(fake, msg);
		memcpy(answer + PAYLOAD, msg + PAYLOAD, 2);
		put_unaligned_le16(result, answer + PAYLOAD + 2);
		respond(msg, answer, 4);
		return;
	case 0x83:
		fake->resets++;
		forget_areas(fake);
		memset(fake->devices, 0, sizeof(fake->devices));
		fake->type = 0;
		fake->num_events = 0;
		respond(msg, answer, 2);
		return;
	case 0x84:
		fake->polls++;
		if (!get_event(fake, answer))
			respond(msg, answer, 0);
		return;
	case 0x85:
		event_configure(fake, msg);
		respond(msg, answer, 2);
		return;
	case 0x86:
		fifo_configure(fake, msg, answer);
		return;
	default:
		error(msg, answer);
	}
}

static bool is_event(const u8 *msg)
{
	return msg[ID] & 0x40 && !(msg[TYPE] & 2);
}

static void handle(struct fake_ffa *fake, const u8 *msg, u8 *answer)
{
	if (msg[TYPE] & 2 && msg[ID] & 0x80)
		bus(fake, msg, answer);
	else if (!fake->greeted)
		error(msg, answer);
	else
		fake_ffa_transport(fake, msg, answer);
	if (!is_event(msg))
		return;
	if (fake->no_events_in_answers || !get_event(fake, answer)) {
		answer[TYPE] = 3;
		answer[ID] = 0x84;
		answer[SIZE] = PAYLOAD;
	}
}

/* The FF-A driver */

static int fake_call(struct fake_ffa *fake, u8 *msg, u8 *answer)
{
	int err;

	mutex_lock(&fake->lock);
	fake->calls++;
	err = fake->before ? fake->before(fake, msg) : 0;
	if (!err)
		handle(fake, msg, answer);
	if (err > 0)
		err = 0;
	if (!err && fake->after)
		fake->after(fake, msg, answer);
	fake_ffa_tell(fake);
	mutex_unlock(&fake->lock);
	return err;
}

static int fake_direct2(struct ffa_device *fdev,
			struct ffa_send_direct_data2 *data)
{
	u8 answer[FAKE_FFA_MSG] = {};
	u8 msg[FAKE_FFA_MSG];
	int err;

	might_sleep();
	memcpy(msg, data, sizeof(msg));
	err = fake_call(to_fake(fdev), msg, answer);
	memcpy(data, answer, sizeof(answer));
	return err;
}

static int fake_indirect(struct ffa_device *fdev, void *buf, size_t size)
{
	struct fake_ffa *fake = to_fake(fdev);
	u8 answer[FAKE_FFA_MSG] = {};
	u8 msg[FAKE_FFA_MSG] = {};
	int err;

	might_sleep();
	memcpy(msg, buf, size);
	err = fake_call(fake, msg, answer);
	mutex_lock(&fake->lock);
	fake->type = VIRTIO_MSG_FFA_EVENTS_INDIRECT;
	if (!err && get_unaligned_le16(answer + SIZE))
		fake_ffa_event(fake, answer);
	fake_ffa_tell(fake);
	mutex_unlock(&fake->lock);
	return err;
}

static int share_with(struct fake_ffa *fake, struct ffa_mem_ops_args *args)
{
	int err = fake->share_error;

	fake->shares++;
	fake->share_error = 0;
	if (err && !fake->share_half)
		return err;
	return region_add(fake, args, err ? 1 : UINT_MAX) ?: err;
}

/* As firmware, by number. */
static DEFINE_XARRAY_ALLOC1(partitions);

static int fake_memory_share(struct ffa_mem_ops_args *args)
{
	struct fake_ffa *fake = xa_load(&partitions, args->attrs->receiver);

	might_sleep();
	return fake ? share_with(fake, args) : -EINVAL;
}

static int fake_notify_request(struct ffa_device *fdev, bool per_vcpu,
			       ffa_notifier_cb cb, void *data, int id)
{
	struct fake_ffa *fake = to_fake(fdev);

	might_sleep();
	if (fake->bind_error)
		return fake->bind_error;
	fake->cb_data = data;
	fake->cb = cb;
	fake->bound = id;
	return 0;
}

/* The function is kept: it may be called late. */
static int fake_notify_relinquish(struct ffa_device *fdev, int id)
{
	struct fake_ffa *fake = to_fake(fdev);

	if (fake->unbind_error)
		return fake->unbind_error;
	fake->bound = -1;
	return 0;
}

static int fake_fwk_request(struct ffa_device *fdev, ffa_fwk_notifier_cb cb,
			    void *data, int id)
{
	struct fake_ffa *fake = to_fake(fdev);

	if (fake->bind_error)
		return fake->bind_error;
	fake->fwk_data = data;
	fake->fwk_cb = cb;
	return 0;
}

static int fake_fwk_relinquish(struct ffa_device *fdev, int id)
{
	return to_fake(fdev)->unbind_error;
}

static int fake_notify_send(struct ffa_device *fdev, int id, bool per_vcpu,
			    u16 vcpu)
{
	to_fake(fdev)->sends++;
	return 0;
}

static u32 fake_version(void)
{
	return FFA_VERSION_1_2;
}

/* Life */

/**
 * fake_ffa_restart() - the partition forgets all, as another one would
 * @fake: the model
 */
void fake_ffa_restart(struct fake_ffa *fake)
{
	mutex_lock(&fake->lock);
	forget_areas(fake);
	memset(fake->devices, 0, sizeof(fake->devices));
	fake->greeted = false;
	fake->type = 0;
	fake->num_events = 0;
	mutex_unlock(&fake->lock);
}

static void release_device(struct device *dev)
{
}

/**
 * fake_ffa_destroy() - undo fake_ffa_create()
 * @fake: the model, whose link is stopped
 */
void fake_ffa_destroy(struct fake_ffa *fake)
{
	fake_ffa_check(fake);
	fake->reclaim_error = 0;
	forget_areas(fake);
	virtio_msg_ffa_reclaim_retained(&fake->ffa);
	cancel_work_sync(&fake->told);
	xa_erase(&partitions, fake->fdev.vm_id);
	device_unregister(&fake->fdev.dev);
	vfree(fake->areas);
	vfree(fake);
}

static void fill_ops(struct fake_ffa *fake)
{
	fake->info_ops.api_version_get = fake_version;
	fake->msg_ops.sync_send_receive2 = fake_direct2;
	fake->msg_ops.indirect_send = fake_indirect;
	fake->mem_ops.memory_share = fake_memory_share;
	fake->mem_ops.memory_reclaim = fake_reclaim;
	fake->notifier_ops.notify_request = fake_notify_request;
	fake->notifier_ops.notify_relinquish = fake_notify_relinquish;
	fake->notifier_ops.fwk_notify_request = fake_fwk_request;
	fake->notifier_ops.fwk_notify_relinquish = fake_fwk_relinquish;
	fake->notifier_ops.notify_send = fake_notify_send;
	fake->ops.info_ops = &fake->info_ops;
	fake->ops.msg_ops = &fake->msg_ops;
	fake->ops.mem_ops = &fake->mem_ops;
	fake->ops.notifier_ops = &fake->notifier_ops;
	fake->fdev.ops = &fake->ops;
}

/**
 * fake_ffa_create() - make a model
 * @test: the test
 *
 * Return: a partition without devices, whose link is not started.
 */
struct fake_ffa *fake_ffa_create(struct kunit *test)
{
	struct fake_ffa *fake = vzalloc(sizeof(*fake));
	u32 vm_id;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->areas = vzalloc((U16_MAX + 1) * sizeof(*fake->areas));
	KUNIT_ASSERT_NOT_NULL(test, fake->areas);
	mutex_init(&fake->lock);
	INIT_WORK(&fake->told, told_work);
	fill_ops(fake);
	fake->bound = -1;
	fake->features = VIRTIO_MSG_FFA_F_DIRECT_RX |
			 VIRTIO_MSG_FFA_F_NOTIFY_TX;
	fake->max_areas = U16_MAX;
	KUNIT_ASSERT_EQ(test, xa_alloc(&partitions, &vm_id, fake,
				       XA_LIMIT(1, 0x7fff), GFP_KERNEL), 0);
	fake->fdev.vm_id = vm_id;
	fake->fdev.id = vm_id;
	device_initialize(&fake->fdev.dev);
	fake->fdev.dev.release = release_device;
	dev_set_name(&fake->fdev.dev, "fake-ffa-%u", vm_id);
	KUNIT_ASSERT_EQ(test, device_add(&fake->fdev.dev), 0);
	fake->ffa.fdev = &fake->fdev;
	fake->ffa.event_types = VIRTIO_MSG_FFA_EVENT_TYPES;
	return fake;
}
