/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "tools/release/release.h"
#include "tools/release/release_difference.h"
#include "tools/release/release_document.h"
#include "tools/release/release_ima_policy.h"
#include "tools/release/release_log.h"
#include "tools/release/release_manifest.h"
#include "tools/options.h"
#include "tools/release/release_signing.h"

static const char help[] =
	"usage: attestctl release approve DIR --team platform|identity-security --reason TEXT\n"
	"           [--yes SHA256] [--class CLASS] [--validation CHECK=FILE]\n"
	"           [--manifest SHA256]\n"
	"           [--packages FILE] [--key FILE|URI] [--key-name NAME]\n"
	"           [--print-pae | --signature SIG]\n"
	"\n"
	"Shows what a manifest changes and the class that comes of it ('release diff'), asks,\n"
	"and approves it for one team: an envelope of its own, with who, what, why and which\n"
	"validation. It carries the digest of what was shown: another change is not approved\n"
	"by it. A low-risk change needs platform, one that touches trust needs both teams.\n"
	"\n"
	"  --reason TEXT      why, for the record\n"
	"  --yes SHA256       do not ask: this manifest was read, by the digest that 'release\n"
	"                     diff' showed; needed where standard input is no terminal. Another\n"
	"                     manifest than that is not approved\n"
	"  --class CLASS      low-risk or trust-impacting [what is computed]; a lower one than\n"
	"                     that is refused\n"
	"  --validation CHECK=FILE  a check that passed and its report, such as\n"
	"                     measured-boot=report ('release check' writes it), repeatable\n"
	"  --manifest SHA256  which [the draft that was signed last]\n"
	"  --packages FILE    as for 'release diff'\n"
	"  --key FILE|URI     private key, PEM or OSSL_STORE URI\n"
	"                     [DIR/keys/platform-lead/platform-approve.pem or\n"
	"                     DIR/keys/security-lead/security-approve.pem]\n"
	"  --key-name NAME    its name in the root [platform-approve or "
	"security-approve]\n" SIGNING_HELP
	"                     (the approval to be signed is kept in DIR/draft meanwhile)\n"
	"\n"
	"Exit status: 0 approved, 1 not approved, 2 wrong usage or failure.\n";

#define DRAFT_MAX ((size_t)4 << 20)
#define REPORT_MAX ((size_t)64 << 20)
#define VALIDATIONS_MAX 16

enum option_id {
	OPTION_TEAM = 256,
	OPTION_REASON,
	OPTION_YES,
	OPTION_CLASS,
	OPTION_VALIDATION,
	OPTION_MANIFEST,
	OPTION_PACKAGES,
};

static const struct option options[] = {
	SIGNING_OPTIONS,
	{ "team", required_argument, NULL, OPTION_TEAM },
	{ "reason", required_argument, NULL, OPTION_REASON },
	{ "yes", required_argument, NULL, OPTION_YES },
	{ "class", required_argument, NULL, OPTION_CLASS },
	{ "validation", required_argument, NULL, OPTION_VALIDATION },
	{ "manifest", required_argument, NULL, OPTION_MANIFEST },
	{ "packages", required_argument, NULL, OPTION_PACKAGES },
	LAST_OPTIONS,
};

struct request {
	struct release_line line;
	struct signing signing;
	const char *team, *reason, *class, *manifest, *packages;
	const char *seen; /* the manifest that was read, by --yes */
	const char *validation[VALIDATIONS_MAX];
	size_t validations;
};

static bool take_option(void *self, int option, const char *value)
{
	struct request *r = self;

	switch (option) {
	case OPTION_TEAM:
		r->team = value;
		return true;
	case OPTION_REASON:
		r->reason = value;
		return true;
	case OPTION_YES:
		r->seen = document_sha256(value);
		return r->seen != NULL;
	case OPTION_CLASS:
		r->class = value;
		return true;
	case OPTION_VALIDATION:
		if (r->validations == VALIDATIONS_MAX || strchr(value, '=') == NULL)
			return false;
		r->validation[r->validations++] = value;
		return true;
	case OPTION_MANIFEST:
		r->manifest = document_sha256(value);
		return r->manifest != NULL;
	case OPTION_PACKAGES:
		r->packages = value;
		return true;
	default:
		return signing_take(&r->signing, option, value);
	}
}

/* The draft that was signed last, or the manifest that was asked for. */
static enum status open_comparison(const struct request *r, struct comparison *out)
{
	struct path_text release = line_path(&r->line, "release");
	AUTO_DONE(bytes) manifest = { 0 };
	AUTO_DONE(bytes) draft = { 0 };
	struct sha256_text drafted = { "" };
	enum status status = OK;

	if (r->manifest == NULL) {
		status = path_read(line_path(&r->line, "draft/manifest.json").text, DRAFT_MAX,
				   &draft);
		if (status != OK)
			return status;
		drafted = sha256_text_of(span_of(&draft));
	}
	status = manifest_named(release.text, r->manifest == NULL ? drafted.hex : r->manifest,
				&manifest);
	if (status != OK)
		return status;
	return comparison_open(out, &r->line, &r->signing.pin, span_of(&manifest));
}

