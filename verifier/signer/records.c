/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "verifier/signer/core.h"

enum refusal refusal_of(enum status status)
{
	/* clang-format off */
	switch (status) {
	case OK: return REFUSAL_NONE;
	case STATUS_IO:
	case STATUS_UNAVAILABLE: return REFUSAL_STORE_UNAVAILABLE;
	case STATUS_NOT_FOUND: return REFUSAL_NODE_UNKNOWN;
	case STATUS_NO_MEMORY:
	case STATUS_TRUNCATED:
	case STATUS_MALFORMED:
	case STATUS_TOO_LARGE:
	case STATUS_UNSUPPORTED:
	case STATUS_MISMATCH:
	case STATUS_DENIED: return REFUSAL_INTERNAL;
	}
	/* clang-format on */
	return REFUSAL_INTERNAL;
}

enum refusal refusal_of_standing(enum standing standing)
{
	/* clang-format off */
	switch (standing) {
	case STANDING_PENDING: return REFUSAL_NODE_PENDING;
	case STANDING_ACTIVE: return REFUSAL_NONE;
	case STANDING_QUARANTINED: return REFUSAL_NODE_QUARANTINED;
	case STANDING_RETIRED: return REFUSAL_NODE_RETIRED;
	}
	/* clang-format on */
	return REFUSAL_INTERNAL;
}

/* The log is read as JSON, and hashed again by who reads it: one entry that JSON cannot
 * carry as it is would end every export there, for good. Acts have several lines. */
static bool is_readable(struct span text)
{
	struct span line;

	while (text_next_line(&text, &line))
		if (!text_is_line(line))
			return false;
	return true;
}

enum status audit_note(struct turn *turn, const char *kind, struct span actor,
		       const struct node_id *node, const char *format, ...)
{
	AUTO_DONE(bytes) id = { 0 };
	char text[SIGNER_AUDIT_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	int len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (len < 0)
		return STATUS_MALFORMED;
	if ((size_t)len >= sizeof(text))
		return STATUS_TOO_LARGE;
	if (!text_is_line(actor) || !is_readable(span_text(text)))
		return STATUS_MALFORMED;

	enum status status = node == NULL ? OK : node_id_append(&id, node);

	if (status != OK)
		return status;

	struct audit_row row = {
		.time = turn->now,
		.kind = span_text(kind),
		.actor = actor,
		.node = span_of(&id),
		.text = span_text(text),
	};

	return store_audit_append(turn->signer->store, &row);
}

enum status audit_checkpoint(struct turn *turn, struct audit_list *list)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) hash = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	struct audit_row last = { 0 };
	enum status status = store_audit_last(turn->signer->store, &last.index, last.hash);

	if (status == OK)
		status = hex_append(&hash, (struct span){ last.hash, SHA256_SIZE });
	if (status == OK)
		status = bytes_printf(&text,
				      "attestd-audit-checkpoint/1\nentries %llu\nhash %.*s\n"
				      "time %lld\nend\n",
				      (unsigned long long)last.index, (int)hash.len,
				      (const char *)hash.data, (long long)turn->now);
	if (status == OK)
		status = signing_key_sign(&turn->signer->keys.result_signer, span_of(&text),
					  &signature);
	if (status == OK)
		status = keep_bytes(turn->keep, &text, &list->checkpoint);
	return status == OK ? keep_bytes(turn->keep, &signature, &list->checkpoint_signature)
			    : status;
}
