/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "daemon/settings.h"
#include "messages/statement.h"
#include "verifier/signer/core.h"

/* How old a verdict may be before the node counts as silent. */
static int64_t fresh_since(const struct turn *turn, const struct node_row *row)
{
	struct node_class node_class;

	(void)challenge_class(turn->signer, row->class_name, &node_class);
	return turn->now - node_class.grant_lifetime_s;
}

static void describe(const struct turn *turn, const struct node_row *row, struct node_item *item)
{
	*item = (struct node_item){
		.node = row->node,
		.state = node_row_state(row, fresh_since(turn, row)),
		.host = row->host,
		.class_name = row->class_name,
		.hostname = row->hostname,
		.manufacturer = row->manufacturer,
		.model = row->model,
		.version = row->version,
		.is_software_tpm = row->is_software_tpm,
		.quirks = row->quirks,
		.enrolled = row->enrolled,
		.attested = row->attested,
		.expires = row->expires,
		.release_version = row->release_version,
		.entries = row->entries,
		.note = row->note,
		.manifest = row->manifest,
	};
}

/* Rows looked at for one page: a rare state is asked for in several requests, since
 * nobody attests meanwhile. */
#define LIST_ROWS_MAX 500

/* Adds the node if it is in the state asked for. Rows that are only looked at are not
 * kept. */
static enum status list_node(struct turn *turn, const struct admin_request *request,
			     const struct node_id *node, struct node_list *list)
{
	AUTO_DONE(keep) scratch = { 0 };
	struct node_item item;
	struct node_row row;
	enum status status = store_node(turn->signer->store, node, &scratch, &row);

	if (status != OK)
		return status;
	describe(turn, &row, &item);
	if (request->has_state && item.state != request->state)
		return OK;
	status = store_node(turn->signer->store, node, turn->keep, &row);
	if (status == OK)
		describe(turn, &row, &list->items[list->count++]);
	return status;
}

/* A page of the nodes whose state is asked for, from the one on that the last page
 * ended with. It may be empty and there be more. */
static enum status list_nodes(struct turn *turn, const struct admin_request *request,
			      struct node_list *list)
{
	struct node_id ids[SIGNER_PAGE_MAX];
	bool has_after = request->has_after;
	size_t count = SIGNER_PAGE_MAX, looked_at = 0;

	list->next = request->after;
	while (count == SIGNER_PAGE_MAX) {
		enum status status =
			store_node_ids(turn->signer->store, has_after ? &list->next : NULL,
				       SIGNER_PAGE_MAX, ids, &count);

		for (size_t i = 0; i < count && status == OK; i++, looked_at++) {
			list->has_more = list->count == admin_request_limit(request) ||
					 looked_at == LIST_ROWS_MAX;
			if (list->has_more)
				return OK;
			status = list_node(turn, request, &ids[i], list);
			list->next = ids[i];
			has_after = true;
		}
		if (status != OK)
			return status;
	}
	return OK;
}

/* Without its reasons where they can't be read, as after an upgrade: what is done to a node
 * ends with showing it, and has to hold for one that never attests again. */
static enum status show_node(struct turn *turn, const struct node_id *node,
			     struct admin_answer *answer)
{
	struct store *store = turn->signer->store;
	struct signer_answer last;
	struct span result;
	struct node_row row;
	enum status status = store_node(store, node, turn->keep, &row);

	if (status != OK)
		return status;
	describe(turn, &row, &answer->nodes.items[0]);
	answer->nodes.count = 1;
	status = store_session_result(store, node, turn->keep, &result);
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return status;
	if (signer_answer_decode(FRAME_COMMIT, result, &last) == OK)
		answer->reasons = last.commit.reasons;
	return OK;
}

static enum refusal show_evidence(struct turn *turn, const struct node_id *node,
				  struct evidence_item *item)
{
	struct store *store = turn->signer->store;
	struct session_row session;
	struct node_row row;
	struct span evidence;
	enum status status = store_node(store, node, turn->keep, &row);

	if (status == OK)
		status = store_session(store, node, turn->keep, &session);
	if (status == OK)
		status = store_session_evidence(store, node, turn->keep, &evidence);
	if (status != OK)
		return refusal_of(status);
	if (!session_log_is_kept(&session))
		return REFUSAL_LOG_NOT_KEPT;
	if (evidence_item_decode(evidence, item) != OK)
		return refusal_of(STATUS_IO);
	item->appraised = row.attested;
	item->generation = session.generation;
	status = store_session_log(store, node, false, turn->keep, &item->ima_log);
	if (status == OK)
		status = store_session_log(store, node, true, turn->keep, &item->boot_log);
	return refusal_of(status);
}

