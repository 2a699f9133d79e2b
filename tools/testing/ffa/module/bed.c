// SPDX-License-Identifier: GPL-2.0
/*
 * The manager's partition for tests, for scripts: in debugfs, "command" takes a
 * command of control.h and its arguments, and then has the answer; "counters" are
 * those of the manager; "selftest" tests the bed, whenever it is read.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "bed.h"

#define COMMAND_MAX	128
/* Bytes of results: the test runs once only if they fit. */
#define RESULTS_MAX	16384

/* Returns what the partition refused as -EPERM. */
int bed_command(struct bed *bed, struct ffa_send_direct_data2 *data)
{
	int err;

	err = bed->fdev->ops->msg_ops->sync_send_receive2(bed->fdev, data);
	if (!err && data->data[0])
		err = -EPERM;
	return err;
}

static int parse(const char *text, struct ffa_send_direct_data2 *data)
{
	unsigned long *w = data->data;

	memset(data, 0, sizeof(*data));
	if (sscanf(text, "%li %li %li %li", &w[0], &w[1], &w[2], &w[3]) < 1)
		return -EINVAL;
	return 0;
}

static ssize_t command_write(struct file *file, const char __user *from,
			     size_t len, loff_t *pos)
{
	struct bed *bed = file->private_data;
	struct ffa_send_direct_data2 data;
	char text[COMMAND_MAX];
	int err;

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, len))
		return -EFAULT;
	text[len] = '\0';
	err = parse(text, &data);
	if (err)
		return err;
	err = bed_command(bed, &data);
	mutex_lock(&bed->lock);
	bed->last = data;
	mutex_unlock(&bed->lock);
	return err ?: len;
}

static ssize_t command_read(struct file *file, char __user *to, size_t len,
			    loff_t *pos)
{
	struct bed *bed = file->private_data;
	char text[COMMAND_MAX];
	int n;

	mutex_lock(&bed->lock);
	n = scnprintf(text, sizeof(text), "%lu %lu %lu\n", bed->last.data[1],
		      bed->last.data[2], bed->last.data[3]);
	mutex_unlock(&bed->lock);
	return simple_read_from_buffer(to, len, pos, text, n);
}

static const struct file_operations command_ops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = command_read,
	.write = command_write,
};

static int counters_show(struct seq_file *file, void *unused)
{
	struct ffa_send_direct_data2 data;
	struct bed *bed = file->private;
	unsigned long i;
	int err;

	for (i = 0;; i++) {
		data = (struct ffa_send_direct_data2){
			.data = { CONTROL_COUNT, i } };
		err = bed_command(bed, &data);
		if (err)
			break;
		((char *)&data.data[2])[CONTROL_NAME - 1] = '\0';
		seq_printf(file, "%lu %s\n", data.data[1],
			   (char *)&data.data[2]);
	}
	return err == -EPERM ? 0 : err;
}
DEFINE_SHOW_ATTRIBUTE(counters);

static int selftest_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, bed_selftest, inode->i_private,
				RESULTS_MAX);
}

static const struct file_operations selftest_ops = {
	.owner = THIS_MODULE,
	.open = selftest_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

static int bed_probe(struct ffa_device *fdev)
{
	struct bed *bed;

	bed = devm_kzalloc(&fdev->dev, sizeof(*bed), GFP_KERNEL);
	if (!bed)
		return -ENOMEM;
	bed->fdev = fdev;
	mutex_init(&bed->lock);
	bed->dir = debugfs_create_dir("ffa-bed", NULL);
	debugfs_create_file("command", 0600, bed->dir, bed, &command_ops);
	debugfs_create_file("counters", 0400, bed->dir, bed, &counters_fops);
	debugfs_create_file("selftest", 0400, bed->dir, bed, &selftest_ops);
	ffa_dev_set_drvdata(fdev, bed);
	return 0;
}

static void bed_remove(struct ffa_device *fdev)
{
	struct bed *bed = ffa_dev_get_drvdata(fdev);

	debugfs_remove(bed->dir);
}

/* CONTROL_UUID */
static const struct ffa_device_id bed_ids[] = {
	{ UUID_INIT(0x3e0c4f59, 0x6d27, 0x4b7e,
		    0x8a, 0x11, 0x52, 0xc0, 0x9f, 0x1b, 0xd4, 0x76) },
	{ }
};

static struct ffa_driver bed_driver = {
	.name = "ffa-bed",
	.probe = bed_probe,
	.remove = bed_remove,
	.id_table = bed_ids,
};
module_ffa_driver(bed_driver);

MODULE_DESCRIPTION("Partition of the FF-A test bed");
MODULE_LICENSE("GPL");
