// SPDX-License-Identifier: GPL-2.0
/*
 * What happened on a link: attributes of the partition.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "area.h"
#include "sysfs.h"

static ssize_t counter_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct virtio_msg_ffa *ffa = dev_get_drvdata(dev);
	unsigned long which = (unsigned long)
		container_of(attr, struct dev_ext_attribute, attr)->var;

	return sysfs_emit(buf, "%ld\n",
			  atomic_long_read(&ffa->counters[which]));
}

static ssize_t retained_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%zu\n",
			  virtio_msg_ffa_retained(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(retained);

#define COUNTER(_name, _which)						\
static struct dev_ext_attribute counter_##_name = {			\
	.attr = __ATTR(_name, 0444, counter_show, NULL),		\
	.var = (void *)VIRTIO_MSG_FFA_CNT_##_which,			\
}

COUNTER(calls, CALLS);
COUNTER(busy, BUSIES);
COUNTER(polls, POLLS);
COUNTER(events, EVENTS);
COUNTER(notifications, NOTIFICATIONS);
COUNTER(bad, BAD);
COUNTER(unexpected, UNEXPECTED);
COUNTER(errors, ERRORS);
COUNTER(losses, LOSSES);

static struct attribute *link_attrs[] = {
	&counter_calls.attr.attr,
	&counter_busy.attr.attr,
	&counter_polls.attr.attr,
	&counter_events.attr.attr,
	&counter_notifications.attr.attr,
	&counter_bad.attr.attr,
	&counter_unexpected.attr.attr,
	&counter_errors.attr.attr,
	&counter_losses.attr.attr,
	&dev_attr_retained.attr,
	NULL,
};

static const struct attribute_group link_group = {
	.name = "virtio_msg",
	.attrs = link_attrs,
};

const struct attribute_group *virtio_msg_ffa_groups[] = {
	&link_group,
	NULL,
};
