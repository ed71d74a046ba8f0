/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/svid_profile.h"

#include <string.h>

#include "attestd/svid_names.h"
#include "base/writer.h"

#define TBS_MAX 8192
#define CERTIFICATE_MAX (TBS_MAX + 512)
/* CA/Browser Forum's 64 bits; X.509 allows 20 bytes. */
#define SERIAL_MIN 8
#define SERIAL_MAX 20

/* AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, 3.2). */
static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
					0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

#define DER_SEQUENCE 0x30
#define DER_BIT_STRING 0x03

/* Tag and definite length of content below 64 KiB (X.690, 8.1.3). */
static void put_der_head(struct writer *w, uint8_t tag, size_t len)
{
	writer_u8(w, tag);
	if (len > UINT16_MAX) {
		writer_fail(w, STATUS_TOO_LARGE);
	} else if (len > UINT8_MAX) {
		writer_u8(w, 0x82);
		writer_be16(w, (uint16_t)len);
	} else if (len > 0x7f) {
		writer_u8(w, 0x81);
		writer_u8(w, (uint8_t)len);
	} else {
		writer_u8(w, (uint8_t)len);
	}
}

enum status svid_assemble(struct span tbs, struct span signature, struct bytes *certificate)
{
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(bytes) whole = { 0 };
	struct writer w = writer_to(&body, CERTIFICATE_MAX);

	writer_put(&w, tbs);
	writer_put(&w, (struct span){ .data = ecdsa_sha256, .len = sizeof(ecdsa_sha256) });
	put_der_head(&w, DER_BIT_STRING, signature.len + 1);
	writer_u8(&w, 0);
	writer_put(&w, signature);

	enum status status = writer_end(&w);

	if (status != OK)
		return status;
	w = writer_to(&whole, CERTIFICATE_MAX);
	put_der_head(&w, DER_SEQUENCE, body.len);
	writer_put(&w, span_of(&body));
	status = writer_end(&w);
	if (status == OK) {
		*certificate = whole;
		whole = (struct bytes){ 0 };
	}
	return status;
}

const char *svid_refusal_name(enum svid_refusal refusal)
{
	static const char *const names[] = {
		[SVID_ACCEPTED] = "accepted",
		[SVID_MALFORMED] = "encoding",
		[SVID_BAD_VERSION] = "version",
		[SVID_BAD_SERIAL] = "serial number",
		[SVID_BAD_ALGORITHM] = "signature algorithm",
		[SVID_BAD_ISSUER] = "issuer",
		[SVID_BAD_VALIDITY] = "validity",
		[SVID_BAD_SUBJECT] = "subject",
		[SVID_BAD_KEY] = "public key",
		[SVID_BAD_EXTENSIONS] = "extensions",
		[SVID_BAD_BASIC_CONSTRAINTS] = "basic constraints",
		[SVID_BAD_KEY_USAGE] = "key usage",
		[SVID_BAD_EXTENDED_KEY_USAGE] = "extended key usage",
		[SVID_BAD_AUTHORITY_KEY_ID] = "authority key identifier",
		[SVID_BAD_NAME] = "subject alternative name",
		[SVID_NOT_ENTITLED] = "entitlements",
	};

	return (size_t)refusal < sizeof(names) / sizeof(*names) ? names[refusal] : "unknown";
}

/* One spelling: what OpenSSL would write for what it read is what was given. */
static bool is_canonical(X509 *x, struct span tbs)
{
	uint8_t *again = NULL;
	int len = i2d_re_X509_tbs(x, &again);
	bool is_same =
		len > 0 && span_equal(tbs, (struct span){ .data = again, .len = (size_t)len });

	OPENSSL_free(again);
	return is_same;
}

static X509 *parse_tbs(struct span tbs)
{
	static const uint8_t no_signature[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };
	AUTO_DONE(bytes) whole = { 0 };

	if (tbs.len == 0 || tbs.len > TBS_MAX ||
	    svid_assemble(tbs, (struct span){ .data = no_signature, .len = sizeof(no_signature) },
			  &whole) != OK)
		return NULL;

	const uint8_t *p = whole.data;
	X509 *x = d2i_X509(NULL, &p, (long)whole.len);

	/* The caller's bytes must be the whole first member: a shorter one that
	 * brings a member of its own fails the comparison. */
	if (x != NULL && (p != whole.data + whole.len || !is_canonical(x, tbs))) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static bool is_serial_good(const X509 *x)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);

	return ASN1_STRING_type(serial) == V_ASN1_INTEGER &&
	       ASN1_STRING_length(serial) >= SERIAL_MIN && ASN1_STRING_length(serial) <= SERIAL_MAX;
}

static bool is_algorithm_good(const X509 *x)
{
	const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(x);
	uint8_t *der = NULL;
	int len = i2d_X509_ALGOR(algorithm, &der);
	bool is_good = len == (int)sizeof(ecdsa_sha256) && der != NULL &&
		       memcmp(der, ecdsa_sha256, sizeof(ecdsa_sha256)) == 0;

	OPENSSL_free(der);
	return is_good;
}

