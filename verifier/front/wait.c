/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/wait.h"

#include <string.h>

#include <event2/buffer.h>

#include "daemon/clock.h"
#include "messages/wait.h"
#include "verifier/front/hash.h"

#define RETRY_S 60
/* Of a class's nodes, a thousand a second are told: each of them attests. */
#define SPREAD_MS_EACH 1

static struct span id_of(const struct connection *c)
{
	return (struct span){ c->attester.id, c->attester.id_len };
}

static struct waiting_node node_of(const struct connection *c)
{
	return (struct waiting_node){
		.id = id_of(c), .class_name = { c->attester.class_name, c->attester.class_len }
	};
}

/* A stranger who waits in a node's name would see when the node is named; one that
 * has no TPM to attest with can't take up a place either. */
static bool is_attester(const struct connection *c)
{
	return c->attester.id_len > 0 &&
	       span_equal(id_of(c), (struct span){ c->subject, c->subject_len });
}

static size_t list_of(const struct front *front, struct span id)
{
	return hash_of(front->seed, id) % WAITS_LISTS;
}

static struct connection *waiting_of(struct front *front, struct span id)
{
	struct connection *c = LIST_FIRST(&front->waits[list_of(front, id)]);

	while (c != NULL && !span_equal(id_of(c), id))
		c = LIST_NEXT(c, of_node);
	return c;
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

static bool has_said_more(const struct connection *c)
{
	return evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;
}

/* What stands against it: an HTTP status, 0 nothing. */
static unsigned check(const struct connection *c, uint32_t *seconds)
{
	if (wait_query_parse(span_of(&c->query), seconds) != OK)
		return 400;
	return is_attester(c) ? 0 : 409;
}

static void park(struct connection *c, uint32_t seconds)
{
	struct front *front = c->front;

	front->metrics.waiting++;
	LIST_INSERT_HEAD(&front->waits[list_of(front, id_of(c))], c, of_node);
	TAILQ_INSERT_TAIL(&c->peer->waiting, c, of_peer);
	c->is_named = false;
	c->parked_until_ms = clock_monotonic_ms() + (int64_t)seconds * 1000;
	connection_enter(c, PHASE_PARKED, seconds);
}

void wait_begin(struct connection *c)
{
	struct front *front = c->front;
	struct waiting_node node = node_of(c);
	uint32_t seconds = 0;
	unsigned refusal = check(c, &seconds);

	if (refusal == 0 && has_said_more(c)) {
		c->keep_alive = false;
		refusal = 400;
	}
	if (refusal != 0) {
		connection_refuse(c, refusal, 0);
		return;
	}
	/* While nobody waited. */
	if (named_since(&front->named, &node, c->attester.since_ms)) {
		answer(c, true);
		return;
	}

	/* One place for each node, who could take up all of them else, at the price of one
	 * quote. An honest one has lost the connection on which it waited before. */
	struct connection *before = waiting_of(front, node.id);

	if (before != NULL)
		connection_close(before);
	if (front->metrics.waiting >= front->settings->waiting_max)
		connection_refuse(c, 503, RETRY_S);
	else
		park(c, seconds);
}

/* What it sends would be kept for as long as it waits. */
void wait_hear(struct connection *c)
{
	if (has_said_more(c))
		connection_close(c);
}

void wait_end(struct connection *c)
{
	/* Until here it would have been named. */
	if (!c->is_named)
		c->attester.since_ms = clock_monotonic_ms();
	answer(c, c->is_named);
}

/* Answered from the event loop: answering may end a connection, and so change the list. */
static void tell(struct connection *c, uint64_t spread_ms)
{
	uint32_t random = 0;

	evutil_secure_rng_get_bytes(&random, sizeof(random));
	c->is_named = true;
	connection_hasten(
		c, named_after_ms(spread_ms, c->parked_until_ms - clock_monotonic_ms(), random));
}

static void name_node(struct front *front, struct span id)
{
	struct connection *c = waiting_of(front, id);

	named_note(&front->named, NAMED_NODE, id, clock_monotonic_ms());
	if (c != NULL)
		tell(c, 0);
}

static void name_class(struct front *front, struct span class_name)
{
	uint64_t spread_ms = front->metrics.waiting * SPREAD_MS_EACH;
	struct connection *c;

	named_note(&front->named, NAMED_CLASS, class_name, clock_monotonic_ms());
	TAILQ_FOREACH(c, &front->places[PLACE_WAITING], link)
	{
		struct waiting_node node = node_of(c);

		if (!c->is_named && named_is(NAMED_CLASS, class_name, &node))
			tell(c, spread_ms);
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
		name_node(c->front, (struct span){ c->subject, c->subject_len });
	else if (c->is_admin && is_good && answer->class_name.len > 0)
		name_class(c->front, answer->class_name);
}
