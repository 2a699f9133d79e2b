// SPDX-License-Identifier: BSD-3-Clause
/*
 * An I2C adapter with EEPROMs on it.
 *
 * A file of up to 256 bytes behaves like a 24C02: the first byte written is the
 * position, pages have 8 bytes. A larger one, up to 64 KiB, behaves like a
 * 24C32: two bytes of position, high one first, and pages of 32 bytes. Writes
 * wrap at the end of a page, reads at the end of the memory. What is written is
 * in the file before the request is answered. Other addresses do not answer.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/virtio_i2c.h>
#include <linux/virtio_ids.h>

#include "backend.h"
#include "report.h"
#include "util.h"

#define I2C_QUEUE_SIZE	64
#define EEPROMS_MAX	8
#define EEPROM_MIN	8
#define EEPROM_MAX	65536
#define EEPROM_SMALL	256	/* one byte of position */
#define EEPROM_ADDR	0x50
#define PAGE_MAX	32

struct eeprom {
	__u8 addr;
	int fd;
	__u8 *mem;
	__u32 size;
	__u32 page;
	__u32 pos;
};

struct i2c {
	struct vmsg_device dev;
	struct vmsg_queue queue;
	struct vmsg_chain chain;
	struct eeprom eeprom[EEPROMS_MAX];
	int num;
	bool failing;		/* skip to the end of the transfer */
};

static struct eeprom *find_eeprom(struct i2c *i2c, __u16 addr)
{
	int i;

	/* Bit 0 is no address bit; more than 7 of them are not on this bus. */
	for (i = 0; i < i2c->num; i++)
		if (addr == i2c->eeprom[i].addr << 1)
			return &i2c->eeprom[i];
	return NULL;
}

static bool eeprom_read(struct eeprom *eeprom, struct vmsg_chain *chain,
			__u32 len)
{
	__u32 n;

	while (len) {
		n = eeprom->size - eeprom->pos;
		if (n > len)
			n = len;
		vmsg_chain_write(chain, eeprom->mem + eeprom->pos, n);
		eeprom->pos = (eeprom->pos + n) % eeprom->size;
		len -= n;
	}
	return true;
}

static bool eeprom_store(struct eeprom *eeprom, __u32 base)
{
	ssize_t n;

	do {
		n = pwrite(eeprom->fd, eeprom->mem + base, eeprom->page,
			   (off_t)base);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)eeprom->page;
}

/* Write @len bytes to the page of the position. */
static bool eeprom_program(struct eeprom *eeprom, struct vmsg_chain *chain,
			   __u32 len)
{
	__u32 base = eeprom->pos - eeprom->pos % eeprom->page;
	__u8 bytes[PAGE_MAX];
	__u32 i, n;

	if (!len)
		return true;
	while (len) {
		n = vmsg_chain_read(chain, bytes,
				    len < sizeof(bytes) ? len : sizeof(bytes));
		for (i = 0; i < n; i++) {
			eeprom->mem[eeprom->pos] = bytes[i];
			eeprom->pos = base +
				      (eeprom->pos + 1 - base) % eeprom->page;
		}
		len -= n;
	}
	return eeprom_store(eeprom, base);
}

static bool eeprom_write(struct eeprom *eeprom, struct vmsg_chain *chain,
			 __u32 len)
{
	__u32 width = eeprom->size > EEPROM_SMALL ? 2 : 1;
	__u8 pos[2] = { 0 };

	/* Part of a position, or none: the chip is there, and that is all. */
	if (len < width) {
		vmsg_chain_read(chain, NULL, len);
		return true;
	}
	vmsg_chain_read(chain, pos, width);
	eeprom->pos = width == 2 ? (__u32)pos[0] << 8 | pos[1] : pos[0];
	eeprom->pos %= eeprom->size;
	return eeprom_program(eeprom, chain, len - width);
}

static bool i2c_message(struct i2c *i2c, const struct virtio_i2c_out_hdr *hdr)
{
	struct eeprom *eeprom = find_eeprom(i2c, le16toh(hdr->addr));
	bool read = le32toh(hdr->flags) & VIRTIO_I2C_FLAGS_M_RD;
	__u32 out = i2c->chain.out.left;
	__u32 in = i2c->chain.in.left - 1;

	if (!eeprom || (read ? out : in))
		return false;
	return read ? eeprom_read(eeprom, &i2c->chain, in) :
		      eeprom_write(eeprom, &i2c->chain, out);
}

/* FAIL_NEXT joins messages: after one that failed the rest of them fails. */
static __u8 i2c_request(struct i2c *i2c)
{
	struct virtio_i2c_out_hdr hdr;
	bool ok;

	if (vmsg_chain_read(&i2c->chain, &hdr, sizeof(hdr)) != sizeof(hdr)) {
		i2c->failing = false;
		return VIRTIO_I2C_MSG_ERR;
	}
	ok = !i2c->failing && i2c_message(i2c, &hdr);
	i2c->failing = !ok &&
		       (le32toh(hdr.flags) & VIRTIO_I2C_FLAGS_FAIL_NEXT);
	return ok ? VIRTIO_I2C_MSG_OK : VIRTIO_I2C_MSG_ERR;
}

