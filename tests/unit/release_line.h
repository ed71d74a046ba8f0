/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RELEASE_LINE_H
#define TESTS_RELEASE_LINE_H

#include "base/auto_openssl.h"
#include "policies/loading/release.h"

/*
 * A whole release line in memory, made and signed by the test: every document in
 * the order in which they name each other, each open to an edit of its text
 * before it is signed. So a test alters one thing and nothing else is stale.
 */
#define LINE_NOW INT64_C(1767225600)
#define LINE_FILES_MAX 256
#define LINE_HEX_SIZE (2 * SHA256_SIZE + 1)

/* In the text of document ("manifest", "index", "base.files"), find becomes
 * replace; with find NULL, replace is the key that signs instead, for documents
 * with several signatures "root#1", "matrix#2". */
struct line_edit {
	const char *document;
	const char *find;
	const char *replace;
};

struct line {
	size_t count;
	struct {
		char path[160];
		struct bytes content;
	} file[LINE_FILES_MAX];
	struct digest root;
	struct digest manifest, index, timestamp, revocations; /* of payloads */
	struct document_source source;
};

/* Edits that find nothing fail the test. Version is that of manifest, index and
 * timestamp; a second version goes on from the first, in the same directory. */
void line_make(struct line *line, const struct line_edit *edits, size_t count);
void line_make_version(struct line *line, unsigned version, const struct line_edit *edits,
		       size_t count);
void line_done(struct line *line);
/* Digest of what the line's manifest changes against the one that it names as
 * previous; zeros where that cannot be told. */
void line_difference(struct line *line, char hex[LINE_HEX_SIZE]);
void line_digest_hex(const struct digest *digest, char out[LINE_HEX_SIZE]);
/* The first file whose path starts with this; fails the test where none does. */
struct bytes *line_file(struct line *line, const char *path);
void line_put(struct line *line, const char *path, struct span content);
void line_remove(struct line *line, const char *path);
/* The private key of one of the line's people, by the name it has in the root. */
EVP_PKEY *line_key(const char *name);
/* Of its SubjectPublicKeyInfo, as documents name it. */
void line_key_hex(const char *name, char out[LINE_HEX_SIZE]);
/* What the root says of their keys, JSON with its NUL. */
void line_root_keys(struct bytes *out);
/* Signs text as an envelope and puts it there. */
void line_put_signed(struct line *line, const char *path, const char *key, const char *text);
/* The same with any signature. */
void line_put_envelope(struct line *line, const char *path, const char *key, const char *text,
		       struct span signature);

AUTO_RELEASE(line, line_done);

#endif
