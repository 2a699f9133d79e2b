// SPDX-License-Identifier: GPL-2.0
/*
 * Two domains for tests, see fake_xen.h.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "fake_xen.h"
#include "mapping.h"
#include "memory.h"
#include "store.h"

#define FRONT_DOMID	5
#define BACK_DOMID	1
/* The first references are taken, as they are in Linux. */
#define FIRST_REF	8

/* Grants are made and mapped for no link in particular. */
static struct fake_xen *machine;

static struct fake_end *to_end(struct virtio_msg_xen *xen)
{
	return container_of(xen, struct fake_end, xen);
}

static struct fake_end *other(struct fake_end *end)
{
	return &machine->ends[end == &machine->ends[FAKE_FRONT]];
}

/* True: the call is the one that fails. */
static bool fails(void)
{
	bool fail;

	spin_lock_irq(&machine->lock);
	fail = ++machine->calls == machine->fail_call;
	spin_unlock_irq(&machine->lock);
	return fail;
}

/* Grants */

static int find_free(void)
{
	unsigned int i, ref;

	lockdep_assert_held(&machine->lock);
	for (i = 0; i < FAKE_GRANTS; i++) {
		ref = machine->next++ % FAKE_GRANTS;
		if (ref >= FIRST_REF && !machine->grants[ref].page)
			return ref;
	}
	return -ENOSPC;
}

static int fake_grant(u16 domid, struct page *page, unsigned int part,
		      bool readonly)
{
	struct fake_grant *grant;
	int ref;

	if (fails())
		return -ENOSPC;
	spin_lock_irq(&machine->lock);
	ref = find_free();
	if (ref >= 0) {
		grant = &machine->grants[ref];
		grant->page = page;
		grant->domid = domid;
		grant->readonly = readonly;
		machine->used++;
	}
	spin_unlock_irq(&machine->lock);
	return ref;
}

static bool fake_end_access(u32 ref)
{
	struct fake_grant *grant = &machine->grants[ref];
	bool ended;

	spin_lock_irq(&machine->lock);
	ended = grant->page && !grant->maps;
	if (ended) {
		grant->page = NULL;
		machine->used--;
	}
	spin_unlock_irq(&machine->lock);
	return ended;
}

static void fake_abandon(u32 ref, struct page *page)
{
	KUNIT_EXPECT_PTR_EQ(machine->test, page, machine->grants[ref].page);
	if (fake_end_access(ref))
		return;
	get_page(page);
	machine->grants[ref].abandoned = true;
}

static struct page *map_one(u16 domid, u32 ref, bool readonly)
{
	struct fake_grant *grant;

	lockdep_assert_held(&machine->lock);
	if (ref >= FAKE_GRANTS)
		return NULL;
	grant = &machine->grants[ref];
	/* Who granted it is the domain that it was not granted to. */
	if (!grant->page || grant->domid == domid ||
	    (grant->readonly && !readonly))
		return NULL;
	grant->maps++;
	machine->mapped++;
	return grant->page;
}

static void unmap_one(u32 ref)
{
	struct fake_grant *grant = &machine->grants[ref];
	struct page *page = grant->page;

	spin_lock_irq(&machine->lock);
	grant->maps--;
	machine->mapped--;
	spin_unlock_irq(&machine->lock);
	if (grant->abandoned && fake_end_access(ref)) {
		grant->abandoned = false;
		put_page(page);
	}
}

static void fake_unmap(struct virtio_msg_xen_pages *pages)
{
	unsigned int i;

	for (i = 0; i < pages->n; i++)
		unmap_one(pages->handles[i]);
	kvfree(pages->pages);
	kvfree(pages->handles);
}

