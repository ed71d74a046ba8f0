/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_SIGNING_H
#define ATTESTD_MINT_IDENTITY_SIGNING_H

#include <sys/queue.h>
#include <sys/types.h>

#include "attestd/subject.h"
#include "base/digest.h"
#include "daemon/channel.h"

/*
 * The broker, which has the minting key. A TPM takes its time: questions wait in a
 * queue, two are with the broker, so that it finds the next one when it has answered the
 * one before, and nobody waits for an answer. Of the users for whom somebody asks, each
 * has its turn.
 */
#define SIGNING_ASKED_MAX 2

struct question;
TAILQ_HEAD(questions, question);

/* OK: the body of the answer. STATUS_UNAVAILABLE: refused, or the broker is gone.
 * The question is over; what this asks anew comes behind the others. */
typedef void (*signing_answer)(void *context, enum status status, struct span body);

struct signing {
	struct channel broker;
	uint64_t last_id;
	struct questions waiting;
	struct questions asked; /* those that are with the broker, in the order of answers */
	size_t asked_count;
	int64_t until_s; /* for the next answer, on the clock that nobody sets */
	uid_t last_user;
	/* It went, was late or talked nonsense: what it says later would answer another
	 * question. */
	bool is_gone;
};

/* The broker's channel, which it takes. */
void signing_init(struct signing *s, int fd);
void signing_done(struct signing *s);

/* A question of FRAME_... for this user. answer is called once, from signing_take() or
 * signing_keep(), unless it is cancelled before. *out may be NULL. */
enum status signing_ask(struct signing *s, uint16_t type, struct span body, uid_t user,
			signing_answer answer, void *context, struct question **out);
/* For the minting key's signature of tbs, which is in the answer's body. */
enum status signing_ask_for_svid(struct signing *s, struct span tbs, const struct subject *subject,
				 signing_answer answer, void *context, struct question **out);
enum status signing_read_signature(struct span body, struct bytes *signature);
/* On record: what was made of this TBSCertificate ended with its job. Where that fails,
 * it is logged. */
enum status signing_note_end(struct signing *s, struct span spiffe_id, const struct digest *tbs,
			     const struct subject *subject);
/* Nobody wants to know any more. NULL is nothing. */
void signing_cancel(struct signing *s, struct question *q);

/* The channel is readable: takes what is there. */
void signing_take(struct signing *s);
/* An answer that is too late ends the channel. */
void signing_keep(struct signing *s, int64_t boot_s);
/* Seconds until one is, at most so many. */
int64_t signing_wait_s(const struct signing *s, int64_t boot_s, int64_t most);

#endif
