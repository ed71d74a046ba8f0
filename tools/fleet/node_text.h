/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_NODE_TEXT_H
#define TOOLS_FLEET_NODE_TEXT_H

#include "tools/auto_jansson.h"

/* A node of the administration API in words, on standard output. */
void node_text_line(json_t *node);
void node_text_show(json_t *node);
/* Why it is not trusted, whose matter that is, what to do. */
void node_text_explain(json_t *node);

/* What a host may have chosen reaches a terminal without its control bytes. */
void node_text_put(const char *text);
/* A line with a name in front; nothing where the text is empty. */
void node_text_field(const char *name, const char *text);
/* The same for a member that is a time. */
void node_text_time(const char *name, json_t *node, const char *member);

/* A member's text; "" where it is absent. */
const char *node_text(json_t *object, const char *name);

#endif
