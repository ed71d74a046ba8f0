/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_IMAGE_H
#define POLICIES_REFERENCE_IMAGE_H

#include "base/writer.h"
#include "policies/reference/reference.h"
#include "policies/reference/set_file.h"

/*
 * Writes a reference image: rows are added in any order, those that a range is
 * to cover one after the other. The first failure sticks; image_finish() tells.
 */
struct image_builder {
	struct bytes section[REFERENCE_SECTIONS];
	enum status status;
};

enum status image_builder_init(struct image_builder *image);
void image_builder_done(struct image_builder *image);

AUTO_RELEASE(image_builder, image_builder_done);

/* Each gives the index of the row that it added, or 0 after a failure. */
uint32_t image_text(struct image_builder *image, struct span text);
/* A text that appraisal compares with paths of IMA entries. */
uint32_t image_logged_path(struct image_builder *image, struct span path);
uint32_t image_digest(struct image_builder *image, const struct digest *digest);
uint32_t image_owner(struct image_builder *image, const struct layer_owner *owner);
uint32_t image_firmware_deny(struct image_builder *image, const struct firmware_deny *deny);
uint32_t image_class(struct image_builder *image, const struct node_class *row);
uint32_t image_boot_rule(struct image_builder *image, const struct boot_rule *rule);
uint32_t image_set(struct image_builder *image, const struct reference_set *row);
uint32_t image_release(struct image_builder *image, const struct release *row);
/* SHA-256 of a file's content; a node id as its 32 bytes. */
void image_revoked_file(struct image_builder *image, struct span digest);
void image_revoked_node(struct image_builder *image, struct span node_id);

/* A text added before; it borrows from the builder until the next is added. */
struct span image_text_at(const struct image_builder *image, uint32_t index);

/* The row after the last one: where a range of what follows begins. */
struct ref_range image_texts_from_here(const struct image_builder *image);
struct ref_range image_digests_from_here(const struct image_builder *image);
struct ref_range image_boot_rules_from_here(const struct image_builder *image);
struct ref_range image_firmware_deny_from_here(const struct image_builder *image);
struct ref_range image_sets_from_here(const struct image_builder *image);

/* What a set file held, or why it was refused. */
struct file_table_result {
	uint32_t table;
	uint64_t files;
	const char *fault; /* static; NULL when all is well */
	uint64_t line;
};

/* STATUS_MALFORMED with fault and line for a file that is no set. digest is the
 * file's own and keys the table. */
enum status image_file_table(struct image_builder *image, struct span file,
			     const struct digest *digest, struct file_table_result *out);
/* Does a table added before list the path? */
bool image_table_has_path(const struct image_builder *image, uint32_t table, struct span path);

/* Everything but generation, which is SHA-256 over the image without the
 * facts (a renewal changes nothing that is appraised) and the file tables (the
 * digests of their sets stand for them). Sections are freed on the way. */
enum status image_finish(struct image_builder *image, const struct reference_facts *facts,
			 struct bytes *out);

#endif
