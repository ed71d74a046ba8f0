/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_memory.h"

#include <inttypes.h>

#include "daemon/file.h"
#include "tools/command.h"
#include "tools/release/release_root.h"

#define MEMORY_MAX ((size_t)1 << 12)

static bool take_mark(json_t *memory, const char *name, struct release_mark *out)
{
	json_t *mark = json_object_get(memory, name);
	const char *hex = json_string_value(json_object_get(mark, "sha256"));
	json_int_t version = json_integer_value(json_object_get(mark, "version"));

	if (mark == NULL)
		return true;
	if (version <= 0 || hex == NULL || !pin_take(hex, &out->digest))
		return false;
	out->version = (uint64_t)version;
	return true;
}

static bool take(struct span text, struct release_memory *out)
{
	AUTO(json_t)
	memory = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	json_int_t timestamp = json_integer_value(json_object_get(memory, "timestamp"));

	if (!json_is_object(memory) || timestamp < 0 || !take_mark(memory, "index", &out->index) ||
	    !take_mark(memory, "begun", &out->begun) ||
	    !take_mark(memory, "revocations", &out->revocations))
		return false;
	out->timestamp = (uint64_t)timestamp;
	return true;
}

enum status memory_read(const struct release_line *line, const char *usual, const char *given,
			struct release_memory *out)
{
	AUTO_DONE(bytes) text = { 0 };

	*out = (struct release_memory){ .path = line_path(line, "keys/%s", usual) };
	if (given != NULL)
		(void)snprintf(out->path.text, sizeof(out->path.text), "%s", given);

	enum status status = file_read(out->path.text, MEMORY_MAX, &text);
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status == OK && !take(span_of(&text), out))
		status = STATUS_MALFORMED;
	out->is_there = status == OK;
	return status == OK ? OK : path_failed(status, out->path.text);
}

static void put_mark(json_t *memory, const char *name, const struct release_mark *mark)
{
	if (mark->version > 0)
		(void)json_object_set_new(memory, name,
					  json_pack("{s:I, s:s}", "version",
						    (json_int_t)mark->version, "sha256",
						    sha256_hex(&mark->digest).hex));
}

enum status memory_write(const struct release_memory *memory)
{
	AUTO(json_t) object = json_object();
	AUTO(char) text = NULL;

	if (memory->timestamp > 0)
		(void)json_object_set_new(object, "timestamp",
					  json_integer((json_int_t)memory->timestamp));
	put_mark(object, "index", &memory->index);
	put_mark(object, "begun", &memory->begun);
	put_mark(object, "revocations", &memory->revocations);
	text = json_dumps(object, JSON_INDENT(1));
	return text == NULL ? STATUS_NO_MEMORY
			    : path_write(memory->path.text, span_text(text), 0600);
}

void memory_say_none(const struct release_memory *memory, const char *what)
{
	(void)unusable("%s is not there: that the %s as they lie there are the newest is believed "
		       "this time, and remembered from now on",
		       memory->path.text, what);
}

bool memory_allows(const struct release_memory *memory, const char *path,
		   const struct release_mark *remembered, const struct release_mark *found)
{
	bool is_other = found->version == remembered->version && remembered->version > 0 &&
			!digest_equal(&found->digest, &remembered->digest);

	if (found->version >= remembered->version && !is_other)
		return true;
	(void)unusable("%s: %s: by %s version %" PRIu64 " was signed, sha256:%s: restore it", path,
		       is_other ? "same-version-other-bytes" : "rolled-back", memory->path.text,
		       remembered->version, sha256_hex(&remembered->digest).hex);
	return false;
}

enum status revocations_newest(const struct release_line *line, struct release_mark *out)
{
	AUTO_DONE(dsse) dsse = { 0 };
	struct path_text path, next = line_path(line, "release/revocations/1.json");
	uint64_t version = 0;

	do {
		path = next;
		version++;
		next = line_path(line, "release/revocations/%" PRIu64 ".json", version + 1);
	} while (path_exists(next.text));

	enum status status = envelope_open(path.text, &dsse);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&dsse.payload), &out->digest);
	if (status == OK)
		out->version = version;
	return status;
}