/* *out: seconds from the epoch. Written as RFC 5280, 4.1.2.5 wants it: some
 * validators read offsets and years of four digits otherwise, or not at all. */
static bool unix_time(const ASN1_TIME *time, int64_t *out)
{
	struct tm tm;

	/* No leap seconds, no local zone: ASN1_TIME_to_tm() is UTC. */
	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;

	int64_t seconds = (int64_t)timegm(&tm);
	ASN1_TIME *again = ASN1_TIME_set(NULL, (time_t)seconds);
	bool is_same = again != NULL && ASN1_STRING_cmp(again, time) == 0;

	ASN1_TIME_free(again);
	if (is_same)
		*out = seconds;
	return is_same;
}

/* Byte by byte: X509_NAME_cmp() takes "Node" for "node", which others don't. */
static bool is_issuer_good(const X509 *x, const struct grant *grant)
{
	struct span mine = { 0 }, wanted = { 0 };

	return X509_NAME_get0_der(X509_get_issuer_name(x), &mine.data, &mine.len) == 1 &&
	       X509_NAME_get0_der(X509_get_subject_name(grant->certificate), &wanted.data,
				  &wanted.len) == 1 &&
	       span_equal(mine, wanted);
}

/* No entry, and no empty set of entries either. */
static bool is_subject_empty(const X509 *x)
{
	static const uint8_t empty[] = { DER_SEQUENCE, 0 };
	struct span name = { 0 };

	return X509_NAME_get0_der(X509_get_subject_name(x), &name.data, &name.len) == 1 &&
	       span_equal(name, (struct span){ .data = empty, .len = sizeof(empty) });
}

static bool is_validity_good(const X509 *x, const struct grant *grant, int64_t now)
{
	int64_t from = 0, until = 0, ca_from = 0, ca_until = 0;

	if (!unix_time(X509_get0_notBefore(x), &from) || !unix_time(X509_get0_notAfter(x), &until))
		return false;
	if (!unix_time(X509_get0_notBefore(grant->certificate), &ca_from) ||
	    !unix_time(X509_get0_notAfter(grant->certificate), &ca_until))
		return false;
	/* Never beyond the right, whatever the grant's certificate says. */
	return from < until && from >= now - SVID_BACKDATE_S && from >= ca_from && until > now &&
	       until <= grant->verdict.expires && until <= ca_until;
}

/* A named curve and an uncompressed point, in the one spelling (RFC 5480, 2.1.1
 * and 2.2): a curve spelt out in parameters could be one of the asker's own. */
static bool is_key_named(X509 *x)
{
	static const uint8_t p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
					0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
					0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	bool is_named = len == (int)sizeof(p256) + 64 && memcmp(der, p256, sizeof(p256)) == 0;

	OPENSSL_free(der);
	return is_named;
}

static bool is_key_good(X509 *x, const struct grant *grant)
{
	/* NULL as well for a point that is not on the curve. */
	EVP_PKEY *key = X509_get0_pubkey(x);
	EVP_PKEY *minting = X509_get0_pubkey(grant->certificate);

	return key != NULL && minting != NULL && is_key_named(x) && EVP_PKEY_eq(key, minting) != 1;
}

/* Written again, its value is the same: OpenSSL reads over what follows the
 * value inside its OCTET STRING, and another validator may not. */
static bool is_extension_canonical(X509_EXTENSION *extension, int nid)
{
	void *value = X509V3_EXT_d2i(extension);
	X509_EXTENSION *again =
		value == NULL ? NULL
			      : X509V3_EXT_i2d(nid, X509_EXTENSION_get_critical(extension), value);
	bool is_same = again != NULL && ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(extension),
							      X509_EXTENSION_get_data(again)) == 0;

	if (value != NULL)
		ASN1_item_free(value, ASN1_ITEM_ptr(X509V3_EXT_get(extension)->it));
	X509_EXTENSION_free(again);
	return is_same;
}

/* Exactly these, each once, each critical or not as it has to be. */
static bool are_extensions_good(const X509 *x)
{
	static const struct {
		int nid;
		int is_critical;
	} wanted[] = { { NID_basic_constraints, 1 },
		       { NID_key_usage, 1 },
		       { NID_ext_key_usage, 0 },
		       { NID_authority_key_identifier, 0 },
		       /* Since Subject is empty (RFC 5280, 4.2.1.6). */
		       { NID_subject_alt_name, 1 } };
	const size_t count = sizeof(wanted) / sizeof(*wanted);

	if (X509_get_ext_count(x) != (int)count)
		return false;
	for (size_t i = 0; i < count; i++) {
		int at = X509_get_ext_by_NID(x, wanted[i].nid, -1);
		X509_EXTENSION *extension = at < 0 ? NULL : X509_get_ext(x, at);

		if (extension == NULL ||
		    X509_EXTENSION_get_critical(extension) != wanted[i].is_critical ||
		    !is_extension_canonical(extension, wanted[i].nid))
			return false;
	}
	return true;
}

