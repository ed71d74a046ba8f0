/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "policies/set_file.h"
#include "tools/release.h"

static const char help[] =
	"usage: attestctl release collect DIR --boot-log FILE [--ima-log FILE]\n"
	"           --files LIST.sha256 | --tree DIRECTORY [OPTIONS]\n"
	"       attestctl release collect DIR --previous --files MORE.sha256 [OPTIONS]\n"
	"\n"
	"Writes a draft manifest, DIR/draft/manifest.json, and its sets of files. Golden values\n"
	"come from artifacts: a list made by sha256sum where the artifacts are, or a directory.\n"
	"The logs of a reference machine give the boot rules (every event is covered) and a\n"
	"cross-check: files that its IMA log names and no list explains are reported, never\n"
	"silently included.\n"
	"\n"
	"  --boot-log FILE       binary_bios_measurements of a reference machine\n"
	"  --ima-log FILE        its binary_runtime_measurements\n"
	"  --files LIST          sha256sum lines 'SHA256  /PATH', any order, repeatable\n"
	"  --tree DIRECTORY      hash every file below it, paths as seen from there\n"
	"  --previous            version N+1 from the manifest in force, plus the files given\n"
	"  --identity PATH       belongs to the identity set and must appear, repeatable\n"
	"  --ima-policy PATH     the policy's path on a node [/etc/ima/ima-policy]; its digest\n"
	"                        is taken from the lists\n"
	"  --allow-builtin-policy  go on without a policy file: trust-impacting, shown always\n"
	"  --from-log-only       take files from the IMA log: only for trying things out\n"
	"  --lockdown LEVEL      none, integrity, confidentiality [integrity with Secure Boot]\n"
	"  --not-after DAYS      the manifest's life in days [90]\n"
	"\n"
	"Exit status: 0 a draft that explains the logs, 1 files are unexplained (the draft is\n"
	"written all the same), 2 unusable input or failure.\n";

struct collect {
	struct release_line line;
	const char *boot_log, *ima_log, *policy_path, *lockdown;
	bool from_previous, allow_builtin, from_log_only;
	int64_t life_days, now;
	struct file_list files;
	struct file_list identity; /* paths; digests unused */
	size_t left_out;
	struct ima_collected ima;
	json_t *settings, *previous; /* predicate of the manifest in force */
	uint64_t previous_version;
	char previous_sha256[2 * SHA256_SIZE + 1];
};

static void collect_done(struct collect *c)
{
	file_list_done(&c->files);
	file_list_done(&c->identity);
	ima_collected_done(&c->ima);
	json_decref(c->settings);
	json_decref(c->previous);
}

AUTO_RELEASE(collect, collect_done);

#define FILE_MAX ((size_t)256 << 20)

static enum status add_list(struct collect *c, const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = line_read(path, FILE_MAX, &text);

	if (status != OK)
		return status;
	return file_list_add_text(&c->files, path, span_of(&text), &c->left_out);
}

static const char *setting(const struct collect *c, const char *name)
{
	const char *text = json_string_value(json_object_get(c->settings, name));

	return text == NULL ? "" : text;
}

/* The files of a set that the previous manifest names. */
static enum status add_previous_set(struct collect *c, json_t *set)
{
	const char *class = json_string_value(json_object_get(set, "class"));
	const char *hex = json_string_value(json_object_get(set, "sha256"));
	json_t *path;
	size_t i;

	if (class == NULL || hex == NULL)
		return STATUS_MALFORMED;
	json_array_foreach(json_object_get(set, "mustAppear"), i,
			   path) if (file_list_add(&c->identity, span_text(json_string_value(path)),
						   "") != OK) return STATUS_NO_MEMORY;
	return add_list(c, line_path(&c->line, "release/sets/%s", hex).text);
}

/* What is in force in this cell: files first, so that those given later count. */
static enum status read_previous(struct collect *c)
{
	AUTO_DONE(line_state) state = { 0 };
	enum status status = line_state_read(&c->line, &state);
	json_t *entry;
	json_t *set;
	size_t i;

	if (status != OK)
		return status;
	entry = line_state_manifest(&state, setting(c, "platform"), setting(c, "kernel"),
				    "current");
	if (entry == NULL) {
		if (!c->from_previous)
			return OK;
		(void)unusable("no manifest is in force yet: collect without --previous");
		return STATUS_NOT_FOUND;
	}
	(void)snprintf(c->previous_sha256, sizeof(c->previous_sha256), "%s",
		       json_string_value(json_object_get(entry, "sha256")));
	c->previous_version = (uint64_t)json_integer_value(json_object_get(entry, "version"));
	c->previous = line_predicate(
		line_path(&c->line, "release/manifests/%s.json", c->previous_sha256).text);
	if (c->previous == NULL)
		return STATUS_MALFORMED;
	if (!c->from_previous)
		return OK;
	json_array_foreach(json_object_get(json_object_get(c->previous, "ima"), "sets"), i, set)
	{
		status = add_previous_set(c, set);
		if (status != OK)
			return status;
	}
	return OK;
}

