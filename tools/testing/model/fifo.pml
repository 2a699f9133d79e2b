/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The FIFO of drivers/virtio-msg/amp/fifo.c, its notifications included: no
 * message is lost, duplicated, reordered or read torn (assertions), and nobody
 * sleeps while there is something to do (no invalid end state).
 *
 * Memory is that of a processor with store buffers: what an end stores becomes
 * visible later, in order. What weaker processors reorder beyond that, each
 * barrier forbids; a mutation that takes the barrier away does the reordering.
 * What these processors may do at once is explored with the real code by
 * weak.c, in this directory.
 *
 * Mutations, each of which must fail (run):
 *	HEAD_NOT_RELEASED	the index may be visible before the message
 *	HEAD_NOT_ACQUIRED	the message may be loaded before the index
 *	TAIL_NOT_RELEASED	slots may be given back before they were loaded
 *	NOTIFY_WITHOUT_MB	the event may be loaded before the index is visible
 *	WAIT_WITHOUT_MB		the index may be loaded before the event is visible
 *	WAIT_WITHOUT_LOOK	no look at the index after the event was stored
 *	NO_SLOT_EMPTY		all slots are filled
 *	EVENT_NEXT		the event is one slot too far
 *	ATTACH_WITHOUT_RING	who attaches does not notify (needs RESTARTS)
 */
#ifndef SLOTS
#define SLOTS		3
#endif
#ifndef MESSAGES
#define MESSAGES	6
#endif
#ifndef RESTARTS
#define RESTARTS	0
#endif
#define BUFFER		4

/* Words of shared memory: a message has two, so that it can be torn. */
#define HEAD		0
#define TAIL		1
#define HEAD_EVENT	2
#define TAIL_EVENT	3
#define SLOT(i)		(4 + 2 * (i))
#define WORDS		(4 + 2 * SLOTS)
#define NEVER		255

#define FOLLOWING(i)	(((i) + 1) % SLOTS)
#define DISTANCE(a, b)	(((b) + SLOTS - (a)) % SLOTS)

#ifdef NO_SLOT_EMPTY
#define IS_FULL(i, peer)	(sent - got == SLOTS)
#else
#define IS_FULL(i, peer)	(FOLLOWING(i) == (peer))
#endif

byte memory[WORDS];
chan producer_stores = [BUFFER] of { byte, byte };
chan consumer_stores = [BUFFER] of { byte, byte };

/* Doorbells: a ring is kept until it is answered, several are one. */
bool data_bell, room_bell;

/* What the properties speak of; no end looks at them to decide anything. */
byte sent, got;

inline full_barrier(stores) {
	empty(stores)
}

/* must_notify() */
inline notify(stores, word, bell) {
	if
	:: untold == 0
	:: untold > 0 ->
#ifndef NOTIFY_WITHOUT_MB
		full_barrier(stores);
#endif
		event = memory[word];
		if
		:: event < SLOTS && event != index &&
		   DISTANCE(event, index) <= untold -> bell = true
		:: else
		fi;
		untold = 0
	fi
}

/* must_wait(), and sleeping if it says so. */
inline wait(stores, word, awaited, peers, bell) {
#ifdef EVENT_NEXT
	stores!word, FOLLOWING(awaited);
#else
	stores!word, awaited;
#endif
#ifndef WAIT_WITHOUT_MB
	full_barrier(stores);
#endif
#ifndef WAIT_WITHOUT_LOOK
	peer = memory[peers];
#endif
	if
	:: peer == (awaited) -> atomic { bell -> bell = false }
	:: else
	fi
}

/* The order in which the words of a message are accessed is nobody's. */
inline store_message() {
	if
	:: producer_stores!SLOT(index), sent + 1;
	   producer_stores!SLOT(index) + 1, sent + 1
	:: producer_stores!SLOT(index) + 1, sent + 1;
	   producer_stores!SLOT(index), sent + 1
	fi
}

inline store_head() {
	producer_stores!HEAD, FOLLOWING(index)
}

