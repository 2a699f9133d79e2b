// SPDX-License-Identifier: GPL-2.0
/*
 * How two ends meet in xenstore: each writes its state, and looks at the
 * other's. The other end may write any state at any time, and any number.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "memory.h"
#include "store.h"

#define KEY_VERSION	"version"
#define KEY_MSG_SIZE	"max-msg-size"
#define KEY_MAX_RING	"max-ring-pages"
#define KEY_NUM_RING	"num-ring-pages"
#define KEY_PORT	"event-channel"
#define KEY_RING	"ring-ref%u"
/* Any number in it. */
#define KEY_SIZE	(sizeof(KEY_RING) + 10)

static int switch_state(struct virtio_msg_xen *xen,
			enum virtio_msg_xen_state state)
{
	int err;

	if (xen->state == state)
		return 0;
	err = xen->ops->switch_state(xen, state);
	if (!err)
		xen->state = state;
	return err;
}

static void fail(struct virtio_msg_xen *xen, int err, const char *what)
{
	virtio_msg_xen_unlink(xen, true);
	xen->ops->fail(xen, err, what);
	xen->state = VIRTIO_MSG_XEN_CLOSING;
}

static int read_number(struct virtio_msg_xen *xen, const char *key, u32 *value)
{
	return xen->ops->read(xen, true, key, value);
}

/* One that is not there is @value. */
static int read_optional(struct virtio_msg_xen *xen, const char *key,
			 u32 *value)
{
	u32 number;
	int err = read_number(xen, key, &number);

	if (!err)
		*value = number;
	return err == -ENOENT ? 0 : err;
}

/* The front end */

/* What this side wants, unless the other says that it has less. */
static int negotiate(struct virtio_msg_xen *xen)
{
	u32 version = VIRTIO_MSG_XEN_VERSION, size = xen->want_msg_size;
	u32 pages = xen->want_ring_pages;
	int err;

	err = read_optional(xen, KEY_VERSION, &version);
	err = err ?: read_optional(xen, KEY_MSG_SIZE, &size);
	err = err ?: read_optional(xen, KEY_MAX_RING, &pages);
	if (err)
		return err;
	size = min(size, xen->want_msg_size) & ~7U;
	if (!version || size < VIRTIO_MSG_XEN_MIN_MSG ||
	    pages < VIRTIO_MSG_XEN_MIN_RING)
		return -EPROTO;
	xen->msg_size = size;
	xen->ring_pages = min(pages, xen->want_ring_pages);
	return 0;
}

static int write_refs(struct virtio_msg_xen *xen)
{
	const struct virtio_msg_xen_memory *ring = xen->ring;
	char key[KEY_SIZE];
	unsigned int i;
	int err = 0;

	for (i = 0; i < xen->ring_pages && !err; i++) {
		snprintf(key, sizeof(key), KEY_RING, i);
		err = xen->ops->write(xen, key, ring->refs[i]);
	}
	return err;
}

static int publish(struct virtio_msg_xen *xen)
{
	int err;

	err = xen->ops->write(xen, KEY_VERSION, VIRTIO_MSG_XEN_VERSION);
	err = err ?: xen->ops->write(xen, KEY_MSG_SIZE, xen->msg_size);
	err = err ?: xen->ops->write(xen, KEY_NUM_RING, xen->ring_pages);
	err = err ?: write_refs(xen);
	err = err ?: xen->ops->write(xen, KEY_PORT, xen->port);
	/* All of the above is there when the other end sees this. */
	return err ?: switch_state(xen, VIRTIO_MSG_XEN_INITIALISED);
}

/* The back end is there: it knows nothing of an earlier link. */
static void front_link(struct virtio_msg_xen *xen)
{
	int err;

	virtio_msg_xen_unlink(xen, true);
	err = negotiate(xen);
	err = err ?: virtio_msg_xen_offer(xen);
	if (err) {
		fail(xen, err, "cannot make memory and event channel");
		return;
	}
	/* It may be what it was: then the other end would not be told. */
	xen->state = VIRTIO_MSG_XEN_UNKNOWN;
	err = publish(xen);
	if (err)
		fail(xen, err, "cannot write to xenstore");
}

