// SPDX-License-Identifier: BSD-3-Clause
/* Options of a device, "name,name=value,...". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "report.h"
#include "util.h"

/* The next name, and its value or NULL; NULL at the end. Modifies the list. */
char *option_next(char **list, char **value)
{
	char *name = strsep(list, ",");

	*value = NULL;
	if (name) {
		*value = strchr(name, '=');
		if (*value)
			*(*value)++ = '\0';
	}
	return name;
}

/* A number in C notation, with k, M or G behind it. */
int option_number(const char *text, __u64 min, __u64 max, __u64 *number)
{
	unsigned int shift = 0;
	char *end;

	errno = 0;
	*number = text && *text != '-' ? strtoull(text, &end, 0) : 0;
	if (!text || *text == '-' || errno || end == text)
		goto bad;
	switch (*end) {
	case 'G':
		shift += 10;
		fallthrough;
	case 'M':
		shift += 10;
		fallthrough;
	case 'k':
		shift += 10;
		end++;
	}
	if (*end || *number > max >> shift || *number << shift < min)
		goto bad;
	*number <<= shift;
	return 0;

bad:
	report("'%s' is not a number from %llu to %llu", text ? text : "",
	       (unsigned long long)min, (unsigned long long)max);
	return -EINVAL;
}
