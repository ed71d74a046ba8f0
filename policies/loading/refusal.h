/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_LOADING_REFUSAL_H
#define POLICIES_LOADING_REFUSAL_H

#include "messages/strict_json.h"
#include "policies/loading/release.h"

/* Fills *refusal; code must be static. Returns status. */
enum status refusal_set(struct release_refusal *refusal, enum status status, const char *code,
			const char *document, const char *field);
/* The same, with what is wrong with a parsed document. */
enum status refusal_of_document(struct release_refusal *refusal, const char *name,
				const struct strict_document *document);

#endif
