/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent that was taken over may tell the mint: the body of FRAME_RIGHT.
 * A signature is good if it is fake_verify.h's. */
#include <time.h>

#include "fake_verify.h"
#include "fuzz.h"
#include "granted.h"

#include "attestd/mint/identity/right.h"

time_t time(time_t *out)
{
	if (out != NULL)
		*out = GRANTED_NOW;
	return GRANTED_NOW;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct right right = { .bundle_sequence = 1 };
	struct reader r = reader_over((struct span){ data, len });

	if (right_take(&right, &r, NULL) != OK) {
		must(!right_is_held(&right) && right.bundle_sequence == 1 && right.ends_s == 0);
		return 0;
	}
	must(right_is_held(&right) && right.grant.verdict.state == NODE_TRUSTED);
	must(right.grant.verdict.expires > GRANTED_NOW && right.bundle_sequence >= 1);
	must(span_equal(span_of(&right.bundle.own.trust_domain),
			span_of(&right.grant.verdict.trust_domain)));
	right_end(&right);
	return 0;
}
