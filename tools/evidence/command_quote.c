/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl quote verify: did this key sign this quote over this nonce and
 * these PCRs? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tools/auto_jansson.h"
#include "tools/commands.h"
#include "tools/evidence/quote_judgement.h"
#include "tools/options.h"

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

static enum answer tell_json(const struct quote_options *o, const struct quote_question *q,
			     const struct quote_verdict *v)
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

static enum answer tell_people(const struct quote_options *o, const struct quote_question *q,
			       const struct quote_verdict *v)
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

static enum answer verify(const struct quote_options *o)
{
	AUTO_DONE(quote_question) q = { 0 };

	if (quote_question_load(o, &q) != ANSWER_YES)
		return ANSWER_UNUSABLE;

	struct quote_verdict v = quote_judge(o, &q);

	return o->json ? tell_json(o, &q, &v) : tell_people(o, &q, &v);
}

static bool read_options(int argc, char **argv, struct quote_options *o)
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
		{ 0 },
	};
	int option;

	while ((option = options_next(argc, argv, "", table)) != -1)
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
		default:
			return false;
		}
	return optind == argc;
}

enum answer command_quote(int argc, char **argv)
{
	struct quote_options o = { 0 };

	if (wants_help(argc, argv))
		return fputs(help, stdout) < 0 ? ANSWER_UNUSABLE : ANSWER_YES;
	if (argc < 2 || strcmp(argv[1], "verify") != 0)
		return unusable("quote %s: the one thing to do is verify: attestctl quote --help",
				argc < 2 ? "" : argv[1]);
	argv[1] = argv[0];
	if (!read_options(argc - 1, argv + 1, &o))
		return unusable("wrong usage: attestctl quote --help");
	if (o.attest == NULL || o.signature == NULL || o.key == NULL)
		return unusable("quote verify needs --attest, --signature and --key: "
				"attestctl quote --help");
	return verify(&o);
}
