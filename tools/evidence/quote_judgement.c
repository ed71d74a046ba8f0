/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/evidence/quote_judgement.h"

#include <stdarg.h>
#include <stdio.h>

static __attribute__((format(printf, 2, 3))) struct quote_verdict refuse(const char *code,
									 const char *format, ...)
{
	struct quote_verdict v = { .code = code };
	va_list args;

	va_start(args, format);
	(void)vsnprintf(v.text, sizeof(v.text), format, args);
	va_end(args);
	return v;
}

static const struct quote_verdict accepted = { 0 };

static struct quote_verdict judge_signature(const struct quote_options *o,
					    const struct quote_question *q)
{
	/* The PEM names no scheme, so the key's kind decides it. */
	enum tpm_alg scheme = EVP_PKEY_is_a(q->key, "RSA") == 1 ? TPM_ALG_RSASSA : TPM_ALG_ECDSA;

	if (q->signature_status != OK)
		return refuse("unsupported-signature",
			      "the signature names a scheme or hash that is not accepted");
	if (q->signature.hash == DIGEST_SHA1 && !o->allow_sha1)
		return refuse("sha1-signature", "the signature is over SHA-1 (--allow-sha1)");
	if (q->signature.scheme != scheme)
		return refuse("bad-signature", "the signature is of another kind than the key");
	if (signature_verify(&q->signature, scheme, q->signature.hash, span_of(&q->attest_bytes),
			     q->key) != OK)
		return refuse("bad-signature", "this key did not sign this");
	return accepted;
}

static struct quote_verdict judge_type(const struct quote_question *q)
{
	struct reader r = reader_over(span_of(&q->attest_bytes));

	if (q->attest_status == OK)
		return accepted;
	if (reader_be32(&r) != TPM_GENERATED)
		return refuse("wrong-magic", "signed, but not made by a TPM: its magic is wrong");
	if (reader_be16(&r) != ATTEST_QUOTE)
		return refuse("not-a-quote", "signed, but an attestation of another type");
	return refuse("unsupported-selection",
		      "the selection names a bank twice, an unknown one, or is of an odd size");
}

static struct quote_verdict judge_nonce(const struct quote_options *o,
					const struct quote_question *q)
{
	if (q->attest.extra_data.len == 0 && !o->any_nonce)
		return refuse("empty-nonce", "the quote is over no nonce (--any-nonce)");
	if (o->nonce != NULL && !span_equal_secret(q->attest.extra_data, span_of(&q->nonce)))
		return refuse("wrong-nonce", "the quote is over another nonce");
	return accepted;
}

static pcr_mask selected_in(const struct pcr_selection *s, enum digest_alg alg)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->bank[i].alg == alg)
			return s->bank[i].pcrs;
	return 0;
}

static unsigned lowest(pcr_mask mask)
{
	return (unsigned)__builtin_ctz(mask);
}

static struct quote_verdict judge_coverage(const struct quote_question *q)
{
	for (size_t i = 0; i < DIGEST_ALGS; i++) {
		const struct pcr_bank *bank = &q->pcrs.bank[i];
		pcr_mask selected = selected_in(&q->attest.selection, bank->alg);
		pcr_mask missing = selected & ~bank->known;
		pcr_mask unsigned_ones = bank->known & ~selected;

		if (missing != 0)
			return refuse("pcr-missing", "the quote covers %s PCR %u, --pcrs does not",
				      digest_name(bank->alg), lowest(missing));
		if (unsigned_ones != 0)
			return refuse("pcr-not-covered",
				      "--pcrs has %s PCR %u, which the quote does not cover",
				      digest_name(bank->alg), lowest(unsigned_ones));
	}
	return accepted;
}

static struct quote_verdict judge_pcrs(const struct quote_options *o,
				       const struct quote_question *q)
{
	struct digest composite;

	if (pcr_selection_is_empty(&q->attest.selection))
		return refuse("empty-selection", "the quote selects no PCR");
	if (o->pcrs == NULL)
		return accepted;

	struct quote_verdict v = judge_coverage(q);

	if (v.code != NULL)
		return v;
	/* Part 3, 18.4.1: the digest is by the hash of the signing scheme. */
	if (pcr_composite(&q->attest.selection, &q->pcrs, q->signature.hash, &composite) != OK ||
	    !span_equal(digest_span(&composite), q->attest.pcr_digest))
		return refuse("pcr-mismatch", "the quote is over other PCR values");
	return accepted;
}

struct quote_verdict quote_judge(const struct quote_options *o, const struct quote_question *q)
{
	struct quote_verdict v = judge_signature(o, q);

	if (v.code == NULL)
		v = judge_type(q);
	if (v.code == NULL)
		v = judge_nonce(o, q);
	if (v.code == NULL)
		v = judge_pcrs(o, q);
	return v;
}
