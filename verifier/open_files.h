/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_OPEN_FILES_H
#define VERIFIER_OPEN_FILES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Raises this process's limit of open files, which its roles inherit, to what so
 * many connections take. False, and why in the log, where the hard limit is lower:
 * accept() would fail before the front can choose whose place a newcomer gets.
 */
bool open_files_raise(size_t connections_max);

#endif
