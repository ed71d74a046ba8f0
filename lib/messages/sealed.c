/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/sealed.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>

#include "base/auto_openssl.h"
#include "base/writer.h"

#define LABEL "attestd sealed v1"
#define CONTEXT_MAX 512
#define KEY_SIZE 32
#define IV_SIZE 12
#define SHARED_SIZE 32

AUTO_FREE(EC_GROUP, EC_GROUP, EC_GROUP_free);
AUTO_FREE(EC_POINT, EC_POINT, EC_POINT_free);
AUTO_FREE(EVP_KDF, EVP_KDF, EVP_KDF_free);
AUTO_FREE(EVP_KDF_CTX, EVP_KDF_CTX, EVP_KDF_CTX_free);

static enum status key_from(OSSL_PARAM *params, int selection, EVP_PKEY **out)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		return STATUS_NO_MEMORY;
	return EVP_PKEY_fromdata(ctx, out, selection, params) == 1 ? OK : STATUS_MALFORMED;
}

static enum status public_key(struct span point, EVP_PKEY **out)
{
	AUTO(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();

	/* Uncompressed and nothing else: one spelling, and never the point at infinity. */
	if (point.len != SEALED_POINT_SIZE || point.data[0] != 0x04)
		return STATUS_MALFORMED;
	if (builder == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data,
					     point.len) != 1)
		return STATUS_NO_MEMORY;

	AUTO(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(builder);

	return key_from(params, EVP_PKEY_PUBLIC_KEY, out);
}

static enum status multiply(const BIGNUM *scalar, uint8_t out[SEALED_POINT_SIZE])
{
	AUTO(EC_GROUP) group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	AUTO(EC_POINT) point = group == NULL ? NULL : EC_POINT_new(group);

	if (point == NULL)
		return STATUS_NO_MEMORY;
	if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
		return STATUS_MISMATCH;
	return EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
			       EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out,
						  SEALED_POINT_SIZE, NULL) == SEALED_POINT_SIZE
		       ? OK
		       : STATUS_NO_MEMORY;
}

enum status sealing_key(const uint8_t scalar[SEALED_SCALAR_SIZE], EVP_PKEY **out)
{
	BIGNUM *number = BN_secure_new();
	AUTO(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	uint8_t point[SEALED_POINT_SIZE];
	enum status status = STATUS_NO_MEMORY;

	if (number != NULL && builder != NULL &&
	    BN_bin2bn(scalar, SEALED_SCALAR_SIZE, number) != NULL)
		status = multiply(number, point);
	if (status == OK &&
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
					     sizeof(point)) == 1 &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (status == OK)
		status = key_from(params, EVP_PKEY_KEYPAIR, out);
	OSSL_PARAM_free(params);
	BN_clear_free(number);
	return status;
}

enum status sealing_point(EVP_PKEY *key, uint8_t out[SEALED_POINT_SIZE])
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, SEALED_POINT_SIZE,
					       &len) == 1 &&
			       len == SEALED_POINT_SIZE && out[0] == 0x04
		       ? OK
		       : STATUS_UNSUPPORTED;
}

static enum status agree(EVP_PKEY *own, struct span other, uint8_t shared[SHARED_SIZE])
{
	EVP_PKEY *found = NULL;
	enum status status = public_key(other, &found);
	AUTO(EVP_PKEY) peer = found;
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t len = SHARED_SIZE;

	if (status != OK)
		return status;
	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	/* set_peer() asks once more whether the point is one of the curve. */
	return EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
			       EVP_PKEY_derive(ctx, shared, &len) == 1 && len == SHARED_SIZE
		       ? OK
		       : STATUS_MALFORMED;
}

/* RFC 5869: salt is both points, the sender's first; info the label and the context. */
static enum status expand(const uint8_t shared[SHARED_SIZE], struct span salt, struct span context,
			  uint8_t out[KEY_SIZE + IV_SIZE])
{
	AUTO(EVP_KDF) kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	AUTO(EVP_KDF_CTX) ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	AUTO(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
	AUTO_DONE(bytes) info = { 0 };
	enum status status = bytes_append(&info, span_text(LABEL));

	if (status == OK)
		status = bytes_append(&info, context);
	if (status != OK)
		return status;
	if (ctx == NULL || builder == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_KDF_PARAM_DIGEST, "SHA256", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_KDF_PARAM_KEY, shared, SHARED_SIZE) !=
		    1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_KDF_PARAM_SALT, salt.data, salt.len) !=
		    1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_KDF_PARAM_INFO, info.data, info.len) !=
		    1)
		return STATUS_NO_MEMORY;

	AUTO(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(builder);

	return params != NULL && EVP_KDF_derive(ctx, out, KEY_SIZE + IV_SIZE, params) == 1
		       ? OK
		       : STATUS_UNSUPPORTED;
}

