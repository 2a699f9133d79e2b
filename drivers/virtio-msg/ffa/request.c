// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of the FF-A bus itself, of which one is in flight at a time. The
 * worker sends them as it sends all messages, and finds the answer.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "call.h"

#define HDR_SIZE	sizeof(struct virtio_msg_hdr)

static_assert(HDR_SIZE + sizeof(struct virtio_msg_ffa_area_share) <=
	      VIRTIO_MSG_FFA_MSG_SIZE_SHORT);

/**
 * virtio_msg_ffa_request_finish() - the request in flight was answered
 * @request: the request, in flight; with the lock of the link
 * @status: 0, or why there is no answer
 *
 * Context: Any.
 */
void virtio_msg_ffa_request_finish(struct virtio_msg_ffa_request *request,
				   int status)
{
	request->waiting = false;
	request->status = status;
	complete(&request->done);
}

static void begin(struct virtio_msg_ffa *ffa, u8 id)
{
	struct virtio_msg_ffa_request *request = &ffa->request;

	spin_lock_irq(&ffa->lock);
	reinit_completion(&request->done);
	request->waiting = true;
	request->id = id;
	request->token = (u16)(request->token + 1) ?: 1;
	spin_unlock_irq(&ffa->lock);
}

static int end(struct virtio_msg_ffa *ffa, int status)
{
	struct virtio_msg_ffa_request *request = &ffa->request;

	spin_lock_irq(&ffa->lock);
	if (request->waiting)
		virtio_msg_ffa_request_finish(request, status);
	status = request->status;
	spin_unlock_irq(&ffa->lock);
	return status;
}

static int send_wait(struct virtio_msg_ffa *ffa, const void *msg,
		     unsigned int size, unsigned long deadline)
{
	long left = deadline - jiffies;
	int err = -EAGAIN;

	wait_event_timeout(ffa->room,
			   (err = virtio_msg_ffa_send(ffa, msg, size)) != -EAGAIN,
			   left > 0 ? left : 1);
	return err;
}

static int exchange(struct virtio_msg_ffa *ffa, u8 id, const void *payload,
		    unsigned int size)
{
	unsigned long deadline = virtio_msg_ffa_deadline(ffa);
	u8 msg[VIRTIO_MSG_FFA_ROOM] __aligned(8);
	struct virtio_msg_hdr *hdr = (void *)msg;
	long left;
	int err;

	begin(ffa, id);
	hdr->type = VIRTIO_MSG_TYPE_BUS;
	hdr->msg_id = id;
	hdr->dev_num = 0;
	hdr->token = cpu_to_le16(ffa->request.token);
	hdr->msg_size = cpu_to_le16(HDR_SIZE + size);
	memcpy(hdr + 1, payload, size);
	err = send_wait(ffa, msg, HDR_SIZE + size, deadline);
	if (err)
		return end(ffa, err);
	left = deadline - jiffies;
	wait_for_completion_timeout(&ffa->request.done, left > 0 ? left : 1);
	return end(ffa, -ETIMEDOUT);
}

/**
 * virtio_msg_ffa_request() - make a request of the bus
 * @ffa: open
 * @id: VIRTIO_MSG_FFA_*
 * @payload: of the request
 * @size: its bytes
 * @answer: result: payload of the response
 * @room: bytes at @answer
 *
 * Context: Sleeps, at the most for the timeout.
 * Return: the size of the response's payload, which may be more than @room;
 * -ETIMEDOUT; -EOPNOTSUPP if the partition does not understand it; -ENODEV if
 * it is gone.
 */
int virtio_msg_ffa_request(struct virtio_msg_ffa *ffa, u8 id,
			   const void *payload, unsigned int size, void *answer,
			   unsigned int room)
{
	struct virtio_msg_ffa_request *request = &ffa->request;
	int err;

	might_sleep();
	if (size > VIRTIO_MSG_FFA_MSG_SIZE_SHORT - HDR_SIZE)
		return -EMSGSIZE;
	mutex_lock(&request->lock);
	err = exchange(ffa, id, payload, size);
	if (!err) {
		memcpy(answer, request->answer, min(room, request->size));
		err = request->size;
	}
	mutex_unlock(&request->lock);
	return err;
}

/**
 * virtio_msg_ffa_result_error() - what a partition says of a request
 * @result: VIRTIO_MSG_FFA_OK, _BUSY or something else
 *
 * Context: Any.
 * Return: 0; -EBUSY if it refuses for now; -EPERM if it refuses.
 */
int virtio_msg_ffa_result_error(__le16 result)
{
	switch (le16_to_cpu(result)) {
	case VIRTIO_MSG_FFA_OK:
		return 0;
	case VIRTIO_MSG_FFA_BUSY:
		return -EBUSY;
	default:
		return -EPERM;
	}
}

/**
 * virtio_msg_ffa_request_result() - make a request that has no answer but OK
 * @ffa: open
 * @id: VIRTIO_MSG_FFA_*
 * @payload: of the request
 * @size: its bytes
 *
 * Context: Sleeps, at the most for the timeout.
 * Return: 0; -EPERM if the partition refuses; -EBUSY if it does so for now;
 * -EBADMSG if it answers something else; or as virtio_msg_ffa_request().
 */
int virtio_msg_ffa_request_result(struct virtio_msg_ffa *ffa, u8 id,
				  const void *payload, unsigned int size)
{
	struct virtio_msg_ffa_result result;
	int err;

	err = virtio_msg_ffa_request(ffa, id, payload, size, &result,
				     sizeof(result));
	if (err < 0)
		return err;
	if (err != sizeof(result))
		return -EBADMSG;
	return virtio_msg_ffa_result_error(result.result);
}
