/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * /dev/virtio-msg/<bus>: the device side of a virtio-msg bus for a process.
 *
 * read() returns whole messages for the device numbers that this open file has
 * claimed: requests and EVENT_AVAIL. Each message begins at a multiple of
 * VIRTIO_MSG_USER_ALIGN bytes of the buffer; the bytes between are 0. A buffer
 * that is too small for the first message fails with EMSGSIZE and the message
 * stays. write() takes messages in the same form: responses, EVENT_CONFIG and
 * EVENT_USED of claimed device numbers. It returns the bytes of the messages
 * that were sent; the first one that could not be is the error of a following
 * call. poll() says when either can make progress; EPOLLHUP: the bus is gone.
 */
#ifndef _UAPI_LINUX_VIRTIO_MSG_USER_H
#define _UAPI_LINUX_VIRTIO_MSG_USER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VIRTIO_MSG_USER_ABI		1
#define VIRTIO_MSG_USER_ALIGN		8

/* &virtio_msg_user_info.dialect */
#define VIRTIO_MSG_DIALECT_D26		1
#define VIRTIO_MSG_DIALECT_PR28		2

/* &virtio_msg_user_info.role */
#define VIRTIO_MSG_ROLE_DRIVER		0x01	/* this end has drivers */
#define VIRTIO_MSG_ROLE_DEVICE		0x02	/* this end has devices */

/**
 * struct virtio_msg_user_info - VIRTIO_MSG_IOC_INFO
 * @abi: VIRTIO_MSG_USER_ABI
 * @role: VIRTIO_MSG_ROLE_*
 * @revision: transport revision
 * @dialect: VIRTIO_MSG_DIALECT_*
 * @max_msg_size: bytes of the largest message, header included
 * @features: transport feature bits
 * @timeout_ms: time in which a request must be answered
 * @max_queues: largest value of &virtio_msg_user_claim.num_queues
 * @name: name of the bus, 0-terminated
 * @reserved: 0
 */
struct virtio_msg_user_info {
	__u32	abi;
	__u32	role;
	__u32	revision;
	__u32	dialect;
	__u32	max_msg_size;
	__u32	features;
	__u32	timeout_ms;
	__u32	max_queues;
	__u8	name[32];
	__u32	reserved[8];
};

#define VIRTIO_MSG_DEV_ANY		0xffffffffU

/* &virtio_msg_user_claim.flags */
#define VIRTIO_MSG_CLAIM_RESUMABLE	0x01	/* the device outlives the process */
#define VIRTIO_MSG_CLAIM_RESUMED	0x02	/* out: it has outlived one */

/**
 * struct virtio_msg_user_claim - VIRTIO_MSG_IOC_CLAIM, VIRTIO_MSG_IOC_RELEASE
 * @dev_num: device number, 0..65535; VIRTIO_MSG_DEV_ANY lets the kernel choose
 *	one, which is returned here
 * @num_queues: number of queues of the device; ignored by RELEASE
 * @flags: CLAIM: VIRTIO_MSG_CLAIM_RESUMABLE or 0, and what is returned; RELEASE: 0
 * @resume_ms: CLAIM with VIRTIO_MSG_CLAIM_RESUMABLE: how long the device waits for
 *	the next process, in ms, up to 600000; 0 stands for 30000. Else 0
 *
 * Claiming a number makes the device appear on the driver side: be ready to
 * answer. Releasing it makes it vanish, and so does closing the file in
 * whatever way, but for what follows.
 *
 * With VIRTIO_MSG_CLAIM_RESUMABLE, closing the file puts a device whose driver has
 * set DRIVER_OK on hold, if its type allows it: it stays, its driver is told
 * nothing, its requests wait until the number is claimed with this flag again, which
 * VIRTIO_MSG_CLAIM_RESUMED then says.
 * Who claimed it is asked and told what the driver asked and told before, and if
 * it is another device, is told the status FAILED and loses the number. The
 * structure as it is returned then is not one for RELEASE, whose @flags are 0.
 *
 * Errors: EBUSY claimed by another file, or on hold and the flag is not set; EEXIST
 * on hold, with another number of queues; EINVAL a value out of range; ENOSPC no
 * free number or too many claims; ENXIO (RELEASE) not claimed by this file;
 * EOPNOTSUPP this end of the bus has no devices, or the flag is set and
 * this bus has no way to hold them; ENODEV the bus is gone.
 */
struct virtio_msg_user_claim {
	__u32	dev_num;
	__u32	num_queues;
	__u32	flags;
	__u32	resume_ms;
};

