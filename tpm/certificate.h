/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_CERTIFICATE_H
#define TPM_CERTIFICATE_H

#include "base/auto_openssl.h"
#include "base/bytes.h"

/* What a CA signs: SEQUENCE { to be signed, algorithm, signature }. */
struct signed_der {
	struct span tbs;
	struct span algorithm; /* AlgorithmIdentifier */
	struct span signature;
};

/* RFC 5280, 4.1.2.2 says 20; the field has a few more. */
#define CERTIFICATE_SERIAL_MAX 64

/* KeyUsage, RFC 5280, 4.2.1.3: bit n as 1 << n. */
enum key_usage {
	KEY_USAGE_ENCIPHERMENT = 1 << 2,
	KEY_USAGE_AGREEMENT = 1 << 4,
	KEY_USAGE_CERT_SIGN = 1 << 5,
};

/* The extensions that a path is decided by. Spans are empty where absent. */
struct certificate_extensions {
	bool is_ca;
	bool has_path_limit;
	uint64_t path_limit;
	bool has_key_usage;
	unsigned key_usage; /* enum key_usage */
	bool has_extended_usage;
	struct span extended_usages; /* a run of OIDs */
	struct span alternative_names; /* a run of GeneralName */
	bool is_alternative_name_critical;
	struct span subject_key_id;
	struct span authority_key_id;
	bool has_unknown_critical;
};

/*
 * An X.509 version 3 certificate, RFC 5280, 4.1; spans borrow. Read here and
 * not by OpenSSL, which cannot decode all of what TPM makers sign.
 */
struct certificate {
	struct span der;
	struct signed_der body;
	struct span serial; /* as encoded */
	struct span issuer, subject; /* Name, tag and length included */
	int64_t not_before, not_after; /* unix seconds */
	struct span spki; /* tag and length included */
	struct certificate_extensions extensions;
};

enum status signed_der_parse(struct span der, struct signed_der *out);
enum status certificate_parse(struct span der, struct certificate *out);

/* Is the OID (content bytes) among the extended key usages? */
bool certificate_has_extended_usage(const struct certificate *c, struct span oid);

/* Names of makers have 200 bytes; decoding one costs a microsecond for each ten. */
#define NAME_DER_MAX 1024
/* For X509_NAME_cmp, which folds case and spaces (RFC 5280, 7.1). Caller frees;
 * NULL for what is no Name or longer than NAME_DER_MAX. */
X509_NAME *name_decode(struct span name);
/* RFC 2253 in printable ASCII, cut to size; STATUS_MALFORMED for no Name. */
enum status name_text(struct span name, char *out, size_t size);
/* The value of an attribute (OID's content bytes) in a Name, what is no printable
 * ASCII as '?'; STATUS_NOT_FOUND, STATUS_TOO_LARGE. */
enum status name_attribute(struct span name, struct span oid, char *out, size_t size);

/* The key of a SubjectPublicKeyInfo: RSA (also marked id-RSAES-OAEP or
 * id-RSASSA-PSS), P-256, P-384, P-521. STATUS_UNSUPPORTED for others and for
 * keys that are too weak. Caller frees. */
enum status spki_key(struct span spki, EVP_PKEY **out, bool *is_oaep);

/*
 * Did this key sign it? Closed list: RSA PKCS#1 v1.5, RSA-PSS, ECDSA with SHA-2
 * of 256 bits and more; SHA-1 (not in PSS) is told in is_sha1 for the caller to
 * decide.
 * STATUS_MISMATCH: no; STATUS_UNSUPPORTED: not on the list.
 */
enum status signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1);

#endif
