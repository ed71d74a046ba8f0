/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_H

#include <stdint.h>

#include "base/bytes.h"

/*
 * Between the Workload API (gRPC, workload_api.h) and the mint's core, which
 * knows entries, SVIDs and bundles. The API pulls: it asks when a request comes,
 * and again for each open stream once the core says that something changed. It
 * asks at the moment it can write, so that an answer is never an old one. It asks
 * some at a time, each user in turn, and goes back to the loop in between; who
 * has lost something is asked about before all others.
 */

struct caller; /* attestd/mint/caller/caller.h */
struct workload_api;

enum workload_outcome {
	WORKLOAD_GIVEN,
	WORKLOAD_LATER, /* of jwt() alone: workload_api_jwt() brings the answer */
	WORKLOAD_AGAIN, /* the broker was asked: to be asked again when there is news */
	WORKLOAD_DENIED, /* PERMISSION_DENIED: nothing for this caller; ends streams */
	WORKLOAD_NOT_READY, /* UNAVAILABLE: ask again later; ends streams */
	WORKLOAD_INVALID, /* INVALID_ARGUMENT: of the request itself */
	WORKLOAD_TOO_MANY, /* RESOURCE_EXHAUSTED: this user asks for too much */
};

/* Spans borrow from the core, and are read before the API returns to the loop or
 * calls the core again. */
struct workload_svid {
	struct span spiffe_id;
	struct span chain; /* DER, joined, leaf first, without the root */
	struct span key; /* DER, PKCS #8, unencrypted */
	struct span bundle; /* DER, joined: of the SVID's own trust domain */
	struct span hint; /* may be empty */
};

struct workload_bundle {
	struct span trust_domain; /* spiffe://NAME */
	struct span certificates; /* DER, joined; empty: none */
	struct span jwks; /* JSON, the whole set; empty: none */
};

struct workload_x509 {
	const struct workload_svid *svids;
	size_t svid_count; /* 1 at least */
	const struct workload_bundle *federated; /* without the own trust domain's */
	size_t federated_count;
};

/* The own trust domain's and those it federates with. */
struct workload_bundles {
	const struct workload_bundle *bundles;
	size_t count;
};

struct workload_jwt_request {
	const struct span *audiences;
	size_t audience_count; /* 1 to WORKLOAD_AUDIENCES_MAX, none empty */
	struct span spiffe_id; /* empty: every identity of the caller */
};

struct workload_jwt_svid {
	struct span spiffe_id;
	struct span token;
	struct span hint;
};

struct workload_claims {
	struct span spiffe_id;
	struct span claims; /* JSON object: the token's payload */
};

#define WORKLOAD_AUDIENCES_MAX 8
#define WORKLOAD_AUDIENCE_MAX 255 /* bytes */
#define WORKLOAD_TOKEN_MAX 8192
#define WORKLOAD_SVIDS_MAX 64
#define WORKLOAD_BUNDLES_MAX 64

/*
 * What the core does; all but x509 and bundles may be NULL. It looks at the caller anew
 * at each question and confirms it before it answers. It never waits. Other than GIVEN,
 * LATER and AGAIN, *why is a text for the workload's developer, borrowed as above; it
 * names nobody else's entry.
 */
struct workload_source {
	void *core;
	enum workload_outcome (*x509)(void *core, struct caller *c, struct workload_x509 *out,
				      const char **why);
	enum workload_outcome (*bundles)(void *core, struct caller *c, struct workload_bundles *out,
					 const char **why);
	/* The ticket is the API's, and never used twice. */
	enum workload_outcome (*jwt)(void *core, struct caller *c,
				     const struct workload_jwt_request *request, uint64_t ticket,
				     const char **why);
	/* Whoever asked is gone: the caller will not be valid any more. */
	void (*jwt_cancelled)(void *core, uint64_t ticket);
	enum workload_outcome (*validate)(void *core, struct caller *c, struct span audience,
					  struct span token, struct workload_claims *out,
					  const char **why);
	/* A caller came (and may ask from now on) or goes: the core drops what it
	 * keeps for it. */
	void (*arrived)(void *core, struct caller *c);
	void (*leaves)(void *core, struct caller *c);
};

enum workload_news {
	WORKLOAD_CHANGED, /* something that answers are made of: bundles, entries, the right */
	WORKLOAD_ANSWERED, /* the broker: whoever was told AGAIN may ask now */
	WORKLOAD_CHANGED_FOR, /* one caller: its SVIDs were made, anew or at last */
	WORKLOAD_LOST, /* one caller: what it was given is not its own any more */
};

/* Streams are looked at from the loop, never within this call. The caller is for the
 * last two. */
void workload_api_tell(struct workload_api *api, enum workload_news news, const struct caller *c);
/* The answer to jwt(): GIVEN with its SVIDs, DENIED, NOT_READY or INVALID with
 * why. A ticket that is not waiting (any more) is passed over. */
void workload_api_jwt(struct workload_api *api, uint64_t ticket, enum workload_outcome outcome,
		      const struct workload_jwt_svid *svids, size_t count, const char *why);

#endif
