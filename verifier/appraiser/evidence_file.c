/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/evidence_file.h"

#include "base/text.h"
#include "tpm/attest.h"
#include "verifier/appraisal/authenticate.h"
#include "verifier/appraiser/log_frame.h"
#include "verifier/appraiser/requests.h"

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

/* What the node's row has to say; copied, since the next call takes its place. */
static enum status take_node(const struct admin_answer *reply, struct evidence_file *out)
{
	const struct node_item *node = &reply->nodes.items[0];

	if (reply->nodes.count != 1)
		return STATUS_MALFORMED;
	out->node = node->node;
	out->release_version = node->release_version;

	char vendor[5];
	enum status status = bytes_append(&out->class_name, node->class_name);

	tpm_vendor_read(node->manufacturer, vendor);
	return status == OK ? bytes_append(&out->vendor, span_text(vendor)) : status;
}

/* The rest is borrowed from the frame, but for the logs, which are unpacked. */
static enum status write_file(const struct evidence_item *item, const struct evidence_file *node,
			      struct bytes *json)
{
	AUTO_DONE(bytes) boot_log = { 0 };
	AUTO_DONE(bytes) ima_log = { 0 };
	struct evidence_file file = *node;
	enum status status = split_pcrs(item, &file.evidence);

	if (status == OK && item->boot_log.len > 0)
		status = log_frame_unpack(item->boot_log, LOG_MAX, &boot_log);
	if (status == OK && item->ima_log.len > 0)
		status = log_frame_unpack(item->ima_log, LOG_MAX, &ima_log);
	if (status != OK)
		return status;
	file.at = item->appraised;
	file.ak_public = lent(item->ak_public);
	file.has_previous =
		(item->previous_reset | item->previous_restart | item->previous_clock) != 0;
	file.reset_count = (uint32_t)item->previous_reset;
	file.restart_count = (uint32_t)item->previous_restart;
	file.clock = item->previous_clock;
	file.minting_name = lent(item->previous_minting_name);
	file.nonce = lent(item->nonce);
	file.evidence.nonce = lent(item->nonce);
	file.evidence.attest = lent(item->attest);
	file.evidence.signature = lent(item->signature);
	file.evidence.minting_public = lent(item->minting_public);
	file.evidence.certify_attest = lent(item->certify_attest);
	file.evidence.certify_signature = lent(item->certify_signature);
	file.evidence.report = lent(item->report);
	file.evidence.has_boot_log = item->boot_log.len > 0;
	file.evidence.boot_log = boot_log;
	file.evidence.has_ima_log = item->ima_log.len > 0;
	file.evidence.ima_entries = ima_log;
	status = evidence_file_write(&file, json);
	return status == OK && json->len > RESPONSE_BODY_MAX ? STATUS_TOO_LARGE : status;
}

void handle_evidence_file(struct appraiser *a, struct signer_request *ask, struct answer *answer)
{
	AUTO_DONE(evidence_file) node = { 0 };
	enum status status;

	/* Two calls: the second one's frame takes the first one's place. */
	ask->admin.verb = ADMIN_SHOW;
	if (!ask_signer(a, ask, answer))
		return;
	status = take_node(&a->reply.admin, &node);
	ask->admin.verb = ADMIN_EVIDENCE;
	if (!ask_signer(a, ask, answer))
		return;
	if (status == OK)
		status = write_file(&a->reply.admin.evidence, &node, &answer->body);
	if (status == STATUS_TOO_LARGE) {
		answer_error(answer, 409, "log-too-large", NULL);
		return;
	}
	answer_json(answer, status);
}
