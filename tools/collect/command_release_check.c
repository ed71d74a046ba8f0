/* SPDX-License-Identifier: Apache-2.0 */

#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_document.h"
#include "tools/release/release_manifest.h"
#include "tools/collect/release_validation.h"
#include "tools/command.h"

static const char help[] =
	"usage: attestctl release check DIR --boot-log FILE --ima-log FILE [OPTIONS]\n"
	"       attestctl release check DIR --evidence FILE [OPTIONS]\n"
	"\n"
	"Replays the boot of a validation machine against DIR's draft, by the rules that a\n"
	"verifier goes by, and lists every event and entry that the draft does not explain,\n"
	"with the golden value that comes nearest. Approvals cite the report that it writes\n"
	"where all is explained: 'release approve --validation measured-boot=REPORT'.\n"
	"\n"
	"  --boot-log FILE  the firmware's log (binary_bios_measurements)\n"
	"  --ima-log FILE   IMA's (binary_runtime_measurements). Both at their word: no quote\n"
	"                   says that a TPM was told the same\n"
	"  --evidence FILE  what 'attestctl node show ID --evidence' writes, of the boot's first\n"
	"                   attestation: logs that lead to what a TPM signed\n"
	"  --root SHA256    the first root [the one that 'init' made, by DIR/line.json]\n"
	"  --after SHA256   the index in force, as 'publish' printed it, where the root's key for "
	"it\n"
	"                   and one of the matrix' have changed since\n"
	"  --report FILE    [DIR/draft/validation.txt]\n"
	"  --json           the answer for programs\n"
	"\n"
	"Exit status: 0 all of it explained, 1 not, 2 unusable input or failure.\n";

#define BOOT_FILE_MAX ((size_t)16 << 20)
#define IMA_FILE_MAX ((size_t)256 << 20)

enum option_id {
	OPTION_BOOT_LOG = 256,
	OPTION_IMA_LOG,
	OPTION_EVIDENCE,
	OPTION_REPORT,
	OPTION_JSON,
	OPTION_ROOT,
	OPTION_AFTER,
};

static const struct option options[] = {
	{ "boot-log", required_argument, NULL, OPTION_BOOT_LOG },
	{ "ima-log", required_argument, NULL, OPTION_IMA_LOG },
	{ "evidence", required_argument, NULL, OPTION_EVIDENCE },
	{ "report", required_argument, NULL, OPTION_REPORT },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "after", required_argument, NULL, OPTION_AFTER },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

struct check {
	struct release_line line;
	const char *boot_log, *ima_log, *evidence, *report;
	bool json, wants_help;
	struct digest pin; /* the first root; DIGEST_NONE: as line_pin() */
	const char *after;
};

static bool take_option(struct check *check, int option, const char *value)
{
	switch (option) {
	case OPTION_BOOT_LOG:
		check->boot_log = value;
		return true;
	case OPTION_IMA_LOG:
		check->ima_log = value;
		return true;
	case OPTION_EVIDENCE:
		check->evidence = value;
		return true;
	case OPTION_REPORT:
		check->report = value;
		return true;
	case OPTION_JSON:
		check->json = true;
		return true;
	case OPTION_ROOT:
		return pin_take(value, &check->pin);
	case OPTION_AFTER:
		check->after = document_sha256(value);
		return check->after != NULL;
	case OPTION_HELP:
		check->wants_help = true;
		return true;
	default:
		return false;
	}
}

static enum status read_evidence(const char *path, struct validation *v)
{
	AUTO_DONE(bytes) json = { 0 };
	const char *fault = NULL;
	enum status status = path_read(path, EVIDENCE_FILE_MAX, &json);

	if (status != OK)
		return status;
	status = evidence_file_parse(span_of(&json), &v->evidence, &fault);
	if (status != OK)
		(void)unusable("%s: no attestd-evidence/1: %s", path,
			       fault == NULL ? "malformed" : fault);
	v->has_evidence = true;
	return status;
}

static enum status read_input(const struct check *check, struct validation *v)
{
	enum status status =
		manifest_payload(line_path(&check->line, "draft/manifest.json").text, &v->manifest);

	if (status != OK)
		return status;
	if (check->evidence != NULL)
		return read_evidence(check->evidence, v);
	status = path_read(check->boot_log, BOOT_FILE_MAX, &v->boot_file);
	return status == OK ? path_read(check->ima_log, IMA_FILE_MAX, &v->ima_file) : status;
}

/* What the appraisal says beyond single events and entries. */
static bool is_of_the_whole(const struct finding *f)
{
	return f->entry == FINDING_NO_ENTRY;
}

