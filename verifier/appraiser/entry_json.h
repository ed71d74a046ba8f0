/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_ENTRY_JSON_H
#define VERIFIER_APPRAISER_ENTRY_JSON_H

#include "messages/json_writer.h"
#include "verifier/administration_messages.h"

/* Registration entries as people are told of them (docs/protocol.md). A line that the
 * signer would not send fails the writer. */
void put_entry_members(struct json_writer *w, const struct entry_item *item);
void put_entries(struct json_writer *w, const struct entry_list *list);

#endif
