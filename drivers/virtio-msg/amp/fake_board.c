// SPDX-License-Identifier: GPL-2.0
/*
 * A board for tests, see fake_board.h.
 */
#include <kunit/visibility.h>
#include <linux/device.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_board.h"

#define PHANDLE		0x564d5347

/* The mailbox controller */

static struct fake_mailbox *to_mailbox(struct mbox_chan *chan)
{
	return container_of(chan->mbox, struct fake_mailbox, controller);
}

static void deliver(struct fake_mailbox *mailbox, unsigned int n)
{
	struct mbox_chan *other = &mailbox->chans[n ^ 1];

	mailbox->delivered++;
	if (other->cl)
		mbox_chan_received_data(other, NULL);
}

/* Interrupts are off, and so they are for the client that receives. */
static int fake_mailbox_send_data(struct mbox_chan *chan, void *data)
{
	struct fake_mailbox *mailbox = to_mailbox(chan);
	unsigned int n = chan - mailbox->chans;

	mailbox->attempts++;
	if (mailbox->refuse) {
		mailbox->refuse--;
		return -EBUSY;
	}
	if (mailbox->controller.txdone_irq) {
		set_bit(n, &mailbox->undone);
		mod_timer(&mailbox->done_timer, jiffies + 1);
	}
	if (mailbox->fail) {
		mailbox->fail--;
		set_bit(n, &mailbox->failed);
	} else {
		deliver(mailbox, n);
	}
	return 0;
}

/* The core does not expect to hear of messages after that. */
static void fake_mailbox_shutdown(struct mbox_chan *chan)
{
	struct fake_mailbox *mailbox = to_mailbox(chan);

	clear_bit(chan - mailbox->chans, &mailbox->undone);
	clear_bit(chan - mailbox->chans, &mailbox->failed);
	/* The last interrupt comes just then. */
	mbox_chan_received_data(chan, NULL);
}

static bool fake_mailbox_last_tx_done(struct mbox_chan *chan)
{
	return true;
}

static const struct mbox_chan_ops fake_mailbox_ops = {
	.send_data = fake_mailbox_send_data,
	.shutdown = fake_mailbox_shutdown,
	.last_tx_done = fake_mailbox_last_tx_done,
};

static void say_done(struct timer_list *timer)
{
	struct fake_mailbox *mailbox =
		container_of(timer, struct fake_mailbox, done_timer);
	unsigned int n;

	if (READ_ONCE(mailbox->hold)) {
		mod_timer(timer, jiffies + 1);
		return;
	}
	for (n = 0; n < FAKE_MAILBOX_CHANNELS; n++) {
		if (!test_and_clear_bit(n, &mailbox->undone))
			continue;
		mbox_chan_txdone(&mailbox->chans[n],
				 test_and_clear_bit(n, &mailbox->failed) ?
				 -EIO : 0);
	}
}

static int fake_mailbox_probe(struct platform_device *pdev)
{
	struct fake_mailbox *mailbox = platform_get_drvdata(pdev);

	mailbox->controller.dev = &pdev->dev;
	return mbox_controller_register(&mailbox->controller);
}

static void fake_mailbox_remove(struct platform_device *pdev)
{
	struct fake_mailbox *mailbox = platform_get_drvdata(pdev);

	timer_shutdown_sync(&mailbox->done_timer);
	mbox_controller_unregister(&mailbox->controller);
}

static struct platform_driver fake_mailbox_driver = {
	.driver = { .name = "virtio-msg-fake-mailbox" },
	.probe = fake_mailbox_probe,
	.remove = fake_mailbox_remove,
};

void fake_board_add_mailbox(struct fake_board *board,
			    enum fake_mailbox_done done)
{
	struct fake_mailbox *mailbox = &board->mailbox;

