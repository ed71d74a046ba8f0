/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GOLDEN_RELEASE_H
#define TESTS_GOLDEN_RELEASE_H

#include "messages/node.h"
#include "policies/reference/image.h"
#include "tests/data/sb-exec-policy/facts.h"
#include "tpm/boot_log.h"
#include "tpm/ima_log.h"

/*
 * The capture sb-exec-policy and the release that explains all of it. A test changes
 * what it likes, then builds. unit.h comes first.
 */
#define GOLDEN_CELL "q35/" CAPTURE_KERNEL
#define GOLDEN_CMDLINE CAPTURE_CMDLINE
#define GOLDEN_POLICY "/etc/ima/ima-policy"
#define GOLDEN_NOW 1767225600
#define GOLDEN_SELECT ((pcr_mask)0x6fff) /* 0-11, 13, 14 */

#define GOLDEN_DIGESTS_MAX 96
#define GOLDEN_RULES_MAX 384

struct golden_digests {
	size_t count;
	struct digest item[GOLDEN_DIGESTS_MAX];
};

struct golden_rule {
	uint8_t pcr;
	uint32_t type;
	struct digest digest;
	bool is_required;
};

struct golden_rules {
	size_t count;
	struct golden_rule item[GOLDEN_RULES_MAX];
};

/* One release; texts are borrowed. */
struct golden_manifest {
	uint64_t version;
	enum release_state state;
	int64_t not_before, not_after, accept_until;
	uint64_t rolled_back_from;
	/* An emergency's: class and node that it is for; NULL: it is none, any. */
	const char *scope_class;
	const struct digest *scope_node;
	bool secure_boot;
	enum lockdown lockdown;
	struct golden_digests pk, kek, db, dbx, initrd;
	const char *sbat;
	struct golden_rules chain, events, ignore, pcrs;
	const char *cmdline; /* NULL: no rule */
	const char *other_cmdline; /* NULL: cmdline alone */
	const char *templates[3];
	enum digest_alg hash;
	struct golden_digests policy;
	bool tolerate_violations, allow_builtin_policy;
	const char *keyring;
	struct golden_digests keys;
	struct bytes early, base; /* set files; owned */
	enum set_class base_class;
	const char *must_appear[3];
	const char *exclude;
};

struct golden {
	struct bytes boot_log, ima_log;
	struct pcr_values values;
	struct node_class node_class;
	struct firmware_deny deny;
	bool has_deny;
	const char *cell;
	const char *patterns[3]; /* SPIFFE IDs that the class may have */
	const char *blocked; /* another cell of the class; NULL: none */
	struct golden_digests revoked;
	const struct node_id *revoked_node; /* NULL: none */
	size_t manifest_count;
	struct golden_manifest manifest[2];
	/* After golden_build() */
	struct bytes image, previous; /* a signer may have the previous one in force */
	struct reference reference;
	struct node_class built; /* the class, as the reference has it */
};

void golden_init(struct golden *golden);
void golden_done(struct golden *golden);
/* A second release: the first one's, a version higher. */
struct golden_manifest *golden_update(struct golden *golden);
/* May be called again after changes. */
void golden_build(struct golden *golden);

/* Set files as text, line by line; sorted when the release is built. */
void golden_set_drop(struct bytes *set, const char *path);
void golden_set_add(struct bytes *set, const struct digest *digest, const char *path);

AUTO_RELEASE(golden, golden_done);

#endif
