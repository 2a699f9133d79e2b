// SPDX-License-Identifier: GPL-2.0
/*
 * Devices on hold: the process that served one has died, and the next one is
 * to go on. Meanwhile the device stays, and what its driver asks for waits.
 *
 * The driver and the process are in one kernel, so that the device side tells
 * the driver side without a message. resume.c brings the next process to where
 * the driver is.
 */
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/virtio_config.h>

#include "bus.h"
#include "hold.h"
#include "queue.h"
#include "transport.h"

/**
 * virtio_msg_hold_possible() - can devices of this bus be put on hold?
 * @core: the bus
 *
 * Where the driver side is another kernel, nothing tells it to wait; in direct
 * mode nobody knows what was not answered.
 *
 * Context: Any.
 * Return: true if so.
 */
bool virtio_msg_hold_possible(struct virtio_msg_core *core)
{
	return core->flags & VIRTIO_MSG_BUS_LOCAL &&
	       core->role & VIRTIO_MSG_ROLE_DRIVER &&
	       !(core->flags & VIRTIO_MSG_BUS_DIRECT);
}

/* What has the number meanwhile */

static void place_receive(struct virtio_msg_claim *claim, const void *msg,
			  u32 size)
{
	virtio_msg_count(claim->core, VMSG_CNT_no_device);
}

static void place_avail(struct virtio_msg_claim *claim, u32 index,
			u32 next_offset)
{
	virtio_msg_count(claim->core, VMSG_CNT_no_device);
}

static const struct virtio_msg_claim_ops place_ops = {
	.receive = place_receive,
	.avail = place_avail,
};

/* The end of a process */

/*
 * Before DRIVER_OK there is nothing to lose. What makes a device fail is not
 * made up for by another process.
 */
static bool may_wait(struct virtio_msg_device *vmdev)
{
	return !virtio_msg_device_going(vmdev) && !READ_ONCE(vmdev->broken) &&
	       vmdev->policy && vmdev->policy->resumable &&
	       READ_ONCE(vmdev->status) & VIRTIO_CONFIG_S_DRIVER_OK;
}

/* From here on, what the driver asks for waits. */
static bool start_waiting(struct virtio_msg_device *vmdev,
			  struct virtio_msg_claim *claim)
{
	struct virtio_msg_devices *devices = &vmdev->core->devices;
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool ok;

	mutex_lock(&hold->lock);
	/* virtio_msg_devices_stop() sees that it waits, or is seen here. */
	spin_lock_irq(&devices->lock);
	ok = !devices->stopped && !hold->ended &&
	     virtio_msg_claim_current(claim) &&
	     (hold->state == VIRTIO_MSG_WAITING || may_wait(vmdev));
	if (ok && hold->state == VIRTIO_MSG_SERVED) {
		WRITE_ONCE(vmdev->config.held_generation,
			   virtio_msg_config_generation(vmdev));
		WRITE_ONCE(hold->state, VIRTIO_MSG_WAITING);
		virtio_msg_count(vmdev->core, VMSG_CNT_held);
	}
	spin_unlock_irq(&devices->lock);
	mutex_unlock(&hold->lock);
	return ok;
}

/* How long it may wait: what was left the last time if all it did was to die. */
static void arm_expiry(struct virtio_msg_device *vmdev, u32 resume_ms)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	unsigned long most = msecs_to_jiffies(resume_ms);

	/* It goes on for who dies before he was told all. */
	if (delayed_work_pending(&hold->expiry))
		return;
	if (!virtio_msg_queues_stuck(vmdev, &hold->answers) || !hold->left ||
	    hold->left > most)
		hold->left = most;
	queue_delayed_work(vmdev->core->hold_wq, &hold->expiry, hold->left);
}

/* True if the device has the number again, or still. */
static bool take_number(struct virtio_msg_device *vmdev,
			struct virtio_msg_claim *claim)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool ok;

	mutex_lock(&hold->lock);
	hold->place.num_queues = claim->num_queues;
	ok = !READ_ONCE(vmdev->broken) && !hold->ended &&
	     (virtio_msg_claim_pass(claim, &hold->place) ||
	      virtio_msg_claim_current(&hold->place));
	if (ok)
		arm_expiry(vmdev, claim->resume_ms);
	mutex_unlock(&hold->lock);
	return ok;
}

