// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/virtio-msg/<bus>: drivers/virtio-msg/user.c, server.c, call.c, inbox.c and
 * endpoint.c. Some open files are asked for anything, in any order, by a process
 * that writes to its buffers meanwhile, while a driver side sends whatever it likes.
 *
 * Who waits lets the rest of the input happen meanwhile. A file that is waited for
 * with its lock held is left alone until then, as is a work that would take it.
 */
#include <string.h>

#include "made_up.h"
#include "server.h"

#undef memcpy

#define FILES		3
#define DEVICES		3
#define QUEUES		2
#define WINDOWS		4
#define REFS		64
#define AREAS		4
#define AREA_PAGES	4
#define WAITING		8
#define STEPS		120
#define MSG_SIZE	64
#define USER_SIZE	160
#define NODE		((struct address_space *)1)
#define AREA_START	0x70000000UL

struct client {
	struct file file;
	bool open;
	bool serving;		/* a call waits with its lock held */
	u32 calls;
};

struct window {
	u64 start;
	u32 pages;
	bool granted;
};

/* A reference of the core to a window, once that was found. */
struct ref {
	bool live;
	u32 window;
};

struct area {
	struct client *client;
	struct vm_area_struct vma;
	int refs[AREA_PAGES];	/* what is mapped where, or -1 */
};

/* What was sent to a device and is to be read, as long as it is claimed. */
struct expected {
	int owner;
	u16 tokens[WAITING];
	u32 num;
	bool avail[QUEUES];
	int kick[QUEUES];
	bool reset;		/* by the driver, which has set up no queue since */
};

static struct bed {
	struct input in;
	struct virtio_msg_bus bus;
	struct virtio_msg_core *core;
	struct inode inode;
	struct client clients[FILES];
	struct window windows[WINDOWS];
	struct ref refs[REFS];
	u32 num_refs;
	struct area areas[AREAS];
	struct expected devices[DEVICES];
	int writer;
	int claimer;
	u16 token;
	bool full;
	bool unreachable;
	bool doorbell;
} bed;

/* The windows: each device has some, WINDOWS - 1 is of the last device, too. */
static u32 device_of(u32 window)
{
	return min(window, DEVICES - 1U);
}

static struct window *find_window(u16 dev_num, u64 addr)
{
	u32 i;

	for (i = 0; i < WINDOWS; i++)
		if (bed.windows[i].granted && device_of(i) == dev_num &&
		    addr >= bed.windows[i].start &&
		    addr - bed.windows[i].start <
			    bed.windows[i].pages * PAGE_SIZE)
			return &bed.windows[i];
	return NULL;
}

static int window_map(struct virtio_msg_bus *bus, u16 dev_num, u64 addr,
		      struct virtio_msg_mapping *map)
{
	struct window *window = find_window(dev_num, addr);

	if (!window || bed.num_refs == REFS)
		return -EFAULT;
	bed.refs[bed.num_refs].live = true;
	bed.refs[bed.num_refs].window = window - bed.windows;
	map->bus_addr = window->start;
	map->size = window->pages * PAGE_SIZE;
	map->priv = &bed.refs[bed.num_refs++];
	return 0;
}

/* Nothing is seen of a window any more through what is given back. */
static void window_unmap(struct virtio_msg_bus *bus,
			 struct virtio_msg_mapping *map)
{
	struct ref *ref = map->priv;
	u32 i, page;

	must(ref->live);
	ref->live = false;
	for (i = 0; i < AREAS; i++)
		for (page = 0; page < AREA_PAGES; page++)
			must(bed.areas[i].refs[page] != ref - bed.refs);
}

/* Every other window has no pages. */
static unsigned long window_page(struct virtio_msg_bus *bus,
				 const struct virtio_msg_mapping *map,
				 size_t offset)
{
	struct ref *ref = map->priv;

	must(ref->live && offset < map->size);
	return (unsigned long)(ref - bed.refs + 1) << 1 | (ref->window & 1);
}

