/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_STRICT_JSON_H
#define MESSAGES_STRICT_JSON_H

#include "base/digest.h"
#include "messages/json_tree.h"

/*
 * The one gate through which JSON enters: bounded and read by json_tree.h; then
 * members are taken by name with type and range, and whatever nobody took is
 * refused.
 */

/* A parsed document and the first thing wrong with it. */
struct strict_document {
	struct json_tree tree;
	const struct json_value *root; /* NULL after a failure */
	enum status status;
	const char *fault; /* "missing-field", "unknown-field", ...; static */
	char path[96]; /* "keys[2].scheme"; empty for the document itself */
};

/* At most max bytes; the top level is an object. On failure status, fault and
 * path are set and there is no root. */
enum status strict_document_parse(struct span text, size_t max, struct strict_document *out);
void strict_document_done(struct strict_document *document);

AUTO_RELEASE(strict_document, strict_document_done);

/*
 * A cursor over one object or array. After the first failure every read gives
 * zero, an empty span or an empty cursor; ask once, with strict_end(). Spans
 * borrow from the document. A cursor must outlive those opened from it.
 */
struct strict_cursor {
	struct strict_document *document;
	const struct strict_cursor *parent;
	const char *name; /* as a member of parent; NULL for an element */
	size_t index; /* as an element of parent */
	const struct json_value *value; /* NULL after a failure */
	uint64_t taken; /* bit i: the object's member i */
	/* The element that was read last: who goes through an array walks it once. */
	const struct json_value *element;
	size_t element_index;
};

struct strict_cursor strict_root(struct strict_document *document);

/* A member that may be left out is asked for with strict_has() first. */
bool strict_has(const struct strict_cursor *object, const char *name);
struct strict_cursor strict_object(struct strict_cursor *object, const char *name);
/* At most max elements; strict_count() is 0 after a failure. */
struct strict_cursor strict_array(struct strict_cursor *object, const char *name, size_t max);
bool strict_bool(struct strict_cursor *object, const char *name);
int64_t strict_int(struct strict_cursor *object, const char *name, int64_t min, int64_t max);
/* No JSON integer here is above INT64_MAX, whatever max says. */
uint64_t strict_uint(struct strict_cursor *object, const char *name, uint64_t min, uint64_t max);
/* From 1 to max bytes; an empty text is refused. */
struct span strict_text(struct strict_cursor *object, const char *name, size_t max);
/* A text that may be empty. */
struct span strict_any_text(struct strict_cursor *object, const char *name, size_t max);
/* A text that a grammar accepts. */
struct span strict_text_as(struct strict_cursor *object, const char *name, size_t max,
			   bool (*accepts)(struct span text));
/* The number of the text among names (NULL-terminated), else a failure and 0. */
size_t strict_choice(struct strict_cursor *object, const char *name, const char *const *names);
/* Empties *out first; at most max decoded bytes. */
void strict_base64(struct strict_cursor *object, const char *name, size_t max, struct bytes *out);
void strict_hex(struct strict_cursor *object, const char *name, size_t max, struct bytes *out);
/* "sha256:HEX", lower case; DIGEST_NONE after a failure. */
struct digest strict_digest(struct strict_cursor *object, const char *name);
/* The same, and the algorithm must be this one. */
struct digest strict_digest_of(struct strict_cursor *object, const char *name, enum digest_alg alg);
/* 64 lower-case hexadecimal digits, for members called sha256. */
struct digest strict_sha256(struct strict_cursor *object, const char *name);

/* Elements of an array, by index below strict_count(). */
size_t strict_count(const struct strict_cursor *array);
struct strict_cursor strict_element_object(struct strict_cursor *array, size_t index);
struct span strict_element_text(struct strict_cursor *array, size_t index, size_t max);
struct digest strict_element_digest(struct strict_cursor *array, size_t index);
struct digest strict_element_sha256(struct strict_cursor *array, size_t index);
uint64_t strict_element_uint(struct strict_cursor *array, size_t index, uint64_t min, uint64_t max);
void strict_element_base64(struct strict_cursor *array, size_t index, size_t max,
			   struct bytes *out);

/* The member names of an object whose names are not known beforehand, in the
 * document's order: NULL at the end. Each still has to be taken. */
const char *strict_name_at(const struct strict_cursor *object, size_t index);

/* Refuses from outside, at a member or (NULL) at the cursor itself. The first
 * failure sticks. fault must be static. */
void strict_fail(struct strict_cursor *at, const char *name, enum status status, const char *fault);
/* Members that nobody took are refused. The document's status. */
enum status strict_end(struct strict_cursor *object);

#endif
