/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/reference/set_file.h"
#include "tools/collect/release_collect.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/release/release_document.h"
#include "tools/release/release_root.h"

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
	"                        libraries it may run before the IMA policy is loaded. Looked up\n"
	"                        in the last --tree, else in the packages' or the image's files\n"
	"  --early PATH          a file of the lists that may run before the policy as well,\n"
	"                        repeatable; with --files alone there is no other way to tell\n";

static const char help_files[] =
	"  --check-log FILE      boot log of a machine that the draft has to explain\n"
	"  --boot-log FILE       binary_bios_measurements of a reference machine\n"
	"  --ima-log FILE        binary_runtime_measurements of one: a cross-check; what no list\n"
	"                        explains is reported, never silently included\n"
	"  --files LIST          sha256sum lines 'SHA256  /PATH', any order, repeatable; of two\n"
	"                        digests for a path the one given last counts\n"
	"  --tree DIRECTORY      hash every file below it, paths as seen from there\n"
	"  --deb FILE            hash every file of the package; all packages make one root, "
	"where\n"
	"                        /bin, /sbin and /lib lead into /usr\n"
	"  --split-usr           they do not\n"
	"  --packages LIST       packages by 'NAME VERSION ARCHITECTURE', or dpkg's status file,\n"
	"                        each found once in the pools\n"
	"  --pool DIRECTORY      where package files lie, at any depth, repeatable\n"
	"  --index FILE          the archive's Packages, or sha256sum lines: each package of the\n"
	"                        list has to have the digest that stands there\n"
	"  --oci DIRECTORY[:TAG] the layers of an image in an OCI layout\n"
	"  --diversions FILE     /var/lib/dpkg/diversions of the systems; that of each --tree is\n"
	"                        taken anyway\n"
	"  --previous            version N+1 from the manifest in force, plus the files given;\n"
	"                        to drop a file, collect anew from whole lists\n"
	"  --identity PATH       belongs to the identity set and must appear, repeatable\n"
	"  --class CLASS=PATH    the file, or all below, belongs to the set of identity,\n"
	"                        enforcement or kernel; the root's classRules go before\n"
	"  --vendor NAME=FILE    what a vendor delivered: a .deb, a tar archive or sha256sum "
	"lines,\n"
	"                        with its signature in FILE.sig by a key that the root has of it;\n"
	"                        its files are a set of their own, repeatable\n"
	"  --ima-policy PATH     the policy's path on a node [/etc/ima/ima-policy]; its digest\n"
	"                        is taken from the lists, its rules are read in the trees\n"
	"  --ima-policy-file FILE  its rules, where no --tree has them\n"
	"  --allow-builtin-policy  go on without a policy file: trust-impacting, shown always\n"
	"  --modules-disabled    the initramfs sets kernel.modules_disabled: no module comes from\n"
	"                        memory, and verdicts don't state that limit\n"
	"  --from-log-only       take files from the IMA log: only for trying things out\n"
	"  --lockdown LEVEL      none, integrity, confidentiality [integrity with Secure Boot]\n"
	"  --not-after DAYS      the manifest's life in days [90]\n"
	"  --rollback-to VERSION  declares the way back to it, repeatable\n"
	"  --security-epoch N    raises the epoch: there is no way back below it [as before]\n"
	"  --root SHA256         the first root [the one that 'init' made, by DIR/line.json]\n"
	"  --after SHA256        the index in force, as 'publish' printed it, where the root's "
	"key\n"
	"                        for this has changed since, or was revoked\n"
	"\n"
	"Exit status: 0 a draft that explains the logs, 1 something in them is unexplained (the\n"
	"draft is written all the same), 2 unusable input or failure.\n";

