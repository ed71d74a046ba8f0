/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_DESKS_H
#define VERIFIER_SIGNER_DESKS_H

#include <poll.h>

#include "daemon/channel.h"
#include "verifier/signer/core.h"

/*
 * The appraisers' channels. All that waits on them is answered in one transaction,
 * synced once; an answer lies in its channel's buffer, unsent, until that is durable.
 */
/* An authentication waits here for its FRAME_COMMIT. */
struct conversation {
	uint64_t id;
	struct pending pending;
};

/* Answered in this group. */
struct asked {
	uint64_t id;
	enum frame_type type;
};

struct desk {
	struct channel channel;
	bool is_open;
	bool wants_reference;
	struct conversation conversations[CONVERSATIONS_MAX];
	struct asked asked[CONVERSATIONS_MAX];
	size_t asked_count;
	size_t queued_before; /* bytes, of the groups before this one */
};

struct desks {
	size_t count; /* those that ever were open */
	bool is_failing; /* the store, and it was said */
	struct desk list[DESKS_MAX];
	struct signer_request request; /* the one being answered */
	struct signer_answer answer;
	struct bytes encoded; /* the answer, on its way into a channel */
};

/* Owns the descriptor: of an appraiser that takes the place of the one before,
 * whose requests are forgotten unless they are on record already. */
enum status desks_open(struct desks *desks, size_t number, int fd, bool has_image);
void desks_done(struct desks *desks);

/* Fills DESKS_MAX slots, of which count may be polled. */
void desks_await(const struct desks *desks, struct pollfd *slots);
/* Requests that were read already: the poll(2) must not wait. */
bool desks_have_more(const struct desks *desks);
/* Answers what waits on the desks that poll(2) found ready, or that have more. turn: its signer, time
 * and randomness. */
void desks_answer(struct desks *desks, const struct pollfd *slots, const struct turn *turn);
/* Each gets the reference image, behind what is queued for it at the latest. */
void desks_want_reference(struct desks *desks);
/* Sends what is queued, then the image. */
void desks_flush(struct desks *desks, int image_fd);

#endif
