// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/virtio-msg/<bus>: processes serve devices. The interface is described
 * in include/uapi/linux/virtio_msg_user.h.
 *
 * An open file holds a reference to the core's side of the bus, which may
 * outlive the bus; then every call fails with ENODEV.
 */
#include <linux/cdev.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "bus.h"
#include "inbox.h"
#include "limits.h"
#include "server.h"
#include "user.h"

#define MINORS	1024

static dev_t user_devt;
static DEFINE_IDA(user_minors);

/*
 * struct user_file - an open file
 * @read_lock: held by a reader, with @incoming
 * @write_lock: held by a writer, with @message
 * @full: what &virtio_msg_sender.room was when the bus was full, if @blocked
 */
struct user_file {
	struct list_head node;
	struct virtio_msg_core *core;
	struct virtio_msg_server server;
	struct mutex read_lock;
	void *incoming;
	struct mutex write_lock;
	void *message;
	int full;
	bool blocked;
};

static bool hung_up(struct user_file *user)
{
	return virtio_msg_core_gone(user->core) ||
	       READ_ONCE(user->server.closed);
}

/* read() */

static ssize_t read_some(struct user_file *user, char __user *buf, size_t count)
{
	struct virtio_msg_inbox *inbox = &user->server.inbox;
	size_t done = 0;
	u32 size, room;

	/* Nothing but a second reader waits for a process that stalls here. */
	while ((size = virtio_msg_inbox_peek(inbox, user->incoming))) {
		room = ALIGN(size, VIRTIO_MSG_USER_ALIGN);
		if (room > count - done)
			return done ?: -EMSGSIZE;
		if (copy_to_user(buf + done, user->incoming, size) ||
		    clear_user(buf + done + size, room - size))
			return done ?: -EFAULT;
		virtio_msg_inbox_pop(inbox);
		done += room;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done ?: -EAGAIN;
}

static ssize_t user_read(struct file *file, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct user_file *user = file->private_data;
	struct virtio_msg_inbox *inbox = &user->server.inbox;
	ssize_t result;

	for (;;) {
		if (mutex_lock_interruptible(&user->read_lock))
			return -ERESTARTSYS;
		result = read_some(user, buf, count);
		mutex_unlock(&user->read_lock);
		if (result != -EAGAIN)
			return result;
		if (hung_up(user))
			return -ENODEV;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(inbox->wait,
					     virtio_msg_inbox_ready(inbox) ||
					     hung_up(user)))
			return -ERESTARTSYS;
	}
}

/* write() */

/* The size of the message that begins at @buf and is now in @user->message. */
static int fetch(struct user_file *user, const char __user *buf, size_t count,
		 struct virtio_msg_fields *fields)
{
	struct virtio_msg_core *core = user->core;
	struct virtio_msg_hdr *hdr = user->message;
	u32 size;

	if (count < sizeof(*hdr))
		return -EINVAL;
	if (copy_from_user(hdr, buf, sizeof(*hdr)))
		return -EFAULT;
	size = le16_to_cpu(hdr->msg_size);
	if (size < sizeof(*hdr) || size > count || size > core->max_msg_size)
		return -EINVAL;
	if (copy_from_user(user->message + sizeof(*hdr), buf + sizeof(*hdr),
			   size - sizeof(*hdr)))
		return -EFAULT;
	/* What was checked is the size of the first copy. */
	hdr->msg_size = cpu_to_le16(size);
	return virtio_msg_claim_check(core, user->message, size, fields);
}

/* The doorbell calls the driver from here, which a message would not. */
static int send_or_ring(struct user_file *user,
			const struct virtio_msg_fields *fields)
{
	int err = -EOPNOTSUPP;

	if (fields->kind == VMSG_EVENT_USED)
		err = virtio_msg_ring(user->core, fields->dev_num,
				      fields->notify.index, false);
	return err == -EOPNOTSUPP ? virtio_msg_send(user->core, user->message) :
				    err;
}

/*
 * Under RCU, so that a claim that is given back is so only once the message is
 * gone: it is never sent for somebody else's device of that number.
 */
static int send_claimed(struct user_file *user,
			const struct virtio_msg_fields *fields)
{
	int err = -ENXIO;

	rcu_read_lock();
	if (virtio_msg_server_has(&user->server,
				  virtio_msg_dev_num(user->message)))
		err = send_or_ring(user, fields);
	rcu_read_unlock();
	return err;
}

/* Have poll() say when there is room again. */
static void note_full(struct user_file *user, int room)
{
	WRITE_ONCE(user->full, room);
	/* Pairs with the read of it in poll(). */
	smp_store_release(&user->blocked, true);
	virtio_msg_sender_retry(user->core);
}

