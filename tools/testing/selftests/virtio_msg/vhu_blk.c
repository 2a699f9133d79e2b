// SPDX-License-Identifier: GPL-2.0
/*
 * vhu_blk SOCKET IMAGE: a vhost-user back end, a disk that notes what it is
 * working on, so that whoever comes after it goes on. It takes several requests
 * at a time and gives them back in the wrong order. If the environment has
 * VHU_DIE=N, it dies as soon as it is in the middle of that, after N requests;
 * if N is odd, before it has noted the last one that it gave back.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "vhost-user/protocol.h"

#define BIT(n)		(1ULL << (n))
#define BATCH		8
#define SEGS		1024
#define FOR_EVER	(~0ULL >> 1)

/* The log, as the protocol has it for split rings. */
struct log_entry {
	__u8 inflight;
	__u8 padding[5];
	__u16 next;
	__u64 counter;
};

struct log {
	__u64 features;
	__u16 version;
	__u16 num;
	__u16 last_head;
	__u16 used_idx;
	struct log_entry entry[];
};

static struct {
	struct vhu_region region;
	char *base;
} memory[VHU_TABLE_MAX];

static struct vhu_mem_table table;
static struct vring ring;
static struct log *log_;
static size_t log_size;
static __u64 counter, done, die_after;
static __u16 last_avail;
static int kick = -1, call = -1, image;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *find(__u64 addr, bool user)
{
	__u64 start;
	__u32 i;

	for (i = 0; i < table.num; i++) {
		start = user ? memory[i].region.user_addr :
			       memory[i].region.guest_addr;
		if (addr >= start && addr - start < memory[i].region.size)
			return memory[i].base + (addr - start);
	}
	errno = EFAULT;
	fail("address");
	return NULL;
}

static void set_table(struct vhu_msg *msg)
{
	struct stat st;
	__u32 i;

	for (i = 0; i < table.num; i++)
		munmap(memory[i].base, memory[i].region.size);
	table = msg->payload.table;
	for (i = 0; i < table.num && i < msg->num_fds; i++) {
		memory[i].region = table.region[i];
		if (fstat(msg->fds[i], &st) ||
		    st.st_size < (off_t)memory[i].region.size)
			fail("size of a region");
		memory[i].base = mmap(NULL, memory[i].region.size,
				      PROT_READ | PROT_WRITE, MAP_SHARED,
				      msg->fds[i], 0);
		if (memory[i].base == MAP_FAILED)
			fail("mmap");
	}
}

/* Requests */

struct request {
	__u16 head;
	struct iovec out[SEGS], in[SEGS];
	int num_out, num_in;
};

static void take(struct request *request, __u16 head)
{
	struct vring_desc *desc;
	struct iovec *iov;
	__u16 i = head;

	request->head = head;
	request->num_out = 0;
	request->num_in = 0;
	do {
		desc = &ring.desc[i];
		iov = desc->flags & VRING_DESC_F_WRITE ?
			&request->in[request->num_in++] :
			&request->out[request->num_out++];
		iov->iov_base = find(desc->addr, false);
		iov->iov_len = desc->len;
		i = desc->next;
	} while (desc->flags & VRING_DESC_F_NEXT);
}

static size_t length(const struct iovec *iov, int num)
{
	size_t sum = 0;

	while (num--)
		sum += iov++->iov_len;
	return sum;
}

static void execute(struct request *request, __u32 *written)
{
	struct virtio_blk_outhdr *hdr = request->out[0].iov_base;
	struct iovec *last = &request->in[request->num_in - 1];
	__u8 *status = (__u8 *)last->iov_base + last->iov_len - 1;
	off_t offset = (off_t)hdr->sector * 512;
	size_t want = 0;
	ssize_t n = 0;

	*written = length(request->in, request->num_in);
	last->iov_len--;
	request->out[0].iov_base = hdr + 1;
	request->out[0].iov_len -= sizeof(*hdr);
	switch (hdr->type) {
	case VIRTIO_BLK_T_IN:
		want = length(request->in, request->num_in);
		n = preadv(image, request->in, request->num_in, offset);
		break;
	case VIRTIO_BLK_T_OUT:
		want = length(request->out, request->num_out);
		n = pwritev(image, request->out, request->num_out, offset);
		break;
	case VIRTIO_BLK_T_FLUSH:
		n = fdatasync(image);
		break;
	default:
		*status = VIRTIO_BLK_S_UNSUPP;
		return;
	}
	*status = n == (ssize_t)want ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR;
}

