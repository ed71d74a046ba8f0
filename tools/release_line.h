/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_LINE_H
#define TOOLS_RELEASE_LINE_H

#include <stdio.h>

#include "policies/dsse.h"
#include "policies/release.h"
#include "policies/statement.h"
#include "tools/auto_jansson.h"

/*
 * A release line's working directory:
 *   release/   what verifiers load; the only part that leaves this place
 *   keys/      PRINCIPAL/KEY.pem, mode 0600: in earnest each in its holder's hands
 *   draft/     manifest.json: the statement that will be signed, byte for byte
 *   line.json  names that the commands need: line, platform, kernel
 */
struct release_line {
	const char *directory;
};

#define LINE_PATH_MAX 4096

struct line_path {
	char text[LINE_PATH_MAX];
};

struct line_path line_path(const struct release_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Every function below says what failed on standard error. */

/* Makes the directories that path goes through, then the file. */
enum status line_write(const char *path, struct span content, mode_t mode);
enum status line_read(const char *path, size_t max, struct bytes *out);
bool line_has(const char *path);

/* A file in PEM, refused where others may read it; or an OSSL_STORE URI, such as
 * pkcs11:object=NAME or handle:0x81000010, through OpenSSL's provider for it. */
enum status line_key_load(const char *name, EVP_PKEY **out);
enum status line_key_make(const char *path, EVP_PKEY **out);

/* A statement: {"_type", "subject", "predicateType", "predicate"}. Takes over
 * subject and predicate. The text is what gets signed. */
enum status statement_text(enum document_kind kind, json_t *subject, json_t *predicate,
			   struct bytes *out);
/* {"name": name, "digest": {"sha256": hex}}, appended to subject. */
void subject_add(json_t *subject, const char *name, const char *hex);
/* Over what is signed, dsse_pae() of a payload. */
enum status line_signature(struct span pae, EVP_PKEY *key, struct bytes *out);
enum status line_envelope(const char *path, struct span payload, const char *keyid,
			  struct span signature);
/* Signs the payload and writes the envelope. */
enum status line_sign(const char *path, struct span payload, const char *keyid, EVP_PKEY *key);
/* The first of FOLDER/1.json, 2.json ... that is not there yet. */
struct line_path line_next_envelope(const char *folder);
/* The payload of an envelope of our own, unverified. NULL after a message. */
json_t *line_payload(const char *path, struct bytes *payload);
/* The predicate inside it. */
json_t *line_predicate(const char *path);

struct sha256_text {
	char hex[2 * SHA256_SIZE + 1];
};

struct sha256_text sha256_text_of(struct span content);
struct sha256_text sha256_hex(const struct digest *digest);

/* line.json's member; NULL after a message. Release the document afterwards. */
json_t *line_settings(const struct release_line *line);

/* What is in force, from the newest timestamp; zero where there is none yet. */
struct line_state {
	uint64_t timestamp_version;
	uint64_t index_version;
	json_t *index; /* predicate; NULL: none yet */
};

enum status line_state_read(const struct release_line *line, struct line_state *out);
void line_state_done(struct line_state *state);
/* The cell's manifest in a state: {"sha256", "version", ...}, borrowed. */
json_t *line_state_manifest(const struct line_state *state, const char *platform,
			    const char *kernel, const char *name);

/* A refusal as people read it. */
void print_refusal(FILE *to, const struct release_refusal *refusal);

AUTO_RELEASE(line_state, line_state_done);

#endif