static bool has_line(struct span text, const char *wanted)
{
	struct span line;

	while (text_next_line(&text, &line))
		if (span_equal(line, span_text(wanted)))
			return true;
	return false;
}

/* CHECK=FILE of --validation. */
struct cited {
	struct span check;
	const char *file;
};

static struct cited cited_of(const char *text)
{
	const char *file = strchr(text, '=') + 1;

	return (struct cited){ { (const uint8_t *)text, (size_t)(file - 1 - text) }, file };
}

/* What 'release check' writes: about this manifest, and passed. */
static bool is_passed_boot(const struct comparison *c, struct span report)
{
	char manifest[128];

	(void)snprintf(manifest, sizeof(manifest), "manifest sha256:%s",
		       sha256_hex(&c->after.digest).hex);
	return span_starts_with(report, "attestd-validation/1\n") && has_line(report, manifest) &&
	       has_line(report, "result passed");
}

/* Another check's report is taken as it is. Kept where auditors find it. */
static enum status keep_report(const struct request *r, const struct comparison *c,
			       const struct cited *cited, struct span report)
{
	if ((span_equal(cited->check, span_text("measured-boot")) ||
	     span_starts_with(report, "attestd-validation/1\n")) &&
	    !is_passed_boot(c, report)) {
		(void)unusable("%s: not what 'release check' writes, of another manifest, "
			       "or not passed",
			       cited->file);
		return STATUS_MISMATCH;
	}
	if (has_line(report, "quoted no"))
		fprintf(stderr, "%s: logs at their word: no TPM signed what they lead to\n",
			cited->file);
	return line_write_released(
		&r->line,
		line_path(&r->line, "release/validation/%s", sha256_text_of(report).hex).text,
		report);
}

/* {"check", "result", "sha256"}; NULL after a message. */
static json_t *cited_json(const struct request *r, const struct comparison *c,
			  const struct cited *cited)
{
	AUTO_DONE(bytes) report = { 0 };

	if (path_read(cited->file, REPORT_MAX, &report) != OK ||
	    keep_report(r, c, cited, span_of(&report)) != OK)
		return NULL;

	json_t *one = json_pack("{s:s%, s:s, s:s}", "check", (const char *)cited->check.data,
				cited->check.len, "result", "passed", "sha256",
				sha256_text_of(span_of(&report)).hex);
	if (one == NULL)
		(void)unusable("--validation: the name of a check is UTF-8");
	return one;
}

/* One for each --validation; NULL after a message. */
static json_t *validation_json(const struct request *r, const struct comparison *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->validations; i++) {
		const struct cited cited = cited_of(r->validation[i]);

		if (json_array_append_new(list, cited_json(r, c, &cited)) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

static enum status approval_text(const struct request *r, const struct comparison *c,
				 enum change_class class, struct bytes *out)
{
	json_t *validation = validation_json(r, c);
	json_t *subject = json_array();

	if (validation == NULL) {
		json_decref(subject);
		return STATUS_NOT_FOUND;
	}
	json_t *approval = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "manifest",
				     sha256_hex(&c->after.digest).hex, "difference",
				     sha256_hex(&c->difference.digest).hex, "class",
				     change_class_names[class], "reason", r->reason, "validation",
				     validation, "time", (json_int_t)time(NULL));
	if (c->after.manifest.has_previous)
		(void)json_object_set_new(approval, "comparedWith",
					  json_string(sha256_hex(&c->after.manifest.previous).hex));
	subject_add(subject, "manifest", sha256_hex(&c->after.digest).hex);
	return statement_text(DOCUMENT_APPROVAL, subject, approval, out);
}

/* What is computed, or a higher one that was asked for. */
static bool choose_class(const struct request *r, const struct comparison *c,
			 enum change_class *out)
{
	*out = comparison_class(c);
	if (r->class == NULL)
		return true;
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(r->class, change_class_names[i]) != 0)
			continue;
		if (i < (unsigned)*out)
			return false;
		*out = (enum change_class)i;
		return true;
	}
	return false;
}

/* Whoever said yes beforehand said to which manifest: all that was shown follows from its
 * digest, the sets and the manifest before included. */