/* 0 if there may be room now. */
static int wait_for_room(struct user_file *user, int room,
			 unsigned long deadline)
{
	struct virtio_msg_sender *sender = &user->core->sender;
	struct virtio_msg_core *core = user->core;
	long left;

	virtio_msg_sender_retry(core);
	if (time_after_eq(jiffies, deadline)) {
		virtio_msg_count(core, VMSG_CNT_send_timeout);
		return -ETIMEDOUT;
	}
	left = wait_event_interruptible_timeout(sender->writable,
						atomic_read(&sender->room) != room ||
						hung_up(user),
						deadline - jiffies);
	if (left < 0)
		return left;
	return hung_up(user) ? -ENODEV : 0;
}

static int send_one(struct user_file *user,
		    const struct virtio_msg_fields *fields, bool nonblock,
		    unsigned long deadline)
{
	int room, err;

	for (;;) {
		room = atomic_read(&user->core->sender.room);
		err = send_claimed(user, fields);
		if (err != -EAGAIN)
			return err;
		if (nonblock) {
			note_full(user, room);
			return err;
		}
		err = wait_for_room(user, room, deadline);
		if (err)
			return err;
	}
}

/* The answer with which a process lets go of the windows of a device. */
static bool ends_reset(const struct virtio_msg_fields *fields)
{
	return (fields->kind == VMSG_SET_STATUS_RESP ||
		fields->kind == VMSG_GET_STATUS_RESP) && !fields->status.status;
}

/* Bytes used up by one message, padding included, or an error. */
static ssize_t write_one(struct user_file *user, const char __user *buf,
			 size_t count, bool nonblock, unsigned long deadline)
{
	struct virtio_msg_fields fields = {};
	int size = fetch(user, buf, count, &fields);
	int err = size;

	if (size >= 0) {
		if (ends_reset(&fields))
			virtio_msg_server_reset(&user->server, fields.dev_num);
		err = send_one(user, &fields, nonblock, deadline);
	}
	if (err == -EINVAL || err == -ENXIO)
		virtio_msg_count(user->core, VMSG_CNT_write_refused);
	if (err)
		return err;
	return min_t(size_t, ALIGN(size, VIRTIO_MSG_USER_ALIGN), count);
}

static ssize_t user_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct user_file *user = file->private_data;
	unsigned long deadline = virtio_msg_deadline(user->core);
	ssize_t done = 0;
	ssize_t n = 0;

	if (mutex_lock_interruptible(&user->write_lock))
		return -ERESTARTSYS;
	while (done < count) {
		if (hung_up(user))
			n = -ENODEV;
		else
			n = write_one(user, buf + done, count - done,
				      file->f_flags & O_NONBLOCK, deadline);
		if (n < 0)
			break;
		done += n;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	mutex_unlock(&user->write_lock);
	return done ?: n;
}

static bool writable(struct user_file *user)
{
	/* Pairs with the release in send_one(). */
	return !smp_load_acquire(&user->blocked) ||
	       READ_ONCE(user->full) != atomic_read(&user->core->sender.room);
}