enum option_id {
	OPTION_BOOT_LOG = 256,
	OPTION_ESP,
	OPTION_VARIABLES,
	OPTION_PLATFORM_LOG,
	OPTION_BOOT_IMAGE,
	OPTION_GRUB_DEVICE,
	OPTION_INITRAMFS,
	OPTION_INIT,
	OPTION_EARLY,
	OPTION_UKI,
	OPTION_CHECK_LOG,
	OPTION_IMA_LOG,
	OPTION_FILES,
	OPTION_TREE,
	OPTION_DEB,
	OPTION_DIVERSIONS,
	OPTION_PACKAGES,
	OPTION_POOL,
	OPTION_INDEX,
	OPTION_OCI,
	OPTION_CLASS,
	OPTION_VENDOR,
	OPTION_SPLIT_USR,
	OPTION_PREVIOUS,
	OPTION_IDENTITY,
	OPTION_IMA_POLICY,
	OPTION_POLICY_FILE,
	OPTION_BUILTIN,
	OPTION_MODULES_DISABLED,
	OPTION_LOG_ONLY,
	OPTION_LOCKDOWN,
	OPTION_NOT_AFTER,
	OPTION_ROLLBACK_TO,
	OPTION_EPOCH,
	OPTION_ROOT,
	OPTION_AFTER,
};

static const struct option options[] = {
	{ "esp", required_argument, NULL, OPTION_ESP },
	{ "firmware-variables", required_argument, NULL, OPTION_VARIABLES },
	{ "platform-log", required_argument, NULL, OPTION_PLATFORM_LOG },
	{ "boot-image", required_argument, NULL, OPTION_BOOT_IMAGE },
	{ "grub-device", required_argument, NULL, OPTION_GRUB_DEVICE },
	{ "initramfs", required_argument, NULL, OPTION_INITRAMFS },
	{ "init", required_argument, NULL, OPTION_INIT },
	{ "early", required_argument, NULL, OPTION_EARLY },
	{ "uki", required_argument, NULL, OPTION_UKI },
	{ "check-log", required_argument, NULL, OPTION_CHECK_LOG },
	{ "boot-log", required_argument, NULL, OPTION_BOOT_LOG },
	{ "ima-log", required_argument, NULL, OPTION_IMA_LOG },
	{ "files", required_argument, NULL, OPTION_FILES },
	{ "tree", required_argument, NULL, OPTION_TREE },
	{ "deb", required_argument, NULL, OPTION_DEB },
	{ "diversions", required_argument, NULL, OPTION_DIVERSIONS },
	{ "packages", required_argument, NULL, OPTION_PACKAGES },
	{ "pool", required_argument, NULL, OPTION_POOL },
	{ "index", required_argument, NULL, OPTION_INDEX },
	{ "oci", required_argument, NULL, OPTION_OCI },
	{ "class", required_argument, NULL, OPTION_CLASS },
	{ "vendor", required_argument, NULL, OPTION_VENDOR },
	{ "split-usr", no_argument, NULL, OPTION_SPLIT_USR },
	{ "previous", no_argument, NULL, OPTION_PREVIOUS },
	{ "identity", required_argument, NULL, OPTION_IDENTITY },
	{ "ima-policy", required_argument, NULL, OPTION_IMA_POLICY },
	{ "ima-policy-file", required_argument, NULL, OPTION_POLICY_FILE },
	{ "allow-builtin-policy", no_argument, NULL, OPTION_BUILTIN },
	{ "modules-disabled", no_argument, NULL, OPTION_MODULES_DISABLED },
	{ "from-log-only", no_argument, NULL, OPTION_LOG_ONLY },
	{ "lockdown", required_argument, NULL, OPTION_LOCKDOWN },
	{ "not-after", required_argument, NULL, OPTION_NOT_AFTER },
	{ "rollback-to", required_argument, NULL, OPTION_ROLLBACK_TO },
	{ "security-epoch", required_argument, NULL, OPTION_EPOCH },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "after", required_argument, NULL, OPTION_AFTER },
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
	case OPTION_EARLY:
		return set_path_is_valid(span_text(value)) &&
		       file_list_add(&c->early_given, span_text(value), NULL) == OK;
	default:
		return false;
	}
}