static enum refusal narrow(struct turn *turn, const struct admin_request *request)
{
	bool is_retiring = request->verb == ADMIN_RETIRE;
	enum refusal refusal = REFUSAL_NONE;

	if (!narrow_is_allowed(turn, request, &refusal))
		return refusal;

	enum status status =
		store_node_narrow(turn->signer->store, &request->node,
				  is_retiring ? STANDING_RETIRED : STANDING_QUARANTINED,
				  request->reason, narrow_act_time(turn));
	struct node_row row;

	if (status == STATUS_MISMATCH) {
		status = store_node(turn->signer->store, &request->node, turn->keep, &row);
		return status == OK ? REFUSAL_NODE_RETIRED : refusal_of(status);
	}
	if (status == OK)
		status = audit_note(turn, is_retiring ? "retired" : "quarantined",
				    request->administrator, &request->node, "%.*s",
				    (int)request->reason.len, (const char *)request->reason.data);
	if (status == OK)
		narrow_count(turn);
	return refusal_of(status);
}

static enum status show_audit(struct turn *turn, const struct admin_request *request,
			      struct audit_list *list)
{
	struct audit_row rows[SIGNER_PAGE_MAX];
	enum status status =
		store_audit(turn->signer->store, request->after_entry, admin_request_limit(request),
			    turn->keep, rows, &list->count);

	for (size_t i = 0; i < list->count && status == OK; i++) {
		list->items[i] = (struct audit_item){
			.index = rows[i].index,
			.time = rows[i].time,
			.kind = rows[i].kind,
			.actor = rows[i].actor,
			.node = rows[i].node,
			.text = rows[i].text,
		};
		status = keep_copy(turn->keep, (struct span){ rows[i].hash, SHA256_SIZE },
				   &list->items[i].hash);
	}
	if (status == OK)
		status = verdict_log_checkpoint(turn, &list->log_checkpoint);
	return status == OK ? audit_checkpoint(turn, list) : status;
}

/* A signed act, and what became of what it is about. */
static enum refusal act_and_show(struct turn *turn, const struct admin_request *request,
				 struct admin_answer *answer)
{
	AUTO_DONE(act) act = { 0 };
	enum refusal refusal = act_carry_out(turn, request, &act);

	if (refusal != REFUSAL_NONE)
		return refusal;
	if (!act_verb_is_of_entry(act.verb))
		return refusal_of(show_node(turn, &act.node, answer));
	answer->verb = ADMIN_ENTRY;
	return entry_show(turn, span_of(&act.entry.name), answer);
}

enum refusal administration_answer(struct turn *turn, const struct admin_request *request,
				   struct admin_answer *answer)
{
	struct node_id node = request->node;
	enum refusal refusal = REFUSAL_NONE;

	answer->verb = request->verb;
	if (request->role == ROLE_NONE)
		return REFUSAL_ROLE_DENIED;
	/* Front and appraiser hand on what goes on record, and to whoever reads it. */
	if (!settings_name_is_valid(request->administrator) || !text_is_line(request->reason))
		return REFUSAL_MALFORMED;
	switch (request->verb) {
	case ADMIN_LIST:
		return refusal_of(list_nodes(turn, request, &answer->nodes));
	case ADMIN_EVIDENCE:
		return show_evidence(turn, &node, &answer->evidence);
	case ADMIN_RELEASES:
		return refusal_of(releases_describe(turn, &answer->releases));
	case ADMIN_AUDIT:
		return refusal_of(show_audit(turn, request, &answer->audit));
	case ADMIN_CANARY:
		return canary_state(turn, request, &answer->canary);
	case ADMIN_SHOW:
		break;
	case ADMIN_QUARANTINE:
	case ADMIN_RETIRE:
		refusal = narrow(turn, request);
		break;
	case ADMIN_ACT:
		return act_and_show(turn, request, answer);
	case ADMIN_ENTRIES:
		return entry_list(turn, request, answer);
	case ADMIN_ENTRY_QUARANTINE:
	case ADMIN_ENTRY_REMOVE:
		refusal = entry_narrow(turn, request);
		return refusal == REFUSAL_NONE ? entry_show(turn, request->entry, answer) : refusal;
	case ADMIN_ENTRY:
		return entry_show(turn, request->entry, answer);
	}
	return refusal == REFUSAL_NONE ? refusal_of(show_node(turn, &node, answer)) : refusal;
}
