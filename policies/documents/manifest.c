/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/manifest.h"

#include "policies/documents/approval.h"

static void read_previous(struct strict_cursor *predicate, struct manifest *out)
{
	out->has_previous = strict_has(predicate, "previous");
	if (!out->has_previous)
		return;

	struct strict_cursor previous = strict_object(predicate, "previous");
	out->previous_version = strict_uint(&previous, "version", 1, INT64_MAX);
	out->previous = strict_sha256(&previous, "sha256");
	(void)strict_end(&previous);
	if (out->previous_version >= out->release.version)
		strict_fail(predicate, "previous", STATUS_MALFORMED, "version-not-rising");
}

static void read_head(struct strict_cursor *predicate, struct manifest *out)
{
	struct release *release = &out->release;

	release->line = strict_text_as(predicate, "line", 64, name_is_valid);
	release->version = strict_uint(predicate, "version", 1, INT64_MAX);
	release->security_epoch = strict_uint(predicate, "securityEpoch", 0, INT64_MAX);
	out->declared =
		(enum change_class)strict_choice(predicate, "changeClass", change_class_names);
	release->not_before = strict_int(predicate, "notBefore", 0, TIME_MAX);
	release->not_after = strict_int(predicate, "notAfter", 0, TIME_MAX);
	if (release->not_after <= release->not_before)
		strict_fail(predicate, "notAfter", STATUS_MALFORMED, "out-of-range");
	read_previous(predicate, out);

	struct strict_cursor target = strict_object(predicate, "target");
	release->platform = strict_text_as(&target, "platform", 64, target_is_valid);
	release->kernel = strict_text_as(&target, "kernel", 64, target_is_valid);
	(void)strict_end(&target);
}

static void read_must_appear(struct strict_cursor *set, struct image_builder *image,
			     struct manifest_set *out)
{
	struct strict_cursor list = strict_array(set, "mustAppear", JSON_VALUES_MAX);

	out->must_appear = image_texts_from_here(image);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct span path = strict_element_text(&list, i, SET_PATH_MAX);

		if (path.len > 0 && !set_path_is_valid(path))
			strict_fail(&list, NULL, STATUS_MALFORMED, "bad-value");
		(void)image_logged_path(image, path);
		out->must_appear.count++;
	}
}

static void read_set(struct strict_cursor *sets, size_t i, struct image_builder *image,
		     struct manifest_set *out)
{
	struct strict_cursor set = strict_element_object(sets, i);

	out->name = strict_text_as(&set, "name", 64, target_is_valid);
	out->digest = strict_sha256(&set, "sha256");
	out->size = strict_uint(&set, "size", 0, SET_FILE_MAX);
	out->class = (enum set_class)strict_choice(&set, "class", set_class_names);
	if (strict_has(&set, "mustAppear"))
		read_must_appear(&set, image, out);
	/* A vendor's set says whose it is, and no other set does. */
	if (out->class == SET_VENDOR)
		vendor_origin_read(&set, &out->origin);
	(void)strict_end(&set);
}

/* The statement's subjects are the sets: outside tools see what is signed. */
static void read_sets(struct statement *s, struct strict_cursor *ima, struct image_builder *image,
		      struct manifest *out)
{
	struct strict_cursor sets = strict_array(ima, "sets", MANIFEST_SETS_MAX);
	uint32_t must_appear = 0;

	for (size_t i = 0; i < strict_count(&sets); i++) {
		read_set(&sets, i, image, &out->set[i]);
		for (size_t j = 0; j < i; j++)
			if (span_equal(out->set[i].name, out->set[j].name))
				strict_fail(&sets, NULL, STATUS_MALFORMED, "set-twice");
		statement_expect_subject(s, i, NULL, &out->set[i].digest);
		out->set_count = i + 1;
		must_appear += out->set[i].must_appear.count;
	}
	if (must_appear > MUST_APPEAR_MAX)
		strict_fail(&sets, NULL, STATUS_TOO_LARGE, "too-many-must-appear");
	statement_expect_subjects(s, out->set_count);
	if (out->set_count == 0)
		strict_fail(&sets, NULL, STATUS_MALFORMED, "empty");
}

static void read_evidence(struct strict_cursor *predicate, struct manifest *out)
{
	struct strict_cursor evidence = strict_object(predicate, "evidence");

	if (strict_has(&evidence, "provenance"))
		out->provenance = strict_digest_of(&evidence, "provenance", DIGEST_SHA256);
	if (strict_has(&evidence, "validation"))
		statement_read_validation(&evidence);
	(void)strict_end(&evidence);
}

static void read_rollbacks(struct strict_cursor *predicate, struct manifest *out)
{
	struct strict_cursor list = strict_array(predicate, "rollbackTo", MANIFEST_ROLLBACKS_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		uint64_t version = strict_element_uint(&list, i, 1, INT64_MAX);

		if (version >= out->release.version)
			strict_fail(&list, NULL, STATUS_MALFORMED, "version-not-rising");
		out->rollback_to[out->rollback_count++] = version;
	}
}

enum status manifest_read(struct statement *s, struct image_builder *image, struct manifest *out)
{
	struct strict_cursor *predicate = &s->predicate;

	*out = (struct manifest){ 0 };
	read_head(predicate, out);

	struct strict_cursor boot = strict_object(predicate, "boot");
	manifest_read_boot(&boot, image, &out->release.boot);
	(void)strict_end(&boot);

	struct strict_cursor ima = strict_object(predicate, "ima");
	read_sets(s, &ima, image, out);
	manifest_read_ima(&ima, image, out);
	(void)strict_end(&ima);

	if (strict_has(predicate, "evidence"))
		read_evidence(predicate, out);
	if (strict_has(predicate, "rollbackTo"))
		read_rollbacks(predicate, out);

	enum status status = strict_end(predicate);
	return status == OK ? image->status : status;
}
