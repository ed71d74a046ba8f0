/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PUBLIC_KEY_H
#define TOOLS_PUBLIC_KEY_H

#include "base/auto_openssl.h"
#include "base/bytes.h"

/* NULL where it is none; nothing is ever asked of a terminal. Caller frees. */
EVP_PKEY *public_key_from_pem(struct span pem);
/* What people have at hand instead, and how they get there: the end of a
 * sentence that says "not a public key in PEM". May be empty. */
const char *public_key_hint(struct span other);

#endif
