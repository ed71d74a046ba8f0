/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "messages/evidence.h"
#include "messages/result.h"
#include "verifier/appraisal/appraise.h"
#include "verifier/appraisal/svid.h"
#include "verifier/appraiser/log_frame.h"
#include "verifier/appraiser/requests.h"

/* Releases change rarely; more than this in one request is something else. */
#define ATTEMPTS_MAX 3

/* The values that the signer has just compared with the quote's digest. */
static enum status read_values(const struct evidence *evidence, const struct node_class *node_class,
			       struct pcr_values *out)
{
	AUTO_DONE(bytes) pcrs = { 0 };
	enum status status = evidence_join_pcrs(evidence, &pcrs);

	return status == OK
		       ? pcr_values_read(span_of(&pcrs), node_class->bank, node_class->select, out)
		       : status;
}

static bool ask_to_authenticate(struct appraiser *a, const struct request *request,
				const struct evidence *evidence, struct answer *answer)
{
	AUTO_DONE(bytes) pcrs = { 0 };
	struct digest digest;
	struct signer_request ask; /* only what its type uses is set */
	enum status status = evidence_join_pcrs(evidence, &pcrs);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, request->body, &digest);
	if (status != OK) {
		answer_malformed(answer, STATUS_NO_MEMORY, NULL);
		return false;
	}
	ask.type = FRAME_AUTHENTICATE;
	ask.authenticate = (struct authenticate_request){
		.node = request->node,
		.received = request->received,
		.evidence_digest = digest_span(&digest),
		.nonce = span_of(&evidence->nonce),
		.attest = span_of(&evidence->attest),
		.signature = span_of(&evidence->signature),
		.pcrs = span_of(&pcrs),
		.minting_public = span_of(&evidence->minting_public),
		.certify_attest = span_of(&evidence->certify_attest),
		.certify_signature = span_of(&evidence->certify_signature),
		.report = span_of(&evidence->report),
		.wants_ear = evidence->wants_ear,
		.entries_held = digest_span(&evidence->entries),
		.has_svid = evidence->svid.len > 0,
	};
	return ask_signer(a, &ask, answer);
}

/* Is the image that the signer speaks of the one mapped here? */
static bool has_generation(struct appraiser *a, struct span generation)
{
	adopt_reference(a);
	if (a->reference.image.len == 0)
		return span_is_zero(generation);
	return span_equal(reference_facts(&a->reference.reference).generation, generation);
}

/* The logs, against the reference values that the signer named. */
static enum status appraise_logs(const struct appraiser *a, const struct node_id *node,
				 const struct evidence *evidence, struct appraisal *out)
{
	const struct authenticate_answer *reply = &a->reply.authenticate;
	struct node_class node_class;
	struct pcr_values values;
	struct finding none = finding_of(REASON_RELEASE_NONE);

	if (a->reference.image.len == 0) {
		findings_add(&out->findings, &none);
		return OK;
	}

	enum status status =
		reference_class_named(&a->reference.reference, reply->class_name, &node_class);
	if (status == OK)
		status = read_values(evidence, &node_class, &values);
	if (status != OK)
		return status;

	struct appraisal_input input = {
		.reference = &a->reference.reference,
		.node_class = &node_class,
		.node = node_id_span(node),
		.values = &values,
		.boot_log = span_of(&evidence->boot_log),
		.ima_log = span_of(&evidence->ima_entries),
		.ima_first = evidence->ima_first,
		.ima_has_more = evidence->ima_has_more,
		.state = reply->state,
		.now = (int64_t)time(NULL),
		.asked = reply->asked,
		.in_use_since = reply->in_use_since,
		.ratchet = reply->release_version,
	};
	return appraise(&input, out);
}

/* The SVID that the host reports, if a relying party would take it; it says nothing about
 * the host, and changes no verdict. */
static bool see_svid(const struct appraiser *a, const struct evidence *evidence,
		     struct signed_der *out)
{
	const struct authenticate_answer *reply = &a->reply.authenticate;
	struct node_class node_class;

	if (evidence->svid.len == 0 || reply->svid_path.count == 0 || a->reference.image.len == 0 ||
	    reference_class_named(&a->reference.reference, reply->class_name, &node_class) != OK)
		return false;

	const struct reported_svid svid = {
		.leaf = span_of(&evidence->svid),
		.path = reply->svid_path.items,
		.path_count = reply->svid_path.count,
		.reference = &a->reference.reference,
		.node_class = &node_class,
		.now = (int64_t)time(NULL),
	};
	return reported_svid_check(&svid, out) == OK;
}

/* What the state went on over, for the store. */
static enum status pack_logs(const struct evidence *evidence, const struct appraisal *appraisal,
			     struct bytes *ima_log, struct bytes *boot_log)
{
	enum status status = OK;

	if (appraisal->prefix_bytes > evidence->ima_entries.len)
		return STATUS_MALFORMED;
	if (appraisal->prefix_bytes > 0)
		status = log_frame_pack(
			(struct span){ evidence->ima_entries.data, appraisal->prefix_bytes },
			ima_log);
	if (status == OK && evidence->boot_log.len > 0)
		status = log_frame_pack(span_of(&evidence->boot_log), boot_log);
	return status;
}

