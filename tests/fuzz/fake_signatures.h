/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FAKE_SIGNATURES_H
#define TESTS_FUZZ_FAKE_SIGNATURES_H

#include "tpm/certificate.h"

/* The last byte of a signature that holds, the first of one with SHA-1. */
#define FAKE_SIGNATURE_GOOD 0x5a
#define FAKE_SIGNATURE_SHA1 0x51

bool fake_signature_is_good(struct span signature);

#endif
