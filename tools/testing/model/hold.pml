/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device that outlives its process (drivers/virtio-msg/hold.c, and what endpoint.c
 * and request.c do for it): LIVES processes claim the device one after the other or at
 * the same time, and die at any moment or never. A driver makes requests, of those that
 * need a process. The time for which the device may wait is over at any moment; with
 * PATIENT, only when nothing else can happen. In every state:
 *
 *	- a number is that of at most one process, which answers a driver only after
 *	  it has been told all, and after nothing that it sent before counts;
 *	- every request returns, without anybody giving up on an answer, unless the
 *	  device goes (no invalid end state);
 *	- a device that is served does not go because nobody came in time;
 *	- who claimed the device, and is there in the end, serves it or was told that
 *	  its number is lost, or there is a new device for it;
 *	- the counter of devices on hold is right.
 *
 * Mutations, each of which must fail (run):
 *	DIES_UNINTERRUPTED	the request to who died is not ended
 *	ABANDON_UNINTERRUPTED	nor is the request to who was being told all
 *	NOT_WOKEN		nobody is woken when the device is served again
 *	DEATH_UNWOKEN		nor when it goes
 *	TAKE_ANY		who claims does not see that somebody else has
 *	SENT_BEFORE		what a refused one sent before counts afterwards
 *	EXPIRES_SERVED		the time is up though somebody came
 *	NO_EXPIRY		there is no time
 *	ORPHANED		who claimed a device that went is not told
 */
#ifndef LIVES
#define LIVES		3
#endif
#ifndef REQUESTS
#define REQUESTS	2
#endif

#define SERVED		0
#define WAITING		1
#define RESUMING	2

#define NOBODY		0
#define PLACE		1
#define CLAIM(p)	(2 + (p))

/* struct virtio_msg_hold, and who has the number */
byte state = SERVED, owner = CLAIM(0), claim = NOBODY;
bool announced, gone, ended, works, expiry, queued, working;
short held;

/* The device: that it goes, and for what a driver waits */
bool dead, broken;
bool device_lock, channel_lock;
bool waiting, answered, interrupted, restart;
bool asked_by_worker;
byte wakes;

/* Processes */
bool alive[LIVES], told[LIVES], lost[LIVES], added[LIVES], asked[LIVES];
byte begun;			/* all are alike until they claim: those before it did */
bool stale;			/* an answer of who was refused is on its way */

bool driver_done, unbound;

#define LOCK(l)		atomic { !l -> l = true }
#define UNLOCK(l)	l = false
#define WAKE		wakes = (wakes + 1) % 8

/* virtio_msg_device_kill(), which a removal begins with */
inline kill_device() {
	d_step {
		dead = true;
		broken = true;
		if
		:: waiting -> waiting = false; restart = false
		:: else
		fi
	};
#ifndef DEATH_UNWOKEN
	d_step { WAKE }
#endif
}

/* virtio_msg_channel_interrupt() */
inline interrupt() {
	d_step {
		interrupted = true;
		if
		:: waiting -> waiting = false; restart = true
		:: else
		fi
	};
	LOCK(channel_lock);
	interrupted = false;
	UNLOCK(channel_lock)
}

/*
 * virtio_msg_channel_call(): leaves in result whether it was answered, is to begin
 * again, or the device has gone. Nobody gives up: that a process has died is to be
 * enough.
 */
#define ANSWERED	0
#define AGAIN		1
#define GONE		2

inline call(by_worker) {
	d_step {
		if
		:: dead -> result = GONE
		:: !dead && interrupted -> result = AGAIN
		:: else ->
			result = ANSWERED;
			waiting = true;
			answered = false;
			restart = false;
			asked_by_worker = by_worker
		fi
	};
	if
	:: result == ANSWERED ->
		/* To whoever has the number when it arrives; to others it is lost. */
		d_step {
			if
			:: owner >= CLAIM(0) -> asked[owner - CLAIM(0)] = true
			:: else
			fi
		};
		!waiting;
		d_step {
			if
			:: answered
			:: !answered && restart -> result = AGAIN
			:: else -> result = GONE
			fi
		}
	:: else
	fi
}

