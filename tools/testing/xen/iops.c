// SPDX-License-Identifier: GPL-2.0
/*
 * iops FILE read|write DEPTH MILLISECONDS [FIRST BLOCKS]: requests of 4 KiB at random
 * places, past all caches, from DEPTH processes at a time. Says "= REQUESTS
 * MICROSECONDS". Places are in all of the file, or in BLOCKS blocks from FIRST; what
 * is written is zeros. The file is never made if it is not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK		4096
#define MAX_DEPTH	32

static void die(const char *what)
{
	fprintf(stderr, "iops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static uint64_t first, blocks;

static uint64_t one_process(const char *file, int write, uint64_t end)
{
	int fd = open(file, (write ? O_RDWR : O_RDONLY) | O_DIRECT);
	uint64_t n = 0;
	void *buffer;
	ssize_t done;

	buffer = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || buffer == MAP_FAILED)
		die(file);
	if (!blocks)
		blocks = lseek(fd, 0, SEEK_END) / BLOCK;
	if (!blocks)
		die("an empty file");
	srandom(getpid());
	for (; microseconds() < end; n++) {
		off_t offset = (first + random() % blocks) * BLOCK;

		done = write ? pwrite(fd, buffer, BLOCK, offset) :
			       pread(fd, buffer, BLOCK, offset);
		if (done != BLOCK)
			die("request");
	}
	return n;
}

int main(int argc, char **argv)
{
	uint64_t begin = microseconds(), total = 0, *counts;
	int depth, i, status, failed = 0;

	depth = argc == 5 || argc == 7 ? atoi(argv[3]) : 0;
	if (depth < 1 || depth > MAX_DEPTH)
		return 2;
	if (argc == 7) {
		first = atoi(argv[5]);
		blocks = atoi(argv[6]);
	}
	counts = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		die("mmap");
	for (i = 0; i < depth; i++) {
		if (fork())
			continue;
		counts[i] = one_process(argv[1], !strcmp(argv[2], "write"),
					begin + atoi(argv[4]) * 1000ULL);
		_exit(0);
	}
	for (i = 0; i < depth; i++) {
		if (wait(&status) < 0 || status)
			failed = 1;
	}
	for (i = 0; i < depth; i++)
		total += counts[i];
	printf("= %llu %llu\n", (unsigned long long)total,
	       (unsigned long long)(microseconds() - begin));
	return failed;
}
