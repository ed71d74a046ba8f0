/* SPDX-License-Identifier: Apache-2.0 */
/* One message of the protocol, MESSAGE. What parses is written, and what was
 * written parses to the same: its second writing has the same bytes. */
#include "fuzz.h"
#include "messages/activate.h"
#include "messages/enrol.h"
#include "messages/error.h"
#include "messages/evidence_file.h"
#include "messages/result.h"
#include "messages/wait.h"

#define PARSE FUZZ_PASTE(MESSAGE, _parse)
#define WRITE FUZZ_PASTE(MESSAGE, _write)

#ifdef MESSAGE_IS_PLAIN
/* It owns nothing. */
#define DONE(message) ((void)(message))
#else
#define DONE(message) FUZZ_PASTE(MESSAGE, _done)(message)
#endif

static bool is_parsed(struct span json, struct MESSAGE *out)
{
	const char *fault = NULL;

	taint(out, sizeof(*out));
	if (PARSE(json, out, &fault) == OK)
		return true;
	must_be_tainted(out, sizeof(*out));
	must(fault != NULL);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) json = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	struct MESSAGE first, second;

	if (!is_parsed((struct span){ data, len }, &first))
		return 0;
	must(WRITE(&first, &json) == OK);
	must(is_parsed(span_of(&json), &second));
	must(WRITE(&second, &again) == OK);
	must(span_equal(span_of(&json), span_of(&again)));
	DONE(&first);
	DONE(&second);
	return 0;
}
