// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's virtio-msg-amp-pci as a PCI device: registers, memory, interrupts.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include "card.h"

#define AMP_PCI_VENDOR		0x10ee
#define AMP_PCI_DEVICE		0x9039

#define AMP_PCI_REGISTERS	0
#define AMP_PCI_MEMORY		1

static bool relay;
module_param(relay, bool, 0444);
MODULE_PARM_DESC(relay, "share windows only, and copy (0)");
static unsigned int fifos = VIRTIO_MSG_CARD_FIFOS;
module_param(fifos, uint, 0444);
MODULE_PARM_DESC(fifos, "FIFOs of a card to use at the most (8)");
static unsigned int timeout_ms;
module_param(timeout_ms, uint, 0444);
MODULE_PARM_DESC(timeout_ms, "time in which a device answers (5000)");

struct amp_pci {
	struct virtio_msg_card card;
	struct pci_dev *pdev;
	void __iomem *registers;
};

static struct amp_pci *to_amp_pci(struct virtio_msg_card *card)
{
	return container_of(card, struct amp_pci, card);
}

static u32 amp_pci_read(struct virtio_msg_card *card, u32 offset)
{
	return readl(to_amp_pci(card)->registers + offset);
}

/* Orders it behind what was written to memory. */
static void amp_pci_write(struct virtio_msg_card *card, u32 offset, u32 value)
{
	writel(value, to_amp_pci(card)->registers + offset);
}

static const struct virtio_msg_card_ops amp_pci_ops = {
	.read = amp_pci_read,
	.write = amp_pci_write,
};

static irqreturn_t amp_pci_irq(int irq, void *data)
{
	struct virtio_msg_card_fifo *fifo = data;

	virtio_msg_card_interrupt(fifo->card, fifo->number);
	return IRQ_HANDLED;
}

/* The memory is RAM of the emulator, and as coherent as any. */
static int map(struct amp_pci *amp_pci)
{
	struct virtio_msg_card *card = &amp_pci->card;
	struct pci_dev *pdev = amp_pci->pdev;

	if (pci_resource_len(pdev, AMP_PCI_REGISTERS) <
	    VIRTIO_MSG_CARD_NOTIFY(VIRTIO_MSG_CARD_FIFOS))
		return -ENODEV;
	card->memory_size = pci_resource_len(pdev, AMP_PCI_MEMORY);
	if (card->memory_size < VIRTIO_MSG_CARD_WINDOW)
		return -ENODEV;
	amp_pci->registers = pcim_iomap(pdev, AMP_PCI_REGISTERS, 0);
	if (!amp_pci->registers)
		return -ENOMEM;
	card->memory = devm_memremap(&pdev->dev,
				     pci_resource_start(pdev, AMP_PCI_MEMORY),
				     card->memory_size, MEMREMAP_WB);
	return PTR_ERR_OR_ZERO(card->memory);
}

/* One vector for each FIFO: without a vector a FIFO is of no use. */
static int alloc_vectors(struct amp_pci *amp_pci)
{
	struct virtio_msg_card *card = &amp_pci->card;
	int most = pci_msix_vec_count(amp_pci->pdev);

	if (most < 0)
		return most;
	most = min_t(u64, most, card->memory_size / VIRTIO_MSG_CARD_WINDOW);
	most = min3(most, VIRTIO_MSG_CARD_FIFOS, (int)fifos);
	most = pci_alloc_irq_vectors(amp_pci->pdev, 1, most, PCI_IRQ_MSIX);
	if (most < 0)
		return most;
	card->num_fifos = most;
	return 0;
}

static void free_irqs(struct amp_pci *amp_pci, unsigned int n)
{
	while (n--)
		free_irq(pci_irq_vector(amp_pci->pdev, n),
			 &amp_pci->card.fifos[n]);
}

static int request_irqs(struct amp_pci *amp_pci)
{
	struct pci_dev *pdev = amp_pci->pdev;
	unsigned int i;
	int err;

	for (i = 0; i < amp_pci->card.num_fifos; i++) {
		err = request_irq(pci_irq_vector(pdev, i), amp_pci_irq, 0,
				  pci_name(pdev), &amp_pci->card.fifos[i]);
		if (err) {
			free_irqs(amp_pci, i);
			return err;
		}
	}
	return 0;
}

static int start(struct amp_pci *amp_pci)
{
	struct pci_dev *pdev = amp_pci->pdev;
	int err;

	err = alloc_vectors(amp_pci);
	if (err)
		return err;
	/* Interrupts are messages that the card writes. */
	pci_set_master(pdev);
	err = virtio_msg_card_init(&amp_pci->card);
	if (err)
		goto clear_master;
	err = request_irqs(amp_pci);
	if (err)
		goto clear_master;
	err = virtio_msg_card_start(&amp_pci->card);
	if (err)
		goto free_irqs;
	return 0;

free_irqs:
	free_irqs(amp_pci, amp_pci->card.num_fifos);
clear_master:
	pci_clear_master(pdev);
	pci_free_irq_vectors(pdev);
	return err;
}

static int amp_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct amp_pci *amp_pci;
	int err;

	if (!fifos)
		return -EINVAL;
	amp_pci = devm_kzalloc(&pdev->dev, sizeof(*amp_pci), GFP_KERNEL);
	if (!amp_pci)
		return -ENOMEM;
	amp_pci->pdev = pdev;
	amp_pci->card.name = pci_name(pdev);
	amp_pci->card.dev = &pdev->dev;
	amp_pci->card.ops = &amp_pci_ops;
	amp_pci->card.relay = relay;
	amp_pci->card.timeout_ms = timeout_ms;
	pci_set_drvdata(pdev, amp_pci);
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	err = map(amp_pci);
	return err ?: start(amp_pci);
}

static void amp_pci_remove(struct pci_dev *pdev)
{
	struct amp_pci *amp_pci = pci_get_drvdata(pdev);

	virtio_msg_card_stop(&amp_pci->card);
	free_irqs(amp_pci, amp_pci->card.num_fifos);
	pci_clear_master(pdev);
	pci_free_irq_vectors(pdev);
}

static int amp_pci_resume(struct device *dev)
{
	struct amp_pci *amp_pci = dev_get_drvdata(dev);

	return virtio_msg_card_resume(&amp_pci->card);
}

static DEFINE_SIMPLE_DEV_PM_OPS(amp_pci_pm, NULL, amp_pci_resume);

static const struct pci_device_id amp_pci_ids[] = {
	{ PCI_DEVICE(AMP_PCI_VENDOR, AMP_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, amp_pci_ids);

static struct pci_driver amp_pci_driver = {
	.name = "virtio-msg-amp-pci",
	.id_table = amp_pci_ids,
	.probe = amp_pci_probe,
	.remove = amp_pci_remove,
	.driver.pm = pm_sleep_ptr(&amp_pci_pm),
};
module_pci_driver(amp_pci_driver);

MODULE_DESCRIPTION("Virtio over messages to QEMU's virtio-msg-amp-pci");
MODULE_LICENSE("GPL");
