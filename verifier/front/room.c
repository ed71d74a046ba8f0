/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/room.h"

#include "messages/limits.h"

#define MIB ((size_t)1 << 20)
/* A record's worth: what comes at once ends a handful of those that hold so little. */
#define ENDED_MIN ((size_t)16 << 10)
/* Of those that hold most, so many are asked for a body: whoever is not
 * among them holds less than a ninth of all. */
#define ASKED_MAX 8

void room_init(struct front *front)
{
	for (size_t i = 0; i < PLACES; i++)
		TAILQ_INIT(&front->places[i]);
	ranking_init(&front->by_transfers);
	ranking_init(&front->by_bytes);
}

static void rank_transfers(struct front *front, struct peer *peer)
{
	ranking_put(&front->by_transfers, &peer->by_transfers, peer->transfer_count);
}

void room_enter(struct connection *c, enum place place)
{
	c->place = place;
	TAILQ_INSERT_TAIL(&c->front->places[place], c, link);
	c->front->place_counts[place]++;
	if (place != PLACE_TRANSFER)
		return;
	TAILQ_INSERT_TAIL(&c->peer->transfers, c, transfer);
	c->peer->transfer_count++;
	rank_transfers(c->front, c->peer);
}

void room_leave(struct connection *c)
{
	TAILQ_REMOVE(&c->front->places[c->place], c, link);
	c->front->place_counts[c->place]--;
	if (c->place != PLACE_TRANSFER)
		return;
	TAILQ_REMOVE(&c->peer->transfers, c, transfer);
	c->peer->transfer_count--;
	rank_transfers(c->front, c->peer);
}

void room_move(struct connection *c, enum place place)
{
	if (c->place == place)
		return;
	room_leave(c);
	room_enter(c, place);
}

/* The transfer that came on least recently of whoever has most of them. */
static struct connection *slowest(const struct front *front)
{
	return TAILQ_FIRST(&ranking_top(&front->by_transfers)->transfers);
}

struct connection *room_next(const struct front *front)
{
	enum place most = PLACE_IDLE;

	if (front->place_counts[PLACE_NEW] > front->place_counts[most])
		most = PLACE_NEW;
	if (front->place_counts[PLACE_TRANSFER] > front->place_counts[most])
		most = PLACE_TRANSFER;
	if (front->place_counts[most] == 0)
		return NULL;
	return most == PLACE_TRANSFER ? slowest(front) : TAILQ_FIRST(&front->places[most]);
}

static bool is_large(const struct connection *c)
{
	return c->body_len > REQUEST_BODY_MAX;
}

size_t room_large_bytes(const struct connection *c)
{
	return is_large(c) ? c->counted : 0;
}

static void rank_bytes(struct front *front, struct peer *peer)
{
	ranking_put(&front->by_bytes, &peer->by_bytes, (peer->body_bytes + MIB - 1) / MIB);
}

static struct connection *unfinished_body(const struct peer *peer)
{
	struct connection *c;

	TAILQ_FOREACH(c, &peer->transfers, transfer)
	if (c->phase == PHASE_BODY && is_large(c) && c->counted >= ENDED_MIN)
		return c;
	return NULL;
}

/* Each such end makes the shares more even: nobody whose body was ended can have it back
 * by beginning again, or none would ever be whole. */
static bool has_as_much_without(const struct connection *ended, const struct connection *c,
				size_t more)
{
	return ended->peer->body_bytes - ended->counted >= c->peer->body_bytes + more;
}

struct connection *room_next_body(const struct connection *c, size_t more)
{
	const struct ranking *ranking = &c->front->by_bytes;
	struct peer *peer = ranking_top(ranking);

	/* Who holds most may have it all in one body, or in whole ones that an appraiser has:
	 * behind him nobody is to keep what he does not send for. */
	for (size_t i = 0; i < ASKED_MAX && peer != NULL; i++) {
		struct connection *next = unfinished_body(peer);

		if (next != NULL && has_as_much_without(next, c, more))
			return next;
		peer = ranking_next(ranking, &peer->by_bytes);
	}
	return NULL;
}

bool room_has_bytes(const struct connection *c, size_t more)
{
	return !is_large(c) || c->front->large_bytes + more <= c->front->settings->bodies_max;
}

/* It came on by a second's worth. */
static void note_progress(struct connection *c)
{
	TAILQ_REMOVE(&c->peer->transfers, c, transfer);
	TAILQ_INSERT_TAIL(&c->peer->transfers, c, transfer);
	rank_transfers(c->front, c->peer);
}

void room_count_bytes(struct connection *c, size_t more)
{
	size_t steps = c->counted / PACE_BYTES_PER_S;

	c->counted += more;
	c->front->metrics.body_bytes += more;
	if (!is_large(c))
		return;
	c->front->large_bytes += more;
	c->peer->body_bytes += more;
	rank_bytes(c->front, c->peer);
	if (c->counted / PACE_BYTES_PER_S > steps)
		note_progress(c);
}

static void give_back(struct front *front, struct peer *peer, size_t held)
{
	front->metrics.body_bytes -= held;
	front->large_bytes -= held;
	peer->body_bytes -= held;
	rank_bytes(front, peer);
}

void room_forget_bytes(struct connection *c)
{
	if (is_large(c))
		give_back(c->front, c->peer, c->counted);
	else
		c->front->metrics.body_bytes -= c->counted;
	c->counted = 0;
}

void room_hand_on_bytes(struct connection *c)
{
	if (is_large(c))
		c->counted = 0;
}

void room_release_bytes(void *front, struct peer *peer, size_t held)
{
	give_back(front, peer, held);
	peers_forget(peer);
}
