/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_ROOT_EDIT_H
#define TOOLS_RELEASE_ROOT_EDIT_H

#include <stdbool.h>

#include "tools/auto_jansson.h"

enum root_edit {
	ROOT_ADD_KEY = 'a', /* NAME=PRINCIPAL,TEAM,FILE */
	ROOT_REMOVE_KEY = 'x',
	ROOT_ADD_VENDOR = 'v',
	ROOT_ADD_VENDOR_OPENPGP = 'O',
	ROOT_REMOVE_VENDOR = 'w',
	ROOT_SET_CANARY = 'c', /* nodes */
	ROOT_SET_ROLE = 'r', /* ROLE=THRESHOLD,KEY,... */
};

/* Edits a root's predicate. False where the value is wrong, which may have been said. */
bool root_edit(json_t *predicate, enum root_edit edit, const char *value);

#endif
