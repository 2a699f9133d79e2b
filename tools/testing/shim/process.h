/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the core of drivers/virtio-msg needs above that of its
 * relay: tasks that wait, files, and what buses are made of. There is still one
 * thread: whoever waits lets the program do something meanwhile, within which
 * others may call the same code and wait themselves.
 */
#ifndef _SHIM_PROCESS_H
#define _SHIM_PROCESS_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/types.h>

/* Let something happen. False: nothing will, nor will the caller wait longer. */
bool shim_meanwhile(void);
/* Does a process lack memory now? */
bool shim_no_memory(void);

struct module;
#define THIS_MODULE		((struct module *)NULL)
#define EXPORT_SYMBOL_GPL(symbol)	_Static_assert(1, #symbol)
#define __user
#define ERESTARTSYS		512

typedef unsigned int __poll_t;
typedef unsigned short umode_t;
typedef unsigned int vm_fault_t;

#define __round_mask(x, y)	((__typeof__(x))((y) - 1))
#define round_up(x, y)		((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y)	((x) & ~__round_mask(x, y))
#define swap(a, b) do { \
	__typeof__(a) _t = (a); \
	(a) = (b); \
	(b) = _t; \
} while (0)
#define ERR_CAST(ptr)		((void *)(ptr))
#define PTR_ERR_OR_ZERO(ptr)	(IS_ERR(ptr) ? PTR_ERR(ptr) : 0)
#define lockdep_assert_held(l)	assert((l)->locked)

static inline u32 get_random_u32(void)
{
	return 4;
}

/* Memory */

#define GFP_ATOMIC		0
#define GFP_KERNEL_ACCOUNT	0
#define struct_size(p, member, n) \
	(sizeof(*(p)) + sizeof((p)->member[0]) * (n))

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return shim_no_memory() ? NULL : calloc(1, size);
}

#define kvzalloc(size, gfp)	kzalloc(size, gfp)

/* Words that several threads would use */

typedef struct {
	int counter;
} atomic_t;

#define atomic_inc(a)		((void)(a)->counter++)
#define atomic_read(a)		((a)->counter)
#define atomic_long_inc(a)	((void)(a)->counter++)
#define atomic_long_add(n, a)	((void)((a)->counter += (n)))
#define xchg(p, value) ({ \
	__typeof__(*(p)) _old = *(p); *(p) = (value); _old; })
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, v)	WRITE_ONCE(*(p), v)

/* RCU: nobody waits for its end within it. */
extern int shim_rcu;

#define rcu_read_lock()		((void)shim_rcu++)
#define rcu_read_unlock()	((void)shim_rcu--)
#define synchronize_rcu()	assert(!shim_rcu)
#define rcu_dereference(p)	(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_access_pointer(p)	(p)
#define RCU_INIT_POINTER(p, v)	((p) = (v))
#define rcu_assign_pointer(p, v) ((p) = (v))

/* Locks: none is waited for by a task that does not go on before it is free. */

struct mutex {
	bool locked;
};

static inline void mutex_init(struct mutex *lock)
{
	lock->locked = false;
}

static inline int mutex_lock_interruptible(struct mutex *lock)
{
	if (lock->locked)
		return -EINTR;
	lock->locked = true;
	return 0;
}

static inline void mutex_lock(struct mutex *lock)
{
	assert(!lock->locked);
	lock->locked = true;
}

static inline void mutex_unlock(struct mutex *lock)
{
	assert(lock->locked);
	lock->locked = false;
}

#define mutex_lock_killable(lock)	mutex_lock_interruptible(lock)

struct rw_semaphore {
	int readers;
};

#define init_rwsem(sem)		((sem)->readers = 0)
#define down_read(sem)		((void)(sem)->readers++)
#define up_read(sem)		((void)(sem)->readers--)
#define down_write(sem)		assert(!(sem)->readers)
#define up_write(sem)		((void)(sem))

/* Time passes for those who wait, and for nobody else. */

extern unsigned long jiffies;

#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_after_eq(a, b)	((long)((a) - (b)) >= 0)
#define ktime_get_ns()		(jiffies * 4000000ULL)

/* Waiting */

struct wait_queue_entry;
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wait,
				 unsigned int mode, int sync, void *key);

typedef struct wait_queue_entry {
	wait_queue_func_t func;
	struct wait_queue_entry *next;
} wait_queue_entry_t;

typedef struct wait_queue_head {
	wait_queue_entry_t *first;
} wait_queue_head_t;

#define TASK_UNINTERRUPTIBLE	2
#define DEFINE_WAIT(name)	wait_queue_entry_t name = {}
#define init_waitqueue_head(head)	((head)->first = NULL)
#define prepare_to_wait(head, wait, state)	((void)(head), (void)(wait))
#define finish_wait(head, wait)	((void)(head), (void)(wait))
#define wake_up(head)		((void)(head))
#define wake_up_all(head)	((void)(head))
#define signal_pending(task)	false

