/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DOCUMENTS_MANIFEST_H
#define POLICIES_DOCUMENTS_MANIFEST_H

#include "policies/envelope/statement.h"
#include "policies/reference/image.h"
#include "policies/trust/root.h"

#define MANIFEST_SETS_MAX 32
#define MANIFEST_ROLLBACKS_MAX 16

/* A set that a manifest names; the file itself is read later. */
struct manifest_set {
	struct span name;
	struct digest digest;
	uint64_t size;
	enum set_class class;
	struct ref_range must_appear; /* texts in the image */
	bool is_early;
	struct vendor_origin origin; /* of a vendor's set */
	size_t vendor; /* its place in the root; filled while loading */
};

/* Golden values. What has no place here has gone into the image; spans borrow
 * from the statement. */
struct manifest {
	struct release release; /* without manifest, state, accept_until and ima.sets */
	bool has_previous;
	uint64_t previous_version;
	struct digest previous;
	enum change_class declared;
	size_t set_count;
	struct manifest_set set[MANIFEST_SETS_MAX];
	struct digest provenance; /* DIGEST_NONE: it names none */
	size_t rollback_count;
	uint64_t rollback_to[MANIFEST_ROLLBACKS_MAX];
};

/* Reads the predicate of an opened statement. What is wrong is in its document;
 * the image then has rows that nobody names and is to be given up. */
enum status manifest_read(struct statement *s, struct image_builder *image, struct manifest *out);

/* Parts of it, each in a file of its own. */
void manifest_read_boot(struct strict_cursor *boot, struct image_builder *image,
			struct boot_rules *out);
void manifest_read_ima(struct strict_cursor *ima, struct image_builder *image,
		       struct manifest *out);

/* The layer that answers for a PCR's events where no rule names one. */
enum layer manifest_default_layer(uint8_t pcr);
/* EV_... by its name, "any" as 0. */
enum status boot_event_type_named(struct span name, uint32_t *out);

/* An optional array of texts or digests, added to the image as one range. */
struct ref_range manifest_texts(struct strict_cursor *object, const char *name, size_t max,
				size_t text_max, struct image_builder *image);
struct ref_range manifest_digests(struct strict_cursor *object, const char *name, size_t max,
				  struct image_builder *image);

#endif
