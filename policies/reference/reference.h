/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_REFERENCE_H
#define POLICIES_REFERENCE_REFERENCE_H

#include "policies/reference/file_lookup.h"
#include "policies/reference/layer.h"
#include "tpm/pcr.h"

/*
 * Reference values (RFC 9334): all that the loaded releases say, compiled into
 * one flat image without pointers. The loader writes it once, after every
 * signature verified, into a sealed memfd; appraisers and signer map the same
 * pages. reference_open() checks every offset, so that the accessors only have
 * to check indices. Spans borrow from the image.
 */
#define REFERENCE_SECTIONS 16
#define REFERENCE_MAX ((uint64_t)4 << 30) /* bytes of an image that anybody maps */

struct reference {
	struct span image;
	struct span section[REFERENCE_SECTIONS]; /* private to reference.c */
};

enum status reference_open(struct span image, struct reference *out);

struct reference_facts {
	struct span generation; /* 32 bytes; other reference values, another generation;
				 * a renewed index or timestamp keeps it */
	uint64_t root_version, index_version;
	/* Unix seconds: no new right after it. The earliest end of the timestamp,
	 * the revocations and the root; it may have passed when they were loaded. */
	int64_t valid_until;
	uint32_t class_count, release_count, set_count;
};

struct reference_facts reference_facts(const struct reference *ref);

/* Who answers for a layer. */
struct layer_owner {
	struct span owner, backup, escalation;
};

struct layer_owner reference_owner(const struct reference *ref, enum layer layer);

/* Consecutive rows of one of the tables below. */
struct ref_range {
	uint32_t first, count;
};

/* Tables that ranges point into. The index is absolute: range.first + i. An
 * index beyond the table gives an empty span or a digest of DIGEST_NONE. */
struct digest reference_digest(const struct reference *ref, uint32_t index);
struct span reference_text(const struct reference *ref, uint32_t index);
bool reference_range_has_digest(const struct reference *ref, struct ref_range range,
				const struct digest *digest);
bool reference_range_has_text(const struct reference *ref, struct ref_range range,
			      struct span text);

/* A node class of the matrix. */
struct node_class {
	struct span name;
	struct span trust_domain;
	struct ref_range id_patterns; /* texts: SPIFFE ID patterns */
	enum digest_alg bank;
	pcr_mask select; /* what a quote selects */
	pcr_mask policy_pcrs; /* what the minting key is bound to, with cap */
	uint8_t cap; /* cap PCR */
	bool require_safe;
	struct ref_range firmware_deny; /* of reference_firmware_deny() */
	struct ref_range cells; /* texts: "PLATFORM/KERNEL", allowed by the matrix */
	struct ref_range blocked; /* the class's others: for who asks why */
	uint32_t grant_lifetime_s;
	uint32_t attest_interval_s;
};

enum status reference_class_named(const struct reference *ref, struct span name,
				  struct node_class *out);
enum status reference_class(const struct reference *ref, uint32_t index, struct node_class *out);

/* A range of TPM firmware versions, both ends included. */
struct firmware_deny {
	char vendor[5]; /* "IFX", as TPM_PT_MANUFACTURER spells it */
	uint64_t from, to;
};

enum status reference_firmware_deny(const struct reference *ref, uint32_t index,
				    struct firmware_deny *out);

/* What appraisal keeps account of for each release. */
#define BOOT_RULES_MAX 1024 /* in one list */
#define BOOT_INITRDS_MAX 64
#define MUST_APPEAR_MAX 256 /* paths, of all sets together */
#define CELL_SETS_MAX 64 /* of all releases of a cell that count at once */

enum lockdown {
	LOCKDOWN_NONE,
	LOCKDOWN_INTEGRITY,
	LOCKDOWN_CONFIDENTIALITY,
};

/* One rule about events of one PCR: a type (0 is any) and the digests it may
 * have, in the class's bank; an empty range of digests is an explicit ignore. */
struct boot_rule {
	uint8_t pcr;
	uint32_t type;
	struct span name; /* for people: "shim", "grub.cfg" */
	struct ref_range digests;
	enum layer layer;
	bool is_required; /* must match at least one event */
};

