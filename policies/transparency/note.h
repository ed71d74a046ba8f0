/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRANSPARENCY_NOTE_H
#define POLICIES_TRANSPARENCY_NOTE_H

#include "base/auto_openssl.h"
#include "base/digest.h"

/*
 * Text signed by one or more keys (c2sp.org/signed-note): the text, an empty
 * line, lines "— NAME BASE64(key id, signature)". A key is known by its name and
 * id; what other keys signed is passed over.
 */
#define NOTE_MAX ((size_t)64 << 10)
#define NOTE_SIGNATURES_MAX 32
#define NOTE_NAME_MAX 255

/* Borrows from the bytes that were parsed. */
struct note {
	struct span text; /* with its last newline */
	size_t count;
	struct {
		struct span name, base64;
	} signature[NOTE_SIGNATURES_MAX];
};

/* Canonical base64 alone, no control characters, valid UTF-8. */
enum status note_parse(struct span bytes, struct note *out);

enum note_key_type {
	NOTE_ED25519 = 0x01,
	NOTE_COSIGNATURE = 0x04, /* c2sp.org/tlog-cosignature, Ed25519 with a time */
};

/* Borrows name and key. */
struct note_key {
	struct span name;
	enum note_key_type type;
	uint32_t id;
	EVP_PKEY *key;
};

/* STATUS_UNSUPPORTED for a key that is not Ed25519, STATUS_MALFORMED for a name
 * that no signature line can bear. */
enum status note_key_init(struct span name, enum note_key_type type, EVP_PKEY *key,
			  struct note_key *out);
/* "NAME+ID+BASE64", as other tools take it. */
enum status note_key_text(const struct note_key *key, struct bytes *out);

/* STATUS_NOT_FOUND: the key has not signed; STATUS_MISMATCH: a signature that
 * bears its name and id is not its own. *time is that of a cosignature, else 0. */
enum status note_verify(const struct note *note, const struct note_key *key, int64_t *time);
/* Appends the line by which the key signed, once however often it stands there.
 * Statuses as note_verify(). */
enum status note_copy_line(const struct note *note, const struct note_key *key, struct bytes *out);
/* Appends a signature line over the text. time only counts in a cosignature. */
enum status note_sign(struct span text, const struct note_key *key, int64_t time,
		      struct bytes *out);

#endif
