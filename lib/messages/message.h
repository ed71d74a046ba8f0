/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_MESSAGE_H
#define MESSAGES_MESSAGE_H

#include "messages/node.h"
#include "messages/strict_json.h"

/* What the messages of the protocol have in common. A body that is no JSON
 * gives a cursor that has failed; message_end() tells. */
struct strict_cursor message_open(struct span json, size_t max, struct strict_document *document);
/* "version":1 */
void message_take_version(struct strict_cursor *object);
struct node_id message_take_node_id(struct strict_cursor *object, const char *name);
/* Base64 of at least one byte. */
void message_take_bytes(struct strict_cursor *object, const char *name, size_t max,
			struct bytes *out);
/* The same into a list of at most list_max; the number taken. */
size_t message_take_list(struct strict_cursor *object, const char *name, size_t max,
			 struct bytes *list, size_t list_max);
/* A text of at least one byte, copied. */
void message_take_text(struct strict_cursor *object, const char *name, size_t max,
		       struct bytes *out);
/* strict_end(), and the static code of what was wrong in *fault. */
enum status message_end(struct strict_cursor *root, const char **fault);

#endif