static void withdraw(u16 dev_num)
{
	u32 i;

	for (i = 0; i < WINDOWS; i++)
		if (device_of(i) == dev_num)
			bed.windows[i].granted = false;
}

static void forget(struct expected *device)
{
	memset(device, 0, sizeof(*device));
	device->owner = -1;
	device->kick[0] = -1;
	device->kick[1] = -1;
}

static void device_released(struct virtio_msg_bus *bus, u16 dev_num)
{
	withdraw(dev_num);
	if (dev_num < DEVICES)
		forget(&bed.devices[dev_num]);
}

/* What processes map */

static vm_fault_t see(struct vm_area_struct *vma, unsigned long addr,
		      unsigned long pfn)
{
	struct area *area = container_of(vma, struct area, vma);

	must(addr >= vma->vm_start && addr < vma->vm_end);
	must(bed.refs[(pfn >> 1) - 1].live);
	area->refs[(addr - vma->vm_start) >> PAGE_SHIFT] = (pfn >> 1) - 1;
	return VM_FAULT_NOPAGE;
}

vm_fault_t vmf_insert_page(struct vm_area_struct *vma, unsigned long addr,
			   struct page *page)
{
	unsigned long pfn = (unsigned long)page >> PAGE_SHIFT;

	must(vma->vm_flags & VM_MIXEDMAP && pfn_valid(pfn));
	return see(vma, addr, pfn);
}

vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr,
			  unsigned long pfn)
{
	return see(vma, addr, pfn);
}

void unmap_mapping_pages(struct address_space *mapping, unsigned long first,
			 unsigned long n, bool even_cows)
{
	struct area *area;
	u32 page;

	must(mapping == NODE);
	for (area = bed.areas; area < bed.areas + AREAS; area++)
		for (page = 0; page < AREA_PAGES; page++)
			if (area->client &&
			    area->vma.vm_pgoff + page - first < n)
				area->refs[page] = -1;
}

static void munmap_area(struct area *area)
{
	memset(area, 0, sizeof(*area));
	memset(area->refs, 0xff, sizeof(area->refs));
}

/* Whatever was asked for, it lies in one window that a call of this file found. */
static void check_range(const struct vm_area_struct *vma)
{
	u64 start = (u64)vma->vm_pgoff << PAGE_SHIFT, size, offset;
	u32 i;

	for (i = 0; i < bed.num_refs; i++) {
		const struct window *window = &bed.windows[bed.refs[i].window];

		size = window->pages * PAGE_SIZE;
		offset = start - window->start;
		if (bed.refs[i].live && offset < size &&
		    vma->vm_end - vma->vm_start <= size - offset)
			return;
	}
	must(!"mapped what is no window");
}

static void mmap_area(struct client *client)
{
	u8 how = take8(&bed.in);
	struct area *area = &bed.areas[how % AREAS];
	const struct window *window = &bed.windows[how / AREAS % WINDOWS];

	munmap_area(area);
	if (how & 0x80)
		return;
	area->vma.vm_start = AREA_START;
	area->vma.vm_end = AREA_START +
			   (1 + take_below(&bed.in, AREA_PAGES)) * PAGE_SIZE;
	area->vma.vm_pgoff = PHYS_PFN(window->start);
	area->vma.vm_flags = how & 0x40 ? 0 : VM_SHARED;
	if (how & 0x20)
		area->vma.vm_pgoff += take8(&bed.in) - 2;
	area->client = client;
	if (client->file.private_data &&
	    !bed.core->cdev.ops->mmap(&client->file, &area->vma))
		check_range(&area->vma);
	else
		munmap_area(area);
}

static void touch(u8 which)
{
	struct area *area = &bed.areas[which % AREAS];
	u32 page = which / AREAS % AREA_PAGES;
	struct vm_fault fault = { .vma = &area->vma };
	vm_fault_t result;

	fault.address = area->vma.vm_start + page * PAGE_SIZE;
	fault.pgoff = area->vma.vm_pgoff + page;
	if (!area->client || fault.address >= area->vma.vm_end ||
	    area->refs[page] >= 0)
		return;
	result = area->vma.vm_ops->fault(&fault);
	must(!!(result & VM_FAULT_NOPAGE) == (area->refs[page] >= 0));
}

