/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Device side of virtio over messages: the part that needs no operating system.
 *
 * Nothing declared here allocates, waits or makes a system call, and nothing of
 * the C library but memcpy() and memset() is used: the same files build for an
 * RTOS. What a device needs of its surroundings is in struct vmsg_link_ops; on
 * Linux libvirtio-msg.h provides it.
 *
 * One thread at a time may use a device and its queues.
 *
 * The driver is taken for hostile: every message is checked before use, every
 * word of shared memory is read once, and an address is followed only into a
 * window that the bus has mapped. A ring that makes no sense stops the device
 * with DEVICE_NEEDS_RESET, and nothing else.
 */
#ifndef _VMSG_CORE_H
#define _VMSG_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct virtio_msg_dialect;
struct vmsg_device;
struct vmsg_link;
struct vmsg_queue;

/* Bounds. A build for a small system may lower them. */
#ifndef VMSG_QUEUE_MAX
#define VMSG_QUEUE_MAX		1024	/* entries of a queue, 2^n */
#endif
#ifndef VMSG_WINDOWS_MAX
#define VMSG_WINDOWS_MAX	64	/* windows mapped for a device */
#endif
#define VMSG_FEATURE_BLOCKS	4	/* words of 32 feature bits */

/* Small devices count up to 32 bits, and have nobody who reads sentences. */
#ifdef VIRTIO_MSG_SMALL_DEVICE
typedef __u32 vmsg_count;
#define VMSG_WHY(text)		NULL
#else
typedef __u64 vmsg_count;
#define VMSG_WHY(text)		(text)
#endif

/* Feature bits that are not of one device type, by number. */
#define VMSG_F_INDIRECT_DESC	28
#define VMSG_F_EVENT_IDX	29
#define VMSG_F_VERSION_1	32
#define VMSG_F_ACCESS_PLATFORM	33
#define VMSG_F_RING_RESET	40

/* Device status. */
#define VMSG_S_ACKNOWLEDGE	0x01
#define VMSG_S_DRIVER		0x02
#define VMSG_S_DRIVER_OK	0x04
#define VMSG_S_FEATURES_OK	0x08
#define VMSG_S_NEEDS_RESET	0x40
#define VMSG_S_FAILED		0x80

/**
 * struct vmsg_window - memory shared with the driver, mapped
 * @start: bus address of the first byte
 * @size: bytes
 * @base: where it is mapped
 * @owner: index of the queue that first named it; belongs to the core
 * @shared: another queue has named it, too; belongs to the core
 */
struct vmsg_window {
	__u64 start;
	__u64 size;
	__u8 *base;
	__u16 owner;
	bool shared;
};

/**
 * struct vmsg_link_ops - what a device needs of its surroundings
 * @send: copy a message towards the driver. Return false if there is no room;
 *	there must be room for one response whenever vmsg_device_receive() is
 *	called. The core keeps a refused event in mind and sends it when
 *	vmsg_device_retry() is called.
 * @map: make the window that holds @addr accessible; 0 or a negative error
 * @unmap: undo @map
 * @call: optional: tell the driver that @queue has used buffers by other means
 *	than EVENT_USED. Return false to have the message sent.
 * @again: have vmsg_queue_run() called soon: @queue has used up its share
 * @flush: optional: let messages accepted so far go out now, for what follows
 *	may take long
 * @relax: optional: let the driver go on, for queues that are @poll. Return false
 *	when this has been so for long enough since the call with @first
 */
struct vmsg_link_ops {
	bool (*send)(struct vmsg_link *link, const void *msg, __u32 len);
	int (*map)(struct vmsg_link *link, struct vmsg_device *dev, __u64 addr,
		   struct vmsg_window *window);
	void (*unmap)(struct vmsg_link *link, struct vmsg_device *dev,
		      struct vmsg_window *window);
	bool (*call)(struct vmsg_link *link, struct vmsg_queue *queue);
	void (*again)(struct vmsg_link *link, struct vmsg_queue *queue);
	void (*flush)(struct vmsg_link *link);
	bool (*relax)(struct vmsg_link *link, struct vmsg_queue *queue,
		      bool first);
};

/**
 * struct vmsg_link - a bus, as seen by its devices
 * @ops: what it does
 * @dialect: layout of the messages
 * @max_msg: bytes of the largest message
 * @features: transport feature bits
 * @out: @max_msg bytes, in which messages are made
 * @scratch: @max_msg bytes
 */
struct vmsg_link {
	const struct vmsg_link_ops *ops;
	const struct virtio_msg_dialect *dialect;
	__u32 max_msg;
	__u32 features;
	void *out;
	void *scratch;
};

/**
 * struct vmsg_counters - what happened to a device
 * @requests: requests answered
 * @kicks: notifications of available buffers
 * @calls: notifications of used buffers
 * @config_events: EVENT_CONFIG sent
 * @malformed: messages dropped because their content is wrong
 * @unsupported: messages dropped because they are not known here
 * @ignored: notifications of queues that do not run
 * @refused: valid requests that had no effect
 * @failures: times that the device had to ask for a reset
 * @resets: resets
 */
