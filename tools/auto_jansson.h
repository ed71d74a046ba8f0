/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_AUTO_JANSSON_H
#define TOOLS_AUTO_JANSSON_H

#include <jansson.h>

#include "base/auto.h"

/* Documents that are edited before they are written; what comes in is read by
 * messages/strict_json.h. */
AUTO_FREE(json_t, json_t, json_decref);

#endif
