/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What depends on the version of the kernel's FF-A driver. What changed after
 * 6.12 did so at the same time, together with this macro.
 */
#ifndef _COMPAT_VIRTIO_MSG_COMPAT_FFA_H
#define _COMPAT_VIRTIO_MSG_COMPAT_FFA_H

#include <linux/arm_ffa.h>
#include <linux/errno.h>

#ifdef ffa_partition_supports_direct_req2_recv

static inline int virtio_msg_compat_ffa_direct(struct ffa_device *fdev,
					       struct ffa_send_direct_data2 *data)
{
	return fdev->ops->msg_ops->sync_send_receive2(fdev, data);
}

/* Of framework notifications there is one: an indirect message came. */
#define VIRTIO_MSG_COMPAT_FFA_INDIRECT	true

static inline int
virtio_msg_compat_ffa_request_indirect(struct ffa_device *fdev,
				       void (*cb)(int id, void *data, void *buf),
				       void *data)
{
	const struct ffa_notifier_ops *ops = fdev->ops->notifier_ops;

	return ops ? ops->fwk_notify_request(fdev, cb, data, 0) : -EOPNOTSUPP;
}

static inline int
virtio_msg_compat_ffa_relinquish_indirect(struct ffa_device *fdev)
{
	return fdev->ops->notifier_ops->fwk_notify_relinquish(fdev, 0);
}

#else

#define VIRTIO_MSG_COMPAT_FFA_INDIRECT	false

static inline int
virtio_msg_compat_ffa_request_indirect(struct ffa_device *fdev,
				       void (*cb)(int id, void *data, void *buf),
				       void *data)
{
	return -EOPNOTSUPP;
}

static inline int
virtio_msg_compat_ffa_relinquish_indirect(struct ffa_device *fdev)
{
	return 0;
}

/* Passed on as firmware says, without a name. */
#define FFA_PARTITION_DIRECT_REQ2_RECV	BIT(9)

static inline int virtio_msg_compat_ffa_direct(struct ffa_device *fdev,
					       struct ffa_send_direct_data2 *data)
{
	return fdev->ops->msg_ops->sync_send_receive2(fdev, &fdev->uuid, data);
}

#endif

#endif /* _COMPAT_VIRTIO_MSG_COMPAT_FFA_H */
