/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_SIGNING_H
#define TOOLS_RELEASE_RELEASE_SIGNING_H

#include <getopt.h>

#include "policies/trust/root.h"
#include "tools/release/release_line.h"

/*
 * How a document gets its signature: with a key that is at hand, in a file, a
 * token or a TPM; or one that was made elsewhere, with openssl alone, over what
 * --print-pae prints. Every command that signs takes these options.
 */
struct signing {
	enum role role; /* that the document wants */
	const char *key; /* PEM file or OSSL_STORE URI; NULL: the usual one */
	const char *usual; /* below keys/, without ".pem" */
	const char *key_name; /* in the root */
	bool prints; /* what has to be signed, and signs nothing */
	const char *signature; /* a file that has it */
	struct digest pin; /* the first root; DIGEST_NONE: as line.json has it */
	EVP_PKEY *loaded; /* borrowed, for who signs twice; NULL: loaded for each */
};

enum signing_option {
	SIGNING_KEY = 512,
	SIGNING_KEY_NAME,
	SIGNING_PRINT,
	SIGNING_SIGNATURE,
	SIGNING_ROOT,
};

/* clang-format off */
#define SIGNING_OPTIONS                                                                            \
	{ "key", required_argument, NULL, SIGNING_KEY },                                           \
	{ "key-name", required_argument, NULL, SIGNING_KEY_NAME },                                 \
	{ "print-pae", no_argument, NULL, SIGNING_PRINT },                                         \
	{ "signature", required_argument, NULL, SIGNING_SIGNATURE },                               \
	{ "root", required_argument, NULL, SIGNING_ROOT }
/* clang-format on */

#define SIGNING_HELP                                                                               \
	"  --print-pae      print what has to be signed, byte for byte, and sign nothing:\n"       \
	"                   openssl pkeyutl -sign -rawin -inkey K -in PAE -out SIG (Ed25519),\n"   \
	"                   openssl dgst -sha256 -sign K -out SIG PAE (P-256)\n"                   \
	"  --signature SIG  take the signature that was made so\n"                                 \
	"  --root SHA256    the first root [the one that 'init' made, by DIR/line.json]\n"

/* False: the option is none of these. */
bool signing_take(struct signing *signing, int option, const char *value);

/* A document from its making to its signature. Between --print-pae and --signature it
 * is kept, since it holds a time. */
struct signing_draft {
	enum document_kind kind; /* nothing else is signed, whoever wrote it there */
	const char *path; /* below DIR */
	enum status (*make)(void *self, struct bytes *payload);
	void *self;
};

/* The document as it will be signed: made, or the one that was kept. With --print-pae
 * it is kept, and printed; that is all there is to do then. */
enum status signing_payload(const struct release_line *line, const struct signing *signing,
			    const struct signing_draft *draft, struct bytes *out);
/* A statement of this kind, and one that verifiers would read? Says what it is not. */
enum status signing_check(enum document_kind kind, const char *path, struct span payload);
/* What it says, member by member, as JSON: nothing in it reaches a terminal as it is. It was
 * checked, so that its members are known names. With --print-pae to standard error, since what is to be signed has the output to itself. */
enum status signing_show(const struct signing *signing, struct span payload);
/* Whoever sits at a terminal is asked once all was shown, and says no by anything but
 * "yes". True without one: who wrote the command knew what it signs. */
bool signing_agreed(const struct signing *signing);
/* It has its signature: what was kept goes. */
void signing_forget(const struct release_line *line, const struct signing *signing,
		    const struct signing_draft *draft);

/* An envelope's text, by a key with the role that one of the roots has, which are tried in
 * their order. A signature that is not that key's, or of a key without the role, is
 * refused here and not by verifiers later. */
enum status signing_make(const struct release_line *line, const struct signing *signing,
			 const struct root *const roots[], size_t root_count, struct span payload,
			 struct bytes *envelope);
/* The envelope at path, by a key of the newest root. */
enum status signing_envelope(const struct release_line *line, const struct signing *signing,
			     struct span payload, const char *path);
/* The same, behind those that a folder has. */
enum status signing_envelope_in(const struct release_line *line, const struct signing *signing,
				struct span payload, const char *folder);
/* One more signature of the payload, in the release's folder FOLDER/SHA256. *digest is
 * the payload's. */
enum status signing_add(const struct release_line *line, const struct signing *signing,
			const char *folder, struct span payload, struct sha256_text *digest);
/* What has to be signed, to standard output, where the newest root gives the key the role:
 * whoever holds the key elsewhere sees these bytes alone. */
enum status signing_print(const struct release_line *line, const struct signing *signing,
			  struct span payload);
/* The same by one of several roots. */
enum status signing_print_by(const struct signing *signing, const struct root *const roots[],
			     size_t root_count, struct span payload);

#endif
