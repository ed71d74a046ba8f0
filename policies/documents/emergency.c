/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/emergency.h"

#define SCOPE_CLASSES_MAX 64
#define SCOPE_NODES_MAX 4096

static struct ref_range read_classes(struct strict_cursor *scope, struct image_builder *image)
{
	struct ref_range range = image_texts_from_here(image);
	struct strict_cursor list = strict_array(scope, "classes", SCOPE_CLASSES_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct span name = strict_element_text(&list, i, 64);

		if (!name_is_valid(name))
			strict_fail(&list, NULL, STATUS_MALFORMED, "bad-value");
		(void)image_text(image, name);
		range.count++;
	}
	if (range.count == 0)
		strict_fail(scope, "classes", STATUS_MALFORMED, "empty");
	return range;
}

static struct ref_range read_nodes(struct strict_cursor *scope, struct image_builder *image)
{
	struct ref_range range = image_digests_from_here(image);
	struct strict_cursor list = strict_array(scope, "nodes", SCOPE_NODES_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct digest node = strict_element_sha256(&list, i);

		(void)image_digest(image, &node);
		range.count++;
	}
	if (range.count == 0)
		strict_fail(scope, "nodes", STATUS_MALFORMED, "empty");
	return range;
}

static void read_platforms(struct strict_cursor *scope, struct emergency *out)
{
	struct strict_cursor list = strict_array(scope, "platforms", EMERGENCY_PLATFORMS_MAX);

	for (size_t i = 0; i < strict_count(&list); i++)
		out->platform[out->platform_count++] = strict_element_text(&list, i, 64);
	if (out->platform_count == 0)
		strict_fail(scope, "platforms", STATUS_MALFORMED, "empty");
}

/* An empty list would be one for everybody: there is none. */
static void read_scope(struct strict_cursor *predicate, struct image_builder *image,
		       struct emergency *out)
{
	struct strict_cursor scope = strict_object(predicate, "scope");

	out->scope.is_emergency = true;
	read_platforms(&scope, out);
	out->scope.classes = read_classes(&scope, image);
	if (strict_has(&scope, "nodes"))
		out->scope.nodes = read_nodes(&scope, image);
	out->scope.most_nodes = (uint32_t)strict_uint(&scope, "maximumNodes", 1, UINT32_MAX);
	(void)strict_end(&scope);
}

enum status emergency_read(struct statement *s, struct image_builder *image, struct emergency *out)
{
	struct strict_cursor *predicate = &s->predicate;
	struct emergency e = { .manifest = strict_sha256(predicate, "manifest") };

	statement_expect_subject(s, 0, "manifest", &e.manifest);
	statement_expect_subjects(s, 1);
	read_scope(predicate, image, &e);
	e.reason = strict_text(predicate, "reason", 4096);
	e.time = strict_int(predicate, "time", 1, TIME_MAX);
	e.expires = strict_int(predicate, "expires", 1, TIME_MAX);

	enum status status = strict_end(predicate);
	if (status == OK)
		status = image->status;
	if (status == OK)
		*out = e;
	return status;
}

enum status review_read(struct statement *s, struct review *out)
{
	static const char *const findings[] = { "rejected", "confirmed", NULL };
	struct strict_cursor *predicate = &s->predicate;
	struct review r = { .emergency = strict_sha256(predicate, "emergency") };

	statement_expect_subject(s, 0, "emergency", &r.emergency);
	statement_expect_subjects(s, 1);
	r.is_confirmed = strict_choice(predicate, "finding", findings) == 1;
	r.reason = strict_text(predicate, "reason", 4096);
	r.time = strict_int(predicate, "time", 1, TIME_MAX);

	enum status status = strict_end(predicate);
	if (status == OK)
		*out = r;
	return status;
}
