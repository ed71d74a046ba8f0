/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

#include <stdint.h>

/* Clocks that nobody sets, from some point on; the one of the boot counts on while the
 * host sleeps. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_s(void);
int64_t clock_boot_ms(void);
int64_t clock_boot_s(void);

#endif
