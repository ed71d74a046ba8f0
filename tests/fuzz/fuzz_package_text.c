/* SPDX-License-Identifier: Apache-2.0 */
/* Texts about packages: control files, status files, lists, diversions, archives. */
#include "fuzz.h"
#include "policies/artifacts/archive_list.h"
#include "policies/artifacts/package_text.h"

static bool lies_within(struct span part, struct span whole)
{
	return part.len == 0 ||
	       (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void read_packages(struct span text,
			  enum status (*next)(struct package_reader *, struct package_text *))
{
	struct package_reader reader = package_reader_over(text);
	struct package_text package = { 0 };
	size_t line = 0;
	enum status status;

	while ((status = next(&reader, &package)) == OK) {
		must(package.name.len > 0 && package.line > line);
		must(lies_within(package.name, text) && lies_within(package.version, text) &&
		     lies_within(package.sha256, text));
		line = package.line;
		(void)package_text_is_file(&package, text);
	}
	must(status == STATUS_NOT_FOUND || (status == STATUS_MALFORMED && package.line > line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	struct package_reader reader = package_reader_over(text);
	struct diversion diversion;
	struct archive_list list;
	struct span name;

	if (archive_list_parse(text, &list) == OK) {
		must(lies_within(list.sums, text) && lies_within(list.valid_until, text));
		if (archive_list_find(&list, text, len, &name))
			must(lies_within(name, list.sums));
	}
	(void)package_text_is_paragraphs(text);
	read_packages(text, package_reader_paragraph);
	read_packages(text, package_reader_line);
	while (diversion_next(&reader, &diversion) == OK)
		must(diversion.from.data[0] == '/' && diversion.to.data[0] == '/');
	return 0;
}
