// SPDX-License-Identifier: BSD-3-Clause
/*
 * A network card whose cable ends in a TAP interface of this kernel.
 *
 * Frames to the driver are read into private memory first, so that a frame for
 * which there is no buffer waits here, and reading of the TAP with it.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>

#include "backend.h"
#include "report.h"
#include "util.h"

#define NET_QUEUE_SIZE	256
#define NET_BURST	256	/* frames before others get their turn */
#define FRAME_MAX	65550	/* the largest one a TAP gives */

#define RX	0
#define TX	1

struct net {
	struct vmsg_device dev;
	struct vmsg_queue queue[2];
	struct virtio_net_config config;
	struct vmsg_loop *loop;
	struct vmsg_watch tap;
	struct vmsg_chain rx_chain;
	struct vmsg_chain tx_chain;
	struct iovec iov[VMSG_QUEUE_MAX];
	bool vnet_hdr;		/* frames of the TAP have our header */
	bool have_rx;		/* @rx_chain waits for a frame */
	bool watching;
	__u32 frame_len;	/* a frame waits for a buffer */
	struct virtio_net_hdr_v1 hdr;
	__u8 frame[FRAME_MAX];
};

static void watch_tap(struct net *net, bool on)
{
	if (on == net->watching)
		return;
	if (on)
		vmsg_loop_watch(net->loop, &net->tap, EPOLLIN);
	else
		vmsg_loop_unwatch(net->loop, &net->tap);
	net->watching = on;
}

/*
 * The TAP always leaves checksums to us. It cannot be told otherwise while there
 * is a driver: that takes a lock of this kernel's network, and so may the driver
 * take it, if both are in the same kernel, while it waits for our answer.
 */
