/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIGNER_FILES_H
#define TESTS_SIGNER_FILES_H

#include <stdint.h>

#include "scratch.h"

/* A signer's keys and store in a directory of their own, keys as --init makes
 * them. unit.h comes first. */
enum signer_file {
	FILE_CA_KEY,
	FILE_CA,
	FILE_RESULT_KEY,
	FILE_MAC_KEY,
	FILE_JWT_KEY,
	FILE_ACT_KEY, /* not made by --init */
	FILE_STORE, /* nor this */
	SIGNER_FILES,
};

struct signer_files {
	char directory[SCRATCH_MAX];
	char path[SIGNER_FILES][SCRATCH_MAX + 16];
};

/* For the trust domain prod.example. */
void signer_files_init(struct signer_files *f);
/* Removes them all, and what SQLite left beside the store. */
void signer_files_done(const struct signer_files *f);
/* Another root by the same key, as if it had been made at that time. */
void signer_files_age_root(const struct signer_files *f, int64_t made);

#endif
