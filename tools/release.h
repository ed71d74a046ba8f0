/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_H
#define TOOLS_RELEASE_H

#include "tools/command.h"
#include "tools/file_list.h"
#include "tools/release_line.h"

/* attestctl release SUBCOMMAND: one file each, command_release_NAME.c. argv[0]
 * is the subcommand. */
enum answer release_init(int argc, char **argv);
enum answer release_import(int argc, char **argv);
enum answer release_collect(int argc, char **argv);
enum answer release_check(int argc, char **argv);
enum answer release_provenance(int argc, char **argv);
enum answer release_diff(int argc, char **argv);
enum answer release_sign(int argc, char **argv);
enum answer release_approve(int argc, char **argv);
enum answer release_canary(int argc, char **argv);
enum answer release_matrix(int argc, char **argv);
enum answer release_publish(int argc, char **argv);
enum answer release_rollback(int argc, char **argv);
enum answer release_root(int argc, char **argv);
enum answer release_emergency(int argc, char **argv);
enum answer release_review(int argc, char **argv);
enum answer release_revoke(int argc, char **argv);
enum answer release_status(int argc, char **argv);
enum answer release_witness(int argc, char **argv);

/* Would a verifier read this manifest? Says why not. */
enum status draft_check(const char *path, struct span payload);

/* The boot section of a manifest from a reference machine's firmware log; NULL
 * after a message. lockdown NULL: what Secure Boot brings. */
json_t *collect_boot(struct span log, const char *lockdown);

/* What an IMA log of the reference machine says about files. */
struct ima_collected {
	struct file_list all; /* boot_aggregate left out */
	struct file_list early; /* before the policy's own entry */
	json_t *templates;
	bool has_policy;
	size_t violations;
	size_t unlistable; /* other entries that no set can explain */
};

/* Adds the name, unless it is there. */
void note_template(json_t *templates, struct span name);
enum status collect_ima(struct span log, const char *policy_path, struct ima_collected *out);
void ima_collected_done(struct ima_collected *collected);
AUTO_RELEASE(ima_collected, ima_collected_done);

#endif