/* sender and reader are points, of which own's is one. */
static enum status derive(EVP_PKEY *own, struct span other, struct span sender, struct span reader,
			  struct span context, uint8_t out[KEY_SIZE + IV_SIZE])
{
	AUTO_DONE(bytes) salt = { 0 };
	uint8_t shared[SHARED_SIZE];
	enum status status = agree(own, other, shared);

	if (status == OK)
		status = bytes_append(&salt, sender);
	if (status == OK)
		status = bytes_append(&salt, reader);
	if (status == OK)
		status = expand(shared, span_of(&salt), context, out);
	OPENSSL_cleanse(shared, sizeof(shared));
	return status;
}

static enum status encrypt(const uint8_t secret[KEY_SIZE + IV_SIZE], struct span plain,
			   struct bytes *out)
{
	AUTO(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
	uint8_t tag[SEALED_TAG_SIZE];
	int len = 0, last = 0;
	enum status status = bytes_make_room(out, plain.len + SEALED_TAG_SIZE);

	if (status != OK || ctx == NULL || plain.len > INT32_MAX)
		return STATUS_NO_MEMORY;
	if (EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), secret, secret + KEY_SIZE, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out->data + out->len, &len, plain.data, (int)plain.len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out->data + out->len + len, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, SEALED_TAG_SIZE, tag) != 1)
		return STATUS_UNSUPPORTED;
	out->len += (size_t)(len + last);
	return bytes_append(out, (struct span){ tag, sizeof(tag) });
}

static enum status decrypt(const uint8_t secret[KEY_SIZE + IV_SIZE], struct span cipher,
			   struct span tag, struct bytes *out)
{
	AUTO(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
	AUTO_DONE(bytes) plain = { 0 };
	uint8_t expected[SEALED_TAG_SIZE];
	int len = 0, last = 0;
	enum status status = bytes_reserve(&plain, cipher.len + 1);

	if (status != OK || ctx == NULL || cipher.len > INT32_MAX)
		return STATUS_NO_MEMORY;
	memcpy(expected, tag.data, sizeof(expected));
	if (EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), secret, secret + KEY_SIZE, NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, plain.data, &len, cipher.data, (int)cipher.len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, SEALED_TAG_SIZE, expected) != 1)
		return STATUS_UNSUPPORTED;
	if (EVP_DecryptFinal_ex(ctx, plain.data + len, &last) != 1) {
		/* Bytes of somebody's token, maybe, and nobody's word for it. */
		bytes_wipe(&plain);
		return STATUS_MISMATCH;
	}
	plain.len = (size_t)(len + last);
	*out = plain;
	plain = (struct bytes){ 0 };
	return OK;
}

enum status seal(EVP_PKEY *sender, struct span reader, struct span context, struct span plain,
		 struct bytes *sealed)
{
	AUTO_DONE(bytes) made = { 0 };
	uint8_t point[SEALED_POINT_SIZE];
	uint8_t secret[KEY_SIZE + IV_SIZE];
	const struct span own = { point, sizeof(point) };
	enum status status = sealing_point(sender, point);

	if (status == OK)
		status = derive(sender, reader, own, reader, context, secret);
	if (status == OK)
		status = bytes_append(&made, own);
	if (status == OK)
		status = encrypt(secret, plain, &made);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (status == OK) {
		*sealed = made;
		made = (struct bytes){ 0 };
	}
	return status;
}

enum status unseal(EVP_PKEY *reader, struct span context, struct span sealed, struct bytes *plain)
{
	uint8_t point[SEALED_POINT_SIZE];
	uint8_t secret[KEY_SIZE + IV_SIZE];

	if (sealed.len < SEALED_OVERHEAD)
		return STATUS_TRUNCATED;

	const struct span sender = { sealed.data, SEALED_POINT_SIZE };
	const struct span tag = { sealed.data + sealed.len - SEALED_TAG_SIZE, SEALED_TAG_SIZE };
	const struct span cipher = { sealed.data + SEALED_POINT_SIZE,
				     sealed.len - SEALED_OVERHEAD };
	enum status status = sealing_point(reader, point);

	if (status == OK)
		status = derive(reader, sender, sender, (struct span){ point, sizeof(point) },
				context, secret);
	if (status == OK)
		status = decrypt(secret, cipher, tag, plain);
	OPENSSL_cleanse(secret, sizeof(secret));
	return status;
}

enum status sealed_jwt_context(const struct node_id *node, struct span nonce, uint64_t ticket,
			       struct bytes *out)
{
	struct writer w = writer_to(out, CONTEXT_MAX);

	writer_put(&w, span_text("jwt-svid"));
	writer_put(&w, node_id_span(node));
	writer_sized(&w, nonce);
	writer_be64(&w, ticket);
	return writer_end(&w);
}
