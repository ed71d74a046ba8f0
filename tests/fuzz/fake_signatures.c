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

static EVP_PKEY *fake_key(void)
{
	static EVP_PKEY *key;

	if (key == NULL)
		key = EVP_EC_gen("P-256");
	must(key != NULL && EVP_PKEY_up_ref(key) == 1);
	return key;
}

enum status spki_key(struct span spki, EVP_PKEY **out, bool *is_oaep)
{
	struct reader r = reader_over(spki);

	(void)der_content(&r, DER_SEQUENCE);
	if (reader_end(&r) != OK)
		return STATUS_MALFORMED;
	*is_oaep = spki.data[spki.len - 1] == 1;
	*out = fake_key();
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