/* virtio_msg_device_call() of a driver */
proctype driver() {
	byte n, result, seen;

	do
	:: n == REQUESTS || dead -> break
	:: else ->
		LOCK(channel_lock);
again:
		if
		:: broken -> goto out
		:: else
		fi;
		if
		:: state == SERVED || dead ->
			call(false);
			if
			:: result == AGAIN ->
				UNLOCK(channel_lock);
				LOCK(channel_lock);
				goto again
			:: else -> goto out
			fi
		:: else
		fi;
		UNLOCK(channel_lock);
		/* wait_event(): looks again whenever it is woken. */
		do
		:: atomic { (state == SERVED || dead || broken) -> break }
		:: atomic { else -> seen = wakes };
			atomic { wakes != seen -> seen = 0 }
		od;
		LOCK(channel_lock);
		goto again;
out:
		UNLOCK(channel_lock);
		n++
	od;
	n = 0;
	result = 0;
	driver_done = true
}

/* device_work(): a device that goes, when its driver has gone. */
active proctype remover() {
	byte orphan = NOBODY;

end:
	dead && driver_done;
	atomic {
		ended = true;
		if
		:: owner == PLACE -> owner = NOBODY
		:: else
		fi;
		if
		:: state != SERVED -> held--
		:: else
		fi
	};
	expiry = false;
	/* cancel_delayed_work_sync() */
	queued = false;
	!working;
	atomic {
		if
		:: announced && !gone -> orphan = claim
		:: else
		fi
	};
#ifndef ORPHANED
	if
	:: orphan != NOBODY -> added[orphan - CLAIM(0)] = true
	:: else
	fi;
#endif
	unbound = true
}

/* expiry_work(), at any moment */
active proctype clock() {
end:
	do
#ifndef NO_EXPIRY
#ifdef PATIENT
	/* Somebody who waits for an answer is not who it is for. */
	:: atomic { expiry && timeout -> expiry = false; assert(!works) };
#else
	:: atomic { expiry -> expiry = false };
#endif
		atomic {
			if
#ifdef EXPIRES_SERVED
			:: !ended ->
#else
			:: state != SERVED && !ended ->
#endif
				assert(state != SERVED);
				kill_device()
			:: else
			fi
		}
#endif
	:: unbound -> break
	od
}

inline serve() {
	atomic {
		if
		:: dead || gone ->
			gone_on = false
		:: else ->
			told[claim - CLAIM(0)] = true;
			gone_on = true;
			expiry = false;
			claim = NOBODY;
			works = false;
			state = SERVED;
			if
			:: ended
			:: else -> held--
			fi
		fi
	}
}

inline wait_again() {
	atomic {
		refused = claim != NOBODY && !gone;
		if
		:: refused && !broken && !ended ->
			atomic {
				/* take_back() */
				if
				:: owner == claim ->
					owner = PLACE;
					lost[claim - CLAIM(0)] = true;
					/* It may just have been let through. */
					if
				:: stale = true
				:: stale = false
				fi;
					asked[claim - CLAIM(0)] = false
				:: else
				fi
			};
			gone_on = false
		:: else -> gone_on = refused
		fi
	};
#ifndef SENT_BEFORE
	/* synchronize_rcu() */
	!stale;
#endif
	atomic {
		works = false;
		state = WAITING;
		/* lost: ADDED is sent for it, after REMOVED. */
		if
		:: gone_on && claim != NOBODY -> added[claim - CLAIM(0)] = true
		:: else
		fi;
		if
		:: !gone -> claim = NOBODY
		:: else
		fi
	};
	if
	:: gone_on -> kill_device()
	:: else
	fi
}

/* virtio_msg_resume(), of which one request stands for all */
inline tell() {
	do
	:: LOCK(channel_lock);
		if
		:: gone -> result = GONE
		:: else -> call(true)
		fi;
		UNLOCK(channel_lock);
		if
		:: result == AGAIN
		:: else -> break
		fi
	od;
	if
	:: result == ANSWERED ->
		if
		:: serve()
		/* It does not accept what the one before did. */
		:: gone_on = false
		fi
	:: else -> gone_on = false
	fi;
	if
	:: !gone_on -> wait_again()
	:: else
	fi
}

/* hold_work() */
active proctype worker() {
	byte result;
	bool refused, ok, gone_on;

end:
	do
	:: atomic { queued -> queued = false; working = true };
		LOCK(device_lock);
		atomic {
			ok = claim != NOBODY && !gone && !ended;
			if
			:: ok -> works = true; state = RESUMING
			:: else
			fi
		};
		if
		:: ok -> tell()
		:: else
		fi;
		UNLOCK(device_lock);
#ifndef NOT_WOKEN
		d_step { WAKE };
#endif
		d_step { working = false; ok = false; refused = false; gone_on = false; result = 0 }
	:: unbound && !queued -> break
	od
}