static bool is_mapped(u32 dev_num)
{
	u32 i, page;

	for (i = 0; i < AREAS; i++)
		for (page = 0; page < AREA_PAGES; page++) {
			int ref = bed.areas[i].refs[page];

			if (ref >= 0 &&
			    device_of(bed.refs[ref].window) == dev_num)
				return true;
		}
	return false;
}

/* The bus */

static bool ends_reset(const struct virtio_msg_fields *f)
{
	return (f->kind == VMSG_SET_STATUS_RESP ||
		f->kind == VMSG_GET_STATUS_RESP) && !f->status.status;
}

/* What a process sends: for a device of its own, and what devices say. */
static void check_written(const struct virtio_msg *msg)
{
	u16 dev_num = virtio_msg_dev_num(msg);
	struct virtio_msg_fields f;

	must(xa_load(&bed.core->endpoints.map, dev_num));
	must(dev_num >= DEVICES || bed.clients[bed.writer].serving ||
	     bed.devices[dev_num].owner == bed.writer);
	if (msg->hdr.msg_id & VIRTIO_MSG_ID_IMPL)
		return;
	must(!virtio_msg_decode(bed.core->dialect, msg, virtio_msg_size(msg),
				MSG_SIZE, &f));
	must(!virtio_msg_kind_to_device(f.kind));
	if (ends_reset(&f) && dev_num < DEVICES && bed.devices[dev_num].reset)
		must(!is_mapped(dev_num));
}

static int bus_send(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	must(virtio_msg_size(msg) <= MSG_SIZE);
	if (bed.unreachable)
		return -EIO;
	if (bed.full)
		return -EAGAIN;
	if (!virtio_msg_is_bus(msg) && bed.writer >= 0)
		check_written(msg);
	return 0;
}

static int bus_notify(struct virtio_msg_bus *bus, u16 dev_num, u32 index,
		      bool avail)
{
	must(!avail);
	if (!bed.doorbell)
		return -EOPNOTSUPP;
	return bed.full ? -EAGAIN : 0;
}

static const struct virtio_msg_bus_ops bus_ops = {
	.send = bus_send,
	.notify = bus_notify,
	.window_map = window_map,
	.window_unmap = window_unmap,
	.window_page = window_page,
	.device_released = device_released,
};

/* The driver side */

static void expect_avail(u16 dev_num, u32 index, u64 before)
{
	struct virtio_msg_claim *claim =
		xa_load(&bed.core->endpoints.map, dev_num);
	struct expected *device;
	int kick;

	if (!claim || dev_num >= DEVICES || index >= QUEUES ||
	    index >= claim->num_queues)
		return;
	device = &bed.devices[dev_num];
	if (device->owner < 0)
		return;
	kick = device->kick[index];
	if (kick < 0)
		device->avail[index] = true;
	else if (!shim_eventfds[kick].wait.first)
		must(shim_eventfds[kick].count == before + 1);
}

static u64 kicks(u16 dev_num, u32 index)
{
	int kick = -1;

	if (dev_num < DEVICES && index < QUEUES)
		kick = bed.devices[dev_num].kick[index];
	return kick < 0 ? 0 : shim_eventfds[kick].count;
}

static bool for_process(const struct virtio_msg *msg)
{
	return !virtio_msg_is_bus(msg) && !virtio_msg_is_response(msg) &&
	       msg->hdr.msg_id != VIRTIO_MSG_EVENT_CONFIG &&
	       msg->hdr.msg_id != VIRTIO_MSG_EVENT_USED &&
	       virtio_msg_dev_num(msg) < DEVICES &&
	       xa_load(&bed.core->endpoints.map, virtio_msg_dev_num(msg));
}

static void note_driver(const struct virtio_msg *msg)
{
	struct expected *device = &bed.devices[virtio_msg_dev_num(msg)];
	struct virtio_msg_fields f;

	if (virtio_msg_decode(bed.core->dialect, msg, virtio_msg_size(msg),
			      MSG_SIZE, &f))
		return;
	if (f.kind == VMSG_SET_VQUEUE_REQ)
		device->reset = false;
	else if (f.kind == VMSG_SET_STATUS_REQ && !f.status.status)
		device->reset = true;
}

