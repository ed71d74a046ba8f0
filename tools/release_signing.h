/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_SIGNING_H
#define TOOLS_RELEASE_SIGNING_H

#include <getopt.h>

#include "policies/root.h"
#include "tools/release_line.h"

/*
 * How a document gets its signature: with a key that is at hand, in a file, a
 * token or a TPM; or one that was made elsewhere, with openssl alone, over what
 * --print-pae prints.
 */
struct signing {
	enum role role; /* that the document wants */
	const char *key; /* PEM file or OSSL_STORE URI; NULL: the usual one */
	const char *usual; /* below keys/, without ".pem" */
	const char *key_name; /* in the root */
	bool prints; /* what has to be signed, and signs nothing */
	const char *signature; /* a file that has it */
};

enum signing_option {
	SIGNING_KEY = 512,
	SIGNING_KEY_NAME,
	SIGNING_PRINT,
	SIGNING_SIGNATURE,
};

/* clang-format off */
#define SIGNING_OPTIONS                                                                            \
	{ "key", required_argument, NULL, SIGNING_KEY },                                           \
	{ "key-name", required_argument, NULL, SIGNING_KEY_NAME },                                 \
	{ "print-pae", no_argument, NULL, SIGNING_PRINT },                                         \
	{ "signature", required_argument, NULL, SIGNING_SIGNATURE }
/* clang-format on */

#define SIGNING_HELP                                                                               \
	"  --print-pae      print what has to be signed, byte for byte, and sign nothing:\n"       \
	"                   openssl pkeyutl -sign -rawin -inkey K -in PAE -out SIG (Ed25519),\n"   \
	"                   openssl dgst -sha256 -sign K -out SIG PAE (P-256)\n"                   \
	"  --signature SIG  take the signature that was made so\n"

/* False: the option is none of these. */
bool signing_take(struct signing *signing, int option, const char *value);
/* The envelope at path; a signature that is not that key's, or of a key without
 * the role, is refused here and not by verifiers later. */
enum status signing_envelope(const struct release_line *line, const struct signing *signing,
			     struct span payload, const char *path);
/* What has to be signed, to standard output. */
enum status signing_print(struct span payload);

/* The newest root of a release directory, as verified_root() gives it where nobody
 * named a pin. */
enum status newest_root(const char *release, struct root *out);

#endif
