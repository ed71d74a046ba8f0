/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_LOG_ENTRY_H
#define POLICIES_TRANSPARENCY_LOG_ENTRY_H

#include "base/digest.h"

/*
 * What the release log has of a document, as text with one field a line:
 *   attestd-release-log/1
 *   kind approval
 *   sha256 HEX      of the payload
 *   key NAME        whose signature the envelope has
 *   subject HEX     what it is about, or -
 *   time SECONDS    when it was logged
 *   end
 */
#define LOG_NAME_MAX 64

struct log_entry {
	struct span kind, key;
	struct digest document;
	struct digest subject; /* DIGEST_NONE: none */
	int64_t time;
};

/* Spans borrow from the text. There is one text for each entry. */
enum status log_entry_parse(struct span text, struct log_entry *out);
enum status log_entry_make(const struct log_entry *entry, struct bytes *out);

#endif
