// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that a process serves: its claims, their eventfds and windows.
 */
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bus.h"
#include "call.h"
#include "export.h"
#include "limits.h"
#include "server.h"

struct server_queue {
	struct eventfd_ctx *kick;
	struct virtio_msg_call *call;
};

/*
 * struct server_claim - a device number
 * @stale: the driver has reset the device: its windows are of the past
 * @reset: and has set up no queue since then: it has no windows
 * @queues: their kicks are protected by the inbox's lock
 */
struct server_claim {
	struct list_head node;
	struct virtio_msg_claim claim;
	struct virtio_msg_server *server;
	struct virtio_msg_box box;
	bool stale;
	bool reset;
	struct server_queue queues[];
};

/*
 * struct server_map - a window that the process may map
 * @export: the window as a file, or NULL
 */
struct server_map {
	struct list_head node;
	u16 dev_num;
	struct virtio_msg_mapping map;
	struct virtio_msg_export *export;
};

static struct server_claim *to_claim(struct virtio_msg_claim *claim)
{
	return container_of(claim, struct server_claim, claim);
}

/* With the lock, or under RCU. NULL as well if the number was taken from it. */
static struct server_claim *find_claim(struct virtio_msg_server *server,
				       u32 dev_num)
{
	struct server_claim *served = xa_load(&server->claims, dev_num);

	return served && virtio_msg_claim_current(&served->claim) ? served :
								    NULL;
}

/* From the bus */

/* What the process is about to hear changes what it may ask for. */
static void note_request(struct server_claim *served, const void *msg, u32 size)
{
	struct virtio_msg_fields fields;

	if (virtio_msg_core_decode(served->claim.core, msg, size, &fields))
		return;
	if (fields.kind == VMSG_SET_VQUEUE_REQ) {
		WRITE_ONCE(served->reset, false);
	} else if (fields.kind == VMSG_SET_STATUS_REQ &&
		   !fields.status.status) {
		WRITE_ONCE(served->reset, true);
		WRITE_ONCE(served->stale, true);
	}
}

static void claim_receive(struct virtio_msg_claim *claim, const void *msg,
			  u32 size)
{
	struct server_claim *served = to_claim(claim);

	note_request(served, msg, size);
	if (!virtio_msg_box_add(&served->server->inbox, &served->box, msg,
				size))
		virtio_msg_count(claim->core, VMSG_CNT_inbox_full);
}

static void claim_avail(struct virtio_msg_claim *claim, u32 index,
			u32 next_offset)
{
	struct server_claim *served = to_claim(claim);
	struct virtio_msg_inbox *inbox = &served->server->inbox;
	struct eventfd_ctx *kick;
	unsigned long flags;

	/* In one step, so that swap_kick() finds what came as a message. */
	spin_lock_irqsave(&inbox->lock, flags);
	served->box.dev_num = claim->dev_num;
	kick = served->queues[index].kick;
	if (kick)
		eventfd_signal(kick);
	else
		virtio_msg_box_notify(inbox, &served->box, index, next_offset);
	spin_unlock_irqrestore(&inbox->lock, flags);
	if (!kick)
		wake_up(&inbox->wait);
}

static void claim_lost(struct virtio_msg_claim *claim)
{
	queue_work(claim->core->device_wq, &to_claim(claim)->server->lost_work);
}

static const struct virtio_msg_claim_ops claim_ops = {
	.receive = claim_receive,
	.avail = claim_avail,
	.lost = claim_lost,
};

/* Windows */

static void drop_map(struct virtio_msg_server *server, struct server_map *map)
{
	struct virtio_msg_core *core = server->core;
	struct virtio_msg_bus *bus;

	unmap_mapping_pages(server->mapping, map->map.bus_addr >> PAGE_SHIFT,
			    map->map.size >> PAGE_SHIFT, true);
	virtio_msg_export_revoke(map->export);
	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	if (bus)
		bus->ops->window_unmap(bus, &map->map);
	up_read(&core->bus_sem);
	list_del(&map->node);
	kfree(map);
}

