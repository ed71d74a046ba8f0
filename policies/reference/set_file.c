/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/set_file.h"

#include <string.h>

#include "base/text.h"

#define HEX_LEN (2 * SHA256_SIZE)
/* Digest, two spaces, "/" and one more byte. */
#define LINE_MIN (HEX_LEN + 2 + 2)

struct set_reader set_reader_over(struct span file)
{
	return (struct set_reader){ .rest = file };
}

/* A digit's value, marked as one. Upper case is none: one spelling. */
#define DIGIT 0x10
static const uint8_t hex_values[256] = {
	['0'] = DIGIT | 0,  ['1'] = DIGIT | 1,	['2'] = DIGIT | 2,  ['3'] = DIGIT | 3,
	['4'] = DIGIT | 4,  ['5'] = DIGIT | 5,	['6'] = DIGIT | 6,  ['7'] = DIGIT | 7,
	['8'] = DIGIT | 8,  ['9'] = DIGIT | 9,	['a'] = DIGIT | 10, ['b'] = DIGIT | 11,
	['c'] = DIGIT | 12, ['d'] = DIGIT | 13, ['e'] = DIGIT | 14, ['f'] = DIGIT | 15,
};

/* Half a million lines: one question at the end, instead of one for each digit. */
static bool read_digest(struct span line, uint8_t out[SHA256_SIZE])
{
	uint8_t all = DIGIT;

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		uint8_t high = hex_values[line.data[2 * i]];
		uint8_t low = hex_values[line.data[2 * i + 1]];

		all &= high & low;
		out[i] = (uint8_t)(high << 4 | (low & 15));
	}
	return all == DIGIT;
}

void path_as_logged(struct span path, uint8_t *out)
{
	if (path.len == 0)
		return;
	memcpy(out, path.data, path.len);
	for (uint8_t *at = memchr(out, ' ', path.len); at != NULL;
	     at = memchr(at, ' ', path.len - (size_t)(at - out)))
		*at = '_';
}

bool path_is_within(struct span path, struct span prefix)
{
	return path.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(path.data, prefix.data, prefix.len) == 0) &&
	       (path.len == prefix.len || path.data[prefix.len] == '/');
}

/* Eight bytes at once. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The upper bit of some byte, if one of them is below most (at most 0x80), or equal. */
static uint64_t below(uint64_t bytes, uint8_t most)
{
	return (bytes - EACH(most)) & ~bytes & EACH(0x80);
}

static uint64_t equal(uint64_t bytes, uint8_t byte)
{
	return below(bytes ^ EACH(byte), 1);
}

/* A control character or a backslash, which sha256sum writes in front of a name that
 * it had to change. */
static bool has_unlisted(struct span path)
{
	uint64_t found = 0;
	uint64_t bytes;

	for (; path.len >= sizeof(bytes); path.data += sizeof(bytes), path.len -= sizeof(bytes)) {
		memcpy(&bytes, path.data, sizeof(bytes));
		found |= below(bytes, ' ') | equal(bytes, 0x7f) | equal(bytes, '\\');
	}
	bytes = EACH(' ');
	memcpy(&bytes, path.data, path.len);
	return (found | below(bytes, ' ') | equal(bytes, 0x7f) | equal(bytes, '\\')) != 0;
}

/* Nothing, "." or "..". */
static bool leads_elsewhere(struct span component)
{
	if (component.len == 0)
		return true;
	return component.len <= 2 && component.data[0] == '.' &&
	       component.data[component.len - 1] == '.';
}

bool set_path_is_valid(struct span path)
{
	struct span component;

	if (path.len < 2 || path.len > SET_PATH_MAX || path.data[0] != '/' ||
	    path.data[path.len - 1] == '/')
		return false;
	if (has_unlisted(path))
		return false;
	path = (struct span){ .data = path.data + 1, .len = path.len - 1 };
	while (text_next_word(&path, '/', &component))
		if (leads_elsewhere(component))
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
