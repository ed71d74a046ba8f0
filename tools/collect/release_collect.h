/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_RELEASE_COLLECT_H
#define TOOLS_COLLECT_RELEASE_COLLECT_H

#include "policies/trust/class_rules.h"
#include "tools/artifacts/built_root.h"
#include "tools/collect/boot_draft.h"
#include "tools/collect/release_artifacts.h"
#include "tools/collect/release_ima.h"
#include "tools/command.h"
#include "tools/release/vendor_delivery.h"

#define COLLECT_FILE_MAX ((size_t)256 << 20)

/* Where files come from, in the order given: of two digests for a path the one
 * given last counts. */
enum input_kind {
	INPUT_LIST,
	INPUT_TREE,
	INPUT_PACKAGE, /* all packages together, in the place of the first */
	INPUT_PACKAGES, /* a list of them */
	INPUT_IMAGE,
	INPUT_DIVERSIONS,
	INPUT_POOL,
};

struct collect_input {
	enum input_kind kind;
	const char *path;
};

/* One run of attestctl release collect. */
struct collect {
	struct release_line line;
	struct digest pin; /* the first root; DIGEST_NONE: as line_pin() */
	const char *after; /* the index in force, as struct line_anchor has it */
	const char *boot_log, *ima_log, *policy_path, *lockdown;
	const char *policy_file; /* the policy's text, where no tree has it */
	const char *check_log; /* of a boot that the draft has to explain */
	struct boot_artifacts boot;
	const char *tree; /* the last one: the root that init is looked up in */
	struct built_root built; /* without one: the last that packages or layers made */
	const char *init;
	bool from_previous, allow_builtin, from_log_only;
	bool has_modules_disabled; /* the initramfs closes the door behind it */
	const char *index; /* of the packages in the pools */
	struct class_rules classes; /* of options; what the root says goes before */
	bool is_split_usr; /* /bin, /sbin and /lib* are directories of packages' root */
	int64_t life_days, now;
	struct collect_input *input;
	size_t input_count;
	struct file_list files;
	struct file_list identity; /* paths; digests unused */
	struct file_list early; /* of the manifest before; digests unused */
	struct file_list early_given; /* by name; digests unused */
	struct vendor_deliveries vendors;
	struct file_list built_early; /* of the initramfs and of what init needs */
	size_t left_out;
	struct bytes policy; /* its text; empty where the release wants none */
	struct ima_collected ima;
	json_t *settings, *previous; /* predicate of the manifest in force */
	uint64_t previous_version, next_version;
	json_t *rollback_to; /* versions that the draft declares a way back to */
	int64_t security_epoch; /* raised to; 0: as before */
	char previous_sha256[2 * SHA256_SIZE + 1];
};

/* Fills the options; false with *answer where that is all there is to do. */
bool collect_take_options(struct collect *c, int argc, char **argv, enum answer *answer);
static inline bool collect_is_from_artifacts(const struct collect *c)
{
	return c->boot.esp != NULL || c->boot.uki != NULL;
}

/* One whose files may run before the IMA policy is loaded. */
static inline bool collect_has_initramfs(const struct collect *c)
{
	return c->boot.initramfs != NULL || c->boot.uki != NULL;
}

/* A name from line.json. */
static inline const char *collect_setting(const struct collect *c, const char *name)
{
	const char *text = json_string_value(json_object_get(c->settings, name));

	return text == NULL ? "" : text;
}

/* What is in force in this cell: with --previous its files come first, so that
 * those given count. */
enum status collect_previous(struct collect *c);
enum status collect_inputs(struct collect *c);
/* What runs before the IMA policy: all of the initramfs, and init. */
enum status collect_early(struct collect *c);

/* Is IMA's built-in policy good enough? */
bool collect_allows_builtin(const struct collect *c);
/* The text of the policy that the lists have, which has to see all code. */
enum status collect_policy(struct collect *c);
/* What vendors delivered: signed as the newest root wants it. */
enum status collect_vendors(struct collect *c);

/* The manifest's "ima", with its sets written into the release; NULL after a
 * message. */
json_t *collect_ima_rules(struct collect *c);

/* Each file's class: by the newest root's rules, by --class, by where kernel code
 * lies; --identity's paths, which must appear, go to must_appear. */
enum status collect_classes(struct collect *c, json_t *must_appear);

/* Says what of the IMA log the draft does not explain, and counts it. */
size_t collect_report(const struct collect *c);
/* Warns of what the draft's command lines leave open. */
void collect_report_lines(struct span draft);

#endif
