/* SPDX-License-Identifier: Apache-2.0 */
/* What loader and signer say to each other: marks, and a refusal. Both are tried
 * on every input, since neither's bytes are the other's. */
#include "fuzz.h"
#include "verifier/loader_messages.h"

static void marks(struct span body)
{
	AUTO_DONE(bytes) again = { 0 };
	struct release_marks marks;

	taint(&marks, sizeof(marks));
	if (release_marks_decode(body, &marks) != OK) {
		must_be_tainted(&marks, sizeof(marks));
		return;
	}
	must(release_marks_encode(&marks, &again) == OK && span_equal(body, span_of(&again)));
}

static void refusal(struct span body)
{
	AUTO_DONE(bytes) again = { 0 };
	struct load_refusal refusal;

	taint(&refusal, sizeof(refusal));
	if (load_refusal_decode(body, &refusal) != OK) {
		must_be_tainted(&refusal, sizeof(refusal));
		return;
	}
	must_lie_inside(refusal.advice, body);
	must(load_refusal_encode(&refusal, &again) == OK && span_equal(body, span_of(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span body = { data, len };

	marks(body);
	refusal(body);
	return 0;
}
