/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policies/documents/provenance.h"
#include "tools/artifacts/content_hash.h"
#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_signing.h"

static const char help[] =
	"usage: attestctl release provenance DIR --builder URI --material FILE...\n"
	"           [--key FILE|URI] [--key-name NAME] [--print-pae | --signature SIG]\n"
	"       attestctl release provenance DIR [--print-pae | --signature SIG]\n"
	"\n"
	"States where the draft's sets and boot files come from, as SLSA provenance v1: who\n"
	"built them, from which files. Signs the statement with the build key, puts it into\n"
	"DIR/release/provenance and names it in DIR/draft/manifest.json, which is signed after\n"
	"that. A root with 'requireProvenance' takes no manifest without one. Without --builder\n"
	"the statement that was made last, DIR/draft/provenance.json, is signed.\n"
	"\n"
	"  --builder URI    one of the root's 'builders'\n"
	"  --material FILE  an input, pinned by its SHA-256; further arguments are inputs too\n"
	"  --key FILE|URI   private key [DIR/keys/builder/build.pem]\n"
	"  --key-name NAME  its name in the root [build]\n" SIGNING_HELP "\n"
	"Exit status: 0 done, 2 wrong usage or failure.\n";

#define STATEMENT_MAX ((size_t)8 << 20)

enum option_id {
	OPTION_BUILDER = 256,
	OPTION_MATERIAL,
};

static const struct option options[] = {
	SIGNING_OPTIONS,
	{ "builder", required_argument, NULL, OPTION_BUILDER },
	{ "material", required_argument, NULL, OPTION_MATERIAL },
	LAST_OPTIONS,
};

struct building {
	struct release_line line;
	struct signing signing;
	const char *builder;
	json_t *inputs;
	struct progress progress;
	struct content_hash *hash;
};

static enum status add_input(struct building *b, const char *path)
{
	struct sha256_text hex;
	struct digest digest;
	enum status status = content_hash_file(b->hash, path, &digest);

	if (status != OK)
		return status;
	hex = sha256_hex(&digest);
	progress_file(&b->progress);
	(void)json_array_append_new(
		b->inputs, json_pack("{s:s, s:{s:s}}", "name", path, "digest", "sha256", hex.hex));
	return OK;
}

/* What an output is called, and by which of its digests the manifest knows it. */
static void add_output(json_t *subjects, const char *name, const char *algorithm,
		       const char *digest)
{
	const char *hex = strncmp(digest, "sha256:", 7) == 0 ? digest + 7 : digest;
	json_t *other;
	size_t i;

	json_array_foreach(subjects, i, other)
	{
		json_t *values = json_object_get(other, "digest");
		const char *known =
			json_string_value(json_object_iter_value(json_object_iter(values)));

		if (known != NULL && strcmp(known, hex) == 0)
			return;
	}
	(void)json_array_append_new(
		subjects, json_pack("{s:s, s:{s:s}}", "name", name, "digest", algorithm, hex));
}

static json_t *outputs_of(json_t *predicate)
{
	json_t *boot = json_object_get(predicate, "boot");
	json_t *subjects = json_array();
	json_t *row;
	json_t *digest;
	size_t i;
	size_t j;

	json_array_foreach(json_object_get(json_object_get(predicate, "ima"), "sets"), i, row)
		add_output(subjects, json_string_value(json_object_get(row, "name")), "sha256",
			   json_string_value(json_object_get(row, "sha256")));
	json_array_foreach(json_object_get(boot, "chain"), i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));

		json_array_foreach(json_object_get(row, "authenticode"), j, digest) add_output(
			subjects, name, "authenticode-sha256", json_string_value(digest));
	}
	json_array_foreach(json_object_get(boot, "initrd"), i, digest)
		add_output(subjects, "initrd", "sha256", json_string_value(digest));
	return subjects;
}

static enum status make_statement(struct building *b, json_t *predicate, struct bytes *out)
{
	json_t *provenance = json_pack(
		"{s:{s:s, s:{s:s}, s:O}, s:{s:{s:s}}}", "buildDefinition", "buildType",
		PROVENANCE_BUILD_TYPE, "externalParameters", "line",
		json_string_value(json_object_get(predicate, "line")), "resolvedDependencies",
		b->inputs, "runDetails", "builder", "id", b->builder);
	enum status status =
		statement_text(DOCUMENT_PROVENANCE, outputs_of(predicate), provenance, out);

	if (status != OK)
		return status;
	return path_write(line_path(&b->line, "draft/provenance.json").text, span_of(out), 0644);
}

