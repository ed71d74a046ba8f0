/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/agent.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "daemon/log.h"
#include "messages/error.h"

#define RETIRED_INTERVAL_S 60

void agent_say(struct agent *a, const char *format, ...)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	char state[sizeof(a->state)];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(state, sizeof(state), format, args);
	va_end(args);
	/* Parts of it came from the network. */
	for (char *c = state; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	if (strcmp(state, a->state) == 0)
		return;
	memcpy(a->state, state, sizeof(state));
	log_line(LOG_LEVEL_NOTICE, "%s", state);
	writer_sized(&w, span_text(state));
	/* A parent that went ends us by itself. */
	if (writer_end(&w) == OK)
		(void)!channel_send(&a->parent, FRAME_STATE, 0, span_of(&body));
}

struct round agent_post(struct agent *a, const char *path, struct span body,
			struct verifier_answer *answer)
{
	if (verifier_post(a->verifier, path, body, answer) == OK)
		return going_on;
	/* Unreachable is not untrusted: the right runs out by itself. */
	agent_say(a, "the verifier does not answer: %s", verifier_client_reason(a->verifier));
	return (struct round){ .outcome = OUTCOME_AWAY };
}

struct round agent_broker_refused(struct agent *a, const char *verb, enum status status)
{
	if (status == STATUS_IO) {
		log_line(LOG_LEVEL_ERROR, "the broker is gone");
		return (struct round){ .outcome = OUTCOME_BROKEN };
	}
	agent_say(a, "%s: %s", verb,
		  a->broker.reason[0] != '\0' ? a->broker.reason : status_text(status));
	return (struct round){ .outcome = OUTCOME_AWAY };
}

struct round agent_end_right(struct agent *a)
{
	/* The mint first: it takes the SVIDs away, however long the TPM may take. */
	if (channel_send(&a->mint, FRAME_RIGHT_ENDED, 0, (struct span){ 0 }) != OK)
		return (struct round){ .outcome = OUTCOME_BROKEN };

	enum status status = broker_drop(&a->broker);

	if (status != OK)
		return agent_broker_refused(a, "drop", status);
	/* No evidence carries what a workload wished for: it must not hurry each round. */
	a->broker.has_wish = false;
	return going_on;
}

struct round agent_refused(struct agent *a, const struct verifier_answer *answer, char code[65])
{
	AUTO_DONE(error_answer) error = { 0 };
	struct round round = { .outcome = OUTCOME_AWAY, .retry_after_s = answer->retry_after_s };

	code[0] = '\0';
	if (error_answer_parse(span_of(&answer->body), &error, NULL) == OK)
		(void)snprintf(code, 65, "%.*s", (int)(error.code.len < 64 ? error.code.len : 64),
			       (const char *)error.code.data);
	if (strcmp(code, "node-unknown") == 0)
		return round;
	agent_say(a, "the verifier says %ld %s", answer->code, code);
	if (strcmp(code, "node-pending") == 0)
		round.outcome = OUTCOME_PENDING;
	if (strcmp(code, "nonce-expired") == 0 || strcmp(code, "evidence-replayed") == 0)
		round.outcome = OUTCOME_SOON;
	if (strcmp(code, "node-quarantined") == 0 || strcmp(code, "node-retired") == 0) {
		round = agent_end_right(a);
		if (round.outcome == OUTCOME_VERDICT)
			round.interval_s = RETIRED_INTERVAL_S;
	}
	return round;
}
