/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_DOCUMENT_H
#define TOOLS_RELEASE_DOCUMENT_H

#include "tools/release_line.h"

/* Who signs one of the documents that people make about a release. */
struct document_signer {
	const char *key_file; /* NULL: the line's own, usual */
	const char *usual; /* "platform-lead/platform-approve" */
	const char *key_name;
};

/* One more signature of the payload, in the release's folder FOLDER/SHA256. *digest is
 * the payload's. */
enum status document_sign(const struct release_line *line, const char *folder, struct span payload,
			  const struct document_signer *signer, struct sha256_text *digest);
/* A digest as options take it: 64 lower-case hexadecimal digits, "sha256:" in front or not;
 * NULL where it is none. */
const char *document_sha256(const char *text);

#endif
