/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/strict_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void take_everything(struct strict_cursor *root)
{
	AUTO_DONE(bytes) raw = { 0 };

	(void)strict_uint(root, "n", 0, 4096);
	(void)strict_text(root, "t", 64);
	(void)strict_bool(root, "b");
	(void)strict_digest(root, "d");

	struct strict_cursor list = strict_array(root, "a", 8);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor item = strict_element_object(&list, i);

		(void)strict_int(&item, "n", -5, 5);
		(void)strict_end(&item);
	}

	struct strict_cursor inner = strict_object(root, "o");
	strict_base64(&inner, "x", 16, &raw);
	(void)strict_end(&inner);
	(void)strict_end(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(strict_document) document = { 0 };

	if (strict_document_parse((struct span){ data, len }, 65536, &document) != OK)
		return 0;

	struct strict_cursor root = strict_root(&document);
	take_everything(&root);
	return 0;
}
