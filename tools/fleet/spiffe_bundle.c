/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/spiffe_bundle.h"

#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "messages/json_tree.h"
#include "messages/limits.h"
#include "messages/spiffe_id.h"

#define NUMBER_MAX 1024 /* bytes */
#define RSA_BITS_MIN 2048
#define POINT_MAX (1 + 2 * 66)

static const struct json_value *member(const struct json_value *object, const char *name)
{
	const struct json_value *value = json_first(object);

	if (object->kind != JSON_KIND_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->count; i++, value = json_next(value))
		if (span_equal(value->name, span_text(name)))
			return value;
	return NULL;
}

/* Empty where it is missing or no text. */
static struct span text_of(const struct json_value *object, const char *name)
{
	const struct json_value *value = member(object, name);

	return value != NULL && value->kind == JSON_KIND_TEXT ? value->text : (struct span){ 0 };
}

static enum status key_from(const char *type, OSSL_PARAM_BLD *build, struct bytes *spki)
{
	AUTO(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(build);
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	AUTO(EVP_PKEY) key = NULL;
	uint8_t *der = NULL;

	if (params == NULL || ctx == NULL)
		return STATUS_NO_MEMORY;
	/* A point that is not on its curve fails here. */
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return STATUS_MALFORMED;

	int len = i2d_PUBKEY(key, &der);
	enum status status =
		len > 0 ? bytes_copy((struct span){ der, (size_t)len }, spki) : STATUS_NO_MEMORY;

	OPENSSL_free(der);
	return status;
}

static enum status ec_key(const struct json_value *jwk, struct bytes *spki)
{
	static const struct {
		const char *name;
		size_t size;
	} curves[] = { { "P-256", 32 }, { "P-384", 48 }, { "P-521", 66 } };
	AUTO(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	AUTO_DONE(bytes) x = { 0 };
	AUTO_DONE(bytes) y = { 0 };
	AUTO_DONE(bytes) point = { 0 };
	size_t i = 0;

	while (i < 3 && !span_equal(text_of(jwk, "crv"), span_text(curves[i].name)))
		i++;
	if (build == NULL)
		return STATUS_NO_MEMORY;
	if (i == 3 || base64url_decode(text_of(jwk, "x"), POINT_MAX, &x) != OK ||
	    base64url_decode(text_of(jwk, "y"), POINT_MAX, &y) != OK || x.len != curves[i].size ||
	    y.len != curves[i].size)
		return STATUS_MALFORMED;

	enum status status = bytes_append(&point, (struct span){ (const uint8_t *)"\x04", 1 });

	if (status == OK)
		status = bytes_append(&point, span_of(&x));
	if (status == OK)
		status = bytes_append(&point, span_of(&y));
	if (status != OK)
		return status;
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curves[i].name, 0) !=
		    1 ||
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data,
					     point.len) != 1)
		return STATUS_NO_MEMORY;
	return key_from("EC", build, spki);
}

static enum status rsa_key(const struct json_value *jwk, struct bytes *spki)
{
	AUTO(OSSL_PARAM_BLD) build = OSSL_PARAM_BLD_new();
	AUTO_DONE(bytes) modulus = { 0 };
	AUTO_DONE(bytes) exponent = { 0 };

	if (base64url_decode(text_of(jwk, "n"), NUMBER_MAX, &modulus) != OK ||
	    base64url_decode(text_of(jwk, "e"), NUMBER_MAX, &exponent) != OK)
		return STATUS_MALFORMED;

	AUTO(BIGNUM) n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
	AUTO(BIGNUM) e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);

	if (n == NULL || e == NULL || build == NULL)
		return STATUS_NO_MEMORY;
	if (BN_num_bits(n) < RSA_BITS_MIN || !BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e))
		return STATUS_MALFORMED;
	if (OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return STATUS_NO_MEMORY;
	return key_from("RSA", build, spki);
}

static enum status take_jwt_key(const struct json_value *jwk, struct trust_anchors *out,
				const char **fault)
{
	struct span kty = text_of(jwk, "kty");
	struct span kid = text_of(jwk, "kid");
	struct jwt_key *key = &out->jwt_keys[out->jwt_key_count];
	enum status status = STATUS_MALFORMED;

	*fault = "more JWT keys than are taken";
	if (out->jwt_key_count >= BUNDLE_JWT_KEYS_MAX)
		return STATUS_TOO_LARGE;
	*fault = "a JWT key's kid has to be of letters, digits, - and _, and at most 64 long";
	if (!kid_is_valid(kid))
		return STATUS_MALFORMED;
	out->jwt_key_count++;
	*fault = "a JWT key that is neither EC on P-256, P-384 or P-521 nor RSA of 2048 bits";
	if (span_equal(kty, span_text("EC")))
		status = ec_key(jwk, &key->spki);
	else if (span_equal(kty, span_text("RSA")))
		status = rsa_key(jwk, &key->spki);
	if (status == OK && key->spki.len > JWT_KEY_SPKI_MAX)
		status = STATUS_TOO_LARGE;
	return status == OK ? bytes_copy(kid, &key->kid) : status;
}

