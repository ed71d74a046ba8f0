/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures that documents bring: a sized key, a sized signature, the
 * text. What no fixed key signed must not hold, under any encoding. */
#include "base/reader.h"
#include "fuzz.h"
#include "policies/envelope/signing_key.h"

static EVP_PKEY *fixed_key(enum key_scheme scheme)
{
	static EVP_PKEY *keys[2];

	if (keys[scheme] == NULL)
		keys[scheme] = scheme == SCHEME_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
							: EVP_EC_gen("P-256");
	must(keys[scheme] != NULL);
	return keys[scheme];
}

static void load(enum key_scheme scheme, struct span spki)
{
	AUTO(EVP_PKEY) key = NULL;
	uint8_t *der = NULL;

	if (signing_key_load(scheme, spki, &key) != OK) {
		must(key == NULL);
		return;
	}
	/* One encoding only: written again it is the same. */
	int len = i2d_PUBKEY(key, &der);

	must(spki.len <= SPKI_MAX && len > 0 &&
	     span_equal(spki, (struct span){ der, (size_t)len }));
	OPENSSL_free(der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	struct span spki = reader_sized(&r, 2 * SPKI_MAX);
	struct span signature = reader_sized(&r, 2 * DSSE_SIGNATURE_MAX);

	if (r.status != OK)
		return 0;
	for (int i = 0; i < 2; i++) {
		enum key_scheme scheme = (enum key_scheme)i;

		load(scheme, spki);
		must(signing_key_verify(fixed_key(scheme), scheme, r.rest, signature) != OK);
	}
	return 0;
}
