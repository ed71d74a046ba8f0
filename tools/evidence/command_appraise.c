/* SPDX-License-Identifier: Apache-2.0 */
/* attestctl appraise: the whole appraisal, offline, with the verifier's own code. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "messages/evidence_file.h"
#include "tools/commands.h"
#include "tools/evidence/evidence_quote.h"
#include "tools/options.h"
#include "tools/release/release_directory.h"
#include "verifier/appraisal/appraise.h"

static const char help[] =
	"usage: attestctl appraise --evidence FILE --releases DIR [--root HEX]\n"
	"                          [--at UNIXTIME] [--json]\n"
	"\n"
	"Would the verifier believe this host? Makes the whole appraisal again, offline and\n"
	"without a TPM: the quote's signature and nonce, counters, PCR values, the minting\n"
	"key's certification, the boot log against one whole release, the IMA log against\n"
	"its sets. It is the verifier's own code.\n"
	"\n"
	"  --evidence FILE   what 'attestctl node show ID --evidence' writes\n"
	"                    (docs/evidence-file.md); - is standard input\n"
	"  --releases DIR    a published release directory, verified completely first\n"
	"  --root HEX        SHA-256 of the first root, as verifierd.conf pins it. Without it the\n"
	"                    directory's own root is taken, and the answer says so\n"
	"  --at UNIXTIME     appraise as of this time, not of the evidence's own\n"
	"  --json            the answer for programs\n"
	"\n"
	"A nonce's age and a quote's single use are the verifier's to check when evidence\n"
	"arrives; they are not part of this answer.\n"
	"\n"
	"Exit status: 0 trusted; 1 not trusted, with the reasons; 2 the evidence or the\n"
	"release is unusable.\n";

struct options {
	const char *evidence, *releases, *root, *at;
	bool json;
};

/* All that goes in, and what comes out. */
struct case_file {
	struct evidence_file file;
	struct bytes image;
	struct reference reference;
	bool is_root_pinned;
	int64_t at;
	struct node_class node_class;
	struct authentication authentication;
	struct appraisal appraisal;
	struct claims claims;
	struct findings findings;
};

static void case_file_done(struct case_file *c)
{
	evidence_file_done(&c->file);
	bytes_done(&c->image);
	appraisal_done(&c->appraisal);
}

AUTO_RELEASE(case_file, case_file_done);

static enum answer read_evidence(const struct options *o, struct case_file *c)
{
	AUTO_DONE(bytes) json = { 0 };
	const char *fault = NULL;
	uint64_t at = 0;

	if (file_read(o->evidence, EVIDENCE_FILE_MAX, &json) != OK)
		return unusable("%s: %s", o->evidence, strerror(errno));
	if (evidence_file_parse(span_of(&json), &c->file, &fault) != OK)
		return unusable("%s: no attestd-evidence/1: %s", o->evidence,
				fault == NULL ? "malformed" : fault);
	c->at = c->file.at;
	if (o->at == NULL)
		return ANSWER_YES;
	if (decimal_parse(span_text(o->at), INT64_MAX, &at) != OK)
		return unusable("--at: not a time in unix seconds");
	c->at = (int64_t)at;
	return ANSWER_YES;
}

/* 64 digits, as 'attestctl release init' prints them, or sha256: before them. */
static enum status root_parse(struct span text, struct digest *out)
{
	AUTO_DONE(bytes) raw = { 0 };

	if (span_starts_with(text, "sha256:"))
		return digest_text_parse(text, out);
	enum status status = hex_decode(text, &raw);

	return status == OK ? digest_from(DIGEST_SHA256, span_of(&raw), out) : status;
}

static enum answer find_root(const struct options *o, struct release_directory *directory,
			     struct case_file *c, struct digest *out)
{
	c->is_root_pinned = o->root != NULL;
	if (o->root == NULL) {
		if (release_directory_root(directory, out) != OK)
			return unusable("%s: no release: there is no root in it", o->releases);
		return ANSWER_YES;
	}
	if (root_parse(span_text(o->root), out) != OK)
		return unusable("--root: not the 64 digits of a SHA-256");
	return ANSWER_YES;
}

static enum answer load_release(const struct options *o, struct case_file *c)
{
	struct release_directory directory = { .path = o->releases };
	struct document_source source = release_directory_source(&directory);
	struct release_trust trust = { .now = c->at };
	struct release_marks marks;
	struct release_refusal refusal = { 0 };

