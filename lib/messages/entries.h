/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_ENTRIES_H
#define MESSAGES_ENTRIES_H

#include "messages/node.h"

/*
 * Registration entries: which workload may have which identity, on the nodes of
 * one class. A node gets them as a text that its signed verdict names by digest
 * (docs/protocol.md): a line for each entry, in the order of their names. One
 * spelling, so that writing what was parsed gives the same bytes.
 */
#define ENTRIES_MAX 256
#define ENTRIES_TEXT_MAX ((size_t)256 << 10)
/* Of one entry's line: what is escaped takes three bytes for each. */
#define ENTRY_LINE_MAX ((size_t)12 << 10)
#define ENTRY_NAME_MAX 63
#define ENTRY_SPIFFE_ID_MAX 2048
#define ENTRY_EXECUTABLE_MAX 1024
#define ENTRY_UNIT_MAX 255
#define ENTRY_HINT_MAX 64
#define ENTRY_OWNER_MAX 128
#define ENTRY_DIGESTS_MAX 16

struct entry {
	struct bytes name; /* letters, digits, '-', as code_is_valid() */
	struct bytes spiffe_id; /* no pattern; whether it may be used, entitlements say */
	struct bytes executable; /* absolute; IMA logs each space of it as an underscore */
	bool has_uid, has_gid;
	uint32_t uid, gid;
	/* Each may be empty: any unit, any socket, no hint, nobody named. */
	struct bytes unit; /* systemd's name of it */
	struct bytes socket; /* name of one of the node's sockets, as an entry's */
	struct bytes hint;
	struct bytes owner; /* for people */
	bool is_job; /* the identity ends with this run of the unit, or of who asked */
	bool may_jwt;
	/* SHA-256 that the executable may have by the releases in force, joined, in
	 * order, each once. None: the entry admits nobody. */
	struct bytes digests;
};

struct entries {
	struct bytes class;
	struct entry *list; /* by name */
	size_t count;
};

/* "a-z0-9-", not starting with '-', at most ENTRY_NAME_MAX. */
bool entry_name_is_valid(struct span name);
/* Checked where an entry is written or read: what no text may hold. */
bool entry_is_valid(const struct entry *entry);
bool entry_has_digest(const struct entry *entry, const struct digest *digest);
void entry_done(struct entry *entry);

/* One entry's line, without "entry " and newline; appended. */
enum status entry_write(const struct entry *entry, struct bytes *line);
enum status entry_parse(struct span line, struct entry *out);

/* STATUS_TOO_LARGE: more than ENTRIES_MAX, or over ENTRIES_TEXT_MAX. */
enum status entries_write(const struct entries *entries, struct bytes *text);
enum status entries_parse(struct span text, struct entries *out);
void entries_done(struct entries *entries);
/* NULL where none has this name. */
const struct entry *entries_find(const struct entries *entries, struct span name);

AUTO_RELEASE(entry, entry_done);
AUTO_RELEASE(entries, entries_done);

#endif
