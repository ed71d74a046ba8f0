/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_H
#define TOOLS_RELEASE_H

#include "tools/command.h"
#include "tools/release_line.h"

/* attestctl release SUBCOMMAND: one file each, command_release_NAME.c. argv[0]
 * is the subcommand. */
enum answer release_init(int argc, char **argv);
enum answer release_collect(int argc, char **argv);
enum answer release_diff(int argc, char **argv);
enum answer release_sign(int argc, char **argv);
enum answer release_approve(int argc, char **argv);
enum answer release_publish(int argc, char **argv);
enum answer release_rollback(int argc, char **argv);
enum answer release_revoke(int argc, char **argv);
enum answer release_status(int argc, char **argv);

/* Would a verifier read this manifest? Says why not. */
enum status draft_check(const char *path, struct span payload);

/* The boot section of a manifest from a reference machine's firmware log; NULL
 * after a message. lockdown NULL: what Secure Boot brings. */
json_t *collect_boot(struct span log, const char *lockdown);

/* Files of a set, by path; the last digest added for a path counts. */
struct file_list {
	struct file_list_entry {
		char *path;
		char hex[2 * SHA256_SIZE + 1];
		size_t order;
	} * entry;
	size_t count, capacity;
};

void file_list_done(struct file_list *list);
AUTO_RELEASE(file_list, file_list_done);

enum status file_list_add(struct file_list *list, struct span path, const char *hex);
/* Lines of sha256sum, in any order. Paths in /boot are left out and counted. */
enum status file_list_add_text(struct file_list *list, const char *name, struct span text,
			       size_t *left_out);
/* Every regular file below directory, by its path from there; what cannot be read
 * is an error, but for /boot; what no set can list is left out by name. */
enum status file_list_add_tree(struct file_list *list, const char *directory, size_t *left_out);
void say_unlistable(struct span path);
/* Sorts, and forgets all but the last digest of a path. */
void file_list_settle(struct file_list *list);
/* Of a settled list; NULL where the path is not in it. */
const struct file_list_entry *file_list_find(const struct file_list *list, struct span path);
/* As sets are written: sorted by line. */
enum status file_list_text(const struct file_list *list, struct bytes *out);

/* What an IMA log of the reference machine says about files. */
struct ima_collected {
	struct file_list all; /* boot_aggregate left out */
	struct file_list early; /* before the policy's own entry */
	json_t *templates;
	bool has_policy;
	size_t violations;
	size_t unlistable; /* other entries that no set can explain */
};

enum status collect_ima(struct span log, const char *policy_path, struct ima_collected *out);
void ima_collected_done(struct ima_collected *collected);
AUTO_RELEASE(ima_collected, ima_collected_done);

#endif