/* Files are read once those of the manifest before are there, in this order. */
static bool add_input(struct collect *c, enum input_kind kind, const char *path)
{
	struct collect_input *grown = reallocarray(c->input, c->input_count + 1, sizeof(*c->input));

	if (grown == NULL)
		return false;
	c->input = grown;
	c->input[c->input_count++] = (struct collect_input){ kind, path };
	return true;
}

static bool add_way_back(struct collect *c, const char *value)
{
	int64_t version = 0;

	if (!option_number("rollback-to", value, 1, INT32_MAX, &version))
		return false;
	if (c->rollback_to == NULL)
		c->rollback_to = json_array();
	return json_array_append_new(c->rollback_to, json_integer(version)) == 0;
}

/* CLASS=PATH: a file, or all below a directory. */
static bool add_class(struct class_rules *rules, const char *value)
{
	struct span path = span_text(value);
	struct span name;

	if (rules->path_count == CLASS_PATHS_MAX || !text_next_word(&path, '=', &name) ||
	    !set_path_is_valid(path))
		return false;
	for (unsigned class = SET_IDENTITY; class <= SET_KERNEL; class ++) {
		if (!span_equal(name, span_text(set_class_names[class])))
			continue;
		rules->path[rules->path_count++] =
			(struct path_rule){ .path = path, .class = (enum set_class) class };
		return true;
	}
	return false;
}

/* Options about what a root is built from. */
static bool take_root(struct collect *c, int option, const char *value)
{
	switch (option) {
	case OPTION_DEB:
		return add_input(c, INPUT_PACKAGE, value);
	case OPTION_PACKAGES:
		return add_input(c, INPUT_PACKAGES, value);
	case OPTION_POOL:
		return add_input(c, INPUT_POOL, value);
	case OPTION_OCI:
		return add_input(c, INPUT_IMAGE, value);
	case OPTION_DIVERSIONS:
		return add_input(c, INPUT_DIVERSIONS, value);
	case OPTION_INDEX:
		c->index = value;
		return true;
	case OPTION_SPLIT_USR:
		c->is_split_usr = true;
		return true;
	case OPTION_VENDOR:
		return vendor_delivery_add(&c->vendors, value);
	case OPTION_CLASS:
		return add_class(&c->classes, value);
	default:
		return take_artifact(c, option, value);
	}
}

/* Options about what the draft goes on from. */
static bool take_anchor(struct collect *c, int option, const char *value)
{
	switch (option) {
	case OPTION_ROOT:
		return pin_take(value, &c->pin);
	case OPTION_AFTER:
		c->after = document_sha256(value);
		return c->after != NULL;
	default:
		return take_root(c, option, value);
	}
}

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
		return add_input(c, INPUT_LIST, value);
	case OPTION_TREE:
		c->tree = value;
		return add_input(c, INPUT_TREE, value);
	case OPTION_PREVIOUS:
		c->from_previous = true;
		return true;
	case OPTION_IDENTITY:
		return set_path_is_valid(span_text(value)) &&
		       file_list_add(&c->identity, span_text(value), NULL) == OK;
	case OPTION_IMA_POLICY:
		c->policy_path = value;
		return set_path_is_valid(span_text(value));
	case OPTION_POLICY_FILE:
		c->policy_file = value;
		return true;
	case OPTION_BUILTIN:
		c->allow_builtin = true;
		return true;
	case OPTION_MODULES_DISABLED:
		c->has_modules_disabled = true;
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
	case OPTION_ROLLBACK_TO:
		return add_way_back(c, value);
	case OPTION_EPOCH:
		return option_number("security-epoch", value, 0, INT32_MAX, &c->security_epoch);
	default:
		return take_anchor(c, option, value);
	}
}

static bool has_input(const struct collect *c, enum input_kind kind)
{
	for (size_t i = 0; i < c->input_count; i++)
		if (c->input[i].kind == kind)
			return true;
	return false;
}