/* Writes the set into the release and gives its member of "sets". */
static json_t *write_set(struct collect *c, const char *name, const char *class,
			 const struct file_list *files, bool must_appear)
{
	AUTO_DONE(bytes) text = { 0 };
	json_t *paths;

	if (file_list_text(files, &text) != OK)
		return NULL;

	struct sha256_text digest = sha256_text_of(span_of(&text));
	if (line_write(line_path(&c->line, "release/sets/%s", digest.hex).text, span_of(&text),
		       0644) != OK)
		return NULL;

	json_t *set = json_pack("{s:s, s:s, s:I, s:s}", "name", name, "sha256", digest.hex, "size",
				(json_int_t)text.len, "class", class);
	if (!must_appear)
		return set;
	paths = json_array();
	for (size_t i = 0; i < files->count; i++)
		(void)json_array_append_new(paths, json_string(files->entry[i].path));
	(void)json_object_set_new(set, "mustAppear", paths);
	return set;
}

/* Takes identity files out of the lists into a list of their own. */
static enum status split_identity(struct collect *c, struct file_list *base,
				  struct file_list *identity)
{
	enum status status = OK;

	file_list_settle(&c->identity);
	for (size_t i = 0; i < c->files.count && status == OK; i++) {
		struct span path = span_text(c->files.entry[i].path);
		bool is_identity = file_list_find(&c->identity, path) != NULL;

		status = file_list_add(is_identity ? identity : base, path, c->files.entry[i].hex);
	}
	if (status == OK && identity->count != c->identity.count) {
		(void)unusable("an --identity path is in no list of files");
		return STATUS_NOT_FOUND;
	}
	return status;
}

/* Entries of the log before the policy that the lists explain. */
static enum status explained_early(const struct collect *c, struct file_list *out)
{
	enum status status = OK;

	for (size_t i = 0; i < c->ima.early.count && status == OK; i++) {
		struct span path = span_text(c->ima.early.entry[i].path);
		const struct file_list_entry *known = file_list_find(&c->files, path);

		if (known != NULL && strcmp(known->hex, c->ima.early.entry[i].hex) == 0)
			status = file_list_add(out, path, known->hex);
	}
	return status;
}

static json_t *sets_json(struct collect *c, json_t *early_names)
{
	AUTO_DONE(file_list) base = { 0 };
	AUTO_DONE(file_list) identity = { 0 };
	AUTO_DONE(file_list) early = { 0 };
	json_t *sets = json_array();
	json_t *set;
	size_t i;

	if (split_identity(c, &base, &identity) != OK || explained_early(c, &early) != OK)
		return sets;
	if (early.count > 0) {
		(void)json_array_append_new(sets,
					    write_set(c, "early.files", "base", &early, false));
		(void)json_array_append_new(early_names, json_string("early.files"));
	}
	/* Without a log, what was early stays early. */
	json_array_foreach(json_object_get(json_object_get(c->previous, "ima"), "sets"), i,
			   set) if (early.count == 0 && c->from_previous &&
				    strcmp(json_string_value(json_object_get(set, "name")),
					   "early.files") == 0)
	{
		(void)json_array_append(sets, set);
		(void)json_array_append_new(early_names, json_string("early.files"));
	}
	(void)json_array_append_new(sets, write_set(c, "base.files", "base", &base, false));
	if (identity.count > 0)
		(void)json_array_append_new(
			sets, write_set(c, "identity.files", "identity", &identity, true));
	return sets;
}

/* {"path", "sha256"}; NULL without one. */
static json_t *policy_json(const struct collect *c)
{
	const struct file_list_entry *file = file_list_find(&c->files, span_text(c->policy_path));

	if (file == NULL)
		return NULL;
	return json_pack("{s:s, s:[s]}", "path", c->policy_path, "sha256", file->hex);
}

static json_t *ima_json(struct collect *c)
{
	json_t *was = json_object_get(c->previous, "ima");
	json_t *early = json_array();
	json_t *sets = sets_json(c, early);
	json_t *policy = policy_json(c);
	bool builtin = c->allow_builtin;
	json_t *templates = c->ima.templates != NULL ? json_incref(c->ima.templates)
						     : json_pack("[s, s]", "ima-sig", "ima-sigv2");

	if (c->from_previous) {
		builtin = builtin || json_is_true(json_object_get(was, "allowBuiltinPolicy"));
		if (c->ima.templates == NULL) {
			json_decref(templates);
			templates = json_incref(json_object_get(was, "templates"));
		}
	}
	json_t *ima = json_pack("{s:o, s:s, s:s, s:b, s:o, s:o}", "templates", templates, "hash",
				"sha256", "violations", "refuse", "allowBuiltinPolicy", builtin,
				"early", early, "sets", sets);
	if (policy != NULL)
		(void)json_object_set_new(ima, "policy", policy);
	return ima;
}

