/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel API of virtio over messages, for buses.
 *
 * A bus sends a message, receives a message and shares some memory. All else,
 * drivers and devices, is above it.
 */
#ifndef _LINUX_VIRTIO_MSG_H
#define _LINUX_VIRTIO_MSG_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mm_types.h>
#include <linux/types.h>
#include <uapi/linux/virtio_msg.h>
#include <uapi/linux/virtio_msg_user.h>

struct virtio_msg_bus;
struct virtio_msg_core;
struct virtio_msg_dialect;
struct vm_fault;

#define VIRTIO_MSG_NAME_SIZE	32

/**
 * struct virtio_msg_window - memory shared with the peer by the driver side
 * @size: bytes, a multiple of PAGE_SIZE
 * @dev_num: the device that it is for
 * @kaddr: where this kernel sees it; cacheable, no alignment beyond a page
 * @bus_addr: where the peer sees it
 * @priv: for the bus
 * @node: for the core
 */
struct virtio_msg_window {
	size_t size;
	u16 dev_num;
	void *kaddr;
	u64 bus_addr;
	void *priv;
	struct list_head node;
};

/**
 * struct virtio_msg_mapping - a window of the peer, seen from the device side
 * @bus_addr: first byte of the window, as the peer names it
 * @size: bytes, a multiple of PAGE_SIZE
 * @priv: for the bus
 */
struct virtio_msg_mapping {
	u64 bus_addr;
	size_t size;
	void *priv;
};

/**
 * struct virtio_msg_bus_ops - what a bus does
 * @send: Send a copy of @msg, of msg_size bytes, to the peer. Called in any
 *	context, several at a time; must not sleep, must not keep the pointer.
 *	0; -EAGAIN if there is no room now: the core tries again, at the latest
 *	some milliseconds later and at once after virtio_msg_bus_writable();
 *	any other error means that the peer cannot be reached. As for @notify,
 *	virtio_msg_bus_receive() and virtio_msg_bus_notified() are not to be
 *	called from here for the driver side: a driver may be sending.
 * @notify: Optional doorbell used in place of EVENT_AVAIL (@avail) and
 *	EVENT_USED: make the peer's half call virtio_msg_bus_notified(). Called
 *	in any context. 0; -EOPNOTSUPP to have the message sent; else as @send.
 * @window_alloc: Allocate zeroed memory of win->size bytes that the peer can
 *	reach and fill in the other fields. May sleep. 0 or an error.
 * @window_free: Free a window that the peer no longer uses. May sleep.
 * @window_revoke: Optional. Take a window from a peer that never said that it
 *	stopped using it, so that it may be freed. May sleep. 0, or an error if
 *	the bus cannot: the window then stays in quarantine until the bus does,
 *	or is unregistered, when it is leaked.
 * @window_map: Device side: find the window of the peer that @addr lies in,
 *	granted for device @dev_num, and take a reference. May sleep. 0, or
 *	-EFAULT if there is none.
 * @window_unmap: Device side: drop the reference. May sleep. Needed with
 *	@window_map, as is @window_page.
 * @device_released: Device side, optional: who served device @dev_num does so no
 *	longer; no window granted until now is to be found by @window_map any
 *	more. May sleep.
 * @window_page: Device side: the page frame at byte @offset of a mapping. A
 *	frame that has a struct page must be one that is counted on its own: a
 *	process that has it mapped keeps it.
 * @window_mmap: Device side, optional: the current process, whose mmap_lock is
 *	held for writing, is about to have some of a mapping in @vma. 0, or an
 *	error that mmap() fails with.
 * @window_fault: Device side, optional, with @window_mmap: the process wants to
 *	see byte @offset of a mapping. What a page fault returns, if the bus has
 *	made it appear itself; it then notices, too, that it goes, but at the
 *	latest when @window_unmap is called it has. 0 to have @window_page.
 * @lost: Optional. The peer counts as gone, since virtio_msg_bus_lost() was
 *	called, or since it took no message or answered no PING for too long.
 *	The bus may unregister, not from here, and register again. Called once
 *	between the two, in any context.
 */
struct virtio_msg_bus_ops {
	int (*send)(struct virtio_msg_bus *bus, const struct virtio_msg *msg);
	int (*notify)(struct virtio_msg_bus *bus, u16 dev_num, u32 index,
		      bool avail);
	int (*window_alloc)(struct virtio_msg_bus *bus,
			    struct virtio_msg_window *win);
	void (*window_free)(struct virtio_msg_bus *bus,
			    struct virtio_msg_window *win);
	int (*window_revoke)(struct virtio_msg_bus *bus,
			     struct virtio_msg_window *win);
	int (*window_map)(struct virtio_msg_bus *bus, u16 dev_num, u64 addr,
			  struct virtio_msg_mapping *map);
	void (*window_unmap)(struct virtio_msg_bus *bus,
			     struct virtio_msg_mapping *map);
	void (*device_released)(struct virtio_msg_bus *bus, u16 dev_num);
	unsigned long (*window_page)(struct virtio_msg_bus *bus,
				     const struct virtio_msg_mapping *map,
				     size_t offset);
	int (*window_mmap)(struct virtio_msg_bus *bus,
			   const struct virtio_msg_mapping *map,
			   struct vm_area_struct *vma);
	vm_fault_t (*window_fault)(struct virtio_msg_bus *bus,
				   const struct virtio_msg_mapping *map,
				   struct vm_fault *vmf, size_t offset);
	void (*lost)(struct virtio_msg_bus *bus);
};

