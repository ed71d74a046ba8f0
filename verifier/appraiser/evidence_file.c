/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/evidence.h"
#include "messages/json_writer.h"
#include "tpm/attest.h"
#include "verifier/appraiser/log_frame.h"
#include "verifier/appraiser/requests.h"

/*
 * What attestctl appraise reads, one JSON object: "version" 1; "node" (id,
 * class, host, manufacturer, releaseVersion); "keys" (ekPublic, akPublic);
 * "previous" (resetCount, restartCount, clock of the commit before);
 * "appraised" (unix seconds); "generation" (hex, of the reference values);
 * "evidence": the body that the node sent, but with the logs of the whole boot
 * session, from entry 0.
 */

/* The joined values, split by the size of the bank that the quote names. */
static enum status split_pcrs(const struct evidence_item *item, struct evidence *out)
{
	struct attest quote;
	enum status status = attest_parse(item->attest, ATTEST_QUOTE, &quote);
	size_t size = status == OK && quote.selection.count == 1
			      ? digest_size(quote.selection.bank[0].alg)
			      : 0;

	if (size == 0 || item->pcrs.len % size != 0 || item->pcrs.len / size > PCRS)
		return STATUS_MALFORMED;
	for (size_t at = 0; at < item->pcrs.len; at += size)
		out->pcrs[out->pcr_count++] = lent((struct span){ item->pcrs.data + at, size });
	return OK;
}

static enum status write_evidence(const struct evidence_item *item, struct bytes *json)
{
	AUTO_DONE(bytes) boot_log = { 0 };
	AUTO_DONE(bytes) ima_log = { 0 };
	/* Everything is borrowed: no evidence_done(). */
	struct evidence evidence = {
		.nonce = lent(item->nonce),
		.attest = lent(item->attest),
		.signature = lent(item->signature),
		.minting_public = lent(item->minting_public),
		.certify_attest = lent(item->certify_attest),
		.certify_signature = lent(item->certify_signature),
		.has_boot_log = item->boot_log.len > 0,
		.has_ima_log = item->ima_log.len > 0,
	};
	enum status status = split_pcrs(item, &evidence);

	if (status == OK && evidence.has_boot_log)
		status = log_frame_unpack(item->boot_log, LOG_MAX, &boot_log);
	if (status == OK && evidence.has_ima_log)
		status = log_frame_unpack(item->ima_log, LOG_MAX, &ima_log);
	if (status != OK)
		return status;
	evidence.boot_log = boot_log;
	evidence.ima_entries = ima_log;
	return evidence_write(&evidence, json);
}

static void put_node(struct json_writer *w, const struct node_item *node)
{
	json_open(w, "node", '{');
	json_hex(w, "id", node_id_span(&node->node));
	json_text(w, "class", node->class_name);
	json_text(w, "host", node->host);
	json_text(w, "manufacturer", node->manufacturer);
	json_uint(w, "releaseVersion", node->release_version);
	json_close(w, '}');
}

static void put_rest(struct json_writer *w, const struct evidence_item *item, struct span evidence)
{
	json_open(w, "keys", '{');
	json_base64(w, "ekPublic", item->ek_public);
	json_base64(w, "akPublic", item->ak_public);
	json_close(w, '}');
	json_open(w, "previous", '{');
	json_uint(w, "resetCount", item->previous_reset);
	json_uint(w, "restartCount", item->previous_restart);
	json_uint(w, "clock", item->previous_clock);
	json_close(w, '}');
	json_int(w, "appraised", item->appraised);
	json_hex(w, "generation", item->generation);
	json_raw(w, "evidence", evidence);
}

void handle_evidence_file(struct appraiser *a, struct signer_request *ask, struct answer *answer)
{
	AUTO_DONE(bytes) evidence = { 0 };
	AUTO_DONE(bytes) json = { 0 };
	struct json_writer w = json_to(&json);
	enum status status;

	/* Two calls: the second one's frame takes the first one's place. */
	ask->admin.verb = ADMIN_SHOW;
	if (!ask_signer(a, ask, answer))
		return;
	json_open(&w, NULL, '{');
	json_uint(&w, "version", 1);
	if (a->reply.admin.nodes.count == 1)
		put_node(&w, &a->reply.admin.nodes.items[0]);
	ask->admin.verb = ADMIN_EVIDENCE;
	if (!ask_signer(a, ask, answer))
		return;
	status = write_evidence(&a->reply.admin.evidence, &evidence);
	put_rest(&w, &a->reply.admin.evidence, span_of(&evidence));
	json_close(&w, '}');
	if (status == OK)
		status = json_end(&w);
	if (status == OK) {
		bytes_done(&answer->body);
		answer->body = json;
		json = (struct bytes){ 0 };
	}
	answer_json(answer, status);
}