static json_t *boot_json(struct collect *c)
{
	AUTO_DONE(bytes) log = { 0 };

	if (c->boot_log == NULL)
		return json_deep_copy(json_object_get(c->previous, "boot"));
	if (line_read(c->boot_log, FILE_MAX, &log) != OK)
		return NULL;
	return collect_boot(span_of(&log), c->lockdown);
}

static enum status read_ima(struct collect *c)
{
	AUTO_DONE(bytes) log = { 0 };
	enum status status = OK;

	if (c->ima_log == NULL)
		return OK;
	status = line_read(c->ima_log, FILE_MAX, &log);
	if (status == OK)
		status = collect_ima(span_of(&log), c->policy_path, &c->ima);
	if (status != OK || !c->from_log_only)
		return status;
	fputs("attestctl: WARNING: golden values taken from a machine's own log: whatever ran\n"
	      "there counts as good. Use lists made from artifacts for anything that matters.\n",
	      stderr);
	for (size_t i = 0; i < c->ima.all.count && status == OK; i++)
		status = file_list_add(&c->files, span_text(c->ima.all.entry[i].path),
				       c->ima.all.entry[i].hex);
	return status;
}

/* Files of the log that no list explains, said one by one. */
static size_t report_unexplained(const struct collect *c)
{
	size_t unexplained = 0;

	for (size_t i = 0; i < c->ima.all.count; i++) {
		const struct file_list_entry *entry = &c->ima.all.entry[i];
		const struct file_list_entry *known =
			file_list_find(&c->files, span_text(entry->path));
		AUTO_DONE(bytes) escaped = { 0 };

		if (known != NULL && strcmp(known->hex, entry->hex) == 0)
			continue;
		if (text_append_escaped(&escaped, span_text(entry->path)) == OK)
			fprintf(stderr, "unexplained: %.*s %s (%s)\n", (int)escaped.len,
				(const char *)escaped.data, entry->hex,
				known == NULL ? "in no list" : "another digest is listed");
		unexplained++;
	}
	if (c->ima.violations > 0)
		fprintf(stderr, "the log has %zu violations: fix the IMA policy\n",
			c->ima.violations);
	return unexplained + c->ima.violations;
}

static json_t *predicate_json(struct collect *c)
{
	json_t *boot = boot_json(c);
	json_t *ima = boot == NULL ? NULL : ima_json(c);
	json_int_t epoch = json_integer_value(json_object_get(c->previous, "securityEpoch"));

	if (ima == NULL) {
		json_decref(boot);
		return NULL;
	}
	json_t *predicate = json_pack(
		"{s:s, s:I, s:I, s:s, s:{s:s, s:s}, s:I, s:I, s:o, s:o, s:{s:[]}}", "line",
		setting(c, "line"), "version", (json_int_t)(c->previous_version + 1),
		"securityEpoch", epoch, "changeClass", "trust-impacting", "target", "platform",
		setting(c, "platform"), "kernel", setting(c, "kernel"), "notBefore",
		(json_int_t)(c->now - 60), "notAfter",
		(json_int_t)(c->now + c->life_days * INT64_C(86400)), "boot", boot, "ima", ima,
		"evidence", "validation");
	if (c->previous_version > 0)
		(void)json_object_set_new(predicate, "previous",
					  json_pack("{s:I, s:s}", "version",
						    (json_int_t)c->previous_version, "sha256",
						    c->previous_sha256));
	return predicate;
}

static enum status write_draft(struct collect *c)
{
	AUTO_DONE(bytes) text = { 0 };
	json_t *subject = json_array();
	json_t *predicate = predicate_json(c);
	json_t *set;
	size_t i;

	if (predicate == NULL)
		return STATUS_MALFORMED;
	json_array_foreach(json_object_get(json_object_get(predicate, "ima"), "sets"), i, set)
		subject_add(subject, json_string_value(json_object_get(set, "name")),
			    json_string_value(json_object_get(set, "sha256")));
	enum status status = statement_text(DOCUMENT_MANIFEST, subject, predicate, &text);
	if (status != OK)
		return status;
	status = line_write(line_path(&c->line, "draft/manifest.json").text, span_of(&text), 0644);
	if (status == OK)
		printf("%s: version %" PRIu64 ", %zu files, sha256:%s\n",
		       line_path(&c->line, "draft/manifest.json").text, c->previous_version + 1,
		       c->files.count, sha256_text_of(span_of(&text)).hex);
	return status;
}

