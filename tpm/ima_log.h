/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_IMA_LOG_H
#define TPM_IMA_LOG_H

#include "tpm/pcr.h"

/* Caps; the kernel's own are below all of them. */
#define IMA_ENTRY_MAX ((size_t)1 << 20) /* bytes of template data */
#define IMA_TEMPLATE_NAME_MAX 255
#define IMA_PATH_MAX 4096
#define IMA_LEGACY_NAME_MAX 255
#define IMA_FIELDS_MAX 16

/* Where kernels extend unless built or told otherwise; an entry names its own. */
#define IMA_PCR 10u

/* Documentation/security/IMA-templates.rst */
enum ima_field {
	IMA_FIELD_D, /* d: SHA-1 or MD5, no prefix */
	IMA_FIELD_N, /* n: name, at most 255 bytes */
	IMA_FIELD_D_NG, /* d-ng: "alg:" NUL digest */
	IMA_FIELD_D_NGV2, /* d-ngv2: "type:alg:" NUL digest */
	IMA_FIELD_N_NG, /* n-ng: name with its NUL */
	IMA_FIELD_SIG,
	IMA_FIELD_D_MODSIG,
	IMA_FIELD_MODSIG,
	IMA_FIELD_BUF,
	IMA_FIELD_EVMSIG,
	IMA_FIELD_IUID,
	IMA_FIELD_IGID,
	IMA_FIELD_IMODE,
	IMA_FIELD_XATTRNAMES,
	IMA_FIELD_XATTRLENGTHS,
	IMA_FIELD_XATTRVALUES,
};

/* A template: its name is one of the kernel's or a list "d-ng|n-ng". */
struct ima_template {
	bool is_legacy; /* "ima" */
	bool is_ng; /* d-ng, n-ng, and nothing or sig behind: "ima-ng", "ima-sig" */
	size_t field_count;
	enum ima_field field[IMA_FIELDS_MAX];
};

/* STATUS_UNSUPPORTED for a name that is neither, for an unknown field and for
 * one that is listed twice: what can't be read is refused, never skipped. */
enum status ima_template_named(struct span name, struct ima_template *out);

/* An algorithm as the kernel names it, not just our four. */
struct ima_digest_alg {
	const char *name;
	size_t name_len;
	size_t size;
	enum digest_alg alg; /* DIGEST_NONE: not one of our four */
};

/* NULL for an unknown name. */
const struct ima_digest_alg *ima_digest_alg_named(struct span name);

/* One entry. Spans borrow from the log. */
struct ima_entry {
	uint64_t index; /* from 0, or from where reading resumed */
	size_t offset; /* of the entry, in the bytes given */
	size_t size; /* of the whole entry */
	uint32_t pcr;
	struct span template_name; /* "ima-ng", or a field list such as "d-ng|n-ng" */
	struct span template_hash; /* as recorded */
	struct span template_data; /* as hashed, except for the template "ima" */
	bool is_legacy; /* template "ima": no length, name padded to 256 when hashed */
	bool is_violation; /* recorded template hash all zero */
	/* Fields; empty where the template has none. */
	struct span path; /* without its NUL */
	enum digest_alg file_alg; /* DIGEST_NONE: not one of our four, or no digest */
	struct span file_alg_name; /* as written, "sha256" */
	struct span file_digest;
	struct span digest_type; /* d-ngv2: "ima" or "verity" */
	struct span file_signature;
	struct span buffer;
	bool has_digest, has_path, has_buffer;
};

struct ima_log {
	struct reader reader;
	size_t template_hash_size; /* 20 unless ima_log_open() was told otherwise */
	uint64_t next_index;
	/* Of the last entry: nearly always the next one's as well. */
	struct span template_name;
	struct ima_template template;
};

/* recorded is the algorithm of the template hash field, SHA-1 on stock
 * kernels; first is the index of the first entry in these bytes. */
enum status ima_log_open(struct span log, enum digest_alg recorded, uint64_t first,
			 struct ima_log *out);
/* STATUS_NOT_FOUND at the end, at an entry's boundary; STATUS_TRUNCATED inside
 * an entry (the reader stays at its start: later bytes may complete it). Any
 * other failure comes again with every further call. *out is read in place: only
 * OK makes anything of it. */
enum status ima_log_next(struct ima_log *log, struct ima_entry *out);

/* H(template data) as this bank's algorithm has it; all zero for a violation
 * stays the caller's business. */
enum status ima_entry_hash(const struct ima_entry *entry, struct hasher *hasher,
			   struct digest *out);

/* How kernels fill a bank: own hash (5.8 and later), or the SHA-1 template hash
 * padded with zeros. */
enum ima_bank_form {
	IMA_BANK_PROPER,
	IMA_BANK_SHA1_PADDED,
};

/* What the kernel extended for an entry: H(template data), or all ones for a
 * violation. sha1 is used for IMA_BANK_SHA1_PADDED only, hasher for the other
 * form; the one that isn't used may be NULL. */
enum status ima_extended_value(const struct ima_entry *entry, enum digest_alg alg,
			       enum ima_bank_form form, struct hasher *hasher, struct hasher *sha1,
			       struct digest *out);
/* Extends the running value by it. */
enum status ima_extend(struct digest *pcr, const struct ima_entry *entry, enum ima_bank_form form,
		       struct hasher *hasher, struct hasher *sha1);

/* boot_aggregate: H over PCR 0-9, for SHA-1 and for the legacy template 0-7
 * (kernel: security/integrity/ima/ima_crypto.c), so pcr_count is 10 or 8. alg is
 * the file digest's algorithm and names the bank. STATUS_NOT_FOUND where a
 * value is not known. */
enum status ima_boot_aggregate(const struct pcr_values *values, enum digest_alg alg,
			       unsigned pcr_count, struct digest *out);

/* The state from which replay goes on: values of the PCRs that entries name,
 * in one bank, after entries. Those not yet named hold their reset value. */
struct ima_progress {
	uint64_t entries;
	pcr_mask named;
	struct pcr_bank bank;
};

void ima_progress_init(struct ima_progress *p, enum digest_alg bank);

/*
 * Who looks at the entries while they are replayed: each is read once, into one
 * of IMA_AHEAD places. ahead gets it with the number of its place as soon as it
 * was read, so that memory can bring what judging it reads while those before it
 * are hashed; visit gets it after its own replay, up to the prefix's end, and
 * before it is known that the quote covers it. A status of visit's ends the
 * replay.
 */
#define IMA_AHEAD 16

struct ima_visitor {
	void *context;
	void (*ahead)(void *context, const struct ima_entry *entry, size_t place);
	enum status (*visit)(void *context, const struct ima_entry *entry, size_t place);
};

/*
 * The shortest prefix (from where progress stands, over log; it may be empty)
 * after which every PCR that its entries name, and PCR 10, has the value given
 * in quoted. A log longer than the quote is normal; a PCR that only its tail
 * names must be quoted with its reset value, or the prefix goes on. On OK,
 * *progress stands after that prefix and *replayed is its length. Where none
 * reaches all of them, *is_reached is false, and *progress stands after the whole
 * log, which may be the part of a longer one. STATUS_NOT_FOUND where quoted lacks
 * PCR 10 or one that an entry names. visitor may be NULL.
 */
enum status ima_replay(struct span log, enum digest_alg recorded, enum ima_bank_form form,
		       const struct pcr_values *quoted, const struct ima_visitor *visitor,
		       struct ima_progress *progress, size_t *replayed, bool *is_reached);

#endif