/* One that is closing still answers, so that drivers can end what they do. */
static void front_close(struct virtio_msg_xen *xen, bool gone)
{
	virtio_msg_xen_unlink(xen, gone);
	switch_state(xen, VIRTIO_MSG_XEN_CLOSED);
}

/**
 * virtio_msg_xen_front_start() - a front end waits for the back end
 * @xen: initialised
 *
 * Context: Sleeps.
 * Return: 0, or an error of xenstore.
 */
int virtio_msg_xen_front_start(struct virtio_msg_xen *xen)
{
	int err;

	mutex_lock(&xen->lock);
	err = switch_state(xen, VIRTIO_MSG_XEN_INITIALISING);
	mutex_unlock(&xen->lock);
	return err;
}

static void forget(struct virtio_msg_xen *xen, bool gone)
{
	lockdep_assert_held(&xen->lock);
	virtio_msg_xen_unlink(xen, gone || xen->restored);
	xen->restored = false;
	xen->state = VIRTIO_MSG_XEN_UNKNOWN;
}

/**
 * virtio_msg_xen_restored() - the domain has been restored, or has migrated
 * @xen: a front end, of which virtio_msg_xen_front_changed() is called next
 * @domid: number of the other domain, which may be another one now
 *
 * Grants and event channels are gone. What drivers have to be told of that has to
 * wait until what they wait for is no longer frozen.
 *
 * Context: Any, while everything else sleeps.
 */
void virtio_msg_xen_restored(struct virtio_msg_xen *xen, u16 domid)
{
	xen->next_domid = domid;
	WRITE_ONCE(xen->restored, true);
}

/*
 * Another life. A back end that has not heard of it, as where the domain was not
 * saved after all, is told to begin again.
 */
static void begin_life(struct virtio_msg_xen *xen,
		       enum virtio_msg_xen_state theirs)
{
	forget(xen, true);
	xen->domid = xen->next_domid;
	xen->state = VIRTIO_MSG_XEN_INITIALISING;
	if (theirs == VIRTIO_MSG_XEN_INITIALISED ||
	    theirs == VIRTIO_MSG_XEN_CONNECTED)
		xen->ops->write(xen, VIRTIO_MSG_XEN_KEY_STATE, xen->state);
}

/**
 * virtio_msg_xen_front_changed() - the back end has a state
 * @xen: a front end
 * @theirs: the state, which may be any, and the same as before
 *
 * Context: Sleeps. In the thread of xenstore's watches, where what is written
 * to this end's nodes is not seen in the middle.
 */
void virtio_msg_xen_front_changed(struct virtio_msg_xen *xen,
				  enum virtio_msg_xen_state theirs)
{
	mutex_lock(&xen->lock);
	if (READ_ONCE(xen->restored))
		begin_life(xen, theirs);
	switch (theirs) {
	case VIRTIO_MSG_XEN_INIT_WAIT:
		if (xen->state != VIRTIO_MSG_XEN_INITIALISED)
			front_link(xen);
		break;
	case VIRTIO_MSG_XEN_CONNECTED:
		if (xen->state == VIRTIO_MSG_XEN_INITIALISED)
			switch_state(xen, VIRTIO_MSG_XEN_CONNECTED);
		break;
	case VIRTIO_MSG_XEN_UNKNOWN:
	case VIRTIO_MSG_XEN_CLOSED:
		/* It may not be there yet, or have an earlier life's state. */
		if (!xen->linked && xen->state == VIRTIO_MSG_XEN_INITIALISING)
			break;
		fallthrough;
	case VIRTIO_MSG_XEN_CLOSING:
		front_close(xen, theirs != VIRTIO_MSG_XEN_CLOSING);
		break;
	default:
		break;
	}
	mutex_unlock(&xen->lock);
}

/* The back end */

static int read_refs(struct virtio_msg_xen *xen, u32 *refs, u32 n)
{
	char key[KEY_SIZE];
	u32 i;
	int err = 0;

	for (i = 0; i < n && !err; i++) {
		snprintf(key, sizeof(key), KEY_RING, i);
		err = read_number(xen, key, &refs[i]);
	}
	return err;
}

