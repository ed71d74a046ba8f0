/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "messages/entries.h"
#include "messages/json_writer.h"
#include "messages/limits.h"
#include "messages/message.h"
#include "tpm/ek_certificate.h"
#include "verifier/appraisal/reason.h"
#include "verifier/appraiser/entry_json.h"
#include "verifier/appraiser/query.h"
#include "verifier/appraiser/requests.h"

#define PAGE_DEFAULT 50
#define CANARY_WINDOW_MAX_S (UINT64_C(30) * 86400)

static enum admin_verb verb_of(enum route route)
{
	switch (route) {
	case ROUTE_ADMIN_NODE:
		return ADMIN_SHOW;
	case ROUTE_ADMIN_NODE_EVIDENCE:
		return ADMIN_EVIDENCE;
	case ROUTE_ADMIN_QUARANTINE:
		return ADMIN_QUARANTINE;
	case ROUTE_ADMIN_RETIRE:
		return ADMIN_RETIRE;
	case ROUTE_ADMIN_ACT:
		return ADMIN_ACT;
	case ROUTE_ADMIN_RELEASES:
		return ADMIN_RELEASES;
	case ROUTE_ADMIN_AUDIT:
		return ADMIN_AUDIT;
	case ROUTE_ADMIN_CANARY:
		return ADMIN_CANARY;
	case ROUTE_ADMIN_ENTRIES:
		return ADMIN_ENTRIES;
	case ROUTE_ADMIN_ENTRY:
		return ADMIN_ENTRY;
	case ROUTE_ADMIN_ENTRY_QUARANTINE:
		return ADMIN_ENTRY_QUARANTINE;
	case ROUTE_ADMIN_ENTRY_REMOVE:
		return ADMIN_ENTRY_REMOVE;
	case ROUTE_ADMIN_NODES:
	case ROUTE_ENROL:
	case ROUTE_ACTIVATE:
	case ROUTE_CHALLENGE:
	case ROUTE_EVIDENCE:
	case ROUTE_WAIT:
	case ROUTE_BUNDLE:
	case ROUTE_HEALTH:
	case ROUTE_METRICS:
		break;
	}
	return ADMIN_LIST;
}

/* What of the query each page knows. */
static enum status read_query(struct span query, struct admin_request *out)
{
	static const char *const list[] = { "state", "after", "limit", NULL };
	static const char *const audit[] = { "after", "limit", NULL };
	static const char *const entries[] = { "class", "after", "limit", NULL };
	static const char *const none[] = { NULL };
	const char *const *known = out->verb == ADMIN_LIST	? list
				   : out->verb == ADMIN_AUDIT	? audit
				   : out->verb == ADMIN_ENTRIES ? entries
								: none;
	struct span state = query_value(query, "state");
	struct span after = query_value(query, "after");
	struct span limit = query_value(query, "limit");
	uint64_t number = PAGE_DEFAULT;
	enum status status = query_check(query, known);

	if (status == OK && limit.len > 0)
		status = decimal_parse(limit, SIGNER_PAGE_MAX, &number);
	if (status == OK && number == 0)
		status = STATUS_MALFORMED;
	out->limit = (uint32_t)number;
	out->class_name = query_value(query, "class");
	if (out->class_name.len > 0 && !class_name_is_valid(out->class_name))
		return STATUS_MALFORMED;
	out->has_state = state.len > 0;
	if (status == OK && out->has_state)
		status = node_state_named(state, &out->state);
	if (status != OK || after.len == 0)
		return status;
	if (out->verb == ADMIN_ENTRIES) {
		out->entry = after;
		return entry_name_is_valid(after) ? OK : STATUS_MALFORMED;
	}
	if (out->verb == ADMIN_AUDIT)
		return decimal_parse(after, INT64_MAX, &out->after_entry);
	out->has_after = true;
	return node_id_parse(after, &out->after);
}

/* The bodies of the requests that change something. */
struct admin_body {
	struct bytes reason, act, signature;
	struct digest manifest;
	uint32_t window_s;
};

static void admin_body_done(struct admin_body *body)
{
	bytes_done(&body->reason);
	bytes_done(&body->act);
	bytes_done(&body->signature);
}

AUTO_RELEASE(admin_body, admin_body_done);

static bool has_body(enum admin_verb verb)
{
	return verb == ADMIN_ACT || verb == ADMIN_QUARANTINE || verb == ADMIN_RETIRE ||
	       verb == ADMIN_CANARY || verb == ADMIN_ENTRY_QUARANTINE || verb == ADMIN_ENTRY_REMOVE;
}

