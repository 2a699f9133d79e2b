/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two domains for tests: a table of grants, an event channel and a store, with a
 * front end in one and a back end in the other. Any call can be made to fail.
 */
#ifndef _VIRTIO_MSG_XEN_FAKE_XEN_H
#define _VIRTIO_MSG_XEN_FAKE_XEN_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "../fake_peer.h"
#include "link.h"

#define FAKE_FRONT	0
#define FAKE_BACK	1
#define FAKE_ENDS	2
#define FAKE_GRANTS	8192
#define FAKE_NODES	32
#define FAKE_KEY	24

/**
 * struct fake_grant - an entry of the table
 * @page: what is granted; NULL: nothing is
 * @domid: to whom
 * @readonly: for reading
 * @abandoned: it ends when it is not mapped any more, and so does a reference to @page
 * @maps: how often it is mapped
 */
struct fake_grant {
	struct page *page;
	u16 domid;
	bool readonly;
	bool abandoned;
	unsigned int maps;
};

/**
 * struct fake_node - a number in the store
 * @key: its name
 * @value: the number
 */
struct fake_node {
	char key[FAKE_KEY];
	u32 value;
};

/**
 * struct fake_end - a domain
 * @xen: the end of the link that it has
 * @started: it has one
 * @bound: its event channel is there
 * @state: in the store
 * @nodes: in the store
 * @num_nodes: entries of @nodes
 * @watch: tells it of the other's state
 * @failures: errors that it wrote
 * @gone: calls of the gone operation
 */
struct fake_end {
	struct virtio_msg_xen xen;
	bool started;
	bool bound;
	enum virtio_msg_xen_state state;
	struct fake_node nodes[FAKE_NODES];
	unsigned int num_nodes;
	struct work_struct watch;
	unsigned int failures;
	unsigned int gone;
};

/**
 * struct fake_xen - a machine
 * @test: the test
 * @dev: parent of the buses
 * @watches: runs them
 * @lock: protects the table, the store and the event channel
 * @ends: the domains
 * @port: of the event channel
 * @grants: the table
 * @used: entries of it
 * @mapped: sum of their maps
 * @maps: calls of the map operation
 * @handles: entries that a page of a window may take; 0: one
 * @next: where to look for one that is not used
 * @calls: that could fail, until now
 * @fail_call: the one that does, counted from 1
 */
struct fake_xen {
	struct kunit *test;
	struct device *dev;
	struct workqueue_struct *watches;
	spinlock_t lock;
	struct fake_end ends[FAKE_ENDS];
	u32 port;
	struct fake_grant *grants;
	unsigned int used;
	unsigned int mapped;
	unsigned int maps;
	unsigned int handles;
	unsigned int next;
	unsigned int calls;
	unsigned int fail_call;
};

int fake_xen_init(struct kunit *test);
void fake_xen_exit(struct kunit *test);
void fake_xen_prepare(struct fake_xen *fake, unsigned int end);
int fake_xen_start(struct fake_xen *fake, unsigned int end);
void fake_xen_stop(struct fake_xen *fake, unsigned int end);
void fake_xen_vanish(struct fake_xen *fake, unsigned int end);
void fake_xen_say(struct fake_xen *fake, unsigned int end,
		  enum virtio_msg_xen_state state);
void fake_xen_set(struct fake_xen *fake, unsigned int end, const char *key,
		  u32 value);
bool fake_xen_is_up(struct fake_xen *fake, unsigned int end);
bool fake_xen_is_clean(struct fake_xen *fake);

#endif /* _VIRTIO_MSG_XEN_FAKE_XEN_H */
