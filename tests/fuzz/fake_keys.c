/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of OpenSSL's: the certificate that the corpora were made under is read
 * once and shared, every other is read as ever, and a new key is always the same
 * one. Nine tenths of a right's time are OpenSSL choosing decoders and building its
 * curve; that both are right is the subject of fuzz_grant and fuzz_svid_profile.
 */
#include <openssl/x509.h>

#include "fuzz.h"
#include "granted.h"

X509 *d2i_X509(X509 **out, const unsigned char **in, long len)
{
	static bool is_begun;
	static uint8_t *known;
	static int known_len;

	must(out == NULL && len >= 0);
	/* PEM's reader, which reads that certificate, ends here as well. */
	if (!is_begun) {
		is_begun = true;
		known_len = i2d_X509(granted_certificate(), &known);
		must(known_len > 0);
	}
	if (known != NULL && len == known_len && memcmp(*in, known, (size_t)len) == 0) {
		*in += known_len;
		must(X509_up_ref(granted_certificate()) == 1);
		return granted_certificate();
	}
	return (X509 *)ASN1_item_d2i(NULL, in, len, ASN1_ITEM_rptr(X509));
}

/* Of P-256, which is all that is asked for here. */
int EVP_PKEY_generate(EVP_PKEY_CTX *ctx, EVP_PKEY **out)
{
	static EVP_PKEY *key;

	must(ctx != NULL && *out == NULL);
	if (key == NULL)
		key = EVP_PKEY_dup(X509_get0_pubkey(granted_certificate()));
	must(key != NULL && EVP_PKEY_up_ref(key) == 1);
	*out = key;
	return 1;
}