/* The act itself is the signer's to read: here it is only unwrapped. */
static enum status read_body(enum admin_verb verb, struct span json, struct admin_body *out,
			     const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	struct strict_cursor root;

	if (!has_body(verb))
		return OK;
	root = message_open(json, REQUEST_BODY_MAX, &document);
	message_take_version(&root);
	if (verb == ADMIN_ACT) {
		message_take_bytes(&root, "act", SIGNER_ACT_MAX, &out->act);
		message_take_bytes(&root, "signature", SIGNER_SIGNATURE_MAX, &out->signature);
	} else if (verb == ADMIN_CANARY) {
		out->manifest = strict_sha256(&root, "manifest");
		out->window_s = (uint32_t)strict_uint(&root, "windowS", 1, CANARY_WINDOW_MAX_S);
	} else {
		message_take_text(&root, "reason", SIGNER_TEXT_MAX, &out->reason);
	}
	return message_end(&root, fault);
}

static void put_time(struct json_writer *w, const char *name, int64_t time)
{
	if (time > 0)
		json_int(w, name, time);
}

static void put_node_members(struct json_writer *w, const struct node_item *node)
{
	json_hex(w, "id", node_id_span(&node->node));
	json_text(w, "state", span_text(node_state_name(node->state)));
	json_text(w, "host", node->host);
	json_text(w, "class", node->class_name);
	json_text(w, "hostname", node->hostname);
	json_open(w, "tpm", '{');
	json_text(w, "manufacturer", node->manufacturer);
	json_text(w, "model", node->model);
	json_text(w, "version", node->version);
	json_bool(w, "software", node->is_software_tpm);
	json_open(w, "quirks", '[');
	for (unsigned bit = 0; bit < EK_QUIRKS; bit++)
		if ((node->quirks >> bit & 1) != 0)
			json_text(w, NULL, span_text(ek_quirk_name(1u << bit)));
	json_close(w, ']');
	json_close(w, '}');
	put_time(w, "enrolled", node->enrolled);
	put_time(w, "attested", node->attested);
	put_time(w, "grantExpires", node->expires);
	json_uint(w, "releaseVersion", node->release_version);
	if (node->manifest.len > 0)
		json_hex(w, "releaseManifest", node->manifest);
	json_uint(w, "entries", node->entries);
	json_text(w, "note", node->note);
}

static void put_reasons(struct json_writer *w, const struct reason_list *reasons)
{
	json_open(w, "reasons", '[');
	for (size_t i = 0; i < reasons->count; i++) {
		const struct reason_item *item = &reasons->items[i];
		enum reason reason = REASON_NONE;
		bool is_known = reason_coded(item->code, &reason) == OK;

		json_open(w, NULL, '{');
		json_text(w, "code", item->code);
		json_text(w, "layer", span_text(layer_name(item->layer)));
		json_text(w, "owner", item->owner);
		json_text(w, "contact", item->contact);
		if (item->entry != FINDING_NO_ENTRY)
			json_uint(w, "entry", item->entry);
		json_text(w, "detail", item->detail);
		json_text(w, "advice", span_text(is_known ? reason_facts(reason)->advice : NULL));
		json_close(w, '}');
	}
	json_close(w, ']');
}

static void put_nodes(struct json_writer *w, const struct node_list *nodes)
{
	json_open(w, "nodes", '[');
	for (size_t i = 0; i < nodes->count; i++) {
		json_open(w, NULL, '{');
		put_node_members(w, &nodes->items[i]);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_bool(w, "more", nodes->has_more);
	if (nodes->has_more)
		json_hex(w, "next", node_id_span(&nodes->next));
}

static void put_releases(struct json_writer *w, const struct releases_item *item)
{
	json_bool(w, "loaded", item->is_loaded);
	if (item->is_loaded) {
		json_hex(w, "generation", item->generation);
		json_uint(w, "rootVersion", item->root_version);
		json_uint(w, "indexVersion", item->index_version);
		put_time(w, "validUntil", item->valid_until);
		put_time(w, "loadedAt", item->loaded);
	}
	if (item->refused_code.len == 0)
		return;
	json_open(w, "refused", '{');
	json_text(w, "code", item->refused_code);
	json_text(w, "document", item->refused_document);
	json_text(w, "field", item->refused_field);
	json_text(w, "advice", item->refused_advice);
	put_time(w, "at", item->refused);
	json_close(w, '}');
}

static void put_audit(struct json_writer *w, const struct audit_list *audit)
{
	json_open(w, "entries", '[');
	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_item *item = &audit->items[i];

		json_open(w, NULL, '{');
		json_uint(w, "index", item->index);
		json_int(w, "time", item->time);
		json_text(w, "kind", item->kind);
		json_text(w, "actor", item->actor);
		json_text(w, "node", item->node);
		json_text(w, "text", item->text);
		json_hex(w, "hash", item->hash);
		json_close(w, '}');
	}
	json_close(w, ']');
	json_base64(w, "checkpoint", audit->checkpoint);
	json_base64(w, "checkpointSignature", audit->checkpoint_signature);
	json_base64(w, "logCheckpoint", audit->log_checkpoint);
}