/* With maps_lock. */
static void drop_maps(struct virtio_msg_server *server, u16 dev_num)
{
	struct server_map *map, *next;

	list_for_each_entry_safe(map, next, &server->maps, node)
		if (map->dev_num == dev_num)
			drop_map(server, map);
}

/* Of the device, or of any if @dev_num is negative. */
static struct server_map *find_map(struct virtio_msg_server *server,
				   int dev_num, u64 addr)
{
	struct server_map *map;

	list_for_each_entry(map, &server->maps, node)
		if ((dev_num < 0 || map->dev_num == dev_num) &&
		    addr >= map->map.bus_addr &&
		    addr - map->map.bus_addr < map->map.size)
			return map;
	return NULL;
}

static struct server_map *add_map(struct virtio_msg_server *server, u16 dev_num,
				  u64 addr)
{
	struct virtio_msg_core *core = server->core;
	struct virtio_msg_bus *bus;
	struct server_map *map;
	int err;

	map = kzalloc_obj(*map, GFP_KERNEL_ACCOUNT);
	if (!map)
		return ERR_PTR(-ENOMEM);
	map->dev_num = dev_num;

	down_read(&core->bus_sem);
	bus = virtio_msg_core_bus(core);
	if (!bus)
		err = -ENODEV;
	else if (!bus->ops->window_map)
		err = -EFAULT;
	else
		err = bus->ops->window_map(bus, dev_num, addr, &map->map);
	up_read(&core->bus_sem);
	if (err) {
		kfree(map);
		return ERR_PTR(err);
	}
	list_add_tail(&map->node, &server->maps);
	return map;
}

static struct server_map *window_locked(struct virtio_msg_server *server,
					struct server_claim *served,
					u16 dev_num, u64 addr)
{
	struct server_map *map;

	lockdep_assert_held(&server->maps_lock);
	if (xchg(&served->stale, false))
		drop_maps(server, dev_num);
	/* One found now would still be there when the driver side frees it. */
	if (READ_ONCE(served->reset))
		return ERR_PTR(-EFAULT);
	map = find_map(server, dev_num, addr);
	if (!map)
		map = add_map(server, dev_num, addr);
	/* If the number was taken from it meanwhile, this may be another's. */
	if (!IS_ERR(map) && !virtio_msg_claim_current(&served->claim)) {
		drop_map(server, map);
		return ERR_PTR(-ENXIO);
	}
	return map;
}

static void lost_work(struct work_struct *work)
{
	struct virtio_msg_server *server =
		container_of(work, struct virtio_msg_server, lost_work);
	struct server_map *map, *next;
	bool has;

	mutex_lock(&server->maps_lock);
	list_for_each_entry_safe(map, next, &server->maps, node) {
		rcu_read_lock();
		has = find_claim(server, map->dev_num);
		rcu_read_unlock();
		if (!has)
			drop_map(server, map);
	}
	mutex_unlock(&server->maps_lock);
}

/**
 * virtio_msg_server_window() - VIRTIO_MSG_IOC_WINDOW
 * @server: the open file
 * @window: argument and result
 *
 * Context: Sleeps.
 * Return: 0, -ENXIO, -EFAULT, -ENOMEM or -ENODEV.
 */
int virtio_msg_server_window(struct virtio_msg_server *server,
			     struct virtio_msg_user_window *window)
{
	struct server_map *map = ERR_PTR(-ENXIO);
	struct server_claim *served;

	mutex_lock(&server->lock);
	mutex_lock(&server->maps_lock);
	served = find_claim(server, window->dev_num);
	if (served)
		map = window_locked(server, served, window->dev_num,
				    window->addr);
	if (!IS_ERR(map)) {
		window->start = map->map.bus_addr;
		window->size = map->map.size;
		window->offset = map->map.bus_addr;
	}
	mutex_unlock(&server->maps_lock);
	mutex_unlock(&server->lock);
	return PTR_ERR_OR_ZERO(map);
}