static void deliver(const u8 *bytes, u32 len)
{
	const struct virtio_msg *msg = must_alloc(len);
	bool valid = virtio_msg_check_header(bytes, len, MSG_SIZE) >= 0 &&
		     !bed.core->lost;
	struct virtio_msg_fields f = {};
	long refused = core_counter(bed.core, VMSG_CNT_inbox_full);
	struct expected *device;
	u64 before;

	memcpy((void *)msg, bytes, len);
	valid = valid && for_process(msg);
	if (valid)
		note_driver(msg);
	if (valid && msg->hdr.msg_id == VIRTIO_MSG_EVENT_AVAIL)
		valid = !virtio_msg_decode(bed.core->dialect, msg,
					   virtio_msg_size(msg), MSG_SIZE, &f);
	before = kicks(f.dev_num, f.notify.index);
	virtio_msg_bus_receive(&bed.bus, msg, len);
	if (valid && f.kind == VMSG_EVENT_AVAIL &&
	    msg->hdr.msg_id == VIRTIO_MSG_EVENT_AVAIL) {
		expect_avail(f.dev_num, f.notify.index, before);
	} else if (valid &&
		   refused == core_counter(bed.core, VMSG_CNT_inbox_full)) {
		device = &bed.devices[virtio_msg_dev_num(msg)];
		/* One that is about not to be claimed after all has none. */
		if (device->owner < 0)
			goto out;
		must(device->num < WAITING);
		device->tokens[device->num++] = virtio_msg_token(msg);
	}
out:
	free((void *)msg);
}

static void driver_asks(u8 how)
{
	static const enum virtio_msg_kind kinds[] = {
		VMSG_SET_STATUS_REQ, VMSG_GET_STATUS_REQ, VMSG_SET_VQUEUE_REQ,
		VMSG_GET_DEVICES_REQ, VMSG_PING_RESP, VMSG_EVENT_AVAIL,
	};
	struct virtio_msg_fields f = {};
	u8 msg[MSG_SIZE];
	u32 i;
	int len;

	f.kind = kinds[how % ARRAY_SIZE(kinds)];
	f.dev_num = how / 8 % DEVICES;
	f.token = f.kind == VMSG_EVENT_AVAIL ? 0 : ++bed.token;
	if (f.kind == VMSG_SET_STATUS_REQ)
		f.status.status = how & 0x80;
	else if (f.kind == VMSG_GET_DEVICES_REQ)
		f.devices.count = 64;
	else if (f.kind == VMSG_EVENT_AVAIL)
		f.notify.index = how / 32 % (QUEUES + 1);
	else if (f.kind == VMSG_PING_RESP)
		f.token = bed.core->channel.token;
	/* It has set up a queue, in memory that it shares. */
	for (i = 0; f.kind == VMSG_SET_VQUEUE_REQ && i < WINDOWS; i++)
		bed.windows[i].granted |= device_of(i) == f.dev_num;
	len = virtio_msg_encode(bed.core->dialect, &f, msg, sizeof(msg));
	must(len > 0);
	deliver(msg, len);
}

static void driver_sends(void)
{
	u8 msg[MSG_SIZE + 8];
	u32 i, len = take8(&bed.in) % sizeof(msg);

	for (i = 0; i < len; i++)
		msg[i] = take8(&bed.in);
	if (len > 7 && msg[7] < 0xc0) {
		msg[6] = len;
		msg[7] = 0;
	}
	deliver(msg, len);
}

static void driver_rings(u8 how)
{
	u16 dev_num = how % (DEVICES + 1);
	u32 index = how / 4 % (QUEUES + 1);
	u64 before = kicks(dev_num, index);

	virtio_msg_bus_notified(&bed.bus, dev_num, index, true);
	if (!bed.core->lost)
		expect_avail(dev_num, index, before);
}

