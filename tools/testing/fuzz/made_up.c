// SPDX-License-Identifier: GPL-2.0
/* What the core calls, and is not there. */
#include "made_up.h"
#include "debugfs.h"
#include "hold.h"

struct core_run core_run;

static bool may_step(void)
{
	return core_run.in && core_run.in->left && core_run.left;
}

static void step(void)
{
	core_run.left--;
	core_run.depth++;
	core_run.step();
	core_run.depth--;
}

/* While the core waits. False if nothing more happens until it waits no more. */
bool shim_meanwhile(void)
{
	must(!shim_rcu);
	if (!may_step() || core_run.depth > CORE_DEPTH ||
	    take8(core_run.in) == 0xfe)
		return false;
	step();
	return true;
}

void core_run_steps(void)
{
	while (may_step())
		step();
}

const struct attribute_group *virtio_msg_bus_groups[] = { NULL };

/* Seldom. */
bool shim_no_memory(void)
{
	return core_run.in && core_run.in->left &&
	       take8_last(core_run.in) == 0xff;
}

void virtio_msg_debugfs_add_bus(struct virtio_msg_core *core)
{
}

void virtio_msg_debugfs_del_bus(struct virtio_msg_core *core)
{
}

int virtio_msg_devices_init(struct virtio_msg_core *core)
{
	return 0;
}

void virtio_msg_devices_start(struct virtio_msg_core *core)
{
}

void virtio_msg_devices_stop(struct virtio_msg_core *core)
{
}

void virtio_msg_devices_destroy(struct virtio_msg_core *core)
{
}

void virtio_msg_devices_event(struct virtio_msg_core *core, u16 dev_num,
			      u16 state)
{
}

void virtio_msg_devices_receive(struct virtio_msg_core *core,
				const struct virtio_msg_fields *fields)
{
}

void virtio_msg_devices_used(struct virtio_msg_core *core, u16 dev_num,
			     u32 index)
{
}

void virtio_msg_devices_flush(struct virtio_msg_core *core)
{
}

int virtio_msg_devices_freeze(struct virtio_msg_core *core)
{
	return 0;
}

int virtio_msg_devices_restore(struct virtio_msg_core *core)
{
	return 0;
}

void virtio_msg_devices_shutdown(struct virtio_msg_core *core)
{
}

/* Without devices of a driver's side, none outlives its process. */

bool virtio_msg_hold_possible(struct virtio_msg_core *core)
{
	return false;
}

bool virtio_msg_hold_begin(struct virtio_msg_claim *claim)
{
	return false;
}

int virtio_msg_hold_take(struct virtio_msg_claim *claim)
{
	return -EBUSY;
}

bool virtio_msg_hold_resume(struct virtio_msg_claim *claim)
{
	return false;
}

void virtio_msg_hold_forget(struct virtio_msg_claim *claim)
{
}
