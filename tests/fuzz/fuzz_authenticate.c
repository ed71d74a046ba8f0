/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host says of its TPM, as the signer weighs it: quote, values, minting
 * key and certification, each sized. A signature is good if it is fake_verify.h's.
 */
#include "base/auto_openssl.h"
#include "base/reader.h"
#include "fake_verify.h"
#include "fixed_reference.h"
#include "fuzz.h"
#include "verifier/appraisal/authenticate.h"

static const struct tpm_counters before = { .reset_count = 3, .restart_count = 1, .clock = 5000 };

/* Any key of the curve: nothing is verified by it. */
static const struct attester *attester(void)
{
	static struct attester made;

	if (made.ak == NULL) {
		made = (struct attester){ .ak = EVP_EC_gen("P-256"),
					  .scheme = TPM_ALG_ECDSA,
					  .scheme_hash = DIGEST_SHA256,
					  .vendor = "IBM",
					  .qualified_name = { .len = 34, .value = { 0, 0x0b } } };
		must(made.ak != NULL);
	}
	return &made;
}

static struct quote_evidence read_evidence(struct reader *r)
{
	static const uint8_t nonce[16];
	struct quote_evidence e = { .nonce = { nonce, sizeof(nonce) } };

	e.attest = reader_sized(r, 2048);
	e.signature = reader_sized(r, 1024);
	e.pcrs = reader_sized(r, 4096);
	e.minting_public = reader_sized(r, 1024);
	e.certify_attest = reader_sized(r, 2048);
	e.certify_signature = reader_sized(r, 1024);
	return e;
}

/* Said again by other means: a later time of the same TPM, all that was asked
 * for, and a minting key that was certified now. */
static void must_be_good(const struct authentication *a, const struct quote_evidence *e)
{
	must(tpm_counters_compare(&a->counters, &before) > 0);
	must(memmem(e->signature.data, e->signature.len, FAKE_SIGNATURE, 6) != NULL);
	must(e->pcrs.len == 14 * SHA256_SIZE && a->has_minting_key == (e->minting_public.len > 0));
	must(a->was_certified == a->has_minting_key);
	must(a->why.reason == REASON_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fixed_reference *fixed = fixed_reference();
	struct reader r = reader_over((struct span){ data, len });
	struct quote_evidence evidence = read_evidence(&r);
	struct authentication a;

	taint(&a, sizeof(a));
	if (reader_end(&r) != OK)
		return 0;
	if (authenticate(&fixed->reference, &fixed->node_class, attester(), &before, &evidence,
			 &a) != OK) {
		must_be_tainted(&a, sizeof(a));
		return 0;
	}
	if (a.authenticity == AUTHENTIC)
		must_be_good(&a, &evidence);
	else
		must(a.why.reason != REASON_NONE);
	return 0;
}