/* The process */

/* It changes its mind while its memory is read. */
void shim_before_load(const volatile void *p, size_t len)
{
	size_t at = (const u8 *)p - shim_user;
	u8 what;

	if (!core_run.in || !bed.in.left || (const u8 *)p < shim_user ||
	    at >= shim_user_size)
		return;
	what = take8_last(&bed.in);
	if (what >= 0xe0)
		shim_user[(at + (what & 0x1f)) % shim_user_size] =
			take8_last(&bed.in);
}

/* An address of @size bytes that a process gives, some of which there are. */
static u8 *give(const void *bytes, size_t size)
{
	u8 where = take8(&bed.in);
	size_t at = where < 0xe0 ? where / 8 * 8 % 64 : where - 0x60;
	u8 *to = shim_user + at;

	if (at < shim_user_size)
		memcpy(to, bytes, min(size, shim_user_size - at));
	return to;
}

static long user_ioctl(struct client *client, unsigned int cmd, const void *arg)
{
	long err;

	client->calls++;
	err = bed.core->cdev.ops->unlocked_ioctl(&client->file, cmd,
						 (unsigned long)arg);
	client->calls--;
	must(err <= 0 && err >= -4095);
	return err;
}

static u32 some_device(void)
{
	u8 which = take8(&bed.in);

	if (which >= 0xf0)
		return VIRTIO_MSG_DEV_ANY;
	return which >= 0xe8 ? (u32)which << 12 : which % DEVICES;
}

/* Whose it is counts from here on: what is sent for it may come now. */
int __real_virtio_msg_server_claim(struct virtio_msg_server *server,
				   struct virtio_msg_user_claim *arg);
int __wrap_virtio_msg_server_claim(struct virtio_msg_server *server,
				   struct virtio_msg_user_claim *arg);

int __wrap_virtio_msg_server_claim(struct virtio_msg_server *server,
				   struct virtio_msg_user_claim *arg)
{
	u32 dev_num = arg->dev_num;
	int claimer = bed.claimer;
	int got = __real_virtio_msg_server_claim(server, arg);

	must(got < 0 || arg->dev_num == (u32)got);
	must(got < 0 || dev_num == VIRTIO_MSG_DEV_ANY || (u32)got == dev_num);
	if (got >= 0 && got < DEVICES) {
		must(bed.devices[got].owner < 0);
		bed.devices[got].owner = claimer;
	}
	return got;
}

static void user_claim(struct client *client, bool release)
{
	struct virtio_msg_user_claim claim = { .dev_num = some_device() };

	claim.num_queues = take8(&bed.in);
	claim.num_queues = claim.num_queues < 0xf0 ? claim.num_queues % 4 :
						     claim.num_queues << 4;
	client->serving = true;
	bed.claimer = client - bed.clients;
	user_ioctl(client, release ? VIRTIO_MSG_IOC_RELEASE :
				     VIRTIO_MSG_IOC_CLAIM,
		   give(&claim, sizeof(claim)));
	client->serving = false;
}

static void user_eventfd(struct client *client)
{
	struct virtio_msg_user_eventfd eventfd = { .dev_num = some_device() };
	struct virtio_msg_user_eventfd now;
	struct expected *device;
	u32 listened = 0, i;
	const u8 *at;

	for (i = 0; i < SHIM_EVENTFDS; i++)
		listened |= shim_eventfds[i].wait.first ? 1U << i : 0;
	eventfd.index = take8(&bed.in) % (QUEUES + 1);
	eventfd.kick_fd = take8(&bed.in) % (SHIM_EVENTFDS + 3) - 1;
	eventfd.call_fd = take8(&bed.in) % (SHIM_EVENTFDS + 3) - 1;
	at = give(&eventfd, sizeof(eventfd));
	if (user_ioctl(client, VIRTIO_MSG_IOC_EVENTFD, at))
		return;
	memcpy(&now, at, sizeof(now));
	if (now.dev_num >= DEVICES || now.index >= QUEUES)
		return;
	device = &bed.devices[now.dev_num];
	device->kick[now.index] = now.kick_fd;
	if (now.kick_fd < 0)
		return;
	/* What was to be read is signalled, unless a call takes it. */
	if (device->avail[now.index] && !shim_eventfds[now.kick_fd].wait.first &&
	    !(listened >> now.kick_fd & 1))
		must(shim_eventfds[now.kick_fd].count);
	device->avail[now.index] = false;
}

