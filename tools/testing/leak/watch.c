// SPDX-License-Identifier: GPL-2.0
/*
 * watch PROCESS REPORT: look, again and again, for the pattern in every window
 * that the process has mapped, until it ends.
 *
 * The report is a file of three lines with a number each: how often all windows
 * were looked through so far, in how many of these looks the pattern was in one of
 * them, and the greatest number of bytes that one look has seen.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"

/* The files of buses; a process maps nothing but windows of them. */
#define DEVICES		"/dev/virtio-msg"

static uint8_t pattern[PATTERN_SIZE];
static unsigned long looks, found, most;

/* A window may go between two calls: then there is nothing to see. */
static bool holds_pattern(int memory, unsigned long start, unsigned long end)
{
	static uint8_t copy[1 << 20];
	size_t kept = 0;
	ssize_t n;

	while (start < end) {
		n = end - start < sizeof(copy) - kept ? end - start :
			sizeof(copy) - kept;
		n = pread(memory, copy + kept, n, start);
		if (n <= 0)
			return false;
		if (memmem(copy, kept + n, pattern, PATTERN_SIZE))
			return true;
		start += n;
		/* What lies across the border of two pieces. */
		kept += n;
		if (kept > PATTERN_SIZE) {
			memmove(copy, copy + kept - PATTERN_SIZE, PATTERN_SIZE);
			kept = PATTERN_SIZE;
		}
	}
	return false;
}

/* False: the process has ended. */
static bool look(const char *maps_path, int memory)
{
	FILE *maps = fopen(maps_path, "re");
	unsigned long start, end, seen = 0;
	bool holds = false, lives = false;
	char line[512];

	if (!maps)
		return false;
	while (fgets(line, sizeof(line), maps)) {
		lives = true;
		if (!strstr(line, DEVICES) ||
		    sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		holds |= holds_pattern(memory, start, end);
		seen += end - start;
	}
	fclose(maps);
	looks++;
	found += holds;
	if (seen > most)
		most = seen;
	return lives;
}

/* Of one length, so that no reader finds half of it. */
static void report(int fd)
{
	char text[96];
	int n;

	n = snprintf(text, sizeof(text), "%020lu\n%020lu\n%020lu\n", looks,
		     found, most);
	if (pwrite(fd, text, n, 0) != n)
		err(1, "report");
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	char maps[64], mem[64];
	int memory, fd;

	if (argc != 3)
		errx(2, "watch PROCESS REPORT");
	snprintf(maps, sizeof(maps), "/proc/%s/maps", argv[1]);
	snprintf(mem, sizeof(mem), "/proc/%s/mem", argv[1]);
	memory = open(mem, O_RDONLY);
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (memory < 0 || fd < 0)
		err(1, "%s", memory < 0 ? mem : argv[2]);
	pattern_make(pattern);
	while (look(maps, memory)) {
		report(fd);
		nanosleep(&pause, NULL);
	}
	return 0;
}
