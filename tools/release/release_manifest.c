/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_manifest.h"

#include <string.h>

#include "policies/envelope/dsse.h"
#include "tools/command.h"

#define MANIFEST_MAX ((size_t)8 << 20)

enum status manifest_payload(const char *path, struct bytes *out)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	enum status status = path_read(path, MANIFEST_MAX, &text);

	if (status != OK)
		return status;
	if (dsse_parse(span_of(&text), MANIFEST_MAX, &dsse, &why) == OK)
		return bytes_copy(span_of(&dsse.payload), out);
	return bytes_copy(span_of(&text), out);
}

enum status manifest_named(const char *release, const char *hex, struct bytes *out)
{
	const struct release_line line = { .directory = release };
	struct path_text path = line_path(&line, "manifests/%s.json", hex);
	AUTO_DONE(bytes) payload = { 0 };
	enum status status = manifest_payload(path.text, &payload);

	if (status != OK)
		return status;
	if (strcmp(sha256_text_of(span_of(&payload)).hex, hex) != 0) {
		(void)unusable("%s: digest-mismatch: not the manifest that its name says",
			       path.text);
		return STATUS_MISMATCH;
	}
	return bytes_copy(span_of(&payload), out);
}
