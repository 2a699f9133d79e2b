/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device that is bound, reset, fails and is taken away at any moment: transport.c,
 * queue.c and window.c of drivers/virtio-msg, with one queue. Each time that it is
 * bound it has another window. In every state:
 *
 *	- no window is freed that the device uses, or is yet going to;
 *	- the driver waits in vain for nothing: a device that is silent fails, and
 *	  one that has gone or has failed ends what the driver waits for (no invalid
 *	  end state);
 *	- queues are looked at only while they are there;
 *	- a device that has gone stays broken.
 *
 * The device does what it is asked in order, if it does at all, takes its time to
 * reset, and its answers may be late and overtake each other; request.pml is about
 * how they find their request. Time is not modelled: who waits may give up at any
 * moment.
 *
 * Mutations, each of which must fail (run):
 *	FREE_UNANSWERED		a window is freed though the reset was not answered
 *	FREE_DEAD		and since the device has gone
 *	FIRST_ANSWER		any answer to SET_STATUS is taken for the end of a reset
 *	ANY_ANSWER		a late answer is taken for that of another request
 *	DONE_STAYS		that it was reset holds after a queue was enabled
 *	DONE_IF_SILENT		and so it does if that was not answered
 *	ANSWER_FIRST		the device says that it is reset before it has let go
 *	NO_LAST_LOOK		nobody looks whether it failed before it had its queues
 *	PUBLISHED_LATE		or does so before they can be seen
 *	FAILED_UNTOLD		what the driver waits for does not fail with the device
 *	DEAD_UNTOLD		nor does it when the device goes
 *	FAIL_UNLOCKED		queues are failed while they may be freed
 *	REPAIRED		a reset repairs a device that has gone meanwhile
 */
#ifndef BINDS
#define BINDS		2
#endif
#ifndef POLLS
#define POLLS		1	/* of the status, until a reset has taken too long */
#endif

/* Requests; SET_STATUS is the one that resets. */
#define SET_STATUS	0
#define GET_STATUS	1
#define SET_VQUEUE	2

/* Windows */
#define NONE		0
#define SHARED		1
#define FREED		2
#define QUARANTINED	3

/* What, and of which window. There is one at a time: the next one waits for room. */
chan requests = [1] of { byte, byte };

/* The driver's side */
bool dead, broken, closed;	/* closed: the channel is killed */
bool fault;			/* fault_work is queued */
bool locked;
bool reset_done;
bool published, failed;		/* the queue */
byte window[BINDS + 1];

/* Its request */
bool waiting, refused, status;

/* The device, and what it says late: to the request that is waited for? */
byte ring;
bool resetting, served;
bool has, held_status, held_current;

/* What the properties speak of */
bool alive;			/* the queue is not freed */
bool killed;

#define lock()		atomic { !locked -> locked = true }
#define unlock()	locked = false

/* virtio_msg_device_fail() */
inline fail() {
	atomic {
		if
		:: !broken ->
			broken = true;
#ifndef FAILED_UNTOLD
			fault = true
#endif
		:: else
		fi
	}
}

/* virtio_msg_device_call(): refused, or status. */
inline call(what, which) {
	refused = true;
	if
	:: broken && what == SET_VQUEUE
	:: else ->
		if
		:: closed
		:: full(requests) -> fail()
		:: atomic {
			!closed && nfull(requests) ->
			waiting = true;
			held_current = false;
			refused = false;
			requests!what, which
		   };
		   if
		   :: !waiting
		   :: atomic { waiting -> waiting = false; refused = true };
		      fail()
		   fi
		fi
	fi
}

/* virtio_msg_device_reset() */
inline device_reset() {
	if
	:: dead
	:: !dead ->
		call(SET_STATUS, 0);
#ifndef FIRST_ANSWER
		/* As often as there is time for. */
		polls = 0;
		do
		:: !refused && status && polls < POLLS ->
			polls++;
			call(GET_STATUS, 0)
		:: else -> break
		od;
		refused = refused || status;
		status = false;
		polls = 0;
#endif
		if
		:: refused -> fail()
		:: else ->
			reset_done = true;
			broken = false;
#ifndef REPAIRED
			if
			:: dead -> broken = true
			:: else
			fi;
#endif
			assert(!killed || broken)
		fi
	fi
}

