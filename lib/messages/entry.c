/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/entries.h"

#include <string.h>

#include "base/text.h"
#include "messages/statement_lines.h"

void entry_done(struct entry *entry)
{
	bytes_done(&entry->name);
	bytes_done(&entry->spiffe_id);
	bytes_done(&entry->executable);
	bytes_done(&entry->unit);
	bytes_done(&entry->socket);
	bytes_done(&entry->hint);
	bytes_done(&entry->owner);
	bytes_done(&entry->digests);
}

bool entry_name_is_valid(struct span name)
{
	return name.len <= ENTRY_NAME_MAX && code_is_valid(name);
}

/* IMA logs what d_path() gives: absolute, without empty or relative segments. Another
 * spelling of a path would never be met. */
static bool executable_is_valid(struct span path)
{
	struct span segment;

	if (path.len < 2 || path.len > ENTRY_EXECUTABLE_MAX || path.data[0] != '/' ||
	    path.data[path.len - 1] == '/' || memchr(path.data, '\0', path.len) != NULL)
		return false;
	path.data++;
	path.len--;
	while (text_next_word(&path, '/', &segment)) {
		if (segment.len == 0 || span_equal(segment, span_text(".")) ||
		    span_equal(segment, span_text("..")))
			return false;
	}
	return true;
}

/* What systemd allows in a unit's name: systemd.unit(5). */
static bool unit_is_valid(struct span unit)
{
	if (unit.len > ENTRY_UNIT_MAX)
		return false;
	for (size_t i = 0; i < unit.len; i++) {
		uint8_t c = unit.data[i];

		if (c <= ' ' || c >= 0x7f || strchr("/\"%'", c) != NULL)
			return false;
	}
	return true;
}

static bool is_printable(struct span text, size_t max)
{
	if (text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] >= 0x7f)
			return false;
	return true;
}

static bool digests_are_valid(struct span digests)
{
	if (digests.len % SHA256_SIZE != 0 || digests.len > ENTRY_DIGESTS_MAX * SHA256_SIZE)
		return false;
	for (size_t i = SHA256_SIZE; i < digests.len; i += SHA256_SIZE)
		if (memcmp(digests.data + i - SHA256_SIZE, digests.data + i, SHA256_SIZE) >= 0)
			return false;
	return true;
}

/* Nobody has it: setresuid(2) takes it for "as it is". */
static bool is_nobodys(bool has, uint32_t id)
{
	return has && id == UINT32_MAX;
}

bool entry_is_valid(const struct entry *e)
{
	return entry_name_is_valid(span_of(&e->name)) && e->spiffe_id.len <= ENTRY_SPIFFE_ID_MAX &&
	       span_starts_with(span_of(&e->spiffe_id), "spiffe://") &&
	       executable_is_valid(span_of(&e->executable)) && unit_is_valid(span_of(&e->unit)) &&
	       (e->socket.len == 0 || entry_name_is_valid(span_of(&e->socket))) &&
	       is_printable(span_of(&e->hint), ENTRY_HINT_MAX) &&
	       is_printable(span_of(&e->owner), ENTRY_OWNER_MAX) &&
	       !is_nobodys(e->has_uid, e->uid) && !is_nobodys(e->has_gid, e->gid) &&
	       digests_are_valid(span_of(&e->digests));
}

bool entry_has_digest(const struct entry *entry, const struct digest *digest)
{
	if (digest->alg != DIGEST_SHA256)
		return false;
	for (size_t i = 0; i + SHA256_SIZE <= entry->digests.len; i += SHA256_SIZE)
		if (memcmp(entry->digests.data + i, digest->value, SHA256_SIZE) == 0)
			return true;
	return false;
}

static void put_number(struct line_writer *w, const char *name, bool has, uint32_t number)
{
	if (!has)
		return;
	line_text(w, name);
	line_decimal(w, number);
}

static void put_text(struct line_writer *w, const char *name, const struct bytes *text)
{
	if (text->len == 0)
		return;
	line_text(w, name);
	line_escaped(w, span_of(text));
}

