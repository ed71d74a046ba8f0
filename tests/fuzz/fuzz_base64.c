/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4648 and RFC 7515: one spelling for each value. */
#include "base/text.h"
#include "fuzz.h"

#define DECODED_MAX 512

static void decode(struct span text,
		   enum status (*decode_text)(struct span, size_t, struct bytes *),
		   enum status (*append)(struct bytes *, struct span))
{
	AUTO_DONE(bytes) value = { 0 };
	AUTO_DONE(bytes) again = { 0 };

	if (decode_text(text, DECODED_MAX, &value) != OK) {
		must(value.data == NULL);
		return;
	}
	must(value.len <= DECODED_MAX);
	must(append(&again, span_of(&value)) == OK && span_equal(span_of(&again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };

	decode(text, base64_decode, base64_append);
	decode(text, base64url_decode, base64url_append);
	return 0;
}