/* a->reply is the signer's word on authenticity; afterwards it is the result. */
static bool ask_to_commit(struct appraiser *a, const struct request *request,
			  const struct evidence *evidence, const struct appraisal *appraisal,
			  struct answer *answer)
{
	AUTO_DONE(bytes) ima_log = { 0 };
	AUTO_DONE(bytes) boot_log = { 0 };
	struct signer_request ask;
	struct commit_request *commit = &ask.commit;
	struct signed_der svid;

	if (pack_logs(evidence, appraisal, &ima_log, &boot_log) != OK) {
		answer_malformed(answer, STATUS_NO_MEMORY, NULL);
		return false;
	}
	ask.type = FRAME_COMMIT;
	memset(commit, 0, offsetof(struct commit_request, findings));
	commit->node = request->node;
	commit->generation = a->reply.authenticate.generation;
	commit->claims = appraisal->claims;
	commit->is_retry = appraisal->is_retryable;
	commit->is_unproven = appraisal->is_unproven;
	if (appraisal->has_release) {
		commit->manifest = digest_span(&appraisal->manifest);
		commit->release_version = appraisal->version;
		commit->emergency = digest_span(&appraisal->emergency);
	}
	commit->entries = appraisal->entries;
	commit->state = span_of(&appraisal->state);
	commit->first_entry = evidence->ima_first;
	commit->ima_log = span_of(&ima_log);
	commit->boot_log = span_of(&boot_log);
	if (see_svid(a, evidence, &svid)) {
		commit->svid_tbs = svid.tbs;
		commit->svid_signature = svid.signature;
	}
	findings_copy(&appraisal->findings, &commit->findings);
	return ask_signer(a, &ask, answer);
}

static struct result_reason reason_of(const struct reason_item *item)
{
	enum reason reason = REASON_NONE;
	const char *layer = layer_name(item->layer);
	bool is_known = reason_coded(item->code, &reason) == OK;

	return (struct result_reason){
		.code = lent(item->code),
		.layer = lent(span_text(layer)),
		.owner = lent(item->owner),
		.contact = lent(item->contact),
		.detail = lent(item->detail),
		.advice = lent(span_text(is_known ? reason_facts(reason)->advice : NULL)),
		.has_entry = item->entry != FINDING_NO_ENTRY,
		.entry = item->entry,
	};
}

static void answer_result(const struct result *result, struct answer *answer)
{
	struct attestation_result out;

	attestation_result_init(&out);
	out.verdict = lent(result->verdict);
	out.signature = lent(result->verdict_signature);
	out.certificate = lent(result->certificate);
	out.bundle = lent(result->bundle);
	out.bundle_signature = lent(result->bundle_signature);
	out.entries = lent(result->entries);
	out.ear = lent(result->ear);
	out.retry = result->is_retry;
	for (size_t i = 0; i < result->chain.count && i < RESULT_CHAIN_MAX; i++)
		out.chain[out.chain_count++] = lent(result->chain.items[i]);
	for (size_t i = 0; i < result->jwts.count && i < RESULT_JWTS_MAX; i++)
		out.jwts[out.jwt_count++] =
			(struct result_jwt){ .ticket = result->jwts.items[i].ticket,
					     .sealed = lent(result->jwts.items[i].sealed),
					     .refused = lent(result->jwts.items[i].refused) };
	for (size_t i = 0; i < result->reasons.count && i < RESULT_REASONS_MAX; i++)
		out.reasons[out.reason_count++] = reason_of(&result->reasons.items[i]);
	answer_json(answer, attestation_result_write(&out, &answer->body));
}

/* Neither what the attempt before was told, nor what another request was. */
static void begin_anew(struct appraiser *a, struct answer *answer)
{
	answer->retry_after_s = 0;
	answer->class_name[0] = '\0';
	answer->body.len = 0;
	a->reply.refusal = REFUSAL_NONE;
}

/* One pass. False: the reference values changed under it, once more. */
static bool attest(struct appraiser *a, const struct request *request,
		   const struct evidence *evidence, struct answer *answer)
{
	AUTO_DONE(appraisal) appraisal;

	appraisal_init(&appraisal);
	begin_anew(a, answer);
	if (!ask_to_authenticate(a, request, evidence, answer))
		return a->reply.refusal != REFUSAL_GENERATION_CHANGED || a->is_broken;
	if (a->reply.authenticate.is_final) {
		answer_result(&a->reply.authenticate.result, answer);
		return true;
	}
	answer_about_class(answer, a->reply.authenticate.class_name);
	if (!has_generation(a, a->reply.authenticate.generation))
		return false;
	/* Our own failure changes nothing: the last right runs out by itself. */
	if (appraise_logs(a, &request->node, evidence, &appraisal) != OK) {
		answer->retry_after_s = 5;
		answer_error(answer, 503, "internal", NULL);
		return true;
	}
	if (!ask_to_commit(a, request, evidence, &appraisal, answer))
		return a->reply.refusal != REFUSAL_GENERATION_CHANGED || a->is_broken;
	answer_result(&a->reply.commit, answer);
	return true;
}

void handle_evidence(struct appraiser *a, const struct request *request, struct answer *answer)
{
	AUTO_DONE(evidence) evidence = { 0 };
	const char *fault = NULL;
	enum status status = evidence_parse(request->body, &evidence, &fault);

	if (status != OK) {
		answer_malformed(answer, status, fault);
		return;
	}
	for (int i = 0; i < ATTEMPTS_MAX; i++)
		if (attest(a, request, &evidence, answer))
			return;
	answer->retry_after_s = 1;
	answer_error(answer, 503, "generation-changed", NULL);
}