struct vmsg_counters {
	vmsg_count requests;
	vmsg_count kicks;
	vmsg_count calls;
	vmsg_count config_events;
	vmsg_count malformed;
	vmsg_count unsupported;
	vmsg_count ignored;
	vmsg_count refused;
	vmsg_count failures;
	vmsg_count resets;
};

/**
 * struct vmsg_seg - memory of a buffer
 * @base: first byte; shared with the driver, who may change it at any time
 * @len: bytes
 */
struct vmsg_seg {
	__u8 *base;
	__u32 len;
};

/**
 * struct vmsg_cursor - position in one direction of a chain
 * @seg: segment
 * @offset: bytes of @seg already passed
 * @left: bytes still to come
 */
struct vmsg_cursor {
	__u32 seg;
	__u32 offset;
	__u32 left;
};

/**
 * struct vmsg_chain - a buffer of the driver
 * @head: its name on the ring
 * @num_out: number of segments that the device reads
 * @num_in: number of segments that the device writes
 * @out_len: bytes that the device reads
 * @in_len: bytes that the device writes
 * @out: position of vmsg_chain_read()
 * @in: position of vmsg_chain_write()
 * @epoch: belongs to the library
 * @seg: the segments, those that the device reads first
 *
 * How the driver divided a buffer into segments means nothing: use the functions
 * that follow, not @seg. A chain is void once its device was reset.
 */
struct vmsg_chain {
	__u16 head;
	__u16 num_out;
	__u16 num_in;
	__u32 out_len;
	__u32 in_len;
	struct vmsg_cursor out;
	struct vmsg_cursor in;
	__u32 epoch;
	struct vmsg_seg seg[VMSG_QUEUE_MAX];
};

/**
 * struct vmsg_queue - a virtqueue
 * @max_size: largest number of entries, a power of two up to VMSG_QUEUE_MAX;
 *	set by the device before the device is added; 0: no such queue
 * @poll: set by the device if drivers come back soon after an answer: the
 *	library then looks for more for a moment before it asks for a kick
 * @dev: device; this and what follows belongs to the library, to be read only
 * @index: number of the queue
 * @enabled: the driver has set it up
 * @size: entries, 0 until configured
 * @desc_addr: bus address of the descriptor area
 * @driver_addr: bus address of the driver area
 * @device_addr: bus address of the device area
 * @link_data: belongs to the link
 */
struct vmsg_queue {
	__u32 max_size;
	bool poll;

	struct vmsg_device *dev;
	__u16 index;
	bool enabled;
	__u32 size;
	__u64 desc_addr;
	__u64 driver_addr;
	__u64 device_addr;
	void *link_data;

	/* private: */
	const void *desc;
	const void *avail;
	void *used;
	const struct vmsg_window *hint;
	__u32 epoch;
	__u16 avail_seen;	/* the driver's index when last read */
	__u16 avail_next;	/* next entry to take */
	__u16 used_next;	/* next entry to fill */
	__u16 used_called;	/* @used_next when the driver was last asked */
	__u32 inflight;
	__u32 budget;
	bool event_idx;
	bool running;
	bool again;
	bool polling;		/* the driver is not asked for a kick yet */
	bool call_pending;
};

/**
 * struct vmsg_device_ops - behaviour of a device; each may be NULL
 * @negotiate: the driver has chosen @dev->driver_features, all of them offered;
 *	return false to refuse them
 * @start: DRIVER_OK: queues run from now on
 * @queue: @queue may have buffers: take them with vmsg_queue_pop() until it
 *	returns false. Called on notifications, and once after @start.
 * @reset: forget every chain and whatever the driver set. Return true when
 *	done; false if it takes longer: call vmsg_device_reset_done() then. Until
 *	then the memory of chains stays accessible, afterwards it does not.
 * @queue_reset: the same for one queue; must be done when it returns. Without
 *	it VIRTIO_F_RING_RESET must not be offered.
 * @config_write: the driver wants @len bytes at @offset of the configuration to
 *	be @data; return 0 to have them stored, or a negative error: no effect
 * @shm: where is shared memory region @id? Return false: there is none
 * @failed: the device now asks for a reset, for the reason @why, NULL if it
 *	was built without sentences
 */
struct vmsg_device_ops {
	bool (*negotiate)(struct vmsg_device *dev);
	void (*start)(struct vmsg_device *dev);
	void (*queue)(struct vmsg_device *dev, struct vmsg_queue *queue);
	bool (*reset)(struct vmsg_device *dev);
	void (*queue_reset)(struct vmsg_device *dev, struct vmsg_queue *queue);
	int (*config_write)(struct vmsg_device *dev, __u32 offset, __u32 len,
			    const void *data);
	bool (*shm)(struct vmsg_device *dev, __u32 id, __u64 *addr, __u64 *len);
	void (*failed)(struct vmsg_device *dev, const char *why);
};