static void print_unmatched(const struct validation *v)
{
	const struct findings *all = &v->appraisal.findings;

	for (size_t i = 0; i < v->count; i++) {
		const struct unmatched *u = &v->unmatched[i];

		printf("%s %llu: %s %s\n", u->is_ima ? "entry" : "event",
		       (unsigned long long)u->number, reason_facts(u->reason)->code, u->detail);
		printf("    nearest: %s\n", u->nearest == NULL ? "nothing" : u->nearest);
	}
	for (size_t i = 0; i < all->count; i++)
		if (is_of_the_whole(&all->list[i]))
			printf("boot: %s %s\n", reason_facts(all->list[i].reason)->code,
			       all->list[i].detail);
}

/* What is cited: of which manifest, of which logs, and what came of it. */
static enum status report_text(const struct validation *v, struct bytes *out)
{
	return bytes_printf(out,
			    "attestd-validation/1\n"
			    "manifest sha256:%s\n"
			    "boot-log sha256:%s\n"
			    "ima-log sha256:%s\n"
			    "quoted %s\n"
			    "events %llu of %llu explained\n"
			    "entries %llu of %llu explained\n"
			    "result %s\n",
			    sha256_text_of(span_of(&v->manifest)).hex,
			    sha256_text_of(v->boot_log).hex, sha256_text_of(v->ima_log).hex,
			    v->has_evidence ? "yes" : "no", (unsigned long long)v->events_explained,
			    (unsigned long long)v->events, (unsigned long long)v->entries_explained,
			    (unsigned long long)v->entries,
			    validation_passed(v) ? "passed" : "failed");
}

static json_t *unmatched_json(const struct validation *v)
{
	const struct findings *all = &v->appraisal.findings;
	json_t *list = json_array();

	for (size_t i = 0; i < v->count; i++) {
		const struct unmatched *u = &v->unmatched[i];
		json_t *one = json_pack("{s:s, s:I, s:s, s:s}", "log", u->is_ima ? "ima" : "boot",
					"entry", (json_int_t)u->number, "code",
					reason_facts(u->reason)->code, "detail", u->detail);

		if (u->nearest != NULL)
			(void)json_object_set_new(one, "nearest", json_string(u->nearest));
		(void)json_array_append_new(list, one);
	}
	for (size_t i = 0; i < all->count; i++)
		if (is_of_the_whole(&all->list[i]))
			(void)json_array_append_new(
				list, json_pack("{s:s, s:s}", "code",
						reason_facts(all->list[i].reason)->code, "detail",
						all->list[i].detail));
	return list;
}

static enum status print_json(const struct validation *v, const char *report)
{
	AUTO(json_t)
	document = json_pack(
		"{s:b, s:s, s:s, s:{s:I, s:I}, s:{s:I, s:I}, s:o}", "passed", validation_passed(v),
		"manifest", sha256_text_of(span_of(&v->manifest)).hex, "validation", report, "boot",
		"events", (json_int_t)v->events, "explained", (json_int_t)v->events_explained,
		"ima", "entries", (json_int_t)v->entries, "explained",
		(json_int_t)v->entries_explained, "unmatched", unmatched_json(v));

	if (document == NULL || json_dumpf(document, stdout, JSON_INDENT(2)) != 0)
		return STATUS_IO;
	putchar('\n');
	return OK;
}

static enum answer tell(const struct check *check, const struct validation *v)
{
	AUTO_DONE(bytes) report = { 0 };
	struct path_text usual = line_path(&check->line, "draft/validation.txt");
	const char *path = check->report == NULL ? usual.text : check->report;

	if (report_text(v, &report) != OK || path_write(path, span_of(&report), 0644) != OK)
		return ANSWER_UNUSABLE;

	struct sha256_text digest = sha256_text_of(span_of(&report));
	if (check->json) {
		if (print_json(v, digest.hex) != OK)
			return ANSWER_UNUSABLE;
	} else {
		print_unmatched(v);
		printf("%s: sha256:%s\n", path, digest.hex);
		(void)fwrite(report.data, 1, report.len, stdout);
	}
	return validation_passed(v) ? ANSWER_YES : ANSWER_NO;
}

static enum answer check_draft(const struct check *check)
{
	AUTO_DONE(validation)
	v = { .line = &check->line, .anchor = { .pin = &check->pin, .after = check->after } };
	enum status status;

	appraisal_init(&v.appraisal);
	if (read_input(check, &v) != OK)
		return ANSWER_UNUSABLE;
	status = validation_run(&v);
	if (status != OK)
		return unusable("release check: %s", status_text(status));
	return tell(check, &v);
}

enum answer release_check(int argc, char **argv)
{
	struct check check = { 0 };
	int option;

	while ((option = options_next(argc, argv, "", options)) != -1) {
		if (!take_option(&check, option, optarg))
			return unusable("release check DIR --boot-log F --ima-log F: see --help");
		if (check.wants_help) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
	}
	if (optind != argc - 1 ||
	    (check.evidence == NULL) == (check.boot_log == NULL && check.ima_log == NULL) ||
	    (check.boot_log == NULL) != (check.ima_log == NULL))
		return unusable("release check DIR wants both logs, or evidence: see --help");
	check.line.directory = argv[optind];
	return check_draft(&check);
}
