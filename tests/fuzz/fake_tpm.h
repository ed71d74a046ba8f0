/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FAKE_TPM_H
#define TESTS_FUZZ_FAKE_TPM_H

#include "tpm/device/device.h"

/* What was asked of it; a target empties it before each input. */
struct fake_tpm {
	unsigned signed_count, caps;
	pcr_mask selected, bound; /* by quotes, by minting keys */
	size_t longest; /* of a credential's parts */
};

extern struct fake_tpm fake_tpm;

#endif
