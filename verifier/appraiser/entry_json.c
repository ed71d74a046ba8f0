/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/entry_json.h"

#include "messages/entries.h"

static void put_given(struct json_writer *w, const char *name, const struct bytes *value)
{
	if (value->len > 0)
		json_text(w, name, span_of(value));
}

static void put_digests(struct json_writer *w, struct span digests)
{
	json_open(w, "digests", '[');
	for (size_t i = 0; i + SHA256_SIZE <= digests.len; i += SHA256_SIZE)
		json_hex(w, NULL, (struct span){ digests.data + i, SHA256_SIZE });
	json_close(w, ']');
}

static const char *state_of(const struct entry_item *item)
{
	if (item->is_removed)
		return "removed";
	if (item->line.len == 0)
		return "damaged";
	return item->is_quarantined ? "quarantined" : "active";
}

static void put_line(struct json_writer *w, struct span line)
{
	AUTO_DONE(entry) e = { 0 };
	enum status status = entry_parse(line, &e);

	if (status != OK) {
		w->status = status;
		return;
	}
	json_text(w, "spiffeId", span_of(&e.spiffe_id));
	json_text(w, "executable", span_of(&e.executable));
	if (e.has_uid)
		json_uint(w, "uid", e.uid);
	if (e.has_gid)
		json_uint(w, "gid", e.gid);
	put_given(w, "unit", &e.unit);
	put_given(w, "socket", &e.socket);
	put_given(w, "hint", &e.hint);
	put_given(w, "owner", &e.owner);
	json_bool(w, "job", e.is_job);
	json_bool(w, "jwt", e.may_jwt);
	put_digests(w, span_of(&e.digests));
}

void put_entry_members(struct json_writer *w, const struct entry_item *item)
{
	json_text(w, "name", item->name);
	json_text(w, "state", span_text(state_of(item)));
	json_text(w, "class", item->class_name);
	if (item->line.len > 0)
		put_line(w, item->line);
	json_int(w, "added", item->added);
	json_text(w, "note", item->note);
}

void put_entries(struct json_writer *w, const struct entry_list *list)
{
	json_open(w, "entries", '[');
	for (size_t i = 0; i < list->count; i++) {
		json_open(w, NULL, '{');
		put_entry_members(w, &list->items[i]);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_bool(w, "more", list->has_more);
}
