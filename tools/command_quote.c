/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl quote verify: did this key sign this quote over this nonce and
 * these PCRs? */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "messages/strict_json.h"
#include "tools/auto_jansson.h"
#include "tools/commands.h"
#include "tools/public_key.h"
#include "tpm/attest.h"
#include "tpm/signature.h"

#define STRUCTURE_MAX_BYTES ((size_t)64 << 10)
#define PCRS_MAX_BYTES ((size_t)256 << 10)

static const char help[] =
	"usage: attestctl quote verify --attest FILE --signature FILE --key PEM\n"
	"                              [--nonce HEX] [--pcrs FILE] [--any-nonce]\n"
	"                              [--allow-sha1] [--json]\n"
	"\n"
	"Did this key sign this quote over this nonce and these PCRs? Offline, no TPM.\n"
	"\n"
	"  --attest FILE     TPMS_ATTEST as the TPM gave it, no size prefix\n"
	"                    (tpm2_quote --message)\n"
	"  --signature FILE  TPMT_SIGNATURE (tpm2_quote --signature)\n"
	"  --key PEM         public key of the attestation key, RSA or EC; RSA means\n"
	"                    RSASSA, EC means ECDSA, nothing else is tried\n"
	"  --nonce HEX       the quote's extraData must be exactly this. Without it the\n"
	"                    quote may be an old one: freshness is not checked, and the\n"
	"                    answer says so\n"
	"  --any-nonce       an empty nonce passes too; without it a quote over no nonce\n"
	"                    is refused, with --nonce '' as well\n"
	"  --pcrs FILE       {\"sha256\":{\"0\":\"HEX\",...},...}: the signed digest must be\n"
	"                    the one of these values, and the quote must select each of\n"
	"                    them: a value that is not signed is not vouched for\n"
	"  --allow-sha1      a signature over SHA-1 passes\n"
	"  --json            the answer for programs\n"
	"\n"
	"What a yes does not say: that the values are good ones, that the bank is strong\n"
	"enough, that the key lives in a TPM. attestctl appraise answers those.\n"
	"\n"
	"Exit status: 0 yes; 1 no, with the reason; 2 a file could not be read or is not\n"
	"what its option says.\n";

struct options {
	const char *attest, *signature, *key, *nonce, *pcrs;
	bool any_nonce, allow_sha1, json;
};

/* Everything the question is about, read and well formed. */
struct question {
	struct bytes attest_bytes, signature_bytes, nonce;
	EVP_PKEY *key;
	struct pcr_values pcrs;
	struct attest attest;
	enum status attest_status; /* OK, or why it is no quote */
	struct signature signature;
	enum status signature_status; /* OK, or STATUS_UNSUPPORTED */
};

/* No code: yes. The code is stable, the text is for people. */
struct verdict {
	const char *code;
	char text[160];
};

static void question_done(struct question *q)
{
	bytes_done(&q->attest_bytes);
	bytes_done(&q->signature_bytes);
	bytes_done(&q->nonce);
	EVP_PKEY_free(q->key);
}

AUTO_RELEASE(question, question_done);

static __attribute__((format(printf, 2, 3))) struct verdict refuse(const char *code,
								   const char *format, ...)
{
	struct verdict v = { .code = code };
	va_list args;

	va_start(args, format);
	(void)vsnprintf(v.text, sizeof(v.text), format, args);
	va_end(args);
	return v;
}

static const struct verdict accepted = { 0 };

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
static enum answer load_attest(const char *path, struct question *q)
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

static enum answer load_signature(const char *path, struct question *q)
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

static enum answer load_key(const char *path, struct question *q)
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

static enum answer load_pcrs(const char *path, struct question *q)
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

static enum answer load_nonce(const char *hex, struct question *q)
{
	if (hex != NULL && hex_decode(span_text(hex), &q->nonce) != OK)
		return unusable("--nonce: not hexadecimal");
	return ANSWER_YES;
}

