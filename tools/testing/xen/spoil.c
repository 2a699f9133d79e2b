// SPDX-License-Identifier: GPL-2.0
/*
 * spoil DOMAIN PART MILLISECONDS REFERENCE...: write random words to the memory
 * of a link, whose grants are those of DOMAIN: to what one end writes, so that
 * the other finds a peer that may do anything.
 *
 *	front	FIFO and words of the front end, and its table of windows
 *	back	FIFO and words of the back end
 *	windows	windows
 *	full	the word that says how many messages of the back end were taken,
 *		so that none seem to be, and it finds no room
 *
 * What it has mapped stays granted until it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/types.h>

typedef uint16_t domid_t;
typedef uint32_t grant_ref_t;

#include <xen/gntdev.h>
#include <linux/virtio_msg_amp.h>
#include <linux/virtio_msg_xen.h>

#define PAGE		VIRTIO_MSG_XEN_PAGE_SIZE
#define MAX_RING	16
#define MAX_AREAS	64
#define MAX_REFS	1024
/* Words that are written in a row, then there is a pause. */
#define BURST		16
#define PAUSE_NS	500000

struct area {
	uint32_t *words;
	unsigned int n;
};

static struct area areas[MAX_AREAS];
static unsigned int num_areas;
static int gntdev;
static uint32_t domid;

static void die(const char *what)
{
	fprintf(stderr, "spoil: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *map(const uint32_t *refs, unsigned int n, int protection)
{
	struct ioctl_gntdev_map_grant_ref *arg;
	unsigned int i;
	void *memory;

	arg = calloc(1, sizeof(*arg) + n * sizeof(arg->refs[0]));
	if (!arg)
		die("calloc");
	arg->count = n;
	for (i = 0; i < n; i++) {
		arg->refs[i].domid = domid;
		arg->refs[i].ref = refs[i];
	}
	if (ioctl(gntdev, IOCTL_GNTDEV_MAP_GRANT_REF, arg))
		die("map");
	memory = mmap(NULL, (size_t)n * PAGE, protection, MAP_SHARED, gntdev,
		      arg->index);
	if (memory == MAP_FAILED)
		die("mmap");
	free(arg);
	return memory;
}

static void add_area(void *start, size_t size)
{
	if (num_areas == MAX_AREAS || size < sizeof(uint32_t))
		return;
	areas[num_areas].words = start;
	areas[num_areas].n = size / sizeof(uint32_t);
	num_areas++;
}

static void add_window(const struct virtio_msg_xen_window *window)
{
	uint32_t ref = window->directory, refs[MAX_REFS];
	const struct virtio_msg_xen_directory *directory;
	unsigned int n = window->pages;

	if (!(window->word & VIRTIO_MSG_XEN_WINDOW_USED) || !n)
		return;
	directory = map(&ref, 1, PROT_READ);
	/* Of a large one, what the first page of its directory names. */
	if (n > VIRTIO_MSG_XEN_DIRECTORY_REFS)
		n = VIRTIO_MSG_XEN_DIRECTORY_REFS;
	memcpy(refs, directory->refs, n * sizeof(*refs));
	add_area(map(refs, n, PROT_READ | PROT_WRITE), (size_t)n * PAGE);
}

static void add_parts(void *ring, const char *part)
{
	const struct virtio_msg_amp_header *header = ring;
	const struct virtio_msg_xen_window *table;
	int side = !strcmp(part, "back");
	unsigned int i, n;

	if (strcmp(part, "windows")) {
		add_area(ring + header->control[side],
			 sizeof(struct virtio_msg_amp_control));
		add_area(ring + header->slots[side],
			 header->slot_size * header->num_slots);
		if (!side)
			add_area(ring + header->windows[0],
				 header->windows_size[0]);
		return;
	}
	table = ring + header->windows[0];
	n = header->windows_size[0] / sizeof(*table);
	for (i = 1; i < n; i++)
		add_window(&table[i]);
}

/* As if the front end had taken none of the last messages that fit. */
static void fill(void *ring)
{
	const struct virtio_msg_amp_header *header = ring;
	struct virtio_msg_amp_control *front = ring + header->control[0];
	const struct virtio_msg_amp_control *back = ring + header->control[1];
	uint32_t head = __atomic_load_n(&back->head, __ATOMIC_RELAXED);

	__atomic_store_n(&front->tail, head - header->num_slots,
			 __ATOMIC_RELAXED);
}

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void spoil(void)
{
	struct area *area = &areas[rand() % num_areas];
	uint32_t value = rand();

	/* Small numbers are more likely to be taken for something. */
	if (value & 1)
		value = (value >> 1) % 300;
	__atomic_store_n(&area->words[rand() % area->n], value,
			 __ATOMIC_RELAXED);
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	uint32_t refs[MAX_RING];
	uint64_t end, words = 0;
	void *ring;
	int i;

	if (argc < 5 || argc > 4 + MAX_RING)
		return 2;
	domid = atoi(argv[1]);
	for (i = 4; i < argc; i++)
		refs[i - 4] = atoi(argv[i]);
	gntdev = open("/dev/xen/gntdev", O_RDWR);
	if (gntdev < 0)
		die("/dev/xen/gntdev");
	end = milliseconds() + atoi(argv[3]);
	ring = map(refs, argc - 4, PROT_READ | PROT_WRITE);
	if (!strcmp(argv[2], "full")) {
		for (; milliseconds() < end; nanosleep(&pause, NULL))
			fill(ring);
		return 0;
	}
	add_parts(ring, argv[2]);
	if (!num_areas) {
		fprintf(stderr, "spoil: nothing to spoil\n");
		return 1;
	}
	srand(1);
	while (milliseconds() < end) {
		for (i = 0; i < BURST; i++)
			spoil();
		words += BURST;
		nanosleep(&pause, NULL);
	}
	printf("# %llu words in %u areas of %s\n", (unsigned long long)words,
	       num_areas, argv[2]);
	return 0;
}
