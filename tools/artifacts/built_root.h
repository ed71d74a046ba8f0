/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ARTIFACTS_BUILT_ROOT_H
#define TOOLS_ARTIFACTS_BUILT_ROOT_H

#include "policies/artifacts/file_tree.h"
#include "policies/artifacts/package_text.h"
#include "tools/artifacts/built_programs.h"
#include "tools/path.h"
#include "tools/progress.h"
#include "tools/artifacts/file_list.h"

/*
 * A root as packages or layers build it: every file goes through SHA-256 as it
 * comes, nothing is written to disk and nobody has to be root.
 */
struct built_root {
	struct file_tree *tree;
	struct hasher sha256;
	struct built_programs *programs; /* NULL: nobody asks for them */
	struct progress progress;
	enum file_tree_rule rule;
	struct source_name {
		char *text;
	} * source; /* packages and layers, for messages */
	size_t source_count;
	size_t conflicts;
	struct diversion *diversion; /* borrow from diversion_text */
	size_t diversion_count;
	struct bytes *diversion_text; /* one for each file of them */
	size_t diversion_texts;
};

enum status built_root_init(struct built_root *root, enum file_tree_rule rule);
/* What programs load is noted, for early_built_files(). */
enum status built_root_keep_programs(struct built_root *root);
void built_root_done(struct built_root *root);

AUTO_RELEASE(built_root, built_root_done);

/* dpkg's file of diversions; those of several files add up. */
enum status built_root_diversions(struct built_root *root, const char *path);
/* A package or layer begins: its files are of this source. */
enum status built_root_begin(struct built_root *root, struct span name);

struct archive;

struct archive_origin {
	const char *archive; /* its file, for messages */
	struct span package; /* empty: a layer */
};

/* All members of an opened tar archive. Caps bound what a hostile one can cost. */
enum status built_root_take(struct built_root *root, struct archive *tar,
			    const struct archive_origin *origin);

/* A package file. Where they are not NULL: what its control file has to say, and the
 * digest that the file has to have before anything of it is read. */
enum status built_root_package(struct built_root *root, const char *path,
			       const struct package_text *wanted, const struct digest *digest);

/* The packages of a list, from files in pools, by digests of an index. */
struct package_pool {
	const char *const *directory;
	size_t directory_count;
	const char *index; /* an archive's Packages, or sha256sum lines; NULL: none */
};

enum status built_root_packages(struct built_root *root, const char *list,
				const struct package_pool *pool);

/* The layers of an image in an OCI layout: DIRECTORY, or DIRECTORY:TAG. */
enum status built_root_image(struct built_root *root, const char *name);

/* Its files, to a list: those that no set may list are left out and said. */
enum status built_root_list(const struct built_root *root, struct file_list *out, size_t *left_out);

#endif
