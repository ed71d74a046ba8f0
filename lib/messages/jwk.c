/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/jwk.h"

#include <openssl/core_names.h>
#include <openssl/x509.h>

#include "base/auto_openssl.h"
#include "base/text.h"

#define NUMBER_MAX 1024 /* bytes: RSA of 8192 bits */

/* size 0: as many bytes as it has. */
static enum status put_number(struct json_writer *w, const char *name, const EVP_PKEY *key,
			      const char *param, int size)
{
	AUTO(BIGNUM) number = NULL;
	AUTO_DONE(bytes) text = { 0 };
	uint8_t raw[NUMBER_MAX];

	if (EVP_PKEY_get_bn_param(key, param, &number) != 1)
		return STATUS_UNSUPPORTED;
	if (size == 0)
		size = BN_num_bytes(number);
	if (size > NUMBER_MAX || BN_bn2binpad(number, raw, size) != size)
		return STATUS_UNSUPPORTED;

	enum status status = base64url_append(&text, (struct span){ raw, (size_t)size });

	if (status == OK)
		json_text(w, name, span_of(&text));
	return status;
}

static const char *curve_of(EVP_PKEY *key)
{
	static const char *const curves[][2] = { { "prime256v1", "P-256" },
						 { "secp384r1", "P-384" },
						 { "secp521r1", "P-521" } };
	char group[32] = "";

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (span_equal(span_text(group), span_text(curves[i][0])))
			return curves[i][1];
	return NULL;
}

static enum status put_members(struct json_writer *w, EVP_PKEY *key)
{
	int size = key == NULL ? 0 : (EVP_PKEY_get_bits(key) + 7) / 8;
	enum status status = STATUS_UNSUPPORTED;

	if (key != NULL && EVP_PKEY_is_a(key, "RSA") == 1) {
		json_text(w, "kty", span_text("RSA"));
		status = put_number(w, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
		return status == OK ? put_number(w, "e", key, OSSL_PKEY_PARAM_RSA_E, 0) : status;
	}
	if (key == NULL || EVP_PKEY_is_a(key, "EC") != 1 || curve_of(key) == NULL)
		return status;
	json_text(w, "kty", span_text("EC"));
	json_text(w, "crv", span_text(curve_of(key)));
	status = put_number(w, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, size);
	return status == OK ? put_number(w, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, size) : status;
}

enum status jwk_put_key(struct json_writer *w, EVP_PKEY *key)
{
	enum status status = put_members(w, key);

	if (status != OK && w->status == OK)
		w->status = status;
	return status;
}

enum status jwk_put_jwt_key(struct json_writer *w, struct span kid, struct span spki)
{
	const uint8_t *at = spki.data;
	AUTO(EVP_PKEY) key = d2i_PUBKEY(NULL, &at, (long)spki.len);

	json_open(w, NULL, '{');
	json_text(w, "use", span_text("jwt-svid"));
	json_text(w, "kid", kid);

	enum status status = jwk_put_key(w, key);

	json_close(w, '}');
	return status;
}

enum status jwks_write(const struct jwt_key *keys, size_t count, struct bytes *json)
{
	struct json_writer w = json_to(json);
	enum status status = OK;

	json_open(&w, NULL, '{');
	json_open(&w, "keys", '[');
	for (size_t i = 0; i < count && status == OK; i++)
		status = jwk_put_jwt_key(&w, span_of(&keys[i].kid), span_of(&keys[i].spki));
	json_close(&w, ']');
	json_close(&w, '}');
	return status == OK ? json_end(&w) : status;
}
