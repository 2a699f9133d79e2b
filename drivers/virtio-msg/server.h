/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_SERVER_H
#define _VIRTIO_MSG_SERVER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "inbox.h"

struct address_space;
struct file;
struct virtio_msg_core;
struct virtio_msg_user_claim;
struct virtio_msg_user_eventfd;
struct virtio_msg_user_export;
struct virtio_msg_user_window;
struct vm_area_struct;

/**
 * struct virtio_msg_server - the devices that one open file serves
 * @core: the bus
 * @mapping: of the device node, to take mappings back
 * @inbox: what the process is to read
 * @lock: protects @claims, @num_claims and @closed; no user memory is touched
 *	with it
 * @claims: device number to claim
 * @num_claims: entries of @claims
 * @closed: nothing can be claimed any more
 * @maps_lock: protects @maps; taken in page faults
 * @maps: windows of claimed devices that were asked for
 * @lost_work: drops those of devices that were taken from it
 */
struct virtio_msg_server {
	struct virtio_msg_core *core;
	struct address_space *mapping;
	struct virtio_msg_inbox inbox;
	struct mutex lock;
	struct xarray claims;
	u32 num_claims;
	bool closed;
	struct mutex maps_lock;
	struct list_head maps;
	struct work_struct lost_work;
};

void virtio_msg_server_init(struct virtio_msg_server *server,
			    struct virtio_msg_core *core,
			    struct address_space *mapping);
void virtio_msg_server_close(struct virtio_msg_server *server, bool keep,
			     unsigned long deadline);
void virtio_msg_server_destroy(struct virtio_msg_server *server);

int virtio_msg_server_claim(struct virtio_msg_server *server,
			    struct virtio_msg_user_claim *arg);
void virtio_msg_server_announce(struct virtio_msg_server *server, u32 dev_num);
int virtio_msg_server_release(struct virtio_msg_server *server, u32 dev_num,
			      bool keep);
bool virtio_msg_server_has(struct virtio_msg_server *server, u32 dev_num);
int virtio_msg_server_eventfd(struct virtio_msg_server *server,
			      const struct virtio_msg_user_eventfd *eventfd);
void virtio_msg_server_reset(struct virtio_msg_server *server, u32 dev_num);
int virtio_msg_server_window(struct virtio_msg_server *server,
			     struct virtio_msg_user_window *window);
struct file *virtio_msg_server_export(struct virtio_msg_server *server,
				      struct virtio_msg_user_export *export);
int virtio_msg_server_mmap(struct virtio_msg_server *server,
			   struct vm_area_struct *vma);

#endif /* _VIRTIO_MSG_SERVER_H */
