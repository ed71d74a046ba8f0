/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_TRUSTED_PATH_H
#define DAEMON_TRUSTED_PATH_H

#include <limits.h>

/*
 * The directory in which the path's last name is, open for nothing but to go on from it
 * (O_PATH), and that name, which is not looked at. A link on the way is followed only where
 * nobody but root or this user can have put it there: theirs, in a directory of theirs that
 * others may not write, or that has the sticky bit. -1 with errno, ELOOP for any other link.
 */
int trusted_path_open_above(const char *path, char name[NAME_MAX + 1]);

#endif
