/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMISSION_MEASURED_H
#define ATTESTD_MINT_ADMISSION_MEASURED_H

#include <sys/types.h>

#include "attestd/frames.h"
#include "base/digest.h"

/*
 * Which executables stand in the IMA log under a quote that a verifier trusted. The
 * broker, which reads the log, says so; that stays true until the boot ends, and so
 * is kept. Anything else is good for whoever asked, and asked for again. Nobody waits for
 * the broker.
 */
#define MEASURED_MAX 512
#define MEASURED_ASKED_MAX 32
/* Of those for one user: who asks about all that he can keeps nobody else out. */
#define MEASURED_OF_USER_MAX 16
/* How long an answer waits for who asked. */
#define MEASURED_FRESH_S 5

/* The body of FRAME_MEASURED to the broker, for this user. The body of its answer, or
 * STATUS_UNAVAILABLE, goes into answer, once and later. */
typedef void (*measured_answer)(void *slot, enum status status, struct span body);

struct measured_source {
	void *context;
	enum status (*ask)(void *context, uid_t user, struct span question, measured_answer answer,
			   void *slot);
	/* An answer is there. */
	void (*answered)(void *context);
};

struct measured_question {
	struct measured *measured;
	struct digest which; /* of path and content */
	struct bytes body;
	uid_t user;
	int64_t answered_s;
	unsigned steps;
	enum { QUESTION_NONE, QUESTION_ASKED, QUESTION_ANSWERED } stage;
	enum status status;
	enum measured_state state;
};

struct measured {
	struct measured_source source;
	int64_t (*now_s)(void);
	struct digest known[MEASURED_MAX];
	size_t count, next;
	struct measured_question asked[MEASURED_ASKED_MAX];
};

/* now_s: of a clock that nobody sets. */
void measured_init(struct measured *m, const struct measured_source *source,
		   int64_t (*now_s)(void));
/* Once its source brings no answers any more. */
void measured_done(struct measured *m);
/* STATUS_NOT_FOUND: the broker was asked, and the source will say when to ask again.
 * STATUS_UNAVAILABLE: no answer now. STATUS_MALFORMED: the broker's answer is none. */
enum status measured_ask(struct measured *m, uid_t user, struct span path,
			 const struct digest *digest, enum measured_state *out);

#endif
