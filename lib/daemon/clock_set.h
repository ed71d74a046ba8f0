/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CLOCK_SET_H
#define DAEMON_CLOCK_SET_H

/*
 * Word of the host's clock: it was set, or the host was asleep. A wait is counted by a
 * clock that nobody sets; by the host's own, what it waits for may be over all at once.
 */

/* A descriptor that is readable then; -1 with errno. */
int clock_set_open(void);
/* Until the next time it is not any more. */
void clock_set_take(int fd);

#endif
