/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/package_text.h"

#include "base/text.h"

struct package_reader package_reader_over(struct span text)
{
	return (struct package_reader){ .rest = text };
}

static bool next_line(struct package_reader *reader, struct span *line)
{
	if (!text_next_line(&reader->rest, line))
		return false;
	reader->line++;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static struct span trimmed(struct span s)
{
	while (s.len > 0 && is_blank(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.data[s.len - 1]))
		s.len--;
	return s;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* Names of fields have no case (deb822(5)). */
static bool is_field(struct span name, const char *field)
{
	struct span wanted = span_text(field);

	if (name.len != wanted.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (lower(name.data[i]) != lower(wanted.data[i]))
			return false;
	return true;
}

static enum status put_field(struct span *field, struct span value)
{
	if (field->data != NULL || value.len == 0)
		return STATUS_MALFORMED;
	*field = value;
	return OK;
}

static enum status take_field(struct span line, struct package_text *out, struct span *state)
{
	const uint8_t *colon = memchr(line.data, ':', line.len);
	struct span name = { line.data, 0 };
	struct span value;

	if (colon == NULL || colon == line.data)
		return STATUS_MALFORMED;
	name.len = (size_t)(colon - line.data);
	value = trimmed((struct span){ colon + 1, line.len - name.len - 1 });
	if (is_field(name, "Package"))
		return put_field(&out->name, value);
	if (is_field(name, "Version"))
		return put_field(&out->version, value);
	if (is_field(name, "Architecture"))
		return put_field(&out->architecture, value);
	if (is_field(name, "SHA256"))
		return put_field(&out->sha256, value);
	if (is_field(name, "Status"))
		return put_field(state, value);
	return OK;
}

/* "WANTED ok installed": what is wanted of it may be something else. */
static bool is_installed(struct span state)
{
	static const char end[] = " ok installed";

	return state.len >= sizeof(end) - 1 &&
	       memcmp(state.data + state.len - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

enum status package_reader_paragraph(struct package_reader *reader, struct package_text *out)
{
	struct package_text package = { 0 };
	struct span state = { 0 };
	struct span line;
	enum status status = OK;

	while (status == OK && next_line(reader, &line)) {
		if (trimmed(line).len == 0) {
			if (package.line > 0)
				break;
			continue;
		}
		if (package.line == 0)
			package.line = reader->line;
		if (!is_blank(line.data[0])) /* else: the value before goes on */
			status = take_field(line, &package, &state);
	}
	if (package.line == 0)
		return STATUS_NOT_FOUND;
	out->line = status == OK ? package.line : reader->line;
	if (status != OK || package.name.len == 0)
		return STATUS_MALFORMED;
	package.is_installed = state.len == 0 || is_installed(state);
	*out = package;
	return OK;
}

bool package_text_is_paragraphs(struct span text)
{
	static const char field[] = "Package:";
	struct span line;

	while (text_next_line(&text, &line))
		if (trimmed(line).len > 0)
			return line.len >= sizeof(field) - 1 &&
			       is_field((struct span){ line.data, sizeof(field) - 1 }, field);
	return false;
}

static bool next_word(struct span *rest, struct span *word)
{
	*rest = trimmed(*rest);
	*word = (struct span){ rest->data, 0 };
	while (word->len < rest->len && !is_blank(rest->data[word->len]))
		word->len++;
	rest->data += word->len;
	rest->len -= word->len;
	return word->len > 0;
}

enum status package_reader_line(struct package_reader *reader, struct package_text *out)
{
	struct package_text package = { .is_installed = true };
	struct span line;

	while (next_line(reader, &line)) {
		line = trimmed(line);
		if (line.len == 0 || line.data[0] == '#')
			continue;
		out->line = reader->line;
		package.line = reader->line;
		if (!next_word(&line, &package.name) || !next_word(&line, &package.version) ||
		    !next_word(&line, &package.architecture) || line.len > 0)
			return STATUS_MALFORMED;
		*out = package;
		return OK;
	}
	return STATUS_NOT_FOUND;
}

/* "1%3a2.0" or "2.0" for the version 1:2.0. */
static bool is_version(struct span written, struct span version)
{
	const uint8_t *colon = version.len == 0 ? NULL : memchr(version.data, ':', version.len);
	size_t epoch = colon == NULL ? 0 : (size_t)(colon - version.data);
	struct span rest;

	if (colon == NULL)
		return span_equal(written, version);
	rest = (struct span){ colon + 1, version.len - epoch - 1 };
	if (span_equal(written, rest))
		return true;
	return written.len == epoch + 3 + rest.len &&
	       memcmp(written.data, version.data, epoch) == 0 &&
	       memcmp(written.data + epoch, "%3a", 3) == 0 &&
	       memcmp(written.data + epoch + 3, rest.data, rest.len) == 0;
}

bool package_text_is_file(const struct package_text *package, struct span file_name)
{
	struct span rest = file_name;
	struct span name;
	struct span version;

	return text_next_word(&rest, '_', &name) && span_equal(name, package->name) &&
	       text_next_word(&rest, '_', &version) && is_version(version, package->version) &&
	       rest.len == package->architecture.len + 4 &&
	       span_starts_with((struct span){ rest.data + package->architecture.len, 4 },
				".deb") &&
	       memcmp(rest.data, package->architecture.data, package->architecture.len) == 0;
}

enum status diversion_next(struct package_reader *reader, struct diversion *out)
{
	struct diversion found;

	if (!next_line(reader, &found.from))
		return STATUS_NOT_FOUND;
	if (!next_line(reader, &found.to) || !next_line(reader, &found.package) ||
	    !span_starts_with(found.from, "/") || !span_starts_with(found.to, "/") ||
	    found.package.len == 0)
		return STATUS_MALFORMED;
	*out = found;
	return OK;
}
