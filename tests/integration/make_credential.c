/* SPDX-License-Identifier: Apache-2.0 */
/* make_credential EK.PEM NAME SECRET OUT [zero]: our MakeCredential, written as
 * tpm2_activatecredential reads it; with zero, the ephemeral point's x starts
 * with a zero byte. */
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "tpm/credential.h"

#define FILE_MAX ((size_t)4096)
/* tpm2-tools' header before the two TPM2Bs */
#define TOOLS_MAGIC 0xbadcc0deu
#define TOOLS_VERSION 1u

static enum status read_key(const char *path, EVP_PKEY **out)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read(path, FILE_MAX, &pem);

	if (status != OK)
		return status;

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

	*out = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	return *out == NULL ? STATUS_MALFORMED : OK;
}

/* One key in 256 has such an x; who strips or forgets the byte derives another
 * seed than the TPM. */
static EVP_PKEY *ephemeral_key(const char *curve, bool wants_zero)
{
	for (;;) {
		AUTO(BIGNUM) x = NULL;
		EVP_PKEY *key = EVP_EC_gen(curve);

		if (key == NULL || !wants_zero)
			return key;
		if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
		    BN_num_bytes(x) * 8 < EVP_PKEY_get_bits(key))
			return key;
		EVP_PKEY_free(key);
	}
}

static enum status credential_for(EVP_PKEY *ek, bool wants_zero, struct span name,
				  struct span secret, struct bytes *id_object,
				  struct bytes *encrypted)
{
	bool is_384 = EVP_PKEY_get_bits(ek) == 384;
	struct credential_random random = { 0 };
	AUTO(EVP_PKEY)
	ephemeral = EVP_PKEY_is_a(ek, "EC") ? ephemeral_key(is_384 ? "P-384" : "P-256", wants_zero)
					    : NULL;

	random.ephemeral = ephemeral;
	if (RAND_bytes(random.seed, sizeof(random.seed)) != 1 ||
	    RAND_bytes(random.oaep, sizeof(random.oaep)) != 1)
		return STATUS_UNAVAILABLE;
	return make_credential(ek, is_384 ? DIGEST_SHA384 : DIGEST_SHA256, is_384 ? 256 : 128, name,
			       secret, &random, id_object, encrypted);
}

static enum status run(char **argv, bool wants_zero)
{
	AUTO(EVP_PKEY) ek = NULL;
	AUTO_DONE(bytes) name = { 0 };
	AUTO_DONE(bytes) secret = { 0 };
	AUTO_DONE(bytes) id_object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };
	AUTO_DONE(bytes) out = { 0 };
	struct writer w = writer_to(&out, FILE_MAX);
	enum status status = read_key(argv[1], &ek);

	if (status == OK)
		status = file_read(argv[2], FILE_MAX, &name);
	if (status == OK)
		status = file_read(argv[3], FILE_MAX, &secret);
	if (status == OK)
		status = credential_for(ek, wants_zero, span_of(&name), span_of(&secret),
					&id_object, &encrypted);
	if (status != OK)
		return status;
	writer_be32(&w, TOOLS_MAGIC);
	writer_be32(&w, TOOLS_VERSION);
	writer_sized(&w, span_of(&id_object));
	writer_sized(&w, span_of(&encrypted));
	status = writer_end(&w);
	if (status == OK)
		status = file_replace(argv[4], span_of(&out), 0600, (uid_t)-1, (gid_t)-1);
	return status;
}

int main(int argc, char **argv)
{
	if (argc != 5 && argc != 6) {
		fputs("usage: make_credential EK.PEM NAME SECRET OUT [zero]\n", stderr);
		return 2;
	}

	enum status status = run(argv, argc == 6);

	if (status != OK)
		fprintf(stderr, "make_credential: %s\n", status_text(status));
	return status == OK ? 0 : 1;
}
