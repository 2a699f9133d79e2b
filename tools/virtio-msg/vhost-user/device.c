// SPDX-License-Identifier: BSD-3-Clause
/*
 * A virtio-msg device whose queues a back end uses.
 *
 * Messages end here; the rings, the kicks and the calls are the back end's and
 * the kernel's. A back end has let go of the rings before a driver hears that
 * its reset is done, and the kernel takes the windows away at that moment, in
 * case that it has not.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "vhost-user/device.h"

#define BIT(n)	(1ULL << (n))

/* Of the protocol or of older rings, or not possible with foreign rings. */
#define NOT_OFFERED	(BIT(26) | BIT(27) | BIT(VHU_F_PROTOCOL_FEATURES) | \
			 BIT(VMSG_F_ACCESS_PLATFORM) | BIT(VMSG_F_RING_RESET))

#define WANTED		(BIT(VHU_PROTOCOL_MQ) | BIT(VHU_PROTOCOL_REPLY_ACK) | \
			 BIT(VHU_PROTOCOL_BACKEND_REQ) | \
			 BIT(VHU_PROTOCOL_CONFIG) | \
			 BIT(VHU_PROTOCOL_INFLIGHT_SHMFD) | \
			 BIT(VHU_PROTOCOL_RESET_DEVICE) | \
			 BIT(VHU_PROTOCOL_MEM_SLOTS) | BIT(VHU_PROTOCOL_STATUS))

#define S_UP_TO_FEATURES \
	(VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER | VMSG_S_FEATURES_OK)

static struct vhu_device *to_device(struct vmsg_device *dev)
{
	return container_of(dev, struct vhu_device, dev);
}

void vhu_device_begin(struct vhu_device *device)
{
	device->backend.deadline = vhu_now() + device->budget_ms;
}

/* Whoever called the back end in the middle of something else. */
static void end(struct vhu_device *device)
{
	if (device->backend.error || device->backend.config_changed)
		device->trouble(device);
}

/* Features and status */

static __u64 offered(const struct vhu_device *device)
{
	const struct vhu_type *type = device->options->type;
	__u64 bits = device->backend.features & ~NOT_OFFERED & ~type->hide;

	return bits | (type->offer ? type->offer(device->options) : 0);
}

static __u64 chosen(const struct vhu_device *device)
{
	const __u32 *words = device->dev.driver_features;
	__u64 bits = words[0] | (__u64)words[1] << 32;

	return (bits & ~NOT_OFFERED & device->backend.features) |
	       (device->backend.features & BIT(VHU_F_PROTOCOL_FEATURES));
}

static int set_status(struct vhu_device *device, __u64 status)
{
	if (!vhu_backend_has(&device->backend, VHU_PROTOCOL_STATUS))
		return 0;
	return vhu_backend_tell_u64(&device->backend, VHU_SET_STATUS, status);
}

static int check_features_ok(struct vhu_device *device)
{
	struct vhu_backend *backend = &device->backend;
	__u64 status;
	int err;

	if (!vhu_backend_has(backend, VHU_PROTOCOL_STATUS))
		return 0;
	err = vhu_backend_ask_u64(backend, VHU_GET_STATUS, &status);
	if (!err && !(status & VMSG_S_FEATURES_OK))
		err = vhu_backend_fail(backend, -EIO,
				       "it does not accept the driver's features");
	return err;
}

static int set_features(struct vhu_device *device)
{
	int err;

	err = set_status(device, VMSG_S_ACKNOWLEDGE | VMSG_S_DRIVER);
	if (!err)
		err = vhu_backend_tell_u64(&device->backend, VHU_SET_FEATURES,
					   chosen(device));
	if (!err)
		err = set_status(device, S_UP_TO_FEATURES);
	return err ? err : check_features_ok(device);
}

/* Configuration */

static int fetch_config(struct vhu_device *device, __u8 *config, __u32 size)
{
	struct vhu_backend *backend = &device->backend;
	struct vhu_msg msg = {
		.request = VHU_GET_CONFIG,
		.size = VHU_CONFIG_HEADER + size,
		.payload.config.size = size,
	};
	int err;

	if (!vhu_backend_has(backend, VHU_PROTOCOL_CONFIG))
		return vhu_backend_fail(backend, -EPROTO,
					"it has no configuration, which a device of type %s needs",
					device->options->type->name);
	err = vhu_backend_ask(backend, &msg);
	if (err)
		return err;
	if (msg.size != VHU_CONFIG_HEADER + size || msg.num_fds ||
	    msg.payload.config.size != size || msg.payload.config.offset) {
		vhu_msg_close(&msg);
		return vhu_backend_fail(backend, -EPROTO,
					"GET_CONFIG: answer of %u bytes, not %u",
					msg.size, VHU_CONFIG_HEADER + size);
	}
	memcpy(config, msg.payload.config.data, size);
	return 0;
}

