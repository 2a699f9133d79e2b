// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of requests: tokens, deadlines, and answers that are not the right one.
 */
#include <kunit/test.h>
#include <linux/kthread.h>

#include "fake_peer.h"

#define CALLERS		8

/* A conversation, and what became of its last request. */
struct caller {
	struct virtio_msg_channel channel;
	struct virtio_msg_fields fields;
	struct work_struct work;
	struct completion done;
	int err;
};

static int call_kind(struct caller *caller, enum virtio_msg_kind kind)
{
	caller->fields = (struct virtio_msg_fields){ .kind = kind };
	mutex_lock(&caller->channel.lock);
	caller->err = virtio_msg_channel_call(&caller->channel,
					      &caller->fields);
	mutex_unlock(&caller->channel.lock);
	return caller->err;
}

static int call(struct caller *caller)
{
	return call_kind(caller, VMSG_GET_STATUS_REQ);
}

static void caller_work(struct work_struct *work)
{
	struct caller *caller = container_of(work, struct caller, work);

	call(caller);
	complete(&caller->done);
}

static void call_in_work(struct caller *caller)
{
	reinit_completion(&caller->done);
	queue_work(system_unbound_wq, &caller->work);
}

static bool called(struct caller *caller)
{
	return wait_for_completion_timeout(&caller->done, 20 * HZ);
}

static void free_caller(void *data)
{
	struct caller *caller = data;

	cancel_work_sync(&caller->work);
	virtio_msg_channel_destroy(&caller->channel);
}

static struct caller *make_caller(struct kunit *test, u16 dev_num)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = kunit_kzalloc(test, sizeof(*caller),
					      GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, caller);
	INIT_WORK(&caller->work, caller_work);
	init_completion(&caller->done);
	KUNIT_ASSERT_EQ(test, virtio_msg_channel_init(&caller->channel,
						      peer->core, dev_num), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_caller,
							caller), 0);
	return caller;
}

/* A peer with device 2, and a conversation with it. */
static struct caller *start(struct kunit *test)
{
	struct fake_peer *peer = test->priv;

	fake_peer_add(peer, 2, FAKE_ID)->status_extra = 0x55;
	fake_peer_start(peer);
	return make_caller(test, 2);
}

/* Entries of the map of tokens: in flight, and given up. */
static unsigned int tokens(struct fake_peer *peer)
{
	unsigned long token;
	unsigned int n = 0;
	void *entry;

	xa_for_each(&peer->core->requests.tokens, token, entry)
		n++;
	return n;
}

static void request_answered(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	enum fake_via via;

	for (via = FAKE_SYNC; via <= FAKE_TIMER; via++) {
		peer->via = via;
		KUNIT_EXPECT_EQ(test, call(caller), 0);
		KUNIT_EXPECT_EQ(test, caller->fields.kind, VMSG_GET_STATUS_RESP);
		KUNIT_EXPECT_EQ(test, caller->fields.status.status, 0x55);
	}
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 0L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, sent), 3L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, received), 3L);
}

/* BUS-19: one after another, never 0, which is the token of events. */
static void request_tokens_are_cyclic(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned int i;

	peer->core->requests.next = 65533;
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, call(caller), 0);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.token, 65533);
	KUNIT_EXPECT_EQ(test, peer->sent[2].fields.token, 65535);
	KUNIT_EXPECT_EQ(test, peer->sent[3].fields.token, 1);
	KUNIT_EXPECT_EQ(test, peer->sent[5].fields.token, 3);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

/* T14, DRV-14, RBUS-1: the token of a late answer stays reserved for it. */
static void request_retired_token_is_skipped(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned int i;

	fake_peer_set_timeout(peer, 20);
	peer->core->requests.next = 100;
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_HOLD, 0, 1);
	KUNIT_EXPECT_EQ(test, call(caller), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 1L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 1);

	for (i = 0; i < 2; i++) {
		peer->core->requests.next = 100;
		KUNIT_EXPECT_EQ(test, call(caller), 0);
		KUNIT_EXPECT_EQ(test, peer->sent[1 + i].fields.token, 101);
	}

	fake_peer_release(peer, false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, late), 1L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
	peer->core->requests.next = 100;
	KUNIT_EXPECT_EQ(test, call(caller), 0);
	KUNIT_EXPECT_EQ(test, peer->sent[3].fields.token, 100);
}