inline put() {
#ifdef HEAD_NOT_RELEASED
	if
	:: store_message(); store_head()
	:: store_head(); store_message()
	fi;
#else
	store_message();
	store_head();
#endif
	d_step {
		index = FOLLOWING(index);
		sent++;
		untold++
	}
}

inline load_message(at) {
	if
	:: one = memory[SLOT(at)];
	   two = memory[SLOT(at) + 1]
	:: two = memory[SLOT(at) + 1];
	   one = memory[SLOT(at)]
	fi
}

inline store_tail() {
	consumer_stores!TAIL, FOLLOWING(index)
}

inline check_message(number) {
	d_step {
		assert(one == number);
		assert(two == number);
		one = 0;
		two = 0
	}
}

/*
 * The slot kept empty is the one last given back: loads that are late by less
 * than a message do no harm.
 */
inline get_late() {
	store_tail();
	if
	:: late != NEVER ->
		load_message(late);
		check_message(got)
	:: else
	fi;
	late = index
}

inline get() {
#if defined(HEAD_NOT_ACQUIRED)
	store_tail();
	check_message(got + 1);
#elif defined(TAIL_NOT_RELEASED)
	get_late();
#else
	load_message(index);
	store_tail();
	check_message(got + 1);
#endif
	d_step {
		index = FOLLOWING(index);
		got++;
		untold++
	}
}

/* What was stored stays, what was known is forgotten. */
inline attach(stores, ours, theirs, word, bell) {
	full_barrier(stores);
	untold = 0;
	index = memory[ours];
	stores!word, NEVER;
	peer = memory[theirs];
#ifndef ATTACH_WITHOUT_RING
	full_barrier(stores);
	bell = true;
#endif
	restarts++
}

proctype producer() {
	byte index, peer, untold, event, restarts;

	do
	:: sent < MESSAGES ->
		if
		:: IS_FULL(index, peer) -> peer = memory[TAIL]
		:: else
		fi;
		if
		:: IS_FULL(index, peer) ->
			notify(producer_stores, HEAD_EVENT, data_bell);
			wait(producer_stores, TAIL_EVENT, FOLLOWING(index),
			     TAIL, room_bell)
		:: else -> put()
		fi;
		/* Now, or after more of them. */
		if
		:: notify(producer_stores, HEAD_EVENT, data_bell)
		:: skip
		:: restarts < RESTARTS ->
			attach(producer_stores, HEAD, TAIL, TAIL_EVENT,
			       data_bell)
		fi
	:: else -> break
	od;
	notify(producer_stores, HEAD_EVENT, data_bell)
}

proctype consumer() {
	byte index, peer, untold, event, one, two, restarts;
#ifdef TAIL_NOT_RELEASED
	byte late = NEVER;
#endif

	do
	:: got < MESSAGES ->
		if
		:: index == peer ->
#ifdef HEAD_NOT_ACQUIRED
			load_message(index);
#endif
			peer = memory[HEAD]
		:: else ->
#ifdef HEAD_NOT_ACQUIRED
			load_message(index)
#else
			skip
#endif
		fi;
		if
		:: index == peer ->
			notify(consumer_stores, TAIL_EVENT, room_bell);
			wait(consumer_stores, HEAD_EVENT, index, HEAD,
			     data_bell)
		:: else -> get()
		fi;
		if
		:: notify(consumer_stores, TAIL_EVENT, room_bell)
		:: skip
		:: restarts < RESTARTS ->
			attach(consumer_stores, TAIL, HEAD, HEAD_EVENT,
			       room_bell)
		fi
	:: else -> break
	od;
	notify(consumer_stores, TAIL_EVENT, room_bell)
}

/* A store buffer that empties itself, sooner or later. */
proctype drain(chan stores) {
	byte word, value;

end:	do
	:: atomic { stores?word, value -> memory[word] = value }
	od
}

init {
	atomic {
		memory[HEAD_EVENT] = NEVER;
		memory[TAIL_EVENT] = NEVER;
		run producer();
		run consumer();
		run drain(producer_stores);
		run drain(consumer_stores)
	}
}