/* The configuration as the driver is to see it; its size, or an error. */
static int make_config(struct vhu_device *device, __u8 *config)
{
	const struct vhu_type *type = device->options->type;
	__u32 size = type->backend_config;
	int err;

	memset(config, 0, VHU_CONFIG_MAX);
	if (size) {
		err = fetch_config(device, config, size);
		if (err)
			return err;
	}
	if (type->config)
		size = type->config(device->options, device->dev.num_queues,
				    config, size);
	return (int)size;
}

int vhu_device_read_config(struct vhu_device *device)
{
	struct vmsg_device *dev = &device->dev;
	__u8 config[VHU_CONFIG_MAX];
	int size;

	device->backend.config_changed = false;
	size = make_config(device, config);
	if (size < 0)
		return size;
	if (!memcmp(device->config, config, sizeof(config)))
		return 0;
	memcpy(device->config, config, sizeof(config));
	vmsg_device_config_changed(dev, 0, dev->config_size);
	return 0;
}

static int write_config(struct vmsg_device *dev, __u32 offset, __u32 len,
			const void *data)
{
	struct vhu_device *device = to_device(dev);
	struct vhu_msg msg = {
		.request = VHU_SET_CONFIG,
		.size = VHU_CONFIG_HEADER + len,
		.payload.config = { .offset = offset, .size = len },
	};
	int err;

	if (!vhu_backend_has(&device->backend, VHU_PROTOCOL_CONFIG))
		return -EOPNOTSUPP;
	memcpy(msg.payload.config.data, data, len);
	vhu_device_begin(device);
	err = vhu_backend_tell(&device->backend, &msg);
	end(device);
	return err;
}

/* Rings */

static int set_ring(struct vhu_device *device, struct vmsg_queue *queue,
		    __u16 base)
{
	const struct vhu_memory *memory = &device->memory;
	struct vhu_backend *backend = &device->backend;
	struct vhu_msg msg = {
		.request = VHU_SET_VRING_ADDR,
		.size = sizeof(msg.payload.addr),
		.payload.addr = {
			.index = queue->index,
			.desc = vhu_memory_user_addr(memory, queue->desc_addr),
			.used = vhu_memory_user_addr(memory,
						     queue->device_addr),
			.avail = vhu_memory_user_addr(memory,
						      queue->driver_addr),
		},
	};
	int err;

	err = vhu_backend_tell_state(backend, VHU_SET_VRING_NUM, queue->index,
				     queue->size);
	if (!err)
		err = vhu_backend_tell_state(backend, VHU_SET_VRING_BASE,
					     queue->index, base);
	return err ? err : vhu_backend_tell(backend, &msg);
}

static int set_eventfds(struct vhu_device *device, struct vmsg_queue *queue)
{
	struct vhu_backend *backend = &device->backend;
	int kick, call;
	int err;

	err = vmsg_queue_eventfds(queue, &kick, &call);
	if (err)
		return vhu_backend_fail(backend, err,
					"the bus has no eventfds");
	err = vhu_backend_tell_fd(backend, VHU_SET_VRING_ERR, queue->index,
				  device->error_fd);
	if (!err)
		err = vhu_backend_tell_fd(backend, VHU_SET_VRING_CALL,
					  queue->index, call);
	if (!err)
		err = vhu_backend_tell_fd(backend, VHU_SET_VRING_KICK,
					  queue->index, kick);
	return err;
}

static int enable_ring(struct vhu_device *device, struct vmsg_queue *queue,
		       bool on)
{
	/* Without protocol features a ring runs from its kick on. */
	if (!(device->backend.features & BIT(VHU_F_PROTOCOL_FEATURES)))
		return 0;
	return vhu_backend_tell_state(&device->backend, VHU_SET_VRING_ENABLE,
				      queue->index, on);
}

