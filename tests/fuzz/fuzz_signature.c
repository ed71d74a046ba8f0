/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever parses names a scheme we know, and an ECDSA one has a DER form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) der = { 0 };
	struct signature s;

	if (signature_parse((struct span){ data, len }, &s) != OK)
		return 0;
	if (digest_size(s.hash) == 0 || (s.rsa.len == 0) == (s.scheme == TPM_ALG_RSASSA))
		abort();
	if ((signature_der(&s, &der) == OK) != (s.scheme == TPM_ALG_ECDSA))
		abort();
	return 0;
}
