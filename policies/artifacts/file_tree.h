/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_FILE_TREE_H
#define POLICIES_ARTIFACTS_FILE_TREE_H

#include "base/digest.h"

/*
 * The files that a system has once packages or layers are unpacked there, without
 * unpacking any: names, links and digests, some 90 bytes a file. Links among
 * directories are followed inside the tree, as a kernel follows them whose root it
 * is: a file of /lib stands where /lib leads, which is what IMA reports.
 */
struct file_tree;

/* Who gives way where a link and a directory meet. */
enum file_tree_rule {
	TREE_PACKAGES, /* dpkg: what stands there first stays (Debian Policy 6.6) */
	TREE_LAYERS, /* OCI image specification, layer: what comes later replaces it */
};

/* key: random, so that nobody can choose names that fall on one place. */
enum status file_tree_new(enum file_tree_rule rule, uint64_t key, struct file_tree **out);
void file_tree_free(struct file_tree *tree);

AUTO_FREE(file_tree, struct file_tree, file_tree_free);

enum file_tree_kind {
	TREE_DIRECTORY,
	TREE_FILE,
	TREE_LINK,
	TREE_HARD_LINK,
};

/* As archives name things: "./usr/bin/true". */
struct file_tree_member {
	enum file_tree_kind kind;
	struct span name;
	struct span target; /* of links; a hard link's is a name */
	const uint8_t *sha256; /* of files: SHA256_SIZE bytes */
	uint32_t source; /* who brings it: a number that rises */
};

#define TREE_NO_SOURCE UINT32_MAX

/* What stood there before, where it was another source's and differs. */
struct file_tree_change {
	uint32_t replaced; /* its source; TREE_NO_SOURCE: nothing was replaced */
	bool was_kept; /* that stays, and the member is passed over */
};

/*
 * STATUS_MALFORMED with *fault, a static text, for a name that is absolute, goes
 * up or through what is no directory, for links in circles or out of the tree, and
 * for a hard link to what is not there. Nothing is changed then.
 */
enum status file_tree_add(struct file_tree *tree, const struct file_tree_member *member,
			  struct file_tree_change *change, const char **fault);

/* Takes away what sources below `source` put there, and all beneath; with
 * only_below the directory itself stays. Nothing there is no fault. */
enum status file_tree_remove(struct file_tree *tree, struct span name, uint32_t source,
			     bool only_below, const char **fault);

/* /bin, /sbin, /lib, /lib32, /lib64, /libx32 and /libo32 lead into /usr. */
enum status file_tree_merge_usr(struct file_tree *tree);

/* One after the other, in no order. path is absolute, and good until the next. */
struct file_tree_iterator {
	const struct file_tree *tree;
	size_t next;
	char path[4096];
};

struct file_tree_file {
	struct span path;
	const uint8_t *sha256;
};

bool file_tree_next(struct file_tree_iterator *iterator, struct file_tree_file *out);

/* The file that a path leads to, links followed as a kernel does whose root it is; ".."
 * in the root itself leads nowhere. STATUS_NOT_FOUND where no file is. */
struct file_tree_place {
	struct file_tree_file file; /* its path stands in text */
	char text[4096];
};

enum status file_tree_find(struct file_tree *tree, struct span path, struct file_tree_place *out);

/* Bytes that the tree holds: what a person may want to see. */
size_t file_tree_memory(const struct file_tree *tree);

#endif
