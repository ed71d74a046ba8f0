/* SPDX-License-Identifier: Apache-2.0 */
/* What an appraiser that was taken over may ask the signer: frames of type TYPE.
 * What decodes must encode to the very same bytes. */
#include "fuzz.h"
#include "verifier/signer_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct signer_request request;
	struct span body = { data, len };
	AUTO_DONE(bytes) again = { 0 };

	taint(&request, sizeof(request));
	if (signer_request_decode(TYPE, body, &request) != OK) {
		must_be_tainted(&request, sizeof(request));
		return 0;
	}
	must(request.type == TYPE);
	must(signer_request_encode(&request, &again) == OK && span_equal(body, span_of(&again)));
	return 0;
}
