/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_ROOT_H
#define TOOLS_RELEASE_RELEASE_ROOT_H

#include <stdio.h>

#include "policies/envelope/dsse.h"
#include "policies/loading/release.h"
#include "policies/trust/root.h"
#include "tools/auto_jansson.h"
#include "tools/release/release_line.h"

/*
 * What commands sign on top of: read from the release directory, which others write
 * too, and verified before anything of it goes into what is signed next. Every
 * function says what is wrong.
 */

/* What the newest root was read from. */
struct root_origin {
	struct digest first; /* the root that the chain begins with */
	struct bytes payload; /* of the newest */
};

void root_origin_done(struct root_origin *origin);
AUTO_RELEASE(root_origin, root_origin_done);

/* The newest root, by the chain of signatures from the first one; pin NULL: the first
 * that is there is believed. It may have expired. The root must not be moved. */
enum status verified_root(const char *release, const struct digest *pin, struct root_origin *origin,
			  struct root *out);

/* The first root that a line's commands believe: the one given, else the one that 'init'
 * noted in line.json. DIGEST_NONE in *out: the first that is there. */
enum status line_pin(const struct release_line *line, const struct digest *given,
		     struct digest *out);
/* The newest root of a line's release, from that one on. */
enum status line_root(const struct release_line *line, const struct digest *given,
		      struct root *out);
/* Root number version of the same chain, as if no later one were there. */
enum status line_root_at(const struct release_line *line, const struct digest *given,
			 uint64_t version, struct root *out);
/* A root that may be in force; who is about to sign one makes none that may not. False after
 * a message. */
bool next_root_open(struct span payload, struct root *out);
/* A release directory as it was before root number version had a successor; self of a
 * source that reads by earlier_read(). */
struct earlier {
	struct document_source source;
	uint64_t version;
};

enum status earlier_read(void *self, const char *path, size_t max, struct bytes *out);
/* A pin as options take it: document_sha256(). */
bool pin_take(const char *text, struct digest *pin);

/* An envelope whose signature is that of a key of the root: its payload and which key.
 * Without a word STATUS_NOT_FOUND, the root does not know the key, and STATUS_MISMATCH,
 * the signature is not that key's. */
enum status verified_envelope(const struct root *root, const char *path, struct dsse *out,
			      size_t *key);
/* As it lies there; nobody's word yet. */
enum status envelope_open(const char *path, struct dsse *out);
/* Is its signature that of a key with the role? NULL: it is, *signer is that key; else the
 * code of what is wrong, without a word. */
const char *envelope_doubt(const struct root *root, enum role role, const struct dsse *dsse,
			   key_mask *signer);
/* Says what is wrong with a statement that could not be read; never OK. */
enum status statement_unreadable(const char *path, const struct statement *s);
/* Adds the keys of the root that the revocations beside it take back. */
enum status revoked_keys(const char *release, const struct root *root, key_mask *revoked);
/* The predicate of a statement; NULL after a message. */
json_t *payload_predicate(struct span payload);

/* What the next root changes: keys, roles, and each other value. The JSON is the predicate
 * of each. */
void print_root_changes(FILE *to, const struct root *old, json_t *old_json, const struct root *next,
			json_t *next_json);

#endif
