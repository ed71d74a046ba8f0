/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/public_key.h"

#include <openssl/pem.h>
#include <string.h>

/* A public key has no passphrase; without this, OpenSSL would ask for one. */
static int no_passphrase(char *out, int size, int is_write, void *context)
{
	(void)out, (void)size, (void)is_write, (void)context;
	return -1;
}

EVP_PKEY *public_key_from_pem(struct span pem)
{
	AUTO(BIO) bio = pem.len > INT32_MAX ? NULL : BIO_new_mem_buf(pem.data, (int)pem.len);

	return bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
}

const char *public_key_hint(struct span other)
{
	static const char certificate[] = "-----BEGIN CERTIFICATE-----";
	static const char secret[] = "PRIVATE KEY-----";

	if (other.len == 0)
		return "";
	if (memmem(other.data, other.len, certificate, sizeof(certificate) - 1) != NULL)
		return " but a certificate (openssl x509 -pubkey -noout)";
	if (memmem(other.data, other.len, secret, sizeof(secret) - 1) != NULL)
		return " but a private one (openssl pkey -pubout)";
	/* TPM2B_PUBLIC, TPMT_PUBLIC, DER */
	if (memchr(other.data, 0, other.len) != NULL)
		return " but binary (tpm2_readpublic --format pem, openssl pkey -inform DER)";
	return "";
}
