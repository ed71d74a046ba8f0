/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "signed_text.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

void signed_text_of(struct line *line, const char *path, struct signed_text *out)
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };

	assert_int_equal(dsse_parse(span_of(line_file(line, path)), 1 << 20, &dsse, &why), OK);
	assert_true(dsse.payload.len < sizeof(out->text));
	(void)snprintf(out->key, sizeof(out->key), "%s", dsse.keyid);
	memset(out->text, 0, sizeof(out->text));
	memcpy(out->text, dsse.payload.data, dsse.payload.len);
	memcpy(out->signature, dsse.signature, dsse.signature_len);
	out->signature_len = dsse.signature_len;
}

void put_signature(struct line *line, const char *path, const struct signed_text *signed_text)
{
	line_put_envelope(line, path, signed_text->key, signed_text->text,
			  (struct span){ signed_text->signature, signed_text->signature_len });
}

void approval_path(const struct line *line, int number, char path[160])
{
	AUTO_DONE(bytes) hex = { 0 };

	assert_int_equal(hex_append(&hex, digest_span(&line->manifest)), OK);
	(void)snprintf(path, 160, "approvals/%.*s/%d.json", (int)hex.len, (const char *)hex.data,
		       number);
}

void approve_as(struct line *line, const char *key, struct signed_text *approval)
{
	char path[160];

	signed_text_of(line, "approvals/", approval);
	approval_path(line, 3, path);
	line_put_signed(line, path, key, approval->text);
}
