/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bus for tests, whose peer is code: it keeps the model of a few devices,
 * answers what it is asked, and errs where it is told to.
 */
#ifndef _VIRTIO_MSG_FAKE_PEER_H
#define _VIRTIO_MSG_FAKE_PEER_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_msg.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "bus.h"
#include "fake_until.h"
#include "protocol.h"
#include "transport.h"

#define FAKE_LOG	512
#define FAKE_MESSAGE	264
#define FAKE_RULES	8
#define FAKE_DEVICES	4
#define FAKE_QUEUES	4
#define FAKE_BLOCKS	64
#define FAKE_CONFIG	8192
#define FAKE_BUFFERS	16
#define FAKE_BUFFER	64

/* A type of which only tests have a driver; its queues can be relayed. */
#define FAKE_ID		VIRTIO_ID_SCMI
/* The same, and its requests can be failed. */
#define FAKE_ID_ERROR	VIRTIO_ID_GPIO
/* The same, but only in direct mode. */
#define FAKE_ID_DIRECT	4000

/**
 * enum fake_how - what becomes of a message
 * @FAKE_ANSWER: the right answer
 * @FAKE_SILENT: none
 * @FAKE_HOLD: it is kept until fake_peer_release()
 * @FAKE_TWICE: it comes twice
 * @FAKE_TOKEN: one with another token, then the right one
 * @FAKE_DEVICE: one of another device, then the right one
 * @FAKE_KIND: one to another request, then the right one
 * @FAKE_LENGTH: one that is cut, then the right one
 * @FAKE_AGAIN: the bus has no room
 * @FAKE_ERROR: the bus cannot send it
 */
enum fake_how {
	FAKE_ANSWER,
	FAKE_SILENT,
	FAKE_HOLD,
	FAKE_TWICE,
	FAKE_TOKEN,
	FAKE_DEVICE,
	FAKE_KIND,
	FAKE_LENGTH,
	FAKE_AGAIN,
	FAKE_ERROR,
};

/* From where answers come. */
enum fake_via {
	FAKE_SYNC,	/* from within send */
	FAKE_WORK,	/* from a work */
	FAKE_TIMER,	/* from a timer, in soft interrupt context */
};

struct fake_rule {
	enum virtio_msg_kind kind;
	enum fake_how how;
	unsigned int skip;
	unsigned int times;
};

struct fake_sent {
	struct virtio_msg_fields fields;
	bool atomic;
	u8 bytes[FAKE_MESSAGE] __aligned(8);
};

struct fake_queue {
	u32 max;
	u32 size;
	u32 flags;
	u64 desc;
	u64 driver;
	u64 device;
	u16 seen;
	u16 used;
};

struct fake_device {
	u16 dev_num;
	u32 device_id;
	u32 blocks;
	u32 features[FAKE_BLOCKS];
	u32 accepted[FAKE_BLOCKS];
	u8 config[FAKE_CONFIG];
	u32 config_size;
	u32 generation;
	u32 status;
	u32 status_extra;	/* claimed whatever was written */
	u32 status_refused;	/* never set */
	u32 reset_polls;	/* looks at the status that a reset takes */
	u32 resetting;
	u32 max_vqs;
	struct fake_queue queues[FAKE_QUEUES];
	u64 shm_addr;
	u64 shm_length;
};

/**
 * struct fake_peer - a bus and what is at its other end
 * @test: the test
 * @bus: the bus
 * @core: the core's side, held by a reference
 * @dialect: what the peer speaks
 * @strict: it rejects stale generations
 * @lock: protects all that follows
 * @wait: woken by each message
 * @sent: the first messages that were sent
 * @num_sent: entries of @sent
 * @count: messages that were sent, by kind
 * @again: attempts that found no room
 * @garbage: messages that could not be understood
 * @after_stop: calls after the bus had unregistered
 * @rules: what becomes of messages
 * @num_rules: entries of @rules
 * @edit: changes each answer
 * @on_send: sees each message that is sent, before it is answered
 * @doorbell: result of the notify operation
 * @rings: calls of it that were successful
 * @lost: calls of the lost operation
 * @silent: fake_peer_serve() does not tell of the answers
 * @via: from where answers come
 * @delay: jiffies until then, of %FAKE_TIMER
 * @mail: answers on their way
 * @held: answers that wait for fake_peer_release()
 * @work: delivers @mail
 * @timer: delivers @mail
 * @devices: the devices that the peer has
 * @num_devices: entries of @devices
 * @bitmap: device numbers that GET_DEVICES tells
 * @windows: memory shared by the driver side
 * @num_windows: entries of @windows
 * @allocations: number of windows asked for until now
 * @fail_allocation: the one that fails, counted from 1
 * @revocable: windows can be revoked
 * @leaked: windows that may be left at the end
 * @scratch: for answers
 */
