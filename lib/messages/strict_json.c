/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/strict_json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void refuse(struct strict_document *document, enum status status, const char *fault)
{
	if (document->status != OK)
		return;
	document->status = status;
	document->fault = fault;
}

enum status strict_document_parse(struct span text, size_t max, struct strict_document *out)
{
	struct strict_document document = { 0 };

	if (text.len > max)
		refuse(&document, STATUS_TOO_LARGE, "too-large");
	if (document.status == OK)
		document.status = json_tree_parse(text, &document.tree, &document.fault);
	if (document.status == OK && document.tree.values[0].kind != JSON_KIND_OBJECT)
		refuse(&document, STATUS_MALFORMED, "wrong-type");
	if (document.status == OK)
		document.root = document.tree.values;
	else
		json_tree_done(&document.tree);
	*out = document;
	return document.status;
}

void strict_document_done(struct strict_document *document)
{
	json_tree_done(&document->tree);
	document->root = NULL;
}

struct strict_cursor strict_root(struct strict_document *document)
{
	return (struct strict_cursor){
		.document = document,
		.value = document->status == OK ? document->root : NULL,
	};
}

/* Appends to path what this cursor is in its parent; as much as fits. */
static size_t path_of(const struct strict_cursor *at, char *path, size_t size)
{
	if (at == NULL || at->parent == NULL)
		return 0;

	size_t used = path_of(at->parent, path, size);
	int len = at->name == NULL
			  ? snprintf(path + used, size - used, "[%zu]", at->index)
			  : snprintf(path + used, size - used, used > 0 ? ".%s" : "%s", at->name);

	if (len < 0)
		return used;
	return (size_t)len < size - used ? used + (size_t)len : size - 1;
}

/* Names that nobody knows are a stranger's, and the path goes to terminals and logs. */
static void make_visible(char *path)
{
	for (; *path != '\0'; path++)
		if (*path <= ' ' || *path >= 0x7f)
			*path = '?';
}

void strict_fail(struct strict_cursor *at, const char *name, enum status status, const char *fault)
{
	struct strict_document *document = at->document;
	struct strict_cursor leaf = { .parent = at, .name = name };

	if (document->status == OK) {
		(void)path_of(name == NULL ? at : &leaf, document->path, sizeof(document->path));
		make_visible(document->path);
	}
	refuse(document, status, fault);
	at->value = NULL;
}

static void fail_element(struct strict_cursor *array, size_t index, enum status status,
			 const char *fault)
{
	struct strict_cursor leaf = { .document = array->document,
				      .parent = array,
				      .index = index };

	strict_fail(&leaf, NULL, status, fault);
	array->value = NULL;
}

/* The cursor's value while the document is without a fault. */
static const struct json_value *alive(const struct strict_cursor *at)
{
	return at->document->status == OK ? at->value : NULL;
}

/* The same, as a container of this kind. */
static const struct json_value *container(const struct strict_cursor *at, enum json_kind kind)
{
	const struct json_value *value = alive(at);

	return value != NULL && value->kind == kind ? value : NULL;
}

/* *index is of use where there is one. */
static const struct json_value *find_member(const struct strict_cursor *object, const char *name,
					    size_t *index)
{
	const struct json_value *from = container(object, JSON_KIND_OBJECT);
	struct span wanted = span_text(name);
	const struct json_value *member = from == NULL ? NULL : json_first(from);

	for (*index = 0; from != NULL && *index < from->count; ++*index) {
		if (span_equal(member->name, wanted))
			return member;
		member = json_next(member);
	}
	return NULL;
}

bool strict_has(const struct strict_cursor *object, const char *name)
{
	size_t index;

	return find_member(object, name, &index) != NULL;
}

static const struct json_value *take(struct strict_cursor *object, const char *name)
{
	size_t index;
	const struct json_value *member = find_member(object, name, &index);

	if (alive(object) == NULL)
		return NULL;
	if (member == NULL) {
		strict_fail(object, name, STATUS_MALFORMED, "missing-field");
		return NULL;
	}
	object->taken |= (uint64_t)1 << index;
	return member;
}

/* NULL, with the failure noted, unless the member has this kind. */
static const struct json_value *take_typed(struct strict_cursor *object, const char *name,
					   enum json_kind kind)
{
	const struct json_value *value = take(object, name);

	if (value == NULL || value->kind == kind)
		return value;
	strict_fail(object, name, STATUS_MALFORMED, "wrong-type");
	return NULL;
}

struct strict_cursor strict_object(struct strict_cursor *object, const char *name)
{
	const struct json_value *value = take_typed(object, name, JSON_KIND_OBJECT);

	return (struct strict_cursor){
		.document = object->document, .parent = object, .name = name, .value = value
	};
}

struct strict_cursor strict_array(struct strict_cursor *object, const char *name, size_t max)
{
	const struct json_value *value = take_typed(object, name, JSON_KIND_ARRAY);

