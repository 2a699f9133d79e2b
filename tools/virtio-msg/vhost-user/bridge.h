/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a device whose back end comes and goes. */
#ifndef _VHOST_USER_BRIDGE_H
#define _VHOST_USER_BRIDGE_H

#include "vhost-user/device.h"

/**
 * struct vhu_bridge - a device number for a back end
 * @device: the device
 * @loop: on which all of it hangs
 * @dev_num: number wanted, or VMSG_DEV_ANY until there is one
 * @added: the device is on the bus
 * @waiting: that there is no back end has been said
 * @connection: of the back end
 * @requests: of the back end
 * @errors: of rings
 * @timer: until the next attempt to connect
 * @trouble: look at the back end once all else is done
 * @retry_ms: time until the next attempt
 * @resume_until: a device without a back end is kept until then
 * @ready: called once the device is there for the first time
 */
struct vhu_bridge {
	struct vhu_device device;
	struct vmsg_loop *loop;
	__u32 dev_num;
	bool added;
	bool waiting;
	struct vmsg_watch connection;
	struct vmsg_watch requests;
	struct vmsg_watch errors;
	struct vmsg_watch timer;
	struct vmsg_task trouble;
	__u32 retry_ms;
	__u64 resume_until;
	char why[160];
	void (*ready)(void);
};

int vhu_bridge_open(struct vhu_bridge *bridge, struct vmsg_loop *loop,
		    struct vmsg_bus *bus, const struct vhu_options *options,
		    __u32 dev_num, void (*ready)(void));
void vhu_bridge_close(struct vhu_bridge *bridge);

#endif /* _VHOST_USER_BRIDGE_H */
