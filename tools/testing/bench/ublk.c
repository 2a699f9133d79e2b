// SPDX-License-Identifier: GPL-2.0
/*
 * ublk FILE: serve a file as /dev/ublkbN until killed; no more than it takes to
 * compare with. One queue, one thread; the kernel copies between the requests
 * and our buffers, which is what ublk does unless it is told otherwise.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <liburing.h>
#include <linux/ublk_cmd.h>

/* As those of the other disks. */
#define DEPTH		256
#define MAX_BYTES	(512 * 1024)

struct server {
	int control;
	int device;
	int data;
	struct io_uring commands;	/* to the control device */
	struct io_uring ring;
	struct ublksrv_ctrl_dev_info info;
	const struct ublksrv_io_desc *descs;
	char *buffers;
};

/* Headers of old releases do not know how commands are numbered today. */
static unsigned int control_op(unsigned int number)
{
	return _IOWR('u', number, struct ublksrv_ctrl_cmd);
}

static unsigned int io_op(unsigned int number)
{
	return _IOWR('u', number, struct ublksrv_io_cmd);
}

static struct io_uring_sqe *next_sqe(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	/* A ring has room for what can be under way. */
	if (!sqe)
		errx(1, "no entry is free");
	return sqe;
}

static void send_control(struct server *server, unsigned int number,
			 void *buf, unsigned int len, __u64 data)
{
	struct io_uring_sqe *sqe = next_sqe(&server->commands);
	struct ublksrv_ctrl_cmd *cmd = (struct ublksrv_ctrl_cmd *)&sqe->addr3;
	int n;

	/* The command is behind the first 48 bytes of an entry. */
	memset(sqe, 0, 2 * sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = server->control;
	sqe->cmd_op = control_op(number);
	cmd->dev_id = server->info.dev_id;
	cmd->queue_id = (__u16)-1;
	cmd->addr = (__u64)(unsigned long)buf;
	cmd->len = (__u16)len;
	cmd->data[0] = data;
	n = io_uring_submit(&server->commands);
	if (n != 1)
		errx(1, "command %#x: not submitted", number);
}

static void control(struct server *server, unsigned int number, void *buf,
		    unsigned int len)
{
	struct io_uring_cqe *cqe;

	send_control(server, number, buf, len, 0);
	if (io_uring_wait_cqe(&server->commands, &cqe))
		errx(1, "no answer to command %#x", number);
	if (cqe->res < 0) {
		errno = -cqe->res;
		err(1, "command %#x", number);
	}
	io_uring_cqe_seen(&server->commands, cqe);
}

static void add_device(struct server *server)
{
	server->info = (struct ublksrv_ctrl_dev_info) {
		.nr_hw_queues = 1,
		.queue_depth = DEPTH,
		.max_io_buf_bytes = MAX_BYTES,
		.dev_id = (__u32)-1,
		.ublksrv_pid = getpid(),
		.flags = 1ULL << 6,	/* UBLK_F_CMD_IOCTL_ENCODE */
	};
	control(server, UBLK_CMD_ADD_DEV, &server->info, sizeof(server->info));
}

static void set_params(struct server *server)
{
	struct ublk_params params = {
		.len = sizeof(params),
		.types = UBLK_PARAM_TYPE_BASIC,
		.basic = {
			.attrs = UBLK_ATTR_VOLATILE_CACHE,
			.logical_bs_shift = 9,
			.physical_bs_shift = 12,
			.io_opt_shift = 12,
			.io_min_shift = 12,
			.max_sectors = MAX_BYTES / 512,
		},
	};
	struct stat st;

	if (fstat(server->data, &st))
		err(1, "stat");
	params.basic.dev_sectors = (__u64)st.st_size / 512;
	control(server, UBLK_CMD_SET_PARAMS, &params, sizeof(params));
}

static void open_device(struct server *server)
{
	size_t size = DEPTH * sizeof(*server->descs);
	char path[64];

	snprintf(path, sizeof(path), "/dev/ublkc%u", server->info.dev_id);
	server->device = open(path, O_RDWR | O_CLOEXEC);
	if (server->device < 0)
		err(1, "%s", path);
	server->descs = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE,
			     server->device, UBLKSRV_CMD_BUF_OFFSET);
	if (server->descs == MAP_FAILED)
		err(1, "%s: mmap", path);
	server->buffers = mmap(NULL, (size_t)DEPTH * MAX_BYTES,
			       PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (server->buffers == MAP_FAILED)
		err(1, "mmap");
	if (io_uring_register_files(&server->ring, &server->device, 1))
		errx(1, "cannot register the device");
}

static void *buffer(struct server *server, __u16 tag)
{
	return server->buffers + (size_t)tag * MAX_BYTES;
}

static void fetch(struct server *server, unsigned int number, __u16 tag,
		  int result)
{
	struct io_uring_sqe *sqe = next_sqe(&server->ring);
	struct ublksrv_io_cmd *cmd = (struct ublksrv_io_cmd *)&sqe->addr3;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_URING_CMD;
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->fd = 0;	/* the registered one */
	sqe->cmd_op = io_op(number);
	sqe->user_data = tag;
	cmd->tag = tag;
	cmd->result = result;
	cmd->addr = (__u64)(unsigned long)buffer(server, tag);
}

/*
 * At once: the file is in memory. Left to the ring it would go to a worker, since
 * tmpfs does not say that it does not block.
 */
static int transfer(struct server *server, __u16 tag)
{
	const struct ublksrv_io_desc *desc = &server->descs[tag];
	off_t offset = (off_t)desc->start_sector * 512;
	size_t len = (size_t)desc->nr_sectors * 512;
	ssize_t n;

	switch (ublksrv_get_op(desc)) {
	case UBLK_IO_OP_READ:
		n = pread(server->data, buffer(server, tag), len, offset);
		break;
	case UBLK_IO_OP_WRITE:
		n = pwrite(server->data, buffer(server, tag), len, offset);
		break;
	case UBLK_IO_OP_FLUSH:
		n = fdatasync(server->data);
		break;
	default:
		return -EOPNOTSUPP;
	}
	return n < 0 ? -errno : (int)n;
}

static void complete(struct server *server, const struct io_uring_cqe *cqe)
{
	__u16 tag = (__u16)cqe->user_data;

	if (cqe->res != UBLK_IO_RES_OK)
		errx(1, "the device is gone");
	fetch(server, UBLK_IO_COMMIT_AND_FETCH_REQ, tag, transfer(server, tag));
}

static void serve(struct server *server)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n;

	for (;;) {
		io_uring_submit_and_wait(&server->ring, 1);
		n = 0;
		io_uring_for_each_cqe(&server->ring, head, cqe) {
			complete(server, cqe);
			n++;
		}
		io_uring_cq_advance(&server->ring, n);
	}
}

