/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_DESKS_H
#define VERIFIER_SIGNER_DESKS_H

#include <poll.h>

#include "daemon/channel.h"
#include "verifier/signer/core.h"

/*
 * The appraisers' channels. Each has at most one request in a group, and all
 * that wait are answered in one transaction.
 */
#define DESKS_MAX 32

struct desk {
	struct channel channel;
	bool is_open;
	bool wants_reference;
	struct pending pending;
	bool is_asking;
	uint64_t id;
	struct signer_request request;
	struct signer_answer answer;
	struct keep keep;
};

struct desks {
	size_t count; /* those that ever were open */
	struct desk list[DESKS_MAX];
};

/* Owns the descriptor: of an appraiser that takes the place of the one before,
 * whose request is forgotten unless it is on record already. */
enum status desks_open(struct desks *desks, size_t number, int fd, bool has_image);
void desks_done(struct desks *desks);

/* Fills DESKS_MAX slots, of which count may be polled. */
void desks_await(const struct desks *desks, struct pollfd *slots);
/* The next request of each desk that poll(2) found ready. */
void desks_take(struct desks *desks, const struct pollfd *slots);
/* Answers what waits. turn: its signer, time and randomness. */
void desks_answer(struct desks *desks, const struct turn *turn);
/* Each gets the reference image, in front of its next answer but one at the latest. */
void desks_want_reference(struct desks *desks);
/* Sends what is queued, then the image. */
void desks_flush(struct desks *desks, int image_fd);

#endif
