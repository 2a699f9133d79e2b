// SPDX-License-Identifier: BSD-3-Clause
/* The network card, with a socket in place of the TAP interface. */
#include <signal.h>
#include <sys/socket.h>

/* Its functions are static; of them, only those that open a TAP do not run. */
#include "net.c"

#include "device.h"
#include "tap.h"

#define HDR	12

static struct rig rig;
static struct net *net;
static int cable;
static __u8 in[4096];

static int fake_net_create(struct vmsg_loop *loop, char *arg,
			   struct vmsg_device **dev)
{
	struct net_options opt = { .mtu = 1400 };
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds))
		return -errno;
	net = calloc(1, sizeof(*net));
	net->loop = loop;
	net->tap.fd = fds[0];
	cable = fds[1];
	net->vnet_hdr = !arg;
	net_fill_device(net);
	if (choose_mac(net, "02:00:00:00:00:01"))
		return -EINVAL;
	net_fill_features(net, &opt);
	*dev = &net->dev;
	return 0;
}

static const struct backend fake_net = {
	.create = fake_net_create,
	.destroy = net_destroy,
};

static void settle(void)
{
	int i;

	for (i = 0; i < 4; i++)
		vmsg_loop_once(rig.loop, 0);
}

static void offer(__u16 head, __u32 len)
{
	ring_put(&rig.ring[RX], head, head * 2048U, "", 0, len, 600);
	fake_kick(&rig.fake, RX);
}

static long received(__u16 head)
{
	return ring_get(&rig.ring[RX], head * 2048U, in, 2048);
}

static void test_plain(void)
{
	static const __u8 zero[HDR];
	__u8 frame[HDR + 60];

	if (!rig_up(&rig, &fake_net, "plain", 0))
		abort();
	memset(frame, 0, HDR);
	memset(frame + HDR, 'f', 60);
	is(ring_request(&rig.ring[TX], frame, sizeof(frame), in, 0, 50), 0,
	   "send a frame");
	ok(read(cable, in, sizeof(in)) == 60 && in[0] == 'f',
	   "arrives without a header");

	offer(0, 1600);
	is(write(cable, frame + HDR, 60), 60, "receive a frame");
	settle();
	is(received(0), HDR + 60, "arrives with a header");
	ok(!memcmp(in, zero, 10) && in[10] == 1 && !in[11] && in[HDR] == 'f',
	   "of one buffer");
	close(cable);
	rig_down(&rig);
}

static void test_rx(void)
{
	__u8 frame[HDR + 100] = { 0 };
	int i;

	if (!rig_up(&rig, &fake_net, NULL, 0))
		abort();
	frame[HDR] = 'a';
	is(write(cable, frame, sizeof(frame)), sizeof(frame), "a frame");
	settle();
	is(net->watching, 0, "waits for a buffer");
	offer(0, 1600);
	is(received(0), sizeof(frame), "and finds it");
	is(in[10], 1, "of one buffer");
	is(net->watching, 1, "reading goes on");

	offer(1, 50);
	is(write(cable, frame, sizeof(frame)), sizeof(frame), "too large");
	settle();
	is(received(1), -1, "is lost");
	is(write(cable, frame, 40), 40, "a small one");
	settle();
	is(received(1), 40, "takes the buffer");

	for (i = 0; i < 5; i++) {
		frame[HDR] = (__u8)i;
		write(cable, frame, 60);
	}
	settle();
	for (i = 0; i < 5; i++) {
		offer(i, 1600);
		settle();
		if (received(i) != 60 || in[HDR] != i)
			break;
	}
	is(i, 5, "frames in order");

	write(cable, frame, 60);
	settle();
	rig_restart(&rig, 0);
	offer(0, 1600);
	settle();
	is(received(0), -1, "a reset forgets the frame that waited");
	write(cable, frame, 60);
	settle();
	is(received(0), 60, "works after a reset");
	fake_status(&rig.fake, 0);
	write(cable, frame, 60);
	settle();
	is(net->watching, 0, "nothing is read without a driver");
	close(cable);
	rig_down(&rig);
}

