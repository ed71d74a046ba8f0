/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "verifier/signer_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes must encode to the very same bytes. */
static void check_request(enum frame_type type, struct span body)
{
	struct signer_request request;
	AUTO_DONE(bytes) again = { 0 };

	if (signer_request_decode(type, body, &request) != OK)
		return;
	if (signer_request_encode(&request, &again) != OK || !span_equal(body, span_of(&again)))
		abort();
}

static void check_answer(enum frame_type type, struct span body)
{
	struct signer_answer answer;
	AUTO_DONE(bytes) again = { 0 };

	if (signer_answer_decode(type, body, &answer) != OK)
		return;
	if (signer_answer_encode(&answer, &again) != OK || !span_equal(body, span_of(&again)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	struct span body = { .data = data + 1, .len = size - 1 };
	enum frame_type type = (enum frame_type)(FRAME_ENROL + (data[0] & 7));

	check_request(type, body);
	check_answer(type, body);
	return 0;
}