/* The late answer of an old request does not answer a new one (T14). */
static void request_late_answer_is_not_taken(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);

	fake_peer_set_timeout(peer, 20);
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_HOLD, 0, 2);
	KUNIT_EXPECT_EQ(test, call(caller), -ETIMEDOUT);
	peer->devices[0].status_extra = 0x77;
	fake_peer_set_timeout(peer, 5000);
	call_in_work(caller);
	KUNIT_ASSERT_TRUE(test, fake_until(peer->num_sent == 2));
	/* First the old one, which says 0x55, then the new one. */
	fake_peer_release(peer, false);
	KUNIT_ASSERT_TRUE(test, called(caller));
	KUNIT_EXPECT_EQ(test, caller->err, 0);
	KUNIT_EXPECT_EQ(test, caller->fields.status.status, 0x77);
	KUNIT_EXPECT_EQ(test, fake_count(peer, late), 1L);
}

/* Not even the device's own other answers, nor those of another device. */
static void request_retired_token_is_kept(struct kunit *test)
{
	struct virtio_msg_fields answer = {
		.kind = VMSG_GET_STATUS_RESP,
		.dev_num = 3,
		.token = 100,
	};
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);

	fake_peer_set_timeout(peer, 20);
	peer->core->requests.next = 100;
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_HOLD, 0, 1);
	KUNIT_EXPECT_EQ(test, call(caller), -ETIMEDOUT);

	fake_peer_send(peer, &answer);
	answer.dev_num = 2;
	answer.kind = VMSG_SET_STATUS_RESP;
	fake_peer_send(peer, &answer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, mismatched), 2L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, late), 0L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 1);
	fake_peer_release(peer, false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, late), 1L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

static void use_all_tokens(struct kunit *test, void *entry)
{
	struct fake_peer *peer = test->priv;
	struct xarray *xa = &peer->core->requests.tokens;
	unsigned long token;

	for (token = 1; token <= 65535; token++)
		KUNIT_ASSERT_FALSE(test, xa_is_err(xa_store_irq(xa, token,
								entry,
								GFP_KERNEL)));
}

/* All tokens are in use: the next request is refused at once. */
static void request_no_token(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	struct caller *other = make_caller(test, 2);
	struct xarray *xa = &peer->core->requests.tokens;

	use_all_tokens(test, &other->channel);
	KUNIT_EXPECT_EQ(test, call(caller), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_token), 1L);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
	xa_erase_irq(xa, 4711);
	KUNIT_EXPECT_EQ(test, call(caller), 0);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.token, 4711);
	xa_destroy(xa);
}

/* All tokens wait for answers that never come: the oldest is used again. */
static void request_only_retired_tokens(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	struct xarray *xa = &peer->core->requests.tokens;
	unsigned int i;

	use_all_tokens(test, xa_mk_value(VMSG_INFO_RESP << 16 | 7));
	peer->core->requests.next = 65535;
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, call(caller), 0);
	KUNIT_EXPECT_EQ(test, peer->sent[0].fields.token, 65535);
	KUNIT_EXPECT_EQ(test, peer->sent[1].fields.token, 1);
	KUNIT_EXPECT_EQ(test, peer->sent[2].fields.token, 2);
	KUNIT_EXPECT_EQ(test, fake_count(peer, no_token), 0L);
	/* No more than there is use for. */
	KUNIT_EXPECT_GE(test, tokens(peer), 60000);
	xa_destroy(xa);
}

