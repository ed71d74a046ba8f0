/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_POLICY_DIGEST_H
#define TPM_POLICY_DIGEST_H

#include "tpm/pcr.h"

/*
 * The minting key's authPolicy: PolicyPCR over mask of bank (Part 3, 23.7),
 * then PolicyCounterTimer(resetCount || restartCount, equal) (Part 3, 23.10;
 * operand at offset 16 of TPMS_TIME_INFO), in a SHA-256 policy session. An
 * empty mask is STATUS_UNSUPPORTED, an unknown value STATUS_NOT_FOUND.
 */
enum status minting_policy(enum digest_alg bank, pcr_mask mask, const struct pcr_values *values,
			   uint32_t reset_count, uint32_t restart_count, struct digest *out);

/* extraData of a quote: SHA-256("attestd quote v1" || nonce || minting key
 * Name); the empty name where no minting key is offered. With a report:
 * SHA-256("attestd quote v2" || nonce || be16 length of the Name || Name || SHA-256(report)). */
enum status quote_extra_data(struct span nonce, struct span minting_name, struct span report,
			     struct digest *out);
/* qualifyingData of the certification: SHA-256("attestd certify v1" || nonce). */
enum status certify_extra_data(struct span nonce, struct digest *out);
/* What a cap extends into a bank: H("attestd cap v1") in that bank's hash. */
enum status cap_digest(enum digest_alg bank, struct digest *out);

#endif
