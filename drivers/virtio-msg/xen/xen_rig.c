// SPDX-License-Identifier: GPL-2.0
/*
 * What tests of links between domains do again and again.
 */
#include <linux/rcupdate.h>

#include "xen_rig.h"

/**
 * xen_rig_bus() - the bus of an end
 * @fake: the machine
 * @end: whose
 *
 * Return: the bus, which is registered while there is a link.
 */
struct virtio_msg_bus *xen_rig_bus(struct fake_xen *fake, unsigned int end)
{
	return &fake->ends[end].xen.shmem.bus;
}

static long count(struct fake_xen *fake, unsigned int end,
		  enum virtio_msg_counter counter)
{
	struct virtio_msg_core *core;
	long value = 0;

	rcu_read_lock();
	core = rcu_dereference(xen_rig_bus(fake, end)->core);
	if (core)
		value = atomic_long_read(&core->counters.value[counter]);
	rcu_read_unlock();
	return value;
}

/**
 * xen_rig_ping() - send a PING past the core
 * @fake: the machine
 * @end: from whom
 *
 * Return: as the send operation of the bus.
 */
int xen_rig_ping(struct fake_xen *fake, unsigned int end)
{
	struct virtio_msg_bus *bus = xen_rig_bus(fake, end);
	struct {
		struct virtio_msg_hdr hdr;
		struct virtio_msg_ping ping;
	} message = {
		.hdr.type = VIRTIO_MSG_TYPE_BUS,
		.hdr.msg_id = VIRTIO_MSG_BUS_PING,
		.hdr.msg_size = cpu_to_le16(sizeof(message)),
	};

	return bus->ops->send(bus, (void *)&message);
}

/**
 * xen_rig_wait_up() - wait for the link
 * @fake: the machine
 *
 * Return: false if none comes.
 */
bool xen_rig_wait_up(struct fake_xen *fake)
{
	return fake_until(fake_xen_is_up(fake, FAKE_FRONT) &&
			  fake_xen_is_up(fake, FAKE_BACK));
}

/**
 * xen_rig_expect_link() - wait for the link, and for a message in each direction
 * @fake: the machine
 */
void xen_rig_expect_link(struct fake_xen *fake)
{
	unsigned int end;

	KUNIT_ASSERT_TRUE(fake->test, xen_rig_wait_up(fake));
	for (end = 0; end < FAKE_ENDS; end++) {
		long before = count(fake, !end, VMSG_CNT_ping_received);

		KUNIT_EXPECT_EQ(fake->test, 0, xen_rig_ping(fake, end));
		KUNIT_EXPECT_TRUE(fake->test,
				  fake_until(count(fake, !end,
						   VMSG_CNT_ping_received) >
					     before));
	}
}

/**
 * xen_rig_start() - load both drivers, the front end's first
 * @fake: the machine
 */
void xen_rig_start(struct fake_xen *fake)
{
	KUNIT_ASSERT_EQ(fake->test, 0, fake_xen_start(fake, FAKE_FRONT));
	KUNIT_ASSERT_EQ(fake->test, 0, fake_xen_start(fake, FAKE_BACK));
}

/**
 * xen_rig_stop() - unload both drivers; nothing is left of the link
 * @fake: the machine
 */
void xen_rig_stop(struct fake_xen *fake)
{
	fake_xen_stop(fake, FAKE_FRONT);
	fake_xen_stop(fake, FAKE_BACK);
	drain_workqueue(fake->watches);
	KUNIT_EXPECT_TRUE(fake->test, fake_until(fake_xen_is_clean(fake)));
}

/**
 * xen_rig_reload() - whatever happened, both drivers work when loaded anew
 * @fake: the machine
 */
void xen_rig_reload(struct fake_xen *fake)
{
	fake->fail_call = 0;
	xen_rig_stop(fake);
	xen_rig_start(fake);
	xen_rig_expect_link(fake);
}
