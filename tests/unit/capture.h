/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "daemon/file.h"
#include "tpm/pcr.h"

/* A file of the capture that is always there; unit.h comes first. */
static inline struct bytes capture(const char *name)
{
	const char *top = getenv("srcdir");
	struct bytes content = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/tests/data/sb-exec-policy/%s",
		       top == NULL ? "." : top, name);
	assert_int_equal(file_read(path, (size_t)1 << 20, &content), OK);
	return content;
}

/* TPM2B_PUBLIC as tpm2-tools write it: without its size prefix. */
static inline struct span unsized(const struct bytes *sized)
{
	assert_true(sized->len > 2);
	return (struct span){ sized->data + 2, sized->len - 2 };
}

/* What tpm2_pcrread said: "  sha256:" and below it "    0 : 0xHEX". */
static inline struct pcr_values captured_pcrs(void)
{
	AUTO_DONE(bytes) text = capture("pcrs_read_after_quote.txt");
	struct span rest = span_of(&text);
	struct span line;
	struct pcr_values values;
	enum digest_alg alg = DIGEST_NONE;

	pcr_values_init(&values);
	while (text_next_line(&rest, &line)) {
		AUTO_DONE(bytes) raw = { 0 };
		AUTO(char) copy = NULL;
		char word[160];
		unsigned pcr;
		struct digest value;

		assert_int_equal(bytes_text(line, &copy), OK);
		if (sscanf(copy, " %u : 0x%150[0-9A-F]", &pcr, word) == 2) {
			assert_int_equal(hex_decode(span_text(word), &raw), OK);
			assert_int_equal(digest_from(alg, span_of(&raw), &value), OK);
			assert_int_equal(pcr_value_set(&values, pcr, &value), OK);
		} else if (sscanf(copy, " %150[a-z0-9]:", word) == 1) {
			alg = digest_alg_named(span_text(word));
		}
	}
	return values;
}

#endif
