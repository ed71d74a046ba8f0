/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_CONFINEMENT_H
#define DAEMON_CONFINEMENT_H

#include <stdbool.h>
#include <stddef.h>

/* What a process may still open once it is confined: a path and all below it. */
struct confinement_rule {
	const char *path; /* one that is not there is left out */
	bool is_writable; /* files and directories may be made and removed there as well */
};

/*
 * From here on: no new privileges, no core file, and of files only what the rules
 * name (Landlock, Linux 5.13), for this process and whatever it starts; what is open
 * stays open. False: the kernel has no Landlock, and files are as open as before.
 */
bool confinement_begin(const struct confinement_rule *rules, size_t count);

#endif