/* What was let through before a claim lost its number, and arrives now. */
active proctype straggler() {
end:
	do
	:: atomic {
		stale -> stale = false;
		assert(!waiting)
	}
	:: unbound && !stale -> break
	od
}

/* A process */

inline take(p) {
	atomic {
		if
#ifdef TAKE_ANY
		:: state == WAITING &&
#else
		:: state == WAITING && claim == NOBODY &&
#endif
		   !ended && !dead &&
		   owner == PLACE ->
			owner = CLAIM(p);
			claim = CLAIM(p);
			announced = false;
			gone = false;
			ok = true
		:: else -> ok = false
		fi
	}
}

inline resume(p) {
	atomic {
		if
		:: claim == CLAIM(p) && !ended ->
			announced = true;
			queued = true;
			ok = true
		:: else -> ok = false
		fi
	};
	if
	:: !ok -> added[p] = true
	:: else
	fi
}

/* abandon() */
inline abandon(p) {
	atomic {
		ok = claim == CLAIM(p);
		if
		:: ok -> gone = true
		:: else
		fi
	};
	if
	:: ok ->
#ifndef ABANDON_UNINTERRUPTED
		interrupt();
#endif
		queued = false;
		!working;
		atomic {
			claim = NOBODY
		}
	:: else
	fi
}

/* put_on_hold(): leaves in ok whether the device waits. */
inline put_on_hold(p) {
	atomic {
		ok = !ended && owner == CLAIM(p) && (state == WAITING || (!dead && !broken));
		if
		:: ok && state == SERVED -> state = WAITING; held++
		:: else
		fi
	};
	if
	:: ok ->
#ifndef DIES_UNINTERRUPTED
		interrupt();
#endif
		LOCK(device_lock);
		atomic {
			if
			:: !broken && !ended && (owner == CLAIM(p) || owner == PLACE) ->
				owner = PLACE;
				expiry = true
			:: else -> ok = false
			fi
		};
		UNLOCK(device_lock)
	:: else -> ok = owner != CLAIM(p)
	fi
}

/* virtio_msg_hold_forget() */
inline forget(p) {
	atomic {
		if
		:: claim == CLAIM(p) -> gone = true; claim = NOBODY
		:: else
		fi
	}
}

proctype process(byte p) {
	bool ok, mortal;

	if
	:: mortal = true
	:: mortal = false
	fi;
	if
	:: p == 0 -> told[0] = true; alive[0] = true
	:: else ->
		begun + 1 >= p;
		do
		:: take(p);
			if
			:: ok -> break
			:: else
			fi;
			/* Tries again when there may be something to claim, or never. */
			if
			:: owner == PLACE && !ended && !dead && claim == NOBODY
			:: begun++; goto over
			fi
		od;
		begun++;
		alive[p] = true;
		resume(p)
	fi;
	do
	:: atomic {
		asked[p] -> asked[p] = false;
		if
		:: owner == CLAIM(p) && waiting ->
			assert(asked_by_worker || told[p]);
			assert(asked_by_worker == (state == RESUMING));
			waiting = false;
			answered = true
		:: else
		fi
	}
	:: lost[p] -> break
	:: mortal -> break
	:: unbound || added[p] || (driver_done && state == SERVED && owner == CLAIM(p)) -> goto over
	od;
	/* Nothing is sent from here on. */
	atomic { alive[p] = false; asked[p] = false };
	if
	:: owner != CLAIM(p) -> forget(p); goto over
	:: else
	fi;
	abandon(p);
	put_on_hold(p);
	if
	:: !ok ->
		forget(p);
		if
		:: owner == CLAIM(p) ->
			kill_device();
			atomic { owner == CLAIM(p) -> owner = NOBODY }
		:: else
		fi
	:: else
	fi;
over:
	skip
}

init {
	byte p;

	atomic {
		p = 0;
		do
		:: p < LIVES -> run process(p); p++
		:: else -> break
		od;
		run driver()
	};
	/* When nothing moves any more */
	timeout && !expiry;
	assert(driver_done);
	assert(held == (state != SERVED && !ended));
	assert(owner < CLAIM(0) || !alive[owner - CLAIM(0)] ||
	       (state == SERVED && told[owner - CLAIM(0)]) || added[owner - CLAIM(0)] ||
	       lost[owner - CLAIM(0)])
}