static inline void init_waitqueue_func_entry(wait_queue_entry_t *wait,
					     wait_queue_func_t func)
{
	wait->func = func;
}

static inline void add_wait_queue(wait_queue_head_t *head,
				  wait_queue_entry_t *wait)
{
	wait->next = head->first;
	head->first = wait;
}

static inline long schedule_timeout(long timeout)
{
	assert(!shim_rcu);
	jiffies += timeout;
	shim_meanwhile();
	return 0;
}

#define wait_event_interruptible(head, condition) ({ \
	int _err = 0; \
	assert(!shim_rcu); \
	while (!_err && !(condition)) \
		_err = shim_meanwhile() ? 0 : -ERESTARTSYS; \
	_err; })

/* Steps in which nothing happens count as much as those in which it does. */
#define wait_event_interruptible_timeout(head, condition, timeout) ({ \
	unsigned long _end = jiffies + (timeout); \
	long _left; \
	assert(!shim_rcu); \
	while (!(condition) && time_after(_end, jiffies)) \
		if (!shim_meanwhile()) \
			jiffies = _end; \
		else \
			jiffies++; \
	_left = _end - jiffies; \
	(condition) ? max(_left, 1L) : 0; })

struct completion {
	bool done;
};

#define init_completion(c)	((c)->done = false)
#define reinit_completion(c)	((c)->done = false)
#define complete(c)		((void)((c)->done = true))

static inline unsigned long wait_for_completion_timeout(struct completion *c,
							unsigned long timeout)
{
	unsigned long end = jiffies + timeout;

	assert(!shim_rcu);
	while (!c->done && time_after(end, jiffies)) {
		if (!shim_meanwhile())
			jiffies = end;
		else
			jiffies++;
	}
	return c->done;
}

/* Workqueues: all works are in one list. */

#define WQ_UNBOUND		0
#define WQ_HIGHPRI		0
#define WQ_MEM_RECLAIM		0
#define WQ_FREEZABLE		0
#define alloc_workqueue(...)	((struct workqueue_struct *)1)
#define destroy_workqueue(wq)	((void)(wq))
#define mod_delayed_work(wq, dwork, delay) \
	(cancel_delayed_work_sync(dwork), queue_delayed_work(wq, dwork, delay))

static inline void drain_workqueue(struct workqueue_struct *wq)
{
	while (shim_run_works())
		;
}

/* Lists */

#define LIST_HEAD(name)		struct list_head name = { &(name), &(name) }
#define list_entry(p, type, member)	container_of(p, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_for_each_entry(at, head, member) \
	for (at = list_entry((head)->next, __typeof__(*at), member); \
	     &at->member != (head); \
	     at = list_entry(at->member.next, __typeof__(*at), member))
#define list_for_each_entry_safe(at, n, head, member) \
	for (at = list_entry((head)->next, __typeof__(*at), member), \
	     n = list_entry(at->member.next, __typeof__(*at), member); \
	     &at->member != (head); \
	     at = n, n = list_entry(n->member.next, __typeof__(*n), member))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_empty_careful(head)	list_empty(head)

