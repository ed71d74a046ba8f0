/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts and bundles, signed by a key whose other half is gone: what verifies
 * is one of the texts that it signed, byte for byte. The input is a sized text
 * and its signature.
 */
#include <openssl/pem.h>

#include "attestd/grant.h"
#include "base/reader.h"
#include "base/text.h"
#include "fuzz.h"

static const char key_pem[] = "-----BEGIN PUBLIC KEY-----\n"
			      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtRt/V4YmbI4VZq1Y9nJb/xCImKoe\n"
			      "1ngzChH6KbrSQwjSD3FV/WDV3HgAV4BzPuT/758mIMJf6zlH95bhvhprag==\n"
			      "-----END PUBLIC KEY-----\n";

/* SHA-256 of what it signed: corpus/grant/verdict and bundle. */
static const char verdict_digest[] =
	"sha256:dfab041671c781d024d35c1b7f5c79bcc46c83f09e77ae3dd5c00156a5d8da55";
static const char bundle_digest[] =
	"sha256:24864fc8443e0e20825e4877aa36522ab0d2740c226e6a1eeb77af0c6cc483e4";

static EVP_PKEY *result_key(void)
{
	static EVP_PKEY *key;

	if (key == NULL) {
		AUTO(BIO) bio = BIO_new_mem_buf(key_pem, -1);

		key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	}
	must(key != NULL);
	return key;
}

static void must_be_genuine(struct span text, const char *genuine)
{
	AUTO_DONE(bytes) spelt = { 0 };
	struct digest digest;

	must(digest_of(DIGEST_SHA256, text, &digest) == OK);
	must(digest_text_append(&spelt, &digest) == OK);
	must(span_equal(span_of(&spelt), span_text(genuine)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	struct span text = reader_sized(&r, UINT16_MAX);
	struct span signature = r.rest;
	AUTO_DONE(verdict) v = { 0 };
	AUTO_DONE(bundle) b = { 0 };
	AUTO_DONE(grant) g = { 0 };

	if (r.status != OK)
		return 0;
	if (bundle_open(text, signature, result_key(), &b) == OK)
		must_be_genuine(text, bundle_digest);
	if (verdict_open(text, signature, result_key(), &v) != OK)
		return 0;
	must_be_genuine(text, verdict_digest);
	/* The certificate that it names is not these bytes. */
	must(grant_take(&v, text, v.expires - 1, &g) == STATUS_MISMATCH && g.certificate == NULL);
	must(grant_take(&v, text, v.expires, &g) == STATUS_DENIED);
	return 0;
}
