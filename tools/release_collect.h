/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_COLLECT_H
#define TOOLS_RELEASE_COLLECT_H

#include "tools/release_artifacts.h"

/* One run of attestctl release collect. */
struct collect {
	struct release_line line;
	const char *boot_log, *ima_log, *policy_path, *lockdown;
	const char *check_log; /* of a boot that the draft has to explain */
	struct boot_artifacts boot;
	const char *tree; /* the last one: the root that init is looked up in */
	const char *init;
	bool from_previous, allow_builtin, from_log_only;
	int64_t life_days, now;
	struct file_list files;
	struct file_list identity; /* paths; digests unused */
	struct file_list early; /* of the manifest before; digests unused */
	struct file_list built_early; /* of the initramfs and of what init needs */
	size_t left_out;
	struct ima_collected ima;
	json_t *settings, *previous; /* predicate of the manifest in force */
	uint64_t previous_version;
	char previous_sha256[2 * SHA256_SIZE + 1];
};

/* The manifest's "ima", with its sets written into the release; NULL after a
 * message. */
json_t *collect_ima_rules(struct collect *c);

/* Says what of the IMA log the draft does not explain, and counts it. */
size_t collect_report(const struct collect *c);

#endif
