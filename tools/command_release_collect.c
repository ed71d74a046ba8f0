/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "policies/set_file.h"
#include "tools/release_collect.h"

static const char help[] =
	"usage: attestctl release collect DIR --esp DIRECTORY --firmware-variables FILE\n"
	"           --platform-log FILE --tree DIRECTORY --initramfs FILE [OPTIONS]\n"
	"       attestctl release collect DIR --uki FILE ...\n"
	"       attestctl release collect DIR --boot-log FILE [--ima-log FILE]\n"
	"           --files LIST.sha256 | --tree DIRECTORY [OPTIONS]\n"
	"       attestctl release collect DIR --previous --files MORE.sha256 [OPTIONS]\n"
	"\n"
	"Writes a draft manifest, DIR/draft/manifest.json, and its sets of files. Golden values\n"
	"come from the artifacts that machines are built from: shim, GRUB, its configuration,\n"
	"kernel and initramfs on the EFI system partition, the firmware's variables, the root's\n"
	"files. Only what the firmware measures of itself is taken from a log, and said.\n"
	"Without --esp, the log of a reference machine gives the boot rules.\n"
	"\n"
	"  --esp DIRECTORY       the EFI system partition's files\n"
	"  --uki FILE            instead: the unified kernel image that the firmware starts; its\n"
	"                        initrd's files may run before the IMA policy is loaded\n"
	"  --firmware-variables FILE  the firmware's variable store (OVMF_VARS.fd): PK, KEK, db\n"
	"                        and the least that dbx has to forbid\n"
	"  --platform-log FILE   binary_bios_measurements of any boot of the same firmware: its\n"
	"                        PCR 0-3 and 6 are pinned as reference values of the platform\n"
	"  --boot-image PATH     what the firmware starts [/EFI/BOOT/BOOTX64.EFI]\n"
	"  --grub-device NAME    GRUB's name of the ESP [hd0,gpt1]\n"
	"  --initramfs FILE      its files may run before the IMA policy is loaded\n"
	"  --init PATH           what the initramfs starts in the root [/sbin/init]: with its\n"
	"                        libraries it may run before the IMA policy is loaded\n"
	"  --check-log FILE      boot log of a machine that the draft has to explain\n"
	"  --boot-log FILE       binary_bios_measurements of a reference machine\n"
	"  --ima-log FILE        binary_runtime_measurements of one: a cross-check; what no list\n"
	"                        explains is reported, never silently included\n"
	"  --files LIST          sha256sum lines 'SHA256  /PATH', any order, repeatable; of two\n"
	"                        digests for a path the one given last counts\n"
	"  --tree DIRECTORY      hash every file below it, paths as seen from there\n"
	"  --previous            version N+1 from the manifest in force, plus the files given;\n"
	"                        to drop a file, collect anew from whole lists\n"
	"  --identity PATH       belongs to the identity set and must appear, repeatable\n"
	"  --ima-policy PATH     the policy's path on a node [/etc/ima/ima-policy]; its digest\n"
	"                        is taken from the lists\n"
	"  --allow-builtin-policy  go on without a policy file: trust-impacting, shown always\n"
	"  --from-log-only       take files from the IMA log: only for trying things out\n"
	"  --lockdown LEVEL      none, integrity, confidentiality [integrity with Secure Boot]\n"
	"  --not-after DAYS      the manifest's life in days [90]\n"
	"\n"
	"Exit status: 0 a draft that explains the logs, 1 something in them is unexplained (the\n"
	"draft is written all the same), 2 unusable input or failure.\n";

static void collect_done(struct collect *c)
{
	file_list_done(&c->files);
	file_list_done(&c->identity);
	file_list_done(&c->early);
	file_list_done(&c->built_early);
	ima_collected_done(&c->ima);
	json_decref(c->settings);
	json_decref(c->previous);
}

AUTO_RELEASE(collect, collect_done);

#define FILE_MAX ((size_t)256 << 20)

