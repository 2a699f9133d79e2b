// SPDX-License-Identifier: GPL-2.0
/*
 * Devices "vmsg" in xenstore: front ends of this domain, and its back ends for
 * others.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "domain.h"
#include "store.h"

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* False if it is too long: the first part of it may be another device's. */
static bool choose_name(struct virtio_msg_xen *xen,
			const struct xenbus_device *xdev)
{
	const char *number = last_part(xdev->nodename);
	int size;

	if (xen->front)
		size = snprintf(xen->name, sizeof(xen->name), "xen-front-%s",
				number);
	else
		size = snprintf(xen->name, sizeof(xen->name), "xen-back-%u-%s",
				xen->domid, number);
	return size < sizeof(xen->name);
}

static struct virtio_msg_xen_end *create(struct xenbus_device *xdev, bool front)
{
	struct virtio_msg_xen_end *end = kzalloc_obj(*end);

	if (!end)
		return ERR_PTR(-ENOMEM);
	end->xdev = xdev;
	end->has_store = true;
	end->xen.ops = &virtio_msg_xen_domain_ops;
	end->xen.dev = &xdev->dev;
	end->xen.domid = xdev->otherend_id;
	end->xen.front = front;
	if (!choose_name(&end->xen, xdev)) {
		kfree(end);
		return ERR_PTR(-ENAMETOOLONG);
	}
	virtio_msg_xen_set_sizes(&end->xen);
	virtio_msg_xen_init(&end->xen);
	dev_set_drvdata(&xdev->dev, end);
	return end;
}

/*
 * Nobody there knows of a device whose nodes were removed, or are those of another
 * life: then they say another state than was written, or name no other end.
 */
static bool is_forgotten(struct virtio_msg_xen_end *end)
{
	u32 state;
	int err;

	if (!end->xdev->otherend)
		return true;
	err = end->xen.ops->read(&end->xen, false, VIRTIO_MSG_XEN_KEY_STATE,
				 &state);
	return err ? err == -ENOENT : state != end->xen.state;
}

static void destroy(struct xenbus_device *xdev)
{
	struct virtio_msg_xen_end *end = dev_get_drvdata(&xdev->dev);

	virtio_msg_xen_forget(&end->xen, is_forgotten(end));
	dev_set_drvdata(&xdev->dev, NULL);
	kfree(end);
}

static int probe(struct xenbus_device *xdev, bool front)
{
	struct virtio_msg_xen_end *end = create(xdev, front);
	int err;

	if (IS_ERR(end))
		return PTR_ERR(end);
	err = front ? virtio_msg_xen_front_start(&end->xen) :
		      virtio_msg_xen_back_start(&end->xen);
	if (err)
		destroy(xdev);
	return err;
}

/* The front end */

static int front_probe(struct xenbus_device *xdev,
		       const struct xenbus_device_id *id)
{
	return probe(xdev, true);
}

static void front_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct virtio_msg_xen_end *end = dev_get_drvdata(&xdev->dev);

	virtio_msg_xen_front_changed(&end->xen,
				     (enum virtio_msg_xen_state)state);
}

static int front_resume(struct xenbus_device *xdev)
{
	struct virtio_msg_xen_end *end = dev_get_drvdata(&xdev->dev);

	virtio_msg_xen_restored(&end->xen, xdev->otherend_id);
	return 0;
}

static const struct xenbus_device_id ids[] = {
	{ VIRTIO_MSG_XEN_TYPE },
	{ "" }
};

static struct xenbus_driver front_driver = {
	.name = "virtio-msg-xen-front",
	.ids = ids,
	.probe = front_probe,
	.remove = destroy,
	.otherend_changed = front_changed,
	.resume = front_resume,
	/* A root file system may be on it, but nobody is to wait for others. */
	.not_essential = true,
};

/* The back end */

static int back_probe(struct xenbus_device *xdev,
		      const struct xenbus_device_id *id)
{
	return probe(xdev, false);
}

static void back_changed(struct xenbus_device *xdev, enum xenbus_state state)
{
	struct virtio_msg_xen_end *end = dev_get_drvdata(&xdev->dev);

	virtio_msg_xen_back_changed(&end->xen,
				    (enum virtio_msg_xen_state)state);
}

static struct xenbus_driver back_driver = {
	.name = "virtio-msg-xen-back",
	.ids = ids,
	.probe = back_probe,
	.remove = destroy,
	.otherend_changed = back_changed,
};

/**
 * virtio_msg_xenbus_register() - look for devices in xenstore
 *
 * Context: Sleeps.
 * Return: 0 or an error.
 */
int virtio_msg_xenbus_register(void)
{
	int err;

	err = xenbus_register_frontend(&front_driver);
	if (err || !IS_ENABLED(CONFIG_XEN_BACKEND))
		return err;
	err = xenbus_register_backend(&back_driver);
	if (err)
		xenbus_unregister_driver(&front_driver);
	return err;
}

/**
 * virtio_msg_xenbus_unregister() - let go of all of them
 *
 * Context: Sleeps.
 */
void virtio_msg_xenbus_unregister(void)
{
	if (IS_ENABLED(CONFIG_XEN_BACKEND))
		xenbus_unregister_driver(&back_driver);
	xenbus_unregister_driver(&front_driver);
}

MODULE_ALIAS("xen:" VIRTIO_MSG_XEN_TYPE);
MODULE_ALIAS("xen-backend:" VIRTIO_MSG_XEN_TYPE);
