/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_INIT_H
#define TOOLS_RELEASE_RELEASE_INIT_H

#include "tools/release/release_line.h"

/* Who holds what in a new line. */
struct new_key {
	const char *name, *principal, *team;
};

#define NEW_KEYS 10
extern const struct new_key new_keys[NEW_KEYS];

/* A release line that is to be made, from its options. */
struct new_line {
	struct release_line line;
	const char *trust_domain, *platform, *kernel, *name, *class;
	json_t *ids, *owners, *low_risk, *paths, *builders, *vendors;
	const char *select, *policy_pcrs;
	int64_t cap, grant_lifetime, attest_interval, canary_nodes;
	bool requires_proofs;
	const char *key_file[NEW_KEYS];
	bool is_public[NEW_KEYS]; /* key_file has the public half alone */
	EVP_PKEY *key[NEW_KEYS];
	EVP_PKEY *verifier; /* signs what it saw of canaries */
	int64_t now;
};

/* The first documents of a line, as they will be signed. */
struct init_documents {
	struct bytes root, matrix, revocations, settings; /* the last is line.json */
};

void init_documents_done(struct init_documents *documents);
AUTO_RELEASE(init_documents, init_documents_done);

/* Every function says what is wrong. Documents that no verifier would take are not made. */
enum status init_make_documents(const struct new_line *in, struct init_documents *out);
/* Signed, with the new keys, in a directory beside the line's; then all of it is moved to
 * its place, or nothing. */
enum status init_write(const struct new_line *in, const struct init_documents *documents);

#endif
