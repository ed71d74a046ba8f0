/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FRAME_SHOTS_H
#define TESTS_FRAME_SHOTS_H

#include "daemon/channel.h"
#include "verifier/signer_messages.h"

/*
 * What a captured role could say to a sibling, for each channel between them: a
 * victim's test fires each of these and sees the channel end. unit.h comes first.
 */

/* A descriptor that comes along. */
enum passenger {
	NONE,
	SOME_FILE, /* no memory file */
	UNSEALED,
	EMPTY,
	SHORT, /* sealed, and too short for an image's head */
	GARBAGE, /* sealed */
	PASSENGERS,
};

struct shot {
	const char *name;
	uint16_t type;
	struct span body;
	enum passenger passenger;
	struct span raw; /* instead of a frame */
};

/* Fires at a victim and judges what became of it. */
typedef void (*aim)(void *victim, const struct shot *shot);

/* As it is, under this number. */
void fire(struct channel *c, uint64_t id, const struct shot *shot);
/* Each type that is none of a channel's, with nothing in it. */
void fire_other_types(void *victim, aim at, const uint16_t *known, size_t count);
/* A good body cut at each length, with a byte too much, and with a descriptor. */
void fire_spoiled(void *victim, aim at, uint16_t type, struct bytes *body);
/* A frame over the cap, and one whose bytes that have to be zero are not. */
void fire_raw(void *victim, aim at);
/* A frame of this type with each passenger: no image among them. */
void fire_images(void *victim, aim at, uint16_t type, struct span body);

#endif
