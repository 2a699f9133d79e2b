// SPDX-License-Identifier: GPL-2.0
/* Arrays of pointers: a list in order, for there are few. */
#include "process.h"

int shim_rcu;
u32 shim_xa_max = U32_MAX;
u32 shim_xa_full;

/* Where the first slot is that is not before @index. */
static u32 place(const struct xarray *xa, unsigned long index)
{
	u32 i = 0;

	while (i < xa->count && xa->slots[i].index < index)
		i++;
	return i;
}

static bool is_taken(const struct xarray *xa, u32 i, unsigned long index)
{
	return i < xa->count && xa->slots[i].index == index;
}

static int put(struct xarray *xa, u32 i, unsigned long index, void *entry)
{
	struct xa_slot *slots = xa->slots;

	if (shim_no_memory())
		return -ENOMEM;
	if (xa->count == xa->room) {
		xa->room = 2 * xa->room + 4;
		slots = realloc(slots, xa->room * sizeof(*slots));
		assert(slots);
		xa->slots = slots;
	}
	memmove(slots + i + 1, slots + i, (xa->count - i) * sizeof(*slots));
	slots[i] = (struct xa_slot){ index, entry };
	xa->count++;
	return 0;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	u32 i = place(xa, index);

	return is_taken(xa, i, index) ? xa->slots[i].entry : NULL;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      int filter)
{
	u32 i;

	for (i = place(xa, *index); i < xa->count; i++) {
		if (xa->slots[i].index > max)
			return NULL;
		if (!xa->slots[i].entry)
			continue;
		*index = xa->slots[i].index;
		return xa->slots[i].entry;
	}
	return NULL;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	u32 i = place(xa, index);
	void *entry;

	if (!is_taken(xa, i, index))
		return NULL;
	entry = xa->slots[i].entry;
	xa->count--;
	memmove(xa->slots + i, xa->slots + i + 1,
		(xa->count - i) * sizeof(*xa->slots));
	return entry;
}

/* Of what is there: it takes no memory. */
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry,
		 gfp_t gfp)
{
	u32 i = place(xa, index);
	void *now = is_taken(xa, i, index) ? xa->slots[i].entry : NULL;

	assert(old);
	if (now != old)
		return now;
	if (entry)
		xa->slots[i].entry = entry;
	else
		__xa_erase(xa, index);
	return old;
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	u32 i = place(xa, index);
	void *old;
	int err;

	if (!is_taken(xa, i, index)) {
		err = put(xa, i, index, entry);
		return err ? ERR_PTR(err) : NULL;
	}
	old = xa->slots[i].entry;
	xa->slots[i].entry = entry;
	return old;
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	u32 i = place(xa, index);

	return is_taken(xa, i, index) ? -EBUSY : put(xa, i, index, entry);
}

static int alloc_from(struct xarray *xa, u32 first, u32 last, u32 *id,
		      void *entry)
{
	u32 i = place(xa, first);
	u64 index = first;

	while (index <= last && is_taken(xa, i, index)) {
		index++;
		i++;
	}
	if (index > last)
		return -EBUSY;
	*id = index;
	return put(xa, i, index, entry);
}

int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
		    struct xa_limit limit, u32 *next, gfp_t gfp)
{
	u32 last = min(limit.max, shim_xa_max);
	u32 first = max(limit.min, *next);
	bool wrapped = false;
	int err = -EBUSY;

	assert(!xa->lock.locked);
	if (first <= last)
		err = alloc_from(xa, first, last, id, entry);
	if (err == -EBUSY && first > limit.min) {
		wrapped = true;
		err = alloc_from(xa, limit.min, last, id, entry);
	}
	shim_xa_full += err == -EBUSY;
	if (err)
		return err;
	*next = *id + 1;
	return wrapped;
}

void xa_destroy(struct xarray *xa)
{
	free(xa->slots);
	memset(xa, 0, sizeof(*xa));
}