/* The draft names the statement: it is written again, and what was its digest is not. */
static enum status name_in_draft(struct building *b, json_t *draft, const char *hex)
{
	AUTO_DONE(bytes) text = { 0 };
	struct path_text path = line_path(&b->line, "draft/manifest.json");
	json_t *predicate = json_object_get(draft, "predicate");
	json_t *evidence = json_object_get(predicate, "evidence");
	char digest[8 + 2 * SHA256_SIZE];

	(void)snprintf(digest, sizeof(digest), "sha256:%s", hex);
	if (evidence == NULL) {
		evidence = json_object();
		(void)json_object_set_new(predicate, "evidence", evidence);
	}
	(void)json_object_set_new(evidence, "provenance", json_string(digest));

	enum status status =
		statement_text(DOCUMENT_MANIFEST, json_incref(json_object_get(draft, "subject")),
			       json_incref(predicate), &text);
	if (status == OK)
		status = draft_check(path.text, span_of(&text));
	return status == OK ? path_write(path.text, span_of(&text), 0644) : status;
}

static enum status make(struct building *b, struct bytes *out)
{
	AUTO_DONE(bytes) text = { 0 };
	struct path_text path = line_path(&b->line, "draft/manifest.json");
	json_t *draft;
	enum status status = path_read(path.text, STATEMENT_MAX, &text);

	if (status != OK)
		return status;
	if (draft_check(path.text, span_of(&text)) != OK)
		return STATUS_MALFORMED;
	draft = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	status = make_statement(b, json_object_get(draft, "predicate"), out);
	if (status == OK)
		status = name_in_draft(b, draft, sha256_text_of(span_of(out)).hex);
	json_decref(draft);
	return status;
}

static enum answer provenance(struct building *b)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status;

	if (b->builder != NULL)
		status = make(b, &text);
	else
		status = path_read(line_path(&b->line, "draft/provenance.json").text, STATEMENT_MAX,
				   &text);
	if (status == OK)
		status =
			signing_check(DOCUMENT_PROVENANCE, "draft/provenance.json", span_of(&text));
	if (status != OK)
		return ANSWER_UNUSABLE;
	if (b->signing.prints)
		return signing_print(&b->line, &b->signing, span_of(&text)) == OK ? ANSWER_YES
										  : ANSWER_UNUSABLE;

	struct sha256_text digest = sha256_text_of(span_of(&text));
	if (signing_envelope(&b->line, &b->signing, span_of(&text),
			     line_path(&b->line, "release/provenance/%s.json", digest.hex).text) !=
	    OK)
		return ANSWER_UNUSABLE;
	printf("provenance sha256:%s: %zu inputs\n", digest.hex, json_array_size(b->inputs));
	return ANSWER_YES;
}

static enum answer read_options(struct building *b, int argc, char **argv, bool *goes_on)
{
	int option;

	while ((option = options_next(argc, argv, "", options)) != -1) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (option == OPTION_BUILDER)
			b->builder = optarg;
		else if (option == OPTION_MATERIAL && add_input(b, optarg) != OK)
			return ANSWER_UNUSABLE;
		else if (option != OPTION_MATERIAL && !signing_take(&b->signing, option, optarg))
			return unusable("release provenance: see --help");
	}
	if (optind >= argc)
		return unusable("release provenance DIR --builder URI --material FILE: see --help");
	b->line.directory = argv[optind];
	for (int i = optind + 1; i < argc; i++)
		if (add_input(b, argv[i]) != OK)
			return ANSWER_UNUSABLE;
	if ((b->builder != NULL) != (json_array_size(b->inputs) > 0))
		return unusable("--builder and --material need each other");
	*goes_on = true;
	return ANSWER_YES;
}

enum answer release_provenance(int argc, char **argv)
{
	struct building b = {
		.signing = { .role = ROLE_BUILD, .usual = "builder/build", .key_name = "build" },
		.progress = progress_begin("reading inputs")
	};
	AUTO(content_hash) hash = NULL;
	bool goes_on = false;
	enum answer answer = ANSWER_UNUSABLE;

	if (content_hash_new(&b.progress, &hash) != OK)
		return unusable("%s", status_text(STATUS_NO_MEMORY));
	b.hash = hash;
	b.inputs = json_array();
	answer = read_options(&b, argc, argv, &goes_on);
	progress_end(&b.progress);
	if (goes_on)
		answer = provenance(&b);
	json_decref(b.inputs);
	return answer;
}
