/* SPDX-License-Identifier: BSD-3-Clause */
/* Types of devices: what the protocol leaves to the front end. */
#ifndef _VHOST_USER_TYPE_H
#define _VHOST_USER_TYPE_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

struct vhu_options;

/**
 * struct vhu_type - a type of device
 * @name: word of the command line
 * @device_id: virtio device type
 * @queues: number of queues, unless an option says otherwise
 * @queues_min: smallest number of queues
 * @shared: of them, those that the back end has; 0: all
 * @backend_config: bytes of configuration that the back end has; else it is
 *	@config's
 * @hide: feature bits that need more than the back end
 * @offer: feature bits that are the front end's, or NULL
 * @config: make or amend the configuration of @size bytes; returns its size
 * @needs: an option that must be given, or NULL
 * @pairs: the back end counts pairs of queues
 * @in_order: the back end takes and gives back in order, and what it was
 *	working on may be done twice or never: it can be resumed without a log
 */
struct vhu_type {
	const char *name;
	__u32 device_id;
	__u32 queues;
	__u32 queues_min;
	__u32 shared;
	__u32 backend_config;
	bool pairs;
	bool in_order;
	__u64 hide;
	__u64 (*offer)(const struct vhu_options *options);
	__u32 (*config)(const struct vhu_options *options, __u32 queues,
			__u8 *config, __u32 size);
	const char *(*needs)(const struct vhu_options *options);
};

/**
 * struct vhu_options - what the user wants
 * @path: socket of the back end
 * @type: type of the device
 * @queues: number of queues, or 0
 * @queue_size: entries of each
 * @tag: name of a file system, or NULL
 * @mac: address of a network card, if @has_mac
 * @mtu: of a network, or 0
 * @inflight: resume after the back end's death, if it can
 * @reconnect: wait for a back end that has gone
 * @resume_ms: how long a device waits for its back end to come back
 */
struct vhu_options {
	const char *path;
	const struct vhu_type *type;
	__u32 queues;
	__u32 queue_size;
	const char *tag;
	__u8 mac[6];
	bool has_mac;
	__u16 mtu;
	bool inflight;
	bool reconnect;
	__u32 resume_ms;
};

const struct vhu_type *vhu_type_find(const char *name);
void vhu_type_list(FILE *f);

#endif /* _VHOST_USER_TYPE_H */
