/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests and their answers (drivers/virtio-msg/request.c, and how sender.c waits
 * for room): two devices share the tokens of a bus. Answers come in any order, twice,
 * too late or not at all; a peer may answer first with what is of another kind or
 * device; a device may go at any time, and its number be that of another one. In
 * every state:
 *
 *	- an answer is taken for the request that it answers;
 *	- nothing is written for a caller that has gone;
 *	- no token is given out whose request the peer may yet answer, unless there
 *	  is no other (exhausted);
 *	- every call returns (no invalid end state), and when all have, no token is
 *	  in use.
 *
 * Time is not modelled: who waits may give up at any moment. With FOREVER nobody
 * does, but both devices go sometime, as when the peer is lost: whoever waits then
 * is woken by that alone.
 *
 * Mutations, each of which must fail (run):
 *	TOKEN_AT_ONCE		a token is free as soon as its request is given up
 *	TOKEN_KEPT		an answer does not give its token back
 *	KIND_UNCHECKED		an answer of another kind is taken
 *	ANY_ENDS		an answer of another kind gives a token back
 *	DEVICE_UNCHECKED	one of another device is taken
 *	GIVE_UP_UNLOCKED	an answer may be copied while its caller leaves
 *	CANCEL_ANY		what was not sent gives back a token that is another's
 *	NO_DEADLINE		who waits for an answer waits for ever
 *	NO_ROOM_DEADLINE	who waits for room does so
 *	KILL_UNWOKEN		a device that goes does not wake who waits (FOREVER)
 *	KILL_UNNOTICED		nor who waits for room (FOREVER)
 *	DEAD_UNCHECKED		nor is a request refused once it has gone (FOREVER)
 */
#ifndef CALLS
#define CALLS		2	/* of the first device; the other one makes one less */
#endif
#ifndef TOKENS
#define TOKENS		2
#endif
#define WIRE		1

#define FREE		0
#define IN_USE		1	/* + device */
#define RETIRED		3	/* + device */

/* A message: token, device, kind, and which of its requests it is about; 0: none. */
chan requests = [WIRE] of { byte, bit, bit, byte };
chan answers = [WIRE] of { byte, bit, bit, byte };

/* Under the lock of the tokens */
byte token_state[TOKENS];
bit retired_kind[TOKENS];
byte next_token;
byte token_of[2];
bit expect[2];
bool waiting[2], dead[2];

/* What the properties speak of; nobody looks at them to decide anything. */
bool exhausted;			/* some tokens had to be forgotten */
bool unanswered[TOKENS];	/* sent, and the peer may yet answer */
byte serial_of[2];
bool present[2];
byte returned;

#define NEXT(n)	((next_token + (n)) % TOKENS)

inline find_free() {
	i = 0;
	do
	:: i < TOKENS && token_state[NEXT(i)] != FREE -> i++
	:: else -> break
	od
}

inline forget() {
	exhausted = true;
	i = 0;
	do
	:: i < TOKENS ->
		if
		:: token_state[i] >= RETIRED -> token_state[i] = FREE
		:: else
		fi;
		i++
	:: else -> break
	od
}

/* token_get(): the next one that is free, in turn. */
inline token_get(me) {
	d_step {
		find_free();
		if
		:: i == TOKENS -> forget(); find_free()
		:: else
		fi;
		assert(i < TOKENS);
		token_of[me] = NEXT(i);
		next_token = (token_of[me] + 1) % TOKENS;
		assert(exhausted || !unanswered[token_of[me]]);
		token_state[token_of[me]] = IN_USE + me;
		i = 0
	}
}

/* The rest of begin() */
inline begin(me) {
	d_step {
		if
#ifndef DEAD_UNCHECKED
		:: dead[me] ->
			token_state[token_of[me]] = FREE;
			refused = true
#endif
		:: else ->
			expect[me] = kind;
			serial_of[me] = calls;
			waiting[me] = true;
			refused = false
		fi
	}
}

inline retire(me) {
#ifdef TOKEN_AT_ONCE
	token_state[token_of[me]] = FREE;
#else
	token_state[token_of[me]] = RETIRED + me;
#endif
	retired_kind[token_of[me]] = expect[me];
	waiting[me] = false
}

/* give_up(): the answer may yet come. */
inline give_up(me) {
	if
	:: waiting[me] -> retire(me)
	:: else
	fi
}

#define IS_MINE(me)	(token_state[token_of[me]] == IN_USE + me || \
			 token_state[token_of[me]] == RETIRED + me)

/* cancel(): it was not sent. */
inline cancel(me) {
	d_step {
		if
#ifndef CANCEL_ANY
		:: !IS_MINE(me)
#endif
		:: else -> token_state[token_of[me]] = FREE
		fi;
		waiting[me] = false;
		assert(!waiting[1 - me] ||
		       token_state[token_of[1 - me]] == IN_USE + 1 - me)
	}
}

inline send(me) {
	requests!token_of[me], me, kind, serial_of[me];
	unanswered[token_of[me]] = true
}