/**
 * struct virtio_msg_user_eventfd - VIRTIO_MSG_IOC_EVENTFD
 * @dev_num: a claimed device number
 * @index: queue
 * @kick_fd: eventfd signalled in place of EVENT_AVAIL; -1: send the message
 * @call_fd: eventfd that, once signalled, does what EVENT_USED does; -1: none
 * @flags: 0
 * @reserved: 0
 *
 * Both may change at any time. A kick that was pending as a message when
 * @kick_fd is set is delivered through it, so none is lost.
 *
 * Errors: ENXIO not claimed by this file, EINVAL @index or flags out of range,
 * EBADF/EINVAL not an eventfd.
 */
struct virtio_msg_user_eventfd {
	__u32	dev_num;
	__u32	index;
	__s32	kick_fd;
	__s32	call_fd;
	__u32	flags;
	__u32	reserved;
};

/**
 * struct virtio_msg_user_window - VIRTIO_MSG_IOC_WINDOW
 * @dev_num: a claimed device number
 * @flags: 0
 * @addr: a bus address, as given by SET_VQUEUE
 * @start: out: bus address of the first byte of the window that holds @addr
 * @size: out: bytes of the window
 * @offset: out: what to pass to mmap() as its offset to map the window from its
 *	first byte
 *
 * Errors: ENXIO not claimed by this file, EFAULT no window of this device holds
 * @addr.
 */
struct virtio_msg_user_window {
	__u32	dev_num;
	__u32	flags;
	__u64	addr;
	__u64	start;
	__u64	size;
	__u64	offset;
};

/**
 * struct virtio_msg_user_export - VIRTIO_MSG_IOC_EXPORT
 * @dev_num: a claimed device number
 * @flags: 0
 * @addr: a bus address, as given by SET_VQUEUE
 * @start: out: bus address of the first byte of the window that holds @addr
 * @size: out: bytes of the window
 * @fd: out: a descriptor of the window, a dma-buf
 * @reserved: 0
 *
 * The dma-buf can be given to another process. Its offset 0 is the first byte of
 * the window, its size, as fstat() and lseek() tell, that of the window. It can
 * be mapped (MAP_SHARED) and that is all. A window has one dma-buf: asking again
 * gives another descriptor of it.
 *
 * The window is taken back when the reset of the device is answered (status 0 is
 * written), when the number is released or taken from the file, and when the bus
 * goes. Then all
 * mappings of the dma-buf show zeroes, in memory of its own.
 *
 * Errors: ENXIO not claimed by this file, EFAULT no window of this device holds
 * @addr, EMFILE, EOPNOTSUPP the kernel has no CONFIG_DMA_SHARED_BUFFER.
 */
struct virtio_msg_user_export {
	__u32	dev_num;
	__u32	flags;
	__u64	addr;
	__u64	start;
	__u64	size;
	__s32	fd;
	__u32	reserved;
};

/**
 * struct virtio_msg_user_ping - VIRTIO_MSG_IOC_PING
 * @data: sent to the peer, and what it returned
 * @flags: 0
 * @rtt_ns: out: time until the answer
 *
 * Errors: ETIMEDOUT no answer in the time of the bus, EBADMSG another value came
 * back, EBUSY too many requests wait for answers, ENODEV the bus is gone.
 */
struct virtio_msg_user_ping {
	__u32	data;
	__u32	flags;
	__u64	rtt_ns;
};

#define VIRTIO_MSG_IOC_TYPE	0xe7
#define VIRTIO_MSG_IOC_INFO	_IOR(VIRTIO_MSG_IOC_TYPE, 0x00, struct virtio_msg_user_info)
#define VIRTIO_MSG_IOC_CLAIM	_IOWR(VIRTIO_MSG_IOC_TYPE, 0x01, struct virtio_msg_user_claim)
#define VIRTIO_MSG_IOC_RELEASE	_IOW(VIRTIO_MSG_IOC_TYPE, 0x02, struct virtio_msg_user_claim)
#define VIRTIO_MSG_IOC_EVENTFD	_IOW(VIRTIO_MSG_IOC_TYPE, 0x03, struct virtio_msg_user_eventfd)
#define VIRTIO_MSG_IOC_WINDOW	_IOWR(VIRTIO_MSG_IOC_TYPE, 0x04, struct virtio_msg_user_window)
#define VIRTIO_MSG_IOC_PING	_IOWR(VIRTIO_MSG_IOC_TYPE, 0x05, struct virtio_msg_user_ping)
#define VIRTIO_MSG_IOC_EXPORT	_IOWR(VIRTIO_MSG_IOC_TYPE, 0x06, struct virtio_msg_user_export)

#endif /* _UAPI_LINUX_VIRTIO_MSG_USER_H */