static void give_back(struct request *request, bool dying)
{
	struct vring_used_elem *elem;
	__u16 idx = ring.used->idx;
	__u32 written;

	execute(request, &written);
	elem = &ring.used->ring[idx % ring.num];
	elem->id = request->head;
	elem->len = written;
	if (log_)
		log_->last_head = request->head;
	__atomic_store_n(&ring.used->idx, ++idx, __ATOMIC_RELEASE);
	if (dying && die_after % 2)
		raise(SIGKILL);
	if (log_) {
		log_->entry[request->head].inflight = 0;
		log_->used_idx = idx;
	}
}

static void work_off(struct request *requests, int n)
{
	if (!n)
		return;
	done += n;
	while (n) {
		bool dying = n > 1 && die_after && done >= die_after;

		give_back(&requests[--n], dying);
		if (dying)
			raise(SIGKILL);
	}
	eventfd_write(call, 1);
}

static void process(void)
{
	static struct request requests[BATCH];
	__u16 head, avail;
	int n = 0;

	for (;;) {
		avail = __atomic_load_n(&ring.avail->idx, __ATOMIC_ACQUIRE);
		if (n == BATCH || avail == last_avail) {
			work_off(requests, n);
			if (avail == last_avail)
				return;
			n = 0;
		}
		head = ring.avail->ring[last_avail++ % ring.num];
		if (log_) {
			log_->entry[head].counter = ++counter;
			log_->entry[head].inflight = 1;
		}
		take(&requests[n++], head);
	}
}

/* The oldest that was being worked on, or -1. */
static int oldest(__u64 after)
{
	int i, found = -1;

	for (i = 0; i < log_->num; i++)
		if (log_->entry[i].inflight && log_->entry[i].counter > after &&
		    (found < 0 ||
		     log_->entry[i].counter < log_->entry[found].counter))
			found = i;
	return found;
}

/* What another one has left undone is done in the order in which it came. */
static void resume(void)
{
	struct request request;
	__u64 after = 0;
	int head, n = 0;

	if (!log_)
		return;
	if (log_->used_idx != ring.used->idx) {
		log_->entry[log_->last_head].inflight = 0;
		log_->used_idx = ring.used->idx;
	}
	last_avail = ring.used->idx;
	for (head = oldest(0); head >= 0; head = oldest(after)) {
		after = log_->entry[head].counter;
		last_avail++;
		n++;
	}
	counter = after;
	after = 0;
	for (head = oldest(0); head >= 0; head = oldest(after)) {
		after = log_->entry[head].counter;
		take(&request, head);
		give_back(&request, false);
	}
	fprintf(stderr, "resumed %d requests\n", n);
	if (n)
		eventfd_write(call, 1);
}

/* Messages */

static void keep_fd(int *fd, struct vhu_msg *msg)
{
	if (*fd >= 0)
		close(*fd);
	*fd = msg->num_fds ? dup(msg->fds[0]) : -1;
}

static void make_log(struct vhu_msg *msg)
{
	size_t size = sizeof(struct log) +
		      msg->payload.inflight.queue_size *
		      sizeof(struct log_entry);
	struct log *log;
	int fd = memfd_create("log", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size))
		fail("log");
	log = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (log == MAP_FAILED)
		fail("log");
	log->version = 1;
	log->num = msg->payload.inflight.queue_size;
	munmap(log, size);
	msg->payload.inflight.mmap_size = size;
	msg->fds[0] = fd;
	msg->num_fds = 1;
}