static struct file *export_map(struct virtio_msg_server *server,
			       struct server_map *map)
{
	struct virtio_msg_export *export = map->export;

	if (!export)
		export = virtio_msg_export_create(server->core, &map->map);
	if (IS_ERR(export))
		return ERR_CAST(export);
	map->export = export;
	return virtio_msg_export_file(export);
}

/**
 * virtio_msg_server_export() - VIRTIO_MSG_IOC_EXPORT
 * @server: the open file
 * @export: argument and result, but for its descriptor
 *
 * Context: Sleeps.
 * Return: the file, with a reference; or -ENXIO, -EFAULT, -ENOMEM, -ENODEV or
 * -EOPNOTSUPP.
 */
struct file *virtio_msg_server_export(struct virtio_msg_server *server,
				      struct virtio_msg_user_export *export)
{
	struct server_map *map = ERR_PTR(-ENXIO);
	struct file *file = ERR_PTR(-ENXIO);
	struct server_claim *served;

	mutex_lock(&server->lock);
	mutex_lock(&server->maps_lock);
	served = find_claim(server, export->dev_num);
	if (served) {
		map = window_locked(server, served, export->dev_num,
				    export->addr);
		file = IS_ERR(map) ? ERR_CAST(map) : export_map(server, map);
	}
	if (!IS_ERR(file)) {
		export->start = map->map.bus_addr;
		export->size = map->map.size;
	}
	mutex_unlock(&server->maps_lock);
	mutex_unlock(&server->lock);
	return file;
}

/**
 * virtio_msg_server_reset() - the process says that a device is reset
 * @server: the open file
 * @dev_num: any number
 *
 * From then on the driver side may use the memory of the windows for something
 * else, so that no mapping of them must be left when it hears of it.
 *
 * Context: Sleeps.
 */
void virtio_msg_server_reset(struct virtio_msg_server *server, u32 dev_num)
{
	struct server_claim *served;
	bool stale;

	mutex_lock(&server->maps_lock);
	/* bury() waits. */
	rcu_read_lock();
	served = xa_load(&server->claims, dev_num);
	stale = served && xchg(&served->stale, false);
	rcu_read_unlock();
	if (stale)
		drop_maps(server, dev_num);
	mutex_unlock(&server->maps_lock);
}

static vm_fault_t window_fault(struct vm_fault *vmf)
{
	struct virtio_msg_server *server = vmf->vma->vm_private_data;
	u64 addr = (u64)vmf->pgoff << PAGE_SHIFT;
	struct virtio_msg_core *core = server->core;
	vm_fault_t result = VM_FAULT_SIGBUS;
	struct virtio_msg_bus *bus;
	struct server_map *map;

	mutex_lock(&server->maps_lock);
	down_read(&core->bus_sem);
	map = find_map(server, -1, addr);
	bus = virtio_msg_core_bus(core);
	/* With the lock, so that drop_map() leaves no page mapped. */
	if (map && bus)
		result = virtio_msg_window_fault(bus, &map->map, vmf,
						 addr - map->map.bus_addr);
	up_read(&core->bus_sem);
	mutex_unlock(&server->maps_lock);
	return result;
}

static const struct vm_operations_struct window_vm_ops = {
	.fault = window_fault,
};

/* All of it must lie in one window. */
static int prepare_range(struct virtio_msg_server *server, u64 addr,
			 struct vm_area_struct *vma, bool *pages)
{
	size_t size = vma->vm_end - vma->vm_start;
	struct virtio_msg_core *core = server->core;
	struct virtio_msg_bus *bus;
	struct server_map *map;
	int err = -ENXIO;

	mutex_lock(&server->maps_lock);
	down_read(&core->bus_sem);
	map = find_map(server, -1, addr);
	bus = virtio_msg_core_bus(core);
	if (map && bus && size <= map->map.size - (addr - map->map.bus_addr)) {
		*pages = pfn_valid(bus->ops->window_page(bus, &map->map, 0));
		err = virtio_msg_window_mmap(bus, &map->map, vma);
	}
	up_read(&core->bus_sem);
	mutex_unlock(&server->maps_lock);
	return err;
}

