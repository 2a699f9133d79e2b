/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Entropy devices made of nothing but messages (dialect D26), which can be told
 * to misbehave.
 */
#ifndef _VMSG_RAW_H
#define _VMSG_RAW_H

#include "vmsg_util.h"

#define VMSG_RAW_ID		4	/* entropy */
#define VMSG_RAW_QUEUE_SIZE	16
#define VMSG_RAW_LOG		128

struct vmsg_raw;

/**
 * struct vmsg_raw - a device
 * @fd: open bus
 * @dev_num: claimed number
 * @answer: in place of vmsg_raw_answer(); false: leave the message to that
 * @use: in place of vmsg_raw_use()
 * @send: in place of vmsg_send(), for answers
 * @features: offered
 * @config_size: of a configuration space that is all zeroes
 * @log: what came, in order: the message's number, and the status above it
 * @status: of the device
 * @window: the queue's, mapped
 */
struct vmsg_raw {
	int fd;
	unsigned int dev_num;
	bool (*answer)(struct vmsg_raw *raw, const struct vmsg_msg *msg);
	void (*use)(struct vmsg_raw *raw);
	int (*send)(struct vmsg_raw *raw, const struct vmsg_msg *msg);
	uint64_t features;
	uint64_t driver_features;
	unsigned int config_size;
	unsigned int log[VMSG_RAW_LOG];
	unsigned int num_log;
	unsigned int status;
	struct virtio_msg_get_vqueue_resp vq;
	uint8_t *window;
	size_t window_size;
	uint64_t window_start;
	uint16_t seen;
	uint16_t used;
	unsigned int requests;
	unsigned int fill;
	unsigned int state;	/* for @answer */
};

void vmsg_raw_init(struct vmsg_raw *raw, int fd);
int vmsg_raw_claim(struct vmsg_raw *raw, unsigned int dev_num);
void vmsg_raw_reset(struct vmsg_raw *raw);
void vmsg_raw_unmap(struct vmsg_raw *raw);

/* What a good device does. */
void vmsg_raw_answer(struct vmsg_raw *raw, const struct vmsg_msg *msg);
void vmsg_raw_use(struct vmsg_raw *raw);

/* Steps of it. */
int vmsg_raw_map(struct vmsg_raw *raw);
void vmsg_raw_push(struct vmsg_raw *raw, unsigned int id, unsigned int len);
void vmsg_raw_set_used(struct vmsg_raw *raw, unsigned int idx);
int vmsg_raw_head(struct vmsg_raw *raw);
void vmsg_raw_event_used(struct vmsg_raw *raw, unsigned int index);
int vmsg_raw_event_config(struct vmsg_raw *raw, unsigned int status,
			  unsigned int offset, unsigned int length,
			  unsigned int data);
int vmsg_raw_respond(struct vmsg_raw *raw, const struct vmsg_msg *request,
		     const void *payload, size_t size);
void *vmsg_raw_reply(const struct vmsg_msg *request, struct vmsg_msg *reply,
		     size_t payload);

/* Read and dispatch what is there; devices of one file, by number. */
int vmsg_raw_poll(struct vmsg_raw *raws, unsigned int num, int timeout_ms);

/* Serve until @condition holds: true if it did in time. */
#define vmsg_raw_until(raws, num, condition, ms)			\
({									\
	uint64_t _end = vmsg_now_ms() + (ms);				\
	bool _is;							\
									\
	while (!(_is = (condition)) && vmsg_now_ms() < _end)		\
		vmsg_raw_poll(raws, num, 5);				\
	_is;								\
})

#endif /* _VMSG_RAW_H */