struct fake_peer {
	struct kunit *test;
	struct virtio_msg_bus bus;
	struct virtio_msg_core *core;
	const struct virtio_msg_dialect *dialect;
	bool strict;
	spinlock_t lock;
	wait_queue_head_t wait;
	struct fake_sent *sent;
	unsigned int num_sent;
	unsigned int count[VIRTIO_MSG_KINDS];
	unsigned int again;
	unsigned int garbage;
	unsigned int after_stop;
	struct fake_rule rules[FAKE_RULES];
	unsigned int num_rules;
	void (*edit)(struct fake_peer *peer,
		     const struct virtio_msg_fields *request,
		     struct virtio_msg_fields *answer);
	void (*on_send)(struct fake_peer *peer,
			const struct virtio_msg_fields *fields);
	int doorbell;
	unsigned int rings;
	atomic_t lost;
	bool silent;
	enum fake_via via;
	unsigned long delay;
	struct list_head mail;
	struct list_head held;
	struct work_struct work;
	struct timer_list timer;
	struct fake_device *devices;
	unsigned int num_devices;
	unsigned long *bitmap;
	struct list_head windows;
	unsigned int num_windows;
	unsigned int allocations;
	unsigned int fail_allocation;
	bool revocable;
	unsigned int leaked;
	u8 scratch[8192] __aligned(8);
};

/**
 * struct fake_driver - a virtio driver
 * @drv: the driver
 * @ids: its only type
 * @table: its features
 * @names: of its queues; one without a name is left out
 * @nvqs: number of queues
 * @vqs: its queues
 * @vdev: the device that it has
 * @find_err: result of virtio_find_vqs()
 * @probe: called by the probe function, or NULL
 * @probe_entered: completed as its probe starts, if @probe_go is used
 * @probe_go: waited for in its probe, if @probe_waits
 * @probe_waits: as it says
 * @freeze: called by its freeze function, or NULL
 * @freeze_err: what its freeze function fails with
 * @frozen: successful calls of it
 * @probed: successful probes
 * @removed: calls of its remove function
 * @removed_early: what @removed was as its freeze function ended
 * @changes: calls of its config_changed function
 * @answered: called in place of taking what came back, or NULL
 * @answers: buffers that came back
 * @detached: buffers that were taken back in the end
 * @lengths: what the device had written to them
 * @buffers: memory of requests
 */
struct fake_driver {
	struct virtio_driver drv;
	struct virtio_device_id ids[2];
	unsigned int table[8];
	const char *names[FAKE_QUEUES];
	unsigned int nvqs;
	struct virtqueue *vqs[FAKE_QUEUES];
	struct virtio_device *vdev;
	int find_err;
	int (*probe)(struct fake_driver *driver);
	struct completion probe_entered;
	struct completion probe_go;
	bool probe_waits;
	void (*freeze)(struct fake_driver *driver);
	int freeze_err;
	unsigned int frozen;
	unsigned int probed;
	unsigned int removed;
	unsigned int removed_early;
	atomic_t changes;
	void (*answered)(struct fake_driver *driver);
	atomic_t answers;
	unsigned int detached;
	u32 lengths;
	u8 *buffers;
};

int fake_peer_init(struct kunit *test);
void fake_peer_exit(struct kunit *test);
void fake_peer_start(struct fake_peer *peer);
void fake_peer_stop(struct fake_peer *peer);
void fake_peer_set_timeout(struct fake_peer *peer, u32 ms);

bool fake_peer_answer(struct fake_peer *peer,
		      const struct virtio_msg_fields *request,
		      struct virtio_msg_fields *answer);
struct fake_device *fake_peer_add(struct fake_peer *peer, u16 dev_num,
				  u32 device_id);
void fake_peer_on(struct fake_peer *peer, enum virtio_msg_kind kind,
		  enum fake_how how, unsigned int skip, unsigned int times);
void fake_peer_forget_rules(struct fake_peer *peer);
void fake_peer_release(struct fake_peer *peer, bool backwards);
void fake_peer_send(struct fake_peer *peer, struct virtio_msg_fields *fields);
void fake_peer_event(struct fake_peer *peer, u16 dev_num, u16 state);
bool fake_peer_plug(struct fake_peer *peer, u16 dev_num);
void fake_peer_unplug(struct fake_peer *peer, u16 dev_num);
void fake_peer_used(struct fake_peer *peer, u16 dev_num, u32 index);
void fake_peer_config_event(struct fake_peer *peer, struct fake_device *dev,
			    u32 offset, u32 length, bool with_data);
u32 fake_peer_serve(struct fake_peer *peer, struct fake_device *dev, u32 index);
void fake_peer_spoil(struct fake_peer *peer, struct fake_device *dev, u32 index);
long fake_peer_counter(struct fake_peer *peer, enum virtio_msg_counter counter);
struct fake_sent *fake_peer_find(struct fake_peer *peer,
				 enum virtio_msg_kind kind, unsigned int n);
unsigned int fake_peer_total(struct fake_peer *peer);
struct virtio_msg_device *fake_peer_vmdev(struct fake_peer *peer, u16 dev_num);

struct fake_driver *fake_driver_create(struct kunit *test, u32 device_id,
				       unsigned int nvqs);
void fake_driver_register(struct kunit *test, struct fake_driver *driver);
void fake_driver_unbind(struct fake_driver *driver);
int fake_driver_request(struct fake_driver *driver, unsigned int vq,
			unsigned int buffer, u32 out, u32 in);

#define fake_count(peer, name)	fake_peer_counter(peer, VMSG_CNT_##name)

#endif /* _VIRTIO_MSG_FAKE_PEER_H */
