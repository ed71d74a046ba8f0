/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_ATTEST_H
#define TPM_ATTEST_H

#include "tpm/pcr.h"

/* TPM_GENERATED_VALUE, Part 2, 6.2 */
#define TPM_GENERATED 0xff544347u

enum attest_type {
	ATTEST_CERTIFY = 0x8017,
	ATTEST_QUOTE = 0x8018,
};

/* TPMS_ATTEST, Part 2, 10.12.12. Spans borrow from the parsed bytes. */
struct attest {
	enum attest_type type;
	struct span qualified_signer;
	struct span extra_data;
	uint64_t clock; /* ms */
	uint32_t reset_count;
	uint32_t restart_count;
	bool is_safe;
	uint64_t firmware_version;
	/* ATTEST_QUOTE */
	struct pcr_selection selection;
	struct span pcr_digest;
	/* ATTEST_CERTIFY */
	struct span certified_name;
	struct span certified_qualified_name;
};

/*
 * Exactly one structure without a size prefix, of exactly the type asked for:
 * any other type is STATUS_UNSUPPORTED, as is a selection in an odd spelling
 * (pcr.h), another magic STATUS_MISMATCH.
 * Verify the signature first: these bytes come from the host under appraisal.
 */
enum status attest_parse(struct span bytes, enum attest_type type, struct attest *out);

#endif
