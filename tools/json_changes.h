/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JSON_CHANGES_H
#define TOOLS_JSON_CHANGES_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/auto_jansson.h"

/*
 * What differs between two JSON values, whole, for whoever is about to sign the second:
 * each place with what stood there and what stands there now, in visible ASCII. Elements
 * of arrays are told apart by their "name", else by their content. NULL: nothing is there.
 * False where nothing differs.
 */
bool print_json_changes(FILE *to, const char *place, json_t *before, json_t *after);

#endif
