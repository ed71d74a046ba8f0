/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct digest digest = digest_filled(DIGEST_SHA256, 7);
	struct file_table_result result = { 0 };

	if (image_builder_init(&image) != OK ||
	    image_file_table(&image, (struct span){ data, len }, &digest, &result) != OK)
		return 0;
	/* What loaded can be found again. */
	struct set_reader reader = set_reader_over((struct span){ data, len });
	struct set_entry entry;
	while (set_reader_next(&reader, &entry) == OK) {
		bool has_space = false;

		for (size_t i = 0; i < entry.path.len; i++)
			has_space = has_space || entry.path.data[i] == ' ';
		if (!has_space && !image_table_has_path(&image, result.table, entry.path))
			__builtin_trap();
	}
	return 0;
}
