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

void root_text(struct line *line, const char *version, const char *find, const char *replace,
	       char out[16384])
{
	struct signed_text root = { 0 };
	const char *text = root.text;

	signed_text_of(line, "root/1/1.json", &root);
	const char *at = strstr(text, "\"version\":1");
	assert_non_null(at);
	(void)snprintf(out, 16384, "%.*s\"version\":%s%s", (int)(at - text), text, version,
		       at + 11);
	if (find == NULL)
		return;
	char *found = strstr(out, find);
	assert_non_null(found);
	AUTO(char) rest = strdup(found + strlen(find));
	(void)snprintf(found, 16384 - (size_t)(found - out), "%s%s", replace, rest);
}

void pin_root(const struct line *line, const char *text, char find[160], char replace[160])
{
	struct digest digest;
	char hex[2][65];

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	for (size_t i = 0; i < 32; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", line->root.value[i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", digest.value[i]);
	}
	(void)snprintf(find, 160, "\"root\":{\"version\":1,\"sha256\":\"%s\"", hex[0]);
	(void)snprintf(replace, 160, "\"root\":{\"version\":2,\"sha256\":\"%s\"", hex[1]);
}
