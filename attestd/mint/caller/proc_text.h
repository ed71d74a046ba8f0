/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CALLER_PROC_TEXT_H
#define ATTESTD_MINT_CALLER_PROC_TEXT_H

#include "base/bytes.h"

/* What the kernel writes of a process (proc(5)), whose name the process chooses. */
#define PROC_TEXT_MAX ((size_t)64 << 10)

/* Real, effective, saved and file system's. */
struct proc_users {
	uint32_t uid[4], gid[4];
};

/* /proc/PID/status */
enum status proc_users(struct span status_text, struct proc_users *out);
/* All four alike: nobody started it who is another than it acts for. */
bool proc_users_are_one(const struct proc_users *users);
/* /proc/PID/status: who traces its first thread; 0: nobody. */
enum status proc_tracer(struct span status_text, uint32_t *out);
/* /proc/PID/stat: when it was started, in ticks since the boot. */
enum status proc_started(struct span stat_text, uint64_t *out);
/* The same, of one that has exited: as wait(2) gives it. */
enum status proc_exit_status(struct span stat_text, int *out);

#endif
