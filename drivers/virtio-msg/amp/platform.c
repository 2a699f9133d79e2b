// SPDX-License-Identifier: GPL-2.0
/*
 * Two processors of a board, or two partitions of it: a device tree says which
 * memory they share, and which mailbox channels interrupt the other.
 */
#include <linux/dev_printk.h>
#include <linux/io.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "limits.h"
#include "platform.h"

#define DEFAULT_MSG_SIZE	264
#define DEFAULT_SLOTS		64

static unsigned int peer_ms = VIRTIO_MSG_AMP_PEER_MS;
module_param(peer_ms, uint, 0444);
MODULE_PARM_DESC(peer_ms, "for how long the peer may look dead (5000)");

/* All that have memory. */
static LIST_HEAD(users);
static DEFINE_MUTEX(users_lock);

static void amp_platform_ring(struct virtio_msg_shmem *shmem, u32 address)
{
	struct virtio_msg_amp_platform *amp =
		container_of(shmem, struct virtio_msg_amp_platform, shmem);

	virtio_msg_doorbell_ring(&amp->doorbell);
}

static const struct virtio_msg_shmem_ops amp_platform_ops = {
	.ring = amp_platform_ring,
};

static void amp_platform_rung(struct virtio_msg_doorbell *doorbell)
{
	struct virtio_msg_amp_platform *amp =
		container_of(doorbell, struct virtio_msg_amp_platform, doorbell);

	virtio_msg_shmem_rung(&amp->shmem);
}

/* Memory */

static bool overlap(const struct virtio_msg_shmem *a,
		    const struct virtio_msg_shmem *b)
{
	return a->phys < b->phys + b->size && b->phys < a->phys + a->size;
}

/* Both sides may be here, with the same memory. */
static bool are_sides(const struct virtio_msg_shmem *a,
		      const struct virtio_msg_shmem *b)
{
	return a->phys == b->phys && a->size == b->size && a->side != b->side;
}

static void release_memory(void *data)
{
	struct virtio_msg_amp_platform *amp = data;

	mutex_lock(&users_lock);
	list_del(&amp->node);
	mutex_unlock(&users_lock);
}

static int claim_memory(struct virtio_msg_amp_platform *amp)
{
	struct device *dev = amp->shmem.dev;
	struct virtio_msg_amp_platform *other;
	int err = 0;

	mutex_lock(&users_lock);
	list_for_each_entry(other, &users, node) {
		if (!overlap(&amp->shmem, &other->shmem) ||
		    are_sides(&amp->shmem, &other->shmem))
			continue;
		err = dev_err_probe(dev, -EBUSY,
				    "memory-region is also that of %s\n",
				    dev_name(other->shmem.dev));
		break;
	}
	if (!err)
		list_add(&amp->node, &users);
	mutex_unlock(&users_lock);
	return err ?: devm_add_action_or_reset(dev, release_memory, amp);
}

static int find_memory(struct device *dev, struct resource *res)
{
	struct device_node *np;
	int err;

	np = of_parse_phandle(dev->of_node, "memory-region", 0);
	if (!np)
		return dev_err_probe(dev, -EINVAL, "no memory-region\n");
	err = of_device_is_available(np) ?
	      of_address_to_resource(np, 0, res) : -ENODEV;
	of_node_put(np);
	if (err)
		return dev_err_probe(dev, err,
				     "memory-region has no address\n");
	if (!PAGE_ALIGNED(res->start))
		return dev_err_probe(dev, -EINVAL,
				     "memory-region %pR is not at a page\n",
				     res);
	if (resource_size(res) < VIRTIO_MSG_AMP_MIN_MEMORY)
		return dev_err_probe(dev, -EINVAL,
				     "memory-region %pR is too small\n", res);
	return 0;
}

static int map_memory(struct virtio_msg_amp_platform *amp)
{
	struct virtio_msg_shmem *shmem = &amp->shmem;
	struct resource res;
	int err;

	err = find_memory(shmem->dev, &res);
	if (err)
		return err;
	shmem->phys = res.start;
	shmem->size = resource_size(&res);
	err = claim_memory(amp);
	if (err)
		return err;
	shmem->base = devm_memremap(shmem->dev, shmem->phys, shmem->size,
				    MEMREMAP_WB);
	if (IS_ERR(shmem->base))
		return dev_err_probe(shmem->dev, PTR_ERR(shmem->base),
				     "cannot map memory-region %pR\n", &res);
	return 0;
}

/* Properties */

static int read_side(struct virtio_msg_shmem *shmem)
{
	u32 side;

	if (device_property_read_u32(shmem->dev, "virtio,side", &side) ||
	    side > 1)
		return dev_err_probe(shmem->dev, -EINVAL,
				     "virtio,side must be 0 or 1\n");
	shmem->side = side;
	return 0;
}