	if (value != NULL && value->count > max) {
		strict_fail(object, name, STATUS_TOO_LARGE, "too-many-elements");
		value = NULL;
	}
	return (struct strict_cursor){
		.document = object->document, .parent = object, .name = name, .value = value
	};
}

bool strict_bool(struct strict_cursor *object, const char *name)
{
	const struct json_value *value = take(object, name);

	if (value == NULL || value->kind == JSON_KIND_TRUE || value->kind == JSON_KIND_FALSE)
		return value != NULL && value->kind == JSON_KIND_TRUE;
	strict_fail(object, name, STATUS_MALFORMED, "wrong-type");
	return false;
}

int64_t strict_int(struct strict_cursor *object, const char *name, int64_t min, int64_t max)
{
	const struct json_value *value = take_typed(object, name, JSON_KIND_INTEGER);

	if (value == NULL)
		return 0;
	if (value->integer < min || value->integer > max) {
		strict_fail(object, name, STATUS_MALFORMED, "out-of-range");
		return 0;
	}
	return value->integer;
}

static int64_t clamp(uint64_t bound)
{
	return bound > INT64_MAX ? INT64_MAX : (int64_t)bound;
}

uint64_t strict_uint(struct strict_cursor *object, const char *name, uint64_t min, uint64_t max)
{
	return (uint64_t)strict_int(object, name, clamp(min), clamp(max));
}

static struct span text_of(const struct json_value *value)
{
	return value == NULL ? (struct span){ 0 } : value->text;
}

struct span strict_any_text(struct strict_cursor *object, const char *name, size_t max)
{
	struct span text = text_of(take_typed(object, name, JSON_KIND_TEXT));

	if (text.len <= max)
		return text;
	strict_fail(object, name, STATUS_TOO_LARGE, "too-long");
	return (struct span){ 0 };
}

struct span strict_text(struct strict_cursor *object, const char *name, size_t max)
{
	struct span text = strict_any_text(object, name, max);

	if (text.len == 0)
		strict_fail(object, name, STATUS_MALFORMED, "empty");
	return text;
}

struct span strict_text_as(struct strict_cursor *object, const char *name, size_t max,
			   bool (*accepts)(struct span text))
{
	struct span text = strict_text(object, name, max);

	if (alive(object) == NULL || accepts(text))
		return text;
	strict_fail(object, name, STATUS_MALFORMED, "bad-value");
	return (struct span){ 0 };
}

size_t strict_choice(struct strict_cursor *object, const char *name, const char *const *names)
{
	struct span text = strict_text(object, name, 64);

	for (size_t i = 0; names[i] != NULL && alive(object) != NULL; i++)
		if (span_equal(text, span_text(names[i])))
			return i;
	strict_fail(object, name, STATUS_MALFORMED, "bad-value");
	return 0;
}

/* Notes how decoding a text went. */
static bool decoded(struct strict_cursor *object, const char *name, enum status status)
{
	if (status == OK)
		return true;
	strict_fail(object, name, status, status == STATUS_TOO_LARGE ? "too-long" : "bad-value");
	return false;
}

void strict_base64(struct strict_cursor *object, const char *name, size_t max, struct bytes *out)
{
	struct span text = strict_any_text(object, name, SIZE_MAX);

	bytes_done(out);
	if (alive(object) != NULL)
		(void)decoded(object, name, base64_decode(text, max, out));
}

/* Hexadecimal in its one spelling: lower case. */
static enum status lower_hex(struct span text, size_t max, struct bytes *out)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 'A' && text.data[i] <= 'F')
			return STATUS_MALFORMED;
	return text.len / 2 > max ? STATUS_TOO_LARGE : hex_decode(text, out);
}

void strict_hex(struct strict_cursor *object, const char *name, size_t max, struct bytes *out)
{
	struct span text = strict_any_text(object, name, SIZE_MAX);

	bytes_done(out);
	if (alive(object) != NULL)
		(void)decoded(object, name, lower_hex(text, max, out));
}

/* digest_text_parse() in its one spelling. */
static enum status digest_of_text(struct span text, struct digest *out)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= 'A' && text.data[i] <= 'F')
			return STATUS_MALFORMED;
	return digest_text_parse(text, out);
}

struct digest strict_digest(struct strict_cursor *object, const char *name)
{
	struct digest digest = { 0 };
	struct span text = strict_any_text(object, name, 8 + 2 * DIGEST_MAX);

	if (alive(object) != NULL)
		(void)decoded(object, name, digest_of_text(text, &digest));
	return digest;
}

struct digest strict_digest_of(struct strict_cursor *object, const char *name, enum digest_alg alg)
{
	struct digest digest = strict_digest(object, name);

	if (digest.alg == alg)
		return digest;
	strict_fail(object, name, STATUS_MALFORMED, "bad-value");
	return (struct digest){ 0 };
}