static bool put_on_hold(struct virtio_msg_device *vmdev,
			struct virtio_msg_claim *claim)
{
	bool ok;

	/* One from which the number was taken must not touch the device. */
	if (!start_waiting(vmdev, claim))
		return !virtio_msg_claim_current(claim);
	/* Before the lock, which who waits for an answer may have. */
	virtio_msg_channel_interrupt(&vmdev->channel);
	mutex_lock(&vmdev->lock);
	virtio_msg_queues_hold(vmdev);
	virtio_msg_claim_withdraw(claim);
	ok = take_number(vmdev, claim);
	mutex_unlock(&vmdev->lock);
	return ok;
}

/* Who was being told all is no more. */
static void abandon(struct virtio_msg_device *vmdev,
		    struct virtio_msg_claim *claim)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool own;

	mutex_lock(&hold->lock);
	own = hold->claim == claim;
	if (own)
		WRITE_ONCE(hold->gone, true);
	mutex_unlock(&hold->lock);
	if (!own)
		return;
	virtio_msg_channel_interrupt(&vmdev->channel);
	cancel_delayed_work_sync(&hold->work);
	mutex_lock(&hold->lock);
	hold->claim = NULL;
	mutex_unlock(&hold->lock);
}

/**
 * virtio_msg_hold_begin() - whoever served a device has gone
 * @claim: the claim, from which nothing is sent any more
 *
 * Context: Sleeps.
 * Return: true if the device waits for the next one, which may have it from
 * here on.
 */
bool virtio_msg_hold_begin(struct virtio_msg_claim *claim)
{
	struct virtio_msg_device *vmdev;
	bool kept;

	if (!claim->resumable)
		return false;
	vmdev = virtio_msg_devices_get(claim->core, claim->dev_num);
	if (!vmdev)
		return false;
	abandon(vmdev, claim);
	kept = put_on_hold(vmdev, claim);
	virtio_msg_device_put(vmdev);
	return kept;
}

/* The next one */

static int take(struct virtio_msg_device *vmdev, struct virtio_msg_claim *claim)
{
	struct virtio_msg_hold *hold = &vmdev->hold;

	if (hold->state != VIRTIO_MSG_WAITING || hold->claim || hold->ended ||
	    READ_ONCE(vmdev->dead) ||
	    !virtio_msg_claim_current(&hold->place))
		return -EBUSY;
	if (claim->num_queues != hold->place.num_queues)
		return -EEXIST;
	if (!virtio_msg_claim_pass(&hold->place, claim))
		return -EBUSY;
	claim->resumed = true;
	hold->claim = claim;
	hold->announced = false;
	hold->gone = false;
	return 0;
}

/**
 * virtio_msg_hold_take() - claim a device that waits
 * @claim: a claim, whose number is taken
 *
 * Context: Sleeps.
 * Return: 0; -EBUSY if it does not wait; -EEXIST if it had another number of
 * queues.
 */
int virtio_msg_hold_take(struct virtio_msg_claim *claim)
{
	struct virtio_msg_device *vmdev;
	int err;

	vmdev = virtio_msg_devices_get(claim->core, claim->dev_num);
	if (!vmdev)
		return -EBUSY;
	mutex_lock(&vmdev->hold.lock);
	err = take(vmdev, claim);
	mutex_unlock(&vmdev->hold.lock);
	virtio_msg_device_put(vmdev);
	return err;
}

/**
 * virtio_msg_hold_resume() - who claimed a device that waits can answer
 * @claim: the claim
 *
 * Context: Sleeps.
 * Return: false if the device has gone meanwhile, so that this one is another.
 */
