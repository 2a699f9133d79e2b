/* SPDX-License-Identifier: GPL-2.0 */
/* What the partition for tests understands: for the manager and the module. */
#ifndef _FFA_CONTROL_H
#define _FFA_CONTROL_H

#define CONTROL_UUID	"3e0c4f59-6d27-4b7e-8a11-52c09f1bd476"

#define CONTROL_HELLO		1	/* -> CONTROL_HELLO_ANSWER */
#define CONTROL_COUNT		2	/* number -> value, name */
#define CONTROL_RETRIEVE	3	/* handle, pages */
#define CONTROL_RELINQUISH	4
#define CONTROL_ADD_UP		5	/* bytes -> sum */
#define CONTROL_FILL		6	/* bytes, first value */
#define CONTROL_NOTIFY		7	/* number */
#define CONTROL_SEND		8	/* what follows, as indirect message */
#define CONTROL_RECEIVED	9	/* -> length, message */
#define CONTROL_RESET		10	/* the counters of calls */
#define CONTROL_FAIL		11	/* after so many calls, error, number of the call or 0 */
#define CONTROL_FAILED		12	/* -> has it failed? */
#define CONTROL_MISBEHAVE	13	/* kind, skip, count */
#define CONTROL_REFUSE_FRAGMENT	14	/* number */
#define CONTROL_POISON		15	/* pattern -> pages */
#define CONTROL_CHANGED		16	/* pattern -> pages */
#define CONTROL_RESTART		17	/* of the other partition; it behaves then */
#define CONTROL_APART		18	/* events not in answers, or yes */
#define CONTROL_UNCALLABLE	19	/* no direct messages to it, or yes */

#define CONTROL_REFUSED		0xffffffffffffffffUL
#define CONTROL_HELLO_ANSWER	0x6f6c6c6568
#define CONTROL_NAME		32	/* bytes of a name */
#define CONTROL_SENT		32	/* bytes of an indirect message */

#endif /* _FFA_CONTROL_H */
