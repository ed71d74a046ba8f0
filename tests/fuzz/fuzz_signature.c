/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "tpm/signature.h"

/* Whatever parses names a scheme we know, and an ECDSA one has a DER form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) der = { 0 };
	struct span whole = { data, len };
	struct signature s;

	taint(&s, sizeof(s));
	if (signature_parse(whole, &s) != OK) {
		must_be_tainted(&s, sizeof(s));
		return 0;
	}
	must_lie_inside(s.rsa, whole);
	must_lie_inside(s.r, whole);
	must_lie_inside(s.s, whole);
	must(digest_size(s.hash) != 0 && (s.rsa.len == 0) == (s.scheme != TPM_ALG_RSASSA));
	must((signature_der(&s, &der) == OK) == (s.scheme == TPM_ALG_ECDSA));
	return 0;
}