static void user_window(struct client *client)
{
	struct virtio_msg_user_window window = { .dev_num = some_device() };
	u8 where = take8(&bed.in);

	window.addr = bed.windows[where % WINDOWS].start +
		      (where & 0x80 ? take8(&bed.in) << 8 : 0);
	user_ioctl(client, VIRTIO_MSG_IOC_WINDOW, give(&window, sizeof(window)));
}

static void user_asks(struct client *client, u8 which)
{
	static const u8 zeroes[USER_SIZE];
	unsigned int cmd = VIRTIO_MSG_IOC_INFO;

	if (which % 4 == 0)
		cmd = VIRTIO_MSG_IOC_PING;
	else if (which % 4 == 1)
		cmd = VIRTIO_MSG_IOC_EXPORT;
	else if (which % 4 == 2)
		cmd = which;
	if (cmd != VIRTIO_MSG_IOC_EXPORT || !client->serving)
		user_ioctl(client, cmd, give(zeroes, 24));
}

static void check_read_one(struct client *client, const struct virtio_msg *msg)
{
	u16 dev_num = virtio_msg_dev_num(msg);
	struct virtio_msg_fields f;
	struct expected *device;

	must(!virtio_msg_is_bus(msg));
	if (dev_num >= DEVICES)
		return;
	device = &bed.devices[dev_num];
	/* While it is claimed or given back, what is there may go at once. */
	if (device->owner != client - bed.clients) {
		must(client->serving);
		return;
	}
	if (msg->hdr.msg_id == VIRTIO_MSG_EVENT_AVAIL) {
		must(!virtio_msg_decode(&virtio_msg_d26, msg,
					virtio_msg_size(msg), MSG_SIZE, &f));
		if (f.notify.index < QUEUES)
			device->avail[f.notify.index] = false;
		return;
	}
	must(device->num && device->tokens[0] == virtio_msg_token(msg));
	device->num--;
	memmove(device->tokens, device->tokens + 1,
		device->num * sizeof(device->tokens[0]));
}

static void check_all_read(const struct client *client)
{
	u32 i, index;

	for (i = 0; i < DEVICES; i++) {
		if (bed.devices[i].owner != client - bed.clients)
			continue;
		must(!bed.devices[i].num);
		for (index = 0; index < QUEUES; index++)
			must(!bed.devices[i].avail[index]);
	}
}

static long user_read(struct client *client, size_t at, size_t count)
{
	u8 msg[MSG_SIZE];
	long n, i, size;

	client->calls++;
	n = bed.core->cdev.ops->read(&client->file, (char *)shim_user + at,
				     count, NULL);
	client->calls--;
	must(n <= (long)count && (n <= 0 || !(n % VIRTIO_MSG_USER_ALIGN)));
	for (i = 0; i < n; i += ALIGN(size, VIRTIO_MSG_USER_ALIGN)) {
		size = shim_user[at + i + 6] | shim_user[at + i + 7] << 8;
		must(size >= 8 && size <= MSG_SIZE && i + size <= n);
		memcpy(msg, shim_user + at + i, size);
		check_read_one(client, (struct virtio_msg *)msg);
	}
	if (n == -EAGAIN)
		check_all_read(client);
	return n;
}

static void user_poll(struct client *client)
{
	unsigned int flags = client->file.f_flags;
	unsigned int events = bed.core->cdev.ops->poll(&client->file, NULL);
	long n;

	client->file.f_flags = O_NONBLOCK;
	n = user_read(client, 0, MSG_SIZE);
	client->file.f_flags = flags;
	if (events & EPOLLIN)
		must(n > 0);
	else
		must(n == (events & EPOLLHUP ? -ENODEV : -EAGAIN));
}

