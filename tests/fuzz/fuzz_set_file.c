/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "policies/reference/image.h"

/* What loads can be found again, and what is found was listed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct span file = { data, len };
	struct digest digest = digest_filled(DIGEST_SHA256, 7);
	struct file_table_result result = { 0 };
	struct set_reader reader = set_reader_over(file);
	struct set_entry entry;
	uint64_t files = 0;

	if (image_builder_init(&image) != OK)
		return 0;
	if (image_file_table(&image, file, &digest, &result) != OK) {
		must(result.fault != NULL);
		return 0;
	}
	must(result.fault == NULL && !image_table_has_path(&image, result.table, span_text("/")));
	while (set_reader_next(&reader, &entry) == OK) {
		must_lie_inside(entry.path, file);
		must(set_path_is_valid(entry.path) && path_is_within(entry.path, entry.path));
		must(entry.path.len <= SET_PATH_MAX);
		if (memchr(entry.path.data, ' ', entry.path.len) == NULL)
			must(image_table_has_path(&image, result.table, entry.path));
		files++;
	}
	must(files == result.files);
	return 0;
}