static inline void list_add_tail(struct list_head *node, struct list_head *head)
{
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

static inline void list_del_init(struct list_head *node)
{
	node->next->prev = node->prev;
	node->prev->next = node->next;
	INIT_LIST_HEAD(node);
}

/* Who uses it once more is to notice. */
static inline void list_del(struct list_head *node)
{
	list_del_init(node);
	node->next = NULL;
	node->prev = NULL;
}

static inline void list_move_tail(struct list_head *node,
				  struct list_head *head)
{
	list_del_init(node);
	list_add_tail(node, head);
}

/* Bits */

#define LONG_BITS		(8 * sizeof(long))
#define bitmap_zalloc(n, gfp) \
	((unsigned long *)kzalloc(DIV_ROUND_UP(n, LONG_BITS) * 8, gfp))
#define bitmap_free(map)	free(map)

static inline void __set_bit(u32 i, unsigned long *map)
{
	map[i / LONG_BITS] |= 1UL << i % LONG_BITS;
}

static inline void __clear_bit(u32 i, unsigned long *map)
{
	map[i / LONG_BITS] &= ~(1UL << i % LONG_BITS);
}

static inline bool __test_and_clear_bit(u32 i, unsigned long *map)
{
	bool was = map[i / LONG_BITS] & 1UL << i % LONG_BITS;

	__clear_bit(i, map);
	return was;
}

static inline u32 find_first_bit(const unsigned long *map, u32 n)
{
	u32 i;

	for (i = 0; i < n && !(map[i / LONG_BITS] & 1UL << i % LONG_BITS); i++)
		;
	return i;
}

#define bitmap_empty(map, n)	(find_first_bit(map, n) == (n))

/* Arrays of pointers, few of which are there: xarray.c */

struct xa_slot {
	unsigned long index;
	void *entry;		/* NULL: taken, but not there */
};

struct xarray {
	spinlock_t lock;
	struct xa_slot *slots;	/* in order */
	u32 count;
	u32 room;
};

struct xa_limit {
	u32 max;
	u32 min;
};

#define XA_LIMIT(first, last)	((struct xa_limit){ .min = first, .max = last })
#define XA_FLAGS_ALLOC		0
#define XA_FLAGS_ALLOC1		0
#define XA_FLAGS_LOCK_IRQ	0
#define XA_PRESENT		0
#define xa_init(xa)		memset(xa, 0, sizeof(*(xa)))
#define xa_init_flags(xa, f)	xa_init(xa)
#define xa_lock_irq(xa)		spin_lock_irq(&(xa)->lock)
#define xa_unlock_irq(xa)	spin_unlock_irq(&(xa)->lock)
#define xa_lock_irqsave(xa, f)	spin_lock_irqsave(&(xa)->lock, f)
#define xa_unlock_irqrestore(xa, f)	spin_unlock_irqrestore(&(xa)->lock, f)
#define xa_mk_value(v)		((void *)((unsigned long)(v) << 1 | 1))
#define xa_to_value(entry)	((unsigned long)(entry) >> 1)
#define xa_is_value(entry)	((unsigned long)(entry) & 1)
#define xa_err(entry)		(IS_ERR(entry) ? (int)PTR_ERR(entry) : 0)
#define xa_erase(xa, index)	__xa_erase(xa, index)
#define xa_store(xa, index, entry, gfp)	__xa_store(xa, index, entry, gfp)
#define xa_alloc_cyclic_irq(...)	xa_alloc_cyclic(__VA_ARGS__)
#define xa_for_each_range(xa, i, entry, first, last) \
	for (i = (first), entry = xa_find(xa, &i, last, XA_PRESENT); entry; \
	     i++, entry = xa_find(xa, &i, last, XA_PRESENT))
#define xa_for_each(xa, i, entry) \
	xa_for_each_range(xa, i, entry, 0, ~0UL)

/* No number above this one is given out: so that all are taken sometime. */
extern u32 shim_xa_max;
/* How often there was none. */
extern u32 shim_xa_full;

void *xa_load(struct xarray *xa, unsigned long index);
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      int filter);
void *__xa_erase(struct xarray *xa, unsigned long index);
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry,
		 gfp_t gfp);
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
		    struct xa_limit limit, u32 *next, gfp_t gfp);
void xa_destroy(struct xarray *xa);

/* Devices, of which only those who hold references matter */

struct attribute_group;
struct dentry;
struct dev_pm_ops;
struct device;

struct class {
	const char *name;
	const struct attribute_group **dev_groups;
	char *(*devnode)(const struct device *dev, umode_t *mode);
	int (*shutdown_pre)(struct device *dev);
	const struct dev_pm_ops *pm;
};

struct device {
	const struct class *class;
	struct device *parent;
	void (*release)(struct device *dev);
	dev_t devt;
	int refs;
};

struct dev_pm_ops {
	int (*freeze)(struct device *dev);
	int (*restore)(struct device *dev);
};

#define DEFINE_SIMPLE_DEV_PM_OPS(name, down, up) \
	const struct dev_pm_ops name = { down, up }
#define pm_sleep_ptr(ptr)	(ptr)
#define device_initialize(dev)	((void)((dev)->refs = 1))
#define device_del(dev)		((void)(dev))
#define dev_name(dev)		"device"
#define dev_set_name(dev, ...)	((void)(dev), 0)
#define dev_warn(dev, ...)	((void)(dev))
#define dev_warn_ratelimited(dev, ...)	((void)(dev))
#define kasprintf(gfp, ...)	((char *)NULL)
#define class_register(c)	((void)(c), 0)
#define class_unregister(c)	((void)(c))
#define class_find_device_by_name(c, name)	((struct device *)NULL)

static inline void get_device(struct device *dev)
{
	dev->refs++;
}

static inline void put_device(struct device *dev)
{
	if (dev && !--dev->refs)
		dev->release(dev);
}

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from);
}

/* Tracepoints */

#define DECLARE_EVENT_CLASS(...)
#define TP_PROTO(...)		__VA_ARGS__
#define DEFINE_EVENT(class, name, proto, args) \
	static inline void trace_##name(proto) { }

#endif /* _SHIM_PROCESS_H */
