/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links of drivers/virtio-msg/amp/shmem.c: side 0 has drivers, whose window
 * the device of side 1 uses, and sends messages. Either side may restart at any
 * moment, and forgets all but what its memory has. In every state:
 *
 *	- both sides of a link have the same header;
 *	- a side has a link only if the other one has, in the epoch of that link,
 *	  accepted its own (agreed);
 *	- a message is taken in the link in which it was sent (begun);
 *	- a window is given back only if the device has stopped using it;
 *	- so many restarts bring about no more than so many epochs, and at the end
 *	  both sides have a link (no invalid end state).
 *
 * Memory is as in fifo.pml: what a side stores becomes visible later, in order;
 * what barriers keep in order otherwise, stores or loads of either order do
 * without them. Time is not modelled: a side looks again when something has
 * changed, and may give up a link at any time, as if a beat had stopped.
 *
 * Mutations, each of which must fail (run):
 *	NOT_DOWN_FIRST		a side begins anew while it seems to be ready
 *	EPOCH_FIRST		the epoch may be visible before what belongs to it
 *	READY_FIRST		so may be the state
 *	SAME_EPOCH		who begins anew does so with the epoch of old
 *	NO_SECOND_LOOK		the epoch is not looked at again
 *	ACCEPTED_FIRST		what was accepted is loaded before the epoch
 *	HEADER_ONCE		side 1 does not read the header again
 *	EPOCH_IN_LINK		a side in a link accepts another epoch in it
 *	STALE_HEAD		messages are taken although the link has ended
 *	LEAVE_EARLY		a side says DOWN before it stops using windows
 */
#ifndef RESTARTS
#define RESTARTS	2
#endif
#ifndef MESSAGES
#define MESSAGES	2	/* in one link */
#endif
#define EPOCHS		8
#define SLOTS		2
#define BUFFER		6

#define DOWN		0
#define READY		1

/* Words of shared memory: a control block for each side, slots, a window. */
#define STATE(s)	(5 * (s))
#define EPOCH(s)	(5 * (s) + 1)
#define ACCEPTED(s)	(5 * (s) + 2)
#define HEAD(s)		(5 * (s) + 3)
#define TAIL(s)		(5 * (s) + 4)
#define SLOT(i)		(10 + (i))
#define WINDOW		(10 + SLOTS)
#define HEADER		(11 + SLOTS)
#define WORDS		(12 + SLOTS)

#define FOLLOWING(i)	(((i) + 1) % SLOTS)
#define PAIR(a, b)	((a) * EPOCHS + (b))

byte memory[WORDS];
chan stores0 = [BUFFER] of { byte, byte };
chan stores1 = [BUFFER] of { byte, byte };

/* What the properties speak of; no side looks at them to decide anything. */
byte restarts;
byte begins[2];			/* so many times has a side begun */
byte begun[2 * EPOCHS];		/* and this was the count in that epoch */
bool agreed0[EPOCHS * EPOCHS];	/* side 0 has, in an epoch, accepted one */
bool agreed1[EPOCHS * EPOCHS];
bool using;			/* the device uses the window */
byte writes;			/* to the window, not visible yet */
byte headers[EPOCHS];		/* of side 0, in that epoch */

#define THEM		(1 - me)

inline begin() {
	d_step {
		begins[me]++;
		peer = 0;
		head = 0;
		tail = 0;
		sent = 0;
		told = false
	};
#ifdef READY_FIRST
	stores!STATE(me), READY;
#elif !defined(NOT_DOWN_FIRST)
	stores!STATE(me), DOWN;
#endif
	if
	:: epoch == 0 -> epoch = memory[EPOCH(me)]
	:: else
	fi;
#ifdef SAME_EPOCH
	epoch = (epoch == 0 -> 1 : epoch);
#else
	epoch++;
#endif
	assert(begins[me] < EPOCHS);
	begun[me * EPOCHS + epoch] = begins[me];
	/* Each life of side 0 has one of its own. */
	if
	:: me == 0 && is_new -> stores!HEADER, begins[0]; header = begins[0]
	:: me == 1 -> header = memory[HEADER]
	:: else
	fi;
	is_new = false;
	if
	:: me == 0 -> headers[epoch] = header
	:: else
	fi;
#ifdef EPOCH_FIRST
	stores!EPOCH(me), epoch;
#endif
	/* No barrier between these. */
	if
	:: stores!ACCEPTED(me), 0;
	   stores!HEAD(me), 0
	:: stores!HEAD(me), 0;
	   stores!ACCEPTED(me), 0
	fi;
	stores!TAIL(me), 0;
#ifndef EPOCH_FIRST
	stores!EPOCH(me), epoch;
#endif
	stores!STATE(me), READY
}

inline accept() {
	d_step {
		peer = seen_epoch;
		if
		:: me == 0 -> agreed0[PAIR(epoch, peer)] = true
		:: else -> agreed1[PAIR(epoch, peer)] = true
		fi
	};
	stores!ACCEPTED(me), peer
}

