/* SPDX-License-Identifier: Apache-2.0 */
/* Against jansson, which reads the same bytes: what is taken here it takes too and
 * reads the same, and what it takes is refused here for one of our own bounds only. */
#include <jansson.h>

#include "fuzz.h"
#include "messages/json_tree.h"

static void must_be_same(const struct json_value *value, json_t *other);

static void must_be_same_elements(const struct json_value *array, json_t *other)
{
	const struct json_value *element = json_first(array);

	must(json_is_array(other) && json_array_size(other) == array->count);
	for (size_t i = 0; i < array->count; i++, element = json_next(element))
		must_be_same(element, json_array_get(other, i));
	must(element == json_next(array));
}

static void must_be_same_members(const struct json_value *object, json_t *other)
{
	const struct json_value *member = json_first(object);

	must(json_is_object(other) && json_object_size(other) == object->count);
	for (size_t i = 0; i < object->count; i++, member = json_next(member)) {
		must(strlen((const char *)member->name.data) == member->name.len);
		must_be_same(member, json_object_get(other, (const char *)member->name.data));
	}
	must(member == json_next(object));
}

static void must_be_same_text(struct span text, json_t *other)
{
	must(json_is_string(other) && json_string_length(other) == text.len);
	must(memcmp(json_string_value(other), text.data, text.len + 1) == 0);
}

static void must_be_same(const struct json_value *value, json_t *other)
{
	switch (value->kind) {
	case JSON_KIND_NULL:
		must(json_is_null(other));
		return;
	case JSON_KIND_FALSE:
		must(json_is_false(other));
		return;
	case JSON_KIND_TRUE:
		must(json_is_true(other));
		return;
	case JSON_KIND_INTEGER:
		must(json_is_integer(other) && json_integer_value(other) == value->integer);
		return;
	case JSON_KIND_TEXT:
		must_be_same_text(value->text, other);
		return;
	case JSON_KIND_ARRAY:
		must_be_same_elements(value, other);
		return;
	case JSON_KIND_OBJECT:
		must_be_same_members(value, other);
		return;
	}
	must(false);
}

/* "-0" has another spelling, and numbers with a fraction or exponent are none. */
static bool is_bound(const char *fault)
{
	static const char *const bounds[] = { "too-deep", "too-many-values", "too-many-fields",
					      "not-an-integer" };

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (strcmp(fault, bounds[i]) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct json_tree tree;
	const char *fault = NULL;
	/* Behind a number jansson reads over it. */
	bool has_nul = len > 0 && memchr(data, 0, len) != NULL;
	json_t *other = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);

	taint(&tree, sizeof(tree));
	if (json_tree_parse((struct span){ data, len }, &tree, &fault) == OK) {
		must(!has_nul);
		must_be_same(tree.values, other);
		must(json_next(tree.values) == tree.values + tree.count);
		json_tree_done(&tree);
	} else {
		must_be_tainted(&tree, sizeof(tree));
		must(other == NULL || is_bound(fault) || has_nul);
	}
	json_decref(other);
	return 0;
}
