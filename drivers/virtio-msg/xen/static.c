// SPDX-License-Identifier: GPL-2.0
/*
 * Links that the command line describes, for machines without xenstore. What a
 * front end made is to be read from the parameter "offers", and told the back
 * end by whoever starts both.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "domain.h"
#include "mapping.h"
#include "memory.h"

static char *connect[VIRTIO_MSG_XEN_MAX_STATIC];
static int num_connect;
module_param_array(connect, charp, &num_connect, 0444);
MODULE_PARM_DESC(connect,
		 "links without xenstore: front:DOMAIN, or back:DOMAIN:REFERENCE:PORT, comma-separated");

/**
 * struct static_link - a link that was described
 * @end: the end
 * @xdev: knows the other domain
 * @directory: front end: names the memory
 */
struct static_link {
	struct virtio_msg_xen_end end;
	struct xenbus_device xdev;
	struct virtio_msg_xen_memory *directory;
};

static struct static_link *links[VIRTIO_MSG_XEN_MAX_STATIC];
static struct device *parent;
static DEFINE_MUTEX(links_lock);

static int get_offers(char *buffer, const struct kernel_param *kp)
{
	struct static_link *link;
	int i, size = 0;

	mutex_lock(&links_lock);
	for (i = 0; i < num_connect; i++) {
		link = links[i];
		if (link && link->directory)
			size += sysfs_emit_at(buffer, size, "%u:%u:%u\n",
					      link->end.xen.domid,
					      link->directory->refs[0],
					      link->end.xen.port);
	}
	mutex_unlock(&links_lock);
	return size;
}

static const struct kernel_param_ops offers_ops = {
	.get = get_offers,
};
module_param_cb(offers, &offers_ops, NULL, 0444);
MODULE_PARM_DESC(offers,
		 "DOMAIN:REFERENCE:PORT that each front end of \"connect\" made");

static int parse(const char *text, struct virtio_msg_xen *xen, u32 *ref,
		 u32 *port)
{
	unsigned int domid;
	int end = 0;

	if (sscanf(text, "front:%u%n", &domid, &end) == 1 && !text[end])
		xen->front = true;
	else if (sscanf(text, "back:%u:%u:%u%n", &domid, ref, port, &end) != 3 ||
		 text[end])
		return -EINVAL;
	if (domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	xen->domid = domid;
	return 0;
}

static int accept(struct static_link *link, u32 ref, u32 port)
{
	struct virtio_msg_xen *xen = &link->end.xen;
	u32 refs[VIRTIO_MSG_XEN_MAX_RING];
	unsigned int n;
	int err;

	err = virtio_msg_xen_read_ring(xen, ref, refs, &n);
	return err ?: virtio_msg_xen_accept(xen, refs, n, port);
}

static int offer(struct static_link *link)
{
	struct virtio_msg_xen *xen = &link->end.xen;
	int err;

	err = virtio_msg_xen_offer(xen);
	if (err)
		return err;
	err = virtio_msg_xen_memory_name(xen->ring, &link->directory);
	if (err) {
		virtio_msg_xen_unlink(xen, false);
		return err;
	}
	dev_info(parent, "%s: domain %u, reference %u, port %u\n", xen->name,
		 xen->domid, link->directory->refs[0], xen->port);
	return 0;
}

static int start(struct static_link *link, const char *text, unsigned int i)
{
	struct virtio_msg_xen *xen = &link->end.xen;
	u32 ref = 0, port = 0;
	int err;

	err = parse(text, xen, &ref, &port);
	if (err)
		return err;
	xen->ops = &virtio_msg_xen_domain_ops;
	xen->dev = parent;
	link->xdev.otherend_id = xen->domid;
	link->end.xdev = &link->xdev;
	snprintf(xen->name, sizeof(xen->name), "xen-static-%u", i);
	virtio_msg_xen_set_sizes(xen);
	virtio_msg_xen_init(xen);
	mutex_lock(&xen->lock);
	err = xen->front ? offer(link) : accept(link, ref, port);
	mutex_unlock(&xen->lock);
	return err;
}

static int add(unsigned int i)
{
	struct static_link *link = kzalloc_obj(*link);
	int err;

	if (!link)
		return -ENOMEM;
	err = start(link, connect[i], i);
	if (err) {
		dev_err(parent, "no link \"%s\": error %d\n", connect[i], err);
		kfree(link);
		return err;
	}
	mutex_lock(&links_lock);
	links[i] = link;
	mutex_unlock(&links_lock);
	return 0;
}

static void del(unsigned int i)
{
	struct static_link *link = links[i];

	if (!link)
		return;
	mutex_lock(&links_lock);
	links[i] = NULL;
	mutex_unlock(&links_lock);
	mutex_lock(&link->end.xen.lock);
	virtio_msg_xen_unlink(&link->end.xen, false);
	mutex_unlock(&link->end.xen.lock);
	if (link->directory)
		virtio_msg_xen_memory_free(link->directory);
	kfree(link);
}

/**
 * virtio_msg_xen_static_start() - make the links that the command line describes
 *
 * Context: Sleeps.
 * Return: 0, or the error of the first that cannot be made.
 */
int virtio_msg_xen_static_start(void)
{
	int i, err = 0;

	if (!num_connect)
		return 0;
	parent = root_device_register("virtio-msg-xen");
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	for (i = 0; i < num_connect && !err; i++)
		err = add(i);
	if (err)
		virtio_msg_xen_static_stop();
	return err;
}

/**
 * virtio_msg_xen_static_stop() - undo virtio_msg_xen_static_start()
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_static_stop(void)
{
	int i;

	if (!num_connect)
		return;
	for (i = num_connect; i--;)
		del(i);
	root_device_unregister(parent);
}