static void complete_checksum(struct net *net)
{
	__u32 start = le16toh(net->hdr.csum_start);
	__u32 at = start + le16toh(net->hdr.csum_offset);
	__u32 i, sum = 0;

	if (!(net->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    vmsg_device_negotiated(&net->dev, VIRTIO_NET_F_GUEST_CSUM))
		return;
	net->hdr.flags = 0;
	net->hdr.csum_start = 0;
	net->hdr.csum_offset = 0;
	if (at + 2 > net->frame_len)
		return;

	/* The field holds the sum of the pseudo header. At most 2^15 words. */
	for (i = start; i < net->frame_len; i++)
		sum += (__u32)net->frame[i] << ((i - start) & 1 ? 0 : 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	/* 0 means in UDP that there is none; to IP both are the same. */
	if (!sum)
		sum = 0xffff;
	net->frame[at] = (__u8)(sum >> 8);
	net->frame[at + 1] = (__u8)sum;
}

static bool read_frame(struct net *net)
{
	struct iovec iov[] = {
		{ &net->hdr, sizeof(net->hdr) },
		{ net->frame, sizeof(net->frame) },
	};
	size_t head = net->vnet_hdr ? sizeof(net->hdr) : 0;
	ssize_t n;

	memset(&net->hdr, 0, sizeof(net->hdr));
	n = readv(net->tap.fd, head ? iov : iov + 1, head ? 2 : 1);
	if (n <= (ssize_t)head) {
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			watch_tap(net, false);
		return false;
	}
	net->hdr.num_buffers = htole16(1);
	net->frame_len = (__u32)((size_t)n - head);
	complete_checksum(net);
	return true;
}

/* A frame that does not fit is lost, as on any wire. */
static void put_frame(struct net *net)
{
	struct vmsg_chain *chain = &net->rx_chain;

	if (sizeof(net->hdr) + net->frame_len <= chain->in_len) {
		vmsg_chain_write(chain, &net->hdr, sizeof(net->hdr));
		vmsg_chain_write(chain, net->frame, net->frame_len);
		vmsg_queue_push(&net->queue[RX], chain,
				vmsg_chain_written(chain));
		net->have_rx = false;
	}
	net->frame_len = 0;
}

static void receive(struct net *net)
{
	int burst = NET_BURST;

	while (burst-- && (net->frame_len || read_frame(net))) {
		if (!net->have_rx)
			net->have_rx = vmsg_queue_pop(&net->queue[RX],
						      &net->rx_chain);
		if (!net->have_rx)
			break;
		put_frame(net);
	}
	/* A frame that is left has no buffer: the next kick goes on. */
	watch_tap(net, !net->frame_len && vmsg_device_running(&net->dev));
	vmsg_queue_notify(&net->queue[RX]);
}

static void tap_ready(struct vmsg_watch *watch, __u32 events)
{
	struct net *net = container_of(watch, struct net, tap);

	if (events & EPOLLIN)
		receive(net);
	else
		watch_tap(net, false);
}

static void send_frame(struct net *net)
{
	struct vmsg_chain *chain = &net->tx_chain;
	const void *piece;
	ssize_t done;
	int n = 0;
	__u32 len;

	if (chain->out_len <= sizeof(net->hdr))
		return;
	if (!net->vnet_hdr)
		vmsg_chain_read(chain, NULL, sizeof(net->hdr));
	while ((len = vmsg_chain_take_out(chain, &piece, ~0U))) {
		net->iov[n].iov_base = (void *)piece;
		net->iov[n++].iov_len = len;
	}
	/* What the interface does not take is lost, as on any wire. */
	do {
		done = writev(net->tap.fd, net->iov, n);
	} while (done < 0 && errno == EINTR);
}

static void transmit(struct net *net)
{
	struct vmsg_queue *queue = &net->queue[TX];

	while (vmsg_queue_pop(queue, &net->tx_chain)) {
		send_frame(net);
		vmsg_queue_push(queue, &net->tx_chain, 0);
	}
}

static void net_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct net *net = container_of(dev, struct net, dev);

	if (queue->index == TX)
		transmit(net);
	else
		receive(net);
}

static void net_start(struct vmsg_device *dev)
{
	watch_tap(container_of(dev, struct net, dev), true);
}

static bool net_reset(struct vmsg_device *dev)
{
	struct net *net = container_of(dev, struct net, dev);

	watch_tap(net, false);
	net->have_rx = false;
	net->frame_len = 0;
	return true;
}

static void net_failed(struct vmsg_device *dev, const char *why)
{
	watch_tap(container_of(dev, struct net, dev), false);
	report("net, device %u: %s", dev->dev_num, why);
}

static const struct vmsg_device_ops net_ops = {
	.start = net_start,
	.queue = net_queue,
	.reset = net_reset,
	.failed = net_failed,
};

struct net_options {
	const char *tap;
	const char *mac;
	__u64 mtu;
	bool plain;
};

static int report_tun(const char *what)
{
	int err = -errno;
	const char *hint = "";

	if (err == -ENOENT || err == -ENODEV)
		hint = "; try 'modprobe tun'";
	else if (err == -EPERM || err == -EACCES)
		hint = "; become root, or try 'ip tuntap add mode tap user'";
	else if (err == -EBUSY)
		hint = "; is another process using it?";
	report("net: %s: %s%s", what, strerror(errno), hint);
	return err;
}

static int open_tap(struct net *net, const struct net_options *opt)
{
	int size = sizeof(net->hdr);
	struct ifreq ifr;
	unsigned int has = 0;

	net->tap.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (net->tap.fd < 0)
		return report_tun("/dev/net/tun");
	ioctl(net->tap.fd, TUNGETFEATURES, &has);
	net->vnet_hdr = (has & IFF_VNET_HDR) && !opt->plain;

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI |
			(net->vnet_hdr ? IFF_VNET_HDR : 0);
	memcpy(ifr.ifr_name, opt->tap,
	       strnlen(opt->tap, sizeof(ifr.ifr_name) - 1));
	if (ioctl(net->tap.fd, TUNSETIFF, &ifr))
		return report_tun(opt->tap);
	if (net->vnet_hdr && ioctl(net->tap.fd, TUNSETVNETHDRSZ, &size))
		return report_tun(opt->tap);
	if (net->vnet_hdr && ioctl(net->tap.fd, TUNSETOFFLOAD, TUN_F_CSUM))
		return report_tun(opt->tap);
	return 0;
}

static int choose_mac(struct net *net, const char *text)
{
	unsigned int b[6];
	char end;
	int i;

	if (!text) {
		if (getrandom(net->config.mac, 6, 0) != 6)
			return -errno;
		net->config.mac[0] = (net->config.mac[0] & 0xfe) | 0x02;
		return 0;
	}
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &end) != 6 || (b[0] & 1)) {
		report("net: '%s' is not the MAC address of a card", text);
		return -EINVAL;
	}
	for (i = 0; i < 6; i++)
		net->config.mac[i] = (__u8)b[i];
	return 0;
}