bool virtio_msg_hold_resume(struct virtio_msg_claim *claim)
{
	struct virtio_msg_core *core = claim->core;
	struct virtio_msg_device *vmdev;
	bool ok;

	vmdev = virtio_msg_devices_get(core, claim->dev_num);
	if (!vmdev)
		return false;
	mutex_lock(&vmdev->hold.lock);
	ok = vmdev->hold.claim == claim && !vmdev->hold.ended;
	if (ok) {
		vmdev->hold.announced = true;
		queue_delayed_work(core->hold_wq, &vmdev->hold.work, 0);
	}
	mutex_unlock(&vmdev->hold.lock);
	virtio_msg_device_put(vmdev);
	return ok;
}

/**
 * virtio_msg_hold_forget() - a device is given back for good, or was taken from this
 *	claim
 * @claim: the claim, which nobody looks at from here on
 *
 * Context: Sleeps.
 */
void virtio_msg_hold_forget(struct virtio_msg_claim *claim)
{
	struct virtio_msg_device *vmdev;

	if (!claim->resumed)
		return;
	vmdev = virtio_msg_devices_get(claim->core, claim->dev_num);
	if (!vmdev)
		return;
	mutex_lock(&vmdev->hold.lock);
	if (vmdev->hold.claim == claim) {
		WRITE_ONCE(vmdev->hold.gone, true);
		vmdev->hold.claim = NULL;
	}
	mutex_unlock(&vmdev->hold.lock);
	virtio_msg_device_put(vmdev);
}

static bool start_resuming(struct virtio_msg_device *vmdev, u8 *status)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool ok;

	mutex_lock(&hold->lock);
	ok = hold->claim && !hold->gone && !hold->ended;
	if (ok) {
		hold->worker = current;
		WRITE_ONCE(hold->state, VIRTIO_MSG_RESUMING);
		/* A reset that was answered here has changed it before. */
		*status = READ_ONCE(vmdev->status);
	}
	mutex_unlock(&hold->lock);
	return ok;
}

/* False if it took too long, and the device goes; or if who has been told goes. */
static bool stop_waiting(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	long left;

	mutex_lock(&hold->lock);
	if (READ_ONCE(vmdev->dead) || hold->gone) {
		mutex_unlock(&hold->lock);
		return false;
	}
	left = hold->expiry.timer.expires - jiffies;
	hold->left = max(left, 1);
	cancel_delayed_work(&hold->expiry);
	hold->claim = NULL;
	hold->worker = NULL;
	WRITE_ONCE(hold->state, VIRTIO_MSG_SERVED);
	/* virtio_msg_hold_end() has done so. */
	if (!hold->ended)
		virtio_msg_count_add(vmdev->core, VMSG_CNT_held, -1);
	virtio_msg_count(vmdev->core, VMSG_CNT_resumed);
	mutex_unlock(&hold->lock);
	return true;
}

static bool serve(struct virtio_msg_device *vmdev)
{
	if (!stop_waiting(vmdev))
		return false;
	virtio_msg_queues_resume(vmdev);
	virtio_msg_device_config_lost(vmdev);
	return true;
}

static void take_back(struct virtio_msg_hold *hold)
{
	if (virtio_msg_claim_pass(hold->claim, &hold->place))
		hold->claim->ops->lost(hold->claim);
}

/* True if the device itself is no more: it is to come as a new one. */
static bool wait_again(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool refused, lost;

	mutex_lock(&hold->lock);
	refused = hold->claim && !hold->gone;
	lost = refused && (READ_ONCE(vmdev->broken) || hold->ended);
	if (refused && !lost)
		take_back(hold);
	mutex_unlock(&hold->lock);
	/* What the refused one is about to send does not come to the next one. */
	synchronize_rcu();
	mutex_lock(&hold->lock);
	hold->worker = NULL;
	WRITE_ONCE(hold->state, VIRTIO_MSG_WAITING);
	if (!hold->gone)
		hold->claim = NULL;
	if (refused)
		virtio_msg_count(vmdev->core, VMSG_CNT_resume_refused);
	mutex_unlock(&hold->lock);
	return lost;
}