static int start_ring(struct vhu_device *device, struct vmsg_queue *queue,
		      bool resume)
{
	__u16 base = resume ? vmsg_queue_used_index(queue) : 0;
	int err;

	err = set_ring(device, queue, base);
	if (!err)
		err = set_eventfds(device, queue);
	return err ? err : enable_ring(device, queue, true);
}

/* What was asked for before the back end listened may not be told again. */
static void kick_ring(struct vmsg_queue *queue)
{
	int kick, call;

	if (!vmsg_queue_eventfds(queue, &kick, &call))
		eventfd_write(kick, 1);
}

static int for_rings(struct vhu_device *device,
		     int (*call)(struct vhu_device *device,
				 struct vmsg_queue *queue, bool flag),
		     bool flag)
{
	__u32 i;
	int err = 0;

	for (i = 0; i < device->shared && !err; i++)
		if (device->queues[i].enabled)
			err = call(device, &device->queues[i], flag);
	return err;
}

static int stop_ring(struct vhu_device *device, struct vmsg_queue *queue,
		     bool flag)
{
	struct vhu_backend *backend = &device->backend;
	struct vhu_msg msg = {
		.request = VHU_GET_VRING_BASE,
		.size = sizeof(msg.payload.state),
		.payload.state.index = queue->index,
	};
	int err;

	(void)flag;
	err = enable_ring(device, queue, false);
	if (!err)
		err = vhu_backend_ask(backend, &msg);
	if (err)
		return err;
	if (msg.size == sizeof(msg.payload.state) && !msg.num_fds &&
	    msg.payload.state.index == queue->index)
		return 0;
	vhu_msg_close(&msg);
	return vhu_backend_fail(backend, -EPROTO,
				"GET_VRING_BASE: it answered for another queue");
}

/* Start and stop */

static bool keeps_track(const struct vhu_device *device)
{
	return device->options->inflight &&
	       vhu_backend_has(&device->backend, VHU_PROTOCOL_INFLIGHT_SHMFD);
}

static __u16 largest_ring(const struct vhu_device *device)
{
	__u32 i, size = 0;

	for (i = 0; i < device->shared; i++)
		if (device->queues[i].enabled && device->queues[i].size > size)
			size = device->queues[i].size;
	return (__u16)size;
}

static int set_inflight(struct vhu_device *device)
{
	int err;

	if (!keeps_track(device))
		return 0;
	if (device->inflight.fd < 0) {
		err = vhu_inflight_get(&device->inflight, &device->backend,
				       (__u16)device->shared,
				       largest_ring(device));
		if (err)
			return err;
	}
	return vhu_inflight_set(&device->inflight, &device->backend);
}

int vhu_device_start(struct vhu_device *device)
{
	bool resume = device->started;
	__u32 i;
	int err;

	err = resume ? set_features(device) : 0;
	if (!err)
		err = vhu_memory_share(&device->memory, &device->backend,
				       device->bus, &device->dev);
	if (!err)
		err = set_inflight(device);
	if (!err)
		err = for_rings(device, start_ring, resume);
	if (!err)
		err = set_status(device, S_UP_TO_FEATURES | VMSG_S_DRIVER_OK);
	if (err)
		return err;
	device->started = true;
	for (i = 0; i < device->shared; i++)
		if (device->queues[i].enabled)
			kick_ring(&device->queues[i]);
	return 0;
}

static int stop(struct vhu_device *device)
{
	struct vhu_msg msg = { .request = VHU_RESET_DEVICE };
	int err;

	err = for_rings(device, stop_ring, false);
	if (!err)
		err = vhu_memory_unshare(&device->memory, &device->backend);
	if (!err && vhu_backend_has(&device->backend,
				    VHU_PROTOCOL_RESET_DEVICE))
		err = vhu_backend_tell(&device->backend, &msg);
	return err ? err : set_status(device, 0);
}

bool vhu_device_resumable(const struct vhu_device *device)
{
	return device->started && vmsg_device_running(&device->dev) &&
	       device->options->inflight &&
	       (device->inflight.fd >= 0 || device->options->type->in_order);
}

/* Operations */

static bool op_negotiate(struct vmsg_device *dev)
{
	struct vhu_device *device = to_device(dev);
	int err;

	vhu_device_begin(device);
	err = set_features(device);
	end(device);
	return !err;
}

static void op_start(struct vmsg_device *dev)
{
	struct vhu_device *device = to_device(dev);

	vhu_device_begin(device);
	if (vhu_device_start(device))
		vmsg_device_fail(dev, device->backend.why);
	end(device);
}

