/* SPDX-License-Identifier: Apache-2.0 */
/* What a loader hears and says: marks and a refusal, with the signer; a request and a
 * failure, with the fetcher. All are tried on every input, since none's bytes are
 * another's. */
#include "fuzz.h"

#include <string.h>

#include "verifier/fetch_messages.h"
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

static void request(struct span body)
{
	AUTO_DONE(bytes) again = { 0 };
	struct fetch_request request;

	taint(&request, sizeof(request));
	if (fetch_request_decode(body, &request) != OK) {
		must_be_tainted(&request, sizeof(request));
		return;
	}
	must_lie_inside(request.path, body);
	must(request.path.len > 0 && request.path.data[0] != '/' && request.path.data[0] != '.');
	must(memmem(request.path.data, request.path.len, "/.", 2) == NULL);
	must(fetch_request_encode(&request, &again) == OK && span_equal(body, span_of(&again)));
}

static void failure(struct span body)
{
	AUTO_DONE(bytes) again = { 0 };
	struct fetch_failure failure;

	taint(&failure, sizeof(failure));
	if (fetch_failure_decode(body, &failure) != OK) {
		must_be_tainted(&failure, sizeof(failure));
		return;
	}
	must_lie_inside(failure.text, body);
	must(fetch_failure_encode(&failure, &again) == OK && span_equal(body, span_of(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span body = { data, len };

	marks(body);
	refusal(body);
	request(body);
	failure(body);
	return 0;
}
