/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VIRTIO_MSG_EXPORT_H
#define _VIRTIO_MSG_EXPORT_H

#include <linux/err.h>
#include <linux/kconfig.h>

struct file;
struct virtio_msg_core;
struct virtio_msg_export;
struct virtio_msg_mapping;

#if IS_ENABLED(CONFIG_DMA_SHARED_BUFFER)

struct virtio_msg_export *
virtio_msg_export_create(struct virtio_msg_core *core,
			 const struct virtio_msg_mapping *map);
struct file *virtio_msg_export_file(struct virtio_msg_export *export);
void virtio_msg_export_revoke(struct virtio_msg_export *export);

#else

static inline struct virtio_msg_export *
virtio_msg_export_create(struct virtio_msg_core *core,
			 const struct virtio_msg_mapping *map)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline struct file *
virtio_msg_export_file(struct virtio_msg_export *export)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void virtio_msg_export_revoke(struct virtio_msg_export *export)
{
}

#endif

#endif /* _VIRTIO_MSG_EXPORT_H */
