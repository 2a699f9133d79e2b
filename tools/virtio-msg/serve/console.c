// SPDX-License-Identifier: BSD-3-Clause
/* A console with one port. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>

#include "backend.h"
#include "report.h"
#include "terminal.h"
#include "util.h"

#define CONSOLE_QUEUE_SIZE	64
#define CONSOLE_BUFFER		4096

#define RX	0
#define TX	1

struct console {
	struct vmsg_device dev;
	struct vmsg_queue queue[2];
	struct virtio_console_config config;
	struct terminal terminal;
	struct vmsg_chain rx_chain;
	struct vmsg_chain tx_chain;
	bool have_rx;		/* @rx_chain waits for input */
	bool have_tx;		/* @tx_chain is not written yet */
	__u32 out_start;	/* bytes of @out that are not written yet */
	__u32 out_end;
	__u8 in[CONSOLE_BUFFER];
	__u8 out[CONSOLE_BUFFER];
};

static bool get_rx(struct console *console)
{
	if (!console->have_rx)
		console->have_rx = vmsg_queue_pop(&console->queue[RX],
						  &console->rx_chain);
	return console->have_rx;
}

static __u32 put_rx(struct console *console, const void *data, __u32 len)
{
	__u32 n = vmsg_chain_write(&console->rx_chain, data, len);

	vmsg_queue_push(&console->queue[RX], &console->rx_chain, n);
	console->have_rx = false;
	return n;
}

static __u32 put_out(struct console *console, const void *data, __u32 len)
{
	__u32 n;

	if (!console->terminal.echo)
		return (__u32)terminal_write(&console->terminal, data, len);
	if (!get_rx(console))
		return 0;
	n = put_rx(console, data, len);
	vmsg_queue_notify(&console->queue[RX]);
	return n;
}

/* True once all bytes taken from the driver have gone out. */
static bool drain(struct console *console)
{
	__u32 n;

	while (console->out_start < console->out_end) {
		n = put_out(console, console->out + console->out_start,
			    console->out_end - console->out_start);
		if (!n)
			return false;
		console->out_start += n;
	}
	return true;
}

static bool next_tx(struct console *console)
{
	if (!console->have_tx)
		console->have_tx = vmsg_queue_pop(&console->queue[TX],
						  &console->tx_chain);
	return console->have_tx;
}

static void output(struct console *console)
{
	bool drained;

	while ((drained = drain(console)) && next_tx(console)) {
		console->out_start = 0;
		console->out_end = vmsg_chain_read(&console->tx_chain,
						   console->out,
						   sizeof(console->out));
		if (console->out_end)
			continue;
		vmsg_queue_push(&console->queue[TX], &console->tx_chain, 0);
		console->have_tx = false;
	}
	terminal_watch_out(&console->terminal, !drained);
	vmsg_queue_notify(&console->queue[TX]);
}

static void input(struct console *console)
{
	ssize_t n = 1;

	while (n > 0 && get_rx(console)) {
		n = console->rx_chain.in_len < sizeof(console->in) ?
		    console->rx_chain.in_len : (ssize_t)sizeof(console->in);
		/* A buffer without room for a byte is of no use here. */
		if (n)
			n = terminal_read(&console->terminal, console->in,
					  (size_t)n);
		if (n > 0)
			put_rx(console, console->in, (__u32)n);
	}
	terminal_watch_in(&console->terminal, console->have_rx);
	vmsg_queue_notify(&console->queue[RX]);
}

static void in_ready(struct vmsg_watch *watch, __u32 events)
{
	(void)events;
	input(container_of(watch, struct console, terminal.in));
}

static void out_ready(struct vmsg_watch *watch, __u32 events)
{
	(void)events;
	output(container_of(watch, struct console, terminal.out));
}

static void console_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct console *console = container_of(dev, struct console, dev);

	/* An echo that waits for a buffer goes on with either queue. */
	if (queue->index == TX || console->terminal.echo)
		output(console);
	else
		input(console);
}

static void quiesce(struct console *console)
{
	terminal_watch_in(&console->terminal, false);
	terminal_watch_out(&console->terminal, false);
	console->have_rx = false;
	console->have_tx = false;
	console->out_start = 0;
	console->out_end = 0;
}

static bool console_reset(struct vmsg_device *dev)
{
	quiesce(container_of(dev, struct console, dev));
	return true;
}

static void console_failed(struct vmsg_device *dev, const char *why)
{
	quiesce(container_of(dev, struct console, dev));
	report("console, device %u: %s", dev->dev_num, why);
}

static const struct vmsg_device_ops console_ops = {
	.queue = console_queue,
	.reset = console_reset,
	.failed = console_failed,
};

static void console_destroy(struct vmsg_device *dev)
{
	struct console *console = container_of(dev, struct console, dev);

	terminal_close(&console->terminal);
	free(console);
}

static int console_create(struct vmsg_loop *loop, char *arg,
			  struct vmsg_device **dev)
{
	struct console *console = calloc(1, sizeof(*console));
	int err;

	if (!console)
		return -ENOMEM;
	console->terminal.in.ready = in_ready;
	console->terminal.out.ready = out_ready;
	console->queue[RX].max_size = CONSOLE_QUEUE_SIZE;
	console->queue[TX].max_size = CONSOLE_QUEUE_SIZE;
	console->dev.ops = &console_ops;
	console->dev.device_id = VIRTIO_ID_CONSOLE;
	console->dev.config = &console->config;
	console->dev.config_size = sizeof(console->config);
	console->dev.queues = console->queue;
	console->dev.num_queues = 2;
	err = terminal_open(&console->terminal, loop, arg);
	if (err) {
		free(console);
		return err;
	}
	*dev = &console->dev;
	return 0;
}

const struct backend backend_console = {
	.name = "console",
	.synopsis = "console[=stdio|pty|echo|unix:PATH|PATH]",
	.help =	"a console at standard input and output, at a pseudo terminal (its name is\n"
		"        printed), at a socket that is made, at the terminal PATH, or with the file\n"
		"        PATH as its log; echo: what is written comes back",
	.create = console_create,
	.destroy = console_destroy,
};
