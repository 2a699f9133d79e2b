/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A board for tests: nodes of the device tree, memory, and a mailbox controller
 * whose channels 2n and 2n + 1 are connected with each other.
 */
#ifndef _VIRTIO_MSG_AMP_FAKE_BOARD_H
#define _VIRTIO_MSG_AMP_FAKE_BOARD_H

#include <kunit/test.h>
#include <linux/ioport.h>
#include <linux/mailbox_controller.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/timer.h>

#include "../fake_peer.h"
#include "platform.h"

#define FAKE_BOARD_MEMORY	SZ_256K
#define FAKE_BOARD_SIDES	2
#define FAKE_MAILBOX_CHANNELS	6

/* How a mailbox controller tells that it is done with a message. */
enum fake_mailbox_done {
	FAKE_DONE_IRQ,
	FAKE_DONE_POLL,
	FAKE_DONE_NEVER,
};

/**
 * struct fake_mailbox - a mailbox controller
 * @controller: for the core
 * @chans: its channels
 * @refuse: for how many messages more it will be busy
 * @fail: how many messages more it will fail to deliver
 * @hold: it is not done with what it has, of %FAKE_DONE_IRQ
 * @attempts: calls of its send operation
 * @delivered: messages that it took and did not fail
 * @done_timer: is done with messages, if it says so
 * @undone: channels with a message of which that is still to be said
 * @failed: those of them whose message was not delivered
 */
struct fake_mailbox {
	struct mbox_controller controller;
	struct mbox_chan chans[FAKE_MAILBOX_CHANNELS];
	int refuse;
	int fail;
	bool hold;
	unsigned int attempts;
	unsigned int delivered;
	struct timer_list done_timer;
	unsigned long undone;
	unsigned long failed;
};

/**
 * struct fake_board - a board
 * @test: the test
 * @memory: what is shared
 * @ram: says that it is memory, if nothing else does
 * @ram_added: it does
 * @root: parent of the nodes below
 * @reserved: node of the memory
 * @controller: node of the mailbox controller
 * @nodes: of the sides
 * @plain: node of a device that has no driver
 * @mailbox: the mailbox controller
 * @mailbox_dev: its device
 * @sides: devices of the sides
 */
struct fake_board {
	struct kunit *test;
	void *memory;
	struct resource ram;
	bool ram_added;
	struct device_node *root;
	struct device_node *reserved;
	struct device_node *controller;
	struct device_node *nodes[FAKE_BOARD_SIDES];
	struct device_node *plain;
	struct fake_mailbox mailbox;
	struct platform_device *mailbox_dev;
	struct platform_device *sides[FAKE_BOARD_SIDES];
};

int fake_board_init(struct kunit *test);
void fake_board_exit(struct kunit *test);
void fake_board_set(struct fake_board *board, struct device_node *np,
		    const char *name, const void *value, int length);
void fake_board_set_u32(struct fake_board *board, struct device_node *np,
			const char *name, u32 value);
void fake_board_set_cells(struct fake_board *board, struct device_node *np,
			  const char *name, const u32 *cells, unsigned int n);
void fake_board_set_memory(struct fake_board *board, u64 start, u64 size);
void fake_board_set_channel(struct fake_board *board, struct device_node *np,
			    u32 channel);
void fake_board_set_channels(struct fake_board *board, struct device_node *np,
			     u32 tx, u32 rx);
void fake_board_add_mailbox(struct fake_board *board,
			    enum fake_mailbox_done done);
struct platform_device *fake_board_add(struct fake_board *board,
				       const char *name, struct device_node *np);
bool fake_board_add_side(struct fake_board *board, unsigned int side);
void fake_board_remove_side(struct fake_board *board, unsigned int side);
struct virtio_msg_amp_platform *fake_board_side(struct fake_board *board,
						unsigned int side);

#endif /* _VIRTIO_MSG_AMP_FAKE_BOARD_H */
