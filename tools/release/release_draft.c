/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/manifest.h"
#include "policies/loading/refusal.h"
#include "tools/release/release.h"

static enum status read_manifest(struct statement *s, struct span payload)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct manifest manifest;
	enum status status = image_builder_init(&image);

	if (status == OK)
		status = statement_open(payload, DOCUMENT_MANIFEST, s);
	return status == OK ? manifest_read(s, &image, &manifest) : status;
}

enum status draft_check(const char *path, struct span payload)
{
	AUTO_DONE(statement) s = { 0 };
	struct release_refusal why = { 0 };
	enum status status = read_manifest(&s, payload);

	if (status == OK)
		return OK;
	if (s.document.fault != NULL) {
		(void)refusal_of_document(&why, path, &s.document);
		print_refusal(stderr, &why);
	} else {
		(void)unusable("%s: %s", path, status_text(status));
	}
	return status;
}