	memset(mailbox, 0, sizeof(*mailbox));
	timer_setup(&mailbox->done_timer, say_done, 0);
	mailbox->controller.ops = &fake_mailbox_ops;
	mailbox->controller.chans = mailbox->chans;
	mailbox->controller.num_chans = FAKE_MAILBOX_CHANNELS;
	mailbox->controller.txdone_irq = done == FAKE_DONE_IRQ;
	mailbox->controller.txdone_poll = done == FAKE_DONE_POLL;
	mailbox->controller.txpoll_period = 1;
	board->mailbox_dev = fake_board_add(board, "virtio-msg-fake-mailbox",
					    board->controller);
}

/* Nodes */

/*
 * Without CONFIG_OF_DYNAMIC a node is there for good, and so are these: the
 * first test makes them. Properties are there as long as a test.
 */
static struct device_node *get_node(struct fake_board *board,
				    struct device_node *parent,
				    const char *name)
{
	static phandle last = PHANDLE;
	struct device_node *np;

	for (np = parent->child; np; np = np->sibling)
		if (!strcmp(np->full_name, name))
			return np;
	np = kzalloc_obj(*np);
	KUNIT_ASSERT_NOT_NULL(board->test, np);
	of_node_init(np);
	np->full_name = kstrdup(name, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(board->test, np->full_name);
	np->name = np->full_name;
	np->phandle = ++last;
	np->parent = parent;
	np->sibling = parent->child;
	parent->child = np;
	return np;
}

void fake_board_set(struct fake_board *board, struct device_node *np,
		    const char *name, const void *value, int length)
{
	struct property *prop = kunit_kzalloc(board->test, sizeof(*prop),
					      GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(board->test, prop);
	prop->name = kunit_kstrdup(board->test, name, GFP_KERNEL);
	prop->value = kunit_kmalloc(board->test, length ?: 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(board->test, prop->name);
	KUNIT_ASSERT_NOT_NULL(board->test, prop->value);
	memcpy(prop->value, value, length);
	prop->length = length;
	/* It is found before an older one of that name. */
	prop->next = np->properties;
	np->properties = prop;
}

void fake_board_set_cells(struct fake_board *board, struct device_node *np,
			  const char *name, const u32 *cells, unsigned int n)
{
	__be32 value[8];
	unsigned int i;

	KUNIT_ASSERT_LE(board->test, n, ARRAY_SIZE(value));
	for (i = 0; i < n; i++)
		value[i] = cpu_to_be32(cells[i]);
	fake_board_set(board, np, name, value, n * sizeof(*value));
}

void fake_board_set_u32(struct fake_board *board, struct device_node *np,
			const char *name, u32 value)
{
	fake_board_set_cells(board, np, name, &value, 1);
}

void fake_board_set_memory(struct fake_board *board, u64 start, u64 size)
{
	const u32 cells[] = { upper_32_bits(start), lower_32_bits(start),
			      upper_32_bits(size), lower_32_bits(size) };

	fake_board_set_cells(board, board->reserved, "reg", cells, 4);
}

void fake_board_set_channel(struct fake_board *board, struct device_node *np,
			    u32 channel)
{
	const u32 cells[] = { board->controller->phandle, channel };

	fake_board_set_cells(board, np, "mboxes", cells, 2);
}

void fake_board_set_channels(struct fake_board *board, struct device_node *np,
			     u32 tx, u32 rx)
{
	const u32 cells[] = { board->controller->phandle, tx,
			      board->controller->phandle, rx };

	fake_board_set_cells(board, np, "mboxes", cells, 4);
	fake_board_set(board, np, "mbox-names", "tx\0rx", sizeof("tx\0rx"));
}

static void make_nodes(struct fake_board *board)
{
	const char *compatible = VIRTIO_MSG_AMP_COMPATIBLE;
	struct device_node *root;
	unsigned int i;

	root = get_node(board, of_root, "virtio-msg-test");
	board->root = root;
	fake_board_set_u32(board, root, "#address-cells", 2);
	fake_board_set_u32(board, root, "#size-cells", 2);
	fake_board_set(board, root, "ranges", "", 0);
	board->reserved = get_node(board, root, "memory");
	fake_board_set_memory(board, virt_to_phys(board->memory),
			      FAKE_BOARD_MEMORY);
	board->controller = get_node(board, root, "mailbox");
	fake_board_set_u32(board, board->controller, "#mbox-cells", 1);
	board->plain = get_node(board, root, "plain");
	for (i = 0; i < FAKE_BOARD_SIDES; i++) {
		struct device_node *np;

		np = get_node(board, root, i ? "side1" : "side0");
		board->nodes[i] = np;
		fake_board_set(board, np, "compatible", compatible,
			       strlen(compatible) + 1);
		fake_board_set_u32(board, np, "memory-region",
				   board->reserved->phandle);
		fake_board_set_u32(board, np, "virtio,side", i);
	}
}

static void clear_nodes(struct device_node *root)
{
	struct device_node *np;

	for (np = root->child; np; np = np->sibling)
		np->properties = NULL;
	root->properties = NULL;
}

/* Devices */

struct platform_device *fake_board_add(struct fake_board *board,
				       const char *name, struct device_node *np)
{
	struct platform_device *pdev = platform_device_alloc(name, -1);

	KUNIT_ASSERT_NOT_NULL(board->test, pdev);
	device_set_node(&pdev->dev, of_fwnode_handle(np));
	if (np == board->controller)
		platform_set_drvdata(pdev, &board->mailbox);
	if (platform_device_add(pdev)) {
		platform_device_put(pdev);
		KUNIT_FAIL_AND_ABORT(board->test, "cannot add %s", name);
	}
	return pdev;
}

bool fake_board_add_side(struct fake_board *board, unsigned int side)
{
	struct platform_device *pdev;

	pdev = fake_board_add(board, side ? "vmsg-side1" : "vmsg-side0",
			      board->nodes[side]);
	board->sides[side] = pdev;
	return device_is_bound(&pdev->dev);
}

void fake_board_remove_side(struct fake_board *board, unsigned int side)
{
	platform_device_unregister(board->sides[side]);
	board->sides[side] = NULL;
}

struct virtio_msg_amp_platform *fake_board_side(struct fake_board *board,
						unsigned int side)
{
	return platform_get_drvdata(board->sides[side]);
}

/* A user-mode kernel does not say so by itself. */
static void add_ram(struct fake_board *board)
{
	board->ram.name = "virtio-msg test";
	board->ram.start = virt_to_phys(board->memory);
	board->ram.end = board->ram.start + FAKE_BOARD_MEMORY - 1;
	board->ram.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
	board->ram_added = !request_resource(&iomem_resource, &board->ram);
}

int fake_board_init(struct kunit *test)
{
	struct fake_board *board;
	int err;

	if (!of_root)
		kunit_skip(test, "there is no device tree");
	board = kunit_kzalloc(test, sizeof(*board), GFP_KERNEL);
	if (!board)
		return -ENOMEM;
	board->test = test;
	board->memory = alloc_pages_exact(FAKE_BOARD_MEMORY,
					  GFP_KERNEL | __GFP_ZERO);
	if (!board->memory)
		return -ENOMEM;
	err = platform_driver_register(&fake_mailbox_driver);
	if (err) {
		free_pages_exact(board->memory, FAKE_BOARD_MEMORY);
		return err;
	}
	test->priv = board;
	add_ram(board);
	make_nodes(board);
	return 0;
}

void fake_board_exit(struct kunit *test)
{
	struct fake_board *board = test->priv;
	unsigned int i;

	if (!board)
		return;
	for (i = 0; i < FAKE_BOARD_SIDES; i++)
		platform_device_unregister(board->sides[i]);
	platform_device_unregister(board->mailbox_dev);
	platform_driver_unregister(&fake_mailbox_driver);
	if (board->root)
		clear_nodes(board->root);
	if (board->ram_added)
		release_resource(&board->ram);
	free_pages_exact(board->memory, FAKE_BOARD_MEMORY);
}

VIRTIO_MSG_COMPAT_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