static void user_write(struct client *client, size_t at, size_t count)
{
	int writer = bed.writer;
	long n;

	bed.writer = client - bed.clients;
	client->calls++;
	n = bed.core->cdev.ops->write(&client->file, (char *)shim_user + at,
				      count, NULL);
	client->calls--;
	bed.writer = writer;
	must(n <= (long)count && n >= -4095);
}

static void user_says(struct client *client, u8 how)
{
	static const enum virtio_msg_kind kinds[] = {
		VMSG_SET_STATUS_RESP, VMSG_GET_STATUS_RESP, VMSG_EVENT_CONFIG,
		VMSG_EVENT_USED, VMSG_GET_STATUS_REQ,
	};
	struct virtio_msg_fields f = {};
	u8 msg[USER_SIZE] = {};
	u32 n, i, at = 0;

	for (i = 0; i <= how / 128; i++) {
		f.kind = kinds[how % ARRAY_SIZE(kinds)];
		f.dev_num = (how / 8 + i) % DEVICES;
		if (f.kind <= VMSG_GET_STATUS_RESP)
			f.status.status = how & 64;
		n = virtio_msg_encode(bed.core->dialect, &f, msg + at,
				      MSG_SIZE);
		at += ALIGN(n, VIRTIO_MSG_USER_ALIGN);
	}
	user_write(client, give(msg, at) - shim_user, at);
}

static void user_fills(void)
{
	u32 at = take8(&bed.in), n = take_below(&bed.in, 32);

	for (; n; n--)
		shim_user[at++ % shim_user_size] = take8(&bed.in);
}

static void signal_some(u8 which)
{
	struct eventfd_ctx *ctx = &shim_eventfds[which % SHIM_EVENTFDS];

	if (which & 0x80) {
		ctx->count = 0;
		return;
	}
	ctx->refs++;
	eventfd_signal(ctx);
	ctx->refs--;
}

static void user_open(struct client *client)
{
	client->file.f_flags = take_bool(&bed.in) ? O_NONBLOCK : 0;
	client->open = !bed.core->cdev.ops->open(&bed.inode, &client->file);
}

static void user_close(struct client *client)
{
	u32 i;

	if (client->calls || client->serving)
		return;
	for (i = 0; i < AREAS; i++)
		if (bed.areas[i].client == client)
			munmap_area(&bed.areas[i]);
	client->open = false;
	client->serving = true;
	bed.core->cdev.ops->release(&bed.inode, &client->file);
	client->serving = false;
	client->file.private_data = NULL;
}

static void user_step(struct client *client, u8 what)
{
	u8 how;

	if (!client->open) {
		if (!client->serving)
			user_open(client);
		return;
	}
	how = take8(&bed.in);
	switch (what) {
	case 0: case 1:
		if (!client->serving)
			user_claim(client, what);
		break;
	case 2:
		if (!client->serving)
			user_eventfd(client);
		break;
	case 3:
		if (!client->serving)
			user_window(client);
		break;
	case 4:
		user_asks(client, how);
		break;
	case 5:
		user_read(client, how / 2, how & 1 ? USER_SIZE : MSG_SIZE);
		break;
	case 6:
		user_write(client, how / 2, how & 1 ? USER_SIZE : 32);
		break;
	case 7:
		user_says(client, how);
		break;
	case 8:
		user_poll(client);
		break;
	case 9:
		mmap_area(client);
		break;
	default:
		if (how >= 0xc0)
			user_close(client);
	}
}

/* Would a work wait for a lock that is held? */
static bool may_work(void)
{
	u32 i;

	for (i = 0; i < FILES; i++)
		if (bed.clients[i].serving)
			return false;
	return true;
}

static void run_works(void)
{
	int writer = bed.writer;
	u32 i;

	if (!may_work())
		return;
	bed.writer = -1;
	/* It may be the one that hangs up, which takes all locks. */
	for (i = 0; i < FILES; i++)
		bed.clients[i].serving = true;
	shim_run_works();
	for (i = 0; i < FILES; i++)
		bed.clients[i].serving = false;
	bed.writer = writer;
}

