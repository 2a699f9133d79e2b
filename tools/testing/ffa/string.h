/* SPDX-License-Identifier: GPL-2.0 */
/* The few functions of <string.h> that there are. */
#ifndef _FFA_STRING_H
#define _FFA_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);

#endif /* _FFA_STRING_H */