struct boot_rules {
	bool secure_boot;
	enum lockdown lockdown;
	/* Signature database entries: the hash itself for EFI_CERT_SHA256, else (a
	 * certificate) SHA-256 of the entry's content. Every entry of PK, KEK and db must be
	 * listed; dbx must have all of the minimum, of which entries of these two
	 * types alone, EFI_CERT_SHA256 and EFI_CERT_X509, count. An empty range for
	 * pk, kek or db allows none. */
	struct ref_range pk, kek, db, dbx_minimum;
	struct span sbat_minimum; /* CSV lines, empty: none */
	struct ref_range chain; /* boot_rules in order: PE images, Authenticode */
	struct ref_range events; /* boot_rules: everything else that is pinned */
	struct ref_range ignore; /* boot_rules without digests */
	struct ref_range cmdline; /* texts, "{uuid}" the only wildcard */
	struct ref_range initrd; /* digests */
	struct ref_range pcrs; /* boot_rules of type 0: final value, no replay needed */
};

enum set_class {
	SET_BASE,
	SET_IDENTITY,
	SET_ENFORCEMENT,
	SET_KERNEL,
	SET_VENDOR,
};

#define SET_CLASSES (SET_VENDOR + 1)

struct reference_set {
	struct span name;
	struct digest digest; /* of the set file */
	enum set_class class;
	uint8_t vendor; /* of a vendor's set: its layer is LAYER_VENDOR and this */
	uint64_t files;
	struct ref_range must_appear; /* texts: paths */
	uint32_t table; /* of reference_file_lookup() */
};

struct ima_rules {
	struct ref_range templates; /* texts */
	enum digest_alg hash;
	struct span policy_path;
	struct ref_range policy_digests; /* empty: no policy file named */
	bool tolerate_violations;
	bool allow_builtin_policy;
	bool modules_disabled;
	/* Pairs: text i of keyrings is the name (".ima") of the keyring that may
	 * hold the key with digest i of keyring_digests. */
	struct ref_range keyrings;
	struct ref_range keyring_digests;
	struct ref_range sets; /* of reference_set() */
	struct ref_range early; /* of reference_set(): allowed before the policy */
	struct ref_range exclude; /* texts: prefixes of whole path components */
};

enum release_state {
	RELEASE_CANARY,
	RELEASE_CURRENT,
	RELEASE_PREVIOUS,
};

/* Nodes that an emergency release is for; every other release is for all. */
struct release_scope {
	bool is_emergency;
	uint32_t most_nodes; /* at a time */
	struct ref_range classes; /* texts: node classes; empty: any */
	struct ref_range nodes; /* digests: node ids; empty: any */
};

/* A manifest in force. Those of one cell stand together, newest first. */
struct release {
	struct digest manifest; /* SHA-256 of the manifest's payload */
	struct span line;
	uint64_t version;
	uint64_t security_epoch;
	enum release_state state;
	struct span platform, kernel; /* its cell */
	int64_t not_before, not_after;
	int64_t accept_until; /* INT64_MAX where the index names none */
	/* A rollback document leads here from this version: who has booted no newer
	 * one may come back. 0: none. */
	uint64_t rolled_back_from;
	struct release_scope scope;
	struct boot_rules boot;
	struct ima_rules ima;
};

enum status reference_release(const struct reference *ref, uint32_t index, struct release *out);
/* STATUS_NOT_FOUND: it is not in force. */
enum status reference_release_of(const struct reference *ref, const struct digest *manifest,
				 struct release *out);
enum status reference_boot_rule(const struct reference *ref, uint32_t index, struct boot_rule *out);
enum status reference_set(const struct reference *ref, uint32_t index, struct reference_set *out);

/* A file's digest, as the set has it: OK path and digest both match,
 * STATUS_MISMATCH the path is there with another digest, STATUS_NOT_FOUND it is
 * not. Constant time in the set's size. path is as IMA logs it: with '_' for
 * each space. */
enum status reference_file_lookup(const struct reference *ref, uint32_t table, struct span path,
				  const struct digest *digest);
/* The table, for many of them. */
enum status reference_files(const struct reference *ref, uint32_t table, struct file_lookup *out);
/* Is the digest there under any path? Reads the whole set: for a few answers to
 * people, never once an entry. */
bool reference_set_has_digest(const struct reference *ref, uint32_t table,
			      const struct digest *digest);

/* Revocations that appraisal has to look up. Files are revoked by their SHA-256: as soon
 * as one is, a digest of another algorithm counts as revoked, since it may be of that one. */
bool reference_is_revoked_file(const struct reference *ref, const struct digest *digest);
/* False: every digest of this algorithm is. */
bool reference_tells_revoked(const struct reference *ref, enum digest_alg alg);
/* node_id: its 32 bytes; what is no node id counts as revoked. */
bool reference_is_revoked_node(const struct reference *ref, struct span node_id);

#endif
