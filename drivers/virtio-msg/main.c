// SPDX-License-Identifier: GPL-2.0
/*
 * The core module of virtio over messages.
 */
#include <linux/module.h>

#include "bus.h"
#include "debugfs.h"
#include "user.h"

static int __init virtio_msg_init(void)
{
	int err;

	err = virtio_msg_user_init();
	if (err)
		return err;
	err = virtio_msg_bus_init();
	if (err)
		goto exit_user;
	virtio_msg_debugfs_init();
	return 0;

exit_user:
	virtio_msg_user_exit();
	return err;
}

static void __exit virtio_msg_exit(void)
{
	virtio_msg_debugfs_exit();
	virtio_msg_bus_exit();
	virtio_msg_user_exit();
}

module_init(virtio_msg_init);
module_exit(virtio_msg_exit);

MODULE_DESCRIPTION("Virtio over messages");
MODULE_LICENSE("GPL");