static enum status write_answer(const struct admin_answer *reply, struct bytes *out)
{
	struct json_writer w = json_to(out);

	json_open(&w, NULL, '{');
	switch (reply->verb) {
	case ADMIN_LIST:
		put_nodes(&w, &reply->nodes);
		break;
	case ADMIN_SHOW:
	case ADMIN_QUARANTINE:
	case ADMIN_RETIRE:
	case ADMIN_ACT:
		if (reply->nodes.count != 1)
			return STATUS_MALFORMED;
		put_node_members(&w, &reply->nodes.items[0]);
		put_reasons(&w, &reply->reasons);
		break;
	case ADMIN_RELEASES:
		put_releases(&w, &reply->releases);
		break;
	case ADMIN_AUDIT:
		put_audit(&w, &reply->audit);
		break;
	case ADMIN_CANARY:
		json_base64(&w, "payload", reply->canary.payload);
		json_base64(&w, "signature", reply->canary.signature);
		json_uint(&w, "nodes", reply->canary.nodes);
		json_uint(&w, "svids", reply->canary.svids);
		break;
	case ADMIN_ENTRIES:
		put_entries(&w, &reply->entries);
		break;
	case ADMIN_ENTRY:
	case ADMIN_ENTRY_QUARANTINE:
	case ADMIN_ENTRY_REMOVE:
		if (reply->entries.count != 1)
			return STATUS_MALFORMED;
		put_entry_members(&w, &reply->entries.items[0]);
		break;
	case ADMIN_EVIDENCE:
		break;
	}
	json_close(&w, '}');
	return json_end(&w);
}

/* An act may be about a registration entry. */
static bool answers(enum admin_verb verb, enum admin_verb asked)
{
	return verb == asked || (asked == ADMIN_ACT && verb == ADMIN_ENTRY);
}

/* What nodes are told of their workloads is another text now. */
static bool changes_entries(const struct admin_answer *reply, enum admin_verb asked)
{
	return (asked == ADMIN_ENTRY_QUARANTINE || asked == ADMIN_ENTRY_REMOVE ||
		(asked == ADMIN_ACT && reply->verb == ADMIN_ENTRY)) &&
	       reply->entries.count == 1;
}

void handle_admin(struct appraiser *a, const struct request *request, struct answer *answer)
{
	AUTO_DONE(admin_body) body = { 0 };
	struct signer_request ask = { .type = FRAME_ADMIN };
	const char *fault = NULL;
	enum status status;

	ask.admin = (struct admin_request){
		.verb = verb_of(request->route),
		.administrator = request->administrator,
		.role = request->role,
		.node = request->node,
		.entry = request->entry,
	};
	/* The front has asked for the role already; it is not taken at its word
	 * that it did (k18). */
	if (request->role == ROLE_NONE) {
		answer_error(answer, 403, "role-denied", NULL);
		return;
	}
	if (read_query(request->query, &ask.admin) != OK) {
		answer_error(answer, 400, "bad-query", NULL);
		return;
	}
	status = read_body(ask.admin.verb, request->body, &body, &fault);
	if (status != OK) {
		answer_malformed(answer, status, fault);
		return;
	}
	ask.admin.reason = span_of(&body.reason);
	ask.admin.act = span_of(&body.act);
	ask.admin.act_signature = span_of(&body.signature);
	if (ask.admin.verb == ADMIN_CANARY)
		ask.admin.manifest = digest_span(&body.manifest);
	ask.admin.window_s = body.window_s;
	if (ask.admin.verb == ADMIN_EVIDENCE) {
		handle_evidence_file(a, &ask, answer);
		return;
	}
	if (!ask_signer(a, &ask, answer))
		return;
	if (!answers(a->reply.admin.verb, ask.admin.verb)) {
		answer_error(answer, 500, "internal", NULL);
		return;
	}
	if (changes_entries(&a->reply.admin, ask.admin.verb))
		answer_about_class(answer, a->reply.admin.entries.items[0].class_name);
	answer_json(answer, write_answer(&a->reply.admin, &answer->body));
}