enum status entry_write(const struct entry *e, struct bytes *line)
{
	struct line_writer w = { .out = line };

	if (!entry_is_valid(e))
		return STATUS_MALFORMED;
	line_escaped(&w, span_of(&e->name));
	put_text(&w, " ", &e->spiffe_id);
	put_text(&w, " ", &e->executable);
	put_number(&w, " uid=", e->has_uid, e->uid);
	put_number(&w, " gid=", e->has_gid, e->gid);
	put_text(&w, " unit=", &e->unit);
	put_text(&w, " socket=", &e->socket);
	put_text(&w, " hint=", &e->hint);
	put_text(&w, " owner=", &e->owner);
	line_text(&w, e->is_job ? " job" : "");
	line_text(&w, e->may_jwt ? " jwt" : "");
	for (size_t i = 0; i < e->digests.len; i += SHA256_SIZE) {
		line_text(&w, " sha256:");
		line_hex(&w, (struct span){ e->digests.data + i, SHA256_SIZE });
	}
	return w.status;
}

/* Words that may be left out stand in their order: one that comes too late is left
 * over, and what is written again differs. */
static bool take_option(struct lines *l, struct span *rest, const char *name, struct span *value)
{
	if (l->status != OK || !span_starts_with(*rest, name))
		return false;
	*value = lines_word(l, rest);
	value->data += strlen(name);
	value->len -= strlen(name);
	return true;
}

static bool take_number(struct lines *l, struct span *rest, const char *name, uint32_t *out)
{
	struct span value;

	if (!take_option(l, rest, name, &value))
		return false;
	*out = (uint32_t)lines_decimal(l, value, UINT32_MAX);
	return true;
}

static void take_text(struct lines *l, struct span *rest, const char *name, size_t max,
		      struct bytes *out)
{
	struct span value;

	if (take_option(l, rest, name, &value))
		lines_take_escaped(l, value, max, false, out);
}

static void take_digests(struct lines *l, struct span *rest, struct bytes *out)
{
	struct digest digest;

	for (size_t i = 0; i < ENTRY_DIGESTS_MAX && rest->len > 0 && l->status == OK; i++) {
		lines_fail(l, digest_text_parse(lines_word(l, rest), &digest));
		if (l->status == OK && digest.alg != DIGEST_SHA256)
			lines_fail(l, STATUS_UNSUPPORTED);
		if (l->status == OK)
			lines_fail(l, bytes_append(out, digest_span(&digest)));
	}
}

static enum status take_entry(struct span rest, struct entry *e)
{
	struct lines l = { .status = OK };
	struct span flag;

	lines_take_escaped(&l, lines_word(&l, &rest), ENTRY_NAME_MAX, false, &e->name);
	lines_take_escaped(&l, lines_word(&l, &rest), ENTRY_SPIFFE_ID_MAX, false, &e->spiffe_id);
	lines_take_escaped(&l, lines_word(&l, &rest), ENTRY_EXECUTABLE_MAX, false, &e->executable);
	e->has_uid = take_number(&l, &rest, "uid=", &e->uid);
	e->has_gid = take_number(&l, &rest, "gid=", &e->gid);
	take_text(&l, &rest, "unit=", ENTRY_UNIT_MAX, &e->unit);
	take_text(&l, &rest, "socket=", ENTRY_NAME_MAX, &e->socket);
	take_text(&l, &rest, "hint=", ENTRY_HINT_MAX, &e->hint);
	take_text(&l, &rest, "owner=", ENTRY_OWNER_MAX, &e->owner);
	e->is_job = take_option(&l, &rest, "job", &flag);
	e->may_jwt = take_option(&l, &rest, "jwt", &flag);
	take_digests(&l, &rest, &e->digests);
	return l.status;
}

enum status entry_parse(struct span line, struct entry *out)
{
	AUTO_DONE(entry) e = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	enum status status = take_entry(line, &e);

	if (status == OK)
		status = entry_write(&e, &again);
	if (status != OK)
		return status;
	if (!span_equal(line, span_of(&again)))
		return STATUS_MALFORMED;
	*out = e;
	e = (struct entry){ 0 };
	return OK;
}