#ifdef FREE_UNANSWERED
#define MAY_FREE	true
#elif defined(FREE_DEAD)
#define MAY_FREE	(!is_enabled || reset_done || dead)
#else
#define MAY_FREE	(!is_enabled || reset_done)
#endif

/* destroy() and virtio_msg_window_free() */
inline destroy() {
	d_step {
		alive = false;
		if
		:: MAY_FREE ->
			assert(ring != bound);
			window[bound] = FREED
		:: else -> window[bound] = QUARANTINED
		fi;
		failed = false;
		served = false;
		is_enabled = false
	}
}

/* enable() */
inline enable() {
	is_enabled = true;
#if !defined(DONE_STAYS) && !defined(DONE_IF_SILENT)
	reset_done = false;
#endif
	call(SET_VQUEUE, bound);
#ifdef DONE_IF_SILENT
	if
	:: !refused -> reset_done = false
	:: else
	fi
#endif
}

/* virtio_msg_queues_del() */
inline queues_del() {
	lock();
	if
	:: !reset_done -> device_reset()
	:: else
	fi;
	published = false;
	destroy();
	unlock()
}

proctype driver() {
	byte bound, polls;
	bool is_enabled;

	do
	:: bound == BINDS -> break
	:: bound < BINDS ->
		device_reset();
		atomic {
			bound++;
			window[bound] = SHARED;
			alive = true
		};
		enable();
		if
		:: refused ->
			/* The queue is nobody else's yet. */
			if
			:: is_enabled && !reset_done -> device_reset()
			:: else
			fi;
			destroy()
		:: else ->
#ifdef PUBLISHED_LATE
			if
			:: broken -> refused = true
			:: else
			fi;
#endif
			published = true;
#if !defined(NO_LAST_LOOK) && !defined(PUBLISHED_LATE)
			if
			:: broken -> refused = true
			:: else
			fi;
#endif
			if
			:: refused
			:: else ->
				/* A request, for which there is a time. */
				do
				:: served || failed -> break
				:: !served && !failed && !broken -> fail()
				od;
				device_reset()
			fi;
			queues_del()
		fi
	od
}

/* fault_work and virtio_msg_queues_fail() */
proctype worker() {
	bool some;

end:	do
	:: atomic { fault -> fault = false };
#ifndef FAIL_UNLOCKED
	   lock();
#endif
	   some = published && (broken || dead);
	   if
	   :: some ->
		atomic { assert(alive); failed = true }
	   :: else
	   fi;
	   some = false;
#ifndef FAIL_UNLOCKED
	   unlock()
#endif
	od
}

/* virtio_msg_device_kill() */
proctype removal() {
	if
	:: true ->
		dead = true;
		broken = true;
		atomic {
			closed = true;
			if
			:: waiting -> waiting = false; refused = true
			:: else
			fi
		};
#ifndef DEAD_UNTOLD
		fault = true;
#endif
		killed = true
	:: true
	fi
}

#ifdef ANY_ANSWER
#define IS_CURRENT	true
#else
#define IS_CURRENT	held_current
#endif

inline deliver(what) {
	waiting = false;
	status = what
}

/* The peer, which may be silent from some moment on, and keeps what it has. */
proctype device() {
	byte what, which;

end:	do
	:: atomic {
		requests?what, which ->
		if
		:: what == SET_STATUS ->
			if
#ifdef ANSWER_FIRST
			:: true
#else
			:: ring = 0; resetting = false
#endif
			:: resetting = true
			fi
		:: what == SET_VQUEUE && !resetting ->
			assert(window[which] != FREED);
			ring = which
		:: else
		fi;
		if
		:: waiting -> deliver(resetting)
		:: !has ->
			has = true;
			held_current = waiting;
			held_status = resetting
		:: true			/* never answered */
		fi;
		what = 0;
		which = 0
	   }
	:: atomic { resetting -> ring = 0; resetting = false }
	:: atomic {
		has ->
		if
		:: waiting && IS_CURRENT -> deliver(held_status)
		:: else
		fi;
		has = false;
		held_current = false;
		held_status = false
	   }
	:: atomic { ring != 0 && window[ring] == SHARED && !served -> served = true }
	:: break
	od
}

init {
	atomic {
		run driver();
		run worker();
		run removal();
		run device()
	}
}
