/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as it lies in the store, which may be corrupt or put back. */
#include "fuzz.h"
#include "verifier/signer_messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span body = { data, len };
	AUTO_DONE(bytes) again = { 0 };
	struct evidence_item item;

	taint(&item, sizeof(item));
	if (evidence_item_decode(body, &item) != OK) {
		must_be_tainted(&item, sizeof(item));
		return 0;
	}
	must_lie_inside(item.ima_log, body);
	must_lie_inside(item.boot_log, body);
	must(evidence_item_encode(&item, &again) == OK && span_equal(body, span_of(&again)));
	return 0;
}