static void open_rings(struct server *server)
{
	unsigned int flags = IORING_SETUP_COOP_TASKRUN |
			     IORING_SETUP_SINGLE_ISSUER;

	if (io_uring_queue_init(4, &server->commands, IORING_SETUP_SQE128))
		errx(1, "no io_uring with large entries");
	if (io_uring_queue_init(DEPTH, &server->ring,
				flags | IORING_SETUP_DEFER_TASKRUN) &&
	    io_uring_queue_init(DEPTH, &server->ring, flags))
		errx(1, "no io_uring");
}

int main(int argc, char **argv)
{
	static struct server server;
	unsigned int tag;

	if (argc != 2)
		errx(2, "usage: ublk FILE");
	server.data = open(argv[1], O_RDWR | O_CLOEXEC);
	if (server.data < 0)
		err(1, "%s", argv[1]);
	server.control = open("/dev/ublk-control", O_RDWR | O_CLOEXEC);
	if (server.control < 0)
		err(1, "/dev/ublk-control");

	open_rings(&server);
	add_device(&server);
	set_params(&server);
	open_device(&server);
	for (tag = 0; tag < DEPTH; tag++)
		fetch(&server, UBLK_IO_FETCH_REQ, (__u16)tag, -1);
	if (io_uring_submit(&server.ring) < 0)
		errx(1, "cannot fetch requests");
	/* Looks for partitions before it is done, so nobody waits for it. */
	send_control(&server, UBLK_CMD_START_DEV, NULL, 0,
		     (__u64)getpid());
	serve(&server);
}