static void refuse(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_core *core = vmdev->core;
	u32 status = VIRTIO_CONFIG_S_FAILED;

	/* As a driver would that cannot use the device. */
	virtio_msg_device_status(vmdev, VMSG_SET_STATUS_REQ, &status);
	virtio_msg_queues_hold(vmdev);
	virtio_msg_claim_withdraw(&vmdev->hold.place);
	if (!wait_again(vmdev))
		return;
	virtio_msg_devices_event(core, vmdev->dev_num,
				 VIRTIO_MSG_DEVICE_REMOVED);
	virtio_msg_devices_event(core, vmdev->dev_num, VIRTIO_MSG_DEVICE_ADDED);
}

/* Not who claimed it, but this kernel lacks something: later. */
static bool is_ours(int err)
{
	return err == -ENOMEM || err == -ENOSPC || err == -EBUSY;
}

static void resume_later(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_hold *hold = &vmdev->hold;

	virtio_msg_queues_hold(vmdev);
	mutex_lock(&hold->lock);
	hold->worker = NULL;
	WRITE_ONCE(hold->state, VIRTIO_MSG_WAITING);
	if (hold->claim && !hold->gone && !hold->ended)
		queue_delayed_work(vmdev->core->hold_wq, &hold->work,
				   msecs_to_jiffies(VIRTIO_MSG_RESUME_RETRY_MS));
	mutex_unlock(&hold->lock);
}

static void try_to_resume(struct virtio_msg_device *vmdev, u8 status)
{
	int err = virtio_msg_resume(vmdev, status);

	if (is_ours(err))
		resume_later(vmdev);
	else if (err || !serve(vmdev))
		refuse(vmdev);
}

static void hold_work(struct work_struct *work)
{
	struct virtio_msg_device *vmdev =
		container_of(to_delayed_work(work), struct virtio_msg_device,
			     hold.work);
	unsigned int noio;
	u8 status;

	/* It may be the disk that memory would be written to. */
	noio = memalloc_noio_save();
	mutex_lock(&vmdev->lock);
	if (start_resuming(vmdev, &status))
		try_to_resume(vmdev, status);
	mutex_unlock(&vmdev->lock);
	memalloc_noio_restore(noio);
	wake_up_all(&vmdev->hold.wait);
}

/* Nobody came in time. */
static void expiry_work(struct work_struct *work)
{
	struct virtio_msg_device *vmdev =
		container_of(to_delayed_work(work), struct virtio_msg_device,
			     hold.expiry);
	struct virtio_msg_hold *hold = &vmdev->hold;

	/* With the lock, so that nobody goes on with it in between. */
	mutex_lock(&hold->lock);
	if (hold->state != VIRTIO_MSG_SERVED && !hold->ended) {
		virtio_msg_count(vmdev->core, VMSG_CNT_resume_expired);
		virtio_msg_devices_event(vmdev->core, vmdev->dev_num,
					 VIRTIO_MSG_DEVICE_REMOVED);
	}
	mutex_unlock(&hold->lock);
}

/* The driver */

/* What no device is needed for: nobody uses the windows, and nothing is on. */
static bool answerable(const struct virtio_msg_fields *fields)
{
	const u32 needs_device = VIRTIO_CONFIG_S_FEATURES_OK |
				 VIRTIO_CONFIG_S_DRIVER_OK;

	return fields->kind == VMSG_GET_STATUS_REQ ||
	       (fields->kind == VMSG_SET_STATUS_REQ &&
		!(fields->status.status & needs_device));
}

static bool answer_here(struct virtio_msg_device *vmdev,
			struct virtio_msg_fields *fields)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool ok;

	/* The status was set before: who resumes sees it, or is seen here. */
	mutex_lock(&hold->lock);
	ok = hold->state == VIRTIO_MSG_WAITING && answerable(fields);
	if (ok && fields->kind == VMSG_GET_STATUS_REQ)
		fields->status.status = READ_ONCE(vmdev->status);
	mutex_unlock(&hold->lock);
	return ok;
}

