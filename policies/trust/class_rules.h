/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRUST_CLASS_RULES_H
#define POLICIES_TRUST_CLASS_RULES_H

#include "messages/strict_json.h"
#include "policies/reference/reference.h"
#include "policies/trust/change_kind.h"

#define CLASS_PATHS_MAX 256

/* A file, or all below a directory, belongs to a class of sets. */
struct path_rule {
	struct span path; /* whole components, without '/' at its end */
	enum set_class class;
};

/*
 * A root's classRules: which kinds of changes may pass as low-risk, and which
 * files are identity, enforcement or kernel code whatever a manifest's author
 * calls them. All zero: every change touches trust. Spans borrow from the root.
 */
struct class_rules {
	uint64_t low_risk; /* a bit for each enum change_kind */
	size_t path_count;
	struct path_rule path[CLASS_PATHS_MAX];
};

/* The member classRules of a root's predicate. A kind that may never be low-risk
 * is refused as kind-never-low-risk. */
void class_rules_read(struct strict_cursor *predicate, struct class_rules *out);

/* The class that the longest of the rules gives the file; SET_BASE where none
 * does. */
enum set_class class_rules_class(const struct class_rules *rules, struct span path);

/* kinds: a bit for each enum change_kind that occurs. */
enum change_class class_rules_judge(const struct class_rules *rules, uint64_t kinds);

/* "base", "identity" ..., NULL at the end; by enum set_class. */
extern const char *const set_class_names[];

#endif
