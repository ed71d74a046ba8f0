/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/jwt_svid.h"

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "messages/spiffe_id.h"
#include "messages/strict_json.h"

#define RSA_BITS_LEAST 2048
#define AUDIENCES_MOST 64
#define CLAIM_TEXT_MAX 4096
#define SIGNATURE_MOST 1024

void jwt_svid_done(struct jwt_svid *svid)
{
	bytes_done(&svid->spiffe_id);
	bytes_done(&svid->claims);
	*svid = (struct jwt_svid){ 0 };
}

/* RFC 7518, 3.1: those of JWT-SVID, 2.1. What is not here ("none", HS256) does not exist. */
static const struct algorithm {
	const char *name, *hash;
	const char *group; /* of an EC key; NULL: an RSA key */
	size_t coordinate;
	int padding;
} algorithms[] = {
	{ "ES256", "SHA256", "prime256v1", 32, 0 },
	{ "ES384", "SHA384", "secp384r1", 48, 0 },
	{ "ES512", "SHA512", "secp521r1", 66, 0 },
	{ "RS256", "SHA256", NULL, 0, RSA_PKCS1_PADDING },
	{ "RS384", "SHA384", NULL, 0, RSA_PKCS1_PADDING },
	{ "RS512", "SHA512", NULL, 0, RSA_PKCS1_PADDING },
	{ "PS256", "SHA256", NULL, 0, RSA_PKCS1_PSS_PADDING },
	{ "PS384", "SHA384", NULL, 0, RSA_PKCS1_PSS_PADDING },
	{ "PS512", "SHA512", NULL, 0, RSA_PKCS1_PSS_PADDING },
};

/* A token's three parts; nothing in them is believed before the signature was checked. */
struct parts {
	struct span signed_text; /* header.payload */
	struct bytes header, payload, signature;
};

static void parts_done(struct parts *parts)
{
	bytes_done(&parts->header);
	bytes_done(&parts->payload);
	bytes_done(&parts->signature);
}

AUTO_RELEASE(parts, parts_done);

static enum status split(struct span token, struct parts *out)
{
	struct span rest = token;
	struct span header, payload;

	if (token.len > JWT_SVID_MAX)
		return STATUS_TOO_LARGE;
	if (!text_next_word(&rest, '.', &header) || !text_next_word(&rest, '.', &payload) ||
	    header.len == 0 || payload.len == 0 || rest.len == 0)
		return STATUS_MALFORMED;

	enum status status = base64url_decode(header, JWT_SVID_MAX, &out->header);

	if (status == OK)
		status = base64url_decode(payload, JWT_SVID_MAX, &out->payload);
	if (status == OK)
		status = base64url_decode(rest, SIGNATURE_MOST, &out->signature);
	out->signed_text = (struct span){ token.data, header.len + 1 + payload.len };
	return status;
}

static const struct algorithm *algorithm_named(struct span name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (span_equal(name, span_text(algorithms[i].name)))
			return &algorithms[i];
	return NULL;
}

/* JWT-SVID, 2: alg, kid, typ and no other, so that no "jwk", "x5c" or "jku" brings a key
 * along and no "crit" is passed over. */
static enum status read_header(struct span json, const struct algorithm **algorithm,
			       struct bytes *kid)
{
	AUTO_DONE(strict_document) document = { 0 };
	enum status status = strict_document_parse(json, JWT_SVID_MAX, &document);

	if (status != OK)
		return status;

	struct strict_cursor root = strict_root(&document);
	struct span type = span_text("JWT");

	*algorithm = algorithm_named(strict_text(&root, "alg", 16));
	if (bytes_append(kid, strict_text_as(&root, "kid", KID_MAX, kid_is_valid)) != OK)
		return STATUS_NO_MEMORY;
	if (strict_has(&root, "typ"))
		type = strict_text(&root, "typ", 16);
	if (*algorithm == NULL ||
	    (!span_equal(type, span_text("JWT")) && !span_equal(type, span_text("JOSE"))))
		strict_fail(&root, NULL, STATUS_UNSUPPORTED, "bad-value");
	return strict_end(&root);
}

/* The key decides: one for another algorithm is none for this token. */
static bool fits(EVP_PKEY *key, const struct algorithm *algorithm)
{
	char group[32] = "";

	if (algorithm->group == NULL)
		return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= RSA_BITS_LEAST;
	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       span_equal(span_text(group), span_text(algorithm->group));
}

/* RFC 7518, 3.4: r || s of exactly the curve's size, as OpenSSL takes it. */
static enum status der_signature(struct span raw, size_t coordinate, struct bytes *out)
{
	AUTO(ECDSA_SIG) pair = ECDSA_SIG_new();
	uint8_t *der = NULL;

	if (raw.len != 2 * coordinate)
		return STATUS_MISMATCH;

	BIGNUM *r = BN_bin2bn(raw.data, (int)coordinate, NULL);
	BIGNUM *s = BN_bin2bn(raw.data + coordinate, (int)coordinate, NULL);

	if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return STATUS_NO_MEMORY;
	}

	int len = i2d_ECDSA_SIG(pair, &der);

	if (len <= 0)
		return STATUS_NO_MEMORY;

	enum status status = bytes_copy((struct span){ der, (size_t)len }, out);

	OPENSSL_free(der);
	return status;
}

