/* SPDX-License-Identifier: Apache-2.0 */
/* Every offset of an image is checked once, here, so that accessors need not. */
#include "policies/reference/reference_rows.h"

static bool range_is_sound(const struct reference *ref, enum image_section section,
			   struct ref_range range)
{
	uint32_t count = reference_rows(ref, section);

	return range.first <= count && range.count <= count - range.first;
}

static bool texts_are_sound(const struct reference *ref)
{
	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_TEXTS); i++) {
		struct reader r = reference_row(ref, IMAGE_TEXTS, i);
		uint32_t offset = reader_be32(&r);
		uint32_t len = reader_be32(&r);
		size_t pool = ref->section[IMAGE_TEXT_POOL].len;

		if (offset > pool || len > pool - offset)
			return false;
	}
	return true;
}

static bool classes_are_sound(const struct reference *ref)
{
	struct node_class row;

	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_CLASSES); i++)
		if (reference_class(ref, i, &row) != OK || row.bank == DIGEST_NONE ||
		    !range_is_sound(ref, IMAGE_TEXTS, row.id_patterns) ||
		    !range_is_sound(ref, IMAGE_TEXTS, row.cells) ||
		    !range_is_sound(ref, IMAGE_TEXTS, row.blocked) ||
		    !range_is_sound(ref, IMAGE_FIRMWARE_DENY, row.firmware_deny))
			return false;
	return true;
}

static bool boot_rules_are_sound(const struct reference *ref)
{
	struct boot_rule rule;

	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_BOOT_RULES); i++)
		if (reference_boot_rule(ref, i, &rule) != OK ||
		    !range_is_sound(ref, IMAGE_DIGESTS, rule.digests))
			return false;
	return true;
}

static bool sets_are_sound(const struct reference *ref)
{
	struct reference_set row;
	struct file_table table;

	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_SETS); i++)
		if (reference_set(ref, i, &row) != OK ||
		    !range_is_sound(ref, IMAGE_TEXTS, row.must_appear) ||
		    row.table >= reference_rows(ref, IMAGE_FILE_TABLES))
			return false;
	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_FILE_TABLES); i++)
		if (reference_table_at(ref, i, &table) != OK ||
		    !file_table_is_sound(&table, ref->section[IMAGE_FILE_SLOTS],
					 ref->section[IMAGE_FILE_RECORDS]))
			return false;
	return true;
}

static bool boot_is_sound(const struct reference *ref, const struct boot_rules *boot)
{
	return range_is_sound(ref, IMAGE_DIGESTS, boot->pk) &&
	       range_is_sound(ref, IMAGE_DIGESTS, boot->kek) &&
	       range_is_sound(ref, IMAGE_DIGESTS, boot->db) &&
	       range_is_sound(ref, IMAGE_DIGESTS, boot->dbx_minimum) &&
	       range_is_sound(ref, IMAGE_BOOT_RULES, boot->chain) &&
	       range_is_sound(ref, IMAGE_BOOT_RULES, boot->events) &&
	       range_is_sound(ref, IMAGE_BOOT_RULES, boot->ignore) &&
	       range_is_sound(ref, IMAGE_TEXTS, boot->cmdline) &&
	       range_is_sound(ref, IMAGE_DIGESTS, boot->initrd) &&
	       range_is_sound(ref, IMAGE_BOOT_RULES, boot->pcrs);
}

static bool ima_is_sound(const struct reference *ref, const struct ima_rules *ima)
{
	return ima->hash != DIGEST_NONE && range_is_sound(ref, IMAGE_TEXTS, ima->templates) &&
	       range_is_sound(ref, IMAGE_DIGESTS, ima->policy_digests) &&
	       range_is_sound(ref, IMAGE_TEXTS, ima->keyrings) &&
	       range_is_sound(ref, IMAGE_DIGESTS, ima->keyring_digests) &&
	       ima->keyrings.count == ima->keyring_digests.count &&
	       range_is_sound(ref, IMAGE_SETS, ima->sets) &&
	       range_is_sound(ref, IMAGE_SETS, ima->early) &&
	       range_is_sound(ref, IMAGE_TEXTS, ima->exclude);
}

static bool releases_are_sound(const struct reference *ref)
{
	struct release row;

	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_RELEASES); i++)
		if (reference_release(ref, i, &row) != OK || row.manifest.alg != DIGEST_SHA256 ||
		    !range_is_sound(ref, IMAGE_TEXTS, row.scope.classes) ||
		    !range_is_sound(ref, IMAGE_DIGESTS, row.scope.nodes) ||
		    !boot_is_sound(ref, &row.boot) || !ima_is_sound(ref, &row.ima))
			return false;
	return true;
}

/* The magic, then where each section lies. */
static enum status read_header(struct span image, struct reference *out)
{
	struct reader r = reader_over(image);
	struct span magic = reader_take(&r, sizeof(IMAGE_MAGIC) - 1);
	uint32_t count = reader_be32(&r);

	if (r.status == OK &&
	    (!span_equal(magic, span_text(IMAGE_MAGIC)) || count != IMAGE_SECTIONS))
		reader_fail(&r, STATUS_UNSUPPORTED);
	for (size_t i = 0; i < REFERENCE_SECTIONS; i++) {
		uint64_t offset = reader_be64(&r);
		uint64_t len = reader_be64(&r);

		if (offset > image.len || len > image.len - offset)
			reader_fail(&r, STATUS_TRUNCATED);
		if (r.status != OK)
			return r.status;
		if (i < IMAGE_SECTIONS && (len % image_row_size[i] != 0 || len > UINT32_MAX))
			return STATUS_MALFORMED;
		out->section[i] = (struct span){ .data = image.data + offset, .len = (size_t)len };
	}
	return OK;
}

enum status reference_open(struct span image, struct reference *out)
{
	struct reference ref = { .image = image };
	enum status status = read_header(image, &ref);

	if (status != OK)
		return status;
	if (reference_rows(&ref, IMAGE_FACTS) != 1 ||
	    reference_rows(&ref, IMAGE_OWNERS) != LAYERS || !texts_are_sound(&ref) ||
	    !classes_are_sound(&ref) || !boot_rules_are_sound(&ref) || !sets_are_sound(&ref) ||
	    !releases_are_sound(&ref))
		return STATUS_MALFORMED;
	*out = ref;
	return OK;
}