static enum answer load_question(const struct options *o, struct question *q)
{
	if (load_nonce(o->nonce, q) != ANSWER_YES || load_key(o->key, q) != ANSWER_YES ||
	    load_signature(o->signature, q) != ANSWER_YES ||
	    load_attest(o->attest, q) != ANSWER_YES || load_pcrs(o->pcrs, q) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

static struct verdict judge_signature(const struct options *o, const struct question *q)
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

static struct verdict judge_type(const struct question *q)
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

static struct verdict judge_nonce(const struct options *o, const struct question *q)
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

static struct verdict judge_coverage(const struct question *q)
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

static struct verdict judge_pcrs(const struct options *o, const struct question *q)
{
	struct digest composite;

	if (pcr_selection_is_empty(&q->attest.selection))
		return refuse("empty-selection", "the quote selects no PCR");
	if (o->pcrs == NULL)
		return accepted;

	struct verdict v = judge_coverage(q);

	if (v.code != NULL)
		return v;
	/* Part 3, 18.4.1: the digest is by the hash of the signing scheme. */
	if (pcr_composite(&q->attest.selection, &q->pcrs, q->signature.hash, &composite) != OK ||
	    !span_equal(digest_span(&composite), q->attest.pcr_digest))
		return refuse("pcr-mismatch", "the quote is over other PCR values");
	return accepted;
}

static struct verdict judge(const struct options *o, const struct question *q)
{
	struct verdict v = judge_signature(o, q);

	if (v.code == NULL)
		v = judge_type(q);
	if (v.code == NULL)
		v = judge_nonce(o, q);
	if (v.code == NULL)
		v = judge_pcrs(o, q);
	return v;
}

static json_t *json_hex(struct span s)
{
	AUTO_DONE(bytes) hex = { 0 };

	if (s.len == 0)
		return json_string("");
	if (hex_append(&hex, s) != OK)
		return NULL;
	return json_stringn((const char *)hex.data, hex.len);
}

static json_t *json_selection(const struct pcr_selection *s)
{
	json_t *banks = json_array();

	for (size_t i = 0; i < s->count; i++) {
		json_t *pcrs = json_array();

		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
			if ((s->bank[i].pcrs >> pcr & 1) != 0)
				(void)json_array_append_new(pcrs, json_integer((json_int_t)pcr));
		(void)json_array_append_new(
			banks,
			json_pack("{s:s, s:o}", "bank", digest_name(s->bank[i].alg), "pcrs", pcrs));
	}
	return banks;
}

static json_t *json_quote(const struct attest *a)
{
	char firmware[17];

	(void)snprintf(firmware, sizeof(firmware), "%016llx",
		       (unsigned long long)a->firmware_version);
	/* clock has 64 bits; JSON here ends at 63 (q27). */
	char clock[21];

	(void)snprintf(clock, sizeof(clock), "%llu", (unsigned long long)a->clock);
	return json_pack("{s:o, s:o, s:s, s:I, s:I, s:b, s:s, s:o, s:o}", "qualified_signer",
			 json_hex(a->qualified_signer), "extra_data", json_hex(a->extra_data),
			 "clock_ms", clock, "reset_count", (json_int_t)a->reset_count,
			 "restart_count", (json_int_t)a->restart_count, "safe", a->is_safe,
			 "firmware_version", firmware, "selection", json_selection(&a->selection),
			 "pcr_digest", json_hex(a->pcr_digest));
}

static enum answer tell_json(const struct options *o, const struct question *q,
			     const struct verdict *v)
{
	bool is_yes = v->code == NULL;
	AUTO(json_t)
	answer = json_pack("{s:b, s:s?, s:s?, s:b, s:b}", "ok", is_yes, "reason", v->code, "detail",
			   is_yes ? NULL : v->text, "nonce_checked", is_yes && o->nonce != NULL,
			   "pcrs_checked", is_yes && o->pcrs != NULL);

	/* Fields of a refused quote are nobody's statement. */
	if (is_yes && json_object_set_new(answer, "quote", json_quote(&q->attest)) != 0)
		return unusable("out of memory");
	if (answer == NULL || json_dumpf(answer, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
		return unusable("standard output: %s", strerror(errno));
	return is_yes ? ANSWER_YES : ANSWER_NO;
}

static enum answer tell_people(const struct options *o, const struct question *q,
			       const struct verdict *v)
{
	const struct pcr_selection *s = &q->attest.selection;

	if (v->code != NULL) {
		printf("no: %s: %s\n", v->code, v->text);
		return ANSWER_NO;
	}
	printf("yes: the key signed this quote (%s)\n", digest_name(q->signature.hash));
	printf("  nonce: %s\n", o->nonce != NULL ? "the one given" : "not checked (--nonce)");
	for (size_t i = 0; i < s->count; i++) {
		printf("  PCRs in %s:", digest_name(s->bank[i].alg));
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
			if ((s->bank[i].pcrs >> pcr & 1) != 0)
				printf(" %u", pcr);
		puts("");
	}
	printf("  PCR values: %s\n", o->pcrs != NULL ? "the ones given" : "not checked (--pcrs)");
	return ANSWER_YES;
}

static enum answer verify(const struct options *o)
{
	AUTO_DONE(question) q = { 0 };

	if (load_question(o, &q) != ANSWER_YES)
		return ANSWER_UNUSABLE;

	struct verdict v = judge(o, &q);

	return o->json ? tell_json(o, &q, &v) : tell_people(o, &q, &v);
}

static bool read_options(int argc, char **argv, struct options *o, bool *wants_help)
{
	static const struct option table[] = {
		{ "attest", required_argument, NULL, 'a' },
		{ "signature", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "nonce", required_argument, NULL, 'n' },
		{ "pcrs", required_argument, NULL, 'p' },
		{ "any-nonce", no_argument, NULL, 'N' },
		{ "allow-sha1", no_argument, NULL, '1' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1)
		switch (option) {
		case 'a':
			o->attest = optarg;
			break;
		case 's':
			o->signature = optarg;
			break;
		case 'k':
			o->key = optarg;
			break;
		case 'n':
			o->nonce = optarg;
			break;
		case 'p':
			o->pcrs = optarg;
			break;
		case 'N':
			o->any_nonce = true;
			break;
		case '1':
			o->allow_sha1 = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			*wants_help = true;
			return true;
		default:
			return false;
		}
	return optind == argc;
}

enum answer command_quote(int argc, char **argv)
{
	struct options o = { 0 };
	bool wants_help = argc > 1 && strcmp(argv[1], "--help") == 0;
	bool is_verify = argc > 1 && strcmp(argv[1], "verify") == 0;

	if (!wants_help && !is_verify)
		return unusable("quote: the one thing to do is verify: attestctl quote --help");
	if (is_verify && !read_options(argc - 1, argv + 1, &o, &wants_help))
		return unusable("wrong usage: attestctl quote --help");
	if (wants_help) {
		return fputs(help, stdout) < 0 ? ANSWER_UNUSABLE : ANSWER_YES;
	}
	if (o.attest == NULL || o.signature == NULL || o.key == NULL)
		return unusable("quote verify needs --attest, --signature and --key: "
				"attestctl quote --help");
	return verify(&o);
}
