/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/wait.h"

#include <string.h>

#include "messages/wait.h"

#define RETRY_S 60
/* Of a class's nodes, a thousand a second are told: each of them attests. */
#define SPREAD_MS_EACH 1

static struct waiting_node node_of(const struct connection *c)
{
	return (struct waiting_node){ .id = { c->attester.id, c->attester.id_len },
				      .class_name = { c->attester.class_name,
						      c->attester.class_len } };
}

/* A stranger who waits in a node's name would see when the node is named; one that
 * has no TPM to attest with can't take up a place either. */
static bool is_attester(const struct connection *c)
{
	return c->attester.id_len > 0 &&
	       span_equal(node_of(c).id, (struct span){ c->subject, c->subject_len });
}

static void answer(struct connection *c, bool attest)
{
	AUTO_DONE(bytes) body = { 0 };
	const struct wait_answer said = { .attest = attest };

	if (wait_answer_write(&said, &body) != OK) {
		connection_close(c);
		return;
	}
	c->front->metrics.told += attest;
	connection_send(c, 200, span_of(&body));
}

void wait_begin(struct connection *c)
{
	struct front *front = c->front;
	struct waiting_node node = node_of(c);
	uint32_t seconds = 0;

	if (wait_query_parse(span_of(&c->query), &seconds) != OK) {
		connection_refuse(c, 400, 0);
		return;
	}
	if (!is_attester(c)) {
		connection_refuse(c, 409, 0);
		return;
	}
	/* While nobody waited. */
	if (named_since(&front->named, &node, c->attester.since_ms)) {
		answer(c, true);
		return;
	}
	if (front->metrics.waiting >= front->settings->waiting_max) {
		connection_refuse(c, 503, RETRY_S);
		return;
	}
	front->metrics.waiting++;
	c->is_named = false;
	connection_enter(c, PHASE_PARKED, seconds);
}

void wait_end(struct connection *c)
{
	answer(c, c->is_named);
}

/* Up to, and without, most. */
static uint64_t any_below(uint64_t most)
{
	uint32_t random = 0;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	return most * random >> 32;
}

/* Answered from the event loop: answering may end a connection, and so change the list. */
static void name(struct front *front, enum named_scope scope, struct span who)
{
	uint64_t spread_ms = scope == NAMED_CLASS ? front->metrics.waiting * SPREAD_MS_EACH : 0;
	struct connection *c;

	named_note(&front->named, scope, who, connection_clock_ms());
	TAILQ_FOREACH(c, &front->connections, link)
	{
		struct waiting_node node = node_of(c);

		if (c->phase != PHASE_PARKED || !named_is(scope, who, &node) ||
		    (c->is_named && scope == NAMED_CLASS))
			continue;
		c->is_named = true;
		connection_hasten(c, any_below(spread_ms));
	}
}

static void prove(struct connection *c, struct span class_name)
{
	memcpy(c->attester.id, c->subject, c->subject_len);
	c->attester.id_len = c->subject_len;
	if (class_name.len > 0)
		memcpy(c->attester.class_name, class_name.data, class_name.len);
	c->attester.class_len = class_name.len;
	c->attester.since_ms = c->handed_on_ms;
}

void wait_heed(struct connection *c, const struct relay_answer *answer)
{
	enum route route = c->route->route;
	bool is_good = answer->status == 200;

	/* 200 is what the node's AK signed over a fresh nonce, whatever the verdict. */
	if (route == ROUTE_EVIDENCE && is_good)
		prove(c, answer->class_name);
	else if ((route == ROUTE_EVIDENCE || route == ROUTE_CHALLENGE) && !is_good)
		c->attester.id_len = 0;
	else if ((route == ROUTE_ADMIN_QUARANTINE || route == ROUTE_ADMIN_RETIRE) && is_good)
		name(c->front, NAMED_NODE, (struct span){ c->subject, c->subject_len });
	else if (c->is_admin && is_good && answer->class_name.len > 0)
		name(c->front, NAMED_CLASS, answer->class_name);
}