static void run_delayed(void)
{
	int writer = bed.writer;

	bed.writer = -1;
	shim_run_delayed();
	bed.writer = writer;
}

static void bus_step(u8 how)
{
	switch (how % 8) {
	case 0: case 1:
		bed.full = how & 1;
		if (!bed.full)
			virtio_msg_bus_writable(&bed.bus);
		break;
	case 2:
		bed.unreachable = how >= 0xe0;
		bed.doorbell = how & 8;
		break;
	case 3:
		if (how >= 0xe0)
			virtio_msg_bus_lost(&bed.bus);
		break;
	case 4:
		run_delayed();
		break;
	default:
		run_works();
	}
}

static void one_step(void)
{
	u8 what = take8(&bed.in);

	switch (what / FILES % 20) {
	case 11: case 12: case 13:
		driver_asks(take8(&bed.in));
		break;
	case 14:
		driver_sends();
		break;
	case 15:
		driver_rings(take8(&bed.in));
		break;
	case 16:
		signal_some(take8(&bed.in));
		break;
	case 17:
		touch(take8(&bed.in));
		break;
	case 18:
		user_fills();
		break;
	case 19:
		bus_step(take8(&bed.in));
		break;
	default:
		user_step(&bed.clients[what % FILES], what / FILES % 20);
	}
	must(!shim_rcu);
}

static bool begin(u8 how)
{
	u32 i;

	shim_xa_max = U32_MAX;
	for (i = 0; i < AREAS; i++)
		munmap_area(&bed.areas[i]);
	for (i = 0; i < DEVICES; i++)
		forget(&bed.devices[i]);
	for (i = 0; i < WINDOWS; i++) {
		bed.windows[i].start = (u64)(i + 1) << 16;
		bed.windows[i].pages = 1 + i;
	}
	bed.writer = -1;
	strcpy(bed.bus.name, "fuzz");
	bed.bus.ops = &bus_ops;
	bed.bus.role = VIRTIO_MSG_ROLE_DEVICE;
	bed.bus.max_msg_size = MSG_SIZE;
	bed.bus.dialect = how & 1 ? VIRTIO_MSG_DIALECT_PR28 :
				    VIRTIO_MSG_DIALECT_D26;
	bed.bus.timeout_ms = 40;
	if (virtio_msg_bus_register(&bed.bus))
		return false;
	bed.core = bed.bus.core;
	bed.inode.i_cdev = &bed.core->cdev;
	bed.inode.i_mapping = NODE;
	return true;
}

/* The bus goes before its files, or after them. */
static void end(bool bus_first)
{
	u32 i;

	get_device(&bed.core->dev);
	if (bus_first)
		virtio_msg_bus_unregister(&bed.bus);
	for (i = 0; i < FILES; i++)
		if (bed.clients[i].open)
			user_close(&bed.clients[i]);
	for (i = 0; i < bed.num_refs && !bus_first; i++)
		must(!bed.refs[i].live);
	if (!bus_first)
		virtio_msg_bus_unregister(&bed.bus);
	for (i = 0; i < SHIM_EVENTFDS; i++)
		must(!shim_eventfds[i].refs && !shim_eventfds[i].wait.first);
	must(bed.core->dev.refs == 1);
	must(!shim_run_works() && !shim_run_delayed());
	put_device(&bed.core->dev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 how;

	memset(&bed, 0, sizeof(bed));
	memset(shim_eventfds, 0, sizeof(shim_eventfds));
	bed.in = (struct input){ data, size };
	core_run = (struct core_run){ &bed.in, one_step, STEPS, 0 };
	shim_user_size = USER_SIZE;
	shim_user = must_alloc(USER_SIZE);
	memset(shim_user, 0, USER_SIZE);
	how = take8(&bed.in);
	if (begin(how)) {
		core_run_steps();
		/* From here on everybody is on time. */
		bed.in.left = 0;
		end(how & 2);
	}
	free(shim_user);
	shim_user_size = 0;
	core_run.in = NULL;
	return 0;
}