static bool may_go_on(struct virtio_msg_device *vmdev,
		      const struct virtio_msg_fields *fields)
{
	enum virtio_msg_hold_state state = READ_ONCE(vmdev->hold.state);

	return state == VIRTIO_MSG_SERVED || READ_ONCE(vmdev->dead) ||
	       (READ_ONCE(vmdev->broken) && !answerable(fields)) ||
	       (state == VIRTIO_MSG_WAITING && answerable(fields));
}

/**
 * virtio_msg_hold_enter() - somebody wants to ask a device
 * @vmdev: the device; its channel's lock is held, and is not while this waits
 * @fields: the request, and the answer if it is given here
 *
 * Context: Sleeps, until the device is served or given up.
 * Return: 0 if it may be asked; 1 if it has been answered; -ERESTART if this
 * had to wait: look again; -ECANCELED if who was to answer has gone; -EIO if the
 * device has failed.
 */
int virtio_msg_hold_enter(struct virtio_msg_device *vmdev,
			  struct virtio_msg_fields *fields)
{
	struct virtio_msg_hold *hold = &vmdev->hold;

	if (READ_ONCE(hold->state) == VIRTIO_MSG_SERVED ||
	    READ_ONCE(vmdev->dead))
		return 0;
	if (virtio_msg_hold_works(vmdev))
		return READ_ONCE(hold->gone) ? -ECANCELED : 0;
	if (answer_here(vmdev, fields))
		return 1;
	/* No reset comes to what failed while nobody serves it. */
	if (READ_ONCE(vmdev->broken) && !answerable(fields))
		return -EIO;
	mutex_unlock(&vmdev->channel.lock);
	wait_event(hold->wait, may_go_on(vmdev, fields));
	mutex_lock(&vmdev->channel.lock);
	return -ERESTART;
}

/**
 * virtio_msg_hold_is() - does nobody serve this device?
 * @vmdev: the device
 *
 * Context: Any.
 * Return: true if it waits, or is about to go on.
 */
bool virtio_msg_hold_is(struct virtio_msg_device *vmdev)
{
	return READ_ONCE(vmdev->hold.state) != VIRTIO_MSG_SERVED;
}

/**
 * virtio_msg_hold_works() - is this the task that tells who claimed a device?
 * @vmdev: the device
 *
 * Context: Any.
 * Return: true if so.
 */
bool virtio_msg_hold_works(struct virtio_msg_device *vmdev)
{
	return READ_ONCE(vmdev->hold.worker) == current;
}

/**
 * virtio_msg_hold_init() - a device is served
 * @vmdev: a device in the making
 *
 * Context: Any.
 */
void virtio_msg_hold_init(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_hold *hold = &vmdev->hold;

	mutex_init(&hold->lock);
	init_waitqueue_head(&hold->wait);
	INIT_DELAYED_WORK(&hold->work, hold_work);
	INIT_DELAYED_WORK(&hold->expiry, expiry_work);
	hold->place.core = vmdev->core;
	hold->place.dev_num = vmdev->dev_num;
	hold->place.ops = &place_ops;
}

/**
 * virtio_msg_hold_end() - a device goes
 * @vmdev: the device, without a driver; others may look for it until
 *	synchronize_rcu()
 *
 * Context: Sleeps.
 */
void virtio_msg_hold_end(struct virtio_msg_device *vmdev)
{
	struct virtio_msg_hold *hold = &vmdev->hold;
	bool orphaned;

	mutex_lock(&hold->lock);
	hold->ended = true;
	virtio_msg_claim_pass(&hold->place, NULL);
	if (hold->state != VIRTIO_MSG_SERVED)
		virtio_msg_count_add(vmdev->core, VMSG_CNT_held, -1);
	mutex_unlock(&hold->lock);
	cancel_delayed_work_sync(&hold->expiry);
	cancel_delayed_work_sync(&hold->work);
	mutex_lock(&hold->lock);
	orphaned = hold->claim && hold->announced && !hold->gone;
	mutex_unlock(&hold->lock);
	/* Who claimed it has not been told anything: it is to have a driver. */
	if (orphaned)
		virtio_msg_devices_event(vmdev->core, vmdev->dev_num,
					 VIRTIO_MSG_DEVICE_ADDED);
}
