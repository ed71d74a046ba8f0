/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include "base/bytes.h"

/*
 * Tells the service manager (sd_notify(3)): assignments such as "READY=1", one a
 * line. Nothing where none listens. libsystemd would do the same and bring eight
 * libraries, which a parent that holds nothing else has no use for.
 */
void notify(struct span assignments);

#endif