	if (find_root(o, &directory, c, &trust.root) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	enum status status = release_load(&trust, &source, &c->image, &marks, &refusal);

	if (status != OK)
		return unusable("%s: release refused: %s %s %s: %s", o->releases,
				refusal.code == NULL ? status_text(status) : refusal.code,
				refusal.document, refusal.field, refusal.advice);
	if (reference_open(span_of(&c->image), &c->reference) != OK)
		return unusable("%s: the compiled release cannot be read", o->releases);
	return ANSWER_YES;
}

static void add(struct case_file *c, enum reason reason)
{
	struct finding f = finding_of(reason);

	findings_add(&c->findings, &f);
}

/* What the release says before anything is looked at. False: that was all. */
static bool check_release(struct case_file *c)
{
	const struct node_id *node = &c->file.node;
	struct span id = { .data = node->value, .len = sizeof(node->value) };

	if (reference_facts(&c->reference).valid_until <= c->at)
		add(c, REASON_RELEASE_STALE);
	if (reference_is_revoked_node(&c->reference, id))
		add(c, REASON_NODE_REVOKED);
	if (reference_class_named(&c->reference, span_of(&c->file.class_name), &c->node_class) ==
	    OK)
		return true;
	add(c, REASON_CLASS_UNKNOWN);
	return false;
}

static enum status check_logs(struct case_file *c)
{
	const struct appraisal_input input = {
		.reference = &c->reference,
		.node_class = &c->node_class,
		.node = node_id_span(&c->file.node),
		.values = &c->authentication.values,
		.boot_log = span_of(&c->file.evidence.boot_log),
		.ima_log = span_of(&c->file.evidence.ima_entries),
		.ima_first = c->file.evidence.ima_first,
		.now = c->at,
		.ratchet = c->file.release_version,
	};
	enum status status = appraise(&input, &c->appraisal);

	if (status != OK)
		return status;
	for (size_t i = 0; i < c->appraisal.findings.count; i++)
		findings_add(&c->findings, &c->appraisal.findings.list[i]);
	c->claims = claims_joined(&c->claims, &c->appraisal.claims);
	return OK;
}

static enum status judge(struct case_file *c)
{
	enum status status = OK;

	if (check_release(c)) {
		status = evidence_authenticate(&c->file, &c->reference, &c->node_class,
					       &c->authentication);
		if (status == OK)
			authentication_claims(&c->authentication, &c->claims);
		if (status == OK && c->authentication.authenticity != AUTHENTIC)
			findings_add(&c->findings, &c->authentication.why);
		else if (status == OK)
			status = check_logs(c);
	}
	claims_lower(&c->claims, &c->findings);
	return status;
}

static void put_reason(struct json_writer *w, const struct case_file *c, const struct finding *f)
{
	struct layer_owner owner = reference_owner(&c->reference, f->layer);

	json_open(w, NULL, '{');
	json_text(w, "code", span_text(reason_facts(f->reason)->code));
	json_text(w, "layer", span_text(layer_name(f->layer)));
	json_text(w, "owner", owner.owner);
	json_text(w, "contact", owner.escalation);
	if (f->entry != FINDING_NO_ENTRY)
		json_uint(w, "entry", f->entry);
	json_text(w, "detail", span_text(f->detail));
	json_text(w, "advice", span_text(reason_facts(f->reason)->advice));
	json_close(w, '}');
}

static void put_claims(struct json_writer *w, const struct claims *claims)
{
	json_open(w, "claims", '{');
	for (unsigned i = 0; i < CLAIM_COUNT; i++)
		json_uint(w, claim_name((enum claim)i), claims->tier[i]);
	json_close(w, '}');
}

static void put_release(struct json_writer *w, const struct appraisal *a)
{
	AUTO_DONE(bytes) manifest = { 0 };

	if (!a->has_release || digest_text_append(&manifest, &a->manifest) != OK)
		return;
	json_open(w, "release", '{');
	json_text(w, "manifest", span_of(&manifest));
	json_uint(w, "version", a->version);
	json_close(w, '}');
}

static enum answer tell_json(const struct case_file *c, enum trust_verdict verdict)
{
	const struct appraisal *a = &c->appraisal;
	AUTO_DONE(bytes) out = { 0 };
	struct json_writer w = json_to(&out);

