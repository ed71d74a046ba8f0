/* SPDX-License-Identifier: Apache-2.0 */
/* What the signer answers to a frame of type TYPE.
 * What decodes must encode to the very same bytes. */
#include "fuzz.h"
#include "verifier/signer_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct signer_answer answer;
	struct span body = { data, len };
	AUTO_DONE(bytes) again = { 0 };

	taint(&answer, sizeof(answer));
	if (signer_answer_decode(TYPE, body, &answer) != OK) {
		must_be_tainted(&answer, sizeof(answer));
		return 0;
	}
	must(answer.type == TYPE);
	must(signer_answer_encode(&answer, &again) == OK && span_equal(body, span_of(&again)));
	return 0;
}