static enum status check_signature(const struct parts *parts, const struct algorithm *algorithm,
				   EVP_PKEY *key)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	AUTO_DONE(bytes) der = { 0 };
	struct span signature = span_of(&parts->signature);
	EVP_PKEY_CTX *key_ctx = NULL;
	enum status status = OK;

	if (algorithm->group != NULL) {
		status = der_signature(signature, algorithm->coordinate, &der);
		signature = span_of(&der);
	}
	if (status != OK)
		return status;
	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit_ex(ctx, &key_ctx, algorithm->hash, NULL, NULL, key, NULL) != 1)
		return STATUS_UNSUPPORTED;
	if (algorithm->padding != 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(key_ctx, algorithm->padding) != 1)
		return STATUS_UNSUPPORTED;
	/* RFC 7518, 3.5: the salt is as long as the hash. */
	if (algorithm->padding == RSA_PKCS1_PSS_PADDING &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST) != 1)
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes. */
	return EVP_DigestVerify(ctx, signature.data, signature.len, parts->signed_text.data,
				parts->signed_text.len) == 1
		       ? OK
		       : STATUS_MISMATCH;
}

static enum status authenticate(const struct jwt_svid_question *q, const struct parts *parts)
{
	const struct algorithm *algorithm = NULL;
	AUTO_DONE(bytes) kid = { 0 };
	enum status status = read_header(span_of(&parts->header), &algorithm, &kid);

	if (status != OK)
		return status;
	for (size_t i = 0; i < q->key_count; i++) {
		if (!span_equal(span_of(&q->keys[i].kid), span_of(&kid)))
			continue;

		const uint8_t *at = q->keys[i].spki.data;
		AUTO(EVP_PKEY) key = d2i_PUBKEY(NULL, &at, (long)q->keys[i].spki.len);

		if (key == NULL || !fits(key, algorithm))
			return STATUS_MISMATCH;
		return check_signature(parts, algorithm, key);
	}
	return STATUS_MISMATCH;
}

/* RFC 7519, 4.1.3: a text, or a list of them. */
static bool has_audience(struct strict_cursor *root, const struct json_value *value,
			 struct span audience)
{
	bool is_there = false;

	if (value->kind == JSON_KIND_TEXT)
		return span_equal(strict_text(root, "aud", CLAIM_TEXT_MAX), audience);

	struct strict_cursor list = strict_array(root, "aud", AUDIENCES_MOST);

	for (size_t i = 0; i < strict_count(&list); i++)
		is_there |= span_equal(strict_element_text(&list, i, CLAIM_TEXT_MAX), audience);
	return is_there;
}

static const struct json_value *member(const struct strict_cursor *object, const char *name)
{
	const struct json_value *value = object->value == NULL ? NULL : json_first(object->value);

	for (size_t i = 0; object->value != NULL && i < object->value->count; i++) {
		if (span_equal(value->name, span_text(name)))
			return value;
		value = json_next(value);
	}
	return NULL;
}

static const char *check_times(struct strict_cursor *root, int64_t now, int64_t *expires)
{
	*expires = strict_int(root, "exp", 0, INT64_MAX);
	if (*expires <= now)
		return "it has expired";
	if (strict_has(root, "nbf") &&
	    strict_int(root, "nbf", 0, INT64_MAX) > now + JWT_SVID_SKEW_S)
		return "it is not valid yet";
	if (strict_has(root, "iat") &&
	    strict_int(root, "iat", 0, INT64_MAX) > now + JWT_SVID_SKEW_S)
		return "it was made in the future";
	return NULL;
}

/* Claims beside these are the caller's to read. */
static enum status check_claims(const struct jwt_svid_question *q, struct strict_document *document,
				struct jwt_svid *out, const char **fault)
{
	struct strict_cursor root = strict_root(document);
	const struct json_value *audience = member(&root, "aud");
	struct span subject = strict_text(&root, "sub", SPIFFE_ID_MAX);

	*fault = check_times(&root, q->now, &out->expires);
	if (audience == NULL || !has_audience(&root, audience, q->audience))
		*fault = "it is not for this audience";
	if (!spiffe_id_is_valid(subject) ||
	    !span_equal(spiffe_id_trust_domain(subject), q->trust_domain))
		*fault = "its subject is no SPIFFE ID of the trust domain whose key signed it";
	if (document->status != OK) {
		*fault = "a claim is missing or of another type";
		return document->status;
	}
	return *fault != NULL ? STATUS_DENIED : bytes_copy(subject, &out->spiffe_id);
}

enum status jwt_svid_verify(const struct jwt_svid_question *q, struct jwt_svid *out,
			    const char **fault)
{
	AUTO_DONE(parts) parts = { 0 };
	AUTO_DONE(jwt_svid) svid = { 0 };
	AUTO_DONE(strict_document) document = { 0 };
	enum status status = split(q->token, &parts);

	*fault = "it is no JWT-SVID";
	if (status == OK)
		status = authenticate(q, &parts);
	if (status == STATUS_MISMATCH)
		*fault = "it is not signed by a key of the trust domain";
	if (status == OK)
		status = strict_document_parse(span_of(&parts.payload), JWT_SVID_MAX, &document);
	if (status == OK)
		status = check_claims(q, &document, &svid, fault);
	if (status == OK)
		status = bytes_copy(span_of(&parts.payload), &svid.claims);
	if (status != OK)
		return status;
	*out = svid;
	svid = (struct jwt_svid){ 0 };
	return OK;
}

enum status jwt_svid_claimed_domain(struct span token, struct bytes *out)
{
	AUTO_DONE(parts) parts = { 0 };
	AUTO_DONE(strict_document) document = { 0 };
	enum status status = split(token, &parts);

	if (status == OK)
		status = strict_document_parse(span_of(&parts.payload), JWT_SVID_MAX, &document);
	if (status != OK)
		return status;

	struct strict_cursor root = strict_root(&document);
	struct span domain = spiffe_id_trust_domain(strict_text(&root, "sub", SPIFFE_ID_MAX));

	return domain.len > 0 ? bytes_copy(domain, out) : STATUS_MALFORMED;
}
