/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/core.h"

static enum refusal refusal_about_entry(enum status status)
{
	return status == STATUS_NOT_FOUND ? REFUSAL_ENTRY_UNKNOWN : refusal_of(status);
}

/* With the digests of now, where its class is known. */
static enum status keep_line(struct turn *turn, const struct entry_row *row, struct span *out)
{
	AUTO_DONE(entry) entry = { 0 };
	AUTO_DONE(bytes) line = { 0 };
	struct node_class node_class;
	bool has_class = challenge_class(turn->signer, row->class_name, &node_class);
	enum status status = entry_texts_read(turn, has_class ? &node_class : NULL, row, &entry);

	if (status == OK)
		status = entry_write(&entry, &line);
	return status == OK ? keep_bytes(turn->keep, &line, out) : status;
}

/* One that the store spoiled hides no others, and whoever sees it can remove it. */
static enum status describe(struct turn *turn, const struct entry_row *row, struct entry_item *item)
{
	*item = (struct entry_item){
		.name = row->name,
		.class_name = row->class_name,
		.is_quarantined = row->standing == ENTRY_QUARANTINED,
		.is_removed = row->standing == ENTRY_REMOVED,
		.added = row->added,
		.note = row->note,
	};

	enum status status = keep_line(turn, row, &item->line);

	if (status != STATUS_MALFORMED)
		return status;
	entry_texts_log_damaged(row);
	return OK;
}

enum refusal entry_show(struct turn *turn, struct span name, struct admin_answer *answer)
{
	struct entry_row row;
	enum status status = store_entry(turn->signer->store, name, turn->keep, &row);

	answer->entries.count = 1;
	if (status == OK)
		status = describe(turn, &row, &answer->entries.items[0]);
	return refusal_about_entry(status);
}

enum refusal entry_list(struct turn *turn, const struct admin_request *request,
			struct admin_answer *answer)
{
	struct entry_list *list = &answer->entries;
	struct entry_row rows[SIGNER_PAGE_MAX];
	size_t limit = admin_request_limit(request);
	enum status status = store_entries(turn->signer->store, request->class_name, request->entry,
					   limit, turn->keep, rows, &list->count);

	for (size_t i = 0; status == OK && i < list->count; i++)
		status = describe(turn, &rows[i], &list->items[i]);
	list->has_more = list->count == limit;
	return refusal_of(status);
}

enum refusal entry_narrow(struct turn *turn, const struct admin_request *request)
{
	bool is_removing = request->verb == ADMIN_ENTRY_REMOVE;
	struct store *store = turn->signer->store;
	enum refusal refusal = REFUSAL_NONE;
	struct entry_row row;

	if (!narrow_is_allowed(turn, request, &refusal))
		return refusal;

	enum status status = store_entry(store, request->entry, turn->keep, &row);

	if (status == OK && row.standing == ENTRY_REMOVED)
		status = STATUS_NOT_FOUND;
	if (status == OK)
		status = store_entry_narrow(store, request->entry,
					    is_removing ? ENTRY_REMOVED : ENTRY_QUARANTINED,
					    request->reason, narrow_act_time(turn));
	if (status == OK)
		status = audit_note(turn, is_removing ? "entry-removed" : "entry-quarantined",
				    request->administrator, NULL, "%.*s of class %.*s: %.*s",
				    (int)request->entry.len, (const char *)request->entry.data,
				    (int)row.class_name.len, (const char *)row.class_name.data,
				    (int)request->reason.len, (const char *)request->reason.data);
	if (status == OK)
		narrow_count(turn);
	return refusal_about_entry(status);
}