static __poll_t user_poll(struct file *file, poll_table *table)
{
	struct user_file *user = file->private_data;
	struct virtio_msg_inbox *inbox = &user->server.inbox;
	__poll_t events = 0;

	poll_wait(file, &inbox->wait, table);
	poll_wait(file, &user->core->sender.writable, table);
	if (virtio_msg_inbox_ready(inbox))
		events |= EPOLLIN | EPOLLRDNORM;
	if (hung_up(user))
		events |= EPOLLHUP | EPOLLERR;
	else if (writable(user))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

/* ioctl() */

static long ioctl_info(struct user_file *user, void __user *arg)
{
	struct virtio_msg_core *core = user->core;
	struct virtio_msg_user_info info = {
		.abi = VIRTIO_MSG_USER_ABI,
		.role = core->role,
		.revision = core->revision,
		.dialect = READ_ONCE(core->dialect)->id,
		.max_msg_size = core->max_msg_size,
		.features = core->features,
		.timeout_ms = READ_ONCE(core->timeout_ms),
		.max_queues = VIRTIO_MSG_LIMIT_QUEUES,
	};

	BUILD_BUG_ON(sizeof(info.name) != sizeof(core->name));
	memcpy(info.name, core->name, sizeof(info.name));
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static bool claim_in_range(const struct virtio_msg_user_claim *claim)
{
	if (claim->num_queues > VIRTIO_MSG_LIMIT_QUEUES ||
	    claim->flags & ~VIRTIO_MSG_CLAIM_RESUMABLE)
		return false;
	return claim->flags & VIRTIO_MSG_CLAIM_RESUMABLE ?
	       claim->resume_ms <= VIRTIO_MSG_LIMIT_TIMEOUT_MS :
	       !claim->resume_ms;
}

static long ioctl_claim(struct user_file *user, void __user *arg)
{
	struct virtio_msg_user_claim claim;
	int dev_num;

	if (copy_from_user(&claim, arg, sizeof(claim)))
		return -EFAULT;
	if (!claim_in_range(&claim))
		return -EINVAL;
	dev_num = virtio_msg_server_claim(&user->server, &claim);
	if (dev_num < 0)
		return dev_num;
	/* Announced last: nobody has seen a device whose number is not known. */
	if (copy_to_user(arg, &claim, sizeof(claim))) {
		virtio_msg_server_release(&user->server, dev_num, true);
		return -EFAULT;
	}
	virtio_msg_server_announce(&user->server, dev_num);
	return 0;
}

static long ioctl_release(struct user_file *user, void __user *arg)
{
	struct virtio_msg_user_claim claim;

	if (copy_from_user(&claim, arg, sizeof(claim)))
		return -EFAULT;
	if (claim.flags || claim.resume_ms)
		return -EINVAL;
	return virtio_msg_server_release(&user->server, claim.dev_num, false);
}

static long ioctl_eventfd(struct user_file *user, void __user *arg)
{
	struct virtio_msg_user_eventfd eventfd;

	if (copy_from_user(&eventfd, arg, sizeof(eventfd)))
		return -EFAULT;
	if (eventfd.flags || eventfd.reserved || eventfd.kick_fd < -1 ||
	    eventfd.call_fd < -1)
		return -EINVAL;
	return virtio_msg_server_eventfd(&user->server, &eventfd);
}

static long ioctl_window(struct user_file *user, void __user *arg)
{
	struct virtio_msg_user_window window;
	int err;

	if (copy_from_user(&window, arg, sizeof(window)))
		return -EFAULT;
	if (window.flags)
		return -EINVAL;
	err = virtio_msg_server_window(&user->server, &window);
	if (err)
		return err;
	return copy_to_user(arg, &window, sizeof(window)) ? -EFAULT : 0;
}

static long ioctl_export(struct user_file *user, void __user *arg)
{
	struct virtio_msg_user_export export;
	struct file *file;
	int fd;

	if (copy_from_user(&export, arg, sizeof(export)))
		return -EFAULT;
	if (export.flags || export.reserved)
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = virtio_msg_server_export(&user->server, &export);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	export.fd = fd;
	if (copy_to_user(arg, &export, sizeof(export))) {
		put_unused_fd(fd);
		fput(file);
		return -EFAULT;
	}
	fd_install(fd, file);
	return 0;
}

static long ioctl_ping(struct user_file *user, void __user *arg)
{
	struct virtio_msg_user_ping ping;
	int err;

	if (copy_from_user(&ping, arg, sizeof(ping)))
		return -EFAULT;
	if (ping.flags)
		return -EINVAL;
	err = virtio_msg_core_ping(user->core, &ping.data, &ping.rtt_ns);
	if (err)
		return err;
	return copy_to_user(arg, &ping, sizeof(ping)) ? -EFAULT : 0;
}

static long user_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct user_file *user = file->private_data;
	void __user *argp = (void __user *)arg;

	if (hung_up(user))
		return -ENODEV;
	switch (cmd) {
	case VIRTIO_MSG_IOC_INFO:
		return ioctl_info(user, argp);
	case VIRTIO_MSG_IOC_CLAIM:
		return ioctl_claim(user, argp);
	case VIRTIO_MSG_IOC_RELEASE:
		return ioctl_release(user, argp);
	case VIRTIO_MSG_IOC_EVENTFD:
		return ioctl_eventfd(user, argp);
	case VIRTIO_MSG_IOC_WINDOW:
		return ioctl_window(user, argp);
	case VIRTIO_MSG_IOC_EXPORT:
		return ioctl_export(user, argp);
	case VIRTIO_MSG_IOC_PING:
		return ioctl_ping(user, argp);
	default:
		return -ENOTTY;
	}
}

/* mmap() */

static int user_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct user_file *user = file->private_data;

	if (hung_up(user))
		return -ENODEV;
	return virtio_msg_server_mmap(&user->server, vma);
}

/* open() and close() */

static void free_file(struct user_file *user)
{
	kfree(user->incoming);
	kfree(user->message);
	kfree(user);
}

