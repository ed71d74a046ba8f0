/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "jwt_scene.h"

#include <openssl/ecdsa.h>
#include <openssl/x509.h>

#include "attestd_grant.h"
#include "base/auto_openssl.h"
#include "base/text.h"

void jwt_scene_key(EVP_PKEY *key, const char *kid, struct jwt_key *out)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ der, (size_t)len }, &out->spki), OK);
	assert_int_equal(bytes_copy(span_text(kid), &out->kid), OK);
	OPENSSL_free(der);
}

void jwt_scene_begin(const char *header, const char *claims, struct bytes *token)
{
	token->len = 0;
	assert_int_equal(base64url_append(token, span_text(header)), OK);
	assert_int_equal(bytes_append_byte(token, '.'), OK);
	assert_int_equal(base64url_append(token, span_text(claims)), OK);
}

void jwt_scene_append_ecdsa(struct bytes *token, struct span der, int coordinate)
{
	const uint8_t *at = der.data;
	AUTO(ECDSA_SIG) pair = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
	uint8_t raw[132];

	assert_non_null(pair);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, coordinate), coordinate);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + coordinate, coordinate),
			 coordinate);
	assert_int_equal(base64url_append(token, (struct span){ raw, 2 * (size_t)coordinate }), OK);
}

void jwt_scene_sign(EVP_PKEY *key, const char *header, const char *claims, struct bytes *token)
{
	AUTO_DONE(bytes) signature = { 0 };

	jwt_scene_begin(header, claims, token);
	sign_with(key, span_of(token), &signature);
	assert_int_equal(bytes_append_byte(token, '.'), OK);
	jwt_scene_append_ecdsa(token, span_of(&signature), 32);
}