struct digest strict_sha256(struct strict_cursor *object, const char *name)
{
	AUTO_DONE(bytes) raw = { 0 };
	struct digest digest = { 0 };

	strict_hex(object, name, SHA256_SIZE, &raw);
	if (alive(object) != NULL)
		(void)decoded(object, name, digest_from(DIGEST_SHA256, span_of(&raw), &digest));
	return digest;
}

size_t strict_count(const struct strict_cursor *array)
{
	const struct json_value *from = container(array, JSON_KIND_ARRAY);

	return from == NULL ? 0 : from->count;
}

/* From the one that was read last, or from the first. */
static const struct json_value *element_at(struct strict_cursor *array, size_t index)
{
	if (index >= strict_count(array))
		return NULL;
	if (array->element == NULL || array->element_index > index) {
		array->element = json_first(array->value);
		array->element_index = 0;
	}
	for (; array->element_index < index; array->element_index++)
		array->element = json_next(array->element);
	return array->element;
}

static const struct json_value *element(struct strict_cursor *array, size_t index,
					enum json_kind kind)
{
	const struct json_value *value = element_at(array, index);

	if (alive(array) == NULL)
		return NULL;
	if (value != NULL && value->kind == kind)
		return value;
	fail_element(array, index, STATUS_MALFORMED,
		     value == NULL ? "missing-field" : "wrong-type");
	return NULL;
}

struct strict_cursor strict_element_object(struct strict_cursor *array, size_t index)
{
	const struct json_value *value = element(array, index, JSON_KIND_OBJECT);

	return (struct strict_cursor){
		.document = array->document, .parent = array, .index = index, .value = value
	};
}

struct span strict_element_text(struct strict_cursor *array, size_t index, size_t max)
{
	const struct json_value *value = element(array, index, JSON_KIND_TEXT);
	struct span text = text_of(value);

	if (value == NULL || (text.len > 0 && text.len <= max))
		return text;
	if (text.len == 0)
		fail_element(array, index, STATUS_MALFORMED, "empty");
	else
		fail_element(array, index, STATUS_TOO_LARGE, "too-long");
	return (struct span){ 0 };
}

struct digest strict_element_digest(struct strict_cursor *array, size_t index)
{
	struct digest digest = { 0 };
	struct span text = strict_element_text(array, index, 8 + 2 * DIGEST_MAX);

	if (alive(array) != NULL && digest_of_text(text, &digest) != OK)
		fail_element(array, index, STATUS_MALFORMED, "bad-value");
	return digest;
}

struct digest strict_element_sha256(struct strict_cursor *array, size_t index)
{
	AUTO_DONE(bytes) raw = { 0 };
	struct digest digest = { 0 };
	struct span text = strict_element_text(array, index, 2 * SHA256_SIZE);

	if (alive(array) != NULL && (lower_hex(text, SHA256_SIZE, &raw) != OK ||
				     digest_from(DIGEST_SHA256, span_of(&raw), &digest) != OK))
		fail_element(array, index, STATUS_MALFORMED, "bad-value");
	return digest;
}

uint64_t strict_element_uint(struct strict_cursor *array, size_t index, uint64_t min, uint64_t max)
{
	const struct json_value *value = element(array, index, JSON_KIND_INTEGER);

	if (value == NULL)
		return 0;
	if (value->integer >= clamp(min) && value->integer <= clamp(max))
		return (uint64_t)value->integer;
	fail_element(array, index, STATUS_MALFORMED, "out-of-range");
	return 0;
}

void strict_element_base64(struct strict_cursor *array, size_t index, size_t max, struct bytes *out)
{
	struct span text = text_of(element(array, index, JSON_KIND_TEXT));

	bytes_done(out);
	if (alive(array) == NULL)
		return;

	enum status status = base64_decode(text, max, out);
	if (status != OK)
		fail_element(array, index, status,
			     status == STATUS_TOO_LARGE ? "too-long" : "bad-value");
}

const char *strict_name_at(const struct strict_cursor *object, size_t index)
{
	const struct json_value *from = container(object, JSON_KIND_OBJECT);

	if (from == NULL || index >= from->count)
		return NULL;

	const struct json_value *member = json_first(from);
	while (index-- > 0)
		member = json_next(member);
	return (const char *)member->name.data;
}

enum status strict_end(struct strict_cursor *object)
{
	const struct json_value *from = container(object, JSON_KIND_OBJECT);
	size_t index = 0;

	while (from != NULL && index < from->count && (object->taken >> index & 1) != 0)
		index++;
	/* A field that a newer author meant as a restriction must not be
	 * read as nothing. */
	if (from != NULL && index < from->count)
		strict_fail(object, strict_name_at(object, index), STATUS_MALFORMED,
			    "unknown-field");
	return object->document->status;
}
