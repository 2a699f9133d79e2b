/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What memory is filled with, to be told from all else.
 */
#ifndef _PATTERN_H
#define _PATTERN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PATTERN_SIZE	16

/*
 * Made at run time, so that the programs themselves do not have it in their
 * pages; whatever holds 31 bytes in a row of filled memory has it in full.
 */
static inline void pattern_make(uint8_t pattern[PATTERN_SIZE])
{
	uint32_t state = 0x9e3779b9;
	int i;

	for (i = 0; i < PATTERN_SIZE; i++) {
		state = state * 1664525 + 1013904223;
		pattern[i] = (state >> 24) | 1;
	}
}

static inline void pattern_fill(uint8_t *to, size_t size)
{
	uint8_t pattern[PATTERN_SIZE];
	size_t i;

	pattern_make(pattern);
	for (i = 0; i + PATTERN_SIZE <= size; i += PATTERN_SIZE)
		memcpy(to + i, pattern, PATTERN_SIZE);
}

#endif /* _PATTERN_H */
