/* SPDX-License-Identifier: BSD-3-Clause */
/* A bus and a driver for tests; the driver does whatever it is told. */
#ifndef _TESTS_FAKE_H
#define _TESTS_FAKE_H

#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#include "core.h"
#include "protocol.h"

#define FAKE_WINDOWS	8
#define FAKE_QUEUES	8

/**
 * struct fake - a bus on which one device is
 * @refuse_events: there is no room for events
 * @responses: messages of this kind that were sent
 * @used: EVENT_USED of each queue
 * @config: EVENT_CONFIG
 * @last_config: the last of them, without its data
 * @last_data: its data
 * @wrong: messages sent that are no such thing
 */
struct fake {
	struct vmsg_link link;
	struct vmsg_device *dev;
	bool refuse_events;
	int responses;
	int used[FAKE_QUEUES];
	int config;
	int wrong;
	int again;
	int mapped;
	struct vmsg_queue *again_queue;
	struct virtio_msg_fields last_config;
	__u8 last_data[256];
	__u8 *response;
	__u32 response_len;
	__u16 token;
	bool (*relax)(void);	/* what the driver does when it may go on */
	struct {
		__u64 start;
		__u64 size;
		__u8 *mem;
	} window[FAKE_WINDOWS];
	int windows;
};

void fake_init(struct fake *fake, const struct virtio_msg_dialect *dialect,
	       __u32 max_msg);
void fake_exit(struct fake *fake);
void fake_attach(struct fake *fake, struct vmsg_device *dev);

/* Exactly @size bytes, so that the sanitizer sees what goes beyond. */
__u8 *fake_window(struct fake *fake, __u64 start, __u64 size);

/* Send a request; true if exactly one fitting response came. */
bool fake_request(struct fake *fake, struct virtio_msg_fields *request,
		  struct virtio_msg_fields *response);
/* Send bytes; true if a response came. */
bool fake_raw(struct fake *fake, const void *msg, __u32 len);

__u32 fake_status(struct fake *fake, __u32 status);
void fake_features(struct fake *fake, __u32 index, __u32 word);
/* All up to and with FEATURES_OK, with all offered features but @without. */
bool fake_negotiate(struct fake *fake, __u32 without_block0);
bool fake_driver_ok(struct fake *fake);
void fake_kick(struct fake *fake, __u32 index);

/**
 * struct ring - the driver's view of a queue: all of it in one window
 * @mem: the window
 * @base: its bus address
 */
struct ring {
	struct fake *fake;
	__u32 index;
	__u16 num;
	__u16 avail_idx;
	__u16 used_seen;
	__u64 base;
	__u32 size;
	__u8 *mem;
	__u32 desc;
	__u32 avail;
	__u32 used;
	__u32 data;
};

#define RING_DATA	65536
#define RING_NEXT	1
#define RING_WRITE	2
#define RING_INDIRECT	4

/* Set the queue up; true if the device says that it is enabled. */
bool ring_init(struct ring *ring, struct fake *fake, __u32 index, __u16 num,
	       __u64 base);
void ring_desc(struct ring *ring, __u16 i, __u64 addr, __u32 len, __u16 flags,
	       __u16 next);
void ring_avail(struct ring *ring, __u16 head);
void ring_set_avail_idx(struct ring *ring, __u16 idx);
void ring_set_used_event(struct ring *ring, __u16 value);
__u16 ring_avail_event(struct ring *ring);
__u16 ring_used_idx(struct ring *ring);
void ring_used_elem(struct ring *ring, __u16 i, __u32 *id, __u32 *len);

/*
 * One request: @out_len bytes, then room for @in_len bytes, in pieces of at most
 * @piece bytes. Returns what the device says that it wrote, or -1 if it did not
 * answer.
 */
long ring_request(struct ring *ring, const void *out, __u32 out_len, void *in,
		  __u32 in_len, __u32 piece);
/* The same in two steps; @head is where the chain begins. */
void ring_put(struct ring *ring, __u16 head, __u32 offset, const void *out,
	      __u32 out_len, __u32 in_len, __u32 piece);
long ring_get(struct ring *ring, __u32 offset, void *in, __u32 in_len);

#endif /* _TESTS_FAKE_H */
