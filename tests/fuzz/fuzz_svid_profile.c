/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TBSCertificate from a mint that was taken over. The corpus holds what an
 * honest one asks for. OpenSSL takes 200 us to decode a public key, twenty times
 * as long as for all the rest, so that it finds no decoder here: the keys are
 * stand-ins, and which bytes are a key's is left to the comparison of its DER.
 * What OpenSSL reads from extensions only after it took a certificate's digest is
 * read here as it would.
 */
#include <stdlib.h>

#include <openssl/provider.h>

#include "attestd/svid_profile.h"
#include "fuzz.h"
#include "granted.h"

static EVP_PKEY *minting, *workload;
static OSSL_PROVIDER *no_decoders;

EVP_PKEY *X509_get0_pubkey(const X509 *x)
{
	return x == granted_certificate() ? minting : workload;
}

uint32_t X509_get_key_usage(X509 *x)
{
	ASN1_BIT_STRING *usage = X509_get_ext_d2i(x, NID_key_usage, NULL, NULL);
	uint32_t bits = 0;

	if (usage == NULL)
		return UINT32_MAX;
	if (usage->length > 0)
		bits = usage->data[0];
	if (usage->length > 1)
		bits |= (uint32_t)usage->data[1] << 8;
	ASN1_BIT_STRING_free(usage);
	return bits;
}

const ASN1_OCTET_STRING *X509_get0_subject_key_id(X509 *x)
{
	static ASN1_OCTET_STRING *id;

	must(x == granted_certificate());
	if (id == NULL)
		id = X509_get_ext_d2i(x, NID_subject_key_identifier, NULL, NULL);
	return id;
}

static void finish(void)
{
	(void)OSSL_PROVIDER_unload(no_decoders);
}

static void start(void)
{
	OSSL_LIB_CTX *apart = OSSL_LIB_CTX_new();

	minting = EVP_PKEY_Q_keygen(apart, NULL, "EC", "P-256");
	workload = EVP_PKEY_Q_keygen(apart, NULL, "EC", "P-256");
	no_decoders = OSSL_PROVIDER_load(NULL, "null");
	must(minting != NULL && workload != NULL && no_decoders != NULL);
	must(atexit(finish) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct grant grant;
	enum svid_refusal refusal = SVID_MALFORMED;
	struct span tbs = { data, len };

	if (minting == NULL) {
		start();
		granted(&grant);
	}
	if (svid_profile_check(tbs, &grant, GRANTED_NOW, &refusal) != OK)
		return 0;
	must(refusal <= SVID_NOT_ENTITLED);
	if (refusal != SVID_ACCEPTED)
		return 0;
	/* It names a workload below what is granted, and may not sign others. */
	must(memmem(data, len, "spiffe://example.org/web/", 25) != NULL);
	must(memmem(data, len, "\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x02\x30\x00", 12) != NULL);
	return 0;
}