/* Whole, and a CA: a leaf there would be believed as if it were a root. */
static bool is_authority(struct span der)
{
	const uint8_t *at = der.data;
	AUTO(X509) x = d2i_X509(NULL, &at, (long)der.len);

	return x != NULL && at == der.data + der.len && X509_check_ca(x) == 1;
}

/* Names in subjectAltName that begin as SPIFFE IDs do are this trust domain's, if there
 * are any: another's roots, fetched under a wrong name, would be believed for it. */
static bool is_of(const char *trust_domain, struct span der)
{
	const uint8_t *at = der.data;
	AUTO(X509) x = d2i_X509(NULL, &at, (long)der.len);
	GENERAL_NAMES *names =
		x == NULL ? NULL : X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool is_of_it = x != NULL;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		int type = 0;
		const ASN1_STRING *text =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);
		struct span uri = { 0 };

		if (type == GEN_URI)
			uri = (struct span){ ASN1_STRING_get0_data(text),
					     (size_t)ASN1_STRING_length(text) };
		if (span_starts_with(uri, "spiffe://"))
			is_of_it = is_of_it &&
				   span_equal(spiffe_id_trust_domain(uri), span_text(trust_domain));
	}
	GENERAL_NAMES_free(names);
	return is_of_it;
}

static enum status take_root(const struct json_value *jwk, const char *trust_domain,
			     struct trust_anchors *out, const char **fault)
{
	const struct json_value *x5c = member(jwk, "x5c");
	struct bytes *certificate = &out->certificates[out->certificate_count];

	*fault = "more roots than are taken";
	if (out->certificate_count >= BUNDLE_CERTIFICATES_MAX)
		return STATUS_TOO_LARGE;
	*fault = "an X.509 key without exactly one certificate (x5c)";
	if (x5c == NULL || x5c->kind != JSON_KIND_ARRAY || x5c->count != 1 ||
	    json_first(x5c)->kind != JSON_KIND_TEXT)
		return STATUS_MALFORMED;
	out->certificate_count++;
	*fault = "a certificate in x5c that is no CA's, in base64";
	if (base64_decode(json_first(x5c)->text, CERTIFICATE_DER_MAX, certificate) != OK)
		return STATUS_MALFORMED;
	if (!is_authority(span_of(certificate)))
		return STATUS_MALFORMED;
	*fault = "a root of another trust domain, by its own SPIFFE ID";
	return is_of(trust_domain, span_of(certificate)) ? OK : STATUS_MALFORMED;
}

static enum status take_keys(const struct json_value *keys, const char *trust_domain,
			     struct trust_anchors *out, const char **fault)
{
	const struct json_value *jwk = json_first(keys);
	enum status status = OK;

	for (size_t i = 0; i < keys->count && status == OK; i++, jwk = json_next(jwk)) {
		struct span use = text_of(jwk, "use");

		if (span_equal(use, span_text("x509-svid")))
			status = take_root(jwk, trust_domain, out, fault);
		else if (span_equal(use, span_text("jwt-svid")))
			status = take_jwt_key(jwk, out, fault);
	}
	return status;
}

enum status spiffe_bundle_read(struct span json, const char *trust_domain, struct bundle *out,
			       const char **fault)
{
	AUTO_DONE(json_tree) tree = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	enum status status = json_tree_parse(json, &tree, fault);

	if (status != OK)
		return status;

	const struct json_value *keys = member(tree.values, "keys");
	const struct json_value *sequence = member(tree.values, "spiffe_sequence");

	*fault = "no JWK set";
	if (keys == NULL || keys->kind != JSON_KIND_ARRAY)
		return STATUS_MALFORMED;
	if (sequence != NULL && sequence->kind == JSON_KIND_INTEGER && sequence->integer > 0)
		bundle.sequence = (uint64_t)sequence->integer;
	status = take_keys(keys, trust_domain, &bundle.own, fault);
	if (status == OK)
		status = bytes_copy(span_text(trust_domain), &bundle.own.trust_domain);
	if (status != OK)
		return status;
	*fault = "no root of X.509-SVIDs, or two keys with one kid";
	status = bundle_write(&bundle, &text);
	if (status != OK)
		return status;
	*out = bundle;
	bundle = (struct bundle){ 0 };
	return OK;
}
