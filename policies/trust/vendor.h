/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRUST_VENDOR_H
#define POLICIES_TRUST_VENDOR_H

#include "base/auto_openssl.h"
#include "messages/strict_json.h"
#include "policies/envelope/signing_key.h"
#include "policies/reference/layer.h"
#include "policies/reference/reference.h"

/*
 * Who delivers components that are not built here: a root names each vendor with the
 * keys that sign what it delivers and with an owner in the house, who answers for it.
 * What is signed is an artifact, by the digest of its bytes: a signature by `openssl
 * dgst -sha256 -sign` or `cosign sign-blob`, ECDSA over P-256 in DER.
 */
#define VENDOR_KEYS_MAX 4
#define VENDOR_OPENPGP_MAX 8

struct vendor {
	struct span name;
	size_t key_count;
	struct vendor_key {
		EVP_PKEY *key;
		struct digest spki; /* what a revocation names */
	} key[VENDOR_KEYS_MAX];
	/* Primary keys' fingerprints that the vendor signs by in OpenPGP, upper case: what
	 * `release import` goes by, whose own signature is with one of the keys. */
	size_t openpgp_count;
	struct span openpgp[VENDOR_OPENPGP_MAX];
	struct layer_owner owner;
};

/* 40 or 64 hexadecimal digits, upper case: version 4 and version 5 keys. */
bool openpgp_fingerprint_is_valid(struct span text);

struct vendors {
	size_t count;
	struct vendor vendor[VENDORS_MAX];
};

/* What a manifest says of a set whose files a vendor delivered. */
struct vendor_origin {
	struct span vendor; /* its name */
	struct digest artifact;
	size_t signature_len;
	uint8_t signature[DSSE_SIGNATURE_MAX];
};

/* The member "vendors" of a root, where it has one. Spans borrow from it. */
void vendors_read(struct strict_cursor *root, struct vendors *out);
void vendors_done(struct vendors *vendors);
/* The member "vendor" of a set. */
void vendor_origin_read(struct strict_cursor *set, struct vendor_origin *out);

/* NULL where the root has no such vendor; *index is its place. */
const struct vendor *vendor_named(const struct vendors *vendors, struct span name, size_t *index);
/* Which of the vendor's keys signed the artifact: STATUS_MISMATCH where none did. */
enum status vendor_verify(const struct vendor *vendor, const struct vendor_origin *origin,
			  const struct vendor_key **key);

#endif
