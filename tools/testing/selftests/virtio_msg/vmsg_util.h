/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buses for tests, and messages by hand.
 *
 * Functions that return int return 0 or more, or a negative error number,
 * unless it says otherwise.
 */
#ifndef _VMSG_UTIL_H
#define _VMSG_UTIL_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/virtio_msg.h>
#include <linux/virtio_msg_user.h>

#ifndef fallthrough
#define fallthrough	__attribute__((__fallthrough__))
#endif

#define VMSG_CONFIGFS	"/sys/kernel/config/virtio-msg-loopback"
#define VMSG_CLASS	"/sys/class/virtio-msg"
#define VMSG_DEBUGFS	"/sys/kernel/debug/virtio-msg"
#define VMSG_LAB	"/sys/kernel/debug/virtio-msg-loopback"

/* How long what should happen at once may take on a busy machine, in ms. */
#define VMSG_SOON	60000
/* And a test of the harness, in s. */
#ifdef TEST_TIMEOUT_DEFAULT
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	180
#endif
/* Time in which a test's device must answer unless the test says otherwise. */
#define VMSG_TIMEOUT_MS	5000

/* What a loopback bus is like; 0 and NULL stand for the default. */
struct vmsg_bus {
	const char *dialect;
	unsigned int max_msg_size;
	unsigned int timeout_ms;
	bool no_doorbell;
};

/* A message in the making, or one that was read. */
struct vmsg_msg {
	union {
		struct virtio_msg_hdr hdr;
		uint8_t bytes[512];
		uint64_t align;
	};
};

/* files */
int vmsg_file_write(const char *path, const char *text);
int vmsg_file_read(const char *path, char *text, size_t size);
long vmsg_file_number(const char *path);

/* buses */
int vmsg_modules(void);
int vmsg_bus_create(const char *name, const struct vmsg_bus *bus);
int vmsg_bus_destroy(const char *name);
int vmsg_bus_open(const char *name, int flags);
int vmsg_bus_timeout(const char *name, unsigned int timeout_ms);
long vmsg_counter(const char *bus, const char *name);
long vmsg_counters(const char *bus, const char * const *names, unsigned int n);
int vmsg_counter_wait(const char *bus, const char *name, long value);
int vmsg_counter_least(const char *bus, const char *name, long value);
bool vmsg_no_windows(const char *bus);
int vmsg_info(const char *bus, unsigned int dev_num, const char *key,
	      char *value, size_t size);

/* the fault laboratory, if the kernel has it */
bool vmsg_has_lab(void);
int vmsg_lab_set(const char *bus, const char *fault, const char *file,
		 int value);
long vmsg_lab_count(const char *bus, const char *fault);
int vmsg_inject(const char *bus, const void *msg, size_t len);

/* time */
uint64_t vmsg_now_ms(void);
void vmsg_nap(void);
bool vmsg_is_debug(void);
bool vmsg_in_full(void);

/* a child, to be killed; closes its copy of the file */
pid_t vmsg_start_reader(int bus);

/* messages */
void *vmsg_msg_start(struct vmsg_msg *msg, unsigned int type, unsigned int id,
		     unsigned int dev_num, unsigned int token, size_t payload);
void *vmsg_payload(const struct vmsg_msg *msg);
size_t vmsg_msg_size(const struct vmsg_msg *msg);
size_t vmsg_padded(size_t size);
int vmsg_send(int fd, const struct vmsg_msg *msg);
int vmsg_receive(int fd, struct vmsg_msg *msg, int timeout_ms);
int vmsg_wait_readable(int fd, int timeout_ms);

/* ioctls: 0 or a negative error number; a claim returns the number */
int vmsg_claim(int fd, unsigned int dev_num, unsigned int queues);
int vmsg_release(int fd, unsigned int dev_num);
int vmsg_eventfd(int fd, unsigned int dev_num, unsigned int index, int kick,
		 int call);
int vmsg_window(int fd, unsigned int dev_num, uint64_t addr,
		struct virtio_msg_user_window *window);

/* Wait until @condition holds: true if it did in time. */
#define vmsg_until(condition, ms)					\
({									\
	uint64_t _end = vmsg_now_ms() + (ms);				\
	bool _is;							\
									\
	while (!(_is = (condition)) && vmsg_now_ms() < _end)		\
		vmsg_nap();						\
	_is;								\
})

/* The signal that reading there causes, or 0. */
int vmsg_probe(const char *where);

#endif /* _VMSG_UTIL_H */
