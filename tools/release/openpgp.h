/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_OPENPGP_H
#define TOOLS_RELEASE_OPENPGP_H

#include "base/bytes.h"
#include "policies/trust/vendor.h"

/*
 * OpenPGP signatures, verified by gpgv: Debian's own verifier of archives, with the keys of
 * one keyring and no trust in anything else. The document goes through this program on
 * its way to gpgv, so that what is taken is what was verified.
 */
struct openpgp_document {
	const char *path;
	const char *keyring; /* binary, as gpgv reads them */
	const char *signature; /* detached; NULL: the document is signed in the clear */
	/* Gets the document's bytes as they pass; of one that is signed in the clear use *text. */
	enum status (*pass)(void *self, struct span block);
	void *self;
};

/*
 * OK: signed, at a time when the key was good, with SHA-256 or better, by a primary key with
 * one of the vendor's fingerprints; *text is what a document that is signed in the clear
 * says, and empty else. Says what is wrong.
 */
enum status openpgp_verify(const struct openpgp_document *document, const struct vendor *vendor,
			   struct bytes *text);

#endif