static int read_u32(struct device *dev, const char *name, u32 *value, u32 min,
		    u32 max, u32 step)
{
	int err = device_property_read_u32(dev, name, value);

	/* It is not there. */
	if (err == -EINVAL)
		return 0;
	if (!err && *value >= min && *value <= max && !(*value % step))
		return 0;
	return dev_err_probe(dev, -EINVAL,
			     "%s must be %u to %u, in steps of %u\n",
			     name, min, max, step);
}

static int read_sizes(struct virtio_msg_shmem *shmem)
{
	int err;

	shmem->slot_size = DEFAULT_MSG_SIZE;
	shmem->num_slots = DEFAULT_SLOTS;
	err = read_u32(shmem->dev, "virtio,msg-size", &shmem->slot_size,
		       VIRTIO_MSG_AMP_MIN_SLOT, VIRTIO_MSG_AMP_MAX_SLOT, 8);
	return err ?: read_u32(shmem->dev, "virtio,slots", &shmem->num_slots,
			       VIRTIO_MSG_AMP_MIN_SLOTS,
			       VIRTIO_MSG_AMP_MAX_SLOTS, 1);
}

/* The end of a name tells more than its beginning, which are the parents. */
static void choose_name(struct virtio_msg_shmem *shmem)
{
	const char *name = dev_name(shmem->dev);
	size_t len = strlen(name);

	if (len >= sizeof(shmem->name))
		name += len - (sizeof(shmem->name) - 1);
	strscpy(shmem->name, name, sizeof(shmem->name));
}

static int fill_shmem(struct virtio_msg_shmem *shmem, struct device *dev)
{
	int err;

	shmem->dev = dev;
	shmem->ops = &amp_platform_ops;
	shmem->role = VIRTIO_MSG_ROLE_DRIVER | VIRTIO_MSG_ROLE_DEVICE;
	shmem->peer_ms = peer_ms;
	if (!peer_ms || peer_ms > VIRTIO_MSG_AMP_MAX_PEER_MS)
		return dev_err_probe(dev, -EINVAL,
				     "parameter peer_ms must be 1 to %u\n",
				     VIRTIO_MSG_AMP_MAX_PEER_MS);
	choose_name(shmem);
	err = read_side(shmem);
	return err ?: read_sizes(shmem);
}

/* The driver */

static int init_shmem(struct virtio_msg_shmem *shmem, bool rings)
{
	int err;

	/* There is nothing to tell a peer that it has one bell. */
	shmem->doorbell = rings ? 0 : VIRTIO_MSG_AMP_NO_DOORBELL;
	err = virtio_msg_shmem_init(shmem);
	if (err == -EINVAL)
		dev_err(shmem->dev,
			"messages of %u bytes do not fit in memory-region\n",
			shmem->slot_size);
	return err;
}

static int amp_platform_probe(struct platform_device *pdev)
{
	struct virtio_msg_amp_platform *amp;
	int err;

	amp = devm_kzalloc(&pdev->dev, sizeof(*amp), GFP_KERNEL);
	if (!amp)
		return -ENOMEM;
	platform_set_drvdata(pdev, amp);
	err = fill_shmem(&amp->shmem, &pdev->dev);
	if (err)
		return err;
	err = map_memory(amp);
	if (err)
		return err;
	amp->doorbell.rung = amp_platform_rung;
	err = virtio_msg_doorbell_request(&amp->doorbell, &pdev->dev);
	if (err < 0)
		return err;
	err = init_shmem(&amp->shmem, err);
	if (err)
		goto free_doorbell;
	virtio_msg_doorbell_listen(&amp->doorbell);
	virtio_msg_shmem_start(&amp->shmem);
	return 0;

free_doorbell:
	virtio_msg_doorbell_free(&amp->doorbell);
	return err;
}

static void amp_platform_remove(struct platform_device *pdev)
{
	struct virtio_msg_amp_platform *amp = platform_get_drvdata(pdev);

	/* While it stops, it rings and is rung. */
	virtio_msg_shmem_stop(&amp->shmem);
	virtio_msg_doorbell_free(&amp->doorbell);
	virtio_msg_shmem_destroy(&amp->shmem);
}

static const struct of_device_id amp_platform_ids[] = {
	{ .compatible = VIRTIO_MSG_AMP_COMPATIBLE },
	{ }
};
MODULE_DEVICE_TABLE(of, amp_platform_ids);

static struct platform_driver amp_platform_driver = {
	.driver = {
		.name = "virtio-msg-amp-platform",
		.of_match_table = amp_platform_ids,
	},
	.probe = amp_platform_probe,
	.remove = amp_platform_remove,
};
module_platform_driver(amp_platform_driver);

MODULE_DESCRIPTION("Virtio over messages in memory that a device tree names");
MODULE_LICENSE("GPL");
