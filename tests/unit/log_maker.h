/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOG_MAKER_H
#define TESTS_LOG_MAKER_H

#include "golden_release.h"

/*
 * Takes the golden logs apart and puts them together again after a change, with
 * the PCR values that a TPM would then hold: hosts that tell the truth about
 * something else, and, with a value set back, hosts that lie.
 */
#define MADE_EVENTS_MAX 128

struct made_event {
	uint32_t pcr, type;
	struct digest digest[2]; /* SHA-1, SHA-256 */
	struct bytes payload; /* owned */
};

struct made_boot_log {
	struct span header; /* the Spec ID record; borrowed */
	size_t count;
	struct made_event event[MADE_EVENTS_MAX];
};

void made_boot_log_done(struct made_boot_log *log);
AUTO_RELEASE(made_boot_log, made_boot_log_done);

void boot_log_take(const struct golden *golden, struct made_boot_log *out);
/* Writes it into golden; a digest of DIGEST_NONE is left out. */
void boot_log_write(struct made_boot_log *log, struct golden *golden);
/* And into golden's values where it leads. */
void boot_log_put(struct made_boot_log *log, struct golden *golden);

/* First event of the type whose payload has this text in it, as ASCII or as
 * UTF-16LE; fails the test where there is none. */
size_t boot_log_find(const struct made_boot_log *log, uint32_t type, const char *text);
void boot_log_drop(struct made_boot_log *log, size_t at);
/* An event whose digests are of its payload. */
void boot_log_insert(struct made_boot_log *log, size_t at, uint32_t pcr, uint32_t type,
		     struct span payload);
/* Another payload, and digests of it. */
void boot_log_rewrite(struct made_boot_log *log, size_t at, struct span payload);
/* A UEFI_VARIABLE_DATA that replaces the content of the event's variable. */
void boot_log_set_variable(struct made_boot_log *log, size_t at, struct span content);

/* What TPM2_PCR_Extend does; nothing for a PCR that is not quoted. */
void golden_extend(struct golden *golden, unsigned pcr, const struct digest *value);

/* Appends an entry to golden's IMA log and extends its PCR. */
void ima_log_add(struct golden *golden, const char *template, const char *path,
		 const struct digest *digest);
/* The same with everything open to lies. */
struct made_entry {
	uint32_t pcr;
	const char *template;
	const char *digest_prefix; /* "sha256:", "ima:sha256:" */
	struct span digest;
	struct span path; /* with its NUL */
	struct span last; /* signature, or the buffer of ima-buf */
	bool has_last;
	bool is_violation;
	bool has_wrong_hash;
};

void ima_log_add_made(struct golden *golden, const struct made_entry *entry);
/* Keeps the first count entries and replays them. */
void ima_log_cut(struct golden *golden, uint64_t count);
/* PCR 10 as the whole log leads to it. */
void ima_log_replay(struct golden *golden);

#endif
