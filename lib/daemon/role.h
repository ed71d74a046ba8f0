/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_ROLE_H
#define DAEMON_ROLE_H

#include <sys/types.h>

#include "base/bytes.h"

/*
 * Roles are processes of their own: the parent starts itself again with --role
 * NAME, or a role's own program, so that no role shares another's memory or knows
 * its addresses, and hands it descriptors from ROLE_FD_FIRST on, in the order given.
 */
#define ROLE_FD_FIRST 3
#define ROLE_FD_MAX 32

/* arguments: NULL-ended, given after --role NAME. */
enum status role_start(const char *name, const char *const *arguments, const int *fds,
		       size_t fd_count, pid_t *out);
/* The same with a program of the role's own. */
enum status role_start_program(const char *program, const char *name, const char *const *arguments,
			       const int *fds, size_t fd_count, pid_t *out);
/* In a role: die with the parent, close every descriptor after the last one
 * handed over, set the process name. */
void role_begin(const char *name, size_t fd_count);
/* Ends a role: SIGTERM, then SIGKILL after patience_ms. Reaps it. Did it end in
 * order, with status 0? */
bool role_stop(pid_t pid, int patience_ms);

#endif
