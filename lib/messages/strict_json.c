/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/strict_json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Digits of INT64_MIN with its sign. */
#define NUMBER_MAX 20

static void refuse(struct strict_document *document, enum status status, const char *fault)
{
	if (document->status != OK)
		return;
	document->status = status;
	document->fault = fault;
}

/* The bytes from a quote to behind the closing one; 0 where it is missing. */
static size_t string_length(struct span s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.data[i] == '\\')
			i++;
		else if (s.data[i] == '"')
			return i + 1;
	}
	return 0;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The bytes of an integer in its one spelling; 0 for "1.0", "1e3", "01", "-0". */
static size_t integer_length(struct span s)
{
	size_t sign = s.data[0] == '-' ? 1 : 0;
	size_t len = sign;

	while (len < s.len && is_digit(s.data[len]))
		len++;
	if (len == sign || len > NUMBER_MAX)
		return 0;
	if (s.data[sign] == '0' && (len > sign + 1 || sign == 1))
		return 0;
	if (len < s.len && memchr(".eE+-", s.data[len], 5) != NULL)
		return 0;
	return len;
}

struct scan {
	size_t depth;
	size_t values;
};

/* One token outside of what jansson will judge anyway. Its length, or 0. */
static size_t scan_token(struct scan *scan, struct span rest, const char **fault)
{
	uint8_t c = rest.data[0];
	size_t len = 1;

	if (c == '"') {
		len = string_length(rest);
		*fault = "not-json";
	} else if (c == '-' || is_digit(c)) {
		len = integer_length(rest);
		*fault = "not-an-integer";
	} else if (c == '{' || c == '[') {
		scan->depth++;
		scan->values++;
	} else if (c == '}' || c == ']') {
		scan->depth -= scan->depth > 0;
	} else if (c == ',') {
		scan->values++;
	}
	return len;
}

/* Linear, before anything is allocated: what would make jansson pay more than
 * the bytes are worth, and what it takes in more than one spelling. */
static enum status scan_text(struct span text, const char **fault)
{
	struct scan scan = { 0 };

	*fault = "not-json";
	if (text.len == 0 || memchr(text.data, 0, text.len) != NULL)
		return STATUS_MALFORMED;
	while (text.len > 0) {
		size_t len = scan_token(&scan, text, fault);

		if (len == 0)
			return STATUS_MALFORMED;
		if (scan.depth > STRICT_JSON_DEPTH_MAX || scan.values > STRICT_JSON_VALUES_MAX) {
			*fault =
				scan.depth > STRICT_JSON_DEPTH_MAX ? "too-deep" : "too-many-values";
			return STATUS_TOO_LARGE;
		}
		text.data += len;
		text.len -= len;
	}
	return OK;
}

static const char *fault_of(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);

	if (code == json_error_duplicate_key)
		return "duplicate-field";
	if (code == json_error_end_of_input_expected)
		return "trailing-text";
	if (code == json_error_numeric_overflow)
		return "out-of-range";
	return "not-json";
}

enum status strict_document_parse(struct span text, size_t max, struct strict_document *out)
{
	struct strict_document document = { 0 };
	const char *fault = "too-large";
	json_error_t error;

	document.status = text.len > max ? STATUS_TOO_LARGE : scan_text(text, &fault);
	document.fault = document.status == OK ? NULL : fault;
	if (document.status == OK) {
		/* Without JSON_DECODE_ANY the top level is an object or an array;
		 * UTF-8 is checked; text after the value is refused. */
		document.root = json_loadb((const char *)text.data, text.len,
					   JSON_REJECT_DUPLICATES, &error);
		if (document.root == NULL)
			refuse(&document,
			       json_error_code(&error) == json_error_out_of_memory
				       ? STATUS_NO_MEMORY
				       : STATUS_MALFORMED,
			       fault_of(&error));
		else if (!json_is_object(document.root))
			refuse(&document, STATUS_MALFORMED, "wrong-type");
	}
	if (document.status != OK) {
		json_decref(document.root);
		document.root = NULL;
	}
	*out = document;
	return document.status;
}

