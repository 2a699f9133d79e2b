// SPDX-License-Identifier: GPL-2.0
/*
 * The module of the bus between Xen domains.
 */
#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/module.h>

#include "domain.h"
#include "mapping.h"
#include "memory.h"
#include "../amp/limits.h"

static unsigned int ring_pages = VIRTIO_MSG_XEN_MIN_RING;
module_param(ring_pages, uint, 0444);
MODULE_PARM_DESC(ring_pages,
		 "front ends: pages of 4 KiB for messages and tables, 4 to 16 (4)");
static unsigned int msg_size = VIRTIO_MSG_XEN_MSG;
module_param(msg_size, uint, 0444);
MODULE_PARM_DESC(msg_size, "front ends: bytes of the largest message (264)");
static unsigned int peer_ms = VIRTIO_MSG_XEN_PEER_MS;
module_param(peer_ms, uint, 0444);
MODULE_PARM_DESC(peer_ms, "for how long a domain may look dead (30000)");

static int get_quarantined(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%zu\n", virtio_msg_xen_memory_quarantined());
}

static const struct kernel_param_ops quarantined_ops = {
	.get = get_quarantined,
};
module_param_cb(quarantined_bytes, &quarantined_ops, NULL, 0444);
MODULE_PARM_DESC(quarantined_bytes,
		 "memory that was given up and that another domain still uses");

static int get_busy(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", virtio_msg_xen_mappings_busy());
}

static const struct kernel_param_ops busy_ops = {
	.get = get_busy,
};
module_param_cb(busy_mappings, &busy_ops, NULL, 0444);
MODULE_PARM_DESC(busy_mappings,
		 "windows of other domains that were given up and are still pinned");

static int get_refused(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", virtio_msg_xen_mappings_refused());
}

static const struct kernel_param_ops refused_ops = {
	.get = get_refused,
};
module_param_cb(refused_mappings, &refused_ops, NULL, 0444);
MODULE_PARM_DESC(refused_mappings,
		 "how often another domain wanted more mapped than it may");

/**
 * virtio_msg_xen_set_sizes() - what the module's parameters say
 * @xen: an end that is to be initialised
 *
 * Context: Any.
 */
void virtio_msg_xen_set_sizes(struct virtio_msg_xen *xen)
{
	xen->want_ring_pages = ring_pages;
	xen->want_msg_size = msg_size;
	xen->peer_ms = peer_ms;
}

static bool parameters_ok(void)
{
	return ring_pages >= VIRTIO_MSG_XEN_MIN_RING &&
	       ring_pages <= VIRTIO_MSG_XEN_MAX_RING &&
	       msg_size >= VIRTIO_MSG_XEN_MIN_MSG &&
	       msg_size <= VIRTIO_MSG_XEN_MAX_MSG && !(msg_size % 8) &&
	       peer_ms && peer_ms <= VIRTIO_MSG_AMP_MAX_PEER_MS;
}

/* As other drivers, this one loads where there is nothing for it. */
static bool in_domain(void)
{
	return IS_ENABLED(CONFIG_XEN_XENBUS_FRONTEND) && virtio_msg_xen_here();
}

static int __init xen_module_init(void)
{
	int err;

	if (!parameters_ok())
		return -EINVAL;
	if (!in_domain())
		return 0;
	err = virtio_msg_xen_static_start();
	if (err)
		return err;
	err = virtio_msg_xenbus_register();
	if (err)
		virtio_msg_xen_static_stop();
	return err;
}

static void __exit xen_module_exit(void)
{
	if (in_domain()) {
		virtio_msg_xenbus_unregister();
		virtio_msg_xen_static_stop();
	}
	virtio_msg_xen_mappings_exit();
	virtio_msg_xen_memory_exit();
}

module_init(xen_module_init);
module_exit(xen_module_exit);

MODULE_DESCRIPTION("Virtio over messages between Xen domains");
MODULE_LICENSE("GPL");