static int net_parse(char *list, struct net_options *opt)
{
	char *name, *value;

	while ((name = option_next(&list, &value))) {
		if (!strcmp(name, "mac") && value) {
			opt->mac = value;
		} else if (!strcmp(name, "plain") && !value) {
			opt->plain = true;
		} else if (!strcmp(name, "mtu") && value) {
			if (option_number(value, 68, 65535, &opt->mtu))
				return -EINVAL;
		} else {
			report("net: there is no option '%s'", name);
			return -EINVAL;
		}
	}
	return 0;
}

/* Of what the TAP does with the header, all that needs no larger buffers. */
static void net_fill_features(struct net *net, const struct net_options *opt)
{
	__u32 *features = net->dev.features;

	vmsg_feature_set(features, VIRTIO_NET_F_MAC);
	vmsg_feature_set(features, VIRTIO_NET_F_STATUS);
	net->config.status = htole16(VIRTIO_NET_S_LINK_UP);
	if (opt->mtu) {
		vmsg_feature_set(features, VIRTIO_NET_F_MTU);
		net->config.mtu = htole16((__u16)opt->mtu);
	}
	if (!net->vnet_hdr)
		return;
	vmsg_feature_set(features, VIRTIO_NET_F_CSUM);
	vmsg_feature_set(features, VIRTIO_NET_F_GUEST_CSUM);
	vmsg_feature_set(features, VIRTIO_NET_F_HOST_TSO4);
	vmsg_feature_set(features, VIRTIO_NET_F_HOST_TSO6);
}

static void net_fill_device(struct net *net)
{
	net->tap.ready = tap_ready;
	net->queue[RX].max_size = NET_QUEUE_SIZE;
	net->queue[TX].max_size = NET_QUEUE_SIZE;
	net->dev.ops = &net_ops;
	net->dev.device_id = VIRTIO_ID_NET;
	net->dev.config = &net->config;
	net->dev.config_size = offsetof(struct virtio_net_config, speed);
	net->dev.queues = net->queue;
	net->dev.num_queues = 2;
}

static void net_destroy(struct vmsg_device *dev)
{
	struct net *net = container_of(dev, struct net, dev);

	if (net->tap.fd >= 0) {
		watch_tap(net, false);
		close(net->tap.fd);
	}
	free(net);
}

static int net_create(struct vmsg_loop *loop, char *arg,
		      struct vmsg_device **dev)
{
	struct net_options opt = { .tap = strsep(&arg, ",") };
	struct net *net;
	int err;

	if (strlen(opt.tap) >= IFNAMSIZ) {
		report("net: the name '%s' is too long", opt.tap);
		return -EINVAL;
	}
	err = net_parse(arg, &opt);
	if (err)
		return err;
	net = calloc(1, sizeof(*net));
	if (!net)
		return -ENOMEM;
	net->loop = loop;
	net->tap.fd = -1;
	net_fill_device(net);
	err = choose_mac(net, opt.mac);
	if (!err)
		err = open_tap(net, &opt);
	if (err) {
		net_destroy(&net->dev);
		return err;
	}
	net_fill_features(net, &opt);
	*dev = &net->dev;
	return 0;
}

const struct backend backend_net = {
	.name = "net",
	.synopsis = "net=TAP[,mac=ADDRESS][,mtu=BYTES][,plain]",
	.help =	"a network card at the TAP interface TAP, which is made if it is not there;\n"
		"        plain: no checksum and segmentation offload",
	.needs_arg = true,
	.create = net_create,
	.destroy = net_destroy,
};