void strict_document_done(struct strict_document *document)
{
	json_decref(document->root);
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

void strict_fail(struct strict_cursor *at, const char *name, enum status status, const char *fault)
{
	struct strict_document *document = at->document;
	struct strict_cursor leaf = { .parent = at, .name = name };

	if (document->status == OK)
		(void)path_of(name == NULL ? at : &leaf, document->path, sizeof(document->path));
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
static json_t *alive(const struct strict_cursor *at)
{
	return at->document->status == OK ? at->value : NULL;
}

bool strict_has(const struct strict_cursor *object, const char *name)
{
	return json_object_get(alive(object), name) != NULL;
}

static json_t *take(struct strict_cursor *object, const char *name)
{
	json_t *value = json_object_get(alive(object), name);

	if (alive(object) == NULL)
		return NULL;
	if (value == NULL) {
		strict_fail(object, name, STATUS_MALFORMED, "missing-field");
		return NULL;
	}
	if (object->taken_count == STRICT_MEMBERS_MAX) {
		strict_fail(object, name, STATUS_TOO_LARGE, "too-many-fields");
		return NULL;
	}
	object->taken[object->taken_count++] = name;
	return value;
}

/* NULL, with the failure noted, unless value has the type. */
static json_t *typed(struct strict_cursor *object, const char *name, json_t *value, json_type type)
{
	if (value == NULL || json_typeof(value) == type)
		return value;
	strict_fail(object, name, STATUS_MALFORMED, "wrong-type");
	return NULL;
}

static json_t *take_typed(struct strict_cursor *object, const char *name, json_type type)
{
	return typed(object, name, take(object, name), type);
}

struct strict_cursor strict_object(struct strict_cursor *object, const char *name)
{
	json_t *value = take_typed(object, name, JSON_OBJECT);

	return (struct strict_cursor){
		.document = object->document, .parent = object, .name = name, .value = value
	};
}

struct strict_cursor strict_array(struct strict_cursor *object, const char *name, size_t max)
{
	json_t *value = take_typed(object, name, JSON_ARRAY);

	if (json_array_size(value) > max) {
		strict_fail(object, name, STATUS_TOO_LARGE, "too-many-elements");
		value = NULL;
	}
	return (struct strict_cursor){
		.document = object->document, .parent = object, .name = name, .value = value
	};
}

bool strict_bool(struct strict_cursor *object, const char *name)
{
	json_t *value = take(object, name);

	if (value != NULL && !json_is_boolean(value))
		strict_fail(object, name, STATUS_MALFORMED, "wrong-type");
	return json_is_true(value);
}

int64_t strict_int(struct strict_cursor *object, const char *name, int64_t min, int64_t max)
{
	json_t *value = take_typed(object, name, JSON_INTEGER);
	int64_t number = json_integer_value(value);

	if (value == NULL)
		return 0;
	if (number < min || number > max) {
		strict_fail(object, name, STATUS_MALFORMED, "out-of-range");
		return 0;
	}
	return number;
}

static int64_t clamp(uint64_t bound)
{
	return bound > INT64_MAX ? INT64_MAX : (int64_t)bound;
}

uint64_t strict_uint(struct strict_cursor *object, const char *name, uint64_t min, uint64_t max)
{
	return (uint64_t)strict_int(object, name, clamp(min), clamp(max));
}

static struct span text_of(const json_t *value)
{
	if (value == NULL)
		return (struct span){ 0 };
	return (struct span){ .data = (const uint8_t *)json_string_value(value),
			      .len = json_string_length(value) };
}

struct span strict_any_text(struct strict_cursor *object, const char *name, size_t max)
{
	struct span text = text_of(take_typed(object, name, JSON_STRING));

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
	return json_array_size(alive(array));
}

static json_t *element(struct strict_cursor *array, size_t index, json_type type)
{
	json_t *value = json_array_get(alive(array), index);

	if (alive(array) == NULL)
		return NULL;
	if (value != NULL && json_typeof(value) == type)
		return value;
	fail_element(array, index, STATUS_MALFORMED,
		     value == NULL ? "missing-field" : "wrong-type");
	return NULL;
}

struct strict_cursor strict_element_object(struct strict_cursor *array, size_t index)
{
	json_t *value = element(array, index, JSON_OBJECT);

	return (struct strict_cursor){
		.document = array->document, .parent = array, .index = index, .value = value
	};
}

struct span strict_element_text(struct strict_cursor *array, size_t index, size_t max)
{
	json_t *value = element(array, index, JSON_STRING);
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
	json_t *value = element(array, index, JSON_INTEGER);
	int64_t number = json_integer_value(value);

	if (value == NULL)
		return 0;
	if (number >= clamp(min) && number <= clamp(max))
		return (uint64_t)number;
	fail_element(array, index, STATUS_MALFORMED, "out-of-range");
	return 0;
}

void strict_element_base64(struct strict_cursor *array, size_t index, size_t max, struct bytes *out)
{
	struct span text = text_of(element(array, index, JSON_STRING));

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
	void *at = json_object_iter(alive(object));

	while (at != NULL && index-- > 0)
		at = json_object_iter_next(object->value, at);
	return at == NULL ? NULL : json_object_iter_key(at);
}

static bool was_taken(const struct strict_cursor *object, const char *name)
{
	for (size_t i = 0; i < object->taken_count; i++)
		if (strcmp(object->taken[i], name) == 0)
			return true;
	return false;
}

enum status strict_end(struct strict_cursor *object)
{
	const char *name;
	json_t *member;

	if (!json_is_object(alive(object)))
		return object->document->status;
	json_object_foreach(object->value, name, member)
	{
		if (was_taken(object, name))
			continue;
		/* A field that a newer author meant as a restriction must not be
		 * read as nothing. */
		strict_fail(object, name, STATUS_MALFORMED, "unknown-field");
		break;
	}
	return object->document->status;
}
