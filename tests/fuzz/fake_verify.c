/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of OpenSSL's: a signature is good if it ends with this text. What stands
 * behind a signature check is reached; that the check holds is the subject of
 * fuzz_grant, with keys of its own.
 */
#include "fake_verify.h"

#include "fuzz.h"

int EVP_DigestVerifyInit(EVP_MD_CTX *ctx, EVP_PKEY_CTX **key_ctx, const EVP_MD *type,
			 ENGINE *engine, EVP_PKEY *key)
{
	(void)ctx;
	(void)key_ctx;
	(void)type;
	(void)engine;
	(void)key;
	return 1;
}

int EVP_DigestVerifyInit_ex(EVP_MD_CTX *ctx, EVP_PKEY_CTX **key_ctx, const char *name,
			    OSSL_LIB_CTX *libctx, const char *properties, EVP_PKEY *key,
			    const OSSL_PARAM parameters[])
{
	(void)ctx;
	(void)key_ctx;
	(void)name;
	(void)libctx;
	(void)properties;
	(void)key;
	(void)parameters;
	return 1;
}

int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t signature_len,
		     const unsigned char *text, size_t text_len)
{
	(void)ctx;
	(void)text;
	(void)text_len;
	return fake_signature((struct span){ signature, signature_len }) ? 1 : 0;
}

bool fake_signature(struct span signature)
{
	struct span end = span_text(FAKE_SIGNATURE);

	return signature.len >= end.len &&
	       memcmp(signature.data + signature.len - end.len, end.data, end.len) == 0;
}
