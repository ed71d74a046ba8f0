/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ARTIFACTS_FILE_LIST_H
#define TOOLS_ARTIFACTS_FILE_LIST_H

#include "policies/reference/reference.h"

/* Files of sets, by path; the last digest added for a path counts. A file takes 48
 * bytes and its path. */
struct file_list {
	struct file_list_entry {
		const char *path; /* the list's own */
		uint8_t sha256[SHA256_SIZE];
		uint32_t order;
		uint8_t class; /* enum set_class; SET_BASE until somebody says otherwise */
	} * entry;
	size_t count, capacity;
	struct file_list_texts *texts;
};

void file_list_done(struct file_list *list);
AUTO_RELEASE(file_list, file_list_done);

/* sha256: SHA256_SIZE bytes; NULL where only the path counts. */
enum status file_list_add(struct file_list *list, struct span path, const uint8_t *sha256);
/* The same of a file that a set may not be able to list: those of kexec (set_file.h) are left
 * out and counted, others are left out by name. */
enum status file_list_add_found(struct file_list *list, struct span path, const uint8_t *sha256,
				size_t *left_out);
/* Lines of sha256sum, in any order. Those of kexec are left out and counted. */
enum status file_list_add_text(struct file_list *list, const char *name, struct span text,
			       size_t *left_out);
/* Every regular file below directory, by its path from there; what cannot be read
 * is an error, but for /boot; what no set can list is left out by name. */
enum status file_list_add_tree(struct file_list *list, const char *directory, size_t *left_out);
enum status file_list_add_list(struct file_list *list, const struct file_list *other);
void say_unlistable(struct span path);

/* Sorts, and forgets all but the last digest of a path. Gives the number of other
 * digests that went; replaced, where it is not NULL, hears of each. */
size_t file_list_settle(struct file_list *list, void (*replaced)(const struct file_list_entry *by));
/* Of a settled list; NULL where the path is not in it. */
const struct file_list_entry *file_list_find(const struct file_list *list, struct span path);
/* Is the digest the same? */
static inline bool file_list_agree(const struct file_list_entry *a, const struct file_list_entry *b)
{
	return memcmp(a->sha256, b->sha256, SHA256_SIZE) == 0;
}

struct file_hex {
	char text[2 * SHA256_SIZE + 1];
};

struct file_hex file_list_hex(const struct file_list_entry *entry);

#endif