/**
 * virtio_msg_server_mmap() - map a window, or part of one
 * @server: the open file
 * @vma: the area; its offset is a bus address
 *
 * Context: Sleeps.
 * Return: 0; -EINVAL for a private mapping; -ENXIO if the range is not within
 * one window that was asked for; or an error of the bus.
 */
int virtio_msg_server_mmap(struct virtio_msg_server *server,
			   struct vm_area_struct *vma)
{
	bool pages;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff > U64_MAX >> PAGE_SHIFT)
		return -ENXIO;
	err = prepare_range(server, (u64)vma->vm_pgoff << PAGE_SHIFT, vma,
			    &pages);
	if (err)
		return err;
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP | VM_DONTCOPY);
	/* Pages are pinned by their mapping, so they may go at any time. */
	vm_flags_set(vma, pages ? VM_MIXEDMAP : VM_PFNMAP | VM_IO);
	vma->vm_private_data = server;
	vma->vm_ops = &window_vm_ops;
	return 0;
}

/* Claims */

static void free_queue(struct server_claim *served, u32 index)
{
	struct server_queue *queue = &served->queues[index];

	virtio_msg_call_destroy(queue->call);
	if (queue->kick)
		eventfd_ctx_put(queue->kick);
}

static void free_claim(struct server_claim *served)
{
	u32 i;

	for (i = 0; i < served->claim.num_queues; i++)
		free_queue(served, i);
	virtio_msg_box_destroy(&served->box);
	kvfree(served);
}

/* With the lock. Nothing is written for it any more, from the next RCU on. */
static void retire(struct virtio_msg_server *server,
		   struct server_claim *served, struct list_head *retired)
{
	xa_erase(&server->claims, served->claim.dev_num);
	server->num_claims--;
	list_add_tail(&served->node, retired);
}

/*
 * The driver side is told and the numbers are free, unless @keep and the device
 * waits for the next process. All is freed.
 */
static void bury(struct virtio_msg_server *server, struct list_head *retired,
		 bool keep, unsigned long deadline)
{
	struct server_claim *served, *next;

	/* Messages that the process is about to send for them. */
	synchronize_rcu();
	list_for_each_entry(served, retired, node)
		if (!keep || !virtio_msg_claim_keep(&served->claim))
			virtio_msg_claim_del(&served->claim, deadline);
	/* Messages that are on their way to them. */
	synchronize_rcu();
	list_for_each_entry(served, retired, node)
		virtio_msg_box_remove(&server->inbox, &served->box);
	list_for_each_entry_safe(served, next, retired, node) {
		u16 dev_num = served->claim.dev_num;

		mutex_lock(&server->maps_lock);
		drop_maps(server, dev_num);
		mutex_unlock(&server->maps_lock);
		free_claim(served);
	}
}

static struct server_claim *create_claim(struct virtio_msg_server *server,
					 const struct virtio_msg_user_claim *arg)
{
	struct server_claim *served;
	u32 num_queues = arg->num_queues;

	served = kvzalloc(struct_size(served, queues, num_queues),
			  GFP_KERNEL_ACCOUNT);
	if (!served)
		return NULL;
	if (virtio_msg_box_init(&served->box, &server->inbox, num_queues)) {
		kvfree(served);
		return NULL;
	}
	served->claim.core = server->core;
	served->claim.num_queues = num_queues;
	served->claim.resumable = arg->flags & VIRTIO_MSG_CLAIM_RESUMABLE;
	served->claim.resume_ms = arg->resume_ms ?: VIRTIO_MSG_RESUME_MS;
	served->claim.ops = &claim_ops;
	served->server = server;
	return served;
}

