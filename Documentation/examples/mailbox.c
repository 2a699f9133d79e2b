// SPDX-License-Identifier: GPL-2.0
/*
 * A bus, as an example: a mailbox that no machine has, with one slot for a
 * message in each direction, and memory set aside that the peer can reach.
 */
#include <linux/genalloc.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/virtio_msg.h>

#define REG_EMPTY	0x00	/* the peer has taken our message */
#define REG_RING	0x04	/* there is a message for the peer */
#define REG_TAKEN	0x08	/* we have taken the peer's message */
#define REG_IRQ		0x0c	/* what happened; write 1 to clear */
#define IRQ_EMPTY	BIT(0)
#define IRQ_MESSAGE	BIT(1)
#define TX_SLOT		0x200
#define RX_SLOT		0x400
#define SLOT_SIZE	VIRTIO_MSG_RECOMMENDED_SIZE

struct mailbox {
	struct virtio_msg_bus bus;
	spinlock_t lock;	/* TX_SLOT */
	void __iomem *regs;
	struct gen_pool *pool;
	u64 rx[SLOT_SIZE / 8];
};

/* Any context: copies, never waits. -EAGAIN: the core tries again. */
static int mailbox_send(struct virtio_msg_bus *bus, const struct virtio_msg *msg)
{
	struct mailbox *mailbox = bus->priv;
	unsigned long flags;
	int err = -EAGAIN;

	spin_lock_irqsave(&mailbox->lock, flags);
	if (readl(mailbox->regs + REG_EMPTY)) {
		memcpy_toio(mailbox->regs + TX_SLOT, msg,
			    le16_to_cpu(msg->hdr.msg_size));
		writel(1, mailbox->regs + REG_RING);
		err = 0;
	}
	spin_unlock_irqrestore(&mailbox->lock, flags);
	return err;
}

/* What is received is private memory: the peer cannot change it any more. */
static irqreturn_t mailbox_irq(int irq, void *data)
{
	struct mailbox *mailbox = data;
	u32 happened = readl(mailbox->regs + REG_IRQ);

	writel(happened, mailbox->regs + REG_IRQ);
	if (happened & IRQ_EMPTY)
		virtio_msg_bus_writable(&mailbox->bus);
	if (happened & IRQ_MESSAGE) {
		memcpy_fromio(mailbox->rx, mailbox->regs + RX_SLOT, SLOT_SIZE);
		writel(1, mailbox->regs + REG_TAKEN);
		virtio_msg_bus_receive(&mailbox->bus, mailbox->rx, SLOT_SIZE);
	}
	return happened ? IRQ_HANDLED : IRQ_NONE;
}

/* May sleep. The peer names this memory by its physical address. */
static int mailbox_window_alloc(struct virtio_msg_bus *bus,
				struct virtio_msg_window *win)
{
	struct mailbox *mailbox = bus->priv;
	dma_addr_t addr;

	win->kaddr = gen_pool_dma_zalloc(mailbox->pool, win->size, &addr);
	if (!win->kaddr)
		return -ENOMEM;
	win->bus_addr = addr;
	return 0;
}

/* Only called once the peer has said that it no longer uses the window. */
static void mailbox_window_free(struct virtio_msg_bus *bus,
				struct virtio_msg_window *win)
{
	struct mailbox *mailbox = bus->priv;

	gen_pool_free(mailbox->pool, (unsigned long)win->kaddr, win->size);
}

static const struct virtio_msg_bus_ops mailbox_ops = {
	.send = mailbox_send,
	.window_alloc = mailbox_window_alloc,
	.window_free = mailbox_window_free,
};

/* No window_revoke: what stays with the peer for good is never used again. */
static void mailbox_free_pool(void *pool)
{
	if (gen_pool_avail(pool) == gen_pool_size(pool))
		gen_pool_destroy(pool);
}

static int mailbox_make_pool(struct mailbox *mailbox, struct device *dev,
			     struct resource *res)
{
	void *memory = devm_memremap(dev, res->start, resource_size(res),
				     MEMREMAP_WB);
	int err;

	if (IS_ERR(memory))
		return PTR_ERR(memory);
	mailbox->pool = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);
	if (!mailbox->pool)
		return -ENOMEM;
	err = devm_add_action_or_reset(dev, mailbox_free_pool, mailbox->pool);
	return err ?: gen_pool_add_virt(mailbox->pool, (unsigned long)memory,
					res->start, resource_size(res),
					NUMA_NO_NODE);
}

static int mailbox_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 1);
	int irq = platform_get_irq(pdev, 0);
	struct mailbox *mailbox;
	int err;

	mailbox = devm_kzalloc(dev, sizeof(*mailbox), GFP_KERNEL);
	if (!mailbox || !res || irq < 0)
		return !mailbox ? -ENOMEM : !res ? -EINVAL : irq;
	spin_lock_init(&mailbox->lock);
	platform_set_drvdata(pdev, mailbox);
	mailbox->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(mailbox->regs))
		return PTR_ERR(mailbox->regs);
	err = mailbox_make_pool(mailbox, dev, res);
	if (err)
		return err;

	strscpy(mailbox->bus.name, dev_name(dev), sizeof(mailbox->bus.name));
	mailbox->bus.ops = &mailbox_ops;
	mailbox->bus.parent = dev;
	mailbox->bus.priv = mailbox;
	mailbox->bus.role = VIRTIO_MSG_ROLE_DRIVER;
	mailbox->bus.max_msg_size = SLOT_SIZE;

	/* What comes before the bus is registered is dropped. */
	err = devm_request_irq(dev, irq, mailbox_irq, 0, dev_name(dev), mailbox);
	return err ?: virtio_msg_bus_register(&mailbox->bus);
}

static void mailbox_remove(struct platform_device *pdev)
{
	struct mailbox *mailbox = platform_get_drvdata(pdev);

	virtio_msg_bus_unregister(&mailbox->bus);
}

static struct platform_driver mailbox_driver = {
	.probe = mailbox_probe,
	.remove = mailbox_remove,
	.driver.name = "virtio-msg-mailbox",
};
module_platform_driver(mailbox_driver);

MODULE_DESCRIPTION("Example of a bus of virtio over messages");
MODULE_LICENSE("GPL");
