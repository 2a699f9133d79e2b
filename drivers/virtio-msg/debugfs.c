// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/virtio-msg/<bus>/<device number>/
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uuid.h>

#include "bus.h"
#include "debugfs.h"
#include "queue.h"
#include "transport.h"

static struct dentry *root;

/* One that is all zeros is none. */
static void show_uuid(struct seq_file *seq, const u8 *uuid)
{
	if (memchr_inv(uuid, 0, UUID_SIZE))
		seq_printf(seq, "uuid %pUb\n", uuid);
	else
		seq_puts(seq, "uuid none\n");
}

static int info_show(struct seq_file *seq, void *unused)
{
	struct virtio_msg_device *vmdev = seq->private;
	u32 i;

	seq_printf(seq, "name %s\n", dev_name(&vmdev->vdev.dev));
	seq_printf(seq, "type %u\n", vmdev->vdev.id.device);
	seq_printf(seq, "vendor %#x\n", vmdev->vdev.id.vendor);
	show_uuid(seq, vmdev->uuid);
	seq_printf(seq, "mode %s\n", vmdev->policy ? "relay" : "direct");
	seq_printf(seq, "state %s\n", READ_ONCE(vmdev->dead) ? "dead" :
		   READ_ONCE(vmdev->broken) ? "broken" : "alive");
	seq_printf(seq, "served %s\n",
		   virtio_msg_hold_is(vmdev) ? "no" : "yes");
	seq_printf(seq, "max_queues %u\n", vmdev->max_vqs);
	seq_printf(seq, "config_size %u\n", vmdev->config.size);
	seq_printf(seq, "config_generation %u\n",
		   virtio_msg_config_generation(vmdev));
	seq_puts(seq, "features");
	for (i = vmdev->feature_blocks; i; i--)
		seq_printf(seq, " %08x", vmdev->features[i - 1]);
	seq_putc(seq, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(info);

static int counters_show(struct seq_file *seq, void *unused)
{
	struct virtio_msg_device *vmdev = seq->private;

	seq_printf(seq, "avail_events %ld\n",
		   atomic_long_read(&vmdev->avail_events));
	seq_printf(seq, "used_events %ld\n",
		   atomic_long_read(&vmdev->used_events));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static void show_queue(struct seq_file *seq, struct virtio_msg_queue *queue)
{
	struct virtio_msg_relay_stats stats = {};

	if (queue->relay)
		virtio_msg_relay_stats(queue->relay, &stats);
	seq_printf(seq,
		   "%u name %s size %u requests %llu answers %llu pending %u out %llu in %llu stalls %llu window %zu\n",
		   queue->index, queue->vq->name,
		   virtqueue_get_vring_size(queue->vq), stats.requests,
		   stats.answers, stats.pending, stats.bytes_out,
		   stats.bytes_in, stats.stalls,
		   queue->window ? queue->window->size : 0);
}

static int queues_show(struct seq_file *seq, void *unused)
{
	struct virtio_msg_device *vmdev = seq->private;
	struct virtio_msg_queue *queue;
	u32 n, i;

	mutex_lock(&vmdev->lock);
	/* Pairs with the release in virtio_msg_queues_find(). */
	n = smp_load_acquire(&vmdev->num_queues);
	for (i = 0; i < n; i++) {
		queue = rcu_dereference_protected(vmdev->queues[i],
						  lockdep_is_held(&vmdev->lock));
		show_queue(seq, queue);
	}
	mutex_unlock(&vmdev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

/**
 * virtio_msg_debugfs_add_device() - show a device
 * @vmdev: a registered device
 *
 * Context: Sleeps.
 */
void virtio_msg_debugfs_add_device(struct virtio_msg_device *vmdev)
{
	char name[8];

	snprintf(name, sizeof(name), "%u", vmdev->dev_num);
	vmdev->debugfs = debugfs_create_dir(name, vmdev->core->debugfs);
	debugfs_create_file("info", 0444, vmdev->debugfs, vmdev, &info_fops);
	debugfs_create_file("counters", 0444, vmdev->debugfs, vmdev,
			    &counters_fops);
	debugfs_create_file("queues", 0444, vmdev->debugfs, vmdev,
			    &queues_fops);
}

/**
 * virtio_msg_debugfs_del_device() - show it no more
 * @vmdev: the device
 *
 * Context: Sleeps.
 */
void virtio_msg_debugfs_del_device(struct virtio_msg_device *vmdev)
{
	debugfs_remove(vmdev->debugfs);
}

/**
 * virtio_msg_debugfs_add_bus() - show a bus
 * @core: a registered bus
 *
 * Context: Sleeps.
 */
void virtio_msg_debugfs_add_bus(struct virtio_msg_core *core)
{
	core->debugfs = debugfs_create_dir(core->name, root);
}

/**
 * virtio_msg_debugfs_del_bus() - show it no more
 * @core: the bus
 *
 * Context: Sleeps.
 */
void virtio_msg_debugfs_del_bus(struct virtio_msg_core *core)
{
	debugfs_remove(core->debugfs);
}

/**
 * virtio_msg_debugfs_init() - make the directory
 *
 * Context: Sleeps.
 */
void virtio_msg_debugfs_init(void)
{
	root = debugfs_create_dir("virtio-msg", NULL);
}

/**
 * virtio_msg_debugfs_exit() - remove the directory
 *
 * Context: Sleeps.
 */
void virtio_msg_debugfs_exit(void)
{
	debugfs_remove(root);
}
