/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/attest.h"

#include <string.h>
#include <time.h>

#include "attestd/agent/enrolment.h"
#include "attestd/grant.h"
#include "base/writer.h"
#include "daemon/log.h"
#include "messages/limits.h"
#include "messages/result.h"

/* A node that lost its right asks again sooner: a release may cover it now. */
#define UNTRUSTED_INTERVAL_S 30

static const struct round away = { .outcome = OUTCOME_AWAY };

/* "/v1/nodes/ID/WHAT" with its NUL. */
static enum status node_path(const struct agent *a, const char *what, struct bytes *out)
{
	enum status status = bytes_append(out, span_text("/v1/nodes/"));

	if (status == OK)
		status = node_id_append(out, &a->node);
	return status == OK ? bytes_printf(out, "/%s%c", what, '\0') : status;
}

static struct round post_node(struct agent *a, const char *what, struct span body,
			      struct verifier_answer *answer)
{
	AUTO_DONE(bytes) path = { 0 };

	if (node_path(a, what, &path) != OK)
		return away;
	return agent_post(a, (const char *)path.data, body, answer);
}

/* A challenge, or why there is none. */
static struct round get_challenge(struct agent *a, struct attestation_challenge *out)
{
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(verifier_answer) answer = { 0 };
	const struct attestation_request request = { .reset_count = a->reset_count,
						     .restart_count = a->restart_count };
	char code[65];

	if (attestation_request_write(&request, &body) != OK)
		return away;

	struct round round = post_node(a, "challenge", span_of(&body), &answer);

	if (round.outcome != OUTCOME_VERDICT)
		return round;
	if (answer.code != 200) {
		round = agent_refused(a, &answer, code);
		return strcmp(code, "node-unknown") == 0 ? agent_enrol(a) : round;
	}
	if (attestation_challenge_parse(span_of(&answer.body), out, NULL) != OK) {
		agent_say(a, "the verifier's challenge makes no sense");
		return away;
	}
	return going_on;
}

static enum status append_field(struct bytes *line, const char *name, const struct bytes *value)
{
	enum status status = OK;

	if (value->len == 0)
		return OK;
	status = bytes_append(line, span_text(name));
	return status == OK ? bytes_append(line, span_of(value)) : status;
}

static void log_reason(const struct verdict_reason *r)
{
	AUTO_DONE(bytes) line = { 0 };
	enum status status = bytes_append(&line, span_of(&r->code));

	if (status == OK)
		status = append_field(&line, ": ", &r->detail);
	if (status == OK && r->has_entry)
		status = bytes_printf(&line, ", entry %llu", (unsigned long long)r->entry);
	if (status == OK)
		status = append_field(&line, "; layer ", &r->layer);
	if (status == OK)
		status = append_field(&line, ", owner ", &r->owner);
	if (status == OK)
		log_line(LOG_LEVEL_NOTICE, "%.*s", (int)line.len, (const char *)line.data);
}

/* The same reasons every few minutes are no news. */
static bool is_news(struct agent *a, const struct bytes *all)
{
	struct digest digest = { 0 };

	if (digest_of(DIGEST_SHA256, span_of(all), &digest) != OK)
		return true;
	if (digest_equal(&digest, &a->last_told))
		return false;
	a->last_told = digest;
	return true;
}

/* As they were signed: what else stands beside a verdict, advice to whoever reads this log
 * above all, could be of anybody who answers in the verifier's place. */
static void log_reasons(struct agent *a, const struct verdict *v)
{
	AUTO_DONE(bytes) all = { 0 };

	for (size_t i = 0; i < v->reason_count; i++)
		if (bytes_append(&all, span_of(&v->reasons[i].code)) != OK ||
		    bytes_append(&all, span_of(&v->reasons[i].detail)) != OK)
			return;
	if (!is_news(a, &all))
		return;
	for (size_t i = 0; i < v->reason_count; i++)
		log_reason(&v->reasons[i]);
}

/* Nobody signed why: a code is a word, and that is all that is told of it. */
static void log_codes(struct agent *a, const struct attestation_result *result)
{
	AUTO_DONE(bytes) all = { 0 };

	for (size_t i = 0; i < result->reason_count; i++)
		if (bytes_append_byte(&all, ' ') != OK ||
		    bytes_append(&all, span_of(&result->reasons[i].code)) != OK)
			return;
	if (all.len > 0 && is_news(a, &all))
		log_line(LOG_LEVEL_NOTICE, "the verifier decided nothing:%.*s", (int)all.len,
			 (const char *)all.data);
}

