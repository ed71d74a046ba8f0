/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_JOBS_H
#define VERIFIER_APPRAISER_JOBS_H

#include "verifier/appraiser/requests.h"

/*
 * The requests under way in this process. Each is a task that gives way while the
 * signer is asked; requests about one node come one after the other, as they
 * arrived, so that two of them never race.
 */
bool jobs_init(struct appraiser *a, request_handler handle);
/* Ends those that still wait. */
void jobs_done(struct appraiser *a);

bool jobs_have_room(const struct appraiser *a);
/* A frame of the front; false where it is none that the front may send. A request that
 * makes no sense is answered 400. */
bool jobs_begin(struct appraiser *a, const struct frame *frame);
/* A frame of the signer; false where nobody waits for it. */
bool jobs_answered(struct appraiser *a, const struct frame *frame);
/* Somebody waits for the signer for longer than it ever takes. */
bool jobs_are_late(const struct appraiser *a);

#endif
