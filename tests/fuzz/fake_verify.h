/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FAKE_VERIFY_H
#define TESTS_FUZZ_FAKE_VERIFY_H

#include <openssl/evp.h>

#include "base/bytes.h"

#define FAKE_SIGNATURE "signed"

bool fake_signature(struct span signature);

#endif
