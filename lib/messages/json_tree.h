/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_JSON_TREE_H
#define MESSAGES_JSON_TREE_H

#include "base/bytes.h"

/*
 * A JSON text (RFC 8259), read in one pass: of what two readers could read
 * differently, nothing. Integers in their one spelling, no member twice (however
 * its name is written), UTF-8 without exception, no NUL; depth, values and members
 * are bounded while it is read. Two allocations, none of them made from a count:
 * the text's copy, in which texts are decoded where they stand, and the values.
 */
#define JSON_DEPTH_MAX 16
#define JSON_VALUES_MAX 65536
#define JSON_MEMBERS_MAX 48 /* of one object; fewer than a uint64_t has bits */

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_FALSE,
	JSON_KIND_TRUE,
	JSON_KIND_INTEGER,
	JSON_KIND_TEXT,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};

struct json_value {
	enum json_kind kind;
	uint32_t extent; /* values in it and itself: the next one follows these */
	struct span name; /* of a member; a NUL follows it */
	union {
		int64_t integer;
		struct span text; /* a NUL follows it, and none is in it */
		size_t count; /* of elements or members */
	};
};

/* In the text's order: a container, then what is in it. */
struct json_tree {
	struct bytes text;
	struct json_value *values; /* [0] is the text's value */
	size_t count, capacity;
};

/* *fault, where refused, is a static code of docs/protocol.md. */
enum status json_tree_parse(struct span text, struct json_tree *out, const char **fault);
void json_tree_done(struct json_tree *tree);

AUTO_RELEASE(json_tree, json_tree_done);

/* Valid for as many steps as the container's count says. */
static inline const struct json_value *json_first(const struct json_value *container)
{
	return container + 1;
}

static inline const struct json_value *json_next(const struct json_value *value)
{
	return value + value->extent;
}

#endif