/* A root whose programs can be read, and not their digests alone. */
static bool has_root(const struct collect *c)
{
	return has_input(c, INPUT_TREE) || has_input(c, INPUT_PACKAGE) ||
	       has_input(c, INPUT_PACKAGES) || has_input(c, INPUT_IMAGE);
}

/* Options about what runs before the IMA policy. */
static bool early_options_fit(const struct collect *c)
{
	bool is_asked = c->init != NULL || c->early_given.count > 0;

	if (is_asked && !collect_has_initramfs(c))
		(void)unusable("--init and --early go with --initramfs or --uki, which start what "
			       "they name");
	else if (c->init != NULL && !has_root(c))
		(void)unusable(
			"--init needs --tree, --deb, --packages or --oci, where it is looked "
			"up: of lists, name each file that it loads with --early");
	else if (collect_has_initramfs(c) && !has_root(c) && c->early_given.count == 0)
		(void)unusable(
			"--initramfs and --uki need --tree, --deb, --packages or --oci, where "
			"init and its libraries are looked up; or --early for each of them");
	else
		return true;
	return false;
}

/* Options that need each other, or exclude each other. */
static bool options_fit(const struct collect *c)
{
	const struct boot_artifacts *boot = &c->boot;
	bool has_all = boot->firmware_variables != NULL && boot->platform_log != NULL;

	if ((boot->esp != NULL) + (boot->uki != NULL) + (c->boot_log != NULL) > 1)
		(void)unusable("--esp, --uki and --boot-log: one of them gives the boot rules; to "
			       "see whether a log is explained, --check-log");
	else if (collect_is_from_artifacts(c) && !has_all)
		(void)unusable("--esp and --uki need --firmware-variables and --platform-log");
	else if (!collect_is_from_artifacts(c) &&
		 (boot->firmware_variables != NULL || boot->platform_log != NULL))
		(void)unusable("--firmware-variables and --platform-log go with --esp or --uki");
	else if (boot->uki != NULL && boot->initramfs != NULL)
		(void)unusable("--uki has its initrd in it: leave out --initramfs");
	else if ((boot->image != NULL || boot->device != NULL) && boot->esp == NULL)
		(void)unusable("--boot-image and --grub-device go with --esp: they name what lies "
			       "there");
	else if (has_input(c, INPUT_PACKAGES) != has_input(c, INPUT_POOL))
		(void)unusable("--packages and --pool need each other");
	else if (c->index != NULL && !has_input(c, INPUT_PACKAGES))
		(void)unusable("--index goes with --packages");
	else
		return early_options_fit(c);
	return false;
}

static void fill_defaults(struct collect *c)
{
	if (c->boot.image == NULL)
		c->boot.image = "/EFI/BOOT/BOOTX64.EFI";
	if (c->boot.device == NULL)
		c->boot.device = "hd0,gpt1";
	if (c->init == NULL)
		c->init = "/sbin/init";
}

bool collect_take_options(struct collect *c, int argc, char **argv, enum answer *answer)
{
	int option;

	while ((option = options_next(argc, argv, "", options)) != -1) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			fputs(help_files, stdout);
			*answer = ANSWER_YES;
			return false;
		}
		if (take_option(c, option, optarg))
			continue;
		*answer = unusable("release collect: an option is wrong%s%s: see --help",
				   optarg == NULL ? "" : ": ", optarg == NULL ? "" : optarg);
		return false;
	}
	if (optind == argc - 1 &&
	    (c->boot_log != NULL || collect_is_from_artifacts(c) || c->from_previous)) {
		c->line.directory = argv[optind];
		*answer = ANSWER_UNUSABLE;
		if (!options_fit(c))
			return false;
		fill_defaults(c);
		return true;
	}
	*answer = unusable("release collect needs DIR, and --esp, --uki, --boot-log or --previous: "
			   "see --help");
	return false;
}
