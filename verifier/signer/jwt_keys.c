/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/jwt_keys.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "verifier/signer/key_files.h"

#define COORDINATE_SIZE 32

void jwt_signer_done(struct jwt_signer *s)
{
	signing_key_done(&s->signer);
	for (size_t i = 0; i < JWT_KEYS_MAX; i++) {
		EVP_PKEY_free(s->keys[i]);
		bytes_done(&s->kids[i]);
		bytes_done(&s->spkis[i]);
	}
	*s = (struct jwt_signer){ 0 };
}

static enum status append_coordinate(EVP_PKEY *key, const char *param, struct bytes *out)
{
	AUTO(BIGNUM) number = NULL;
	uint8_t raw[COORDINATE_SIZE];

	if (EVP_PKEY_get_bn_param(key, param, &number) != 1 ||
	    BN_bn2binpad(number, raw, COORDINATE_SIZE) != COORDINATE_SIZE)
		return STATUS_UNSUPPORTED;
	return base64url_append(out, (struct span){ raw, COORDINATE_SIZE });
}

/* RFC 7638, 3: what anybody can compute from the key itself. */
static enum status make_kid(EVP_PKEY *key, struct bytes *kid)
{
	AUTO_DONE(bytes) jwk = { 0 };
	struct digest digest;
	enum status status =
		bytes_append(&jwk, span_text("{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\""));

	if (status == OK)
		status = append_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, &jwk);
	if (status == OK)
		status = bytes_append(&jwk, span_text("\",\"y\":\""));
	if (status == OK)
		status = append_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, &jwk);
	if (status == OK)
		status = bytes_append(&jwk, span_text("\"}"));
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&jwk), &digest);
	if (status != OK)
		return status;
	return base64url_append(kid, digest_span(&digest));
}

static enum status make_spki(EVP_PKEY *key, struct bytes *spki)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (len <= 0)
		return STATUS_UNSUPPORTED;

	enum status status = bytes_copy((struct span){ der, (size_t)len }, spki);

	OPENSSL_free(der);
	return status;
}

static enum status load_key(const char *place, bool may_be_public, EVP_PKEY **out)
{
	enum status status = key_load_private(place, out);

	if (status != OK && may_be_public && key_load_public(place, out) == OK)
		status = OK;
	if (status == OK && !key_is_p256(*out))
		status = STATUS_UNSUPPORTED;
	return status;
}

/* Takes the key over, whatever becomes of it. */
static enum status add_key(struct jwt_signer *s, EVP_PKEY *key)
{
	size_t i = s->count;

	if (jwt_signer_has(s, key)) {
		EVP_PKEY_free(key);
		return STATUS_MISMATCH;
	}
	s->keys[i] = key;

	enum status status = make_kid(key, &s->kids[i]);

	if (status == OK)
		status = make_spki(key, &s->spkis[i]);
	if (status == OK && i == 0)
		status = signing_key_init(key, &s->signer);
	s->count += status == OK;
	return status;
}

enum status jwt_signer_load(const char *places, struct jwt_signer *out, const char **fault)
{
	AUTO_DONE(jwt_signer) s = { 0 };
	struct span rest = span_text(places);
	struct span word;

	while (text_next_word(&rest, ' ', &word)) {
		AUTO(char) place = NULL;
		EVP_PKEY *key = NULL;
		enum status status =
			s.count == JWT_KEYS_MAX ? STATUS_TOO_LARGE : bytes_text(word, &place);

		*fault = (const char *)word.data;
		if (status == OK)
			status = load_key(place, s.count > 0, &key);
		if (status != OK)
			EVP_PKEY_free(key);
		else
			status = add_key(&s, key);
		if (status != OK)
			return status;
	}
	*out = s;
	s = (struct jwt_signer){ 0 };
	return OK;
}

bool jwt_signer_has(const struct jwt_signer *s, const EVP_PKEY *key)
{
	for (size_t i = 0; i < s->count; i++)
		if (EVP_PKEY_eq(s->keys[i], key) == 1)
			return true;
	return false;
}
