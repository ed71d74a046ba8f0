/* SPDX-License-Identifier: Apache-2.0 */
/* An EK's public area, then the SubjectPublicKeyInfo that is to be of the same
 * key: the input is two sized structures (k01). */
#include "base/reader.h"
#include "fuzz.h"
#include "tpm/der.h"
#include "tpm/public_area.h"
#include "verifier/signer/ek_binding.h"

static bool ends_with(struct span whole, struct span end)
{
	return end.len <= whole.len &&
	       memcmp(whole.data + whole.len - end.len, end.data, end.len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	struct span public_bytes = reader_sized(&r, 1024);
	struct span spki = reader_sized(&r, 1024);
	struct public_area ek;

	if (reader_end(&r) != OK || public_area_parse(public_bytes, &ek) != OK ||
	    ek_is_of_spki(&ek, spki) != OK)
		return 0;
	/* One structure, nothing before it or behind. */
	struct reader whole = reader_over(spki);

	(void)der_content(&whole, DER_SEQUENCE);
	must(reader_end(&whole) == OK);
	/* Not by luck: the numbers stand in it, all of them. */
	if (ek.type == TPM_ALG_ECC)
		must(ends_with(spki, ek.y) && ek.y.len > 0);
	else
		must(ek.rsa_modulus.len >= 256 &&
		     memmem(spki.data, spki.len, ek.rsa_modulus.data, ek.rsa_modulus.len) != NULL);
	return 0;
}