static void expect_dropped(struct kunit *test, enum fake_how how,
			   enum virtio_msg_counter counter)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	enum fake_via via;

	fake_peer_on(peer, VMSG_GET_STATUS_REQ, how, 0, 3);
	for (via = FAKE_SYNC; via <= FAKE_TIMER; via++) {
		peer->via = via;
		KUNIT_EXPECT_EQ(test, call(caller), 0);
		KUNIT_EXPECT_EQ(test, caller->fields.status.status, 0x55);
	}
	KUNIT_EXPECT_TRUE(test,
			  fake_until(fake_peer_counter(peer, counter) == 3));
	KUNIT_EXPECT_EQ(test, fake_count(peer, received), 6L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 0L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

/* RBUS-2: exactly one answer counts. */
static void request_answered_twice(struct kunit *test)
{
	expect_dropped(test, FAKE_TWICE, VMSG_CNT_unsolicited);
}

static void request_unknown_token(struct kunit *test)
{
	expect_dropped(test, FAKE_TOKEN, VMSG_CNT_unsolicited);
}

static void request_wrong_device(struct kunit *test)
{
	expect_dropped(test, FAKE_DEVICE, VMSG_CNT_mismatched);
}

static void request_wrong_kind(struct kunit *test)
{
	expect_dropped(test, FAKE_KIND, VMSG_CNT_mismatched);
}

/* DRV-13 */
static void request_wrong_length(struct kunit *test)
{
	expect_dropped(test, FAKE_LENGTH, VMSG_CNT_malformed);
}

/* DRV-4, DRV-13: an answer of which nobody knows the kind. */
static void request_unknown_kind(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	u8 msg[8] __aligned(8) = { VIRTIO_MSG_TYPE_RESPONSE, 0x3f, 2, 0, 1, 0,
				   8, 0 };

	start(test);
	virtio_msg_bus_receive(&peer->bus, msg, sizeof(msg));
	KUNIT_EXPECT_EQ(test, fake_count(peer, unknown), 1L);
	msg[0] |= VIRTIO_MSG_TYPE_BUS;
	virtio_msg_bus_receive(&peer->bus, msg, sizeof(msg));
	KUNIT_EXPECT_EQ(test, fake_count(peer, unknown), 2L);
}

/* An answer before its request was sent, and one after its request failed. */
static void request_answer_without_request(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	struct virtio_msg_fields answer = {
		.kind = VMSG_GET_STATUS_RESP,
		.dev_num = 2,
		.token = 1,
	};

	fake_peer_send(peer, &answer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 1L);
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_ERROR, 0, 1);
	KUNIT_EXPECT_EQ(test, call(caller), -EIO);
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_failed), 1L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
	fake_peer_send(peer, &answer);
	KUNIT_EXPECT_EQ(test, fake_count(peer, unsolicited), 2L);
	KUNIT_EXPECT_EQ(test, call(caller), 0);
}

