/* SPDX-License-Identifier: Apache-2.0 */
/* An envelope of the release process, as anybody may put it into the directory.
 * Nobody signs here: fixed_keys.c. */
#include "fuzz.h"
#include "policies/envelope/dsse.h"

#define ENVELOPE_MAX ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(strict_document) why = { 0 };
	AUTO_DONE(bytes) signed_text = { 0 };
	struct dsse dsse;

	taint(&dsse, sizeof(dsse));
	if (dsse_parse((struct span){ data, len }, ENVELOPE_MAX, &dsse, &why) != OK) {
		must_be_tainted(&dsse, sizeof(dsse));
		return 0;
	}
	must(len <= ENVELOPE_MAX && dsse.signature_len <= DSSE_SIGNATURE_MAX);
	must(memchr(dsse.keyid, '\0', sizeof(dsse.keyid)) != NULL);
	/* Lengths before both: the payload is the end of what is signed, whole. */
	must(dsse_pae(span_of(&dsse.payload), &signed_text) == OK);
	must(signed_text.len > dsse.payload.len &&
	     memcmp(signed_text.data + signed_text.len - dsse.payload.len, dsse.payload.data,
		    dsse.payload.len) == 0);
	must(dsse_verify(&dsse, NULL, SCHEME_ED25519) != OK);
	dsse_done(&dsse);
	return 0;
}