static int user_open(struct inode *inode, struct file *file)
{
	struct virtio_msg_core *core =
		container_of(inode->i_cdev, struct virtio_msg_core, cdev);
	struct user_file *user;

	user = kzalloc_obj(*user, GFP_KERNEL_ACCOUNT);
	if (!user)
		return -ENOMEM;
	user->core = core;
	mutex_init(&user->read_lock);
	mutex_init(&user->write_lock);
	user->incoming = kzalloc(core->max_msg_size, GFP_KERNEL_ACCOUNT);
	user->message = kzalloc(core->max_msg_size, GFP_KERNEL_ACCOUNT);
	if (!user->incoming || !user->message) {
		free_file(user);
		return -ENOMEM;
	}
	virtio_msg_server_init(&user->server, core, inode->i_mapping);
	/* One that nobody would hang up must not come into being. */
	mutex_lock(&core->files_lock);
	if (core->hung_up) {
		mutex_unlock(&core->files_lock);
		free_file(user);
		return -ENODEV;
	}
	get_device(&core->dev);
	list_add_tail(&user->node, &core->files);
	mutex_unlock(&core->files_lock);
	file->private_data = user;
	return nonseekable_open(inode, file);
}

static int user_release(struct inode *inode, struct file *file)
{
	struct user_file *user = file->private_data;
	struct virtio_msg_core *core = user->core;

	mutex_lock(&core->files_lock);
	list_del(&user->node);
	mutex_unlock(&core->files_lock);
	virtio_msg_server_close(&user->server, true, virtio_msg_deadline(core));
	virtio_msg_server_destroy(&user->server);
	free_file(user);
	put_device(&core->dev);
	return 0;
}

static const struct file_operations user_fops = {
	.owner = THIS_MODULE,
	.open = user_open,
	.release = user_release,
	.read = user_read,
	.write = user_write,
	.poll = user_poll,
	.unlocked_ioctl = user_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = user_mmap,
};

/**
 * virtio_msg_user_hangup() - open files of a bus are of no use any more
 * @core: the bus
 *
 * Context: Sleeps, for little more than the timeout of the bus.
 */
void virtio_msg_user_hangup(struct virtio_msg_core *core)
{
	unsigned long deadline = virtio_msg_deadline(core);
	struct user_file *user;

	mutex_lock(&core->files_lock);
	core->hung_up = true;
	list_for_each_entry(user, &core->files, node)
		virtio_msg_server_close(&user->server, false, deadline);
	mutex_unlock(&core->files_lock);
	wake_up_all(&core->sender.writable);
}

/**
 * virtio_msg_user_get_minor() - give a bus a device number
 * @core: the bus
 *
 * Context: May sleep.
 * Return: 0, -ENOSPC or -ENOMEM.
 */
int virtio_msg_user_get_minor(struct virtio_msg_core *core)
{
	int minor = ida_alloc_max(&user_minors, MINORS - 1, GFP_KERNEL);

	if (minor < 0)
		return minor;
	core->dev.devt = MKDEV(MAJOR(user_devt), minor);
	return 0;
}

/**
 * virtio_msg_user_put_minor() - take it back
 * @core: the bus
 *
 * Context: Any.
 */
void virtio_msg_user_put_minor(struct virtio_msg_core *core)
{
	if (core->dev.devt)
		ida_free(&user_minors, MINOR(core->dev.devt));
}

/**
 * virtio_msg_user_add() - make the bus and its device node appear
 * @core: the bus
 *
 * Context: Sleeps.
 * Return: 0 or an error.
 */
int virtio_msg_user_add(struct virtio_msg_core *core)
{
	cdev_init(&core->cdev, &user_fops);
	core->cdev.owner = THIS_MODULE;
	return cdev_device_add(&core->cdev, &core->dev);
}

/**
 * virtio_msg_user_del() - nobody opens the device node any more
 * @core: the bus, whose device is deleted later; open files stay
 *
 * Context: Sleeps.
 */
void virtio_msg_user_del(struct virtio_msg_core *core)
{
	cdev_del(&core->cdev);
}

/**
 * virtio_msg_user_init() - reserve device numbers
 *
 * Context: Sleeps.
 * Return: 0 or an error.
 */
int virtio_msg_user_init(void)
{
	return alloc_chrdev_region(&user_devt, 0, MINORS, "virtio-msg");
}

/**
 * virtio_msg_user_exit() - undo virtio_msg_user_init()
 *
 * Context: Sleeps.
 */
void virtio_msg_user_exit(void)
{
	unregister_chrdev_region(user_devt, MINORS);
}
