/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_LINE_H
#define TOOLS_RELEASE_RELEASE_LINE_H

#include <stdio.h>

#include "policies/envelope/dsse.h"
#include "policies/envelope/statement.h"
#include "policies/loading/release.h"
#include "tools/auto_jansson.h"
#include "tools/path.h"

/*
 * A release line's working directory:
 *   release/   what verifiers load; the only part that leaves this place
 *   keys/      PRINCIPAL/KEY.pem, mode 0600: in earnest each in its holder's hands
 *   draft/     manifest.json: the statement that will be signed, byte for byte
 *   line.json  what the commands need to know: line, platform, kernel, matrix, and the
 *              SHA-256 of the first root, by which they believe all others
 */
struct release_line {
	const char *directory;
};

struct path_text line_path(const struct release_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Every function below says what failed on standard error. */

/* A file in PEM, refused where others may read it; or an OSSL_STORE URI, such as
 * pkcs11:object=NAME or handle:0x81000010, through OpenSSL's provider for it. */
enum status line_key_load(const char *name, EVP_PKEY **out);
enum status line_key_new(EVP_PKEY **out);
/* In PEM, for nobody else to read. */
enum status line_key_write(const char *path, EVP_PKEY *key);

/* A statement: {"_type", "subject", "predicateType", "predicate"}. Takes over
 * subject and predicate. The text is what gets signed. */
enum status statement_text(enum document_kind kind, json_t *subject, json_t *predicate,
			   struct bytes *out);
/* {"name": name, "digest": {"sha256": hex}}, appended to subject. */
void subject_add(json_t *subject, const char *name, const char *hex);
/* Over what is signed, dsse_pae() of a payload. */
enum status line_signature(struct span pae, EVP_PKEY *key, struct bytes *out);
/* The envelope's text. */
enum status envelope_text(struct span payload, const char *keyid, struct span signature,
			  struct bytes *out);
/* Signs the payload and writes the envelope. */
enum status line_sign(const char *path, struct span payload, const char *keyid, EVP_PKEY *key);
/* path lies in the release directory, which others write too: its log's keeper, a server. No
 * link below that directory chooses what is written over. */
enum status line_write_released(const struct release_line *line, const char *path,
				struct span content);
/* The first of FOLDER/1.json, 2.json ... that is not there yet, as far as verifiers read
 * them. */
enum status line_next_envelope(const char *folder, struct path_text *out);
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

/* A refusal as people read it. */
void print_refusal(FILE *to, const struct release_refusal *refusal);

#endif