static enum answer collect(struct collect *c)
{
	if (read_ima(c) != OK)
		return ANSWER_UNUSABLE;
	file_list_settle(&c->files);
	if (c->left_out > 0)
		fprintf(stderr, "left out: %zu files in /boot, which no set may list\n",
			c->left_out);
	if (c->files.count == 0)
		return unusable("no files: give --files or --tree");
	if (!c->from_previous && !c->allow_builtin &&
	    file_list_find(&c->files, span_text(c->policy_path)) == NULL)
		return unusable("no list has the IMA policy %s: name it with --ima-policy, or say "
				"--allow-builtin-policy",
				c->policy_path);
	if (write_draft(c) != OK)
		return ANSWER_UNUSABLE;

	size_t unexplained = report_unexplained(c);
	if (unexplained > 0)
		fprintf(stderr, "%zu entries of the IMA log are not explained by this draft\n",
			unexplained);
	return unexplained > 0 ? ANSWER_NO : ANSWER_YES;
}

enum option_id {
	OPTION_BOOT_LOG = 256,
	OPTION_IMA_LOG,
	OPTION_FILES,
	OPTION_TREE,
	OPTION_PREVIOUS,
	OPTION_IDENTITY,
	OPTION_IMA_POLICY,
	OPTION_BUILTIN,
	OPTION_LOG_ONLY,
	OPTION_LOCKDOWN,
	OPTION_NOT_AFTER,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "boot-log", required_argument, NULL, OPTION_BOOT_LOG },
	{ "ima-log", required_argument, NULL, OPTION_IMA_LOG },
	{ "files", required_argument, NULL, OPTION_FILES },
	{ "tree", required_argument, NULL, OPTION_TREE },
	{ "previous", no_argument, NULL, OPTION_PREVIOUS },
	{ "identity", required_argument, NULL, OPTION_IDENTITY },
	{ "ima-policy", required_argument, NULL, OPTION_IMA_POLICY },
	{ "allow-builtin-policy", no_argument, NULL, OPTION_BUILTIN },
	{ "from-log-only", no_argument, NULL, OPTION_LOG_ONLY },
	{ "lockdown", required_argument, NULL, OPTION_LOCKDOWN },
	{ "not-after", required_argument, NULL, OPTION_NOT_AFTER },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Lists are read once the line's previous files are there. */
static bool take_option(struct collect *c, int option, const char *value)
{
	switch (option) {
	case OPTION_BOOT_LOG:
		c->boot_log = value;
		return true;
	case OPTION_IMA_LOG:
		c->ima_log = value;
		return true;
	case OPTION_FILES:
	case OPTION_TREE:
		return true;
	case OPTION_PREVIOUS:
		c->from_previous = true;
		return true;
	case OPTION_IDENTITY:
		return set_path_is_valid(span_text(value)) &&
		       file_list_add(&c->identity, span_text(value), "") == OK;
	case OPTION_IMA_POLICY:
		c->policy_path = value;
		return set_path_is_valid(span_text(value));
	case OPTION_BUILTIN:
		c->allow_builtin = true;
		return true;
	case OPTION_LOG_ONLY:
		c->from_log_only = true;
		return true;
	case OPTION_LOCKDOWN:
		c->lockdown = value;
		return true;
	case OPTION_NOT_AFTER:
		c->life_days = atoll(value);
		return c->life_days >= 1 && c->life_days <= 365;
	default:
		return false;
	}
}

/* A second walk over the options, for those that name files. */
static enum status read_lists(struct collect *c, int argc, char **argv)
{
	enum status status = OK;
	int option;

	optind = 0;
	while (status == OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_FILES)
			status = add_list(c, optarg);
		else if (option == OPTION_TREE)
			status = file_list_add_tree(&c->files, optarg);
	}
	return status;
}

enum answer release_collect(int argc, char **argv)
{
	AUTO_DONE(collect)
	c = { .policy_path = "/etc/ima/ima-policy", .life_days = 90, .now = time(NULL) };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&c, option, optarg))
			return unusable("release collect: an option is wrong%s%s: see --help",
					optarg == NULL ? "" : ": ", optarg == NULL ? "" : optarg);
	}
	if (optind != argc - 1 || (c.boot_log == NULL && !c.from_previous))
		return unusable(
			"release collect needs DIR, and --boot-log or --previous: see --help");
	c.line.directory = argv[optind];
	c.settings = line_settings(&c.line);
	if (c.settings == NULL || read_previous(&c) != OK || read_lists(&c, argc, argv) != OK)
		return ANSWER_UNUSABLE;
	return collect(&c);
}
