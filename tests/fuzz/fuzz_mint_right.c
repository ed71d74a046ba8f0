/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent that was taken over may tell the mint: the body of FRAME_RIGHT.
 * A signature is good if it is fake_verify.h's. */
#include <time.h>

#include "fake_verify.h"
#include "fuzz.h"
#include "granted.h"

/* For take_right(), which is private to it. */
#include "attestd/mint/mint.c"

time_t time(time_t *out)
{
	if (out != NULL)
		*out = GRANTED_NOW;
	return GRANTED_NOW;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct configuration configuration;
	struct mint m = { .configuration = &configuration, .bundle_sequence = 1 };
	struct reader r = reader_over((struct span){ data, len });

	if (take_right(&m, &r) != OK) {
		must(!has_right(&m) && m.bundle_sequence == 1 && m.ends_s == 0);
		return 0;
	}
	must(has_right(&m) && m.grant.verdict.state == NODE_TRUSTED);
	must(m.grant.verdict.expires > GRANTED_NOW && m.bundle_sequence >= 1);
	must(span_equal(span_of(&m.bundle.trust_domain), span_of(&m.grant.verdict.trust_domain)));
	grant_done(&m.grant);
	bundle_done(&m.bundle);
	return 0;
}
