// SPDX-License-Identifier: BSD-3-Clause
/* An event loop that buses and devices share: descriptors, tasks, signals. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "libvirtio-msg.h"
#include "util.h"

#define BATCH	32

struct vmsg_loop {
	int epoll;
	bool stopped;
	int result;
	struct vmsg_task *tasks;
	struct vmsg_task **last_task;
	/* Events taken from the kernel and not yet delivered. */
	struct epoll_event events[BATCH];
	int num_events;
	struct vmsg_watch signals;
};

/**
 * vmsg_loop_new() - create a loop
 *
 * Return: the loop, or NULL with errno set.
 */
struct vmsg_loop *vmsg_loop_new(void)
{
	struct vmsg_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	loop->signals.fd = -1;
	loop->last_task = &loop->tasks;
	return loop;
}

/**
 * vmsg_loop_free() - free a loop
 * @loop: the loop, or NULL; nothing may hang on it any more
 */
void vmsg_loop_free(struct vmsg_loop *loop)
{
	if (!loop)
		return;
	if (loop->signals.fd >= 0)
		close(loop->signals.fd);
	close(loop->epoll);
	free(loop);
}

/**
 * vmsg_loop_watch() - wait for a descriptor, or for other events of it
 * @loop: the loop
 * @watch: the descriptor
 * @events: EPOLLIN, EPOLLOUT or 0; EPOLLHUP and EPOLLERR are always reported
 *
 * Return: 0 or a negative error.
 */
int vmsg_loop_watch(struct vmsg_loop *loop, struct vmsg_watch *watch,
		    __u32 events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) &&
	    (errno != ENOENT ||
	     epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event)))
		return -errno;
	watch->events = events;
	return 0;
}

/**
 * vmsg_loop_unwatch() - stop waiting for a descriptor
 * @loop: the loop
 * @watch: the descriptor; nothing is reported for it any more
 */
void vmsg_loop_unwatch(struct vmsg_loop *loop, struct vmsg_watch *watch)
{
	int i;

	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	for (i = 0; i < loop->num_events; i++)
		if (loop->events[i].data.ptr == watch)
			loop->events[i].data.ptr = NULL;
}

/**
 * vmsg_loop_defer() - run a task after the events that are being handled
 * @loop: the loop
 * @task: the task; once, even if it is deferred several times
 */
void vmsg_loop_defer(struct vmsg_loop *loop, struct vmsg_task *task)
{
	if (task->queued)
		return;
	task->queued = true;
	task->next = NULL;
	*loop->last_task = task;
	loop->last_task = &task->next;
}

/**
 * vmsg_loop_cancel() - forget a task
 * @loop: the loop
 * @task: the task, whether it is waiting or not
 */
void vmsg_loop_cancel(struct vmsg_loop *loop, struct vmsg_task *task)
{
	struct vmsg_task **p;

	if (!task->queued)
		return;
	for (p = &loop->tasks; *p != task; p = &(*p)->next)
		;
	*p = task->next;
	if (loop->last_task == &task->next)
		loop->last_task = p;
	task->queued = false;
}

/* Tasks deferred meanwhile run in the next round, after the events. */
static void run_tasks(struct vmsg_loop *loop)
{
	struct vmsg_task end = { .queued = false };
	struct vmsg_task *task;

	if (!loop->tasks)
		return;
	vmsg_loop_defer(loop, &end);
	while ((task = loop->tasks) != &end) {
		vmsg_loop_cancel(loop, task);
		task->run(task);
	}
	vmsg_loop_cancel(loop, &end);
}

/**
 * vmsg_loop_once() - handle what has happened
 * @loop: the loop
 * @timeout_ms: how long to wait for something; -1: for ever
 *
 * Return: 0 or a negative error.
 */
int vmsg_loop_once(struct vmsg_loop *loop, int timeout_ms)
{
	struct vmsg_watch *watch;
	int i, n;

	n = epoll_wait(loop->epoll, loop->events, BATCH,
		       loop->tasks ? 0 : timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;

	loop->num_events = n;
	for (i = 0; i < n; i++) {
		watch = loop->events[i].data.ptr;
		if (watch)
			watch->ready(watch, loop->events[i].events);
	}
	loop->num_events = 0;
	run_tasks(loop);
	return 0;
}

/**
 * vmsg_loop_run() - handle events until vmsg_loop_stop()
 * @loop: the loop
 *
 * Return: what vmsg_loop_stop() was given, or a negative error.
 */
int vmsg_loop_run(struct vmsg_loop *loop)
{
	int err;

	while (!loop->stopped) {
		err = vmsg_loop_once(loop, -1);
		if (err)
			return err;
	}
	loop->stopped = false;
	return loop->result;
}

/**
 * vmsg_loop_stop() - have vmsg_loop_run() return
 * @loop: the loop
 * @result: what it is to return; the first one counts
 */
void vmsg_loop_stop(struct vmsg_loop *loop, int result)
{
	if (!loop->stopped)
		loop->result = result;
	loop->stopped = true;
}

static void signalled(struct vmsg_watch *watch, __u32 events)
{
	struct vmsg_loop *loop = container_of(watch, struct vmsg_loop, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(watch->fd, &info, sizeof(info)) == sizeof(info))
		vmsg_loop_stop(loop, 0);
}

/**
 * vmsg_loop_signals() - have SIGINT, SIGTERM and SIGHUP stop the loop
 * @loop: the loop
 *
 * SIGPIPE is ignored from now on.
 *
 * Return: 0 or a negative error.
 */
int vmsg_loop_signals(struct vmsg_loop *loop)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	loop->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signals.fd < 0)
		return -errno;
	loop->signals.ready = signalled;
	return vmsg_loop_watch(loop, &loop->signals, EPOLLIN);
}