static enum status tell_mint(struct agent *a, const struct attestation_result *result)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_RIGHT_MAX);

	writer_sized32(&w, span_of(&result->verdict));
	writer_sized(&w, span_of(&result->signature));
	writer_sized32(&w, span_of(&result->certificate));
	writer_sized32(&w, span_of(&result->bundle));
	writer_sized(&w, span_of(&result->bundle_signature));
	writer_sized32(&w, span_of(&a->entries));

	enum status status = writer_end(&w);

	return status == OK ? channel_send(&a->mint, FRAME_RIGHT, 0, span_of(&body)) : status;
}

/* What was sent takes the place of what is held, if it is what the verdict names. Where
 * neither is, nothing is held, so that the next evidence asks for it. */
static void keep_entries(struct agent *a, const struct verdict *v,
			 struct attestation_result *result)
{
	if (v->entries.alg == DIGEST_NONE || verdict_names_entries(v, span_of(&a->entries)))
		return;
	bytes_done(&a->entries);
	if (!verdict_names_entries(v, span_of(&result->entries))) {
		log_line(LOG_LEVEL_WARNING,
			 "the registration entries are not those of the verdict");
		return;
	}
	told_was_true(&a->told);
	a->entries = result->entries;
	result->entries = (struct bytes){ 0 };
}

/* What workloads wished for: sealed, to be opened by the mint alone. */
static enum status tell_tokens(struct agent *a, const struct attestation_result *result)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX * 2);

	if (result->jwt_count == 0)
		return OK;
	writer_u8(&w, (uint8_t)result->jwt_count);
	for (size_t i = 0; i < result->jwt_count; i++) {
		writer_be64(&w, result->jwts[i].ticket);
		writer_sized(&w, span_of(&result->jwts[i].sealed));
		writer_sized(&w, span_of(&result->jwts[i].refused));
	}

	enum status status = writer_end(&w);

	return status == OK ? channel_send(&a->mint, FRAME_JWT_SVIDS, 0, span_of(&body)) : status;
}

static void say_verdict(struct agent *a, const struct verdict *v, int64_t expires)
{
	const char *state = node_state_name(v->state);

	if (v->state == NODE_TRUSTED && expires != 0)
		agent_say(a, "trusted, with the right to mint");
	else if (v->reason_count > 0)
		agent_say(a, "%s: %.*s (%.*s)", state, (int)v->reasons[0].code.len,
			  (const char *)v->reasons[0].code.data, (int)v->reasons[0].layer.len,
			  (const char *)v->reasons[0].layer.data);
	else
		agent_say(a, "%s", state);
}

/* What is lost is lost at the mint first, which takes the SVIDs away however long
 * the TPM may take; a right goes to the broker first: the mint's first signature
 * wants the grant there. */
static struct round hand_on(struct agent *a, const struct verdict *v,
			    const struct attestation_result *result, uint32_t interval_s)
{
	struct round round = { .outcome = OUTCOME_VERDICT,
			       .interval_s = interval_s,
			       .is_signed = true };
	int64_t expires = 0;

	if (v->state != NODE_TRUSTED) {
		if (channel_send(&a->mint, FRAME_RIGHT_ENDED, 0, (struct span){ 0 }) != OK)
			return (struct round){ .outcome = OUTCOME_BROKEN };
		if (interval_s > UNTRUSTED_INTERVAL_S)
			round.interval_s = UNTRUSTED_INTERVAL_S;
	}

	enum status status =
		broker_verdict(&a->broker, span_of(&result->verdict), span_of(&result->signature),
			       span_of(&result->certificate), &expires);

	if (status != OK)
		return agent_broker_refused(a, "verdict", status);
	say_verdict(a, v, expires);
	if (v->state != NODE_TRUSTED || expires == 0)
		return round;
	if (v->certificate.alg != DIGEST_NONE &&
	    (tell_mint(a, result) != OK || tell_tokens(a, result) != OK))
		return (struct round){ .outcome = OUTCOME_BROKEN };
	round.lifetime_s = schedule_lifetime_s(v->issued, expires, (int64_t)time(NULL));
	return round;
}

/* Nothing was decided. At once only where the verifier went on from one part of
 * the log to the next: its word is not signed, and each round costs a quote. */
static struct round undecided(struct agent *a, bool is_next_part)
{
	if (a->goes_on_at == 0 || !is_next_part)
		return (struct round){ .outcome = OUTCOME_SOON };
	agent_say(a, "sending the IMA log in parts");
	return (struct round){ .outcome = OUTCOME_MORE };
}

static bool has_reason(const struct verdict *v, const char *code)
{
	for (size_t i = 0; i < v->reason_count; i++) {
		if (span_equal(span_of(&v->reasons[i].code), span_text(code)))
			return true;
	}
	return false;
}

