/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/wait.h"

#include "messages/wait.h"

/* Waits for a word until the next round, where there is a right that a word may be
 * about; one after the other, since each has its end. */
void agent_ask_to_be_told(struct agent *a, int64_t now, int64_t next)
{
	AUTO_DONE(bytes) path = { 0 };
	uint32_t seconds = told_seconds(&a->told, now, next);

	if (seconds == 0 || verifier_wait_is_under_way(a->verifier))
		return;

	enum status status = bytes_append(&path, span_text("/v1/nodes/"));

	if (status == OK)
		status = node_id_append(&path, &a->node);
	if (status == OK)
		status = bytes_printf(&path, "/wait?seconds=%u%c", seconds, '\0');
	if (status == OK)
		status = verifier_wait_begin(a->verifier, (const char *)path.data, seconds);
	told_ask(&a->told, now, seconds);
	if (status != OK)
		told_hear(&a->told, now, NULL);
}

/* A verifier that does not know of waits, has no room, or is gone is no fault: rounds
 * have their time. */
void agent_hear(struct agent *a, int64_t now)
{
	AUTO_DONE(verifier_answer) answer = { 0 };
	struct wait_answer parsed;
	const char *fault = NULL;
	enum status status = verifier_wait_take(a->verifier, &answer);

	if (status == STATUS_NOT_FOUND)
		return;
	if (status == OK && answer.code == 200 &&
	    wait_answer_parse(span_of(&answer.body), &parsed, &fault) == OK)
		told_hear(&a->told, now, &parsed);
	else
		told_hear(&a->told, now, NULL);
}