static enum status add_list(struct file_list *list, struct collect *c, const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = line_read(path, FILE_MAX, &text);

	if (status != OK)
		return status;
	return file_list_add_text(list, path, span_of(&text), &c->left_out);
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
	const char *name = json_string_value(json_object_get(set, "name"));
	json_t *path;
	size_t i;

	if (class == NULL || hex == NULL || name == NULL)
		return STATUS_MALFORMED;
	json_array_foreach(json_object_get(set, "mustAppear"), i,
			   path) if (file_list_add(&c->identity, span_text(json_string_value(path)),
						   "") != OK) return STATUS_NO_MEMORY;
	struct line_path file = line_path(&c->line, "release/sets/%s", hex);

	if (strcmp(name, "early.files") == 0 && add_list(&c->early, c, file.text) != OK)
		return STATUS_MALFORMED;
	return add_list(&c->files, c, file.text);
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
	json_t *ima = json_object_get(c->previous, "ima");
	json_t *policy = json_object_get(json_object_get(ima, "policy"), "path");

	if (c->policy_path == NULL)
		c->policy_path = json_string_value(policy);
	json_array_foreach(json_object_get(ima, "sets"), i, set)
	{
		status = add_previous_set(c, set);
		if (status != OK)
			return status;
	}
	return OK;
}

static bool is_from_artifacts(const struct collect *c)
{
	return c->boot.esp != NULL || c->boot.uki != NULL;
}

