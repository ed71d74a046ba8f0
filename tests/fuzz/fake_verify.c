/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of OpenSSL's: a signature is good if it is this text. What stands
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
	return span_equal(signature, span_text(FAKE_SIGNATURE));
}