#ifdef KILL_UNNOTICED
#define STOP	false
#else
#define STOP	dead[me]
#endif
#if defined(FOREVER) || defined(NO_ROOM_DEADLINE)
#define ROOM_DEADLINE	false
#else
#define ROOM_DEADLINE	true
#endif
#if defined(FOREVER) || defined(NO_DEADLINE)
#define DEADLINE	false
#else
#define DEADLINE	true
#endif

/* virtio_msg_channel_call() */
proctype caller(bit me) {
	byte calls, i;
	bit kind;
	bool refused;

next:
	atomic {
		calls++;
		/* Who took the place of a device that has gone is another one. */
#ifndef FOREVER
		dead[me] = false;
#endif
		if
		:: kind = 0
		:: me == 0 -> kind = 1
		fi;
		token_get(me)
	};
	begin(me);
	if
	:: refused -> goto returns
	:: else
	fi;
room:
	if
	:: atomic { nfull(requests) -> send(me); goto sent }
	:: full(requests)
	fi;
	/* Asleep, for as long as it likes. */
	if
	:: STOP -> cancel(me); goto returns
	:: ROOM_DEADLINE -> cancel(me); goto returns
	:: nfull(requests) -> goto room
	fi;
sent:
	if
	:: !waiting[me]
	:: DEADLINE
	fi;
#ifdef GIVE_UP_UNLOCKED
	present[me] = false;
#endif
	d_step {
		give_up(me);
		present[me] = false
	};
returns:
	/* What nobody looks at any more is alike in all states. */
	atomic {
		present[me] = true;
		token_of[me] = 0;
		serial_of[me] = 0;
		expect[me] = 0;
		kind = 0;
		refused = false
	};
	if
	:: calls < CALLS - me -> goto next
	:: else -> returned++
	fi
}

#ifdef KIND_UNCHECKED
#define IS_EXPECTED(who)	true
#else
#define IS_EXPECTED(who)	(kind == expect[who])
#endif
#ifdef DEVICE_UNCHECKED
#define IS_OF(who)		true
#else
#define IS_OF(who)		(device == who)
#endif
#ifdef ANY_ENDS
#define IS_ITS_ANSWER		true
#else
#define IS_ITS_ANSWER		(kind == retired_kind[token])
#endif

/* virtio_msg_requests_receive() with the lock */
inline receive(who) {
	if
	:: state == IN_USE + who && waiting[who] && IS_EXPECTED(who) &&
	   IS_OF(who) ->
#ifndef TOKEN_KEPT
		token_state[token] = FREE;
#endif
		assert(exhausted || (device == who && serial == serial_of[who]));
		assert(present[who]);
		waiting[who] = false
	:: state == RETIRED + who && IS_ITS_ANSWER && device == who ->
		token_state[token] = FREE
	:: else
	fi
}

inline take() {
	d_step {
		state = token_state[token];
		receive(0);
		receive(1)
	}
}

proctype receiver() {
	byte token, serial, state;
	bit device, kind;

end:	do
	:: atomic {
		answers?token, device, kind, serial ->
		if
		:: serial != 0 -> unanswered[token] = false
		:: else
		fi;
		take();
		/* Some come twice. */
		if
		:: true
		:: serial = 0; take()
		fi;
		token = 0;
		serial = 0;
		state = 0;
		device = 0;
		kind = 0
	   }
	od
}

/* virtio_msg_channel_kill() */
inline kill(who) {
	d_step {
		dead[who] = true;
#ifndef KILL_UNWOKEN
		give_up(who)
#endif
	}
}

proctype removal() {
#ifdef FOREVER
	kill(0);
	kill(1)
#else
	if
	:: kill(0)
	:: kill(1)
	:: true
	fi
#endif
}

/* The peer: keeps one request while it answers others; may take no more at all. */
proctype peer() {
	byte token, serial, kept_token, kept_serial;
	bit device, kind, kept_device, kept_kind;
	bool has, lied;

end:	do
	:: atomic {
		requests?token, device, kind, serial ->
		if
		:: unanswered[token] = false	/* never answered */
		:: answers!token, device, kind, serial
		:: !has ->
			has = true;
			kept_token = token;
			kept_device = device;
			kept_kind = kind;
			kept_serial = serial
		:: !lied ->	/* of another kind, or device, first */
			lied = true;
			if
			:: answers!token, device, 1 - kind, 0
			:: answers!token, 1 - device, kind, 0
			fi;
			answers!token, device, kind, serial
		fi;
		token = 0;
		serial = 0;
		device = 0;
		kind = 0
	   }
	:: atomic {
		has && nfull(answers) ->
		answers!kept_token, kept_device, kept_kind, kept_serial;
		has = false;
		kept_token = 0;
		kept_serial = 0;
		kept_device = 0;
		kept_kind = 0
	   }
	:: break
	od
}

proctype last() {
	byte i;

	atomic {
		returned == 2 ->
		do
		:: i < TOKENS ->
			assert(token_state[i] != IN_USE &&
			       token_state[i] != IN_USE + 1);
			i++
		:: else -> break
		od
	}
}

init {
	atomic {
		present[0] = true;
		present[1] = true;
		run caller(0);
		run caller(1);
		run receiver();
		run removal();
		run peer();
		run last()
	}
}
