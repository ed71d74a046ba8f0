/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_ROLE_DIRECTORY_H
#define DAEMON_ROLE_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>

/*
 * Where a daemon's roles that are programs of their own lie, without a slash at the
 * end: the configured roledir where this program runs from the configured sbindir (or
 * both below what they were staged into, make install DESTDIR=...), the directory
 * roles beside it where it runs from the tree it was built in. Find it once: what an
 * upgrade puts there is for a new start.
 */
bool role_directory_find(const char *sbindir, const char *roledir, char out[PATH_MAX]);

#endif
