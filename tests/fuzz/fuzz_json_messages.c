/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the message; what parses must write and parse again. */
#include "messages/activate.h"
#include "messages/enrol.h"
#include "messages/error.h"
#include "messages/evidence.h"
#include "messages/result.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void nothing_done(void *message)
{
	(void)message;
}

AUTO_RELEASE(activation_answer, nothing_done);
AUTO_RELEASE(attestation_request, nothing_done);

#define FUZZ(T)                                                                                    \
	static void fuzz_##T(struct span json)                                                     \
	{                                                                                          \
		AUTO_DONE(T) first = { 0 };                                                        \
		AUTO_DONE(T) second = { 0 };                                                       \
		AUTO_DONE(bytes) again = { 0 };                                                    \
		if (T##_parse(json, &first, NULL) != OK)                                           \
			return;                                                                    \
		if (T##_write(&first, &again) != OK ||                                             \
		    T##_parse(span_of(&again), &second, NULL) != OK)                               \
			abort();                                                                   \
	}                                                                                          \
	struct fuzz_needs_semicolon

FUZZ(enrolment_request);
FUZZ(enrolment_answer);
FUZZ(activation_request);
FUZZ(activation_answer);
FUZZ(attestation_request);
FUZZ(attestation_challenge);
FUZZ(evidence);
FUZZ(attestation_result);

static void fuzz_error(struct span json)
{
	AUTO_DONE(error_answer) error = { 0 };

	(void)error_answer_parse(json, &error, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const families[])(struct span json) = {
		fuzz_enrolment_request, fuzz_enrolment_answer,	  fuzz_activation_request,
		fuzz_activation_answer, fuzz_attestation_request, fuzz_attestation_challenge,
		fuzz_evidence,		fuzz_attestation_result,  fuzz_error,
	};

	/* A digit, so that a corpus can be written by hand. */
	if (len > 0 && data[0] >= '0' && data[0] <= '8')
		families[data[0] - '0']((struct span){ data + 1, len - 1 });
	return 0;
}