static int fake_map(u16 domid, const u32 *refs, unsigned int n, bool readonly,
		    struct virtio_msg_xen_pages *pages)
{
	if (fails())
		return -EFAULT;
	pages->n = 0;
	pages->pages = kvcalloc(n, sizeof(*pages->pages), GFP_KERNEL);
	pages->handles = kvcalloc(n, sizeof(*pages->handles), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(machine->test, pages->pages);
	KUNIT_ASSERT_NOT_NULL(machine->test, pages->handles);
	spin_lock_irq(&machine->lock);
	machine->maps++;
	for (; pages->n < n; pages->n++) {
		struct page *page = map_one(domid, refs[pages->n], readonly);

		if (!page)
			break;
		pages->pages[pages->n] = page;
		pages->handles[pages->n] = refs[pages->n];
	}
	spin_unlock_irq(&machine->lock);
	if (pages->n == n)
		return 0;
	fake_unmap(pages);
	return -EFAULT;
}

static unsigned int fake_handles(void)
{
	return machine->handles ?: 1;
}

static int fake_map_ring(struct virtio_msg_xen *xen, const u32 *refs,
			 unsigned int n, void **base)
{
	struct virtio_msg_xen_pages *pages = kzalloc_obj(*pages);
	int err;

	KUNIT_ASSERT_NOT_NULL(machine->test, pages);
	err = fake_map(xen->domid, refs, n, false, pages);
	if (err) {
		kfree(pages);
		return err;
	}
	*base = vmap(pages->pages, n, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(machine->test, *base);
	xen->priv = pages;
	return 0;
}

static void fake_unmap_ring(struct virtio_msg_xen *xen, void *base)
{
	vunmap(base);
	fake_unmap(xen->priv);
	kfree(xen->priv);
}

/* The event channel */

static void set_bound(struct fake_end *end, bool bound)
{
	spin_lock_irq(&machine->lock);
	end->bound = bound;
	spin_unlock_irq(&machine->lock);
}

static int fake_bell_offer(struct virtio_msg_xen *xen)
{
	if (fails())
		return -ENOSPC;
	xen->port = ++machine->port;
	set_bound(to_end(xen), true);
	return 0;
}

static int fake_bell_bind(struct virtio_msg_xen *xen, u32 port)
{
	struct fake_end *end = to_end(xen);

	if (fails() || port != machine->port || !other(end)->bound)
		return -EINVAL;
	set_bound(end, true);
	/* As Xen does. */
	virtio_msg_xen_rung(xen);
	return 0;
}

static void fake_bell_free(struct virtio_msg_xen *xen)
{
	set_bound(to_end(xen), false);
}

static void fake_bell_ring(struct virtio_msg_xen *xen)
{
	struct fake_end *end = other(to_end(xen));
	unsigned long flags;

	spin_lock_irqsave(&machine->lock, flags);
	if (end->bound)
		virtio_msg_xen_rung(&end->xen);
	spin_unlock_irqrestore(&machine->lock, flags);
}

static void fake_bell_looked(struct virtio_msg_xen *xen, bool any)
{
}

/* The store */

static struct fake_node *find_node(struct fake_end *end, const char *key)
{
	unsigned int i;

	for (i = 0; i < end->num_nodes; i++)
		if (!strcmp(end->nodes[i].key, key))
			return &end->nodes[i];
	return NULL;
}

static int fake_read(struct virtio_msg_xen *xen, bool theirs, const char *key,
		     u32 *value)
{
	struct fake_end *end = to_end(xen);
	struct fake_node *node;

	if (fails())
		return -EIO;
	spin_lock_irq(&machine->lock);
	node = find_node(theirs ? other(end) : end, key);
	if (node)
		*value = node->value;
	spin_unlock_irq(&machine->lock);
	return node ? 0 : -ENOENT;
}

/**
 * fake_xen_set() - write to the store
 * @fake: the machine
 * @end: whose nodes
 * @key: which
 * @value: number
 */
void fake_xen_set(struct fake_xen *fake, unsigned int end, const char *key,
		  u32 value)
{
	struct fake_end *whose = &fake->ends[end];
	struct fake_node *node;

	spin_lock_irq(&fake->lock);
	node = find_node(whose, key);
	if (!node && whose->num_nodes < FAKE_NODES) {
		node = &whose->nodes[whose->num_nodes++];
		strscpy(node->key, key, sizeof(node->key));
	}
	if (node)
		node->value = value;
	spin_unlock_irq(&fake->lock);
}

static int fake_write(struct virtio_msg_xen *xen, const char *key, u32 value)
{
	if (fails())
		return -EIO;
	if (!strcmp(key, "state"))
		fake_xen_say(machine, !xen->front, value);
	else
		fake_xen_set(machine, !xen->front, key, value);
	return 0;
}

/**
 * fake_xen_say() - write a state to the store
 * @fake: the machine
 * @end: whose
 * @state: the state
 */
void fake_xen_say(struct fake_xen *fake, unsigned int end,
		  enum virtio_msg_xen_state state)
{
	WRITE_ONCE(fake->ends[end].state, state);
	queue_work(fake->watches, &fake->ends[!end].watch);
}

static int fake_switch_state(struct virtio_msg_xen *xen,
			     enum virtio_msg_xen_state state)
{
	if (fails())
		return -EIO;
	fake_xen_say(machine, !xen->front, state);
	return 0;
}

static void fake_fail(struct virtio_msg_xen *xen, int err, const char *what)
{
	to_end(xen)->failures++;
	fake_xen_say(machine, !xen->front, VIRTIO_MSG_XEN_CLOSING);
}

static void fake_gone(struct virtio_msg_xen *xen)
{
	to_end(xen)->gone++;
}

static const struct virtio_msg_xen_ops fake_ops = {
	.grant = fake_grant,
	.end_access = fake_end_access,
	.abandon = fake_abandon,
	.map = fake_map,
	.unmap = fake_unmap,
	.handles = fake_handles,
	.map_ring = fake_map_ring,
	.unmap_ring = fake_unmap_ring,
	.bell_offer = fake_bell_offer,
	.bell_bind = fake_bell_bind,
	.bell_free = fake_bell_free,
	.bell_ring = fake_bell_ring,
	.bell_looked = fake_bell_looked,
	.read = fake_read,
	.write = fake_write,
	.switch_state = fake_switch_state,
	.fail = fake_fail,
	.gone = fake_gone,
};

/* The domains */

static void watch_fired(struct work_struct *work)
{
	struct fake_end *end = container_of(work, struct fake_end, watch);
	enum virtio_msg_xen_state theirs = READ_ONCE(other(end)->state);

	if (!READ_ONCE(end->started))
		return;
	if (end->xen.front)
		virtio_msg_xen_front_changed(&end->xen, theirs);
	else
		virtio_msg_xen_back_changed(&end->xen, theirs);
}

/**
 * fake_xen_prepare() - give a domain an end that is not started
 * @fake: the machine
 * @end: which
 */
void fake_xen_prepare(struct fake_xen *fake, unsigned int end)
{
	struct virtio_msg_xen *xen = &fake->ends[end].xen;

	memset(xen, 0, sizeof(*xen));
	xen->ops = &fake_ops;
	xen->dev = fake->dev;
	xen->front = end == FAKE_FRONT;
	xen->domid = xen->front ? BACK_DOMID : FRONT_DOMID;
	strscpy(xen->name, xen->front ? "xen-front-test" : "xen-back-test",
		sizeof(xen->name));
	virtio_msg_xen_init(xen);
}

/**
 * fake_xen_start() - load the driver in a domain
 * @fake: the machine
 * @end: which
 *
 * Return: 0, or what its probe function returns.
 */
int fake_xen_start(struct fake_xen *fake, unsigned int end)
{
	struct fake_end *whose = &fake->ends[end];
	int err;

	fake_xen_prepare(fake, end);
	err = whose->xen.front ? virtio_msg_xen_front_start(&whose->xen) :
				 virtio_msg_xen_back_start(&whose->xen);
	if (err)
		return err;
	WRITE_ONCE(whose->started, true);
	/* A watch fires when it is set. */
	queue_work(fake->watches, &whose->watch);
	return 0;
}

/**
 * fake_xen_vanish() - unload the driver in a domain, whose state does not change
 * @fake: the machine
 * @end: which
 */
void fake_xen_vanish(struct fake_xen *fake, unsigned int end)
{
	struct fake_end *whose = &fake->ends[end];

	if (!whose->started)
		return;
	WRITE_ONCE(whose->started, false);
	flush_work(&whose->watch);
	virtio_msg_xen_forget(&whose->xen, false);
}

/**
 * fake_xen_stop() - unload the driver in a domain
 * @fake: the machine
 * @end: which
 */
void fake_xen_stop(struct fake_xen *fake, unsigned int end)
{
	fake_xen_vanish(fake, end);
	fake_xen_say(fake, end, VIRTIO_MSG_XEN_CLOSED);
}

/**
 * fake_xen_is_up() - is there a link?
 * @fake: the machine
 * @end: for which
 *
 * Return: true if there is, and its bus takes messages.
 */
bool fake_xen_is_up(struct fake_xen *fake, unsigned int end)
{
	struct virtio_msg_xen *xen = &fake->ends[end].xen;

	return READ_ONCE(xen->linked) && READ_ONCE(xen->shmem.up) &&
	       READ_ONCE(xen->shmem.open);
}

/**
 * fake_xen_is_clean() - is nothing granted, nor mapped, nor kept?
 * @fake: the machine
 *
 * Return: true if so.
 */
bool fake_xen_is_clean(struct fake_xen *fake)
{
	return !virtio_msg_xen_memory_retry() && !fake->used && !fake->mapped &&
	       !virtio_msg_xen_mappings_busy();
}

int fake_xen_init(struct kunit *test)
{
	struct fake_xen *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	unsigned int i;

	if (!fake)
		return -ENOMEM;
	fake->test = test;
	spin_lock_init(&fake->lock);
	fake->dev = root_device_register("virtio-msg-xen-test");
	if (IS_ERR(fake->dev))
		return PTR_ERR(fake->dev);
	fake->grants = kvcalloc(FAKE_GRANTS, sizeof(*fake->grants), GFP_KERNEL);
	fake->watches = alloc_ordered_workqueue("fake-xenwatch", 0);
	if (!fake->grants || !fake->watches)
		return -ENOMEM;
	machine = fake;
	for (i = 0; i < FAKE_ENDS; i++) {
		INIT_WORK(&fake->ends[i].watch, watch_fired);
		fake_xen_prepare(fake, i);
	}
	test->priv = fake;
	return 0;
}

void fake_xen_exit(struct kunit *test)
{
	struct fake_xen *fake = test->priv;

	if (!fake)
		return;
	fake->fail_call = 0;
	fake_xen_stop(fake, FAKE_FRONT);
	fake_xen_stop(fake, FAKE_BACK);
	drain_workqueue(fake->watches);
	KUNIT_EXPECT_TRUE(test, fake_until(fake_xen_is_clean(fake)));
	KUNIT_EXPECT_EQ(test, 0U, fake->used);
	KUNIT_EXPECT_EQ(test, 0U, fake->mapped);
	destroy_workqueue(fake->watches);
	kvfree(fake->grants);
	root_device_unregister(fake->dev);
	machine = NULL;
}