/* RBUS-4, SH-4: several devices at a time, whose answers come in any order. */
static void request_out_of_order(struct kunit *test)
{
	struct caller *callers[CALLERS];
	struct fake_peer *peer = test->priv;
	bool backwards;
	unsigned int i;

	callers[0] = start(test);
	for (i = 1; i < CALLERS; i++)
		callers[i] = make_caller(test, 2);
	for (backwards = false; ; backwards = true) {
		fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_HOLD, 0, CALLERS);
		peer->num_sent = 0;
		for (i = 0; i < CALLERS; i++)
			call_in_work(callers[i]);
		KUNIT_ASSERT_TRUE(test, fake_until(peer->num_sent == CALLERS));
		KUNIT_EXPECT_EQ(test, tokens(peer), CALLERS);
		fake_peer_release(peer, backwards);
		for (i = 0; i < CALLERS; i++) {
			KUNIT_ASSERT_TRUE(test, called(callers[i]));
			KUNIT_EXPECT_EQ(test, callers[i]->err, 0);
		}
		if (backwards)
			break;
	}
	KUNIT_EXPECT_EQ(test, fake_count(peer, mismatched), 0L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

/* DRV-21: each answer reaches who asked, by its token and by nothing else. */
static void request_answers_are_not_mixed_up(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *callers[FAKE_DEVICES];
	unsigned int i, round;

	for (i = 0; i < FAKE_DEVICES; i++)
		fake_peer_add(peer, i, FAKE_ID)->status_extra = 0x10 + i;
	fake_peer_start(peer);
	for (i = 0; i < FAKE_DEVICES; i++)
		callers[i] = make_caller(test, i);
	peer->via = FAKE_WORK;
	for (round = 0; round < 50; round++) {
		for (i = 0; i < FAKE_DEVICES; i++)
			call_in_work(callers[i]);
		for (i = 0; i < FAKE_DEVICES; i++) {
			KUNIT_ASSERT_TRUE(test, called(callers[i]));
			KUNIT_EXPECT_EQ(test, callers[i]->err, 0);
			KUNIT_EXPECT_EQ(test, callers[i]->fields.status.status,
					0x10 + i);
		}
	}
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

/* A request whose device goes need not wait for the timeout. */
static void request_killed(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned long begin = jiffies;

	fake_peer_set_timeout(peer, 60000);
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_HOLD, 0, 1);
	call_in_work(caller);
	KUNIT_ASSERT_TRUE(test, fake_until(peer->num_sent == 1));
	virtio_msg_channel_kill(&caller->channel);
	KUNIT_ASSERT_TRUE(test, called(caller));
	KUNIT_EXPECT_EQ(test, caller->err, -ENODEV);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 30 * HZ));
	KUNIT_EXPECT_EQ(test, tokens(peer), 1);

	KUNIT_EXPECT_EQ(test, call(caller), -ENODEV);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 1);
	virtio_msg_channel_kill(&caller->channel);
	fake_peer_release(peer, false);
	KUNIT_EXPECT_EQ(test, fake_count(peer, late), 1L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 0L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

/* Nor does one that is yet to be sent. */
static void request_killed_on_full_bus(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);

	fake_peer_set_timeout(peer, 60000);
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_AGAIN, 0, UINT_MAX);
	call_in_work(caller);
	KUNIT_ASSERT_TRUE(test, fake_until(READ_ONCE(peer->again) > 0));
	virtio_msg_channel_kill(&caller->channel);
	KUNIT_EXPECT_TRUE(test, called(caller));
	KUNIT_EXPECT_EQ(test, caller->err, -ENODEV);
	/* It was never sent: nothing can come back. */
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
	fake_peer_forget_rules(peer);
}

/* DRV-14, RBUS-3: no wait is longer than the timeout, whoever causes it. */
static void request_deadline(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned long begin;

	fake_peer_set_timeout(peer, 30);
	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_SILENT, 0, 1);
	begin = jiffies;
	KUNIT_EXPECT_EQ(test, call(caller), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies,
					      begin + msecs_to_jiffies(30)));
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 1L);

	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_AGAIN, 0, UINT_MAX);
	begin = jiffies;
	KUNIT_EXPECT_EQ(test, call(caller), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies,
					      begin + msecs_to_jiffies(30)));
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, begin + 10 * HZ));
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_timeout), 1L);
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), 1L);
	/* The request that was never sent has given its token back. */
	KUNIT_EXPECT_EQ(test, tokens(peer), 1);
	/* Nobody else's was, either. */
	KUNIT_EXPECT_TRUE(test, fake_until(atomic_read(&peer->lost) == 1));
}

/* A full bus is asked again, and not in a loop. */
static void request_on_full_bus(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned long begin = jiffies;

	fake_peer_on(peer, VMSG_GET_STATUS_REQ, FAKE_AGAIN, 0, 5);
	KUNIT_EXPECT_EQ(test, call(caller), 0);
	KUNIT_EXPECT_EQ(test, peer->again, 5);
	KUNIT_EXPECT_EQ(test, fake_count(peer, send_again), 5L);
	/* Each attempt but the first slept first. */
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, begin + 5));
	KUNIT_EXPECT_EQ(test, peer->num_sent, 1);
}