static void i2c_queue(struct vmsg_device *dev, struct vmsg_queue *queue)
{
	struct i2c *i2c = container_of(dev, struct i2c, dev);
	struct vmsg_chain *chain = &i2c->chain;
	__u8 status;

	while (vmsg_queue_pop(queue, chain)) {
		if (!chain->in_len) {
			vmsg_device_fail(dev, "request without a status byte");
			return;
		}
		status = i2c_request(i2c);
		if (status != VIRTIO_I2C_MSG_OK)
			vmsg_chain_rewind(chain);
		vmsg_chain_zero(chain, chain->in.left - 1);
		vmsg_chain_write(chain, &status, sizeof(status));
		vmsg_queue_push(queue, chain, chain->in_len);
	}
}

/* The specification has no device without this feature. */
static bool i2c_negotiate(struct vmsg_device *dev)
{
	return vmsg_feature_test(dev->driver_features,
				 VIRTIO_I2C_F_ZERO_LENGTH_REQUEST);
}

static bool i2c_reset(struct vmsg_device *dev)
{
	container_of(dev, struct i2c, dev)->failing = false;
	return true;
}

static void i2c_failed(struct vmsg_device *dev, const char *why)
{
	report("i2c, device %u: %s", dev->dev_num, why);
}

static const struct vmsg_device_ops i2c_ops = {
	.negotiate = i2c_negotiate,
	.queue = i2c_queue,
	.reset = i2c_reset,
	.failed = i2c_failed,
};

/* A file that is not there becomes an empty chip of the smallest kind. */
static int open_file(const char *path)
{
	__u8 erased[EEPROM_SMALL];
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return fd;
	memset(erased, 0xff, sizeof(erased));
	if (pwrite(fd, erased, sizeof(erased), 0) != sizeof(erased)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int load(struct eeprom *eeprom, const char *path)
{
	struct stat st;

	if (fstat(eeprom->fd, &st))
		return -errno;
	if (st.st_size < EEPROM_MIN || st.st_size > EEPROM_MAX ||
	    (st.st_size & (st.st_size - 1))) {
		report("%s: an EEPROM has %d to %d bytes, a power of two", path,
		       EEPROM_MIN, EEPROM_MAX);
		return -EINVAL;
	}
	eeprom->size = (__u32)st.st_size;
	eeprom->page = eeprom->size > EEPROM_SMALL ? 32 : 8;
	eeprom->mem = malloc(eeprom->size);
	if (!eeprom->mem)
		return -ENOMEM;
	if (pread(eeprom->fd, eeprom->mem, eeprom->size, 0) !=
	    (ssize_t)eeprom->size)
		return -EIO;
	return 0;
}

/* "FILE[@ADDR]" */
static int add_eeprom(struct i2c *i2c, char *word)
{
	struct eeprom *eeprom = &i2c->eeprom[i2c->num];
	char *at = strrchr(word, '@');
	__u64 addr = EEPROM_ADDR;

	if (i2c->num == EEPROMS_MAX) {
		report("i2c: more than %d EEPROMs", EEPROMS_MAX);
		return -ENOSPC;
	}
	if (at) {
		*at++ = '\0';
		if (option_number(at, 0x08, 0x77, &addr))
			return -EINVAL;
	}
	if (find_eeprom(i2c, (__u16)(addr << 1))) {
		report("i2c: two EEPROMs at address 0x%02x", (unsigned int)addr);
		return -EINVAL;
	}
	eeprom->addr = (__u8)addr;
	eeprom->fd = open_file(word);
	if (eeprom->fd < 0) {
		report("i2c: %s: %s", word, strerror(errno));
		return -EINVAL;
	}
	i2c->num++;
	return load(eeprom, word);
}

static void i2c_destroy(struct vmsg_device *dev)
{
	struct i2c *i2c = container_of(dev, struct i2c, dev);

	while (i2c->num) {
		close(i2c->eeprom[--i2c->num].fd);
		free(i2c->eeprom[i2c->num].mem);
	}
	free(i2c);
}

static int i2c_create(struct vmsg_loop *loop, char *arg,
		      struct vmsg_device **dev)
{
	struct i2c *i2c = calloc(1, sizeof(*i2c));
	char *word;
	int err = 0;

	(void)loop;
	if (!i2c)
		return -ENOMEM;
	i2c->queue.max_size = I2C_QUEUE_SIZE;
	i2c->dev.ops = &i2c_ops;
	i2c->dev.device_id = VIRTIO_ID_I2C_ADAPTER;
	i2c->dev.queues = &i2c->queue;
	i2c->dev.num_queues = 1;
	vmsg_feature_set(i2c->dev.features, VIRTIO_I2C_F_ZERO_LENGTH_REQUEST);
	while (!err && (word = strsep(&arg, ",")))
		err = add_eeprom(i2c, word);
	if (err) {
		i2c_destroy(&i2c->dev);
		return err;
	}
	*dev = &i2c->dev;
	return 0;
}

const struct backend backend_i2c = {
	.name = "i2c",
	.synopsis = "i2c=FILE[@ADDR][,FILE@ADDR]...",
	.help =	"an I2C adapter with EEPROMs at ADDR (0x50) whose content is FILE:\n"
		"        24c02 up to 256 bytes, else 24c32; a missing FILE is created",
	.needs_arg = true,
	.create = i2c_create,
	.destroy = i2c_destroy,
};
