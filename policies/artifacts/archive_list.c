/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/archive_list.h"

#include "base/text.h"

/* "Field: value", the name in any case (deb822(5)). */
static bool is_field(struct span line, const char *name, struct span *value)
{
	size_t len = strlen(name);

	if (line.len <= len || line.data[len] != ':')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((line.data[i] | 0x20) != ((uint8_t)name[i] | 0x20))
			return false;
	*value = (struct span){ line.data + len + 1, line.len - len - 1 };
	while (value->len > 0 && value->data[0] == ' ') {
		value->data++;
		value->len--;
	}
	return true;
}

/* Lines that begin with a space belong to the field before. */
static struct span folded_lines(struct span *rest)
{
	struct span lines = { rest->data, 0 };
	struct span line;

	while (rest->len > 0 && rest->data[0] == ' ' && text_next_line(rest, &line))
		lines.len = (size_t)(rest->data - lines.data);
	return lines;
}

enum status archive_list_parse(struct span text, struct archive_list *out)
{
	struct archive_list found = { 0 };
	struct span line;
	struct span value;

	while (text_next_line(&text, &line)) {
		if (line.len == 0)
			break;
		if (is_field(line, "SHA256", &value)) {
			if (found.sums.data != NULL || value.len > 0)
				return STATUS_MALFORMED;
			found.sums = folded_lines(&text);
		} else if (is_field(line, "Valid-Until", &value)) {
			if (found.valid_until.data != NULL || value.len == 0)
				return STATUS_MALFORMED;
			found.valid_until = value;
		}
	}
	/* Whatever stands after the one paragraph is no part of it. */
	if (found.sums.len == 0 || text.len > 0)
		return STATUS_MALFORMED;
	*out = found;
	return OK;
}

/* " DIGEST SIZE NAME", with spaces in any number between. */
static bool next_word(struct span *line, struct span *word)
{
	while (line->len > 0 && line->data[0] == ' ') {
		line->data++;
		line->len--;
	}
	return line->len > 0 && text_next_word(line, ' ', word);
}

bool archive_list_find(const struct archive_list *list, struct span sha256, uint64_t size,
		       struct span *name)
{
	struct span rest = list->sums;
	struct span line;

	while (text_next_line(&rest, &line)) {
		struct span digest;
		struct span digits;
		uint64_t listed;

		if (!next_word(&line, &digest) || !next_word(&line, &digits) ||
		    !next_word(&line, name))
			continue;
		if (span_equal(digest, sha256) &&
		    decimal_parse(digits, UINT64_MAX, &listed) == OK && listed == size)
			return true;
	}
	return false;
}