/* DRV-1, BUS-7: a request that is too long is not sent, nor is its token lost. */
static void request_too_long(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller;
	static const u8 data[256];

	peer->bus.max_msg_size = 52;
	caller = start(test);
	caller->fields = (struct virtio_msg_fields){
		.kind = VMSG_SET_CONFIG_REQ,
		.config.length = sizeof(data),
		.config.data_len = sizeof(data),
		.config.data = data,
	};
	mutex_lock(&caller->channel.lock);
	KUNIT_EXPECT_EQ(test, virtio_msg_channel_call(&caller->channel,
						      &caller->fields),
			-EMSGSIZE);
	mutex_unlock(&caller->channel.lock);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
	KUNIT_EXPECT_EQ(test, peer->num_sent, 0);
}

/* The answer comes at the moment at which it is no longer waited for. */
static void request_answer_races_with_timeout(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned int i, answered = 0, late = 0;

	fake_peer_set_timeout(peer, 20);
	peer->via = FAKE_TIMER;
	for (i = 0; i < 60; i++) {
		peer->delay = 1 + i % 3;
		if (!call(caller)) {
			KUNIT_EXPECT_EQ(test, caller->fields.status.status,
					0x55);
			answered++;
			continue;
		}
		KUNIT_EXPECT_EQ(test, caller->err, -ETIMEDOUT);
		late++;
	}
	KUNIT_EXPECT_EQ(test, answered + late, 60);
	KUNIT_EXPECT_TRUE(test, fake_until(fake_count(peer, late) == late));
	KUNIT_EXPECT_EQ(test, fake_count(peer, timeout), (long)late);
	KUNIT_EXPECT_EQ(test, fake_count(peer, received), 60L);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

/* The same for the end of the device. */
static void request_answer_races_with_kill(struct kunit *test)
{
	struct fake_peer *peer = test->priv;
	struct caller *caller = start(test);
	unsigned int i, killed = 0;

	peer->via = FAKE_WORK;
	for (i = 0; i < 60; i++) {
		call_in_work(caller);
		if (i % 2)
			cond_resched();
		if (i % 3)
			fake_until(READ_ONCE(peer->num_sent));
		virtio_msg_channel_kill(&caller->channel);
		KUNIT_ASSERT_TRUE(test, called(caller));
		if (caller->err) {
			KUNIT_EXPECT_EQ(test, caller->err, -ENODEV);
			killed++;
		}
		flush_work(&peer->work);
		caller->channel.dead = false;
		peer->num_sent = 0;
	}
	KUNIT_EXPECT_GT(test, killed, 0);
	KUNIT_EXPECT_EQ(test, tokens(peer), 0);
}

static struct kunit_case request_cases[] = {
	KUNIT_CASE(request_answered),
	KUNIT_CASE(request_tokens_are_cyclic),
	KUNIT_CASE(request_retired_token_is_skipped),
	KUNIT_CASE(request_late_answer_is_not_taken),
	KUNIT_CASE(request_retired_token_is_kept),
	KUNIT_CASE(request_no_token),
	KUNIT_CASE(request_only_retired_tokens),
	KUNIT_CASE(request_answered_twice),
	KUNIT_CASE(request_unknown_token),
	KUNIT_CASE(request_wrong_device),
	KUNIT_CASE(request_wrong_kind),
	KUNIT_CASE(request_wrong_length),
	KUNIT_CASE(request_unknown_kind),
	KUNIT_CASE(request_answer_without_request),
	KUNIT_CASE(request_out_of_order),
	KUNIT_CASE(request_answers_are_not_mixed_up),
	KUNIT_CASE(request_killed),
	KUNIT_CASE(request_killed_on_full_bus),
	KUNIT_CASE(request_deadline),
	KUNIT_CASE(request_on_full_bus),
	KUNIT_CASE(request_too_long),
	KUNIT_CASE(request_answer_races_with_timeout),
	KUNIT_CASE(request_answer_races_with_kill),
	{}
};

static struct kunit_suite request_suite = {
	.name = "virtio_msg_request",
	.init = fake_peer_init,
	.exit = fake_peer_exit,
	.test_cases = request_cases,
};

kunit_test_suite(request_suite);