static bool is_leaf(const X509 *x)
{
	BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
	bool is_good = bc != NULL && bc->ca == 0 && bc->pathlen == NULL;

	BASIC_CONSTRAINTS_free(bc);
	return is_good;
}

static bool is_key_usage_good(X509 *x)
{
	return X509_get_key_usage(x) == KU_DIGITAL_SIGNATURE;
}

/* serverAuth and clientAuth, each once. */
static bool is_extended_usage_good(const X509 *x)
{
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool has_server = false;
	bool has_client = false;
	bool is_good = usage != NULL && sk_ASN1_OBJECT_num(usage) == 2;

	for (int i = 0; is_good && i < 2; i++) {
		int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, i));

		has_server = has_server || nid == NID_server_auth;
		has_client = has_client || nid == NID_client_auth;
	}
	EXTENDED_KEY_USAGE_free(usage);
	return is_good && has_server && has_client;
}

static bool is_authority_good(const X509 *x, X509 *issuer)
{
	AUTHORITY_KEYID *id = X509_get_ext_d2i(x, NID_authority_key_identifier, NULL, NULL);
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
	bool is_good = id != NULL && ski != NULL && id->keyid != NULL && id->issuer == NULL &&
		       id->serial == NULL && ASN1_OCTET_STRING_cmp(id->keyid, ski) == 0;

	AUTHORITY_KEYID_free(id);
	return is_good;
}

/* Names of URIs only, as svid_names.h has them: an empty one or one with a space in it
 * would be other names there. */
static enum status join_uris(const GENERAL_NAMES *names, struct bytes *out)
{
	enum status status = OK;
	int count = sk_GENERAL_NAME_num(names);

	for (int i = 0; i < count && status == OK; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_URI)
			return STATUS_MALFORMED;

		const ASN1_IA5STRING *uri = name->d.uniformResourceIdentifier;
		struct span text = { .data = ASN1_STRING_get0_data(uri),
				     .len = (size_t)ASN1_STRING_length(uri) };

		if (text.len == 0 || memchr(text.data, ' ', text.len) != NULL)
			return STATUS_MALFORMED;
		if (i > 0)
			status = bytes_append(out, span_text(" "));
		if (status == OK)
			status = bytes_append(out, text);
	}
	return status;
}

static enum status copy_names(const X509 *x, struct bytes *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	enum status status = names == NULL ? STATUS_MALFORMED : join_uris(names, out);

	GENERAL_NAMES_free(names);
	return status;
}

static enum svid_refusal check_name(const X509 *x, const struct grant *grant)
{
	AUTO_DONE(bytes) uris = { 0 };

	if (copy_names(x, &uris) != OK || !svid_names_are_valid(span_of(&uris)))
		return SVID_BAD_NAME;
	return svid_names_are_entitled(grant, span_of(&uris)) ? SVID_ACCEPTED : SVID_NOT_ENTITLED;
}

static enum svid_refusal check_fields(X509 *x, const struct grant *grant, int64_t now)
{
	const ASN1_BIT_STRING *issuer_uid = NULL;
	const ASN1_BIT_STRING *subject_uid = NULL;

	X509_get0_uids(x, &issuer_uid, &subject_uid);
	if (X509_get_version(x) != X509_VERSION_3 || issuer_uid != NULL || subject_uid != NULL)
		return SVID_BAD_VERSION;
	if (!is_serial_good(x))
		return SVID_BAD_SERIAL;
	if (!is_algorithm_good(x))
		return SVID_BAD_ALGORITHM;
	if (!is_issuer_good(x, grant))
		return SVID_BAD_ISSUER;
	if (!is_validity_good(x, grant, now))
		return SVID_BAD_VALIDITY;
	if (!is_subject_empty(x))
		return SVID_BAD_SUBJECT;
	return is_key_good(x, grant) ? SVID_ACCEPTED : SVID_BAD_KEY;
}

static enum svid_refusal check_extensions(X509 *x, const struct grant *grant)
{
	if (!are_extensions_good(x))
		return SVID_BAD_EXTENSIONS;
	if (!is_leaf(x))
		return SVID_BAD_BASIC_CONSTRAINTS;
	if (!is_key_usage_good(x))
		return SVID_BAD_KEY_USAGE;
	if (!is_extended_usage_good(x))
		return SVID_BAD_EXTENDED_KEY_USAGE;
	if (!is_authority_good(x, grant->certificate))
		return SVID_BAD_AUTHORITY_KEY_ID;
	return check_name(x, grant);
}

enum status svid_profile_check(struct span tbs, const struct grant *grant, int64_t now,
			       enum svid_refusal *refusal)
{
	AUTO(X509) x = parse_tbs(tbs);

	if (x == NULL) {
		*refusal = SVID_MALFORMED;
		return OK;
	}

	enum svid_refusal found = check_fields(x, grant, now);

	*refusal = found == SVID_ACCEPTED ? check_extensions(x, grant) : found;
	return OK;
}

enum status svid_profile_names(struct span tbs, struct bytes *out)
{
	AUTO(X509) x = parse_tbs(tbs);

	return x == NULL ? STATUS_MALFORMED : copy_names(x, out);
}
