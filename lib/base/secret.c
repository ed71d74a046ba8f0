/* SPDX-License-Identifier: Apache-2.0 */
/* On its own: who compares no secrets does not load libcrypto for it. */
#include <openssl/crypto.h>

#include "base/bytes.h"

bool span_equal_secret(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}