/* One whose number was taken from it is in the way of the same number. */
static void bury_stale(struct virtio_msg_server *server, u32 dev_num)
{
	struct server_claim *stale = xa_load(&server->claims, dev_num);
	LIST_HEAD(retired);

	if (!stale)
		return;
	retire(server, stale, &retired);
	bury(server, &retired, true, virtio_msg_deadline(server->core));
}

static int claim_locked(struct virtio_msg_server *server,
			struct server_claim *served, u32 dev_num)
{
	int err;

	if (server->closed)
		return -ENODEV;
	if (server->num_claims >= VIRTIO_MSG_LIMIT_CLAIMS)
		return -ENOSPC;
	err = virtio_msg_claim_add(&served->claim, dev_num);
	if (err)
		return err;
	bury_stale(server, served->claim.dev_num);
	err = xa_insert(&server->claims, served->claim.dev_num, served,
			GFP_KERNEL);
	if (err) {
		if (!virtio_msg_claim_keep(&served->claim))
			virtio_msg_claim_del(&served->claim,
					     virtio_msg_deadline(server->core));
		synchronize_rcu();
		virtio_msg_box_remove(&server->inbox, &served->box);
		return err;
	}
	server->num_claims++;
	return served->claim.dev_num;
}

/**
 * virtio_msg_server_claim() - claim a device number
 * @server: the open file
 * @arg: argument, whose values are in range, and result
 *
 * Context: Sleeps.
 * Return: the number, or an error as virtio_msg_claim_add().
 */
int virtio_msg_server_claim(struct virtio_msg_server *server,
			    struct virtio_msg_user_claim *arg)
{
	struct server_claim *served = create_claim(server, arg);
	int result;

	if (!served)
		return -ENOMEM;
	mutex_lock(&server->lock);
	result = claim_locked(server, served, arg->dev_num);
	if (result >= 0) {
		arg->dev_num = result;
		arg->flags |= served->claim.resumed ?
				      VIRTIO_MSG_CLAIM_RESUMED : 0;
	}
	mutex_unlock(&server->lock);
	if (result < 0)
		free_claim(served);
	return result;
}

/**
 * virtio_msg_server_announce() - tell the driver side of a claimed device
 * @server: the open file
 * @dev_num: the number
 *
 * Context: Sleeps.
 */
void virtio_msg_server_announce(struct virtio_msg_server *server, u32 dev_num)
{
	struct server_claim *served;

	mutex_lock(&server->lock);
	served = xa_load(&server->claims, dev_num);
	if (served)
		virtio_msg_claim_announce(&served->claim);
	mutex_unlock(&server->lock);
}

/**
 * virtio_msg_server_release() - give a device number back
 * @server: the open file
 * @dev_num: the number
 * @keep: as if the process had died
 *
 * Context: Sleeps.
 * Return: 0 or -ENXIO.
 */
int virtio_msg_server_release(struct virtio_msg_server *server, u32 dev_num,
			      bool keep)
{
	struct server_claim *served;
	LIST_HEAD(retired);

	mutex_lock(&server->lock);
	/* Also one whose number was taken from it: it is in the way. */
	served = xa_load(&server->claims, dev_num);
	if (served) {
		retire(server, served, &retired);
		bury(server, &retired, keep, virtio_msg_deadline(server->core));
	}
	mutex_unlock(&server->lock);
	return served ? 0 : -ENXIO;
}

/**
 * virtio_msg_server_has() - is this number claimed here?
 * @server: the open file
 * @dev_num: the number
 *
 * Context: Under RCU.
 * Return: true if so, and it has not been taken from it.
 */
bool virtio_msg_server_has(struct virtio_msg_server *server, u32 dev_num)
{
	return find_claim(server, dev_num);
}

static void swap_kick(struct virtio_msg_server *server,
		      struct server_claim *served, u32 index,
		      struct eventfd_ctx **kick)
{
	struct virtio_msg_inbox *inbox = &server->inbox;