	json_open(&w, NULL, '{');
	json_text(&w, "verdict", span_text(verdict_name(verdict)));
	json_bool(&w, "authentic", c->authentication.authenticity != UNAUTHENTICATED);
	json_bool(&w, "rootPinned", c->is_root_pinned);
	json_int(&w, "at", c->at);
	put_claims(&w, &c->claims);
	put_release(&w, a);
	json_uint(&w, "entries", a->entries);
	json_uint(&w, "excluded", a->excluded);
	json_uint(&w, "violations", a->violations);
	json_bool(&w, "builtinPolicy", a->uses_builtin_policy);
	json_bool(&w, "modulesDisabled", a->has_release && !a->lacks_modules_disabled);
	json_bool(&w, "retry", a->is_retryable);
	json_open(&w, "reasons", '[');
	for (size_t i = 0; i < c->findings.count; i++)
		put_reason(&w, c, &c->findings.list[i]);
	json_close(&w, ']');
	json_uint(&w, "moreReasons", c->findings.more + a->findings.more);
	json_close(&w, '}');
	if (json_end(&w) != OK || fwrite(out.data, 1, out.len, stdout) != out.len ||
	    putchar('\n') == EOF)
		return unusable("standard output: %s", strerror(errno));
	return verdict == VERDICT_TRUSTED ? ANSWER_YES : ANSWER_NO;
}

static void tell_reason(const struct case_file *c, const struct finding *f)
{
	struct layer_owner owner = reference_owner(&c->reference, f->layer);

	printf("  %s", reason_facts(f->reason)->code);
	if (f->entry != FINDING_NO_ENTRY)
		printf(" at entry %llu", (unsigned long long)f->entry);
	printf("%s%s\n", f->detail[0] == '\0' ? "" : ": ", f->detail);
	printf("    %s, owned by %.*s (%.*s)\n", layer_name(f->layer), (int)owner.owner.len,
	       (const char *)owner.owner.data, (int)owner.escalation.len,
	       (const char *)owner.escalation.data);
	printf("    %s\n", reason_facts(f->reason)->advice);
}

static enum answer tell_people(const struct case_file *c, enum trust_verdict verdict)
{
	const struct appraisal *a = &c->appraisal;

	printf("%s\n", verdict_name(verdict));
	for (unsigned i = 0; i < CLAIM_COUNT; i++)
		printf("  %s: %u\n", claim_name((enum claim)i), (unsigned)c->claims.tier[i]);
	if (a->has_release)
		printf("  release: version %llu, %llu IMA entries explained by it\n",
		       (unsigned long long)a->version, (unsigned long long)a->entries);
	if (a->uses_builtin_policy)
		puts("  limit: the kernel's built-in IMA policy (allowBuiltinPolicy)");
	if (a->has_release && a->lacks_modules_disabled)
		puts("  limit: signed modules can be loaded from memory (modulesDisabled)");
	if (!c->is_root_pinned)
		puts("  limit: the root is the directory's own (--root pins it)");
	for (size_t i = 0; i < c->findings.count; i++)
		tell_reason(c, &c->findings.list[i]);
	if (c->findings.more + a->findings.more > 0)
		printf("  and %llu more\n",
		       (unsigned long long)(c->findings.more + a->findings.more));
	return verdict == VERDICT_TRUSTED ? ANSWER_YES : ANSWER_NO;
}

static enum answer run(const struct options *o)
{
	AUTO_DONE(case_file) c = { 0 };

	if (read_evidence(o, &c) != ANSWER_YES || load_release(o, &c) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	enum status status = judge(&c);

	if (status != OK)
		return unusable("%s: cannot be appraised: %s", o->evidence, status_text(status));
	enum trust_verdict verdict = claims_verdict(&c.claims);

	return o->json ? tell_json(&c, verdict) : tell_people(&c, verdict);
}

enum answer command_appraise(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "evidence", required_argument, NULL, 'e' },
		{ "releases", required_argument, NULL, 'r' },
		{ "root", required_argument, NULL, 'R' },
		{ "at", required_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { 0 };
	int option;

	while ((option = options_next(argc, argv, "", long_options)) != -1) {
		switch (option) {
		case 'e':
			o.evidence = optarg;
			break;
		case 'r':
			o.releases = optarg;
			break;
		case 'R':
			o.root = optarg;
			break;
		case 'a':
			o.at = optarg;
			break;
		case 'j':
			o.json = true;
			break;
		case 'h':
			fputs(help, stdout);
			return ANSWER_YES;
		default:
			return unusable("appraise: see attestctl appraise --help");
		}
	}
	if (optind != argc || o.evidence == NULL || o.releases == NULL)
		return unusable("appraise: needs --evidence and --releases, see --help");
	return run(&o);
}