/**
 * struct vmsg_device - a device
 * @ops: behaviour; this and what follows is set before the device is added
 * @priv: for the owner
 * @device_id: virtio device type
 * @vendor_id: vendor
 * @uuid: RFC 4122 byte order; all zero: none
 * @features: offered feature bits. VERSION_1, ACCESS_PLATFORM and EVENT_IDX are
 *	added; those that the library cannot do are taken away.
 * @config: configuration space, as the driver sees it
 * @config_size: bytes of it
 * @queues: the queues
 * @num_queues: number of them
 * @foreign: another process uses the queues: nothing here touches their rings,
 *	and VIRTIO_F_EVENT_IDX is offered only if the owner says so
 * @link: bus; this and what follows belongs to the library, to be read only
 * @dev_num: device number on the bus
 * @status: device status
 * @generation: configuration generation
 * @driver_features: bits that the driver has chosen
 * @counters: what happened
 * @next: belongs to the link
 * @link_data: belongs to the link
 */
struct vmsg_device {
	const struct vmsg_device_ops *ops;
	void *priv;
	__u32 device_id;
	__u32 vendor_id;
	__u8 uuid[16];
	__u32 features[VMSG_FEATURE_BLOCKS];
	void *config;
	__u32 config_size;
	struct vmsg_queue *queues;
	__u32 num_queues;
	bool foreign;

	struct vmsg_link *link;
	__u16 dev_num;
	__u8 status;
	__u32 generation;
	__u32 driver_features[VMSG_FEATURE_BLOCKS];
	struct vmsg_counters counters;
	struct vmsg_device *next;
	void *link_data;

	/* private: */
	struct vmsg_window windows[VMSG_WINDOWS_MAX];
	__u32 num_windows;
	__u64 foreign_blocks;	/* feature words chosen beyond ours */
	bool resetting;
	bool config_pending;
	bool start_pending;
	bool resumed;		/* goes on with the driver of another one */
	__u32 written;		/* the status that was written last */
};

/**
 * vmsg_feature_set() - set a feature bit
 * @features: VMSG_FEATURE_BLOCKS words
 * @bit: its number
 */
static inline void vmsg_feature_set(__u32 *features, unsigned int bit)
{
	features[bit / 32] |= 1U << (bit % 32);
}

/**
 * vmsg_feature_test() - is a feature bit set?
 * @features: VMSG_FEATURE_BLOCKS words
 * @bit: its number
 *
 * Return: true if so.
 */
static inline bool vmsg_feature_test(const __u32 *features, unsigned int bit)
{
	return features[bit / 32] & (1U << (bit % 32));
}

/* device.c */
int vmsg_device_init(struct vmsg_device *dev, struct vmsg_link *link,
		     __u16 dev_num);
void vmsg_device_exit(struct vmsg_device *dev);
bool vmsg_device_negotiated(const struct vmsg_device *dev, unsigned int bit);
bool vmsg_device_running(const struct vmsg_device *dev);
void vmsg_device_config_changed(struct vmsg_device *dev, __u32 offset,
				__u32 len);
void vmsg_device_fail(struct vmsg_device *dev, const char *why);
void vmsg_device_reset_done(struct vmsg_device *dev);
void vmsg_device_retry(struct vmsg_device *dev);

/* message.c */
void vmsg_device_receive(struct vmsg_device *dev, const void *msg, __u32 len);

/* queue.c */
void vmsg_queue_run(struct vmsg_queue *queue);
void vmsg_queue_kick(struct vmsg_queue *queue);
bool vmsg_queue_pop(struct vmsg_queue *queue, struct vmsg_chain *chain);
void vmsg_queue_push(struct vmsg_queue *queue, const struct vmsg_chain *chain,
		     __u32 written);
void vmsg_queue_notify(struct vmsg_queue *queue);
__u16 vmsg_queue_used_index(const struct vmsg_queue *queue);

/* chain.c */
__u32 vmsg_chain_read(struct vmsg_chain *chain, void *to, __u32 len);
__u32 vmsg_chain_write(struct vmsg_chain *chain, const void *from, __u32 len);
__u32 vmsg_chain_zero(struct vmsg_chain *chain, __u32 len);
__u32 vmsg_chain_take_out(struct vmsg_chain *chain, const void **piece,
			  __u32 max);
__u32 vmsg_chain_take_in(struct vmsg_chain *chain, void **piece, __u32 max);
void vmsg_chain_rewind(struct vmsg_chain *chain);

/**
 * vmsg_chain_written() - how far vmsg_chain_write() and others have come
 * @chain: the buffer
 *
 * Return: bytes, as vmsg_queue_push() wants them.
 */
static inline __u32 vmsg_chain_written(const struct vmsg_chain *chain)
{
	return chain->in_len - chain->in.left;
}

#endif /* _VMSG_CORE_H */