static bool op_reset(struct vmsg_device *dev)
{
	struct vhu_device *device = to_device(dev);

	if (device->started) {
		vhu_device_begin(device);
		stop(device);
	}
	device->started = false;
	end(device);
	vhu_inflight_drop(&device->inflight);
	return true;
}

static const struct vmsg_device_ops device_ops = {
	.negotiate = op_negotiate,
	.start = op_start,
	.reset = op_reset,
	.config_write = write_config,
};

/* What the device is like */

void vhu_device_init(struct vhu_device *device,
		     const struct vhu_options *options, struct vmsg_bus *bus)
{
	memset(device, 0, sizeof(*device));
	vhu_backend_init(&device->backend);
	device->options = options;
	device->bus = bus;
	device->inflight.fd = -1;
	device->error_fd = -1;
	device->dev.ops = &device_ops;
	device->dev.device_id = options->type->device_id;
	device->dev.queues = device->queues;
	device->dev.config = device->config;
	device->dev.foreign = true;
}

/* As many as asked for, or as there can be; 0: not possible. */
static __u32 count_queues(struct vhu_device *device)
{
	const struct vhu_options *options = device->options;
	const struct vhu_type *type = options->type;
	struct vhu_backend *backend = &device->backend;
	__u64 most = VMSG_WINDOWS_MAX;
	__u64 wanted = options->queues;

	if (backend->max_queues && !type->pairs)
		most = backend->max_queues;
	if (!wanted)
		wanted = type->queues ? type->queues :
			 backend->max_queues ? backend->max_queues : 1;
	if (most > VMSG_WINDOWS_MAX)
		most = VMSG_WINDOWS_MAX;
	if (type->shared)
		most += wanted - type->shared;
	if (!options->queues && wanted > backend->max_slots)
		wanted = backend->max_slots;
	if (!options->queues && wanted > most)
		wanted = most;
	return wanted > most || wanted < type->queues_min ? 0 : (__u32)wanted;
}

static int set_queues(struct vhu_device *device)
{
	const struct vhu_options *options = device->options;
	struct vhu_backend *backend = &device->backend;
	__u32 num = count_queues(device);
	__u32 i;

	if (!num)
		return vhu_backend_fail(backend, -ENOSPC,
					"it has %llu queues and %llu slots for memory, which is too few",
					(unsigned long long)backend->max_queues,
					(unsigned long long)backend->max_slots);
	device->dev.num_queues = num;
	device->shared = options->type->shared ? options->type->shared : num;
	for (i = 0; i < num; i++)
		device->queues[i].max_size = options->queue_size;
	return 0;
}

static int connect_backend(struct vhu_device *device)
{
	struct vhu_backend *backend = &device->backend;
	int err;

	err = vhu_backend_negotiate(backend, WANTED);
	if (!err && !(backend->features & BIT(VMSG_F_VERSION_1)))
		err = vhu_backend_fail(backend, -EPROTO,
				       "it does not offer VIRTIO_F_VERSION_1");
	return err;
}

int vhu_device_describe(struct vhu_device *device)
{
	struct vmsg_device *dev = &device->dev;
	__u64 bits;
	int size;

	size = connect_backend(device);
	if (!size)
		size = set_queues(device);
	if (!size)
		size = make_config(device, device->config);
	if (size < 0)
		return size;
	dev->config_size = (__u32)size;
	bits = offered(device);
	memset(dev->features, 0, sizeof(dev->features));
	dev->features[0] = (__u32)bits;
	dev->features[1] = (__u32)(bits >> 32);
	return 0;
}

int vhu_device_compare(struct vhu_device *device)
{
	const __u32 *words = device->dev.driver_features;
	struct vhu_backend *backend = &device->backend;
	__u64 bits = words[0] | (__u64)words[1] << 32;
	int err;

	err = connect_backend(device);
	if (err)
		return err;
	bits &= ~(BIT(VMSG_F_ACCESS_PLATFORM) | BIT(VMSG_F_VERSION_1));
	if ((bits & ~offered(device)) ||
	    (device->inflight.fd >= 0 && !keeps_track(device)) ||
	    (backend->max_queues && !device->options->type->pairs &&
	     backend->max_queues < device->shared))
		return vhu_backend_fail(backend, -ESTALE,
					"it came back as another device");
	return vhu_device_read_config(device);
}
