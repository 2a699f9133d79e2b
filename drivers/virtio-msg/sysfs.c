// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/class/virtio-msg/<bus>/
 */
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "bus.h"
#include "limits.h"

static struct virtio_msg_core *to_core(struct device *dev)
{
	return container_of(dev, struct virtio_msg_core, dev);
}

static ssize_t revision_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", to_core(dev)->revision);
}
static DEVICE_ATTR_RO(revision);

static ssize_t max_msg_size_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_core(dev)->max_msg_size);
}
static DEVICE_ATTR_RO(max_msg_size);

static ssize_t features_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%#x\n", to_core(dev)->features);
}
static DEVICE_ATTR_RO(features);

static ssize_t dialect_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(to_core(dev)->dialect)->name);
}
static DEVICE_ATTR_RO(dialect);

static ssize_t role_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	u32 role = to_core(dev)->role;

	return sysfs_emit(buf, "%s%s%s\n",
			  role & VIRTIO_MSG_ROLE_DRIVER ? "driver" : "",
			  role == (VIRTIO_MSG_ROLE_DRIVER |
				   VIRTIO_MSG_ROLE_DEVICE) ? " " : "",
			  role & VIRTIO_MSG_ROLE_DEVICE ? "device" : "");
}
static DEVICE_ATTR_RO(role);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  virtio_msg_core_gone(to_core(dev)) ? "lost" : "alive");
}
static DEVICE_ATTR_RO(state);

static ssize_t timeout_ms_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_core(dev)->timeout_ms));
}

/* A time that the core can work with, of at least @least. */
static ssize_t store_ms(const char *buf, size_t count, u32 least, u32 *ms)
{
	u32 value;
	int err = kstrtou32(buf, 0, &value);

	if (err)
		return err;
	if (value < least || value > VIRTIO_MSG_LIMIT_TIMEOUT_MS)
		return -EINVAL;
	WRITE_ONCE(*ms, value);
	return count;
}

static ssize_t timeout_ms_store(struct device *dev,
				struct device_attribute *attr, const char *buf,
				size_t count)
{
	return store_ms(buf, count, 1, &to_core(dev)->timeout_ms);
}
static DEVICE_ATTR_RW(timeout_ms);

static ssize_t io_timeout_ms_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_core(dev)->io_timeout_ms));
}

/* For queues that are set up from now on. */
static ssize_t io_timeout_ms_store(struct device *dev,
				   struct device_attribute *attr,
				   const char *buf, size_t count)
{
	return store_ms(buf, count, 0, &to_core(dev)->io_timeout_ms);
}
static DEVICE_ATTR_RW(io_timeout_ms);

static ssize_t ping_interval_ms_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_core(dev)->ping_interval_ms));
}

static ssize_t ping_interval_ms_store(struct device *dev,
				      struct device_attribute *attr,
				      const char *buf, size_t count)
{
	struct virtio_msg_core *core = to_core(dev);
	ssize_t result;

	result = store_ms(buf, count, 0, &core->ping_interval_ms);
	if (result > 0 && READ_ONCE(core->ping_interval_ms))
		mod_delayed_work(core->device_wq, &core->ping_work,
				 msecs_to_jiffies(core->ping_interval_ms));
	return result;
}
static DEVICE_ATTR_RW(ping_interval_ms);

static ssize_t window_limit_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%zu\n", READ_ONCE(to_core(dev)->windows.limit));
}

static ssize_t window_limit_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	unsigned long value;
	int err = kstrtoul(buf, 0, &value);

	if (err)
		return err;
	WRITE_ONCE(to_core(dev)->windows.limit, value);
	return count;
}
static DEVICE_ATTR_RW(window_limit);

static ssize_t max_devices_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  READ_ONCE(to_core(dev)->devices.max_live));
}

/* For devices that appear from now on. */
static ssize_t max_devices_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	u32 value;
	int err = kstrtou32(buf, 0, &value);

	if (err)
		return err;
	if (value > VIRTIO_MSG_LIMIT_DEVICES)
		return -EINVAL;
	WRITE_ONCE(to_core(dev)->devices.max_live, value);
	return count;
}
static DEVICE_ATTR_RW(max_devices);

static ssize_t rescan_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct virtio_msg_core *core = to_core(dev);

	if (!(core->role & VIRTIO_MSG_ROLE_DRIVER))
		return -EOPNOTSUPP;
	virtio_msg_devices_rescan(core);
	return count;
}
static DEVICE_ATTR_WO(rescan);

static struct attribute *bus_attrs[] = {
	&dev_attr_revision.attr,
	&dev_attr_max_msg_size.attr,
	&dev_attr_features.attr,
	&dev_attr_dialect.attr,
	&dev_attr_role.attr,
	&dev_attr_state.attr,
	&dev_attr_timeout_ms.attr,
	&dev_attr_io_timeout_ms.attr,
	&dev_attr_ping_interval_ms.attr,
	&dev_attr_window_limit.attr,
	&dev_attr_max_devices.attr,
	&dev_attr_rescan.attr,
	NULL
};

static const struct attribute_group bus_group = {
	.attrs = bus_attrs,
};

struct counter_attribute {
	struct device_attribute attr;
	enum virtio_msg_counter counter;
};

static ssize_t counter_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	const struct counter_attribute *counter =
		container_of(attr, struct counter_attribute, attr);

	return sysfs_emit(buf, "%ld\n",
			  atomic_long_read(&to_core(dev)->counters.value[counter->counter]));
}

#define COUNTER_ATTRIBUTE(_name)					\
	static struct counter_attribute counter_##_name = {		\
		.attr = __ATTR(_name, 0444, counter_show, NULL),	\
		.counter = VMSG_CNT_##_name,				\
	};
VIRTIO_MSG_COUNTERS(COUNTER_ATTRIBUTE)

static struct attribute *counter_attrs[] = {
#define COUNTER_POINTER(_name) &counter_##_name.attr.attr,
	VIRTIO_MSG_COUNTERS(COUNTER_POINTER)
	NULL
};

static const struct attribute_group counter_group = {
	.name = "counters",
	.attrs = counter_attrs,
};

const struct attribute_group *virtio_msg_bus_groups[] = {
	&bus_group,
	&counter_group,
	NULL
};
