/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/set_file.h"

#include <string.h>

#include "base/text.h"

#define HEX_LEN (2 * SHA256_SIZE)
/* Digest, two spaces, "/" and one more byte. */
#define LINE_MIN (HEX_LEN + 2 + 2)

struct set_reader set_reader_over(struct span file)
{
	return (struct set_reader){ .rest = file };
}

/* -1 for upper case too: one spelling. */
static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(struct span line, uint8_t out[SHA256_SIZE])
{
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		int high = hex_value(line.data[2 * i]);
		int low = hex_value(line.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void path_as_logged(struct span path, uint8_t *out)
{
	for (size_t i = 0; i < path.len; i++)
		out[i] = path.data[i] == ' ' ? '_' : path.data[i];
}

bool path_is_within(struct span path, struct span prefix)
{
	return path.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(path.data, prefix.data, prefix.len) == 0) &&
	       (path.len == prefix.len || path.data[prefix.len] == '/');
}

bool set_path_is_valid(struct span path)
{
	struct span component;

	if (path.len < 2 || path.len > SET_PATH_MAX || path.data[0] != '/' ||
	    path.data[path.len - 1] == '/')
		return false;
	for (size_t i = 0; i < path.len; i++)
		if (path.data[i] < ' ' || path.data[i] == 0x7f || path.data[i] == '\\')
			return false;
	path = (struct span){ .data = path.data + 1, .len = path.len - 1 };
	while (text_next_word(&path, '/', &component))
		if (component.len == 0 || span_equal(component, span_text(".")) ||
		    span_equal(component, span_text("..")))
			return false;
	return true;
}

bool set_path_is_of_kexec(struct span path)
{
	struct span rest = path;
	struct span name = { 0 };

	if (path_is_within(path, span_text("/boot")))
		return true;
	if (!path_is_within(path, span_text("/usr/lib/modules")) &&
	    !path_is_within(path, span_text("/lib/modules")))
		return false;
	while (text_next_word(&rest, '/', &name))
		continue;
	return span_starts_with(name, "vmlinu");
}

static const char *line_fault(const struct set_reader *reader, struct span line,
			      struct set_entry *out)
{
	if (line.len < LINE_MIN || line.data[HEX_LEN] != ' ' || line.data[HEX_LEN + 1] != ' ' ||
	    !read_digest(line, out->digest))
		return "set-line-malformed";
	out->path = (struct span){ .data = line.data + HEX_LEN + 2, .len = line.len - HEX_LEN - 2 };
	if (!set_path_is_valid(out->path))
		return "set-path-malformed";
	if (set_path_is_of_kexec(out->path))
		return "set-path-in-boot";
	if (reader->line > 0 && span_compare(reader->last, line) >= 0)
		return "set-unsorted";
	return NULL;
}

enum status set_reader_next(struct set_reader *reader, struct set_entry *out)
{
	struct set_entry entry;
	struct span line;
	size_t before = reader->rest.len;

	if (!text_next_line(&reader->rest, &line))
		return STATUS_NOT_FOUND;

	/* A last line without its newline is a file that was cut off. */
	const char *fault =
		before > line.len ? line_fault(reader, line, &entry) : "set-line-malformed";
	reader->line++;
	if (fault != NULL) {
		reader->fault = fault;
		return STATUS_MALFORMED;
	}
	reader->last = line;
	*out = entry;
	return OK;
}
