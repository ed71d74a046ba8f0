/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_ROOM_H
#define VERIFIER_FRONT_ROOM_H

#include "verifier/front/request.h"

/* Whose the places are, and the memory for large bodies; and who gives some of it to those
 * who come. */
void room_init(struct front *front);
/* A connection's first place, its next one, and its end. */
void room_enter(struct connection *c, enum place place);
void room_move(struct connection *c, enum place place);
void room_leave(struct connection *c);

/*
 * Whose place is for who comes: of whatever there is most of, the connection that is idle
 * for longest, the one that has not asked for anything for longest, or the transfer that
 * came on least recently of the peer that has most of them. NULL: all wait for an answer.
 */
struct connection *room_next(const struct front *front);

/* Whether so many bytes more of its body may be held. Large bodies share one budget; small
 * ones are bounded by the number of connections. */
bool room_has_bytes(const struct connection *c, size_t more);
/* Whose unfinished body is to end for them: of the first, among the few peers that hold most,
 * that has one and then still holds as much as the one that comes. NULL: nobody's. */
struct connection *room_next_body(const struct connection *c, size_t more);
/* They came. */
void room_count_bytes(struct connection *c, size_t more);
/* The body is held no more. */
void room_forget_bytes(struct connection *c);
/* What it holds of a large body; 0: its body is small. */
size_t room_large_bytes(const struct connection *c);
/* An appraiser has it, or is to have it: they count until room_release_bytes(), which is of
 * relay_init(), and no longer with the connection. */
void room_hand_on_bytes(struct connection *c);
void room_release_bytes(void *front, struct peer *peer, size_t held);

#endif
