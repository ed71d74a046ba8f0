/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_GRANT_TEMPLATE_H
#define VERIFIER_SIGNER_GRANT_TEMPLATE_H

#include "base/digest.h"
#include "verifier/signer/signing_key.h"

/*
 * Grants of one authority differ in a few fields of fixed length and nowhere else. A
 * certificate is made once, by OpenSSL; each grant is a copy of its TBSCertificate
 * with these fields filled in, and a signature. Encoding it anew each time costs
 * more than signing it.
 */
#define GRANT_SERIAL_SIZE 16
#define GRANT_SUBJECT_SIZE 37 /* "node-" and 32 hex digits */
#define GRANT_POINT_SIZE 65
#define GRANT_KEY_ID_SIZE 20
#define GRANT_TIME_SIZE 13 /* UTCTime, YYMMDDHHMMSSZ */
/* The first moment that UTCTime can't name (RFC 5280, 4.1.2.5.1). */
#define GRANT_UTC_END 2524608000

struct grant_fields {
	uint8_t serial[GRANT_SERIAL_SIZE]; /* positive, without leading zeros */
	char subject[GRANT_SUBJECT_SIZE + 1];
	uint8_t point[GRANT_POINT_SIZE]; /* of the key, uncompressed */
	int64_t not_before, not_after; /* from 1970 to GRANT_UTC_END */
};

struct grant_template {
	struct bytes tbs, algorithm; /* DER */
	struct hasher sha1; /* for the key ids */
	size_t serial, subject, point, key_id, not_before, not_after; /* offsets in tbs */
};

/* certificate: signed, made with these fields. STATUS_UNSUPPORTED unless each of them
 * stands in it exactly once. */
enum status grant_template_init(X509 *certificate, const struct grant_fields *fields,
				struct grant_template *out);
void grant_template_done(struct grant_template *t);
/* Appends a certificate with other fields, signed by key with SHA-256, in DER. */
enum status grant_template_issue(const struct grant_template *t, const struct grant_fields *fields,
				 const struct signing_key *key, struct bytes *out);

#endif