/* A UDP frame whose checksum the TAP has left to us. */
static void test_checksum(void)
{
	struct virtio_net_hdr_v1 *hdr;
	__u8 frame[HDR + 47] = { 0 };
	__u32 i, sum = 0;

	if (!rig_up(&rig, &fake_net, NULL, 0))
		abort();
	hdr = (struct virtio_net_hdr_v1 *)frame;
	hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr->csum_start = htole16(34);
	hdr->csum_offset = htole16(6);
	for (i = 0; i < 13; i++)
		frame[HDR + 34 + i] = (__u8)(i * 37);
	offer(0, 1600);
	write(cable, frame, sizeof(frame));
	settle();
	is(received(0), sizeof(frame), "frame without a checksum");
	ok(in[0] == 1 && in[6] == 34 && !memcmp(in + HDR, frame + HDR, 47),
	   "for a driver that completes it");

	rig_restart(&rig, 1U << VIRTIO_NET_F_GUEST_CSUM);
	offer(0, 1600);
	write(cable, frame, sizeof(frame));
	settle();
	is(received(0), sizeof(frame), "frame without a checksum");
	ok(!in[0] && !in[6] && !in[8], "for a driver that does not");
	/* The sum over data and checksum, less the sum that was there. */
	for (i = 34; i < 47; i++)
		sum += (__u32)in[HDR + i] << (i & 1 ? 0 : 8);
	sum += (__u32)(6 * 37 & 0xff) << 8 | (7 * 37 & 0xff);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	is(sum, 0xffff, "has a checksum");

	hdr->csum_start = htole16(0xffff);
	hdr->csum_offset = htole16(0xffff);
	offer(0, 1600);
	write(cable, frame, sizeof(frame));
	settle();
	is(received(0), sizeof(frame), "nonsense of a header");
	ok(!memcmp(in + HDR, frame + HDR, 47), "changes nothing");
	close(cable);
	rig_down(&rig);
}

static void test_tx(void)
{
	__u8 frame[HDR + 1500];
	int i;

	if (!rig_up(&rig, &fake_net, NULL, 0))
		abort();
	for (i = 0; i < (int)sizeof(frame); i++)
		frame[i] = (__u8)i;
	is(ring_request(&rig.ring[TX], frame, sizeof(frame), in, 0, 100), 0,
	   "send");
	ok(read(cable, in, sizeof(in)) == sizeof(frame) &&
	   !memcmp(in, frame, sizeof(frame)), "arrives with its header");
	is(ring_request(&rig.ring[TX], frame, 5, in, 0, 100), 0,
	   "half a header");
	is(ring_request(&rig.ring[TX], frame, HDR, in, 0, 100), 0, "no frame");
	is(ring_request(&rig.ring[TX], frame, 0, in, 5, 100), 0,
	   "nothing to read");
	is(read(cable, in, sizeof(in)), -1, "send nothing");
	for (i = 0; i < 2000; i++)
		if (ring_request(&rig.ring[TX], frame, 1000, in, 0, 100))
			break;
	is(i, 2000, "a full wire does not stop the driver");
	close(cable);
	is(ring_request(&rig.ring[TX], frame, 1000, in, 0, 100), 0,
	   "nor does one that is gone");
	settle();
	rig_down(&rig);
}

static void test_options(void)
{
	struct virtio_net_config *config;

	if (!rig_up(&rig, &fake_net, NULL, 0))
		abort();
	config = rig.dev->config;
	ok(config->mac[0] == 2 && config->mac[5] == 1, "MAC");
	is(le16toh(config->mtu), 1400, "MTU");
	is(le16toh(config->status), 1, "link is up");
	ok(!vmsg_feature_test(rig.dev->features, VIRTIO_NET_F_MRG_RXBUF),
	   "no MRG_RXBUF");
	ok(choose_mac(net, "02:00:00:00:00"), "short MAC");
	ok(choose_mac(net, "01:00:00:00:00:00"), "MAC of a group");
	ok(choose_mac(net, "02:00:00:00:00:01:2"), "long MAC");
	ok(!choose_mac(net, NULL) && (net->config.mac[0] & 3) == 2,
	   "MAC of our own");
	close(cable);
	rig_down(&rig);
}

int main(void)
{
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	signal(SIGPIPE, SIG_IGN);
	test_plain();
	test_rx();
	test_checksum();
	test_tx();
	test_options();
	return tap_done();
}