#ifdef NO_SECOND_LOOK
#define STILL	true
#else
#define STILL	(memory[EPOCH(THEM)] == seen_epoch)
#endif

/* can_begin() */
inline look() {
#ifdef ACCEPTED_FIRST
	seen_accepted = memory[ACCEPTED(THEM)];
	seen_epoch = memory[EPOCH(THEM)];
#else
	seen_epoch = memory[EPOCH(THEM)];
	seen_accepted = memory[ACCEPTED(THEM)];
#endif
	seen_state = memory[STATE(THEM)];
	up = false;
	if
	:: seen_state == READY && seen_epoch != 0 && STILL ->
		if
		:: seen_epoch != peer -> accept()
		:: else
		fi;
		up = seen_accepted == epoch
	:: else
	fi
}

#define CHANGED	(memory[EPOCH(THEM)] != seen_epoch || \
		 memory[ACCEPTED(THEM)] != seen_accepted || \
		 memory[STATE(THEM)] != seen_state)

/* peer_has_left() */
#define HAS_LEFT(e)	(memory[STATE(THEM)] != READY || \
			 memory[EPOCH(THEM)] != (e))

#define KEEPS	(memory[STATE(THEM)] == READY && \
		 memory[EPOCH(THEM)] == peer && \
		 memory[ACCEPTED(THEM)] == epoch)

/* peer_has_left() before the window is given back, but for what died with us. */
inline give_back() {
	d_step {
		assert(!using && writes == 0);
		held = 0
	}
}

/* If side 0 has gone on to another epoch, side 1 is about to notice. */
inline check_agreed() {
	d_step {
		assert(me == 0 || !KEEPS || header == headers[peer]);
		assert(me == 1 || agreed1[PAIR(peer, epoch)]);
		assert(me == 0 || agreed0[PAIR(peer, epoch)])
	}
}

inline send() {
	stores!SLOT(head), begins[0];
	head = FOLLOWING(head);
	sent++;
	stores!HEAD(0), head
}

#ifdef STALE_HEAD
#define MAY_TAKE	true
#else
#define MAY_TAKE	KEEPS
#endif

inline receive() {
	taken = memory[HEAD(0)];
	if
	:: taken != tail && MAY_TAKE ->
		assert(memory[SLOT(tail)] == begun[peer]);
		tail = FOLLOWING(tail);
		told = true;
		stores!TAIL(1), tail
	:: else
	fi
}

inline leave() {
#ifdef LEAVE_EARLY
	stores!STATE(me), DOWN;
#endif
	if
	:: me == 1 -> using = false
	:: else
	fi;
	up = false;
#ifndef LEAVE_EARLY
	stores!STATE(me), DOWN
#endif
}

/* What a side may do at any time, such as when the beat of the other stops. */
inline give_up() {
	atomic { restarts < RESTARTS -> restarts++ };
	leave()
}

/* All that it stored is visible, and nothing is known any more. */
inline die() {
	atomic {
		restarts < RESTARTS && empty(stores) ->
		restarts++;
		if
		:: me == 1 -> using = false
		:: else
		fi;
		up = false;
		held = 0;
		epoch = 0;
		is_new = true
	}
}

proctype side(byte me; chan stores) {
	byte epoch, peer, head, tail, sent, taken, held;
	byte seen_epoch, seen_accepted, seen_state;
	byte header;
	bool up, told, is_new = true;

life:
	begin();
search:
	look();
	do
	:: held != 0 && HAS_LEFT(held) -> give_back()
	:: up -> break
	:: !up && CHANGED -> look()
	:: die() -> goto life
	od;
	/* A new link is up: the peer has another epoch. */
	if
	:: held != 0 -> give_back()
	:: else
	fi;
#ifndef HEADER_ONCE
	if
	:: me == 1 -> header = memory[HEADER]
	:: else
	fi;
#endif
	check_agreed();
	if
	:: me == 0 -> held = peer
	:: else
	fi;
end:	do
	:: me == 0 && sent < MESSAGES && FOLLOWING(head) != memory[TAIL(1)] ->
		send()
	:: me == 1 && memory[HEAD(0)] != tail -> receive()
	:: me == 1 && told && !using ->
		atomic { using = true; writes++ };
		stores!WINDOW, 1
	:: !KEEPS ->
#ifdef EPOCH_IN_LINK
		if
		:: memory[STATE(THEM)] == READY ->
			seen_epoch = memory[EPOCH(THEM)];
			accept();
			goto search
		:: else
		fi;
#endif
		leave();
		goto life
	:: give_up() -> goto life
	:: die() -> goto life
	od
}

/* A store buffer that empties itself, sooner or later. */
proctype drain(chan stores) {
	byte word, value;

end:	do
	:: atomic {
		stores?word, value ->
		memory[word] = value;
		if
		:: word == WINDOW -> writes--
		:: else
		fi
	   }
	od
}

init {
	atomic {
		run side(0, stores0);
		run side(1, stores1);
		run drain(stores0);
		run drain(stores1)
	}
}