static void use_log(struct vhu_msg *msg)
{
	if (log_)
		munmap(log_, log_size);
	log_size = msg->payload.inflight.mmap_size;
	log_ = mmap(NULL, log_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    msg->fds[0], msg->payload.inflight.mmap_offset);
	if (log_ == MAP_FAILED)
		fail("log");
}

static void set_addr(const struct vhu_vring_addr *addr)
{
	ring.desc = find(addr->desc, true);
	ring.avail = find(addr->avail, true);
	ring.used = find(addr->used, true);
}

/* True if the message has become an answer. */
static bool handle(struct vhu_msg *msg)
{
	struct virtio_blk_config config = {
		.capacity = lseek(image, 0, SEEK_END) / 512,
	};
	bool ack = msg->flags & VHU_FLAG_NEED_REPLY;
	__u64 value = 0;

	switch (msg->request) {
	case VHU_GET_FEATURES:
		value = BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_BLK_F_FLUSH) |
			BIT(VHU_F_PROTOCOL_FEATURES);
		ack = true;
		break;
	case VHU_GET_PROTOCOL_FEATURES:
		value = BIT(VHU_PROTOCOL_REPLY_ACK) | BIT(VHU_PROTOCOL_CONFIG) |
			BIT(VHU_PROTOCOL_INFLIGHT_SHMFD);
		ack = true;
		break;
	case VHU_GET_CONFIG:
		memcpy(msg->payload.config.data, &config,
		       msg->payload.config.size < sizeof(config) ?
		       msg->payload.config.size : sizeof(config));
		return true;
	case VHU_SET_MEM_TABLE:
		set_table(msg);
		break;
	case VHU_SET_VRING_NUM:
		ring.num = msg->payload.state.num;
		break;
	case VHU_SET_VRING_BASE:
		last_avail = msg->payload.state.num;
		break;
	case VHU_SET_VRING_ADDR:
		set_addr(&msg->payload.addr);
		break;
	case VHU_SET_VRING_CALL:
		keep_fd(&call, msg);
		break;
	case VHU_SET_VRING_KICK:
		keep_fd(&kick, msg);
		resume();
		break;
	case VHU_GET_VRING_BASE:
		msg->payload.state.num = last_avail;
		close(kick);
		kick = -1;
		return true;
	case VHU_GET_INFLIGHT_FD:
		make_log(msg);
		return true;
	case VHU_SET_INFLIGHT_FD:
		use_log(msg);
		break;
	}
	msg->payload.u64 = value;
	msg->size = sizeof(value);
	return ack;
}

static void serve(int socket)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct vhu_msg msg;
	eventfd_t count;
	bool reply;

	for (;;) {
		fds[0].fd = socket;
		fds[1].fd = kick;
		if (poll(fds, 2, -1) < 0)
			fail("poll");
		if (fds[0].revents) {
			if (vhu_msg_receive(socket, &msg, FOR_EVER))
				return;
			msg.flags &= ~VHU_FLAG_REPLY;
			reply = handle(&msg);
			msg.flags = VHU_VERSION | VHU_FLAG_REPLY;
			if (msg.request != VHU_GET_INFLIGHT_FD)
				vhu_msg_close(&msg);
			if (reply)
				vhu_msg_send(socket, &msg, FOR_EVER);
			vhu_msg_close(&msg);
		} else if (fds[1].revents && !eventfd_read(kick, &count)) {
			process();
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (getenv("VHU_DIE"))
		die_after = strtoull(getenv("VHU_DIE"), NULL, 0);
	if (argc != 3 || strlen(argv[1]) >= sizeof(addr.sun_path))
		return 2;
	image = open(argv[2], O_RDWR | O_CLOEXEC);
	if (image < 0)
		fail(argv[2]);
	memcpy(addr.sun_path, argv[1], strlen(argv[1]));
	unlink(argv[1]);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		fail(argv[1]);
	for (;;) {
		int socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (socket < 0)
			fail("accept");
		serve(socket);
		close(socket);
	}
}
