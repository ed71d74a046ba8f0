/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/evidence/quote_question.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "daemon/file.h"
#include "messages/strict_json.h"
#include "tools/public_key.h"

#define STRUCTURE_MAX_BYTES ((size_t)64 << 10)
#define PCRS_MAX_BYTES ((size_t)256 << 10)

void quote_question_done(struct quote_question *q)
{
	bytes_done(&q->attest_bytes);
	bytes_done(&q->signature_bytes);
	bytes_done(&q->nonce);
	EVP_PKEY_free(q->key);
}

static enum answer load(const char *path, size_t max, struct bytes *out)
{
	enum status status = file_read(path, max, out);

	if (status == OK)
		return ANSWER_YES;
	return unusable("%s: %s", path, status == STATUS_TOO_LARGE ? "too large" : strerror(errno));
}

/* A TPM2B_ATTEST: what libraries hand on where tpm2_quote writes the content. */
static bool has_size_prefix(struct span s)
{
	struct reader r = reader_over(s);

	return reader_be16(&r) == s.len - 2 && reader_be32(&r) == TPM_GENERATED;
}

/*
 * Only tells a broken file from a refused one; nothing in it is used before
 * the signature has been verified.
 */
static enum answer load_attest(const char *path, struct quote_question *q)
{
	if (load(path, STRUCTURE_MAX_BYTES, &q->attest_bytes) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	if (has_size_prefix(span_of(&q->attest_bytes)))
		return unusable("%s: a TPM2B_ATTEST: leave out its first two bytes, the size",
				path);
	q->attest_status = attest_parse(span_of(&q->attest_bytes), ATTEST_QUOTE, &q->attest);
	if (q->attest_status == OK || q->attest_status == STATUS_UNSUPPORTED ||
	    q->attest_status == STATUS_MISMATCH)
		return ANSWER_YES;
	return unusable("%s: not one TPMS_ATTEST: %s", path, status_text(q->attest_status));
}

/* TPMT_SIGNATURE starts with one of the TPM's signature schemes, Part 2, 11.2.1.4:
 * RSASSA 0x14 to ECSCHNORR 0x1c, HMAC, none. */
static bool names_a_scheme(struct span s)
{
	struct reader r = reader_over(s);
	uint16_t scheme = reader_be16(&r);

	return r.status != OK || (scheme >= TPM_ALG_RSASSA && scheme <= 0x1c) || scheme == 0x05 ||
	       scheme == TPM_ALG_NULL;
}

static enum answer load_signature(const char *path, struct quote_question *q)
{
	if (load(path, STRUCTURE_MAX_BYTES, &q->signature_bytes) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	if (!names_a_scheme(span_of(&q->signature_bytes)))
		return unusable("%s: not a TPMT_SIGNATURE (tpm2_quote --format tss, not plain)",
				path);
	q->signature_status = signature_parse(span_of(&q->signature_bytes), &q->signature);
	if (q->signature_status == OK || q->signature_status == STATUS_UNSUPPORTED)
		return ANSWER_YES;
	return unusable("%s: not one TPMT_SIGNATURE: %s", path, status_text(q->signature_status));
}

static enum answer load_key(const char *path, struct quote_question *q)
{
	AUTO_DONE(bytes) pem = { 0 };

	if (load(path, STRUCTURE_MAX_BYTES, &pem) != ANSWER_YES)
		return ANSWER_UNUSABLE;

	q->key = public_key_from_pem(span_of(&pem));
	if (q->key == NULL)
		return unusable("%s: not a public key in PEM%s", path,
				public_key_hint(span_of(&pem)));
	if (EVP_PKEY_is_a(q->key, "RSA") != 1 && EVP_PKEY_is_a(q->key, "EC") != 1)
		return unusable("%s: neither an RSA nor an EC key", path);
	return ANSWER_YES;
}

static void read_bank(struct strict_cursor *bank, enum digest_alg alg, struct pcr_values *values)
{
	const char *name;

	for (size_t i = 0; (name = strict_name_at(bank, i)) != NULL; i++) {
		AUTO_DONE(bytes) raw = { 0 };
		struct digest value = { 0 };
		uint64_t pcr = 0;

		if (decimal_parse(span_text(name), PCR_COUNT - 1, &pcr) != OK)
			strict_fail(bank, name, STATUS_MALFORMED, "not-a-pcr");
		if (hex_decode(strict_text(bank, name, (size_t)2 * DIGEST_MAX), &raw) != OK)
			strict_fail(bank, name, STATUS_MALFORMED, "not-hexadecimal");
		if (bank->document->status != OK)
			return;
		if (digest_from(alg, span_of(&raw), &value) != OK ||
		    pcr_value_set(values, (unsigned)pcr, &value) != OK)
			strict_fail(bank, name, STATUS_MALFORMED, "wrong-length");
	}
	(void)strict_end(bank);
}

static enum answer load_pcrs(const char *path, struct quote_question *q)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(strict_document) document = { 0 };
	const char *name;

	pcr_values_init(&q->pcrs);
	if (path == NULL)
		return ANSWER_YES;
	if (load(path, PCRS_MAX_BYTES, &text) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	if (strict_document_parse(span_of(&text), PCRS_MAX_BYTES, &document) != OK)
		return unusable("%s: %s %s", path, document.fault, document.path);

	struct strict_cursor root = strict_root(&document);

	for (size_t i = 0; (name = strict_name_at(&root, i)) != NULL; i++) {
		enum digest_alg alg = digest_alg_named(span_text(name));

		if (alg == DIGEST_NONE)
			break; /* not taken: strict_end() refuses it */

		struct strict_cursor bank = strict_object(&root, name);

		read_bank(&bank, alg, &q->pcrs);
	}
	if (strict_end(&root) != OK)
		return unusable("%s: %s %s", path, document.fault, document.path);
	return ANSWER_YES;
}

static enum answer load_nonce(const char *hex, struct quote_question *q)
{
	if (hex != NULL && hex_decode(span_text(hex), &q->nonce) != OK)
		return unusable("--nonce: not hexadecimal");
	return ANSWER_YES;
}

enum answer quote_question_load(const struct quote_options *o, struct quote_question *q)
{
	if (load_nonce(o->nonce, q) != ANSWER_YES || load_key(o->key, q) != ANSWER_YES ||
	    load_signature(o->signature, q) != ANSWER_YES ||
	    load_attest(o->attest, q) != ANSWER_YES || load_pcrs(o->pcrs, q) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}
