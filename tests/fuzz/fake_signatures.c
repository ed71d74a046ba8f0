/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of tpm/certificate_key.c and tpm/certificate_signature.c: keys are
 * not read, and a signature is good if its last byte is FAKE_SIGNATURE_GOOD.
 * So the fuzzer walks a path of certificates that no CA would sign for it, a
 * hundred times as fast. What stood in the way of it here stands in targets of
 * their own, fuzz_spki and fuzz_certificate_signature.
 */
#include "fake_signatures.h"

#include "fuzz.h"
#include "tpm/der.h"

/* What the last byte of a key's text makes of it; 4: no key. */
enum { FAKE_OAEP = 1, FAKE_RSA, FAKE_P521, FAKE_NONE };

static EVP_PKEY *fake_key(uint8_t last)
{
	static EVP_PKEY *keys[3];
	size_t kind = last == FAKE_RSA ? 1 : last == FAKE_P521 ? 2 : 0;

	if (keys[kind] == NULL)
		keys[kind] =
			kind == 1 ? EVP_RSA_gen(2048) : EVP_EC_gen(kind == 2 ? "P-521" : "P-256");
	must(keys[kind] != NULL && EVP_PKEY_up_ref(keys[kind]) == 1);
	return keys[kind];
}

enum status spki_key(struct span spki, EVP_PKEY **out, bool *is_oaep)
{
	struct reader r = reader_over(spki);

	(void)der_content(&r, DER_SEQUENCE);
	if (reader_end(&r) != OK || spki.data[spki.len - 1] == FAKE_NONE)
		return STATUS_MALFORMED;
	*is_oaep = spki.data[spki.len - 1] == FAKE_OAEP;
	*out = fake_key(spki.data[spki.len - 1]);
	return OK;
}

bool fake_signature_is_good(struct span signature)
{
	return signature.len > 0 && signature.data[signature.len - 1] == FAKE_SIGNATURE_GOOD;
}

enum status signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1)
{
	(void)key;
	*is_sha1 = s->signature.len > 0 && s->signature.data[0] == FAKE_SIGNATURE_SHA1;
	return fake_signature_is_good(s->signature) ? OK : STATUS_MISMATCH;
}