static struct round take_result(struct agent *a, const struct attestation_challenge *challenge,
				bool is_next_part, struct span body)
{
	AUTO_DONE(attestation_result) result = { 0 };
	AUTO_DONE(verdict) v = { 0 };
	const char *fault = "";

	if (attestation_result_parse(body, &result, &fault) != OK) {
		agent_say(a, "the verifier's result makes no sense (%s)", fault);
		return away;
	}
	/* Nothing was decided, and so there is nothing to hand on. */
	if (result.retry) {
		log_codes(a, &result);
		return undecided(a, is_next_part);
	}
	/* TLS ends in the verifier's front: only the result key speaks for the
	 * verdict. */
	enum status opened = verdict_open(span_of(&result.verdict), span_of(&result.signature),
					  a->configuration->result_key, &v);

	if (opened != OK) {
		agent_say(a, opened == STATUS_MISMATCH
				     ? "the verdict is not by the result key"
				     : "the verdict is by the result key, and not readable: is "
				       "attestd older than its verifier?");
		return away;
	}
	if (!span_equal(node_id_span(&v.node), node_id_span(&a->node)) ||
	    !span_equal(span_of(&v.nonce), span_of(&challenge->nonce))) {
		agent_say(a, "the verdict answers another question");
		return away;
	}
	log_reasons(a, &v);
	a->has_activated = false;
	keep_entries(a, &v, &result);
	a->must_activate = has_reason(&v, "tpm-cleared");
	/* Nobody signed the challenge: who answers in the verifier's place would have the
	 * TPM quote each second. What says nothing is a verifier of before. */
	return hand_on(a, &v, &result, v.interval_s > 0 ? v.interval_s : challenge->interval_s);
}

/* The verifier may know another AK than this TPM has now: its template came with other
 * software. Nobody signed that, and an activation costs the TPM its slowest command: one
 * has to do until there is a verdict. */
static struct round doubt_key(struct agent *a, struct round refused)
{
	if (a->has_activated)
		return refused;
	a->must_activate = true;
	return (struct round){ .outcome = OUTCOME_SOON };
}

static struct round send_evidence(struct agent *a, const struct attestation_challenge *challenge)
{
	AUTO_DONE(broker_evidence) evidence = { 0 };
	AUTO_DONE(verifier_answer) answer = { 0 };
	bool is_next_part = a->goes_on_at == 0 || challenge->next_entry == a->goes_on_at;
	struct digest entries = { 0 };
	char code[65];
	enum status status = OK;

	if (a->entries.len > 0)
		status = digest_of(DIGEST_SHA256, span_of(&a->entries), &entries);
	if (status == OK)
		status = broker_evidence(&a->broker, challenge, &entries, &evidence);
	a->goes_on_at = 0;
	if (status != OK)
		return agent_broker_refused(a, "evidence", status);
	a->reset_count = evidence.reset_count;
	a->restart_count = evidence.restart_count;
	a->goes_on_at = evidence.goes_on_at;

	struct round round = post_node(a, "evidence", span_of(&evidence.body), &answer);

	if (round.outcome != OUTCOME_VERDICT)
		return round;
	if (answer.code != 200) {
		round = agent_refused(a, &answer, code);
		return strcmp(code, "signature-invalid") == 0 ? doubt_key(a, round) : round;
	}
	return take_result(a, challenge, is_next_part, span_of(&answer.body));
}

/* The id follows from the EK certificate: no enrolment is needed to know it. */
static struct round find_node(struct agent *a)
{
	AUTO_DONE(broker_identity) identity = { 0 };
	enum status status = broker_identity(&a->broker, false, &identity);

	if (status != OK)
		return agent_broker_refused(a, "identity", status);
	/* The hint of the first challenge: this boot's log may be known already. */
	a->reset_count = identity.reset_count;
	a->restart_count = identity.restart_count;
	if (!identity.has_node)
		return agent_enrol(a);
	a->node = identity.node;
	a->has_node = true;
	return going_on;
}

/* EK and AK once more, which names the AK and lets the TPM's counters start again. In
 * the round after what asked for it: the verifier counts in seconds, and takes only an
 * enrolment that is younger than its verdict. Once, since the next answer asks again. */
static struct round activate_again(struct agent *a)
{
	a->must_activate = false;

	struct round round = agent_enrol(a);

	a->has_activated = round.outcome == OUTCOME_SOON || round.outcome == OUTCOME_PENDING;
	return round;
}

struct round agent_attest(struct agent *a)
{
	AUTO_DONE(attestation_challenge) challenge = { 0 };
	struct round round = a->has_node ? going_on : find_node(a);

	if (a->must_activate)
		return activate_again(a);
	if (round.outcome == OUTCOME_VERDICT)
		round = get_challenge(a, &challenge);
	if (round.outcome == OUTCOME_VERDICT && challenge.nonce.len > 0)
		return send_evidence(a, &challenge);
	return round;
}
