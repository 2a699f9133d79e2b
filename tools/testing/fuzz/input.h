/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fuzzer made up, taken byte by byte: decisions from the front, and what
 * a peer does in the middle of something from the back, so that neither moves
 * the other about. All is 0 once it has been used up.
 */
#ifndef _FUZZ_INPUT_H
#define _FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct input {
	const uint8_t *p;
	size_t left;
};

static inline uint8_t take8(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->p++;
}

static inline uint16_t take16(struct input *in)
{
	uint16_t low = take8(in);

	return (uint16_t)(low | take8(in) << 8);
}

static inline uint32_t take32(struct input *in)
{
	uint32_t low = take16(in);

	return low | (uint32_t)take16(in) << 16;
}

static inline uint8_t take8_last(struct input *in)
{
	return in->left ? in->p[--in->left] : 0;
}

static inline uint16_t take16_last(struct input *in)
{
	uint16_t low = take8_last(in);

	return (uint16_t)(low | take8_last(in) << 8);
}

/* A number below @below, of which there are at most 256. */
static inline uint32_t take_below(struct input *in, uint32_t below)
{
	return take8(in) % below;
}

static inline bool take_bool(struct input *in)
{
	return take8(in) & 1;
}

/* What must hold whatever a peer does: the fuzzer stops where it does not. */
#define must(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: must hold: %s\n", __FILE__,	\
			__LINE__, #condition);				\
		abort();						\
	}								\
} while (0)

static inline void *must_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	must(p);
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* _FUZZ_INPUT_H */