static int read_front(struct virtio_msg_xen *xen, u32 *refs, u32 *n, u32 *port)
{
	u32 version;
	int err;

	err = read_number(xen, KEY_VERSION, &version);
	err = err ?: read_number(xen, KEY_NUM_RING, n);
	err = err ?: read_number(xen, KEY_PORT, port);
	if (err)
		return err;
	if (version != VIRTIO_MSG_XEN_VERSION || *n < VIRTIO_MSG_XEN_MIN_RING ||
	    *n > VIRTIO_MSG_XEN_MAX_RING)
		return -EPROTO;
	return read_refs(xen, refs, *n);
}

static void back_link(struct virtio_msg_xen *xen)
{
	u32 refs[VIRTIO_MSG_XEN_MAX_RING], n, port;
	int err;

	err = read_front(xen, refs, &n, &port);
	if (err) {
		fail(xen, err, "what the front end says cannot be");
		return;
	}
	if (xen->linked && xen->ring_ref == refs[0] && xen->port == port)
		return;
	virtio_msg_xen_unlink(xen, true);
	err = virtio_msg_xen_accept(xen, refs, n, port);
	if (err) {
		fail(xen, err, "cannot map memory or bind event channel");
		return;
	}
	err = switch_state(xen, VIRTIO_MSG_XEN_CONNECTED);
	if (err)
		fail(xen, err, "cannot write to xenstore");
}

static void back_wait(struct virtio_msg_xen *xen)
{
	virtio_msg_xen_unlink(xen, true);
	switch_state(xen, VIRTIO_MSG_XEN_INIT_WAIT);
}

static void back_close(struct virtio_msg_xen *xen,
		       enum virtio_msg_xen_state state)
{
	virtio_msg_xen_unlink(xen, true);
	switch_state(xen, state);
}

/**
 * virtio_msg_xen_back_start() - a back end waits for the front end
 * @xen: initialised
 *
 * Context: Sleeps.
 * Return: 0, or an error of xenstore.
 */
int virtio_msg_xen_back_start(struct virtio_msg_xen *xen)
{
	int err;

	mutex_lock(&xen->lock);
	err = xen->ops->write(xen, KEY_VERSION, VIRTIO_MSG_XEN_VERSION);
	err = err ?: xen->ops->write(xen, KEY_MSG_SIZE, VIRTIO_MSG_XEN_MAX_MSG);
	err = err ?: xen->ops->write(xen, KEY_MAX_RING,
				     VIRTIO_MSG_XEN_MAX_RING);
	err = err ?: switch_state(xen, VIRTIO_MSG_XEN_INIT_WAIT);
	mutex_unlock(&xen->lock);
	return err;
}

/**
 * virtio_msg_xen_back_changed() - the front end has a state
 * @xen: a back end; may be gone afterwards
 * @theirs: the state, which may be any, and the same as before
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_back_changed(struct virtio_msg_xen *xen,
				 enum virtio_msg_xen_state theirs)
{
	mutex_lock(&xen->lock);
	switch (theirs) {
	case VIRTIO_MSG_XEN_INITIALISING:
		/* One that has begun anew. */
		back_wait(xen);
		break;
	case VIRTIO_MSG_XEN_INITIALISED:
		if (xen->state != VIRTIO_MSG_XEN_CLOSING)
			back_link(xen);
		break;
	case VIRTIO_MSG_XEN_CLOSING:
		back_close(xen, VIRTIO_MSG_XEN_CLOSING);
		break;
	case VIRTIO_MSG_XEN_CLOSED:
	case VIRTIO_MSG_XEN_UNKNOWN:
		/* Of an earlier life, too: it will find this end waiting. */
		if (xen->state != VIRTIO_MSG_XEN_INIT_WAIT)
			back_close(xen, VIRTIO_MSG_XEN_CLOSED);
		break;
	default:
		break;
	}
	mutex_unlock(&xen->lock);
	if (theirs == VIRTIO_MSG_XEN_CLOSED || theirs == VIRTIO_MSG_XEN_UNKNOWN)
		xen->ops->gone(xen);
}

/**
 * virtio_msg_xen_forget() - this end goes
 * @xen: an end of a link
 * @gone: the other end is not there any more
 *
 * Context: Sleeps.
 */
void virtio_msg_xen_forget(struct virtio_msg_xen *xen, bool gone)
{
	mutex_lock(&xen->lock);
	forget(xen, gone);
	mutex_unlock(&xen->lock);
}
