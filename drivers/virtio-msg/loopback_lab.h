/* SPDX-License-Identifier: GPL-2.0 */
/* Fault laboratory of the loopback bus; of no effect unless it is built. */
#ifndef _VIRTIO_MSG_LOOPBACK_LAB_H
#define _VIRTIO_MSG_LOOPBACK_LAB_H

#include <linux/virtio_msg.h>

struct loopback_lab;
struct workqueue_struct;

#ifdef CONFIG_VIRTIO_MSG_LOOPBACK_LAB

void loopback_lab_init(void);
void loopback_lab_exit(void);
struct loopback_lab *loopback_lab_create(struct virtio_msg_bus *bus,
					 struct workqueue_struct *wq);
void loopback_lab_destroy(struct loopback_lab *lab);
int loopback_lab_start(struct loopback_lab *lab);
void loopback_lab_stop(struct loopback_lab *lab);
int loopback_lab_send(struct loopback_lab *lab, const struct virtio_msg *msg);
bool loopback_lab_doorbell(struct loopback_lab *lab);
int loopback_lab_window_alloc(struct loopback_lab *lab, u16 dev_num);
int loopback_lab_window_map(struct loopback_lab *lab, u16 dev_num);
void loopback_lab_receive(struct loopback_lab *lab, struct virtio_msg_bus *bus,
			  struct virtio_msg *msg, u16 size);

#else

static inline void loopback_lab_init(void)
{
}

static inline void loopback_lab_exit(void)
{
}

static inline struct loopback_lab *
loopback_lab_create(struct virtio_msg_bus *bus, struct workqueue_struct *wq)
{
	return NULL;
}

static inline void loopback_lab_destroy(struct loopback_lab *lab)
{
}

static inline int loopback_lab_start(struct loopback_lab *lab)
{
	return 0;
}

static inline void loopback_lab_stop(struct loopback_lab *lab)
{
}

static inline int loopback_lab_send(struct loopback_lab *lab,
				    const struct virtio_msg *msg)
{
	return 0;
}

static inline bool loopback_lab_doorbell(struct loopback_lab *lab)
{
	return true;
}

static inline int loopback_lab_window_alloc(struct loopback_lab *lab,
					    u16 dev_num)
{
	return 0;
}

static inline int loopback_lab_window_map(struct loopback_lab *lab, u16 dev_num)
{
	return 0;
}

static inline void loopback_lab_receive(struct loopback_lab *lab,
					struct virtio_msg_bus *bus,
					struct virtio_msg *msg, u16 size)
{
	virtio_msg_bus_receive(bus, msg, size);
}

#endif

#endif /* _VIRTIO_MSG_LOOPBACK_LAB_H */
