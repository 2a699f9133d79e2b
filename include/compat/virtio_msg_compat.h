/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that depends on the version of the kernel. Included before all
 * else, so that the drivers read as for the newest kernel.
 */
#ifndef _COMPAT_VIRTIO_MSG_COMPAT_H
#define _COMPAT_VIRTIO_MSG_COMPAT_H

#include <linux/version.h>

#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

/* Features beyond the 64th: since 6.17. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)

#include <linux/virtio_features.h>

#ifdef VIRTIO_FEATURES_U64S
#define VIRTIO_MSG_COMPAT_FEATURE_WORDS	VIRTIO_FEATURES_U64S
#else
#define VIRTIO_MSG_COMPAT_FEATURE_WORDS	VIRTIO_FEATURES_DWORDS
#endif

static inline u64 virtio_msg_compat_features(struct virtio_device *vdev,
					     unsigned int i)
{
	return vdev->features_array[i];
}

#define VIRTIO_MSG_COMPAT_GET_EXTENDED_FEATURES(fn) \
	.get_extended_features = fn,

#else

#define VIRTIO_MSG_COMPAT_FEATURE_WORDS	1

static inline u64 virtio_msg_compat_features(struct virtio_device *vdev,
					     unsigned int i)
{
	return vdev->features;
}

#define VIRTIO_MSG_COMPAT_GET_EXTENDED_FEATURES(fn)

#endif

/* Allocation by type: since 7.0, and in later releases of 6.12. */
#ifndef kzalloc_obj
#define VIRTIO_MSG_COMPAT_SECOND(first, second, ...)	second
#define kzalloc_obj(P, ...) \
	kzalloc(sizeof(P), \
		VIRTIO_MSG_COMPAT_SECOND(, ##__VA_ARGS__, GFP_KERNEL))
#endif

/* The name of a namespace is a string since 6.13. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define VIRTIO_MSG_COMPAT_IMPORT_NS(ns)	MODULE_IMPORT_NS(#ns)
#else
#define VIRTIO_MSG_COMPAT_IMPORT_NS(ns)	MODULE_IMPORT_NS(ns)
#endif

/* In one step since 6.13. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)

#include <linux/hrtimer.h>

static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock_id, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock_id, mode);
	timer->function = function;
}

#endif

/* Only there with CONFIG_PM_SLEEP. */
#ifdef CONFIG_PM_SLEEP

static inline int virtio_msg_compat_freeze(struct virtio_device *vdev)
{
	return virtio_device_freeze(vdev);
}

static inline int virtio_msg_compat_restore(struct virtio_device *vdev)
{
	return virtio_device_restore(vdev);
}

#else

static inline int virtio_msg_compat_freeze(struct virtio_device *vdev)
{
	return 0;
}

static inline int virtio_msg_compat_restore(struct virtio_device *vdev)
{
	return 0;
}

#endif

#endif /* _COMPAT_VIRTIO_MSG_COMPAT_H */
