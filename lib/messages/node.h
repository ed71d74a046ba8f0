/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_NODE_H
#define MESSAGES_NODE_H

#include "base/digest.h"

/* A node's id: SHA-256 of its EK certificate's DER SubjectPublicKeyInfo, in
 * lower-case hex. Nothing else may stand in a path, a log line or a query. */
#define NODE_ID_LEN 64
#define HOSTNAME_MAX 253
#define CLASS_NAME_MAX 64
#define TRUST_DOMAIN_MAX 255
#define SPIFFE_ID_MAX 2048 /* SPIFFE-ID 2.3 */

struct node_id {
	uint8_t value[SHA256_SIZE];
};

bool node_id_is_valid(struct span text);
/* 64 lower-case hex digits, exactly. */
enum status node_id_parse(struct span text, struct node_id *out);
/* The same digits. */
enum status node_id_append(struct bytes *out, const struct node_id *id);

static inline struct span node_id_span(const struct node_id *id)
{
	return (struct span){ .data = id->value, .len = sizeof(id->value) };
}

/* Letters, digits, '.', '-' and '_', not starting with a '.' or '-'. */
bool hostname_is_valid(struct span text);
/* Lower-case letters, digits, '.', '-' and '_': names of classes. */
bool class_name_is_valid(struct span text);
/* SPIFFE-ID 2.1, and what a DNS host allows, because an X.509 name constraint
 * has to hold it: labels of a-z, 0-9 and inner '-'; no underscore. */
bool trust_domain_is_valid(struct span name);
/* Stable codes of reasons, layers and errors: lower-case letters, digits, '-'. */
bool code_is_valid(struct span text);

enum node_state {
	NODE_PENDING,
	NODE_TRUSTED,
	NODE_WARNED, /* no right */
	NODE_UNTRUSTED,
	NODE_STALE, /* enrolled and approved, but not attested of late */
	NODE_QUARANTINED,
	NODE_RETIRED,
};

#define NODE_STATES 7

/* "quarantined"; NULL beyond the last. */
const char *node_state_name(enum node_state state);
enum status node_state_named(struct span name, enum node_state *out);

#endif
