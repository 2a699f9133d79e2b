// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's ivshmem-doorbell and ivshmem-plain: two virtual machines share the
 * memory of a card, and the former can interrupt each other.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "limits.h"
#include "shmem.h"

#define IVSHMEM_VENDOR		0x1af4
#define IVSHMEM_DEVICE		0x1110

#define IVSHMEM_REGISTERS	0
#define IVSHMEM_MEMORY		2

#define IVSHMEM_POSITION	8
#define IVSHMEM_DOORBELL	12

/* A doorbell's address: the machine above, the vector below. */
#define IVSHMEM_ADDRESS(position)	((u32)(position) << 16)

static char *side = "auto";
module_param(side, charp, 0444);
MODULE_PARM_DESC(side,
		 "0, 1 or auto: by the parity of the machine's position (auto)");
static unsigned int msg_size = 264;
module_param(msg_size, uint, 0444);
MODULE_PARM_DESC(msg_size, "side 0: bytes of the largest message (264)");
static unsigned int slots = 64;
module_param(slots, uint, 0444);
MODULE_PARM_DESC(slots, "side 0: messages that fit in each direction (64)");
static unsigned int peer_ms = VIRTIO_MSG_AMP_PEER_MS;
module_param(peer_ms, uint, 0444);
MODULE_PARM_DESC(peer_ms, "for how long the peer may look dead (5000)");
static bool poll;
module_param(poll, bool, 0444);
MODULE_PARM_DESC(poll, "look for messages at times, even with interrupts (0)");

struct ivshmem {
	struct virtio_msg_shmem shmem;
	struct pci_dev *pdev;
	void __iomem *registers;
};

static void ivshmem_ring(struct virtio_msg_shmem *shmem, u32 address)
{
	struct ivshmem *ivshmem = container_of(shmem, struct ivshmem, shmem);

	/* Orders it behind what was written to memory. */
	writel(address, ivshmem->registers + IVSHMEM_DOORBELL);
}

static const struct virtio_msg_shmem_ops ivshmem_ops = {
	.ring = ivshmem_ring,
};

static irqreturn_t ivshmem_irq(int irq, void *data)
{
	struct ivshmem *ivshmem = data;

	virtio_msg_shmem_rung(&ivshmem->shmem);
	return IRQ_HANDLED;
}

/* The position is only there with a doorbell. */
static int choose_side(struct ivshmem *ivshmem, bool doorbell)
{
	unsigned int number;

	if (sysfs_streq(side, "auto")) {
		if (doorbell)
			return readl(ivshmem->registers + IVSHMEM_POSITION) & 1;
		dev_err(&ivshmem->pdev->dev,
			"without a doorbell the parameter 'side' is needed\n");
		return -EINVAL;
	}
	if (kstrtouint(side, 0, &number) || number > 1)
		return -EINVAL;
	return number;
}

static int map_memory(struct ivshmem *ivshmem)
{
	struct virtio_msg_shmem *shmem = &ivshmem->shmem;
	struct pci_dev *pdev = ivshmem->pdev;

	shmem->phys = pci_resource_start(pdev, IVSHMEM_MEMORY);
	shmem->size = pci_resource_len(pdev, IVSHMEM_MEMORY);
	if (!shmem->size)
		return -ENODEV;
	shmem->base = devm_memremap(&pdev->dev, shmem->phys, shmem->size,
				    MEMREMAP_WB);
	return PTR_ERR_OR_ZERO(shmem->base);
}

static int fill_shmem(struct ivshmem *ivshmem, bool doorbell)
{
	struct virtio_msg_shmem *shmem = &ivshmem->shmem;
	struct pci_dev *pdev = ivshmem->pdev;
	int number = choose_side(ivshmem, doorbell);

	if (number < 0)
		return number;
	if (!peer_ms || peer_ms > VIRTIO_MSG_AMP_MAX_PEER_MS)
		return -EINVAL;
	strscpy(shmem->name, pci_name(pdev), sizeof(shmem->name));
	shmem->dev = &pdev->dev;
	shmem->ops = &ivshmem_ops;
	shmem->side = number;
	shmem->role = VIRTIO_MSG_ROLE_DRIVER | VIRTIO_MSG_ROLE_DEVICE;
	shmem->slot_size = msg_size;
	shmem->num_slots = slots;
	shmem->peer_ms = peer_ms;
	shmem->doorbell = VIRTIO_MSG_AMP_NO_DOORBELL;
	if (doorbell && !poll)
		shmem->doorbell = IVSHMEM_ADDRESS(readl(ivshmem->registers +
							IVSHMEM_POSITION));
	return map_memory(ivshmem);
}

static int request_doorbell(struct ivshmem *ivshmem)
{
	struct pci_dev *pdev = ivshmem->pdev;

	if (ivshmem->shmem.doorbell == VIRTIO_MSG_AMP_NO_DOORBELL)
		return 0;
	/* Interrupts are messages that the card writes. */
	pci_set_master(pdev);
	return request_irq(pci_irq_vector(pdev, 0), ivshmem_irq, 0,
			   pci_name(pdev), ivshmem);
}

static void free_doorbell(struct ivshmem *ivshmem)
{
	if (ivshmem->shmem.doorbell != VIRTIO_MSG_AMP_NO_DOORBELL)
		free_irq(pci_irq_vector(ivshmem->pdev, 0), ivshmem);
}

static int ivshmem_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ivshmem *ivshmem;
	bool doorbell;
	int err;

	ivshmem = devm_kzalloc(&pdev->dev, sizeof(*ivshmem), GFP_KERNEL);
	if (!ivshmem)
		return -ENOMEM;
	ivshmem->pdev = pdev;
	pci_set_drvdata(pdev, ivshmem);
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	ivshmem->registers = pcim_iomap(pdev, IVSHMEM_REGISTERS, 0);
	if (!ivshmem->registers)
		return -ENOMEM;
	doorbell = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX) > 0;
	err = fill_shmem(ivshmem, doorbell);
	if (err)
		goto free_vectors;
	err = virtio_msg_shmem_init(&ivshmem->shmem);
	if (err)
		goto free_vectors;
	err = request_doorbell(ivshmem);
	if (err)
		goto destroy_shmem;
	virtio_msg_shmem_start(&ivshmem->shmem);
	return 0;

destroy_shmem:
	virtio_msg_shmem_destroy(&ivshmem->shmem);
free_vectors:
	pci_free_irq_vectors(pdev);
	return err;
}

static void ivshmem_remove(struct pci_dev *pdev)
{
	struct ivshmem *ivshmem = pci_get_drvdata(pdev);

	virtio_msg_shmem_stop(&ivshmem->shmem);
	free_doorbell(ivshmem);
	virtio_msg_shmem_destroy(&ivshmem->shmem);
	pci_free_irq_vectors(pdev);
}

static const struct pci_device_id ivshmem_ids[] = {
	{ PCI_DEVICE(IVSHMEM_VENDOR, IVSHMEM_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ivshmem_ids);

static struct pci_driver ivshmem_driver = {
	.name = "virtio-msg-ivshmem",
	.id_table = ivshmem_ids,
	.probe = ivshmem_probe,
	.remove = ivshmem_remove,
};
module_pci_driver(ivshmem_driver);

MODULE_DESCRIPTION("Virtio over messages between virtual machines, by ivshmem");
MODULE_LICENSE("GPL");