	spin_lock_irq(&inbox->lock);
	swap(served->queues[index].kick, *kick);
	spin_unlock_irq(&inbox->lock);
	/* One that came as a message must not get lost in between. */
	if (served->queues[index].kick &&
	    virtio_msg_box_unnotify(inbox, &served->box, index))
		eventfd_signal(served->queues[index].kick);
}

static int set_eventfds(struct virtio_msg_server *server,
			struct server_claim *served,
			const struct virtio_msg_user_eventfd *eventfd)
{
	struct eventfd_ctx *kick = NULL;
	struct virtio_msg_call *call = NULL;

	if (eventfd->kick_fd >= 0) {
		kick = eventfd_ctx_fdget(eventfd->kick_fd);
		if (IS_ERR(kick))
			return PTR_ERR(kick);
	}
	if (eventfd->call_fd >= 0) {
		call = virtio_msg_call_create(&served->claim, eventfd->index,
					      eventfd->call_fd);
		if (IS_ERR(call)) {
			if (kick)
				eventfd_ctx_put(kick);
			return PTR_ERR(call);
		}
	}
	swap_kick(server, served, eventfd->index, &kick);
	swap(served->queues[eventfd->index].call, call);
	virtio_msg_call_destroy(call);
	if (kick)
		eventfd_ctx_put(kick);
	return 0;
}

/**
 * virtio_msg_server_eventfd() - VIRTIO_MSG_IOC_EVENTFD
 * @server: the open file
 * @eventfd: argument, checked but for what depends on the claim
 *
 * Context: Sleeps.
 * Return: 0, -ENXIO, -EINVAL, -EBADF or -ENOMEM.
 */
int virtio_msg_server_eventfd(struct virtio_msg_server *server,
			      const struct virtio_msg_user_eventfd *eventfd)
{
	struct server_claim *served;
	int err;

	mutex_lock(&server->lock);
	served = find_claim(server, eventfd->dev_num);
	if (!served)
		err = -ENXIO;
	else if (eventfd->index >= served->claim.num_queues)
		err = -EINVAL;
	else
		err = set_eventfds(server, served, eventfd);
	mutex_unlock(&server->lock);
	return err;
}

/* The open file */

/**
 * virtio_msg_server_init() - an open file serves nothing yet
 * @server: to be initialised
 * @core: the bus; outlives the file
 * @mapping: of the device node
 *
 * Context: Any.
 */
void virtio_msg_server_init(struct virtio_msg_server *server,
			    struct virtio_msg_core *core,
			    struct address_space *mapping)
{
	server->core = core;
	server->mapping = mapping;
	mutex_init(&server->lock);
	mutex_init(&server->maps_lock);
	INIT_LIST_HEAD(&server->maps);
	xa_init(&server->claims);
	INIT_WORK(&server->lost_work, lost_work);
	virtio_msg_inbox_init(&server->inbox, core->max_msg_size);
}

/**
 * virtio_msg_server_close() - give everything back
 * @server: the open file
 * @keep: devices that may wait for the next process do
 * @deadline: how long to try to tell the driver side, in jiffies
 *
 * Context: Sleeps, for little longer than until @deadline.
 */
void virtio_msg_server_close(struct virtio_msg_server *server, bool keep,
			     unsigned long deadline)
{
	struct server_claim *served;
	unsigned long dev_num;
	LIST_HEAD(retired);

	mutex_lock(&server->lock);
	WRITE_ONCE(server->closed, true);
	xa_for_each(&server->claims, dev_num, served)
		retire(server, served, &retired);
	if (!list_empty(&retired))
		bury(server, &retired, keep, deadline);
	mutex_unlock(&server->lock);
	wake_up_all(&server->inbox.wait);
}

/**
 * virtio_msg_server_destroy() - free what is left
 * @server: closed, and no call uses it
 *
 * Context: May sleep.
 */
void virtio_msg_server_destroy(struct virtio_msg_server *server)
{
	cancel_work_sync(&server->lost_work);
	xa_destroy(&server->claims);
}
