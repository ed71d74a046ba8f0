/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_KEY_FILES_H
#define TESTS_KEY_FILES_H

#include "scratch.h"
#include "verifier/signer/keys.h"

#define DAY 86400

/* A verifier's keys in files, to be spoiled one at a time. unit.h comes first. */
struct key_files {
	char directory[SCRATCH_MAX];
	char ca_key[128], ca[128], result[128], mac[128], act[128], other_act[128];
	EVP_PKEY *root_key, *issuer_key;
	bool has_two_domains; /* of one CA */
};

/* What a certificate says. */
struct certificate_wanted {
	const char *constraints, *usage; /* NULL: none */
	long from, until; /* days from now */
};

extern const struct certificate_wanted key_files_root, key_files_issuer;

void key_files_private(const char *path, EVP_PKEY *key, const char *passphrase);
void key_files_public(const char *path, EVP_PKEY *key);
X509 *key_files_certificate(const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *by,
			    const struct certificate_wanted *wanted);
void key_files_chain(const struct key_files *f, X509 *issuer, X509 *root);
void key_files_issued(const struct key_files *f, const struct certificate_wanted *issuer,
		      const struct certificate_wanted *root);
void key_files_init(struct key_files *f);
void key_files_done(struct key_files *f);

#endif