/**
 * DOC: flags of a bus
 *
 * %VIRTIO_MSG_BUS_DIRECT: The peer reaches all memory: rings are the drivers'
 * own, nothing is copied.
 *
 * %VIRTIO_MSG_BUS_INCOHERENT: The peer does not see this CPU's caches: the
 * barriers are those for devices.
 *
 * %VIRTIO_MSG_BUS_NO_ENUMERATION: The peer has no GET_DEVICES: devices appear
 * by EVENT_DEVICE only.
 *
 * %VIRTIO_MSG_BUS_LOCAL: The peer is this kernel and its processes: it sleeps
 * and wakes with it, and its devices may outlive their process.
 *
 * %VIRTIO_MSG_BUS_UNTAGGED: Answers to bus messages may come with token 0, of
 * which the one that is waited for is then taken to be the one.
 *
 * %VIRTIO_MSG_BUS_NO_SHM: The peer has no GET_SHM, to which it would be silent:
 * it is not asked.
 *
 * %VIRTIO_MSG_BUS_NO_NOTIFICATION_DATA: Notifications carry no data, or none
 * that both sides read alike: VIRTIO_F_NOTIFICATION_DATA is not negotiated.
 *
 * %VIRTIO_MSG_BUS_AWAKE: Drivers are not frozen when this kernel sleeps. The peer
 * knows all that it knew when this kernel wakes, or has gone, which drivers
 * bear awake but not all of them frozen.
 */
#define VIRTIO_MSG_BUS_DIRECT		BIT(0)
#define VIRTIO_MSG_BUS_INCOHERENT	BIT(1)
#define VIRTIO_MSG_BUS_NO_ENUMERATION	BIT(2)
#define VIRTIO_MSG_BUS_LOCAL		BIT(3)
#define VIRTIO_MSG_BUS_UNTAGGED		BIT(4)
#define VIRTIO_MSG_BUS_NO_SHM		BIT(5)
#define VIRTIO_MSG_BUS_NO_NOTIFICATION_DATA	BIT(6)
#define VIRTIO_MSG_BUS_AWAKE		BIT(7)

/**
 * struct virtio_msg_bus - a bus instance
 * @name: unique, shown to users, name of the device node
 * @ops: what the bus does
 * @parent: parent of the bus's device, or NULL
 * @dma_dev: device whose DMA API direct mode uses, or NULL
 * @priv: for the bus
 * @role: VIRTIO_MSG_ROLE_*
 * @flags: VIRTIO_MSG_BUS_*
 * @revision: transport revision; 0 means 1
 * @features: transport feature bits that both ends have
 * @max_msg_size: largest message, header included
 * @dialect: VIRTIO_MSG_DIALECT_*; 0: what the peer turns out to speak, until
 *	then D26, or PR28 where messages are too small for it
 * @num_devices: driver side: device numbers that the peer is asked for, a
 *	multiple of 8; 0: all of them
 * @timeout_ms: time in which a peer answers; 0: VIRTIO_MSG_TIMEOUT_MS
 * @core: the core's side, valid while the bus is registered
 *
 * The bus fills in all but @core before it registers and changes nothing
 * until it has unregistered.
 */
struct virtio_msg_bus {
	char name[VIRTIO_MSG_NAME_SIZE];
	const struct virtio_msg_bus_ops *ops;
	struct device *parent;
	struct device *dma_dev;
	void *priv;
	u32 role;
	u32 flags;
	u32 revision;
	u32 features;
	u32 max_msg_size;
	u32 dialect;
	u32 num_devices;
	u32 timeout_ms;
	struct virtio_msg_core __rcu *core;
};

int virtio_msg_bus_register(struct virtio_msg_bus *bus);
void virtio_msg_bus_unregister(struct virtio_msg_bus *bus);
void virtio_msg_bus_receive(struct virtio_msg_bus *bus, const void *msg,
			    size_t len);
void virtio_msg_bus_bad(struct virtio_msg_bus *bus, unsigned int indices,
			unsigned int sizes);
void virtio_msg_bus_notified(struct virtio_msg_bus *bus, u16 dev_num, u32 index,
			     bool avail);
void virtio_msg_bus_writable(struct virtio_msg_bus *bus);
void virtio_msg_bus_lost(struct virtio_msg_bus *bus);

#endif /* _LINUX_VIRTIO_MSG_H */