static bool agrees(const struct request *r, const struct comparison *c, enum change_class class)
{
	char answer[8] = "";

	if (r->seen != NULL && strcmp(r->seen, sha256_hex(&c->after.digest).hex) == 0)
		return true;
	if (r->seen != NULL) {
		(void)unusable("digest-mismatch: manifest sha256:%s is not the one that was read, "
			       "sha256:%s",
			       sha256_hex(&c->after.digest).hex, r->seen);
		return false;
	}
	if (isatty(STDIN_FILENO) == 0) {
		(void)unusable(
			"nobody to ask: read the difference, then approve with --yes and the "
			"manifest's digest");
		return false;
	}
	fprintf(stderr, "Approve this for %s as %s? [yes/no] ", r->team, change_class_names[class]);
	return fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

/* Signed elsewhere, meanwhile kept: it holds a time, and has to stay as it is. */
static struct path_text kept_approval(const struct request *r)
{
	return line_path(&r->line, "draft/approval-%s.json", r->team);
}

static enum status write_envelope(const struct request *r, const struct comparison *c,
				  struct span payload)
{
	struct path_text folder =
		line_path(&r->line, "release/approvals/%s", sha256_hex(&c->after.digest).hex);
	enum status status = signing_envelope_in(&r->line, &r->signing, payload, folder.text);

	if (status != OK)
		return status;
	printf("%s approved manifest sha256:%s\n", r->team, sha256_hex(&c->after.digest).hex);
	return release_log_catch_up(&r->line, &r->signing.pin, NULL);
}

/* Of the approval that was printed; it has to be one of this change. */
static enum answer attach(const struct request *r, struct comparison *c)
{
	AUTO_DONE(bytes) payload = { 0 };
	struct path_text kept = kept_approval(r);

	if (path_read(kept.text, DRAFT_MAX, &payload) != OK || comparison_run(c, NULL) != OK)
		return unusable("--print-pae comes first");
	AUTO(json_t)
	statement =
		json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
	const char *difference = json_string_value(
		json_object_get(json_object_get(statement, "predicate"), "difference"));
	if (difference == NULL || strcmp(difference, sha256_hex(&c->difference.digest).hex) != 0)
		return unusable("%s: of another change; --print-pae again", kept.text);
	if (write_envelope(r, c, span_of(&payload)) != OK)
		return ANSWER_UNUSABLE;
	(void)unlink(kept.text);
	return ANSWER_YES;
}

static enum answer approve(const struct request *r)
{
	AUTO_DONE(comparison) c = { 0 };
	AUTO_DONE(bytes) payload = { 0 };
	enum change_class class;
	enum status status = open_comparison(r, &c);

	if (status != OK)
		return unusable("not approved%s",
				status == STATUS_MISMATCH ? "" : ": sign the manifest first");
	if (r->signing.signature != NULL)
		return attach(r, &c);
	/* What is to be signed has standard output to itself. */
	if (comparison_print(&c, r->signing.prints ? stderr : stdout, r->packages) != OK)
		return unusable("not approved: what it changes cannot be told");
	(void)fflush(stdout);
	if (!comparison_policies_hold(&c)) {
		(void)unusable("not approved: under the new IMA policy code could run unseen");
		return ANSWER_NO;
	}
	if (!choose_class(r, &c, &class)) {
		(void)unusable("not approved: the change is %s, never %s",
			       change_class_names[comparison_class(&c)], r->class);
		return ANSWER_NO;
	}
	/* What is to be said of its reports is said before the question. */
	if (approval_text(r, &c, class, &payload) != OK)
		return ANSWER_UNUSABLE;
	if (!agrees(r, &c, class)) {
		(void)unusable("not approved");
		return ANSWER_NO;
	}
	if (!r->signing.prints)
		return write_envelope(r, &c, span_of(&payload)) == OK ? ANSWER_YES
								      : ANSWER_UNUSABLE;
	if (path_write(kept_approval(r).text, span_of(&payload), 0644) != OK ||
	    signing_print(&r->line, &r->signing, span_of(&payload)) != OK)
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

static bool choose_team(struct request *r)
{
	static const struct {
		const char *team, *usual, *key_name;
		enum role role;
	} teams[] = {
		{ "platform", "platform-lead/platform-approve", "platform-approve",
		  ROLE_APPROVE_PLATFORM },
		{ "identity-security", "security-lead/security-approve", "security-approve",
		  ROLE_APPROVE_SECURITY },
	};

	for (size_t i = 0; i < sizeof(teams) / sizeof(teams[0]); i++) {
		if (strcmp(r->team, teams[i].team) != 0)
			continue;
		r->signing.role = teams[i].role;
		r->signing.usual = teams[i].usual;
		if (r->signing.key_name == NULL)
			r->signing.key_name = teams[i].key_name;
		return true;
	}
	return false;
}

static bool is_whole(const void *self)
{
	const struct request *r = self;

	return r->team != NULL;
}

enum answer release_approve(int argc, char **argv)
{
	struct request r = { 0 };
	const struct command_options command = {
		.usage = "release approve DIR --team TEAM --reason TEXT",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &r,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &r.line.directory, &answer))
		return answer;
	if (r.signing.signature == NULL && (r.reason == NULL || r.reason[0] == '\0'))
		return unusable("release approve needs --reason: see --help");
	if (!choose_team(&r))
		return unusable("no team '%s': platform or identity-security", r.team);
	return approve(&r);
}