static json_t *boot_json(struct collect *c)
{
	AUTO_DONE(bytes) log = { 0 };

	if (is_from_artifacts(c))
		return collect_boot_artifacts(&c->boot, c->lockdown);
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

static json_t *predicate_json(struct collect *c)
{
	json_t *boot = boot_json(c);
	json_t *ima = boot == NULL ? NULL : collect_ima_rules(c);
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

static enum status write_draft(struct collect *c, size_t *unexplained)
{
	AUTO_DONE(bytes) text = { 0 };
	json_t *predicate = predicate_json(c);
	json_t *set;
	size_t i;

	if (predicate == NULL)
		return STATUS_MALFORMED;

	json_t *subject = json_array();
	json_array_foreach(json_object_get(json_object_get(predicate, "ima"), "sets"), i, set)
		subject_add(subject, json_string_value(json_object_get(set, "name")),
			    json_string_value(json_object_get(set, "sha256")));
	enum status status = statement_text(DOCUMENT_MANIFEST, subject, predicate, &text);
	if (status != OK)
		return status;

	struct line_path path = line_path(&c->line, "draft/manifest.json");
	status = draft_check(path.text, span_of(&text));
	if (status == OK)
		status = line_write(path.text, span_of(&text), 0644);
	if (status == OK)
		printf("%s: version %" PRIu64 ", %zu files, sha256:%s\n", path.text,
		       c->previous_version + 1, c->files.count, sha256_text_of(span_of(&text)).hex);
	if (status == OK && c->check_log != NULL)
		status = check_boot_log(span_of(&text), c->check_log, unexplained);
	return status;
}

/* What runs before the IMA policy: all of the initramfs, and init. */
static enum status build_early(struct collect *c)
{
	enum status status = OK;

	if (c->boot.initramfs == NULL && c->boot.uki == NULL)
		return OK;
	if (c->boot.initramfs != NULL)
		status = initramfs_files(c->boot.initramfs, &c->built_early);
	if (status == OK && c->boot.uki != NULL)
		status = uki_files(c->boot.uki, &c->built_early);
	if (status == OK)
		status = early_files(c->tree, c->init, &c->files, &c->built_early);
	file_list_settle(&c->built_early);
	if (status == OK)
		printf("early.files: %zu files of the initramfs and of %s with its libraries\n",
		       c->built_early.count, c->init);
	return status;
}

static enum answer collect(struct collect *c)
{
	size_t unexplained = 0;

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
	if (c->boot_log == NULL && !is_from_artifacts(c) && c->lockdown != NULL)
		return unusable("--lockdown goes with --esp or --boot-log: --previous keeps the "
				"boot rules");
	if (build_early(c) != OK || write_draft(c, &unexplained) != OK)
		return ANSWER_UNUSABLE;

	size_t entries = collect_report(c);
	if (entries > 0)
		fprintf(stderr, "%zu entries of the IMA log are not explained by this draft\n",
			entries);
	unexplained += entries;
	return unexplained > 0 ? ANSWER_NO : ANSWER_YES;
}

enum option_id {
	OPTION_BOOT_LOG = 256,
	OPTION_ESP,
	OPTION_VARIABLES,
	OPTION_PLATFORM_LOG,
	OPTION_BOOT_IMAGE,
	OPTION_GRUB_DEVICE,
	OPTION_INITRAMFS,
	OPTION_INIT,
	OPTION_UKI,
	OPTION_CHECK_LOG,
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
	{ "esp", required_argument, NULL, OPTION_ESP },
	{ "firmware-variables", required_argument, NULL, OPTION_VARIABLES },
	{ "platform-log", required_argument, NULL, OPTION_PLATFORM_LOG },
	{ "boot-image", required_argument, NULL, OPTION_BOOT_IMAGE },
	{ "grub-device", required_argument, NULL, OPTION_GRUB_DEVICE },
	{ "initramfs", required_argument, NULL, OPTION_INITRAMFS },
	{ "init", required_argument, NULL, OPTION_INIT },
	{ "uki", required_argument, NULL, OPTION_UKI },
	{ "check-log", required_argument, NULL, OPTION_CHECK_LOG },
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

/* Options about what machines are built from. */
static bool take_artifact(struct collect *c, int option, const char *value)
{
	switch (option) {
	case OPTION_ESP:
		c->boot.esp = value;
		return true;
	case OPTION_VARIABLES:
		c->boot.firmware_variables = value;
		return true;
	case OPTION_PLATFORM_LOG:
		c->boot.platform_log = value;
		return true;
	case OPTION_BOOT_IMAGE:
		c->boot.image = value;
		return value[0] == '/';
	case OPTION_GRUB_DEVICE:
		c->boot.device = value;
		return value[0] != '\0' && strpbrk(value, "() ") == NULL;
	case OPTION_INITRAMFS:
		c->boot.initramfs = value;
		return true;
	case OPTION_UKI:
		c->boot.uki = value;
		return true;
	case OPTION_INIT:
		c->init = value;
		return value[0] == '/';
	default:
		return false;
	}
}

/* Lists are read once the line's previous files are there. */
static bool take_option(struct collect *c, int option, const char *value)
{
	switch (option) {
	case OPTION_CHECK_LOG:
		c->check_log = value;
		return true;
	case OPTION_BOOT_LOG:
		c->boot_log = value;
		return true;
	case OPTION_IMA_LOG:
		c->ima_log = value;
		return true;
	case OPTION_FILES:
		return true;
	case OPTION_TREE:
		c->tree = value;
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
		return strcmp(value, "none") == 0 || strcmp(value, "integrity") == 0 ||
		       strcmp(value, "confidentiality") == 0;
	case OPTION_NOT_AFTER:
		return option_number("not-after", value, 1, 365, &c->life_days);
	default:
		return take_artifact(c, option, value);
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
			status = add_list(&c->files, c, optarg);
		else if (option == OPTION_TREE)
			status = file_list_add_tree(&c->files, optarg, &c->left_out);
	}
	return status;
}

/* Options that need each other, or exclude each other. */
static bool artifacts_fit(const struct collect *c)
{
	const struct boot_artifacts *boot = &c->boot;
	bool has_all = boot->firmware_variables != NULL && boot->platform_log != NULL;

	if ((boot->esp != NULL) + (boot->uki != NULL) + (c->boot_log != NULL) > 1)
		(void)unusable("--esp, --uki and --boot-log: one of them gives the boot rules; to "
			       "see whether a log is explained, --check-log");
	else if (is_from_artifacts(c) && !has_all)
		(void)unusable("--esp and --uki need --firmware-variables and --platform-log");
	else if (!is_from_artifacts(c) &&
		 (boot->firmware_variables != NULL || boot->platform_log != NULL))
		(void)unusable("--firmware-variables and --platform-log go with --esp or --uki");
	else if (boot->uki != NULL && boot->initramfs != NULL)
		(void)unusable("--uki has its initrd in it: leave out --initramfs");
	else if ((boot->initramfs != NULL || boot->uki != NULL) && c->tree == NULL)
		(void)unusable("--initramfs and --uki need --tree: init is looked up there");
	else
		return true;
	return false;
}

enum answer release_collect(int argc, char **argv)
{
	AUTO_DONE(collect)
	c = { .life_days = 90,
	      .now = time(NULL),
	      .init = "/sbin/init",
	      .boot = { .image = "/EFI/BOOT/BOOTX64.EFI", .device = "hd0,gpt1" } };
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
	if (optind != argc - 1 ||
	    (c.boot_log == NULL && !is_from_artifacts(&c) && !c.from_previous))
		return unusable(
			"release collect needs DIR, and --esp, --uki, --boot-log or --previous: "
			"see --help");
	if (!artifacts_fit(&c))
		return ANSWER_UNUSABLE;
	c.line.directory = argv[optind];
	c.settings = line_settings(&c.line);
	if (c.settings == NULL || read_previous(&c) != OK || read_lists(&c, argc, argv) != OK)
		return ANSWER_UNUSABLE;
	if (c.policy_path == NULL)
		c.policy_path = "/etc/ima/ima-policy";
	return collect(&c);
}
