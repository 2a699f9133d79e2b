/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who tells whom of new requests and answers: the driver and its private ring, the
 * relay (drivers/virtio-msg/relay.c), the window and its device (queue.c of the
 * library). Each of the three sleeps when it finds nothing to do and has asked to
 * be told; the others tell it only if it has asked (VIRTIO_RING_F_EVENT_IDX). In
 * every execution all requests are answered: whoever sleeps for ever leaves the
 * driver in an invalid end state.
 *
 * Memory is as in fifo.pml: what one of them stores becomes visible later, in
 * order, and a full barrier waits for that. What is in the rings is not modelled;
 * the window has fewer slots than there are requests, so that the relay stalls.
 *
 * Mutations, each of which must fail (run):
 *	PUBLISH_WITHOUT_MB	the relay looks at the device's event too early
 *	INTERRUPT_WITHOUT_MB	and at that of the driver
 *	ARM_WITHOUT_MB		the relay looks again before its events are visible
 *	ARM_WITHOUT_LOOK	it does not look again at all
 *	ARM_DRIVER_ONLY		it asks only the driver
 *	ARM_DEVICE_ONLY		it asks only the device
 *	EVENT_NEXT		it asks for one request more than the next
 *	DRIVER_WITHOUT_MB	the driver looks at the relay's event too early
 *	DRIVER_ARM_WITHOUT_MB	and again before its own is visible
 *	DEVICE_WITHOUT_MB	the device looks at the relay's event too early
 *	DEVICE_ARM_WITHOUT_MB	and again before its own is visible
 */
#ifndef REQUESTS
#define REQUESTS	4
#endif
#ifndef SLOTS
#define SLOTS		2
#endif
#ifndef BUFFER
#define BUFFER		2
#endif

/* Words: the driver's ring and the window's; an index and what its reader asks for. */
#define PAVAIL		0	/* by the driver */
#define PUSED_EVENT	1
#define PUSED		2	/* by the relay */
#define PAVAIL_EVENT	3
#define AVAIL		4
#define USED_EVENT	5
#define USED		6	/* by the device */
#define AVAIL_EVENT	7

byte memory[8];
chan driver_stores = [BUFFER] of { byte, byte };
chan relay_stores = [BUFFER] of { byte, byte };
chan device_stores = [BUFFER] of { byte, byte };

/* What wakes each of them. */
bool run_relay, interrupt, kick;

/* vring_need_event(), of indices that do not wrap */
#define NEED_EVENT(event, new, old) \
	(((new) + 63 - (event)) % 64 < ((new) + 64 - (old)) % 64)

#define mb(stores)	empty(stores)

proctype driver() {
	byte added, got, event, seen;
	bool more;

	do
	:: got == REQUESTS -> break
	:: got < REQUESTS ->
		/* As many as it likes, at least one if none is waited for. */
		do
		:: added < REQUESTS ->
			added++;
			driver_stores!PAVAIL, added;
#ifndef DRIVER_WITHOUT_MB
			mb(driver_stores);
#endif
			atomic {
				event = memory[PAVAIL_EVENT];
				if
				:: NEED_EVENT(event, added, added - 1) ->
					run_relay = true
				:: else
				fi
			}
		:: added > got -> break
		od;
		atomic { seen = memory[PUSED]; more = seen != got; got = seen };
		if
		:: more
		:: else ->
			driver_stores!PUSED_EVENT, got;
#ifndef DRIVER_ARM_WITHOUT_MB
			mb(driver_stores);
#endif
			if
			:: memory[PUSED] != got
			:: else ->
				atomic { interrupt -> interrupt = false }
			fi
		fi
	od
}

#ifdef EVENT_NEXT
#define NEXT(i)	((i) + 1)
#else
#define NEXT(i)	(i)
#endif

/* arm() */
inline arm() {
#ifndef ARM_DEVICE_ONLY
	relay_stores!PAVAIL_EVENT, NEXT(pavail);
#endif
#ifndef ARM_DRIVER_ONLY
	relay_stores!USED_EVENT, used;
#endif
#ifndef ARM_WITHOUT_MB
	mb(relay_stores);
#endif
#ifdef ARM_WITHOUT_LOOK
	more = false;
#else
	more = memory[USED] != used;
	if
	:: !more && !stalled -> more = memory[PAVAIL] != pavail
	:: else
	fi
#endif
}

inline publish() {
	if
	:: avail != published ->
		relay_stores!AVAIL, avail;
		old = published;
		published = avail;
#ifndef PUBLISH_WITHOUT_MB
		mb(relay_stores);
#endif
		atomic {
			event = memory[AVAIL_EVENT];
			if
			:: NEED_EVENT(event, avail, old) -> kick = true
			:: else
			fi
		}
	:: else
	fi
}

inline tell_driver() {
	if
	:: pused != told ->
#ifndef INTERRUPT_WITHOUT_MB
		mb(relay_stores);
#endif
		atomic {
			old = told;
			told = pused;
			event = memory[PUSED_EVENT];
			if
			:: NEED_EVENT(event, pused, old) -> interrupt = true
			:: else
			fi
		}
	:: else
	fi
}

/* run_batch(): answers first, and no more in a row than it likes. */
proctype relay() {
	byte pavail, pused, told, avail, published, used;
	byte seen, event, old, n;
	bool stalled, more, answered, took;

end:	do
	:: atomic { run_relay -> run_relay = false };
	   more = true;
	   do
	   :: more ->
		n = 0;
		do
		:: n == 2 -> break
		:: n < 2 && more ->
			d_step {
				n++;
				seen = memory[USED];
				answered = seen != used;
				if
				:: answered ->
					used++;
					pused++;
					stalled = false
				:: else
				fi
			};
			if
			:: answered -> relay_stores!PUSED, pused
			:: else ->
				d_step {
					seen = memory[PAVAIL];
					took = seen != pavail &&
					       avail - used < SLOTS;
					if
					:: took ->
						pavail++;
						avail++
					:: seen != pavail && !took ->
						stalled = true
					:: else
					fi
				};
				if
				:: took
				:: else -> arm()
				fi
			fi
		:: n < 2 && !more -> break
		od;
		publish();
		tell_driver()
	   :: !more -> break
	   od
	od
}

/* vmsg_queue_run(), look() and vmsg_queue_notify() */
proctype device() {
	byte taken, used, called, event, old;
	bool more;

end:	do
	:: atomic { kick -> kick = false };
	   do
	   :: true ->
		d_step {
			more = memory[AVAIL] != taken;
			taken = taken + more;
			used = used + more
		};
		if
		:: more ->
			device_stores!USED, used;
#ifndef NO_SHARE
			/* That was its share: it goes on later. */
			if
			:: true
			:: kick = true; break
			fi
#else
			skip
#endif
		:: else ->
			device_stores!AVAIL_EVENT, taken;
#ifndef DEVICE_ARM_WITHOUT_MB
			mb(device_stores);
#endif
			if
			:: memory[AVAIL] != taken
			:: else -> break
			fi
		fi
	   od;
	   if
	   :: used != called ->
#ifndef DEVICE_WITHOUT_MB
		mb(device_stores);
#endif
		atomic {
			old = called;
			called = used;
			event = memory[USED_EVENT];
			if
			:: NEED_EVENT(event, used, old) -> run_relay = true
			:: else
			fi
		}
	   :: else
	   fi
	od
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
		run driver();
		run relay();
		run device();
		run drain(driver_stores);
		run drain(relay_stores);
		run drain(device_stores)
	}
}
