/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_TOKENS_H
#define ATTESTD_MINT_TOKENS_H

#include "attestd/jwt_svid.h"
#include "attestd/mint/admittance.h"
#include "attestd/mint/caller/rates.h"
#include "attestd/mint/identity/signing.h"
#include "attestd/mint/wished_token.h"
#include "attestd/mint/workload/workload.h"

/*
 * JWT-SVIDs for workloads: the verifier mints them on a fresh attestation, sealed to a
 * key that is made here for each. What comes back is opened, verified by the signed
 * bundle and held against what was asked; the caller is looked at again before it gets it.
 */
#define TOKENS_ASKED_MAX 32 /* requests that wait */
/* Wishes of one user that the broker has or may have: half of what it takes. */
#define TOKENS_OF_USER_MAX 8
#define TOKENS_SENT_MAX 64 /* of all users */
/* Identities that a user's processes ask for at once, and then a second: each may be an
 * attestation. */
#define TOKENS_AT_ONCE 100
#define TOKENS_PER_SECOND 1
#define TOKENS_OF_ONE_MAX 8 /* identities in one request */
#define TOKENS_WAIT_S 25

struct tokens;

struct asked_tokens {
	struct tokens *tokens;
	uint64_t ticket; /* the API's */
	struct caller *caller;
	uid_t user;
	int64_t until; /* on the clock that nobody sets */
	struct audiences audiences;
	struct wished_token wished[TOKENS_OF_ONE_MAX];
	size_t count;
	const struct token_refusal *refused; /* why the last one was; NULL: none was */
};

/* What the broker has for a user, or may have, whether or not anybody still waits for it. */
struct sent_wish {
	uint64_t ticket; /* the broker's */
	uid_t user;
	int64_t until; /* on the clock that nobody sets */
};

struct tokens {
	struct admittance *admittance;
	struct signing *signing;
	struct asked_tokens *asked[TOKENS_ASKED_MAX];
	size_t count;
	struct sent_wish sent[TOKENS_SENT_MAX];
	size_t sent_count;
	struct rates rates;
	uint64_t next_ticket;
	struct workload_api *api;
	/* workload_api_jwt() */
	void (*answer)(struct workload_api *api, uint64_t ticket, enum workload_outcome outcome,
		       const struct workload_jwt_svid *svids, size_t count, const char *why);
	struct jwt_svid validated; /* what the last answer borrows from */
};

/* Both outlive it. */
void tokens_init(struct tokens *t, struct admittance *admittance, struct signing *signing);
void tokens_done(struct tokens *t);

/* What the source wants (workload.h): jwt, jwt_cancelled, validate. */
enum workload_outcome tokens_ask(struct tokens *t, struct caller *c,
				 const struct workload_jwt_request *q, uint64_t ticket,
				 const char **why);
void tokens_cancel(struct tokens *t, uint64_t ticket);
enum workload_outcome tokens_validate(struct tokens *t, struct caller *c, struct span audience,
				      struct span token, struct workload_claims *out,
				      const char **why);

/* The body of FRAME_JWT_SVIDS. */
enum status tokens_take(struct tokens *t, struct reader *in);
/* The right ended, or something is due: those that waited too long. */
void tokens_right_ended(struct tokens *t);
void tokens_keep(struct tokens *t, const struct instant *at);
int64_t tokens_wait_s(const struct tokens *t, const struct instant *at, int64_t most);

#endif
