/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile verifier may say instead of an answer: it goes into a log. */
#include "fuzz.h"
#include "messages/error.h"
#include "messages/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) json = { 0 };
	AUTO_DONE(error_answer) again = { 0 };
	AUTO(char) code = NULL;
	AUTO(char) advice = NULL;
	struct error_answer answer;

	taint(&answer, sizeof(answer));
	if (error_answer_parse((struct span){ data, len }, &answer, NULL) != OK) {
		must_be_tainted(&answer, sizeof(answer));
		return 0;
	}
	must(code_is_valid(span_of(&answer.code)));
	if (bytes_text(span_of(&answer.code), &code) == OK &&
	    bytes_text(span_of(&answer.advice), &advice) == OK) {
		must(error_answer_write(code, advice, &json) == OK);
		must(error_answer_parse(span_of(&json), &again, NULL) == OK);
		must(span_equal(span_of(&again.advice), span_of(&answer.advice)));
	}
	error_answer_done(&answer);
	return 0;
}
