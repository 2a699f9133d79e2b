// SPDX-License-Identifier: GPL-2.0
/*
 * vmsg_io DISK BYTES SECONDS: a load on a disk for kernels on which fio does
 * not run. Threads write to a part of the disk each, at random places in random
 * sizes, and read what they wrote. SECONDS 0: a few hundred requests.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS		8
#define SECTOR		512
#define MOST		128	/* sectors of a request */
#define REQUESTS	60	/* of each thread, without a time */

static int disk;
static uint64_t part;		/* sectors of each thread */
static time_t end;

struct job {
	pthread_t thread;
	unsigned int seed;
	uint64_t first;
	uint32_t *written;	/* what each sector begins with */
	int error;
};

static void fill(uint32_t *sector, uint64_t number, uint32_t version)
{
	unsigned int i;

	sector[0] = version;
	for (i = 1; i < SECTOR / sizeof(*sector); i++)
		sector[i] = version * 2654435761U + number * 40503 + i;
}

static int move(struct job *job, uint8_t *buf, uint64_t at, unsigned int n,
		int write)
{
	off_t offset = (job->first + at) * SECTOR;
	ssize_t size = n * SECTOR;
	ssize_t done = write ? pwrite(disk, buf, size, offset) :
			       pread(disk, buf, size, offset);

	if (done == size)
		return 0;
	return done < 0 ? -errno : -EIO;
}

static int compare(struct job *job, const uint8_t *buf, uint64_t at,
		   unsigned int n)
{
	uint32_t expected[SECTOR / 4];
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!job->written[at + i])
			continue;
		fill(expected, job->first + at + i, job->written[at + i]);
		if (memcmp(expected, buf + i * SECTOR, SECTOR)) {
			fprintf(stderr, "sector %llu is not what was written\n",
				(unsigned long long)(job->first + at + i));
			return -EBADMSG;
		}
	}
	return 0;
}

static int step(struct job *job, uint8_t *buf, uint32_t version)
{
	unsigned int n = 1 + rand_r(&job->seed) % MOST;
	uint64_t at = rand_r(&job->seed) % (part - n);
	unsigned int i;
	int err;

	if (version % 2) {
		for (i = 0; i < n; i++) {
			fill((uint32_t *)(buf + i * SECTOR),
			     job->first + at + i, version);
			job->written[at + i] = version;
		}
		err = move(job, buf, at, n, 1);
		if (err)
			return err;
	}
	err = move(job, buf, at, n, 0);
	return err ? err : compare(job, buf, at, n);
}

static void *run(void *arg)
{
	struct job *job = arg;
	uint32_t version;
	void *buf;

	if (posix_memalign(&buf, 4096, MOST * SECTOR)) {
		job->error = -ENOMEM;
		return NULL;
	}
	for (version = 1; !job->error; version++) {
		if (end ? time(NULL) >= end : version > REQUESTS)
			break;
		job->error = step(job, buf, version);
	}
	free(buf);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct job jobs[THREADS];
	int i, error = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: vmsg_io DISK BYTES SECONDS\n");
		return 2;
	}
	disk = open(argv[1], O_RDWR | O_DIRECT);
	if (disk < 0) {
		perror(argv[1]);
		return 1;
	}
	part = strtoull(argv[2], NULL, 0) / SECTOR / THREADS;
	if (part <= MOST) {
		fprintf(stderr, "the disk is too small\n");
		return 2;
	}
	if (atoi(argv[3]))
		end = time(NULL) + atoi(argv[3]);
	for (i = 0; i < THREADS; i++) {
		jobs[i].seed = i + time(NULL);
		jobs[i].first = i * part;
		jobs[i].written = calloc(part, sizeof(*jobs[i].written));
		if (!jobs[i].written ||
		    pthread_create(&jobs[i].thread, NULL, run, &jobs[i]))
			return 1;
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(jobs[i].thread, NULL);
		if (jobs[i].error)
			error = jobs[i].error;
	}
	if (error)
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-error));
	return !!error;
}
