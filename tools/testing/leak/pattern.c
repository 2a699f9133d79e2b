// SPDX-License-Identifier: GPL-2.0
/*
 * pattern once FILE: write the pattern to it, once.
 * pattern make FILE MIB: a file of nothing else.
 * pattern find FILE: print how often it is there, in pieces that do not overlap.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pattern.h"

#define MIB	(1024UL * 1024)

static void once(const char *path)
{
	uint8_t pattern[PATTERN_SIZE];
	int fd = open(path, O_WRONLY);

	pattern_make(pattern);
	if (fd < 0 || write(fd, pattern, sizeof(pattern)) != sizeof(pattern))
		err(1, "%s", path);
	close(fd);
}

static void make(const char *path, unsigned int mib)
{
	static uint8_t chunk[MIB];
	FILE *file = fopen(path, "w");

	if (!file)
		err(1, "%s", path);
	pattern_fill(chunk, sizeof(chunk));
	while (mib--)
		if (fwrite(chunk, sizeof(chunk), 1, file) != 1)
			err(1, "%s", path);
	if (fclose(file))
		err(1, "%s", path);
}

static unsigned long count(const uint8_t *data, size_t size)
{
	uint8_t pattern[PATTERN_SIZE];
	const uint8_t *at = data;
	unsigned long found = 0;

	pattern_make(pattern);
	while ((at = memmem(at, size - (at - data), pattern, PATTERN_SIZE))) {
		at += PATTERN_SIZE;
		found++;
	}
	return found;
}

static void find(const char *path)
{
	size_t size = 0, room = 0;
	uint8_t *data = NULL;
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		err(1, "%s", path);
	do {
		if (size == room) {
			room += 16 * MIB;
			data = realloc(data, room);
			if (!data)
				err(1, "%s", path);
		}
		n = read(fd, data + size, room - size);
		if (n < 0)
			err(1, "%s", path);
		size += n;
	} while (n > 0);
	if (!size)
		errx(1, "%s is empty", path);
	printf("%lu\n", count(data, size));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "once"))
		once(argv[2]);
	else if (argc == 4 && !strcmp(argv[1], "make"))
		make(argv[2], atoi(argv[3]));
	else if (argc == 3 && !strcmp(argv[1], "find"))
		find(argv[2]);
	else
		errx(2, "see the first lines of pattern.c");
	return 0;
}
