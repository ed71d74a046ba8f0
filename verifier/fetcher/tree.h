/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FETCHER_TREE_H
#define VERIFIER_FETCHER_TREE_H

#include "base/status.h"

/* Directories below a descriptor. The directories that path's last name lies in. */
enum status tree_make_parents(int top, const char *path);
/* A directory with all that is in it, or a file; no link is followed. */
enum status tree_remove(int top, const char *name);

#endif
