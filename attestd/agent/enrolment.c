/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/enrolment.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/log.h"
#include "messages/activate.h"
#include "messages/evidence.h"
#include "messages/limits.h"

static enum status put_hostname(const struct agent *a, struct bytes *out)
{
	const char *name = configuration_text(a->configuration, "agent", "hostname");
	char own[HOSTNAME_MAX + 1] = "";

	if (name == NULL) {
		if (gethostname(own, sizeof(own) - 1) != 0)
			return STATUS_IO;
		name = own;
	}
	return bytes_append(out, span_text(name));
}

/* The request, from what the TPM says. */
static struct round make_request(struct agent *a, struct bytes *body)
{
	AUTO_DONE(broker_identity) identity = { 0 };
	enum status status = broker_identity(&a->broker, true, &identity);

	if (status != OK)
		return agent_broker_refused(a, "identity", status);
	if (!identity.has_node || identity.enrolment.ak_public.len == 0) {
		for (unsigned bit = 0; bit < HOST_STATES; bit++) {
			if ((identity.states >> bit & 1) != 0)
				agent_say(a, "cannot enrol: %s", host_state_name(1u << bit));
		}
		if (identity.states == 0)
			agent_say(a, "cannot enrol: the TPM's EK certificate cannot be read");
		return (struct round){ .outcome = OUTCOME_AWAY };
	}
	a->node = identity.node;
	a->has_node = true;
	status = put_hostname(a, &identity.enrolment.hostname);
	if (status == OK)
		status = enrolment_request_write(&identity.enrolment, body);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "enrolment request: %s", status_text(status));
	return status == OK ? going_on : (struct round){ .outcome = OUTCOME_AWAY };
}

static struct round activate(struct agent *a, const struct enrolment_answer *enrolment)
{
	AUTO_DONE(broker_activation) made = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(verifier_answer) answer = { 0 };
	struct activation_answer parsed;
	enum status status = broker_activate(&a->broker, enrolment, &made);

	if (status != OK)
		return agent_broker_refused(a, "activate", status);

	/* Borrowed: the request owns none of them. */
	const struct activation_request request = { .record = enrolment->record,
						    .secret = made.secret,
						    .nonce = enrolment->challenge.nonce,
						    .attest = made.attest,
						    .signature = made.signature };

	status = activation_request_write(&request, &body);
	if (status == OK)
		status = bytes_append(&path, span_text("/v1/enrol/"));
	if (status == OK)
		status = node_id_append(&path, &a->node);
	if (status == OK)
		status = bytes_printf(&path, "/activate%c", '\0');
	if (status != OK)
		return (struct round){ .outcome = OUTCOME_AWAY };

	struct round round = agent_post(a, (const char *)path.data, span_of(&body), &answer);
	char code[65];

	bytes_wipe(&body);
	if (round.outcome != OUTCOME_VERDICT)
		return round;
	if (answer.code != 200)
		return agent_refused(a, &answer, code);
	if (activation_answer_parse(span_of(&answer.body), &parsed, NULL) != OK ||
	    !span_equal(node_id_span(&parsed.node_id), node_id_span(&a->node))) {
		agent_say(a, "the verifier's answer to activation makes no sense");
		return (struct round){ .outcome = OUTCOME_AWAY };
	}
	agent_say(a, "enrolled, %s", node_state_name(parsed.state));
	return parsed.state == NODE_PENDING ? (struct round){ .outcome = OUTCOME_PENDING }
					    : (struct round){ .outcome = OUTCOME_SOON };
}

struct round agent_enrol(struct agent *a)
{
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(verifier_answer) answer = { 0 };
	AUTO_DONE(enrolment_answer) enrolment = { 0 };
	struct round round = make_request(a, &body);
	char code[65];

	if (round.outcome == OUTCOME_VERDICT)
		round = agent_post(a, "/v1/enrol", span_of(&body), &answer);
	if (round.outcome != OUTCOME_VERDICT)
		return round;
	if (answer.code != 200)
		return agent_refused(a, &answer, code);
	if (enrolment_answer_parse(span_of(&answer.body), &enrolment, NULL) != OK ||
	    !span_equal(node_id_span(&enrolment.node_id), node_id_span(&a->node))) {
		agent_say(a, "the verifier's answer to enrolment makes no sense");
		return (struct round){ .outcome = OUTCOME_AWAY };
	}
	return activate(a, &enrolment);
}
